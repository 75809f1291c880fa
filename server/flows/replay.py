"""The ledger read again from its beginning: what every feed and projection must be.

`rebuild` writes it, `verify` compares it with what stands.
"""

from collections.abc import Iterable

from msgspec import Struct

from server.flows.project import case_row, change_of, epoch_of, fold_into, version_of
from server.store.accounts import AccountRow, GrantRow
from server.store.cases import CaseRow, VoidRow
from server.store.ledger import LedgerRow
from server.store.records import ItemVersionRow, RecordRow
from server.store.text import storable
from sync import chain
from sync.epoch import Epoch
from sync.errors import Verdict
from sync.event import DeviceEnrol, DeviceRevoke, EventHead, decode_body, decode_head
from sync.fold import CaseState, Source
from sync.ledger import family_of, feeds_of

Placed = tuple[int, bytes]
"""(position, entry hash)."""


class Replay:
    """Everything that follows from the ledger, gathered entry by entry."""

    def __init__(self) -> None:
        self.events = 0
        self.states: dict[bytes, CaseState] = {}
        self.voids: list[VoidRow] = []
        self.records: dict[bytes, RecordRow] = {}
        self.versions: dict[tuple[str, str], ItemVersionRow] = {}
        self.accounts: dict[bytes, AccountRow] = {}
        self.grants: list[GrantRow] = []
        self._spans: set[tuple[bytes, int, int, int]] = set()
        self.enrolments: dict[int, tuple[bytes, DeviceEnrol]] = {}
        self.revocations: dict[int, tuple[int, str]] = {}
        self.epochs: list[Epoch] = []
        self.feeds: dict[str, list[Placed]] = {}
        self.joined: dict[bytes, list[str]] = {}
        self._histories: dict[bytes, list[Placed]] = {}

    def take(self, row: LedgerRow) -> None:
        """The next entry, by position."""
        self.events += 1
        if row.verdict != Verdict.OK:
            return
        head = decode_head(row.event)
        body = decode_body(head)
        state = None
        if family_of(row.type) == "case":
            state = self._fold(row, head, body)
        else:
            self._change(row, body)
        names = feeds_of(row.type, state, body)
        if names:
            self._route(row, names)

    def take_all(self, rows: Iterable[LedgerRow]) -> None:
        """All of them."""
        for row in rows:
            self.take(row)

    def case_rows(self) -> list[CaseRow]:
        """The projection of every case, by stream."""
        return [case_row(stream, self.states[stream]) for stream in sorted(self.states)]

    def attachment_uses(self) -> set[tuple[bytes, bytes, bool]]:
        """Which case refers to which photo, and whether it knows that the hub holds it."""
        return {
            (bytes.fromhex(digest), stream, told)
            for stream, state in self.states.items()
            for digest, (_, _, told) in state.attachments.items()
        }

    def _fold(self, row: LedgerRow, head: EventHead, body: Struct) -> CaseState:
        state = self.states.setdefault(row.stream, CaseState())
        source = Source(row.position, row.device, row.seq, row.hub_ms, head)
        void = fold_into(state, source, body)
        if void is not None:
            self.voids.append(void)
        return state

    def _change(self, row: LedgerRow, body: Struct) -> None:
        if isinstance(body, DeviceEnrol):
            self.enrolments[body.number] = (row.stream, body)
        if isinstance(body, DeviceRevoke):
            self.revocations[body.number] = (row.hub_ms, storable(body.reason))
        change = change_of(row.stream, row.type, row.position, body)
        match change:
            case AccountRow():
                self.accounts[change.stream] = change
            case GrantRow():
                span = (change.account, change.device, change.from_ms, change.until_ms)
                if span not in self._spans:
                    self._spans.add(span)
                    self.grants.append(change)
            case RecordRow():
                self.records[change.stream] = change
                if change.type == "epoch.begin":
                    self.epochs.append(epoch_of(change))
                version = version_of(change)
                if version is not None:
                    self.versions[version.item, version.version] = version
            case None:
                return

    def _route(self, row: LedgerRow, names: tuple[str, ...]) -> None:
        entry = chain.entry_hash(
            row.position, row.device, row.seq, row.hub_ms, row.verdict, row.event
        )
        history = self._histories.setdefault(row.stream, [])
        joined = self.joined.setdefault(row.stream, [])
        for name in names:
            if name not in joined:
                self.feeds.setdefault(name, []).extend(history)
                joined.append(name)
        for name in joined:
            self.feeds[name].append((row.position, entry))
        history.append((row.position, entry))
