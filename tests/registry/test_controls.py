"""Every control of a pack, on both sides of its limit."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from helpers.registry import (
    CREDIT,
    D15,
    D16,
    MONEY,
    World,
    clause,
    demo,
    later,
    local,
    plain_pack,
    varied,
)
from tanheng.compliance.commands import ACTS as YEARLY
from tanheng.market.commands import ACTS as MARKET_ACTS
from tanheng.programme import people
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.decide import Decision
from tanheng.registry.model import audience
from tanheng.registry.state import window
from tanheng.rules import Act, Proposal

QUIET: dict[str, Any] = {"velocity_alarm": {"count": 9999}, "transit_alarm": {"within_hours": 1}}


def filled(**controls: Any) -> World:
    """A and B with units; A trusts B."""
    w = World(plain_pack(**{**QUIET, **controls}))
    w.give("A", D16, 10_000_000)
    w.trust("A", "B")
    w.wait(hours=2)
    return w


# Four eyes

ACTING: dict[str, tuple[c.AnyCommand, str, str]] = {
    "open_account": (c.OpenAccount("N", "trader", "HN"), "gov1", "gov2"),
    "close_account": (c.CloseAccount("T", "x"), "gov1", "gov2"),
    "represent": (c.Represent("A", "cid", ("approve",)), "gov1", "gov2"),
    "trust": (c.Trust("A", "T"), "ann", "bob"),
    "distrust": (c.Distrust("A", "B"), "ann", "bob"),
    "issue": (c.Issue(D16, 5, "issuance"), "gov1", "gov2"),
    "allocate": (c.Allocate("reserve", "A", D15, 5), "gov1", "gov2"),
    "transfer": (c.Transfer("A", "B", D16, 5), "ann", "bob"),
    "hold": (c.PlaceHold("A", D16, 5, "order"), "ann", "bob"),
    "surrender": (c.Surrender("A", 5, 2016), "ann", "bob"),
    "cancel": (c.Cancel("A", D16, 5, "x"), "ann", "bob"),
    "import_credits": (c.ImportCredits("A", CREDIT, "ndrc", 1, 5), "gov1", "gov2"),
    "convert": (c.Convert("A", CREDIT, D16, 5), "ann", "bob"),
    "carry_over": (c.CarryOver("A", D15, 5), "ann", "bob"),
    "return": (c.Return("A", "reserve", D16, 5), "ann", "bob"),
    "deduct": (c.Deduct("A", "reserve", D16, 5, "x"), "gov1", "gov2"),
    "reverse": (c.Reverse(0, "x"), "gov1", "gov2"),
    "freeze": (c.Freeze("A", "x"), "gov1", "gov2"),
    "unfreeze": (c.Unfreeze("B", "x"), "gov1", "gov2"),
    "open_registry": (c.OpenRegistry("x"), "gov1", "gov2"),
    "close_registry": (c.CloseRegistry("x"), "gov1", "gov2"),
    "export_units": (c.ExportUnits("A", D16, 5, "other"), "ann", "bob"),
    "import_units": (c.ImportUnits("A", D16, 5, "other", "X1"), "gov1", "gov2"),
    "set_limit": (c.SetLimit("A", 5), "ann", "bob"),
    "register_holder": (c.RegisterHolder("HZ", True), "gov1", "gov2"),
    "confirm_export": (c.ConfirmExport("X0", "receipt"), "gov1", "gov2"),
    "abort_export": (c.AbortExport("X0", "x"), "gov1", "gov2"),
}
NEVER = {"approve", "abort", "release"}
"""Acts that a pack cannot put under four eyes."""
PEOPLE = set(people.ACTS)
"""Acts that are the programme's business."""
HELD = {"transfer": D16, "hold": D16, "surrender": CREDIT, "cancel": D16, "convert": CREDIT,
        "carry_over": D15, "return": D16, "deduct": D16, "export_units": D16}  # fmt: skip


def stage(act: str, four_eyes: tuple[str, ...]) -> tuple[World, c.AnyCommand, str, str]:
    """A registry in which the act can be carried out."""
    pack = plain_pack(**QUIET, four_eyes=four_eyes)
    w = World(varied(pack, kinds={CREDIT: {"convertible_to": {D16: (1, 1)}}}))
    for kind in (D15, D16, CREDIT):
        w.give("A", kind, 100)
    w.give("reserve", D15, 100)
    w.trust("A", "B")
    w.record("freeze", [m.AccountFrozen("B", True, "x")])
    if act == "open_registry":
        w.record("close_registry", [m.ModeSet("closed", "x")])
    if act in ("confirm_export", "abort_export"):
        hold = m.HoldPlaced("H0", "A", D16, 5, "export", beneficiary="other")
        w.record("export_units", [hold, m.ExportLocked("X0", "H0", "A", D16, 5, "other")])
    command, first, second = ACTING[act]
    if act == "reverse":
        command = c.Reverse(
            w.record("surrender", [m.Posted((("surrender", D16, "A", "surrender", 1, 5),))]), "x"
        )
    return w, command, first, second


