"""An empty record set to fill in: one workbook, or CSV files with English or Chinese headers.

Everything is driven by :data:`tanheng.accounting.schema.TABLES`; a new column appears here by
itself. The only figures are those of the worked example on the first sheet, whose rows start with
``#`` and are therefore never read as records.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tanheng.accounting.schema import TABLES, Column, Table
from tanheng.excel.sheets import NO_FORMULAS, letters

WORKBOOK = "records.xlsx"
README = "说明 README"
_LAST_ROW = 1_048_575
"""Last row of a sheet, counted from 0."""
_LIST_LIMIT = 255
"""Characters a validation list may have (a limit of the file format)."""

EXAMPLE: Mapping[str, Sequence[Sequence[str]]] = {
    "units": (
        ("unit_id", "name", "region", "use"),
        ("M1", "甲钢厂 Mill A", "R1", "producer"),
        ("M2", "乙钢厂 Mill B", "R1", "producer"),
        ("H1", "居民 Households", "R1", "daily_person"),
    ),
    "products": (("product_id", "class_id", "measure"), ("rebar", "steel", "t")),
    "direct": (
        ("unit_id", "period", "emission_tco2e"), ("M1", "2016", "2100"), ("M2", "2016", "1500")
    ),
    "flows": (
        ("unit_id", "period", "direction", "product_id", "quantity", "measure"),
        ("M1", "2016", "out", "rebar", "1000", "t"),
        ("M2", "2016", "out", "rebar", "1000", "t"),
        ("H1", "2016", "in", "rebar", "2000", "t"),
    ),
}  # fmt: skip
"""A complete record set (columns, then rows): two mills, one class, one user."""

EXAMPLE_RESULT: Mapping[str, float] = {"M1": 300.0, "M2": -300.0, "H1": 3600.0}
"""R per unit of the example, tCO2e: the benchmark is (2,100 + 1,500) / 2,000 = 1.8 tCO2e per t of steel."""

_INTRODUCTION = (
    ("一个记录集就是下列各表。表名、表头、选项用中文或英文均可；空着的可选表和可选列可以删除。",
     "A record set is the tables below. Names of tables, headers and choices may be Chinese or "
     "English; optional tables and columns that stay empty may be deleted."),
    ("表头底色为橙色的列必填，底色为灰蓝色的列可不填；每个表头的批注说明该列写什么。",
     "Columns with an orange header are required, those with a grey-blue header are optional; "
     "the comment on each header says what belongs in it."),
    ("编号按文本保存，因此 007 前面的零不会丢失。数量请写数字，不用千位分隔符。",
     "Ids are kept as text, so 007 keeps its zeros. Write quantities as digits without thousands "
     "separators."),
    ("以 # 开头的行是说明，不会被读取；本页各行都以 # 开头。",
     "Rows that start with # are notes and are not read; all rows of this page do."),
    ("填好后运行：tanheng check records.xlsx；核算：tanheng account records.xlsx。",
     "When it is filled in: tanheng check records.xlsx, then tanheng account records.xlsx."),
)  # fmt: skip
_WIDTHS = {"number": 14, "period": 12, "day": 13, "choice": 18, "measure": 16, "text": 22, "id": 18}


def header_of(column: Column) -> str:
    """The bilingual header of a column: ``quantity 数量``."""
    return f"{column.name} {column.zh}"


def note_of(column: Column) -> str:
    """What belongs in a column, both languages, with the accepted spellings of a choice."""
    need = ("必填", "required") if column.required else ("可不填", "optional")
    lines = [f"{column.zh}（{need[0]}）" + (f"：{column.help_zh}" if column.help_zh else "")]
    lines.append(f"{column.name} ({need[1]})" + (f": {column.help}" if column.help else ""))
    if column.refers_to:
        to = TABLES[column.refers_to]
        lines.append(f"→ {to.name} {to.zh}")
    for canonical, spellings in (column.choices or {}).items():
        lines.append(f"{canonical} = {'、'.join(spellings)}")
    return "\n".join(lines)


def choices_of(column: Column) -> list[str]:
    """What the drop-down of a choice column offers: each choice in English and in Chinese."""
    found = []
    for canonical, spellings in (column.choices or {}).items():
        found += [canonical, *spellings[:1]]
    return found


def write_template(folder: Path) -> list[Path]:
    """Write an empty record set: ``records.xlsx``, ``csv-en/`` and ``csv-zh/``.

    Existing files of the same names are replaced.

    Args:
        folder: made if need be.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / WORKBOOK]
    _write_workbook(written[0])
    for name, encoding in (("csv-en", "utf-8"), ("csv-zh", "utf-8-sig")):
        (folder / name).mkdir(exist_ok=True)
        for table in TABLES.values():
            chinese = name == "csv-zh"
            path = folder / name / f"{table.zh if chinese else table.name}.csv"
            # Excel takes a CSV without byte-order mark for the local 8-bit encoding.
            with path.open("w", encoding=encoding, newline="") as file:
                csv.writer(file).writerow([c.zh if chinese else c.name for c in table.columns])
            written.append(path)
    return written


