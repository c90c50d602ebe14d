"""Worked examples of a pack that a lawyer can read and ``rules check`` runs.

A case names a statute function, what it is given, the day, year and sector whose parameters apply,
and what must come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from tanheng.rules.controls import Day, Name, Part, Text, Title, Year
from tanheng.rules.parameters import Number


class Case(Part):
    """One worked example.

    Attributes:
        rule: name of the statute function.
        given: its inputs by name; parameters of the pack need not be given.
        expect: the result, exactly.
        source: where the example comes from.
    """

    title: Title
    rule: Name
    day: Day
    year: Year | None = None
    of: Name | None = None
    given: Annotated[Mapping[Name, Number], Field(default_factory=dict)]
    expect: Number
    source: Text
