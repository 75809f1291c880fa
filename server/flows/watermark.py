"""The durable watermark: up to where the ledger is in a backup, and what is past that."""

from dataclasses import dataclass

from server.flows.hub import Hub
from server.store.store import Transaction

NOTE = "backup.made"


@dataclass(frozen=True, slots=True)
class Watermark:
    """The newest backup, and what a loss of the hub would cost. Times in ms, 0: none.

    unbacked: events past `position`; unbacked_since_ms: when the hub took in the first of them.
    restored_ms: when this hub was last restored.
    """

    position: int
    taken_ms: int
    photos: int
    bytes: int
    unbacked: int
    unbacked_since_ms: int
    restored_ms: int


def watermark(hub: Hub, tx: Transaction) -> Watermark:
    """What is backed up, and until when."""
    row = tx.backups.newest()
    position = row.position if row else 0
    first = tx.ledger.first_after(position, NOTE)
    return Watermark(
        position=position,
        taken_ms=row.taken_ms if row else 0,
        photos=row.photos if row else 0,
        bytes=row.bytes if row else 0,
        unbacked=_count_after(hub, tx, position) if first else 0,
        unbacked_since_ms=first.hub_ms if first else 0,
        restored_ms=max((epoch.restored_ms for epoch in hub.epochs), default=0),
    )


def _count_after(hub: Hub, tx: Transaction, position: int) -> int:
    """Events past a backup, by position alone: those have no gaps but where a hub was restored."""
    later = [epoch for epoch in hub.epochs if epoch.after >= position]
    skipped = sum(epoch.first - 1 - epoch.after for epoch in later)
    # A backup is told to the zone past its own end, unless it is what the hub was restored from.
    notes = 1 if position and not later else 0
    return tx.zone.get().position - position - skipped - notes
