"""An answer that a few customers make, in sentences."""

from retention_lab.analysis.experiments.effects import WINSORISED_AT, Effect
from retention_lab.findings.experiments.amounts import digits_of, is_money, tell
from retention_lab.findings.words import covariate_name
from retention_lab.methods.two_arms import Contrast
from retention_lab.text import Text


def carried_sentence(effect: Effect, text: Text) -> str:
    """How many customers make the answer, and what it is without their weight."""
    trimmed, spec = effect.trimmed, effect.spec
    if trimmed is None:
        return text.say("It looks better, but a few customers make the answer.")
    if trimmed.without_extreme is not None and _is_open(trimmed.without_extreme):
        return text.say_many(
            "It looks better, but {n} customer makes the answer: without the one above {extreme} the difference is "
            "{size}.",
            "It looks better, but {n} customers make the answer: without those above {extreme} the difference is "
            "{size}.",
            trimmed.n_extreme,
            extreme=_level(effect, trimmed.extreme, text),
            size=tell(trimmed.without_extreme, spec, text, signed=True).size,
        )
    if _is_open(trimmed.winsorised):
        return text.say(
            "It looks better, but a few customers make the answer: with values above {cut} counted as {cut} the "
            "difference is {size}.",
            cut=_level(effect, trimmed.cut, text),
            size=tell(trimmed.winsorised, spec, text, signed=True).size,
        )
    return text.say("It looks better, but a few customers make the answer.")


def carried_action(effect: Effect, text: Text) -> str:
    """What to do about it, now and before the next test."""
    return text.say(
        "Do not roll out “{variant}” on this evidence. Look at the customers with the largest “{outcome}”: resellers, "
        "test accounts and mistakes are no customers. Before the next test, declare winsorise_at: {share} under the "
        "outcome, so that how much they weigh is settled beforehand.",
        variant=effect.variant,
        outcome=covariate_name(effect.outcome),
        # As the client file writes it, in whatever language the report is.
        share=f"{WINSORISED_AT:g}",
    )


def _is_open(one: Contrast) -> bool:
    return not one.reason and not one.pvalue < 1 - one.confidence_level


def _level(effect: Effect, value: float, text: Text) -> str:
    if is_money(effect.spec):
        return text.money(value, 2)
    return text.number(value, digits_of(effect.contrast, effect.spec))
