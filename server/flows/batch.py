"""A batch: events judged, given positions, folded, projected and put into feeds, in one transaction.

Everything that enters the ledger goes through here: pushes, the hub's own events, the zone's
records. The order of work is docs/protocol.md, section 6; the rules are sync/ledger.py; this file
keeps what they decide. Rows gather in memory and are written in bulk by `close`, which must be
called before the transaction ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from msgspec import Struct

from server.flows.facts import Arrival, Facts, arrive
from server.flows.feedbook import FeedBook, Placed
from server.flows.hub import Hub
from server.flows.project import case_row, change_of, fold_into, version_of
from server.flows.waiting import Waiter, Waiting
from server.store.accounts import AccountRow, GrantRow
from server.store.cases import VoidRow
from server.store.devices import HUB_DEVICE
from server.store.hints import Hint
from server.store.ledger import LedgerRow, ParkedRow, Told
from server.store.records import RecordRow
from server.store.store import Transaction
from sync import chain, clock
from sync.epoch import day_of, least_serial
from sync.errors import Verdict
from sync.event import OPENING_TYPES, AttachmentStored, DeviceRevoke, Numbered, encode_event
from sync.fold import CaseState, Source
from sync.ledger import (
    Known,
    family_of,
    feeds_of,
    judge,
    judged_at_ms,
    keep_time,
    park_reason,
)
from sync.number import CASE_SERIAL_MAX, is_implementation_code, make_case_number

ACCEPTANCES = frozenset({"case.accept", "case.accept_with_deferral", "case.deem_accepted"})
Due = tuple[tuple[int, int, int], Waiter]
"""A parked event to be taken up again, behind its age."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a transaction added: feeds that have new entries, the ledger's end before and after.

    `access` is the zone's number of changed rights, as it is now.
    """

    feeds: frozenset[str] = frozenset()
    before: int = 0
    after: int = 0
    access: int = 0


NOTHING = Growth()


class Batch:
    """One transaction's appends. `told` says what became of every event it had to do with."""

    def __init__(self, hub: Hub, tx: Transaction) -> None:
        self._hub = hub
        self._tx = tx
        self.head = tx.zone.lock()
        self._before, self._access = self.head.position, self.head.access
        self.hub_ms = hub.now_ms()
        self.told: dict[tuple[int, int], Told] = {}
        self.released: set[tuple[int, int]] = set()
        self._facts = Facts(tx, hub)
        self._waiting = Waiting(tx, self._facts.is_settled)
        self._feeds = FeedBook(tx, self._facts.feeds_joined)
        self._rows: list[LedgerRow] = []
        self._touched: dict[bytes, CaseState] = {}
        self._voids: list[VoidRow] = []
        self._records: dict[bytes, RecordRow] = {}
        self._versions: list[RecordRow] = []
        self._accounts: dict[bytes, AccountRow] = {}
        self._grants: list[GrantRow] = []
        self._to_number: list[bytes] = []
        self._hlc_by_device: dict[int, bytes] = {}
        own = tx.devices.get(HUB_DEVICE)
        self._facts.note_device(own)
        self._own_first_seq = own.seq + 1
        self._own_seq, self._own_link = own.seq, own.link

    @property
    def growth(self) -> Growth:
        """What this transaction added."""
        return Growth(self._feeds.grown, self._before, self.head.position, self.head.access)

    # --- what comes in -----------------------------------------------------------------------

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Judge new events of a device in order; each gets a position or waits."""
        self._load(arrivals)
        for arrival in arrivals:
            self._take(self._in_time(arrival))

    def hlc(self, device: int) -> bytes:
        """The greatest time that the log of this device carries now; some of it was taken."""
        return self._hlc_by_device[device]

    def author(self, type_: str, stream: bytes, body: Struct, actor: bytes = b"") -> int:
        """Write an event of the hub's own, in a person's name where it is theirs; its position."""
        self.head.hlc = clock.tick(self.head.hlc, self.hub_ms)
        self._facts.load_streams({stream})
        base = self.head.position if self._facts.has_stream(stream) else 0
        event = encode_event(type_, stream, self.head.hlc, actor, base, [], body)
        self._own_seq += 1
        self._own_link = chain.next_link(self._own_link, event)
        arrival = arrive(HUB_DEVICE, self._own_seq, event, self._own_link)
        self.take([arrival])
        told = self.told[HUB_DEVICE, self._own_seq]
        assert told.code == Verdict.OK, f"the hub's own {type_} was judged {told.code}"
        return told.position

    def close(self) -> None:
        """Write what follows from the acts, then everything at once."""
        self._follow_up()
        tx = self._tx
        tx.ledger.append(self._rows)
        self._feeds.flush()
        rows = [case_row(stream, state) for stream, state in self._touched.items()]
        stored = self._facts.cases_stored
        tx.cases.add([row for row in rows if row.stream not in stored])
        tx.cases.replace([row for row in rows if row.stream in stored])
        tx.cases.add_voids(self._voids)
        tx.records.put(list(self._records.values()))
        versions = {(v.item, v.version): v for row in self._versions if (v := version_of(row))}
        tx.records.put_versions(list(versions.values()))
        tx.accounts.put(list(self._accounts.values()))
        tx.accounts.add_grants(self._grants)
        self._waiting.flush()
        if self._own_seq >= self._own_first_seq:
            seq, link = self._own_seq, self._own_link
            tx.devices.move_head(HUB_DEVICE, seq, link, self.hlc(HUB_DEVICE))
            statement = chain.push_statement(self.head.zone, HUB_DEVICE, seq, link)
            tx.signatures.add(HUB_DEVICE, seq, link, self._hub.key.sign(statement))
        tx.zone.advance(self.head)
        if self.head.position > self._before or self.head.access > self._access:
            tx.zone.hint(self._hint())

    def _hint(self) -> Hint:
        devices = {device for device, _ in self.released}
        head = self.head
        feeds = sorted(self._feeds.grown)
        return Hint(self._before, head.position, head.access, feeds, sorted(devices))

    # --- one event ---------------------------------------------------------------------------

    def has_stream(self, stream: bytes) -> bool:
        """Seen, for park_reason."""
        return self._facts.has_stream(stream)

    def refused_openings(self, stream: bytes) -> Iterable[tuple[int, int]]:
        """Seen, for park_reason."""
        return self._facts.refused_openings(stream)

    def has_event(self, device: int, seq: int) -> bool:
        """Seen, for park_reason."""
        return self._facts.has_event(device, seq)

    def in_service(self, device: int) -> bool:
        """Seen, for park_reason."""
        return self._facts.in_service(device)

    def has_parked(self, device: int, stream: bytes, before_seq: int) -> bool:
        """Seen, for park_reason."""
        return self._waiting.has(device, stream, before_seq)

    def _in_time(self, arrival: Arrival) -> Arrival:
        last = self._hlc_by_device.get(arrival.device)
        if last is None:
            last = self._facts.devices[arrival.device].hlc
        self._hlc_by_device[arrival.device] = max(last, arrival.hlc)
        known = keep_time(arrival.known, last)
        return arrival if known is arrival.known else replace(arrival, known=known)

    def _take(self, arrival: Arrival) -> None:
        known = arrival.known
        if isinstance(known, Known):
            reason = park_reason(known.head, arrival.device, arrival.seq, self)
            if reason is not None:
                self._waiting.park(arrival, reason, self.hub_ms)
                self.told[arrival.device, arrival.seq] = Told(arrival.seq, 0, 0, reason)
                return
        due: list[Due] = []
        self._enter_and_free(arrival, due)
        # Taken up again, oldest first: what waited for this event, and what waited for that.
        while due:
            _, waiter = heappop(due)
            self._retry(waiter, due)

    def _retry(self, waiter: Waiter, due: list[Due]) -> None:
        arrival = waiter.arrival
        assert isinstance(arrival.known, Known)
        if not self._waiting.waits(waiter):
            return
        reason = park_reason(arrival.known.head, arrival.device, arrival.seq, self)
        if reason is not None:
            self._waiting.renew(waiter, reason)
            return
        self._load([arrival])
        self._wait_on(self._waiting.fetch_line(arrival))
        self._waiting.release(waiter)
        self.released.add((arrival.device, arrival.seq))
        self._enter_and_free(arrival, due)

    def _enter_and_free(self, arrival: Arrival, due: list[Due]) -> None:
        absent = arrival.stream != b"" and not self.has_stream(arrival.stream)
        verdict = self._enter(arrival)
        body = arrival.known.body if isinstance(arrival.known, Known) else None
        if verdict is Verdict.OK and isinstance(body, DeviceRevoke):
            self._free_from_revoked(body.number, due)
        if self._waiting.is_empty:
            return
        opened = absent and (self.has_stream(arrival.stream) or arrival.type in OPENING_TYPES)
        for waiter in self._waiting.freed_by(arrival, opened=opened):
            heappush(due, (waiter.age, waiter))

    def _free_from_revoked(self, device: int, due: list[Due]) -> None:
        """What waits for an event of a device that is revoked now waits for it no longer."""
        self._wait_on(self._waiting.fetch_behind(device))
        for waiter in self._waiting.given_up(device):
            heappush(due, (waiter.age, waiter))

    def _load(self, arrivals: Sequence[Arrival]) -> None:
        """Fetch what judging these events asks for, and what is parked that they can set free."""
        self._facts.load(arrivals)
        self._wait_on(self._waiting.fetch(arrivals, lambda stream: not self.has_stream(stream)))

    def _wait_on(self, rows: list[ParkedRow]) -> None:
        """Take in what is parked."""
        if rows:
            parked = [arrive(row.device, row.seq, row.event, row.link) for row in rows]
            self._facts.load(parked)
            for row, arrival in zip(rows, parked, strict=True):
                self._waiting.add(row, arrival)

    def _enter(self, arrival: Arrival) -> Verdict:
        """Give the event its verdict, its position and its place in the chain."""
        known = arrival.known
        verdict = self._judge(arrival, known) if isinstance(known, Known) else known
        head = self.head
        position = head.position + 1
        entry = chain.entry_hash(
            position, arrival.device, arrival.seq, self.hub_ms, verdict, arrival.event
        )
        head.position, head.chain = position, chain.next_hash(head.chain, entry)
        if verdict is Verdict.OK:
            assert isinstance(known, Known)
            state = self._project(arrival, known, position)
            names = feeds_of(arrival.type, state, known.body)
            if names:
                placed = (position, entry)
                stream = arrival.stream
                self._feeds.put(stream, names, placed, lambda: self._history(stream))
        self._rows.append(
            LedgerRow(
                position,
                arrival.device,
                arrival.seq,
                arrival.stream,
                arrival.type,
                self.hub_ms,
                str(verdict),  # SQLite's driver looks long at what is no plain text
                arrival.event,
                arrival.link,
                head.chain,
            )
        )
        self._facts.note(arrival, verdict)
        told = Told(arrival.seq, position, self.hub_ms, verdict)
        self.told[arrival.device, arrival.seq] = told
        return verdict

    def _judge(self, arrival: Arrival, known: Known) -> Verdict:
        facts = self._facts
        return judge(
            known,
            facts.device_facts(arrival.device),
            facts.account_facts(known.head.actor, arrival.device),
            facts.stream_facts(arrival.stream),
            facts,
            judged_at_ms(known.head, self.hub_ms),
        )

    def _history(self, stream: bytes) -> list[Placed]:
        """The earlier `ok` events of a stream, as they stand in the ledger."""
        rows = self._tx.ledger.by_streams([stream], Verdict.OK)
        rows += [row for row in self._rows if row.stream == stream and row.verdict == Verdict.OK]
        return [
            (
                row.position,
                chain.entry_hash(
                    row.position, row.device, row.seq, row.hub_ms, row.verdict, row.event
                ),
            )
            for row in rows
        ]

    # --- what an event changes ---------------------------------------------------------------

    def _project(self, arrival: Arrival, known: Known, position: int) -> CaseState | None:
        if family_of(arrival.type) == "case":
            return self._fold(arrival, known, position)
        row = change_of(arrival.stream, arrival.type, position, known.body)
        match row:
            case AccountRow():
                self._accounts[row.stream] = row
                self._facts.note_account(row)
                self.head.access += 1
            case GrantRow():
                # What a tablet shows of a sign-in the hub knows already, unless it has lost that.
                if not self._facts.has_grant(row):
                    self._grants.append(row)
                    self._facts.note_grant(row)
            case RecordRow():
                self._records[row.stream] = row
                if row.type == "item.publish":
                    self._versions.append(row)
                    self._facts.note_item(row)
            case None:
                if isinstance(known.body, DeviceRevoke):
                    self._revoke(known.body)
        return None

    def _revoke(self, body: DeviceRevoke) -> None:
        self._tx.devices.revoke(body.number, self.hub_ms, body.reason)
        self._tx.sessions.end_of_device(body.number)
        self.head.access += 1
        row = self._tx.devices.find(body.number)
        if row is not None:
            self._facts.note_device(row)

    def _fold(self, arrival: Arrival, known: Known, position: int) -> CaseState:
        state = self._facts.cases.setdefault(arrival.stream, CaseState())
        source = Source(position, arrival.device, arrival.seq, self.hub_ms, known.head)
        void = fold_into(state, source, known.body)
        self._touched[arrival.stream] = state
        if void is not None:
            self._voids.append(void)
        elif arrival.type in ACCEPTANCES:
            self._to_number.append(arrival.stream)
        if state.receipt_no:
            self._facts.note_receipt(state.receipt_no, arrival.stream)
        return state

    # --- what the hub adds -------------------------------------------------------------------

    def _follow_up(self) -> None:
        """Numbers and photos; what the hub says of them may free parked events, which ask for more."""
        before = None
        while before != self.head.position:
            before = self.head.position
            while self._to_number:
                stream = self._to_number.pop(0)
                state = self._touched[stream]
                if not state.case_no and state.item is not None:
                    self._number(stream, state.item.code)
            with_photos = {stream: s for stream, s in self._touched.items() if s.attachments}
            if with_photos:
                self._tell_stored(with_photos)

    def _number(self, stream: bytes, code: str) -> None:
        day = day_of(self.hub_ms)
        serial = self._tx.cases.next_serial(code, day, least_serial(self._hub.epochs, day))
        # Past 9,999 a day, or with a code of another shape, the layout has no number for it; the
        # case goes on without one.
        if serial <= CASE_SERIAL_MAX and is_implementation_code(code):
            body = Numbered(make_case_number(code, day, serial))
            self.author("case.number", stream, body)

    def _tell_stored(self, cases: dict[bytes, CaseState]) -> None:
        """Note which photos these cases refer to, and say of those that are here that they are."""
        photos = {
            (bytes.fromhex(key), stream) for stream, s in cases.items() for key in s.attachments
        }
        new = photos - self._tx.attachments.uses(cases)
        here = self._tx.attachments.by_digests({digest for digest, _ in new})
        self._tx.attachments.use(
            [(digest, stream, digest in here) for digest, stream in sorted(new)]
        )
        for digest, stream in sorted(new):
            row = here.get(digest)
            if row is not None and not cases[stream].attachments[digest.hex()][2]:
                self.author("case.attachment", stream, AttachmentStored(digest, row.size, row.mime))
