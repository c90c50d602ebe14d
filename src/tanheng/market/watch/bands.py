"""Orders and trades at the limit of the price band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert, OrderRow
from tanheng.market.watch.seen import Deal, Placed, Seen, decimal, entries, names, reaches

_BOUNDS = ("high", "low")
Key = tuple[str, str, str]
"""Day, instrument, segment."""


@dataclass(slots=True)
class _Day:
    """A day's rows that had a band: the amount of all, and those at each limit."""

    amount: int = 0
    near: dict[str, list[Placed | Deal]] = field(default_factory=lambda: {"high": [], "low": []})


def _at(price_fen: int, order: OrderRow, distance: Decimal) -> tuple[str, ...]:
    """The limits of the order's band that a price is at."""
    high = order.high_fen > 0 and order.high_fen - price_fen <= distance
    low = order.low_fen > 0 and price_fen - order.low_fen <= distance
    return (("high",) if high else ()) + (("low",) if low else ())


def _orders(seen: Seen, limits: Limits) -> dict[Key, _Day]:
    """Limit orders by day; market orders name no price and do not count."""
    (distance,) = limits.needed("band_distance")
    by: dict[Key, _Day] = {}
    for order in seen.orders:
        row = order.row
        if row.price_fen and (row.high_fen or row.low_fen):
            day = by.setdefault((order.day, row.instrument, row.segment), _Day())
            day.amount += row.amount
            for bound in _at(row.price_fen, row, distance):
                day.near[bound].append(order)
    return by


def _trades(seen: Seen, limits: Limits) -> dict[Key, _Day]:
    """Trades by day; the band is that of either order."""
    orders = {
        order.row.order: order.row
        for order in seen.orders
        if order.row.high_fen or order.row.low_fen
    }
    (distance,) = limits.needed("band_distance")
    by: dict[Key, _Day] = {}
    for deal in seen.deals:
        row = deal.row
        order = orders.get(row.buy_order) or orders.get(row.sell_order)
        if order is not None:
            day = by.setdefault((deal.day, row.instrument, row.segment), _Day())
            day.amount += row.amount
            for bound in _at(row.price_fen, order, distance):
                day.near[bound].append(deal)
    return by


def _accounts(rows: Sequence[Placed | Deal]) -> tuple[str, ...]:
    """The accounts of orders, or of both sides of trades."""
    return names(
        account
        for row in rows
        for account in (
            (row.row.account,) if isinstance(row, Placed) else (row.row.buyer, row.row.seller)
        )
    )


def band_clusters(seen: Seen, limits: Limits) -> list[Alert]:
    """Much of a day's orders, or of its trades, stands at one limit of the band.

    Measure: amount at the limit, of the day's. It concerns the market as a whole: news does it too.
    """
    least, count = limits.needed("band_share", "band_count")
    found = []
    for what, by in (("orders", _orders(seen, limits)), ("trades", _trades(seen, limits))):
        for (day, instrument, segment), rows in by.items():
            for bound in _BOUNDS:
                near = rows.near[bound]
                amount = sum(row.row.amount for row in near)
                if near and len(near) >= count and reaches(amount, rows.amount, least):
                    found.append(Alert(
                        "band_cluster", day, instrument, (), _accounts(near),
                        decimal(Fraction(amount, rows.amount)), least,
                        entries(row.row.seq for row in near),
                        (("segment", segment), ("what", what), ("bound", bound),
                         ("count", str(len(near))), ("amount", str(amount))),
                    ))  # fmt: skip
    return found


def band_holders(seen: Seen, limits: Limits) -> list[Alert]:
    """One party puts many orders at one limit of the band.

    Measure: their amount, of all the day's orders in the series.
    """
    least, count = limits.needed("band_holder_share", "band_holder_orders")
    found = []
    for (day, instrument, segment), rows in _orders(seen, limits).items():
        for bound in _BOUNDS:
            by: dict[str, list[Placed | Deal]] = {}
            for row in rows.near[bound]:
                assert isinstance(row, Placed)
                by.setdefault(row.party, []).append(row)
            for party, own in by.items():
                amount = sum(row.row.amount for row in own)
                if len(own) >= count and reaches(amount, rows.amount, least):
                    found.append(Alert(
                        "band_holder", day, instrument, (party,), _accounts(own),
                        decimal(Fraction(amount, rows.amount)), least,
                        entries(row.row.seq for row in own),
                        (("segment", segment), ("bound", bound), ("count", str(len(own))),
                         ("amount", str(amount))),
                    ))  # fmt: skip
    return found
