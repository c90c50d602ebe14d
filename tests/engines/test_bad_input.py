"""Every bad input the method names: its code, its place, and a message that says what to do.

The record set is clean but for one fault, so nothing else may be found. Rows are numbered as a
spreadsheet shows them: the first below the header is row 2.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers.rows import (
    Tables,
    burn,
    clean,
    flow,
    kind,
    product,
    stock,
    trade,
    unit,
    value_of,
)
from helpers.writing import write_csv, write_text

from tanheng.accounting import Account, Method, Stopped, account
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding
from tanheng.period import Period

Spoil = Callable[[Tables], object]


@dataclass(frozen=True)
class Case:
    """One fault: how it comes in, how it must be reported."""

    name: str
    spoil: Spoil
    code: str
    place: tuple[str, int | None, str | None]
    value: str | None
    remedy: str
    remedy_zh: str
    also: frozenset[str] = frozenset()


def put(table: str, index: int, column: str, cell: object) -> Spoil:
    """Overwrite one cell; ``index`` counts rows from 0."""
    return lambda tables: tables[table][index].update({column: cell})


def add(table: str, *rows: dict[str, object]) -> Spoil:
    """Append rows."""
    return lambda tables: tables[table].extend(rows)


def drop(table: str, column: str) -> Spoil:
    """Delete a column."""
    return lambda tables: [row.pop(column, None) for row in tables[table]]


def both(*spoils: Spoil) -> Spoil:
    """Several changes that make one fault."""
    return lambda tables: [spoil(tables) for spoil in spoils]


DIGITS, DIGITS_ZH = "digits with a decimal point", "用小数点"
ITSELF, ITSELF_ZH = "Write the quantity itself", "请写实际数量"
SPELLED, SPELLED_ZH = "correct the spelling", "改正写法"
PERIOD, PERIOD_ZH = "Write 2016, 2016-Q1 or 2016-03", "请写 2016、2016-Q1 或 2016-03"
RETURNED, RETURNED_ZH = "kind return", "退回"
MIRROR, MIRROR_ZH = "Both regions must record the same quantity", "两地记录须一致"
SAME_KIND, SAME_KIND_ZH = "a measure of the same kind", "同类单位"

CELLS = [
    Case("unknown_measure", put("flows", 0, "measure", "furlong"), "unknown_measure",
         ("flows", 2, "measure"), "furlong", "Write t, kg, kWh", "请写 吨、千克"),
    Case("unknown_measure_of_trade", put("trade", 3, "measure", "bags"), "unknown_measure",
         ("trade", 5, "measure"), "bags", "Write t, kg, kWh", "请写 吨、千克"),
    Case("incompatible_measure", put("flows", 9, "measure", "kWh"), "measure_mismatch",
         ("flows", 11, "measure"), "kWh", SAME_KIND, SAME_KIND_ZH),
    Case("incompatible_stock", put("stocks", 0, "measure", "m3"), "measure_mismatch",
         ("stocks", 2, "measure"), "m3", SAME_KIND, SAME_KIND_ZH),
    Case("incompatible_rate", put("exogenous", 0, "measure", "kgCO2e/kWh"), "measure_mismatch",
         ("exogenous", 2, "measure"), "kgCO2e/kWh", SAME_KIND, SAME_KIND_ZH,
         frozenset({"class_without_maker"})),
    Case("incompatible_product", both(add("products", product("heat", "steel", "GJ"))),
         "measure_mismatch", ("products", 5, "measure"), "GJ", SAME_KIND, SAME_KIND_ZH),
    Case("negative_quantity", put("flows", 12, "quantity", "-900"), "negative",
         ("flows", 14, "quantity"), "-900", RETURNED, RETURNED_ZH),
    Case("negative_emission", put("direct", 1, "emission_tco2e", "-0.5"), "negative",
         ("direct", 3, "emission_tco2e"), "-0.5", "kind capture", "捕集"),
    Case("negative_trade", put("trade", 3, "quantity", "-700"), "negative",
         ("trade", 5, "quantity"), "-700", RETURNED, RETURNED_ZH),
    Case("negative_weight", put("flows", 0, "partition_weight", "-1"), "negative",
         ("flows", 2, "partition_weight"), "-1", RETURNED, RETURNED_ZH),
    Case("positive_capture", add("direct", burn("M1", "3", kind="capture")), "capture_positive",
         ("direct", 9, "emission_tco2e"), "3", "minus sign", "负号"),
    Case("infinite", put("flows", 3, "quantity", "inf"), "not_finite",
         ("flows", 5, "quantity"), "inf", ITSELF, ITSELF_ZH),
    Case("not_a_quantity", put("flows", 12, "quantity", "nan"), "not_finite",
         ("flows", 14, "quantity"), "nan", ITSELF, ITSELF_ZH),
    Case("beyond_float", put("direct", 0, "emission_tco2e", "1e999"), "not_finite",
         ("direct", 2, "emission_tco2e"), "1e999", ITSELF, ITSELF_ZH),
    Case("infinite_trade", put("trade", 0, "quantity", "-inf"), "not_finite",
         ("trade", 2, "quantity"), "-inf", ITSELF, ITSELF_ZH),
    Case("infinite_stock", put("stocks", 0, "change", "Infinity"), "not_finite",
         ("stocks", 2, "change"), "Infinity", ITSELF, ITSELF_ZH),
    Case("thousands_separator", put("flows", 10, "quantity", "1,500"), "not_a_number",
         ("flows", 12, "quantity"), "1,500", DIGITS, DIGITS_ZH),
    Case("underscore", put("flows", 10, "quantity", "1_500"), "not_a_number",
         ("flows", 12, "quantity"), "1_500", DIGITS, DIGITS_ZH),
    Case("underscore_of_trade", put("trade", 3, "quantity", "7_00"), "not_a_number",
         ("trade", 5, "quantity"), "7_00", DIGITS, DIGITS_ZH),
    Case("word_for_stock", put("stocks", 0, "change", "some"), "not_a_number",
         ("stocks", 2, "change"), "some", DIGITS, DIGITS_ZH),
    Case("blank_quantity", put("flows", 12, "quantity", ""), "missing_value",
         ("flows", 14, "quantity"), None, "Fill it in", "请填写"),
    Case("blank_measure", put("flows", 12, "measure", " "), "missing_value",
         ("flows", 14, "measure"), None, "Fill it in", "请填写"),
    Case("blank_region", add("units", unit("X", "")), "missing_value",
         ("units", 10, "region"), None, "Fill it in", "请填写"),
    Case("unknown_direction", put("flows", 12, "direction", "sideways"), "unknown_choice",
         ("flows", 14, "direction"), "sideways", "Use one of these words", "请改用其中之一"),
    Case("unknown_use", add("units", unit("X", use="gardener")), "unknown_choice",
         ("units", 10, "use"), "gardener", "Use one of these words", "请改用其中之一"),
    Case("duplicate_unit", add("units", unit("M1")), "duplicate_id",
         ("units", 10, "unit_id"), "M1", "delete the repetition", "删除重复行"),
    Case("duplicate_class", add("classes", kind("ore")), "duplicate_id",
         ("classes", 5, "class_id"), "ore", "delete the repetition", "删除重复行"),
    Case("unknown_unit", put("flows", 12, "unit_id", "B2"), "unknown_id",
         ("flows", 14, "unit_id"), "B2", SPELLED, SPELLED_ZH),
    Case("unknown_product", put("trade", 3, "product_id", "rebra"), "unknown_id",
         ("trade", 5, "product_id"), "rebra", SPELLED, SPELLED_ZH),
    Case("unknown_class", add("products", product("x", "stele")), "unknown_id",
         ("products", 5, "class_id"), "stele", SPELLED, SPELLED_ZH),
    Case("unknown_region", put("stocks", 0, "region", "R9"), "region_unknown",
         ("stocks", 2, "region"), "R9", SPELLED, "改正写法"),
    Case("unknown_supplier", put("flows", 12, "supplier_id", "M9"), "unknown_supplier",
         ("flows", 14, "supplier_id"), "M9", "leave it empty", "请留空"),
    Case("product_of_two_classes", add("products", product("lump", "steel")), "product_overlap",
         ("products", 5, "product_id"), "lump", "valid_to", "失效日"),
    Case("two_table_values", add("exogenous", value_of("ore", "0.07")), "exogenous_twice",
         ("exogenous", 3, "class_id"), "ore", "Keep one version", "请只保留一个版本"),
    Case("negative_price", put("flows", 12, "value", "-4"), "negative_value",
         ("flows", 14, "value"), "-4", "Record the treatment as a service", "处理服务"),
    Case("blank_period", put("flows", 12, "period", ""), "period_missing",
         ("flows", 14, "period"), None, PERIOD, PERIOD_ZH),
    Case("blank_period_of_direct", put("direct", 6, "period", ""), "period_missing",
         ("direct", 8, "period"), None, PERIOD, PERIOD_ZH),
    Case("unreadable_period", put("flows", 12, "period", "20x6"), "period_invalid",
         ("flows", 14, "period"), "20x6", PERIOD, PERIOD_ZH),
    Case("unreadable_period_of_trade", put("trade", 3, "period", "16/7"), "period_invalid",
         ("trade", 5, "period"), "16/7", PERIOD, PERIOD_ZH),
]  # fmt: skip

COKE = both(
    add("classes", kind("coke")),
    add("products", product("coke", "coke")),
    add("flows", flow("M1", "in", "coke", "70"), flow("M2", "in", "coke", "30")),
)
JOINT = add("flows", flow("M1", "out", "grid", "5", measure="MWh"))
TABLED, TABLED_ZH = "apply a whole published table with --benchmarks", "--benchmarks"

MEANINGS = [
    Case("used_but_never_made", COKE, "class_without_maker",
         ("flows", 16, "product_id"), "coke", "Add its benchmark to exogenous", "exogenous 中补充"),
    Case("traded_but_never_made",
         both(add("classes", kind("coke")), add("products", product("coke", "coke")),
              add("trade", trade("R1", "import", "coke", "9", partner="ROW"))),
         "class_without_maker", ("trade", 6, "product_id"), "coke",
         "Add its benchmark to exogenous", "exogenous 中补充"),
    Case("joint_without_key", JOINT, "joint_without_key",
         ("units", 2, "partition_key"), "M1", "Set partition_key", "填写分摊方法"),
    Case("joint_without_weight", both(JOINT, put("units", 0, "partition_key", "mass")),
         "joint_without_weight", ("flows", 16, "partition_weight"), "M1",
         "Fill partition_weight", "填写分摊权重"),
    Case("named_above_output", put("flows", 11, "quantity", "950"), "named_above_output",
         ("flows", 13, "supplier_id"), "M2", "Correct the purchases or the output", "改正采购或产出"),
    Case("supplier_makes_none", put("flows", 12, "supplier_id", "P3"), "supplier_not_maker",
         ("flows", 14, "supplier_id"), "P3", "Correct the supplier", "改正供应方"),
    Case("made_and_tabled", add("exogenous", value_of("steel", "2")), "made_and_tabled",
         ("exogenous", 3, "class_id"), "steel", TABLED, TABLED_ZH),
    Case("no_mirror", put("trade", 2, "quantity", "150"), "partner_not_mirrored",
         ("trade", 3, "partner"), "R1", MIRROR, MIRROR_ZH),
    Case("no_mirror_at_all", lambda tables: tables["trade"].pop(2), "partner_not_mirrored",
         ("trade", 3, "partner"), "R1", MIRROR, MIRROR_ZH),
]  # fmt: skip


def findings(store: RecordStore, **options: object) -> list[Finding]:
    """What an account of the benchmark principle finds."""
    return list(account(store, principles=("benchmark",), **options).findings)  # type: ignore[arg-type]


def serious(found: list[Finding]) -> list[Finding]:
    """Findings that stop an account."""
    return [f for f in found if f.severity != "notice"]


def place(finding: Finding) -> tuple[str, int | None, str | None]:
    """Table, row and column."""
    return finding.table, finding.row, finding.column


def check(found: list[Finding], case: Case) -> None:
    """The case's fault is there once, exactly placed and told, and nothing unexpected with it."""
    mine = [f for f in serious(found) if f.code == case.code]
    assert {f.code for f in serious(found)} == {case.code} | case.also
    assert [(place(f), f.value) for f in mine] == [(case.place, case.value)]
    told, told_zh = mine[0].message("en"), mine[0].message("zh")
    assert case.remedy in told
    assert case.remedy_zh in told_zh
    assert not {"{", "}", "None"} & set(told.split()) and "None" not in told + told_zh


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in (*CELLS, *MEANINGS)])
def test_one_fault(case: Case, opened, spoilt: Tables) -> None:
    case.spoil(spoilt)
    store = opened(spoilt)
    outcome = account(store, principles=("benchmark",))
    assert isinstance(outcome, Stopped)
    check(list(outcome.findings), case)


