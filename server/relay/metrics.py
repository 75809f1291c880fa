"""What a relay counts, for /metrics; no label names a person, a case or a device."""

from prometheus_client import CollectorRegistry, Counter, Gauge

registry = CollectorRegistry()
PUSHES = Counter(
    "zongchuang_relay_pushes", "Pushes by what became of them.", ["outcome"], registry=registry
)
FORWARDED = Counter("zongchuang_relay_forwarded", "Pushes sent to the hub.", registry=registry)
CONNECTIONS = Gauge("zongchuang_connections", "Open WebSockets.", registry=registry)
WAITING = Gauge(
    "zongchuang_relay_waiting_events", "Events without the hub's word.", registry=registry
)
HUB_UP = Gauge("zongchuang_relay_hub_up", "1 while the hub is reached.", registry=registry)


def count_push(outcome: str) -> None:
    """A push was taken or turned away (outcome: the fault)."""
    PUSHES.labels(outcome).inc()
