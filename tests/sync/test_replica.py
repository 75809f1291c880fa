"""A replica: the same case by one feed or by two, repeats, one's own events, and what was heard."""

from msgspec import Struct

from sync import chain, feed
from sync.event import Act, BackupMade, EpochBegin, Numbered, Record, encode_event
from sync.feed import StoredEntry, Taken
from sync.fold import fold_case, state_bytes
from sync.ledger import HUB_DEVICE
from sync.limits import EVENT_SEEN_COUNT_MAX
from sync.messages import Entry
from sync.outbox import Accepted, Refused
from sync.replica import OwnEvent, Replica
from tests.sync.cases import HUB_MS, RECEIVED, STREAM, edit, entry

READER = 12
ACCEPT = entry("case.accept", Act(), position=3, device=9, seq=1, base=1)


def page_of(replica: Replica, name: str, entries: list[Entry]) -> Taken:
    """The next page of a feed with these entries, checked by the replica."""
    cursor = next((c for c in replica.cursors if c.feed == name), feed.start(name))
    full = [(p, d, s, ms, event or b"") for p, d, s, ms, event in entries]
    chains = feed.extend(cursor.hash, full)
    kept = [StoredEntry(*one, hash_) for one, hash_ in zip(full, chains, strict=True)]
    own = {seq: event for _, device, seq, _, event in full if device == READER}
    taken = replica.check(feed.build_page(cursor, kept, READER, None), own.get)
    assert isinstance(taken, Taken)
    return taken


def own_receipt(settled: Accepted | Refused | None = None) -> list[OwnEvent]:
    return [OwnEvent(1, RECEIVED[4] or b"", settled)]


def test_repeats_by_another_feed_change_nothing() -> None:
    replica = Replica(READER)
    assert replica.accept(page_of(replica, "point:HALL", [RECEIVED, ACCEPT])) == {STREAM}
    assert replica.accept(page_of(replica, "dept:SCJG", [RECEIVED, ACCEPT])) == set()
    view = replica.find(STREAM)
    assert view is not None
    assert state_bytes(view.state) == state_bytes(fold_case([RECEIVED, ACCEPT]))
    assert replica.base(STREAM) == 3
    assert {cursor.n for cursor in replica.cursors} == {2}


def test_an_author_names_what_may_yet_be_lost_of_what_others_wrote() -> None:
    replica = Replica(READER)
    mine = edit("b", position=4, device=READER, seq=2)
    hubs = entry("case.number", Numbered("1"), position=5, device=HUB_DEVICE, seq=8)
    opened = (1, 8, 1, HUB_MS, RECEIVED[4])
    replica.accept(page_of(replica, "point:HALL", [opened, ACCEPT, mine, hubs]))
    heard = [edit("c", device=7, seq=3)]
    assert replica.seen(heard, STREAM) == [(7, 3), (9, 1), (8, 1)]
    assert replica.seen(heard, bytes(16)) == []

    def told(position: int, body: Struct, type_: str) -> Entry:
        event = encode_event(type_, bytes([position]) * 16, bytes(8), b"", 0, [], body)
        return (position, HUB_DEVICE, position, HUB_MS, event)

    replica.accept(page_of(replica, "zone", [told(6, BackupMade(2, HUB_MS), "backup.made")]))
    assert replica.seen([], STREAM) == [(9, 1)]
    replica.accept(page_of(replica, "zone", [told(9, EpochBegin(5, 1, 2), "epoch.begin")]))
    assert replica.seen([], STREAM) == []
    replica.accept(page_of(replica, "zone", [told(10, BackupMade(1, HUB_MS), "backup.made")]))
    assert replica.seen([], STREAM) == [], "an older backup takes nothing back"
    replica.forget("zone")
    assert replica.seen([], STREAM) == [(9, 1), (8, 1)]


