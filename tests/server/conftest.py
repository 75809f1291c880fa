"""Fixtures: a hub process, an in-process hub whose time a test moves, and one that is lost and restored."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.flows.backup import DATABASE, BackupError
from server.flows.hub import Hub, open_hub
from server.flows.load_zone import load_zone
from server.flows.restore import restore_file, restore_into
from server.settings import Settings
from server.store.engine import sqlite_url
from server.store.files import PhotoFolder
from server.store.schema import migrate
from server.store.store import Store
from tests.postgres import Cluster
from tests.server.client import Client, administrator, enrolled
from tests.server.process import HubProcess


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """One hub process for all tests that leave it as they found it: each takes its own device."""
    process = HubProcess(tmp_path_factory.mktemp("hub")).start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def admin(hub: HubProcess) -> Iterator[Client]:
    """The system administrator of `hub`."""
    client = administrator(hub.base)
    yield client
    client.close()


@pytest.fixture
def new_device(hub: HubProcess, admin: Client) -> Iterator[Callable[..., Client]]:
    """Devices of `hub` on demand, such as one at HALL with dating.shouli1 signed in."""
    made: list[Client] = []

    def make(point: str = "HALL", username: str = "") -> Client:
        client = enrolled(hub.base, admin, point)
        made.append(client)
        if username:
            client.sign_in(username)
        return client

    yield make
    for client in made:
        client.close()


@dataclass
class Wall:
    """The hub's clock in a test."""

    ms: int = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms


@dataclass
class Still:
    """An in-process hub whose time a test moves."""

    hub: Hub
    wall: Wall


@pytest.fixture(scope="session")
def loaded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the sample zone, to be copied."""
    path = tmp_path_factory.mktemp("loaded") / "zone.db"
    store = Store.open(sqlite_url(path))
    migrate(store.engine)
    hub = open_hub(store, PhotoFolder(path.parent), Wall())
    load_zone(hub, Settings().zone)
    store.close()
    return path


@pytest.fixture
def still(loaded_database: Path, tmp_path: Path) -> Iterator[Still]:
    """A hub of this test's own, on a copy of the loaded zone."""
    path = tmp_path / "zongchuang.db"
    path.write_bytes(loaded_database.read_bytes())
    store = Store.open(sqlite_url(path))
    (tmp_path / "attachments").mkdir()
    wall = Wall()
    yield Still(open_hub(store, PhotoFolder(tmp_path / "attachments"), wall), wall)
    store.close()


@pytest.fixture(scope="session")
def postgres_loaded(
    postgres: Cluster, postgres_migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database with the sample zone, to be copied."""
    name = postgres.create(postgres_migrated)
    store = Store.open(postgres.url(name))
    photos = PhotoFolder(tmp_path_factory.mktemp("loaded-postgres"))
    load_zone(open_hub(store, photos, Wall()), Settings().zone)
    store.close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Still]:
    """A hub of this test's own on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("still")
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(request.getfixturevalue("postgres_loaded"))
    store = Store.open(cluster.url(name))
    wall = Wall()
    yield Still(open_hub(store, PhotoFolder(tmp_path), wall), wall)
    store.close()
    cluster.drop(name)


@dataclass
class Place:
    """Where a hub is kept, so that it can be lost and restored."""

    folder: Path
    wall: Wall
    cluster: Cluster | None
    template: str
    hub: Hub | None = None
    lives: int = 0

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    def restore(self, backup: Path) -> Hub:
        """The hub is gone; another is made from the backup, on an empty place."""
        self.lose()
        data = self.folder / f"life-{self.lives}"
        files = PhotoFolder(data / "attachments")
        files.root.mkdir(parents=True, exist_ok=True)
        if self.cluster is None:
            path = data / DATABASE
            restore_file(backup, data, path, files, self.wall)
            store = Store.open(sqlite_url(path))
        else:
            store = Store.open(self.cluster.url(self.cluster.create(self.template)))
            try:
                restore_into(backup, data, store, files, self.wall)
            except BackupError:
                store.close()
                raise
        self.hub = open_hub(store, files, self.wall)
        return self.hub

    def lose(self) -> None:
        """The machine burns."""
        if self.hub is not None:
            self.hub.store.close()
        self.lives += 1


def hub_of(place: Place) -> Hub:
    """The hub that lives there now."""
    assert place.hub is not None
    return place.hub


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, loaded_database: Path) -> Iterator[Place]:
    """A hub with the sample zone, on each database."""
    wall = Wall()
    files = PhotoFolder(tmp_path / "attachments")
    files.root.mkdir()
    if request.param == "sqlite":
        path = tmp_path / DATABASE
        shutil.copy(loaded_database, path)
        made = Place(tmp_path, wall, None, "", open_hub(Store.open(sqlite_url(path)), files, wall))
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        empty = request.getfixturevalue("postgres_migrated")
        loaded = request.getfixturevalue("postgres_loaded")
        store = Store.open(cluster.url(cluster.create(loaded)))
        made = Place(tmp_path, wall, cluster, empty, open_hub(store, files, wall))
    yield made
    made.lose()
