"""Signing in and out: a password once, online; on a device a grant that is good offline, and the keys at rest.

Refusals: sign-in-failed (name, password or closed account: which, is not said), slow-down, challenge-expired,
device-unknown, device-revoked, signature-invalid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from server import challenge
from server.flows import throttle
from server.flows.batch import Batch, Growth
from server.flows.escrow import Escrow, key_at_rest, seal
from server.flows.facts import account_decoder
from server.flows.hub import Hub, new_stream
from server.flows.passwords import check_password
from server.flows.reader import Reader, find_reader, hash_token, new_token
from server.flows.readmit import Certificate, certify
from server.flows.refusals import Code, Refusal
from server.keys import verify
from server.store.accounts import SessionRow
from server.store.store import Transaction
from sync import chain
from sync.event import GrantIssue, SessionEnd
from sync.limits import GRANT_MS
from sync.messages import Pass, encode_pass

CHALLENGE_MS = 120_000
PURPOSE = b"sign-in"
SESSION_MS = 8 * 3_600_000  # in a browser that is no device: a working day


@dataclass(frozen=True, slots=True)
class Keys:
    """The device's own and the account's there."""

    tablet: bytes = b""
    user: bytes = b""


NO_KEYS = Keys()


@dataclass(frozen=True, slots=True)
class OnDevice:
    """The proof that this sign-in happens on a device: it signed the hub's challenge."""

    number: int
    challenge: bytes
    signature: bytes
    escrow: Keys = NO_KEYS
    """What it was given of its keys before, sealed."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session. The grant's span, the keys at rest, the pass for relays and the certificate only on a device.

    `escrow`: the keys, sealed for a hub that has lost them.
    """

    reader: Reader
    token: str
    from_ms: int
    until_ms: int
    keys: Keys
    escrow: Keys
    pass_content: bytes
    pass_signature: bytes
    certificate: Certificate | None
    growth: Growth


def make_challenge(hub: Hub) -> bytes:
    """32 bytes to sign, once, within CHALLENGE_MS."""
    return challenge.give(hub.key, PURPOSE, b"", hub.now_ms(), hub.random(8))


def sign_in(
    hub: Hub, username: str, password: str, device: OnDevice | None, address: str
) -> SignedIn | Refusal:
    """Open a session, and on a device issue a grant."""
    username = username.strip()
    if device is None:
        guards = throttle.sign_in_guards(username, address)
    else:
        guards = throttle.sign_in_guards_on(device.number, username)
    with hub.store.read() as tx:
        # First who is there: only the device itself may use up its tries.
        refusal = _check_device(hub, tx, device, username) if device else None
        refusal = refusal or throttle.refuse(tx, guards, hub.now_ms())
        row = tx.accounts.find_by_username(username)
        kept = tx.accounts.find_credential(row.stream) if row else None
    if refusal is not None:
        return refusal
    # Outside any transaction: it takes its time on purpose.
    right = check_password(password, kept)
    with hub.store.write() as tx:
        now_ms = hub.now_ms()
        # Asked again: others may have guessed while this password was checked, and one of many at once would be right.
        throttle.hold(tx, guards, now_ms)
        refusal = throttle.refuse(tx, guards, now_ms)
        if refusal is not None:
            return refusal
        if not right or row is None or account_decoder.decode(row.body).closed:
            throttle.count_failure(tx, guards, now_ms)
            return Refusal(Code.SIGN_IN_FAILED)
        if device is not None:
            # Anew: meanwhile it may have been revoked. And a challenge is used once.
            refusal = _check_device(hub, tx, device, username) or _use(tx, device, now_ms)
            if refusal is not None:
                return refusal
        throttle.forgive(tx, guards[0])
        return _open(hub, tx, row.stream, device, now_ms)


