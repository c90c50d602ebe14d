"""Who gets what at an auction: a pure function of the bids, whatever order they are handed over in.

The best prices come first; at the marginal price earlier bids come first, or all get a part. With a
uniform price everybody pays what the last one who gets anything bid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A sealed bid: units at a price in fen. ``place``: number of the entry it came with."""

    id: str
    price_fen: int
    amount: int
    place: int


@dataclass(frozen=True, slots=True)
class Award:
    """What a bid gets."""

    id: str
    amount: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """The result: awards by price, then place; the marginal price (0: nobody gets anything)."""

    awards: tuple[Award, ...]
    price_fen: int

    @property
    def sold(self) -> int:
        """Units in all."""
        return sum(award.amount for award in self.awards)


def clear(
    bids: Sequence[Offer], amount: int, reserve_fen: int, *,
    side: str = "sell", pricing: str = "uniform", margin: str = "time", lot: int = 1,
) -> Cleared:  # fmt: skip
    """Share an amount among bids.

    Args:
        amount: units that are sold (``side`` ``sell``) or bought.
        reserve_fen: bids below it (for ``buy``: above) get nothing; 0: no reserve.
        pricing: ``uniform`` (the lowest accepted price; for ``buy``: highest) or ``pay_as_bid``.
        margin: ``time``: at the marginal price earlier bids come first; ``pro_rata``: each gets its
            share in lots, rounded down, and the lots left go one each to the largest remainders,
            earlier bids first among equals.
        lot: step of amounts; where the amount or a bid is no whole number of lots, as when the step
            changed since it was made, units are shared singly.
    """
    if any(number % lot for number in (amount, *(bid.amount for bid in bids))):
        lot = 1
    sign = 1 if side == "sell" else -1
    good = sorted(
        (bid for bid in bids if not reserve_fen or sign * (bid.price_fen - reserve_fen) >= 0),
        key=lambda bid: (-sign * bid.price_fen, bid.place, bid.id),
    )
    got: list[tuple[Offer, int]] = []
    left, start = amount, 0
    while start < len(good) and left:
        end = start
        while end < len(good) and good[end].price_fen == good[start].price_fen:
            end += 1
        level = good[start:end]
        parts = _shares(level, left, lot) if margin == "pro_rata" else _by_time(level, left)
        got += [(bid, part) for bid, part in zip(level, parts, strict=True) if part]
        left -= sum(parts)
        start = end
    last = got[-1][0].price_fen if got else 0
    return Cleared(
        tuple(
            Award(bid.id, part, last if pricing == "uniform" else bid.price_fen)
            for bid, part in got
        ),
        last,
    )


def _by_time(level: Sequence[Offer], left: int) -> list[int]:
    parts = []
    for bid in level:
        part = min(bid.amount, left)
        parts.append(part)
        left -= part
    return parts


def _shares(level: Sequence[Offer], left: int, lot: int) -> list[int]:
    """Shares of what is left, by what was bid for, in whole lots; largest remainder."""
    every = sum(bid.amount for bid in level)
    if every <= left:
        return [bid.amount for bid in level]
    lots = left // lot
    parts = [bid.amount * lots // every for bid in level]
    rest = lots - sum(parts)
    order = sorted(range(len(level)), key=lambda n: (-(level[n].amount * lots % every), n))
    for n in order[:rest]:
        parts[n] += 1
    return [part * lot for part in parts]
