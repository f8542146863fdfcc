import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.contrasts import MIDDLE
from retention_lab.analysis.drivers import Drivers, estimate_drivers
from retention_lab.analysis.effects import Effect
from retention_lab.analysis.study import expected_of, study_churn
from retention_lab.errors import ParameterError
from retention_lab.methods.splines import natural_spline
from retention_lab.methods.survival import estimate_survival, life_table
from retention_lab.tables.client import Client
from retention_lab.tables.levels import LOWER, UPPER
from retention_lab.tables.observation import Observation

Observe = Callable[..., Observation]
MakeClient = Callable[..., Client]


def drivers_of(observation: Observation, **changes: object) -> Drivers:
    asked = {"horizon": 100, "year": 100} | changes
    return estimate_drivers(observation, **asked)  # type: ignore[arg-type]


def effect_of(drivers: Drivers, name: str) -> Effect:
    (effect,) = (effect for effect in drivers.effects if effect.name == name)
    return effect


def joining(n: int, ratio: float, seed: int, late: bool = False) -> pd.DataFrame:
    """Customers who leave at a constant rate, `ratio` times as fast from the day that they join, if they live to."""
    rng = np.random.default_rng(seed)
    before, joins = rng.exponential(200, n), rng.exponential(150, n)
    after = joins + rng.exponential(200 / ratio, n)
    stay = np.where(before < joins, before, after)
    seen = rng.uniform(50, 500, n)
    entry = np.where(rng.random(n) < 0.5, 40.0, 0.0) if late else np.zeros(n)
    duration = np.ceil(np.minimum(stay, seen))
    rows = pd.DataFrame(
        {
            "duration": duration,
            "event_observed": stay <= seen,
            "entry": entry,
            "club_since": np.where(joins < duration, np.floor(joins), np.nan),
        }
    )
    return rows[rows.duration > rows.entry].reset_index(drop=True)


@pytest.mark.parametrize("late", [False, True])
def test_what_only_those_who_stay_can_join_has_no_effect_once_counted_from_the_day(
    observe: Observe, late: bool
) -> None:
    held = fooled = 0
    for seed in range(30):
        drivers = drivers_of(observe(joining(500, 1.0, seed, late), since=("club",)))
        (read,) = drivers.naive
        held += read.corrected.ci_lower <= 1 <= read.corrected.ci_upper
        fooled += read.naive.ci_upper < 1
    # 95 % of 30 is 28.5; below 25 has a chance of one in a hundred.
    assert held >= 25
    assert fooled == 30


def test_an_effect_that_begins_on_joining_is_recovered(observe: Observe) -> None:
    drivers = drivers_of(observe(joining(4000, 0.5, 1, late=True), since=("club",)))

    effect = effect_of(drivers, "club")
    assert effect.hazard_ratio.ci_lower < 0.5 < effect.hazard_ratio.ci_upper
    # All as members from the first day, less nobody a member.
    truth = math.exp(-0.25) - math.exp(-0.5)
    assert effect.points.ci_lower < truth < effect.points.ci_upper


def test_two_things_that_begin_are_told_apart(observe: Observe) -> None:
    rng, n = np.random.default_rng(2), 5000
    club, app = rng.exponential(150, n), rng.exponential(150, n)
    # Leaving at 1/200 a day, half as fast from the day of the club; the app does nothing.
    first = rng.exponential(200, n)
    stay = np.where(first < club, first, club + 2 * (first - club).clip(min=0))
    seen = rng.uniform(50, 500, n)
    duration = np.ceil(np.minimum(stay, seen))
    frame = pd.DataFrame({"duration": duration, "event_observed": stay <= seen})
    frame = frame.assign(club_since=np.floor(club), app_since=np.floor(app))

    drivers = drivers_of(observe(frame, since=("club", "app")))

    assert effect_of(drivers, "club").hazard_ratio.ci_lower < 0.5 < effect_of(drivers, "club").hazard_ratio.ci_upper
    assert effect_of(drivers, "app").hazard_ratio.ci_lower < 1 < effect_of(drivers, "app").hazard_ratio.ci_upper
    assert {one.name for one in drivers.naive if one.naive.ci_upper < 0.9} == {"club", "app"}


def test_the_day_of_joining_comes_from_the_clients_own_dates(make_client: MakeClient) -> None:
    made = joining(1500, 1.0, 3)
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(made)) % 300, unit="D")
    days = {name: pd.to_timedelta(made[name], unit="D") for name in ("duration", "club_since")}
    # Everybody leaves here: who is still here is seen to the last day of the exports, and not to one of their own.
    customers = pd.DataFrame(
        {
            "started_on": start.strftime("%Y-%m-%d"),
            "ended_on": (start + days["duration"]).dt.strftime("%Y-%m-%d"),
            "joined": (start + days["club_since"]).dt.strftime("%Y-%m-%d"),
        }
    )
    study = study_churn(make_client(customers, since={"club": "joined"}))

    drivers = drivers_of(study.observation)

    (read,) = drivers.naive
    assert read.n_ever == (made.club_since < made.duration).sum()
    assert read.naive.ci_upper < 1


