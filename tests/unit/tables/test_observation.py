from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.methods.survival import estimate_survival, life_table, survival_at
from retention_lab.tables.client import Client
from retention_lab.tables.observation import Observation, keep_where, observe_customers

Told = Callable[[Callable[[], object]], str]
Write = Callable[..., Path]
Observe = Callable[..., Observation]

DATED = {"customer_id": "ID", "started_on": "Start", "ended_on": "End"}
TENURES = {"customer_id": "ID", "tenure": "T", "churned": "C"}


@pytest.fixture
def observe(write_client: Write) -> Observe:
    """Write a client and observe its customers."""

    def observe(*args: Any, as_of: str = "", **kwargs: Any) -> Observation:
        return observe_customers(Client(write_client(*args, **kwargs), as_of=as_of))

    return observe


def frame(observation: Observation) -> pd.DataFrame:
    rows: pd.DataFrame = observation.rows.order_by("customer_id").to_pandas()
    return rows.set_index("customer_id")


@pytest.mark.parametrize(
    ("unit", "start", "end", "units"),
    [
        ("days", "2024-02-28", "2024-03-01", 2),
        ("days", "2025-01-01", "2025-01-01", 0),
        ("weeks", "2025-01-01", "2025-01-01", 0),
        ("weeks", "2025-01-01", "2025-01-07", 6 / 7),
        ("weeks", "2025-01-01", "2025-01-15", 2),
        ("months", "2025-01-15", "2025-01-15", 0),
        ("months", "2025-01-31", "2025-02-27", 27 / 28),
        # The anniversary of a day that a month lacks is its last day.
        ("months", "2025-01-31", "2025-02-28", 1),
        ("months", "2025-01-31", "2025-03-01", 1 + 1 / 31),
        ("months", "2025-01-31", "2025-03-31", 2),
        ("months", "2025-01-29", "2025-02-28", 1),
        ("months", "2024-01-31", "2024-02-29", 1),
        # 59 days are less than two months in summer, and two at the turn of February.
        ("months", "2025-07-01", "2025-08-29", 1 + 28 / 31),
        ("months", "2025-01-01", "2025-03-01", 2),
        ("months", "2024-12-15", "2025-12-14", 11 + 29 / 30),
        ("months", "2024-12-15", "2025-12-15", 12),
        ("years", "2024-02-29", "2025-02-28", 1),
        ("years", "2020-06-01", "2025-05-31", 4 + 364 / 365),
    ],
)
def test_time_is_counted_by_the_calendar_with_the_fraction_of_the_unit_that_runs(
    unit: str, start: str, end: str, units: float, observe: Observe
) -> None:
    gone, here = f"ID,Start,End\n1,{start},{end}\n", f"ID,Start,End\n1,{start},\n"

    assert frame(observe(gone, unit=unit)).duration.tolist() == pytest.approx([units])
    assert frame(observe(here, unit=unit, as_of=end)).duration.tolist() == pytest.approx([units])


