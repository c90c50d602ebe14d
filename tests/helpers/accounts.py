"""Accounts for tests: write tables, open them, expect an account or a stop."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tanheng.accounting import Account, Method, Stopped, account
from tanheng.engines import open_records
from tanheng.period import Period

Rows = Sequence[Mapping[str, object]]


def write_tables(tables: Mapping[str, Rows], folder: Path) -> Path:
    """Write tables as CSV files; columns are those of the rows, in order of appearance."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def account_of(
    path: Path,
    method: Method | None = None,
    *,
    principles: Sequence[str] = ("producer", "consumer", "benchmark"),
    period: str | None = None,
    stopped: bool = False,
) -> Account | Stopped:
    """Account for a folder; fails with its findings where an account was expected."""
    asked = Period.parse(period) if period else None
    with open_records(path) as store:
        result = account(store, method, principles=principles, period=asked)
    if not stopped:
        assert isinstance(result, Account), [
            (f.place(), f.message()) for f in result.findings if f.severity != "notice"
        ]
    return result
