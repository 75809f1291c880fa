"""A private PostgreSQL for tests, from the installed binaries: no service, no password, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
USER = "zongchuang"
# Nothing in a test's cluster outlives the tests, so nothing needs to reach the disk.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
# As it is installed: a commit is on the disk before it is answered. For what is measured.
DURABLE = "-c max_connections=200"


@dataclass
class Cluster:
    """A running server, reached by a Unix socket in its folder."""

    folder: Path
    binaries: Path

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database, as a copy of another; its name."""
        name = f"test_{next(self._numbers)}"
        self._psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._psql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _psql(self, statement: str) -> None:
        options = ["-h", str(self.folder), "-U", USER, "-d", "postgres", "-qc", statement]
        subprocess.run([self.binaries / "psql", *options], check=True, capture_output=True)

    def _run(self, name: str, *options: str) -> None:
        command = [*_as_other_user(), str(self.binaries / name), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")


def start_cluster(settings: str = FAST) -> Cluster:
    """Initialise and start a cluster in a folder of its own."""
    if not BINARIES:
        raise RuntimeError("PostgreSQL is not installed: run scripts/system-packages.sh")
    folder = Path(tempfile.mkdtemp(prefix="zc-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = Cluster(folder, BINARIES[-1])
    data = str(folder / "data")
    auth = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"]
    cluster._run("initdb", "-D", data, *auth)
    options = f"-k {folder} -c listen_addresses= {settings}"
    log = str(folder / "server.log")
    cluster._run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
    return cluster


def _as_other_user() -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["runuser", "-u", "postgres", "--"]
