"""Where units are and how they got there, statements, past holdings, exports: against a replay."""

from __future__ import annotations

import pytest

from helpers.registry import D15, D16, MONEY, NAME, Scheme, local, plain_pack
from tanheng.journal import Store
from tanheng.registry import commands as c
from tanheng.registry import export, questions, tables
from tanheng.registry import model as m
from tanheng.registry.questions import Place


@pytest.fixture
def s(store: Store) -> Scheme:
    """Units that went about for three days."""
    made = Scheme(plain_pack(reverse_within_days=None), store=store)
    made.ok(c.Issue(D16, 1000, "issuance"), "gov1")
    made.ok(c.Allocate("issuance", "A", D16, 600, 2016), "gov1")
    made.ok(c.Allocate("issuance", "A", D16, 300), "gov1")
    made.clock.go("2016-03-02 10:30")
    made.give("B", D15, 50)
    made.ok(c.Issue(MONEY, 500, "reserve"), "gov1")
    made.ok(c.Allocate("reserve", "A", MONEY, 200), "gov1")
    made.ok(c.Surrender("A", 650, 2016, D16))
    made.clock.go("2016-03-03 10:30")
    made.ok(c.Transfer("A", "T", D16, 20, ((700, 704), (800, 814))))
    made.ok(c.Transfer("A", "B", MONEY, 50))
    made.clock.go("2016-03-05 10:30")
    made.ok(c.Freeze("T", "x", D16, 0, ((702, 703),)), "gov1")
    made.ok(c.CarryOver("B", D15, 10))
    return made


DAY = [local(f"2016-03-0{n} 00:00") for n in (1, 2, 3, 4, 5, 6)]


def test_where(s: Scheme) -> None:
    found = questions.where(s.store, D16, 699, 705)
    assert found.places == (
        Place(D16, 699, 699, "A", 0, False), Place(D16, 700, 701, "T", 0, False),
        Place(D16, 702, 703, "T", 0, True), Place(D16, 704, 704, "T", 0, False),
        Place(D16, 705, 705, "A", 0, False),
    )  # fmt: skip
    assert [(m.act, m.op, m.source, m.target, m.first, m.last) for m in found.moves] == [
        ("issue", "issue", "", "issuance", 1, 1000), ("allocate", "move", "issuance", "A", 601, 900),
        ("transfer", "move", "A", "T", 700, 704),
    ]  # fmt: skip
    assert questions.where(s.store, D16, 600, 601).places == (
        Place(D16, 600, 600, "surrender", 2016, False), Place(D16, 601, 601, "surrender", 0, False),
    )  # fmt: skip
    assert questions.where(s.store, D16, 2000, 2001).places == ()
    assert questions.where(s.store, "NIX", 1, 1) == questions.Provenance((), ())


def test_every_serial_has_the_moves_that_touched_it(s: Scheme) -> None:
    s.clock.go("2016-03-07 11:00")
    s.programme.tick()
    moves = [tuple(row) for row in s.store.query(
        "SELECT seq, n, first, last FROM moves WHERE kind = ? ORDER BY seq, n", (D16,)
    )]  # fmt: skip
    for serial in (
        1,
        2,
        599,
        600,
        601,
        650,
        651,
        699,
        700,
        704,
        705,
        800,
        814,
        815,
        900,
        901,
        1000,
        1010,
    ):
        for width in (1, 3, 64):
            last = serial + width - 1
            found = questions.where(s.store, D16, serial, last).moves
            expected = [m[0] for m in moves if m[2] <= last and m[3] >= serial]
            assert [m.seq for m in found] == expected


def test_balances_in_the_past(s: Scheme) -> None:
    store = s.store
    assert [questions.balance(store, "A", D16, day) for day in DAY] == [0, 900, 250, 250, 230, 230]
    assert [questions.balance(store, "A", MONEY, day) for day in DAY] == [0, 0, 200, 200, 150, 150]
    assert questions.balance(store, "A", D16) == 230
    assert questions.balance(store, "X", D16) == 0


def test_statement(s: Scheme) -> None:
    found = questions.statement(s.store, "A", DAY[1], DAY[4])
    assert (found.account, found.since, found.until) == ("A", DAY[1], DAY[4])
    assert found.opening == {D16: 900}
    assert found.closing == {D16: 230, MONEY: 150}
    assert [(m.act, m.kind, m.first, m.last, m.amount) for m in found.moves] == [
        ("allocate", MONEY, None, None, 200), ("surrender", D16, 1, 600, 600),
        ("surrender", D16, 601, 650, 50), ("transfer", D16, 700, 704, 5),
        ("transfer", D16, 800, 814, 15), ("transfer", MONEY, None, None, 50),
    ]  # fmt: skip
    assert [m.source_balance for m in found.moves if m.source == "A" and m.kind == D16] == [
        300,
        250,
        245,
        230,
    ]
    assert questions.statement(s.store, "A", DAY[4]).moves == ()
    whole = questions.statement(s.store, "A")
    assert (whole.opening, whole.closing) == ({}, {D16: 230, MONEY: 150})


