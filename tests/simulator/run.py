"""One history from a seed: people, faults, a calm end, and every invariant checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from sync.messages import HubMessage, Stored
from tests.simulator import checks, checks_point, old_cases
from tests.simulator.device_node import DeviceNode
from tests.simulator.faults import SKEWS_MS, Faults
from tests.simulator.frail import watch_writes
from tests.simulator.hub_node import NAME as HUB
from tests.simulator.hub_node import HubNode
from tests.simulator.line import GOOD, ORDERED, QUALITIES
from tests.simulator.office import SEATS, Database, furnish, rights_of
from tests.simulator.people import People
from tests.simulator.relay_node import NAME as RELAY
from tests.simulator.relay_node import RelayNode
from tests.simulator.world import START_MS, Violation, World

CALM_MS_MAX = 300_000
FAULT_GAP_MS = 8_000
# A colleague's new case is on the screen of every tablet beside it within this time.
NEIGHBOUR_MS_MAX = 1_000


@dataclass
class Outcome:
    """What a seed led to; `invariant` is empty when everything held."""

    seed: int
    invariant: str = ""
    failure: str = ""
    happened: dict[str, int] = field(default_factory=dict)


@cache
def _database() -> Database:
    return Database(lambda store: old_cases.furnish(furnish(store, lost_sign_ins=True)))


@cache
def _relay_database() -> Database:
    return Database()


class Simulation:
    """One seed."""

    def __init__(self, seed: int, *, verbose: bool = False) -> None:
        self.world = World(seed, verbose=verbose)
        rng = self.world.rng
        self.hub = HubNode(self.world, _database())
        self.relay: RelayNode | None = None
        if rng.random() < 0.7:
            quality, skew_ms = rng.choice(ORDERED), rng.choice(SKEWS_MS)
            self.relay = RelayNode(self.world, self.hub, _relay_database(), quality, skew_ms)
            self.relay.on_sent = self._sent
            self.relay.on_heard = partial(checks_point.note_zone, self.relay)
        (count,) = rng.choices([2, 3, 4], [6, 3, 1])
        seats = sorted(rng.sample(SEATS, count), key=lambda seat: seat.number)
        if all(seat.kind == "desk" for seat in seats):
            seats[0] = SEATS[0]
        self.devices: list[DeviceNode] = []
        for seat in seats:
            quality, skew_ms = rng.choice(QUALITIES), rng.choice(SKEWS_MS)
            device = DeviceNode(self.world, self.hub, seat, quality, skew_ms, relay=self.relay)
            self._furnish(device)
            self.devices.append(device)
        self.people = People(self.world, self.devices)
        self.faults = Faults(
            self.world, self.hub, self.relay, self.devices, self.people, self._furnish
        )

    @property
    def revoked(self) -> set[int]:
        """Numbers of the devices that were taken out of service."""
        return self.faults.revoked

    def _furnish(self, device: DeviceNode) -> None:
        device.on_shown = self._shown
        device.on_stored = self._stored

    def run(self) -> None:
        """Runs it all. Raises Violation."""
        rng, relay = self.world.rng, self.relay
        watched = [watch_writes(self.world, HUB, self.hub.database.engine)]
        if relay is not None:
            watched.append(watch_writes(self.world, RELAY, relay.database.engine))
        try:
            acts = rng.randint(4, 20)
            span_ms = rng.choice([20_000, 60_000])
            for _ in range(acts):
                self.world.after(rng.randint(0, span_ms), self.people.act)
            for at_ms in range(FAULT_GAP_MS // 2, span_ms, FAULT_GAP_MS):
                self.world.after(at_ms, self.faults.strike)
            self.world.after(rng.randint(0, span_ms // 2), self.hub.back_up)
            self.world.after(span_ms // 2, lambda: checks.check_running(self.hub, self.devices))
            self.world.run_until(START_MS + span_ms)
            self._calm()
        finally:
            for end in watched:
                end()
        self._check()
        self._push_everything_again()

    # --- while it runs ------------------------------------------------------------------------

    def _shown(self, device: DeviceNode, stream: bytes) -> None:
        checks.check_no_false_green(self.hub.database, device, stream)

    def _stored(self, device: DeviceNode) -> None:
        if self.relay is not None and not self.faults.has_twin(device):
            checks_point.check_at_point(self.relay, self.hub, device)

    def _sent(self, device: int, message: HubMessage) -> None:
        assert self.relay is not None
        if isinstance(message, Stored):
            checks_point.check_stored_is_held(self.relay, self.hub, message)
        rights = {seat.number: rights_of(seat, self.world.now_ms) for seat in SEATS}
        checks_point.check_only_the_entitled(self.relay, device, message, rights)

    # --- the end ------------------------------------------------------------------------------

    def _calm(self) -> None:
        """No more faults: everything must come up and down within bounded time."""
        self.world.calm = True
        self.world.say("world", "is calm")
        for device in self.devices:
            device.quality = GOOD
            device.cut()
        if self.relay is not None:
            self.relay.quality = GOOD
            self._at_the_point(self.relay)
        self._settle()
        if self.world.happened.get("cloned"):
            # A profile that has nothing to push hears of the other's work when it next says hello.
            for device in self.devices:
                device.cut()
            self._settle()

    def _at_the_point(self, relay: RelayNode) -> None:
        """First the tablets have only their relay, which may have no hub; then everybody has everything."""
        rng = self.world.rng
        alone, through = rng.random() < 0.5, rng.random() < 0.5
        for device in self.devices:
            device.keeps_to_relay = alone or through
        if alone:
            self._alone(relay)
        relay.mend_line()
        if through:
            self._through(relay)
        for device in self.devices:
            device.keeps_to_relay = False
            device.cut()

    def _alone(self, relay: RelayNode) -> None:
        """The line is cut: colleagues see one another's work, and what one of them writes now at once."""
        relay.cut_line()
        for device in self.devices:
            device.bad_signatures = 0
            device.cut()
        served = [one for one in self.devices if checks_point.is_served(relay, one)]

        def heard() -> bool:
            there = all(one.met_relay for one in served)
            return there and not checks_point.find_unheard(relay, self.devices)

        self.world.run_until(self.world.now_ms + CALM_MS_MAX, heard)
        checks_point.check_neighbours(relay, self.devices)
        if served:
            self.world.count("alone at the point")
            self.people.act_at(self.world.rng.choice(served))
            self.world.run_until(self.world.now_ms + NEIGHBOUR_MS_MAX)
            checks_point.check_neighbours(relay, self.devices)

    def _through(self, relay: RelayNode) -> None:
        """The hub is there, but for the relay alone: the tablets' work goes up through it, and is confirmed."""
        for device in self.devices:
            device.cut()

        def confirmed() -> bool:
            # Whoever was revoked while the line was cut is turned away as soon as the relay hears so.
            known = [one for one in self.devices if checks_point.is_served(relay, one)]
            return all(one.disk.acked == len(one.disk.log) for one in known)

        # What a lost hub had confirmed only the tablet itself can offer again, at the hub.
        if not {"restored", "cloned"} & self.world.happened.keys():
            self._wait(confirmed)
            self.world.count("through the relay")

    def _settle(self) -> None:
        self._wait(self._settled)
        if self.relay is not None:
            # Whether it has then done all that it should its checkers say.
            self.world.run_until(self.world.now_ms + CALM_MS_MAX, self._relay_settled)
        # What is still under way arrives: verdicts on what was parked, the last pages.
        self.world.run_until(self.world.now_ms + 5_000)

    def _wait(self, settled: Callable[[], bool]) -> None:
        if self.world.run_until(self.world.now_ms + CALM_MS_MAX, settled):
            return
        states = [
            f"{d.name}: {d.disk.acked} of {len(d.disk.log)} {sorted(d.problems)}"
            for d in self.devices
        ]
        raise Violation("liveness", f"after {CALM_MS_MAX} ms of calm: {states}")

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

    def _relay_settled(self) -> bool:
        relay, lengths = self.relay, self.hub.database.feed_lengths()
        return (
            relay is not None
            and relay.up
            and not relay.waiting
            and all(n == lengths.get(name, 0) for name, n in relay.ends().items())
        )

    def _is_shut_out(self, device: DeviceNode) -> bool:
        """Whether another profile has the number; one that has no twin must not believe so."""
        return device.forked and self.faults.has_twin(device)

    def _has_read(self, device: DeviceNode) -> bool:
        lengths = self.hub.database.feed_lengths()
        cursors = {cursor.feed: cursor.n for cursor in device.replica.cursors}
        return all(cursors.get(name, 0) == lengths.get(name, 0) for name in self._readable(device))

    def _check(self) -> None:
        record = checks.Record(self.hub.database)
        checks.check_saved_is_saved(record, self.devices)
        for check in checks.OF_THE_RECORD:
            check(record)
        checks.check_grants(record)
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
            if device.number not in self.revoked and not self.faults.has_twin(device)
        ]
        checks.check_counts(record, honest)
        checks.check_prefix(record, reading)
        if self.relay is not None:
            self._check_point(record, self.relay)

    def _check_point(self, record: checks.Record, relay: RelayNode) -> None:
        forked = {one.number for one in self.devices if self.faults.has_twin(one)}
        checks_point.check_passed_on(record, relay, forked)
        checks_point.check_mirror(record, relay)
        checks_point.check_decides_nothing(relay, self.hub)
        for device in self.devices:
            self._stored(device)

    def _readable(self, device: DeviceNode) -> frozenset[str]:
        query = "select 1 from session where device = ?"
        if device.number in self.revoked or not self.hub.database.query(query, device.number):
            return frozenset()
        return rights_of(device.seat, self.world.now_ms)

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
