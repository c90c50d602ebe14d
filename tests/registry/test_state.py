"""Applying events: what each changes, what the tables are told, and what is remembered for alarms."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.registry import CREDIT, D16, MONEY, OPEN, World, later, local, plain_pack, sound
from tanheng.journal import encode
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry import state as states
from tanheng.registry.decide import Decision, pending_command
from tanheng.registry.state import Changes, Content, Corrupt, Registry
from tanheng.registry.subjects import subjects

AT = local(OPEN)


@pytest.fixture
def w() -> World:
    made = World()
    made.give("A", D16, 100)
    made.give("A", MONEY, 100)
    made.state.drain()
    return made


def told(changes: Changes) -> dict[str, object]:
    """What the tables are told, without what is empty."""
    found = {name: getattr(changes, name) for name in Changes.__slots__}
    return {name: value for name, value in found.items() if value}


def test_every_event_is_applied() -> None:
    assert set(states._APPLY) | {m.Posted} == set(get_args(m.RegistryEvent))


# Events that move nothing


@pytest.mark.parametrize(
    "event, place, value",
    [
        (m.AccountOpened("N", "trader", "HN", 3), "accounts.N", m.Account("N", "trader", "HN", limit=3)),
        (m.AccountClosed("A", "x"), "accounts.A.status", "closed"),
        (m.AccountFrozen("A", True, "x"), "accounts.A.status", "frozen"),
        (m.AccountFrozen("A", False, "x"), "accounts.A.status", "open"),
        (m.HolderChecked("HA", True, "2017"), "holders.HA", (True, "2017")),
        (m.Represented("A", "cid", ("initiate", "approve")), "accounts.A.representatives.cid", ["approve", "initiate"]),
        (m.Represented("A", "ann", ()), "accounts.A.representatives", {"bob": ["approve", "initiate"]}),
        (m.Represented("A", "cid", ()), "accounts.A.representatives",
         {"ann": ["approve", "initiate"], "bob": ["approve", "initiate"]}),
        (m.LimitSet("A", 7), "accounts.A.limit", 7),
        (m.Trusted("A", "B", "2017"), "accounts.A.trusted", {"B": "2017"}),
        (m.Trusted("A", "B", ""), "accounts.A.trusted", {}),
        (m.Imported(CREDIT, "ndrc", 4, 9, 1), "external", {f"{CREDIT}@ndrc": [(4, 9)]}),
        (m.ModeSet("closed", "x"), "mode", "closed"),
        (m.ExportLocked("X1", "H1", "A", D16, 5, "other"), "exports",
         {"X1": m.ExportLocked("X1", "H1", "A", D16, 5, "other")}),
        (m.UnitsImported("other", "X1", "A", D16, 5), "imports", {("other", "X1")}),
        (m.Reversed(7, "x"), "reversed", {7}),
        (m.Alarm("velocity", "A", D16, 5, 3), "mode", "open"),
    ],
)  # fmt: skip
def test_apply(w: World, event: m.Event, place: str, value: object) -> None:
    w.state.apply(event, 50, 3, AT, "act")
    found: object = w.state.content
    for step in place.split("."):
        found = found[step] if isinstance(found, dict) else getattr(found, step)
    assert found == value
    account = getattr(event, "account", "")
    expected: dict[str, object] = {}
    if isinstance(
        event,
        m.AccountOpened
        | m.AccountClosed
        | m.AccountFrozen
        | m.Represented
        | m.LimitSet
        | m.Trusted,
    ):
        expected["accounts"] = {account}
    if isinstance(event, m.HolderChecked | m.Imported | m.UnitsImported | m.Alarm):
        expected["events"] = [(50, 3, AT, event)]
    assert told(w.state.drain()) == expected


def test_opening_is_remembered_by_type(w: World) -> None:
    w.state.apply(m.AccountOpened("N", "trader", "HN"), 50, 0, AT, "open_account")
    assert w.state.by_type["trader"] == ["T", "N"]
    assert Registry(w.state.content).by_type == w.state.by_type
    assert [a.id for a in w.state.accounts()] == sorted(w.state.content.accounts)


def test_an_account_is_counted_out_once(w: World) -> None:
    """A second closing in a journal takes nobody else's place away."""
    assert w.state.living["operator", ""] == 2
    for seq in (50, 51):
        w.state.apply(m.AccountClosed("A", "x"), seq, 0, AT, "close_account")
        assert (w.state.living["operator", ""], w.state.living["operator", "HA"]) == (1, 0)
    assert Registry(w.state.content).living == w.state.living


