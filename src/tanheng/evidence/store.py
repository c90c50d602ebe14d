"""The store: contents by digest, written whole or not at all, checked whenever they are read.

    root/ab/cd/sha256-abcd…/sha256-abcd…          the content, byte for byte
                            sha256-abcd….json     its record: size, media, confidential, salt
                            sha256-abcd….erased   instead of both: reason and instant
    root/incoming/          what is being written; never read
    root/*.lock             locks; they hold nothing

An item is prepared in a directory of its own under ``incoming``, flushed, and appears by one
rename of that directory. A power cut leaves nothing or the whole; what it leaves in ``incoming``
is removed by `EvidenceStore.sweep`. Contents are read-only files (0444, confidential ones 0400)
in directories of mode 0700. Files are found by names made from checked digests, never from what
somebody wrote.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from tanheng.errors import Finding, Refusal, Unreadable
from tanheng.evidence import disk, records, tables
from tanheng.evidence.records import Item, Record, Tombstone
from tanheng.evidence.shelf import (
    CHUNK,
    Checked,
    Shelf,
    check_content,
    erased,
    faults,
    files,
    in_chunks,
)

LIMIT_BYTES = 2 << 30
READ_BYTES = 64 << 20

Progress = Callable[[int, int], None]


class EvidenceStore:
    """What people hand in, by digest.

    Any number of threads and processes may use one store at a time. Methods raise `Fault` when
    the disk fails and `Tampered` (a `Fault`) when an item is not what was put there.

    Args:
        root: directory of the store, made when something is first added.
        limit_bytes: size of the largest content that is taken.
    """

    def __init__(self, root: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        self._shelf = Shelf(root)

    # -- adding ---------------------------------------------------------------------------------

    def add(
        self,
        source: Path | BinaryIO,
        *,
        media: str = "application/octet-stream",
        confidential: bool = False,
        salt: bytes | None = None,
        restore: bool = False,
    ) -> Item | Refusal:
        """Take in a file or a stream (read from where it stands, in pieces of 1 MiB).

        The same content (for confidential items: with the same salt) is one item, and keeps the
        media of the first time. When it is there already, it is read and checked.

        Args:
            source: a path, or a binary stream.
            media: media type, type/subtype.
            confidential: whether the digest shall say nothing about the content.
            salt: 32 bytes that nobody can guess, for confidential items and only for them.
            restore: take it in although the same content was erased; the tombstone goes.

        Returns:
            The item, or a refusal: ``evidence_too_large``, ``evidence_erased``.

        Raises:
            ValueError: when media or salt are not in order.
            Unreadable: when there is no file at the path.
            Tampered: when the item is there and altered; it is not repaired.
            Fault: when reading or writing fails; then nothing was added.
        """
        records.require(media, confidential, salt)
        if not isinstance(source, Path):
            return self._take(in_chunks(source), media, salt, restore)
        try:
            file = source.open("rb", buffering=0)
        except OSError as error:
            raise Unreadable(f"{source} cannot be read: {error.strerror}") from error
        with file:
            return self._take(in_chunks(cast(BinaryIO, file)), media, salt, restore)

    def add_table(
        self,
        table: pa.Table,
        *,
        confidential: bool = False,
        salt: bytes | None = None,
        restore: bool = False,
    ) -> Item | Refusal:
        """Take in a table; the digest depends on its content alone (see `tables`).

        Returns:
            The item, or a refusal: those of `add`, or ``evidence_column`` for a column of a type
            that cannot be stored.

        Raises:
            ValueError: when the salt is not in order, or the table breaks Arrow's own rules.
            Tampered, Fault: as `add`.
        """
        records.require(tables.MEDIA, confidential, salt)
        table.validate(full=True)
        try:
            schema = tables.canonical_schema(table.schema)
            return self._take(tables.pieces(table, schema), tables.MEDIA, salt, restore)
        except tables.Unstorable as fault:
            return Refusal("evidence_column", {"column": fault.column, "kind": fault.kind})
        except tables.TooLong:
            return Refusal("evidence_too_large", {"limit": tables.LARGEST_OFFSET})

    def _take(
        self, chunks: Iterable[bytes | memoryview], media: str, salt: bytes | None, restore: bool
    ) -> Item | Refusal:
        with faults("adding evidence"):
            disk.make_directory(self.root)
            with disk.locked(self.root / "adding.lock", shared=True):
                place = disk.new_directory(self.root / "incoming")
                try:
                    item = self._prepare(place, chunks, media, salt)
                    if isinstance(item, Refusal):
                        return item
                    with disk.locked(self.root / "publishing.lock"):
                        outcome = self._publish(place, item, restore)
                finally:
                    disk.remove_directory(place)
            return outcome or self._shelf.checked(item.digest)

    def _prepare(
        self, place: Path, chunks: Iterable[bytes | memoryview], media: str, salt: bytes | None
    ) -> Item | Refusal:
        """Write content and record into a directory that nobody reads, and flush them."""
        fed = records.hasher(salt)
        size = 0
        draft = place / "draft"
        with disk.create(draft) as file:
            for chunk in chunks:
                size += len(chunk)
                if size > self.limit_bytes:
                    return Refusal("evidence_too_large", {"limit": self.limit_bytes})
                fed.update(chunk)
                disk.write(file, chunk)
            disk.seal(file, 0o444 if salt is None else 0o400)
        item = Item(records.digest_text(salt, fed), size, media, salt is not None)
        content, record, _ = files(place, item.digest)
        disk.replace(draft, content)
        _write_small(record, records.write_record(Record(item, salt)), item.confidential)
        disk.sync_directory(place)
        return item

    def _publish(self, place: Path, item: Item, restore: bool) -> Item | Refusal | None:
        """Let a prepared item appear, in one step; None when the same content is there already."""
        home = self._shelf.home(item.digest)
        disk.make_directory(home.parent)
        if not home.is_dir():
            disk.replace(place, home)
            self._flush_names(home.parent)
            return item
        tombstone = self._shelf.tombstone(item.digest)
        if tombstone is None:
            self._flush_names(home)
            return None
        if not restore:
            return erased(tombstone)
        fresh, kept = files(place, item.digest), files(home, item.digest)
        disk.replace(fresh[0], kept[0])
        disk.replace(fresh[1], kept[1])
        disk.sync_directory(home)
        disk.remove(kept[2])
        self._flush_names(home)
        return item

    def _flush_names(self, place: Path) -> None:
        """Flush a directory of the store and those above it, the one that holds the root too."""
        while place != self.root.parent:
            disk.sync_directory(place)
            place = place.parent
        disk.sync_directory(place)

    # -- reading --------------------------------------------------------------------------------

    def item(self, digest: str) -> Item | Refusal:
        """What is recorded of an item; its content is not read.

        Returns:
            The item, or a refusal: ``evidence_digest``, ``evidence_missing``, ``evidence_erased``.
        """
        with faults("looking for evidence"):
            record = self._shelf.record(digest)
            return record if isinstance(record, Refusal) else record.item

    def open(self, digest: str) -> io.BufferedReader | Refusal:
        """A stream of the content that checks it while it is read; it cannot seek.

        Guaranteed: the last byte of an altered, shortened or lengthened content is never handed
        out, and neither is the end of the file: the read that would reach it raises `Tampered`,
        and so does every read after it. Not guaranteed: that the pieces before it were unaltered;
        so use nothing of it before the end was reached. A reader that stops earlier has checked
        nothing. Close it (``with``). Where parts must be read in any order, use `path`.

        Returns:
            The stream, or a refusal: those of `item`.

        Raises:
            Tampered: from its reads, or at once when record or content are gone or damaged.
        """
        with faults("opening evidence"):
            opened = self._shelf.opened(digest)
            if isinstance(opened, Refusal):
                return opened
            record, file = opened
            return io.BufferedReader(Checked(file, record), CHUNK)

    def read(self, digest: str, *, limit_bytes: int = READ_BYTES) -> bytes | Refusal:
        """The whole content of a small item (at most 64 MiB unless said otherwise), checked.

        Returns:
            The bytes, or a refusal: those of `item`, or ``evidence_too_large``.
        """
        with faults("reading evidence"):
            opened = self._shelf.opened(digest)
            if isinstance(opened, Refusal):
                return opened
            record, file = opened
            with file:
                if record.item.size > limit_bytes:
                    return Refusal("evidence_too_large", {"limit": limit_bytes})
                with io.BufferedReader(Checked(file, record)) as stream:
                    return stream.read()

    def path(self, digest: str) -> Path | Refusal:
        """The path of the content, for readers that need a file; the whole was checked just now.

        The file is read-only and not to be changed, moved or linked to.

        Returns:
            The path, or a refusal: those of `item`.
        """
        with faults("checking evidence"):
            checked = self._shelf.checked(digest)
            if isinstance(checked, Refusal):
                return checked
            return files(self._shelf.home(digest), digest)[0]

    def table(self, digest: str) -> pa.Table | Refusal:
        """The table that `add_table` took in, in its stored types; checked before it is parsed.

        Returns:
            The table, or a refusal: those of `item`, or ``evidence_not_table``.
        """
        with faults("reading evidence"):
            opened = self._shelf.opened(digest)
            if isinstance(opened, Refusal):
                return opened
            record, file = opened
            with file:
                if record.item.media != tables.MEDIA:
                    return Refusal("evidence_not_table", {"value": digest})
                check_content(file, record)
                file.seek(0)
                try:
                    return tables.read(file)
                except (pa.ArrowException, OSError):
                    return Refusal("evidence_not_table", {"value": digest})

    def digests(self) -> Iterator[str]:
        """The digests of all items that are not erased, in the order of their file names."""
        with faults("listing evidence"):
            for home in self._shelf.homes():
                digest = records.digest_of(home.name)
                if digest is not None and not files(home, digest)[2].exists():
                    yield digest

    # -- keeping --------------------------------------------------------------------------------

    def check_all(self, progress: Progress | None = None) -> list[Finding]:
        """Read everything and tell all faults; what is being added meanwhile is left out.

        Args:
            progress: called after each item with the items done and the items in all.

        Returns:
            Findings of table ``evidence``: ``evidence_changed``, ``evidence_lost``,
            ``evidence_record``, ``evidence_unreadable``, and the notice ``evidence_stray`` for
            files that are none of the store's.
        """
        findings = []
        with faults("checking evidence"):
            homes = self._shelf.homes()
            findings += [self._shelf.stray(path) for path in self._shelf.strangers()]
            for done, home in enumerate(homes, 1):
                findings += self._shelf.faults_of(home)
                if progress is not None:
                    progress(done, len(homes))
        return findings

    def erase(self, digest: str, reason: str, at: str) -> Tombstone | Refusal:
        """Remove a content and its salt for good; what is left says why and when.

        The files are unlinked, not overwritten; copies elsewhere are their keepers' business. An
        item that is altered can be erased too. Erasing twice keeps the first tombstone.

        Args:
            digest: which.
            reason: shown to whoever asks for it later; at most 2000 signs.
            at: instant, UTC with microseconds, 2031-07-01T08:00:00.000000Z.

        Returns:
            The tombstone, or a refusal: ``evidence_digest``, ``evidence_missing``.

        Raises:
            ValueError: when reason or instant are not in order.
            Fault: when the disk fails; then it is erased or not, and may be erased again.
        """
        if records.name_of(digest) is None:
            return Refusal("evidence_digest", {"value": str(digest)[:100]})
        wanted = records.tombstone_for(digest, reason, at)
        home = self._shelf.home(digest)
        with faults("erasing evidence"):
            if not home.is_dir():
                return Refusal("evidence_missing", {"value": digest})
            adding, publishing = self.root / "adding.lock", self.root / "publishing.lock"
            with disk.locked(adding, shared=True), disk.locked(publishing):
                found = self._shelf.tombstone(digest)
                if found is None:
                    self._bury(home, wanted)
                self._finish(home, digest)
        return found or wanted

    def _bury(self, home: Path, tombstone: Tombstone) -> None:
        place = disk.new_directory(self.root / "incoming")
        try:
            draft = place / "draft"
            _write_small(draft, records.write_tombstone(tombstone), confidential=True)
            disk.replace(draft, files(home, tombstone.digest)[2])
        finally:
            disk.remove_directory(place)

    def _finish(self, home: Path, digest: str) -> int:
        """Remove what stands beside a tombstone; the number of files."""
        disk.sync_directory(home)
        left = [path for path in files(home, digest)[:2] if path.exists()]
        for path in left:
            disk.remove(path)
        if left:
            disk.sync_directory(home)
        return len(left)

    def sweep(self) -> int:
        """Remove what interrupted additions left, and finish interrupted erasures.

        Does nothing while somebody is adding.

        Returns:
            How many leftovers were removed.
        """
        if not self.root.is_dir():
            return 0
        with faults("sweeping the evidence store"):
            adding, publishing = self.root / "adding.lock", self.root / "publishing.lock"
            with disk.locked(adding, wait=False) as alone:
                if not alone:
                    return 0
                incoming = self.root / "incoming"
                left = sorted(incoming.iterdir()) if incoming.is_dir() else []
                for place in left:
                    disk.remove_directory(place)
                removed = len(left)
                with disk.locked(publishing):
                    for home in self._shelf.homes():
                        digest = records.digest_of(home.name)
                        if digest is not None and files(home, digest)[2].exists():
                            removed += self._finish(home, digest)
        return removed


def _write_small(path: Path, data: bytes, confidential: bool) -> None:
    with disk.create(path) as file:
        disk.write(file, data)
        disk.seal(file, 0o400 if confidential else 0o444)
