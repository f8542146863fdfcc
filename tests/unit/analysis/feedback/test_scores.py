from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.scores import Score, estimate_scores
from retention_lab.errors import ParameterError


def rated(ratings: list[float], worst: float = 0, best: float = 10, **columns: object) -> pd.DataFrame:
    size = len(ratings)
    usual = {"customer_id": [f"c{row}" for row in range(size)], "received_on": date(2026, 10, 5), "channel": "email"}
    return pd.DataFrame({**usual, "question": None, "rating": ratings, "worst": worst, "best": best, **columns})


def only(frame: pd.DataFrame, **asked: object) -> Score:
    (score,) = estimate_scores(frame, **asked).scores  # type: ignore[arg-type]
    return score


def test_nps_is_promoters_less_detractors_with_its_interval() -> None:
    score = only(rated([10] * 20 + [9] * 10 + [8] * 5 + [7] * 5 + [6] * 5 + [0] * 5))

    # 30 of 50 less 10 of 50; the variance of values of 100, 0 and -100 with those shares, and t with 49 degrees.
    error = 100 * np.sqrt((0.6 + 0.2 - 0.4**2) / 49)
    assert (score.kind, score.overall.value, score.n_answers) == ("nps", 40, 50)
    assert score.overall.std_error == pytest.approx(error)
    assert score.overall.ci_lower == pytest.approx(40 - 2.009575 * error, abs=1e-4)


def test_csat_is_the_best_two_points_and_ces_what_lies_beyond_the_middle() -> None:
    csat = only(rated([5] * 10 + [4] * 20 + [3] * 20, worst=1, best=5))
    ces = only(rated([7] * 5 + [5] * 20 + [4] * 20 + [1] * 5, worst=1, best=7))

    assert (csat.kind, csat.overall.value) == ("csat", 0.6)
    assert (ces.kind, ces.overall.value) == ("ces", 0.5)


def test_a_scale_that_runs_downwards_is_turned() -> None:
    up = only(rated([10] * 30 + [8] * 10 + [3] * 10))
    down = only(rated([0] * 30 + [2] * 10 + [7] * 10, worst=10, best=0))

    assert down.overall == up.overall
    assert only(rated([1] * 30 + [4] * 20, worst=5, best=1)).overall.value == 0.6


def test_what_is_declared_counts_before_the_scale_and_the_question_before_the_channel() -> None:
    frame = rated([9] * 20 + [2] * 20, question=["easy?"] * 20 + ["happy?"] * 20)
    kinds = {"email": "ces", "happy?": "csat"}

    assert [(score.kind, score.question) for score in estimate_scores(frame, kinds=kinds).scores] == [
        ("csat", "happy?"),
        ("ces", "easy?"),
    ]


def test_a_customer_who_answers_ten_times_is_not_ten_customers() -> None:
    ratings = [10.0, 3.0] * 20
    apart = only(rated(ratings)).overall
    together = only(rated(ratings * 10, customer_id=[f"c{row % 40}" for row in range(400)])).overall

    assert together.value == apart.value == 0
    assert together.std_error == pytest.approx(apart.std_error)


def test_below_thirty_answers_nothing_is_shown_and_by_month_neither() -> None:
    days = [date(2026, 9, 30)] * 29 + [date(2026, 10, 1)] * 30
    score = only(rated([10, 5] * 29 + [10], received_on=days))

    assert only(rated([10, 5] * 14 + [10])).overall.reason == "too_few"
    assert [(one.month, one.score.reason) for one in score.months] == [("2026-09", "too_few"), ("2026-10", "")]
    assert score.to_frame().month.tolist() == ["", "2026-09", "2026-10"]
    assert score.to_frame().value.isna().tolist() == [False, True, False]


def test_the_change_is_of_the_last_three_months_against_the_three_before() -> None:
    days = [date(2026, 4, 30)] * 40 + [date(2026, 5, 1)] * 40 + [date(2026, 7, 31)] * 40 + [date(2026, 10, 31)] * 40
    ratings = [0.0] * 40 + [10, 5] * 40 + [10, 10, 10, 5] * 10
    change = only(rated(ratings, received_on=days), through=date(2026, 10, 31)).change

    # May to July: as many promoters as detractors; August to October: three to one.
    assert change.value == 50
    assert change.ci_lower > 0
    assert only(rated([10, 5] * 20)).change.reason == "too_few"


def test_who_answered_and_who_used_words_is_told_where_it_is_known() -> None:
    frame = rated([9] * 40, customer_id=[f"c{row % 20}" for row in range(40)], has_text=[True] * 10 + [False] * 30)
    found = estimate_scores(frame, n_here=80)
    silent = estimate_scores(frame.drop(columns="has_text"))

    assert found.response_rate is not None
    assert found.with_text is not None
    assert (found.response_rate.value, found.with_text.value) == (0.25, 0.25)
    assert (silent.response_rate, silent.with_text) == (None, None)


def test_ratings_of_no_known_scale_or_off_their_scale_are_counted_apart() -> None:
    frame = pd.concat([rated([9] * 30 + [11]), rated([60.0], worst=0, best=100), rated([np.nan])])
    found = estimate_scores(frame)

    assert (found.n_rated, found.n_unplaced, found.scores[0].n_answers) == (32, 2, 30)


def test_answers_that_are_all_alike_have_a_value_and_no_interval() -> None:
    score = only(rated([10] * 40))

    assert (score.overall.value, score.overall.reason) == (100, "too_few")


def test_an_unknown_score_and_an_nps_on_another_scale_are_refused_with_all_faults() -> None:
    with pytest.raises(ParameterError) as unknown:
        estimate_scores(rated([5]), kinds={"a": "mps", "b": "stars"})
    with pytest.raises(ParameterError, match="nps on a scale from 1 to 5"):
        estimate_scores(rated([5], worst=1, best=5, question="q"), kinds={"q": "nps"})

    assert len(unknown.value.faults) == 2


def test_without_a_single_rating_there_is_nothing_and_no_error() -> None:
    found = estimate_scores(rated([np.nan]))

    assert (found.scores, found.n_rated, len(found.to_frame())) == ((), 0, 0)
    assert estimate_scores(rated([])).scores == ()
