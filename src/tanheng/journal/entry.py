"""One entry of the journal: a header, and a body in parts by audience.

The byte format is ADR 0005's. A part has its own salt, so a part that is withheld says nothing
about what stands in it, and a part that is shown can be proved.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

from tanheng.errors import Fault
from tanheng.journal.canonical import tagged

AUDIENCES = ("public", "parties", "confidential")
FORMAT = 1
START = "0" * 64
SALT_BYTES = 32
INSTANT = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z")
PROGRAMME = re.compile(r"[a-z0-9][a-z0-9-]{2,62}")

_PART, _PARTS, _ENTRY = b"tanheng/part/1", b"tanheng/parts/1", b"tanheng/entry/1"
_PREFIX = {name: _PART + b"\0" + name.encode() + b"\0" for name in AUDIENCES}
_NAMED = {name: name.encode() + b"\0" for name in AUDIENCES}


class Broken(Fault):
    """A journal contradicts itself: it was altered, or its store lost something."""


class Part(NamedTuple):
    """What one audience may read of an entry: its salt (32 bytes) and canonical body."""

    audience: str
    salt: bytes
    body: bytes

    @property
    def hash(self) -> bytes:
        """The part's hash (32 bytes)."""
        return hashlib.sha256(_PREFIX[self.audience] + self.salt + self.body).digest()


def parts_root(parts: list[tuple[str, bytes]]) -> bytes:
    """Hash over ``(audience, part hash)``, in the order of :data:`AUDIENCES`."""
    return tagged(_PARTS, b"".join(_NAMED[name] + part for name, part in parts))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is stored.

    Attributes:
        seq: number from 0, without gaps.
        at: instant, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.
        act: what the law calls it, for indexes; also in the public body.
        header: canonical bytes.
        hash: of the header, 32 bytes.
        parts: in the order of :data:`AUDIENCES`.
    """

    seq: int
    at: str
    act: str
    header: bytes
    hash: bytes
    parts: tuple[Part, ...]


def make(
    programme: str, seq: int, prev: bytes | None, at: str, rules: str, act: str,
    parts: tuple[Part, ...],
) -> Entry:  # fmt: skip
    """Seal an entry after the one with hash ``prev`` (None for the first)."""
    root = parts_root([(part.audience, part.hash) for part in parts]).hex()
    before = START if prev is None else prev.hex()
    header = (
        f'{{"at":"{at}","format":{FORMAT},"parts":"{root}","prev":"{before}",'
        f'"programme":"{programme}","rules":"{rules}","seq":{seq}}}'
    ).encode()
    return Entry(seq, at, act, header, header_hash(header), parts)


def header_hash(header: bytes) -> bytes:
    """The entry's hash: of its canonical header (32 bytes)."""
    return tagged(_ENTRY, header)
