"""Restoring a hub from a backup, where there is none: the same zone and key, in a new epoch.

Everything is made ready beside its place and verified there; only the last step makes it the hub's. The
new epoch's numbers begin where the lost hub cannot have been (sync/epoch.py), so that nothing is given
twice; devices see the new epoch, hold nothing for confirmed, and offer their logs and photos again.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from server.flows.backup import (
    DATABASE,
    PHOTOS,
    BackupError,
    Manifest,
    copy_photos,
    copy_rows,
    read_manifest,
    row_of,
)
from server.flows.batch import Batch
from server.flows.hub import Hub, new_stream, open_hub
from server.flows.verify import verify
from server.store.devices import HUB_DEVICE
from server.store.engine import sqlite_url
from server.store.files import Files, PhotoFolder
from server.store.schema import migrate
from server.store.store import Store
from sync.epoch import first_position
from sync.event import EpochBegin


def restore_file(
    folder: Path, data: Path, database: Path, files: Files, now_ms: Callable[[], int]
) -> Manifest:
    """Restore the backup in `folder` as the SQLite file `database`, in `data`. Raises BackupError."""
    if any(database.parent.glob(f"{database.name}*")):
        raise BackupError(f"{database} is there: a restore never overwrites")
    with TemporaryDirectory(prefix="restore.", dir=data) as made:
        ready, manifest = _make_ready(folder, Path(made), files, now_ms)
        ready.rename(database)
    return manifest


def restore_into(
    folder: Path, data: Path, target: Store, files: Files, now_ms: Callable[[], int]
) -> Manifest:
    """Restore the backup in `folder` into an empty database, in one transaction. Raises BackupError."""
    with target.read() as tx:
        if not tx.rows.is_empty():
            raise BackupError("there is a zone in this database: a restore never overwrites")
    with TemporaryDirectory(prefix="restore.", dir=data) as made:
        ready, manifest = _make_ready(folder, Path(made), files, now_ms)
        source = Store.open(sqlite_url(ready))
        try:
            copy_rows(source, target)
        finally:
            source.close()
    return manifest


def begin_epoch(hub: Hub, backed_up_ms: int) -> int:
    """Begin a new epoch on a database that was restored from a backup of that time; its name."""
    with hub.store.write() as tx:
        head = tx.zone.lock()
        own = tx.devices.get(HUB_DEVICE)
        restored_ms = hub.now_ms()
        first = first_position(head.position, restored_ms)
        assert own.seq <= head.position < first
        tx.zone.skip_to(first - 1)
        # The hub's own log goes on past everything that it may have written since the backup.
        tx.devices.move_head(HUB_DEVICE, first - 1, own.link, own.hlc)
        # Who signed out since the backup, and which code was redeemed, is lost: people sign in anew.
        tx.sessions.end_all()
        tx.enrolments.drop_open()
        batch = Batch(hub, tx)
        body = EpochBegin(head.position, backed_up_ms, restored_ms)
        batch.author("epoch.begin", new_stream(restored_ms, hub.random), body)
        batch.close()
    return first


def _make_ready(
    folder: Path, beside: Path, files: Files, now_ms: Callable[[], int]
) -> tuple[Path, Manifest]:
    manifest = read_manifest(folder)
    path = beside / DATABASE
    shutil.copyfile(folder / DATABASE, path)
    store = Store.open(sqlite_url(path))
    try:
        migrate(store.engine)
        hub = open_hub(store, files, now_ms)
        if hub.zone.hex() != manifest.zone:
            raise BackupError(f"{folder} holds another zone than it says")
        _, missing = copy_photos(hub, PhotoFolder(folder.parent / PHOTOS), files)
        if missing:
            raise BackupError(
                f"{len(missing)} photos are not in the backup, first {missing[0].hex()}"
            )
        _check(hub, manifest)
        begin_epoch(hub, manifest.taken_ms)
        with store.write() as tx:
            tx.backups.add(row_of(manifest))
        _check(open_hub(store, files, now_ms), manifest)
    finally:
        store.close()
    return path, manifest


def _check(hub: Hub, manifest: Manifest) -> None:
    difference = verify(hub).difference
    # One that the hub had when the backup was made is no reason to leave people without a hub.
    if difference not in {None, manifest.difference}:
        raise BackupError(f"the backup does not verify: {difference}")
