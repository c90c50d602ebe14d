"""The workbook of an account: every responsibility stands there as a formula that recomputes it.

    Flows  U, V ─┐
    Benchmarks c ┴─▶ c·U, c·V ─▶ Units  R = Σ c·U − Σ c·V + d ─▶ Summary  both sides of conservation

Every formula carries its computed value, so a viewer that does not recalculate shows the same
figures. Identifiers and names are written as text, never as formulas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

import numpy as np
import numpy.typing as npt
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tanheng.accounting.account import Account, Result
from tanheng.accounting.benchmarks import FEW
from tanheng.accounting.records import LINES, Floats
from tanheng.accounting.regions import Region
from tanheng.errors import Fault, Finding, Language, catalogue
from tanheng.excel.sheets import LOOKS, NO_FORMULAS, Column, Page, letters

Audience = Literal["authority", "public"]
Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]
Places = tuple[Positions, Positions, Positions]
"""Unit, line and class of each row on Flows."""

MAX_FLOW_ROWS = 30_000
MAX_UNITS = MAX_FINDINGS = 20_000
MAX_CLASSES = 1_000_000
"""Rows of a sheet. A cell takes about 15 µs to write: these limits keep that to seconds."""

SUMMARY, UNITS, FLOWS = "Summary 汇总", "Units 单元", "Flows 流量"
BENCHMARKS, REGIONS = "Benchmarks 基准值", "Regions 地区"
FINDINGS, SOURCES = "Findings 检查结果", "Sources 来源"
CONSERVED, NOT_CONSERVED = "守恒 conserved", "不守恒 not conserved"
_FIRST = 4
"""Row (from 0) where the data of a table sheet begin."""
_DIRECT = 5
"""Column of d on Units (from 0); then R, its lines, the other principles, d per line."""
_PRINCIPLES = {
    "producer": "生产者 producer", "consumer": "消费者 consumer", "shared": "共担 shared",
    "income": "收入 income", "benchmark": "基准值 benchmark",
}  # fmt: skip
_LINES = ("生产 producers", "生活 daily", "建设 construction", "维护 maintenance")
_USES = ("生产 producer", "居民生活 daily_person", "机构生活 daily_institution",
         "建设 construction", "维护 maintenance")  # fmt: skip
_ORIGINS = {
    "estimated": "计算 estimated", "exogenous": "外来 exogenous", "published": "公布 published",
    "service": "服务 service", "none": "无 none",
}  # fmt: skip
_LANGUAGES: Sequence[Language] = ("zh", "en")
_SEVERITIES = {"error": "错误 error", "stop": "阻断 stop", "notice": "提示 notice"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes where, decided before anything is written.

    Attributes:
        shown: units with a row of their own, in the order of the records; ``live`` says which of
            all units have formulas there.
        first, count: first row (from 0) and number of rows on Flows per unit and line.
        flows: the rows on Flows; ``amounts`` are U and V, class measures.
        protected: classes whose figures the public must not see.
        used, made: per class, intake and output of the units in scope, class measures.
    """

    account: Account
    public: bool
    shown: Positions
    live: Bools
    first: Positions
    count: Positions
    flows: Places
    amounts: tuple[Floats, Floats]
    protected: Bools
    used: Floats
    made: Floats

    def others(self) -> list[Result]:
        """Principles shown beside the benchmark principle."""
        return [r for name, r in self.account.results.items() if name != "benchmark"]


