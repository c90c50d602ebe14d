"""Auctions against results worked out by hand, and those of China that were announced.

Every auction is held three times with its bids in another order: bids of one price keep their order,
since time decides between them. Every time units, money, holds and tables are held against plain sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

import pytest

from helpers.compliance import EVIDENCE
from helpers.market import Floor, market_pack
from tanheng.compliance import commands as cc
from tanheng.market import commands as c
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as r

Bids = Sequence[tuple[str, int, int]]
"""``(account, price in fen, units)``, in the order in which they arrive."""
DAYS = ("2016-06-01", "2016-06-02", "2016-06-03")
DAYS_LATER = ("2016-06-06", "2016-06-07", "2016-06-08")


class Result(NamedTuple):
    """How it ended, the uniform or lowest accepted price, units sold and left, winners, and what each
    account got: units and fen, without fees."""

    how: str
    price: int
    sold: int
    unsold: int
    winners: int
    got: dict[str, tuple[int, int]]


def totals(floor: Floor, kind: str) -> dict[str, int]:
    """What every account has of a kind, held or not."""
    accounts = floor.programme.state.registry.content.accounts
    return {name: a.balances[kind].total for name, a in accounts.items() if kind in a.balances}


def announce(
    floor: Floor, day: str, amount: int, account: str = "auct", segment: str = "auction",
    at: tuple[str, str] = ("09:30", "10:30"), **terms: Any,
) -> str:  # fmt: skip
    """An auction of a day; its id."""
    return floor.auction(account, amount, f"{day} {at[0]}", f"{day} {at[1]}", segment, **terms)


def close(floor: Floor, name: str, bids: Bids, until: str, fee: str = "0") -> Result:
    """Let bids arrive, and the window end; what came of it, held against plain sums."""
    kind = floor.kind
    units, money = totals(floor, kind), totals(floor, "CNY")
    found = floor.batch(*(c.Bid(a, name, price, n) for a, price, n in bids), actor="ann")
    assert all(isinstance(one, Outcome) for one in found), found
    floor.tick(until)
    row = floor.row(
        "auctions", "auction", name, "account", "side", "status", "price_fen", "sold", "unsold",
        "bids", "bid_amount", "winners",
    )  # fmt: skip
    announcer, side, how, price, sold, unsold, count, asked, winners = row
    assert (count, asked) == (len(bids), sum(n for _, _, n in bids))
    rows = floor.programme.store.query(
        "SELECT account, status, won, won_price_fen FROM bids WHERE auction = ? ORDER BY seq",
        (name,),
    )
    assert [row[0] for row in rows] == [account for account, _, _ in bids]
    assert all((status == "won") == bool(won) for _, status, won, _ in rows)
    got: dict[str, tuple[int, int]] = {}
    for account, _, won, paid in rows:
        before = got.get(account, (0, 0))
        if won:
            got[account] = (before[0] + won, before[1] + won * paid)
            sign = 1 if side == "sell" else -1
            part = int((Decimal(fee) * won * paid).to_integral_value(ROUND_FLOOR))
            _move(units, announcer, account, sign * won)
            _move(money, account, announcer, sign * won * paid)
            _move(money, account, "clear", part)
            _move(money, announcer, "clear", part)
    assert sum(n for n, _ in got.values()) == sold
    assert len(got) == winners
    gone = totals(floor, kind).get("cancellation", 0) - units.get("cancellation", 0)
    _move(units, announcer, "cancellation", gone)
    assert gone in (0, unsold)
    assert _some(totals(floor, kind)) == _some(units)
    assert _some(totals(floor, "CNY")) == _some(money)
    assert floor.programme.state.registry.content.holds == {}
    assert floor.market.auctions == {}
    floor.sound()
    return Result(how, price, sold, unsold, winners, got)


def _move(held: dict[str, int], source: str, target: str, amount: int) -> None:
    held[source] = held.get(source, 0) - amount
    held[target] = held.get(target, 0) + amount


def _some(held: Mapping[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in held.items() if amount}


def orders(bids: Bids) -> list[Bids]:
    """The bids as they are, best last, best first; bids of one price stay in their order."""
    return [bids, sorted(bids, key=lambda bid: bid[1]), sorted(bids, key=lambda bid: -bid[1])]


ORDERS = pytest.mark.parametrize("order", range(3), ids=["as_given", "best_last", "best_first"])


def held(
    floor: Floor, amount: int, bids: Bids, days: Sequence[str] = DAYS, fee: str = "0.0005",
    account: str = "auct", segment: str = "auction", **terms: Any,
) -> Result:  # fmt: skip
    """An auction held three times with the same result; announced at 9:00, bids from 9:30 on."""
    results = []
    for day, some in zip(days, orders(bids), strict=True):
        floor.tick(f"{day} 09:00")
        if account == "auct":
            floor.do(r.Issue(floor.kind, amount, "auct"))
        name = announce(floor, day, amount, account, segment, **terms)
        floor.tick(f"{day} 09:30")
        results.append(close(floor, name, some, f"{day} 10:30", fee))
    assert results[0] == results[1] == results[2]
    return results[0]


@pytest.fixture
def floor() -> Floor:
    return Floor(now=f"{DAYS[0]} 08:30")


# Worked by hand, under the rules of the invented province


def test_everybody_pays_the_lowest_accepted_bid_and_the_margin_goes_by_time(floor: Floor) -> None:
    bids = [
        ("A", 2500, 400),
        ("B", 2200, 300),
        ("C", 2200, 500),
        ("D", 2100, 900),
        ("T", 2300, 200),
    ]
    found = held(floor, 1000, bids, reserve_fen=2000)
    # 400 + 200 at better prices leave 400 for 2200: B came first with 300, C gets 100.
    got = {"A": 400, "T": 200, "B": 300, "C": 100, "D": 0}
    assert found == Result(
        "sold", 2200, 1000, 0, 4, {name: (n, n * 2200) for name, n in got.items() if n}
    )


def test_ties_pro_rata_with_largest_remainders(floor: Floor) -> None:
    # 100 left for 70 + 50 + 40: 43.75, 31.25, 25; the unit left goes to the remainder of 0.75.
    bids = [("A", 2500, 900), ("B", 2200, 70), ("C", 2200, 50), ("D", 2200, 40)]
    found = held(floor, 1000, bids, reserve_fen=2000, margin="pro_rata")
    got = {"A": 900, "B": 44, "C": 31, "D": 25}
    assert found == Result(
        "sold", 2200, 1000, 0, 4, {name: (n, n * 2200) for name, n in got.items()}
    )


def test_equal_remainders_go_to_who_came_first(floor: Floor) -> None:
    # 11 for three bids of 10: 3.66… each; two units are left for the first two.
    bids = [("C", 2200, 10), ("A", 2200, 10), ("B", 2200, 10)]
    found = held(floor, 11, bids, reserve_fen=2000, margin="pro_rata")
    assert {name: n for name, (n, _) in found.got.items()} == {"C": 4, "A": 4, "B": 3}


def test_a_share_below_one_unit_may_be_nothing(floor: Floor) -> None:
    # 3 for 3 + 1 + 1: 1.8, 0.6, 0.6; the two units left go to 0.8 and to the earlier 0.6.
    bids = [("A", 2200, 1), ("B", 2200, 3), ("C", 2200, 1)]
    found = held(floor, 3, bids, reserve_fen=2000, margin="pro_rata")
    assert {name: n for name, (n, _) in found.got.items()} == {"A": 1, "B": 2}


def test_pay_as_bid(floor: Floor) -> None:
    bids = [
        ("A", 2500, 400),
        ("B", 2200, 300),
        ("C", 2100, 500),
        ("D", 2050, 900),
        ("T", 2300, 200),
    ]
    found = held(floor, 1000, bids, reserve_fen=2000, pricing="pay_as_bid")
    assert found == Result("sold", 2100, 1000, 0, 4, {
        "A": (400, 400 * 2500), "T": (200, 200 * 2300), "B": (300, 300 * 2200), "C": (100, 100 * 2100),
    })  # fmt: skip


def test_several_bids_of_one_bidder(floor: Floor) -> None:
    bids = [("A", 2500, 300), ("A", 2400, 300), ("B", 2450, 200), ("A", 2300, 300)]
    found = held(floor, 900, bids, reserve_fen=2000)
    assert found == Result(
        "sold", 2300, 900, 0, 2, {"A": (700, 700 * 2300), "B": (200, 200 * 2300)}
    )
    found = held(floor, 900, bids, DAYS_LATER, reserve_fen=2000, pricing="pay_as_bid")
    paid = 300 * 2500 + 300 * 2400 + 100 * 2300
    assert found == Result("sold", 2300, 900, 0, 2, {"A": (700, paid), "B": (200, 200 * 2450)})


def test_a_single_bidder_pays_what_it_bid(floor: Floor) -> None:
    found = held(floor, 1000, [("A", 2345, 600)], reserve_fen=2000)
    assert found == Result("sold", 2345, 600, 400, 1, {"A": (600, 600 * 2345)})


@pytest.mark.parametrize("unsold, left", [("return", 400), ("cancel", 0)])
def test_units_left_over_stay_or_are_cancelled(floor: Floor, unsold: str, left: int) -> None:
    bids = [("A", 2500, 400), ("B", 2100, 200)]
    found = held(floor, 1000, bids, reserve_fen=2000, unsold=unsold)
    assert found == Result("sold", 2100, 600, 400, 2, {"A": (400, 840_000), "B": (200, 420_000)})
    assert floor.units("auct") == 3 * left
    assert floor.free("cancellation", floor.kind) == 3 * (400 - left)


@pytest.mark.parametrize("unsold, left", [("return", 1000), ("cancel", 0)])
def test_zero_bids(floor: Floor, unsold: str, left: int) -> None:
    found = held(floor, 1000, [], reserve_fen=2000, unsold=unsold)
    assert found == Result("no_bids", 0, 0, 1000, 0, {})
    assert floor.units("auct") == 3 * left
    assert floor.free("cancellation", floor.kind) == 3 * (1000 - left)


def test_a_reserve_that_is_not_met(floor: Floor) -> None:
    floor.do(r.Issue(floor.kind, 1000, "auct"))
    name = announce(floor, DAYS[0], 1000, reserve_fen=2000)
    floor.at(f"{DAYS[0]} 09:30")
    for account in "ABC":
        floor.refuses("bid_beyond_reserve", c.Bid(account, name, 1999, 1000), reserve=2000)
    assert close(floor, name, [], f"{DAYS[0]} 10:30") == Result("no_bids", 0, 0, 1000, 0, {})
    assert floor.units("auct") == 1000
    name = announce(floor, DAYS[1], 1000, reserve_fen=2000)
    floor.at(f"{DAYS[1]} 09:30")
    found = close(floor, name, [("A", 2000, 1)], f"{DAYS[1]} 10:30", "0.0005")
    assert found == Result("sold", 2000, 1, 999, 1, {"A": (1, 2000)})


def test_too_few_bidders_however_many_bids(floor: Floor) -> None:
    bids = [("A", 2500, 400), ("B", 2400, 300), ("A", 2300, 100)]
    found = held(floor, 1000, bids, reserve_fen=2000, least_bidders=3, unsold="cancel")
    assert found == Result("too_few_bidders", 0, 0, 1000, 0, {})
    found = held(
        floor, 1000, [*bids, ("C", 2000, 1)], DAYS_LATER, reserve_fen=2000, least_bidders=3
    )
    got = {"A": 500, "B": 300, "C": 1}
    assert found.got == {name: (n, n * 2000) for name, n in got.items()}


def test_the_limit_of_bids_to_the_unit(floor: Floor) -> None:
    floor.do(r.Issue(floor.kind, 1001, "auct"))
    name = announce(floor, DAYS[0], 1001, reserve_fen=2000, bid_limit=400)
    floor.at(f"{DAYS[0]} 09:30")
    floor.refuses("bid_beyond_limit", c.Bid("A", name, 2100, 401), limit=400, asked=0)
    floor.bid("A", name, 2100, 399)
    floor.refuses("bid_beyond_limit", c.Bid("A", name, 2500, 2), limit=400, asked=399)
    # An institution: 30 % of 1,001 is 300.3, so 300.
    floor.refuses("bid_beyond_limit", c.Bid("T", name, 2100, 301), limit=300, asked=0)
    taken = floor.bid("A", name, 2500, 1)
    floor.refuses("bid_beyond_limit", c.Bid("A", name, 2500, 1), limit=400, asked=400)
    floor.do(c.CancelOrder("A", taken), actor="ann")
    floor.bid("A", name, 2500, 1)
    floor.bid("T", name, 2050, 300)
    floor.tick(f"{DAYS[0]} 10:30")
    row = floor.row("auctions", "auction", name, "price_fen", "sold", "winners")
    assert row == (2050, 700, 2)
    assert floor.units("A") == floor.units("T") + 100 == 100_400
    floor.sound()


def test_one_way_buying_takes_the_cheapest(floor: Floor) -> None:
    # A buys 1,000 at 25.00 at most; the offers of B and D fill it, C's 24.00 gets the rest.
    bids = [("B", 2100, 400), ("C", 2400, 700), ("D", 2200, 300), ("T", 2450, 200)]
    terms: dict[str, Any] = {
        "account": "A", "segment": "oneway", "side": "buy", "reserve_fen": 2500,
    }  # fmt: skip
    found = held(floor, 1000, bids, **terms)
    got = {"B": 400, "D": 300, "C": 300}
    assert found == Result(
        "sold", 2400, 1000, 0, 3, {name: (n, n * 2400) for name, n in got.items()}
    )
    found = held(floor, 1000, bids, DAYS_LATER, **terms, pricing="pay_as_bid")
    assert found == Result("sold", 2400, 1000, 0, 3, {
        "B": (400, 400 * 2100), "D": (300, 300 * 2200), "C": (300, 300 * 2400),
    })  # fmt: skip


def test_one_way_selling_by_a_firm(floor: Floor) -> None:
    bids = [("B", 2100, 400), ("C", 2300, 700), ("D", 2200, 300)]
    found = held(floor, 900, bids, account="A", segment="oneway", reserve_fen=2000)
    assert found == Result(
        "sold", 2200, 900, 0, 2, {"C": (700, 700 * 2200), "D": (200, 200 * 2200)}
    )


# Shanghai. Notice of 2017-06-12 (Shanghai Development and Reform Commission, 关于上海市碳排放配额有偿
# 竞价发放的公告); its rules again in notice 沪发改公告〔2018〕2号 of 2018-07-23, in the exchange's notice
# of 2023-11-17 and in 沪环气候〔2024〕180号 of 2024-09-23. Trades, bids and bidders are invented.

OPERATORS = [(name, "operator") for name in "ABCD"] + [("T", "trader")]
RICH = 1_000_000_000_00


def shanghai(kind: str, now: str, *overlays: str) -> Floor:
    """A programme under Shanghai's pack."""
    pack = market_pack(*overlays, name="cn-shanghai-ets")
    return Floor(pack, now, traders=OPERATORS, kind=kind, money=RICH)


