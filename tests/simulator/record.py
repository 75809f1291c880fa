"""What the hub has made durable, as the checkers read it, and how they say that something is wrong."""

from typing import Protocol

import msgspec

from sync.event import DeviceEnrol, DeviceRevoke, EventHead, decode_body, decode_head
from sync.fold import CaseState, Source, apply
from tests.simulator.world import Violation


class Queried(Protocol):
    """A hub's database, however it is kept."""

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What it holds."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One entry of the ledger."""

    position: int
    device: int
    seq: int
    stream: bytes
    type: str
    hub_ms: int
    verdict: str
    event: bytes
    link: bytes
    chain: bytes


class Record:
    """What the hub has made durable, read once."""

    def __init__(self, database: Queried) -> None:
        columns = ", ".join(Row.__struct_fields__)
        rows = database.query(f"select {columns} from ledger order by position")
        self.rows = msgspec.convert(rows, list[Row])
        self.row_by_event = {(row.device, row.seq): row for row in self.rows}
        self.parked = msgspec.convert(
            database.query("select device, seq, stream, reason, event from parked"),
            list[tuple[int, int, bytes, str, bytes]],
        )
        self.heads = msgspec.convert(
            database.query("select number, seq, link, public_key from device"),
            list[tuple[int, int, bytes, bytes]],
        )
        self.cases = dict(
            msgspec.convert(
                database.query("select stream, fold from case_record"), list[tuple[bytes, bytes]]
            )
        )
        said = msgspec.convert(
            database.query("select number, hlc, unsent, refused, unsent_attachments from device"),
            list[tuple[int, bytes, int, int, int]],
        )
        self.clocks = {number: hlc for number, hlc, *_ in said}
        self.counts = {number: tuple(counts) for number, _, *counts in said}
        feeds = msgspec.convert(
            database.query(
                "select f.name, e.n, e.position, e.hash from feed_entry e"
                " join feed f on f.id = e.feed order by f.name, e.n"
            ),
            list[tuple[str, int, int, bytes]],
        )
        self.feeds: dict[str, list[tuple[int, int, bytes]]] = {}
        for name, n, position, hash_ in feeds:
            self.feeds.setdefault(name, []).append((n, position, hash_))
        self.head_position, self.head_chain = msgspec.convert(
            database.query("select position, chain from zone")[0], tuple[int, bytes]
        )
        # By device: the positions between which it was in service.
        self.service: dict[int, tuple[int, int]] = {}
        for row in self.rows:
            if row.type in {"device.enrol", "device.revoke"} and row.verdict == "ok":
                self._note_service(row)
        self.photos = {
            digest
            for (digest,) in msgspec.convert(
                database.query("select sha256 from attachment"), list[tuple[bytes]]
            )
        }

    def _note_service(self, row: Row) -> None:
        # Bytes that were tampered with are found by those whose matter they are.
        head = head_of(row.event)
        match decode_body(head) if head else None:
            case DeviceEnrol(number=number):
                self.service[number] = (row.position, 2**53)
            case DeviceRevoke(number=number):
                self.service[number] = (self.service[number][0], row.position)

    def in_service(self, device: int, position: int) -> bool:
        """Whether the device was enrolled and not revoked when the ledger came to this position."""
        enrolled, revoked = self.service.get(device, (2**53, 0))
        return enrolled <= position < revoked

    def of_case(self) -> dict[bytes, list[tuple[Row, EventHead]]]:
        """The `ok` events of each case."""
        cases: dict[bytes, list[tuple[Row, EventHead]]] = {}
        for row in self.rows:
            if row.verdict == "ok" and row.type.startswith("case."):
                cases.setdefault(row.stream, []).append((row, decode_head(row.event)))
        return cases


def fold_of(entries: list[tuple[Row, EventHead]]) -> CaseState:
    """The state that these events make."""
    state = CaseState()
    for row, head in entries:
        apply(state, Source(row.position, row.device, row.seq, row.hub_ms, head))
    return state


def head_of(event: bytes) -> EventHead | None:
    """The head of an event; None: these bytes are none."""
    try:
        return decode_head(event)
    except msgspec.DecodeError:
        return None


def must(holds: bool, invariant: str, message: str) -> None:
    """Raises Violation unless it holds."""
    if not holds:
        raise Violation(invariant, message)


def id_of(stream: bytes) -> str:
    """How a message names a case."""
    return f"case {stream.hex()[-6:]}"
