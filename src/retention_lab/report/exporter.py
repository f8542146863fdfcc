"""The report as an nbconvert exporter: `jupyter nbconvert --to retention out.ipynb`.

From Python, `render_report` does the same; `retention_lab.report.render` has it without loading nbconvert.
"""

from typing import Any

from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from traitlets import default

from retention_lab.report.render import render_report

__all__ = ["RetentionExporter", "render_report"]


class RetentionExporter(Exporter):
    """One HTML file for a stakeholder, from a notebook that has been executed."""

    export_from_notebook = "Retention Lab report"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("default_preprocessors")
    def _default_preprocessors_default(self) -> list[Any]:
        # None is needed, and loading them costs more than the report.
        return []

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The report and nbconvert's own resources."""
        notebook, resources = super().from_notebook_node(nb, resources, **kw)
        return render_report(notebook), resources
