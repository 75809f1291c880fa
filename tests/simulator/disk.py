"""What a simulated device keeps through a crash: its log, pages, photos and what it was told."""

import copy
from collections.abc import Callable

from msgspec import Struct

from sync import clock, feed
from sync.messages import Entry, Welcome
from sync.outbox import Refused, Settled


class Saved(Struct, frozen=True):
    """An event of the log, as it lies on the disk."""

    event: bytes
    link: bytes
    stream: bytes


class Disk:
    """Keys and values; a commit is all or nothing."""

    def __init__(
        self, crash_point: Callable[[str], None], write_point: Callable[[str], None]
    ) -> None:
        self._crash_point = crash_point
        self._write_point = write_point
        self.log: list[Saved] = []
        self.settled: dict[int, Settled] = {}
        self.acked = 0
        self.epoch = 0
        self.hlc = clock.ZERO
        self.hub_ms = 0
        self.pages: dict[str, list[feed.Taken]] = {}
        self.photos: dict[bytes, bytes] = {}
        self.photos_stored: set[bytes] = set()
        self.heard: dict[tuple[int, int], Entry] = {}
        # The relay that it heard them from, and how far; and how much of its own log a relay holds.
        self.heard_at, self.journal, self.n = 0, bytes(16), 0
        self.stored_at, self.stored = 0, 0
        self.receipts = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Events unsent and refused, photos unsent: what the console is to show of this device."""
        refused = sum(isinstance(told, Refused) for told in self.settled.values())
        photos = len(self.photos.keys() - self.photos_stored)
        return len(self.log) - self.acked, refused, photos

    def reopen(self, seq: int) -> None:
        """The hub holds the log only up to there."""

        def change() -> None:
            self.acked = seq
            self.settled = {n: told for n, told in self.settled.items() if n <= seq}
            self.stored = 0

        self.commit(f"that the hub holds only {seq}", change)

    def begin_epoch(self, epoch: int) -> None:
        """The hub was restored: it must confirm every event and every photo again."""

        def change() -> None:
            self.photos_stored.clear()
            self.settled.clear()
            self.acked, self.stored, self.epoch = 0, 0, epoch

        self.commit("an epoch", change)

    def greeted(self, welcome: Welcome) -> None:
        """What the hub says of itself."""
        self.hub_ms = max(self.hub_ms, welcome.hub_ms)
        self.acked = min(self.acked, welcome.seq)

    def met(self, relay: int) -> None:
        """What it heard from another relay that one may never say more of."""
        if self.heard_at != relay:
            self.heard.clear()
            self.heard_at, self.journal, self.n = relay, bytes(16), 0

    def commit(self, what: str, change: Callable[[], object]) -> None:
        """Makes a change durable; the device may stop dead before it or after it, or have no room for it."""
        self._crash_point(f"before it saved {what}")
        self._write_point(what)
        change()
        self._crash_point(f"after it saved {what}")

    def copy_from(self, other: "Disk") -> None:
        """Becomes what the other is now, as a restored image or a cloned profile does."""
        for name, value in vars(other).items():
            if not name.startswith("_"):
                setattr(self, name, copy.copy(value))
        self.pages = {name: list(pages) for name, pages in other.pages.items()}
