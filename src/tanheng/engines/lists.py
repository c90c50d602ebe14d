"""Lists that people hand in for a compliance year: workbooks or CSV, read with located findings.

A list is one table with a header; headers may be in English or Chinese. Rows are counted as a
spreadsheet shows them. All faults of a list come at once, and then nothing is taken from it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tanheng.engines.csvfile import first_row, opened
from tanheng.engines.files import encoding_of
from tanheng.errors import Finding
from tanheng.excel.read import read_sheets
from tanheng.quantity import normal

Cell = str | int | Decimal
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ]00:00(?::00)?)?")
_HOW = {
    "reported": "reported", "已报告": "reported", "报告": "reported",
    "verified": "verified", "已核查": "verified", "核查": "verified",
}  # fmt: skip


def _text(value: str) -> str:
    return value


def _number(value: str) -> str:
    """A decimal text without exponent; spreadsheets give whole numbers as ``100.0``."""
    if not _NUMBER.fullmatch(value):
        try:
            value = f"{Decimal(value):f}"
        except InvalidOperation:
            raise ValueError("not_a_number") from None
        if "," in value or not _NUMBER.fullmatch(value):
            raise ValueError("not_a_number")
    whole, _, rest = value.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _amount(value: str) -> str:
    """A number that is not negative."""
    text = _number(value)
    if text.startswith("-"):
        raise ValueError("list_negative")
    return text


def _money(value: str) -> str:
    """A number with at most two decimals: a bank knows no smaller parts."""
    text = _number(value)
    if len(text.partition(".")[2]) > 2:
        raise ValueError("list_cents")
    return text


def _whole(value: str) -> int:
    text = _number(value)
    if "." in text:
        raise ValueError("list_whole")
    return int(text)


def _day(value: str) -> str:
    found = _DAY.fullmatch(value)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        pass
    raise ValueError("list_day")


def _how(value: str) -> str:
    if value.lower() not in _HOW:
        raise ValueError("list_how")
    return _HOW[value.lower()]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a list: its names, how its cells are read, and what an empty one means (None: it
    must be filled)."""

    name: str
    zh: str
    read: Callable[[str], Cell] = _text
    empty: Cell | None = None


LISTS: dict[str, tuple[Field, ...]] = {
    "entities": (
        Field("entity", "单位"), Field("account", "账户"), Field("sector", "行业"),
        Field("region", "地区", empty=""), Field("since", "起始年度", _whole),
        Field("closed_on", "关停日期", _day, ""),
    ),
    "data": (Field("entity", "单位"), Field("item", "数据项"), Field("quantity", "数值", _amount)),
    "emissions": (
        Field("entity", "单位"), Field("item", "排放项"), Field("tco2e", "排放量", _amount),
        Field("state", "状态", _how),
    ),
    "prices": (
        Field("day", "日期", _day), Field("price", "价格", _amount), Field("volume", "成交量", _whole, 0),
    ),
    "surrenders": (
        Field("entity", "单位"), Field("kind", "单位种类", empty=""), Field("amount", "数量", _whole, 0),
    ),
    "carry_overs": (
        Field("entity", "单位"), Field("amount", "数量", _whole, 0), Field("net_sales", "净卖出", _whole, 0),
    ),
    "bank": (
        Field("reference", "流水号"), Field("account", "账户"), Field("amount", "金额", _money),
    ),
    "responsibilities": (
        Field("entity", "单位"), Field("process", "工序", empty=""),
        Field("responsibility", "承担排放", _whole),
    ),
}  # fmt: skip
"""Every list, by name."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a list: cells in the order of its fields, then the number of the row."""

    rows: tuple[tuple[Any, ...], ...]
    findings: tuple[Finding, ...]


def read_list(path: Path, name: str) -> Listed:
    """Read a list. With any finding that is an error or a stop, there are no rows.

    Raises:
        Unreadable: the file is not what its name says.
    """
    fields = LISTS[name]
    header, body = _cells(path, name)
    findings: list[Finding] = []
    places = _places(fields, header, name, findings)
    rows: list[tuple[Any, ...]] = []
    for number, cells in body:
        values = [cells[p].strip() if p is not None and p < len(cells) else "" for p in places]
        if any(cell.strip() for cell in cells):
            rows.append((*_row(fields, values, name, number, findings), number))
    if not rows and not findings:
        findings.append(Finding("table_empty", name, None, None, path.name))
    bad = any(finding.severity != "notice" for finding in findings)
    return Listed(() if bad else tuple(rows), tuple(findings))


def _row(
    fields: Sequence[Field], values: Sequence[str], table: str, number: int, findings: list[Finding]
) -> list[Cell]:
    found: list[Cell] = []
    for field, value in zip(fields, values, strict=True):
        value = normal(value)
        if not value:
            if field.empty is None:
                findings.append(Finding("missing_value", table, number, field.name))
            found.append(field.empty if field.empty is not None else "")
            continue
        try:
            found.append(field.read(value))
        except ValueError as error:
            findings.append(Finding(str(error), table, number, field.name, value))
    return found


def _places(
    fields: Sequence[Field], header: Sequence[str], table: str, findings: list[Finding]
) -> list[int | None]:
    """The column of each field; missing, unknown and repeated ones become findings."""
    names = {form: field.name for field in fields for form in (field.name, field.zh)}
    at: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = names.get(normal(cell).lower())
        if name is None:
            if cell.strip():
                known = ", ".join(f"{field.name} {field.zh}" for field in fields)
                findings.append(
                    Finding("column_unknown", table, None, cell, cell, {"known": known})
                )
        elif name in at:
            findings.append(Finding("column_twice", table, None, name, cell))
        else:
            at[name] = place
    for field in fields:
        if field.name not in at and field.empty is None:
            findings.append(
                Finding("column_missing", table, None, field.name, None, {"zh": field.zh})
            )
    return [at.get(field.name) for field in fields]


def _cells(path: Path, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows of a CSV file, or of the sheet of a workbook."""
    if path.suffix.lower() in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        sheets = read_sheets(path)
        chosen = next((sheet for sheet in sheets if sheet.name == name), sheets[0])
        return list(chosen.header), [
            (number, [cell or "" for cell in cells]) for number, cells in chosen.rows
        ]
    encoding = encoding_of(path)
    header, delimiter = first_row(path, encoding)
    body: list[tuple[int, list[str]]] = []
    with opened(path, encoding) as text:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            body.append((number, [cell.replace("\ufeff", "") for cell in row]))
    first = next((n for n, (_, cells) in enumerate(body) if any(c.strip() for c in cells)), 0)
    return header, body[first + 1 :]
