"""What a figure of a compliance year is computed from: rules, state, day; plain or traced.

A figure is assembled once (:mod:`tanheng.compliance.figures`) with a *giver*: the plain one gives
decimals, for decisions over thousands of entities; the tracing one gives numbers that know where they
come from, for ``why``. So an explanation cannot drift from the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from tanheng.compliance import model as m
from tanheng.compliance.state import Compliance
from tanheng.errors import Refusal
from tanheng.registry.model import instant, moment
from tanheng.rules import Found, Gap, Pack, Plan
from tanheng.traced import N, Traced
from tanheng.why import Bilingual, Row

LAST = 2**62
"""An entry after all entries: what was entered so far counts."""
_STATUS = {
    "verified": Bilingual("verified", "已核对"),
    "unverified": Bilingual("UNVERIFIED", "未核对"),
    "assumed": Bilingual("ASSUMED", "假定"),
}
V = TypeVar("V", Decimal, Traced, covariant=True)


class Giver(Protocol[V]):
    """Makes numbers of what is given."""

    def number(
        self,
        value: Decimal | int,
        en: str,
        zh: str,
        measure: str = "",
        ask: str = "",
        rows: tuple[Row, ...] = (),
    ) -> V:
        """A figure that stands in the state."""

    def entered(self, given: m.Given, en: str, zh: str, measure: str = "") -> V:
        """A quantity that somebody entered."""

    def rule(self, found: Found) -> V:
        """A number of the law."""


class Plain:
    """Gives decimals."""

    def number(
        self,
        value: Decimal | int,
        en: str,
        zh: str,
        measure: str = "",
        ask: str = "",
        rows: tuple[Row, ...] = (),
    ) -> Decimal:
        """The value."""
        return Decimal(value)

    def entered(self, given: m.Given, en: str, zh: str, measure: str = "") -> Decimal:
        """The quantity."""
        return Decimal(given[0])

    def rule(self, found: Found) -> Decimal:
        """The number of the law."""
        return found.number


class Tracing:
    """Gives numbers that know their clause, or their entry, evidence and row."""

    def __init__(self, state: Compliance, pack: Pack) -> None:
        self._evidence = state.content.evidence
        self._pack = pack

    def number(
        self,
        value: Decimal | int,
        en: str,
        zh: str,
        measure: str = "",
        ask: str = "",
        rows: tuple[Row, ...] = (),
    ) -> Traced:
        """A figure, with the question that explains it."""
        return Traced(Decimal(value), name=Bilingual(en, zh), measure=measure, ask=ask, rows=rows)

    def entered(self, given: m.Given, en: str, zh: str, measure: str = "") -> Traced:
        """A quantity, with entry, evidence and row."""
        text, seq, row, how = given
        cells = f"{text}{f', {how}' if how else ''}"
        evidence = self._evidence.get(seq, "")
        rows = (Row(f"entry {seq}, evidence {evidence}", row, cells),)
        return Traced(Decimal(text), name=Bilingual(en, zh), measure=measure, rows=rows)

    def rule(self, found: Found) -> Traced:
        """A number of the law, with its clause, status and the line of the pack."""
        return Traced(
            found.number, name=Bilingual(found.title.en, found.title.zh), measure=found.unit,
            note=cited(found, self._pack.id),
        )  # fmt: skip


def cited(found: Found, pack: str) -> Bilingual:
    """Where a value of the law stands, and what is known of it."""
    value = found.value
    status = _STATUS[value.status]
    where = f"{pack} {found.place}"
    return Bilingual(
        f"{value.clause}; in force from {value.since}; {status.en}; {where}",
        f"{value.clause}；自{value.since}起；{status.zh}；{where}",
    )


@dataclass(frozen=True)
class Scope(Generic[N]):
    """One compliance year under one pack on one day.

    Attributes:
        day: local day whose law applies.
        give: makes the numbers.
        upto: entries from this one on do not count.
    """

    pack: Pack
    plan: Plan
    state: Compliance
    year: int
    day: date
    give: Giver[N]
    upto: int = LAST

    def find(self, name: str, of: str | None = None, year: int | None = None) -> N:
        """A number of the law that must be there."""
        return self.give.rule(self.pack.find(name, self.day, year or self.year, of))

    def says(self, name: str, of: str | None = None) -> N | None:
        """A number of the law that a rule can do without."""
        found = self.pack.says(name, self.day, self.year, of)
        return None if found is None else self.give.rule(found)

    @property
    def zero(self) -> N:
        """Nothing."""
        return self.give.number(0, "", "")

    def entity(self, name: str) -> m.Entity:
        """The entity.

        Raises:
            Gap: nobody entered it.
        """
        found = self.state.content.entities.get(name)
        if found is not None and found.seq >= self.upto:
            # As it was known then.
            before = [old for old in self.state.content.former.get(name, []) if old.seq < self.upto]
            found = before[-1] if before else found
        if found is None:
            raise Gap(Refusal("entity_unknown", {"entity": name}))
        return found

    def record(self, entity: str) -> m.EntityYear:
        """What is kept of the entity's year."""
        return self.state.of(self.year, entity)

    def latest(self, versions: list[m.Given] | None, how: str = "") -> m.Given | None:
        """The newest version of a quantity that counts."""
        for given in reversed(versions or ()):
            if given[1] < self.upto and given[3] in (how, ""):
                return given
        return None

    @cached_property
    def kind(self) -> str:
        """The allowance kind of the year.

        Raises:
            Gap: the pack has none for it.
        """
        found = self.plan.kind_of(self.year)
        if found is None:
            known = ", ".join(sorted(self.plan.allowance))
            raise Gap(Refusal("year_unknown", {"year": self.year, "known": known}))
        return found

    def deadline(self, name: str) -> tuple[date, str]:
        """The last day of a deadline, and the instant at which it is over (the first that is late).

        Raises:
            Gap: the pack has none.
        """
        return deadline_of(self.pack, self.plan, name, self.day, self.year)


def deadline_of(
    pack: Pack, plan: Plan, name: str, today: date, year: int
) -> tuple[date, str]:  # fmt: skip
    """The last day of a year's deadline as the law stands on a day, and the instant it is over."""
    last = pack.find(name, today, year).day
    if plan.deadline_on_holiday.value == "next_working_day":
        last = pack.hours.shift(last, 0)
    over = pack.hours.at(last + timedelta(days=1), time(0))
    return last, instant(over)


def local_day(pack: Pack, at: str) -> date:
    """The day of an instant on the clocks of the pack's zone."""
    return pack.hours.local(moment(at)).date()


def months_back(day: date, months: int) -> date:
    """The first day of the month so many months before the day's month."""
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def months_on(at: datetime, months: int) -> date:
    """The day so many months later; the month's last day where it is shorter."""
    place = at.year * 12 + at.month - 1 + months
    first = date(place // 12, place % 12 + 1, 1)
    after = date((place + 1) // 12, (place + 1) % 12 + 1, 1)
    return min(first.replace(day=1) + timedelta(days=at.day - 1), after - timedelta(days=1))


PLAIN = Plain()