def test_the_clean_set_is_clean(opened, spoilt: Tables) -> None:
    outcome = account(opened(spoilt), principles=("benchmark", "consumer"))
    assert isinstance(outcome, Account)
    assert not outcome.findings


# ----------------------------------------------------------------- structure


@pytest.mark.parametrize("table", ["units", "products"])
def test_missing_table(table: str, opened, spoilt: Tables) -> None:
    del spoilt[table]
    case = Case("", put, "table_missing", (table, None, None), None,
                f"named {table}", f"名为 {table} 的文件")  # fmt: skip
    check(findings(opened(spoilt)), case)


@pytest.mark.parametrize(
    ("table", "column", "chinese"),
    [
        ("units", "region", "地区"),
        ("classes", "measure", "计量单位"),
        ("direct", "emission_tco2e", "排放量"),
        ("flows", "quantity", "数量"),
        ("trade", "direction", "方向"),
        ("stocks", "change", "变化量"),
        ("exogenous", "source", "来源"),
    ],
)
def test_missing_column(table: str, column: str, chinese: str, opened, spoilt: Tables) -> None:
    drop(table, column)(spoilt)
    case = Case("", put, "column_missing", (table, None, column), None, chinese, chinese)
    check(findings(opened(spoilt)), case)


@pytest.mark.parametrize("content", [b"", codecs.BOM_UTF8, b"\r\n", b"\n\n", b"unit_id,region,use\n"])
def test_empty_file(content: bytes, opened, spoilt: Tables, tmp_path: Path) -> None:
    folder = write_csv(spoilt, tmp_path / "set")
    (folder / "units.csv").write_bytes(content)
    found = serious(findings(opened(folder)))
    assert [(f.code, *place(f)) for f in found] == [("table_empty", "units", None, None)]
    assert "at least one row" in found[0].message("en")
    assert "至少填写一行" in found[0].message("zh")


