"""Holds, freezes, and the voiding of holds in the pack's order."""

from __future__ import annotations

import pytest

from helpers.registry import CREDIT, D16, D17, MONEY, World, clause, later, plain_pack
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.decide import Decision


@pytest.fixture
def w() -> World:
    made = World()
    made.give("A", D16, 100)
    return made


def short(
    amount: int, free: int, total: int, held: int = 0, restricted: int = 0, frozen: int = 0
) -> dict:
    return {
        "account": "A", "kind": D16, "amount": amount, "free": free, "total": total,
        "held": held, "restricted": restricted, "frozen": frozen,
    }  # fmt: skip


# Placing and releasing


def test_place_hold(w: World) -> None:
    n, until = w.seq, later(w.at, days=1)
    done = w.ok(c.PlaceHold("A", D16, 30, "pledge", until, "T"))
    event = m.HoldPlaced(f"H{n}", "A", D16, 30, "pledge", until, "T")
    assert done == Decision("hold", [event], ())
    assert w.state.content.holds == {
        f"H{n}": m.Hold(f"H{n}", "A", D16, 30, "pledge", until, "T", "")
    }
    assert w.numbers("A", D16) == (100, 30, 0, 0)
    w.refused("amount_short", c.PlaceHold("A", D16, 71, "order"), **short(71, 70, 100, 30))
    w.ok(c.PlaceHold("A", D16, 70, "order"))
    assert w.balance("A", D16).free == 0


@pytest.mark.parametrize("reason", ["order", "bid", "repurchase", "custody", "pledge"])
def test_reasons_of_holds(w: World, reason: str) -> None:
    assert w.ok(c.PlaceHold("A", D16, 1, reason)).events[0].reason == reason


@pytest.mark.parametrize("reason", ["pending", "freeze", "export", "trade", "", "other"])
def test_reasons_of_the_system(w: World, reason: str) -> None:
    w.refused(
        "hold_reason_bad", c.PlaceHold("A", D16, 1, reason),
        value=reason, known="order, bid, repurchase, custody, pledge",
    )  # fmt: skip


def test_place_hold_refused(w: World) -> None:
    kinds = ", ".join(w.pack.kinds)
    w.refused("kind_unknown", c.PlaceHold("A", "NIX", 1, "order"), kind="NIX", known=kinds)
    w.refused("account_unknown", c.PlaceHold("A", D16, 1, "pledge", "", "X"), account="X")
    w.refused(
        "amount_bad",
        c.PlaceHold("A", D16, 0, "order"),
        value=0,
        kind=D16,
        smallest=1,
        largest=2**53 - 1,
    )
    w.refused("instant_bad", c.PlaceHold("A", D16, 1, "order", w.at), value=w.at, now=w.at)


def test_release(w: World) -> None:
    w.ok(c.PlaceHold("A", D16, 30, "order"))
    hold = f"H{w.seq - 1}"
    w.refused("person_unknown", c.Release(hold), "nobody", person="nobody")
    w.refused(
        "not_representative", c.Release(hold), "cid",
        person="cid", account="A", right="initiate / approve", act="release",
    )  # fmt: skip
    assert w.ok(c.Release(hold, "done")) == Decision(
        "release", [m.HoldEnded(hold, "released", "done")], ()
    )
    assert w.numbers("A", D16) == (100, 0, 0, 0)
    w.refused("hold_unknown", c.Release(hold), hold=hold)


def test_a_promise_is_released_by_its_beneficiary(w: World) -> None:
    w.open("L", "trader", people=False)
    w.record("represent", [m.Represented("L", "cid", ("approve",))])
    w.ok(c.PlaceHold("A", D16, 30, "pledge", "", "L"))
    hold = f"H{w.seq - 1}"
    w.refused(
        "not_representative", c.Release(hold), "ann",
        person="ann", account="L", right="initiate / approve", act="release",
    )  # fmt: skip
    assert w.decide(c.Release(hold), "gov1").act == "release"
    assert w.ok(c.Release(hold), "cid").act == "release"


