"""Who has left where nobody says goodbye: dated from purchases, by a rule that is given or found."""

import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lab.errors import DataError, ParameterError
from retention_lab.methods.survival import SurvivalCurve, estimate_survival, life_table, survival_at
from retention_lab.tables.client import Client
from retention_lab.tables.inactivity import GRID, choose_days, wrong_share
from retention_lab.tables.observation import MONTHLY_VALUE, Observation, keep_where, observe_customers

MakeShop = Callable[..., Client]
END = date(2026, 1, 1)


def purchases(days: dict[str, list[int]], amount: float = 10.0) -> pd.DataFrame:
    """Purchases of each customer, as days before the last."""
    rows = [(name, END - timedelta(days=before), amount) for name, list_ in days.items() for before in list_]
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount"])


def frame(observation: Observation) -> pd.DataFrame:
    rows: pd.DataFrame = observation.rows.order_by("customer_id").to_pandas()
    return rows.set_index("customer_id")


def found(observation: Observation) -> dict[str, tuple[float, bool]]:
    rows = frame(observation)
    return {name: (row.duration, bool(row.event_observed)) for name, row in rows.iterrows()}


def test_a_customer_left_with_the_last_purchase_before_the_first_silence_longer_than_the_rule(
    make_shop: MakeShop,
) -> None:
    days = {
        "came back": [100, 95, 60, 5],
        "bought once": [80],
        "silent a day too long": [21, 11],
        "silent to the day": [20, 10],
        "still here": [90, 85, 77, 68, 59, 50, 42, 33, 24, 15, 6],
        "new": [10],
        "too new": [9],
    }
    observed = observe_customers(make_shop(purchases(days), inactive_days=10))

    assert found(observed) == {
        "came back": (5, True),
        "bought once": (0, True),
        "new": (0, False),
        "silent a day too long": (10, True),
        "silent to the day": (10, False),
        "still here": (80, False),
    }
    assert observed.as_of == END - timedelta(days=10)
    assert (observed.left_out, observed.n_at_zero) == ({"started_after": 1}, 1)
    rule = observed.rule
    assert rule is not None
    assert (rule.inactive_days, rule.purchases_through, rule.known_through) == (10, END, observed.as_of)
    assert (rule.n_buyers, rule.n_bought_once, rule.n_came_back, rule.n_active) == (7, 3, 1, 5)


def test_returns_and_nothing_are_no_purchases_and_several_on_a_day_are_one(make_shop: MakeShop) -> None:
    rows = pd.concat(
        [
            purchases({"a": [40, 40, 35], "b": [40], "c": [40]}),
            purchases({"a": [20, 5], "c": [38]}, amount=-3.0),
            purchases({"b": [39]}, amount=0.0),
        ]
    )
    observed = observe_customers(make_shop(rows, inactive_days=10))

    assert found(observed) == {"a": (5, True), "b": (0, True), "c": (0, True)}
    assert observed.rule is not None
    assert observed.rule.n_bought_once == 2


def test_what_comes_after_the_last_day_is_not_looked_at(make_shop: MakeShop) -> None:
    client = make_shop(purchases({"a": [100, 60, 20], "b": [100, 40], "c": [50]}), inactive_days=45)
    then = END - timedelta(days=55)

    earlier = observe_customers(client, then)

    assert found(earlier) == {"a": (0, False), "b": (0, False)}
    assert earlier.as_of == END - timedelta(days=100)
    assert found(observe_customers(client)) == {"a": (55, False), "b": (0, True), "c": (0, True)}


def plain(days: list[int], inactive_days: int) -> tuple[int, bool] | None:
    """The rule again, customer by customer; days count from the first of all to 400, the last."""
    bought = sorted(set(days))
    for this, following in zip(bought, [*bought[1:], 400], strict=True):
        if following - this > inactive_days:
            return this - bought[0], True
    return (400 - inactive_days - bought[0], False) if bought[0] <= 400 - inactive_days else None


@pytest.mark.parametrize("inactive_days", [1, 30, 200])
def test_many_customers_are_dated_as_one_by_one(make_shop: MakeShop, inactive_days: int) -> None:
    rng = np.random.default_rng(5)
    bought = {f"C{n:03}": rng.integers(0, 401, rng.integers(1, 12)).tolist() for n in range(300)}
    shop = make_shop(
        purchases({name: [400 - day for day in days] for name, days in bought.items()}), inactive_days=inactive_days
    )

    expected = {name: plain(days, inactive_days) for name, days in bought.items()}

    assert found(observe_customers(shop)) == {name: dated for name, dated in expected.items() if dated}


def curve(duration: object, event: object) -> SurvivalCurve:
    return estimate_survival(life_table(duration, event))  # type: ignore[arg-type]


