"""Why a benchmark, a residual mix, a region's balance or a conservation statement is what it is."""

from __future__ import annotations

import numpy as np

from tanheng.accounting.account import Account
from tanheng.accounting.explain_terms import LINE_NAMES, MOST, T, rows_behind
from tanheng.accounting.records import LINES
from tanheng.accounting.regions import Region
from tanheng.accounting.store import RecordStore
from tanheng.why import Bilingual, Why, number


def benchmark_of(account: Account, store: RecordStore, at: int) -> Why:
    """c = Σ ω a (d + Σ U c) over makers, or a given value."""
    records, table = account.records, account.benchmarks
    measure, label = f"{T}/{records.classes.measures[at]}", records.classes.names[at]
    name = Bilingual(f"benchmark of {label}", f"{label} 的基准值")
    origin = table.origin[at]
    if origin != "estimated":
        return _given(account, store, at, name, measure)
    system, c = account.system, table.value
    mine = np.flatnonzero((system.makers.cls == at) & (system.omega > 0))
    units = system.makers.unit[mine]
    embodied = np.asarray(account.books.inputs[units] @ c)
    burnt = account.books.direct_in_benchmark[units]
    weight = system.omega[mine] * system.makers.share[mine]
    value = weight * (burnt + embodied)
    order = np.argsort(-np.abs(value), kind="stable")
    parts = []
    for k in order[:MOST].tolist():
        share = (
            ""
            if system.makers.share[mine][k] == 1
            else f"{number(float(system.makers.share[mine][k]))} × "
        )
        formula = (
            f"{number(float(system.omega[mine][k]))} × {share}"
            f"({number(float(burnt[k]))} + {number(float(embodied[k]))})"
        )
        unit = int(units[k])
        parts.append(
            Why(
                Bilingual(records.units.names[unit], records.units.names[unit]),
                float(value[k]),
                measure,
                Bilingual(formula, formula),
                ask=f"unit:{records.units.ids[unit]}",
            )
        )
    if len(order) > MOST:
        rest = float(value[order[MOST:]].sum())
        more = len(order) - MOST
        parts.append(
            Why(Bilingual(f"{more} further makers", f"其余 {more} 个生产者"), rest, measure)
        )
    error = table.standard_error[at]
    told = "–" if np.isnan(error) else number(float(error))
    note = Bilingual(
        f"{table.makers[at]} makers, {account.method.weights} mean; standard error {told}; "
        f"numerical error at most {table.bound[at]:.1e}",
        f"{table.makers[at]} 个生产者，{account.method.weights} 平均；标准误 {told}；"
        f"数值误差不超过 {table.bound[at]:.1e}",
    )
    return Why(
        name,
        float(sum(part.value for part in parts)),
        measure,
        Bilingual(
            "c = Σ over makers of weight × share × (direct + Σ benchmark × intake)",
            "c = Σ（生产者）权重 × 分摊 × （直接排放 + Σ 基准值 × 投入）",
        ),
        parts,
        note=note,
    )


def _given(account: Account, store: RecordStore, at: int, name: Bilingual, measure: str) -> Why:
    """A benchmark that is not estimated."""
    records, table = account.records, account.benchmarks
    origin = table.origin[at]
    rows = [row for row, _ in rows_behind(store, "exogenous", "class_id", records.classes.ids[at])]
    given = {
        "exogenous": Bilingual(
            f"given from outside: {table.source[at]}", f"外来数值：{table.source[at]}"
        ),
        "published": Bilingual(
            f"published table: {table.source[at]}", f"公布表：{table.source[at]}"
        ),
        "service": Bilingual(
            "a service of institutions: no product, 0 by definition",
            "机构服务：按定义不是产品，基准值为 0",
        ),
        "none": Bilingual(
            "nobody in scope makes it and no value is given: taken as 0",
            "范围内无人生产且未给出数值：按 0 计",
        ),
    }[origin]
    return Why(name, float(table.value[at]), measure, rows=rows, note=given)


