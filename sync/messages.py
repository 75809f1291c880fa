"""The messages of the wire, each an array whose first element names it (docs/protocol.md, "Messages").

The same messages go over a WebSocket, one frame each way as they come, and over HTTP POST, where a request carries
[hello, …] and the answer carries what a socket would have sent until both sides have nothing more to say.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from sync import chain
from sync.event import Digest, StreamId, Uint, strictly
from sync.limits import FEED_NAME_CHARS_MAX, STANDING_BYTES_MAX, STANDING_READS_MAX

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


class Compare(Struct, tag="compare", array_like=True, frozen=True):
    """How does your chain of this feed go on after entry `after`, at every `step`-th of the next count x step entries?

    Asked of a hub that answered `subscribe` by feed-ahead or feed-hash. Answered by `prints`, or by `fault`: as for
    `subscribe`; message-unexpected: `step` or `count` is 0, `count` is over COMPARE_PLACES_MAX, or this is a relay.
    """

    feed: str
    after: Uint
    step: Uint
    count: Uint


class Report(Struct, tag="report", array_like=True, frozen=True):
    """What the console shows of a device: events unsent and refused, photos unsent, its clock.

    It proves that the device itself is there: `signature` is over report_statement(zone, device, challenge, unsent,
    refused, unsent_attachments, wall_ms, standing), where `challenge` is that of this connection's `welcome`, or of an
    earlier one not older than REPORT_CHALLENGE_MS. Said after a welcome and when the numbers change. Answered by
    nothing, or by `fault` report-invalid: then nothing of it was kept.

    `standing`: a Standing as the device encoded it, at most STANDING_BYTES_MAX; empty: it says nothing more.
    """

    challenge: Digest
    unsent: Uint
    refused: Uint
    unsent_attachments: Uint
    wall_ms: Uint
    signature: bytes
    standing: bytes = b""


class Present(Struct, tag="present", array_like=True, frozen=True):
    """To a relay, before a `report`: what the hub lets this person read on this device.

    `content` is a Pass as the hub encoded it; `signature` is the hub's, over pass_statement(zone, content).
    Answered by nothing, or by `fault` pass-invalid. The feeds may be read once the report was good.
    """

    content: bytes
    signature: bytes


class Neighbours(Struct, tag="neighbours", array_like=True, frozen=True):
    """To a relay: what other devices of the point pushed there after place `n` of its journal, and go on.

    `journal` names the journal that `n` counts in; another one, or zeros: from the beginning.
    Answered by `heard`, now and as the journal grows, or by `fault` feed-not-entitled, session-expired.
    """

    journal: StreamId
    n: Uint


class Ping(Struct, tag="ping", array_like=True, frozen=True):
    """Answered by `pong` at once; a silent socket is a dead one."""

    token: Uint


class Pass(Struct, array_like=True, frozen=True):
    """An account's sign-in on a device, as the hub signs it; times in ms. See `present`, and the event grant.show.

    It may work there for that span, and read these feeds at relays that know of no later `epoch`.
    """

    device: Uint
    account: bytes
    from_ms: Uint
    until_ms: Uint
    feeds: list[str]
    epoch: Uint = 0


class ReadTo(Struct, array_like=True, frozen=True):
    """How far a device has stored a feed: `n` entries, whose chain is `hash`."""

    feed: str
    n: Uint
    hash: Digest


class Parted(Struct, array_like=True, frozen=True):
    """Where a device's copy of a feed last turned out to be another than the hub's.

    They were alike up to entry `n`; all after it was fetched anew at `at_ms`, by the device's word for the hub's time.
    """

    feed: str
    n: Uint
    at_ms: Uint


class Standing(Struct, array_like=True, frozen=True):
    """How a device stands beside the counts of its `report`: its log, what it reads, its storage.

    `last_seq` is the end of its log as it is stored there, `known_seq` the furthest that this log is known there to
    have gone: where that is more, its storage was set back. `epoch`: the newest that it has heard of, 0: none.
    `reads`: at most STANDING_READS_MAX, one of each feed; a feed's name is here 1 to FEED_NAME_CHARS_MAX characters
    without NUL. `storage`: persistent | best-effort | failing, empty: not said. `parted`: bound like `reads`.
    """

    last_seq: Uint
    known_seq: Uint
    epoch: Uint
    reads: list[ReadTo]
    storage: str = ""
    used_bytes: Uint = 0
    quota_bytes: Uint = 0
    parted: list[Parted] = []


# --- from the hub ----------------------------------------------------------------------------------------------------


class FeedHead(Struct, array_like=True, frozen=True):
    """A feed's length and chain hash, signed by the hub over feed_statement in `epoch`."""

    feed: str
    n: Uint
    hash: Digest
    signature: bytes
    epoch: Uint = 0


