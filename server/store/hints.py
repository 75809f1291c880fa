"""Hints: what a transaction tells other processes when it commits (LISTEN/NOTIFY on PostgreSQL).

A hint carries no data, only where to look: whoever hears it reads for itself. It is given within the transaction, so
that it goes out if and only if that commits, in the order of the commits, and through a pooler too.
"""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

CHANNEL = "zongchuang"
# PostgreSQL takes fewer than 8,000.
PAYLOAD_BYTES_MAX = 7_900


class Hint(Struct, array_like=True, frozen=True):
    """The ledger's end before and after, the zone's number of changed rights, and whom it concerns.

    feeds: those that grew; devices: those whose parked events got a position. None: any may be.
    """

    before: int
    after: int
    access: int
    feeds: list[str] | None
    devices: list[int] | None


_decoder = msgspec.json.Decoder(Hint)


def decode_hint(payload: bytes) -> Hint:
    """Raises msgspec.DecodeError: another program's, or another version's."""
    return _decoder.decode(payload)


def give_hint(connection: Connection, hint: Hint) -> None:
    """Tell the other processes once this commits; a database of one process has nobody to tell."""
    if connection.dialect.name != "postgresql":
        return
    payload = msgspec.json.encode(hint)
    if len(payload) > PAYLOAD_BYTES_MAX:
        payload = msgspec.json.encode(msgspec.structs.replace(hint, feeds=None, devices=None))
    connection.execute(select(func.pg_notify(CHANNEL, payload.decode())))
