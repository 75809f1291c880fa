"""Both ends of a connection at the mercy of what arrives: what they ask for is done, and nothing may surprise them."""

from collections.abc import Iterable

import msgspec

from sync import effects, feed, hub_session
from sync.codec import encode_frame
from sync.epoch import FIRST
from sync.feed import NotChained, NotNext, Taken
from sync.hub_session import HubSession
from sync.limits import COMPARE_PLACES_MAX
from sync.messages import (
    Ack,
    FeedHead,
    Hello,
    HubMessage,
    Page,
    Prints,
    Push,
    Run,
    Welcome,
    decode_hub_message,
    encode_message,
)
from sync.replica import Replica
from sync.session import Session
from sync.vectors_wire import HUB_MS, ZONE, digest

DEVICE, LAST_SEQ = 12, 9
FEEDS = ("point:HALL", "zone")
STEP_MS = 1_000
LINKS = [digest(f"link {n}") for n in range(LAST_SEQ + 1)]
GOOD_SIGNATURE = b"hub"
HELLO = Hello(1, 1, ZONE, DEVICE, b"", "0.1.0", HUB_MS, digest("nonce"), [])
HEADS = [FeedHead(name, 0, feed.start(name).hash, b"", FIRST) for name in FEEDS]
WELCOME = Welcome(
    1, HUB_MS, FIRST, True, 0, LINKS[0], HEADS, "", GOOD_SIGNATURE, digest("challenge")
)


def drive_hub(frames: Iterable[bytes]) -> None:
    """Frames into the hub's end, greeted first."""
    line, now_ms = HubSession(ZONE, HUB_MS), HUB_MS
    closed = _answer(line, line.receive_frame(encode_frame(encode_message(HELLO)), now_ms))
    for frame in frames:
        now_ms += STEP_MS
        effects = line.receive_frame(frame, now_ms)
        # Half of what comes is no frame at all; the other half is a message in a good one.
        effects += line.receive_frame(encode_frame(frame), now_ms)
        assert not (closed and effects), "a closed connection speaks"
        closed = _answer(line, [*effects, *line.tick(now_ms), *line.grown(FEEDS)]) or closed


def _answer(line: HubSession, effects: list[hub_session.Effect]) -> bool:
    due, closed = list(effects), False
    while due:
        match due.pop(0):
            case hub_session.Send(message=message):
                decode_hub_message(encode_message(message))
            case hub_session.Greet():
                due += line.greeted(WELCOME)
            case hub_session.Ingest(push=push):
                due += line.ingested(_ack(push))
            case hub_session.ReadFeed(cursor=cursor):
                due += line.read(Page(cursor.feed, cursor.n, [], cursor.hash, None))
            case hub_session.ReadPrints(asked=asked):
                assert 0 < asked.count <= COMPARE_PLACES_MAX
                due += line.compared(Prints(asked.feed, asked.after, asked.step, b""))
            case hub_session.KeepReport():
                pass
            case hub_session.Close():
                closed = True
    return closed


def _ack(push: Push) -> Ack:
    return Ack(push.device, push.first_seq, LINKS[0], [Run(1, 1, 1, HUB_MS, "ok")], b"", FIRST)


def drive_device(payloads: Iterable[bytes]) -> None:
    """Messages into the device's end, after a good welcome."""
    now_ms = HUB_MS
    line = Session(
        zone=ZONE,
        device=DEVICE,
        last_seq=LAST_SEQ,
        acked_seq=0,
        epoch=0,
        cursors=[],
        link_at=lambda seq: LINKS[seq] if seq <= LAST_SEQ else None,
        verify=lambda _, signature: signature == GOOD_SIGNATURE,
        now_ms=now_ms,
    )
    replica = Replica(DEVICE)
    line.hello(HELLO)
    _do(line, replica, line.receive(WELCOME, now_ms), now_ms)
    for payload in payloads:
        now_ms += STEP_MS
        try:
            message: HubMessage = decode_hub_message(payload)
        except msgspec.DecodeError:
            continue
        _do(line, replica, [*line.receive(message, now_ms), *line.tick(now_ms)], now_ms)
        box = line.outbox
        assert box is not None
        assert 0 <= box.acked <= box.sent <= box.last == LAST_SEQ


def _do(line: Session, replica: Replica, said: list[effects.Effect], now_ms: int) -> None:
    due = list(said)
    while due:
        match due.pop(0):
            case effects.Send(message=message):
                assert encode_message(message)
            case effects.PushFrom(first_seq=first_seq):
                assert 1 <= first_seq <= LAST_SEQ
                due += line.pushed(min(first_seq + 2, LAST_SEQ), now_ms)
            case effects.Settle(seq=seq):
                assert seq <= LAST_SEQ
            case effects.Reopen(seq=seq):
                assert seq < LAST_SEQ
            case effects.TakePage(page=page):
                due += _take(line, replica, page)
            case effects.Forget(feed=name):
                replica.forget(name)
            case effects.Recount(feed=name):
                due += line.recounted(name, replica.chain(name))
            case effects.Rewind(cursor=cursor):
                replica.rewind(cursor)
            case effects.Greeted() | effects.Problem():
                pass
            case effects.Close():
                return


def _take(line: Session, replica: Replica, page: Page) -> list[effects.Effect]:
    match replica.check(page, lambda seq: b"own" if seq <= LAST_SEQ else None):
        case Taken(cursor=cursor):
            assert cursor.n == page.after + len(page.entries)
            line.stored(cursor)
            return []
        case NotNext(ahead=False):
            return []
        case NotNext() | NotChained():
            return line.distrust(page.feed)
