"""Surrender: which units count for a year, in which order, up to which limits, what undoes it, and
what follows for steps that were taken before a correction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.compliance import EVIDENCE, Scheme
from helpers.drafts import choice, law, replayed, shenzhen
from tanheng.compliance import commands as c
from tanheng.errors import Refusal
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as r

OLD, KIND, NEXT = "SZA-2015", "SZA-2016", "SZA-2017"
LOCAL, HYDRO = "CCER-SZ", "CCER-HYDRO"
Make = Callable[..., Scheme]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes schemes, and replays them all in the end."""
    made: list[Scheme] = []

    def one(*drafts: str, **more: Any) -> Scheme:
        made.append(Scheme(shenzhen(*drafts), **more))
        return made[-1]

    yield one
    for scheme in made:
        replayed(scheme)


def give(scheme: Scheme, account: str, *, year: int = 0, **kinds: int) -> None:
    """Units of kinds into an account, perhaps restricted to a year's surrender."""
    for name, amount in kinds.items():
        kind = NAMES[name]
        scheme.do(r.Issue(kind, amount, "issuance"))
        scheme.do(r.Allocate("issuance", account, kind, amount, year))


NAMES = {"old": OLD, "now": KIND, "next_": NEXT, "local": LOCAL, "hydro": HYDRO}


def surrender(
    scheme: Scheme, amount: int, kind: str = "", year: int = 2016, account: str = "acc0"
) -> Outcome:
    return scheme.do(r.Surrender(account, amount, year, kind), actor="ann")


def refused(scheme: Scheme, amount: int, kind: str = "", year: int = 2016) -> Refusal:
    found = scheme.no(r.Surrender("acc0", amount, year, kind), actor="ann")
    for language in ("en", "zh"):
        assert "{" not in found.message(language)
    return found


def taken(scheme: Scheme, entity: str = "E0", year: int = 2016) -> list[tuple[str, int]]:
    """Kinds and amounts that were surrendered, in their order."""
    return [(row[1], row[2]) for row in scheme.record(entity, year).surrendered]


def room(refusal: Refusal, code: str = "credits_beyond") -> tuple[object, object]:
    """What the refusal says is left, and by which limit."""
    assert refusal.code == code, refusal
    return refusal.details["room"], refusal.details.get("limit")


# Limits of credits

ANY_TYPE = law("excluded_project_types", "words: [biomass]")


