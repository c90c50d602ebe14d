"""Accounts: opening, closing, holders, representatives, lists, limits, the mode; who may act."""

from __future__ import annotations

import pytest

from helpers.registry import D16, MONEY, World, clause, later, plain_pack, varied
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.decide import Decision
from tanheng.registry.decide_accounts import founding
from tanheng.registry.view import LARGEST, Refused, View

TYPES = (
    "issuance, reserve, auction, surrender, cancellation, operator, trader, person, developer, "
    "clearing, custody"
)


@pytest.fixture
def w() -> World:
    return World()


def test_founding() -> None:
    names = ["issuance", "reserve", "auction", "surrender", "cancellation"]
    assert founding(plain_pack()) == [m.AccountOpened(n, n, "authority") for n in names]


# Opening


def test_open_account(w: World) -> None:
    done = w.ok(c.OpenAccount("N-1.x_y", "trader", "HN", 70), "gov1")
    assert done == Decision("open_account", [m.AccountOpened("N-1.x_y", "trader", "HN", 70)], ())
    account = w.state.content.accounts["N-1.x_y"]
    assert (account.type, account.holder, account.limit, account.status) == (
        "trader", "HN", 70, "open",
    )  # fmt: skip
    assert w.state.by_type["trader"] == ["T", "N-1.x_y"]
    w.ok(c.OpenAccount("zero", "trader", "HN", 0), "gov1")


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.OpenAccount("A", "trader", "HN"), "account_exists", {"account": "A"}),
        (c.OpenAccount("N", "nix", "HN"), "account_type_unknown", {"type": "nix", "known": TYPES}),
        (c.OpenAccount("N", "issuance", "authority"), "account_type_full", {"type": "issuance", "limit": 1}),
        (c.OpenAccount("N", "operator", "HA"), "account_one_per_holder", {"holder": "HA", "type": "operator"}),
        (c.OpenAccount("N", "trader", "HN", -1), "limit_bad", {"value": -1}),
        (c.OpenAccount("", "trader", "HN"), "identifier_bad", {"value": ""}),
        (c.OpenAccount("-N", "trader", "HN"), "identifier_bad", {"value": "-N"}),
        (c.OpenAccount("N" * 65, "trader", "HN"), "identifier_bad", {"value": "N" * 65}),
        (c.OpenAccount("N", "trader", "H N"), "identifier_bad", {"value": "H N"}),
        (c.OpenAccount("N\n", "trader", "HN"), "identifier_bad", {"value": "N\n"}),
    ],
)  # fmt: skip
def test_open_account_refused(w: World, command: c.OpenAccount, code: str, details: dict) -> None:
    w.refused(code, command, "gov1", **details)


def test_longest_identifier(w: World) -> None:
    w.ok(c.OpenAccount("N" * 64, "trader", "9"), "gov1")


def test_one_per_holder_is_by_type_and_of_the_living(w: World) -> None:
    w.ok(c.OpenAccount("P1", "person", "HA"), "gov1")
    w.ok(c.OpenAccount("T2", "trader", "HT"), "gov1")  # traders may have several
    w.refused(
        "account_one_per_holder",
        c.OpenAccount("P2", "person", "HA"),
        "gov1",
        holder="HA",
        type="person",
    )
    w.ok(c.CloseAccount("P1", "gone"), "gov1")
    w.ok(c.OpenAccount("P2", "person", "HA"), "gov1")


def test_the_limit_of_a_type_counts_the_living() -> None:
    w = World(varied(plain_pack(), accounts={"trader": {"limit": 2}}))
    w.ok(c.OpenAccount("T2", "trader", "H2"), "gov1")
    w.refused(
        "account_type_full", c.OpenAccount("T3", "trader", "H3"), "gov1", type="trader", limit=2
    )
    w.ok(c.CloseAccount("T2", "gone"), "gov1")
    w.ok(c.OpenAccount("T3", "trader", "H3"), "gov1")


# Closing


