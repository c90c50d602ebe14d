"""Rows for faults that were found in sums: one look-up per table and column, however many faults."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from tanheng.accounting.records import Records
from tanheng.accounting.schema import TABLES, Table, choice_named
from tanheng.accounting.store import RecordStore
from tanheng.errors import Finding, Search

_MOST_ROWS = 500_000
Cells = dict[str, object]


def products_of(records: Records, cls: int) -> frozenset[str]:
    """Ids of the products that map to a class."""
    mine = records.products.product[records.products.cls == cls].tolist()
    return frozenset(records.products.ids[code] for code in mine)


def locate(store: RecordStore, findings: list[Finding]) -> list[Finding]:
    """The findings, with the row of each that says how to search for it."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in findings:
        if finding.search is not None:
            wanted[finding.search.table, finding.search.column].add(finding.search.value)
    rows: dict[tuple[str, str], dict[str, list[Cells]]] = {}
    for (table, column), values in wanted.items():
        by_value: dict[str, list[Cells]] = defaultdict(list)
        for cells in store.rows_of(table, column, sorted(values), _MOST_ROWS).to_pylist():
            by_value[str(cells[column])].append(cells)
        rows[table, column] = by_value
    return [_placed(finding, rows) for finding in findings]


def _placed(finding: Finding, rows: dict[tuple[str, str], dict[str, list[Cells]]]) -> Finding:
    search = finding.search
    if search is None:
        return finding
    for cells in rows[search.table, search.column].get(search.value, ()):
        if _fits(cells, search):
            return replace(finding, table=search.table, row=int(str(cells["_row"])), search=None)
    return replace(finding, search=None)


def _fits(cells: Cells, search: Search) -> bool:
    table = TABLES[search.table]
    return all(
        _spelled(table, column, cells.get(column)) in wanted
        for column, wanted in search.match.items()
    )


def _spelled(table: Table, column: str, cell: object) -> str:
    """A cell in canonical spelling; blank is the empty text."""
    text = "" if cell is None else str(cell)
    declared = table.column(column)
    return (choice_named(declared, text) or text) if declared.choices else text
