"""The same tables in DuckDB, PostgreSQL and Spark: the same numbers, and nothing but aggregates leaves an engine."""

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import PASSWORD, Server, spark_session

from retention_lab.errors import DataError
from retention_lab.tables.client_file import Database
from retention_lab.tables.cohorts import Definition, cohort_grid
from retention_lab.tables.durations import elapsed
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.experiment_reductions import (
    cluster_moments_of,
    cost_moments,
    life_tables_of_trial,
    moments_of,
    order_statistics,
    trimmed_moments_of,
    upper_cut,
)
from retention_lab.tables.experiments import Trial, make_trial
from retention_lab.tables.reductions import life_tables, life_tables_of_each, value_by_tenure
from retention_lab.tables.sources.databases import fingerprint, list_tables, read_database
from retention_lab.tables.trial_days import day_moments

# What py4j leaves open is closed when Spark ends; it says so whenever one of its objects is collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

AS_OF = date(2026, 6, 30)
N = 3000
# Of a life table n_events is a count; of moments it is a sum.
_COUNTS = ("n", "n_entered", "n_events", "n_censored", "cohort_size", "retained", "assigned", "rows", "analysed")
SPEC = Experiment.model_validate(
    {
        "control": "hold_out",
        "shares": {"hold_out": 0.3, "offer": 0.7},
        "outcomes": {
            "stay": {"kind": "survival", "role": "primary", "horizon_days": 60},
            "converted": {"kind": "proportion", "column": "converted"},
            "score": {"kind": "mean", "column": "score", "covariate": "score_before"},
            "basket": {"kind": "ratio", "numerator": "paid", "denominator": "n_orders"},
            "spend": {"kind": "mean", "from": "transactions.amount", "window_days": 30, "covariate_days": 30},
            "average": {"kind": "ratio", "from": "transactions.amount", "window_days": 30, "covariate_days": 60},
            "bought": {"kind": "proportion", "from": "transactions.count", "window_days": 14},
        },
        "costs": {"reward": 5.0, "contact": 0.3, "rewarded": "converted"},
    }
)


@pytest.fixture
def _no_network() -> None:
    """In place of the fixture of this folder: here engines on this machine are asked."""


def frames() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(17)
    ids = np.array([f"C{n}" for n in range(N)])
    day = pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 100, N), unit="D")
    orders = rng.poisson(1.5, N)
    assignments = pd.DataFrame(
        {
            "experiment": "e",
            "customer_id": ids,
            "variant": rng.choice(["hold_out", " Hold_Out", "offer", "other"], N, p=[0.25, 0.05, 0.68, 0.02]),
            "assigned_on": day,
            "cluster": [f"S{n % 60}" for n in range(N)],
            "received": rng.choice(["hold_out", "offer"], N),
            "converted": rng.random(N) < 0.3,
            "score": np.where(rng.random(N) < 0.02, np.nan, rng.normal(-3, 2, N)),
            "score_before": np.where(rng.random(N) < 0.1, np.nan, rng.normal(5, 2, N)),
            "paid": rng.gamma(2, 10, N) * orders,
            "n_orders": orders,
        }
    )
    twice = assignments.iloc[:40].assign(variant=["offer", "hold_out"] * 20)
    customers = pd.DataFrame(
        {
            "customer_id": ids[: N - 50],
            "started_on": pd.Timestamp("2026-03-09") - pd.to_timedelta(rng.integers(0, 300, N - 50), unit="D"),
            "ended_on": [pd.Timestamp("2026-03-10") + pd.Timedelta(days=n % 150) if n % 3 == 0 else None
                         for n in range(N - 50)],
            "plan": rng.choice(["gold", "silver"], N - 50),
            "monthly_value": rng.normal(30, 5, N - 50),
        }
    )  # fmt: skip
    bought = rng.choice(ids, 4 * N)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 180, 4 * N), unit="D")
    transactions = pd.DataFrame({"customer_id": bought, "occurred_at": days, "amount": rng.normal(20, 15, 4 * N)})
    return {"assignments": pd.concat([assignments, twice]), "customers": customers, "transactions": transactions}


def make(engine: Any, *, clusters: bool, inactive_days: int | None = None, where: tuple[str, ...] = ()) -> Trial:
    assignments = engine.table("assignments")
    return make_trial(
        assignments if clusters else assignments.drop("cluster"),
        SPEC,
        name="e",
        as_of=AS_OF,
        transactions=engine.table("transactions"),
        customers=engine.table("customers"),
        inactive_days=inactive_days,
        segments=["plan"],
        where=where,
    )


@pytest.fixture(scope="module")
def duck() -> Any:
    engine = ibis.duckdb.connect(threads=1)
    for name, table in tables().items():
        engine.create_table(name, ibis.memtable(table))
    return engine


@pytest.fixture(scope="module")
def postgres(server: Server) -> Iterator[Any]:
    server.run("create database engines")
    engine = ibis.postgres.connect(
        host="127.0.0.1", port=server.port, user="tester", password=PASSWORD, database="engines"
    )
    for name, table in tables().items():
        engine.create_table(name, ibis.memtable(table))
    yield engine
    engine.disconnect()


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("spark")
    with spark_session(folder) as session:
        for name, table in tables().items():
            pq.write_table(table, folder / f"{name}.parquet")
            session.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)
        engine = ibis.pyspark.connect(session)
        yield engine
        # Let go of while Spark is still there to be told.
        for name in list(engine._cache_name_to_entry):
            engine._finalize_cached_table(name)


