"""Enrolment of a relay: a key made here, a one-time code of the hub's, and a database that begins empty."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from server.keys import SigningKey
from server.relay.node import wall_ms
from server.store.relay import RelayIdentity
from server.store.store import Store
from sync import chain
from sync.limits import REQUEST_TIMEOUT_MS

JOURNAL_BYTES = 16


class EnrolmentError(Exception):
    """The hub did not enrol this relay; the text says why, for the terminal."""


def is_enrolled(store: Store) -> bool:
    """Whether this database is a relay's already."""
    with store.read() as tx:
        return tx.relay.find_identity() is not None


def enrol(store: Store, hub_url: str, code: str, address: str, random: bytes) -> None:
    """Redeem a code at the hub; `address` is where tablets reach this relay, `random` names its journal.

    Raises EnrolmentError.
    """
    assert len(random) == JOURNAL_BYTES
    key = SigningKey.generate()
    said = _ask(hub_url, key, code, address)
    if said["kind"] != "relay":
        raise EnrolmentError("the code is for another kind of device: use --kind relay")
    identity = RelayIdentity(
        device=int(said["device"]),
        zone=bytes.fromhex(said["zone"]),
        point=str(said["point"]["id"]),
        hub_key=_decode(said["hub_public_key"]),
        private_key=key.dump(),
        journal=random,
        epoch=0,
        epoch_proof=b"",
        hub_ms=min(int(said["hub_ms"]), wall_ms()),
        last_n=0,
    )
    with store.write() as tx:
        tx.relay.create(identity)


def _ask(hub_url: str, key: SigningKey, code: str, address: str) -> Any:
    if not hub_url.startswith(("http://", "https://")):
        raise EnrolmentError("--hub must be an http or https address")
    ask = {
        "code": code,
        "public_key": urlsafe_b64encode(key.public).decode().rstrip("="),
        "suite": chain.SUITE_P256,
        "name": "",
        "address": address,
    }
    request = Request(  # noqa: S310 - http or https, see above
        f"{hub_url}/api/enrol",
        data=json.dumps(ask).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=REQUEST_TIMEOUT_MS / 1000) as answer:  # noqa: S310
            return json.load(answer)
    except HTTPError as error:
        raise EnrolmentError(f"the hub refused: {error.read().decode(errors='replace')}") from error
    except (URLError, TimeoutError, ValueError) as error:
        raise EnrolmentError(f"the hub was not reached at {hub_url}: {error}") from error


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
