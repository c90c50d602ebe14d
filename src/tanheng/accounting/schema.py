"""The record set: its tables and columns, as data.

Readers, templates, checks and documents are all driven by the constants below, so a column is
declared once. Headers and choices may be written in English or Chinese; ``aliases`` are further
spellings that people use. Source: method.md section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tanheng.quantity import normal

Kind = Literal["id", "text", "choice", "number", "period", "measure", "day"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name, zh: header in English (used in code and Parquet) and Chinese.
        kind: how a cell is read.
        required: whether column and cell must be there.
        help, help_zh: one line for the template.
        choices: canonical value → other spellings, for kind ``choice``.
        refers_to: table whose rows an ``id`` names.
        aliases: further headers.
    """

    name: str
    zh: str
    kind: Kind
    required: bool
    help: str
    help_zh: str
    choices: Mapping[str, tuple[str, ...]] | None = None
    refers_to: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the record set; ``required`` tables must be there, absent others are empty."""

    name: str
    zh: str
    required: bool
    help: str
    help_zh: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that canonical name."""
        return next(column for column in self.columns if column.name == name)


USES: Mapping[str, tuple[str, ...]] = {
    "producer": ("生产", "生产者", "生产单元", "企业"),
    "daily_person": ("居民生活", "居民", "个人", "household"),
    "daily_institution": ("机构生活", "机构", "单位", "institution"),
    "construction": ("建设", "基础设施建设", "工程建设"),
    "maintenance": ("维护", "基础设施维护", "维修"),
}
PURPOSES: Mapping[str, tuple[str, ...]] = {
    "material": ("材料", "原材料", "物料"),
    "energy": ("能源", "燃料动力"),
    "capital": ("资本", "固定资产"),
    "daily": ("日常", "日常生活", "办公"),
    "construction": ("建设", "基础设施建设", "工程建设"),
    "maintenance": ("维护", "基础设施维护", "维修"),
}
PARTITION_KEYS: Mapping[str, tuple[str, ...]] = {
    "mass": ("质量", "重量"),
    "energy": ("能量", "热值"),
    "economic": ("经济", "产值", "价值"),
    "declared": ("申报", "约定"),
}
DIRECTIONS: Mapping[str, tuple[str, ...]] = {
    "in": ("进", "入", "输入", "投入", "购入", "input"),
    "out": ("出", "输出", "产出", "output"),
}
TRADE_DIRECTIONS: Mapping[str, tuple[str, ...]] = {
    "import": ("进口", "调入", "输入", "imports"),
    "export": ("出口", "调出", "输出", "exports"),
}
FLOW_KINDS: Mapping[str, tuple[str, ...]] = {
    "normal": ("正常", "普通"),
    "byproduct_credit": ("副产品抵扣", "副产抵扣"),
    "return": ("退回", "退货"),
}
DIRECT_KINDS: Mapping[str, tuple[str, ...]] = {
    "emission": ("排放",),
    "capture": ("捕集", "捕获"),
}


def _c(
    name: str, zh: str, kind: Kind, help_en: str, help_zh: str, *aliases: str, required: bool = True
) -> Column:
    return Column(name, zh, kind, required, help_en, help_zh, aliases=aliases)


def _ref(
    name: str, zh: str, to: str, help_en: str, help_zh: str, *, required: bool = True
) -> Column:
    return Column(name, zh, "id", required, help_en, help_zh, refers_to=to)


def _choice(
    name: str,
    zh: str,
    choices: Mapping[str, tuple[str, ...]],
    help_en: str,
    help_zh: str,
    *,
    required: bool,
) -> Column:
    return Column(name, zh, "choice", required, help_en, help_zh, choices=choices)


