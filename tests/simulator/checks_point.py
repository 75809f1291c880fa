"""What a point's relay must hold to, each as a checker of its own.

They look at the relay's database and at what leaves it, never at what the code under test believes.
"""

from collections.abc import Iterable, Mapping

import msgspec

from server.keys import verify
from sync import chain
from sync.event import DeviceEnrol, DeviceRevoke, decode_body
from sync.ledger import ZONE_FEED
from sync.messages import (
    Ack,
    Heard,
    HubMessage,
    Page,
    Push,
    Stored,
    decode_client_message,
    decode_hub_message,
    decode_pass,
)
from sync.outbox import is_hubs
from tests.simulator.device_node import DeviceNode, is_of_a_case
from tests.simulator.hub_node import HubNode
from tests.simulator.office import Database
from tests.simulator.record import Record, head_of, must
from tests.simulator.relay_node import RelayNode


def check_stored_is_held(relay: RelayNode, hub: HubNode, stored: Stored) -> None:
    """Invariant 1, at the point: what the relay signs for is durable there, or at the hub already."""
    held = _held(relay.database, stored.device)
    there = held.get(stored.seq) == stored.link or _hub_end(hub, stored.device) >= stored.seq
    must(there, "1 saved is saved",
         f"the relay signed for ({stored.device}, {stored.seq}) and has it not")  # fmt: skip


def check_at_point(relay: RelayNode, hub: HubNode, node: DeviceNode) -> None:
    """Invariant 14, of the second tick: all that shows as stored at the point is there, or at the hub."""
    disk = node.disk
    if disk.stored_at != relay.number:
        return
    held = _held(relay.database, node.number)
    for seq in range(disk.acked + 1, disk.stored + 1):
        there = held.get(seq) == disk.log[seq - 1].link or _hub_end(hub, node.number) >= seq
        must(there, "14 no false green", f"{node.name} shows {seq} as stored at the point")


def check_only_the_entitled(
    relay: RelayNode, device: int, message: HubMessage, rights: Mapping[int, frozenset[str]]
) -> None:
    """Invariant 8, at the point: by its own mirror, who is revoked or has no right is sent nothing of it."""
    if not isinstance(message, Page | Heard):
        return
    enrolled, revoked = _zone(relay.database)
    if not enrolled:
        # In a new epoch the zone is read anew; what was known of its devices stays until then.
        enrolled, revoked = relay.last_zone
    name = message.feed if isinstance(message, Page) else f"point:{relay.point}"
    may = device in enrolled and device not in revoked and name in rights.get(device, frozenset())
    must(may, "8 only the entitled", f"the relay sends {name} to device {device}")
    for item in message.items if isinstance(message, Heard) else []:
        author = _author(item)
        beside = enrolled[author].point == relay.point if author in enrolled else False
        must(beside and author not in revoked, "8 only the entitled",
             f"the relay passes on what device {author} wrote")  # fmt: skip


def note_zone(relay: RelayNode) -> None:
    """Before the hub's next word, which may end an epoch: what the relay knows of its devices."""
    enrolled, revoked = _zone(relay.database)
    if enrolled:
        relay.last_zone = (enrolled, revoked)


def check_passed_on(record: Record, relay: RelayNode, forked: Iterable[int]) -> None:
    """Invariant 1: what a relay that lives has signed for is at the hub, though its author never came back."""
    ends = {number: (seq, link) for number, seq, link, _ in record.heads}
    for device, (seq, link) in relay.signed.items():
        if device in forked:
            continue
        end, at = ends[device]
        must(end > seq or (end, at) == (seq, link), "1 saved is saved",
             f"the relay signed for ({device}, {seq}), the hub has {end}")  # fmt: skip


def check_mirror(record: Record, relay: RelayNode) -> None:
    """Invariants 9 and 15: the relay mirrors its two feeds to their ends, byte for byte, and no other."""
    rows = msgspec.convert(
        relay.database.query(
            "select feed, n, position, device, seq, event, hash from relay_entry order by feed, n"
        ),
        list[tuple[str, int, int, int, int, bytes, bytes]],
    )
    names = {ZONE_FEED, f"point:{relay.point}"}
    must({row[0] for row in rows} <= names, "8 only the entitled", "the relay mirrors other feeds")
    at = {row.position: row for row in record.rows}
    for name in names:
        mirrored = [(n, position, hash_) for f, n, position, *_, hash_ in rows if f == name]
        must(mirrored == record.feeds.get(name, []), "15 prefix",
             f"the relay's {name} has {len(mirrored)} of {len(record.feeds.get(name, []))}")  # fmt: skip
    for _, _, position, device, seq, event, _ in rows:
        row = at[position]
        must((row.device, row.seq, row.event) == (device, seq, event), "9 evidence",
             f"the relay has another event at {position}")  # fmt: skip


