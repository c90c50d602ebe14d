"""Named and unnamed supply: who bought from whom, and what is left for the residual mix.

Everything per class is in class measures. A purchase is *named* when its supplier puts out the
class; a *named import* when its supplier stands on an import row of the class. All else is unnamed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tanheng.accounting.books import Books, Sparse, matrix
from tanheng.accounting.locate import products_of
from tanheng.accounting.makers import Makers
from tanheng.accounting.records import Floats, Ints, Records, add_up
from tanheng.errors import Finding, Search

Mask = npt.NDArray[np.bool_]
FOREIGN = -2


@dataclass(frozen=True, slots=True)
class Supply:
    """What is supplied by name and what is not.

    Attributes:
        of_row: maker position behind each input row, ``-1`` unnamed, ``-2`` named import.
        sold: quantity sold by name per maker (exports included).
        unnamed: output per maker not sold by name, ≥ 0.
        excess: quantity sold by name above output, per maker.
        imports, imports_unnamed, imports_excess: per class, outside trade only.
        exports_unnamed: per class.
        export_maker, export_quantity: named exports, one element per row.
        stocks: stock change per class.
    """

    of_row: Ints
    sold: Floats
    unnamed: Floats
    excess: Floats
    imports: Floats
    imports_unnamed: Floats
    imports_excess: Floats
    exports_unnamed: Floats
    export_maker: Ints
    export_quantity: Floats
    stocks: Floats

    def total(self, makers: Makers) -> Floats:
        """Unnamed supply per class: outputs and imports."""
        made = add_up(makers.cls, self.unnamed, len(self.imports))
        return np.asarray(made + self.imports_unnamed)


def maker_at(makers: Makers, unit: Ints, cls: Ints, classes: int) -> Ints:
    """Position of the maker of a class at a unit, ``-1`` where there is none."""
    wanted = unit.astype(np.int64) * classes + cls
    known = makers.unit.astype(np.int64) * classes + makers.cls
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int32)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where((known[place] == wanted) & (unit >= 0), place, -1).astype(np.int32)


def find_supply(books: Books, makers: Makers, findings: list[Finding]) -> Supply:
    """Sort purchases, imports and exports into named and unnamed ones."""
    records = books.records
    inputs, trade = records.inputs, records.trade
    classes = books.shape[1]
    outside = trade.partner < 0
    imported, exported = outside & ~trade.is_export, outside & trade.is_export
    named_import = np.zeros(classes, dtype=bool)
    named_import[trade.cls[imported & (trade.supplier == FOREIGN)]] = True
    of_row = np.full(len(inputs), -1, dtype=np.int32)
    sold = np.zeros(len(makers))
    claimed = np.zeros(classes)
    if inputs.supplier is not None:
        rows = np.flatnonzero(inputs.supplier >= 0)
        found = maker_at(makers, inputs.supplier[rows], inputs.cls[rows], classes)
        of_row[rows] = found
        rows_foreign = np.flatnonzero(inputs.supplier == FOREIGN)
        is_import = named_import[inputs.cls[rows_foreign]]
        of_row[rows_foreign[is_import]] = FOREIGN
        _report_strangers(
            records, np.concatenate([rows[found < 0], rows_foreign[~is_import]]), findings
        )
        by_name = of_row >= 0
        sold += add_up(of_row[by_name], inputs.quantity[by_name], len(makers))
        from_abroad = of_row == FOREIGN
        claimed += add_up(inputs.cls[from_abroad], inputs.quantity[from_abroad], classes)
    export_maker = maker_at(makers, trade.supplier[exported], trade.cls[exported], classes)
    quantity, cls = trade.quantity[exported], trade.cls[exported]
    named = export_maker >= 0
    sold += add_up(export_maker[named], quantity[named], len(makers))
    imports = add_up(trade.cls[imported], trade.quantity[imported], classes)
    excess = np.maximum(sold - makers.output, 0.0)
    _report_excess(records, makers, sold, excess > 1e-9 * makers.output, findings)
    return Supply(
        of_row,
        sold,
        _left_over(makers.output, sold),
        excess,
        imports,
        _left_over(imports, claimed),
        np.maximum(claimed - imports, 0.0),
        add_up(cls[~named], quantity[~named], classes),
        export_maker[named],
        quantity[named],
        add_up(records.stocks.cls, records.stocks.change, classes),
    )


def _left_over(whole: Floats, named: Floats) -> Floats:
    """What is not sold by name; a sliver that only rounding leaves is nothing."""
    left = whole - named
    return np.where(left > 1e-9 * np.abs(whole), left, 0.0)


def _report_strangers(
    records: Records, rows: npt.NDArray[np.int64], findings: list[Finding]
) -> None:
    inputs = records.inputs
    assert inputs.supplier is not None
    for row in rows.tolist():
        who, cls = int(inputs.supplier[row]), int(inputs.cls[row])
        buyer = records.units.ids[inputs.unit[row]]
        match = {"direction": frozenset({"in"}), "product_id": products_of(records, cls)}
        if who >= 0:
            match["supplier_id"] = frozenset({records.units.ids[who]})
        details = {
            "class_id": records.classes.ids[cls],
            "unit": buyer,
            "quantity": f"{inputs.quantity[row]:g}",
            "measure": records.classes.measures[cls],
        }
        name = records.units.ids[who] if who >= 0 else "–"
        place = Search("flows", "unit_id", buyer, match)
        findings.append(
            Finding("supplier_not_maker", "flows", None, "supplier_id", name, details, place)
        )


def _report_excess(
    records: Records, makers: Makers, sold: Floats, mask: Mask, findings: list[Finding]
) -> None:
    for k in np.flatnonzero(mask).tolist():
        cls = int(makers.cls[k])
        name = records.units.ids[makers.unit[k]]
        details = {
            "named": f"{sold[k]:g}",
            "measure": records.classes.measures[cls],
            "class_id": records.classes.ids[cls],
            "output": f"{makers.output[k]:g}",
        }
        place = Search("flows", "supplier_id", name, {"product_id": products_of(records, cls)})
        findings.append(
            Finding("named_above_output", "flows", None, "supplier_id", name, details, place)
        )


def unnamed_inputs(books: Books, supply: Supply, rows: Mask) -> Sparse:
    """Unnamed purchases among some input rows, units × classes."""
    inputs = books.records.inputs
    chosen = rows & (supply.of_row == -1)
    return matrix(inputs.unit[chosen], inputs.cls[chosen], inputs.quantity[chosen], books.shape)
