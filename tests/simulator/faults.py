"""What goes wrong in a history, and how often: each fault at a moment that the seed chooses."""

from collections.abc import Callable
from functools import partial

from tests.simulator import checks
from tests.simulator.device_node import DeviceNode
from tests.simulator.hostile import attack
from tests.simulator.hub_node import HubNode
from tests.simulator.line import QUALITIES
from tests.simulator.people import People
from tests.simulator.relay_node import RelayNode
from tests.simulator.world import DiskFull, Violation, World

SKEWS_MS = (0, 0, 0, 1_500, -40_000, 290_000, 400_000, -7_200_000)
LINE_CUT_MS_MAX = 30_000
# Every kind of fault, as World.happened counts it.
FAULTS = (
    "hub crash", "device crash", "relay crash", "hub disk full", "device disk full", "relay disk full",
    "cut", "cut inside a frame", "lost", "twice", "reordered", "silent", "replay", "clock jump",
    "bad signature", "poison", "session ended", "revoked", "revoked with unsent work", "cloned", "forked",
    "hostile", "hostile at the relay", "forged", "restored", "line cut", "switched", "relay replaced",
    "tablet lost", "tablet lost with work at the relay",
)  # fmt: skip


class Faults:
    """Everything that can go wrong between these nodes. `devices` loses those that are lost."""

    def __init__(
        self,
        world: World,
        hub: HubNode,
        relay: RelayNode | None,
        devices: list[DeviceNode],
        people: People,
        furnish: Callable[[DeviceNode], None],
    ) -> None:
        self._world = world
        self._hub = hub
        self._relay = relay
        self._devices = devices
        self._people = people
        self._furnish = furnish
        self.revoked: set[int] = set()

    def strike(self) -> None:
        """Something goes wrong."""
        world, rng = self._world, self._world.rng
        device = rng.choice(self._devices)
        kinds: list[tuple[int, Callable[[], None]]] = [
            (2, self._lose_disk),
            (6, lambda: world.light_fuse("hub", rng.randint(0, 40))),
            (6, lambda: world.light_fuse(device.name, rng.randint(0, 12))),
            (3, lambda: self._cut(device)),
            (4, self._replay),
            (2, lambda: self._skew(device)),
            (1, lambda: self._spoil_signature(device)),
            (1, lambda: self._hub.end_sessions(device.number)),
            (2, lambda: self._revoke(device)),
            (2, lambda: self._forge(device)),
            (3, lambda: world.light_fuse("hub", rng.randint(0, 12), DiskFull)),
            (3, lambda: world.light_fuse(device.name, rng.randint(0, 4), DiskFull)),
            (1, lambda: self._clone(device)),
            (2, lambda: attack(world, self._hub, self._hub, self._devices)),
        ]
        relay = self._relay
        if relay is not None:
            kinds += [
                (6, lambda: world.light_fuse("relay", rng.randint(0, 30))),
                (3, lambda: world.light_fuse("relay", rng.randint(0, 8), DiskFull)),
                (8, lambda: self._cut_point(relay)),
                (8, lambda: self._switch(device)),
                (3, lambda: self._burn(relay)),
                (4, lambda: self._lose_tablet(device, relay)),
                (2, lambda: attack(world, self._hub, relay, self._devices)),
            ]
        (kind,) = rng.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])
        kind()

    def has_twin(self, device: DeviceNode) -> bool:
        """Whether another profile has its number."""
        return any(one is not device and one.number == device.number for one in self._devices)

    # --- at the point -------------------------------------------------------------------------

    def _cut_point(self, relay: RelayNode) -> None:
        """Nobody of the point reaches the hub for a while; the relay is still there."""
        if relay.line_cut:
            return
        self._world.count("line cut")
        self._world.say("point", "has no line to the hub")
        relay.cut_line()
        for device in self._devices:
            if device.seat.point == relay.point and not device.at_relay:
                device.cut()
        self._world.after(self._world.rng.randint(1_000, LINE_CUT_MS_MAX), relay.mend_line)

    def _switch(self, device: DeviceNode) -> None:
        """From the hub to the relay, or back, whatever is under way."""
        device.keeps_to_relay = not device.keeps_to_relay
        self._world.count("switched")
        device.cut()

    def _burn(self, relay: RelayNode) -> None:
        if relay.up:
            relay.burn()

    def _lose_tablet(self, device: DeviceNode, relay: RelayNode) -> None:
        """For good; if it can be, after it has left work at the relay while the line was cut."""
        if device.seat.point != relay.point:
            self._lose(device, relay)
            return
        self._cut_point(relay)
        device.cut()
        rng = self._world.rng
        for _ in range(2):
            self._world.after(rng.randint(1_000, 4_000), partial(self._people.act_at, device))
        self._world.after(rng.randint(4_000, 12_000), lambda: self._lose(device, relay))

    def _lose(self, device: DeviceNode, relay: RelayNode) -> None:
        """Nobody could mend the loss of the hub as well."""
        world = self._world
        spoilt = world.calm or world.happened.get("restored") or self.has_twin(device)
        if spoilt or device not in self._devices or len(self._devices) < 2:
            return
        world.count("tablet lost")
        if device.disk.stored_at == relay.number and device.disk.stored > device.disk.acked:
            world.count("tablet lost with work at the relay")
        world.say(device.name, "is lost")
        self._devices.remove(device)
        device.vanish()

    # --- anywhere -----------------------------------------------------------------------------

    def _lose_disk(self) -> None:
        # With two profiles of one number as well, the other branch may be there first: what was acknowledged of this
        # one is then on its own disk only, until it is enrolled anew.
        happened = self._world.happened
        if not happened.get("cloned") and not happened.get("tablet lost"):
            self._hub.lose_disk()

    def _cut(self, device: DeviceNode) -> None:
        self._world.say(device.name, "is cut off")
        device.cut()

    def _replay(self) -> None:
        if self._hub.pushes_seen:
            self._hub.replay(self._world.rng.choice(self._hub.pushes_seen))

    def _skew(self, device: DeviceNode) -> None:
        device.skew_ms = self._world.rng.choice(SKEWS_MS)
        self._world.count("clock jump")
        self._world.say(device.name, f"has its clock set {device.skew_ms} ms off")

    def _forge(self, device: DeviceNode) -> None:
        """Somebody who knows the device's number says that all of its work has arrived."""
        before = checks.Record(self._hub.database).counts
        self._hub.forge(device.number)
        if checks.Record(self._hub.database).counts != before:
            raise Violation("14 no false green", f"a stranger reported for {device.name}")

    def _revoke(self, device: DeviceNode) -> None:
        """One with a full queue rather than another: that is what must not be lost."""
        device = max(
            self._devices, key=lambda one: (len(one.disk.log) > one.disk.acked, one is device)
        )
        if self._hub.up:
            self.revoked.add(device.number)
            if device.disk.acked < len(device.disk.log):
                self._world.count("revoked with unsent work")
            self._hub.revoke(device.number)

    def _spoil_signature(self, device: DeviceNode) -> None:
        device.bad_signatures = 1
        self._world.count("bad signature")

    def _clone(self, device: DeviceNode) -> None:
        """Its profile is copied, and both go on under one number: the log will fork."""
        world, rng = self._world, self._world.rng
        if world.happened.get("restored") or self.has_twin(device):
            return
        world.count("cloned")
        world.say(device.name, "is cloned")
        twin = DeviceNode(
            world,
            self._hub,
            device.seat,
            rng.choice(QUALITIES),
            device.skew_ms,
            device,
            self._relay,
        )
        self._furnish(twin)
        self._devices.append(twin)
        # A copy that is only kept does no harm: both are worked on.
        for one in (device, twin, device, twin, twin):
            world.after(rng.randint(0, 4_000), partial(self._people.act_at, one))
