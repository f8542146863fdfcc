"""Two million customers through an experiment: how long it takes, how much memory, and what leaves a server.

Called by `bench/experiments.py speed`. Exit code 1 over 2 GiB, over 10 s in DuckDB (imports, which a warm kernel has
behind it, are told and not counted), or where more than aggregates left the server: its seconds are its own.
"""

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
SEED, CUSTOMERS = 20261122, 2_000_000
MOST_SECONDS, MOST_GIB, MOST_ROWS = 10.0, 2.0, 50_000
AS_OF = date(2026, 6, 30)
EXPERIMENT = """\
  offer:
    control: hold_out
    shares: {hold_out: 0.2, offer: 0.8}
    outcomes:
      stay: {kind: survival, role: primary, horizon_days: 90}
      spend: {kind: mean, column: spend, covariate: spend_before}
      returned: {kind: proportion, column: returned, role: guardrail, margin: 0.01}
      basket: {kind: ratio, numerator: spend, denominator: orders}
    costs: {reward: 5.0, contact: 0.2}
"""
CLIENT = f"""\
name: Two millions
currency: EUR
timezone: Europe/Rome
observed_through: {AS_OF}
money: {{monthly_value_is: revenue, margin_rate: 0.4}}
tables:
  customers:
    source: customers.parquet
    columns: {{customer_id: id, started_on: started, ended_on: ended, plan: plan, monthly_value: fee}}
    unit: days
    entry: none
  assignments:
    source: assignments.parquet
    columns: {{customer_id: id, variant: variant, assigned_on: assigned}}
experiments:
{EXPERIMENT}"""


@dataclass(slots=True)
class Stopwatch:
    """What was done, and how many seconds it took."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    processor: float = 0.0

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        began, used = time.perf_counter(), time.process_time()
        found = work()
        self.steps.append((name, time.perf_counter() - began))
        self.processor += time.process_time() - used
        return found

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.steps)


def main(n: int, *, postgres: bool) -> bool:
    """Draw the customers, and have a process of its own do what the playbook does. Whether it kept its promise."""
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder), n)
        with server(Path(folder)) if postgres else no_server() as port:
            if port:
                fill(Path(folder), port)
            command = [sys.executable, __file__, folder, *([str(port)] if port else [])]
            environment = {"PYTHONPATH": str(ROOT / "src"), **os.environ, "RETENTION_LAB_HOME": folder}
            return subprocess.run(command, env=environment).returncode == 0


def draw(home: Path, n: int) -> None:
    """The client's folder: who was assigned to what, and since when they are customers."""
    rng = np.random.default_rng(SEED)
    folder = home / "data" / "large"
    folder.mkdir(parents=True)
    (home / "playbooks").mkdir()
    (folder / "client.yml").write_text(CLIENT, encoding="utf-8")
    ids = pa.array([f"C{number:07d}" for number in rng.permutation(n)])
    treated = rng.random(n) < 0.8
    assigned = np.datetime64("2026-02-01") + rng.integers(0, 28, n)
    orders = rng.poisson(1.2, n)
    before = np.round(rng.gamma(2.0, 20.0, n), 2)
    spend = np.round((orders > 0) * (0.4 * before + orders * rng.gamma(2.0, 10.0 + treated, n)), 2)
    columns = {
        "id": ids,
        "variant": pa.array(np.where(treated, "offer", "hold_out")),
        "assigned": pa.array(assigned),
        "spend": pa.array(spend),
        "spend_before": pa.array(before, mask=rng.random(n) < 0.05),
        "returned": pa.array(rng.random(n) < 0.1),
        "orders": pa.array(orders),
    }
    pq.write_table(pa.table(columns), folder / "assignments.parquet")
    ended = assigned + rng.exponential(np.where(treated, 900, 800)).astype(int) + 1
    columns = {
        "id": ids,
        "started": pa.array(assigned - rng.integers(100, 900, n)),
        "ended": pa.array(ended, mask=ended > np.datetime64(AS_OF)),
        "plan": pa.array(rng.choice(["S", "M", "L"], n)),
        "fee": pa.array(np.round(rng.gamma(9.0, 4.0, n), 2)),
    }
    pq.write_table(pa.table(columns).take(rng.permutation(n)), folder / "customers.parquet")


def worker(port: int) -> bool:
    """What the cells of the playbook do, from the first import on."""
    watch, fetched = Stopwatch(), [0]
    began = time.perf_counter()
    import_all()
    print(f"{'imports':20}{time.perf_counter() - began:7.2f} s (not counted)")
    from retention_lab.analysis.experiments import decision, effects, gates, looks, money, segments, study
    from retention_lab.tables.client import open_client

    client = open_client("large")
    if port:
        fetched = count_fetched()
        given = watch.timed("make the trial", lambda: study_in(port, study))
    else:
        watch.timed("load customers", lambda: client.loaded("customers"))
        watch.timed("load assignments", lambda: client.loaded("assignments"))
        given = watch.timed("open the trial", lambda: study.study_experiment(client, segments=["plan"]))
    found = watch.timed("effects", lambda: effects.estimate_effects(given))
    checks = watch.timed("gates", lambda: gates.check_gates(given, found))
    earned = watch.timed("money", lambda: money.estimate_money(client, given, found))
    watch.timed("segments", lambda: segments.compare_segments(given))
    watch.timed("over time", lambda: looks.look_over_time(given, found))
    answer = watch.timed("decision", lambda: decision.decide(given, checks, found, earned))
    return told(watch, answer.answer, fetched[0], in_server=bool(port))


