"""When to try again: exponential back-off with full jitter, as a pure value.

Twin of pwa/src/sync/backoff.ts. Brooker, "Exponential Backoff And Jitter": a random point of the
whole span spreads a point's tablets best after the line comes back.
"""

from sync.limits import BACKOFF_MS_BASE, BACKOFF_MS_MAX


def retry_delay_ms(failures: int, random: float) -> int:
    """Milliseconds to wait before attempt `failures` + 1; `random` is in [0, 1)."""
    assert failures >= 0
    assert 0 <= random < 1
    span: int = min(BACKOFF_MS_MAX, BACKOFF_MS_BASE * 2 ** min(failures, 30))
    return int(random * span)
