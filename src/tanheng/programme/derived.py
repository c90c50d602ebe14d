"""The derived tables of a programme: made anew from the journal, and compared with it."""

from __future__ import annotations

from tanheng.compliance import tables as compliance
from tanheng.journal import Journal, Row, Store, Table
from tanheng.journal.store import LAYOUT
from tanheng.market import tables as market
from tanheng.programme.body import events_in
from tanheng.programme.state import State
from tanheng.registry import tables
from tanheng.registry.state import Registry

VERSION = 3
"""Of the layout of all derived tables together; another one in a store is dropped and built again."""
_TABLES = (*tables.TABLES, *compliance.TABLES, *market.TABLES)
_PIECE = 5000
"""Entries whose rows are written together."""


def version(store: Store) -> int:
    """The layout of the tables in the store; 0: they are not there."""
    rows = store.query("SELECT version FROM layout WHERE component = 'registry'")
    return int(str(rows[0][0])) if rows else 0


def create(store: Store) -> None:
    """Make the tables, empty, in the open transaction."""
    for table in _TABLES:
        store.create(table)
    store.upsert(LAYOUT, [("registry", VERSION)])


def rebuild(store: Store, journal: Journal) -> None:
    """Drop the tables and fill them from the journal, in the open transaction."""
    for table in _TABLES:
        store.run(f"DROP TABLE IF EXISTS {table.name}")
    create(store)
    replayed = State(registry=Registry(track=True))
    for start in range(0, journal.size, _PIECE):
        for seq, at, act, bodies in list(journal.bodies(start, start + _PIECE)):
            replayed.apply(events_in(seq, bodies), seq, at, act)
        write(store, replayed)


def write(store: Store, state: State) -> None:
    """Bring all tables up to the state, in the open transaction."""
    tables.write(store, state.registry, state.registry.drain())
    compliance.write(store, state.compliance)
    market.write(store, state.market)


def differences(store: Store, journal: Journal, state: State) -> list[str]:
    """What the live tables and the state in memory have otherwise than a fresh replay."""
    replayed = State(registry=Registry(track=True))
    wanted: dict[str, set[Row]] = {"moves": set(), "notices": set()}
    traded = market.Replayed()
    for seq, at, act, bodies in journal.bodies(0, journal.size):
        replayed.apply(events_in(seq, bodies), seq, at, act)
        changes = replayed.registry.drain()
        wanted["moves"].update(changes.moves)
        wanted["notices"].update(tables.notice(*event) for event in changes.events)
        traded.take(replayed.market)
    wanted |= tables.current(replayed.registry) | compliance.current(replayed.compliance)
    wanted |= traded.all()
    faults = []
    if replayed.hash() != state.hash():
        faults.append("the state in memory is not the one that a replay reaches")
    for table in _TABLES:
        faults += _compared(store, table, wanted[table.name])
    return faults


def _compared(store: Store, table: Table, wanted: set[Row]) -> list[str]:
    rows = store.query(f"SELECT {', '.join(table.names)} FROM {table.name}")
    found = {tuple(row) for row in rows}
    return [
        f"table {table.name}: {what} {row}"
        for what, some in (("lacks", wanted - found), ("has besides", found - wanted))
        for row in sorted(some, key=repr)[:5]
    ]
