"""Rebuilding every projection from the ledger: what was wrong in them is gone, what the ledger says stands."""

from server.flows.facts import hlc_of
from server.flows.hub import Hub
from server.flows.replay import Replay
from sync import clock


def rebuild(hub: Hub) -> int:
    """Rewrite cases, records, accounts, grants, uses of photos, clocks of devices; how many events."""
    with hub.store.write() as tx:
        tx.zone.lock()
        replay = Replay()
        replay.take_all(tx.ledger.walk_all())
        tx.cases.clear()
        tx.cases.add(replay.case_rows())
        tx.cases.add_voids(replay.voids)
        tx.records.clear()
        tx.records.put(list(replay.records.values()))
        tx.records.put_versions(list(replay.versions.values()))
        tx.accounts.clear()
        tx.accounts.put(list(replay.accounts.values()))
        tx.accounts.add_grants(replay.grants)
        tx.attachments.clear_uses()
        tx.attachments.use(sorted(replay.attachment_uses()))
        for device in tx.devices.all():
            hlcs = (hlc_of(event) for _, event, _ in tx.ledger.whole_log(device.number))
            hlc = max(hlcs, default=clock.ZERO)
            tx.devices.move_head(device.number, device.seq, device.link, hlc)
        tx.zone.touch_access()
        return replay.events
