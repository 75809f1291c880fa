"""The relay's application: the stream for the tablets of its point, and whether it works. No page, no other call."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.exposition import generate_latest

from server.relay.bus import Bus
from server.relay.journal import tidy
from server.relay.line import RelayLine, RelaySocketLine, answer_http
from server.relay.metrics import CONNECTIONS, WAITING, registry
from server.relay.node import Relay
from server.relay.threads import Threads
from server.relay.upstream import Upstream
from server.store.errors import BusyError
from server.stream.line import Hangup, SendFrame
from server.stream.socket import HTTP_BODY_BYTES_MAX, fault_message, serve_socket
from sync.codec import CONTENT_TYPE, encode_frame, join_frames, split_frames
from sync.errors import Fault, FrameError
from sync.limits import PROTOCOL_VERSION
from sync.relay_session import RelaySession

log = structlog.get_logger()

TIDY_INTERVAL_S = 60
STARTED_AT = time.monotonic()


@dataclass(slots=True)
class Station:
    """What every handler works with. `origins`: whose pages may connect, the hub's own."""

    relay: Relay
    bus: Bus
    threads: Threads
    upstream: Upstream
    origins: frozenset[str]


def make_relay_app(relay: Relay, hub_url: str, app_version: str, origins: list[str]) -> Litestar:
    """The ASGI application of a relay."""
    bus, threads = Bus(), Threads()
    upstream = Upstream(relay, bus, threads, hub_url, app_version)
    station = Station(relay, bus, threads, upstream, frozenset(origins))

    @asynccontextmanager
    async def background(_: Litestar) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(upstream.run()), asyncio.create_task(_tidy(station))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            threads.shutdown()
            relay.store.close()

    return Litestar(
        [relay_socket, relay_http, health, metrics],
        dependencies={"station": Provide(lambda: station, sync_to_thread=False)},
        cors_config=CORSConfig(
            allow_origins=origins, allow_methods=["POST"], allow_headers=["content-type"]
        ),
        request_max_body_size=HTTP_BODY_BYTES_MAX,
        lifespan=[background],
        logging_config=None,
        openapi_config=None,
    )


@websocket("/sync/ws")
async def relay_socket(socket: WebSocket[Any, Any, Any], station: Station) -> None:
    """The stream as it comes."""

    def begin(send: SendFrame) -> RelaySocketLine:
        return RelaySocketLine(station.relay, station.bus, _line(station, send))

    await serve_socket(socket, begin, may_come=_may_come(socket, station))


@post("/sync/http", status_code=200, media_type=CONTENT_TYPE)
async def relay_http(request: Request[Any, Any, Any], station: Station) -> Response[bytes]:
    """The same messages for networks that break WebSockets: frames in, frames out."""
    if not _may_come(request, station):
        return Response(b"", status_code=403, media_type=CONTENT_TYPE)
    sent: list[bytes] = []

    async def send(frame: bytes) -> None:
        sent.append(frame)

    line = _line(station, send)
    try:
        await answer_http(line, list(split_frames(await request.body())), station.relay.now_ms())
    except FrameError as error:
        sent.append(encode_frame(fault_message(error.fault, error.detail)))
    except BusyError:
        sent.append(encode_frame(fault_message(Fault.BUSY)))
    except Hangup:
        log.info("line closed", device=line.session.device)
    return Response(join_frames(sent), media_type=CONTENT_TYPE)


@get("/health")
async def health(station: Station) -> dict[str, Any]:
    """200 when the database answers."""
    waiting, ends = await station.threads.run(_standing, station.relay)
    return {
        "status": "ok",
        "role": "relay",
        "device": station.relay.identity.device,
        "point": station.relay.identity.point,
        "protocol": PROTOCOL_VERSION,
        "hub_reached": station.upstream.reached,
        "waiting_events": waiting,
        "feeds": ends,
        "up_s": int(time.monotonic() - STARTED_AT),
    }


@get("/metrics")
async def metrics(station: Station) -> Response[bytes]:
    """Prometheus's text format."""
    waiting, _ = await station.threads.run(_standing, station.relay)
    WAITING.set(waiting)
    CONNECTIONS.set(station.bus.listeners)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _line(station: Station, send: SendFrame) -> RelayLine:
    identity = station.relay.identity
    session = RelaySession(identity.zone, station.relay.now_ms(), identity.point)
    return RelayLine(station.relay, station.bus, station.threads, session, send)


def _may_come(
    connection: WebSocket[Any, Any, Any] | Request[Any, Any, Any], station: Station
) -> bool:
    """Whether the caller is a page of the hub's, or no browser at all (those send no Origin)."""
    origin = connection.headers.get("origin")
    return origin is None or origin in station.origins


def _standing(relay: Relay) -> tuple[int, dict[str, int]]:
    with relay.store.read() as tx:
        _, events = tx.relay.waiting()
        return events, {name: n for name, (n, _) in tx.relay.ends().items()}


async def _tidy(station: Station) -> None:
    """Drop what is over, now and then."""
    while True:
        await asyncio.sleep(TIDY_INTERVAL_S)
        try:
            await station.threads.run(tidy, station.relay)
        except Exception:
            log.exception("tidy failed")
