"""The journal in one file: SQLite in WAL mode with synchronous FULL, or in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tanheng.journal.store import Question, Row, StoreFault, Table

_TYPES = {"int": "INTEGER", "text": "TEXT", "bytes": "BLOB"}
WAIT_S = 60.0
"""How long a writer waits for another one's transaction, in seconds."""


@cache
def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.columns))
    return f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({marks})"


@cache
def _upsert(table: Table) -> str:
    rest = [name for name in table.names if name not in table.key]
    sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
    then = f"UPDATE SET {sets}" if rest else "NOTHING"
    return f"{_insert(table)} ON CONFLICT ({', '.join(table.key)}) DO {then}"


@cache
def _delete(table: Table) -> str:
    return f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = ?' for name in table.key)}"


class SQLiteStore:
    """A journal's database in a file. ``path`` None: in memory, lost with the process."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=WAIT_S, isolation_level=None, check_same_thread=False,
                cached_statements=256,
            )  # fmt: skip
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA cache_size = -65536")
        except sqlite3.Error as error:
            raise StoreFault(f"{path} cannot be opened as a journal: {error}") from error

    def _do(self, sql: str, params: Sequence[object] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, params)
        except sqlite3.Error as error:
            raise StoreFault(f"{self.path or 'journal in memory'}: {error}") from error

    def _many(self, sql: str, rows: Sequence[Row]) -> None:
        try:
            self._db.executemany(sql, rows)
        except sqlite3.Error as error:
            raise StoreFault(f"{self.path or 'journal in memory'}: {error}") from error

    def begin(self, *questions: Question) -> list[list[Row]]:
        """Wait for the writer's lock, open a transaction, answer the questions in it."""
        self._do("BEGIN IMMEDIATE")
        return [self._do(sql, params).fetchall() for sql, params in questions]

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in this transaction."""
        self._many(_insert(table), rows)

    def upsert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, or replace those with the same key."""
        self._many(_upsert(table), rows)

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Remove the rows with the keys."""
        self._many(_delete(table), keys)

    def commit(self) -> None:
        """Make the transaction durable."""
        self._do("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if one is open."""
        if self._db.in_transaction:
            self._do("ROLLBACK")

    def query(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """All rows of a question."""
        return self._do(sql, params).fetchall()

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[Row]:
        """Rows of a question, one after the other."""
        yield from self._do(sql, params)

    def create(self, table: Table) -> None:
        """Make the table and its indexes."""
        columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in table.columns)
        rowid = " WITHOUT ROWID" if table.clustered else ""
        key = ", ".join(table.key)
        self._do(f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}, PRIMARY KEY ({key})){rowid}")
        for index in table.indexes:
            name = f"{table.name}_{'_'.join(index)}"
            self._do(f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({', '.join(index)})")

    def run(self, sql: str) -> None:
        """One statement of a migration."""
        self._do(sql)

    def copy_to(self, path: Path) -> None:
        """A whole, consistent copy, while others may write.

        Raises:
            StoreFault: this connection has a transaction open, for whose end the copy would wait.
        """
        if self._db.in_transaction:
            raise StoreFault(f"{self.path}: a copy cannot be made inside a transaction")
        with sqlite3.connect(path) as target:
            self._db.backup(target)
        target.close()

    def close(self) -> None:
        """Release the file."""
        self._db.close()
