"""How the numbers of an experiment are said: each outcome in its own unit, each effect with its interval."""

import math
from dataclasses import dataclass

from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.words import covariate_name, rounded, span
from retention_lab.methods.effects import Contrast
from retention_lab.methods.estimates import Estimate, Reason
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text

# An interval is told to two figures of its half width, and nothing in more decimals than these.
_MOST_DIGITS = 6
# Of an amount above it nobody asks for parts of a cent.
_FEW_CENTS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A contrast in words. `size` is without a sign where the interval lies to one side of nought."""

    size: str
    change: str
    interval: str
    relative: str
    relative_interval: str
    treatment: str
    control: str


def tell(contrast: Contrast, spec: Outcome, text: Text, *, signed: bool = False) -> Told:
    """The numbers of a contrast, as sentences and (`signed`) tables write them; of what cannot be had, nothing."""
    digits, relative = digits_of(contrast, spec), contrast.relative
    ends = [(one.value, one.ci_lower, one.ci_upper) for one in (contrast, relative)]
    (value, lower, upper), (share, low, high) = ends if signed else [one_sided(*end) for end in ends]
    change, interval = change_in(spec, value, digits, text), interval_in(spec, lower, upper, digits, text)
    known = not contrast.reason
    in_percent, in_percents = text.percent(share), text.percent_interval(low, high)
    size = text.say("{change} ({interval})", change=change, interval=interval)
    if not relative.reason:
        size = text.say(
            "{size}, or {relative} ({interval})",
            size=size,
            relative=in_percent,
            interval=in_percents,
        )
    return Told(
        size=size if known else "",
        change=change,
        interval=interval if known else "",
        relative="" if relative.reason else in_percent,
        relative_interval="" if relative.reason else in_percents,
        treatment=level_in(spec, contrast.treatment.value, digits, text),
        control=level_in(spec, contrast.control.value, digits, text),
    )


def one_sided(value: float, lower: float, upper: float) -> tuple[float, float, float]:
    """Without the sign where all three have the same: the sentence then says "less"."""
    return (-value, -upper, -lower) if value < 0 and upper <= 0 else (value, lower, upper)


def is_money(spec: Outcome) -> bool:
    """Whether an outcome is an amount in the client's currency."""
    amount = spec.source == "transactions.amount" or spec.money is not None
    return amount and spec.kind in ("mean", "ratio")


def factor_of(spec: Outcome) -> float:
    """From an outcome's own number to the one that is said: shares are told in points."""
    return 100.0 if spec.kind == "proportion" else 1.0


def digits_of(contrast: Contrast, spec: Outcome) -> int:
    """As many decimals as the interval bears: two figures of its half width; where there is none, of the value."""
    reach = (contrast.ci_upper - contrast.ci_lower) / 2
    told = (reach if reach > 0 else abs(contrast.value)) * factor_of(spec)
    return digits_for(told, is_money(spec), _largest(contrast))


def digits_for(reach: float, money: bool = False, size: float = math.nan) -> int:
    """Decimals that show two figures of `reach`; money has none or two, and more only for a `size` of a few cents."""
    if not (math.isfinite(reach) and reach > 0):
        return 2 if money else 1
    digits = min(max(1 - math.floor(math.log10(reach)), 0), _MOST_DIGITS)
    if not money:
        return digits
    is_small = (size if math.isfinite(size) else reach) < _FEW_CENTS
    return 0 if not digits else digits if digits > 2 and is_small else 2


def _largest(one: Contrast | Estimate) -> float:
    """How large a number is, its interval included."""
    return max((abs(end) for end in (one.value, one.ci_lower, one.ci_upper) if math.isfinite(end)), default=math.nan)


def change_in(spec: Outcome, value: float, digits: int, text: Text) -> str:
    """A difference with its unit: 4.2 days, 1.3 points, €2.10, 0.8; a dash where there is none."""
    if not math.isfinite(value):
        return text.number(value)
    if spec.kind == "survival":
        return _time(value, spec.unit, digits, text)
    if spec.kind == "proportion":
        return _points(100 * value, digits, text)
    return text.money(value, digits) if is_money(spec) else text.number(value, digits)


def interval_in(spec: Outcome, lower: float, upper: float, digits: int, text: Text) -> str:
    """The interval beside such a difference; the unit was said."""
    if is_money(spec):
        return text.say("{lower} to {upper}", lower=text.money(lower, digits), upper=text.money(upper, digits))
    return text.interval(factor_of(spec) * lower, factor_of(spec) * upper, digits)


def level_in(spec: Outcome, value: float, digits: int, text: Text) -> str:
    """What was measured in one variant."""
    if spec.kind == "proportion":
        return text.percent(value, digits)
    if is_money(spec) and abs(value) >= _FEW_CENTS:
        digits = min(digits, 2)
    return change_in(spec, value, digits, text)


def unit_of(spec: Outcome, text: Text) -> str:
    """The unit in which a finding gives the effect."""
    times = {
        "days": text.say("days"),
        "weeks": text.say("weeks"),
        "months": text.say("months"),
        "years": text.say("years"),
    }
    if spec.kind == "survival":
        return times[spec.unit]
    if spec.kind == "proportion":
        return text.say("points")
    return text.currency if is_money(spec) else ""


