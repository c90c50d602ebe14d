"""From a record store to coded records: every fault found in one run.

    store ─▶ structure (tables, columns) ─▶ period ─▶ dimensions ─▶ flows, direct ─▶ totals

A broken table (absent, or without a required column) is reported and counts as empty; the tables
that refer to it are still checked for everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tanheng.accounting import schema
from tanheng.accounting.books import matrix
from tanheng.accounting.cells import PERIOD_INSIDE, judge_period
from tanheng.accounting.dimensions import (
    UNDECIDED,
    Dimensions,
    default_purposes,
    read_dimensions,
    read_exogenous,
    read_stocks,
    read_trade,
)
from tanheng.accounting.directrows import CARBON_DIOXIDE, FUEL_SOURCES, code_direct
from tanheng.accounting.flowrows import code_flows
from tanheng.accounting.method import Method
from tanheng.accounting.records import (
    Direct,
    Exogenous,
    Inputs,
    Outputs,
    PartitionKey,
    Purpose,
    Records,
    Stocks,
    Totals,
    Trade,
    add_up,
)
from tanheng.accounting.rows import profiled
from tanheng.accounting.schema import choice_named
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import Measure, UnknownMeasure, measure, normal

_BIG = ("flows", "direct")
_NO_YEAR = 1
# With these the records are not all there: what does not fit together would only mislead.
_INCOMPLETE = ("period_choose", "period_without_rows", "row_ragged", "file_unreadable")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: records where the structure allowed it, and everything found."""

    records: Records | None
    findings: Sequence[Finding]


def _broken_tables(store: RecordStore, findings: list[Finding]) -> set[str]:
    broken: set[str] = set()
    for table in schema.TABLES.values():
        present = store.columns(table.name)
        if present is None:
            if table.required:
                findings.append(Finding("table_missing", table.name))
                broken.add(table.name)
            continue
        missing = [c for c in table.columns if c.required and c.name not in present]
        already = any(f.table == table.name and f.code == "table_empty" for f in findings)
        if missing and not already:
            broken.add(table.name)
            findings.extend(
                Finding("column_missing", table.name, None, c.name, None, {"zh": c.zh})
                for c in missing
            )
        elif already:
            broken.add(table.name)
        elif table.required and store.count(table.name) == 0:
            broken.add(table.name)
            findings.append(Finding("table_empty", table.name))
    return broken


def _profiles(store: RecordStore, method: Method, broken: set[str]) -> dict[str, pa.Table]:
    """Distinct spellings and sums of the big tables."""
    fossil = ("gas", "source") if method.scope == "fossil_co2" else ()
    wanted = {
        "flows": (schema.FLOWS, "quantity", ("product_id",)),
        "direct": (schema.DIRECT, "emission_tco2e", fossil),
    }
    return {
        name: profiled(store, table, number, extra)
        for name, (table, number, extra) in wanted.items()
        if name not in broken and store.columns(name) is not None
    }


def periods_of(profiles: Mapping[str, pa.Table]) -> list[Period]:
    """Distinct periods that flows and direct rows are recorded for, in order."""
    found: set[Period] = set()
    for profile in profiles.values():
        for text in set(profile["period"].to_pylist()):
            try:
                found.add(Period.parse(text or ""))
            except ValueError:
                continue
    return sorted(found)


def choose_period(
    profiles: Mapping[str, pa.Table],
    wanted: Period | None,
    broken: set[str],
    findings: list[Finding],
) -> Period:
    """The period of the account: the one asked for, or the only year of the records.

    Where that cannot be told, any period is taken so that all other faults are found too.
    """
    known = periods_of(profiles)
    listed = ", ".join(str(period) for period in known[:12]) or "–"
    if wanted is not None:
        if not broken & set(_BIG) and not any(period.overlaps(wanted) for period in known):
            findings.append(
                Finding(
                    "period_without_rows",
                    "flows",
                    None,
                    "period",
                    str(wanted),
                    {"period": wanted, "known": listed},
                )
            )
        return wanted
    years = sorted({period.start.year for period in known})
    if len(years) == 1:
        return Period.year(years[0])
    if years:
        spelled = ", ".join(str(year) for year in years)
        findings.append(Finding("period_choose", "flows", None, "period", None, {"known": spelled}))
    elif not broken:
        findings.append(
            Finding(
                "period_without_rows",
                "flows",
                None,
                "period",
                None,
                {"period": "–", "known": listed},
            )
        )
    return Period.year(years[0] if years else _NO_YEAR)


