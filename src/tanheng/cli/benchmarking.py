"""Means and responsibilities of a programme, from an account of records."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from tanheng.cli.options import wrong
from tanheng.cli.session import Session
from tanheng.compliance import commands as c

if TYPE_CHECKING:
    from tanheng.accounting import Account
    from tanheng.engines import DuckStore
    from tanheng.errors import Finding


def means(session: Session, records: Path, year: int) -> None:
    """Enter the means of the open classes of a year."""
    from tanheng.programme.benchmarking import class_means

    classes = session.read().state.compliance.content.classes.get(year, {})
    if not classes:
        wrong(
            "--year", f"no class is open for {year}; open one with: tanheng compliance open-class"
        )
    with _account(session, records, year, None) as (_, found):
        rows = class_means(found, classes)
        if not rows:
            known = ", ".join(found.records.classes.ids[:20])
            wrong(
                "RECORDS", f"no open class ({', '.join(classes)}) is made there; classes: {known}"
            )
        digest = _kept(session, found)
    session.run(c.EnterMeans(year, rows, digest))


def settle(session: Session, records: Path, year: int) -> None:
    """Settle the responsibilities of a programme's entities under the year's published table."""
    from tanheng.programme.benchmarking import responsibilities, write_table

    content = session.read().state.compliance.content
    if not content.tables.get(year):
        wrong("--year", f"no table of {year} is published; see: tanheng compliance publish-table")
    measures = {name: found.measure for name, found in content.classes[year].items()}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "exogenous.csv"
        version = write_table(content, year, measures, table)
        with _account(session, records, year, table) as (store, found):
            settled = responsibilities(store, found, content, year)
            if isinstance(settled, list):
                _faulty(session, settled)
            digest = _kept(session, found)
    units, others = settled.others
    if units and not session.as_json:
        zh = session.spoken == "zh"
        print(
            f"另有 {units} 个核算单元不是本体系的单位，承担排放合计 {others:,} 吨，不在此结算。"
            if zh
            else f"{units} units of the records are no entities of this programme; they answer for "
            f"{others:,} t in all, which is not settled here."
        )
    session.run(c.SettleBenchmarks(year, version, settled.rows, digest))


@contextmanager
def _account(
    session: Session, records: Path, year: int, table: Path | None
) -> Iterator[tuple[DuckStore, Account]]:
    """The account of a year under the benchmark principle; what stops it ends with exit code 1."""
    from tanheng.accounting import Method, Stopped
    from tanheng.cli.opening import Request, opened
    from tanheng.period import Period

    asked = Request(records, Method(), ["benchmark"], Period.year(year), table, None, None)
    with opened(asked) as (store, found):
        if isinstance(found, Stopped):
            _faulty(session, list(found.findings))
        yield store, found


def _faulty(session: Session, findings: list[Finding]) -> NoReturn:
    for finding in findings:
        print(f"{finding.place()}  {finding.message(session.spoken)}", file=sys.stderr)
    raise typer.Exit(1)


def _kept(session: Session, found: Account) -> str:
    """Keep the account's result as evidence; returns its digest."""
    from tanheng.cli.output import account_json
    from tanheng.errors import Refusal

    text = json.dumps(account_json(found, "en"), ensure_ascii=False, sort_keys=True)
    item = session.folder().evidence.add(io.BytesIO(text.encode()), media="application/json")
    if isinstance(item, Refusal):
        session.refused(item)
    return item.digest