def test_all_acts_are_tried() -> None:
    words = {act for part in get_args(Act) for act in get_args(part)}
    # Those of a compliance year and of a market are tried with them.
    assert set(get_args(Proposal)) - set(YEARLY) - MARKET_ACTS == set(ACTING) | PEOPLE
    assert words == set(get_args(Proposal)) | NEVER


@pytest.mark.parametrize("act", ACTING)
def test_an_act_not_in_the_list_is_done_at_once(act: str) -> None:
    w, command, first, _ = stage(act, tuple(set(ACTING) - {act}))
    done = w.ok(command, first)
    assert done.act == act
    assert w.state.content.pending == {}


@pytest.mark.parametrize("act", [act for act in ACTING if not act.endswith("_export")])
def test_an_act_in_the_list_waits_for_a_second_person(act: str) -> None:
    w, command, first, second = stage(act, (act,))
    n, alone = w.seq, stage(act, ())[0].decide(command, first)
    assert isinstance(alone, Decision)
    before = {kind: w.numbers("A", kind) for kind in (D15, D16, CREDIT)}
    done = w.ok(command, first)
    account = getattr(command, "account", getattr(command, "source", ""))
    expires = later(w.at, hours=72)
    kind = HELD.get(act)
    raw = w.state.content.pending[f"P{n}"].command
    assert raw["command"] == act
    assert done == Decision("propose", [
        m.Proposed(f"P{n}", act, account, raw, first, expires),
        *([m.HoldPlaced(f"H{n}.0", account, kind, 5, "pending", pending=f"P{n}")] if kind else []),
        *([m.HoldPlaced(f"H{n}.0", "reserve", D15, 5, "pending", pending=f"P{n}")] if act == "allocate" else []),
    ], alone.effect)  # fmt: skip
    for name, (total, _, restricted, frozen) in before.items():
        assert w.numbers("A", name) == (total, 5 if name == kind else 0, restricted, frozen)
    w.refused(
        "approver_is_initiator",
        c.Approve(f"P{n}"),
        first,
        person=first,
        pending=f"P{n}",
        clause=clause(2),
    )
    w.refused(
        "approver_is_initiator",
        c.Reject(f"P{n}", "no"),
        first,
        person=first,
        pending=f"P{n}",
        clause=clause(2),
    )
    w.refused("person_unknown", c.Approve(f"P{n}"), "nobody", person="nobody")
    if command.authority:
        w.refused("authority_only", c.Approve(f"P{n}"), "ann", person="ann", act=act)
    else:
        details = {"person": "cid", "account": account, "right": "approve", "act": act}
        w.refused("not_representative", c.Approve(f"P{n}"), "cid", **details)
    ended: list[m.Event] = [m.HoldEnded(f"H{n}.0", "used")] if w.state.content.holds else []
    shift = stage(act, ())[0]
    shift.seq = w.seq
    same = shift.decide(command, first)
    assert isinstance(same, Decision)
    found = w.ok(c.Approve(f"P{n}"), second)
    assert found == Decision(
        act, [*ended, m.Settled(f"P{n}", "done", "", second), *same.events], same.effect
    )
    assert w.state.content.pending == {}
    w.refused("pending_unknown", c.Approve(f"P{n}"), second, pending=f"P{n}")


def test_the_same_person_may_approve_where_the_pack_allows_it() -> None:
    w = filled(four_eyes=("cancel",), initiator_is_not_approver=False)
    w.ok(c.Cancel("A", D16, 1, "x"))
    w.record("represent", [m.Represented("A", "cid", ("initiate",))])
    w.refused("not_representative", c.Approve(f"P{w.seq - 2}"), "cid",
              person="cid", account="A", right="approve", act="cancel")  # fmt: skip
    assert w.ok(c.Approve(f"P{w.seq - 2}"), "ann").act == "cancel"


