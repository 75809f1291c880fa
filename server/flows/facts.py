"""What the hub looks up to judge a batch: fetched for all of its events at once, then kept current.

The rules that ask are in sync/ledger.py; this is their memory. Whoever appends tells `note`, so
that a later event of the same batch sees what an earlier one did.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from server.flows.hub import Hub
from server.keys import verify
from server.store.accounts import AccountRow, GrantRow
from server.store.devices import DeviceRow
from server.store.records import RecordRow
from server.store.store import Transaction
from sync import chain, clock
from sync.errors import Verdict
from sync.event import OPENING_TYPES, AccountSet, EventHead, Receive, decode_head
from sync.fold import CaseState, decode_state
from sync.ledger import (
    AccountFacts,
    DeviceFacts,
    Known,
    PublishedItem,
    Span,
    StreamFacts,
    examine,
    family_of,
)
from sync.records import item_decoder


@dataclass(slots=True)
class Arrival:
    """An event at the hub's door: where it stands in its device's log, and what was read of it.

    hlc: its author's time, `clock.ZERO` where no head can be read.
    """

    device: int
    seq: int
    event: bytes
    link: bytes
    known: Known | Verdict
    stream: bytes
    type: str
    hlc: bytes


def arrive(device: int, seq: int, event: bytes, link: bytes) -> Arrival:
    """Read an event as far as it can be read."""
    known = examine(event, device)
    if isinstance(known, Known):
        head: EventHead | None = known.head
    else:
        head = _find_head(event)
    if head is None:
        return Arrival(device, seq, event, link, known, b"", "", clock.ZERO)
    return Arrival(device, seq, event, link, known, head.stream, head.type, head.hlc)


def hlc_of(event: bytes) -> bytes:
    """The author's time, `clock.ZERO` where no head can be read."""
    head = _find_head(event)
    return head.hlc if head else clock.ZERO


def _find_head(event: bytes) -> EventHead | None:
    try:
        return decode_head(event)
    except msgspec.DecodeError:
        return None


def _published(record: bytes) -> PublishedItem:
    item = item_decoder.decode(record)
    pairs = frozenset((i.implementation_code, i.org_id) for i in item.implementations)
    return PublishedItem(
        item.id, item.version, item.item_type_code, item.case_type, item.acceptance_mode, pairs
    )


account_decoder = msgspec.msgpack.Decoder(AccountSet)


