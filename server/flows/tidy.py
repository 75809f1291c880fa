"""Dropping what is over: expired sessions and challenges, counters that have forgiven, uploads given up."""

from server.flows.hub import Hub
from server.flows.throttle import FORGET_AFTER_MS


def tidy(hub: Hub) -> int:
    """How many rows went."""
    now_ms = hub.now_ms()
    with hub.store.write() as tx:
        # Counters first, as in a sign-in.
        return (
            tx.throttles.forget_before(now_ms - FORGET_AFTER_MS)
            + tx.sessions.forget_expired(now_ms)
            + tx.uploads.remove_expired(now_ms)
        )
