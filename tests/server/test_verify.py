"""`verify` finds each kind of planted corruption and names the place; `rebuild` mends what can be made again."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.flows.console import revoke_device
from server.flows.hub import Hub, new_stream, open_hub
from server.flows.rebuild import rebuild
from server.flows.uploads import append_upload, begin_upload
from server.flows.verify import verify
from server.store.engine import sqlite_url
from server.store.files import PhotoFolder
from server.store.store import Store
from sync import chain
from sync.event import Edit
from tests.server.conftest import Wall
from tests.server.inside import enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.test_photos import offer, photo_of, picture, signed

CLERK = "dating.shouli1"


@dataclass
class Folder:
    """A database and its photos; the file may be changed behind the hub's back."""

    path: Path

    def open(self) -> Hub:
        files = PhotoFolder(self.path / "attachments")
        return open_hub(Store.open(sqlite_url(self.path / "zongchuang.db")), files, Wall())

    def plant(self, statement: str) -> int:
        """Run SQL; how many rows it touched."""
        with sqlite3.connect(self.path / "zongchuang.db") as connection:
            touched = connection.execute(statement).rowcount
        connection.close()
        return touched

    def difference(self) -> str | None:
        hub = self.open()
        found = verify(hub).difference
        hub.store.close()
        return found


