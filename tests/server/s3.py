"""An S3 server for tests: moto's, which speaks the protocol on a socket and keeps its objects in memory."""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moto.server import ThreadedMotoServer

BUCKET = "photos"


@dataclass
class S3:
    """A running server with one bucket."""

    server: ThreadedMotoServer
    endpoint: str

    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def names(self) -> list[str]:
        """The keys of every object."""
        with urllib.request.urlopen(f"{self.endpoint}/{BUCKET}?list-type=2") as answer:
            listed = answer.read().decode()
        return [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]

    def stop(self) -> None:
        """Nobody answers at its address any more."""
        self.server.stop()


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server with an empty bucket, found by the environment of this process while it runs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    s3 = S3(server, f"http://{host}:{port}")
    for path in ("moto-api/reset", BUCKET):
        method = "POST" if path != BUCKET else "PUT"
        urllib.request.urlopen(
            urllib.request.Request(f"{s3.endpoint}/{path}", method=method)
        ).close()
    before = dict(os.environ)
    os.environ.update(s3.environment())
    try:
        yield s3
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()
