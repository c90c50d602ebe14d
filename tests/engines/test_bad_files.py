"""Faults of whole files, tables, columns and periods, and a hundred thousand faults at once."""

from __future__ import annotations

import codecs
from pathlib import Path
from time import perf_counter

import pytest

from helpers.cases import check_message, findings, place, placed, serious
from helpers.rows import Tables, burn, clean, flow, stock, trade
from helpers.writing import write_csv, write_text
from tanheng.accounting import Account, Method, account
from tanheng.period import Period

LONGEST_SECONDS = 12
"""For a hundred thousand findings, on a busy machine."""


def test_missing_tables(opened, spoilt: Tables) -> None:
    """Both required tables are missing; what is wrong in the others is found all the same."""
    del spoilt["units"], spoilt["products"]
    spoilt["flows"][12]["quantity"] = "-900"
    found = serious(findings(opened(spoilt)))
    assert [(f.code, *place(f), f.value) for f in found if f.code == "table_missing"] == [
        ("table_missing", "units", None, None, None),
        ("table_missing", "products", None, None, None),
    ]
    assert placed(found) >= {("negative", "flows", 14, "quantity")}
    assert len(found) == 3
    check_message(found[0], "sheet named units", "名为 units 的文件")
    check_message(found[1], "sheet named products", "名为 products 的文件")


MISSING = {
    "units": ("region", "地区"),
    "classes": ("measure", "计量单位"),
    "products": ("class_id", "类别编号"),
    "direct": ("emission_tco2e", "排放量"),
    "flows": ("quantity", "数量"),
    "trade": ("direction", "方向"),
    "stocks": ("change", "变化量"),
    "exogenous": ("source", "来源"),
}


def test_missing_columns(opened, spoilt: Tables) -> None:
    """One column is missing from every table; each is told, with its Chinese header."""
    for table, (column, _) in MISSING.items():
        for row in spoilt[table]:
            del row[column]
    found = serious(findings(opened(spoilt), period=Period.year(2016)))
    missing = [f for f in found if f.code == "column_missing"]
    assert placed(found) == {
        ("column_missing", table, None, column) for table, (column, _) in MISSING.items()
    }
    assert len(found) == len(MISSING)
    for finding in missing:
        check_message(finding, MISSING[finding.table][1], MISSING[finding.table][1])


EMPTY = {
    "units": b"",
    "products": codecs.BOM_UTF8,
    "trade": b"\r\n",
    "exogenous": b"\n\n\n",
}


def test_empty_files(opened, spoilt: Tables, tmp_path: Path) -> None:
    """No byte, only a mark, only line ends."""
    folder = write_csv(spoilt, tmp_path / "set")
    for table, content in EMPTY.items():
        (folder / f"{table}.csv").write_bytes(content)
    found = serious(findings(opened(folder)))
    assert placed(found) == {("table_empty", table, None, None) for table in EMPTY}
    for finding in found:
        check_message(finding, "at least one row", "至少填写一行")


def test_headers_without_rows(opened, spoilt: Tables, tmp_path: Path) -> None:
    """A required table needs a row, an optional one may have none."""
    folder = write_csv(spoilt, tmp_path / "set")
    write_text(folder, "stocks", "region,period,product_id,change,measure\n")
    assert not findings(opened(folder))
    write_text(folder, "units", "unit_id,region,use\n")
    assert placed(serious(findings(opened(folder)))) == {("table_empty", "units", None, None)}


def test_no_flows(opened, spoilt: Tables, tmp_path: Path) -> None:
    """Optional tables with a header only: every unit answers for what it burns."""
    folder = write_csv(spoilt, tmp_path / "set")
    for table in ("flows", "trade", "stocks", "exogenous"):
        header = (folder / f"{table}.csv").read_text().splitlines()[0]
        write_text(folder, table, header + "\n")
    outcome = account(opened(folder))
    assert isinstance(outcome, Account)
    for result in outcome.results.values():
        assert result.unit.tolist() == [2100, 1500, 1700, 900, 400, 300, 5.5, 0]


def test_no_emissions(opened, spoilt: Tables, tmp_path: Path) -> None:
    folder = write_csv(spoilt, tmp_path / "set")
    write_text(folder, "direct", "unit_id,period,emission_tco2e\n")
    outcome = account(opened(folder), principles=("producer", "benchmark"))
    assert isinstance(outcome, Account)
    assert not outcome.results["producer"].unit.any()
    assert outcome.results["benchmark"].conservation.accounted == pytest.approx(0, abs=1e-9)


