"""The workbook of a compliance year: outcomes, enforcement, the rules used; and empty lists to fill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from tanheng.errors import Language
from tanheng.excel.sheets import LOOKS, NO_FORMULAS, Column, Page

Row = Sequence[object]
_HEADS: dict[str, tuple[str, str, int, str]] = {
    "entity": ("entity", "单位", 18, "text"),
    "account": ("account", "账户", 18, "text"),
    "sector": ("sector", "行业", 18, "text"),
    "preallocated": ("pre-allocation (t)", "预分配（吨）", 16, "count"),
    "allocated": ("allocation (t)", "核定配额（吨）", 16, "count"),
    "obligation": ("obligation (t)", "应清缴量（吨）", 16, "count"),
    "surrendered": ("surrendered (t)", "已清缴（吨）", 16, "count"),
    "status": ("status", "状态", 10, "text"),
    "shortfall": ("shortfall at the deadline (t)", "截止时缺口（吨）", 16, "count"),
    "deducted": ("deducted (t)", "强制扣除（吨）", 16, "count"),
    "from_next_year": ("from next year (t)", "从下年度扣除（吨）", 16, "count"),
    "fine": ("fine", "罚款", 18, "t"),
    "paid": ("paid", "已缴", 18, "t"),
    "parameter": ("parameter", "参数", 34, "wrap"),
    "value": ("value", "数值", 22, "wrap"),
    "unit": ("unit", "计量单位", 14, "text"),
    "from": ("from", "自", 12, "text"),
    "clause": ("clause", "依据", 60, "wrap"),
    "rule_status": ("checked", "核对情况", 12, "text"),
    "place": ("place", "位置", 34, "text"),
}


def write_outcomes(
    path: Path, title: str, note: str, outcomes: Sequence[Row], outcome_heads: Sequence[str],
    rules: Sequence[Row], entities: tuple[Sequence[str], Sequence[Row]], language: Language,
) -> None:  # fmt: skip
    """Write the outcomes of a year and the rules they rest on.

    Args:
        outcomes: a row per entity, cells as ``outcome_heads`` say; None: not determined.
        rules: parameter, value, unit, from, clause, checked, place.
        entities: headings and rows of the list “entities”, as it can be handed in again.
    """
    with xlsxwriter.Workbook(str(path), NO_FORMULAS) as book:
        forms = {name: book.add_format(dict(look)) for name, look in LOOKS.items()}
        first = Page(book.add_worksheet("outcomes 结果"), forms)
        first.top(title, note, 4, 1)
        first.table(4, _columns(outcome_heads, outcomes, language, totals=True))
        second = Page(book.add_worksheet("rules 规则"), forms)
        second.top(title, note, 4, 1)
        heads = ("parameter", "value", "unit", "from", "clause", "rule_status", "place")
        second.table(4, _columns(heads, rules, language, totals=False))
        names, cells = entities
        third = Page(book.add_worksheet("entities"), forms)
        third.table(1, [
            Column(name, 18, ["" if row[n] is None else str(row[n]) for row in cells])
            for n, name in enumerate(names)
        ])  # fmt: skip


def _columns(
    heads: Sequence[str], rows: Sequence[Row], language: Language, *, totals: bool
) -> list[Column]:
    found = []
    for place, name in enumerate(heads):
        en, zh, width, form = _HEADS[name]
        cells = [_cell(row[place], form) for row in rows]
        total = totals and form in ("count", "t")
        found.append(Column(zh if language == "zh" else en, width, cells, form, total=total))
    return found


def _cell(value: object, form: str) -> str | float:
    if form in ("count", "t"):
        return float("nan") if value is None else float(str(value))
    return "" if value is None else str(value)


def write_empty(path: Path, lists: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    """An empty workbook with a sheet per list; headers in both languages on two rows are not read
    back, so the header is the English name and the note above it the Chinese one.

    Args:
        lists: name, and names of its columns in English and Chinese.
    """
    with xlsxwriter.Workbook(str(path), NO_FORMULAS) as book:
        forms = {name: book.add_format(dict(look)) for name, look in LOOKS.items()}
        for name, columns in lists:
            page = Page(book.add_worksheet(name), forms)
            page.text(0, 0, "# " + " · ".join(f"{en} {zh}" for en, zh in columns), "note")
            for place, (en, _) in enumerate(columns):
                page.sheet.set_column(place, place, 20)
                page.text(1, place, en, "header")
            page.sheet.freeze_panes(2, 0)
