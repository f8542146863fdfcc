from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.analysis.contrasts import (
    MIDDLE,
    build_design,
    in_level,
    split_episodes,
    straighten,
    without_departures,
)
from retention_lab.methods.cox import fit_cox
from retention_lab.tables.levels import LOWER, OTHER, UNKNOWN, UPPER
from retention_lab.tables.observation import Observation

Observe = Callable[..., Observation]


def rows(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    return frame.assign(entry=frame.get("entry", 0.0)).astype({"duration": float, "entry": float})


def held(frame: pd.DataFrame) -> list[tuple[float, float, bool, float]]:
    episodes = split_episodes(frame, "club", frame["club_since"]).sort_values(["entry", "duration"])
    columns = (episodes[name] for name in ("entry", "duration", "event_observed", "club"))
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("since", "entry", "episodes"),
    [
        (40.0, 0.0, [(0, 40, False, 0), (40, 100, True, 1)]),
        (-5.0, 0.0, [(0, 100, True, 1)]),
        (0.0, 0.0, [(0, 100, True, 1)]),
        (30.0, 30.0, [(30, 100, True, 1)]),
        (20.0, 30.0, [(30, 100, True, 1)]),
        (60.0, 30.0, [(30, 60, False, 0), (60, 100, True, 1)]),
        (100.0, 0.0, [(0, 100, True, 0)]),
        (120.0, 0.0, [(0, 100, True, 0)]),
        (np.nan, 30.0, [(30, 100, True, 0)]),
    ],
    ids=[
        "joined on the way", "before the start", "on the first day", "on the day of entry", "before the entry",
        "after a late entry", "on the day of leaving", "after the end", "never",
    ],
)  # fmt: skip
def test_an_episode_is_cut_where_the_covariate_begins(since: float, entry: float, episodes: list[tuple]) -> None:
    assert held(rows(duration=[100.0], event_observed=[True], entry=[entry], club_since=[since])) == episodes


def test_two_covariates_that_begin_cut_an_episode_into_three() -> None:
    frame = rows(duration=[100.0], event_observed=[True], club_since=[60.0], app_since=[20.0])

    episodes = split_episodes(split_episodes(frame, "club", frame.club_since), "app", frame.app_since)

    found = episodes.sort_values("entry")[["entry", "duration", "event_observed", "club", "app"]]
    assert found.to_numpy().tolist() == [[0, 20, False, 0, 0], [20, 60, False, 0, 1], [60, 100, True, 1, 1]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_cutting_episodes_alone_changes_no_coefficient(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = rows(
        duration=rng.integers(2, 30, 120).astype(float),
        event_observed=rng.random(120) < 0.6,
        plus=rng.integers(0, 2, 120).astype(float),
        club_since=np.where(rng.random(120) < 0.5, rng.integers(-5, 40, 120), np.nan),
    ).assign(entry=lambda one: np.where(one.duration > 5, 3.0, 0.0))

    episodes = split_episodes(frame, "club", frame.club_since)

    # The covariate itself is left out of both fits: only where the episodes are cut differs.
    whole, cut = (
        fit_cox(one[["plus"]], one.duration, one.event_observed, entry=one.entry) for one in (frame, episodes)
    )
    assert cut.names == whole.names
    assert cut.coefficients == pytest.approx(whole.coefficients, abs=1e-8)
    assert cut.std_errors == pytest.approx(whole.std_errors, rel=1e-6)
    assert (episodes.duration - episodes.entry).sum() == pytest.approx((frame.duration - frame.entry).sum())


def test_who_holds_a_covariate_at_the_end_is_who_held_it_in_the_last_episode(observe: Observe) -> None:
    frame = rows(
        duration=[100.0, 100, 100, 0, 0, 50],
        event_observed=[True] * 6,
        entry=[0.0, 0, 0, 0, 0, 20],
        club_since=[40.0, 100, -3, 0, np.nan, 20],
    )

    design = build_design(observe(frame, since=("club",)), frame, ["club"], 10)

    last = split_episodes(frame, "club", frame.club_since).sort_values("entry").groupby(level=0).last()
    assert design.columns.club.tolist() == last.club.tolist() == [1, 0, 1, 1, 0, 1]


def test_the_reference_is_the_commonest_level_that_anybody_has_left(observe: Observe) -> None:
    frame = rows(
        duration=np.arange(1.0, 101), event_observed=[False] * 60 + [True] * 40, plan=["staff"] * 60 + ["a", "b"] * 20
    )

    silent = without_departures(observe(frame), frame, ["plan"], 10)
    design = build_design(observe(frame), frame[~silent], ["plan"], 10)

    assert silent.sum() == 60
    (contrast,) = design.contrasts
    assert {contrast.level, contrast.reference} == {"a", "b"}


def test_a_level_without_departures_joins_the_small_ones_where_somebody_left_those(observe: Observe) -> None:
    plan = ["a"] * 40 + ["b"] * 40 + ["staff"] * 30 + ["rare"] * 5
    frame = rows(duration=np.arange(1.0, 116), event_observed=[True] * 80 + [False] * 30 + [True] * 5, plan=plan)

    assert not without_departures(observe(frame), frame, ["plan"], 10).any()
    design = build_design(observe(frame), frame, ["plan"], 10)
    assert design.columns[f"plan={OTHER}"].sum() == 35


def test_a_missing_number_is_a_group_of_its_own_and_in_no_quarter(observe: Observe) -> None:
    fee = np.repeat([1.0, 5.0, 5.0, 5.0, np.nan], 20)
    frame = rows(duration=np.arange(1.0, 101), event_observed=[True] * 100, fee=fee)

    design = build_design(observe(frame, numeric=("fee",)), frame, ["fee"], 10)

    assert design.columns[f"fee={UNKNOWN}"].sum() == 20
    (contrast,) = design.contrasts
    assert in_level(design.columns, contrast).sum() == 60


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["a"] * 100, "one_level"),
        (["a"] * 95 + ["b"] * 5, "too_small"),
        (["staff"] * 50 + ["a"] * 50, "no_departures"),
    ],
)
def test_a_covariate_without_a_contrast_says_why(observe: Observe, values: list[str], why: str) -> None:
    frame = rows(duration=np.arange(1.0, 101), event_observed=[False] * 50 + [True] * 50, plan=values)

    assert build_design(observe(frame), frame, ["plan"], 10).left_out == {"plan": why}


