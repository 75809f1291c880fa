"""The simulator's command.

python -m tests.simulator --seed S      replays one history with a readable trace
python -m tests.simulator --seeds N     runs N fresh histories on every core
"""

import argparse
import os
import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulator.run import Outcome, run_seed

SEED_MAX = 10**9
CHUNK = 10


say = print  # what this command is for


def replay(seed: int) -> int:
    """One history, told line by line."""
    outcome = run_seed(seed, verbose=True)
    say(f"seed {seed}: {outcome.failure or 'no failure'}")
    say("reached:", ", ".join(f"{what} {n}" for what, n in sorted(outcome.happened.items())))
    return 1 if outcome.failure else 0


def run_many(count: int, first: int | None) -> int:
    """Many histories; every failure is a line that reproduces it."""
    start = secrets.randbelow(SEED_MAX) if first is None else first
    begun_s = time.monotonic()
    failures = 0
    happened: dict[str, int] = {}
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        for outcome in pool.map(run_seed, range(start, start + count), chunksize=CHUNK):
            failures += _tell(outcome)
            for what, n in outcome.happened.items():
                happened[what] = happened.get(what, 0) + n
    rate = count / (time.monotonic() - begun_s)
    say("reached:", ", ".join(f"{what} {n}" for what, n in sorted(happened.items())))
    say(f"seeds {start} to {start + count - 1}, {rate:.0f} a second on {workers} cores")
    say(f"{count} seeds, {failures} failures")
    return 1 if failures else 0


def _tell(outcome: Outcome) -> int:
    if not outcome.failure:
        return 0
    say(f"python -m tests.simulator --seed {outcome.seed}  # {outcome.failure}")
    return 1


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--seeds", type=int, help="run this many")
    parser.add_argument("--first", type=int, help="begin at this seed instead of a fresh one")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return replay(arguments.seed)
    return run_many(arguments.seeds or 100, arguments.first)


if __name__ == "__main__":
    sys.exit(main())