def test_what_is_approved_is_decided_again() -> None:
    """Under the law of then: the initiator's rights, the account, the units."""
    w = filled(four_eyes=("cancel",))
    w.ok(c.Cancel("A", D16, 1, "x"))
    waiting = f"P{w.seq - 1}"
    w.record("represent", [m.Represented("A", "ann", ("approve",))])
    w.refused("not_representative", c.Approve(waiting), "bob",
              person="ann", account="A", right="initiate", act="cancel")  # fmt: skip
    w.record("represent", [m.Represented("A", "ann", ("initiate",))])
    w.record("freeze", [m.AccountFrozen("A", True, "x")])
    w.refused(
        "account_frozen", c.Approve(waiting), "bob", account="A", act="cancel", clause=clause(17)
    )
    w.record("freeze", [m.AccountFrozen("A", False, "x")])
    w.record("close_registry", [m.ModeSet("closed", "x")])
    w.refused("registry_closed", c.Approve(waiting), "bob", act="cancel", clause=clause(18))
    w.record("open_registry", [m.ModeSet("open", "x")])
    del w.roles["ann"]
    w.refused("person_unknown", c.Approve(waiting), "bob", person="ann")


def test_a_pending_surrender_holds_free_units_only() -> None:
    """What is restricted to the year can go nowhere else, so it needs no hold."""
    w = World(plain_pack(four_eyes=("surrender",)))
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    w.ok(c.Surrender("A", 14, 2016))
    n = w.seq - 1
    assert w.numbers("A", D16) == (20, 4, 10, 0)
    done = w.ok(c.Approve(f"P{n}"), "bob")
    assert done.effect == (
        ("surrender", D16, "A", "surrender", 1, 10),
        ("surrender", D16, "A", "surrender", 11, 14),
    )
    w.give("A", D16, 5, 2016)
    w.ok(c.Surrender("A", 5, 2016))
    assert w.numbers("A", D16) == (11, 0, 5, 0)
    assert w.ok(c.Approve(f"P{w.seq - 1}"), "bob").act == "surrender"


def test_a_block_with_both_sorts_of_units_is_held_by_its_free_part() -> None:
    w = World(
        plain_pack(
            four_eyes=("surrender",),
            block_order={"default": ("highest_serial",), "surrender": ("highest_serial",)},
        )
    )
    w.give("A", D16, 10)
    w.give("A", D16, 10, 2016)
    w.give("A", D16, 10)
    w.ok(c.Surrender("A", 24, 2016))
    assert w.numbers("A", D16) == (30, 14, 10, 0)


def test_a_pending_import_holds_nothing() -> None:
    w, command, first, _ = stage("import_credits", ("import_credits",))
    w.ok(command, first)
    assert w.state.content.holds == {}


def test_approve_within_hours() -> None:
    for hours in (1, 72):
        w = filled(four_eyes=("cancel",), approve_within_hours=hours)
        w.ok(c.Cancel("A", D16, 7, "x"))
        n = w.seq - 1
        assert w.state.content.pending[f"P{n}"].expires == later(w.at, hours=hours)
        w.wait(hours=hours, microseconds=-1)
        assert w.settle() == []
        w.wait(microseconds=1)
        assert w.settle() == [Decision("expire", [
            m.HoldEnded(f"H{n}.0", "expired"), m.Settled(f"P{n}", "expired"),
        ], ())]  # fmt: skip
        assert w.balance("A", D16).held == 0


# Taking back


def test_reject() -> None:
    w = filled(four_eyes=("cancel",))
    w.ok(c.Cancel("A", D16, 7, "x"))
    n = w.seq - 1
    w.refused("reason_missing", c.Reject(f"P{n}", " "), "bob", act="reject")
    w.refused("pending_unknown", c.Reject("P0", "no"), "bob", pending="P0")
    w.refused("not_representative", c.Reject(f"P{n}", "no"), "cid",
              person="cid", account="A", right="approve", act="cancel")  # fmt: skip
    assert w.ok(c.Reject(f"P{n}", "no"), "bob") == Decision("abort", [
        m.HoldEnded(f"H{n}.0", "rejected", "no"), m.Settled(f"P{n}", "rejected", "no", "bob"),
    ], ())  # fmt: skip
    assert w.balance("A", D16).held == 0


def test_only_the_authority_rejects_what_it_proposed() -> None:
    """Not even those who represent the account that it is about."""
    w = filled(four_eyes=("allocate", "close_registry"))
    w.give("issuance", D16, 5)
    w.ok(c.Allocate("issuance", "A", D16, 5), "gov1")
    w.ok(c.CloseRegistry("claim"), "gov1")
    for n, act in ((w.seq - 2, "allocate"), (w.seq - 1, "close_registry")):
        w.refused("authority_only", c.Reject(f"P{n}", "no"), "bob", person="bob", act=act)
        assert w.ok(c.Reject(f"P{n}", "no"), "gov2").events[-1] == m.Settled(
            f"P{n}", "rejected", "no", "gov2"
        )


