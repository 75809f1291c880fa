"""What every database must do for the store: the same rows, the same order, the same refusals."""

import threading
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from traceback import format_exception

import pytest
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import IntegrityError

from server.store.accounts import AccountRow, GrantRow, SessionRow
from server.store.attachments import AttachmentRow
from server.store.bulk import ROWS_PER_INSERT
from server.store.cases import CaseRow, VoidRow
from server.store.devices import DeviceRow, EnrolmentCode, ForkMark, ForkRow
from server.store.feeds import Feed, FeedEntry, PageRow
from server.store.ledger import Awaited, LedgerRow, ParkedRow, Told
from server.store.records import ItemVersionRow, RecordRow
from server.store.relay import JournalRow, RelayIdentity, SettledPlace
from server.store.store import Store, Transaction
from server.store.throttles import Throttle
from server.store.zone import ZoneHead

HEAD = ZoneHead(b"z" * 16, "样例", 0, b"c" * 32, bytes(8), "", 0)
S1, S2 = b"1" * 16, b"2" * 16


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def entry(position: int, stream: bytes = S1, device: int = 2, verdict: str = "ok") -> LedgerRow:
    event, link = f"event {position}".encode(), digest(f"link {position}")
    chain = digest(f"chain {position}")
    return LedgerRow(
        position, device, position, stream, "case.edit", 1_000, verdict, event, link, chain
    )


def waiting(seq: int, stream: bytes = S1) -> ParkedRow:
    return ParkedRow(3, seq, stream, "case.edit", "cause-missing", 50 + seq, b"event", digest("l"))


def device(number: int) -> DeviceRow:
    key = bytes([4]) + bytes([number]) * 64
    stream = bytes([number]) * 16
    return DeviceRow(number, stream, 1, key, "HALL", "tablet", f"平板{number}", 0, digest("start"))


def case(stream: bytes, receipt_no: str = "", state: str = "received") -> CaseRow:
    return CaseRow(
        stream, 7, state, "SCJG-001", "HALL", "SCJG", "HALL-W01", receipt_no, "", "", "张三",
        "002X", 1, 2, 0, 0, 0, 1, b"\x80",
    )  # fmt: skip


def test_the_head_is_one_row(store: Store) -> None:
    with store.write() as tx:
        assert tx.zone.find() is None
        tx.zone.create(HEAD)
    with store.write() as tx:
        head = tx.zone.lock()
        assert head == HEAD
        head.position, head.chain, head.hlc = 5, digest("five"), bytes(7) + b"\x01"
        tx.zone.advance(head)
        tx.zone.touch_access()
        tx.zone.mark_loaded("abc", "新区")
    with store.read() as tx:
        assert tx.zone.get() == replace(head, access=1, loaded="abc", name="新区")
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.zone.create(HEAD)


def test_an_unmade_zone_is_an_error(store: Store) -> None:
    with store.read() as tx, pytest.raises(LookupError):
        tx.zone.get()


def test_secrets_are_kept_once(store: Store) -> None:
    with store.write() as tx:
        assert tx.secrets.find("key") is None
        tx.secrets.put("key", b"\x00\xff")
    with store.read() as tx:
        assert tx.secrets.find("key") == b"\x00\xff"


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def write_and_be_cut() -> None:
        with store.write() as tx:
            tx.zone.create(HEAD)
            tx.ledger.append([entry(1)])
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        write_and_be_cut()
    with store.read() as tx:
        assert tx.zone.find() is None
        assert tx.ledger.walk(0, 10) == []


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.write() as tx:
        tx.zone.create(HEAD)
    with store.read() as reading:
        assert reading.ledger.walk(0, 10) == []
        with store.write() as writing:
            writing.ledger.append([entry(1)])
        assert reading.ledger.walk(0, 10) == []
    with store.read() as later:
        assert len(later.ledger.walk(0, 10)) == 1


