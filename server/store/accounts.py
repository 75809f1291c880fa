"""Accounts and what lets a person in: roles (projected from events), grants, credentials, sessions, used challenges."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.store.bulk import insert_rows, select_in
from server.store.tables import account, challenge, credential, grant_span, session
from server.store.text import storable


class AccountRow(NamedTuple):
    """The last `account.set` of an account; `body` is its AccountSet as MessagePack."""

    stream: bytes
    position: int
    username: str
    body: bytes


class GrantRow(NamedTuple):
    """An account may work on a device from … until … (ms)."""

    position: int
    account: bytes
    device: int
    from_ms: int
    until_ms: int


class SessionRow(NamedTuple):
    """A sign-in, by the hash of its token; device 0: a browser that is none."""

    token_hash: bytes
    account: bytes
    device: int
    from_ms: int
    until_ms: int


class Accounts:
    """Who people are and what they may do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_streams(self, streams: Iterable[bytes]) -> dict[bytes, AccountRow]:
        rows = select_in(self._connection, select(account), account.c.stream, streams)
        return {row.stream: AccountRow(*row) for row in rows}

    def find(self, stream: bytes) -> AccountRow | None:
        return self.by_streams([stream]).get(stream)

    def find_by_username(self, username: str) -> AccountRow | None:
        mine = account.c.username == storable(username)
        query = select(account).where(mine).order_by(account.c.position)
        row = self._connection.execute(query).first()
        return None if row is None else AccountRow(*row)

    def all(self) -> list[AccountRow]:
        query = select(account).order_by(account.c.position)
        return [AccountRow(*row) for row in self._connection.execute(query)]

    def put(self, rows: Sequence[AccountRow]) -> None:
        """Write the last state of these accounts."""
        self._connection.execute(
            delete(account).where(account.c.stream.in_([row.stream for row in rows]))
        )
        insert_rows(self._connection, account, rows)

    def add_grants(self, rows: Sequence[GrantRow]) -> None:
        insert_rows(self._connection, grant_span, rows)

    def grants_on(self, devices: Iterable[int]) -> list[GrantRow]:
        """Every grant on these devices."""
        rows = select_in(self._connection, select(grant_span), grant_span.c.device, devices)
        return [GrantRow(*row) for row in rows]

    def all_grants(self) -> list[GrantRow]:
        query = select(grant_span).order_by(grant_span.c.position)
        return [GrantRow(*row) for row in self._connection.execute(query)]

    def clear(self) -> None:
        """Drop the projections, to be rebuilt; credentials and sessions stay."""
        self._connection.execute(delete(account))
        self._connection.execute(delete(grant_span))

    def find_credential(self, stream: bytes) -> str | None:
        query = select(credential.c.password_hash).where(credential.c.account == stream)
        return self._connection.execute(query).scalar()

    def set_credential(self, stream: bytes, password_hash: str, now_ms: int) -> None:
        self._connection.execute(delete(credential).where(credential.c.account == stream))
        self._connection.execute(
            insert(credential).values(
                account=stream, password_hash=password_hash, changed_ms=now_ms
            )
        )


class Sessions:
    """Who is signed in, and which challenges were used to do so."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: SessionRow) -> None:
        self._connection.execute(insert(session).values(**row._asdict()))

    def find(self, token_hash: bytes) -> SessionRow | None:
        row = self._connection.execute(
            select(session).where(session.c.token_hash == token_hash)
        ).first()
        return None if row is None else SessionRow(*row)

    def end(self, token_hash: bytes) -> None:
        self._connection.execute(delete(session).where(session.c.token_hash == token_hash))

    def end_of_device(self, device: int) -> None:
        self._connection.execute(delete(session).where(session.c.device == device))

    def end_of_account(self, stream: bytes) -> dict[int, int]:
        """Sign somebody out everywhere; by device, 0 for none, when the newest session there began."""
        theirs = delete(session).where(session.c.account == stream)
        ended = self._connection.execute(theirs.returning(session.c.device, session.c.from_ms))
        newest: dict[int, int] = {}
        for device, from_ms in ended:
            newest[device] = max(from_ms, newest.get(device, 0))
        return newest

    def end_all(self) -> None:
        """Nobody is signed in any more."""
        self._connection.execute(delete(session))

    def forget_expired(self, now_ms: int) -> int:
        """Drop sessions that are over, and challenges that nobody could use again; how many."""
        gone = self._connection.execute(delete(session).where(session.c.until_ms < now_ms))
        more = self._connection.execute(delete(challenge).where(challenge.c.until_ms < now_ms))
        return gone.rowcount + more.rowcount

    def use_challenge(self, challenge_hash: bytes, until_ms: int) -> bool:
        """Whether this challenge was not used before; it is now, and that is remembered until `until_ms`."""
        is_embedded = self._connection.dialect.name == "sqlite"
        dialect = sqlite if is_embedded else postgresql
        fresh = dialect.insert(challenge).values(challenge_hash=challenge_hash, until_ms=until_ms)
        kept = fresh.on_conflict_do_nothing().returning(challenge.c.challenge_hash)
        return self._connection.execute(kept).first() is not None

    def set_until(self, token_hash: bytes, until_ms: int) -> None:
        """Let a session end at another time."""
        self._connection.execute(
            update(session).where(session.c.token_hash == token_hash).values(until_ms=until_ms)
        )