def test_abort_what_waits_for_a_second_person() -> None:
    w = filled(four_eyes=("cancel",))
    w.ok(c.Cancel("A", D16, 7, "x"))
    n = w.seq - 1
    w.refused("pending_unknown", c.Abort("P0"), pending="P0")
    w.refused("not_representative", c.Abort(f"P{n}"), "cid",
              person="cid", account="A", right="initiate / approve", act="abort")  # fmt: skip
    w.refused("person_unknown", c.Abort(f"P{n}"), "nobody", person="nobody")
    assert w.decide(c.Abort(f"P{n}"), "gov1").act == "abort"
    assert w.ok(c.Abort(f"P{n}")) == Decision("abort", [
        m.HoldEnded(f"H{n}.0", "aborted"), m.Settled(f"P{n}", "aborted", "", "ann"),
    ], ())  # fmt: skip


def test_only_the_authority_aborts_what_it_proposed() -> None:
    w = filled(four_eyes=("freeze", "close_registry"))
    w.ok(c.Freeze("A", "claim"), "gov1")
    w.ok(c.CloseRegistry("claim"), "gov1")
    for n in (w.seq - 2, w.seq - 1):
        w.refused("authority_only", c.Abort(f"P{n}"), "ann", person="ann", act="abort")
        assert w.ok(c.Abort(f"P{n}", "no need"), "gov2").events == [
            m.Settled(f"P{n}", "aborted", "no need", "gov2")
        ]


def test_abort_in_the_window() -> None:
    """Until two hours before, that instant included."""
    for minutes, until in (
        (120, "2016-03-02 10:00"),
        (0, "2016-03-02 12:00"),
        (1, "2016-03-02 11:59"),
    ):
        w = filled(abort_before_minutes=minutes)
        w.go("2016-03-01 11:00")
        w.ok(c.Transfer("A", "T", D16, 5))
        n = w.seq - 1
        assert w.state.content.pending[f"P{n}"].due == local("2016-03-02 12:00")
        w.at = later(local(until), microseconds=1)
        w.refused(
            "abort_late", c.Abort(f"P{n}"), pending=f"P{n}", until=local(until), clause=clause(8)
        )
        w.refused(
            "abort_late",
            c.Abort(f"P{n}"),
            "gov1",
            pending=f"P{n}",
            until=local(until),
            clause=clause(8),
        )
        w.go(until)
        assert w.decide(c.Abort(f"P{n}"), "gov1").act == "abort"
        assert w.ok(c.Abort(f"P{n}", "second thoughts")).events == [
            m.HoldEnded(f"H{n}.0", "aborted", "second thoughts"),
            m.Settled(f"P{n}", "aborted", "second thoughts", "ann"),
        ]


def test_what_is_scheduled_is_neither_approved_nor_rejected() -> None:
    w = filled()
    w.ok(c.Transfer("A", "T", D16, 5))
    n = w.seq - 1
    due = w.state.content.pending[f"P{n}"].due
    w.refused("pending_approved", c.Approve(f"P{n}"), "bob", pending=f"P{n}", due=due)
    w.refused("pending_approved", c.Reject(f"P{n}", "no"), "bob", pending=f"P{n}", due=due)


# Hours and delays


@pytest.mark.parametrize(
    "when, due",
    [
        ("2016-03-01 09:59:59.999999", "2016-03-01 10:00"),
        ("2016-03-01 10:00", ""),
        ("2016-03-01 15:59:59.999999", ""),
        ("2016-03-01 16:00", "2016-03-02 10:00"),
        ("2016-03-04 16:00", "2016-03-07 10:00"),  # Friday
        ("2016-03-05 12:00", "2016-03-07 10:00"),
        ("2016-04-01 16:00", "2016-04-05 10:00"),  # Tomb-Sweeping Day is Monday the 4th
        ("2016-02-06 12:00", ""),  # a worked Saturday
    ],
)
def test_opening_hours(when: str, due: str) -> None:
    w = filled()
    w.go(when)
    n = w.seq
    done = w.ok(c.Transfer("A", "B", D16, 5))
    if not due:
        assert done == Decision(
            "transfer", [m.Posted((("move", D16, "A", "B", 1, 5),))], done.effect
        )
        return
    assert done == Decision("propose", [
        m.Proposed(f"P{n}", "transfer", "A", done.events[0].command, "ann", due=local(due)),
        m.HoldPlaced(f"H{n}.0", "A", D16, 5, "pending", pending=f"P{n}"),
    ], (("move", D16, "A", "B", 1, 5),))  # fmt: skip
    w.at = later(local(due), microseconds=-1)
    assert w.settle() == []
    w.go("2016-06-01 12:00")
    assert w.settle() == [Decision("transfer", [
        m.HoldEnded(f"H{n}.0", "used"), m.Settled(f"P{n}", "done"),
        m.Posted((("move", D16, "A", "B", 1, 5),)),
    ], (("move", D16, "A", "B", 1, 5),))]  # fmt: skip
    assert w.past[w.seq - 1][0] == local(due)


