"""Why: any number of an account, with its formula, its terms and the records behind them.

    unit:M1            R of a unit (benchmark principle), line by line
    unit:M1@consumer   its figure under another principle
    class:steel        a benchmark;  mix:steel  a residual mix
    region:R1          the balance of a region
    total@benchmark    a conservation statement

A term is summed from the coded rows, not taken from the account; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tanheng.accounting.account import Account
from tanheng.accounting.books import entering
from tanheng.accounting.named import FOREIGN
from tanheng.accounting.passing import Passed
from tanheng.accounting.records import LINE_OF_PURPOSE, LINES, Floats
from tanheng.accounting.store import RecordStore
from tanheng.errors import Refusal
from tanheng.why import Bilingual, Row, Why, number

T = "tCO2e"
_MOST = 12
_LINE_NAMES = {
    "producers": Bilingual("production", "生产"),
    "daily": Bilingual("daily use", "日常"),
    "construction": Bilingual("construction", "建设"),
    "maintenance": Bilingual("maintenance", "维护"),
}


def explain(account: Account, store: RecordStore, what: str) -> Why | Refusal:
    """Explain one number.

    Args:
        account: the account it stands in.
        store: where its records are.
        what: ``kind:id`` with an optional ``@principle`` (see the module's page).

    Returns:
        The explanation, or a refusal that says what can be asked.
    """
    target, _, principle = what.partition("@")
    kind, _, name = target.partition(":")
    known: Mapping[str, tuple[Sequence[str], Callable[[Account, RecordStore, int], Why]]] = {
        "class": (account.records.classes.ids, _class),
        "mix": (account.records.classes.ids, _mix),
        "region": (account.records.regions, _region),
    }
    if kind == "unit":
        return _find(
            account.records.units.ids,
            name,
            what,
            lambda at: _unit(account, store, at, principle or "benchmark"),
            principle,
            account,
        )
    if kind == "total":
        chosen = principle or "benchmark"
        if chosen not in account.results:
            return Refusal("why_principle", {"value": chosen, "known": ", ".join(account.results)})
        return _total(account, chosen)
    if kind not in known:
        return Refusal("why_unknown", {"value": what})
    ids, answer = known[kind]
    if kind == "mix" and not account.passed:
        return Refusal("why_principle", {"value": "consumer", "known": ", ".join(account.results)})
    return _find(ids, name, what, lambda at: answer(account, store, at), "", account)


def _find(
    ids: Sequence[str],
    name: str,
    what: str,
    answer: Callable[[int], Why],
    principle: str,
    account: Account,
) -> Why | Refusal:
    if principle and principle not in account.results:
        return Refusal("why_principle", {"value": principle, "known": ", ".join(account.results)})
    try:
        return answer(list(ids).index(name))
    except ValueError:
        near = ", ".join(str(i) for i in list(ids)[:8])
        return Refusal("why_not_found", {"value": what, "known": near})


def _rows(
    store: RecordStore, table: str, column: str, value: str
) -> list[tuple[Row, dict[str, object]]]:
    found = store.rows_of(table, column, [value], 100_000).to_pylist()
    result = []
    for cells in found:
        shown = ", ".join(f"{k}={v}" for k, v in cells.items() if k != "_row" and v is not None)
        result.append((Row(table, int(cells["_row"]), shown), cells))
    return result


def _unit(account: Account, store: RecordStore, at: int, principle: str) -> Why:
    if principle == "benchmark":
        return _responsibility(account, store, at)
    if principle == "producer":
        return _own_direct(
            account, store, at, np.ones(6, dtype=bool), Bilingual("direct emissions", "直接排放")
        )
    if principle == "income":
        return _income(account, store, at)
    return _passing(account, store, at, account.passed[principle])  # type: ignore[index]


class _Behind:
    """Rows of flows of one unit, by class, still to be handed out."""

    def __init__(self, account: Account, store: RecordStore, at: int) -> None:
        records = account.records
        self._cls = {
            records.products.ids[code]: int(cls)
            for code, cls in zip(records.products.product, records.products.cls, strict=True)
        }
        left_out = set(records.left_out)
        self._rows = [
            (row, cells)
            for row, cells in _rows(store, "flows", "unit_id", records.units.ids[at])
            if row.number not in left_out
        ]

    def of(self, cls: int, leaves: bool) -> list[Row]:
        """Rows in a class that enter or leave the unit (returns and credits with their side)."""
        from tanheng.accounting.schema import FLOWS, choice_named

        chosen = []
        for row, cells in self._rows:
            kind = choice_named(FLOWS.column("kind"), str(cells.get("kind") or "normal"))
            direction = choice_named(FLOWS.column("direction"), str(cells.get("direction") or ""))
            out = direction == "out" and kind != "byproduct_credit"
            if self._cls.get(str(cells.get("product_id"))) == cls and out == leaves:
                chosen.append(row)
        return chosen


def _own_direct(
    account: Account, store: RecordStore, at: int, purposes: Floats, name: Bilingual
) -> Why:
    records = account.records
    mine = (records.direct.unit == at) & np.asarray(purposes, dtype=bool)[records.direct.purpose]
    value = float(records.direct.emission_tco2e[mine].sum())
    left_out = set(records.left_out_direct)
    rows = (
        [
            row
            for row, _ in _rows(store, "direct", "unit_id", records.units.ids[at])
            if row.number not in left_out
        ]
        if mine.any()
        else []
    )
    return Why(name, value, T, Bilingual("sum of the direct rows", "直接排放各行之和"), rows=rows)


def _valued(
    account: Account,
    store: RecordStore,
    at: int,
    chosen: Floats,
    rate: Floats,
    leaves: bool,
    name: Bilingual,
    ask: str,
) -> list[Why]:
    """Quantity times rate per class, from the rows of a unit."""
    records = account.records
    rows = records.outputs if leaves else records.inputs
    mine = (rows.unit == at) & np.asarray(chosen, dtype=bool)
    if not mine.any():
        return []
    quantity = np.bincount(rows.cls[mine], rows.quantity[mine], len(records.classes))
    behind = _Behind(account, store, at)
    sign = -1.0 if leaves else 1.0
    parts = []
    for cls in np.unique(rows.cls[mine]).tolist():
        label, measure = records.classes.names[cls], records.classes.measures[cls]
        amount, price = float(quantity[cls]), float(rate[cls])
        formula = (
            f"{'−' if leaves else ''}{number(amount)} {measure} × {number(price)} {T}/{measure}"
        )
        parts.append(
            Why(
                Bilingual(f"{name.en}: {label}", f"{name.zh}：{label}"),
                sign * amount * price,
                T,
                Bilingual(formula, formula),
                rows=behind.of(cls, leaves),
                ask=f"{ask}:{records.classes.ids[cls]}",
            )
        )
    return parts


def _responsibility(account: Account, store: RecordStore, at: int) -> Why:
    """R = Σ c U + d − Σ c V, by line."""
    records, c = account.records, account.benchmarks.value
    lines = []
    for i, line in enumerate(LINES):
        wanted = i == LINE_OF_PURPOSE
        parts = _valued(
            account,
            store,
            at,
            wanted[records.inputs.purpose],
            c,
            False,
            Bilingual("takes in", "投入"),
            "class",
        )
        own = _own_direct(account, store, at, wanted, Bilingual("burns or emits", "直接排放"))
        parts += [own] if own.rows else []
        if i == 0:
            everything = np.ones(len(records.outputs), dtype=bool)
            parts += _valued(
                account, store, at, everything, c, True, Bilingual("puts out", "产出"), "class"
            )
        if parts:
            value = sum(part.value for part in parts)
            formula = " + ".join(number(part.value) for part in parts[:_MOST]).replace("+ -", "− ")
            lines.append(Why(_LINE_NAMES[line], value, T, Bilingual(formula, formula), parts))
    name = records.units.names[at]
    return Why(
        Bilingual(f"responsibility of {name}", f"{name} 的承担排放"),
        sum(line.value for line in lines),
        T,
        Bilingual(
            "R = Σ benchmark × intake + direct − Σ benchmark × output",
            "R = Σ 基准值 × 投入 + 直接排放 − Σ 基准值 × 产出",
        ),
        lines,
    )


def _class(account: Account, store: RecordStore, at: int) -> Why:
    """c = Σ ω a (d + Σ U c) over makers, or a given value."""
    records, table = account.records, account.benchmarks
    measure, label = f"{T}/{records.classes.measures[at]}", records.classes.names[at]
    name = Bilingual(f"benchmark of {label}", f"{label} 的基准值")
    origin = table.origin[at]
    if origin != "estimated":
        rows = [row for row, _ in _rows(store, "exogenous", "class_id", records.classes.ids[at])]
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
    system, c = account.system, table.value
    mine = np.flatnonzero((system.makers.cls == at) & (system.omega > 0))
    units = system.makers.unit[mine]
    embodied = np.asarray(account.books.inputs[units] @ c)
    burnt = account.books.direct_in_benchmark[units]
    weight = system.omega[mine] * system.makers.share[mine]
    value = weight * (burnt + embodied)
    order = np.argsort(-np.abs(value), kind="stable")
    parts = []
    for k in order[:_MOST].tolist():
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
    if len(order) > _MOST:
        rest = float(value[order[_MOST:]].sum())
        more = len(order) - _MOST
        parts.append(
            Why(Bilingual(f"{more} further makers", f"其余 {more} 个生产者"), rest, measure)
        )
    error = table.standard_error[at]
    told = "–" if np.isnan(error) else number(float(error))
    note = Bilingual(
        f"{table.makers[at]} makers, {account.method.weights} mean; standard error {told}; "
        f"numerical error at most {table.bound[at]:.1e}",
        f"{table.makers[at]} 个生产者，{account.method.weights} 平均；标准误 {told}；数值误差不超过 {table.bound[at]:.1e}",
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


def _passing(account: Account, store: RecordStore, at: int, found: Passed) -> Why:
    """Kept and final parts of a unit when burdens are handed on."""
    records = account.records
    enters = entering(account.method)
    is_maker = bool(
        ((account.makers.unit == at) & ~account.books.service[account.makers.cls]).any()
    )
    production = _received(account, store, at, found, enters)
    name = records.units.names[at]
    parts: list[Why] = []
    if is_maker:
        burden = sum(part.value for part in production)
        share = found.kept[at] / burden if burden else 0.0
        parts.append(
            Why(
                Bilingual("kept of the production burden", "生产负担中自留的部分"),
                float(found.kept[at]),
                T,
                Bilingual(
                    f"{number(float(share))} × {number(burden)}",
                    f"{number(float(share))} × {number(burden)}",
                ),
                [Why(Bilingual("production burden", "生产负担"), burden, T, parts=production)],
            )
        )
    else:
        parts += production
    parts += _received(account, store, at, found, ~enters)
    return Why(
        Bilingual(f"figure of {name}", f"{name} 的数值"),
        sum(part.value for part in parts),
        T,
        Bilingual(
            "what it keeps as a maker + all it takes in and burns as a final user",
            "作为生产者自留的部分 + 作为最终使用者的全部投入与直接排放",
        ),
        parts,
    )


def _received(
    account: Account, store: RecordStore, at: int, found: Passed, purposes: Floats
) -> list[Why]:
    """What a unit burns and takes in for some purposes, at what it actually carries."""
    records, inputs = account.records, account.records.inputs
    of_row = account.supply.of_row
    here = np.asarray(purposes, dtype=bool)[inputs.purpose] & ~account.books.service[inputs.cls]
    own = _own_direct(account, store, at, purposes, Bilingual("burns or emits", "直接排放"))
    parts = [own] if own.rows and own.value else []
    parts += _valued(
        account,
        store,
        at,
        here & (of_row == -1),
        found.residual_mix,
        False,
        Bilingual("takes in, supplier not named", "投入（未指明供应方）"),
        "mix",
    )
    parts += _valued(
        account,
        store,
        at,
        here & (of_row == FOREIGN),
        account.benchmarks.value,
        False,
        Bilingual("takes in from a named supplier outside", "投入（指明的外地供应方）"),
        "class",
    )
    for row in np.flatnonzero((inputs.unit == at) & here & (of_row >= 0)).tolist():
        maker = int(of_row[row])
        seller, cls = int(account.makers.unit[maker]), int(inputs.cls[row])
        amount, rate = float(inputs.quantity[row]), float(found.intensity[maker])
        measure = records.classes.measures[cls]
        formula = f"{number(amount)} {measure} × {number(rate)} {T}/{measure}"
        text = f"{records.classes.names[cls]} ← {records.units.names[seller]}"
        parts.append(
            Why(
                Bilingual(f"takes in by name: {text}", f"投入（指明）：{text}"),
                amount * rate,
                T,
                Bilingual(formula, formula),
                ask=f"unit:{records.units.ids[seller]}@consumer",
            )
        )
    return parts


def _mix(account: Account, store: RecordStore, at: int) -> Why:
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
    for k in order[:_MOST].tolist():
        maker = int(mine[k])
        formula = f"{number(float(supply.unnamed[maker]))} × {number(float(found.intensity[maker]))} / {number(total)}"
        unit = records.units.names[makers.unit[maker]]
        parts.append(
            Why(
                Bilingual(unit, unit),
                float(carried[k]) / total,
                measure,
                Bilingual(formula, formula),
            )
        )
    if len(order) > _MOST:
        more = len(order) - _MOST
        parts.append(
            Why(
                Bilingual(f"{more} further makers", f"其余 {more} 个生产者"),
                float(carried[order[_MOST:]].sum()) / total,
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


def _income(account: Account, store: RecordStore, at: int) -> Why:
    assert account.enabled is not None
    found, records = account.enabled, account.records
    per_value = float(found.per_value[at])
    name = records.units.names[at]
    sells = per_value != 0 or bool((account.makers.unit == at).any())
    purposes = ~entering(account.method) if sells else np.ones(6, dtype=bool)
    rest = _own_direct(
        account,
        store,
        at,
        purposes,
        Bilingual("its own direct emissions as a final user", "作为最终使用者的直接排放"),
    )
    enabled = float(found.unit[at]) - rest.value
    imports = float(found.imports[at])
    primary = (enabled - imports) / per_value if per_value else 0.0
    h = number(per_value)
    parts = (
        [
            Why(
                Bilingual("enabled by its primary inputs", "由其初始投入促成"),
                enabled - imports,
                T,
                Bilingual(f"{number(primary)} × {h}", f"{number(primary)} × {h}"),
            ),
            Why(
                Bilingual("enabled by its imported inputs", "由其调入投入促成"),
                imports,
                T,
                Bilingual(
                    f"{number(imports / per_value if per_value else 0.0)} × {h}",
                    f"{number(imports / per_value if per_value else 0.0)} × {h}",
                ),
            ),
        ]
        if sells
        else []
    )
    parts += [rest] if rest.rows else []
    return Why(
        Bilingual(f"income figure of {name}", f"{name} 的收入原则数值"),
        sum(p.value for p in parts),
        T,
        Bilingual(
            "(primary inputs + imports) × emissions enabled per value",
            "（初始投入 + 调入）× 单位金额促成的排放",
        ),
        parts,
    )


def _region(account: Account, store: RecordStore, at: int) -> Why:
    """The balance of a region: what its units answer for and what crosses its border."""
    records, c = account.records, account.benchmarks.value
    name = records.regions[at]
    region = next(r for r in account.regions if r.name == name)
    parts = []
    for i, line in enumerate(LINES):
        here = np.flatnonzero((records.units.region == at) & (account.lines[:, i] != 0))
        order = here[np.argsort(-np.abs(account.lines[here, i]), kind="stable")]
        units = [
            Why(
                Bilingual(records.units.names[u], records.units.names[u]),
                float(account.lines[u, i]),
                T,
                ask=f"unit:{records.units.ids[u]}",
            )
            for u in order[:_MOST].tolist()
        ]
        if len(order) > _MOST:
            more = len(order) - _MOST
            units.append(
                Why(
                    Bilingual(f"{more} further units", f"其余 {more} 个单元"),
                    float(account.lines[order[_MOST:], i].sum()),
                    T,
                )
            )
        if units:
            parts.append(Why(_LINE_NAMES[line], sum(u.value for u in units), T, parts=units))
    trade = records.trade
    for label, out, sign in (
        (Bilingual("exports", "调出"), True, 1.0),
        (Bilingual("imports", "调入"), False, -1.0),
    ):
        mine = (trade.region == at) & (trade.is_export == out)
        crossed = []
        for k in np.flatnonzero(mine).tolist():
            cls = int(trade.cls[k])
            measure = records.classes.measures[cls]
            formula = f"{number(float(trade.quantity[k]))} {measure} × {number(float(c[cls]))} {T}/{measure}"
            with_whom = trade.partner_names[k] or "–"
            text = f"{records.classes.names[cls]} ↔ {with_whom}"
            crossed.append(
                Why(
                    Bilingual(text, text),
                    sign * float(trade.quantity[k] * c[cls]),
                    T,
                    Bilingual(formula, formula),
                    ask=f"class:{records.classes.ids[cls]}",
                )
            )
        if crossed:
            parts.append(Why(label, sum(p.value for p in crossed), T, parts=crossed))
    if region.stocks:
        parts.append(Why(Bilingual("growth of stocks", "库存增加"), region.stocks, T))
    gaps = [
        Why(
            Bilingual(records.classes.names[p], records.classes.names[p]),
            float(region.discrepancy[p]),
            T,
            ask=f"class:{records.classes.ids[p]}",
        )
        for p in np.flatnonzero(region.discrepancy).tolist()
    ]
    if gaps:
        parts.append(
            Why(
                Bilingual("records that do not close", "记录差额"),
                sum(g.value for g in gaps),
                T,
                Bilingual(
                    "benchmark × (output + imports − exports − stock growth − use)",
                    "基准值 ×（产出 + 调入 − 调出 − 库存增加 − 使用）",
                ),
                gaps,
            )
        )
    note = Bilingual(
        f"direct emissions of the region: {number(region.direct)} {T}; the region answers for "
        f"{number(region.answers_for)} {T}",
        f"该地区直接排放 {number(region.direct)} {T}；该地区承担 {number(region.answers_for)} {T}",
    )
    return Why(
        Bilingual(f"balance of {name}", f"{name} 的平衡"),
        sum(p.value for p in parts),
        T,
        Bilingual(
            "production + daily + construction + maintenance + exports − imports + stocks + "
            "what does not close = direct emissions",
            "生产 + 日常 + 建设 + 维护 + 调出 − 调入 + 库存 + 差额 = 直接排放",
        ),
        parts,
        note=note,
    )


def _total(account: Account, principle: str) -> Why:
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
    rest = result.conservation.accounted - sum(part.value for part in parts)
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
            f"= 直接排放 {number(result.conservation.direct)} {T}，相对差 {result.conservation.relative_gap:.1e}",
        ),
        parts,
    )
