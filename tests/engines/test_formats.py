"""The same records in every format give the same account, to the last bit of what is settled."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from helpers.cases import findings, placed, serious
from helpers.plain import PlainStore
from helpers.rows import Tables, clean, flow, product, unit
from helpers.writing import (
    columns_of,
    write_csv,
    write_duckdb,
    write_parquet,
    write_text,
    write_workbook,
)
from tanheng.accounting import Account, Settlement, account, settle
from tanheng.accounting.store import RecordStore
from tanheng.engines import open_records
from tanheng.errors import Unreadable

NUMBERS = ("quantity", "emission_tco2e", "change", "benchmark")
TYPED = {name: pa.float64() for name in NUMBERS} | {"period": pa.int32()}
DECIMALS = {name: pa.decimal128(18, 3) for name in NUMBERS}
WORDS = dict.fromkeys(
    ("unit_id", "product_id", "direction", "measure", "period", "use", "region"),
    pa.dictionary(pa.int32(), pa.string()),
)


def result(store: RecordStore) -> tuple[np.ndarray, np.ndarray, Settlement]:
    """Benchmarks, lines and settled figures of a set without findings."""
    found = account(store, principles=("benchmark",))
    assert isinstance(found, Account), [f.message() for f in found.findings]
    assert not found.findings
    settled = settle(store, found)
    assert isinstance(settled, Settlement)
    return found.benchmarks.value, found.lines, settled


@pytest.fixture(scope="module")
def expected() -> tuple[np.ndarray, np.ndarray, Settlement]:
    """What the clean set gives without any engine."""
    return result(PlainStore(clean()))


def mixed(tables: Tables, folder: Path) -> Path:
    """Every table in another format, in one folder."""
    folder.mkdir()
    parts = [{name: rows} for name, rows in tables.items()]
    write_csv({**parts[0], **parts[1]}, folder, encoding="gbk", delimiter=";", language="zh")
    write_parquet({**parts[2], **parts[3]}, folder, TYPED)
    write_workbook({**parts[4], **parts[5]}, folder / "book.xlsx", numbers=NUMBERS)
    write_duckdb({**parts[6], **parts[7]}, folder / "rest.duckdb")
    return folder


Write = Callable[[Tables, Path], Path]
FORMATS: dict[str, Write] = {
    "csv": write_csv,
    "csv gbk": lambda t, p: write_csv(t, p, encoding="gbk", language="zh"),
    "csv utf-8 with a mark": lambda t, p: write_csv(t, p, mark=codecs.BOM_UTF8, language="both"),
    "csv utf-16": lambda t, p: write_csv(t, p, encoding="utf-16", language="both"),
    "csv semicolons": lambda t, p: write_csv(t, p, delimiter=";"),
    "csv tabs": lambda t, p: write_csv(t, p, delimiter="\t", language="zh"),
    "parquet text": write_parquet,
    "parquet numbers": lambda t, p: write_parquet(t, p, TYPED),
    "parquet decimals": lambda t, p: write_parquet(t, p, DECIMALS),
    "parquet dictionaries": lambda t, p: write_parquet(
        t, p, TYPED | WORDS | {"period": pa.int64()}
    ),
    "workbook": lambda t, p: write_workbook(t, p.with_suffix(".xlsx"), numbers=NUMBERS),
    "workbook text": lambda t, p: write_workbook(t, p.with_suffix(".xlsx"), language="zh"),
    "duckdb": lambda t, p: write_duckdb(t, p.with_suffix(".duckdb"), TYPED),
    "duckdb views": lambda t, p: write_duckdb(t, p.with_suffix(".db"), views=("flows", "units")),
    "mixed": mixed,
}


@pytest.mark.parametrize("name", FORMATS)
def test_same_figures(name: str, expected, opened, spoilt: Tables, tmp_path: Path) -> None:
    value, lines, settled = result(opened(FORMATS[name](spoilt, tmp_path / "set")))
    assert settled == expected[2]
    assert value.tolist() == expected[0].tolist()
    np.testing.assert_allclose(lines, expected[1], rtol=1e-12, atol=1e-9)


# -------------------------------------------------------------- identifiers

IDS = {"M1": "1", "M2": "22", "M3": "333", "P1": "4", "P2": "5", "P3": "6", "H1": "7", "B1": "8"}
GOODS = {"rebar": "101", "grid": "102", "lump": "103"}


def renamed(tables: Tables, ids: dict[str, str], goods: dict[str, str]) -> Tables:
    """The same records under other identifiers."""
    for row in (row for rows in tables.values() for row in rows):
        for column, names in (("unit_id", ids), ("supplier_id", ids), ("product_id", goods)):
            if column in row:
                row[column] = names[str(row[column])]
    return tables


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.uint16(), pa.float64(), pa.string()])
def test_integer_identifiers(kind: pa.DataType, expected, opened, tmp_path: Path) -> None:
    """As numbers in Parquet, also whole floats, as pandas writes a column with gaps."""
    tables = renamed(clean(), IDS, GOODS)
    types = TYPED | dict.fromkeys(("unit_id", "supplier_id", "product_id"), kind)
    value, lines, settled = result(opened(write_parquet(tables, tmp_path / "set", types)))
    assert settled == expected[2]
    assert value.tolist() == expected[0].tolist()
    np.testing.assert_allclose(lines, expected[1], rtol=1e-12, atol=1e-9)


def test_integers_in_one_file_and_text_in_another(expected, opened, tmp_path: Path) -> None:
    tables = renamed(clean(), IDS, GOODS)
    small = {name: rows for name, rows in tables.items() if name not in ("flows", "direct")}
    big = {name: tables[name] for name in ("flows", "direct")}
    types = TYPED | dict.fromkeys(("unit_id", "supplier_id", "product_id"), pa.int64())
    write_csv(small, tmp_path / "a")
    write_parquet(big, tmp_path / "a", types)
    write_parquet(small, tmp_path / "b", types)
    write_csv(big, tmp_path / "b")
    assert result(opened(tmp_path / "a"))[2] == expected[2]
    assert result(opened(tmp_path / "b"))[2] == expected[2]


ZEROS = {"M1": "007", "M2": "7", "M3": "0007", "P1": "1e2", "P2": "100", "P3": "+5", "H1": "5"}


@pytest.mark.parametrize("name", ["csv", "parquet text", "workbook", "duckdb", "mixed"])
def test_identifiers_are_text(name: str, expected, opened, tmp_path: Path) -> None:
    """007, 7 and 0007 are three units; so are 1e2 and 100."""
    tables = renamed(clean(), {**ZEROS, "B1": "8.0"}, GOODS)
    store = opened(FORMATS[name](tables, tmp_path / "set"))
    assert result(store)[2] == expected[2]
    found = account(store, principles=("benchmark",))
    assert isinstance(found, Account)
    assert found.records.units.ids == [*ZEROS.values(), "8.0"]


@pytest.mark.parametrize("name", ["csv", "parquet text", "workbook", "duckdb"])
def test_identifiers_may_start_with_a_hash(name: str, expected, opened, tmp_path: Path) -> None:
    """“#1机组” is what plants call their first unit; only notes that stand alone are skipped."""
    ids = {**dict(zip(IDS, IDS, strict=True)), "M1": "#1机组", "P1": "#2"}
    tables = renamed(clean(), ids, dict(zip(GOODS, GOODS, strict=True)))
    assert result(opened(FORMATS[name](tables, tmp_path / "set")))[2] == expected[2]


