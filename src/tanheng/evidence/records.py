"""What an item is: its digest, its record, its tombstone; and the exact bytes of the last two.

A digest text is ``sha256:<64 hex>``, the SHA-256 of the content, or ``salted:<64 hex>``, the
SHA-256 of ``"tanheng/evidence/1" ‖ 0x00 ‖ salt (32 bytes) ‖ content``: it says nothing about
content that could be guessed, as long as the salt is kept.

The small files beside a content are canonical JSON with a checksum of their own, so that any
change of a byte is seen. The checksum finds accidents; it does not bind media and size to the
digest, for whoever can write into the store can compute it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tanheng.errors import Fault, Finding

if TYPE_CHECKING:
    from hashlib import _Hash

SALT_BYTES = 32
_TAG = b"tanheng/evidence/1\x00"
_DIGEST = re.compile(r"(sha256|salted):([0-9a-f]{64})")
_NAME = re.compile(r"(sha256|salted)-([0-9a-f]{64})")
_MEDIA = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?: *; *[\x20-\x7e]+)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_LONGEST_MEDIA = 255
_LONGEST_REASON = 2000


class Tampered(Fault):
    """What lies in the store is not what was put there.

    Attributes:
        finding: what is wrong, as `EvidenceStore.check_all` would tell it.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message())
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence.

    Attributes:
        digest: ``sha256:…``, or ``salted:…`` for confidential items.
        size: length of the content in bytes.
        media: media type as it was declared; not bound by the digest.
        confidential: whether the digest is salted.
    """

    digest: str
    size: int
    media: str
    confidential: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of an erased item: why it went, and the instant (UTC, microseconds)."""

    digest: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Record:
    """The record beside a content: the item, and the salt of a confidential one."""

    item: Item
    salt: bytes | None


class Damaged(Exception):
    """The bytes of a record or tombstone are not those that were written."""


def name_of(digest: object) -> str | None:
    """The file name of a digest text; None when the text is no digest."""
    match = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    return f"{match[1]}-{match[2]}" if match else None


def digest_of(name: str) -> str | None:
    """The digest text of a file name; None when the name is none of the store's."""
    match = _NAME.fullmatch(name)
    return f"{match[1]}:{match[2]}" if match else None


def hasher(salt: bytes | None) -> _Hash:
    """The hash that content is fed into: plain, or salted with 32 bytes."""
    return hashlib.sha256() if salt is None else hashlib.sha256(_TAG + salt)


def digest_text(salt: bytes | None, fed: _Hash) -> str:
    """The digest text of what a `hasher` was fed."""
    return f"{'sha256' if salt is None else 'salted'}:{fed.hexdigest()}"


def require(media: str, confidential: bool, salt: bytes | None) -> None:
    """Check what comes with a content.

    Raises:
        ValueError: when the media type is not of the form type/subtype, or a salt of 32 bytes is
            not given exactly for confidential items.
    """
    if len(media) > _LONGEST_MEDIA or not _MEDIA.fullmatch(media):
        raise ValueError(f"not a media type: {media!r}")
    if confidential != (salt is not None):
        raise ValueError("a salt is given for confidential items, and only for them")
    if salt is not None and len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")


def tombstone_for(digest: str, reason: str, at: str) -> Tombstone:
    """A tombstone whose parts are in order.

    Raises:
        ValueError: without a reason (or one over 2000 signs), or when ``at`` is not an instant
            like 2031-07-01T08:00:00.000000Z.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise ValueError("an erasure has a reason of at most 2000 signs")
    if not _INSTANT.fullmatch(at):
        raise ValueError(f"not an instant: {at!r}; write 2031-07-01T08:00:00.000000Z")
    datetime.fromisoformat(at)
    return Tombstone(digest, reason, at)


def write_record(record: Record) -> bytes:
    """The bytes of a record."""
    item = record.item
    return _write(
        {
            "confidential": item.confidential,
            "digest": item.digest,
            "media": item.media,
            "salt": None if record.salt is None else record.salt.hex(),
            "size": item.size,
        }
    )


def read_record(data: bytes, digest: str) -> Record:
    """The record of a digest, from its bytes.

    Raises:
        Damaged: when they are not the bytes of a record of that digest.
    """
    entry = _read(data, digest)
    try:
        salt = None if entry["salt"] is None else bytes.fromhex(entry["salt"])
        item = Item(digest, entry["size"], entry["media"], entry["confidential"])
        require(item.media, item.confidential, salt)
        sound = type(item.size) is int and item.size >= 0
        if not sound or item.confidential != digest.startswith("salted:"):
            raise Damaged("its parts contradict one another")
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(str(error)) from error
    return Record(item, salt)


def write_tombstone(tombstone: Tombstone) -> bytes:
    """The bytes of a tombstone."""
    return _write({"at": tombstone.at, "digest": tombstone.digest, "reason": tombstone.reason})


def read_tombstone(data: bytes, digest: str) -> Tombstone:
    """The tombstone of a digest, from its bytes.

    Raises:
        Damaged: when they are not the bytes of a tombstone of that digest.
    """
    entry = _read(data, digest)
    try:
        return tombstone_for(digest, entry["reason"], entry["at"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(str(error)) from error


def _write(entry: Mapping[str, Any]) -> bytes:
    checksum = hashlib.sha256(_canonical(entry)).hexdigest()
    return _canonical({**entry, "checksum": checksum}) + b"\n"


def _canonical(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode("ascii")


def _read(data: bytes, digest: str) -> dict[str, Any]:
    try:
        entry = json.loads(data)
        if not isinstance(entry, dict) or entry.get("digest") != digest:
            raise Damaged("it is the record of something else")
        entry.pop("checksum", None)
        if _write(entry) != data:
            raise Damaged("its checksum does not match")
    except (ValueError, RecursionError) as error:
        raise Damaged("it is not JSON") from error
    return entry