def test_what_a_pending_command_holds_is_not_released(w: World) -> None:
    """It ends with the command, by a rejection or an abort."""
    w.ok(c.Transfer("A", "B", D16, 20))
    n = w.seq - 1
    for person in ("ann", "gov1"):
        w.refused("hold_not_released", c.Release(f"H{n}.0"), person,
                  hold=f"H{n}.0", reason="pending", pending=f"P{n}")  # fmt: skip
    w.ok(c.Abort(f"P{n}"))
    assert w.numbers("A", D16) == (100, 0, 0, 0)


def test_what_a_trade_holds_is_not_released(w: World) -> None:
    """Neither a pending command nor an export is named: there is none."""
    w.record("trade", [m.HoldPlaced("H1.0", "A", D16, 20, "trade")])
    for person in ("ann", "gov1"):
        w.refused("hold_not_released", c.Release("H1.0"), person,
                  hold="H1.0", reason="trade", pending="")  # fmt: skip


def test_a_withdrawn_person_releases_nothing(w: World) -> None:
    """Rights on an account outlive the person's leave to act."""
    w.ok(c.PlaceHold("A", D16, 30, "order"))
    del w.roles["ann"]
    w.refused("person_unknown", c.Release(f"H{w.seq - 1}"), "ann", person="ann")


def test_a_hold_ends_at_its_instant(w: World) -> None:
    until = later(w.at, hours=5)
    w.ok(c.PlaceHold("A", D16, 30, "order", until))
    hold = f"H{w.seq - 1}"
    w.at = later(until, microseconds=-1)
    assert w.settle() == []
    w.at = until
    assert w.settle() == [Decision("expire", [m.HoldEnded(hold, "expired")], ())]
    assert w.numbers("A", D16) == (100, 0, 0, 0)
    assert w.settle() == []


def test_due_in_the_order_of_instant_and_id(w: World) -> None:
    names = []
    for hours in (3, 1, 2, 1):
        w.ok(c.PlaceHold("A", D16, 1, "order", later(w.at, hours=hours)))
        names.append(f"H{w.seq - 1}")
    w.ok(c.PlaceHold("A", D16, 1, "order"))
    w.ok(c.Release(names[2]))
    w.wait(hours=9)
    ended = [decision.events[0].hold for decision in w.settle()]
    assert ended == [names[1], names[3], names[0]]


# Freezing


def test_freeze_an_account(w: World) -> None:
    assert w.ok(c.Freeze("A", "inquiry"), "gov1").events == [m.AccountFrozen("A", True, "inquiry")]
    assert w.state.content.accounts["A"].status == "frozen"
    w.refused("freeze_same", c.Freeze("A", "again"), "gov1", account="A")
    assert w.ok(c.Unfreeze("A", "over"), "gov1").events == [m.AccountFrozen("A", False, "over")]
    assert w.state.content.accounts["A"].status == "open"
    w.refused("freeze_missing", c.Unfreeze("A", "again"), "gov1", account="A")


def test_freeze_refused(w: World) -> None:
    kinds = ", ".join(w.pack.kinds)
    w.refused("reason_missing", c.Freeze("A", ""), "gov1", act="freeze")
    w.refused("reason_missing", c.Unfreeze("A", ""), "gov1", act="unfreeze")
    w.refused("freeze_needs_kind", c.Freeze("A", "x", "", 5), "gov1", account="A")
    w.refused("freeze_needs_kind", c.Freeze("A", "x", "", 0, ((1, 2),)), "gov1", account="A")
    w.refused("kind_unknown", c.Freeze("A", "x", "NIX", 5), "gov1", kind="NIX", known=kinds)
    w.refused("kind_unknown", c.Unfreeze("A", "x", "NIX"), "gov1", kind="NIX", known=kinds)
    w.refused(
        "amount_bad",
        c.Freeze("A", "x", D16),
        "gov1",
        value=0,
        kind=D16,
        smallest=1,
        largest=2**53 - 1,
    )
    w.refused("amount_short", c.Freeze("A", "x", D16, 101), "gov1", **short(101, 100, 100))
    w.refused(
        "blocks_bad",
        c.Freeze("A", "x", D16, 0, ((0, 2),)),
        "gov1",
        blocks="0..2",
        amount=3,
        kind=D16,
    )
    w.refused("block_elsewhere", c.Freeze("A", "x", D16, 0, ((99, 101),)), "gov1",
              kind=D16, first=99, last=101, account="A", serial=101, owner="—")  # fmt: skip
    w.refused("account_unknown", c.Freeze("X", "x"), "gov1", account="X")
    w.refused("freeze_missing", c.Unfreeze("A", "x", D16), "gov1", account="A")
    w.refused("freeze_missing", c.Unfreeze("A", "x", D16, ((1, 2),)), "gov1", account="A")
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    w.refused("freeze_missing", c.Unfreeze("A", "x", "", ((1, 2),)), "gov1", account="A")


