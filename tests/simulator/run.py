"""One history from a seed: people, faults, a calm end, and every invariant checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from sync.ledger import readable_feeds
from tests.simulator import checks, old_cases
from tests.simulator.device_node import DeviceNode
from tests.simulator.hostile import attack
from tests.simulator.hub_node import HubNode
from tests.simulator.line import GOOD, QUALITIES
from tests.simulator.office import DEPTS, POINTS, SEATS, Database
from tests.simulator.people import People
from tests.simulator.world import START_MS, DiskFull, Violation, World

SKEWS_MS = (0, 0, 0, 1_500, -40_000, 290_000, 400_000, -7_200_000)
CALM_MS_MAX = 300_000
FAULT_GAP_MS = 8_000
# Every kind of fault, as World.happened counts it.
FAULTS = (
    "hub crash", "device crash", "hub disk full", "device disk full", "cut", "cut inside a frame",
    "lost", "twice", "reordered", "silent", "replay", "clock jump", "bad signature", "poison", "session ended",
    "revoked", "revoked with unsent work", "cloned", "forked", "hostile", "forged", "restored",
)  # fmt: skip


@dataclass
class Outcome:
    """What a seed led to; `invariant` is empty when everything held."""

    seed: int
    invariant: str = ""
    failure: str = ""
    happened: dict[str, int] = field(default_factory=dict)


@cache
def _database() -> Database:
    return Database(old_cases.furnish)


class Simulation:
    """One seed."""

    def __init__(self, seed: int, *, verbose: bool = False) -> None:
        self.world = World(seed, verbose=verbose)
        rng = self.world.rng
        self.hub = HubNode(self.world, _database())
        (count,) = rng.choices([2, 3, 4], [6, 3, 1])
        seats = sorted(rng.sample(SEATS, count), key=lambda seat: seat.number)
        if all(seat.kind == "desk" for seat in seats):
            seats[0] = SEATS[0]
        self.devices = [
            DeviceNode(self.world, self.hub, seat, rng.choice(QUALITIES), rng.choice(SKEWS_MS))
            for seat in seats
        ]
        for device in self.devices:
            device.on_shown = self._shown
        self.people = People(self.world, self.devices)
        self.revoked: set[int] = set()

    def run(self) -> None:
        """Runs it all. Raises Violation."""
        rng = self.world.rng
        end_watch = self.hub.watch_writes()
        try:
            acts = rng.randint(4, 20)
            span_ms = rng.choice([20_000, 60_000])
            for _ in range(acts):
                self.world.after(rng.randint(0, span_ms), self.people.act)
            for at_ms in range(FAULT_GAP_MS // 2, span_ms, FAULT_GAP_MS):
                self.world.after(at_ms, self._fault)
            self.world.after(rng.randint(0, span_ms // 2), self.hub.back_up)
            self.world.after(span_ms // 2, lambda: checks.check_running(self.hub, self.devices))
            self.world.run_until(START_MS + span_ms)
            self._calm()
        finally:
            end_watch()
        self._check()
        self._push_everything_again()

    def _fault(self) -> None:
        """Something goes wrong."""
        world, rng = self.world, self.world.rng
        device = rng.choice(self.devices)
        kinds: list[Callable[[], None]] = [
            self._lose_disk,
            lambda: world.light_fuse("hub", rng.randint(0, 40)),
            lambda: world.light_fuse(device.name, rng.randint(0, 12)),
            lambda: self._cut(device),
            self._replay,
            lambda: self._skew(device),
            lambda: self._spoil_signature(device),
            lambda: self.hub.end_sessions(device.number),
            lambda: self._revoke(device),
            lambda: self._forge(device),
            lambda: world.light_fuse("hub", rng.randint(0, 12), DiskFull),
            lambda: world.light_fuse(device.name, rng.randint(0, 4), DiskFull),
            lambda: self._clone(device),
            lambda: attack(world, self.hub, self.devices),
        ]
        (kind,) = rng.choices(kinds, [2, 6, 6, 3, 4, 2, 1, 1, 2, 2, 3, 3, 1, 2])
        kind()

    def _lose_disk(self) -> None:
        # With two profiles of one number as well, the other branch may be there first: what was acknowledged of this
        # one is then on its own disk only, until it is enrolled anew.
        if not self.world.happened.get("cloned"):
            self.hub.lose_disk()

    def _cut(self, device: DeviceNode) -> None:
        self.world.say(device.name, "is cut off")
        device.cut()

    def _replay(self) -> None:
        if self.hub.pushes_seen:
            self.hub.replay(self.world.rng.choice(self.hub.pushes_seen))

    def _skew(self, device: DeviceNode) -> None:
        device.skew_ms = self.world.rng.choice(SKEWS_MS)
        self.world.count("clock jump")
        self.world.say(device.name, f"has its clock set {device.skew_ms} ms off")

    def _forge(self, device: DeviceNode) -> None:
        """Somebody who knows the device's number says that all of its work has arrived."""
        before = checks.Record(self.hub.database).counts
        self.hub.forge(device.number)
        if checks.Record(self.hub.database).counts != before:
            raise Violation("14 no false green", f"a stranger reported for {device.name}")

    def _revoke(self, device: DeviceNode) -> None:
        """One with a full queue rather than another: that is what must not be lost."""
        device = max(
            self.devices, key=lambda one: (len(one.disk.log) > one.disk.acked, one is device)
        )
        if self.hub.up:
            self.revoked.add(device.number)
            if device.disk.acked < len(device.disk.log):
                self.world.count("revoked with unsent work")
            self.hub.revoke(device.number)

    def _spoil_signature(self, device: DeviceNode) -> None:
        device.bad_signatures = 1
        self.world.count("bad signature")

    def _clone(self, device: DeviceNode) -> None:
        """Its profile is copied, and both go on under one number: the log will fork."""
        if self.world.happened.get("restored") or self._has_twin(device):
            return
        rng = self.world.rng
        self.world.count("cloned")
        self.world.say(device.name, "is cloned")
        twin = DeviceNode(
            self.world, self.hub, device.seat, rng.choice(QUALITIES), device.skew_ms, device
        )
        twin.on_shown = self._shown
        self.devices.append(twin)
        # A copy that is only kept does no harm: both are worked on.
        for one in (device, twin, device, twin, twin):
            self.world.after(rng.randint(0, 4_000), partial(self.people.act_at, one))

    def _has_twin(self, device: DeviceNode) -> bool:
        return any(one is not device and one.number == device.number for one in self.devices)

    def _shown(self, device: DeviceNode, stream: bytes) -> None:
        checks.check_no_false_green(self.hub.database, device, stream)

    def _calm(self) -> None:
        """No more faults: everything must come up and down within bounded time."""
        self.world.calm = True
        self.world.say("world", "is calm")
        for device in self.devices:
            device.quality = GOOD
            device.cut()
        self._settle()
        if self.world.happened.get("cloned"):
            # A profile that has nothing to push hears of the other's work when it next says hello.
            for device in self.devices:
                device.cut()
            self._settle()

    def _settle(self) -> None:
        done = self.world.run_until(self.world.now_ms + CALM_MS_MAX, self._settled)
        if not done:
            states = [
                f"{d.name}: {d.disk.acked} of {len(d.disk.log)} {sorted(d.problems)}"
                for d in self.devices
            ]
            raise Violation("liveness", f"after {CALM_MS_MAX} ms of calm: {states}")
        # What is still under way arrives: verdicts on what was parked, the last pages.
        self.world.run_until(self.world.now_ms + 5_000)

    def _settled(self) -> bool:
        # The photos of a revoked device are not taken; its work is, whatever the verdict.
        return self.hub.up and all(
            self._is_shut_out(device)
            or (
                (device.delivered if device.number in self.revoked else device.idle)
                and self._has_read(device)
            )
            for device in self.devices
        )

    def _is_shut_out(self, device: DeviceNode) -> bool:
        """Whether another profile has the number; one that has no twin must not believe so."""
        return device.forked and self._has_twin(device)

    def _has_read(self, device: DeviceNode) -> bool:
        lengths = self.hub.database.feed_lengths()
        cursors = {cursor.feed: cursor.n for cursor in device.replica.cursors}
        return all(cursors.get(name, 0) == lengths.get(name, 0) for name in self._readable(device))

    def _check(self) -> None:
        record = checks.Record(self.hub.database)
        checks.check_saved_is_saved(record, self.devices)
        for check in checks.OF_THE_RECORD:
            check(record)
        checks.check_forks(record, self.devices)
        readers = [device for device in self.devices if not self._is_shut_out(device)]
        for _ in range(len(self.devices) - len(readers)):
            self.world.count("forked")
        readable = {device.number: self._readable(device) for device in readers}
        # Whoever may not read any more keeps what a hub that was lost since had told it.
        restored = "restored" in self.world.happened
        reading = [one for one in self.devices if readable.get(one.number) or not restored]
        checks.check_convergence(record, reading)
        checks.check_nothing_blocks(record, self.devices)
        checks.check_all_is_read(record, readers, readable)
        checks.check_told(record, self.devices)
        checks.check_comes_back(record, self.hub)
        checks.check_given_once(record, self.hub)
        honest = [
            device
            for device in self.devices
            if device.number not in self.revoked and not self._has_twin(device)
        ]
        checks.check_counts(record, honest)
        checks.check_prefix(record, reading)

    def _readable(self, device: DeviceNode) -> frozenset[str]:
        query = "select 1 from session where device = ?"
        if device.number in self.revoked or not self.hub.database.query(query, device.number):
            return frozenset()
        person = device.seat.people[0]
        return readable_feeds(
            person.stream, person.roles, device.seat.point, POINTS, DEPTS, self.world.now_ms
        )

    def _push_everything_again(self) -> None:
        """Invariant 2 once more: every push that ever came, in any order, changes nothing."""
        before = checks.Record(self.hub.database)
        ends = {number: seq for number, seq, _, _ in before.heads}
        pushes = [
            push
            for push in self.hub.pushes_seen
            if push.first_seq + len(push.events) - 1 <= ends.get(push.device, 0)
        ]
        self.world.rng.shuffle(pushes)
        for push in pushes[:3]:
            self.hub.push(push)
        after = checks.Record(self.hub.database)
        if (before.rows, before.parked, before.heads) != (after.rows, after.parked, after.heads):
            raise Violation("2 exactly once", "pushing again changed the ledger")


def run_seed(seed: int, *, verbose: bool = False) -> Outcome:
    """Runs one seed to its end or to its first violation."""
    simulation = Simulation(seed, verbose=verbose)
    outcome = Outcome(seed)
    try:
        simulation.run()
    except Violation as violation:
        outcome.invariant, outcome.failure = violation.invariant, str(violation)
    except Exception as error:
        # A defect; the seed must not be lost in another process's traceback.
        if verbose:
            raise
        outcome.invariant, outcome.failure = "defect", f"defect: {error!r}"
    outcome.happened = simulation.world.happened
    return outcome
