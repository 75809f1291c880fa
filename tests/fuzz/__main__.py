"""Coverage-guided fuzzing of every reader, for a budget of seconds.

python -m tests.fuzz --seconds 15                        all targets share the time
python -m tests.fuzz --seconds 60 --target event         one target
python -m tests.fuzz --target event --replay FILE        what a run found, once more
python -m tests.fuzz --list                              their names

A finding is written to --keep, with the line that replays it; what widened coverage is kept there too and is where
the next run begins.
"""

import argparse
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

INPUT_BYTES_MAX = 4_096
INPUT_SECONDS_MAX = 5
MEMORY_MB_MAX = 2_048

say = print  # what this command is for


def main() -> int:
    """The command; the fuzzer ends the process itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--target", default="", help="one reader instead of all")
    parser.add_argument("--replay", type=Path, help="one input instead of many")
    parser.add_argument("--keep", type=Path, help="a folder for the corpus and the findings")
    parser.add_argument("--list", action="store_true", help="name the targets")
    arguments = parser.parse_args()
    try:
        import atheris
    except ModuleNotFoundError:
        say("not fuzzed: atheris has wheels for Linux on x86-64 only")
        return 0
    with atheris.instrument_imports(include=["sync"]):
        from tests.fuzz.corpus import seeds
        from tests.fuzz.mutate import mutator
        from tests.fuzz.targets import TARGETS, any_target
    if arguments.list:
        say(*TARGETS, sep="\n")
        return 0
    name = arguments.target
    test = TARGETS[name] if name else any_target
    if arguments.replay is not None:
        test(arguments.replay.read_bytes())
        say("holds")
        return 0
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="zc-fuzz-"))
    corpus = folder / (name or "all")
    corpus.mkdir(parents=True, exist_ok=True)
    order = list(TARGETS)
    vectors = [
        data if name else bytes([order.index(target)]) + data
        for target, data in seeds()
        if name in {"", target}
    ]
    for data in vectors:
        (corpus / sha256(data).hexdigest()).write_bytes(data)
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MB_MAX}",
        f"-artifact_prefix={folder}/found-",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    replay = f"python -m tests.fuzz{f' --target {name}' if name else ''} --replay"
    say(f"fuzzing {name or ', '.join(order)} for {arguments.seconds} s; {replay} {folder}/found-…")
    sys.stdout.flush()

    def plain(data: bytes, size_max: int) -> bytes:
        # Looked up at each call: the one that works comes with the call of Fuzz.
        changed: bytes = atheris.Mutate(data, size_max)
        return changed

    change = mutator(vectors, 0 if name else 1, plain)
    atheris.Setup(["tests.fuzz", *options, str(corpus)], test, custom_mutator=change)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
