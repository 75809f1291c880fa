"""Accounts on the command line: who has one, and setting a password, with which every session of it ends.

Refusals: not-found, password-short.
"""

from server.flows.facts import account_decoder
from server.flows.hub import Hub
from server.flows.passwords import PASSWORD_CHARS_MIN, hash_password
from server.flows.refusals import Code, Refusal
from server.flows.sign_in import tell_ended


def set_password(hub: Hub, username: str, password: str) -> Refusal | None:
    """Give an account a new password."""
    if len(password) < PASSWORD_CHARS_MIN:
        return Refusal(Code.PASSWORD_SHORT, {"chars": PASSWORD_CHARS_MIN})
    hashed = hash_password(password)
    with hub.store.write() as tx:
        # First, as in a revocation, which holds it when it ends sessions: each would wait for the other.
        tx.zone.lock()
        row = tx.accounts.find_by_username(username)
        if row is None:
            return Refusal(Code.NOT_FOUND)
        tx.accounts.set_credential(row.stream, hashed, hub.now_ms())
        tell_ended(hub, tx, row.stream, tx.sessions.end_of_account(row.stream))
    return None


def accounts_of(hub: Hub) -> list[tuple[str, str, list[str]]]:
    """(username, name, roles) of every open account."""
    with hub.store.read() as tx:
        bodies = [account_decoder.decode(row.body) for row in tx.accounts.all()]
    return [
        (body.username, body.name, [role.role for role in body.roles])
        for body in bodies
        if not body.closed
    ]
