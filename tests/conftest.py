"""Fixtures for every kind of test: a private PostgreSQL, and both databases with the schema in place."""

from collections.abc import Iterator

import pytest

from server.store.schema import migrate
from server.store.store import Store
from tests.postgres import Cluster, start_cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run's own."""
    cluster = start_cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_migrated(postgres: Cluster) -> str:
    """The name of a database with the schema, to be copied."""
    name = postgres.create()
    store = Store.open(postgres.url(name))
    migrate(store.engine)
    store.close()
    return name
