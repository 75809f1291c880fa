"""A backup: the whole database at one moment as an SQLite file, and every photo that it knows.

A place for backups holds many of them. Photos are named by their content, so they are kept once:

    place/attachments/ab/abcdef…          photos of all backups; only ever added
    place/20261123T091500Z/zongchuang.db  the database, whichever kind the hub has
    place/20261123T091500Z/backup.json    what it is: `Manifest`

What is not ready is called `….part`; one that was killed leaves it behind, with the hub's key in it, and the
next backup removes it. A lock says which are still being made.

The database is read in one transaction, so the hub may serve meanwhile. Photos come after it: what a
row names is there before the row. Nothing is called a backup that `verify` finds fault with.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from server.flows.batch import Batch, Growth
from server.flows.hub import Hub, new_stream, open_hub
from server.flows.verify import verify
from server.store.backups import BackupRow
from server.store.engine import sqlite_url
from server.store.files import Files, PhotoFolder
from server.store.schema import migrate
from server.store.store import Store, Transaction
from sync.event import BackupMade

DATABASE = "zongchuang.db"
MANIFEST = "backup.json"
PHOTOS = "attachments"
LOCK = "backup.lock"
FORMAT = 1


class Manifest(Struct, frozen=True):
    """What a backup holds. Times in ms; zone as hex; sha256 of the database file, as hex.

    missing: photos that the hub itself had lost, as hex; the copy does not claim to have them.
    difference: what `verify` said of the copy, and so of the hub; "": nothing.
    """

    format: int
    zone: str
    position: int
    taken_ms: int
    photos: int
    size: int
    sha256: str
    missing: list[str]
    difference: str

    @property
    def is_whole(self) -> bool:
        """Whether everything that the hub has is in it, and right."""
        return not self.missing and not self.difference


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why."""


def back_up(hub: Hub, place: Path) -> tuple[Path, Manifest]:
    """Make a backup in `place`: its folder, and what it holds.

    One that is not whole is kept, for it may be all there is; but the hub does not count it.
    Raises BackupError, BusyError, OSError.
    """
    taken_ms = hub.now_ms()
    moment = datetime.fromtimestamp(taken_ms / 1000, UTC)
    folder = place / f"{moment:%Y%m%dT%H%M%SZ}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(place):
        for killed in place.glob("*Z.part"):
            shutil.rmtree(killed)
        if folder.exists():
            raise BackupError(f"{folder} is there already")
        manifest = _make(hub, folder, taken_ms)
    if manifest.is_whole:
        with hub.store.write() as tx:
            tx.backups.add(row_of(manifest))
            announce(hub, tx, manifest.position, taken_ms)
    return folder, manifest


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Be the only one to make backups there; the lock ends with the process, however that ends."""
    with (place / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another backup into {place} is under way") from error
        yield


def _make(hub: Hub, folder: Path, taken_ms: int) -> Manifest:
    place, part = folder.parent, folder.with_suffix(".part")
    part.mkdir(mode=0o700)
    try:
        manifest = _fill(hub, part, PhotoFolder(place / PHOTOS), taken_ms)
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        for name in (MANIFEST, DATABASE):
            # It holds the hub's key and everybody's data.
            (part / name).chmod(0o600)
            _make_durable(part / name)
        _make_durable(part)
        part.rename(folder)
        _make_durable(place)
    except BaseException:
        shutil.rmtree(part)
        raise
    return manifest


def announce(hub: Hub, tx: Transaction, position: int, taken_ms: int) -> Growth:
    """Tell the zone up to where its ledger can be lost no more."""
    batch = Batch(hub, tx)
    body = BackupMade(position, taken_ms)
    batch.author("backup.made", new_stream(taken_ms, hub.random), body)
    batch.close()
    return batch.growth


def read_manifest(folder: Path) -> Manifest:
    """What the backup in `folder` says it is, its database checked against it. Raises BackupError."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"{folder} is no backup: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{folder} has format {manifest.format}, this program reads {FORMAT}")
    if not (folder / DATABASE).is_file() or _digest(folder / DATABASE) != manifest.sha256:
        raise BackupError(f"{folder / DATABASE} is not the file that was written")
    return manifest


def row_of(manifest: Manifest) -> BackupRow:
    """The backup as the hub remembers it."""
    return BackupRow(manifest.taken_ms, manifest.position, manifest.photos, manifest.size)


def copy_rows(source: Store, target: Store) -> None:
    """All of one database into another that is empty; each in one transaction."""
    with source.read() as reading, target.write() as writing:
        for name, rows in reading.rows.all():
            writing.rows.put(name, rows)


def copy_photos(hub: Hub, source: Files, target: Files) -> tuple[int, list[bytes]]:
    """Every photo that the hub's database names: how many there are, and which `source` lacks."""
    with hub.store.read() as tx:
        digests = sorted(row.sha256 for row in tx.attachments.all())
    missing: list[bytes] = []
    for digest in digests:
        held = target.read(digest)
        # It got its name when it was whole, but disks grow old: what is damaged there is written anew.
        if held is not None and sha256(held).digest() == digest:
            continue
        content = source.read(digest)
        if content is None or sha256(content).digest() != digest:
            missing.append(digest)
        else:
            target.write(digest, content)
    return len(digests) - len(missing), missing


def _fill(hub: Hub, folder: Path, photos: PhotoFolder, taken_ms: int) -> Manifest:
    store = Store.open(sqlite_url(folder / DATABASE))
    migrate(store.engine)
    copy_rows(hub.store, store)
    copy = open_hub(store, photos, hub.now_ms, hub.random)
    with store.read() as tx:
        head = tx.zone.get()
    count, missing = copy_photos(copy, hub.files, photos)
    with store.write() as tx:
        tx.attachments.remove(missing)
    difference = verify(copy).difference or ""
    # Closing the last connection writes the log of SQLite back into the file.
    store.close()
    size = (folder / DATABASE).stat().st_size
    digest = _digest(folder / DATABASE)
    return Manifest(
        format=FORMAT,
        zone=head.zone.hex(),
        position=head.position,
        taken_ms=taken_ms,
        photos=count,
        size=size,
        sha256=digest,
        missing=[one.hex() for one in missing],
        difference=difference,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
