"""Coding rows of ``flows``: what units take in and put out, in class measures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tanheng.accounting import schema
from tanheng.accounting.cells import other_period
from tanheng.accounting.dimensions import Dimensions
from tanheng.accounting.records import Floats, Inputs, Ints, Outputs
from tanheng.accounting.rows import (
    FIRST_INSIDE,
    Batch,
    Columns,
    Fault,
    Mask,
    Spellings,
    batches,
    choice_faults,
    coarse,
    least,
    located,
    optional,
    refer_faults,
    spell,
)
from tanheng.accounting.store import UNKNOWN, RecordStore
from tanheng.errors import Finding
from tanheng.period import Period

NORMAL, CREDIT, RETURN = 0, 1, 2
IN, OUT = 0, 1


class FlowRules:
    """How rows of ``flows`` are judged and turned into class quantities."""

    def __init__(
        self,
        dims: Dimensions,
        period: Period,
        spelled: Spellings,
        skip: frozenset[str],
        *,
        needs_value: bool,
    ) -> None:
        self.dims = dims
        self.period = period
        self.spelled = spelled
        self.skip = skip
        self.needs_value = needs_value

    @cached_property
    def _factor_table(self) -> tuple[Floats, Mask]:
        """Class measures per recorded measure, and what does not convert: measures × mappings."""
        measures, products = self.spelled.measures, self.dims.products
        names = {name: i for i, name in enumerate(sorted(set(products.dimension)))}
        of_product = np.array([names[name] for name in products.dimension], dtype=np.int32)
        of_measure = np.array([names.get(m.dimension, -1) for m in measures], dtype=np.int32)
        size = np.array([float(m.factor) for m in measures], dtype=np.float64)
        factor = size[:, None] * products.scale[None, :]
        # Where measure and product are the same, the two factors are reciprocals rounded once.
        factor[np.abs(factor - 1.0) < 1e-15] = 1.0
        return factor, of_measure[:, None] != of_product[None, :]

    def mappings(self, batch: Batch) -> Ints:
        """Product mapping of each row, ``-1`` where there is none."""
        codes = np.asarray(batch["product_id"], dtype=np.int32)
        days = self._days(batch) if self.dims.products.dated else 0
        return self.dims.products.mapping(codes, days)

    def _days(self, batch: Batch) -> npt.NDArray[np.int64]:
        inside = np.asarray(batch["period"], dtype=np.int64) - FIRST_INSIDE
        return self.spelled.starts[np.maximum(inside, 0)]

    def converted(self, batch: Batch, mapping: Ints) -> tuple[Floats, Mask | None]:
        """Quantities in class measures, and where measures do not convert (None: nowhere)."""
        quantity = np.asarray(batch["quantity"], dtype=np.float64)
        factor, mismatch = self._factor_table
        if not factor.size:
            return quantity, None
        code, row = np.asarray(batch["measure"]), mapping
        known = None
        if code.min(initial=0) < 0 or row.min(initial=0) < 0:
            known = (code >= 0) & (mapping >= 0)
            code, row = np.maximum(code, 0), np.maximum(row, 0)
        at = row if len(factor) == 1 else code.astype(np.int64) * factor.shape[1] + row
        if not (factor == 1.0).all():
            quantity = quantity * factor.ravel()[at]
        if not mismatch.any():
            return quantity, None
        wrong = mismatch.ravel()[at]
        return quantity, wrong if known is None else wrong & known

    def clean(self, batch: Batch, mismatch: Mask | None) -> bool:
        """Whether a batch is without fault, told from extremes alone; most batches are."""
        if self.skip or self.needs_value or "kind" in batch or self.dims.products.dated:
            return False
        needed = ("unit_id", "product_id", "direction", "measure")
        if any(batch[name].min(initial=0) < 0 for name in needed):
            return False
        for name in ("purpose", "supplier_id"):
            if name in batch and (batch[name] == UNKNOWN).any():
                return False
        if batch["period"].min(initial=FIRST_INSIDE) < FIRST_INSIDE:
            return False
        for name in ("value", "partition_weight"):
            if name in batch and ((batch[name] < 0) | np.isinf(batch[name])).any():
                return False
        quantity = batch["quantity"]
        smallest = least(batch, "quantity").min(initial=0.0)
        if not (smallest >= 0 and np.isfinite(quantity.max(initial=0.0))):
            return False
        return mismatch is None or not mismatch.any()

    def judge(self, batch: Batch) -> list[Fault]:
        """All faults of a batch."""
        faults = choice_faults(batch, schema.FLOWS, self.spelled.scan)
        faults.append(coarse(batch, self.period))
        if "units" not in self.skip:
            faults += refer_faults(batch, "unit_id", "units")
        if not self.skip & {"products", "classes"}:
            faults += self._product_faults(batch)
        faults += self._number_faults(batch)
        if "supplier_id" in batch and "units" not in self.skip:
            stranger = batch["supplier_id"] == UNKNOWN
            faults.append(Fault("unknown_supplier", "supplier_id", stranger, keeps_row=True))
        return faults

    def _product_faults(self, batch: Batch) -> list[Fault]:
        mapping = self.mappings(batch)
        faults = refer_faults(batch, "product_id", "products")
        stale = (np.asarray(batch["product_id"]) >= 0) & (mapping < 0)

        def day(i: int) -> dict[str, object]:
            return {"day": date.fromordinal(int(self._days(batch)[i]))}

        faults.append(Fault("product_not_valid", "product_id", stale, day))
        _, mismatch = self.converted(batch, mapping)
        if mismatch is not None:
            products = self.dims.products

            def expected(i: int) -> dict[str, object]:
                name = products.ids[int(batch["product_id"][i])]
                return {"expected": products.measure[mapping[i]], "of": f"product {name}"}

            faults.append(Fault("measure_mismatch", "measure", mismatch, expected))
        return faults

    def _number_faults(self, batch: Batch) -> list[Fault]:
        quantity = np.asarray(batch["quantity"], dtype=np.float64)
        kind = optional(batch, "kind", NORMAL)
        faults = [
            Fault("not_finite", "quantity", ~np.isfinite(quantity)),
            Fault("negative", "quantity", (least(batch, "quantity") < 0) & (kind != CREDIT)),
        ]
        for name, code in (("value", "negative_value"), ("partition_weight", "negative")):
            if name in batch:
                faults.append(Fault("not_finite", name, np.isinf(batch[name])))
                faults.append(Fault(code, name, (least(batch, name) < 0) & (kind != CREDIT)))
        if self.needs_value:
            absent = np.ones(len(quantity), dtype=bool)
            blank = np.isnan(batch["value"]) if "value" in batch else absent
            faults.append(Fault("value_missing", "value", blank, keeps_row=True))
        return faults


def code_flows(
    store: RecordStore,
    profile: pa.Table,
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
        profile: distinct spellings of the table (:func:`tanheng.accounting.rows.profiled`).
        defaults: default purpose per unit.
        units_known: suppliers below this code are units, others foreign.
        values: whether money values are read, and whether each row must have one.
    """
    numbers = ["quantity", "partition_weight", *(["value"] if values != "no" else [])]
    refs = {"unit_id": "units", "product_id": "products", "supplier_id": "suppliers"}
    spelled = spell(store, schema.FLOWS, period, profile, refs, numbers)
    if spelled.others:
        findings.append(other_period("flows", spelled.others, period))
    rules = FlowRules(dims, period, spelled, skip, needs_value=values == "needed")
    collector = _Collector(rules, defaults, units_known)
    faulty = False
    for batch, _ in batches(store, spelled.scan):
        mapping = rules.mappings(batch)
        quantity, mismatch = rules.converted(batch, mapping)
        bad: Mask | None = None
        if not rules.clean(batch, mismatch):
            bad = np.zeros(len(quantity), dtype=bool)
            for fault in rules.judge(batch):
                faulty = faulty or bool(fault.mask.any())
                if not fault.keeps_row:
                    bad |= fault.mask
        if not skip:
            collector.add(batch, mapping, quantity, bad)
    left_out = located(store, spelled, rules.judge, findings) if faulty else []
    if spelled.scan.grouped and left_out:
        # A group with one faulty row must lose that row only.
        spelled.scan = replace(spelled.scan, without=left_out)
        collector = _Collector(rules, defaults, units_known)
        for batch, _ in batches(store, spelled.scan):
            mapping = rules.mappings(batch)
            collector.add(batch, mapping, rules.converted(batch, mapping)[0], None)
    return collector.inputs(), collector.outputs(), left_out


