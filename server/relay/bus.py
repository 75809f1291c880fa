"""Who is told of what happened at this relay: its lines to devices, and its line to the hub."""

import asyncio
from collections.abc import Callable

from sync.messages import Ack


class Ear:
    """What one line has not heard out yet."""

    def __init__(self, device: Callable[[], int]) -> None:
        self.device = device
        self._event = asyncio.Event()
        self._feeds: set[str] = set()
        self._acks: list[Ack] = []
        self._journal = False
        self._zone = False
        self.epoch_begun = False
        """The hub was restored: the line is to end, so that the device is greeted in the new epoch."""

    async def wait(self, timeout_s: float) -> None:
        """Until something was said, at most this long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return

    def take(self) -> tuple[frozenset[str], list[Ack], bool, bool]:
        """Feeds that grew, acks of this device, whether the journal grew, whether rights may have changed."""
        taken = (frozenset(self._feeds), self._acks, self._journal, self._zone)
        self._event.clear()
        self._feeds, self._acks, self._journal, self._zone = set(), [], False, False
        return taken

    def hear(self, *, feed: str = "", ack: Ack | None = None, journal: bool, zone: bool) -> None:
        """Note what was said."""
        if feed:
            self._feeds.add(feed)
        if ack is not None and ack.device == self.device():
            self._acks.append(ack)
        self._journal |= journal
        self._zone |= zone
        self._event.set()


class Bus:
    """The ears of this process; all calls from the event loop's thread."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()
        self.to_hub = asyncio.Event()
        self._pushers: set[int] = set()

    @property
    def listeners(self) -> int:
        """How many lines are open."""
        return len(self._ears)

    def join(self, device: Callable[[], int]) -> Ear:
        """Begin to listen, for whichever device is at that line."""
        ear = Ear(device)
        self._ears.add(ear)
        return ear

    def leave(self, ear: Ear) -> None:
        """Stop listening."""
        self._ears.discard(ear)

    def epoch_begun(self) -> None:
        """The hub was restored: every line ends, and its device is greeted anew."""
        for ear in self._ears:
            ear.epoch_begun = True
            ear.hear(journal=False, zone=False)

    def to_pass_on(self, device: int) -> None:
        """The journal has something new of this device for the hub."""
        self._pushers.add(device)
        self.to_hub.set()

    def take_pushers(self) -> set[int]:
        """Of whom there is something new for the hub, since last asked."""
        self.to_hub.clear()
        taken, self._pushers = self._pushers, set()
        return taken

    def pushed(self, device: int) -> None:
        """The journal has something new of this device: for neighbours, and for the hub."""
        self.to_pass_on(device)
        for ear in self._ears:
            ear.hear(journal=True, zone=False)

    def answered(self, ack: Ack) -> None:
        """The hub answered a push."""
        for ear in self._ears:
            ear.hear(ack=ack, journal=True, zone=False)

    def mirrored(self, feed: str, *, zone: bool) -> None:
        """A mirrored feed grew, or was dropped; zone: whoever reads asks again what it may."""
        for ear in self._ears:
            ear.hear(feed=feed, journal=False, zone=zone)