def vintage(year: int) -> str:
    """An overlay with the allowance of a later year, which the pack does not have."""
    return f"""
kinds:
  SHEA-{year}:
    title: {{en: Shanghai allowance {year}, zh: 上海配额 {year}}}
    type: allowance
    vintage: {year}
    measure: tCO2e
    serialised: true
    held_by: [issuance, reserve, auction, surrender, cancellation, operator, trader, clearing]
    surrender: true
market:
  instruments:
    SHEA-{year}:
      kind: SHEA-{year}
      title: {{en: Shanghai allowance {year}, zh: 上海配额 {year}}}
      segments: [listed, block, large, oneway, auction]
"""


def traded(floor: Floor, at: str, price: int, amount: int, segment: str = "listed") -> None:
    """A trade from A to B; the price before is near enough."""
    floor.at(at)
    floor.do(c.SetReference(floor.kind, price, "invented trades"))
    order = floor.order("A", "sell", price, amount, segment, to="B" if segment == "block" else "")
    floor.pick("B", order)


@pytest.mark.parametrize(
    "trades, reserve",
    [
        # 100 at 30.00 and 300 at 32.00: 31.50 on average, and 1.2 times that is 37.80.
        ((("2016-11-18 10:00", 3000, 100), ("2017-06-29 14:59:59", 3200, 300)), 3780),
        # 35.00 exactly brings 42.00; a fen more on average would bring more, but for the ceiling.
        ((("2016-11-18 10:00", 3500, 100), ("2017-06-29 14:59:59", 3500, 300)), 4200),
        ((("2016-11-18 10:00", 3500, 300), ("2017-06-29 14:59:59", 3800, 100)), 4200),
        # 3 at 30.01 and 1 at 30.02: 3001.25 fen, times 1.2 is 3601.5, and half a fen goes up.
        ((("2016-11-18 10:00", 3001, 3), ("2017-06-29 14:59:59", 3002, 1)), 3602),
    ],
)
def test_the_reserve_price_of_the_notice_of_2017(
    trades: Sequence[tuple[str, int, int]], reserve: int
) -> None:
    floor = shanghai("SHEA-2016", "2016-11-17 10:00")
    # Neither the day before the span counts, nor what was negotiated.
    traded(floor, "2016-11-17 10:00", 2000, 50_000)
    for at, price, amount in trades:
        traded(floor, at, price, amount)
    traded(floor, "2017-06-29 14:59:59", 2500, 40_000, "block")
    floor.at("2017-06-29 16:00").do(r.Issue("SHEA-2016", 2_000_000, "auct"))
    name = announce(
        floor, "2017-06-30", 2_000_000, average=("listed", "2016-11-18", "2017-06-29"),
        admits=("obligated",), restriction=2016,
    )  # fmt: skip
    floor.at("2017-06-30 09:30")
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, reserve - 1, 1), reserve=reserve)
    found = close(floor, name, [("A", reserve, 1)], "2017-06-30 10:30")
    assert found == Result("sold", reserve, 1, 1_999_999, 1, {"A": (1, reserve)})