def test_an_optional_table_with_a_header_only_is_empty(opened, spoilt: Tables, tmp_path) -> None:
    folder = write_csv(spoilt, tmp_path / "set")
    write_text(folder, "stocks", "region,period,product_id,change,measure\n")
    assert not findings(opened(folder))


def test_table_and_column_twice(opened, spoilt: Tables, tmp_path: Path) -> None:
    folder = write_csv(spoilt, tmp_path / "set")
    (folder / "核算单元.csv").write_bytes((folder / "units.csv").read_bytes())
    write_text(folder, "stocks", "region,period,product_id,change,变化量,measure\nR1,2016,rebar,1,2,t\n")
    found = serious(findings(opened(folder)))
    assert {(f.code, *place(f)) for f in found} == {
        ("table_twice", "units", None, None),
        ("column_twice", "stocks", None, "change"),
    }
    assert all("Keep one of them" in f.message("en") for f in found)
    assert all("请只保留一个" in f.message("zh") for f in found)


@pytest.mark.parametrize("name", ["trade.parquet", "trade.xlsx", "trade.csv"])
def test_unreadable_file(name: str, opened, spoilt: Tables, tmp_path: Path) -> None:
    del spoilt["trade"]
    folder = write_csv(spoilt, tmp_path / "set")
    (folder / name).write_bytes(b"region,\xff\xff\xff\xfe\x00 not what the name says")
    found = serious(findings(opened(folder)))
    assert [(f.code, f.table, f.value) for f in found] == [("file_unreadable", name, name)]
    assert "Save it again" in found[0].message("en")
    assert "请另存为" in found[0].message("zh")


