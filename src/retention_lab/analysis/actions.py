"""Whom to contact: those where a contact is expected to save more than it costs, and a hold-out to prove it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.save_rates import SaveRate
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy
from retention_lab.errors import ParameterError
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.proportions import smallest_reduction
from retention_lab.tables.assignments import (
    CONTACT,
    assign_variants,
    is_elsewhere,
    name_wave,
    share_faults,
    standing_on,
)
from retention_lab.tables.client import Client

Floats = NDArray[np.float64]
# Weights in the order of the customers here, and a seed; the weighted losses as fitted, and in each draw of the fit.
DrawLosses = Callable[[Floats, int], tuple[float, Floats]]
_METHOD, _DRAWN = "chance of leaving by the model", ", interval from {n} seeded draws of its fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMoney:
    """What the contacts of a list are expected to save, and what that is made of; amounts over the horizon.

    `saving` is `margin_at_risk` (of the contacted who are expected to leave if nothing is done) times the save rate,
    less `cost`. `break_even` is the save rate at which the contacts of this list just pay, `lowest_break_even` that of
    the one customer who is worth most (nan where nobody is judged). `by_risk_less` is how much less as many contacts
    would save if those most likely to leave were chosen; `hold_out_costs` the saving given up on those held out.
    """

    saving: Estimate
    margin_at_risk: Estimate
    break_even: Estimate
    by_risk_less: Estimate
    hold_out_costs: Estimate
    cost: float
    contact_cost: float
    lowest_break_even: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut:
    """What can be learnt from those who are left alone.

    `share_leaving` of the list is expected to leave by the horizon. `smallest_save_rate` is the smallest that the
    comparison finds with 80% power at 5%, two-sided; nan where it would find none. `n_elsewhere` of the held out were
    drawn by another list, and are no part of the comparison.
    """

    n_hold_out: int
    n_elsewhere: int
    share_leaving: float
    smallest_save_rate: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActionPlan:
    """Who is on the list, what that is expected to save, and what can be learnt from it.

    `customers` has a row for each customer selected, the first one first. Without monthly values there is no `money`,
    and the list is ranked by risk. `losses` are the contacted who are expected to leave if nothing is done.
    `curve_by_value` and `curve_by_risk` are the saving (without money the losses) of the first 1, 2, ... customers
    judged, in either order. `n_worth` customers are worth a contact, before the limit on the list's length.
    `looks_back` says that the day lies so far back that nobody is to be contacted for it.
    """

    experiment: str
    as_of: date
    unit: str
    horizon: float
    horizon_days: int
    confidence_level: float
    save_rate: SaveRate
    looks_back: bool
    customers: pd.DataFrame
    losses: Estimate
    money: ListMoney | None
    hold_out: HoldOut
    curve_by_value: Floats
    curve_by_risk: Floats
    n_here: int
    n_not_judged: int
    n_without_value: int
    n_worth: int
    n_contact: int

    def to_frame(self) -> pd.DataFrame:
        """One row for each customer selected: what an action list shows, and the variant."""
        names = {"tenure": f"tenure_{self.unit}", "value": "monthly_value", "saving": "expected_saving"}
        frame = self.customers if self.money else self.customers.drop(columns=["value", "saving"])
        # What people see and send on ends where it means nothing any more.
        return frame.round({"tenure": 2, "risk": 4, "value": 2, "saving": 2}).rename(columns=names)


def choose_actions(
    client: Client,
    study: ChurnStudy,
    here: pd.DataFrame,
    draw_losses: DrawLosses,
    *,
    save_rate: SaveRate,
    experiment: str = "churn-survival",
    contact_share: float = 0.1,
    hold_out_share: float = 0.2,
    seed: int = 1,
) -> ActionPlan:
    """Choose at most `contact_share` of the customers here, by what a contact is expected to save, and hold some out.

    A contact saves risk x monthly margin x months of the horizon x save rate, less its cost; only those count where
    that is more than nought. `here` has a row for each customer here, in order: customer_id, tenure, risk (nan: not
    judged) and value (a month; nan: not known). `experiment` is the list's name, under which hold-outs are drawn.
    """
    if faults := share_faults(contact_share, hold_out_share):
        raise ParameterError(faults)
    if study.n_left < FEW_EVENTS:
        # Too few to say how many will leave are too few to say who.
        here = here.assign(risk=math.nan)
    has_money = bool(here.value.notna().any())
    scored = _scored(client, study, here, save_rate.value)
    score = "saving" if has_money else "risk"
    judged = scored[scored.risk.notna()]
    ranked, by_risk = (judged.sort_values(name, ascending=False, kind="stable") for name in (score, "risk"))
    worth = ranked[ranked[score] > 0]
    selected = worth.head(max(1, math.floor(contact_share * len(here) + 1e-9)))
    chosen = _assigned(client, study, selected, experiment, hold_out_share)
    draws = _Draws(n_here=len(here), draw=draw_losses, seed=seed, level=study.confidence_level)
    contact = chosen[chosen.variant == CONTACT]
    return ActionPlan(
        experiment=name_wave(experiment, client.as_of),
        as_of=client.as_of,
        unit=study.unit,
        horizon=study.horizon,
        horizon_days=study.horizon_days,
        confidence_level=study.confidence_level,
        save_rate=save_rate,
        looks_back=client.looks_back,
        customers=chosen.drop(columns="margin").reset_index(drop=True),
        losses=draws.estimate(draws.of(contact, each=1.0), len(contact)),
        money=_money(client, draws, chosen, by_risk, save_rate.value) if has_money else None,
        hold_out=_hold_out(chosen),
        curve_by_value=ranked[score].cumsum().to_numpy(dtype=float),
        curve_by_risk=by_risk[score].cumsum().to_numpy(dtype=float),
        n_here=len(here),
        n_not_judged=len(here) - len(judged),
        n_without_value=int((~(here.value >= 0)).sum()) if has_money else 0,
        n_worth=len(worth),
        n_contact=len(contact),
    )


def _scored(client: Client, study: ChurnStudy, here: pd.DataFrame, save_rate: float) -> pd.DataFrame:
    """With the margin of each customer over the horizon, and what a contact is expected to save of it."""
    money, months = client.file.money, 12 * study.horizon / study.year
    rate = money.margin_rate if money.monthly_value_is == "revenue" else 1.0
    found = here[["customer_id", "tenure", "risk", "value"]].reset_index(drop=True)
    found["margin"] = found.value.fillna(0.0).clip(lower=0.0) * rate * months
    found["saving"] = found.risk * found.margin * save_rate - money.contact_cost
    return found


def _assigned(client: Client, study: ChurnStudy, selected: pd.DataFrame, name: str, share: float) -> pd.DataFrame:
    standing = standing_on(client.assignments, client.as_of, study.horizon_days)
    variants = assign_variants(selected.customer_id.tolist(), name, client.key, share, standing)
    return selected.assign(**{column: variants[column].to_numpy() for column in ("variant", "stratum", "seed")})


def _hold_out(chosen: pd.DataFrame) -> HoldOut:
    elsewhere = is_elsewhere(chosen.stratum)
    drawn = chosen[~elsewhere]
    share, n_contact = float(drawn.risk.mean()) if len(drawn) else math.nan, int((drawn.variant == CONTACT).sum())
    found = smallest_reduction(share, len(drawn) - n_contact, n_contact)
    return HoldOut(
        n_hold_out=int((chosen.variant != CONTACT).sum()),
        n_elsewhere=int(elsewhere.sum()),
        share_leaving=share,
        smallest_save_rate=found / share if share > 0 else math.nan,
    )


def _money(client: Client, draws: "_Draws", chosen: pd.DataFrame, by_risk: pd.DataFrame, rate: float) -> ListMoney:
    each, n_chosen = client.file.money.contact_cost, len(chosen)
    contact = chosen[chosen.variant == CONTACT]
    n_contact, n_held = len(contact), n_chosen - len(contact)
    at_risk, all_at_risk, others = draws.of(contact), draws.of(chosen), draws.of(by_risk.head(n_chosen))
    best = float((by_risk.risk * by_risk.margin).max()) if len(by_risk) else 0.0
    # Where no margin is at risk, no save rate pays.
    even = each * n_contact / np.where(at_risk > 0, at_risk, math.nan)
    return ListMoney(
        saving=draws.estimate(rate * at_risk - each * n_contact, n_contact),
        margin_at_risk=draws.estimate(at_risk, n_contact),
        break_even=draws.estimate(even, n_contact),
        by_risk_less=draws.estimate(rate * (all_at_risk - others), n_chosen),
        hold_out_costs=draws.estimate(rate * (all_at_risk - at_risk) - each * n_held, n_held),
        cost=each * n_contact,
        contact_cost=each,
        lowest_break_even=each / best if best > 0 else math.nan,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draws:
    """Sums over some of the customers here, as fitted and then in each draw. Sums of one seed share their draws."""

    n_here: int
    draw: DrawLosses
    seed: int
    level: float

    def of(self, some: pd.DataFrame, each: float | None = None) -> Floats:
        """The expected loss of margin, or of `each` for one customer."""
        weights = np.zeros(self.n_here)
        weights[some.index] = some.margin if each is None else each
        # Where there is nothing to lose, nothing is lost in any draw.
        return np.append(*self.draw(weights, self.seed)) if weights.any() else np.zeros(1)

    def estimate(self, sums: Floats, n_obs: int) -> Estimate:
        """With the percentiles of the draws as interval."""
        value, drawn = float(sums[0]), sums[1:] if len(sums) > 1 else sums
        method = _METHOD + (_DRAWN.format(n=len(drawn)) if len(drawn) > 1 else "")
        if not np.isfinite(sums).all():
            return not_estimable("too_few", n_obs=n_obs, confidence_level=self.level, method=method)
        tail = (1 - self.level) / 2
        lower, upper = np.quantile(drawn, [tail, 1 - tail])
        return Estimate(
            value=value,
            ci_lower=float(lower),
            ci_upper=float(upper),
            std_error=float(drawn.std()),
            n_obs=n_obs,
            confidence_level=self.level,
            method=method,
        )