def test_table_and_column_twice(opened, spoilt: Tables, tmp_path: Path) -> None:
    folder = write_csv(spoilt, tmp_path / "set")
    (folder / "核算单元.csv").write_bytes((folder / "units.csv").read_bytes())
    twice = "region,period,product_id,change,变化量,measure\nR1,2016,rebar,1,2,t\n"
    found = serious(findings(opened(write_text(folder, "stocks", twice))))
    assert placed(found) == {
        ("table_twice", "units", None, None),
        ("column_twice", "stocks", None, "change"),
    }
    for finding in found:
        check_message(finding, "Keep one of them", "请只保留一个")


@pytest.mark.parametrize("name", ["trade.parquet", "trade.xlsx", "trade.csv"])
def test_unreadable_file(name: str, opened, spoilt: Tables, tmp_path: Path) -> None:
    """The rest is read and judged; an account stops."""
    del spoilt["trade"]
    spoilt["flows"][12]["quantity"] = "-900"
    folder = write_csv(spoilt, tmp_path / "set")
    (folder / name).write_bytes(b"region,\xff\xff\xff\xfe\x00 not what the name says")
    found = serious(findings(opened(folder)))
    assert [(f.code, f.table, f.value) for f in found] == [
        ("file_unreadable", name, name),
        ("negative", "flows", "-900"),
    ]
    check_message(found[0], "Save it again", "请另存为")


def test_a_published_table_that_lacks_a_column(opened, spoilt: Tables, tmp_path: Path) -> None:
    """It is told as such, not as a table of the record set."""
    table = write_text(tmp_path, "exogenous", "class_id,period,measure\nsteel,2016,t\n")
    published = opened(table / "exogenous.csv")
    found = serious(findings(opened(spoilt), published=published))
    told = [f for f in found if f.code == "published_unreadable"]
    assert len(told) == 1
    assert "benchmark" in str(told[0].details["reason"])
    check_message(told[0], "It needs the columns of exogenous", "它需要 exogenous 的各列")


def test_no_row_of_the_period_asked_for(opened, spoilt: Tables) -> None:
    found = serious(findings(opened(spoilt), period=Period.year(2019)))
    assert [(f.code, *place(f), f.value) for f in found] == [
        ("period_without_rows", "flows", None, "period", "2019")
    ]
    check_message(found[0], "The records cover: 2016", "记录覆盖的期间：2016")


def test_several_years_and_none_chosen(opened, spoilt: Tables) -> None:
    """The years are listed, and other faults are found in the same run."""
    spoilt["direct"].append(burn("M1", "4", period="2017-03"))
    spoilt["flows"][12]["quantity"] = "-900"
    found = serious(findings(opened(spoilt)))
    assert [(f.code, *place(f)) for f in found] == [
        ("period_choose", "flows", None, "period"),
        ("negative", "flows", 14, "quantity"),
    ]
    check_message(found[0], "2016, 2017", "--period")


def test_no_period_anywhere(opened, spoilt: Tables) -> None:
    for row in spoilt["flows"] + spoilt["direct"]:
        row["period"] = ""
    found = serious(findings(opened(spoilt)))
    places = {(f.table, f.row, f.column) for f in found if f.code == "period_missing"}
    assert places == {("flows", n, "period") for n in range(2, 16)} | {
        ("direct", n, "period") for n in range(2, 9)
    }


def test_a_row_longer_than_the_account(opened, spoilt: Tables) -> None:
    for table in ("flows", "direct", "trade", "stocks"):
        for row in spoilt[table]:
            row["period"] = "2016-02"
    spoilt["flows"][12]["period"] = "2016"
    found = serious(findings(opened(spoilt), period=Period.parse("2016-Q1")))
    assert [(f.code, *place(f), f.value) for f in found] == [
        ("period_too_coarse", "flows", 14, "period", "2016")
    ]
    check_message(found[0], "Account for the longer period", "按较长期间核算")


