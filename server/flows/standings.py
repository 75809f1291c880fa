"""What devices reported of themselves beside the hub's own record: replicas that differ, and what is lost.

A device's word about its own replica moves nothing: it is shown to people, and no flow acts on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.feeds import Feed
from server.store.ledger import Awaited
from server.store.store import Transaction
from sync.chain import feed_start
from sync.messages import Parted, ReadTo, Standing, decode_standing

AWAITED_MAX = 2_000  # of what is waited for, as much is looked at

Agreement = Literal["same", "behind", "differs", "ahead"]
LossKind = Literal["unsent", "set-back", "revoked", "renewed", "awaited"]
# Neither the device nor the hub has them, as far as is known.
LOST: frozenset[LossKind] = frozenset({"set-back", "revoked", "awaited"})
# Not merely late.
DIFFERING: frozenset[Agreement] = frozenset({"differs", "ahead"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a device's copy of a feed agrees with the hub's, as it last reported.

    state: same | behind (by `head_n - n`) | differs (the first difference is at or before `n`) |
    ahead (it holds more than there is: of a hub that is gone).
    parted_ms: when it last fetched anew all after entry `parted_n`, up to which both were alike; 0: never.
    """

    device: int
    feed: str
    n: int
    head_n: int
    state: Agreement
    parted_n: int = 0
    parted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Loss:
    """Numbers of a device's log that are known to have been written and are not at the hub.

    kind: unsent (the device holds them) | set-back (its own storage has lost them) | revoked (it is
    out of service) | renewed (and was enrolled anew, which writes its work again as `successor`) |
    awaited (only known because others' work rests on them).
    """

    device: int
    device_name: str
    point: str
    first_seq: int
    last_seq: int
    kind: LossKind
    successor: int
    last_contact_ms: int


def standing_of(row: DeviceRow) -> Standing | None:
    """What the device last reported; None: nothing, or by an app that does not say it."""
    return decode_standing(row.standing) if row.standing else None


def compare(tx: Transaction, devices: Iterable[DeviceRow]) -> list[Reading]:
    """Every feed that these devices reported beside the hub's own."""
    said = [
        (row.number, read, next((one for one in standing.parted if one.feed == read.feed), None))
        for row in devices
        if (standing := standing_of(row)) is not None
        for read in standing.reads
    ]
    heads = tx.feeds.by_names({read.feed for _, read, _ in said})
    places: dict[str, set[int]] = {}
    for _, read, _ in said:
        places.setdefault(read.feed, set()).add(read.n)
    hashes = {
        name: {0: feed_start(name), **tx.feeds.hashes_at(feed.id, places[name])}
        for name, feed in heads.items()
    }
    return [
        _reading(number, read, parted, heads.get(read.feed), hashes.get(read.feed, {}))
        for number, read, parted in said
    ]


def _reading(
    device: int,
    read: ReadTo,
    parted: Parted | None,
    head: Feed | None,
    hashes: Mapping[int, bytes],
) -> Reading:
    end = head.n if head else 0
    state: Agreement
    if read.n > end:
        state = "ahead"
    elif hashes.get(read.n, feed_start(read.feed)) != read.hash:
        state = "differs"
    else:
        state = "same" if read.n == end else "behind"
    when = (parted.n, parted.at_ms) if parted else (0, 0)
    return Reading(device, read.feed, read.n, end, state, *when)


def losses(tx: Transaction, devices: Sequence[DeviceRow]) -> list[Loss]:
    """What is known to have been written by these devices and is not here, by device."""
    successors = {row.former: row.number for row in tx.devices.all() if row.former}
    awaited: dict[int, int] = {}
    for cause in tx.parking.awaited(AWAITED_MAX):
        awaited[cause.cause_device] = max(cause.cause_seq, awaited.get(cause.cause_device, 0))
    return [
        loss
        for row in devices
        if row.number != HUB_DEVICE
        for loss in _losses_of(row, awaited.get(row.number, 0), successors.get(row.number, 0))
    ]


def _losses_of(row: DeviceRow, awaited: int, successor: int) -> list[Loss]:
    standing = standing_of(row)
    held, known = (standing.last_seq, standing.known_seq) if standing else (0, 0)

    def loss(first: int, last: int, kind: LossKind) -> list[Loss]:
        told = (row.number, row.name, row.point, first, last, kind, successor, row.last_contact_ms)
        return [Loss(*told)] if first <= last else []

    here = row.seq
    if row.revoked_ms:
        end = max(here, known, awaited)
        return loss(here + 1, end, "renewed" if successor else "revoked")
    # Not what the device counts as its own any more: it goes on behind what the hub holds.
    end = max(here, held)
    return [
        *loss(here + 1, held, "unsent"),
        *loss(end + 1, known, "set-back"),
        *loss(max(end, known) + 1, awaited, "awaited"),
    ]


def missing_causes(
    tx: Transaction, devices: Iterable[int] | None = None
) -> dict[tuple[int, int], list[Awaited]]:
    """What each parked event waits for that is not here; `devices`: of what these wrote."""
    found: dict[tuple[int, int], list[Awaited]] = {}
    for cause in tx.parking.awaited(AWAITED_MAX, devices):
        found.setdefault((cause.device, cause.seq), []).append(cause)
    return found
