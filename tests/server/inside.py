"""Devices and people of an in-process hub, by its flows alone: no socket, and time is the test's."""

import msgspec

from server.flows.enrol import enrol, make_code
from server.flows.guide import Guides
from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from server.flows.read_feed import Asked, PageFrame, Pages
from server.flows.reader import Reader
from server.flows.refusals import Refusal
from server.flows.sign_in import NO_KEYS, Keys, OnDevice, SignedIn, make_challenge, sign_in
from sync import chain
from sync.event import decode_head
from sync.feed import Cursor, start
from sync.messages import Ack, Push
from tests.server.tablet import Item, Tablet, item_of

PASSWORD = "Zongchuang-2026"
HERE = "127.0.0.1"


def enrol_tablet(hub: Hub, point: str = "HALL") -> Tablet:
    """A new tablet at a point."""
    made = make_code(hub, point, "tablet", b"")
    assert not isinstance(made, Refusal)
    tablet = Tablet()
    done = enrol(hub, made.code, tablet.key.public, 1, "平板", HERE)
    assert not isinstance(done, Refusal)
    tablet.enrolled(done.device, hub.zone, done.point)
    return tablet


def try_sign_in(
    hub: Hub, tablet: Tablet, username: str, password: str = PASSWORD, escrow: Keys = NO_KEYS
) -> SignedIn | Refusal:
    """Sign in on a tablet; `escrow`: what it was given of its keys before."""
    challenge = make_challenge(hub)
    statement = chain.sign_in_statement(hub.zone, tablet.number, challenge, username)
    on = OnDevice(tablet.number, challenge, tablet.key.sign(statement), escrow)
    return sign_in(hub, username, password, on, HERE)


def sign_in_on(hub: Hub, tablet: Tablet, username: str) -> Reader:
    """Sign in on a tablet; who reads there now."""
    done = try_sign_in(hub, tablet, username)
    assert not isinstance(done, Refusal), done
    return done.reader


def sign_in_console(hub: Hub, username: str) -> Reader:
    """Sign in in a browser that is no device."""
    done = sign_in(hub, username, PASSWORD, None, HERE)
    assert not isinstance(done, Refusal), done
    return done.reader


def item(hub: Hub, item_id: str = "SCJG-001", at: int = 0) -> Item:
    """The facts of a published item."""
    guide = Guides(hub).get_item(item_id)
    assert not isinstance(guide, Refusal)
    return item_of(msgspec.json.decode(guide.json), at)


def push(hub: Hub, push_: Push) -> list[str]:
    """Push; the code of every event."""
    answer = ingest(hub, read_push(hub, push_)).answer
    assert isinstance(answer, Ack), answer
    return [run.code for run in answer.runs for _ in range(run.count)]


def read_all(pages: Pages, reader: Reader, device: int) -> list[bytes]:
    """Every event that a reader gets from all of its feeds."""
    events: list[bytes] = []
    for name in reader.feeds:
        cursor, head = start(name), None
        while head is None:
            page = pages.next([Asked(cursor, device, reader.access, even_empty=True)])[0]
            assert isinstance(page, PageFrame)
            events += [entry[4] for entry in page.page.entries if entry[4] is not None]
            cursor = Cursor(name, cursor.n + len(page.page.entries), page.page.hash)
            head = page.page.head
    return events


def case_types(pages: Pages, reader: Reader, device: int) -> list[str]:
    """The types of a reader's case events, in the order of their feeds."""
    heads = [decode_head(event) for event in read_all(pages, reader, device)]
    return [head.type for head in heads if head.type.startswith("case.")]
