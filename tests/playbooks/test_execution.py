"""The playbooks run on the demo client with their defaults, and say of it what was planted in it."""

import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import papermill
import pytest

from retention_lab.findings.finding import MIME

PLAYBOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("[a-z]*.ipynb"))
NAMES = [path.stem for path in PLAYBOOKS]
SVG = "{http://www.w3.org/2000/svg}"


def by_id(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["id"]: finding for finding in record["findings"]}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_papermill_alone_runs_it_with_warnings_as_errors(
    path: Path, demo_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = (
        "import warnings\n"
        "warnings.simplefilter('error')\n"
        # Ibis 12 calls a method that DuckDB 2 has renamed.
        "warnings.filterwarnings('ignore', 'fetch_arrow_table', DeprecationWarning)\n"
    )
    notebook = nbformat.read(path, as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id == "imports")
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(strict, id="strict"))
    nbformat.write(notebook, tmp_path / "strict.ipynb")
    monkeypatch.setenv("RETENTION_LAB_HOME", str(demo_workspace))
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path))

    done = papermill.execute_notebook(
        tmp_path / "strict.ipynb", tmp_path / "out.ipynb", {"client": "demo"}, progress_bar=False
    )

    kinds = {output.data[MIME]["kind"] for cell in done.cells for output in cell.get("outputs", []) if "data" in output}
    assert {"findings", "chart", "table"} <= kinds
    assert not [output for cell in done.cells for output in cell.get("outputs", []) if output.output_type == "stream"]


@pytest.mark.parametrize("playbook", NAMES)
def test_the_same_inputs_give_the_same_bytes_in_another_place_and_time_zone(
    playbook: str, demo_reports: dict[str, Path], second_demo_reports: dict[str, Path]
) -> None:
    one, other = demo_reports[playbook], second_demo_reports[playbook]
    names = sorted(path.name for path in one.iterdir() if path.name != "run.json")

    assert {"report.html", "playbook.ipynb"} < set(names)
    assert [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()] == []


@pytest.mark.parametrize("playbook", NAMES)
def test_the_report_names_no_folder_and_no_day_of_this_machine(
    playbook: str, demo_reports: dict[str, Path], demo_workspace: Path
) -> None:
    html = (demo_reports[playbook] / "report.html").read_text(encoding="utf-8")

    assert str(demo_workspace) not in html
    assert os.path.expanduser("~") not in html
    assert "http-equiv" in html
    assert not re.search(r"<script|src=|https?://(?!www\.w3\.org/)", html)


def test_it_finds_what_was_planted_and_nothing_where_nothing_was(demo_record: dict[str, Any]) -> None:
    found = by_id(demo_record)

    assert found["churn.group.contract"]["verdict"] == "act"
    assert found["churn.driver.contract"]["verdict"] == "act"
    assert found["churn.driver.payment"]["verdict"] == "act"
    assert found["churn.driver.sales_channel"]["verdict"] == "act"
    # Membership has no effect; read naively it would divide the hazard by four.
    assert found["churn.driver.club"]["verdict"] == "no_evidence"
    assert found["churn.driver.region"]["verdict"] == "no_evidence"
    # The end of the promotional year, in the thirteenth month.
    assert found["churn.when"]["verdict"] == "act"
    assert "361" in found["churn.when"]["headline"]


def test_the_first_screen_says_how_many_how_much_what_to_do_when_and_who(demo_record: dict[str, Any]) -> None:
    first = [finding["id"] for finding in demo_record["findings"][:5]]

    assert first[:4] == ["churn.survival", "churn.value_at_risk", "churn.actions", "churn.when"]
    assert first[4].startswith("churn.group.")


def test_no_number_travels_without_its_interval_or_a_reason(demo_record: dict[str, Any]) -> None:
    for finding in demo_record["findings"]:
        numbers = [finding[name] for name in ("ci_lower", "estimate", "ci_upper")]
        if finding["estimate"] is None:
            assert finding["verdict"] in ("not_enough_data", "fine"), finding["id"]
            continue
        assert numbers == sorted(numbers), finding["id"]
        assert finding["n_obs"] > 0
        assert finding["method"]
        assert not re.search(r"\bnan\b|-0\b", finding["headline"] + finding["action"])


def test_the_record_says_what_was_read_and_what_was_set_aside(demo_record: dict[str, Any]) -> None:
    (customers,) = (table for table in demo_record["inputs"] if table["table"] == "customers")

    assert demo_record["status"] == "ok"
    assert customers["rows"] - customers["kept"] == sum(customers["rejected"].values()) == 112
    assert len(customers["sha256"]) == 64
    lists = {"survival.csv", "actions.csv", "actions.xlsx"}
    assert set(demo_record["files"]) == {"report.html", "playbook.ipynb", *lists}


@pytest.mark.parametrize(
    ("playbook", "n_charts"), [("churn-survival", 8), ("experiment-plan", 1), ("loyalty-experiment", 5)]
)
def test_charts_and_page_stay_within_their_budget(playbook: str, n_charts: int, demo_reports: dict[str, Path]) -> None:
    notebook = json.loads((demo_reports[playbook] / "playbook.ipynb").read_text(encoding="utf-8"))
    drawings = [
        "".join(output["data"]["image/svg+xml"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]

    assert (demo_reports[playbook] / "report.html").stat().st_size < 500_000
    assert len(drawings) == n_charts
    for drawing in drawings:
        assert len(drawing) < 80_000
        paths = [path.get("d", "") for path in ElementTree.fromstring(drawing).iter(f"{SVG}path")]
        # A step has two corners, and a band two edges.
        assert max(len(re.findall(r"[ML]", path)) for path in paths) <= 4 * 200
