"""Coding rows of ``direct``: emissions per unit and purpose, within a scope."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from tanheng.accounting import schema
from tanheng.accounting.cells import other_period
from tanheng.accounting.records import Codes, Direct, Ints
from tanheng.accounting.rows import (
    Batch,
    Columns,
    Fault,
    Mask,
    Spellings,
    batches,
    choice_faults,
    coarse,
    located,
    optional,
    refer_faults,
    spell,
)
from tanheng.accounting.store import BLANK, RecordStore, Scan
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import normal

FUEL_SOURCES = frozenset(
    {"fuel", "fuel combustion", "combustion", "燃料", "燃料燃烧", "化石燃料燃烧"}
)
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
            for fault in choice_faults(batch, schema.DIRECT, self.spelled.scan)
            if fault.column not in ("gas", "source")
        ]
        faults.append(coarse(batch, self.period))
        if "units" not in self.skip:
            faults += refer_faults(batch, "unit_id", "units")
        amount = np.asarray(batch["emission_tco2e"], dtype=np.float64)
        capture = optional(batch, "kind", 0) == 1
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


def _fossil(profile: pa.Table, scan: Scan) -> Scan:
    """The scan with ``gas`` and ``source`` read as yes or no: is it CO2 from burning fuel?"""
    choices = dict(scan.choices)
    for column, yes in (("gas", CARBON_DIOXIDE), ("source", FUEL_SOURCES)):
        if column in profile.column_names:
            choices[column] = {
                text: (_YES if normal(text).casefold() in yes else _NO) if normal(text) else BLANK
                for text in set(profile[column].to_pylist())
                if text is not None
            }
    return replace(scan, choices=choices)


def code_direct(
    store: RecordStore,
    profile: pa.Table,
    period: Period,
    defaults: Ints,
    *,
    fossil_only: bool,
    skip: frozenset[str],
    findings: list[Finding],
) -> tuple[Direct, list[int]]:
    """Direct emissions row by row, and the row numbers left out for their faults."""
    spelled = spell(store, schema.DIRECT, period, profile, {"unit_id": "units"}, ["emission_tco2e"])
    spelled.scan = replace(spelled.scan, grouped=False)
    if fossil_only:
        spelled.scan = _fossil(profile, spelled.scan)
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
        purpose: Codes = optional(batch, "purpose", -1).astype(np.int8)
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
        columns.take("unit", np.int32),
        columns.take("purpose", np.int8),
        columns.take("amount", np.float64),
    )
    return direct, left_out


def _with_scope(batch: Batch, fossil_only: bool) -> Batch:
    """The batch with ``gas`` and ``source`` columns, blank where the records have none."""
    if not fossil_only:
        return batch
    blank = np.full(len(batch["emission_tco2e"]), BLANK, dtype=np.int16)
    return {"gas": blank, "source": blank, **batch}
