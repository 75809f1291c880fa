"""Test vectors of what a relay passes on of its journal: whose word counts in it, and what is taken of it.

What both languages must answer (sync/heard.py); bytes are hex. Three keys are at work: the hub's, the relay's,
a colleague's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from sync import chain
from sync.heard import Forged, Taken, take_heard
from sync.messages import Ack, FaultMessage, Heard, Push, Run, encode_message, sign_parts
from sync.vectors_wire import EPOCH, HUB_MS, ZONE, digest, plain, sample_events

COLLEAGUE, STRANGER = 13, 14
EVENTS = [event for _, event in sample_events()][:5]
JOURNAL = digest("journal")[:16]


class Signer(Struct, frozen=True):
    """A fixed key: the raw public key, and who signs with it."""

    public: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Keys:
    """Who signs, and how a signature is checked: verify(public key, statement, signature)."""

    hub: Signer
    relay: Signer
    colleague: Signer
    verify: Callable[[bytes, bytes, bytes], bool]


def heard_vectors(keys: Keys) -> list[dict[str, object]]:
    """Parts of a relay's journal, and what a device makes of them."""
    return [_hearing(keys, name, items) for name, items in _parts(keys)]


def _parts(keys: Keys) -> list[tuple[str, list[bytes]]]:
    push = _push(keys.colleague, COLLEAGUE, EVENTS[:2])
    ack = encode_message(_ack_of(keys.hub))
    lost = encode_message(_ack_of(keys.hub, EPOCH - 1))
    message = encode_message(FaultMessage("busy", "", "", 0))
    return [
        ("a push, and the hub's word on it", [push, ack]),
        ("a push, and the word of a hub that is gone", [push, lost]),
        ("a device that the zone does not know here", [_push(keys.relay, STRANGER, EVENTS), push]),
        ("a push that carries nothing", [_push(keys.colleague, COLLEAGUE, [])]),
        ("a push by the relay", [push, _push(keys.relay, COLLEAGUE, EVENTS[:1])]),
        ("a push with another event", [_tampered(keys)]),
        ("an ack by the relay", [push, encode_message(_ack_of(keys.relay))]),
        ("neither push nor ack", [message]),
        ("no message", [b"\x93"]),
    ]


def _push(by: Signer, device: int, events: list[bytes]) -> bytes:
    base = digest("base")
    link = (chain.fold_links(base, events) or [base])[-1]
    said = chain.push_statement(ZONE, device, 2 + len(events), link)
    return encode_message(Push(device, 3, base, events, by.sign(said)))


def _tampered(keys: Keys) -> bytes:
    base = digest("base")
    link = chain.fold_links(base, EVENTS[:1])[-1]
    said = chain.push_statement(ZONE, COLLEAGUE, 3, link)
    return encode_message(Push(COLLEAGUE, 3, base, EVENTS[1:2], keys.colleague.sign(said)))


def _ack_of(by: Signer, epoch: int = EPOCH) -> Ack:
    """One accepted, two refused, one parked."""
    runs = [
        Run(3, 1, 40, HUB_MS, "ok"),
        Run(4, 2, 41, HUB_MS, "not-entitled"),
        Run(6, 1, 0, HUB_MS, "cause-missing"),
    ]
    link = digest("link")
    said = chain.ack_statement(ZONE, epoch, COLLEAGUE, 6, link, sign_parts(runs))
    return Ack(COLLEAGUE, 6, link, runs, by.sign(said), epoch)


def _hearing(keys: Keys, name: str, items: list[bytes]) -> dict[str, object]:
    said = take_heard(
        Heard(JOURNAL, 17, 19, items),
        ZONE,
        EPOCH,
        lambda device: keys.colleague.public if device == COLLEAGUE else None,
        keys.verify,
        lambda statement, by: keys.verify(keys.hub.public, statement, by),
    )
    match said:
        case Forged(place=place):
            then: object = ["forged", place]
        case Taken():
            entries = [
                [device, seq, (event or b"").hex()] for _, device, seq, _, event in said.entries
            ]
            then = ["taken", entries, plain(said.refused), said.unknown]
    return {"shows": name, "items": [item.hex() for item in items], "then": then}
