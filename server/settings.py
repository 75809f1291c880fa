"""What can be set, from the command line or the environment; each has a heading in docs/operations.md."""

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parent


class SettingsError(Exception):
    """What is set cannot be, or leads to no hub; the text says what and where, for the command line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the hub keeps its data, where it listens, what it serves.

    database_url empty: SQLite in `data`. listen_url empty: the same as database_url.
    """

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = ""
    attachments: str = ""
    static: Path = PACKAGE.parent / "pwa" / "dist"
    zone: Path = PACKAGE / "zone"
    workers: int = 1
    listen_url: str = ""
    role: str = "hub"
    hub: str = ""
    address: str = ""
    origins: str = ""
    relay_sources: str = ""
    look_interval_s: float = 1.0
    busy_timeout_s: float = 10.0

    @property
    def relay_places(self) -> str:
        """Where the hub's pages may look for relays; on one machine: any port of it."""
        on_one_machine = "http://127.0.0.1:* ws://127.0.0.1:*"
        return self.relay_sources or (on_one_machine if self.host == "127.0.0.1" else "")

    @property
    def database_file(self) -> Path:
        """The embedded database."""
        return self.data / "zongchuang.db"

    @property
    def attachments_place(self) -> str:
        """Where photos are kept: `s3://bucket/prefix` or a folder; not set: one beside the database."""
        return self.attachments or str(self.data / "attachments")


# By which variable of the environment each setting goes.
ENVIRONMENT = {
    "data": "DATA",
    "host": "HOST",
    "port": "PORT",
    "database_url": "DATABASE_URL",
    "attachments": "ATTACHMENTS",
    "workers": "WORKERS",
    "listen_url": "LISTEN_URL",
    "relay_sources": "RELAY_SOURCES",
    "look_interval_s": "LOOK_INTERVAL",
    "busy_timeout_s": "BUSY_TIMEOUT",
}
