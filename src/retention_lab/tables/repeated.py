"""Rows that are equal in some columns, found in parts: a hundred million keys never stand in memory at once.

The questions are put in the engine's own words: they are many, and short.
"""

from collections.abc import Iterable, Sequence

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from retention_lab.tables.engine import parts_of
from retention_lab.tables.sources.source import POSITION

FIRST, LAST = "_first", "_last"
_HASH = "_hash"


def find_repeated(engine: Backend, rows: str, columns: Sequence[str], n_rows: int, where: str = "true") -> str | None:
    """The rows of a table that are equal in `columns` to another one, None where no row is.

    What is found is the name of a table: POSITION, and the positions of the `_first` and the `_last` of those that are
    equal. Nothing equals nothing. Only rows count for which `where` holds. Hashes are compared first, and values only
    where hashes agree.
    """
    own, n_parts = ", ".join(map(quoted, columns)), parts_of(n_rows)
    hashed = f"(SELECT {POSITION}, hash({own}) AS {_HASH} FROM {rows} WHERE {where})"
    hashed = put_down(engine, [f"FROM {hashed}"]) if n_parts > 1 else hashed
    twice = pa.concat_tables(_twice(engine, hashed, part, n_parts) for part in range(n_parts))
    if not twice.num_rows:
        return None
    engine.con.register("repeated_hashes", twice)
    likely = put_down(engine, [f"FROM {hashed} WHERE {_HASH} IN (FROM repeated_hashes)"])
    engine.con.unregister("repeated_hashes")
    n_parts = parts_of(count(engine, likely))
    found = put_down(engine, (_equal(rows, own, likely, part, n_parts) for part in range(n_parts)))
    return found if count(engine, found) else None


def _twice(engine: Backend, hashed: str, part: int, n_parts: int) -> pa.Table:
    some = f"SELECT {_HASH} FROM {hashed} WHERE {_HASH} % {n_parts} = {part} GROUP BY {_HASH} HAVING count(*) > 1"
    return engine.con.sql(some).to_arrow_table()


def _equal(rows: str, own: str, likely: str, part: int, n_parts: int) -> str:
    alike = f"(PARTITION BY {_HASH}, {own})"
    first, last = (f"{extreme}({POSITION}) OVER {alike}" for extreme in ("min", "max"))
    some = f"(FROM {likely} WHERE hash({_HASH}) % {n_parts} = {part})"
    marked = f"SELECT {POSITION}, {first} AS {FIRST}, {last} AS {LAST} FROM {rows} JOIN {some} USING ({POSITION})"
    return f"FROM ({marked}) WHERE {FIRST} < {LAST}"


def put_down(engine: Backend, parts: Iterable[str]) -> str:
    """Keep what some questions find, one after the other, in a table, and return its name."""
    name = ""
    for part in parts:
        engine.con.execute(f"INSERT INTO {name} {part}" if name else f"CREATE TABLE {(name := _new_name())} AS {part}")
    return name


def _new_name() -> str:
    return quoted(ibis.util.gen_name("repeated"))


def count(engine: Backend, rows: str) -> int:
    """How many rows a table has."""
    return int(engine.con.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])


def quoted(name: str) -> str:
    """A name that the engine takes for nothing but a name."""
    return '"' + name.replace('"', '""') + '"'
