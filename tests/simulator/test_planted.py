"""Every checker is shown to fail: bugs planted in the implementation, and tampering with what it kept."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

import server.challenge
import server.flows.batch
import server.flows.facts
import server.flows.restore
import sync.fold
import sync.ledger
import sync.replica
import tests.simulator.device_node
from server.flows.batch import Batch
from server.flows.facts import Arrival
from server.flows.feedbook import FeedBook, Placed
from sync.effects import BeginEpoch, Effect
from sync.errors import Void
from sync.feed import Cursor
from sync.fold import CaseState, Source
from sync.hub_session import HubSession
from sync.lifecycle import ROW_BY_TYPE
from sync.messages import Run, Welcome
from sync.outbox import Settled, settle
from sync.replica import Replica
from sync.session import Session
from tests.simulator import checks
from tests.simulator.device_node import DeviceNode
from tests.simulator.disk import Disk
from tests.simulator.run import Simulation, run_seed
from tests.simulator.world import DiskFull, Violation

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = range(1, 200)


def _says_saved_too_early(patch: pytest.MonkeyPatch) -> None:
    honest = DeviceNode.append

    def append(self: DeviceNode, event: bytes, *rest: object) -> None:
        self.promised.append((len(self.disk.log) + 1, event))
        honest(self, event, *rest)  # type: ignore[arg-type]
        self.promised.pop()

    patch.setattr(DeviceNode, "append", append)


def _loses_the_last_event_of_a_push(patch: pytest.MonkeyPatch) -> None:
    honest = Batch.take

    def take(self: Batch, arrivals: Sequence[Arrival]) -> None:
        honest(self, arrivals if len(arrivals) < 2 else arrivals[:-1])

    patch.setattr(Batch, "take", take)


def _folds_otherwise_on_devices(patch: pytest.MonkeyPatch) -> None:
    honest = sync.fold.apply

    def apply(state: CaseState, source: Source) -> Void | None:
        return None if source.head.type == "case.edit" else honest(state, source)

    patch.setattr(sync.replica, "apply", apply)


def _parks_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.flows.batch, "park_reason", lambda *_: None)


def _believes_no_lost_grant(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.flows.facts.Facts, "is_hubs_pass", lambda *_: False)


def _lets_clocks_go_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.flows.batch, "keep_time", lambda known, _: known)


def _overwrites(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.fold, "_replaces", lambda *_: True)


def _lets_everybody_win(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.fold, "find_row", lambda type_, _: ROW_BY_TYPE[type_])


def _releases_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Batch, "_retry", lambda *_: None)


def _gives_lost_positions_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.flows.restore, "first_position", lambda after, _: after + 1)


def _believes_the_lost_hub(patch: pytest.MonkeyPatch) -> None:
    """What was acknowledged is not offered again, and nobody looks before the end."""
    honest = Session._greet

    def greet(self: Session, welcome: Welcome, now_ms: int) -> list[Effect]:
        if welcome.seq < self._acked_seq:
            link = self._link_at(self._acked_seq)
            welcome = msgspec.structs.replace(welcome, seq=self._acked_seq, link=link)
        return honest(self, welcome, now_ms)

    def begin_epoch(self: Session, epoch: int) -> list[Effect]:
        self._epoch = epoch
        return [BeginEpoch(epoch)]

    patch.setattr(Session, "_greet", greet)
    patch.setattr(Session, "_begin_epoch", begin_epoch)
    patch.setattr(Disk, "begin_epoch", lambda self, epoch: setattr(self, "epoch", epoch))
    patch.setattr(checks, "check_saved_is_saved", lambda *_: None)
    patch.setattr(checks, "check_no_false_green", lambda *_: None)
    patch.setattr(checks, "check_nothing_blocks", lambda *_: None)
    patch.setattr(checks, "check_told", lambda *_: None)


def _wakes_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubSession, "grown", lambda *_: [])


def _shows_refused_as_confirmed(patch: pytest.MonkeyPatch) -> None:
    def rosy(run: Run) -> list[tuple[int, Settled]]:
        return settle(msgspec.structs.replace(run, code="ok"))

    patch.setattr(tests.simulator.device_node, "settle", rosy)


def _forgets_photos_when_it_shows(patch: pytest.MonkeyPatch) -> None:
    honest = DeviceNode.shows_confirmed

    def shows(self: DeviceNode, stream: bytes) -> bool:
        stored = self.disk.photos_stored
        self.disk.photos_stored = set(self.disk.photos)
        try:
            return honest(self, stream)
        finally:
            self.disk.photos_stored = stored

    patch.setattr(DeviceNode, "shows_confirmed", shows)


def _believes_whoever_reports(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server.challenge, "is_reported_by", lambda *_: True)


def _leaves_a_gap_in_a_feed(patch: pytest.MonkeyPatch) -> None:
    honest = FeedBook._append

    def append(self: FeedBook, feed: object, placed: Placed) -> None:
        if placed[0] % 5:
            honest(self, feed, placed)  # type: ignore[arg-type]

    patch.setattr(FeedBook, "_append", append)


def _joins_branches(patch: pytest.MonkeyPatch) -> None:
    honest = Session._greet

    def greet(self: Session, welcome: Welcome, now_ms: int) -> list[Effect]:
        own = self._link_at(welcome.seq) or welcome.link
        return honest(self, msgspec.structs.replace(welcome, link=own), now_ms)

    patch.setattr(Session, "_greet", greet)
    patch.setattr(server.flows.ingest, "_continues", lambda *_: True)


def _keeps_what_failed(patch: pytest.MonkeyPatch) -> None:
    honest = Disk.commit

    def commit(self: Disk, what: str, change: Callable[[], object]) -> None:
        try:
            honest(self, what, change)
        except DiskFull:
            return

    patch.setattr(Disk, "commit", commit)


def _shows_what_the_lost_hub_had(patch: pytest.MonkeyPatch) -> None:
    """A feed is set back and its cases are not."""

    def rewind(self: Replica, cursor: Cursor) -> None:
        self._cursors[cursor.feed] = cursor
        del self._entries[cursor.feed][cursor.n :]

    patch.setattr(Replica, "rewind", rewind)


@pytest.mark.parametrize(
    ("plant", "invariant"),
    [
        (_says_saved_too_early, "1 saved is saved"),
        (_loses_the_last_event_of_a_push, "2 exactly once"),
        (_folds_otherwise_on_devices, "3 convergence"),
        (_parks_nothing, "4 order"),
        (_lets_clocks_go_back, "4 order"),
        (_overwrites, "5 no silent overwrite"),
        (_lets_everybody_win, "6 one winner"),
        (_releases_nothing, "7 nothing blocks"),
        (_wakes_nobody, "liveness"),
        (_gives_lost_positions_again, "12 numbers"),
        (_believes_the_lost_hub, "11 comes back"),
        (_shows_refused_as_confirmed, "14 no false green"),
        (_forgets_photos_when_it_shows, "14 no false green"),
        (_believes_whoever_reports, "14 no false green"),
        (_leaves_a_gap_in_a_feed, "15 prefix"),
        (_joins_branches, "1 saved is saved"),
        (_keeps_what_failed, "15 prefix"),
        (_believes_no_lost_grant, "11 comes back"),
        (_shows_what_the_lost_hub_had, "3 convergence"),
    ],
)
def test_a_planted_bug_is_found(
    plant: Plant, invariant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_seed(0)  # the office is furnished by the honest implementation
    plant(monkeypatch)
    for seed in SEEDS:
        if run_seed(seed).invariant == invariant:
            return
    pytest.fail(f"{len(SEEDS)} seeds did not notice")


TAMPERINGS = [
    ("9 evidence", "update ledger set event = zeroblob(30) where position = 30"),
    ("9 evidence", "update ledger set verdict = 'ok' where verdict <> 'ok'"),
    ("9 evidence", "delete from feed_entry where n = 3"),
    ("9 evidence", "update zone set chain = x'00'"),
    ("9 evidence", "update ledger set device = device + 50 where position = 40"),
    ("12 numbers", "update zone set position = position + 1"),
    ("12 numbers", "delete from ledger where position = 20"),
    ("2 exactly once", "delete from ledger where position = (select max(position) from ledger)"),
]


@pytest.fixture(scope="module")
def finished() -> Simulation:
    """A history that ran to its end and holds."""
    for seed in SEEDS:
        simulation = Simulation(seed)
        simulation.run()
        rows = checks.Record(simulation.hub.database).rows
        if len(rows) > 50 and any(row.verdict != "ok" for row in rows):
            return simulation
    raise AssertionError("no long history")


@pytest.mark.parametrize(("invariant", "sql"), TAMPERINGS)
def test_tampering_is_found(finished: Simulation, invariant: str, sql: str) -> None:
    database = finished.hub.database
    for check in checks.OF_THE_RECORD:
        check(checks.Record(database))
    database.query("savepoint tampering")
    try:
        database.query(sql)
        found = set()
        for check in checks.OF_THE_RECORD:
            try:
                check(checks.Record(database))
            except Violation as violation:
                found.add(violation.invariant)
        assert invariant in found
    finally:
        database.query("rollback to tampering")
        database.query("release tampering")


def test_a_number_given_twice_is_found(finished: Simulation) -> None:
    record = checks.Record(finished.hub.database)
    receipt = next(row for row in record.rows if row.type == "case.receive" and row.verdict == "ok")
    again = msgspec.structs.replace(
        receipt, position=len(record.rows) + 1, seq=999, stream=bytes(16)
    )
    record.rows.append(again)
    record.head_position += 1
    with pytest.raises(Violation, match="taken for two cases"):
        checks.check_numbers_once(record)
    case = next(iter(record.cases.values()))
    record.rows.pop()
    record.head_position -= 1
    record.cases[bytes(16)] = case
    with pytest.raises(Violation, match="given twice"):
        checks.check_numbers_once(record)


def test_what_a_device_was_told_is_compared(finished: Simulation) -> None:
    record = checks.Record(finished.hub.database)
    node = next(device for device in finished.devices if device.disk.settled)
    settled = dict(node.disk.settled)
    seq = next(iter(settled))
    del record.row_by_event[node.number, seq]
    with pytest.raises(Violation, match="was told"):
        checks.check_told(record, [node])


def test_a_feed_that_was_not_read_is_found(finished: Simulation) -> None:
    record = checks.Record(finished.hub.database)
    node = next(device for device in finished.devices if device.number not in finished.revoked)
    record.feeds["zone"].append((len(record.feeds["zone"]) + 1, 1, bytes(32)))
    with pytest.raises(Violation, match="nothing blocks"):
        checks.check_all_is_read(record, [node], {node.number: frozenset({"zone"})})


def test_a_mixed_or_overlooked_fork_is_found() -> None:
    for seed in SEEDS:
        simulation = Simulation(seed)
        simulation.run()
        twin = next((one for one in simulation.devices if one.name.endswith("-twin")), None)
        if twin is None:
            continue
        record = checks.Record(simulation.hub.database)
        elder = next(one for one in simulation.devices if one.number == twin.number)
        kept = sum(row.device == twin.number for row in record.rows)
        forked = [one for one in (elder, twin) if one.forked and len(one.disk.log) >= kept > 0]
        if len(forked) == 1 and not record.parked:
            break
    else:
        pytest.fail("no fork")
    checks.check_forks(record, simulation.devices)
    forked[0].problems.clear()
    with pytest.raises(Violation, match="does not know of its fork"):
        checks.check_forks(record, simulation.devices)
    at = max(i for i, row in enumerate(record.rows) if row.device == twin.number)
    record.rows[at] = msgspec.structs.replace(record.rows[at], event=b"of neither")
    with pytest.raises(Violation, match="mixed the branches"):
        checks.check_forks(record, simulation.devices)
