"""A real hub: the command `zongchuang serve` as a process of its own, that can be killed and started again."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import URLError

from e2e.people import ADMINISTRATOR, PASSWORD

ROOT = Path(__file__).resolve().parents[1]
# Another build may be put to the test.
DIST = Path(os.environ.get("PWA_DIST", ROOT / "pwa" / "dist"))
COMMAND = Path(sys.executable).with_name("zongchuang")

_START_S_MAX = 60
_PROBE_S = 0.05
_ANSWER_S = 10


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class HubFailedError(Exception):
    """The hub ended while starting, or did not become healthy; says what it printed."""


class Hub:
    """One hub on one data folder and one port; both stay the same over every restart."""

    def __init__(self, data: Path, static: Path = DIST) -> None:
        self.data = data
        self.static = static
        self.port = free_port()
        self.log = data.with_name(f"{data.name}.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._administrator: dict[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts the process and returns when it answers as healthy."""
        assert not self.running, "this hub runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve", "--data", self.data, "--port", str(self.port), *self.serving()],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._await_health(self._process)

    def serving(self) -> list[str]:
        """What `serve` is told besides where its data and its port are."""
        return ["--static", str(self.static)]

    def is_ready(self, health: dict[str, Any]) -> bool:
        """Whether what it says of itself means that it has started."""
        return health["status"] == "ok"

    def kill(self) -> None:
        """Ends it at once, as a power cut does: nothing is flushed, nobody is told."""
        assert self._process is not None, "this hub never ran"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ends it in order; does nothing to one that is down already."""
        if self._process is not None and self.running:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()

    def command(self, *arguments: str, answer: str = "") -> str:
        """What a subcommand on this hub's data prints; raises when it fails. `answer`: to what it asks."""
        done = subprocess.run(
            [COMMAND, *arguments, "--data", self.data],
            cwd=ROOT, capture_output=True, text=True, check=False, input=answer,
        )  # fmt: skip
        assert done.returncode == 0, (
            f"zongchuang {arguments[0]} failed:\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def lose_all_but(self, backup: Path) -> None:
        """Its disk is gone while it is down; another machine takes its place, made from a backup."""
        assert not self.running, "this hub is not down"
        shutil.rmtree(self.data)
        self._administrator = None
        self.command("restore", str(backup))

    def verify(self) -> None:
        """Every chain, signature, position, feed and projection of this hub's database holds."""
        self.command("verify")

    def get(self, path: str) -> Any:
        """The JSON answer of a public address."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=_ANSWER_S) as answer:
            return json.load(answer)

    def enrol_code(self, point: str, kind: str = "tablet") -> str:
        """A fresh enrolment code, made through the console's own address by the administrator."""
        made = self._administrate("enrolment-codes", {"point": point, "kind": kind})
        return str(made["code"])

    def revoke_device(self, number: int, reason: str) -> None:
        self._administrate(f"devices/{number}/revoke", {"reason": reason})

    # What the tests look at behind the screens

    def events_taken(self) -> int:
        """How many events have been offered to this process and taken, repeats counted again."""
        return self._metric('zongchuang_events_total{code="ok"}')

    def pushes_refused(self) -> int:
        """How many pushes this process has turned away."""
        lines = self._metrics().items()
        return sum(
            value
            for name, value in lines
            if name.startswith("zongchuang_pushes_total") and 'outcome="taken"' not in name
        )

    def attachments(self) -> list[Path]:
        """The files of the photographs that are durable here."""
        return [path for path in (self.data / "attachments").rglob("*") if path.is_file()]

    def feed_length(self, name: str) -> int:
        """How many entries are in a feed."""
        with closing(sqlite3.connect(self.data / "zongchuang.db", timeout=_ANSWER_S)) as database:
            asked = "SELECT n FROM feed WHERE name = ?"
            return int(database.execute(asked, (name,)).fetchone()[0])

    def acts(self) -> dict[str, list[str]]:
        """By receipt number the acts of people in the ledger's order, each that does not count with its verdict.

        Nothing may wait for anything any more.
        """
        asked = """SELECT c.receipt_no, l.type, l.verdict FROM ledger l JOIN case_record c ON c.stream = l.stream
                   WHERE l.device > 1 ORDER BY l.position"""
        found: dict[str, list[str]] = {}
        with closing(sqlite3.connect(self.data / "zongchuang.db", timeout=_ANSWER_S)) as database:
            for receipt, type_, verdict in database.execute(asked):
                act = type_ if verdict == "ok" else f"{type_}: {verdict}"
                found.setdefault(receipt, []).append(act)
            assert database.execute("SELECT count(*) FROM parked").fetchone() == (0,)
        return found

    def upload_bytes(self) -> list[int]:
        """How many bytes are here of each photograph that is on its way up."""
        with closing(sqlite3.connect(self.data / "zongchuang.db", timeout=_ANSWER_S)) as database:
            return [row[0] for row in database.execute("SELECT received FROM upload")]

    def let_codes_expire(self) -> None:
        """Ten minutes pass for every enrolment code."""
        with closing(sqlite3.connect(self.data / "zongchuang.db", timeout=_ANSWER_S)) as database:
            database.execute("UPDATE enrolment_code SET until_ms = 1")
            database.commit()

    def _metric(self, name: str) -> int:
        return self._metrics().get(name, 0)

    def _metrics(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=_ANSWER_S) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: int(float(value)) for name, value in pairs}

    def _administrate(self, path: str, body: dict[str, Any]) -> Any:
        if self._administrator is None:
            asked = {"username": ADMINISTRATOR.username, "password": PASSWORD}
            answer = self._post("/api/sign-in", asked, {})
            account = json.load(answer)["account"]["id"]
            # The session outlives a killed hub: it is in the database.
            cookie = answer.headers["Set-Cookie"].split(";")[0]
            self._administrator = {"Zc-Account": account, "Cookie": cookie}
        return json.load(self._post(f"/api/console/{path}", body, self._administrator))

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> HTTPResponse:
        request = urllib.request.Request(
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **headers},
        )
        answer = urllib.request.urlopen(request, timeout=_ANSWER_S)
        assert isinstance(answer, HTTPResponse)
        return answer

    def _await_health(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(int(_START_S_MAX / _PROBE_S)):
            with suppress(URLError, ConnectionError, TimeoutError):
                if self.is_ready(self.get("/health")):
                    return
            # The probe's pause is a wait for the process itself: its death ends the start at once.
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_PROBE_S)
                raise HubFailedError(
                    self.log.read_text(encoding="utf-8", errors="replace")[-4_000:]
                )
        raise HubFailedError(f"no answer from {self.url}/health in {_START_S_MAX} s")


def prepare(folder: Path) -> Path:
    """A data folder with the sample zone in it, made once and then copied."""
    template = folder / "template"
    hub = Hub(template)
    hub.start()
    hub.stop()
    return template


def copy_of(template: Path, folder: Path, static: Path = DIST) -> Hub:
    """A hub on a fresh copy of the template; not started."""
    shutil.copytree(template, folder)
    return Hub(folder, static)
