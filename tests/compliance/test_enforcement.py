"""After the deadline: steps of enforcement, fines, payments, lists, and what is carried over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.compliance import EVIDENCE, Scheme
from helpers.drafts import choice, law, refused, replayed, shenzhen
from tanheng.compliance import commands as c
from tanheng.registry import commands as r

OLD, KIND, NEXT = "SZA-2015", "SZA-2016", "SZA-2017"
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


def give(scheme: Scheme, account: str, amount: int, kind: str = KIND, year: int = 0) -> None:
    scheme.do(r.Issue(kind, amount, "issuance"))
    scheme.do(r.Allocate("issuance", account, kind, amount, year))


def surrender(scheme: Scheme, amount: int, account: str = "acc0") -> int:
    return scheme.do(r.Surrender(account, amount, 2016), actor="ann").seq


def closed(make: Make, *drafts: str, missing: tuple[int, ...] = (100,)) -> Scheme:
    """A year that was closed on the day of the notice; entities that miss so much of 1,000."""
    s = make(*drafts, entities=len(missing))
    s.emissions(2016, {f"E{n}": "1000" for n in range(len(missing))})
    for n, short in enumerate(missing):
        if short < 1000:
            give(s, f"acc{n}", 1000 - short)
            surrender(s.at(f"2017-06-30 10:0{n}"), 1000 - short, f"acc{n}")
    s.at("2017-07-04 10:00").do(c.CloseYear(2016))
    return s


def prices(scheme: Scheme, **days: tuple[str, int]) -> None:
    """Prices by day (``d20170103``) in fen, with volumes."""
    rows = tuple(
        (f"{d[1:5]}-{d[5:7]}-{d[7:]}", price, volume, n + 2)
        for n, (d, (price, volume)) in enumerate(days.items())
    )
    scheme.do(c.EnterPrices("sza", rows, EVIDENCE, "invented"))


def steps(scheme: Scheme, *names: str) -> None:
    scheme.do(*(c.Enforce(2016, name) for name in names))


def done(scheme: Scheme, step: str) -> dict[str, int]:
    """What the step came to, by entity."""
    years = scheme.programme.state.compliance.content.years[2016]
    found = {n: [d.amount for d in record.steps if d.step == step] for n, record in years.items()}
    return {name: sum(amounts) for name, amounts in found.items() if amounts}


# Steps in their order and time


def test_steps_come_in_their_order_and_once(make: Make) -> None:
    refused(make(entities=1), c.Enforce(2016, "make_up"), "year_open")
    s = closed(make)
    refused(s, c.Enforce(2016, "deduct"), "step_order", missing="make_up")
    refused(s, c.Enforce(2016, "fine"), "step_order", missing="make_up, deduct, next_year")
    refused(s, c.Enforce(2016, "record"), "step_unknown", done="—")
    steps(s, "make_up")
    refused(s, c.Enforce(2016, "make_up"), "step_unknown", done="make_up")
    assert s.no(c.Enforce(2016, "deduct"), actor="ann").code == "authority_only"
    refused(s.at("2017-07-15 00:00:00"), c.Enforce(2016, "deduct"), "step_late")


@pytest.mark.parametrize("last", ["2017-07-11 00:00:00", "2017-07-14 23:59:59"])
def test_the_time_to_make_up_must_be_over_before_anything_is_taken(make: Make, last: str) -> None:
    s, early = closed(make, missing=(100, 0, 30)), c.Enforce(2016, "deduct")
    steps(s, "make_up")
    give(s, "acc0", 40)
    assert done(s, "make_up") == {"E0": 100, "E2": 30}
    refused(s.at("2017-07-10 23:59:59"), early, "step_early", deadline="2017-07-10")
    refused(s, c.Enforce(2016, "next_year"), "step_order", missing="deduct")
    s.at(last).do(early, c.Enforce(2016, "next_year"))
    assert done(s, "deduct") == {"E0": 40, "E2": 0}
    assert done(s, "next_year") == {"E0": 60, "E2": 30}


def test_after_the_time_of_forced_deduction_the_next_step_follows(make: Make) -> None:
    s = closed(make)
    steps(s, "make_up")
    refused(s.at("2017-07-15 00:00:00"), c.Enforce(2016, "deduct"), "step_late")
    steps(s, "next_year")  # as the refusal says: go on with the next step
    assert done(s, "next_year") == {"E0": 100}


def test_who_falls_short_by_a_later_correction_is_enforced_against_too(make: Make) -> None:
    s = closed(make, choice(steps="[next_year]"), missing=(100, 0))
    steps(s, "next_year")
    s.emissions(2016, {"E1": "1050"})
    s.do(c.CloseYear(2016))
    assert s.record("E1", 2016).outcomes[-1].status == "D"
    steps(s, "next_year")
    assert done(s, "next_year") == {"E0": 100, "E1": 50}


# Deduction


def test_forced_deduction_takes_what_counts_and_voids_orders(make: Make) -> None:
    s = closed(make, missing=(100,))
    steps(s, "make_up")
    give(s, "acc0", 10, OLD)
    give(s, "acc0", 20, year=2016)
    give(s, "acc0", 40)
    give(s, "acc0", 50, NEXT)
    give(s, "acc0", 50, "CCER-SZ")
    s.do(r.PlaceHold("acc0", KIND, 35, "order"), actor="ann")
    s.do(r.Freeze("acc0", "in default"))
    s.at("2017-07-11 10:00").do(c.Enforce(2016, "deduct"))
    # All that is allowed: 10 of 2015, 20 for the year alone, 40 of 2016 with the order's 35.
    assert done(s, "deduct") == {"E0": 70}
    taken = [row[1:4] for row in s.record("E0", 2016).surrendered]
    assert taken == [(KIND, 900, False), (OLD, 10, True), (KIND, 60, True)]
    assert s.programme.state.registry.content.holds == {}
    assert (s.free("acc0", NEXT), s.free("acc0", "CCER-SZ")) == (50, 50)
    steps(s, "next_year")
    assert done(s, "next_year") == {"E0": 30}


def test_deduction_begins_with_units_that_only_the_year_may_use(make: Make) -> None:
    s = closed(make, missing=(50,))
    steps(s, "make_up")
    give(s, "acc0", 30, year=2016)
    give(s, "acc0", 100)
    s.do(r.PlaceHold("acc0", KIND, 90, "order"), actor="ann")
    s.at("2017-07-11 10:00").do(c.Enforce(2016, "deduct"))
    balance = s.programme.state.registry.balance("acc0", KIND)
    assert balance is not None
    # 30 restricted ones, the 10 free ones, and 10 out of the order.
    assert (balance.restricted, balance.free, balance.held) == (0, 0, 80)
    assert done(s, "deduct") == {"E0": 50}


def test_deduction_leaves_what_other_years_and_freezes_keep(make: Make) -> None:
    s = closed(make, missing=(50,))
    steps(s, "make_up")
    give(s, "acc0", 30, OLD, 2015)
    give(s, "acc0", 5, year=2016)
    give(s, "acc0", 30)
    s.do(r.Freeze("acc0", "by a court", KIND, 20))
    s.do(r.Freeze("acc0", "by a court", KIND, blocks=((951, 955),)))  # those of the year alone
    s.at("2017-07-11 10:00").do(c.Enforce(2016, "deduct"))
    assert done(s, "deduct") == {"E0": 10}


@pytest.mark.parametrize("multiple, wanted", [("1", 33), ("1.01", 34), ("0", 0)])
def test_the_rest_comes_out_of_the_next_allocation(make: Make, multiple: str, wanted: int) -> None:
    # 33 × 1.01 = 33.33: rounded up
    drafts = (law("next_year_multiple", f'value: "{multiple}"'), choice(steps="[next_year]"))
    s = closed(make, *drafts, missing=(33,))
    s.do(r.Issue(NEXT, 200, "issuance"))
    steps(s, "next_year")
    assert done(s, "next_year") == {"E0": wanted}
    s.data(2017, {"E0": {"output:x": "100", "intensity:x": "1"}})
    s.do(c.PreAllocate(2017))
    found = s.record("E0", 2017).allocations[-1]
    assert (found.amount, found.moved, found.taken) == (100, 100 - wanted, wanted)
    assert s.free("issuance", NEXT) == 100 + wanted


# Fines

FINES = choice(steps="[make_up, fine]")


def fined(make: Make, *drafts: str, missing: tuple[int, ...] = (100,)) -> Scheme:
    """Ready for fines: the time to make up is over, and the average price is 3,452 fen."""
    s = closed(make, FINES, *drafts, missing=missing)
    steps(s, "make_up")
    prices(s.at("2017-07-11 10:00"), d20170103=("3452", 0))
    return s


def fine(*chosen: tuple[str, str]) -> c.Enforce:
    return c.Enforce(2016, "fine", chosen, "sza")


def test_who_makes_up_in_time_is_not_fined(make: Make) -> None:
    s = closed(make, FINES, missing=(100, 100, 100, 0, 100))
    for n in (0, 1, 2):
        give(s, f"acc{n}", 100)
    steps(s, "make_up")
    refused(s, fine(), "step_early")
    surrender(s.at("2017-07-10 23:59:59"), 100, "acc0")
    surrender(s, 99, "acc1")
    surrender(s.at("2017-07-11 00:00:00"), 100, "acc2")
    refused(s, fine(), "prices_missing", series="sza", first="2017-01-01", last="2017-06-30")
    prices(s, d20170103=("3452", 0))
    s.do(fine())
    # 3 × 3,452 fen × t
    assert done(s, "fine") == {"E1": 10356, "E2": 1035600, "E4": 1035600}


def test_a_fine_for_the_shortfall_at_the_deadline(make: Make) -> None:
    s = closed(make, FINES, choice(excess="at_deadline"), missing=(100,))
    give(s, "acc0", 100)
    steps(s, "make_up")
    surrender(s.at("2017-07-04 11:00"), 100)
    prices(s, d20170103=("3452", 0))
    s.do(fine())
    assert done(s, "fine") == {"E0": 1035600}


def test_what_was_taken_by_force_does_not_lessen_the_fine(make: Make) -> None:
    s = closed(make, choice(steps="[deduct, fine]"), missing=(100,))
    give(s, "acc0", 100)
    steps(s, "deduct")  # within the time to make up
    prices(s.at("2017-07-11 10:00"), d20170103=("3452", 0))
    s.do(fine())
    assert (done(s, "deduct"), done(s, "fine")) == ({"E0": 100}, {"E0": 1035600})


@pytest.mark.parametrize(
    "span, volumes, average",
    [
        # (3000 × 1 + 4000 × 3 + 5000 × 4) ÷ 8 = 4375; without one volume the plain 4000.
        ("stated", (1, 3, 4), 4375),
        ("stated", (1, 0, 4), 4000),
        # From 2016-12-01 to 2017-05-31: (2000 × 9 + 3000 + 4000 × 3) ÷ 13; 9000 is of June.
        ("months_before", (1, 3, 4), 2538.461538),
    ],
)
def test_the_average_price_of_the_span(
    make: Make, span: str, volumes: tuple[int, int, int], average: float
) -> None:
    s = closed(make, FINES, choice(price_span=span), missing=(100,))
    steps(s, "make_up")
    prices(
        s.at("2017-07-11 10:00"), d20161130=("1", 9), d20161201=("2000", 9),
        d20170101=("3000", volumes[0]), d20170531=("4000", volumes[1]),
        d20170630=("5000", volumes[2]), d20170701=("9999", 9),
    )  # fmt: skip
    s.do(fine())
    assert done(s, "fine") == {"E0": round(300 * average)}


def test_half_a_fen_of_an_average_without_end(make: Make) -> None:
    """12,005 ÷ 6 is 2,000.8333…; thrice that is 6,002.5 exactly, and half a fen is rounded up."""
    s = closed(make, FINES, missing=(1,))
    steps(s, "make_up")
    prices(s.at("2017-07-11 10:00"), d20170103=("2001", 5), d20170104=("2000", 1))
    s.do(fine())
    assert done(s, "fine") == {"E0": 6003}


@pytest.mark.parametrize("ceiling, wanted", [("1035601", 1035600), ("1035599", 1035599)])
def test_the_largest_fine(make: Make, ceiling: str, wanted: int) -> None:
    s = fined(make, law("fine_cap", f'value: "{ceiling}"'))
    s.do(fine())
    assert done(s, "fine") == {"E0": wanted}


def test_a_multiple_within_a_range(make: Make) -> None:
    s = fined(make, law("fine_multiple_range", 'range: ["1", "3"]'), missing=(100, 100))
    both = s.no(fine(("E0", "0.99"), ("E1", "3.01")))
    assert [(f.code, f.details["value"]) for f in both.details["faults"]] == [
        ("fine_out_of_range", "0.99"), ("fine_out_of_range", "3.01"),
    ]  # fmt: skip
    refused(s, fine(("E0", "1")), "fine_out_of_range", entity="E1", value="—")
    refused(s, fine(("E0", "1"), ("E1", "much")), "fine_out_of_range", value="much")
    extra = s.no(fine(("E0", "1"), ("E1", "3"), ("E7", "1")))
    assert (extra.code, extra.details["entity"]) == ("not_in_default", "E7")
    s.do(fine(("E0", "1"), ("E1", "3")))
    assert done(s, "fine") == {"E0": 345200, "E1": 1035600}


MONEY = (choice(fine="range"), law("fine_range", 'range: ["2000000", "3000000"]'))


def test_a_fine_in_money_within_a_range(make: Make) -> None:
    s = fined(make, *MONEY, missing=(100, 100))
    refused(s, fine(("E0", "1999999"), ("E1", "3000000")), "fine_out_of_range", entity="E0")
    refused(s, fine(("E0", "3000001"), ("E1", "3000000")), "fine_out_of_range", entity="E0")
    s.do(fine(("E0", "2000000"), ("E1", "3000000")))
    assert done(s, "fine") == {"E0": 2000000, "E1": 3000000}


@pytest.mark.parametrize("text", ["NaN", "sNaN", "2000000.5", "Infinity"])
def test_a_chosen_fine_that_is_no_amount(make: Make, text: str) -> None:
    s = fined(make, *MONEY)
    s.no(fine(("E0", text)))


def test_a_range_of_one_value_and_a_law_without_fines(make: Make) -> None:
    s = fined(make, MONEY[0], law("fine_range", 'range: ["5", "5"]'))
    s.do(fine())
    assert done(s, "fine") == {"E0": 5}
    s = fined(make, choice(fine="none"))
    refused(s, fine(), "fine_none")


def test_payments_of_a_fine(make: Make) -> None:
    s = fined(make)
    pay = [c.PayFine("E0", 2016, n, EVIDENCE) for n in (0, 1, 1035599, 1035600, -1)]
    refused(s, pay[1], "payment_bad", open=0)
    s.do(fine())
    for bad in (pay[0], pay[4], c.PayFine("E0", 2016, 1035601, EVIDENCE)):
        refused(s, bad, "payment_bad", open=1035600)
    assert s.no(c.PayFine("E0", 2016, 1, "receipt")).code == "evidence_bad"
    s.do(pay[1])
    refused(s, pay[3], "payment_bad", open=1035599)
    s.do(pay[2])
    refused(s, pay[1], "payment_bad", open=0)
    assert s.record("E0", 2016).paid_fen == 1035600


def published(scheme: Scheme, command: Any) -> list[tuple[str, ...]]:
    return [row for e in scheme.do(command).events for row in getattr(e, "heads", ()) and e.rows]


def test_what_the_lists_say(make: Make) -> None:
    refused(make(entities=1), c.PublishYear(2016, "status"), "year_open")
    every = choice(lists="[status, defaulters, fines, enforcement]")
    s = closed(make, every, missing=(100, 0, 30))
    steps(s, "make_up")
    give(s, "acc0", 60)
    s.at("2017-07-11 10:00").do(c.Enforce(2016, "deduct"), c.Enforce(2016, "next_year"))
    prices(s, d20170103=("3452", 0))
    s.do(fine(), c.PayFine("E2", 2016, 7, EVIDENCE))
    for name, rows in (
        ("status", [("E0", "B"), ("E1", "A"), ("E2", "B")]),
        ("defaulters", [("E0", "B", "100"), ("E2", "B", "30")]),
        ("fines", [("E0", "1035600", "0"), ("E2", "310680", "7")]),
    ):
        assert published(s, c.PublishYear(2016, name)) == rows
    refused(s, c.PublishYear(2016, "everything"), "list_unknown")
    # Shortfall, deducted, from next year, fine.
    assert published(s, c.Enforce(2016, "publish")) == [
        ("E0", "100", "60", "40", "1035600"), ("E2", "30", "0", "30", "310680"),
    ]  # fmt: skip
    refused(s, c.Enforce(2016, "publish"), "step_unknown")


# Carry-over


def carried(*rows: tuple[str, int, int]) -> c.CarryOverYear:
    return c.CarryOverYear(2016, rows)


BASE = (
    choice(carry_over="base_and_sales"), law("carry_over_base", 'value: "10"'),
    law("carry_over_sales_multiple", 'value: "1.5"'),
)  # fmt: skip


@pytest.mark.parametrize(
    "drafts, sales, most",
    [
        ((choice(carry_over="all"),), 0, 33),
        # 16.5
        ((choice(carry_over="share"), law("carry_over_share", 'value: "0.5"')), 0, 16),
        (BASE, 5, 17),  # 10 + 7.5
        (BASE, 100, 33),  # not more than there is
        (BASE, -5, 10),  # who bought on balance has sold nothing
    ],
)
def test_how_much_is_carried_over(
    make: Make, drafts: tuple[str, ...], sales: int, most: int
) -> None:
    s = closed(make, *drafts, missing=(0, 0))
    for account in ("acc0", "acc1"):
        give(s, account, 33)
    give(s, "acc0", 5, year=2016)  # for this year's surrender alone
    refused(s, carried(("E0", most + 1, sales)), "carry_over_most", most=most)
    s.do(carried(("E0", 0, sales)))
    assert (s.free("acc0", KIND), s.free("acc0", NEXT)) == (33 - most, most)
    refused(s, carried(("E0", 1, sales)), "carried_there")
    s.do(carried(("E1", 7, sales)))
    assert (s.free("acc1", KIND), s.free("acc1", NEXT)) == (26, 7)


def test_who_is_in_default_carries_nothing_over(make: Make) -> None:
    refused(make(entities=1), carried(), "year_open")
    refused(closed(make, choice(carry_over="none")), carried(), "kind_not_bankable", kind=KIND)
    s = closed(make, choice(steps="[make_up, next_year]"), missing=(100, 0, 50, 0))
    for n in range(3):
        give(s, f"acc{n}", 150)
    refused(s, carried(("E0", 1, 0)), "carry_over_short", entity="E0")
    surrender(s, 50, "acc2")  # what was missing
    s.do(carried())
    assert [s.free(f"acc{n}", NEXT) for n in range(4)] == [0, 150, 100, 0]
    steps(s, "make_up")
    s.at("2017-07-11 10:00").do(c.Enforce(2016, "next_year"))
    s.do(carried(("E0", 0, 0)))  # it is taken from the next year now
    assert s.free("acc0", NEXT) == 150


def test_the_whole_list_passes_over_who_has_carried_over(make: Make) -> None:
    s = closed(make, missing=(0, 0))
    refused(s, carried(), "carry_over_nothing")
    give(s, "acc0", 10)
    s.do(carried())
    refused(s, carried(), "carry_over_nothing")
    give(s, "acc1", 10)
    s.do(carried())
    assert (s.free("acc0", NEXT), s.free("acc1", NEXT)) == (10, 10)


def test_an_entity_named_twice_carries_over_once(make: Make) -> None:
    s = closed(make, missing=(0,))
    give(s, "acc0", 10)
    s.no(carried(("E0", 6, 0), ("E0", 6, 0)))
    s.no(carried(("E0", 5, 0), ("E0", 5, 0)))


def test_a_surrender_reversed_after_the_closing_is_missing(make: Make) -> None:
    s = closed(make, choice(steps="[next_year]"), missing=(100, 0))
    give(s, "acc0", 10)
    s.do(r.Reverse(surrender(s, 10), "the wrong account"))
    steps(s, "next_year")
    assert done(s, "next_year")["E0"] == 100


def test_a_correction_downwards_takes_claim_and_fine_back(make: Make) -> None:
    s = closed(make, FINES, missing=(100,))
    steps(s, "make_up")
    prices(s.at("2017-07-11 10:00"), d20170103=("1000", 0))
    s.do(fine())
    assert done(s, "fine") == {"E0": 3 * 1000 * 100}
    s.emissions(2016, {"E0": "940"})  # 40 short instead of 100
    s.do(c.CloseYear(2016))
    assert sum(x.amount for x in s.record("E0", 2016).steps if x.step == "fine") == 3 * 1000 * 40
    s.emissions(2016, {"E0": "900"})
    s.do(c.CloseYear(2016))
    assert s.record("E0", 2016).outcomes[-1].status == "E"
    assert sum(x.amount for x in s.record("E0", 2016).steps if x.step == "fine") == 0
    refused(s, c.PayFine("E0", 2016, 1, EVIDENCE), "payment_bad")


def test_what_an_allocation_paid_for_a_claim_comes_back(make: Make) -> None:
    s = closed(make, choice(steps="[next_year]"), missing=(100,))
    steps(s, "next_year")
    s.do(r.Issue("SZA-2017", 1000, "issuance"))
    s.data(2017, {"E0": {"output:x": "150", "intensity:x": "1"}})
    s.do(c.PreAllocate(2017))
    assert s.free("acc0", "SZA-2017") == 50
    s.emissions(2016, {"E0": "930"})  # 30 short
    s.do(c.CloseYear(2016))
    s.data(2017, {"E0": {"output:x": "151"}})
    s.do(c.TrueUp(2017))
    # One more, and 70 of the 100 that were taken.
    assert s.free("acc0", "SZA-2017") == 50 + 1 + 70
    assert s.programme.state.compliance.content.owed == {}