def test_freeze_an_amount(w: World) -> None:
    n = w.seq
    done = w.ok(c.Freeze("A", "claim", D16, 40), "gov1")
    assert done.events == [m.HoldPlaced(f"H{n}", "A", D16, 40, "freeze")]
    assert w.numbers("A", D16) == (100, 40, 0, 0)
    w.refused("authority_only", c.Release(f"H{n}"), "ann", person="ann", act="release")
    assert w.ok(c.Release(f"H{n}"), "gov2").act == "release"


def test_freeze_units(w: World) -> None:
    w.give("A", D16, 10, 2016)
    done = w.ok(c.Freeze("A", "stolen", D16, 0, ((95, 104), (7, 8))), "gov1")
    assert done.events == [m.BlocksFrozen("A", D16, ((7, 8), (95, 104)), True, "stolen")]
    assert w.numbers("A", D16) == (110, 0, 6, 12)
    assert w.blocks("A", D16) == [
        (1, 6, 0, 0), (7, 8, 0, 1), (9, 94, 0, 0), (95, 100, 0, 1), (101, 104, 2016, 1),
        (105, 110, 2016, 0),
    ]  # fmt: skip
    w.refused("freeze_same", c.Freeze("A", "x", D16, 0, ((8, 9),)), "gov1", account="A")
    w.refused("freeze_missing", c.Unfreeze("A", "x", D16, ((8, 9),)), "gov1", account="A")
    done = w.ok(c.Unfreeze("A", "found", D16, ((100, 102), (7, 7))), "gov1")
    assert done.events == [m.BlocksFrozen("A", D16, ((7, 7), (100, 102)), False, "found")]
    assert w.numbers("A", D16) == (110, 0, 8, 8)
    w.ok(c.Unfreeze("A", "found", D16, ((8, 8), (95, 99), (103, 104))), "gov1")
    assert w.blocks("A", D16) == [(1, 100, 0, 0), (101, 110, 2016, 0)]
    assert w.numbers("A", D16) == (110, 0, 10, 0)


def test_frozen_units_move_only_by_nobody(w: World) -> None:
    w.ok(c.Freeze("A", "stolen", D16, 0, ((1, 60),)), "gov1")
    w.refused(
        "amount_short",
        c.Deduct("A", "reserve", D16, 41, "x"),
        "gov1",
        **short(41, 40, 100, 0, 0, 60),
    )
    w.ok(c.Deduct("A", "reserve", D16, 40, "x"), "gov1")
    assert w.blocks("reserve", D16) == [(61, 100, 0, 0)]


# Voiding

ORDER = ("pledge", "order", "pending", "bid")


def crowded() -> World:
    """Holds of 20 each for four reasons, one of another kind, one of an account besides, 20 free."""
    w = World(plain_pack(void_order=ORDER))
    w.give("A", D16, 100)
    w.give("A", MONEY, 100)
    w.give("B", D16, 100)
    for reason in ("bid", "order", "pledge"):
        w.ok(c.PlaceHold("A", D16, 20, reason))
    w.ok(c.Transfer("A", "B", D16, 20))  # pending until tomorrow
    w.ok(c.PlaceHold("A", MONEY, 50, "pledge"))
    w.ok(c.PlaceHold("B", D16, 50, "pledge"))
    return w


def names(w: World) -> dict[str, str]:
    return {
        hold.reason: hold.id for hold in w.state.content.holds.values()
        if (hold.account, hold.kind) == ("A", D16)
    }  # fmt: skip


@pytest.mark.parametrize("amount", [1, 20])
def test_nothing_is_voided_while_units_are_free(amount: int) -> None:
    w = crowded()
    assert [type(e) for e in w.ok(c.Freeze("A", "claim", D16, amount), "gov1").events] == [
        m.HoldPlaced
    ]