class _Collector:
    """Input and output rows, gathered batch by batch."""

    def __init__(self, rules: FlowRules, defaults: Ints, units_known: int) -> None:
        self._rules = rules
        self._defaults = defaults.astype(np.int8)
        self._units_known = units_known
        self._entering, self._leaving = Columns(), Columns()

    def add(self, batch: Batch, mapping: Ints, quantity: Floats, bad: Mask | None) -> None:
        """Take the rows of a batch that are not bad."""
        unit = np.asarray(batch["unit_id"], dtype=np.int32)
        goes_out = np.asarray(batch["direction"]) == OUT
        money_sign: Floats | float = 1.0
        if "kind" in batch:
            kind = optional(batch, "kind", NORMAL)
            credit_out = (kind == CREDIT) & goes_out
            quantity = quantity * np.where((kind == RETURN) | credit_out, -1.0, 1.0)
            # Money follows the effect: goods sent back and credits take their value away.
            money_sign = np.where(kind == NORMAL, 1.0, -1.0)
            goes_out = goes_out & ~credit_out
        kept_out = np.flatnonzero(goes_out if bad is None else goes_out & ~bad)
        kept_in = np.flatnonzero(~goes_out if bad is None else ~goes_out & ~bad)
        products = self._rules.dims.products
        cls = products.cls[mapping] if len(products.cls) else mapping
        shared: dict[str, npt.NDArray[Any]] = {"unit": unit, "cls": cls, "quantity": quantity}
        if "value" in batch:
            shared["value"] = np.abs(np.asarray(batch["value"])) * money_sign
        leaving = dict(shared)
        if "partition_weight" in batch:
            leaving["weight"] = np.asarray(batch["partition_weight"])
        self._leaving.add(**{name: column[kept_out] for name, column in leaving.items()})
        entering = {name: column[kept_in] for name, column in shared.items()}
        purpose = self._defaults[entering["unit"]]
        if "purpose" in batch:
            own = optional(batch, "purpose", -1)[kept_in].astype(np.int8)
            purpose = np.where(own < 0, purpose, own)
        entering["purpose"] = purpose
        if "supplier_id" in batch:
            who = np.asarray(batch["supplier_id"], dtype=np.int32)[kept_in]
            foreign = np.where(who >= self._units_known, -2, who)
            entering["supplier"] = np.where(who < 0, -1, foreign).astype(np.int32)
        self._entering.add(**entering)

    def inputs(self) -> Inputs:
        """All input rows; the parts are given up."""
        taken = self._entering
        return Inputs(
            taken.take("unit", np.int32),
            taken.take("cls", np.int32),
            taken.take("quantity", np.float64),
            taken.take("purpose", np.int8),
            taken.maybe("supplier"),
            taken.maybe("value"),
        )

    def outputs(self) -> Outputs:
        """All output rows; the parts are given up."""
        given = self._leaving
        return Outputs(
            given.take("unit", np.int32),
            given.take("cls", np.int32),
            given.take("quantity", np.float64),
            given.maybe("weight"),
            given.maybe("value"),
        )
