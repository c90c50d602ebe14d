"""The order book against a sorted list, and against a public matching library.

`pyorderbook <https://pypi.org/project/pyorderbook/>`_ 0.4 (MIT) has limit orders by price, then time,
with partial fills and cancelling, and trades at the better price for who comes, which is that of who
waited: there the two must agree. It has no market orders, no amending and no listed offers, numbers
orders by itself, and keeps prices as decimals.
"""

from __future__ import annotations

import random
from decimal import Decimal

import pyorderbook
import pytest
from pyorderbook.order import Side as PeerSide

from tanheng.market.book import Book
from tanheng.market.model import Order

Fills = list[tuple[str, int, int]]
"""Order that waited, its price, units."""


def order(name: str, side: str, price: int, amount: int, seq: int) -> Order:
    return Order(name, "I", "S", "A", side, price, amount, amount, seq, "")


class Naive:
    """Orders in one list, sorted whenever somebody asks."""

    def __init__(self) -> None:
        self.orders: list[list] = []

    def queue(self, side: str) -> list[list]:
        sign = -1 if side == "buy" else 1
        return sorted((o for o in self.orders if o[1] == side), key=lambda o: (sign * o[2], o[4]))

    def meeting(self, side: str, price: int) -> list[list]:
        found = []
        for other in self.queue("sell" if side == "buy" else "buy"):
            if price and (other[2] > price if side == "buy" else other[2] < price):
                break
            found.append(other)
        return found

    def take(self, side: str, price: int, amount: int) -> Fills:
        fills = []
        for other in self.meeting(side, price):
            part = min(other[3], amount)
            if not part:
                break
            other[3] -= part
            amount -= part
            fills.append((other[0], other[2], part))
        self.orders = [o for o in self.orders if o[3]]
        return fills


class Ours:
    """The book as the market uses it."""

    def __init__(self) -> None:
        self.book = Book()
        self.orders: dict[str, Order] = {}

    def take(self, side: str, price: int, amount: int) -> Fills:
        fills = self.book.fills(side, price, amount)
        for other, part in fills:
            self.book.take(other, part)
            if not other.left:
                del self.orders[other.id]
        return [(other.id, other.price_fen, part) for other, part in fills]

    def add(self, one: Order) -> None:
        self.book.add(one)
        self.orders[one.id] = one

    def amend(self, name: str, left: int, price: int, kept: bool) -> None:
        """As the market's state does it."""
        one = self.orders[name]
        if not kept:
            self.book.remove(one)
        one.left, one.price_fen = left, price
        if not kept:
            self.book.add(one)


def price_of(chance: random.Random, wide: int) -> int:
    return 1000 + int(chance.gauss(0, wide))


def differ(seed: int, count: int, wide: int = 12, most: int = 150) -> None:
    """So many random operations on both: the same fills, the same queues."""
    chance = random.Random(seed)
    ours, naive = Ours(), Naive()
    for seq in range(count):
        roll, living = chance.random(), [*ours.orders]
        if living and (roll < 0.2 or len(living) > most):
            name = chance.choice(living)
            ours.book.remove(ours.orders.pop(name))
            naive.orders = [o for o in naive.orders if o[0] != name]
        elif living and roll < 0.3:
            amend(chance, ours, naive, chance.choice(living), seq)
        else:
            enter(chance, ours, naive, seq, wide)
        if seq % 16 == 0:
            alike(ours, naive)
    alike(ours, naive)


def enter(chance: random.Random, ours: Ours, naive: Naive, seq: int, wide: int) -> None:
    """A new order, in a few cases one without a limit."""
    side, amount = chance.choice(("buy", "sell")), chance.randint(1, 30)
    price = 0 if chance.random() < 0.05 else price_of(chance, wide)
    met = [other.id for other in ours.book.meeting(side, price)]
    assert met == [o[0] for o in naive.meeting(side, price)]
    fills = ours.take(side, price, amount)
    assert fills == naive.take(side, price, amount)
    left = amount - sum(part for _, _, part in fills)
    if left and price:
        name = f"O{seq}"
        ours.add(order(name, side, price, left, seq))
        naive.orders.append([name, side, price, left, seq])


