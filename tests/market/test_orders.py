"""Orders: what is refused, and what continuous bidding, listings and named parties make of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.drafts import law
from helpers.market import KIND, MONEY, UNITS, Floor, market_pack, rule
from helpers.registry import local
from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.programme import dispatch
from tanheng.programme.instants import ClockOff
from tanheng.programme.programme import Outcome
from tanheng.programme.signing import Request
from tanheng.registry import commands as r

RULES = "Shifan Trading Rules (invented), Art. "
GTC = c.GOOD_TILL_CANCELLED


@pytest.fixture
def f() -> Floor:
    return Floor()


def fee(price: int, amount: int) -> int:
    """0.05 % of the turnover, rounded down."""
    return price * amount * 5 // 10_000


def cost(price: int, amount: int) -> int:
    return price * amount + fee(price, amount)


# Prices


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    "segment, clause, low, high",
    [
        ("listed", RULES + "60", 1800, 2200),
        ("bidding", RULES + "60", 1800, 2200),
        ("evening", RULES + "60", 1800, 2200),
        ("block", RULES + "61", 1400, 2600),
    ],
)
def test_a_price_at_the_limit_is_taken_and_one_fen_beyond_is_not(
    f: Floor, side: str, segment: str, clause: str, low: int, high: int
) -> None:
    f.tick("2016-06-01 13:00")
    more = {"to": "B"} if segment == "block" else {}
    for price in (low - 1, high + 1):
        f.refuses(
            "price_beyond_band", f.bidding("A", side, price, 10_000, segment, **more),
            value=price, low=low, high=high, reference=2000, clause=clause,
        )  # fmt: skip
    for price in (low, high):
        f.order("A", side, price, 10_000, segment, **more)
    f.sound()


@pytest.mark.parametrize("price", [2001, 2004, 4, 1, -5])
def test_a_price_off_the_tick(price: int) -> None:
    f = Floor(market_pack(law("tick", 'value: "5"')))
    for segment in ("listed", "bidding"):
        f.refuses(
            "price_tick", f.bidding("A", "sell", price, 10, segment),
            value=price, tick=5, clause="Draft",
        )  # fmt: skip


def test_the_band_is_rounded_inwards_to_the_tick() -> None:
    f = Floor(market_pack(law("tick", 'value: "5"')))
    f.do(c.SetReference(KIND, 2003, "moved"))  # 1802.7 to 2203.3
    for price in (1800, 2205):
        f.refuses("price_beyond_band", f.bidding("A", "buy", price, 1), low=1805, high=2200)
    for price in (1805, 2200):
        f.order("A", "buy", price, 1, "listed")


def test_a_band_that_holds_no_price_stops_market_orders_too() -> None:
    """Around 3 fen there is no multiple of 5 within 10 %: nobody may trade at 2000 either."""
    f = Floor(market_pack(law("tick", 'value: "5"')))
    f.order("A", "sell", 2000, 10)
    f.ask(c.SetReference(KIND, 3, "low"))  # taken or not
    if f.market.closes[KIND] == 3:
        f.refused(f.bidding("B", "buy", 0, 10))
        f.refused(f.bidding("B", "buy", 5, 10))


@pytest.mark.parametrize("segment", ["listed", "bidding", "evening"])
def test_without_a_reference_price_there_is_no_band_and_no_trade(f: Floor, segment: str) -> None:
    f.do(r.Issue("CCER", 100, "issuance"), r.Allocate("issuance", "A", "CCER", 100))
    f.kind = "CCER" if segment != "evening" else "DMA-2017"
    if segment == "evening":
        f.do(r.Issue(f.kind, 100, "issuance"), r.Allocate("issuance", "A", f.kind, 100))
    f.refuses("reference_missing", f.bidding("A", "sell", 2000, 1, segment), instrument=f.kind)
    if segment != "listed":
        f.refuses("reference_missing", f.bidding("A", "sell", 0, 1, segment), instrument=f.kind)


def test_a_market_order_only_where_prices_meet(f: Floor) -> None:
    f.refuses("price_tick", f.bidding("A", "buy", 0, 1, "listed"), value=0)
    f.tick("2016-06-01 13:00")
    f.refuses("price_tick", f.bidding("A", "buy", 0, 10_000, "block", to="B"), value=0)
    for side in ("buy", "sell"):
        f.refuses("nothing_to_meet", f.bidding("A", side, 0, 1), instrument=KIND)


# Hours and days


@pytest.mark.parametrize(
    "when, taken",
    [
        ("2016-06-02 09:29:59.999999", False),
        ("2016-06-02 09:30", True),
        ("2016-06-02 11:29:59.999999", True),
        ("2016-06-02 11:30", False),
        ("2016-06-02 12:59:59.999999", False),
        ("2016-06-02 13:00", True),
        ("2016-06-02 14:59:59.999999", True),
        ("2016-06-02 15:00", False),
        ("2016-06-02 00:00", False),
        ("2016-06-04 10:00", False),  # a Saturday
        ("2016-06-09 10:00", False),  # Dragon Boat Festival
        ("2016-06-12 10:00", True),  # a Sunday at work
        ("2016-10-08 10:00", True),  # a Saturday at work
    ],
)
def test_orders_in_the_hours_of_working_days(f: Floor, when: str, taken: bool) -> None:
    listed = f.order("A", "sell", 2000, 10, "listed", until=GTC)
    f.at(when)
    commands = [f.bidding("B", "buy", 2000, 1), c.Pick("B", listed, 1), c.Amend("A", listed, 5)]
    for command in commands:
        if taken:
            f.do(command, actor="ann")
        else:
            f.refuses(
                "session_closed", command, segment=command.segment
                if isinstance(command, c.PlaceOrder) else "listed",
                hours="09:30–11:30, 13:00–15:00", clause=RULES + "10",
            )  # fmt: skip
    f.do(c.CancelOrder("A", listed), actor="ann")
    f.sound()


def test_block_trades_have_hours_of_their_own(f: Floor) -> None:
    command = f.bidding("A", "sell", 2000, 10_000, "block", to="B")
    f.refuses("session_closed", command, hours="13:00–15:00")
    f.at("2016-06-01 12:59:59.999999")
    f.refuses("session_closed", command)
    f.at("2016-06-01 13:00").do(command, actor="ann")


def test_an_instrument_trades_from_its_first_day_up_to_its_last() -> None:
    f = Floor(
        now="2015-12-31 10:00", kind="ESQ", traders=[("A", "operator"), ("B", "operator")]
    )  # fmt: skip
    command = f.bidding("A", "sell", 2000, 1, "listed")
    f.refuses("instrument_not_traded", command, day="2015-12-31")
    f.at("2016-01-04 10:00").do(command, actor="ann")
    kept = f.order("A", "sell", 2000, 5, "listed", until=GTC)
    f.tick("2016-12-30 10:00")
    f.do(command, actor="ann")
    f.pick("B", kept, 1)
    for day in ("2017-01-01", "2017-01-03"):
        f.tick(f"{day} 10:00")
        f.refuses("instrument_not_traded", command, day=day)
        f.refuses("instrument_not_traded", c.Pick("B", kept), day=day)
    if kept in f.open_orders():
        f.do(c.CancelOrder("A", kept), actor="ann")
    assert f.held("A", "ESQ") == 0
    f.sound()


def test_a_clock_that_goes_back_stops_everything(f: Floor) -> None:
    f.order("A", "sell", 2000, 1)
    before = f.programme.state.hash()
    f.at("2016-06-01 09:58:59")
    with pytest.raises(ClockOff, match=r"Art\. 22"):
        f.ask(f.bidding("A", "sell", 2000, 1), "ann")
    assert f.programme.state.hash() == before
    f.at("2016-06-01 09:59")  # 60 s behind are borne, and count as the last entry's instant
    assert f.do(f.bidding("A", "sell", 2000, 1), actor="ann").at == local("2016-06-01 10:00")


# Who


def test_unknown_accounts_people_and_things(f: Floor) -> None:
    f.refuses("account_unknown", f.bidding("X", "sell", 2000, 1), account="X")
    f.refuses("person_unknown", f.bidding("A", "sell", 2000, 1), "nobody", person="nobody")
    f.refuses("not_representative", f.bidding("A", "sell", 2000, 1), "gov1", account="A")
    f.refuses("side_bad", f.bidding("A", "hold", 2000, 1), value="hold")
    f.refuses("segment_unknown", f.bidding("A", "sell", 2000, 1, "dark"), segment="dark")
    f.refuses("segment_mode", f.bidding("A", "sell", 2000, 1, "auction"), mode="auction")
    f.refuses("order_unknown", c.Pick("A", "O999"), order="O999")
    f.refuses("order_unknown", c.Amend("A", "O999", 1), order="O999")
    f.refuses("order_unknown", c.CancelOrder("A", "O999"), order="O999")
    f.kind = "DMA-2018"
    f.refuses("instrument_unknown", f.bidding("A", "sell", 2000, 1), instrument="DMA-2018")


def test_accounts_that_are_not_admitted(f: Floor) -> None:
    f.do(
        r.RegisterHolder("hN", True), r.OpenAccount("N", "trader", "hN"),
        r.Represent("N", "ann", ("initiate",)), r.Represent("N", "bob", ("initiate",)),
        r.Allocate("issuance", "N", KIND, 10), c.Deposit("N", 10**6, "D-N"),
    )  # fmt: skip
    told = {"account": "N", "class": "—", "clause": RULES + "11"}
    listed = f.order("A", "sell", 2000, 10, "listed")
    f.refuses("not_admitted", f.bidding("N", "sell", 2000, 1), **told)
    f.refuses("not_admitted", c.Pick("N", listed), **told)
    f.do(c.Admit("N", "institution"))
    f.pick("N", listed, 1)
    f.do(c.Admit("N", "", "left"))
    f.refuses("not_admitted", c.Pick("N", listed), **told)


def test_a_class_that_does_not_trade_in_the_segment(f: Floor) -> None:
    f.tick("2016-06-01 13:00")
    known = "obligated, institution"
    f.refuses(
        "not_admitted", f.bidding("P", "sell", 2000, 10_000, "block", to="A"),
        **{"account": "P", "class": "individual", "known": known, "clause": RULES + "11"},
    )  # fmt: skip
    f.refuses("not_admitted", f.bidding("A", "sell", 2000, 10_000, "block", to="P"), account="P")
    f.do(r.Allocate("issuance", "auct", KIND, 10))
    offer = c.PlaceOrder("auct", KIND, "compliance", "sell", 10, 3000, year=2016)
    f.do(offer)
    (name,) = f.open_orders()
    f.refuses("not_admitted", c.Pick("T", name), account="T", known="obligated")


def test_a_holder_whose_check_is_over_does_not_trade(f: Floor) -> None:
    listed = f.order("A", "sell", 2000, 10, "listed")
    f.do(r.RegisterHolder("hB", False))
    f.refuses("holder_unchecked", c.Pick("B", listed), holder="hB")
    f.refuses("holder_unchecked", f.bidding("B", "sell", 2000, 1), holder="hB")


def test_a_sink_and_a_kind_that_the_account_cannot_have(f: Floor) -> None:
    f.do(r.Represent("cancellation", "gov1", ("initiate",)))
    f.refuses("account_is_sink", f.bidding("cancellation", "buy", 2000, 1), "gov1")
    f.kind = "ESQ"
    f.do(c.SetReference("ESQ", 2000, "listed"))
    f.refuses("kind_not_held", f.bidding("P", "buy", 2000, 1, "listed"), account="P", kind="ESQ")


# Amounts


@pytest.mark.parametrize("segment", ["listed", "bidding", "evening", "block"])
@pytest.mark.parametrize("amount", [0, -1, -(2**63)])
def test_no_amount_and_negative_amounts(f: Floor, segment: str, amount: int) -> None:
    f.tick("2016-06-01 13:00")
    more = {"to": "B"} if segment == "block" else {}
    for side in ("buy", "sell"):
        f.refuses("amount_lot", f.bidding("A", side, 2000, amount, segment, **more), value=amount)


def test_amounts_off_the_lot() -> None:
    f = Floor(market_pack(law("lot", 'value: "10"')))
    f.refuses("amount_lot", f.bidding("A", "sell", 2000, 15), value=15, lot=10, clause="Draft")
    listed = f.order("A", "sell", 2000, 30, "listed")
    f.refuses("amount_lot", c.Pick("B", listed, 11), value=11)
    f.refuses("amount_lot", c.Amend("A", listed, 25), value=25)
    f.pick("B", listed, 10)
    assert f.open_orders() == {listed: 20}


def test_least_and_largest_amounts(f: Floor) -> None:
    f.tick("2016-06-01 13:00")
    f.refuses(
        "amount_beyond", f.bidding("A", "sell", 2000, 9_999, "block", to="B"),
        limit=10_000, clause=RULES + "63",
    )  # fmt: skip
    f.order("A", "sell", 2000, 10_000, "block", to="B")
    for segment in ("listed", "bidding"):
        f.refuses(
            "amount_beyond", f.bidding("C", "sell", 2000, 100_001, segment),
            limit=100_000, clause=RULES + "63",
        )  # fmt: skip
    f.order("C", "sell", 2000, 100_000, "listed")


def test_the_least_amount_is_not_got_round_by_amending(f: Floor) -> None:
    """A block trade of one unit at ±30 % would be a way round the band of ±10 %."""
    f.tick("2016-06-01 13:00")
    block = f.order("A", "sell", 2600, 10_000, "block", to="B")
    f.refuses("amount_beyond", c.Amend("A", block, 1), limit=10_000)
    f.do(c.Amend("A", block, 20_000), actor="ann")
    f.refuses("amount_beyond", c.Amend("A", block, 9_999), limit=10_000)


def test_one_unit_more_than_there_is(f: Floor) -> None:
    told: dict[str, Any] = {"account": "A", "kind": KIND, "total": UNITS}
    f.refuses(
        "amount_short", f.bidding("A", "sell", 2000, UNITS + 1, "evening"), free=UNITS, **told
    )
    f.order("A", "sell", 2000, 60_000)
    f.refuses("amount_short", f.bidding("A", "sell", 2000, 40_001, "listed"), free=40_000, **told)
    f.order("A", "sell", 2000, 40_000, "listed")
    bid = f.order("B", "buy", 2000, 10, "listed")
    f.refuses("amount_short", c.Pick("A", bid, 1), free=0, held=UNITS, **told)
    f.sound()


@pytest.mark.parametrize("short", [0, 1])
def test_one_fen_less_than_price_and_fee(short: int) -> None:
    money = cost(2000, 1001) - short
    assert money == 2002000 + 1001 - short

    def answered(f: Floor, command: Any) -> None:
        if short:
            f.refuses(
                "amount_short", command, account="A", kind="CNY", amount=money + 1, free=money
            )  # fmt: skip
            return
        f.do(command, actor="ann")
        assert f.money("A") == 0
        f.sound()

    answered(Floor(money=money), Floor(money=money).bidding("A", "buy", 2000, 1001))
    f = Floor(money=money)
    f.order("B", "sell", 2000, 2000)
    answered(f, f.bidding("A", "buy", 2000, 1001))
    f = Floor(money=money)
    f.order("B", "sell", 2000, 2000)
    answered(f, f.bidding("A", "buy", 0, 1001))
    f = Floor(money=money)
    answered(f, c.Pick("A", f.order("B", "sell", 2000, 2000, "listed"), 1001))
    f = Floor(money=money)
    f.order("B", "sell", 2000, 2000, "evening")
    answered(f, f.bidding("A", "buy", 2000, 1001, "evening"))


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, 10**30])
def test_huge_numbers_are_refused(f: Floor, number: int) -> None:
    """Numbers beyond what the journal and the tables can hold never get that far."""
    f.do(r.Allocate("issuance", "auct", KIND, 1000))
    listed = f.order("A", "sell", 2000, 10, "listed")
    window = local("2016-06-02 10:00"), local("2016-06-02 11:00")
    auction = f.auction("A", 10, "2016-06-01 10:01", "2016-06-01 11:00", "oneway", reserve_fen=1)
    f.tick("2016-06-01 10:02")

    def opening(**more: Any) -> c.OpenAuction:
        fields: dict[str, Any] = {"amount": 10, "reserve_fen": 1, **more}
        return c.OpenAuction("auct", KIND, "auction", opens=window[0], closes=window[1],
                             notice="n", **fields)  # fmt: skip

    for command in (
        f.bidding("A", "sell", number, 10), f.bidding("A", "buy", number, 10),
        f.bidding("A", "sell", 2000, number, "evening"), f.bidding("A", "buy", 2000, number),
        f.bidding("A", "buy", 2000, number, "evening"),
        f.bidding("A", "sell", -number, 10), f.bidding("A", "sell", 2000, -number, "evening"),
        c.Pick("B", listed, number), c.Pick("B", listed, -number), c.Amend("A", listed, number),
        c.Amend("A", listed, 10, number), c.Amend("A", listed, 10, -number),
        c.Bid("B", auction, number, 10), c.Bid("B", auction, 1, number),
        c.Bid("B", auction, -number, 1),
        c.OpenAuction("A", KIND, "oneway", 10, *window, "n", side="buy", reserve_fen=number),
    ):  # fmt: skip
        f.refused(command)
    larger = number >= 2**53
    for other in (
        c.PlaceOrder("auct", KIND, "compliance", "sell", 10, number, year=2016),
        c.PlaceOrder("auct", KIND, "compliance", "sell", 10, 2000, year=number),
        c.PlaceOrder("auct", KIND, "compliance", "sell", number, 2000, year=2016),
        opening(reserve_fen=number), opening(ceiling_fen=number), opening(amount=number),
        opening(bid_limit=number), opening(least_bidders=number), opening(restriction=number),
        c.SetReference(KIND, number, "huge"), c.Deposit("A", number, "huge"),
        c.WithdrawMoney("A", number, "huge"),
    ):  # fmt: skip
        found = f.ask(other)
        assert isinstance(found, Refusal) or not larger, other
    f.sound()


@pytest.mark.parametrize("day", ["2016-05-31", "2016-6-2", "tomorrow", "20160602", "2016-02-30"])
def test_days_that_are_none_or_over(f: Floor, day: str) -> None:
    f.refuses("until_bad", f.bidding("A", "sell", 2000, 1, until=day), today="2016-06-01")


# The same command twice


def test_a_command_twice_has_one_outcome(f: Floor) -> None:
    one = Request(f.bidding("A", "sell", 2000, 10), "ann", "order-1")
    other = Request(f.bidding("A", "sell", 2000, 11), "ann", "order-1")
    first = f.programme.execute(one)
    again = f.programme.execute(one)
    assert isinstance(first, Outcome)
    assert isinstance(again, Outcome)
    assert (again.seq, again.repeated, first.repeated) == (first.seq, True, False)
    changed = f.programme.execute(other)
    assert isinstance(changed, Refusal)
    assert changed.code == "command_reused"
    assert list(f.open_orders().values()) == [10]
    third, fourth = f.programme.execute_many(
        [Request(f.bidding("B", "buy", 2000, 4), "ann", "order-2")] * 2
    )
    assert isinstance(third, Outcome)
    assert isinstance(fourth, Outcome)
    assert fourth.repeated
    assert list(f.open_orders().values()) == [6]


# Orders that are over


def test_an_order_that_is_over_says_how(f: Floor) -> None:
    filled = f.order("A", "sell", 2000, 10, "listed")
    f.pick("B", filled)
    taken_back = f.order("A", "sell", 2000, 10, "listed")
    f.do(c.CancelOrder("A", taken_back), actor="ann")
    voided = f.order("A", "sell", 2000, 10, "listed")
    f.do(r.Release(f"H{voided[1:]}"), actor="ann")
    for order, how in ((filled, "filled"), (taken_back, "cancelled"), (voided, "voided")):
        for command in (c.Pick("C", order), c.Amend("A", order, 5), c.CancelOrder("A", order)):
            found = f.refuses("order_gone", command, order=order, how=how)
            assert how in found.message()


@pytest.mark.parametrize("when", ["2016-06-01 17:00", "2016-06-02 10:00"])
def test_a_listing_that_expired_says_so(f: Floor, when: str) -> None:
    listed = f.order("A", "sell", 2000, 10, "listed")
    f.tick(when)
    f.refuses("order_gone", c.Pick("B", listed), order=listed, how="expired")
    assert f.row("orders", "order_id", listed, "status", "open") == ("expired", 10)


def test_a_listing_until_a_day_stays_for_that_day(f: Floor) -> None:
    listed = f.order("A", "sell", 2000, 10, "listed", until="2016-06-03")
    f.tick("2016-06-03 14:59:59")
    f.pick("B", listed, 1)
    f.tick("2016-06-03 16:59:59")
    assert f.open_orders() == {listed: 9}
    f.tick("2016-06-03 17:00")
    assert f.open_orders() == {}
    assert f.held("A", KIND) == 0
    f.sound()


# Picking


def test_a_listing_is_picked_in_parts(f: Floor) -> None:
    listed = f.order("A", "sell", 2100, 10, "listed")
    assert f.trades(f.pick("B", listed, 3)) == [(2100, 3)]
    f.refuses("pick_beyond", c.Pick("C", listed, 8), left=7, amount=8)
    assert f.trades(f.pick("C", listed)) == [(2100, 7)]
    assert f.units("A") == UNITS - 10
    assert f.money("A") == MONEY + 21_000 - fee(2100, 3) - fee(2100, 7)
    assert f.money("B") == MONEY - cost(2100, 3)
    assert f.money("clear") == 2 * (fee(2100, 3) + fee(2100, 7))
    f.sound()


def test_a_listed_bid_is_picked_by_sellers(f: Floor) -> None:
    listed = f.order("A", "buy", 1999, 1001, "listed")
    f.pick("B", listed, 1)
    f.pick("C", listed, 999)
    assert f.held("A") == cost(1999, 1)
    f.pick("D", listed)
    assert (f.held("A"), f.units("A")) == (0, UNITS + 1001)
    paid = fee(1999, 1) * 2 + fee(1999, 999)
    assert paid <= fee(1999, 1001)
    assert f.money("A") == MONEY - 1999 * 1001 - paid
    f.sound()


def test_nobody_picks_an_order_of_the_same_holder(f: Floor) -> None:
    f.do(
        r.OpenAccount("A2", "trader", "hA"), r.Represent("A2", "ann", ("initiate",)),
        r.Represent("A2", "bob", ("initiate",)), c.Admit("A2", "institution"),
        c.Deposit("A2", 10**8, "D-A2"),
    )  # fmt: skip
    listed = f.order("A", "sell", 2000, 10, "listed")
    for account in ("A", "A2"):
        f.refuses("order_own", c.Pick(account, listed), order=listed, holder="hA")


def test_a_listing_beyond_the_band_is_not_picked(f: Floor) -> None:
    listed = f.order("A", "sell", 2200, 10, "listed", until=GTC)
    f.do(c.SetReference(KIND, 1999, "moved"))
    f.refuses("price_beyond_band", c.Pick("B", listed), value=2200, high=2198)
    f.do(c.SetReference(KIND, 2000, "back"))
    f.pick("B", listed)


def test_orders_that_meet_are_not_picked(f: Floor) -> None:
    order = f.order("A", "sell", 2000, 10)
    f.refuses("segment_mode", c.Pick("B", order), mode="continuous")


# Named parties


def test_negotiated_trades_are_between_two_named_accounts(f: Floor) -> None:
    f.tick("2016-06-01 13:00")
    f.refuses("order_needs_party", f.bidding("A", "sell", 2000, 10_000, "block"), segment="block")
    f.refuses("account_same", f.bidding("A", "sell", 2000, 10_000, "block", to="A"), account="A")
    f.refuses("account_unknown", f.bidding("A", "sell", 2000, 10_000, "block", to="X"))
    f.refuses("order_for_nobody", f.bidding("A", "sell", 2000, 10, to="B"), segment="bidding")
    f.refuses("order_for_nobody", f.bidding("A", "sell", 2000, 10, "listed", to="B"))
    block = f.order("A", "sell", 2600, 10_000, "block", to="B")
    f.refuses("order_addressed", c.Pick("C", block), order=block, account="C")
    f.refuses("pick_whole", c.Pick("B", block, 9_999), left=10_000)
    f.refuses("pick_whole", c.Pick("B", block, 10_001), left=10_000)
    assert f.trades(f.pick("B", block, 10_000)) == [(2600, 10_000)]
    assert f.market.closes[KIND] == 2000
    f.tick("2016-06-01 17:00")
    assert f.market.closes[KIND] == 2000  # block trades do not make the close
    f.sound()


# Fixed price


def test_fixed_prices_are_the_government_s_and_for_a_year(f: Floor) -> None:
    f.do(r.Allocate("issuance", "auct", KIND, 1000))
    command = c.PlaceOrder("auct", KIND, "compliance", "sell", 100, 3000)
    f.refuses("order_needs_year", command, "gov1", segment="compliance")
    f.refuses(
        "account_not_government", f.bidding("A", "sell", 3000, 1, "compliance", year=2016),
        account="A",
    )  # fmt: skip
    f.refuses("order_for_no_year", f.bidding("A", "sell", 2000, 1, year=2016), segment="bidding")
    f.refuses("price_tick", c.PlaceOrder("auct", KIND, "compliance", "sell", 100, 0, year=2016),
              "gov1")  # fmt: skip
    f.refuses("price_tick", c.PlaceOrder("auct", KIND, "compliance", "sell", 100, -3, year=2016),
              "gov1")  # fmt: skip


def test_a_fixed_price_is_on_the_tick() -> None:
    f = Floor(market_pack(law("tick", 'value: "5"')))
    f.do(r.Allocate("issuance", "auct", KIND, 1000))
    f.refuses("price_tick", c.PlaceOrder("auct", KIND, "compliance", "sell", 9, 3001, year=2016),
              "gov1", tick=5)  # fmt: skip


def test_nobody_buys_more_than_is_lacking(f: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = {"A": 40, "B": 0, "C": -30}
    monkeypatch.setattr(dispatch, "needs", lambda state, call: lambda account, year: (
        lacks.get(account) if year == 2016 else None
    ))  # fmt: skip
    f.do(r.Allocate("issuance", "auct", KIND, 1000), c.Deposit("auct", 10**9, "D-auct"))
    sale = f.do(c.PlaceOrder("auct", KIND, "compliance", "sell", 100, 9000, year=2016)).seq
    back = f.do(c.PlaceOrder("auct", KIND, "compliance", "buy", 100, 1000, year=2016)).seq
    other = f.do(c.PlaceOrder("auct", KIND, "compliance", "sell", 100, 9000, year=2015)).seq
    told: dict[str, Any] = {"year": 2016, "clause": RULES + "26"}
    f.refuses("need_beyond", c.Pick("A", f"O{sale}", 41), amount=41, room=40, **told)
    f.refuses("need_beyond", c.Pick("B", f"O{sale}", 1), room=0, **told)
    f.refuses("need_beyond", c.Pick("C", f"O{sale}", 1), room=0, **told)
    f.refuses("need_beyond", c.Pick("D", f"O{sale}", 1), room=0, **told)
    f.refuses("need_beyond", c.Pick("A", f"O{other}", 1), room=0, year=2015)
    f.refuses("need_beyond", c.Pick("A", f"O{back}", 1), room=0, **told)
    f.refuses("need_beyond", c.Pick("C", f"O{back}", 31), amount=31, room=30, **told)
    f.pick("A", f"O{sale}", 40)
    f.pick("C", f"O{back}", 30)
    bought = f.balance("A")
    assert (bought.total, bought.restricted, bought.free) == (UNITS + 40, 40, UNITS)
    assert f.units("C") == UNITS - 30
    f.sound()


def test_where_nobody_owes_anything_nobody_buys_for_compliance(f: Floor) -> None:
    f.do(r.Allocate("issuance", "auct", KIND, 1000))
    sale = f.do(c.PlaceOrder("auct", KIND, "compliance", "sell", 100, 9000, year=2016)).seq
    f.refuses("need_beyond", c.Pick("A", f"O{sale}", 1), room=0)


# Limits of positions


def position_floor() -> Floor:
    """Individual P has 49,900 units of the 50,000 it may have."""
    f = Floor()
    f.do(r.Return("P", "issuance", KIND, 50_100), actor="ann")
    return f


def test_a_position_at_its_limit() -> None:
    f = position_floor()
    listed = f.order("A", "sell", 2000, 1000, "listed")
    limit: dict[str, Any] = {"limit": 50_000, "clause": RULES + "65"}
    f.refuses("position_beyond", c.Pick("P", listed, 101), holding=49_900, amount=101, **limit)
    f.refuses("position_beyond", f.bidding("P", "buy", 2000, 101), asked=0, **limit)
    waits = f.order("P", "buy", 1900, 60)
    f.refuses("position_beyond", c.Pick("P", listed, 41), asked=60, **limit)
    f.refuses("position_beyond", c.Amend("P", waits, 101), asked=60, amount=41, **limit)
    f.pick("P", listed, 40)
    f.do(c.Amend("P", waits, 10), actor="ann")
    f.pick("P", listed, 50)
    f.refuses("position_beyond", c.Pick("P", listed, 1), holding=49_990, asked=10, **limit)


def test_a_position_counts_what_is_delivered_after_the_close() -> None:
    f = position_floor()
    f.order("A", "sell", 2000, 1000, "evening")
    f.order("P", "buy", 2000, 60, "evening")
    f.refuses("position_beyond", f.bidding("P", "buy", 2000, 41), holding=49_960)
    f.order("P", "buy", 2000, 40)


def test_a_position_counts_sealed_bids() -> None:
    f = position_floor()
    auction = f.auction("A", 1000, "2016-06-01 10:30", "2016-06-01 11:00", "oneway", reserve_fen=1)
    f.tick("2016-06-01 10:30")
    f.bid("P", auction, 100, 60)
    f.refuses("position_beyond", c.Bid("P", auction, 100, 41))
    f.refuses("position_beyond", f.bidding("P", "buy", 2000, 41))
    f.bid("P", auction, 100, 40)


# Continuous bidding


def test_the_best_price_first_and_then_who_came_first(f: Floor) -> None:
    f.order("A", "sell", 2010, 10)
    f.order("B", "sell", 2000, 10)
    f.order("C", "sell", 2000, 10)
    f.order("T", "sell", 2020, 10)
    taken = f.do(f.bidding("D", "buy", 2010, 25), actor="ann")
    assert f.trades(taken) == [(2000, 10), (2000, 10), (2010, 5)]
    matched = next(e for e in taken.events if isinstance(e, m.Matched))
    assert [row[4] for row in matched.rows] == ["B", "C", "A"]
    assert {row[7] for row in matched.rows} == {"buy"}
    assert f.held("D") == 0
    f.order("A", "buy", 1990, 7)
    f.order("B", "buy", 1990, 7)
    taken = f.do(f.bidding("D", "sell", 1980, 20), actor="ann")
    assert f.trades(taken) == [(1990, 7), (1990, 7)]
    assert list(f.open_orders().values()) == [5, 10, 6]
    f.sound()


def test_a_better_price_is_the_taker_s(f: Floor) -> None:
    f.order("A", "sell", 1999, 333)
    f.order("B", "buy", 2100, 1000)
    assert f.held("B") == cost(2100, 667)
    assert f.money("B") == MONEY - cost(1999, 333) - cost(2100, 667)
    f.order("C", "sell", 1900, 667)
    assert (f.held("B"), f.units("B")) == (0, UNITS + 1000)
    assert f.money("C") == MONEY + 2100 * 667 - fee(2100, 667)
    f.sound()


def test_market_orders_take_what_is_there_and_never_wait(f: Floor) -> None:
    f.order("A", "sell", 2000, 10)
    f.order("B", "sell", 2200, 10)
    taken = f.do(f.bidding("C", "buy", 0, 25), actor="ann")
    assert f.trades(taken) == [(2000, 10), (2200, 10)]
    assert f.open_orders() == {}
    assert f.held("C") == 0
    assert f.row("orders", "account", "C", "status", "open") == ("unfilled", 5)
    f.sound()


def test_fees_of_parts_never_exceed_what_is_held() -> None:
    """A price at which every part's fee loses a fraction: the rest is released in the end."""
    f = Floor(market_pack(law("trade_fee_share", 'value: "0.00333"')))
    order = f.order("A", "buy", 1999, 100)
    whole = 199_900 + 199_900 * 333 // 100_000
    assert f.held("A") == whole
    paid = 0
    for amount in (1, 7, 11, 31, 50):
        f.order("B", "sell", 1999, amount)
        paid += 1999 * amount * 333 // 100_000
    assert f.open_orders() == {}
    assert order not in f.market.orders
    assert (f.held("A"), f.money("A")) == (0, MONEY - 199_900 - paid)
    assert paid < whole - 199_900
    assert f.money("clear") == 2 * paid
    f.sound()


