"""What became of events while somebody else was writing: for devices that are connected here."""

from collections.abc import Iterable

from server.flows.hub import Hub
from server.flows.ingest import runs_of
from sync.messages import Run


def settled_between(
    hub: Hub, devices: Iterable[int], before: int, after: int
) -> dict[int, list[Run]]:
    """The verdicts on these devices' events at positions past `before` up to `after`, by device.

    Some may be of events that were never parked: to be told twice changes nothing.
    """
    with hub.store.read() as tx:
        told = tx.ledger.told_between(devices, before, after)
    return {device: runs_of(tolds) for device, tolds in told.items()}
