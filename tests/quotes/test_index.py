"""The chain-linked index: cases by hand, and what must hold of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.quotes import Bar, Series, chain_index

D = Decimal


def market(name: str, *days: tuple[str, str, int], currency: str = "CNY") -> Series:
    """From (day, close, volume); turnover is close × volume."""
    return Series(name, name, tuple(
        Bar(date.fromisoformat(day), None, None, None, D(close), volume, D(close) * volume)
        for day, close, volume in days
    ), currency)  # fmt: skip


# In December A turned over 200 and B 100.
A = market("A", ("2019-12-31", "20", 10), ("2020-01-02", "20", 10), ("2020-01-03", "22", 10),
           ("2020-02-03", "11", 10))  # fmt: skip
B = market("B", ("2019-12-31", "10", 10), ("2020-01-03", "13", 44))
BASE = date(2020, 1, 2)


def values(found: object) -> list[tuple[str, str]]:
    return [(point.day.isoformat(), str(point.value)) for point in found.points]


def test_the_formula_by_hand() -> None:
    found = chain_index([A, B], BASE, every="month")
    # 3 January: 100 × (2/3 × 22/20 + 1/3 × 13/10) = 116.666…
    # January's turnover: A 200 + 220 = 420, B 572; so from 31 January A has 105/248.
    # 3 February: B keeps 13, A halves: 116.666… × (105/248 × 1/2 + 143/248).
    assert values(found) == [
        ("2020-01-02", "100"),
        ("2020-01-03", "116.6667"),
        ("2020-02-03", "91.9691"),
    ]
    assert [link.day for link in found.links] == [BASE, date(2020, 1, 31)]
    assert found.links[0].weights == {"A": Fraction(2, 3), "B": Fraction(1, 3)}
    assert found.links[1].weights == {"A": Fraction(105, 248), "B": Fraction(143, 248)}
    assert str(found.links[1].level) == "116.666666666667"


def test_the_example_of_the_docstring() -> None:
    one = market("A", ("2019-12-31", "20", 5), ("2020-01-02", "20", 1), ("2020-01-03", "22", 1))
    other = market("B", ("2019-12-31", "10", 10))
    assert values(chain_index([one, other], BASE))[-1] == ("2020-01-03", "105.0000")


def test_a_market_that_joins_makes_no_jump() -> None:
    """C is dear and moves wildly in its first month; it counts from the next one, from its price there."""
    c = market("C", ("2020-01-06", "500", 9), ("2020-01-31", "900", 9), ("2020-02-03", "900", 9))
    flat = market("A", ("2019-12-31", "20", 10), ("2020-01-02", "20", 10), ("2020-02-04", "20", 1))
    found = chain_index([flat, c], BASE, every="month")
    assert {value for _, value in values(found)} == {"100", "100.0000"}
    assert found.links[0].weights == {"A": 1}
    assert set(found.links[1].weights) == {"A", "C"}
    moved = market("C", *[(b.day.isoformat(), str(b.close), b.volume) for b in c.bars[:2]],
                   ("2020-02-03", "1800", 9))  # fmt: skip
    share = found.links[1].weights["C"]
    last = chain_index([flat, moved], BASE, every="month").points[-1].value
    assert abs(Fraction(last) - 100 * (1 + share)) < Fraction(1, 10_000)


def test_without_turnover_the_shares_before_stay() -> None:
    one = market("A", ("2019-12-31", "20", 10), ("2020-01-02", "20", 10), ("2020-04-01", "30", 1))
    found = chain_index([one], BASE, every="month")
    assert values(found)[-1] == ("2020-04-01", "150.0000")
    assert [link.day for link in found.links] == [BASE, date(2020, 3, 31)]


def test_a_day_without_trade_keeps_the_close() -> None:
    """A row without volume may carry any price; it is not a trade."""
    odd = market("A", ("2019-12-31", "20", 10), ("2020-01-02", "20", 10), ("2020-01-03", "99", 0),
                 ("2020-01-06", "21", 1))  # fmt: skip
    assert values(chain_index([odd], BASE)) == [("2020-01-02", "100"), ("2020-01-06", "105.0000")]


@pytest.mark.parametrize(
    "several, base, text",
    [
        ([], BASE, "name of its own"),
        ([A, A], BASE, "name of its own"),
        ([A, market("B", currency="EUR")], BASE, "one currency"),
        ([A], date(2019, 12, 31), "no market had turnover in the year before"),
        ([market("A", ("2019-12-31", "0", 1))], BASE, "not above zero"),
    ],
)
def test_what_cannot_be_computed_is_refused(several: list[Series], base: date, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        chain_index(several, base)


@st.composite
def markets(draw: st.DrawFn) -> list[Series]:
    found = []
    for name in "ABC"[: draw(st.integers(1, 3))]:
        days = sorted(draw(st.sets(st.integers(0, 200), min_size=3, max_size=15)))
        rows = [("2019-12-30", "10", 1)] if name == "A" else []
        rows += [
            ((date(2020, 1, 1) + timedelta(days=n)).isoformat(),
             str(draw(st.decimals(D("1"), D("99"), places=2))), draw(st.integers(1, 9)))
            for n in days
        ]  # fmt: skip
        found.append(market(name, *rows))
    return found


@settings(deadline=None, max_examples=60)
@given(markets(), st.randoms(use_true_random=False))
def test_what_must_hold(several: list[Series], chance: object) -> None:
    """Shares sum to one; the order of markets and the level of all prices do not matter; with one
    market the index is its price."""
    found = chain_index(several, BASE, every="month")
    assert all(sum(link.weights.values()) == 1 for link in found.links)
    assert all(part > 0 for link in found.links for part in link.weights.values())
    assert found.points[0].value == 100
    turned = several[::-1]
    assert chain_index(turned, BASE, every="month").points == found.points
    double = [market(s.name, *[(b.day.isoformat(), str(b.close * 2), b.volume) for b in s.bars])
              for s in several]  # fmt: skip
    assert chain_index(double, BASE, every="month").points == found.points
    if len(several) == 1:
        closes = {bar.day: bar.close for bar in several[0].bars}
        start = next(close for day, close in sorted(closes.items(), reverse=True) if day <= BASE)
        for point in found.points[1:]:
            exact = 100 * Fraction(closes[point.day]) / Fraction(start)
            assert abs(Fraction(point.value) - exact) <= Fraction(51, 10**6)
