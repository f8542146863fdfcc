"""How far the reading of comments can be trusted, language by language; never better than it was measured."""

import math

from retention_lab.analysis.feedback.accuracy import TOO_DIFFERENT, AccuracyCard, CardRow, Transfer
from retention_lab.analysis.feedback.ladder import FEW_LABELS, Reading
from retention_lab.findings.feedback.words import language_name, told_number, way_name
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import capitalised
from retention_lab.text import Text

# Below this, one in three unhappy customers or more goes unheard, or one alarm in three or more is false.
_WEAK = 2 / 3


def accuracy_findings(card: AccuracyCard, text: Text) -> Findings:
    """A finding for each language, the largest first."""
    return Findings(tuple(accuracy_finding(card, language, text) for language in card.readings))


def accuracy_finding(card: AccuracyCard, language: str, text: Text) -> Finding:
    """How well the comments of one language are read."""
    row, reading = card.of(language), card.readings[language]
    transfer = next((each for each in card.transfers if each.language == language), None)
    macro = row.quality.macro_f1 if row.quality else None
    return Finding(
        id=f"feedback.accuracy.{language or 'undetermined'}",
        question=text.say("How well are comments read: {language}?", language=language_name(language, text)),
        headline=_measured(row, text) if row.quality else _not_measured(row, reading, text),
        action=_action(row, reading, transfer, text),
        verdict=_verdict(row, reading, transfer),
        estimate=macro.value if macro and not macro.reason else NOT_A_NUMBER,
        ci_lower=macro.ci_lower if macro and not macro.reason else NOT_A_NUMBER,
        ci_upper=macro.ci_upper if macro and not macro.reason else NOT_A_NUMBER,
        unit=text.say("macro-F1"),
        n_obs=row.n_labels,
        method=_method(row, reading, text),
        definition=text.say(
            "Agreement with the customer's own mark, or with a person who read the comment: the F1 of each class, "
            "averaged."
        ),
        caveats=tuple(_caveats(row, reading, transfer, text)),
    )


def _method(row: CardRow, reading: Reading, text: Text) -> str:
    way = capitalised(way_name(reading.chosen, text))
    if row.quality is None:
        return text.say("{way}; not measured.", way=way)
    return text.say(
        "{way}, the best measured on the same folds; five folds, customers kept together, comments that say the same "
        "counted once; interval by drawing customers anew.",
        way=way,
    )


def _measured(row: CardRow, text: Text) -> str:
    assert row.quality is not None
    accuracy, recall = row.quality.accuracy, row.quality.recall
    values = {
        "language": capitalised(language_name(row.language, text)),
        "share": text.percent(accuracy.value),
        "n": text.count(row.n_labels),
    }
    if accuracy.reason:
        head = text.say("{language}: the reading agrees with {share} of {n} labels; no interval.", **values)
    else:
        interval = text.percent_interval(accuracy.ci_lower, accuracy.ci_upper)
        head = text.say(
            "{language}: the reading agrees with {share} of {n} labels ({interval}).", interval=interval, **values
        )
    head += _without_reading(row, text)
    if not math.isfinite(recall.value):
        return f"{head} " + text.say("No label is of an unhappy one, so how many of them it hears is not known.")
    if recall.reason:
        heard = text.percent(recall.value)
        return f"{head} " + text.say("It hears {recall} of the unhappy ones; no interval.", recall=heard)
    heard = text.say(
        "It hears {recall} of the unhappy ones ({interval}).",
        recall=text.percent(recall.value),
        interval=text.percent_interval(recall.ci_lower, recall.ci_upper),
    )
    return " ".join(part for part in (head, heard, _false_alarms(row, text)) if part)


def _cries_wolf(row: CardRow) -> bool:
    return row.quality is not None and row.quality.precision.value < _WEAK


def _false_alarms(row: CardRow, text: Text) -> str:
    """How many of its alarms are right, where many are false."""
    if row.quality is None or row.quality.precision.reason or not _cries_wolf(row):
        return ""
    right = row.quality.precision
    return text.say(
        "Of those that it takes for unhappy, {share} are ({interval}).",
        share=text.percent(right.value),
        interval=text.percent_interval(right.ci_lower, right.ci_upper),
    )


