"""Carbon finance: what moves first, what is held, what moves last, and what a default does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from helpers.market import KIND, Floor, market_pack
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.linked import Linked
from tanheng.registry import commands as r

DUE = "2016-06-10"


def proposal(about: str, **more: Any) -> c.ProposeDeal:
    """A deal of A with T about 1,000 units."""
    sums: dict[str, dict[str, Any]] = {
        "pledge": {"money_fen": 1_000_000, "back_fen": 1_050_000},
        "repurchase": {"money_fen": 1_900_000, "back_fen": 1_950_000},
        "custody": {"back_fen": 40_000, "deposit_fen": 500_000},
        "borrowing": {"back_fen": 30_000, "deposit_fen": 2_200_000},
    }
    given: dict[str, Any] = {
        "account": "A",
        "to": "T",
        "form": about,
        "kind": KIND,
        "amount": 1_000,
        "due": DUE,
    }
    return c.ProposeDeal(**{**given, **sums[about], **more})


def begun(floor: Floor, form: str) -> str:
    """A deal that runs."""
    outcome = floor.do(proposal(form), actor="ann")
    deal = next(e.deal for e in outcome.events if isinstance(e, m.DealProposed))
    floor.do(c.AgreeDeal("T", deal), actor="ann")
    floor.sound()
    return deal


def change(floor: Floor, before: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """What came in and went out since: units and money, held or not."""
    now = totals(floor)
    return {a: (now[a][0] - u, now[a][1] - money) for a, (u, money) in before.items()}


def totals(floor: Floor) -> dict[str, tuple[int, int]]:
    """Units and money of A and T in all."""
    registry = floor.programme.state.registry
    found = {}
    for account in "AT":
        units, money = registry.balance(account, KIND), registry.balance(account, "CNY")
        assert units is not None
        assert money is not None
        found[account] = (units.total, money.total)
    return found


FIRST = {
    "pledge": {"A": (0, 1_000_000), "T": (0, -1_000_000)},
    "repurchase": {"A": (-1_000, 1_900_000), "T": (1_000, -1_900_000)},
    "custody": {"A": (-1_000, 0), "T": (1_000, 0)},
    "borrowing": {"A": (1_000, 0), "T": (-1_000, 0)},
}
LAST = {
    "pledge": {"A": (0, -50_000), "T": (0, 50_000)},
    "repurchase": {"A": (0, -50_000), "T": (0, 50_000)},
    "custody": {"A": (0, 40_000), "T": (0, -40_000)},
    "borrowing": {"A": (0, -30_000), "T": (0, 30_000)},
}
"""From the proposal to the end."""
HELD = {
    "pledge": ("A", KIND, 1_000), "repurchase": ("T", KIND, 1_000),
    "custody": ("T", "CNY", 500_000), "borrowing": ("A", "CNY", 2_200_000),
}  # fmt: skip


@pytest.mark.parametrize("form", FIRST)
def test_both_legs_and_the_hold_between(form: str) -> None:
    floor = Floor()
    before = totals(floor)
    deal = begun(floor, form)
    assert change(floor, before) == FIRST[form]
    account, kind, amount = HELD[form]
    balance = floor.programme.state.registry.balance(account, kind)
    assert balance is not None
    assert balance.held == amount
    floor.tick("2016-06-10 17:00")
    assert change(floor, before) == LAST[form]
    rows = floor.programme.store.query("SELECT status FROM deals WHERE deal = ?", (deal,))
    assert rows == [("fulfilled",)]
    assert not floor.programme.state.registry.content.holds
    floor.sound()


def spent(floor: Floor, account: str, kind: str) -> None:
    """Let an account have nothing free of a kind."""
    free = floor.free(account, kind)
    if kind == "CNY":
        floor.do(c.WithdrawMoney(account, free, f"OUT-{account}"))
    else:
        floor.do(r.Cancel(account, kind, free, "gone"), actor="ann")


DEFAULTS = {
    "pledge": ("A", "CNY", {"A": -1_000, "T": 1_000}),
    "repurchase": ("A", "CNY", {"A": -1_000, "T": 1_000}),
    "custody": ("T", KIND, {"A": 500_000, "T": -500_000}),
    "borrowing": ("A", KIND, {"A": -2_200_000, "T": 2_200_000}),
}
"""Who has nothing left of what he promised, and what the default moves besides."""


@pytest.mark.parametrize("form", DEFAULTS)
def test_a_default_moves_what_was_held(form: str) -> None:
    floor = Floor()
    before = totals(floor)
    deal = begun(floor, form)
    who, kind, moved = DEFAULTS[form]
    spent(floor, who, kind)
    middle = totals(floor)
    floor.tick("2016-06-10 17:00")
    place = 0 if form in ("pledge", "repurchase") else 1
    base = before if form == "repurchase" else middle
    assert {a: totals(floor)[a][place] - base[a][place] for a in "AT"} == moved
    rows = floor.programme.store.query("SELECT status FROM deals WHERE deal = ?", (deal,))
    assert rows == [("defaulted",)]
    assert not floor.programme.state.registry.content.holds
    floor.sound()


def test_who_promised_may_fulfil_before_the_day_and_nobody_else() -> None:
    floor = Floor()
    deal = begun(floor, "pledge")
    assert floor.refused(c.EndDeal("T", deal)).code == "order_not_yours"
    floor.do(c.EndDeal("A", deal), actor="ann")
    assert floor.market.deals == {}
    floor.sound()


def test_a_proposal_holds_nothing_is_declined_or_expires() -> None:
    floor = Floor()
    floor.do(proposal("pledge"), actor="ann")
    other = floor.do(proposal("pledge"), actor="ann")
    deal = next(e.deal for e in other.events if isinstance(e, m.DealProposed))
    assert not floor.programme.state.registry.content.holds
    assert floor.refused(c.AgreeDeal("B", deal)).code == "order_addressed"
    floor.do(c.EndDeal("T", deal), actor="ann")
    floor.tick("2016-06-10 17:00")
    rows = floor.programme.store.query("SELECT status FROM deals ORDER BY deal")
    assert sorted(str(row[0]) for row in rows) == ["declined", "expired"]
    floor.sound()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": 0}, "amount_bad"), ({"money_fen": 0}, "deal_sum"),
        ({"deposit_fen": 5}, "deal_sum"), ({"back_fen": -1}, "deal_sum"),
        ({"due": "2016-06-01"}, "until_bad"), ({"due": "soon"}, "until_bad"),
        ({"to": "A"}, "account_same"), ({"form": "swap"}, "deal_form"),
        ({"kind": "XX"}, "kind_unknown"), ({"to": "nobody"}, "account_unknown"),
    ],
)  # fmt: skip
def test_a_proposal_that_makes_no_sense(more: dict[str, Any], code: str) -> None:
    assert Floor().refused(proposal("pledge", **more)).code == code


def test_agreeing_without_the_money_changes_nothing() -> None:
    floor = Floor()
    deal = "L" + str(floor.do(proposal("pledge", money_fen=10**15), actor="ann").seq)
    found = floor.refused(c.AgreeDeal("T", deal))
    assert found.code == "amount_short"
    floor.sound()


def test_a_pack_that_allows_no_deals() -> None:
    draft = "market:\n  deals: {value: [custody], clause: T, status: assumed}\n"
    found = Floor(market_pack(draft)).refused(proposal("pledge"))
    assert found.code == "deal_form"
    assert found.details["clause"] == "T"


def test_a_default_moves_what_the_law_left() -> None:
    floor = Floor()
    begun(floor, "pledge")
    spent(floor, "A", "CNY")
    # Forced deduction takes free units first, then 400 of the pledged ones.
    free = floor.units("A")
    floor.do(r.Deduct("A", "surrender", KIND, free + 400, "default"))
    had = totals(floor)["T"][0]
    floor.tick("2016-06-10 17:00")
    assert totals(floor)["T"][0] - had == 600
    floor.sound()


def test_a_linked_payoff_by_hand() -> None:
    # 2 % + half of a rise of 10 %: 7 %; a year on 1,000,000 fen is 70,000.
    terms = Linked(1_000_000, Decimal("0.02"), Decimal("0.5"), Decimal(2000), Decimal("0.01"),
                   Decimal("0.08"), 365)  # fmt: skip
    assert terms.rate(Decimal(2200)) == Decimal("0.07")
    assert terms.interest_fen(Decimal(2200)) == 70_000
    assert terms.rate(Decimal(1500)) == Decimal("0.01")
    assert terms.rate(Decimal(9000)) == Decimal("0.08")
    # Half a fen is rounded up: 1,000,000 × 7 % × 1 / 365 = 191.78…
    days = Linked(1_000_000, Decimal("0.07"), Decimal(0), Decimal(1), Decimal(0), Decimal(1), 1)
    assert days.interest_fen(Decimal(1)) == 192
    with pytest.raises(ValueError, match="floor"):
        Linked(1, Decimal(0), Decimal(0), Decimal(1), Decimal(2), Decimal(1), 1)
    with pytest.raises(ValueError, match="positive"):
        Linked(0, Decimal(0), Decimal(0), Decimal(1), Decimal(0), Decimal(1), 1)