def test_fees_of_a_day_are_those_of_the_trade() -> None:
    """An order waits while the fee rises: it pays the new fee if it can, else it gives way; what
    others have is never touched."""
    fees = law(
        "trade_fee_share", 'from: 2013-01-01, to: 2016-06-02, value: "0"',
        'from: 2016-06-02, value: "0.01"',
    )  # fmt: skip
    for money in (200_000, 10**6):
        f = Floor(market_pack(fees), money=money)
        f.order("A", "buy", 2000, 100, until=GTC)
        assert f.held("A") == 200_000
        f.tick("2016-06-02 10:00")
        f.ask(f.bidding("B", "sell", 2000, 60), "ann")
        f.ask(f.bidding("C", "sell", 2000, 40), "ann")
        f.sound()
        assert 0 <= f.held("A") <= money


# Self-trade


@pytest.mark.parametrize("choice", ["refuse", "cancel_resting", "cancel_incoming"])
def test_nobody_trades_with_himself(choice: str) -> None:
    f = Floor(market_pack(rule("self_trade", choice)))
    best = f.order("B", "sell", 1990, 5)
    own = f.order("A", "sell", 2000, 10)
    f.order("C", "sell", 2010, 20)
    incoming = f.bidding("A", "buy", 2010, 30)
    if choice == "refuse":
        f.refuses("order_own", incoming, order=own, holder="hA", clause="Test, Art. 1")
        assert f.trades(f.do(f.bidding("A", "buy", 1990, 5), actor="ann")) == [(1990, 5)]
        return
    found = f.do(incoming, actor="ann")
    if choice == "cancel_resting":
        assert f.trades(found) == [(1990, 5), (2010, 20)]
        assert f.row("orders", "order_id", own, "status") == ("self_trade",)
        assert list(f.open_orders().values()) == [5]
        assert f.held("A", KIND) == 0
        assert f.held("A") == cost(2010, 5)
    else:
        assert f.trades(found) == [(1990, 5)]
        assert f.open_orders()[own] == 10
        assert f.row("orders", "order_id", f"O{found.seq}", "status", "open") == ("self_trade", 25)
        assert f.held("A") == 0
    assert best not in f.open_orders()
    f.sound()


