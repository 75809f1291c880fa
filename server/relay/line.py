"""One connection to this relay, WebSocket or HTTP: drives sync/relay_session.py, which decides what is said."""

import asyncio

import structlog

from server.relay import desk, journal, mirror
from server.relay.bus import Bus, Ear
from server.relay.metrics import count_push
from server.relay.node import Relay
from server.relay.threads import Threads
from server.stream.line import TICK_INTERVAL_S, Hangup, SendFrame, SocketLine
from sync.codec import encode_frame
from sync.errors import Fault
from sync.feed import Cursor
from sync.hub_session import (
    Close,
    Effect,
    Greet,
    Ingest,
    KeepReport,
    OpenPass,
    ReadFeed,
    ReadJournal,
    ReadPrints,
    Send,
)
from sync.limits import PAGE_BYTES_MAX
from sync.messages import Page, Present, Push, encode_message
from sync.relay_session import RelaySession

log = structlog.get_logger()


class RelayLine:
    """One device's connection."""

    def __init__(
        self, relay: Relay, bus: Bus, threads: Threads, session: RelaySession, send: SendFrame
    ) -> None:
        self._relay = relay
        self._bus = bus
        self._run = threads.run
        self._send = send
        self._present: Present | None = None
        self.session = session
        self.guest: desk.Guest | None = None
        self.sent_bytes = 0

    async def perform(self, effect: Effect) -> list[Effect]:
        """Do what one effect says; what follows from it. Raises Hangup."""
        match effect:
            case Send():
                frame = encode_frame(encode_message(effect.message))
                self.sent_bytes += len(frame)
                await self._send(frame)
                return []
            case Greet():
                welcome = await self._run(desk.greet, self._relay, effect.hello)
                if isinstance(welcome, Fault):
                    return self.session.turn_away(welcome)
                return self.session.greeted(welcome)
            case Ingest():
                return await self._take(effect.push)
            case OpenPass():
                self._present = effect.present
                return self._admit() if self.session.proven else []
            case KeepReport():
                device, report = effect.hello.device, effect.report
                good = desk.is_proven(self._relay, device, report, effect.given)
                effects = self.session.reported(None if good else Fault.REPORT_INVALID)
                return [*effects, *self._admit()] if good else effects
            case ReadFeed():
                return await self._read(effect.cursor)
            case ReadJournal():
                # A role may have ended since: then the session listens no more, and nothing is sent.
                effects = self.renew()
                device = self.session.device
                heard = await self._run(
                    journal.read_journal, self._relay, effect.journal, effect.n, device
                )
                return [*effects, *self.session.heard(heard)]
            case ReadPrints():
                raise AssertionError("only the hub is asked for these")
            case Close():
                raise Hangup(effect.code)

    def renew(self) -> list[Effect]:
        """Ask again what the guest may read."""
        if self.guest is None:
            return []
        before = self.guest.feeds
        self.guest = desk.readmit(self._relay, self.guest)
        if self.guest is not None and self.guest.feeds == before:
            return []
        feeds = self.guest.feeds if self.guest else frozenset()
        return self.session.entitle(self.guest is not None, feeds)

    def listen(self, ear: Ear, now_ms: int) -> list[Effect]:
        """What follows from what was said at this relay since, and from the time. Raises Hangup."""
        if ear.epoch_begun:
            raise Hangup("epoch-begun")
        session, guest = self.session, self.guest
        feeds, acks, grew, zone = ear.take()
        ended = guest is not None and (zone or now_ms >= guest.pass_.until_ms)
        effects = self.renew() if ended else []
        for ack in acks:
            effects += session.passed_on(ack)
        effects += session.grown(feeds)
        if grew:
            effects += session.journal_grew()
        return [*effects, *session.tick(now_ms)]

    def _admit(self) -> list[Effect]:
        if self._present is None or self.guest is not None:
            return []
        self.guest = desk.admit(self._relay, self.session.device, self._present)
        if self.guest is None:
            return self.session.no_pass()
        return self.session.entitle(True, self.guest.feeds)

    async def _take(self, push: Push) -> list[Effect]:
        taken = await self._run(journal.take_push, self._relay, push)
        if isinstance(taken, journal.Refused):
            count_push(taken.fault)
            log.warning("push refused", device=push.device, code=taken.fault)
            if taken.passed_on:
                self._bus.to_pass_on(push.device)
            return self.session.refused(taken.fault, taken.seq, taken.detail)
        count_push("taken")
        if taken.new:
            log.info("push", device=push.device, events=len(push.events), seq=taken.stored.seq)
            self._bus.pushed(push.device)
        return self.session.kept(taken.stored, taken.acks)

    async def _read(self, cursor: Cursor) -> list[Effect]:
        effects = self.renew()
        if self.guest is None or cursor.feed not in self.guest.feeds:
            return [*effects, *self.session.refused_feed(cursor.feed, Fault.FEED_NOT_ENTITLED)]
        page = await self._run(mirror.read_page, self._relay, cursor, self.session.device)
        if isinstance(page, Fault):
            return [*effects, *self.session.refused_feed(cursor.feed, page)]
        if page is None:
            page = Page(cursor.feed, cursor.n, [], cursor.hash, None)
        return [*effects, *self.session.read(page, more=bool(page.entries))]


async def answer_http(line: RelayLine, frames: list[bytes], now_ms: int) -> None:
    """One HTTP exchange: everything asked is answered, pages up to about PAGE_BYTES_MAX in all."""
    for frame in frames:
        await asyncio.sleep(0)
        due = line.session.receive_frame(frame, now_ms)
        while due:
            effect = due.pop(0)
            if isinstance(effect, ReadFeed | ReadJournal) and line.sent_bytes > PAGE_BYTES_MAX:
                continue  # the caller asks again while pages come
            due = [*await line.perform(effect), *due]


class RelaySocketLine(SocketLine[RelayLine]):
    """The tasks of one WebSocket to the relay."""

    def __init__(self, relay: Relay, bus: Bus, line: RelayLine) -> None:
        super().__init__(line, relay.now_ms)
        self._bus = bus

    async def _listen(self) -> None:
        session = self._line.session
        ear = self._bus.join(lambda: session.device)
        try:
            while True:
                await ear.wait(TICK_INTERVAL_S)
                await self._do(self._line.listen(ear, self._wall_ms()))
        finally:
            self._bus.leave(ear)
