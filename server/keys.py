"""Keys of suite 1 (ECDSA P-256, SHA-256) as the wire has them: raw points and raw signatures.

Source: docs/protocol.md, sections 1 and 3.
"""

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

_ALGORITHM = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """A private key that signs statements of sync/chain.py."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._scalar = private.private_numbers().private_value.to_bytes(32, "big")
        self.public = private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key, from the operating system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, der: bytes) -> "SigningKey":
        """The key that `dump` wrote."""
        private = load_der_private_key(der, password=None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return cls(private)

    def dump(self) -> bytes:
        """PKCS #8, DER, not encrypted: the database is what protects it (docs/security.md)."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, statement: bytes) -> bytes:
        """Raw r‖s, 64 bytes."""
        r, s = decode_dss_signature(self._private.sign(statement, _ALGORITHM))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def derive(self, purpose: bytes) -> bytes:
        """A secret of 32 bytes that only who holds this key can make, another for every purpose."""
        return hmac.digest(self._scalar, b"zongchuang/1 " + purpose, "sha256")


def is_public_key(raw: bytes) -> bool:
    """Whether these are 65 bytes of a point on the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return len(raw) == 65


def verify(public: bytes, signature: bytes, statement: bytes) -> bool:
    """Whether `signature` (raw r‖s) over `statement` was made with the key of `public`."""
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    try:
        key.verify(encode_dss_signature(r, s), statement, _ALGORITHM)
    except InvalidSignature:
        return False
    return True