def test_rows_of_other_periods_are_counted_and_not_judged(opened, spoilt: Tables) -> None:
    """A fault in a row of another year is no business of this account."""
    away = {"period": "2014", "measure": "?"}
    spoilt["flows"].append(flow("nobody", "in", "nothing", "x", **away))
    spoilt["direct"].append(burn("nobody", "x", period="2014"))
    spoilt["trade"].append(trade("R9", "import", "nothing", "-1", **away))
    spoilt["stocks"].append(stock("R9", "nothing", "x", **away))
    found = findings(opened(spoilt), period=Period.year(2016))
    assert {(f.code, f.table, f.details.get("count")) for f in found} == {
        ("other_period", table, 1) for table in ("flows", "direct", "trade", "stocks")
    }


WIDE = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
CHINESE = {
    "t": "吨", "kWh": "千瓦时", "MWh": "兆瓦时", "in": "进", "out": "出", "import": "调入",
    "export": "调出", "producer": "生产", "daily_person": "居民", "construction": "建设",
}  # fmt: skip


def in_chinese(tables: Tables) -> Tables:
    """Choices and measures in Chinese, numbers in full-width digits."""
    for row in (row for rows in tables.values() for row in rows):
        for column, cell in row.items():
            if column in ("quantity", "emission_tco2e", "change", "benchmark", "period"):
                row[column] = str(cell).translate(WIDE)
            elif column in ("measure", "direction", "use"):
                row[column] = CHINESE[str(cell)]
    return tables


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        pytest.param("gbk", b"", id="gbk"),
        pytest.param("gbk", codecs.BOM_UTF8, id="gbk-behind-a-utf8-mark"),
        pytest.param("gb18030", "\ufeff".encode("gb18030"), id="gb18030-with-its-mark"),
        pytest.param("utf-8", codecs.BOM_UTF8, id="utf8-with-its-mark"),
        pytest.param("utf-16", b"", id="utf16"),
    ],
)
def test_chinese_files(encoding: str, mark: bytes, opened, tmp_path: Path) -> None:
    """Chinese names, headers, choices, measures and digits, and a fault in row 14."""
    tables = in_chinese(clean())
    folder = write_csv(tables, tmp_path / "zh", encoding=encoding, language="zh", mark=mark)
    outcome = account(opened(folder), principles=("benchmark",))
    assert isinstance(outcome, Account)
    assert not outcome.findings
    power = 1600 / 2500
    steel = (5300 + 1950 * power + 3100 * 0.05) / 3000
    assert outcome.benchmarks.value.tolist() == pytest.approx([steel, power, 0.05], rel=1e-14)
    tables["flows"][12]["quantity"] = "－９００"
    write_csv(tables, folder, encoding=encoding, language="zh", mark=mark)
    found = serious(findings(opened(folder)))
    assert [(f.code, *place(f), f.value) for f in found] == [
        ("negative", "flows", 14, "quantity", "-900")
    ]


def test_a_hundred_thousand_findings(opened, spoilt: Tables, tmp_path: Path) -> None:
    """Each has its own place; allowed, the account goes on and repeats them all."""
    folder = write_csv(spoilt, tmp_path / "set")
    with (folder / "flows.csv").open("a", newline="") as file:
        file.writelines(f"Z{i},2016,in,rebar,1,t,\r\n" for i in range(90_000))
    with (folder / "direct.csv").open("a", newline="") as file:
        file.write("M1,2016,oops\r\n" * 10_000)
    store = opened(folder)
    begun = perf_counter()
    found = serious(findings(store))
    assert perf_counter() - begun < LONGEST_SECONDS
    flows = [f for f in found if f.table == "flows"]
    burnt = [f for f in found if f.table == "direct"]
    assert len(found) == 100_000
    assert [(f.code, f.row, f.value) for f in flows] == [
        ("unknown_id", i + 16, f"Z{i}") for i in range(90_000)
    ]
    assert [(f.code, f.row, f.value) for f in burnt] == [
        ("not_a_number", i + 9, "oops") for i in range(10_000)
    ]
    allowed = Method(allow=frozenset({"unknown_id", "not_a_number"}))
    begun = perf_counter()
    outcome = account(store, allowed, principles=("benchmark",))
    assert perf_counter() - begun < LONGEST_SECONDS
    assert isinstance(outcome, Account)
    assert len(outcome.findings) == 100_000
    assert abs(outcome.results["benchmark"].conservation.relative_gap) < 1e-12
