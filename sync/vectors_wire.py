"""Test vectors of the wire: clock, events, chains, signed statements, frames, messages.

What both languages must answer; scripts/generate.py writes them to sync/vectors/. Bytes are hex.
"""

import zlib
from collections.abc import Callable
from hashlib import sha256

import msgspec

from sync import chain, clock, feed
from sync.codec import MAGIC, encode_frame, join_frames
from sync.epoch import first_position
from sync.event import (
    AccountSet,
    Act,
    Applicant,
    AttachmentStored,
    BackupMade,
    DeviceEnrol,
    DeviceRevoke,
    Edit,
    EpochBegin,
    Fetch,
    GrantIssue,
    GrantShow,
    ItemFacts,
    Material,
    Missing,
    Numbered,
    Photo,
    Receive,
    Record,
    Role,
    SessionEnd,
    decode_head,
    encode_event,
)
from sync.messages import (
    Ack,
    ClientMessage,
    Compare,
    FaultMessage,
    FeedHead,
    Heard,
    Hello,
    HubMessage,
    Neighbours,
    Page,
    Parted,
    Ping,
    Pong,
    Present,
    Prints,
    Push,
    ReadTo,
    Report,
    Run,
    Standing,
    Stored,
    Subscribe,
    Verdicts,
    Welcome,
    encode_message,
    encode_standing,
)

Rows = list[dict[str, object]]

ZONE = bytes(range(16))
STREAM = bytes.fromhex("01902d6a4c007a00a00000000000000a")
ACCOUNT = bytes.fromhex("01902d6a4c007a00a00000000000000b")
HUB_MS = 1_795_400_000_123
EPOCH = first_position(240, HUB_MS)


def digest(name: str) -> bytes:
    """32 bytes that stand for something named."""
    return sha256(name.encode()).digest()


STANDING = encode_standing(
    Standing(
        14,
        17,
        EPOCH,
        [ReadTo("point:HALL", 7, digest("link"))],
        "persistent",
        2**20,
        2**40,
        [Parted("point:HALL", 5, HUB_MS)],
    )
)


ITEM = ItemFacts(
    "SCJG-001", "2026.1", "11990271MB9900099U4000199001000", "01", "instant", "own_window_unified"
)
RECEIVE = Receive(
    item=ITEM,
    point="HALL",
    dept="SCJG",
    applicant=Applicant("王小明", "idcard", "11010519491231002X", "13800000000"),
    fields={"name": "吉林𠮷源小吃店", "scope": ["餐饮", "零售"], "capital": "100000.00"},
    materials=[
        Material("SCJG-001-M01", "provided", [Photo(digest("p1"), 198_311, "image/jpeg")]),
        Material("SCJG-001-M02", "exempt", [], "数据共享"),
    ],
    window="HALL-W01",
    receipt_no="JK-HALL-12-20261123-0001-R",
    person="",
)


def clock_vectors() -> Rows:
    """Ticks and merges over readings near their limits."""
    walls = (0, 1, HUB_MS, (1 << 48) - 2)
    readings = (clock.ZERO, clock.pack(HUB_MS, 0), clock.pack(HUB_MS, 0xFFFF), clock.pack(1, 7))
    ticks: Rows = [
        {"op": "tick", "last": last.hex(), "wall": wall, "next": clock.tick(last, wall).hex()}
        for last in readings
        for wall in walls
    ]
    ahead = (clock.pack(HUB_MS + 300_000, 5), clock.pack(HUB_MS + 300_001, 0))
    merges: Rows = [
        {
            "op": "merge",
            "last": last.hex(),
            "seen": seen.hex(),
            "wall": HUB_MS,
            "next": clock.merge(last, seen, HUB_MS).hex(),
        }
        for last in readings
        for seen in (*readings, *ahead)
    ]
    return ticks + merges


def sample_events() -> list[tuple[str, bytes]]:
    """One event of every body, with every kind of head."""
    bodies: list[tuple[str, msgspec.Struct]] = [
        ("case.receive", RECEIVE),
        ("case.accept", Act()),
        ("case.request_correction", Act(missing=[Missing("material", "M01", "缺页")])),
        ("case.deliver", Act(recipient="王小明", manner="in_person")),
        ("case.edit", Edit({"name": "新"}, [Material("M03", "deferred")])),
        ("case.number", Numbered("11990271MB9900099U4000199001000202611230001")),
        ("case.fetch", Fetch("JZ", "申请人在本点位领取结果", 21)),
        ("case.attachment", AttachmentStored(digest("p1"), 198_311, "image/jpeg")),
        ("point.set", Record("HALL", {"name": msgspec.Raw(msgspec.msgpack.encode("大厅"))})),
        ("account.set", AccountSet("li", "李", [Role("reviewer", dept="SCJG", until_ms=5)])),
        ("grant.issue", GrantIssue(12, HUB_MS, HUB_MS + 1)),
        ("grant.show", GrantShow(b"pass", digest("r") + digest("s"))),
        ("session.end", SessionEnd(ACCOUNT, 12, HUB_MS)),
        ("device.enrol", DeviceEnrol(12, 1, b"\x04" + bytes(64), "HALL", "平板1", "tablet")),
        ("device.revoke", DeviceRevoke(12, "遗失")),
        ("epoch.begin", EpochBegin(240, HUB_MS - 1, HUB_MS)),
        ("backup.made", BackupMade(241, HUB_MS)),
    ]
    events = []
    for i, (type_, body) in enumerate(bodies):
        hlc = clock.pack(HUB_MS + i, i)
        seen = [(7 + j, 2**i + j) for j in range(i % 3)]
        actor = ACCOUNT if i % 2 == 0 else b""
        events.append((type_, encode_event(type_, STREAM, hlc, actor, 40**i % 2**53, seen, body)))
    return events


