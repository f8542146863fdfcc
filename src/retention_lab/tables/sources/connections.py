"""Databases that Ibis reaches, opened to be read only.

An address holds a password. No message repeats it, nor what a driver says, which may: a message says what kind of thing
went wrong, and names the variable that the address came from.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlparse

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from retention_lab.errors import DataError, Fault, RetentionLabError
from retention_lab.tables.client_file import Database
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.sources.source import few

_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_EXAMPLE = "an address such as postgres://user:password@host:5432/database, or duckdb:///folder/file.duckdb"
_EXTRAS = {"postgres": "retention-lab[postgres]", "pyspark": "retention-lab[spark]"}
_OF_THE_ENGINE = ("information_schema", "mysql", "performance_schema", "sys", "temp")
_WAIT_SECONDS = 15
# What drivers write, in lower case, and what it means; the first that is found counts.
_KINDS = (
    (
        "password|authentication|access denied|login failed",
        "the database does not accept the user or the password",
        "ask whoever runs it, and mend the address in the variable",
    ),
    (
        "permission denied|insufficient privilege|not authorized",
        "its user may not read there",
        "ask whoever runs the database to let this user read the table",
    ),
    (
        "refused|timeout|timed out|resolve|translate host|unreachable|no route",
        "the database cannot be reached",
        "check that it is running and can be reached from this machine",
    ),
    (
        "no space left",
        "there is no room left for temporary files, here or where the database runs",
        "make room, and try again",
    ),
    (
        "could not set lock|database is locked|being used",
        "the database is in use by another program that lets nobody else in",
        "close that program, and try again",
    ),
    (
        "database .*does not exist|unknown database",
        "there is no database of that name",
        "mend the address in the variable",
    ),
)


def resolve(reference: str) -> str:
    """The address that `env:NAME` stands for. Raises DataError, which names the variable only."""
    known = _REFERENCE.fullmatch(reference)
    if known is None:
        remedy = "put the address into a variable of the environment, and write env: before its name"
        raise DataError(Fault(where="database", found="not the name of a variable", allowed="env:NAME", remedy=remedy))
    address = os.environ.get(known[1], "").strip()
    if not address:
        found = f"the variable {known[1]} is not set"
        remedy = f"set {known[1]} to the address of the database, in the environment of this program"
        raise DataError(Fault(where=reference, found=found, allowed=_EXAMPLE, remedy=remedy))
    return address


@contextmanager
def opened(reference: str, where: str = "") -> Iterator[BaseBackend]:
    """A database, to be read only, for as long as it is asked something.

    Whatever its driver says against it becomes a DataError in our words; `where` is what the message is about.
    """
    address = resolve(reference)
    said: Fault | None = None
    try:
        engine = _connect(reference, address)
        try:
            yield engine
        finally:
            _close(engine)
    except RetentionLabError:
        raise
    except Exception as error:  # noqa: BLE001
        said = _in_our_words(where or reference, address, error)
    if said:
        # Not from the driver's error: what shows the one would show the other.
        raise DataError(said) from None


def find_table(engine: BaseBackend, source: Database) -> ir.Table:
    """The table that `schema.table` names. Raises DataError with the nearest one where there is none."""
    *place, name = _parts(source)
    try:
        return engine.table(name, database=tuple(place) or None)
    except Exception:
        # How an engine says that there is none differs; and a dot may belong to the name.
        if source.table in _tables(engine):
            return engine.table(source.table)
        known = table_names(engine)
        if _quoted(name) in known or f"{'.'.join(map(_quoted, place))}.{_quoted(name)}" in known:
            raise
    raise DataError(_no_table(source, known))


def _no_table(source: Database, known: list[str]) -> Fault:
    bare = {one.rpartition(".")[2]: one for one in reversed(known)}
    guess = nearest(source.table, known) or (f"did you mean {bare[source.table]}?" if source.table in bare else "")
    found, remedy = f"there is no table {source.table!r}", guess or "mend the name, or ask for the right to see it"
    return Fault(where=str(source), found=found, allowed=few(known) or "none can be seen", remedy=remedy)


def table_names(engine: BaseBackend) -> list[str]:
    """All tables that can be seen: those where the address leads to by their name, others as schema.table."""
    current = _current(engine)
    no_clients = (current, *_OF_THE_ENGINE)
    others = [name for name in _schemas(engine) if name not in no_clients and not name.startswith("pg_")]
    names = [_quoted(name) for name in _tables(engine)]
    return names + [f"{_quoted(schema)}.{_quoted(name)}" for schema in others for name in _tables(engine, schema)]


def _tables(engine: Any, schema: str | None = None) -> list[str]:
    if engine.name == "duckdb":
        # Ibis asks DuckDB for its lists in a way that DuckDB 2 has no more.
        asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = coalesce(?, current_schema())"
        return sorted(name for (name,) in engine.con.execute(asked, [schema]).fetchall())
    return sorted(engine.list_tables(database=(schema,) if schema else None))


def _schemas(engine: Any) -> list[str]:
    if engine.name == "duckdb":
        found = engine.con.execute("SELECT DISTINCT schema_name FROM information_schema.schemata").fetchall()
        return sorted(name for (name,) in found)
    return sorted(map(str, engine.list_databases()))


def _current(engine: Any) -> str:
    if engine.name == "duckdb":
        return str(engine.con.execute("SELECT current_schema()").fetchone()[0])
    return str(engine.current_database)


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _parts(source: Database) -> list[str]:
    """Catalogue, schema and table, as far as they are named; a name in quotes may have a dot in it."""
    parts = [quoted.replace('""', '"') or bare for quoted, bare in _PART.findall(source.table)]
    if not 1 <= len(parts) <= 3:
        found = f"{source.table!r} is not the name of a table"
        raise DataError(Fault(where=str(source), found=found, allowed="table, or schema.table"))
    return parts


def _connect(reference: str, address: str) -> BaseBackend:
    scheme = address.partition("://")[0].replace("postgresql", "postgres")
    if "://" not in address or scheme not in metadata.entry_points(group="ibis.backends").names:
        remedy = "mend the address in the variable"
        found = "what the variable holds is not the address of a database"
        raise DataError(Fault(where=reference, found=found, allowed=_EXAMPLE, remedy=remedy))
    settings: dict[str, object] = {}
    if scheme in ("duckdb", "sqlite"):
        _refuse_absent(reference, address)
    if scheme == "duckdb":
        settings = {"read_only": True, "autoinstall_known_extensions": "false", "memory_limit": "1GiB"}
        settings |= {"temp_directory": gettempdir()}
    if scheme == "postgres" and "connect_timeout" not in address:
        settings = {"connect_timeout": _WAIT_SECONDS}
    try:
        engine = ibis.connect(address, **settings)
    except ImportError:
        package = _EXTRAS.get(scheme, f"ibis-framework[{scheme}]")
        found, remedy = f"the driver for {scheme} is not installed", f"pip install '{package}'"
        raise DataError(Fault(where=reference, found=found, remedy=remedy)) from None
    _only_read(engine)
    return engine


def _refuse_absent(reference: str, address: str) -> None:
    """A file that is not there would be made, and one that is named from somewhere would be another one elsewhere."""
    parsed = urlparse(address)
    path = Path(parsed.netloc + parsed.path)
    if address.startswith("duckdb://md:"):
        return
    if not path.is_absolute():
        found, allowed = (
            "the path of its file does not begin at the root",
            "three strokes, as in sqlite:///folder/file.db",
        )
        raise DataError(Fault(where=reference, found=found, allowed=allowed, remedy="write the whole path"))
    if not path.is_file():
        found, remedy = "the file that the address names is not there", "put it there, or mend the address"
        raise DataError(Fault(where=reference, found=found, remedy=remedy))


def _only_read(engine: Any) -> None:
    """Nothing is ever written, and one question sees one state of the data."""
    if engine.name == "postgres":
        engine.con.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        engine.con.execute("SET DateStyle TO ISO, YMD")
    elif engine.name == "sqlite":
        engine.con.execute("PRAGMA query_only = ON")


def _close(engine: BaseBackend) -> None:
    # A Spark session is the whole process's own, and may be somebody else's too.
    if engine.name != "pyspark":
        engine.disconnect()


def _in_our_words(where: str, address: str, error: Exception) -> Fault:
    """What kind of thing went wrong; which words a driver used is looked at and never repeated."""
    told = str(error).lower()
    for words, found, remedy in _KINDS:
        if re.search(words, told):
            return Fault(where=where, found=found, remedy=remedy)
    scheme = address.partition("://")[0]
    found = f"{scheme} cannot answer ({type(error).__name__})"
    return Fault(where=where, found=found, remedy="try the same table in another program, and ask whoever runs it")