def test_two_files_of_a_kind_in_one_folder(expected, opened, tmp_path: Path) -> None:
    tables = clean()
    first = {name: tables[name] for name in list(tables)[:4]}
    rest = {name: tables[name] for name in list(tables)[4:]}
    for folder, write, suffix in (("a", write_duckdb, "duckdb"), ("b", write_workbook, "xlsx")):
        (tmp_path / folder).mkdir()
        write(first, tmp_path / folder / f"one.{suffix}")
        write(rest, tmp_path / folder / f"two.{suffix}")
        assert result(opened(tmp_path / folder))[2] == expected[2]


# ------------------------------------------------------------ the look of CSV


def test_headers_of_two_lines(expected, opened, tmp_path: Path) -> None:
    """A line break between the English and the Chinese header, as spreadsheets export it."""
    folder = write_csv(clean(), tmp_path / "set", language="both")
    text = (folder / "flows.csv").read_bytes().decode()
    header, rows = text.split("\r\n", 1)
    cells = [f'"{cell.replace(" ", chr(10))}"' for cell in header.split(",")]
    write_text(folder, "flows", ",".join(cells) + "\r\n" + rows)
    assert result(opened(folder))[2] == expected[2]
    write_text(folder, "flows", ",".join(cells) + "\r\n" + rows + "B1,2016,in,rebar,-1,t,\r\n")
    assert placed(serious(findings(opened(folder)))) == {("negative", "flows", 16, "quantity")}


