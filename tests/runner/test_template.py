"""The template, and the kernels that it forks: none lost, none left, and good for the ordinary tools as well."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import nbformat
import psutil
import pytest
from processes import is_running, until

from retention_lab.runner.kernels import WARM, KeptTemplate, SocketKernelManager
from retention_lab.runner.template import ADDRESS, Forked, Request, Template, fork

MIB = 2**20

# A kernel starts three processes: its child, one that its shell leaves behind, and one in a session of its own.
STARTS_OTHERS = """\
import os, subprocess
child = subprocess.Popen(["sleep", "1000"])
apart = subprocess.Popen(["sleep", "1000"], start_new_session=True)
left = !sleep 1000 >/dev/null 2>&1 & echo $!
print(os.getpid(), child.pid, apart.pid, *left)
"""

# Has a template and such a kernel, says so, and waits.
OWNER = """\
import asyncio, json, os, sys
from retention_lab.runner.kernels import WARM, SocketKernelManager
from retention_lab.runner.template import ADDRESS, Template

async def main():
    told = []
    manager = SocketKernelManager(kernel_name=WARM)
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready()
    await client.execute_interactive(sys.argv[1], output_hook=lambda said: told.append(said["content"].get("text", "")))
    return [int(number) for number in "".join(told).split()]

template = Template()
os.environ[ADDRESS] = template.address
print(json.dumps([template.pid, template.address, asyncio.run(main())]), flush=True)
sys.stdin.read()
"""

# Starts kernels by name as any Jupyter tool does, over TCP, and does with them what people do.
ORDINARY = """\
import json, os, signal, sys, threading, time
from jupyter_client.manager import start_new_kernel

def ask(client, code):
    told = []
    reply = client.execute_interactive(code, timeout=60, output_hook=lambda said: told.append(said["content"]))
    status = reply["content"].get("ename") or reply["content"]["status"]
    return status, "".join(content.get("text", "") for content in told).strip()

facts, seconds = {}, []
def start():
    began = time.monotonic()
    manager, client = start_new_kernel(kernel_name="retention-lab")
    seconds.append(time.monotonic() - began)
    return manager, client, ask(client, "import os; print(os.getppid())")[1]