def test_no_event_names_more_than_it_may() -> None:
    replica = Replica(READER)
    edits = [edit("v", position=n + 2, device=9, seq=n) for n in range(1, EVENT_SEEN_COUNT_MAX + 9)]
    replica.accept(page_of(replica, "point:HALL", [RECEIVED, *edits]))
    seen = replica.seen([], STREAM)
    assert len(seen) == EVENT_SEEN_COUNT_MAX and seen[0] == (9, EVENT_SEEN_COUNT_MAX + 8)


def test_a_late_stream_brings_its_history_with_smaller_positions() -> None:
    replica = Replica(READER)
    record = encode_event("point.set", bytes(16), bytes(8), b"", 0, [], Record("HALL", {}))
    replica.accept(page_of(replica, "dept:SCJG", [(50, 1, 7, HUB_MS, record)]))
    assert replica.accept(page_of(replica, "dept:SCJG", [RECEIVED, ACCEPT])) == {STREAM}
    view = replica.find(STREAM)
    assert view is not None
    assert view.state.state == "accepted"


def test_ones_own_events_show_until_a_feed_brings_them_and_never_twice() -> None:
    replica = Replica(READER)
    for settled in (None, Accepted(1, HUB_MS)):
        assert replica.present(STREAM, own_receipt(settled)).state == "received"
    replica.accept(page_of(replica, "point:HALL", [RECEIVED]))
    state = replica.present(STREAM, own_receipt(Accepted(1, HUB_MS)))
    assert [row[0] for row in state.history] == [1]


def test_what_was_refused_shows_nothing() -> None:
    refused = own_receipt(Refused(1, HUB_MS, "not-entitled"))
    assert Replica(READER).present(STREAM, refused).state == "draft"


def test_trying_things_on_does_not_touch_what_is_confirmed() -> None:
    replica = Replica(READER)
    replica.accept(page_of(replica, "point:HALL", [RECEIVED]))
    mine = OwnEvent(2, edit("新")[4] or b"")
    assert replica.present(STREAM, [mine]).values["f:name"][0][0] == "新"
    view = replica.find(STREAM)
    assert view is not None
    assert state_bytes(view.state) == state_bytes(fold_case([RECEIVED]))


def test_what_was_heard_elsewhere_is_folded_and_named_once() -> None:
    replica = Replica(READER)
    replica.accept(page_of(replica, "point:HALL", [RECEIVED]))
    heard: list[Entry] = [(0, 9, 1, 0, ACCEPT[4])]
    assert replica.present(STREAM, [], heard).state == "accepted"
    assert replica.seen(heard, STREAM) == [(9, 1)]
    assert replica.seen(heard, bytes(16)) == []
    replica.accept(page_of(replica, "point:HALL", [ACCEPT]))
    assert replica.seen(heard, STREAM) == [(9, 1)], "once, though it came by both ways"
    assert len(replica.present(STREAM, [], heard).history) == 2


def test_forgetting_a_feed_keeps_what_another_brought() -> None:
    replica = Replica(READER)
    replica.accept(page_of(replica, "point:HALL", [RECEIVED, ACCEPT]))
    replica.accept(page_of(replica, "dept:SCJG", [RECEIVED]))
    replica.forget("point:HALL")
    view = replica.find(STREAM)
    assert view is not None
    assert view.state.state == "received"
    replica.forget("dept:SCJG")
    assert replica.streams == frozenset()
    assert replica.cursors == []


def test_a_replica_is_the_same_after_a_restart() -> None:
    first = Replica(READER)
    pages = []
    for name, entries in (("point:HALL", [RECEIVED]), ("point:HALL", [ACCEPT])):
        pages.append(page_of(first, name, entries))
        first.accept(pages[-1])
    again = Replica(READER)
    for taken in pages:
        again.accept(taken)
    assert again.cursors == first.cursors
    one, two = again.find(STREAM), first.find(STREAM)
    assert one is not None
    assert two is not None
    assert state_bytes(one.state) == state_bytes(two.state)
    assert chain.feed_start("point:HALL") != first.cursors[0].hash
