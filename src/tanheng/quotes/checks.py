"""What is odd in a daily series: located findings, and how often the days go beyond a band.

Nothing is mended. A finding says what stands there; the bars stay as they are. All findings of this
module are notices: a market may well publish a mean as close, or trade on a Saturday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tanheng.errors import Finding
from tanheng.quotes.bars import Bar, Series, rounded

TICK = Decimal("0.01")
"""The step of prices that a band's ends are rounded to."""
_SATURDAY = 5
_TELLING = 20
"""Pairs of days from which on columns are compared."""


def check_series(
    series: Series, table: str, rows: Sequence[int | None], band: Decimal | None = None
) -> tuple[Finding, ...]:
    """The oddities of a series, day by day.

    Args:
        table, rows: where its bars stand; a row per bar.
        band: largest move from the close before, as a share of it (0.10); None: not checked. Its
            ends are rounded half up to the tick of 0.01, the loosest of the usual rules, so a close
            at a limit is not found.

    Returns:
        Findings of the codes quote_close_outside, quote_open_outside, quote_swapped,
        quote_mean_outside, quote_zero_price, quote_no_close, quote_no_turnover, quote_no_volume,
        quote_moved_untraded, quote_weekend, quote_band; and of the whole series
        quote_close_is_before, quote_open_is_before.
    """
    found = list(_columns(series, table))
    before: Decimal | None = None
    for bar, row in zip(series.bars, rows, strict=True):
        places = (table, row)
        found += _prices(bar, *places)
        found += _sums(bar, *places)
        found += _moves(bar, before, band, *places)
        before = bar.close or before
    return tuple(found)


def _columns(series: Series, table: str) -> Iterator[Finding]:
    """Columns that hold a price of the day before: some tables call the close before “close”, or
    “open”. Days whose open and close are the same tell nothing."""
    pairs = [(one, other) for one, other in pairwise(series.bars)
             if None not in (one.open, one.close, other.open, other.close)]  # fmt: skip
    moved = [(one, other) for one, other in pairs
             if one.open != one.close and other.open != other.close]  # fmt: skip
    if len(moved) < _TELLING:
        return
    lagging = {
        "close": ("quote_close_is_before", sum(b.close == a.open for a, b in moved)),
        "open": ("quote_open_is_before", sum(b.open == a.close for a, b in moved)),
    }
    for column, (code, same) in lagging.items():
        if same * 10 >= len(moved) * 9:
            details = {"series": series.name, "same": f"{same:,}", "days": f"{len(moved):,}"}
            yield Finding(code, table, None, column, None, details)


def _prices(bar: Bar, table: str, row: int | None) -> Iterator[Finding]:
    """Prices against one another."""
    for column in ("open", "high", "low", "close"):
        if getattr(bar, column) == 0:
            yield Finding("quote_zero_price", table, row, column, "0", {"day": bar.day})
    if bar.traded and bar.close is None:
        yield Finding("quote_no_close", table, row, "close", None, {"day": bar.day})
    if bar.low is None or bar.high is None:
        return
    ends = {"low": _text(bar.low), "high": _text(bar.high), "day": bar.day}
    if bar.low > bar.high:
        # Everything is outside a range that is none; said once.
        yield Finding("quote_swapped", table, row, "low", _text(bar.low), ends)
        return
    if bar.outside:
        yield Finding("quote_close_outside", table, row, "close", _text(bar.close), ends)
    if bar.open is not None and not bar.low <= bar.open <= bar.high:
        yield Finding("quote_open_outside", table, row, "open", _text(bar.open), ends)
    if bar.mean is not None and bar.turnover:
        # The turnover was rounded when it was written: half of its last digit is not its fault.
        spare = half_digit(bar.turnover)
        low, high = (Fraction(end) * bar.volume for end in (bar.low, bar.high))
        if not low - spare <= Fraction(bar.turnover) <= high + spare:
            mean = _text(rounded(bar.mean, 4))
            yield Finding("quote_mean_outside", table, row, "turnover", _text(bar.turnover),
                          {"mean": mean, **ends})  # fmt: skip


