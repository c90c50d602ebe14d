"""What a market must come to, by definitions that are slow and plain: sorted lists, unit by unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


@dataclass(slots=True)
class Order:
    """An order that waits. ``rank``: its place in the queue among all orders."""

    id: str
    instrument: str
    segment: str
    account: str
    side: str
    price: int
    amount: int
    left: int
    until: str = ""
    ends: str = ""
    to: str = ""
    year: int = 0
    fee: Fraction = Fraction(0)
    hold: str = ""
    rank: int = 0

    def need(self, price: int, left: int) -> int:
        """What it reserves for so many units: units, or money with the fee it was placed with."""
        if self.side == "sell":
            return left
        turnover = price * left
        return turnover + min(floor(self.fee * turnover), turnover)

    @property
    def standing(self) -> tuple[int, int]:
        """Best price first, then first come."""
        return (self.price if self.side == "sell" else -self.price), self.rank


@dataclass(slots=True)
class Met:
    """Whom a new order meets.

    Attributes:
        fills: waiting orders, with units, in order.
        gone: waiting orders that leave instead: ``self_trade`` or ``beyond_band``.
        rest: units that met nobody.
        stopped: it met its own holder, and is over.
    """

    fills: list[tuple[Order, int]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    rest: int = 0
    stopped: bool = False


def meet(
    waiting: Iterable[Order], side: str, price: int, amount: int, *,
    dealt_at: Callable[[int], bool], own: Callable[[str], bool], rule: str,
) -> Met:  # fmt: skip
    """Go through the other side in its order until the amount or the price is used up.

    Args:
        waiting: orders of the book, both sides, in any order.
        price: limit; 0: none.
        dealt_at: whether a price is within the band.
        own: whether an account is of the same holder.
        rule: what happens to orders of the same holder.
    """
    found = Met(rest=amount)
    others = sorted((o for o in waiting if o.side != side), key=lambda o: o.standing)
    for other in others:
        if not found.rest:
            break
        if price and (other.price > price if side == "buy" else other.price < price):
            break
        if not dealt_at(other.price):
            found.gone.append((other.id, "beyond_band"))
        elif own(other.account):
            if rule == "cancel_incoming":
                found.stopped = True
                break
            found.gone.append((other.id, "self_trade" if rule == "cancel_resting" else "refused"))
        else:
            part = min(other.left, found.rest)
            found.fills.append((other, part))
            found.rest -= part
    return found


@dataclass(frozen=True, slots=True)
class Bid:
    """A sealed bid; ``place``: when it came; ``fee``: share it pays."""

    id: str
    account: str
    price: int
    amount: int
    hold: str
    place: int
    fee: Fraction = Fraction(0)


def share_out(
    bids: Sequence[Bid], amount: int, reserve: int, side: str, margin: str, lot: int
) -> tuple[dict[str, int], int]:
    """Units of each bid that gets any, and the marginal price: every lot that is asked for stands
    in one line, the best price first."""
    sign = -1 if side == "sell" else 1
    good = [b for b in bids if not reserve or sign * (b.price - reserve) <= 0]
    line = sorted((sign * b.price, b.place, b.id) for b in good for _ in range(b.amount // lot))
    lots = amount // lot
    got: dict[str, int] = {}
    for _, _, name in line[:lots]:
        got[name] = got.get(name, 0) + 1
    if not got:
        return {}, 0
    marginal = sign * line[min(lots, len(line)) - 1][0]
    if margin == "pro_rata" and len(line) > lots:
        at = sorted((b for b in good if b.price == marginal), key=lambda b: (b.place, b.id))
        left = sum(got.get(b.id, 0) for b in at)
        exact = {b.id: Fraction(b.amount * left, sum(o.amount for o in at)) for b in at}
        parts = {name: floor(share) for name, share in exact.items()}
        rest = left - sum(parts.values())
        nearest = sorted(at, key=lambda b: parts[b.id] - exact[b.id])
        for bid in nearest[:rest]:
            parts[bid.id] += 1
        got = {n: k for n, k in {**got, **parts}.items() if k}
    return {name: count * lot for name, count in got.items()}, marginal


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves upwards."""
    return floor(value + Fraction(1, 2))


def quotes(rows: Sequence[tuple[int, int]]) -> tuple[int, int, int, int, int, int, int]:
    """Open, high, low, last, volume, turnover and number of trades (price, amount)."""
    prices = [price for price, _ in rows]
    return (
        prices[0], max(prices), min(prices), prices[-1], sum(n for _, n in rows),
        sum(price * n for price, n in rows), len(rows),
    )  # fmt: skip
