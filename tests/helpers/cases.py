"""Faults as data: a record set with one, where it must be found, what the message must say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tanheng.accounting import Principle, account
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding

from .rows import Row, Tables

Place = tuple[str, int | None, str | None]


@dataclass(frozen=True)
class Case:
    """One fault and how it must be told.

    Attributes:
        rows: table → rows to append; the fault is in one of them.
        place: table, row as a spreadsheet shows it, column.
        remedy, remedy_zh: words that say what to do, in the message of each language.
    """

    name: str
    rows: dict[str, list[Row]]
    code: str
    place: Place
    value: str | None
    remedy: str
    remedy_zh: str


def spoil(tables: Tables, cases: Iterable[Case]) -> Tables:
    """Append the rows of some cases."""
    for case in cases:
        for table, rows in case.rows.items():
            tables[table] += rows
    return tables


def findings(
    store: RecordStore, *, principles: Sequence[Principle] = ("benchmark",), **options: object
) -> list[Finding]:
    """What an account finds."""
    return list(account(store, principles=principles, **options).findings)  # type: ignore[arg-type]


def serious(found: Iterable[Finding]) -> list[Finding]:
    """Findings that stop an account."""
    return [f for f in found if f.severity != "notice"]


def place(finding: Finding) -> Place:
    """Table, row and column."""
    return finding.table, finding.row, finding.column


def placed(found: Iterable[Finding]) -> set[tuple[str, str, int | None, str | None]]:
    """Codes with their places."""
    return {(f.code, *place(f)) for f in found}


def check_message(finding: Finding, remedy: str, remedy_zh: str) -> None:
    """Both languages say what to do, and every place of the text is filled in."""
    told, told_zh = finding.message("en"), finding.message("zh")
    assert remedy in told
    assert remedy_zh in told_zh
    assert not [sign for sign in ("{", "}", "None") if sign in told + told_zh]
