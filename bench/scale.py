"""What a hundred million transactions of five million customers take: seconds, memory, and what goes to disk.

    python bench/scale.py                                # 10 and 100 million, each in a process of its own
    python bench/scale.py measure --transactions 10_000_000
    python bench/scale.py generate --transactions 100_000_000 --customers 5_000_000 --to FOLDER

Planted, as shares of the transactions: customers who are not known, purchases that are there twice, purchases with the
number of another one, amounts that cannot be read, and returns. What was found of each is told.
It fails above 4 GiB in all, or where a hundred million take more than 1.5 times as long as ten times ten million.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED, CHUNK = 1, 1_000_000
FIRST, DAYS = np.datetime64("2023-01-01"), 1000
# One of so many rows.
UNKNOWN, COPIES, CONFLICTS, UNREADABLE, RETURNS = 500, 2_000, 2_001, 2_003, 33
SHARE_OF_CUSTOMERS = 20
MOST_GIB, MOST_RATIO = 4.0, 1.5

CLIENT = """\
name: Scale
currency: EUR
observed_through: 2025-09-26
churn: {kind: inactivity, inactive_days: auto}
tables:
  customers:
    source: customers.parquet
    columns: {customer_id: id, started_on: since, region: region}
    covariates: {region: region}
  transactions:
    source: transactions.parquet
    columns: {customer_id: customer, occurred_at: at, amount: amount, transaction_id: number, channel: channel}
  assignments:
    source: assignments.parquet
    columns: {customer_id: id, variant: variant, assigned_on: day}
