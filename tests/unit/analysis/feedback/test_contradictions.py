from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.contradictions import Contradictions, estimate_contradictions
from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy

MakeStudy = Callable[..., FeedbackStudy]


def rated(n: int, share: float, wrong: float, seed: int = 1) -> pd.DataFrame:
    """`wrong` of the marks are at the other end; the model knows the mood nearly always."""
    rng = np.random.default_rng(seed)
    is_unhappy = rng.random(n) < share
    turned = is_unhappy ^ (rng.random(n) < wrong)
    score = np.where(is_unhappy, rng.beta(8, 2, n), rng.beta(2, 8, n))
    return pd.DataFrame({"negative": score, "mark": np.where(turned, NEGATIVE, POSITIVE)})


@pytest.mark.parametrize("share", [0.15, 0.5])
def test_planted_contradictions_are_found_however_rare_the_mood(make_study: MakeStudy, share: float) -> None:
    rates = estimate_contradictions(make_study(rated(8000, share, 0.09))).rates

    for pair in ((NEGATIVE, POSITIVE), (POSITIVE, NEGATIVE)):
        assert rates[pair].ci_lower <= 0.09 <= rates[pair].ci_upper


def test_where_marks_and_words_agree_hardly_any_is_found(make_study: MakeStudy) -> None:
    rates = estimate_contradictions(make_study(rated(8000, 0.2, 0.0))).rates

    assert max(rate.value for rate in rates.values()) < 0.02


def test_what_a_person_read_and_what_has_no_mark_is_no_contradiction(make_study: MakeStudy) -> None:
    rows = rated(2000, 0.4, 0.0)
    others = rated(2000, 0.4, 0.5).assign(hand=lambda frame: frame.mark, mark=UNKNOWN)
    alone, both = (estimate_contradictions(make_study(each)) for each in (rows, pd.concat([rows, others])))

    assert {pair: rate.value for pair, rate in both.rates.items()} == {
        pair: rate.value for pair, rate in alone.rates.items()
    }


def test_few_marks_say_nothing_of_contradictions(make_study: MakeStudy) -> None:
    assert estimate_contradictions(make_study(rated(100, 0.4, 0.1))).rates == {}


def test_chances_of_marks_add_up_to_one_for_every_mood(make_study: MakeStudy) -> None:
    found = estimate_contradictions(make_study(rated(2000, 0.4, 0.1)))

    for share in (1.0, 0.3):
        assert found.matrix((NEGATIVE, POSITIVE), share).sum(axis=1) == pytest.approx([1, 1])
    assert Contradictions(rates={}).matrix((NEGATIVE, NEUTRAL, POSITIVE)).tolist() == np.eye(3).tolist()