@pytest.mark.parametrize("choice", ["refuse", "cancel_resting", "cancel_incoming"])
def test_nobody_trades_with_another_account_of_his(choice: str) -> None:
    f = Floor(market_pack(rule("self_trade", choice)))
    f.do(
        r.OpenAccount("A2", "trader", "hA"), r.Represent("A2", "ann", ("initiate",)),
        r.Represent("A2", "bob", ("initiate",)), c.Admit("A2", "institution"),
        c.Deposit("A2", 10**8, "D-A2"),
    )  # fmt: skip
    f.order("A", "sell", 2000, 10)
    found = f.ask(f.bidding("A2", "buy", 2000, 10), "ann")
    if isinstance(found, Outcome):
        assert f.trades(found) == []
    assert f.units("A2") == 0
    f.sound()


# Amending


def test_less_keeps_the_place_and_more_or_another_price_loses_it(f: Floor) -> None:
    first, second, third = (f.order(name, "sell", 2000, 10) for name in "ABC")
    f.do(c.Amend("A", first, 8), actor="ann")
    assert f.held("A", KIND) == 8
    f.order("D", "buy", 2000, 3)
    assert f.open_orders() == {first: 5, second: 10, third: 10}
    f.do(c.Amend("A", first, 6), actor="ann")
    assert f.held("A", KIND) == 6
    f.order("D", "buy", 2000, 3)
    assert f.open_orders() == {first: 6, second: 7, third: 10}
    f.do(c.Amend("B", second, 7, 2001), actor="ann")
    f.do(c.Amend("B", second, 7, 2000), actor="ann")
    f.order("D", "buy", 2000, 10)
    assert f.open_orders() == {first: 6, second: 7}
    f.order("D", "buy", 2000, 13)
    assert f.open_orders() == {}
    f.sound()


