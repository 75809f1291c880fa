"""The line to the hub: keeps one connection after another, and does what sync/relay_uplink.py says.

Between attempts it waits with full jitter. Frames are handled one after another, so that the order of the
journal is the order at the hub; the socket's own buffer is all that queues.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from server.relay import journal, mirror
from server.relay.bus import Bus
from server.relay.metrics import FORWARDED, HUB_UP
from server.relay.node import Relay
from server.relay.threads import Threads
from server.store.errors import BusyError
from sync import chain
from sync.backoff import retry_delay_ms
from sync.codec import decode_frame, encode_frame
from sync.errors import FrameError
from sync.limits import (
    FRAME_BYTES_MAX,
    HEARTBEAT_TIMEOUT_MS,
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_MIN,
    REQUEST_TIMEOUT_MS,
    STANDING_READS_MAX,
)
from sync.messages import (
    Hello,
    ReadTo,
    Report,
    Standing,
    decode_hub_message,
    encode_message,
    encode_standing,
)
from sync.relay_uplink import (
    BeginEpoch,
    Close,
    Effect,
    Forget,
    Forward,
    Greeted,
    KeepAck,
    Problem,
    RelayUplink,
    Send,
    SetAside,
    TakePage,
    TellCounts,
)

log = structlog.get_logger()

TICK_INTERVAL_S = 1.0
REPORT_INTERVAL_MS = 20_000
NONCE_BYTES = 32
LOST = (ConnectionClosed, InvalidHandshake, TimeoutError, OSError, FrameError, BusyError)


SendFrame = Callable[[bytes], Awaitable[None]]


class Hangup(Exception):  # noqa: N818 - an order, not an error
    """The connection is to be closed."""


@dataclass(slots=True)
class Upstream:
    """The relay's end of its line to the hub. `reached` is for /health."""

    relay: Relay
    bus: Bus
    threads: Threads
    hub_url: str
    app_version: str
    reached: bool = False

    async def run(self) -> None:
        """For ever; whatever fails is tried again."""
        failures = 0
        while True:
            greeted = False
            try:
                greeted = await self._connect()
            except (*LOST, InvalidURI) as error:
                log.info("hub not reached", why=type(error).__name__)
            except Exception:
                log.exception("line to the hub failed")
            finally:
                self.reached = False
                HUB_UP.set(0)
            failures = 0 if greeted else failures + 1
            await asyncio.sleep(retry_delay_ms(failures, random.random()) / 1000)  # noqa: S311

    async def _connect(self) -> bool:
        url = self.hub_url.replace("http", "ws", 1) + "/sync/ws"
        async with connect(
            url,
            compression=None,
            ping_interval=None,
            max_size=2 * FRAME_BYTES_MAX,
            open_timeout=REQUEST_TIMEOUT_MS / 1000,
            close_timeout=1,
        ) as socket:

            async def send(frame: bytes) -> None:
                async with asyncio.timeout(HEARTBEAT_TIMEOUT_MS / 1000):
                    await socket.send(frame)

            line = HubLine(self, send)
            try:
                await line.run(socket)
            except* Hangup as group:
                log.info("line to the hub closed", code=str(group.exceptions[0]))
            except* LOST:
                log.info("line to the hub lost")
            return line.uplink.greeted