def mix_of(account: Account, store: RecordStore, at: int) -> Why:
    """Residual mix: unnamed output and imports of a class."""
    found = account.passed.get("consumer") or next(iter(account.passed.values()))
    makers, supply, records = account.makers, account.supply, account.records
    mine = np.flatnonzero(makers.cls == at)
    total = float(supply.total(makers)[at])
    measure = f"{T}/{records.classes.measures[at]}"
    label = records.classes.names[at]
    name = Bilingual(f"residual mix of {label}", f"{label} 的剩余组合强度")
    if total <= 0:
        note = Bilingual(
            "nothing is left unnamed: the benchmark is taken", "没有未指明的供应：取基准值"
        )
        return Why(
            name,
            float(found.residual_mix[at]),
            measure,
            note=note,
            ask=f"class:{records.classes.ids[at]}",
        )
    parts = []
    carried = supply.unnamed[mine] * found.intensity[mine]
    order = np.argsort(-np.abs(carried), kind="stable")
    for k in order[:MOST].tolist():
        maker = int(mine[k])
        amount, rate = float(supply.unnamed[maker]), float(found.intensity[maker])
        formula = f"{number(amount)} × {number(rate)} / {number(total)}"
        unit = records.units.names[makers.unit[maker]]
        parts.append(
            Why(
                Bilingual(unit, unit),
                float(carried[k]) / total,
                measure,
                Bilingual(formula, formula),
            )
        )
    if len(order) > MOST:
        more = len(order) - MOST
        parts.append(
            Why(
                Bilingual(f"{more} further makers", f"其余 {more} 个生产者"),
                float(carried[order[MOST:]].sum()) / total,
                measure,
            )
        )
    imported = float(supply.imports_unnamed[at])
    if imported:
        rate = float(account.benchmarks.value[at])
        formula = f"{number(imported)} × {number(rate)} / {number(total)}"
        parts.append(
            Why(
                Bilingual("imports at the benchmark", "调入（按基准值）"),
                imported * rate / total,
                measure,
                Bilingual(formula, formula),
                ask=f"class:{records.classes.ids[at]}",
            )
        )
    return Why(
        name,
        sum(part.value for part in parts),
        measure,
        Bilingual(
            "what unnamed output and imports carry / their quantity",
            "未指明的产出与调入所含排放 / 其数量",
        ),
        parts,
    )


def region_of(account: Account, store: RecordStore, at: int) -> Why:
    """The balance of a region: what its units answer for and what crosses its border."""
    region = account.regions[at]
    name = region.name
    at = list(account.records.regions).index(name)
    parts = [*_lines(account, at), *_crossings(account, at)]
    if region.stocks:
        parts.append(Why(Bilingual("growth of stocks", "库存增加"), region.stocks, T))
    parts += _gaps(account, region)
    direct, answers = number(region.direct), number(region.answers_for)
    note = Bilingual(
        f"direct emissions of the region: {direct} {T}; the region answers for {answers} {T}",
        f"该地区直接排放 {direct} {T}；该地区承担 {answers} {T}",
    )
    formula = Bilingual(
        "production + daily + construction + maintenance + exports − imports + stocks + "
        "what does not close = direct emissions",
        "生产 + 日常 + 建设 + 维护 + 调出 − 调入 + 库存 + 差额 = 直接排放",
    )
    title = Bilingual(f"balance of {name}", f"{name} 的平衡")
    return Why(title, sum(p.value for p in parts), T, formula, parts, note=note)


def _lines(account: Account, at: int) -> list[Why]:
    """What the units of a region answer for, by line, the largest units one by one."""
    records, lines = account.records, account.lines
    parts = []
    for i, line in enumerate(LINES):
        here = np.flatnonzero((records.units.region == at) & (lines[:, i] != 0))
        order = here[np.argsort(-np.abs(lines[here, i]), kind="stable")]
        units = []
        for u in order[:MOST].tolist():
            label = Bilingual(records.units.names[u], records.units.names[u])
            units.append(Why(label, float(lines[u, i]), T, ask=f"unit:{records.units.ids[u]}"))
        if len(order) > MOST:
            more = len(order) - MOST
            label = Bilingual(f"{more} further units", f"其余 {more} 个单元")
            units.append(Why(label, float(lines[order[MOST:], i].sum()), T))
        if units:
            parts.append(Why(LINE_NAMES[line], sum(u.value for u in units), T, parts=units))
    return parts


