"""The experiments are what `truth` says, though the variants are drawn last; and no draw of theirs moves a customer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines import CoxPHFitter

from retention_lab.demo import truth
from retention_lab.demo.experiments import (
    control_hazard,
    draw_assignments,
    draw_stay_bonus,
    draw_welcome_points,
    mixed_hazard,
    true_effect,
)
from retention_lab.demo.exports import CAMPAIGNS
from retention_lab.demo.population import baseline_cumulative_hazard, draw_population, hazard_ratio
from retention_lab.tables.experiment_file import Experiment

DEMO_SIZE = 20_000
SHARES = {
    "stay_bonus": truth.STAY_BONUS_SHARES,
    "newsletter": truth.NEWSLETTER_SHARES,
    "welcome_points": truth.WELCOME_POINTS_SHARES,
}
# With four standard errors, one honest estimate in 16,000 would fall outside.
WIDE = 4


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    return draw_population(150_000, np.random.default_rng(5))


@pytest.fixture(scope="module")
def bonus(many: pd.DataFrame) -> pd.DataFrame:
    """Everybody who was here in the days of the bonus, with what became of them since their day."""
    assigned = draw_stay_bonus(many, len(many), np.random.default_rng(6))
    return _followed(assigned, many).assign(treated=lambda table: table["variant"] == "bonus")


def _followed(assigned: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    table = assigned.merge(customers, on="number", how="left", validate="one_to_one")
    start = table["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    tenure = table["day"] - start
    hazard = baseline_cumulative_hazard(table["duration"]) - baseline_cumulative_hazard(tenure)
    return table.assign(since=table["duration"] - tenure, hazard=hazard * hazard_ratio(table))


def _share_error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


def test_the_two_arms_together_leave_as_the_customers_do() -> None:
    hazard = np.concatenate([[0.0, 1e-9], np.linspace(0.001, 3, 500)])
    control = control_hazard(hazard)
    assert mixed_hazard(control) == pytest.approx(hazard, rel=1e-12, abs=1e-15)
    # Without the bonus customers leave sooner than all together do, and with it later.
    assert (control[1:] > hazard[1:]).all()
    assert (truth.STAY_BONUS_HAZARD_RATIO * control[1:] < hazard[1:]).all()


def test_who_got_the_bonus_says_nothing_about_what_they_were_like(bonus: pd.DataFrame) -> None:
    planned = truth.STAY_BONUS_SHARES["bonus"]
    tenure = pd.cut(bonus["duration"] - bonus["since"], [0, 90, 365, 730, 2000])
    groups: list[pd.Series] = [bonus["contract"], bonus["channel"], bonus["payment"], tenure, bonus["day"]]
    assert bonus["treated"].mean() == pytest.approx(planned, abs=WIDE * _share_error(planned, len(bonus)))
    for group in groups:
        for level, treated in bonus["treated"].groupby(group, observed=True):
            assert treated.mean() == pytest.approx(planned, abs=WIDE * _share_error(planned, len(treated))), level


def test_the_planted_hazard_ratio_comes_back_by_occurrence_over_exposure(bonus: pd.DataFrame) -> None:
    # In time that runs as fast as the control's own hazard, the control leaves once per unit, and the treated 0.70
    # times: exact, whatever customers are like. Times rounded up to whole days add less than one in a thousand.
    exposure = control_hazard(bonus["hazard"].to_numpy())
    for treated, planned in ((False, 1.0), (True, truth.STAY_BONUS_HAZARD_RATIO)):
        arm = (bonus["treated"] == treated).to_numpy()
        left = int(bonus.loc[arm, "event_observed"].sum())
        assert left > 1_000
        assert left / exposure[arm].sum() == pytest.approx(planned, rel=WIDE / np.sqrt(left) + 0.001)


def test_the_planted_hazard_ratio_comes_back_by_a_cox_model(bonus: pd.DataFrame) -> None:
    # Customers differ little enough, and leave rarely enough, that traits left out move the ratio by less than 0.01.
    summary = CoxPHFitter().fit(bonus[["since", "event_observed", "treated"]], "since", "event_observed").summary
    found = summary.loc["treated"]
    assert found["coef"] == pytest.approx(np.log(truth.STAY_BONUS_HAZARD_RATIO), abs=WIDE * found["se(coef)"] + 0.015)


def test_the_stated_effect_follows_from_the_hazard_ratio(many: pd.DataFrame) -> None:
    effect = true_effect(many.iloc[::3], truth.STAY_BONUS_HORIZON)
    # The mean over 32,000 customers has an error of 0.4 %.
    assert effect == pytest.approx(dict(truth.STAY_BONUS_EFFECT), rel=0.016)


def test_the_stated_effect_is_what_the_arms_show(bonus: pd.DataFrame) -> None:
    # Everybody is followed for the whole horizon, so shares and means need no method.
    within = np.minimum(bonus["since"], truth.STAY_BONUS_HORIZON)
    stayed = bonus["since"] > truth.STAY_BONUS_HORIZON
    for name, values in (("survival", stayed.astype(float)), ("restricted_mean", within)):
        treated, control = (values[bonus["treated"] == arm] for arm in (True, False))
        error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
        assert treated.mean() - control.mean() == pytest.approx(truth.STAY_BONUS_EFFECT[name], abs=WIDE * error), name


def test_the_reward_goes_to_some_of_the_treated_and_to_nobody_else(bonus: pd.DataFrame) -> None:
    taken = bonus.groupby("treated")["rewarded"].mean()
    n = int(bonus["treated"].sum())
    assert taken[False] == 0
    assert taken[True] == pytest.approx(truth.STAY_BONUS_TAKEN, abs=WIDE * _share_error(truth.STAY_BONUS_TAKEN, n))


@pytest.fixture(scope="module")
def assigned(many: pd.DataFrame) -> pd.DataFrame:
    return draw_assignments(many, 150_000, np.random.default_rng(7))


def test_the_newsletter_does_nothing(assigned: pd.DataFrame, many: pd.DataFrame) -> None:
    letters = _followed(assigned[assigned["experiment"] == "newsletter"], many)
    logins = letters.groupby("variant")["logins_after"]
    left = letters.groupby("variant")["event_observed"]
    for outcome in (logins, left):
        mean, error = outcome.mean(), outcome.std() / np.sqrt(outcome.size())
        for variant in ("email", "letter"):
            assert abs(mean[variant] - mean["none"]) < WIDE * np.hypot(error[variant], error["none"])
    # What is worth a covariate: it leaves less than half of the variance.
    assert letters["logins_before"].corr(letters["logins_after"]) > 0.75


def test_the_welcome_points_would_show_an_effect_that_is_not_there(many: pd.DataFrame) -> None:
    points = _followed(draw_welcome_points(many, np.random.default_rng(8)), many)
    left = points.groupby("variant")["event_observed"].mean()
    assert left["points"] < 0.5 * left["no_points"]
    # It is the lost rows, and nothing else: those that are still here are dealt out as planned.
    here = (points.loc[~points["event_observed"], "variant"] == "points").mean()
    assert here == pytest.approx(0.5, abs=WIDE * _share_error(0.5, int((~points["event_observed"]).sum())))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lost_rows_break_the_sample_ratio_at_the_size_of_the_demo(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = draw_welcome_points(draw_population(DEMO_SIZE, rng), rng)["variant"].value_counts()
    expected = counts.sum() / 2
    # Chi-squared of one degree of freedom: beyond 10.83 at p < .001.
    assert ((counts - expected) ** 2 / expected).sum() > 10.83


def test_the_newsletter_and_the_bonus_keep_their_sample_ratios(assigned: pd.DataFrame) -> None:
    for name in ("stay_bonus", "newsletter"):
        counts = assigned.loc[assigned["experiment"] == name, "variant"].value_counts()
        for variant, share in SHARES[name].items():
            error = _share_error(share, int(counts.sum()))
            assert counts[variant] / counts.sum() == pytest.approx(share, abs=WIDE * error), variant


def test_customers_are_assigned_while_they_are_customers(assigned: pd.DataFrame, many: pd.DataFrame) -> None:
    followed = [_followed(part, many) for _, part in assigned.groupby("experiment")]
    for part in followed:
        assert (part["since"] >= np.where(part["event_observed"], 1, 0)).all()
        assert (part["since"] <= part["duration"]).all()


def test_a_demo_has_as_many_assigned_as_the_truth_says() -> None:
    rng = np.random.default_rng(4)
    counts = draw_assignments(draw_population(DEMO_SIZE, rng), DEMO_SIZE, rng)["experiment"].value_counts()
    assert counts["stay_bonus"] == truth.STAY_BONUS_SIZE
    assert counts["newsletter"] == truth.NEWSLETTER_SIZE


def test_the_client_file_declares_the_experiments_as_planted(demo: Path) -> None:
    written = yaml.safe_load((demo / "client.yml").read_text(encoding="utf-8"))
    declared = {name: Experiment.model_validate(spec) for name, spec in written["experiments"].items()}
    assert list(declared) == list(SHARES) == list(CAMPAIGNS)
    assert written["tables"]["assignments"]["values"]["experiment"] == {code: name for name, code in CAMPAIGNS.items()}
    for name, spec in declared.items():
        assert spec.shares == pytest.approx(dict(SHARES[name]), abs=1e-3)
        assert spec.control == next(iter(SHARES[name]))
        assert sum(outcome.role == "primary" for outcome in spec.outcomes.values()) == 1
    assert declared["stay_bonus"].outcomes["stay"].horizon_days == truth.STAY_BONUS_HORIZON


def test_the_marketing_tool_writes_its_own_columns(demo: Path) -> None:
    lines = (demo / "experiments.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "campaign;customer_no;group;assigned;taken;logins_before;logins_after"
    assert all(line.count(";") == 6 for line in lines)
