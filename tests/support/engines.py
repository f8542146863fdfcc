"""Real engines for tests: a PostgreSQL server and a Spark session of our own, on this machine only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "correct-horse-9!staple"
"""The password of the server's user: what may stand in no output."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that wants a password for its user `tester`."""

    port: int
    database: str = "postgres"

    def url(self, *, user: str = "tester", password: str = PASSWORD, database: str = "") -> str:
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{database or self.database}"

    def run(self, *statements: str) -> None:
        """Put statements to the server, each at once."""
        import psycopg

        with closing(psycopg.connect(self.url(), autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server of our own on a free port of this machine."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    binaries = next((found for found in _binaries() if (found / "initdb").exists()), None)
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: initdb and pg_ctl are wanted")
    # The server refuses to run as root.
    as_root = os.geteuid() == 0
    if as_root and not (shutil.which("runuser") and any(user.pw_name == "postgres" for user in pwd.getpwall())):
        pytest.skip("as root, PostgreSQL wants runuser and a user called postgres")
    who = ["runuser", "-u", "postgres", "--"] if as_root else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    # A socket's path must be short, and pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        data, log, secret = f"{folder}/data", f"{folder}/log", Path(folder) / "secret"
        secret.write_text(PASSWORD)
        if as_root:
            shutil.chown(folder, "postgres")
            shutil.chown(secret, "postgres")
        access = ["-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}"]
        _run([*who, str(binaries / "initdb"), "-D", data, *access, "--no-locale", "-E", "UTF8"], folder)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        control = [*who, str(binaries / "pg_ctl"), "-D", data]
        _run([*control, "-l", log, "-w", "-o", options, "start"], folder)
        yield Server(port)
        # It may have ended by itself.
        subprocess.run([*control, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, cwd=folder, check=False)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, cwd=folder, check=True)


def _binaries() -> list[Path]:
    found = shutil.which("initdb")
    return [*([Path(found).resolve().parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


@contextmanager
def spark_session(folder: Path) -> Iterator[Any]:
    """A Spark of our own with two threads, whose files lie in `folder`, and that listens on this machine only."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark wants Java, which is not installed")
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder} -XX:TieredStopAtLevel=1",
        "spark.local.dir": str(folder),
        "spark.log.level": "ERROR",
        # To compile a question takes Spark longer than to answer it on so few rows.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    gateway = session.sparkContext._gateway
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=30)
