"""The registry as plain tables: what pages, exports and analysts query with SQL.

All of it follows from the journal and can be rebuilt at any time. Rows are written in the
transaction of the entries that change them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tanheng.journal import Row, Store, Table
from tanheng.registry import model as m
from tanheng.registry.state import Changes, Registry

ACCOUNTS = Table(
    "accounts",
    (("account", "text"), ("type", "text"), ("holder", "text"), ("status", "text"),
     ("own_limit", "int")),
    ("account",),
)  # fmt: skip
REPRESENTATIVES = Table(
    "representatives",
    (("account", "text"), ("person", "text"), ("rights", "text")), ("account", "person"),
)  # fmt: skip
TRUSTED = Table(
    "trusted",
    (("account", "text"), ("target", "text"), ("effective", "text")), ("account", "target"),
)  # fmt: skip
HOLDINGS = Table(
    "holdings",
    (("account", "text"), ("kind", "text"), ("total", "int"), ("held", "int"),
     ("restricted", "int"), ("frozen", "int")),
    ("account", "kind"),
)  # fmt: skip
BLOCKS = Table(
    "blocks",
    (("kind", "text"), ("first", "int"), ("last", "int"), ("account", "text"),
     ("restriction", "int"), ("frozen", "int")),
    ("kind", "first"),
)  # fmt: skip
TOTALS = Table(
    "totals",
    (("kind", "text"), ("issued", "int"), ("surrendered", "int"), ("cancelled", "int")),
    ("kind",),
)  # fmt: skip
HOLDS = Table(
    "holds",
    (("hold", "text"), ("account", "text"), ("kind", "text"), ("amount", "int"),
     ("reason", "text"), ("until", "text"), ("beneficiary", "text"), ("pending", "text")),
    ("hold",),
)  # fmt: skip
PENDING = Table(
    "pending",
    (("pending", "text"), ("act", "text"), ("account", "text"), ("initiator", "text"),
     ("approver", "text"), ("expires", "text"), ("due", "text")),
    ("pending",),
)  # fmt: skip
MOVES = Table(
    "moves",
    (("seq", "int"), ("n", "int"), ("at", "text"), ("act", "text"), ("op", "text"),
     ("kind", "text"), ("source", "text"), ("target", "text"), ("first", "int"), ("last", "int"),
     ("amount", "int"), ("source_balance", "int"), ("target_balance", "int"), ("level", "int")),
    ("seq", "n"),
    (("kind", "level", "first"), ("source", "kind", "seq", "n"), ("target", "kind", "seq", "n")),
    clustered=False,
)  # fmt: skip
NOTICES = Table(
    "notices",
    (("seq", "int"), ("n", "int"), ("at", "text"), ("event", "text"), ("subject", "text"),
     ("how", "text"), ("kind", "text"), ("amount", "int"), ("reason", "text")),
    ("seq", "n"), (("subject", "seq"),),
)  # fmt: skip
"""Alarms, imports and the ends of holds and pending commands."""

TABLES = (
    ACCOUNTS, REPRESENTATIVES, TRUSTED, HOLDINGS, BLOCKS, TOTALS, HOLDS, PENDING, MOVES, NOTICES,
)  # fmt: skip


def write(store: Store, state: Registry, changes: Changes) -> None:
    """Bring the tables up to the state, in the open transaction."""
    content = state.content
    if changes.accounts:
        _accounts(store, state, changes)
    if changes.balances:
        store.upsert(HOLDINGS, [
            (account, kind, b.total, b.held, b.restricted, b.frozen)
            for account, kind in changes.balances
            if (b := content.accounts[account].balances.get(kind)) is not None
        ])  # fmt: skip
    if changes.blocks:
        gone: list[Row] = [key for key, block in changes.blocks.items() if block is None]
        there: list[Row] = [
            (kind, first, found[1][1], found[0], found[1][2], found[1][3])
            for (kind, first), found in changes.blocks.items()
            if found is not None
        ]
        if gone:
            store.delete(BLOCKS, gone)
        if there:
            store.upsert(BLOCKS, there)
    if changes.totals:
        store.upsert(TOTALS, [_totals(state, kind) for kind in changes.totals])
    if changes.holds:
        _keyed(store, HOLDS, changes.holds, {
            name: _hold(content.holds[name]) for name in changes.holds if name in content.holds
        })  # fmt: skip
    if changes.pending:
        _keyed(store, PENDING, changes.pending, {
            name: _waiting(content.pending[name])
            for name in changes.pending if name in content.pending
        })  # fmt: skip
    if changes.moves:
        store.insert(MOVES, changes.moves)
    if changes.events:
        store.insert(NOTICES, [notice(*event) for event in changes.events])


def _keyed(store: Store, table: Table, names: set[str], rows: dict[str, Row]) -> None:
    gone: list[Row] = [(name,) for name in names if name not in rows]
    if gone:
        store.delete(table, gone)
    if rows:
        store.upsert(table, list(rows.values()))


def _accounts(store: Store, state: Registry, changes: Changes) -> None:
    found = [state.content.accounts[name] for name in changes.accounts]
    store.upsert(ACCOUNTS, [_account(account) for account in found])
    for table, rows in ((REPRESENTATIVES, _people), (TRUSTED, _trusted)):
        for account in found:
            old = store.query(
                f"SELECT {', '.join(table.key)} FROM {table.name} WHERE account = ?", (account.id,)
            )
            new = list(rows(account))
            kept = {row[: len(table.key)] for row in new}
            gone = [key for key in old if tuple(key) not in kept]
            if gone:
                store.delete(table, gone)
            if new:
                store.upsert(table, new)


def _account(account: m.Account) -> Row:
    return (account.id, account.type, account.holder, account.status, account.limit)


def _people(account: m.Account) -> Iterator[Row]:
    for person, rights in sorted(account.representatives.items()):
        yield (account.id, person, " ".join(rights))


def _trusted(account: m.Account) -> Iterator[Row]:
    for target, effective in sorted(account.trusted.items()):
        yield (account.id, target, effective)


def _totals(state: Registry, kind: str) -> Row:
    totals = state.content.totals[kind]
    return (kind, totals.issued, totals.surrendered, totals.cancelled)


def _hold(hold: m.Hold) -> Row:
    return (
        hold.id, hold.account, hold.kind, hold.amount, hold.reason, hold.until, hold.beneficiary,
        hold.pending,
    )  # fmt: skip


def _waiting(found: m.Pending) -> Row:
    return (
        found.id, found.act, found.account, found.initiator, found.approver, found.expires,
        found.due,
    )  # fmt: skip


def notice(seq: int, n: int, at: str, event: m.Event) -> Row:
    """The row of an alarm, an import, or an end of something."""
    name = str(event.__struct_config__.tag).split("/")[0]
    subject = how = kind = reason = ""
    amount = None
    match event:
        case m.Alarm():
            subject, how, kind, amount = event.account, event.alarm, event.kind, event.amount
        case m.Imported():
            subject = f"{event.origin}:{event.external_first}..{event.external_last}"
            kind, amount = event.kind, event.external_last - event.external_first + 1
        case m.Settled():
            subject, how, reason = event.pending, event.how, event.reason
        case m.HoldEnded():
            subject, how, reason = event.hold, event.how, event.reason
        case m.HolderChecked():
            subject, how = event.holder, "passed" if event.passed else "failed"
        case m.UnitsImported():
            subject, kind, amount = f"{event.programme}:{event.export}", event.kind, event.amount
        case _:
            raise ValueError(f"{name} has no row")
    return (seq, n, at, name, subject, how, kind, amount, reason)


def current(state: Registry) -> dict[str, set[Row]]:
    """The rows that follow from the state alone, by table: all but ``moves`` and ``notices``."""
    found: dict[str, set[Row]] = {table.name: set() for table in TABLES[:-2]}
    for account in state.content.accounts.values():
        found["accounts"].add(_account(account))
        found["representatives"].update(_people(account))
        found["trusted"].update(_trusted(account))
        for kind, b in account.balances.items():
            found["holdings"].add((account.id, kind, b.total, b.held, b.restricted, b.frozen))
            for first, last, restriction, frozen in b.blocks:
                found["blocks"].add((kind, first, last, account.id, restriction, frozen))
    found["totals"].update(_totals(state, kind) for kind in state.content.totals)
    found["holds"].update(_hold(hold) for hold in state.content.holds.values())
    found["pending"].update(_waiting(pending) for pending in state.content.pending.values())
    return found
