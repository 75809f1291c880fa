"""A device for tests: a key, a log, and the bodies that a clerk would write; it does no I/O of its own."""

import os
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from server.flows.hub import new_stream
from server.flows.sign_in import SignedIn
from server.keys import SigningKey
from sync import chain, clock
from sync.event import Act, Applicant, GrantShow, ItemFacts, Material, Photo, Receive, encode_event
from sync.limits import PUSH_EVENTS_MAX
from sync.messages import Push, Report
from sync.number import make_receipt_number

DATE = "20261123"
DEFAULT_FIELDS = {"proposedName": "综窗测试商行", "contactPhone": "13900000000"}


@dataclass(frozen=True)
class Item:
    """What a receipt copies of an item."""

    facts: ItemFacts
    dept: str


def item_of(record: dict[str, Any], at: int = 0) -> Item:
    """The facts of an `item.publish` record, as implemented by its organ number `at`."""
    organ = record["implementations"][at]
    facts = ItemFacts(
        record["id"],
        record["version"],
        organ["implementationCode"],
        record["itemTypeCode"],
        record["caseType"],
        record["acceptanceMode"],
    )
    return Item(facts, organ["orgId"])


@dataclass
class Tablet:
    """A device with its log. `number` and `zone` come with the enrolment."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    number: int = 0
    zone: bytes = b""
    point: str = "HALL"
    events: list[bytes] = field(default_factory=list)
    links: list[bytes] = field(default_factory=list)
    hlc: bytes = clock.ZERO
    receipts: int = 0

    def enrolled(self, number: int, zone: bytes, point: str) -> None:
        """The hub gave a number."""
        self.number, self.zone, self.point = number, zone, point

    @property
    def last_seq(self) -> int:
        return len(self.events)

    def link(self, seq: int) -> bytes:
        """The link after `seq`; 0: the start of the log."""
        return self.links[seq - 1] if seq else chain.log_start(self.key.public)

    def write_bytes(self, event: bytes) -> int:
        """Append whatever bytes; their seq."""
        self.links.append(chain.next_link(self.link(self.last_seq), event))
        self.events.append(event)
        return self.last_seq

    def write(
        self,
        type_: str,
        stream: bytes,
        actor: bytes,
        body: Struct,
        *,
        ms: int,
        base: int = 0,
        seen: list[tuple[int, int]] | None = None,
    ) -> int:
        """Append an event; its seq."""
        self.hlc = clock.tick(self.hlc, ms)
        hlc = self.hlc
        return self.write_bytes(encode_event(type_, stream, hlc, actor, base, seen or [], body))

    def receive(
        self,
        item: Item,
        actor: bytes,
        *,
        ms: int,
        id_no: str = "11010519491231002X",
        fields: dict[str, Any] | None = None,
        photos: list[Photo] | None = None,
        person: str = "",
        stream: bytes | None = None,
        receipt_no: str | None = None,
    ) -> bytes:
        """Take in a case; its stream."""
        stream = stream or new_stream(ms, os.urandom)
        materials = [Material("M01", "provided", photos)] if photos else []
        body = Receive(
            item=item.facts,
            point=self.point,
            dept=item.dept,
            applicant=Applicant("张三", "idcard", id_no, "13900000000"),
            fields=DEFAULT_FIELDS if fields is None else fields,
            materials=materials,
            window=f"{self.point}-W01",
            receipt_no=self.next_receipt_no() if receipt_no is None else receipt_no,
            person=person,
        )
        self.write("case.receive", stream, actor, body, ms=ms)
        return stream

    def next_receipt_no(self) -> str:
        """The next receipt number of this device."""
        self.receipts += 1
        return make_receipt_number(self.point, self.number, DATE, self.receipts)

    def show(self, done: SignedIn, *, ms: int) -> int:
        """Append what the hub signed at a sign-in; its seq."""
        body = GrantShow(done.pass_content, done.pass_signature)
        return self.write("grant.show", done.reader.account, b"", body, ms=ms)

    def act(
        self, type_: str, stream: bytes, actor: bytes, *, ms: int, base: int = 0, **parts: Any
    ) -> int:
        """Append an act; its seq."""
        return self.write(type_, stream, actor, Act(**parts), ms=ms, base=base)

    def push(self, first_seq: int = 1, last_seq: int | None = None) -> Push:
        """The signed push of a part of the log."""
        last_seq = self.last_seq if last_seq is None else last_seq
        statement = chain.push_statement(self.zone, self.number, last_seq, self.link(last_seq))
        return Push(
            self.number,
            first_seq,
            self.link(first_seq - 1),
            self.events[first_seq - 1 : last_seq],
            self.key.sign(statement),
        )

    def report(
        self,
        challenge: bytes,
        unsent: int,
        refused: int,
        photos: int,
        wall_ms: int,
        standing: bytes = b"",
    ) -> Report:
        """A signed report."""
        said = (challenge, unsent, refused, photos, wall_ms)
        statement = chain.report_statement(self.zone, self.number, *said, standing)
        return Report(*said, self.key.sign(statement), standing)

    def pushes(self, first_seq: int = 1) -> list[Push]:
        """The whole log from `first_seq` in pushes as large as they may be."""
        starts = range(first_seq, self.last_seq + 1, PUSH_EVENTS_MAX)
        return [self.push(s, min(s + PUSH_EVENTS_MAX - 1, self.last_seq)) for s in starts]
