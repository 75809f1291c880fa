"""Every code that one node says to another, and the exceptions that carry them.

    ProtocolError            the other end broke a rule; the connection goes on unless said otherwise
    └── FrameError           the frame cannot be read; the connection is closed

A *verdict* code stands in the ledger beside an event for ever. A *fault* code answers a message. A *void* code is
what a fold says of an event that had no effect. Codes are stable: they are never renamed or given a new meaning.
Each has a heading in docs/errors.md.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What the hub says of an event when it gives it a position."""

    OK = "ok"
    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    UNKNOWN_TYPE = "unknown-type"
    NOT_ENTITLED = "not-entitled"
    DEVICE_REVOKED = "device-revoked"
    GRANT_EXPIRED = "grant-expired"
    CATALOGUE_MISMATCH = "catalogue-mismatch"
    RECEIPT_INVALID = "receipt-invalid"
    ACT_INCOMPLETE = "act-incomplete"
    CLOCK_BACK = "clock-back"


class Parked(StrEnum):
    """Why an event waits, durably, before it gets a position."""

    STREAM_MISSING = "stream-missing"
    CAUSE_MISSING = "cause-missing"
    BEHIND_PARKED = "behind-parked"


class Void(StrEnum):
    """Why an event that is in order had no effect in the state that it met."""

    STATE = "state"
    CORRECTION_ONCE = "correction-once"
    EXTENSION_ONCE = "extension-once"
    LICENCE_ONLY = "licence-only"
    INSTANT_ONLY = "instant-only"
    OWN_REVIEW = "own-review"
    DEFERRAL_OPEN = "deferral-open"
    NO_DEFERRAL_OPEN = "no-deferral-open"


class Fault(StrEnum):
    """Why a message, not an event, was turned away."""

    FRAME_MALFORMED = "frame-malformed"
    FRAME_OVERSIZED = "frame-oversized"
    MESSAGE_UNKNOWN = "message-unknown"
    MESSAGE_UNEXPECTED = "message-unexpected"
    PROTOCOL_VERSION = "protocol-version"
    ZONE_UNKNOWN = "zone-unknown"
    DEVICE_UNKNOWN = "device-unknown"
    SIGNATURE_INVALID = "signature-invalid"
    CHAIN_GAP = "chain-gap"
    CHAIN_FORK = "chain-fork"
    PUSH_OVERSIZED = "push-oversized"
    SESSION_EXPIRED = "session-expired"
    FEED_NOT_ENTITLED = "feed-not-entitled"
    FEED_AHEAD = "feed-ahead"
    FEED_HASH = "feed-hash"
    CLOCK_AHEAD = "clock-ahead"
    REPORT_INVALID = "report-invalid"
    PASS_INVALID = "pass-invalid"  # noqa: S105 - a code
    BUSY = "busy"
    INTERNAL = "internal"


class ProtocolError(Exception):
    """The other end broke a rule of the protocol; `fault` says which."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault
        self.detail = detail


class FrameError(ProtocolError):
    """The bytes are no frame of this protocol; what follows them cannot be trusted."""