def _without_reading(row: CardRow, text: Text) -> str:
    """What nobody has to read for: with many happy customers even that sounds good."""
    if row.majority is None or not math.isfinite(row.majority.accuracy.value):
        return ""
    share = text.percent(row.majority.accuracy.value)
    return " " + text.say("Always giving the most frequent answer would agree with {share}.", share=share)


def _not_measured(row: CardRow, reading: Reading, text: Text) -> str:
    language = capitalised(language_name(row.language, text))
    if row.n_labels + reading.n_too_rare >= FEW_LABELS:
        return text.say(
            "{language}: not measured. {n} comments have a label, but nearly all the same one.",
            language=language,
            n=text.count(row.n_labels + reading.n_too_rare),
        )
    return text.say_many(
        "{language}: not measured. {n} comment has a label, and {needed} are needed.",
        "{language}: not measured. {n} comments have a label, and {needed} are needed.",
        row.n_labels + reading.n_too_rare,
        language=language,
        needed=text.count(FEW_LABELS),
    )


def _action(row: CardRow, reading: Reading, transfer: Transfer | None, text: Text) -> str:
    if row.quality is None or not reading.classes:
        if not row.language:
            return text.say("Let the export say in which language each comment is, as feedback's column language.")
        return text.say("Have comments of this language labelled: they stand in the label sheet.")
    if transfer and transfer.is_alarming:
        return text.say(
            "Comments without a mark differ much from those with one: have the label sheet filled in before you rely "
            "on this for them."
        )
    return ""


def _verdict(row: CardRow, reading: Reading, transfer: Transfer | None) -> Verdict:
    if row.quality is None or row.gain is None or not reading.classes:
        return "not_enough_data"
    # What is not known is no reassurance.
    heard = row.quality.recall.value >= _WEAK and not _cries_wolf(row)
    return "watch" if not heard or (transfer and transfer.is_alarming) else "fine"


def _caveats(row: CardRow, reading: Reading, transfer: Transfer | None, text: Text) -> list[str]:
    caveats = [*_against_others(row, reading, text), *_about_labels(row, reading, text)]
    if transfer and math.isfinite(transfer.auc.value):
        caveats.append(
            text.say(
                "Comments with and without a mark can be told apart with an area under the ROC curve of {auc}; above "
                "{limit} the accuracy may not carry over.",
                auc=told_number(transfer.auc, text, 2),
                limit=text.number(TOO_DIFFERENT, 2),
            )
        )
    return caveats


def _against_others(row: CardRow, reading: Reading, text: Text) -> list[str]:
    """Against the word list, and against time."""
    caveats = []
    if row.quality and row.gain and not row.gain.reason and row.lexicon and reading.chosen != "lexicon":
        caveats.append(
            text.say(
                "Macro-F1 {ours} against {lexicon} by our word list alone (gain {interval}).",
                ours=text.number(row.quality.macro_f1.value, 2),
                lexicon=text.number(row.lexicon.macro_f1.value, 2),
                interval=text.interval(row.gain.ci_lower, row.gain.ci_upper, 2),
            )
        )
    if row.forward and not row.forward.macro_f1.reason:
        caveats.append(
            text.say(
                "Taught by the earlier comments and asked about the later ones: macro-F1 {value}.",
                value=told_number(row.forward.macro_f1, text, 2),
            )
        )
    return caveats


def _about_labels(row: CardRow, reading: Reading, text: Text) -> list[str]:
    """Labels that would have flattered, and labels that could not be used."""
    caveats = []
    if reading.with_repeats and row.quality:
        caveats.append(
            text.say(
                "Comments that say the same as an earlier one: {n}. Had they been left in several folds, the macro-F1 "
                "would have come out as {naive}.",
                n=text.count(reading.n_repeats),
                naive=text.number(reading.with_repeats.macro_f1.value, 2),
            )
        )
    if reading.n_too_rare and reading.classes:
        caveats.append(
            text.say_many(
                "{n} label belongs to a class that is too rare to learn, and is left out.",
                "{n} labels belong to a class that is too rare to learn, and are left out.",
                reading.n_too_rare,
            )
        )
    return caveats