@pytest.mark.parametrize("history", [420, 1400])
@pytest.mark.parametrize("unit", ["days", "weeks", "months", "years"])
def test_survival_after_a_year_is_the_truth_whatever_the_unit(unit: str, history: int, observe: Observe) -> None:
    # Leaving at a constant rate, in days; whoever would leave after the last day is still here.
    rng = np.random.default_rng(8)
    starts = pd.Timestamp(2026, 10, 31) - pd.to_timedelta(rng.integers(1, history, 4000), unit="D")
    ends = starts + pd.to_timedelta(np.ceil(rng.exponential(600, 4000)), unit="D")
    rows = [
        f"{n:04},{start.date()},{end.date() if end <= pd.Timestamp(2026, 10, 31) else ''}"
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    found = frame(observe("ID,Start,End\n" + "\n".join(rows), unit=unit))
    table = life_table(found.duration, found.event_observed)

    (after_a_year,) = survival_at(
        estimate_survival(table), [{"days": 365, "weeks": 365 / 7, "months": 12, "years": 1}[unit]]
    )

    # Four standard errors. Were departures counted at the end of their unit and those still here at the last one
    # completed, years would be ten points off, and with a short history nobody at all would seem to stay.
    assert after_a_year.value == pytest.approx(np.exp(-365 / 600), abs=4 * after_a_year.std_error)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(starts=st.lists(st.dates(date(2000, 1, 1), date(2026, 10, 31)), min_size=30, max_size=60))
def test_months_are_counted_as_on_a_calendar(starts: list[date], observe: Observe) -> None:
    def months(start: date, end: date) -> float:
        """The anniversaries that have come, and the share of the days to the next one that have passed."""
        count = 0
        while (pd.Timestamp(start) + pd.DateOffset(months=count + 1)).date() <= end:
            count += 1
        last, following = ((pd.Timestamp(start) + pd.DateOffset(months=n)).date() for n in (count, count + 1))
        return count + (end - last).days / (following - last).days

    ends = [min(start + timedelta(days=40 * n), date(2026, 10, 31)) for n, start in enumerate(starts)]
    rows = [f"{n:03},{start},{end}" for n, (start, end) in enumerate(zip(starts, ends, strict=True))]

    found = frame(observe("ID,Start,End\n" + "\n".join(rows), unit="months")).duration

    assert found.tolist() == pytest.approx([months(start, end) for start, end in zip(starts, ends, strict=True)])


def test_after_the_last_day_nothing_has_happened_yet(observe: Observe) -> None:
    content = (
        "ID,Start,End\na,2026-01-01,2026-03-31\nb,2026-01-01,2026-04-01\nc,2026-01-01,\nd,2026-03-31,\ne,2026-04-01,\n"
    )
    observed = observe(content, as_of="2026-03-31")

    rows = frame(observed)
    assert rows.event_observed.to_dict() == {"a": True, "b": False, "c": False, "d": False}
    assert rows.duration.to_dict() == {"a": 89, "b": 89, "c": 89, "d": 0}
    assert (observed.left_out, observed.n_at_zero) == ({"started_after": 1}, 1)
    assert (observed.as_of, observed.first_start) == (date(2026, 3, 31), date(2026, 1, 1))


def test_a_last_day_before_anybody_came_leaves_nobody(observe: Observe) -> None:
    observed = observe(
        "ID,Start,End,P\n1,2026-01-01,,A\n2,2026-01-01,,B\n", as_of="2025-01-01", covariates={"plan": "P"}
    )

    assert (len(frame(observed)), observed.left_out, observed.n_at_zero) == (0, {"started_after": 2}, 0)
    assert observed.unusable == {"plan": "one_level"}


def test_late_entry_counts_from_the_day_on_which_a_customer_could_be_seen(observe: Observe) -> None:
    rows = [
        "a,2024-01-01,,2024-01-31",
        "b,2024-01-01,,",
        "c,2024-01-01,,2023-01-01",
        "d,2024-01-01,2024-03-01,2024-02-29",
    ]
    rows += ["e,2024-01-01,,2026-01-01", "f,2024-01-01,,2025-12-31"]
    columns = {**DATED, "observed_from": "From"}
    observed = observe("ID,Start,End,From\n" + "\n".join(rows), columns=columns, as_of="2025-12-31")

    assert frame(observed).entry.to_dict() == {"a": 30, "b": 0, "c": 0, "d": 59}
    assert (observed.entry_known, observed.left_out) == (True, {"observed_after": 2})


@pytest.mark.parametrize(("entry", "known"), [("none", True), ("unknown", False)])
def test_whether_late_entry_is_known_is_declared(entry: str, known: bool, observe: Observe) -> None:
    assert observe("ID,Start,End\n1,2024-01-01,\n", entry=entry).entry_known is known


def test_tenures_are_taken_as_they_are_with_events_at_zero(observe: Observe) -> None:
    columns = {**TENURES, "entry_tenure": "E"}
    observed = observe("ID,T,C,E\na,0,1,\nb,7.5,0,2\nc,12,1,\n", columns=columns, unit="months")

    rows = frame(observed)
    assert rows.duration.to_dict() == {"a": 0, "b": 7.5, "c": 12}
    assert rows.event_observed.to_dict() == {"a": True, "b": False, "c": True}
    assert rows.entry.to_dict() == {"a": 0, "b": 2, "c": 0}
    assert (observed.unit, observed.n_at_zero, observed.first_start) == ("months", 1, None)


def test_a_tenure_cannot_be_turned_back(observe: Observe, told: Told) -> None:
    content = "ID,T,C\na,5,1\n"

    assert len(frame(observe(content, columns=TENURES, as_of="2026-12-31"))) == 1
    assert "2026-10-30 lies before 2026-10-31" in told(lambda: observe(content, columns=TENURES, as_of="2026-10-30"))


def test_where_there_are_dates_a_tenure_is_not_used(observe: Observe) -> None:
    columns = {**DATED, "tenure": "T", "churned": "C"}

    rows = frame(observe("ID,Start,End,T,C\na,2026-10-01,,999,1\n", columns=columns))

    assert (rows.duration.tolist(), rows.event_observed.tolist()) == ([30], [False])


def test_a_file_of_leavers_says_so_with_a_constant(observe: Observe) -> None:
    columns = {"customer_id": "ID", "tenure": "T"}

    assert frame(observe("ID,T\na,5\n", columns=columns, constants={"churned": True})).event_observed.tolist() == [True]


def test_a_covariate_that_holds_from_a_day_on_is_that_day_in_the_unit_of_the_duration(observe: Observe) -> None:
    rows = ["a,2024-01-01,,2024-04-15", "b,2024-01-01,,", "c,2024-01-01,,2023-11-20", "d,2024-01-01,,2024-01-01"]
    covariates = {"club": {"column": "Club", "since": "Club"}}
    observed = observe("ID,Start,End,Club\n" + "\n".join(rows), covariates=covariates, unit="months")

    since = frame(observed)["club_since"]
    assert since.dropna().to_dict() == pytest.approx({"a": 3 + 14 / 30, "c": -2 + 19 / 30, "d": 0})
    assert (observed.since, "club" in observed.rows.columns) == (("club",), False)


def observe_covariate(observe: Observe, of_customers: list[str], **spec: Any) -> Observation:
    rows = "\n".join(f'{n:02},2024-01-01,,"{value}"' for n, value in enumerate(of_customers))
    return observe(f"ID,Start,End,X\n{rows}\n", covariates={"x": "X"}, **spec)


@pytest.mark.parametrize(
    ("values", "decimal", "kind", "first"),
    [
        (["1", "2", "3", "4", "5", "6"], ".", "numeric", 1),
        (["1.5", "2", "3", "4", "5", "6", ""], ".", "numeric", 1.5),
        (["1.234,5", "2", "3", "4", "5", "6,5"], ",", "numeric", 1234.5),
        (["1.234", "2", "3", "4", "5", "6"], ",", "numeric", 1234),
        (["1,234.5", "2", "3", "4", "5", "6"], ".", "numeric", 1234.5),
        # Not numbers in that decimal mark: categories rather than numbers that are wrong or gone.
        (["1,5", "2,5", "3,5", "4,5", "5,5", "6,5"], ".", "categorical", "1,5"),
        (["1", "2", "3", "4", "5"], ".", "categorical", "1"),
        (["01", "02", "03", "04", "05", "06"], ".", "categorical", "01"),
        (["1", "2", "3", "4", "5", "A"], ".", "categorical", "1"),
        (["0", "0.5", "0.25", "1", "2", "3"], ".", "numeric", 0),
    ],
)
def test_a_covariate_is_a_number_or_a_category(
    values: list[str], decimal: str, kind: str, first: object, observe: Observe
) -> None:
    observed = observe_covariate(observe, values, read={"decimal": decimal})

    assert getattr(observed, kind) == ("x",)
    assert frame(observed)["x"].iloc[0] == first


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["A", "A", ""], "one_level"),
        (["", "", ""], "one_level"),
        ([f"L{n}" for n in range(41)], "too_many_levels"),
    ],
)
def test_a_covariate_that_can_be_neither_is_said_to_be_unusable(
    values: list[str], reason: str, observe: Observe
) -> None:
    assert observe_covariate(observe, values).unusable == {"x": reason}


