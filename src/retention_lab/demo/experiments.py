"""Three experiments on customers who are drawn already: one that works, one that does nothing, one that is broken.

When each customer leaves stands in the exports, and no experiment may change it. So it is not leaving that is drawn
for a variant, but the variant for a leaving time, from its distribution given that time. Both ways give the same
joint distribution: that of an experiment in which the variants were dealt out first.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth
from retention_lab.demo.population import baseline_cumulative_hazard, day_number, hazard_ratio, pick

Days = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

STAY_BONUS, NEWSLETTER, WELCOME_POINTS = "stay_bonus", "newsletter", "welcome_points"
# Newton's method: from a start that is never too high it only rises, and doubles its digits with each step.
_STEPS = 8
_LOGIN_DAYS = 30
_LOGINS_MEAN, _LOGINS_SHAPE = 4.0, 0.8


def draw_assignments(customers: pd.DataFrame, demo_size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Who was assigned to what, by experiment and day, for a demo of so many customers.

    Columns: number (the customer's), experiment, variant, day (since 1970), rewarded; and, missing but for the
    newsletter, logins_before and logins_after, in the 30 days on either side of the assignment.
    """
    drawn = [
        draw_stay_bonus(customers, _scaled(truth.STAY_BONUS_SIZE, demo_size), rng),
        _draw_newsletter(customers, _scaled(truth.NEWSLETTER_SIZE, demo_size), rng),
        draw_welcome_points(customers, rng),
    ]
    return pd.concat([part.sort_values(["day", "number"]) for part in drawn], ignore_index=True)


def draw_stay_bonus(customers: pd.DataFrame, size: int, rng: np.random.Generator) -> pd.DataFrame:
    """The bonus that keeps: customers who were here on their day, and leave `STAY_BONUS_HAZARD_RATIO` times as often.

    Columns as `draw_assignments`.
    """
    assigned = _draw_here(customers, truth.STAY_BONUS_DAYS, size, rng)
    tenure = assigned["day"].to_numpy() - _start_days(assigned)
    treated = rng.random(len(assigned)) < _treated_probability(assigned, tenure)
    took = rng.random(len(assigned)) < truth.STAY_BONUS_TAKEN
    return _assigned(assigned, STAY_BONUS, np.where(treated, "bonus", "hold_out"), treated & took)


