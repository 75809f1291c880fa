"""What every place for photos promises: a folder, and a bucket behind a real S3 protocol."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from server.store.errors import BusyError
from server.store.files import Files, PhotoFolder, open_files
from tests.server.s3 import BUCKET, s3_server


@pytest.fixture(params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    if request.param == "folder":
        yield open_files(str(tmp_path / "photos"))
        return
    with s3_server():
        yield open_files(f"s3://{BUCKET}/zone/a")


def test_what_is_written_is_read(files: Files) -> None:
    for content in (b"", b"x", os.urandom(2_097_152), os.urandom(12_000_000)):
        digest = sha256(content).digest()
        assert files.read(digest) is None
        files.write(digest, content)
        assert files.read(digest) == content


def test_the_same_again_changes_nothing(files: Files) -> None:
    content = os.urandom(1_000)
    digest = sha256(content).digest()
    for _ in range(2):
        files.write(digest, content)
    assert files.read(digest) == content


def test_writers_of_one_photo_do_not_meet(files: Files) -> None:
    content = os.urandom(300_000)
    digest = sha256(content).digest()

    def work(_: int) -> bytes | None:
        files.write(digest, content)
        return files.read(digest)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {content}


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path)
    folder.check()
    assert list(tmp_path.rglob("*")) == []
    with s3_server() as s3:
        open_files(f"s3://{BUCKET}").check()
        assert s3.names() == []


def test_a_place_that_cannot_keep_photos_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        open_files(str(tmp_path / "file"))
    with s3_server(), pytest.raises(OSError, match="s3://elsewhere"):
        open_files("s3://elsewhere/zone")


def test_a_disk_that_takes_nothing_is_busy_and_another_try_may_do(tmp_path: Path) -> None:
    """Full, read-only, gone: the last bytes of a photo stay to be sent, and its device is told so."""
    content = b"x"
    digest = sha256(content).digest()
    (tmp_path / digest.hex()[:2]).write_bytes(b"a file where the folder should be")
    with pytest.raises(BusyError):
        PhotoFolder(tmp_path).write(digest, content)


def test_a_bucket_that_does_not_answer_is_busy_and_another_try_may_do() -> None:
    digest = sha256(b"x").digest()
    with s3_server() as s3:
        files = open_files(f"s3://{BUCKET}")
        s3.stop()
        with pytest.raises(BusyError):
            files.write(digest, b"x")
        with pytest.raises(BusyError):
            files.read(digest)


def test_a_write_that_fails_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, digest = PhotoFolder(tmp_path), sha256(b"x").digest()

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BusyError, match="no space"):
        folder.write(digest, b"x")
    assert folder.read(digest) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
