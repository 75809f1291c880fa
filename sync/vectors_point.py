"""Test vectors of a point's relay as a device meets it: what it believes, does and keeps.

What both languages must answer (sync/point_session.py); bytes are hex. What the relay passes on of its journal
is in vectors_heard.py.
"""

from sync import chain, feed
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Greeted,
    MarkStored,
    Problem,
    PushFrom,
    Send,
    Settle,
    TakeHeard,
    TakePage,
    TellCounts,
)
from sync.errors import Fault
from sync.messages import (
    Ack,
    FaultMessage,
    FeedHead,
    Heard,
    Hello,
    HubMessage,
    Page,
    Pong,
    Present,
    Run,
    Stored,
    Verdicts,
    Welcome,
    encode_message,
    sign_parts,
)
from sync.point_session import PointSession, RelayAt
from sync.vectors_heard import COLLEAGUE, EVENTS, JOURNAL, Keys, Signer, heard_vectors
from sync.vectors_wire import ACCOUNT, EPOCH, HUB_MS, ZONE, digest, plain

DEVICE, RELAY = 12, 7
POINT = "point:HALL"
NONCE, CHALLENGE = digest("nonce"), digest("challenge")


def point_vectors(keys: Keys) -> dict[str, object]:
    """Connections to a relay step by step, and parts of its journal."""
    return {
        "zone": ZONE.hex(),
        "hub_key": keys.hub.public.hex(),
        "relay_key": keys.relay.public.hex(),
        "colleague_key": keys.colleague.public.hex(),
        "device": DEVICE,
        "relay": RELAY,
        "epoch": EPOCH,
        "colleague": COLLEAGUE,
        "nonce": NONCE.hex(),
        "events": [event.hex() for event in EVENTS],
        "sessions": [_session(keys, *told) for told in _stories(keys)],
        "heard": heard_vectors(keys),
    }


# --- connections -----------------------------------------------------------------------------

Step = tuple[str, HubMessage | str | int]
Story = tuple[str, int, bool, list[Step]]
"""What it shows, acked seq, whether a pass is presented, and the steps: an operation and its argument."""

MARK = 3  # how far the device knows its log to be at the point
LINKS = [chain.log_start(digest("device"))]
LINKS += chain.fold_links(LINKS[0], EVENTS)


def _stories(keys: Keys) -> list[Story]:
    hello = _welcome(keys, 2)
    stored = _stored(keys, 4)
    page = _page(POINT, keys.hub)
    answers = [("receive", _stored(keys, seq)) for seq in (5, 3, 5)]
    later: list[Step] = [("receive", hello), ("pushed", 3), ("pushed", 5), *answers]
    return [
        (
            "reads, pushes and is acknowledged through the relay",
            1,
            True,
            [
                ("receive", hello),
                ("pushed", 5),
                ("receive", stored),
                ("receive", _ack(5, keys.hub)),
                ("receive", page),
                ("receive", Heard(JOURNAL, 17, 19, [])),
                ("appended", 5),
            ],
        ),
        ("only pushes without a pass", 5, False, [("receive", hello), ("receive", page)]),
        (
            "forgets nothing, whatever the relay says of feeds",
            5,
            True,
            [
                ("receive", hello),
                ("receive", FaultMessage(Fault.FEED_NOT_ENTITLED, "zone", "", 0)),
                ("receive", FaultMessage(Fault.FEED_HASH, "dept:SCJG", "", 0)),
                ("receive", FaultMessage(Fault.FEED_NOT_ENTITLED, "neighbours", "", 0)),
                *[("distrust", POINT)] * 3,
                ("receive", page),
            ],
        ),
        (
            "takes no verdict, no pass refused and no old challenge for an end",
            5,
            True,
            [
                ("receive", hello),
                ("receive", Verdicts(DEVICE, [Run(2, 1, 9, HUB_MS, "not-entitled")])),
                ("receive", FaultMessage(Fault.PASS_INVALID, "present", "", 0)),
                ("receive", FaultMessage(Fault.SESSION_EXPIRED, "neighbours", "", 0)),
                ("receive", FaultMessage(Fault.REPORT_INVALID, "report", "", 0)),
                ("receive", Pong(1, HUB_MS)),
                ("relisten", 0),
            ],
        ),
        (
            "pushes again from where the hub's word ends when the relay began anew",
            3,
            False,
            [("receive", _welcome(keys, 0)), ("pushed", 5), ("receive", _stored(keys, 5))],
        ),
        ("takes no later answer for one to an earlier push", 1, False, later),
        (
            "a greeting moves the mark back, never on",
            1,
            False,
            [("receive", _welcome(keys, 5)), ("pushed", 5), ("receive", _stored(keys, 5))],
        ),
        ("a relay that holds more of the log", 5, True, [("receive", _welcome(keys, 9))]),
        (
            "a relay that holds another log",
            5,
            True,
            [("receive", _welcome(keys, 2, link=digest("other")))],
        ),
        (
            "the relay's fork ends pushing",
            0,
            False,
            [
                ("receive", _welcome(keys, 0)),
                ("pushed", 5),
                ("receive", FaultMessage(Fault.CHAIN_FORK, "push", "", 0)),
                ("appended", 5),
            ],
        ),
        *_of_other_epochs(keys),
        *(_one(f"forged: {what}", hello, message) for what, message in _forgeries(keys)),
        *(_one(f"not that relay: {what}", message) for what, message in _strangers(keys)),
    ]


