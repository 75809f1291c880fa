"""How a WebSocket ends, at the hub and at a relay alike: what is said, and what is written to the log."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from litestar import WebSocket
from structlog.testing import capture_logs
from uvicorn.protocols.utils import ClientDisconnected

from server.store.errors import BusyError
from server.stream.line import Hangup, ReceiveFrame, SendFrame, SocketLine
from server.stream.socket import serve_socket
from sync.codec import decode_frame
from sync.hub_session import Effect, HubSession
from sync.messages import FaultMessage, HubMessage, decode_hub_message
from tests.server.test_reads import run


@dataclass
class Connection:
    """A socket as the server has it; `left`: the other end is gone, which whoever writes to it is told."""

    left: bool = False
    said: list[HubMessage] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    async def accept(self) -> None:
        """Every caller is."""

    async def send_bytes(self, frame: bytes) -> None:
        if self.left:
            raise ClientDisconnected
        self.said.append(decode_hub_message(decode_frame(frame)))

    async def close(self, code: int, **_: str) -> None:
        if self.left:
            raise ClientDisconnected
        self.closed.append(code)


class Line:
    """A line whose session nobody asks."""

    session = HubSession(bytes(16), 0)

    async def perform(self, effect: Effect) -> list[Effect]:
        raise AssertionError(effect)


class Ending(SocketLine[Line]):
    """Ends at once, as it is told to, after trying to send."""

    def __init__(self, send: SendFrame, how: Exception | None) -> None:
        super().__init__(Line(), lambda: 0)
        self._send, self._how = send, how

    async def run(self, _: ReceiveFrame) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())

    async def _listen(self) -> None:
        if self._how is None:
            await self._send(b"a page")
        else:
            raise self._how


def serve(connection: Connection, how: Exception | None, *, may_come: bool = True) -> list[str]:
    """What the log says, in its first words."""
    begin: Callable[[SendFrame], SocketLine] = lambda send: Ending(send, how)  # noqa: E731
    socket = cast("WebSocket[Any, Any, Any]", connection)
    with capture_logs() as logs:
        run(serve_socket(socket, begin, may_come=may_come))
    return [entry["event"] for entry in logs]


def test_who_leaves_while_being_told_is_no_defect() -> None:
    connection = Connection(left=True)
    assert serve(connection, None) == ["line lost"]


@pytest.mark.parametrize("how", [BusyError("locked"), RuntimeError("a defect"), Hangup("silent")])
def test_an_end_that_cannot_be_told_is_an_end_all_the_same(how: Exception) -> None:
    connection = Connection(left=True)
    assert "line lost" not in serve(connection, how)
    assert (connection.said, connection.closed) == ([], [])


@pytest.mark.parametrize(
    ("how", "said", "code", "logged"),
    [
        (BusyError("locked"), ["busy"], 1013, []),
        (RuntimeError("a defect"), ["internal"], 1011, ["line failed"]),
        (Hangup("silent"), [], 1000, ["line closed"]),
        (Hangup("frame-malformed"), [], 1002, ["line closed"]),
    ],
)
def test_every_end_says_what_it_is(
    how: Exception, said: list[str], code: int, logged: list[str]
) -> None:
    connection = Connection()
    assert serve(connection, how) == logged
    assert [one.code for one in connection.said if isinstance(one, FaultMessage)] == said
    assert connection.closed == [code]


def test_a_strangers_page_is_not_served() -> None:
    connection = Connection()
    assert serve(connection, RuntimeError("never begun"), may_come=False) == []
    assert connection.closed == [4403]
