"""What a relay makes of what devices push to it: nobody's push holds up another's, and only the hub's word counts."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.flows.hub import Hub, open_hub
from server.flows.ingest import ingest, read_push
from server.flows.restore import begin_epoch
from server.keys import verify
from server.relay import desk, journal, mirror, upstream
from server.relay.bus import Bus
from server.relay.node import Relay, open_relay
from server.relay.upstream import Upstream
from sync import chain
from sync.codec import decode_frame, encode_frame
from sync.errors import Fault
from sync.limits import (
    EVENT_BYTES_MAX,
    FRAME_BYTES_MAX,
    FRAME_INFLATED_BYTES_MAX,
    REQUEST_TIMEOUT_MS,
)
from sync.messages import Ack, Hello, Push, Welcome, decode_client_message, encode_message
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, sign_in_on
from tests.server.inside_relay import HubLine, mirror_all, relay_of
from tests.server.point_model import Inline, done
from tests.server.tablet import Tablet

CLERK = "dating.shouli1"


@pytest.fixture
def relay(still: Still, tmp_path: Path) -> Iterator[Relay]:
    """A relay at HALL."""
    with relay_of(still.hub, tmp_path / "relay") as made:
        yield made


def tablet_with(still: Still, relay: Relay, cases: int) -> Tablet:
    """A tablet of HALL, known to the relay, that took in some cases."""
    tablet = enrol_tablet(still.hub)
    clerk = sign_in_on(still.hub, tablet, CLERK).account
    for _ in range(cases):
        tablet.receive(item(still.hub), clerk, ms=still.wall.ms)
    mirror_all(still.hub, relay)
    return tablet


def test_a_log_that_came_backwards_holds_up_nobody(still: Still, relay: Relay) -> None:
    tablet, other = tablet_with(still, relay, 40), tablet_with(still, relay, 1)
    for seq in range(40, 1, -1):
        assert isinstance(journal.take_push(relay, tablet.push(seq, seq)), journal.Kept)
    for push in (tablet.push(1, 1), other.push()):
        assert isinstance(journal.take_push(relay, push), journal.Kept)
    line = HubLine(still.hub, relay)
    line.run()
    with still.hub.store.read() as tx:
        ends = [tx.devices.get(one.number).seq for one in (tablet, other)]
    assert ends == [40, 1]
    assert max(Counter(row.n for row in line.sent).values()) <= 2


def test_no_device_fills_the_disk_and_none_of_its_work_is_lost(
    still: Still, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet, other = tablet_with(still, relay, 12), tablet_with(still, relay, 1)
    # Room for ten events in pushes of one.
    one = len(encode_message(tablet.push(1, 1)))
    monkeypatch.setattr(journal, "JOURNAL_BYTES_MAX", 10 * one + one // 2, raising=False)
    taken = [journal.take_push(relay, tablet.push(seq, seq)) for seq in range(1, 13)]
    refused = [one for one in taken if isinstance(one, journal.Refused)]
    assert [(one.fault, one.seq) for one in refused] == [(Fault.PUSH_OVERSIZED, 10)] * 2
    # What is here already is answered all the same, and nobody else has less room.
    for push in (tablet.push(1, 1), other.push()):
        assert isinstance(journal.take_push(relay, push), journal.Kept)
    # Nor do branches that it signs: a thousand of them are as much as one log.
    stray = Tablet(key=tablet.key, number=tablet.number, zone=tablet.zone, point=tablet.point)
    stray.write_bytes(bytes(one))
    branch = journal.take_push(relay, stray.push())
    assert isinstance(branch, journal.Refused) and branch.fault == Fault.PUSH_OVERSIZED
    # The hub has answered, so that there is room again: the tablet tries now and then.
    HubLine(still.hub, relay).run()
    mirror_all(still.hub, relay)
    journal.tidy(relay)
    assert isinstance(journal.take_push(relay, tablet.push(11)), journal.Kept)
    HubLine(still.hub, relay).run()
    with still.hub.store.read() as tx:
        assert tx.devices.get(tablet.number).seq == 12


def test_a_hole_of_one_event_is_filled(still: Still, relay: Relay) -> None:
    """The link before a push is known here; what is called stored must be the event itself."""
    tablet = tablet_with(still, relay, 3)
    for first, last in ((1, 1), (3, 3), (1, 3)):
        taken = journal.take_push(relay, tablet.push(first, last))
        assert isinstance(taken, journal.Kept) and taken.stored.seq == last
    HubLine(still.hub, relay).run()
    with still.hub.store.read() as tx:
        assert tx.devices.get(tablet.number).seq == 3


def test_a_hole_does_not_make_the_relay_offer_the_same_for_ever(still: Still, relay: Relay) -> None:
    tablet = tablet_with(still, relay, 3)
    for seq in (1, 3):
        journal.take_push(relay, tablet.push(seq, seq))
    line = HubLine(still.hub, relay)
    line.run()
    assert [row.first_seq for row in line.sent] == [1, 3]


def test_a_second_answer_to_what_was_offered_twice_is_no_fault(still: Still, relay: Relay) -> None:
    """With the first the push is mirrored, and dropped before the second comes."""
    tablet = tablet_with(still, relay, 1)
    journal.take_push(relay, tablet.push())
    row = journal.next_to_forward(relay, 0, ())
    assert row is not None
    ack = ingest(still.hub, read_push(still.hub, tablet.push())).answer
    assert isinstance(ack, Ack)
    journal.keep_ack(relay, row.n, ack)
    mirror_all(still.hub, relay)
    journal.tidy(relay)
    assert journal.keep_ack(relay, row.n, ack) == 0
    assert journal.set_aside(relay, row.n, Fault.CHAIN_GAP, 0) == 0


@pytest.mark.parametrize("byte", [b"\x00", b""])
def test_what_would_not_go_on_in_one_frame_is_not_taken(
    still: Still, relay: Relay, byte: bytes
) -> None:
    """A push that the relay could not pass on would end its line to the hub again and again."""
    limit = FRAME_INFLATED_BYTES_MAX if byte else FRAME_BYTES_MAX
    outcomes = set()
    for over in (-2_000, -400, -100, -20):
        tablet = tablet_with(still, relay, 0)
        left = limit + over - 300
        while left > 0:
            size = min(left, EVENT_BYTES_MAX)
            tablet.write_bytes(byte * size or os.urandom(size))
            left -= size + 5
        push = tablet.push()
        assert len(encode_message(push)) + 3 <= limit, "as it comes it is no larger than allowed"
        taken = journal.take_push(relay, push)
        if isinstance(taken, journal.Refused):
            outcomes.add(taken.fault)
            continue
        outcomes.add("kept")
        row = journal.next_to_forward(relay, 0, ())
        assert row is not None
        decode_frame(encode_frame(row.message))
        heard = journal.read_journal(relay, relay.identity.journal, row.n - 1, 0)
        decode_frame(encode_frame(encode_message(heard)))
        journal.set_aside(relay, row.n, Fault.CHAIN_FORK, 0)
    assert outcomes == {"kept", Fault.PUSH_OVERSIZED}


def test_what_a_lost_hub_said_is_said_no_more(still: Still, relay: Relay) -> None:
    """Its acks verify still, but the restored hub has perhaps lost what they speak of."""
    tablet = tablet_with(still, relay, 2)
    journal.take_push(relay, tablet.push())
    HubLine(still.hub, relay).run()
    kept = journal.take_push(relay, tablet.push())
    assert isinstance(kept, journal.Kept) and len(kept.acks) == 1
    hub = restored(still.hub)
    mirror.begin_epoch(relay, hub.epoch, begun(hub))
    assert relay.cursors() == [], "no head that the lost hub signed is passed on either"
    again = journal.take_push(relay, tablet.push())
    assert isinstance(again, journal.Kept) and again.acks == []
    heard = journal.read_journal(relay, relay.identity.journal, 0, 0)
    assert [type(decode_client_message(one)) for one in heard.items] == [Push]
    HubLine(hub, relay).run()
    said = journal.take_push(relay, tablet.push())
    assert isinstance(said, journal.Kept) and [ack.epoch for ack in said.acks] == [hub.epoch]


def test_a_relay_tells_its_point_of_a_restore(still: Still, relay: Relay) -> None:
    """By the hub's own signature: the tablets may not reach the hub for long."""
    tablet = tablet_with(still, relay, 1)
    hub = restored(still.hub)
    HubLine(hub, relay).run()
    assert open_relay(relay.store).identity.epoch == hub.epoch, "it is kept"
    mirror_all(hub, relay)
    hello = Hello(1, 1, hub.zone, tablet.number, b"", "0.1.0", still.wall.ms, bytes(32), [])
    told = desk.greet(relay, hello)
    assert isinstance(told, Welcome) and told.epoch == hub.epoch
    statement = chain.epoch_statement(hub.zone, hub.epoch)
    assert verify(hub.key.public, told.epoch_proof, statement)


