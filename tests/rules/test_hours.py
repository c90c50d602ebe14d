"""Opening hours and delays: limits from both sides, holidays, worked week-ends, summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.errors import Fault
from tanheng.rules import CalendarMissing, Hours, Pack, load_pack

SECOND = timedelta(seconds=1)
BRUSSELS, SHANGHAI = ZoneInfo("Europe/Brussels"), ZoneInfo("Asia/Shanghai")


def hours(name: str) -> Hours:
    found = load_pack(name)
    assert isinstance(found, Pack)
    return found.hours


EU, CN = hours("eu-ets"), hours("demo-ets")


def eu(text: str) -> datetime:
    """An instant by the clocks of Brussels."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


def cn(text: str) -> datetime:
    """An instant by the clocks of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text, is_open",
    [
        ("2021-03-05 09:59:59.999999", False),
        ("2021-03-05 10:00", True),
        ("2021-03-05 15:59:59.999999", True),
        ("2021-03-05 16:00", False),
        ("2021-03-06 12:00", False),  # Saturday
        ("2021-04-02 12:00", False),  # Good Friday
        ("2021-04-05 12:00", False),  # Easter Monday
        ("2021-04-06 12:00", True),
        ("2021-07-05 10:00", True),  # summer: 08:00 UTC
        ("2021-07-05 16:00", False),
    ],
)
def test_open(text: str, is_open: bool) -> None:
    assert EU.is_open(eu(text)) is is_open
    assert EU.is_open(eu(text).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    "text, opens",
    [
        ("2021-03-05 12:34", "2021-03-05 12:34"),
        ("2021-03-05 10:00", "2021-03-05 10:00"),
        ("2021-03-05 00:00", "2021-03-05 10:00"),
        ("2021-03-05 09:59:59", "2021-03-05 10:00"),
        ("2021-03-05 16:00", "2021-03-08 10:00"),  # Friday afternoon
        ("2021-03-06 03:00", "2021-03-08 10:00"),
        ("2021-03-07 23:59:59", "2021-03-08 10:00"),
        ("2021-04-01 16:00", "2021-04-06 10:00"),  # over Easter
        ("2021-03-26 17:00", "2021-03-29 10:00"),  # clocks go forward on the 28th
        ("2021-10-29 17:00", "2021-11-01 10:00"),  # and back on the 31st
        ("2020-12-31 16:00", "2021-01-04 10:00"),  # New Year's Day is a Friday
    ],
)
def test_next_opening(text: str, opens: str) -> None:
    found = EU.next_opening(eu(text))
    assert found == eu(opens)
    assert found.tzinfo is UTC
    assert EU.is_open(found)


@pytest.mark.parametrize(
    "proposed, due",
    [
        ("2021-03-05 11:59", "2021-03-08 12:00"),  # Friday: Monday
        ("2021-03-05 11:59:59.999999", "2021-03-08 12:00"),
        ("2021-03-05 12:00", "2021-03-09 12:00"),  # Friday: Tuesday
        ("2021-03-05 23:59", "2021-03-09 12:00"),
        ("2021-03-08 00:00", "2021-03-09 12:00"),
        ("2021-03-06 09:00", "2021-03-09 12:00"),  # Saturday counts as Monday morning
        ("2021-03-06 18:00", "2021-03-09 12:00"),
        ("2021-03-07 23:59", "2021-03-09 12:00"),
        ("2021-03-31 11:59", "2021-04-01 12:00"),
        ("2021-03-31 12:00", "2021-04-06 12:00"),  # second working day, over Easter
        ("2021-04-01 11:59", "2021-04-06 12:00"),  # Maundy Thursday
        ("2021-04-01 12:00", "2021-04-07 12:00"),
        ("2021-04-02 11:00", "2021-04-07 12:00"),  # Good Friday counts as Tuesday morning
        ("2021-12-23 11:59", "2021-12-24 12:00"),
        ("2021-12-24 11:59", "2021-12-27 12:00"),
        ("2021-12-31 12:00", "2022-01-04 12:00"),
    ],
)
def test_untrusted_due(proposed: str, due: str) -> None:
    found = EU.untrusted_due(eu(proposed))
    assert found == eu(due)
    assert found.tzinfo is UTC


def test_untrusted_due_follows_the_clocks() -> None:
    """12:00 in Brussels is 11:00 UTC in winter and 10:00 UTC in summer."""
    forward = EU.untrusted_due(eu("2021-03-26 11:59"))
    assert forward == datetime(2021, 3, 29, 10, tzinfo=UTC)
    back = EU.untrusted_due(eu("2021-10-29 11:59"))
    assert back == datetime(2021, 11, 1, 11, tzinfo=UTC)
    assert EU.untrusted_due(datetime(2021, 3, 26, 10, 59, tzinfo=UTC)) == forward
    assert EU.untrusted_due(datetime(2021, 3, 26, 11, tzinfo=UTC)) > forward


@pytest.mark.parametrize(
    "added, works",
    [
        ("2021-03-01 00:00", "2021-03-05 12:00"),
        ("2021-03-01 23:59", "2021-03-05 12:00"),
        ("2021-03-02 15:00", "2021-03-08 12:00"),  # over the week-end
        ("2021-03-05 15:00", "2021-03-11 12:00"),
        ("2021-03-06 15:00", "2021-03-11 12:00"),  # Saturday
        ("2021-03-30 15:00", "2021-04-07 12:00"),  # over Easter and the change of clocks
    ],
)
def test_trusted_effective(added: str, works: str) -> None:
    assert EU.trusted_effective(eu(added)) == eu(works)


def test_abort_until() -> None:
    assert EU.abort_until(eu("2021-03-08 12:00")) == eu("2021-03-08 10:00")


def test_abort_is_elapsed_time_when_clocks_change() -> None:
    """04:00 on the day clocks go forward is two hours after 01:00."""
    assert EU.abort_until(eu("2021-03-28 04:00")) == eu("2021-03-28 01:00")
    assert EU.abort_until(eu("2021-10-31 04:00")) == datetime(2021, 10, 31, 1, tzinfo=UTC)


def test_times_that_clocks_skip_or_show_twice() -> None:
    skipped = EU.at(date(2021, 3, 28), datetime(2021, 1, 1, 2, 30).time())
    assert skipped == datetime(2021, 3, 28, 1, 30, tzinfo=UTC)
    twice = EU.at(date(2021, 10, 31), datetime(2021, 1, 1, 2, 30).time())
    assert twice == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


def test_a_worked_saturday_is_a_working_day() -> None:
    """2016-06-12, a Sunday, makes up for the Dragon Boat Festival of the 9th to the 11th."""
    assert CN.is_open(cn("2016-06-12 10:00"))
    assert not CN.is_open(cn("2016-06-10 10:00"))
    assert CN.untrusted_due(cn("2016-06-08 11:59")) == cn("2016-06-12 12:00")
    assert CN.untrusted_due(cn("2016-06-08 12:00")) == cn("2016-06-13 12:00")
    assert CN.next_opening(cn("2016-06-08 16:00")) == cn("2016-06-12 10:00")
    assert CN.is_open(cn("2016-02-06 15:00"))  # Saturday before the Spring Festival
    assert CN.next_opening(cn("2016-02-06 16:00")) == cn("2016-02-14 10:00")


@pytest.mark.parametrize(
    "day, working",
    [
        ("2015-09-03", False), ("2015-09-04", False), ("2015-09-06", True),
        ("2016-10-07", False), ("2016-10-08", True), ("2016-10-09", True),
        ("2017-06-30", True), ("2017-10-06", False), ("2017-09-30", True),
        ("2018-12-29", True), ("2018-12-31", False), ("2019-01-01", False),
        ("2020-01-31", False), ("2020-02-03", True), ("2026-10-10", True),
    ],
)  # fmt: skip
def test_days_of_the_state_councils_notices(day: str, working: bool) -> None:
    """Source: the notices listed in ``packs/demo-ets/SOURCES.md``."""
    assert CN.is_working(date.fromisoformat(day)) is working


def test_easter() -> None:
    """Easter Sundays by the tables of the Nautical Almanac."""
    for text in (
        "2005-03-27",
        "2008-03-23",
        "2011-04-24",
        "2019-04-21",
        "2024-03-31",
        "2030-04-21",
    ):
        sunday = date.fromisoformat(text)
        assert not EU.is_working(sunday - timedelta(days=2))
        assert EU.is_working(sunday - timedelta(days=3))
        assert not EU.is_working(sunday + timedelta(days=1))
        assert EU.is_working(sunday + timedelta(days=2))


def test_the_calendar_says_when_it_ends() -> None:
    for ask in (EU.is_open, EU.next_opening, EU.untrusted_due, EU.trusted_effective):
        with pytest.raises(CalendarMissing, match="does not cover 2031"):
            ask(eu("2031-03-05 11:00"))
        with pytest.raises(CalendarMissing, match="does not cover 2004"):
            ask(eu("2004-12-31 11:00"))
    assert issubclass(CalendarMissing, Fault)
    assert CalendarMissing(2031, (2030, 2029)).year == 2031


def test_an_answer_beyond_the_calendar_is_none() -> None:
    """The last days of 2030 look into 2031, where holidays are not known."""
    assert EU.untrusted_due(eu("2030-12-30 11:59")) == eu("2030-12-31 12:00")
    for late in ("2030-12-30 12:00", "2030-12-31 11:59"):
        with pytest.raises(CalendarMissing) as error:
            EU.untrusted_due(eu(late))
        assert error.value.year == 2031
    assert EU.next_opening(eu("2030-12-31 15:59")) == eu("2030-12-31 15:59")
    with pytest.raises(CalendarMissing):
        EU.next_opening(eu("2030-12-31 16:00"))
    with pytest.raises(CalendarMissing):
        EU.trusted_effective(eu("2030-12-27 11:00"))


def test_a_gap_in_the_calendar_is_seen() -> None:
    gap = EU.calendar.model_copy(update={"years": (2019, 2021), "holidays": ()})
    broken = Hours(EU.timezone, gap, EU.controls)
    with pytest.raises(CalendarMissing, match="does not cover 2020; it covers 2019, 2021"):
        broken.shift(date(2019, 12, 31), 400)
    with pytest.raises(CalendarMissing, match="2020"):
        broken.shift(date(2021, 1, 1), -2)


def test_the_local_day_counts() -> None:
    """23:30 UTC of New Year's Eve is New Year in Brussels."""
    assert not EU.is_open(datetime(2020, 12, 31, 23, 30, tzinfo=UTC))
    with pytest.raises(CalendarMissing):
        EU.is_open(datetime(2030, 12, 31, 23, 30, tzinfo=UTC))


def test_an_instant_needs_a_time_zone() -> None:
    naive = datetime(2021, 3, 5, 11)
    for ask in (
        EU.is_open,
        EU.next_opening,
        EU.untrusted_due,
        EU.trusted_effective,
        EU.abort_until,
    ):
        with pytest.raises(ValueError, match="time zone"):
            ask(naive)


instants = st.datetimes(
    datetime(2015, 1, 2), datetime(2026, 11, 30), timezones=st.just(UTC)
)  # fmt: skip


@given(instants, st.integers(0, 5 * 86400), st.sampled_from([EU, CN]))
def test_later_is_never_sooner(first: datetime, gap: int, at: Hours) -> None:
    """Who proposes later is not executed sooner; and every delay leaves time to abort."""
    later = first + timedelta(seconds=gap)
    for ask in (at.next_opening, at.untrusted_due, at.trusted_effective):
        assert ask(first) <= ask(later)
    due = at.untrusted_due(first)
    assert first < at.abort_until(due) < due
    assert at.is_open(due)
    opening = at.next_opening(first)
    assert opening >= first
    assert at.is_open(opening)
    assert opening == first or not at.is_open(first)
