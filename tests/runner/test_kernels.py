"""How the runner talks to kernels."""

import asyncio
import time
from pathlib import Path

import zmq
import zmq.asyncio
from jupyter_client.session import Session

from retention_lab.runner.kernels import PatientChannel


def test_an_answer_that_comes_in_while_something_is_sent_is_not_missed(tmp_path: Path) -> None:
    """Sending takes notice of it, and asyncio is never told: the original channel would wait for good."""
    answer = asyncio.run(_answered_while_sending(f"ipc://{tmp_path}/k"))
    assert answer["msg_type"] == "execute_reply"


async def _answered_while_sending(address: str) -> dict[str, object]:
    session = Session(key=b"key")
    with zmq.Context() as plain, plain.socket(zmq.ROUTER) as kernel, zmq.asyncio.Context() as ours:
        kernel.bind(address)
        with ours.socket(zmq.DEALER) as socket:
            socket.connect(address)
            channel = PatientChannel(socket, session)
            channel.send(session.msg("execute_request", {}))
            (client, *_) = kernel.recv_multipart()
            waiting = asyncio.create_task(channel.get_msg())
            await asyncio.sleep(0.05)
            session.send(kernel, session.msg("execute_reply", {}), ident=client)
            # Nothing else runs meanwhile: the answer has arrived, and asyncio has not looked yet.
            time.sleep(0.1)
            channel.send(session.msg("comm_msg", {}))
            return await asyncio.wait_for(waiting, timeout=20)
