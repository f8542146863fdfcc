"""What came in, what was taken out of it before anybody read it, and who has checked the reading."""

import math

from retention_lab.analysis.feedback.audit import Agreement
from retention_lab.analysis.feedback.marks import UNKNOWN
from retention_lab.analysis.feedback.mood_study import ENOUGH_BY_HAND
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.findings.feedback.words import language_name
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.text import Text

_MUCH = 0.05
# Below this, agreement is no more than moderate (Landis and Koch 1977).
_AGREED = 0.6


def intake_findings(study: FeedbackStudy, text: Text) -> Findings:
    """What came in, and what was masked."""
    return Findings((intake_finding(study, text), masking_finding(study, text)))


def intake_finding(study: FeedbackStudy, text: Text) -> Finding:
    """How many comments there are to read, in which languages."""
    n, n_rows = len(study.comments), study.verbatims.n_rows
    names = [
        text.say("{language} {n}", language=language_name(code, text), n=text.count(reading.n_comments))
        for code, reading in study.readings.items()
    ]
    undetermined = study.readings[""].n_comments if "" in study.readings else 0
    return _counted(
        id="feedback.intake",
        question=text.say("What is there to read?"),
        headline=text.say_many(
            "{n} of {rows} rows has words to read: {languages}.",
            "{n} of {rows} rows have words to read: {languages}.",
            n,
            rows=text.count(n_rows),
            languages=text.join(names),
        ),
        action="",
        verdict="watch" if undetermined > _MUCH * n else "fine",
        estimate=n / n_rows,
        unit=text.say("share"),
        n_obs=n_rows,
        method=text.say("Counted. Languages by py3langid among the declared ones; see Method and limits."),
        definition=text.say("Rows of the feedback with at least one word that says something, of all rows."),
        caveats=_intake_caveats(study, undetermined, text),
    )


def _intake_caveats(study: FeedbackStudy, undetermined: int, text: Text) -> list[str]:
    verbatims, caveats = study.verbatims, []
    n_repeats = sum(reading.n_repeats for reading in study.readings.values())
    if n_repeats:
        caveats.append(
            text.say_many(
                "{n} comment says the same as an earlier one; it counts as a comment, but teaches and tests nothing.",
                "{n} comments say the same as an earlier one; they count as comments, but teach and test nothing.",
                n_repeats,
            )
        )
    if undetermined:
        caveats.append(
            text.say_many(
                "The language of {n} comment cannot be determined; it is not guessed.",
                "The language of {n} comments cannot be determined; it is not guessed.",
                undetermined,
            )
        )
    if verbatims.n_unscaled:
        caveats.append(
            text.say_many(
                "{n} mark is not used, because its scale is not known: {remedy}.",
                "{n} marks are not used, because their scale is not known: {remedy}.",
                verbatims.n_unscaled,
                remedy=verbatims.remedy.rstrip("."),
            )
        )
    elif verbatims.scale_found:
        caveats.append(
            text.say(
                "The marks are taken to be on the scale {scale}, which all of them fit.", scale=verbatims.scale_found
            )
        )
    if not (study.comments.mark != UNKNOWN).any():
        caveats.append(text.say("No comment has a mark, so nothing can be learnt from marks."))
    return caveats


def masking_finding(study: FeedbackStudy, text: Text) -> Finding:
    """What was masked before anything was read."""
    n = study.verbatims.n_masked
    headline = text.say_many(
        "Personal data were masked in {n} comment: {kinds}.",
        "Personal data were masked in {n} comments: {kinds}.",
        n,
        kinds=text.join(_kinds_masked(study, text)),
    )
    return _counted(
        id="feedback.masking",
        question=text.say("What was masked?"),
        headline=headline if n else text.say("No personal data were found to mask."),
        action="",
        verdict="fine",
        estimate=n / study.verbatims.n_rows,
        unit=text.say("share"),
        n_obs=study.verbatims.n_rows,
        method=text.say("Patterns with their check digits, and the customer's own name in the client's records."),
        definition=text.say("Rows in which something was masked, of all rows."),
        caveats=[
            text.say(
                "Masking is not anonymisation: who knows the story may know the customer. Names of others, addresses "
                "and what has no check digit may remain."
            )
        ],
    )


