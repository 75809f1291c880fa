"""The keys that seal what lies on a device: made at the first sign-in, kept by the hub, and then always the same.

The device is given each sealed as well, so that a hub that was restored from a backup of before finds it again
where it is needed: at the sign-in of whom it opens something for. Nobody but the hub can open or make one.
"""

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from server.flows.hub import Hub
from server.store.devices import DeviceRow
from server.store.store import Transaction

KEY_BYTES = 32
PURPOSE = b"escrow"
_IV_BYTES = 12


class Escrow(Struct, array_like=True, frozen=True):
    """A key at rest, and whose it is; account empty: the device's own."""

    device: int
    account: bytes
    key: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Escrow)


def key_at_rest(hub: Hub, tx: Transaction, row: DeviceRow, account: bytes, shown: bytes) -> bytes:
    """The key of this account on this device; `shown`: what the device was given of it, or nothing."""
    key = tx.devices.find_key(row.number, account)
    if key is None:
        key = _open(hub, tx, row, account, shown) or hub.random(KEY_BYTES)
        tx.devices.keep_key(row.number, account, key)
    return key


def seal(hub: Hub, escrow: Escrow) -> bytes:
    """IV (12) ‖ AES-GCM-256 ciphertext and tag, under a secret of the hub's."""
    iv = hub.random(_IV_BYTES)
    return iv + _cipher(hub).encrypt(iv, _encoder.encode(escrow), None)


def _open(hub: Hub, tx: Transaction, row: DeviceRow, account: bytes, shown: bytes) -> bytes | None:
    """The key within, if it is of this account on this device under any number that it had."""
    try:
        plain = _cipher(hub).decrypt(shown[:_IV_BYTES], shown[_IV_BYTES:], None)
    except (InvalidTag, ValueError):
        return None
    escrow = _decoder.decode(plain)
    is_own = escrow.account == account and escrow.device in {row.number, *_former(tx, row)}
    return escrow.key if is_own else None


def _former(tx: Transaction, row: DeviceRow) -> list[int]:
    numbers: list[int] = []
    while row.former:
        numbers.append(row.former)
        row = tx.devices.get(row.former)
    return numbers


def _cipher(hub: Hub) -> AESGCM:
    return AESGCM(hub.key.derive(PURPOSE))
