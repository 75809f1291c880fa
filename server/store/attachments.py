"""Which photos the hub holds, and which cases refer to them; the bytes are files (server/store/files.py)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from server.store.bulk import insert_rows, select_in
from server.store.tables import attachment, attachment_use


class AttachmentRow(NamedTuple):
    """A photo whose bytes are durable here."""

    sha256: bytes
    size: int
    mime: str
    device: int
    stored_ms: int


class Attachments:
    """Photos by their SHA-256."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, sha256: bytes) -> AttachmentRow | None:
        return self.by_digests([sha256]).get(sha256)

    def by_digests(self, digests: Iterable[bytes]) -> dict[bytes, AttachmentRow]:
        rows = select_in(self._connection, select(attachment), attachment.c.sha256, digests)
        return {row.sha256: AttachmentRow(*row) for row in rows}

    def add(self, row: AttachmentRow) -> None:
        self._connection.execute(insert(attachment).values(**row._asdict()))

    def all(self) -> list[AttachmentRow]:
        return [AttachmentRow(*row) for row in self._connection.execute(select(attachment))]

    def use(self, rows: Sequence[tuple[bytes, bytes, bool]]) -> None:
        """A case refers to a photo: (sha256, stream, told)."""
        insert_rows(self._connection, attachment_use, rows)

    def uses(self, streams: Iterable[bytes]) -> set[tuple[bytes, bytes]]:
        """(sha256, stream) that are known of these streams."""
        query = select(attachment_use.c.sha256, attachment_use.c.stream)
        rows = select_in(self._connection, query, attachment_use.c.stream, streams)
        return {(row[0], row[1]) for row in rows}

    def streams_using(self, sha256: bytes) -> list[bytes]:
        query = select(attachment_use.c.stream).where(attachment_use.c.sha256 == sha256)
        return [row[0] for row in self._connection.execute(query)]

    def untold_streams(self, sha256: bytes) -> list[bytes]:
        """Cases that refer to a photo and do not know yet that the hub holds it."""
        query = select(attachment_use.c.stream).where(
            attachment_use.c.sha256 == sha256, attachment_use.c.told.is_(False)
        )
        return [row[0] for row in self._connection.execute(query)]

    def tell(self, uses: Iterable[tuple[bytes, bytes]]) -> None:
        """These cases know now: (sha256, stream)."""
        for sha256, stream in uses:
            self._connection.execute(
                update(attachment_use)
                .where(attachment_use.c.sha256 == sha256, attachment_use.c.stream == stream)
                .values(told=True)
            )

    def all_uses(self) -> set[tuple[bytes, bytes, bool]]:
        return {
            (row[0], row[1], row[2]) for row in self._connection.execute(select(attachment_use))
        }

    def count(self) -> int:
        return int(
            self._connection.execute(select(func.count()).select_from(attachment)).scalar_one()
        )

    def remove(self, digests: Iterable[bytes]) -> None:
        """These photos are not here after all: whoever has one may bring it again."""
        for digest in digests:
            self._connection.execute(delete(attachment).where(attachment.c.sha256 == digest))

    def clear_uses(self) -> None:
        """Drop the projection, to be rebuilt; the photos stay."""
        self._connection.execute(delete(attachment_use))