@ORDERS
def test_the_auction_of_2017_06_30(order: int) -> None:
    """2,000,000 t; who wins may only surrender them for 2016."""
    floor = shanghai("SHEA-2016", "2016-11-18 10:00")
    rows = tuple((f"E{a}", a, "industry", "", 2015, "", n + 2) for n, a in enumerate("ABCD"))
    floor.do(cc.EnterEntities(rows, EVIDENCE))
    traded(floor, "2016-11-18 10:00", 3000, 100)
    traded(floor, "2017-06-29 14:00", 3200, 300)
    floor.do(r.Issue("SHEA-2016", 2_000_000, "auct"), r.Issue("CCER", 1_000, "issuance"))
    floor.do(r.Allocate("issuance", "A", "CCER", 1_000), c.SetReference("CCER", 1500, "invented"))
    name = announce(
        floor, "2017-06-30", 2_000_000, average=("listed", "2016-11-18", "2017-06-29"),
        admits=("obligated",), restriction=2016,
    )  # fmt: skip
    floor.at("2017-06-30 09:00")
    for instrument in ("SHEA-2015", "SHEA-2016", "SHEA-2017", "CCER"):
        floor.do(c.Halt(instrument, True, "notice of 2017-06-12, no. 6: closed for the day"))
    floor.refuses("auction_not_open", c.Bid("A", name, 4000, 1))
    floor.at("2017-06-30 09:30")
    listed = floor.bidding("A", "sell", 3200, 100, "listed")
    floor.refuses("market_halted", listed, instrument="SHEA-2016")
    floor.refuses(
        "market_halted", c.PlaceOrder("A", "CCER", "listed", "sell", 100, 1500), instrument="CCER"
    )
    floor.refuses("not_admitted", c.Bid("T", name, 4000, 1))  # an institution
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, 3779, 1), reserve=3780)
    # 700,000 + 600,000 at better prices leave 700,000 for 39.00: B was first, D gets 200,000.
    bids = [
        ("A", 4000, 700_000), ("B", 3900, 500_000), ("C", 3950, 600_000), ("D", 3900, 400_000),
        ("A", 3850, 300_000),
    ]  # fmt: skip
    found = close(floor, name, orders(bids)[order], "2017-06-30 10:30")
    got = {"A": 700_000, "C": 600_000, "B": 500_000, "D": 200_000}
    assert found == Result(
        "sold", 3900, 2_000_000, 0, 4, {account: (n, n * 3900) for account, n in got.items()}
    )
    assert floor.row("auctions", "auction", name, "reserve_fen") == (3780,)
    # C has the 100,000 it had before, and 600,000 that may only be surrendered for 2016.
    balance = floor.programme.state.registry.balance("C", "SHEA-2016")
    assert balance is not None
    assert (balance.free, balance.restricted) == (100_000, 600_000)
    floor.at("2017-06-30 13:00")
    for act in (
        r.Transfer("C", "D", "SHEA-2016", 100_001),
        r.Cancel("C", "SHEA-2016", 100_001, "given up"),
        r.PlaceHold("C", "SHEA-2016", 100_001, "pledge", beneficiary="T"),
    ):
        floor.refuses("amount_short", act, restricted=600_000)
    deal = c.ProposeDeal("C", "T", "pledge", "SHEA-2016", 100_001, "2017-12-29", money_fen=100)
    proposed = f"L{floor.do(deal, actor='ann').seq}"
    floor.refuses("amount_short", c.AgreeDeal("T", proposed), restricted=600_000)
    floor.at("2017-06-30 14:00")
    for year in (2015, 2016, 2017):
        floor.emissions(year, {"EC": "650000"})
    floor.refuses("surrender_short", r.Surrender("C", 100_001, 2017), got=100_000)
    floor.refuses("surrender_short", r.Surrender("C", 1, 2015), got=0)
    floor.do(r.Surrender("C", 650_000, 2016), actor="ann")
    assert sum(row[2] for row in floor.record("EC", 2016).surrendered) == 650_000
    balance = floor.programme.state.registry.balance("C", "SHEA-2016")
    assert balance is not None
    assert (balance.free, balance.restricted) == (50_000, 0)  # the restricted ones went first
    # On the next trading day what is free is sold, and what is not is not.
    floor.tick("2017-07-03 09:00")
    for instrument in ("SHEA-2015", "SHEA-2016", "SHEA-2017", "CCER"):
        floor.do(c.Halt(instrument, False, "the day after"))
    floor.at("2017-07-03 09:30")
    sale = floor.bidding("D", "sell", 3200, 100_001, "listed")
    floor.refuses("amount_short", sale, restricted=200_000)
    order = floor.order("D", "sell", 3200, 100_000, "listed")
    floor.pick("T", order)
    floor.sound()


