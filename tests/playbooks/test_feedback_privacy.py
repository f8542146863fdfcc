"""What customers wrote is shown as text, without what tells who they are, and nothing of it is ever run.

One client has all that is hostile and all that is secret; its reports are made through the command line.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import papermill
import pytest
from voices import CUSTOMERS, comments, write_client

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "feedback-sentiment.ipynb"
SECRETS = (
    "geheim.person@postadiprova.it", "GEHEIM.PERSON @ postadiprova.it", "339 555 0177", "+386 31 555 017",
    "IT60 X054 2811 1010 0000 0123 456", "4111 1111 1111 1111", "RSSMRA85T10A562S", "12345678Z", "X-1234567-L",
    "2 55 08 14 168 025 38", "SI50223054", "https://geheim.example/konto?u=1", "@geheime_person", "Zoltana Geheimnik",
    "geheimnik zoltana", "ciao zoltana", "pri Zoltani Geheimnikovi", "GEHEIMNIK, Zoltana", "zoltana.geheimnik",
    "Ágote Čuvajšek", "s Čuvajškom", "Agota Cuvajsek", "merci ágota", "cliente Kunde-0", "kunde-0",
)  # fmt: skip
# Nothing that a reader could come to see has any of these, however it is spelled.
TRACES = (
    "geheim", "postadiprova", "555 0177", "555 017", "0542811101", "x054 2811", "1111 1111", "rssmra85", "12345678z",
    "1234567-l", "08 14 168", "50223054", "zoltan", "ágot", "agot", "čuvajš", "cuvajs", "kunde-0",
)  # fmt: skip
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "[x](javascript:alert(1))", "javascript:alert(1)",
    "$x$ `a` | b | \\(c\\) $$d$$", "\u202egnp.elbirret\u202c", "ter\u200brib\u200dle\ufeff", '=HYPERLINK("http://x.y")',
    "@SUM(1+1)", "+1+cmd|' /C calc'!A0", "-2+3", "\t=1+1", "\r=1+1", "a" * 1_000_000, "pessimo " * 125_000,
    "\U0001f621" * 50_000, "x" * 100_000, "pess\0imo", "\U0001f621", "?!?!",
    "Ужасно 最悪 نوعية رديئة τρομερό श्रेष्ठ שירות", "e\u0301" * 20_000, "{{7*7}}{% include 'x' %}",
    "]]><svg onload=alert(1)>", "</td></table><h1>", "&lt;script&gt;alert(1)&lt;/script&gt;", "n/a", "", "NaN", "None",
    "(" * 50_000, "[at]" * 20_000, "\n> " * 20_000, "&amp;" * 5_000, "%s %d {0} {name}", "'; DROP TABLE feedback;--",
)  # fmt: skip
IDS = (
    "=HYPERLINK(1)", "@x|y", "-1", "+1", "<script>id</script>", "../../etc/passwd", "\u202eid", "a`b$c$", "\t=1",
)  # fmt: skip
PARAMETERS = ("-p", "contact_share=0.5")
# For the processes that a run starts: who asks for the network leaves a note beside this file, and gets none.
OFFLINE = """
import pathlib, socket
connect = socket.socket.connect
def guarded(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        pathlib.Path(__file__).with_name("asked").write_text(str(address))
        raise OSError("a test has no network")
    connect(self, address)
socket.socket.connect = guarded
"""


def dangerous() -> dict[str, pd.DataFrame]:
    """Comments of which the hostile ones, and those with secrets, are unhappy and of the last days."""
    frame, customers = comments(400), CUSTOMERS.copy()
    customers["name"] = ["Zoltana Geheimnik" if row % 2 else "Ágota Čuvajšek" for row in customers.index]
    for row, secret in enumerate(SECRETS * 2):
        is_first = "eheim" in secret or "oltan" in secret
        own = f"Kunde-{100 + 2 * row + is_first:04d}"
        said = secret + own.lower()[7:] if secret.lower().endswith("kunde-0") else secret
        frame.loc[row, ["text", "customer_id"]] = [f"{frame.text[row]} Pessima fattura, {said}, da vergogna", own]
    for place, hostile in enumerate(HOSTILE):
        row = 100 + place
        after = f" {frame.text[row]} terrible bill" if hostile and hostile not in ("n/a", "None", "NaN") else ""
        frame.loc[row, "text"] = hostile + after
    recent = frame.index < 100 + len(HOSTILE)
    frame.loc[recent, ["received_at", "rating"]] = ["2025-12-20", 1]
    frame["channel"] = [("<b>mail</b>", "$x$|`a`", "=cmd()", "\u202etahc", "@SUM(A1)")[row % 5] for row in frame.index]
    frame["question"] = [("<script>q</script>", "=1+1", "$$q$$")[row % 3] for row in frame.index]
    strange = {f"Kunde-{row:04d}": f"{IDS[row % len(IDS)]}{row}" for row in range(0, 100, 3)}
    frame["customer_id"] = frame.customer_id.replace(strange)
    customers["customer_id"] = customers.customer_id.replace(strange)
    frame["feedback_id"] = [f"{IDS[row % len(IDS)]}{row}" for row in frame.index]
    return {"feedback": frame, "customers": customers.assign(ended_on="", monthly_value=90.0)}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return dangerous()


def workspace(home: Path, tables: dict[str, pd.DataFrame]) -> Path:
    home.mkdir()
    folder = write_client(home, tables, {"name": "<script>Odd</script> $x$"}, {})
    (folder / ".key").write_text("0" * 64)
    shutil.copy(PLAYBOOK, home / "playbooks")
    (home / "offline").mkdir()
    (home / "offline" / "sitecustomize.py").write_text(OFFLINE)
    return home


def run(home: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("retention-lab")), "run", "odd", "--playbook", "feedback-sentiment"]
    surroundings = os.environ | {"RETENTION_LAB_HOME": str(home), "PYTHONPATH": str(home / "offline")} | environment
    return subprocess.run([*command, *options], cwd=home, env=surroundings, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pd.DataFrame]) -> tuple[Path, str]:
    """The workspace of a report, and what its run said."""
    home = workspace(tmp_path_factory.mktemp("dangerous") / "home", tables)
    done = run(home, *PARAMETERS, OMP_NUM_THREADS="1", PYTHONHASHSEED="0")
    assert done.returncode == 0, done.stderr
    return home, done.stdout + done.stderr


@pytest.fixture(scope="module")
def report(made: tuple[Path, str]) -> Path:
    return next((made[0] / "reports" / "odd" / "feedback-sentiment").glob("20*"))


def seen(path: Path) -> str:
    """All that a file says, in small letters."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist()).lower()
    text = path.read_bytes().decode("utf-8", "replace")
    return (json.dumps(json.loads(text), ensure_ascii=False) if path.suffix in (".ipynb", ".json") else text).lower()


def traces_in(text: str, *, may_name: bool = False) -> list[str]:
    return [trace for trace in TRACES if trace in text.lower() and not (may_name and trace == "kunde-0")]


def test_no_secret_is_in_any_file_that_a_run_leaves(made: tuple[Path, str], report: Path) -> None:
    home, told = made

    assert traces_in(told) == []
    left = [path for path in (home / "reports").rglob("*") if path.is_file()]
    left += [*(home / "data" / "odd" / "labels").rglob("*"), *(home / "data" / "odd" / "assignments").rglob("*")]
    assert {"report.html", "playbook.ipynb", "run.json", "actions.csv", "actions.xlsx"} <= {path.name for path in left}
    for path in left:
        # Who is to be called has to be named in the lists for those who call, and nowhere else.
        may_name = path.name.startswith("actions.") or path.parent.name == "assignments"
        assert traces_in(seen(path), may_name=may_name) == [], path.name
    assert "[email]" in seen(next((home / "data" / "odd" / "labels").glob("*.csv")))
    assert "[name]" in seen(report / "report.html")


def test_a_run_does_not_ask_the_network(made: tuple[Path, str]) -> None:
    asked = made[0] / "offline" / "asked"
    assert not asked.exists()

    # And had it asked, we would know.
    ask = [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 1)"]
    subprocess.run(ask, env=os.environ | {"PYTHONPATH": str(asked.parent)}, capture_output=True, check=False)
    assert "192.0.2.1" in asked.read_text()
    asked.unlink()


def test_what_is_hostile_comes_out_as_text_and_nothing_is_loaded_or_run(report: Path) -> None:
    html = (report / "report.html").read_text(encoding="utf-8")

    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\0]", html)
    assert not re.search(r"<(?:script|img|iframe|object|embed|base|form|link|foreignObject)\b", html, re.I)
    assert not re.search(r"<[^>]*\s(?:on\w+|src)\s*=", html)
    assert not re.search(r"href=\"(?!#|mailto:|https?://)", html)
    assert "&lt;script&gt;Odd&lt;/script&gt; $x$" in html
    assert "49}}" not in html


