"""Passwords: argon2id with the parameters that OWASP gives for 19 MiB (2 rounds, 1 lane)."""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What a wrong name is measured against, so that it takes as long as a wrong password.
_NOBODY = _hasher.hash("nobody")

PASSWORD_CHARS_MIN = 10


def hash_password(password: str) -> str:
    """The hash to keep, with its salt and parameters."""
    return _hasher.hash(password)


def check_password(password: str, kept: str | None) -> bool:
    """Whether this is the password; `kept` None: there is no such person."""
    try:
        _hasher.verify(_NOBODY if kept is None else kept, password)
    except VerifyMismatchError:
        return False
    return kept is not None
