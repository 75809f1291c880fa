"""Backup and restore, on both databases: everything is in it, nothing is overwritten, nothing is given twice."""

import json
import stat
from functools import partial
from typing import Any

import pytest

from server.flows import backup
from server.flows.backup import (
    DATABASE,
    MANIFEST,
    BackupError,
    Manifest,
    back_up,
    read_manifest,
)
from server.flows.batch import Batch
from server.flows.hub import Hub, enrolment_of
from server.flows.rebuild import rebuild
from server.flows.restore import restore_file, restore_into
from server.flows.verify import verify
from server.store.devices import HUB_DEVICE
from server.store.files import PhotoFolder
from sync.errors import Parked
from sync.event import Act, BackupMade, Edit, decode_body, decode_head
from sync.feed import Taken, start
from sync.fold import CaseState, conflicts, decode_state
from sync.replica import Replica
from tests.server.conftest import Place, hub_of
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.test_grants import COLLEAGUE, signed_in
from tests.server.test_photos import offer, photo_of, picture

CLERK = "dating.shouli1"
HOUR_MS = 3_600_000


def state(hub: Hub, stream: bytes) -> CaseState:
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None
    return decode_state(row.fold)


def positions(hub: Hub, after: int = 0) -> list[int]:
    with hub.store.read() as tx:
        return [row.position for row in tx.ledger.walk_all() if row.position > after]


