"""Photos in a bucket that speaks S3, through obstore: the other side of the port in server/store/files.py.

Address `s3://bucket/prefix`. Endpoint, region and keys come from the environment, as everywhere with S3:
AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (docs/operations.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from server.store.errors import BusyError

# A tablet asks again by itself, so a store that is away is said soon rather than waited for.
_TIMEOUT = timedelta(seconds=10)
_RETRIES_MAX = 2
_PROBE = "check"


class PhotoBucket:
    """Objects named `ab/abcdef…` below the prefix; S3 shows an object whole or not at all."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store = S3Store.from_url(
            url,
            # The server compares what came with what was sent, and refuses what a line has bent.
            config={"checksum_algorithm": "SHA256"},
            # Plain http only where the endpoint's own address says so: a server on this machine or in its rack.
            client_options={"allow_http": True, "timeout": _TIMEOUT, "connect_timeout": _TIMEOUT},
            retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": 2 * _TIMEOUT},
        )

    def read(self, digest: bytes) -> bytes | None:
        """The object's bytes; None when there is none."""
        with _answering():
            try:
                return bytes(obstore.get(self._store, _name(digest)).bytes())
            except FileNotFoundError:
                return None

    def write(self, digest: bytes, content: bytes) -> None:
        """Durable when the server has answered."""
        with _answering():
            obstore.put(self._store, _name(digest), content)

    def check(self) -> None:
        """Write, read and remove a small object."""
        try:
            obstore.put(self._store, _PROBE, b"")
            obstore.get(self._store, _PROBE).bytes()
            obstore.delete(self._store, _PROBE)
        except (BaseError, OSError) as error:
            raise OSError(f"no photos can be kept at {self._url}: {_first_line(error)}") from error


def _name(digest: bytes) -> str:
    name = digest.hex()
    return f"{name[:2]}/{name}"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise BusyError(f"the photos' store does not answer: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
