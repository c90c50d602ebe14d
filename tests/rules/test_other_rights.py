"""Rights that are no emissions of carbon, end to end with the same code: energy saved, and discharges."""

from __future__ import annotations

from helpers.market import Floor, market_pack
from tanheng.market import commands as c
from tanheng.registry import commands as r


def test_a_saving_of_energy_is_listed_auctioned_negotiated_and_used_once() -> None:
    traders = [(name, "operator") for name in "ABCD"] + [("P", "person")]
    floor = Floor(
        market_pack(name="cn-jiangsu-energy-saving"), "2016-06-01 09:00", traders=traders,
        kind="ESQ-RETROFIT",
    )  # fmt: skip
    # Listed: A lists 1,200 tce, which B picks in two parts.
    floor.at("2016-06-01 09:30")
    order = floor.order("A", "sell", 35_000, 1_200, "listed")
    floor.pick("B", order, 500)
    floor.pick("B", order)
    # Negotiated: C sells to B alone; D is not asked.
    deal = floor.order("C", "sell", 33_000, 10_000, "block", to="B")
    floor.refuses("order_addressed", c.Pick("D", deal))
    floor.pick("B", deal)
    # One-way: A sells 1,000 tce to who pays most.
    name = floor.auction("A", 1_000, "2016-06-01 13:00", "2016-06-01 14:00", "oneway",
                         reserve_fen=30_000)  # fmt: skip
    floor.at("2016-06-01 13:00")
    floor.bid("D", name, 34_000, 600)
    floor.bid("P", name, 36_000, 700)
    floor.tick("2016-06-01 14:00")
    assert floor.row("auctions", "auction", name, "price_fen", "sold") == (34_000, 1_000)
    assert {a: floor.units(a) for a in "ABCDP"} == {
        "A": 97_800, "B": 111_200, "C": 90_000, "D": 100_300, "P": 100_700,
    }  # fmt: skip
    paid = 1_200 * 35_000 + 10_000 * 33_000
    assert floor.money("B") == floor.money("P") - paid + 700 * 34_000
    # B's new plant uses 111,200 tce: what it uses is gone, and cannot be sold again.
    floor.at("2016-06-01 14:30").do(r.Surrender("B", 111_200, 2016), actor="ann")
    floor.refuses("amount_short", floor.bidding("B", "sell", 35_000, 1, "listed"), free=0)
    floor.tick("2016-06-01 17:00")
    assert floor.row("quotes", "segment", "listed", "close_fen", "volume") == (35_000, 1_200)
    floor.sound()


def test_rights_to_discharge_are_sold_by_the_government_and_traded_on() -> None:
    traders = [(name, "operator") for name in "ABCD"] + [("T", "trader")]
    floor = Floor(
        market_pack(name="cn-jiangsu-discharge-rights"),
        "2018-06-04 09:00",
        traders=traders,
        kind="COD",
    )
    # The government sells 5,000 kg, and what nobody takes stays with it.
    floor.do(r.Issue("COD", 5_000, "auct"))
    name = floor.auction("auct", 5_000, "2018-06-04 09:30", "2018-06-04 10:30", reserve_fen=450)
    floor.at("2018-06-04 09:30")
    floor.refuses("bid_beyond_reserve", c.Bid("A", name, 449, 1_000))
    for account, price, amount in (("A", 520, 2_000), ("B", 480, 1_500), ("T", 500, 800)):
        floor.bid(account, name, price, amount)
    floor.tick("2018-06-04 10:30")
    assert floor.row("auctions", "auction", name, "price_fen", "sold", "unsold", "winners") == (
        480, 4_300, 700, 3,
    )  # fmt: skip
    assert floor.units("auct") == 700
    # What T does not need it lists, and C takes a part; the pollutants are not mixed.
    floor.at("2018-06-04 13:00")
    order = floor.order("T", "sell", 550, 800, "listed")
    floor.pick("C", order, 300)
    floor.refuses(
        "amount_short", c.PlaceOrder("A", "NH3-N", "listed", "sell", 1, 550), kind="NH3-N", free=0
    )
    floor.do(r.Surrender("C", 100_300, 2018, "COD"), actor="ann")
    floor.tick("2018-06-04 17:00")
    assert floor.open_orders() == {}
    assert (floor.units("C"), floor.units("T")) == (0, 100_500)
    assert floor.row("quotes", "segment", "listed", "close_fen", "volume") == (550, 300)
    floor.sound()
