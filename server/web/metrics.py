"""What is counted, for /metrics; no label names a person, a case or a device.

Several workers write their numbers into files of one folder, which the supervisor names in the environment
before it starts them; whichever worker is asked adds them up.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from sync.messages import Run

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

registry = CollectorRegistry()
PUSHES = Counter(
    "zongchuang_pushes", "Pushes by what became of them.", ["outcome"], registry=registry
)
EVENTS = Counter(
    "zongchuang_events", "Events by verdict, or why they wait.", ["code"], registry=registry
)
PAGES = Counter("zongchuang_pages", "Pages sent to readers.", registry=registry)
INGEST_SECONDS = Histogram(
    "zongchuang_ingest_seconds",
    "From a push to its commit.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=registry,
)
CONNECTIONS = Gauge(
    "zongchuang_connections",
    "Open WebSockets.",
    registry=registry,
    multiprocess_mode="livesum",
)
POSITION = Gauge(
    "zongchuang_ledger_position",
    "The ledger's last position.",
    registry=registry,
    multiprocess_mode="mostrecent",
)
LISTENING = Gauge(
    "zongchuang_listening",
    "Processes that hear of what others write at once; the rest look now and then.",
    registry=registry,
    multiprocess_mode="livesum",
)


def count_push(outcome: str, runs: list[Run]) -> None:
    """A push was taken (with these runs) or turned away (outcome: the fault)."""
    PUSHES.labels(outcome).inc()
    for run in runs:
        EVENTS.labels(run.code).inc(run.count)


def exposition() -> bytes:
    """All numbers of all workers, in Prometheus's text format."""
    if METRICS_FOLDER not in os.environ:
        return generate_latest(registry)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def forget_worker(pid: int) -> None:
    """A worker is gone: what it counted stays, what it was at that moment does not."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