manager, client, first = start()
other, other_client, second = start()
facts["transport"], facts["shared"], facts["seconds"] = manager.transport, first == second, seconds
threading.Timer(0.5, manager.interrupt_kernel).start()
facts["interrupted"] = ask(client, "import time; time.sleep(60)")[0]
ask(client, "kept = 1")
facts["goes on"] = ask(client, "print(kept)")
manager.restart_kernel()
client.wait_for_ready(timeout=60)
facts["restarted"] = ask(client, "print(kept)")[0]
facts["path"] = ask(client, "import sys; print('' in sys.path)")[1]
pid = int(ask(client, "import os; print(os.getpid())")[1])
client.stop_channels()
manager.shutdown_kernel()
facts["shut down"] = not os.path.exists(f"/proc/{pid}") or open(f"/proc/{pid}/stat").read().split()[2] == "Z"
os.kill(int(first), signal.SIGKILL)
facts["lives on"] = ask(other_client, "print('yes')")[1]
third, third_client, template = start()
facts["another"] = template not in (first, str(os.getpid()))
left = ask(third_client, "import subprocess; print(os.getpid(), subprocess.Popen(['sleep', '1000']).pid)")[1]
facts["left"] = [int(template), *map(int, left.split()), int(ask(other_client, "print(os.getpid())")[1])]
print(json.dumps(facts), flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    template = Template()
    yield template
    template.close()


def start_trivial(address: str) -> Forked:
    """A worker that has nothing to do, since nobody tells it of a run."""
    ours, theirs = Pipe()
    with ours, theirs:
        return fork(address, Request(kind="worker"), [theirs.fileno()])


def test_a_template_that_has_forked_is_as_fit_for_it_as_before(template: Template) -> None:
    """One thread, and nothing open but its sockets: no ZMQ context, event loop or engine can be without either."""
    assert start_trivial(template.address).wait(30) == 0
    process = Path(f"/proc/{template.pid}")

    def is_idle() -> bool:
        return len(opened()) == 5

    def opened() -> list[str]:
        names = [entry.readlink().name for entry in (process / "fd").iterdir()]
        # matplotlib closes its fonts in whatever is forked.
        return sorted(name.split(":")[0] for name in names if not name.endswith(".ttf"))

    assert until(is_idle), opened()
    # Standard input, output and error, the socket where it listens, and what it waits with.
    assert opened() == ["anon_inode", "null", "null", "pipe", "socket"]
    assert len(list((process / "task").iterdir())) == 1


def test_of_500_processes_started_16_at_a_time_none_is_lost_and_nothing_grows(template: Template) -> None:
    processes = [psutil.Process(template.pid), psutil.Process()]

    def start(_n: int) -> tuple[int, int]:
        forked = start_trivial(template.address)
        return forked.pid, forked.wait(60)

    with ThreadPoolExecutor(16) as pool:
        ended = list(pool.map(start, range(100)))
        before = [(process.memory_full_info().uss, process.num_fds()) for process in processes]
        ended += pool.map(start, range(400))
    assert len({pid for pid, _status in ended}) == 500
    assert {status for _pid, status in ended} == {0}
    for process, (uss, descriptors) in zip(processes, before, strict=True):
        assert process.memory_full_info().uss - uss < 4 * MIB
        assert process.num_fds() <= descriptors + 2


def test_of_32_kernels_started_16_at_a_time_none_is_lost(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, template.address)

    async def start(n: int, turn: asyncio.Semaphore) -> int:
        async with turn:
            folder = tmp_path / str(n)
            folder.mkdir()
            manager = SocketKernelManager(kernel_name=WARM, connection_file=str(folder / "k.json"))
            await manager.start_kernel(cwd=str(tmp_path))
            client = manager.client()
            client.start_channels()
            await client.wait_for_ready(60)
            reply = await client.execute("6 * 7", reply=True, timeout=60)
            client.stop_channels()
            await manager.shutdown_kernel(now=True)
            return int(reply["content"]["execution_count"])

    async def start_all() -> list[int]:
        turn = asyncio.Semaphore(16)
        return await asyncio.gather(*(start(n, turn) for n in range(32)))

    assert asyncio.run(start_all()) == [1] * 32
    assert psutil.Process(template.pid).children() == []


def test_what_is_asked_of_a_template_that_still_imports_is_not_lost() -> None:
    template = Template()
    with ThreadPoolExecutor(16) as pool:
        statuses = pool.map(lambda _: start_trivial(template.address).wait(60), range(16))
    assert set(statuses) == {0}
    folder = Path(template.address).parent
    template.close()
    assert not folder.exists()


def test_a_template_that_is_killed_is_told_as_such_and_what_it_has_forked_goes_on(tmp_path: Path) -> None:
    template = Template()
    ours, theirs = Pipe()
    with theirs:
        forked = fork(template.address, Request(kind="worker"), [theirs.fileno()])
    os.kill(template.pid, signal.SIGKILL)
    assert until(lambda: not template.alive)
    with pytest.raises(OSError, match=r"refused|ended"):
        fork(template.address, Request(kind="worker"))
    # Nobody is left to tell how it ends; that it has not ended can be seen all the same.
    assert forked.poll() is None
    forked.terminate()
    assert forked.wait(30) == -signal.SIGKILL
    assert not is_running(forked.pid)
    ours.close()
    template.close()


def test_what_is_no_request_does_no_harm(template: Template) -> None:
    for message in (b"", b"no pickle"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(template.address)
            if message:
                connection.send(message)
    assert start_trivial(template.address).wait(30) == 0


@pytest.mark.parametrize("killed", ["owner", "kernel", "template and owner"])
def test_no_kernel_and_nothing_that_it_has_started_outlives_its_owner(tmp_path: Path, killed: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, STARTS_OTHERS],
        cwd=tmp_path,
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    template, address, kernel = json.loads(owner.stdout.readline())
    assert len(kernel) == 4
    if killed == "kernel":
        os.kill(kernel[0], signal.SIGKILL)
        # A process in a session of its own is not to be found any more when its parent has been killed.
        os.kill(kernel.pop(2), signal.SIGKILL)
    else:
        if killed == "template and owner":
            os.kill(template, signal.SIGKILL)
        owner.kill()
        assert until(lambda: not is_running(template))
    for pid in kernel:
        assert until(lambda pid=pid: not is_running(pid)), kernel.index(pid)
    if killed == "owner":
        assert until(lambda: not Path(address).parent.exists())
    owner.kill()
    for stream in (owner.stdin, owner.stdout):
        stream.close()
    owner.wait()
    assert until(lambda: not is_running(template))


@pytest.mark.parametrize("end", ["killed", "in order"])
def test_the_kernel_serves_any_jupyter_tool(tmp_path: Path, end: str) -> None:
    with (tmp_path / "told").open("w") as told:
        subprocess.run([sys.executable, "-c", ORDINARY, end], cwd=tmp_path, stdout=told, check=False, timeout=180)
    facts = json.loads((tmp_path / "told").read_text())
    left, seconds = facts.pop("left"), facts.pop("seconds")
    assert facts == {
        "transport": "tcp",
        "shared": True,
        "interrupted": "KeyboardInterrupt",
        "goes on": ["ok", "1"],
        "restarted": "NameError",
        # A notebook may import what lies beside it.
        "path": "True",
        "shut down": True,
        "lives on": "yes",
        "another": True,
    }
    assert seconds[1] < seconds[0] / 2
    for pid in left:
        assert until(lambda pid=pid: not is_running(pid)), left.index(pid)


def test_who_changes_the_code_and_restarts_a_kernel_meets_the_new_code(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("answer = 41\n")
    kept = KeptTemplate(tmp_path)
    first = kept.current()
    assert kept.current() is first
    (tmp_path / "module.py").write_text("answer = 42\n")
    os.utime(tmp_path / "module.py", (1, 1))
    second = kept.current()
    assert second is not first
    assert not is_running(first.pid)
    kept.close()
    assert not is_running(second.pid)


def test_papermill_runs_a_playbook_in_it_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("answer = 42\n")
    cells = ["n = 1", "import beside\nprint(beside.answer + n)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, tmp_path / "in.ipynb")
    command = [str(Path(sys.executable).with_name("papermill")), "-k", WARM, "-p", "n", "8", "in.ipynb", "out.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "50\n"


def test_a_kernel_that_cannot_be_forked_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, str(tmp_path / "nobody"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))

    async def start() -> str:
        manager = SocketKernelManager(kernel_name=WARM)
        await manager.start_kernel(cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(60)
        reply = await client.execute("1", reply=True, timeout=60)
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return str(reply["content"]["status"])

    assert asyncio.run(start()) == "ok"
