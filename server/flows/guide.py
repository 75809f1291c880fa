"""The public catalogue: every item's guide, as published last, for whoever asks.

Refusal: not-found.
"""

import gzip
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.store.store import Transaction

# What a list shows; the rest of an item is fetched when somebody opens it.
LISTED = (
    "id", "name", "departmentId", "department", "itemType", "caseType", "caseTypeZh",
    "promisedDays", "promisedDayUnit", "visits", "points", "highFrequency", "aliases", "searchKeys",
    "basicCode", "serviceObjectCodes", "outcome", "sampleWeight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as JSON, plain and packed, with the ETag of that state of the catalogue."""

    json: bytes
    gzip: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was encoded since the records changed at `position`; the list's key is empty."""

    position: int
    guides: dict[str, Guide] = field(default_factory=dict)


class Guides:
    """The guides of one process, each encoded once for every state of the catalogue; from any thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept = _Kept(-1)

    def list_items(self) -> Guide:
        """Every item in short, with the points and departments that the list names."""
        with self._hub.store.read() as tx:
            kept = self._as_of(tx)
            known = kept.guides.get("")
            if known is None:
                known = kept.guides[""] = _list(tx)
        return known

    def get_item(self, item: str) -> Guide | Refusal:
        """One item, whole."""
        with self._hub.store.read() as tx:
            kept = self._as_of(tx)
            known = kept.guides.get(item) if item else None
            if known is None:
                row = tx.records.find("item.publish", item)
                if row is None:
                    return Refusal(Code.NOT_FOUND)
                known = kept.guides[item] = _guide(_decode(row.record))
        return known

    def _as_of(self, tx: Transaction) -> _Kept:
        # The position is read before the records: they may be newer than what they are kept as, never older.
        position = tx.records.changed_at()
        kept = self._kept
        if kept.position != position:
            kept = self._kept = _Kept(position)
        return kept


def _list(tx: Transaction) -> Guide:
    items = [_decode(row.record) for row in tx.records.of_type("item.publish")]
    points = [_decode(row.record) for row in tx.records.of_type("point.set")]
    depts = [_decode(row.record) for row in tx.records.of_type("department.set")]
    return _guide(
        {
            "items": [{key: item[key] for key in LISTED if key in item} for item in items],
            "points": [_short(point, "id", "name", "serviceHours") for point in points],
            "departments": [_short(dept, "id", "name", "short", "consultPhone") for dept in depts],
        }
    )


def _guide(value: object) -> Guide:
    encoded = msgspec.json.encode(value)
    # Weak: the same catalogue, however its bytes are packed. The list is 55 kB plain, 8 kB packed: seconds on the
    # line of an old phone.
    return Guide(encoded, gzip.compress(encoded), f'W/"{sha256(encoded).hexdigest()[:32]}"')


def _decode(record: bytes) -> dict[str, object]:
    return msgspec.msgpack.decode(record, type=dict[str, object])


def _short(record: dict[str, object], *keys: str) -> dict[str, object]:
    return {key: record[key] for key in keys if key in record}
