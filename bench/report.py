"""What a report costs: `retention-lab run` against the commands that it replaces, on the demo client.

    python bench/report.py

Seconds are of whole processes, the median of three. A fresh run imports everything; nothing is kept warm.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
REPEATS = 3


def seconds(*commands: list[str], home: Path) -> float:
    """The time of the commands, one after the other."""
    surroundings = os.environ | {"RETENTION_LAB_HOME": str(home)}
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=home, env=surroundings, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "playbooks").symlink_to(ROOT / "playbooks")
        (home / "data").symlink_to(ROOT / "data")
        lab = str(BIN / "retention-lab")
        run = [lab, "run", "demo", "--playbook", "churn-survival"]
        papermill = [str(BIN / "papermill"), "playbooks/churn-survival.ipynb", "out.ipynb", "-p", "client", "demo"]
        convert = [str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", "out.ipynb"]
        rows = {
            "retention-lab --help": median(seconds([lab, "--help"], home=home) for _ in range(REPEATS)),
            "retention-lab run": median(seconds([*run, "--force"], home=home) for _ in range(REPEATS)),
            "retention-lab run, nothing changed": median(seconds(run, home=home) for _ in range(REPEATS)),
            "papermill and nbconvert commands": median(seconds(papermill, convert, home=home) for _ in range(REPEATS)),
        }
        ours = next(home.glob("reports/demo/churn-survival/*/report.html")).stat().st_size
        for name, taken in rows.items():
            print(f"{name:36} {taken:6.2f} s")
        print(f"{'report.html':36} {ours / 1000:6.0f} KB")
        print(f"{'the page of nbconvert':36} {(home / 'out.html').stat().st_size / 1000:6.0f} KB")


if __name__ == "__main__":
    main()
