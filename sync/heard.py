"""What others of the point wrote, as a relay passes it on: read with the authors' own signatures.

Twin of pwa/src/sync/heard.ts (docs/protocol.md, section 10). The relay's word counts for nothing: a push
is its author's by the author's signature, and a verdict the hub's by the hub's.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from sync import chain
from sync.errors import Verdict
from sync.messages import Ack, Entry, Heard, Push, decode_client_message, decode_hub_message
from sync.outbox import Verify, is_hubs

KeyOf = Callable[[int], bytes | None]
"""The public key of a device that is enrolled and not revoked, as the zone's feed says; else None."""
VerifyBy = Callable[[bytes, bytes, bytes], bool]
"""verify(public key, statement, signature)"""


class Taken(Struct, frozen=True):
    """Keep `entries` (position and hub_ms 0) as unconfirmed; drop those `refused`; then keep the place.

    `unknown` devices are not in the zone's feed here: once they are, hear it all again.
    """

    journal: bytes
    n: int
    entries: list[Entry]
    refused: list[tuple[int, int]]
    unknown: list[int]


class Forged(Struct, frozen=True):
    """Something in it is not what its author, or the hub, signed: drop all of it, and the connection."""

    place: int


def take_heard(
    heard: Heard, zone: bytes, epoch: int, key_of: KeyOf, verify: VerifyBy, hub: Verify
) -> Taken | Forged:
    """Reads a part of a relay's journal. What devices unknown here wrote is left out.

    What the hub refused in another epoch than this it may yet accept: the restored one judges anew.
    """
    entries: list[Entry] = []
    refused: list[tuple[int, int]] = []
    unknown: set[int] = set()
    for place, item in enumerate(heard.items):
        match _read(item):
            case Push() as push:
                key = key_of(push.device)
                if key is None:
                    unknown.add(push.device)
                    continue
                last_seq = push.first_seq + len(push.events) - 1
                link = chain.fold_links(push.base_link, push.events)[-1:] or [push.base_link]
                statement = chain.push_statement(zone, push.device, last_seq, link[0])
                if not verify(key, statement, push.signature):
                    return Forged(place)
                entries += [
                    (0, push.device, push.first_seq + i, 0, event)
                    for i, event in enumerate(push.events)
                ]
            case Ack() as ack:
                if not is_hubs(ack, zone, hub):
                    return Forged(place)
                refused += [
                    (ack.device, run.first_seq + i)
                    for run in ack.runs
                    if ack.epoch == epoch and run.position and run.code != Verdict.OK
                    for i in range(run.count)
                ]
            case None:
                return Forged(place)
    return Taken(heard.journal, heard.n, entries, refused, sorted(unknown))


def _read(item: bytes) -> Push | Ack | None:
    for decode in (decode_client_message, decode_hub_message):
        try:
            message = decode(item)
        except msgspec.DecodeError:
            continue
        return message if isinstance(message, Push | Ack) else None
    return None
