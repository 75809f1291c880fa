"""What a relay shows to whom: only what devices of its point wrote, and only while the reader may read the point."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.flows.batch import Batch
from server.flows.refusals import Refusal
from server.relay import journal
from server.relay.bus import Bus
from server.relay.line import RelayLine
from server.relay.node import Relay
from server.relay.threads import Threads
from sync.codec import decode_frame
from sync.event import AccountSet, Role
from sync.hub_session import Effect
from sync.limits import REPORT_CHALLENGE_MS
from sync.messages import (
    ClientMessage,
    FaultMessage,
    Heard,
    Hello,
    HubMessage,
    Neighbours,
    Present,
    Welcome,
    decode_hub_message,
)
from sync.relay_session import RelaySession
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, sign_in_on, try_sign_in
from tests.server.inside_relay import POINT, mirror_all, relay_of
from tests.server.tablet import Tablet
from tests.server.test_reads import run

CLERK, COLLEAGUE, ELSEWHERE = "dating.shouli1", "dating.shouli2", "jiuzhan.shouli"


@pytest.fixture
def relay(still: Still, tmp_path: Path) -> Iterator[Relay]:
    """A relay at HALL."""
    with relay_of(still.hub, tmp_path / "relay") as made:
        yield made


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads()
    yield made
    made.shutdown()


@dataclass
class Visit:
    """A tablet's connection to the relay; what it was told."""

    relay: Relay
    tablet: Tablet
    threads: Threads
    told: list[HubMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = RelaySession(self.relay.identity.zone, self.relay.now_ms(), POINT)
        self.line = RelayLine(self.relay, Bus(), self.threads, session, self._send)

    async def _send(self, frame: bytes) -> None:
        self.told.append(decode_hub_message(decode_frame(frame)))

    async def say(self, message: ClientMessage) -> None:
        await self.do(self.line.session.receive(message, self.relay.now_ms()))

    async def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            await self.do(await self.line.perform(effect))

    async def listen(self, present: Present) -> None:
        """Greet, show the pass, prove oneself, and ask for what neighbours write."""
        zone, now_ms = self.relay.identity.zone, self.relay.now_ms()
        await self.say(Hello(1, 1, zone, self.tablet.number, b"", "", now_ms, os.urandom(32), []))
        welcome = self.told[0]
        assert isinstance(welcome, Welcome)
        await self.say(present)
        await self.say(self.tablet.report(welcome.challenge, 0, 0, 0, now_ms))
        await self.say(Neighbours(bytes(16), 0))

    def heard(self) -> int:
        """How many pushes and acks it heard."""
        return sum(len(message.items) for message in self.told if isinstance(message, Heard))


def reader_at(still: Still) -> tuple[Tablet, bytes, Present]:
    """A tablet of HALL with a clerk signed in: the account, and the pass."""
    tablet = enrol_tablet(still.hub)
    done = try_sign_in(still.hub, tablet, COLLEAGUE)
    assert not isinstance(done, Refusal)
    return tablet, done.reader.account, Present(done.pass_content, done.pass_signature)


def writer_at(still: Still, point: str, username: str) -> Tablet:
    """A tablet that took in three cases."""
    tablet = enrol_tablet(still.hub, point)
    clerk = sign_in_on(still.hub, tablet, username).account
    for _ in range(3):
        tablet.receive(item(still.hub), clerk, ms=still.wall.ms)
    return tablet


def test_whose_role_has_ended_hears_no_neighbour_any_more(
    still: Still, relay: Relay, threads: Threads
) -> None:
    tablet, account, present = reader_at(still)
    ends_ms = still.wall.ms + 60_000
    with still.hub.store.write() as tx:
        batch = Batch(still.hub, tx)
        role = Role("window_clerk", POINT, until_ms=ends_ms)
        batch.author("account.set", account, AccountSet(COLLEAGUE, "乙", [role]))
        batch.close()
    writer = writer_at(still, POINT, CLERK)
    mirror_all(still.hub, relay)

    async def scenario() -> None:
        visit = Visit(relay, tablet, threads)
        await visit.listen(present)
        journal.take_push(relay, writer.push(1, 1))
        await visit.do(visit.line.session.journal_grew())
        assert visit.heard() == 1
        still.wall.ms = ends_ms + 1
        journal.take_push(relay, writer.push(2, 2))
        await visit.do(visit.line.session.journal_grew())
        assert visit.heard() == 1

    run(scenario())


def test_a_connections_own_challenge_is_good_as_long_as_it_lasts(
    still: Still, relay: Relay, threads: Threads
) -> None:
    tablet, _, present = reader_at(still)
    mirror_all(still.hub, relay)

    async def scenario() -> None:
        visit = Visit(relay, tablet, threads)
        await visit.listen(present)
        welcome = visit.told[0]
        assert isinstance(welcome, Welcome)
        still.wall.ms += 2 * REPORT_CHALLENGE_MS
        before = len(visit.told)
        await visit.say(tablet.report(welcome.challenge, 0, 0, 0, still.wall.ms))
        assert visit.told[before:] == []
        # Another connection's is only good while it is young.
        late = Visit(relay, tablet, threads)
        await late.listen(present)
        await late.say(tablet.report(welcome.challenge, 0, 0, 0, still.wall.ms))
        assert late.told[-1] == FaultMessage("report-invalid", "report", "", 0)

    run(scenario())


def test_what_another_point_wrote_is_passed_on_and_shown_to_nobody(
    still: Still, relay: Relay, threads: Threads
) -> None:
    tablet, _, present = reader_at(still)
    near, far = writer_at(still, POINT, CLERK), writer_at(still, "JZ", ELSEWHERE)
    mirror_all(still.hub, relay)
    for push in (far.push(), near.push()):
        assert isinstance(journal.take_push(relay, push), journal.Kept)

    async def scenario() -> None:
        visit = Visit(relay, tablet, threads)
        await visit.listen(present)
        assert visit.heard() == 1

    run(scenario())
    waiting = journal.next_to_forward(relay, 0, ())
    assert waiting is not None and waiting.device == far.number