class Welcome(Struct, tag="welcome", array_like=True, frozen=True):
    """The answer to `hello`. `proof` is the hub's signature over hello_statement(zone, epoch, nonce).

    `epoch` is the hub's and never smaller than any before; `epoch_proof` is its signature over epoch_statement(zone,
    epoch), which a relay passes on: by it a device learns of a restore before it meets the hub.

    `seq` and `link` are the end of this device's log as the hub holds it durably: push from seq + 1.
    `feeds` are those that the session may read now, empty without a session (`session` false).
    `challenge` is for this device's next `report`.
    `relay` 0: the hub itself. Else the device number of the relay that answers in its place: `proof` is then its
    own signature, over relay_statement(zone, relay, nonce, seq, link), and the end of the log is what it holds (seq 0
    and zeros: nothing).
    `revoked`: this device was taken out of service. It may push, which the hub keeps and refuses, and read nothing.
    """

    protocol: Uint
    hub_ms: Uint
    epoch: Uint
    session: bool
    seq: Uint
    link: Digest
    feeds: list[FeedHead]
    app_version_min: str
    proof: bytes
    challenge: Digest
    relay: Uint = 0
    revoked: bool = False
    epoch_proof: bytes = b""


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

    `signature` is over ack_statement(zone, epoch, device, seq, link, runs). Only this turns the tick 已到中心, and only
    as long as no later epoch is known. `epoch` absent: said before there were any, and worth nothing now.
    """

    device: Uint
    seq: Uint
    link: Digest
    runs: list[Run]
    signature: bytes
    epoch: Uint = 0


def sign_parts(runs: Iterable[Run]) -> list[chain.RunParts]:
    """The runs of an ack as ack_statement takes them."""
    return [(run.first_seq, run.count, run.position, run.hub_ms, run.code) for run in runs]


class Verdicts(Struct, tag="verdicts", array_like=True, frozen=True):
    """What became of events that were parked, live or in answer to `hello.parked`."""

    device: Uint
    runs: list[Run]


class Page(Struct, tag="page", array_like=True, frozen=True):
    """Entries after + 1 … after + len(entries) of a feed; `hash` is the chain after the last of them.

    `head` comes with the page that reaches the end, and with every page to or from a relay, where it is the
    feed's head as of the page's last entry. A reader checks the chain before it stores the page.
    """

    feed: str
    after: Uint
    entries: list[Entry]
    hash: Digest
    head: FeedHead | None


class Prints(Struct, tag="prints", array_like=True, frozen=True):
    """The answer to `compare`: the first PRINT_BYTES of the chain at each place asked for, as far as the feed goes.

    They only say where to look: what is held in common is believed when `subscribe` is answered by a page.
    """

    feed: str
    after: Uint
    step: Uint
    prints: bytes


class Stored(Struct, tag="stored", array_like=True, frozen=True):
    """A relay holds, durably, all of the device's log up to `seq` that the hub has not acknowledged.

    `signature` is the relay's, over at_point_statement(zone, relay, device, seq, link). It turns the tick 已到点位.
    """

    device: Uint
    seq: Uint
    link: Digest
    signature: bytes


class Heard(Struct, tag="heard", array_like=True, frozen=True):
    """Places of a relay's journal after `after`, up to `n`: each item a `push` or an `ack`, as it came there.

    What the reader itself wrote is left out. A reader believes the author's signature over a push and the hub's over
    an ack, never the relay's word.
    """

    journal: StreamId
    after: Uint
    n: Uint
    items: list[bytes]


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


ClientMessage = Hello | Push | Subscribe | Compare | Report | Present | Neighbours | Ping
HubMessage = Welcome | Ack | Verdicts | Page | Prints | Stored | Heard | Pong | FaultMessage

_client_decoder = msgspec.msgpack.Decoder(ClientMessage)
_hub_decoder = msgspec.msgpack.Decoder(HubMessage)
_pass_decoder = msgspec.msgpack.Decoder(Pass)
_standing_decoder = msgspec.msgpack.Decoder(Standing)
_encoder = msgspec.msgpack.Encoder()


def encode_pass(content: Pass) -> bytes:
    """A pass's bytes, which the hub signs."""
    return _encoder.encode(content)


def decode_pass(data: bytes) -> Pass:
    """A pass. Raises msgspec.DecodeError."""
    content: Pass = strictly(_pass_decoder, data)
    return content


def encode_standing(standing: Standing) -> bytes:
    """A standing's bytes, which the device signs within its report."""
    return _encoder.encode(standing)


def decode_standing(data: bytes) -> Standing:
    """A standing. Raises msgspec.DecodeError, also where it is larger than a report may carry."""
    if len(data) > STANDING_BYTES_MAX:
        raise msgspec.DecodeError(f"a standing of {len(data)} bytes")
    standing: Standing = strictly(_standing_decoder, data)
    for told in (standing.reads, standing.parted):
        names = [one.feed for one in told]
        if len(names) > STANDING_READS_MAX or len(set(names)) < len(names):
            raise msgspec.DecodeError(f"a standing with {len(names)} feeds, or one of them twice")
        # A database may have no room for them, and an address none for an empty one.
        if not all(0 < len(name) <= FEED_NAME_CHARS_MAX and "\0" not in name for name in names):
            raise msgspec.DecodeError("a standing with what is no feed's name")
    return standing


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
