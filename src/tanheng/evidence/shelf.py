"""Where items stand, and how they are looked up, opened and checked; nothing here writes.

See `store` for the layout.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tanheng.errors import Fault, Finding, Refusal
from tanheng.evidence import disk, records
from tanheng.evidence.records import Damaged, Item, Record, Tampered, Tombstone

if TYPE_CHECKING:
    from hashlib import _Hash

    from _typeshed import WriteableBuffer

CHUNK = 1 << 20
"""Bytes that are read and hashed at a time."""
_SMALL = 1 << 16


class Shelf:
    """The items below a directory. Its methods raise `OSError` when the disk fails."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def home(self, digest: str) -> Path:
        """The directory of a digest that was checked to be one."""
        name = cast(str, records.name_of(digest))
        code = name.partition("-")[2]
        return self.root / code[:2] / code[2:4] / name

    def homes(self) -> list[Path]:
        """What stands where directories of items stand, in order."""
        return sorted(home for home in self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"))

    def tombstone(self, digest: str) -> Tombstone | None:
        """The tombstone of a digest that was checked to be one."""
        try:
            with disk.open_kept(files(self.home(digest), digest)[2]) as file:
                return records.read_tombstone(file.read(_SMALL), digest)
        except FileNotFoundError:
            return None
        except Damaged as damage:
            raise Tampered(_damaged(digest, damage)) from damage

    def record(self, digest: str) -> Record | Refusal:
        """The record of an item, or why there is none."""
        if records.name_of(digest) is None:
            return Refusal("evidence_digest", {"value": str(digest)[:100]})
        tombstone = self.tombstone(digest)
        if tombstone is not None:
            return erased(tombstone)
        home = self.home(digest)
        if not home.is_dir():
            return Refusal("evidence_missing", {"value": digest})
        try:
            with disk.open_kept(files(home, digest)[1]) as file:
                return records.read_record(file.read(_SMALL), digest)
        except FileNotFoundError:
            return self._gone(digest, "record")
        except Damaged as damage:
            raise Tampered(_damaged(digest, damage)) from damage

    def _gone(self, digest: str, part: str) -> Refusal:
        """A file is not there: the item was erased a moment ago, or somebody took the file away."""
        tombstone = self.tombstone(digest)
        if tombstone is None:
            raise Tampered(
                Finding("evidence_lost", "evidence", value=digest, details={"part": part})
            )
        return erased(tombstone)

    def opened(self, digest: str) -> tuple[Record, BinaryIO] | Refusal:
        """The record and the opened content of an item, not yet checked."""
        record = self.record(digest)
        if isinstance(record, Refusal):
            return record
        try:
            return record, disk.open_kept(files(self.home(digest), digest)[0])
        except FileNotFoundError:
            return self._gone(digest, "content")

    def checked(self, digest: str) -> Item | Refusal:
        """An item whose content was read and found unaltered."""
        opened = self.opened(digest)
        if isinstance(opened, Refusal):
            return opened
        record, file = opened
        with file:
            check_content(file, record)
        return record.item

    def faults_of(self, home: Path) -> list[Finding]:
        """All faults of the directory of an item, whose content is read."""
        digest = records.digest_of(home.name)
        if digest is None or home != self.home(digest) or not home.is_dir():
            return [self.stray(home)]
        content, record, tombstone = files(home, digest)
        findings = []
        try:
            known = {tombstone} if tombstone.exists() else {content, record}
            findings = [self.stray(p) for p in sorted(home.iterdir()) if p not in known]
            self.checked(digest)
        except Tampered as fault:
            findings.append(fault.finding)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            findings.append(
                Finding("evidence_unreadable", "evidence", value=digest, details={"reason": reason})
            )
        return findings

    def strangers(self) -> Iterator[Path]:
        """Files above the items that the store did not put there."""
        ours = ("incoming", "adding.lock", "publishing.lock")
        hexes = "[0-9a-f][0-9a-f]"
        for above, pattern in ((self.root, hexes), *((p, hexes) for p in self.root.glob(hexes))):
            for path in sorted(above.iterdir()) if above.is_dir() else ():
                if path.name not in ours and not (path.match(pattern) and path.is_dir()):
                    yield path

    def stray(self, path: Path) -> Finding:
        """The notice that a file is none of the store's."""
        return Finding("evidence_stray", "evidence", value=path.relative_to(self.root).as_posix())


class Checked(io.RawIOBase):
    """A content that is hashed while it is read; its last piece waits for the digest."""

    def __init__(self, file: BinaryIO, record: Record) -> None:
        self._file = file
        self._record = record
        self._fed = records.hasher(record.salt)
        self._size = 0
        self._held: bytes | None = None
        self._ready = memoryview(b"")
        self._fault: Tampered | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer with the next bytes; `Tampered` instead of the last ones."""
        if self._fault is not None:
            raise self._fault
        with faults("reading evidence"):
            if self._held is None:
                self._held = self._next()
            if not self._ready and self._held:
                following = self._next()
                self._ready, self._held = memoryview(self._held), following
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _next(self) -> bytes:
        """The next piece; at the end of the file, or beyond the recorded size, the whole is judged."""
        chunk = self._file.read(CHUNK)
        self._fed.update(chunk)
        self._size += len(chunk)
        if not chunk or self._size > self._record.item.size:
            try:
                _judge(self._record, self._fed, self._size)
            except Tampered as fault:
                self._fault = fault
                raise
        return chunk

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def _judge(record: Record, fed: _Hash, size: int) -> None:
    item, found = record.item, records.digest_text(record.salt, fed)
    if found != item.digest or size != item.size:
        raise Tampered(
            Finding("evidence_changed", "evidence", value=item.digest, details={"size": item.size})
        )


def check_content(file: BinaryIO, record: Record) -> None:
    """Read a content to its end and judge it."""
    fed = records.hasher(record.salt)
    size = 0
    for chunk in in_chunks(file):
        fed.update(chunk)
        size += len(chunk)
    _judge(record, fed, size)


def in_chunks(source: BinaryIO) -> Iterator[bytes]:
    """A stream in pieces of 1 MiB, from where it stands to its end."""
    while chunk := source.read(CHUNK):
        yield chunk


def files(place: Path, digest: str) -> tuple[Path, Path, Path]:
    """Content, record and tombstone of a digest in a directory."""
    name = cast(str, records.name_of(digest))
    return place / name, place / f"{name}.json", place / f"{name}.erased"


def erased(tombstone: Tombstone) -> Refusal:
    """The refusal of what was erased."""
    return Refusal(
        "evidence_erased",
        {"value": tombstone.digest, "reason": tombstone.reason, "at": tombstone.at},
    )


def _damaged(digest: str, damage: Damaged) -> Finding:
    return Finding("evidence_record", "evidence", value=digest, details={"reason": str(damage)})


@contextmanager
def faults(what: str) -> Iterator[None]:
    """Errors of the system as a `Fault`."""
    try:
        yield
    except OSError as error:
        raise Fault(f"{what} failed: {error}") from error
