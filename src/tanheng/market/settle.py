"""From fills to trades: units against money in the same entry, or held until the close of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tanheng.market import model as m
from tanheng.market.desk import Desk
from tanheng.market.terms import cost
from tanheng.registry.handing import handed_out
from tanheng.registry.model import KEEP, Event, HoldEnded, HoldPlaced, HoldReduced, Posted, Posting
from tanheng.registry.view import View
from tanheng.rules import UnitKind

TRADE = "trade"
"""Reason of a hold that waits for delivery: nobody may take it away."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Units that change hands at a price in fen; orders may be ``""``; fees in fen."""

    buyer: str
    seller: str
    price_fen: int
    amount: int
    buyer_fee: int
    seller_fee: int
    buy_order: str = ""
    sell_order: str = ""
    taker: str = ""

    @property
    def turnover(self) -> int:
        """Price times amount, in fen."""
        return self.price_fen * self.amount


def needed(order: m.Order, left: int) -> int:
    """What a waiting order must hold for so many units: units, or money with its fee."""
    return left if order.side == "sell" else cost(order.fee, order.price_fen, left)


def freed(order: m.Order, amount: int) -> tuple[int, list[Event]]:
    """The events by which a waiting order's hold gives free what a fill needs, and how much that is
    (of units, or of money)."""
    left = order.left - amount
    before = needed(order, order.left)
    if not left:
        return before, [HoldEnded(order.hold, "used")]
    after = needed(order, left)
    return before - after, [HoldReduced(order.hold, after, TRADE)]


def trades(
    desk: Desk, instrument: str, segment: str, fills: list[Fill], own: Mapping[tuple[str, str], int],
    restriction: int = 0, cancelled: int = 0,
) -> list[Event]:  # fmt: skip
    """The trades of fills, settled as the segment says.

    Args:
        own: what the events before these give free, by account and kind.
        restriction: year for whose surrender alone the units may be used; 0: none.
        cancelled: units of the (one) seller that are cancelled besides.
    """
    waits = desk.terms(segment).segment.settlement.value == "after_close" and not (
        restriction or cancelled
    )
    names = [f"T{desk.seq}.{n}" for n in range(len(fills))]
    rows = tuple(
        (name, instrument, segment, f.price_fen, f.amount)
        for name, f in zip(names, fills, strict=True)
    )
    parties = tuple(
        (name, f.buy_order, f.sell_order, f.buyer, f.seller, f.buyer_fee, f.seller_fee, f.taker)
        for name, f in zip(names, fills, strict=True)
    )
    found: list[Event] = [m.Traded(rows), m.Matched(parties, waits, restriction)]
    kind = desk.kind(instrument)
    if not waits:
        return [*found, *delivered(desk, kind, fills, own, restriction, cancelled)]
    if any(fill.buyer_fee + fill.seller_fee for fill in fills):
        # Who is to get the fees must be there now; at the close it would be too late to refuse.
        desk.clearing()
    for name, fill in zip(names, fills, strict=True):
        units, money = held_names(name)
        found.append(HoldPlaced(units, fill.seller, kind.id, fill.amount, TRADE))
        paid = fill.turnover + fill.buyer_fee
        found.append(HoldPlaced(money, fill.buyer, desk.money, paid, TRADE))
    return found


def held_names(trade: str) -> tuple[str, str]:
    """Ids of the holds on units and money of a trade that waits."""
    return f"H{trade}u", f"H{trade}m"


def delivered(
    desk: Desk, kind: UnitKind, fills: Iterable[Fill], own: Mapping[tuple[str, str], int],
    restriction: int = 0, cancelled: int = 0, *, late: bool = False,
) -> list[Event]:  # fmt: skip
    """Units against money, for any number of fills of a kind; gross, nothing is set off.

    Args:
        late: what was traded before is delivered now, even if the clearing account was closed since.
    """
    view = View(desk.view.state, desk.view.call, own)
    gives: dict[str, dict[str, int]] = {}
    pays: dict[tuple[str, str], int] = {}
    fees = False
    for fill in fills:
        some = gives.setdefault(fill.seller, {})
        some[fill.buyer] = some.get(fill.buyer, 0) + fill.amount
        _pay(pays, fill.buyer, fill.seller, fill.turnover - fill.seller_fee)
        if fill.buyer_fee + fill.seller_fee:
            fees = True
            _pay(pays, fill.buyer, "", fill.buyer_fee + fill.seller_fee)
    units: list[Posting] = []
    gone: list[Posting] = []
    for seller, some in gives.items():
        every = list(some.items())
        if cancelled:
            # One choice of blocks for both, so that no unit is given twice.
            sink = view.sink("cancellation")
            for posting in handed_out(view, kind, seller, [*every, (sink, cancelled)], TRADE):
                if posting[3] == sink:
                    gone.append(("cancel", *posting[1:]))
                else:
                    units.append(posting)
        else:
            units += handed_out(view, kind, seller, every, TRADE)
    clearing = desk.clearing(late) if fees else ""
    money: list[Posting] = [
        ("move", desk.money, payer, payee or clearing, amount)
        for (payer, payee), amount in pays.items()
        if amount and payer != (payee or clearing)
    ]
    if restriction:
        return [Posted(tuple(units), restriction), Posted((*gone, *money))]
    return [Posted((*units, *gone, *money), KEEP)]


def _pay(pays: dict[tuple[str, str], int], payer: str, payee: str, amount: int) -> None:
    pays[payer, payee] = pays.get((payer, payee), 0) + amount