def sign_out(hub: Hub, token: str) -> Growth:
    """End a session, at the point's relay too; signing out twice changes nothing."""
    with hub.store.write() as tx:
        # First, as in a revocation, which holds it when it ends sessions: each would wait for the other.
        tx.zone.lock()
        session = tx.sessions.find(hash_token(token))
        if session is None:
            return Growth()
        tx.sessions.end(session.token_hash)
        return tell_ended(hub, tx, session.account, {session.device: session.from_ms})


def tell_ended(hub: Hub, tx: Transaction, account: bytes, ended: Mapping[int, int]) -> Growth:
    """Have sockets look again at what they may read, and relays end the passes of sessions that have ended.

    `ended`: by device, when the newest of its ended sessions began, in ms: that is in its pass, whereas the time of
    now may lie behind it, and before the next sign-in, on a clock that was set. 0 is a browser that has no pass.
    """
    batch = Batch(hub, tx)
    batch.head.access += 1
    for device, from_ms in sorted(ended.items()):
        if device:
            body = SessionEnd(account, device, from_ms)
            batch.author("session.end", new_stream(batch.hub_ms, hub.random), body)
    batch.close()
    return batch.growth


def _check_device(hub: Hub, tx: Transaction, device: OnDevice, username: str) -> Refusal | None:
    row = tx.devices.find(device.number)
    if row is None:
        return Refusal(Code.DEVICE_UNKNOWN)
    if row.revoked_ms:
        return Refusal(Code.DEVICE_REVOKED)
    said = device.challenge
    if not challenge.is_own(hub.key, PURPOSE, b"", said, hub.now_ms(), CHALLENGE_MS):
        return Refusal(Code.CHALLENGE_EXPIRED)
    statement = chain.sign_in_statement(hub.zone, row.number, device.challenge, username)
    if not verify(row.public_key, device.signature, statement):
        return Refusal(Code.SIGNATURE_INVALID)
    return None


def _use(tx: Transaction, device: OnDevice, now_ms: int) -> Refusal | None:
    # Kept until it would be refused for its age, whatever clock it came from.
    fresh = tx.sessions.use_challenge(sha256(device.challenge).digest(), now_ms + 2 * CHALLENGE_MS)
    return None if fresh else Refusal(Code.CHALLENGE_EXPIRED)


def _open(hub: Hub, tx: Transaction, account: bytes, on: OnDevice | None, now_ms: int) -> SignedIn:
    token = new_token(hub)
    device = on.number if on else 0
    until_ms = now_ms + (GRANT_MS if device else SESSION_MS)
    tx.sessions.add(SessionRow(hash_token(token), account, device, now_ms, until_ms))
    growth: Growth = Growth()
    if device:
        batch = Batch(hub, tx)
        batch.author("grant.issue", account, GrantIssue(device, now_ms, until_ms))
        batch.close()
        growth = batch.growth
    reader = find_reader(tx, hash_token(token), now_ms)
    assert reader is not None
    content, keys = b"", NO_KEYS
    if on:
        row = tx.devices.get(device)
        keys = Keys(
            key_at_rest(hub, tx, row, b"", on.escrow.tablet),
            key_at_rest(hub, tx, row, account, on.escrow.user),
        )
        feeds = sorted(reader.feeds)
        content = encode_pass(Pass(device, account, now_ms, until_ms, feeds, hub.epoch))
    return SignedIn(
        reader=reader,
        token=token,
        from_ms=now_ms,
        until_ms=until_ms,
        keys=keys,
        escrow=_sealed(hub, device, account, keys) if device else NO_KEYS,
        pass_content=content,
        pass_signature=hub.key.sign(chain.pass_statement(hub.zone, content)) if device else b"",
        # Earlier versions gave none at the enrolment.
        certificate=certify(hub, tx.devices.get(device)) if device else None,
        growth=growth,
    )


def _sealed(hub: Hub, device: int, account: bytes, keys: Keys) -> Keys:
    return Keys(
        seal(hub, Escrow(device, b"", keys.tablet)), seal(hub, Escrow(device, account, keys.user))
    )
