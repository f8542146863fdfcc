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


@pytest.mark.parametrize("share", [0.05, 0.5])
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


def read_by_people(rows: pd.DataFrame, n: int, purpose: str) -> pd.DataFrame:
    ids = [f"F{row:05}" for row in range(n)]
    return pd.DataFrame(
        {"feedback_id": ids, "purpose": purpose, "label": "", "complaint": None, "leaving": None, "rater": "ana"}
    )


def test_what_people_have_read_of_a_random_sheet_goes_before_what_models_are_sure_of(make_study: MakeStudy) -> None:
    """The models know nothing here, but people have read 400 comments, of which 60 are marked at the wrong end."""
    rows = rated(2000, 0.5, 0.0).assign(negative=0.5)
    rows["hand"] = np.where(rows.index < 400, rows.mark, UNKNOWN)
    rows.loc[rows.index < 60, "mark"] = 2 - rows.mark[rows.index < 60]
    labels = {purpose: read_by_people(rows, 400, purpose) for purpose in ("random", "uncertain")}
    found = {purpose: estimate_contradictions(make_study(rows, labels=each)) for purpose, each in labels.items()}
    rates = found["random"].rates

    assert [found[purpose].is_measured for purpose in labels] == [True, False]
    for pair in ((NEGATIVE, POSITIVE), (POSITIVE, NEGATIVE)):
        assert rates[pair].ci_lower <= 0.15 <= rates[pair].ci_upper
    assert sum(rate.value * rate.n_obs for rate in rates.values()) == pytest.approx(60)


def test_few_marks_say_nothing_of_contradictions(make_study: MakeStudy) -> None:
    assert estimate_contradictions(make_study(rated(100, 0.4, 0.1))).rates == {}


def test_chances_of_marks_add_up_to_one_for_every_mood(make_study: MakeStudy) -> None:
    found = estimate_contradictions(make_study(rated(2000, 0.4, 0.1)))

    for share in (1.0, 0.3):
        assert found.matrix((NEGATIVE, POSITIVE), share).sum(axis=1) == pytest.approx([1, 1])
    assert (
        Contradictions(rates={}, is_measured=False).matrix((NEGATIVE, NEUTRAL, POSITIVE)).tolist() == np.eye(3).tolist()
    )