UNTRUSTED = [
    ("2016-03-01 11:59:59.999999", "2016-03-02 12:00"),
    ("2016-03-01 12:00", "2016-03-03 12:00"),
    ("2016-03-04 11:59:59.999999", "2016-03-07 12:00"),  # Friday
    ("2016-03-04 12:00", "2016-03-08 12:00"),
    ("2016-03-05 09:00", "2016-03-08 12:00"),  # Saturday
    ("2016-04-01 11:59:59.999999", "2016-04-05 12:00"),  # before a long week-end
    ("2016-04-01 12:00", "2016-04-06 12:00"),
    ("2016-04-04 09:00", "2016-04-06 12:00"),  # the holiday itself
]


@pytest.mark.parametrize("when, due", UNTRUSTED)
def test_untrusted_delay(when: str, due: str) -> None:
    w = filled()
    w.go(when)
    done = w.ok(c.Transfer("A", "T", D16, 5))
    assert (done.act, done.events[0].due, done.events[0].expires) == ("propose", local(due), "")


@pytest.mark.parametrize("when, due", UNTRUSTED)
def test_the_delay_counts_from_the_approval(when: str, due: str) -> None:
    w = filled(four_eyes=("transfer",))
    w.go("2016-01-04 11:00")
    w.ok(c.Transfer("A", "T", D16, 5))
    n = w.seq - 1
    w.go(when)
    done = w.ok(c.Approve(f"P{n}"), "bob")
    assert done == Decision(
        "approve", [m.Scheduled(f"P{n}", "bob", local(due))], (("move", D16, "A", "T", 1, 5),)
    )
    w.go(due)
    assert w.settle()[0].events == [
        m.HoldEnded(f"H{n}.0", "used"), m.Settled(f"P{n}", "done", "", "bob"),
        m.Posted((("move", D16, "A", "T", 1, 5),)),
    ]  # fmt: skip


def test_an_approved_transfer_no_longer_expires() -> None:
    w = filled(four_eyes=("transfer",), approve_within_hours=1)
    w.go("2016-03-01 11:00")
    w.ok(c.Transfer("A", "T", D16, 5))
    w.wait(minutes=30)
    w.ok(c.Approve(f"P{w.seq - 1}"), "bob")
    w.wait(hours=5)
    assert w.settle() == []


def test_trusted_immediate_off() -> None:
    w = filled(trusted_immediate=False)
    assert w.ok(c.Transfer("A", "B", D16, 5)).events[0].due == local("2016-03-03 12:00")


def test_trust_works_from_its_instant_on() -> None:
    w = filled()
    w.trust("A", "T", "2016-03-01 13:30")
    w.at = later(local("2016-03-01 13:30"), microseconds=-1)
    assert w.decide(c.Transfer("A", "T", D16, 5)).act == "propose"
    w.go("2016-03-01 13:30")
    assert w.decide(c.Transfer("A", "T", D16, 5)).act == "transfer"


@pytest.mark.parametrize(
    "days, clock, added, works",
    [
        (4, "12:00", "2016-03-01 23:59", "2016-03-07 12:00"),
        (1, "09:30", "2016-03-01 00:00", "2016-03-02 09:30"),
        (4, "12:00", "2016-03-31 15:00", "2016-04-07 12:00"),
    ],
)
def test_trusted_list_delay(days: int, clock: str, added: str, works: str) -> None:
    from datetime import time

    w = filled(trusted_list_delay={"days": days, "at": time.fromisoformat(clock)})
    w.go(added)
    assert w.ok(c.Trust("A", "T")).events == [m.Trusted("A", "T", local(works))]


def test_a_year_without_a_calendar() -> None:
    w = filled()
    w.go("2028-01-03 11:00")
    for command in (c.Transfer("A", "B", D16, 5), c.Transfer("A", "T", D16, 5), c.Trust("A", "T")):
        w.refused("calendar_missing", command, year=2028)
    w.ok(c.Surrender("A", 5, 2016))
    w.go("2014-12-31 11:00")
    w.refused("calendar_missing", c.Transfer("A", "T", D16, 5), year=2014)
    w.go("2027-12-31 12:00")
    w.refused("calendar_missing", c.Transfer("A", "T", D16, 5), year=2028)