class Facts:
    """Registers and Seen of sync/ledger.py, for one transaction."""

    def __init__(self, tx: Transaction, hub: Hub) -> None:
        self._tx = tx
        self._hub = hub
        self.devices: dict[int, DeviceRow] = {}
        self._named: dict[int, DeviceRow] = {}  # those of whom only `seen` speaks
        self.cases: dict[bytes, CaseState] = {}
        self.cases_stored: set[bytes] = set()
        self.feeds_joined: dict[bytes, set[int]] = {}
        self._families: dict[bytes, str] = {}  # of streams with an `ok` event
        self._refused_openings: dict[bytes, set[tuple[int, int]]] = {}
        self._streams_asked: set[bytes] = set()
        self._events: set[tuple[int, int]] = set()
        self._device_facts: dict[int, DeviceFacts] = {}
        self._accounts: dict[bytes, AccountSet] = {}
        self._accounts_asked: set[bytes] = set()
        self._grants: dict[tuple[bytes, int], list[Span]] = {}
        self._account_facts: dict[tuple[bytes, int], AccountFacts] = {}
        self._items: dict[tuple[str, str], PublishedItem] = {}
        self._items_asked: set[str] = set()
        self._receipts: dict[str, bytes] = {}

    # --- fetching ----------------------------------------------------------------------------

    def load(self, arrivals: Iterable[Arrival]) -> None:
        """Fetch what judging these events will ask for."""
        devices: set[int] = set()
        actors: set[bytes] = set()
        streams: set[bytes] = set()
        seen: set[tuple[int, int]] = set()
        items: set[str] = set()
        receipts: set[str] = set()
        for arrival in arrivals:
            devices.add(arrival.device)
            streams.add(arrival.stream)
            if isinstance(arrival.known, Known):
                head, body = arrival.known.head, arrival.known.body
                actors.add(head.actor)
                seen.update(head.seen)
                if isinstance(body, Receive):
                    items.add(body.item.id)
                    receipts.add(body.receipt_no)
        self._load_devices(devices - self.devices.keys())
        self._load_accounts(actors - self._accounts_asked)
        self.load_streams(streams)
        self._events |= self._tx.ledger.present_events(seen - self._events)
        named = {device for device, _ in seen - self._events}
        self._named.update(self._tx.devices.by_numbers(named - self._named.keys()))
        self._load_items(items - self._items_asked)
        receipts -= self._receipts.keys() | {""}
        self._receipts.update(self._tx.cases.receipts(receipts))

    def _load_devices(self, numbers: set[int]) -> None:
        if not numbers:
            return
        self.devices.update(self._tx.devices.by_numbers(numbers))
        for grant in self._tx.accounts.grants_on(numbers):
            span = Span(grant.from_ms, grant.until_ms)
            self._grants.setdefault((grant.account, grant.device), []).append(span)

    def _load_accounts(self, streams: set[bytes]) -> None:
        self._accounts_asked |= streams
        for row in self._tx.accounts.by_streams(streams).values():
            self._accounts[row.stream] = account_decoder.decode(row.body)

    def load_streams(self, streams: set[bytes]) -> None:
        """Fetch what is known of these streams."""
        streams = streams - self._streams_asked - {b""}
        if not streams:
            return
        self._streams_asked |= streams
        cases = self._tx.cases.by_streams(streams)
        for stream, row in cases.items():
            self.cases[stream] = decode_state(row.fold)
            self._families[stream] = "case"
        self.cases_stored |= cases.keys()
        for one in self._tx.ledger.outlines(streams - cases.keys()):
            self._note_event(one.stream, one.type, one.verdict, (one.device, one.seq))
        present = streams & self._families.keys()
        self.feeds_joined.update(self._tx.feeds.joined(present))

    def _load_items(self, items: set[str]) -> None:
        self._items_asked |= items
        for row in self._tx.records.versions_of(items):
            item = _published(row.record)
            self._items[item.id, item.version] = item

    # --- asked by sync/ledger.py -----------------------------------------------------------------

    def has_stream(self, stream: bytes) -> bool:
        """Whether an `ok` event of the stream is in the ledger."""
        return stream in self._families

    def refused_openings(self, stream: bytes) -> set[tuple[int, int]]:
        """(device, seq) of each refused event whose type would have opened it."""
        return self._refused_openings.get(stream, set())

    def has_event(self, device: int, seq: int) -> bool:
        """Whether this event is in the ledger."""
        return (device, seq) in self._events

    def in_service(self, device: int) -> bool:
        """Whether it is enrolled and not revoked."""
        row = self.devices.get(device) or self._named.get(device)
        return row is not None and row.revoked_ms == 0

    def is_settled(self, device: int, seq: int) -> bool:
        """Whether nobody need wait for this event any more."""
        return self.has_event(device, seq) or not self.in_service(device)

    def find_item(self, item_id: str, version: str) -> PublishedItem | None:
        """The item in that version."""
        return self._items.get((item_id, version))

    def find_receipt(self, receipt_no: str) -> bytes | None:
        """The stream that this receipt number was given to."""
        return self._receipts.get(receipt_no)

    def has_point(self, point: str) -> bool:
        """Whether the zone has this point."""
        return self._tx.records.find("point.set", point) is not None

    def is_hubs_pass(self, content: bytes, signature: bytes) -> bool:
        """Whether the hub itself signed this pass."""
        statement = chain.pass_statement(self._hub.zone, content)
        return verify(self._hub.key.public, signature, statement)

    def device_facts(self, number: int) -> DeviceFacts:
        """The device that wrote an event."""
        facts = self._device_facts.get(number)
        if facts is None:
            row = self.devices[number]
            former = self._former_of(row)
            facts = DeviceFacts(number, row.kind, row.point, row.revoked_ms > 0, former)
            self._device_facts[number] = facts
        return facts

    def _former_of(self, row: DeviceRow) -> frozenset[int]:
        numbers = set()
        while row.former:
            # A number is greater than any given before, so this comes to an end.
            assert row.former < row.number
            numbers.add(row.former)
            row = self._tx.devices.get(row.former)
        return frozenset(numbers)

    def account_facts(self, actor: bytes, device: int) -> AccountFacts | None:
        """The account that an event names, with its grants on the device that wrote it."""
        facts = self._account_facts.get((actor, device))
        if facts is None and (account := self._accounts.get(actor)) is not None:
            grants = self._grants.get((actor, device), [])
            facts = AccountFacts(actor, account.roles, grants, account.closed)
            self._account_facts[actor, device] = facts
        return facts

    def stream_facts(self, stream: bytes) -> StreamFacts:
        """What the `ok` events of a stream made of it."""
        return StreamFacts(self._families.get(stream, ""), self.cases.get(stream))

    # --- told by the batch --------------------------------------------------------------------

    def note(self, arrival: Arrival, verdict: Verdict) -> None:
        """This event is in the ledger now."""
        key = (arrival.device, arrival.seq)
        self._events.add(key)
        if arrival.stream:
            self._note_event(arrival.stream, arrival.type, verdict, key)

    def _note_event(self, stream: bytes, type_: str, verdict: str, key: tuple[int, int]) -> None:
        if verdict == Verdict.OK:
            self._families.setdefault(stream, family_of(type_))
        elif type_ in OPENING_TYPES:
            self._refused_openings.setdefault(stream, set()).add(key)

    def note_receipt(self, receipt_no: str, stream: bytes) -> None:
        """This receipt number is given now."""
        self._receipts[receipt_no] = stream

    def note_device(self, row: DeviceRow) -> None:
        """A device was enrolled or revoked."""
        self.devices[row.number] = row
        self._device_facts.pop(row.number, None)

    def note_account(self, row: AccountRow) -> None:
        """An account is this now."""
        self._accounts[row.stream] = account_decoder.decode(row.body)
        self._account_facts.clear()

    def has_grant(self, row: GrantRow) -> bool:
        """Whether the account may work there for just this span already."""
        self._load_devices({row.device} - self.devices.keys())
        return Span(row.from_ms, row.until_ms) in self._grants.get((row.account, row.device), ())

    def note_grant(self, row: GrantRow) -> None:
        """An account may work on a device for a span."""
        span = Span(row.from_ms, row.until_ms)
        self._grants.setdefault((row.account, row.device), []).append(span)
        self._account_facts.clear()

    def note_item(self, row: RecordRow) -> None:
        """An item was published in a version."""
        item = _published(row.record)
        self._items[item.id, item.version] = item
