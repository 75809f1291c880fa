"""Fresh seeds in every run; a failure prints the line that reproduces it."""

import secrets

from tests.simulator.faults import FAULTS
from tests.simulator.run import run_seed

FRESH_SEEDS = 25
SEED_MAX = 10**9


def test_fresh_seeds_hold_every_invariant() -> None:
    for _ in range(FRESH_SEEDS):
        seed = secrets.randbelow(SEED_MAX)
        outcome = run_seed(seed)
        assert not outcome.failure, f"python -m tests.simulator --seed {seed}: {outcome.failure}"


def test_a_seed_is_a_reproduction() -> None:
    assert run_seed(7) == run_seed(7)


def test_the_simulator_reaches_what_it_claims() -> None:
    """Histories without faults, conflicts or refusals would prove nothing."""
    reached: dict[str, int] = {}
    for seed in range(80):
        for what, count in run_seed(seed).happened.items():
            reached[what] = reached.get(what, 0) + count
    assert reached.keys() >= {
        *FAULTS, "distrust", "heard", "receives", "edits", "photographs", "rashly", "case.accept",
        "case.request_correction", "case.approve",
    }  # fmt: skip