def test_close_account(w: World) -> None:
    assert w.ok(c.CloseAccount("B", "moved"), "gov1").events == [m.AccountClosed("B", "moved")]
    assert w.state.content.accounts["B"].status == "closed"
    w.refused("account_closed", c.CloseAccount("B", "again"), "gov1", account="B")
    w.refused("account_unknown", c.CloseAccount("X", "?"), "gov1", account="X")


def test_close_account_refused(w: World) -> None:
    w.refused("reason_missing", c.CloseAccount("A", " "), "gov1", act="close_account")
    w.give("A", MONEY, 5)
    w.give("A", D16, 7)
    w.refused(
        "account_not_empty",
        c.CloseAccount("A", "?"),
        "gov1",
        account="A",
        what=f"5 {MONEY}, 7 {D16}",
    )
    w.refused(
        "account_not_empty",
        c.CloseAccount("reserve", "?"),
        "gov1",
        account="reserve",
        what="reserve",
    )
    w.ok(c.Transfer("A", "B", MONEY, 5))
    w.refused(
        "account_not_empty",
        c.CloseAccount("A", "?"),
        "gov1",
        account="A",
        what=f"5 {MONEY}, 7 {D16}, P{w.seq - 1}",
    )


def test_an_account_that_had_units_may_close(w: World) -> None:
    w.give("A", D16, 7)
    w.ok(c.Cancel("A", D16, 7, "gone"))
    assert w.ok(c.CloseAccount("A", "empty"), "gov1").act == "close_account"


def test_closing_is_approved_by_a_second_person() -> None:
    """The pending closing is no obstacle to itself; another one is."""
    w = World(plain_pack(four_eyes=("close_account", "set_limit")))
    w.ok(c.CloseAccount("A", "gone"), "gov1")
    waiting = f"P{w.seq - 1}"
    w.ok(c.SetLimit("A", 5))
    other = f"P{w.seq - 1}"
    w.refused("account_not_empty", c.Approve(waiting), "gov2", account="A", what=other)
    w.ok(c.Abort(other))
    assert w.ok(c.Approve(waiting), "gov2").events == [
        m.Settled(waiting, "done", "", "gov2"), m.AccountClosed("A", "gone"),
    ]  # fmt: skip


# Holders


def test_register_holder(w: World) -> None:
    until = later(w.at, days=1095)
    done = w.ok(c.RegisterHolder("HA", True), "gov1")
    assert done.events == [m.HolderChecked("HA", True, until)]
    assert w.state.content.holders == {"HA": (True, until)}
    sooner = later(w.at, microseconds=1)
    assert w.ok(c.RegisterHolder("HA", True, sooner), "gov1").events == [
        m.HolderChecked("HA", True, sooner)
    ]
    assert w.ok(c.RegisterHolder("HA", True, later(until, days=1)), "gov1").events == [
        m.HolderChecked("HA", True, until)
    ]
    assert w.ok(c.RegisterHolder("HA", False, sooner), "gov1").events == [
        m.HolderChecked("HA", False, "")
    ]
    assert w.state.content.holders == {"HA": (False, "")}


def test_a_check_without_an_end() -> None:
    w = World(plain_pack(kyc={"required_for": (), "valid_days": None}))
    assert w.ok(c.RegisterHolder("HA", True), "gov1").events == [m.HolderChecked("HA", True, "")]
    far = later(w.at, days=9999)
    assert w.ok(c.RegisterHolder("HA", True, far), "gov1").events == [
        m.HolderChecked("HA", True, far)
    ]


@pytest.mark.parametrize(
    "until",
    ["2016-03-01", "tomorrow", "2016-03-02T00:00:00Z", "2015-03-02T00:00:00.000000Z",
     "2016-03-02T00:00:00.000000 ", "20260301T100000.000000+0800", "2017-03-02T00:00:00,000000Z",
     "2017-13-02T00:00:00.000000Z", "2017-03-02T00:00:00.00000000",
     "2017-03-02T08:00:00.0000+08:00", "2017-03-02T00:00:00.000000", "9999-12-31T23:59:59.9999-01:00"],
)  # fmt: skip
def test_an_instant_is_written_in_one_form(w: World, until: str) -> None:
    w.refused("instant_bad", c.RegisterHolder("HA", True, until), "gov1", value=until, now=w.at)


