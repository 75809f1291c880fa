"""What a device reports of itself, kept only when the device proves that it is the one who says it.

The proof is its signature over a challenge of this hub's, given with every welcome: whoever merely knows
a device's number can say hello, but nothing about it.
Refusals: report-invalid.
"""

import msgspec

from server import challenge
from server.flows.hub import Hub
from sync.errors import Fault
from sync.limits import REPORT_CHALLENGE_MS
from sync.messages import Hello, Report, decode_standing

APP_VERSION_CHARS_MAX = 40  # of what is shown on the console
PURPOSE = b"report"


def give_challenge(hub: Hub, device: int, now_ms: int) -> bytes:
    """What this device is to sign next."""
    return challenge.give(hub.key, PURPOSE, device.to_bytes(8, "big"), now_ms)


def keep_report(hub: Hub, hello: Hello, report: Report, given: bytes) -> Fault | None:
    """Keep last contact, counts, clock, version and standing, or say why not.

    `hello` began the connection and `given` is the challenge of its welcome, which stays good as long
    as it lasts; over HTTP, where every request is a connection, a report answers an earlier one.
    """
    now_ms, number = hub.now_ms(), hello.device
    about, said = number.to_bytes(8, "big"), report.challenge
    if said != given and not challenge.is_own(
        hub.key, PURPOSE, about, said, now_ms, REPORT_CHALLENGE_MS
    ):
        return Fault.REPORT_INVALID
    with hub.store.read() as tx:
        device = tx.devices.find(number)
    # Before anything is locked: whoever cannot sign holds up nobody who writes.
    if device is None or not challenge.is_reported_by(device.public_key, hub.zone, number, report):
        return Fault.REPORT_INVALID
    if report.standing and not _is_readable(report.standing):
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
            report.standing,
        )
    return None


def _is_readable(standing: bytes) -> bool:
    try:
        decode_standing(standing)
    except msgspec.DecodeError:
        return False
    return True
