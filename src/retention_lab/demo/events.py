"""What customers do while they are here: one-off purchases and credits, and movements of club points.

Nothing is planted here: how much somebody buys or collects says nothing about when they leave.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth
from retention_lab.demo.population import day_number, pick

Ints = npt.NDArray[np.int64]

_PURCHASES_PER_MONTH = 0.235
_INSTALLED_BY_US = 0.6
_SHARE_GIVEN_BACK = 0.07
_ITEMS = {
    # item: (share, price)
    "Film voucher": (0.34, 4.99),
    "Sports pass": (0.18, 9.99),
    "Technician visit": (0.12, 49.0),
    "Wi-Fi extender": (0.11, 59.0),
    "Late fee": (0.09, 5.0),
    "Goodwill credit": (0.07, -10.0),
    "Fixed IP address": (0.05, 25.0),
    "Mesh kit": (0.04, 129.0),
}
_RETURNABLE = ("Wi-Fi extender", "Mesh kit", "Fixed IP address")

_MOVEMENTS_PER_MONTH = 0.18
_MOVEMENTS = ("E", "R", "X", "A")
_MOVEMENT_SHARES = (0.80, 0.13, 0.04, 0.03)
_EUROS_PER_POINT = 0.01


def draw_transactions(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Purchases and credits in the order in which they were booked: number (the customer's), booked, gross, item."""
    first, last = _observed_days(customers)
    who, day = _draw_days(first, last, _PURCHASES_PER_MONTH, rng)
    item = pick(tuple(_ITEMS), tuple(share for share, _ in _ITEMS.values()), len(who), rng)
    gross = pd.Series(item).map({name: price for name, (_, price) in _ITEMS.items()}).to_numpy(dtype=np.float64)
    purchases = pd.DataFrame({"who": who, "day": day, "gross": gross, "item": item})
    new = np.flatnonzero((customers["entry"].to_numpy() == 0) & (rng.random(len(customers)) < _INSTALLED_BY_US))
    installed = pd.DataFrame({"who": new, "day": first[new], "gross": 39.0, "item": "Installation"})
    everything = pd.concat([installed, purchases, _draw_returns(purchases, last, rng)], ignore_index=True)
    seconds = rng.integers(8 * 3600, 22 * 3600, len(everything))
    booked = everything["day"].to_numpy() * 86_400 + seconds
    everything["booked"] = booked.astype("datetime64[s]")
    everything["number"] = customers["number"].to_numpy()[everything["who"]]
    return everything.sort_values("booked", kind="stable", ignore_index=True)[["number", "booked", "gross", "item"]]


def draw_loyalty(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Movements of points, at most one a day for each card: number (the customer's), day, movement, points, worth.

    A balance is never below zero: what is spent or expires comes out of what was earned since the last such day.
    """
    members = customers[customers["joined_after"].notna()].reset_index(drop=True)
    first, last = _observed_days(members)
    joined = _start_days(members) + members["joined_after"].to_numpy(dtype=np.int64)
    who, day = _draw_days(np.maximum(first, joined), last, _MOVEMENTS_PER_MONTH, rng)
    moves = pd.DataFrame({"who": who, "day": day}).drop_duplicates().sort_values(["who", "day"], ignore_index=True)
    moves["movement"] = pick(_MOVEMENTS, _MOVEMENT_SHARES, len(moves), rng)
    moves["points"] = _points(moves, rng)
    moves = moves[moves["points"] != 0]
    moves["worth"] = (moves["points"] * _EUROS_PER_POINT).round(2)
    moves["number"] = members["number"].to_numpy()[moves["who"]]
    return moves.sort_values(["day", "number"], kind="stable", ignore_index=True).drop(columns="who")


def _start_days(customers: pd.DataFrame) -> Ints:
    days: Ints = customers["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def _observed_days(customers: pd.DataFrame) -> tuple[Ints, Ints]:
    """First and last day on which each customer can be seen doing anything."""
    start = _start_days(customers)
    return np.maximum(start, day_number(truth.CRM_START)), start + customers["duration"].to_numpy(dtype=np.int64)


def _draw_days(first: Ints, last: Ints, per_month: float, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """A Poisson number of days for each customer: row of the customer, day."""
    length = last - first + 1
    # Some buy much more than others: a gamma of mean one.
    how_often = rng.gamma(2.0, 0.5, len(first))
    who = np.repeat(np.arange(len(first)), rng.poisson(length / truth.MONTH_DAYS * per_month * how_often))
    return who, first[who] + np.floor(rng.random(len(who)) * length[who]).astype(np.int64)


def _draw_returns(purchases: pd.DataFrame, last: Ints, rng: np.random.Generator) -> pd.DataFrame:
    returnable = purchases[purchases["item"].isin(_RETURNABLE)]
    back = returnable[rng.random(len(returnable)) < _SHARE_GIVEN_BACK].copy()
    back["day"] += rng.integers(3, 21, len(back))
    back["gross"] = -back["gross"]
    return back[back["day"].to_numpy() <= last[back["who"]]]


def _points(moves: pd.DataFrame, rng: np.random.Generator) -> Ints:
    movement = moves["movement"].to_numpy()
    spends = np.isin(movement, ("R", "X"))
    added = np.where(spends, 0, 10 * (1 + rng.poisson(9, len(moves))))
    total = np.cumsum(added)
    spent_at = np.flatnonzero(spends)
    # The total at the last time that this card spent; or, if it never did, before the card's first movement.
    card = moves["who"].to_numpy()
    card_first = np.searchsorted(card, card[spent_at])
    before = np.concatenate([[0], total])[card_first]
    previous = np.concatenate([[0], total[spent_at][:-1]]) if len(spent_at) else before
    available = total[spent_at] - np.maximum(before, previous)
    share = np.where(movement[spent_at] == "X", 1.0, rng.uniform(0.4, 1.0, len(spent_at)))
    points = added.copy()
    points[spent_at] = -(np.floor(available * share / 10) * 10).astype(np.int64)
    return points
