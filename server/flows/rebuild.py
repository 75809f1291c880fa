"""Rebuilding every projection from the ledger: what was wrong in them is gone, what the ledger says stands."""

from server.flows.hub import Hub
from server.flows.replay import Replay


def rebuild(hub: Hub) -> int:
    """Drop and rewrite cases, records, accounts, grants and uses of photos; how many events."""
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
        tx.zone.touch_access()
        return replay.events
