"""The state of a market: plain records, and ``apply`` for each event. Applying reads no rules."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, TypeVar

import msgspec

from tanheng.errors import Fault
from tanheng.journal import Row
from tanheng.market import model as m
from tanheng.market.book import Book
from tanheng.registry.model import Event
from tanheng.rules import Pack

T = TypeVar("T")


class Corrupt(Fault):
    """An event does not fit the state: the journal or the program is at fault, not a user."""


class Content(msgspec.Struct, omit_defaults=True):
    """All that is kept; what a snapshot holds and the state hash covers.

    Attributes:
        admitted: account → class of holders.
        closes: instrument → reference price: the last close, or one that was set.
        halted: instrument (``""``: all) → reason.
        references: references of the bank that were used.
        orders: orders that wait.
        gone: how the orders of the last day ended; gone_before: of the day before it.
        day: the trading day that is open.
        bars: ``instrument/segment`` → day → quotes.
        auctions: auctions that are not over.
        deals: deals that are proposed or run.
    """

    admitted: dict[str, str] = msgspec.field(default_factory=dict)
    closes: dict[str, int] = msgspec.field(default_factory=dict)
    halted: dict[str, str] = msgspec.field(default_factory=dict)
    references: set[str] = msgspec.field(default_factory=set)
    orders: dict[str, m.Order] = msgspec.field(default_factory=dict)
    gone: dict[str, str] = msgspec.field(default_factory=dict)
    gone_before: dict[str, str] = msgspec.field(default_factory=dict)
    day: m.Day | None = None
    bars: dict[str, dict[str, m.Bar]] = msgspec.field(default_factory=dict)
    auctions: dict[str, m.Auction] = msgspec.field(default_factory=dict)
    deals: dict[str, m.Deal] = msgspec.field(default_factory=dict)


def series(instrument: str, segment: str) -> str:
    """The key of quotes."""
    return f"{instrument}/{segment}"


class Market:
    """A market at an entry of its journal.

    Attributes:
        content: all that counts.
        books: orders anybody may meet, by instrument and segment.
        by_hold: hold → order, bid or auction that it is for.
        by_account: account → its orders.
    """

    def __init__(self, content: Content | None = None) -> None:
        self.content = Content() if content is None else content
        self.books: dict[str, Book] = {}
        self.by_hold: dict[str, str] = {}
        self.by_account: dict[str, dict[str, m.Order]] = {}
        self._memo: tuple[Pack, dict[Any, Any]] | None = None
        self._due: list[tuple[str, str]] = []
        self._rows: dict[str, dict[tuple[Any, ...], Row]] = {}
        for order in sorted(self.content.orders.values(), key=lambda order: (order.seq, order.id)):
            self._waits(order)
        for name, auction in self.content.auctions.items():
            self._expect_auction(name, auction)
            self.by_hold[auction.announced.hold] = name
            self.by_hold.update((bid.hold, bid.id) for bid in auction.bids.values())
        for deal in self.content.deals.values():
            self._expect(deal.due, deal.id)
        if self.content.day is not None:
            self._expect(self.content.day.closes, "day")

    def drain(self) -> dict[str, dict[tuple[Any, ...], Row]]:
        """Rows of the tables that changed, by table and key."""
        found, self._rows = self._rows, {}
        return found

    def _row(self, table: str, key: tuple[Any, ...], row: Row) -> None:
        self._rows.setdefault(table, {})[key] = row

    def memo(self, pack: Pack, make: Callable[[Pack, str, date], T], name: str, day: date) -> T:
        """What was made of a pack before, made once; another pack begins anew. Not part of the
        state."""
        if self._memo is None or self._memo[0] is not pack:
            self._memo = (pack, {})
        found: T | None = self._memo[1].get((name, day))
        if found is None:
            found = self._memo[1][name, day] = make(pack, name, day)
        return found

    def book(self, instrument: str, segment: str) -> Book:
        """The orders anybody may meet."""
        key = series(instrument, segment)
        found = self.books.get(key)
        if found is None:
            found = self.books[key] = Book()
        return found

    def bar(self, instrument: str, segment: str, day: str) -> m.Bar | None:
        """Quotes of a day."""
        return self.content.bars.get(series(instrument, segment), {}).get(day)

    def span(self, instrument: str, segment: str, first: str, last: str) -> tuple[int, int]:
        """Volume and turnover (fen) over days, both included; what was traded today counts."""
        bars = self.content.bars.get(series(instrument, segment), {})
        found = [bar for day, bar in bars.items() if first <= day <= last]
        return sum(bar.volume for bar in found), sum(bar.turnover for bar in found)

    # What is due

    def _expect(self, at: str, name: str) -> None:
        heapq.heappush(self._due, (at, name))

    def _expect_auction(self, name: str, auction: m.Auction) -> None:
        if not auction.fixed:
            self._expect(auction.announced.opens, name)
        self._expect(auction.announced.closes, name)

    def _still(self, name: str) -> tuple[str, ...]:
        """The instants at which something is due under a name."""
        if name == "day":
            return (self.content.day.closes,) if self.content.day else ()
        auction = self.content.auctions.get(name)
        if auction is not None:
            first = () if auction.fixed else (auction.announced.opens,)
            return (*first, auction.announced.closes)
        deal = self.content.deals.get(name)
        if deal is not None:
            return (deal.due,)
        order = self.content.orders.get(name)
        return (order.ends,) if order is not None else ()

    def due(self, until: str) -> tuple[str, str] | None:
        """The next day, auction or order whose instant is not after ``until``: instant and id."""
        while self._due and self._due[0][0] <= until:
            at, name = self._due[0]
            if at in self._still(name):
                return at, name
            heapq.heappop(self._due)
        return None

    # Applying

    def apply(self, event: Event, seq: int, at: str) -> None:
        """Let an event of entry ``seq`` happen.

        Raises:
            Corrupt: it cannot have happened; the state is not to be used any more.
        """
        try:
            _APPLY[type(event)](self, event, seq, at)
        except (LookupError, ValueError, AttributeError) as error:
            raise Corrupt(f"entry {seq}, {type(event).__name__}: {error!r}") from error

    def _admitted(self, event: m.Admitted, seq: int, at: str) -> None:
        self.content.admitted.pop(event.account, None)
        if event.holder_class:
            self.content.admitted[event.account] = event.holder_class
        self._row("admissions", (event.account,), (event.account, event.holder_class, seq))

    def _reference(self, event: m.ReferenceSet, seq: int, at: str) -> None:
        self.content.closes[event.instrument] = event.price_fen

    def _halted(self, event: m.Halted, seq: int, at: str) -> None:
        self.content.halted.pop(event.instrument, None)
        if event.halted:
            self.content.halted[event.instrument] = event.reason

    def _money(self, event: m.MoneyMoved, seq: int, at: str) -> None:
        self.content.references.add(event.reference)
        row = (event.reference, seq, at, event.account, event.amount)
        self._row("bank", (event.reference,), row)

    def _day_opened(self, event: m.DayOpened, seq: int, at: str) -> None:
        self.content.day = m.Day(event.day, event.closes)
        self.content.gone_before, self.content.gone = self.content.gone, {}
        self._expect(event.closes, "day")

    # Orders

    def _waits(self, order: m.Order) -> None:
        """An order stands in the queue from now on."""
        if order.hold:
            self.by_hold[order.hold] = order.id
            self.by_account.setdefault(order.account, {})[order.id] = order
            if not order.to:
                self.book(order.instrument, order.segment).add(order)
            if order.until and order.ends:
                self._expect(order.ends, order.id)

    def _leaves(self, order: m.Order, how: str, seq: int, at: str, reason: str = "") -> None:
        """An order is over."""
        del self.content.orders[order.id]
        self.content.gone[order.id] = how
        if order.hold:
            self.by_hold.pop(order.hold, None)
            self.by_account[order.account].pop(order.id, None)
        self._note(order, how, reason, seq, at)

    def _queue(self, order: m.Order) -> Book | None:
        """The book an order stands in."""
        if order.hold and not order.to:
            return self.book(order.instrument, order.segment)
        return None

    def _note(
        self, order: m.Order, how: str = "open", reason: str = "", seq: int | None = None,
        at: str = "",
    ) -> None:  # fmt: skip
        self._row("orders", (order.id,), (
            order.id, order.placed, order.instrument, order.segment, order.account, order.side,
            order.price_fen, order.amount, order.left, how, order.until, order.to, reason,
            order.low_fen, order.high_fen, seq, at,
        ))  # fmt: skip

    def _placed(self, event: m.OrderPlaced, seq: int, at: str) -> None:
        order = m.Order(
            event.order, event.instrument, event.segment, event.account, event.side,
            event.price_fen, event.amount, event.amount, seq, at, "", event.until, event.ends,
            event.to, event.year, event.low_fen, event.high_fen, event.fee,
        )  # fmt: skip
        self.content.orders[order.id] = order
        self._note(order)

    def _order_held(self, event: m.OrderHeld, seq: int, at: str) -> None:
        order = self.content.orders[event.order]
        order.hold = event.hold
        self._waits(order)

    def _amended(self, event: m.OrderAmended, seq: int, at: str) -> None:
        order = self.content.orders[event.order]
        book = self._queue(order)
        if book is not None and not event.kept:
            book.remove(order)
        order.amount += event.left - order.left
        order.left, order.price_fen = event.left, event.price_fen
        if not event.kept:
            order.seq = seq
            if book is not None:
                book.add(order)
        if event.hold:
            del self.by_hold[order.hold]
            order.hold = event.hold
            self.by_hold[order.hold] = order.id
        self._note(order, "open", event.reason)

    def _order_ended(self, event: m.OrderEnded, seq: int, at: str) -> None:
        order = self.content.orders[event.order]
        book = self._queue(order)
        if book is not None:
            book.remove(order)
        self._leaves(order, event.how, seq, at, event.reason)

    def _traded(self, event: m.Traded, seq: int, at: str) -> None:
        day = self.content.day
        assert day is not None
        for name, instrument, segment, price, amount in event.rows:
            day.trades[name] = m.Trade(name, instrument, segment, price, amount, at, seq)
            bars = self.content.bars.setdefault(series(instrument, segment), {})
            bar = bars.get(day.day)
            if bar is None:
                bar = bars[day.day] = m.Bar(price, price, price, price)
            bar.add(price, amount)

    def _matched(self, event: m.Matched, seq: int, at: str) -> None:
        day = self.content.day
        assert day is not None
        for name, bought, sold, buyer, seller, buyer_fee, seller_fee, taker in event.rows:
            trade = day.trades[name]
            trade.buyer, trade.seller = buyer, seller
            trade.buyer_fee, trade.seller_fee = buyer_fee, seller_fee
            trade.buy_order, trade.sell_order = bought, sold
            trade.taker, trade.waits = taker, event.waits
            trade.restriction = event.restriction
            for order in (bought, sold):
                if order in self.content.orders:
                    self._filled(self.content.orders[order], trade.amount, seq, at)
            key = f"{buyer}/{trade.instrument}"
            # Restricted units cannot be sold anyway.
            if not event.restriction:
                day.bought[key] = day.bought.get(key, 0) + trade.amount
            self._note_trade(trade, "waits" if event.waits else "settled")

    def _filled(self, order: m.Order, amount: int, seq: int, at: str) -> None:
        book = self._queue(order)
        if book is not None:
            book.take(order, amount)
        else:
            order.left -= amount
        if order.left:
            self._note(order)
        else:
            self._leaves(order, "filled", seq, at)

    def _note_trade(self, trade: m.Trade, status: str) -> None:
        day = self.content.day
        assert day is not None
        self._row("trades", (trade.id,), (
            trade.id, trade.seq, trade.at, day.day, trade.instrument, trade.segment,
            trade.price_fen, trade.amount, trade.buyer, trade.seller, trade.buy_order,
            trade.sell_order, trade.buyer_fee, trade.seller_fee, trade.taker, status,
        ))  # fmt: skip

    def _delivered(self, event: m.Delivered, seq: int, at: str) -> None:
        day = self.content.day
        assert day is not None
        for name in event.trades:
            day.trades[name].waits = False
            self._note_trade(day.trades[name], "settled")

    def _annulled(self, event: m.Annulled, seq: int, at: str) -> None:
        day = self.content.day
        assert day is not None
        trade = day.trades[event.trade]
        self._note_trade(trade, "annulled")
        del day.trades[event.trade]
        if not trade.restriction:
            day.bought[f"{trade.buyer}/{trade.instrument}"] -= trade.amount
        bars = self.content.bars[series(trade.instrument, trade.segment)]
        del bars[day.day]
        for other in day.trades.values():
            if (other.instrument, other.segment) == (trade.instrument, trade.segment):
                price = other.price_fen
                bars.setdefault(day.day, m.Bar(price, price, price, price)).add(price, other.amount)

    def _day_closed(self, event: m.DayClosed, seq: int, at: str) -> None:
        for instrument, segment, *quotes in event.rows:
            bar = m.Bar(*quotes)
            self.content.bars.setdefault(series(instrument, segment), {})[event.day] = bar
            key = (event.day, instrument, segment)
            self._row("quotes", key, (*key, *quotes))
        self.content.closes.update(event.closes)
        self.content.day = None

    # Auctions

    def _auction_opened(self, event: m.AuctionOpened, seq: int, at: str) -> None:
        auction = m.Auction(event, event.reserve_fen, at)
        self.content.auctions[event.auction] = auction
        self.by_hold[event.hold] = event.auction
        self._expect_auction(event.auction, auction)
        self._note_auction(event, "announced", at)

    def _reserve(self, event: m.ReserveFixed, seq: int, at: str) -> None:
        auction = self.content.auctions[event.auction]
        auction.reserve_fen, auction.fixed = event.reserve_fen, True
        self._note_auction(auction.announced, "bidding", auction.at, reserve=event.reserve_fen)

    def _note_auction(
        self, event: m.AuctionOpened, how: str, at: str, *, reserve: int = 0,
        result: m.AuctionClosed | None = None,
    ) -> None:  # fmt: skip
        found = result or m.AuctionClosed(event.auction, how)
        self._row("auctions", (event.auction,), (
            event.auction, at, event.instrument, event.segment, event.account, event.side,
            event.amount, event.opens, event.closes, reserve or event.reserve_fen, how,
            found.price_fen, found.sold, found.unsold, found.bids, found.bid_amount,
            found.winners, event.notice,
        ))  # fmt: skip

    def _bid_placed(self, event: m.BidPlaced, seq: int, at: str) -> None:
        auction = self.content.auctions[event.auction]
        auction.bids[event.bid] = m.Bidding(
            event.bid, event.account, event.price_fen, event.amount, event.hold, seq, event.fee
        )
        self.by_hold[event.hold] = event.bid
        self._note_bid(event.auction, auction.bids[event.bid], "open")

    def _note_bid(
        self, auction: str, bid: m.Bidding, how: str, won: int = 0, price: int = 0
    ) -> None:
        self._row("bids", (bid.id,), (
            bid.id, auction, bid.account, bid.price_fen, bid.amount, how, won, price, bid.seq,
        ))  # fmt: skip

    def auction_of(self, bid: str) -> str | None:
        """The auction a bid is in; a bid's id begins with it."""
        name = bid.split(".")[0]
        auction = self.content.auctions.get(name)
        return name if auction is not None and bid in auction.bids else None

    def _bid_ended(self, event: m.BidEnded, seq: int, at: str) -> None:
        name = self.auction_of(event.bid)
        assert name is not None
        bid = self.content.auctions[name].bids.pop(event.bid)
        self.by_hold.pop(bid.hold, None)
        self._note_bid(name, bid, event.how, event.amount, event.price_fen)

    def _auction_closed(self, event: m.AuctionClosed, seq: int, at: str) -> None:
        auction = self.content.auctions.pop(event.auction)
        self.by_hold.pop(auction.announced.hold, None)
        self._note_auction(
            auction.announced, event.how, auction.at, reserve=auction.reserve_fen, result=event
        )

    # Carbon finance

    def _deal_proposed(self, event: m.DealProposed, seq: int, at: str) -> None:
        deal = m.Deal(
            event.deal, event.form, event.one, event.two, event.kind, event.amount,
            event.money_fen, event.back_fen, event.deposit_fen, event.due, at,
        )  # fmt: skip
        self.content.deals[deal.id] = deal
        self._expect(deal.due, deal.id)
        self._note_deal(deal, "proposed")

    def _deal_agreed(self, event: m.DealAgreed, seq: int, at: str) -> None:
        deal = self.content.deals[event.deal]
        deal.agreed, deal.hold = True, event.hold
        self._note_deal(deal, "runs")

    def _deal_ended(self, event: m.DealEnded, seq: int, at: str) -> None:
        self._note_deal(self.content.deals.pop(event.deal), event.how)

    def _note_deal(self, deal: m.Deal, how: str) -> None:
        self._row("deals", (deal.id,), (
            deal.id, deal.at, deal.form, deal.one, deal.two, deal.kind, deal.amount, deal.money_fen,
            deal.back_fen, deal.deposit_fen, deal.due, how,
        ))  # fmt: skip

    # Facts about the whole

    def resting(self) -> Iterator[m.Order]:
        """All orders that wait, by their place in the queue."""
        yield from sorted(self.content.orders.values(), key=lambda order: (order.seq, order.id))


_APPLY: dict[type[Event], Callable[[Market, Any, int, str], None]] = {
    m.Admitted: Market._admitted,
    m.ReferenceSet: Market._reference,
    m.Halted: Market._halted,
    m.MoneyMoved: Market._money,
    m.DayOpened: Market._day_opened,
    m.OrderPlaced: Market._placed,
    m.OrderHeld: Market._order_held,
    m.OrderAmended: Market._amended,
    m.OrderEnded: Market._order_ended,
    m.Traded: Market._traded,
    m.Matched: Market._matched,
    m.Delivered: Market._delivered,
    m.DayClosed: Market._day_closed,
    m.Annulled: Market._annulled,
    m.AuctionOpened: Market._auction_opened,
    m.ReserveFixed: Market._reserve,
    m.BidPlaced: Market._bid_placed,
    m.BidEnded: Market._bid_ended,
    m.AuctionClosed: Market._auction_closed,
    m.DealProposed: Market._deal_proposed,
    m.DealAgreed: Market._deal_agreed,
    m.DealEnded: Market._deal_ended,
}
