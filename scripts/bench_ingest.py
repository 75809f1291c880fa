"""Events a second from decoded push to commit, on SQLite and PostgreSQL, one process.

    python -m scripts.bench_ingest [--events 10000] [--database-url postgresql://…]

Pushes of 1,000 small `case.receive` events (about 400 bytes): one signature check, judged, folded, projected, in two
feeds each, committed durably.
"""

import argparse
import gc
import tempfile
import time
from pathlib import Path

from server.commands.serve import GC_THRESHOLDS
from server.flows.hub import Hub, open_hub
from server.flows.ingest import ingest, read_push
from server.flows.load_zone import load_zone
from server.settings import Settings
from server.store.engine import sqlite_url
from server.store.files import PhotoFolder
from server.store.schema import migrate
from server.store.store import Store
from sync.messages import Ack, Push
from tests.postgres import DURABLE, start_cluster
from tests.server.inside import enrol_tablet, item, sign_in_on
from tests.server.tablet import Tablet


def prepare(url: str, data: Path) -> tuple[Hub, Tablet, bytes]:
    """A hub with the sample zone, an enrolled tablet, a clerk signed in on it."""
    store = Store.open(url)
    migrate(store.engine)
    hub = open_hub(store, PhotoFolder(data))
    load_zone(hub, Settings().zone)
    tablet = enrol_tablet(hub)
    return hub, tablet, sign_in_on(hub, tablet, "dating.shouli1").account


def measure(url: str, data: Path, events: int) -> float:
    """Seconds to ingest so many events."""
    hub, tablet, clerk = prepare(url, data)
    kind = item(hub)
    now_ms = hub.now_ms()
    for _ in range(events):
        tablet.receive(kind, clerk, ms=now_ms)
    size = sum(map(len, tablet.events)) / events
    # As `zongchuang serve` runs.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    times = [_time_push(hub, push) for push in tablet.pushes()]
    hub.store.close()
    seconds = sum(times)
    rate = f"{events / seconds:,.0f} events/s; quickest push {min(times) * 1_000:.0f} ms"
    print(f"{hub.store.backend:11} {events} of {size:.0f} B in {seconds:.2f} s: {rate}")
    return seconds


def _time_push(hub: Hub, push: Push) -> float:
    started = time.perf_counter()
    answer = ingest(hub, read_push(hub, push)).answer
    seconds = time.perf_counter() - started
    assert isinstance(answer, Ack) and {run.code for run in answer.runs} == {"ok"}, answer
    return seconds


def main() -> None:
    """Measure SQLite and PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument(
        "--database-url", help="an empty PostgreSQL database; else a private server"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(sqlite_url(Path(folder) / "bench.db"), Path(folder), options.events)
        if options.database_url:
            measure(options.database_url, Path(folder), options.events)
            return
        cluster = start_cluster(DURABLE)
        try:
            measure(cluster.url(cluster.create()), Path(folder), options.events)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