def load(
    store: RecordStore, method: Method, period: Period | None = None, *, values: bool = False
) -> Loaded:
    """Read a record set for one period.

    Args:
        store: where the records are.
        method: choices that change what is read (services, scope).
        period: of the account; None takes the only year of the records.
        values: whether money values are needed (income, value-added α).

    Returns:
        The records, None where their structure does not allow any, and all findings.
    """
    findings = store.findings()
    broken = _broken_tables(store, findings)
    profiles = _profiles(store, method, broken)
    chosen = choose_period(profiles, period, broken, findings)
    dims = read_dimensions(store, findings, broken)
    exogenous = _exogenous(store, chosen, dims, broken, findings)
    skip = frozenset(broken & {"units", "products", "classes"})
    trade, foreign, stocks = _boundary(store, chosen, dims, broken, findings)
    store.index("units", pa.array(dims.units.ids, pa.string()))
    store.index("products", pa.array(dims.products.ids, pa.string()))
    if "supplier_id" in (store.columns("flows") or ()):
        store.index("suppliers", pa.array([*dims.units.ids, *foreign], pa.string()))
    big = _big_tables(store, profiles, dims, chosen, method, values, skip, findings)
    if broken or any(f.code in _INCOMPLETE for f in findings):
        return Loaded(None, findings)
    totals = _totals(store, profiles, chosen, dims, method, big.flows_without, big.direct_without)
    totals = replace(totals, most_rows=_most_rows(big, profiles))
    records = Records(
        store.label,
        chosen,
        dims.regions,
        dims.units,
        dims.classes,
        dims.products,
        big.inputs,
        big.outputs,
        big.direct,
        trade,
        stocks,
        exogenous,
        totals,
        big.flows_without,
        big.direct_without,
    )
    return Loaded(records, findings)


@dataclass(frozen=True, slots=True)
class _Big:
    """The big tables, coded, and the rows left out of them."""

    inputs: Inputs
    outputs: Outputs
    direct: Direct
    flows_without: Sequence[int]
    direct_without: Sequence[int]


def _big_tables(
    store: RecordStore,
    profiles: Mapping[str, pa.Table],
    dims: Dimensions,
    period: Period,
    method: Method,
    values: bool,
    skip: frozenset[str],
    findings: list[Finding],
) -> _Big:
    """Flows and direct emissions; a table without a profile is absent or broken."""
    for_flows, for_direct = default_purposes(dims.units.use, method.services)
    economic = bool((dims.units.partition_key == PartitionKey.ECONOMIC).any())
    (inputs, outputs), direct = _no_flows(), _no_direct()
    flows_without: list[int] = []
    direct_without: list[int] = []
    if "flows" in profiles:
        inputs, outputs, flows_without = code_flows(
            store,
            profiles["flows"],
            dims,
            period,
            for_flows,
            len(dims.units),
            values="needed" if values else "where given" if economic else "no",
            skip=skip,
            findings=findings,
        )
    if "direct" in profiles:
        direct, direct_without = code_direct(
            store,
            profiles["direct"],
            period,
            for_direct,
            fossil_only=method.scope == "fossil_co2",
            skip=skip,
            findings=findings,
        )
    if method.services == "makers" and not skip:
        inputs, direct = _settle_institutions(dims, inputs, outputs, direct)
    return _Big(inputs, outputs, direct, flows_without, direct_without)


