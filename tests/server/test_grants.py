"""What the hub signs at a sign-in, as it comes back to it and to relays; and what a restore and a sign-out end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.flows.account import set_password
from server.flows.enrol import enrol, make_code
from server.flows.hub import Hub, open_hub
from server.flows.refusals import Code, Refusal
from server.flows.restore import begin_epoch
from server.flows.sign_in import NO_KEYS, Keys, SignedIn, sign_out
from server.flows.verify import verify
from server.relay import desk
from server.relay.node import Relay
from sync.event import GrantShow
from sync.limits import GRANT_MS
from sync.messages import Present, decode_pass, encode_pass
from tests.server.conftest import Still
from tests.server.inside import HERE, enrol_tablet, item, push, try_sign_in
from tests.server.inside_relay import mirror_all, relay_of
from tests.server.tablet import Tablet

CLERK, COLLEAGUE = "dating.shouli1", "dating.shouli2"


def signed_in(hub: Hub, tablet: Tablet, username: str = CLERK, escrow: Keys = NO_KEYS) -> SignedIn:
    done = try_sign_in(hub, tablet, username, escrow=escrow)
    assert not isinstance(done, Refusal), done
    return done


def _altered(_: Tablet, done: SignedIn) -> GrantShow:
    said = decode_pass(done.pass_content)
    longer = encode_pass(type(said)(said.device, said.account, 0, said.until_ms * 2, said.feeds))
    return GrantShow(longer, done.pass_signature)


def _by_itself(tablet: Tablet, done: SignedIn) -> GrantShow:
    return GrantShow(done.pass_content, tablet.key.sign(done.pass_content))


def _as_it_is(_: Tablet, done: SignedIn) -> GrantShow:
    return GrantShow(done.pass_content, done.pass_signature)


@pytest.mark.parametrize(
    ("make", "whose"),
    [(_altered, "own"), (_by_itself, "own"), (_as_it_is, "another device"), (_as_it_is, "account")],
)
def test_a_grant_is_the_hubs_word_of_this_device_and_account(
    still: Still, make: Callable[[Tablet, SignedIn], GrantShow], whose: str
) -> None:
    hub, ms = still.hub, still.wall.ms
    tablet = enrol_tablet(hub)
    other = enrol_tablet(hub) if whose == "another device" else tablet
    done = signed_in(hub, other)
    account = done.reader.account
    stream = signed_in(hub, tablet, COLLEAGUE).reader.account if whose == "account" else account
    tablet.write("grant.show", stream, b"", make(tablet, done), ms=ms)
    assert push(hub, tablet.push()) == ["not-entitled"]
    still.wall.ms += 2 * GRANT_MS
    tablet.receive(item(hub), account, ms=still.wall.ms)
    assert push(hub, tablet.push(2)) == ["grant-expired"]


def test_no_person_shows_a_grant(still: Still) -> None:
    """The device does, so that it counts as nobody's work."""
    tablet = enrol_tablet(still.hub)
    done = signed_in(still.hub, tablet)
    account, body = done.reader.account, _as_it_is(tablet, done)
    tablet.write("grant.show", account, account, body, ms=still.wall.ms)
    assert push(still.hub, tablet.push()) == ["not-entitled"]


