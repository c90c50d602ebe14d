"""The template: what our reader understands, what a person sees, and that it can be filled in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from helpers.accounts import account_of, write_tables
from tanheng.accounting import account
from tanheng.accounting.schema import TABLES, choice_named, column_named, table_named
from tanheng.engines import open_records
from tanheng.excel.template import EXAMPLE, EXAMPLE_RESULT, README, write_template

REQUIRED = {name for name, table in TABLES.items() if table.required}
Rows = list[dict[str, str]]


def example() -> dict[str, Rows]:
    """The worked example as tables of rows."""
    return {
        name: [dict(zip(columns, row, strict=True)) for row in rows]
        for name, (columns, *rows) in EXAMPLE.items()
    }


def fill(path: Path, tables: dict[str, Rows]) -> None:
    """Types rows into the workbook, as a person would."""
    book = openpyxl.load_workbook(path)
    for name, rows in tables.items():
        sheet = book[f"{name} {TABLES[name].zh}"]
        headers = {cell.value.split()[0]: cell.column for cell in sheet[1]}
        for i, row in enumerate(rows, start=2):
            for column, value in row.items():
                number = TABLES[name].column(column).kind == "number"
                sheet.cell(i, headers[column]).value = float(value) if number else value
    book.save(path)


def r_of(path: Path) -> dict[str, float]:
    found = account_of(path)
    units = found.records.units.ids
    return dict(zip(units, found.results["benchmark"].unit.tolist(), strict=True))


@pytest.mark.parametrize("place", ["records.xlsx", "", "csv-en", "csv-zh"])
def test_an_empty_template_lacks_only_rows(tmp_path: Path, place: str) -> None:
    write_template(tmp_path)
    with open_records(tmp_path / place) as store:
        found = account(store).findings
    assert {(f.code, f.table) for f in found} == {("table_empty", name) for name in REQUIRED}


def test_every_file_is_reported(tmp_path: Path) -> None:
    written = write_template(tmp_path / "new" / "folder")
    assert len(written) == 1 + 2 * len(TABLES)
    assert all(path.is_file() for path in written)
    assert sorted(written) == sorted(p for p in tmp_path.rglob("*") if p.is_file())


@pytest.mark.parametrize(("folder", "mark"), [("csv-en", False), ("csv-zh", True)])
def test_csv_headers_are_recognised(tmp_path: Path, folder: str, mark: bool) -> None:
    write_template(tmp_path)
    files = sorted((tmp_path / folder).iterdir())
    known = [table_named(file.stem) for file in files]
    assert sorted(table.name for table in known if table) == sorted(TABLES)
    for file in files:
        assert file.read_bytes().startswith(b"\xef\xbb\xbf") == mark
        table = table_named(file.stem)
        assert table
        with file.open(encoding="utf-8-sig", newline="") as text:
            (headers,) = csv.reader(text)
        assert [column_named(table, header) for header in headers] == list(table.columns)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    folder = tmp_path_factory.mktemp("template")
    return openpyxl.load_workbook(write_template(folder)[0])


def test_sheets_and_headers_are_recognised(book: openpyxl.Workbook) -> None:
    assert book.sheetnames[0] == README
    tables = [table_named(name) for name in book.sheetnames[1:]]
    assert tables == list(TABLES.values())
    for table, sheet in zip(TABLES.values(), book.worksheets[1:], strict=True):
        headers = [cell.value for cell in sheet[1]]
        assert [column_named(table, header) for header in headers] == list(table.columns)
        assert sheet.freeze_panes == "B2"


def test_headers_say_what_belongs_below_them(book: openpyxl.Workbook) -> None:
    colors: dict[bool, set[str]] = {True: set(), False: set()}
    for table, sheet in zip(TABLES.values(), book.worksheets[1:], strict=True):
        for column, cell in zip(table.columns, sheet[1], strict=True):
            colors[column.required].add(cell.fill.fgColor.rgb)
            note = cell.comment.text
            assert column.help in note
            assert column.help_zh in note
            assert ("required" in note and "必填" in note) == column.required
            for choice in column.choices or {}:
                assert choice in note
    assert len(colors[True]) == len(colors[False]) == 1
    assert colors[True] != colors[False]


def test_everything_but_numbers_is_kept_as_text(book: openpyxl.Workbook) -> None:
    for table, sheet in zip(TABLES.values(), book.worksheets[1:], strict=True):
        looks = {}
        for group in sheet.column_dimensions.values():  # neighbours of one look are one entry
            looks |= dict.fromkeys(range(group.min, group.max + 1), group.number_format)
        for i, column in enumerate(table.columns, start=1):
            assert (looks[i] == "@") == (column.kind != "number"), column.name


def test_lists_offer_only_what_is_understood(book: openpyxl.Workbook) -> None:
    for table, sheet in zip(TABLES.values(), book.worksheets[1:], strict=True):
        offered = {}
        for rule in sheet.data_validations.dataValidation:
            (area,) = rule.sqref.ranges
            offered[area.min_col - 1] = rule.formula1.strip('"').split(",")
        chosen = {i: column for i, column in enumerate(table.columns) if column.choices}
        assert set(offered) == set(chosen)
        for i, column in chosen.items():
            assert {choice_named(column, word) for word in offered[i]} == set(column.choices or {})
            assert any("\u4e00" <= word[0] <= "\u9fff" for word in offered[i])


def test_the_first_sheet_explains_and_is_not_read(book: openpyxl.Workbook) -> None:
    rows = list(book[README].iter_rows(values_only=True))
    assert all(row[0] == "#" for row in rows if any(row))
    text = "\n".join(str(cell) for row in rows for cell in row if cell)
    for table in TABLES.values():
        assert table.help in text
        assert table.help_zh in text
    assert "必填" in text
    assert "required" in text
    assert "*" not in text


def test_the_worked_example_comes_out_as_it_says(tmp_path: Path) -> None:
    found = account_of(write_tables(example(), tmp_path / "example"))
    assert found.benchmarks.value.tolist() == pytest.approx([1.8])
    assert r_of(tmp_path / "example") == pytest.approx(EXAMPLE_RESULT)


def test_a_filled_workbook_is_an_account(tmp_path: Path) -> None:
    workbook = write_template(tmp_path)[0]
    fill(workbook, example())
    assert r_of(workbook) == pytest.approx(EXAMPLE_RESULT)


def test_ids_keep_their_zeros_and_words_may_be_chinese(tmp_path: Path) -> None:
    workbook = write_template(tmp_path)[0]
    tables = example()
    names = {"M1": "007", "M2": "0070", "H1": "12"}
    words = {"producer": "生产", "daily_person": "居民生活", "in": "进", "out": "出"}
    for rows in tables.values():
        for row in rows:
            if "unit_id" in row:
                row["unit_id"] = names[row["unit_id"]]
            row.update({k: words[v] for k, v in row.items() if v in words})
    fill(workbook, tables)
    assert r_of(workbook) == pytest.approx({names[u]: r for u, r in EXAMPLE_RESULT.items()})


def test_monthly_periods_are_text(tmp_path: Path) -> None:
    workbook = write_template(tmp_path)[0]
    tables = example()
    months: Sequence[str] = ("2016-03", "2016-Q1", "2016-12")
    for name in ("direct", "flows"):
        for row, month in zip(tables[name], months, strict=False):
            row["period"] = month
    fill(workbook, tables)
    assert r_of(workbook) == pytest.approx(EXAMPLE_RESULT)