@pytest.fixture(params=["postgres", "spark"])
def other(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def tables() -> dict[str, pa.Table]:
    # Of moments Spark knows microseconds, and no finer.
    found = {}
    for name, frame in frames().items():
        table = pa.Table.from_pandas(frame, preserve_index=False)
        kinds = {column: pa.timestamp("us") for column in table.column_names if column.endswith(("_on", "_at"))}
        found[name] = table.cast(pa.schema([(field.name, kinds.get(field.name, field.type)) for field in table.schema]))
    return found


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Counts are the same, and sums to 1e-9: in another order, which is a million times what rounding can do."""
    for name in one:
        if name in _COUNTS and (one[name] % 1 == 0).all():
            assert list(one[name]) == list(other[name]), name
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9, atol=1e-9, check_dtype=False)


def observed(engine: Any, unit: str) -> Any:
    """The customers of an engine under observation, some of them seen only from a day after their first one."""
    rows = engine.table("customers")
    started, last = rows.started_on.date(), ibis.literal(AS_OF)
    seen = ibis.greatest(started, ibis.literal(date(2026, 1, 15)))
    ended = ibis.ifelse(rows.ended_on.date() <= last, rows.ended_on.date(), None)
    return rows.select(
        "plan",
        "monthly_value",
        duration=elapsed(started, ibis.coalesce(ended, last), unit).cast("float64"),
        entry=elapsed(started, seen, unit).cast("float64"),
        event_observed=ended.notnull(),
    )


@pytest.mark.parametrize("unit", ["days", "months"])
def test_every_engine_gives_the_same_life_tables(duck: Any, other: Any, unit: str) -> None:
    one, two = observed(duck, unit), observed(other, unit)

    assert len(life_tables(one)) > 50
    same(life_tables(one), life_tables(two))
    each, others = (life_tables_of_each(rows, ["plan", "event_observed"]) for rows in (one, two))
    for column in each:
        same(each[column], others[column])
    same(value_by_tenure(one, "monthly_value"), value_by_tenure(two, "monthly_value"))


@pytest.mark.parametrize("definition", get_args(Definition))
@pytest.mark.parametrize("unit", ["weeks", "months"])
def test_every_engine_gives_the_same_cohorts(duck: Any, other: Any, unit: Any, definition: Definition) -> None:
    def grid(engine: Any) -> pd.DataFrame:
        customers, bought = engine.table("customers"), engine.table("transactions")
        starts = customers.select("customer_id", day=customers.started_on)
        activity = bought.select("customer_id", day=bought.occurred_at)
        return cohort_grid(starts, activity, unit=unit, last=AS_OF, definition=definition)

    assert grid(duck).retained.sum() > 100
    same(grid(duck), grid(other))


@pytest.mark.parametrize(("clusters", "inactive_days"), [(False, None), (True, 30)])
def test_every_engine_says_the_same_of_one_experiment(
    duck: Any, other: Any, clusters: bool, inactive_days: int | None
) -> None:
    one, two = (make(engine, clusters=clusters, inactive_days=inactive_days) for engine in (duck, other))

    assert (one.variants, one.notes, one.n_clusters, one.n_mixed_clusters) == (
        two.variants,
        two.notes,
        two.n_clusters,
        two.n_mixed_clusters,
    )
    same(one.counts, two.counts)
    same(one.per_outcome, two.per_outcome)
    for by in ([], ["s:plan"], ["assigned_on"]):
        same(moments_of(one, by), moments_of(two, by))
    same(cost_moments(one), cost_moments(two))
    same(day_moments(one), day_moments(two))
    cuts = [upper_cut(trial, "spend", 0.95) for trial in (one, two)]
    assert cuts[0] == pytest.approx(cuts[1], rel=1e-12)
    for how in ("winsorise", "leave_out"):
        same(*(trimmed_moments_of(trial, "spend", cuts[0], how) for trial in (one, two)))
    ranks = [order_statistics(trial, "score", "offer", [1, 7, 500, 10**6]) for trial in (one, two)]
    assert ranks[0][:3] == ranks[1][:3]
    tables = [life_tables_of_trial(trial, "stay", by="s:plan") for trial in (one, two)]
    assert tables[0].keys() == tables[1].keys()
    for key in tables[0]:
        same(tables[0][key], tables[1][key])
    if clusters:
        same(cluster_moments_of(one), cluster_moments_of(two))


def test_a_table_of_spark_is_a_source_like_any_other(spark: Any, duck: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE", "pyspark://")
    columns = ["customer_id", "occurred_at", "amount"]
    source = Database(url="env:LAKE", table="transactions")

    found = read_database(source, columns).in_memory().own

    assert "transactions" in list_tables("env:LAKE")
    expected = duck.table("transactions").select(columns).order_by(columns).to_pyarrow()
    assert found.to_pylist() == expected.to_pylist()
    assert fingerprint(source, columns)["rows"] == expected.num_rows
    with pytest.raises(DataError, match="did you mean transactions"):
        read_database(Database(url="env:LAKE", table="transaction"))


def test_only_aggregates_leave_the_engine(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[int] = []
    real = type(other).to_pyarrow_batches if other.name == "postgres" else type(other).to_pyarrow

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = real(self, *args, **kwargs)
        if not hasattr(found, "read_all"):
            fetched.append(getattr(found, "num_rows", 1))
            return found
        table = found.read_all()
        fetched.append(table.num_rows)
        return table.to_reader()

    monkeypatch.setattr(type(other), real.__name__, counted)

    trial = make(other, clusters=False, where=("plan=gold",))
    moments_of(trial)
    life_tables_of_trial(trial, "stay")
    order_statistics(trial, "score", "offer", [1, 7])

    # Two variants with a life table of some sixty days each; never a row for each of 3,000 customers.
    assert len(fetched) > 8
    assert sum(fetched) < 400
