"""The edges of a compliance year: deadlines, status codes, allocation, caps, rounding.

Every scheme of these tests is replayed when its test is over: tables and state must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.compliance import EVIDENCE, Scheme
from helpers.drafts import choice, law, replayed, shenzhen
from tanheng.compliance import commands as c
from tanheng.registry import commands as r

KIND, NEXT = "SZA-2016", "SZA-2017"
Make = Callable[..., Scheme]


def plain(**words: str) -> str:
    """A draft of what the plan says without a citation."""
    return "plan:\n" + "".join(f"  {key}: {word}\n" for key, word in words.items())


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


def give(scheme: Scheme, amounts: dict[str, int], kind: str = KIND) -> None:
    for account, amount in amounts.items():
        scheme.do(r.Issue(kind, amount, "issuance"))
        scheme.do(r.Allocate("issuance", account, kind, amount))


def enter(scheme: Scheme, n: int, since: int, last: str = "") -> None:
    """Enter an entity anew: its first year, and its last day."""
    row = (f"E{n}", f"acc{n}", "manufacturing", "R1", since, last, 2)
    scheme.do(c.EnterEntities((row,), EVIDENCE))


def surrender(scheme: Scheme, account: str, amount: int, year: int = 2016) -> None:
    scheme.do(r.Surrender(account, amount, year), actor="ann")


def outcome(scheme: Scheme, entity: str, year: int = 2016) -> tuple[int, int, str, int]:
    """Obligation, surrendered in time, status, shortfall of the last closing."""
    last = scheme.record(entity, year).outcomes[-1]
    return last.obligation, last.surrendered, last.status, last.shortfall


def output(scheme: Scheme, amounts: dict[str, str], year: int = 2016) -> None:
    """Output of a class of which each entity's own intensity is 1: its allocation."""
    scheme.data(
        year, {e: {"output:x": amount, "intensity:x": "1"} for e, amount in amounts.items()}
    )


def amounts(scheme: Scheme, entity: str, year: int = 2016) -> tuple[int, int, int, int]:
    """Amount, moved, owed and taken of the last determination."""
    last = scheme.record(entity, year).allocations[-1]
    return last.amount, last.moved, last.owed, last.taken


def owed(scheme: Scheme, entity: str) -> list[tuple[int, int]]:
    return scheme.programme.state.compliance.content.owed.get(entity, [])


# Deadlines


def test_the_last_second_of_the_deadline_counts_and_the_next_does_not(make: Make) -> None:
    s = make(entities=3)
    give(s, {"acc0": 100, "acc1": 100, "acc2": 100})
    s.emissions(2016, {"E0": "100", "E1": "100", "E2": "100"})
    surrender(s.at("2017-06-30 23:59:59"), "acc0", 100)
    surrender(s.at("2017-06-30 23:59:59.999999"), "acc1", 100)
    refusal = s.no(c.CloseYear(2016))
    assert (refusal.code, refusal.details["deadline"]) == ("deadline_not_over", "2017-06-30")
    surrender(s.at("2017-07-01 00:00:00"), "acc2", 100)
    s.do(c.CloseYear(2016))
    assert outcome(s, "E0") == outcome(s, "E1") == (100, 100, "A", 0)
    assert outcome(s, "E2") == (100, 0, "B", 100)


@pytest.mark.parametrize(
    "word, day, last",
    [
        ("next_working_day", "2017-05-28", "2017-05-31"),  # three days of a holiday follow
        ("next_working_day", "2017-05-27", "2017-05-27"),  # a Saturday that is worked
        ("next_working_day", "2017-07-01", "2017-07-03"),  # a Saturday
        ("next_working_day", "2017-06-30", "2017-06-30"),  # a Friday
        ("stays", "2017-05-28", "2017-05-28"),
    ],
)
def test_a_deadline_on_a_holiday(make: Make, word: str, day: str, last: str) -> None:
    s = make(
        choice(deadline_on_holiday=word),
        law("surrender_deadline", f"year: 2016, day: {day}"),
        entities=2,
    )
    give(s, {"acc0": 5, "acc1": 5})
    s.emissions(2016, {"E0": "5", "E1": "5"})
    surrender(s.at(f"{last} 23:59:59"), "acc0", 5)
    refusal = s.no(c.CloseYear(2016))
    assert (refusal.code, refusal.details["deadline"]) == ("deadline_not_over", last)
    s.now = s.now.replace("T15:59:59", "T16:00:00")  # midnight in Shanghai
    surrender(s, "acc1", 5)
    s.do(c.CloseYear(2016))
    assert outcome(s, "E0") == (5, 5, "A", 0)
    assert outcome(s, "E1") == (5, 0, "B", 5)


