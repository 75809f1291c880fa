"""Transactions that meet on PostgreSQL: those that wait for one another take the zone's lock first; guesses count."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import psycopg
import pytest

from server.flows import throttle
from server.flows.account import set_password
from server.flows.follow import follow
from server.flows.hub import Hub, open_hub
from server.flows.load_zone import load_zone
from server.flows.passwords import check_password
from server.flows.refusals import Code, Refusal
from server.flows.sign_in import sign_in, sign_out
from server.settings import Settings
from server.store.files import PhotoFolder
from server.store.store import Store
from server.store.uploads import UploadRow
from tests.postgres import Cluster
from tests.server.inside import PASSWORD, enrol_tablet, try_sign_in

CLERK, COLLEAGUE = "dating.shouli1", "dating.shouli2"
# Longer than PostgreSQL takes to find a deadlock, shorter than a flow waits.
PATIENCE = "SET lock_timeout = '4s'"


@pytest.fixture(scope="module")
def url(postgres: Cluster, postgres_migrated: str) -> str:
    return postgres.url(postgres.create(postgres_migrated))


@pytest.fixture(scope="module")
def hub(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with the sample zone on PostgreSQL."""
    store = Store.open(url)
    made = open_hub(store, PhotoFolder(tmp_path_factory.mktemp("photos")))
    load_zone(made, Settings().zone)
    yield made
    store.close()


def waits(watcher: psycopg.Connection) -> bool:
    """Whether a transaction waits for another's lock."""
    found = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return found is not None and found[0] > 0


@pytest.mark.parametrize("flow", ["sign out", "set password"])
def test_who_ends_a_session_while_its_device_is_revoked(hub: Hub, url: str, flow: str) -> None:
    """A revocation holds the zone's lock, and then ends the device's sessions."""
    tablet = enrol_tablet(hub)
    done = try_sign_in(hub, tablet, CLERK)
    assert not isinstance(done, Refusal)
    end: dict[str, Callable[[], object]] = {
        "sign out": lambda: sign_out(hub, done.token),
        "set password": lambda: set_password(hub, CLERK, "Zongchuang-2026"),
    }
    with (
        ThreadPoolExecutor(1) as threads,
        psycopg.connect(url, autocommit=True) as watcher,
        psycopg.connect(url) as revoking,
    ):
        revoking.execute(PATIENCE)
        revoking.execute("SELECT position FROM zone FOR UPDATE")
        ending = threads.submit(end[flow])
        while not waits(watcher):
            assert not ending.done()
        revoking.execute("DELETE FROM session WHERE device = %s", (tablet.number,))
        revoking.commit()
        ending.result()


def test_what_expired_is_dropped_around_who_still_brings_some(hub: Hub, url: str) -> None:
    """Two workers that tidy meet in any order of rows."""
    rows = [UploadRow(2, sha256(bytes([n])).digest(), 9, 0, 1) for n in range(3)]
    with hub.store.write() as tx:
        for row in rows:
            tx.uploads.begin(row)
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM upload WHERE sha256 = %s FOR UPDATE", (rows[1].sha256,))
        with hub.store.write() as tx:
            assert tx.uploads.remove_expired(2) == 2
    with hub.store.write() as tx:
        assert tx.uploads.remove_expired(2) == 1


def test_guesses_at_once_are_counted_each(hub: Hub) -> None:
    """Nobody guesses faster by guessing at several workers at once."""
    here, many = "192.0.2.1", 6

    def guess(n: int) -> object:
        done = sign_in(hub, CLERK, f"wrong-{n}", None, here), follow(hub, "JK", "0000", here)
        return [refused.code for refused in done if isinstance(refused, Refusal)]

    with ThreadPoolExecutor(many) as threads:
        said = list(threads.map(guess, range(many)))
    assert all(len(codes) == 2 for codes in said)
    with hub.store.read() as tx:
        counted = [
            tx.throttles.get(f"{kind}-from:{here}").failures for kind in ("sign-in", "follow")
        ]
    failed = Counter(code for codes in said for code in codes)
    assert counted == [failed[Code.SIGN_IN_FAILED], failed[Code.FOLLOW_NOT_FOUND]]
    assert counted == [5, 3], "the free tries, and then none is judged"


def test_a_free_try_waits_for_no_clock_of_another_process(hub: Hub) -> None:
    """Whoever waited behind another's try read the time before it: all of the free tries are judged."""
    guard = throttle.Guard("somebody", 2)
    with hub.store.write() as tx:
        for failures in (1, 2):
            assert throttle.refuse(tx, (guard,), 1_000) is None
            throttle.count_failure(tx, (guard,), 1_001)
            assert tx.throttles.get(guard.key).failures == failures
        assert throttle.refuse(tx, (guard,), 1_000) is not None


def test_a_right_guess_among_many_wrong_ones_is_not_let_in(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = "192.0.2.2"

    def while_others_guess(password: str, kept: str | None) -> bool:
        guards = throttle.sign_in_guards(COLLEAGUE, here)
        with hub.store.write() as tx:
            for _ in range(5):
                throttle.count_failure(tx, guards, hub.now_ms())
        return check_password(password, kept)

    monkeypatch.setattr("server.flows.sign_in.check_password", while_others_guess)
    done = sign_in(hub, COLLEAGUE, PASSWORD, None, here)
    assert isinstance(done, Refusal) and done.code is Code.SLOW_DOWN


def test_no_name_that_is_tried_counts_as_another_kind_of_try() -> None:
    """A name is free text: in a browser it must not read as somebody's at a tablet, or from an address."""
    names = [
        CLERK,
        f"{CLERK} on 2",
        f"2 {CLERK}",
        f"{CLERK} from 192.0.2.2",
        f"192.0.2.2 {CLERK}",
        "",
    ]
    kinds = [
        *(
            (guard.key, "by name")
            for name in names
            for guard in throttle.sign_in_guards(name, "192.0.2.2")
        ),
        *((guard.key, "on 2") for name in names for guard in throttle.sign_in_guards_on(2, name)),
    ]
    at_tablet = {key for key, kind in kinds if kind == "on 2"}
    in_browser = {key for key, kind in kinds if kind == "by name"}
    assert not at_tablet & in_browser
    assert len(at_tablet) == len(names) + 1 and len(in_browser) == 2 * len(names) + 1
