"""Serving one WebSocket of /sync/ws: one binary message, one frame; how a connection ends, and what is said of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from server.store.errors import BusyError
from server.stream.line import Hangup, L, SendFrame, SocketLine
from sync.codec import encode_frame
from sync.errors import Fault
from sync.limits import FRAME_BYTES_MAX, HEARTBEAT_TIMEOUT_MS
from sync.messages import FaultMessage, encode_message

log = structlog.get_logger()

HTTP_BODY_BYTES_MAX = 4 * FRAME_BYTES_MAX
CLOSE_NORMAL, CLOSE_REFUSED, CLOSE_FOREIGN = 1000, 1002, 4403
CLOSE_INTERNAL, CLOSE_TRY_LATER = 1011, 1013
# Gone, timed out, or left while being told.
LEFT = (WebSocketDisconnect, OSError)


async def serve_socket(
    socket: WebSocket[Any, Any, Any], begin: Callable[[SendFrame], SocketLine[L]], *, may_come: bool
) -> None:
    """Serve a connection to its end; `begin` makes its line. May not come: a page of somebody else's."""
    if not may_come:
        await socket.close(CLOSE_FOREIGN)
        return
    await socket.accept()
    sending = asyncio.Lock()

    async def send(frame: bytes) -> None:
        # Whoever does not read for so long is gone, whatever its socket says.
        async with asyncio.timeout(HEARTBEAT_TIMEOUT_MS / 1000), sending:
            await socket.send_bytes(frame)

    async def receive() -> bytes:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(detail="", code=message["code"])
        content = message.get("bytes")
        # Text is no frame of ours: as bytes it fails like any other.
        return content if isinstance(content, bytes) else str(message.get("text")).encode()

    async def give_up(fault: Fault, code: int) -> None:
        """Say why, then hang up; what was not acknowledged comes again."""
        with suppress(*LEFT):
            await send(encode_frame(fault_message(fault)))
            await socket.close(code, reason=fault)

    line = begin(send)
    try:
        await line.run(receive)
    except* LEFT:
        log.info("line lost", device=line.device)
    except* BusyError:
        await give_up(Fault.BUSY, CLOSE_TRY_LATER)
    except* Hangup as group:
        code = str(group.exceptions[0])
        log.info("line closed", device=line.device, code=code)
        with suppress(*LEFT):
            await socket.close(CLOSE_NORMAL if code == "silent" else CLOSE_REFUSED, reason=code)
    except* Exception:
        log.exception("line failed", device=line.device)
        await give_up(Fault.INTERNAL, CLOSE_INTERNAL)


def fault_message(fault: Fault, detail: str = "") -> bytes:
    """A fault about no message in particular."""
    return encode_message(FaultMessage(fault, "", detail, 0))
