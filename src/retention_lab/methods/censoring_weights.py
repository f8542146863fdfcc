"""Customers whose fate at a time is known stand in for those like them who were censored before it.

Each is weighted with one over the chance of not having been censored until the fate was known (Graf et al. 1999).
An event at a time comes before the censorings at it, so whoever is censored at the very time is known to be still here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.life_tables import LifeTable, is_observed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fates:
    """Who is known to have left by a time, and who to be still here at it; the others have no weight.

    `uncensored` is the chance of not having been censored before the fate was known, and `step` how many times of the
    table from which it is estimated come before that.
    """

    left: NDArray[np.bool_]
    here: NDArray[np.bool_]
    uncensored: Floats
    step: NDArray[np.intp]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whose fate is known."""
        return self.left | self.here

    def weighted(self, values: Floats) -> Floats:
        """`values` of those whose fate is known, for themselves and those they stand in for; 0 for the others."""
        return np.where(self.known, values, 0) / np.where(self.known, self.uncensored, 1)


def known_fates(duration: Floats, event: NDArray[np.bool_], at: float, table: LifeTable) -> Fates | None:
    """The fates at `at` of customers observed from their first day, with the chances of censoring of `table`.

    None where they cannot be known: nobody is followed until `at` although some are still here, or by `table` nobody
    could have been.
    """
    time, last = exact_time(at, duration), float(duration.max())
    followed = last >= time or bool(event[duration == last].all())
    if not (followed and is_observed(table.follow_up, min(last, time))):
        return None
    left = event & (duration <= time)
    here = ~left & (duration >= time)
    step = np.searchsorted(table.time, np.minimum(duration, time), side="left")
    candidates = table.remaining + table.n_censored
    stays = np.where(candidates > 0, table.remaining, 1) / np.where(candidates > 0, candidates, 1)
    uncensored = np.concatenate([[1.0], np.cumprod(stays)])[step]
    if (uncensored[left | here] == 0).any():
        return None
    return Fates(left=left, here=here, uncensored=uncensored, step=step)


def pull_on_weights(
    fates: Fates, weighted: Floats, duration: Floats, event: NDArray[np.bool_], table: LifeTable
) -> Floats:
    """How far each customer of `table` moves the sum of `weighted` by its part in the chance of censoring.

    Whoever is censored raises the weight of all whose fate was known later; whoever could have been, and was not,
    lowers it.
    """
    remaining, candidates = table.remaining, table.remaining + table.n_censored
    later = np.cumsum(np.bincount(fates.step, weighted, minlength=table.time.size + 1)[::-1])[::-1][1:]
    raised = np.where(remaining > 0, later, 0) / np.where(remaining > 0, remaining, 1)
    lowered = np.cumsum(raised * table.n_censored / np.where(candidates > 0, candidates, 1))
    end = np.searchsorted(table.time, duration)
    # Whoever leaves at a time can no longer be censored at it.
    exposed = np.concatenate([[0.0], lowered])[end + ~event]
    return np.asarray(np.where(event, 0, raised[end]) - exposed)


def exact_time(at: float, duration: Floats) -> float:
    """`at`, or the duration that is `at` but for rounding."""
    if not duration.size:
        return at
    nearest = float(duration[np.argmin(np.abs(duration - at))])
    return nearest if is_observed(at, nearest) and is_observed(nearest, at) else at
