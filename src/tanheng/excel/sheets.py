"""Writing sheets: cells whose text is always text, looks, and column letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_CELL_LIMIT = 32_000
"""Characters of a cell; the file format allows 32,767."""
NO_FORMULAS = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
"""Options of a workbook that takes nobody's text for anything else."""

_HEADER = {"bold": True, "bg_color": "#D6E0E6", "text_wrap": True, "valign": "top"}
_NUMBER = {"align": "right"}
LOOKS: Mapping[str, Mapping[str, object]] = {
    "title": {"bold": True, "font_size": 14, "font_color": "#1F4E5F"},
    "note": {"font_color": "#5A6A72"},
    "header": {**_HEADER, "align": "left", "indent": 1},
    "over numbers": {**_HEADER, "align": "right"},
    "total": {**_NUMBER, "bold": True, "num_format": "#,##0.00"},
    "text": {"align": "left", "indent": 1},
    "wrap": {"text_wrap": True, "valign": "top", "align": "left", "indent": 1},
    "t": {**_NUMBER, "num_format": "#,##0.00"},
    # A flow is either taken in or put out: the other cell stays blank.
    "product": {**_NUMBER, "num_format": "#,##0.00;-#,##0.00;"},
    "quantity": {**_NUMBER, "num_format": "#,##0.00####;-#,##0.00####;"},
    "value": {**_NUMBER, "num_format": "General"},
    "count": {**_NUMBER, "num_format": "#,##0"},
    "gap": {**_NUMBER, "num_format": "0.0E+00"},
}
"""Formats a page knows its cells by."""


def letters(column: int) -> str:
    """Letters of a column counted from 0: ``27`` → ``AB``."""
    text = ""
    while column >= 0:
        column, sign = divmod(column, 26)
        text, column = chr(ord("A") + sign) + text, column - 1
    return text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table to be written.

    Attributes:
        cells: texts, or numbers (NaN is shown as a dash); the cached values of formulas.
        form: key of the page's formats.
        formulas: one for all rows, with ``{r}`` for the row, or one per row; "" for plain cells.
        total: whether its sum stands above the header.
    """

    header: str
    width: int
    cells: Sequence[str | float]
    form: str = "text"
    formulas: str | Sequence[str] = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet and how cells are written to it; rows must be written downwards."""

    sheet: Worksheet
    forms: Mapping[str, Format]

    def text(self, row: int, column: int, value: str, form: str = "text") -> None:
        """A string, whatever it looks like: ``=1+1`` stays text."""
        # XlsxWriter passes text in <r>…</r> through as markup; a blank before it prevents that.
        safe = f" {value}" if value.startswith("<r>") else value
        self.sheet.write_string(row, column, safe[:_CELL_LIMIT], self.forms[form])

    def cell(self, row: int, column: int, value: str | float, form: str, formula: str = "") -> None:
        """A text, a number or a formula with its value."""
        if formula:
            self.sheet.write_formula(row, column, "=" + formula, self.forms[form], value)
        elif isinstance(value, str):
            self.text(row, column, value, form)
        elif isfinite(value):
            self.sheet.write_number(row, column, value, self.forms[form])
        else:
            self.text(row, column, "–", form)

    def top(self, title: str, note: str, first: int, frozen: int) -> None:
        """Title, note and print layout; panes frozen above row ``first`` (0: none)."""
        self.text(0, 0, title, "title")
        self.text(1, 0, note, "note")
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        if first:
            self.sheet.freeze_panes(first, frozen)
            self.sheet.repeat_rows(first - 1)

    def table(self, first: int, columns: Sequence[Column], *, widths: bool = True) -> int:
        """A table with data from row ``first`` (from 0) on; returns the row below it."""
        count = len(columns[0].cells)
        last = first + max(count, 1)
        for i, column in enumerate(columns):
            if widths:
                self.sheet.set_column(i, i, column.width)
            if column.total:
                value = fsum(number for cell in column.cells if isfinite(number := float(cell)))
                formula = f"SUM({letters(i)}{first + 1}:{letters(i)}{last})"
                self.cell(first - 2, i, value, "total", formula)
        self.sheet.set_row(first - 1, 33)
        for i, column in enumerate(columns):
            over_text = column.form in ("text", "wrap")
            self.text(first - 1, i, column.header, "header" if over_text else "over numbers")
        for k in range(count):
            row = first + k
            for i, column in enumerate(columns):
                known = column.formulas
                formula = known if isinstance(known, str) else known[k]
                formula = formula.replace("{r}", str(row + 1))
                self.cell(row, i, column.cells[k], column.form, formula)
        if widths and count:
            self.sheet.autofilter(first - 1, 0, last - 1, len(columns) - 1)
        return last