def _of_other_epochs(keys: Keys) -> list[Story]:
    """What the hub signed before or after the epoch that the device knows."""
    hello, older, newer = _welcome(keys, 2), EPOCH - 1, EPOCH + 1
    again = _ack(5, keys.hub, epoch=newer)
    stale: list[HubMessage] = [
        _ack(5, keys.hub, epoch=older),
        _page(POINT, keys.hub, older),
        _ack(5, keys.hub),
    ]
    return [
        _one("an ack and a page of a hub that is gone confirm nothing", hello, *stale),
        _one("a relay that has not heard of the restore", _welcome(keys, 2, epoch=older), *stale),
        _one("a relay that never met the hub", _welcome(keys, 2, epoch=0)),
        _one("a relay that tells of a restore", _welcome(keys, 2, epoch=newer), again),
        _one("a restore in the midst of it, by an ack", hello, again),
        _one("a restore in the midst of it, by a page", hello, _page(POINT, keys.hub, newer)),
    ]


def _one(shows: str, *messages: HubMessage) -> Story:
    return shows, 1, True, [("receive", message) for message in messages]


def _forgeries(keys: Keys) -> list[tuple[str, HubMessage]]:
    page = _page(POINT, keys.hub)
    assert page.head is not None
    longer = Page(page.feed, page.after, page.entries * 2, page.hash, page.head)
    other = Page(page.feed, page.after, page.entries, digest("other"), page.head)
    return [
        ("an ack by the relay", _ack(5, keys.relay)),
        ("an ack of another device", _ack(5, keys.hub, device=COLLEAGUE)),
        ("an ack of another log", _ack(5, keys.hub, link=digest("other"))),
        ("an ack past the log", _ack(6, keys.hub, link=digest("other"))),
        ("a head by the relay", _page(POINT, keys.relay)),
        ("no head", Page(page.feed, page.after, page.entries, page.hash, None)),
        ("a head of another feed", Page("zone", page.after, page.entries, page.hash, page.head)),
        ("a head before the page's end", longer),
        ("a head of another hash", other),
        ("an ack of another epoch than it says", _ack(5, keys.hub, epoch=EPOCH, signed=EPOCH - 1)),
        ("stored by the hub's key", _stored(keys, 4, by=keys.hub)),
        ("stored of another device", _stored(keys, 4, device=COLLEAGUE)),
        ("stored of another log", _stored(keys, 4, link=digest("other"))),
    ]


def _strangers(keys: Keys) -> list[tuple[str, HubMessage]]:
    hub = keys.hub.sign(chain.hello_statement(ZONE, EPOCH, NONCE))
    old = keys.relay.sign(chain.relay_statement(ZONE, RELAY, digest("old"), 2, LINKS[2]))
    less = keys.relay.sign(chain.relay_statement(ZONE, RELAY, NONCE, 1, LINKS[1]))
    return [
        ("another number", _welcome(keys, 2, relay=8)),
        ("the hub", _welcome(keys, 2, relay=0, proof=hub)),
        ("an old answer", _welcome(keys, 2, proof=old)),
        ("more than it said", _welcome(keys, 2, proof=less)),
        ("an epoch of its own", _welcome(keys, 2, epoch=EPOCH + 1, begun_by=keys.relay)),
    ]


