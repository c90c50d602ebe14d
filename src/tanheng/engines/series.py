"""Daily series from outside: workbooks or CSV, read with located findings.

A file is one table with a header (a workbook may have one per sheet). Each row is a day of a market.
Several series in one table are told apart by a column such as ``place``, or ``vintage``, or both.
Trades off line, which some tables keep in columns of their own, make a series of their own. A dash or
an empty cell is nothing. Rows are counted as a spreadsheet shows them. Nothing is mended: with any
error nothing is taken; rows with notices stay as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from tanheng.engines.csvfile import first_row, opened
from tanheng.engines.files import WORKBOOKS, encoding_of
from tanheng.engines.serieshead import (
    NAMES,
    Place,
    as_shown,
    columns_of,
    has_days,
    is_nothing,
    read_day,
    read_number,
    read_whole,
)
from tanheng.errors import Finding, Unreadable
from tanheng.excel.read import read_sheets
from tanheng.quotes.bars import Bar, Series, rounded
from tanheng.quotes.checks import check_series, half_digit

OFFLINE = "-offline"
"""What the name of a series of trades off line ends in."""

_Value = TypeVar("_Value", Decimal, int, date)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds.

    Attributes:
        series: in the order in which the file names them; none when a finding is an error.
        findings: in the order of checks.
        rows: rows below the headers that hold anything.
    """

    series: tuple[Series, ...]
    findings: tuple[Finding, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a file: its name in findings, what its series is called without a column for it."""

    name: str
    default: str
    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


_Bars = dict[str, list[tuple[int, Bar]]]
"""Bars of each series with their rows, as they stand in the table."""


def read_series(
    path: Path, *, together: str | None = None, band: Decimal | None = None,
    columns: Mapping[str, str] | None = None, currency: str = "CNY", unit: str = "t",
) -> Imported:  # fmt: skip
    """Read the daily series of a file.

    Args:
        together: take all rows as one series of this name (vintages that follow one another).
        band: see :func:`tanheng.quotes.checks.check_series`.
        columns: what a header stands for where it says something else: the name of a field, or ""
            for a column that is not to be read.
        currency, unit: of prices and volumes; a header may say ``(万元)`` or ``(万吨)``.

    Returns:
        Findings of rows: those of :func:`tanheng.quotes.checks.check_series`; quote_number, list_day,
        list_whole, list_negative, missing_value, row_ragged, quote_day_twice (errors); of the table:
        quote_unordered, quote_line_breaks, quote_blank_rows, quote_average_off,
        quote_average_is_close, column_unknown, table_unknown (notices), column_missing,
        column_twice, table_empty (errors).

    Raises:
        Unreadable: the file is not what its name says.
        ValueError: ``columns`` names a header that is not there, or no field.
    """
    findings: list[Finding] = []
    meant = columns or {}
    found: list[tuple[Series, _Table, list[int]]] = []
    tables = _tables(path, findings)
    _known(meant, tables)
    for table in tables:
        places = columns_of(table.header, table.name, (currency, unit), meant, findings)
        if not table.rows:
            findings.append(Finding("table_empty", table.name, None, None, path.name))
        _layout(table, findings)
        if any(f.code == "column_missing" and f.table == table.name for f in findings):
            continue
        for name, bars in _bars(table, places, together, findings).items():
            ordered = _ordered(name, bars, table.name, findings)
            days = [bar.day for _, bar in ordered]
            if len(set(days)) == len(days):
                series = Series(name, name, tuple(bar for _, bar in ordered), currency, unit)
                found.append((series, table, [row for row, _ in ordered]))
    bad = any(finding.severity != "notice" for finding in findings)
    for series, table, rows in found:
        findings += check_series(series, table.name, rows, band)
    taken = () if bad else tuple(series for series, _, _ in found)
    return Imported(taken, tuple(findings), sum(len(table.rows) for table in tables))


def _known(meant: Mapping[str, str], tables: Sequence[_Table]) -> None:
    headers = {cell.strip() for table in tables for cell in table.header}
    for header, field in meant.items():
        if header not in headers:
            raise ValueError(
                f"there is no column {header!r}; there are {', '.join(sorted(headers))}"
            )
        if field and field not in NAMES:
            raise ValueError(f"{field!r} is no field; there are {', '.join(NAMES)}")


def _tables(path: Path, findings: list[Finding]) -> list[_Table]:
    """The tables of a file; sheets without a column of days are not read, and said so."""
    if path.suffix.lower() not in WORKBOOKS:
        header, rows = _csv(path)
        return [_Table(path.name, path.stem, header, rows)]
    sheets = read_sheets(path)
    chosen = [sheet for sheet in sheets if has_days(sheet.header)] or sheets[:1]
    for sheet in sheets:
        if sheet not in chosen and sheet.header:
            findings.append(Finding("table_unknown", f"{path.name}/{sheet.name}", None, None,
                                    sheet.name, {"known": "日期 date"}))  # fmt: skip
    alone = len(chosen) == 1
    return [
        _Table(
            f"{path.name}/{sheet.name}", path.stem if alone else sheet.name, sheet.header,
            [(number, [as_shown(cell or "") for cell in cells]) for number, cells in sheet.rows],
        )
        for sheet in chosen
    ]  # fmt: skip


def _csv(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows that hold anything."""
    encoding = encoding_of(path)
    header, delimiter = first_row(path, encoding)
    try:
        with opened(path, encoding) as text:
            rows = [
                (number, [cell.replace("\ufeff", "") for cell in row])
                for number, row in enumerate(csv.reader(text, delimiter=delimiter), start=1)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}") from error
    return header, [(n, cells) for n, cells in rows if any(cell.strip() for cell in cells)][1:]


def _layout(table: _Table, findings: list[Finding]) -> None:
    """What makes a file look longer than it is: line breaks in cells, blank rows."""
    broken = [(number, cells) for number, cells in table.rows
              if any("\n" in cell or "\r" in cell for cell in cells)]  # fmt: skip
    if broken:
        held = [cell for _, cells in broken for cell in cells if "\n" in cell or "\r" in cell]
        lines = sum(cell.replace("\r\n", "\n").replace("\r", "\n").count("\n") for cell in held)
        findings.append(Finding("quote_line_breaks", table.name, broken[0][0], None, str(lines), {
            "cells": f"{len(held):,}", "broken": f"{len(broken):,}", "rows": f"{len(table.rows):,}",
        }))  # fmt: skip
    gaps = [(one + 1, other - one - 1) for (one, _), (other, _) in pairwise(table.rows)
            if other - one > 1]  # fmt: skip
    if gaps:
        blank = sum(count for _, count in gaps)
        findings.append(Finding("quote_blank_rows", table.name, gaps[0][0], None, str(blank)))


def _bars(
    table: _Table, columns: Mapping[str, Place], together: str | None, findings: list[Finding]
) -> _Bars:
    """The bars of each series; rows that cannot be read become findings."""
    if "close" not in columns:
        findings.append(Finding("quote_average_is_close", table.name, None, "average"))
    found: _Bars = {}
    for number, cells in table.rows:
        if len(cells) < len(table.header) or any(c.strip() for c in cells[len(table.header) :]):
            details = {"expected": len(table.header)}
            size = str(len(cells))
            findings.append(Finding("row_ragged", table.name, number, None, size, details))
            continue
        row = _Row(table.name, number, cells, columns, findings)
        day = row.read("day", read_day)
        name = together or row.name() or table.default
        known = len(findings)
        bar, offline = row.bar(day), row.offline(day)
        if any(finding.severity != "notice" for finding in findings[known:]):
            continue  # what cannot be read is not compared with anything
        if bar is not None:
            found.setdefault(name, []).append((number, bar))
        if offline is not None:
            found.setdefault(name + OFFLINE, []).append((number, offline))
    return found


def _ordered(
    name: str, bars: list[tuple[int, Bar]], table: str, findings: list[Finding]
) -> list[tuple[int, Bar]]:
    """Bars in the order of days; repeated days are errors, another order is said once."""
    ordered = sorted(bars, key=lambda one: one[1].day)
    for (first, one), (second, other) in pairwise(ordered):
        if one.day == other.day:
            findings.append(Finding("quote_day_twice", table, second, "day", other.day.isoformat(),
                                    {"series": name, "first": first}))  # fmt: skip
    falls = [row for (_, one), (row, other) in pairwise(bars) if other.day < one.day]
    if falls:
        details = {"series": name, "count": f"{len(falls):,}"}
        findings.append(Finding("quote_unordered", table, falls[0], "day", None, details))
    return ordered


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, from which fields are read; what cannot be read becomes a finding and is None."""

    table: str
    number: int
    cells: Sequence[str]
    columns: Mapping[str, Place]
    findings: list[Finding]

    def text(self, field: str) -> str:
        place = self.columns.get(field)
        return self.cells[place.at].strip() if place else ""

    def name(self) -> str:
        parts = [self.text(field) for field in ("series", "vintage")]
        return "-".join(part for part in parts if part)

    def read(self, field: str, reader: Callable[[str], _Value]) -> _Value | None:
        cell = self.text(field)
        if is_nothing(cell):
            if field == "day":
                self.findings.append(Finding("missing_value", self.table, self.number, field))
            return None
        try:
            return reader(cell)
        except ValueError as error:
            self.findings.append(Finding(str(error), self.table, self.number, field, cell))
            return None

    def number_of(self, field: str) -> Decimal | None:
        power = self.columns[field].power if field in self.columns else 0
        return self.read(field, lambda cell: read_number(cell, power))

    def whole(self, field: str) -> int | None:
        power = self.columns[field].power if field in self.columns else 0
        return self.read(field, lambda cell: read_whole(cell, power))

    def bar(self, day: date | None) -> Bar | None:
        """The bar of the day; None when its day cannot be read."""
        prices = {field: self.number_of(field) for field in ("open", "high", "low", "close")}
        average = self.number_of("average")
        volume, turnover = self.whole("volume") or 0, self.number_of("turnover") or Decimal(0)
        trades = self.whole("trades")
        if day is None:
            return None
        if "close" not in self.columns:
            prices["close"] = average
        elif average is not None and volume:
            self._compare(average, volume, turnover, day)
        return Bar(day, prices["open"], prices["high"], prices["low"], prices["close"], volume,
                   turnover, trades)  # fmt: skip

    def offline(self, day: date | None) -> Bar | None:
        """The day's trades off line; None when there are none."""
        volume, turnover = self.whole("offline_volume"), self.number_of("offline_turnover")
        close = self.number_of("offline_close")
        if day is None or (volume is None and turnover is None and close is None):
            return None
        return Bar(day, None, None, None, close, volume or 0, turnover or Decimal(0))

    def _compare(self, average: Decimal, volume: int, turnover: Decimal, day: date) -> None:
        """The average of a row against its turnover / volume; the last digit may be cut or rounded."""
        spare = 2 * half_digit(average) * volume + half_digit(turnover)
        if abs(Fraction(average) * volume - Fraction(turnover)) > spare:
            mean = f"{rounded(Fraction(turnover) / volume, 4):f}"
            details = {"mean": mean, "day": day}
            self.findings.append(Finding("quote_average_off", self.table, self.number, "average",
                                         f"{average:f}", details))  # fmt: skip
