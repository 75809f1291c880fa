"""Challenges: something to sign that shows that a device is there now, and what a device signs over one.

A challenge carries its time and a code that only the holder of a key makes, so that every process of a hub knows its
own ones and giving one stores nothing: whoever asks for many makes nobody wait.
"""

import hmac

from server.keys import SigningKey, verify
from sync import chain
from sync.messages import Report

_TIME_BYTES = 8
_NOISE_BYTES = 8
_CODE_BYTES = 16


def give(key: SigningKey, purpose: bytes, about: bytes, now_ms: int, noise: bytes = b"") -> bytes:
    """32 bytes to sign: be64(now_ms), `noise` (at most 8 bytes), and a code over both and `about`."""
    said = now_ms.to_bytes(_TIME_BYTES, "big") + noise.ljust(_NOISE_BYTES, b"\0")
    code = hmac.digest(key.derive(purpose), about + said, "sha256")
    return said + code[:_CODE_BYTES]


def is_own(
    key: SigningKey, purpose: bytes, about: bytes, challenge: bytes, now_ms: int, good_ms: int
) -> bool:
    """Whether it was given by this key for this purpose, no longer than `good_ms` ago."""
    made_ms = int.from_bytes(challenge[:_TIME_BYTES], "big")
    # Another process's clock may be a little ahead.
    if abs(now_ms - made_ms) > good_ms:
        return False
    noise = challenge[_TIME_BYTES : _TIME_BYTES + _NOISE_BYTES]
    return hmac.compare_digest(challenge, give(key, purpose, about, made_ms, noise))


def is_reported_by(public_key: bytes, zone: bytes, device: int, report: Report) -> bool:
    """Whether this device has signed the report, over the challenge that it names."""
    statement = chain.report_statement(
        zone,
        device,
        report.challenge,
        report.unsent,
        report.refused,
        report.unsent_attachments,
        report.wall_ms,
        report.standing,
    )
    return verify(public_key, report.signature, statement)
