"""The simulator's world: one virtual clock, one source of chance, faults, and a readable trace."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

START_MS = 1_795_400_000_000  # 2026-11-22, in working hours


class Crash(Exception):  # noqa: N818 - not an error: a node loses its memory here
    """A node stops dead; what it had made durable stays."""


class DiskFull(Exception):  # noqa: N818 - what the operating system says
    """A write of a node fails; the node lives on."""


class Violation(AssertionError):  # noqa: N818 - the word of design.md
    """An invariant of design.md, section 4, does not hold."""

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__(f"{invariant}: {message}")
        self.invariant = invariant


@dataclass(order=True, slots=True)
class _Event:
    at_ms: int
    number: int
    action: Callable[[], None] = field(compare=False)


class World:
    """Everything happens at a time of this clock, in an order that the seed decides."""

    def __init__(self, seed: int, *, verbose: bool = False) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.now_ms = START_MS
        self.calm = False
        self._queue: list[_Event] = []
        self._number = 0
        self._fuses: dict[tuple[str, type[Exception]], int] = {}
        self._verbose = verbose
        self.happened: dict[str, int] = {}

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Does something later."""
        assert delay_ms >= 0
        self._number += 1
        heapq.heappush(self._queue, _Event(self.now_ms + delay_ms, self._number, action))

    def run_until(self, until_ms: int, done: Callable[[], bool] | None = None) -> bool:
        """Runs to this time, or until `done`; whether it was done."""
        while self._queue and self._queue[0].at_ms <= until_ms:
            event = heapq.heappop(self._queue)
            self.now_ms = event.at_ms
            event.action()
            if done is not None and done():
                return True
        self.now_ms = until_ms
        return done is not None and done()

    def chance(self, probability: float) -> bool:
        """Whether it happens this time."""
        return self.rng.random() < probability

    def fault(self, probability: float) -> bool:
        """Whether this fault happens; none does once the world is calm."""
        return not self.calm and self.chance(probability)

    # --- crashes and failing writes -----------------------------------------------------------

    def light_fuse(self, node: str, steps: int, kind: type[Exception] = Crash) -> None:
        """The node crashes, or its write fails, at its next `steps`-th chance to."""
        self._fuses[node, kind] = steps

    def crash_point(self, node: str, where: str) -> None:
        """A place where a node may stop dead. Raises Crash."""
        if self._burns(node, Crash):
            self.say(node, f"crashes {where}")
            self.count(f"{_kind(node)} crash")
            raise Crash(f"{node} {where}")

    def write_point(self, node: str, what: str) -> None:
        """A write that may fail. Raises DiskFull."""
        if self._burns(node, DiskFull):
            self.say(node, f"has no room for {what}")
            self.count(f"{_kind(node)} disk full")
            raise DiskFull(f"{node} {what}")

    def _burns(self, node: str, kind: type[Exception]) -> bool:
        """Whether the fuse of this kind is at its end."""
        if (node, kind) not in self._fuses or self.calm:
            return False
        self._fuses[node, kind] -= 1
        if self._fuses[node, kind] >= 0:
            return False
        del self._fuses[node, kind]
        return True

    # --- telling ------------------------------------------------------------------------------

    def count(self, what: str) -> None:
        """Counts that something was reached; a simulator that reaches nothing proves nothing."""
        self.happened[what] = self.happened.get(what, 0) + 1

    def say(self, who: str, what: str) -> None:
        """Writes a line of the trace."""
        if self._verbose:
            seconds = (self.now_ms - START_MS) / 1000
            print(f"{seconds:10.3f}  {who:<8}  {what}")  # noqa: T201 - the replay's output


def _kind(node: str) -> str:
    return node if node in {"hub", "relay"} else "device"