def test_a_relay_leaves_a_hub_that_a_restore_has_replaced(still: Still, relay: Relay) -> None:
    tablet = tablet_with(still, relay, 1)
    lost = still.hub
    HubLine(restored(lost), relay).run()
    journal.take_push(relay, tablet.push())
    line = HubLine(lost, relay)
    line.run()
    assert line.closed == "epoch-over" and line.sent == []


def restored(hub: Hub) -> Hub:
    """The same hub in its next epoch; what it was goes on speaking in the old one."""
    begin_epoch(hub, hub.now_ms())
    return open_hub(hub.store, hub.files, hub.now_ms)


def begun(hub: Hub) -> bytes:
    """The hub's word on its epoch."""
    return hub.key.sign(chain.epoch_statement(hub.zone, hub.epoch))


def test_a_clock_hours_behind_stops_no_waiting(still: Still, relay: Relay) -> None:
    """Found by seed 59: the hub's time held its own up, and then stood still, so that no silence was ever long."""
    steady_ms = [0]
    relay.steady_ms, relay.wall_ms = lambda: steady_ms[0], lambda: still.wall.ms - 7_200_000
    relay.hear_time(still.wall.ms)

    async def send(_: bytes) -> None:
        """Nobody is there."""

    line = upstream.HubLine(Upstream(relay, Bus(), Inline(), "", ""), send)
    done(line.begin())
    done(line.tick())
    steady_ms[0] += REQUEST_TIMEOUT_MS
    assert relay.now_ms() == relay.hub_ms + REQUEST_TIMEOUT_MS
    with pytest.raises(upstream.Hangup, match="unanswered"):
        done(line.tick())
