"""Delivery versus payment: in the entry of the trade or after the close; resale; trades undone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.drafts import law
from helpers.market import KIND, MONEY, UNITS, Floor, market_pack, rule
from helpers.registry import sound
from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.terms import affordable
from tanheng.market.terms import cost as cost_of
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as r
from tanheng.registry.model import Posted

RULES = "Shifan Trading Rules (invented), Art. "
GTC = c.GOOD_TILL_CANCELLED


@pytest.fixture
def f() -> Floor:
    return Floor()


def fee(price: int, amount: int) -> int:
    return price * amount * 5 // 10_000


def postings(outcome: Outcome) -> list[tuple[Any, ...]]:
    return [p for e in outcome.events if isinstance(e, Posted) for p in e.postings]


def status(f: Floor, trade: str) -> str:
    return str(f.row("trades", "trade", trade, "status")[0])


def traded(outcome: Outcome) -> list[str]:
    """Ids of the trades of an outcome."""
    return [row[0] for e in outcome.events if isinstance(e, m.Traded) for row in e.rows]


def cross(
    f: Floor, seller: str, buyer: str, price: int, amount: int, segment: str = "bidding"
) -> str:
    """A trade; its id."""
    f.order(seller, "sell", price, amount, segment)
    if segment == "listed":
        (name,) = [n for n, o in f.market.orders.items() if o.segment == "listed"]
        found = f.pick(buyer, name)
    else:
        found = f.do(f.bidding(buyer, "buy", price, amount, segment), actor="ann")
    (trade,) = traded(found)
    return trade


# At once


def test_units_and_money_move_in_the_entry_of_the_trade(f: Floor) -> None:
    f.order("A", "sell", 2000, 100)
    found = f.do(f.bidding("B", "buy", 2000, 60), actor="ann")
    assert postings(found) == [
        ("move", KIND, "A", "B", 1, 60),
        ("move", "CNY", "B", "A", 120_000 - 60), ("move", "CNY", "B", "clear", 120),
    ]  # fmt: skip
    assert status(f, traded(found)[0]) == "settled"
    assert (f.held("A", KIND), f.held("B"), f.units("B")) == (40, 0, UNITS + 60)
    sound(f.programme.state.registry)
    f.sound()


def test_several_sellers_and_one_payment_each(f: Floor) -> None:
    f.order("A", "sell", 1990, 10)
    f.order("B", "sell", 2000, 10)
    f.order("A", "sell", 2010, 10)
    found = f.do(f.bidding("C", "buy", 2010, 30), actor="ann")
    money = [p for p in postings(found) if p[1] == "CNY"]
    assert sorted(money) == sorted([
        ("move", "CNY", "C", "A", 1990 * 10 + 2010 * 10 - fee(1990, 10) - fee(2010, 10)),
        ("move", "CNY", "C", "B", 2000 * 10 - fee(2000, 10)),
        ("move", "CNY", "C", "clear", 2 * (fee(1990, 10) + fee(2000, 10) + fee(2010, 10))),
    ])  # fmt: skip
    assert [p[2] for p in postings(found) if p[1] == KIND] == ["A", "B"]
    sound(f.programme.state.registry)


def test_without_fees_nothing_goes_to_clearing() -> None:
    f = Floor(market_pack(law("trade_fee_share", 'value: "0"')))
    f.do(r.CloseAccount("clear", "not needed"))
    cross(f, "A", "B", 2000, 10)
    cross(f, "A", "B", 2000, 10, "evening")
    f.tick("2016-06-01 17:00")
    assert (f.money("A"), f.money("B")) == (MONEY + 40_000, MONEY - 40_000)
    f.sound()


# After the close


def test_what_is_delivered_after_the_close_waits_until_then(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100, "evening")
    paid = 200_000 + 100
    assert status(f, trade) == "waits"
    assert (f.units("A"), f.held("A", KIND)) == (UNITS - 100, 100)
    assert (f.money("B"), f.held("B")) == (MONEY - paid, paid)
    assert (f.units("B"), f.money("A")) == (UNITS, MONEY)
    f.tick("2016-06-01 16:59:59.999999")
    assert status(f, trade) == "waits"
    f.tick("2016-06-01 17:00")
    assert status(f, trade) == "settled"
    assert (f.units("A"), f.held("A", KIND)) == (UNITS - 100, 0)
    assert (f.money("B"), f.held("B")) == (MONEY - paid, 0)
    assert (f.units("B"), f.money("A")) == (UNITS + 100, MONEY + 200_000 - 100)
    assert f.money("clear") == 200
    assert f.programme.state.registry.content.holds == {}
    sound(f.programme.state.registry)
    f.sound()


def test_nothing_that_waits_can_be_sold_spent_or_moved_twice(f: Floor) -> None:
    cross(f, "A", "B", 2000, UNITS, "evening")
    f.refuses("amount_short", f.bidding("A", "sell", 2000, 1), free=0, held=UNITS)
    f.refuses("amount_short", r.Transfer("A", "C", KIND, 1))
    f.refuses("amount_short", r.Surrender("A", 1, 2016))
    f.refuses("amount_short", c.WithdrawMoney("B", MONEY - UNITS * 2000, "W"), "gov1")
    f.refuses("amount_short", f.bidding("B", "sell", 2000, UNITS + 1, "evening"), free=UNITS)
    f.tick("2016-06-01 17:00")
    f.tick("2016-06-02 10:00")
    f.order("B", "sell", 2000, 2 * UNITS, "evening")
    f.sound()


def test_the_holds_of_trades_are_nobody_s_to_end(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, UNITS, "evening")
    units, money = f"H{trade}u", f"H{trade}m"
    for hold in (units, money):
        for actor in ("ann", "gov1"):
            f.refuses("hold_not_released", r.Release(hold, "no"), actor, hold=hold, reason="trade")
    f.refuses("amount_short", r.Deduct("A", "issuance", KIND, 1, "law"), "gov1", free=0)
    f.refuses("amount_short", r.Freeze("A", "law", KIND, 1), "gov1", free=0)
    f.refuses("amount_short", r.Freeze("A", "law", KIND, blocks=((1, 1),)), "gov1")
    f.do(r.Freeze("A", "law"), r.Freeze("B", "law"))
    f.tick("2016-06-01 17:00")
    assert status(f, trade) == "settled"
    assert f.balance("B").total == 2 * UNITS
    f.sound()


def test_one_delivery_for_all_trades_of_the_day_gross(f: Floor) -> None:
    """A sells to B and buys back dearer: both ways move in full, nothing is set off."""
    one = cross(f, "A", "B", 2000, 50, "evening")
    two = cross(f, "B", "A", 2100, 30, "evening")
    three = cross(f, "A", "C", 1900, 20, "evening")
    size = f.programme.journal.size
    f.tick("2016-06-01 17:00")
    assert f.programme.journal.size == size + 1
    entry = f.programme.journal.entry(size)
    assert entry is not None
    assert entry.act == "close_day"
    assert {status(f, trade) for trade in (one, two, three)} == {"settled"}
    assert (f.units("A"), f.units("B"), f.units("C")) == (UNITS - 40, UNITS + 20, UNITS + 20)
    fees = {"A": 50 + 31 + 19, "B": 50 + 31, "C": 19}
    assert f.money("A") == MONEY + 100_000 - 63_000 + 38_000 - fees["A"]
    assert f.money("B") == MONEY - 100_000 + 63_000 - fees["B"]
    assert f.money("C") == MONEY - 38_000 - fees["C"]
    assert f.money("clear") == sum(fees.values())
    assert f.market.day is None
    sound(f.programme.state.registry)
    f.sound()


def test_deliveries_of_several_kinds(f: Floor) -> None:
    f.do(
        r.Issue("DMA-2017", 1000, "issuance"), r.Allocate("issuance", "B", "DMA-2017", 500),
        c.SetReference("DMA-2017", 3000, "listed"),
    )  # fmt: skip
    cross(f, "A", "B", 2000, 10, "evening")
    f.kind = "DMA-2017"
    cross(f, "B", "A", 3000, 7, "evening")
    f.tick("2016-06-01 17:00")
    assert (f.free("A", "DMA-2017"), f.free("B", "DMA-2017")) == (7, 493)
    assert (f.free("A", KIND), f.free("B", KIND)) == (UNITS - 10, UNITS + 10)
    sound(f.programme.state.registry)
    f.sound()


def test_a_seller_delivers_even_if_the_clearing_account_was_closed_since(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 10, "evening")
    f.do(r.CloseAccount("clear", "too early"))
    f.tick("2016-06-02 10:00")
    assert status(f, trade) == "settled"
    f.sound()


def test_no_trade_waits_for_a_clearing_account_that_never_was() -> None:
    """Refused when it is traded: at the close it would stop the whole programme."""
    f = Floor()
    registry = f.programme.state.registry
    registry.by_type["clearing"].remove("clear")  # as if nobody had opened it
    f.order("A", "sell", 2000, 10, "evening")
    f.refuses("account_role_missing", f.bidding("B", "buy", 2000, 10, "evening"), role="clearing")
    f.tick("2016-06-02 10:00")
    assert f.open_orders() == {}


def test_several_days_that_nobody_looked_at(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 10, "evening")
    f.order("A", "sell", 2000, 10, "evening", until="2016-06-02")
    f.tick("2016-06-20 10:00")
    assert status(f, trade) == "settled"
    acts = [
        (entry.act, entry.at)
        for seq in range(f.programme.journal.size - 2, f.programme.journal.size)
        if (entry := f.programme.journal.entry(seq))
    ]
    assert acts == [
        ("close_day", "2016-06-01T09:00:00.000000Z"),
        ("expire_order", "2016-06-02T09:00:00.000000Z"),
    ]
    f.sound()


# Resale


def test_what_was_bought_today_is_not_sold_today() -> None:
    f = Floor(market_pack(rule("resale", "next_day")))
    cross(f, "B", "A", 2000, 100)
    told: dict[str, Any] = {
        "account": "A",
        "bought": 100,
        "free": UNITS + 100,
        "clause": "Test, Art. 1",
    }
    f.refuses(
        "resale_same_day", f.bidding("A", "sell", 2000, UNITS + 1, "evening"),
        amount=UNITS + 1, **told,
    )  # fmt: skip
    listed = f.order("C", "buy", 2000, 100, "listed")
    order = f.order("A", "sell", 2000, UNITS, "evening")
    f.refuses("resale_same_day", c.Pick("A", listed, 1), free=100)
    f.refuses("resale_same_day", c.Amend("A", order, UNITS + 1), free=100)
    f.tick("2016-06-02 10:00")
    f.order("A", "sell", 2000, UNITS + 100, "evening")
    f.sound()


def test_what_is_not_delivered_yet_does_not_block_what_one_has() -> None:
    f = Floor(market_pack(rule("resale", "next_day")))
    cross(f, "B", "A", 2000, 100, "evening")
    f.order("A", "sell", 2000, UNITS)
    assert f.units("A") == 0


def test_resale_through_an_auction_is_resale_too() -> None:
    f = Floor(market_pack(rule("resale", "next_day")))
    cross(f, "B", "A", 2000, 100)
    opens, closes = "2016-06-01T02:30:00.000000Z", "2016-06-01T03:00:00.000000Z"
    command = c.OpenAuction("A", KIND, "oneway", UNITS + 1, opens, closes, "n", reserve_fen=1)
    f.refuses("resale_same_day", command, bought=100)
    auction = f.auction("C", 50, "2016-06-01 10:30", "2016-06-01 11:00", "oneway", side="buy",
                        reserve_fen=2000)  # fmt: skip
    f.order("A", "sell", 2000, UNITS)
    f.tick("2016-06-01 10:30")
    f.refuses("resale_same_day", c.Bid("A", auction, 2000, 1), bought=100)


def test_an_annulled_purchase_is_none() -> None:
    f = Floor(market_pack(rule("resale", "next_day")))
    trade = cross(f, "B", "A", 2000, 100)
    f.do(c.Annul(trade, "error"))
    f.order("A", "sell", 2000, UNITS)
    f.sound()


# Trades undone


def test_a_settled_trade_is_undone_with_its_fees(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100)
    found = f.do(c.Annul(trade, "typed a wrong price"))
    assert (f.units("A"), f.units("B"), f.money("clear")) == (UNITS, UNITS, 0)
    assert (f.money("A"), f.money("B")) == (MONEY, MONEY)
    assert found.events[-1] == m.Annulled(trade, "typed a wrong price")
    assert status(f, trade) == "annulled"
    f.refuses("annul_not_possible", c.Annul(trade, "again"), "gov1", trade=trade)
    sound(f.programme.state.registry)
    f.sound()


def test_a_trade_that_waits_is_undone_by_ending_its_holds(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100, "evening")
    other = cross(f, "A", "B", 2000, 1, "evening")
    f.do(c.Annul(trade, "error"))
    assert status(f, trade) == "annulled"
    assert (f.held("A", KIND), f.held("B")) == (1, 2001)
    f.tick("2016-06-01 17:00")
    assert (status(f, trade), status(f, other)) == ("annulled", "settled")
    assert (f.units("A"), f.units("B")) == (UNITS - 1, UNITS + 1)
    f.sound()


def test_quotes_are_made_without_an_annulled_trade(f: Floor) -> None:
    cross(f, "A", "B", 2000, 10)
    wrong = cross(f, "A", "B", 2200, 90)
    cross(f, "A", "B", 1900, 20)
    bar = f.market.bars[f"{KIND}/bidding"]["2016-06-01"]
    assert (bar.high, bar.volume, bar.trades) == (2200, 120, 3)
    f.do(c.Annul(wrong, "error"))
    f.tick("2016-06-01 17:00")
    assert f.row(
        "quotes", "segment", "bidding", "open_fen", "high_fen", "low_fen", "close_fen", "volume",
        "turnover_fen", "trades",
    ) == (2000, 2000, 1900, 1933, 30, 58_000, 2)  # fmt: skip
    assert f.market.closes[KIND] == 1933
    f.sound()


def test_a_day_whose_only_trade_is_annulled_has_no_quotes(f: Floor) -> None:
    f.do(c.Annul(cross(f, "A", "B", 2100, 10), "error"))
    f.tick("2016-06-01 17:00")
    assert f.market.closes[KIND] == 2000
    assert f.programme.store.query("SELECT * FROM quotes") == []
    f.sound()


def test_a_trade_is_not_undone_when_its_units_or_money_are_gone(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100)
    f.order("B", "sell", 2100, UNITS, "listed")
    f.do(r.Transfer("B", "C", KIND, 1), actor="ann")
    f.refuses("amount_short", c.Annul(trade, "error"), "gov1", account="B", kind=KIND, free=99)
    other = cross(f, "C", "D", 2000, 100)
    f.do(c.WithdrawMoney("C", f.money("C"), "W"))
    f.refuses("amount_short", c.Annul(other, "error"), "gov1", account="C", kind="CNY")


def test_a_trade_of_another_day_is_not_undone(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100)
    f.tick("2016-06-01 17:00")
    told = {"trade": trade, "clause": RULES + "50"}
    f.refuses("annul_not_possible", c.Annul(trade, "late"), "gov1", **told)
    f.tick("2016-06-02 10:00")
    cross(f, "A", "B", 2000, 100)
    f.refuses("annul_not_possible", c.Annul(trade, "late"), "gov1", **told)


def test_undoing_is_the_authority_s_and_has_a_reason(f: Floor) -> None:
    trade = cross(f, "A", "B", 2000, 100)
    f.refuses("authority_only", c.Annul(trade, "mine"), "ann")
    f.refuses("reason_missing", c.Annul(trade, " "), "gov1")
    f.refuses("annul_not_possible", c.Annul("T9.9", "what"), "gov1")


def test_a_pack_without_annulment() -> None:
    f = Floor(market_pack(rule("annulment", "none")))
    trade = cross(f, "A", "B", 2000, 100)
    f.refuses("annul_not_possible", c.Annul(trade, "error"), "gov1", rule="none",
              clause="Test, Art. 1")  # fmt: skip


def test_the_very_units_of_a_restricted_sale_go_back(f: Floor) -> None:
    """Units bought for one year's surrender are restricted; undone, the buyer keeps none of them."""
    f.do(r.Allocate("issuance", "auct", KIND, 1000))
    before = list(f.balance("A").blocks)
    auction = f.auction("auct", 1000, "2016-06-01 10:30", "2016-06-01 11:00", reserve_fen=1,
                        restriction=2016)  # fmt: skip
    f.tick("2016-06-01 10:30")
    f.bid("A", auction, 100, 1000)
    f.tick("2016-06-01 11:00")
    assert f.balance("A").restricted == 1000
    (trade,) = f.market.day.trades
    found = f.ask(c.Annul(trade, "error"))
    if isinstance(found, Refusal):
        return
    assert f.balance("A").blocks == before
    assert f.units("auct") == 1000
    sound(f.programme.state.registry)