def confounded(n: int = 4000, seed: int = 5) -> pd.DataFrame:
    """The contract doubles the rate; payment does nothing itself, but goes with the contract."""
    rng = np.random.default_rng(seed)
    monthly = rng.random(n) < 0.5
    slip = rng.random(n) < np.where(monthly, 0.8, 0.2)
    stay, seen = rng.exponential(np.where(monthly, 150, 300)), rng.uniform(20, 500, n)
    return pd.DataFrame(
        {
            "duration": np.ceil(np.minimum(stay, seen)),
            "event_observed": stay <= seen,
            "contract": np.where(monthly, "monthly", "yearly"),
            "payment": np.where(slip, "slip", "debit"),
        }
    )


def test_a_covariate_that_only_goes_along_with_another_is_seen_through(observe: Observe) -> None:
    rows = confounded()
    drivers = drivers_of(observe(rows))

    contract, payment = effect_of(drivers, "contract"), effect_of(drivers, "payment")
    assert (contract.level, contract.reference) == ("monthly", "yearly")
    assert contract.hazard_ratio.ci_lower < 2 < contract.hazard_ratio.ci_upper
    truth = math.exp(-100 / 150) - math.exp(-100 / 300)
    assert contract.points.ci_lower < truth < contract.points.ci_upper
    assert payment.hazard_ratio.ci_lower < 1 < payment.hazard_ratio.ci_upper
    alone = effect_of(drivers_of(observe(rows), covariates=["payment"]), "payment")
    assert alone.points.ci_upper < 0


def test_the_two_ways_of_counting_departures_agree(observe: Observe) -> None:
    rows = confounded(8000)
    drivers = drivers_of(observe(rows))

    curve = estimate_survival(life_table(rows.duration, rows.event_observed))
    here = rows[~rows.event_observed]
    pooled = expected_of(curve, here.duration, np.ones(len(here)), 100)
    assert drivers.departures.n_covered == pooled.n_covered
    # Those who stayed long are of the slower contract: one curve says a little more for them than is so.
    assert drivers.departures.value == pytest.approx(pooled.value, rel=0.08)


def test_a_number_is_compared_between_its_quarters(observe: Observe) -> None:
    rng, n = np.random.default_rng(5), 3000
    fee = rng.uniform(0, 40, n)
    stay, seen = rng.exponential(200 / np.exp(0.02 * fee)), rng.uniform(20, 400, n)
    frame = pd.DataFrame({"duration": np.ceil(np.minimum(stay, seen)), "event_observed": stay <= seen, "fee": fee})

    effect = effect_of(drivers_of(observe(frame, numeric=("fee",))), "fee")

    # From the quartile at 10 to that at 30.
    assert effect.hazard_ratio.ci_lower < math.exp(0.02 * 20) < effect.hazard_ratio.ci_upper
    assert effect.level.strip() == "(upper quarter)"
    assert effect.n_obs == pytest.approx(n / 4, abs=2)


def test_pvalues_are_adjusted_for_all_effects(observe: Observe) -> None:
    drivers = drivers_of(observe(confounded()))

    raw = {effect.name: effect.pvalue for effect in drivers.effects}
    adjusted = {effect.name: effect.pvalue_adjusted for effect in drivers.effects}
    assert adjusted["contract"] == pytest.approx(2 * raw["contract"])
    assert adjusted["payment"] == pytest.approx(raw["payment"])


def test_a_large_group_that_nobody_leaves_does_not_flatter_the_group_it_is_not(observe: Observe) -> None:
    rows = confounded()
    staff = pd.DataFrame({"duration": [400.0] * 3000, "event_observed": False, "contract": "staff", "payment": "debit"})

    drivers = drivers_of(observe(pd.concat([rows, staff], ignore_index=True)))

    contract = effect_of(drivers, "contract")
    # Counted in with either contract, they would move the ratio far from two.
    assert contract.hazard_ratio.ci_lower < 2 < contract.hazard_ratio.ci_upper
    assert drivers.n_not_judged == 3000
    assert drivers.departures.n_covered + drivers.departures.n_not_covered == (~rows.event_observed).sum()


