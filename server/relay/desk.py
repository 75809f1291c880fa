"""Who is at the door: greeting a device, its proof, its pass, and what that opens (docs/protocol.md, section 10)."""

from dataclasses import dataclass

import msgspec

from server import challenge
from server.relay.journal import end_of
from server.relay.node import Relay
from sync import chain
from sync.errors import Fault
from sync.limits import PROTOCOL_VERSION, REPORT_CHALLENGE_MS
from sync.messages import Hello, Pass, Present, Report, Welcome, decode_pass

APP_VERSION_MIN = "0.1.0"
PURPOSE = b"report"


@dataclass(frozen=True, slots=True)
class Guest:
    """A device that has proven itself and shown a pass: what it may read until when."""

    device: int
    pass_: Pass
    feeds: frozenset[str]


def greet(relay: Relay, hello: Hello) -> Welcome | Fault:
    """Answer a hello; device-unknown: not enrolled, or revoked, as far as is known here."""
    known = relay.zone_view.find_device(hello.device)
    if known is None or known.revoked:
        return Fault.DEVICE_UNKNOWN
    identity = relay.identity
    with relay.store.read() as tx:
        seq, link = end_of(tx, hello.device)
    now_ms = relay.now_ms()
    statement = chain.relay_statement(identity.zone, identity.device, hello.nonce, seq, link)
    return Welcome(
        protocol=PROTOCOL_VERSION,
        hub_ms=now_ms,
        epoch=identity.epoch,
        session=False,
        seq=seq,
        link=link,
        feeds=[],
        app_version_min=APP_VERSION_MIN,
        proof=relay.key.sign(statement),
        challenge=challenge.give(relay.key, PURPOSE, hello.device.to_bytes(8, "big"), now_ms),
        relay=identity.device,
        epoch_proof=identity.epoch_proof,
    )


def is_proven(relay: Relay, device: int, report: Report, given: bytes) -> bool:
    """Whether the report is this device's: over `given`, its connection's own challenge, or one that is not old."""
    known = relay.zone_view.find_device(device)
    if known is None or known.revoked:
        return False
    about, said, now_ms = device.to_bytes(8, "big"), report.challenge, relay.now_ms()
    if said != given and not challenge.is_own(
        relay.key, PURPOSE, about, said, now_ms, REPORT_CHALLENGE_MS
    ):
        return False
    key = known.enrolment.public_key
    return challenge.is_reported_by(key, relay.identity.zone, device, report)


def admit(relay: Relay, device: int, present: Present) -> Guest | None:
    """What a pass opens to a device that has proven itself; None: it is not good here, or no more."""
    statement = chain.pass_statement(relay.identity.zone, present.content)
    if not relay.is_hubs(statement, present.signature):
        return None
    try:
        pass_ = decode_pass(present.content)
    except msgspec.DecodeError:
        return None
    feeds = relay.zone_view.readable(pass_, device, relay.identity.epoch, relay.now_ms())
    return None if feeds is None else Guest(device, pass_, feeds)


def readmit(relay: Relay, guest: Guest) -> Guest | None:
    """The same guest with rights as of now; None: nothing any more."""
    epoch, now_ms = relay.identity.epoch, relay.now_ms()
    feeds = relay.zone_view.readable(guest.pass_, guest.device, epoch, now_ms)
    return None if feeds is None else Guest(guest.device, guest.pass_, feeds)
