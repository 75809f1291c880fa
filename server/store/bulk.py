"""Rows by the thousand: what the ORM-less path still does too slowly one statement at a time.

`insert_rows` hands tuples straight to the driver: many rows a statement on SQLite, `COPY` on PostgreSQL (both measured
in scripts/bench_ingest.py). `select_in` reads by many keys in as few statements as the driver's variable limit allows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Select, Table, bindparam
from sqlalchemy.exc import IntegrityError, OperationalError

# SQLite's default bound is 32,766 variables a statement; psycopg's 65,535.
KEYS_PER_SELECT = 10_000
# A statement a row costs a third more, and takes and gives the interpreter's lock for each of them.
ROWS_PER_INSERT = 100
# How many rows with events or messages are in memory at once before their bytes are counted.
ROWS_PER_FETCH = 64


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert tuples in the order of the table's columns."""
    if not rows:
        return
    assert len(rows[0]) == len(table.columns)
    names = [column.name for column in table.columns]
    if connection.dialect.name == "postgresql":
        _copy_rows(connection, table, rows)
        return
    columns = ", ".join(f'"{name}"' for name in names)
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES '  # noqa: S608 - names are the schema's own
    marks = f"({', '.join('?' * len(names))})"
    whole = len(rows) - len(rows) % ROWS_PER_INSERT
    if whole:
        many = ", ".join([marks] * ROWS_PER_INSERT)
        starts = range(0, whole, ROWS_PER_INSERT)
        parts = [tuple(chain.from_iterable(rows[at : at + ROWS_PER_INSERT])) for at in starts]
        connection.exec_driver_sql(insert + many, parts)
    if whole < len(rows):
        connection.exec_driver_sql(insert + marks, list(rows[whole:]))


def _copy_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    # The driver as SQLAlchemy has loaded it: a hub on SQLite never does.
    driver: Any = connection.dialect.dbapi
    raw = connection.connection.cursor()
    try:
        with raw.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # Its own words quote the rows, which are people's data and would be logged.
        bare = type(error)(f"{error.diag.message_primary} {error.diag.constraint_name or ''}")
        # COPY goes past SQLAlchemy, which would have said it so.
        if isinstance(error, driver.IntegrityError):
            raise IntegrityError(f"COPY {table.name}", None, bare) from None
        if isinstance(error, driver.OperationalError):
            raise OperationalError(f"COPY {table.name}", None, bare) from None
        raise bare from None
    finally:
        raw.close()


def update_rows(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    values: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Set `values` where `keys` match, once a tuple; each tuple has the values first, then the keys."""
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    setting = ", ".join(f'"{name}" = {mark}' for name in values)
    finding = " AND ".join(f'"{name}" = {mark}' for name in keys)
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {setting} WHERE {finding}',  # noqa: S608 - names are the schema's own
        list(rows),
    )


def select_by(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    key: str,
    keys: Iterable[Any],
    where: str = "",
) -> Iterator[Any]:
    """Tuples of `columns` where `key` is one of `keys`, in no order; the quick way for a push.

    `where`: the condition of a partial index over `key`, which SQLite uses only when told so.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    also = f"{where} AND " if where else ""
    query = f'SELECT {names} FROM "{table.name}" WHERE {also}"{key}"'  # noqa: S608 - names are the schema's own
    rest = iter(keys)
    while part := tuple(islice(rest, KEYS_PER_SELECT)):
        if connection.dialect.name == "postgresql":
            yield from connection.exec_driver_sql(f"{query} = ANY(%s)", (list(part),))
        else:
            marks = ",".join("?" * len(part))
            yield from connection.exec_driver_sql(f"{query} IN ({marks})", part)


def rows_within(
    connection: Connection, query: Select[Any], bytes_of: Callable[[Any], int], bytes_max: int
) -> list[Any]:
    """The rows of `query`, read until they have more than `bytes_max` bytes together; the last one may be over it."""
    found: list[Any] = []
    left = bytes_max
    with connection.execute(query, execution_options={"yield_per": ROWS_PER_FETCH}) as rows:
        for row in rows:
            found.append(row)
            left -= bytes_of(row)
            if left < 0:
                break
    return found


def select_in(
    connection: Connection, query: Select[Any], column: Column[Any], keys: Iterable[Any]
) -> Iterator[Any]:
    """The rows of `query` whose `column` is one of `keys`, in no order."""
    rest = iter(keys)
    while part := list(islice(rest, KEYS_PER_SELECT)):
        if connection.dialect.name == "sqlite":
            yield from _select_marked(connection, query, column, part)
        else:
            yield from connection.execute(query.where(column.in_(part)))


def _select_marked(
    connection: Connection, query: Select[Any], column: Column[Any], keys: list[Any]
) -> CursorResult[Any]:
    # The expanding parameter of `in_` costs several times the look-up itself: it makes a name for each key.
    compiled = query.where(column == bindparam("key")).compile(dialect=connection.dialect)
    before, marked, after = str(compiled).rpartition("= ?")
    assert marked and not after, "the condition on the keys comes last"
    names = list(compiled.positiontup or ())[:-1]
    return connection.exec_driver_sql(
        f"{before}IN ({', '.join('?' * len(keys))})", (*(compiled.params[n] for n in names), *keys)
    )