def test_an_instant_lies_ahead(w: World) -> None:
    w.refused("instant_bad", c.RegisterHolder("HA", True, w.at), "gov1", value=w.at, now=w.at)
    w.refused("identifier_bad", c.RegisterHolder("", True), "gov1", value="")


# Representatives


def test_represent(w: World) -> None:
    done = w.ok(c.Represent("A", "cid", ("initiate", "approve")), "gov1")
    assert done.events == [m.Represented("A", "cid", ("approve", "initiate"))]
    assert w.state.content.accounts["A"].representatives["cid"] == ["approve", "initiate"]
    w.ok(c.Represent("A", "cid", ("approve",)), "gov1")
    assert w.state.content.accounts["A"].representatives["cid"] == ["approve"]
    assert w.ok(c.Represent("A", "cid", ()), "gov1").events == [m.Represented("A", "cid", ())]
    assert sorted(w.state.content.accounts["A"].representatives) == ["ann", "bob"]


KNOWN_RIGHTS = "initiate, approve"


@pytest.mark.parametrize(
    "command, code, details",
    [
        (c.Represent("A", "cid", ("own",)), "rights_bad", {"value": "own", "known": KNOWN_RIGHTS}),
        (c.Represent("A", "cid", ("approve", "approve")), "rights_bad",
         {"value": "approve, approve", "known": KNOWN_RIGHTS}),
        (c.Represent("A", "nobody", ("approve",)), "person_unknown", {"person": "nobody"}),
        (c.Represent("A", "cid", ()), "not_representative",
         {"person": "cid", "account": "A", "right": "—", "act": "represent"}),
        (c.Represent("A", "nobody", ()), "not_representative",
         {"person": "nobody", "account": "A", "right": "—", "act": "represent"}),
        (c.Represent("A", "vera", ("approve",)), "verifier_represents",
         {"person": "vera", "clause": clause(3)}),
        (c.Represent("reserve", "cid", ("approve",)), "authority_only",
         {"person": "cid", "act": "represent"}),
        (c.Represent("X", "cid", ("approve",)), "account_unknown", {"account": "X"}),
    ],
)  # fmt: skip
def test_represent_refused(w: World, command: c.Represent, code: str, details: dict) -> None:
    w.refused(code, command, "gov1", **details)


def test_the_authority_represents_its_accounts(w: World) -> None:
    w.ok(c.Represent("reserve", "gov2", ("approve",)), "gov1")


def test_a_verifier_where_the_pack_allows_it() -> None:
    w = World(plain_pack(verifier_never_represents=False))
    assert w.ok(c.Represent("A", "vera", ("initiate",)), "gov1").act == "represent"


# Limits


def test_set_limit(w: World) -> None:
    assert w.ok(c.SetLimit("A", 0)).events == [m.LimitSet("A", 0)]
    assert w.state.content.accounts["A"].limit == 0
    assert w.ok(c.SetLimit("A", None)).events == [m.LimitSet("A", None)]
    assert w.state.content.accounts["A"].limit is None
    w.refused("limit_bad", c.SetLimit("A", -1), value=-1)
    assert w.ok(c.SetLimit("A", LARGEST)).events == [m.LimitSet("A", LARGEST)]
    w.refused("limit_bad", c.SetLimit("A", LARGEST + 1), value=LARGEST + 1)


# Trusted lists


def test_trust_works_from_noon_of_the_fourth_working_day(w: World) -> None:
    done = w.ok(c.Trust("A", "B"))
    assert done.events == [m.Trusted("A", "B", "2016-03-07T04:00:00.000000Z")]
    assert w.state.content.accounts["A"].trusted == {"B": "2016-03-07T04:00:00.000000Z"}
    w.refused(
        "trust_there",
        c.Trust("A", "B"),
        account="A",
        target="B",
        since="2016-03-07T04:00:00.000000Z",
    )
    assert w.ok(c.Distrust("A", "B")).events == [m.Trusted("A", "B", "")]
    assert w.state.content.accounts["A"].trusted == {}
    w.refused("trust_missing", c.Distrust("A", "B"), account="A", target="B")


