"""How a device of the simulator brings its photos up: by tus's rules, piece by piece, each word of it losable."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from server.flows.uploads import Offer, Standing
from server.keys import verify
from sync import chain
from tests.simulator.disk import Disk
from tests.simulator.hub_node import HubNode
from tests.simulator.line import Line, Quality
from tests.simulator.office import Seat
from tests.simulator.world import World

PHOTO_RETRY_MS = 4_000


class Photographer(ABC):
    """The part of a device that sends photos; the rest of it is device_node.py."""

    world: World
    hub: HubNode
    seat: Seat
    disk: Disk
    quality: Quality
    number: int
    at_relay: bool
    _life: int
    _line: Line | None

    @abstractmethod
    def guard(self, work: Callable[[], None]) -> None:
        """Does something that may crash the profile."""

    @abstractmethod
    def soon(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Does something later, if the profile still lives then."""

    @abstractmethod
    def photo_stored(self, digest: bytes) -> None:
        """The hub's signature says that it holds the photo."""

    def send_photos(self) -> None:
        """Now, and again and again: the first photo that the hub has not confirmed."""
        self.soon(PHOTO_RETRY_MS, self.send_photos)
        missing = sorted(self.disk.photos.keys() - self.disk.photos_stored)
        # A relay takes no photos.
        line = None if self.at_relay else self._line
        if missing and line is not None and line.open and not line.silent:
            self._send_photo(missing[0])

    def _send_photo(self, digest: bytes) -> None:
        """Asks how far it is, then piece by piece: each request, and each answer, may be lost on its way."""
        world, zone, content = self.world, self.hub.hub.zone, self.disk.photos[digest]
        statement = chain.attachment_statement(zone, self.number, digest, len(content))
        offer = Offer(self.number, digest, self.seat.key.sign(statement))
        life = self._life

        def ask(request: Callable[[], Standing | None]) -> None:
            def arrive() -> None:
                if world.fault(self.quality.loss + self.quality.cut) or not self.hub.up:
                    return
                answers: list[Standing | None] = []
                self.hub.guard(lambda: answers.append(request()))
                lost = world.fault(self.quality.loss + self.quality.cut)
                if answers and answers[0] is not None and not lost and self._life == life:
                    answer = answers[0]
                    self.guard(lambda: told(answer))

            world.after(world.rng.randint(1, 2 * self.quality.latency_ms), arrive)

        def told(standing: Standing) -> None:
            if standing.stored:
                self._check_stored(digest, len(content), standing.stored)
                return
            at = standing.received
            piece = content[at : at + world.rng.randint(1, len(content))]
            ask(lambda: self.hub.append_photo(offer, at, piece))

        ask(lambda: self.hub.begin_photo(offer, len(content)))

    def _check_stored(self, digest: bytes, size: int, signature: bytes) -> None:
        zone, epoch = self.hub.hub.zone, self.disk.epoch
        statement = chain.attachment_stored_statement(zone, epoch, digest, size)
        if verify(self.hub.hub.key.public, signature, statement):
            self.photo_stored(digest)
