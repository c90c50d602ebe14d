"""A pack: the law of one programme as data. What a pack may say, in two minutes' reading.

    Pack
    ├── kinds      UnitKind      what is held: allowances, credits, money, …
    ├── accounts   AccountType   who holds it, in which role
    ├── calendar   Calendar      working days of the years covered
    ├── controls   Controls      what the registry demands, each with its clause
    ├── hours      Hours         opening hours and delays on that calendar
    ├── plan       Plan          which rules a compliance year follows; None: it has none
    ├── market     Market        instruments, segments and choices of its market; None: it has none
    ├── parameters Parameter     the numbers of those rules, dated, each with its clause
    └── cases      Case          worked examples, run as tests

The code names no jurisdiction; packs do. ``load.py`` reads them and checks that names meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr

from tanheng.errors import Refusal
from tanheng.rules.cases import Case
from tanheng.rules.controls import (
    Calendar,
    Controls,
    Count,
    Name,
    Part,
    Positive,
    Text,
    Title,
    Year,
)
from tanheng.rules.hours import Hours
from tanheng.rules.market import Market
from tanheng.rules.parameters import Found, Gap, Parameter, pick
from tanheng.rules.plan import Plan

UnitType = Literal[
    "allowance",
    "credit",
    "reduction",
    "energy_saving",
    "energy_right",
    "pollutant_right",
    "money",
]
Role = Literal[
    "issuance",
    "reserve",
    "auction",
    "surrender",
    "cancellation",
    "operator",
    "trader",
    "person",
    "developer",
    "clearing",
    "custody",
]
SINKS: tuple[Role, ...] = ("surrender", "cancellation")


class UnitKind(Part):
    """A kind of unit: type, vintage and how it may be held and used.

    Attributes:
        vintage: year, or first year of the span, it is issued for.
        project: its blocks belong to projects.
        measure: what one unit is (``tCO2e``, ``tce``, ``t_COD``, ``fen``).
        serialised: held as blocks of serial numbers; else as a plain amount.
        smallest: smallest amount that may move.
        bankable_to: kind it becomes when carried over to the next period.
        convertible_to: kind → (units got, for units given).
        held_by: account types that may hold it.
        credit: may be imported from outside.
        surrender: may be surrendered.
        local: of a credit, whether its project is inside the programme's territory.
        project_type: of a credit, such as ``hydropower``; parameters may exclude it.
    """

    id: Name
    title: Title
    type: UnitType
    vintage: Year | None = None
    project: bool = False
    measure: Text
    serialised: bool
    smallest: Positive = 1
    bankable_to: Name | None = None
    convertible_to: Mapping[Name, tuple[Positive, Positive]] = Field(default_factory=dict)
    held_by: Annotated[tuple[Name, ...], Field(min_length=1)]
    credit: bool = False
    surrender: bool = False
    local: bool = False
    project_type: Name | None = None


class AccountType(Part):
    """A type of account.

    Attributes:
        role: what it is for; several types may share a role.
        government: held by the authority.
        sink: units never leave it, save by a reversal; the surrender and cancellation roles.
        minimum_representatives: people without whom it cannot act.
        one_per_holder: a holder has at most one.
        limit: largest number of accounts of this type in the programme.
    """

    id: Name
    title: Title
    role: Role
    government: bool = False
    sink: bool = False
    minimum_representatives: Count
    one_per_holder: bool = False
    limit: Positive | None = None


class Pack(Part):
    """The law of one programme."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
    title: Title
    timezone: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    calendar: Calendar
    kinds: Annotated[Mapping[Name, UnitKind], Field(min_length=1)]
    accounts: Annotated[Mapping[Name, AccountType], Field(min_length=1)]
    controls: Controls
    plan: Plan | None = None
    market: Market | None = None
    parameters: Mapping[Name, Parameter] = Field(default_factory=dict)
    cases: tuple[Case, ...] = ()

    _lines: Mapping[tuple[str, ...], tuple[str, int]] = PrivateAttr(default_factory=dict)
    _files: Mapping[str, bytes] = PrivateAttr(default_factory=dict)

    def with_files(
        self, files: Mapping[str, bytes],
        lines: Mapping[tuple[str, ...], tuple[str, int]] | None = None,
    ) -> Pack:  # fmt: skip
        """The same pack, knowing the files it was read from, and the line of each key."""
        other = self.model_copy()
        other._files = MappingProxyType(dict(files))
        other._lines = MappingProxyType(dict(self._lines if lines is None else lines))
        return other

    def place(self, *path: str) -> str:
        """``file:line`` of a key, or of the closest one around it that is written down."""
        while path and path not in self._lines:
            path = path[:-1]
        file, row = self._lines.get(path, ("pack.yaml", 1))
        return f"{file}:{row}"

    def find(self, name: str, day: date, year: int | None = None, of: str | None = None) -> Found:
        """The value of a parameter in force on a day, for a compliance year and a sector or class.

        Raises:
            Gap: the pack has no such parameter, or no value then; it names parameter and day.
        """
        found = self.parameters.get(name)
        details: dict[str, object] = {
            "name": name, "day": day.isoformat(), "year": year or "—", "of": of or "—",
            "pack": self.id,
        }  # fmt: skip
        if found is None:
            raise Gap(Refusal("rule_missing", details))
        index = pick(found.values, day, year, of)
        if index is None:
            place = self.place("parameters", name)
            raise Gap(Refusal("rule_gap", {**details, "place": place}))
        place = self.place("parameters", name, "values", str(index))
        return Found(name, found.title, found.unit, index, found.values[index], place)

    def says(
        self, name: str, day: date, year: int | None = None, of: str | None = None
    ) -> Found | None:
        """As :meth:`find`, for a parameter that a rule can do without; None only where the pack has
        no such parameter at all, or none for the year and sector on any day.

        Raises:
            Gap: it has one for them, but not on this day.
        """
        found = self.parameters.get(name)
        if found is None or all(
            (v.year is not None and v.year != year) or (v.of is not None and v.of != of)
            for v in found.values
        ):
            return None
        return self.find(name, day, year, of)

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files it was read from, by name: what a journal keeps as evidence."""
        return self._files

    @property
    def digest(self) -> str:
        """SHA-256 over the files: changes with any byte of any of them."""
        return digest_of(self._files)

    @cached_property
    def hours(self) -> Hours:
        """Opening hours and delays."""
        return Hours(ZoneInfo(self.timezone), self.calendar, self.controls)

    def accounts_of(self, role: Role) -> tuple[AccountType, ...]:
        """The account types of a role."""
        return tuple(kind for kind in self.accounts.values() if kind.role == role)


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256, in hexadecimal, over name, NUL, length, NUL and bytes of each file, by name."""
    found = hashlib.sha256()
    for name in sorted(files):
        data = files[name]
        found.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data)
    return found.hexdigest()
