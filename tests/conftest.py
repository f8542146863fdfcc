"""Fixtures that two or more folders use, and one rule for all tests: nobody asks the network."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to anything but this machine are refused; kernels talk over sockets of the file system."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            pytest.fail(f"a test asked the network for {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real public files, which are not part of the project."""
    folder = os.environ.get("RETENTION_LAB_REFERENCE_DATA")
    if not folder:
        pytest.skip("RETENTION_LAB_REFERENCE_DATA is not set: it names a folder of public files to try things on")
    return Path(folder)


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the project's playbooks and the demo client, whose reports go somewhere else."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "playbooks").symlink_to(ROOT / "playbooks")
    (folder / "data").mkdir()
    copy = folder / "data" / "demo"
    copy.mkdir()
    for file in (ROOT / "data" / "demo").iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    return folder
