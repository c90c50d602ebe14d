"""What a market allows besides orders: admission, halts, money, auctions, trades made in error."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from tanheng.market import commands as c
from tanheng.simulate.market.floor import Auction
from tanheng.simulate.market.laws import Laws
from tanheng.simulate.registry.model import LARGEST, No
from tanheng.simulate.registry.rules import Ask, needs

AUCTIONS = ("auction", "one_way")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class AllLaws(Laws):
    """All rules together."""

    # The authority

    def _admit(self, cmd: c.Admit, ask: Ask) -> None:
        account = self.account(cmd.account)
        self.no_sink(account)
        needs(cmd.holder_class != self.floor.admitted.get(account.id, ""), "the same class")
        if cmd.holder_class:
            needs(cmd.holder_class in self.market.classes, "no such class")
        else:
            self.reason(cmd.reason)

    def _set_reference(self, cmd: c.SetReference, ask: Ask) -> None:
        needs(cmd.instrument in self.market.instruments, "no such instrument")
        needs(1 <= cmd.price_fen <= LARGEST, "no price")
        self.reason(cmd.reason)

    def _halt(self, cmd: c.Halt, ask: Ask) -> None:
        needs(not cmd.instrument or cmd.instrument in self.market.instruments, "no instrument")
        self.reason(cmd.reason)
        needs((cmd.instrument in self.floor.halted) != cmd.halted, "the same")

    def _deposit(self, cmd: c.Deposit, ask: Ask) -> None:
        kind, account = self.floor.money_kind, self.account(cmd.account)
        self.no_sink(account)
        self.fits(account, kind)
        self._bank(cmd.reference)
        self.amount(kind, cmd.amount)
        needs(self.floor.issued(kind) + cmd.amount <= LARGEST, "more than can be counted")

    def _withdraw_money(self, cmd: c.WithdrawMoney, ask: Ask) -> None:
        account = self.acting(cmd.account, cmd.act)
        self.no_sink(account)
        self._bank(cmd.reference)
        self.amount(self.floor.money_kind, cmd.amount)
        self.payable(account.id, cmd.amount, ask)

    def _bank(self, reference: str) -> None:
        self.name(reference)
        needs(reference not in self.floor.references, "used before")

    def _annul(self, cmd: c.Annul, ask: Ask) -> None:
        self.reason(cmd.reason)
        trade = self.floor.trades.get(cmd.trade)
        needs(self.market.annulment.value != "none", "never undone")
        if self.floor.day is None or trade is None or trade.status == "annulled":
            raise No("no trade of today")
        if trade.status == "waits":
            return
        kind, money = self.floor.kind(trade.instrument), self.floor.money_kind
        there = self.free(trade.buyer, kind, ask)
        if trade.restriction:
            there = self.floor.marked(trade.buyer, kind, trade.restriction).size
        needs(trade.amount <= there, "units are gone")
        fees = trade.buyer_fee + trade.seller_fee
        paid = trade.price * trade.amount - trade.seller_fee
        needs(paid <= self.free(trade.seller, money, ask), "money is gone")
        if fees:
            needs(fees <= self.free(self.clearing(), money, ask), "fees are gone")

    def clearing(self) -> str:
        """Where fees go."""
        for account in self.floor.accounts.values():
            if account.type == self.market.clearing and account.status != "closed":
                return account.id
        raise No("nowhere for fees")

    # Auctions

    def _open_auction(self, cmd: c.OpenAuction, ask: Ask) -> None:
        day = self.floor.today(ask.at)
        terms = self.terms(cmd.instrument, cmd.segment, AUCTIONS, day)
        account = self.trader(cmd.account, terms, ask.at)
        needs(terms.mode == "one_way" or self.government(account), "only the authority")
        needs(cmd.side in ("sell", "buy") and cmd.pricing in ("uniform", "pay_as_bid"), "a word")
        needs(cmd.margin in ("time", "pro_rata") and cmd.unsold in ("return", "cancel"), "a word")
        self.reason(cmd.notice)
        needs(cmd.amount >= 1 and cmd.amount % terms.lot == 0, "no whole lots")
        self._window(cmd, ask.at)
        self._reserve(cmd)
        needs(all(name in self.market.classes for name in cmd.admits), "no such class")
        needs(0 <= cmd.bid_limit <= LARGEST and 1 <= cmd.least_bidders <= LARGEST, "a limit")
        kind = self.floor.kind(cmd.instrument)
        if cmd.restriction:
            needs(self.pack.kinds[kind].serialised and cmd.side == "sell", "cannot be restricted")
            needs(1900 <= cmd.restriction < 3000, "no year")
        if cmd.side == "sell":
            self.saleable(account.id, cmd.instrument, cmd.amount, ask)
        else:
            self.fits(account, kind)
            self.position(account, cmd.instrument, cmd.amount, day)
            self.payable(account.id, terms.cost(cmd.reserve_fen, cmd.amount), ask)

    def _window(self, cmd: c.OpenAuction, at: str) -> None:
        needs(_INSTANT.fullmatch(cmd.opens) and _INSTANT.fullmatch(cmd.closes), "no instants")
        needs(at <= cmd.opens < cmd.closes, "no window")
        opens, closes = (self.floor.days.local(one) for one in (cmd.opens, cmd.closes))
        needs(opens.date() == closes.date() and self.floor.days.works(opens.date()), "no day")
        end = datetime.combine(opens.date(), self.market.day_end.value)
        needs(closes <= end, "after the end of the day")

    def _reserve(self, cmd: c.OpenAuction) -> None:
        needs(0 <= cmd.reserve_fen <= LARGEST and 0 <= cmd.ceiling_fen <= LARGEST, "no price")
        if cmd.average is None:
            needs(not cmd.floor_share, "a share of nothing")
            needs(cmd.side == "sell" or cmd.reserve_fen >= 1, "no reserve")
            return
        segment, first, last = cmd.average
        needs(not cmd.reserve_fen and cmd.side == "sell", "two reserves")
        needs(segment in self.market.instruments[cmd.instrument].segments, "no such segment")
        try:
            needs(date.fromisoformat(first) <= date.fromisoformat(last), "no span")
            needs(not cmd.floor_share or 0 < Decimal(cmd.floor_share) < 1000, "no share")
        except (ValueError, ArithmeticError) as error:
            raise No("no span or share") from error
        closes = self.floor.days.local(cmd.closes).date().isoformat()
        needs(last < closes, "not over by then")

    def _auction(self, name: str) -> Auction:
        needs(name in self.floor.auctions, "no such auction")
        return self.floor.auctions[name]

    def _bid(self, cmd: c.Bid, ask: Ask) -> None:
        auction = self._auction(cmd.auction)
        said, day = auction.said, self.floor.today(ask.at)
        terms = self.terms(said["instrument"], said["segment"], AUCTIONS, day)
        account = self.trader(cmd.account, terms, ask.at, tuple(said.get("admits", ())))
        needs(said["opens"] <= ask.at < said["closes"] and auction.fixed, "not open")
        needs(self.floor.accounts[said["account"]].holder != account.holder, "its own holder")
        self.units(cmd.amount, terms)
        needs(cmd.price_fen >= 1 and cmd.price_fen % terms.tick == 0, "no tick")
        sells = said["side"] == "sell"
        good = cmd.price_fen >= auction.reserve if sells else cmd.price_fen <= auction.reserve
        needs(not auction.reserve or good, "beyond the reserve")
        limits = [said["amount"]]
        if said.get("bid_limit"):
            limits.append(said["bid_limit"])
        found = self.floor.admitted.get(account.id)
        share = self.pack.says("bid_limit_share", day, of=found)
        if share is not None:
            limits.append(int(share.number * said["amount"]))
        holders = self.floor.accounts
        asked = sum(
            b.amount for b in auction.bids.values()
            if holders[b.account].holder == account.holder
        )  # fmt: skip
        needs(asked + cmd.amount <= min(limits), "more than one may bid for")
        if sells:
            self.fits(account, self.floor.kind(said["instrument"]))
            self.position(account, said["instrument"], cmd.amount, day)
            self.payable(account.id, terms.cost(cmd.price_fen, cmd.amount), ask)
        else:
            self.saleable(account.id, said["instrument"], cmd.amount, ask)

    def _call_off(self, cmd: c.CallOff, ask: Ask) -> None:
        auction = self._auction(cmd.auction)
        needs(auction.said["account"] == cmd.account, "another's")
        self.concerned(cmd.account, ask.actor)
        self.reason(cmd.reason)
