"""Every target holds for the vectors and for a few thousand changes of them, and fails where a reader is broken.

The coverage-guided run is `python -m tests.fuzz`; this one is the same every time.
"""

import random
import zlib
from collections.abc import Callable, Iterable, Iterator

import msgspec
import pytest

import sync.codec
import sync.event
import sync.fold
import sync.ledger
import sync.messages
import sync.number
import sync.session
from sync.hub_session import Close, HubSession
from tests.fuzz import targets
from tests.fuzz.corpus import seeds
from tests.fuzz.mutate import change_value
from tests.fuzz.targets import TARGETS

CHANGES = 25
PLANTED_CHANGES = 600
VECTORS = list(seeds())


def inputs(target: str, changes: int) -> Iterator[bytes]:
    """The target's vectors, each as it is and in so many changed ways."""
    rng = random.Random(target)
    for name, data in VECTORS:
        if name != target:
            continue
        yield data
        for _ in range(changes):
            changed = change_value(data, rng)
            at = rng.randrange(len(data) + 1)
            yield changed or data[:at] + rng.randbytes(1) + data[at + 1 :]
            yield data[:at]


def run(target: str, changes: int) -> int:
    """Gives the target all of its inputs; how many."""
    count = 0
    for data in inputs(target, changes):
        TARGETS[target](data)
        count += 1
    return count


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds(target: str) -> None:
    assert run(target, CHANGES) > CHANGES, f"no vectors for {target}"


def _undecodable_text_escapes(patch: pytest.MonkeyPatch) -> None:
    def loosely(decoder: msgspec.msgpack.Decoder[object], data: bytes) -> object:
        return decoder.decode(data)

    for module in (sync.event, sync.messages, sync.fold):
        patch.setattr(module, "strictly", loosely)


def _inflating_escapes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.codec, "decode_frame", lambda data: zlib.decompress(data[3:], wbits=-15))
    patch.setattr(targets, "decode_frame", sync.codec.decode_frame)


def _a_truncated_body_is_taken(patch: pytest.MonkeyPatch) -> None:
    def split(body: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(body):
            size = int.from_bytes(body[at : at + 4], "big")
            yield body[at + 4 : at + 4 + size]
            at += 4 + size

    patch.setattr(targets, "split_frames", split)


def _a_trap_key_in_a_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(targets, "is_readable", lambda *_: True)


def _any_day_is_real(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.number, "is_real_date", lambda _: True)


def _any_picture_is_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(targets, "find_mime", lambda data: f"image/{data[1:4]!r}")


def _the_fold_forgets_a_kind_of_value(patch: pytest.MonkeyPatch) -> None:
    honest = sync.fold._set_values

    def set_values(
        state: sync.fold.CaseState, source: sync.fold.Source, said: Iterable[sync.fold.Said]
    ) -> None:
        said = list(said)
        assert not any(isinstance(value, list) for _, value in said), "a defect"
        honest(state, source, said)

    patch.setattr(sync.fold, "_set_values", set_values)


def _a_closed_line_speaks(patch: pytest.MonkeyPatch) -> None:
    honest = HubSession._close

    def close(self: HubSession, *rest: object) -> list[object]:
        effects = honest(self, *rest)  # type: ignore[arg-type]
        self._closed = False
        assert isinstance(effects[-1], Close)
        return [*effects]

    patch.setattr(HubSession, "_close", close)


def _an_unsigned_ack_is_trusted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.session, "trusts_ack", lambda *_: True)
    patch.setattr(sync.session, "settled_end", lambda _, ack: ack.seq)


@pytest.mark.parametrize(
    ("plant", "target"),
    [
        (_undecodable_text_escapes, "client-message"),
        (_undecodable_text_escapes, "hub-message"),
        (_undecodable_text_escapes, "event"),
        (_undecodable_text_escapes, "state"),
        (_inflating_escapes, "frame"),
        (_a_truncated_body_is_taken, "body"),
        (_a_trap_key_in_a_record, "record"),
        (_any_day_is_real, "number"),
        (_any_picture_is_one, "picture"),
        (_the_fold_forgets_a_kind_of_value, "event"),
        (_a_closed_line_speaks, "to-hub"),
        (_an_unsigned_ack_is_trusted, "to-device"),
    ],
)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the broken reader lets out
        run(target, PLANTED_CHANGES)
