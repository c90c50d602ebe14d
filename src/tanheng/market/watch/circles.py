"""Circular trades: units that go round a ring of parties at much the same amount and price."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from math import floor, log, log1p

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import HOUR, Deal, Seen, decimal, entries, merged, names, span

LOOKS = 2_000
"""Trades that are looked at for one closing trade; a ring beyond that is missed. Without it a market
in which all amounts are alike would cost the square of its trades."""


def circles(seen: Seen, limits: Limits) -> list[Alert]:
    """Rings A → B → … → A of 2 up to so many parties, each selling to the next.

    For each trade (seller S, buyer B) that closes a ring: the shortest chain of trades from B to S
    among those of the window before it whose amount and price are like its own. Not all rings of the
    market are listed, but each trade that closes one is found. Measure: least amount in the ring.
    """
    (least,) = limits.needed("circle_amount")
    by: dict[str, list[Deal]] = {}
    for deal in seen.deals:
        if deal.buyer != deal.seller and deal.row.amount > 0 and deal.row.amount >= least:
            by.setdefault(deal.row.instrument, []).append(deal)
    found = []
    for instrument, deals in by.items():
        search = _Search(limits)
        for deal in deals:
            ring = search.ring(deal)
            search.add(deal)
            if ring:
                parties = names(d.seller for d in ring)
                alert = Alert(
                    "circle", deal.day, instrument, parties,
                    names(a for d in ring for a in (d.row.buyer, d.row.seller)),
                    decimal(min(d.row.amount for d in ring)), least,
                    entries(d.row.seq for d in ring),
                    (("path", " → ".join([d.seller for d in ring] + [ring[0].seller])),),
                )  # fmt: skip
                found.append(((instrument, parties), alert))
    return merged(found)


def _alike(one: int, two: int, ratio: tuple[int, int]) -> bool:
    """Whether the larger exceeds the smaller by no more than the tolerance, of the smaller."""
    small, large = (one, two) if one <= two else (two, one)
    return (large - small) * ratio[1] <= small * ratio[0]


class _Search:
    """Trades up to now by seller and size, for finding chains of like ones."""

    def __init__(self, limits: Limits) -> None:
        length, hours, amount, price = limits.needed(
            "circle_length", "circle_hours", "circle_amount_tolerance", "circle_price_tolerance"
        )
        self._length, self._window = int(length), span(hours, HOUR)
        self._amount, self._price = amount.as_integer_ratio(), price.as_integer_ratio()
        # Steps a little wider than the tolerance: like amounts stand in neighbouring sizes.
        self._step = log1p(float(max(amount, Decimal("1e-9")))) * 1.001
        self._by: dict[tuple[str, int], list[Deal]] = {}

    def _size(self, amount: int) -> int:
        return floor(log(amount) / self._step)

    def add(self, deal: Deal) -> None:
        """Remember a trade."""
        self._by.setdefault((deal.seller, self._size(deal.row.amount)), []).append(deal)

    def _like(self, last: Deal, seller: str) -> Iterator[Deal | None]:
        """The seller's trades of the window like the last, newest first; None for each unlike."""
        size, first = self._size(last.row.amount), last.when - self._window
        for near in (size, size - 1, size + 1):
            for deal in reversed(self._by.get((seller, near), ())):
                if deal.when < first:
                    break
                alike = _alike(deal.row.amount, last.row.amount, self._amount) and _alike(
                    deal.row.price_fen, last.row.price_fen, self._price
                )
                yield deal if alike else None

    def ring(self, last: Deal) -> list[Deal]:
        """The shortest ring that the last trade closes, it first; empty: none."""
        came: dict[str, Deal] = {last.buyer: last}
        queue, looks = deque([(last.buyer, 1)]), 0
        while queue:
            party, trades = queue.popleft()
            if trades >= self._length:
                break
            for deal in self._like(last, party):
                looks += 1
                if looks > LOOKS:
                    return []
                if deal is None or deal.buyer in came:
                    continue
                came[deal.buyer] = deal
                if deal.buyer == last.seller:
                    return self._back(last, came)
                queue.append((deal.buyer, trades + 1))
        return []

    def _back(self, last: Deal, came: dict[str, Deal]) -> list[Deal]:
        """The ring in the order units go round it."""
        chain = [came[last.seller]]
        while chain[-1] is not last:
            chain.append(came[chain[-1].seller])
        return chain[::-1]
