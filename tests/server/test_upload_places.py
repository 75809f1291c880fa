"""Uploads where the hub's parts are apart: photos in a bucket, and two processes on one PostgreSQL."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from server.flows.refusals import Code
from tests.postgres import Cluster
from tests.server.client import Client, administrator, enrolled
from tests.server.process import HubProcess
from tests.server.s3 import BUCKET, s3_server
from tests.server.test_photos import photo_of
from tests.server.test_uploads import begin, offset, refused, scan

CLERK = "dating.shouli1"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., HubProcess]]:
    """Hubs of this test's own; however the test ends, so do they."""
    made: list[HubProcess] = []

    def make(**options: str) -> HubProcess:
        made.append(HubProcess(tmp_path / f"data{len(made)}", **options).start())
        return made[-1]

    yield make
    for process in made:
        process.kill()


def new_client(hub: HubProcess) -> Client:
    with closing(administrator(hub.base)) as admin:
        return enrolled(hub.base, admin)


def test_a_hub_keeps_its_photos_in_a_bucket(
    start: Callable[..., HubProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as s3:
        monkeypatch.setenv("ATTACHMENTS", f"s3://{BUCKET}/zone")
        hub = start()
        with closing(new_client(hub)) as client:
            client.sign_in(CLERK)
            content, late = scan(), scan()
            name = hashlib.sha256(content).hexdigest()
            assert s3.names() == []
            client.put_photo(content)
            assert s3.names() == [f"zone/{name[:2]}/{name}"]
            assert not (hub.data / "attachments").exists()
            item, photo = client.item("SCJG-001"), photo_of(content)
            client.tablet.receive(item, client.account, ms=client.now_ms, photos=[photo])
            client.push()
            shown = client.call("GET", f"/api/attachments/{name}")
            assert (shown.status_code, shown.content) == (200, content)
            checked = hub.run("verify")
            assert checked.returncode == 0, checked.stdout + checked.stderr

            # The bucket goes away: the last bytes are asked for again, nothing else is.
            path = begin(client, late)
            client.append_photo(path, late, 0, 200_000)
            s3.stop()
            assert refused(client.append_photo(path, late, 200_000)) == (503, Code.BUSY)
            assert offset(client, path, late) == 200_000


def test_a_hub_says_at_its_start_that_its_bucket_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server():
        monkeypatch.setenv("ATTACHMENTS", "s3://elsewhere")
        started = HubProcess(tmp_path / "data").run("load-zone")
    assert started.returncode == 1
    assert "no photos can be kept at s3://elsewhere" in started.stderr


def test_processes_on_one_database_share_an_upload(
    start: Callable[..., HubProcess],
    postgres: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTACHMENTS", str(tmp_path / "photos"))
    url = postgres.url(postgres.create())
    hubs = [start(database_url=url), start(database_url=url)]
    with closing(new_client(hubs[0])) as client:
        content = scan()
        path = begin(client, content)
        at = 0
        while at < len(content):
            until = min(at + 50_000, len(content))
            answers = _bring(client, hubs, path, content, (at, until))
            statuses = sorted(answer.status_code for answer in answers)
            # One of them brought the bytes; the others are told where to go on, or that all is here.
            assert statuses.count(204) >= 1 and set(statuses) <= {204, 409}, statuses
            at = until
            for hub in hubs:
                answer = client.http.head(hub.base + path, headers=client.upload_headers(content))
                assert answer.headers["upload-offset"] == str(at)
        client.check_stored(content, answer)
    checked = hubs[1].run("verify")
    assert checked.returncode == 0, checked.stdout


def _bring(
    client: Client, hubs: list[HubProcess], path: str, content: bytes, span: tuple[int, int]
) -> list[httpx.Response]:
    with ThreadPoolExecutor(6) as threads:
        return list(
            threads.map(lambda hub: client.append_photo(hub.base + path, content, *span), hubs * 3)
        )
