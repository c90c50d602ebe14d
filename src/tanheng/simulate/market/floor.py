"""The toy market: orders in plain lists, trades in plain rows, on top of the toy registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from tanheng.rules import Pack
from tanheng.simulate.market.naive import Bid, Order
from tanheng.simulate.market.terms import Terms, terms_of
from tanheng.simulate.registry.model import Days, Posting, Toy


@dataclass(slots=True)
class Trade:
    """A trade of the open day; ``status``: ``settled``, ``waits`` or ``annulled``."""

    id: str
    day: str
    instrument: str
    segment: str
    price: int
    amount: int
    buyer: str = ""
    seller: str = ""
    buyer_fee: int = 0
    seller_fee: int = 0
    restriction: int = 0
    status: str = "settled"


@dataclass(slots=True)
class Auction:
    """An auction that is not over, as it was announced; ``fixed`` when its window opens."""

    said: dict[str, Any]
    reserve: int
    fixed: bool = False
    bids: dict[str, Bid] = field(default_factory=dict)


class Floor(Toy):
    """Registry and market, kept simply.

    Attributes:
        orders: orders that wait.
        day: the open day and the instant of its end.
        trades: of the open day; ``history``: ``(day, instrument, segment, price, amount)`` of all others.
        loose: units neither frozen nor restricted, by account and kind.
        had: all units, by account and kind.
    """

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.orders: dict[str, Order] = {}
        self.books: defaultdict[tuple[str, str], dict[str, Order]] = defaultdict(dict)
        self.admitted: dict[str, str] = {}
        self.closes: dict[str, int] = {}
        self.halted: dict[str, str] = {}
        self.references: set[str] = set()
        self.day: tuple[str, str] | None = None
        self.trades: dict[str, Trade] = {}
        self.history: list[tuple[str, str, str, int, int]] = []
        self.auctions: dict[str, Auction] = {}
        self.purpose: dict[str, str] = {}
        """What a hold is for: an order, a bid or an auction."""
        self.loose: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.had: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.days = Days(pack)
        self._terms: dict[tuple[str, str, date], Terms] = {}
        self._rank = 0

    # Rules

    def terms(self, segment: str, day: date) -> Terms:
        """What holds in a segment on a day."""
        key = (self.rules, segment, day)
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = terms_of(self.pack, segment, day, self.days)
        return found

    def today(self, at: str) -> date:
        """The trading day an instant belongs to."""
        if self.day is not None and at < self.day[1]:
            return date.fromisoformat(self.day[0])
        return self.days.local(at).date()

    def kind(self, instrument: str) -> str:
        """What is traded."""
        assert self.pack.market is not None
        return self.pack.market.instruments[instrument].kind

    @property
    def money_kind(self) -> str:
        """What is paid with."""
        assert self.pack.market is not None
        return self.pack.market.money

    def need(self, order: Order) -> tuple[str, int]:
        """Kind and amount that a waiting order reserves."""
        kind = self.kind(order.instrument) if order.side == "sell" else self.money_kind
        return kind, order.need(order.price, order.left)

    # Units

    def post(self, posting: Posting, mark: int, at: str, act: str) -> None:
        """Move units, and keep count of what is free of marks."""
        op, kind, source, target, *tail = posting
        amount = tail[0] if len(tail) == 1 else tail[1] - tail[0] + 1
        before = after = amount
        if len(tail) == 2 and op != "issue":
            before = self._unmarked(kind, tail[0], tail[1])
        super().post(posting, mark, at, act)
        if len(tail) == 2:
            after = self._unmarked(kind, tail[0], tail[1])
        if source:
            self.had[source, kind] -= amount
            self.loose[source, kind] -= before
        self.had[target, kind] += amount
        self.loose[target, kind] += after

    def _unmarked(self, kind: str, first: int, last: int) -> int:
        units = self.units[kind]
        marked = units.year[first - 1 : last].astype(np.bool_) | units.frozen[first - 1 : last]
        return last - first + 1 - int(np.count_nonzero(marked))

    def recount(self, account: str, kind: str) -> None:
        """Count what is free of marks anew, as after a freeze of units."""
        self.loose[account, kind] = self.plain(account, kind).size

    def free(self, account: str, kind: str) -> int:
        """Units that may be moved or held."""
        return self.spare(account, kind)

    def spare(self, account: str, kind: str) -> int:
        """Units that may be moved or held."""
        return self.loose[account, kind] - self.reserved(account, kind)

    # What is due

    def due(self, until: str) -> list[tuple[str, str]]:
        """What is due, in order."""
        return sorted([*super().due(until), *self._due(until)])

    def _due(self, until: str) -> Iterator[tuple[str, str]]:
        if self.day is not None and self.day[1] <= until:
            yield self.day[1], "day"
        for order in self.orders.values():
            if order.until and order.ends and order.ends <= until:
                yield order.ends, order.id
        for name, auction in self.auctions.items():
            if not auction.fixed and auction.said["opens"] <= until:
                yield auction.said["opens"], name
            if auction.said["closes"] <= until:
                yield auction.said["closes"], name

    # Orders

    def stands(self, order: Order, hold: str) -> None:
        """An order waits from now on, behind all others of its price."""
        self._rank += 1
        order.hold, order.rank = hold, self._rank
        self.orders[order.id] = order
        self.purpose[hold] = order.id
        if not order.to:
            self.books[order.instrument, order.segment][order.id] = order

    def again(self, order: Order) -> None:
        """An order loses its place."""
        self._rank += 1
        order.rank = self._rank

    def leaves(self, name: str) -> Order:
        """An order is over."""
        order = self.orders.pop(name)
        self.purpose.pop(order.hold, None)
        if not order.to:
            del self.books[order.instrument, order.segment][name]
        return order

    def queue(self, instrument: str, segment: str, side: str) -> list[str]:
        """Orders of a side, as they are met."""
        found = self.books[instrument, segment].values()
        return [
            o.id for o in sorted((o for o in found if o.side == side), key=lambda o: o.standing)
        ]

    def crossed(self, instrument: str, segment: str) -> bool:
        """Whether somebody waits who could trade."""
        bids = offers = None
        for order in self.books[instrument, segment].values():
            if order.side == "buy":
                bids = order.price if bids is None else max(bids, order.price)
            else:
                offers = order.price if offers is None else min(offers, order.price)
        return bids is not None and offers is not None and bids >= offers

    def counted(self, day: str | None = None) -> list[tuple[str, str, str, int, int]]:
        """Trades that count, of all days or of the open one."""
        today = [
            (t.day, t.instrument, t.segment, t.price, t.amount)
            for t in self.trades.values() if t.status != "annulled"
        ]  # fmt: skip
        return today if day is not None else [*self.history, *today]
