"""Parked events over several pushes: a device's order holds, and many that wait cost nobody who waits behind them."""

import os
import tracemalloc

from server.flows.attachments import store_attachment
from server.flows.console import revoke_device
from server.flows.hub import Hub, new_stream
from server.flows.ingest import ingest, read_push
from server.flows.refusals import Refusal
from server.flows.verify import verify
from server.store.devices import HUB_DEVICE
from sync.errors import Parked, Verdict
from sync.event import Act, DeviceRevoke, Edit
from sync.messages import Ack
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.tablet import Tablet
from tests.server.test_photos import photo_of, picture

CLERK = "dating.shouli1"


def tablets(hub: Hub, count: int) -> tuple[list[Tablet], bytes]:
    """Tablets of HALL with one clerk signed in on all."""
    made = [enrol_tablet(hub) for _ in range(count)]
    (clerk,) = {sign_in_on(hub, tablet, CLERK).account for tablet in made}
    return made, clerk


def test_what_waits_for_less_does_not_overtake_what_its_device_wrote_before(still: Still) -> None:
    """Each waits for somebody else's event; the cause of the later one comes first."""
    hub, ms = still.hub, still.wall.ms
    (writer, first, second), clerk = tablets(hub, 3)
    stream = writer.receive(item(hub), clerk, ms=ms)
    for value, cause in (("before", first), ("after", second)):
        seen = [(cause.number, 1)]
        writer.write("case.edit", stream, clerk, Edit({"k": value}), ms=ms, seen=seen)
    assert push(hub, writer.push()) == [Verdict.OK, Parked.CAUSE_MISSING, Parked.CAUSE_MISSING]
    for cause in (second, first):
        cause.write("case.edit", stream, clerk, Edit({"j": "x"}), ms=ms)
        assert push(hub, cause.push()) == [Verdict.OK]
    with hub.store.read() as tx:
        seqs = [row.seq for row in tx.ledger.walk_all() if row.device == writer.number]
        assert tx.parking.all() == []
    assert seqs == [1, 2, 3]
    assert verify(hub).difference is None


def test_nobody_waits_for_a_device_that_is_revoked(still: Still) -> None:
    """What it still sends is refused; what was written after it is judged without it."""
    hub, ms = still.hub, still.wall.ms
    (writer, lost, other), clerk = tablets(hub, 3)
    stream = writer.receive(item(hub), clerk, ms=ms)
    for cause in ([(lost.number, 1)], [(lost.number, 1), (other.number, 1)]):
        writer.write("case.edit", stream, clerk, Edit({"k": "v"}), ms=ms, seen=cause)
    assert push(hub, writer.push()) == [Verdict.OK, Parked.CAUSE_MISSING, Parked.CAUSE_MISSING]
    done = revoke_device(hub, sign_in_console(hub, "xitong"), lost.number, "丢失")
    assert not isinstance(done, Refusal)
    told = {number: [(run.first_seq, run.code) for run in runs] for number, runs in done[1].items()}
    assert told == {writer.number: [(2, "ok")]}, "its author is to hear of it"
    with hub.store.read() as tx:
        assert [(row.seq, row.reason) for row in tx.parking.all()] == [(3, Parked.CAUSE_MISSING)]
    other.write("case.edit", stream, clerk, Edit({"j": "x"}), ms=ms)
    assert push(hub, other.push()) == [Verdict.OK]
    writer.write("case.edit", stream, clerk, Edit({"k": "w"}), ms=ms, seen=[(lost.number, 2)])
    assert push(hub, writer.push(4)) == [Verdict.OK]
    with hub.store.read() as tx:
        assert tx.parking.all() == []
        assert [row.seq for row in tx.ledger.walk_all() if row.device == writer.number] == [
            1,
            2,
            3,
            4,
        ]
    assert verify(hub).difference is None


def test_a_revocation_that_is_refused_frees_nothing_and_strands_nobody(still: Still) -> None:
    """Anybody's tablet may write one; what waits for that very tablet goes on waiting for it, and no longer."""
    hub, ms = still.hub, still.wall.ms
    (writer, hostile), clerk = tablets(hub, 2)
    stream = writer.receive(item(hub), clerk, ms=ms)
    seen = [(hostile.number, 2)]
    writer.write("case.edit", stream, clerk, Edit({"k": "v"}), ms=ms, seen=seen)
    assert push(hub, writer.push()) == [Verdict.OK, Parked.CAUSE_MISSING]
    body = DeviceRevoke(hostile.number, "丢失")
    hostile.write("device.revoke", stream, clerk, body, ms=ms)
    hostile.write("case.edit", stream, clerk, Edit({"j": "x"}), ms=ms)
    assert push(hub, hostile.push()) == [Verdict.NOT_ENTITLED, Verdict.OK]
    with hub.store.read() as tx:
        assert tx.parking.all() == []
    assert verify(hub).difference is None


def test_many_that_wait_in_a_stream_are_not_read_for_one_more(still: Still) -> None:
    """All others wait for the zone's lock as long as that takes."""
    hub, ms = still.hub, still.wall.ms
    (writer,), clerk = tablets(hub, 1)
    stream = new_stream(ms, os.urandom)
    large = Edit({f"k{n}": "a" * 4_000 for n in range(14)})
    for _ in range(400):
        writer.write("case.edit", stream, clerk, large, ms=ms)
    for first in range(1, 400, 100):
        push(hub, writer.push(first, first + 99))
    writer.write("case.edit", stream, clerk, Edit({"k": "v"}), ms=ms)
    read = read_push(hub, writer.push(401))
    tracemalloc.start()
    answer = ingest(hub, read).answer
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(answer, Ack) and [run.code for run in answer.runs] == [Parked.STREAM_MISSING]
    assert peak < 5_000_000, "they are 22 MB"


def test_what_the_hubs_own_word_frees_gets_its_number(still: Still) -> None:
    """An acceptance that waited for the hub to say that a photo is here comes after all else of its push."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content = picture()
    photo = photo_of(content)
    store_attachment(hub, tablet.number, photo.sha256, content)
    clerk = sign_in_on(hub, tablet, "dating.shouli1")
    reviewer = sign_in_on(hub, tablet, "shijian.shencha")
    ms = still.wall.ms
    tablet.receive(item(hub), clerk.account, ms=ms, photos=[photo])
    stream = tablet.receive(item(hub), clerk.account, ms=ms)
    with hub.store.read() as tx:
        next_word = tx.devices.get(HUB_DEVICE).seq + 1
    seen = [(HUB_DEVICE, next_word)]
    body = Act(opinion="同意", reason="理由")
    tablet.write("case.accept", stream, reviewer.account, body, ms=ms, seen=seen)
    assert push(hub, tablet.push()) == ["ok", "ok", "ok"]
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None
    assert row.state == "accepted"
    assert row.case_no
    assert verify(hub).difference is None