def check_decides_nothing(relay: RelayNode, hub: HubNode) -> None:
    """The relay gives no position, no verdict and no right: all such that it keeps is signed by the hub."""
    tables = relay.database.query(
        "select name from sqlite_master where type = 'table' and name not like 'relay_%'"
    )
    for (table,) in tables:
        (count,), *_ = relay.database.query(f"select count(*) from {table}")
        must(count == 0, "the relay decides nothing", f"its {table} has {count} rows")
    zone, key = hub.hub.zone, hub.hub.key.public

    def by_hub(statement: bytes, signature: bytes) -> bool:
        return verify(key, signature, statement)

    acks = relay.database.query("select message from relay_journal where kind = 'ack'")
    for (message,) in msgspec.convert(acks, list[tuple[bytes]]):
        ack = decode_hub_message(message)
        must(isinstance(ack, Ack) and is_hubs(ack, zone, by_hub), "the relay decides nothing",
             "it keeps a verdict that the hub did not sign")  # fmt: skip
    epoch = _epoch(relay)
    heads = relay.database.query("select feed, n, hash, signature from relay_head")
    for name, n, hash_, signature in msgspec.convert(heads, list[tuple[str, int, bytes, bytes]]):
        must(by_hub(chain.feed_statement(zone, epoch, name, n, hash_), signature),
             "the relay decides nothing", f"nobody signed its {name} at {n}")  # fmt: skip


def _epoch(relay: RelayNode) -> int:
    """The newest epoch that the relay knows of."""
    kept = relay.database.query("select epoch from relay_identity")
    ((epoch,),) = msgspec.convert(kept, list[tuple[int]])
    return epoch


def is_served(relay: RelayNode, node: DeviceNode) -> bool:
    """Whether this tablet can work at the relay: both know each other, and nothing is wrong with its log."""
    if node.seat.point != relay.point or node.forked:
        return False
    enrolled, revoked = _zone(relay.database)
    known = node.number in enrolled and node.number not in revoked
    return known and node.book.relay(node.disk)[0] == relay.number


def find_unheard(relay: RelayNode, devices: Iterable[DeviceNode]) -> list[str]:
    """What tablets of the point should see of one another and do not, while they can reach the relay alone."""
    at_work = [node for node in devices if is_served(relay, node)]
    unheard: list[str] = []
    for reader in at_work:
        # Whose pass ended with its epoch reads nothing here before it has signed in anew.
        ended = decode_pass(reader.book.present.content).epoch < _epoch(relay)
        if ended or f"point:{relay.point}" not in reader.rights:
            continue
        brought = {entry[1:3] for pages in reader.disk.pages.values()
                   for page in pages for entry in page.entries}  # fmt: skip
        for author in at_work:
            if author.number == reader.number:
                continue
            # Revoked, and the reader has heard so from the hub, though the relay has not yet.
            known = reader.book.key_of(reader.disk, author.number) is not None
            if author.number in relay.hub.revoked and not known:
                continue
            for seq in range(author.disk.acked + 1, len(author.disk.log) + 1):
                key = (author.number, seq)
                if _is_refused(relay.hub, key):
                    continue
                event = author.disk.log[seq - 1].event
                shown = key in reader.disk.heard or key in brought
                if not shown and is_of_a_case((0, *key, 0, event)):
                    unheard.append(f"{reader.name} does not see {key}")
    return unheard


def check_neighbours(relay: RelayNode, devices: Iterable[DeviceNode]) -> None:
    """Tablets of a point see each other's unconfirmed cases while the line is cut."""
    unheard = find_unheard(relay, devices)
    must(not unheard, "neighbours", "; ".join(unheard[:3]))


def _held(database: Database, device: int) -> dict[int, bytes]:
    """The links of a device's events that are in the journal."""
    rows = database.query(
        "select message from relay_journal where kind = 'push' and device = ?", device
    )
    held: dict[int, bytes] = {}
    for (message,) in msgspec.convert(rows, list[tuple[bytes]]):
        push = decode_client_message(message)
        assert isinstance(push, Push)
        links = chain.fold_links(push.base_link, push.events)
        held |= dict(enumerate(links, start=push.first_seq))
    return held


def _hub_end(hub: HubNode, device: int) -> int:
    rows = hub.database.query("select seq from device where number = ?", device)
    return msgspec.convert(rows[0][0], int)


def _is_refused(hub: HubNode, key: tuple[int, int]) -> bool:
    query = "select 1 from ledger where device = ? and seq = ? and verdict <> 'ok'"
    return bool(hub.database.query(query, *key))


def _zone(database: Database) -> tuple[dict[int, DeviceEnrol], set[int]]:
    """Devices, and which of them are revoked, by the relay's mirror."""
    rows = database.query("select event from relay_entry where feed = 'zone' order by n")
    enrolled: dict[int, DeviceEnrol] = {}
    revoked: set[int] = set()
    for (event,) in msgspec.convert(rows, list[tuple[bytes]]):
        # Bytes that are none are found where the mirror is compared.
        head = head_of(event)
        body = decode_body(head) if head and head.type.startswith("device.") else None
        match body:
            case DeviceEnrol(number=number):
                enrolled[number] = body
            case DeviceRevoke(number=number):
                revoked.add(number)
    return enrolled, revoked


def _author(item: bytes) -> int:
    try:
        message = decode_client_message(item)
    except msgspec.DecodeError:
        message = None
    if isinstance(message, Push):
        return message.device
    ack = decode_hub_message(item)
    assert isinstance(ack, Ack)
    return ack.device
