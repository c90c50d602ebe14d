"""What every entry must keep: fills by price and time, delivery versus payment, holds that fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from tanheng.market import commands as c
from tanheng.simulate.market.entry import Entry
from tanheng.simulate.market.floor import Trade
from tanheng.simulate.market.laws_rest import AllLaws
from tanheng.simulate.market.naive import Met, Order
from tanheng.simulate.market.results import Results
from tanheng.simulate.market.terms import Terms, fee_of
from tanheng.simulate.registry.rules import Fact

Net = defaultdict[tuple[str, str], int]
_TRADING = frozenset({"order", "pick", "close_auction"})
_MOVING = frozenset({
    *_TRADING, "close_day", "annul", "deposit", "withdraw_money", "amend", "cancel_order", "admit",
    "set_reference", "halt", "open_auction", "bid", "call_off", "open_window", "expire_order",
})  # fmt: skip
"""Acts whose postings must be just what the market's events say."""


class Follower:
    """Follows entries, with the toy market.

    Attributes:
        wrong: told of every property that does not hold.
        met: whom the new order of this entry meets.
    """

    def __init__(self, laws: AllLaws, wrong: Callable[[str, str], None]) -> None:
        self.laws, self.floor, self.wrong = laws, laws.floor, wrong
        self.results = Results(self.floor, wrong)
        self.met: Met | None = None
        self._fresh: dict[str, Order] = {}
        self._net: Net = defaultdict(int)
        self._touched: set[str] = set()
        self._gone: set[str] = set()
        self._books: set[tuple[str, str]] = set()
        self._waiting: list[Trade] = []
        self._admission = ""

    def before(self, entry: Entry, command: object) -> None:
        """Work out what must come, while the market is still as it was."""
        self.met = None
        self._fresh.clear()
        self._net.clear()
        self._touched.clear()
        self._gone.clear()
        self._books.clear()
        self._waiting.clear()
        self._admission = ""
        if entry.act == "order" and isinstance(command, c.PlaceOrder):
            terms = self.floor.terms(command.segment, self.floor.today(entry.at))
            if terms.mode == "continuous":
                self.met = self.laws.met(command, terms)
                self._matches(entry, self.met)
            elif entry.only("traded/1"):
                self.wrong("matching", f"entry {entry.seq}: trades where nobody bids")
        elif entry.act == "pick" and isinstance(command, c.Pick):
            self._picked(entry, command)
        elif entry.only("traded/1") and entry.act != "close_auction":
            self.wrong("matching", f"entry {entry.seq}: trades of {entry.act}")
        self.results.before(entry)

    def _matches(self, entry: Entry, met: Met) -> None:
        """Price first, then time; at the price of who waited."""
        rows = [row for event in entry.only("traded/1") for row in event["rows"]]
        said = [row for event in entry.only("matched/1") for row in event["rows"]]
        placed = entry.only("order_placed/1")[0]
        sells = placed["side"] == "sell"
        there = [(s[1] if sells else s[2], r[3], r[4]) for r, s in zip(rows, said, strict=True)]
        mine = [(order.id, order.price, part) for order, part in met.fills]
        if there != mine:
            self.wrong("priority", f"entry {entry.seq}: {there}, not {mine}")
        own = (
            "self_trade"
            if met.stopped
            else ""
            if met.rest == 0 or placed["price_fen"]
            else "unfilled"
        )
        gone = sorted(met.gone + ([(placed["order"], own)] if own else []))
        ended = sorted((e["order"], e["how"]) for e in entry.only("order_ended/1"))
        if ended != gone:
            self.wrong("matching", f"entry {entry.seq}: over are {ended}, not {gone}")
        rests = bool(met.rest and placed["price_fen"] and not met.stopped)
        if bool(entry.only("order_held/1")) != rests:
            self.wrong("matching", f"entry {entry.seq}: {met.rest} are left, waits: {not rests}")

    def _picked(self, entry: Entry, command: c.Pick) -> None:
        order = self.floor.orders.get(command.order)
        rows = [row for event in entry.only("traded/1") for row in event["rows"]]
        said = [row for event in entry.only("matched/1") for row in event["rows"]]
        if order is None or len(rows) != 1 or len(said) != 1:
            self.wrong("matching", f"entry {entry.seq}: {rows} for a pick of {command.order}")
            return
        wanted = (order.instrument, order.segment, order.price, command.amount or order.left)
        pair = (command.account, order.account)
        buyer, seller = pair if order.side == "sell" else pair[::-1]
        if tuple(rows[0][1:]) != wanted or said[0][3:5] != [buyer, seller]:
            self.wrong("matching", f"entry {entry.seq}: {rows} {said}, not {wanted}")

    # The events, one by one

    def apply(self, entry: Entry) -> None:
        """Let an entry's market events happen."""
        for event in entry.market:
            getattr(self, "_" + event["event"][:-2])(event, entry)

    def _admitted(self, event: dict[str, Any], entry: Entry) -> None:
        self.floor.admitted.pop(event["account"], None)
        if event["holder_class"]:
            self.floor.admitted[event["account"]] = event["holder_class"]
        self._admission = event["account"]

    def _reference_set(self, event: dict[str, Any], entry: Entry) -> None:
        self.floor.closes[event["instrument"]] = event["price_fen"]

    def _halted(self, event: dict[str, Any], entry: Entry) -> None:
        self.floor.halted.pop(event["instrument"], None)
        if event["halted"]:
            self.floor.halted[event["instrument"]] = event["reason"]

    def _money_moved(self, event: dict[str, Any], entry: Entry) -> None:
        account, amount = event["account"], event["amount"]
        if event["reference"] in self.floor.references:
            self.wrong("once", f"entry {entry.seq}: reference {event['reference']} once more")
        self.floor.references.add(event["reference"])
        self._net[account, self.floor.money_kind] += amount
        if amount < 0:
            self._net["cancellation", self.floor.money_kind] -= amount

    def _day_opened(self, event: dict[str, Any], entry: Entry) -> None:
        if self.floor.day is not None:
            self.wrong("day", f"entry {entry.seq}: a day in a day")
        self.floor.day = (event["day"], event["closes"])
        day = self.floor.days.local(entry.at).date()
        closes = self.floor.terms("bidding", day).ends
        if (event["day"], event["closes"]) != (day.isoformat(), closes):
            self.wrong("day", f"entry {entry.seq}: {event}, not {day} until {closes}")

    def _order_placed(self, event: dict[str, Any], entry: Entry) -> None:
        terms = self.floor.terms(event["segment"], self.floor.today(entry.at))
        reference = self.floor.closes.get(event["instrument"])
        band = (0, 0) if terms.band is None or reference is None else terms.limits(reference)
        if (event.get("low_fen", 0), event.get("high_fen", 0)) != band:
            self.wrong("band", f"entry {entry.seq}: {event}, not {band}")
        if Fraction(event.get("fee", "0")) != terms.fee:
            self.wrong("fees", f"entry {entry.seq}: {event}, not {terms.fee}")
        self._fresh[event["order"]] = Order(
            event["order"], event["instrument"], event["segment"], event["account"],
            event["side"], event["price_fen"], event["amount"], event["amount"],
            event.get("until", ""), event.get("ends", ""), event.get("to", ""),
            event.get("year", 0), Fraction(event.get("fee", "0")),
        )  # fmt: skip

    def _order_held(self, event: dict[str, Any], entry: Entry) -> None:
        order = self._fresh.pop(event["order"])
        self.floor.stands(order, event["hold"])
        self._touch(order)

    def _touch(self, order: Order) -> None:
        self._touched.add(order.id)
        if not order.to:
            self._books.add((order.instrument, order.segment))

    def _order_amended(self, event: dict[str, Any], entry: Entry) -> None:
        order = self.floor.orders[event["order"]]
        kept = event["price_fen"] == order.price and event["left"] <= order.left
        if event["kept"] != kept:
            self.wrong("priority", f"entry {entry.seq}: {order.id} keeps its place: {not kept}")
        if entry.act != "amend":
            self._shrunk(order, event, entry)
        order.amount += event["left"] - order.left
        order.left, order.price = event["left"], event["price_fen"]
        if not kept:
            self.floor.again(order)
        if hold := event.get("hold", ""):
            del self.floor.purpose[order.hold]
            order.hold = hold
            self.floor.purpose[hold] = order.id
        self._touch(order)

    def _shrunk(self, order: Order, event: dict[str, Any], entry: Entry) -> None:
        """The law took part of a hold: whole lots that are still covered stay."""
        reduced = [f[2] for f in entry.facts if f[:2] == ("hold_reduced", order.hold)]
        terms = self.floor.terms(order.segment, self.floor.today(entry.at))
        left = order.left
        while left and (left % terms.lot or order.need(order.price, left) > reduced[0]):
            left -= 1
        if event["left"] != left or event["price_fen"] != order.price:
            self.wrong("holds", f"entry {entry.seq}: {order.id} keeps {event['left']}, not {left}")

    def _order_ended(self, event: dict[str, Any], entry: Entry) -> None:
        if event["order"] in self._fresh:
            del self._fresh[event["order"]]
            return
        self._over(self.floor.leaves(event["order"]))

    def _over(self, order: Order) -> None:
        self._gone.add(order.hold)
        self._touched.discard(order.id)

    # Trades

    def _traded(self, event: dict[str, Any], entry: Entry) -> None:
        floor = self.floor
        assert floor.day is not None
        for name, instrument, segment, price, amount in event["rows"]:
            terms = floor.terms(segment, date.fromisoformat(floor.day[0]))
            if not terms.within(price, floor.closes.get(instrument)):
                self.wrong("band", f"entry {entry.seq}: {name} at {price}")
            if name in floor.trades or amount < 1:
                self.wrong("once", f"entry {entry.seq}: trade {name} of {amount}")
            floor.trades[name] = Trade(name, floor.day[0], instrument, segment, price, amount)

    def _matched(self, event: dict[str, Any], entry: Entry) -> None:
        assert self.floor.day is not None
        day = date.fromisoformat(self.floor.day[0])
        waits = event.get("waits", False)
        for row in event["rows"]:
            trade = self.floor.trades[row[0]]
            terms = self.floor.terms(trade.segment, day)
            trade.buyer, trade.seller, trade.buyer_fee, trade.seller_fee = row[3:7]
            trade.status = "waits" if waits else "settled"
            trade.restriction = event.get("restriction", 0)
            fees = [
                fee_of(self._share(name, terms), trade.price, trade.amount) for name in row[1:3]
            ]
            if [trade.buyer_fee, trade.seller_fee] != fees:
                self.wrong("fees", f"entry {entry.seq}: {row}, not {fees}")
            if waits != (terms.late and not self.results.at_once):
                self.wrong("delivery", f"entry {entry.seq}: {trade.id} waits: {waits}")
            if trade.restriction != self.results.restriction:
                self.wrong("auctions", f"entry {entry.seq}: restricted to {trade.restriction}")
            if waits:
                self._waiting.append(trade)
            else:
                self._pays(trade, 1)
            for name in row[1:3]:
                self._filled(name, trade.amount, entry)

    def _share(self, name: str, terms: Terms) -> Fraction:
        """The fee that one side pays: as it was when it came."""
        order = self.floor.orders.get(name) or self._fresh.get(name)
        if order is not None:
            return order.fee
        auction = self.floor.auctions.get(name.split(".")[0])
        if auction is None:
            return terms.fee
        if name in auction.bids:
            return auction.bids[name].fee
        return Fraction(auction.said.get("fee", "0"))

    def _filled(self, name: str, amount: int, entry: Entry) -> None:
        order = self.floor.orders.get(name) or self._fresh.get(name)
        if order is None:
            return
        order.left -= amount
        if order.left < 0:
            self.wrong("matching", f"entry {entry.seq}: {name} trades more than it asked for")
        if order.id in self.floor.orders:
            self._touch(order)
            if not order.left:
                self._over(self.floor.leaves(order.id))

    def _pays(self, trade: Trade, sign: int) -> None:
        """What a settled trade moves: units one way, money and fees the other."""
        kind, money = self.floor.kind(trade.instrument), self.floor.money_kind
        turnover = trade.price * trade.amount
        self._net[trade.seller, kind] -= sign * trade.amount
        self._net[trade.buyer, kind] += sign * trade.amount
        self._net[trade.buyer, money] -= sign * (turnover + trade.buyer_fee)
        self._net[trade.seller, money] += sign * (turnover - trade.seller_fee)
        if fees := trade.buyer_fee + trade.seller_fee:
            self._net[self.laws.clearing(), money] += sign * fees

    def _delivered(self, event: dict[str, Any], entry: Entry) -> None:
        waiting = [t.id for t in self.floor.trades.values() if t.status == "waits"]
        if list(event["trades"]) != waiting:
            self.wrong("delivery", f"entry {entry.seq}: {event['trades']}, not {waiting}")
        for name in event["trades"]:
            trade = self.floor.trades[name]
            trade.status = "settled"
            self._pays(trade, 1)
            self._gone.update((f"H{name}u", f"H{name}m"))

    def _annulled(self, event: dict[str, Any], entry: Entry) -> None:
        trade = self.floor.trades[event["trade"]]
        if trade.status == "settled":
            self._pays(trade, -1)
        elif trade.status == "waits":
            self._gone.update((f"H{trade.id}u", f"H{trade.id}m"))
        else:
            self.wrong("once", f"entry {entry.seq}: {trade.id} is undone twice")
        trade.status = "annulled"

    def _day_closed(self, event: dict[str, Any], entry: Entry) -> None:
        self.results.day_closed(event, entry)

    # Auctions

    def _auction_opened(self, event: dict[str, Any], entry: Entry) -> None:
        self.results.opened(event)

    def _reserve_fixed(self, event: dict[str, Any], entry: Entry) -> None:
        self.results.reserve_fixed(event, entry)

    def _bid_placed(self, event: dict[str, Any], entry: Entry) -> None:
        self.results.bid_placed(event, entry)

    def _bid_ended(self, event: dict[str, Any], entry: Entry) -> None:
        auction = self.floor.auctions[event["bid"].split(".")[0]]
        bid = auction.bids.pop(event["bid"])
        self.floor.purpose.pop(bid.hold, None)
        self._gone.add(bid.hold)

    def _auction_closed(self, event: dict[str, Any], entry: Entry) -> None:
        auction = self.results.closed(event, entry)
        self._gone.add(auction.said["hold"])
        said = auction.said
        if event.get("unsold", 0) and said.get("unsold", "return") == "cancel" and (
            event["how"] != "called_off" and said["side"] == "sell"
        ):  # fmt: skip
            kind = self.floor.kind(said["instrument"])
            self._net[said["account"], kind] -= event["unsold"]
            self._net["cancellation", kind] += event["unsold"]

    # When the entry is over

    def after(self, entry: Entry, touched: set[tuple[str, str]]) -> None:
        """Check what must hold now."""
        floor = self.floor
        if entry.act in _MOVING:
            self._moved(entry)
        day = floor.today(entry.at)
        for name in self._touched:
            self.fits(floor.orders[name])
        for name in self._gone:
            if name in floor.holds:
                self.wrong("holds", f"entry {entry.seq}: {name} holds for nothing")
        if self._admission and (left := self._outside(self._admission)):
            self.wrong("admission", f"entry {entry.seq}: {left} of {self._admission} still wait")
        for fact in entry.facts:
            self._registry(fact, entry)
        for book in self._books:
            if floor.terms(book[1], day).mode == "continuous" and floor.crossed(*book):
                self.wrong("crossed", f"entry {entry.seq}: {book}")
        for pair in touched:
            if floor.spare(*pair) < 0:
                self.wrong("free", f"entry {entry.seq}: {pair} has {floor.spare(*pair)} free")

    def _outside(self, account: str) -> list[str]:
        """What an account still has where its class does not trade."""
        floor, found = self.floor, self.floor.admitted.get(account)
        segments = self.laws.market.segments
        left = [o.id for o in floor.orders.values()
                if o.account == account and found not in segments[o.segment].admits.value]  # fmt: skip
        for name, auction in floor.auctions.items():
            said = auction.said
            stays = found in segments[said["segment"]].admits.value
            if not (stays and (not said.get("admits") or found in said["admits"])):
                left += [name] if said["account"] == account else []
                left += [b.id for b in auction.bids.values() if b.account == account]
        return left

    def _moved(self, entry: Entry) -> None:
        """Units and money moved as the events say, and in no other way."""
        there: Net = defaultdict(int)
        for fact in entry.facts:
            if fact[0] == "posted":
                for _, kind, source, target, *tail in fact[1]:
                    amount = tail[0] if len(tail) == 1 else tail[1] - tail[0] + 1
                    if source:
                        there[source, kind] -= amount
                    there[target, kind] += amount
        there = Net(int, {k: v for k, v in there.items() if v})
        mine = {k: v for k, v in self._net.items() if v}
        if there != mine:
            self.wrong("delivery", f"entry {entry.seq}: {dict(there)} moved, not {mine}")
        for trade in self._waiting:
            self.held(trade, entry)

    def held(self, trade: Trade, entry: Entry) -> None:
        """Units and money of a trade that waits are held."""
        money = trade.price * trade.amount + trade.buyer_fee
        for name, wanted in (
            (f"H{trade.id}u", (trade.seller, self.floor.kind(trade.instrument), trade.amount)),
            (f"H{trade.id}m", (trade.buyer, self.floor.money_kind, money)),
        ):
            hold = self.floor.holds.get(name)
            if hold is None or (hold.account, hold.kind, hold.amount) != wanted:
                self.wrong("delivery", f"entry {entry.seq}: {name} is {hold}, not {wanted}")

    def fits(self, order: Order) -> None:
        """A waiting order's hold is what it needs."""
        hold = self.floor.holds.get(order.hold)
        wanted = (order.account, *self.floor.need(order), "order")
        there = hold and (hold.account, hold.kind, hold.amount, hold.reason)
        if there != wanted or order.left < 1:
            self.wrong("holds", f"{order.id}: {there}, not {wanted}")

    def _registry(self, fact: Fact, entry: Entry) -> None:
        """What the registry's own acts do to the market."""
        floor = self.floor
        if fact[0] == "hold_ended" and fact[1] in floor.purpose:
            self.wrong("holds", f"entry {entry.seq}: {floor.purpose[fact[1]]} lost its hold")
        elif fact[0] == "hold_reduced" and fact[1] in floor.purpose:
            name = floor.purpose[fact[1]]
            if name not in floor.orders:
                self.wrong("holds", f"entry {entry.seq}: {name} lost part of its hold")
            else:
                self.fits(floor.orders[name])
        elif fact[0] == "account_frozen" and fact[2]:
            if "order" in floor.pack.controls.frozen_account_may.value:
                return
            left = [o.id for o in floor.orders.values() if o.account == fact[1]]
            for name, auction in floor.auctions.items():
                left += [name] if auction.said["account"] == fact[1] else []
                left += [b.id for b in auction.bids.values() if b.account == fact[1]]
            if left:
                self.wrong("frozen", f"entry {entry.seq}: {left} wait in a frozen account")
