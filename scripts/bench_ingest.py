"""Events a second from decoded push to commit, on SQLite and PostgreSQL, one process.

    python -m scripts.bench_ingest [--events 10000] [--database-url postgresql://…]

Pushes of 1,000 small `case.receive` events (about 400 bytes): one signature check, judged, folded, projected, in two
feeds each, committed durably.
"""

import argparse
import tempfile
import time
from pathlib import Path

import msgspec

from server.flows.enrol import enrol, make_code
from server.flows.guide import get_item
from server.flows.hub import Hub, open_hub
from server.flows.ingest import ingest
from server.flows.load_zone import load_zone
from server.flows.refusals import Refusal
from server.flows.sign_in import OnDevice, make_challenge, sign_in
from server.settings import Settings
from server.store.engine import sqlite_url
from server.store.files import Files
from server.store.schema import migrate
from server.store.store import Store
from sync import chain
from sync.messages import Ack
from tests.server.tablet import Tablet, item_of

CLERK, PASSWORD = "dating.shouli1", "Zongchuang-2026"


def prepare(url: str, data: Path) -> tuple[Hub, Tablet, bytes]:
    """A hub with the sample zone, an enrolled tablet, a clerk signed in on it."""
    store = Store.open(url)
    migrate(store.engine)
    hub = open_hub(store, Files(data))
    load_zone(hub, Settings().zone)
    tablet = Tablet()
    made = make_code(hub, "HALL", "tablet", b"")
    assert not isinstance(made, Refusal)
    enrolled = enrol(hub, made.code, tablet.key.public, 1, "bench", "127.0.0.1")
    assert not isinstance(enrolled, Refusal)
    tablet.enrolled(enrolled.device, hub.zone, enrolled.point)
    challenge = make_challenge(hub)
    statement = chain.sign_in_statement(hub.zone, tablet.number, challenge, CLERK)
    on = OnDevice(tablet.number, challenge, tablet.key.sign(statement))
    signed_in = sign_in(hub, CLERK, PASSWORD, on, "127.0.0.1")
    assert not isinstance(signed_in, Refusal)
    return hub, tablet, signed_in.reader.account


def measure(url: str, data: Path, events: int) -> float:
    """Seconds to ingest so many events."""
    hub, tablet, clerk = prepare(url, data)
    guide = get_item(hub, "SCJG-001")
    assert not isinstance(guide, Refusal)
    item = item_of(msgspec.json.decode(guide.json))
    now_ms = hub.now_ms()
    for _ in range(events):
        tablet.receive(item, clerk, ms=now_ms)
    pushes = tablet.pushes()
    size = sum(map(len, tablet.events)) / events
    started, spent = time.perf_counter(), time.process_time()
    for push in pushes:
        answer = ingest(hub, push).answer
        assert isinstance(answer, Ack) and {run.code for run in answer.runs} == {"ok"}, answer
    seconds, spent = time.perf_counter() - started, time.process_time() - spent
    hub.store.close()
    rate = f"{events / seconds:,.0f} events/s, {spent:.2f} s of processor"
    print(f"{hub.store.backend:11} {events} of {size:.0f} B in {seconds:.2f} s: {rate}")
    return seconds


def main() -> None:
    """Measure SQLite, and PostgreSQL where a database is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--database-url", help="an empty PostgreSQL database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(sqlite_url(Path(folder) / "bench.db"), Path(folder), options.events)
        if options.database_url:
            measure(options.database_url, Path(folder), options.events)


if __name__ == "__main__":
    main()
