"""A file while its table is loaded: what the engine can ask it."""

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from retention_lab.tables.sources.source import Source
from retention_lab.tables.sources.streamed import AnySource, StreamedSource


class Opened:
    """A file as tables of the engine: of one that is streamed, the columns that are wanted; of one in memory, all."""

    def __init__(self, engine: Backend, source: AnySource, timezone: str) -> None:
        self._engine, self._source, self._timezone = engine, source, timezone
        self._whole = self._register(source.for_engine(timezone)) if isinstance(source, Source) else ""
        self._names = [self._whole] if self._whole else []

    def table(self, columns: list[str]) -> ir.Table:
        """Some of the columns, without padding where they are streamed."""
        name = self._whole or self._stream(columns, is_trimmed=True)
        return self._engine.table(name, database=("temp", "main"))

    def as_it_came(self) -> str:
        """The name of a table with all columns."""
        return self._whole or self._stream(self._source.columns, is_trimmed=False)

    def close(self) -> None:
        """The engine forgets the file; what was put down stays."""
        for name in self._names:
            self._engine.con.unregister(name)

    def _stream(self, columns: list[str], *, is_trimmed: bool) -> str:
        assert isinstance(self._source, StreamedSource)
        self._names.append(self._register(self._source.stream(columns, self._timezone, is_trimmed=is_trimmed)))
        return self._names[-1]

    def _register(self, rows: object) -> str:
        name = str(ibis.util.gen_name("file"))
        self._engine.con.register(name, rows)
        return name
