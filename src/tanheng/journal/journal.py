"""The append-only journal over a store: tail, appending, reading, histories, proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tanheng.journal import merkle
from tanheng.journal.checkpoint import Checkpoint, Key
from tanheng.journal.checkpoint import make as seal
from tanheng.journal.entry import AUDIENCES, PROGRAMME, START, Broken, Entry, Part, make
from tanheng.journal.store import (
    CHECKPOINTS,
    COMMANDS,
    ENTRIES,
    HISTORY,
    MIGRATIONS,
    NODES,
    Question,
    Row,
    Store,
    migrate,
)  # fmt: skip

_COLUMNS = ", ".join(ENTRIES.names)
_TAIL = "SELECT seq, hash, at FROM entries ORDER BY seq DESC LIMIT 1"
_PAIRS = tuple((2 * n, name) for n, name in enumerate(AUDIENCES))
_PLACES = {name: 5 + 2 * n for n, name in enumerate(AUDIENCES)}
_NO_PARTS = (None,) * (2 * len(AUDIENCES))
Bodies = Sequence[bytes | None]
"""Bodies of an entry by audience, in the order of ``AUDIENCES``; None: no such part."""
CommandKey = tuple[str, str]
"""``(actor, command id)``."""


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _entry(row: Any) -> Entry:  # noqa: ANN401
    seq, at, act, header, digest, *rest = row
    parts = [
        Part(name, rest[place], rest[place + 1])
        for place, name in _PAIRS
        if rest[place] is not None
    ]
    return Entry(seq, at, act, header, digest, tuple(parts))


def first_at(store: Store, at: str) -> int:
    """Number of the first stored entry at the instant or later; that of the next one if none is.

    Instants never decrease with the number, so this is a search by halves: no index is kept.
    """
    rows = store.query(_TAIL)
    low, high = 0, _number(rows[0][0]) + 1 if rows else 0
    while low < high:
        middle = (low + high) // 2
        found = store.query("SELECT at FROM entries WHERE seq = ?", (middle,))
        if _text(found[0][0]) < at:
            low = middle + 1
        else:
            high = middle
    return low


class Journal:
    """One programme's journal.

    Between :meth:`begin` and :meth:`commit` the writer's lock is held; rows are queued and written
    together. After a failed commit the object does not know where it stands: :meth:`forget` it.

    Attributes:
        programme: id, ``[a-z0-9-]``, 3 to 63 signs.
        tree: the Merkle tree's frontier; its ``size`` is the number of entries.
        last_at: instant of the last entry, ``""`` when there is none.
        prev: hash of the last entry.
    """

    def __init__(self, store: Store, programme: str) -> None:
        if not PROGRAMME.fullmatch(programme):
            raise ValueError(f"programme {programme!r}: write 3 to 63 of a-z, 0-9 and -")
        self.store = store
        self.programme = programme
        self._queued: dict[str, list[Row]] = {}
        migrate(store, "journal", MIGRATIONS)
        self.forget()

    def forget(self) -> None:
        """Drop what is known of the tail and read it again from the store."""
        self.store.rollback()
        self._queued = {"entries": [], "commands": [], "history": [], "nodes": []}
        rows = self.store.query(_TAIL)
        self.tree = merkle.Frontier()
        self.prev: bytes | None = None
        self.last_at = ""
        if rows:
            size = _number(rows[0][0]) + 1
            self.tree = merkle.Frontier(
                size, [self.node(level, place) for level, place in merkle.peaks(0, size)]
            )
            self.prev = _bytes(rows[0][1])
            self.last_at = _text(rows[0][2])

    @property
    def size(self) -> int:
        """Number of entries, with those queued."""
        return self.tree.size

    # Writing

    def begin(
        self, keys: Sequence[CommandKey] = ()
    ) -> tuple[list[Entry], dict[CommandKey, tuple[bytes, int]]]:
        """Take the writer's lock.

        Returns the entries others appended meanwhile, and for those of the command keys that were
        accepted before, the command's digest and entry number.

        Raises:
            Broken: the store has fewer or other entries than this object has seen.
        """
        questions: list[Question] = [(_TAIL, ())]
        for start in range(0, len(keys), 5000):
            some = keys[start : start + 5000]
            marks = ", ".join(["(?, ?)"] * len(some))
            sql = (
                f"SELECT actor, id, digest, seq FROM commands WHERE (actor, id) IN (VALUES {marks})"
            )
            questions.append((sql, [text for key in some for text in key]))
        tail, *answers = self.store.begin(*questions)
        try:
            fresh = self._catch_up(tail)
        except BaseException:
            self.store.rollback()
            raise
        known = {
            (_text(actor), _text(name)): (_bytes(digest), _number(seq))
            for rows in answers
            for actor, name, digest, seq in rows
        }
        return fresh, known

    def _catch_up(self, tail: list[Row]) -> list[Entry]:
        size = _number(tail[0][0]) + 1 if tail else 0
        if size == self.size and (not tail or tail[0][1] == self.prev):
            return []
        if size <= self.size:
            raise Broken(
                f"journal {self.programme}: this process has seen {self.size} entries, the store "
                f"has {size} and its last one is not the one seen; was it restored from a backup? "
                "Open the programme again"
            )
        fresh = list(self.entries(self.size, size))
        for entry in fresh:
            before = START if self.prev is None else self.prev.hex()
            if f'"prev":"{before}"'.encode() not in entry.header or entry.seq != self.size:
                raise Broken(f"journal {self.programme}: entry {entry.seq} does not follow")
            self.tree.append(entry.hash)
            self.prev, self.last_at = entry.hash, entry.at
        return fresh

    def append(
        self, at: str, rules: str, act: str, parts: tuple[Part, ...], subjects: Sequence[str],
        command: tuple[str, str, bytes] | None = None,
    ) -> Entry:  # fmt: skip
        """Queue an entry. ``subjects``: for histories, each once; ``command``: the actor, command id
        and digest that it answers."""
        seq = self.size
        entry = make(self.programme, seq, self.prev, at, rules, act, parts)
        cells: list[object] = [seq, at, act, entry.header, entry.hash, *_NO_PARTS]
        for part in parts:
            place = _PLACES[part.audience]
            cells[place], cells[place + 1] = part.salt, part.body
        queued = self._queued
        queued["entries"].append(tuple(cells))
        if command is not None:
            queued["commands"].append((*command, seq))
        queued["history"] += [(subject, seq) for subject in subjects]
        queued["nodes"] += self.tree.append(entry.hash)
        self.prev, self.last_at = entry.hash, at
        return entry

    def flush(self) -> None:
        """Write what is queued into the open transaction."""
        for table in (ENTRIES, COMMANDS, HISTORY, NODES):
            rows = self._queued[table.name]
            if rows:
                self.store.insert(table, rows)
                self._queued[table.name] = []

    def commit(self) -> None:
        """Write what is queued, in the transaction that :meth:`begin` opened, and commit it."""
        self.flush()
        self.store.commit()

    def rollback(self) -> None:
        """Release the lock after a :meth:`begin` to which nothing was appended."""
        self.store.rollback()

    # Reading

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Stored entries ``[start, end)`` in order."""
        sql = f"SELECT {_COLUMNS} FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq"
        for row in self.store.stream(sql, (start, end if end is not None else 1 << 62)):
            yield _entry(row)

    def bodies(self, start: int, end: int) -> Iterator[tuple[int, str, str, Bodies]]:
        """Number, instant, act and bodies of entries ``[start, end)``: what a replay needs."""
        wanted = ", ".join(f"{name}_body" for name in AUDIENCES)
        sql = f"SELECT seq, at, act, {wanted} FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq"
        rows: Iterator[Any] = self.store.stream(sql, (start, end))
        for seq, at, act, *bodies in rows:
            yield seq, at, act, bodies

    def entry(self, seq: int) -> Entry | None:
        """The stored entry with the number, or None."""
        rows = self.store.query(f"SELECT {_COLUMNS} FROM entries WHERE seq = ?", (seq,))
        return _entry(rows[0]) if rows else None

    def history(
        self, subject: str | None = None, since: str = "", until: str = "9999"
    ) -> Iterator[Entry]:
        """Entries about a subject (``account:…``, ``kind:…``, ``entity:…``, ``act:…``; None: all)
        at instants ``[since, until)``, in order."""
        start, end = first_at(self.store, since), first_at(self.store, until)
        if subject is None:
            yield from self.entries(start, end)
            return
        wanted = ", ".join(f"e.{name}" for name in ENTRIES.names)
        sql = (
            f"SELECT {wanted} FROM history h JOIN entries e ON e.seq = h.seq "
            "WHERE h.subject = ? AND h.seq >= ? AND h.seq < ? ORDER BY h.seq"
        )
        for row in self.store.stream(sql, (subject, start, end)):
            yield _entry(row)

    # Proofs

    def node(self, level: int, place: int) -> bytes:
        """Hash of a complete node of the tree; level 0 are the leaves.

        Raises:
            Broken: the store lacks it.
        """
        if level == 0:
            rows = self.store.query("SELECT hash FROM entries WHERE seq = ?", (place,))
        else:
            rows = self.store.query(
                "SELECT hash FROM nodes WHERE level = ? AND place = ?", (level, place)
            )
        if not rows:
            raise Broken(f"journal {self.programme}: node {place} of level {level} is missing")
        found = _bytes(rows[0][0])
        return merkle.leaf(found) if level == 0 else found

    def root(self, size: int) -> bytes:
        """Root of the tree over the first ``size`` entries."""
        return merkle.range_root(0, size, self.node)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Proof that entry ``seq`` is among the first ``size``."""
        return merkle.inclusion(seq, size, self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the first ``new`` entries begin with the first ``old``."""
        return merkle.consistency(old, new, self.node)

    def checkpoints(self) -> list[Checkpoint]:
        """All signed checkpoints, by size."""
        rows = self.store.query("SELECT body, signature FROM checkpoints ORDER BY size")
        return [Checkpoint(_bytes(body), _bytes(sign)) for body, sign in rows]

    def covers_checkpoints(self) -> None:
        """Refuse a store that has fewer entries than were signed.

        Raises:
            Broken: the last checkpoint covers more.
        """
        rows = self.store.query("SELECT MAX(size) FROM checkpoints")
        signed = rows[0][0] or 0
        if _number(signed) > self.size:
            raise Broken(
                f"journal {self.programme}: its last checkpoint covers {signed} entries and there "
                f"are {self.size}: entries were taken out. Restore it from a backup"
            )

    def sign(self, key: Key, at: str, state: bytes) -> Checkpoint:
        """Sign and keep a checkpoint over all entries; the lock must be held, nothing queued."""
        found = seal(key, self.programme, at, self.size, self.tree.root, state)
        self.store.upsert(CHECKPOINTS, [(self.size, found.body, found.signature)])
        return found
