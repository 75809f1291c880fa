"""The invariants of design.md, section 4, each as a checker of its own.

They look at the hub's database and the devices' disks, never at what the code under test believes.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from sync import chain
from sync.event import OPENING_TYPES, Receive, decode_body, decode_head
from sync.fold import CaseState, Source, apply, copy_state, decode_state, state_bytes
from sync.ledger import HUB_DEVICE
from sync.outbox import Accepted, Parked, Refused
from tests.simulator.device_node import DeviceNode
from tests.simulator.hub_node import HubNode
from tests.simulator.office import Database
from tests.simulator.record import Record, fold_of, head_of, id_of, must


def check_saved_is_saved(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 1: what a person was told is saved is in the device's log, or in the ledger."""
    parked = {(device, seq): event for device, seq, _, _, event in record.parked}
    for device in devices:
        for seq, event in device.promised:
            at = (device.number, seq)
            in_log = seq <= len(device.disk.log) and device.disk.log[seq - 1].event == event
            row = record.row_by_event.get(at)
            at_hub = (row is not None and row.event == event) or parked.get(at) == event
            must(in_log and (at_hub or seq > device.disk.acked), "1 saved is saved",
                  f"event {at} was saved and is gone")  # fmt: skip


def check_exactly_once(record: Record) -> None:
    """Invariant 2: every event of every log has one place, whatever was pushed again."""
    for number, seq, link, public_key in record.heads:
        rows = {row.seq: row for row in record.rows if row.device == number}
        waiting = {one[1]: one[4] for one in record.parked if one[0] == number}
        must(not rows.keys() & waiting.keys(), "2 exactly once", f"{number}: placed and parked")
        seqs = sorted([*rows, *waiting])
        # The hub's own log goes on elsewhere in a new epoch.
        jumps = {n for n, row in rows.items() if row.type == "epoch.begin"}
        whole = all(n == before + 1 or n in jumps for before, n in pairwise([0, *seqs]))
        must(whole and seq == [0, *seqs][-1], "2 exactly once", f"{number}: has {seqs}, not {seq}")
        events = [rows[n].event if n in rows else waiting[n] for n in seqs]
        links = chain.fold_links(chain.log_start(public_key), events)
        must((links or [link])[-1] == link, "9 evidence", f"log of {number} does not chain")