def test_outside_blocks_are_kept_in_order(w: World) -> None:
    for first, last in ((30, 39), (10, 19), (20, 29)):
        w.state.apply(m.Imported(CREDIT, "ndrc", first, last, 1), 50, 0, AT, "import_credits")
    assert w.state.content.external[f"{CREDIT}@ndrc"] == [(10, 19), (20, 29), (30, 39)]


def test_a_life_of_a_hold(w: World) -> None:
    w.state.apply(m.HoldPlaced("H1", "A", D16, 30, "pledge", "2017", "T"), 50, 0, AT, "hold")
    assert w.state.content.holds == {"H1": m.Hold("H1", "A", D16, 30, "pledge", "2017", "T")}
    assert w.numbers("A", D16) == (100, 30, 0, 0)
    touched = {"balances": {("A", D16)}, "holds": {"H1"}}
    assert told(w.state.drain()) == touched
    assert w.state.due("2016") is None
    assert w.state.due("2017") == ("2017", "H1")
    w.state.apply(m.HoldReduced("H1", 10, "x"), 51, 0, AT, "freeze")
    assert w.state.content.holds["H1"].amount == 10
    assert w.numbers("A", D16) == (100, 10, 0, 0)
    assert told(w.state.drain()) == touched
    event = m.HoldEnded("H1", "released")
    w.state.apply(event, 52, 1, AT, "release")
    assert w.state.content.holds == {}
    assert w.numbers("A", D16) == (100, 0, 0, 0)
    assert told(w.state.drain()) == {**touched, "events": [(52, 1, AT, event)]}
    assert w.state.due("2018") is None


def test_a_life_of_a_pending_command(w: World) -> None:
    raw = {"command": "cancel", "account": "A", "kind": D16, "amount": 5, "reason": "x"}
    apply = w.state.apply
    apply(m.Proposed("P1", "cancel", "A", raw, "ann", "2017"), 50, 0, AT, "propose")
    assert told(w.state.drain()) == {"pending": {"P1"}}
    apply(m.HoldPlaced("H1", "A", D16, 5, "pending", pending="P1"), 50, 1, AT, "propose")
    pending = w.state.content.pending["P1"]
    assert pending == m.Pending("P1", "cancel", "A", raw, "ann", "2017", "", "", ["H1"])
    assert pending_command(pending) == c.Cancel("A", D16, 5, "x")
    assert w.state.due("2017") == ("2017", "P1")
    w.state.drain()
    apply(m.Scheduled("P1", "bob", "2018"), 51, 0, AT, "approve")
    assert (pending.approver, pending.due) == ("bob", "2018")
    assert told(w.state.drain()) == {"pending": {"P1"}}
    assert w.state.due("2017") is None
    assert w.state.due("2018") == ("2018", "P1")
    assert Registry(w.state.content).due("2018") == ("2018", "P1")
    apply(m.HoldEnded("H1", "used"), 52, 0, AT, "cancel")
    assert pending.holds == []
    event = m.Settled("P1", "done", "", "bob")
    w.state.drain()
    apply(event, 52, 1, AT, "cancel")
    assert w.state.content.pending == {}
    assert told(w.state.drain()) == {"pending": {"P1"}, "events": [(52, 1, AT, event)]}
    assert w.state.due("2019") is None


def test_due_in_order(w: World) -> None:
    w.give("A", MONEY, 100)
    for name, until in (("H3", "2017"), ("H1", "2018"), ("H2", "2017")):
        w.state.apply(m.HoldPlaced(name, "A", MONEY, 1, "order", until), 50, 0, AT, "hold")
    w.state.apply(m.Proposed("P1", "x", "A", {}, "ann", due="2016"), 50, 0, AT, "propose")
    for expected in (("2016", "P1"), ("2017", "H2"), ("2017", "H3"), ("2018", "H1")):
        assert w.state.due("2018") == expected
        assert Registry(w.state.content).due("2018") == expected
        name = expected[1]
        event = m.Settled(name, "done") if name == "P1" else m.HoldEnded(name, "expired")
        w.state.apply(event, 51, 0, AT, "x")
    assert w.state.due("2018") is None


def test_an_export_ends(w: World) -> None:
    w.state.apply(m.ExportLocked("X1", "H1", "A", D16, 5, "other"), 50, 0, AT, "export_units")
    w.state.apply(m.ExportEnded("X1", "aborted"), 51, 0, AT, "abort_export")
    assert w.state.content.exports == {}


