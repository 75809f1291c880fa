"""Enrolment: a one-time code made on the console, redeemed by a device that brings its public key.

A device that was enrolled before says which one it was, signed with the key of that time: it is then given the
keys that seal what lies on it, and may bring to the hub what was never taken of it, under the receipt numbers
that were printed.

Refusals: enrolment-unknown, enrolment-used, enrolment-expired, key-invalid, suite-unknown, point-unknown, slow-down,
signature-invalid.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

import segno

from server.flows import throttle
from server.flows.batch import Batch, Growth
from server.flows.hub import Hub, enrolment_of, new_stream
from server.flows.project import name_of
from server.flows.readmit import Certificate, certify
from server.flows.refusals import Code, Refusal
from server.keys import is_public_key, verify
from server.store.devices import DeviceRow, EnrolmentCode
from server.store.store import Transaction
from server.store.text import storable
from sync import chain
from sync.epoch import least_device
from sync.ledger import RELAY_KIND
from sync.limits import ENROLMENT_CODE_MS
from sync.number import normalise_code

# Without 0 O 1 I L U: what people mistake for one another, or would rather not read aloud.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARS = 10
KINDS = frozenset({"tablet", "desk", RELAY_KIND})
NAME_CHARS_MAX = 40
ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,120}\Z")


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code to show once: its text in two halves, the same as a QR picture (SVG), its end."""

    code: str
    svg: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Former:
    """The device that this one was before, and its signature over succession_statement."""

    device: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device with its number."""

    device: int
    point: str
    point_name: str
    kind: str
    hub_ms: int
    relays: list[DeviceRow]
    """The relays of its point that are in service: it can begin there if the line is cut."""
    certificate: Certificate
    growth: Growth


def make_code(hub: Hub, point: str, kind: str, created_by: bytes) -> MadeCode | Refusal:
    """A new code for a device of this kind at this point; created_by empty: the command line."""
    if kind not in KINDS:
        return Refusal(Code.BAD_REQUEST)
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in hub.random(CODE_CHARS))
    now_ms = hub.now_ms()
    until_ms = now_ms + ENROLMENT_CODE_MS
    with hub.store.write() as tx:
        if tx.records.find("point.set", point) is None:
            return Refusal(Code.POINT_UNKNOWN)
        tx.enrolments.add(EnrolmentCode(_hash(letters), point, kind, created_by, now_ms, until_ms))
    text = f"{letters[:5]}-{letters[5:]}"
    svg = segno.make(text, micro=False, error="m").svg_inline(scale=6, border=2)
    return MadeCode(text, svg, until_ms)


def enrol(
    hub: Hub,
    code: str,
    public_key: bytes,
    suite: int,
    name: str,
    address: str,
    serves_at: str = "",
    former: Former | None = None,
) -> Enrolled | Refusal:
    """Redeem a code: the device gets its number, and everybody learns its key.

    `address` is the caller's; `serves_at` is where a relay listens, such as https://relay.hall.lan.
    `former`: the device that it was.
    """
    if suite != chain.SUITE_P256:
        return Refusal(Code.SUITE_UNKNOWN)
    if not is_public_key(public_key):
        return Refusal(Code.KEY_INVALID)
    guards = throttle.enrol_guards(address)
    code_hash = _hash(normalise_code(code).replace("-", ""))
    with hub.store.write() as tx:
        now_ms = hub.now_ms()
        refusal = throttle.refuse(tx, guards, now_ms)
        if refusal is not None:
            return refusal
        batch = Batch(hub, tx)
        found = tx.enrolments.find(code_hash)
        if found is None:
            throttle.count_failure(tx, guards, now_ms)
            return Refusal(Code.ENROLMENT_UNKNOWN)
        if found.used_ms:
            return Refusal(Code.ENROLMENT_USED)
        if found.until_ms <= now_ms:
            return Refusal(Code.ENROLMENT_EXPIRED)
        if (found.kind == RELAY_KIND) != bool(ADDRESS.match(serves_at)):
            return Refusal(Code.BAD_REQUEST)
        if former is not None and not _vouches(hub, tx, former, public_key):
            return Refusal(Code.SIGNATURE_INVALID)
        point = tx.records.find("point.set", found.point)
        assert point is not None, "a point is never taken back"
        row = DeviceRow(
            number=max(tx.devices.next_number(), least_device(hub.epochs)),
            stream=new_stream(now_ms, hub.random),
            suite=suite,
            public_key=public_key,
            point=found.point,
            kind=found.kind,
            name=storable(name).strip()[:NAME_CHARS_MAX] or f"{found.point}-{found.kind}",
            seq=0,
            link=chain.log_start(public_key),
            address=serves_at,
            former=former.device if former else 0,
        )
        tx.devices.add(row)
        if former is not None:
            tx.devices.hand_on_keys(former.device, row.number)
        tx.enrolments.use(code_hash, now_ms, row.number)
        batch.author("device.enrol", row.stream, enrolment_of(row))
        batch.close()
        relays = tx.devices.relays_at(row.point)
        return Enrolled(
            row.number,
            row.point,
            name_of(point),
            row.kind,
            now_ms,
            relays,
            certify(hub, row),
            batch.growth,
        )


def _vouches(hub: Hub, tx: Transaction, former: Former, public_key: bytes) -> bool:
    """Whether the former device has signed for the new key."""
    row = tx.devices.find(former.device)
    statement = chain.succession_statement(hub.zone, former.device, public_key)
    return row is not None and verify(row.public_key, former.signature, statement)


def _hash(code: str) -> bytes:
    return sha256(code.encode()).digest()
