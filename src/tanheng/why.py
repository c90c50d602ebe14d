"""Explanations: a number, the formula it came by, the parts of it, and the records behind them.

An explanation is a tree. Each node's value is what its formula gives from the values of its parts;
leaves name rows of records or citations. Nothing is stored: explanations are made when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tanheng.errors import Language


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in both languages."""

    en: str
    zh: str

    def __call__(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Row:
    """A row of records behind a number: table, row number as a finding shows it, its cells."""

    table: str
    number: int
    cells: str


@dataclass(frozen=True, slots=True)
class Why:
    """One number and how it came about.

    Attributes:
        name: what the number is.
        value: the number.
        measure: what it is counted in.
        formula: how it follows from ``parts``, with numbers filled in.
        parts: terms of the formula.
        rows: records behind a leaf.
        note: anything a reader must know (a citation, what was left out).
        ask: how to ask on (``class:steel``), where the number has an explanation of its own.
        stated: a choice of the law or a source, which has no number; ``value`` is 0.
    """

    name: Bilingual
    value: float | Decimal
    measure: str
    formula: Bilingual = field(default_factory=lambda: Bilingual("", ""))
    parts: Sequence[Why] = ()
    rows: Sequence[Row] = ()
    note: Bilingual = field(default_factory=lambda: Bilingual("", ""))
    ask: str = ""
    stated: bool = False

    def total(self) -> float:
        """The sum of the parts."""
        return sum(float(part.value) for part in self.parts)

    def walk(self) -> Iterator[Why]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def as_dict(self, language: Language) -> dict[str, object]:
        """Plain data, for ``--json``."""
        return {
            "name": self.name(language),
            "value": None if self.stated else _plain(self.value),
            "measure": self.measure,
            "formula": self.formula(language),
            "note": self.note(language),
            "ask": self.ask,
            "rows": [{"table": r.table, "row": r.number, "cells": r.cells} for r in self.rows],
            "parts": [part.as_dict(language) for part in self.parts],
        }


def _plain(value: float | Decimal) -> float | str:
    return str(value) if isinstance(value, Decimal) else value


def number(value: float | Decimal) -> str:
    """A number for a formula: six significant digits, thousands separated; a decimal whole."""
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -5 <= magnitude < 15:
        return f"{value:.6g}"
    text = f"{value:,.{max(0, 5 - magnitude)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