# ------------------------------------------------------------------- periods


def test_no_row_of_the_period_asked_for(opened, spoilt: Tables) -> None:
    found = findings(opened(spoilt), period=Period.year(2019))
    case = Case("", put, "period_without_rows", ("flows", None, "period"), "2019",
                "The records cover: 2016", "记录覆盖的期间：2016",
                frozenset({"class_without_maker"}))  # fmt: skip
    assert serious(found)[0].code == "period_without_rows"
    check(serious(found)[:1], Case(**{**vars(case), "also": frozenset()}))


def test_several_years_and_none_chosen(opened, spoilt: Tables) -> None:
    spoilt["direct"].append(burn("M1", "4", period="2017-03"))
    put("flows", 12, "quantity", "-900")(spoilt)
    found = serious(findings(opened(spoilt)))
    assert [(f.code, *place(f)) for f in found] == [
        ("period_choose", "flows", None, "period"),
        ("negative", "flows", 14, "quantity"),
    ]
    assert "2016, 2017" in found[0].message("en")
    assert "--period" in found[0].message("en")
    assert "--period" in found[0].message("zh")


def test_blank_periods_only(opened, spoilt: Tables) -> None:
    for row in spoilt["flows"] + spoilt["direct"]:
        row["period"] = ""
    found = serious(findings(opened(spoilt)))
    missing = [f for f in found if f.code == "period_missing"]
    rows = {(f.table, f.row) for f in missing}
    assert rows == {("flows", n) for n in range(2, 16)} | {("direct", n) for n in range(2, 9)}


