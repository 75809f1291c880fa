"""One connection to the hub, WebSocket or HTTP: drives sync/hub_session.py, which decides what is said.

While pushes wait to be written, their author's feeds stand back for a moment: acknowledgements matter more than the
echo.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from server.flows.greet import greet
from server.flows.ingest import ReadPush, ingest, read_push
from server.flows.read_feed import Asked, PageFrame, RightsChanged
from server.flows.reader import Reader, hash_token, prove_relay, renew
from server.flows.report import keep_report
from server.stream.line import TICK_INTERVAL_S, Hangup, SendFrame, SocketLine
from server.web.metrics import INGEST_SECONDS, PAGES, count_push
from server.web.shell import Shell
from sync.codec import encode_frame
from sync.errors import Fault
from sync.feed import Cursor
from sync.hub_session import (
    Close,
    Effect,
    Greet,
    HubSession,
    Ingest,
    KeepReport,
    OpenPass,
    ReadFeed,
    ReadJournal,
    ReadPrints,
    Send,
)
from sync.limits import PAGE_BYTES_MAX
from sync.messages import Ack, Compare, FaultMessage, HubMessage, Page, Prints, Push, encode_message

log = structlog.get_logger()

# How long a page stands back behind its reader's own pushes; a backlog of hours must not hide others' work.
STAND_BACK_S = 1.0

FindToken = Callable[[bytes], str | None]


class Line:
    """One device's connection. `send` takes a frame; `find_token` knows the caller's cookies."""

    def __init__(
        self, shell: Shell, session: HubSession, send: SendFrame, find_token: FindToken
    ) -> None:
        self._shell = shell
        self._send = send
        self._find_token = find_token
        self._checked: dict[str, Cursor] = {}
        self.page_bytes = 0
        self.session = session
        self.reader: Reader | None = None

    async def perform(self, effect: Effect) -> list[Effect]:
        """Do what one effect says; what follows from it. Raises Hangup."""
        match effect:
            case Send():
                await self.send(effect.message)
                return []
            case Greet():
                return await self.greet(effect)
            case Ingest():
                return await self.ingest(await self.read_push(effect.push))
            case ReadFeed():
                return await self.read(effect.cursor)
            case ReadPrints():
                return await self.compare(effect.asked)
            case KeepReport():
                return await self.keep_report(effect)
            case OpenPass() | ReadJournal():
                raise AssertionError("only a relay is asked for these")
            case Close():
                raise Hangup(effect.code)

    async def greet(self, effect: Greet) -> list[Effect]:
        """Look up who is calling."""
        shell, hello = self._shell, effect.hello
        token = self._find_token(hello.account)
        token_hash = hash_token(token) if token else None
        greeted = await shell.read(greet, shell.hub, shell.pages, hello, token_hash)
        if isinstance(greeted, Fault):
            return self.session.turn_away(greeted)
        self.reader = greeted.reader
        effects = self.session.greeted(greeted.welcome)
        return [*effects, *self.session.settled(greeted.settled)]

    async def ingest(self, read: ReadPush) -> list[Effect]:
        """Write a push, tell everybody whom it concerns."""
        shell, push = self._shell, read.push
        with INGEST_SECONDS.time():
            taken = await shell.write(ingest, shell.hub, read)
        shell.bus.announce(taken.growth, taken.verdicts)
        match taken.answer:
            case Ack():
                count_push("taken", taken.answer.runs)
                log.info("push", device=push.device, events=len(push.events), seq=taken.answer.seq)
                effects = self.session.ingested(taken.answer)
            case FaultMessage() as fault:
                count_push(fault.code, [])
                log.warning("push refused", device=push.device, code=fault.code)
                effects = self.session.refused(Fault(fault.code), fault.seq, fault.detail)
        return [*effects, *(Send(warning) for warning in taken.warnings)]

    async def read_push(self, push: Push) -> ReadPush:
        """Read a push, if its device has signed it."""
        return await self._shell.read(read_push, self._shell.hub, push)

    async def keep_report(self, effect: KeepReport) -> list[Effect]:
        """Keep what the device says of itself, if it is the device."""
        shell = self._shell
        fault = await shell.write(keep_report, shell.hub, effect.hello, effect.report, effect.given)
        if fault is not None:
            log.warning("report refused", device=effect.hello.device)
        effects = self.session.reported(fault)
        if fault is None and self.reader is None:
            # A relay has no session: it reads as the device that it has just proven to be.
            self.reader = await shell.read(prove_relay, shell.hub, effect.hello.device)
            if self.reader is not None:
                effects += self.session.entitle(True, self.reader.feeds)
        return effects

    async def read(self, cursor: Cursor) -> list[Effect]:
        """Read what follows a cursor; the first time, whether the reader's history is ours."""
        shell, reader = self._shell, self.reader
        if reader is None or cursor.feed not in reader.feeds:
            return self.session.refused_feed(cursor.feed, Fault.SESSION_EXPIRED)
        if shell.hub.now_ms() >= reader.until_ms:
            return [*await self.renew(), *self._retry(cursor)]
        first = self._checked.get(cursor.feed) != cursor
        if first:
            fault = await shell.read(shell.pages.check, cursor)
            if fault is not None:
                return self.session.refused_feed(cursor.feed, fault)
        asked = Asked(
            cursor, reader.device, reader.access, even_empty=first, sealed=reader.is_relay
        )
        page = await shell.reads.next(asked)
        if isinstance(page, RightsChanged):
            effects = await self.renew()
            return [*effects, *self._retry(cursor)]
        self._checked[cursor.feed] = Cursor(
            cursor.feed, cursor.n + len(page.page.entries), page.page.hash
        )
        return await self._send_page(page, cursor)

    async def compare(self, asked: Compare) -> list[Effect]:
        """Read a feed's chain at some places, for a reader who has another history of it."""
        shell, effects = self._shell, list[Effect]()
        while (reader := self.reader) is not None and asked.feed in reader.feeds:
            if shell.hub.now_ms() < reader.until_ms:
                prints = await shell.read(shell.pages.compare, asked, reader.access)
                if isinstance(prints, Prints):
                    return [*effects, *self.session.compared(prints)]
            effects += await self.renew()
        return [*effects, *self.session.refused_feed(asked.feed, Fault.SESSION_EXPIRED)]

    async def renew(self) -> list[Effect]:
        """Ask again what the reader may read."""
        if self.reader is None:
            return []
        self.reader = await self._shell.read(renew, self._shell.hub, self.reader)
        feeds = self.reader.feeds if self.reader else frozenset()
        return self.session.entitle(self.reader is not None, feeds)

    async def send(self, message: HubMessage) -> None:
        """Send one message."""
        await self._send(encode_frame(encode_message(message)))

    def _retry(self, cursor: Cursor) -> list[Effect]:
        empty = Page(cursor.feed, cursor.n, [], cursor.hash, None)
        return [*self.session.read(empty), *self.session.grown([cursor.feed])]

    async def _send_page(self, page: PageFrame, cursor: Cursor) -> list[Effect]:
        assert page.page.after == cursor.n
        effects = self.session.read(page.page, more=not page.ends)
        rest: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Send) and effect.message is page.page:
                self.page_bytes += len(page.frame)
                PAGES.inc()
                await self._send(page.frame)  # encoded once, for all readers
            else:
                rest.append(effect)
        return rest


