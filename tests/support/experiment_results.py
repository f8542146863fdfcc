"""Results of made-up experiments with chosen numbers, so that sentences and charts can be held against them."""

import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.baseline import Baseline
from retention_lab.analysis.experiments.decision import Answer, Decision
from retention_lab.analysis.experiments.effects import Effect, Trimmed
from retention_lab.analysis.experiments.gates import Gate, GateRow
from retention_lab.analysis.experiments.looks import Look, Looks
from retention_lab.analysis.experiments.membership import Membership
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.plan import ExperimentPlan
from retention_lab.analysis.experiments.plan_request import PlanRequest
from retention_lab.analysis.experiments.segments import Interaction, SegmentEffect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import SurvivalArms, arms_of
from retention_lab.methods.estimates import Estimate, Reason, not_estimable
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.power import SampleSize
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.client_file import Money
from retention_lab.tables.experiment_file import Costs, Experiment, Outcome
from retention_lab.tables.experiments import Trial

STAY = Outcome(kind="survival", role="primary", horizon_days=100)
SPEND = Outcome.model_validate({"kind": "mean", "from": "transactions.amount", "window_days": 60})
BOUGHT = Outcome(kind="proportion", column="bought", role="guardrail", margin=0.02)
DAY = date(2026, 10, 31)


def estimate(value: float, reach: float = 0.0, **changes: Any) -> Estimate:
    """A number with an interval of `reach` to either side."""
    found = Estimate(
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=reach / 1.96,
        n_obs=2000,
        confidence_level=0.95,
        method="a method",
    )
    return replace(found, **changes)


def contrast(
    value: float = 2.0, reach: float = 1.0, control: float = 50.0, *, reason: Reason = "", **changes: Any
) -> Contrast:
    """A treatment that lies `value` above a control of `control`."""
    relative = estimate(value / abs(control), reach / abs(control)) if control else _no_ratio()
    clear = abs(value) > reach
    found = Contrast(
        treatment=estimate(control + value, reach / 2),
        control=estimate(control, reach / 2),
        value=value,
        ci_lower=math.nan if reason else value - reach,
        ci_upper=math.nan if reason else value + reach,
        pvalue=math.nan if reason else 0.01 if clear else 0.4,
        std_error=reach / 1.96,
        degrees_of_freedom=math.inf,
        relative=replace(relative, reason=reason or relative.reason),
        variance_reduction=0.0,
        n_obs=2000,
        confidence_level=0.95,
        method="a method",
        reason=reason,
    )
    return replace(found, **changes)


def _no_ratio() -> Estimate:
    return not_estimable("near_nought", n_obs=2000, confidence_level=0.95, method="")


def effect(one: Contrast | None = None, spec: Outcome = STAY, **changes: Any) -> Effect:
    """The effect of “offer” on staying, clear and good unless changed."""
    one = one or contrast()
    found = Effect(
        outcome="stay",
        variant="offer",
        control="hold_out",
        spec=spec,
        role=spec.role,
        contrast=one,
        pvalue_adjusted=one.pvalue,
        qvalue=one.pvalue,
        pvalue_margin=math.nan,
        plain=None,
        trimmed=None,
        quantiles=(),
        staying=None,
        is_anytime=False,
    )
    return replace(found, **changes)


def trimmed(n_extreme: int = 0, **changes: Any) -> Trimmed:
    """The largest values cut at 200, and at most left out above 2,000."""
    values: dict[str, Any] = {
        "as_is": contrast(2.0, 1.0),
        "cut": 200.0,
        "winsorised": contrast(1.5, 0.8),
        "extreme": 2000.0,
        "n_extreme": n_extreme,
        "without_extreme": contrast(1.2, 0.7) if n_extreme else None,
    }
    return Trimmed(**{**values, **changes})