@pytest.fixture(scope="module")
def worked(loaded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day's work: cases, an acceptance, a void and a refused event, a parked one, a photo and half of another."""
    folder = Folder(tmp_path_factory.mktemp("worked"))
    (folder.path / "attachments").mkdir()
    shutil.copy(loaded_database, folder.path / "zongchuang.db")
    hub = folder.open()
    ms = hub.now_ms()
    tablet = enrol_tablet(hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    first = tablet.receive(item(hub), clerk, ms=ms, photos=[photo_of(content)])
    tablet.receive(item(hub, "ZWJ-001"), clerk, ms=ms)
    tablet.act("case.accept", first, clerk, ms=ms)
    tablet.act("case.accept", first, clerk, ms=ms)
    tablet.write_bytes(b"\xc1")
    absent = new_stream(ms, os.urandom)
    tablet.write("case.edit", absent, clerk, Edit({"k": "v"}), ms=ms, seen=[(99, 1)])
    codes = push(hub, tablet.push())
    assert codes == ["ok", "ok", "ok", "ok", "malformed", "stream-missing"]
    offer(hub, tablet, content)
    half = picture(colour=200)
    begin_upload(hub, signed(hub, tablet, half), len(half))
    append_upload(hub, signed(hub, tablet, half), 0, half[:100])
    lost = enrol_tablet(hub)
    revoke_device(hub, sign_in_console(hub, "xitong"), lost.number, "丢失")
    assert verify(hub).difference is None
    hub.store.close()
    return folder.path


@pytest.fixture
def folder(worked: Path, tmp_path: Path) -> Folder:
    path = tmp_path / "copy"
    shutil.copytree(worked, path)
    return Folder(path)


LAST = "(SELECT max(position) FROM ledger)"
PLANTED = [
    ("UPDATE ledger SET event = x'90' WHERE position = 200", "ledger position 200: chain"),
    ("UPDATE ledger SET verdict = 'ok' WHERE verdict = 'malformed'", "ledger position 240: chain"),
    ("UPDATE ledger SET hub_ms = hub_ms + 1 WHERE position = 3", "ledger position 3: chain"),
    ("UPDATE ledger SET seq = 999 WHERE position = 7", "ledger position 7: chain"),
    ("UPDATE ledger SET chain = zeroblob(32) WHERE position = 9", "ledger position 9: chain"),
    ("DELETE FROM ledger WHERE position = 50", "ledger position 50: missing, next is 51"),
    (f"DELETE FROM ledger WHERE position = {LAST}", "zone head: says"),
    ("UPDATE zone SET position = position + 1", "zone head: says"),
    ("UPDATE zone SET chain = zeroblob(32)", "zone head: says"),
    ("UPDATE ledger SET link = zeroblob(32) WHERE device = 2 AND seq = 2", "device 2 seq 2: link"),
    ("UPDATE device SET link = zeroblob(32) WHERE number = 2", "device 2: head says 6"),
    ("UPDATE device SET seq = 9 WHERE number = 2", "device 2: head says 9"),
    ("UPDATE device SET point = 'JZ' WHERE number = 2", "device 2: not as it was enrolled"),
    ("UPDATE device SET stream = x'00' WHERE number = 2", "device 2: not as it was enrolled"),
    ("UPDATE device SET revoked_ms = 0 WHERE number = 3", "device 3: not as it was revoked"),
    ("UPDATE device SET revoked_ms = 1 WHERE number = 2", "device 2: not as it was revoked"),
    ("UPDATE device SET forked_ms = 1 WHERE number = 2", "device 2: its branches"),
    ("UPDATE ledger SET type = 'case.edit' WHERE type = 'case.accept'", "ledger position 238: stream"),
    ("UPDATE ledger SET type = 'epoch.begin' WHERE position = 5", "ledger position 5: no epoch"),
    ("UPDATE parked SET stream = x'00'", "device 2 seq 6: not parked"),
    ("UPDATE parked SET reason = 'x'", "device 2 seq 6: not parked"),
    ("DELETE FROM parked_cause", "parked: causes"),
    ("DELETE FROM parked", "device 2: head says 6"),
    ("UPDATE parked SET event = x'90'", "device 2 seq 6: link"),
    ("DELETE FROM push_signature WHERE device = 2", "device 2 seq 6: no signature"),
    ("UPDATE push_signature SET signature = zeroblob(64) WHERE device = 2", "device 2 seq 6: signa"),
    ("UPDATE feed_entry SET position = 1 WHERE feed = 1 AND n = 5", "feed zone entry 5"),
    ("UPDATE feed_entry SET hash = zeroblob(32) WHERE feed = 2 AND n = 1", "feed point:HALL entry 1"),
    ("DELETE FROM feed_entry WHERE feed = 1 AND n = 4", "feed zone entry 4"),
    ("UPDATE feed SET n = n - 1 WHERE name = 'zone'", "feed zone: head says"),
    ("UPDATE feed SET hash = zeroblob(32) WHERE name = 'point:HALL'", "feed point:HALL: head says"),
    ("DELETE FROM stream_feed WHERE feed = 2", "stream in feed"),
    ("UPDATE stream_feed SET feed = 99 WHERE feed = 2", "stream in feed"),
    ("UPDATE case_record SET state = 'approved' WHERE state = 'accepted'", "case "),
    ("UPDATE case_record SET id_last4 = '0000'", "case "),
    ("UPDATE case_record SET fold = x'80'", "case "),
    ("DELETE FROM case_record WHERE state = 'received'", "case "),
    ("DELETE FROM void_event", "void event "),
    ("UPDATE record SET record = x'80' WHERE id = 'HALL'", "record "),
    ("DELETE FROM item_version WHERE item = 'SCJG-001'", "item version SCJG-001"),
    ("UPDATE account SET username = 'x' WHERE username = 'xitong'", "account "),
    ("UPDATE grant_span SET until_ms = until_ms * 2", "grant "),
    ("DELETE FROM attachment_use", "use of photo "),
    ("UPDATE upload SET received = received - 1", "upload 2 "),
    ("DELETE FROM upload_part", "upload 2 "),
]  # fmt: skip
MENDED = [
    one
    for one in PLANTED
    if one[1].split()[0] in {"case", "void", "record", "item", "account", "grant", "use"}
]


@pytest.mark.parametrize(("statement", "named"), PLANTED)
def test_planted_corruption_is_found_and_named(folder: Folder, statement: str, named: str) -> None:
    assert folder.plant(statement) > 0
    found = folder.difference()
    assert found is not None and found.startswith(named), found


def test_an_event_that_cannot_count_is_named_though_the_chain_fits(folder: Folder) -> None:
    """Who holds the database can chain anew what they changed; what is left must be told, not stumbled over."""
    assert folder.plant("UPDATE ledger SET verdict = 'ok' WHERE verdict = 'malformed'") == 1
    chained, end = chain.feed_start("ledger"), 0
    with sqlite3.connect(folder.path / "zongchuang.db") as connection:
        rows = connection.execute(
            "SELECT position, device, seq, hub_ms, verdict, event FROM ledger ORDER BY position"
        ).fetchall()
        for position, *parts in rows:
            chained, end = chain.next_hash(chained, chain.entry_hash(position, *parts)), position
            connection.execute(
                "UPDATE ledger SET chain = ? WHERE position = ?", (chained, position)
            )
        connection.execute("UPDATE zone SET chain = ?, position = ?", (chained, end))
    connection.close()
    found = folder.difference()
    assert found == "ledger position 240: an `ok` event that cannot be read", found


@pytest.mark.parametrize(("statement", "named"), MENDED)
def test_rebuilding_mends_a_projection(folder: Folder, statement: str, named: str) -> None:
    folder.plant(statement)
    hub = folder.open()
    assert rebuild(hub) == 244
    assert verify(hub).difference is None, named
    hub.store.close()


def change(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("damage", [change, lambda content: content[:-1], lambda _: None])
def test_a_damaged_photo_is_named(folder: Folder, damage: Callable[[bytes], bytes | None]) -> None:
    photo = next((folder.path / "attachments").glob("*/*"))
    left = damage(photo.read_bytes())
    photo.unlink()
    if left is not None:
        photo.write_bytes(left)
    assert folder.difference() == f"photo {photo.name}: bytes"


def test_rebuilding_what_is_whole_changes_nothing(folder: Folder) -> None:
    hub = folder.open()
    with hub.store.read() as tx:
        before = list(tx.cases.walk_all())
    rebuild(hub)
    with hub.store.read() as tx:
        assert list(tx.cases.walk_all()) == before
    hub.store.close()
