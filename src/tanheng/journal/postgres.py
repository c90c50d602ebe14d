"""The journal in PostgreSQL: one schema per programme, an advisory lock for its writer.

A transaction costs two round trips: one opens it, waits for the lock and asks; one sends all rows
as one statement, however many there are, and commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from tanheng.errors import Fault
from tanheng.journal.store import Question, Row, StoreFault, Table

if TYPE_CHECKING:
    import psycopg

_MOST = 12
"""Statements sent as one."""
_COPIED = 100
"""From so many rows on, a copy of its own is quicker."""
_COPY_TYPES = {"int": "int8", "text": "text", "bytes": "bytea"}
_TYPES = {"int": "bigint", "text": 'text COLLATE "C"', "bytes": "bytea"}
_ARRAYS = {"int": "bigint[]", "text": "text[]", "bytes": "bytea[]"}


class _Missing(Fault):
    """The driver is not installed."""


def _driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise _Missing(
            "a journal in PostgreSQL needs the driver psycopg: pip install 'tanheng[postgres]'"
        ) from error


@cache
def _unnest(columns: tuple[tuple[str, str], ...]) -> str:
    return f"unnest({', '.join(f'%b::{_ARRAYS[kind]}' for _, kind in columns)})"


@cache
def _insert(table: Table) -> str:
    return f"INSERT INTO {table.name} ({', '.join(table.names)}) SELECT * FROM {_unnest(table.columns)}"


@cache
def _upsert(table: Table) -> str:
    rest = [name for name in table.names if name not in table.key]
    sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
    then = f"UPDATE SET {sets}" if rest else "NOTHING"
    return f"{_insert(table)} ON CONFLICT ({', '.join(table.key)}) DO {then}"


def _keys(table: Table) -> tuple[tuple[str, str], ...]:
    kinds = dict(table.columns)
    return tuple((name, kinds[name]) for name in table.key)


@cache
def _delete(table: Table) -> str:
    key = ", ".join(table.key)
    return f"DELETE FROM {table.name} WHERE ({key}) IN (SELECT * FROM {_unnest(_keys(table))})"


@cache
def _together(statements: tuple[str, ...]) -> str:
    """One statement that does them all; none may need what another one does."""
    *before, last = statements
    parts = ", ".join(f"step{n} AS ({sql})" for n, sql in enumerate(before))
    return f"WITH {parts} {last}" if before else last


@cache
def _marks(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresStore:
    """A journal's tables in the schema ``schema`` of the database at ``url``."""

    def __init__(self, url: str, schema: str) -> None:
        _driver()
        import psycopg

        self._error = psycopg.Error
        self._client = psycopg.ClientCursor
        self.schema = schema
        self._lock = int.from_bytes(hashlib.sha256(schema.encode()).digest()[:8], signed=True)
        self._queue: list[tuple[str, Sequence[object]]] = []
        try:
            self._db: psycopg.Connection[Row] = psycopg.connect(
                url, autocommit=True, prepare_threshold=1
            )
            self._db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            self._db.execute(f'SET search_path TO "{schema}"')
        except psycopg.Error as error:
            raise StoreFault(f"the database cannot be opened: {error}") from error

    def _fault(self, error: Exception) -> StoreFault:
        return StoreFault(f"PostgreSQL, schema {self.schema}: {error}")

    def begin(self, *questions: Question) -> list[list[Row]]:
        """Wait for the writer's lock, open a transaction, answer the questions in it."""
        self._queue.clear()
        # One message with several statements: each sees what was committed before it began, so
        # the questions see what the last holder of the lock wrote.
        lock = f"BEGIN; SELECT pg_advisory_xact_lock({self._lock})"
        sql = "; ".join([lock, *(_marks(text) for text, _ in questions)])
        try:
            cursor = self._client(self._db).execute(sql, [p for _, some in questions for p in some])
            cursor.nextset()
            answers: list[list[Row]] = []
            for _ in questions:
                cursor.nextset()
                answers.append(cursor.fetchall())
        except self._error as error:
            raise self._fault(error) from error
        return answers

    def _rows(self, sql: str, rows: Sequence[Row]) -> None:
        if rows:
            if len(self._queue) == _MOST or any(sql == queued for queued, _ in self._queue):
                # A second statement on the same rows must see what the first one did.
                self._send()
            self._queue.append((sql, [list(column) for column in zip(*rows, strict=True)]))

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in this transaction; a few are sent with the next question or the commit."""
        if len(rows) < _COPIED:
            self._rows(_insert(table), rows)
            return
        sql = f"COPY {table.name} ({', '.join(table.names)}) FROM STDIN (FORMAT BINARY)"
        try:
            with self._db.cursor() as cursor, cursor.copy(sql) as copy:
                copy.set_types([_COPY_TYPES[kind] for _, kind in table.columns])
                for row in rows:
                    copy.write_row(row)
        except self._error as error:
            raise self._fault(error) from error

    def upsert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, or replace those with the same key; each key at most once."""
        self._rows(_upsert(table), rows)

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Remove the rows with the keys."""
        self._rows(_delete(table), keys)

    def _send(self, *last: str) -> None:
        """All that is queued as one statement, and then the last ones, in one round trip."""
        queue, self._queue = self._queue, []
        try:
            with self._db.pipeline():
                if queue:
                    params = [column for _, columns in queue for column in columns]
                    self._db.execute(_together(tuple(sql for sql, _ in queue)), params)
                for sql in last:
                    self._db.execute(sql)
        except self._error as error:
            raise self._fault(error) from error

    def commit(self) -> None:
        """Send what is queued and make the transaction durable."""
        self._send("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if one is open."""
        self._queue.clear()
        try:
            self._db.rollback()
        except self._error as error:
            raise self._fault(error) from error

    def query(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """All rows of a question."""
        try:
            if self._queue:
                self._send()
            return self._db.execute(_marks(sql), params).fetchall()
        except self._error as error:
            raise self._fault(error) from error

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[Row]:
        """Rows of a question, ten thousand at a time."""
        try:
            if self._queue:
                self._send()
            with self._db.transaction(), self._db.cursor(name="stream") as cursor:
                cursor.itersize = 10_000
                yield from cursor.execute(_marks(sql), params)
        except self._error as error:
            raise self._fault(error) from error

    def create(self, table: Table) -> None:
        """Make the table and its indexes."""
        columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in table.columns)
        key = ", ".join(table.key)
        self.run(f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}, PRIMARY KEY ({key}))")
        for index in table.indexes:
            name = f"{table.name}_{'_'.join(index)}"
            self.run(f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({', '.join(index)})")

    def run(self, sql: str) -> None:
        """One statement of a migration."""
        try:
            if self._queue:
                self._send()
            self._db.execute(sql)
        except self._error as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """Release the connection."""
        self._db.close()
