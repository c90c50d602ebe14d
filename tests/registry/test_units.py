"""Commands that move units: what they post, and every reason to refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.registry import (
    CREDIT,
    D15,
    D16,
    D17,
    D18,
    MONEY,
    World,
    clause,
    later,
    plain_pack,
    varied,
)
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.decide import Decision
from tanheng.registry.view import LARGEST
from tanheng.rules import Pack

KINDS = f"{D15}, {D16}, {D17}, {D18}, {CREDIT}, {MONEY}, ESQ, COD"


def immediate(**more: Any) -> Pack:
    """A pack under which transfers to trusted accounts go at once, without alarms."""
    return plain_pack(
        velocity_alarm={"count": 1000}, transit_alarm={"within_hours": 1}, **more
    )  # fmt: skip


@pytest.fixture
def w() -> World:
    made = World(immediate())
    made.trust("A", "B")
    return made


def posted(done: Decision) -> tuple[m.Posting, ...]:
    """The postings; they are also the effect."""
    found = tuple(p for e in done.events if isinstance(e, m.Posted) for p in e.postings)
    assert found == done.effect
    return found


def bad(value: int, kind: str, smallest: int = 1, largest: int = LARGEST) -> dict[str, Any]:
    return {"value": value, "kind": kind, "smallest": smallest, "largest": largest}


def short(account: str, kind: str, amount: int, free: int, total: int, held: int = 0,
          restricted: int = 0, frozen: int = 0) -> dict[str, Any]:  # fmt: skip
    return {
        "account": account, "kind": kind, "amount": amount, "free": free, "total": total,
        "held": held, "restricted": restricted, "frozen": frozen,
    }  # fmt: skip


# Issue


def test_issue_continues_the_serials(w: World) -> None:
    done = w.ok(c.Issue(D16, 100, "issuance"), "gov1")
    assert done == Decision(
        "issue", [m.Posted((("issue", D16, "", "issuance", 1, 100),))], done.effect
    )
    assert posted(done) == (("issue", D16, "", "issuance", 1, 100),)
    assert posted(w.ok(c.Issue(D16, 1, "reserve"), "gov1")) == (
        ("issue", D16, "", "reserve", 101, 101),
    )
    assert posted(w.ok(c.Issue(D15, 2, "reserve"), "gov1")) == (
        ("issue", D15, "", "reserve", 1, 2),
    )
    assert posted(w.ok(c.Issue(MONEY, 7, "reserve"), "gov1")) == (
        ("issue", MONEY, "", "reserve", 7),
    )
    assert w.state.content.totals[D16] == m.KindTotals(101, 0, 0)
    assert w.blocks("issuance", D16) == [(1, 100, 0, 0)]


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.Issue("NIX", 1, "issuance"), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.Issue(D16, 0, "issuance"), "amount_bad", bad(0, D16)),
        (c.Issue(D16, -1, "issuance"), "amount_bad", bad(-1, D16)),
        (c.Issue(D16, LARGEST + 1, "issuance"), "amount_bad", bad(LARGEST + 1, D16)),
        (c.Issue(D16, 1, "X"), "account_unknown", {"account": "X"}),
        (c.Issue(D16, 1, "A"), "account_not_government", {"account": "A", "act": "issue"}),
        (c.Issue(D16, 1, "surrender"), "account_is_sink", {"account": "surrender", "act": "issue"}),
        (c.Issue(CREDIT, 1, "auction"), "kind_not_held",
         {"account": "auction", "type": "auction", "kind": CREDIT}),
    ],
)  # fmt: skip
def test_issue_refused(w: World, command: c.Issue, code: str, details: dict) -> None:
    w.refused(code, command, "gov1", **details)


def test_serials_end_where_readers_of_json_lose_them(w: World) -> None:
    w.ok(c.Issue(D16, LARGEST - 1, "issuance"), "gov1")
    w.refused("amount_bad", c.Issue(D16, 2, "issuance"), "gov1", **bad(2, D16, largest=1))
    assert posted(w.ok(c.Issue(D16, 1, "issuance"), "gov1")) == (
        ("issue", D16, "", "issuance", LARGEST, LARGEST),
    )
    w.ok(c.Issue(MONEY, LARGEST - 5, "issuance"), "gov1")
    w.refused("amount_bad", c.Issue(MONEY, 6, "issuance"), "gov1", **bad(6, MONEY, largest=5))
    w.ok(c.Issue(MONEY, 5, "issuance"), "gov1")


def test_the_smallest_amount() -> None:
    w = World(varied(immediate(), kinds={"ESQ": {"smallest": 10}}))
    w.refused("amount_bad", c.Issue("ESQ", 15, "issuance"), "gov1", **bad(15, "ESQ", 10))
    w.ok(c.Issue("ESQ", 30, "issuance"), "gov1")


# Allocate


def test_allocate(w: World) -> None:
    w.ok(c.Issue(D16, 100, "issuance"), "gov1")
    done = w.ok(c.Allocate("issuance", "A", D16, 25), "gov1")
    assert done.events == [m.Posted((("move", D16, "issuance", "A", 1, 25),), m.KEEP)]
    assert w.blocks("issuance", D16) == [(26, 100, 0, 0)]
    done = w.ok(c.Allocate("issuance", "A", D16, 10, 2016), "gov1")
    assert done.events == [m.Posted((("move", D16, "issuance", "A", 26, 35),), 2016)]
    assert w.blocks("A", D16) == [(1, 25, 0, 0), (26, 35, 2016, 0)]
    assert w.numbers("A", D16) == (35, 0, 10, 0)
    for year in (1900, 2999):
        w.ok(c.Allocate("issuance", "A", D16, 1, year), "gov1")


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.Allocate("issuance", "A", "NIX", 1), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.Allocate("A", "B", D16, 1), "account_not_government", {"account": "A", "act": "allocate"}),
        (c.Allocate("surrender", "B", D16, 1), "account_is_sink", {"account": "surrender", "act": "allocate"}),
        (c.Allocate("issuance", "surrender", D16, 1), "account_is_sink", {"account": "surrender", "act": "allocate"}),
        (c.Allocate("issuance", "T", "ESQ", 1), "amount_short", short("issuance", "ESQ", 1, 0, 0)),
        (c.Allocate("issuance", "auction", CREDIT, 1), "kind_not_held",
         {"account": "auction", "type": "auction", "kind": CREDIT}),
        (c.Allocate("issuance", "X", D16, 1), "account_unknown", {"account": "X"}),
        (c.Allocate("issuance", "A", D16, 1, 1899), "restriction_bad", {"value": 1899, "kind": D16}),
        (c.Allocate("issuance", "A", D16, 1, 3000), "restriction_bad", {"value": 3000, "kind": D16}),
        (c.Allocate("issuance", "A", MONEY, 1, 2016), "restriction_bad", {"value": 2016, "kind": MONEY}),
        (c.Allocate("issuance", "issuance", D16, 1), "account_same", {"account": "issuance"}),
        (c.Allocate("issuance", "A", D16, 101), "amount_short", short("issuance", D16, 101, 100, 100)),
        (c.Allocate("issuance", "A", D16, 0), "amount_bad", bad(0, D16)),
    ],
)  # fmt: skip
def test_allocate_refused(w: World, command: c.Allocate, code: str, details: dict) -> None:
    w.give("issuance", D16, 100)
    w.refused(code, command, "gov1", **details)


# Transfer


def test_transfer_takes_the_lowest_serials(w: World) -> None:
    w.give("A", D16, 100)
    done = w.ok(c.Transfer("A", "B", D16, 25))
    assert done == Decision("transfer", [m.Posted((("move", D16, "A", "B", 1, 25),))], done.effect)
    assert w.blocks("B", D16) == [(1, 25, 0, 0)]
    assert w.blocks("A", D16) == [(26, 100, 0, 0)]
    w.trust("B", "A")
    w.ok(c.Transfer("B", "A", D16, 25))
    assert w.blocks("A", D16) == [(1, 100, 0, 0)]
    assert w.blocks("B", D16) == []


def test_transfer_of_named_blocks(w: World) -> None:
    w.give("A", D16, 100)
    done = w.ok(c.Transfer("A", "B", D16, 12, ((50, 60), (7, 7))))
    assert posted(done) == (("move", D16, "A", "B", 50, 60), ("move", D16, "A", "B", 7, 7))
    assert w.blocks("A", D16) == [(1, 6, 0, 0), (8, 49, 0, 0), (61, 100, 0, 0)]
    assert w.blocks("B", D16) == [(7, 7, 0, 0), (50, 60, 0, 0)]


def test_transfer_of_amounts(w: World) -> None:
    w.give("A", MONEY, 100)
    done = w.ok(c.Transfer("A", "B", MONEY, 25))
    assert posted(done) == (("move", MONEY, "A", "B", 25),)
    assert (w.numbers("A", MONEY), w.numbers("B", MONEY)) == ((75, 0, 0, 0), (25, 0, 0, 0))


@pytest.mark.parametrize(
    "order, expected",
    [
        (("oldest_vintage", "lowest_serial"), [(1, 25)]),
        (("highest_serial",), [(76, 100)]),
    ],
)
def test_the_order_of_blocks(order: tuple[str, ...], expected: list[tuple[int, int]]) -> None:
    w = World(immediate(block_order={"default": ("lowest_serial",), "transfer": order}))
    w.trust("A", "B")
    w.give("A", D16, 100)
    done = w.ok(c.Transfer("A", "B", D16, 25))
    assert [p[4:] for p in posted(done)] == expected
    w.ok(c.Cancel("A", D16, 1, "by default"))
    assert w.blocks("cancellation", D16)[0][:2] == ((26, 26) if expected[0][0] == 1 else (1, 1))


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.Transfer("A", "B", "NIX", 1), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.Transfer("A", "X", D16, 1), "account_unknown", {"account": "X"}),
        (c.Transfer("A", "A", D16, 1), "account_same", {"account": "A"}),
        (c.Transfer("A", "surrender", D16, 1), "account_is_sink", {"account": "surrender", "act": "transfer"}),
        (c.Transfer("A", "P", "COD", 1), "kind_not_held", {"account": "P", "type": "person", "kind": "COD"}),
        (c.Transfer("A", "B", D16, 0), "amount_bad", bad(0, D16)),
        (c.Transfer("A", "B", D16, 101), "amount_short", short("A", D16, 101, 100, 100)),
        (c.Transfer("A", "B", D15, 1), "amount_short", short("A", D15, 1, 0, 0)),
        (c.Transfer("A", "B", D16, 5, ((1, 4),)), "blocks_bad", {"blocks": "1..4", "amount": 5, "kind": D16}),
        (c.Transfer("A", "B", D16, 5, ((0, 4),)), "blocks_bad", {"blocks": "0..4", "amount": 5, "kind": D16}),
        (c.Transfer("A", "B", D16, 5, ((5, 3), (6, 11))), "blocks_bad",
         {"blocks": "5..3, 6..11", "amount": 5, "kind": D16}),
        (c.Transfer("A", "B", D16, 5, ((1, 3), (3, 4))), "blocks_bad",
         {"blocks": "1..3, 3..4", "amount": 5, "kind": D16}),
        (c.Transfer("A", "B", MONEY, 5, ((1, 5),)), "blocks_bad", {"blocks": "1..5", "amount": 5, "kind": MONEY}),
        (c.Transfer("A", "B", D16, 5, ((98, 102),)), "block_elsewhere",
         {"kind": D16, "first": 98, "last": 102, "account": "A", "serial": 101, "owner": "T"}),
        (c.Transfer("A", "B", D16, 2, ((200, 201),)), "block_elsewhere",
         {"kind": D16, "first": 200, "last": 201, "account": "A", "serial": 200, "owner": "—"}),
    ],
)  # fmt: skip
def test_transfer_refused(w: World, command: c.Transfer, code: str, details: dict) -> None:
    w.open("P", "person")
    w.give("A", D16, 100)
    w.give("T", D16, 10)
    w.give("A", MONEY, 10)
    w.refused(code, command, **details)


def test_marked_blocks_do_not_move(w: World) -> None:
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    w.ok(c.Freeze("A", "inquiry", D16, 0, ((15, 16),)), "gov1")
    w.refused(
        "block_restricted",
        c.Transfer("A", "B", D16, 3, ((9, 11),)),
        kind=D16,
        first=1,
        last=10,
        account="A",
        year=2016,
    )
    w.refused(
        "block_frozen",
        c.Transfer("A", "B", D16, 3, ((14, 16),)),
        kind=D16,
        first=15,
        last=16,
        account="A",
        year=0,
    )
    w.refused("amount_short", c.Transfer("A", "B", D16, 9), **short("A", D16, 9, 8, 20, 0, 10, 2))
    done = w.ok(c.Transfer("A", "B", D16, 8))
    assert [p[4:] for p in posted(done)] == [(11, 14), (17, 20)]


def test_named_blocks_need_free_units_too(w: World) -> None:
    w.give("A", D16, 10)
    w.ok(c.PlaceHold("A", D16, 6, "order"))
    w.refused(
        "amount_short", c.Transfer("A", "B", D16, 5, ((1, 5),)), **short("A", D16, 5, 4, 10, 6)
    )
    w.ok(c.Transfer("A", "B", D16, 4, ((1, 4),)))


def test_a_sink_gives_nothing(w: World) -> None:
    w.give("A", D16, 5)
    w.ok(c.Surrender("A", 5, 2016))
    w.record("represent", [m.Represented("surrender", "gov1", ("initiate",))])
    for command in (c.Transfer("surrender", "B", D16, 1), c.Return("surrender", "reserve", D16, 1),
                    c.Surrender("surrender", 1, 2016), c.Cancel("surrender", D16, 1, "x"),
                    c.CarryOver("surrender", D16, 1), c.ExportUnits("surrender", D16, 1, "other"),
                    c.PlaceHold("surrender", D16, 1, "order")):  # fmt: skip
        w.refused("account_is_sink", command, "gov1", account="surrender", act=command.act)
    w.refused(
        "account_is_sink",
        c.Deduct("surrender", "reserve", D16, 1, "x"),
        "gov1",
        account="surrender",
        act="deduct",
    )
    w.refused(
        "account_is_sink", c.Freeze("surrender", "x"), "gov1", account="surrender", act="freeze"
    )


# Surrender


def test_surrender_oldest_kind_first(w: World) -> None:
    w.give("A", D17, 10)
    w.give("A", D16, 10)
    w.give("A", CREDIT, 10)
    done = w.ok(c.Surrender("A", 25, 2016))
    assert done.act == "surrender"
    assert posted(done) == (
        ("surrender", CREDIT, "A", "surrender", 1, 10),
        ("surrender", D16, "A", "surrender", 1, 10),
        ("surrender", D17, "A", "surrender", 1, 5),
    )
    assert w.state.content.totals[D17] == m.KindTotals(10, 5, 0)
    assert w.blocks("surrender", D17) == [(1, 5, 0, 0)]


@pytest.mark.parametrize(
    "order, kinds",
    [
        (("newest_vintage", "lowest_serial"), [D17, D16, D15]),
        (("oldest_vintage", "lowest_serial"), [D15, D16, D17]),
        (("lowest_serial",), [D15, D16, D17]),
    ],
)
def test_surrender_in_the_packs_order(order: tuple[str, ...], kinds: list[str]) -> None:
    w = World(immediate(block_order={"default": ("highest_serial",), "surrender": order}))
    for kind in (D17, D16, D15):
        w.give("A", kind, 10)
    done = w.ok(c.Surrender("A", 25, 2016))
    assert [p[1] for p in posted(done)] == kinds
    assert posted(done)[-1][4:] == (1, 5)


def test_surrender_uses_what_is_restricted_to_the_year_first(w: World) -> None:
    w.give("A", D16, 10)
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10, 2017)
    assert posted(w.ok(c.Surrender("A", 15, 2016, D16))) == (
        ("surrender", D16, "A", "surrender", 11, 20), ("surrender", D16, "A", "surrender", 1, 5),
    )  # fmt: skip
    assert w.blocks("surrender", D16) == [(1, 5, 0, 0), (11, 20, 2016, 0)]
    w.refused("amount_short", c.Surrender("A", 6, 2016, D16), **short("A", D16, 6, 5, 15, 0, 10))
    w.refused(
        "amount_short", c.Surrender("A", 6, 0, D16), **short("A", D16, 6, 5, 15, 0, 10)
    )  # no year
    w.ok(c.Surrender("A", 15, 2017, D16))
    assert w.numbers("A", D16) == (0, 0, 0, 0)


def test_surrender_unrestricted_first() -> None:
    order = {"default": ("lowest_serial",), "surrender": ("unrestricted_first", "highest_serial")}
    w = World(immediate(block_order=order))
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    assert [p[4:] for p in posted(w.ok(c.Surrender("A", 13, 2016, D16)))] == [(11, 20), (8, 10)]


def test_surrender_leaves_what_is_held_or_frozen(w: World) -> None:
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    w.ok(c.Freeze("A", "inquiry", D16, 0, ((1, 2), (11, 12))), "gov1")
    w.ok(c.PlaceHold("A", D16, 3, "pledge"))
    w.refused(
        "amount_short", c.Surrender("A", 14, 2016, D16), **short("A", D16, 14, 13, 20, 3, 8, 4)
    )
    assert [p[4:] for p in posted(w.ok(c.Surrender("A", 13, 2016, D16)))] == [(3, 10), (13, 17)]


def test_surrender_of_plain_amounts() -> None:
    w = World(varied(immediate(), kinds={"ESQ": {"smallest": 10}}))
    w.give("A", "ESQ", 100)
    w.give("A", "COD", 100)
    assert posted(w.ok(c.Surrender("A", 20, 2016, "ESQ"))) == (
        ("surrender", "ESQ", "A", "surrender", 20),
    )
    w.refused("amount_short", c.Surrender("A", 15, 2016, "ESQ"), **short("A", "ESQ", 15, 80, 80))
    done = w.ok(c.Surrender("A", 83, 2016))
    assert posted(done) == (
        ("surrender", "ESQ", "A", "surrender", 80), ("surrender", "COD", "A", "surrender", 3),
    )  # fmt: skip


def test_surrender_takes_whole_lots_and_nothing_empty() -> None:
    """Of a kind that is counted in tens no more than was asked; of one not needed, nothing."""
    w = World(varied(immediate(), kinds={"ESQ": {"smallest": 10}}))
    w.give("A", "ESQ", 100)
    w.give("A", "COD", 100)
    for amount, lots, rest in ((20, 20, 0), (75, 70, 5), (1, 0, 1)):
        taken = {posting[1]: posting[4] for posting in posted(w.ok(c.Surrender("A", amount, 2016)))}
        assert taken == {kind: n for kind, n in (("ESQ", lots), ("COD", rest)) if n}


def test_surrender_refused(w: World) -> None:
    w.refused("kind_not_surrendered", c.Surrender("A", 1, 2016, MONEY), kind=MONEY)
    w.refused("kind_unknown", c.Surrender("A", 1, 2016, "NIX"), kind="NIX", known=KINDS)
    w.refused("amount_short", c.Surrender("A", 1, 2016), **short("A", "—", 1, 0, 0))
    w.refused("amount_short", c.Surrender("A", 1, 2016, D16), **short("A", D16, 1, 0, 0))
    w.give("A", D16, 10)
    w.refused("amount_bad", c.Surrender("A", 0, 2016), **bad(0, "—"))
    w.refused("amount_bad", c.Surrender("A", -1, 2016, D16), **bad(-1, D16))
    w.refused("amount_short", c.Surrender("A", 11, 2016), **short("A", D16, 11, 10, 10))
    w.give("A", D15, 5, 2015)
    w.ok(c.PlaceHold("A", D16, 1, "order"))
    w.refused(
        "amount_short", c.Surrender("A", 11, 2016), **short("A", f"{D15}, {D16}", 11, 9, 15, 1, 5)
    )
    w.give("A", MONEY, 99)
    w.refused(
        "amount_short", c.Surrender("A", 20, 2016), **short("A", f"{D15}, {D16}", 20, 9, 15, 1, 5)
    )


def test_a_missing_sink() -> None:
    """All are closed, or of a type of which nobody ever opened one."""
    w = World(varied(immediate(), accounts={"person": {"role": "surrender"}}))
    w.give("A", D16, 5)
    w.record(
        "close_account", [m.AccountClosed("surrender", "x"), m.AccountClosed("cancellation", "x")]
    )
    w.refused("account_role_missing", c.Surrender("A", 1, 2016), role="surrender")
    w.refused("account_role_missing", c.Cancel("A", D16, 1, "x"), role="cancellation")


def test_frozen_account_may_surrender(w: World) -> None:
    w.give("A", D16, 5)
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    w.ok(c.Surrender("A", 1, 2016))
    for command in (c.Transfer("A", "B", D16, 1), c.Cancel("A", D16, 1, "x"), c.Convert("A", D16, CREDIT, 1),
                    c.CarryOver("A", D16, 1), c.Return("A", "reserve", D16, 1),
                    c.ExportUnits("A", D16, 1, "other"), c.PlaceHold("A", D16, 1, "order")):  # fmt: skip
        w.refused("account_frozen", command, account="A", act=command.act, clause=clause(17))
    w.pack = immediate(frozen_account_may=("transfer",))
    w.ok(c.Transfer("A", "B", D16, 1))
    w.refused(
        "account_frozen", c.Surrender("A", 1, 2016), account="A", act="surrender", clause=clause(17)
    )


def test_a_frozen_account_still_receives(w: World) -> None:
    w.give("A", D16, 5)
    w.ok(c.Freeze("B", "inquiry"), "gov1")
    assert w.ok(c.Transfer("A", "B", D16, 1)).act == "transfer"


# Cancel, convert, carry over, return


def test_cancel(w: World) -> None:
    w.give("A", D16, 100)
    assert posted(w.ok(c.Cancel("A", D16, 3, "for good"))) == (
        ("cancel", D16, "A", "cancellation", 1, 3),
    )
    done = w.ok(c.Cancel("A", D16, 2, "these", ((50, 51),)))
    assert posted(done) == (("cancel", D16, "A", "cancellation", 50, 51),)
    assert w.state.content.totals[D16] == m.KindTotals(100, 0, 5)
    w.refused("reason_missing", c.Cancel("A", D16, 1, ""), act="cancel")
    w.refused("amount_short", c.Cancel("A", D16, 96, "x"), **short("A", D16, 96, 95, 95))
    w.refused("kind_unknown", c.Cancel("A", "NIX", 1, "x"), kind="NIX", known=KINDS)
    w.refused(
        "block_elsewhere",
        c.Cancel("A", D16, 1, "x", ((2, 2),)),
        kind=D16,
        first=2,
        last=2,
        account="A",
        serial=2,
        owner="cancellation",
    )


def test_convert() -> None:
    pack = varied(immediate(), kinds={CREDIT: {"convertible_to": {D16: (2, 3), MONEY: (50, 1)}}})
    w = World(pack)
    w.give("A", CREDIT, 100)
    w.give("B", D16, 7)
    done = w.ok(c.Convert("A", CREDIT, D16, 9))
    assert posted(done) == (
        ("cancel", CREDIT, "A", "cancellation", 1, 9), ("issue", D16, "", "A", 8, 13),
    )  # fmt: skip
    assert posted(w.ok(c.Convert("A", CREDIT, MONEY, 2)))[1] == ("issue", MONEY, "", "A", 100)
    w.refused("conversion_remainder", c.Convert("A", CREDIT, D16, 10), amount=10, got=2, given=3)
    w.refused(
        "kind_not_convertible",
        c.Convert("A", CREDIT, D15, 1),
        kind=CREDIT,
        target=D15,
        known=f"{D16}, {MONEY}",
    )
    w.refused("kind_not_convertible", c.Convert("A", D16, D15, 1), kind=D16, target=D15, known="—")
    w.refused("kind_unknown", c.Convert("A", CREDIT, "NIX", 1), kind="NIX", known=KINDS)
    w.refused("kind_unknown", c.Convert("A", "NIX", D16, 1), kind="NIX", known=KINDS)
    w.refused("amount_bad", c.Convert("A", CREDIT, D16, 0), **bad(0, CREDIT))
    w.refused("amount_short", c.Convert("A", CREDIT, D16, 90), **short("A", CREDIT, 90, 89, 89))
    w.open("DEV", "developer")
    w.give("DEV", CREDIT, 3)
    w.refused(
        "kind_not_held", c.Convert("DEV", CREDIT, D16, 3), account="DEV", type="developer", kind=D16
    )


def test_carry_over(w: World) -> None:
    w.give("A", D15, 10)
    w.give("B", D16, 4)
    assert posted(w.ok(c.CarryOver("A", D15, 6))) == (
        ("cancel", D15, "A", "cancellation", 1, 6), ("issue", D16, "", "A", 5, 10),
    )  # fmt: skip
    w.refused("kind_not_bankable", c.CarryOver("A", D18, 1), kind=D18)
    w.refused("amount_short", c.CarryOver("A", D15, 5), **short("A", D15, 5, 4, 4))
    w.refused("kind_unknown", c.CarryOver("A", "NIX", 1), kind="NIX", known=KINDS)


def test_return(w: World) -> None:
    w.give("A", D16, 10)
    w.give("A", CREDIT, 10)
    done = w.ok(c.Return("A", "reserve", D16, 4))
    assert (done.act, posted(done)) == ("return", (("move", D16, "A", "reserve", 1, 4),))
    w.refused("account_not_government", c.Return("A", "B", D16, 1), account="B", act="return")
    w.refused("account_same", c.Return("A", "A", D16, 1), account="A")
    w.refused(
        "account_is_sink", c.Return("A", "surrender", D16, 1), account="surrender", act="return"
    )
    w.refused(
        "kind_not_held",
        c.Return("A", "auction", CREDIT, 1),
        account="auction",
        type="auction",
        kind=CREDIT,
    )
    w.refused("amount_short", c.Return("A", "reserve", D16, 7), **short("A", D16, 7, 6, 6))
    w.refused("kind_unknown", c.Return("A", "reserve", "NIX", 1), kind="NIX", known=KINDS)


@pytest.mark.parametrize(
    "command",
    [
        c.Cancel("A", D15, 4, "for good"), c.Convert("A", D15, D16, 4), c.CarryOver("A", D15, 4),
        c.Return("A", "reserve", D15, 4), c.Allocate("issuance", "A", D15, 4),
    ],
    ids=lambda command: command.act,
)  # fmt: skip
def test_each_act_takes_blocks_in_its_own_order(command: c.AnyCommand) -> None:
    order = {"default": ("lowest_serial",), command.act: ("highest_serial",)}
    kinds = {D15: {"convertible_to": {D16: (1, 1)}}}
    w = World(varied(immediate(block_order=order), kinds=kinds))
    source, actor = ("issuance", "gov1") if command.authority else ("A", "ann")
    w.give(source, D15, 10)
    assert posted(w.ok(command, actor))[0][4:] == (7, 10)
    assert w.blocks(source, D15) == [(1, 6, 0, 0)]


# Deduct


def test_deduct(w: World) -> None:
    w.give("A", D16, 10)
    w.give("A", MONEY, 10)
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    done = w.ok(c.Deduct("A", "reserve", D16, 4, "fine"), "gov1")
    assert (done.act, posted(done)) == ("deduct", (("move", D16, "A", "reserve", 1, 4),))
    done = w.ok(c.Deduct("A", "surrender", D16, 6, "shortfall"), "gov1")
    assert posted(done) == (("surrender", D16, "A", "surrender", 5, 10),)
    assert w.state.content.totals[D16] == m.KindTotals(10, 6, 0)
    assert posted(w.ok(c.Deduct("A", "reserve", MONEY, 10, "fine"), "gov1")) == (
        ("move", MONEY, "A", "reserve", 10),
    )


def test_deduct_takes_blocks_in_its_own_order() -> None:
    order = {"default": ("lowest_serial",), "deduct": ("highest_serial",)}
    w = World(immediate(block_order=order))
    w.give("A", D16, 10)
    assert [p[4:] for p in posted(w.ok(c.Deduct("A", "reserve", D16, 4, "fine"), "gov1"))] == [
        (7, 10)
    ]


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.Deduct("A", "reserve", "NIX", 1, "x"), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.Deduct("A", "reserve", D16, 0, "x"), "amount_bad", bad(0, D16)),
        (c.Deduct("A", "reserve", D16, 1, ""), "reason_missing", {"act": "deduct"}),
        (c.Deduct("A", "B", D16, 1, "x"), "account_not_government", {"account": "B", "act": "deduct"}),
        (c.Deduct("A", "cancellation", D16, 1, "x"), "account_not_government", {"account": "cancellation", "act": "deduct"}),
        (c.Deduct("reserve", "reserve", D16, 1, "x"), "account_same", {"account": "reserve"}),
        (c.Deduct("A", "surrender", MONEY, 1, "x"), "kind_not_surrendered", {"kind": MONEY}),
        (c.Deduct("A", "auction", CREDIT, 1, "x"), "kind_not_held",
         {"account": "auction", "type": "auction", "kind": CREDIT}),
        (c.Deduct("A", "reserve", D16, 11, "x"), "amount_short", short("A", D16, 11, 10, 10)),
        (c.Deduct("X", "reserve", D16, 1, "x"), "account_unknown", {"account": "X"}),
    ],
)  # fmt: skip
def test_deduct_refused(w: World, command: c.Deduct, code: str, details: dict) -> None:
    w.give("A", D16, 10)
    w.refused(code, command, "gov1", **details)


# Reverse


def test_reverse_returns_the_same_units(w: World) -> None:
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    w.give("A", "ESQ", 5)
    w.ok(c.Surrender("A", 25, 2016))
    seq = w.seq - 1
    done = w.ok(c.Reverse(seq, "counted twice"), "gov1")
    assert done.events == [
        m.Posted((
            ("reverse", "ESQ", "surrender", "A", 5), ("reverse", D16, "surrender", "A", 1, 10),
            ("reverse", D16, "surrender", "A", 11, 20),
        )),
        m.Reversed(seq, "counted twice"),
    ]  # fmt: skip
    assert w.blocks("A", D16) == [(1, 10, 2016, 0), (11, 20, 0, 0)]
    assert w.numbers("A", D16) == (20, 0, 10, 0)
    assert w.state.content.totals[D16] == m.KindTotals(20, 0, 0)
    assert w.state.content.reversed == {seq}
    w.refused("reverse_done", c.Reverse(seq, "again"), "gov1", seq=seq)


def test_reverse_refused(w: World) -> None:
    w.give("A", D16, 10)
    w.ok(c.Cancel("A", D16, 1, "x"))
    cancelled = w.seq - 1
    w.ok(c.Surrender("A", 2, 2016))
    seq, at = w.seq - 1, w.at
    w.refused("reason_missing", c.Reverse(seq, " "), "gov1", act="reverse")
    w.refused("reverse_no_surrender", c.Reverse(cancelled, "x"), "gov1", seq=cancelled)
    w.refused("reverse_no_surrender", c.Reverse(999, "x"), "gov1", seq=999)
    until = later(at, days=30)
    w.at = later(until, microseconds=1)
    w.refused("reverse_late", c.Reverse(seq, "x"), "gov1", seq=seq, until=until, clause=clause(21))
    w.pack = immediate(reverse_within_days=None)
    assert w.decide(c.Reverse(seq, "x"), "gov1").act == "reverse"
    w.pack = immediate(reverse_within_days=0)
    w.at = at
    assert w.decide(c.Reverse(seq, "x"), "gov1").act == "reverse"
    w.pack = immediate()
    w.at = until
    w.record("close_account", [m.AccountClosed("A", "x")])
    w.refused("account_closed", c.Reverse(seq, "x"), "gov1", account="A")
    w.state.content.accounts["A"].status = "open"
    assert w.ok(c.Reverse(seq, "on the last instant"), "gov1").act == "reverse"


# From and to elsewhere


def test_import_credits(w: World) -> None:
    w.give("issuance", CREDIT, 3)
    done = w.ok(c.ImportCredits("A", CREDIT, "ndrc", 1001, 1100), "gov1")
    assert done.events == [
        m.Posted((("issue", CREDIT, "", "A", 4, 103),)),
        m.Imported(CREDIT, "ndrc", 1001, 1100, 4),
    ]
    for first, last, one, other in (
        (1100, 1200, 1100, 1100), (900, 1001, 1001, 1001), (1050, 1060, 1050, 1060), (1, 9999, 1001, 1100),
    ):  # fmt: skip
        w.refused(
            "external_taken", c.ImportCredits("B", CREDIT, "ndrc", first, last), "gov1",
            origin="ndrc", first=one, last=other, kind=CREDIT,
        )  # fmt: skip
    w.ok(c.ImportCredits("B", CREDIT, "ndrc", 1101, 1101), "gov1")
    w.ok(c.ImportCredits("B", CREDIT, "ndrc", 1000, 1000), "gov1")
    w.ok(c.ImportCredits("B", CREDIT, "elsewhere", 1001, 1100), "gov1")
    assert w.state.content.external == {
        f"{CREDIT}@ndrc": [(1000, 1000), (1001, 1100), (1101, 1101)],
        f"{CREDIT}@elsewhere": [(1001, 1100)],
    }


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.ImportCredits("A", "NIX", "ndrc", 1, 1), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.ImportCredits("A", D16, "ndrc", 1, 1), "kind_not_credit", {"kind": D16}),
        (c.ImportCredits("A", CREDIT, "n d", 1, 1), "identifier_bad", {"value": "n d"}),
        (c.ImportCredits("A", CREDIT, "ndrc", 0, 4), "blocks_bad", {"blocks": "0..4", "amount": 5, "kind": CREDIT}),
        (c.ImportCredits("A", CREDIT, "ndrc", 5, 4), "blocks_bad", {"blocks": "5..4", "amount": 0, "kind": CREDIT}),
        (c.ImportCredits("A", CREDIT, "ndrc", 1, LARGEST + 1), "amount_bad", bad(LARGEST + 1, CREDIT)),
        (c.ImportCredits("A", CREDIT, "ndrc", LARGEST, LARGEST + 1), "blocks_bad",
         {"blocks": f"{LARGEST}..{LARGEST + 1}", "amount": 2, "kind": CREDIT}),
        (c.ImportCredits("auction", CREDIT, "ndrc", 1, 1), "kind_not_held",
         {"account": "auction", "type": "auction", "kind": CREDIT}),
        (c.ImportCredits("surrender", CREDIT, "ndrc", 1, 1), "account_is_sink",
         {"account": "surrender", "act": "import_credits"}),
        (c.ImportCredits("X", CREDIT, "ndrc", 1, 1), "account_unknown", {"account": "X"}),
    ],
)  # fmt: skip
def test_import_credits_refused(w: World, command: Any, code: str, details: dict) -> None:
    w.refused(code, command, "gov1", **details)


def test_the_last_outside_serial_that_readers_of_json_keep(w: World) -> None:
    done = w.ok(c.ImportCredits("A", CREDIT, "ndrc", LARGEST - 1, LARGEST), "gov1")
    assert done.events[1] == m.Imported(CREDIT, "ndrc", LARGEST - 1, LARGEST, 1)


def test_credits_without_serials() -> None:
    w = World(varied(immediate(), kinds={"ESQ": {"credit": True}}))
    assert w.ok(c.ImportCredits("A", "ESQ", "ndrc", 11, 15), "gov1").events == [
        m.Posted((("issue", "ESQ", "", "A", 5),)), m.Imported("ESQ", "ndrc", 11, 15, None),
    ]  # fmt: skip


def test_export_and_confirm(w: World) -> None:
    w.give("A", D16, 10)
    w.ok(c.PlaceHold("A", D16, 2, "order"))
    w.refused("amount_short", c.ExportUnits("A", D16, 9, "other"), **short("A", D16, 9, 8, 10, 2))
    n = w.seq
    done = w.ok(c.ExportUnits("A", D16, 8, "other"))
    assert done == Decision("export_units", [
        m.HoldPlaced(f"H{n}", "A", D16, 8, "export", beneficiary="other"),
        m.ExportLocked(f"X{n}", f"H{n}", "A", D16, 8, "other"),
    ], ())  # fmt: skip
    assert w.numbers("A", D16) == (10, 10, 0, 0)
    w.refused(
        "hold_not_released", c.Release(f"H{n}"), hold=f"H{n}", reason="export", pending=f"X{n}"
    )
    w.refused("reason_missing", c.ConfirmExport(f"X{n}", ""), "gov1", act="confirm_export")
    w.refused("reason_missing", c.AbortExport(f"X{n}", ""), "gov1", act="abort_export")
    w.refused("export_unknown", c.ConfirmExport("X0", "r"), "gov1", export="X0")
    w.refused("export_unknown", c.AbortExport("X0", "r"), "gov1", export="X0")
    done = w.ok(c.ConfirmExport(f"X{n}", "their-hash"), "gov1")
    assert done.events == [
        m.HoldEnded(f"H{n}", "used"),
        m.Posted((("cancel", D16, "A", "cancellation", 1, 8),)),
        m.ExportEnded(f"X{n}", "confirmed", "their-hash"),
    ]
    assert w.numbers("A", D16) == (2, 2, 0, 0)
    assert w.state.content.exports == {}
    w.refused("export_unknown", c.ConfirmExport(f"X{n}", "r"), "gov1", export=f"X{n}")


def test_export_aborted(w: World) -> None:
    w.give("A", D16, 10)
    w.ok(c.ExportUnits("A", D16, 8, "other"))
    n = w.seq - 1
    assert w.ok(c.AbortExport(f"X{n}", "no answer"), "gov1").events == [
        m.HoldEnded(f"H{n}", "released", "no answer"), m.ExportEnded(f"X{n}", "aborted"),
    ]  # fmt: skip
    assert w.numbers("A", D16) == (10, 0, 0, 0)
    assert w.state.content.exports == {}


def test_exports_take_their_own_order() -> None:
    order = {"default": ("lowest_serial",), "export_units": ("highest_serial",)}
    w = World(immediate(block_order=order))
    w.give("A", D16, 10)
    w.ok(c.ExportUnits("A", D16, 3, "other"))
    assert posted(w.ok(c.ConfirmExport(f"X{w.seq - 1}", "r"), "gov1"))[0][4:] == (8, 10)


def test_export_refused(w: World) -> None:
    w.give("A", D16, 10)
    w.refused("kind_unknown", c.ExportUnits("A", "NIX", 1, "other"), kind="NIX", known=KINDS)
    w.refused("identifier_bad", c.ExportUnits("A", D16, 1, "o ther"), value="o ther")
    w.refused("amount_bad", c.ExportUnits("A", D16, 0, "other"), **bad(0, D16))
    w.ok(c.ExportUnits("A", D16, 10, "other"))


def test_import_units(w: World) -> None:
    w.give("B", D16, 3)
    done = w.ok(c.ImportUnits("A", D16, 5, "other", "X7"), "gov1")
    assert done.events == [
        m.Posted((("issue", D16, "", "A", 4, 8),)), m.UnitsImported("other", "X7", "A", D16, 5),
    ]  # fmt: skip
    assert w.state.content.imports == {("other", "X7")}
    w.refused(
        "import_done",
        c.ImportUnits("B", D16, 1, "other", "X7"),
        "gov1",
        programme="other",
        export="X7",
    )
    w.ok(c.ImportUnits("A", D16, 5, "other", "X8"), "gov1")
    w.ok(c.ImportUnits("A", D16, 5, "third", "X7"), "gov1")


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.ImportUnits("A", "NIX", 5, "other", "X7"), "kind_unknown", {"kind": "NIX", "known": KINDS}),
        (c.ImportUnits("X", D16, 5, "other", "X7"), "account_unknown", {"account": "X"}),
        (c.ImportUnits("surrender", D16, 5, "other", "X7"), "account_is_sink",
         {"account": "surrender", "act": "import_units"}),
        (c.ImportUnits("auction", CREDIT, 5, "other", "X7"), "kind_not_held",
         {"account": "auction", "type": "auction", "kind": CREDIT}),
        (c.ImportUnits("A", D16, 5, "", "X7"), "identifier_bad", {"value": ""}),
        (c.ImportUnits("A", D16, 5, "other", "X 7"), "identifier_bad", {"value": "X 7"}),
        (c.ImportUnits("A", D16, 0, "other", "X7"), "amount_bad", bad(0, D16)),
    ],
)  # fmt: skip
def test_import_units_refused(w: World, command: Any, code: str, details: dict) -> None:
    w.refused(code, command, "gov1", **details)