def test_blank_and_recoded_values_of_a_covariate(observe: Observe) -> None:
    values = {"x": {"M": "Monthly", "m": "Monthly", "Y": "Yearly"}}
    observed = observe_covariate(observe, ["M", "m", "Y", "", "?", "Z"], values=values, read={"missing": ["?"]})

    assert frame(observed)["x"].tolist() == ["Monthly", "Monthly", "Yearly", None, None, "Z"]


def test_typed_columns_of_parquet_are_numbers_whatever_the_decimal_mark(observe: Observe) -> None:
    columns = {
        "ID": [f"{n}" for n in range(7)],
        "Start": [date(2024, 1, 1)] * 7,
        "End": [None] * 7,
        "fee": [1.234, 2.5, 3.5, 4.5, 5.5, 6.5, None],
        "age": [20, 30, 40, 50, 60, 70, -1],
        "member": [True, False, True, True, None, True, False],
        "stars": [1, 2, 3, 1, 2, 3, None],
    }
    names = ("fee", "age", "member", "stars")
    observed = observe(columns, covariates={name: name for name in names}, read={"decimal": ",", "missing": ["-1"]})

    rows = frame(observed)
    assert (observed.numeric, observed.categorical) == (("fee", "age"), ("member", "stars"))
    assert rows.fee.dropna().tolist() == [1.234, 2.5, 3.5, 4.5, 5.5, 6.5]
    assert rows.age.dropna().tolist() == [20, 30, 40, 50, 60, 70]
    assert rows.member.tolist() == ["true", "false", "true", "true", None, "true", "false"]