def test_a_row_longer_than_the_account(opened, spoilt: Tables) -> None:
    for row in spoilt["flows"] + spoilt["direct"] + spoilt["trade"] + spoilt["stocks"]:
        row["period"] = "2016-Q1"
    spoilt["flows"][12]["period"] = "2016"
    case = Case("", put, "period_too_coarse", ("flows", 14, "period"), "2016",
                "Account for the longer period", "按较长期间核算")  # fmt: skip
    check(findings(opened(spoilt), period=Period.parse("2016-Q1")), case)


def test_rows_of_other_periods_are_counted_and_not_judged(opened, spoilt: Tables) -> None:
    """A fault in a row of another year is no business of this account."""
    spoilt["flows"].append(flow("nobody", "in", "nothing", "x", period="2014", measure="?"))
    spoilt["direct"].append(burn("nobody", "x", period="2014"))
    spoilt["trade"].append(trade("R9", "import", "nothing", "-1", period="2014", measure="?"))
    spoilt["stocks"].append(stock("R9", "nothing", "x", period="2014", measure="?"))
    found = findings(opened(spoilt), period=Period.year(2016))
    assert {(f.code, f.table, f.details["count"]) for f in found} == {
        ("other_period", table, 1) for table in ("flows", "direct", "trade", "stocks")
    }


# ----------------------------------------------------- cycles and zero output


def test_cycle_names_the_guilty_record(opened, spoilt: Tables) -> None:
    """A plant that books 60 t of rebar as 60,000 t makes steel feed itself more than once over."""
    spoilt["flows"].append(flow("P2", "in", "rebar", "60000"))
    outcome = account(opened(spoilt), principles=("benchmark",))
    assert isinstance(outcome, Stopped)
    found = [f for f in outcome.findings if f.code == "cycle_gain"]
    assert [f.code for f in serious(list(outcome.findings))] == ["cycle_gain"]
    assert place(found[0]) == ("flows", 16, "quantity")
    assert set(str(found[0].value).split(", ")) == {"steel", "power"}
    assert float(str(found[0].details["gain"])) == pytest.approx((1950 / 3000 * 24) ** 0.5, rel=1e-3)
    first, *others = str(found[0].details["rows"]).split("; ")
    assert first.startswith("flows 16 (P2: steel → power")
    assert any(row.startswith("flows 8 (M1: power → steel") for row in others)
    assert "t for kg" in found[0].message("en")
    assert "吨与千克" in found[0].message("zh")


