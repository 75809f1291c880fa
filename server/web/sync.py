"""/sync/ws and /sync/http: the stream (docs/protocol.md, section 5)."""

from typing import Any

from litestar import Request, Response, WebSocket, post, websocket

from server.stream.line import SendFrame
from server.stream.socket import HTTP_BODY_BYTES_MAX, fault_message, serve_socket
from server.web.cookies import find_token
from server.web.headers import is_own_origin
from server.web.line import HubSocketLine, Line, answer_http
from server.web.refused import may_refuse
from server.web.shell import Shell
from sync.codec import CONTENT_TYPE, encode_frame, join_frames, split_frames
from sync.errors import FrameError
from sync.hub_session import HubSession


@websocket("/sync/ws")
async def sync_socket(socket: WebSocket[Any, Any, Any], shell: Shell) -> None:
    """The stream as it comes."""

    def begin(send: SendFrame) -> HubSocketLine:
        session = HubSession(shell.hub.zone, shell.hub.now_ms())
        line = Line(shell, session, send, lambda account: find_token(socket, account))
        return HubSocketLine(shell, line)

    await serve_socket(socket, begin, may_come=is_own_origin(socket))


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
        sent.append(encode_frame(fault_message(error.fault, error.detail)))
    else:
        await answer_http(line, frames, now_ms)
    return Response(join_frames(sent), media_type=CONTENT_TYPE)