def study(
    outcomes: dict[str, Outcome] | None = None, *, variants: tuple[str, ...] = ("hold_out", "offer"), **changes: Any
) -> ExperimentStudy:
    """An experiment with a thousand customers in each variant."""
    outcomes = outcomes or {"stay": STAY}
    design = {name: changes.pop(name) for name in ("design", "ends_on", "n_planned") if name in changes}
    shares = changes.pop("shares", dict.fromkeys(variants, 1 / len(variants)))
    spec = Experiment(control=variants[0], shares=shares, outcomes=outcomes, costs=Costs(reward=3.0), **design)
    of_trial = {name: changes.pop(name) for name in list(changes) if name in Trial.__dataclass_fields__}
    trial = Trial(
        **{
            "name": "spring",
            "spec": spec,
            "is_list": False,
            "variants": variants,
            "shares": shares,
            "units": ibis.memtable(pd.DataFrame({"variant": list(variants)})),
            "randomised": "customer",
            "by_order": False,
            "has_customers": True,
            "has_days": True,
            "has_received": False,
            "segments": (),
            "counts": pd.DataFrame({"variant": variants, "assigned": 1000, "rows": 1000, "analysed": 990}),
            "per_outcome": pd.DataFrame(
                [(name, variant, 990, 990, 990) for name in outcomes for variant in variants],
                columns=["outcome", "variant", "n", "mature", "known"],
            ),
            "n_clusters": 0,
            "n_mixed_clusters": 0,
            "first_assigned": date(2026, 3, 2),
            "last_assigned": date(2026, 3, 15),
            "as_of": DAY,
            "kept_by_filter": pd.DataFrame(),
            "notes": (),
            **of_trial,
        }
    )
    values = {"min_group": 10, "confidence_level": 0.95, "where": (), "money": Money(margin_rate=0.4), **changes}
    return ExperimentStudy(trial=trial, primary=next(iter(outcomes)), as_of=DAY, **values)


def no_study() -> ExperimentStudy:
    """A client without an experiment."""
    return replace(study(), trial=None, primary="")


def gate(name: str, status: str = "passed", rows: tuple[GateRow, ...] = (), **changes: Any) -> Gate:
    """A gate with the facts that its kind always has, each of them unremarkable unless changed."""
    unremarkable: dict[str, dict[str, float]] = {
        "assignment": dict.fromkeys(
            ("n_double", "n_received", "n_received_known", "n_outside", "double", "received", "outside"), 0.0
        ),
        "unit": {"by_order": 0, "has_customers": 1, "n_rows": 2000, "n_customers": 2000, "n_clusters": 0, "n_mixed": 0},
        "maturity": {"has_days": 1, "n": 2000, "over": 2000, "days": 60},
        "early_look": {"n": 2000, "n_planned": 5000, "anytime": 0},
        "lost": {"share": 0.0, "gone": 0.0, "unknown": 0.0},
        "balance": {"n": 1},
        "size": {"fewest": 1000, "events": math.nan},
        "outliers": {"n_extreme": 0, "turned": 0},
    }
    facts = {**unremarkable.get(name, {}), **changes.pop("facts", {})}
    about = changes.pop("about", "stay")
    return Gate(name=name, status=status, rows=rows, about=about, facts=facts, **changes)  # type: ignore[arg-type]


def rows(*counts: tuple[str, float, float, float]) -> tuple[GateRow, ...]:
    """Variant, number, of how many, expected."""
    return tuple(GateRow(variant=variant, n=n, of=of, expected=expected) for variant, n, of, expected in counts)


def money(
    gain: float = 5.0, reach: float = 2.0, cost: float = 2.0, *, reason: Reason = "", **changes: Any
) -> VariantMoney:
    """What a customer with “offer” brings, and what one costs."""
    net = estimate(gain - cost, reach)
    if reason:
        net = not_estimable(reason, n_obs=2000, confidence_level=0.95, method="")
    z = np.linspace(-2.5, 2.5, 100)
    found = VariantMoney(
        variant="offer",
        basis=("stay",),
        days=100,
        gain=estimate(gain, reach),
        cost=estimate(cost),
        net=net,
        break_even_cost=estimate(gain, reach),
        loss_chance=0.2,
        n_customers=1980,
        roll_out=estimate(1980 * (gain - cost), 1980 * reach),
        roll_out_shares=np.array([0.5 * (1 + math.erf(one / math.sqrt(2))) for one in z]),
        roll_out_values=1980 * (gain - cost + z * reach / 1.96),
        margin_known=True,
    )
    return replace(found, **changes)


def decision(answer: Answer, of: Effect | None = None, earned: VariantMoney | None = None, **changes: Any) -> Decision:
    """An answer, on the effect and the money given."""
    values: dict[str, Any] = {"gates": (), "guardrails": (), **changes}
    return Decision(answer=answer, effect=of, money=earned, **values)