def test_a_deadline_in_a_year_without_a_calendar(make: Make) -> None:
    s = make(
        choice(deadline_on_holiday="next_working_day"),
        law("surrender_deadline", "year: 2016, day: 2028-06-30"),
    )
    refusal = s.at("2028-07-01 00:00:00").no(c.CloseYear(2016))
    assert (refusal.code, refusal.details["year"]) == ("calendar_missing", 2028)


MOVED = law(
    "surrender_deadline",
    "from: 2017-01-01, year: 2016, day: 2017-06-30",
    "from: 2017-06-29, year: 2016, day: 2017-07-15",
)


def test_a_deadline_that_was_moved_in_time(make: Make) -> None:
    s = make(MOVED, entities=2)
    give(s, {"acc0": 5, "acc1": 5})
    s.emissions(2016, {"E0": "5", "E1": "5"})
    refusal = s.at("2017-06-28 11:00").no(c.CloseYear(2016))
    assert refusal.details["deadline"] == "2017-06-30"
    refusal = s.at("2017-07-01 00:00:00").no(c.CloseYear(2016))
    assert refusal.details["deadline"] == "2017-07-15"
    surrender(s.at("2017-07-15 23:59:59"), "acc0", 5)
    surrender(s.at("2017-07-16 00:00:00"), "acc1", 5)
    s.do(c.CloseYear(2016))
    assert outcome(s, "E0") == (5, 5, "A", 0)
    assert outcome(s, "E1") == (5, 0, "B", 5)


def test_a_year_without_a_deadline_is_not_closed(make: Make) -> None:
    s = make()
    refusal = s.at("2018-07-01 11:00").no(c.CloseYear(2017))
    assert refusal.code == "rule_gap"
    assert (refusal.details["name"], refusal.details["year"]) == ("surrender_deadline", 2017)
    # The year's own value begins on 2017-01-01; before that day there is none.
    assert make().at("2016-12-31 11:00").no(c.CloseYear(2016)).code == "rule_gap"
    assert s.no(c.CloseYear(2018)).code == "year_unknown"


# Status


def test_every_status_of_a_first_closing(make: Make) -> None:
    s = make(entities=8)
    enter(s, 4, 2013, "2015-12-31")
    enter(s, 5, 2013, "2016-01-01")
    enter(s, 6, 2017)
    give(s, {"acc3": 49})
    s.emissions(2016, {"E0": "0", "E2": "50", "E3": "50", "E7": "0.49"})
    for entity in ("E2", "E5"):
        s.do(c.SuspendEntity(entity, 2016, "account under investigation"))
    s.do(c.SuspendEntity("E5", 2016, "it is over", True))
    surrender(s, "acc3", 49)
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    assert outcome(s, "E0") == (0, 0, "A", 0)
    assert outcome(s, "E1") == (-1, 0, "C", 0)
    assert outcome(s, "E2") == (50, 0, "X", 0)
    assert outcome(s, "E3") == (50, 49, "B", 1)
    assert outcome(s, "E4") == (0, 0, "-", 0)
    assert outcome(s, "E5") == (-1, 0, "C", 0)  # one day in the year
    assert s.record("E6", 2016).outcomes == []  # not yet obligated
    assert outcome(s, "E7") == (0, 0, "A", 0)  # rounds to nothing
    assert s.no(c.SuspendEntity("E0", 2016, "late")).code == "year_closed"


def test_corrections_after_the_closing(make: Make) -> None:
    s = make(entities=5)
    give(s, {f"acc{n}": 100 for n in range(3)})
    s.emissions(2016, {"E0": "100", "E1": "100", "E2": "100"})
    for n in range(3):
        surrender(s, f"acc{n}", 100)
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    assert [outcome(s, f"E{n}")[2] for n in range(5)] == ["A", "A", "A", "C", "C"]
    assert s.no(c.CloseYear(2016)).code == "close_nothing"
    s.emissions(2016, {"E0": "101", "E1": "99", "E3": "7"})
    s.do(c.CloseYear(2016))
    assert outcome(s, "E0") == (101, 100, "D", 1)
    assert outcome(s, "E1") == (99, 100, "E", 0)
    assert outcome(s, "E3") == (7, 0, "D", 7)
    assert [len(s.record(f"E{n}", 2016).outcomes) for n in range(5)] == [2, 2, 1, 2, 1]
    s.emissions(2016, {"E0": "100"})
    s.do(c.CloseYear(2016))
    assert outcome(s, "E0") == (100, 100, "E", 0)


