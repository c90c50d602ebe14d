"""What law and authority do to orders, bids and auctions; four eyes; packs that replace others."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.drafts import law, replayed
from helpers.market import KIND, MONEY, UNITS, Floor, market_pack
from helpers.registry import local, sound
from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as r
from tanheng.registry.model import HoldEnded, Proposed

RULES = "Shifan Trading Rules (invented), Art. "
GTC = c.GOOD_TILL_CANCELLED


@pytest.fixture
def f() -> Floor:
    return Floor()


def cost(price: int, amount: int) -> int:
    return price * amount + price * amount * 5 // 10_000


def status(f: Floor, order: str) -> tuple[Any, ...]:
    return f.row("orders", "order_id", order, "status", "open")


def bidding_floor(f: Floor, account: str = "C", **more: Any) -> str:
    """A one-way auction of 1,000 units by an account, open for bids from 10:30 to 11:00."""
    fields = {"reserve_fen": 1, **more}
    auction = f.auction(account, 1000, "2016-06-01 10:30", "2016-06-01 11:00", "oneway", **fields)
    f.tick("2016-06-01 10:30")
    return auction


def whole(f: Floor) -> None:
    """Sound, with nothing held for what is over, and the same after every replay."""
    sound(f.programme.state.registry)
    f.sound()
    replayed(f)
    market = f.programme.state.market
    auctions = market.content.auctions.values()
    holds = {order.hold for order in market.content.orders.values()}
    holds |= {auction.announced.hold for auction in auctions}
    holds |= {bid.hold for auction in auctions for bid in auction.bids.values()}
    content = f.programme.state.registry.content
    own = {hold.id for hold in content.holds.values() if hold.reason in ("order", "bid")}
    assert holds == own


# Deductions


def test_a_deduction_takes_an_order_of_sale_away(f: Floor) -> None:
    order = f.order("A", "sell", 2000, 100)
    found = f.do(r.Deduct("A", "issuance", KIND, UNITS, "did not surrender"))
    assert m.OrderEnded(order, "voided", "did not surrender") in found.events
    assert status(f, order) == ("voided", 100)
    assert f.held("A", KIND) == 0
    f.refuses("order_gone", c.CancelOrder("A", order), how="voided")
    f.do(f.bidding("B", "buy", 2000, 10), actor="ann")
    assert f.units("B") == UNITS
    whole(f)


def test_a_deduction_takes_part_of_an_order(f: Floor) -> None:
    """What is left keeps its place in the queue."""
    order = f.order("A", "sell", 2000, 100)
    behind = f.order("C", "sell", 2000, 100)
    f.do(r.Deduct("A", "issuance", KIND, UNITS - 30, "law"))
    assert f.open_orders() == {order: 30, behind: 100}
    assert f.row("orders", "order_id", order, "open", "amount", "reason") == (30, 30, "law")
    f.order("B", "buy", 2000, 40)
    assert f.open_orders() == {behind: 90}
    assert f.balance("A").total == 0
    whole(f)


def test_a_deduction_leaves_whole_lots() -> None:
    f = Floor(market_pack(law("lot", 'value: "10"')))
    order = f.order("A", "sell", 2000, 100)
    f.do(r.Deduct("A", "issuance", KIND, UNITS - 39, "law"))
    assert f.open_orders() == {order: 30}
    assert (f.held("A", KIND), f.units("A")) == (30, 9)
    other = f.order("B", "sell", 2000, 100)
    f.do(r.Deduct("B", "issuance", KIND, UNITS - 9, "law"))
    assert f.open_orders() == {order: 30}
    assert status(f, other) == ("voided", 100)
    assert f.units("B") == 9
    whole(f)


@pytest.mark.parametrize("keep, left", [(0, 0), (2000, 0), (2001, 1), (2002, 1), (4001, 1),
                                         (4002, 2), (200_099, 99), (200_100, 100)])  # fmt: skip
def test_a_freeze_of_money_takes_as_much_of_a_bid_as_it_must(
    f: Floor, keep: int, left: int
) -> None:
    """A unit at 2000 costs 2001 with its fee; 100 cost 200,100."""
    order = f.order("A", "buy", 2000, 100)
    f.do(r.Freeze("A", "law", "CNY", MONEY - keep))
    assert f.open_orders() == ({order: left} if left else {})
    assert f.held("A") - (MONEY - keep) == cost(2000, left)
    whole(f)


def test_a_deduction_of_money_and_a_frozen_amount_of_units(f: Floor) -> None:
    bid = f.order("A", "buy", 2000, 100)
    sale = f.order("A", "sell", 2100, 100)
    f.do(r.Freeze("A", "law", KIND, UNITS - 60), r.Deduct("A", "issuance", "CNY", MONEY, "law"))
    assert f.open_orders() == {sale: 60}
    assert status(f, bid) == ("voided", 100)
    whole(f)


def test_frozen_blocks_shrink_an_order(f: Floor) -> None:
    order = f.order("A", "sell", 2000, UNITS, "evening")
    ((first, last, _, _),) = f.balance("A").blocks
    f.do(r.Freeze("A", "law", KIND, blocks=((first, first + 9), (last - 4, last))))
    assert f.open_orders() == {order: UNITS - 15}
    f.order("B", "buy", 2000, UNITS - 15, "evening")
    f.tick("2016-06-01 17:00")
    balance = f.balance("A")
    assert (balance.total, balance.frozen) == (15, 15)
    whole(f)


def test_several_orders_give_way_one_after_the_other(f: Floor) -> None:
    orders = [f.order("A", "sell", 2000 + n, 30_000) for n in range(3)]
    f.do(r.Deduct("A", "issuance", KIND, 65_000, "law"))
    assert f.open_orders() == {orders[1]: 5_000, orders[2]: 30_000}
    whole(f)


# Freezing an account


def test_a_frozen_account_s_orders_and_bids_are_taken_out(f: Floor) -> None:
    auction = bidding_floor(f)
    bid = f.bid("A", auction, 100, 10)
    kept = f.bid("B", auction, 100, 10)
    orders = [
        f.order("A", "sell", 2000, 10), f.order("A", "buy", 1900, 10, "listed"),
        f.order("A", "sell", 2100, 10, "evening", until=GTC),
    ]  # fmt: skip
    f.do(r.Freeze("A", "investigation"))
    assert f.open_orders() == {}
    assert all(status(f, order)[0] in ("voided", "frozen") for order in orders)
    assert list(f.market.auctions[auction].bids) == [kept]
    assert (f.held("A", KIND), f.held("A")) == (0, 0)
    f.refuses("account_frozen", f.bidding("A", "sell", 2000, 1), account="A")
    f.refuses("account_frozen", c.Bid("A", auction, 100, 1), account="A")
    f.refuses("order_unknown", c.CancelOrder("A", bid))
    f.do(r.Unfreeze("A", "over"))
    f.order("A", "sell", 2000, 1)
    whole(f)


def test_the_auction_of_a_frozen_account_is_called_off(f: Floor) -> None:
    auction = bidding_floor(f)
    f.bid("A", auction, 100, 10)
    f.bid("B", auction, 100, 10)
    f.do(r.Freeze("C", "investigation"))
    assert f.market.auctions == {}
    assert f.row("auctions", "auction", auction, "status", "sold") == ("called_off", 0)
    assert (f.money("A"), f.money("B"), f.held("C", KIND)) == (MONEY, MONEY, 0)
    rows = f.programme.store.query("SELECT status FROM bids")
    assert rows == [("lost",), ("lost",)]
    whole(f)


def test_a_pack_may_let_frozen_accounts_trade() -> None:
    f = Floor(market_pack(frozen_account_may=("surrender", "order")))
    order = f.order("A", "sell", 2000, 10)
    f.do(r.Freeze("A", "investigation"))
    assert f.open_orders() == {order: 10}
    f.order("B", "buy", 2000, 10)
    whole(f)


# Ending holds


@pytest.mark.parametrize("actor", ["ann", "gov1"])
@pytest.mark.parametrize("side", ["sell", "buy"])
def test_who_releases_an_order_s_hold_takes_the_order_back(f: Floor, actor: str, side: str) -> None:
    order = f.order("A", side, 2000, 10)
    found = f.do(r.Release(f"H{order[1:]}", "gone"), actor=actor)
    assert found.events == (
        HoldEnded(f"H{order[1:]}", "released", "gone"), m.OrderEnded(order, "voided", "gone"),
    )  # fmt: skip
    assert status(f, order) == ("voided", 10)
    whole(f)


def test_a_hold_of_somebody_s_own_is_no_order(f: Floor) -> None:
    f.order("A", "sell", 2000, 10)
    hold = f.do(r.PlaceHold("A", KIND, 10, "order"), actor="ann").seq
    f.do(r.Release(f"H{hold}"), actor="ann")
    assert len(f.open_orders()) == 1
    sound(f.programme.state.registry)


def test_a_released_bid_is_void(f: Floor) -> None:
    auction = bidding_floor(f)
    bid = f.bid("A", auction, 100, 10)
    f.do(r.Release(f.market.auctions[auction].bids[bid].hold), actor="ann")
    assert f.market.auctions[auction].bids == {}
    assert f.row("bids", "bid", bid, "status") == ("voided",)
    f.tick("2016-06-01 11:00")
    assert f.row("auctions", "auction", auction, "status") == ("no_bids",)
    whole(f)


def test_a_bid_loses_all_when_the_law_takes_part_of_its_money(f: Floor) -> None:
    auction = bidding_floor(f)
    bid = f.bid("A", auction, 100, 10)
    f.do(r.Freeze("A", "law", "CNY", MONEY - 1000))  # 1000 are left; 1000 and a fee of 0 are held
    assert f.row("bids", "bid", bid, "status") == ("open",)
    f.do(r.Freeze("A", "law", "CNY", 1))
    assert f.row("bids", "bid", bid, "status") == ("voided",)
    assert f.money("A") == 999
    whole(f)


@pytest.mark.parametrize("how", ["release", "deduct", "freeze", "call_off"])
def test_an_auction_whose_units_are_gone_is_called_off(f: Floor, how: str) -> None:
    auction = bidding_floor(f)
    f.bid("A", auction, 100, 10)
    f.bid("B", auction, 120, 10)
    if how == "release":
        f.do(r.Release(f.market.auctions[auction].announced.hold), actor="ann")
    elif how == "deduct":
        f.do(r.Deduct("C", "issuance", KIND, UNITS, "law"))
    elif how == "freeze":
        f.do(r.Freeze("C", "law", KIND, UNITS - 999))
    else:
        f.do(c.CallOff("C", auction, "changed our mind"), actor="ann")
    row = f.row("auctions", "auction", auction, "status", "sold", "unsold", "bids")
    assert row == ("called_off", 0, 1000, 2)
    assert (f.money("A"), f.money("B")) == (MONEY, MONEY)
    f.refuses("auction_unknown", c.Bid("A", auction, 100, 1))
    f.tick("2016-06-02 10:00")
    whole(f)


@pytest.mark.parametrize("what", ["bid", "auction"])
def test_holds_of_auctions_are_known_after_opening_from_a_snapshot(f: Floor, what: str) -> None:
    auction = bidding_floor(f)
    bid = f.bid("A", auction, 100, 10)
    f.programme.snapshot()
    f.reopened()
    assert f.programme.opened[0] == 0
    found = f.market.auctions[auction]
    f.do(r.Release(found.bids[bid].hold if what == "bid" else found.announced.hold))
    assert (auction in f.market.auctions) == (what == "bid")
    assert f.row("bids", "bid", bid, "status") == ("voided" if what == "bid" else "lost",)
    f.tick("2016-06-02 10:00")
    whole(f)


# Admission


def test_an_account_that_is_no_longer_admitted_has_nothing_in_the_market(f: Floor) -> None:
    auction = bidding_floor(f)
    bid = f.bid("A", auction, 100, 10)
    order = f.order("A", "sell", 2000, 10)
    f.refuses("reason_missing", c.Admit("A", ""), "gov1")
    f.do(c.Admit("A", "", "expelled"))
    assert status(f, order) == ("cancelled", 10)
    assert f.row("bids", "bid", bid, "status")[0] != "open"
    f.tick("2016-06-01 11:00")
    assert f.units("A") == UNITS
    whole(f)


def test_an_auction_of_an_account_that_is_no_longer_admitted(f: Floor) -> None:
    auction = bidding_floor(f)
    f.bid("A", auction, 100, 10)
    f.do(c.Admit("C", "", "expelled"))
    f.tick("2016-06-01 11:00")
    assert f.row("auctions", "auction", auction, "status") == ("called_off",)
    whole(f)


def test_admission_asks_for_a_known_class(f: Floor) -> None:
    f.refuses("holder_class_unknown", c.Admit("A", "bank"), "gov1", value="bank")
    f.refuses("admit_same", c.Admit("A", "obligated"), "gov1", account="A")
    f.refuses("authority_only", c.Admit("A", "institution"), "ann")
    f.refuses("account_is_sink", c.Admit("cancellation", "institution"), "gov1")
    f.refuses("account_unknown", c.Admit("X", "institution"), "gov1")


# Closing accounts and the registry


def test_an_account_with_orders_is_not_closed(f: Floor) -> None:
    f.order("A", "sell", 2000, 1)
    f.do(r.Return("A", "issuance", KIND, UNITS - 1), actor="ann")
    f.do(c.WithdrawMoney("A", MONEY, "W"))
    f.refuses("account_not_empty", r.CloseAccount("A", "left"), "gov1", what=f"1 {KIND}")


def test_a_buyer_whose_trade_waits_is_not_closed() -> None:
    f = Floor(money=2001)
    f.do(r.Return("B", "issuance", KIND, UNITS), actor="ann")
    f.order("A", "sell", 2000, 1, "evening")
    f.order("B", "buy", 2000, 1, "evening")
    f.refuses("account_not_empty", r.CloseAccount("B", "left"), "gov1")
    f.tick("2016-06-01 17:00")
    assert (f.units("B"), f.money("B")) == (1, 0)
    f.sound()


def test_a_closed_registry_takes_no_orders_but_keeps_its_promises(f: Floor) -> None:
    order = f.order("A", "sell", 2000, 10, until=GTC)
    day = f.order("A", "sell", 2000, 10)
    f.order("A", "sell", 2000, 10, "evening")
    f.order("B", "buy", 2000, 10, "evening")
    f.do(r.CloseRegistry("migration"))
    clause = "Shifan Registry Rules (invented), Art. 18"
    for command in (
        f.bidding("B", "buy", 2000, 1), c.Pick("B", order), c.Amend("A", order, 5),
        c.CancelOrder("A", order),
    ):  # fmt: skip
        f.refuses("registry_closed", command, act=command.act, clause=clause)
    for other in (c.Deposit("A", 1, "X"), c.Halt("", True, "x"), c.SetReference(KIND, 1, "x")):
        f.refuses("registry_closed", other, "gov1", act=other.act)
    f.tick("2016-06-01 17:00")
    assert f.open_orders() == {order: 10}
    assert status(f, day) == ("expired", 10)
    assert f.units("B") == UNITS + 10
    f.do(r.OpenRegistry("done"))
    f.tick("2016-06-02 10:00")
    f.order("B", "buy", 2000, 10)
    whole(f)


# Halts


@pytest.mark.parametrize("what", [KIND, ""])
def test_while_trading_is_halted(f: Floor, what: str) -> None:
    order = f.order("A", "sell", 2000, 10)
    listed = f.order("A", "sell", 2000, 10, "listed")
    f.refuses("reason_missing", c.Halt(what, True, ""), "gov1")
    f.do(c.Halt(what, True, "rumours"))
    f.refuses("halt_same", c.Halt(what, True, "rumours"), "gov1")
    for command in (
        f.bidding("B", "buy", 2000, 1), c.Pick("B", listed), c.Amend("A", order, 5),
    ):  # fmt: skip
        f.refuses("market_halted", command, instrument=KIND, reason="rumours")
    f.do(c.CancelOrder("A", listed), actor="ann")
    f.kind = "DMA-2017"
    f.do(
        r.Issue(f.kind, 10, "issuance"), r.Allocate("issuance", "A", f.kind, 10),
        c.SetReference(f.kind, 2000, "listed"),
    )  # fmt: skip
    if what:
        f.order("A", "sell", 2000, 1)
    else:
        f.refuses("market_halted", f.bidding("A", "sell", 2000, 1))
    f.kind = KIND
    f.do(c.Halt(what, False, "denied"))
    f.refuses("halt_same", c.Halt(what, False, "denied"), "gov1")
    f.order("B", "buy", 2000, 1)
    whole(f)


def test_a_halt_of_one_does_not_end_with_that_of_all(f: Floor) -> None:
    f.do(c.Halt(KIND, True, "one"), c.Halt("", True, "all"), c.Halt("", False, "all again"))
    f.refuses("market_halted", f.bidding("A", "sell", 2000, 1), reason="one")
    f.refuses("instrument_unknown", c.Halt("GOLD", True, "x"), "gov1", instrument="GOLD")
    f.refuses("authority_only", c.Halt(KIND, False, "x"), "ann")


# Money of the bank


def test_money_of_the_bank_comes_and_goes_once(f: Floor) -> None:
    f.do(c.Deposit("A", 500, "B-1"))
    f.refuses("reference_used", c.Deposit("A", 500, "B-1"), "gov1", reference="B-1")
    f.refuses("reference_used", c.WithdrawMoney("A", 500, "B-1"), "gov1", reference="B-1")
    f.do(c.WithdrawMoney("A", 500, "B-2"))
    assert f.money("A") == MONEY
    f.refuses("amount_short", c.WithdrawMoney("A", MONEY + 1, "B-3"), "gov1", free=MONEY)
    f.order("A", "buy", 2000, 100)
    f.refuses("amount_short", c.WithdrawMoney("A", MONEY - 200_099, "B-3"), "gov1")
    f.refuses("authority_only", c.Deposit("A", 1, "B-4"), "ann")
    for amount in (0, -1):
        f.refuses("amount_bad", c.Deposit("A", amount, "B-5"), "gov1", value=amount)
        f.refuses("amount_bad", c.WithdrawMoney("A", amount, "B-5"), "gov1", value=amount)
    for reference in ("", " ", "a b", "x" * 65, "编号"):
        f.refuses("identifier_bad", c.Deposit("A", 1, reference), "gov1")
    whole(f)


def test_money_that_went_out_does_not_go_out_again(f: Floor) -> None:
    """It ends in the cancellation account, which is a sink: what is there is counted once."""
    f.do(c.WithdrawMoney("A", 500, "B-1"))
    f.refuses("account_is_sink", c.WithdrawMoney("cancellation", 500, "B-2"), "gov1")
    f.refuses("account_is_sink", c.Deposit("cancellation", 500, "B-2"), "gov1")
    assert f.programme.state.registry.content.totals["CNY"].cancelled == 500


# Four eyes


def watched(*acts: str, floor: Floor | None = None) -> Floor:
    """A floor whose pack asks for a second person from now on."""
    f = floor or Floor()
    assert isinstance(f.adopt(market_pack(four_eyes=list(acts))), Outcome)
    return f


def proposed(f: Floor, command: Any, actor: str = "gov1") -> str:
    found = f.do(command, actor=actor)
    assert found.act == "propose"
    return next(e.pending for e in found.events if isinstance(e, Proposed))


def test_a_second_person_for_money(f: Floor) -> None:
    watched("deposit", "withdraw_money", floor=f)
    pending = proposed(f, c.Deposit("A", 500, "B-1"))
    twice = proposed(f, c.Deposit("A", 500, "B-1"))
    assert f.money("A") == MONEY
    f.refuses("approver_is_initiator", r.Approve(pending), "gov1")
    f.refuses("authority_only", r.Approve(pending), "ann")
    f.do(r.Approve(pending), actor="gov2")
    assert f.money("A") == MONEY + 500
    f.refuses("reference_used", r.Approve(twice), "gov2")
    out = proposed(f, c.WithdrawMoney("A", MONEY + 500, "B-2"))
    assert f.held("A") == MONEY + 500
    f.refuses("amount_short", f.bidding("A", "buy", 2000, 1))
    f.do(r.Approve(out), actor="gov2")
    assert (f.money("A"), f.held("A")) == (0, 0)
    sound(f.programme.state.registry)
    f.sound()


@pytest.mark.parametrize("how", ["abort", "reject", "expire"])
@pytest.mark.parametrize("what", ["deposit", "withdraw_money", "admit", "halt", "annul",
                                  "open_auction"])  # fmt: skip
def test_what_waits_for_a_second_person_can_be_taken_back(f: Floor, how: str, what: str) -> None:
    f.do(r.Allocate("issuance", "auct", KIND, 100))
    f.order("A", "sell", 2000, 10)
    found = f.do(f.bidding("B", "buy", 2000, 10), actor="ann")
    trade = next(row[0] for e in found.events if isinstance(e, m.Traded) for row in e.rows)
    window = local("2016-06-08 10:00"), local("2016-06-08 11:00")
    command = {
        "deposit": c.Deposit("A", 500, "B-1"), "withdraw_money": c.WithdrawMoney("A", 5, "B-1"),
        "admit": c.Admit("A", "", "left"), "halt": c.Halt("", True, "rumours"),
        "annul": c.Annul(trade, "error"),
        "open_auction": c.OpenAuction("auct", KIND, "auction", 10, *window, "n", reserve_fen=1),
    }[what]  # fmt: skip
    watched(what, floor=f)
    before = f.money("A"), f.units("B"), f.units("auct")
    pending = proposed(f, command)
    if how == "abort":
        f.do(r.Abort(pending, "no"))
    elif how == "reject":
        f.do(r.Reject(pending, "no"), actor="gov2")
    else:
        f.tick("2016-06-05 10:00")
    assert f.programme.state.registry.content.pending == {}
    assert (f.money("A"), f.units("B"), f.units("auct")) == before
    f.refuses("pending_unknown", r.Approve(pending), "gov2")
    f.sound()


def test_a_second_person_for_annulment_after_things_moved(f: Floor) -> None:
    watched("annul", floor=f)
    f.order("A", "sell", 2000, 100)
    trades = []
    for amount in (10, 20):
        found = f.do(f.bidding("B", "buy", 2000, amount), actor="ann")
        trades += [row[0] for e in found.events if isinstance(e, m.Traded) for row in e.rows]
    one, two = (proposed(f, c.Annul(trade, "error")) for trade in trades)
    # What would go back is held meanwhile; the rest can be sold.
    f.refuses("amount_short", f.bidding("B", "sell", 2100, UNITS + 1, "evening"), free=UNITS)
    f.do(r.Approve(one), actor="gov2")
    assert f.row("trades", "trade", trades[0], "status") == ("annulled",)
    f.tick("2016-06-01 17:00")
    f.refuses("annul_not_possible", r.Approve(two), "gov2", trade=trades[1])
    f.tick("2016-06-05 10:00")
    assert (f.units("B"), f.held("B", KIND)) == (UNITS + 20, 0)
    sound(f.programme.state.registry)
    f.sound()


def test_a_second_person_for_a_halt_that_happened_meanwhile(f: Floor) -> None:
    watched("halt", floor=f)
    one, two = (proposed(f, c.Halt(KIND, True, "rumours")) for _ in range(2))
    f.order("A", "sell", 2000, 1)
    f.do(r.Approve(one), actor="gov2")
    f.refuses("market_halted", f.bidding("A", "sell", 2000, 1))
    f.refuses("halt_same", r.Approve(two), "gov2")


def test_a_second_person_for_an_auction(f: Floor) -> None:
    f.do(r.Allocate("issuance", "auct", KIND, 100))
    watched("open_auction", floor=f)
    window = local("2016-06-02 10:00"), local("2016-06-02 11:00")

    def opening(amount: int) -> c.OpenAuction:
        return c.OpenAuction("auct", KIND, "auction", amount, *window, "n", reserve_fen=1)

    one, two = proposed(f, opening(60)), proposed(f, opening(40))
    assert f.units("auct") == 0  # held, while it waits
    f.refuses("amount_short", opening(1), "gov1", free=0)
    f.do(r.Approve(one), actor="gov2")
    assert (f.held("auct", KIND), len(f.market.auctions)) == (100, 1)
    f.tick("2016-06-02 10:30")
    f.refuses("auction_window", r.Approve(two), "gov2")
    f.tick("2016-06-06 10:00")
    assert f.units("auct") == 100
    sound(f.programme.state.registry)
    f.sound()


def test_the_authority_calls_off_an_auction_with_four_eyes(f: Floor) -> None:
    watched("call_off", floor=f)
    auction = bidding_floor(f)
    f.bid("A", auction, 100, 10)
    pending = proposed(f, c.CallOff("C", auction, "manipulation"))
    f.do(r.Approve(pending), actor="gov2")
    assert f.market.auctions == {}
    whole(f)


# Another pack


def test_a_pack_that_lacks_what_is_used_is_not_adopted(f: Floor) -> None:
    """Orders, auctions, an open day and deals need the instruments and segments they are in."""
    pack = market_pack()
    assert pack.market is not None

    def without(n: int, **update: Any) -> Any:
        market = pack.market.model_copy(update=update) if update else None  # type: ignore[union-attr]
        note = {"parameters/note.yaml": f"# {n}\n".encode()}
        return pack.model_copy(update={"market": market}).with_files({**pack.files, **note})

    instruments = dict(pack.market.instruments)
    poorer = instruments[KIND].model_copy(update={"segments": ("listed",)})
    packs = [
        without(1), without(2, instruments={n: i for n, i in instruments.items() if n != KIND}),
        without(3, instruments={**instruments, KIND: poorer}),
    ]  # fmt: skip
    f.order("A", "sell", 2000, 10, until=GTC)
    for other in packs:
        found = f.adopt(other)
        assert isinstance(found, Refusal)
        assert "{" not in found.message("en") + found.message("zh")
    f.tick("2016-06-02 10:00")
    f.do(c.CancelOrder("A", next(iter(f.open_orders()))), actor="ann")
    found = f.adopt(packs[2])
    assert isinstance(found, Outcome)
    f.refuses("segment_unknown", f.bidding("A", "sell", 2000, 1), known="listed")
    f.order("A", "sell", 2000, 1, "listed")
    assert isinstance(f.adopt(packs[0]), Refusal)
    f.tick("2016-06-02 18:00")
    assert isinstance(f.adopt(packs[0]), Outcome)
    f.refuses("market_missing", f.bidding("A", "sell", 2000, 1))
    f.sound()


def test_a_pack_without_a_market_while_a_deal_runs(f: Floor) -> None:
    found = f.do(c.ProposeDeal("A", "B", "pledge", KIND, 10, "2016-06-10", 1000, 1000),
                 actor="ann")  # fmt: skip
    deal = next(e.deal for e in found.events if isinstance(e, m.DealProposed))
    f.do(c.AgreeDeal("B", deal), actor="ann")
    pack = market_pack()
    note = {"parameters/note.yaml": b"# no market\n"}
    f.adopt(pack.model_copy(update={"market": None}).with_files({**pack.files, **note}))
    f.tick("2016-06-11 10:00")  # refused or not: what is due is carried out
    assert f.market.deals == {}
    f.sound()


def test_a_pack_with_other_hours_leaves_the_open_day_as_it_is(f: Floor) -> None:
    order = f.order("A", "sell", 2000, 10, until="2016-06-02")
    clause = '{value: "16:00", clause: "Test, Art. 3", status: assumed}'
    assert isinstance(f.adopt(market_pack(f"market:\n  day_end: {clause}\n")), Outcome)
    f.tick("2016-06-01 16:30")
    assert f.market.day is not None
    f.tick("2016-06-01 17:00")
    assert f.market.day is None
    f.tick("2016-06-02 10:00")
    f.order("B", "sell", 2000, 1)
    f.tick("2016-06-02 16:00")
    assert f.market.day is None
    f.tick("2016-06-02 17:00")
    assert order not in f.open_orders()
    f.sound()


def test_unsold_units_are_cancelled_whatever_the_order_of_blocks() -> None:
    """The pack takes the highest serials first: winners and cancellation take different ones."""
    order = {"default": ("oldest_vintage", "highest_serial")}
    f = Floor(market_pack(block_order=order))
    for account, amount in (("auct", 700), ("A", 5), ("auct", 300)):
        f.do(r.Allocate("issuance", account, KIND, amount))
    auction = f.auction("auct", 1000, "2016-06-01 10:30", "2016-06-01 11:00", reserve_fen=1,
                        unsold="cancel")  # fmt: skip
    f.tick("2016-06-01 10:30")
    f.bid("A", auction, 100, 450)
    f.bid("B", auction, 100, 150)
    f.tick("2016-06-01 11:00")
    assert f.units("auct") == 0
    assert f.programme.state.registry.content.totals[KIND].cancelled == 400
    sound(f.programme.state.registry)
    f.sound()
