"""What a journal needs of a database: a small protocol, and the tables of the journal itself.

A store has one writer at a time: :meth:`Store.begin` waits for the lock of the journal, which any
process on any machine may hold, and everything until :meth:`Store.commit` is one transaction.
SQL is written with ``?`` and only in forms that both databases know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from tanheng.errors import Fault

Row = tuple[object, ...]
Question = tuple[str, Sequence[object]]
Kind = Literal["int", "text", "bytes"]


class StoreFault(Fault):
    """The database failed. If it was in a commit, the outcome is unknown until it is read again."""


class NewerLayout(Fault):
    """The store was written by a newer version of this program."""


class Table(NamedTuple):
    """A table: columns with their kinds, the key, and further indexes."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    clustered: bool = True
    """Whether rows are small and best kept in the key's order (SQLite: WITHOUT ROWID)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for name, _ in self.columns)


class Store(Protocol):
    """A database with a writer's lock."""

    def begin(self, *questions: Question) -> list[list[Row]]:
        """Wait for the writer's lock, open a transaction, answer the questions in it."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in this transaction; they may be sent as late as the commit."""

    def upsert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, or replace those with the same key; each key at most once."""

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Remove the rows with the keys."""

    def commit(self) -> None:
        """Make the transaction durable and release the lock.

        Raises:
            StoreFault: nothing is known about the outcome.
        """

    def rollback(self) -> None:
        """Forget the transaction. Also right when none is open."""

    def query(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """All rows of a question."""

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[Row]:
        """Rows of a question, a few at a time."""

    def create(self, table: Table) -> None:
        """Make the table and its indexes, in the open transaction."""

    def run(self, sql: str) -> None:
        """One statement of a migration, in the open transaction."""

    def close(self) -> None:
        """Release the connection."""


LAYOUT = Table("layout", (("component", "text"), ("version", "int")), ("component",))

ENTRIES = Table(
    "entries",
    (
        ("seq", "int"), ("at", "text"), ("act", "text"), ("header", "bytes"), ("hash", "bytes"),
        ("public_salt", "bytes"), ("public_body", "bytes"),
        ("parties_salt", "bytes"), ("parties_body", "bytes"),
        ("confidential_salt", "bytes"), ("confidential_body", "bytes"),
    ),
    ("seq",), clustered=False,
)  # fmt: skip
COMMANDS = Table(
    "commands",
    (("actor", "text"), ("id", "text"), ("digest", "bytes"), ("seq", "int")),
    ("actor", "id"),
)
HISTORY = Table("history", (("subject", "text"), ("seq", "int")), ("subject", "seq"))
NODES = Table("nodes", (("level", "int"), ("place", "int"), ("hash", "bytes")), ("level", "place"))
CHECKPOINTS = Table(
    "checkpoints", (("size", "int"), ("body", "bytes"), ("signature", "bytes")), ("size",)
)
JOURNAL = (ENTRIES, COMMANDS, HISTORY, NODES, CHECKPOINTS)

Migration = Sequence[Table | str]
MIGRATIONS: tuple[Migration, ...] = (JOURNAL,)
"""Step *n* leads from version *n* to *n* + 1: tables to make, or statements to run."""


def migrate(store: Store, component: str, steps: Sequence[Migration]) -> int:
    """Bring a component's tables to the newest version, all steps in one transaction.

    Returns the version found (0: the tables were not there).

    Raises:
        NewerLayout: the store is newer than this program; nothing is changed.
    """
    store.begin()
    try:
        store.create(LAYOUT)
        rows = store.query("SELECT version FROM layout WHERE component = ?", (component,))
        found = int(str(rows[0][0])) if rows else 0
        if found > len(steps):
            raise NewerLayout(
                f"the store's {component} has layout {found}, this program knows {len(steps)}; "
                "install the version that wrote it, or a newer one"
            )
        for step in steps[found:]:
            for part in step:
                if isinstance(part, Table):
                    store.create(part)
                else:
                    store.run(part)
        if found < len(steps):
            store.upsert(LAYOUT, [(component, len(steps))])
    except BaseException:
        store.rollback()
        raise
    store.commit()
    return found
