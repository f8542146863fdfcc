"""Where there is no experiment: members against the rest, read naively and from a landmark, and what neither can say.

Whoever joins after two years had to stay two years to join, and who joins is not like who does not. A landmark takes
the first mistake away: customers who were here at that tenure are divided by whether they had joined by then
(Anderson, Cain and Gelber 1983). The second stays, and only a hold-out takes it away.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lab.errors import RetentionLabError
from retention_lab.methods.comparisons import estimate_survival_difference
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.survival import SurvivalCurve, estimate_survival, life_table
from retention_lab.tables.client import Client
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.observation import Observation, observe_customers

# Fewer than this in one of the groups say nothing.
_FEW = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Membership:
    """Members of a programme against the rest: how many more are still here after `horizon`, in points.

    `naive` compares who ever joined with who never did, from the first day; `landmark` those still here at tenure
    `landmark_at`, by whether they had joined by then, from that tenure on; both in `unit`.
    """

    name: str
    unit: str
    horizon: float
    landmark_at: float
    naive: Estimate
    naive_members: SurvivalCurve
    naive_others: SurvivalCurve
    landmark: Estimate
    landmark_members: SurvivalCurve
    landmark_others: SurvivalCurve
    n_members: int
    n_others: int
    n_landmark_members: int
    n_landmark_others: int


def compare_members(
    client: Client, *, horizon_days: int = 365, confidence_level: float = 0.95
) -> tuple[Membership, ...]:
    """Each covariate that holds from a day on, as a programme that customers join; none where there is no such thing.

    The landmark is the tenure by which half of those who ever joined had done so.
    """
    if "customers" not in client.file.tables:
        return ()
    try:
        observation = observe_customers(client)
    except RetentionLabError:
        return ()
    frame = observation.to_frame() if observation.since else pd.DataFrame()
    horizon = horizon_days / UNIT_DAYS[observation.unit]
    found = (_membership(observation, frame, name, horizon, confidence_level) for name in observation.since)
    return tuple(one for one in found if one is not None)


def _membership(
    observation: Observation, frame: pd.DataFrame, name: str, horizon: float, level: float
) -> Membership | None:
    since = frame[f"{name}_since"].to_numpy(dtype=float)
    duration = frame.duration.to_numpy(dtype=float)
    # Joining on the day of leaving, or after it, is not joining.
    member = np.isfinite(since) & (since < duration)
    if min(member.sum(), (~member).sum()) < _FEW:
        return None
    landmark = float(np.floor(np.median(since[member])))
    here = duration > landmark
    by_then = here & member & (since <= landmark)
    if min(by_then.sum(), (here & ~by_then).sum()) < _FEW:
        return None
    naive = [_curve(frame, rows, 0.0, level) for rows in (member, ~member)]
    fair = [_curve(frame, rows, landmark, level) for rows in (by_then, here & ~by_then)]
    return Membership(
        name=name,
        unit=observation.unit,
        horizon=horizon,
        landmark_at=landmark,
        naive=estimate_survival_difference(naive[0], naive[1], horizon, level),
        naive_members=naive[0],
        naive_others=naive[1],
        landmark=estimate_survival_difference(fair[0], fair[1], horizon, level),
        landmark_members=fair[0],
        landmark_others=fair[1],
        n_members=int(member.sum()),
        n_others=int((~member).sum()),
        n_landmark_members=int(by_then.sum()),
        n_landmark_others=int((here & ~by_then).sum()),
    )


def _curve(frame: pd.DataFrame, rows: np.ndarray, start: float, level: float) -> SurvivalCurve:
    """The curve from tenure `start` on, of customers who were here then; late entry counts from it."""
    chosen = frame[rows]
    duration = chosen.duration.to_numpy(dtype=float) - start
    entry = np.maximum(chosen.entry.to_numpy(dtype=float) - start, 0.0)
    return estimate_survival(life_table(duration, chosen.event_observed.to_numpy(dtype=bool), entry), level)