def test_the_auction_of_2018_07_31() -> None:
    """The rule of 2017 over a longer span, for the surrender of 2017."""
    floor = shanghai("SHEA-2017", "2016-11-18 10:00")
    traded(floor, "2016-11-18 10:00", 3600, 100)
    traded(floor, "2018-07-30 14:59:59", 3800, 300)
    floor.do(r.Issue("SHEA-2017", 2_000_000, "auct"))
    name = announce(
        floor, "2018-07-31", 2_000_000, average=("listed", "2016-11-18", "2018-07-30"),
        admits=("obligated",), restriction=2017,
    )  # fmt: skip
    floor.at("2018-07-31 09:30")
    floor.refuses("not_admitted", c.Bid("T", name, 4300, 1))
    # 37.50 on average: 1.2 times that is 45.00, and the ceiling 42.00.
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, 4199, 1), reserve=4200)
    bids = [("A", 4200, 300_000), ("B", 4200, 500_000)]
    found = close(floor, name, bids, "2018-07-31 10:30")
    got = {"A": (300_000, 300_000 * 4200), "B": (500_000, 500_000 * 4200)}
    assert found == Result("sold", 4200, 800_000, 1_200_000, 2, got)
    floor.at("2018-07-31 13:00")
    floor.refuses("amount_short", r.Transfer("A", "B", "SHEA-2017", 99_601), restricted=300_000)
    floor.refuses("amount_short", r.Surrender("A", 99_601, 2018), free=99_600)
    floor.do(r.Surrender("A", 399_600, 2017), actor="ann")


