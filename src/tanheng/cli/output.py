"""What machines read: JSON, Parquet; and the files that ``--out`` writes."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tanheng.accounting import LINES, Account, Settlement, Stopped
from tanheng.cli.emit import print_json as print_json
from tanheng.errors import Finding, Language
from tanheng.excel import write_account
from tanheng.report import write_report


def finding_json(finding: Finding, language: Language) -> dict[str, object]:
    """One finding."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "table": finding.table,
        "row": finding.row,
        "column": finding.column,
        "value": finding.value,
        "message": finding.message(language),
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def benchmarks_json(account: Account, *, public: bool) -> dict[str, object]:
    """Benchmarks by class; those of fewer than three makers are withheld from the public."""
    table, classes = account.benchmarks, account.records.classes
    result: dict[str, object] = {}
    for p, name in enumerate(classes.ids):
        hidden = public and table.protected[p]
        result[name] = {
            "value": None if hidden else float(table.value[p]),
            "measure": classes.measures[p],
            "standard_error": None if hidden else _known(table.standard_error[p]),
            "makers": int(table.makers[p]),
            "output": None if hidden else float(table.output[p]),
            # A bound is proportional to its value: shown, it would give the value away.
            "bound": None if hidden else float(table.bound[p]),
            "origin": table.origin[p],
            "source": table.source[p],
        }
    return result


def account_json(
    account: Account, language: Language, settlement: Settlement | None = None
) -> dict[str, object]:
    """An account as plain data (the shape is documented in docs/reference.md)."""
    records = account.records
    chosen = np.flatnonzero(account.listed).tolist()
    classes = records.classes.ids
    result: dict[str, object] = {
        "period": str(records.period),
        "principles": {
            name: {
                "units": {records.units.ids[u]: float(found.unit[u]) for u in chosen},
                "boundary": dict(found.boundary),
                "discrepancy": {
                    classes[p]: float(found.discrepancy[p])
                    for p in np.flatnonzero(found.discrepancy).tolist()
                },
                "conservation": {
                    "direct": found.conservation.direct,
                    "accounted": found.conservation.accounted,
                    "relative_gap": found.conservation.relative_gap,
                },
            }
            for name, found in account.results.items()
        },
        "benchmarks": benchmarks_json(account, public=False),
        "regions": {
            region.name: {
                "producers": region.producers,
                "daily": region.daily,
                "construction": region.construction,
                "maintenance": region.maintenance,
                "exports": region.exports,
                "imports": region.imports,
                "stocks": region.stocks,
                "direct": region.direct,
                "recurring": region.recurring,
                "one_off": region.one_off,
                "discrepancy": {
                    classes[p]: float(region.discrepancy[p])
                    for p in np.flatnonzero(region.discrepancy).tolist()
                },
            }
            for region in account.regions
        },
        "findings": [finding_json(finding, language) for finding in account.findings],
    }
    if settlement is not None:
        result["settlement"] = settlement_json(account, settlement)
    return result


def settlement_json(account: Account, settled: Settlement) -> dict[str, object]:
    """A settlement: integers, and the decimals they are counted in."""
    records = account.records
    return {
        "decimals": settled.decimals,
        "benchmark_decimals": settled.benchmark_decimals,
        "benchmarks": dict(zip(records.classes.ids, settled.benchmarks, strict=True)),
        "units": dict(zip(records.units.ids, settled.units, strict=True)),
        "net_output": settled.net_output,
        "direct": settled.direct,
        "rounding": settled.rounding,
    }


def stopped_json(stopped: Stopped, language: Language) -> dict[str, object]:
    """What there is when there is no account."""
    return {
        "period": None if stopped.period is None else str(stopped.period),
        "principles": {},
        "benchmarks": {},
        "regions": {},
        "findings": [finding_json(finding, language) for finding in stopped.findings],
    }


def units_table(account: Account) -> pa.Table:
    """One row per unit: lines of R and the figure under every principle, tCO2e."""
    records, chosen = account.records, np.flatnonzero(account.listed)
    positions = chosen.tolist()
    columns: dict[str, object] = {
        "unit_id": pa.array([records.units.ids[u] for u in positions], pa.string()),
        "name": pa.array([records.units.names[u] for u in positions], pa.string()),
        "region": pa.array(
            [records.regions[records.units.region[u]] for u in positions], pa.string()
        ),
        "direct_tco2e": account.books.direct.sum(axis=1)[chosen],
    }
    for i, line in enumerate(LINES):
        columns[f"{line}_tco2e"] = account.lines[chosen, i]
    for name, found in account.results.items():
        columns[f"{name}_tco2e"] = found.unit[chosen]
    return pa.table(columns)


