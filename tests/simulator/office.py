"""The simulated zone: points, departments, items, people and enrolled devices, made once a process.

A template database holds them; every seed starts from a copy, so that a run costs milliseconds.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from server.flows.batch import Batch
from server.flows.hub import Hub, enrolment_of, new_stream, open_hub
from server.flows.reader import hash_token
from server.keys import SigningKey
from server.store.accounts import SessionRow
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.engine import BEGIN
from server.store.store import Store
from server.store.tables import metadata
from sync import chain
from sync.event import AccountSet, GrantIssue, ItemFacts, Record, Role
from sync.ledger import RELAY_KIND, readable_feeds
from sync.limits import GRANT_MS
from sync.messages import Pass, Present, encode_pass
from tests.simulator.world import START_MS

CREDIT_CODES = {"SCJG": "11990271MB9900099U", "SBJ": "11990271MB99000131"}
VERSION = "sim-1"
POINTS = ("HALL", "JZ")
DEPTS = ("SCJG", "SBJ")
SESSION_MS = GRANT_MS


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the catalogue as tablets hold it."""

    facts: ItemFacts
    dept: str


def _item(id_: str, dept: str, type_code: str, case_type: str, mode: str) -> Item:
    code = f"{CREDIT_CODES[dept]}4000199{id_[-3:]}000"
    return Item(ItemFacts(id_, VERSION, code, type_code, case_type, mode), dept)


