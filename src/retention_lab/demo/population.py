"""The customers as they are, before an export spoils them: who came, when, and when they left.

Leaving follows a proportional-hazards model with a piecewise-constant baseline (`truth`). Times are drawn by the exact
inverse of the cumulative hazard and rounded up to whole days, so that the share still here after d days is S(d).
What a customer is like does not depend on when they came; a late entry is therefore independent of the leaving time.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Shares = Mapping[str, tuple[float, ...]]

CHANNELS = tuple(truth.HAZARD_RATIOS["channel"])
CONTRACTS = tuple(truth.HAZARD_RATIOS["contract"])
PAYMENTS = tuple(truth.HAZARD_RATIOS["payment"])
REGIONS = tuple(truth.HAZARD_RATIOS["region"])
REASONS = ("voluntary", "non-payment", "moved")
FEES = (24.9, 29.9, 34.9, 39.9, 49.9, 59.9)

_CHANNEL_SHARES = (0.34, 0.34, 0.18, 0.14)
# By channel. Door to door sells monthly contracts and bank slips, in the South and to the old: so what leavers have
# in common at first sight is not what makes them leave.
_CONTRACT_SHARES: Shares = {
    "Shop": (0.42, 0.33, 0.25),
    "Web": (0.50, 0.32, 0.18),
    "Door to door": (0.68, 0.22, 0.10),
    "Partner": (0.48, 0.30, 0.22),
}
_PAYMENT_SHARES: Shares = {
    "Shop": (0.62, 0.20, 0.18),
    "Web": (0.50, 0.42, 0.08),
    "Door to door": (0.40, 0.14, 0.46),
    "Partner": (0.55, 0.22, 0.23),
}
_REGION_SHARES: Shares = {
    "Shop": (0.46, 0.25, 0.20, 0.09),
    "Web": (0.50, 0.24, 0.18, 0.08),
    "Door to door": (0.24, 0.20, 0.38, 0.18),
    "Partner": (0.44, 0.26, 0.21, 0.09),
}
_MEAN_AGE = {"Shop": 50.0, "Web": 39.0, "Door to door": 56.0, "Partner": 46.0}
# By contract: whoever binds for longer pays less.
_FEE_SHARES: Shares = {
    "Monthly": (0.08, 0.20, 0.27, 0.23, 0.15, 0.07),
    "12 months": (0.14, 0.28, 0.27, 0.18, 0.09, 0.04),
    "24 months": (0.22, 0.32, 0.24, 0.13, 0.06, 0.03),
}
# By payment: a bank slip is easily not paid.
_REASON_SHARES: Shares = {
    "Direct debit": (0.76, 0.06, 0.18),
    "Card": (0.71, 0.12, 0.17),
    "Bank slip": (0.43, 0.45, 0.12),
}
# More than enough to fill the export: about seven in eight candidates are still here when it begins.
_CANDIDATES_PER_CUSTOMER = 1.5


def draw_population(customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Exactly `customers` customers that the export knows, in the order in which they came.

    Columns: number, started_on, duration, event_observed, entry, joined_after, contract, payment, channel, region,
    age, monthly_fee, end_reason. Times are in days since started_on; `joined_after` is missing for those who never
    joined the club, `end_reason` is empty for those still here.
    """
    candidates = int(customers * _CANDIDATES_PER_CUSTOMER) + 200
    everybody = draw_traits(candidates, rng)
    everybody["started_on"] = _draw_starts(candidates, rng)
    _add_stay(everybody, rng)
    everybody = everybody.iloc[: _rows_until(everybody["known"].to_numpy(), customers)]
    everybody = everybody.sort_values("started_on", kind="stable", ignore_index=True)
    # Numbers were given to all, so those who left before the export began leave gaps.
    everybody["number"] = np.arange(1, len(everybody) + 1)
    return everybody[everybody["known"]].drop(columns="known").reset_index(drop=True)


def draw_traits(size: int, rng: np.random.Generator) -> pd.DataFrame:
    """What customers are like on the day they come: contract, payment, channel, region, age, monthly_fee."""
    channel = pick(CHANNELS, _CHANNEL_SHARES, size, rng)
    contract = _pick_by(channel, CONTRACTS, _CONTRACT_SHARES, rng)
    age = rng.normal(pd.Series(channel).map(_MEAN_AGE).to_numpy(dtype=np.float64), 14.0)
    return pd.DataFrame(
        {
            "contract": contract,
            "payment": _pick_by(channel, PAYMENTS, _PAYMENT_SHARES, rng),
            "channel": channel,
            "region": _pick_by(channel, REGIONS, _REGION_SHARES, rng),
            "age": np.clip(np.rint(age), 18, 92).astype(np.int64),
            "monthly_fee": _pick_by(contract, FEES, _FEE_SHARES, rng).astype(np.float64),
        }
    )


