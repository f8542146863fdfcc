"""Lists that were sent, read when their horizon is over; what a contact keeps is planted."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.save_rates import SaveRate, estimate_save_rate, find_save_rate
from retention_lab.analysis.study import study_churn
from retention_lab.tables.assignments import CONTACT, HOLD_OUT, write_assignments
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import Money

MakeClient = Callable[..., Client]
DRAWN = "hold-out share 0.2"


def wave(variant: list[str], stratum: str = DRAWN, on: date = date(2025, 7, 1)) -> pd.DataFrame:
    name = f"churn-survival-{on.isoformat()}"
    ids = [f"C{n:06d}" for n in range(len(variant))]
    rows = {
        "experiment": name,
        "customer_id": ids,
        "variant": variant,
        "assigned_on": on,
        "stratum": stratum,
        "seed": "s",
    }
    return pd.DataFrame(rows).astype(object)


def judged(contact: tuple[int, int], hold_out: tuple[int, int], assumed: float = 0.1) -> SaveRate:
    """A list of which so many of so many left."""
    variants = [CONTACT] * contact[1] + [HOLD_OUT] * hold_out[1]
    left = [n < contact[0] for n in range(contact[1])] + [n < hold_out[0] for n in range(hold_out[1])]
    sent = wave(variants)
    outcomes = pd.DataFrame({"customer_id": sent.customer_id, "left": left})
    return estimate_save_rate(sent, outcomes, money=Money(save_rate=assumed))


def test_the_share_kept_is_one_less_the_ratio_of_those_who_left() -> None:
    found = judged((150, 1000), (100, 500))

    assert found.estimate.value == pytest.approx(0.25)
    assert (found.value, found.source, found.why_not) == (found.estimate.value, "experiment", "")
    assert (found.n_contact_left, found.n_contact, found.n_hold_out_left, found.n_hold_out) == (150, 1000, 100, 500)


@pytest.mark.parametrize(
    ("contact", "hold_out", "assumed", "source", "why_not"),
    [
        # From -28% to 22%: allows for nothing as well as for a tenth.
        ((240, 1200), (60, 300), 0.1, "client file", "unclear"),
        # The same, but what was assumed lies far above it.
        ((240, 1200), (60, 300), 0.5, "experiment", ""),
        # Clearly more than nothing.
        ((150, 1000), (100, 500), 0.25, "experiment", ""),
        # Clearly worse than nothing: not to be hidden behind a wish.
        ((400, 1000), (100, 500), 0.1, "experiment", ""),
        ((10, 49), (20, 100), 0.1, "client file", "too_few"),
        ((0, 100), (20, 100), 0.1, "client file", "too_few"),
        ((20, 100), (0, 100), 0.1, "client file", "too_few"),
    ],
)
def test_which_rate_is_used_and_why(
    contact: tuple[int, int], hold_out: tuple[int, int], assumed: float, source: str, why_not: str
) -> None:
    found = judged(contact, hold_out, assumed)

    assert (found.source, found.why_not) == (source, why_not)
    assert 0 <= found.value <= 1
    assert bool(found.estimate.reason) == (why_not == "too_few")


def test_a_list_that_drives_customers_away_keeps_nobody() -> None:
    found = judged((400, 1000), (100, 500))

    assert found.estimate.value == pytest.approx(-1.0)
    assert found.value == 0.0


def test_customers_whom_another_list_held_out_drop_out_of_the_comparison() -> None:
    sent = wave([CONTACT] * 100 + [HOLD_OUT] * 100)
    other = wave([HOLD_OUT] * 300, "held out by winback").assign(customer_id=[f"D{n}" for n in range(300)])
    left = pd.DataFrame({"customer_id": sent.customer_id, "left": [n % 10 == 0 for n in range(200)]})
    gone = pd.DataFrame({"customer_id": other.customer_id, "left": True})

    found = estimate_save_rate(pd.concat([sent, other]), pd.concat([left, gone]), money=Money())

    assert (found.n_hold_out, found.n_hold_out_left) == (100, 10)
    assert found.estimate.value == pytest.approx(0.0)


def test_customers_of_whom_nothing_is_known_any_more_are_counted() -> None:
    sent = wave([CONTACT] * 100 + [HOLD_OUT] * 100)
    known = pd.DataFrame({"customer_id": sent.customer_id[3:], "left": [n % 5 == 0 for n in range(197)]})

    assert estimate_save_rate(sent, known, money=Money()).n_lost == 3


def test_what_is_planted_is_covered_as_often_as_said() -> None:
    rng, covered = np.random.default_rng(3), []
    for _ in range(200):
        sent = wave(rng.choice([CONTACT, HOLD_OUT], 1500, p=[0.7, 0.3]).tolist())
        risk = rng.uniform(0.1, 0.5, 1500) * np.where(sent.variant == CONTACT, 0.75, 1.0)
        left = pd.DataFrame({"customer_id": sent.customer_id, "left": rng.random(1500) < risk})
        estimate = estimate_save_rate(sent, left, money=Money()).estimate
        covered.append(estimate.ci_lower <= 0.25 <= estimate.ci_upper)

    # Three standard errors of a share of 200.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.046)


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    """400 customers on a list of 1 July 2025, of whom every tenth of the contacted and every fourth of the held out
    left within 100 days, and another tenth later."""
    rows = []
    for n in range(400):
        within = n % 10 == 0 if n < 200 else n % 4 == 0
        later = n % 10 == 5
        days = 100 if within else 101 if later else None
        rows.append(str(date(2025, 7, 1) + timedelta(days=days)) if days else "")
    return make_client(pd.DataFrame({"started_on": "2024-03-05", "ended_on": rows}))


def send(client: Client, on: date = date(2025, 7, 1), mark: str = "", name: str = "churn-survival") -> None:
    sent = wave([CONTACT] * 200 + [HOLD_OUT] * 200)
    write_assignments(
        client.folder, f"{name}-{on.isoformat()}{mark}", sent.drop(columns=["experiment", "assigned_on"]), on
    )


def test_who_left_is_told_by_days_where_tenures_are_in_months(client: Client) -> None:
    """100 days are three months, and the list's day lies within one: by tenures nobody would have left in time."""
    settings = client.folder / "client.yml"
    settings.write_text(settings.read_text().replace("unit: days", "unit: months"))
    send(client)

    found = find_save_rate(client, study_churn(client, horizon_days=100))

    assert (found.n_contact_left, found.n_hold_out_left) == (20, 50)