# Postings


def test_postings_and_what_the_tables_are_told(w: World) -> None:
    event = m.Posted((("move", D16, "A", "B", 25, 74), ("move", MONEY, "A", "B", 40)))
    w.state.apply(event, 50, 2, AT, "transfer")
    assert w.blocks("A", D16) == [(1, 24, 0, 0), (75, 100, 0, 0)]
    assert w.blocks("B", D16) == [(25, 74, 0, 0)]
    assert (w.numbers("A", MONEY), w.numbers("B", MONEY)) == ((60, 0, 0, 0), (40, 0, 0, 0))
    assert told(w.state.drain()) == {
        "balances": {("A", D16), ("B", D16), ("A", MONEY), ("B", MONEY)},
        "blocks": {
            (D16, 1): ("A", (1, 24, 0, 0)), (D16, 75): ("A", (75, 100, 0, 0)),
            (D16, 25): ("B", (25, 74, 0, 0)),
        },
        "moves": [
            (50, 200, AT, "transfer", "move", D16, "A", "B", 25, 74, 50, 50, 50, 6),
            (50, 201, AT, "transfer", "move", MONEY, "A", "B", None, None, 40, 60, 40, None),
        ],
    }  # fmt: skip
    w.state.apply(m.Posted((("move", D16, "B", "A", 25, 74),)), 51, 0, AT, "transfer")
    assert told(w.state.drain())["blocks"] == {
        (D16, 25): None, (D16, 75): None, (D16, 1): ("A", (1, 100, 0, 0)),
    }  # fmt: skip
    sound(w.state)


@pytest.mark.parametrize(
    "posting, totals, move",
    [
        (("issue", D16, "", "B", 101, 104), m.KindTotals(104, 0, 0), (None, 4, 2)),
        (("surrender", D16, "A", "surrender", 1, 1), m.KindTotals(100, 1, 0), (99, 1, 0)),
        (("cancel", D16, "A", "cancellation", 99, 100), m.KindTotals(100, 0, 2), (98, 2, 1)),
    ],
)
def test_totals(w: World, posting: m.Posting, totals: m.KindTotals, move: tuple[int, ...]) -> None:
    w.state.apply(m.Posted((posting,)), 50, 0, AT, "x")
    assert w.state.content.totals[D16] == totals
    changes = told(w.state.drain())
    assert changes["totals"] == {D16}
    assert changes["moves"][0][11:] == move
    assert changes["balances"] == {(a, D16) for a in posting[2:4] if a}
    sound(w.state)


def test_a_reversal_takes_from_the_surrendered(w: World) -> None:
    w.state.apply(m.Posted((("surrender", D16, "A", "surrender", 1, 9),)), 50, 0, AT, "surrender")
    w.state.apply(m.Posted((("reverse", D16, "surrender", "A", 1, 9),)), 51, 0, AT, "reverse")
    assert w.state.content.totals[D16] == m.KindTotals(100, 0, 0)
    assert w.blocks("A", D16) == [(1, 100, 0, 0)]


def test_restrictions_are_kept_set_and_lifted(w: World) -> None:
    apply = w.state.apply
    apply(m.Posted((("move", D16, "A", "B", 1, 10),), 2016), 50, 0, AT, "allocate")
    assert (w.blocks("B", D16), w.numbers("B", D16)) == ([(1, 10, 2016, 0)], (10, 0, 10, 0))
    apply(m.Posted((("move", D16, "B", "A", 1, 4),)), 51, 0, AT, "x")
    assert w.blocks("A", D16) == [(1, 4, 2016, 0), (11, 100, 0, 0)]
    assert (w.numbers("A", D16), w.numbers("B", D16)) == ((94, 0, 4, 0), (6, 0, 6, 0))
    apply(m.Posted((("move", D16, "A", "B", 1, 4),), 0), 52, 0, AT, "x")
    assert w.blocks("B", D16) == [(1, 4, 0, 0), (5, 10, 2016, 0)]
    assert w.numbers("B", D16) == (10, 0, 6, 0)
    apply(m.BlocksFrozen("B", D16, ((4, 5),), True, "x"), 53, 0, AT, "freeze")
    assert w.numbers("B", D16) == (10, 0, 5, 2)
    apply(m.Posted((("move", D16, "B", "A", 3, 6),)), 54, 0, AT, "x")
    assert w.blocks("A", D16) == [
        (3, 3, 0, 0),
        (4, 4, 0, 1),
        (5, 5, 2016, 1),
        (6, 6, 2016, 0),
        (11, 100, 0, 0),
    ]
    assert (w.numbers("A", D16), w.numbers("B", D16)) == ((94, 0, 1, 2), (6, 0, 4, 0))
    sound(w.state)


