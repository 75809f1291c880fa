"""Counters of wrong tries that survive a restart; keys are hashed, so that no receipt number stands here."""

from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from server.store.tables import throttle


class Throttle(NamedTuple):
    """Wrong tries so far, and no try before `retry_at_ms`."""

    failures: int
    retry_at_ms: int


class Throttles:
    """Wrong tries by key, such as `follow:JK-…` or `sign-in:name`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Throttle:
        query = select(throttle.c.failures, throttle.c.retry_at_ms).where(
            throttle.c.key_hash == _hash(key)
        )
        row = self._connection.execute(query).first()
        return Throttle(0, 0) if row is None else Throttle(*row)

    def put(self, key: str, value: Throttle) -> None:
        self.clear(key)
        self._connection.execute(insert(throttle).values(key_hash=_hash(key), **value._asdict()))

    def clear(self, key: str) -> None:
        self._connection.execute(delete(throttle).where(throttle.c.key_hash == _hash(key)))

    def forget_before(self, time_ms: int) -> int:
        """Drop counters that have let tries through since before `time_ms`; how many."""
        return self._connection.execute(
            delete(throttle).where(throttle.c.retry_at_ms < time_ms)
        ).rowcount


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()
