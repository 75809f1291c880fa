"""The messages of the wire, each an array whose first element names it (docs/protocol.md, "Messages").

The same messages go over a WebSocket, one frame each way as they come, and over HTTP POST, where a request carries
[hello, …] and the answer carries what a socket would have sent until both sides have nothing more to say.
"""

import msgspec
from msgspec import Struct

from sync.event import Digest, StreamId, Uint, strictly

Entry = tuple[Uint, Uint, Uint, Uint, bytes | None]
"""[position, device, seq, hub_ms, event]; event is nil where the reader wrote it and holds the bytes itself."""

# --- from a device ---------------------------------------------------------------------------------------------------


class Hello(Struct, tag="hello", array_like=True, frozen=True):
    """The first message. The hub answers `welcome`, or `fault` and closes."""

    protocol: Uint
    protocol_min: Uint
    zone: StreamId
    device: Uint
    account: bytes  # whose session to use: the account's stream, or empty: push only
    app_version: str
    wall_ms: Uint  # this device's own clock
    nonce: Digest
    parked: list[Uint]  # own events last known to be parked


class Push(Struct, tag="push", array_like=True, frozen=True):
    """A contiguous run of the device's log, from `first_seq`; `base_link` is the link before it.

    `signature` is over push_statement(zone, device, last seq, last link). Answered by `ack`, or by `fault`
    chain-gap (resend from the seq in `ack`), chain-fork, signature-invalid, device-unknown, push-oversized.
    Pushing the same again changes nothing and is answered the same.
    """

    device: Uint
    first_seq: Uint
    base_link: Digest
    events: list[bytes]
    signature: bytes


class Subscribe(Struct, tag="subscribe", array_like=True, frozen=True):
    """Send me this feed from after entry `n`, whose chain hash I hold, and go on as it grows.

    Answered by pages; by `fault` feed-not-entitled, feed-ahead (n is past the head) or feed-hash (another history).
    Subscribing again moves the cursor.
    """

    feed: str
    n: Uint
    hash: Digest


class Report(Struct, tag="report", array_like=True, frozen=True):
    """What the console shows of a device: events unsent and refused, photos unsent, its clock.

    It proves that the device itself is there: `signature` is over report_statement(zone, device, challenge, unsent,
    refused, unsent_attachments, wall_ms), where `challenge` is that of this connection's `welcome`, or of an earlier
    one not older than REPORT_CHALLENGE_MS. Said after a welcome and when the numbers change. Answered by nothing, or
    by `fault` report-invalid: then nothing of it was kept.
    """

    challenge: Digest
    unsent: Uint
    refused: Uint
    unsent_attachments: Uint
    wall_ms: Uint
    signature: bytes


class Ping(Struct, tag="ping", array_like=True, frozen=True):
    """Answered by `pong` at once; a silent socket is a dead one."""

    token: Uint


# --- from the hub ----------------------------------------------------------------------------------------------------


class FeedHead(Struct, array_like=True, frozen=True):
    """A feed's length and chain hash, signed by the hub over feed_statement."""

    feed: str
    n: Uint
    hash: Digest
    signature: bytes


class Welcome(Struct, tag="welcome", array_like=True, frozen=True):
    """The answer to `hello`. `proof` is the hub's signature over hello_statement(zone, nonce).

    `seq` and `link` are the end of this device's log as the hub holds it durably: push from seq + 1.
    `feeds` are those that the session may read now, empty without a session (`session` false).
    `challenge` is for this device's next `report`.
    """

    protocol: Uint
    hub_ms: Uint
    epoch: StreamId
    session: bool
    seq: Uint
    link: Digest
    feeds: list[FeedHead]
    app_version_min: str
    proof: bytes
    challenge: Digest


class Run(Struct, array_like=True, frozen=True):
    """`count` events from `first_seq` with consecutive positions from `position` and one verdict.

    position 0: parked, and `code` is a Parked code; otherwise `code` is a Verdict.
    """

    first_seq: Uint
    count: Uint
    position: Uint
    hub_ms: Uint
    code: str


class Ack(Struct, tag="ack", array_like=True, frozen=True):
    """All of the device's log up to `seq` is durable at the hub; `runs` say what became of the pushed events.

    `signature` is over ack_statement(zone, device, seq, link). Only this turns a tick.
    """

    device: Uint
    seq: Uint
    link: Digest
    runs: list[Run]
    signature: bytes


class Verdicts(Struct, tag="verdicts", array_like=True, frozen=True):
    """What became of events that were parked, live or in answer to `hello.parked`."""

    device: Uint
    runs: list[Run]


class Page(Struct, tag="page", array_like=True, frozen=True):
    """Entries after + 1 … after + len(entries) of a feed; `hash` is the chain after the last of them.

    `head` comes with the page that reaches the end. A reader checks the chain before it stores the page.
    """

    feed: str
    after: Uint
    entries: list[Entry]
    hash: Digest
    head: FeedHead | None


class Pong(Struct, tag="pong", array_like=True, frozen=True):
    """The answer to `ping`, with the hub's time in milliseconds."""

    token: Uint
    hub_ms: Uint


class FaultMessage(Struct, tag="fault", array_like=True, frozen=True):
    """A message was turned away: `code` is a Fault, `about` the kind of message (or the feed), `detail` for a log.

    `seq` is the end of the device's log at the hub where the message was a push, else 0.
    """

    code: str
    about: str
    detail: str
    seq: Uint


ClientMessage = Hello | Push | Subscribe | Report | Ping
HubMessage = Welcome | Ack | Verdicts | Page | Pong | FaultMessage

_client_decoder = msgspec.msgpack.Decoder(ClientMessage)
_hub_decoder = msgspec.msgpack.Decoder(HubMessage)
_encoder = msgspec.msgpack.Encoder()


def encode_message(message: ClientMessage | HubMessage) -> bytes:
    """A message's MessagePack bytes, without the frame."""
    return _encoder.encode(message)


def decode_client_message(data: bytes) -> ClientMessage:
    """What a device said. Raises msgspec.DecodeError."""
    message: ClientMessage = strictly(_client_decoder, data)
    return message


def decode_hub_message(data: bytes) -> HubMessage:
    """What the hub said. Raises msgspec.DecodeError."""
    message: HubMessage = strictly(_hub_decoder, data)
    return message
