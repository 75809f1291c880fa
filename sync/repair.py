"""Where two histories of a feed part: found by halving, or rather by cutting what is left into 128 pieces at a time.

Twin of pwa/src/sync/repair.ts (docs/protocol.md, section 7). A feed only grows, so two histories of it are
equal up to some entry and differ in all chain hashes after that. Pure: a question follows from what is known,
and an answer makes what is known more; each at least halves what is left, so a liar can only cost time. What
is found is believed when the hub answers `subscribe` with the whole hash by a page.
"""

from collections.abc import Sequence

from msgspec import Struct

from sync.effects import Recount
from sync.feed import Cursor
from sync.limits import COMPARE_PLACES_MAX, PRINT_BYTES
from sync.messages import Compare, Prints


class Search(Struct, frozen=True):
    """The own chain at its start and after each entry; equal to the hub's at `common`, not at `differs`."""

    feed: str
    chain: Sequence[bytes]
    common: int
    differs: int


def begin(feed: str, chain: Sequence[bytes]) -> Search:
    """Nothing is known but that every history of a feed begins alike."""
    return Search(feed, chain, 0, len(chain))


def question(search: Search) -> Compare | None:
    """What to ask next; None: it is found."""
    left = search.differs - search.common - 1
    if left == 0:
        return None
    step = -(-left // COMPARE_PLACES_MAX)
    return Compare(search.feed, search.common, step, left // step)


def answered(search: Search, answer: Prints) -> Search:
    """What is known after this answer; one to another question changes nothing.

    A place past the hub's end, or a piece of a print, counts as different.
    """
    asked = question(search)
    if asked is None or (answer.after, answer.step) != (asked.after, asked.step):
        return search
    common, differs = search.common, search.differs
    for i in range(asked.count):
        place = asked.after + (i + 1) * asked.step
        given = answer.prints[i * PRINT_BYTES : (i + 1) * PRINT_BYTES]
        if given != search.chain[place][:PRINT_BYTES]:
            differs = place
            break
        common = place
    return Search(search.feed, search.chain, common, differs)


def found(search: Search) -> Cursor:
    """The last place that both have."""
    return Cursor(search.feed, search.common, search.chain[search.common])


class Repairs:
    """The feeds of one connection that parted from the hub's. Each is looked into once: if the hub does not go on
    from what was found, its next answer to `subscribe` is a fault again, and all of the feed is fetched.
    """

    def __init__(self) -> None:
        self._searches: dict[str, Search | None] = {}  # None: it is being recounted
        self._met: set[str] = set()

    def __contains__(self, feed: str) -> bool:
        return feed in self._searches

    @property
    def under_way(self) -> list[str]:
        """The feeds for which it is not found yet."""
        return list(self._searches)

    def begin(self, feed: str) -> Recount | None:
        """None: this feed was looked into before."""
        if feed in self._met:
            return None
        self._met.add(feed)
        self._searches[feed] = None
        return Recount(feed)

    def recounted(self, feed: str, chain: Sequence[bytes]) -> Compare | Cursor | None:
        """What is stored has this chain, at its start and after each entry. None: nobody asks any more."""
        return self._go_on(begin(feed, chain)) if feed in self._searches else None

    def answered(self, answer: Prints) -> Compare | Cursor | None:
        """What to ask next, or the last place that both have; None: nobody asked."""
        search = self._searches.get(answer.feed)
        return self._go_on(answered(search, answer)) if search else None

    def question(self, feed: str) -> Compare | None:
        """What is being asked, where the feed is not being recounted."""
        search = self._searches.get(feed)
        return question(search) if search else None

    def end(self, feed: str) -> None:
        """Look no further."""
        self._searches.pop(feed, None)

    def _go_on(self, search: Search) -> Compare | Cursor:
        asked = question(search)
        if asked is None:
            del self._searches[search.feed]
            return found(search)
        self._searches[search.feed] = search
        return asked