def _most_rows(big: _Big, profiles: Mapping[str, pa.Table]) -> int:
    """No quantity of a unit is added up from more rows than this."""
    counted = [
        np.bincount(rows.unit).max(initial=1) for rows in (big.inputs, big.outputs, big.direct)
    ]
    flows = profiles.get("flows")
    if (
        flows is not None
        and len(flows)
        and len(big.inputs) + len(big.outputs) < pc.sum(flows["n"]).as_py()
    ):
        # The engine added rows up; of one product there are not more than this.
        counted.append(pc.max(flows["n"]).as_py())
    return int(max(counted))


def _settle_institutions(
    dims: Dimensions, inputs: Inputs, outputs: Outputs, direct: Direct
) -> tuple[Inputs, Direct]:
    """Default purposes of institutions when services are makers: production, if they sell any."""
    shape = (len(dims.units), len(dims.classes))
    sold = matrix(outputs.unit, outputs.cls, outputs.quantity, shape).tocoo()
    net = np.bincount(sold.row[sold.data > 0], minlength=shape[0]) > 0
    flows = np.where(net, Purpose.MATERIAL, Purpose.DAILY).astype(np.int8)
    burnt = np.where(net, Purpose.ENERGY, Purpose.DAILY).astype(np.int8)
    purpose = np.where(inputs.purpose == UNDECIDED, flows[inputs.unit], inputs.purpose)
    of_direct = np.where(direct.purpose == UNDECIDED, burnt[direct.unit], direct.purpose)
    return replace(inputs, purpose=purpose), replace(direct, purpose=of_direct)


def _no_flows() -> tuple[Inputs, Outputs]:
    ints, numbers = np.zeros(0, dtype=np.int32), np.zeros(0)
    return (
        Inputs(ints, ints, numbers, ints.astype(np.int8)),
        Outputs(ints, ints, numbers),
    )


def _no_direct() -> Direct:
    ints = np.zeros(0, dtype=np.int32)
    return Direct(ints, ints.astype(np.int8), np.zeros(0))


def _exogenous(
    store: RecordStore, period: Period, dims: Dimensions, broken: set[str], findings: list[Finding]
) -> Exogenous:
    if store.columns("exogenous") is None or broken & {"exogenous", "products", "classes"}:
        count = len(dims.classes)
        return Exogenous(np.full(count, np.nan), np.full(count, np.nan), [""] * count)
    return read_exogenous(store, period, dims.classes, findings)


def _boundary(
    store: RecordStore, period: Period, dims: Dimensions, broken: set[str], findings: list[Finding]
) -> tuple[Trade, list[str], Stocks]:
    ints, numbers = np.zeros(0, dtype=np.int32), np.zeros(0)
    trade = Trade(ints, ints.astype(bool), ints, numbers, ints, [], ints)
    foreign: list[str] = []
    stocks = Stocks(ints, ints, numbers)
    usable = not broken & {"units", "products", "classes"}
    if store.columns("trade") is not None and "trade" not in broken and usable:
        trade, foreign = read_trade(store, period, dims, findings)
    if store.columns("stocks") is not None and "stocks" not in broken and usable:
        stocks = read_stocks(store, period, dims, findings)
    return trade, foreign, stocks


def _encoded(table: pa.Table, column: str) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    if column not in table.column_names:
        return np.zeros(len(table), dtype=np.int64), [None]
    chunk = table[column].combine_chunks().dictionary_encode(null_encoding="encode")
    return chunk.indices.to_numpy().astype(np.int64), chunk.dictionary.to_pylist()


