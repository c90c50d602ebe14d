"""Sale and buy-back at a fixed price, for those who lack units of a compliance year (or have too many):
how much is reckoned by compliance, from what was verified, given and surrendered."""

from __future__ import annotations

import pytest

from helpers.compliance import Scheme, pack_with
from tanheng.compliance import commands as year
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.registry import commands as r

KIND, PRICE = "HBEA-2016", 2000


@pytest.fixture
def scheme() -> Scheme:
    """E0 owes 1,000 t and has 700, E1 owes 500 and has 800; E2 has no verified emissions."""
    found = Scheme(
        pack_with("cn-hubei-ets"), entities=3, sector="other", now="2017-05-02 09:00",
        issue={KIND: 100_000},
    )  # fmt: skip
    found.emissions(2016, {"E0": "1000", "E1": "500"})
    found.do(
        r.OpenAccount("reserve-1", "reserve", "gov"), r.OpenAccount("clear", "clearing", "ex"),
        r.Represent("reserve-1", "gov1", ("initiate", "approve")),
        r.Allocate("issuance", "reserve-1", KIND, 10_000),
        r.Allocate("issuance", "acc0", KIND, 700), r.Allocate("issuance", "acc1", KIND, 800),
        c.Deposit("reserve-1", 10**9, "D-gov"),
        *(c.Admit(f"acc{n}", "obligated") for n in range(3)),
        *(c.Deposit(f"acc{n}", 10**9, f"D-{n}") for n in range(3)),
        c.SetReference(KIND, PRICE, "listed"),
    )  # fmt: skip
    return found.at("2017-05-02 10:00")


def offer(scheme: Scheme, side: str, amount: int = 5000) -> str:
    """The government's offer; its id."""
    placed = scheme.do(
        c.PlaceOrder("reserve-1", KIND, "compliance", side, amount, PRICE, year=2016)
    )
    return next(e.order for e in placed.events if isinstance(e, m.OrderPlaced))


def total(scheme: Scheme, account: str) -> int:
    """Units of an account, restricted or not."""
    balance = scheme.programme.state.registry.balance(account, KIND)
    return balance.total if balance else 0


def test_who_lacks_units_buys_just_so_many(scheme: Scheme) -> None:
    sale = offer(scheme, "sell")
    scheme.no(c.Pick("acc0", sale, 301), "ann")
    refused = scheme.no(c.Pick("acc0", sale, 301), "ann")
    assert (refused.code, refused.details["room"]) == ("need_beyond", 300)
    scheme.do(c.Pick("acc0", sale, 200), actor="ann")
    # What was bought is counted: it may only be surrendered for the year.
    assert scheme.no(c.Pick("acc0", sale, 101), "ann").details["room"] == 100
    scheme.do(c.Pick("acc0", sale, 100), actor="ann")
    assert scheme.no(c.Pick("acc0", sale, 1), "ann").details["room"] == 0
    assert (total(scheme, "acc0"), scheme.free("acc0", KIND)) == (1000, 700)
    scheme.do(r.Surrender("acc0", 1000, 2016), actor="ann")
    assert total(scheme, "acc0") == 0


def test_who_has_enough_or_owes_nothing_buys_nothing(scheme: Scheme) -> None:
    sale = offer(scheme, "sell")
    for account in ("acc1", "acc2"):
        assert scheme.no(c.Pick(account, sale, 1), "ann").details["room"] == 0


def test_what_was_surrendered_counts(scheme: Scheme) -> None:
    scheme.do(r.Surrender("acc0", 400, 2016), actor="ann")
    sale = offer(scheme, "sell")
    assert scheme.no(c.Pick("acc0", sale, 301), "ann").details["room"] == 300
    scheme.do(year.SurrenderYear(2016, (("E0", "", 300),)))
    assert scheme.no(c.Pick("acc0", sale, 301), "ann").details["room"] == 300


def test_buying_back_takes_what_is_not_needed(scheme: Scheme) -> None:
    purchase = offer(scheme, "buy")
    assert scheme.no(c.Pick("acc1", purchase, 301), "ann").details["room"] == 300
    assert scheme.no(c.Pick("acc0", purchase, 1), "ann").details["room"] == 0
    scheme.do(c.Pick("acc1", purchase, 300), actor="ann")
    assert total(scheme, "acc1") == 500
    assert scheme.programme.check_tables() == []
