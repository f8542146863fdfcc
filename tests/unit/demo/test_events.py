import numpy as np
import pandas as pd

from retention_lab.demo.events import draw_loyalty, draw_transactions


def test_nobody_buys_before_coming_or_after_leaving(population: pd.DataFrame) -> None:
    purchases = draw_transactions(population, np.random.default_rng(3)).merge(population, on="number")
    day = purchases["booked"].dt.normalize()
    assert (day >= purchases["started_on"] + pd.to_timedelta(purchases["entry"], unit="D")).all()
    assert (day <= purchases["started_on"] + pd.to_timedelta(purchases["duration"], unit="D")).all()


def test_credits_are_negative_and_there_are_some(population: pd.DataFrame) -> None:
    purchases = draw_transactions(population, np.random.default_rng(3))
    assert 0.03 < (purchases["gross"] < 0).mean() < 0.15


def test_only_members_collect_points_and_only_from_joining(population: pd.DataFrame) -> None:
    moves = draw_loyalty(population, np.random.default_rng(4)).merge(population, on="number")
    joined = moves["started_on"] + pd.to_timedelta(moves["joined_after"], unit="D")
    assert (pd.to_datetime(moves["day"], unit="D") >= joined).all()


def test_a_balance_of_points_is_never_below_zero(population: pd.DataFrame) -> None:
    moves = draw_loyalty(population, np.random.default_rng(4)).sort_values(["number", "day"])
    assert (moves.groupby("number")["points"].cumsum() >= 0).all()


def test_points_are_earned_above_zero_and_spent_below(population: pd.DataFrame) -> None:
    moves = draw_loyalty(population, np.random.default_rng(4))
    assert set(moves["movement"]) == {"E", "R", "X", "A"}
    assert ((moves["points"] < 0) == moves["movement"].isin(["R", "X"])).all()
    assert not moves.duplicated(["number", "day"]).any()
