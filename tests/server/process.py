"""A hub as a process of its own: started, killed, started again on the same folder. For tests and e2e."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("zongchuang")


@dataclass
class HubProcess:
    """`zongchuang serve` on a folder. `start` returns when it listens; port 0 picks a free one, kept afterwards.

    serving: more options of `serve`.
    """

    data: Path
    port: int = 0
    database_url: str = ""
    static: Path | None = None
    serving: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = None
    welcome: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """http://127.0.0.1:…"""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """ws://127.0.0.1:…/sync/ws"""
        return f"ws://127.0.0.1:{self.port}/sync/ws"

    @property
    def log_file(self) -> Path:
        """What it logged, all starts together."""
        return self.data / "serve.log"

    def start(self) -> "HubProcess":
        """Start, and wait until the addresses are printed, which is when it listens."""
        assert self.process is None, "already running"
        self.data.mkdir(parents=True, exist_ok=True)
        command = [COMMAND, "serve", *self._options(), "--port", str(self.port), *self.serving]
        if self.static is not None:
            command += ["--static", str(self.static)]
        with self.log_file.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        self.welcome = _read_welcome(self.process.stdout)
        if not self.welcome:
            raise RuntimeError(f"the hub did not start:\n{self.log_file.read_text()}")
        self.port = int(self.welcome[0].rstrip("/\n").rpartition(":")[2])
        return self

    def kill(self) -> None:
        """Kill -9: nothing is finished, nothing is flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The graceful end."""
        self._end(signal.SIGTERM)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Another subcommand on the same database, such as `run("verify")`."""
        name, *rest = arguments
        return subprocess.run(
            [COMMAND, name, *self._options(), *rest],
            cwd=ROOT,
            env=_environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def _options(self) -> list[str]:
        options = ["--data", str(self.data)]
        return [*options, "--database-url", self.database_url] if self.database_url else options

    def _end(self, how: signal.Signals) -> None:
        process = self.process
        self.process = None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()


def _environment() -> dict[str, str]:
    outer = {"PORT", "DATA", "HOST", "DATABASE_URL"}
    return {key: value for key, value in os.environ.items() if key not in outer}


def _read_welcome(stdout: IO[str]) -> list[str]:
    """The three lines with the addresses; fewer when the process ended first."""
    lines: list[str] = []
    for line in stdout:
        lines.append(line)
        if len(lines) == 3:
            return lines
    return []
