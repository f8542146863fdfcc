"""A real public file, taken on through client.yml alone: tenure in months and a flag, no dates, blanks for numbers."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.reference
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def report(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("telco")
    shutil.copytree(HERE.parents[1] / "playbooks", workspace / "playbooks")
    shutil.copytree(HERE / "telco", workspace / "data" / "telco")
    shutil.copy(reference_data / "telco" / "Telco-Customer-Churn.csv", workspace / "data" / "telco")
    command = [str(Path(sys.executable).with_name("retention-lab")), "run", "telco"]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return workspace / "reports" / "telco" / "churn-survival" / "2017-09-30"


def test_the_curve_is_the_published_one(report: Path) -> None:
    rows = [line.split(",") for line in (report / "survival.csv").read_text(encoding="utf-8-sig").splitlines()]
    survival = {float(row[0]): float(row[1]) for row in rows[1:]}

    assert survival[12] == pytest.approx(0.8432, abs=5e-5)
    assert survival[24] == pytest.approx(0.7887, abs=5e-5)
    assert survival[72] == pytest.approx(0.5928, abs=5e-5)


def test_the_report_shows_it_and_says_that_a_snapshot_may_mislead(report: Path) -> None:
    page = re.sub(r"<[^>]+>", " ", (report / "report.html").read_text(encoding="utf-8"))
    text = " ".join(page.split())

    for shown in ("after 12 months 84.3%", "after 24 months 78.9%", "after 72 months 59.3%"):
        assert shown in text
    assert "It is not known from when on the export shows each customer" in text
    assert "365 days are taken as 12 months" in text


def test_the_data_section_says_what_was_done_with_the_eleven_odd_rows(report: Path) -> None:
    page = re.sub(r"<[^>]+>", " ", (report / "report.html").read_text(encoding="utf-8"))
    text = " ".join(page.split())

    assert "blank customers, TotalCharges 11 490 column not used" in text
    assert "no time here yet: 0 months customers 11 kept; they count at time 0 and say nothing about later" in text


def test_the_record_counts_every_row(report: Path) -> None:
    (customers,) = json.loads((report / "run.json").read_text(encoding="utf-8"))["inputs"]

    assert (customers["rows"], customers["kept"], customers["rejected"]) == (7043, 7043, {})