def _points(value: float, digits: int, text: Text) -> str:
    number = text.number(value, digits)
    if digits == 0:
        return text.say_many("{number} point", "{number} points", abs(round(value)), number=number)
    return text.say("{number} points", number=number)


def _time(value: float, unit: str, digits: int, text: Text) -> str:
    if digits == 0:
        return span(round(value), unit, text)
    number = text.number(value, digits)
    return {
        "days": text.say("{number} days", number=number),
        "weeks": text.say("{number} weeks", number=number),
        "months": text.say("{number} months", number=number),
        "years": text.say("{number} years", number=number),
    }[unit]


def horizon_name(spec: Outcome, text: Text) -> str:
    """Within which time the outcome is measured, as the client file gives it: in days."""
    return span(float(spec.horizon_days or spec.window_days or 0), "days", text)


def subject(name: str, spec: Outcome, text: Text) -> str:
    """What is higher or lower, at the head of a sentence."""
    outcome = covariate_name(name)
    if spec.kind == "proportion":
        return text.say("The share with “{outcome}”", outcome=outcome)
    if spec.kind == "mean":
        return text.say("Average “{outcome}”", outcome=outcome)
    return text.say("“{outcome}”", outcome=outcome)


def effect_sentence(effect: Effect, text: Text) -> str:
    """What one treatment changed, with its intervals; or that nothing shows that it changed anything."""
    one, spec = effect.contrast, effect.spec
    told = tell(one, spec, text)
    values = {
        "what": subject(effect.outcome, spec, text),
        "variant": effect.variant,
        "control": effect.control,
        "size": told.size,
        "span": horizon_name(spec, text),
    }
    if not effect.is_clear:
        return _no_clear_sentence(effect, values, text)
    if spec.kind == "survival" and one.value > 0:
        return text.say(
            "With “{variant}”, customers stay longer than with “{control}” within {span}: by {size}.", **values
        )
    if spec.kind == "survival":
        return text.say(
            "With “{variant}”, customers leave sooner than with “{control}” within {span}: by {size}.", **values
        )
    if one.value > 0:
        return text.say("{what} is higher with “{variant}” than with “{control}”: by {size}.", **values)
    return text.say("{what} is lower with “{variant}” than with “{control}”: by {size}.", **values)


def _no_clear_sentence(effect: Effect, values: dict[str, str], text: Text) -> str:
    one = effect.contrast
    if one.ci_lower > 0 or one.ci_upper < 0:
        return text.say(
            "Between “{variant}” and “{control}”, {what} differs by {size}, which is not clear once all comparisons "
            "are counted.",
            **(values | {"what": _inside(effect, text)}),
        )
    return text.say(
        "Nothing shows that “{variant}” changes {what}: the difference from “{control}” is {size}.",
        **(values | {"what": _inside(effect, text)}),
    )


def _inside(effect: Effect, text: Text) -> str:
    """What is meant, within a sentence."""
    outcome = covariate_name(effect.outcome)
    if effect.spec.kind == "survival":
        return text.say("how long customers stay")
    if effect.spec.kind == "proportion":
        return text.say("the share with “{outcome}”", outcome=outcome)
    return text.say("“{outcome}”", outcome=outcome)


def why_no_effects(study: ExperimentStudy, text: Text) -> str:
    """Why no effect at all is shown: there is no experiment, or a check that must hold first has failed."""
    if study.trial is None:
        return text.say("There is no experiment, so there is no effect to show.")
    return text.say("A check that must hold first has failed, so no effect is shown.")


def why_not(reason: Reason, text: Text) -> str:
    """Why a number cannot be had."""
    return {
        "": "",
        "too_few": text.say("there is too little to estimate it from, or everybody has the same value"),
        "not_reached": text.say("the curve does not come down that far"),
        "not_observed": text.say("nobody was followed for that long"),
        "near_nought": text.say("what it would be divided by cannot be told from nought"),
    }[reason]


def amount(estimate: Estimate, text: Text) -> str:
    """An amount of money for each customer, with its interval where it has one: €4.10 (€1.20 to €7.00)."""
    reach = (estimate.ci_upper - estimate.ci_lower) / 2
    if not reach > 0:
        return text.money(estimate.value, 2)
    digits = digits_of_amount(estimate)
    return text.say(
        "{value} ({lower} to {upper})",
        value=text.money(estimate.value, digits),
        lower=text.money(estimate.ci_lower, digits),
        upper=text.money(estimate.ci_upper, digits),
    )


def digits_of_amount(estimate: Estimate) -> int:
    """As many decimals as an amount's interval bears."""
    return digits_for((estimate.ci_upper - estimate.ci_lower) / 2, money=True, size=_largest(estimate))


def large_amount(estimate: Estimate, text: Text) -> str:
    """An amount for many customers, told to three figures."""
    return text.say(
        "{value} ({lower} to {upper})",
        value=text.money(rounded(estimate.value)),
        lower=text.money(rounded(estimate.ci_lower)),
        upper=text.money(rounded(estimate.ci_upper)),
    )
