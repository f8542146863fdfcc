"""Who has been unhappy for long is also found where nobody gives marks."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from retention_lab.analysis.feedback.callers import choose_calls
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
N_CUSTOMERS, N_EACH = 300, 6


def test_haters_are_found_by_what_was_read_about_as_well_as_by_marks(
    make_study: MakeStudy, open_client: OpenClient
) -> None:
    """A tenth are nearly always unhappy, the others seldom; chances of what was read are seldom near nought or one."""
    rng = np.random.default_rng(1)
    of = np.repeat(np.arange(N_CUSTOMERS), N_EACH)
    hates = np.arange(N_CUSTOMERS) % 10 == 0
    unhappy = rng.random(of.size) < np.where(hates[of], 0.9, 0.15)
    chance = np.where(unhappy, rng.beta(6, 2, of.size), rng.beta(2, 6, of.size))
    client = open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}))
    found = {}
    for is_marked in (True, False):
        mark = np.where(unhappy, NEGATIVE, POSITIVE) if is_marked else UNKNOWN
        rows = pd.DataFrame({"customer_id": [f"C{each}" for each in of], "negative": chance, "mark": mark})
        called = choose_calls(client, make_study(rows), contact_share=0.5).customers.customer_id
        found[is_marked] = hates[called.str[1:].astype(int)]

    assert found[True].sum() >= 25
    assert found[False].sum() >= 15
    assert all(is_right.mean() >= 0.9 for is_right in found.values())
