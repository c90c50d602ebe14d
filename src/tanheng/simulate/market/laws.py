"""What a market allows, once more: orders, picks, money, auctions. Raises ``No`` where it does not."""

from __future__ import annotations

from datetime import date

from tanheng.market import commands as c
from tanheng.programme.signing import AskedFor
from tanheng.registry import commands as r
from tanheng.registry.commands import Command
from tanheng.rules import Market, Pack
from tanheng.simulate.market.floor import Floor
from tanheng.simulate.market.naive import Met, Order, meet
from tanheng.simulate.market.terms import Terms
from tanheng.simulate.registry.model import LARGEST, Account, No
from tanheng.simulate.registry.oracle import Oracle
from tanheng.simulate.registry.rules import Ask, Fact, needs

OPEN = ("listed", "continuous", "negotiated", "fixed_price")


class Laws(Oracle):
    """The registry's rules, and what an order must fulfil.

    Attributes:
        floor: the toy market.
    """

    def __init__(self, floor: Floor, shelf: dict[str, Pack]) -> None:
        super().__init__(floor, shelf)
        self.floor = floor

    def allow(self, command: AskedFor, actor: str, at: str) -> None:
        """Refuse what is not allowed.

        Raises:
            No: it is refused.
        """
        if isinstance(command, c.MarketCommand):
            self._asked(command, actor)
            self.lawful(command, Ask(actor, at))
            return
        if isinstance(command, r.Approve):
            found = self.waiting(command.pending)
            if isinstance(found.command, c.MarketCommand):
                self.may_approve(found.command, found.initiator, actor)
                self.goes_on(found.act)
                self.may_initiate(found.command, found.initiator)
                self.lawful(found.command, Ask(actor, at, self._own(found.id), found.id))
                return
        self.decide(command, actor, at)

    def _asked(self, command: c.MarketCommand, actor: str) -> None:
        if not isinstance(command, c.CancelOrder | c.CallOff):
            self.may_initiate(command, actor)
        self.goes_on(command.act)

    def lawful(self, command: Command, ask: Ask) -> None:
        """Refuse what the rules of the command itself forbid."""
        getattr(self, f"_{command.act}")(command, ask)

    def release(self, cmd: r.Release, ask: Ask) -> list[Fact]:
        """What waits for delivery is nobody's to take away."""
        found = self.floor.holds.get(cmd.hold)
        needs(found is None or found.reason != "trade", "waits for delivery")
        return super().release(cmd, ask)

    # Common

    @property
    def market(self) -> Market:
        """The pack's market."""
        assert self.pack.market is not None
        return self.pack.market

    def terms(self, instrument: str, segment: str, modes: tuple[str, ...], day: date) -> Terms:
        """Terms of a segment in which the instrument is traded."""
        found = self.market.instruments.get(instrument)
        if found is None:
            raise No("no such instrument")
        early = found.start is not None and day < found.start
        needs(not early and (found.to is None or day < found.to), "not traded today")
        needs(segment in found.segments, "no such segment")
        terms = self.floor.terms(segment, day)
        needs(terms.mode in modes, "another mode")
        return terms

    def trader(self, name: str, terms: Terms, at: str, admits: tuple[str, ...] = ()) -> Account:
        """Somebody who may trade there."""
        account = self.acting(name, "order")
        self.no_sink(account)
        self.checked(account.type, account.holder, at)
        if not self.government(account):
            found = self.floor.admitted.get(name)
            needs(found in terms.admits, "not admitted")
            needs(not admits or found in admits, "not of the classes")
        return account

    def session(self, instrument: str, terms: Terms, ask: Ask) -> None:
        """Refuse outside the sessions and while trading is halted."""
        local = self.floor.days.local(ask.at)
        today = local.date() == self.floor.today(ask.at)
        open_ = today and any(a <= local.time() < b for a, b in terms.hours)
        needs(open_, "no session")
        needs(instrument not in self.floor.halted and "" not in self.floor.halted, "halted")

    def units(self, amount: int, terms: Terms, part: bool = False) -> None:
        """Refuse what is no amount of the segment."""
        needs(amount >= 1 and amount % terms.lot == 0, "no whole lots")
        needs(part or amount >= terms.least, "too few")
        needs(terms.most is None or amount <= terms.most, "too many")

    def price(self, price: int, instrument: str, terms: Terms) -> None:
        """Refuse what is no price of today."""
        needs(1 <= price <= LARGEST and price % terms.tick == 0, "no tick")
        if terms.band is not None:
            reference = self.floor.closes.get(instrument)
            needs(reference is not None, "no reference price")
            needs(terms.within(price, reference), "beyond the band")

    def position(self, account: Account, instrument: str, more: int, day: date) -> None:
        """Refuse too large a holding."""
        if self.government(account):
            return
        limit = self.pack.says("position_limit", day, of=self.floor.admitted.get(account.id))
        if limit is None:
            return
        floor, kind = self.floor, self.floor.kind(instrument)
        asked = sum(
            o.left for o in floor.orders.values()
            if o.account == account.id and o.side == "buy" and floor.kind(o.instrument) == kind
        )  # fmt: skip
        for auction in floor.auctions.values():
            said = auction.said
            if floor.kind(said["instrument"]) != kind:
                continue
            if said["side"] == "sell":
                asked += sum(b.amount for b in auction.bids.values() if b.account == account.id)
            elif said["account"] == account.id:
                asked += said["amount"]
        coming = sum(
            t.amount for t in floor.trades.values()
            if t.status == "waits" and t.buyer == account.id and floor.kind(t.instrument) == kind
        )  # fmt: skip
        holding = floor.had[account.id, kind] + coming
        needs(holding + asked + more <= limit.number, "beyond the position limit")

    def saleable(self, account: str, instrument: str, amount: int, ask: Ask) -> None:
        """Refuse what is not there, or was bought today."""
        kind = self.floor.kind(instrument)
        free = self.free(account, kind, ask)
        needs(amount <= free, "short of units")
        if self.market.resale.value == "next_day":
            bought = sum(
                t.amount for t in self.floor.trades.values()
                if t.status == "settled" and not t.restriction and t.buyer == account
                and self.floor.kind(t.instrument) == kind
            )  # fmt: skip
            needs(amount <= free - bought, "bought today")

    def payable(self, account: str, money: int, ask: Ask) -> None:
        """Refuse what is not there."""
        needs(money <= self.free(account, self.floor.money_kind, ask), "short of money")

    def free(self, account: str, kind: str, ask: Ask) -> int:
        """Free units and those the waiting command holds itself."""
        return self.floor.spare(account, kind) + ask.own.get((account, kind), 0)

    def order_of(self, name: str) -> Order:
        """An order that waits."""
        needs(name in self.floor.orders, "no such order")
        return self.floor.orders[name]

    # Orders

    def met(self, command: c.PlaceOrder, terms: Terms) -> Met:
        """Whom a new order meets."""
        floor = self.floor
        holder = floor.accounts[command.account].holder
        reference = floor.closes.get(command.instrument)
        return meet(
            floor.books[command.instrument, command.segment].values(), command.side,
            command.price_fen, command.amount,
            dealt_at=lambda price: terms.within(price, reference),
            own=lambda other: floor.accounts[other].holder == holder,
            rule=self.market.self_trade.value,
        )  # fmt: skip

    def _order(self, cmd: c.PlaceOrder, ask: Ask) -> None:
        day = self.floor.today(ask.at)
        terms = self.terms(cmd.instrument, cmd.segment, OPEN, day)
        account = self.trader(cmd.account, terms, ask.at)
        needs(cmd.side in ("buy", "sell"), "no side")
        self.session(cmd.instrument, terms, ask)
        if terms.mode == "negotiated":
            needs(cmd.to and cmd.to != cmd.account, "no other party")
            self.trader(cmd.to, terms, ask.at)
        else:
            needs(not cmd.to, "a party named")
        if terms.mode == "fixed_price":
            needs(self.government(account) and 1900 <= cmd.year < 3000, "the authority, for a year")
        else:
            needs(not cmd.year, "a year named")
        self.units(cmd.amount, terms)
        if cmd.price_fen or terms.mode != "continuous":
            self.price(cmd.price_fen, cmd.instrument, terms)
        elif terms.band is not None:
            needs(cmd.instrument in self.floor.closes, "no reference price")
        self._until(cmd.until, day)
        if cmd.side == "buy":
            self.fits(account, self.floor.kind(cmd.instrument))
            self.position(account, cmd.instrument, cmd.amount, day)
        else:
            self.saleable(account.id, cmd.instrument, cmd.amount, ask)
        self._paid(cmd, terms, ask)

    def _until(self, until: str, day: date) -> None:
        if until and until != c.GOOD_TILL_CANCELLED:
            try:
                last = date.fromisoformat(until)
            except ValueError as error:
                raise No("no day") from error
            needs(last.isoformat() == until and last >= day, "a day that is over")

    def _paid(self, cmd: c.PlaceOrder, terms: Terms, ask: Ask) -> None:
        """Refuse an order that its account cannot pay, or that has nobody to meet."""
        if terms.mode != "continuous":
            if cmd.side == "buy":
                self.payable(cmd.account, terms.cost(cmd.price_fen, cmd.amount), ask)
            return
        met = self.met(cmd, terms)
        needs(all(how != "refused" for _, how in met.gone), "meets its own holder")
        spent = 0
        if cmd.side == "buy":
            spent = sum(terms.cost(o.price, part) for o, part in met.fills)
            self.payable(cmd.account, spent, ask)
        if met.stopped or not met.rest:
            return
        if not cmd.price_fen:
            needs(met.fills, "nobody to meet")
        elif cmd.side == "buy":
            self.payable(cmd.account, spent + terms.cost(cmd.price_fen, met.rest), ask)

    def _pick(self, cmd: c.Pick, ask: Ask) -> None:
        order = self.order_of(cmd.order)
        day = self.floor.today(ask.at)
        modes = ("listed", "negotiated", "fixed_price")
        terms = self.terms(order.instrument, order.segment, modes, day)
        account = self.trader(cmd.account, terms, ask.at)
        needs(not order.to or order.to == account.id, "for another")
        needs(self.floor.accounts[order.account].holder != account.holder, "its own holder")
        self.session(order.instrument, terms, ask)
        needs(terms.within(order.price, self.floor.closes.get(order.instrument)), "beyond the band")
        amount = cmd.amount or order.left
        needs(amount <= order.left, "more than waits")
        needs(not order.to or amount == order.left, "only whole")
        self.units(amount, terms, part=True)
        if order.side == "sell":
            self.fits(account, self.floor.kind(order.instrument))
            self.position(account, order.instrument, amount, day)
            self.payable(account.id, terms.cost(order.price, amount), ask)
        else:
            self.saleable(account.id, order.instrument, amount, ask)
        needs(not order.year, "nobody needs any")

    def _amend(self, cmd: c.Amend, ask: Ask) -> None:
        order = self.order_of(cmd.order)
        day = self.floor.today(ask.at)
        terms = self.terms(order.instrument, order.segment, OPEN, day)
        account = self.trader(cmd.account, terms, ask.at)
        needs(order.account == account.id, "another's order")
        self.session(order.instrument, terms, ask)
        self.units(cmd.amount, terms, part=True)
        price = cmd.price_fen or order.price
        self.units(order.amount - order.left + cmd.amount, terms)
        needs((cmd.amount, price) != (order.left, order.price), "nothing changes")
        reference = self.floor.closes.get(order.instrument)
        if price != order.price or not terms.within(order.price, reference):
            self.price(price, order.instrument, terms)
        if price != order.price and terms.mode == "continuous":
            book = self.floor.books[order.instrument, order.segment].values()
            other = [o.price for o in book if o.side != order.side]
            good = [p for p in other if (p <= price if order.side == "buy" else p >= price)]
            needs(not good, "it would meet somebody")
        if cmd.amount > order.left and order.side == "buy":
            self.position(account, order.instrument, cmd.amount - order.left, day)
        more = order.need(price, cmd.amount) - order.need(order.price, order.left)
        if more > 0 and order.side == "sell":
            self.saleable(account.id, order.instrument, more, ask)
        elif more > 0:
            self.payable(account.id, more, ask)

    def _cancel_order(self, cmd: c.CancelOrder, ask: Ask) -> None:
        bids = {n: b for a in self.floor.auctions.values() for n, b in a.bids.items()}
        found = bids.get(cmd.order) or self.order_of(cmd.order)
        needs(found.account == cmd.account, "another's order")
        self.concerned(cmd.account, ask.actor)
