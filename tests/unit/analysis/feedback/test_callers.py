from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.callers import CallPlan, choose_calls
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.errors import ParameterError
from retention_lab.tables.assignments import CONTACT, HOLD_OUT, write_assignments
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
Clients = Callable[..., Client]
NOTHING = pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]})


@pytest.fixture
def clients(open_client: OpenClient) -> Clients:
    """200 customers, worth 1 to 200 a month unless told otherwise; those `gone` left a week before the last day."""

    def opened(gone: tuple[int, ...] = (), value: Any = None, **asked: Any) -> Client:
        rows = range(200)
        customers = pd.DataFrame(
            {
                "customer_id": [f"C{row:05}" for row in rows],
                "started_on": "2025-01-01",
                "ended_on": ["2026-10-24" if row in gone else "" for row in rows],
                "monthly_value": [row + 1 for row in rows] if value is None else value,
            }
        )
        return open_client(NOTHING, customers.drop(columns="monthly_value") if value is False else customers, **asked)

    return opened


def said(*rows: tuple[int, str, float], **columns: Any) -> pd.DataFrame:
    """Customer, day, and the chance that the comment is unhappy."""
    frame = pd.DataFrame(rows, columns=["customer", "received_on", "negative"])
    usual = {"customer_id": [f"C{row:05}" for row in frame.customer], "complaint": False, "mark": UNKNOWN}
    return frame.assign(**usual | columns)


def plan(client: Client, study: FeedbackStudy, **asked: Any) -> CallPlan:
    return choose_calls(client, study, **{"contact_share": 1.0, "hold_out_share": 0.0} | asked)


def called(found: CallPlan) -> dict[str, str]:
    return dict(zip(found.customers.customer_id, found.customers.reason, strict=True))


def everybody(unhappy: int = -1, untold: int = -1) -> pd.DataFrame:
    """Five comments of each customer, a fifth of them bad, from none to three; of one customer twelve bad ones."""
    rng = np.random.default_rng(1)
    n_bad = rng.choice([0, 1, 2, 3], 200, p=[0.45, 0.3, 0.15, 0.1])
    marks = [
        (row, NEGATIVE if turn < n_bad[row] else POSITIVE)
        for row in range(200)
        for turn in range(5)
        if row not in (unhappy, untold)
    ]
    marks += [(unhappy, NEGATIVE)] * 12 if unhappy >= 0 else []
    rows = said(*[(row, "2026-09-01", float(mark == NEGATIVE)) for row, mark in marks])
    return rows.assign(mark=[mark for _, mark in marks])


def test_who_has_been_unhappy_for_long_is_called_and_one_bad_comment_makes_nobody_so(
    make_study: MakeStudy, clients: Clients
) -> None:
    """C00198 and C00199 are the most valuable; the one wrote twelve bad comments, the other a single one."""
    once = said((199, "2026-10-30", 1.0), mark=NEGATIVE)
    found = plan(clients(), make_study(pd.concat([everybody(198, untold=199), once])))

    assert called(found) == {"C00198": "unhappy"}
    assert found.n_unhappy == 1
    assert found.usual == pytest.approx(0.2, abs=0.05)


def test_who_is_worth_little_is_not_called_for_a_mood_but_for_a_complaint(
    make_study: MakeStudy, clients: Clients
) -> None:
    complaint = said((3, "2026-10-30", 0.9), complaint=True)
    found = plan(clients(), make_study(pd.concat([everybody(3), complaint])))

    assert called(found) == {"C00003": "complaint"}
    assert called(plan(clients(), make_study(everybody(3)))) == {}


def test_an_old_complaint_counts_less_and_one_of_the_past_not_at_all(make_study: MakeStudy, clients: Clients) -> None:
    rows = said(
        (1, "2026-10-31", 0.9), (2, "2026-10-16", 0.9), (3, "2026-10-01", 0.9), (4, "2026-06-01", 1.0), complaint=True
    )
    found = plan(clients(value=[10] * 200), make_study(rows)).customers

    assert found.customer_id.tolist() == ["C00001", "C00002"]
    assert found.chance.tolist() == pytest.approx([0.9, 0.9 * 0.5**0.5])


def test_two_complaints_are_more_likely_open_than_one(make_study: MakeStudy, clients: Clients) -> None:
    rows = said((1, "2026-10-31", 0.6), (2, "2026-10-31", 0.6), (2, "2026-10-31", 0.5), complaint=True)
    found = plan(clients(value=[10] * 200), make_study(rows)).customers

    assert found.customer_id.tolist() == ["C00002", "C00001"]
    assert found.chance.tolist() == pytest.approx([1 - 0.4 * 0.5, 0.6])


def test_a_good_mark_counts_for_more_than_what_the_model_heard(make_study: MakeStudy, clients: Clients) -> None:
    rows = said((1, "2026-10-31", 0.9), complaint=True, mark=POSITIVE)

    assert called(plan(clients(), make_study(rows))) == {}


