"""The zone's files: which they are, whether they were loaded last, and the demo accounts in them.

Loading them is flows/load_zone.py, with its pinyin tables; most starts find that the zone stands.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from server.flows.hub import Hub

FILES = ("catalogue.json", "aliases.json", "accounts.json")


@dataclass(frozen=True, slots=True)
class ZoneFiles:
    """What the files of a folder hold, in the order of FILES."""

    contents: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        """What the zone's head remembers of the files that were loaded last."""
        return sha256(b"".join(self.contents)).hexdigest()

    def parse(self) -> tuple[Any, Any, Any]:
        """Catalogue, aliases, accounts."""
        catalogue, aliases, accounts = map(json.loads, self.contents)
        return catalogue, aliases, accounts


def read_zone_files(folder: Path) -> ZoneFiles:
    """The files of a folder; all three must be there."""
    return ZoneFiles(tuple((folder / name).read_bytes() for name in FILES))


def zone_stands(hub: Hub, files: ZoneFiles) -> bool:
    """Whether these very files were the last to be loaded."""
    with hub.store.read() as tx:
        return tx.zone.get().loaded == files.digest


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to try the sample zone with; the password is public."""

    role: str
    username: str
    name: str
    password: str


def demo_accounts(folder: Path) -> list[DemoAccount]:
    """One account a role, as the zone's files mark them."""
    accounts = read_zone_files(folder).parse()[2]["accounts"]
    return [
        DemoAccount(one["roles"][0]["role"], one["username"], one["name"], one["password"])
        for one in accounts
        if one.get("demo")
    ]
