"""A relay's end of a connection: the hub's, with what only a relay says and is asked.

Driven by server/relay (docs/protocol.md, section 10). A push is answered by `stored`, never by an
`ack` of its own; the hub's acks are passed on as they came. What other devices of the point pushed
goes to those who may read the point.
"""

from collections.abc import Iterable

from sync.errors import Fault
from sync.hub_session import Effect, HubSession, OpenPass, ReadJournal, Send
from sync.messages import Ack, Compare, Heard, Neighbours, Present, Stored


class RelaySession(HubSession):
    """One connection of one device to a relay."""

    def __init__(self, zone: bytes, now_ms: int, point: str) -> None:
        super().__init__(zone, now_ms)
        self._point_feed = f"point:{point}"
        self._listening: ReadJournal | None = None
        self._reading_journal = False
        self._journal_grew = False

    def kept(self, stored: Stored, acks: Iterable[Ack]) -> list[Effect]:
        """The push is durable here; `acks` are what the hub has said of these events already."""
        self._signed = True
        return [Send(stored), *(Send(ack) for ack in acks)]

    def passed_on(self, ack: Ack) -> list[Effect]:
        """The hub's word on a push of this device has come."""
        return [Send(ack)]

    def no_pass(self) -> list[Effect]:
        """The pass is not good here, or no more."""
        return self._turn_away(Fault.PASS_INVALID, "present", "")

    def heard(self, heard: Heard) -> list[Effect]:
        """The journal was read for `ReadJournal`; with nothing in it, it is not sent."""
        self._reading_journal = False
        asked = self._listening
        if asked is None:
            return []
        if heard.after != (asked.n if asked.journal == heard.journal else 0):
            return self._read_journal()  # asked anew while it was read
        self._listening = ReadJournal(heard.journal, heard.n)
        if heard.n > heard.after:
            self._journal_grew = True
        effects: list[Effect] = [Send(heard)] if heard.items else []
        return [*effects, *self._read_journal()]

    def journal_grew(self) -> list[Effect]:
        """Somebody pushed, or the hub answered."""
        self._journal_grew = True
        return self._read_journal()

    def entitle(self, session: bool, readable: Iterable[str]) -> list[Effect]:
        """What may be read has changed; neighbours are heard by whoever may read the point."""
        effects = super().entitle(session, readable)
        if self._point_feed not in self._readable:
            self._listening = None
        return effects

    def _compare(self, _: Compare) -> list[Effect]:
        # A feed that does not fit here is left to the hub.
        return self._turn_away(Fault.MESSAGE_UNEXPECTED, "compare", "only the hub is asked")

    def _present(self, present: Present) -> list[Effect]:
        return [OpenPass(present)]

    def _neighbours(self, asked: Neighbours) -> list[Effect]:
        if self._point_feed not in self._readable:
            fault = Fault.FEED_NOT_ENTITLED if self._session else Fault.SESSION_EXPIRED
            return self._turn_away(fault, "neighbours", "")
        self._listening = ReadJournal(asked.journal, asked.n)
        self._journal_grew = True
        return self._read_journal()

    def _read_journal(self) -> list[Effect]:
        if self._listening is None or self._reading_journal or not self._journal_grew:
            return []
        self._journal_grew = False
        self._reading_journal = True
        return [self._listening]
