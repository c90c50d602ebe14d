"""Concentration of a side of the market, and one party's share of it, over a span of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import (
    Deal,
    Seen,
    Series,
    decimal,
    entries,
    merged,
    names,
    reaches,
)


@dataclass(frozen=True, slots=True)
class _Span:
    """One side of a series over the days up to one: amounts by party, and their squares' sum.

    ``amounts`` goes on changing as the span moves: it is to be read at once.
    """

    series: Series
    side: str
    day: str
    amounts: Counter[str]
    volume: int
    squares: int
    deals: list[list[Deal]]

    @property
    def key(self) -> tuple[str, str, str]:
        """Windows of one key that overlap are one alert."""
        return (*self.series, self.side)

    def alert(self, kind: str, parties: list[str], measure: Decimal, limit: Decimal) -> Alert:
        """An alert with the trades of those parties; none: all trades."""
        wanted = set(parties)
        own = [d for day in self.deals for d in day if d.party(self.side) in wanted]
        behind = own if kind == "dominance" else [d for day in self.deals for d in day]
        text = (
            ("segment", self.series[1]), ("side", self.side), ("volume", str(self.volume)),
            ("days", str(len(self.deals))), ("parties", str(len(self.amounts))),
        )  # fmt: skip
        return Alert(
            kind, self.day, self.series[0], tuple(parties), names(d.account(self.side) for d in own),
            measure, limit, entries(d.row.seq for d in behind), text,
        )  # fmt: skip


def _spans(seen: Seen, limits: Limits) -> Iterator[_Span]:
    """The spans with volume and parties enough; sums move with the span, day by day."""
    length, volume, holders = limits.needed(
        "concentration_days", "concentration_volume", "concentration_holders"
    )
    count = max(1, int(length))
    for series, days in seen.days.items():
        by: dict[str, list[Deal]] = {}
        for deal in seen.series.get(series, ()):
            by.setdefault(deal.day, []).append(deal)
        traded = [by.get(day.day, []) for day in days]
        for side in ("buy", "sell"):
            amounts: Counter[str] = Counter()
            squares = total = 0
            for number, day in enumerate(days):
                leaving = traded[number - count] if number >= count else []
                for deals, sign in ((leaving, -1), (traded[number], 1)):
                    for deal in deals:
                        party, change = deal.party(side), sign * deal.row.amount
                        squares += change * (2 * amounts[party] + change)
                        amounts[party] += change
                        total += change
                        if not amounts[party]:
                            del amounts[party]
                if total and total >= volume and len(amounts) >= holders:
                    window = traded[max(0, number - count + 1) : number + 1]
                    yield _Span(series, side, day.day, amounts, total, squares, window)


def concentration(seen: Seen, limits: Limits) -> list[Alert]:
    """Few parties make up a side: the sum of squared shares (HHI, 0 to 1) of a span of days.

    Named are the largest parties that together have half of it; entries: all trades of the span.
    Source: Herfindahl-Hirschman index, Σ (amount / total)².
    """
    (least,) = limits.needed("concentration_hhi")
    found: list[tuple[Hashable, Alert]] = []
    for window in _spans(seen, limits):
        whole = window.volume**2
        if reaches(window.squares, whole, least):
            largest: list[str] = []
            half = 0
            for party, amount in sorted(window.amounts.items(), key=lambda row: (-row[1], row[0])):
                if 2 * half >= window.volume:
                    break
                largest.append(party)
                half += amount
            measure = decimal(Fraction(window.squares, whole))
            found.append((window.key, window.alert("concentration", largest, measure, least)))
    return merged(found)


def dominance(seen: Seen, limits: Limits) -> list[Alert]:
    """One party has a large share of a side of a span of days. Measure: that share."""
    (least,) = limits.needed("concentration_share")
    found: list[tuple[Hashable, Alert]] = []
    for window in _spans(seen, limits):
        for party, amount in sorted(window.amounts.items()):
            if reaches(amount, window.volume, least):
                measure = decimal(Fraction(amount, window.volume))
                alert = window.alert("dominance", [party], measure, least)
                found.append(((*window.key, party), alert))
    return merged(found)