BOTH = law(
    "surrender_deadline", "year: 2015, day: 2016-06-30", "year: 2016, day: 2017-06-30"
)  # fmt: skip


def two_years(s: Scheme, given: dict[str, tuple[int, int]]) -> None:
    """Close 2015 and 2016, each with emissions of 100 and what was surrendered for it."""
    for year, n in ((2015, 0), (2016, 1)):
        give(s, {f"acc{e[1:]}": 300 for e in given}, f"SZA-{year}")
        s.emissions(year, dict.fromkeys((e for e in given if given[e][n]), "100"))
        for entity, parts in given.items():
            if parts[n]:
                surrender(s, f"acc{entity[1:]}", parts[n], year)
        s.at(f"{year + 1}-07-01 00:00:00").do(c.CloseYear(year))


GIVEN = {f"E{n}": parts for n, parts in enumerate(
    ((80, 120), (120, 80), (100, 99), (80, 100), (120, 79), (0, 99))
)}  # fmt: skip


@pytest.mark.parametrize(
    "drafts, wanted",
    [
        ((choice(status="yearly"),), "ABBABB"),
        # Σ surrendered of both years: 200, 200, 199, 180, 199, against 200; of E5 99 against 100.
        ((choice(status="cumulative"), plain(periods="[2015]")), "AABBBB"),
        ((choice(status="cumulative"), plain(periods="[2013, 2016]")), "ABBABB"),
    ],
)
def test_the_status_over_the_years_of_a_period(
    make: Make, drafts: tuple[str, ...], wanted: str
) -> None:
    s = make(*drafts, BOTH, entities=6)
    two_years(s, GIVEN)
    assert "".join(outcome(s, e, 2015)[2] for e in GIVEN) == "BAABAC"
    assert "".join(outcome(s, e)[2] for e in GIVEN) == wanted


def test_who_complies_by_an_earlier_surplus_lacks_nothing(make: Make) -> None:
    s = make(choice(status="cumulative"), plain(periods="[2015]"), BOTH, entities=2)
    two_years(s, {"E0": (120, 80), "E1": (120, 79)})
    assert outcome(s, "E0") == (100, 80, "A", 0)
    assert outcome(s, "E1") == (100, 79, "B", 1)
    [listed] = s.do(c.PublishYear(2016, "defaulters")).events
    assert getattr(listed, "rows", ()) == (("E1", "B", "1"),)


# Allocation


@pytest.mark.parametrize(
    "rule, wanted",
    [
        ("half_up", (0, 1, 2, 3, 3, 4)),
        ("half_even", (0, 0, 2, 2, 3, 4)),
        ("down", (0, 0, 2, 2, 2, 3)),
        ("up", (1, 1, 3, 3, 3, 4)),
    ],
)
def test_halves_under_every_rule_of_rounding(
    make: Make, rule: str, wanted: tuple[int, ...]
) -> None:
    s = make(choice(rounding=rule), entities=6, issue={KIND: 100})
    texts = ("0.499999999999", "0.5", "2.499999999999", "2.5", "2.500000000001", "3.5")
    given = {f"E{n}": text for n, text in enumerate(texts)}
    output(s, given)
    s.emissions(2016, given)
    s.do(c.PreAllocate(2016))
    s.do(c.TrueUp(2016))
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    for entity, amount in zip(given, wanted, strict=True):
        assert [a.amount for a in s.record(entity, 2016).allocations] == [amount, amount]
        assert outcome(s, entity)[0] == amount
        assert s.free(f"acc{entity[1:]}", KIND) == amount


