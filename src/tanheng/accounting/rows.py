"""Coding the big tables: rows of flows and direct emissions, batch by batch.

A clean table is read once. Where a batch has a fault, the table is read a second time with row
numbers and the cells as written, by the same rules, to say where and why; so a fault costs time only where there is
one, and no row is ever held as an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tanheng.accounting import schema
from tanheng.accounting.cells import (
    PERIOD_COARSE,
    PERIOD_INSIDE,
    PERIOD_INVALID,
    PERIOD_OTHER,
    judge_period,
    other_period,
)
from tanheng.accounting.dimensions import Dimensions
from tanheng.accounting.records import Codes, Direct, Floats, Inputs, Ints, Outputs
from tanheng.accounting.schema import Table, choice_named
from tanheng.accounting.store import BLANK, UNKNOWN, RecordStore, Scan
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import Measure, UnknownMeasure, measure, normal

Mask = npt.NDArray[np.bool_]
Batch = Mapping[str, npt.NDArray[np.generic]]
_FIRST_INSIDE = 10  # codes from here on are distinct period spellings inside the account's period

NORMAL, CREDIT, RETURN = 0, 1, 2
IN, OUT = 0, 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault found in a batch: where, and how to say it."""

    code: str
    column: str
    mask: Mask
    details: Callable[[int], Mapping[str, object]] = lambda _: {}
    keeps_row: bool = False


@dataclass(slots=True)
class Spellings:
    """What the spellings of a table's choice columns mean."""

    scan: Scan
    measures: list[Measure] = field(default_factory=list)
    starts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    others: int = 0


def _choice_codes(column: schema.Column, spellings: set[str | None]) -> dict[str, int]:
    order = list(column.choices or {})
    codes = {}
    for text in spellings:
        if text is None:
            continue
        named = choice_named(column, text)
        blank = not normal(text)
        codes[text] = BLANK if blank else UNKNOWN if named is None else order.index(named)
    return codes


def spell(
    store: RecordStore, table: Table, period: Period, refs: Mapping[str, str], numbers: Sequence[str]
) -> Spellings:
    """Look at the distinct spellings of a table's choices and prepare its scan."""
    present = store.columns(table.name) or frozenset()
    names = [c.name for c in table.columns
             if c.name in present and c.kind in ("choice", "period", "measure")]  # fmt: skip
    found = store.distinct(table.name, names) if names else None
    columns = {name: found[name].to_pylist() for name in names} if found is not None else {}
    counts = found["n"].to_pylist() if found is not None else []
    choices: dict[str, dict[str, int]] = {}
    result = Spellings(Scan(table.name, {}, {}, [], {}))
    starts: list[int] = []
    inside: set[Period] = set()
    for name in names:
        column = table.column(name)
        distinct = set(columns[name])
        if column.kind == "choice":
            choices[name] = _choice_codes(column, distinct)
        elif column.kind == "measure":
            choices[name] = _measure_codes(distinct, result.measures)
        else:
            choices[name] = {}
            for text in sorted(text for text in distinct if text is not None):
                code = judge_period(text, period) if normal(text) else BLANK
                if code == PERIOD_INSIDE:
                    own = Period.parse(text)
                    inside.add(own)
                    code = _FIRST_INSIDE + len(starts)
                    starts.append(own.start.toordinal())
                choices[name][text] = code
    keep = {}
    if "period" in choices:
        kept = {code for code in choices["period"].values() if code != PERIOD_OTHER}
        keep = {"period": sorted(kept | {BLANK})}
        outside = {text for text, code in choices["period"].items() if code == PERIOD_OTHER}
        result.others = sum(
            n for text, n in zip(columns["period"], counts, strict=True) if text in outside
        )
    result.starts = np.array(starts or [0], dtype=np.int64)
    result.scan = Scan(
        table.name,
        {column: index for column, index in refs.items() if column in present},
        choices,
        [name for name in numbers if name in present],
        keep,
        # Rows finer than the account repeat by construction: let the engine add them up.
        grouped=len(inside) > 1,
    )
    return result


def _measure_codes(spellings: set[str | None], known: list[Measure]) -> dict[str, int]:
    codes: dict[str, int] = {}
    for text in sorted(text for text in spellings if text is not None):
        if not normal(text):
            codes[text] = BLANK
            continue
        try:
            codes[text] = len(known)
            known.append(measure(text))
        except UnknownMeasure:
            codes[text] = UNKNOWN
    return codes


