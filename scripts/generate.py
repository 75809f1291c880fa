"""Writes what is derived from sync/: the TypeScript twins' types, the vectors of both languages and
the tables of docs/protocol.md.

    python scripts/generate.py            writes what changed
    python scripts/generate.py --check    writes nothing; fails and names what is stale

The same input gives the same bytes on every machine.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import reference
import typescript
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync import (
    vectors_fold,
    vectors_heard,
    vectors_number,
    vectors_point,
    vectors_repair,
    vectors_wire,
)

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "pwa" / "src" / "sync" / "generated"
VECTORS = ROOT / "sync" / "vectors"
PROTOCOL = ROOT / "docs" / "protocol.md"
# Keys for vectors only; RFC 6979 makes their signatures the same on every run.
TEST_KEY_SCALAR = 0xC0FFEE
HUB_SCALAR, RELAY_SCALAR, COLLEAGUE_SCALAR = 0xC0FFE1, 0xC0FFE2, 0xC0FFE3


def outputs() -> dict[Path, str]:
    """Every derived file with its text."""
    files = {
        GENERATED / "limits.ts": typescript.limits_ts(),
        GENERATED / "errors.ts": typescript.errors_ts(),
        GENERATED / "types.ts": typescript.types_ts(),
        GENERATED / "messages.ts": typescript.messages_ts(),
        GENERATED / "lifecycle.ts": typescript.lifecycle_ts(),
    }
    files[PROTOCOL] = reference.with_reference(PROTOCOL.read_text(encoding="utf-8"))
    public_key, sign = _test_signer(TEST_KEY_SCALAR)
    vectors = {
        "number": vectors_number.number_vectors(),
        "clock": vectors_wire.clock_vectors(),
        "event": vectors_wire.event_vectors(),
        "chain": vectors_wire.chain_vectors(public_key),
        "statement": vectors_wire.statement_vectors(public_key, sign),
        "frame": vectors_wire.frame_vectors(),
        "message": vectors_wire.message_vectors(),
        "fold": vectors_fold.fold_vectors(),
        "repair": vectors_repair.repair_vectors(),
        "point": vectors_point.point_vectors(_point_keys()),
    }
    for name, value in vectors.items():
        text = json.dumps(value, ensure_ascii=True, indent=1, sort_keys=True)
        files[VECTORS / f"{name}.json"] = text + "\n"
    return files


def _point_keys() -> vectors_heard.Keys:
    hub, relay, colleague = (
        vectors_heard.Signer(*_test_signer(scalar))
        for scalar in (HUB_SCALAR, RELAY_SCALAR, COLLEAGUE_SCALAR)
    )
    return vectors_heard.Keys(hub, relay, colleague, _verify)


def _verify(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _test_signer(scalar: int) -> tuple[bytes, Callable[[bytes], bytes]]:
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    public_key = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(statement: bytes) -> bytes:
        der = key.sign(statement, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return public_key, sign


def main(arguments: list[str]) -> int:
    """0 when all is fresh or was written, 1 when --check found something stale."""
    check = "--check" in arguments
    files = outputs()
    stale = [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(f"{'stale' if check else 'wrote'} {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