def test_a_pre_allocation_and_what_changes_by_the_true_up(make: Make) -> None:
    s = make(law("preallocation_share", 'value: "0.7"'), entities=3, issue={KIND: 1000})
    output(s, {"E0": "101", "E1": "100"})
    assert s.no(c.PreAllocate(2016)).code == "data_missing"  # of E2
    output(s, {"E2": "10"})
    s.do(c.PreAllocate(2016, ("E0", "E1")))
    # 70.7 and 70: halves up.
    assert (amounts(s, "E0"), amounts(s, "E1")) == ((71, 71, 0, 0), (70, 70, 0, 0))
    again = s.no(c.PreAllocate(2016, ("E1", "E9")))
    assert [f.code for f in again.details["faults"]] == ["entity_unknown", "allocation_there"]
    s.do(c.PreAllocate(2016))
    assert amounts(s, "E2") == (7, 7, 0, 0)
    assert s.no(c.PreAllocate(2016)).code == "allocation_nothing"
    output(s, {"E0": "50"})
    s.do(c.TrueUp(2016))
    assert amounts(s, "E0") == (50, -21, 0, 0)
    assert amounts(s, "E1") == (100, 30, 0, 0)
    assert [s.free(f"acc{n}", KIND) for n in range(3)] == [50, 100, 10]
    assert s.free("issuance", KIND) == 840


@pytest.mark.parametrize("final, wanted", [("119", 119), ("120", 120), ("121", 120), ("79", 80)])
def test_the_largest_change_of_a_true_up(make: Make, final: str, wanted: int) -> None:
    s = make(law("true_up_cap_share", 'value: "0.2"'), entities=1, issue={KIND: 200})
    output(s, {"E0": "100"})
    s.do(c.PreAllocate(2016))
    output(s, {"E0": final})
    s.do(c.TrueUp(2016))
    assert amounts(s, "E0")[:2] == (wanted, wanted - 100)


def test_what_cannot_be_taken_back_comes_out_of_the_next_year(make: Make) -> None:
    s = make(entities=2, issue={KIND: 300, NEXT: 300})
    output(s, {"E0": "100", "E1": "100"})
    s.do(c.PreAllocate(2016))
    s.do(r.Cancel("acc0", KIND, 70, "for nobody"), r.Cancel("acc1", KIND, 60, "x"), actor="ann")
    output(s, {"E0": "60", "E1": "60"})
    s.do(c.TrueUp(2016))
    assert amounts(s, "E0") == (60, -30, 10, 0)
    assert amounts(s, "E1") == (60, -40, 0, 0)  # just as much as was there
    assert (owed(s, "E0"), owed(s, "E1")) == ([(2016, 10)], [])
    output(s, {"E0": "4", "E1": "4"}, 2017)
    s.do(c.PreAllocate(2017))
    assert amounts(s, "E0", 2017) == (4, 0, 0, 4)
    assert amounts(s, "E1", 2017) == (4, 4, 0, 0)
    assert owed(s, "E0") == [(2016, 6)]
    output(s, {"E0": "20"}, 2017)
    s.do(c.TrueUp(2017, ("E0",)))
    assert amounts(s, "E0", 2017) == (20, 10, 0, 6)
    assert owed(s, "E0") == []
    assert s.free("acc0", NEXT) == 10


def test_an_allocation_pays_what_earlier_years_are_owed_first(make: Make) -> None:
    s = make(
        choice(steps="[next_year]"), law("surrender_deadline", "year: 2015, day: 2016-06-30"),
        entities=1, issue={KIND: 200},
    )  # fmt: skip
    output(s, {"E0": "100"})
    s.do(c.PreAllocate(2016))
    s.do(r.Cancel("acc0", KIND, 100, "for nobody"), actor="ann")
    output(s, {"E0": "50"})
    s.do(c.TrueUp(2016))
    s.emissions(2015, {"E0": "20"})
    s.at("2016-07-01 11:00").do(c.CloseYear(2015), c.Enforce(2015, "next_year"))
    assert owed(s, "E0") == [(2016, 50), (2015, 20)]
    output(s, {"E0": "90"})
    s.do(c.TrueUp(2016))
    # 40 more: the 20 of 2015 out of it, and none of what 2016 itself still owes.
    assert amounts(s, "E0") == (90, 20, 0, 20)
    assert owed(s, "E0") == [(2016, 50)]


@pytest.mark.parametrize(
    "last, word, wanted",
    [
        ("2016-03-31", "days", 91),  # 31 + 29 + 31 of 366
        ("2016-01-01", "days", 1),
        ("2016-12-31", "days", 366),
        ("2017-01-01", "days", 366),
        ("2016-03-31", "keep", 366),
    ],
)
def test_an_entity_that_closes_in_the_year(make: Make, last: str, word: str, wanted: int) -> None:
    s = make(choice(closure=word), entities=1, issue={KIND: 400})
    enter(s, 0, 2013, last)
    output(s, {"E0": "366"})
    s.do(c.TrueUp(2016))
    assert amounts(s, "E0") == (wanted, wanted, 0, 0)


