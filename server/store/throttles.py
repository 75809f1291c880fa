"""Counters of wrong tries that survive a restart; keys are hashed, so that no receipt number stands here."""

from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from server.store.tables import throttle


class Throttle(NamedTuple):
    """Wrong tries so far, and no try before `retry_at_ms`."""

    failures: int
    retry_at_ms: int


class Throttles:
    """Wrong tries by key, such as `follow:JK-…` or `sign-in:name`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        is_embedded = connection.dialect.name == "sqlite"
        self._insert = sqlite.insert if is_embedded else postgresql.insert

    def get(self, key: str) -> Throttle:
        query = select(throttle.c.failures, throttle.c.retry_at_ms).where(
            throttle.c.key_hash == _hash(key)
        )
        row = self._connection.execute(query).first()
        return Throttle(0, 0) if row is None else Throttle(*row)

    def hold(self, key: str, now_ms: int) -> None:
        """Keep others from counting under this key until this transaction ends: two tries are never one."""
        nothing = {"key_hash": _hash(key), "failures": 0, "retry_at_ms": now_ms}
        self._connection.execute(self._insert(throttle).values(nothing).on_conflict_do_nothing())
        mine = select(throttle.c.failures).where(throttle.c.key_hash == _hash(key))
        self._connection.execute(mine.with_for_update())

    def put(self, key: str, value: Throttle) -> None:
        values = value._asdict()
        query = self._insert(throttle).values(key_hash=_hash(key), **values)
        # In its place, so that whoever waits for the row finds it.
        found = query.on_conflict_do_update(index_elements=["key_hash"], set_=values)
        self._connection.execute(found)

    def clear(self, key: str) -> None:
        self._connection.execute(delete(throttle).where(throttle.c.key_hash == _hash(key)))

    def forget_before(self, time_ms: int) -> int:
        """Drop counters that have let tries through since before `time_ms`; how many."""
        return self._connection.execute(
            delete(throttle).where(throttle.c.retry_at_ms < time_ms)
        ).rowcount


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()