def _session(
    keys: Keys, name: str, acked: int, presents: bool, steps: list[Step]
) -> dict[str, object]:
    content = b"pass of " + ACCOUNT
    present = Present(content, keys.hub.sign(chain.pass_statement(ZONE, content)))
    at = RelayAt(
        RELAY,
        lambda said, by: keys.verify(keys.relay.public, said, by),
        present if presents else None,
        ("zone", POINT) if presents else (),
        JOURNAL,
        17,
        MARK,
    )
    session = PointSession(
        zone=ZONE,
        device=DEVICE,
        last_seq=len(EVENTS),
        acked_seq=acked,
        epoch=EPOCH,
        cursors=[feed.Cursor(POINT, 1, digest("at 1"))],
        link_at=lambda seq: LINKS[seq] if seq < len(LINKS) else None,
        verify=lambda said, by: keys.verify(keys.hub.public, said, by),
        now_ms=HUB_MS,
    ).through(at)
    session.hello(Hello(1, 1, ZONE, DEVICE, ACCOUNT, "0.1.0", HUB_MS, NONCE, []))
    told = []
    for i, (operation, argument) in enumerate(steps):
        effects = _do(session, operation, argument, HUB_MS + i)
        said = argument if isinstance(argument, str | int) else encode_message(argument).hex()
        told.append({"do": operation, "with": said, "then": [_plain(one) for one in effects]})
    return {
        "shows": name,
        "acked": acked,
        "present": [present.content.hex(), present.signature.hex()] if presents else None,
        "log_start": LINKS[0].hex(),
        "journal": [JOURNAL.hex(), 17],
        "mark": MARK,
        "cursor": [POINT, 1, digest("at 1").hex()],
        "steps": told,
    }


def _do(
    session: PointSession, operation: str, argument: HubMessage | str | int, now_ms: int
) -> list[Effect]:
    match operation, argument:
        case "pushed", int(seq):
            return session.pushed(seq, now_ms)
        case "appended", int(seq):
            return session.appended(seq)
        case "distrust", str(name):
            return session.distrust(name)
        case "relisten", _:
            return session.relisten()
        case _:
            assert not isinstance(argument, str | int)
            return session.receive(argument, now_ms)


def _plain(effect: Effect) -> list[object]:
    match effect:
        case Send(message=message):
            return ["send", encode_message(message).hex()]
        case PushFrom(first_seq=seq):
            return ["push", seq]
        case Settle(seq=seq, runs=runs):
            return ["settle", seq, plain(sign_parts(runs))]
        case MarkStored(seq=seq):
            return ["at-point", seq]
        case TakePage(page=page):
            return ["page", page.feed, page.after]
        case TakeHeard(heard=heard):
            return ["heard", heard.n]
        case TellCounts():
            return ["report"]
        case Greeted():
            return ["greeted"]
        case BeginEpoch(epoch=epoch):
            return ["epoch", epoch]
        case Problem(code=code, detail=detail):
            return ["problem", str(code), detail]
        case Close(code=code):
            return ["close", str(code)]
        case _:
            raise AssertionError(f"a relay brings no {effect}")


def _welcome(
    keys: Keys,
    seq: int,
    *,
    relay: int = RELAY,
    proof: bytes = b"",
    link: bytes = b"",
    epoch: int = EPOCH,
    begun_by: Signer | None = None,
) -> Welcome:
    held = link or (LINKS[seq] if 0 < seq < len(LINKS) else bytes(32))
    own = keys.relay.sign(chain.relay_statement(ZONE, relay, NONCE, seq, held))
    begun = (begun_by or keys.hub).sign(chain.epoch_statement(ZONE, epoch)) if epoch else b""
    return Welcome(
        protocol=1,
        hub_ms=HUB_MS,
        epoch=epoch,
        session=False,
        seq=seq,
        link=held,
        feeds=[],
        app_version_min="0.1.0",
        proof=proof or own,
        challenge=CHALLENGE,
        relay=relay,
        epoch_proof=begun,
    )


def _stored(
    keys: Keys, seq: int, *, device: int = DEVICE, link: bytes = b"", by: Signer | None = None
) -> Stored:
    link = link or LINKS[seq]
    said = chain.at_point_statement(ZONE, RELAY, device, seq, link)
    return Stored(device, seq, link, (by or keys.relay).sign(said))


def _ack(
    seq: int,
    by: Signer,
    *,
    device: int = DEVICE,
    link: bytes = b"",
    epoch: int = EPOCH,
    signed: int = 0,
) -> Ack:
    """`signed`: in another epoch than it says."""
    runs = [Run(2, seq - 1, 40, HUB_MS, "ok")]
    link = link or LINKS[seq]
    said = chain.ack_statement(ZONE, signed or epoch, device, seq, link, sign_parts(runs))
    return Ack(device, seq, link, runs, by.sign(said), epoch)


def _page(name: str, by: Signer, epoch: int = EPOCH) -> Page:
    hash_ = digest("at 2")
    said = chain.feed_statement(ZONE, epoch, name, 2, hash_)
    head = FeedHead(name, 2, hash_, by.sign(said), epoch)
    return Page(name, 1, [(41, COLLEAGUE, 2, HUB_MS, EVENTS[1])], hash_, head)