def test_an_entity_that_closed_before_gets_nothing(make: Make) -> None:
    s = make(entities=1, issue={KIND: 400})
    enter(s, 0, 2013, "2015-12-31")
    assert s.no(c.TrueUp(2016)).code == "allocation_nothing"
    assert s.no(c.TrueUp(2016, ("E0",))).code == "entity_not_in_year"


# The cap, and new entrants


def cap(amount: str) -> str:
    return law("cap", f'year: 2016, value: "{amount}"')


def test_a_cap_that_is_met_and_exceeded_by_one(make: Make) -> None:
    s = make(choice(cap="refuse"), cap("150"), entities=2, issue={KIND: 500})
    output(s, {"E0": "100", "E1": "51"})
    refusal = s.no(c.TrueUp(2016))
    assert (refusal.code, refusal.details["total"]) == ("cap_exceeded", 151)
    s.do(c.PreAllocate(2016, ("E0",)))
    assert s.no(c.TrueUp(2016, ("E1",))).details["total"] == 151
    output(s, {"E1": "50"})
    s.do(c.TrueUp(2016, ("E1",)))
    s.do(c.TrueUp(2016))
    assert (amounts(s, "E0"), amounts(s, "E1")) == ((100, 0, 0, 0), (50, 0, 0, 0))


@pytest.mark.parametrize("word", ["refuse", "scale"])
def test_a_cap_that_the_pack_does_not_state(make: Make, word: str) -> None:
    s = make(choice(cap=word), entities=1, issue={KIND: 500})
    output(s, {"E0": "100"})
    refusal = s.no(c.TrueUp(2016))
    assert (refusal.code, refusal.details["name"]) == ("rule_missing", "cap")


def test_a_cap_under_which_everybody_is_scaled_down(make: Make) -> None:
    s = make(choice(cap="scale"), cap("150"), entities=3, issue={KIND: 500})
    output(s, {"E0": "100", "E1": "100", "E2": "2"})
    s.do(c.TrueUp(2016))
    # 150 ÷ 202 = 0.742574257425…, cut after twelve places; 74.257…, 74.257…, 1.485…
    assert [amounts(s, f"E{n}")[0] for n in range(3)] == [74, 74, 1]
    assert {s.record(f"E{n}", 2016).allocations[-1].factor for n in range(3)} == {"0.742574257425"}
    output(s, {"E0": "48"})
    s.do(c.TrueUp(2016))
    assert [amounts(s, f"E{n}")[0] for n in range(3)] == [48, 100, 2]  # just the cap
    assert {s.record(f"E{n}", 2016).allocations[-1].factor for n in range(3)} == {""}


def test_new_entrants_are_given_to_from_the_reserve(make: Make) -> None:
    s = make(entities=2, issue={KIND: 100, NEXT: 100})
    enter(s, 1, 2016)
    output(s, {"E0": "10", "E1": "20"})
    refusal = s.no(c.PreAllocate(2016))
    assert (refusal.code, refusal.details["account"]) == ("amount_short", "reserve")
    s.do(r.Issue(KIND, 20, "reserve"))
    s.do(c.PreAllocate(2016))
    assert (s.free("issuance", KIND), s.free("reserve", KIND)) == (90, 0)
    output(s, {"E0": "7", "E1": "15"})
    s.do(c.TrueUp(2016))  # each returns where it came from
    assert (s.free("issuance", KIND), s.free("reserve", KIND)) == (93, 5)
    output(s, {"E0": "10", "E1": "20"}, 2017)
    s.do(c.PreAllocate(2017))  # no entrant any more
    assert s.free("issuance", NEXT) == 70

    s = make(plain(entrants="null"), entities=1, since=2016, issue={KIND: 100})
    output(s, {"E0": "10"})
    s.do(c.PreAllocate(2016))
    assert s.free("issuance", KIND) == 90


def test_what_a_true_up_takes_back_it_can_give(make: Make) -> None:
    s = make(entities=2, issue={KIND: 200})
    output(s, {"E0": "150", "E1": "50"})
    s.do(c.PreAllocate(2016))
    output(s, {"E0": "50", "E1": "150"})
    s.do(c.TrueUp(2016))
    assert (amounts(s, "E0"), amounts(s, "E1")) == ((50, -100, 0, 0), (150, 100, 0, 0))
    assert (s.free("acc0", KIND), s.free("acc1", KIND)) == (50, 150)
