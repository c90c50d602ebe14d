"""Opening hours and delays: pure functions on instants.

Instants come in with any time zone and go out in UTC. Hours and cut-offs are wall-clock times of
the pack's zone, so they follow its summer time; what is told in minutes is elapsed time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tanheng.errors import Fault
from tanheng.rules.controls import Calendar, Controls


class CalendarMissing(Fault):
    """The calendar does not cover a year that was asked for.

    An unlisted year is not a year without holidays: whatever depends on it cannot be decided.
    """

    def __init__(self, year: int, covered: tuple[int, ...]) -> None:
        self.year = year
        self.covered = covered
        known = ", ".join(map(str, sorted(covered))) or "none"
        super().__init__(
            f"the pack's calendar does not cover {year}; it covers {known}: "
            f"add the holidays of {year} to calendar.holidays and {year} to calendar.years"
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """What time does to transfers, by one pack.

    Raises (all methods):
        CalendarMissing: when the answer depends on a year the calendar does not cover.
        ValueError: for an instant without a time zone.
    """

    timezone: ZoneInfo
    calendar: Calendar
    controls: Controls

    def is_working(self, day: date) -> bool:
        """Whether the day is a working day."""
        self._covered(day, day)
        return self.calendar.working_days.is_working(day)

    def shift(self, day: date, count: int) -> date:
        """The *count*-th working day after ``day``; with 0 the day itself or the next one."""
        self._covered(day, day)
        found = self.calendar.working_days.shift(day, count)
        self._covered(min(day, found), max(day, found))
        return found

    def local(self, instant: datetime) -> datetime:
        """The instant on the clocks of the pack's zone."""
        if instant.tzinfo is None or instant.utcoffset() is None:
            raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
        return instant.astimezone(self.timezone)

    def at(self, day: date, clock: time) -> datetime:
        """The instant, in UTC, at which local clocks show a time on a day.

        A time that clocks skip is as late after midnight as on other days; of a time they show
        twice it is the first.
        """
        return datetime.combine(day, clock, self.timezone).astimezone(UTC)

    def is_open(self, instant: datetime) -> bool:
        """Whether the registry is open: the first moment belongs to the hours, the last not."""
        local, hours = self.local(instant), self.controls.opening_hours.value
        return self.is_working(local.date()) and hours.start <= local.time() < hours.end

    def next_opening(self, instant: datetime) -> datetime:
        """The instant itself while open, else when the registry opens next."""
        if self.is_open(instant):
            return instant.astimezone(UTC)
        local, start = self.local(instant), self.controls.opening_hours.value.start
        day = local.date()
        early = self.is_working(day) and local.time() < start
        return self.at(day if early else self.shift(day, 1), start)

    def untrusted_due(self, proposed: datetime) -> datetime:
        """When a transfer to an account that is not trusted is executed.

        The law speaks of working days only. What is proposed on another day counts as proposed
        when the next working day begins: before its cut-off, so it is never executed sooner than
        what was proposed on the working day before.
        """
        local, delay = self.local(proposed), self.controls.untrusted_delay.value
        day = self.shift(local.date(), 0)
        late = day == local.date() and local.time() >= delay.cutoff
        return self.at(
            self.shift(day, delay.after_days if late else delay.before_days), delay.execute
        )

    def trusted_effective(self, added: datetime) -> datetime:
        """When an addition to a trusted list begins to work."""
        delay = self.controls.trusted_list_delay.value
        return self.at(self.shift(self.local(added).date(), delay.days), delay.at)

    def abort_until(self, due: datetime) -> datetime:
        """Up to when a transfer due at an instant may be aborted; elapsed time before it."""
        minutes = self.controls.abort_before_minutes.value
        return self.local(due).astimezone(UTC) - timedelta(minutes=minutes)

    def _covered(self, first: date, last: date) -> None:
        for year in range(first.year, last.year + 1):
            if year not in self.calendar.years:
                raise CalendarMissing(year, self.calendar.years)
