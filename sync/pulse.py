"""The pulse of a connection to a hub or a relay: what was last heard and said, and since when an answer is due.

Twin of pwa/src/sync/pulse.ts (docs/protocol.md, section 5, "WebSocket"). Told by whoever holds the line, with the
time as an argument, which never runs back.
"""

from sync.limits import HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, REQUEST_TIMEOUT_MS
from sync.messages import Ping


class Pulse:
    """One connection's, begun at `now_ms`; the answer to its greeting is due from then on."""

    def __init__(self, now_ms: int) -> None:
        self.heard_ms = now_ms
        self._spoke_ms = now_ms
        self._waiting_since_ms = now_ms
        self._token = 0

    def heard(self, now_ms: int) -> None:
        """The other end said something, whatever it was."""
        self.heard_ms = now_ms

    def spoke(self, now_ms: int, *, first: bool) -> None:
        """A push went out; `first`: no other is under way, so its answer is due from now on."""
        self._spoke_ms = now_ms
        if first:
            self._waiting_since_ms = now_ms

    def answered(self, now_ms: int) -> None:
        """A greeting or a push was answered: the next answer is due from now on."""
        self._waiting_since_ms = now_ms

    def fault(self, now_ms: int, *, greeted: bool, waiting: bool) -> str | None:
        """Why the connection is dead: silent, or unanswered; None: it is not. `waiting`: for the answer to a push."""
        assert now_ms >= self.heard_ms
        if now_ms - self.heard_ms >= HEARTBEAT_TIMEOUT_MS:
            return "silent"
        waited_ms = now_ms - self._waiting_since_ms
        if not greeted:
            return "unanswered" if waited_ms >= REQUEST_TIMEOUT_MS else None
        # Pongs may go on while what writes is stuck; then a new connection is worth trying.
        return "unanswered" if waiting and waited_ms >= HEARTBEAT_TIMEOUT_MS else None

    def beat(self, now_ms: int) -> list[Ping]:
        """What keeps a quiet line alive, when it is time for it."""
        if now_ms - self._spoke_ms < HEARTBEAT_INTERVAL_MS:
            return []
        self._spoke_ms = now_ms
        self._token += 1
        return [Ping(self._token)]
