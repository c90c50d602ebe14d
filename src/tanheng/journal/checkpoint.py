"""Checkpoints: the programme's signature under the whole journal up to an entry.

A published checkpoint binds its publisher: a journal that later lacks an entry, or has another one,
does not fit it. Keys are Ed25519 (RFC 8032).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tanheng.journal.canonical import encode
from tanheng.journal.entry import FORMAT

_TAG = b"tanheng/checkpoint/1\0"


class Key:
    """A signing key. Made from 32 secret bytes, which a caller draws and keeps."""

    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self.public: str = self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> bytes:
        """Signature of 64 bytes."""
        return self._private.sign(data)


def signed_by(public: str, signature: bytes, data: bytes) -> bool:
    """Whether the key (64 hexadecimal digits) signed the data."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement: so many entries, this root, this state, at this instant.

    Attributes:
        body: canonical bytes that were signed.
        signature: 64 bytes.
    """

    body: bytes
    signature: bytes

    @property
    def fields(self) -> dict[str, object]:
        """``at``, ``format``, ``programme``, ``root``, ``size``, ``state``."""
        found: dict[str, object] = msgspec.json.decode(self.body)
        return found

    @property
    def size(self) -> int:
        """Number of entries it covers."""
        return int(str(self.fields["size"]))

    def line(self) -> str:
        """As it stands in an export and in a publication."""
        return f"C\t{self.signature.hex()}\t{self.body.decode()}"

    def good(self, public: str) -> bool:
        """Whether the key signed it."""
        return signed_by(public, self.signature, _TAG + self.body)


def make(key: Key, programme: str, at: str, size: int, root: bytes, state: bytes) -> Checkpoint:
    """Sign a checkpoint over ``size`` entries."""
    body = encode({
        "at": at, "format": FORMAT, "programme": programme,
        "root": root.hex(), "size": size, "state": state.hex(),
    })  # fmt: skip
    return Checkpoint(body, key.sign(_TAG + body))
