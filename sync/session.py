"""The device's end of a connection as a state machine without I/O: messages in, effects out.

Twin of pwa/src/sync/session.ts; the hub's end is sync/hub_session.py (docs/protocol.md, section 5), and
what differs at a point's relay is in sync/point_session.py.
The caller does what an effect says, in order, and tells the session what came of it. `now_ms` is an
argument and never runs back within one connection. Pulling never waits for pushing: pages are asked
for and taken whatever becomes of the log. What the hub did not sign is not the hub's: it changes
nothing and ends the connection.
"""

from collections.abc import Callable, Iterable, Sequence

from sync import chain, feed
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Forget,
    Greeted,
    Problem,
    PushFrom,
    Reopen,
    Rewind,
    Send,
    Settle,
    TakePage,
    TellCounts,
)
from sync.errors import Fault
from sync.limits import BACKOFF_MS_MAX
from sync.messages import (
    Ack,
    ClientMessage,
    Compare,
    FaultMessage,
    Heard,
    Hello,
    HubMessage,
    Page,
    Pong,
    Prints,
    Stored,
    Verdicts,
    Welcome,
)
from sync.outbox import (
    Outbox,
    Verify,
    acknowledged,
    appended,
    next_to_push,
    pushed,
    resume,
    settled_end,
    trusts_ack,
)
from sync.pulse import Pulse
from sync.repair import Repairs

# How often a feed may fail its check on one connection before it is fetched anew.
DOUBTS_MAX = 2
# A connection may live for days: a push that was turned away is tried again on it, without haste.
PUSH_PAUSE_MS = BACKOFF_MS_MAX


