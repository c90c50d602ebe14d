"""Results worked out a second time: auctions, reserve prices, the quotes and the end of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from tanheng.market.auction import Offer, clear
from tanheng.simulate.market.entry import Entry
from tanheng.simulate.market.floor import Auction, Floor
from tanheng.simulate.market.naive import Bid, half_up, quotes, share_out


class Results:
    """Checks results.

    Attributes:
        restriction: year for whose surrender alone the units of this entry's trades are.
        at_once: they are delivered at once, whatever the segment says.
    """

    def __init__(self, floor: Floor, wrong: Callable[[str, str], None]) -> None:
        self.floor, self.wrong = floor, wrong
        self.restriction, self.at_once = 0, False
        self._won: dict[str, tuple[str, int, int]] = {}
        self._price = 0
        self._how = ""
        self._bids: list[Bid] = []
        self._leaving: dict[str, str] = {}
        self._closes: dict[str, int] = {}

    def before(self, entry: Entry) -> None:
        """Work out results while bids and orders are still there."""
        self.restriction, self.at_once = 0, False
        if entry.act == "close_auction":
            self._auction(entry)
        elif entry.act == "close_day":
            self._end_of_day(entry)
        elif entry.act == "expire_order":
            name = entry.envelope["id"].removeprefix("due:")
            self._ended(entry, {name: "expired"})
        elif entry.act == "amend" or entry.act == "pick":
            self._ended(entry, {})

    def _ended(self, entry: Entry, wanted: dict[str, str]) -> None:
        there = {event["order"]: event["how"] for event in entry.only("order_ended/1")}
        if there != wanted:
            self.wrong("orders", f"entry {entry.seq}: over are {there}, not {wanted}")

    # Auctions

    def opened(self, event: dict[str, Any]) -> None:
        """An auction is announced."""
        reserve = event.get("reserve_fen", 0)
        self.floor.auctions[event["auction"]] = Auction(event, reserve)
        self.floor.purpose[event["hold"]] = event["auction"]

    def reserve_fixed(self, event: dict[str, Any], entry: Entry) -> None:
        """The reserve price: a multiple of the mean of a span."""
        auction = self.floor.auctions[event["auction"]]
        said, found = auction.said, auction.reserve
        if said.get("average"):
            rows = self._span(said)
            share = said.get("floor_share") or self._parameter("auction_floor_share", entry.at)
            volume = sum(amount for _, amount in rows)
            mean = Fraction(sum(price * amount for price, amount in rows), volume or 1)
            found = half_up(Fraction(share) * mean)
            ceiling = said.get("ceiling_fen", 0) or self._parameter("auction_ceiling", entry.at)
            found = max(min(found, int(ceiling)), 1)
        if event["reserve_fen"] != found:
            self.wrong("auctions", f"entry {entry.seq}: reserve {event}, not {found}")
        auction.reserve, auction.fixed = event["reserve_fen"], True

    def _span(self, said: dict[str, Any]) -> list[tuple[int, int]]:
        segment, first, last = said["average"]
        return [
            (price, amount)
            for day, instrument, part, price, amount in self.floor.counted()
            if (instrument, part) == (said["instrument"], segment) and first <= day <= last
        ]

    def _parameter(self, name: str, at: str) -> str:
        found = self.floor.pack.says(name, self.floor.today(at))
        return str(found.number) if found is not None else "1000000000"

    def bid_placed(self, event: dict[str, Any], entry: Entry) -> None:
        """A bid, and its hold."""
        auction = self.floor.auctions[event["auction"]]
        bid = Bid(event["bid"], event["account"], event["price_fen"], event["amount"],
                  event["hold"], entry.seq, Fraction(event.get("fee", "0")))  # fmt: skip
        auction.bids[bid.id] = bid
        self.floor.purpose[bid.hold] = bid.id
        terms = self.floor.terms(auction.said["segment"], self.floor.today(entry.at))
        buys = auction.said["side"] == "sell"
        needed = terms.cost(bid.price, bid.amount) if buys else bid.amount
        if self.floor.holds[bid.hold].amount != needed or bid.fee != terms.fee:
            self.wrong("holds", f"{bid.id}: {self.floor.holds[bid.hold]}, not {needed}")

    def _auction(self, entry: Entry) -> None:
        """Who gets what, by units in one line; and in whatever order the bids are handed over."""
        auction = self.floor.auctions[entry.envelope["id"].removeprefix("due:")]
        said, bids = auction.said, [*auction.bids.values()]
        self.restriction = said.get("restriction", 0)
        side, margin = said["side"], said.get("margin", "time")
        pricing = said.get("pricing", "uniform")
        lot = self.floor.terms(said["segment"], self.floor.today(entry.at)).lot
        if said["amount"] % lot or any(bid.amount % lot for bid in bids):
            # Lots changed meanwhile: units it is.
            lot = 1
        got, last = share_out(bids, said["amount"], auction.reserve, side, margin, lot)
        self._bids, self._price, self._how = bids, last, "sold"
        holders = {self.floor.accounts[bid.account].holder for bid in bids}
        if len(holders) < said.get("least_bidders", 1):
            self._how = "too_few_bidders"
        elif not got:
            self._how = "reserve_not_met"
        if not bids:
            self._how = "no_bids"
        if self.closed_registry():
            self._how = "called_off"
        if self._how != "sold":
            got, self._price = {}, 0
        cancels = said["side"] == "sell" and said.get("unsold", "return") == "cancel"
        rest = said["amount"] - sum(got.values())
        self.at_once = bool(self.restriction or (cancels and rest))
        price = {b.id: last if pricing == "uniform" else b.price for b in bids}
        self._won = {
            b.id: ("won", got[b.id], price[b.id]) if b.id in got else ("lost", 0, 0) for b in bids
        }
        self._trades(entry, got, price, auction)
        if self._how == "sold":
            offers = [Offer(b.id, b.price, b.amount, b.place) for b in bids]
            shuffled = sorted(offers, key=lambda offer: (offer.id[::-1], offer.amount))
            found = clear(shuffled, said["amount"], auction.reserve, side=side, pricing=pricing,
                          margin=margin, lot=lot)  # fmt: skip
            again = {award.id: (award.amount, award.price_fen) for award in found.awards}
            if again != {name: (count, price[name]) for name, count in got.items()}:
                self.wrong("auctions", f"entry {entry.seq}: otherwise in another order: {again}")

    def _trades(
        self, entry: Entry, got: dict[str, int], price: dict[str, int], auction: Auction
    ) -> None:
        rows = [row for event in entry.only("traded/1") for row in event["rows"]]
        said = [row for event in entry.only("matched/1") for row in event["rows"]]
        sells = auction.said["side"] == "sell"
        there = {(s[1] if sells else s[2]): (r[4], r[3]) for r, s in zip(rows, said, strict=True)}
        wanted = {name: (count, price[name]) for name, count in got.items()}
        if there != wanted:
            self.wrong("auctions", f"entry {entry.seq}: {there}, not {wanted}")
        ended = {
            e["bid"]: (e["how"], e.get("amount", 0), e.get("price_fen", 0))
            for e in entry.only("bid_ended/1")
        }  # fmt: skip
        if entry.only("auction_closed/1")[0]["how"] != "called_off" and ended != self._won:
            self.wrong("auctions", f"entry {entry.seq}: {ended}, not {self._won}")

    def closed(self, event: dict[str, Any], entry: Entry) -> Auction:
        """An auction is over."""
        auction = self.floor.auctions.pop(event["auction"])
        self.floor.purpose.pop(auction.said["hold"], None)
        if auction.bids:
            self.wrong("auctions", f"entry {entry.seq}: {[*auction.bids]} are still open")
        if entry.act == "close_auction":
            sold = sum(count for _, count, _ in self._won.values())
            winners = len({b.account for b in self._bids if self._won[b.id][1]})
            wanted = (self._how, self._price, sold, auction.said["amount"] - sold,
                      len(self._bids), sum(b.amount for b in self._bids), winners)  # fmt: skip
            names = ("price_fen", "sold", "unsold", "bids", "bid_amount", "winners")
            there = (event["how"], *(event.get(name, 0) for name in names))
            if there != wanted:
                self.wrong("auctions", f"entry {entry.seq}: {there}, not {wanted}")
        elif event["how"] != "called_off":
            self.wrong("auctions", f"entry {entry.seq}: {event['how']} by {entry.act}")
        elif entry.act == "open_window" and self._span(auction.said):
            self.wrong("auctions", f"entry {entry.seq}: called off, but there were trades")
        elif (
            entry.act == "call_off" and entry.envelope["actor"] == "system"
            and not self.closed_registry()
        ):  # fmt: skip
            self.wrong("auctions", f"entry {entry.seq}: called off by nobody")
        return auction

    def closed_registry(self) -> bool:
        """Whether nothing can be sold because the registry is closed."""
        return self.floor.mode == "closed" and (
            "bid" not in self.floor.pack.controls.closed_registry_allows.value
        )

    # The end of the day

    def _end_of_day(self, entry: Entry) -> None:
        floor = self.floor
        assert floor.day is not None
        day, ends = floor.day
        market = floor.pack.market
        assert market is not None
        self._closes = {}
        for name in market.instruments:
            rows = self._traded(name, market.close_from.value)
            if rows:
                self._closes[name] = self._close(rows, market.close.value)
        tomorrow = floor.days.after(date.fromisoformat(day), 1)
        leaving = {}
        for order in floor.orders.values():
            reference = self._closes.get(order.instrument, floor.closes.get(order.instrument))
            terms = floor.terms(order.segment, tomorrow)
            if order.ends and order.ends <= ends:
                leaving[order.id] = "expired"
            elif reference is not None and not terms.within(order.price, reference):
                leaving[order.id] = "beyond_band"
        self._ended(entry, leaving)

    def _traded(self, instrument: str, segments: tuple[str, ...]) -> list[tuple[int, int]]:
        return [(row[3], row[4]) for row in self.floor.counted("today")
                if row[1] == instrument and row[2] in segments]  # fmt: skip

    @staticmethod
    def _close(rows: list[tuple[int, int]], how: str) -> int:
        if how == "last":
            return rows[-1][0]
        volume = sum(amount for _, amount in rows)
        return half_up(Fraction(sum(price * amount for price, amount in rows), volume))

    def day_closed(self, event: dict[str, Any], entry: Entry) -> None:
        """Quotes, closing prices, and a new page."""
        floor = self.floor
        market = floor.pack.market
        assert market is not None
        wanted = []
        pairs = sorted({(row[1], row[2]) for row in floor.counted("today")},
                       key=lambda pair: "/".join(pair))  # fmt: skip
        for instrument, segment in pairs:
            rows = self._traded(instrument, (segment,))
            first, high, low, _, *rest = quotes(rows)
            close = self._close(rows, market.close.value)
            wanted.append([instrument, segment, first, high, low, close, *rest])
        if event["rows"] != wanted:
            self.wrong("quotes", f"entry {entry.seq}: {event['rows']}, not {wanted}")
        closes = [[name, price] for name, price in sorted(self._closes.items())]
        if event["closes"] != closes:
            self.wrong("quotes", f"entry {entry.seq}: closes {event['closes']}, not {closes}")
        if waits := [t.id for t in floor.trades.values() if t.status == "waits"]:
            self.wrong("delivery", f"entry {entry.seq}: {waits} are not delivered")
        floor.closes.update(self._closes)
        floor.history += floor.counted("today")
        floor.trades, floor.day = {}, None
