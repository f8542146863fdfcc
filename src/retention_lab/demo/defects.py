"""What is wrong with the exports: known kinds of defects, in known numbers, at seeded places all over the files.

A row has at most one defect. A customer whose row is spoilt has no purchases and no points, so that no other row
becomes an orphan by the way and every count can be foreseen.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth
from retention_lab.demo.exports import CAMPAIGNS, customer_numbers, dmy
from retention_lab.demo.population import REGIONS, day_number

Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]
_STRANGERS = 9_000_000
_LATER_DAYS = 15
_VARIANTS = {
    CAMPAIGNS["stay_bonus"]: tuple(truth.STAY_BONUS_SHARES),
    CAMPAIGNS["newsletter"]: tuple(truth.NEWSLETTER_SHARES),
    CAMPAIGNS["welcome_points"]: tuple(truth.WELCOME_POINTS_SHARES),
}


def choose_customers(population: pd.DataFrame, rng: np.random.Generator) -> dict[str, Rows]:
    """Which rows of the population get which defect: no row gets two."""
    counts = truth.planted(truth.CUSTOMER_DEFECTS, len(population))
    # The newest customers are those whose contract begins after the last day of the data.
    later = np.arange(len(population) - counts.pop("activated_later"), len(population))
    ended = population["event_observed"].to_numpy()
    free = np.ones(len(population), dtype=bool)
    free[later] = False
    # A far date stands for an open end, so it befalls those still here; the other two need an end.
    eligible = {"implausible_end": ~ended & free, "ended_before_started": ended & free, "entry_after_end": ended & free}
    return {**_choose(counts, free, eligible, rng), "activated_later": later}


def spoil_customers(exported: pd.DataFrame, chosen: Mapping[str, Rows], rng: np.random.Generator) -> pd.DataFrame:
    """The customers' export with its defects."""
    table = exported.copy()
    begins = day_number(truth.OBSERVED_THROUGH) + rng.integers(1, _LATER_DAYS, len(chosen["activated_later"]))
    early = _moved(table["Activated"], chosen["ended_before_started"], -300, -1, rng)
    late = _moved(table["Terminated"], chosen["entry_after_end"], 0, 30, rng)
    for kind, column, value in (
        ("blank_id", "Customer No", ""),
        ("spreadsheet_id", "Customer No", _spreadsheet_ids(len(chosen["spreadsheet_id"]))),
        ("blank_start", "Activated", ""),
        ("unreadable_date", "Activated", "31/02/2025"),
        ("implausible_start", "Activated", "01/01/1900"),
        ("implausible_end", "Terminated", "31/12/9999"),
        ("ended_before_started", "Terminated", early),
        ("ended_before_started", "Club member since", ""),
        ("entry_after_end", "In CRM since", late),
        ("unreadable_fee", "Monthly fee", "n/a"),
        ("activated_later", "Activated", dmy(begins)),
        ("activated_later", "In CRM since", dmy(begins)),
        ("activated_later", "Terminated", ""),
        ("activated_later", "Reason", ""),
        ("activated_later", "Club member since", ""),
    ):
        table.loc[chosen[kind], column] = value
    other = table.iloc[chosen["conflicting_id"]].copy()
    other["Region"] = [REGIONS[(REGIONS.index(region) + 1) % len(REGIONS)] for region in other["Region"]]
    return _scatter(table, [table.iloc[chosen["exact_duplicate"]], other], rng)


