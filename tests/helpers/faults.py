"""Faults of single rows: one row each, to be appended to the clean set."""

from __future__ import annotations

from .cases import Case
from .rows import Row, burn, clean, flow, kind, product, stock, trade, unit, value_of

DIGITS = ("digits with a decimal point", "用小数点")
ITSELF = ("Write the quantity itself", "请写实际数量")
SPELLED = ("correct the spelling", "改正写法")
MEASURED = ("Write t, kg, kWh", "请写 吨、千克")
SAME_KIND = ("a measure of the same kind", "同类单位")
FILLED = ("Fill it in", "请填写")
CHOSEN = ("Use one of these words", "请改用其中之一")
DATED = ("Write 2016, 2016-Q1 or 2016-03", "请写 2016、2016-Q1 或 2016-03")
RETURNED = ("kind return", "退回")

_next: dict[str, int] = {table: len(rows) + 2 for table, rows in clean().items()}


def bad(
    name: str, row: Row, table: str, column: str, code: str, value: str | None,
    remedy: tuple[str, str], **before: Row,
) -> Case:  # fmt: skip
    """A case whose last appended row of ``table`` holds the fault; ``before`` makes it possible."""
    rows = {other: [extra] for other, extra in before.items()}
    rows[table] = [*rows.get(table, []), row]
    for other, added in rows.items():
        _next[other] += len(added)
    return Case(name, rows, code, (table, _next[table] - 1, column), value, *remedy)


def used(quantity: object = "1", **more: object) -> Row:
    """An ordinary purchase, to be spoilt."""
    return flow("B1", "in", "rebar", quantity, **more)


ROWS = [
    bad("measure", used(measure="furlong"), "flows", "measure", "unknown_measure", "furlong",
        MEASURED),
    bad("measure of trade", trade("R1", "import", "lump", "1", measure="bags"), "trade", "measure",
        "unknown_measure", "bags", MEASURED),
    bad("mass in kWh", used(measure="kWh"), "flows", "measure", "measure_mismatch", "kWh",
        SAME_KIND),
    bad("stock in m3", stock("R1", "rebar", "1", measure="m3"), "stocks", "measure",
        "measure_mismatch", "m3", SAME_KIND),
    bad("product in GJ", product("heat", "steel", "GJ"), "products", "measure",
        "measure_mismatch", "GJ", SAME_KIND),
    bad("rate per kWh", value_of("gas", "1", "kgCO2e/kWh"), "exogenous", "measure",
        "measure_mismatch", "kgCO2e/kWh", SAME_KIND, classes=kind("gas")),
    bad("negative quantity", used("-900"), "flows", "quantity", "negative", "-900", RETURNED),
    bad("negative emission", burn("M1", "-0.5"), "direct", "emission_tco2e", "negative", "-0.5",
        ("kind capture", "捕集")),
    bad("negative trade", trade("R1", "import", "lump", "-7"), "trade", "quantity", "negative",
        "-7", RETURNED),
    bad("negative weight", flow("M1", "out", "rebar", "1", partition_weight="-1"), "flows",
        "partition_weight", "negative", "-1", RETURNED),
    bad("positive capture", burn("M1", "3", kind="capture"), "direct", "emission_tco2e",
        "capture_positive", "3", ("minus sign", "负号")),
    bad("infinite", used("inf"), "flows", "quantity", "not_finite", "inf", ITSELF),
    bad("not a quantity", used("nan"), "flows", "quantity", "not_finite", "nan", ITSELF),
    bad("beyond floats", burn("M1", "1e999"), "direct", "emission_tco2e", "not_finite", "1e999",
        ITSELF),
    bad("infinite trade", trade("R1", "import", "lump", "-inf"), "trade", "quantity", "not_finite",
        "-inf", ITSELF),
    bad("infinite stock", stock("R1", "rebar", "Infinity"), "stocks", "change", "not_finite",
        "Infinity", ITSELF),
    bad("thousands separated", used("1,500"), "flows", "quantity", "not_a_number", "1,500", DIGITS),
    bad("a word", stock("R1", "rebar", "some"), "stocks", "change", "not_a_number", "some", DIGITS),
    bad("blank quantity", used(""), "flows", "quantity", "missing_value", None, FILLED),
    bad("blank measure", used(measure=" "), "flows", "measure", "missing_value", None, FILLED),
    bad("blank region", unit("X1", ""), "units", "region", "missing_value", None, FILLED),
    bad("direction", flow("B1", "sideways", "rebar", "1"), "flows", "direction", "unknown_choice",
        "sideways", CHOSEN),
    bad("use", unit("X2", use="gardener"), "units", "use", "unknown_choice", "gardener", CHOSEN),
    bad("duplicate unit", unit("M1"), "units", "unit_id", "duplicate_id", "M1",
        ("delete the repetition", "删除重复行")),
    bad("duplicate class", kind("ore"), "classes", "class_id", "duplicate_id", "ore",
        ("delete the repetition", "删除重复行")),
    bad("unit of a flow", flow("B2", "in", "rebar", "1"), "flows", "unit_id", "unknown_id", "B2",
        SPELLED),
    bad("product of trade", trade("R1", "import", "rebra", "1"), "trade", "product_id",
        "unknown_id", "rebra", SPELLED),
    bad("class of a product", product("x", "stele"), "products", "class_id", "unknown_id", "stele",
        SPELLED),
    bad("region of a stock", stock("R9", "rebar", "1"), "stocks", "region", "region_unknown", "R9",
        ("Correct the spelling", "改正写法")),
    bad("supplier", used(supplier_id="M9"), "flows", "supplier_id", "unknown_supplier", "M9",
        ("leave it empty", "请留空")),
    bad("supplier of an export", trade("R1", "export", "rebar", "1", supplier_id="M9"), "trade",
        "supplier_id", "unknown_supplier", "M9", ("leave it empty", "请留空")),
    bad("two classes a day", product("lump", "steel"), "products", "product_id", "product_overlap",
        "lump", ("valid_to", "失效日")),
    bad("two table values", value_of("ore", "0.07"), "exogenous", "class_id", "exogenous_twice",
        "ore", ("Keep one version", "请只保留一个版本")),
    bad("blank period", used(period=""), "flows", "period", "period_missing", None, DATED),
    bad("blank period of direct", burn("M1", "1", period=""), "direct", "period", "period_missing",
        None, DATED),
    bad("period", used(period="20x6"), "flows", "period", "period_invalid", "20x6", DATED),
    bad("period of trade", trade("R1", "import", "lump", "1", period="16/7"), "trade", "period",
        "period_invalid", "16/7", DATED),
    bad("decade", used(period="2016-2019"), "flows", "period", "period_invalid", "2016-2019", DATED),
]  # fmt: skip
