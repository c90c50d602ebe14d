"""The market of every pack trades, in each of its segments, with the same code."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from helpers.compliance import Scheme
from helpers.market import Floor, market_pack
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.registry import commands as r
from tanheng.registry.model import instant
from tanheng.rules import Pack, load_pack, pack_names

AUCTIONS = ("auction", "one_way")
MONEY, UNITS = 10_000_000_00, 2_000_000


def law(name: str) -> Pack:
    found = load_pack(name)
    assert isinstance(found, Pack)
    return found


PACKS = {name: pack for name in pack_names() if (pack := law(name)).market is not None}
DAYS = {
    "cn-national-ets": "2024-06-03", "uk-ets": "2024-06-03", "eu-ets": "2024-06-03",
    "cn-jiangsu-discharge-rights": "2018-06-04",
}  # fmt: skip
"""A working day on which the pack trades; of the others it is 2016-06-01."""


def widest(pack: Pack) -> str:
    """The first instrument that trades in most segments."""
    assert pack.market is not None
    every = pack.market.instruments
    return max(every, key=lambda name: len(every[name].segments))


def test_every_scheme_has_a_market_but_the_credits_of_benchmarks() -> None:
    assert [name for name in pack_names() if name not in PACKS] == ["benchmark-credit"]


@pytest.mark.parametrize("name", PACKS)
def test_who_trades_may_hold_what_is_traded_and_paid(name: str) -> None:
    pack = PACKS[name]
    assert pack.market is not None
    money = pack.kinds[pack.market.money]
    assert pack.market.clearing in money.held_by
    assert pack.accounts[pack.market.clearing].role == "clearing"
    sinks = {kind.id for kind in pack.accounts_of("cancellation")}
    assert set(money.held_by) & sinks, "money could not leave by the bank"
    for one in pack.market.instruments.values():
        kind = pack.kinds[one.kind]
        both = set(kind.held_by) & set(money.held_by)
        assert {a.id for a in pack.accounts_of("operator")} & both, one.kind
        assert {a.id for a in pack.accounts_of("auction")} <= both or "auction" not in one.segments


@pytest.mark.parametrize("name", PACKS)
def test_amounts_of_listed_and_block_trades_leave_no_gap(name: str) -> None:
    pack = PACKS[name]
    day = date.fromisoformat(DAYS.get(name, "2016-06-01"))
    for one, other in (("listed", "block"), ("block", "large")):
        most = pack.says("amount_maximum", day, of=one)
        least = pack.says("amount_minimum", day, of=other)
        if most is not None and least is not None and name != "demo-ets":
            assert most.number + 1 == least.number


class Room(Scheme):
    """A programme under any pack: the operators O and Q, the account that auctions, and the one that
    fees go to; with an instrument's units and money."""

    def __init__(self, name: str, instrument: str) -> None:
        pack = market_pack(name=name)
        assert pack.market is not None
        self.day = date.fromisoformat(DAYS.get(name, "2016-06-01"))
        super().__init__(pack, entities=0, now=f"{self.day} 06:00")
        self.to("07:30")
        self.instrument, self.kind = instrument, pack.market.instruments[instrument].kind
        self.money = pack.market.money
        source = next(
            a.id
            for a in pack.accounts.values()
            if a.government and not a.sink and a.id in pack.kinds[self.kind].held_by
        )
        commands: list[Any] = [
            r.OpenAccount("clear", pack.market.clearing, "exchange"),
            r.OpenAccount("auct", pack.accounts_of("auction")[0].id, "authority"),
        ]
        if pack.accounts[pack.market.clearing].id in pack.controls.kyc.value.required_for:
            commands.insert(0, r.RegisterHolder("exchange", True))
        for account, person in (("auct", "gov1"), ("auct", "gov2")):
            commands.append(r.Represent(account, person, ("initiate", "approve")))
        for account in "OQ":
            commands += [
                r.RegisterHolder(f"h{account}", True),
                r.OpenAccount(account, pack.accounts_of("operator")[0].id, f"h{account}"),
                *(r.Represent(account, p, ("initiate", "approve")) for p in ("ann", "bob")),
                c.Admit(account, "obligated"), c.Deposit(account, 10 * MONEY, f"D-{account}"),
                r.Issue(self.kind, UNITS, source),
                r.Allocate(source, account, self.kind, UNITS),
            ]  # fmt: skip
        if pack.accounts_of("auction")[0].id in pack.kinds[self.kind].held_by:
            commands.append(r.Issue(self.kind, UNITS, "auct"))
        commands.append(c.SetReference(instrument, 1000, "to begin with"))
        self.do(*commands)

    def to(self, clock: str) -> None:
        """Set the clock to a time of the pack's zone, and carry out what is due."""
        self.now = self.instant(clock)
        self.programme.tick()

    def instant(self, clock: str) -> str:
        """The journal's text of a time of the day."""
        return instant(self.pack.hours.at(self.day, time.fromisoformat(clock)))

    def announce(self, segment: str) -> str:
        """An auction from 10:00 to 11:00, of the government's or O's; its id."""
        seller, actor = ("auct", "gov1") if segment == "auction" else ("O", "ann")
        window = self.instant("10:00"), self.instant("11:00")
        found = self.do(
            c.OpenAuction(
                seller, self.instrument, segment, 1000, *window, "Notice 1", reserve_fen=900
            ),
            actor=actor,
        )
        return next(e.auction for e in found.events if isinstance(e, m.AuctionOpened))

    def trade(self, segment: str, mode: str) -> int:
        """A trade from O to Q at 950; how much."""
        if mode in AUCTIONS:
            return 0
        if mode == "fixed_price":  # for those who lack units for a year, so for nobody here
            order = c.PlaceOrder("O", self.instrument, segment, "sell", 10, 950, year=2016)
            assert self.no(order, "ann").code == "account_not_government"
            return 0
        least = self.pack.says("amount_minimum", self.day, of=segment)
        amount = max(int(least.number) if least is not None else 0, 1000)
        to = "Q" if mode == "negotiated" else ""
        sale = c.PlaceOrder("O", self.instrument, segment, "sell", amount, 950, to=to)
        placed = self.do(sale, actor="ann")
        (name,) = [e.order for e in placed.events if isinstance(e, m.OrderPlaced)]
        if mode == "continuous":
            self.do(c.PlaceOrder("Q", self.instrument, segment, "buy", amount, 960), actor="ann")
        else:
            self.do(c.Pick("Q", name), actor="ann")
        return amount

    def total(self, account: str, kind: str) -> int:
        """What an account has."""
        balance = self.programme.state.registry.balance(account, kind)
        return balance.total if balance else 0


@pytest.mark.parametrize("name", PACKS)
def test_one_trade_in_every_segment(name: str) -> None:
    room = Room(name, widest(PACKS[name]))
    market = room.pack.market
    assert market is not None
    segments = market.instruments[room.instrument].segments
    assert set(segments) == {s for one in market.instruments.values() for s in one.segments}
    auctions = [s for s in segments if market.segments[s].mode.value in AUCTIONS]
    announced = [room.announce(segment) for segment in auctions]
    room.to("10:00")
    room.do(*(c.Bid("Q", auction, 950, 1000) for auction in announced), actor="ann")
    room.to("11:00")
    room.to("14:00")
    sold = 1000 * len(auctions)
    for segment in segments:
        sold += room.trade(segment, market.segments[segment].mode.value)
    room.to("19:00")
    # Fees, where a pack has them, are half a per cent of each side at most.
    fees = room.total("clear", room.money)
    assert 0 <= fees <= 950 * sold // 100
    assert room.total("Q", room.kind) == UNITS + sold
    assert room.total("Q", room.money) == 10 * MONEY - 950 * sold - fees // 2
    assert room.programme.state.registry.content.holds == {}
    Floor.sound(room)  # type: ignore[arg-type]
