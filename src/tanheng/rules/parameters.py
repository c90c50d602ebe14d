"""Dated parameters: what the law says of a number, from which day on, in which clause.

A *parameter* has a closed name (:mod:`tanheng.rules.known`), a unit, and *values*. A value may be of
one compliance year (``year``) and of one sector or product class (``of``). It holds from its day on
until ``to`` (not included) or until a later one of the same year and sector begins. Looking up says
which value was found and where it stands; a gap is an error, never a default.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from tanheng.errors import Refusal
from tanheng.rules.controls import Citation, Day, Name, Part, Text, Title, Year

Form = Literal["number", "day", "words", "steps", "range"]
FORMS: dict[str, Form] = {
    "value": "number", "day": "day", "words": "words", "steps": "steps", "range": "range",
}  # fmt: skip
Content = (
    Decimal | date | tuple[str, ...] | tuple[tuple[Decimal, Decimal], ...] | tuple[Decimal, Decimal]
)
"""What a value says, by its form."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError('not a quoted decimal such as "0.10"')


Number = Annotated[Decimal, PlainValidator(_decimal), PlainSerializer(str)]


class Value(Citation):
    """One dated value. Exactly one of ``value``, ``day``, ``words``, ``steps``, ``range`` is given.

    Attributes:
        since: first day it holds (``from`` in the file).
        to: first day it no longer holds; None: until a later value begins.
        year: compliance year it is for; None: every year.
        of: sector or product class it is for; None: all.
        steps: scale ``[from amount, value]``, amounts ascending.
        range: least and largest that may be chosen.
    """

    since: Day = Field(alias="from")
    to: Day | None = None
    year: Year | None = None
    of: Name | None = None
    value: Number | None = None
    day: Day | None = None
    words: tuple[Text, ...] | None = None
    steps: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=1)] | None = None
    range: tuple[Number, Number] | None = None

    @model_validator(mode="after")
    def _one(self) -> Value:
        given = [key for key in FORMS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(FORMS)}")
        if self.to is not None and self.to <= self.since:
            raise ValueError("it ends before it begins")
        if self.steps and any(a[0] >= b[0] for a, b in pairwise(self.steps)):
            raise ValueError("the amounts of steps do not ascend")
        if self.range and self.range[0] > self.range[1]:
            raise ValueError("the least is larger than the largest")
        return self

    @property
    def form(self) -> Form:
        """Which form it has."""
        return next(form for key, form in FORMS.items() if getattr(self, key) is not None)

    @property
    def content(self) -> Content:
        """What it says."""
        return next(found for key in FORMS if (found := getattr(self, key)) is not None)  # type: ignore[no-any-return]

    @property
    def scope(self) -> tuple[int | None, str | None]:
        """Year and sector it is for."""
        return self.year, self.of


class Parameter(Part):
    """A parameter of the law with all its values."""

    title: Title
    unit: Text
    values: Annotated[tuple[Value, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was looked up: what it says, in which clause, and where it is written.

    Attributes:
        name, title, unit: of the parameter.
        index: which of its values.
        value: the value as written in the pack.
        place: ``file:line``.
    """

    name: str
    title: Title
    unit: str
    index: int
    value: Value
    place: str

    @property
    def number(self) -> Decimal:
        """The value as a number."""
        assert self.value.value is not None
        return self.value.value

    @property
    def day(self) -> date:
        """The value as a day."""
        assert self.value.day is not None
        return self.value.day

    @property
    def words(self) -> tuple[str, ...]:
        """The value as a list of words."""
        assert self.value.words is not None
        return self.value.words

    @property
    def range(self) -> tuple[Decimal, Decimal]:
        """The value as least and largest."""
        assert self.value.range is not None
        return self.value.range

    def step(self, amount: Decimal) -> Decimal:
        """The scale's value at an amount: that of the last step not above it.

        Raises:
            Gap: the amount is below the first step.
        """
        assert self.value.steps is not None
        found = [value for least, value in self.value.steps if least <= amount]
        if not found:
            details = {"name": self.name, "amount": str(amount), "place": self.place}
            raise Gap(Refusal("rule_below_scale", details))
        return found[-1]


class Gap(Exception):
    """A parameter says nothing where it was asked; carries the refusal that says so."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message())
        self.refusal = refusal


def pick(values: Sequence[Value], day: date, year: int | None, of: str | None) -> int | None:
    """Index of the value in force on the day for the year and sector; None: there is none.

    A value written for the very year or sector comes before one for all of them, and shuts it out
    even where it has expired: a special rule that ended does not fall back on the quiet.
    """
    rows = [
        (index, value)
        for index, value in enumerate(values)
        if value.year in (None, year) and value.of in (None, of)
    ]
    for key in ("year", "of"):
        exact = [row for row in rows if getattr(row[1], key) is not None]
        rows = exact or rows
    begun = [row for row in rows if row[1].since <= day]
    if not begun:
        return None
    index, value = max(begun, key=lambda row: row[1].since)
    return index if value.to is None or day < value.to else None


def overlapping(values: Sequence[Value]) -> list[tuple[int, str]]:
    """Faults among the values of one parameter: index and reason."""
    faults: list[tuple[int, str]] = []
    forms = {value.form for value in values}
    if len(forms) > 1:
        faults.append((0, f"its values have different forms: {', '.join(sorted(forms))}"))
    by: dict[tuple[int | None, str | None], list[tuple[int, Value]]] = {}
    for index, value in enumerate(values):
        by.setdefault(value.scope, []).append((index, value))
    for rows in by.values():
        rows.sort(key=lambda row: row[1].since)
        for (_, one), (index, two) in pairwise(rows):
            if one.since == two.since:
                faults.append((index, "another value of the same year and sector begins that day"))
            elif one.to is not None and two.since < one.to:
                faults.append((index, f"it begins before another one ends ({one.to})"))
    return faults
