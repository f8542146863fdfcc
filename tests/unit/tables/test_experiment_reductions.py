"""What leaves the engine of an experiment, held against the same worked out by numpy, row by row."""

from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from retention_lab.tables.client import Client
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.experiment_reductions import (
    cluster_moments_of,
    cost_moments,
    life_tables_of_trial,
    mean_monthly_value,
    moments_of,
    order_statistics,
    trimmed_moments_of,
    upper_cut,
)
from retention_lab.tables.experiments import Trial, make_trial, open_trial

SPEC = {
    "control": "a",
    "outcomes": {
        "paid": {"kind": "mean", "role": "primary", "column": "paid", "covariate": "before"},
        "basket": {"kind": "ratio", "numerator": "paid", "denominator": "n"},
        "won": {"kind": "proportion", "column": "won"},
        "stay": {"kind": "survival", "duration": "t", "event_observed": "left", "horizon_days": 20},
    },
    "costs": {"reward": 4.0, "contact": 1.0, "rewarded": "won"},
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 2000
    # Amounts far from nought: sums of squares would lose half of the digits.
    paid = np.where(rng.random(n) < 0.4, rng.normal(size=n) + 1e6, 0) * rng.choice([1, -1], n, p=[0.9, 0.1])
    return pd.DataFrame(
        {
            "variant": rng.choice(["a", "b", "c"], n),
            "assigned_on": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 5, n), unit="D"),
            "stratum": rng.choice(["x", "y"], n),
            "cluster": rng.integers(0, 90, n).astype(str),
            "paid": np.where(rng.random(n) < 0.05, np.nan, paid),
            "before": rng.normal(10, 3, n),
            "n": rng.poisson(2, n).astype(float),
            "won": rng.random(n) < 0.2,
            "t": rng.integers(0, 40, n),
            "left": rng.random(n) < 0.5,
        }
    )


def trial_of(rows: pd.DataFrame, *, clusters: bool = False, **spec: Any) -> Trial:
    engine = ibis.duckdb.connect(threads=1)
    frame = rows if clusters else rows.drop(columns="cluster")
    table = engine.create_table("t", ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False)))
    parts = Experiment.model_validate({**SPEC, **spec})
    return make_trial(table, parts, name="e", as_of=date(2026, 1, 31), segments=["stratum"])


def expected(y: pd.Series, d: pd.Series, x: pd.Series) -> list[float]:
    spread = np.cov(np.vstack([y, d, x]))
    means = [y.mean(), d.mean(), x.mean()]
    return [*means, spread[0, 0], spread[0, 1], spread[0, 2], spread[1, 1], spread[1, 2], spread[2, 2]]


COLUMNS = ["mean_y", "mean_d", "mean_x", "var_y", "cov_yd", "cov_yx", "var_d", "cov_dx", "var_x"]


def test_moments_are_those_of_the_customers_who_count(rows: pd.DataFrame) -> None:
    found = moments_of(trial_of(rows)).set_index(["outcome", "variant"])

    assert list(found.index.unique(0)) == ["paid", "basket", "won"]
    for variant, group in rows.groupby("variant"):
        known = group[group.paid.notna()]
        one, nought = pd.Series(1.0, known.index), pd.Series(0.0, known.index)
        for outcome, values in {
            "paid": (known.paid, one, known.before),
            "basket": (known.paid, known.n, nought),
        }.items():
            row = found.loc[(outcome, variant)]
            assert row.n == len(known)
            assert row[COLUMNS].tolist() == pytest.approx(expected(*values), rel=1e-9, abs=1e-9)
        won = found.loc[("won", variant)]
        assert (won.n, won.n_events) == (len(group), group.won.sum())


def test_moments_by_day_and_by_segment_are_those_of_their_customers(rows: pd.DataFrame) -> None:
    trial = trial_of(rows)
    by_day, by_stratum = moments_of(trial, ["assigned_on"]), moments_of(trial, ["s:stratum"])

    picked = rows[(rows.variant == "b") & (rows.assigned_on == "2026-01-03") & rows.paid.notna()]
    row = by_day[(by_day.outcome == "paid") & (by_day.variant == "b") & (by_day.assigned_on == date(2026, 1, 3))]
    assert (row.n.item(), row.mean_y.item()) == (len(picked), pytest.approx(picked.paid.mean()))
    assert by_stratum.groupby("outcome").n.sum().to_dict() == {
        "paid": rows.paid.count(),
        "basket": rows.paid.count(),
        "won": len(rows),
    }


