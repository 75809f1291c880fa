"""What a device reports of itself, kept only when the device proves that it is the one who says it.

The proof is its signature over a challenge of this hub's, given with every welcome: whoever merely knows
a device's number can say hello, but nothing about it. A challenge is made from its time and the hub's own
key, so that every process of a hub knows its own ones and nothing has to be stored.
Refusals: report-invalid.
"""

import hmac

from server.flows.hub import Hub
from server.keys import verify
from sync import chain
from sync.errors import Fault
from sync.limits import REPORT_CHALLENGE_MS
from sync.messages import Hello, Report

APP_VERSION_CHARS_MAX = 40  # of what is shown on the console
_CODE_BYTES = 24


def give_challenge(hub: Hub, device: int, now_ms: int) -> bytes:
    """What this device is to sign next: its time in 8 bytes, then a code that only this hub makes."""
    made = now_ms.to_bytes(8, "big")
    statement = device.to_bytes(8, "big") + made
    return made + hmac.digest(hub.key.derive(b"report"), statement, "sha256")[:_CODE_BYTES]


def keep_report(hub: Hub, hello: Hello, report: Report, given: bytes) -> Fault | None:
    """Keep last contact, counts, clock and version, or say why not.

    `hello` began the connection and `given` is the challenge of its welcome, which stays good as long
    as it lasts; over HTTP, where every request is a connection, a report answers an earlier one.
    """
    now_ms, number = hub.now_ms(), hello.device
    if report.challenge != given and not _is_own(hub, number, report.challenge, now_ms):
        return Fault.REPORT_INVALID
    with hub.store.read() as tx:
        device = tx.devices.find(number)
    statement = chain.report_statement(
        hub.zone,
        number,
        report.challenge,
        report.unsent,
        report.refused,
        report.unsent_attachments,
        report.wall_ms,
    )
    # Before anything is locked: whoever cannot sign holds up nobody who writes.
    if device is None or not verify(device.public_key, report.signature, statement):
        return Fault.REPORT_INVALID
    with hub.store.write() as tx:
        tx.devices.report(
            number,
            now_ms,
            report.unsent,
            report.refused,
            report.unsent_attachments,
            report.wall_ms - now_ms,
            hello.app_version[:APP_VERSION_CHARS_MAX],
        )
    return None


def _is_own(hub: Hub, device: int, challenge: bytes, now_ms: int) -> bool:
    made_ms = int.from_bytes(challenge[:8], "big")
    if abs(now_ms - made_ms) > REPORT_CHALLENGE_MS:
        return False
    return hmac.compare_digest(challenge, give_challenge(hub, device, made_ms))