def test_the_hold_follows_an_amended_bid_exactly(f: Floor) -> None:
    order = f.order("A", "buy", 1999, 101)
    for amount, price in ((200, 1999), (200, 1900), (50, 2100), (51, 2099), (1, 2099), (9, 1801)):
        f.do(c.Amend("A", order, amount, price), actor="ann")
        assert f.held("A") == cost(price, amount)
        assert f.money("A") == MONEY - cost(price, amount)
        assert f.row("orders", "order_id", order, "price_fen", "open") == (price, amount)
    f.do(c.Amend("A", order, 10), actor="ann")
    assert f.held("A") == cost(1801, 10)
    f.do(c.CancelOrder("A", order), actor="ann")
    assert (f.held("A"), f.money("A")) == (0, MONEY)
    f.sound()


def test_amending_is_refused_where_placing_would_be(f: Floor) -> None:
    order = f.order("A", "sell", 2000, 10)
    other = f.order("B", "buy", 1990, 10)
    f.refuses("amend_nothing", c.Amend("A", order, 10), order=order)
    f.refuses("amend_nothing", c.Amend("A", order, 10, 2000), order=order)
    f.refuses("amount_lot", c.Amend("A", order, 0))
    f.refuses("price_beyond_band", c.Amend("A", order, 10, 2201))
    f.refuses("price_tick", c.Amend("A", order, 10, -1))
    f.refuses("amend_meets", c.Amend("A", order, 10, 1990), order=order, other=other)
    f.refuses("order_not_yours", c.Amend("B", order, 5), order=order, account="B")
    f.refuses("amount_beyond", c.Amend("A", order, 100_001))
    f.order("A", "sell", 2100, UNITS - 10, "listed")
    f.refuses("amount_short", c.Amend("A", order, 11), free=0)
    f.do(c.Amend("A", order, 10, 1991), actor="ann")


