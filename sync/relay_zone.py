"""What a point's relay knows of the zone: devices, accounts and rights, folded from the zone's feed.

Pure and in memory. A relay has no secrets of the hub and asks nobody: whose signature counts, who is
revoked and who may read follows from the feed that it mirrors and from passes that the hub signed.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from sync.event import (
    AccountSet,
    DeviceEnrol,
    DeviceRevoke,
    SessionEnd,
    decode_body,
    decode_head,
)
from sync.ledger import ZONE_FEED, readable_feeds
from sync.messages import Entry, Pass

_TOLD_BY = frozenset({"account.set", "session.end", "device.enrol", "device.revoke"})


class KnownDevice(Struct, frozen=True):
    """A device as the zone's feed shows it."""

    enrolment: DeviceEnrol
    revoked: bool = False


class RelayZone:
    """The part of a zone that a relay's decisions rest on."""

    def __init__(self, point: str) -> None:
        self._point = point
        self._devices: dict[int, KnownDevice] = {}
        self._accounts: dict[bytes, AccountSet] = {}
        self._ended: dict[tuple[bytes, int], int] = {}

    def take(self, entries: Iterable[Entry]) -> None:
        """Entries of the zone's feed, in order; what says nothing of devices or accounts is passed over."""
        for _, _, _, _, event in entries:
            if event is None:
                continue
            try:
                head = decode_head(event)
                if head.type not in _TOLD_BY:
                    continue
                body = decode_body(head)
            except msgspec.DecodeError:
                continue
            match body:
                case AccountSet():
                    self._accounts[head.stream] = body
                case DeviceEnrol(number=number):
                    self._devices[number] = KnownDevice(body)
                case SessionEnd(account=account, device=device, at_ms=at_ms):
                    self._ended[account, device] = at_ms
                case DeviceRevoke(number=number) if number in self._devices:
                    self._devices[number] = KnownDevice(self._devices[number].enrolment, True)
                case _:
                    pass

    def find_device(self, number: int) -> KnownDevice | None:
        """A device that the hub has enrolled, as far as is known here."""
        return self._devices.get(number)

    def readable(self, pass_: Pass, device: int, epoch: int, now_ms: int) -> frozenset[str] | None:
        """What this pass opens here now; None: nothing, to nobody.

        The hub's signature over it has been checked. `now_ms` is never less than the newest hub time seen. A restore
        ends every session, and with it what was signed for it: `epoch` is the newest known.
        """
        if pass_.epoch < epoch or pass_.from_ms <= self._ended.get((pass_.account, device), 0):
            return None
        known, account = self._devices.get(device), self._accounts.get(pass_.account)
        if pass_.device != device or not pass_.from_ms <= now_ms < pass_.until_ms:
            return None
        if known is None or known.revoked or account is None or account.closed:
            return None
        rights = readable_feeds(
            pass_.account, account.roles, known.enrolment.point, [self._point], [], now_ms
        )
        return rights & frozenset(pass_.feeds) & {ZONE_FEED, f"point:{self._point}"}
