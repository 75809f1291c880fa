"""The bytes of photos, by their SHA-256: one port, and the file system behind it (S3: server/store/bucket.py).

tests/contracts/test_files.py holds both to the same contract.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Protocol

from server.store.errors import BusyError

BUCKET_SCHEME = "s3://"


class Files(Protocol):
    """Where photos are kept. Each method raises BusyError when the place does not answer; a caller tries again."""

    def read(self, digest: bytes) -> bytes | None:
        """The bytes; None when they are not here."""

    def write(self, digest: bytes, content: bytes) -> None:
        """Make the bytes durable under their digest, all or nothing; the same again changes nothing."""

    def check(self) -> None:
        """Raises an OSError that says why when nothing can be written, read and removed here."""


@dataclass(frozen=True, slots=True)
class PhotoFolder:
    """A folder of `ab/abcdef…`, two levels so that no folder grows too large."""

    root: Path

    def path(self, digest: bytes) -> Path:
        """Where the bytes of this digest are, or would be."""
        name = digest.hex()
        return self.root / name[:2] / name

    def read(self, digest: bytes) -> bytes | None:
        """The bytes; None when they are not here."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, digest: bytes, content: bytes) -> None:
        """Write beside the name, make that durable, then give it the name."""
        try:
            self._write(self.path(digest), content)
        except OSError as error:
            # Full, read-only or gone: nothing is lost by it, and somebody can see to it.
            raise BusyError(f"no photo can be written: {error}") from error

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own keeps two writers of the same photo apart.
        descriptor, part = mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(part).rename(path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
        # The name itself is durable only once its folder is.
        for folder in (path.parent, self.root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def check(self) -> None:
        """Make the folder, and a file in it that is gone again."""
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor, name = mkstemp(prefix="check.", dir=self.root)
        os.close(descriptor)
        Path(name).unlink()


def open_files(place: str) -> Files:
    """The photos at `s3://bucket/prefix` or in a folder. Raises OSError when none can be kept there."""
    files: Files
    if place.startswith(BUCKET_SCHEME):
        # Loaded where it is needed: a hub on a folder starts without it.
        from server.store.bucket import PhotoBucket  # noqa: PLC0415 - see above

        files = PhotoBucket(place)
    else:
        files = PhotoFolder(Path(place))
    files.check()
    return files