def test_what_freezing_tells_the_tables(w: World) -> None:
    w.state.apply(m.BlocksFrozen("A", D16, ((10, 19),), True, "x"), 50, 0, AT, "freeze")
    assert told(w.state.drain()) == {
        "balances": {("A", D16)},
        "blocks": {(D16, 1): ("A", (1, 9, 0, 0)), (D16, 10): ("A", (10, 19, 0, 1)),
                   (D16, 20): ("A", (20, 100, 0, 0))},
    }  # fmt: skip
    w.state.apply(m.BlocksFrozen("A", D16, ((10, 19),), False, "x"), 51, 0, AT, "unfreeze")
    assert told(w.state.drain())["blocks"] == {
        (D16, 1): ("A", (1, 100, 0, 0)), (D16, 10): None, (D16, 20): None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "event",
    [
        m.Posted((("move", D16, "A", "B", 1, 101),)), m.Posted((("move", D16, "B", "A", 1, 1),)),
        m.Posted((("move", MONEY, "A", "B", 101),)), m.Posted((("move", D16, "X", "A", 1, 1),)),
        m.Posted((("issue", D16, "", "X", 1, 1),)), m.AccountClosed("X", "x"), m.HoldEnded("H9", "x"),
        m.HoldReduced("H9", 1, "x"), m.HoldPlaced("H9", "B", D16, 1, "order"), m.Settled("P9", "x"),
        m.Scheduled("P9", "x", "x"), m.ExportEnded("X9", "x"), m.BlocksFrozen("A", D16, ((99, 101),), True, "x"),
    ],
)  # fmt: skip
def test_what_cannot_have_happened(w: World, event: m.Event) -> None:
    with pytest.raises(Corrupt) as error:
        w.state.apply(event, 77, 3, AT, "x")
    if not str(error.value).startswith(("A has", "B has")):
        assert str(error.value).startswith(f"entry 77, event 3 ({type(event).__name__}): ")


def test_more_than_there_is() -> None:
    w = World()
    w.give("A", MONEY, 5)
    with pytest.raises(Corrupt, match=r"^A has 5 of CNY, not 6$"):
        w.state.apply(m.Posted((("move", MONEY, "A", "B", 6),)), 1, 0, AT, "x")
    w.state.apply(m.Posted((("move", MONEY, "A", "B", 5),)), 1, 0, AT, "x")


# What is remembered


def test_flow_and_sent(w: World) -> None:
    at = [later(AT, hours=n) for n in range(3)]
    for n, amount in ((0, 5), (1, 7), (1, 9), (2, 1)):
        w.state.apply(
            m.Posted((("move", D16, "A", "B", *_next(w, amount)),)), 50, 0, at[n], "transfer"
        )
    assert w.balance("A", D16).flow == [(at[0], 100, 5), (at[1], 100, 21), (at[2], 100, 22)]
    assert w.balance("B", D16).flow == [(at[0], 5, 0), (at[1], 21, 0), (at[2], 22, 0)]
    assert w.state.content.accounts["A"].sent == [(at[0], 0, 1), (at[1], 0, 3), (at[2], 0, 4)]
    assert w.state.content.accounts["B"].sent == []
    w.state.apply(m.Posted((("move", D16, "A", "B", *_next(w, 1)),)), 50, 0, at[2], "return")
    assert len(w.state.content.accounts["A"].sent) == 3


def _next(w: World, amount: int) -> tuple[int, int]:
    first = w.blocks("A", D16)[0][0]
    return first, first + amount - 1


def test_a_transfer_of_several_blocks_is_one_transfer(w: World) -> None:
    event = m.Posted((("move", D16, "A", "B", 1, 2), ("move", D16, "A", "B", 5, 6)))
    w.state.apply(event, 50, 0, AT, "transfer")
    assert w.state.content.accounts["A"].sent == [(AT, 0, 1)]


