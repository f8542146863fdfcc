"""How long the cells of the churn playbook take on a warm kernel, at the demo's size.

    PYTHONPATH=src python bench/cells.py

The cells run in one process, as in a kernel that has done its imports: each chart is drawn as a front end would have
it drawn. Of several rounds after the first the quickest is told, in processor seconds and in seconds of the clock.
"""

import argparse
import ast
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[1]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=4)
    os.environ["RETENTION_LAB_HOME"] = str(ROOT)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETENTION_LAB_OUTPUT"] = folder
        rounds = [time_cells() for _ in range(arguments.parse_args().rounds)][1:]
    best = min(rounds, key=lambda cells: sum(cpu for _, cpu, _ in cells))
    for name, cpu, clock in best:
        if cpu > 0.02:
            print(f"{name:20s} {cpu:6.2f} s processor {clock:6.2f} s clock")
    cpu, clock = (sum(cell[place] for cell in best) for place in (1, 2))
    print(f"{'all cells':20s} {cpu:6.2f} s processor {clock:6.2f} s clock")


def time_cells() -> list[tuple[str, float, float]]:
    notebook = nbformat.read(ROOT / "playbooks" / "churn-survival.ipynb", as_version=4)
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
