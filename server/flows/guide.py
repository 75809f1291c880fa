"""The public catalogue: every item's guide, as published last, for whoever asks.

Refusal: not-found.
"""

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal

# What a list shows; the rest of an item is fetched when somebody opens it.
LISTED = (
    "id", "name", "departmentId", "department", "itemType", "caseType", "caseTypeZh",
    "promisedDays", "promisedDayUnit", "visits", "points", "highFrequency", "aliases", "searchKeys",
    "basicCode", "serviceObjectCodes", "outcome", "sampleWeight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as JSON, with the ETag of that state of the catalogue."""

    json: bytes
    etag: str


def list_items(hub: Hub) -> Guide:
    """Every item in short, with the points and departments that the list names."""
    with hub.store.read() as tx:
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


def get_item(hub: Hub, item: str) -> Guide | Refusal:
    """One item, whole."""
    with hub.store.read() as tx:
        row = tx.records.find("item.publish", item)
    if row is None:
        return Refusal(Code.NOT_FOUND)
    return _guide(_decode(row.record))


def _guide(value: object) -> Guide:
    encoded = msgspec.json.encode(value)
    # Weak: the same catalogue, however its bytes are packed.
    return Guide(encoded, f'W/"{sha256(encoded).hexdigest()[:32]}"')


def _decode(record: bytes) -> dict[str, object]:
    return msgspec.msgpack.decode(record, type=dict[str, object])


def _short(record: dict[str, object], *keys: str) -> dict[str, object]:
    return {key: record[key] for key in keys if key in record}
