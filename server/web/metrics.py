"""What is counted, for /metrics; no label names a person, a case or a device."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sync.messages import Run

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
CONNECTIONS = Gauge("zongchuang_connections", "Open WebSockets.", registry=registry)
POSITION = Gauge("zongchuang_ledger_position", "The ledger's last position.", registry=registry)


def count_push(outcome: str, runs: list[Run]) -> None:
    """A push was taken (with these runs) or turned away (outcome: the fault)."""
    PUSHES.labels(outcome).inc()
    for run in runs:
        EVENTS.labels(run.code).inc(run.count)