# Anything, in any order: nothing is lost, nothing is short

_acts = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "order", "order", "annul", "cancel", "amend", "next"]),
        st.sampled_from("ABCD"), st.sampled_from(["buy", "sell"]),
        st.sampled_from(["bidding", "evening"]), st.integers(1960, 2040), st.integers(1, 5_000),
    ),
    min_size=8, max_size=40,
)  # fmt: skip


@settings(max_examples=12)
@given(_acts)
def test_units_and_money_are_conserved_after_every_entry(
    acts: list[tuple[str, str, str, str, int, int]],
) -> None:
    f = Floor(traders=[(name, "operator") for name in "ABCD"], money=9_000_000)
    day = 1
    for what, account, side, segment, price, amount in acts:
        if what == "order":
            until = GTC if amount % 2 else ""
            f.ask(f.bidding(account, side, price, amount, segment, until=until), "ann")
        elif what == "annul" and f.market.day and f.market.day.trades:
            f.ask(c.Annul(sorted(f.market.day.trades)[amount % len(f.market.day.trades)], "error"))
        elif what in ("cancel", "amend") and f.market.orders:
            name = sorted(f.market.orders)[amount % len(f.market.orders)]
            owner = f.market.orders[name].account
            again = c.Amend(owner, name, amount, price if amount % 3 else 0)
            f.ask(again if what == "amend" else c.CancelOrder(owner, name), "ann")
        elif what == "next":
            day = day + 1 if day in (1, 2) else 13 + (day + 1) % 5 if day < 13 else day
            f.tick(f"2016-06-{day:02} 10:00" if day != 13 else "2016-06-13 10:00")
        sound(f.programme.state.registry)
        orders = f.market.orders.values()
        for name in "ABCD":
            mine = [o for o in orders if o.account == name]
            trades = f.market.day.trades.values() if f.market.day else ()
            waits = [t for t in trades if t.waits]
            units = sum(o.left for o in mine if o.side == "sell")
            units += sum(t.amount for t in waits if t.seller == name)
            money = sum(
                o.price_fen * o.left + fee(o.price_fen, o.left) for o in mine if o.side == "buy"
            )
            money += sum(t.price_fen * t.amount + t.buyer_fee for t in waits if t.buyer == name)
            assert (f.held(name, KIND), f.held(name)) == (units, money)
    f.tick("2016-07-01 10:00")
    f.sound()
    f.reopened()


# What money pays for


@settings(max_examples=200)
@given(
    st.integers(1, 10**5), st.integers(0, 10**12), st.sampled_from(["0", "0.0005", "0.3", "1"]),
    st.sampled_from([1, 7, 100]),
)  # fmt: skip
def test_as_many_units_as_money_pays_for(price: int, money: int, share: str, lot: int) -> None:
    found = affordable(share, price, money, lot)
    assert found % lot == 0
    assert found == 0 or cost_of(share, price, found) <= money
    assert cost_of(share, price, found + lot) > money
