"""Settlement: figures that are the same to the last digit whatever the row order or engine.

1. Every quantity is added up exactly, as a decimal of ``GRID_DIGITS`` places (the store does it).
2. A benchmark is published at a stated number of decimals only where its proved bound leaves no
   doubt about the digit; otherwise the class is reported and nothing is settled.
3. R follows from the published benchmarks in integer arithmetic, and is rounded once.
4. What rounding leaves over is a line of its own, so the statement closes in integers.

Rounding is half to even (GB/T 8170-2008, rule 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tanheng.accounting import schema
from tanheng.accounting.account import Account
from tanheng.accounting.cells import exact
from tanheng.accounting.flowrows import CREDIT, IN, NORMAL, OUT, RETURN
from tanheng.accounting.records import Floats, Products
from tanheng.accounting.rows import FIRST_INSIDE, Spellings, profiled, spell
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding

GRID_DIGITS = 9

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Figures in whole steps of ``10**-decimals`` tCO2e (``1`` = one kilogram for three decimals).

    Attributes:
        benchmark_decimals: places of the published benchmarks.
        benchmarks: published c per class, in steps of ``10**-benchmark_decimals`` of tCO2e.
        decimals: places of R.
        units: R per unit.
        net_output: Σ c × net output of all units.
        direct: Σ d.
        rounding: what rounding left over; ``Σ units + net_output + rounding = direct`` exactly.
    """

    benchmark_decimals: int
    benchmarks: Sequence[int]
    decimals: int
    units: Sequence[int]
    net_output: int
    direct: int
    rounding: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact net intake per unit and class: integers on one grid of ``1 / denominator``."""

    unit: npt.NDArray[np.int64]
    cls: npt.NDArray[np.int64]
    net_intake: Objects
    denominator: int


def integers(column: pa.ChunkedArray) -> list[int]:
    """The unscaled integers of a decimal128 column."""
    array = column.combine_chunks()
    words = np.frombuffer(array.buffers()[1], dtype=np.uint64)
    words = words[2 * array.offset : 2 * (array.offset + len(array))].reshape(-1, 2)
    low, high = words[:, 0].tolist(), words[:, 1].astype(np.int64).tolist()
    return [(top << 64) + bottom for top, bottom in zip(high, low, strict=True)]


def half_even(numerator: int, denominator: int) -> int:
    """The integer nearest to a quotient, ties to the even one (denominator > 0)."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole % 2):
        return whole + 1
    return whole


def _scan(
    store: RecordStore,
    account: Account,
    table: schema.Table,
    refs: dict[str, str],
    without: Sequence[int],
) -> Spellings:
    number = "quantity" if table is schema.FLOWS else "emission_tco2e"
    profile = profiled(store, table, number)
    spelled = spell(store, table, account.records.period, profile, refs, [])
    choices = {
        k: v for k, v in spelled.scan.choices.items() if k not in ("purpose", "gas", "source")
    }
    spelled.scan = replace(spelled.scan, choices=choices, grouped=False, without=without)
    return spelled


