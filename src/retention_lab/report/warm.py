"""What the first report of a process pays for and later ones do not, paid ahead: no thread, no file."""

from typing import Any

from retention_lab.report.render import render_report


def warm_up() -> None:
    """Write a report of nothing, for which all templates are compiled."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": "# A\n\n## B\n\n**c**"}]
    render_report({"cells": cells, "metadata": {}})