def test_covariates_may_be_called_like_anything_that_is_not_taken(observe: Observe) -> None:
    names = ["group", "time", "n_events", "churned", "tenure", "region"]
    content = "ID,Start,End,X,R\n1,2024-01-01,,A,N\n2,2024-01-01,,B,S\n"
    observed = observe(content, columns={**DATED, "region": "R"}, covariates=dict.fromkeys(names, "X"))

    # The covariate region is the column that client.yml names for it, not the canonical one.
    assert [frame(observed)[name].tolist() for name in names] == [["A", "B"]] * 6


@pytest.fixture
def plans(observe: Observe) -> Observation:
    rows = [
        '1,2024-01-01,,Basic,"Card, online"',
        "2,2026-10-31,,Pro,Slip",
        "3,2024-01-01,,Basic,",
        "4,2024-01-01,,Top,Slip",
    ]
    content = "ID,Start,End,Plan,Pay\n" + "\n".join(rows)
    return observe(content, covariates={"plan": "Plan", "pay": "Pay"})


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ([], ["1", "2", "3", "4"]),
        (["plan=Basic"], ["1", "3"]),
        (["plan=Basic, Pro"], ["1", "2", "3"]),
        (["pay=Card, online"], ["1"]),
        (["plan=Basic", "pay=Slip"], []),
        (["plan=Pro,Top", "pay=Slip"], ["2", "4"]),
    ],
)
def test_customers_are_kept_for_whom_every_condition_holds(
    where: list[str], kept: list[str], plans: Observation
) -> None:
    found = keep_where(plans, where)

    assert frame(found).index.tolist() == kept
    assert found.n_at_zero == ("2" in kept)


def test_all_conditions_that_cannot_be_applied_are_told(plans: Observation, told: Told) -> None:
    message = told(lambda: keep_where(plans, ["plan=Gold,Pro,basic", "region=North", "plan", "pay="]))

    assert "plan has no value 'Gold', 'basic'\n  Allowed: Basic, Pro, Top" in message
    assert "'region=North'\n  Allowed: column=value[,value], with one of plan, pay" in message
    assert "where: 'plan'\n" in message
    assert "pay has no value ''\n  Allowed: Card, online, Slip" in message


def test_without_groups_there_is_nothing_to_choose(observe: Observe, told: Told) -> None:
    observed = observe("ID,Start,End\n1,2024-01-01,\n")

    assert "nothing: no covariate has groups" in told(lambda: keep_where(observed, ["plan=Basic"]))
