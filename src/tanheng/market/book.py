"""An order book of one instrument in one segment: price first, then time. It holds orders, no rules.

Levels are found by halves in a sorted list of prices; the orders of a level stand in a dict in the
order they came, so that taking one out costs no search.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from tanheng.market.model import Order


class Side:
    """Bids (``sign`` 1) or offers (-1). The best level stands last."""

    __slots__ = ("levels", "prices", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.prices: list[int] = []
        self.levels: dict[int, dict[str, Order]] = {}

    def add(self, order: Order) -> None:
        """Put an order behind all others of its price."""
        key = self.sign * order.price_fen
        level = self.levels.get(key)
        if level is None:
            self.levels[key] = {order.id: order}
            insort(self.prices, key)
        else:
            level[order.id] = order

    def remove(self, order: Order) -> None:
        """Take an order out; LookupError when it is not there."""
        key = self.sign * order.price_fen
        level = self.levels[key]
        del level[order.id]
        if not level:
            del self.levels[key]
            if self.prices[-1] == key:
                self.prices.pop()
            else:
                del self.prices[bisect_left(self.prices, key)]

    def orders(self) -> Iterator[Order]:
        """Best first, then first come."""
        for key in reversed(self.prices):
            yield from self.levels[key].values()

    def best(self) -> int:
        """The best price in fen; LookupError when there is none."""
        return self.sign * self.prices[-1]


class Book:
    """Bids and offers that wait."""

    __slots__ = ("bids", "offers")

    def __init__(self) -> None:
        self.bids, self.offers = Side(1), Side(-1)

    def side(self, side: str) -> Side:
        """The side of a new order."""
        return self.bids if side == "buy" else self.offers

    def add(self, order: Order) -> None:
        """Put an order into its queue."""
        (self.bids if order.side == "buy" else self.offers).add(order)

    def remove(self, order: Order) -> None:
        """Take an order out of its queue."""
        (self.bids if order.side == "buy" else self.offers).remove(order)

    def meeting(self, side: str, price_fen: int) -> Iterator[Order]:
        """The waiting orders that a new one of this side would meet, in the order it meets them.

        Args:
            price_fen: its limit; 0: any price.
        """
        other = self.offers if side == "buy" else self.bids
        levels, limit = other.levels, other.sign * price_fen
        for key in reversed(other.prices):
            # Keys rise to the best on either side: below the limit nobody is met any more.
            if price_fen and key < limit:
                return
            yield from levels[key].values()

    def fills(self, side: str, price_fen: int, amount: int) -> list[tuple[Order, int]]:
        """Whom a new order would trade with, and how many units each; nothing is changed."""
        found: list[tuple[Order, int]] = []
        for order in self.meeting(side, price_fen):
            if amount <= 0:
                break
            part = min(order.left, amount)
            found.append((order, part))
            amount -= part
        return found

    def take(self, order: Order, amount: int) -> None:
        """So many units of a waiting order are traded; a filled one leaves."""
        order.left -= amount
        if not order.left:
            self.remove(order)
