"""What needs a person: refused, void, unknown and parked events with their reasons, and forked devices.

The newest of each kind are listed, those that wait from the oldest on; all are counted. A point's manager has those of
that point's devices. Refusals: not-entitled.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from server.flows.console_rights import READERS, held, points_of
from server.flows.facts import account_decoder
from server.flows.hub import Hub
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.flows.standings import missing_causes
from server.store.cases import CaseRow
from server.store.devices import DeviceRow
from server.store.ledger import Awaited, LedgerRow, ParkedRow
from server.store.store import Transaction
from sync.event import Receive, decode_body, decode_head
from sync.lifecycle import LIFECYCLE

PROBLEMS_MAX = 500  # of each kind
CAUSES_MAX = 3  # of those that one event waits for


@dataclass(frozen=True, slots=True)
class Cause:
    """An event that something waits for and that is not here.

    device_name empty: no device of this zone; device and seq 0 besides: one of a point that the
    reader may not look at.
    """

    device: int
    device_name: str
    seq: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person. kind: refused | void | unknown | parked | forked.

    author: the name of the person; empty: the device itself, or nobody that the hub knows.
    waits_for: of what waits, the first CAUSES_MAX of what it rests on and the hub does not have.
    """

    kind: str
    code: str
    position: int
    device: int
    device_name: str
    author: str
    point: str
    seq: int
    type: str
    type_zh: str
    stream: str
    receipt_no: str
    at_ms: int
    waits_for: list[Cause]


def problems(hub: Hub, reader: Reader) -> list[Problem] | Refusal:
    """Everything that needs somebody where the reader may look, newest first."""
    if not held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    with hub.store.read() as tx:
        own = points_of(hub, reader, READERS)
        return problems_of(tx, _devices_of(tx.devices.all(), own), own)


def problems_of(
    tx: Transaction,
    devices: frozenset[int] | None,
    own: frozenset[str] | None,
    limit: int = PROBLEMS_MAX,
) -> list[Problem]:
    """What needs somebody of what these devices wrote, newest first; None: of all.

    own: the points whose devices may be named; None: all.
    """
    found = _problems(tx, devices, own, limit)
    return sorted(found, key=lambda problem: problem.at_ms, reverse=True)


def count_problems(tx: Transaction, own: frozenset[str] | None) -> dict[str, int]:
    """How many there are of each kind at these points, None: everywhere; a kind without any is left out."""
    devices = _devices_of(tx.devices.all(), own)
    counts: Counter[str] = Counter()

    def count(kind: str, device: int, many: int) -> None:
        if devices is None or device in devices:
            counts[kind] += many

    for device, many in tx.ledger.refused_counts().items():
        count("refused", device, many)
    for device, effect, many in tx.cases.void_counts():
        count(effect, device, many)
    for device, many in tx.parking.counts().items():
        count("parked", device, many)
    for device, many in tx.devices.fork_counts().items():
        count("forked", device, many)
    return dict(counts)


def _devices_of(devices: Iterable[DeviceRow], own: frozenset[str] | None) -> frozenset[int] | None:
    if own is None:
        return None
    return frozenset(row.number for row in devices if row.point in own)


def _problems(
    tx: Transaction, devices: frozenset[int] | None, own: frozenset[str] | None, limit: int
) -> list[Problem]:
    rows = tx.devices.all()
    refused = tx.ledger.refused(limit, devices)
    voids = {void.position: void for void in tx.cases.voids(limit, devices)}
    without_effect = tx.ledger.at(voids)
    waiting = tx.parking.oldest(limit, devices)
    events: list[LedgerRow | ParkedRow] = [*refused, *without_effect, *waiting]
    tell = _Telling(
        {row.number: row for row in rows},
        tx.cases.by_streams({row.stream for row in events}),
        _names_of_authors(tx, [row.event for row in events]),
        missing_causes(tx, devices) if waiting else {},
        own,
    )
    found = [tell.of(row, "refused", row.verdict, row.position, row.hub_ms) for row in refused]
    for row in without_effect:
        void = voids[row.position]
        found.append(tell.of(row, void.effect, void.code, row.position, row.hub_ms))
    found += [tell.of(row, "parked", row.reason, 0, row.received_ms) for row in waiting]
    for fork in tx.devices.forks(limit, devices):
        at = (fork.device, fork.first_seq)
        found.append(tell.problem("forked", "chain-fork", 0, at, fork.received_ms))
    return found


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a problem is told with: devices, cases, and the names of authors."""

    devices: Mapping[int, DeviceRow]
    cases: Mapping[bytes, CaseRow]
    name_by_event: Mapping[bytes, str] = field(default_factory=dict)
    causes: Mapping[tuple[int, int], list[Awaited]] = field(default_factory=dict)
    own: frozenset[str] | None = None

    def of(
        self, row: LedgerRow | ParkedRow, kind: str, code: str, position: int, at_ms: int
    ) -> Problem:
        """About an event."""
        at = (row.device, row.seq)
        return self.problem(kind, code, position, at, at_ms, row)

    def problem(
        self,
        kind: str,
        code: str,
        position: int,
        at: tuple[int, int],
        at_ms: int,
        row: LedgerRow | ParkedRow | None = None,
    ) -> Problem:
        """About a place in a device's log, and the event there if it is known."""
        device, seq = at
        writer, case = self.devices.get(device), self.cases.get(row.stream) if row else None
        return Problem(
            kind=kind,
            code=code,
            position=position,
            device=device,
            device_name=writer.name if writer else "",
            author=self.name_by_event.get(row.event, "") if row else "",
            point=writer.point if writer else "",
            seq=seq,
            type=row.type if row else "",
            type_zh=TYPE_ZH.get(row.type, "") if row else "",
            stream=row.stream.hex() if row else "",
            receipt_no=case.receipt_no if case else _receipt_of(row.event) if row else "",
            at_ms=at_ms,
            waits_for=self._causes(self.causes.get(at, [])[:CAUSES_MAX]),
        )

    def _causes(self, awaited: Iterable[Awaited]) -> list[Cause]:
        causes = (self._cause(one.cause_device, one.cause_seq) for one in awaited)
        return list(dict.fromkeys(causes))

    def _cause(self, device: int, seq: int) -> Cause:
        writer = self.devices.get(device)
        if writer and self.own is not None and writer.point not in self.own:
            return Cause(0, "", 0)
        return Cause(device, writer.name if writer else "", seq)


def _receipt_of(event: bytes) -> str:
    """The receipt number in an opening that made no case: its paper is in somebody's hands all the same."""
    try:
        body = decode_body(decode_head(event))
    except (KeyError, msgspec.DecodeError):
        return ""
    return body.receipt_no if isinstance(body, Receive) else ""


def _names_of_authors(tx: Transaction, events: Iterable[bytes]) -> dict[bytes, str]:
    """Who wrote each event, where it can be read and its author has an account."""
    actors: dict[bytes, bytes] = {}
    for event in events:
        try:
            actors[event] = decode_head(event).actor
        except msgspec.DecodeError:
            continue  # refused as malformed: nobody can be named
    accounts = tx.accounts.by_streams({actor for actor in actors.values() if actor})
    names = {row.stream: account_decoder.decode(row.body).name for row in accounts.values()}
    return {event: names[actor] for event, actor in actors.items() if actor in names}


TYPE_ZH = {
    **{row.type: row.zh for row in LIFECYCLE.transitions},
    LIFECYCLE.edits.type: LIFECYCLE.edits.zh,
}