def test_what_is_the_same_for_all_is_known_of_those_there_are(rows: pd.DataFrame) -> None:
    few = pd.concat([rows[rows.variant == "a"], rows[(rows.variant == "b") & rows.paid.notna()].head(1)])

    found = moments_of(trial_of(few, shares={"a": 0.4, "b": 0.4, "c": 0.2})).set_index(["outcome", "variant"])

    same = found.loc["won", ["mean_d", "mean_x", "var_d", "var_x", "cov_yd", "cov_yx", "cov_dx"]]
    assert same.loc["a"].tolist() == [1, 0, 0, 0, 0, 0, 0]
    # Of one customer there is a mean and no spread, of none there is neither: the same as where it is not known before.
    assert same.loc["b"].fillna(-1).tolist() == [1, 0, -1, -1, -1, -1, -1]
    assert same.loc["c"].isna().all()
    assert (found.loc["basket"].isna() == found.loc["paid"].isna()).all(axis=None)


def test_moments_of_an_empty_variant_are_there_with_n_nought(rows: pd.DataFrame) -> None:
    shares = {"a": 0.25, "b": 0.25, "c": 0.25, "nobody": 0.25}

    found = moments_of(trial_of(rows, shares=shares))

    assert found[found.variant == "nobody"].n.tolist() == [0, 0, 0]
    assert found[found.variant == "nobody"].n_events.tolist() == [0, 0, 0]


def test_moments_of_clusters_are_those_of_their_sums(rows: pd.DataFrame) -> None:
    found = cluster_moments_of(trial_of(rows, clusters=True)).set_index(["outcome", "variant"]).loc[("paid", "a")]

    known = rows[rows.paid.notna() & (rows.variant == "a")].assign(size=1.0)
    sums = known.groupby("cluster")[["paid", "size", "before"]].sum()
    assert found.n == len(sums)
    assert found[COLUMNS].tolist() == pytest.approx(expected(sums.paid, sums["size"], sums.before), rel=1e-9)


def test_values_beyond_a_cut_are_capped_or_left_out(rows: pd.DataFrame) -> None:
    trial = trial_of(rows)
    values = rows.paid.dropna()
    cut = upper_cut(trial, "paid", 0.9)

    assert cut == pytest.approx(np.quantile(values[values != 0].abs(), 0.9), rel=1e-12)
    capped, left = (trimmed_moments_of(trial, "paid", cut, how) for how in ("winsorise", "leave_out"))  # type: ignore[arg-type]
    for variant, of in rows[rows.paid.notna()].groupby("variant").paid:
        assert capped.set_index("variant").mean_y[variant] == pytest.approx(of.clip(-cut, cut).mean(), rel=1e-12)
        assert left.set_index("variant").n[variant] == (of.abs() <= cut).sum()
        assert left.set_index("variant").mean_y[variant] == pytest.approx(of[of.abs() <= cut].mean(), rel=1e-12)


def test_where_no_value_lies_beyond_nothing_is_left_out(rows: pd.DataFrame) -> None:
    trial, moments = trial_of(rows), moments_of(trial_of(rows))

    left = trimmed_moments_of(trial, "basket", 1e9, "leave_out")

    pd.testing.assert_frame_equal(left, moments[moments.outcome == "basket"].reset_index(drop=True), check_exact=True)


def test_nothing_to_cut_where_all_are_nought() -> None:
    rows = pd.DataFrame({"variant": ["a", "b"], "paid": [0.0, 0.0]})
    engine = ibis.duckdb.connect(threads=1)
    table = engine.create_table("t", ibis.memtable(pa.Table.from_pandas(rows)))
    spec = Experiment.model_validate({"control": "a", "outcomes": {"paid": {"kind": "mean", "column": "paid"}}})

    assert np.isnan(upper_cut(make_trial(table, spec, name="e", as_of=date(2026, 1, 1)), "paid", 0.9))


