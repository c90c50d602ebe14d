"""Large orders that are cancelled soon, beside trades of the same party on the other side."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import (
    MINUTE,
    Deal,
    Placed,
    Seen,
    decimal,
    entries,
    micros,
    names,
    reaches,
    span,
)

Key = tuple[str, str, str, str]
"""Instrument, segment, party, side."""
_OTHER = {"buy": "sell", "sell": "buy"}


def spoofs(seen: Seen, limits: Limits) -> list[Alert]:
    """Large orders, cancelled soon without a trade, while the party traded on the other side.

    An order counts when the party traded on the other side while it stood. Measure: amount of such
    orders of a day and side, of what the party traded on the other side meanwhile.
    """
    deals: dict[Key, list[Deal]] = {}
    for deal in seen.deals:
        for side in _OTHER:
            key = (deal.row.instrument, deal.row.segment, deal.party(side), side)
            deals.setdefault(key, []).append(deal)
    when = {key: [deal.when for deal in rows] for key, rows in deals.items()}
    by: dict[tuple[str, Key], list[tuple[Placed, int, int]]] = {}
    for order in _bait(seen, limits):
        row = order.row
        other = (row.instrument, row.segment, order.party, _OTHER.get(row.side, ""))
        if other in when:
            first = bisect_left(when[other], order.when)
            last = bisect_right(when[other], micros(row.ended_at))
            if first < last:
                by.setdefault((order.day, other), []).append((order, first, last))
    found = []
    for (day, other), orders in by.items():
        found += _spoof(day, other, orders, deals[other], limits)
    return found


def _bait(seen: Seen, limits: Limits) -> list[Placed]:
    """Orders of the size, cancelled within the time, of which nothing was traded."""
    minutes, least = limits.needed("spoof_minutes", "spoof_amount")
    life = span(minutes, MINUTE)
    traded = {order for d in seen.deals for order in (d.row.buy_order, d.row.sell_order)}
    return [
        order
        for order in seen.orders
        if order.row.ended == "cancelled"
        and order.row.ended_at
        and order.row.amount >= least
        and order.row.order not in traded
        and micros(order.row.ended_at) - order.when <= life
    ]


def _spoof(
    day: str, other: Key, orders: Sequence[tuple[Placed, int, int]], deals: Sequence[Deal],
    limits: Limits,
) -> list[Alert]:  # fmt: skip
    """The alert of a party's orders of one day and side, if they are enough."""
    least, ratio = limits.needed("spoof_orders", "spoof_ratio")
    amount = sum(order.row.amount for order, _, _ in orders)
    # The ranges come by time of the order; each trade is taken once.
    beside: list[Deal] = []
    upto = 0
    for _, first, last in orders:
        beside += deals[max(first, upto) : last]
        upto = max(upto, last)
    traded = sum(deal.row.amount for deal in beside)
    if len(orders) < least or not reaches(amount, traded, ratio):
        return []
    behind = entries([
        *(seq for order, _, _ in orders for seq in (order.row.seq, order.row.ended_seq)),
        *(deal.row.seq for deal in beside),
    ])  # fmt: skip
    instrument, segment, party, side = other
    accounts = [order.row.account for order, _, _ in orders] + [d.account(side) for d in beside]
    text = (
        ("segment", segment), ("side", _OTHER[side]), ("count", str(len(orders))),
        ("amount", str(amount)), ("traded", str(traded)),
    )  # fmt: skip
    measure = decimal(Fraction(amount, traded))
    return [
        Alert("spoof", day, instrument, (party,), names(accounts), measure, ratio, behind, text)
    ]
