"""Who is told that a feed grew: every open connection of this process.

What this process writes is announced at once. What another process wrote (a second worker on
PostgreSQL, the command line) is noticed by looking at the zone's head row once a second.
"""

import asyncio
from collections.abc import Callable, Iterable

from server.flows.batch import Growth
from sync.messages import Run

WATCH_INTERVAL_S = 1.0


class Ear:
    """One connection's ear: what it has not heard out yet, gathered so that it never overflows."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._grown: set[str] = set()
        self._everything = False
        self._runs: list[Run] = []

    async def wait(self, timeout_s: float) -> None:
        """Until something was said, at most this long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return

    def take(self, followed: frozenset[str]) -> tuple[frozenset[str], list[Run]]:
        """Which of the followed feeds grew, and verdicts for this device, since last asked."""
        grown = followed if self._everything else followed & self._grown
        runs = self._runs
        self._event.clear()
        self._grown, self._everything, self._runs = set(), False, []
        return grown, runs

    def hear(self, grown: Iterable[str] | None, runs: list[Run]) -> None:
        """Note what was said; grown None: any feed may have."""
        if grown is None:
            self._everything = True
        else:
            self._grown.update(grown)
        self._runs += runs
        self._event.set()


class Bus:
    """The ears of this process, by device; all calls from the event loop's thread."""

    def __init__(self) -> None:
        self._ears: dict[Ear, Callable[[], int]] = {}
        self._position = 0
        self._access = 0

    @property
    def listeners(self) -> int:
        """How many connections listen."""
        return len(self._ears)

    def join(self, device: Callable[[], int]) -> Ear:
        """Begin to listen; `device` says for which, 0 while it is not known."""
        ear = Ear()
        self._ears[ear] = device
        return ear

    def leave(self, ear: Ear) -> None:
        """Stop listening."""
        self._ears.pop(ear, None)

    def announce(self, growth: Growth, verdicts: dict[int, list[Run]] | None = None) -> None:
        """What this process just added, and the verdicts on events that were parked, by device."""
        names = growth.feeds
        if growth.before == self._position:
            # Nobody else wrote in between: there is nothing left for `observe` to find.
            self._position, self._access = growth.after, growth.access
        for ear, device in self._ears.items():
            runs = (verdicts or {}).get(device(), [])
            if names or runs:
                ear.hear(names, runs)

    def observe(self, position: int, access: int) -> None:
        """The zone's head as it is now; when it moved without us, everybody looks for themselves."""
        if position > self._position or access > self._access:
            self._position, self._access = position, access
            for ear in self._ears:
                ear.hear(None, [])