def test_writers_take_turns(store: Store) -> None:
    """Two that read the head, think and write it back lose nothing: the lock is theirs meanwhile."""
    with store.write() as tx:
        tx.zone.create(HEAD)

    def append(times: int) -> None:
        for _ in range(times):
            with store.write() as tx:
                head = tx.zone.lock()
                head.position += 1
                tx.ledger.append([entry(head.position)])
                tx.zone.advance(head)

    threads = [threading.Thread(target=append, args=(20,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert tx.zone.get().position == 80
        assert [row.position for row in tx.ledger.walk_all(batch=7)] == list(range(1, 81))


def test_the_ledger_is_found_by_everything_it_is_asked_by(store: Store) -> None:
    rows = [entry(1), entry(2, S2), entry(3, verdict="malformed"), entry(4, S2, device=9)]
    with store.write() as tx:
        tx.ledger.append(rows)
    with store.read() as tx:
        assert tx.ledger.walk(1, 2) == rows[1:3]
        assert tx.ledger.by_streams([S2], "ok") == [rows[1], rows[3]]
        assert tx.ledger.outlines([S1]) == [
            (1, S1, "case.edit", "ok", 2, 1),
            (3, S1, "case.edit", "malformed", 2, 3),
        ]
        assert tx.ledger.present_events([(2, 1), (2, 9), (9, 4)]) == {(2, 1), (9, 4)}
        assert tx.ledger.link_at(2, 2) == digest("link 2")
        assert tx.ledger.link_at(2, 4) is None
        assert tx.ledger.told(2, [1, 3, 8]) == [
            Told(1, 1, 1_000, "ok"),
            Told(3, 3, 1_000, "malformed"),
        ]
        assert tx.ledger.refused(5) == [rows[2]] == tx.ledger.refused(5, [2, 9])
        assert tx.ledger.refused(5, [9]) == tx.ledger.refused(5, []) == []
        assert tx.ledger.refused_counts() == {2: 1}
        assert tx.ledger.at([4, 1]) == [rows[0], rows[3]]
        assert tx.ledger.count_before(3) == 3
        assert tx.ledger.first_after(1, "none") == rows[1]
        assert tx.ledger.first_after(1, rows[1].type) is None
        assert [seq for seq, _, _ in tx.ledger.log(2, 1, 10)] == [2, 3]


def test_what_is_waited_for_and_not_here_is_past_the_end_of_its_log(store: Store) -> None:
    with store.write() as tx:
        tx.devices.add(device(7)._replace(seq=70))
        tx.parking.add([waiting(1), waiting(2, S2)], [(7, 70, 3, 1), (8, 80, 3, 1), (7, 71, 3, 2)])
    with store.read() as tx:
        assert tx.parking.awaited(9) == [Awaited(7, 71, 3, 2), Awaited(8, 80, 3, 1)]
        assert tx.parking.awaited(9, [3]) == tx.parking.awaited(9)
        assert (tx.parking.awaited(9, [7]), len(tx.parking.awaited(1))) == ([], 1)


@pytest.mark.parametrize("again", [entry(1, device=5), entry(2)])
def test_a_place_is_never_given_twice(store: Store, again: LedgerRow) -> None:
    with store.write() as tx:
        tx.ledger.append([entry(1), entry(2)])
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.ledger.append([again._replace(seq=2)])


def test_parked_events_are_found_by_what_they_wait_for(store: Store) -> None:
    with store.write() as tx:
        assert not tx.parking.any()
        tx.parking.add([waiting(1), waiting(2, S2)], [(7, 70, 3, 1), (8, 80, 3, 1), (7, 71, 3, 2)])
    with store.write() as tx:
        assert tx.parking.any()
        assert tx.parking.all() == [waiting(1), waiting(2, S2)]
        assert tx.parking.oldest(1) == [waiting(1)] == tx.parking.oldest(1, [waiting(1).device])
        assert (tx.parking.oldest(1, [99]), tx.parking.counts()) == ([], {waiting(1).device: 2})
        assert tx.parking.in_streams([S2]) == [waiting(2, S2)]
        assert tx.parking.waiting_for(7, [70]) == [waiting(1)]
        assert tx.ledger.told(3, [1]) == [Told(1, 0, 0, "cause-missing")]
        assert tx.ledger.link_at(3, 1) == digest("l")
        tx.parking.remove([(3, 1)])
        assert tx.parking.waiting_for(8, [80]) == []
        assert tx.parking.all() == [waiting(2, S2)]


def test_signatures_come_back_in_order(store: Store) -> None:
    with store.write() as tx:
        tx.signatures.add(2, 9, b"b", b"sig b")
        tx.signatures.add(2, 4, b"a", b"sig a")
    with store.read() as tx:
        assert tx.signatures.of(2) == [(4, b"a", b"sig a"), (9, b"b", b"sig b")]


def test_feeds_grow_and_are_read_in_pages(store: Store) -> None:
    feed = Feed(1, "point:HALL", 2, digest("h2"))
    entries = [FeedEntry(1, 1, 1, digest("h1")), FeedEntry(1, 2, 3, digest("h2"))]
    with store.write() as tx:
        assert tx.feeds.last_id() == 0
        tx.ledger.append([entry(1), entry(2), entry(3)])
        tx.feeds.create([feed])
        tx.feeds.append(entries)
        tx.feeds.join([(S1, 1)])
    with store.write() as tx:
        tx.feeds.append([FeedEntry(1, 3, 2, digest("h3"))])
        tx.feeds.advance([Feed(1, "point:HALL", 3, digest("h3"))])
    with store.read() as tx:
        feed = Feed(1, "point:HALL", 3, digest("h3"))
        assert tx.feeds.find("point:HALL") == tx.feeds.get(1) == feed
        assert tx.feeds.by_names(["point:HALL", "zone"]) == {"point:HALL": feed}
        assert tx.feeds.all() == [feed]
        assert tx.feeds.hash_at(1, 2) == digest("h2")
        assert tx.feeds.hash_at(1, 4) is None
        assert tx.feeds.hashes_at(1, [2, 4]) == {2: digest("h2")}
        assert tx.feeds.joined([S1, S2]) == {S1: {1}}
        assert tx.feeds.all_joined() == {(S1, 1)}
        page = tx.feeds.page(1, 1, 10, 1_000)
        assert [(row.n, row.position) for row in page] == [(2, 3), (3, 2)]
        assert page[0] == PageRow(2, 3, 2, 3, 1_000, b"event 3", digest("h2"))
        assert tx.feeds.page(1, 0, 10, len(b"event 1")) == tx.feeds.page(1, 0, 2, 1_000)
        assert [e.n for e in tx.feeds.entries(1)] == [1, 2, 3]


def test_no_more_is_read_than_a_page_holds(store: Store) -> None:
    """Events may have 65,536 bytes each: a thousand of them are never in memory for a page of one megabyte."""
    large = [entry(n)._replace(event=bytes(1_000)) for n in range(1, 301)]
    with store.write() as tx:
        tx.ledger.append(large)
        tx.feeds.create([Feed(1, "zone", 300, digest("h"))])
        tx.feeds.append([FeedEntry(1, n, n, digest("h")) for n in range(1, 301)])
    with store.read() as tx:
        assert [row.n for row in tx.feeds.page(1, 50, 1_000, 10_500)] == list(range(51, 62))
        assert len(tx.feeds.page(1, 50, 1_000, 1_000_000)) == 250


def test_a_journal_is_read_no_further_than_it_is_sent(store: Store) -> None:
    rows = [JournalRow(0, "push", 2, n, n, b"link", bytes(1_000), 5, n % 2) for n in range(1, 5)]
    with store.write() as tx:
        tx.relay.create(RelayIdentity(7, b"z", "HALL", b"h", b"p", b"j", 0, b"", 0, 0))
        assert [tx.relay.add(row) for row in rows] == [1, 2, 3, 4]
    with store.read() as tx:
        assert [row.n for row in tx.relay.journal(1, 200, 1_500)] == [2, 3]
        assert [row.n for row in tx.relay.journal(0, 200, 1_000_000)] == [1, 2, 3, 4]
        answered = [SettledPlace(n, "push", 2, n, n, 1) for n in (1, 3)]
        assert tx.relay.settled_before(2) == answered


def test_devices_and_what_is_said_of_them(store: Store) -> None:
    with store.write() as tx:
        assert tx.devices.next_number() == 1
        tx.devices.add(device(1))
        tx.devices.add(device(2))
        assert tx.devices.next_number() == 3
        tx.devices.move_head(2, 12, digest("head"), b"12:00:00")
        tx.devices.report(2, 99, 4, 5, 6, -7, "0.1\0", b"stands")
        tx.devices.revoke(1, 88, "丢失")
        fork = ForkRow(2, digest("branch"), 10, 3, 77, b"push")
        tx.devices.keep_fork(fork)
        tx.devices.keep_fork(fork._replace(received_ms=78))
        assert tx.devices.find_key(2, b"") is None
        tx.devices.keep_key(2, b"", b"tablet")
        tx.devices.keep_key(2, S1, b"user")
    with store.read() as tx:
        found = tx.devices.get(2)
        assert (found.seq, found.link, found.forked_ms) == (12, digest("head"), 77)
        assert (found.hlc, tx.devices.get(1).hlc) == (b"12:00:00", bytes(8))
        assert (found.unsent, found.refused, found.unsent_attachments) == (4, 5, 6)
        assert (found.last_contact_ms, found.clock_offset_ms) == (99, -7)
        assert (found.app_version, found.standing) == ("0.1\ufffd", b"stands")
        assert tx.devices.get(1).revoked_reason == "丢失"
        assert tx.devices.by_numbers([2, 3]) == {2: found}
        assert tx.devices.forks(5) == [ForkMark(2, 10, 77, 3)] == tx.devices.forks(5, [1, 2])
        assert tx.devices.branches(2, 5) == [fork]
        assert (tx.devices.forks(5, [1]), tx.devices.fork_counts()) == ([], {2: 1})
        assert dict(tx.rows.all())["fork"] == [tuple(fork)]
        assert tx.devices.find_key(2, b"") == b"tablet"
        assert tx.devices.find_key(2, S1) == b"user"
        assert tx.devices.find(3) is None


def test_enrolment_codes_are_used_once(store: Store) -> None:
    code = EnrolmentCode(digest("code"), "HALL", "tablet", S1, 1, 2)
    with store.write() as tx:
        tx.enrolments.add(code)
        assert tx.enrolments.find(digest("code")) == code
        tx.enrolments.use(digest("code"), 5, 12)
    with store.read() as tx:
        assert tx.enrolments.find(digest("code")) == code._replace(used_ms=5, device=12)
        assert tx.enrolments.find(digest("other")) is None


def test_cases_are_written_and_written_again(store: Store) -> None:
    with store.write() as tx:
        tx.cases.add([case(S1, "JK-1"), case(S2)])
        tx.cases.add_voids([VoidRow(3, "void", "state"), VoidRow(9, "unknown", "")])
    with store.write() as tx:
        tx.cases.replace([case(S2, "JK-2", "accepted")])
        assert tx.cases.by_streams([S1, S2]).keys() == {S1, S2}
        assert tx.cases.find_by_receipt("JK-2") == case(S2, "JK-2", "accepted")
        assert tx.cases.receipts(["JK-1", "JK-9"]) == {"JK-1": S1}
        assert tx.cases.counts_by("state") == {"received": 1, "accepted": 1}
        assert [row.stream for row in tx.cases.walk_all(batch=1)] == [S1, S2]
        assert [row.position for row in tx.cases.voids(1)] == [9]
        assert (tx.cases.voids(1, [2]), tx.cases.void_counts()) == ([], [])
        tx.cases.clear()
        assert (tx.cases.count(), tx.cases.all_voids()) == (0, [])


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("uq_case_record_receipt_no", lambda tx: tx.cases.receipts(["JK-1", "JK-2"])),
        ("uq_case_record_receipt_no", lambda tx: tx.cases.find_by_receipt("JK-1")),
        ("ix_ledger_refused", lambda tx: tx.ledger.refused(5)),
        ("ix_ledger_refused", lambda tx: tx.ledger.refused(5, [2])),
        ("ix_ledger_refused", lambda tx: tx.ledger.refused_counts()),
        ("ix_grant_span_device", lambda tx: tx.accounts.grants_on([2, 3])),
        ("ix_attachment_use_stream", lambda tx: tx.attachments.uses([S1, S2])),
    ],
)
def test_what_is_asked_often_is_found_by_its_index(
    store: Store, index: str, ask: Callable[[Transaction], object]
) -> None:
    if store.backend != "sqlite":
        pytest.skip("PostgreSQL plans with the values that are asked for")
    asked: list[tuple[str, tuple[object, ...]]] = []

    def hear(_c: object, _k: object, sql: str, values: tuple[object, ...], *_: object) -> None:
        asked.append((sql, values))

    listen(store.engine, "before_cursor_execute", hear)
    with store.read() as tx:
        assert not ask(tx)
    remove(store.engine, "before_cursor_execute", hear)
    ((sql, values),) = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    assert index in plan[0][3], plan


def test_many_rows_are_written_in_their_order(store: Store) -> None:
    for count, first in ((ROWS_PER_INSERT, 1), (2 * ROWS_PER_INSERT + 3, 1_001), (1, 2_001)):
        rows = [entry(position) for position in range(first, first + count)]
        with store.write() as tx:
            tx.ledger.append(rows)
        with store.read() as tx:
            assert tx.ledger.walk(first - 1, count) == rows


def test_a_receipt_number_stands_for_one_case(store: Store) -> None:
    number = f"JK-{S1.hex()}"
    with store.write() as tx:
        tx.cases.add([case(S1, number)])
    with pytest.raises(IntegrityError) as caught, store.write() as tx:
        tx.cases.add([case(S2, number)])
    # What is logged of it names no row's content.
    assert number not in "".join(format_exception(caught.value))


def test_case_serials_count_by_code_and_day(store: Store) -> None:
    with store.write() as tx:
        given = [tx.cases.next_serial("A", day) for day in ("20261123", "20261123", "20261124")]
        assert given == [1, 2, 1]
        assert tx.cases.next_serial("B", "20261123") == 1


def test_records_and_every_version_of_an_item(store: Store) -> None:
    row = RecordRow(S1, "item.publish", "SCJG-001", 3, b"record")
    version = ItemVersionRow("SCJG-001", "v1", 3, b"record")
    with store.write() as tx:
        tx.records.put([row])
        tx.records.put_versions([version])
        tx.records.put([row._replace(position=5, record=b"newer")])
        tx.records.put_versions([version._replace(version="v2", record=b"newer")])
    with store.write() as tx:
        newer = row._replace(position=5, record=b"newer")
        assert tx.records.find("item.publish", "SCJG-001") == newer
        assert tx.records.of_type("item.publish") == tx.records.all() == [newer]
        assert len(tx.records.versions_of(["SCJG-001"])) == 2
        tx.records.clear()
        assert tx.records.all() == tx.records.all_versions() == []


def test_accounts_grants_and_credentials(store: Store) -> None:
    row, grant = AccountRow(S1, 4, "zhang", b"body"), GrantRow(5, S1, 2, 10, 20)
    with store.write() as tx:
        tx.accounts.put([row])
        tx.accounts.put([row._replace(position=6)])
        tx.accounts.add_grants([grant])
        tx.accounts.set_credential(S1, "hash", 1)
        tx.accounts.set_credential(S1, "hash2", 2)
    with store.write() as tx:
        row = row._replace(position=6)
        assert tx.accounts.find(S1) == tx.accounts.find_by_username("zhang") == row
        assert tx.accounts.find_by_username("li") is None
        assert tx.accounts.grants_on([2, 3]) == tx.accounts.all_grants() == [grant]
        assert tx.accounts.find_credential(S1) == "hash2"
        tx.accounts.clear()
        assert tx.accounts.all() == []
        assert tx.accounts.find_credential(S1) == "hash2", "no projection"


def test_sessions_and_challenges_end(store: Store) -> None:
    rows = [SessionRow(digest(f"t{i}"), S1, i, 0, 100 * i) for i in (1, 2, 3)]
    with store.write() as tx:
        for row in rows:
            tx.sessions.add(row)
        assert tx.sessions.use_challenge(digest("ch"), 120)
        assert not tx.sessions.use_challenge(digest("ch"), 500), "once"
        assert tx.sessions.use_challenge(digest("other"), 500)
        assert tx.sessions.forget_expired(150) == 2
        assert tx.sessions.use_challenge(digest("ch"), 500)
        assert tx.sessions.find(rows[0].token_hash) is None
        tx.sessions.end_of_device(2)
        assert tx.sessions.find(rows[1].token_hash) is None
        assert tx.sessions.find(rows[2].token_hash) == rows[2]
        tx.sessions.end_of_account(S1)
        assert tx.sessions.find(rows[2].token_hash) is None


def test_photos_and_the_cases_that_refer_to_them(store: Store) -> None:
    photo = AttachmentRow(digest("photo"), 9, "image/jpeg", 2, 5)
    with store.write() as tx:
        tx.attachments.use([(photo.sha256, S1, False), (photo.sha256, S2, True)])
        assert tx.attachments.untold_streams(photo.sha256) == [S1]
        tx.attachments.add(photo)
        tx.attachments.tell([(photo.sha256, S1)])
    with store.read() as tx:
        assert tx.attachments.find(photo.sha256) == photo
        assert tx.attachments.by_digests([photo.sha256, digest("no")]) == {photo.sha256: photo}
        assert tx.attachments.untold_streams(photo.sha256) == []
        assert tx.attachments.uses([S1]) == {(photo.sha256, S1)}
        assert sorted(tx.attachments.streams_using(photo.sha256)) == [S1, S2]
        assert tx.attachments.count() == 1


def test_throttles_are_forgotten_late(store: Store) -> None:
    with store.write() as tx:
        assert tx.throttles.get("follow:x") == Throttle(0, 0)
        tx.throttles.put("follow:x", Throttle(3, 1_000))
        tx.throttles.put("follow:x", Throttle(4, 2_000))
        assert tx.throttles.get("follow:x") == Throttle(4, 2_000)
        assert tx.throttles.forget_before(2_000) == 0
        assert tx.throttles.forget_before(2_001) == 1
