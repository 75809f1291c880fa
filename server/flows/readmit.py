"""Devices that a restored hub has lost: enrolled after its backup, they show what the hub signed at their enrolment.

As with the passes of sign-ins (`grant.show`), the hub believes nothing that it has not signed itself. The device
goes on under its number and key, and offers its log from the first event. What it was before comes back out of service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from server.flows.batch import Batch, Growth
from server.flows.hub import Hub, enrolment_of, new_stream
from server.flows.refusals import Code, Refusal
from server.keys import verify
from server.store.devices import DeviceRow
from server.store.store import Transaction
from sync import chain
from sync.epoch import least_device
from sync.event import DeviceEnrol, DeviceRevoke

SUCCEEDED = "已重新登记"  # why a former number is out of service
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(DeviceEnrol)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A DeviceEnrol as the hub encoded it, and the hub's signature over enrolment_statement(zone, content)."""

    content: bytes
    signature: bytes


def certify(hub: Hub, row: DeviceRow) -> Certificate:
    """What the device is to keep, for a hub that has lost it."""
    content = _encoder.encode(enrolment_of(row))
    return Certificate(content, hub.key.sign(chain.enrolment_statement(hub.zone, content)))


def readmit(hub: Hub, shown: Sequence[Certificate]) -> Growth | Refusal:
    """Enrol a lost device as it was; of one that is known nothing changes.

    `shown`: of the numbers that it had, the oldest first; only the last is put into service.
    Refusals: signature-invalid; device-revoked; point-unknown; device-unknown, when no restore can have lost it.
    """
    enrolments: list[DeviceEnrol] = []
    for one in shown:
        if not verify(
            hub.key.public, one.signature, chain.enrolment_statement(hub.zone, one.content)
        ):
            return Refusal(Code.SIGNATURE_INVALID)
        enrolments.append(_decoder.decode(one.content))
    former = [one.number for one in enrolments[:-1]]
    if not enrolments or former != [one.former for one in enrolments[1:]]:
        return Refusal(Code.BAD_REQUEST)
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        known = [tx.devices.find(one.number) for one in enrolments]
        refusal = next(filter(None, map(partial(_judge, hub, tx), enrolments, known)), None)
        if refusal is not None:
            return refusal
        if (last := known[-1]) is not None and last.revoked_ms:
            return Refusal(Code.DEVICE_REVOKED)
        for enrolment, there in zip(enrolments, known, strict=True):
            row = there or _take_back(hub, tx, batch, enrolment)
            if row.number in former and not row.revoked_ms:
                batch.author("device.revoke", row.stream, DeviceRevoke(row.number, SUCCEEDED))
        batch.close()
        return batch.growth


def _judge(
    hub: Hub, tx: Transaction, enrolment: DeviceEnrol, known: DeviceRow | None
) -> Refusal | None:
    if known is not None:
        is_same = known.public_key == enrolment.public_key
        return None if is_same else Refusal(Code.DEVICE_UNKNOWN)
    if enrolment.number >= least_device(hub.epochs):
        return Refusal(Code.DEVICE_UNKNOWN)
    # The zone's files may have been loaded since the backup; then they come first.
    there = tx.records.find("point.set", enrolment.point) is not None
    return None if there else Refusal(Code.POINT_UNKNOWN)


def _take_back(hub: Hub, tx: Transaction, batch: Batch, enrolment: DeviceEnrol) -> DeviceRow:
    former = tx.devices.find(enrolment.former) if enrolment.former else None
    row = DeviceRow(
        number=enrolment.number,
        stream=new_stream(hub.now_ms(), hub.random),
        suite=enrolment.suite,
        public_key=enrolment.public_key,
        point=enrolment.point,
        kind=enrolment.kind,
        name=enrolment.name,
        seq=0,
        link=chain.log_start(enrolment.public_key),
        address=enrolment.address,
        former=former.number if former else 0,
    )
    tx.devices.add(row)
    if former is not None:
        tx.devices.hand_on_keys(former.number, row.number)
    batch.author("device.enrol", row.stream, enrolment_of(row))
    return row
