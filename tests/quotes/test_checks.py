"""Every finding of a series on both sides of its limit, and the table of bands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.errors import catalogue
from tanheng.quotes import Bar, Series, band_table, check_series

D = Decimal
MONDAY = date(2021, 3, 1)


def bars(*rows: str, start: date = MONDAY) -> Series:
    """Rows ``open high low close volume turnover``, a day each; ``-`` is nothing."""
    made = []
    for n, row in enumerate(rows):
        *prices, volume, turnover = row.split()
        known = [None if cell == "-" else D(cell) for cell in prices]
        made.append(Bar(start + timedelta(days=n), *known, int(volume), D(turnover)))
    return Series("X", "X", tuple(made))


def codes(series: Series, band: str | None = None) -> list[tuple[str, int | None, str | None]]:
    rows = range(2, 2 + len(series.bars))
    found = check_series(series, "x.csv", list(rows), D(band) if band else None)
    assert all(catalogue()[f.code].severity == "notice" for f in found)
    assert all(f.message("en") and f.message("zh") for f in found)
    return [(f.code.removeprefix("quote_"), f.row, f.column) for f in found]


@pytest.mark.parametrize(
    "row, found",
    [
        ("10 12 9 12 1 10", []),
        ("10 12 9 9 1 10", []),
        ("10 12 9 12.01 1 10", [("close_outside", 2, "close")]),
        ("10 12 9 8.99 1 10", [("close_outside", 2, "close")]),
        ("12.01 12 9 12 1 10", [("open_outside", 2, "open")]),
        ("8.99 12 9 12 1 10", [("open_outside", 2, "open")]),
        ("9 12 9 12 1 10", []),
        ("10 9 12 10 1 10", [("swapped", 2, "low")]),
        ("10 10 10 10 1 10", []),
        ("10 - 9 20 1 10", []),
        ("10 12 9 10 1 12.06", [("mean_outside", 2, "turnover")]),
        ("10 12 9 10 1 12.00", []),
        ("10 12 9 10 1 8.99", [("mean_outside", 2, "turnover")]),
        # Half of the last digit of a turnover is nobody's fault: 1205 may be 1204.5.
        ("10 12.045 9 10 100 1205", []),
        ("10 12.04 9 10 100 1205", [("mean_outside", 2, "turnover")]),
        ("10 12 9.005 10 100 900", []),
        ("10 12 9.01 10 100 900", [("mean_outside", 2, "turnover")]),
        ("10 12 9 10 5 0", [("no_turnover", 2, "turnover")]),
        ("- - - 10 0 5", [("no_volume", 2, "volume")]),
        ("- - - 10 0 0", []),
        ("10 12 9 - 1 10", [("no_close", 2, "close")]),
        ("- - - - 0 0", []),
        ("- 0 - 10 1 10", [("zero_price", 2, "high")]),
        ("10 0 0 10 0 0", [("zero_price", 2, "high"), ("zero_price", 2, "low"),
                           ("close_outside", 2, "close"), ("open_outside", 2, "open")]),
    ],
)  # fmt: skip
def test_a_day(row: str, found: list[tuple[str, int, str]]) -> None:
    assert codes(bars(row)) == found


def test_a_price_that_moves_without_trade() -> None:
    assert codes(bars("- - - 10 1 10", "- - - 10 0 0", "- - - 10.0 0 0")) == []
    assert codes(bars("- - - 10 1 10", "- - - 10.01 0 0")) == [("moved_untraded", 3, "close")]
    assert codes(bars("- - - 10 0 0")) == []  # nothing before it


def test_week_ends() -> None:
    friday = date(2021, 3, 5)
    rows = ["- - - 10 1 10"] * 4
    assert codes(bars(*rows, start=friday)) == [("weekend", 3, "day"), ("weekend", 4, "day")]


@pytest.mark.parametrize(
    "row, found",
    [
        ("- - - 11.00 1 11", []),
        ("- - - 11.01 1 11", [("band", 3, "close")]),
        ("- - - 9.00 1 9", []),
        ("- - - 8.99 1 9", [("band", 3, "close")]),
        ("- 11.02 10 10.5 1 10.5", [("band", 3, "high")]),
        ("- 11 8.5 10.5 1 10.5", [("band", 3, "low")]),
        ("- 12 8.5 11.5 1 10.5", [("band", 3, "high")]),  # the farthest of three
    ],
)
def test_the_band(row: str, found: list[tuple[str, int, str]]) -> None:
    assert codes(bars("- - - 10 1 10", row), "0.10") == found
    assert codes(bars("- - - 10 1 10", row)) == []


def test_a_day_without_close_is_passed_over() -> None:
    gap = bars("- - - 10 1 10", "- - - - 0 0", "- - - 12 1 12")
    assert codes(gap, "0.10") == [("band", 4, "close")]
    assert band_table(gap, [D("0.10")]).largest == D("20.00")


def test_a_limit_is_rounded_to_the_tick() -> None:
    """10 % of 9.96 is 0.996: a market whose limit is 10.96 is within its band."""
    assert codes(bars("- - - 9.96 1 9.96", "- - - 10.96 1 10.96"), "0.10") == []
    assert codes(bars("- - - 9.96 1 9.96", "- - - 10.97 1 10.97"), "0.10") == [("band", 3, "close")]


def days(count: int, close: int) -> list[str]:
    """Each day opens and closes elsewhere; ``close`` 0: it closes where the next opens."""
    return [f"{10 + n} 99 1 {11 + n + close} 1 {11 + n}" for n in range(count)]


def test_columns_that_hold_the_day_before() -> None:
    """A close that is the open of the day before, and an open that is the close of the day before."""
    lagging = [f"{10 + n} 99 1 {9 + n} 1 {10 + n}" for n in range(21)]
    found = [f for f in codes(bars(*lagging, start=MONDAY)) if f[0] != "weekend"]
    assert found == [("close_is_before", None, "close")]
    chained = [f for f in codes(bars(*days(21, 0))) if f[0] != "weekend"]
    assert chained == [("open_is_before", None, "open")]
    assert [
        f for f in codes(bars(*days(20, 0))) if f[0] != "weekend"
    ] == []  # 19 pairs say too little
    assert [f for f in codes(bars(*days(40, 3))) if f[0] != "weekend"] == []
    still = ["10 10 10 10 1 10"] * 40
    assert [f for f in codes(bars(*still)) if f[0] != "weekend"] == []


def test_the_table_of_bands() -> None:
    one = bars("- - - 10 1 10", "- - - 10.60 1 1", "- - - 10.60 0 0", "- - - 7 1 7", "- - - 7.5 0 0",
               "- - - 8 1 8", start=date(2020, 12, 29))  # fmt: skip
    found = band_table(one, [D("0.05"), D("0.10"), D("0.30")])
    # +6 %, then −33.96 % on 1 January, and from 7.5 to 8 (+6.67 %) on 3 January.
    assert [(dict(row.days), row.total) for row in found.rows] == [
        ({2020: 1, 2021: 2}, 3), ({2020: 0, 2021: 1}, 1), ({2020: 0, 2021: 1}, 1),
    ]  # fmt: skip
    assert (found.largest, found.day) == (D("-33.96"), date(2021, 1, 1))
    nothing = band_table(bars("- - - 10 1 10"), [D("0.05")])
    assert (nothing.rows[0].total, nothing.largest, nothing.day) == (0, None, None)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 3000), min_size=2, max_size=30), st.integers(0, 60))
def test_bands_agree_with_a_plain_count(cents: list[int], percent: int) -> None:
    one = bars(*[f"- - - {D(cent) / 100} 1 1" for cent in cents])
    (row,) = band_table(one, [D(percent) / 100]).rows
    found = [f for f in codes(one, str(D(percent) / 100)) if f[0] == "band"]
    wanted = 0
    for before, now in pairwise(cents):
        limit = int(Fraction(before * percent, 100) + Fraction(1, 2))  # cents, half up
        wanted += abs(now - before) > limit
    assert row.total == wanted == sum(row.days.values()) == len(found)
