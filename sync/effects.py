"""What a device's session tells its caller to do; sync/session.py and sync/point_session.py say when.

Twin of pwa/src/sync/effects.ts. The caller does what an effect says, in order, and tells the session what came of it.
"""

from msgspec import Struct

from sync.feed import Cursor
from sync.messages import ClientMessage, Heard, Page, Run, Welcome


class Send(Struct, frozen=True):
    """Send this now."""

    message: ClientMessage


class PushFrom(Struct, frozen=True):
    """Sign and send the log from `first_seq`; then call `pushed` with its last seq."""

    first_seq: int


class Settle(Struct, frozen=True):
    """Keep, durably, what the hub said of these events.

    `seq` is the confirmed end of the log; 0: nothing is said of it.
    """

    seq: int
    runs: list[Run]


class Reopen(Struct, frozen=True):
    """The hub holds the log only up to `seq`: what was confirmed behind it is unconfirmed again."""

    seq: int


class BeginEpoch(Struct, frozen=True):
    """The hub was restored: nothing that it said before counts, of events or of photos. Forget that, then
    keep the epoch, both durably: after a crash between the two it is simply told again.
    """

    epoch: int


class TakePage(Struct, frozen=True):
    """Check and store the page; then call `stored` with the new cursor, or `distrust`."""

    page: Page


class Forget(Struct, frozen=True):
    """Forget what was stored of this feed: the hub has another history, or it may not be read."""

    feed: str


class Recount(Struct, frozen=True):
    """Effect: chain anew what is stored of this feed, of which the hub has another history; then call `recounted`."""

    feed: str


class Rewind(Struct, frozen=True):
    """Effect: forget what was stored of the feed after this place. Up to there the hub has the same."""

    cursor: Cursor


class MarkStored(Struct, frozen=True):
    """A relay of the point holds the log up to `seq`, and no further: the tick 已到点位."""

    seq: int


class TakeHeard(Struct, frozen=True):
    """Verify each item's own signature; keep the good pushes as unconfirmed, drop what an ack refuses,
    and store the new place in that journal.
    """

    heard: Heard


class TellCounts(Struct, frozen=True):
    """Count, sign and send a `report` over this challenge."""

    challenge: bytes


class Greeted(Struct, frozen=True):
    """The other end has been greeted; of a hub: its clock, whether it lets this person read."""

    welcome: Welcome


class Problem(Struct, frozen=True):
    """Tell a person; `code` is a Fault, or log-behind (this device's own storage was set back)."""

    code: str
    detail: str


class Close(Struct, frozen=True):
    """Close the connection and try again later.

    `code` is a Fault, or silent (nothing heard), unanswered (no welcome, no ack), not-the-hub, epoch-over (a hub
    that a restore has replaced), epoch-begun (a relay has met the restored hub meanwhile: greet it again).
    """

    code: str


Effect = (
    Send
    | PushFrom
    | Settle
    | Reopen
    | BeginEpoch
    | TakePage
    | Forget
    | Recount
    | Rewind
    | MarkStored
    | TakeHeard
    | TellCounts
    | Greeted
    | Problem
    | Close
)
