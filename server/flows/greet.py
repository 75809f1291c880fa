"""The first message of a connection. It only claims to be a device's: nothing is kept of it.

Refusals: device-unknown. A revoked device is greeted without a session: it may push, and read nothing.
"""

from dataclasses import dataclass

from server.flows.hub import Hub
from server.flows.ingest import runs_of
from server.flows.read_feed import Pages
from server.flows.reader import Reader, find_reader
from server.flows.report import give_challenge
from server.store.devices import DeviceRow
from sync import chain
from sync.errors import Fault
from sync.limits import PROTOCOL_VERSION
from sync.messages import Hello, Run, Welcome

APP_VERSION_MIN = "0.1.0"
# Of the events that a hello names as parked; whoever has more is told of them once these are settled.
PARKED_ASKED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Greeted:
    """The welcome, who reads (None: nobody), and what became of events that were parked."""

    welcome: Welcome
    reader: Reader | None
    settled: list[Run]


def greet(hub: Hub, pages: Pages, hello: Hello, token_hash: bytes | None) -> Greeted | Fault:
    """Answer a hello. `token_hash` is of the cookie of the account that it names."""
    now_ms = hub.now_ms()
    with hub.store.read() as tx:
        device = tx.devices.find(hello.device)
        if device is None:
            return Fault.DEVICE_UNKNOWN
        # No stranger can make it look for more than the log has, nor for the same again and again.
        parked = {seq for seq in hello.parked[:PARKED_ASKED_MAX] if seq <= device.seq}
        settled = [told for told in tx.ledger.told(device.number, sorted(parked)) if told.position]
        reader = find_reader(tx, token_hash, now_ms) if token_hash else None
        if reader is not None and not _is_of(reader, hello, device):
            reader = None
    welcome = Welcome(
        protocol=PROTOCOL_VERSION,
        hub_ms=now_ms,
        epoch=hub.epoch,
        session=reader is not None,
        seq=device.seq,
        link=device.link,
        feeds=pages.heads(reader.feeds) if reader else [],
        app_version_min=APP_VERSION_MIN,
        proof=hub.key.sign(chain.hello_statement(hub.zone, hub.epoch, hello.nonce)),
        challenge=give_challenge(hub, device.number, now_ms),
        revoked=device.revoked_ms > 0,
        epoch_proof=hub.key.sign(chain.epoch_statement(hub.zone, hub.epoch)),
    )
    return Greeted(welcome, reader, runs_of(settled))


def _is_of(reader: Reader, hello: Hello, device: DeviceRow) -> bool:
    return reader.account == hello.account and reader.device == device.number
