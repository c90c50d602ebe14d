"""Why a unit has its figure: benchmark, producer, consumer, shared and income principles."""

from __future__ import annotations

import numpy as np

from tanheng.accounting.account import Account
from tanheng.accounting.books import entering
from tanheng.accounting.explain_terms import LINE_NAMES, MOST, T, own_direct, valued
from tanheng.accounting.named import FOREIGN, Mask
from tanheng.accounting.passing import Passed
from tanheng.accounting.records import LINE_OF_PURPOSE, LINES
from tanheng.accounting.store import RecordStore
from tanheng.why import Bilingual, Why, number


def unit_of(account: Account, store: RecordStore, at: int, principle: str) -> Why:
    """The figure of a unit under a principle."""
    if principle == "benchmark":
        return responsibility_of(account, store, at)
    if principle == "producer":
        return own_direct(
            account, store, at, np.ones(6, dtype=bool), Bilingual("direct emissions", "直接排放")
        )
    if principle == "income":
        return income_of(account, store, at)
    return passing_of(account, store, at, account.passed[principle])  # type: ignore[index]


def responsibility_of(account: Account, store: RecordStore, at: int) -> Why:
    """R = Σ c U + d − Σ c V, by line."""
    records, c = account.records, account.benchmarks.value
    lines = []
    for i, line in enumerate(LINES):
        wanted = np.equal(LINE_OF_PURPOSE, i)
        parts = valued(
            account,
            store,
            at,
            wanted[records.inputs.purpose],
            c,
            False,
            Bilingual("takes in", "投入"),
            "class",
        )
        own = own_direct(account, store, at, wanted, Bilingual("burns or emits", "直接排放"))
        parts += [own] if own.rows else []
        if i == 0:
            everything = np.ones(len(records.outputs), dtype=bool)
            parts += valued(
                account, store, at, everything, c, True, Bilingual("puts out", "产出"), "class"
            )
        if parts:
            value = sum(part.value for part in parts)
            formula = " + ".join(number(part.value) for part in parts[:MOST]).replace("+ -", "− ")
            lines.append(Why(LINE_NAMES[line], value, T, Bilingual(formula, formula), parts))
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


def passing_of(account: Account, store: RecordStore, at: int, found: Passed) -> Why:
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
    account: Account, store: RecordStore, at: int, found: Passed, purposes: Mask
) -> list[Why]:
    """What a unit burns and takes in for some purposes, at what it actually carries."""
    records, inputs = account.records, account.records.inputs
    of_row = account.supply.of_row
    here = np.asarray(purposes, dtype=bool)[inputs.purpose] & ~account.books.service[inputs.cls]
    own = own_direct(account, store, at, purposes, Bilingual("burns or emits", "直接排放"))
    parts = [own] if own.rows and own.value else []
    parts += valued(
        account,
        store,
        at,
        here & (of_row == -1),
        found.residual_mix,
        False,
        Bilingual("takes in, supplier not named", "投入（未指明供应方）"),
        "mix",
    )
    parts += valued(
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


def income_of(account: Account, store: RecordStore, at: int) -> Why:
    """(primary inputs + imports) × h, and its own direct emissions as a final user."""
    assert account.enabled is not None
    found, records = account.enabled, account.records
    per_value = float(found.per_value[at])
    name = records.units.names[at]
    sells = per_value != 0 or bool((account.makers.unit == at).any())
    purposes = ~entering(account.method) if sells else np.ones(6, dtype=bool)
    rest = own_direct(
        account,
        store,
        at,
        purposes,
        Bilingual("its own direct emissions as a final user", "作为最终使用者的直接排放"),
    )
    enabled = float(found.unit[at]) - float(rest.value)
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
