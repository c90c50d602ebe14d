"""The workbook of an account: its formulas recompute it, for these benchmarks and any others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from helpers.accounts import account_of, write_tables
from helpers.comparing import settled
from helpers.plain import PlainStore
from helpers.rows import burn, clean, flow, kind, product, unit
from oracle.records import Shape, build
from tanheng.accounting import PRINCIPLES, Account, Method, account
from tanheng.accounting.account import responsibility
from tanheng.errors import Fault
from tanheng.excel import account as module
from tanheng.excel import read_sheets
from tanheng.excel.account import (
    BENCHMARKS,
    CONSERVED,
    FINDINGS,
    FLOWS,
    REGIONS,
    SUMMARY,
    UNITS,
    write_account,
)
from tanheng.excel.sheets import letters
from tanheng.period import Period

YEAR = Period.year(2016)
Value = float | str | bool | None
_TOKEN = re.compile(
    r"(?P<text>\"[^\"]*\")|(?:'(?P<sheet>[^']+)'!)?(?P<first>[A-Z]{1,3}\d+)(?::(?P<last>[A-Z]{1,3}\d+))?"
    r"|(?P<equal><=|>=|(?<![<>])=)"
)


class Recalculated:
    """A small spreadsheet: evaluates the formulas a workbook holds, from its plain cells.

    ``changed`` replaces cells, as a person would who types another number.
    """

    def __init__(self, path: Path, changed: Mapping[tuple[str, str], float] | None = None) -> None:
        self.formulas = openpyxl.load_workbook(path)
        self.cached = openpyxl.load_workbook(path, data_only=True)
        self.changed = changed or {}
        self.known: dict[tuple[str, str], Value] = {}

    def cell(self, sheet: str, place: str) -> Value:
        """The value of a cell."""
        key = (sheet, place)
        if key in self.changed:
            return self.changed[key]
        if key not in self.known:
            value = self.formulas[sheet][place].value
            is_formula = isinstance(value, str) and self.formulas[sheet][place].data_type == "f"
            self.known[key] = self.evaluate(sheet, value[1:]) if is_formula else value
        return self.known[key]

    def span(self, sheet: str, first: str, last: str) -> list[float]:
        """Numbers of a range; texts and blanks do not count, as in any spreadsheet."""
        rows = self.formulas[sheet][f"{first}:{last}"]
        values = [self.cell(sheet, cell.coordinate) for row in rows for cell in row]
        return [value for value in values if isinstance(value, int | float)]

    def evaluate(self, sheet: str, formula: str) -> Value:
        """The value of a formula of SUM, IF, ABS, arithmetic and comparison."""

        def translated(match: re.Match[str]) -> str:
            if match["text"]:
                return repr(match["text"].strip('"'))
            if match["equal"]:
                return "==" if match["equal"] == "=" else match["equal"]
            place = repr(match["sheet"] or sheet)
            if match["last"]:
                return f"span({place}, {match['first']!r}, {match['last']!r})"
            return f"cell({place}, {match['first']!r})"

        text = _TOKEN.sub(translated, formula).replace("IF(", "choose(").replace("ABS(", "abs(")
        names = {"cell": self.cell, "span": self.span, "abs": abs, "__builtins__": {},
                 "SUM": lambda *parts: sum(sum(p) if isinstance(p, list) else p for p in parts),
                 "choose": lambda test, yes, no: yes if test else no}  # fmt: skip
        # Both branches of IF are evaluated; a division by zero in the one not taken is no error.
        try:
            return eval(text, names)
        except ZeroDivisionError:
            return 0.0

    def check(self) -> int:
        """All formulas give their cached values; returns how many there are."""
        count = 0
        for sheet in self.formulas.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type != "f":
                        continue
                    count += 1
                    known, found = self.cached[sheet.title][cell.coordinate].value, self.cell(
                        sheet.title, cell.coordinate
                    )  # fmt: skip
                    assert known is not None, f"{sheet.title} {cell.coordinate} has no cached value"
                    if isinstance(known, str):
                        assert found == known
                    else:
                        size = max(abs(known), self.scale)
                        assert abs(found - known) <= 1e-9 * size, (sheet.title, cell.coordinate)
        return count

    scale = 1.0


def column(path: Path, sheet: str, start: str, rows: int | None = None) -> dict[str, int]:
    """Row number of each key in the first column of a table sheet."""
    cells = openpyxl.load_workbook(path, data_only=True)[sheet]["A"][4:]
    return {str(cell.value): cell.row for cell in cells if cell.value}


def r_by_formula(
    path: Path, changed: Mapping[tuple[str, str], float] | None = None
) -> dict[str, float]:
    """R per unit, as the workbook recalculates it."""
    sheet = Recalculated(path, changed)
    return {u: float(sheet.cell(UNITS, f"G{row}")) for u, row in column(path, UNITS, "A").items()}


def everything(seed: int, **more: object) -> Account:
    """An account of a random record set with every feature."""
    tables = settled(build(Shape(seed, classes=5, makers=7, users=4, regions=2)))
    found = account(PlainStore(tables), principles=PRINCIPLES, period=YEAR, **more)
    assert isinstance(found, Account), [f.message() for f in found.findings]
    return found


@pytest.fixture(scope="module")
def one() -> Account:
    return everything(1)


@pytest.mark.parametrize("seed", range(4))
def test_formulas_recompute_the_account(seed: int, tmp_path: Path) -> None:
    found = everything(seed)
    write_account(found, tmp_path / "a.xlsx")
    sheet = Recalculated(tmp_path / "a.xlsx")
    sheet.scale = float(np.abs(found.books.direct).sum())
    assert sheet.check() > 100
    r = found.lines.sum(axis=1)
    for u, value in r_by_formula(tmp_path / "a.xlsx").items():
        expected = r[list(found.records.units.ids).index(u)]
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9 * sheet.scale)


def test_another_benchmark_typed_in_gives_its_account_and_conserves(
    one: Account, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    write_account(one, path)
    c = one.benchmarks.value * 1.25 + 0.5
    rows = column(path, BENCHMARKS, "A")
    changed = {
        (BENCHMARKS, f"D{rows[p]}"): float(v)
        for p, v in zip(one.records.classes.ids, c, strict=True)
    }
    expected = responsibility(one.books, c).sum(axis=1)
    found = r_by_formula(path, changed)
    assert [found[u] for u in one.records.units.ids] == pytest.approx(expected.tolist(), rel=1e-9)
    sheet = Recalculated(path, changed)
    assert all(sheet.cell(SUMMARY, f"M{row}") == CONSERVED for row in range(5, 10))


def test_lines_and_principles_stand_beside(one: Account, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_account(one, path)
    sheet, rows = Recalculated(path), column(path, UNITS, "A")
    others = [name for name in one.results if name != "benchmark"]
    scale = float(np.abs(one.books.direct).sum())
    for i, u in enumerate(one.records.units.ids):
        figures = [*one.lines[i], *(one.results[name].unit[i] for name in others)]
        for k, value in enumerate(figures):
            cell = sheet.cell(UNITS, f"{letters(7 + k)}{rows[u]}")
            assert cell == pytest.approx(value, rel=1e-9, abs=1e-9 * scale)


def test_both_sides_of_every_region(one: Account, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_account(one, path)
    sheet, rows = Recalculated(path), column(path, REGIONS, "A")
    for region in one.regions:
        row = rows[region.name]
        assert sheet.cell(REGIONS, f"K{row}") == pytest.approx(region.direct)
        assert sheet.cell(REGIONS, f"F{row}") == pytest.approx(region.answers_for)
        assert sheet.cell(REGIONS, f"N{row}") == pytest.approx(region.answers_for)
        assert sheet.cell(REGIONS, f"Q{row}") == pytest.approx(region.answers_for - region.one_off)


NASTY = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "<r><t>x</t></r>", '="a"&"b"', "{=1}",
         "http://example.org", "00012", "<b>&amp;")  # fmt: skip


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    tables = {
        "units": [{**unit(f"u{i}", "=R1"), "name": name} for i, name in enumerate(NASTY)],
        "classes": [kind("=steel")],
        "products": [product("p", "=steel")],
        "direct": [burn(f"u{i}", 5) for i in range(len(NASTY))],
        "flows": [flow(f"u{i}", "out", "p", 2) for i in range(len(NASTY))],
    }
    path = tmp_path / "a.xlsx"
    write_account(account_of(write_tables(tables, tmp_path / "set")), path)
    book = openpyxl.load_workbook(path)
    names = book[UNITS]["B"][4:]
    assert [cell.value.strip() for cell in names] == list(NASTY)
    assert all(
        cell.data_type in "sn" and not cell.hyperlink for cell in (*names, *book[UNITS]["C"])
    )
    assert book[BENCHMARKS]["A5"].value == "=steel"
    assert book[BENCHMARKS]["A5"].data_type == "s"
    (units,) = [sheet for sheet in read_sheets(path) if sheet.name == UNITS]
    assert any("=1+1" in cells for _, cells in units.rows)


def test_above_the_limit_the_largest_keep_formulas(
    one: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    monkeypatch.setattr(module, "MAX_FLOW_ROWS", 12)
    write_account(one, path)
    book = openpyxl.load_workbook(path)
    rows = column(path, UNITS, "A")
    live = {u for u, row in rows.items() if book[UNITS][f"G{row}"].data_type == "f"}
    order = np.argsort(-np.abs(one.lines.sum(axis=1)), kind="stable")
    assert 0 < len(live) < len(rows)
    assert live == {one.records.units.ids[u] for u in order[: len(live)]}
    assert f"{len(live)} " in book[UNITS]["A2"].value
    assert 0 < book[FLOWS].max_row - 4 <= 12
    assert Recalculated(path).check()


def test_above_the_limit_of_units_the_others_are_one_row(
    one: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    monkeypatch.setattr(module, "MAX_UNITS", 3)
    write_account(one, path)
    rows = column(path, UNITS, "A")
    assert len(rows) == 4
    assert any(f"{len(one.records.units) - 3} other units" in key for key in rows)
    sheet = Recalculated(path)
    assert sheet.cell(UNITS, "G3") == pytest.approx(one.lines.sum())
    assert sheet.cell(SUMMARY, "M9") == CONSERVED


def test_too_many_classes_are_refused(
    one: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CLASSES", 1)
    with pytest.raises(Fault, match="classes"):
        write_account(one, tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_a_scope_lists_its_units_and_still_conserves(tmp_path: Path) -> None:
    tables = settled(build(Shape(3, classes=5, makers=7, users=4, regions=2)))
    names = {str(row["region"]) for row in tables["units"]}
    scope = frozenset({sorted(names)[0]})
    method = Method(account_scope=scope)
    found = account(PlainStore(tables), method, principles=PRINCIPLES, period=YEAR)
    assert isinstance(found, Account)
    path = tmp_path / "a.xlsx"
    write_account(found, path)
    listed = {u for u, keep in zip(found.records.units.ids, found.listed, strict=True) if keep}
    assert set(column(path, UNITS, "A")) == listed
    sheet = Recalculated(path)
    assert sheet.check()
    assert all(sheet.cell(SUMMARY, f"M{row}") == CONSERVED for row in range(5, 10))


def test_accepted_findings_are_repeated(tmp_path: Path) -> None:
    tables = clean()
    tables["flows"].append(flow("M1", "in", "nothing", 3))
    found = account_of(
        write_tables(tables, tmp_path / "set"), Method(allow=frozenset({"unknown_id"}))
    )
    write_account(found, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    text = " ".join(str(cell.value) for row in book[SUMMARY].iter_rows() for cell in row)
    assert "unknown_id" in text
    assert "the row is left out" in text
    listed = [[cell.value for cell in row] for row in book[FINDINGS].iter_rows(min_row=5)]
    (row,) = [row for row in listed if row[1] == "unknown_id"]
    assert "accepted" in row[3]
    assert "nothing" in row[5]
    assert "nothing" in row[6]


def test_the_public_sees_no_unit_and_no_lone_maker(tmp_path: Path) -> None:
    found = everything(2)
    few = np.flatnonzero((found.benchmarks.makers < 3) & (found.benchmarks.makers > 0))
    assert len(few)
    write_account(found, tmp_path / "a.xlsx", audience="public")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert UNITS not in book.sheetnames
    assert FLOWS not in book.sheetnames
    numbers = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row
               if isinstance(cell.value, float)]  # fmt: skip
    b = found.benchmarks
    for p in few.tolist():
        for secret in (b.value[p], b.output[p], b.value[p] * b.output[p]):
            assert not any(
                number == pytest.approx(secret, rel=1e-6) for number in numbers if number
            )
    rows = column(tmp_path / "a.xlsx", BENCHMARKS, "A")
    for p in few.tolist():
        assert book[BENCHMARKS][f"D{rows[found.records.classes.ids[p]]}"].value == "–"
    texts = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert not texts & set(found.records.units.ids)
    assert not texts & set(found.records.units.names)


def test_a_failure_leaves_the_old_workbook(
    one: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")

    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setitem(module._SHEETS, FINDINGS, fails)
    with pytest.raises(RuntimeError):
        write_account(one, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
