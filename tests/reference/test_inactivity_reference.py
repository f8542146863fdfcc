"""A grocer's real purchases, of which nobody says who has left: taken on through client.yml alone."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from retention_lab.analysis.inactivity import CustomerActivity, estimate_activity
from retention_lab.analysis.study import ChurnStudy, study_churn
from retention_lab.tables.client import Client

pytestmark = pytest.mark.reference
CLIENT = """
name: Complete Journey (public sample)
currency: USD
timezone: America/New_York
observed_through: 2017-12-31
churn: {kind: inactivity, inactive_days: auto}
tables:
  transactions:
    source: transactions_sample.csv
    columns: {customer_id: household_id, occurred_at: transaction_timestamp, amount: sales_value}
"""


@pytest.fixture(scope="module")
def workspace(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grocer")
    (folder / "playbooks").mkdir()
    (folder / "data" / "grocer").mkdir(parents=True)
    shutil.copy(reference_data / "completejourney" / "transactions_sample.csv", folder / "data" / "grocer")
    (folder / "data" / "grocer" / "client.yml").write_text(CLIENT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(workspace: Path) -> tuple[ChurnStudy, CustomerActivity]:
    client = Client(workspace / "data" / "grocer")
    study = study_churn(client)
    activity = estimate_activity(client, study)
    assert activity is not None
    return study, activity


@pytest.fixture(scope="module")
def bought(reference_data: Path) -> pd.DataFrame:
    """The days on which each household bought, read without us."""
    rows = pd.read_csv(reference_data / "completejourney" / "transactions_sample.csv")
    day = pd.to_datetime(rows.transaction_timestamp).dt.normalize()
    rows = rows.assign(day=day)[(rows.sales_value > 0) & (day <= "2017-12-31")]
    return rows[["household_id", "day"]].drop_duplicates().sort_values(["household_id", "day"])


def test_every_household_with_a_purchase_is_there(
    found: tuple[ChurnStudy, CustomerActivity], bought: pd.DataFrame
) -> None:
    study, activity = found

    assert activity.rule.n_buyers == bought.household_id.nunique()
    assert activity.rule.n_bought_once == (bought.groupby("household_id").size() == 1).sum()
    assert study.table.n_obs + study.observation.left_out["started_after"] == activity.rule.n_buyers


def test_departures_are_those_counted_one_by_one(
    found: tuple[ChurnStudy, CustomerActivity], bought: pd.DataFrame
) -> None:
    study, activity = found
    following = bought.groupby("household_id").day.shift(-1).fillna(pd.Timestamp(2017, 12, 31))
    silent = (following - bought.day).dt.days > activity.rule.inactive_days

    assert study.n_left == bought[silent].household_id.nunique()


def test_a_sample_of_lines_looks_like_silence_and_the_rule_says_how_often_it_would_be_wrong(
    found: tuple[ChurnStudy, CustomerActivity], bought: pd.DataFrame
) -> None:
    # The public file is a sample of the lines, so that most households seem to pause: no rule can be good, and ours
    # says so rather than call them gone.
    _, activity = found

    assert activity.rule.inactive_days == 120
    assert activity.chosen.wrong.ci_lower > 0.7
    assert all(one.wrong.value > 0.05 for one in activity.candidates)


def test_the_model_predicts_the_second_half_of_the_year(found: tuple[ChurnStudy, CustomerActivity]) -> None:
    _, activity = found
    total = activity.hold_out.total

    assert total is not None
    assert activity.hold_out.days == 182
    # Fitted on half a year: within a tenth.
    assert total.predicted == pytest.approx(total.actual.value, rel=0.1)
    shares = [one.predicted / one.actual.value for one in activity.hold_out.classes[1:]]
    assert all(0.8 < share < 1.25 for share in shares)


def test_the_check_and_the_churn_report_work_without_a_table_of_customers(workspace: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "playbooks", workspace / "playbooks", dirs_exist_ok=True)
    tool = str(Path(sys.executable).with_name("retention-lab"))

    checked = subprocess.run([tool, "check", "grocer"], cwd=workspace, capture_output=True, text=True, check=False)
    command = [tool, "run", "grocer", "--playbook", "churn-survival"]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert "75,000 of 75,000 rows kept" in checked.stdout
    assert done.returncode == 0, done.stderr
    folder = workspace / "reports" / "grocer" / "churn-survival" / "2017-12-31"
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["status"] == "ok"
    page = re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text(encoding="utf-8"))
    assert "started after 2 September 2017" in " ".join(page.split())
