"""Hash chains and signed statements: the exact bytes that are hashed and signed (docs/protocol.md, "Chains").

This module makes bytes only. Keys and signatures live with the caller: WebCrypto in a browser, `cryptography` in the
server. Suite 1 is SHA-256 with ECDSA P-256; public keys are raw uncompressed points (65 bytes), signatures r‖s (64).
"""

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct

SUITE_P256 = 1
_ENTRY_HEAD = Struct(">QQQQB")
_RUN_HEAD = Struct(">QQQQB")

RunParts = tuple[int, int, int, int, str]
"""(first_seq, count, position, hub_ms, code): a run of verdicts, as `ack` carries it."""


def log_start(public_key: bytes) -> bytes:
    """link(0) of a device's log: 32 bytes."""
    return sha256(public_key).digest()


def next_link(link: bytes, event: bytes) -> bytes:
    """link(n) = H(link(n-1) ‖ event bytes): 32 bytes."""
    return sha256(link + event).digest()


def fold_links(link: bytes, events: Iterable[bytes]) -> list[bytes]:
    """The links after each of `events`, in order."""
    links: list[bytes] = []
    for event in events:
        link = sha256(link + event).digest()
        links.append(link)
    return links


def entry_hash(
    position: int, device: int, seq: int, hub_ms: int, verdict: str, event: bytes
) -> bytes:
    """What the ledger and every feed chain: one entry, 32 bytes. All integers are 8 bytes, big-endian."""
    code = verdict.encode()
    head = _ENTRY_HEAD.pack(position, device, seq, hub_ms, len(code))
    return sha256(head + code + event).digest()


def feed_start(name: str) -> bytes:
    """hash(0) of a feed; the ledger's is that of the feed named "ledger"."""
    return sha256(name.encode()).digest()


def next_hash(chain: bytes, entry: bytes) -> bytes:
    """hash(n) = H(hash(n-1) ‖ entry_hash(n)): 32 bytes."""
    return sha256(chain + entry).digest()


def _statement(purpose: bytes, zone: bytes, *parts: bytes) -> bytes:
    # The purpose keeps a signature made for one thing from standing for another.
    return b"zongchuang/1 " + purpose + b"\n" + zone + b"".join(parts)


def push_statement(zone: bytes, device: int, seq: int, link: bytes) -> bytes:
    """Signed by the device over its newest link of a push; vouches for all before it."""
    return _statement(b"push", zone, device.to_bytes(8, "big"), seq.to_bytes(8, "big"), link)


def ack_statement(
    zone: bytes, epoch: int, device: int, seq: int, link: bytes, runs: Iterable[RunParts]
) -> bytes:
    """Signed by the hub: all of this log up to `seq` is durable here, and this became of it.

    The verdicts are signed too, since an `ack` may come by way of a relay; and the epoch, with whose end this is over.
    """
    said = b"".join(
        _RUN_HEAD.pack(first_seq, count, position, hub_ms, len(code.encode())) + code.encode()
        for first_seq, count, position, hub_ms, code in runs
    )
    place = device.to_bytes(8, "big") + seq.to_bytes(8, "big")
    return _statement(b"ack", zone, epoch.to_bytes(8, "big"), place, link, sha256(said).digest())


def relay_statement(zone: bytes, relay: int, nonce: bytes, seq: int, link: bytes) -> bytes:
    """Signed by a relay over the caller's nonce: this answer is its own, and it holds the log to there."""
    return _statement(b"relay", zone, relay.to_bytes(8, "big"), nonce, seq.to_bytes(8, "big"), link)


def at_point_statement(zone: bytes, relay: int, device: int, seq: int, link: bytes) -> bytes:
    """Signed by a relay: all of this device's log up to `seq` that the hub lacks is durable here."""
    numbers = b"".join(number.to_bytes(8, "big") for number in (relay, device, seq))
    return _statement(b"at-point", zone, numbers, link)


def pass_statement(zone: bytes, content: bytes) -> bytes:
    """Signed by the hub: who may read what at a relay, on which device, and how long."""
    return _statement(b"pass", zone, content)


def feed_statement(zone: bytes, epoch: int, feed: str, n: int, chain: bytes) -> bytes:
    """Signed by the hub: in this epoch the feed had this hash at length `n`."""
    numbers = epoch.to_bytes(8, "big") + n.to_bytes(8, "big")
    return _statement(b"feed", zone, numbers, chain, feed.encode())


def hello_statement(zone: bytes, epoch: int, nonce: bytes) -> bytes:
    """Signed by the hub over the caller's nonce: the answer is the hub's own, in the epoch that it is in."""
    return _statement(b"hello", zone, epoch.to_bytes(8, "big"), nonce)


def epoch_statement(zone: bytes, epoch: int) -> bytes:
    """Signed by the hub: this epoch has begun. Who hears it from anybody believes no older one any more."""
    return _statement(b"epoch", zone, epoch.to_bytes(8, "big"))


def report_statement(
    zone: bytes,
    device: int,
    challenge: bytes,
    unsent: int,
    refused: int,
    unsent_attachments: int,
    wall_ms: int,
    standing: bytes = b"",
) -> bytes:
    """Signed by the device: how things stand with it, and that it is the one who was asked."""
    counts = (unsent, refused, unsent_attachments, wall_ms)
    numbers = b"".join(count.to_bytes(8, "big") for count in counts)
    return _statement(b"report", zone, device.to_bytes(8, "big"), challenge, numbers, standing)


def sign_in_statement(zone: bytes, device: int, challenge: bytes, username: str) -> bytes:
    """Signed by the device when a person signs in on it."""
    return _statement(b"sign-in", zone, device.to_bytes(8, "big"), challenge, username.encode())


def succession_statement(zone: bytes, device: int, public_key: bytes) -> bytes:
    """Signed by a device: this key is mine too, and I am to be enrolled anew with it."""
    return _statement(b"succession", zone, device.to_bytes(8, "big"), public_key)


def enrolment_statement(zone: bytes, content: bytes) -> bytes:
    """Signed by the hub: I have enrolled this device."""
    return _statement(b"enrolment", zone, content)


def attachment_statement(zone: bytes, device: int, digest: bytes, size: int) -> bytes:
    """Signed by the device when it offers the bytes of an attachment."""
    return _statement(
        b"attachment", zone, device.to_bytes(8, "big"), digest, size.to_bytes(8, "big")
    )


def attachment_stored_statement(zone: bytes, epoch: int, digest: bytes, size: int) -> bytes:
    """Signed by the hub: in this epoch the bytes with this SHA-256 are durable here."""
    return _statement(b"stored", zone, epoch.to_bytes(8, "big"), digest, size.to_bytes(8, "big"))
