"""Test vectors for repair.py: what is asked, of two histories of a feed, until the last common entry is found."""

from collections.abc import Sequence

from sync import chain, feed
from sync.limits import PRINT_BYTES
from sync.messages import Compare, Prints, encode_message
from sync.repair import answered, begin, found, question
from sync.vectors_wire import HUB_MS

Row = dict[str, object]

FEED = "point:HALL"
# How many entries both have, and how many the reader and the hub have besides.
HISTORIES = (
    (0, 0, 0),
    (0, 3, 2),
    (3, 0, 0),
    (5, 1, 1),
    (4, 4, 0),
    (0, 128, 128),
    (128, 1, 0),
    (90, 39, 60),
    (255, 2, 9),
    (200, 57, 0),
    (0, 300, 300),
    (299, 1, 1),
)


def repair_vectors() -> Row:
    """Histories as what each of their entries is the hash of, and every question with its answer."""
    return {"feed": FEED, "searches": [_search(*history) for history in HISTORIES]}


def grown(both: int, besides: int, author: int) -> list[bytes]:
    """A feed's chain: entry n is of device 12, or of `author` past what both have; its event is its number."""
    entries = [
        (n, 12 if n <= both else author, n, HUB_MS, str(n).encode())
        for n in range(1, both + besides + 1)
    ]
    start = chain.feed_start(FEED)
    return [start, *feed.extend(start, entries)]


def _search(both: int, ours: int, theirs: int) -> Row:
    mine, hubs = grown(both, ours, 13), grown(both, theirs, 14)
    search, rounds = begin(FEED, mine), list[list[str]]()
    while (asked := question(search)) is not None:
        said = prints_of(hubs, asked)
        rounds.append([encode_message(asked).hex(), encode_message(said).hex()])
        search = answered(search, said)
    return {
        "both": both,
        "ours": ours,
        "theirs": theirs,
        "hash": found(search).hash.hex(),
        "rounds": rounds,
    }


def prints_of(hubs: Sequence[bytes], asked: Compare) -> Prints:
    """What a hub with this chain answers."""
    last = asked.after + asked.count * asked.step
    places = range(asked.after + asked.step, last + 1, asked.step)
    prints = [hubs[place][:PRINT_BYTES] for place in places if place < len(hubs)]
    return Prints(asked.feed, asked.after, asked.step, b"".join(prints))
