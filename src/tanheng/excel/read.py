"""Sheets of a workbook as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from tanheng.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, header cells, and below them (row number, cells) without blank rows."""

    name: str
    header: list[str]
    rows: list[tuple[int, list[str | None]]]


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # A workbook stores 101 as 101.0; an identifier or a year must not gain a decimal.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()
    return text or None


def _is_note(cell: str | None) -> bool:
    """A template's note; a unit may well be called #1."""
    return cell is not None and (cell == "#" or cell.startswith("# "))


def _sheets(path: Path) -> Iterator[Sheet]:
    workbook = CalamineWorkbook.from_path(str(path))
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        cells = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        filled = [(number, row) for number, row in enumerate(cells, start=1) if any(row)]
        if not filled:
            yield Sheet(name, [], [])
            continue
        # The first row that holds anything is the header; notes of a template come before it.
        body = [(number, row) for number, row in filled if not _is_note(row[0])]
        header = [cell or "" for cell in body[0][1]] if body else []
        yield Sheet(name, header, body[1:])


def read_sheets(path: Path) -> list[Sheet]:
    """All sheets of a workbook.

    Raises:
        Unreadable: when the file is no workbook.
    """
    try:
        return list(_sheets(path))
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