def test_the_offset_limit_is_met_and_exceeded_by_one(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", local=200)
    assert room(refused(s, 1, LOCAL)) == (0, "offset_limit")  # no emissions are known
    s.emissions(2016, {"E0": "1009"})  # 10 % is 100.9: 100
    refusal = refused(s, 101, LOCAL)
    assert room(refusal) == (100, "offset_limit")
    assert refusal.details["clause"] == "Interim Measures 2014 (secondary source)"
    surrender(s, 60, LOCAL)
    assert room(refused(s, 41, LOCAL)) == (40, "offset_limit")
    surrender(s, 40, LOCAL)
    assert room(refused(s, 1, LOCAL)) == (0, "offset_limit")
    assert taken(s) == [(LOCAL, 60), (LOCAL, 40)]


def test_the_offset_limit_of_an_allocation(make: Make) -> None:
    s = make(choice(offset_base="allocation"), entities=1, issue={KIND: 500})
    give(s, "acc0", local=100)
    s.emissions(2016, {"E0": "9999"})
    assert room(refused(s, 1, LOCAL)) == (0, "offset_limit")
    s.data(2016, {"E0": {"output:x": "309", "intensity:x": "1"}})
    s.do(c.PreAllocate(2016))
    assert room(refused(s, 31, LOCAL)) == (30, "offset_limit")
    surrender(s, 30, LOCAL)


def test_the_limit_of_all_entities_together(make: Make) -> None:
    s = make(law("offset_limit_total", 'value: "15"'), entities=2)
    for n in range(2):
        give(s, f"acc{n}", local=50)
    s.emissions(2016, {"E0": "200", "E1": "200"})
    surrender(s, 10, LOCAL, account="acc1")
    assert room(refused(s, 6, LOCAL)) == (5, "offset_limit_total")
    surrender(s, 5, LOCAL)
    assert room(refused(s, 1, LOCAL)) == (0, "offset_limit_total")


def test_the_limit_of_all_entities_in_one_decision(make: Make) -> None:
    s = make(law("offset_limit_total", 'value: "15"'), choice(order="[credit]"), entities=2)
    for n in range(2):
        give(s, f"acc{n}", local=50)
    s.emissions(2016, {"E0": "200", "E1": "200"})
    named = s.no(c.SurrenderYear(2016, (("E0", LOCAL, 8), ("E1", LOCAL, 8))))
    assert room(named) == (7, "offset_limit_total")
    s.do(c.SurrenderYear(2016))  # as much as may be: 15 of 20 + 20
    assert sum(n for e in ("E0", "E1") for _, n in taken(s, e)) == 15


def test_most_credits_must_come_from_inside(make: Make) -> None:
    s = make(law("origin_share", 'value: "0.7"'), ANY_TYPE, entities=1)
    give(s, "acc0", local=50, hydro=50)
    s.emissions(2016, {"E0": "1000"})
    assert room(refused(s, 1, HYDRO)) == (0, "origin_share")
    surrender(s, 7, LOCAL)
    # 7 of 10 are from inside; of 11, 7.7 would have to be.
    assert room(refused(s, 4, HYDRO)) == (3, "origin_share")
    surrender(s, 3, HYDRO)
    assert room(refused(s, 1, HYDRO)) == (0, "origin_share")
    surrender(s, 1, LOCAL)
    assert room(refused(s, 1, HYDRO)) == (0, "origin_share")  # 8 of 12: 8.4
    surrender(s, 42, LOCAL)
    assert room(refused(s, 19, HYDRO)) == (18, "origin_share")  # 50 of 71: 49.7; of 72: 50.4


def test_credits_from_inside_let_others_through_in_the_same_decision(make: Make) -> None:
    drafts = (law("origin_share", 'value: "0.5"'), choice(order="[credit, allowance]"), ANY_TYPE)
    s = make(*drafts, entities=1)
    give(s, "acc0", local=10, hydro=30, now=100)
    s.emissions(2016, {"E0": "400"})
    surrender(s, 100)
    assert taken(s) == [(LOCAL, 10), (HYDRO, 10), (KIND, 80)]


def test_credits_that_only_one_year_may_use_count_towards_the_limit(make: Make) -> None:
    s = make(choice(order="[credit, allowance]"), ANY_TYPE, entities=1)
    give(s, "acc0", year=2016, local=10)
    give(s, "acc0", hydro=10, now=100)
    s.emissions(2016, {"E0": "150"})  # 15 credits
    surrender(s, 50)
    assert taken(s) == [(LOCAL, 10), (HYDRO, 5), (KIND, 35)]


def test_kinds_that_do_not_count(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", hydro=10, now=2)
    s.emissions(2016, {"E0": "100"})
    refusal = refused(s, 1, HYDRO)
    assert (refusal.code, refusal.details["type"]) == ("credit_excluded", "hydropower")
    refusal = refused(s, 3)
    assert (refusal.code, refusal.details["got"]) == ("surrender_short", 2)
    assert refused(s, 1, "CNY").code == "kind_not_surrendered"
    assert refused(s, 1, "SZA-1999").code == "kind_unknown"
    assert refused(s, 0).code == refused(s, -1, KIND).code == "amount_bad"
    assert refused(s, 1, KIND, 2018).code == "year_unknown"
    s = make(choice(credits="[CCER-SZ]"), entities=1)
    give(s, "acc0", hydro=1)
    s.emissions(2016, {"E0": "100"})
    assert refused(s, 1, HYDRO).code == "credit_not_listed"


# Vintages, borrowing, order


@pytest.mark.parametrize(
    "rule, old, next_", [("same_year", "-", "-"), ("up_to_year", "ok", "-"), ("any", "ok", "ok")]
)
def test_units_of_another_vintage(make: Make, rule: str, old: str, next_: str) -> None:
    s = make(choice(vintages=rule), entities=1)
    give(s, "acc0", old=5, now=5, next_=5)
    surrender(s, 1, KIND)
    for kind, word, vintage in ((OLD, old, 2015), (NEXT, next_, 2017)):
        if word == "ok":
            surrender(s, 1, kind)
            continue
        refusal = refused(s, 1, kind)
        assert (refusal.code, refusal.details["vintage"]) == ("vintage_wrong", vintage)
    for kind in (KIND, NEXT):
        if rule != "any":
            assert refused(s, 1, kind, 2015).code == "vintage_wrong"


def test_the_oldest_allowances_go_first(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", next_=10, now=10, old=10, local=10)
    s.emissions(2016, {"E0": "100"})
    surrender(s, 15)
    assert taken(s) == [(OLD, 10), (KIND, 5)]
    surrender(s, 10)
    assert taken(s)[2:] == [(KIND, 5), (LOCAL, 5)]
    refusal = refused(s, 6)  # 5 credits are left; next year's allowances do not count
    assert (refusal.code, refusal.details["got"]) == ("surrender_short", 5)


BORROWING = (
    choice(order="[allowance, credit, next_vintage]"),
    law("borrow_limit_share", 'value: "0.05"'),
)


def test_borrowing_up_to_its_limit_and_beyond(make: Make) -> None:
    s = make(*BORROWING, entities=1)
    give(s, "acc0", now=190, next_=100)
    assert room(refused(s, 1, NEXT), "borrowing_beyond") == (0, None)  # no obligation is known
    s.emissions(2016, {"E0": "219"})  # 5 % is 10.95: 10
    assert room(refused(s, 11, NEXT), "borrowing_beyond") == (10, None)
    surrender(s, 6, NEXT)
    assert room(refused(s, 5, NEXT), "borrowing_beyond") == (4, None)
    refusal = refused(s, 195)
    assert (refusal.code, refusal.details["got"]) == ("surrender_short", 194)
    surrender(s, 194)
    assert taken(s) == [(NEXT, 6), (KIND, 190), (NEXT, 4)]
    assert refused(s, 1, NEXT, 2015).code == "vintage_wrong"  # two years on


def test_borrowing_needs_its_share(make: Make) -> None:
    s = make(BORROWING[0], entities=1)
    give(s, "acc0", next_=1)
    s.emissions(2016, {"E0": "100"})
    assert refused(s, 1, NEXT).details["name"] == "borrow_limit_share"


# Restricted units


def test_restricted_units_serve_their_year_alone(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", year=2015, old=10)
    give(s, "acc0", year=2016, now=10)
    give(s, "acc0", now=10)
    s.emissions(2016, {"E0": "100"})
    refusal = refused(s, 21)
    assert (refusal.code, refusal.details["got"]) == ("surrender_short", 20)
    assert s.no(r.Cancel("acc0", KIND, 11, "x"), actor="ann").code == "amount_short"
    surrender(s, 4)
    balance = s.programme.state.registry.balance("acc0", KIND)
    assert balance is not None
    assert (balance.restricted, balance.free) == (6, 10)  # the restricted ones went first
    surrender(s, 16)
    assert taken(s) == [(KIND, 4), (KIND, 16)]
    assert refused(s, 1, OLD).code == "surrender_short"
    surrender(s, 10, OLD, 2015)
    assert taken(s, year=2015) == [(OLD, 10)]


# Many at once


def test_the_whole_list_gives_what_is_missing_as_far_as_it_is_there(make: Make) -> None:
    s = make(entities=5)
    give(s, "acc0", now=100)
    give(s, "acc1", now=30)
    give(s, "acc2", old=60, now=60)
    give(s, "acc4", now=5)
    assert s.no(c.SurrenderYear(2016)).code == "surrender_nothing"
    s.emissions(2016, {"E0": "70", "E1": "31", "E2": "100", "E4": "0"})  # E3: none
    surrender(s, 20)
    s.do(c.SurrenderYear(2016))
    assert taken(s) == [(KIND, 20), (KIND, 50)]
    assert taken(s, "E1") == [(KIND, 30)]
    assert taken(s, "E2") == [(OLD, 60), (KIND, 40)]
    assert taken(s, "E3") == taken(s, "E4") == []
    assert s.no(c.SurrenderYear(2016)).code == "surrender_nothing"


def test_named_entities_give_all_or_nobody_does(make: Make) -> None:
    s = make(entities=4)
    give(s, "acc0", now=100, hydro=1)
    give(s, "acc1", now=30)
    s.emissions(2016, {"E0": "70", "E1": "31"})
    rows = (("E0", "", 0), ("E1", "", 0), ("E2", "", 0), ("E9", "", 1), ("E0", HYDRO, 1))
    refusal = s.no(c.SurrenderYear(2016, rows))
    assert refusal.details["count"] == 4
    assert [f.code for f in refusal.details["faults"]] == [
        "surrender_short", "obligation_unknown", "entity_unknown", "credit_excluded",
    ]  # fmt: skip
    assert s.no(c.SurrenderYear(2016, (("E0", KIND, -5),))).code == "surrender_short"
    assert s.no(c.SurrenderYear(2016, (("E0", KIND, 5),)), actor="ann").code == "authority_only"
    s.do(c.SurrenderYear(2016, (("E0", KIND, 99), ("E1", "", 30))))
    assert (taken(s), taken(s, "E1")) == ([(KIND, 99)], [(KIND, 30)])


def test_an_entity_named_twice_in_one_decision(make: Make) -> None:
    """The units are there: it is carried out, or it says that the row is there twice."""
    s = make(entities=1)
    give(s, "acc0", now=100)
    s.emissions(2016, {"E0": "100"})
    found = s.ask(c.SurrenderYear(2016, (("E0", KIND, 60), ("E0", KIND, 40))))
    if isinstance(found, Refusal):
        assert found.code == "row_twice"
    else:
        assert sum(n for _, n in taken(s)) == 100


def test_an_account_without_an_entity_surrenders_as_the_registry_has_it(make: Make) -> None:
    s = make(entities=1)
    s.account("other", "h-other")
    give(s, "other", hydro=5)
    s.do(r.Surrender("other", 5, 2016, HYDRO), actor="ann")
    assert s.programme.state.compliance.content.years == {}


# Undone


def test_a_reversed_surrender_is_undone(make: Make) -> None:
    s = make(entities=2)
    give(s, "acc0", now=100)
    give(s, "acc1", now=100)
    s.emissions(2016, {"E0": "100", "E1": "100"})
    first = surrender(s.at("2017-06-20 11:00"), 60)
    both = s.do(c.SurrenderYear(2016))
    assert taken(s) == [(KIND, 60), (KIND, 40)]
    s.do(r.Reverse(both.seq, "a mistake"))
    assert (taken(s), taken(s, "E1")) == ([(KIND, 60)], [])
    assert (s.free("acc0", KIND), s.free("acc1", KIND)) == (40, 100)
    assert s.no(r.Reverse(both.seq, "again")).code == "reverse_done"
    s.do(r.Reverse(first.seq, "another"))
    surrender(s, 100)
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    assert [s.record(e, 2016).outcomes[-1].status for e in ("E0", "E1")] == ["A", "B"]


def test_a_surrender_that_is_reversed_after_the_closing_is_judged_again(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", now=100)
    s.emissions(2016, {"E0": "100"})
    seq = surrender(s.at("2017-06-20 11:00"), 100).seq
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    s.do(r.Reverse(seq, "units were pledged"))
    assert taken(s) == []
    s.do(c.CloseYear(2016))
    last = s.record("E0", 2016).outcomes[-1]
    assert (last.obligation, last.surrendered, last.shortfall) == (100, 0, 100)
    assert last.status in ("B", "D")


def test_what_is_surrendered_late_is_kept_and_does_not_change_the_status(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", now=100)
    s.emissions(2016, {"E0": "100"})
    surrender(s.at("2017-06-30 11:00"), 60)
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    surrender(s.at("2017-07-05 11:00"), 40)
    last = s.record("E0", 2016).outcomes[-1]
    assert (last.status, last.surrendered, last.shortfall) == ("B", 60, 40)
    row = s.programme.store.query("SELECT surrendered, shortfall, status FROM outcomes")
    assert [tuple(x) for x in row] == [(100, 40, "B")]


def test_a_frozen_account_may_surrender_and_a_closed_registry_too(make: Make) -> None:
    s = make(entities=1)
    give(s, "acc0", now=10)
    s.emissions(2016, {"E0": "10"})
    s.do(r.Freeze("acc0", "under investigation"))
    surrender(s, 4)
    s.do(r.CloseRegistry("maintenance"))
    surrender(s, 6)
    assert s.no(c.SurrenderYear(2016)).code == "registry_closed"
    s.do(r.OpenRegistry("done"))


# Steps that were taken before


def owed(scheme: Scheme) -> int:
    """Units of E0 that are still to be taken from its allocations."""
    return sum(n for _, n in scheme.programme.state.compliance.content.owed.get("E0", []))


def short(make: Make, *drafts: str, steps: str = "[next_year]") -> Scheme:
    """Emissions of 100 in 2016 and nothing surrendered; the year is closed."""
    s = make(choice(steps=steps, excess="at_deadline"), *drafts, entities=1)
    s.emissions(2016, {"E0": "100"})
    s.at("2017-07-04 11:00").do(c.CloseYear(2016))
    return s


def correct(scheme: Scheme, tco2e: str) -> None:
    scheme.emissions(2016, {"E0": tco2e})
    scheme.do(c.CloseYear(2016))


def test_what_an_earlier_year_lacked_is_not_taken_twice(make: Make) -> None:
    days = law("surrender_deadline", "year: 2015, day: 2016-06-30", "year: 2016, day: 2017-06-30")
    periods = "plan:\n  periods: [2015]\n"
    s = make(choice(status="cumulative", steps="[next_year]"), periods, days, entities=1)
    for year, name, amount in ((2015, "old", 80), (2016, "now", 100)):
        give(s, "acc0", **{name: amount})
        s.emissions(year, {"E0": "100"})
        surrender(s, amount, year=year)
        s.at(f"{year + 1}-07-01 11:00").do(c.CloseYear(year), c.Enforce(year, "next_year"))
    assert owed(s) == 20  # of 2015; all of 2016 is there


def test_a_step_that_is_taken_again_adds_the_difference(make: Make) -> None:
    s = short(make)
    s.do(c.Enforce(2016, "next_year"))
    correct(s, "150")
    s.do(c.Enforce(2016, "next_year"))
    assert owed(s) == 150
    assert s.no(c.Enforce(2016, "next_year")).code == "step_unknown"
    found = s.programme.store.query("SELECT from_next_year FROM outcomes")
    assert [tuple(row) for row in found] == [(150,)]


def test_a_fine_that_is_set_again_stays_below_the_largest_one(make: Make) -> None:
    """By the price it is the difference, and by a range both fines are one."""
    prices = c.EnterPrices("sza", (("2017-01-03", "100", 0, 2),), EVIDENCE, "invented")
    s = short(make, law("fine_cap", 'value: "40000"'), steps="[fine]")
    s.do(prices, c.Enforce(2016, "fine", (), "sza"))
    correct(s, "150")
    s.do(c.Enforce(2016, "fine", (), "sza"))
    # 3 × 100 fen × 100 t is 30,000 fen; of 150 t 45,000, and no more than 40,000.
    assert [done.amount for done in s.record("E0", 2016).steps] == [30000, 10000]
    found = s.programme.store.query("SELECT fine_fen FROM outcomes")
    assert [tuple(row) for row in found] == [(40000,)]
    ranged = law("fine_range", 'range: ["2000", "3000"]')
    s = short(make, choice(fine="range"), ranged, steps="[fine]")
    s.do(c.Enforce(2016, "fine", (("E0", "3000"),)))
    correct(s, "150")
    s.ask(c.Enforce(2016, "fine", (("E0", "3000"),)))
    assert sum(done.amount for done in s.record("E0", 2016).steps) == 3000