def test_who_left_is_seen_from_the_last_exports(client: Client) -> None:
    send(client)

    found = find_save_rate(client, study_churn(client, horizon_days=100))

    assert (found.n_contact_left, found.n_hold_out_left) == (20, 50)
    assert (found.value, found.source) == (pytest.approx(0.6), "experiment")
    assert (found.experiment, found.assigned_on) == ("churn-survival-2025-07-01", date(2025, 7, 1))


def test_a_list_whose_horizon_is_not_over_is_not_judged(client: Client) -> None:
    send(client, date(2025, 9, 24))

    assert find_save_rate(client, study_churn(client, horizon_days=99)).why_not == ""
    assert find_save_rate(client, study_churn(client, horizon_days=100)).why_not == "no_list"


def test_customers_on_several_lists_are_judged_by_the_first(client: Client) -> None:
    """Whoever is still on a list after a first one may be there because of it."""
    send(client, date(2025, 6, 1))
    send(client, date(2025, 7, 1), "+0a1b2c")
    send(client, date(2025, 7, 1))
    send(client, date(2025, 12, 1))
    send(client, date(2025, 8, 1), name="winback")

    assert find_save_rate(client, study_churn(client, horizon_days=100)).experiment == "churn-survival-2025-06-01"


def test_tenures_without_dates_cannot_tell(make_client: MakeClient) -> None:
    frame = pd.DataFrame({"tenure": range(1, 401), "churned": [n % 2 for n in range(400)]})
    client = make_client(frame)
    send(client)

    found = find_save_rate(client, study_churn(client, horizon_days=100))

    assert (found.why_not, found.source, found.assigned_on) == ("no_dates", "default", date(2025, 7, 1))
    assert not found.has_dates


def test_customers_who_had_left_before_the_list_are_counted_and_not_its_doing(client: Client) -> None:
    send(client)
    rows = (client.folder / "customers.csv").read_text().replace("2024-03-05,2025-10-09", "2024-03-05,2025-06-15")
    (client.folder / "customers.csv").write_text(rows)

    found = find_save_rate(client, study_churn(client, horizon_days=100))

    assert (found.n_contact_left, found.n_hold_out_left, found.n_lost) == (0, 0, 70)


@pytest.mark.parametrize(("written", "source"), [("", "default"), ("\nmoney: {save_rate: 0.1}\n", "client file")])
def test_a_share_that_nobody_has_said_is_told_from_one_that_the_client_file_says(
    client: Client, written: str, source: str
) -> None:
    settings = client.folder / "client.yml"
    settings.write_text(settings.read_text() + written)
    again = Client(client.folder)

    found = find_save_rate(again, study_churn(again, horizon_days=100))

    assert (found.source, found.value, found.has_dates) == (source, 0.1, True)


def test_a_list_that_cannot_tell_leaves_our_assumption_what_it_is() -> None:
    sent = wave([CONTACT] * 1200 + [HOLD_OUT] * 300)
    outcomes = pd.DataFrame({"customer_id": sent.customer_id, "left": [n % 5 == 0 for n in range(1500)]})

    assert estimate_save_rate(sent, outcomes, money=Money()).source == "default"
