"""Marking the close, and bursts of volume."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert, DayRow
from tanheng.market.watch.seen import (
    MINUTE,
    Deal,
    Seen,
    decimal,
    entries,
    micros,
    names,
    reaches,
    span,
)


def closes(seen: Seen, limits: Limits) -> list[Alert]:
    """A party whose trades in the last minutes move the price its way and are most of the volume.

    Reference: the last price of the day before those minutes, else the previous close. Measure: from
    the reference to the last price the party bought at (up) or sold at (down), of the reference.
    """
    (minutes,) = limits.needed("close_minutes")
    found = []
    for series, days in seen.days.items():
        deals = seen.series.get(series, ())
        when = [deal.when for deal in deals]
        for day in days:
            end = micros(day.closes_at)
            first = bisect_right(when, end - span(minutes, MINUTE))
            last = bisect_right(when, end)
            before = deals[first - 1] if first else None
            known = before is not None and before.day == day.day
            reference = before.row.price_fen if before and known else day.previous_close_fen
            if reference:
                found += _close(day, deals[first:last], reference, limits)
    return found


def _close(day: DayRow, deals: Sequence[Deal], reference: int, limits: Limits) -> list[Alert]:
    """Alerts of the last minutes of one day."""
    move, share, least = limits.needed("close_move", "close_share", "close_amount")
    volume = sum(deal.row.amount for deal in deals)
    by: dict[tuple[str, str], list[Deal]] = {}
    for deal in deals:
        by.setdefault((deal.buyer, "buy"), []).append(deal)
        by.setdefault((deal.seller, "sell"), []).append(deal)
    found = []
    for (party, side), own in by.items():
        amount, price = sum(deal.row.amount for deal in own), own[-1].row.price_fen
        change = price - reference if side == "buy" else reference - price
        if (
            change > 0
            and amount >= least
            and reaches(change, reference, move)
            and reaches(amount, volume, share)
        ):
            found.append(Alert(
                "mark_close", day.day, day.instrument, (party,),
                names(deal.account(side) for deal in own),
                decimal(Fraction(change, reference)), move, entries(deal.row.seq for deal in own),
                (("segment", day.segment), ("side", side), ("amount", str(amount)),
                 ("volume", str(volume)), ("from", str(reference)), ("to", str(price))),
            ))  # fmt: skip
    return found


def _median(ascending: Sequence[int]) -> Fraction:
    """The middle of sorted numbers, or the mean of the two in the middle."""
    half, odd = divmod(len(ascending), 2)
    two = ascending[half] + ascending[half if odd else half - 1]
    return Fraction(two, 2)


def bursts(seen: Seen, limits: Limits) -> list[Alert]:
    """A day's volume far above the median of the days before; the first days have too few.

    Measure: volume. Limit: the multiple of the median, or the floor if that is higher.
    """
    length, multiple, least = limits.needed("burst_days", "burst_multiple", "burst_amount")
    count, found = max(1, int(length)), []
    for series, days in seen.days.items():
        trades: dict[str, list[Deal]] = {}
        for deal in seen.series.get(series, ()):
            trades.setdefault(deal.day, []).append(deal)
        before: list[int] = []
        for number, day in enumerate(days):
            if number >= count:
                limit = max(_median(before) * Fraction(multiple), Fraction(least))
                if day.volume >= limit:
                    found.append(_burst(day, trades.get(day.day, ()), limit))
                before.remove(days[number - count].volume)
            insort(before, day.volume)
    return found


def _burst(day: DayRow, deals: Sequence[Deal], limit: Fraction) -> Alert:
    """The alert of one day; it concerns the market as a whole, so it names no one."""
    text = (("segment", day.segment), ("trades", str(len(deals))))
    return Alert(
        "burst", day.day, day.instrument, (), (), Decimal(day.volume), decimal(limit),
        entries(deal.row.seq for deal in deals), text,
    )  # fmt: skip
