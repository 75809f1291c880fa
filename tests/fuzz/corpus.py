"""Where fuzzing begins: the vectors, which hold every message, event, frame, state and number that we know of."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from sync.codec import encode_frame

VECTORS = Path(__file__).parents[2] / "sync" / "vectors"
# The states of the fold's vectors are many and alike.
STATES_MAX = 40


def seeds() -> Iterator[tuple[str, bytes]]:
    """(target, input)."""
    frames, messages = _read("frame"), _read("message")
    for row in frames["good"] + frames["bad"]:
        yield "frame", bytes.fromhex(row["frame"])
    yield "body", bytes.fromhex(frames["body"]["bytes"])
    clients = [bytes.fromhex(row["bytes"]) for row in messages["client"]]
    hubs = [bytes.fromhex(row["bytes"]) for row in messages["hub"]]
    yield from (("client-message", one) for one in clients)
    yield from (("hub-message", one) for one in hubs)
    yield from (("to-hub", _chunk(one) + _chunk(encode_frame(one))) for one in clients)
    yield from (("to-device", _chunk(one)) for one in hubs)
    yield "to-hub", b"".join(map(_chunk, clients))
    yield "to-device", b"".join(map(_chunk, hubs))
    for row in _read("event"):
        yield "event", bytes.fromhex(row["bytes"])
    for one in _read("chain")["events"]:
        yield "event", bytes.fromhex(one)
    for row in _read("fold")[:STATES_MAX]:
        yield "state", bytes.fromhex(row["state"])
    for rows in _read("number").values():
        for row in rows:
            text = row.get("raw", row.get("text", ""))
            yield "number", str(text).encode(errors="replace")
    yield "record", _item_record()
    for format_ in ("PNG", "JPEG", "WEBP"):
        out = BytesIO()
        Image.new("RGB", (3, 2), (200, 30, 77)).save(out, format_)
        yield "picture", out.getvalue()


def _chunk(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def _item_record() -> bytes:
    return msgspec.msgpack.encode(
        {
            "id": "SCJG-001",
            "version": "2026.1",
            "itemTypeCode": "01",
            "caseType": "instant",
            "acceptanceMode": "own_window_unified",
            "implementations": [{"orgId": "SCJG", "implementationCode": "1"}],
            "name": "名称",
        }
    )
