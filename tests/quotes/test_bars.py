"""Bars: cases by hand, and what must hold of any series."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.quotes import (
    Bar,
    Series,
    candles,
    cumulated,
    joined,
    moving_average,
    rounded,
    vwap,
    years,
)
from tanheng.quotes.bars import money, period

D = Decimal


def bar(day: str, *prices: str | None, volume: int = 0, turnover: str = "0") -> Bar:
    """Prices in the order open, high, low, close."""
    known = [None if price is None else D(price) for price in prices]
    return Bar(date.fromisoformat(day), *known, volume, D(turnover))


# Thursday and Friday, then Monday: two ISO weeks, two months, two years.
THREE = Series("X", "X", (
    bar("2015-12-31", "10", "12", "9", "11", volume=2, turnover="22"),
    bar("2016-01-01", "11", "15", "10", "14", volume=1, turnover="14"),
    bar("2016-01-04", None, None, None, "14"),
))  # fmt: skip


def test_weeks_months_and_years_by_hand() -> None:
    week = bar("2016-01-01", "10", "15", "9", "14", volume=3, turnover="36")
    idle = bar("2016-01-04", None, None, None, "14")
    first = bar("2015-12-31", "10", "12", "9", "11", volume=2, turnover="22")
    second = bar("2016-01-04", "11", "15", "10", "14", volume=1, turnover="14")
    assert candles(THREE, "week").bars == (week, idle)
    assert candles(THREE, "month").bars == (first, second)
    assert candles(THREE, "year").bars == (first, second)
    assert candles(THREE, "day") is THREE
    assert period(date(2016, 1, 1), "week") == (2015, 53)


def test_a_day_without_trade_gives_no_price_to_its_week() -> None:
    """Some tables write 0 as high and low of such a day."""
    one = Series("X", "X", (
        bar("2020-07-06", "27", "28", "26", "27", volume=5, turnover="135"),
        bar("2020-07-07", "20", "0", "0", "27.1"),
    ))  # fmt: skip
    assert candles(one, "week").bars == (
        bar("2020-07-07", "27", "28", "26", "27", volume=5, turnover="135"),
    )
    (year,) = years(one)
    assert (year.days, year.traded, year.low, year.close) == (2, 1, D(26), D(27))


def test_trades_are_known_only_when_all_are() -> None:
    days = [Bar(date(2020, 7, n), D(1), D(1), D(1), D(1), 1, D(1), count)
            for n, count in ((6, 3), (7, None), (8, 4))]  # fmt: skip
    assert candles(Series("X", "X", (days[0], days[2])), "week").bars[0].trades == 7
    assert candles(Series("X", "X", tuple(days)), "week").bars[0].trades is None


def test_vwap_by_hand_and_without_volume() -> None:
    assert vwap(THREE) == Fraction(36, 3)
    assert vwap(THREE, date(2016, 1, 1), date(2016, 1, 1)) == 14
    assert vwap(THREE, last=date(2015, 12, 31)) == 11
    assert vwap(THREE, first=date(2016, 1, 2)) is None
    assert vwap(Series("X", "X", ())) is None


def test_years_totals_and_averages_by_hand() -> None:
    one, other = years(THREE)
    assert (one.year, one.days, one.volume, one.turnover, one.vwap) == (2015, 1, 2, D(22), 11)
    assert (other.days, other.traded, other.high, other.low) == (2, 1, D(15), D(10))
    assert (other.highest, other.lowest, other.close) == (D(14), D(14), D(14))
    assert [(t.volume, t.turnover) for t in cumulated(THREE)] == [(2, 22), (3, 36), (3, 36)]
    assert moving_average(THREE, 2) == (None, D("12.5000"), D("14.0000"))
    assert moving_average(THREE, 3, 1) == (None, None, D("13.0"))
    assert moving_average(THREE, 4) == (None, None, None)
    gap = Series(
        "X", "X", (THREE.bars[0], bar("2016-01-01", None, None, None, None), THREE.bars[2])
    )
    assert moving_average(gap, 2) == (None, None, D("12.5000"))
    with pytest.raises(ValueError, match="at least one"):
        moving_average(THREE, 0)


def test_days_must_rise() -> None:
    with pytest.raises(ValueError, match="does not come after"):
        Series("X", "X", (THREE.bars[0], THREE.bars[0]))
    with pytest.raises(ValueError, match="does not come after"):
        Series("X", "X", THREE.bars[::-1])


def test_joined_puts_vintages_in_order_and_refuses_shared_days() -> None:
    old, new = (
        Series(name, name, bars) for name, bars in (("A", THREE.bars[:1]), ("B", THREE.bars[1:]))
    )
    assert joined([new, old], "X", "X") == THREE
    with pytest.raises(ValueError):
        joined([old, THREE], "X", "X")
    with pytest.raises(ValueError, match="one currency"):
        joined([old, Series("B", "B", (), "EUR")], "X", "X")


@pytest.mark.parametrize(
    "value, places, text",
    [
        (Fraction(1, 8), 2, "0.13"), (Fraction(-1, 8), 2, "-0.13"), (Fraction(1, 3), 4, "0.3333"),
        (D("2.5"), 0, "3"), (D("-0.4"), 0, "0"), (Fraction(10**30, 3), 1, "333333333333333333333333333333.3"),
    ],
)  # fmt: skip
def test_rounded(value: Fraction | Decimal, places: int, text: str) -> None:
    assert str(rounded(value, places)).lstrip() == text


def test_a_sum_is_exact_or_refused() -> None:
    assert money([D("1e30"), D("0.01")]) == D("1000000000000000000000000000000.01")
    with pytest.raises(Inexact):
        money([D("1e60"), D("0.01")])


PRICE = st.decimals(D("0.01"), D("200"), places=2)


@st.composite
def series_of(draw: st.DrawFn, least: int = 1) -> Series:
    """Sound series: each day's prices within its range, its turnover at prices of the day."""
    day, bars = date(2019, 12, 20), []
    for _ in range(draw(st.integers(least, 15))):
        day += timedelta(days=draw(st.integers(1, 9)))
        low, one, other, high = sorted(draw(st.tuples(PRICE, PRICE, PRICE, PRICE)))
        volume = draw(st.integers(0, 5))
        if volume:
            turnover = sum((draw(st.sampled_from((low, high, one))) for _ in range(volume)), D(0))
            bars.append(Bar(day, one, high, low, other, volume, turnover, volume))
        else:
            bars.append(Bar(day, None, None, None, draw(st.none() | PRICE), 0, D(0), 0))
    return Series("X", "X", tuple(bars))


