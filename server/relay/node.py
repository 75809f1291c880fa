"""The relay as its flows get it: its store, its keys, what it knows of the zone, time and randomness."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.keys import SigningKey, verify
from server.store.relay import RelayIdentity
from server.store.store import Store
from sync.feed import Cursor
from sync.ledger import ZONE_FEED
from sync.relay_zone import RelayZone

ENTRIES_AT_ONCE = 2_000


def wall_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds that no setting of the clock changes."""
    return time.monotonic_ns() // 1_000_000


@dataclass(slots=True)
class Relay:
    """One process's relay. `zone_view` is what its mirror says of devices and accounts."""

    store: Store
    identity: RelayIdentity
    key: SigningKey
    zone_view: RelayZone
    wall_ms: Callable[[], int] = wall_ms
    random: Callable[[int], bytes] = secrets.token_bytes
    hub_ms: int = 0
    steady_ms: Callable[[], int] = steady_ms
    _heard_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self._heard_ms = self.steady_ms()

    def now_ms(self) -> int:
        """Its own clock, which the hub's bounds from below, and which goes on however far its own is behind."""
        return max(self.wall_ms(), self._hub_now_ms())

    def hear_time(self, hub_ms: int) -> None:
        """The hub has said what time it is."""
        self.hub_ms = max(self._hub_now_ms(), hub_ms)
        self._heard_ms = self.steady_ms()

    def _hub_now_ms(self) -> int:
        return self.hub_ms + self.steady_ms() - self._heard_ms

    @property
    def point_feed(self) -> str:
        """The feed of its point."""
        return f"point:{self.identity.point}"

    def is_hubs(self, statement: bytes, signature: bytes) -> bool:
        """Whether the hub signed it."""
        return verify(self.identity.hub_key, signature, statement)

    def cursors(self) -> list[Cursor]:
        """How far the mirror goes."""
        with self.store.read() as tx:
            return [Cursor(name, n, hash_) for name, (n, hash_) in tx.relay.ends().items()]


def open_relay(
    store: Store, now_ms: Callable[[], int] = wall_ms, steady: Callable[[], int] = steady_ms
) -> Relay:
    """The relay of this database. Raises LookupError before it is enrolled."""
    with store.read() as tx:
        identity = tx.relay.find_identity()
        if identity is None:
            raise LookupError("no relay in this database: start it with an enrolment code")
        view = RelayZone(identity.point)
        after = 0
        end, _ = tx.relay.ends().get(ZONE_FEED, (0, b""))
        while after < end:
            rows = tx.relay.entries(ZONE_FEED, after, after + ENTRIES_AT_ONCE)
            view.take((row.position, row.device, row.seq, row.hub_ms, row.event) for row in rows)
            after += ENTRIES_AT_ONCE
    key = SigningKey.load(identity.private_key)
    return Relay(store, identity, key, view, now_ms, hub_ms=identity.hub_ms, steady_ms=steady)
