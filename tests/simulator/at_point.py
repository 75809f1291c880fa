"""What a simulated device knows of its point: its devices and relay, by its own zone feed, and what the relay says."""

import msgspec

from server.keys import verify
from sync.event import DeviceEnrol, DeviceRevoke, decode_body, decode_head
from sync.heard import Forged, Taken, take_heard
from sync.ledger import RELAY_KIND, ZONE_FEED
from sync.messages import Heard, Present
from sync.outbox import Verify
from sync.point_session import RelayAt
from tests.simulator.disk import Disk
from tests.simulator.office import RELAY, RELAY_POINT, Seat, make_key


class PointBook:
    """Read from the device's own disk, anew when its zone feed has grown or was dropped."""

    def __init__(self, seat: Seat, zone: bytes, present: Present, feeds: frozenset[str]) -> None:
        self._seat = seat
        self._zone = zone
        self.present = present
        self._feeds = tuple(sorted(feeds & {ZONE_FEED, f"point:{seat.point}"}))
        self._read: list[int] = []
        self._devices: dict[int, DeviceEnrol] = {}

    def relay(self, disk: Disk) -> tuple[int, bytes]:
        """The newest relay of its point that is in service, by the zone's feed, else by its enrolment."""
        devices = self._known(disk)
        if not devices:
            return (RELAY, make_key(RELAY).public) if self._seat.point == RELAY_POINT else (0, b"")
        found = [
            (number, one.public_key)
            for number, one in devices.items()
            if (one.kind, one.point) == (RELAY_KIND, self._seat.point)
        ]
        return max(found, default=(0, b""))

    def key_of(self, disk: Disk, device: int) -> bytes | None:
        """The key of a device that is in service."""
        found = self._known(disk).get(device)
        return found.public_key if found else None

    def way_in(self, disk: Disk) -> RelayAt:
        """How it comes to the relay that it knows, and how far it has heard that one's journal."""
        number, key = self.relay(disk)
        heard = (disk.journal, disk.n) if disk.heard_at == number else (bytes(16), 0)

        def is_relays(statement: bytes, signature: bytes) -> bool:
            return verify(key, signature, statement)

        mark = disk.stored if disk.stored_at == number else 0
        return RelayAt(number, is_relays, self.present, self._feeds, *heard, mark)

    def read(self, disk: Disk, heard: Heard, is_hubs: Verify) -> Taken | Forged:
        """A part of the relay's journal, by the signatures of those who wrote it."""
        return take_heard(
            heard,
            self._zone,
            disk.epoch,
            lambda device: self.key_of(disk, device),
            lambda key, statement, signature: verify(key, signature, statement),
            is_hubs,
        )

    def _known(self, disk: Disk) -> dict[int, DeviceEnrol]:
        pages = disk.pages.get(ZONE_FEED, [])
        here = [id(page) for page in pages]
        if here != self._read:
            self._read, self._devices = here, {}
            for page in pages:
                for *_, event in page.entries:
                    self._take(event or b"")
        return self._devices

    def _take(self, event: bytes) -> None:
        try:
            head = decode_head(event)
            body = decode_body(head) if head.type.startswith("device.") else None
        except msgspec.DecodeError:
            return
        match body:
            case DeviceEnrol(number=number):
                self._devices[number] = body
            case DeviceRevoke(number=number):
                self._devices.pop(number, None)