class Session:
    """One connection. Begin with `hello`; feed it what arrives with `receive`; call `tick`.

    epoch: the newest that the hub has signed, as far as is known here, or 0; a later one means that it was restored.
    """

    def __init__(  # noqa: PLR0913 - by name, all that a device knows when it connects
        self,
        *,
        zone: bytes,
        device: int,
        last_seq: int,
        acked_seq: int,
        epoch: int,
        cursors: Iterable[feed.Cursor],
        link_at: Callable[[int], bytes | None],
        verify: Verify,
        now_ms: int,
    ) -> None:
        self._zone = zone
        self._device = device
        self._last_seq = last_seq
        self._acked_seq = acked_seq
        self._epoch = epoch
        self._cursors = {cursor.feed: cursor for cursor in cursors}
        self._link_at = link_at
        self._verify = verify
        self._pulse = Pulse(now_ms)
        self._outbox: Outbox | None = None
        self._nonce = b""
        self._challenge = b""
        self._doubts: dict[str, int] = {}
        self._repairs = Repairs()
        self._readable: list[str] = []
        self._pushing = True
        # The hub has events under this device's number that are not here: another branch's, or what
        # the storage here has lost.
        self._incomplete = False
        self._paused_until_ms = 0
        self._closed = False

    @property
    def outbox(self) -> Outbox | None:
        """What is under way; None before the hub's welcome."""
        return self._outbox

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
            case _ if self._outbox is None:
                return self._close("not-the-hub")
            case Ack():
                return self._ack(message, self._outbox, now_ms)
            case Verdicts():
                return self._verdicts(message)
            case Page():
                return self._page(message) if message.feed in self._readable else []
            case Prints():
                return self._go_on(message.feed, self._repairs.answered(message))
            case Stored() | Heard():
                return self._at_point(message, self._outbox, now_ms)
            case Pong():
                return []

    def counted(self) -> list[Effect]:
        """What a report says has changed, or was not said for long."""
        return [TellCounts(self._challenge)] if self._challenge else []

    def appended(self, last_seq: int) -> list[Effect]:
        """The log has grown to `last_seq`."""
        self._last_seq = last_seq
        if self._outbox is not None:
            self._outbox = appended(self._outbox, last_seq)
        return self._push()

    def pushed(self, seq: int, now_ms: int) -> list[Effect]:
        """A push up to `seq` went out; there may be more."""
        assert self._outbox is not None
        self._pulse.spoke(now_ms, first=not self._outbox.in_flight)
        self._outbox = pushed(self._outbox, seq)
        return self._push()

    def stored(self, cursor: feed.Cursor) -> None:
        """The page and this cursor are stored."""
        self._cursors[cursor.feed] = cursor
        self._doubts.pop(cursor.feed, None)

    def distrust(self, name: str) -> list[Effect]:
        """A page of this feed did not fit: ask again from the cursor; then from the beginning."""
        if self._incomplete:
            # The hub leaves out what this device wrote; what it has under this number is not here
            # to be filled in.
            self._readable = [one for one in self._readable if one != name]
            return []
        doubts = self._doubts.get(name, 0) + 1
        self._doubts[name] = doubts
        if doubts <= DOUBTS_MAX:
            return [Send(self._cursor(name).subscribe())]
        if doubts > 2 * DOUBTS_MAX:
            return self._close(Fault.FEED_HASH)
        return self._refetch(name)

    def recounted(self, name: str, chain_: Sequence[bytes]) -> list[Effect]:
        """What is stored of this feed has this chain, at its start and after each entry."""
        return self._go_on(name, self._repairs.recounted(name, chain_))

    def tick(self, now_ms: int) -> list[Effect]:
        """Called about once a second: keeps the socket alive and notices a dead one."""
        if self._closed:
            return []
        greeted = self._outbox is not None
        fault = self._pulse.fault(now_ms, greeted=greeted, waiting=self._is_waiting())
        if fault is not None:
            return self._close(fault)
        if not greeted:
            return []
        effects: list[Effect] = []
        if self._paused_until_ms and now_ms >= self._paused_until_ms:
            self._paused_until_ms = 0
            self._outbox = resume(self._last_seq, self._acked_seq)
            effects = self._push()
        return [*effects, *(Send(ping) for ping in self._pulse.beat(now_ms))]

    def subscriptions(self) -> list[Effect]:
        """What one poll asks over HTTP, where nothing comes by itself."""
        asked = [self._ask(name) for name in self._readable]
        return [Send(message) for message in asked if message is not None]

    def _is_waiting(self) -> bool:
        """Whether the answer to a push is due; one that was turned away is tried again later."""
        outbox = self._outbox
        return outbox is not None and bool(outbox.in_flight) and not self._paused_until_ms

    def _greet(self, welcome: Welcome, now_ms: int) -> list[Effect]:
        statement = chain.hello_statement(self._zone, welcome.epoch, self._nonce)
        if welcome.relay or not self._verify(statement, welcome.proof):
            return self._close("not-the-hub")
        if welcome.epoch < self._epoch:
            return [Problem("epoch-over", str(welcome.epoch)), *self._close("epoch-over")]
        self._challenge = welcome.challenge
        if self._outbox is not None and welcome.epoch == self._epoch:
            return []
        effects = [*self._lose_confirmed(welcome), Greeted(welcome)]
        if welcome.seq > self._last_seq:
            # The hub holds more of this log than the device: its storage was lost or set back, and
            # writing would fork the log.
            self._pushing = False
            self._incomplete = True
            effects.append(Problem("log-behind", str(welcome.seq)))
        elif welcome.link != self._link_at(welcome.seq):
            # The branch is pushed once all the same, so that the hub has it and knows of the fork.
            self._incomplete = True
            effects.append(Problem(Fault.CHAIN_FORK, str(welcome.seq)))
        # What the hub has but did not acknowledge to us goes again: only a signed ack, with its
        # verdicts, settles an event.
        self._acked_seq = min(welcome.seq, self._acked_seq)
        self._outbox = resume(self._last_seq, self._acked_seq)
        self._pulse.answered(now_ms)
        self._readable = [head.feed for head in welcome.feeds]
        self._repairs = Repairs()
        effects += self._withdraw(welcome)
        parted = [h.feed for h in welcome.feeds if feed.has_parted(self._cursor(h.feed), h)]
        effects += [effect for name in parted for effect in self._part(name)]
        return [*effects, *self.counted(), *self.subscriptions(), *self._push()]

    def _withdraw(self, welcome: Welcome) -> list[Effect]:
        """What was read here and may not be any more; without a session nobody has said so."""
        gone = [name for name in self._cursors if name not in self._readable]
        if not welcome.session:
            return []
        for name in gone:
            del self._cursors[name]
        return [Forget(name) for name in gone]

    def _lose_confirmed(self, welcome: Welcome) -> list[Effect]:
        """What this hub confirmed and cannot know of any more, it must confirm again."""
        if welcome.epoch > self._epoch:
            return self._begin_epoch(welcome.epoch)
        if welcome.seq >= self._acked_seq:
            return []
        self._acked_seq = welcome.seq
        return [Reopen(welcome.seq)]

    def _begin_epoch(self, epoch: int) -> list[Effect]:
        """In a new epoch everything is unsaid: what lay parked in the backup had perhaps been placed."""
        assert epoch > self._epoch, "an epoch is never gone back to"
        self._epoch, self._acked_seq = epoch, 0
        return [BeginEpoch(epoch)]

    def _ack(self, ack: Ack, outbox: Outbox, now_ms: int) -> list[Effect]:
        genuine = trusts_ack(ack, self._zone, self._device, self._link_at(ack.seq), self._verify)
        if not genuine or ack.epoch != self._epoch:
            return self._close("not-the-hub")
        self._acked_seq = settled_end(outbox.acked, ack)
        self._outbox = acknowledged(outbox, self._acked_seq)
        self._pulse.answered(now_ms)
        return [Settle(self._acked_seq, ack.runs), *self._push()]

    def _verdicts(self, message: Verdicts) -> list[Effect]:
        return [Settle(0, message.runs)] if message.device == self._device else []

    def _page(self, page: Page) -> list[Effect]:
        if page.head is not None and page.head.epoch != self._epoch:
            return self._close("not-the-hub")
        return [TakePage(page)]

    def _at_point(self, _: Stored | Heard, __: Outbox, ___: int) -> list[Effect]:
        return []

    def _push(self) -> list[Effect]:
        if self._outbox is None or not self._pushing or self._paused_until_ms:
            return []
        first_seq = next_to_push(self._outbox)
        return [] if first_seq is None else [PushFrom(first_seq)]

    def _fault(self, message: FaultMessage) -> list[Effect]:
        problem = Problem(message.code, message.detail)
        match message.code:
            case Fault.CHAIN_GAP:
                if self._outbox is None:
                    return []
                self._outbox = resume(self._last_seq, min(message.seq, self._acked_seq))
                return self._push()
            case Fault.CHAIN_FORK:
                self._incomplete = True
                self._pushing = False
                return [problem]
            case Fault.SIGNATURE_INVALID | Fault.PUSH_OVERSIZED:
                self._paused_until_ms = self._pulse.heard_ms + PUSH_PAUSE_MS
                return [problem]
            case Fault.FEED_AHEAD | Fault.FEED_HASH:
                return self._part(message.about) if message.about in self._readable else []
            case Fault.FEED_NOT_ENTITLED:
                # Nobody signs a fault: it takes nothing but what this hub was proven to serve here.
                if message.about not in self._readable:
                    return []
                self._readable = [name for name in self._readable if name != message.about]
                self._cursors.pop(message.about, None)
                self._repairs.end(message.about)
                return [Forget(message.about)]
            case Fault.SESSION_EXPIRED | Fault.CLOCK_AHEAD | Fault.PASS_INVALID:
                return [problem]
            case Fault.REPORT_INVALID:
                # A challenge grows old while a tablet sleeps; the next report is over a new one.
                return []
            case Fault.MESSAGE_UNKNOWN if feeds := self._repairs.under_way:
                # An older hub compares nothing.
                return [effect for name in feeds for effect in self._refetch(name)]
            case _:
                return [problem, *self._close(message.code)]

    def _part(self, name: str) -> list[Effect]:
        """The hub has another history of this feed: looks for where it parts, once; then all of it is fetched."""
        if name in self._repairs:
            return []
        recount = self._repairs.begin(name) if self._cursor(name).n else None
        return [recount] if recount else self._refetch(name)

    def _go_on(self, name: str, then: Compare | feed.Cursor | None) -> list[Effect]:
        if then is None:
            return []
        if isinstance(then, Compare):
            return [Send(then)]
        if not then.n:
            return self._refetch(name)
        self._cursors[name] = then
        return [Rewind(then), Send(then.subscribe())]

    def _ask(self, name: str) -> ClientMessage | None:
        if name in self._repairs:
            return self._repairs.question(name)
        return self._cursor(name).subscribe()

    def _refetch(self, name: str) -> list[Effect]:
        cursor = feed.start(name)
        self._repairs.end(name)
        self._cursors[name] = cursor
        return [Forget(name), Send(cursor.subscribe())]

    def _cursor(self, name: str) -> feed.Cursor:
        return self._cursors.get(name) or feed.start(name)

    def _close(self, code: str) -> list[Effect]:
        self._closed = True
        return [Close(code)]
