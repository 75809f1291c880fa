"""Chains: a changed, dropped, inserted or moved byte is found; a signature says one thing only."""

from hypothesis import given
from hypothesis import strategies as st

from sync import chain
from tests.sync.strategies import digests, uints

ZONE = bytes(16)
logs = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8)


@given(logs)
def test_links_fold_one_by_one(events: list[bytes]) -> None:
    link = chain.log_start(b"key")
    for event, folded in zip(events, chain.fold_links(link, events), strict=True):
        link = chain.next_link(link, event)
        assert link == folded


@given(logs, st.data())
def test_any_change_of_a_log_changes_its_end(events: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(events) - 1))
    changed, dropped, doubled = list(events), list(events), list(events)
    changed[at] += b"!"
    del dropped[at]
    doubled.insert(at, events[at])
    start = chain.log_start(b"key")
    ends = {
        bytes(chain.fold_links(start, log)[-1]) if log else start
        for log in (events, changed, dropped, doubled)
    }
    assert len(ends) == 4
    assert chain.fold_links(chain.log_start(b"other"), events)[-1] not in ends


@given(uints, uints, uints, uints, st.binary(max_size=30), st.integers(0, 4))
def test_an_entry_hash_depends_on_every_part(
    position: int, device: int, seq: int, hub_ms: int, event: bytes, part: int
) -> None:
    parts: list[int] = [position, device, seq, hub_ms]
    original = chain.entry_hash(position, device, seq, hub_ms, "ok", event)
    if part == 4:
        assert chain.entry_hash(position, device, seq, hub_ms, "no", event) != original
        assert chain.entry_hash(position, device, seq, hub_ms, "ok", event + b"!") != original
        return
    parts[part] += 1
    assert chain.entry_hash(parts[0], parts[1], parts[2], parts[3], "ok", event) != original


def test_a_verdict_cannot_be_shifted_into_the_event() -> None:
    assert chain.entry_hash(1, 1, 1, 1, "ok", b"x") != chain.entry_hash(1, 1, 1, 1, "o", b"kx")


@given(digests, uints, uints)
def test_no_statement_stands_for_another(link: bytes, device: int, seq: int) -> None:
    statements = [
        chain.push_statement(ZONE, device, seq, link),
        chain.ack_statement(ZONE, 1, device, seq, link, []),
        chain.ack_statement(ZONE, 2, device, seq, link, []),
        chain.feed_statement(ZONE, 1, "zone", seq, link),
        chain.relay_statement(ZONE, device, link, seq, link),
        chain.at_point_statement(ZONE, device, device, seq, link),
        chain.pass_statement(ZONE, link),
        chain.hello_statement(ZONE, 1, link),
        chain.epoch_statement(ZONE, 1),
        chain.sign_in_statement(ZONE, device, link, "zone"),
        chain.attachment_statement(ZONE, device, link, seq),
        chain.attachment_stored_statement(ZONE, 1, link, seq),
        chain.push_statement(bytes([1]) * 16, device, seq, link),
    ]
    assert len(set(statements)) == len(statements)


def test_feeds_begin_apart() -> None:
    assert chain.feed_start("zone") != chain.feed_start("ledger")
