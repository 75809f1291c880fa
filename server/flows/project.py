"""Projections: rows for lists, search and numbers, made from what the ledger says and nothing else.

Used by the batch that appends, by `rebuild`, and by `verify`, which compares: so they agree.
"""

import msgspec

from server.store.accounts import AccountRow, GrantRow
from server.store.cases import CaseRow, VoidRow
from server.store.records import ItemVersionRow, RecordRow
from server.store.text import storable
from sync.epoch import Epoch
from sync.event import AccountSet, EpochBegin, GrantIssue, GrantShow, Record
from sync.fold import (
    HISTORY_CODE,
    HISTORY_EFFECT,
    CaseState,
    Source,
    apply,
    state_bytes,
)
from sync.messages import decode_pass
from sync.records import Named

_encoder = msgspec.msgpack.Encoder()
_epoch_decoder = msgspec.msgpack.Decoder(EpochBegin)

Change = AccountRow | GrantRow | RecordRow


def fold_into(
    state: CaseState, source: Source, body: msgspec.Struct | None = None
) -> VoidRow | None:
    """Fold one event of a case into its state; a row for the console when it had no effect."""
    apply(state, source, body)
    row = state.history[-1]
    if row[HISTORY_EFFECT] == "applied":
        return None
    return VoidRow(source.position, str(row[HISTORY_EFFECT]), str(row[HISTORY_CODE]))


def case_row(stream: bytes, state: CaseState) -> CaseRow:
    """The row of a case. Its times are the hub's, of its first and its last event."""
    first, last = state.history[0], state.history[-1]
    # By place, not by name: this runs for every case of a push of a thousand.
    return CaseRow(
        stream,
        last[0],
        state.state,
        state.item.id if state.item else "",
        state.point,
        state.dept,
        storable(state.window),
        state.receipt_no,
        state.case_no,
        state.person,
        _latest(state, "a:name"),
        _latest(state, "a:id_no")[-4:].upper(),
        first[6],
        last[6],
        len([row for row in state.history if row[HISTORY_EFFECT] == "void"]),
        state.unknown,
        len([holders for holders in state.values.values() if len(holders) > 1]),
        len([None for _, _, stored in state.attachments.values() if not stored]),
        state_bytes(state),
    )


def _latest(state: CaseState, key: str) -> str:
    holders = state.values.get(key)
    return storable(str(holders[-1][0])) if holders else ""


def change_of(stream: bytes, type_: str, position: int, body: msgspec.Struct) -> Change | None:
    """The row that an `ok` event outside the cases writes; None: it has none."""
    match body:
        case AccountSet():
            return AccountRow(stream, position, storable(body.username), _encoder.encode(body))
        case GrantIssue():
            return GrantRow(position, stream, body.device, body.from_ms, body.until_ms)
        case GrantShow(content=content):
            said = decode_pass(content)
            return GrantRow(position, stream, said.device, said.from_ms, said.until_ms)
        case Record():
            return RecordRow(stream, type_, body.id, position, _encoder.encode(body.record))
        case EpochBegin():
            return RecordRow(stream, type_, str(position), position, _encoder.encode(body))
        case _:
            return None


def epoch_of(row: RecordRow) -> Epoch:
    """The restore that a record of type `epoch.begin` tells of."""
    body = _epoch_decoder.decode(row.record)
    return Epoch(body.after, row.position, body.backed_up_ms, body.restored_ms)


def version_of(row: RecordRow) -> ItemVersionRow | None:
    """The item version that a record publishes; None: it is no item."""
    if row.type != "item.publish":
        return None
    version = msgspec.msgpack.decode(row.record, type=dict[str, msgspec.Raw]).get("version")
    text = msgspec.msgpack.decode(version, type=str) if version is not None else ""
    return ItemVersionRow(row.id, storable(text), row.position, row.record)


def name_of(row: RecordRow) -> str:
    """What a record is called; its id where it has no name."""
    return msgspec.msgpack.decode(row.record, type=Named).name or row.id