def event_vectors() -> Rows:
    """Events with the parts of their heads; `body` is the decoded body as JSON, bytes as hex."""
    rows: Rows = []
    for type_, event in sample_events():
        head = decode_head(event)
        body = msgspec.msgpack.decode(head.body)
        rows.append(
            {
                "bytes": event.hex(),
                "version": head.version,
                "type": type_,
                "stream": head.stream.hex(),
                "hlc": head.hlc.hex(),
                "actor": head.actor.hex(),
                "base": head.base,
                "seen": head.seen,
                "body": plain(body),
            }
        )
    return rows


def plain(value: object) -> object:
    """A decoded value as JSON can hold it: bytes become hex."""
    match value:
        case bytes():
            return value.hex()
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return value


def chain_vectors(public_key: bytes) -> dict[str, object]:
    """A device's log and two feeds over the sample events."""
    events = [event for _, event in sample_events()]
    links = chain.fold_links(chain.log_start(public_key), events)
    places = [(i * 3 + 1, 12, i + 1, HUB_MS + i) for i in range(len(events))]
    entries = [(*place, event) for place, event in zip(places, events, strict=True)]
    feeds: Rows = [
        {
            "feed": name,
            "start": chain.feed_start(name).hex(),
            "places": places,
            "hashes": [h.hex() for h in feed.extend(chain.feed_start(name), entries)],
        }
        for name in ("zone", "point:HALL", "ledger")
    ]
    refused = chain.entry_hash(9, 12, 3, HUB_MS, "not-entitled", events[0])
    return {
        "public_key": public_key.hex(),
        "events": [event.hex() for event in events],
        "log_start": chain.log_start(public_key).hex(),
        "links": [link.hex() for link in links],
        "feeds": feeds,
        "refused_entry": {
            "place": [9, 12, 3, HUB_MS, "not-entitled"],
            "event": events[0].hex(),
            "hash": refused.hex(),
        },
    }


def statement_vectors(public_key: bytes, sign: Callable[[bytes], bytes]) -> dict[str, object]:
    """Every signed statement with a signature by a fixed key."""
    link = digest("link")
    runs = [(343, 2, 40, HUB_MS, "ok"), (345, 1, 0, 0, "cause-missing")]
    statements: list[tuple[str, list[object], bytes]] = [
        ("push", [12, 345, link], chain.push_statement(ZONE, 12, 345, link)),
        ("ack", [1, 12, 345, link, runs], chain.ack_statement(ZONE, 1, 12, 345, link, runs)),
        ("ack", [EPOCH, 12, 345, link, []], chain.ack_statement(ZONE, EPOCH, 12, 345, link, [])),
        ("relay", [7, link, 345, link], chain.relay_statement(ZONE, 7, link, 345, link)),
        ("at-point", [7, 12, 345, link], chain.at_point_statement(ZONE, 7, 12, 345, link)),
        ("pass", [link], chain.pass_statement(ZONE, link)),
        (
            "feed",
            [EPOCH, "dept:SCJG", 9, link],
            chain.feed_statement(ZONE, EPOCH, "dept:SCJG", 9, link),
        ),
        ("hello", [EPOCH, link], chain.hello_statement(ZONE, EPOCH, link)),
        ("epoch", [EPOCH], chain.epoch_statement(ZONE, EPOCH)),
        (
            "report",
            [12, link, 3, 1, 2, HUB_MS, b""],
            chain.report_statement(ZONE, 12, link, 3, 1, 2, HUB_MS),
        ),
        (
            "report",
            [12, link, 3, 1, 2, HUB_MS, STANDING],
            chain.report_statement(ZONE, 12, link, 3, 1, 2, HUB_MS, STANDING),
        ),
        ("sign-in", [12, link, "李.审查"], chain.sign_in_statement(ZONE, 12, link, "李.审查")),
        ("succession", [12, public_key], chain.succession_statement(ZONE, 12, public_key)),
        ("enrolment", [b"\x88"], chain.enrolment_statement(ZONE, b"\x88")),
        ("attachment", [12, link, 2**40], chain.attachment_statement(ZONE, 12, link, 2**40)),
        (
            "stored",
            [EPOCH, link, 198_311],
            chain.attachment_stored_statement(ZONE, EPOCH, link, 198_311),
        ),
    ]
    rows: Rows = [
        {
            "purpose": purpose,
            "parts": plain(parts),
            "statement": statement.hex(),
            "signature": sign(statement).hex(),
        }
        for purpose, parts, statement in statements
    ]
    return {"zone": ZONE.hex(), "public_key": public_key.hex(), "statements": rows}