@pytest.mark.parametrize("short", [0, 1])
def test_an_amended_bid_must_be_paid_for_to_the_fen(short: int) -> None:
    f = Floor(money=cost(2000, 200) - short)
    order = f.order("A", "buy", 2000, 100)
    if short:
        f.refuses("amount_short", c.Amend("A", order, 200), kind="CNY")
    else:
        f.do(c.Amend("A", order, 200), actor="ann")
        assert f.money("A") == 0


# Taking back


def test_who_may_take_an_order_back(f: Floor) -> None:
    orders = [f.order("A", "sell", 2000, 10), f.order("A", "buy", 1900, 10)]
    f.refuses("order_not_yours", c.CancelOrder("B", orders[0]), account="B")
    f.refuses("person_unknown", c.CancelOrder("A", orders[0]), "nobody")
    f.do(r.Represent("A", "bob", ()))
    f.refuses("not_representative", c.CancelOrder("A", orders[0]), "bob", account="A")
    f.tick("2016-06-01 12:00")
    f.do(c.CancelOrder("A", orders[0]), actor="ann")
    f.do(c.CancelOrder("A", orders[1]), actor="gov1")
    assert (f.units("A"), f.money("A"), f.open_orders()) == (UNITS, MONEY, {})


# How long


def test_day_orders_until_and_good_till_cancelled(f: Floor) -> None:
    day = f.order("A", "sell", 2000, 1)
    today = f.order("A", "sell", 2000, 2, until="2016-06-01")
    until = f.order("A", "sell", 2000, 3, until="2016-06-05")  # a Sunday
    good = f.order("A", "sell", 2000, 4, until=GTC)
    f.tick("2016-06-01 16:59:59.999999")
    assert len(f.open_orders()) == 4
    f.tick("2016-06-01 17:00")
    assert f.open_orders() == {until: 3, good: 4}
    for name in (day, today):
        assert f.row("orders", "order_id", name, "status") == ("expired",)
    f.tick("2016-06-05 16:59")
    assert f.held("A", KIND) == 7
    f.tick("2016-06-05 17:00")
    assert f.open_orders() == {good: 4}
    f.tick("2017-06-05 17:00")
    assert f.held("A", KIND) == 4
    f.sound()