@pytest.mark.parametrize(("fee", "why"), [([np.nan] * 100, "no_values"), ([7.0] * 90 + [9.0] * 10, "no_spread")])
def test_a_number_without_a_contrast_says_why(observe: Observe, fee: list[float], why: str) -> None:
    frame = rows(duration=np.arange(1.0, 101), event_observed=[True] * 100, fee=fee)

    assert build_design(observe(frame, numeric=("fee",)), frame, ["fee"], 10).left_out == {"fee": why}


def test_a_number_in_a_curve_is_compared_at_three_points_and_in_a_straight_line_at_two(observe: Observe) -> None:
    frame = rows(duration=np.arange(1.0, 201), event_observed=[True] * 200, age=np.arange(200.0))

    curved = build_design(observe(frame, numeric=("age",)), frame, ["age"], 10, curved=["age"])
    straight = straighten(curved, ["age"])

    compared = {(one.level, one.reference) for one in curved.contrasts}
    assert compared == {(UPPER, LOWER), (UPPER, MIDDLE), (MIDDLE, LOWER)}
    assert [(one.level, one.reference) for one in straight.contrasts] == [(UPPER, LOWER)]


def test_the_middle_of_a_number_is_all_between_its_quarters(observe: Observe) -> None:
    frame = rows(duration=np.arange(1.0, 241), event_observed=[True] * 240, age=[*np.arange(200.0), *[np.nan] * 40])

    design = build_design(observe(frame, numeric=("age",)), frame, ["age"], 10, curved=["age"])

    inside = {one.level: in_level(design.columns, one) for one in design.contrasts}
    turned = next(one for one in design.contrasts if (one.level, one.reference) == (UPPER, LOWER))
    lowest = in_level(design.columns, replace(turned, level=LOWER, reference=UPPER, on=turned.off, off=turned.on))
    # Whose age is not known is in none of the three.
    assert (inside[UPPER].sum(), inside[MIDDLE].sum(), lowest.sum()) == (50, 100, 50)
    assert not (inside[UPPER] & inside[MIDDLE]).any()


def test_a_number_that_nobody_has_between_its_quarters_has_no_middle(observe: Observe) -> None:
    # The median is 5, and nobody has it; the tails make room for the knots of a curve.
    age = [*np.linspace(-20, -1, 20), *[0.0] * 80, *[10.0] * 80, *np.linspace(11, 30, 20)]
    frame = rows(duration=np.arange(1.0, 201), event_observed=[True] * 200, age=age)

    design = build_design(observe(frame, numeric=("age",)), frame, ["age"], 10, curved=["age"])

    assert [(one.level, one.reference) for one in design.contrasts] == [(UPPER, LOWER)]
    assert design.curves