def test_order_statistics_are_the_sorted_values(rows: pd.DataFrame) -> None:
    trial = trial_of(rows)
    values = np.sort(rows.paid[(rows.variant == "b") & rows.paid.notna()])

    # Many are nought, so that many ranks have one value.
    ranks = [1, 2, 50, 300, 301, len(values), 2]
    assert order_statistics(trial, "paid", "b", ranks) == [values[rank - 1] for rank in ranks]
    assert np.isnan(order_statistics(trial, "paid", "b", [0, len(values) + 1])).all()


def test_life_tables_hold_all_customers_who_are_known(rows: pd.DataFrame) -> None:
    trial = trial_of(rows)
    tables, by_stratum = life_tables_of_trial(trial, "stay"), life_tables_of_trial(trial, "stay", by="s:stratum")

    for variant, of in rows.groupby("variant"):
        table = tables[variant]
        assert table.time.is_monotonic_increasing
        assert (table.n_entered[0], table.n_entered.sum()) == (len(of), len(of))
        for time, left in ((0, True), (17, True), (17, False)):
            column = table.n_events if left else table.n_censored
            assert column[table.time == time].sum() == ((of.t == time) & (of.left == left)).sum()
    assert set(by_stratum) == {(variant, stratum) for variant in "abc" for stratum in "xy"}
    assert sum(table.n_entered.sum() for table in by_stratum.values()) == len(rows)
    # Assigned on the last day of the five, 27 days before the end: the horizon of 20 is over for all.
    mature = life_tables_of_trial(trial, "stay", mature_only=True)
    assert mature["a"].n_entered.sum() == tables["a"].n_entered.sum()


def test_costs_by_variant(rows: pd.DataFrame) -> None:
    found = cost_moments(trial_of(rows)).set_index("variant")

    cost = 1 + 4 * rows[rows.variant == "c"].won
    assert found.loc["a"].tolist() == [(rows.variant == "a").sum(), 0, 0]
    assert found.loc["c"].tolist() == pytest.approx([len(cost), cost.mean(), cost.var()])


def test_the_worth_of_a_customer_is_the_mean_of_those_of_the_trial(write_client: Any) -> None:
    customers = "ID,Start,End,Fee\n1,2026-01-01,,10\n2,2026-01-01,,30\n3,2026-01-01,,500\n"
    stay = {"kind": "survival", "horizon_days": 30}
    folder = write_client(
        customers,
        columns={"customer_id": "ID", "started_on": "Start", "ended_on": "End", "monthly_value": "Fee"},
        top={"experiments": {"e": {"control": "a", "outcomes": {"stay": stay}}}},
        tables={
            "assignments": {"source": "t.csv", "columns": {n: n for n in ("customer_id", "variant", "assigned_on")}}
        },
    )
    (folder / "t.csv").write_text("customer_id,variant,assigned_on\n1,a,2026-03-01\n2,b,2026-03-01\n")
    client = Client(folder)

    assert mean_monthly_value(client, open_trial(client)) == 20


@pytest.mark.reference
def test_cookie_cats_as_published(reference_data: Path) -> None:
    # https://www.kaggle.com/datasets/mursideyarkin/mobile-games-ab-testing-cookie-cats: the counts of its columns.
    source = next(reference_data.rglob("cookie_cats.csv"))
    frame = pd.read_csv(source)
    engine = ibis.duckdb.connect(threads=1)
    table = engine.create_table(
        "t", ibis.memtable(pa.Table.from_pandas(frame.rename(columns={"test_version": "variant"})))
    )
    outcomes = {
        "day_7": {"kind": "proportion", "role": "primary", "column": "retention_7"},
        "rounds": {"kind": "mean", "column": "sum_gamerounds"},
    }
    spec = Experiment.model_validate({"control": "gate_30", "outcomes": outcomes})

    trial = make_trial(table.rename(customer_id="userid"), spec, name="gate", as_of=date(2026, 1, 1))

    found = moments_of(trial).set_index(["outcome", "variant"])
    assert trial.counts.assigned.tolist() == [44_700, 45_489]
    assert found.mean_y[("day_7", "gate_30")] == pytest.approx(0.190201, abs=5e-7)
    assert found.mean_y[("day_7", "gate_40")] == pytest.approx(0.182000, abs=5e-7)
    assert order_statistics(trial, "rounds", "gate_30", [22_350, 44_700]) == [17, 49_854]
