"""The same experiment in PostgreSQL and in DuckDB: the same numbers, and nothing but aggregates leaves the server."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

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

AS_OF = date(2026, 6, 30)
N = 3000
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
    """In place of the fixture of this folder: here a server on this machine is asked."""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A PostgreSQL server of our own on a free port of this machine."""
    pytest.importorskip("psycopg")
    binaries = next((found for found in _binaries() if (found / "initdb").exists()), None)
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: initdb and pg_ctl are wanted")
    # The server refuses to run as root.
    as_root = os.geteuid() == 0
    if as_root and not (shutil.which("runuser") and any(user.pw_name == "postgres" for user in pwd.getpwall())):
        pytest.skip("as root, PostgreSQL wants runuser and a user called postgres")
    who = ["runuser", "-u", "postgres", "--"] if as_root else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    # A socket's path must be short, and pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        if as_root:
            shutil.chown(folder, "postgres")
        data, log = f"{folder}/data", f"{folder}/log"
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        control = [*who, str(binaries / "pg_ctl"), "-D", data]
        _run(
            [*who, str(binaries / "initdb"), "-D", data, "-U", "tester", "-A", "trust", "--no-locale", "-E", "UTF8"],
            folder,
        )
        _run([*control, "-l", log, "-w", "-o", options, "start"], folder)
        yield port
        # It may have ended by itself.
        subprocess.run([*control, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, cwd=folder, check=False)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, cwd=folder, check=True)


def _binaries() -> list[Path]:
    found = shutil.which("initdb")
    return [*([Path(found).resolve().parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


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
def engines(server: int) -> Iterator[tuple[Any, Any]]:
    duck = ibis.duckdb.connect(threads=1)
    postgres = ibis.postgres.connect(host="127.0.0.1", port=server, user="tester", database="postgres")
    for name, frame in frames().items():
        rows = ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
        duck.create_table(name, rows)
        postgres.create_table(name, rows)
    yield duck, postgres
    postgres.disconnect()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    # Sums of a few thousand numbers in another order: 1e-9 is a million times the rounding.
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize(("clusters", "inactive_days"), [(False, None), (True, 30)])
def test_postgres_and_duckdb_say_the_same_of_one_experiment(
    engines: tuple[Any, Any], clusters: bool, inactive_days: int | None
) -> None:
    duck, postgres = (make(engine, clusters=clusters, inactive_days=inactive_days) for engine in engines)

    assert (duck.variants, duck.notes, duck.n_clusters, duck.n_mixed_clusters) == (
        postgres.variants,
        postgres.notes,
        postgres.n_clusters,
        postgres.n_mixed_clusters,
    )
    same(duck.counts, postgres.counts)
    same(duck.per_outcome, postgres.per_outcome)
    same(moments_of(duck), moments_of(postgres))
    same(moments_of(duck, ["s:plan"]), moments_of(postgres, ["s:plan"]))
    same(moments_of(duck, ["assigned_on"]), moments_of(postgres, ["assigned_on"]))
    same(cost_moments(duck), cost_moments(postgres))
    cuts = [upper_cut(trial, "spend", 0.95) for trial in (duck, postgres)]
    assert cuts[0] == pytest.approx(cuts[1], rel=1e-12)
    for how in ("winsorise", "leave_out"):
        same(*(trimmed_moments_of(trial, "spend", cuts[0], how) for trial in (duck, postgres)))
    ranks = [order_statistics(trial, "score", "offer", [1, 7, 500, 10**6]) for trial in (duck, postgres)]
    assert ranks[0][:3] == ranks[1][:3]
    tables = [life_tables_of_trial(trial, "stay", by="s:plan") for trial in (duck, postgres)]
    assert tables[0].keys() == tables[1].keys()
    for key in tables[0]:
        same(tables[0][key], tables[1][key])
    if clusters:
        same(cluster_moments_of(duck), cluster_moments_of(postgres))


def test_only_aggregates_leave_the_server(engines: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = engines[1]
    fetched: list[int] = []
    real = type(postgres).to_pyarrow_batches

    def counted(self: Any, *args: Any, **kwargs: Any) -> pa.ipc.RecordBatchReader:
        table = real(self, *args, **kwargs).read_all()
        fetched.append(table.num_rows)
        return table.to_reader()

    monkeypatch.setattr(type(postgres), "to_pyarrow_batches", counted)

    trial = make(postgres, clusters=False, where=("plan=gold",))
    moments_of(trial)
    life_tables_of_trial(trial, "stay")
    order_statistics(trial, "score", "offer", [1, 7])

    # Two variants with a life table of some sixty days each; never a row for each of 3,000 customers.
    assert len(fetched) > 8
    assert sum(fetched) < 400
