"""A private PgBouncer in front of a test's PostgreSQL, pooling by transactions over very few connections."""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import USER, Cluster

PROGRAM = Path("/usr/sbin/pgbouncer")
# Fewer than the hub's processes ask for, so that they must take turns on each.
SERVER_CONNECTIONS = 4


@dataclass
class Pooler:
    """A running PgBouncer, reached by TCP."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        """The URL of a database, through the pooler."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """End it and remove its folder."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)


def start_pooler(cluster: Cluster) -> Pooler:
    """Start one on a free port; returns once it answers."""
    if not PROGRAM.exists():
        raise RuntimeError("PgBouncer is not installed: run scripts/system-packages.sh")
    folder = Path(tempfile.mkdtemp(prefix="zc-pgb-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"""[databases]
* = host={cluster.folder} user={USER}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
max_client_conn = 500
logfile = {folder}/pgbouncer.log
"""
    )
    # It refuses to run as root.
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user, user)
    folder.chmod(0o755)
    process = subprocess.Popen([PROGRAM, "-q", settings], user=user, group=user, cwd="/")
    pooler = Pooler(folder, port, process)
    subprocess.run(
        [cluster.binaries / "pg_isready", "-q", "-t", "20", "-h", "127.0.0.1", "-p", str(port)],
        check=False,
    )
    return pooler