ITEMS = (
    _item("SCJG-001", "SCJG", "01", "instant", "comprehensive_direct"),
    _item("SCJG-002", "SCJG", "01", "commitment", "own_window_unified"),
    _item("SBJ-003", "SBJ", "20", "commitment", "comprehensive_receive_back_accept"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """An account."""

    stream: bytes
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """An enrolled device and the people who work on it; the first one's session reads."""

    number: int
    point: str
    kind: str
    key: SigningKey
    people: tuple[Person, ...]


class MemoryFiles:
    """Photos in memory; a write is all or nothing."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def read(self, digest: bytes) -> bytes | None:
        return self.kept.get(digest)

    def write(self, digest: bytes, content: bytes) -> None:
        self.kept[digest] = content

    def check(self) -> None:
        """Nothing is in the way."""


def make_key(number: int) -> SigningKey:
    """The same key on every run: a device's link chain begins with it."""
    return SigningKey(ec.derive_private_key(7_000_003 + number, ec.SECP256R1()))


def _person(number: int, name: str, *roles: Role) -> Person:
    return Person(bytes([9] * 15 + [number]), name, roles)


PEOPLE = {
    person.name: person
    for person in (
        _person(1, "clerk-a", Role("window_clerk", "HALL"), Role("issuing_clerk", "HALL")),
        _person(2, "clerk-b", Role("window_clerk", "HALL")),
        _person(3, "clerk-j", Role("window_clerk", "JZ"), Role("issuing_clerk", "JZ")),
        _person(4, "reviewer-1", Role("reviewer", "", "SCJG")),
        _person(5, "reviewer-2", Role("reviewer", "", "SCJG"), Role("approver", "", "SCJG")),
        _person(6, "approver", Role("approver", "", "SCJG"), Role("organ_head", "", "SCJG")),
        _person(7, "seals", Role("seal_keeper")),
        _person(8, "social", Role("reviewer", "", "SBJ"), Role("approver", "", "SBJ")),
        _person(9, "watcher", Role("supervisor")),
    )
}
SEATS = tuple(
    Seat(number, point, kind, make_key(number), tuple(PEOPLE[name] for name in names))
    for number, point, kind, names in (
        (2, "HALL", "tablet", ("clerk-a", "clerk-b")),
        (3, "HALL", "tablet", ("clerk-b", "clerk-a")),
        (4, "JZ", "tablet", ("clerk-j",)),
        (5, "HALL", "desk", ("reviewer-1", "approver", "seals")),
        (6, "HALL", "desk", ("reviewer-2", "approver", "seals")),
        (7, "HALL", "desk", ("social",)),
        (8, "HALL", "desk", ("watcher", "approver")),
    )
)
# Its work was done before any seed begins.
OLD_SEAT = Seat(9, "HALL", "tablet", make_key(9), tuple(PEOPLE.values()))

# The relay that its point begins with.
RELAY, RELAY_POINT, RELAY_ADDRESS = 10, "HALL", "http://relay.hall.lan"


def token_of(device: int, account: bytes) -> bytes:
    """The hash of the session token that this person has on this device."""
    return hash_token(f"{device} {account.hex()}")


def rights_of(seat: Seat, now_ms: int) -> frozenset[str]:
    """What the session of a seat may read while it is open."""
    person = seat.people[0]
    return readable_feeds(person.stream, person.roles, seat.point, POINTS, DEPTS, now_ms)


def pass_of(seat: Seat, hub: Hub, account: bytes = b"") -> Present:
    """What the hub signed at a sign-in there: its first person's, or this account's."""
    account = account or seat.people[0].stream
    feeds = sorted(rights_of(seat, START_MS))
    said = Pass(seat.number, account, START_MS - 1, START_MS + SESSION_MS, feeds, hub.epoch)
    content = encode_pass(said)
    return Present(content, hub.key.sign(chain.pass_statement(hub.zone, content)))


class Database:
    """One in-memory database a process, filled from the template at the start of each seed."""

    def __init__(self, furnish: Callable[[Store], None] = lambda _: None) -> None:
        self._raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.engine: Engine = create_engine(
            "sqlite://", creator=lambda: self._raw, poolclass=StaticPool
        )
        event.listen(
            self.engine,
            "begin",
            lambda c: c.exec_driver_sql(c.get_execution_options().get(BEGIN, "BEGIN")),
        )
        metadata.create_all(self.engine)
        furnish(Store(self.engine))
        self._template = self._raw.serialize()

    def reset(self) -> Store:
        """As it was before anything happened."""
        self._raw.deserialize(self._template)
        return Store(self.engine)

    def save(self) -> bytes:
        """All of it at this moment, as a backup has it."""
        return self._raw.serialize()

    def load(self, saved: bytes) -> None:
        """What a backup has, and nothing else."""
        self._raw.deserialize(saved)

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What the database holds, for the checkers."""
        return self._raw.execute(sql, parameters).fetchall()

    def feed_lengths(self) -> dict[str, int]:
        """How many entries each feed has."""
        return {str(name): int(str(n)) for name, n in self.query("select name, n from feed")}


def furnish(store: Store, *, lost_sign_ins: bool = False) -> Hub:
    """A zone with everything and everybody above; with `lost_sign_ins` a hub that was restored from before them."""
    counter = iter(range(1, 10_000))

    def noise(size: int) -> bytes:
        return next(counter).to_bytes(size, "big")

    hub = open_hub(store, MemoryFiles(), lambda: START_MS, noise)
    with store.write() as tx:
        batch = Batch(hub, tx)
        own = tx.devices.get(HUB_DEVICE)
        batch.author("device.enrol", own.stream, enrolment_of(own))
        for point in POINTS:
            _record(hub, batch, "point.set", point, {"id": point, "name": point})
        for dept in DEPTS:
            _record(hub, batch, "department.set", dept, {"id": dept, "name": dept})
        for item in ITEMS:
            facts = item.facts
            record: dict[str, object] = {
                "id": facts.id,
                "version": facts.version,
                "itemTypeCode": facts.type_code,
                "caseType": facts.case_type,
                "acceptanceMode": facts.mode,
                "implementations": [{"orgId": item.dept, "implementationCode": facts.code}],
            }
            _record(hub, batch, "item.publish", facts.id, record)
        for person in PEOPLE.values():
            body = AccountSet(person.name, person.name, list(person.roles))
            batch.author("account.set", person.stream, body)
        batch.close()
    for seat in (*SEATS, OLD_SEAT):
        _enrol(hub, seat)
        # What the hub had written of all others' sign-ins came after its last backup.
        if seat is OLD_SEAT or not lost_sign_ins:
            _grant(hub, seat)
    _enrol(hub, Seat(RELAY, RELAY_POINT, RELAY_KIND, make_key(RELAY), ()), RELAY_ADDRESS)
    return hub


def _record(hub: Hub, batch: Batch, type_: str, id_: str, record: dict[str, object]) -> None:
    raw = {key: msgspec.Raw(msgspec.msgpack.encode(value)) for key, value in record.items()}
    batch.author(type_, new_stream(START_MS, hub.random), Record(id_, raw))


def _enrol(hub: Hub, seat: Seat, address: str = "") -> None:
    row = DeviceRow(
        number=seat.number,
        stream=new_stream(START_MS, hub.random),
        suite=chain.SUITE_P256,
        public_key=seat.key.public,
        point=seat.point,
        kind=seat.kind,
        name=str(seat.number),
        seq=0,
        link=chain.log_start(seat.key.public),
        address=address,
    )
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        tx.devices.add(row)
        batch.author("device.enrol", row.stream, enrolment_of(row))
        batch.close()
    open_sessions(hub, seat)


def _grant(hub: Hub, seat: Seat) -> None:
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        for person in seat.people:
            grant = GrantIssue(seat.number, START_MS - 1, START_MS + GRANT_MS)
            batch.author("grant.issue", person.stream, grant)
        batch.close()


def open_sessions(hub: Hub, seat: Seat) -> None:
    """Everybody who works on this device is signed in at the hub."""
    until_ms = START_MS + SESSION_MS
    with hub.store.write() as tx:
        for person in seat.people:
            token = token_of(seat.number, person.stream)
            tx.sessions.add(SessionRow(token, person.stream, seat.number, START_MS, until_ms))
