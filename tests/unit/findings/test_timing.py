from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from retention_lab.analysis.churn import ChurnSurvival, estimate_churn
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.timing import when_finding, when_sentence
from retention_lab.text import Text

MakeStudy = Callable[..., ChurnStudy]


def peaked(make_study: MakeStudy, at: int = 365, **changes: object) -> ChurnStudy:
    """Leaving at random, and a crowd of departures `at` one day; two customers stand just before it."""
    tenure = np.concatenate([np.arange(1, 801), np.full(150, at), [max(at - 20, 1), max(at - 40, 1)]])
    left = np.concatenate([np.arange(800) % 4 == 0, np.ones(150), np.zeros(2)])
    return make_study(tenure, left, **changes)


def test_a_clear_peak_is_named_with_its_interval_and_the_average(make_study: MakeStudy, text: Text) -> None:
    study = peaked(make_study)
    result = estimate_churn(study)

    found = when_finding(study, result, text)

    assert found.verdict == "act"
    assert found.headline.startswith("Leaving peaks between day 361 and day 390: ")
    assert (
        f"{found.estimate:.1f} of 100 customers leave then ({found.ci_lower:.1f} to {found.ci_upper:.1f})"
        in found.headline
    )
    assert found.headline.endswith("in 30 days on average.")
    assert found.ci_lower < found.estimate < found.ci_upper < 100
    assert found.caveats == (
        "The peak is the highest of several stretches, so its true height is probably a little lower.",
    )


def test_before_the_peak_those_are_counted_who_come_to_it(make_study: MakeStudy, text: Text) -> None:
    study = peaked(make_study)

    result = estimate_churn(study)
    action = when_finding(study, result, text).action

    # Day 361 is reached within 90 days by those here for 271 to 360 days.
    here = study.table.n_censored[(study.table.time > 270) & (study.table.time <= 360)].sum()
    assert action.startswith(
        f"Speak to them before then: {here:.0f} customers here now come to that point within 90 days; about "
    )
    place = result.peak or 0
    leaving = here * (1 - np.exp(-30 * result.rates.rate[place]))
    assert action.endswith(f"about {leaving:.0f} would leave there.")


@pytest.mark.parametrize(("n", "words"), [(0, "Speak to customers before they come"), (1, "1 customer here now comes")])
def test_before_the_peak_nobody_or_one(make_study: MakeStudy, text: Text, n: int, words: str) -> None:
    tenure = np.concatenate([np.arange(1, 261), np.full(150, 365), np.arange(400, 700), [300] * n])
    study = make_study(
        tenure, np.concatenate([np.ones(260) * (np.arange(260) % 4 == 0), np.ones(150), np.zeros(300 + n)])
    )

    assert words in when_finding(study, estimate_churn(study), text).action


def test_a_peak_at_the_start_asks_for_a_welcome(make_study: MakeStudy, text: Text) -> None:
    study = peaked(make_study, at=7)

    found = when_finding(study, estimate_churn(study), text)

    assert found.headline.startswith("Leaving peaks in the first 30 days: ")
    assert "welcome" in found.action


def test_a_peak_that_is_sure_but_small_is_to_be_watched(study: ChurnStudy, result: ChurnSurvival, text: Text) -> None:
    found = when_finding(study, replace(result, peak_lower=1.2 * result.overall_rate), text)

    assert found.verdict == "watch"
    assert found.headline.startswith("Leaving peaks ")
    assert found.action


def test_the_limit_for_one_of_several_decides_and_not_the_one_that_is_shown(
    study: ChurnStudy, result: ChurnSurvival, text: Text
) -> None:
    assert result.peak is not None
    assert result.rates.ci_lower[result.peak] > 0.9 * result.overall_rate

    found = when_finding(study, replace(result, peak_lower=0.99 * result.overall_rate), text)

    assert found.verdict == "no_evidence"
    assert found.headline.startswith("No part of their time stands out: on average, ")
    assert found.action == ""
    assert found.caveats == ()
    assert "allows for the number of stretches" in found.method


@pytest.mark.parametrize(
    ("tenure", "left", "n"),
    [
        ([5] * 20, [0] * 20, "0 customers have left"),
        ([5] * 20, [1] + [0] * 19, "1 customer has left"),
        ([5] * 50, [1] * 50, "50 customers have left"),
    ],
)
def test_too_little_to_tell_one_part_of_their_time_from_another(
    make_study: MakeStudy, text: Text, tenure: list[int], left: list[int], n: str
) -> None:
    study = make_study(tenure, left)

    found = when_finding(study, estimate_churn(study), text)

    assert found.headline == f"{n}; that is not enough to tell one part of their time from another."
    assert found.verdict == "not_enough_data"
    assert found.to_dict()["estimate"] is None


@pytest.mark.parametrize(
    ("unit", "peak", "average"),
    [("months", "in month 13: ", "in a month"), ("weeks", "between week 13 and week 16: ", "in 4 weeks")],
)
def test_other_units_have_their_own_words(
    make_study: MakeStudy, text: Text, unit: str, peak: str, average: str
) -> None:
    rng = np.random.default_rng(1)
    tenure = np.concatenate([rng.integers(1, 40, 800), np.full(150, 13)])
    study = make_study(tenure, np.concatenate([rng.random(800) < 0.3, np.ones(150)]), unit=unit)

    said = when_sentence(study, estimate_churn(study), text)

    assert said.startswith(f"Leaving peaks {peak}")
    assert said.endswith(f"{average} on average.")