@ORDERS
def test_the_auction_of_2023_11_30(order: int) -> None:
    """3,000,000 t at 74.29, which is 1.2 times 61.91 (74.292)."""
    floor = shanghai("SHEA-2022", "2023-01-03 10:00", vintage(2022))
    traded(floor, "2023-01-03 10:00", 6200, 9_000)
    traded(floor, "2023-10-31 14:00", 6110, 1_000)
    traded(floor, "2023-11-01 10:00", 7000, 50_000)
    assert (9_000 * 6200 + 1_000 * 6110, 10_000 * 6191) == (61_910_000, 61_910_000)
    floor.do(r.Issue("SHEA-2022", 3_000_000, "auct"))
    name = announce(
        floor, "2023-11-30", 3_000_000, at=("09:30", "11:30"),
        average=("listed", "2023-01-01", "2023-10-31"), admits=("obligated",), restriction=2022,
    )  # fmt: skip
    floor.at("2023-11-30 09:30")
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, 7428, 1), reserve=7429)
    bids = [
        ("A", 7429, 900_000),
        ("B", 7600, 1_000_000),
        ("C", 7500, 1_100_000),
        ("D", 7450, 800_000),
    ]
    found = close(floor, name, orders(bids)[order], "2023-11-30 11:30")
    # 1,000,000 + 1,100,000 + 800,000 leave 100,000 for the reserve price.
    got = {"B": 1_000_000, "C": 1_100_000, "D": 800_000, "A": 100_000}
    assert found == Result(
        "sold", 7429, 3_000_000, 0, 4, {name: (n, n * 7429) for name, n in got.items()}
    )


