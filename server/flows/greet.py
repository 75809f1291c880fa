"""The first message of a connection, and what a device reports of itself.

Refusals: device-unknown. A revoked device is greeted without a session: it may push, and read nothing.
"""

from dataclasses import dataclass

from server.flows.hub import Hub
from server.flows.ingest import runs_of
from server.flows.read_feed import Pages
from server.flows.reader import Reader, find_reader
from server.store.devices import DeviceRow
from sync import chain
from sync.errors import Fault
from sync.limits import PROTOCOL_VERSION
from sync.messages import Hello, Report, Run, Welcome

APP_VERSION_MIN = "0.1.0"
APP_VERSION_CHARS_MAX = 40  # of a claim that is shown on the console


@dataclass(frozen=True, slots=True)
class Greeted:
    """The welcome, who reads (None: nobody), and what became of events that were parked."""

    welcome: Welcome
    reader: Reader | None
    settled: list[Run]


def greet(hub: Hub, pages: Pages, hello: Hello, token_hash: bytes | None) -> Greeted | Fault:
    """Answer a hello. `token_hash` is of the cookie of the account that it names."""
    now_ms = hub.now_ms()
    with hub.store.write() as tx:
        device = tx.devices.find(hello.device)
        if device is None:
            return Fault.DEVICE_UNKNOWN
        offset_ms = hello.wall_ms - now_ms
        tx.devices.contact(
            device.number,
            now_ms,
            hello.app_version[:APP_VERSION_CHARS_MAX],
            hello.unsent,
            hello.refused,
            offset_ms,
        )
        settled = [told for told in tx.ledger.told(device.number, hello.parked) if told.position]
        reader = find_reader(tx, token_hash, now_ms) if token_hash else None
        if reader is not None and not _is_of(reader, hello, device):
            reader = None
        head = tx.zone.get()
    welcome = Welcome(
        protocol=PROTOCOL_VERSION,
        hub_ms=now_ms,
        epoch=head.epoch,
        session=reader is not None,
        seq=device.seq,
        link=device.link,
        feeds=pages.heads(reader.feeds) if reader else [],
        app_version_min=APP_VERSION_MIN,
        proof=hub.key.sign(chain.hello_statement(hub.zone, hello.nonce)),
    )
    return Greeted(welcome, reader, runs_of(settled))


def keep_report(hub: Hub, device: int, report: Report) -> None:
    """Keep what a device says of itself, for the console."""
    now_ms = hub.now_ms()
    with hub.store.write() as tx:
        tx.devices.report(
            device,
            now_ms,
            report.unsent,
            report.refused,
            report.unsent_attachments,
            report.wall_ms - now_ms,
        )


def _is_of(reader: Reader, hello: Hello, device: DeviceRow) -> bool:
    return reader.account == hello.account and reader.device == device.number
