"""Self trades, and pairs that deal back and forth."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import (
    HOUR,
    Deal,
    Seen,
    decimal,
    entries,
    merged,
    names,
    reaches,
    span,
)


def self_trades(seen: Seen, limits: Limits) -> list[Alert]:
    """A party on both sides of its trades, in a day and instrument, over any of its accounts.

    Measure: units it traded with itself that day.
    """
    (least,) = limits.needed("self_trade_amount")
    by: dict[tuple[str, str, str], list[Deal]] = {}
    for deal in seen.deals:
        if deal.buyer == deal.seller:
            by.setdefault((deal.day, deal.row.instrument, deal.buyer), []).append(deal)
    found = []
    for (day, instrument, party), deals in by.items():
        amount = sum(deal.row.amount for deal in deals)
        if amount >= least:
            accounts = names(a for deal in deals for a in (deal.row.buyer, deal.row.seller))
            behind = entries(deal.row.seq for deal in deals)
            text = (("trades", str(len(deals))),)
            found.append(Alert(
                "self_trade", day, instrument, (party,), accounts, decimal(amount), least,
                behind, text,
            ))  # fmt: skip
    return found


class _Totals:
    """What each party traded of an instrument in a span of time, both sides together."""

    def __init__(self, deals: Sequence[Deal]) -> None:
        by: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for deal in deals:
            for party in {deal.buyer, deal.seller}:
                by.setdefault((deal.row.instrument, party), []).append((deal.when, deal.row.amount))
        self._when = {key: [when for when, _ in rows] for key, rows in by.items()}
        self._sums = {
            key: list(accumulate((amount for _, amount in rows), initial=0))
            for key, rows in by.items()
        }

    def traded(self, instrument: str, party: str, first: int, last: int) -> int:
        """Units from the first to the last instant, both included."""
        when, sums = self._when[instrument, party], self._sums[instrument, party]
        return sums[bisect_right(when, last)] - sums[bisect_left(when, first)]


def pairs(seen: Seen, limits: Limits) -> list[Alert]:
    """Two parties that trade back and forth and little with others.

    With ``ab`` and ``ba`` the units each sold the other in the span, ``min(ab, ba)`` came back. Measure:
    ``2 × min(ab, ba)`` of all the busier of the two traded in the same time. The busier, because the
    small customer of a liquidity provider is no accomplice.
    """
    by: dict[tuple[str, str, str], list[Deal]] = {}
    for deal in seen.deals:
        if deal.buyer != deal.seller:
            one, two = sorted((deal.buyer, deal.seller))
            by.setdefault((deal.row.instrument, one, two), []).append(deal)
    totals = _Totals(seen.deals)
    return merged(
        (key, alert) for key, deals in by.items() for alert in _pair(key, deals, totals, limits)
    )


def _pair(
    key: tuple[str, str, str], deals: Sequence[Deal], totals: _Totals, limits: Limits
) -> list[Alert]:
    """Alerts of one pair, one for each end of a span that reaches all limits."""
    days, trades, share, amount = limits.needed(
        "pair_days", "pair_trades", "pair_share", "pair_amount"
    )
    if len(deals) < trades:
        return []
    instrument, one, two = key
    length, start, sold = span(days, 24 * HOUR), 0, {one: 0, two: 0}
    found = []
    for end, deal in enumerate(deals):
        sold[deal.seller] += deal.row.amount
        while deals[start].when < deal.when - length:
            sold[deals[start].seller] -= deals[start].row.amount
            start += 1
        back, count = min(sold.values()), end - start + 1
        if count < trades or not back or back < amount:
            continue
        most = max(
            totals.traded(instrument, party, deal.when - length, deal.when) for party in (one, two)
        )
        if reaches(2 * back, most, share):
            window = deals[start : end + 1]
            found.append(Alert(
                "pair", deal.day, instrument, (one, two),
                names(a for d in window for a in (d.row.buyer, d.row.seller)),
                decimal(Fraction(2 * back, most)), share, entries(d.row.seq for d in window),
                (("trades", str(count)), ("back", str(back))),
            ))  # fmt: skip
    return found
