"""A relay's line to the hub as a state machine without I/O: it mirrors feeds and passes pushes on.

Driven by server/relay (docs/protocol.md, section 10); the hub's end is sync/hub_session.py. The
caller does what an effect says, in order, and tells what came of it. `now_ms` never runs back. Pushes
go on in the order of the journal, so in order for every device; the hub answers them in that order.
What the hub did not sign is not the hub's: it changes nothing and ends the connection.
"""

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from sync import chain, feed
from sync.errors import Fault
from sync.ledger import ZONE_FEED
from sync.messages import (
    Ack,
    ClientMessage,
    FaultMessage,
    Hello,
    HubMessage,
    Page,
    Subscribe,
    Welcome,
)
from sync.outbox import PUSHES_IN_FLIGHT_MAX, Verify, is_hubs
from sync.pulse import Pulse

# How often a feed may fail its check on one connection before it is fetched anew.
DOUBTS_MAX = 2


class Send(Struct, frozen=True):
    """Send this now."""

    message: ClientMessage


class BeginEpoch(Struct, frozen=True):
    """The hub was restored: drop its acks and what is mirrored, offer everything again, keep the epoch and its proof.

    All in one transaction; then have the devices of the point greeted anew.
    """

    epoch: int
    proof: bytes


class Greeted(Struct, frozen=True):
    """The hub has been greeted."""

    welcome: Welcome


class TellCounts(Struct, frozen=True):
    """Count, sign and send a `report` over this challenge: only then does the hub let the relay read."""

    challenge: bytes


class TakePage(Struct, frozen=True):
    """Check and store the page, whose head the hub signed; then call `stored` or `distrust`."""

    page: Page


class Forget(Struct, frozen=True):
    """Drop what is mirrored of this feed: the hub has another history, or this is no relay any more."""

    feed: str


class Forward(Struct, frozen=True):
    """Send the next unanswered push past place `after` of the journal, of no device in `but`.

    Then call `forwarded`; when there is none, `nothing_to_forward`.
    """

    after: int
    but: frozenset[int]


class KeepAck(Struct, frozen=True):
    """Keep the hub's word, durably, for the push at place `n`, and pass it to its device.

    Then call `reopened` where something of that device was waiting for it.
    """

    n: int
    ack: Ack


class SetAside(Struct, frozen=True):
    """The push at place `n` was turned away; `code` is a Fault. A fork is answered for good.

    chain-gap: the hub holds the log up to `seq` only; what is still here after that is offered again
    with `reopened`, if there is no hole before it.
    """

    n: int
    code: str
    seq: int


class Problem(Struct, frozen=True):
    """Write it to the log; `code` is a Fault."""

    code: str
    detail: str


class Close(Struct, frozen=True):
    """Close the connection and try again later; `code` is a Fault, silent, unanswered, not-the-hub or epoch-over."""

    code: str


Effect = (
    Send
    | BeginEpoch
    | Greeted
    | TellCounts
    | TakePage
    | Forget
    | Forward
    | KeepAck
    | SetAside
    | Problem
    | Close
)


class Flying(Struct, frozen=True):
    """A push under way."""

    n: int
    device: int


