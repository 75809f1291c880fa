"""Who is told that a feed grew: every open connection of this process.

What this process writes is announced at once. What another process wrote (a second worker on PostgreSQL, the command
line) comes as a hint, or is found by looking at the zone's head row now and then (server.web.look.py). Whichever
comes first tells; the other then has nothing left to say.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from server.flows.batch import Growth
from server.web.metrics import CONNECTIONS
from sync.messages import Run


class Ear:
    """One connection's ear: what it has not heard out yet, gathered so that it never overflows."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._grown: set[str] = set()
        self._everything = False
        self._runs: list[Run] = []

    async def wait(self, timeout_s: float) -> None:
        """Until something was said, at most this long, at times shorter."""
        # One alarm rings for all waits that it outlasts: hundreds that wake at once set none anew.
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(timeout_s, self._ring)
        await self._event.wait()

    def _ring(self) -> None:
        self._alarm = None
        self._event.set()

    def close(self) -> None:
        """Wait no more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def take(self, followed: frozenset[str]) -> tuple[frozenset[str], list[Run]]:
        """Which of the followed feeds grew, and verdicts for this device, since last asked."""
        grown = followed if self._everything else followed & self._grown
        runs = self._runs
        self._event.clear()
        self._grown, self._everything, self._runs = set(), False, []
        return grown, runs

    def hear(self, grown: Iterable[str] | None, runs: Iterable[Run]) -> None:
        """Note what was said; grown None: any feed may have."""
        if grown is None:
            self._everything = True
        else:
            self._grown.update(grown)
        self._runs += runs
        self._event.set()


class Bus:
    """The ears of this process, by device; all calls from the event loop's thread.

    `position`: all that is in the ledger up to here has been told.
    """

    def __init__(self) -> None:
        self._ears: dict[Ear, Callable[[], int]] = {}
        self._access = 0
        self._told_ahead: dict[int, int] = {}
        """Told too, past `position`: where each piece begins and ends."""
        self.position = 0

    @property
    def devices(self) -> frozenset[int]:
        """Who listens, as far as it is known."""
        return frozenset(device() for device in self._ears.values()) - {0}

    def join(self, device: Callable[[], int]) -> Ear:
        """Begin to listen; `device` says for which, 0 while it is not known."""
        ear = Ear()
        self._ears[ear] = device
        CONNECTIONS.set(len(self._ears))
        return ear

    def leave(self, ear: Ear) -> None:
        """Stop listening."""
        self._ears.pop(ear, None)
        ear.close()
        CONNECTIONS.set(len(self._ears))

    def announce(self, growth: Growth, verdicts: Mapping[int, list[Run]] | None = None) -> None:
        """What this process just added, and the verdicts on events that were parked, by device."""
        names = growth.feeds if self.claim(growth.before, growth.after) else frozenset()
        self.tell(names, growth.access, verdicts or {})

    def claim(self, before: int, after: int) -> bool:
        """Whether nobody has told of this piece of the ledger yet; now it counts as told."""
        if before == after or after <= self.position or before in self._told_ahead:
            return False
        self._told_ahead[before] = after
        self._catch_up()
        return True

    def tell(
        self, names: Iterable[str] | None, access: int, verdicts: Mapping[int, list[Run]]
    ) -> None:
        """Tell every ear what concerns it; when rights changed, all look what they may still read."""
        if access > self._access:
            self._access, names = access, None
        for ear, device in self._ears.items():
            runs = verdicts.get(device(), [])
            if names is None or names or runs:
                ear.hear(names, runs)

    def is_behind(self, position: int, access: int) -> bool:
        """Whether the zone's head shows something that was not told."""
        return position > self.position or access > self._access

    def observe(self, position: int, access: int, verdicts: Mapping[int, list[Run]]) -> None:
        """The zone's head as it was found; if it moved and nobody told, everybody looks."""
        if not self.is_behind(position, access):
            return
        if position > self.position:
            self.position = position
            ahead = self._told_ahead.items()
            self._told_ahead = {before: after for before, after in ahead if before >= position}
            self._catch_up()
        self.tell(None, access, verdicts)

    def _catch_up(self) -> None:
        while (after := self._told_ahead.pop(self.position, None)) is not None:
            self.position = after