def test_what_is_longer_ago_than_a_week_is_forgotten() -> None:
    w = World()
    w.give("A", MONEY, 1000)
    for n in range(63):
        w.state.apply(
            m.Posted((("move", MONEY, "A", "B", 1),)), 50, 0, later(AT, hours=4 * n), "transfer"
        )
    flow = w.balance("B", MONEY).flow
    assert len(flow) == 63
    now = later(AT, hours=4 * 63)
    w.state.apply(m.Posted((("move", MONEY, "A", "B", 1),)), 50, 0, now, "transfer")
    # 252 hours later: what happened from 84 hours on counts, and the one before it is the base.
    assert len(flow) == 64 - 20
    assert flow[0] == (later(AT, hours=80), 21, 0)
    assert states.window(flow, later(AT, hours=84)) == (43, 0)
    assert flow[-1] == (now, 64, 0)
    assert states.RECENT_HOURS == 168


# The whole


def test_a_state_survives_as_bytes() -> None:
    """Snapshots and the state's hash: nothing is lost, and a copy goes on alike."""
    w = World(plain_pack(four_eyes=("cancel",)))
    w.give("A", D16, 100)
    w.give("A", CREDIT, 10, 2016)
    w.ok(c.Cancel("A", D16, 5, "x"))
    w.ok(c.Transfer("A", "B", D16, 5))
    w.ok(c.PlaceHold("A", D16, 5, "order", later(w.at, days=1)))
    w.ok(c.ExportUnits("A", D16, 5, "other"))
    w.ok(c.ImportCredits("A", CREDIT, "ndrc", 1, 5), "gov1")
    w.ok(c.ImportUnits("A", D16, 5, "other", "X1"), "gov1")
    w.ok(c.Surrender("A", 3, 2016))
    w.ok(c.Reverse(w.seq - 1, "x"), "gov1")
    data = msgspec.msgpack.encode(w.state.content)
    copy = Registry(msgspec.msgpack.decode(data, type=Content))
    assert copy.content == w.state.content
    assert encode(copy.content) == encode(w.state.content)
    late = later(w.at, days=90)
    assert copy.due(late) == w.state.due(late)
    assert copy.changes is None
    assert told(copy.drain()) == {}
    assert copy.changes is not None


# What an event is about


@pytest.mark.parametrize(
    "event, expected",
    [
        (m.Posted((("move", D16, "A", "B", 1, 2), ("issue", MONEY, "", "T", 5))),
         [f"kind:{D16}", "account:A", "entity:HA", "account:B", "entity:HB", f"kind:{MONEY}",
          "account:T", "entity:HT"]),
        (m.AccountOpened("N", "trader", "HN"), ["account:N", "entity:HN"]),
        (m.AccountClosed("A", "x"), ["account:A", "entity:HA"]),
        (m.HolderChecked("HZ", True), ["entity:HZ"]),
        (m.Represented("A", "cid", ()), ["account:A", "entity:HA"]),
        (m.HoldPlaced("H9", "A", D16, 1, "order"), ["account:A", "entity:HA", f"kind:{D16}"]),
        (m.HoldEnded("H1", "x"), ["account:A", "entity:HA"]),
        (m.HoldReduced("H1", 1, "x"), ["account:A", "entity:HA"]),
        (m.HoldEnded("H9", "x"), []),
        (m.Proposed("P9", "cancel", "A", {}, "ann"), ["account:A", "entity:HA"]),
        (m.Proposed("P9", "close_registry", "", {}, "gov1"), []),
        (m.Scheduled("P1", "bob", "2017"), ["account:B", "entity:HB"]),
        (m.Settled("P1", "done"), ["account:B", "entity:HB"]),
        (m.Settled("P2", "done"), []),
        (m.Settled("P9", "done"), []),
        (m.BlocksFrozen("A", D16, (), True, "x"), ["account:A", "entity:HA", f"kind:{D16}"]),
        (m.ModeSet("closed", "x"), []),
        (m.Imported(CREDIT, "ndrc", 1, 2), [f"kind:{CREDIT}"]),
        (m.ExportLocked("X9", "H9", "A", D16, 1, "other"), ["account:A", "entity:HA", f"kind:{D16}"]),
        (m.ExportEnded("X1", "x"), ["account:T", "entity:HT"]),
        (m.UnitsImported("other", "X1", "A", D16, 1), ["account:A", "entity:HA", f"kind:{D16}"]),
        (m.Alarm("velocity", "A", D16, 1), ["account:A", "entity:HA", f"kind:{D16}"]),
        (m.Reversed(1, "x"), []),
    ],
)  # fmt: skip
def test_subjects(w: World, event: m.Event, expected: list[str]) -> None:
    for made in (
        m.HoldPlaced("H1", "A", D16, 1, "order"), m.Proposed("P1", "cancel", "B", {}, "ann"),
        m.Proposed("P2", "close_registry", "", {}, "gov1"),
        m.ExportLocked("X1", "H1", "T", D16, 1, "other"),
    ):  # fmt: skip
        w.state.apply(made, 50, 0, AT, "x")
    for events in ([event], [event, event]):
        found = subjects("propose", events, w.state)
        assert found[0] == "act:propose"
        assert sorted(found[1:]) == sorted(expected)


