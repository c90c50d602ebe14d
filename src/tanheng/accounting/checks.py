"""Checks on coded records that no single row shows: missing benchmarks, mirrors, cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from tanheng.accounting.benchmarks import MeanSystem, Origin
from tanheng.accounting.books import Books, Sparse
from tanheng.accounting.locate import products_of
from tanheng.accounting.makers import Makers
from tanheng.accounting.records import Exogenous, Floats, Records
from tanheng.accounting.schema import FLOWS, choice_named
from tanheng.accounting.solve import spectral_radius
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding, Search

_ROWS_SHOWN = 5
_BLOCKS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Given:
    """Benchmarks that are not estimated: value (NaN where estimated), origin, citation."""

    value: Floats
    standard_error: Floats
    origin: Sequence[Origin]
    source: Sequence[str]


def decide_given(
    store: RecordStore,
    books: Books,
    makers: Makers,
    published: Exogenous | None,
    findings: list[Finding],
) -> Given:
    """Which classes are estimated, which are given, and which have nothing (a finding)."""
    records = books.records
    classes = books.shape[1]
    table = records.exogenous
    estimated = makers.count(classes) > 0
    made = np.bincount(makers.cls, minlength=classes) > 0
    moves = _moves(books)
    value, error = np.full(classes, np.nan), np.full(classes, np.nan)
    origin: list[Origin] = ["estimated" if own else "none" for own in estimated.tolist()]
    source = [""] * classes
    has = ~np.isnan(table.value)
    for p in range(classes):
        if books.service[p]:
            value[p], origin[p] = 0.0, "service"
            findings.append(
                Finding("service_not_product", "classes", None, None, records.classes.ids[p])
            )
        elif published is not None and not np.isnan(published.value[p]):
            value[p], error[p] = published.value[p], published.standard_error[p]
            origin[p], source[p] = "published", published.source[p]
        elif has[p] and not estimated[p]:
            value[p], error[p] = table.value[p], table.standard_error[p]
            origin[p], source[p] = "exogenous", table.source[p]
        elif published is not None and (made[p] or moves[p]):
            value[p], origin[p] = 0.0, "none"
            findings.append(
                Finding(
                    "class_not_published", "exogenous", None, "class_id", records.classes.ids[p]
                )
            )
        elif has[p]:
            name = records.classes.ids[p]
            place = Search("exogenous", "class_id", name)
            findings.append(
                Finding("made_and_tabled", "exogenous", None, "class_id", name, {}, place)
            )
        elif not estimated[p]:
            value[p] = 0.0
            if moves[p] or made[p]:
                findings.append(_nobody_makes(store, records, p))
    return Given(value, error, origin, source)


def _moves(books: Books) -> npt.NDArray[np.int64]:
    """Number of rows per class in which it is taken in, traded or stocked."""
    records = books.records
    classes = books.shape[1]
    crossing = np.bincount(records.trade.cls, minlength=classes)
    stocked = np.bincount(records.stocks.cls, minlength=classes)
    return np.asarray(records.totals.used_rows + crossing + stocked)


def _gross(records: Records, p: int) -> float:
    """Gross quantity of a class that is taken in, traded or stocked."""
    inputs, trade, stocks = records.inputs, records.trade, records.stocks
    total = np.abs(inputs.quantity[inputs.cls == p]).sum() + trade.quantity[trade.cls == p].sum()
    return float(total + np.abs(stocks.change[stocks.cls == p]).sum())


def _nobody_makes(store: RecordStore, records: Records, p: int) -> Finding:
    """A class that is used or moved, and has neither makers nor a value: with its first row."""
    products = sorted(products_of(records, p))
    count, table, row = 0, "flows", None
    for name in ("flows", "trade", "stocks"):
        rows = store.rows_of(name, "product_id", products, 1000)
        if len(rows) and row is None:
            table, row = name, int(rows["_row"][0].as_py())
        count += len(rows)
    details = {
        "quantity": f"{_gross(records, p):g}",
        "measure": records.classes.measures[p],
        "count": f"{count}{'+' if count >= 1000 else ''}",
        "where": f"{table} {row}",
    }
    name = records.classes.ids[p]
    return Finding("class_without_maker", table, row, "product_id", name, details)


def check_mirrors(records: Records, findings: list[Finding]) -> None:
    """Trade between two regions of the set must stand in the books of both."""
    trade = records.trade
    inside = trade.partner >= 0
    seller = np.where(trade.is_export, trade.region, trade.partner)[inside].tolist()
    buyer = np.where(trade.is_export, trade.partner, trade.region)[inside].tolist()
    sums: dict[tuple[int, int, int], list[float]] = {}
    for s, b, p, exported, quantity in zip(
        seller,
        buyer,
        trade.cls[inside].tolist(),
        trade.is_export[inside].tolist(),
        trade.quantity[inside].tolist(),
        strict=True,
    ):
        sums.setdefault((s, b, p), [0.0, 0.0])[0 if exported else 1] += quantity
    for (s, b, p), (sold, bought) in sums.items():
        if abs(sold - bought) <= 1e-9 * max(sold, bought):
            continue
        by_seller = sold >= bought
        here, there = (s, b) if by_seller else (b, s)
        direction = "export" if by_seller else "import"
        details = {
            "region": records.regions[here],
            "class_id": records.classes.ids[p],
            "direction": direction,
            "quantity": f"{max(sold, bought):g}",
            "mirror": f"{min(sold, bought):g}",
            "measure": records.classes.measures[p],
        }
        match = {
            "partner": frozenset({records.regions[there]}),
            "direction": frozenset({direction}),
            "product_id": products_of(records, p),
        }
        place = Search("trade", "region", records.regions[here], match)
        partner = records.regions[there]
        findings.append(
            Finding("partner_not_mirrored", "trade", None, "partner", partner, details, place)
        )


def check_own_use(books: Books, makers: Makers, findings: list[Finding]) -> None:
    """Makers that take in more of their own class than they put out."""
    if not len(makers):
        return
    used = np.asarray(books.inputs[makers.unit, makers.cls]).ravel()
    records = books.records
    for k in np.flatnonzero(used > makers.output).tolist():
        cls = int(makers.cls[k])
        name = records.units.ids[makers.unit[k]]
        details = {
            "class_id": records.classes.ids[cls],
            "used": f"{used[k]:g}",
            "made": f"{makers.output[k]:g}",
            "measure": records.classes.measures[cls],
        }
        match = {"direction": frozenset({"in"}), "product_id": products_of(records, cls)}
        place = Search("flows", "unit_id", name, match)
        findings.append(
            Finding("net_use_of_own_product", "flows", None, "quantity", name, details, place)
        )


def find_cycles(store: RecordStore, system: MeanSystem) -> list[Finding]:
    """Blocks of classes that feed one another with a gain of one or more, with the guilty rows.

    Rows are ranked by the elasticity of the block's Perron root to the coefficient they stand
    behind, ``x_q A_qp y_p / (ρ y·x)``.
    """
    matrix = system.matrix()
    coefficients = abs(sp.csr_array(matrix.left @ matrix.right))
    _, label = connected_components(coefficients, directed=True, connection="strong")
    sizes = np.bincount(label)
    loops = coefficients.diagonal() > 0
    findings = []
    for block in np.argsort(-sizes).tolist():
        members = np.flatnonzero(label == block)
        if len(members) == 1 and not loops[members[0]]:
            continue
        inner = coefficients[members][:, members].tocsr()
        gain, right, left = spectral_radius(inner)
        if gain < 1 - 1e-9:
            continue
        findings.append(_cycle(store, system, members.tolist(), inner, gain, right, left))
        if len(findings) == _BLOCKS_SHOWN:
            break
    return findings


def _cycle(
    store: RecordStore,
    system: MeanSystem,
    members: list[int],
    inner: Sparse,
    gain: float,
    right: Floats,
    left: Floats,
) -> Finding:
    records, makers = system.books.records, system.makers
    entries = inner.tocoo()
    # Row p of the transposed coefficients is the maker's class, column q the class it takes in.
    elasticity = left[entries.row] * entries.data * right[entries.col]
    elasticity = elasticity / max(gain * float(left @ right), 1e-300)
    rows: list[str] = []
    shown_table_row: int | None = None
    # On a plain cycle all coefficients weigh the same; the largest is then the likeliest slip.
    order = np.lexsort((-entries.data, -elasticity.round(9)))
    for k in order[:_ROWS_SHOWN].tolist():
        made, taken = members[entries.row[k]], members[entries.col[k]]
        behind = np.flatnonzero((makers.cls == made) & (system.omega > 0))
        units = makers.unit[behind]
        weight = system.omega[behind] * makers.share[behind]
        used = np.asarray(system.books.inputs[units, np.full(len(units), taken)]).ravel() * weight
        unit = int(units[int(np.argmax(np.abs(used)))])
        number = _row_number(store, records, unit, taken)
        shown_table_row = shown_table_row if shown_table_row is not None else number
        rows.append(
            f"flows {number} ({records.units.ids[unit]}: {records.classes.ids[taken]} → "
            f"{records.classes.ids[made]}, {elasticity[k]:.0%})"
        )
    names = ", ".join(records.classes.ids[p] for p in members[:8])
    names += f" … ({len(members)})" if len(members) > 8 else ""
    return Finding(
        "cycle_gain",
        "flows",
        shown_table_row,
        "quantity",
        names,
        {"gain": f"{gain:.4g}", "rows": "; ".join(rows)},
    )


def _row_number(store: RecordStore, records: Records, unit: int, cls: int) -> int | None:
    """The largest row in which a unit takes in a class."""
    rows = store.rows_of("flows", "unit_id", [records.units.ids[unit]], 10_000).to_pylist()
    of_class = products_of(records, cls)
    direction = FLOWS.column("direction")
    best: tuple[float, int] | None = None
    for row in rows:
        enters = choice_named(direction, str(row["direction"] or "")) == "in"
        if enters and row["product_id"] in of_class:
            size = abs(float(row["quantity"]))
            if best is None or size > best[0]:
                best = (size, int(row["_row"]))
    return None if best is None else best[1]
