"""The engine that a client's tables lie in: DuckDB, on one thread, within a given memory, else on disk.

What would not fit into memory is asked in parts: rows are spread by a hash, so that what is equal stays together.
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault, ParameterError

MEMORY = "RETENTION_LAB_MEMORY_GIB"
"""The variable that says how many GiB of memory the engine may take; what it does not hold goes to disk."""
_MOST_GIB, _OF_MACHINE = 3.0, 0.5
_LARGE = "large"
AT_ONCE = 10_000_000
"""So many rows, of which each may be a group of its own, are worked on at once."""


def open_engine() -> Backend:
    """DuckDB on one thread, so that sums are the same to the last bit; it never asks the network for an extension.

    What does not fit into its memory goes to a private folder, which is gone when the engine or the process is.
    Folders are named as those of the runner are, which removes what a killed process has left.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"retention-lab-{os.getpid()}-"))
    engine = ibis.duckdb.connect(threads=1, memory_limit=f"{memory_gib() * 1024:.0f}MiB", temp_directory=str(folder))
    engine.raw_sql("SET autoinstall_known_extensions=false")
    weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    return engine


def memory_gib() -> float:
    """The memory of an engine: as the variable says, else 3 GiB or half of what the machine has."""
    asked = os.environ.get(MEMORY)
    if not asked:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        return min(_MOST_GIB, machine * _OF_MACHINE)
    try:
        gib = float(asked)
    except ValueError:
        gib = 0.0
    if not 0 < gib < float("inf"):
        raise ParameterError(Fault(where=MEMORY, found=repr(asked), allowed="a number of GiB, such as 3"))
    return gib


def make_room(engine: Backend) -> None:
    """From now on tables are made in a file on disk, where the engine's memory may be too small for them."""
    if engine.current_catalog == _LARGE:
        return
    folder = engine.con.execute("SELECT current_setting('temp_directory')").fetchall()[0][0]
    path = str(Path(folder) / "tables.duckdb").replace("'", "''")
    engine.raw_sql(f"ATTACH '{path}' AS {_LARGE}")
    engine.raw_sql(f"USE {_LARGE}")


@contextmanager
def two_threads(engine: Backend) -> Iterator[None]:
    """Where nothing is summed and rows keep their order, two threads find what one finds."""
    engine.raw_sql("SET threads=2")
    try:
        yield
    finally:
        engine.raw_sql("SET threads=1")


@contextmanager
def within_memory(where: str) -> Iterator[None]:
    """Raises DataError where the engine needs more memory, or more disk, than there is."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        told = " ".join(str(error).split()).removeprefix("Out of Memory Error: ")[:200]
        found = f"{memory_gib():.3g} GiB of memory are too little for it, or the disk is full: {told}"
        remedy = f"give it more: run with --memory-gib, or check with {MEMORY} set; or ask for a smaller export"
        raise DataError(Fault(where=where, found=found, remedy=remedy)) from error


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def hash_of(value) -> dt.uint64:  # type: ignore[no-untyped-def]
    """The engine's own hash of a value of any type."""


def parts_of(n_rows: int) -> int:
    """In how many parts so many rows are worked on."""
    return max(1, -(-n_rows // AT_ONCE))


def part_by(rows: ir.Table, column: str, part: int, n_parts: int) -> ir.Table:
    """One part of rows, of which those with the same value are in the same part."""
    return rows if n_parts == 1 else rows.filter(hash_of(rows[column]) % n_parts == part)


def put_down(engine: Backend, name: str, rows: ir.Table, where: str = "true") -> ir.Table:
    """Rows kept in the engine under a name, those for which `where` holds; in one statement, as large ones ask for."""
    engine.raw_sql(f'CREATE TABLE "{name}" AS FROM ({engine.compile(rows)}) WHERE {where}')
    return engine.table(name)


def stored(rows: ir.Table, name: str) -> ir.Table:
    """Rows kept in the engine, so that what stands on them is not computed once a question."""
    table: ir.Table = rows.get_backend().create_table(ibis.util.gen_name(name), rows)
    return table


def stored_in_parts(engine: Backend, name: str, parts: Iterable[ir.Table]) -> ir.Table:
    """Rows kept in the engine, one part of them worked on after the other."""
    name, table = ibis.util.gen_name(name), None
    for part in parts:
        if table is None:
            table = engine.create_table(name, part)
        else:
            engine.insert(name, part)
    assert table is not None
    return table
