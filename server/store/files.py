"""The bytes of photos: files named by their SHA-256, written so that a crash leaves all or nothing."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Files:
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

    def write(self, digest: bytes, content: bytes, unique: str) -> None:
        """Make the bytes durable under their digest; `unique` keeps two writers apart."""
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{unique}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        # The name itself is durable only once its folder is.
        for folder in (path.parent, self.root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