def spoil_transactions(exported: pd.DataFrame, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """The purchases with their defects, for a demo of so many customers."""
    table = exported.copy()
    counts = truth.planted(truth.TRANSACTION_DEFECTS, customers)
    chosen = _choose(counts, np.ones(len(table), dtype=bool), {}, rng)
    after = np.datetime64(truth.OBSERVED_THROUGH, "s") + np.timedelta64(1, "D")
    later = after + rng.integers(0, _LATER_DAYS * 86_400, counts["booked_later"]).astype("timedelta64[s]")
    for kind, column, value in (
        ("null_customer", "customer", None),
        ("unknown_customer", "customer", _strangers(counts["unknown_customer"])),
        ("null_booked", "booked", pd.NaT),
        ("null_gross", "gross", np.nan),
        ("implausible_date", "booked", pd.Timestamp("1900-01-01")),
        ("booked_later", "booked", later),
    ):
        table.loc[chosen[kind], column] = value
    other = table.iloc[chosen["conflicting_id"]].copy()
    other["gross"] += 1.0
    return _scatter(table, [table.iloc[chosen["exact_duplicate"]], other], rng)


def spoil_loyalty(exported: pd.DataFrame, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """The movements of points with their defects, for a demo of so many customers."""
    table = exported.copy()
    counts = truth.planted(truth.LOYALTY_DEFECTS, customers)
    earns = (table["movement"] == "E").to_numpy()
    chosen = _choose(counts, np.ones(len(table), dtype=bool), {"negative_earn": earns}, rng)
    wrong_sign = table.loc[chosen["negative_earn"]]
    for kind, column, value in (
        ("blank_customer", "customer", ""),
        ("unknown_customer", "customer", _strangers(counts["unknown_customer"])),
        ("unreadable_date", "when", "2025-02-31"),
        ("unreadable_points", "pts", "abc"),
        ("blank_points", "pts", ""),
        ("negative_earn", "pts", ("-" + wrong_sign["pts"]).to_numpy()),
        ("negative_earn", "worth", ("-" + wrong_sign["worth"]).to_numpy()),
        ("implausible_date", "when", "1900-01-01"),
    ):
        table.loc[chosen[kind], column] = value
    return _scatter(table, [table.iloc[chosen["exact_duplicate"]]], rng)


def spoil_assignments(exported: pd.DataFrame, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Who was assigned to what with the defects, for a demo of so many customers."""
    table = exported.copy()
    counts = truth.planted(truth.ASSIGNMENT_DEFECTS, customers)
    chosen = _choose(counts, np.ones(len(table), dtype=bool), {}, rng)
    variant = table.loc[chosen["untidy_variant"], "group"]
    for kind, column, value in (
        ("blank_variant", "group", ""),
        ("unknown_customer", "customer_no", _strangers(counts["unknown_customer"])),
        ("untidy_variant", "group", np.where(np.arange(len(variant)) % 2, variant.str.upper(), " " + variant + " ")),
    ):
        table.loc[chosen[kind], column] = value
    other = table.iloc[chosen["two_variants"]].copy()
    other["group"] = [_other_variant(*row) for row in zip(other["campaign"], other["group"], strict=True)]
    return _scatter(table, [other], rng)


def spoil_feedback(exported: pd.DataFrame, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """The comments with their defects, for a demo of so many customers."""
    table = exported.copy()
    counts = truth.planted(truth.FEEDBACK_DEFECTS, customers)
    rated = (table["score"] != "").to_numpy()
    chosen = _choose(counts, np.ones(len(table), dtype=bool), {"conflicting_id": rated}, rng)
    for kind, column, value in (
        ("blank_received", "received", ""),
        ("unreadable_date", "received", "2026-02-30 10:00:00"),
        ("unknown_customer", "customer", _strangers(counts["unknown_customer"])),
    ):
        table.loc[chosen[kind], column] = value
    other = table.iloc[chosen["conflicting_id"]].copy()
    other["score"] = np.where(other["score"] == "1", "2", "1")
    return _scatter(table, [table.iloc[chosen["exact_duplicate"]], other], rng)


def _choose(
    counts: Mapping[str, int], free: Flags, eligible: Mapping[str, Flags], rng: np.random.Generator
) -> dict[str, Rows]:
    """Rows for each kind, in random places; each row at most once. The most choosy kinds choose first."""
    order = rng.permutation(len(free))
    left = free.copy()
    chosen: dict[str, Rows] = {}
    for kind in sorted(counts, key=lambda kind: kind not in eligible):
        fits = order[(left & eligible.get(kind, left))[order]]
        chosen[kind] = np.sort(fits[: counts[kind]])
        left[chosen[kind]] = False
    return chosen


def _scatter(table: pd.DataFrame, extra: list[pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """The table with the extra rows put in at random places."""
    together = pd.concat([table, *extra], ignore_index=True)
    place = np.concatenate([np.arange(len(table)), rng.uniform(0, len(table), len(together) - len(table))])
    return together.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _moved(written: "pd.Series[str]", rows: Rows, least: int, most: int, rng: np.random.Generator) -> Objects:
    """The dates of these rows, some days earlier or later, never after the last day of the data."""
    days = pd.to_datetime(written.iloc[rows], format="%d/%m/%Y").to_numpy().astype("datetime64[D]")
    moved = np.minimum(days + rng.integers(least, most + 1, len(rows)), np.datetime64(truth.OBSERVED_THROUGH, "D"))
    return pd.DatetimeIndex(moved).strftime("%d/%m/%Y").to_numpy(dtype=object)


def _spreadsheet_ids(count: int) -> list[str]:
    """What a spreadsheet makes of a long number. All different, or they would count as duplicates."""
    return [f"{5.70306 + position / 100_000:.5f}E+17" for position in range(count)]


def _strangers(count: int) -> Objects:
    """Numbers of customers whom the customers' export does not have."""
    return customer_numbers(np.arange(_STRANGERS, _STRANGERS + count))


def _other_variant(campaign: str, variant: str) -> str:
    variants = _VARIANTS[campaign]
    return variants[(variants.index(variant) + 1) % len(variants)]
