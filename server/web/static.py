"""The PWA's files: precompressed at build, ETag and 304, immutable where the name has the content's hash.

Each surface is an app of its own: `/desk/…` and `/console/…` that are no file get that surface's page, all else the
applicant's. A missing asset is a 404 and never a page, which a worker would cache as a script.
"""

import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route

from server.flows.refusals import Code, Refusal
from server.web.refused import RefusedError
from server.web.shell import Shell

SURFACES = ("desk", "console")
NAME_CHARS_MAX = 60  # file systems refuse to look up names of more than 255 bytes
HASHED = re.compile(r"(^|/)assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# Litestar adds the charset to text.
MIME_BY_SUFFIX = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    etag: str


_kept: dict[Path, tuple[int, int, Asset]] = {}


def load(path: Path) -> Asset | None:
    """A file's content and ETag, read again only when the file changed; None: no such file."""
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    known = _kept.get(path)
    if known is not None and known[:2] == (stat.st_mtime_ns, stat.st_size):
        return known[2]
    if not path.is_file():
        return None
    content = path.read_bytes()
    asset = Asset(content, f'"{sha256(content).hexdigest()[:32]}"')
    _kept[path] = (stat.st_mtime_ns, stat.st_size, asset)
    return asset


def find_file(root: Path, url_path: str) -> Path | None:
    """The file that answers a path; None: nothing does."""
    relative = url_path.strip("/")
    if "\0" in relative or any(len(part) > NAME_CHARS_MAX for part in relative.split("/")):
        return None
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        return None
    if path.is_dir():
        path = path / "index.html"
    if path.is_file() and path.suffix not in {".br", ".gz"}:
        return path
    first = relative.partition("/")[0]
    if "." in Path(relative).name or first in {"api", "sync", "assets"}:
        return None
    page = root / (first if first in SURFACES else "") / "index.html"
    return page if page.is_file() else None


@route(
    ["/", "/{path:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False
)
async def static(request: Request[Any, Any, Any], shell: Shell) -> Response[bytes]:
    """A file of the PWA."""
    url_path = request.scope["path"]
    path = await shell.read(find_file, shell.static, url_path)
    if path is None:
        raise RefusedError(Refusal(Code.NOT_FOUND))
    return await _respond(request, shell, path)


def accepted_encodings(header: str) -> frozenset[str]:
    """The encodings of an Accept-Encoding header that are not refused with q=0."""
    parts = (part.replace(" ", "").lower().partition(";q=") for part in header.split(","))
    return frozenset(name for name, _, q in parts if q.strip("0.") or not q)


async def _respond(request: Request[Any, Any, Any], shell: Shell, path: Path) -> Response[bytes]:
    relative = path.relative_to(shell.static).as_posix()
    immutable = "public, max-age=31536000, immutable"
    headers = {
        "Cache-Control": immutable if HASHED.search(relative) else "no-cache",
        "Vary": "Accept-Encoding",
    }
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    asset: Asset | None = None
    for name, suffix in ENCODINGS:
        if name in accepted:
            asset = await shell.read(load, path.with_name(path.name + suffix))
            if asset is not None:
                headers["Content-Encoding"] = name
                break
    asset = asset or await shell.read(load, path)
    if asset is None:
        raise RefusedError(Refusal(Code.NOT_FOUND))
    headers["ETag"] = asset.etag
    if request.headers.get("if-none-match") == asset.etag:
        return Response(b"", status_code=304, headers=headers)
    media_type = MIME_BY_SUFFIX.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Response(
        asset.content, media_type=media_type or "application/octet-stream", headers=headers
    )
