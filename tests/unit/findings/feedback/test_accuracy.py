"""How far the reading can be trusted: never further than it was measured."""

import math
from dataclasses import replace
from typing import Any

import pytest
from feedback_results import bare, card, estimate, is_well_said, quality, reading, row, transfer, unknown, unmeasured

from retention_lab.analysis.feedback.accuracy import AccuracyCard
from retention_lab.findings.feedback.accuracy import accuracy_finding, accuracy_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, one: AccuracyCard | None = None, language: str = "en") -> Finding:
    found = accuracy_finding(one or card(), language, text)
    assert is_well_said(found)
    return found


def said(found: Finding, words: str) -> bool:
    return any(words in caveat for caveat in found.caveats)


def test_a_measured_language_tells_agreement_and_how_many_unhappy_ones_it_hears(text: Text) -> None:
    found = of(text)

    assert found.headline == (
        "English: the reading agrees with 85.0% of 600 labels (83.0% to 87.0%). Always giving the most frequent "
        "answer would agree with 85.0%. It hears 75.0% of the unhappy ones "
        "(71.0% to 79.0%)."
    )
    assert (found.id, found.verdict, found.action) == ("feedback.accuracy.en", "fine", "")
    assert (found.estimate, found.ci_lower, found.n_obs) == pytest.approx((0.83, 0.81, 600))
    assert said(found, "Macro-F1 0.83 against 0.55 by our word list alone (gain 0.25 to 0.31).")
    assert said(found, "asked about the later ones: macro-F1 0.81 (0.79 to 0.83).")


@pytest.mark.parametrize(("n", "has"), [(12, "12 comments have a label"), (1, "1 comment has a label")])
def test_below_fifty_labels_nothing_is_claimed(n: int, has: str, text: Text) -> None:
    found = of(text, card(unmeasured(n_labels=n), en=reading(classes=(), chosen="lexicon", n_labels=n)))

    assert found.headline == f"English: not measured. {has}, and 50 are needed."
    assert found.verdict == "not_enough_data"
    assert found.action == "Have comments of this language labelled: they stand in the label sheet."
    assert found.method == "Our word list; not measured."
    assert math.isnan(found.estimate)
    assert found.caveats == ()


def test_comments_of_no_known_language_need_a_language_first(text: Text) -> None:
    found = of(text, AccuracyCard(rows=(unmeasured(""),), transfers=(), readings={"": reading("", classes=())},
                                  confidence_level=0.95), "")  # fmt: skip

    assert found.headline == "Language not determined: not measured. 12 comments have a label, and 50 are needed."
    assert found.action == "Let the export say in which language each comment is, as feedback's column language."


def test_many_labels_of_one_kind_are_not_said_to_be_few(text: Text) -> None:
    found = of(text, card(unmeasured(n_labels=0), en=reading(classes=(), chosen="lexicon", n_too_rare=500)))

    assert found.headline == "English: not measured. 500 comments have a label, but nearly all the same one."
    assert found.verdict == "not_enough_data"
    assert found.caveats == ()


def test_a_reading_that_misses_every_third_unhappy_one_is_to_be_watched(text: Text) -> None:
    assert of(text, card(row(quality=quality(recall=estimate(0.66))))).verdict == "watch"
    assert of(text, card(row(quality=quality(recall=estimate(0.67))))).verdict == "fine"


def test_a_reading_of_many_false_alarms_is_to_be_watched(text: Text) -> None:
    found = of(text, card(row(quality=quality(precision=estimate(0.6)))))

    assert found.verdict == "watch"
    assert found.headline.endswith("Of those that it takes for unhappy, 60.0% are (58.0% to 62.0%).")
    assert "takes for unhappy" not in of(text, card(row(quality=quality(precision=estimate(0.67))))).headline


def test_where_no_label_is_unhappy_nobody_is_reassured(text: Text) -> None:
    found = of(text, card(row(quality=quality(recall=unknown()), calibration=None)))

    assert found.verdict == "watch"
    assert found.headline.endswith("No label is of an unhappy one, so how many of them it hears is not known.")


def test_where_all_is_right_there_is_no_interval_and_none_is_shown(text: Text) -> None:
    right = quality(1.0, accuracy=bare(1.0), macro_f1=bare(1.0), recall=bare(1.0))
    found = of(text, card(row(quality=right)))

    assert found.headline == (
        "English: the reading agrees with 100.0% of 600 labels; no interval. Always giving the most frequent answer "
        "would agree with 85.0%. It hears 100.0% of the unhappy ones; no interval."
    )
    assert math.isnan(found.estimate)


def test_comments_without_a_mark_that_are_unlike_the_others_raise_an_alarm(text: Text) -> None:
    alarming = of(text, card(transfers=(transfer(0.76),)))
    calm = of(text, card(transfers=(transfer(0.75),)))

    assert alarming.verdict == "watch"
    assert alarming.action.startswith("Comments without a mark differ much from those with one")
    assert said(alarming, "area under the ROC curve of 0.76 (0.74 to 0.78); above 0.75")
    assert (calm.verdict, calm.action) == ("fine", "")
    assert said(calm, "0.75 (0.73 to 0.77)")


def test_an_alarm_is_of_its_own_language_only(text: Text) -> None:
    both = card(row(), row("it"), transfers=(transfer(0.9, "it"),))

    assert [found.verdict for found in accuracy_findings(both, text)] == ["fine", "watch"]
    assert not said(of(text, both), "ROC")


def test_areas_without_an_interval_or_a_value_are_no_noise(text: Text) -> None:
    assert said(of(text, card(transfers=(replace(transfer(), auc=bare(1.0)),))), "1.00, without an interval")
    assert not said(of(text, card(transfers=(replace(transfer(), auc=unknown()),))), "ROC")


def test_what_repeats_would_have_flattered_is_told(text: Text) -> None:
    found = of(text, card(en=reading(n_repeats=254, with_repeats=quality(0.91))))

    assert said(found, "Comments that say the same as an earlier one: 254.")
    assert said(found, "the macro-F1 would have come out as 0.91.")


@pytest.mark.parametrize(("n", "words"), [(1, "1 label belongs"), (7, "7 labels belong")])
def test_labels_of_a_class_that_is_too_rare_are_counted(n: int, words: str, text: Text) -> None:
    assert said(of(text, card(en=reading(classes=(0, 2), n_too_rare=n))), words)


def test_the_word_list_is_not_held_against_itself(text: Text) -> None:
    found = of(text, card(en=reading(chosen="lexicon")))

    assert not said(found, "word list alone")
    assert found.method.startswith("Our word list, the best measured on the same folds")


@pytest.mark.parametrize("changes", [{"gain": None}, {"forward": None}, {"lexicon": None}, {"gain": unknown()}])
def test_what_was_not_measured_is_left_out(changes: dict[str, Any], text: Text) -> None:
    assert of(text, card(row(**changes))).headline.startswith("English: the reading agrees")


def test_a_language_has_its_id_and_its_name(text: Text) -> None:
    languages = ("en", "it", "es", "fr", "sl", "", "xx")
    found = accuracy_findings(card(*(row(language) for language in languages)), text)

    assert [one.id.removeprefix("feedback.accuracy.") for one in found] == [*languages[:5], "undetermined", "xx"]
    assert [one.headline.split(":")[0] for one in found] == [
        "English", "Italian", "Spanish", "French", "Slovenian", "Language not determined", "Xx",
    ]  # fmt: skip