_PERIOD = _c(
    "period",
    "期间",
    "period",
    "2016, 2016-Q1 or 2016-03",
    "2016、2016-Q1 或 2016-03",
    "年份",
    "时间",
)
_UNIT = _ref("unit_id", "单元编号", "units", "a row of units", "units 表中的编号")
_PRODUCT = _ref("product_id", "产品编号", "products", "a row of products", "products 表中的编号")
_MEASURE = _c(
    "measure",
    "计量单位",
    "measure",
    "what the quantity is counted in: t, kWh, 10^4 Nm3, car, CNY",
    "数量的单位：吨、千瓦时、万标准立方米、辆、元",
    "单位",
)
_QUANTITY = _c("quantity", "数量", "number", "not negative", "不为负")
_PURPOSE = _choice(
    "purpose",
    "用途",
    PURPOSES,
    "what it is used for; default by the unit's use",
    "用来做什么；缺省按单元用途",
    required=False,
)
_EVIDENCE = _c("evidence", "凭证", "text", "document that shows it", "证明文件", required=False)

UNITS = Table(
    "units",
    "核算单元",
    True,
    "Anything that uses products and may make some: plant, process line, households, project.",
    "使用产品、也可能生产产品的任何主体：工厂、工序、居民、学校、工程。",
    (
        _c("unit_id", "单元编号", "id", "unique", "唯一编号", "编号"),
        _c("name", "名称", "text", "", "", "单元名称", required=False),
        _c("region", "地区", "id", "region it stands in", "所在地区", "区域"),
        _choice("use", "单元用途", USES, "what the unit is", "单元的性质", required=True),
        _c("entity_id", "法人编号", "text", "legal entity", "所属法人", required=False),
        _c("sector", "行业", "text", "", "", required=False),
        _choice(
            "partition_key",
            "分摊方法",
            PARTITION_KEYS,
            "how joint products share the burden; only for units with several products",
            "共生产品分摊依据；只有多产品单元需要",
            required=False,
        ),
    ),
    ("单元",),
)

CLASSES = Table(
    "classes",
    "产品类别",
    False,
    "Products whose functions can replace one another, with one benchmark.",
    "功能可以互相替代的产品为一类，共用一个基准值。",
    (
        _c("class_id", "类别编号", "id", "unique", "唯一编号"),
        _c("name", "名称", "text", "", "", "类别名称", required=False),
        _MEASURE,
    ),
    ("类别",),
)

PRODUCTS = Table(
    "products",
    "产品",
    True,
    "Maps each product to one class at a time.",
    "每种产品在同一时间只属于一个类别。",
    (
        _c("product_id", "产品编号", "id", "unique within its days of validity", "有效期内唯一"),
        _ref("class_id", "类别编号", "classes", "class it belongs to", "所属类别"),
        _c("name", "名称", "text", "", "", "产品名称", required=False),
        _MEASURE,
        _c(
            "conversion",
            "折算系数",
            "number",
            "class measure per product measure; default 1 after converting the measure",
            "每单位产品折合的类别计量单位数；单位换算之外缺省为 1",
            required=False,
        ),
        _c("valid_from", "生效日", "day", "first day", "首日", required=False),
        _c("valid_to", "失效日", "day", "day after the last", "末日的次日", required=False),
    ),
)

DIRECT = Table(
    "direct",
    "直接排放",
    False,
    "Emissions of the sources a unit operates, vehicles included.",
    "单元所运行排放源（含车辆）的排放。",
    (
        _UNIT,
        _PERIOD,
        _c(
            "emission_tco2e",
            "排放量",
            "number",
            "tCO2e",
            "吨二氧化碳当量",
            "排放量(tCO2e)",
            "排放量（吨）",
        ),
        _c(
            "source",
            "排放源",
            "text",
            "fuel, process, or your own word",
            "燃料、过程或自定",
            required=False,
        ),
        _c("gas", "气体", "text", "CO2, CH4, …", "CO2、CH4 等", required=False),
        _PURPOSE,
        _choice(
            "kind",
            "类型",
            DIRECT_KINDS,
            "emission, or capture (negative)",
            "排放，或捕集（负值）",
            required=False,
        ),
        _EVIDENCE,
    ),
    ("排放",),
)