def _crossings(account: Account, at: int) -> list[Why]:
    """Exports and imports of a region at benchmark, row by row."""
    records, trade, c = account.records, account.records.trade, account.benchmarks.value
    parts = []
    for label, out, sign in (
        (Bilingual("exports", "调出"), True, 1.0),
        (Bilingual("imports", "调入"), False, -1.0),
    ):
        crossed = []
        for k in np.flatnonzero((trade.region == at) & (trade.is_export == out)).tolist():
            cls = int(trade.cls[k])
            measure = records.classes.measures[cls]
            amount, rate = float(trade.quantity[k]), float(c[cls])
            formula = f"{number(amount)} {measure} × {number(rate)} {T}/{measure}"
            text = f"{records.classes.names[cls]} ↔ {trade.partner_names[k] or '–'}"
            ask = f"class:{records.classes.ids[cls]}"
            both = Bilingual(formula, formula)
            crossed.append(Why(Bilingual(text, text), sign * amount * rate, T, both, ask=ask))
        if crossed:
            parts.append(Why(label, sum(p.value for p in crossed), T, parts=crossed))
    return parts


def _gaps(account: Account, region: Region) -> list[Why]:
    """What does not close, class by class."""
    classes = account.records.classes
    gaps = []
    for p in np.flatnonzero(region.discrepancy).tolist():
        label = Bilingual(classes.names[p], classes.names[p])
        gaps.append(Why(label, float(region.discrepancy[p]), T, ask=f"class:{classes.ids[p]}"))
    if not gaps:
        return []
    formula = Bilingual(
        "benchmark × (output + imports − exports − stock growth − use)",
        "基准值 ×（产出 + 调入 − 调出 − 库存增加 − 使用）",
    )
    title = Bilingual("records that do not close", "记录差额")
    return [Why(title, sum(g.value for g in gaps), T, formula, gaps)]


def total_of(account: Account, principle: str) -> Why:
    """Both sides of a conservation statement."""
    result = account.results[principle]  # type: ignore[index]
    chosen = (
        account.listed if principle in ("benchmark", "producer") else np.ones_like(account.listed)
    )
    parts = [Why(Bilingual("all units", "全部单元"), float(result.unit[chosen].sum()), T)]
    for key, sign, label in (
        ("exports", 1, Bilingual("exports", "调出")),
        ("imports", -1, Bilingual("imports", "调入")),
        ("stocks", 1, Bilingual("growth of stocks", "库存增加")),
    ):
        if key in result.boundary and principle != "income":
            parts.append(Why(label, sign * result.boundary[key], T))
    if result.discrepancy.any():
        parts.append(
            Why(
                Bilingual("records that do not close", "记录差额"),
                float(result.discrepancy.sum()),
                T,
            )
        )
    rest = result.conservation.accounted - sum(float(part.value) for part in parts)
    if principle == "benchmark":
        parts.append(
            Why(
                Bilingual(
                    "benchmark × net output of the units, from the record store's own sums",
                    "基准值 × 各单元净产出（由记录库另行汇总）",
                ),
                rest,
                T,
            )
        )
    return Why(
        Bilingual(f"accounted under {principle}", f"{principle} 原则核算总量"),
        result.conservation.accounted,
        T,
        Bilingual(
            f"= {number(result.conservation.direct)} {T} of direct emissions, gap "
            f"{result.conservation.relative_gap:.1e}",
            f"= 直接排放 {number(result.conservation.direct)} {T}，"
            f"相对差 {result.conservation.relative_gap:.1e}",
        ),
        parts,
    )
