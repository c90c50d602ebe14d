"""Units that only pass through an account."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import HOUR, Moved, Seen, decimal, entries, merged, reaches, span


@dataclass(slots=True)
class _Lot:
    """Units that came: how many, how many of them are left, by which entries."""

    when: int
    came: int
    left: int
    entries: list[int] = field(default_factory=list)


def transits(seen: Seen, limits: Limits) -> list[Alert]:
    """An account out of which most of what came goes again within the window.

    What goes out is taken from what came first and is not older than the window; units that lay
    there before are never counted as passed. Measure: passed, of all that came in the window.
    """
    by: dict[tuple[str, str], list[Moved]] = {}
    for move in seen.moves:
        by.setdefault((move.row.account, move.row.kind), []).append(move)
    found: list[tuple[Hashable, Alert]] = []
    for key, moves in by.items():
        found += [(key, alert) for alert in _transit(key, moves, limits)]
    return merged(found)


def _transit(key: tuple[str, str], moves: Sequence[Moved], limits: Limits) -> list[Alert]:
    """Alerts of one account and kind, one for each outgoing move that reaches the limits."""
    hours, share, least = limits.needed("transit_hours", "transit_share", "transit_amount")
    account, kind = key
    window = span(hours, HOUR)
    lots: deque[_Lot] = deque()
    came = passed = 0
    found = []
    for move in moves:
        while lots and lots[0].when < move.when - window:
            old = lots.popleft()
            came, passed = came - old.came, passed - (old.came - old.left)
        if move.row.came:
            lots.append(_Lot(move.when, move.row.came, move.row.came, [move.row.seq]))
            came += move.row.came
        taken = _take(lots, move)
        passed += taken
        if taken and came >= least and reaches(passed, came, share):
            behind = entries(seq for lot in lots for seq in lot.entries)
            found.append(Alert(
                "transit", move.day, kind, (), (account,), decimal(Fraction(passed, came)), share,
                behind, (("came", str(came)), ("went", str(passed))),
            ))  # fmt: skip
    return found


def _take(lots: deque[_Lot], move: Moved) -> int:
    """Take what went out from the oldest lots; returns how much of it they had."""
    wanted = move.row.went
    for lot in lots:
        if not wanted:
            break
        part = min(lot.left, wanted)
        if part:
            lot.left -= part
            wanted -= part
            lot.entries.append(move.row.seq)
    return move.row.went - wanted
