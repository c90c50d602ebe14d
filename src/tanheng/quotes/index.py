"""An index over several markets, linked in a chain so that no market comes or goes with a jump.

For a day t of period k (a calendar month or year), with I = 100 on the base day::

    I(t) = I(L) × Σ w(m) × P(m, t) / P(m, L)

    L        the link: the last day of period k − 1; in the first period, the base day
    P(m, t)  the last close of market m on or before t, of days on which it traded
    w(m)     its share in the turnover of all markets in period k − 1

A market that did not trade in period k − 1 has no weight in k, so it enters one period after its
first trade, at the price it has then. If no market traded in period k − 1, the shares before stay.
Levels are chained as they are at a link with 12 decimals, and shown with fewer; both are rounded
half away from zero. Between roundings everything is exact.

Source: chain-linked Laspeyres indices as in ILO et al., Consumer Price Index Manual (2020), ch. 9;
turnover shares take the place of expenditure shares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tanheng.quotes.bars import Series, money, period, rounded

BASE = Decimal(100)
LINK_PLACES = 12


@dataclass(frozen=True, slots=True)
class Point:
    """The index on a day."""

    day: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Link:
    """Where a part of the chain begins.

    Attributes:
        day: the prices of this day are compared with.
        level: the index there, 12 decimals.
        weights: shares of turnover by series, exact, which sum to one.
    """

    day: date
    level: Decimal
    weights: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Index:
    """A value for each day, from the base day on, on which any market traded; and the links."""

    base: date
    every: Literal["month", "year"]
    points: tuple[Point, ...]
    links: tuple[Link, ...]


class _Market:
    """Closes of the days on which a series traded."""

    def __init__(self, series: Series) -> None:
        traded = [bar for bar in series.bars if bar.traded and bar.close is not None]
        for bar in traded:
            if bar.close is None or bar.close <= 0:
                raise ValueError(f"{series.name}: the close of {bar.day} is not above zero")
        self.series = series
        self.days = [bar.day for bar in traded]
        self.closes = [Fraction(bar.close or 0) for bar in traded]

    def close(self, day: date) -> Fraction | None:
        """The last one on or before a day."""
        place = bisect_right(self.days, day)
        return self.closes[place - 1] if place else None

    def turnover(self, first: date, last: date) -> Fraction:
        return Fraction(money(bar.turnover for bar in self.series.between(first, last).bars))


def _before(day: date, every: Literal["month", "year"]) -> tuple[date, date]:
    """First and last day of the period before the one that a day lies in."""
    last = day.replace(day=1, month=1 if every == "year" else day.month) - timedelta(days=1)
    return last.replace(day=1, month=1 if every == "year" else last.month), last


def _shares(markets: Sequence[_Market], first: date, last: date) -> dict[str, Fraction]:
    """Shares in the turnover of a span; empty when there was none."""
    sums = {market.series.name: market.turnover(first, last) for market in markets
            if market.close(last) is not None}  # fmt: skip
    whole = sum(sums.values(), Fraction(0))
    return {name: part / whole for name, part in sums.items() if part} if whole else {}


def chain_index(
    several: Sequence[Series],
    base: date,
    *,
    every: Literal["month", "year"] = "year",
    places: int = 4,
) -> Index:
    """The chain-linked index over some markets, 100 on the base day (formula: the module's text).

    Example: A trades at 20 and B at 10 on the base day, and each had half of the turnover of the month
    before; when A goes to 22 and B stays, the index is 100 × (½ × 22/20 + ½ × 10/10) = 105.

    Args:
        several: with different names, in one currency.
        every: how often shares are taken anew. Monthly shares let markets in sooner, but where
            turnover runs after prices they drift further from the prices themselves.
        places: decimals of the values.

    Raises:
        ValueError: without series; names twice or more than one currency; a close that is not
            above zero; no turnover in the period before the base day.
    """
    names = {series.name for series in several}
    if not several or len(names) < len(several):
        raise ValueError("an index needs series, each with a name of its own")
    if len({series.currency for series in several}) > 1:
        raise ValueError("an index needs turnover in one currency")
    markets = [_Market(series) for series in several]
    shares = _shares(markets, *_before(base, every))
    if not shares:
        raise ValueError(
            f"no market had turnover in the {every} before {base}; choose a later base day"
        )
    links, points, level = [Link(base, BASE, shares)], [Point(base, BASE)], Fraction(BASE)
    current = period(base, every)
    for day in sorted({day for market in markets for day in market.days if day > base}):
        if period(day, every) != current:
            current = period(day, every)
            first, last = _before(day, every)
            shares = _shares(markets, first, last) or shares
            links.append(Link(last, rounded(level, LINK_PLACES), shares))
        level = _level(markets, links[-1], day)
        points.append(Point(day, rounded(level, places)))
    return Index(base, every, tuple(points), tuple(links))


def _level(markets: Sequence[_Market], link: Link, day: date) -> Fraction:
    """I(L) × Σ w × P(t) / P(L)."""
    total = Fraction(0)
    for market in markets:
        share = link.weights.get(market.series.name)
        if share is not None:
            now, then = market.close(day), market.close(link.day)
            assert now is not None
            assert then is not None  # who has a share has traded before the link
            total += share * now / then
    return Fraction(link.level) * total
