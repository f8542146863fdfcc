"""papermill, kept quiet and kept apart: one kernel, its environment, its sockets."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.execute import execute_notebook
from traitlets import default

from retention_lab.runner.notebook import INJECTED, give_ids

# On a busy machine a kernel that imports from a cold disk has been seen to need most of a minute.
_START_SECONDS = 120

OnCell = Callable[[int, int, str], None]


class _SocketKernelManager(AsyncKernelManager):
    """Talks over Unix sockets in a folder of its own.

    With TCP, jupyter_client frees the ports that it chose before the kernel takes them, and of many kernels that
    start at once some find theirs taken.
    """

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"

    @default("connection_file")
    def _connection_file_default(self) -> str:
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "k.json")


def execute(
    playbook: Path, parameters: Mapping[str, object], *, on_cell: OnCell
) -> tuple[NotebookNode, str, Exception | None]:
    """Run a notebook in a fresh kernel: the notebook as far as it came, the last cell begun, the error if any."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    notebook = nbformat.read(playbook, as_version=4)  # type: ignore[no-untyped-call]
    give_ids(notebook)
    seen: dict[str, Any] = {"notebook": notebook, "cell": ""}

    def note_cell(cell: NotebookNode, cell_index: int) -> None:
        # The cell that papermill puts in has a random id.
        seen["cell"] = INJECTED if INJECTED in cell.metadata.get("tags", []) else cell.id
        on_cell(cell_index, len(seen["notebook"].cells), seen["cell"])

    def note_notebook(notebook: NotebookNode) -> None:
        # papermill works on a copy, and hands it back only if all goes well.
        seen["notebook"] = notebook

    try:
        executed = execute_notebook(
            notebook,
            None,
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            start_timeout=_START_SECONDS,
            kernel_manager_class=_SocketKernelManager,
            # Where the kernel cuts a stream of text depends on timing.
            coalesce_streams=True,
            on_notebook_start=note_notebook,
            on_cell_execute=note_cell,
        )
    # An error in a cell, a kernel that dies or does not start: a failed run, whatever it raises.
    except Exception as error:  # noqa: BLE001
        return seen["notebook"], seen["cell"], error
    return executed, "", None


@contextmanager
def private_environment(home: Path, private: Path, mark: str = "") -> Iterator[Path]:
    """The environment of one run, and the folder that its notebook writes to.

    Nothing of the person who runs it may show in a report: no time zone, no start-up file, no thread count.
    """
    output, scratch = private / "output", private / "scratch"
    for folder in (output, scratch):
        folder.mkdir()
    # A Unix socket's path may have 107 characters, and a report's folder alone can have more.
    with tempfile.TemporaryDirectory(prefix="rl-", ignore_cleanup_errors=True) as sockets:
        changes = {
            "RETENTION_LAB_HOME": str(home),
            "RETENTION_LAB_OUTPUT": str(output),
            "RETENTION_LAB_MARK": mark,
            "JUPYTER_RUNTIME_DIR": sockets,
            "IPYTHONDIR": str(scratch / "ipython"),
            "TMPDIR": str(scratch),
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            # A chart is displayed by the playbook; one that pyplot still holds must not appear by itself.
            "MPLBACKEND": "agg",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
        if os.environ.get("PYTHONPATH"):
            paths = os.environ["PYTHONPATH"].split(os.pathsep)
            changes["PYTHONPATH"] = os.pathsep.join(str(Path(path).absolute()) for path in paths)
        with _environment(changes), _directory(scratch):
            yield output


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _directory(folder: Path) -> Iterator[None]:
    """The kernel starts in an empty folder, where no stray `pandas.py` can stand in for the real one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
