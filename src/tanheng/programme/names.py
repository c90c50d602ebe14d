"""Names of persons: kept beside the journal, never in it, and erased on request.

No hash covers them, so erasing one breaks no proof; the journal knows pseudonymous ids alone.
"""

from __future__ import annotations

from collections.abc import Callable

from tanheng.journal import Store, Table, migrate

NAMES = Table("names", (("person", "text"), ("name", "text"), ("contact", "text")), ("person",))


class Names:
    """The side table of a programme's store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        migrate(store, "names", ((NAMES,),))

    def put(self, person: str, name: str, contact: str = "") -> None:
        """Keep or replace what a person is called."""
        self._write(lambda: self._store.upsert(NAMES, [(person, name, contact)]))

    def erase(self, person: str) -> bool:
        """Forget a person's name; whether there was one."""
        there = bool(self._store.query("SELECT 1 FROM names WHERE person = ?", (person,)))
        self._write(lambda: self._store.delete(NAMES, [(person,)]))
        return there

    def all(self) -> dict[str, tuple[str, str]]:
        """Name and contact by person."""
        rows = self._store.query("SELECT person, name, contact FROM names ORDER BY person")
        return {str(person): (str(name), str(contact)) for person, name, contact in rows}

    def _write(self, change: Callable[[], None]) -> None:
        self._store.begin()
        try:
            change()
        except BaseException:
            self._store.rollback()
            raise
        self._store.commit()
