"""What common tools let through or get wrong in silence: here it is refused, or comes out right.

The traps of Cox predictions are in `test_cox_traps.py`, those of restricted means' errors against R in
`test_survival_reference.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.errors import DataError
from retention_lab.methods.cause_tables import cause_table
from retention_lab.methods.competing_risks import estimate_incidence, incidence_at
from retention_lab.methods.cox import fit_cox
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.survival import estimate_median, estimate_restricted_mean, estimate_survival
from retention_lab.tables.client import Client
from retention_lab.tables.observation import observe_customers

Refuse = Callable[[Any, Any], object]
TAKERS: list[Refuse] = [
    life_table,
    lambda duration, event: fit_cox(pd.DataFrame({"x": np.arange(len(duration))}), duration, event),
]


@pytest.mark.parametrize("take", TAKERS)
@pytest.mark.parametrize("codes", [[0, 1, 2, 1, 2], [1, 2, 1, 2, 1]])
def test_status_codes_of_other_programs_do_not_make_everybody_a_leaver(take: Refuse, codes: list[int]) -> None:
    with pytest.raises(ValueError, match="must be 0, 1, False or True, not 2"):
        take([1, 2, 3, 4, 5], codes)


@pytest.mark.parametrize("take", TAKERS)
def test_a_negative_duration_is_refused(take: Refuse) -> None:
    with pytest.raises(ValueError, match="not negative, not -1"):
        take([-1, 2, 3], [1, 1, 0])


@pytest.mark.parametrize("take", TAKERS)
def test_a_duration_that_brings_its_own_unit_is_refused(take: Refuse) -> None:
    with pytest.raises(ValueError, match="plain numbers in one declared unit, not timedelta64"):
        take(pd.to_timedelta([1, 2, 3], unit="D"), [1, 1, 0])


def test_a_table_that_does_not_say_who_left_is_refused(tmp_path: Any) -> None:
    (tmp_path / "customers.csv").write_text("id,months\n1,5\n2,7\n", encoding="utf-8")
    file = "name: A\nobserved_through: 2026-01-01\ntables:\n  customers:\n    source: customers.csv\n    unit: months\n"
    columns = "    columns: {customer_id: id, tenure: months}\n"
    (tmp_path / "client.yml").write_text(file + columns, encoding="utf-8")

    with pytest.raises(DataError, match="nor tenure with churned"):
        Client(tmp_path)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [("2025-01-31", "2025-03-01", 1 + 1 / 31), ("2025-01-31", "2025-02-28", 1), ("2024-12-31", "2025-02-28", 2)],
)
def test_months_are_counted_by_anniversaries(tmp_path: Any, start: str, end: str, months: float) -> None:
    """28 days and 59 days are not nought and one month: what counts is the day of the month."""
    (tmp_path / "customers.csv").write_text(f"id,from,to\nleft,{start},{end}\nhere,{start},\n", encoding="utf-8")
    file = f"name: A\nobserved_through: {end}\ntables:\n  customers:\n    source: customers.csv\n    unit: months\n"
    columns = "    columns: {customer_id: id, started_on: from, ended_on: to}\n"
    (tmp_path / "client.yml").write_text(file + columns, encoding="utf-8")

    rows = observe_customers(Client(tmp_path)).rows.to_pandas()

    assert rows.duration.tolist() == pytest.approx([months, months])


def test_a_mean_stay_is_always_one_within_a_horizon_and_never_past_the_data() -> None:
    curve = estimate_survival(life_table([2, 4, 6, 8], [1, 0, 1, 0]))

    assert estimate_restricted_mean(curve, 8).value < 8
    assert estimate_restricted_mean(curve, 9).reason == "not_observed"


def test_the_error_of_a_restricted_mean_is_that_of_repeated_samples() -> None:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(400):
        stay, seen = rng.exponential(20, 150), rng.uniform(5, 40, 150)
        curve = estimate_survival(life_table(np.minimum(stay, seen), stay <= seen))
        found.append(estimate_restricted_mean(curve, 15))

    spread = np.std([one.value for one in found])
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=0.1)


def test_a_median_at_exactly_one_half_is_the_middle_of_the_step() -> None:
    assert estimate_median(estimate_survival(life_table([1, 2, 3, 4], [1, 1, 1, 1]))).value == 2.5


def test_ties_between_competing_reasons_are_counted_and_not_moved_apart() -> None:
    """Four of eight leave at 1: two for each reason. Whatever their order, each reason has a quarter."""
    duration, event = [1, 1, 1, 1, 2, 2, 2, 2], [1, 1, 1, 1, 0, 0, 0, 0]
    for order in (["a", "a", "b", "b"], ["b", "a", "b", "a"]):
        curves = estimate_incidence(cause_table(duration, event, [*order, "", "", "", ""]))
        assert [incidence_at(curves, cause, 1).value for cause in ("a", "b")] == [0.25, 0.25]
