"""The tasks of one WebSocket: frames in, effects performed, frames out.

Pushes are taken one after another, feeds are read beside them, so that pulling never waits for pushing. What is
queued is bounded: a slow reader slows its own reading.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from sync.hub_session import Effect, HubSession, Ingest, ReadFeed, ReadJournal

# Pushes that wait to be written on one connection; more wait in the socket.
PUSHES_QUEUED_MAX = 8
TICK_INTERVAL_S = 1.0

SendFrame = Callable[[bytes], Awaitable[None]]
ReceiveFrame = Callable[[], Awaitable[bytes]]


class Hangup(Exception):  # noqa: N818 - an order, not an error
    """The connection is to be closed after what was sent; the text is the code of the order."""


class Line(Protocol):
    """One device's connection, as far as its tasks know it."""

    @property
    def session(self) -> HubSession:
        """What decides what is said."""

    async def perform(self, effect: Effect) -> list[Effect]:
        """Do what one effect says; what follows from it. Raises Hangup."""


L = TypeVar("L", bound=Line)


class SocketLine(ABC, Generic[L]):
    """The tasks of one WebSocket around `line`."""

    def __init__(self, line: L, now_ms: Callable[[], int]) -> None:
        self._line = line
        self._clock = now_ms
        self._now_ms = 0
        self._pushes: asyncio.Queue[Ingest] = asyncio.Queue(PUSHES_QUEUED_MAX)
        self._unanswered = 0
        self._reads: asyncio.Queue[ReadFeed | ReadJournal] = asyncio.Queue()

    @property
    def device(self) -> int:
        """Who is at the other end; 0 while it is not known."""
        return self._line.session.device

    async def run(self, receive: ReceiveFrame) -> None:
        """Serve until either side ends it; raises an ExceptionGroup of what did."""
        async with asyncio.TaskGroup() as tasks:
            for task in (self._receive(receive), *self._taking(), self._reading(), self._listen()):
                tasks.create_task(task)

    @abstractmethod
    async def _listen(self) -> None:
        """Pass on what others say, and tick, for ever."""

    def _taking(self) -> list[Coroutine[Any, Any, None]]:
        """What takes pushes, one after another."""
        return [self._take()]

    async def _take(self) -> None:
        while True:
            await self._do(await self._line.perform(await self._pushes.get()))
            self._answered()

    def _answered(self) -> None:
        self._unanswered -= 1
        self._pushes.task_done()

    async def _reading(self) -> None:
        while True:
            await self._do(await self._line.perform(await self._reads.get()))

    async def _receive(self, receive: ReceiveFrame) -> None:
        while True:
            frame = await receive()
            await self._do(self._line.session.receive_frame(frame, self._wall_ms()))
            if self._line.session.waits:
                # What may be a stranger's next frame is not even inflated before its push was judged.
                await self._pushes.join()

    def _wall_ms(self) -> int:
        """The time here, which on one connection never runs back."""
        self._now_ms = max(self._now_ms, self._clock())
        return self._now_ms

    async def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Ingest():
                    self._unanswered += 1
                    await self._pushes.put(effect)
                case ReadFeed() | ReadJournal():
                    await self._reads.put(effect)
                case _:
                    await self._do(await self._line.perform(effect))
