"""What is to be kept in mind of the answer, in sentences."""

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.gates import write_shares
from retention_lab.text import Text


def decision_caveats(study: ExperimentStudy, decision: Decision, effect: Effect, text: Text) -> tuple[str, ...]:
    """That the best of several was picked, what could not be checked, and whom the effect is of."""
    caveats = []
    if len(study.treatments) > 1:
        caveats.append(_of_several(study, decision, effect, text))
    if study.trial is not None and not study.trial.shares:
        caveats.append(_unchecked(study, text))
    if effect.is_anytime:
        caveats.append(text.say("The intervals hold whenever and however often one looks."))
    caveats.append(
        text.say(
            "Everybody counts in the variant they were assigned to, whether they took the offer or not: this is what "
            "offering it changes."
        )
    )
    return tuple(caveats)


def _of_several(study: ExperimentStudy, decision: Decision, effect: Effect, text: Text) -> str:
    values = {"n": text.count(len(study.treatments)), "variant": effect.variant}
    if decision.answer == "worse":
        return text.say(
            "All {n} treatments did harm; this is “{variant}”, which did most. The worst of several looks worse than "
            "it is: the p-values count all comparisons, but the interval does not allow for the choice.",
            **values,
        )
    return text.say(
        "Of {n} treatments, this is “{variant}”: the answer is on the one that did most, or earned most. The best of "
        "several looks better than it is: the p-values count all comparisons, but the intervals, of the effect and of "
        "the money, do not allow for the choice.",
        **values,
    )


def _unchecked(study: ExperimentStudy, text: Text) -> str:
    said = text.say(
        "Which shares were planned is not known, so customers who were lost or added on the way would not be noticed, "
        "and the effect could be theirs."
    )
    return f"{said} {write_shares(study, text)}"
