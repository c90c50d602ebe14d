"""A store that crashes at a chosen write, before or after carrying it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tanheng.journal import Row, Store, StoreFault, Table
from tanheng.journal.store import Question


class Crashed(BaseException):
    """The writer's process is gone. Nothing that catches ordinary errors survives it."""


class Shaky:
    """A store that passes everything on, until its hour has come.

    Attributes:
        inner: the real store.
        writes: calls so far that count (begin, insert, upsert, delete, commit).
        dead: it crashed: whoever had it is gone, and it answers nothing.
        faults: commits that failed on purpose and that nobody has noticed yet.
    """

    def __init__(self, inner: Store, shared: bool) -> None:
        self.inner = inner
        self._shared = shared
        self.writes = 0
        self.dead = False
        self.faults = 0
        self._at = -1
        self._how = ""

    def arm(self, after: int, how: str) -> None:
        """Crash at a write to come: ``before`` it, ``after`` it, or ``fault`` (the commit fails or
        its answer is lost, and the process lives on)."""
        self._at, self._how = self.writes + after, how

    def disarm(self) -> None:
        """No crash any more."""
        self._at = -1

    def kill(self) -> None:
        """The process is gone: what was not committed is undone by the database."""
        self.dead = True
        if self._shared:
            self.inner.rollback()
        else:
            self.inner.close()

    def _do(self, call: str, action: Callable[[], object]) -> object:
        if self.dead:
            raise Crashed
        self.writes += 1
        if self._at < 0 or self.writes < self._at:
            return action()
        how = self._how
        if how.startswith("fault"):
            if call != "commit":
                return action()
            self._at = -1
            self.faults += 1
            if how == "fault_after":
                action()
            raise StoreFault("the connection was lost (simulated)")
        self._at = -1
        if how == "after":
            action()
        self.kill()
        raise Crashed

    def begin(self, *questions: Question) -> list[list[Row]]:
        """See :class:`tanheng.journal.Store`."""
        found = self._do("begin", lambda: self.inner.begin(*questions))
        assert isinstance(found, list)
        return found

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._do("insert", lambda: self.inner.insert(table, rows))

    def upsert(self, table: Table, rows: Sequence[Row]) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._do("upsert", lambda: self.inner.upsert(table, rows))

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._do("delete", lambda: self.inner.delete(table, keys))

    def commit(self) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._do("commit", self.inner.commit)

    def rollback(self) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._alive()
        self.inner.rollback()

    def _alive(self) -> None:
        if self.dead:
            raise Crashed

    def query(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """See :class:`tanheng.journal.Store`."""
        self._alive()
        return self.inner.query(sql, params)

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[Row]:
        """See :class:`tanheng.journal.Store`."""
        self._alive()
        return self.inner.stream(sql, params)

    def create(self, table: Table) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._alive()
        self.inner.create(table)

    def run(self, sql: str) -> None:
        """See :class:`tanheng.journal.Store`."""
        self._alive()
        self.inner.run(sql)

    def close(self) -> None:
        """Release the connection, unless others use it."""
        if not self.dead and not self._shared:
            self.inner.close()
        self.dead = True
