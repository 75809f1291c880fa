"""Slowing down guesses: counters in the database, so that a restart forgives nothing.

A key has some free tries; after them each wrong one doubles the wait, up to a maximum. Time forgives one try after
another: behind one address a whole hall may sit, or half a town, and somebody there mistypes every day.
"""

from dataclasses import dataclass

from server.flows.refusals import Code, Refusal
from server.store.store import Transaction
from server.store.throttles import Throttle

WAIT_MS_MAX = 3_600_000
# At a name by itself, whoever tries: a wait that anybody can cause, so a short one.
WAIT_MS_MAX_OF_NAME = 60_000
# How long it takes until one wrong try is forgiven. At what is guessed itself that is the longest wait, so it lets in
# no more guesses; of an address, six an hour.
FORGIVEN_EACH_MS = 3_600_000
FORGIVEN_EACH_MS_OF_ADDRESS = 600_000
FORGET_AFTER_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Guard:
    """What is counted under which key, how many wrong tries are free, and how soon one is forgiven."""

    key: str
    free: int
    forgiven_each_ms: int = FORGIVEN_EACH_MS
    wait_ms_max: int = WAIT_MS_MAX

    def wait_ms(self, failures: int) -> int:
        """How long to wait after so many wrong tries."""
        if failures < self.free:
            return 0
        return int(min(1_000 * 2 ** min(failures - self.free, 20), self.wait_ms_max))


def follow_guards(receipt_no: str, address: str) -> tuple[Guard, ...]:
    """A receipt number has three free tries; an address, behind which a whole hall may sit, thirty."""
    return Guard(f"follow:{receipt_no}", 3), _of_address("follow", address, 30)


def fetch_guards(account: bytes, address: str) -> tuple[Guard, ...]:
    """A person has ten free tries at other points' numbers, an address thirty; a right one clears neither."""
    return Guard(f"fetch:{account.hex()}", 10), _of_address("fetch", address, 30)


def sign_in_guards(username: str, address: str) -> tuple[Guard, ...]:
    """In a browser: a name has five free tries from an address, the address fifty.

    From however many addresses, a name has a hundred, and then one a minute.
    """
    return (
        Guard(f"sign-in-from:{address} {username}", 5),
        _of_address("sign-in", address, 50),
        Guard(f"sign-in-name:{username}", 100, WAIT_MS_MAX_OF_NAME, WAIT_MS_MAX_OF_NAME),
    )


def sign_in_guards_on(device: int, username: str) -> tuple[Guard, ...]:
    """On a device that has proven itself: a name has five free tries there, the device fifty.

    Nothing that is tried elsewhere counts, so that no stranger keeps anybody waiting at a tablet.
    """
    return (
        Guard(f"sign-in-on:{device} {username}", 5),
        Guard(f"sign-in-on:{device}", 50, FORGIVEN_EACH_MS_OF_ADDRESS),
    )


def enrol_guards(address: str) -> tuple[Guard, ...]:
    """An address has ten free tries at enrolment codes."""
    return (_of_address("enrol", address, 10),)


def _of_address(what: str, address: str, free: int) -> Guard:
    return Guard(f"{what}-from:{address}", free, FORGIVEN_EACH_MS_OF_ADDRESS)


def hold(tx: Transaction, guards: tuple[Guard, ...], now_ms: int) -> None:
    """Let one try after another be judged under these keys, so that tries at once are not slowed down as one."""
    for guard in guards:
        tx.throttles.hold(guard.key, now_ms)


def refuse(tx: Transaction, guards: tuple[Guard, ...], now_ms: int) -> Refusal | None:
    """slow-down while any of the keys must wait; a try that is free waits for no clock of another process."""
    standings = [(guard, tx.throttles.get(guard.key)) for guard in guards]
    retry_at_ms = max(
        standing.retry_at_ms if guard.wait_ms(standing.failures) else 0
        for guard, standing in standings
    )
    if retry_at_ms <= now_ms:
        return None
    return Refusal(Code.SLOW_DOWN, {"seconds": -(-(retry_at_ms - now_ms) // 1_000)})


def count_failure(tx: Transaction, guards: tuple[Guard, ...], now_ms: int) -> None:
    """One more wrong try, less those that time has forgiven since the next one was allowed."""
    for guard in guards:
        standing = tx.throttles.get(guard.key)
        forgiven = max(0, now_ms - standing.retry_at_ms) // guard.forgiven_each_ms
        failures = max(0, standing.failures - forgiven) + 1
        tx.throttles.put(guard.key, Throttle(failures, now_ms + guard.wait_ms(failures)))


def forgive(tx: Transaction, guard: Guard) -> None:
    """A right answer clears its own key, never the address's."""
    tx.throttles.clear(guard.key)
