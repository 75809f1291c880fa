"""What the hub must be able to read of a zone's record before it lets it in (docs/protocol.md, section 6).

A record is free in what else it says; these are the parts that everybody relies on. A record without them would stop
whoever reads it next: the judging of receipts, the guide, the console.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from sync.event import strictly


class Implementation(Struct, rename="camel"):
    """Who handles an item, under which implementation code."""

    org_id: str
    implementation_code: str


class ItemRecord(Struct, rename="camel"):
    """What judging a receipt needs of an item's record."""

    id: str
    version: str
    item_type_code: str
    case_type: str
    acceptance_mode: str
    implementations: list[Implementation]


class Named(Struct):
    """Any record, as far as its name."""

    name: str = ""


_encoder = msgspec.msgpack.Encoder()
_json_encoder = msgspec.json.Encoder()
_named_decoder = msgspec.msgpack.Decoder(Named)
_plain_decoder = msgspec.msgpack.Decoder(dict[str, Any])
item_decoder = msgspec.msgpack.Decoder(ItemRecord)


def is_readable(type_: str, id_: str, record: Mapping[str, msgspec.Raw]) -> bool:
    """Whether this record of `type_`, with the id of its event's body, can stand."""
    data = _encoder.encode(record)
    try:
        strictly(_named_decoder, data)
        # The guide gives records as JSON.
        _json_encoder.encode(strictly(_plain_decoder, data))
        return type_ != "item.publish" or strictly(item_decoder, data).id == id_
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return False
