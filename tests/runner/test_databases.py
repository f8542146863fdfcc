"""Runs on a client whose customers lie in a real PostgreSQL: what comes of them says nothing of the address."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import PASSWORD, Server, postgres_server

from retention_lab.runner.batch import run_batch
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.record import read_record
from retention_lab.tables.workspace import Workspace

READS = """\
from retention_lab.tables.client import open_client
found = open_client(client).loaded("customers")
print(found.n_kept, [rejection.reason for rejection in found.rejections], found.notes)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as started:
        started.run(
            'create table people ("ID" text, "Start" date, "End" date)',
            "insert into people values ('1', '2026-01-01', null), ('2', '2026-02-01', '2026-01-01')",
            "insert into people values ('3', 'infinity', null)",
        )
        yield started


@pytest.fixture
def shop(workspace: Workspace, write, server: Server, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    client = workspace.data / "acme" / "client.yml"
    source = "{url: env:SHOP, table: people}"
    client.write_text(client.read_text().replace("customers.csv", source) + "max_rejected: 1.0\n")
    monkeypatch.setenv("SHOP", server.url())
    write(workspace, "stay", READS)
    return workspace


def written(workspace: Workspace) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}


def test_a_run_reads_the_database_and_nothing_that_it_leaves_has_the_password(shop: Workspace, server: Server) -> None:
    (result,) = run_batch(plan_runs(shop, "acme").runs, on_progress=lambda _: None)

    assert result.status == "ok", result.error
    record = read_record(result.folder)
    assert record is not None
    (facts,) = record.inputs
    assert (facts["rows"], facts["kept"]) == (3, 1)
    assert facts["rejected"] == {"ended_before_started": 1, "unreadable_started_on": 1}
    assert (facts["source"], len(facts["sha256"])) == ("env:SHOP people", 64)
    for secret in (PASSWORD, "postgres://", f":{server.port}"):
        assert not [path for path, content in written(shop).items() if secret.encode() in content]


def test_a_run_on_what_has_not_changed_is_over_before_it_begins(shop: Workspace, server: Server) -> None:
    run_batch(plan_runs(shop, "acme").runs, on_progress=lambda _: None)
    assert [run.current for run in plan_runs(shop, "acme").runs] == [True]
    server.run("""insert into people values ('4', '2026-01-01', null)""")
    assert [run.current for run in plan_runs(shop, "acme").runs] == [False]
    server.run("""delete from people where "ID" = '4'""")


def test_a_run_that_fails_on_the_way_says_nothing_of_the_address(
    shop: Workspace, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = plan_runs(shop, "acme").runs
    # The password is another one by the time that the notebook reads the table.
    monkeypatch.setenv("SHOP", server.url(password="hidden-word"))

    (result,) = run_batch(runs, on_progress=lambda _: None)

    assert result.status == "failed"
    assert "does not accept the user or the password" in str(result.error)
    for secret in ("hidden-word", PASSWORD, "postgres://", "tester", "psycopg"):
        assert not [path for path, content in written(shop).items() if secret.encode() in content], secret