def test_a_year_without_a_calendar_at_the_approval() -> None:
    w = filled(four_eyes=("transfer",))
    w.go("2027-12-30 11:00")
    w.ok(c.Transfer("A", "T", D16, 5))
    w.go("2028-01-01 11:00")
    w.refused("calendar_missing", c.Approve(f"P{w.seq - 1}"), "bob", year=2028)


# What is due and cannot be done


@pytest.mark.parametrize(
    "event, reason",
    [
        (m.AccountFrozen("A", True, "x"), "account_frozen"),
        (m.AccountClosed("T", "x"), "account_closed"),
        (m.ModeSet("closed", "x"), "registry_closed"),
        (m.LimitSet("A", 4), "limit_exceeded"),
        (m.BlocksFrozen("A", D16, ((5, 10_000_000),), True, "x"), "amount_short"),
    ],
)
def test_voided_with_the_reason(event: m.Event, reason: str) -> None:
    w = World(plain_pack(**QUIET))
    w.give("A", D16, 10_000_000)
    w.ok(c.Transfer("A", "T", D16, 5))
    n = w.seq - 1
    if isinstance(event, m.BlocksFrozen):
        # The invariants do not hold here: a freeze would have voided the hold.
        w.state.apply(event, w.seq, 0, w.at, "freeze")
    else:
        w.record("x", [event])
    w.go("2016-03-02 12:00")
    found = w.state.due(w.at)
    assert found == (w.at, f"P{n}")
    from tanheng.registry.decide import settle_due

    assert settle_due(f"P{n}", w.state, w.call("system")) == Decision("void", [
        m.HoldEnded(f"H{n}.0", "voided", reason), m.Settled(f"P{n}", "voided", reason),
    ], ())  # fmt: skip


def test_carried_out_in_a_closed_registry_that_allows_it() -> None:
    w = World(plain_pack(**QUIET, closed_registry_allows=("transfer",)))
    w.give("A", D16, 5)
    w.ok(c.Transfer("A", "T", D16, 5))
    w.ok(c.CloseRegistry("holidays"), "gov1")
    w.go("2016-03-02 12:00")
    assert [done.act for done in w.settle()] == ["transfer"]
    assert w.blocks("T", D16) == [(1, 5, 0, 0)]


# Representatives


@pytest.mark.parametrize("need, code", [(0, ""), (2, ""), (3, "representatives_too_few")])
def test_minimum_representatives(need: int, code: str) -> None:
    w = World(varied(plain_pack(), accounts={"operator": {"minimum_representatives": need}}))
    if code:
        w.refused(code, c.SetLimit("A", 1), account="A", count=2, need=need, clause=clause(4))
    else:
        w.ok(c.SetLimit("A", 1))


# Amounts


@pytest.mark.parametrize(
    "central, national, own, which, limit",
    [
        (100, None, None, "central", 100),
        (None, 100, None, "national", 100),
        (None, None, 100, "account", 100),
        (100, 101, 101, "central", 100),
        (101, 100, 101, "national", 100),
        (101, 101, 100, "account", 100),
        (100, 100, 100, "central", 100),
        (100, 200, 0, "account", 0),
    ],
)
def test_the_lowest_limit_counts(
    central: int | None, national: int | None, own: int | None, which: str, limit: int
) -> None:
    w = filled(amount_limit={"central": central, "national": national, "exempt": ("surrender",)})
    w.record("set_limit", [m.LimitSet("A", own)])
    w.refused(
        "limit_exceeded", c.Transfer("A", "T", D16, limit + 1),
        account="A", target="T", amount=limit + 1, limit=limit, which=which, clause=clause(11),
    )  # fmt: skip
    if limit:
        w.ok(c.Transfer("A", "T", D16, limit))
    w.ok(c.Transfer("A", "B", D16, limit + 1))  # trusted
    w.ok(c.Surrender("A", limit + 1, 2016))
    w.ok(c.Cancel("A", D16, limit + 1, "x"))


def test_no_limit_at_all() -> None:
    w = filled(amount_limit={"central": None, "national": None})
    w.ok(c.Transfer("A", "T", D16, 10_000_000))


def test_exempt_acts() -> None:
    w = filled(amount_limit={"central": 1, "national": 1, "exempt": ("transfer",)})
    w.ok(c.Transfer("A", "T", D16, 2))


def test_an_entry_of_the_list_that_does_not_work_yet_lifts_no_limit() -> None:
    w = filled()
    w.trust("A", "T", "2016-03-01 13:30")
    w.at = later(local("2016-03-01 13:30"), microseconds=-1)
    w.refused("limit_exceeded", c.Transfer("A", "T", D16, 500_001), account="A", target="T", amount=500_001, limit=500_000,
              which="national", clause=clause(11))  # fmt: skip
    w.go("2016-03-01 13:30")
    w.ok(c.Transfer("A", "T", D16, 500_001))


