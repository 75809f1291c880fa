"""Parked events over several pushes: a device's order holds, and many that wait cost nobody who waits behind them."""

import os
import tracemalloc

from server.flows.hub import Hub, new_stream
from server.flows.ingest import ingest, read_push
from server.flows.verify import verify
from sync.errors import Parked, Verdict
from sync.event import Edit
from sync.messages import Ack
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.tablet import Tablet

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
    read = read_push(writer.push(401))
    tracemalloc.start()
    answer = ingest(hub, read).answer
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(answer, Ack) and [run.code for run in answer.runs] == [Parked.STREAM_MISSING]
    assert peak < 5_000_000, "they are 22 MB"
