"""What anybody may know of the hub: its zone, its key, its time."""

from dataclasses import dataclass
from importlib.metadata import version

from server.flows.hub import Hub
from sync.limits import PROTOCOL_VERSION

APP_VERSION = version("zongchuang")


@dataclass(frozen=True, slots=True)
class ZoneInfo:
    """The public facts of a hub; `position` and `access` tell whether anything moved."""

    zone: bytes
    name: str
    hub_public_key: bytes
    epoch: int
    hub_ms: int
    protocol: int
    app_version: str
    position: int
    access: int


def zone_info(hub: Hub) -> ZoneInfo:
    """The hub as it is now; also the proof that its database answers."""
    with hub.store.read() as tx:
        head = tx.zone.get()
    return ZoneInfo(
        zone=head.zone,
        name=head.name,
        hub_public_key=hub.key.public,
        epoch=hub.epoch,
        hub_ms=hub.now_ms(),
        protocol=PROTOCOL_VERSION,
        app_version=APP_VERSION,
        position=head.position,
        access=head.access,
    )
