"""Reports a minute: our batch against the ways in which notebooks are run by the dozen, with equal workers.

    python bench/batch.py                    # the shipped playbooks for 40 copies of the demo client
    python bench/batch.py --reports 8 --others 2 --rounds 1

Each way makes the same reports of the same clients, in whole processes as a person would start them, and every report
is held to have the same headline. The ways take turns, so that a machine that slows down slows all of them. The floor
is the same cells run by `exec` in one process that has imported everything and run them before.
"""

import argparse
import html
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# So many reports of ours, then so many rounds of the floor.
BLOCK = 5
MIME = "application/vnd.retention-lab+json"

API = """
import sys
import nbformat
from nbconvert import HTMLExporter
from papermill import execute_notebook
for playbook in sys.argv[2].split(","):
    for client in sys.argv[1].split(","):
        made = f"{playbook}-{client}.ipynb"
        execute_notebook(f"playbooks/{playbook}.ipynb", made, {"client": client}, progress_bar=False)
        page, _ = HTMLExporter(exclude_input=True).from_notebook_node(nbformat.read(made, 4))
        open(f"{playbook}-{client}.html", "w").write(page)
"""

# Runs the cells once for each line that it is sent, the client's name, and answers with the seconds.
FLOOR = """
import sys, time
import nbformat
sys.path.insert(0, sys.argv[1])
from cells import run
for line in sys.stdin:
    playbook, client = line.split()
    notebook = nbformat.read(f"playbooks/{playbook}.ipynb", as_version=4)
    space = {}
    began = time.perf_counter()
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        run(cell.source, space)
        if "parameters" in cell.metadata.get("tags", []):
            space["client"] = client
    print(time.perf_counter() - began, flush=True)
"""


