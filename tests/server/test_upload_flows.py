"""Uploads inside the hub: they expire, are bounded a device, and survive a place for photos that is away."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from server.flows.attachments import store_attachment
from server.flows.batch import Batch
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.flows.tidy import tidy
from server.flows.uploads import (
    UPLOAD_MS,
    UPLOADS_PER_DEVICE_MAX,
    Standing,
    append_upload,
    begin_upload,
    find_upload,
)
from server.flows.verify import verify
from server.store.errors import BusyError
from sync.event import DeviceRevoke
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet
from tests.server.test_photos import picture, signed


def received(standing: Standing | Refusal) -> int:
    assert isinstance(standing, Standing), standing
    return standing.received


def test_an_upload_expires_after_its_last_byte(still: Still) -> None:
    hub, wall, tablet = still.hub, still.wall, enrol_tablet(still.hub)
    content = picture()
    offer = signed(hub, tablet, content)
    begin_upload(hub, offer, len(content))
    wall.ms += UPLOAD_MS - 1
    assert received(append_upload(hub, offer, 0, content[:9])) == 9
    wall.ms += UPLOAD_MS - 1
    assert received(find_upload(hub, offer)) == 9
    wall.ms += 1
    assert find_upload(hub, offer) == Refusal(Code.NOT_FOUND)
    assert append_upload(hub, offer, 9, content[9:]) == Refusal(Code.NOT_FOUND)
    assert tidy(hub) >= 1
    with hub.store.read() as tx:
        assert tx.uploads.all() == []
        assert tx.uploads.content(offer.device, offer.digest) == b""


def test_what_expired_is_gone_when_another_begins(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    old, new = picture("PNG", colour=1), picture("PNG", colour=2)
    begin_upload(hub, signed(hub, tablet, old), len(old))
    still.wall.ms += UPLOAD_MS
    begin_upload(hub, signed(hub, tablet, new), len(new))
    with hub.store.read() as tx:
        assert [row.sha256 for row in tx.uploads.all()] == [sha256(new).digest()]


def test_a_device_begins_only_so_many(still: Still) -> None:
    hub, tablet, other = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub)
    contents = [picture("PNG", colour=n) for n in range(UPLOADS_PER_DEVICE_MAX + 2)]
    begin_upload(hub, signed(hub, other, contents[0]), len(contents[0]))
    for content in contents:
        still.wall.ms += 1
        begin_upload(hub, signed(hub, tablet, content), len(content))
    gone = [find_upload(hub, signed(hub, tablet, content)) for content in contents[:2]]
    assert gone == [Refusal(Code.NOT_FOUND)] * 2
    standing = [find_upload(hub, signed(hub, tablet, content)) for content in contents[2:]]
    assert [received(one) for one in standing] == [0] * UPLOADS_PER_DEVICE_MAX
    assert received(find_upload(hub, signed(hub, other, contents[0]))) == 0


def test_the_same_photo_of_another_size_is_somebody_s_mistake(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content = picture()
    digest = sha256(content).digest()
    longer = signed(hub, tablet, content + b"!", digest)
    assert received(begin_upload(hub, longer, len(content) + 1)) == 0
    append_upload(hub, longer, 0, content)
    offer = signed(hub, tablet, content)
    assert received(begin_upload(hub, offer, len(content))) == 0, "begun anew"
    assert received(append_upload(hub, offer, 0, content)) == len(content)
    assert received(begin_upload(hub, longer, len(content) + 1)) == 0, "as if it were not here"
    assert append_upload(hub, longer, 0, content + b"!") == Refusal(Code.ATTACHMENT_HASH)


def test_a_revoked_device_brings_nothing_more(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content = picture()
    offer = signed(hub, tablet, content)
    begin_upload(hub, offer, len(content))
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        stream = tx.devices.get(tablet.number).stream
        batch.author("device.revoke", stream, DeviceRevoke(tablet.number, "lost"))
        batch.close()
    refusal = Refusal(Code.DEVICE_REVOKED)
    assert append_upload(hub, offer, 0, content) == refusal
    assert begin_upload(hub, offer, len(content)) == refusal
    assert find_upload(hub, offer) == refusal


class Away:
    """A place for photos that fails, before or after the photo is durable there."""

    def __init__(self, hub: Hub, *, late: bool) -> None:
        self._files, self._late = hub.files, late

    def read(self, digest: bytes) -> bytes | None:
        return self._files.read(digest)

    def write(self, digest: bytes, content: bytes) -> None:
        if self._late:
            self._files.write(digest, content)
        raise BusyError("away")

    def check(self) -> None:
        raise OSError("away")


@pytest.mark.parametrize("late", [False, True])
def test_a_hub_that_dies_at_the_last_byte_has_all_but_those(still: Still, late: bool) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content = picture()
    offer = signed(hub, tablet, content)
    begin_upload(hub, offer, len(content))
    append_upload(hub, offer, 0, content[:100])
    with pytest.raises(BusyError):
        append_upload(replace(hub, files=Away(hub, late=late)), offer, 100, content[100:])
    assert received(find_upload(hub, offer)) == 100
    assert verify(hub).difference is None
    done = append_upload(hub, offer, 100, content[100:])
    assert isinstance(done, Standing) and done.stored
    assert hub.files.read(offer.digest) == content


@pytest.mark.parametrize("meanwhile", ["given up", "stored"])
def test_what_happens_while_the_last_byte_is_written(
    still: Still, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, tablet, other = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub)
    content = picture()
    offer = signed(hub, tablet, content)
    begin_upload(hub, offer, len(content))

    def give_up() -> None:
        with hub.store.write() as tx:
            tx.uploads.remove(offer.device, offer.digest)

    def bring() -> None:
        store_attachment(hub, other.number, offer.digest, content)

    act: Callable[[], None] = give_up if meanwhile == "given up" else bring
    written = type(hub.files).write

    def write(*args: object) -> None:
        monkeypatch.undo()
        written(*args)  # type: ignore[arg-type] - as it was called
        act()

    monkeypatch.setattr(type(hub.files), "write", write)
    done = append_upload(hub, offer, 0, content)
    assert isinstance(done, Standing) and done.stored
    with hub.store.read() as tx:
        assert [row.sha256 for row in tx.attachments.all()] == [offer.digest]
        assert tx.uploads.all() == []
    assert verify(hub).difference is None