def benchmarks_table(account: Account, *, public: bool) -> pa.Table:
    """One row per class, in the columns of ``exogenous`` and some more; can be applied again."""
    table, classes = account.benchmarks, account.records.classes
    hidden = table.protected & public
    shown = np.flatnonzero(~hidden)
    positions = shown.tolist()
    cited = {"estimated": f"{account.method.weights} mean of {Path(account.records.label).name}"}
    return pa.table(
        {
            "class_id": pa.array([classes.ids[p] for p in positions], pa.string()),
            "period": pa.array([str(account.records.period)] * len(positions), pa.string()),
            "benchmark": table.value[shown],
            "measure": pa.array([classes.measures[p] for p in positions], pa.string()),
            "source": pa.array(
                [cited.get(table.origin[p], table.source[p] or table.origin[p]) for p in positions],
                pa.string(),
            ),
            "standard_error": pa.array(table.standard_error[shown], from_pandas=True),
            "makers": table.makers[shown],
            "output": table.output[shown],
            "bound": table.bound[shown],
            "origin": pa.array([table.origin[p] for p in positions], pa.string()),
        }
    )


def regions_table(account: Account) -> pa.Table:
    """One row per region, tCO2e."""
    names = (
        "producers",
        "daily",
        "construction",
        "maintenance",
        "exports",
        "imports",
        "stocks",
        "direct",
        "recurring",
        "one_off",
    )
    columns: dict[str, object] = {"region": [r.name for r in account.regions]}
    for name in names:
        columns[f"{name}_tco2e"] = [float(getattr(r, name)) for r in account.regions]
    columns["discrepancy_tco2e"] = [float(r.discrepancy.sum()) for r in account.regions]
    return pa.table(columns)


def findings_table(findings: Sequence[Finding]) -> pa.Table:
    """One row per finding, with its message in both languages."""
    return pa.table(
        {
            "code": pa.array([f.code for f in findings], pa.string()),
            "severity": pa.array([f.severity for f in findings], pa.string()),
            "table": pa.array([f.table for f in findings], pa.string()),
            "row": pa.array([f.row for f in findings], pa.int64()),
            "column": pa.array([f.column for f in findings], pa.string()),
            "value": pa.array([f.value for f in findings], pa.string()),
            "message_en": pa.array([f.message("en") for f in findings], pa.string()),
            "message_zh": pa.array([f.message("zh") for f in findings], pa.string()),
        }
    )


def write_benchmarks(account: Account, path: Path, *, public: bool) -> None:
    """Write the benchmark table as CSV or Parquet, by the path's ending."""
    table = benchmarks_table(account, public=public)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".parquet":
        pq.write_table(table, path)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        for row in table.to_pylist():
            writer.writerow([repr(v) if isinstance(v, float) else v for v in row.values()])


def write_all(
    account: Account,
    folder: Path,
    language: Language,
    settlement: Settlement | None,
    *,
    public: bool,
) -> list[Path]:
    """Workbook, report, Parquet tables and JSON; all of them, or none if one fails.

    The public gets the report, the workbook and the table of benchmarks, all three without what is
    protected; figures of units, regions and findings stay with the authority.

    Files are written beside their final place first and moved when every one is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    audience: Literal["authority", "public"] = "public" if public else "authority"
    parts: list[tuple[Path, Path]] = []

    def place(name: str) -> Path:
        beside = folder / f".writing-{name}"
        parts.append((beside, folder / name))
        return beside

    try:
        write_report(account, place("report.html"), audience=audience)
        write_account(account, place("account.xlsx"), audience=audience)
        pq.write_table(benchmarks_table(account, public=public), place("benchmarks.parquet"))
        if not public:
            pq.write_table(units_table(account), place("units.parquet"))
            pq.write_table(regions_table(account), place("regions.parquet"))
            pq.write_table(findings_table(account.findings), place("findings.parquet"))
            document = account_json(account, language, settlement)
            text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
            place("account.json").write_text(text, encoding="utf-8")
        for beside, final in parts:
            beside.replace(final)
    finally:
        for beside, _ in parts:
            beside.unlink(missing_ok=True)
    return [final for _, final in parts]