def test_cycle_of_one_class(opened, spoilt: Tables) -> None:
    spoilt["flows"].append(flow("P3", "in", "grid", "2600", measure="MWh"))
    found = findings(opened(spoilt))
    cycle = [f for f in found if f.code == "cycle_gain"]
    assert [place(f) for f in cycle] == [("flows", 16, "quantity")]
    assert cycle[0].value == "power"
    own = [f for f in found if f.code == "net_use_of_own_product"]
    assert [(f.value, f.details["used"], f.details["made"]) for f in own] == [("P3", "2600", "600")]


def test_zero_output_maker_is_accounted_but_enters_no_mean(opened, spoilt: Tables) -> None:
    spoilt["flows"][2]["quantity"] = "0"
    outcome = account(opened(spoilt), principles=("benchmark",))
    assert isinstance(outcome, Account)
    idle = [f for f in outcome.findings if f.code == "maker_without_output"]
    assert [(f.severity, *place(f), f.value) for f in idle] == [
        ("notice", "flows", 4, "quantity", "M3")
    ]
    assert "enters no benchmark" in idle[0].message("en")
    assert "不参与基准值" in idle[0].message("zh")
    power = 1600 / 2500
    steel = (2100 + 1500 + 1450 * power + 3100 * 0.05) / 1900
    assert outcome.benchmarks.value.tolist() == pytest.approx([steel, power, 0.05])
    assert outcome.results["benchmark"].unit[2] == pytest.approx(1700 + 500 * power)


# -------------------------------------------------------- text and encodings


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("gbk", b""),
        ("gbk", codecs.BOM_UTF8),
        ("gb18030", "\ufeff".encode("gb18030")),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16", b""),
    ],
)
def test_chinese_files(encoding: str, mark: bytes, opened, spoilt: Tables, tmp_path: Path) -> None:
    """Chinese headers, choices, measures and full-width digits, in the encodings of offices."""
    wide = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
    chinese = {"t": "吨", "kWh": "千瓦时", "MWh": "兆瓦时", "in": "进", "out": "出"}
    chinese |= {"import": "调入", "export": "调出", "producer": "生产", "daily_person": "居民"}
    for rows in spoilt.values():
        for row in rows:
            for column, cell in row.items():
                if column in ("quantity", "emission_tco2e", "change", "benchmark", "period"):
                    row[column] = str(cell).translate(wide)
                elif column in ("measure", "direction", "use"):
                    row[column] = chinese.get(str(cell), cell)
    plain = account(opened(clean()), principles=("benchmark",))
    folder = write_csv(spoilt, tmp_path / "zh", encoding=encoding, language="zh", mark=mark)
    outcome = account(opened(folder), principles=("benchmark",))
    assert not outcome.findings
    assert isinstance(plain, Account)
    assert isinstance(outcome, Account)
    assert outcome.lines.tolist() == plain.lines.tolist()


def test_a_fault_in_a_chinese_file_is_located(opened, spoilt: Tables, tmp_path: Path) -> None:
    spoilt["flows"][12]["quantity"] = "－９００"
    folder = write_csv(spoilt, tmp_path / "zh", encoding="gbk", language="zh")
    found = serious(findings(opened(folder)))
    assert [(f.code, *place(f), f.value) for f in found] == [
        ("negative", "flows", 14, "quantity", "-900")
    ]


# --------------------------------------------------------------- all at once


