"""Prints how long the hub takes from decoded pushes to durable commits, as JSON: `python -m bench.ingest`.

SQLite with synchronous=FULL, and a private PostgreSQL that forces every commit to the disk, unlike in the tests. What a
push is: scripts/bench_ingest.py.
"""

import argparse
import json
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from scripts.bench_ingest import measure
from server.store.engine import sqlite_url
from tests.postgres import DURABLE, start_cluster


def main() -> None:
    """Measure both databases, several times each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    cluster = start_cluster(DURABLE)
    try:
        # What measure says is for whoever looks on.
        with redirect_stdout(sys.stderr):
            for _ in range(options.repeat):
                with tempfile.TemporaryDirectory() as folder:
                    data = Path(folder)
                    embedded = sqlite_url(data / "bench.db")
                    seconds["SQLite"].append(measure(embedded, data, options.events))
                    served = cluster.url(cluster.create())
                    seconds["PostgreSQL"].append(measure(served, data, options.events))
    finally:
        cluster.stop()
    print(json.dumps({"events": options.events, "seconds": seconds}))


if __name__ == "__main__":
    main()
