"""Devices: their keys, the ends of their logs, what they report, branches of forked logs, enrolment codes."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from server.store.bulk import select_in
from server.store.tables import device, enrolment_code, escrow_key, fork
from server.store.text import storable
from sync.clock import ZERO

HUB_DEVICE = 1


class DeviceRow(NamedTuple):
    """A device as the hub knows it; times in ms, 0: never. hlc: the greatest that its log carries."""

    number: int
    stream: bytes
    suite: int
    public_key: bytes
    point: str
    kind: str
    name: str
    seq: int
    link: bytes
    revoked_ms: int = 0
    revoked_reason: str = ""
    forked_ms: int = 0
    last_contact_ms: int = 0
    unsent: int = 0
    refused: int = 0
    unsent_attachments: int = 0
    app_version: str = ""
    clock_offset_ms: int = 0
    address: str = ""
    hlc: bytes = ZERO
    former: int = 0
    standing: bytes = b""


class ForkRow(NamedTuple):
    """A branch that is not the device's log: the whole push, kept."""

    device: int
    link: bytes
    first_seq: int
    length: int
    received_ms: int
    push: bytes


class ForkMark(NamedTuple):
    """A branch, without what was pushed."""

    device: int
    first_seq: int
    received_ms: int
    length: int


class EnrolmentCode(NamedTuple):
    """A one-time code, by its hash; used_ms 0: not yet."""

    code_hash: bytes
    point: str
    kind: str
    created_by: bytes
    created_ms: int
    until_ms: int
    used_ms: int = 0
    device: int = 0


class Devices:
    """Who may push."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, number: int) -> DeviceRow | None:
        row = self._connection.execute(select(device).where(device.c.number == number)).first()
        return None if row is None else DeviceRow(*row)

    def get(self, number: int) -> DeviceRow:
        found = self.find(number)
        if found is None:
            raise LookupError(f"no device {number}")
        return found

    def by_numbers(self, numbers: Iterable[int]) -> dict[int, DeviceRow]:
        rows = select_in(self._connection, select(device), device.c.number, numbers)
        return {row.number: DeviceRow(*row) for row in rows}

    def all(self) -> list[DeviceRow]:
        query = select(device).order_by(device.c.number)
        return [DeviceRow(*row) for row in self._connection.execute(query)]

    def relays_at(self, point: str) -> list[DeviceRow]:
        """The relays of a point that are in service, newest first."""
        query = (
            select(device)
            .where(device.c.kind == "relay", device.c.point == point, device.c.revoked_ms == 0)
            .order_by(device.c.number.desc())
        )
        return [DeviceRow(*row) for row in self._connection.execute(query)]

    def next_number(self) -> int:
        """A number never given before. The caller holds the zone's lock."""
        return int(self._connection.execute(select(func.max(device.c.number))).scalar() or 0) + 1

    def add(self, row: DeviceRow) -> None:
        self._connection.execute(insert(device).values(**row._asdict()))

    def move_head(self, number: int, seq: int, link: bytes, hlc: bytes) -> None:
        """The end of the device's log at the hub, and the greatest time that it carries."""
        self._set(number, seq=seq, link=link, hlc=hlc)

    def revoke(self, number: int, now_ms: int, reason: str) -> None:
        self._set(number, revoked_ms=now_ms, revoked_reason=storable(reason))

    def report(
        self,
        number: int,
        now_ms: int,
        unsent: int,
        refused: int,
        attachments: int,
        offset_ms: int,
        app_version: str,
        standing: bytes = b"",
    ) -> None:
        """What the device has proven to say of itself."""
        self._set(
            number,
            last_contact_ms=now_ms,
            unsent=unsent,
            refused=refused,
            unsent_attachments=attachments,
            clock_offset_ms=offset_ms,
            app_version=storable(app_version),
            standing=standing,
        )

    def keep_fork(self, row: ForkRow) -> None:
        """Keep a branch aside and mark the device; the same branch again changes nothing."""
        seen = select(fork.c.device).where(fork.c.device == row.device, fork.c.link == row.link)
        if self._connection.execute(seen).first() is None:
            self._connection.execute(insert(fork).values(**row._asdict()))
        self._connection.execute(
            update(device)
            .where(device.c.number == row.device, device.c.forked_ms == 0)
            .values(forked_ms=row.received_ms)
        )

    def forks(self, limit: int, devices: Iterable[int] | None = None) -> list[ForkMark]:
        """The newest branches; `devices`: only of these."""
        query = select(fork.c.device, fork.c.first_seq, fork.c.received_ms, fork.c.length)
        if devices is not None:
            query = query.where(fork.c.device.in_(list(devices)))
        query = query.order_by(fork.c.received_ms.desc(), fork.c.device).limit(limit)
        return [ForkMark(*row) for row in self._connection.execute(query)]

    def branches(self, number: int, limit: int) -> list[ForkRow]:
        """The newest branches of a device, whole."""
        query = select(fork).where(fork.c.device == number)
        query = query.order_by(fork.c.received_ms.desc()).limit(limit)
        return [ForkRow(*row) for row in self._connection.execute(query)]

    def fork_counts(self) -> dict[int, int]:
        """How many branches by device."""
        query = select(fork.c.device, func.count()).group_by(fork.c.device)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def find_key(self, number: int, account: bytes) -> bytes | None:
        """The escrowed key of a user on a tablet; account empty: the tablet's own."""
        query = select(escrow_key.c.key).where(
            escrow_key.c.device == number, escrow_key.c.account == account
        )
        return self._connection.execute(query).scalar()

    def keep_key(self, number: int, account: bytes, key: bytes) -> None:
        self._connection.execute(insert(escrow_key).values(device=number, account=account, key=key))

    def hand_on_keys(self, former: int, number: int) -> None:
        """What is sealed on a device that was enrolled anew stays readable there."""
        query = select(literal(number), escrow_key.c.account, escrow_key.c.key).where(
            escrow_key.c.device == former
        )
        columns = ["device", "account", "key"]
        self._connection.execute(insert(escrow_key).from_select(columns, query))

    def _set(self, number: int, **values: int | str | bytes) -> None:
        self._connection.execute(update(device).where(device.c.number == number).values(**values))


class Enrolments:
    """One-time enrolment codes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: EnrolmentCode) -> None:
        self._connection.execute(insert(enrolment_code).values(**row._asdict()))

    def find(self, code_hash: bytes) -> EnrolmentCode | None:
        query = select(enrolment_code).where(enrolment_code.c.code_hash == code_hash)
        row = self._connection.execute(query).first()
        return None if row is None else EnrolmentCode(*row)

    def drop_open(self) -> None:
        """No code that was not redeemed is good any more."""
        self._connection.execute(delete(enrolment_code).where(enrolment_code.c.used_ms == 0))

    def use(self, code_hash: bytes, now_ms: int, number: int) -> None:
        self._connection.execute(
            update(enrolment_code)
            .where(enrolment_code.c.code_hash == code_hash)
            .values(used_ms=now_ms, device=number)
        )
