"""Python and TypeScript fold thousands of random histories to the same bytes (invariant 3)."""

import random
import secrets
import subprocess
from pathlib import Path

import msgspec

from sync.fold import decode_state, fold_case, state_bytes
from sync.messages import Entry
from sync.vectors_fold import fold_vectors
from tests.sync.histories import history

PWA = Path(__file__).parents[2] / "pwa"
HISTORIES = 3_000


def fold_in_typescript(histories: list[list[Entry]], folder: Path) -> list[bytes | str]:
    """The state bytes of each history by pwa/src/sync/fold.ts; text where it threw."""
    program, source, target = folder / "fold.mjs", folder / "in.msgpack", folder / "out.msgpack"
    source.write_bytes(msgspec.msgpack.encode(histories))
    subprocess.run(
        [
            PWA / "node_modules/.bin/rolldown",
            PWA / "src/node/fold_histories.ts",
            "--file",
            program,
            "--platform",
            "node",
            "--logLevel",
            "silent",
        ],
        check=True,
        cwd=PWA,
        timeout=120,
    )
    subprocess.run(["node", program, source, target], check=True, timeout=300)
    answers: list[bytes | str] = msgspec.msgpack.decode(target.read_bytes())
    return answers


def test_both_languages_fold_to_the_same_bytes(tmp_path: Path) -> None:
    seed = secrets.randbelow(10**9)
    fixed: list[list[Entry]] = [
        [(int(p), int(d), int(s), int(ms), bytes.fromhex(event)) for p, d, s, ms, event in entries]
        for entries in msgspec.convert(
            [vector["entries"] for vector in fold_vectors()],
            list[list[tuple[int, int, int, int, str]]],
        )
    ]
    histories: list[list[Entry]] = [
        *fixed,
        *(history(random.Random(seed + i)) for i in range(HISTORIES)),
    ]
    answers = fold_in_typescript(histories, tmp_path)
    assert len(answers) == len(histories)
    for i, (entries, answer) in enumerate(zip(histories, answers, strict=True)):
        name = f"vector {i}" if i < len(fixed) else f"history(Random({seed + i - len(fixed)}))"
        expected = fold_case(entries)
        assert isinstance(answer, bytes), f"{name}: {answer}"
        assert answer == state_bytes(expected), f"{name}: {decode_state(answer)} != {expected}"


def test_the_histories_reach_what_they_should() -> None:
    """Random histories that never conflict, void or pass unknown events would compare nothing."""
    states = [fold_case(history(random.Random(seed))) for seed in range(800)]
    effects = {(row[7], row[8]) for state in states for row in state.history}
    assert {("applied", ""), ("unknown", ""), ("void", "state")} <= effects
    assert {code for _, code in effects} >= {
        "correction-once",
        "licence-only",
        "instant-only",
        "own-review",
        "deferral-open",
        "no-deferral-open",
    }
    assert sum(len(h) > 1 for state in states for h in state.values.values()) > 100
    assert {state.state for state in states} >= {"archived", "withdrawn", "lapsed", "under_review"}
