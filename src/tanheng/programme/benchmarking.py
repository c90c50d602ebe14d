"""From records to units: means of classes for the association, responsibilities under its table.

Joins accounting and compliance: an account over all makers gives the means that are entered; an
account under the published table gives the responsibilities that are settled, in whole tCO2e.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from tanheng.accounting import Account, RecordStore, Settlement, settle
from tanheng.compliance.commands import ClassRow, ResponsibilityRow
from tanheng.compliance.state import Content
from tanheng.errors import Finding

_PLACES = 12
QUARTERS = (10, 25, 50, 75, 90)


def _text(value: float) -> str:
    """A number of an account as a decimal text of at most 12 places."""
    text = f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-_PLACES)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def class_means(found: Account, wanted: Collection[str]) -> tuple[ClassRow, ...]:
    """Mean, standard error, makers and the makers' own values (at 10, 25, 50, 75 and 90 %) of estimated classes.

    The numbers are the account's, to 12 decimals; row *n* is the *n*-th class of the records.
    """
    table, own = found.benchmarks, found.system.intensity(found.benchmarks.value)
    rows: list[ClassRow] = []
    for p, name in enumerate(found.records.classes.ids):
        if name not in wanted or table.origin[p] != "estimated":
            continue
        error = float(table.standard_error[p])
        mine = own[found.makers.cls == p]
        spread = np.percentile(mine, QUARTERS).tolist() if len(mine) else []
        rows.append((
            name, _text(float(table.value[p])), _text(error) if np.isfinite(error) else "",
            int(table.makers[p]), tuple(map(_text, spread)), p + 1,
        ))  # fmt: skip
    return tuple(rows)


def write_table(content: Content, year: int, measures: dict[str, str], path: Path) -> int:
    """Write a year's newest published table as a table of benchmarks; returns its version.

    Raises:
        KeyError: nothing was published for the year.
    """
    versions = content.tables[year]
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("class_id", "period", "benchmark", "measure", "source"))
        for name, value in sorted(versions[-1].items()):
            source = f"table {year}, version {len(versions)}"
            writer.writerow((name, year, value, measures[name], source))
    return len(versions)


@dataclass(frozen=True, slots=True)
class Responsibilities:
    """What an account under the table comes to for the programme's entities.

    Attributes:
        rows: per entity, in whole tCO2e.
        others: units of the records that are no entity, and the sum of their responsibilities.
        settlement: the whole of it; it balances to the last unit.
    """

    rows: tuple[ResponsibilityRow, ...]
    others: tuple[int, int]
    settlement: Settlement


def responsibilities(
    store: RecordStore, found: Account, content: Content, year: int
) -> Responsibilities | list[Finding]:
    """Settle an account under a year's table."""
    places = max(
        (-int(Decimal(value).as_tuple().exponent) for value in content.tables[year][-1].values()),
        default=0,
    )
    settled = settle(store, found, benchmark_decimals=min(max(places, 0), 9), decimals=0)
    if isinstance(settled, list):
        return settled
    units = list(zip(found.records.units.ids, settled.units, strict=True))
    rows = tuple(
        (unit, "", int(amount), n)
        for n, (unit, amount) in enumerate(units, start=1)
        if unit in content.entities
    )
    rest = [int(amount) for unit, amount in units if unit not in content.entities]
    return Responsibilities(rows, (len(rest), sum(rest)), settled)
