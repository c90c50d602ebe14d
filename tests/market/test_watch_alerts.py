"""Each alert on both sides of each limit, with numbers a reader can check by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tanheng.market.watch import (
    KINDS,
    PARAMETERS,
    Alert,
    DayRow,
    Limits,
    MoveRow,
    OrderRow,
    TradeRow,
    sentence,
    watch,
)
from tanheng.market.watch.circles import LOOKS
from tanheng.market.watch.limits import suggested

DAY = "2024-03-04"


def at(clock: str, day: str = DAY) -> str:
    return f"{day}T{clock if clock.count(':') == 2 else clock + ':00'}.000000Z"


def trade(seq: int, clock: str, seller: str, buyer: str, amount: int, price: int = 1000, **more):
    """A trade between accounts whose holder is the name before the dot (``A.1``: account 1 of A)."""
    day = more.pop("day", DAY)
    return TradeRow(
        seq, at(clock, day), f"T{seq}", "X", "listed", price, amount, buyer, seller,
        buyer.split(".")[0], seller.split(".")[0],
        more.pop("buy_order", ""), more.pop("sell_order", ""), **more,
    )  # fmt: skip


def order(seq: int, clock: str, account: str, side: str, price: int, amount: int, **more):
    return OrderRow(
        seq, at(clock), f"O{seq}", "X", "listed", account, account.split(".")[0], side, price,
        amount, more.pop("low", 900), more.pop("high", 1100), **more,
    )  # fmt: skip


def day(name: str = DAY, volume: int = 0, previous: int = 1000, closes: str = "07:00") -> DayRow:
    return DayRow(name, "X", "listed", volume, 0, previous, previous, at(closes, name))


def limits(**numbers: str | int) -> Limits:
    return Limits(**{name: Decimal(value) for name, value in numbers.items()})


def alerts(found: Limits, trades=(), orders=(), moves=(), days=(), groups=None) -> list[Alert]:
    return list(watch(trades, orders, moves, days, found, groups).alerts)


def only(found: list[Alert]) -> Alert:
    assert len(found) == 1, found
    return found[0]


# Self trades ---------------------------------------------------------------------------------


def test_a_holder_on_both_sides_is_a_self_trade():
    rows = [
        trade(3, "02:00", "A.1", "A.2", 60), trade(5, "03:00", "A.2", "A.1", 40),
        trade(4, "02:30", "A.1", "B", 500),
    ]  # fmt: skip
    found = only(alerts(limits(self_trade_amount=100), rows))
    assert found == Alert(
        "self_trade", DAY, "X", ("A",), ("A.1", "A.2"), Decimal(100), Decimal(100), (3, 5),
        (("trades", "2"),),
    )  # fmt: skip
    assert not alerts(limits(self_trade_amount=101), rows)


def test_two_holders_are_one_party_only_in_a_group():
    rows = [trade(1, "02:00", "A", "B", 100)]
    assert not alerts(limits(self_trade_amount=1), rows)
    found = only(alerts(limits(self_trade_amount=1), rows, groups={"A": "G", "B": "G"}))
    assert found.holders == ("G",)
    assert found.accounts == ("A", "B")


def test_self_trades_are_counted_by_day():
    rows = [
        trade(1, "02:00", "A", "A", 60),
        trade(2, "02:00", "A", "A", 60, day="2024-03-05"),
    ]
    assert not alerts(limits(self_trade_amount=100), rows)
    assert [a.day for a in alerts(limits(self_trade_amount=60), rows)] == [DAY, "2024-03-05"]


# Circles -------------------------------------------------------------------------------------

CIRCLE = {
    "circle_length": 3, "circle_hours": 2, "circle_amount_tolerance": "0.1",
    "circle_price_tolerance": "0.01", "circle_amount": 100,
}  # fmt: skip


def ring(*amounts: int, clocks=("02:00", "03:00", "04:00", "05:00"), prices=(1000,) * 4):
    """A sells to B, B to C, … and the last to A."""
    names = "ABCD"[: len(amounts)]
    return [
        trade(n + 1, clocks[n], names[n], names[(n + 1) % len(names)], amount, prices[n])
        for n, amount in enumerate(amounts)
    ]


def test_a_ring_of_three_is_found_with_all_its_trades():
    found = only(alerts(limits(**CIRCLE), ring(110, 100, 105)))
    assert found.holders == ("A", "B", "C")
    assert found.entries == (1, 2, 3)
    assert found.measure == 100
    # The trade that closes the ring comes first: C → A, A → B, B → C.
    assert dict(found.text)["path"] == "C → A → B → C"


@pytest.mark.parametrize(
    ("rows", "change", "is_alert"),
    [
        (ring(100, 100, 110), {}, True),  # 110 is 10 % more than 100
        (ring(100, 100, 111), {}, False),
        (ring(100, 100, 100, prices=(1000, 1000, 1010)), {}, True),  # 1 % dearer
        (ring(100, 100, 100, prices=(1000, 1000, 1011)), {}, False),
        (ring(100, 100, 100, clocks=("02:00:00", "03:00", "04:00:00")), {}, True),  # 2 h
        (ring(100, 100, 100, clocks=("02:00:00", "03:00", "04:00:01")), {}, False),
        (ring(100, 100, 100), {"circle_amount": 101}, False),
        (ring(100, 100, 99), {}, False),  # one trade is below the least amount
        (ring(100, 100, 100), {"circle_length": 2}, False),
        (ring(100, 100), {}, True),
        (ring(100, 100), {"circle_length": 1}, False),
        (ring(100, 100, 100, 100, clocks=("02:00", "02:30", "03:00", "04:00")), {}, False),
        (
            ring(100, 100, 100, 100, clocks=("02:00", "02:30", "03:00", "04:00")),
            {"circle_length": 4},
            True,
        ),
        (ring(100, 100, 100, clocks=("03:00", "02:00", "02:30")), {}, True),  # in any order
        (ring(100, 100, 100, 100)[:3], {}, False),  # not closed
        (ring(100, 100, 100), {"circle_amount_tolerance": 0, "circle_price_tolerance": 0}, True),
        (ring(100, 100, 101), {"circle_amount_tolerance": 0}, False),
        (ring(10**9, 10**9, 11 * 10**8), {}, True),
        (ring(10**9, 10**9, 11 * 10**8 + 1), {}, False),
    ],
)  # fmt: skip
def test_circles_on_both_sides_of_each_limit(rows, change, is_alert):
    assert bool(alerts(limits(**CIRCLE | change), rows)) is is_alert


def test_a_ring_that_goes_on_is_one_alert():
    rows = ring(100, 100, 100, clocks=("02:00", "02:10", "02:20"))
    again = [
        replace(row, seq=row.seq + 10, trade=row.trade + "b", at=row.at.replace("02:", "03:"))
        for row in rows
    ]
    found = only(alerts(limits(**CIRCLE), rows + again))
    assert found.entries == (1, 2, 3, 11, 12, 13)


def test_other_instruments_do_not_close_a_ring():
    one, two, three = ring(100, 100, 100)
    assert not alerts(limits(**CIRCLE), [one, two, replace(three, instrument="Y")])


def test_the_search_for_rings_ends():
    """A market of one seller to many, all alike, costs no more than the limit per trade."""
    rows = [trade(n, "02:00", "B", f"C{n}", 100) for n in range(1, LOOKS + 2)]
    early = [trade(0, "01:59", "B", "A", 100)]
    late = [trade(LOOKS + 5, "02:01", "A", "B", 100)]
    assert alerts(limits(**CIRCLE), early + rows[: LOOKS - 1] + late)
    assert not alerts(limits(**CIRCLE), early + rows + late)


# Pairs ---------------------------------------------------------------------------------------

PAIR = {"pair_days": 1, "pair_trades": 4, "pair_share": "0.5", "pair_amount": 200}
BACK_AND_FORTH = [
    trade(1, "02:00", "A", "B", 100), trade(2, "03:00", "B", "A", 120),
    trade(3, "04:00", "A", "B", 100), trade(4, "05:00", "B", "A", 80),
]  # fmt: skip


def test_a_pair_back_and_forth():
    # 200 each way; A traded 400 with B and 100 with C: 400 of 500.
    rows = [*BACK_AND_FORTH, trade(5, "03:30", "A", "C", 100)]
    found = only(alerts(limits(**PAIR), rows))
    assert found.measure == Decimal("0.8")
    assert found.holders == ("A", "B")
    assert found.entries == (1, 2, 3, 4)
    assert dict(found.text) == {"trades": "4", "back": "200"}


@pytest.mark.parametrize(
    ("change", "more", "is_alert"),
    [
        ({}, [], True),
        ({"pair_trades": 5}, [], False),
        ({"pair_amount": 201}, [], False),
        ({}, [trade(9, "03:30", "A", "C", 400)], True),  # 400 of 800
        ({}, [trade(9, "03:30", "A", "C", 401)], False),
        ({}, [trade(9, "03:30", "C", "B", 401)], False),
        ({"pair_days": "0.125"}, [], True),  # three hours
        ({"pair_days": "0.124"}, [], False),
    ],
)
def test_pairs_on_both_sides_of_each_limit(change, more, is_alert):
    assert bool(alerts(limits(**PAIR | change), BACK_AND_FORTH + more)) is is_alert


def test_a_pair_that_deals_one_way_is_none():
    rows = [trade(n, f"0{n}:00", "A", "B", 100) for n in range(1, 6)]
    assert not alerts(limits(**PAIR | {"pair_amount": 0}), rows)


# The close -----------------------------------------------------------------------------------

CLOSE = {"close_minutes": 10, "close_move": "0.05", "close_share": "0.5", "close_amount": 100}


def late(clock="06:55", price=1050, amount=100, others=100):
    return [
        trade(1, "06:00", "S", "T", 10, 1000),
        trade(2, clock, "S", "A", amount, price),
        trade(3, "06:56", "S", "B", others, 1000),
    ]


def test_marking_the_close():
    found = only(alerts(limits(**CLOSE), late(), days=[day()]))
    assert found.holders == ("A",)
    assert found.measure == Decimal("0.05")
    assert found.entries == (2,)
    assert dict(found.text)["volume"] == "200"


@pytest.mark.parametrize(
    ("rows", "is_alert"),
    [
        (late(), True),
        (late(price=1049), False),
        (late(amount=99, others=99), False),
        (late(amount=100, others=101), False),
        (late("06:50:01"), True),
        (late("06:50:00"), False),  # the minutes begin after 06:50:00
        (late("07:00:00"), True),
        (late("07:00:01"), False),
        (late()[1:], True),  # no trade before: the previous close, 1000, is the reference
        (late(price=950), False),  # a buyer does not push down
    ],
)
def test_the_close_on_both_sides_of_each_limit(rows, is_alert):
    found = alerts(limits(**CLOSE), rows, days=[day()])
    assert bool([a for a in found if a.holders == ("A",)]) is is_alert


def test_a_seller_pushes_down():
    rows = [trade(2, "06:55", "A", "B", 100, 950)]
    found = only(alerts(limits(**CLOSE), rows, days=[day()]))
    assert found.holders == ("A",)
    assert dict(found.text)["side"] == "sell"


def test_the_reference_is_of_the_same_day():
    yesterday = [trade(1, "06:00", "S", "T", 10, 1200, day="2024-03-01")]
    rows = [*yesterday, *late()[1:]]
    assert only(alerts(limits(**CLOSE), rows, days=[day("2024-03-01"), day()])).entries == (2,)


def test_without_a_reference_there_is_no_alert():
    assert not alerts(limits(**CLOSE), late()[1:], days=[day(previous=0)])


# Concentration -------------------------------------------------------------------------------

SPAN = {"concentration_days": 2, "concentration_volume": 100, "concentration_holders": 3}
SHARES = [
    trade(1, "02:00", "S1", "A", 60), trade(2, "02:00", "S2", "B", 20),
    trade(3, "02:00", "S3", "C", 20),
]  # fmt: skip


def buyers(found: list[Alert]) -> list[Alert]:
    return [alert for alert in found if dict(alert.text)["side"] == "buy"]


def test_concentration_of_buyers():
    # 0.6² + 0.2² + 0.2² = 0.44; the sellers are the same.
    found = alerts(limits(**SPAN, concentration_hhi="0.44"), SHARES, days=[day()])
    assert len(found) == 2
    one = only(buyers(found))
    assert one.measure == Decimal("0.44")
    assert one.holders == ("A",)  # it has half of the volume alone
    assert one.entries == (1, 2, 3)
    assert not alerts(limits(**SPAN, concentration_hhi="0.4401"), SHARES, days=[day()])


def test_one_party_dominates():
    one = only(buyers(alerts(limits(**SPAN, concentration_share="0.6"), SHARES, days=[day()])))
    assert (one.kind, one.holders, one.measure) == ("dominance", ("A",), Decimal("0.6"))
    assert one.entries == (1,)
    assert not alerts(limits(**SPAN, concentration_share="0.6001"), SHARES, days=[day()])


@pytest.mark.parametrize("change", [{"concentration_volume": 101}, {"concentration_holders": 4}])
def test_small_spans_are_not_concentrated(change):
    numbers = SPAN | change
    assert not alerts(limits(**numbers, concentration_hhi=0), SHARES, days=[day()])
    assert not alerts(limits(**numbers, concentration_share=0), SHARES, days=[day()])


def test_a_span_ends_and_overlapping_spans_are_one_alert():
    names = [f"2024-03-{n:02}" for n in range(4, 9)]
    days = [day(name) for name in names]
    second = [
        replace(row, seq=row.seq + 10, at=row.at.replace(DAY, names[4]), trade=row.trade + "b")
        for row in SHARES
    ]
    found = buyers(alerts(limits(**SPAN, concentration_share="0.6"), SHARES + second, days=days))
    # Days 4 and 4–5 are one alert; 6 to 7 see nothing; 7–8 is another.
    assert [(a.day, a.entries) for a in found] == [(names[1], (1,)), (names[4], (11,))]


# The band ------------------------------------------------------------------------------------

CLUSTER = {"band_distance": 1, "band_share": "0.4", "band_count": 2}


def asked(*prices: int) -> list[OrderRow]:
    """Orders of 100 each, by A, B, C, …"""
    return [order(n + 1, "02:00", "ABCDEFG"[n], "buy", p, 100) for n, p in enumerate(prices)]


@pytest.mark.parametrize(
    ("orders", "entries"),
    [
        (asked(1100, 1099, 1000, 1000, 1000), (1, 2)),  # 200 of 500 at the upper limit
        (asked(1100, 1098, 1000, 1000, 1000), ()),
        (asked(1100, 1100, 1000, 1000, 1000, 1000), ()),  # 200 of 600
        (asked(1100), ()),  # one order is no crowd
        (asked(900, 901, 1000, 1000, 1000), (1, 2)),
        (asked(900, 902, 1000, 1000, 1000), ()),
        (asked(900, 1100, 1000), ()),  # each limit by itself
        (asked(1100, 1100, 1000, 1000, 1000, 0), (1, 2)),  # a market order has no price
    ],
)
def test_orders_that_cluster_at_the_band(orders, entries):
    found = alerts(limits(**CLUSTER), orders=orders, days=[day()])
    assert [alert.entries for alert in found] == ([entries] if entries else [])


def test_orders_without_a_band_do_not_count():
    orders = [replace(row, low_fen=0, high_fen=0) for row in asked(1100, 1100)]
    assert not alerts(limits(**CLUSTER), orders=orders)


def test_trades_that_cluster_at_the_band():
    orders = asked(1050, 1050, 1050)
    rows = [
        trade(11, "03:00", "S", "A", 100, 1100, buy_order="O1"),
        trade(12, "03:00", "S", "B", 100, 1100, sell_order="O2"),
        trade(13, "03:00", "S", "C", 300, 1050, buy_order="O3"),
        trade(14, "03:00", "S", "C", 900, 1100, buy_order="unknown"),
    ]
    found = only(alerts(limits(**CLUSTER), rows, orders, days=[day()]))
    assert dict(found.text)["what"] == "trades"
    assert found.entries == (11, 12)
    assert found.measure == Decimal("0.4")
    assert found.accounts == ("A", "B", "S")


def test_one_holder_at_the_band():
    orders = [
        order(1, "02:00", "A.1", "buy", 1100, 100), order(2, "03:00", "A.2", "buy", 1100, 100),
        order(3, "03:00", "B", "buy", 1100, 100), order(4, "03:00", "C", "buy", 1000, 500),
    ]  # fmt: skip
    numbers = {"band_distance": 0, "band_holder_share": "0.25", "band_holder_orders": 2}
    found = only(alerts(limits(**numbers), orders=orders))
    assert (found.holders, found.accounts, found.entries) == (("A",), ("A.1", "A.2"), (1, 2))
    assert found.measure == Decimal("0.25")
    assert not alerts(limits(**numbers | {"band_holder_share": "0.2501"}), orders=orders)
    assert not alerts(limits(**numbers | {"band_holder_orders": 3}), orders=orders)


# Transit -------------------------------------------------------------------------------------

TRANSIT = {"transit_hours": 24, "transit_share": "0.9", "transit_amount": 100}


def came(seq: int, when: str, amount: int) -> MoveRow:
    return MoveRow(seq, when, "A", "X", amount, 0)


def went(seq: int, when: str, amount: int) -> MoveRow:
    return MoveRow(seq, when, "A", "X", 0, amount)


NEXT = "2024-03-05"


@pytest.mark.parametrize(
    ("moves", "entries"),
    [
        ([came(1, at("02:00"), 100), went(2, at("03:00"), 90)], (1, 2)),
        ([came(1, at("02:00"), 100), went(2, at("03:00"), 89)], ()),
        ([came(1, at("02:00"), 99), went(2, at("03:00"), 99)], ()),
        ([came(1, at("02:00"), 100), went(2, at("02:00", NEXT), 100)], (1, 2)),  # 24 h
        ([came(1, at("02:00:00"), 100), went(2, at("02:00:01", NEXT), 100)], ()),
        ([went(1, at("02:00"), 100), came(2, at("03:00"), 100)], ()),  # out before in
        (  # what lay there before is not what came
            [came(1, at("02:00"), 100), went(2, at("03:00"), 500), came(3, at("03:30"), 100)],
            (1, 2),
        ),
        (  # in two parts each way
            [came(1, at("02:00"), 60), came(2, at("02:30"), 60), went(3, at("03:00"), 50),
             went(4, at("04:00"), 58)],
            (1, 2, 3, 4),
        ),
    ],
)  # fmt: skip
def test_transit_on_both_sides_of_each_limit(moves, entries):
    found = alerts(limits(**TRANSIT), moves=moves)
    assert [alert.entries for alert in found] == ([entries] if entries else [])


def test_transit_is_by_account_and_kind():
    moves = [came(1, at("02:00"), 100), replace(went(2, at("03:00"), 100), account="B")]
    assert not alerts(limits(**TRANSIT), moves=moves)
    moves = [came(1, at("02:00"), 100), replace(went(2, at("03:00"), 100), kind="Y")]
    assert not alerts(limits(**TRANSIT), moves=moves)


# Bursts --------------------------------------------------------------------------------------

BURST = {"burst_days": 3, "burst_multiple": "2.5", "burst_amount": 1}


def volumes(*amounts: int) -> list[DayRow]:
    return [day(f"2024-03-{n + 4:02}", amount) for n, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("amounts", "change", "found"),
    [
        ((100, 300, 200, 500), {}, ["2024-03-07"]),  # median 200, times 2.5
        ((100, 300, 200, 499), {}, []),
        ((100, 300, 200, 500), {"burst_amount": 501}, []),
        ((100, 300, 500), {}, []),  # too few days before
        ((0, 0, 0, 1), {}, ["2024-03-07"]),  # nothing before: the floor alone
        ((0, 0, 0, 0), {}, []),
        ((100, 300, 500), {"burst_days": 2}, ["2024-03-06"]),  # (100 + 300) / 2 × 2.5
        ((100, 300, 499), {"burst_days": 2}, []),
        ((9, 100, 300, 200, 500), {}, ["2024-03-08"]),  # the first day has left the span
    ],
)
def test_bursts_on_both_sides_of_each_limit(amounts, change, found):
    assert [a.day for a in alerts(limits(**BURST | change), days=volumes(*amounts))] == found


def test_a_burst_lists_the_trades_of_its_day():
    rows = [
        trade(1, "02:00", "A", "B", 5, day="2024-03-06"),
        trade(2, "02:00", "A", "B", 300, day="2024-03-07"),
        trade(3, "07:00", "A", "B", 200, day="2024-03-07"),
        trade(4, "07:01", "A", "B", 200, day="2024-03-07"),
    ]
    found = only(alerts(limits(**BURST), rows, days=volumes(100, 300, 200, 500, 0)))
    assert found.entries == (2, 3)
    assert found.limit == 500


# Spoofing ------------------------------------------------------------------------------------

SPOOF = {"spoof_minutes": 10, "spoof_amount": 1000, "spoof_orders": 2, "spoof_ratio": 5}


def bait(seq: int, clock: str, until: str, amount: int = 1000, account: str = "A.1") -> OrderRow:
    return order(
        seq, clock, account, "buy", 995, amount, ended="cancelled", ended_at=at(until),
        ended_seq=seq + 2,
    )  # fmt: skip


def lure(**more) -> tuple[list[TradeRow], list[OrderRow]]:
    """Two bids of 1,000, withdrawn, around sales of 200 each."""
    return (
        [trade(2, "02:05", "A.2", "B", 200), trade(12, "03:05", "A.2", "B", 200)],
        [bait(1, "02:00", "02:10", **more), bait(11, "03:00", "03:10", **more)],
    )


def test_spoofing():
    rows, orders = lure()
    found = only(alerts(limits(**SPOOF), rows, orders))
    assert found.entries == (1, 2, 3, 11, 12, 13)
    assert found.measure == 5
    assert found.holders == ("A",)
    assert found.accounts == ("A.1", "A.2")
    assert dict(found.text) == {
        "segment": "listed", "side": "buy", "count": "2", "amount": "2000", "traded": "400",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"spoof_minutes": "9.99"},
        {"spoof_amount": 1001},
        {"spoof_orders": 3},
        {"spoof_ratio": "5.1"},
    ],
)
def test_spoofing_beyond_each_limit(change):
    assert not alerts(limits(**SPOOF | change), *lure())


def test_what_is_no_spoofing():
    rows, orders = lure()
    numbers = limits(**SPOOF)
    assert not alerts(numbers, rows, [replace(row, ended="expired") for row in orders])
    assert not alerts(numbers, rows, [replace(row, ended_at="") for row in orders])
    assert not alerts(numbers, rows, [replace(row, side="sell") for row in orders])
    assert not alerts(numbers, rows, [replace(row, holder="C") for row in orders])
    assert not alerts(numbers, [replace(row, at=at("04:00")) for row in rows], orders)
    traded = trade(20, "05:00", "C", "A.1", 1, buy_order="O1")
    assert not alerts(numbers, [*rows, traded], orders)


def test_a_sale_beside_two_bids_counts_once():
    rows = [trade(2, "02:05", "A", "B", 400)]
    orders = [bait(11, "02:00", "02:10"), bait(21, "02:01", "02:10")]
    assert only(alerts(limits(**SPOOF), rows, orders)).measure == 5


# All together --------------------------------------------------------------------------------


def test_an_alert_without_its_limits_is_not_run_and_says_what_it_lacks():
    found = watch([], [], [], [], limits(self_trade_amount=1, circle_length=3))
    lacking = {row.kind: row.missing for row in found.not_run}
    assert set(lacking) == set(KINDS) - {"self_trade"}
    assert lacking["circle"] == (
        "watch_circle_hours", "watch_circle_amount_tolerance", "watch_circle_price_tolerance",
        "watch_circle_amount",
    )  # fmt: skip
    assert not watch([], [], [], [], suggested()).not_run


def test_parameters_are_the_limits_and_every_one_is_read():
    names = {row.name.removeprefix("watch_") for row in PARAMETERS}
    assert names == set(Limits.__slots__)
    assert names == {name for kind in KINDS.values() for name in kind.needs}
    assert all(row.unit and row.en and row.zh for row in PARAMETERS)


def test_limits_come_from_a_pack_by_name():
    assert Limits.of({"watch_band_share": Decimal("0.3"), "tick": Decimal(1)}) == Limits(
        band_share=Decimal("0.3")
    )


def test_every_alert_can_be_said_in_both_languages():
    spoofed, baits = lure()
    days = [*volumes(100, 300, 200), day("2024-03-08", 500)]
    found = [
        *alerts(limits(self_trade_amount=1), [trade(1, "02:00", "A", "A", 60)]),
        *alerts(limits(**CIRCLE), ring(110, 100, 105)),
        *alerts(limits(**PAIR), BACK_AND_FORTH),
        *alerts(limits(**CLOSE), late(), days=[day()]),
        *alerts(
            limits(**SPAN, concentration_hhi=0, concentration_share="0.6"), SHARES, days=[day()]
        ),
        *alerts(limits(**CLUSTER), orders=asked(1100, 1099, 1000)),
        *alerts(
            limits(band_distance=1, band_holder_share=0, band_holder_orders=1), orders=asked(1100)
        ),
        *alerts(limits(**TRANSIT), moves=[came(1, at("02:00"), 100), went(2, at("03:00"), 90)]),
        *alerts(limits(**BURST), days=days),
        *alerts(limits(**SPOOF), spoofed, baits),
    ]
    assert {alert.kind for alert in found} == set(KINDS)
    for alert in found:
        english, chinese = sentence(alert), sentence(alert, "zh")
        assert english.startswith(f"{alert.day}, X")
        assert chinese.startswith(f"{alert.day}，X")
        assert "{" not in english + chinese


def test_a_sentence_reads_well():
    found = only(alerts(limits(**CLOSE), late(), days=[day()]))
    assert sentence(found) == (
        "2024-03-04, X (listed): just before the close A bought 100 of 200 units and moved the price "
        "from 10.00 to 10.50 yuan, by 5 % (limit 5 %). Entries: 2."
    )
    assert sentence(found, "zh") == (
        "2024-03-04，X（listed）：收市前 A 买入 100 单位（该时段共 200），价格由 10.00 元变为 10.50 元，"
        "变动 5 %（界限 5 %）。凭证：2。"
    )


def test_a_sentence_lists_the_first_entries_of_many():
    rows = [trade(n, "02:00", "A", "A", 1) for n in range(1, 21)]
    found = only(alerts(limits(self_trade_amount=1), rows))
    assert len(found.entries) == 20
    assert sentence(found).endswith("11, 12 and 8 more.")


def test_the_trading_day_is_the_one_that_closes_next():
    rows = [trade(1, "07:00", "A", "A", 1), trade(2, "07:01", "A", "A", 1),
            trade(3, "08:00", "A", "A", 1, day="2024-03-06")]  # fmt: skip
    found = alerts(limits(self_trade_amount=1), rows, days=[day(), day("2024-03-05")])
    assert [a.day for a in found] == [DAY, "2024-03-05", "2024-03-06"]
