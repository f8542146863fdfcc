"""The planted truth comes back, by lifelines and not by our own methods: the demo must be right before they are."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from retention_lab.demo import truth
from retention_lab.demo.population import draw_traits, true_survival

YEAR = 365
# With four standard errors, one honest estimate in 16,000 would fall outside.
WIDE = 4
REFERENCES = {column: next(iter(ratios)) for column, ratios in truth.HAZARD_RATIOS.items()}


def _design(customers: pd.DataFrame) -> pd.DataFrame:
    """Numeric columns for a Cox model: each level against the reference level, age and fee by tens."""
    columns = {
        f"{column}={level}": (customers[column] == level).astype(float)
        for column, ratios in truth.HAZARD_RATIOS.items()
        for level in ratios
        if level != REFERENCES[column]
    }
    return pd.DataFrame({**columns, "age": customers["age"] / 10, "fee": customers["monthly_fee"] / 10})


def _fit(design: pd.DataFrame, times: pd.DataFrame) -> pd.DataFrame:
    data = design.assign(
        stop=times["duration"].to_numpy(), event=times["event_observed"].to_numpy(), start=times["entry"].to_numpy()
    )
    # A customer of the last day has been observed for no time at all, and lifelines refuses that.
    fitter = CoxPHFitter().fit(data[data["stop"] > data["start"]], "stop", "event", entry_col="start")
    return fitter.summary


def _kaplan_meier(customers: pd.DataFrame, *, late_entry: bool) -> KaplanMeierFitter:
    entry = customers["entry"] if late_entry else None
    return KaplanMeierFitter().fit(customers["duration"], customers["event_observed"], entry=entry)


def _episodes(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with `member`: one row before joining the club and one after."""
    joined = customers["joined_after"]
    before = customers.assign(member=0.0, duration=joined.fillna(customers["duration"]))
    before["event_observed"] &= joined.isna()
    members = customers[joined.notna()]
    after = members.assign(member=1.0, entry=np.maximum(members["entry"], members["joined_after"]))
    episodes = pd.concat([before, after], ignore_index=True)
    return episodes[episodes["duration"] > episodes["entry"]].reset_index(drop=True)


def test_the_planted_hazard_ratios_come_back(population: pd.DataFrame) -> None:
    summary = _fit(_design(population), population)
    planted = {f"{c}={level}": hr for c, ratios in truth.HAZARD_RATIOS.items() for level, hr in ratios.items()}
    planted |= {"age": truth.AGE_HAZARD_RATIO, "fee": truth.FEE_HAZARD_RATIO}
    for name, row in summary.iterrows():
        assert row["coef"] == pytest.approx(np.log(planted[str(name)]), abs=WIDE * row["se(coef)"]), name


def test_regions_differ_only_until_the_rest_is_taken_into_account() -> None:
    # By the truth itself, without chance: the South's customers are shorter-lived, and no region has an effect.
    traits = draw_traits(200_000, np.random.default_rng(1))
    north, south = (true_survival(traits[traits["region"] == region], YEAR) for region in ("North", "South"))
    assert north - south > 0.015
    assert set(truth.HAZARD_RATIOS["region"].values()) == {1.0}


def test_whoever_ever_joined_the_club_looks_loyal(population: pd.DataFrame) -> None:
    ever = _design(population).assign(member=population["joined_after"].notna().astype(float))
    assert _fit(ever, population).loc["member", "exp(coef) upper 95%"] < 0.8


def test_the_club_keeps_nobody_once_it_counts_only_from_joining(population: pd.DataFrame) -> None:
    episodes = _episodes(population)
    member = _fit(_design(episodes).assign(member=episodes["member"]), episodes).loc["member"]
    assert member["exp(coef) lower 95%"] < truth.CLUB_HAZARD_RATIO < member["exp(coef) upper 95%"]


def test_nobody_joins_the_club_after_leaving(population: pd.DataFrame) -> None:
    members = population[population["joined_after"].notna()]
    assert (members["joined_after"] < members["duration"]).all()
    # Ceiling of an exponential time cut off by leaving: shorter than planted, but of that size.
    assert 5 < members["joined_after"].mean() / truth.MONTH_DAYS < truth.CLUB_MEAN_MONTHS


def test_with_late_entry_the_one_year_survival_is_the_planted_one(population: pd.DataFrame) -> None:
    curve = _kaplan_meier(population, late_entry=True)
    lower, upper = curve.confidence_interval_survival_function_.asof(YEAR)
    std_error = (upper - lower) / (2 * 1.96)
    assert curve.predict(YEAR) == pytest.approx(truth.ONE_YEAR_SURVIVAL["all"], abs=WIDE * std_error)


def test_without_late_entry_the_curve_is_too_good(population: pd.DataFrame) -> None:
    naive, right = (_kaplan_meier(population, late_entry=entry).predict(YEAR) for entry in (False, True))
    assert naive - right > 0.03


def test_the_stated_one_year_survival_follows_from_the_hazards() -> None:
    traits = draw_traits(200_000, np.random.default_rng(1))
    for group, stated in truth.ONE_YEAR_SURVIVAL.items():
        those = traits if group == "all" else traits[traits["contract"] == group]
        # The stated shares are rounded to 0.001; the mean over 40,000 or more customers adds less than 0.0015.
        assert true_survival(those, YEAR) == pytest.approx(stated, abs=0.002), group


def test_a_good_quarter_of_the_monthly_contracts_leaves_within_a_year() -> None:
    assert 0.25 < 1 - truth.ONE_YEAR_SURVIVAL["Monthly"] < 0.30


def test_the_hazard_jumps_when_the_promotional_year_is_over(population: pd.DataFrame) -> None:
    months = np.ceil(population["duration"] / truth.MONTH_DAYS)
    leavers = months[population["event_observed"]].value_counts()
    assert leavers[13] > 2 * max(leavers[12], leavers[14])


def test_the_export_knows_nobody_who_left_before_it_began(population: pd.DataFrame) -> None:
    late = population[population["entry"] > 0]
    assert (late["duration"] > late["entry"]).all()
    assert ((late["started_on"] + pd.to_timedelta(late["entry"], unit="D")) == pd.Timestamp(truth.CRM_START)).all()
    # Gaps in the numbers: those whom the export does not know.
    assert population["number"].max() > len(population) * 1.02


def test_nobody_is_seen_after_the_last_day(population: pd.DataFrame) -> None:
    last = population["started_on"] + pd.to_timedelta(population["duration"], unit="D")
    end = pd.Timestamp(truth.OBSERVED_THROUGH)
    assert (last <= end).all()
    assert (last[~population["event_observed"]] == end).all()


def test_a_bank_slip_goes_with_not_paying(population: pd.DataFrame) -> None:
    left = population[population["event_observed"]]
    unpaid = (left["end_reason"] == "non-payment").groupby(left["payment"]).mean()
    assert unpaid["Bank slip"] > 2 * unpaid["Card"]
    assert (population.loc[~population["event_observed"], "end_reason"] == "").all()
