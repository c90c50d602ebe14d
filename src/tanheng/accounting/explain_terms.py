"""Terms of explanations: quantities times rates, direct rows, and the rows behind them."""

from __future__ import annotations

import numpy as np

from tanheng.accounting.account import Account
from tanheng.accounting.named import Mask
from tanheng.accounting.records import Floats, add_up
from tanheng.accounting.schema import FLOWS, choice_named
from tanheng.accounting.store import RecordStore
from tanheng.why import Bilingual, Row, Why, number

T = "tCO2e"
MOST = 12
"""Terms that are shown one by one; the rest is added up."""
LINE_NAMES = {
    "producers": Bilingual("production", "生产"),
    "daily": Bilingual("daily use", "日常"),
    "construction": Bilingual("construction", "建设"),
    "maintenance": Bilingual("maintenance", "维护"),
}


def rows_behind(
    store: RecordStore, table: str, column: str, value: str
) -> list[tuple[Row, dict[str, object]]]:
    """Rows of a table that name an identifier, with their cells."""
    found = store.rows_of(table, column, [value], 100_000).to_pylist()
    result = []
    for cells in found:
        shown = ", ".join(f"{k}={v}" for k, v in cells.items() if k != "_row" and v is not None)
        result.append((Row(table, int(cells["_row"]), shown), cells))
    return result


class Behind:
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
            for row, cells in rows_behind(store, "flows", "unit_id", records.units.ids[at])
            if row.number not in left_out
        ]

    def of(self, cls: int, leaves: bool) -> list[Row]:
        """Rows in a class that enter or leave the unit (returns and credits with their side)."""
        chosen = []
        for row, cells in self._rows:
            kind = choice_named(FLOWS.column("kind"), str(cells.get("kind") or "normal"))
            direction = choice_named(FLOWS.column("direction"), str(cells.get("direction") or ""))
            out = direction == "out" and kind != "byproduct_credit"
            if self._cls.get(str(cells.get("product_id"))) == cls and out == leaves:
                chosen.append(row)
        return chosen


def own_direct(
    account: Account, store: RecordStore, at: int, purposes: Mask, name: Bilingual
) -> Why:
    """Direct emissions of a unit for some purposes."""
    records = account.records
    mine = (records.direct.unit == at) & np.asarray(purposes, dtype=bool)[records.direct.purpose]
    value = float(records.direct.emission_tco2e[mine].sum())
    left_out = set(records.left_out_direct)
    rows = (
        [
            row
            for row, _ in rows_behind(store, "direct", "unit_id", records.units.ids[at])
            if row.number not in left_out
        ]
        if mine.any()
        else []
    )
    return Why(name, value, T, Bilingual("sum of the direct rows", "直接排放各行之和"), rows=rows)


def valued(
    account: Account,
    store: RecordStore,
    at: int,
    chosen: Mask,
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
    quantity = add_up(rows.cls[mine], rows.quantity[mine], len(records.classes))
    behind = Behind(account, store, at)
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
