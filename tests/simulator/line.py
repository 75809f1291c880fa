"""A line between a device and the hub: slow, cut, silent, or losing and shuffling what it carries."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulator.world import World


@dataclass(frozen=True, slots=True)
class Quality:
    """What a line does to a frame, as probabilities; a socket that keeps its order loses none."""

    latency_ms: int
    loss: float = 0.0
    twice: float = 0.0
    cut: float = 0.0
    silent: float = 0.0
    ordered: bool = True


GOOD = Quality(20)
SLOW = Quality(900, cut=0.01)
FLAKY = Quality(60, cut=0.04, silent=0.02)
# No socket is like this; requests of HTTP, tried again by whoever is between, are.
SHUFFLED = Quality(150, loss=0.08, twice=0.15, cut=0.02, ordered=False)
QUALITIES = (GOOD, SLOW, FLAKY, SHUFFLED)
# A relay has a socket to the hub, and nothing else.
ORDERED = (GOOD, SLOW, FLAKY)


class Line:
    """One connection. `up` and `down` carry frames; either end may `cut`; both then hear of it."""

    def __init__(
        self,
        world: World,
        quality: Quality,
        to_hub: Callable[[bytes], None],
        to_device: Callable[[bytes], None],
        on_cut: Callable[[], None],
    ) -> None:
        self._world = world
        self._quality = quality
        self._to_hub = to_hub
        self._to_device = to_device
        self._on_cut = on_cut
        self._last_ms = {"up": 0, "down": 0}
        self.open = True
        self.silent = False

    def up(self, frame: bytes) -> None:
        """From the device."""
        self._carry("up", frame, self._to_hub)

    def down(self, frame: bytes) -> None:
        """From the hub."""
        self._carry("down", frame, self._to_device)

    def cut(self) -> None:
        """Breaks, losing what is under way."""
        if self.open:
            self.open = False
            self._world.after(0, self._on_cut)

    def _carry(self, way: str, frame: bytes, deliver: Callable[[bytes], None]) -> None:
        world, quality = self._world, self._quality
        if not self.open or self.silent:
            return
        if world.fault(quality.cut):
            self._cut_inside(way, frame, deliver)
            return
        if world.fault(quality.silent):
            # An open socket that says nothing more: what a half-dead line looks like.
            world.count("silent")
            self.silent = True
            return
        if world.fault(quality.loss):
            world.count("lost")
            return
        copies = 1
        if world.fault(quality.twice):
            world.count("twice")
            copies = 2
        for _ in range(copies):
            self._deliver(way, frame, deliver)

    def _cut_inside(self, way: str, frame: bytes, deliver: Callable[[bytes], None]) -> None:
        """Breaks at any byte of the frame; what came before the break may still be handed up."""
        world = self._world
        world.count("cut")
        at = world.rng.randrange(len(frame))
        if not at:
            self.cut()
            return
        world.count("cut inside a frame")

        def arrive(part: bytes) -> None:
            deliver(part)
            self.cut()

        self._deliver(way, frame[:at], arrive)

    def _deliver(self, way: str, frame: bytes, deliver: Callable[[bytes], None]) -> None:
        world, quality = self._world, self._quality
        at_ms = world.now_ms + world.rng.randint(1, 2 * quality.latency_ms)
        if quality.ordered or world.calm:
            at_ms = max(at_ms, self._last_ms[way])
        elif at_ms < self._last_ms[way]:
            world.count("reordered")
        self._last_ms[way] = max(at_ms, self._last_ms[way])

        def arrive() -> None:
            if self.open and not self.silent:
                deliver(frame)

        world.after(at_ms - world.now_ms, arrive)