def _kinds_masked(study: FeedbackStudy, text: Text) -> list[str]:
    kinds = {
        "email": text.say("e-mail addresses"),
        "phone": text.say("telephone numbers"),
        "iban": text.say("bank accounts"),
        "card": text.say("card numbers"),
        "taxid": text.say("tax numbers"),
        "url": text.say("web addresses"),
        "handle": text.say("user names"),
        "name": text.say("the customer's own name"),
    }
    return [
        text.say("{kind} {n}", kind=kinds.get(kind, kind), n=text.count(n))
        for kind, n in study.verbatims.masked.items()
        if n
    ]


def audit_finding(agreement: Agreement, text: Text) -> Finding:
    """Who has read the comments beside the software, and whether two people agree."""
    kappa = agreement.kappa
    known = kappa is not None and not kappa.reason
    return Finding(
        id="feedback.audit",
        question=text.say("Who has checked?"),
        headline=_readers(agreement, text),
        action=_ask_readers(agreement, text),
        verdict=_audit_verdict(agreement),
        estimate=kappa.value if kappa and known else NOT_A_NUMBER,
        ci_lower=kappa.ci_lower if kappa and known else NOT_A_NUMBER,
        ci_upper=kappa.ci_upper if kappa and known else NOT_A_NUMBER,
        unit=text.say("kappa"),
        n_obs=agreement.n_labels,
        method=text.say("Cohen's kappa, interval by Fleiss, Cohen and Everitt (1969)."),
        definition=text.say("Comments that two people have labelled, unhappy, neutral or happy."),
        caveats=(),
    )


def _readers(agreement: Agreement, text: Text) -> str:
    if not agreement.n_labels:
        return text.say("No person has read any of the comments yet.")
    read = text.say_many(
        "{n} comment was read by a person; drawn at random: {random}.",
        "{n} comments were read by a person; drawn at random: {random}.",
        agreement.n_labels,
        random=text.count(agreement.n_random),
    )
    kappa = agreement.kappa
    if kappa is None or not math.isfinite(kappa.value):
        return read
    n = text.count(kappa.n_obs)
    if kappa.reason:
        return f"{read} " + text.say("Two people agree on all of the {n} that both have read.", n=n)
    return f"{read} " + text.say(
        "Two people agree beyond chance with a kappa of {kappa} ({interval}), on {n}.",
        kappa=text.number(kappa.value, 2),
        interval=text.interval(kappa.ci_lower, kappa.ci_upper, 2),
        n=n,
    )


def _disagree(agreement: Agreement) -> bool:
    return agreement.kappa is not None and agreement.kappa.value < _AGREED


def _ask_readers(agreement: Agreement, text: Text) -> str:
    if not agreement.n_labels:
        return text.say(
            "Fill in labels/{name}.csv in the client's folder; a hundred labels of its random half make the shares "
            "hold whatever the software is worth.",
            name=agreement.sheet,
        )
    if _disagree(agreement):
        return text.say(
            "Let the two agree on what counts as unhappy, and read again: no software can be more certain than they."
        )
    return "" if agreement.kappa else text.say("Have a second person read fifty of the same comments.")


def _audit_verdict(agreement: Agreement) -> Verdict:
    if _disagree(agreement):
        return "watch"
    return "fine" if agreement.n_random >= ENOUGH_BY_HAND else "not_enough_data"


def _counted(
    *,
    id: str,
    question: str,
    headline: str,
    action: str,
    verdict: Verdict,
    estimate: float,
    unit: str,
    n_obs: int,
    method: str,
    definition: str,
    caveats: list[str],
) -> Finding:
    """A finding that was counted, not estimated: the range is the number itself."""
    return Finding(
        id=id, question=question, headline=headline, action=action, verdict=verdict, estimate=estimate,
        ci_lower=estimate, ci_upper=estimate, unit=unit, n_obs=n_obs, method=method, definition=definition,
        caveats=tuple(caveats),
    )  # fmt: skip