experiments:
  offer:
    control: nothing
    shares: {nothing: 0.5, offer: 0.5}
    outcomes: {spend: {kind: mean, role: primary, from: transactions.amount, window_days: 60, covariate_days: 60}}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", nargs="?", default="measure", choices=["generate", "measure", "one"])
    arguments.add_argument("--transactions", type=int, nargs="*", default=[10_000_000, 100_000_000])
    arguments.add_argument("--customers", type=int, default=0, help="one of 20 transactions where it is not given")
    arguments.add_argument("--to", type=Path, help="the folder of the client: made, or read where it is there")
    asked = arguments.parse_args()
    if asked.what == "one":
        measure_here(asked.to)
    elif asked.what == "generate":
        n = asked.transactions[0]
        generate(asked.to, n, asked.customers or n // SHARE_OF_CUSTOMERS)
    else:
        sys.exit(measure(asked.transactions, asked.to))


def generate(folder: Path, n_transactions: int, n_customers: int) -> None:
    """A client with the two tables; the same numbers make the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "client.yml").write_text(CLIENT, encoding="utf-8")
    _write(folder / "customers.parquet", _customers(n_customers))
    _write(folder / "assignments.parquet", _assignments(n_customers))
    _write(folder / "transactions.parquet", _transactions(n_transactions, n_customers))


def _write(path: Path, batches: Iterator[pa.Table]) -> None:
    writer = None
    for batch in batches:
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    if writer:
        writer.close()


def _chunks(n: int) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
    for begin in range(0, n, CHUNK):
        yield np.arange(begin, min(begin + CHUNK, n)), np.random.default_rng([SEED, n, begin])


def _names(letter: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(letter, pc.cast(pa.array(numbers + 1_000_000_000), pa.string()), "")


def _customers(n: int) -> Iterator[pa.Table]:
    regions = pa.array(["north", "south", "east", "west"])
    for numbers, rng in _chunks(n):
        since = FIRST - rng.integers(0, 500, numbers.size).astype("timedelta64[D]")
        region = regions.take(pa.array(rng.integers(0, 4, numbers.size)))
        yield pa.table({"id": _names("C", numbers), "since": pa.array(since), "region": region})


def _assignments(n: int) -> Iterator[pa.Table]:
    variants, day = pa.array(["nothing", "offer"]), pa.scalar((FIRST + DAYS // 2).item())
    for numbers, rng in _chunks(n):
        variant = variants.take(pa.array(rng.integers(0, 2, numbers.size)))
        yield pa.table({"id": _names("C", numbers), "variant": variant, "day": pa.repeat(day, numbers.size)})


def _transactions(n: int, n_customers: int) -> Iterator[pa.Table]:
    """Purchases in the order of time; some customers buy often, and a third of them has stopped by some day."""
    channels = pa.array(["shop", "web", "app"])
    for numbers, rng in _chunks(n):
        size = numbers.size
        customer = (n_customers * rng.random(size) ** 1.5).astype(np.int64)
        seconds = (numbers + rng.random(size)) * (DAYS * 86_400 / n)
        # Who has an odd number has stopped half-way: the purchases then are the next customer's.
        late = (seconds > DAYS * 43_200) & (customer % 3 == 1) & (customer + 1 < n_customers)
        customer = np.where(late, customer + 1, customer)
        at = FIRST.astype("datetime64[us]") + (seconds * 1e6).astype("timedelta64[us]")
        amount = np.round(rng.lognormal(3, 0.8, size), 2)
        amount = np.where(numbers % RETURNS == 7, -amount, amount)
        amount = np.where(numbers % UNREADABLE == 5, np.inf, amount)
        customer = np.where(numbers % UNKNOWN == 3, n_customers + numbers, customer)
        # The row before has the same number: all of it is copied, or the number alone.
        named = np.where((numbers % CONFLICTS == 11) & (numbers % CHUNK > 0), numbers - 1, numbers)
        take = np.where((numbers % COPIES == 1) & (numbers % CHUNK > 0), np.arange(size) - 1, np.arange(size))
        rows = {
            "number": _names("T", named),
            "customer": _names("C", customer),
            "at": pa.array(at),
            "amount": pa.array(amount),
            "channel": channels.take(pa.array(rng.integers(0, 3, size))),
            "till": pa.array(rng.integers(0, 400, size)),
        }
        yield pa.table(rows).take(pa.array(take))


def measure(sizes: list[int], kept: Path | None) -> int:
    """Measure each size in a process of its own; 1 where it takes too much."""
    taken = []
    for n in sizes:
        with tempfile.TemporaryDirectory() as made:
            folder = kept or Path(made) / "client"
            if not (folder / "transactions.parquet").exists():
                generate(folder, n, n // SHARE_OF_CUSTOMERS)
            found = _measured(folder)
            taken.append(found)
            print(f"{n:,} transactions")
            for step in found["steps"]:
                print(_line(step))
            print(_line({"name": "in all", **found}))
            print(f"  spilled at most {found['spilled'] / 2**30:.2f} GiB; {found['told']}", flush=True)
    failed = [f"above {MOST_GIB} GiB" for found in taken if found["gib"] > MOST_GIB]
    for small, large in itertools.pairwise(sizes):
        ratio = taken[sizes.index(large)]["seconds"] / taken[sizes.index(small)]["seconds"] / (large / small)
        print(f"{large:,} against {small:,}: {ratio:.2f} times linear")
        failed += [f"more than {MOST_RATIO} times linear"] if ratio > MOST_RATIO else []
    print("; ".join(failed) or "within bounds")
    return 1 if failed else 0


def _line(step: dict[str, object]) -> str:
    taken = f"{step['seconds']:8.1f} s {step['processor']:8.1f} s of processors"
    return f"  {step['name']:44} {taken}   {step['gib']:5.2f} GiB at most so far"


def _measured(folder: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as spill:
        environment = {
            **os.environ,
            "TMPDIR": spill,
            "RETENTION_LAB_MEMORY_GIB": os.environ.get("RETENTION_LAB_MEMORY_GIB", "3"),
        }
        command = [sys.executable, __file__, "one", "--to", str(folder)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        spilled = 0
        while process.poll() is None:
            spilled = max(spilled, _size(Path(spill)))
            time.sleep(0.2)
        told, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return {**json.loads(told.splitlines()[-1]), "spilled": spilled}


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def measure_here(folder: Path) -> None:
    """Everything that is done to a client's tables before a model sees a number, one step after the other."""
    from retention_lab.tables.client import Client
    from retention_lab.tables.cohorts import cohort_grid
    from retention_lab.tables.experiment_reductions import moments_of
    from retention_lab.tables.experiments import open_trial
    from retention_lab.tables.inactivity import time_buyers
    from retention_lab.tables.reductions import life_tables

    began, steps = time.perf_counter(), []

    def step(name: str, what: Callable[[], object]) -> object:
        start, busy = time.perf_counter(), time.process_time()
        found = what()
        taken = {"seconds": time.perf_counter() - start, "processor": time.process_time() - busy}
        steps.append({"name": name, **taken, "gib": _peak()})
        told = f"{name}: {taken['seconds']:.1f} s, {taken['processor']:.1f} s of processors, {_peak():.2f} GiB"
        print(told, file=sys.stderr, flush=True)
        return found

    client = Client(folder)
    step("load and check the customers", lambda: client.loaded("customers"))
    loaded = step("load and check the transactions", lambda: client.loaded("transactions"))
    timed, _, _ = step("purchases, the rule and buyers", lambda: time_buyers(client, client.as_of))
    step("life tables of the buyers, by region", lambda: life_tables(timed, "region"))
    starts = client.table("customers").select("customer_id", day="started_on")
    activity = client.table("transactions").select("customer_id", day="occurred_at")
    step("cohorts by month", lambda: cohort_grid(starts, activity, unit="months", last=client.as_of))
    step("an experiment: what was spent in 60 days", lambda: moments_of(open_trial(client, "offer")))
    told = {found.reason: found.n_rows for found in loaded.rejections}
    whole = {"seconds": time.perf_counter() - began, "processor": time.process_time(), "gib": _peak()}
    print(json.dumps({"steps": steps, **whole, "told": told}))


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 2**20


if __name__ == "__main__":
    main()
