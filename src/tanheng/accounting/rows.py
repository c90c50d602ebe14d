"""Coding the big tables: rows of flows and direct emissions, batch by batch.

A clean table is read once. Where a batch has a fault, the table is read a second time with row
numbers and the cells as written, by the same rules, to say where and why; so a fault costs time
only where there is one, and no row is ever held as an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tanheng.accounting import schema
from tanheng.accounting.cells import (
    PERIOD_COARSE,
    PERIOD_INSIDE,
    PERIOD_INVALID,
    PERIOD_OTHER,
    judge_period,
)
from tanheng.accounting.records import Floats
from tanheng.accounting.schema import Table, choice_named
from tanheng.accounting.store import BLANK, UNKNOWN, RecordStore, Scan
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import Measure, UnknownMeasure, measure, normal

Mask = npt.NDArray[np.bool_]
Batch = Mapping[str, npt.NDArray[Any]]
FIRST_INSIDE = 10  # codes from here on are distinct period spellings inside the account's period


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


def profiled(store: RecordStore, table: Table, number: str, extra: Sequence[str] = ()) -> pa.Table:
    """Distinct combinations of a table's choices, with rows ``n`` and the ``total`` of a number.

    One pass that serves three ends: what spellings there are, which periods, and the sums that
    conservation is checked against.
    """
    present = store.columns(table.name) or frozenset()
    by = [
        c.name
        for c in table.columns
        if c.name in present and (c.kind in ("choice", "period", "measure") or c.name in extra)
    ]
    return store.totals(table.name, by, number, ())


def spell(
    store: RecordStore,
    table: Table,
    period: Period,
    profile: pa.Table,
    refs: Mapping[str, str],
    numbers: Sequence[str],
) -> Spellings:
    """Look at the distinct spellings of a table's choices and prepare its scan."""
    present = store.columns(table.name) or frozenset()
    choices: dict[str, dict[str, int]] = {}
    result = Spellings(Scan(table.name, {}, {}, [], {}))
    starts: list[int] = []
    inside: set[Period] = set()
    for column in table.columns:
        name = column.name
        if name not in profile.column_names or column.kind not in ("choice", "period", "measure"):
            continue
        distinct = set(pc.unique(profile[name]).to_pylist())
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
                    code = FIRST_INSIDE + len(starts)
                    starts.append(own.start.toordinal())
                choices[name][text] = code
    keep = {}
    if "period" in choices:
        kept = {code for code in choices["period"].values() if code != PERIOD_OTHER}
        keep = {"period": sorted(kept | {BLANK})}
        outside = [text for text, code in choices["period"].items() if code == PERIOD_OTHER]
        elsewhere = pc.is_in(profile["period"], value_set=pa.array(outside, pa.string()))
        result.others = pc.sum(profile.filter(elsewhere)["n"]).as_py() or 0
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
            texts = (
                batch.column(raw).take(pa.array(where)).to_pylist()
                if raw in batch.schema.names
                else [None] * len(where)
            )
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


def choice_faults(batch: Batch, table: Table, scan: Scan) -> list[Fault]:
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
            faults.append(Fault("unknown_choice", name, codes == UNKNOWN, _choices_of(column)))
    return faults


def _choices_of(column: schema.Column) -> Callable[[int], Mapping[str, object]]:
    known = ", ".join(column.choices or {})
    return lambda _: {"known": known}


def coarse(batch: Batch, period: Period) -> Fault:
    """Rows that cover more than the account's period."""
    return Fault(
        "period_too_coarse",
        "period",
        batch["period"] == PERIOD_COARSE,
        lambda _: {"period": period},
    )


def refer_faults(batch: Batch, column: str, to: str) -> list[Fault]:
    """Blank identifiers, and such as are not in the table they refer to."""
    return [
        Fault("missing_value", column, batch[column] == BLANK),
        Fault("unknown_id", column, batch[column] == UNKNOWN, lambda _: {"to": to}),
    ]


def least(batch: Batch, column: str) -> Floats:
    """The least value behind a number: of the group where rows were added up."""
    return np.asarray(batch.get(f"min_{column}", batch[column]), dtype=np.float64)


def optional(batch: Batch, column: str, default: int) -> npt.NDArray[np.int16]:
    """Codes of a choice that may be absent or blank: then ``default``."""
    if column not in batch:
        return np.full(len(next(iter(batch.values()))), default, dtype=np.int16)
    codes = np.asarray(batch[column])
    return np.where(codes == BLANK, default, codes).astype(np.int16)


@dataclass(slots=True)
class Columns:
    """Columns of arrays that grow batch by batch."""

    parts: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)

    def add(self, **arrays: npt.NDArray[Any]) -> None:
        """Append one batch."""
        for name, array in arrays.items():
            self.parts.setdefault(name, []).append(array)

    def take(self, name: str, kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """One column whole; its parts are given up, so a big table is held once."""
        parts = self.parts.pop(name, [])
        if not parts:
            return np.zeros(0, dtype=kind)
        whole = np.empty(sum(len(part) for part in parts), dtype=parts[0].dtype)
        end = len(whole)
        while parts:
            # From the back, so that each part is freed once it is copied.
            part = parts.pop()
            whole[end - len(part) : end] = part
            end -= len(part)
        return whole

    def maybe(self, name: str) -> npt.NDArray[Any] | None:
        """A column that may be absent."""
        return self.take(name, np.float64) if name in self.parts else None
