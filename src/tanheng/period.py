"""Days, half-open periods and working days.

A period is ``[start, end)`` in whole days: it contains its first day and not its last, so periods
that follow one another neither overlap nor leave a gap.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from tanheng.quantity import normal

_YEAR = re.compile(r"(\d{4})\s*年?(?:\.0)?$")
_QUARTER = re.compile(r"(\d{4})\s*[-年]?\s*(?:[Qq]\s*([1-4])|第?\s*([1-4一二三四])\s*季度?)$")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?$")
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?$"
)
_CHINESE = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole days from ``start`` up to but not including ``end``."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a period ends after it starts: {self.start} … {self.end}")

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period a text names: a year, quarter, month or day, in English or Chinese form.

        >>> Period.parse("2016-Q1") == Period.parse("2016年第一季度")
        True

        Raises:
            ValueError: when the text names no period.
        """
        plain = normal(str(text))
        try:
            if match := _YEAR.match(plain):
                return cls.year(int(match[1]))
            if match := _QUARTER.match(plain):
                named = match[2] or match[3]
                quarter = _CHINESE.get(named) or int(named)
                return cls._months(int(match[1]), 3 * quarter - 2, 3)
            if match := _MONTH.match(plain):
                return cls._months(int(match[1]), int(match[2]), 1)
            if match := _DAY.match(plain):
                day = date(int(match[1]), int(match[2]), int(match[3]))
                return cls(day, day + timedelta(days=1))
        except ValueError:
            pass
        raise ValueError(f"not a period: {text!r}; write 2016, 2016-Q1, 2016-03 or 2016-03-31")

    @classmethod
    def year(cls, year: int) -> Period:
        """The calendar year."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1))

    @classmethod
    def _months(cls, year: int, month: int, count: int) -> Period:
        after = month - 1 + count
        return cls(date(year, month, 1), date(year + after // 12, after % 12 + 1, 1))

    def __contains__(self, other: Period) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Period) -> bool:
        """Whether the two share at least one day."""
        return self.start < other.end and other.start < self.end

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def __str__(self) -> str:
        first, after = self.start, self.end
        if first == date(first.year, 1, 1) and after == date(first.year + 1, 1, 1):
            return str(first.year)
        months = 12 * (after.year - first.year) + after.month - first.month
        if first.day == after.day == 1 and months == 1:
            return f"{first:%Y-%m}"
        if first.day == after.day == 1 and months == 3 and first.month % 3 == 1:
            return f"{first.year}-Q{(first.month + 2) // 3}"
        if self.days == 1:
            return first.isoformat()
        return f"{first}..{after}"


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar of working days: Monday to Friday, less ``holidays``, plus ``worked`` days.

    China moves working days onto week-ends around its long holidays, hence ``worked``.
    """

    holidays: Collection[date] = frozenset()
    worked: Collection[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on the day."""
        return day in self.worked or (day.weekday() < 5 and day not in self.holidays)

    def shift(self, day: date, count: int) -> date:
        """The *count*-th working day after ``day`` (before it, when negative).

        With a count of zero: the day itself if it is a working day, else the next one.
        """
        step = timedelta(days=-1 if count < 0 else 1)
        if count == 0:
            while not self.is_working(day):
                day += step
            return day
        left = abs(count)
        while left:
            day += step
            left -= self.is_working(day)
        return day
