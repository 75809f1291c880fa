"""The PWA's files: compressed as built, kept by ETag, immutable where hashed, each surface its own fallback."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.process import HubProcess

BUILT = {
    "index.html": b"<html>applicant",
    "sw.js": b"// worker",
    "manifest.webmanifest": b"{}",
    "assets/index-Ab12Cd34.js": b"hashed();",
    "assets/index-Ab12Cd34.js.br": b"brotli",
    "assets/index-Ab12Cd34.js.gz": b"gzip",
    "icons/icon.png": b"\x89PNG",
    "desk/index.html": b"<html>desk",
    "desk/assets/app-Zz98Yy76.css": b"p{}",
    "console/index.html": b"<html>console",
}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("static")
    dist = root / "dist"
    for name, content in BUILT.items():
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_bytes(content)
    (root / "secret.txt").write_text("secret")
    hub = HubProcess(root / "data", static=dist).start()
    with httpx.Client(base_url=hub.base) as client:
        yield client
    hub.stop()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/", "applicant"),
        ("/cases/JK-1", "applicant"),
        ("/desk/", "desk"),
        ("/desk", "desk"),
        ("/desk/intake/SCJG-001", "desk"),
        ("/console/problems", "console"),
        ("/desktop", "applicant"),
    ],
)
def test_each_surface_has_its_own_page(http: httpx.Client, path: str, content: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 200 and content in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-Ab12Cd34.js",
        "/desk/assets/gone-Ab12Cd34.js",
        "/favicon.ico",
        "/api/x",
        "/assets/index-Ab12Cd34.js.br",
        "/..%2fsecret.txt",
        "/%00",
        "/" + 300 * "a",
        "/%2e%2e/secret.txt",
    ],
)
def test_what_is_not_there_is_no_page(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404 and "secret" not in answer.text


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("identity", None, b"hashed();"),
        ("br;q=0, gzip;q=0", None, b"hashed();"),
    ],
)
def test_the_smallest_that_the_browser_takes(
    http: httpx.Client, accepted: str, encoding: str | None, content: bytes
) -> None:
    path, headers = "/assets/index-Ab12Cd34.js", {"Accept-Encoding": accepted}
    with http.stream("GET", path, headers=headers) as answer:
        assert b"".join(answer.iter_raw()) == content
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_what_has_not_changed_is_not_sent_again(http: httpx.Client) -> None:
    first = http.get("/sw.js")
    assert first.headers["cache-control"] == "no-cache"
    again = http.get("/sw.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert http.get("/sw.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_head_has_no_body(http: httpx.Client) -> None:
    answer = http.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-security-policy" in answer.headers


def test_a_new_build_is_served_without_a_restart(
    http: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = (
        next(Path(tmp_path_factory.getbasetemp()).glob("static*")) / "dist" / "manifest.webmanifest"
    )
    before = http.get("/manifest.webmanifest")
    built.write_bytes(b'{"name":"new"}')
    after = http.get("/manifest.webmanifest", headers={"If-None-Match": before.headers["etag"]})
    assert after.json() == {"name": "new"}
    assert after.headers["content-type"] == "application/manifest+json"
