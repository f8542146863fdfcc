"""Kernels: forked from a template where there is one, started in the ordinary way elsewhere.

`ForkProvisioner` is named in the kernelspec `retention-lab`, which any Jupyter front end and papermill can use. There,
the first kernel brings a template of its own to life, and those that come after it start at once.
"""

import asyncio
import atexit
import logging
import math
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import Empty
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Type, default

from retention_lab.runner.template import ADDRESS, Forked, Request, Template, can_fork, fork

WARM, PLAIN = "retention-lab", "python3"
# On a busy machine a kernel that imports from a cold disk has been seen to need most of a minute.
START_SECONDS = 120
_KILL_LOOKS = 200
_LOOK_SECONDS = 0.5
_log = logging.getLogger(__name__)


class ForkProvisioner(LocalProvisioner):
    """A kernel provisioner of jupyter_client that has the kernel forked from a template.

    Whatever keeps it from doing so, the kernel is started in the ordinary way.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel that `cmd` describes (`python -m ipykernel_launcher -f FILE ...`)."""
        cwd = str(kwargs.get("cwd") or Path.cwd())
        environment = {name: value for name, value in (kwargs.get("env") or os.environ).items() if name != ADDRESS}
        request = Request(kind="kernel", argv=tuple(cmd[3:]), cwd=cwd, environment=environment)
        try:
            forked = _fork(request)
        except OSError as error:
            _log.warning("no kernel could be forked, so one is started: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        # What the methods that we inherit ask of a process, Popen and Forked have in common.
        self.process, self.pid, self.pgid, self.cwd = cast(Any, forked), forked.pid, forked.pid, cwd
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and what it has started, and see it ended: the manager would look only every 0.1 s."""
        await super().kill(restart)
        for _ in range(_KILL_LOOKS):
            if await self.poll() is not None:
                return
            await asyncio.sleep(0.005)


class PatientChannel(AsyncZMQSocketChannel):
    """Looks for a message again and again, where the original waits to be told once that there is one.

    A message to the kernel is sent past asyncio, by the plain socket below. If an answer comes in at that moment, the
    sending takes notice of it and asyncio never does: nbclient, which sends while a cell with widgets runs, would wait
    for an answer that lies there.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Get a message within `timeout` seconds, or whenever it comes. Raises Empty."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        while (left := end - time.monotonic()) > _LOOK_SECONDS:
            with suppress(Empty):
                return await super().get_msg(_LOOK_SECONDS)
        return await super().get_msg(max(left, 0.0))


class SocketKernelClient(AsyncKernelClient):
    """Begins when the kernel has answered, without a wait of 0.2 s for what else it may say.

    The wait is to drain messages of the start. nbclient, which goes by the message that another one answers, does not
    mind them.
    """

    shell_channel_class = Type(PatientChannel)
    iopub_channel_class = Type(PatientChannel)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError where it dies, or takes too long."""
        end = time.monotonic() + (timeout or START_SECONDS)
        while time.monotonic() < end:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                # What it publishes can be lost for some moments after the connection is made.
                await self.get_iopub_msg(timeout=0.2)
                if reply["msg_type"] == "kernel_info_reply":
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it was ready")
        raise RuntimeError(f"the kernel was not ready after {timeout or START_SECONDS:g} s")


class SocketKernelManager(AsyncKernelManager):
    """Talks over Unix sockets in a folder of its own.

    With TCP, jupyter_client frees the ports that it chose before the kernel takes them, and of many kernels that
    start at once some find theirs taken.
    """

    client_factory = SocketKernelClient

    @property
    def ipykernel(self) -> bool:
        """It is IPython's: so nbclient has it keep no history on disk. By its name it would not know ours."""
        return True

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"

    @default("connection_file")
    def _connection_file_default(self) -> str:
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "k.json")

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        # Only ours and the native one: what else a person has installed must not make another report.
        return KernelSpecManager(parent=self, kernel_dirs=[str(Path(__file__).parent / "kernelspecs")])


def _fork(request: Request) -> Forked:
    """By the template that we come from ourselves, or by one that this process keeps. Raises OSError."""
    if ADDRESS in os.environ:
        return fork(os.environ[ADDRESS], request)
    if not can_fork():
        raise OSError("this system cannot fork kernels")
    try:
        return fork(_kept().current().address, request)
    except OSError:
        # It was killed, perhaps: another one takes its place.
        _kept().close()
        return fork(_kept().current().address, request)


class KeptTemplate:
    """The template that a server of notebooks keeps, made anew when the code in a folder has changed meanwhile.

    Who works on the package and restarts a kernel expects to meet what he has just written.
    """

    def __init__(self, code: Path) -> None:
        self._folder, self._written = code, 0
        self._template: Template | None = None

    def current(self) -> Template:
        """A template that has imported the code as it is now."""
        written = max(path.stat().st_mtime_ns for path in self._folder.rglob("*.py"))
        if written != self._written:
            self.close()
        if self._template is None:
            self._template, self._written = Template(), written
        return self._template

    def close(self) -> None:
        """End the template; the kernels that it has forked go on."""
        if self._template:
            self._template.close()
        self._template = None


@cache
def _kept() -> KeptTemplate:
    kept = KeptTemplate(Path(__file__).parents[1])
    atexit.register(kept.close)
    return kept