def test_the_rule_finds_the_true_survival_and_the_two_obvious_datings_do_not(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    # Still buying at t: alive then, and one more purchase to come before the end of the lifetime.
    truth = [math.exp(-time / 400) * 0.1 / (0.1 + 1 / 400) for time in (90, 180, 365)]
    rows = frame(observe_customers(make_shop(planted_purchases, inactive_days=90)))
    ours = survival_at(curve(rows.duration, rows.event_observed), [90, 180, 365])

    bought = planted_purchases.groupby("customer_id").day.agg(["min", "max"]).apply(pd.to_datetime)
    lived, seen = (bought["max"] - bought["min"]).dt.days, (pd.Timestamp(END) - bought["min"]).dt.days
    silent = (pd.Timestamp(END) - bought["max"]).dt.days > 90
    censored_at_the_end = survival_at(curve(np.where(silent, lived, seen), silent), [90, 180, 365])
    ended_with_the_last = survival_at(curve(lived, np.ones(len(lived))), [90, 180, 365])

    for estimate, expected in zip(ours, truth, strict=True):
        assert abs(estimate.value - expected) < 3 * estimate.std_error
    for too_high, too_low, expected in zip(censored_at_the_end, ended_with_the_last, truth, strict=True):
        assert too_high.value > expected + 3 * too_high.std_error
        assert too_low.value < expected - 3 * too_low.std_error


def test_the_rule_is_found_from_the_gaps_and_its_wrong_share_is_the_planted_one(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    rule = observe_customers(make_shop(planted_purchases)).rule

    def planted(days: float) -> float:
        # A silence of more whole days than this lasted half a day more on average.
        ending = 0.1 / 0.1025 * math.exp(-0.1025 * (days + 0.5))
        return ending / (ending + 1 - 0.1 / 0.1025)

    assert rule is not None
    assert (rule.inactive_days, rule.source) == (90, "auto")
    # The number of silences beyond 30 and 60 days is about 2,500 and 900; three standard errors.
    assert wrong_share(rule.gaps, 30, rule.followed) == pytest.approx(planted(30), abs=0.03)
    assert wrong_share(rule.gaps, 60, rule.followed) == pytest.approx(planted(60), abs=0.03)
    assert rule.wrong == pytest.approx(wrong_share(rule.gaps, 90, rule.followed))
    assert set(rule.candidates) <= set(GRID)
    assert max(rule.candidates) <= rule.followed / 2


def test_where_everybody_comes_back_the_rule_is_the_longest_that_can_be_judged(make_shop: MakeShop) -> None:
    # Some after sixty days, and some after a hundred and fifty.
    often = {f"C{n:02}": list(range(n % 60, 300, 60)) for n in range(60)}
    rare = {f"D{n:02}": [n % 90, n % 90 + 150] for n in range(60)}

    rule = observe_customers(make_shop(purchases(often | rare))).rule

    assert rule is not None
    assert rule.inactive_days == max(days for days in GRID if 2 * days <= rule.followed)
    assert rule.wrong > 0.9


def test_an_earlier_day_has_the_rule_of_what_was_known_then(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    client = make_shop(planted_purchases)
    then = date(2025, 1, 1)

    rule = observe_customers(client, then).rule
    days = pd.to_datetime(planted_purchases.day).dt.date
    alone = observe_customers(make_shop(planted_purchases[days <= then], observed_through=str(then))).rule

    assert rule is not None
    assert alone is not None
    assert (rule.inactive_days, rule.wrong) == (alone.inactive_days, alone.wrong)
    pd.testing.assert_frame_equal(rule.gaps, alone.gaps)


def test_before_anybody_bought_there_is_nobody_and_the_rule_is_that_of_all_purchases(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    observed = observe_customers(make_shop(planted_purchases), date(2023, 6, 1))

    assert len(frame(observed)) == 0
    assert observed.inactive_days == 90


def test_a_caller_may_fix_the_rule(make_shop: MakeShop, planted_purchases: pd.DataFrame) -> None:
    client = make_shop(planted_purchases)

    assert observe_customers(client, inactive_days=45).inactive_days == 45
    with pytest.raises(ParameterError, match="inactive_days: 0\n  Allowed: a whole number of days from 1"):
        observe_customers(client, inactive_days=0)


YESTERDAY = {f"C{n:02}": [1] for n in range(50)}
ONCE = {f"C{n:02}": [n * 7] for n in range(50)}
TWICE = {f"C{n:02}": [n * 7, n * 7 + 3] for n in range(20)}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (YESTERDAY, "only 0 purchases were followed by another one"),
        (ONCE, "only 0 purchases were followed by another one"),
        (TWICE, "only 20 purchases were followed by another one"),
        ({f"C{n:02}": [1, 2, 3] for n in range(50)}, "30 or more silences were followed for 1 days only"),
    ],
)
def test_too_little_to_find_a_rule_is_told_with_what_to_do(
    make_shop: MakeShop, days: dict[str, list[int]], expected: str
) -> None:
    with pytest.raises(DataError, match=r"churn\.inactive_days: auto, and ") as caught:
        observe_customers(make_shop(purchases(days)))

    assert expected in str(caught.value)
    assert "such as 90" in str(caught.value)


def test_a_rule_longer_than_the_purchases_reach_is_told(make_shop: MakeShop) -> None:
    client = make_shop(purchases({"a": [100, 50], "b": [70]}), inactive_days=101)

    with pytest.raises(DataError, match="101 days, but the purchases reach from 2025-09-23 to 2026-01-01") as caught:
        observe_customers(client)

    assert "at most 100 days" in str(caught.value)


def test_only_returns_are_told(make_shop: MakeShop) -> None:
    with pytest.raises(DataError, match="no row has an amount above nought"):
        observe_customers(make_shop(purchases({"a": [5]}, amount=-1.0), inactive_days=10))


def test_the_clock_starts_with_the_day_of_the_start_and_the_customer_enters_with_the_first_purchase_seen(
    make_shop: MakeShop,
) -> None:
    starts = {"regular": 300, "once": 300, "same day": 60, "early": 50, "silent": 10}
    customers = pd.DataFrame(
        {"customer_id": list(starts), "started_on": [END - timedelta(days=days) for days in starts.values()]}
    )
    bought = {"regular": [100, 90, 80], "once": [60], "same day": [60, 55], "early": [55, 45]}
    observed = observe_customers(make_shop(purchases(bought), customers, inactive_days=15))

    # At risk is who entered before: with entry on the day of it, the only purchase of "once" would be lost.
    assert frame(observed).entry.to_dict() == {"early": 0, "once": 239, "regular": 199, "same day": 0}
    assert found(observed) == {
        "early": (10, True),
        "once": (240, True),
        "regular": (220, True),
        "same day": (5, True),
    }
    assert observed.first_start == END - timedelta(days=300)
    assert observed.rule is not None
    assert (observed.rule.n_before_start, observed.rule.n_never_bought) == (1, 1)


def test_what_is_known_of_customers_is_joined_on(make_shop: MakeShop) -> None:
    names = [f"C{n}" for n in range(8)]
    customers = pd.DataFrame(
        {"customer_id": names, "plan": ["A", "B"] * 4, "club": [END - timedelta(days=50), None] * 4}
    )
    rows = purchases({name: [80, 60, 40, 20, 5] for name in names})
    observed = observe_customers(make_shop(rows, customers, inactive_days=30, since={"club": "club"}))

    assert (observed.categorical, observed.since) == (("plan",), ("club",))
    assert frame(observed).club_since.tolist()[0] == 30
    assert frame(observed).club_since.isna().sum() == 4
    assert len(frame(keep_where(observed, ["plan=A"]))) == 4


def test_the_monthly_value_is_what_was_paid_less_returns_by_month(make_shop: MakeShop) -> None:
    old = {"old": [*range(700, 0, -20)]}
    rows = pd.concat([purchases(old | {"new": [99, 80]}, 50.0), purchases({"old": [30, 3], "new": [40]}, -10.0)])
    value = frame(observe_customers(make_shop(rows, inactive_days=30)))[MONTHLY_VALUE]

    month = 365.25 / 12
    # Of the last 365 days: 18 purchases, on days 360, 340, …, 20 before the end.
    assert value["old"] == pytest.approx((18 * 50 - 20) / (365 / month))
    assert value["new"] == pytest.approx((2 * 50 - 10) / (100 / month))


def test_a_monthly_value_of_the_client_comes_first(make_shop: MakeShop) -> None:
    customers = pd.DataFrame({"customer_id": ["a"], "monthly_value": [7.5]})
    observed = observe_customers(make_shop(purchases({"a": [50, 40]}), customers, inactive_days=20))

    assert frame(observed)[MONTHLY_VALUE].tolist() == [7.5]


def test_customers_by_months_are_counted_with_the_fraction_of_the_month(
    make_shop: MakeShop,
) -> None:
    customers = pd.DataFrame({"customer_id": ["a", "b"], "plan": ["x", "y"]})
    rows = purchases({"a": [200, 150], "b": [200, 150, 100, 50]})
    observed = observe_customers(make_shop(rows, customers, inactive_days=60, unit="months"))

    assert observed.unit == "months"
    assert found(observed) == {
        "a": (pytest.approx(50 / 30.4, abs=0.1), True),
        "b": (pytest.approx(140 / 30.4, abs=0.1), False),
    }


def test_customers_with_contracts_take_no_rule(make_client: Callable[..., Client]) -> None:
    client = make_client(pd.DataFrame({"tenure": [1, 2], "churned": [0, 1]}))

    assert observe_customers(client).rule is None
    assert observe_customers(client).inactive_days is None
    with pytest.raises(ParameterError, match="the contracts of this client end on a day"):
        observe_customers(client, inactive_days=30)


def test_no_rule_is_chosen_by_a_handful_of_silences() -> None:
    ended = pd.DataFrame({"time": [1.0, 400.0], "n_events": [29.0, 0.0], "n_censored": [0.0, 500.0]})

    assert choose_days(ended) is None
    assert choose_days(ended.assign(n_events=[30.0, 0.0])) == 7