def test_trust_refused(w: World) -> None:
    w.refused("account_same", c.Trust("A", "A"), account="A")
    w.refused("account_unknown", c.Trust("A", "X"), account="X")
    for sink in ("surrender", "cancellation"):
        w.refused("account_is_sink", c.Trust("A", sink), account=sink, act="trust")


def test_a_frozen_account_sets_nothing(w: World) -> None:
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    w.refused("account_frozen", c.SetLimit("A", 1), account="A", act="set_limit", clause=clause(17))
    w.refused("account_frozen", c.Trust("A", "B"), account="A", act="trust", clause=clause(17))


def test_distrust_works_for_a_frozen_account(w: World) -> None:
    w.trust("A", "B")
    w.ok(c.Freeze("A", "inquiry"), "gov1")
    assert w.ok(c.Distrust("A", "B")).events == [m.Trusted("A", "B", "")]


# The mode


def test_the_mode(w: World) -> None:
    w.refused("mode_same", c.OpenRegistry("why"), "gov1", mode="open")
    w.refused("reason_missing", c.CloseRegistry("\t"), "gov1", act="close_registry")
    assert w.ok(c.CloseRegistry("audit"), "gov1").events == [m.ModeSet("closed", "audit")]
    assert w.state.content.mode == "closed"
    # Even closing again is something that a closed registry does not do.
    w.refused(
        "registry_closed", c.CloseRegistry("audit"), "gov1", act="close_registry", clause=clause(18)
    )
    assert w.ok(c.OpenRegistry("done"), "gov1").events == [m.ModeSet("open", "done")]
    assert w.state.content.mode == "open"


def test_a_closed_registry_takes_surrenders_and_what_the_pack_lists(w: World) -> None:
    w.give("A", D16, 10)
    w.ok(c.PlaceHold("A", D16, 1, "order"))
    held = f"H{w.seq - 1}"
    w.ok(c.CloseRegistry("audit"), "gov1")
    for command, actor in (
        (c.Transfer("A", "B", D16, 1), "ann"), (c.SetLimit("A", 1), "ann"),
        (c.Issue(D16, 1, "issuance"), "gov1"), (c.Release(held), "ann"),
    ):  # fmt: skip
        w.refused("registry_closed", command, actor, act=command.act, clause=clause(18))
    assert w.ok(c.Surrender("A", 1, 2016)).act == "surrender"
    w.pack = plain_pack(closed_registry_allows=("set_limit", "close_registry"))
    w.ok(c.SetLimit("A", 1))
    w.refused("registry_closed", c.Surrender("A", 1, 2016), act="surrender", clause=clause(18))
    w.refused("mode_same", c.CloseRegistry("x"), "gov1", mode="closed")


# Who may act

AUTHORITY = [
    c.OpenAccount("N", "trader", "HN"), c.CloseAccount("A", "x"), c.RegisterHolder("HA", True),
    c.Represent("A", "cid", ("approve",)), c.Issue(D16, 1, "issuance"),
    c.Allocate("issuance", "A", D16, 1), c.ImportCredits("A", "CCER", "ndrc", 1, 2),
    c.Deduct("A", "reserve", D16, 1, "x"), c.Reverse(1, "x"), c.Freeze("A", "x"),
    c.Unfreeze("A", "x"), c.OpenRegistry("x"), c.CloseRegistry("x"),
    c.ConfirmExport("X1", "x"), c.AbortExport("X1", "x"),
    c.ImportUnits("A", D16, 1, "other", "X1"),
]  # fmt: skip
HOLDERS = [
    c.SetLimit("A", 1), c.Trust("A", "B"), c.Distrust("A", "B"), c.Transfer("A", "B", D16, 1),
    c.PlaceHold("A", D16, 1, "order"), c.Surrender("A", 1, 2016), c.Cancel("A", D16, 1, "x"),
    c.Convert("A", D16, "CCER", 1), c.CarryOver("A", D16, 1), c.Return("A", "reserve", D16, 1),
    c.ExportUnits("A", D16, 1, "other"),
]  # fmt: skip