@ORDERS
def test_the_auction_of_2024_09_30(order: int) -> None:
    """2,800,000 t; 1.2 times the average from 1 March to 30 August 2024."""
    floor = shanghai("SHEA-2023", "2024-02-29 10:00", vintage(2023))
    traded(floor, "2024-02-29 10:00", 6500, 20_000)
    traded(floor, "2024-03-01 09:30", 7000, 1_000)
    traded(floor, "2024-08-30 14:59:59", 7400, 1_000)
    traded(floor, "2024-09-02 10:00", 7900, 20_000)
    floor.do(r.Issue("SHEA-2023", 2_800_000, "auct"))
    name = announce(
        floor, "2024-09-30", 2_800_000, at=("09:30", "11:30"),
        average=("listed", "2024-03-01", "2024-08-30"), admits=("obligated",), restriction=2023,
    )  # fmt: skip
    floor.at("2024-09-30 09:30")
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, 8639, 1), reserve=8640)  # 1.2 × 72.00
    bids = [("A", 8640, 900_000), ("B", 8700, 400_000), ("A", 8660, 200_000), ("C", 8650, 300_000)]
    found = close(floor, name, orders(bids)[order], "2024-09-30 11:30")
    got = {"A": 1_100_000, "B": 400_000, "C": 300_000}
    assert found == Result(
        "sold", 8640, 1_800_000, 1_000_000, 3, {name: (n, n * 8640) for name, n in got.items()}
    )