def _flow_totals(sums: pa.Table, period: Period, dims: Dimensions) -> Totals:
    """Class quantities put out and taken in, from sums the store makes per spelling."""
    classes = len(dims.classes)
    made, used = np.zeros(classes), np.zeros(classes)
    used_rows = np.zeros(classes, dtype=np.int64)
    codes = {
        column: _encoded(sums, column) for column in ("measure", "direction", "kind", "period")
    }
    measures = [_measure(text) for text in codes["measure"][1]]
    leaves = [_named(schema.FLOWS, "direction", text) == "out" for text in codes["direction"][1]]
    kinds = [_named(schema.FLOWS, "kind", text) or "normal" for text in codes["kind"][1]]
    starts = [_start(text, period) for text in codes["period"][1]]
    products = dims.products
    ids = pa.array(products.ids, pa.string())
    found = pc.index_in(sums["product_id"].combine_chunks(), value_set=ids)
    code = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    starts_of = np.array([start or 0 for start in starts], dtype=np.int64)
    days = starts_of[codes["period"][0]]
    row = products.mapping(code, days)
    inside = np.array([start is not None for start in starts], dtype=bool)
    counted = inside[codes["period"][0]] & (row >= 0)
    size = np.array([float(m.factor) if m else 0.0 for m in measures])[codes["measure"][0]]
    sign = np.array([-1.0 if kind == "return" else 1.0 for kind in kinds])[codes["kind"][0]]
    credit = np.array([kind == "byproduct_credit" for kind in kinds], dtype=bool)[codes["kind"][0]]
    goes_out = np.array(leaves, dtype=bool)[codes["direction"][0]]
    recorded = np.where(counted, sums["total"].to_numpy(), 0.0)
    amount = recorded * size * sign * np.where(credit & goes_out, -1.0, 1.0)
    if len(products.scale):
        amount = np.where(counted, amount * products.scale[np.maximum(row, 0)], 0.0)
        cls, is_made = products.cls[np.maximum(row, 0)], goes_out & ~credit
        made += add_up(cls[is_made], amount[is_made], classes)
        used += add_up(cls[~is_made], amount[~is_made], classes)
        rows = np.where(counted, sums["n"].to_numpy(), 0)
        used_rows += add_up(cls[~is_made], rows[~is_made], classes).astype(np.int64)
    return Totals(made, used, used_rows, 0.0, 1)


def _measure(text: str | None) -> Measure | None:
    try:
        return measure(text or "")
    except UnknownMeasure:
        return None


def _named(table: schema.Table, column: str, text: str | None) -> str | None:
    return None if text is None else choice_named(table.column(column), text)


def _start(text: str | None, period: Period) -> int | None:
    """First day of a period inside the account's, None for all others."""
    if text is None or judge_period(text, period) != PERIOD_INSIDE:
        return None
    return Period.parse(text).start.toordinal()


def _totals(
    store: RecordStore,
    profiles: Mapping[str, pa.Table],
    period: Period,
    dims: Dimensions,
    method: Method,
    flows_without: Sequence[int],
    direct_without: Sequence[int],
) -> Totals:
    """Sums by the store itself, for the check on conservation."""

    def again(name: str, number: str, without: Sequence[int]) -> pa.Table | None:
        """The profile; taken anew where rows were left out."""
        profile = profiles.get(name)
        if profile is None or not without:
            return profile
        by = [c for c in profile.column_names if c not in ("n", "total")]
        return store.totals(name, by, number, without)

    flows = again("flows", "quantity", flows_without)
    classes = len(dims.classes)
    totals = Totals(np.zeros(classes), np.zeros(classes), np.zeros(classes, dtype=np.int64), 0.0, 1)
    if flows is not None:
        totals = _flow_totals(flows, period, dims)
    direct = again("direct", "emission_tco2e", direct_without)
    if direct is None:
        return totals
    fossil = method.scope == "fossil_co2"
    total = 0.0
    for entry in direct.to_pylist():
        inside = _start(entry["period"], period) is not None
        gas, source = normal(entry.get("gas") or ""), normal(entry.get("source") or "")
        burnt = gas.casefold() in CARBON_DIOXIDE and source.casefold() in FUEL_SOURCES
        if inside and (burnt or not fossil):
            total += entry["total"]
    return replace(totals, direct_tco2e=total)
