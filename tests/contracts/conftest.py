"""The store on each database it promises to work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.engine import sqlite_url
from server.store.schema import migrate
from server.store.store import Store
from tests.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated store."""
    if request.param == "sqlite":
        store = Store.open(sqlite_url(tmp_path / "test.db"))
        migrate(store.engine)
        yield store
        store.close()
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(request.getfixturevalue("postgres_migrated"))
    store = Store.open(cluster.url(name))
    yield store
    store.close()
    cluster.drop(name)
