"""Devices that were enrolled after the backup: each comes back by what the hub signed, and by nothing else."""

from dataclasses import replace

import pytest

from server.flows.backup import back_up
from server.flows.console import revoke_device
from server.flows.enrol import Former, enrol, make_code
from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from server.flows.readmit import SUCCEEDED, Certificate, certify, readmit
from server.flows.rebuild import rebuild
from server.flows.refusals import Code, Refusal
from server.flows.rescue import open_rescue, take_rescue
from server.flows.sign_in import Keys
from server.flows.verify import verify
from server.store.devices import DeviceRow
from sync import chain
from sync.errors import Fault
from sync.messages import FaultMessage, Push
from tests.server.client import Client, b64
from tests.server.conftest import Place, hub_of
from tests.server.inside import HERE, enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.process import HubProcess
from tests.server.tablet import Tablet
from tests.server.test_grants import CLERK, COLLEAGUE, signed_in
from tests.server.test_rescue import WORDS, content_of, sealed

ADMINISTRATOR = "xitong"
HOUR_MS = 3_600_000


def row_of(hub: Hub, number: int) -> DeviceRow | None:
    with hub.store.read() as tx:
        return tx.devices.find(number)


def certificate(hub: Hub, tablet: Tablet) -> Certificate:
    """What the enrolment gave the tablet."""
    row = row_of(hub, tablet.number)
    assert row is not None
    return certify(hub, row)


def refused(hub: Hub, pushed: Push) -> str:
    answer = ingest(hub, read_push(hub, pushed)).answer
    assert isinstance(answer, FaultMessage)
    return answer.code


def at_work_after_backup(place: Place) -> tuple[Tablet, Certificate]:
    """A tablet that is enrolled and does its work after the newest backup, which is restored then."""
    folder, _ = back_up(hub_of(place), place.backups)
    place.wall.ms += HOUR_MS
    hub = hub_of(place)
    tablet = enrol_tablet(hub)
    kept = certificate(hub, tablet)
    done = signed_in(hub, tablet)
    tablet.show(done, ms=place.wall.ms)
    tablet.receive(item(hub), done.reader.account, ms=place.wall.ms)
    assert push(hub, tablet.push()) == ["ok", "ok"]
    place.wall.ms += HOUR_MS
    place.restore(folder)
    return tablet, kept


def enrolled_anew(hub: Hub, old: Tablet) -> Tablet:
    """The same tablet under a new key and number."""
    made = make_code(hub, "HALL", "tablet", b"")
    assert not isinstance(made, Refusal)
    new = Tablet()
    vouched = old.key.sign(chain.succession_statement(hub.zone, old.number, new.key.public))
    former = Former(old.number, vouched)
    answer = enrol(hub, made.code, new.key.public, 1, "", HERE, former=former)
    assert not isinstance(answer, Refusal)
    new.enrolled(answer.device, hub.zone, answer.point)
    assert answer.certificate.content == certificate(hub, new).content
    return new


def test_a_lost_device_comes_back_with_all_its_work(place: Place) -> None:
    tablet, kept = at_work_after_backup(place)
    hub = hub_of(place)
    assert refused(hub, tablet.push()) == Fault.DEVICE_UNKNOWN
    assert not isinstance(readmit(hub, [kept]), Refusal)
    assert push(hub, tablet.push()) == ["ok", "ok"]
    again = readmit(hub, [kept])
    assert not isinstance(again, Refusal) and not again.feeds
    sign_in_on(hub, tablet, CLERK)
    assert enrol_tablet(hub).number > tablet.number
    assert verify(hub).difference is None
    rebuild(hub)
    assert verify(hub).difference is None


def test_its_rescue_file_is_enough(place: Place) -> None:
    tablet, kept = at_work_after_backup(place)
    hub = hub_of(place)
    content = content_of(hub, tablet, [tablet.push()])
    shown = {"content": kept.content, "signature": kept.signature}
    rescue = open_rescue(sealed({**content, "enrolments": [shown]}), WORDS)
    assert dict(take_rescue(hub, rescue).events) == {"ok": 2}
    assert verify(hub).difference is None


@pytest.mark.parametrize("forgery", ["content", "signature", "key"])
def test_what_the_hub_has_not_signed_brings_nobody_back(place: Place, forgery: str) -> None:
    tablet, kept = at_work_after_backup(place)
    hub = hub_of(place)
    match forgery:
        case "content":
            kept = replace(kept, content=kept.content.replace(b"tablet", b"desk--"))
        case "signature":
            kept = replace(kept, signature=kept.signature[:-1] + bytes([kept.signature[-1] ^ 1]))
        case _:
            statement = chain.enrolment_statement(hub.zone, kept.content)
            kept = replace(kept, signature=tablet.key.sign(statement))
    answer = readmit(hub, [kept])
    assert isinstance(answer, Refusal) and answer.code == Code.SIGNATURE_INVALID
    assert row_of(hub, tablet.number) is None


def test_a_number_that_no_restore_lost_is_not_taken_back(place: Place) -> None:
    hub = hub_of(place)
    tablet = enrol_tablet(hub)
    row = row_of(hub, tablet.number)
    assert row is not None
    answer = readmit(hub, [certify(hub, row._replace(number=row.number + 1))])
    assert isinstance(answer, Refusal) and answer.code == Code.DEVICE_UNKNOWN