def test_names_with_line_ends_commas_and_quotes(opened, spoilt: Tables, tmp_path: Path) -> None:
    """One record is one row, however many lines its name has."""
    names = ["two\nlines", "one, two", 'so called "steel"', "两行\r\n，逗号", " blank "]
    for row, name in zip(spoilt["units"], names, strict=False):
        row["name"] = name
    spoilt["units"].append(unit("M1"))
    store = opened(write_csv(spoilt, tmp_path / "set"))
    assert placed(serious(findings(store))) == {("duplicate_id", "units", 10, "unit_id")}
    read = store.read("units")["name"].to_pylist()
    assert read[:3] == names[:3]
    assert read[4] == "blank"


def csv_text(tables: Tables, table: str) -> list[str]:
    """Lines of a table without quotation."""
    columns = columns_of(tables[table])
    rows = [[str(row.get(column, "")) for column in columns] for row in tables[table]]
    return [",".join(cells) for cells in (columns, *rows)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_lines_are_skipped_and_counted(end: str, expected, opened, tmp_path: Path) -> None:
    """A spreadsheet shows them, so rows below keep their number; empty cells are blank as well."""
    folder = write_csv(clean(), tmp_path / "set")
    lines = csv_text(clean(), "flows")
    lines[3:3] = ["", ",,,,,,"]
    lines += ["", "B1,2016,in,rebar,-1,t,", ",,,,,,", ""]
    write_text(folder, "flows", end.join(lines[:-4]) + end)
    assert result(opened(folder))[2] == expected[2]
    write_text(folder, "flows", end.join(lines))
    found = serious(findings(opened(folder)))
    assert placed(found) == {("negative", "flows", 19, "quantity")}


def test_mixed_line_ends(expected, opened, tmp_path: Path) -> None:
    """A file made on one system and continued on another."""
    folder = write_csv(clean(), tmp_path / "set")
    lines = csv_text(clean(), "flows")
    write_text(folder, "flows", "\r\n".join(lines[:9]) + "\r\n" + "\n".join(lines[9:]) + "\n")
    assert result(opened(folder))[2] == expected[2]


def test_ragged_rows_are_named(opened, tmp_path: Path) -> None:
    """Too many and too few cells; the other tables are judged all the same."""
    tables = clean()
    tables["direct"][0]["emission_tco2e"] = "-1"
    folder = write_csv(tables, tmp_path / "set")
    lines = csv_text(tables, "flows")
    lines[2] += ",more"
    lines[5] = "P2,2016,out"
    write_text(folder, "flows", "\n".join(lines) + "\n")
    found = serious(findings(opened(folder)))
    ragged = {(f.row, f.value, f.details["expected"]) for f in found if f.code == "row_ragged"}
    assert ragged == {(3, "8", 7), (6, "3", 7)}
    assert ("negative", "direct", 2, "emission_tco2e") in placed(found)
    assert {f.code for f in found} == {"row_ragged", "negative"}
    assert all("quotation marks" in f.message("en") for f in found if f.code == "row_ragged")


def test_columns_and_tables_that_mean_nothing(expected, opened, spoilt: Tables, tmp_path) -> None:
    """They are told and not read; a helpful list of what could be meant stands beside."""
    for row in spoilt["flows"]:
        row["remark"] = "=1+1"
    folder = write_csv(spoilt, tmp_path / "set")
    write_text(folder, "flow", "unit_id\nM1\n")
    found = account(opened(folder), principles=("benchmark",))
    assert isinstance(found, Account)
    told = {(f.code, f.severity, f.value) for f in found.findings}
    assert told == {
        ("column_unknown", "notice", "remark"),
        ("table_unknown", "notice", "flow.csv"),
    }
    by_code = {f.code: f.message("en") for f in found.findings}
    assert "supplier_id" in by_code["column_unknown"]
    assert "exogenous" in by_code["table_unknown"]
    assert found.benchmarks.value.tolist() == expected[0].tolist()


# ------------------------------------------------------------ typed files


def test_empty_text_in_typed_files_is_blank(opened, spoilt: Tables, tmp_path: Path) -> None:
    """Parquet and DuckDB can hold an empty text; it means the same as no value."""
    types = {"unit_id": pa.string()}
    spoilt["flows"][12].update(unit_id="", supplier_id="", measure="")
    for row in spoilt["flows"]:
        row.setdefault("supplier_id", "")
    for store in (
        opened(write_parquet(spoilt, tmp_path / "set", types)),
        opened(write_duckdb(spoilt, tmp_path / "set.duckdb", types)),
    ):
        found = serious(findings(store))
        assert {(f.code, f.column) for f in found} == {
            ("missing_value", "unit_id"),
            ("missing_value", "measure"),
        }


@pytest.mark.parametrize("name", ["parquet text", "duckdb"])
def test_rows_of_typed_files_count_from_one(name, opened, spoilt: Tables, tmp_path: Path) -> None:
    spoilt["flows"][12]["quantity"] = "-900"
    found = serious(findings(opened(FORMATS[name](spoilt, tmp_path / "set"))))
    assert placed(found) == {("negative", "flows", 13, "quantity")}


def test_rows_of_workbooks_are_those_of_the_sheet(opened, spoilt: Tables, tmp_path: Path) -> None:
    spoilt["flows"][12]["quantity"] = "-900"
    spoilt["flows"].insert(3, {})
    path = write_workbook(spoilt, tmp_path / "set.xlsx", numbers=("emission_tco2e",))
    found = serious(findings(opened(path)))
    assert placed(found) == {("negative", "flows", 15, "quantity")}


def test_many_spellings_of_a_choice(opened, spoilt: Tables, tmp_path: Path) -> None:
    """A row a day: more spellings than a CASE should hold."""
    expected = result(PlainStore(spoilt))
    last = spoilt["flows"].pop()
    days = [f"2016-{month:02d}-{day:02d}" for month in (1, 2) for day in range(1, 19)]
    spoilt["flows"] += [{**last, "quantity": "12.5", "period": day} for day in days]
    assert result(opened(spoilt))[2] == expected[2]


def test_dates_and_times_as_periods(expected, opened, spoilt: Tables, tmp_path: Path) -> None:
    for table in ("flows", "direct"):
        for row in spoilt[table]:
            row["period"] = "2016-03-31"
    types = {"period": pa.date32()}
    big = {name: spoilt.pop(name) for name in ("flows", "direct")}
    write_csv(spoilt, tmp_path / "set")
    folder = write_parquet(big, tmp_path / "set", types)
    assert result(opened(folder))[2] == expected[2]


def test_paths_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        open_records(tmp_path / "nowhere")
    (tmp_path / "picture.png").write_bytes(b"x")
    with pytest.raises(Unreadable, match="not a folder"):
        open_records(tmp_path / "picture.png")


def test_the_longest_headers_of_both_languages(opened, tmp_path: Path) -> None:
    """Headers of the template, and the spellings people use."""
    folder = write_csv(clean(), tmp_path / "set", language="both")
    first = (folder / "direct.csv").read_text(encoding="utf-8")
    (folder / "direct.csv").write_text(
        first.replace("emission_tco2e 排放量", "排放量（吨）").replace("period 期间", "年份"),
        encoding="utf-8",
        newline="",
    )
    assert not findings(opened(folder))


def test_products_measured_unlike_their_class(opened, spoilt: Tables) -> None:
    """A conversion given in products holds per product measure, whatever a row is counted in."""
    spoilt["products"].append(product("coil", "steel", "item", conversion="0.5"))
    spoilt["flows"][2] = flow("M3", "out", "coil", "2200", measure="件")
    assert result(opened(spoilt))[2] == result(PlainStore(clean()))[2]