class _Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A sheet of plain formulas: XlsxWriter would search each for thirty newer functions."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def write_account(account: Account, path: Path, *, audience: Audience = "authority") -> None:
    """Write the workbook of an account; amounts are tCO2e unless a column says otherwise.

    The *authority* sees everything. The *public* sees aggregates only: no figure of a single unit
    (Units and Flows are left out, findings are counted and not quoted), no figure of a class whose
    benchmark rests on fewer than ``FEW`` makers, no region of fewer than ``FEW`` units. A unit's R
    would give away the benchmarks of what it takes in to anyone who knows its purchases, and the
    books of a lone maker are the benchmark of its class.

    Above ``MAX_FLOW_ROWS`` flows, the units with the largest |R| keep formulas and the others
    plain values; above ``MAX_UNITS`` units, the others are added up in one row. The sheets say so.

    Args:
        path: of the .xlsx file; replaced if it exists.

    Raises:
        Fault: for more than ``MAX_CLASSES`` classes, which a sheet cannot hold.
    """
    if len(account.records.classes) > MAX_CLASSES:
        raise Fault(f"{path}: a sheet holds at most {MAX_CLASSES:,} classes")
    plan = _plan(account, audience == "public")
    part = path.with_name(f".{path.name}.part")
    try:
        with xlsxwriter.Workbook(str(part), {**NO_FORMULAS, "constant_memory": True}) as book:
            book.set_properties({"title": f"碳衡 Tanheng {account.records.period}"})
            forms = {key: book.add_format(dict(look)) for key, look in LOOKS.items()}
            for name, write in _SHEETS.items():
                if not (plan.public and name in (UNITS, FLOWS)):
                    write(Page(book.add_worksheet(name, _Sheet), forms), plan)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _plan(account: Account, public: bool) -> _Plan:
    """Decide which units, flows and classes get rows."""
    books = account.books
    listed = np.flatnonzero(account.listed)
    weight = np.abs(account.lines[listed].sum(axis=1))
    order = listed[np.argsort(-weight, kind="stable")][:MAX_UNITS]
    matrices = (books.inputs, books.capital, *books.final, books.outputs)
    rows = sum(np.diff(m.indptr).astype(np.int64) for m in matrices)[order]
    chosen = np.sort(order[np.cumsum(rows) <= MAX_FLOW_ROWS])[: 0 if public else None]
    flows, amounts = _flow_rows(account, chosen)
    live = np.zeros(len(account.listed), dtype=bool)
    live[chosen] = True
    first = np.full((len(live), len(LINES)), -1, dtype=np.int64)
    count = np.zeros_like(first)
    np.add.at(count, (flows[0], flows[1]), 1)
    # Written backwards, so that the first row of a unit and line is what remains.
    first[flows[0][::-1], flows[1][::-1]] = _FIRST + np.arange(len(flows[0]))[::-1]
    used, made = _moved(account)
    protected = account.benchmarks.protected
    return _Plan(account, public, np.sort(order), live, first, count, flows, amounts, protected,
                 used, made)  # fmt: skip