def test_void_order_exactly() -> None:
    w = crowded()
    hold, n = names(w), w.seq
    pending = w.state.content.holds[hold["pending"]].pending
    done = w.ok(c.Freeze("A", "claim", D16, 95), "gov1")
    assert done.events == [
        m.HoldEnded(hold["pledge"], "voided", "claim"),
        m.HoldEnded(hold["order"], "voided", "claim"),
        m.HoldEnded(hold["pending"], "voided", "claim"),
        m.Settled(pending, "voided", "claim", ""),
        m.HoldReduced(hold["bid"], 5, "claim"),
        m.HoldPlaced(f"H{n}", "A", D16, 95, "freeze"),
    ]
    assert w.numbers("A", D16) == (100, 100, 0, 0)
    assert w.state.content.holds[hold["bid"]].amount == 5
    assert w.numbers("A", MONEY) == (100, 50, 0, 0)
    assert w.numbers("B", D16) == (100, 50, 0, 0)
    assert w.state.content.pending == {}


@pytest.mark.parametrize("amount, left", [(21, 19), (39, 1)])
def test_a_hold_is_voided_only_as_far_as_needed(amount: int, left: int) -> None:
    w = crowded()
    hold = names(w)["pledge"]
    done = w.ok(c.Freeze("A", "claim", D16, amount), "gov1")
    assert done.events[0] == m.HoldReduced(hold, left, "claim")
    assert len(done.events) == 2
    assert w.state.content.holds[hold].amount == left


def test_a_hold_is_voided_whole_when_all_of_it_is_needed() -> None:
    w = crowded()
    done = w.ok(c.Freeze("A", "claim", D16, 40), "gov1")
    assert done.events[0] == m.HoldEnded(names(crowded())["pledge"], "voided", "claim")
    assert len(done.events) == 2


def test_a_pending_transfer_is_voided_whole() -> None:
    """One unit of it is needed; half a transfer is none, so all of it is free."""
    w = crowded()
    hold, n = names(w), w.seq
    pending = w.state.content.holds[hold["pending"]].pending
    done = w.ok(c.Freeze("A", "claim", D16, 61), "gov1")
    assert done.events[2:] == [
        m.HoldEnded(hold["pending"], "voided", "claim"),
        m.Settled(pending, "voided", "claim", ""),
        m.HoldPlaced(f"H{n}", "A", D16, 61, "freeze"),
    ]
    assert w.balance("A", D16).free == 19


def test_what_the_order_does_not_name_is_not_voided() -> None:
    w = crowded()
    w.ok(c.PlaceHold("A", D16, 10, "custody"))
    w.refused("amount_short", c.Freeze("A", "claim", D16, 91), "gov1", **short(91, 10, 100, 90))
    w.ok(c.Freeze("A", "claim", D16, 90), "gov1")


def test_holds_of_one_reason_in_the_order_they_came() -> None:
    w = World(plain_pack(void_order=("order",)))
    w.give("A", D16, 30)
    for _ in range(3):
        w.ok(c.PlaceHold("A", D16, 10, "order"))
    first, second = f"H{w.seq - 3}", f"H{w.seq - 2}"
    done = w.ok(c.Freeze("A", "claim", D16, 15), "gov1")
    assert done.events[:2] == [
        m.HoldEnded(first, "voided", "claim"), m.HoldReduced(second, 5, "claim"),
    ]  # fmt: skip


def test_a_pending_command_with_two_holds_is_voided_once() -> None:
    """A surrender over two kinds holds of both; taking one kind's units voids both."""
    w = World(plain_pack(four_eyes=("surrender",), void_order=("pending",)))
    w.give("A", D16, 10)
    w.give("A", D17, 10)
    w.ok(c.Surrender("A", 15, 2016))
    n = w.seq - 1
    assert (w.numbers("A", D16), w.numbers("A", D17)) == ((10, 10, 0, 0), (10, 5, 0, 0))
    done = w.ok(c.Freeze("A", "claim", D17, 6), "gov1")
    assert done.events == [
        m.HoldEnded(f"H{n}.0", "voided", "claim"), m.HoldEnded(f"H{n}.1", "voided", "claim"),
        m.Settled(f"P{n}", "voided", "claim", ""), m.HoldPlaced(f"H{n + 1}", "A", D17, 6, "freeze"),
    ]  # fmt: skip
    assert (w.numbers("A", D16), w.numbers("A", D17)) == ((10, 0, 0, 0), (10, 6, 0, 0))