# Hubei and Guangdong. Totals as announced; who bid how much is invented.


@ORDERS
def test_2_000_000_t_at_a_reserve_of_20_as_in_hubei(order: int) -> None:
    floor = Floor(
        market_pack(name="cn-hubei-ets"), "2015-03-30 10:00", traders=OPERATORS, kind="HBEA-2015"
    )
    floor.do(r.Issue("HBEA-2015", 2_000_000, "auct"))
    name = announce(floor, "2015-03-31", 2_000_000, reserve_fen=2000)
    floor.at("2015-03-31 09:30")
    bids = [
        ("A", 2000, 900_000), ("B", 2300, 500_000), ("T", 2000, 600_000), ("C", 2050, 300_000),
        ("D", 2000, 400_000),
    ]  # fmt: skip
    found = close(floor, name, orders(bids)[order], "2015-03-31 10:30")
    # 800,000 at better prices leave 1,200,000 at 20.00: A all it asked for, T 300,000, D nothing.
    got = {"A": 900_000, "B": 500_000, "C": 300_000, "T": 300_000}
    assert found == Result(
        "sold", 2000, 2_000_000, 0, 4, {name: (n, n * 2000) for name, n in got.items()}
    )
    assert sum(fen for _, fen in found.got.values()) == 40_000_000_00