def batches(store: RecordStore, scan: Scan) -> Iterator[tuple[Batch, pa.RecordBatch]]:
    """Coded batches as arrays, with the batch they came in."""
    for batch in store.scan(scan):
        arrays = {
            name: batch.column(i).to_numpy(zero_copy_only=False)
            for i, name in enumerate(batch.schema.names)
            if not name.startswith("raw_")
        }
        yield arrays, batch


def located(
    store: RecordStore,
    spelled: Spellings,
    judge: Callable[[Batch], list[Fault]],
    findings: list[Finding],
) -> list[int]:
    """Read a table again, with row numbers, and report its faults; returns the rows left out."""
    table = spelled.scan.table
    left_out: list[int] = []
    for arrays, batch in batches(store, replace(spelled.scan, rows=True, grouped=False)):
        rows = arrays["_row"]
        for fault in judge(arrays):
            where = np.flatnonzero(fault.mask)
            if not len(where):
                continue
            raw = f"raw_{fault.column}"
            texts = batch.column(raw).take(pa.array(where)).to_pylist() \
                if raw in batch.schema.names else [None] * len(where)  # fmt: skip
            numbers = rows[where].tolist()
            if not fault.keeps_row:
                left_out.extend(numbers)
            for position, number, text in zip(where.tolist(), numbers, texts, strict=True):
                code = _exact_code(fault.code, text)
                details = fault.details(position)
                findings.append(Finding(code, table, number, fault.column, text, details))
    return sorted(set(left_out))


def _exact_code(code: str, text: str | None) -> str:
    """A number that is not finite: empty, not a number at all, or infinite."""
    if code != "not_finite":
        return code
    if text is None or not text.strip():
        return "missing_value"
    try:
        float(text)
    except ValueError:
        return "not_a_number"
    return code


def _choice_faults(batch: Batch, table: Table, scan: Scan) -> list[Fault]:
    """Blank required choices, and spellings that mean nothing."""
    faults = []
    for name in scan.choices:
        column = table.column(name)
        codes = batch[name]
        if name == "period":
            faults.append(Fault("period_missing", name, codes == BLANK))
            faults.append(Fault("period_invalid", name, codes == PERIOD_INVALID))
            continue
        if column.required:
            faults.append(Fault("missing_value", name, codes == BLANK))
        if column.kind == "measure":
            faults.append(Fault("unknown_measure", name, codes == UNKNOWN))
        else:
            known = ", ".join(column.choices or {})
            faults.append(
                Fault("unknown_choice", name, codes == UNKNOWN, lambda _, known=known: {"known": known})
            )
    return faults


def _coarse(batch: Batch, period: Period) -> Fault:
    return Fault(
        "period_too_coarse", "period", batch["period"] == PERIOD_COARSE, lambda _: {"period": period}
    )


def _refer_faults(batch: Batch, column: str, to: str) -> list[Fault]:
    return [
        Fault("missing_value", column, batch[column] == BLANK),
        Fault("unknown_id", column, batch[column] == UNKNOWN, lambda _: {"to": to}),
    ]


