"""Of the customers who would have left, how many stay because they are contacted: what the client's last list says.

A list sent in March, with customers held out by chance, is an experiment that can be read in June.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pandas as pd

from retention_lab.analysis.study import ChurnStudy
from retention_lab.errors import DataError, ParameterError
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.proportions import estimate_risk_ratio
from retention_lab.tables.assignments import CONTACT, HOLD_OUT, list_of
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import Money
from retention_lab.tables.observation import observe_customers

# In either group fewer customers than this say nothing.
FEW_CUSTOMERS = 50
_METHOD = "one less the ratio of the shares who left, contacted to held out; Mantel-Haenszel over strata"
WhyNot = Literal["", "no_list", "no_dates", "too_few", "unclear"]
Source = Literal["experiment", "client file", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveRate:
    """The share kept, by a contact, of those who would leave: `value` is the one to reckon with, from `source`.

    `assumed` is the client file's, or our own where the file is silent: then the source is `default`, which nobody at
    the client has ever said. `estimate` is that of the last finished list, `experiment`; `why_not` says why the list's
    is not the one used. It is used unless its interval holds both nought and the assumed rate: then it cannot tell a
    contact that does nothing from one that does what was assumed. A clear result counts, welcome or not. `money` is
    what else the client file says of money; `has_dates`, whether a list sent today can be read later.
    """

    value: float
    source: Source
    assumed: float
    estimate: Estimate
    experiment: str
    assigned_on: date | None
    n_contact: int
    n_contact_left: int
    n_hold_out: int
    n_hold_out_left: int
    n_lost: int
    why_not: WhyNot
    money: Money
    has_dates: bool


def find_save_rate(client: Client, study: ChurnStudy, *, experiment: str = "churn-survival") -> SaveRate:
    """The save rate of the last finished list called `experiment`, where there is one that says enough.

    A list is finished when a horizon has passed since. Who left by then is seen from the tenure at that day, so the
    customers must have dates: tenures alone cannot be turned back.
    """
    money, has_dates = client.file.money, _has_dates(client)
    level = study.confidence_level
    wave = _last_finished(client.assignments, experiment, study)
    if wave.empty:
        return _assumed(money, "no_list", level, has_dates)
    name, day = str(wave.experiment.iloc[0]), wave.assigned_on.iloc[0]
    try:
        outcomes = _outcomes(client, study, day)
    except (DataError, ParameterError):
        return _assumed(money, "no_dates", level, has_dates, name, day)
    return estimate_save_rate(wave, outcomes, money=money, confidence_level=level)


def estimate_save_rate(
    assignments: pd.DataFrame, outcomes: pd.DataFrame, *, money: Money, confidence_level: float = 0.95
) -> SaveRate:
    """Compare who left among the contacted and the held out of one list.

    `outcomes` has a row for each customer who was here on the list's day: customer_id and `left`, by the end of the
    horizon. Customers whom another list held out have nobody to be compared with in their stratum, and drop out.
    """
    assumed = money.save_rate
    known = assignments.merge(outcomes, on="customer_id", how="left")
    lost = known.left.isna()
    counts = _counts(known[~lost])
    ratio = estimate_risk_ratio(
        counts.contact_left, counts.contact, counts.hold_out_left, counts.hold_out, confidence_level
    )
    both = counts[(counts.contact > 0) & (counts.hold_out > 0)].sum()
    few = min(both.contact, both.hold_out) < FEW_CUSTOMERS or bool(ratio.reason)
    estimate = _kept(ratio, few)
    unclear = not few and estimate.ci_lower <= min(0.0, assumed) and max(0.0, assumed) <= estimate.ci_upper
    why_not: WhyNot = "too_few" if few else "unclear" if unclear else ""
    return SaveRate(
        value=assumed if why_not else min(max(estimate.value, 0.0), 1.0),
        source=_said_by(money) if why_not else "experiment",
        assumed=assumed,
        estimate=estimate,
        experiment=str(assignments.experiment.iloc[0]),
        assigned_on=assignments.assigned_on.iloc[0],
        n_contact=int(both.contact),
        n_contact_left=int(both.contact_left),
        n_hold_out=int(both.hold_out),
        n_hold_out_left=int(both.hold_out_left),
        n_lost=int(lost.sum()),
        why_not=why_not,
        money=money,
        has_dates=True,
    )


def _said_by(money: Money) -> Source:
    """Who says what share can be kept, where no list does."""
    return "client file" if "save_rate" in money.model_fields_set else "default"


def _has_dates(client: Client) -> bool:
    """Whether tenures can be turned back; purchases always have their days."""
    by_silence = client.file.churn.kind == "inactivity"
    return by_silence or client.file.tables["customers"].has_dates


def _last_finished(assignments: pd.DataFrame, list_name: str, study: ChurnStudy) -> pd.DataFrame:
    """The finished wave of a list that drew most customers for the first time, of equal ones the last.

    Only those whom it drew first are in it: whoever is on the list again, contacted all along, is there because the
    contacts may have kept them, and a wave of such customers would show more than a contact does.
    """
    ours = assignments[assignments.experiment.map(list_of) == list_name]
    first = ours.sort_values(["assigned_on", "experiment"], kind="stable").drop_duplicates("customer_id")
    finished = first[first.assigned_on <= study.as_of - timedelta(days=study.horizon_days)]
    if finished.empty:
        return pd.DataFrame(finished)
    waves = finished.groupby("experiment").agg(n=("customer_id", "size"), day=("assigned_on", "max")).reset_index()
    chosen = waves.sort_values(["n", "day", "experiment"], ascending=[False, False, True]).experiment.iloc[0]
    return pd.DataFrame(finished[finished.experiment == chosen])


def _outcomes(client: Client, study: ChurnStudy, day: date) -> pd.DataFrame:
    """Who was here on a day, and whether each left within the horizon of it. Raises ParameterError without dates."""
    silence = study.observation.inactive_days
    # Who counts as gone only after a silence is known through that much less than the day.
    end = day + timedelta(days=study.horizon_days + (silence or 0))
    then, now = (observe_customers(client, one, silence).rows for one in (day, end))
    here = then.filter(~then.event_observed).select("customer_id")
    asked = now.semi_join(here, "customer_id").semi_join(study.observation.rows, "customer_id")
    outcomes: pd.DataFrame = asked.select("customer_id", left=asked.event_observed).order_by("customer_id").to_pandas()
    return outcomes


def _counts(known: pd.DataFrame) -> pd.DataFrame:
    """For each stratum how many were contacted and held out, and how many of them left."""
    left, contact, held = known.left.astype(bool), known.variant == CONTACT, known.variant == HOLD_OUT
    flags = {
        "contact": contact,
        "contact_left": contact & left,
        "hold_out": held,
        "hold_out_left": held & left,
    }
    return pd.DataFrame(flags).astype(int).groupby(known.stratum).sum()


def _kept(ratio: Estimate, few: bool) -> Estimate:
    if few:
        return not_estimable("too_few", n_obs=ratio.n_obs, confidence_level=ratio.confidence_level, method=_METHOD)
    return Estimate(
        value=1 - ratio.value,
        ci_lower=1 - ratio.ci_upper,
        ci_upper=1 - ratio.ci_lower,
        std_error=ratio.value * ratio.std_error,
        n_obs=ratio.n_obs,
        confidence_level=ratio.confidence_level,
        method=_METHOD,
    )


def _assumed(
    money: Money,
    why_not: WhyNot,
    confidence_level: float,
    has_dates: bool,
    experiment: str = "",
    day: date | None = None,
) -> SaveRate:
    return SaveRate(
        value=money.save_rate,
        source=_said_by(money),
        assumed=money.save_rate,
        estimate=not_estimable("not_observed", n_obs=0, confidence_level=confidence_level, method=_METHOD),
        experiment=experiment,
        assigned_on=day,
        n_contact=0,
        n_contact_left=0,
        n_hold_out=0,
        n_hold_out_left=0,
        n_lost=0,
        why_not=why_not,
        money=money,
        has_dates=has_dates,
    )