class RelayUplink:
    """One connection. Begin with `hello`; feed it what arrives with `receive`; call `tick`.

    epoch: the newest that the hub has signed, as far as is known here, or 0.
    """

    def __init__(
        self,
        *,
        zone: bytes,
        point: str,
        epoch: int,
        cursors: Iterable[feed.Cursor],
        verify: Verify,
        now_ms: int,
    ) -> None:
        names = (ZONE_FEED, f"point:{point}")
        known = {cursor.feed: cursor for cursor in cursors}
        self._cursors = {name: known.get(name) or feed.start(name) for name in names}
        self._zone = zone
        self._epoch = epoch
        self._verify = verify
        self._pulse = Pulse(now_ms)
        self._nonce = b""
        self._challenge = b""
        self._flying: deque[Flying] = deque()
        self._sent_n = 0
        self._blocked: set[int] = set()
        self._gaps: dict[int, int] = {}  # by device: where the hub last said that its log ends
        self._asking = False
        self._asked_again = False
        self._doubts: dict[str, int] = {}
        self._closed = False

    @property
    def greeted(self) -> bool:
        """Whether the hub is at the other end."""
        return bool(self._challenge)

    def hello(self, hello: Hello) -> list[Effect]:
        """Begins the connection; `hello.nonce` must be fresh."""
        assert not self._nonce
        self._nonce = hello.nonce
        return [Send(hello)]

    def receive(self, message: HubMessage, now_ms: int) -> list[Effect]:
        """Takes one message of the hub."""
        if self._closed:
            return []
        self._pulse.heard(now_ms)
        match message:
            case Welcome():
                return self._greet(message, now_ms)
            case FaultMessage():
                return self._fault(message)
            case _ if not self.greeted:
                return self._close("not-the-hub")
            case Page():
                return self._page(message)
            case Ack():
                return self._ack(message, now_ms)
            case _:
                return []

    def counted(self) -> list[Effect]:
        """What a report says was not said for long."""
        return [TellCounts(self._challenge)] if self._challenge else []

    def stored(self, cursor: feed.Cursor) -> None:
        """The page and this cursor are stored."""
        self._cursors[cursor.feed] = cursor
        self._doubts.pop(cursor.feed, None)

    def distrust(self, name: str) -> list[Effect]:
        """A page of this feed did not fit: ask again from the cursor; then from the beginning."""
        doubts = self._doubts.get(name, 0) + 1
        self._doubts[name] = doubts
        if doubts <= DOUBTS_MAX:
            return [Send(self._cursors[name].subscribe())]
        if doubts > 2 * DOUBTS_MAX:
            return self._close(Fault.FEED_HASH)
        return self._refetch(name)

    def grew(self, devices: Iterable[int]) -> list[Effect]:
        """These devices pushed: what the hub has not got of a log, and turned the rest away for, may be there now."""
        self._blocked.difference_update(devices)
        return self._forward()

    def forwarded(self, n: int, device: int, now_ms: int) -> list[Effect]:
        """The push at place `n` went out; there may be more."""
        assert self._asking
        self._asking = self._asked_again = False
        self._pulse.spoke(now_ms, first=not self._flying)
        self._sent_n = n
        self._flying.append(Flying(n, device))
        return self._forward()

    def nothing_to_forward(self) -> list[Effect]:
        """There was no push past where this connection is, when it was looked for."""
        self._asking = False
        again, self._asked_again = self._asked_again, False
        return self._forward() if again else []

    def reopened(self, device: int) -> list[Effect]:
        """More of this device's log can be offered, or again: from the journal's beginning."""
        self._blocked.discard(device)
        self._sent_n = 0
        return self._forward()

    def tick(self, now_ms: int) -> list[Effect]:
        """Called about once a second: keeps the socket alive and notices a dead one."""
        if self._closed:
            return []
        fault = self._pulse.fault(now_ms, greeted=self.greeted, waiting=bool(self._flying))
        if fault is not None:
            return self._close(fault)
        return [Send(ping) for ping in self._pulse.beat(now_ms)] if self.greeted else []

    def _greet(self, welcome: Welcome, now_ms: int) -> list[Effect]:
        epoch = welcome.epoch
        statement = chain.hello_statement(self._zone, epoch, self._nonce)
        if welcome.relay or not self._verify(statement, welcome.proof):
            return self._close("not-the-hub")
        # It is passed on, so it must be good by itself.
        if not self._verify(chain.epoch_statement(self._zone, epoch), welcome.epoch_proof):
            return self._close("not-the-hub")
        if epoch < self._epoch:
            return [Problem("epoch-over", str(epoch)), *self._close("epoch-over")]
        if self.greeted:
            return []
        self._challenge = welcome.challenge
        self._pulse.answered(now_ms)
        effects: list[Effect] = []
        if epoch > self._epoch:
            self._epoch = epoch
            # Every page that is kept ends in a head of this epoch: one of an older one would be believed by nobody.
            self._cursors = {name: feed.start(name) for name in self._cursors}
            effects.append(BeginEpoch(epoch, welcome.epoch_proof))
        effects.append(Greeted(welcome))
        asked = [Send(cursor.subscribe()) for cursor in self._cursors.values()]
        return [*effects, *self.counted(), *asked, *self._forward()]

    def _page(self, page: Page) -> list[Effect]:
        cursor = self._cursors.get(page.feed)
        if cursor is None:
            return []
        head = page.head
        # Nothing is mirrored that the hub's signature does not vouch for: it is to be passed on.
        end = (page.feed, page.after + len(page.entries), page.hash, self._epoch)
        if head is None or (head.feed, head.n, head.hash, head.epoch) != end:
            return self._close("not-the-hub") if page.entries else []
        statement = chain.feed_statement(self._zone, head.epoch, head.feed, head.n, head.hash)
        if not self._verify(statement, head.signature):
            return self._close("not-the-hub")
        return [TakePage(page)]

    def _ack(self, ack: Ack, now_ms: int) -> list[Effect]:
        if not is_hubs(ack, self._zone, self._verify) or ack.epoch != self._epoch:
            return self._close("not-the-hub")
        if not self._flying or self._flying[0].device != ack.device:
            return self._close(Fault.MESSAGE_UNEXPECTED)
        self._pulse.answered(now_ms)
        return [KeepAck(self._flying.popleft().n, ack), *self._forward()]

    def _fault(self, message: FaultMessage) -> list[Effect]:
        problem = Problem(message.code, message.detail)
        match message.code:
            case Fault.FEED_AHEAD | Fault.FEED_HASH if message.about in self._cursors:
                return self._refetch(message.about)
            case Fault.FEED_NOT_ENTITLED | Fault.SESSION_EXPIRED if message.about in self._cursors:
                # Revoked: what it may not read any more it may not show to others either.
                self._cursors[message.about] = feed.start(message.about)
                return [problem, Forget(message.about)]
            case Fault.CLOCK_AHEAD | Fault.REPORT_INVALID:
                return [problem]
            case _ if message.about == "push" and self._flying:
                turned = self._flying.popleft()
                if message.code != Fault.CHAIN_FORK:
                    self._blocked.add(turned.device)
                if message.code == Fault.CHAIN_GAP:
                    if self._gaps.get(turned.device) == message.seq:
                        # All after there was offered again and the hub took none of it: what follows
                        # is of a branch, and offered once more it would be turned away for ever.
                        return [problem, *self._forward()]
                    self._gaps[turned.device] = message.seq
                aside = SetAside(turned.n, message.code, message.seq)
                return [problem, aside, *self._forward()]
            case _:
                return [problem, *self._close(message.code)]

    def _forward(self) -> list[Effect]:
        full = len(self._flying) >= PUSHES_IN_FLIGHT_MAX
        if self._asking:
            self._asked_again = True
            return []
        if not self.greeted or self._closed or full:
            return []
        self._asking = True
        return [Forward(self._sent_n, frozenset(self._blocked))]

    def _refetch(self, name: str) -> list[Effect]:
        cursor = feed.start(name)
        self._cursors[name] = cursor
        return [Forget(name), Send(Subscribe(name, cursor.n, cursor.hash))]

    def _close(self, code: str) -> list[Effect]:
        self._closed = True
        return [Close(code)]
