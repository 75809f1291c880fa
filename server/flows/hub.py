"""The hub as every flow gets it: its store, key, files, and the world's time and randomness."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from server.flows.project import epoch_of
from server.keys import SigningKey
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.files import Files
from server.store.store import Store
from server.store.zone import ZoneHead
from sync import chain, clock
from sync.epoch import Epoch, newest
from sync.event import DeviceEnrol

KEY_SECRET = "hub-private-key"  # noqa: S105 - the name of a secret, not one
LEDGER_CHAIN = "ledger"


def wall_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Hub:
    """What a flow works with; `now_ms` and `random` are passed in so that tests hold the time."""

    store: Store
    files: Files
    zone: bytes
    key: SigningKey
    now_ms: Callable[[], int] = wall_ms
    random: Callable[[int], bytes] = secrets.token_bytes
    epochs: tuple[Epoch, ...] = ()
    """The restores so far; one more only while nothing serves."""

    @property
    def epoch(self) -> int:
        """The epoch that it is in, and speaks in."""
        return newest(self.epochs)


def new_stream(now_ms: int, random: Callable[[int], bytes]) -> bytes:
    """A stream's id: a UUIDv7 (RFC 9562)."""
    noise = random(10)
    return (
        now_ms.to_bytes(6, "big")
        + bytes([0x70 | noise[0] & 0x0F, noise[1], 0x80 | noise[2] & 0x3F])
        + noise[3:10]
    )


def open_hub(
    store: Store,
    files: Files,
    now_ms: Callable[[], int] = wall_ms,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Hub:
    """The hub of this database; makes zone and key when there is none yet.

    The hub's own enrolment, the first event of the ledger, is written by flows/load_zone.py.
    """
    with store.write() as tx:
        tx.zone.lock_founding()
        der = tx.secrets.find(KEY_SECRET)
        head = tx.zone.find()
        if der is not None and head is not None:
            epochs = tuple(map(epoch_of, tx.records.of_type("epoch.begin")))
            return Hub(store, files, head.zone, SigningKey.load(der), now_ms, random, epochs)
        assert der is None and head is None, "half a zone: restore a backup"
        key = SigningKey.generate()
        tx.secrets.put(KEY_SECRET, key.dump())
        zone = random(16)
        tx.zone.create(
            ZoneHead(
                zone=zone,
                name="",
                position=0,
                chain=chain.feed_start(LEDGER_CHAIN),
                hlc=clock.ZERO,
                loaded="",
                access=0,
            )
        )
        tx.devices.add(
            DeviceRow(
                number=HUB_DEVICE,
                stream=new_stream(now_ms(), random),
                suite=chain.SUITE_P256,
                public_key=key.public,
                point="",
                kind="hub",
                name="中心",
                seq=0,
                link=chain.log_start(key.public),
            )
        )
        return Hub(store, files, zone, key, now_ms, random)


def enrolment_of(row: DeviceRow) -> DeviceEnrol:
    """The body of `device.enrol` that says what this row says."""
    return DeviceEnrol(
        row.number,
        row.suite,
        row.public_key,
        row.point,
        row.name,
        row.kind,
        row.address,
        row.former,
    )
