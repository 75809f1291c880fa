"""Uploads on each database: bytes and their count move together, and nothing of one touches another."""

from hashlib import sha256

from server.store.store import Store
from server.store.uploads import UploadRow

FIRST, SECOND = sha256(b"1").digest(), sha256(b"2").digest()


def begin(store: Store, device: int, digest: bytes, until_ms: int = 100) -> UploadRow:
    row = UploadRow(device, digest, 10, 0, until_ms)
    with store.write() as tx:
        tx.uploads.begin(row)
    return row


def append(store: Store, device: int, digest: bytes, content: bytes, until_ms: int = 100) -> None:
    with store.write() as tx:
        row = tx.uploads.lock(device, digest)
        assert row is not None
        tx.uploads.append(row, content, until_ms)


def test_bytes_come_in_order_and_are_counted(store: Store) -> None:
    begin(store, 2, FIRST)
    begin(store, 2, SECOND)
    begin(store, 3, FIRST)
    for content in (b"a", b"bcd", b"ef"):
        append(store, 2, FIRST, content, 200)
    append(store, 3, FIRST, b"other")
    with store.read() as tx:
        assert tx.uploads.find(2, FIRST) == UploadRow(2, FIRST, 10, 6, 200)
        assert tx.uploads.content(2, FIRST) == b"abcdef"
        assert tx.uploads.content(3, FIRST) == b"other"
        assert tx.uploads.content(2, SECOND) == b""
        assert tx.uploads.find(4, FIRST) is None and tx.uploads.lock(4, FIRST) is None
        assert [row.sha256 for row in tx.uploads.of_device(2)] == [SECOND, FIRST]
        assert len(tx.uploads.all()) == 3


def test_what_is_removed_is_gone_with_its_bytes(store: Store) -> None:
    for device in (2, 3):
        begin(store, device, FIRST)
        append(store, device, FIRST, b"abc")
    with store.write() as tx:
        tx.uploads.remove(2, FIRST)
        assert [row.device for row in tx.uploads.all()] == [3]
        assert (tx.uploads.content(2, FIRST), tx.uploads.content(3, FIRST)) == (b"", b"abc")
    begin(store, 2, FIRST)
    append(store, 2, FIRST, b"xyz")
    with store.write() as tx:
        tx.uploads.remove_all(FIRST)
        assert tx.uploads.all() == []
        assert (tx.uploads.content(2, FIRST), tx.uploads.content(3, FIRST)) == (b"", b"")


def test_only_what_is_over_expires(store: Store) -> None:
    begin(store, 2, FIRST, until_ms=50)
    begin(store, 2, SECOND, until_ms=51)
    append(store, 2, FIRST, b"a", until_ms=50)
    with store.write() as tx:
        assert tx.uploads.remove_expired(50) == 1
        assert [row.sha256 for row in tx.uploads.all()] == [SECOND]
        assert tx.uploads.content(2, FIRST) == b""
