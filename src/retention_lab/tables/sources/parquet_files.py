"""Parquet files as sources: typed columns, and the row numbers that they would have in a spreadsheet."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of


def read_parquet(path: Path, name: str, options: ReadOptions) -> Source:
    try:
        # The one file, not a folder of them: `key=value` in a path is not a column.
        own = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        fault = Fault(where=name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    own = own.rename_columns(header_names(name, 1, own.column_names))
    if not own.num_rows:
        raise no_rows(name)
    places = places_of(name, np.arange(2, own.num_rows + 2), pa.nulls(own.num_rows, pa.string()))
    return Source(name=name, own=own, places=places)