def guangdong(now: str, kind: str, bidders: int) -> Floor:
    """A programme under Guangdong's pack with bidders U1, U2, …"""
    pack = market_pack(name="cn-guangdong-ets")
    traders = [(f"U{n + 1}", "operator") for n in range(bidders)]
    return Floor(pack, now, traders=traders, kind=kind)


@ORDERS
def test_500_000_t_at_9_37_as_in_guangdong(order: int) -> None:
    """13 bids for 858,000 t, of which 10 win; days and prices are invented, but for the floor."""
    floor = guangdong("2016-03-01 10:00", "GDEA-2015", 13)
    # 80 % of an average of 11.71 is 9.368.
    floor.do(c.SetReference("GDEA-2015", 1171, "invented trades"))
    sale = floor.order("U1", "sell", 1171, 1_000, "listed")
    floor.pick("U2", sale)
    floor.at("2016-05-31 10:00").do(r.Issue("GDEA-2015", 500_000, "auct"))
    name = announce(floor, "2016-06-01", 500_000, average=("listed", "2016-03-01", "2016-05-31"))
    floor.at("2016-06-01 09:30")
    floor.refuses("bid_beyond_reserve", c.Bid("U1", name, 936, 1000), reserve=937)
    bids = [(f"U{n}", 1100 - 10 * n, 50_000) for n in range(1, 10)]
    bids += [("U10", 950, 108_000), *((f"U{n}", 937, 100_000) for n in (11, 12, 13))]
    assert (len(bids), sum(n for _, _, n in bids)) == (13, 858_000)
    found = close(floor, name, orders(bids)[order], "2016-06-01 10:30")
    got = {f"U{n}": (50_000, 50_000 * 950) for n in range(1, 11)}
    assert found == Result("sold", 950, 500_000, 0, 10, got)


@ORDERS
def test_guangdong_of_2015_03_27(order: int) -> None:
    """The exchange's report: 1,000,000 t at 35.00 or more, bids for 422,461 t between 35.00 and 37.05,
    seven winners, all at 35.00, CNY 14,786,135; 577,539 t went back. GDEA-2015 stands for 2014."""
    floor = guangdong("2015-03-26 10:00", "GDEA-2015", 7)
    floor.do(r.Issue("GDEA-2015", 1_000_000, "auct"))
    name = announce(floor, "2015-03-27", 1_000_000, reserve_fen=3500)
    floor.at("2015-03-27 09:30")
    amounts = (120_000, 100_000, 80_000, 60_000, 40_000, 20_000, 2_461)
    prices = (3705, 3600, 3550, 3520, 3510, 3505, 3500)
    bids = [(f"U{n + 1}", prices[n], amounts[n]) for n in range(7)]
    found = close(floor, name, orders(bids)[order], "2015-03-27 10:30")
    assert (found.how, found.price, found.sold, found.unsold, found.winners) == (
        "sold", 3500, 422_461, 577_539, 7,
    )  # fmt: skip
    assert sum(fen for _, fen in found.got.values()) == 14_786_135_00
    assert floor.units("auct") == 577_539
