"""The cells of a notebook, run by papermill, kept quiet and kept apart: their environment, their limits."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import nbformat
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbformat import NotebookNode
from papermill.execute import execute_notebook

from retention_lab.runner.files import make_short_folder
from retention_lab.runner.kernels import PLAIN, START_SECONDS, WARM, SocketKernelManager
from retention_lab.runner.limits import Limits, Watch
from retention_lab.runner.notebook import INJECTED, give_ids, join_streams
from retention_lab.runner.template import ADDRESS, SETTINGS

# The folder, in the private one, of what is to be published.
OUTPUT = "output"
_OF_MEMORY = 0.75

OnCell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A notebook as far as it came: the last cell begun, the error if any, and what it took too much of, if it did."""

    notebook: NotebookNode
    cell: str = ""
    raised: Exception | None = None
    verdict: str = ""


def execute(playbook: Path, parameters: Mapping[str, object], *, limits: Limits, on_cell: OnCell) -> Executed:
    """Run a notebook in a fresh kernel, forked where this process comes from a template."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    notebook = nbformat.read(playbook, as_version=4)  # type: ignore[no-untyped-call]
    give_ids(notebook)
    seen: dict[str, Any] = {"notebook": notebook, "cell": ""}
    watch = Watch(limits)

    def note_cell(cell: NotebookNode, cell_index: int) -> None:
        # The cell that papermill puts in has a random id.
        seen["cell"] = INJECTED if INJECTED in cell.metadata.get("tags", []) else cell.id
        watch.begin_cell()
        on_cell(cell_index, len(seen["notebook"].cells), seen["cell"])

    def note_notebook(notebook: NotebookNode) -> None:
        # papermill works on a copy, and hands it back only if all goes well.
        seen["notebook"] = notebook

    try:
        executed = execute_notebook(
            notebook,
            None,
            parameters=dict(parameters),
            kernel_name=WARM if ADDRESS in os.environ else PLAIN,
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            start_timeout=START_SECONDS,
            kernel_manager_class=_watched_by(watch),
            # Nothing is left to say to a kernel that has run its last cell.
            shutdown_kernel="immediate",
            on_notebook_start=note_notebook,
            on_cell_execute=note_cell,
        )
    # An error in a cell, a kernel that dies or does not start: a failed run, whatever it raises.
    except Exception as error:  # noqa: BLE001
        return Executed(notebook=seen["notebook"], cell=seen["cell"], raised=error, verdict=watch.verdict)
    finally:
        watch.stop()
        join_streams(seen["notebook"])
    return Executed(notebook=executed)


def _watched_by(watch: Watch) -> type[SocketKernelManager]:
    """A kernel manager that tells which process to look after; nbclient takes a class, and no more."""

    class Watched(SocketKernelManager):
        async def _async_post_start_kernel(self, **kw: Any) -> None:
            pid = cast(LocalProvisioner, self.provisioner).pid
            if pid:
                watch.follow(pid)
            await super()._async_post_start_kernel(**kw)

        async def _async_kill_kernel(self, restart: bool = False) -> None:
            # While the kernel is there, what it has started can be found, even where that has left its group.
            watch.stop()
            await super()._async_kill_kernel(restart)

    return Watched


@contextmanager
def private_environment(home: Path, private: Path, mark: str = "", memory_gib: float = 2) -> Iterator[Path]:
    """The environment of one run, and the folder that its notebook writes to.

    Nothing of the person who runs it may show in a report: no time zone, no start-up file, no thread count.
    """
    output, scratch = private / OUTPUT, private / "scratch"
    for folder in (output, scratch):
        folder.mkdir()
    sockets = make_short_folder()
    changes = {
        "RETENTION_LAB_HOME": str(home),
        "RETENTION_LAB_OUTPUT": str(output),
        "RETENTION_LAB_MARK": mark,
        # The rest is for what is not the engine's: what goes to disk in time need not be killed.
        "RETENTION_LAB_MEMORY_GIB": f"{_OF_MEMORY * memory_gib:g}",
        "JUPYTER_RUNTIME_DIR": str(sockets),
        "IPYTHONDIR": str(scratch / "ipython"),
        "TMPDIR": str(scratch),
        **SETTINGS,
    }
    if os.environ.get("PYTHONPATH"):
        paths = os.environ["PYTHONPATH"].split(os.pathsep)
        changes["PYTHONPATH"] = os.pathsep.join(str(Path(path).absolute()) for path in paths)
    try:
        with _environment(changes), _directory(scratch):
            yield output
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


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