@dataclass
class Way:
    """One way to make reports: how it is called, and how long its rounds took."""

    name: str
    make: Callable[[list[str], int], None]
    workers: int
    reports: int
    rounds: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return sorted(60 * self.reports / seconds for seconds in self.rounds)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reports", type=int, default=40, help="clients of our batch")
    arguments.add_argument("--others", type=int, default=4, help="clients of the other ways, which are slow")
    arguments.add_argument("--rounds", type=int, default=3, help="0: only the overhead")
    arguments.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        clients = prepare(asked.reports)
        playbooks = sorted(path.stem for path in Path("playbooks").glob("*.ipynb"))
        expected: dict[str, list[str]] = {}
        ways = all_ways(playbooks, asked.workers, asked.reports, asked.others)
        for turn in range(asked.rounds):
            for way in ways:
                remove_reports()
                began = time.perf_counter()
                way.make(clients[: way.reports // len(playbooks)], way.workers)
                way.rounds.append(time.perf_counter() - began)
                check(way, clients[: way.reports // len(playbooks)], playbooks, expected)
                print(f"round {turn + 1}: {way.name}: {way.rounds[-1]:.1f} s", file=sys.stderr, flush=True)
        if asked.rounds:
            tell(ways)
        tell_overhead(clients, playbooks)


def prepare(n_clients: int) -> list[str]:
    """A workspace with so many copies of the demo client."""
    (Path("playbooks")).symlink_to(ROOT / "playbooks")
    clients = [f"c{number:02d}" for number in range(n_clients)]
    # nbconvert takes no parameters, and makes the report of the default client.
    for client in ("demo", *clients):
        shutil.copytree(ROOT / "data" / "demo", Path("data") / client, ignore=shutil.ignore_patterns("quarantine"))
    os.environ["RETENTION_LAB_HOME"] = str(Path.cwd())
    return clients


def all_ways(playbooks: list[str], workers: int, reports: int, others: int) -> list[Way]:
    n, few = len(playbooks), min(reports, max(others, workers))

    def ours(clients: list[str], jobs: int) -> None:
        call([BIN / "retention-lab", "run", *clients, "--jobs", jobs, "--force"])

    papermill, jupyter = (shlex.quote(str(BIN / name)) for name in ("papermill", "jupyter"))

    def commands(clients: list[str], jobs: int) -> None:
        shell(
            f"{papermill} playbooks/{{0}}.ipynb {{0}}-{{1}}.ipynb -p client {{1}}"
            f" && {jupyter} nbconvert --to html --no-input {{0}}-{{1}}.ipynb",
            clients,
            jobs,
        )

    def api(clients: list[str], _jobs: int) -> None:
        call([sys.executable, "-c", API, ",".join(clients), ",".join(playbooks)])

    def nbconvert(clients: list[str], jobs: int) -> None:
        # It takes no parameters: every report is that of the playbook's default client.
        convert = f"{jupyter} nbconvert --to html --no-input --execute --output-dir ."
        shell(convert + " --output {0}-{1} playbooks/{0}.ipynb", clients, jobs)

    def shell(line: str, clients: list[str], jobs: int) -> None:
        """One shell line a report, as in a makefile or a crontab, so many at once."""
        lines = [shlex.quote(line.format(playbook, client)) for playbook in playbooks for client in clients]
        call(["xargs", "-P", jobs, "-I{}", "sh", "-c", "{}"], given="\n".join(lines))

    return [
        Way("retention-lab run", ours, workers, reports * n),
        Way("retention-lab run", ours, 1, max(few, reports // 4) * n),
        Way("papermill and nbconvert commands", commands, workers, few * n),
        Way("papermill and nbconvert commands", commands, 1, few * n),
        Way("papermill's API, one process", api, 1, few * n),
        Way("jupyter nbconvert --execute", nbconvert, workers, few * n),
    ]


def call(command: list[object], given: str = "") -> str:
    done = subprocess.run([str(word) for word in command], input=given, text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stderr[-2000:]}")
    return done.stdout


def remove_reports() -> None:
    shutil.rmtree("reports", ignore_errors=True)
    shutil.rmtree("assignments", ignore_errors=True)
    for path in [*Path.cwd().glob("*.ipynb"), *Path.cwd().glob("*.html"), *Path.cwd().glob("data/*/assignments/*")]:
        path.unlink()


def check(way: Way, clients: list[str], playbooks: list[str], expected: dict[str, list[str]]) -> None:
    """Every report is there; a notebook shows, and a page holds, what those of the first way showed."""
    for playbook in playbooks:
        for client in clients:
            folders = [*Path("reports").glob(f"{client}/{playbook}/*")]
            page = folders[0] / "report.html" if folders else Path(f"{playbook}-{client}.html")
            notebook = folders[0] / "playbook.ipynb" if folders else Path(f"{playbook}-{client}.ipynb")
            shown = said(notebook) if notebook.exists() else []
            told = expected.setdefault(playbook, shown)
            # In a page, a sentence with a number may be cut by marks.
            held = page.exists() and any(sentence in html.unescape(page.read_text()) for sentence in told)
            if not told or not held or (shown and shown != told):
                raise SystemExit(f"{way.name}: no report of {client}, or another one")


def said(notebook: Path) -> list[str]:
    """The sentences of all findings that a notebook shows."""
    cells = json.loads(notebook.read_text())["cells"]
    bundles = (output.get("data", {}).get(MIME, {}) for cell in cells for output in cell.get("outputs", []))
    data = (bundle["data"] for bundle in bundles if "finding" in bundle.get("kind", ""))
    findings = (found.get("findings", [found]) for found in data)
    return [finding[part] for several in findings for finding in several for part in ("headline", "action")]


def tell(ways: list[Way]) -> None:
    ours = {way.workers: median(way.rates) for way in ways if way.name == "retention-lab run"}
    print(f"\n{'':36} {'workers':>7} {'reports':>7} {'a minute':>9} {'spread':>13} {'we make':>9}")
    for way in ways:
        rate, spread = median(way.rates), f"{way.rates[0]:.1f} to {way.rates[-1]:.1f}"
        times = f"{ours[way.workers] / rate:.1f} times"
        print(f"{way.name:36} {way.workers:7} {way.reports:7} {rate:9.1f} {spread:>13} {times:>9}")


def tell_overhead(clients: list[str], playbooks: list[str]) -> None:
    """What a report takes beyond its cells: a few reports and a few rounds of the floor take turns."""
    from retention_lab.runner.batch import run_batch
    from retention_lab.runner.ledger.ledger import Ledger
    from retention_lab.runner.plan import plan_batch
    from retention_lab.runner.starter import Starter
    from retention_lab.runner.template import SETTINGS
    from retention_lab.tables.workspace import find_workspace

    remove_reports()
    workspace = find_workspace()
    runs = plan_batch(workspace, clients, force=True).runs
    code = [sys.executable, "-c", FLOOR, str(ROOT / "bench")]
    surroundings = os.environ | SETTINGS | {"RETENTION_LAB_OUTPUT": str(Path.cwd() / "floor")}
    Path("floor").mkdir()
    process = subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings)

    def floor(run) -> float:
        process.stdin.write(f"{run.playbook.name} {run.key.client}\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    def batch(block) -> list[float]:
        """The seconds of each report: from the end of the one before, or from the beginning, to its own end."""
        ends = [time.perf_counter()]

        def note(progress) -> None:
            if progress.result:
                ends.append(time.perf_counter())

        run_batch(block, jobs=1, on_progress=note, ledger=Ledger(workspace.reports), starter=starter)
        return [end - before for before, end in itertools.pairwise(ends)]

    floors, reports, beyond = [], [], []
    with process, Starter("warm") as starter:
        # Both import and see each playbook once.
        for run in runs[: len(playbooks)]:
            floor(run), batch([run])
        for at in range(0, len(runs), BLOCK):
            block = runs[at : at + BLOCK]
            cells, taken = [floor(run) for run in block], batch(block)
            floors, reports = floors + cells, reports + taken
            beyond += [seconds - least for seconds, least in zip(taken, cells, strict=True)]
        process.stdin.close()
    beyond.sort()
    quarters = f"{beyond[len(beyond) // 4]:.2f} to {beyond[3 * len(beyond) // 4]:.2f}"
    print(f"\n{len(reports)} reports by one worker: median {median(reports):.2f} s")
    print(f"The same cells in one warm process: median {median(floors):.2f} s, {min(floors):.2f} to {max(floors):.2f}")
    print(f"Overhead, report by report: median {median(beyond):.2f} s, half of them {quarters}")


if __name__ == "__main__":
    main()