def test_holdings(s: Scheme) -> None:
    assert list(questions.holdings(s.store, DAY[2])) == [
        ("A", "operator", "HA", MONEY, 200), ("A", "operator", "HA", D16, 250),
        ("B", "operator", "HB", D15, 50), ("issuance", "issuance", "authority", D16, 100),
        ("reserve", "reserve", "authority", MONEY, 300), ("surrender", "surrender", "authority", D16, 650),
    ]  # fmt: skip
    assert questions.holdings_by_type(s.store) == {
        (MONEY, "operator"): 200, (D16, "operator"): 240, (D15, "operator"): 40,
        (D16, "issuance"): 100, (MONEY, "reserve"): 300, (D16, "surrender"): 650,
        (D16, "trader"): 20, (D15, "cancellation"): 10,
    }  # fmt: skip
    assert questions.holdings_by_type(s.store, DAY[0]) == {}


def test_transactions(s: Scheme) -> None:
    found = export.transactions(s.store, NAME, DAY[2], DAY[5])
    assert found.schema == export.TRANSACTIONS
    rows = found.to_pylist()
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0] == {
        "id": 1, "transactionID": rows[1]["transactionID"], "date": local("2016-03-04 12:00"),
        "transactionTypeMain_id": "move", "transactionTypeSupplementary_id": "transfer",
        "transferringAccount_id": "A", "acquiringAccount_id": "T", "unitType_id": D16,
        "amount": 5, "firstSerial": 700, "lastSerial": 704,
    } | {"date": rows[0]["date"]}  # fmt: skip
    assert rows[0]["transactionID"].startswith(f"{NAME}-")
    assert rows[-1]["transferringAccount_id"] is None
    some = export.transactions(s.store, NAME, acts=("surrender",)).to_pylist()
    assert [(r["id"], r["firstSerial"], r["lastSerial"]) for r in some] == [
        (r["id"], *x) for r, x in zip(some, ((1, 600), (601, 650)), strict=True)
    ]


def test_holdings_as_a_table(s: Scheme) -> None:
    found = export.holdings(s.store, DAY[1])
    assert found.column_names == ["account", "type", "holder", "kind", "total"]
    assert found.to_pylist() == [
        {"account": "A", "type": "operator", "holder": "HA", "kind": D16, "total": 900},
        {
            "account": "issuance",
            "type": "issuance",
            "holder": "authority",
            "kind": D16,
            "total": 100,
        },
    ]


def test_tables_of_nothing_have_the_same_columns(s: Scheme) -> None:
    """With their types, so that files of quiet days can be put together with others."""
    for found, full in (
        (export.transactions(s.store, NAME, DAY[0], DAY[0]), export.transactions(s.store, NAME)),
        (export.holdings(s.store, DAY[0]), export.holdings(s.store)),
    ):
        assert (found.num_rows, found.schema) == (0, full.schema)
    assert {"string", "int64"} == {str(t) for t in export.holdings(s.store, DAY[0]).schema.types}


def test_columns_that_analysts_ask_by_name(s: Scheme) -> None:
    """What pages and queries rely on; another layout needs another version."""
    expected = {
        "accounts": "account type holder status own_limit",
        "representatives": "account person rights",
        "trusted": "account target effective",
        "holdings": "account kind total held restricted frozen",
        "blocks": "kind first last account restriction frozen",
        "totals": "kind issued surrendered cancelled",
        "holds": "hold account kind amount reason until beneficiary pending",
        "pending": "pending act account initiator approver expires due",
        "moves": "seq n at act op kind source target first last amount source_balance "
        "target_balance level",
        "notices": "seq n at event subject how kind amount reason",
    }
    assert {table.name: " ".join(table.names) for table in tables.TABLES} == expected
    for name, columns in expected.items():
        s.store.query(f"SELECT {', '.join(columns.split())} FROM {name}")