def amend(chance: random.Random, ours: Ours, naive: Naive, name: str, seq: int) -> None:
    """Less keeps the place; more, or another price that meets nobody, loses it."""
    one = ours.orders[name]
    mine = next(o for o in naive.orders if o[0] == name)
    left, price = chance.randint(1, 40), one.price_fen
    if chance.random() < 0.4:
        price = price_of(chance, 12)
        if ours.book.fills(one.side, price, 1):
            assert naive.meeting(one.side, price)
            return
        assert not naive.meeting(one.side, price)
    kept = price == one.price_fen and left <= one.left
    ours.amend(name, left, price, kept)
    mine[2], mine[3] = price, left
    if not kept:
        mine[4] = seq


def alike(ours: Ours, naive: Naive) -> None:
    """The same queues, sound levels, nobody could trade."""
    for side in ("buy", "sell"):
        half = ours.book.side(side)
        there = [(o.id, o.price_fen, o.left) for o in half.orders()]
        assert there == [(o[0], o[2], o[3]) for o in naive.queue(side)]
        assert half.prices == sorted(half.levels)
        assert all(half.levels.values())
        if there:
            assert half.best() == there[0][1]
        else:
            with pytest.raises(LookupError):
                half.best()
    bids, offers = ours.book.bids, ours.book.offers
    assert not bids.prices or not offers.prices or bids.best() < offers.best()


@pytest.mark.parametrize("seed,wide,most", [(1, 12, 150), (2, 3, 60), (3, 200, 300), (4, 1, 20)])
def test_the_book_does_what_a_sorted_list_does(seed: int, wide: int, most: int) -> None:
    differ(seed, 13_000, wide, most)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_a_million_operations(seed: int) -> None:
    differ(seed, 110_000, (12, 3, 60)[seed % 3], 100)


def against_peer(seed: int, count: int) -> None:
    """Limit orders and cancelling on both books: the same fills."""
    chance = random.Random(seed)
    ours, peer = Ours(), pyorderbook.Book()
    theirs: dict[str, pyorderbook.Order] = {}
    names: dict[object, str] = {}
    for seq in range(count):
        living = [*ours.orders]
        if living and (chance.random() < 0.25 or len(living) > 200):
            name = chance.choice(living)
            ours.book.remove(ours.orders.pop(name))
            peer.cancel(theirs.pop(name))
            continue
        side, price = chance.choice(("buy", "sell")), price_of(chance, 12)
        amount, name = chance.randint(1, 30), f"O{seq}"
        other = pyorderbook.Order(
            PeerSide.BID if side == "buy" else PeerSide.ASK, "I", price, amount
        )
        names[other.id], theirs[name] = name, other
        blotter = peer.match(other)
        fills = ours.take(side, price, amount)
        assert fills == [
            (names[t.standing_order_id], int(t.fill_price), t.fill_quantity)
            for t in blotter.trades
        ]  # fmt: skip
        left = amount - sum(part for _, _, part in fills)
        assert left == other.quantity
        if left:
            ours.add(order(name, side, price, left, seq))
    for side, half in (("buy", PeerSide.BID), ("sell", PeerSide.ASK)):
        levels = {p: o for p, o in peer.level_map["I"][half].items() if o.orders}
        there = [(o.id, o.left) for o in ours.book.side(side).orders()]
        best = sorted(levels, reverse=side == "buy")
        assert there == [
            (names[o.id], o.quantity) for p in best for o in levels[Decimal(p)].orders.values()
        ]  # fmt: skip


def test_a_public_library_trades_the_same() -> None:
    against_peer(5, 15_000)


@pytest.mark.long
def test_a_public_library_trades_the_same_for_long() -> None:
    against_peer(6, 400_000)