def _flow_rows(account: Account, units: Positions) -> tuple[Places, tuple[Floats, Floats]]:
    """Places and (U, V) of all flows of some units, ordered by unit, line and class."""
    books = account.books
    classes = max(books.shape[1], 1)
    production = books.inputs[units] + books.capital[units]
    parts = [m.tocoo() for m in (production, *(m[units] for m in books.final))]
    parts.append(books.outputs[units].tocoo())
    keys = [(m.row.astype(np.int64) * len(LINES) + line) * classes + m.col
            for line, m in zip((*range(len(LINES)), 0), parts, strict=True)]  # fmt: skip
    distinct, place = np.unique(np.concatenate(keys), return_inverse=True)
    amount = np.concatenate([m.data for m in parts])
    split = len(amount) - parts[-1].nnz
    used = np.bincount(place[:split], amount[:split], len(distinct)).astype(np.float64)
    made = np.bincount(place[split:], amount[split:], len(distinct)).astype(np.float64)
    at = distinct // classes
    unit: Positions = units[at // len(LINES)]
    return (unit, at % len(LINES), distinct % classes), (used, made)


def _moved(account: Account) -> tuple[Floats, Floats]:
    """Intake and output per class; of the whole set, as the record store itself added them up."""
    records = account.records
    if account.listed.all():
        return records.totals.used, records.totals.made
    sums: list[Floats] = []
    for flows in (records.inputs, records.outputs):
        rows = account.listed[flows.unit]
        total = np.bincount(flows.cls[rows], flows.quantity[rows], len(records.classes))
        sums.append(total.astype(np.float64))
    return sums[0], sums[1]


def _open_regions(account: Account) -> list[Region]:
    """Regions the public may see: none of few units, nor the one whose sum gives that away."""
    names = account.records.regions
    count = np.bincount(account.records.units.region[account.listed], minlength=len(names))
    size = dict(zip(names, count.tolist(), strict=True))
    by_size = sorted(account.regions, key=lambda region: size[region.name])
    hidden = sum(size[region.name] < FEW for region in by_size)
    closed = {region.name for region in by_size[: hidden + (hidden > 0)]}
    return [region for region in account.regions if region.name not in closed]


def _write_units(page: Page, plan: _Plan) -> None:
    """R and its lines as formulas over the unit's rows on Flows."""
    account, units, shown = plan.account, plan.account.records.units, plan.shown
    listed, live = int(account.listed.sum()), int(plan.live.sum())
    note = "R = Σ c·U − Σ c·V + d，tCO2e"
    if live < listed:
        floor = float(np.abs(account.lines[plan.live].sum(axis=1)).min()) if live else 0.0
        note += (
            f"。|R| 最大的 {live:,} 个单元（|R| ≥ {floor:,.2f}）用公式，其余为数值。"
            f"Formulas for the {live:,} units with the largest |R| (≥ {floor:,.2f}), "
            f"values for {listed - live:,} others."
        )
    page.top("核算单元 Units", note, _FIRST, 2)
    others = [result.unit for result in plan.others()]
    figures = np.column_stack(
        [account.books.direct.sum(axis=1), account.lines.sum(axis=1), account.lines, *others,
         account.books.direct]
    )  # fmt: skip
    rows, place = figures[shown], shown.tolist()
    texts: list[list[str]] = [
        [units.ids[u] for u in place], [units.names[u] for u in place],
        [account.records.regions[units.region[u]] for u in place],
        [_USES[units.use[u]] for u in place], [units.entities[u] or "" for u in place],
    ]  # fmt: skip
    formulas, held = _unit_formulas(plan, len(others))
    if listed > len(place):
        rows = np.vstack([rows, figures[account.listed].sum(axis=0) - rows.sum(axis=0)])
        rest = f"其余单元 {listed - len(place):,} other units"
        for i, column in enumerate((*texts, *formulas.values(), held)):
            column.append("" if i else rest)
    heads = ("单元 unit_id", "名称 name", "地区 region", "用途 use", "法人 entity_id")
    columns = [Column(head, 18, cells) for head, cells in zip(heads, texts, strict=True)]
    names = ["直接排放 d\ndirect", "承担排放 R\nresponsibility", *(f"R: {line}" for line in _LINES),
            *(_PRINCIPLES[result.principle] for result in plan.others()),
             *(f"d: {line}" for line in _LINES)]  # fmt: skip
    for i, name in enumerate(names):
        cells = rows[:, i].tolist()
        columns.append(Column(name, 18, cells, "t", formulas.get(i, ""), total=True))
    page.table(_FIRST, [*columns, Column("流量行\nrows on Flows", 16, held)])


def _unit_formulas(plan: _Plan, others: int) -> tuple[dict[int, list[str]], list[str]]:
    """Formulas of d, R and the four lines per shown unit, and the rows on Flows they are over."""
    direct = [letters(_DIRECT + 2 + len(LINES) + others + i) for i in range(len(LINES))]
    formulas: dict[int, list[str]] = {i: [] for i in range(2 + len(LINES))}
    held = []
    for u in plan.shown.tolist():
        first, count = plan.first[u].tolist(), plan.count[u].tolist()
        begin = min((row for row in first if row >= 0), default=0)
        texts = [f"SUM({direct[0]}{{r}}:{direct[-1]}{{r}})",
                 _embodied(begin, sum(count)) + letters(_DIRECT) + "{r}"]  # fmt: skip
        texts += [_embodied(f, n) + d + "{r}" for f, n, d in zip(first, count, direct, strict=True)]
        for i, text in enumerate(texts):
            formulas[i].append(text if plan.live[u] else "")
        held.append(f"{begin + 1}–{begin + sum(count)}" if sum(count) else "")
    return formulas, held


def _embodied(first: int, count: int) -> str:
    """Σ c·U − Σ c·V of contiguous rows on Flows, ready for a term to be added."""
    if not count:
        return ""
    taken, made = (f"'{FLOWS}'!{x}{first + 1}:{x}{first + count}" for x in "HI")
    return f"SUM({taken})-SUM({made})+"


def _write_flows(page: Page, plan: _Plan) -> None:
    """One row per unit, line and class: quantities, the benchmark by reference, and products."""
    records, c = plan.account.records, plan.account.benchmarks.value
    page.top("流量 Flows", "一行一个单元、去向、类别。One row per unit, line, class.", _FIRST, 1)
    unit, line, cls = (part.tolist() for part in plan.flows)
    used, made = plan.amounts
    value = c[plan.flows[2]]
    look_up = [f"'{BENCHMARKS}'!D{_FIRST + p + 1}" for p in cls]
    page.table(_FIRST, [
        Column("单元 unit_id", 18, [records.units.ids[u] for u in unit]),
        Column("去向 line", 20, [_LINES[i] for i in line]),
        Column("类别 class_id", 20, [records.classes.ids[p] for p in cls]),
        Column("计量单位 measure", 14, [records.classes.measures[p] for p in cls]),
        Column("投入 U\nintake", 18, used.tolist(), "quantity"),
        Column("产出 V\noutput", 18, made.tolist(), "quantity"),
        Column("基准值 c\ntCO2e per measure", 18, value.tolist(), "value", look_up),
        Column("c·U\ntCO2e", 18, (value * used).tolist(), "product", "E{r}*G{r}", total=True),
        Column("c·V\ntCO2e", 18, (value * made).tolist(), "product", "F{r}*G{r}", total=True),
    ])  # fmt: skip


def _write_benchmarks(page: Page, plan: _Plan) -> None:
    """One row per class; intake, output and net output close the account of the whole."""
    classes, b = plan.account.records.classes, plan.account.benchmarks
    note = "单位产品的社会平均内含排放。Social mean of emissions embodied in one unit of a class."
    page.top("基准值 Benchmarks", note, _FIRST, 1)
    hidden = plan.protected & plan.public

    def shown(values: Floats) -> list[float]:
        return list(np.where(hidden, np.nan, values).tolist())

    words = ("可公开 public", f"少于 {FEW} 家，仅主管部门 authority only")
    status = [words[few] for few in plan.protected.astype(int).tolist()]
    net = plan.made - plan.used
    columns = [
        Column("类别 class_id", 20, classes.ids),
        Column("名称 name", 26, classes.names),
        Column("计量单位 measure", 14, classes.measures),
        Column("基准值 c\ntCO2e per measure", 18, shown(b.value), "value"),
        Column("标准误\nstandard error", 16, shown(b.standard_error), "value"),
        Column("误差界\nbound", 14, shown(b.bound), "gap"),
        Column("生产者数\nmakers", 12, shown(b.makers.astype(np.float64)), "count"),
        Column("其产出\ntheir output", 18, shown(b.output), "quantity"),
        Column("来历 origin", 20, [_ORIGINS[origin] for origin in b.origin]),
        Column("来源 source", 30, b.source),
        Column("公开 status", 30, status),
        Column("投入 U\nall units", 18, plan.used.tolist(), "quantity"),
        Column("产出 V\nall units", 18, plan.made.tolist(), "quantity"),
        Column("净产出 V − U\nnet output", 18, net.tolist(), "quantity", "M{r}-L{r}"),
        Column("c·(V − U)\ntCO2e", 18, (b.value * net).tolist(), "t", "D{r}*N{r}", total=True),
    ]
    page.table(_FIRST, columns[: 11 if plan.public else None])


def _write_regions(page: Page, plan: _Plan) -> None:
    """Balances (a) and (b), each side by itself, and below them what does not close per class."""
    account = plan.account
    regions = _open_regions(account) if plan.public else list(account.regions)
    note = "(a) 承担 + 调出 − 调入 + 库存 + 差额 = Σ d；(b) 承担 = Σ d − 后四项，tCO2e"
    if len(regions) < len(account.regions):
        note += f"。单元少于 {FEW} 个的地区不列出。Regions of few units are left out."
    page.top("地区 Regions", note, _FIRST, 1)
    columns = [Column("地区 region", 22, [region.name for region in regions])]
    figures = np.array([_region_figures(region) for region in regions]).reshape(-1, len(_BALANCE))
    for (name, formula), cells in zip(_BALANCE, figures.T.tolist(), strict=True):
        columns.append(Column(name, 18, cells, "t", formula, total=True))
    below = page.table(_FIRST, columns)
    found = []
    for region in regions:
        noise = 1e-12 * max(abs(region.direct), region.exports, region.imports, 1.0)
        visible = ~(plan.protected & plan.public) & (np.abs(region.discrepancy) > noise)
        found += [(region.name, account.records.classes.ids[p], float(region.discrepancy[p]))
                  for p in np.flatnonzero(visible).tolist()]  # fmt: skip
    page.table(below + 2, [
        Column("地区 region", 22, [region for region, _, _ in found]),
        Column("类别 class_id", 18, [cls for _, cls, _ in found]),
        Column("差额 discrepancy\ntCO2e", 18, [value for _, _, value in found], "t"),
    ], widths=False)  # fmt: skip


_BALANCE = (
    *((line, "") for line in _LINES),
    ("地区承担 (b)\nanswers for", "SUM(B{r}:E{r})"),
    ("调出 exports", ""), ("调入 imports", ""), ("库存变化 stocks", ""), ("差额\ndiscrepancy", ""),
    ("(a) 左边\nleft of (a)", "F{r}+G{r}-H{r}+I{r}+J{r}"), ("直接排放 Σ d\ndirect", ""),
    ("(a) 差\ngap", "K{r}-L{r}"), ("(b) 右边\nright of (b)", "L{r}+H{r}-G{r}-I{r}-J{r}"),
    ("经常性\nrecurring", "B{r}+C{r}+E{r}"), ("一次性\none-off", "D{r}"),
    ("不含建设\nwithout construction", "F{r}-D{r}"),
)  # fmt: skip
"""Columns of Regions after the name, and their formulas."""


def _region_figures(r: Region) -> list[float]:
    open_ = float(r.discrepancy.sum())
    right = r.direct + r.imports - r.exports - r.stocks - open_
    return [r.producers, r.daily, r.construction, r.maintenance, r.answers_for, r.exports,
            r.imports, r.stocks, open_, r.balance, r.direct, r.balance - r.direct, right,
            r.recurring, r.one_off, r.answers_for - r.construction]  # fmt: skip


def _write_findings(page: Page, plan: _Plan) -> None:
    """What the checks found; for the public, how often each kind."""
    account = plan.account
    findings = list(account.findings)
    count = Counter(finding.code for finding in findings)
    note = f"共 {len(findings):,} 项 findings"
    if plan.public:
        findings = [Finding(code, "") for code in count]
    elif len(findings) > MAX_FINDINGS:
        note += f"；列出前 {MAX_FINDINGS:,} 项 the first {MAX_FINDINGS:,} are listed"
        findings = findings[:MAX_FINDINGS]
    page.top("检查结果 Findings", note, _FIRST, 0)
    taken = [f.severity == "stop" and f.code in account.method.allow for f in findings]
    # A message quotes what stands in the records.
    zh, en = ([f.message(x) for f in ([] if plan.public else findings)] for x in _LANGUAGES)
    columns = [
        Column("级别 severity", 14, [_SEVERITIES[f.severity] for f in findings]),
        Column("代码 code", 24, [f.code for f in findings]),
        Column("同类数 count", 10, [float(count[f.code]) for f in findings], "count"),
        Column("处理 status", 16, ["已接受 accepted" * is_taken for is_taken in taken]),
        Column("位置 place", 26, [f.place() for f in findings]),
        Column("说明", 70, zh), Column("message", 70, en),
    ]  # fmt: skip
    page.table(_FIRST, columns[: 4 if plan.public else None])


def _write_summary(page: Page, plan: _Plan) -> None:
    """Period, choices, conservation per principle with both sides, accepted findings."""
    account = plan.account
    records, method = account.records, account.method
    note = "各原则划分不同，总量不变。Principles differ in the split, never in the total."
    page.top(f"碳衡核算账 Tanheng account — {records.period}", note, 0, 0)
    row = _write_conservation(page, plan, 4) + 2
    every, bounds = "全部 all", (method.benchmark_scope, method.account_scope)
    scopes = [", ".join(sorted(scope)) if scope else every for scope in bounds]
    choices = [
        ("记录集 record set", PurePath(records.label).name), ("期间 period", str(records.period)),
        ("均值 weights", str(method.weights)), ("资本品 capital", method.capital),
        ("服务 services", method.services), ("范围 scope", method.scope),
        ("基准值范围 benchmark scope", scopes[0]), ("核算范围 account scope", scopes[1]),
        ("传递比例 α", str(method.alpha)), ("标准误 standard errors", method.standard_errors),
        ("单元数 units", f"{int(account.listed.sum()):,}"),
        ("类别数 classes", f"{len(records.classes):,}"),
    ]  # fmt: skip
    row = page.table(row, [
        Column("方法选择 choices", 30, [name for name, _ in choices]),
        Column("", 18, [value for _, value in choices]),
    ], widths=False) + 2  # fmt: skip
    stops = [finding.code for finding in account.findings if finding.severity == "stop"]
    count = Counter(code for code in stops if code in method.allow)
    done = [" ".join(catalogue()[code].allowed.values()) for code in count]
    page.table(row, [
        Column("已接受的检查结果\naccepted findings", 30, list(count) or ["无 none"]),
        Column("数量 count", 18, [float(n) for n in count.values()] or [0.0], "count"),
        Column("处理 what is done", 18, done or [""]),
    ], widths=False)  # fmt: skip


def _write_conservation(page: Page, plan: _Plan, row: int) -> int:
    """Both sides of every principle: what units, trade, stocks add up to, and what is emitted."""
    account, c = plan.account, plan.account.benchmarks.value
    results = list(account.results.values())
    boundary = ("exports", "imports", "stocks")
    embodied = float(c @ (plan.made - plan.used))
    cells: dict[str, list[float]] = {name: [] for name in ("in", "out", "net", *boundary)}
    units, nets = [], []
    for r in results:
        # Producer and benchmark close for the units in scope, the others for the whole set.
        is_own, passes = r.principle == "benchmark", r.principle in ("consumer", "shared")
        whole = passes or r.principle == "income"
        cells["in"].append(float(r.unit[account.listed].sum()))
        cells["out"].append(float(r.unit[~account.listed].sum()) if whole else 0.0)
        cells["net"].append(embodied if is_own else 0.0)
        for name in boundary:  # imports under income are part of the units' figures already
            cells[name].append(r.boundary[name] if passes else 0.0)
        at = _DIRECT + 1 if is_own else _DIRECT + 2 + len(LINES) + plan.others().index(r)
        units.append("" if plan.public else f"'{UNITS}'!{letters(at)}3")
        nets.append(f"'{BENCHMARKS}'!O3" if is_own and not plan.public else "")
    sides = [r.conservation for r in results]
    verdict = [CONSERVED if abs(s.relative_gap) <= 1e-9 else NOT_CONSERVED for s in sides]
    return page.table(row, [
        Column("核算原则 principle", 30, [_PRINCIPLES[r.principle] for r in results]),
        Column("直接排放 Σ d\ndirect", 18, [s.direct for s in sides], "t"),
        Column("各单元合计\nunits in scope", 18, cells["in"], "t", units),
        Column("范围外单元\nunits outside", 18, cells["out"], "t"),
        Column("Σ c·净产出\nnet output", 18, cells["net"], "t", nets),
        Column("调出 exports", 18, cells["exports"], "t"),
        Column("调入 imports", 18, cells["imports"], "t"),
        Column("库存 stocks", 18, cells["stocks"], "t"),
        Column("差额 discrepancy", 18, [float(r.discrepancy.sum()) for r in results], "t"),
        Column("核算合计\naccounted", 18, [s.accounted for s in sides], "t",
                "C{r}+D{r}+E{r}+F{r}-G{r}+H{r}+I{r}"),
        Column("差 gap", 14, [s.accounted - s.direct for s in sides], "gap", "J{r}-B{r}"),
        Column("相对差\nrelative gap", 14, [s.relative_gap for s in sides], "gap",
                "IF(B{r}=0,K{r},K{r}/ABS(B{r}))"),
        Column("结论 verdict", 22, verdict, "text",
                f'IF(ABS(L{{r}})<=1E-9,"{CONSERVED}","{NOT_CONSERVED}")'),
    ])  # fmt: skip


_SYMBOLS = (
    ("R", "承担排放", "responsibility of a unit, tCO2e: R = Σ c·U + d − Σ c·V"),
    ("d", "直接排放", "direct emissions of the sources a unit operates, tCO2e"),
    ("U, V", "投入量、产出量", "quantities of a class taken in and put out, class measures"),
    ("c", "基准值", "benchmark: social mean of emissions embodied in one measure of a class"),
    ("(a), (b)", "地区两种口径", "region: what adds up to Σ d, and what it answers for"),
    ("守恒", "Σ R + Σ c·(V − U) = Σ d", "conservation: for any set of units and any c"),
    ("差额", "记录不闭合的部分", "discrepancy: what records do not close, on its own line"),
    ("–", "无或不公开", "none, or not public"),
)


def _write_sources(page: Page, plan: _Plan) -> None:
    """Where the figures are from and what the symbols mean."""
    sources = sorted({text for text in plan.account.benchmarks.source if text})
    rows = [*_SYMBOLS, ("记录集", "record set", PurePath(plan.account.records.label).name),
            ("方法", "method", "《节能减排信息动态》第 112 期（2017-07-07）；docs/method.md"),
            *(("外来基准值", "given benchmarks", text) for text in sources)]  # fmt: skip
    page.top("来源 Sources", "公式、符号与数据来源。Formula, symbols and sources.", _FIRST, 0)
    heads = ("符号或项目 symbol", "中文", "meaning")
    page.table(_FIRST, [Column(head, 30 + 25 * (i == 2), [row[i] for row in rows], "wrap")
                        for i, head in enumerate(heads)])  # fmt: skip


_SHEETS = {
    SUMMARY: _write_summary, UNITS: _write_units, FLOWS: _write_flows,
    BENCHMARKS: _write_benchmarks, REGIONS: _write_regions, FINDINGS: _write_findings,
    SOURCES: _write_sources,
}  # fmt: skip