FLOWS = Table(
    "flows",
    "物料能源流",
    False,
    "What units take in and put out.",
    "单元的投入与产出。",
    (
        _UNIT,
        _PERIOD,
        _choice("direction", "方向", DIRECTIONS, "in or out", "进或出", required=True),
        _PRODUCT,
        _QUANTITY,
        _MEASURE,
        Column(
            "supplier_id",
            "供应方编号",
            "id",
            False,
            "unit (or foreign supplier) it was bought from",
            "供货单元（或外地供应方）",
        ),
        _c(
            "value",
            "金额",
            "number",
            "money value, any one currency",
            "金额（同一币种）",
            required=False,
        ),
        _PURPOSE,
        _c(
            "partition_weight",
            "分摊权重",
            "number",
            "extensive weight of an output row",
            "产出行的分摊权重",
            required=False,
        ),
        _choice(
            "kind",
            "类型",
            FLOW_KINDS,
            "normal, byproduct_credit or return",
            "正常、副产品抵扣或退回",
            required=False,
        ),
        _EVIDENCE,
    ),
    ("物料流", "能源流", "投入产出"),
)

TRADE = Table(
    "trade",
    "调入调出",
    False,
    "Products that enter or leave a region.",
    "进出地区的产品。",
    (
        _c("region", "地区", "id", "region", "地区", "区域"),
        _PERIOD,
        _choice(
            "direction", "方向", TRADE_DIRECTIONS, "import or export", "调入或调出", required=True
        ),
        _PRODUCT,
        _QUANTITY,
        _MEASURE,
        _c("partner", "对方地区", "text", "region on the other side", "对方地区", required=False),
        _c("supplier_id", "供应方编号", "text", "who supplied it", "供货方", required=False),
    ),
    ("贸易",),
)

STOCKS = Table(
    "stocks",
    "库存变化",
    False,
    "Change of stocks over the period; growth is positive.",
    "期内库存变化，增加为正。",
    (
        _c("region", "地区", "id", "region", "地区", "区域"),
        _PERIOD,
        _PRODUCT,
        _c("change", "变化量", "number", "signed", "可正可负", "库存变化"),
        _MEASURE,
    ),
    ("库存",),
)

EXOGENOUS = Table(
    "exogenous",
    "外来基准值",
    False,
    "Benchmarks from outside, for classes without a maker in the records.",
    "记录中没有生产者的类别所用的外来基准值。",
    (
        _ref("class_id", "类别编号", "classes", "class", "类别"),
        _PERIOD,
        _c("benchmark", "基准值", "number", "tCO2e per measure", "每单位的排放量"),
        _c(
            "measure",
            "计量单位",
            "measure",
            "t (tCO2e per t) or a rate such as kgCO2e/kg",
            "吨（即 tCO2e/吨），或写成 kgCO2e/kg",
            "单位",
        ),
        _c("source", "来源", "text", "where the value is from", "数值来源"),
        _c("version", "版本", "text", "", "", required=False),
        _c(
            "standard_error",
            "标准误",
            "number",
            "same measure as the benchmark",
            "与基准值同单位",
            required=False,
        ),
    ),
    ("基准值",),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (UNITS, CLASSES, PRODUCTS, DIRECT, FLOWS, TRADE, STOCKS, EXOGENOUS)
}


def _key(text: str) -> str:
    return normal(text).casefold().replace(" ", "_").strip("*_")


def table_named(text: str) -> Table | None:
    """The table a file or sheet name stands for (``flows``, ``物料能源流``), if any."""
    wanted = _key(text)
    for table in TABLES.values():
        if wanted in {_key(word) for word in (table.name, table.zh, *table.aliases)}:
            return table
    # A bilingual sheet name: "flows 物料能源流".
    words = set(normal(text).casefold().split())
    return next((t for t in TABLES.values() if {t.name, t.zh} <= words), None)


def column_named(table: Table, text: str) -> Column | None:
    """The column a header stands for (``quantity``, ``数量``, ``quantity 数量``), if any."""
    wanted = _key(text)
    for column in table.columns:
        if wanted in {_key(word) for word in (column.name, column.zh, *column.aliases)}:
            return column
    words = {_key(word) for word in normal(text).split()}
    return next((c for c in table.columns if words and words <= {c.name, _key(c.zh)}), None)


def choice_named(column: Column, text: str) -> str | None:
    """The canonical choice a cell stands for (``in``, ``进``), if any."""
    wanted = _key(text)
    for canonical, spellings in (column.choices or {}).items():
        if wanted in {_key(word) for word in (canonical, *spellings)}:
            return canonical
    return None
