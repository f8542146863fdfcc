"""An experiment before it begins: how many customers it takes, what it can show, when, and who is to be in it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from retention_lab.analysis.experiments.baseline import Baseline, find_baseline
from retention_lab.analysis.experiments.break_even import find_break_even
from retention_lab.analysis.experiments.plan_numbers import PlanNumbers
from retention_lab.analysis.experiments.plan_request import OutcomeKind, PlanRequest, check_request, check_strata
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.estimates import Estimate, Reason
from retention_lab.methods.power import SampleSize
from retention_lab.tables.client import Client
from retention_lab.tables.observation import Observation, observe_customers
from retention_lab.tables.past import ARRIVALS_DAYS, Who, arrivals_of
from retention_lab.tables.planned import Eligible, draw_variants, find_eligible


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExperimentPlan:
    """What an experiment would need and could show. Effects are gains, in the unit of the outcome.

    The unit of `stay` is the share still here at the horizon, that of `buy` the share who buy within it, that of
    `spend` money for each customer within it. `shares` are those of all variants, the control (`hold_out`) first.
    `n_available` customers can be in it: those here, or those who come within 90 days; `n_counted` of them are
    expected to count. `needed` is for the effect asked for (None without one), `needed_with_covariate` with what
    customers did before as covariate (None where that is not known). `power` is that of the effect with the customers
    there are, `smallest` the smallest effect seen with the power wanted. Both are None where nothing is known of the
    control, or even the largest effect would not be seen (`not_reached`): `reason` says which. `effect_days` and
    `smallest_days` are these effects as days gained within the horizon (staying only). `enrolment_days` pass until
    enough customers have come, `answer_days` until the answer; None where enough never come, or those here are too few.
    Where customers leave by falling silent, who stayed is known `silent_days` after the horizon only; else it is 0.
    `break_even` is the gain whose margin within the horizon pays for the treatment (`cost` for each customer treated);
    None where nothing is paid, or the client's values are not known.
    `assignments` has a row for each customer drawn: customer_id, variant, stratum, seed.
    """

    asked: PlanRequest
    as_of: date
    baseline: Baseline
    shares: dict[str, float]
    n_available: int
    n_counted: float
    n_held_out: int
    n_drawn_before: int
    arrivals_a_day: float | None
    needed: SampleSize | None
    needed_with_covariate: SampleSize | None
    power: float | None
    effect_days: float | None
    smallest: float | None
    smallest_days: float | None
    smallest_with_covariate: float | None
    curve: pd.DataFrame
    enrolment_days: int | None
    answer_days: int | None
    cost: float
    break_even: Estimate | None
    power_at_break_even: float | None
    assignments: pd.DataFrame
    looks_back: bool
    method: str
    reason: Reason = ""
    silent_days: int = 0

    @property
    def ends_on(self) -> date | None:
        """When everybody in it has been followed, whether they are enough or not; None where new ones never are."""
        enrolled = 0 if self.arrivals_a_day is None else self.enrolment_days
        if enrolled is None:
            return None
        return self.as_of + timedelta(days=enrolled + self.asked.horizon_days + self.silent_days)

    @property
    def drawn(self) -> dict[str, int]:
        """How many were drawn for each variant, in the order of `shares`."""
        counts = self.assignments.variant.value_counts()
        return {variant: int(counts.get(variant, 0)) for variant in self.shares}

    def to_dict(self) -> dict[str, Any]:
        """The numbers by name, without what is said of single customers."""
        nested = {"asked", "baseline", "assignments", "curve", "needed", "needed_with_covariate", "break_even"}
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in nested}
        for name in ("needed", "needed_with_covariate", "break_even"):
            found = getattr(self, name)
            plain[name] = found.to_dict() if found else None
        return {**asdict(self.asked), **plain, "baseline": self.baseline.value.to_dict(), "drawn": self.drawn}

    def to_frame(self) -> pd.DataFrame:
        """The power curve, a row for each effect: effect, power, and for staying gained_days."""
        return self.curve


def plan_experiment(
    client: Client,
    *,
    outcome: OutcomeKind = "stay",
    horizon_days: int = 90,
    effect: float = 0.0,
    power: float = 0.8,
    hold_out_share: float = 0.2,
    variants: Sequence[str] = ("offer",),
    who: Who = "here",
    strata: Sequence[str] = (),
    experiment: str = "",
    confidence_level: float = 0.95,
    reward: float = 0.0,
    seed: int = 1,
) -> ExperimentPlan:
    """Plan an experiment on a client's customers; under a name, `experiment`, also draw who is to be in it.

    `effect` is the gain to be found, 0 to say only what can be seen. `who`: those `here` now, or the `new` ones as they
    come; of these, the ones of the last week are drawn. Each of `variants` is a treatment and has an equal part of what
    `hold_out_share` leaves. `reward` is what a treated customer costs beside `money.contact_cost`.
    Raises ParameterError with every fault of what was asked for.
    """
    asked = PlanRequest(
        outcome=outcome,
        horizon_days=horizon_days,
        effect=effect,
        power=power,
        hold_out_share=hold_out_share,
        variants=tuple(variants),
        who=who,
        strata=tuple(strata),
        experiment=experiment,
        confidence_level=confidence_level,
        reward=reward,
        seed=seed,
    )
    check_request(client, asked)
    observation = observe_customers(client)
    check_strata(observation, asked)
    baseline = find_baseline(client, observation, asked)
    _check_effect(asked, baseline)
    eligible, arrivals = _eligible(client, observation, asked)
    return _plan(client, observation, asked, baseline, eligible, arrivals)


def _plan(
    client: Client,
    observation: Observation,
    asked: PlanRequest,
    baseline: Baseline,
    eligible: Eligible,
    arrivals: float | None,
) -> ExperimentPlan:
    available = len(eligible.customers) if arrivals is None else round(arrivals * ARRIVALS_DAYS)
    numbers = PlanNumbers(asked=asked, baseline=baseline, n=available * baseline.counted)
    needed, smallest = numbers.needed(), numbers.smallest()
    power = numbers.power_of(asked.effect) if asked.effect else None
    days = _enrolment_days(needed, baseline.counted, arrivals) if arrivals is not None else None
    if arrivals is None and available and not _too_few_here(asked, baseline, smallest, power):
        days = 0
    silent = observation.inactive_days or 0 if asked.outcome == "stay" else 0
    cost = client.file.money.contact_cost + asked.reward
    even = find_break_even(client, observation, asked, baseline, cost)
    return ExperimentPlan(
        asked=asked,
        as_of=client.as_of,
        baseline=baseline,
        shares=asked.shares,
        n_available=available,
        n_counted=numbers.n,
        n_held_out=eligible.n_held_out,
        n_drawn_before=eligible.n_drawn_before,
        arrivals_a_day=arrivals,
        needed=needed,
        needed_with_covariate=numbers.needed(with_covariate=True),
        power=power,
        effect_days=numbers.days(asked.effect) if asked.effect else None,
        smallest=smallest,
        smallest_days=numbers.days(smallest),
        smallest_with_covariate=numbers.smallest(with_covariate=True),
        curve=numbers.curve(smallest),
        enrolment_days=days,
        answer_days=None if days is None else days + asked.horizon_days + silent,
        cost=cost,
        break_even=even,
        power_at_break_even=numbers.power_of(even.value) if even and not even.reason else None,
        assignments=_drawn(client, asked, eligible),
        looks_back=client.looks_back,
        method=baseline.planned.method if baseline.planned else baseline.value.method,
        reason=baseline.value.reason or ("" if smallest is not None else numbers.why_nothing),
        silent_days=silent,
    )


def _check_effect(asked: PlanRequest, baseline: Baseline) -> None:
    if baseline.planned is None or asked.effect <= baseline.planned.limits[1]:
        return
    most, what = baseline.planned.limits[1], "leave" if asked.outcome == "stay" else "do not buy"
    found = f"{asked.effect:g}, and only {most:.2%} {what} within {asked.horizon_days} days without it"
    raise ParameterError(Fault(where="effect", found=found, allowed=f"up to {most:.4f}, or 0"))


def _eligible(client: Client, observation: Observation, asked: PlanRequest) -> tuple[Eligible, float | None]:
    """Who can be drawn today, and of new customers how many come a day."""
    rows, arrivals = observation.rows, None
    if asked.who == "here":
        rows = rows.filter(~rows.event_observed)
    else:
        new, arrivals = arrivals_of(client, observation)
        rows = rows.semi_join(new, "customer_id") if asked.strata else new
    rows = rows.select("customer_id", *asked.strata).order_by("customer_id")
    frame: pd.DataFrame = rows.to_pyarrow().to_pandas()
    return find_eligible(client, frame, asked.experiment, asked.horizon_days), arrivals


def _drawn(client: Client, asked: PlanRequest, eligible: Eligible) -> pd.DataFrame:
    """Who is in it; nobody where only a plan was asked for: a draw would keep its customers from other lists."""
    customers = eligible.customers if asked.experiment else eligible.customers.head(0)
    return draw_variants(customers, asked.shares, asked.experiment, client.key, seed=asked.seed)


def _too_few_here(asked: PlanRequest, baseline: Baseline, smallest: float | None, power: float | None) -> bool:
    """Whether no answer can be expected of those here, who do not become more; nobody knows without a baseline."""
    if baseline.value.reason:
        return False
    return smallest is None or (asked.effect > 0 and (power or 0.0) < asked.power)


def _enrolment_days(needed: SampleSize | None, counted: float, arrivals: float) -> int | None:
    """New customers are enrolled until as many as are needed have come, else for 90 days."""
    if needed is None:
        return ARRIVALS_DAYS
    return None if needed.reason or not arrivals else math.ceil(needed.whole_total / counted / arrivals - 1e-9)