@settings(deadline=None, max_examples=40)
@given(series_of())
def test_longer_bars_add_up(one: Series) -> None:
    """Years of months are years of days; no volume, money or extreme is lost on any way."""
    assert candles(candles(one, "month"), "year") == candles(one, "year")
    for every in ("week", "month", "year"):
        made = candles(one, every)
        assert sum(bar.volume for bar in made.bars) == sum(bar.volume for bar in one.bars)
        assert sum(bar.turnover for bar in made.bars) == sum(bar.turnover for bar in one.bars)
        assert vwap(made) == vwap(one)
        highs = [bar.high for bar in one.bars if bar.high is not None]
        assert max((b.high for b in made.bars if b.high is not None), default=None) == max(
            highs, default=None
        )
        for bar in made.bars:
            inside = [b for b in one.bars if period(b.day, every) == period(bar.day, every)]
            assert bar.day == inside[-1].day
            assert bar.volume == sum(b.volume for b in inside)
            assert not bar.outside


@settings(deadline=None, max_examples=40)
@given(series_of(), st.integers(0, 300), st.integers(0, 300))
def test_vwap_lies_within_the_prices_and_splits(one: Series, first: int, length: int) -> None:
    start = date(2019, 12, 20) + timedelta(days=first)
    stop = start + timedelta(days=length)
    traded = [bar for bar in one.between(start, stop).bars if bar.traded]
    found = vwap(one, start, stop)
    if found is None:
        assert not traded
        return
    assert min(b.low or 0 for b in traded) <= found <= max(b.high or 0 for b in traded)
    total = cumulated(one)[-1]
    weights = [(vwap(one, last=start - timedelta(days=1)), one.between(last=start - timedelta(days=1))),
               (found, one.between(start, stop)),
               (vwap(one, stop + timedelta(days=1)), one.between(stop + timedelta(days=1)))]  # fmt: skip
    parts = [(mean or 0) * sum(bar.volume for bar in part.bars) for mean, part in weights]
    assert sum(parts) == total.turnover


@settings(deadline=None, max_examples=40)
@given(series_of(), st.integers(1, 8))
def test_an_average_is_that_of_its_window(one: Series, count: int) -> None:
    closes: list[Fraction] = []
    for bar, shown in zip(one.bars, moving_average(one, count), strict=True):
        if bar.close is not None:
            closes.append(Fraction(bar.close))
        if bar.close is None or len(closes) < count:
            assert shown is None
        else:
            assert shown is not None
            assert abs(Fraction(shown) - sum(closes[-count:]) / count) <= Fraction(1, 20_000)
