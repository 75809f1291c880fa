"""/health and /metrics: whether the hub works, and how much."""

import time
from typing import Any

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from server.flows.zone_info import zone_info
from server.web.shell import Shell

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
STARTED_AT = time.monotonic()


@get("/health")
async def health(shell: Shell) -> dict[str, Any]:
    """200 when the database answers."""
    info = await shell.run(zone_info, shell.hub)
    return {
        "status": "ok",
        "app_version": info.app_version,
        "protocol": info.protocol,
        "position": info.position,
        "database": shell.hub.store.backend,
        "up_s": int(time.monotonic() - STARTED_AT),
    }


@get("/metrics", include_in_schema=False)
async def metrics(shell: Shell) -> Response[bytes]:
    """Prometheus's text format."""
    info = await shell.run(zone_info, shell.hub)
    POSITION.set(info.position)
    CONNECTIONS.set(shell.bus.listeners)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
