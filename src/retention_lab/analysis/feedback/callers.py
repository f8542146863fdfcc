"""Whom to call: who announces the leaving, who has a complaint open, who is valuable and has been unhappy for long.

And a hold-out to prove it.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.study import FeedbackStudy, unhappiness
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.proportions import smallest_reduction
from retention_lab.methods.shrinkage import shrink_shares
from retention_lab.tables.assignments import (
    CONTACT,
    assign_variants,
    is_elsewhere,
    name_wave,
    share_faults,
    standing_on,
)
from retention_lab.tables.client import Client
from retention_lab.tables.observation import MONTHLY_VALUE, observe_customers

Floats = NDArray[np.float64]
Reason = Literal["leaving", "complaint", "unhappy"]
HALF_LIFE = 30
"""After so many days a complaint counts half: what is not settled by then has been settled, or has been given up."""
_HIGH_VALUE = 0.8
_LIKELY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallPlan:
    """Who is to be called, in order.

    `customers` has a row for each one selected: customer_id, reason, chance (that a goodbye or a complaint still
    stands, or of a next unhappy comment), value (a month; nan: not known), priority (chance x value), last_on,
    n_comments, feedback_id (of the comment that decided), variant, stratum, seed. `n_leaving`, `n_complaints` and
    `n_unhappy` had that reason, before the limit on the list's length; `usual` is the share of unhappy comments of a
    customer nobody knows yet. `smallest_save_rate` is the smallest share of leavers kept that the hold-out can show
    where `share_leaving` leave (nan: not known).
    """

    experiment: str
    as_of: date
    horizon_days: int
    customers: pd.DataFrame
    has_value: bool
    looks_back: bool
    n_here: int
    n_leaving: int
    n_complaints: int
    n_unhappy: int
    n_contact: int
    n_hold_out: int
    n_elsewhere: int
    usual: float
    share_leaving: float
    smallest_save_rate: float

    def to_frame(self) -> pd.DataFrame:
        """One row for each customer selected: what an action list shows, and the variant."""
        names = ["customer_id", "reason", "last_on", "n_comments", "chance", "value", "feedback_id"]
        names += ["variant", "stratum", "seed"]
        frame = self.customers[names if self.has_value else [name for name in names if name != "value"]]
        days = frame.last_on.dt.strftime("%Y-%m-%d")
        frame = frame.assign(last_on=days).round({"chance": 4, "value": 2})
        return frame.rename(
            columns={"value": "monthly_value", "last_on": "last_comment_on", "chance": "chance_unhappy"}
        )


def choose_calls(
    client: Client,
    study: FeedbackStudy,
    *,
    experiment: str = "feedback-calls",
    horizon_days: int = 180,
    contact_share: float = 0.02,
    hold_out_share: float = 0.2,
    share_leaving: float = math.nan,
) -> CallPlan:
    """Choose at most `contact_share` of the customers who are here (of those who wrote, where nobody else is known).

    A goodbye of the recent days counts as said, a complaint with the chance that its writer is unhappy; both half as
    much every `HALF_LIFE` days. Where a customer's own comments are few, the share of unhappy ones is drawn towards
    everybody's (a beta-binomial prior), so that one bad day makes nobody a hater; who is among the most valuable fifth
    and, so judged, surely unhappier than the rest is called too.
    """
    if faults := _faults(contact_share, hold_out_share, horizon_days):
        raise ParameterError(faults)
    here = _here(client, study)
    said = study.comments[study.comments.customer_id.isin(here.customer_id)]
    unhappy = unhappiness(said)
    spoken = _spoken_up(study, said.assign(unhappy=unhappy))
    long, usual = _long_unhappy(said.assign(unhappy=unhappy), here)
    found = pd.concat([spoken, long[~long.customer_id.isin(spoken.customer_id)]], ignore_index=True)
    found = found.merge(here, on="customer_id", validate="one_to_one")
    found["priority"] = found.chance * (found.value.fillna(0.0).clip(lower=0.0) if here.value.notna().any() else 1.0)
    ranked = found.sort_values(["priority", "chance", "customer_id"], ascending=[False, False, True])
    n_most = max(1, math.floor(contact_share * len(here) + 1e-9))
    chosen = _assigned(client, ranked.head(n_most), experiment, hold_out_share, horizon_days)
    drawn = chosen[~is_elsewhere(chosen.stratum)]
    n_contact = int((drawn.variant == CONTACT).sum())
    smallest = smallest_reduction(share_leaving, len(drawn) - n_contact, n_contact)
    return CallPlan(
        experiment=name_wave(experiment, client.as_of),
        as_of=client.as_of,
        horizon_days=horizon_days,
        customers=chosen.reset_index(drop=True),
        has_value=bool(here.value.notna().any()),
        looks_back=client.looks_back,
        n_here=len(here),
        n_leaving=int((found.reason == "leaving").sum()),
        n_complaints=int((found.reason == "complaint").sum()),
        n_unhappy=int((found.reason == "unhappy").sum()),
        n_contact=int((chosen.variant == CONTACT).sum()),
        n_hold_out=int((chosen.variant != CONTACT).sum()),
        n_elsewhere=int(is_elsewhere(chosen.stratum).sum()),
        usual=usual,
        share_leaving=share_leaving,
        smallest_save_rate=smallest / share_leaving if share_leaving > 0 else math.nan,
    )


def _faults(contact_share: float, hold_out_share: float, horizon_days: int) -> list[Fault]:
    faults = share_faults(contact_share, hold_out_share)
    if horizon_days < 1:
        faults.append(Fault(where="horizon_days", found=str(horizon_days), allowed="1 or more"))
    return faults


def _here(client: Client, study: FeedbackStudy) -> pd.DataFrame:
    """Who can be called: customers who are still here, with their monthly value where that is known."""
    if "customers" not in client.file.tables and "transactions" not in client.file.tables:
        writers = study.comments.customer_id.dropna().unique()
        return pd.DataFrame({"customer_id": np.sort(writers), "value": np.nan})
    rows = observe_customers(client).to_frame()
    here = rows[~rows.event_observed.astype(bool)]
    value = here[MONTHLY_VALUE].to_numpy(dtype=float) if MONTHLY_VALUE in here else np.nan
    return pd.DataFrame({"customer_id": here.customer_id, "value": value}).reset_index(drop=True)


def _spoken_up(study: FeedbackStudy, said: pd.DataFrame) -> pd.DataFrame:
    """A row for each customer whose goodbye or complaint is likely to stand, with the comment that says so most."""
    age = (pd.Timestamp(study.as_of) - said.received_on).dt.days
    some = said[(said.complaint | said.leaving) & (age < study.recent_days)].copy()
    some["each"] = some.unhappy.where(~some.leaving, 1.0) * 0.5 ** (age[some.index] / HALF_LIFE)
    some["log_none"] = np.log1p(-some.each.clip(upper=1 - 1e-9))
    strongest = some.sort_values(["each", "received_on"]).drop_duplicates("customer_id", keep="last")
    facts = some.groupby("customer_id", sort=True).agg(
        last_on=("received_on", "max"),
        n_comments=("unhappy", "size"),
        none=("log_none", "sum"),
        leaves=("leaving", "any"),
    )
    found = facts.join(strongest.set_index("customer_id").feedback_id).reset_index()
    found["chance"], found["reason"] = 1 - np.exp(found.none), np.where(found.leaves, "leaving", "complaint")
    likely: pd.DataFrame = found[found.chance >= _LIKELY].drop(columns=["none", "leaves"])
    return likely


def _long_unhappy(said: pd.DataFrame, here: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Valuable customers whose share of unhappy comments surely lies above the usual one; and that usual share."""
    # Counted by whichever is likelier: sums of chances differ so little that all customers would look alike.
    by_customer = said.assign(counted=said.unhappy > _LIKELY).groupby("customer_id", sort=True)
    facts = by_customer.agg(last_on=("received_on", "max"), n_comments=("unhappy", "size"), sum=("counted", "sum"))
    shrunk = shrink_shares(facts["sum"].to_numpy(dtype=float), facts.n_comments.to_numpy(dtype=float))
    usual = shrunk.prior_a / (shrunk.prior_a + shrunk.prior_b)
    worst = said.sort_values(["unhappy", "received_on"]).drop_duplicates("customer_id", keep="last")
    facts = facts.join(worst.set_index("customer_id").feedback_id)
    facts["chance"], facts["reason"] = shrunk.mean, "unhappy"
    value = here.set_index("customer_id").value.reindex(facts.index)
    is_high = value >= here.value.quantile(_HIGH_VALUE) if here.value.notna().any() else value.isna()
    surely = facts[(shrunk.lower > usual) & is_high.to_numpy()]
    return surely.drop(columns="sum").reset_index(), float(usual)


def _assigned(client: Client, selected: pd.DataFrame, experiment: str, share: float, horizon_days: int) -> pd.DataFrame:
    standing = standing_on(client.assignments, client.as_of, horizon_days)
    variants = assign_variants(selected.customer_id.tolist(), experiment, client.key, share, standing)
    return selected.assign(**{name: variants[name].to_numpy() for name in ("variant", "stratum", "seed")})
