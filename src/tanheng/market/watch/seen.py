"""Rows made ready once for all alerts: sorted, with instants as numbers and the parties behind."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tanheng.market.watch.rows import Alert, DayRow, MoveRow, OrderRow, TradeRow

Series = tuple[str, str]
"""Instrument and segment."""
MINUTE = 60_000_000
HOUR = 60 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACES = 12


@dataclass(frozen=True, slots=True)
class Deal:
    """A trade with its instant in microseconds, its trading day and the parties."""

    row: TradeRow
    when: int
    day: str
    buyer: str
    seller: str

    def party(self, side: str) -> str:
        """Who bought (``buy``) or sold (``sell``)."""
        return self.buyer if side == "buy" else self.seller

    def account(self, side: str) -> str:
        """The account that bought or sold."""
        return self.row.buyer if side == "buy" else self.row.seller


@dataclass(frozen=True, slots=True)
class Placed:
    """An order with its instant in microseconds, its trading day and the party."""

    row: OrderRow
    when: int
    day: str
    party: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A move with its instant in microseconds and its trading day."""

    row: MoveRow
    when: int
    day: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All rows, each list by time and entry; ``days``: by series, by the close."""

    deals: tuple[Deal, ...]
    series: Mapping[Series, Sequence[Deal]]
    orders: tuple[Placed, ...]
    moves: tuple[Moved, ...]
    days: Mapping[Series, Sequence[DayRow]]


def micros(at: str) -> int:
    """An instant in microseconds since 1970."""
    return (datetime.fromisoformat(at) - _EPOCH) // _MICROSECOND


def span(number: Decimal, unit: int) -> int:
    """A length of time in microseconds, rounded down."""
    return int(number * unit)


class _Calendar:
    """The trading day of an instant: the one that closes next; after the last, the UTC date."""

    def __init__(self, days: Sequence[DayRow]) -> None:
        rows = sorted({(row.closes_at, row.day) for row in days})
        self._closes = [closes for closes, _ in rows]
        self._days = [day for _, day in rows]

    def day(self, at: str) -> str:
        """Instants of one format sort as their texts do."""
        found = bisect_left(self._closes, at)
        return self._days[found] if found < len(self._days) else at[:10]


def see(
    trades: Sequence[TradeRow], orders: Sequence[OrderRow], moves: Sequence[MoveRow],
    days: Sequence[DayRow], groups: Mapping[str, str],
) -> Seen:  # fmt: skip
    """Sort the rows and name the party behind each: the holder's group, or the holder."""
    calendar = _Calendar(days)
    deals = tuple(
        Deal(
            row, micros(row.at), calendar.day(row.at),
            groups.get(row.buyer_holder, row.buyer_holder),
            groups.get(row.seller_holder, row.seller_holder),
        )
        for row in sorted(trades, key=lambda row: (row.at, row.seq, row.trade))
    )  # fmt: skip
    series: dict[Series, list[Deal]] = {}
    for deal in deals:
        series.setdefault((deal.row.instrument, deal.row.segment), []).append(deal)
    placed = tuple(
        Placed(row, micros(row.at), calendar.day(row.at), groups.get(row.holder, row.holder))
        for row in sorted(orders, key=lambda row: (row.at, row.seq, row.order))
    )
    moved = tuple(
        Moved(row, micros(row.at), calendar.day(row.at))
        for row in sorted(moves, key=lambda m: (m.at, m.seq, m.account, m.kind, m.came, m.went))
    )
    by_series: dict[Series, list[DayRow]] = {}
    for row in sorted(days, key=lambda row: (row.closes_at, row.day)):
        by_series.setdefault((row.instrument, row.segment), []).append(row)
    return Seen(deals, series, placed, moved, by_series)


def reaches(part: int | Fraction, whole: int | Fraction, limit: Decimal) -> bool:
    """Whether ``part / whole`` is at least the limit, without rounding."""
    above, below = limit.as_integer_ratio()
    return part * below >= above * whole


def decimal(number: int | Fraction) -> Decimal:
    """A number to 12 places, the most a pack's number has, so that order to a limit is kept.

    >>> decimal(Fraction(2, 3))
    Decimal('0.666666666667')
    """
    text = format(Decimal(f"{round(number * 10**_PLACES)}E-{_PLACES}"), "f")
    return Decimal(text.rstrip("0").rstrip("."))


def entries(numbers: Iterable[int]) -> tuple[int, ...]:
    """Entry numbers, each once, ascending; 0 is none."""
    return tuple(sorted({number for number in numbers if number}))


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names, each once, sorted."""
    return tuple(sorted(set(texts)))


def strongest_first(alert: Alert) -> tuple[object, ...]:
    """Sorts the strongest alert first, and equal ones always the same way."""
    return (-alert.measure, alert.day, alert.entries, alert.accounts, alert.text)


def merged(found: Iterable[tuple[Hashable, Alert]]) -> list[Alert]:
    """Alerts of one key that share an entry become one: a window that moves on is no new alert.

    The strongest of them speaks; days: the last one's; accounts and entries: all.
    """
    groups: dict[int, list[Alert]] = {}
    owner: dict[tuple[Hashable, int], int] = {}
    for number, (key, alert) in enumerate(found):
        group = [alert]
        touched = {owner[key, entry] for entry in alert.entries if (key, entry) in owner}
        # The largest group stays where it is, so that each entry moves few times.
        home = max(touched, key=lambda at: (len(groups[at]), -at), default=number)
        for other in touched - {home}:
            moved = groups.pop(other)
            group += moved
            owner.update({(key, entry): home for old in moved for entry in old.entries})
        owner.update({(key, entry): home for entry in alert.entries})
        groups.setdefault(home, []).extend(group)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[Alert]) -> Alert:
    """One alert of several."""
    if len(group) == 1:
        return group[0]
    return replace(
        min(group, key=strongest_first),
        day=max(alert.day for alert in group),
        accounts=names(account for alert in group for account in alert.accounts),
        entries=entries(entry for alert in group for entry in alert.entries),
    )
