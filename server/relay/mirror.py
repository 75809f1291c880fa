"""The mirror: pages of feeds as the hub sent and signed them, stored and read again."""

from dataclasses import dataclass

from server.relay.node import Relay
from server.store.relay import MirrorEntry, MirrorHead
from sync import feed
from sync.errors import Fault
from sync.ledger import ZONE_FEED
from sync.messages import FeedHead, Page, Welcome
from sync.relay_zone import RelayZone


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A page is stored; the zone's view has changed if `zone`."""

    cursor: feed.Cursor
    zone: bool


def greet_hub(relay: Relay, welcome: Welcome) -> None:
    """Note the hub's time."""
    relay.hear_time(welcome.hub_ms)
    with relay.store.write() as tx:
        tx.relay.note_hub(relay.hub_ms)


def begin_epoch(relay: Relay, epoch: int, proof: bytes) -> None:
    """The hub was restored, or is met for the first time: everything is offered to it and read from it anew.

    What is known of the zone's devices stays until its feed has come again: they push meanwhile.
    """
    with relay.store.write() as tx:
        tx.relay.begin_epoch(epoch, proof)
    relay.identity = relay.identity._replace(epoch=epoch, epoch_proof=proof)


def take_page(relay: Relay, page: Page) -> Mirrored | None:
    """Store a page with its new end in one transaction; None: it does not fit. Its head was verified."""
    with relay.store.write() as tx:
        n, hash_ = tx.relay.ends().get(page.feed, (0, feed.start(page.feed).hash))
        cursor = feed.Cursor(page.feed, n, hash_)
        taken = feed.take_page(cursor, page, relay.identity.device, lambda _: None)
        if not isinstance(taken, feed.Taken) or page.head is None:
            return None
        hashes = feed.extend(hash_, [(*entry[:4], entry[4] or b"") for entry in taken.entries])
        rows = [
            MirrorEntry(
                page.feed, n + i + 1, position, device, seq, hub_ms, event or b"", hashes[i]
            )
            for i, (position, device, seq, hub_ms, event) in enumerate(taken.entries)
        ]
        head = page.head
        tx.relay.append(rows, MirrorHead(page.feed, head.n, head.hash, head.signature))
    if page.feed == ZONE_FEED:
        if n == 0:
            relay.zone_view = RelayZone(relay.identity.point)
        relay.zone_view.take(taken.entries)
    return Mirrored(taken.cursor, page.feed == ZONE_FEED and bool(taken.entries))


def forget(relay: Relay, name: str) -> None:
    """Drop what is mirrored of a feed."""
    with relay.store.write() as tx:
        tx.relay.forget(name)
    if name == ZONE_FEED:
        relay.zone_view = RelayZone(relay.identity.point)


def read_page(relay: Relay, cursor: feed.Cursor, reader: int) -> Page | Fault | None:
    """The page after a cursor, ending where the hub signed; None: nothing is past it here.

    A cursor past the mirror's end is no fault: the reader was at the hub, and the mirror will come there.
    """
    with relay.store.read() as tx:
        n, _ = tx.relay.ends().get(cursor.feed, (0, b""))
        if cursor.n > n:
            return None
        at_n = feed.start(cursor.feed).hash
        if cursor.n:
            at_n = tx.relay.hash_at(cursor.feed, cursor.n) or b""
        if at_n != cursor.hash:
            return Fault.FEED_HASH
        head = tx.relay.next_head(cursor.feed, cursor.n)
        if head is None:
            return None
        rows = tx.relay.entries(cursor.feed, cursor.n, head.n)
    stored = [
        feed.StoredEntry(row.position, row.device, row.seq, row.hub_ms, row.event, row.hash)
        for row in rows
    ]
    # All that is mirrored came in this epoch: with a new one the mirror begins anew.
    signed = FeedHead(head.feed, head.n, head.hash, head.signature, relay.identity.epoch)
    return feed.build_page(cursor, stored, reader, signed)
