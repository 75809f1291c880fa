"""Photos on their way up, by who brings them and their SHA-256: how far each has come, and its bytes so far.

The bytes stand in the database, beside their count: whatever happens, both are there or neither.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, update

from server.store.tables import upload, upload_part


class UploadRow(NamedTuple):
    """An upload: `received` of `size` bytes are here; removed after `until_ms`."""

    device: int
    sha256: bytes
    size: int
    received: int
    until_ms: int


class Uploads:
    """Uploads that are not complete: a complete one is a photo (server/store/attachments.py)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, device: int, sha256: bytes) -> UploadRow | None:
        row = self._connection.execute(select(upload).where(_is(upload, device, sha256))).first()
        return None if row is None else UploadRow(*row)

    def lock(self, device: int, sha256: bytes) -> UploadRow | None:
        """The same, held by this transaction until it ends: nobody else appends meanwhile."""
        query = select(upload).where(_is(upload, device, sha256)).with_for_update()
        row = self._connection.execute(query).first()
        return None if row is None else UploadRow(*row)

    def of_device(self, device: int) -> list[UploadRow]:
        """A device's uploads, the one that was silent for longest first."""
        query = select(upload).where(upload.c.device == device).order_by(upload.c.until_ms)
        return [UploadRow(*row) for row in self._connection.execute(query)]

    def all(self) -> list[UploadRow]:
        return [UploadRow(*row) for row in self._connection.execute(select(upload))]

    def begin(self, row: UploadRow) -> None:
        self._connection.execute(insert(upload).values(**row._asdict()))

    def append(self, row: UploadRow, content: bytes, until_ms: int) -> None:
        """Put `content` behind what is here; `row` must be locked."""
        assert content and row.received + len(content) <= row.size
        part = {"device": row.device, "sha256": row.sha256, "at": row.received, "content": content}
        self._connection.execute(insert(upload_part).values(**part))
        self._connection.execute(
            update(upload)
            .where(_is(upload, row.device, row.sha256))
            .values(received=row.received + len(content), until_ms=until_ms)
        )

    def content(self, device: int, sha256: bytes) -> bytes:
        """The bytes so far."""
        query = (
            select(upload_part.c.content)
            .where(_is(upload_part, device, sha256))
            .order_by(upload_part.c.at)
        )
        return b"".join(row[0] for row in self._connection.execute(query))

    def remove(self, device: int, sha256: bytes) -> None:
        """Forget an upload and its bytes."""
        # The row first: who holds its lock is waited for, and has then left all of its bytes.
        for table in (upload, upload_part):
            self._connection.execute(delete(table).where(_is(table, device, sha256)))

    def remove_all(self, sha256: bytes) -> None:
        """Forget every device's upload of this photo."""
        for table in (upload, upload_part):
            self._connection.execute(delete(table).where(table.c.sha256 == sha256))

    def remove_expired(self, now_ms: int) -> int:
        """Forget what nobody went on with; how many. What somebody holds is left for the next time."""
        query = select(upload.c.device, upload.c.sha256).where(upload.c.until_ms <= now_ms)
        expired = self._connection.execute(query.with_for_update(skip_locked=True)).all()
        for device, sha256 in expired:
            self.remove(device, sha256)
        return len(expired)


def _is(table: Table, device: int, sha256: bytes) -> ColumnElement[bool]:
    return and_(table.c.device == device, table.c.sha256 == sha256)
