"""The simulator's command.

python -m tests.simulator                runs fresh histories on every core until it is stopped
python -m tests.simulator --seeds N      runs that many
python -m tests.simulator --seed S       replays one with a readable trace
"""

import argparse
import logging
import os
import secrets
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import structlog

from tests.simulator.faults import FAULTS
from tests.simulator.run import Outcome, run_seed

SEED_MAX = 10**9
CHUNK = 10
# Seeds between two lines of a run without an end.
ROUND = 200


say = print  # what this command is for


def replay(seed: int) -> int:
    """One history, told line by line."""
    outcome = run_seed(seed, verbose=True)
    say(f"seed {seed}: {outcome.failure or 'no failure'}")
    say("reached:", _counts(outcome.happened))
    return 1 if outcome.failure else 0


def run_many(count: int | None, first: int | None, workers: int) -> int:
    """Many histories, without a count until stopped; every failure is a line that reproduces it."""
    start = secrets.randbelow(SEED_MAX) if first is None else first
    begun_s = time.monotonic()
    done, failures, happened = 0, 0, Counter[str]()
    with ProcessPoolExecutor(workers, initializer=_be_a_worker) as pool:
        try:
            while count is None or done < count:
                size = ROUND if count is None else min(ROUND, count - done)
                seeds = range(start + done, start + done + size)
                for outcome in pool.map(run_seed, seeds, chunksize=CHUNK):
                    failures += _tell(outcome)
                    happened.update(outcome.happened)
                done += size
                if count is None:
                    _tell_round(done, failures, time.monotonic() - begun_s, happened)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    rate = done / (time.monotonic() - begun_s)
    say("faults:", _counts({what: happened[what] for what in FAULTS}))
    say("reached:", _counts({what: n for what, n in happened.items() if what not in FAULTS}))
    say(f"seeds {start} to {start + done - 1}, {rate:.0f} a second in {workers} processes")
    say(f"{done} seeds, {failures} failures")
    return 1 if failures else 0


def _be_a_worker() -> None:
    """Stopping is the parent's; what a relay would log is for its own operator."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _tell_round(done: int, failures: int, spent_s: float, happened: Counter[str]) -> None:
    missing = [what for what in FAULTS if not happened[what]]
    reached = f"{len(FAULTS) - len(missing)} of {len(FAULTS)} kinds of fault, {sum(happened[f] for f in FAULTS)} in all"
    tail = f"; not yet: {', '.join(missing)}" if missing else ""
    say(
        f"{done} seeds, {failures} failures, {done / spent_s:.0f} a second; {reached}{tail}",
        flush=True,
    )


def _counts(happened: dict[str, int]) -> str:
    return ", ".join(f"{what} {n}" for what, n in sorted(happened.items()))


def _tell(outcome: Outcome) -> int:
    if not outcome.failure:
        return 0
    say(f"python -m tests.simulator --seed {outcome.seed}  # {outcome.failure}", flush=True)
    return 1


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--seeds", type=int, help="run this many")
    parser.add_argument("--first", type=int, help="begin at this seed instead of a fresh one")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="in so many processes"
    )
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return replay(arguments.seed)
    return run_many(arguments.seeds, arguments.first, arguments.workers)


if __name__ == "__main__":
    sys.exit(main())