async def answer_http(line: Line, frames: list[bytes], now_ms: int) -> None:
    """One HTTP exchange: everything asked is answered, pages up to about PAGE_BYTES_MAX in all."""
    for frame in frames:
        # Reading a frame may take tens of milliseconds: others come first.
        await asyncio.sleep(0)
        due = line.session.receive_frame(frame, now_ms)
        while due:
            effect = due.pop(0)
            match effect:
                case ReadFeed(cursor=cursor) if line.page_bytes > PAGE_BYTES_MAX:
                    # An empty page without the head says: there may be more, ask again.
                    await line.send(Page(cursor.feed, cursor.n, [], cursor.hash, None))
                case ReadFeed():
                    due = [*due, *await line.perform(effect)]
                case Close():
                    return
                case _:
                    due = [*await line.perform(effect), *due]


class HubSocketLine(SocketLine[Line]):
    """The tasks of one WebSocket to the hub."""

    def __init__(self, shell: Shell, line: Line) -> None:
        super().__init__(line, shell.hub.now_ms)
        self._bus = shell.bus
        self._to_write: asyncio.Queue[ReadPush] = asyncio.Queue(1)

    def _taking(self) -> list[Coroutine[Any, Any, None]]:
        return [self._read_ahead(), self._write()]

    async def _read_ahead(self) -> None:
        # One ahead: while a push waits for the disk, the next is hashed and decoded.
        while True:
            effect = await self._pushes.get()
            await self._to_write.put(await self._line.read_push(effect.push))

    async def _write(self) -> None:
        while True:
            await self._do(await self._line.ingest(await self._to_write.get()))
            self._answered()

    async def _reading(self) -> None:
        while True:
            effect = await self._reads.get()
            if self._unanswered:
                with suppress(TimeoutError):
                    async with asyncio.timeout(STAND_BACK_S):
                        await self._pushes.join()
            await self._do(await self._line.perform(effect))

    async def _listen(self) -> None:
        line, session = self._line, self._line.session
        ear = self._bus.join(lambda: session.device)
        try:
            while True:
                await ear.wait(TICK_INTERVAL_S)
                grown, runs = ear.take(session.feeds)
                if line.reader is not None and self._wall_ms() >= line.reader.until_ms:
                    await self._do(await line.renew())
                await self._do(session.settled(runs))
                await self._do(session.grown(grown))
                await self._do(session.tick(self._wall_ms()))
        finally:
            self._bus.leave(ear)