def test_a_dozen_faults_in_one_run(opened, spoilt: Tables) -> None:
    put("flows", 8, "measure", "furlong")(spoilt)
    put("flows", 9, "measure", "kWh")(spoilt)
    put("flows", 10, "quantity", "-1500")(spoilt)
    put("flows", 13, "quantity", "inf")(spoilt)
    put("flows", 12, "period", "")(spoilt)
    put("flows", 11, "quantity", "950")(spoilt)
    put("direct", 6, "emission_tco2e", "five")(spoilt)
    put("direct", 5, "period", "20x6")(spoilt)
    put("trade", 2, "quantity", "150")(spoilt)
    put("stocks", 0, "region", "R9")(spoilt)
    add("units", unit("M1"), unit("M8", use="gardener"))(spoilt)
    add("exogenous", value_of("steel", "2"))(spoilt)
    add("flows", flow("P2", "in", "rebar", "60000"), flow("M9", "in", "rebar", "1"))(spoilt)
    COKE(spoilt)
    found = serious(findings(opened(spoilt)))
    assert {(f.code, *place(f)) for f in found} == {
        ("duplicate_id", "units", 10, "unit_id"),
        ("unknown_choice", "units", 11, "use"),
        ("unknown_measure", "flows", 10, "measure"),
        ("measure_mismatch", "flows", 11, "measure"),
        ("negative", "flows", 12, "quantity"),
        ("named_above_output", "flows", 13, "supplier_id"),
        ("period_missing", "flows", 14, "period"),
        ("not_finite", "flows", 15, "quantity"),
        ("cycle_gain", "flows", 16, "quantity"),
        ("unknown_id", "flows", 17, "unit_id"),
        ("class_without_maker", "flows", 18, "product_id"),
        ("not_a_number", "direct", 8, "emission_tco2e"),
        ("period_invalid", "direct", 7, "period"),
        ("partner_not_mirrored", "trade", 3, "partner"),
        ("region_unknown", "stocks", 2, "region"),
        ("made_and_tabled", "exogenous", 3, "class_id"),
    }
    assert all(f.message("en") and f.message("zh") for f in found)


def test_faults_in_a_row_are_all_found(opened, spoilt: Tables) -> None:
    """One row with five faults gives five findings."""
    spoilt["flows"][12] = flow("B9", "up", "bar", "-1", measure="furlong", period="")
    found = serious(findings(opened(spoilt)))
    assert {(f.code, f.row, f.column) for f in found} == {
        ("unknown_id", 14, "unit_id"),
        ("unknown_choice", 14, "direction"),
        ("unknown_id", 14, "product_id"),
        ("negative", 14, "quantity"),
        ("unknown_measure", 14, "measure"),
        ("period_missing", 14, "period"),
    }


def test_a_hundred_thousand_findings(opened, spoilt: Tables, tmp_path: Path) -> None:
    """Ten thousand bad direct rows and ninety thousand bad flows, each with its own place."""
    folder = write_csv(spoilt, tmp_path / "set")
    bad = "".join(f"Z{i},2016,in,rebar,1,t,\n" for i in range(90_000))
    with (folder / "flows.csv").open("a") as file:
        file.write(bad)
    with (folder / "direct.csv").open("a") as file:
        file.write("M1,2016,oops\n" * 10_000)
    store = opened(folder)
    found = serious(findings(store))
    assert len(found) == 100_000
    flows = [f for f in found if f.table == "flows"]
    assert [(f.code, f.row, f.value) for f in flows] == [
        ("unknown_id", i + 16, f"Z{i}") for i in range(90_000)
    ]
    burnt = [f for f in found if f.table == "direct"]
    assert {(f.code, f.column, f.value) for f in burnt} == {
        ("not_a_number", "emission_tco2e", "oops")
    }
    assert [f.row for f in burnt] == list(range(9, 10_009))
    allowed = Method(allow=frozenset({"unknown_id", "not_a_number"}))
    outcome = account(store, allowed, principles=("benchmark",))
    assert isinstance(outcome, Account)
    assert len(outcome.findings) == 100_000
    assert abs(outcome.results["benchmark"].conservation.relative_gap) < 1e-12