def test_the_valuable_ones_come_first(make_study: MakeStudy, clients: Clients) -> None:
    rows = said(*[(row, "2026-10-31", 0.8) for row in (5, 150, 60)], complaint=True)

    assert plan(clients(), make_study(rows)).customers.customer_id.tolist() == ["C00150", "C00060", "C00005"]


def test_who_has_left_is_not_called(make_study: MakeStudy, clients: Clients) -> None:
    rows = said((5, "2026-10-20", 0.9), (6, "2026-10-20", 0.9), complaint=True)
    found = plan(clients(gone=(5,)), make_study(rows))

    assert called(found) == {"C00006": "complaint"}
    assert found.n_here == 199


def test_the_list_is_no_longer_than_asked_for(make_study: MakeStudy, clients: Clients) -> None:
    rows = said(*[(row, "2026-10-31", 0.9) for row in range(50)], complaint=True)
    found = plan(clients(), make_study(rows), contact_share=0.05)

    assert (len(found.customers), found.n_complaints) == (10, 50)


def test_who_is_left_alone_stays_so_on_the_next_list(make_study: MakeStudy, clients: Clients) -> None:
    """A week later others have complained too, and the share has been changed: who was drawn keeps the variant."""
    rows = said(*[(row, "2026-10-22", 0.9) for row in range(60)], complaint=True)
    more = said(*[(row, "2026-10-30", 0.9) for row in range(60, 100)], complaint=True)
    client = clients(value=[10] * 200)
    earlier = Client(client.folder, as_of="2026-10-24")
    first = plan(earlier, make_study(rows, as_of=date(2026, 10, 24)), hold_out_share=0.5)
    write_assignments(client.folder, first.experiment, first.customers, first.as_of)
    second = plan(
        Client(client.folder), make_study(pd.concat([rows.assign(received_on="2026-10-31"), more])), hold_out_share=0.1
    )
    variants = [found.customers.set_index("customer_id").variant for found in (first, second)]
    common = variants[0].index

    assert set(variants[0]) == {CONTACT, HOLD_OUT}
    assert variants[1][common].to_dict() == variants[0].to_dict()
    assert (variants[1].drop(common) == HOLD_OUT).mean() < 0.4
    assert first.experiment != second.experiment
    assert (second.n_contact, second.n_hold_out) == tuple(np.bincount(variants[1] == HOLD_OUT))


def test_nobody_to_call_is_an_empty_list(make_study: MakeStudy, clients: Clients) -> None:
    found = plan(clients(), make_study(said((1, "2026-10-30", 0.2))), hold_out_share=0.2)

    assert (len(found.customers), found.n_contact, found.n_hold_out) == (0, 0, 0)
    assert found.to_frame().columns.tolist()[:2] == ["customer_id", "reason"]


def test_without_a_table_of_customers_those_who_wrote_are_chosen_from(
    make_study: MakeStudy, open_client: OpenClient
) -> None:
    rows = said((1, "2026-10-30", 0.9), (2, "2026-10-30", 0.2), complaint=True)
    found = plan(open_client(NOTHING), make_study(rows))

    assert called(found) == {"C00001": "complaint"}
    assert (found.n_here, found.has_value) == (2, False)
    assert "monthly_value" not in found.to_frame()


def test_without_values_the_unhappiest_come_first_and_no_value_is_shown(
    make_study: MakeStudy, clients: Clients
) -> None:
    rows = said((1, "2026-10-30", 0.7), (2, "2026-10-30", 0.9), complaint=True)
    found = plan(clients(value=False), make_study(pd.concat([rows, everybody(7)])))

    assert list(called(found).items()) == [("C00002", "complaint"), ("C00007", "unhappy"), ("C00001", "complaint")]
    assert not found.has_value
    assert "monthly_value" not in found.to_frame()


def test_comments_that_nobody_signed_call_nobody(make_study: MakeStudy, clients: Clients) -> None:
    rows = said((1, "2026-10-30", 0.9), complaint=True).assign(customer_id=None)

    assert called(plan(clients(), make_study(rows))) == {}


def test_what_cannot_be_asked_for_is_said_all_at_once(make_study: MakeStudy, clients: Clients) -> None:
    with pytest.raises(ParameterError) as caught:
        choose_calls(clients(), make_study(everybody()), contact_share=0, hold_out_share=1.0, horizon_days=0)

    assert [fault.where for fault in caught.value.faults] == ["contact_share", "hold_out_share", "horizon_days"]


def test_who_announces_the_leaving_is_called_whatever_the_mood(make_study: MakeStudy, clients: Clients) -> None:
    rows = said((7, "2026-10-29", 0.1), (8, "2026-10-29", 0.1), (9, "2026-08-10", 0.9))
    found = plan(clients(), make_study(rows.assign(leaving=[True, False, True])))

    # A goodbye of long ago has been said and done.
    assert called(found) == {"C00007": "leaving"}
    assert (found.n_leaving, found.n_complaints) == (1, 0)
    assert found.to_frame().feedback_id.notna().all()