def test_everything_is_in_a_backup_and_comes_back(place: Place) -> None:
    hub, ms = hub_of(place), place.wall.ms
    tablet = enrol_tablet(hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    stream = tablet.receive(item(hub), clerk, ms=ms, photos=[photo_of(content)])
    tablet.act("case.accept", stream, clerk, ms=ms)
    assert push(hub, tablet.push()) == ["ok", "ok"]
    offer(hub, tablet, content)
    before = state(hub, stream)
    folder, manifest = back_up(hub, place.backups)
    assert manifest.difference == "" and manifest.photos == 1
    assert read_manifest(folder) == manifest
    for path in (folder / DATABASE, folder / MANIFEST, *place.backups.glob("attachments/*/*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path

    restored = place.restore(folder)
    assert restored.zone == hub.zone and restored.key.public == hub.key.public
    assert state(restored, stream) == before
    assert restored.files.read(photo_of(content).sha256) == content
    assert verify(restored).difference is None
    with restored.store.read() as tx:
        head, newest = tx.zone.get(), tx.backups.newest()
    assert restored.epoch > head.position - 3 > manifest.position and hub.epoch == 1
    assert newest is not None and newest.position == manifest.position
    # What the clerk wrote offline goes on counting.
    tablet.act("case.assign_review", stream, clerk, ms=ms)
    assert push(restored, tablet.push()) == ["ok", "ok", "ok"]


def test_the_hub_remembers_how_far_it_is_backed_up(place: Place) -> None:
    hub = hub_of(place)
    with hub.store.read() as tx:
        assert tx.backups.newest() is None
    _, manifest = back_up(hub, place.backups)
    with hub.store.read() as tx:
        newest = tx.backups.newest()
    assert newest is not None
    # Its last event says so to everybody.
    assert (newest.position, newest.taken_ms) == (positions(hub)[-2], place.wall.ms)
    assert newest.bytes == manifest.size
    with hub.store.read() as tx:
        told = list(tx.ledger.walk_all())[-1]
        assert tx.feeds.find("zone") is not None
    assert decode_body(decode_head(told.event)) == BackupMade(newest.position, place.wall.ms)
    assert verify(hub).difference is None


def test_work_waits_for_what_a_lost_hub_had_and_it_rested_on(place: Place) -> None:
    """Its author names what is in no backup yet, so that coming again first it is not judged without that."""
    hub = hub_of(place)
    here, there = enrol_tablet(hub, "HALL"), enrol_tablet(hub, "JZ")
    clerk = sign_in_on(hub, here, CLERK).account
    other = sign_in_on(hub, there, "jiuzhan.shouli").account
    stream = here.receive(item(hub), clerk, ms=place.wall.ms)
    folder, _ = back_up(hub, place.backups)
    here.write("case.transfer", stream, clerk, Act(reason="就近办理", point="JZ"), ms=place.wall.ms)
    assert push(hub, here.push()) == ["ok", "ok"]
    replica = Replica(there.number)
    with hub.store.read() as tx:
        rows = [row for row in tx.ledger.walk_all() if row.stream == stream]
    entries = [(row.position, row.device, row.seq, row.hub_ms, row.event) for row in rows]
    replica.accept(Taken(start("point:JZ"), list(entries)))
    seen = replica.seen([], stream)
    assert seen == [(here.number, 2), (here.number, 1)]
    base = replica.base(stream)
    there.write(
        "case.edit", stream, other, Edit({"k": "v"}), ms=place.wall.ms, base=base, seen=seen
    )
    assert push(hub, there.push()) == ["ok"]

    restored = place.restore(folder)
    assert push(restored, there.push()) == [Parked.STREAM_MISSING]
    assert push(restored, here.push(1, 1)) == ["ok"]
    with restored.store.read() as tx:
        assert [row.reason for row in tx.parking.all()] == [Parked.CAUSE_MISSING]
    assert push(restored, here.push()) == ["ok", "ok"]
    with restored.store.read() as tx:
        told = {(row.device, row.seq): row.verdict for row in tx.ledger.walk_all()}
    assert told[there.number, 1] == "ok"


def test_a_photo_that_was_damaged_where_it_goes_is_written_anew(place: Place) -> None:
    """In the backups' folder by the next backup; where the hub keeps them by a restore onto the old disk."""
    hub, tablet = hub_of(place), enrol_tablet(hub_of(place))
    content = picture()
    offer(hub, tablet, content)
    digest = photo_of(content).sha256
    back_up(hub, place.backups)
    (kept,) = place.backups.glob("attachments/*/*")
    kept.write_bytes(content[:-1])
    place.wall.ms += HOUR_MS
    folder, manifest = back_up(hub, place.backups)
    assert manifest.is_whole and kept.read_bytes() == content
    (place.folder / "life-1" / "attachments").mkdir(parents=True)
    PhotoFolder(place.folder / "life-1" / "attachments").write(digest, content[1:])
    restored = place.restore(folder)
    assert restored.files.read(digest) == content


def test_photos_are_kept_once_for_all_backups(place: Place) -> None:
    hub, tablet = hub_of(place), enrol_tablet(hub_of(place))
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    tablet.receive(item(hub), clerk, ms=place.wall.ms, photos=[photo_of(content)])
    push(hub, tablet.push())
    offer(hub, tablet, content)
    back_up(hub, place.backups)
    (kept,) = place.backups.glob("attachments/*/*")
    written = kept.stat().st_mtime_ns
    place.wall.ms += HOUR_MS
    back_up(hub, place.backups)
    assert [path.stat().st_mtime_ns for path in place.backups.glob("attachments/*/*")] == [written]
    assert len(list(place.backups.glob("2*"))) == 2


def test_work_that_the_backup_lacks_is_taken_again_though_its_sign_in_is_lost(place: Place) -> None:
    hub = hub_of(place)
    tablet = enrol_tablet(hub)
    folder, _ = back_up(hub, place.backups)
    place.wall.ms += HOUR_MS
    done = signed_in(hub, tablet)
    clerk = done.reader.account
    tablet.show(done, ms=place.wall.ms)
    content = picture()
    stream = tablet.receive(item(hub), clerk, ms=place.wall.ms, photos=[photo_of(content)])
    tablet.act("case.accept", stream, clerk, ms=place.wall.ms)
    assert push(hub, tablet.push()) == ["ok", "ok", "ok"]
    offer(hub, tablet, content)
    lost = state(hub, stream)
    given = positions(hub)

    place.wall.ms += HOUR_MS
    restored = place.restore(folder)
    tablet.write("case.edit", stream, clerk, Edit({"later": "x"}), ms=place.wall.ms)
    assert push(restored, tablet.push()) == ["ok", "ok", "ok", "ok"]
    offer(restored, tablet, content)
    again = state(restored, stream)
    assert again.state == lost.state and again.receipt_no == lost.receipt_no
    assert [stored for _, _, stored in again.attachments.values()] == [True]
    assert verify(restored).difference is None
    # Invariant 12: no position, and no number of the hub's, stands for two things.
    assert min(positions(restored, after=given[0] - 1)[-5:]) > given[-1]
    assert again.case_no and again.case_no != lost.case_no


def test_an_event_in_nobodys_name_is_still_refused_after_a_restore(place: Place) -> None:
    hub = hub_of(place)
    tablet = enrol_tablet(hub)
    folder, _ = back_up(hub, place.backups)
    restored = place.restore(folder)
    tablet.receive(item(restored), bytes(16), ms=place.wall.ms)
    assert push(restored, tablet.push()) == ["not-entitled"]


def test_nothing_is_given_twice_however_often_the_same_backup_is_restored(place: Place) -> None:
    folder, _ = back_up(hub_of(place), place.backups)
    seen: dict[str, set[object]] = {"position": set(), "own": set(), "device": set(), "case": set()}
    for _ in range(3):
        place.wall.ms += HOUR_MS
        hub = place.restore(folder)
        start = read_manifest(folder).position
        tablet = enrol_tablet(hub)
        clerk = sign_in_on(hub, tablet, CLERK).account
        stream = tablet.receive(item(hub), clerk, ms=place.wall.ms)
        tablet.act("case.accept", stream, clerk, ms=place.wall.ms)
        assert push(hub, tablet.push()) == ["ok", "ok"]
        with hub.store.read() as tx:
            rows = [row for row in tx.ledger.walk_all() if row.position > start]
        fresh: dict[str, set[object]] = {
            "position": {row.position for row in rows},
            "own": {row.seq for row in rows if row.device == HUB_DEVICE},
            "device": {tablet.number},
            "case": {state(hub, stream).case_no},
        }
        for what, given in fresh.items():
            assert given and not given & seen[what], what
            seen[what] |= given
        assert verify(hub).difference is None


def test_what_was_seen_before_the_loss_overwrites_nothing_that_came_after(place: Place) -> None:
    hub = hub_of(place)
    here, there = enrol_tablet(hub), enrol_tablet(hub)
    clerk = sign_in_on(hub, here, CLERK).account
    other = sign_in_on(hub, there, CLERK).account
    stream = here.receive(item(hub), clerk, ms=place.wall.ms)
    assert push(hub, here.push()) == ["ok"]
    folder, _ = back_up(hub, place.backups)
    # A hundred positions go by that the backup lacks; the clerk here has seen them all.
    for n in range(100):
        here.write("case.edit", stream, clerk, Edit({"note": str(n)}), ms=place.wall.ms)
    push(hub, here.push())
    base = positions(hub)[-1]
    place.wall.ms += HOUR_MS
    restored = place.restore(folder)
    here.write(
        "case.edit", stream, clerk, Edit({"proposedName": "甲"}), ms=place.wall.ms, base=base
    )
    there.write("case.edit", stream, other, Edit({"proposedName": "乙"}), ms=place.wall.ms)
    assert push(restored, there.push()) == ["ok"]
    push(restored, here.push())
    assert conflicts(state(restored, stream)) == ["f:proposedName"]


def test_a_restore_never_overwrites(place: Place) -> None:
    hub = hub_of(place)
    folder, _ = back_up(hub, place.backups)
    before, data = positions(hub), place.folder
    again = (
        partial(restore_file, folder, data, data / DATABASE)
        if place.cluster is None
        else partial(restore_into, folder, data, hub.store)
    )
    with pytest.raises(BackupError, match="never overwrites"):
        again(PhotoFolder(data / "attachments"), place.wall)
    assert positions(hub) == before and not list(place.folder.glob("restore.*"))


def test_a_second_backup_in_the_same_second_is_no_backup(place: Place) -> None:
    hub = hub_of(place)
    back_up(hub, place.backups)
    with pytest.raises(BackupError, match="is there already"):
        back_up(hub, place.backups)


def test_what_a_killed_backup_left_is_removed_by_the_next(place: Place) -> None:
    left = place.backups / "20260101T000000Z.part"
    left.mkdir(parents=True)
    (left / DATABASE).write_bytes(b"with the hub's key")
    (place.backups / "notes.part").mkdir()
    folder, _ = back_up(hub_of(place), place.backups)
    assert not left.exists()
    assert {path.name for path in place.backups.glob("*.part")} == {"notes.part"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_backup_that_is_under_way_is_left_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_of(place)
    fill = backup._fill

    def meanwhile(*args: Any) -> Manifest:
        place.wall.ms += 60_000
        with pytest.raises(BackupError, match="under way"):
            back_up(hub, place.backups)
        return fill(*args)

    monkeypatch.setattr(backup, "_fill", meanwhile)
    folder, manifest = back_up(hub, place.backups)
    assert read_manifest(folder) == manifest


@pytest.mark.parametrize("damage", ["database", "manifest", "photo", "none"])
def test_a_damaged_backup_is_not_restored(place: Place, damage: str) -> None:
    hub, tablet = hub_of(place), enrol_tablet(hub_of(place))
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    tablet.receive(item(hub), clerk, ms=place.wall.ms, photos=[photo_of(content)])
    push(hub, tablet.push())
    offer(hub, tablet, content)
    folder, _ = back_up(hub, place.backups)
    match damage:
        case "database":
            path = folder / DATABASE
            path.write_bytes(path.read_bytes()[:-1] + b"\1")
        case "manifest":
            told = json.loads((folder / MANIFEST).read_bytes())
            (folder / MANIFEST).write_text(json.dumps({**told, "zone": "00" * 16}))
        case "photo":
            (photo,) = place.backups.glob("attachments/*/*")
            photo.write_bytes(b"another")
        case _:
            folder = place.backups / "nothing"
    with pytest.raises(BackupError):
        place.restore(folder)


def test_a_hub_that_lost_a_photo_is_backed_up_all_the_same_but_does_not_count_it(
    place: Place,
) -> None:
    hub, tablet = hub_of(place), enrol_tablet(hub_of(place))
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    tablet.receive(item(hub), clerk, ms=place.wall.ms, photos=[photo_of(content)])
    push(hub, tablet.push())
    offer(hub, tablet, content)
    (photo,) = (place.folder / "attachments").glob("*/*")
    photo.unlink()
    folder, manifest = back_up(hub, place.backups)
    assert manifest.missing == [photo.name] and not manifest.is_whole
    with hub.store.read() as tx:
        assert tx.backups.newest() is None
    restored = place.restore(folder)
    # The tablet still has it, and offers it again.
    offer(restored, tablet, content)
    assert restored.files.read(photo_of(content).sha256) == content
    assert verify(restored).difference is None


def test_verify_finds_an_epoch_that_was_moved(place: Place) -> None:
    folder, manifest = back_up(hub_of(place), place.backups)
    hub = place.restore(folder)
    with hub.store.write() as tx:
        head = tx.zone.lock()
        tx.zone.skip_to(head.position + 1)
        batch = Batch(hub, tx)
        own = tx.devices.get(HUB_DEVICE)
        batch.author("device.enrol", own.stream, enrolment_of(own))
        batch.close()
    found = verify(hub).difference
    assert found is not None and found.startswith("ledger position"), found
    assert manifest.position < positions(hub)[-1]


def test_work_under_a_lost_sign_in_is_taken_where_the_hub_had_signed_it(place: Place) -> None:
    tablet = enrol_tablet(hub_of(place))
    folder, _ = back_up(hub_of(place), place.backups)
    place.wall.ms += HOUR_MS
    done = signed_in(hub_of(place), tablet)
    tablet.show(done, ms=place.wall.ms)
    tablet.receive(item(hub_of(place)), done.reader.account, ms=place.wall.ms)
    assert push(hub_of(place), tablet.push()) == ["ok", "ok"]
    hub = place.restore(folder)
    assert push(hub, tablet.push()) == ["ok", "ok"]
    place.wall.ms = done.until_ms + 1
    tablet.receive(item(hub), done.reader.account, ms=place.wall.ms)
    assert push(hub, tablet.push(3)) == ["grant-expired"]
    assert verify(hub).difference is None
    rebuild(hub)
    assert verify(hub).difference is None


def test_nobody_else_gains_by_what_was_lost(place: Place) -> None:
    """An enrolled device cannot write as whoever it likes for the time between backup and restore."""
    tablet = enrol_tablet(hub_of(place))
    colleague = signed_in(hub_of(place), enrol_tablet(hub_of(place)), COLLEAGUE).reader.account
    folder, _ = back_up(hub_of(place), place.backups)
    place.wall.ms += HOUR_MS
    lost_ms = place.wall.ms
    place.wall.ms += HOUR_MS
    hub = place.restore(folder)
    tablet.receive(item(hub), colleague, ms=lost_ms)
    tablet.receive(item(hub), colleague, ms=place.wall.ms)
    assert push(hub, tablet.push()) == ["grant-expired", "grant-expired"]