def exact_flows(store: RecordStore, account: Account) -> Sums | None:
    """Net intake of every unit and class, exact; None where a quantity is too large for that."""
    records = account.records
    if store.columns("flows") is None:
        empty = np.zeros(0, dtype=np.int64)
        return Sums(empty, empty, empty.astype(object), 1)
    refs = {"unit_id": "units", "product_id": "products"}
    spelled = _scan(store, account, schema.FLOWS, refs, records.left_out)
    table = store.exact(spelled.scan, "quantity", GRID_DIGITS)
    if table["counted"].to_pylist() != table["n"].to_pylist():
        return None
    column = {name: table[name].to_numpy() for name in table.column_names if name != "total"}
    products = records.products
    days = spelled.starts[np.maximum(column["period"].astype(np.int64) - FIRST_INSIDE, 0)]
    row = products.mapping(column["product_id"].astype(np.int32), days)
    kind = column.get("kind", np.full(len(row), NORMAL))
    leaves = (column["direction"] == OUT) & (kind != CREDIT)
    sign = np.where((kind == RETURN) | ((kind == CREDIT) & (column["direction"] != IN)), -1, 1)
    sign = np.where(leaves, -sign, sign)
    factors, place = _factors(products, spelled, row, column["measure"])
    denominator = math.lcm(*(f.denominator for f in factors)) if factors else 1
    steps = np.array([f.numerator * (denominator // f.denominator) for f in factors], dtype=object)
    amounts = np.array(integers(table["total"]), dtype=object) * steps[place] * sign.astype(object)
    classes = len(records.classes)
    at = column["unit_id"].astype(np.int64) * classes + products.cls[row]
    known, group = np.unique(at, return_inverse=True)
    net = np.zeros(len(known), dtype=object)
    np.add.at(net, group, amounts)
    return Sums(known // classes, known % classes, net, denominator * 10**GRID_DIGITS)


def _factors(
    products: Products,
    spelled: Spellings,
    row: npt.NDArray[np.int32],
    measure: npt.NDArray[np.int16],
) -> tuple[list[Fraction], npt.NDArray[np.int64]]:
    """Distinct exact conversion factors, and which one each group of rows takes."""
    pairs, place = np.unique(
        np.stack([row, measure.astype(np.int32)], axis=1), axis=0, return_inverse=True
    )
    factors = [products.factor(int(r), spelled.measures[int(m)]) for r, m in pairs.tolist()]
    distinct = sorted(set(factors))
    index = {factor: i for i, factor in enumerate(distinct)}
    of_pair = np.array([index[factor] for factor in factors] or [0], dtype=np.int64)
    return distinct, of_pair[place.ravel()]


def exact_direct(store: RecordStore, account: Account) -> tuple[Objects, int]:
    """Direct emissions per unit in integers of ``10**-GRID_DIGITS`` tCO2e, and that grid's step."""
    count = len(account.records.units)
    total = np.zeros(count, dtype=object)
    if store.columns("direct") is not None:
        refs = {"unit_id": "units"}
        spelled = _scan(store, account, schema.DIRECT, refs, account.records.left_out_direct)
        table = store.exact(spelled.scan, "emission_tco2e", GRID_DIGITS)
        amounts = np.array(integers(table["total"]), dtype=object)
        np.add.at(total, table["unit_id"].to_numpy().astype(np.int64), amounts)
    return total, 10**GRID_DIGITS


def publish(
    values: Floats, bounds: Floats, decimals: int, class_ids: Sequence[str]
) -> tuple[list[int], list[Finding]]:
    """Benchmarks at a number of decimals, where their bounds prove every digit.

    Returns:
        Integers of ``10**-decimals``, and a finding per class whose digit is open.
    """
    step = 10**decimals
    published: list[int] = []
    findings = []
    for value, bound, name in zip(values.tolist(), bounds.tolist(), class_ids, strict=True):
        # A given value has no numerical error: it is the decimal that was written.
        details = {"decimals": decimals, "bound": f"{bound:.2g}", "number": f"{value:.17g}"}
        if not (math.isfinite(value) and math.isfinite(bound)):
            findings.append(Finding("digit_open", "classes", None, None, name, details))
            continue
        middle = exact(value) if bound == 0 else Fraction(value)
        low, high = (middle - Fraction(bound)) * step, (middle + Fraction(bound)) * step
        at_low = half_even(low.numerator, low.denominator)
        at_high = half_even(high.numerator, high.denominator)
        if at_low != at_high:
            findings.append(Finding("digit_open", "classes", None, None, name, details))
        published.append(at_low)
    return published, findings


def settle(
    store: RecordStore, account: Account, *, benchmark_decimals: int = 6, decimals: int = 3
) -> Settlement | list[Finding]:
    """Settle an account in integers.

    Args:
        store: the store the account was made from.
        account: any account over all direct emissions (scope ``all``).
        benchmark_decimals: places of tCO2e per class measure at which benchmarks are published.
        decimals: places of tCO2e at which R is settled.

    Returns:
        The settlement, or a finding per class whose digits are not proved, or for a scope that
        settlement does not know.
    """
    if account.method.scope != "all":
        return [Finding("settle_scope", "direct", None, None, account.method.scope)]
    flows = exact_flows(store, account)
    if flows is None:
        return [Finding("settle_too_large", "flows", None, "quantity")]
    direct, grid = exact_direct(store, account)
    values, bounds = account.benchmarks.value, account.benchmarks.bound
    published, findings = publish(values, bounds, benchmark_decimals, account.records.classes.ids)
    if findings:
        return findings
    # Everything on one grid: 1 / (flows.denominator · 10^benchmark_decimals · grid).
    c = np.array(published, dtype=object)
    embodied = c[flows.cls] * flows.net_intake if len(flows.cls) else np.zeros(0, dtype=object)
    scale = flows.denominator * 10**benchmark_decimals
    responsibility = direct * scale
    np.add.at(responsibility, flows.unit, embodied * grid)
    step = 10**decimals
    units = [half_even(int(r) * step, scale * grid) for r in responsibility]
    net_output = half_even(-int(sum(embodied)) * step, scale)
    total = half_even(int(sum(direct)) * step, grid)
    return Settlement(
        benchmark_decimals,
        published,
        decimals,
        units,
        net_output,
        total,
        total - sum(units) - net_output,
    )