def frame_vectors() -> dict[str, object]:
    """Frames that carry, whole bodies of HTTP, and bytes that are no frame.

    A sender may deflate as it likes: these frames are to be read, not to be made byte for byte.
    """
    payloads = [b"\xc0", bytes(511), bytes(512), "综窗".encode() * 400]
    frames = [encode_frame(payload) for payload in payloads]
    squeezed = frames[2]
    bomb = zlib.compressobj(level=9, wbits=-15)
    huge = MAGIC + b"\x01" + bomb.compress(bytes(8_388_609)) + bomb.flush()
    bad = {
        "": "frame-malformed",
        "5a43": "frame-malformed",
        b"<!DOCTYPE html><title>portal</title>".hex(): "frame-malformed",
        (MAGIC + b"\x02\xc0").hex(): "frame-malformed",
        (MAGIC + b"\x81\xc0").hex(): "frame-malformed",
        squeezed[:-1].hex(): "frame-malformed",
        (squeezed + b"\x00").hex(): "frame-malformed",
        (MAGIC + b"\x01\xff\xff\xff\xff").hex(): "frame-malformed",
        huge.hex(): "frame-oversized",
    }
    return {
        "good": [
            {"payload": payload.hex(), "frame": frame.hex()}
            for payload, frame in zip(payloads, frames, strict=True)
        ],
        "bad": [{"frame": frame, "code": code} for frame, code in bad.items()],
        "body": {"frames": [f.hex() for f in frames], "bytes": join_frames(frames).hex()},
    }


def message_vectors() -> dict[str, object]:
    """Every message as its bytes and as the array that they hold, bytes as hex."""
    link, nonce, sig = digest("link"), digest("nonce"), digest("r") + digest("s")
    event = sample_events()[1][1]
    head = FeedHead("point:HALL", 7, link, sig, EPOCH)
    runs = [Run(11, 3, 40, HUB_MS, "ok"), Run(14, 1, 0, HUB_MS, "cause-missing")]
    client: list[ClientMessage] = [
        Hello(1, 1, ZONE, 12, ACCOUNT, "0.1.0", HUB_MS, nonce, [14]),
        Hello(1, 1, ZONE, 12, b"", "0.1.0", HUB_MS, nonce, []),
        Push(12, 11, link, [event, event], sig),
        Subscribe("point:HALL", 5, link),
        Compare("point:HALL", 5, 79, 126),
        Report(link, 2, 1, 4, HUB_MS, sig, STANDING),
        Present(event, sig),
        Neighbours(ZONE, 17),
        Ping(2**53 - 1),
    ]
    hub: list[HubMessage] = [
        Welcome(
            protocol=1,
            hub_ms=HUB_MS,
            epoch=EPOCH,
            session=True,
            seq=10,
            link=link,
            feeds=[head],
            app_version_min="0.1.0",
            proof=sig,
            challenge=digest("challenge"),
            epoch_proof=sig,
        ),
        Ack(12, 14, link, runs, sig, EPOCH),
        Verdicts(12, [Run(14, 1, 44, HUB_MS, "ok")]),
        Page("point:HALL", 5, [(40, 12, 11, HUB_MS, None), (41, 9, 2, HUB_MS, event)], link, head),
        Page("zone", 0, [], link, None),
        Prints("point:HALL", 5, 79, link),
        Stored(12, 14, link, sig),
        Heard(ZONE, 17, 19, [event]),
        Pong(7, HUB_MS),
        FaultMessage("chain-gap", "push", "", 10),
    ]
    wrong: list[object] = [
        [],
        ["nobody", 1],
        ["ping"],
        ["ping", -1],
        ["ping", "1"],
        ["subscribe", "zone", 0, b"short"],
        {"type": "ping"},
        None,
    ]
    return {
        "client": [_message_row(message) for message in client],
        "hub": [_message_row(message) for message in hub],
        "wrong": [msgspec.msgpack.encode(value).hex() for value in wrong],
    }


def _message_row(message: ClientMessage | HubMessage) -> dict[str, object]:
    data = encode_message(message)
    return {"bytes": data.hex(), "array": plain(msgspec.msgpack.decode(data))}
