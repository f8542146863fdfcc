"""How long the cells of each playbook take on a warm kernel, at the demo's size.

    PYTHONPATH=src python bench/cells.py
    PYTHONPATH=src python bench/cells.py --playbook loyalty-experiment

The cells run in one process, as in a kernel that has done its imports: each chart is drawn as a front end would have
it drawn. Of several rounds after the first the quickest is told, in processor seconds and in seconds of the clock.
With `--most` it fails where the cells of a playbook take more processor seconds.
"""

import argparse
import ast
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[1]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("[a-z]*.ipynb"))

# Each cell that was timed: its id, processor seconds, seconds of the clock.
Cells = list[tuple[str, float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--playbook", action="append", choices=PLAYBOOKS, help="may be repeated; all, if left out")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--most", type=float, default=float("inf"), help="processor seconds that a playbook may take")
    arguments = parser.parse_args()
    os.environ["RETENTION_LAB_HOME"] = str(ROOT)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    taken = [time_playbook(name, arguments.rounds) for name in arguments.playbook or PLAYBOOKS]
    sys.exit(max(taken) > arguments.most)


def time_playbook(name: str, rounds: int) -> float:
    """Tell what the cells of a playbook take, and return their processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETENTION_LAB_OUTPUT"] = folder
        # What the first round takes is paid by the template that kernels are forked from.
        best = min([time_cells(name) for _ in range(rounds)][1:], key=lambda cells: sum(cpu for _, cpu, _ in cells))
    print(name)
    for cell, cpu, clock in best:
        if cpu > 0.02:
            print(f"  {cell:20s} {cpu:6.2f} s processor {clock:6.2f} s clock")
    cpu, clock = (sum(cell[place] for cell in best) for place in (1, 2))
    print(f"  {'all cells':20s} {cpu:6.2f} s processor {clock:6.2f} s clock")
    return float(cpu)


def time_cells(playbook: str) -> Cells:
    notebook = nbformat.read(ROOT / "playbooks" / f"{playbook}.ipynb", as_version=4)
    space: dict[str, Any] = {}
    found = []
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        cpu, clock = time.process_time(), time.perf_counter()
        run(cell.source, space)
        found.append((cell.id, time.process_time() - cpu, time.perf_counter() - clock))
    return found


def run(source: str, space: dict[str, Any]) -> None:
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), space)
        if value is not None:
            value._repr_mimebundle_()


if __name__ == "__main__":
    main()