def test_orders_beyond_tomorrows_band_leave_at_the_close(f: Floor) -> None:
    far = f.order("A", "sell", 2200, 10, until=GTC)
    near = f.order("A", "sell", 2090, 10, until=GTC)
    listed = f.order("A", "sell", 2091, 10, "listed", until=GTC)
    low = f.order("B", "buy", 1800, 10, until=GTC)
    f.order("C", "sell", 1900, 10)
    f.order("D", "buy", 1900, 10)
    f.tick("2016-06-01 17:00")
    assert f.market.closes[KIND] == 1900  # 1710 to 2090
    assert f.open_orders() == {near: 10, low: 10}
    for name in (far, listed):
        assert f.row("orders", "order_id", name, "status") == ("beyond_band",)
    assert f.held("A", KIND) == 10
    f.sound()


def test_a_reference_that_moves_within_the_day(f: Floor) -> None:
    """Orders outside the new band are met by nobody; one inside it goes on."""
    old = f.order("A", "sell", 1900, 10)
    inside = f.order("B", "sell", 2200, 10)
    f.do(c.SetReference(KIND, 2200, "moved"))  # 1980 to 2420
    taken = f.do(f.bidding("C", "buy", 2300, 15), actor="ann")
    assert f.trades(taken) == [(2200, 10)]
    assert f.row("orders", "order_id", old, "status") == ("beyond_band",)
    assert inside not in f.open_orders()
    assert (f.held("A", KIND), f.held("C")) == (0, cost(2300, 5))
    f.sound()


