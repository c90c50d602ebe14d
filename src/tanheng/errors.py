"""What can go wrong, in three kinds.

    Refusal   a value       a request is understood and not granted; says why and what next
    Finding   a value       a fault in what people handed in; located, collected, never alone
    Fault     an exception  the program or its surroundings failed; nothing was half-written

    Exception
    └── Fault
        └── Unreadable     a file is not what its name says, or cannot be opened

Texts come from one catalogue by code, ``messages.toml``, in Chinese and English. A code has a
*severity*: ``error`` (cannot be accepted), ``stop`` (stops the account unless its code is allowed;
the catalogue says what is then done), ``notice`` (changes no number).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]
Severity = Literal["error", "stop", "notice"]


class Fault(Exception):
    """The program or its surroundings failed. Nothing was half-written."""


class Unreadable(Fault):
    """A file is not what its name says, or cannot be opened."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue: texts with ``{named}`` places, by language."""

    code: str
    severity: Severity
    text: Mapping[str, str]
    remedy: Mapping[str, str]
    allowed: Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Message]:
    """All messages by code."""
    raw = tomllib.loads((files("tanheng") / "messages.toml").read_text(encoding="utf-8"))
    return {
        code: Message(
            code,
            entry["severity"],
            {"en": entry["en"], "zh": entry["zh"]},
            {"en": entry.get("remedy_en", ""), "zh": entry.get("remedy_zh", "")},
            {"en": entry.get("allowed_en", ""), "zh": entry.get("allowed_zh", "")},
        )
        for code, entry in raw.items()
    }


def _filled(template: str, values: Mapping[str, object]) -> str:
    return template.format_map({key: str(value) for key, value in values.items()})


@dataclass(frozen=True, slots=True)
class Search:
    """How to find the row of a fault that was found in sums.

    The first row of ``table`` whose ``column`` is ``value`` and whose other cells are among the
    spellings of ``match``.
    """

    table: str
    column: str
    value: str
    match: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a record set, with its place.

    Attributes:
        code: key of the catalogue.
        table, row, column: where. ``row`` is counted as a spreadsheet shows it (the header is
            row 1) in CSV and workbooks, and from 1 in Parquet and database tables; None when the
            fault is not in one row.
        value: what stands there.
        details: further places of the message's text.
        search: how to find the row, until it is known.
    """

    code: str
    table: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    search: Search | None = field(default=None, compare=False, repr=False)

    @property
    def severity(self) -> Severity:
        """``error``, ``stop`` or ``notice``."""
        return catalogue()[self.code].severity

    def message(self, language: Language = "en") -> str:
        """What is wrong and what to do about it."""
        entry = catalogue()[self.code]
        values = {"value": self.value, "column": self.column, "table": self.table, **self.details}
        parts = [_filled(entry.text[language], values), _filled(entry.remedy[language], values)]
        return " ".join(part for part in parts if part)

    def place(self) -> str:
        """Where, as ``table:row:column``."""
        row = "" if self.row is None else str(self.row)
        return ":".join(part for part in (self.table, row, self.column or "") if part)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is understood and not granted."""

    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: Language = "en") -> str:
        """Why, and what to do next."""
        entry = catalogue()[self.code]
        details = {key: _said(value, language) for key, value in self.details.items()}
        parts = [_filled(entry.text[language], details), _filled(entry.remedy[language], details)]
        return " ".join(part for part in parts if part)


_SHOWN = 20
"""Refusals that a refusal of many faults shows."""


def _said(value: object, language: Language) -> object:
    """A detail of a refusal as text; further refusals are listed, a line each."""
    if isinstance(value, tuple) and value and isinstance(value[0], Refusal):
        lines = [f"\n  · {refusal.message(language)}" for refusal in value[:_SHOWN]]
        return "".join(lines) + ("\n  · …" if len(value) > _SHOWN else "")
    return value


def blocking(findings: Iterable[Finding], allowed: Iterable[str] = ()) -> list[Finding]:
    """The findings that stop an account: all errors, and the stops whose code is not allowed."""
    accepted = set(allowed)
    return [
        finding
        for finding in findings
        if finding.severity == "error"
        or (finding.severity == "stop" and finding.code not in accepted)
    ]