def test_a_revoked_device_stays_out_of_service(place: Place) -> None:
    tablet, kept = at_work_after_backup(place)
    hub = hub_of(place)
    readmit(hub, [kept])
    admin = sign_in_console(hub, ADMINISTRATOR)
    revoke_device(hub, admin, tablet.number, "丢失")
    answer = readmit(hub, [kept])
    assert isinstance(answer, Refusal) and answer.code == Code.DEVICE_REVOKED
    assert set(push(hub, tablet.push())) == {"device-revoked"}


def test_of_the_numbers_that_it_had_only_the_last_is_in_service(place: Place) -> None:
    folder, _ = back_up(hub_of(place), place.backups)
    place.wall.ms += HOUR_MS
    hub = hub_of(place)
    old = enrol_tablet(hub)
    done = signed_in(hub, old)
    revoke_device(hub, sign_in_console(hub, ADMINISTRATOR), old.number, "送修")
    new = enrolled_anew(hub, old)
    kept = [certificate(hub, old), certificate(hub, new)]
    done = signed_in(hub, new)
    new.show(done, ms=place.wall.ms)
    # Written anew under the number that was printed before.
    number = old.next_receipt_no()
    new.receive(item(hub), done.reader.account, ms=place.wall.ms, receipt_no=number)
    assert push(hub, new.push()) == ["ok", "ok"]
    place.wall.ms += HOUR_MS
    hub = place.restore(folder)
    wrong = readmit(hub, kept[::-1])
    assert isinstance(wrong, Refusal) and wrong.code == Code.BAD_REQUEST
    assert not isinstance(readmit(hub, kept), Refusal)
    assert push(hub, new.push()) == ["ok", "ok"]
    former, row = row_of(hub, old.number), row_of(hub, new.number)
    assert former is not None and former.revoked_reason == SUCCEEDED
    assert row is not None and (row.former, row.revoked_ms) == (old.number, 0)
    assert verify(hub).difference is None
    rebuild(hub)
    assert verify(hub).difference is None


def test_a_point_that_the_backup_lacks_comes_first(place: Place) -> None:
    tablet, _ = at_work_after_backup(place)
    hub = hub_of(place)
    kept = certify(
        hub,
        DeviceRow(
            number=tablet.number,
            stream=bytes(16),
            suite=1,
            public_key=tablet.key.public,
            point="NEW-HALL",
            kind="tablet",
            name="",
            seq=0,
            link=b"",
        ),
    )
    answer = readmit(hub, [kept])
    assert isinstance(answer, Refusal) and answer.code == Code.POINT_UNKNOWN


def test_the_call_of_a_device_that_the_hub_knows_changes_nothing(
    hub: HubProcess, admin: Client
) -> None:
    made = admin.call("POST", "/api/console/enrolment-codes", json={"point": "HALL"}).json()
    device = Client(hub.base)
    ask = {
        "code": made["code"],
        "public_key": b64(device.tablet.key.public),
        "suite": 1,
        "name": "",
    }
    said = device.http.post("/api/enrol", json=ask).json()
    shown = {"enrolments": [said["enrolment"]]}
    assert device.http.post("/api/enrol/again", json=shown).json() == {}
    for bad in ([], [{"content": "AA", "signature": "AA"}], [said["enrolment"]] * 17):
        answer = device.http.post("/api/enrol/again", json={"enrolments": bad})
        assert answer.status_code == 400 or answer.json()["code"] == "signature-invalid"
    device.close()


def test_a_lost_key_is_found_again_by_whom_it_opens_something_for(place: Place) -> None:
    folder, _ = back_up(hub_of(place), place.backups)
    hub = hub_of(place)
    place.wall.ms += HOUR_MS
    tablet, other = enrol_tablet(hub), enrol_tablet(hub)
    clerk, colleague = signed_in(hub, tablet), signed_in(hub, tablet, COLLEAGUE)
    kept = [certificate(hub, one) for one in (tablet, other)]
    place.wall.ms += HOUR_MS
    hub = place.restore(folder)
    for one in kept:
        readmit(hub, [one])
    # The tablet's own comes back with whoever is first; a colleague's opens for nobody else, nor on another device.
    again = signed_in(hub, tablet, CLERK, Keys(clerk.escrow.tablet, colleague.escrow.user))
    assert again.keys.tablet == clerk.keys.tablet
    assert again.keys.user not in {clerk.keys.user, colleague.keys.user}
    assert signed_in(hub, tablet, COLLEAGUE, colleague.escrow).keys == colleague.keys
    elsewhere = signed_in(hub, other, CLERK, clerk.escrow).keys
    assert not {elsewhere.tablet, elsewhere.user} & {clerk.keys.tablet, clerk.keys.user}
    # What stands stays, whatever is shown.
    assert signed_in(hub, tablet, CLERK, clerk.escrow).keys == again.keys
    assert signed_in(hub, tablet, CLERK, Keys(b"", b"no seal of any hub")).keys == again.keys


def test_a_device_under_a_new_number_finds_the_keys_of_its_former(place: Place) -> None:
    folder, _ = back_up(hub_of(place), place.backups)
    place.wall.ms += HOUR_MS
    hub = hub_of(place)
    old = enrol_tablet(hub)
    before = signed_in(hub, old)
    new = enrolled_anew(hub, old)
    kept = [certificate(hub, old), certificate(hub, new)]
    place.wall.ms += HOUR_MS
    hub = place.restore(folder)
    assert not isinstance(readmit(hub, kept), Refusal)
    assert signed_in(hub, new, CLERK, before.escrow).keys == before.keys
