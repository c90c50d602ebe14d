"""Daily bars of a market, and what is computed from them: K-lines, mean prices, years, totals.

Everything here is exact: prices and money are decimals as they were handed in, mean prices are
fractions. Only :func:`rounded` rounds, half away from zero, and only where a figure is shown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Literal

Every = Literal["day", "week", "month", "year"]
EVERY: tuple[Every, ...] = ("day", "week", "month", "year")

# A sum that does not fit raises Inexact instead of being rounded.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True)
class Bar:
    """A trading day, or a week, month or year of them.

    Attributes:
        day: of the bar; of a longer one, the last day that is in it.
        open, high, low, close: currency per unit; None where nothing is known.
        volume: units traded.
        turnover: money paid for them, in the currency.
        trades: number of trades, where it is known.
    """

    day: date
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: int
    turnover: Decimal
    trades: int | None = None

    @property
    def traded(self) -> bool:
        """Whether anything was traded."""
        return self.volume > 0

    @property
    def mean(self) -> Fraction | None:
        """turnover / volume, in currency per unit; None without volume."""
        return Fraction(self.turnover) / self.volume if self.traded else None

    @property
    def outside(self) -> bool:
        """Whether the close lies outside [low, high]; some markets publish a mean as close."""
        if self.close is None or self.low is None or self.high is None:
            return False
        return not self.low <= self.close <= self.high


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one market or one vintage, each day at most once, in the order of days.

    Attributes:
        name: short, as ``HBEA``.
        title: what a picture calls it.
        currency, unit: prices are in currency per unit, volumes in units.

    Raises:
        ValueError: when the days do not rise.
    """

    name: str
    title: str
    bars: tuple[Bar, ...]
    currency: str = "CNY"
    unit: str = "t"

    def __post_init__(self) -> None:
        for one, other in pairwise(self.bars):
            if one.day >= other.day:
                raise ValueError(f"{self.name}: {other.day} does not come after {one.day}")

    def between(self, first: date | None = None, last: date | None = None) -> Series:
        """The bars from ``first`` to ``last``, both included; None: from or to the end."""
        days = [bar.day for bar in self.bars]
        start = 0 if first is None else bisect_left(days, first)
        stop = len(days) if last is None else bisect_right(days, last)
        return replace(self, bars=self.bars[start:stop])

    @property
    def ranged(self) -> bool:
        """Whether any traded bar has open, high, low and close: else there are only closes."""
        return any(full(bar) for bar in self.bars)


def full(bar: Bar) -> bool:
    """Whether a bar can be drawn as a candle: traded, with all four prices."""
    return bar.traded and None not in (bar.open, bar.high, bar.low, bar.close)


