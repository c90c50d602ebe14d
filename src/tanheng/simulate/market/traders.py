"""What traders want: buyers near a deadline, makers of quotes, speculators, manipulators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tanheng.market import commands as c
from tanheng.simulate.market.floor import Floor
from tanheng.simulate.market.naive import Order
from tanheng.simulate.market.terms import Terms
from tanheng.simulate.market.variants import INSTRUMENTS
from tanheng.simulate.registry.choosing import AUTHORITY, EVERYBODY, PEOPLE
from tanheng.simulate.registry.dice import Dice
from tanheng.simulate.registry.model import Days

Planned = tuple[Any, str]
OPERATORS = tuple(f"op-{n}" for n in range(1, 6))
TRADERS = tuple(f"tr-{n}" for n in range(1, 7))
PERSONS = tuple(f"pe-{n}" for n in range(1, 4))
TRADING = (*OPERATORS, *TRADERS, *PERSONS)
CLASS = {"o": "obligated", "t": "institution", "p": "individual"}
REFERENCE = 2000
_HOLDERS = {"tr-2": "h-tr-1", "op-2": "h-tr-3", "pe-3": "h-tr-4"}


def holder(account: str) -> str:
    """Whose an account is; some have two."""
    return _HOLDERS.get(account, f"h-{account}")


class Traders:
    """What traders ask for."""

    def __init__(self, dice: Dice, floor: Floor) -> None:
        self.dice, self.floor = dice, floor
        self.now = ""
        self._made = 0

    # Choosing

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made}"

    def _instrument(self) -> str:
        roll = self.dice.roll()
        return INSTRUMENTS[0 if roll < 0.6 else 1 if roll < 0.85 else 2 if roll < 0.97 else 3]

    def _person(self, account: str) -> str:
        dice = self.dice
        if dice.chance(0.01):
            return dice.pick(EVERYBODY)
        found = self.floor.accounts.get(account)
        if found is None or self.floor.pack.accounts[found.type].government:
            return dice.pick(AUTHORITY)
        return dice.pick([*found.rights]) if found.rights else dice.pick(PEOPLE)

    def _boss(self) -> str:
        return self.dice.pick(EVERYBODY) if self.dice.chance(0.02) else self.dice.pick(AUTHORITY)

    def _reason(self) -> str:
        return "" if self.dice.chance(0.02) else "because"

    def _terms(self, segment: str) -> Terms:
        return self.floor.terms(segment, self.floor.today(self.now))

    def _middle(self, instrument: str) -> int:
        """Where the market is: the last trade, or the reference price."""
        for trade in reversed(self.floor.trades.values()):
            if trade.instrument == instrument:
                return trade.price
        return self.floor.closes.get(instrument, REFERENCE)

    def _price(self, instrument: str, segment: str, low: float, high: float) -> int:
        """A price between two shares of where the market is, mostly on the tick and in the band."""
        terms = self._terms(segment)
        share = low + (high - low) * self.dice.roll()
        found = int(self._middle(instrument) * share) // terms.tick * terms.tick
        reference = self.floor.closes.get(instrument)
        if terms.band is not None and reference is not None and not self.dice.chance(0.02):
            least, most = terms.limits(reference)
            found = min(max(found, least), most)
        return found

    def _amount(self, segment: str, most: int = 40) -> int:
        terms = self._terms(segment)
        return max(self.dice.between(1, most) // terms.lot, 1) * terms.lot

    def _until(self) -> str:
        roll = self.dice.roll()
        if roll < 0.6:
            return ""
        if roll < 0.75:
            return c.GOOD_TILL_CANCELLED
        day = Days.local(self.now).date() + timedelta(
            days=self.dice.between(-1 if roll > 0.98 else 0, 6)
        )
        return day.isoformat()

    def _bidding(
        self, account: str, side: str, instrument: str, amount: int, low: float, high: float
    ) -> Planned:
        segment = "bidding" if self.dice.chance(0.7) else "evening"
        if instrument not in INSTRUMENTS[:2]:
            segment = "bidding"
        price = self._price(instrument, segment, low, high)
        lot = self._terms(segment).lot
        command = c.PlaceOrder(
            account, instrument, segment, side, max(amount // lot, 1) * lot, price, self._until()
        )
        return command, self._person(account)

    def _order(self, listed: bool = False) -> Order | None:
        floor = self.floor
        found = [
            o
            for o in floor.orders.values()
            if not listed or self._terms(o.segment).mode != "continuous"
        ]
        return self.dice.pick(found) if found else None

    # Traders

    def _compliance(self) -> Planned:
        """Who must surrender soon buys at nearly any price."""
        return self._bidding(self.dice.pick(OPERATORS), "buy", self._instrument(),
                             self.dice.between(1, 60), 1.0, 1.06)  # fmt: skip

    def _quote(self) -> Planned:
        """Both sides, a little off the middle."""
        account, buys = self.dice.pick(TRADERS[:3]), self.dice.chance(0.5)
        low, high = (0.97, 1.0) if buys else (1.0, 1.03)
        return self._bidding(account, "buy" if buys else "sell", self._instrument(),
                             self.dice.between(5, 30), low, high)  # fmt: skip

    def _speculate(self) -> Planned:
        dice = self.dice
        return self._bidding(dice.pick(TRADING), dice.pick(("buy", "sell", "sell")),
                             self._instrument(), dice.between(1, 50), 0.95, 1.05)  # fmt: skip

    def _self_trade(self) -> Planned:
        """Two accounts of one holder meet on purpose."""
        pair = self.dice.pick([*_HOLDERS.items()])
        account = self.dice.pick((pair[0], pair[1][2:]))
        return self._bidding(account, self.dice.pick(("buy", "sell")), "DMA-2016",
                             self.dice.between(5, 30), 0.98, 1.02)  # fmt: skip

    def _layer(self) -> Planned:
        """Large orders that are not meant."""
        buys = self.dice.chance(0.5)
        low, high = (0.90, 0.94) if buys else (1.06, 1.10)
        return self._bidding("tr-6", "buy" if buys else "sell", "DMA-2016",
                             self.dice.between(100, 300), low, high)  # fmt: skip

    def _beyond(self) -> Planned:
        share = self.dice.pick((0.5, 0.89, 1.11, 2.0))
        price = int(self._middle("DMA-2016") * share)
        account = self.dice.pick(TRADING)
        command = c.PlaceOrder(
            account, "DMA-2016", "bidding", "buy", self._amount("bidding"), price
        )
        return command, self._person(account)

    def _market_order(self) -> Planned:
        account, instrument = self.dice.pick(TRADING), self._instrument()
        command = c.PlaceOrder(account, instrument, "bidding", self.dice.pick(("buy", "sell")),
                               self._amount("bidding", 80))  # fmt: skip
        return command, self._person(account)

    def _cancel(self) -> Planned:
        dice = self.dice
        order = self._order()
        bids = [b for a in self.floor.auctions.values() for b in a.bids.values()]
        if bids and dice.chance(0.1):
            bid = dice.pick(bids)
            return c.CancelOrder(bid.account, bid.id), self._person(bid.account)
        if order is None or dice.chance(0.02):
            return c.CancelOrder(dice.pick(TRADING), f"O{dice.below(5000)}"), self._boss()
        account = dice.pick(TRADING) if dice.chance(0.03) else order.account
        person = self._boss() if dice.chance(0.1) else self._person(account)
        return c.CancelOrder(account, order.id), person

    def _amend(self) -> Planned:
        dice, order = self.dice, self._order()
        if order is None:
            return self._quote()
        lot = self._terms(order.segment).lot
        amount = max(order.left + dice.pick((-2, -1, 0, 1, 3)) * lot, lot)
        if dice.chance(0.3):
            amount = max(order.left // 2 // lot, 1) * lot
        price = 0 if dice.chance(0.5) else self._price(order.instrument, order.segment, 0.97, 1.03)
        account = dice.pick(TRADING) if dice.chance(0.03) else order.account
        return c.Amend(account, order.id, amount, price), self._person(account)

    # Listed offers, block trades, sales at a fixed price

    def _listed(self) -> Planned:
        dice, account, instrument = self.dice, self.dice.pick(TRADING), self._instrument()
        command = c.PlaceOrder(
            account, instrument, "listed", dice.pick(("buy", "sell")), self._amount("listed"),
            self._price(instrument, "listed", 0.97, 1.03), self._until(),
        )  # fmt: skip
        return command, self._person(account)

    def _pick(self) -> Planned:
        dice, order = self.dice, self._order(listed=True)
        if order is None:
            return self._listed()
        account = order.to if order.to and dice.chance(0.9) else dice.pick(TRADING)
        lot = self._terms(order.segment).lot
        amount = 0 if order.to or dice.chance(0.4) else dice.between(1, order.left // lot + 1) * lot
        return c.Pick(account, order.id, amount), self._person(account)

    def _block(self) -> Planned:
        dice, account, instrument = self.dice, self.dice.pick(TRADING), self._instrument()
        other = dice.pick(TRADING)
        command = c.PlaceOrder(
            account, instrument, "block", dice.pick(("buy", "sell")),
            self._amount("block", 60) + 100, self._price(instrument, "block", 0.75, 1.25),
            self._until(), "" if dice.chance(0.03) else other,
        )  # fmt: skip
        return command, self._person(account)

    def _circle(self) -> Planned:
        """Three pass the same units round, so that there seems to be a market."""
        n = self.dice.below(3)
        command = c.PlaceOrder(
            TRADERS[n + 2], "DMA-2016", "block", "sell", 100,
            self._price("DMA-2016", "block", 1.0, 1.0), "", TRADERS[(n + 1) % 3 + 2],
        )  # fmt: skip
        return command, self._person(command.account)

    def _answer(self) -> Planned:
        """Somebody takes what is meant for him."""
        mine = [o for o in self.floor.orders.values() if o.to]
        if not mine:
            return self._block()
        order = self.dice.pick(mine)
        return c.Pick(order.to, order.id), self._person(order.to)

    def _fixed(self) -> Planned:
        account = self.dice.pick(("auct", "auct", "op-1"))
        instrument = self._instrument()
        command = c.PlaceOrder(
            account, instrument, "compliance", "sell", self._amount("compliance"),
            self._price(instrument, "compliance", 1.0, 1.5), year=self.dice.pick((2016, 2017, 0)),
        )  # fmt: skip
        return command, self._person(account)

    # Auctions

    def _auction(self) -> Planned:
        dice, instrument = self.dice, self._instrument()
        government = dice.chance(0.6)
        segment = "auction" if government else "oneway"
        account = "auct" if government else dice.pick(TRADING)
        sells = government or dice.chance(0.6)
        amount = self._amount(segment, 300)
        reserve, average, share = self._price(instrument, segment, 0.7, 1.1), None, ""
        if sells and dice.chance(0.3):
            reserve, average = 0, self._span()
            share = dice.pick(("", "0.8", "1.05"))
        elif sells and dice.chance(0.2):
            reserve = 0
        command = c.OpenAuction(
            account, instrument, segment, amount, *self._window(), self._reason(),
            "sell" if sells else "buy", reserve, average, share, 0 if dice.chance(0.8) else 1900,
            dice.pick(("uniform", "uniform", "pay_as_bid")), dice.pick(("time", "pro_rata")),
            dice.pick((0, 0, 100)), dice.pick((1, 1, 2)),
            ("obligated",) if dice.chance(0.2) else (),
            2016 if sells and dice.chance(0.15) else 0, dice.pick(("return", "cancel")),
        )  # fmt: skip
        return command, self._person(account)

    def _span(self) -> tuple[str, str, str]:
        today = Days.local(self.now).date()
        first, last = today - timedelta(days=self.dice.between(2, 20)), today - timedelta(days=1)
        return self.dice.pick(("bidding", "listed")), first.isoformat(), last.isoformat()

    def _window(self) -> tuple[str, str]:
        wall = Days.local(self.now) + timedelta(minutes=self.dice.between(0, 60))
        if not self._works(wall) or wall.hour >= 15:
            wall = datetime.combine(wall.date() + timedelta(days=1), datetime.min.time())
            wall += timedelta(hours=self.dice.between(9, 15))
        closes = wall + timedelta(minutes=self.dice.between(-1, 120))
        return Days.said(wall), Days.said(closes)

    def _works(self, wall: datetime) -> bool:
        return self.floor.days.works(wall.date())

    def _bid(self) -> Planned:
        dice = self.dice
        if not self.floor.auctions:
            return self._auction()
        name, auction = dice.pick([*self.floor.auctions.items()])
        said = auction.said
        middle = auction.reserve or self._middle(said["instrument"])
        share = 1.0 + (0.1 if said["side"] == "sell" else -0.1) * dice.roll() * dice.roll()
        tick = self._terms(said["segment"]).tick
        price = int(middle * share) // tick * tick + (tick if said["side"] == "sell" else 0)
        account = dice.pick(TRADING)
        amount = self._amount(said["segment"], max(said["amount"] // 3, 1))
        return c.Bid(account, name, price, amount), self._person(account)

    def _call_off(self) -> Planned:
        if not self.floor.auctions:
            return c.CallOff("auct", "A1", "because"), self._boss()
        name, auction = self.dice.pick([*self.floor.auctions.items()])
        account = auction.said["account"]
        person = self._boss() if self.dice.chance(0.5) else self._person(account)
        return c.CallOff(account, name, self._reason()), person