def import_all() -> None:
    from retention_lab.analysis.experiments import decision, effects, gates, looks, money, segments, study  # noqa: F401
    from retention_lab.tables.client import open_client  # noqa: F401


def told(watch: Stopwatch, answer: str, n_fetched: int, *, in_server: bool) -> bool:
    for name, seconds in watch.steps:
        print(f"{name:20}{seconds:7.2f} s")
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    limit = "" if in_server else f" (at most {MOST_SECONDS:g})"
    print(f"{'together':20}{watch.seconds:7.2f} s{limit}, {watch.processor:.2f} s of processor here")
    print(f"{'memory here':20}{gib:7.2f} GiB (at most {MOST_GIB:g}); load of the machine {os.getloadavg()[0]:.1f}")
    print(f"the answer: {answer}")
    if in_server:
        print(f"rows that left the server: {n_fetched} (at most {MOST_ROWS})")
    return (in_server or watch.seconds <= MOST_SECONDS) and gib <= MOST_GIB and n_fetched <= MOST_ROWS


def study_in(port: int, study: Any) -> Any:
    """The study of an experiment whose tables lie in the server, as `study_experiment` makes it of a client's files."""
    import yaml

    from retention_lab.tables.client_file import Money
    from retention_lab.tables.experiment_file import Experiment
    from retention_lab.tables.experiments import make_trial

    engine = connect(port)
    trial = make_trial(
        engine.table("assignments"),
        Experiment.model_validate(yaml.safe_load(EXPERIMENT)["offer"]),
        name="offer",
        as_of=AS_OF,
        customers=engine.table("customers"),
        segments=["plan"],
    )
    return study.ExperimentStudy(
        trial=trial,
        primary=study.primary_of(trial),
        money=Money(monthly_value_is="revenue", margin_rate=0.4),
        as_of=AS_OF,
        min_group=10,
        confidence_level=0.95,
    )


def count_fetched() -> list[int]:
    """Counts, in one cell, the rows that come from the server from now on."""
    from ibis.backends.postgres import Backend

    fetched, real = [0], Backend.to_pyarrow_batches

    def counted(self: Any, *args: Any, **kwargs: Any) -> pa.ipc.RecordBatchReader:
        table = real(self, *args, **kwargs).read_all()
        fetched[0] += table.num_rows
        return table.to_reader()

    Backend.to_pyarrow_batches = counted
    return fetched


def connect(port: int) -> Any:
    import ibis

    return ibis.postgres.connect(host="127.0.0.1", port=port, user="tester", database="postgres")


def fill(home: Path, port: int) -> None:
    """The client's files as tables of the server, under our own names for the columns."""
    named = {"id": "customer_id", "assigned": "assigned_on", "started": "started_on", "ended": "ended_on",
             "fee": "monthly_value"}  # fmt: skip
    engine = connect(port)
    for table in ("assignments", "customers"):
        rows = pq.read_table(home / "data" / "large" / f"{table}.parquet")
        rows = rows.rename_columns([named.get(column, column) for column in rows.column_names])
        types = {"string": "text", "double": "float8", "int64": "int8", "bool": "bool", "date32[day]": "date"}
        columns = ", ".join(f"{field.name} {types[str(field.type)]}" for field in rows.schema)
        with engine.con.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {table} ({columns})")
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for batch in rows.to_batches(100_000):
                    for row in zip(*batch.to_pydict().values(), strict=True):
                        copy.write_row(row)
            engine.con.commit()
            cursor.execute(f"ANALYZE {table}")
            engine.con.commit()
    engine.disconnect()


@contextmanager
def no_server() -> Iterator[int]:
    yield 0


@contextmanager
def server(home: Path) -> Iterator[int]:
    """A PostgreSQL server of our own on a free port of this machine, as it comes; it refuses to run as root."""
    binaries = next(found for found in installed() if (found / "initdb").exists())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder = home / "server"
    folder.mkdir()
    if as_root := os.geteuid() == 0:
        home.chmod(0o755)
        shutil.chown(folder, "postgres")
    who = ["runuser", "-u", "postgres", "--"] if as_root else []
    control = [*who, str(binaries / "pg_ctl"), "-D", str(folder / "data")]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    initdb = [*who, str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "tester", "-A", "trust"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    start = [*control, "-l", str(folder / "log"), "-w", "-o", options, "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        yield port
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder)


def installed() -> list[Path]:
    found = shutil.which("initdb")
    return [*([Path(found).resolve().parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    sys.exit(0 if worker(int(sys.argv[2]) if len(sys.argv) > 2 else 0) else 1)