def _sums(bar: Bar, table: str, row: int | None) -> Iterator[Finding]:
    """Volume against turnover, and the day against the week."""
    if bar.volume and not bar.turnover:
        details = {"volume": bar.volume, "day": bar.day}
        yield Finding("quote_no_turnover", table, row, "turnover", _text(bar.turnover), details)
    if bar.turnover and not bar.volume:
        details = {"turnover": _text(bar.turnover), "day": bar.day}
        yield Finding("quote_no_volume", table, row, "volume", str(bar.volume), details)
    if bar.day.weekday() >= _SATURDAY:
        yield Finding("quote_weekend", table, row, "day", bar.day.isoformat())


def _moves(
    bar: Bar, before: Decimal | None, band: Decimal | None, table: str, row: int | None
) -> Iterator[Finding]:
    """The day against the close before it."""
    if before is None:
        return
    if not bar.traded and bar.close is not None and bar.close != before:
        details = {"before": _text(before), "day": bar.day}
        yield Finding("quote_moved_untraded", table, row, "close", _text(bar.close), details)
    if band is None or not bar.traded:
        return
    beyond = [
        (abs(price - before), column, price)
        for column in ("close", "high", "low")
        if (price := getattr(bar, column)) is not None and is_beyond(price, before, band)
    ]
    if beyond:
        _, column, price = max(beyond, key=lambda one: one[0])
        details = {"before": _text(before), "move": percent(price, before), "day": bar.day,
                   "band": f"{band * 100:f}".rstrip("0").rstrip(".")}  # fmt: skip
        yield Finding("quote_band", table, row, column, _text(price), details)


def is_beyond(price: Decimal, before: Decimal, band: Decimal) -> bool:
    """Whether |price − before| exceeds band × before, rounded half up to the tick."""
    places = -int(TICK.as_tuple().exponent)
    limit = rounded(Fraction(before) * Fraction(band), places)
    return abs(Fraction(price) - Fraction(before)) > limit


def percent(price: Decimal, before: Decimal) -> str:
    """A move as text: ``+1.25``, in per cent with two decimals."""
    return f"{rounded((Fraction(price) / Fraction(before) - 1) * 100, 2):+f}"


def half_digit(value: Decimal) -> Fraction:
    """Half of the last digit that a number was written with: 0.05 for 12.3."""
    return Fraction(Decimal(5).scaleb(int(value.as_tuple().exponent) - 1))


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


@dataclass(frozen=True, slots=True)
class BandRow:
    """How often closes went beyond a band around the close before.

    Attributes:
        band: as a share (0.10).
        days: number of days beyond, by year; years without any are 0.
        total: of all years.
    """

    band: Decimal
    days: Mapping[int, int]
    total: int


@dataclass(frozen=True, slots=True)
class BandTable:
    """A row per band; and the largest move of a close, in per cent with two decimals, and its day
    (None: no two closes)."""

    rows: tuple[BandRow, ...]
    largest: Decimal | None
    day: date | None


def band_table(series: Series, bands: Sequence[Decimal]) -> BandTable:
    """Days whose close moved by more than each band from the close before.

    Counts days with trade, with :func:`is_beyond`. The largest move is that with the greatest
    |P(t) / P(t − 1) − 1|; of equal ones, the first.
    """
    moves: list[tuple[date, Decimal, Decimal]] = []
    before: Decimal | None = None
    for bar in series.bars:
        if before is not None and bar.traded and bar.close is not None:
            moves.append((bar.day, bar.close, before))
        before = bar.close or before
    rows = []
    for band in bands:
        days = {bar.day.year: 0 for bar in series.bars}
        for day, close, then in moves:
            days[day.year] += is_beyond(close, then, band)
        rows.append(BandRow(band, days, sum(days.values())))
    if not moves:
        return BandTable(tuple(rows), None, None)
    day, close, then = max(moves, key=lambda move: abs(Fraction(move[1]) / Fraction(move[2]) - 1))
    return BandTable(tuple(rows), Decimal(percent(close, then)), day)