def _least(batch: Batch, column: str) -> Floats:
    """The least value behind a number: of the group where rows were added up."""
    return np.asarray(batch.get(f"min_{column}", batch[column]), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class FlowRules:
    """How rows of ``flows`` are judged and turned into class quantities."""

    dims: Dimensions
    period: Period
    spelled: Spellings
    skip: frozenset[str]
    needs_value: bool

    def mappings(self, batch: Batch) -> Ints:
        """Product mapping of each row, ``-1`` where there is none."""
        codes = np.asarray(batch["product_id"], dtype=np.int32)
        if not self.dims.products.dated:
            return self.dims.products.mapping(codes, 0)
        return self.dims.products.mapping(codes, self._days(batch))

    def _days(self, batch: Batch) -> npt.NDArray[np.int64]:
        inside = np.asarray(batch["period"], dtype=np.int64) - _FIRST_INSIDE
        return self.spelled.starts[np.maximum(inside, 0)]

    def factors(self, batch: Batch, mapping: Ints) -> tuple[Floats, Mask]:
        """Class measures per recorded measure, and where the two do not convert."""
        measures, products = self.spelled.measures, self.dims.products
        if not measures or not len(products.scale):
            return np.zeros(len(mapping)), np.zeros(len(mapping), dtype=bool)
        dimensions = sorted({m.dimension for m in measures} | set(products.dimension))
        number = {name: i for i, name in enumerate(dimensions)}
        of_measure = np.array([number[m.dimension] for m in measures], dtype=np.int16)
        of_product = np.array([number[name] for name in products.dimension], dtype=np.int16)
        size = np.array([float(m.factor) for m in measures])
        code, row = np.asarray(batch["measure"]), np.maximum(mapping, 0)
        known = (code >= 0) & (mapping >= 0)
        safe = np.maximum(code, 0)
        mismatch = known & (of_measure[safe] != of_product[row])
        # size × scale is 1 exactly where the measures are the same, as the scale is its reciprocal
        # rounded once; the product is at most one unit in the last place off otherwise.
        return size[safe] * products.scale[row], mismatch

    def judge(self, batch: Batch) -> list[Fault]:
        """All faults of a batch."""
        faults = _choice_faults(batch, schema.FLOWS, self.spelled.scan)
        faults.append(_coarse(batch, self.period))
        if "units" not in self.skip:
            faults += _refer_faults(batch, "unit_id", "units")
        mapping = self.mappings(batch)
        if "products" not in self.skip:
            product = batch["product_id"]
            faults += _refer_faults(batch, "product_id", "products")
            faults.append(Fault("product_not_valid", "product_id", (product >= 0) & (mapping < 0),
                                lambda i: {"day": date.fromordinal(int(self._days(batch)[i]))}))  # fmt: skip
        _, mismatch = self.factors(batch, mapping)
        ids, own = self.dims.products.ids, self.dims.products.measure
        faults.append(Fault("measure_mismatch", "measure", mismatch, lambda i: {
            "expected": own[mapping[i]], "of": f"product {ids[int(batch['product_id'][i])]}"}))  # fmt: skip
        quantity = np.asarray(batch["quantity"], dtype=np.float64)
        kind = _optional(batch, "kind", NORMAL)
        faults.append(Fault("not_finite", "quantity", ~np.isfinite(quantity)))
        faults.append(Fault("negative", "quantity", (_least(batch, "quantity") < 0) & (kind != CREDIT)))
        for name, code in (("value", "negative_value"), ("partition_weight", "negative")):
            if name in batch:
                faults.append(Fault("not_finite", name, np.isinf(batch[name])))
                faults.append(Fault(code, name, (_least(batch, name) < 0) & (kind != CREDIT)))
        if self.needs_value:
            blank = np.isnan(batch["value"]) if "value" in batch else np.ones(len(quantity), dtype=bool)
            faults.append(Fault("value_missing", "value", blank, keeps_row=True))
        if "supplier_id" in batch and "units" not in self.skip:
            faults.append(Fault("unknown_supplier", "supplier_id", batch["supplier_id"] == UNKNOWN,
                                keeps_row=True))  # fmt: skip
        return faults


def _optional(batch: Batch, column: str, default: int) -> npt.NDArray[np.int16]:
    if column not in batch:
        return np.full(len(next(iter(batch.values()))), default, dtype=np.int16)
    codes = np.asarray(batch[column])
    return np.where(codes == BLANK, default, codes).astype(np.int16)


@dataclass(slots=True)
class Columns:
    """Columns of arrays that grow batch by batch."""

    parts: dict[str, list[npt.NDArray[np.generic]]] = field(default_factory=dict)

    def add(self, **arrays: npt.NDArray[np.generic]) -> None:
        """Append one batch."""
        for name, array in arrays.items():
            self.parts.setdefault(name, []).append(array)

    def take(self, name: str, kind: npt.DTypeLike) -> npt.NDArray[np.generic]:
        """One column whole; its parts are given up, so a big table is held once."""
        parts = self.parts.pop(name, [])
        return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def code_flows(
    store: RecordStore,
    dims: Dimensions,
    period: Period,
    defaults: Ints,
    units_known: int,
    *,
    values: Literal["no", "where given", "needed"],
    skip: frozenset[str],
    findings: list[Finding],
) -> tuple[Inputs, Outputs, list[int]]:
    """Input and output rows in class measures, and the row numbers left out for their faults.

    Args:
        defaults: default purpose per unit.
        units_known: suppliers below this code are units, others foreign.
        values: whether money values are read, and whether each row must have one.
    """
    numbers = ["quantity", "partition_weight", *(["value"] if values != "no" else [])]
    refs = {"unit_id": "units", "product_id": "products", "supplier_id": "suppliers"}
    spelled = spell(store, schema.FLOWS, period, refs, numbers)
    if spelled.others:
        findings.append(other_period("flows", spelled.others, period))
    rules = FlowRules(dims, period, spelled, skip, values == "needed")
    entering, leaving = Columns(), Columns()
    faulty = False
    for batch, _ in batches(store, spelled.scan):
        faults = rules.judge(batch)
        bad = np.zeros(len(batch["quantity"]), dtype=bool)
        for fault in faults:
            faulty = faulty or bool(fault.mask.any())
            if not fault.keeps_row:
                bad |= fault.mask
        if skip:
            continue
        _collect(batch, rules, bad, defaults, units_known, entering, leaving)
    left_out = located(store, spelled, rules.judge, findings) if faulty else []
    if spelled.scan.grouped and left_out:
        # A group with one faulty row must lose that row only.
        spelled.scan = replace(spelled.scan, without=left_out)
        entering, leaving = Columns(), Columns()
        for batch, _ in batches(store, spelled.scan):
            clean = np.zeros(len(batch["quantity"]), dtype=bool)
            _collect(batch, rules, clean, defaults, units_known, entering, leaving)
    return _inputs(entering), _outputs(leaving), left_out


def _collect(
    batch: Batch, rules: FlowRules, bad: Mask, defaults: Ints, units_known: int,
    entering: Columns, leaving: Columns,
) -> None:  # fmt: skip
    mapping = rules.mappings(batch)
    factor, _ = rules.factors(batch, mapping)
    quantity = np.asarray(batch["quantity"], dtype=np.float64) * factor
    unit = np.asarray(batch["unit_id"], dtype=np.int32)
    kind = _optional(batch, "kind", NORMAL)
    direction = np.asarray(batch["direction"])
    credit_out = (kind == CREDIT) & (direction == OUT)
    sign = np.where((kind == RETURN) | credit_out, -1.0, 1.0) if "kind" in batch else 1.0
    quantity = quantity * sign
    goes_out = (direction == OUT) & ~credit_out & ~bad
    goes_in = ~goes_out & ~bad
    cls = rules.dims.products.cls[np.maximum(mapping, 0)] if len(rules.dims.products.cls) else mapping
    # Money follows the effect: goods sent back and credits take their value away.
    money_sign = np.where(kind == NORMAL, 1.0, -1.0) if "kind" in batch else 1.0
    money = {"value": np.abs(np.asarray(batch["value"])) * money_sign} if "value" in batch else {}
    weight = {"weight": np.asarray(batch["partition_weight"])} if "partition_weight" in batch else {}
    chosen = {"unit": unit, "cls": cls, "quantity": quantity, **money}
    leaving.add(**{name: array[goes_out] for name, array in {**chosen, **weight}.items()})
    purpose = _optional(batch, "purpose", -1).astype(np.int8)
    by_unit = defaults[np.maximum(unit, 0)].astype(np.int8) if len(defaults) else purpose
    chosen["purpose"] = np.where(purpose < 0, by_unit, purpose)
    if "supplier_id" in batch:
        who = np.asarray(batch["supplier_id"], dtype=np.int32)
        chosen["supplier"] = np.where(who < 0, -1, np.where(who >= units_known, -2, who)).astype(np.int32)
    entering.add(**{name: array[goes_in] for name, array in chosen.items()})


def _inputs(parts: Columns) -> Inputs:
    optional = {
        name: parts.take(name, kind) if name in parts.parts else None
        for name, kind in (("supplier", np.int32), ("value", np.float64))
    }
    return Inputs(
        parts.take("unit", np.int32), parts.take("cls", np.int32), parts.take("quantity", np.float64),
        parts.take("purpose", np.int8), **optional,
    )  # type: ignore[arg-type]  # fmt: skip


def _outputs(parts: Columns) -> Outputs:
    optional = {
        name: parts.take(name, np.float64) if name in parts.parts else None
        for name in ("weight", "value")
    }
    return Outputs(
        parts.take("unit", np.int32), parts.take("cls", np.int32),
        parts.take("quantity", np.float64), **optional,
    )  # type: ignore[arg-type]  # fmt: skip


FUEL_SOURCES = frozenset({"fuel", "fuel combustion", "combustion", "燃料", "燃料燃烧", "化石燃料燃烧"})
CARBON_DIOXIDE = frozenset({"co2", "二氧化碳"})
_NO, _YES = 0, 1


@dataclass(frozen=True, slots=True)
class DirectRules:
    """How rows of ``direct`` are judged."""

    period: Period
    spelled: Spellings
    skip: frozenset[str]

    def judge(self, batch: Batch) -> list[Fault]:
        """All faults of a batch."""
        faults = [
            fault
            for fault in _choice_faults(batch, schema.DIRECT, self.spelled.scan)
            if fault.column not in ("gas", "source")
        ]
        faults.append(_coarse(batch, self.period))
        if "units" not in self.skip:
            faults += _refer_faults(batch, "unit_id", "units")
        amount = np.asarray(batch["emission_tco2e"], dtype=np.float64)
        capture = _optional(batch, "kind", 0) == 1
        faults.append(Fault("not_finite", "emission_tco2e", ~np.isfinite(amount)))
        faults.append(Fault("negative", "emission_tco2e", ~capture & (amount < 0)))
        faults.append(Fault("capture_positive", "emission_tco2e", capture & (amount > 0)))
        if "gas" in batch:
            gas, source = batch["gas"], batch["source"]
            open_ = ((gas == BLANK) & (source != _NO)) | ((source == BLANK) & (gas != _NO))
            faults.append(Fault("scope_unknown", "source", open_))
        return faults

    def counted(self, batch: Batch) -> Mask:
        """Rows within the scope."""
        if "gas" not in batch:
            return np.ones(len(batch["emission_tco2e"]), dtype=bool)
        return np.asarray((batch["gas"] == _YES) & (batch["source"] == _YES))


def _fossil(store: RecordStore, scan: Scan) -> Scan:
    """The scan with ``gas`` and ``source`` read as yes or no: is it CO2 from burning fuel?"""
    choices = dict(scan.choices)
    present = store.columns("direct") or frozenset()
    for column, yes in (("gas", CARBON_DIOXIDE), ("source", FUEL_SOURCES)):
        if column in present:
            texts = store.distinct("direct", [column])[column].to_pylist()
            choices[column] = {
                text: (_YES if normal(text).casefold() in yes else _NO) if normal(text) else BLANK
                for text in texts
                if text is not None
            }
    return replace(scan, choices=choices)


def code_direct(
    store: RecordStore,
    period: Period,
    defaults: Ints,
    *,
    fossil_only: bool,
    skip: frozenset[str],
    findings: list[Finding],
) -> tuple[Direct, list[int]]:
    """Direct emissions row by row, and the row numbers left out for their faults."""
    spelled = spell(store, schema.DIRECT, period, {"unit_id": "units"}, ["emission_tco2e"])
    spelled.scan = replace(spelled.scan, grouped=False)
    if fossil_only:
        spelled.scan = _fossil(store, spelled.scan)
    if spelled.others:
        findings.append(other_period("direct", spelled.others, period))
    rules = DirectRules(period, spelled, skip)
    columns = Columns()
    faulty = False
    for plain, _ in batches(store, spelled.scan):
        batch = _with_scope(plain, fossil_only)
        bad = ~rules.counted(batch)
        for fault in rules.judge(batch):
            faulty = faulty or bool(fault.mask.any())
            bad |= fault.mask
        if skip:
            continue
        unit = np.asarray(batch["unit_id"], dtype=np.int32)
        purpose: Codes = _optional(batch, "purpose", -1).astype(np.int8)
        by_unit = defaults[np.maximum(unit, 0)].astype(np.int8) if len(defaults) else purpose
        purpose = np.where(purpose < 0, by_unit, purpose).astype(np.int8)
        amount = np.asarray(batch["emission_tco2e"], dtype=np.float64)
        columns.add(unit=unit[~bad], purpose=purpose[~bad], amount=amount[~bad])
    left_out = []
    if faulty:
        left_out = located(
            store, spelled, lambda batch: rules.judge(_with_scope(batch, fossil_only)), findings
        )
    direct = Direct(
        columns.take("unit", np.int32), columns.take("purpose", np.int8),
        columns.take("amount", np.float64),
    )  # type: ignore[arg-type]  # fmt: skip
    return direct, left_out


def _with_scope(batch: Batch, fossil_only: bool) -> Batch:
    """The batch with ``gas`` and ``source`` columns, blank where the records have none."""
    if not fossil_only:
        return batch
    blank = np.full(len(batch["emission_tco2e"]), BLANK, dtype=np.int16)
    return {"gas": blank, "source": blank, **batch}
