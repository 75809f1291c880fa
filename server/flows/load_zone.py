"""Loading a zone's files: its records and accounts as events of the hub's own log, once.

Idempotent: a record that stands already is not written again, and files that were loaded last
(by their digest) are not even read through, so that a second start is quick.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from server.flows.batch import Batch
from server.flows.hub import Hub, enrolment_of, new_stream
from server.flows.passwords import hash_password
from server.flows.zone_files import read_zone_files, zone_stands
from server.store.devices import HUB_DEVICE
from server.store.store import Transaction
from server.zone.pinyin import search_keys
from sync.event import AccountSet, Record, Role

# Which list of the catalogue becomes which type of record, in the order of the ledger.
RECORD_LISTS = (
    ("departments", "department.set"),
    ("points", "point.set"),
    ("windows", "window.set"),
    ("items", "item.publish"),
    ("bundles", "bundle.set"),
    ("dataResources", "resource.set"),
)
_encoder = msgspec.msgpack.Encoder()
_raw_decoder = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many records and accounts were written; nothing when the zone stood already."""

    records: int
    accounts: int


def load_zone(hub: Hub, folder: Path) -> Loaded:
    """Bring the zone's records and accounts to what the files in `folder` say."""
    files = read_zone_files(folder)
    if zone_stands(hub, files):
        return Loaded(0, 0)
    catalogue, aliases, accounts = files.parse()
    with hub.store.read() as tx:
        known = {row.username for row in tx.accounts.all()}
    # Outside the writing transaction: these take a second in all.
    hashes = {
        one["username"]: hash_password(one["password"])
        for one in accounts["accounts"]
        if one["username"] not in known
    }
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        _enrol_self(tx, batch)
        records = _put_records(hub, tx, batch, _records(catalogue, aliases))
        names = _put_accounts(hub, tx, batch, accounts["accounts"], hashes)
        batch.close()
        tx.zone.mark_loaded(files.digest, catalogue["area"]["name"])
    return Loaded(records, names)


def _enrol_self(tx: Transaction, batch: Batch) -> None:
    own = tx.devices.get(HUB_DEVICE)
    if own.seq == 0:
        batch.author("device.enrol", own.stream, enrolment_of(own))


def _records(catalogue: Any, aliases: dict[str, list[str]]) -> list[tuple[str, str, Any]]:
    """(type, id, record) of everything that the zone publishes."""
    found: list[tuple[str, str, Any]] = []
    for key, type_ in RECORD_LISTS:
        for record in catalogue[key]:
            if type_ == "item.publish":
                names = aliases.get(record["id"], [])
                keys = search_keys(record["name"], names)
                more = {"version": catalogue["version"], "aliases": names, "searchKeys": keys}
                found.append((type_, record["id"], {**record, **more}))
            else:
                found.append((type_, record["id"], record))
    for entry in catalogue["dutyRoster"]["entries"]:
        id_ = f"{entry['departmentId']}-{entry['weekday']}-{entry['pointId']}"
        found.append(("duty.set", id_, entry))
    return found


def _put_records(
    hub: Hub, tx: Transaction, batch: Batch, records: list[tuple[str, str, Any]]
) -> int:
    standing = {(row.type, row.id): row for row in tx.records.all()}
    written = 0
    for type_, id_, record in records:
        encoded = _encoder.encode(record)
        row = standing.get((type_, id_))
        if row is not None and row.record == encoded:
            continue
        stream = row.stream if row else new_stream(batch.hub_ms, hub.random)
        batch.author(type_, stream, Record(id_, _raw_decoder.decode(encoded)))
        written += 1
    return written


def _put_accounts(
    hub: Hub, tx: Transaction, batch: Batch, accounts: list[Any], hashes: dict[str, str]
) -> int:
    standing = {row.username: row for row in tx.accounts.all()}
    written = 0
    for one in accounts:
        body = AccountSet(one["username"], one["name"], msgspec.convert(one["roles"], list[Role]))
        row = standing.get(body.username)
        if row is not None and row.body == _encoder.encode(body):
            continue
        stream = row.stream if row else new_stream(batch.hub_ms, hub.random)
        batch.author("account.set", stream, body)
        # A password that somebody has changed since is theirs.
        if row is None:
            tx.accounts.set_credential(stream, hashes[body.username], batch.hub_ms)
        written += 1
    return written