def draw_welcome_points(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Points for newcomers, which change nothing; but the tool has lost many of those who got them and left.

    Columns as `draw_assignments`.
    """
    first, last = map(day_number, truth.WELCOME_POINTS_DAYS)
    start = _start_days(customers)
    new = customers[(start >= first) & (start <= last)].reset_index(drop=True)
    treated = rng.random(len(new)) < truth.WELCOME_POINTS_SHARES["points"]
    lost = treated & new["event_observed"].to_numpy() & (rng.random(len(new)) < truth.WELCOME_POINTS_LOST)
    variant = np.where(treated, "points", "no_points")
    return _assigned(new.assign(day=_start_days(new)), WELCOME_POINTS, variant, treated).iloc[np.flatnonzero(~lost)]


def control_hazard(hazard: Floats) -> Floats:
    """The cumulative hazard without the bonus, where that of all customers together, with and without, is `hazard`.

    The inverse of `mixed_hazard`, which rises, and ever more slowly.
    """
    found = hazard.copy()
    for _ in range(_STEPS):
        treated, control = _kept(found)
        slope = (truth.STAY_BONUS_HAZARD_RATIO * treated + control) / (treated + control)
        found += (hazard + np.log(treated + control)) / slope
    return found


def mixed_hazard(control: Floats) -> Floats:
    """The cumulative hazard of all customers together, where without the bonus it is `control`."""
    return np.asarray(-np.log(np.add(*_kept(control))))


def true_effect(customers: pd.DataFrame, horizon_days: int) -> dict[str, float]:
    """What the bonus does to customers who are here on its first day: difference in survival, and in restricted mean.

    Keys: survival, restricted_mean (days), both at the horizon. Times are whole days, as in the exports.
    """
    here = _here(customers, np.full(len(customers), day_number(truth.STAY_BONUS_DAYS[0])))
    tenure, ratio = here["day"].to_numpy() - _start_days(here), hazard_ratio(here)
    began = baseline_cumulative_hazard(tenure)
    gained = np.empty(horizon_days + 1)
    for days in range(horizon_days + 1):
        control = control_hazard((baseline_cumulative_hazard(tenure + days) - began) * ratio)
        gained[days] = (np.exp(-truth.STAY_BONUS_HAZARD_RATIO * control) - np.exp(-control)).mean()
    return {"survival": float(gained[-1]), "restricted_mean": float(gained[:-1].sum())}


def _draw_newsletter(customers: pd.DataFrame, size: int, rng: np.random.Generator) -> pd.DataFrame:
    assigned = _draw_here(customers, truth.NEWSLETTER_DAYS, size, rng)
    variant = pick(tuple(truth.NEWSLETTER_SHARES), tuple(truth.NEWSLETTER_SHARES.values()), len(assigned), rng)
    table = _assigned(assigned, NEWSLETTER, variant, np.zeros(len(assigned), dtype=bool))
    return table.assign(**_draw_logins(assigned, rng))


def _draw_logins(assigned: pd.DataFrame, rng: np.random.Generator) -> dict[str, Days]:
    """Some log in far more often than others, before as after: what a covariate can take out of the noise."""
    how_often = rng.gamma(_LOGINS_SHAPE, _LOGINS_MEAN / _LOGINS_SHAPE, len(assigned)) / _LOGIN_DAYS
    day, start = assigned["day"].to_numpy(), _start_days(assigned)
    before = np.minimum(day - start, _LOGIN_DAYS)
    after = np.minimum(start + assigned["duration"].to_numpy() - day, _LOGIN_DAYS)
    return {"logins_before": rng.poisson(how_often * before), "logins_after": rng.poisson(how_often * after)}


def _draw_here(customers: pd.DataFrame, days: tuple[date, date], size: int, rng: np.random.Generator) -> pd.DataFrame:
    """At most `size` customers who were here on a day drawn for each of them, which is added as `day`."""
    first, last = map(day_number, days)
    here = _here(customers, rng.integers(first, last + 1, len(customers)))
    return here.iloc[np.sort(rng.permutation(len(here))[:size])].reset_index(drop=True)


def _here(customers: pd.DataFrame, day: Days) -> pd.DataFrame:
    """Those who had come before the day, and leave on a later one if they leave."""
    tenure = day - _start_days(customers)
    return customers.assign(day=day)[(tenure > 0) & (customers["duration"].to_numpy() > tenure)].reset_index(drop=True)


def _treated_probability(customers: pd.DataFrame, tenure: Days) -> Floats:
    """How likely each customer got the bonus, given when they left, or that they are still here.

    By Bayes: the share of the treated times how likely they are to leave on that day, over the same for all.
    A customer who left on a day left within it, since times are rounded up to whole days.
    """
    duration, ended = customers["duration"].to_numpy(), customers["event_observed"].to_numpy()
    began, ratio = baseline_cumulative_hazard(tenure), hazard_ratio(customers)
    eve, end = (
        _kept(control_hazard((baseline_cumulative_hazard(days) - began) * ratio)) for days in (duration - 1, duration)
    )
    treated, control = (np.where(ended, earlier - later, later) for earlier, later in zip(eve, end, strict=True))
    return np.asarray(treated / (treated + control))


def _kept(control: Floats) -> tuple[Floats, Floats]:
    """The shares of all customers who are treated and still here, and who are not treated and still here."""
    treated = truth.STAY_BONUS_SHARES["bonus"]
    return treated * np.exp(-truth.STAY_BONUS_HAZARD_RATIO * control), (1 - treated) * np.exp(-control)


def _assigned(customers: pd.DataFrame, experiment: str, variant: Objects, rewarded: Flags) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": customers["number"],
            "experiment": experiment,
            "variant": variant,
            "day": customers["day"],
            "rewarded": rewarded,
            "logins_before": np.nan,
            "logins_after": np.nan,
        }
    )


def _start_days(customers: pd.DataFrame) -> Days:
    days: Days = customers["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def _scaled(count: int, customers: int) -> int:
    return round(count * customers / truth.REFERENCE_SIZE)