def test_collinear_constant_and_hopeless_covariates_say_what_they_are(observe: Observe) -> None:
    rows = confounded(400)
    rows = rows.assign(copy=rows.contract + "!", same="x", gone=np.where(rows.event_observed, "yes", "no"))

    drivers = drivers_of(observe(rows), covariates=["contract", "copy", "same"])

    assert effect_of(drivers, "copy").why_not == "collinear"
    assert effect_of(drivers, "copy").points.reason == "too_few"
    assert drivers.left_out == {"same": "one_level"}
    assert drivers_of(observe(rows), covariates=["gone"]).left_out == {"gone": "no_departures"}


@pytest.mark.parametrize("n", [0, 1, 30])
def test_customers_without_covariates_give_departures_and_no_effects(observe: Observe, n: int) -> None:
    drivers = drivers_of(observe(confounded(200).head(n)[["duration", "event_observed"]]))

    assert drivers.effects == ()
    assert bool(drivers.departures.reason) == (n < 30)


def test_a_negative_or_blank_value_counts_as_nought(observe: Observe) -> None:
    rows = confounded(600)
    value = np.where(np.arange(600) % 3 == 0, np.nan, np.where(np.arange(600) % 3 == 1, -20.0, 10.0))

    lost = drivers_of(observe(rows.assign(**{"monthly value": value}))).value_at_risk
    nought = drivers_of(observe(rows.assign(**{"monthly value": np.nan_to_num(value).clip(min=0)}))).value_at_risk

    assert lost is not None
    assert nought is not None
    assert lost.value == nought.value > 0


def test_an_unknown_covariate_is_told_what_there_is(observe: Observe) -> None:
    with pytest.raises(ParameterError, match="contract, payment") as refused:
        drivers_of(observe(confounded(100)), covariates=["colour", "contract", "shape"])

    assert [fault.found for fault in refused.value.faults] == ["'colour'", "'shape'"]


def test_two_runs_give_the_same_bits(observe: Observe) -> None:
    first, second = (drivers_of(observe(confounded(300))) for _ in range(2))

    assert first.to_frame().equals(second.to_frame())
    assert first.departures == second.departures


def test_a_client_level_called_like_one_of_ours_is_a_level_of_the_client(observe: Observe) -> None:
    rows = confounded(2000)
    rows = rows.assign(contract=rows.contract.replace({"monthly": "(other)"}))

    effect = effect_of(drivers_of(observe(rows)), "contract")

    assert (effect.level, effect.reference) == ("(other)", "yearly")
    assert effect.points.ci_upper < 0


def in_a_curve(values: tuple[float, float, float, float], n: int = 6000) -> pd.DataFrame:
    """Ages from -1 to 1, the logarithm of whose leaving rate is the curve through values at -0.5, 0, 0.5 and 0.8.

    A natural spline with the knots at which the model has its own, so that it can find the curve without error.
    """
    rng = np.random.default_rng(11)
    age, knots = rng.uniform(-1, 1, n), np.array([-0.9, -0.3, 0.3, 0.9])
    fixed = np.column_stack([np.ones(4), natural_spline(np.array([-0.5, 0, 0.5, 0.8]), knots)])
    log_rate = np.column_stack([np.ones(n), natural_spline(age, knots)]) @ np.linalg.solve(fixed, values)
    stay, seen = rng.exponential(200 / np.exp(log_rate)), rng.uniform(20, 400, n)
    return pd.DataFrame({"duration": np.ceil(np.minimum(stay, seen)), "event_observed": stay <= seen, "age": age})


def test_a_number_that_matters_at_both_ends_is_compared_with_its_middle(observe: Observe) -> None:
    drivers = drivers_of(observe(in_a_curve((0.7, 0.0, 0.7, 1.6)), numeric=("age",)))

    effect = effect_of(drivers, "age")

    # The quartiles lie at -0.5 and 0.5, and are alike.
    assert drivers.model.curved == ("age",)
    assert effect.reference == MIDDLE
    assert effect.level in (LOWER, UPPER)
    assert effect.hazard_ratio.ci_lower < math.exp(0.7) < effect.hazard_ratio.ci_upper
    truth = math.exp(-0.5 * math.exp(0.7)) - math.exp(-0.5)
    assert effect.points.ci_lower < truth < effect.points.ci_upper
    assert effect.pvalue_adjusted < 1e-20


def test_a_number_that_is_alike_at_all_its_quartiles_still_matters(observe: Observe) -> None:
    drivers = drivers_of(observe(in_a_curve((0.0, 0.0, 0.0, 0.7)), numeric=("age",)))

    (effect,) = drivers.effects

    assert effect.points.ci_lower < 0 < effect.points.ci_upper
    assert effect.pvalue_adjusted < 1e-6
