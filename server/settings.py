"""What can be set, from the command line or the environment; each has a heading in docs/operations.md."""

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the hub keeps its data, where it listens, what it serves.

    database_url empty: SQLite in `data`.
    """

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = ""
    static: Path = PACKAGE.parent / "pwa" / "dist"
    zone: Path = PACKAGE / "zone"

    @property
    def database_file(self) -> Path:
        """The embedded database."""
        return self.data / "zongchuang.db"

    @property
    def attachments(self) -> Path:
        """The folder of photos."""
        return self.data / "attachments"