# Against a slow engine


@dataclass
class Waits:
    """An order of the slow engine."""

    place: int
    account: str
    side: str
    price: int
    left: int


def slow(book: list[Waits], order: Waits, market: bool) -> list[tuple[str, str, int, int]]:
    """Trades ``(buyer, seller, price, amount)`` of a new order, by sorting everything each time."""
    sign = 1 if order.side == "buy" else -1
    trades = []
    while order.left:
        others = [w for w in book if w.side != order.side and w.left
                  and (market or sign * (order.price - w.price) >= 0)]  # fmt: skip
        if not others:
            break
        best = min(others, key=lambda w: (sign * w.price, w.place))
        if best.account == order.account:
            best.left = 0
            continue
        part = min(best.left, order.left)
        best.left -= part
        order.left -= part
        buyer, seller = (order, best) if order.side == "buy" else (best, order)
        trades.append((buyer.account, seller.account, best.price, part))
    if order.left and not market:
        book.append(order)
    return trades


_steps = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.sampled_from(["buy", "sell"]),
        st.sampled_from([1990, 1995, 2000, 2005, 2010, 0]), st.integers(1, 30),
    ),
    min_size=5, max_size=30,
)  # fmt: skip


@settings(max_examples=25)
@given(_steps)
def test_bidding_is_what_a_slow_engine_does(steps: list[tuple[str, str, int, int]]) -> None:
    f = Floor(traders=[(name, "operator") for name in "ABC"])
    book: list[Waits] = []
    units = dict.fromkeys("ABC", UNITS)
    money = dict.fromkeys("ABC", MONEY)
    for n, (account, side, price, amount) in enumerate(steps):
        if price == 0 and not any(w.left and w.side != side and w.account != account for w in book):
            continue
        found = f.do(f.bidding(account, side, price, amount), actor="ann")
        order = Waits(n, account, side, price, amount)
        trades = slow(book, order, market=not price)
        rows = [row for e in found.events if isinstance(e, m.Matched) for row in e.rows]
        made = [(*row[3:5], *pair) for row, pair in zip(rows, f.trades(found), strict=True)]
        assert made == trades
        for buyer, seller, paid, part in trades:
            units[buyer] += part
            units[seller] -= part
            money[buyer] -= cost(paid, part)
            money[seller] += paid * part - fee(paid, part)
        waits = [w for w in book if w.left]
        assert sorted(f.open_orders().values()) == sorted(w.left for w in waits)
        offers = [w.price for w in waits if w.side == "sell"]
        bids = [w.price for w in waits if w.side == "buy"]
        assert not offers or not bids or max(bids) < min(offers)
    for name in "ABC":
        mine = [w for w in book if w.left and w.account == name]
        sells = sum(w.left for w in mine if w.side == "sell")
        buys = sum(cost(w.price, w.left) for w in mine if w.side == "buy")
        assert (f.units(name), f.held(name, KIND)) == (units[name] - sells, sells)
        assert (f.money(name), f.held(name)) == (money[name] - buys, buys)
    f.sound()
