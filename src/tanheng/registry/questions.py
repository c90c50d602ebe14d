"""What a registry is asked: where units are and how they got there, statements, past holdings.

Answers come from the tables in the store by index, so they cost what they show, not what there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tanheng.journal import Row, Store, first_at

_MOVE = (
    "seq, n, at, act, op, kind, source, target, first, last, amount, source_balance, target_balance"
)
END = "9999"
"""After every instant."""


@dataclass(frozen=True, slots=True)
class Move:
    """A posting with what it left behind.

    Attributes:
        seq, at, act: the entry; n: the posting's place in it.
        op: ``issue``, ``move``, ``surrender``, ``cancel`` or ``reverse``.
        source: ``""`` for an issue.
        first, last: serials, both included; None for kinds without.
        amount: units.
        source_balance, target_balance: units of the kind in the accounts afterwards.
    """

    seq: int
    n: int
    at: str
    act: str
    op: str
    kind: str
    source: str
    target: str
    first: int | None
    last: int | None
    amount: int
    source_balance: int | None
    target_balance: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run of units is: account, restriction (year, 0: none), whether frozen."""

    kind: str
    first: int
    last: int
    account: str
    restriction: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where units are, and every move of any of them, oldest first."""

    places: tuple[Place, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """An account between two instants: ``opening`` and ``closing`` units by kind, and the moves."""

    account: str
    since: str
    until: str
    opening: Mapping[str, int]
    moves: tuple[Move, ...]
    closing: Mapping[str, int]


def _move(row: Row) -> Move:
    return Move(*row)  # type: ignore[arg-type]


def where(store: Store, kind: str, first: int, last: int) -> Provenance:
    """Where the units ``first..last`` are and how they got there.

    A move's range is at most ``2^level`` long, so for each level the moves that can touch the
    asked range start in a span of known width: one index range per level, not a scan.
    """
    places = tuple(
        Place(kind, max(int(str(low)), first), min(int(str(high)), last), str(account),
              int(str(mark)), bool(frozen))
        for low, high, account, mark, frozen in store.query(
            'SELECT first, last, account, restriction, frozen FROM blocks WHERE kind = ? '
            "AND first <= ? AND first >= COALESCE((SELECT MAX(first) FROM blocks WHERE kind = ? "
            "AND first <= ?), 0) ORDER BY first",
            (kind, last, kind, first),
        )
        if int(str(high)) >= first
    )  # fmt: skip
    moves: list[Move] = []
    top = store.query("SELECT MAX(level) FROM moves WHERE kind = ?", (kind,))[0][0]
    for level in range(int(str(top)) + 1 if top is not None else 0):
        moves += map(_move, store.query(
            f"SELECT {_MOVE} FROM moves WHERE kind = ? AND level = ? AND first > ? "
            "AND first <= ? AND last >= ?",
            (kind, level, first - (1 << level), last, first),
        ))  # fmt: skip
    moves.sort(key=lambda move: (move.seq, move.n))
    return Provenance(places, tuple(moves))


def statement(store: Store, account: str, since: str = "", until: str = END) -> Statement:
    """An account's statement over instants ``[since, until)``, naming blocks."""
    start, end = first_at(store, since), first_at(store, until)
    kinds = _kinds(store, account)
    moves = [
        _move(row)
        for side in ("source", "target")
        for kind in kinds
        for row in store.query(
            f"SELECT {_MOVE} FROM moves WHERE {side} = ? AND kind = ? AND seq >= ? AND seq < ?",
            (account, kind, start, end),
        )
    ]
    moves.sort(key=lambda move: (move.seq, move.n))
    return Statement(
        account, since, until,
        {kind: n for kind in kinds if (n := _balance(store, account, kind, start))},
        tuple(moves),
        {kind: n for kind in kinds if (n := _balance(store, account, kind, end))},
    )  # fmt: skip


def _kinds(store: Store, account: str) -> list[str]:
    rows = store.query("SELECT kind FROM holdings WHERE account = ? ORDER BY kind", (account,))
    return [str(row[0]) for row in rows]


def _balance(store: Store, account: str, kind: str, end: int) -> int:
    """Units an account had of a kind before entry ``end``."""
    last = (-1, -1, 0)
    for side in ("source", "target"):
        rows = store.query(
            f"SELECT seq, n, {side}_balance FROM moves WHERE {side} = ? AND kind = ? AND seq < ? "
            "ORDER BY seq DESC, n DESC LIMIT 1",
            (account, kind, end),
        )
        if rows:
            seq, n, left = rows[0]
            last = max(last, (int(str(seq)), int(str(n)), int(str(left))))
    return last[2]


def balance(store: Store, account: str, kind: str, before: str = END) -> int:
    """Units an account had of a kind just before an instant."""
    return _balance(store, account, kind, first_at(store, before))


def holdings(store: Store, before: str = END) -> Iterator[tuple[str, str, str, str, int]]:
    """Units just before an instant: account, type, holder, kind, total; nothing is left out but
    what is zero."""
    end = first_at(store, before)
    rows = store.query(
        "SELECT a.account, a.type, a.holder, h.kind FROM holdings h "
        "JOIN accounts a ON a.account = h.account ORDER BY a.account, h.kind"
    )
    for account, kind_of, holder, kind in rows:
        total = _balance(store, str(account), str(kind), end)
        if total:
            yield str(account), str(kind_of), str(holder), str(kind), total


def holdings_by_type(store: Store, before: str = END) -> dict[tuple[str, str], int]:
    """Units by (kind, account type) just before an instant."""
    found: dict[tuple[str, str], int] = {}
    for _, kind_of, _, kind, total in holdings(store, before):
        found[kind, kind_of] = found.get((kind, kind_of), 0) + total
    return found
