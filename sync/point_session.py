"""The device's end of a connection to its point's relay: sync/session.py, with what differs there.

Twin of pwa/src/sync/pointSession.ts (docs/protocol.md, section 10). A relay stores and passes on; it is
believed in what it did itself (`stored`), and for all else only in what the hub or the author signed.
So nothing is ever forgotten or confirmed on a relay's word, and any moment may switch to the hub.
"""

from msgspec import Struct

from sync import chain
from sync.effects import Effect, Greeted, MarkStored, Problem, Send, Settle, TakeHeard, TakePage
from sync.errors import Fault
from sync.messages import (
    Ack,
    FaultMessage,
    Heard,
    Neighbours,
    Page,
    Present,
    Stored,
    Verdicts,
    Welcome,
)
from sync.outbox import Outbox, Verify, acknowledged, resume, settled_end, trusts_ack
from sync.session import DOUBTS_MAX, Session

_OF_FEEDS = frozenset({Fault.FEED_AHEAD, Fault.FEED_HASH, Fault.FEED_NOT_ENTITLED})


class RelayAt(Struct, frozen=True):
    """The relay at the other end: its device number, who verifies its signatures, and the way in.

    `present` None: push only. `feeds` are those that the pass opens there. `journal` and `n`: how far
    its journal was heard; zeros: not at all. `mark`: how far the log was known to be at the point.
    """

    number: int
    verify: Verify
    present: Present | None = None
    feeds: tuple[str, ...] = ()
    journal: bytes = bytes(16)
    n: int = 0
    mark: int = 0


class PointSession(Session):
    """One connection to a relay. `verify` is the hub's, as in Session; `through` says which relay."""

    _at: RelayAt

    _journal: bytes
    _n: int

    def through(self, at: RelayAt) -> "PointSession":
        """Says which relay is to answer; before `hello`."""
        self._at = at
        self._journal, self._n = at.journal, at.n
        return self

    def heard_to(self, journal: bytes, n: int) -> None:
        """What was heard is kept up to this place."""
        self._journal, self._n = journal, n

    def relisten(self) -> list[Effect]:
        """Hear everything again: the zone knows devices now that it did not know before."""
        self.heard_to(bytes(16), 0)
        return self.neighbours()

    def neighbours(self) -> list[Effect]:
        """What one poll asks over HTTP besides the subscriptions."""
        if not any(name.startswith("point:") for name in self._readable):
            return []
        return [Send(Neighbours(self._journal, self._n))]

    def distrust(self, name: str) -> list[Effect]:
        """A page of this feed did not fit: ask again; then leave it to the hub."""
        doubts = self._doubts.get(name, 0) + 1
        self._doubts[name] = doubts
        if doubts <= DOUBTS_MAX:
            return [Send(self._cursor(name).subscribe())]
        return self._leave_out(name, Fault.FEED_HASH, name)

    def _greet(self, welcome: Welcome, now_ms: int) -> list[Effect]:
        at = self._at
        end = (welcome.seq, welcome.link)
        statement = chain.relay_statement(self._zone, at.number, self._nonce, *end)
        if welcome.relay != at.number or not at.verify(statement, welcome.proof):
            return self._close("not-the-hub")
        # One that never met the hub says 0, of which there is no proof and no need for one.
        begun = chain.epoch_statement(self._zone, welcome.epoch)
        if welcome.epoch and not self._verify(begun, welcome.epoch_proof):
            return self._close("not-the-hub")
        self._challenge = welcome.challenge
        newer = welcome.epoch > self._epoch
        if self._outbox is not None and not newer:
            return []
        effects: list[Effect] = self._begin_epoch(welcome.epoch) if newer else []
        effects.append(Greeted(welcome))
        if welcome.seq > self._last_seq:
            self._pushing = False
            effects.append(Problem("log-behind", str(welcome.seq)))
        elif welcome.seq and welcome.link != self._link_at(welcome.seq):
            self._pushing = False
            effects.append(Problem(Fault.CHAIN_FORK, str(welcome.seq)))
        else:
            # Its end says nothing of what it was never sent, or what only a lost hub had confirmed:
            # the mark grows by what it stores, and a greeting can only set it back.
            effects.append(MarkStored(0 if newer else min(welcome.seq, at.mark)))
        # What only the hub's ack settles goes again, as at the hub; a relay that began anew gets all of it.
        self._outbox = resume(self._last_seq, self._acked_seq)
        self._pulse.answered(now_ms)
        if at.present is not None:
            self._readable = list(at.feeds)
            effects.append(Send(at.present))
        effects += [*self.counted(), *self.subscriptions(), *self.neighbours()]
        return [*effects, *self._push()]

    def _ack(self, ack: Ack, _: Outbox, __: int) -> list[Effect]:
        if not trusts_ack(ack, self._zone, self._device, self._link_at(ack.seq), self._verify):
            return self._close("not-the-hub")
        if ack.epoch > self._epoch:
            return self._close("epoch-begun")
        if ack.epoch < self._epoch:
            return []  # of a hub that is gone: it confirms nothing now
        self._acked_seq = settled_end(self._acked_seq, ack)
        return [Settle(self._acked_seq, ack.runs)]

    def _verdicts(self, _: Verdicts) -> list[Effect]:
        return []  # not signed: only the hub itself is believed

    def _page(self, page: Page) -> list[Effect]:
        head, n = page.head, page.after + len(page.entries)
        if head is None or (head.feed, head.n, head.hash) != (page.feed, n, page.hash):
            return self._close("not-the-hub")
        statement = chain.feed_statement(self._zone, head.epoch, head.feed, n, head.hash)
        if not self._verify(statement, head.signature):
            return self._close("not-the-hub")
        if head.epoch > self._epoch:
            return self._close("epoch-begun")
        if head.epoch < self._epoch:
            return self._leave_out(page.feed, "epoch-over", page.feed)
        return [TakePage(page)]

    def _at_point(self, message: Stored | Heard, outbox: Outbox, now_ms: int) -> list[Effect]:
        if isinstance(message, Heard):
            return [TakeHeard(message)]
        device, seq, link = message.device, message.seq, message.link
        statement = chain.at_point_statement(self._zone, self._at.number, device, seq, link)
        ours = device == self._device and link == self._link_at(seq)
        if not ours or not self._at.verify(statement, message.signature):
            return self._close("not-the-hub")
        if not outbox.in_flight or seq > outbox.in_flight[0]:
            # The answer to an earlier push is not here: that one may have been lost on its way.
            return []
        self._outbox = acknowledged(outbox, seq)
        self._pulse.answered(now_ms)
        return [MarkStored(seq), *self._push()]

    def _fault(self, message: FaultMessage) -> list[Effect]:
        # It is behind, or denies: what is stored came from the hub and stays.
        if message.about in self._readable:
            return self._leave_out(message.about, message.code, message.detail)
        if message.code in _OF_FEEDS:
            return [Problem(message.code, message.detail)]
        return super()._fault(message)

    def _leave_out(self, name: str, code: str, detail: str) -> list[Effect]:
        self._readable = [one for one in self._readable if one != name]
        return [Problem(code, detail)]
