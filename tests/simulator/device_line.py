"""The lines of a simulated device: to the hub while that answers, else to the relay of its point."""

from abc import abstractmethod

import msgspec

from server.keys import verify
from sync import chain
from sync.backoff import retry_delay_ms
from sync.codec import decode_frame, encode_frame
from sync.effects import Effect
from sync.errors import FrameError
from sync.limits import BACKOFF_MS_MAX
from sync.messages import (
    Hello,
    Push,
    ReadTo,
    Report,
    Standing,
    decode_hub_message,
    encode_message,
    encode_standing,
)
from sync.outbox import Parked, push_length
from sync.point_session import PointSession
from sync.replica import Replica
from sync.session import Session
from tests.simulator.at_point import PointBook
from tests.simulator.ends import Door, End, connect
from tests.simulator.line import FLAKY, Line
from tests.simulator.photographs import Photographer
from tests.simulator.relay_node import RelayNode

TICK_MS = 2_500


class DeviceLine(Photographer):
    """The part of a device that holds its line; the rest of it is device_node.py."""

    relay: RelayNode | None
    book: PointBook
    up: bool
    skew_ms: int
    bad_signatures: int
    hello: Hello | None
    # Only the relay is in its reach, for a while.
    keeps_to_relay: bool
    replica: Replica
    _failures: int
    _end: End | None
    _session: Session | None
    _reported: tuple[int, int, int]

    @property
    @abstractmethod
    def wall_ms(self) -> int:
        """The device's own clock; never less than the newest hub time that it has seen."""

    @abstractmethod
    def _do(self, effects: list[Effect]) -> None:
        """Does what the session says."""

    @property
    def hub_in_reach(self) -> bool:
        """Whether the hub answers here."""
        cut = self._at_point and self.relay is not None and self.relay.line_cut
        return self.hub.up and not cut

    @property
    def met_relay(self) -> bool:
        """Whether it is at the relay, and that has answered."""
        there = self.at_relay and self._line is not None and self._line.open
        return there and self._session is not None and self._session.outbox is not None

    @property
    def _at_point(self) -> bool:
        return self.relay is not None and self.seat.point == self.relay.point

    def _known_relay(self) -> RelayNode | None:
        """The newest relay of its point, if that one is there."""
        relay = self.relay if self._at_point else None
        there = relay is not None and relay.up and self.book.relay(self.disk)[0] == relay.number
        return relay if there else None

    def connect(self) -> None:
        """Opens a line and says hello."""
        relay = self._known_relay()
        to_hub = self.hub_in_reach and not (self.keeps_to_relay and relay is not None)
        door: Door | None = self.hub if to_hub else relay
        if door is None:
            self._closed()
            return
        disk, world, life = self.disk, self.world, self._life
        end = door.open()

        def came(frame: bytes) -> None:
            if self._life == life and self._end is end:
                self.guard(lambda: self._receive(frame))

        def cut() -> None:
            end.left()
            if self._life == life and self._end is end:
                self._closed()

        # A relay is reached by a socket only, which keeps its order or breaks.
        quality = self.quality if to_hub or self.quality.ordered else FLAKY
        self._line = connect(end, Line(world, quality, end.receive, came, cut))
        self._end, self.at_relay = end, not to_hub
        hub = self.hub.hub
        kind = PointSession if self.at_relay else Session
        session = self._session = kind(
            zone=hub.zone,
            device=self.number,
            last_seq=len(disk.log),
            acked_seq=disk.acked,
            epoch=disk.epoch,
            cursors=self.replica.cursors,
            link_at=self._link_at,
            verify=self.is_hubs,
            now_ms=world.now_ms,
        )
        if isinstance(session, PointSession):
            session.through(self.book.way_in(disk))
            world.count("at the relay")
        parked = [seq for seq, told in disk.settled.items() if isinstance(told, Parked)]
        account, nonce = self.seat.people[0].stream, world.rng.randbytes(32)
        hello = Hello(1, 1, hub.zone, self.number, account, "0.1.0", self.wall_ms, nonce, parked)
        self.hello = hello
        self._do(session.hello(hello))

    def is_hubs(self, statement: bytes, signature: bytes) -> bool:
        """Whether the hub signed it."""
        return verify(self.hub.hub.key.public, signature, statement)

    def cut(self) -> None:
        """Its line, if it has one, breaks now."""
        if self._line is not None:
            self._line.cut()

    def _closed(self) -> None:
        self._session = self._line = self._end = None
        self.at_relay = False
        delay_ms = retry_delay_ms(self._failures, self.world.rng.random())
        self._failures += 1
        assert delay_ms < BACKOFF_MS_MAX
        self.soon(delay_ms, self._reconnect)

    def _reconnect(self) -> None:
        if self._session is None:
            self.connect()

    def _link_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return chain.log_start(self.seat.key.public)
        return self.disk.log[seq - 1].link if seq <= len(self.disk.log) else None

    def _receive(self, frame: bytes) -> None:
        if self._session is None:
            return
        try:
            message = decode_hub_message(decode_frame(frame))
        except (FrameError, msgspec.DecodeError):
            # Cut in the middle of a frame: what follows cannot be trusted.
            self.cut()
            return
        self._do(self._session.receive(message, self.world.now_ms))

    def _tick(self) -> None:
        self.soon(TICK_MS, self._tick)
        if self._session is not None:
            self._do(self._session.tick(self.world.now_ms))
        if self._session is not None and self.disk.counts != self._reported:
            self._do(self._session.counted())
        if self.at_relay and self.hub_in_reach and not self.keeps_to_relay:
            # The hub answers again.
            self.cut()

    def _send(self, payload: bytes) -> None:
        if self._line is not None:
            self._line.up(encode_frame(payload))

    def _report(self, challenge: bytes) -> None:
        self._reported = self.disk.counts
        said = (challenge, *self._reported, self.world.now_ms + self.skew_ms)
        end = len(self.disk.log)
        reads = [ReadTo(at.feed, at.n, at.hash) for at in self.replica.cursors]
        standing = encode_standing(Standing(end, end, self.disk.epoch, reads))
        statement = chain.report_statement(self.hub.hub.zone, self.number, *said, standing)
        self._send(encode_message(Report(*said, self.seat.key.sign(statement), standing)))

    def _push(self, first_seq: int) -> list[Effect]:
        assert self._session is not None
        tail = self.disk.log[first_seq - 1 :]
        count = min(push_length([len(one.event) for one in tail]), self.world.rng.randint(1, 6))
        base_link = self._link_at(first_seq - 1)
        assert base_link is not None
        last_seq = first_seq + count - 1
        last_link = tail[count - 1].link
        statement = chain.push_statement(self.hub.hub.zone, self.number, last_seq, last_link)
        signature = self.seat.key.sign(statement)
        if self.bad_signatures:
            self.bad_signatures -= 1
            signature = bytes(64)
        events = [one.event for one in tail[:count]]
        push = Push(self.number, first_seq, base_link, events, signature)
        self.world.say(self.name, f"pushes {first_seq}…{last_seq}")
        self._send(encode_message(push))
        return self._session.pushed(last_seq, self.world.now_ms)