def test_both_lists_together_are_all_commands() -> None:
    others = {c.Approve, c.Reject, c.Abort, c.Release}
    assert {type(x) for x in (*AUTHORITY, *HOLDERS)} | others == set(c.AnyCommand.__args__)
    assert all(type(x).authority for x in AUTHORITY)
    assert not any(type(x).authority for x in HOLDERS)
    assert not any(x.authority for x in others)


@pytest.mark.parametrize("command", AUTHORITY, ids=lambda x: x.act)
def test_acts_of_the_authority(w: World, command: c.AnyCommand) -> None:
    for person in ("ann", "vera", "aude"):
        w.refused("authority_only", command, person, person=person, act=command.act)
    w.refused("person_unknown", command, "nobody", person="nobody")
    found = w.decide(command, "gov1")
    assert getattr(found, "code", "") not in ("authority_only", "person_unknown")


@pytest.mark.parametrize("command", HOLDERS, ids=lambda x: x.act)
def test_acts_of_representatives(w: World, command: c.AnyCommand) -> None:
    w.record("represent", [m.Represented("A", "cid", ("approve",))])
    for person in ("cid", "gov1", "vera"):
        w.refused(
            "not_representative", command, person,
            person=person, account="A", right="initiate", act=command.act,
        )  # fmt: skip
    w.refused("person_unknown", command, "nobody", person="nobody")
    w.record("represent", [m.Represented("A", "cid", ("initiate",))])
    found = w.decide(command, "cid")
    assert getattr(found, "code", "") not in ("not_representative", "person_unknown")
    w.record("close_account", [m.AccountClosed("A", "x")])
    w.refused("account_closed", command, "ann", account="A")


def test_the_authority_initiates_for_its_own_accounts(w: World) -> None:
    w.give("reserve", D16, 5)
    w.record("represent", [m.Represented("reserve", "ann", ("approve", "initiate"))])
    w.refused(
        "not_representative", c.Cancel("reserve", D16, 1, "x"), "ann",
        person="ann", account="reserve", right="initiate", act="cancel",
    )  # fmt: skip
    need = {"account": "reserve", "count": 1, "need": 2, "clause": clause(4)}
    assert w.ok(c.Cancel("reserve", D16, 1, "x"), "gov1").act == "cancel"
    w.pack = varied(plain_pack(), accounts={"reserve": {"minimum_representatives": 2}})
    w.refused("representatives_too_few", c.Cancel("reserve", D16, 1, "x"), "gov1", **need)


def test_minimum_representatives() -> None:
    w = World(people=False)
    w.record("represent", [m.Represented("A", "ann", ("approve", "initiate"))])
    w.refused(
        "representatives_too_few", c.SetLimit("A", 1),
        account="A", count=1, need=2, clause=clause(4),
    )  # fmt: skip
    w.record("represent", [m.Represented("A", "bob", ("approve",))])
    assert w.ok(c.SetLimit("A", 1)).act == "set_limit"


def test_rights_given_before_the_person_became_a_verifier(w: World) -> None:
    w.roles["ann"] = frozenset({"verifier", "representative"})
    w.refused(
        "not_representative", c.SetLimit("A", 1),
        person="ann", account="A", right="initiate", act="set_limit",
    )  # fmt: skip
    w.pack = plain_pack(verifier_never_represents=False)
    assert w.ok(c.SetLimit("A", 1)).act == "set_limit"


def test_a_refusal_on_its_way_to_the_door_shows_its_code(w: World) -> None:
    """Should it ever get out, it says in a trace what it was."""
    with pytest.raises(Refused, match=r"^account_unknown$"):
        View(w.state, w.call("ann")).account("X")