class HubLine:
    """One connection; `send` takes a frame."""

    def __init__(self, upstream: Upstream, send: SendFrame) -> None:
        self._up = upstream
        self._send_frame = send
        self._now_ms = 0
        self._reported_ms = 0
        self._doing = asyncio.Lock()
        relay = upstream.relay
        self.uplink = RelayUplink(
            zone=relay.identity.zone,
            point=relay.identity.point,
            epoch=relay.identity.epoch,
            cursors=relay.cursors(),
            verify=relay.is_hubs,
            now_ms=self._wall_ms(),
        )

    async def run(self, socket: ClientConnection) -> None:
        """Until the connection ends; raises an ExceptionGroup of what ended it."""
        await self.begin()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive(socket))
            tasks.create_task(self._forward())
            tasks.create_task(self._tick())

    async def begin(self) -> None:
        """Say hello."""
        await self._do(self.uplink.hello(self._hello()))

    async def take(self, frame: bytes) -> None:
        """Take one frame of the hub. Raises FrameError, msgspec.DecodeError, Hangup."""
        message = decode_hub_message(decode_frame(frame))
        async with self._doing:
            await self._do(self.uplink.receive(message, self._wall_ms()))

    async def pass_on(self) -> None:
        """Somebody pushed."""
        async with self._doing:
            await self._do(self.uplink.grew(self._up.bus.take_pushers()))

    async def tick(self) -> None:
        """About once a second. Raises Hangup."""
        async with self._doing:
            await self._do(self.uplink.tick(self._wall_ms()))
            if self._wall_ms() - self._reported_ms >= REPORT_INTERVAL_MS:
                await self._do(self.uplink.counted())

    def _wall_ms(self) -> int:
        self._now_ms = max(self._now_ms, self._up.relay.now_ms())
        return self._now_ms

    def _hello(self) -> Hello:
        relay = self._up.relay
        return Hello(
            protocol=PROTOCOL_VERSION,
            protocol_min=PROTOCOL_VERSION_MIN,
            zone=relay.identity.zone,
            device=relay.identity.device,
            account=b"",
            app_version=self._up.app_version,
            wall_ms=relay.wall_ms(),
            nonce=relay.random(NONCE_BYTES),
            parked=[],
        )

    async def _receive(self, socket: ClientConnection) -> None:
        while True:
            frame = await socket.recv()
            await self.take(frame if isinstance(frame, bytes) else frame.encode())

    async def _forward(self) -> None:
        while True:
            await self._up.bus.to_hub.wait()
            await self.pass_on()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_INTERVAL_S)
            await self.tick()

    async def _do(self, effects: list[Effect]) -> None:
        todo = list(effects)
        while todo:
            todo = [*await self._perform(todo.pop(0)), *todo]

    async def _perform(self, effect: Effect) -> list[Effect]:
        up, relay, run = self._up, self._up.relay, self._up.threads.run
        match effect:
            case Send():
                await self._send(encode_message(effect.message))
            case BeginEpoch():
                await run(mirror.begin_epoch, relay, effect.epoch, effect.proof)
                log.info("an epoch begins", epoch=effect.epoch)
                up.bus.epoch_begun()
            case Greeted():
                await run(mirror.greet_hub, relay, effect.welcome)
                up.reached = True
                HUB_UP.set(1)
                log.info("hub reached")
            case TellCounts():
                await self._send(encode_message(await run(self._report, effect.challenge)))
            case TakePage():
                taken = await run(mirror.take_page, relay, effect.page)
                if taken is None:
                    return self.uplink.distrust(effect.page.feed)
                self.uplink.stored(taken.cursor)
                up.bus.mirrored(effect.page.feed, zone=taken.zone)
            case Forget():
                await run(mirror.forget, relay, effect.feed)
                up.bus.mirrored(effect.feed, zone=True)
            case Forward():
                row = await run(journal.next_to_forward, relay, effect.after, effect.but)
                if row is None:
                    return self.uplink.nothing_to_forward()
                await self._send(row.message)
                FORWARDED.inc()
                return self.uplink.forwarded(row.n, row.device, self._wall_ms())
            case KeepAck():
                device = await run(journal.keep_ack, relay, effect.n, effect.ack)
                up.bus.answered(effect.ack)
                return self.uplink.reopened(device) if device else []
            case SetAside():
                device = await run(journal.set_aside, relay, effect.n, effect.code, effect.seq)
                return self.uplink.reopened(device) if device else []
            case Problem():
                log.warning("from the hub", code=effect.code, detail=effect.detail)
            case Close():
                raise Hangup(effect.code)
        return []

    async def _send(self, message: bytes) -> None:
        await self._send_frame(encode_frame(message))

    def _report(self, challenge: bytes) -> Report:
        relay = self._up.relay
        self._reported_ms = self._wall_ms()
        with relay.store.read() as tx:
            _, unsent = tx.relay.waiting()
        counts = (unsent, 0, 0, relay.wall_ms())
        # A relay writes no log of its own.
        reads = [ReadTo(at.feed, at.n, at.hash) for at in relay.cursors()[:STANDING_READS_MAX]]
        standing = encode_standing(Standing(0, 0, relay.identity.epoch, reads))
        zone, number = relay.identity.zone, relay.identity.device
        statement = chain.report_statement(zone, number, challenge, *counts, standing)
        return Report(challenge, *counts, relay.key.sign(statement), standing)
