"""Photos by tus on the wire: a cut line or a killed hub costs only the bytes that were under way."""

import hashlib
import os
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from server.flows.refusals import Code
from sync.limits import ATTACHMENT_BYTES_MAX
from tests.server.client import Client, administrator, enrolled
from tests.server.process import HubProcess
from tests.server.test_photos import picture

NewDevice = Callable[..., Client]
WAIT_S = 10


def scan(size: int = 300_000) -> bytes:
    """A photo of its own that no packing makes smaller; its trailing noise is no part of the picture."""
    return (content := picture("JPEG")) + os.urandom(size - len(content))


def begin(client: Client, content: bytes) -> str:
    answer = client.begin_photo(content)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def standing(client: Client, path: str, content: bytes) -> httpx.Response:
    return client.http.head(path, headers=client.upload_headers(content))


def offset(client: Client, path: str, content: bytes) -> int:
    return int(standing(client, path, content).headers["upload-offset"])


def await_offset(client: Client, path: str, content: bytes, at: int) -> None:
    """The hub hears of a cut when its socket does."""
    end = time.monotonic() + WAIT_S
    while offset(client, path, content) != at:
        assert time.monotonic() < end, offset(client, path, content)


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.status_code, answer.json()["code"]


def test_what_is_spoken_here(hub: HubProcess) -> None:
    answer = httpx.options(f"{hub.base}/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,checksum,expiration,termination"
    assert answer.headers["tus-max-size"] == str(ATTACHMENT_BYTES_MAX)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"


def test_a_photo_goes_up_in_pieces_and_is_vouched_for(new_device: NewDevice) -> None:
    client = new_device("HALL", "dating.shouli1")
    content = scan()
    path = begin(client, content)
    for at, until in ((0, 1), (1, 100_000), (100_000, 299_999)):
        done = client.append_photo(path, content, at, until)
        assert (done.status_code, done.headers["upload-offset"]) == (204, str(until))
        assert "zc-stored" not in done.headers and "upload-expires" in done.headers
        now = standing(client, path, content)
        assert (now.headers["upload-offset"], now.headers["upload-length"]) == (
            str(until),
            "300000",
        )
        assert now.headers["cache-control"] == "no-store"
    last = client.append_photo(path, content, 299_999)
    for answer in (last, standing(client, path, content), client.begin_photo(content)):
        assert answer.headers["upload-offset"] == "300000"
        client.check_stored(content, answer)
    name = hashlib.sha256(content).hexdigest()
    assert client.call("GET", f"/api/attachments/{name}").status_code == 404, "no case refers to it"


def test_beginning_again_goes_on(new_device: NewDevice) -> None:
    client = new_device()
    content = scan()
    path = begin(client, content)
    client.append_photo(path, content, 0, 70_000)
    again = client.begin_photo(content)
    assert (again.headers["location"], again.headers["upload-offset"]) == (path, "70000")


def test_the_wrong_place_is_named_and_changes_nothing(new_device: NewDevice) -> None:
    client = new_device()
    content = scan()
    path = begin(client, content)
    client.append_photo(path, content, 0, 70_000)
    for at in (0, 69_999, 70_001):
        answer = client.append_photo(path, content, at, at + 10)
        assert refused(answer) == (409, Code.UPLOAD_OFFSET)
        assert answer.json()["params"] == {"offset": 70_000}
    assert offset(client, path, content) == 70_000
    assert refused(client.append_photo(path, content + b"!", 70_000)) == (404, Code.NOT_FOUND)
    long = client.upload_headers(content) | {
        "Upload-Offset": "70000",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = client.http.patch(path, content=bytes(230_001), headers=long)
    assert refused(answer) == (413, Code.ATTACHMENT_OVERSIZED)


def test_a_photo_that_is_here_already_is_complete_at_once(new_device: NewDevice) -> None:
    first, second = new_device("HALL"), new_device("JZ")
    content = scan()
    path = begin(second, content)
    second.append_photo(path, content, 0, 50_000)
    first.put_photo(content)
    # Also for who was in the middle of it.
    assert refused(second.append_photo(path, content, 50_000, 60_000)) == (409, Code.UPLOAD_OFFSET)
    second.check_stored(content, standing(second, path, content))
    begun = second.begin_photo(content)
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, str(len(content)))
    second.check_stored(content, begun)


def test_checksums_keep_out_what_the_line_has_bent(new_device: NewDevice) -> None:
    client = new_device()
    content = scan()
    path = begin(client, content)

    def named(algorithm: str, of: bytes) -> dict[str, str]:
        digest = hashlib.new(algorithm, of).digest()
        return {"Upload_Checksum": f"{algorithm} {b64encode(digest).decode()}"}

    bent = client.append_photo(path, content, 0, 1_000, **named("sha1", b"other"))
    assert refused(bent) == (460, Code.UPLOAD_CHECKSUM)
    unknown = client.append_photo(path, content, 0, 1_000, **named("md5", content[:1_000]))
    assert refused(unknown) == (400, Code.BAD_REQUEST)
    assert offset(client, path, content) == 0
    for at, algorithm in ((0, "sha1"), (1_000, "sha256")):
        piece = content[at : at + 1_000]
        done = client.append_photo(path, content, at, at + 1_000, **named(algorithm, piece))
        assert done.headers["upload-offset"] == str(at + 1_000)


def test_what_is_no_photo_is_forgotten(new_device: NewDevice) -> None:
    client = new_device()
    for content, code, status in (
        (b"%PDF-1.7" + os.urandom(500), Code.ATTACHMENT_NOT_IMAGE, 415),
        (bytes(ATTACHMENT_BYTES_MAX), Code.ATTACHMENT_NOT_IMAGE, 415),
        (bytes(ATTACHMENT_BYTES_MAX + 1), Code.ATTACHMENT_OVERSIZED, 413),
    ):
        assert refused(client.put_photo(content)) == (status, code)
    content = scan(20_000)
    path = begin(client, content)
    headers = client.upload_headers(content) | {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = client.http.patch(path, content=bytes(20_000), headers=headers)
    assert refused(answer) == (400, Code.ATTACHMENT_HASH)
    assert standing(client, path, content).status_code == 404, "it begins anew"


def test_only_its_author_gives_it_up(new_device: NewDevice) -> None:
    author, other = new_device("HALL"), new_device("HALL")
    content = scan()
    path = begin(author, content)
    assert other.http.delete(path, headers=other.upload_headers(content)).status_code == 404
    forged = other.upload_headers(content) | {"Zc-Device": str(author.tablet.number)}
    assert refused(other.http.delete(path, headers=forged)) == (404, Code.NOT_FOUND)
    assert other.http.head(path, headers=forged).status_code == 404
    assert offset(author, path, content) == 0
    assert author.http.delete(path, headers=author.upload_headers(content)).status_code == 204
    assert standing(author, path, content).status_code == 404
    author.put_photo(content)
    gone = author.http.delete(path, headers=author.upload_headers(content))
    assert refused(gone) == (403, Code.NOT_ENTITLED), "a stored photo stays"


def test_networks_that_know_only_post(new_device: NewDevice) -> None:
    client = new_device()
    content = scan(1_000)
    path = begin(client, content)
    headers = client.upload_headers(content) | {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    half = client.http.post(
        path, content=content[:500], headers=headers | {"X-HTTP-Method-Override": "PATCH"}
    )
    assert (half.status_code, half.headers["upload-offset"]) == (204, "500")
    assert refused(client.http.post(path, headers=headers)) == (405, Code.METHOD_NOT_ALLOWED)
    gone = client.http.post(path, headers=headers | {"X-HTTP-Method-Override": "DELETE"})
    assert gone.status_code == 204
    assert standing(client, path, content).status_code == 404


@pytest.mark.parametrize(
    ("method", "changed", "status", "code"),
    [
        ("POST", {"Tus-Resumable": "0.2.2"}, 412, Code.UPLOAD_VERSION),
        ("POST", {"Zc-Device": "x"}, 404, Code.DEVICE_UNKNOWN),
        ("POST", {"Zc-Device": "999999"}, 404, Code.DEVICE_UNKNOWN),
        ("POST", {"Zc-Signature": "AAAA"}, 401, Code.SIGNATURE_INVALID),
        ("POST", {"Upload-Length": "-1"}, 400, Code.BAD_REQUEST),
        ("POST", {"Upload-Length": "999"}, 401, Code.SIGNATURE_INVALID),
        ("POST", {"Upload-Metadata": "sha256 !"}, 400, Code.BAD_REQUEST),
        ("POST", {"Upload-Metadata": "name eA=="}, 400, Code.BAD_REQUEST),
        ("PATCH", {"Tus-Resumable": ""}, 412, Code.UPLOAD_VERSION),
        ("PATCH", {"Content-Type": "image/jpeg"}, 415, Code.UPLOAD_TYPE),
        ("PATCH", {"Upload-Offset": "x"}, 400, Code.BAD_REQUEST),
        ("PATCH", {"Zc-Signature": "AAAA"}, 404, Code.NOT_FOUND),
        ("PATCH", {"Origin": "http://evil.example"}, 403, Code.ORIGIN_FOREIGN),
    ],
)
def test_refusals_on_the_wire(
    new_device: NewDevice, method: str, changed: dict[str, str], status: int, code: Code
) -> None:
    client = new_device()
    content = scan(1_000)
    name = b64encode(hashlib.sha256(content).hexdigest().encode()).decode()
    headers = client.upload_headers(content) | {
        "Upload-Length": "1000",
        "Upload-Metadata": f"sha256 {name}",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    path = "/api/uploads" if method == "POST" else begin(client, content)
    answer = client.http.request(method, path, headers=headers | changed)
    assert refused(answer) == (status, code)
    if code is Code.UPLOAD_VERSION:
        assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize("name", ["..%2f..%2fhub", "1-zz", "0-" + "0" * 64, "12", "１-" + "0" * 64])
def test_no_path_from_outside(new_device: NewDevice, name: str) -> None:
    client = new_device()
    answer = client.http.head(f"/api/uploads/{name}", headers=client.upload_headers(b"x"))
    assert answer.status_code == 404


def test_a_line_cut_in_mid_request_costs_only_what_was_under_way(new_device: NewDevice) -> None:
    client = new_device()
    content = scan()
    path = begin(client, content)
    headers = client.upload_headers(content) | {
        "Host": client.http.base_url.netloc.decode(),
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(len(content)),
    }
    head = f"PATCH {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    url = client.http.base_url
    with socket.create_connection((url.host, url.port)) as line:
        line.sendall(head.encode() + b"\r\n" + content[:123_457])
        # Half a line: the hub has read all that came before it hears that no more will.
        line.shutdown(socket.SHUT_WR)
        await_offset(client, path, content, 123_457)
    done = client.append_photo(path, content, 123_457)
    client.check_stored(content, done)


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[HubProcess]:
    process = HubProcess(tmp_path / "data").start()
    yield process
    process.kill()


def test_a_killed_hub_goes_on_where_it_was(own_hub: HubProcess) -> None:
    with closing(administrator(own_hub.base)) as admin:
        client = enrolled(own_hub.base, admin)
    content = scan()
    path = begin(client, content)
    client.append_photo(path, content, 0, 200_000)
    own_hub.kill()
    own_hub.start()
    assert offset(client, path, content) == 200_000
    own_hub.kill()
    checked = own_hub.run("verify")
    assert checked.returncode == 0, checked.stdout
    assert list((own_hub.data / "attachments").rglob("*")) == [], (
        "no file bears a name before it is whole"
    )
    own_hub.start()
    client.check_stored(content, client.append_photo(path, content, 200_000))
    own_hub.kill()
    (kept,) = (p for p in (own_hub.data / "attachments").rglob("*") if p.is_file())
    assert (kept.name, kept.read_bytes()) == (hashlib.sha256(content).hexdigest(), content)
    client.close()