def test_tables_of_the_present(store: Store) -> None:
    """Row by row, in the store and as they follow from the state: blocks were split, marked, joined
    again and moved, and some of all else is gone."""
    s = Scheme(plain_pack(), store)
    s.give("A", D16, 100)
    s.ok(c.Represent("A", "cid", ("initiate",)), "gov1")
    s.ok(c.Represent("T", "bob", ()), "gov1")
    s.ok(c.SetLimit("A", 70))
    s.ok(c.Trust("A", "B"))
    s.ok(c.Trust("A", "T"))
    s.ok(c.Distrust("A", "T"))
    s.ok(c.Release(f"H{s.ok(c.PlaceHold('A', D16, 1, 'order')).seq}"))
    s.ok(c.Abort(f"P{s.ok(c.Transfer('A', 'B', D16, 1)).seq}"))
    s.ok(c.Freeze("A", "inquiry", D16, 0, ((11, 20), (31, 40))), "gov1")
    s.ok(c.Unfreeze("A", "over", D16, ((11, 20),)), "gov1")
    s.ok(c.Issue(D16, 10, "issuance"), "gov1")
    s.ok(c.Allocate("issuance", "B", D16, 10, 2016), "gov1")
    s.ok(c.Surrender("B", 4, 2016))
    s.ok(c.Cancel("A", D16, 1, "for good"))
    s.ok(c.Freeze("B", "inquiry"), "gov1")
    until = local("2016-03-02 11:00")
    n = s.ok(c.PlaceHold("A", D16, 5, "pledge", until, "T")).seq
    s.ok(c.Transfer("A", "T", D16, 3))
    own = ("auction", "cancellation", "issuance", "reserve", "surrender")
    expected = {
        "accounts": {
            ("A", "operator", "HA", "open", 70), ("B", "operator", "HB", "frozen", None),
            ("T", "trader", "HT", "open", None),
            *((name, name, "authority", "open", None) for name in own),
        },
        "representatives": {
            ("A", "ann", "approve initiate"), ("A", "bob", "approve initiate"),
            ("A", "cid", "initiate"), ("B", "ann", "approve initiate"),
            ("B", "bob", "approve initiate"), ("T", "ann", "approve initiate"),
        },
        "trusted": {("A", "B", local("2016-03-07 12:00"))},
        "holdings": {
            ("A", D16, 99, 8, 0, 10), ("B", D16, 6, 0, 6, 0), ("issuance", D16, 0, 0, 0, 0),
            ("surrender", D16, 4, 0, 4, 0), ("cancellation", D16, 1, 0, 0, 0),
        },
        "blocks": {
            (D16, 1, 1, "cancellation", 0, 0), (D16, 2, 30, "A", 0, 0), (D16, 31, 40, "A", 0, 1),
            (D16, 41, 100, "A", 0, 0), (D16, 101, 104, "surrender", 2016, 0),
            (D16, 105, 110, "B", 2016, 0),
        },
        "totals": {(D16, 110, 4, 1)},
        "holds": {
            (f"H{n}", "A", D16, 5, "pledge", until, "T", ""),
            (f"H{n + 1}.0", "A", D16, 3, "pending", "", "", f"P{n + 1}"),
        },
        "pending": {(f"P{n + 1}", "transfer", "A", "ann", "", "", local("2016-03-02 12:00"))},
    }  # fmt: skip
    assert tables.current(s.state) == expected
    for name, rows in expected.items():
        assert {tuple(row) for row in s.store.query(f"SELECT * FROM {name}")} == rows, name


def test_notices(s: Scheme) -> None:
    """One row for what is no move and no present state: alarms, imports, checks, ends."""
    s.clock.go("2016-03-07 11:00")
    s.programme.tick()
    s.store.begin()
    s.store.delete(tables.NOTICES, list(s.store.query("SELECT seq, n FROM notices")))
    s.store.commit()
    n = s.ok(c.ImportCredits("A", "CCER", "ndrc", 11, 15), "gov1").seq
    s.ok(c.ImportUnits("A", D16, 7, "other", "X1"), "gov1")
    s.ok(c.RegisterHolder("HA", True), "gov1")
    s.ok(c.RegisterHolder("HA", False), "gov1")
    s.ok(c.PlaceHold("A", D16, 1, "order"))
    s.ok(c.Release(f"H{n + 4}"))
    s.ok(c.Transfer("A", "B", "CCER", 5))
    s.clock.go("2016-03-08 13:00")
    s.programme.tick()
    due, now = local("2016-03-08 12:00"), local("2016-03-07 11:00")
    assert [tuple(row) for row in s.store.query(
        "SELECT seq, n, at, event, subject, how, kind, amount FROM notices ORDER BY seq, n"
    )] == [
        (n, 1, now, "imported", "ndrc:11..15", "", "CCER", 5),
        (n + 1, 1, now, "units_imported", "other:X1", "", D16, 7),
        (n + 2, 0, now, "holder_checked", "HA", "passed", "", None),
        (n + 3, 0, now, "holder_checked", "HA", "failed", "", None),
        (n + 5, 0, now, "hold_ended", f"H{n + 4}", "released", "", None),
        (n + 7, 0, due, "hold_ended", f"H{n + 6}.0", "used", "", None),
        (n + 7, 1, due, "settled", f"P{n + 6}", "done", "", None),
    ]  # fmt: skip
    s.clock.go("2016-03-09 11:59")
    s.ok(c.ImportCredits("A", "CCER", "ndrc", 16, 20), "gov1")
    s.ok(c.Transfer("A", "B", "CCER", 5))
    s.clock.go("2016-03-09 13:00")
    s.ok(c.ImportCredits("A", "CCER", "ndrc", 21, 25), "gov1")
    s.clock.go("2016-03-10 12:00")
    s.programme.tick()
    alarms = s.store.query(
        "SELECT at, n, subject, how, kind, amount FROM notices WHERE event = 'alarm'"
    )
    assert alarms == [(local("2016-03-10 12:00"), 3, "A", "transit", "CCER", 5)]


def test_what_has_a_table_of_its_own_is_no_notice() -> None:
    with pytest.raises(ValueError, match=r"^account_opened has no row$"):
        tables.notice(1, 0, local("2016-03-01 11:00"), m.AccountOpened("N", "trader", "HN"))
