"""/sync/ws and /sync/http: the stream (docs/protocol.md, section 5)."""

import asyncio
from typing import Any

import structlog
from litestar import Request, Response, WebSocket, post, websocket
from litestar.exceptions import WebSocketDisconnect

from server.store.errors import BusyError
from server.web.cookies import find_token
from server.web.headers import is_own_origin
from server.web.line import Hangup, Line, SendFrame, SocketLine, answer_http
from server.web.refused import may_refuse
from server.web.shell import Shell
from sync.codec import CONTENT_TYPE, encode_frame, join_frames, split_frames
from sync.errors import Fault, FrameError
from sync.hub_session import HubSession
from sync.limits import FRAME_BYTES_MAX, HEARTBEAT_TIMEOUT_MS
from sync.messages import FaultMessage, encode_message

log = structlog.get_logger()

HTTP_BODY_BYTES_MAX = 4 * FRAME_BYTES_MAX
CLOSE_NORMAL, CLOSE_REFUSED, CLOSE_FOREIGN = 1000, 1002, 4403
CLOSE_INTERNAL, CLOSE_TRY_LATER = 1011, 1013


@websocket("/sync/ws")
async def sync_socket(socket: WebSocket[Any, Any, Any], shell: Shell) -> None:
    """One binary message, one frame."""
    if not is_own_origin(socket):
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

    session = HubSession(shell.hub.zone, shell.hub.now_ms())
    line = Line(shell, session, send, lambda account: find_token(socket, account))
    try:
        await SocketLine(shell, line).run(receive)
    except* (WebSocketDisconnect, TimeoutError, ConnectionError):
        log.info("line lost", device=session.device)
    except* BusyError:
        await _give_up(socket, send, Fault.BUSY, CLOSE_TRY_LATER)
    except* Hangup as group:
        code = str(group.exceptions[0])
        log.info("line closed", device=session.device, code=code)
        await socket.close(CLOSE_NORMAL if code == "silent" else CLOSE_REFUSED, reason=code)
    except* Exception:
        log.exception("line failed", device=session.device)
        await _give_up(socket, send, Fault.INTERNAL, CLOSE_INTERNAL)


async def _give_up(
    socket: WebSocket[Any, Any, Any], send: SendFrame, fault: Fault, code: int
) -> None:
    """Say why, then hang up; what was not acknowledged comes again."""
    await send(encode_frame(encode_message(FaultMessage(fault, "", "", 0))))
    await socket.close(code, reason=fault)


@post(
    "/sync/http",
    request_max_body_size=HTTP_BODY_BYTES_MAX,
    status_code=200,
    media_type=CONTENT_TYPE,
    responses=may_refuse(),
)
async def sync_http(request: Request[Any, Any, Any], shell: Shell) -> Response[bytes]:
    """The same messages for networks that break WebSockets: frames in, frames out."""
    sent: list[bytes] = []

    async def send(frame: bytes) -> None:
        sent.append(frame)

    now_ms = shell.hub.now_ms()
    session = HubSession(shell.hub.zone, now_ms)
    line = Line(shell, session, send, lambda account: find_token(request, account))
    try:
        frames = list(split_frames(await request.body()))
    except FrameError as error:
        fault = FaultMessage(error.fault, "", error.detail, 0)
        sent.append(encode_frame(encode_message(fault)))
    else:
        await answer_http(line, frames, now_ms)
    return Response(join_frames(sent), media_type=CONTENT_TYPE)
