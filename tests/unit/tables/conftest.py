"""Small clients in a temporary folder; whoever asks the network fails."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from engines import Server, postgres_server

from retention_lab.errors import RetentionLabError
from retention_lab.tables.client import Client
from retention_lab.tables.loading import LoadedTable

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]

DATES = {"customer_id": "ID", "started_on": "Start", "ended_on": "End"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of our own; whoever asks it puts a `_no_network` of its own in place of the one here."""
    with postgres_server() as started:
        yield started


@pytest.fixture
def write_client(tmp_path: Path) -> Write:
    """Write `client.yml` and the customers into a folder; keywords are keys of the customers' table.

    `customers` is text, bytes, or columns for a Parquet file; `top` holds further keys of client.yml.
    """

    def write(
        customers: str | bytes | dict[str, Any] | None = None,
        *,
        top: dict[str, Any] | None = None,
        tables: dict[str, Any] | None = None,
        folder: str = "acme",
        **spec: Any,
    ) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        name = "customers.parquet" if isinstance(customers, dict) else "customers.csv"
        if isinstance(customers, dict):
            pq.write_table(pa.table(customers), path / name)
        elif customers is not None:
            (path / name).write_bytes(customers if isinstance(customers, bytes) else customers.encode())
        every = {"name": "Acme", "observed_through": "2026-10-31", "max_rejected": 1.0, **(top or {})}
        every = {key: value for key, value in every.items() if value is not None}
        mapped = {"customers": {"source": name, "columns": DATES, "unit": "days", **spec}, **(tables or {})}
        (path / "client.yml").write_text(yaml.safe_dump({**every, "tables": mapped}, sort_keys=False), "utf-8")
        return path

    return write


@pytest.fixture
def load(write_client: Write) -> Callable[..., LoadedTable]:
    """Write a client and load its customers."""
    return lambda *args, **kwargs: Client(write_client(*args, **kwargs)).loaded("customers")


@pytest.fixture
def told() -> Told:
    """What a person is told when something is refused."""

    def refused(action: Callable[[], object]) -> str:
        with pytest.raises(RetentionLabError) as caught:
            action()
        return str(caught.value)

    return refused


@pytest.fixture
def reasons() -> Callable[[LoadedTable], dict[str, int]]:
    """How many rows of a table were set aside, by reason."""
    return lambda table: {found.reason: found.n_rows for found in table.rejections}