# Alarms


def alarms(done: Decision) -> list[m.Event]:
    return [e for e in done.events if isinstance(e, m.Alarm)]


def test_velocity_alarm_by_count() -> None:
    w = filled(velocity_alarm={"count": 3, "within_hours": 24})
    assert alarms(w.ok(c.Transfer("A", "B", D16, 5))) == []
    assert alarms(w.ok(c.Transfer("A", "B", D16, 5))) == []
    assert alarms(w.ok(c.Transfer("A", "B", D16, 7))) == [m.Alarm("velocity", "A", D16, 7, 3)]
    w.wait(minutes=1)
    assert alarms(w.ok(c.Transfer("A", "B", D16, 8))) == [m.Alarm("velocity", "A", D16, 8, 4)]
    one = filled(velocity_alarm={"count": 1, "within_hours": 24})
    assert alarms(one.ok(c.Transfer("A", "B", D16, 5))) == [m.Alarm("velocity", "A", D16, 5, 1)]


@pytest.mark.parametrize("micro, expected", [(0, 1), (1, 0)])
def test_velocity_window(micro: int, expected: int) -> None:
    """A transfer exactly as long ago as the window is in it."""
    w = filled(velocity_alarm={"count": 2, "within_hours": 24})
    w.go("2016-03-01 11:00")
    w.ok(c.Transfer("A", "B", D16, 5))
    w.at = later(local("2016-03-02 11:00"), microseconds=micro)
    assert len(alarms(w.ok(c.Transfer("A", "B", D16, 5)))) == expected


def test_velocity_counts_only_transfers_out_of_the_account() -> None:
    w = filled(velocity_alarm={"count": 2, "within_hours": 24})
    w.go("2016-03-02 13:00")
    w.give("B", D16, 50)
    w.trust("B", "A")
    w.ok(c.Transfer("B", "A", D16, 5))
    w.ok(c.Cancel("A", D16, 5, "x"))
    w.ok(c.Surrender("A", 5, 2016))
    w.wait(hours=2)
    assert alarms(w.ok(c.Transfer("A", "B", D16, 5))) == []
    assert alarms(w.ok(c.Transfer("A", "B", D16, 5))) == [m.Alarm("velocity", "A", D16, 5, 2)]


def transit(share: int = 90, hours: int = 24) -> World:
    w = World(
        plain_pack(
            velocity_alarm={"count": 99},
            transit_alarm={"within_hours": hours, "share_percent": share},
        )
    )
    w.trust("A", "B")
    w.go("2016-02-29 10:00")
    w.give("A", D16, 10_000)
    w.go("2016-03-01 10:30")
    w.give("A", D16, 1000)
    w.go("2016-03-01 11:00")
    return w


@pytest.mark.parametrize(
    "share, amount, alarm",
    [(90, 899, 0), (90, 900, 1), (100, 999, 0), (100, 1000, 1), (1, 9, 0), (1, 10, 1)],
)
def test_transit_share(share: int, amount: int, alarm: int) -> None:
    found = alarms(transit(share).ok(c.Transfer("A", "B", D16, amount)))
    assert found == [m.Alarm("transit", "A", D16, amount)] * alarm


def test_transit_adds_up_what_went_out() -> None:
    w = transit()
    assert alarms(w.ok(c.Transfer("A", "B", D16, 500))) == []
    assert alarms(w.ok(c.Cancel("A", D16, 100, "x"))) == []
    assert alarms(w.ok(c.Transfer("A", "B", D16, 299))) == []
    assert alarms(w.ok(c.Transfer("A", "B", D16, 1))) == [m.Alarm("transit", "A", D16, 1)]


@pytest.mark.parametrize("micro, expected", [(0, 1), (1, 0)])
def test_transit_window(micro: int, expected: int) -> None:
    w = transit()
    w.at = later(local("2016-03-02 10:30"), microseconds=micro)
    assert len(alarms(w.ok(c.Transfer("A", "B", D16, 950)))) == expected


def test_transit_without_anything_coming_in() -> None:
    w = filled(transit_alarm={"within_hours": 1, "share_percent": 1})
    assert alarms(w.ok(c.Transfer("A", "B", D16, 950))) == []
    w.refused("amount_short", c.Transfer("A", "B", MONEY, 1), account="A", kind=MONEY, amount=1,
              free=0, total=0, held=0, restricted=0, frozen=0)  # fmt: skip