def test_no_cell_of_a_sheet_is_run_by_a_spreadsheet(made: tuple[Path, str], report: Path) -> None:
    sheets = [*report.glob("*.csv"), *(made[0] / "data" / "odd" / "labels").glob("*.csv")]

    assert {"actions.csv", "accuracy.csv", "themes.csv"} < {path.name for path in sheets}
    cells = [
        cell
        for path in sheets
        for row in csv.reader(path.read_text("utf-8-sig").splitlines())
        for cell in row
        if re.match(r"[=+\-@\t\r]", cell) and not re.fullmatch(r"-?[\d.]+(?:e-?\d+)?", cell)
    ]
    assert cells == []
    with zipfile.ZipFile(report / "actions.xlsx") as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist())


def test_the_same_bytes_on_any_engine_threads_and_hash_seed(
    report: Path, tmp_path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    home = workspace(tmp_path / "again", tables)
    done = run(home, *PARAMETERS, "--engine", "plain", OMP_NUM_THREADS="2", PYTHONHASHSEED="7", LANG="it_IT.UTF-8")

    assert done.returncode == 0, done.stderr
    again = next((home / "reports" / "odd" / "feedback-sentiment").glob("20*"))
    files = {path.name for path in report.iterdir() if path.is_file()} - {"run.json"}
    assert [name for name in sorted(files) if (report / name).read_bytes() != (again / name).read_bytes()] == []


def test_a_run_that_breaks_among_the_comments_leaves_none_of_them(
    tmp_path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    home = workspace(tmp_path / "broken", tables)
    notebook = json.loads((home / "playbooks" / PLAYBOOK.name).read_text(encoding="utf-8"))
    cell = next(each for each in notebook["cells"] if "study_feedback(" in "".join(each["source"]))
    # It breaks where the texts are on the stack.
    cell["source"] = "".join(["reading.find_themes = None\n", *cell["source"]])
    (home / "playbooks" / PLAYBOOK.name).write_text(json.dumps(notebook), encoding="utf-8")
    done = run(home)

    assert done.returncode != 0
    left = [path for path in (home / "reports").rglob("*") if path.is_file()]
    assert "run.json" in {path.name for path in left}
    assert "not callable" in "".join(seen(path) for path in left if path.name == "run.json")
    for text in [done.stdout, done.stderr, *map(seen, left)]:
        assert traces_in(text) == []
        assert "pessima fattura" not in text.lower()


def test_a_wrong_column_is_refused_without_saying_what_customers_wrote(
    tmp_path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    columns = {name: name for name in ("feedback_id", "received_at", "customer_id", "rating", "text")}
    specs: dict[str, Any] = {"feedback": {"columns": columns | {"rating_scale": "text"}}}
    frame = tables["feedback"][["feedback_id", "received_at", "customer_id", "rating", "text"]].head(90)
    home = tmp_path / "refused"
    home.mkdir()
    write_client(home, {**tables, "feedback": frame}, {}, specs)
    shutil.copy(PLAYBOOK, home / "playbooks")
    done = run(home)

    assert done.returncode == 2, done.stdout + done.stderr
    told = (done.stdout + done.stderr).lower()
    assert "rating_scale" in told
    assert "other values" in told
    for text in [told, *(seen(path) for path in (home / "reports").rglob("*") if path.is_file())]:
        assert traces_in(text) == []


def test_papermill_alone_leaves_no_secret_either(
    tmp_path: Path, tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_LAB_HOME", str(workspace(tmp_path / "home", tables)))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    out = tmp_path / "here" / "out.ipynb"
    papermill.execute_notebook(str(PLAYBOOK), str(out), {"client": "odd"}, progress_bar=False)

    assert "[name]" in seen(out)
    assert traces_in(seen(out)) == []
