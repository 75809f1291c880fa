"""Who is reading, and what they may: the session behind a cookie, its account, its device.

Rights are asked again whenever the zone's `access` number has grown (somebody was revoked, signed out,
given other roles) or `until_ms` has come: after that nothing more is read.
"""

import base64
from dataclasses import dataclass
from hashlib import sha256

from server.flows.facts import account_decoder
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.store.store import Transaction
from sync.event import AccountSet, Role
from sync.ledger import RELAY_KIND, ZONE_FEED, DeviceFacts, holds_role, readable_feeds

TOKEN_BYTES = 32
FOREVER_MS = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in person, or a relay. device 0: a browser that is no device; point: the device's."""

    account: bytes
    body: AccountSet
    device: int
    point: str
    until_ms: int
    feeds: frozenset[str]
    access: int
    token_hash: bytes

    @property
    def is_relay(self) -> bool:
        """Whether this is a point's relay, which no person is behind."""
        return not self.account

    def roles_at(self, now_ms: int) -> list[Role]:
        """The roles that count here now."""
        device = DeviceFacts(self.device, "", self.point)
        return [role for role in self.body.roles if holds_role(role, device, now_ms)]


def hash_token(token: str) -> bytes:
    """What the database keeps of a token."""
    return sha256(token.encode()).digest()


def new_token(hub: Hub) -> str:
    """A session's token, for the cookie alone."""
    return base64.urlsafe_b64encode(hub.random(TOKEN_BYTES)).decode().rstrip("=")


def find_reader(tx: Transaction, token_hash: bytes, now_ms: int) -> Reader | None:
    """The reader of a session that is open now, with rights as of now."""
    session = tx.sessions.find(token_hash)
    if session is None or session.until_ms <= now_ms:
        return None
    row = tx.accounts.find(session.account)
    if row is None:
        return None
    body = account_decoder.decode(row.body)
    device = tx.devices.find(session.device) if session.device else None
    if body.closed or (session.device and (device is None or device.revoked_ms)):
        return None
    point = device.point if device else ""
    points = [record.id for record in tx.records.of_type("point.set")]
    depts = [record.id for record in tx.records.of_type("department.set")]
    return Reader(
        account=session.account,
        body=body,
        device=session.device,
        point=point,
        until_ms=_until_ms(body.roles, session.until_ms, now_ms),
        feeds=readable_feeds(session.account, body.roles, point, points, depts, now_ms),
        access=tx.zone.get().access,
        token_hash=token_hash,
    )


def find_relay_reader(tx: Transaction, number: int) -> Reader | None:
    """The relay of that number, which reads its point; None: it is none, or was revoked."""
    device = tx.devices.find(number)
    if device is None or device.kind != RELAY_KIND or device.revoked_ms:
        return None
    return Reader(
        account=b"",
        body=AccountSet("", "", []),
        device=number,
        point=device.point,
        until_ms=FOREVER_MS,
        feeds=frozenset({ZONE_FEED, f"point:{device.point}"}),
        access=tx.zone.get().access,
        token_hash=b"",
    )


def prove_relay(hub: Hub, number: int) -> Reader | None:
    """What a device that has just shown its key may read without a session: only a relay may."""
    with hub.store.read() as tx:
        return find_relay_reader(tx, number)


def get_reader(hub: Hub, token: str | None) -> Reader | Refusal:
    """The reader of a cookie's token; session-expired when there is none."""
    if token is None:
        return Refusal(Code.SESSION_EXPIRED)
    with hub.store.read() as tx:
        return find_reader(tx, hash_token(token), hub.now_ms()) or Refusal(Code.SESSION_EXPIRED)


def renew(hub: Hub, reader: Reader) -> Reader | None:
    """The same reader with rights as of now; None: the session is over. Cheap when nothing changed."""
    now_ms = hub.now_ms()
    with hub.store.read() as tx:
        if now_ms < reader.until_ms and tx.zone.get().access == reader.access:
            return reader
        if reader.is_relay:
            return find_relay_reader(tx, reader.device)
        return find_reader(tx, reader.token_hash, now_ms)


def _until_ms(roles: list[Role], session_until_ms: int, now_ms: int) -> int:
    """When rights change by themselves next: a role begins or ends, or the session does."""
    turns = [ms for role in roles for ms in (role.from_ms, role.until_ms + 1) if ms > now_ms]
    return min([session_until_ms, *turns])


def role_views(body: AccountSet) -> list[dict[str, str]]:
    """Roles as the surfaces show them."""
    return [{"role": role.role, "point": role.point, "dept": role.dept} for role in body.roles]
