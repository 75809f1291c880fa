"""`zongchuang serve --role relay`: a point's relay, enrolled at its first start with a code of the hub's."""

import argparse
import secrets
import socket
import sys

import uvicorn

from server.commands.opening import open_store
from server.commands.serve import HubConfig, quicken
from server.commands.welcome import pad, say
from server.flows.zone_info import APP_VERSION
from server.relay.door import make_relay_app
from server.relay.enrolment import JOURNAL_BYTES, EnrolmentError, enrol, is_enrolled
from server.relay.node import Relay, open_relay
from server.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Enrol where needed, listen, mirror and pass on."""
    if not settings.hub:
        return _complain("a relay needs --hub, the address of its hub")
    hub_url = settings.hub.rstrip("/")
    store = open_store(settings)
    config = HubConfig(lambda: None, settings)
    listening = config.bind_socket()
    address = settings.address or f"http://{settings.host}:{listening.getsockname()[1]}"
    if not is_enrolled(store):
        if not options.code:
            return _complain("a new relay needs --code: `zongchuang enrol-code POINT --kind relay`")
        try:
            enrol(store, hub_url, options.code, address, secrets.token_bytes(JOURNAL_BYTES))
        except EnrolmentError as error:
            return _complain(str(error))
    relay = open_relay(store)
    origins = settings.origins.split() or [hub_url]
    config.app = make_relay_app(relay, hub_url, APP_VERSION, origins)
    quicken()
    RelayServer(config, welcome_of(relay, address, hub_url)).run([listening])
    return 0


class RelayServer(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, welcome: str) -> None:
        super().__init__(config)
        self._welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the welcome."""
        await super().startup(sockets)
        if self.started:
            say(self._welcome)


def welcome_of(relay: Relay, address: str, hub_url: str) -> str:
    """Where it listens, of which point it is, where its hub is."""
    rows = (
        ("点位中继 relay", address),
        ("点位 point", f"{relay.identity.point} · {relay.identity.device}"),
        ("中心 hub", hub_url),
    )
    return "\n".join(f"  {pad(title, 20)}{value}" for title, value in rows)


def _complain(text: str) -> int:
    print(f"serve: {text}", file=sys.stderr)
    return 1
