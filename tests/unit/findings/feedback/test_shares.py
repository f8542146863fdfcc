"""How many comments are unhappy ones: a share with its interval, a change only where there is one."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, is_well_said, moods, study, unknown

from retention_lab.findings.feedback.shares import unhappy_finding
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, by: float = 0.0, **changes: Any) -> Finding:
    found = unhappy_finding(study(), moods(by, **changes), text)
    assert is_well_said(found)
    return found


def test_more_unhappy_comments_than_before_ask_for_something_to_be_done(text: Text) -> None:
    found = of(text, 0.05)

    assert found.headline == (
        "In the last 90 days 30.0% of comments were unhappy ones (28.0% to 32.0%). That is 5.0 points more than a year "
        "earlier (change 3.0 to 7.0)."
    )
    assert (found.id, found.verdict) == ("feedback.unhappy_share", "act")
    assert found.action == "Start with the themes that are rising."
    assert (found.estimate, found.ci_lower, found.n_obs) == pytest.approx((0.3, 0.28, 1200))


def test_fewer_unhappy_comments_are_good_news(text: Text) -> None:
    found = of(text, -0.05, is_year_before=False)

    assert found.verdict == "fine"
    assert found.action == ""
    assert "5.0 points fewer than the same number of days before (change −7.0 to −3.0)" in found.headline


def test_an_interval_that_holds_nought_shows_no_change(text: Text) -> None:
    found = of(text, 0.01)

    assert found.verdict == "watch"
    assert found.headline.endswith("A change since a year earlier is not shown (change −1.0 to 3.0 points).")
    assert found.action == ""


def test_without_earlier_comments_the_share_stands_alone(text: Text) -> None:
    found = of(text, change=unknown())

    assert found.verdict == "watch"
    assert found.headline.endswith("There are too few earlier comments to say whether that is a change.")


@pytest.mark.parametrize(("n", "said"), [(500, "500 comments have no mark."), (1, "1 comment has no mark.")])
def test_without_a_language_that_is_known_to_be_read_well_nothing_is_claimed(n: int, said: str, text: Text) -> None:
    found = of(text, recent=unknown(), change=unknown(), usable=(), n_unrated=n)

    assert found.verdict == "not_enough_data"
    assert math.isnan(found.estimate)
    assert found.headline.endswith(f"nothing tells how well they are read. {said}")
    assert found.action == "Have the label sheet filled in: a hundred labels are enough to say it."


def test_too_few_recent_comments_are_said_to_be_too_few(text: Text) -> None:
    found = unhappy_finding(study(recent_days=1500), moods(recent=unknown(), change=unknown()), text)

    assert is_well_said(found)
    assert found.verdict == "not_enough_data"
    assert found.headline == "There are too few comments in the last 1,500 days to say how many are unhappy."
    assert not any("Counting predictions" in caveat for caveat in found.caveats)


def test_what_counting_would_say_stands_beside_the_share(text: Text) -> None:
    assert "Counting predictions, as most tools do, would say 25.0%." in of(text).caveats


@pytest.mark.parametrize(("n", "said"), [(40, "40 comments are left out"), (1, "1 comment is left out")])
def test_comments_of_languages_that_were_not_measured_are_counted_by_name(n: int, said: str, text: Text) -> None:
    found = of(text, n_left_out=n, languages_left_out=("sl", "", "xx"))

    caveat = next(caveat for caveat in found.caveats if caveat.startswith(said))
    assert caveat.endswith(": Slovenian, language not determined and xx.")


def test_a_hundred_labels_by_hand_replace_the_assumption(text: Text) -> None:
    taken = "It is taken for granted"
    found = of(text, by_hand=estimate(0.28, 0.05), n_hand=120)

    assert any("By 120 comments that a person has read, 28.0%" in each and "23.0% to 33.0%" in each
               for each in found.caveats)  # fmt: skip
    assert not any(caveat.startswith(taken) for caveat in found.caveats)
    assert any(caveat.startswith(taken) for caveat in of(text).caveats)
    assert any(caveat.startswith(taken) for caveat in of(text, by_hand=bare(0.0)).caveats)
    # Where every comment has a mark, nothing is assumed.
    assert not any(caveat.startswith(taken) for caveat in of(text, n_unrated=0).caveats)


def test_the_method_is_that_of_the_share_whether_or_not_people_have_read(text: Text) -> None:
    assert of(text, by_hand=estimate(0.28, 0.05), n_hand=120).method == of(text).method


def test_marks_that_may_say_the_opposite_widen_the_range_until_people_have_read_them(text: Text) -> None:
    doubted = unhappy_finding(study(), moods(contradicting=estimate(0.08)), text)
    measured = unhappy_finding(study(), moods(contradicting=estimate(0.08), is_measured=True), text)
    hardly = unhappy_finding(study(), moods(contradicting=estimate(0.004)), text)
    all_marked = unhappy_finding(study(), moods(contradicting=estimate(0.08), n_unrated=0), text)

    assert any("up to 8% of the clearest comments" in caveat for caveat in doubted.caveats)
    assert any("the share allows for it" in caveat for caveat in measured.caveats)
    assert not any("opposite" in caveat for caveat in (*hardly.caveats, *all_marked.caveats))


def test_where_no_share_is_said_nothing_is_taken_for_granted_of_it(text: Text) -> None:
    found = of(text, recent=unknown(), change=unknown(), usable=(), n_left_out=542, languages_left_out=("sl",))

    assert found.caveats == ()