def check_convergence(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 3: the same events give the same bytes at the hub, in its projection, on devices."""
    for stream, entries in record.of_case().items():
        folded = state_bytes(fold_of(entries))
        must(record.cases.get(stream) == folded, "3 convergence", f"projection of {id_of(stream)}")
        for device in devices:
            view = device.replica.find(stream)
            if view is None:
                continue
            # Whoever may not read on any more has stayed behind; what it has must be the same.
            known = [one for one in entries if one[0].position <= view.position]
            same = state_bytes(view.state) == state_bytes(fold_of(known))
            must(same, "3 convergence", f"{device.name} has another {id_of(stream)}")


def check_order(record: Record) -> None:
    """Invariant 4: a device's events of a stream keep their order; a cause precedes its effect."""
    last_seq: dict[tuple[int, bytes], int] = {}
    opened: set[bytes] = set()
    for row in record.rows:
        # What is refused unread, or for its time, is refused where it arrives, and waits for nothing.
        if row.verdict in {"malformed", "unknown-type", "oversized", "clock-back"}:
            opened |= {row.stream} if row.type in OPENING_TYPES else set()
            continue
        key = (row.device, row.stream)
        must(last_seq.get(key, 0) < row.seq, "4 order", f"{key[0]} overtakes itself at {row.seq}")
        last_seq[key] = row.seq
        for cause in head.seen if (head := head_of(row.event)) else []:
            before = record.row_by_event.get(cause)
            settled = before is not None and before.position < row.position
            # Nothing of a device that is out of service has an effect any more.
            must(settled or not record.in_service(cause[0], row.position), "4 order",
                 f"{row.position} precedes its cause {cause}")  # fmt: skip
        opens = row.type in {"case.receive", "case.submit_online"} or "case." not in row.type
        must(opens or row.stream in opened, "4 order", f"{row.position} has no stream")
        opened.add(row.stream)


def check_clocks(record: Record) -> None:
    """Invariant 4, of time: no event counts, or waits to, that goes back behind its own log."""
    verdicts = {(row.device, row.seq): (row.verdict, row.event) for row in record.rows}
    verdicts |= {(device, seq): ("parked", event) for device, seq, _, _, event in record.parked}
    last: dict[int, bytes] = {}
    for (device, seq), (verdict, event) in sorted(verdicts.items()):
        if (head := head_of(event)) is None:
            continue
        hlc, before = head.hlc, last.get(device, bytes(8))
        last[device] = max(before, hlc)
        judged = verdict not in {"malformed", "oversized", "unknown-type"}
        must(not judged or (verdict == "clock-back") == (hlc <= before), "4 order",
              f"({device}, {seq}) is {verdict}, {before.hex()} before its {hlc.hex()}")  # fmt: skip
    for device, hlc in record.clocks.items():
        must(last.get(device, bytes(8)) == hlc, "4 order", f"the clock of {device} is another")


def check_no_silent_overwrite(record: Record) -> None:
    """Invariant 5: a value goes only when its successor's author had seen it."""
    for entries in record.of_case().values():
        state = CaseState()
        for row, head in entries:
            before = copy_state(state)
            apply(state, Source(row.position, row.device, row.seq, row.hub_ms, head))
            for key, holders in before.values.items():
                kept = {(holder[2], holder[3]) for holder in state.values[key]}
                for _, position, device, seq in holders:
                    saw = (
                        (device == row.device and seq < row.seq)
                        or position <= head.base
                        or (device, seq) in head.seen
                    )
                    must(saw or (device, seq) in kept, "5 no silent overwrite",
                          f"{row.position} overwrote {key} of ({device}, {seq}) unseen")  # fmt: skip


FINAL = frozenset({"case.approve", "case.deny", "case.decide_on_the_spot"})
ACCEPTANCE = frozenset(
    {"case.accept", "case.accept_with_deferral", "case.refuse_acceptance", "case.deem_accepted"}
)


def check_one_winner(record: Record) -> None:
    """Invariant 6: of exclusive decisions one is applied, and it is the first in the ledger."""
    for stream, entries in record.of_case().items():
        state = fold_of(entries)
        applied = [(row[0], row[3]) for row in state.history if row[7] == "applied"]
        for exclusive in (FINAL, ACCEPTANCE, {"case.receive", "case.submit_online"}):
            winners = [position for position, type_ in applied if type_ in exclusive]
            must(len(winners) <= 1, "6 one winner", f"{id_of(stream)} has {winners}")
        here = "draft"
        for row in state.history:
            must(row[9] == here, "6 one winner", f"{id_of(stream)} jumps at {row[0]}")
            here = row[10]


def check_nothing_blocks(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 7: every event that went up was judged; who waits, waits for what never came."""
    streams = {row.stream for row in record.rows if row.verdict == "ok"}
    refused = {(row.device, row.seq): row.stream for row in record.rows
               if row.verdict != "ok" and row.type in OPENING_TYPES}  # fmt: skip
    waiting = {(device, seq) for device, seq, *_ in record.parked}
    for device, seq, stream, _, event in record.parked:
        head = decode_head(event)
        missing = any(
            cause not in record.row_by_event and record.in_service(cause[0], record.head_position)
            for cause in head.seen
        )
        elder = any(d == device and s < seq and st == stream for d, s, st, _, _ in record.parked)
        known = any(refused.get(cause) == stream for cause in head.seen) or any(
            d == device and s < seq and st == stream for (d, s), st in refused.items()
        )
        absent = stream not in streams and not known
        must(absent or missing or elder, "7 nothing blocks",
              f"({device}, {seq}) waits for nothing")  # fmt: skip
    for node in devices:
        for seq in range(1, node.disk.acked + 1):
            at = (node.number, seq)
            must(at in record.row_by_event or at in waiting, "7 nothing blocks",
                  f"{at} was taken and never judged")  # fmt: skip


def check_all_is_read(
    record: Record, devices: Iterable[DeviceNode], readable: Mapping[int, frozenset[str]]
) -> None:
    """Invariant 7, of pulling: every feed that a device may read has reached it to its end."""
    for node in devices:
        cursors = {cursor.feed: cursor.n for cursor in node.replica.cursors}
        for name in readable[node.number]:
            length = len(record.feeds.get(name, []))
            must(cursors.get(name, 0) == length, "7 nothing blocks",
                  f"{node.name} read {cursors.get(name, 0)} of {length} in {name}")  # fmt: skip


def check_evidence(record: Record) -> None:
    """Invariant 9: the ledger and every feed chain, entry by entry."""
    hash_ = chain.feed_start("ledger")
    entry_by_position: dict[int, bytes] = {}
    for row in record.rows:
        entry = chain.entry_hash(
            row.position, row.device, row.seq, row.hub_ms, row.verdict, row.event
        )
        entry_by_position[row.position] = entry
        hash_ = chain.next_hash(hash_, entry)
        must(row.chain == hash_, "9 evidence", f"the ledger breaks at {row.position}")
    must(record.head_chain == hash_, "9 evidence", "the ledger's head is another")
    for name, entries in record.feeds.items():
        hash_ = chain.feed_start(name)
        for n, position, stored in entries:
            hash_ = chain.next_hash(hash_, entry_by_position[position])
            must(stored == hash_, "9 evidence", f"{name} breaks at {n}")


def check_forks(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 10: of two profiles with one key the hub has one's log, never a mixture; the other knows it."""
    by_number: dict[int, list[DeviceNode]] = {}
    for node in devices:
        by_number.setdefault(node.number, []).append(node)
    waiting = {(device, seq): event for device, seq, _, _, event in record.parked}
    for number, nodes in by_number.items():
        if len(nodes) < 2:
            continue
        kept = {row.seq: row.event for row in record.rows if row.device == number}
        kept |= {seq: event for (device, seq), event in waiting.items() if device == number}
        at_hub = [kept[seq] for seq in sorted(kept)]
        logs = [[saved.event for saved in node.disk.log] for node in nodes]
        must(any(log[: len(at_hub)] == at_hub for log in logs), "10 forks",
              f"the hub mixed the branches of device {number}")  # fmt: skip
        for node, log in zip(nodes, logs, strict=True):
            same = log[: len(at_hub)] == at_hub
            must(same or node.forked, "10 forks", f"{node.name} does not know of its fork")


def check_numbers_once(record: Record) -> None:
    """Invariant 12: positions run without gaps; no receipt or case number stands for two cases."""
    before = 0
    for row in record.rows:
        begins = row.type == "epoch.begin" and row.position > before
        must(begins or row.position == before + 1, "12 numbers", f"positions: {row.position}")
        before = row.position
    must(before == record.head_position, "12 numbers", "positions: the head")
    owners: dict[str, bytes] = {}
    for stream, fold in record.cases.items():
        state = decode_state(fold)
        for number in (state.receipt_no, state.case_no):
            must(not number or owners.setdefault(number, stream) == stream, "12 numbers",
                  f"{number} was given twice")  # fmt: skip
    given: dict[str, bytes] = {}
    for row in record.rows:
        if row.verdict == "ok" and row.type == "case.receive":
            body = decode_body(decode_head(row.event))
            assert isinstance(body, Receive)
            number = body.receipt_no
            must(given.setdefault(number, row.stream) == row.stream, "12 numbers",
                  f"{number} was taken for two cases")  # fmt: skip


def check_comes_back(record: Record, hub: HubNode) -> None:
    """Invariant 11: what a lost hub had of a device's log is in the ledger again, or waits there."""
    parked = {(device, seq): event for device, seq, _, _, event in record.parked}
    for device, seq, event, verdict in hub.given.values():
        row = record.row_by_event.get((device, seq))
        if device == HUB_DEVICE:
            continue
        back = parked.get((device, seq)) if row is None else row.event
        must(back == event, "11 comes back", f"({device}, {seq}) was lost and is not there again")
        right = row is None or verdict != "ok" or device in hub.revoked or row.verdict == "ok"
        must(right, "11 comes back", f"({device}, {seq}) was ok and is {row and row.verdict}")


def check_grants(record: Record) -> None:
    """Invariant 11, of sign-ins that the hub has lost: who shows what it signed at them is believed."""
    for row in record.rows:
        must(row.verdict != "grant-expired", "11 comes back",
             f"({row.device}, {row.seq}) is without a grant")  # fmt: skip


def check_given_once(record: Record, hub: HubNode) -> None:
    """Invariant 12, over a restore: what a lost hub gave stands for nothing else now."""
    own = {(device, seq): event for device, seq, event, _ in hub.given.values()}
    for row in record.rows:
        mine = (row.device, row.seq, row.event)
        before = hub.given.get(row.position)
        must(before is None or before[:3] == mine, "12 numbers", f"{row.position} was given before")
        same = own.get((row.device, row.seq), row.event) == row.event
        must(same, "12 numbers", f"({row.device}, {row.seq}) was another event before")
    for stream, fold in record.cases.items():
        number = decode_state(fold).case_no
        owner = hub.case_numbers.get(number, stream)
        must(owner == stream, "12 numbers", f"{number} was another case's before")


def check_no_false_green(database: Database, node: DeviceNode, stream: bytes) -> None:
    """Invariant 14: what shows as confirmed is in the ledger as `ok`, photos included, now."""
    # Of a hub that was restored a device can know nothing until it meets it.
    if node.disk.epoch != node.hub.epoch or not node.shows_confirmed(stream):
        return
    for mine in node.own(stream):
        found = database.query(
            "select verdict, event from ledger where device = ? and seq = ?", node.number, mine.seq
        )
        must(found == [("ok", mine.event)], "14 no false green",
              f"{node.name} shows event {mine.seq} as confirmed: {found and found[0][0]}")  # fmt: skip
    for digest in node.disk.photos:
        if digest.hex() in node.present(stream).attachments:
            found = database.query("select 1 from attachment where sha256 = ?", digest)
            must(bool(found), "14 no false green", f"{node.name} shows an unsent photo as stored")


def check_told(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 14: what a device says became of its events is what became of them."""
    waiting = {(device, seq) for device, seq, *_ in record.parked}
    for node in devices:
        for seq, told in node.disk.settled.items():
            row = record.row_by_event.get((node.number, seq))
            match told:
                case Accepted(position=position):
                    right = row is not None and (row.position, row.verdict) == (position, "ok")
                case Refused(position=position, code=code):
                    right = row is not None and (row.position, row.verdict) == (position, code)
                case Parked():
                    # It may not have heard yet that the wait is over; at the end it must have.
                    right = (node.number, seq) in waiting
            must(right, "14 no false green", f"{node.name} was told {told} of {seq}")


def check_counts(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 14: what the console shows of a device is what the device counts."""
    for node in devices:
        here, shown = node.disk.counts, record.counts[node.number]
        must(here == shown, "14 no false green", f"{node.name} counts {here}, not {shown}")


def check_prefix(record: Record, devices: Iterable[DeviceNode]) -> None:
    """Invariant 15: a reader has a prefix of each feed, and of each stream in it."""
    history: dict[bytes, list[int]] = {}
    for row in record.rows:
        if row.verdict == "ok":
            history.setdefault(row.stream, []).append(row.position)
    for node in devices:
        for name, pages in node.disk.pages.items():
            read = [entry[0] for taken in pages for entry in taken.entries]
            there = [position for _, position, _ in record.feeds.get(name, [])]
            must(read == there[: len(read)], "15 prefix", f"{node.name} skipped in {name}")
            by_stream: dict[bytes, list[int]] = {}
            for taken in pages:
                for entry in taken.entries:
                    stream = decode_head(entry[4] or b"").stream
                    by_stream.setdefault(stream, []).append(entry[0])
            if name == "zone":
                continue  # grants are in no feed, so accounts' streams have gaps there
            for stream, positions in by_stream.items():
                must(positions == history[stream][: len(positions)], "15 prefix",
                      f"{node.name} misses a part of {id_of(stream)} in {name}")  # fmt: skip


def check_running(hub: HubNode, devices: Iterable[DeviceNode]) -> None:
    """What must hold at any moment, crashes included."""
    record = Record(hub.database)
    # A restored hub has what it has until a device meets it, and old pages stay until their feed is asked for.
    met = [one for one in devices if one.disk.epoch == hub.epoch]
    check_saved_is_saved(record, met)
    check_exactly_once(record)
    check_order(record)
    check_numbers_once(record)
    if not hub.given:
        check_prefix(record, devices)


OF_THE_RECORD: tuple[Callable[[Record], None], ...] = (
    check_exactly_once,
    check_order,
    check_clocks,
    check_no_silent_overwrite,
    check_one_winner,
    check_evidence,
    check_numbers_once,
)