def _write_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(str(path), NO_FORMULAS) as book:
        book.set_properties({"title": "Tanheng record set 碳衡记录集"})
        formats = {
            "title": book.add_format({"bold": True, "font_size": 16}),
            "heading": book.add_format({"bold": True, "font_size": 12, "font_color": "#1F4E5F"}),
            "text": book.add_format({"valign": "top"}),
            "mark": book.add_format({"font_color": "#B0B7BC"}),
            "required": _header(book, "#F4B183"),
            "optional": _header(book, "#D6E0E6"),
            "cell": book.add_format({"border": 1, "border_color": "#B8C4CA"}),
            "kept": book.add_format({"num_format": "@"}),
        }
        _write_readme(book.add_worksheet(README), formats)
        for table in TABLES.values():
            _write_table(book.add_worksheet(f"{table.name} {table.zh}"), table, formats)


def _header(book: Workbook, color: str) -> Format:
    border = {"border": 1, "border_color": "#8A979E"}
    return book.add_format({"bold": True, "bg_color": color, "valign": "vcenter", **border})


def _write_table(sheet: Worksheet, table: Table, formats: Mapping[str, Format]) -> None:
    """One sheet to fill in: header, notes, text columns, drop-downs."""
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 24)
    sheet.set_tab_color("#F4B183" if table.required else "#D6E0E6")
    for i, column in enumerate(table.columns):
        header = header_of(column)
        width = max(_WIDTHS[column.kind], _display_width(header) + 3)
        # Everything but numbers is text: 007 keeps its zeros, 2016-03 does not become a date.
        kept = None if column.kind == "number" else formats["kept"]
        sheet.set_column(i, i, width, kept)
        sheet.write_string(0, i, header, formats["required" if column.required else "optional"])
        note = note_of(column)
        size = {"x_scale": 2.4, "y_scale": max(0.8, 0.3 * (note.count("\n") + 2))}
        sheet.write_comment(0, i, note, {"author": "Tanheng 碳衡", "font_size": 9, **size})
        if column.choices:
            _validate(sheet, i, column)
    last = len(table.columns) - 1
    sheet.ignore_errors({"number_stored_as_text": f"A2:{letters(last)}{_LAST_ROW + 1}"})


def _validate(sheet: Worksheet, i: int, column: Column) -> None:
    listed = choices_of(column)
    assert len(",".join(listed)) <= _LIST_LIMIT, column.name
    sheet.data_validation(1, i, _LAST_ROW, i, {
        "validate": "list", "source": listed, "ignore_blank": True,
        # A warning, not a stop: the reader knows further spellings.
        "error_type": "warning", "error_title": header_of(column)[:32],
        "error_message": "不在列表中，可能无法识别。Not in the list; it may not be understood.",
    })  # fmt: skip


def _write_readme(sheet: Worksheet, formats: Mapping[str, Format]) -> None:
    """The first sheet: how to fill the others, what they hold, and an example."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 3)
    sheet.set_column(1, 9, 19)
    row = _line(sheet, 0, ["碳衡记录集 Tanheng record set"], formats["title"], formats)
    for zh, en in _INTRODUCTION:
        row = _line(sheet, row + 1, [zh], formats["text"], formats)
        row = _line(sheet, row, [en], formats["text"], formats)
    for key, text in (("required", "必填列 required"), ("optional", "可不填列 optional")):
        row = _line(sheet, row + (key == "required"), [text], formats[key], formats)
    row = _line(sheet, row + 1, ["各表 Tables"], formats["heading"], formats)
    for table in TABLES.values():
        need = "必需 required" if table.required else "可无 optional"
        row = _line(sheet, row, [table.zh, table.name, need, f"{table.help_zh} {table.help}"],
                    formats["text"], formats)  # fmt: skip
    row = _line(sheet, row + 1, ["示例 Worked example"], formats["heading"], formats)
    for name, (columns, *records) in EXAMPLE.items():
        row = _line(sheet, row, [f"{name} {TABLES[name].zh}"], formats["text"], formats)
        sheet.write_string(row, 0, "#", formats["mark"])
        for i, column in enumerate((TABLES[name].column(key) for key in columns), start=1):
            look = formats["required" if column.required else "optional"]
            sheet.write_string(row, i, header_of(column), look)
        row += 1
        for record in records:
            row = _line(sheet, row, record, formats["cell"], formats)
        row += 1
    results = "，".join(f"{unit} {value:+,.0f}" for unit, value in EXAMPLE_RESULT.items())
    for text in (
        "结果：钢的基准值 = (2100 + 1500) / 2000 = 1.8 吨/吨；承担排放 R = Σ c U + d − Σ c V。",
        "Result: the benchmark of steel is (2100 + 1500) / 2000 = 1.8 tCO2e per t; "
        "responsibility R = Σ c U + d − Σ c V.",
        f"R (tCO2e)：{results}；Σ R = 3,600 = Σ d。",
    ):
        row = _line(sheet, row, [text], formats["text"], formats)


def _line(
    sheet: Worksheet, row: int, cells: Sequence[str], form: Format, formats: Mapping[str, Format]
) -> int:
    """Write one row of notes (marked ``#``) and return the number of the next."""
    sheet.write_string(row, 0, "#", formats["mark"])
    for i, text in enumerate(cells, start=1):
        sheet.write_string(row, i, text, form)
    return row + 1


def _display_width(text: str) -> int:
    """Width in characters, Chinese counted double."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


__all__ = ["EXAMPLE", "EXAMPLE_RESULT", "choices_of", "header_of", "note_of", "write_template"]
