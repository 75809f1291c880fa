"""The public tus clients as they are published, against a hub process: tuspy and tus-js-client."""

import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed
from tusclient.uploader import Uploader

from tests.server.client import Client
from tests.server.test_uploads import begin, offset, scan, standing

NewDevice = Callable[..., Client]
ROOT = Path(__file__).parents[2]
CHUNK = 70_000


def tuspy(client: Client, content: bytes, **options: Any) -> Uploader:
    headers = client.upload_headers(content)
    endpoint = TusClient(f"{client.base}/api/uploads", headers=headers)
    uploader: Uploader = endpoint.uploader(
        file_stream=io.BytesIO(content),
        metadata={"sha256": hashlib.sha256(content).hexdigest(), "filename": "扫描件.jpg"},
        **({"chunk_size": CHUNK, "retries": 2, "retry_delay": 0} | options),
    )
    return uploader


def test_tuspy_uploads_in_checked_chunks(new_device: NewDevice) -> None:
    client, content = new_device(), scan()
    uploader = tuspy(client, content, upload_checksum=True)
    uploader.upload()
    assert uploader.offset == len(content)
    client.check_stored(content, standing(client, uploader.url, content))


def test_tuspy_resumes_where_it_stopped(new_device: NewDevice) -> None:
    client, content = new_device(), scan()
    first = tuspy(client, content)
    first.upload(stop_at=2 * CHUNK)
    assert offset(client, first.url, content) == 2 * CHUNK
    again = tuspy(client, content, url=first.url)
    assert again.offset == 2 * CHUNK
    again.upload()
    client.check_stored(content, standing(client, first.url, content))


def test_tuspy_meets_a_photo_that_is_here(new_device: NewDevice) -> None:
    client, content = new_device(), scan()
    client.put_photo(content)
    uploader = tuspy(client, content)
    uploader.upload()
    assert uploader.offset == len(content)


def test_tuspy_is_told_when_it_is_no_photo(new_device: NewDevice) -> None:
    client = new_device()
    with pytest.raises(TusUploadFailed) as failed:
        tuspy(client, b"%PDF-1.7" + bytes(100), retries=0).upload()
    assert failed.value.status_code == 415


def tus_js(client: Client, content: bytes, tmp_path: Path, **order: Any) -> list[dict[str, Any]]:
    """What tus-js-client reports, the end last."""
    file = tmp_path / "scan"
    file.write_bytes(content)
    headers = client.upload_headers(content)
    del headers["Tus-Resumable"]
    whole = {
        "modules": str(ROOT / "pwa" / "package.json"),
        "endpoint": f"{client.base}/api/uploads",
        "file": str(file),
        "sha256": hashlib.sha256(content).hexdigest(),
        "headers": headers,
        "chunkSize": CHUNK,
    } | order
    program = Path(__file__).with_name("tus_client.mjs")
    done = subprocess.run(
        ["node", program],
        input=json.dumps(whole),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("override", [False, True])
def test_tus_js_client_uploads_in_chunks(
    new_device: NewDevice, tmp_path: Path, override: bool
) -> None:
    client, content = new_device(), scan()
    said = tus_js(client, content, tmp_path, overridePatchMethod=override)
    methods = [line["method"] for line in said if "method" in line]
    assert methods == ["POST"] + (["POST"] if override else ["PATCH"]) * 5
    assert {line["status"] for line in said if "status" in line} == {201, 204}
    assert said[-1]["done"].startswith(client.base)
    client.check_stored(content, standing(client, said[-1]["done"], content))
    assert [line["stored"] is not None for line in said if "status" in line] == [False] * 5 + [True]


def test_tus_js_client_resumes_and_gives_up(new_device: NewDevice, tmp_path: Path) -> None:
    client, content = new_device(), scan()
    stopped = tus_js(client, content, tmp_path, stopAt=2 * CHUNK)[-1]
    assert stopped["sent"] == 2 * CHUNK == offset(client, stopped["stopped"], content)
    said = tus_js(client, content, tmp_path, uploadUrl=stopped["stopped"])
    assert [line["method"] for line in said if "method" in line] == ["HEAD"] + ["PATCH"] * 3
    assert said[-1]["done"] == stopped["stopped"]

    other = scan()
    given_up = tus_js(client, other, tmp_path, stopAt=CHUNK, terminate=True)[-1]
    assert standing(client, given_up["stopped"], other).status_code == 404


def test_tus_js_client_meets_what_is_here(new_device: NewDevice, tmp_path: Path) -> None:
    client, content = new_device(), scan()
    path = begin(client, content)
    client.append_photo(path, content, 0, 150_000)
    said = tus_js(client, content, tmp_path)
    assert said[-1]["done"].endswith(path), "told of the wrong place it asks, and goes on"
    assert tus_js(client, content, tmp_path)[-1]["done"].endswith(path)
