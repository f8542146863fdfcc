"""Alpina Fibra, the made-up client: draw it, write it as a client would send it, spoil it by known counts.

The same size and seed give the same bytes. What is planted is in `truth`.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.demo import defects
from retention_lab.demo.events import draw_loyalty, draw_transactions
from retention_lab.demo.experiments import draw_assignments
from retention_lab.demo.exports import (
    assignments_as_exported,
    customers_as_exported,
    feedback_as_exported,
    loyalty_as_exported,
    transactions_as_exported,
)
from retention_lab.demo.feedback import draw_feedback
from retention_lab.demo.population import draw_population
from retention_lab.errors import DataError, Fault, ParameterError

FEWEST_CUSTOMERS = 500
"""With fewer, the one row of each defect would be more than client.yml lets pass."""


def generate_demo(folder: Path, *, customers: int = 20_000, seed: int = 1) -> None:
    """Write the demo client into a new or empty folder: client.yml, .key and five exports.

    Raises DataError if the folder holds anything, ParameterError if the size or the seed cannot be.
    """
    _check_request(folder, customers, seed)
    # Each part has its own stream: more draws in one do not change the others.
    parts = np.random.SeedSequence(seed).spawn(6)
    people, writing, buying, collecting, assigning, saying = (np.random.default_rng(part) for part in parts)
    population = draw_population(customers, people)
    chosen = defects.choose_customers(population, writing)
    is_sound = ~np.isin(np.arange(customers), np.concatenate(list(chosen.values())))
    sound = population[is_sound].reset_index(drop=True)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "client.yml").write_bytes(files("retention_lab.demo").joinpath("client.yml").read_bytes())
    (folder / ".key").write_text(_key(seed) + "\n", encoding="ascii", newline="\n")
    exported = customers_as_exported(population, writing)
    table = defects.spoil_customers(exported, chosen, writing)
    _write_csv(table, folder / "customers.csv", delimiter=";", encoding="cp1252")
    purchases = transactions_as_exported(draw_transactions(sound, buying))
    _write_parquet(defects.spoil_transactions(purchases, customers, buying), folder / "transactions.parquet")
    points = loyalty_as_exported(draw_loyalty(sound, collecting))
    points = defects.spoil_loyalty(points, customers, collecting)
    _write_csv(points, folder / "loyalty.csv", delimiter=",", encoding="utf-8-sig")
    groups = assignments_as_exported(draw_assignments(sound, customers, assigning))
    groups = defects.spoil_assignments(groups, customers, assigning)
    _write_csv(groups, folder / "experiments.csv", delimiter=";", encoding="utf-8")
    names = exported["Name"].to_numpy(dtype=object)[is_sound]
    said = feedback_as_exported(draw_feedback(sound, names, customers, saying))
    said = defects.spoil_feedback(said, customers, saying)
    _write_csv(said, folder / "feedback.csv", delimiter=";", encoding="utf-8")


def _check_request(folder: Path, customers: int, seed: int) -> None:
    if customers < FEWEST_CUSTOMERS:
        raise ParameterError(Fault(where="customers", found=str(customers), allowed=f"{FEWEST_CUSTOMERS} or more"))
    if seed < 0:
        raise ParameterError(Fault(where="seed", found=str(seed), allowed="0 or more"))
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        what = "this folder is not empty" if folder.is_dir() else "this is a file"
        fault = Fault(where=str(folder), found=what, allowed="a new or empty folder", remedy="choose another name")
        raise DataError(fault)


def _key(seed: int) -> str:
    """The key of the pseudonyms. A real client's is drawn by chance; the demo's can be known to all."""
    return hashlib.sha256(f"retention-lab demo {seed}".encode()).hexdigest()[:32]


def _write_csv(table: pd.DataFrame, path: Path, *, delimiter: str, encoding: str) -> None:
    table.to_csv(path, sep=delimiter, encoding=encoding, index=False, lineterminator="\n")


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    columns = {name: pa.array(table[name], from_pandas=True) for name in table.columns}
    columns["booked"] = columns["booked"].cast(pa.timestamp("ms"))
    pq.write_table(
        pa.table(columns),
        path,
        compression="zstd",
        # Numbers and moments nearly rise from row to row: their differences take half the room.
        use_dictionary=["customer", "gross", "item"],
        column_encoding={"tx": "DELTA_BINARY_PACKED", "booked": "DELTA_BINARY_PACKED"},
    )