def test_alarms_sound_when_the_transfer_is_carried_out() -> None:
    w = filled(velocity_alarm={"count": 1})
    w.go("2016-03-01 11:00")
    assert alarms(w.ok(c.Transfer("A", "T", D16, 5))) == []
    w.go("2016-03-02 12:00")
    assert w.settle()[0].events[-1] == m.Alarm("velocity", "A", D16, 5, 1)


def test_both_alarms() -> None:
    w = transit()
    w.pack = plain_pack(velocity_alarm={"count": 1})
    assert alarms(w.ok(c.Transfer("A", "B", D16, 950))) == [
        m.Alarm("velocity", "A", D16, 950, 1), m.Alarm("transit", "A", D16, 950),
    ]  # fmt: skip


def test_window() -> None:
    totals = [("1", 5, 0), ("3", 7, 1), ("5", 7, 9)]
    assert window([], "1") == (0, 0)
    assert window(totals, "0") == (7, 9)
    assert window(totals, "1") == (7, 9)
    assert window(totals, "2") == (2, 9)
    assert window(totals, "3") == (2, 9)
    assert window(totals, "4") == (0, 8)
    assert window(totals, "6") == (0, 0)


# Know your customer


def test_kyc() -> None:
    w = World(plain_pack(**QUIET, kyc={"required_for": ("operator", "trader")}))
    w.give("A", D16, 100)
    w.give("issuance", D16, 100)
    w.trust("A", "B")

    def unchecked(command: c.AnyCommand, account: str, actor: str = "ann") -> None:
        holder = f"H{account}"
        w.refused(
            "holder_unchecked", command, actor, holder=holder, account=account, clause=clause(14)
        )

    give, move = c.Allocate("issuance", "A", D16, 1), c.Transfer("A", "B", D16, 1)
    open_new = c.OpenAccount("N", "trader", "HN")
    unchecked(open_new, "N", "gov1")
    unchecked(give, "A", "gov1")
    unchecked(move, "A")
    until = later(w.at, hours=1)
    for holder in ("HA", "HN"):
        w.ok(c.RegisterHolder(holder, True, until), "gov1")
    w.ok(give, "gov1")
    w.ok(open_new, "gov1")
    unchecked(move, "B")
    w.ok(c.RegisterHolder("HB", False), "gov1")
    unchecked(move, "B")
    w.ok(c.RegisterHolder("HB", True), "gov1")
    w.at = later(until, microseconds=-1)
    w.ok(move)
    w.at = until  # good up to, not at, the instant
    unchecked(move, "A")
    unchecked(give, "A", "gov1")
    w.ok(c.Surrender("A", 1, 2016))  # what is owed may be paid
    w.ok(c.OpenAccount("P", "person", "HP"), "gov1")  # not required for persons here


def test_kyc_has_no_end_without_one() -> None:
    w = World(plain_pack(kyc={"required_for": ("operator",), "valid_days": None}))
    w.give("A", D16, 100)
    for holder in ("HA", "HB"):
        w.ok(c.RegisterHolder(holder, True), "gov1")
    w.go("2027-03-01 11:00")
    w.ok(c.Transfer("A", "B", D16, 1))


# Who reads what


@pytest.mark.parametrize("act", ["issue", "transfer", "surrender"])
def test_public_acts(act: str) -> None:
    posted = m.Posted((("issue", D16, "", "A", 1, 1),))
    public = varied(demo(), public_acts=("issue", "surrender")).controls
    assert audience(posted, act, public) == ("parties" if act == "transfer" else "public")
    assert audience(posted, act, varied(demo(), public_acts=()).controls) == "parties"


def some(event: type[m.Event]) -> m.Event:
    """An event of the type, whatever it says."""
    return event(*["x" for field in msgspec.structs.fields(event) if field.required])


def test_audiences() -> None:
    """Every event has its circle."""
    circles = {
        "confidential": {m.Represented, m.HolderChecked, m.Trusted, m.LimitSet, m.Alarm},
        "parties": {m.HoldPlaced, m.HoldEnded, m.HoldReduced, m.Proposed, m.Scheduled, m.Settled,
                    m.ExportLocked, m.Posted, m.AccountClosed, m.AccountFrozen, m.BlocksFrozen,
                    m.Reversed},
        "public": {m.AccountOpened, m.Imported, m.ModeSet, m.ExportEnded, m.UnitsImported},
    }  # fmt: skip
    assert set.union(*circles.values()) == set(get_args(m.RegistryEvent))
    for circle, events in circles.items():
        for event in events:
            assert audience(some(event), "transfer", demo().controls) == circle, event