def test_a_grant_that_is_shown_again_and_again_is_kept_once(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    done = signed_in(hub, tablet)
    account = done.reader.account
    for _ in range(50):
        tablet.write("grant.show", account, b"", _as_it_is(tablet, done), ms=still.wall.ms)
    assert push(hub, tablet.push()) == ["ok"] * 50
    with hub.store.read() as tx:
        assert len(tx.accounts.grants_on({tablet.number})) == 1
    assert verify(hub).difference is None


def test_a_restore_ends_what_was_begun(still: Still) -> None:
    """Who signed out since the backup is not signed in again, and no code that was redeemed is good again."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    done = signed_in(hub, tablet)
    code = make_code(hub, "HALL", "tablet", b"")
    assert not isinstance(code, Refusal)
    begin_epoch(hub, still.wall.ms)
    with hub.store.write() as tx:
        assert tx.sessions.find(done.reader.token_hash) is None
    answer = enrol(hub, code.code, tablet.key.public, 1, "", HERE)
    assert isinstance(answer, Refusal) and answer.code is Code.ENROLMENT_UNKNOWN
    # What is written goes on counting: the grant stands.
    tablet.receive(item(hub), done.reader.account, ms=still.wall.ms)
    assert push(hub, tablet.push()) == ["ok"]


# --- at the point's relay ----------------------------------------------------------------------


def admitted(relay: Relay, tablet: Tablet, done: SignedIn) -> bool:
    present = Present(done.pass_content, done.pass_signature)
    return desk.admit(relay, tablet.number, present) is not None


def test_a_pass_ends_with_its_session(still: Still, tmp_path: Path) -> None:
    tablet = enrol_tablet(still.hub)
    with relay_of(still.hub, tmp_path / "relay") as relay:
        done, colleague = signed_in(still.hub, tablet), signed_in(still.hub, tablet, COLLEAGUE)
        mirror_all(still.hub, relay)
        guest = desk.admit(relay, tablet.number, Present(done.pass_content, done.pass_signature))
        assert guest is not None and admitted(relay, tablet, colleague)
        still.wall.ms += 1
        assert sign_out(still.hub, done.token).feeds == {"zone"}
        mirror_all(still.hub, relay)
        assert desk.readmit(relay, guest) is None and not admitted(relay, tablet, done)
        assert admitted(relay, tablet, colleague)
        still.wall.ms += 1
        assert admitted(relay, tablet, signed_in(still.hub, tablet))
        # What is written goes on counting: it may have been on its way.
        tablet.receive(item(still.hub), done.reader.account, ms=still.wall.ms)
        assert push(still.hub, tablet.push()) == ["ok"]
        assert verify(still.hub).difference is None


def test_a_clock_that_is_set_back_ends_no_later_pass(still: Still, tmp_path: Path) -> None:
    """A session's end says which it was, not when that happened."""
    tablet = enrol_tablet(still.hub)
    with relay_of(still.hub, tmp_path / "relay") as relay:
        first = signed_in(still.hub, tablet)
        still.wall.ms += 60_000
        sign_out(still.hub, first.token)
        still.wall.ms -= 30_000
        second = signed_in(still.hub, tablet)
        mirror_all(still.hub, relay)
        assert not admitted(relay, tablet, first) and admitted(relay, tablet, second)


def test_a_new_password_ends_every_pass(still: Still, tmp_path: Path) -> None:
    tablets = [enrol_tablet(still.hub), enrol_tablet(still.hub)]
    with relay_of(still.hub, tmp_path / "relay") as relay:
        signed = [(tablet, signed_in(still.hub, tablet)) for tablet in tablets]
        colleague = signed_in(still.hub, tablets[0], COLLEAGUE)
        mirror_all(still.hub, relay)
        assert all(admitted(relay, tablet, done) for tablet, done in signed)
        assert set_password(still.hub, CLERK, "another long enough word") is None
        mirror_all(still.hub, relay)
        assert not any(admitted(relay, tablet, done) for tablet, done in signed)
        assert admitted(relay, tablets[0], colleague)


def test_a_pass_ends_with_its_epoch(still: Still, tmp_path: Path) -> None:
    tablet = enrol_tablet(still.hub)
    done = signed_in(still.hub, tablet)
    with relay_of(still.hub, tmp_path / "behind") as behind:
        mirror_all(still.hub, behind)
        begin_epoch(still.hub, still.wall.ms)
        hub = open_hub(still.hub.store, still.hub.files, still.hub.now_ms)
        # One that has not heard of the new epoch knows no better, and keeps nobody out who has.
        assert admitted(behind, tablet, done) and admitted(behind, tablet, signed_in(hub, tablet))
    with relay_of(hub, tmp_path / "relay") as relay:
        mirror_all(hub, relay)
        assert not admitted(relay, tablet, done)
        assert admitted(relay, tablet, signed_in(hub, tablet))
