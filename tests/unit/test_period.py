"""Periods in every form people write, half-open days, and calendars with make-up days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.period import Period, WorkingDays

FORMS = {
    "2016": ["2016", "2016年", " ２０１６ ", "2016.0", "2016 年"],
    "2016-Q1": ["2016-Q1", "2016Q1", "2016-q1", "2016年第一季度", "2016年第1季度", "2016 Q1"],
    "2016-Q4": ["2016-Q4", "2016年第四季度", "２０１６－Ｑ４"],
    "2016-03": ["2016-03", "2016-3", "2016/03", "2016年3月", "2016.03", "2016年03月"],
    "2016-12": ["2016-12", "2016年12月"],
    "2016-02-29": ["2016-02-29", "2016/2/29", "2016年2月29日", "2016-02-29 00:00:00"],
}


@pytest.mark.parametrize(("canonical", "text"), [(c, t) for c, ts in FORMS.items() for t in ts])
def test_forms(canonical: str, text: str) -> None:
    assert Period.parse(text) == Period.parse(canonical)
    assert str(Period.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "start", "after"),
    [
        ("2016", date(2016, 1, 1), date(2017, 1, 1)),
        ("2016-Q4", date(2016, 10, 1), date(2017, 1, 1)),
        ("2016-12", date(2016, 12, 1), date(2017, 1, 1)),
        ("2016-12-31", date(2016, 12, 31), date(2017, 1, 1)),
    ],
)
def test_days(text: str, start: date, after: date) -> None:
    assert Period.parse(text) == Period(start, after)
    assert Period.parse(text).days == (after - start).days


@pytest.mark.parametrize(
    "text",
    ["", "16", "20x6", "2016-13", "2016-00", "2016-Q5", "2016-02-30", "2016-1-1-1", "2016-2017",
     "第一季度", "2016年第五季度", "Q1", "0000", "2016-03-01 12:30", "March 2016", "20166"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="write 2016, 2016-Q1, 2016-03"):
        Period.parse(text)


def test_a_period_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(date(2016, 1, 1), date(2016, 1, 1))


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_text_and_back(day: date) -> None:
    """Every year, quarter, month and day says itself in a form that reads back the same."""
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    for text in (f"{day.year}", quarter, f"{day:%Y-%m}", day.isoformat()):
        period = Period.parse(text)
        assert str(period) == text
        assert Period.parse(str(period)) == period
        assert Period(day, day + timedelta(1)) in period


def test_containment_and_overlap() -> None:
    year, quarter = Period.parse("2016"), Period.parse("2016-Q2")
    assert quarter in year
    assert year not in quarter
    assert year in year
    assert Period.parse("2016-07") not in quarter
    assert Period.parse("2015-12-31") not in year
    assert year.overlaps(quarter)
    assert quarter.overlaps(year)
    assert not Period.parse("2016-06-30").overlaps(Period.parse("2016-Q3"))
    assert Period(date(2015, 12, 1), date(2016, 1, 2)).overlaps(year)


def test_periods_that_follow_leave_no_gap() -> None:
    quarters = [Period.parse(f"2016-Q{n}") for n in range(1, 5)]
    months = [Period.parse(f"2016-{n:02d}") for n in range(1, 13)]
    for parts in (quarters, months):
        assert sum(part.days for part in parts) == 366
        assert all(a.end == b.start for a, b in pairwise(parts))
    assert all(a < b for a, b in pairwise(months))


def test_other_spans_say_both_ends() -> None:
    assert str(Period(date(2016, 1, 5), date(2016, 3, 1))) == "2016-01-05..2016-03-01"


# ---------------------------------------------------------------- working days

# National Day 2016: days off 1 to 7 October, worked on Saturday 8 and Sunday 9 October.
AUTUMN = WorkingDays(
    holidays=frozenset(date(2016, 10, day) for day in range(1, 8)),
    worked=frozenset({date(2016, 10, 8), date(2016, 10, 9)}),
)


def test_working_days_around_a_long_holiday() -> None:
    assert AUTUMN.is_working(date(2016, 9, 30))
    assert not AUTUMN.is_working(date(2016, 10, 3))  # a Monday off
    assert AUTUMN.is_working(date(2016, 10, 8))  # a Saturday worked
    assert AUTUMN.is_working(date(2016, 10, 9))
    assert not AUTUMN.is_working(date(2016, 10, 15))


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [
        (date(2016, 9, 30), 1, date(2016, 10, 8)),
        (date(2016, 9, 30), 3, date(2016, 10, 10)),
        (date(2016, 10, 3), 0, date(2016, 10, 8)),
        (date(2016, 10, 10), 0, date(2016, 10, 10)),
        (date(2016, 10, 10), -1, date(2016, 10, 9)),
        (date(2016, 10, 8), -1, date(2016, 9, 30)),
        (date(2016, 10, 5), -2, date(2016, 9, 29)),
    ],
)
def test_shifts(day: date, count: int, wanted: date) -> None:
    assert AUTUMN.shift(day, count) == wanted


@given(st.dates(date(2016, 8, 1), date(2016, 12, 1)), st.integers(1, 40))
def test_there_and_back(day: date, count: int) -> None:
    """From a working day, so many forth and back is the same day; days passed are counted."""
    start = AUTUMN.shift(day, 0)
    end = AUTUMN.shift(start, count)
    assert AUTUMN.shift(end, -count) == start
    between = (start + timedelta(n) for n in range(1, (end - start).days + 1))
    assert sum(AUTUMN.is_working(d) for d in between) == count