def test_freezing_units_voids_what_they_were_promised_for() -> None:
    w = World(plain_pack(void_order=("order",)))
    w.give("A", D16, 100)
    w.give("A", D16, 10, 2016)
    w.ok(c.PlaceHold("A", D16, 95, "order"))
    hold = f"H{w.seq - 1}"
    done = w.ok(c.Freeze("A", "stolen", D16, 0, ((91, 105),)), "gov1")
    assert done.events == [
        m.HoldReduced(hold, 90, "stolen"), m.BlocksFrozen("A", D16, ((91, 105),), True, "stolen"),
    ]  # fmt: skip
    assert w.numbers("A", D16) == (110, 90, 5, 15)


def test_deducting_voids_too() -> None:
    w = crowded()
    hold, n = names(w), w.seq
    done = w.ok(c.Deduct("A", "reserve", D16, 45, "fine"), "gov1")
    assert done.events == [
        m.HoldEnded(hold["pledge"], "voided", "fine"), m.HoldReduced(hold["order"], 15, "fine"),
        m.Posted((("move", D16, "A", "reserve", 1, 45),)),
    ]  # fmt: skip
    assert n == w.seq - 1
    assert w.numbers("A", D16) == (55, 55, 0, 0)


def test_a_deduction_does_not_void_itself() -> None:
    """Approved by a second person, its own hold is used and no other is touched."""
    w = World(plain_pack(four_eyes=("deduct",), void_order=("pending", "order")))
    w.give("A", D16, 100)
    w.ok(c.PlaceHold("A", D16, 40, "order"))
    order = f"H{w.seq - 1}"
    w.ok(c.Deduct("A", "reserve", D16, 60, "fine"), "gov1")
    n = w.seq - 1
    assert w.numbers("A", D16) == (100, 100, 0, 0)
    done = w.ok(c.Approve(f"P{n}"), "gov2")
    assert done.events == [
        m.HoldEnded(f"H{n}.0", "used"), m.Settled(f"P{n}", "done", "", "gov2"),
        m.Posted((("move", D16, "A", "reserve", 1, 60),)),
    ]  # fmt: skip
    assert list(w.state.content.holds) == [order]
    w.ok(c.Deduct("A", "reserve", D16, 30, "fine"), "gov1")
    n = w.seq - 1
    assert w.numbers("A", D16) == (40, 40, 0, 0)  # nothing is free to be held
    done = w.ok(c.Approve(f"P{n}"), "gov2")
    assert done.events == [
        m.Settled(f"P{n}", "done", "", "gov2"), m.HoldReduced(order, 10, "fine"),
        m.Posted((("move", D16, "A", "reserve", 61, 90),)),
    ]  # fmt: skip


def test_a_freeze_is_approved_without_voiding_itself() -> None:
    w = World(plain_pack(four_eyes=("freeze",), void_order=("pending", "order")))
    w.give("A", D16, 100)
    w.ok(c.PlaceHold("A", D16, 40, "order"))
    w.ok(c.Freeze("A", "claim", D16, 80), "gov1")
    n = w.seq - 1
    assert w.numbers("A", D16) == (100, 40, 0, 0)  # a proposed freeze holds nothing
    done = w.ok(c.Approve(f"P{n}"), "gov2")
    assert done.events == [
        m.Settled(f"P{n}", "done", "", "gov2"), m.HoldReduced(f"H{n - 1}", 20, "claim"),
        m.HoldPlaced(f"H{n + 1}", "A", D16, 80, "freeze"),
    ]  # fmt: skip


def test_credits_are_held_like_others(w: World) -> None:
    w.give("A", CREDIT, 10)
    w.ok(c.PlaceHold("A", CREDIT, 10, "repurchase"))
    assert w.numbers("A", CREDIT) == (10, 10, 0, 0)
    assert w.numbers("A", D16) == (100, 0, 0, 0)


def test_frozen_account_holds_nothing(w: World) -> None:
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    w.refused(
        "account_frozen",
        c.PlaceHold("A", D16, 1, "order"),
        account="A",
        act="hold",
        clause=clause(17),
    )
