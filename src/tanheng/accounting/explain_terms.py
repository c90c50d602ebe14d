"""Terms of explanations: quantities times rates, direct rows, and the rows behind them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tanheng.accounting.account import Account
from tanheng.accounting.cells import PERIOD_INSIDE, judge_period
from tanheng.accounting.dimensions import UNDECIDED, default_purposes
from tanheng.accounting.locate import products_of
from tanheng.accounting.named import Mask
from tanheng.accounting.records import Floats, Purpose, add_up
from tanheng.accounting.schema import DIRECT, FLOWS, Table, choice_named
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


def _purpose(account: Account, at: int, table: Table, cells: Mapping[str, object]) -> int:
    """Purpose code of a row: its own, else the default of its unit."""
    own = choice_named(table.column("purpose"), str(cells.get("purpose") or ""))
    if own is not None:
        return int(Purpose[own.upper()])
    use = account.records.units.use[[at]]
    default = default_purposes(use, account.method.services)[0 if table is FLOWS else 1][0]
    if default != UNDECIDED:
        return int(default)
    sells = bool((account.makers.unit == at).any())
    if not sells:
        return int(Purpose.DAILY)
    return int(Purpose.MATERIAL if table is FLOWS else Purpose.ENERGY)


def _counts(account: Account, row: Row, cells: Mapping[str, object]) -> bool:
    """Whether a row is of the account's period and was not left out."""
    records = account.records
    left_out = records.left_out if row.table == "flows" else records.left_out_direct
    inside = judge_period(str(cells.get("period") or ""), records.period) == PERIOD_INSIDE
    return inside and row.number not in left_out


class Behind:
    """Rows of flows of one unit, by class, still to be handed out."""

    def __init__(self, account: Account, store: RecordStore, at: int) -> None:
        self._account, self._at = account, at
        name = account.records.units.ids[at]
        self._rows = [
            (row, cells)
            for row, cells in rows_behind(store, "flows", "unit_id", name)
            if _counts(account, row, cells)
        ]

    def of(self, cls: int, leaves: bool, purposes: Mask) -> list[Row]:
        """Rows in a class that enter (for some purposes) or leave the unit.

        Returns and credits stand on the side whose quantity they change.
        """
        products = products_of(self._account.records, cls)
        chosen = []
        for row, cells in self._rows:
            if cells.get("product_id") not in products:
                continue
            kind = choice_named(FLOWS.column("kind"), str(cells.get("kind") or "normal"))
            direction = choice_named(FLOWS.column("direction"), str(cells.get("direction") or ""))
            out = direction == "out" and kind != "byproduct_credit"
            fits = leaves or purposes[_purpose(self._account, self._at, FLOWS, cells)]
            if out == leaves and fits:
                chosen.append(row)
        return chosen


def own_direct(
    account: Account, store: RecordStore, at: int, purposes: Mask, name: Bilingual
) -> Why:
    """Direct emissions of a unit for some purposes."""
    records = account.records
    mine = (records.direct.unit == at) & np.asarray(purposes, dtype=bool)[records.direct.purpose]
    value = float(records.direct.emission_tco2e[mine].sum())
    rows = []
    if mine.any():
        behind = rows_behind(store, "direct", "unit_id", records.units.ids[at])
        rows = [
            row
            for row, cells in behind
            if _counts(account, row, cells) and purposes[_purpose(account, at, DIRECT, cells)]
        ]
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
    purposes = np.zeros(len(Purpose), dtype=bool)
    if not leaves:
        purposes[records.inputs.purpose[mine]] = True
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
                rows=behind.of(cls, leaves, purposes),
                ask=f"{ask}:{records.classes.ids[cls]}",
            )
        )
    return parts
