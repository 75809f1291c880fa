"""Fetching a case of another point by its number: its stream joins this point's feed, and that is recorded.

For those who act in cases of any point, such as 一口出证. The event says who fetched it, on which device and why;
wrong numbers slow down, durably, the account and the address. Refusals: not-entitled, bad-request (no reason),
fetch-not-found, slow-down.
"""

from dataclasses import dataclass

from server.flows import throttle
from server.flows.batch import NOTHING, Batch, Growth
from server.flows.hub import Hub
from server.flows.reader import Reader, find_reader
from server.flows.refusals import Code, Refusal
from server.store.store import Transaction
from sync.event import Fetch
from sync.ledger import DeviceFacts, may_fetch
from sync.number import NumberRefusal, make_receipt_number, normalise_code, parse_receipt_number


@dataclass(frozen=True, slots=True)
class Fetched:
    """The case's stream; it was in the point's feed already where nothing grew."""

    stream: bytes
    growth: Growth


def fetch(hub: Hub, reader: Reader, number: str, reason: str, address: str) -> Fetched | Refusal:
    """Let the point of the reader's device read the case of this receipt or case number from now on."""
    reason = reason.strip()
    if not reason:
        return Refusal(Code.BAD_REQUEST)
    guards = throttle.fetch_guards(reader.account, address)
    with hub.store.write() as tx:
        # Under the zone's lock, so that a right that was withdrawn meanwhile counts.
        batch = Batch(hub, tx)
        now = find_reader(tx, reader.token_hash, batch.hub_ms)
        if now is None or not _may(now, batch.hub_ms):
            return Refusal(Code.NOT_ENTITLED)
        refusal = throttle.refuse(tx, guards, batch.hub_ms)
        if refusal is not None:
            return refusal
        case = tx.cases.find_by_number(_canonical(number))
        if case is None:
            throttle.count_failure(tx, guards, batch.hub_ms)
            return Refusal(Code.FETCH_NOT_FOUND)
        if _is_there(tx, case.stream, f"point:{now.point}"):
            return Fetched(case.stream, NOTHING)
        batch.author("case.fetch", case.stream, Fetch(now.point, reason, now.device), now.account)
        batch.close()
        return Fetched(case.stream, batch.growth)


def _may(reader: Reader, now_ms: int) -> bool:
    device = DeviceFacts(reader.device, "", reader.point)
    return reader.device > 0 and may_fetch(reader.body.roles, device, now_ms)


def _canonical(number: str) -> str:
    match parse_receipt_number(number):
        case NumberRefusal():
            return normalise_code(number).replace("-", "")[:64]
        case parts:
            return make_receipt_number(parts.point, parts.device, parts.date, parts.counter)


def _is_there(tx: Transaction, stream: bytes, name: str) -> bool:
    feed = tx.feeds.find(name)
    return feed is not None and feed.id in tx.feeds.joined([stream]).get(stream, set())
