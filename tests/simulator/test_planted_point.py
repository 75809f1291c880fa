"""Every checker of the relay is shown to fail: bugs planted in it, and in what a device believes of it."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
import pytest

import server.relay.journal
from server.store.relay import ACK, PUSH, JournalRow, MirrorEntry, MirrorHead, RelayStore
from sync.errors import Verdict
from sync.messages import Ack, Page, Run, encode_message
from sync.outbox import Outbox
from sync.point_session import PointSession
from sync.relay_uplink import Effect, RelayUplink
from sync.relay_zone import KnownDevice, RelayZone
from tests.simulator.run import run_seed

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = range(1, 300)


def _signs_for_what_it_drops(patch: pytest.MonkeyPatch) -> None:
    honest = RelayStore.add

    def add(self: RelayStore, row: JournalRow) -> int:
        return 0 if row.kind == PUSH else honest(self, row)

    patch.setattr(RelayStore, "add", add)


def _takes_an_answer_for_all_answers(patch: pytest.MonkeyPatch) -> None:
    """A later push of the same device is thought to be answered, too."""
    honest = RelayStore.next_unsettled

    def next_unsettled(self: RelayStore, after: int, but: Iterable[int] = ()) -> JournalRow | None:
        row = honest(self, after, but)
        return None if row is not None and row.first_seq > 1 else row

    patch.setattr(RelayStore, "next_unsettled", next_unsettled)


def _shows_what_it_sent_as_stored(patch: pytest.MonkeyPatch) -> None:
    honest = PointSession._at_point

    def at_point(self: PointSession, message: object, outbox: Outbox, now_ms: int) -> object:
        effects = honest(self, message, outbox, now_ms)  # type: ignore[arg-type]
        return [
            msgspec.structs.replace(one, seq=outbox.last) if hasattr(one, "seq") else one
            for one in effects
        ]

    patch.setattr(PointSession, "_at_point", at_point)


def _never_hears_of_a_revocation(patch: pytest.MonkeyPatch) -> None:
    honest = RelayZone.find_device

    def find_device(self: RelayZone, number: int) -> KnownDevice | None:
        known = honest(self, number)
        return None if known is None else msgspec.structs.replace(known, revoked=False)

    patch.setattr(RelayZone, "find_device", find_device)
    honest_readable = RelayZone.readable

    def readable(self: RelayZone, *asked: object) -> frozenset[str] | None:
        for number, known in self._devices.items():
            self._devices[number] = msgspec.structs.replace(known, revoked=False)
        return honest_readable(self, *asked)  # type: ignore[arg-type]

    patch.setattr(RelayZone, "readable", readable)


def _shuts_neighbours_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.relay.journal, "_is_neighbour", lambda *_: False)


def _mirrors_another_event(patch: pytest.MonkeyPatch) -> None:
    honest = RelayStore.append

    def append(self: RelayStore, entries: Sequence[MirrorEntry], head: MirrorHead) -> None:
        honest(self, [one._replace(event=one.event + b"\0") for one in entries], head)

    patch.setattr(RelayStore, "append", append)


def _stops_mirroring(patch: pytest.MonkeyPatch) -> None:
    honest = RelayUplink._page

    def page_(self: RelayUplink, page: Page) -> list[Effect]:
        return [] if page.after else honest(self, page)

    patch.setattr(RelayUplink, "_page", page_)


def _gives_verdicts(patch: pytest.MonkeyPatch) -> None:
    honest = RelayStore.add

    def add(self: RelayStore, row: JournalRow) -> int:
        n = honest(self, row)
        if row.kind == PUSH:
            runs = [Run(row.first_seq, 1, 1_000, 1, Verdict.OK)]
            ack = Ack(row.device, row.last_seq, row.link, runs, bytes(64))
            honest(self, row._replace(kind=ACK, message=encode_message(ack), settled_ms=1))
        return n

    patch.setattr(RelayStore, "add", add)
    # Devices do not believe it; it must not say so to begin with.
    patch.setattr(RelayStore, "of_log", lambda *_: [])


@pytest.mark.parametrize(
    ("plant", "invariant"),
    [
        (_signs_for_what_it_drops, "1 saved is saved"),
        (_takes_an_answer_for_all_answers, "1 saved is saved"),
        (_shows_what_it_sent_as_stored, "14 no false green"),
        (_never_hears_of_a_revocation, "8 only the entitled"),
        (_shuts_neighbours_out, "neighbours"),
        (_mirrors_another_event, "9 evidence"),
        (_stops_mirroring, "15 prefix"),
        (_gives_verdicts, "the relay decides nothing"),
    ],
)
def test_a_planted_bug_is_found(
    plant: Plant, invariant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_seed(0)  # the office is furnished by the honest implementation
    plant(monkeypatch)
    found: set[str] = set()
    for seed in SEEDS:
        outcome = run_seed(seed)
        found.add(outcome.failure)
        if outcome.invariant == invariant:
            return
    pytest.fail(f"{len(SEEDS)} seeds did not notice: {found}")
