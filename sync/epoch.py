"""What a restored hub may number anew: nothing that the lost one can have given (docs/protocol.md, "Epochs").

A hub that is restored from a backup does not know what was given after it. So all that it gives goes
on from the moment of the restore itself, which is later than whatever the lost hub did, however often
the same backup is restored:

    positions, and the seqs of the hub's own log    from the microsecond of the restore
    device numbers                                  from the minute since 2026
    serials of case numbers, on that day            from the part of the day that is over

That holds as long as the machine's clock is right and the hub gives fewer than a thousand positions a
millisecond, one device number a minute, and one case number of a code every 8.64 seconds.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from sync.number import CASE_SERIAL_MAX

_POSITIONS_A_MS = 1_000
_DEVICES_FROM_MS = 1_767_225_600_000  # 2026-01-01T00:00Z
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
CHINA = timedelta(hours=8)  # the day of a case number is the office's


FIRST = 1
"""The epoch of a hub that was never restored. An epoch is named by the position with which it begins."""


class Epoch(Struct, frozen=True):
    """One restore: positions past `after` and below `first` are lost; both times in ms.

    `first` names the epoch: it only grows, so of two signed statements everybody can tell which is over.
    """

    after: int
    first: int
    backed_up_ms: int
    restored_ms: int


def newest(epochs: Iterable[Epoch]) -> int:
    """The epoch that a hub with these restores is in."""
    return max((epoch.first for epoch in epochs), default=FIRST)


def first_position(after: int, restored_ms: int) -> int:
    """The first position of a new epoch, and the hub's own first seq; never one that was given."""
    return max(after + 1, restored_ms * _POSITIONS_A_MS)


def least_device(epochs: Iterable[Epoch]) -> int:
    """The least number that a device enrolled from now on may get."""
    restored = max((epoch.restored_ms for epoch in epochs), default=0)
    return max(2, (restored - _DEVICES_FROM_MS) // _MINUTE_MS + 1)


def least_serial(epochs: Iterable[Epoch], day: str) -> int:
    """The least serial that a case number of this day (YYYYMMDD) may get."""
    least = 1
    for epoch in epochs:
        if day_of(epoch.restored_ms) == day:
            over_ms = (epoch.restored_ms + CHINA // timedelta(milliseconds=1)) % _DAY_MS
            least = max(least, 1 + -(-over_ms * CASE_SERIAL_MAX // _DAY_MS))
    return least


def day_of(ms: int) -> str:
    """The office's day, YYYYMMDD, of a moment."""
    return (datetime.fromtimestamp(ms / 1000, UTC) + CHINA).strftime("%Y%m%d")


def is_lost(epochs: Iterable[Epoch], position: int) -> bool:
    """Whether this position was given by a hub that is gone, and stands for nothing now."""
    return any(epoch.after < position < epoch.first for epoch in epochs)