def hazard_ratio(traits: pd.DataFrame) -> Floats:
    """How many times the reference customer's hazard each customer has."""
    log_ratio = (traits["age"].to_numpy() - truth.REFERENCE_AGE) / 10 * np.log(truth.AGE_HAZARD_RATIO)
    log_ratio += (traits["monthly_fee"].to_numpy() - truth.REFERENCE_FEE) / 10 * np.log(truth.FEE_HAZARD_RATIO)
    for column, ratios in truth.HAZARD_RATIOS.items():
        log_ratio += np.log(traits[column].map(dict(ratios)).to_numpy(dtype=np.float64))
    return np.asarray(np.exp(log_ratio))


def baseline_cumulative_hazard(days: npt.ArrayLike) -> Floats:
    """The reference customer's cumulative hazard after so many days."""
    knots, hazard = _baseline_knots()
    return np.asarray(np.interp(np.asarray(days, dtype=np.float64), knots, hazard))


def true_survival(traits: pd.DataFrame, days: float) -> float:
    """The share of customers like these who are still here after so many days, counted from their start."""
    return float(np.exp(-baseline_cumulative_hazard(days) * hazard_ratio(traits)).mean())


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def _baseline_knots() -> tuple[Floats, Floats]:
    months = np.arange(len(truth.BASELINE_MONTHLY_HAZARD) + 1)
    hazard = np.cumsum((0.0, *truth.BASELINE_MONTHLY_HAZARD), dtype=np.float64)
    return (months * truth.MONTH_DAYS).astype(np.float64), hazard


def _draw_starts(size: int, rng: np.random.Generator) -> npt.NDArray[np.datetime64]:
    """Days of activation: growing, with a mild season."""
    days = np.arange(np.datetime64(truth.FIRST_ACTIVATION, "D"), np.datetime64(truth.OBSERVED_THROUGH, "D") + 1)
    years = np.arange(len(days)) / 365.25
    # The first day is a 1 November; the season peaks in mid-October.
    season = 1 + truth.SEASONAL_SWING * np.cos(2 * np.pi * (years + 17 / 365.25))
    weight = np.cumsum(truth.YEARLY_GROWTH**years * season)
    drawn: npt.NDArray[np.datetime64] = days[np.searchsorted(weight / weight[-1], rng.random(size), side="right")]
    return drawn


def _add_stay(everybody: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add how long each stays, from when the export sees them, and when they join the club."""
    size = len(everybody)
    knots, hazard = _baseline_knots()
    # Beyond the last knot nobody is observed any more, so it does not matter that interp stops there.
    leaves_after = np.ceil(np.interp(rng.exponential(size=size) / hazard_ratio(everybody), hazard, knots))
    start = everybody["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    observed = day_number(truth.OBSERVED_THROUGH) - start
    event = leaves_after <= observed
    duration = np.where(event, leaves_after, observed).astype(np.int64)
    entry = np.maximum(day_number(truth.CRM_START) - start, 0)
    joins_after = np.ceil(rng.exponential(truth.CLUB_MEAN_MONTHS * truth.MONTH_DAYS, size))
    everybody["duration"] = duration
    everybody["event_observed"] = event
    everybody["entry"] = entry
    # Whoever has left cannot join any more: this, and nothing else, ties the club to a long stay.
    everybody["joined_after"] = np.where(joins_after < duration, joins_after, np.nan)
    reason = _pick_by(everybody["payment"].to_numpy(), REASONS, _REASON_SHARES, rng)
    everybody["end_reason"] = np.where(event, reason, "")
    everybody["known"] = (entry == 0) | (duration > entry)


def _rows_until(known: npt.NDArray[np.bool_], wanted: int) -> int:
    return int(np.searchsorted(np.cumsum(known), wanted)) + 1


def pick(values: Sequence[object], shares: Sequence[float], size: int, rng: np.random.Generator) -> Objects:
    """`size` of the values, each as often as its share says."""
    edges = np.cumsum(shares)[:-1]
    drawn: Objects = np.array(values, dtype=object)[np.searchsorted(edges, rng.random(size), side="right")]
    return drawn


def _pick_by(group: Objects, values: Sequence[object], shares: Shares, rng: np.random.Generator) -> Objects:
    """One of the values for each row, with the shares of the row's group."""
    edges = np.array([np.cumsum(row)[:-1] for row in shares.values()])
    row = pd.Index(shares).get_indexer(pd.Index(group))
    place = (rng.random(len(group))[:, None] >= edges[row]).sum(axis=1)
    drawn: Objects = np.array(values, dtype=object)[place]
    return drawn
