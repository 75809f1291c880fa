"""Prints the cases of a hub's database, one JSON object a line: `python -m bench.cases <data folder>`.

The hub's own fold of each case, so that what the benchmark compares is what the hub made of the events.
"""

import json
import sys
from pathlib import Path

from server.store.engine import sqlite_url
from server.store.store import Store
from sync.fold import CaseState, decode_state


def case_of(stream: bytes, state: CaseState) -> dict[str, object]:
    """A case as the benchmark's records need it."""
    values = {key: holders[0][0] for key, holders in state.values.items()}
    return {
        "stream": stream.hex(),
        "window": state.window,
        "applicant": {name: values[f"a:{name}"] for name in ("name", "id_no", "phone")},
        "fields": {key[2:]: value for key, value in values.items() if key.startswith("f:")},
    }


def main() -> None:
    """Print every case."""
    store = Store.open(sqlite_url(Path(sys.argv[1]) / "zongchuang.db"))
    with store.read() as tx:
        for row in tx.cases.walk_all():
            print(json.dumps(case_of(row.stream, decode_state(row.fold)), ensure_ascii=False))
    store.close()


if __name__ == "__main__":
    main()
