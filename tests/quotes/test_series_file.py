"""Daily series from files: both languages, any form of day, every fault with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tanheng.engines.series import Imported, read_series
from tanheng.engines.serieshead import as_shown
from tanheng.errors import Unreadable
from tanheng.quotes import Bar, Series

D = Decimal
HEAD = "date,open,high,low,close,volume,turnover\n"
GOOD = (
    Bar(date(2021, 8, 30), D(40), D(42), D("39.5"), D(41), 1000, D("41000.5")),
    Bar(date(2021, 8, 31), D(41), D(43), D(40), D("42.5"), 2, D(84)),
)


def file(folder: Path, text: str, encoding: str = "utf-8", name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def faults(found: Imported) -> list[tuple[str, int | None, str | None]]:
    assert all(f.message("en") and f.message("zh") for f in found.findings)
    return [(f.code, f.row, f.column) for f in found.findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headers_with_units_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = (
        "交易日期\t收盘价（元/吨）\t开盘价\t最高价\t最低价\t成交量（万吨）\t成交额(万元)\n"
        "2021年8月30日\t41\t40\t42\t39.5\t0.1\t4.10005\n"
        "2021年8月31日\t42.5\t41\t43\t40\t0.0002\t0.0084\n"
    )
    found = read_series(file(tmp_path, text, encoding))
    assert found.series == (Series("x", "x", GOOD),)
    assert found.rows == 2
    assert found.findings == ()


@pytest.mark.parametrize(
    "first, second",
    [
        ("20210830", "20210831"), ("2021-08-30", "2021-8-31"), ("2021/8/30", "2021/08/31"),
        ("2021.8.30", "2021年8月31日"), ("2021-08-30 00:00:00", "2021-08-31T00:00"),
        ("20210830.0", "２０２１/8/31"),
    ],
)  # fmt: skip
def test_forms_of_days_and_numbers(tmp_path: Path, first: str, second: str) -> None:
    text = (
        "Date;Vol;Amount;Open;Close;High;Low\n"
        f'{first};"1,000";41,000.5;40;41.00;42;39.5\n\n{second};2.0; 84;41;4.25e1;43;40\n'
    )
    found = read_series(file(tmp_path, text))
    assert found.series[0].bars == GOOD
    assert faults(found) == [("quote_blank_rows", 3, None)]


@pytest.mark.parametrize(
    "cell, column, code",
    [
        ("2021-02-30", 0, "list_day"), ("2021111", 0, "list_day"), ("44438", 0, "list_day"),
        ("30/8/2021", 0, "list_day"), ("2021-08-30 09:30", 0, "list_day"), ("", 0, "missing_value"),
        ("-", 0, "missing_value"), ("1.2.3", 4, "quote_number"), ("1,23", 4, "quote_number"),
        ("about 40", 4, "quote_number"), ("nan", 1, "quote_number"), ("-40", 4, "list_negative"),
        ("-1", 5, "list_negative"), ("-0.5", 6, "list_negative"), ("1.5", 5, "list_whole"),
        ("1e400", 6, "quote_number"), ("70.074.00", 6, "quote_number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_stops_the_file(
    tmp_path: Path, cell: str, column: int, code: str
) -> None:
    cells = ["2021-08-31", "41", "43", "40", "42.5", "2", "84"]
    cells[column] = f'"{cell}"'
    found = read_series(file(tmp_path, HEAD + "2021-08-27,40,42,39.5,41,1,41\n" + ",".join(cells)))
    name = ["day", "open", "high", "low", "close", "volume", "turnover"][column]
    assert faults(found) == [(code, 3, name)]
    assert found.series == ()
    (finding,) = found.findings
    assert finding.table == "x.csv"
    assert code == "missing_value" or finding.value == cell


@pytest.mark.parametrize("nothing", ["", "-", "--", "—", " "])
def test_a_dash_is_nothing(tmp_path: Path, nothing: str) -> None:
    row = f"2021-08-31,{nothing},{nothing},{nothing},42,{nothing},{nothing}\n"
    (series,) = read_series(file(tmp_path, HEAD + row)).series
    assert series.bars == (Bar(date(2021, 8, 31), None, None, None, D(42), 0, D(0)),)


def test_all_faults_come_at_once_and_notices_with_them(tmp_path: Path) -> None:
    rows = (
        "2021-08-27,40,42,39,43,1,41,a\n"  # close above high
        "2021-08-30,40,42,39,x,y,41,\n"
        "2021-08-31,40,42,39,41,1\n"  # cells are missing
        "2021-09-01,40,42,39,41,1,41,,spare\n"
        "2021-08-27,40,42,39,41,1,41,\n"
    )
    found = read_series(file(tmp_path, HEAD.replace("turnover", "turnover,note") + rows))
    assert faults(found) == [
        ("column_unknown", None, "note"),
        ("quote_number", 3, "close"), ("quote_number", 3, "volume"), ("row_ragged", 4, None),
        ("row_ragged", 5, None), ("quote_day_twice", 6, "day"),
    ]  # fmt: skip
    assert found.series == ()
    assert found.findings[-1].details["first"] == 2


def test_headers_are_found_wanting(tmp_path: Path) -> None:
    found = read_series(file(tmp_path, "date,vol,成交量,close（dollars）\n20210830,1,2,3\n"))
    assert faults(found) == [
        ("column_twice", None, "volume"), ("column_unknown", None, "close（dollars）"),
        ("column_missing", None, "close"), ("column_missing", None, "turnover"),
    ]  # fmt: skip
    assert faults(read_series(file(tmp_path, HEAD))) == [("table_empty", None, None)]
    assert {code for code, _, _ in faults(read_series(file(tmp_path, "")))} == {
        "column_missing", "table_empty",
    }  # fmt: skip


def test_an_average_beside_the_close_and_in_its_place(tmp_path: Path) -> None:
    # 123.14 / 3 is 41.0467: cut to 41.04 or rounded to 41.05.
    text = (
        "日期,收盘价,均价,成交量,成交额\n20210830,41,41.04,3,123.14\n20210831,42,41.05,3,123.14\n"
    )
    assert faults(read_series(file(tmp_path, text))) == []
    text = text.replace("41.05", "41.03")
    assert faults(read_series(file(tmp_path, text))) == [("quote_average_off", 3, "average")]
    found = read_series(file(tmp_path, "日期,均价,成交量,成交额\n20210830,41.04,3,123.14\n"))
    assert faults(found) == [("quote_average_is_close", None, "average")]
    assert found.series[0].bars[0].close == D("41.04")


def test_series_are_told_apart(tmp_path: Path) -> None:
    text = (
        "place,vintage,date,close,vol,amount,offline_vol,offline_amount,offline_close\n"
        "SZA,2013,20210830,10,1,10,-,-,-\nSZA,2014,20210830,11,1,11,5,40,8\n"
        "SZA,2014,20210831,12,1,12,-,-,-\n"
    )
    found = read_series(file(tmp_path, text))
    assert [(s.name, len(s.bars)) for s in found.series] == [
        ("SZA-2013", 1), ("SZA-2014", 2), ("SZA-2014-offline", 1),
    ]  # fmt: skip
    assert found.series[2].bars[0] == Bar(date(2021, 8, 30), None, None, None, D(8), 5, D(40))
    one = read_series(file(tmp_path, text), together="SZA")
    assert ("quote_day_twice", 3, "day") in faults(one)
    later = read_series(
        file(tmp_path, text.replace("2013,20210830", "2013,20210827")), together="SZA"
    )
    assert [(s.name, len(s.bars)) for s in later.series] == [("SZA", 3), ("SZA-offline", 1)]


def test_line_breaks_and_falling_days_are_said_once(tmp_path: Path) -> None:
    text = (
        'place,date,close,vol,amount\n"X\r\n",20210831,"42\n","1\n",42\nX,20210830,41,1,41\n'
        '"X",20210827,40,1,"40\n"\n'
    )
    found = read_series(file(tmp_path, text))
    assert [s.name for s in found.series] == ["X"]
    assert [bar.day.day for bar in found.series[0].bars] == [27, 30, 31]
    assert faults(found) == [("quote_line_breaks", 2, None), ("quote_unordered", 3, "day")]
    breaks = found.findings[0]
    assert (breaks.value, breaks.details) == ("4", {"cells": "4", "broken": "2", "rows": "3"})
    assert found.rows == 3


def test_a_column_may_be_named_anew(tmp_path: Path) -> None:
    path = file(tmp_path, "date,open,close,vol,amount\n20210830,42,41,1,42\n")
    swapped = read_series(path, columns={"open": "close", "close": "open"}).series[0].bars[0]
    assert (swapped.open, swapped.close) == (D(41), D(42))
    left_out = read_series(path, columns={"open": ""})
    assert left_out.series[0].bars[0].open is None
    assert left_out.findings == ()
    with pytest.raises(ValueError, match="no column 'opn'"):
        read_series(path, columns={"opn": "close"})
    with pytest.raises(ValueError, match="no field"):
        read_series(path, columns={"open": "settlement"})


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(r, c, cell, day)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def test_a_workbook_with_dates_and_several_sheets(tmp_path: Path) -> None:
    head: list[object] = ["日期", "收盘价", "最高价", "最低价", "成交量", "成交额"]
    rows = [head, [date(2021, 8, 30), 0.1 + 0.2, 0.3, 0.3, 1000, 300], [None] * 6,
            [20210831, 42.5, 43, 40, 2, 84]]  # fmt: skip
    one = read_series(workbook(tmp_path / "湖北.xlsx", {"行情": rows, "说明": [["来源"], ["x"]]}))
    assert [s.name for s in one.series] == ["湖北"]
    assert [bar.close for bar in one.series[0].bars] == [D("0.3"), D("42.5")]
    assert faults(one) == [("table_unknown", None, None), ("quote_blank_rows", 3, None)]
    two = read_series(
        workbook(tmp_path / "two.xlsx", {"A": rows, "B": [head, [date(2021, 8, 30), "x"]]})
    )
    assert two.series == ()
    assert [(f.code, f.place()) for f in two.findings if f.severity == "error"] == [
        ("quote_number", "two.xlsx/B:2:close")
    ]
    rows.pop(2)
    both = read_series(workbook(tmp_path / "both.xlsx", {"A": rows, "B": rows}))
    assert [s.name for s in both.series] == ["A", "B"]


def test_numbers_of_a_workbook_have_the_digits_that_excel_keeps() -> None:
    assert as_shown("0.30000000000000004") == "0.3"
    assert as_shown("1.2000000000000002e-05") == "1.2e-05"
    for same in ("42.5", "123456789.123456", "12345678901234567890", "HB.1234567890123456"):
        assert as_shown(same) == same


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        read_series(file(tmp_path, "no workbook", name="x.xlsx"))


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_the_order_of_rows_does_not_matter(tmp_path: Path, order: list[int], odd: set[int]) -> None:
    """Neither for the bars nor for what is found of them; only that they are out of order is said."""
    rows = [f"2021-08-{n + 9:02},10,12,9,{13 if n in odd else 11},{n},{n * 10}" for n in range(12)]
    plain = read_series(file(tmp_path, HEAD + "\n".join(rows)), band=D("0.1"))
    mixed = read_series(file(tmp_path, HEAD + "\n".join(rows[n] for n in order)), band=D("0.1"))
    assert mixed.series == plain.series
    place = {n + 2: order.index(n) + 2 for n in range(12)}
    assert [f for f in faults(mixed) if f[0] != "quote_unordered"] == [
        (code, place[row], column) for code, row, column in faults(plain)
    ]
    unordered = [f for f in mixed.findings if f.code == "quote_unordered"]
    assert len(unordered) == (order != sorted(order))
