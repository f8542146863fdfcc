from collections.abc import Callable

import pandas as pd
import pytest

from retention_lab.analysis.feedback.intents_study import estimate_intents
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]


@pytest.fixture
def nobody(open_client: OpenClient) -> Client:
    return open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}))


def labelled(n: int, n_both: int, n_only_found: int, n_only_said: int, purpose: str = "random") -> pd.DataFrame:
    said = [True] * n_both + [False] * n_only_found + [True] * n_only_said
    said += [False] * (n - len(said))
    ids = [f"F{row:05}" for row in range(n)]
    return pd.DataFrame(
        {
            "feedback_id": ids,
            "purpose": purpose,
            "label": "negative",
            "complaint": said,
            "leaving": None,
            "rater": "ana",
        }
    )


def test_shares_are_of_the_recent_days(make_study: MakeStudy, nobody: Client) -> None:
    rows = pd.DataFrame(
        {"received_on": ["2026-01-01"] * 50 + ["2026-10-01"] * 100, "complaint": [True] * 60 + [False] * 90}
    )
    found = estimate_intents(nobody, make_study(rows))

    assert (found.n_recent, found.complaint.value, found.leaving.value) == (100, 0.1, 0.0)
    assert found.complaint.ci_lower < 0.1 < found.complaint.ci_upper
    assert found.n_leaving == 0


def test_precision_and_recall_are_by_the_labels_of_people(make_study: MakeStudy, nobody: Client) -> None:
    rows = pd.DataFrame({"complaint": [True] * 40 + [False] * 60})
    found = estimate_intents(nobody, make_study(rows, labels=labelled(100, 30, 10, 20)))

    assert found.complaint_precision is not None
    assert found.complaint_recall is not None
    assert (found.complaint_precision.value, found.complaint_precision.n_obs) == (0.75, 40)
    assert (found.complaint_recall.value, found.complaint_recall.n_obs) == (0.6, 50)
    # Nobody was asked about leaving.
    assert found.leaving_precision is None


def test_labels_of_doubtful_comments_and_too_few_labels_measure_nothing(make_study: MakeStudy, nobody: Client) -> None:
    rows = pd.DataFrame({"complaint": [True] * 40 + [False] * 60})
    for labels in (labelled(100, 30, 10, 20, "uncertain"), labelled(29, 20, 5, 4)):
        found = estimate_intents(nobody, make_study(rows, labels=labels))

        assert (found.complaint_precision, found.complaint_recall) == (None, None)


def test_where_none_was_found_precision_has_no_number_and_recall_is_nought(
    make_study: MakeStudy, nobody: Client
) -> None:
    rows = pd.DataFrame({"complaint": [False] * 100})
    found = estimate_intents(nobody, make_study(rows, labels=labelled(100, 0, 0, 20)))

    assert found.complaint_precision is not None
    assert found.complaint_precision.reason == "too_few"
    assert found.complaint_recall is not None
    assert found.complaint_recall.value == 0


def goodbyes(make_study: MakeStudy, *days: str) -> FeedbackStudy:
    rows = pd.DataFrame({"customer_id": [f"C{row}" for row in range(len(days))], "received_on": days, "leaving": True})
    return make_study(rows)


def test_of_those_who_said_goodbye_it_is_known_who_went(make_study: MakeStudy, open_client: OpenClient) -> None:
    """Gone within 60 days, gone later, still here, said too lately to know, and not in the table of customers."""
    ended = ["2026-03-02", "2026-05-30", "", "2026-10-20"]
    customers = pd.DataFrame({"customer_id": ["C0", "C1", "C2", "C3"], "started_on": "2024-01-01", "ended_on": ended})
    client = open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}), customers)
    days = ("2026-01-05", "2026-01-05", "2026-01-05", "2026-10-15")
    left = estimate_intents(client, goodbyes(make_study, *days)).left_after

    assert left is not None
    assert (left.n_obs, left.value) == (3, pytest.approx(1 / 3))


def test_where_nobody_knows_who_left_nothing_is_said(make_study: MakeStudy, nobody: Client) -> None:
    assert estimate_intents(nobody, goodbyes(make_study, "2026-01-05")).left_after is None