def money(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum.

    Raises:
        decimal.Inexact: when it has more than 60 digits.
    """
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def rounded(value: Fraction | Decimal, places: int) -> Decimal:
    """A number with so many decimals, halves away from zero.

    >>> rounded(Fraction(-1, 8), 2)
    Decimal('-0.13')
    """
    exact = Fraction(value) * 10**places
    size = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return Decimal(-size if exact < 0 else size).scaleb(-places, Context(prec=200))


def candles(series: Series, every: Every) -> Series:
    """Bars of weeks (ISO, Monday to Sunday), calendar months or years.

    Of the bars traded in a period: open of the first, highest high, lowest low, close of the last;
    volume, turnover and trades are sums over all. A price that none of them has is None, and so are
    trades when one bar does not know its own. A period without trade keeps the close of its last
    bar; one without bars has none. So years of months are the years of days.
    """
    if every == "day":
        return series
    groups = groupby(series.bars, key=lambda bar: period(bar.day, every))
    return replace(series, bars=tuple(_merged(tuple(bars)) for _, bars in groups))


def period(day: date, every: Every) -> tuple[int, ...]:
    """The week (ISO year and number), month, year or day that a day lies in; later ones are greater."""
    if every == "week":
        return tuple(day.isocalendar()[:2])
    whole = (day.year, day.month, day.day)
    return whole[: {"year": 1, "month": 2, "day": 3}[every]]


def _merged(bars: Sequence[Bar]) -> Bar:
    traded = [bar for bar in bars if bar.traded]
    highs = [bar.high for bar in traded if bar.high is not None]
    lows = [bar.low for bar in traded if bar.low is not None]
    counts = [bar.trades for bar in bars if bar.trades is not None]
    return Bar(
        day=bars[-1].day,
        open=traded[0].open if traded else None,
        high=max(highs, default=None),
        low=min(lows, default=None),
        close=(traded or bars)[-1].close,
        volume=sum(bar.volume for bar in bars),
        turnover=money(bar.turnover for bar in bars),
        trades=sum(counts) if len(counts) == len(bars) else None,
    )


def vwap(series: Series, first: date | None = None, last: date | None = None) -> Fraction | None:
    """The volume-weighted average price over [first, last]: Σ turnover / Σ volume, exact.

    Returns:
        currency per unit; None where nothing was traded.
    """
    bars = series.between(first, last).bars
    volume = sum(bar.volume for bar in bars)
    return Fraction(money(bar.turnover for bar in bars)) / volume if volume else None


@dataclass(frozen=True, slots=True)
class Year:
    """What a series comes to in a calendar year.

    Attributes:
        days, traded: rows of the series, and those with volume.
        volume, turnover: sums, in units and money.
        vwap: turnover / volume; None without volume.
        high, low: over traded days; None where the series gives none.
        highest, lowest: of the closes of traded days.
        close: of the last traded day.
    """

    year: int
    days: int
    traded: int
    volume: int
    turnover: Decimal
    vwap: Fraction | None
    high: Decimal | None
    low: Decimal | None
    highest: Decimal | None
    lowest: Decimal | None
    close: Decimal | None


def years(series: Series) -> tuple[Year, ...]:
    """The series by calendar year, rising; years without rows are left out."""
    found = []
    for year, group in groupby(series.bars, key=lambda bar: bar.day.year):
        bars = tuple(group)
        one, traded = _merged(bars), [bar for bar in bars if bar.traded]
        closes = [bar.close for bar in traded if bar.close is not None]
        found.append(Year(
            year, len(bars), len(traded), one.volume, one.turnover, one.mean, one.high, one.low,
            max(closes, default=None), min(closes, default=None), one.close if traded else None,
        ))  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Total:
    """Volume (units) and turnover (money) from the first day of a series to the end of ``day``."""

    day: date
    volume: int
    turnover: Decimal


def cumulated(series: Series) -> tuple[Total, ...]:
    """Running totals, one for each bar."""
    volume, turnover, found = 0, Decimal(0), []
    for bar in series.bars:
        volume, turnover = volume + bar.volume, _EXACT.add(turnover, bar.turnover)
        found.append(Total(bar.day, volume, turnover))
    return tuple(found)


def moving_average(series: Series, count: int, places: int = 4) -> tuple[Decimal | None, ...]:
    """For each bar, the mean of the last ``count`` known closes, its own included.

    None where the bar has no close, and until there are ``count`` of them. Rounded to ``places``
    decimals, halves away from zero.

    Raises:
        ValueError: when ``count`` is below 1.
    """
    if count < 1:
        raise ValueError("a mean needs at least one close")
    closes: list[Fraction] = []
    found: list[Decimal | None] = []
    total = Fraction(0)
    for bar in series.bars:
        if bar.close is None:
            found.append(None)
            continue
        closes.append(Fraction(bar.close))
        total += closes[-1]
        if len(closes) > count:
            total -= closes[-count - 1]
        found.append(rounded(total / count, places) if len(closes) >= count else None)
    return tuple(found)


def joined(several: Sequence[Series], name: str, title: str) -> Series:
    """Series that follow one another, as one: vintages of a market, of which each day has one.

    Raises:
        ValueError: when two of them share a day, or differ in currency or unit.
    """
    if len({(series.currency, series.unit) for series in several}) != 1:
        raise ValueError("only series in one currency and unit can be one")
    bars = sorted((bar for series in several for bar in series.bars), key=lambda bar: bar.day)
    return Series(name, title, tuple(bars), several[0].currency, several[0].unit)
