"""The guides of a process: encoded once, and never older than the catalogue."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from server.flows import guide
from server.flows.guide import Guide, Guides
from server.flows.load_zone import load_zone
from server.flows.refusals import Code, Refusal
from server.settings import Settings
from tests.server.conftest import Still


def test_a_guide_is_encoded_once_and_anew_when_the_catalogue_changed(
    still: Still, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bytes] = []
    decode = guide._decode

    def counting(record: bytes) -> dict[str, object]:
        decoded.append(record)
        return decode(record)

    monkeypatch.setattr(guide, "_decode", counting)
    guides = Guides(still.hub)
    listed, item = guides.list_items(), guides.get_item("SCJG-001")
    assert isinstance(item, Guide) and len(decoded) > 80
    decoded.clear()
    assert guides.list_items() is listed and guides.get_item("SCJG-001") is item
    assert decoded == [], "nothing was read again"
    assert gzip.decompress(listed.gzip) == listed.json

    shutil.copytree(Settings().zone, tmp_path / "zone")
    file = tmp_path / "zone" / "catalogue.json"
    catalogue = json.loads(file.read_text("utf-8"))
    (one,) = [one for one in catalogue["items"] if one["id"] == "SCJG-001"]
    one["name"] = "换了名称的事项"
    file.write_text(json.dumps(catalogue), "utf-8")
    load_zone(still.hub, tmp_path / "zone")

    anew, changed = guides.list_items(), guides.get_item("SCJG-001")
    assert isinstance(changed, Guide) and json.loads(changed.json)["name"] == one["name"]
    assert one["name"] in [each["name"] for each in json.loads(anew.json)["items"]]
    assert anew.etag != listed.etag and changed.etag != item.etag


def test_what_is_no_item_is_not_found_and_not_kept(still: Still) -> None:
    guides = Guides(still.hub)
    guides.list_items()
    for name in ("", "NO-1"):
        answer = guides.get_item(name)
        assert isinstance(answer, Refusal) and answer.code == Code.NOT_FOUND
