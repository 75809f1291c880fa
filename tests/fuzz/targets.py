"""What is fuzzed: every reader of bytes or text from outside, each with what must hold whatever it is given.

A target takes any bytes and raises only when a promise is broken: a reader raised something else than its own error,
what was read does not survive being written again, or a state machine stumbled.
"""

from collections.abc import Callable
from datetime import date

import msgspec

from server.flows.attachments import MIME_BY_FORMAT, find_mime
from server.flows.project import change_of, name_of, version_of
from server.store.records import RecordRow
from sync import number
from sync.codec import decode_frame, encode_frame, join_frames, split_frames
from sync.errors import FrameError, Verdict
from sync.event import RECORD_TYPES, GrantShow, encode_event
from sync.fold import CaseState, Source, apply, copy_state, decode_state, state_bytes
from sync.ledger import Known, examine, family_of, feeds_of
from sync.lifecycle import LIFECYCLE
from sync.messages import decode_client_message, decode_hub_message, encode_message
from sync.records import is_readable, item_decoder
from sync.vectors_wire import HUB_MS, ITEM
from tests.fuzz.lines import drive_device, drive_hub
from tests.fuzz.mutate import chunks

DEVICE = 12
STATES = sorted({state for row in LIFECYCLE.transitions for state in row.from_} | {"draft"})
_plain = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])


def frame(data: bytes) -> None:
    """A frame is refused as one, or its payload survives the way back."""
    try:
        payload = decode_frame(data)
    except FrameError:
        return
    # An empty message has no frame; whatever else was read can be sent.
    assert len(payload) == 0 or decode_frame(encode_frame(payload)) == payload


def body(data: bytes) -> None:
    """A body of frames is refused, or is exactly its frames."""
    try:
        frames = list(split_frames(data))
    except FrameError:
        return
    assert join_frames(frames) == data


def client_message(data: bytes) -> None:
    """What a device says."""
    try:
        message = decode_client_message(data)
    except msgspec.DecodeError:
        return
    assert decode_client_message(encode_message(message)) == message


def hub_message(data: bytes) -> None:
    """What the hub says."""
    try:
        message = decode_hub_message(data)
    except msgspec.DecodeError:
        return
    assert decode_hub_message(encode_message(message)) == message


def event(data: bytes) -> None:
    """An event is judged at once, or is known, survives being written, and folds into whatever it meets."""
    known = examine(data, DEVICE)
    if isinstance(known, Verdict):
        return
    head = known.head
    try:
        again = encode_event(
            head.type, head.stream, head.hlc, head.actor, head.base, head.seen, known.body
        )
    except ValueError:
        return  # the defaults written out made it too long
    read = examine(again, DEVICE)
    assert isinstance(read, Known)
    assert read.body == known.body
    if family_of(head.type) == "case":
        _fold(known)
        return
    feeds_of(head.type, None)
    if isinstance(known.body, GrantShow):
        return  # it changes something only where the hub itself has signed what it shows
    row = change_of(head.stream, head.type, 1, known.body)
    if isinstance(row, RecordRow):
        assert version_of(row) is None or row.type == "item.publish"
        assert name_of(row) is not None


def _fold(known: Known) -> None:
    for name in STATES:
        state = CaseState(state=name, item=ITEM, point="HALL", dept="SCJG")
        void = apply(state, Source(1, DEVICE, 1, HUB_MS, known.head))
        assert void is None or state.state == name
        assert feeds_of(known.head.type, state)
        written = state_bytes(state)
        assert state_bytes(decode_state(written)) == written
        assert state_bytes(copy_state(state)) == written


def state(data: bytes) -> None:
    """A state as the hub keeps it, and as a device is sent it."""
    try:
        read = decode_state(data)
    except msgspec.DecodeError:
        return
    written = state_bytes(read)
    assert state_bytes(decode_state(written)) == written


def record(data: bytes) -> None:
    """A record that is let in can be read by everybody who relies on it."""
    try:
        fields = _plain.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for type_ in RECORD_TYPES:
        if not is_readable(type_, ITEM.id, fields):
            continue
        content = msgspec.msgpack.encode(fields)
        msgspec.json.encode(msgspec.msgpack.decode(content))
        assert type_ != "item.publish" or item_decoder.decode(content).id == ITEM.id


def numbers(data: bytes) -> None:
    """Numbers as people type them: read and printed again they are the same; what is printed is read."""
    text = data.decode(errors="replace")
    receipt = number.parse_receipt_number(text)
    if isinstance(receipt, number.ReceiptNumber):
        printed = number.make_receipt_number(
            receipt.point, receipt.device, receipt.date, receipt.counter
        )
        assert number.read_printed_receipt(printed) == receipt
        assert number.parse_receipt_number(printed) == receipt
        _must_be_a_day(receipt.date)
    assert not number.is_receipt_number(text) or isinstance(receipt, number.ReceiptNumber)
    case = number.parse_case_number(text)
    if isinstance(case, number.CaseNumber):
        parts = (case.implementation_code, case.date, case.serial)
        assert number.parse_case_number(number.make_case_number(*parts)) == case
        _must_be_a_day(case.date)
    assert not number.is_case_number(text) or isinstance(case, number.CaseNumber)
    if number.is_resident_id(text):
        _must_be_a_day(text[6:14])
    assert not number.is_credit_code(text) or number.credit_code_check(text[:17]) == text[17]
    assert number.normalise_code(number.normalise_code(text)) == number.normalise_code(text)


def _must_be_a_day(text: str) -> None:
    date(int(text[:4]), int(text[4:6]), int(text[6:]))


def picture(data: bytes) -> None:
    """A photo is one of the kinds that browsers show, or none."""
    assert find_mime(data) in {None, *MIME_BY_FORMAT.values()}


def to_hub(data: bytes) -> None:
    """A connection at the hub: whatever comes, it answers in messages or hangs up, and then says no more."""
    drive_hub(chunks(data))


def to_device(data: bytes) -> None:
    """A connection at the device: whatever comes, only what the hub signed moves it."""
    drive_device(chunks(data))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frame": frame,
    "body": body,
    "client-message": client_message,
    "hub-message": hub_message,
    "event": event,
    "state": state,
    "record": record,
    "number": numbers,
    "picture": picture,
    "to-hub": to_hub,
    "to-device": to_device,
}


def any_target(data: bytes) -> None:
    """The first byte says which: so that one run shares its time among all."""
    if data:
        list(TARGETS.values())[data[0] % len(TARGETS)](data[1:])