def test_subjects_of_all_events_of_an_entry(w: World) -> None:
    """Whatever their order: postings stand before other events, and after them."""
    moved = m.Posted((("move", D16, "A", "B", 1, 2),))
    events = [m.HolderChecked("HZ", True), moved, m.Alarm("velocity", "T", MONEY, 2)]
    expected = ["account:A", "account:B", "account:T", "act:x", "entity:HA", "entity:HB",
                "entity:HT", "entity:HZ", f"kind:{MONEY}", f"kind:{D16}"]  # fmt: skip
    assert sorted(subjects("x", events, w.state)) == expected
    assert sorted(subjects("x", events[::-1], w.state)) == expected


# Units are conserved whatever people ask

amounts = st.integers(1, 30)
asked = st.one_of(
    st.builds(c.Issue, st.sampled_from([D16, MONEY]), amounts, st.just("issuance")),
    st.builds(c.Allocate, st.just("issuance"), st.sampled_from("AB"), st.just(D16), amounts, st.sampled_from([0, 0, 2016])),
    st.builds(c.Transfer, st.sampled_from("AB"), st.sampled_from("ABT"), st.just(D16), amounts),
    st.builds(c.Surrender, st.sampled_from("AB"), amounts, st.just(2016)),
    st.builds(c.Cancel, st.sampled_from("AB"), st.just(D16), amounts, st.just("x")),
    st.builds(c.PlaceHold, st.sampled_from("AB"), st.just(D16), amounts, st.sampled_from(["order", "pledge"])),
    st.builds(c.Freeze, st.sampled_from("AB"), st.just("x"), st.just(D16), amounts),
    st.builds(c.Freeze, st.sampled_from("AB"), st.just("x"), st.just(D16), st.just(0),
              st.tuples(amounts, amounts).map(lambda p: ((min(p), max(p)),))),
    st.builds(c.Unfreeze, st.sampled_from("AB"), st.just("x"), st.just(D16),
              st.tuples(amounts, amounts).map(lambda p: ((min(p), max(p)),))),
    st.builds(c.Deduct, st.sampled_from("AB"), st.just("reserve"), st.just(D16), amounts, st.just("x")),
    st.builds(c.Reverse, st.integers(8, 30), st.just("x")),
    st.builds(c.ExportUnits, st.sampled_from("AB"), st.just(D16), amounts, st.just("other")),
    st.builds(c.ConfirmExport, st.integers(8, 30).map("X{}".format), st.just("r")),
    st.builds(c.Approve, st.integers(8, 30).map("P{}".format)),
    st.builds(c.Abort, st.integers(8, 30).map("P{}".format)),
    st.builds(c.Release, st.integers(8, 30).map("H{}".format)),
    st.integers(1, 50),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(asked, max_size=40))
def test_units_are_conserved(commands: list[c.AnyCommand | int]) -> None:
    """``World`` checks sums, blocks and holds after every entry; replaying gives the same state."""
    w = World(plain_pack(four_eyes=("cancel", "deduct"), void_order=("order", "pending", "pledge")))
    log: list[tuple[int, str, str, list[m.Event]]] = []
    record = w.record
    w.record = lambda act, events: (
        log.append((w.seq, w.at, act, list(events))),
        record(act, events),
    )[1]  # type: ignore[method-assign]
    content = msgspec.msgpack.encode(w.state.content)
    w.give("A", D16, 40)
    for command in commands:
        if isinstance(command, int):
            w.wait(hours=command)
            w.settle()
            continue
        for actor in ("ann", "gov1", "bob", "gov2"):
            found = w.decide(command, actor)
            if isinstance(found, Decision):
                w.record(found.act, found.events)
                break
    copy = Registry(msgspec.msgpack.decode(content, type=Content))
    for seq, at, act, events in log:
        for n, event in enumerate(events):
            copy.apply(event, seq, n, at, act)
    assert encode(copy.content) == encode(w.state.content)
