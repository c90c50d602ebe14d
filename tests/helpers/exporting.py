"""A small writer of exported journals, made from ADR 0005 alone; it knows no rule about units.

What it writes is hashed and signed as the ADR says, whatever nonsense the bodies hold, so that a test
can spoil exactly one thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AUDIENCES = ("public", "parties", "confidential")
RULES = hashlib.sha256(b"rules").hexdigest()


def canonical(value: object) -> bytes:
    """Canonical JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(tag: str, data: bytes) -> bytes:
    """The tagged hash."""
    return hashlib.sha256(tag.encode() + b"\0" + data).digest()


def instant(number: int) -> str:
    """An instant of 2026, later for a larger number."""
    return f"2026-{1 + number // 86400 // 28:02}-{1 + number // 86400 % 28:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"


def tree(leaves: Sequence[bytes]) -> bytes:
    """The root, by the recursive definition of RFC 9162."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def split(postings: Sequence[object], start: int = 0) -> list[list[object]]:
    """Events, one for each posting."""
    return [
        [start + n, {"postings": [posting], "type": "moved"}] for n, posting in enumerate(postings)
    ]


@dataclass
class Entry:
    """An entry: its header's bytes, its hash, its parts (salt, body) by audience."""

    header: bytes
    hash: bytes
    parts: dict[str, tuple[bytes, bytes]]


class Writer:
    """Writes a journal."""

    def __init__(self, programme: str = "test-register", secret: bytes = b"k" * 32) -> None:
        self.programme = programme
        self.private = Ed25519PrivateKey.from_private_bytes(secret)
        self.key = self.private.public_key().public_bytes_raw().hex()
        self.entries: list[Entry] = []
        self.checkpoints: list[bytes] = []

    def add(
        self,
        act: str,
        postings: Sequence[object] = (),
        *,
        parties: Sequence[object] = (),
        confidential: bool = True,
        **header: object,
    ) -> Entry:
        """An entry with postings, one event each; those of the parties come after the public ones."""
        bodies = {"public": canonical({"act": act, "events": split(postings)})}
        if parties:
            bodies["parties"] = canonical({"events": split(parties, len(postings))})
        if confidential:
            who = {"actor": f"p-{len(self.entries) % 7}", "id": f"c-{len(self.entries)}"}
            bodies["confidential"] = canonical({**who, "command": {"act": act, "note": "备注"}})
        return self.raw(bodies, **header)

    def raw(self, bodies: Mapping[str, bytes], **header: object) -> Entry:
        """An entry with bodies as given, and a header with fields as given."""
        number = len(self.entries)
        parts, summed = {}, b""
        for audience, body in bodies.items():
            salt = hashlib.sha256(f"salt {number} {audience}".encode()).digest()
            parts[audience] = (salt, body)
            named = audience.encode() + b"\0"
            summed += named + digest("tanheng/part/1", named + salt + body)
        fields = {
            "at": instant(number),
            "format": 1,
            "parts": digest("tanheng/parts/1", summed).hex(),
            "prev": self.entries[-1].hash.hex() if self.entries else "0" * 64,
            "programme": self.programme,
            "rules": RULES,
            "seq": number,
        }
        text = canonical({**fields, **header})
        self.entries.append(Entry(text, digest("tanheng/entry/1", text), parts))
        return self.entries[-1]

    def checkpoint(self, **fields: Any) -> str:
        """A checkpoint over what was written so far; returns its line without the end."""
        size = len(self.entries)
        body = canonical(
            {
                "at": instant(size),
                "format": 1,
                "programme": self.programme,
                "root": tree([entry.hash for entry in self.entries]).hex(),
                "size": size,
                "state": digest("state", str(size).encode()).hex(),
                **fields,
            }
        )
        signature = self.private.sign(b"tanheng/checkpoint/1\0" + body).hex().encode()
        self.checkpoints.append(b"C\t" + signature + b"\t" + body)
        return self.checkpoints[-1].decode()

    def lines(self, audience: str = "confidential") -> list[bytes]:
        """The lines of an edition, without their ends."""
        size = str(len(self.entries))
        out = [
            "\t".join(("tanheng-journal", "1", self.programme, audience, size, self.key)).encode()
        ]
        for entry in self.entries:
            out.append(b"\t".join((b"E", entry.hash.hex().encode(), entry.header)))
            for name, (salt, body) in entry.parts.items():
                named = name.encode()
                if AUDIENCES.index(name) <= AUDIENCES.index(audience):
                    out.append(b"\t".join((b"P", named, salt.hex().encode(), body)))
                else:
                    held = digest("tanheng/part/1", named + b"\0" + salt + body)
                    out.append(b"\t".join((b"W", named, held.hex().encode())))
        return out + self.checkpoints

    def export(self, audience: str = "confidential") -> bytes:
        """An edition."""
        return b"".join(line + b"\n" for line in self.lines(audience))


def register(entries: int = 60, *, every: int = 20, parties: bool = True) -> Writer:
    """A good journal: issues, moves, a surrender, a cancellation, reversals; both sorts of kinds."""
    made = Writer()
    made.add("enrol", parties=())
    made.add("issue", [["issue", "CEA-2026", "", "state", 1, 100000]])
    made.add("issue", [["issue", "money", "", "state", 10**9]])
    made.add("surrender", [["surrender", "CEA-2026", "state", "surrendered", 90001, 91000]])
    made.add("cancel", [["cancel", "CEA-2026", "state", "cancelled", 95001, 95500]])
    made.add("reverse", [["reverse", "CEA-2026", "surrendered", "state", 90501, 90600]])
    for number in range(len(made.entries), entries):
        first = 1 + (number * 7919) % 80000
        open_, closed = [], []
        if number % 3:
            open_.append(["move", "money", "state", f"h{number % 11}", 1 + number % 5])
        if number % 3 != 1:
            closed = [
                ["move", "CEA-2026", "state", "h", first, first],
                ["move", "CEA-2026", "h", "state", first, first],
            ]
        if parties:
            made.add("move", open_, parties=closed, confidential=number % 4 > 0)
        else:
            made.add("move", open_ + closed, confidential=number % 4 > 0)
        if every and number % every == every - 1:
            made.checkpoint()
    if not made.checkpoints or f'"size":{entries},' not in made.checkpoints[-1].decode():
        made.checkpoint()
    return made
