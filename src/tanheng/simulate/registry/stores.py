"""Where the databases of a run are: in memory, in files, in PostgreSQL schemas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tanheng.journal import Store
from tanheng.journal.postgres import PostgresStore
from tanheng.journal.sqlite import SQLiteStore


class Place(Protocol):
    """Opens connections to the database of an episode, and drops it when the episode is over."""

    def open(self, episode: int, writer: int) -> Store:
        """A connection for a writer; memory gives all writers the same one."""

    def drop(self, episode: int) -> None:
        """Remove the episode's database; its connections are closed."""


class Memory:
    """One database in memory per episode, shared by all its writers."""

    def __init__(self) -> None:
        self._open: dict[int, SQLiteStore] = {}

    def open(self, episode: int, writer: int) -> Store:
        """The episode's connection."""
        if episode not in self._open:
            self._open[episode] = SQLiteStore(None)
        return self._open[episode]

    def drop(self, episode: int) -> None:
        """Forget the episode."""
        found = self._open.pop(episode, None)
        if found is not None:
            found.close()


class Files:
    """One SQLite file per episode in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, episode: int) -> Path:
        return self.folder / f"episode-{episode}.sqlite"

    def open(self, episode: int, writer: int) -> Store:
        """A connection to the episode's file."""
        return SQLiteStore(self._path(episode))

    def drop(self, episode: int) -> None:
        """Remove the file."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path(episode)}{suffix}").unlink(missing_ok=True)


class Schemas:
    """One schema per episode in a PostgreSQL database."""

    def __init__(self, url: str, prefix: str = "simulation") -> None:
        self.url, self.prefix = url, prefix

    def open(self, episode: int, writer: int) -> Store:
        """A connection to the episode's schema."""
        return PostgresStore(self.url, f"{self.prefix}_{episode}")

    def drop(self, episode: int) -> None:
        """Remove the schema."""
        store = PostgresStore(self.url, f"{self.prefix}_{episode}")
        try:
            store.run(f'DROP SCHEMA "{store.schema}" CASCADE')
        finally:
            store.close()


def place_of(store: str, folder: Path | None = None, url: str = "") -> Place:
    """The place a command line names: ``memory``, ``sqlite`` (in a folder) or ``postgres``.

    Raises:
        ValueError: another name, or what it needs is missing.
    """
    known: dict[str, Callable[[], Place]] = {"memory": Memory}
    if folder is not None:
        known["sqlite"] = lambda: Files(folder)
    if url:
        known["postgres"] = lambda: Schemas(url)
    if store not in known:
        raise ValueError(f"store {store!r}: one of {', '.join(known)}")
    return known[store]()