def arms(left: float = 0.1, control_left: float = 0.2, variant: str = "offer", n: int = 1000) -> SurvivalArms:
    """A treatment of whom `left` leave within 100 days, evenly, and a control."""
    tables = [
        life_table(np.minimum(np.linspace(1, 100 / share, n), 130).round(), np.linspace(1, 100 / share, n) < 130)
        for share in (left, control_left)
    ]
    return arms_of(study(), variant, tables[0], tables[1], 100.0, "days")


def looks(n: int = 30, variant: str = "offer") -> Looks:
    """Looks on `n` days, at intervals that narrow around 2."""
    return Looks(
        outcome="spend",
        variant=variant,
        looks=tuple(
            Look(
                day=date(2026, 3, 2) + timedelta(days=day),
                n_obs=100.0 * (day + 1),
                anytime=contrast(2.0, 20 / math.sqrt(day + 1)),
                fixed=contrast(2.0, 10 / math.sqrt(day + 1)),
            )
            for day in range(n)
        ),
    )


def interaction(pvalue: float = 0.4, n_groups: int = 2, **changes: Any) -> Interaction:
    """The effect in groups of `region`, higher by 3 from each to the next."""
    groups = tuple(SegmentEffect(level=f"Region {k + 1}", contrast=contrast(1.0 + 3 * k, 0.8)) for k in range(n_groups))
    found = Interaction(
        column="region",
        variant="offer",
        statistic=1.0,
        degrees_of_freedom=max(n_groups - 1, 0),
        pvalue=pvalue,
        pvalue_adjusted=pvalue,
        groups=groups,
        n_small=0,
        confidence_level=0.95,
    )
    return replace(found, **changes)


def membership(**changes: Any) -> Membership:
    """Members far ahead naively, and hardly from the landmark on."""
    curve = arms().control
    found = Membership(
        name="club",
        unit="days",
        horizon=365.0,
        landmark_at=193.0,
        naive=estimate(0.279, 0.015),
        naive_members=curve,
        naive_others=curve,
        landmark=estimate(0.002, 0.014),
        landmark_members=curve,
        landmark_others=curve,
        n_members=6000,
        n_others=9000,
        n_landmark_members=5000,
        n_landmark_others=8000,
    )
    return replace(found, **changes)


def plan(outcome: str = "stay", asked: dict[str, Any] | None = None, **changes: Any) -> ExperimentPlan:
    """Two thousand customers, a fifth of them held out, of whom 90% stay anyway; no effect is asked for."""
    request = PlanRequest(
        **{
            "outcome": outcome,
            "horizon_days": 90,
            "effect": 0.0,
            "power": 0.8,
            "hold_out_share": 0.2,
            "variants": ("offer",),
            "who": "here",
            "strata": (),
            "experiment": "spring",
            "confidence_level": 0.95,
            "reward": 0.0,
            "seed": 1,
            **(asked or {}),
        }  # type: ignore[arg-type]
    )
    found = ExperimentPlan(
        asked=request,
        as_of=DAY,
        baseline=baseline(),
        shares=request.shares,
        n_available=2000,
        n_counted=2000.0,
        n_held_out=0,
        n_drawn_before=0,
        arrivals_a_day=None,
        needed=None,
        needed_with_covariate=None,
        power=None,
        effect_days=None,
        smallest=0.041,
        smallest_days=2.06,
        smallest_with_covariate=None,
        curve=pd.DataFrame({"effect": np.linspace(0, 0.08, 41), "power": np.linspace(0.025, 1, 41)}),
        enrolment_days=0,
        answer_days=90,
        cost=2.0,
        break_even=None,
        power_at_break_even=None,
        assignments=pd.DataFrame({"variant": ["hold_out"] * 400 + ["offer"] * 1600}),
        looks_back=False,
        method="a method",
    )
    return replace(found, **changes)


def baseline(**changes: Any) -> Baseline:
    """What two thousand customers of before did."""
    found = Baseline(
        value=estimate(0.9, 0.01),
        planned=None,
        basis="landmark",
        first_day=date(2026, 8, 2),
        last_day=date(2026, 8, 2),
        n_past=2000,
        counted=1.0,
    )
    return replace(found, **changes)


def needed(total: int = 5000, reason: Reason = "") -> SampleSize:
    """How many customers an effect takes."""
    return SampleSize(
        effect=0.02,
        n_control=0.2 * total,
        n_treated=0.8 * total,
        whole_control=round(0.2 * total),
        whole_treated=round(0.8 * total),
        whole_total=total,
        power=0.8,
        significance=0.05,
        method="a method",
        reason=reason,
    )
