"""A record store in plain Python: what the protocol says, row by row, with no engine behind it.

It serves twice: as the meaning of the DuckDB engine's answers on small tables, and as a fast store
for properties that need many record sets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pyarrow as pa

from tanheng.accounting.schema import TABLES
from tanheng.accounting.store import BLANK, UNKNOWN, Scan
from tanheng.errors import Finding

from .rows import Tables

Cells = dict[str, str | None]


def as_number(cell: str | None) -> float:
    """A cell as float64: blank is NaN, what is no number is +inf."""
    if cell is None:
        return math.nan
    try:
        return float(cell)
    except ValueError:
        return math.inf


class PlainStore:
    """Tables as lists of dictionaries of text; the first row of each is row 2."""

    def __init__(self, tables: Tables) -> None:
        self._tables: dict[str, list[Cells]] = {
            name: [
                {"_row": str(n), **{k: str(v) for k, v in row.items() if v not in (None, "")}}
                for n, row in enumerate(rows, start=2)
            ]
            for name, rows in tables.items()
            if rows
        }
        self._index: dict[str, dict[str, int]] = {}

    label = "plain"

    def findings(self) -> list[Finding]:
        """Nothing can be wrong with dictionaries."""
        return []

    def columns(self, table: str) -> frozenset[str] | None:
        """Columns that some row has."""
        if table not in self._tables:
            return None
        return frozenset(k for row in self._tables[table] for k in row if k != "_row")

    def count(self, table: str) -> int:
        """Number of rows."""
        return len(self._tables.get(table, []))

    def distinct(self, table: str, columns: Sequence[str]) -> pa.Table:
        """Distinct spellings with ``n``."""
        counts: dict[tuple[str | None, ...], int] = {}
        for row in self._tables[table]:
            key = tuple(row.get(column) for column in columns)
            counts[key] = counts.get(key, 0) + 1
        cells = {
            c: pa.array([key[i] for key in counts], pa.string()) for i, c in enumerate(columns)
        }
        return pa.table({**cells, "n": pa.array(list(counts.values()), pa.int64())})

    def totals(
        self, table: str, by: Sequence[str], number: str, without: Sequence[int]
    ) -> pa.Table:
        """Sum of a number per distinct spelling."""
        sums: dict[tuple[str | None, ...], list[float]] = {}
        left_out = set(without)
        for row in self._tables[table]:
            if int(row["_row"] or 0) not in left_out:
                key = tuple(row.get(column) for column in by)
                sums.setdefault(key, []).append(as_number(row.get(number)))
        cells = {c: pa.array([key[i] for key in sums], pa.string()) for i, c in enumerate(by)}
        counted = pa.array([len(v) for v in sums.values()], pa.int64())
        return pa.table({**cells, "n": counted, "total": [math.fsum(v) for v in sums.values()]})

    def read(self, table: str) -> pa.Table:
        """The table whole."""
        rows = self._tables.get(table, [])
        names = [column.name for column in TABLES[table].columns]
        present = [n for n in names if not rows or n in (self.columns(table) or ())]
        cells = {n: pa.array([row.get(n) for row in rows], pa.string()) for n in present}
        return pa.table(
            {"_row": pa.array([int(r["_row"] or 0) for r in rows], pa.int64()), **cells}
        )

    def rows_of(self, table: str, column: str, values: Sequence[str], limit: int) -> pa.Table:
        """Rows whose column is one of the values."""
        wanted = set(values)
        names = sorted(self.columns(table) or ())
        rows = [r for r in self._tables.get(table, []) if r.get(column) in wanted][:limit]
        cells = {n: pa.array([row.get(n) for row in rows], pa.string()) for n in names}
        return pa.table(
            {"_row": pa.array([int(r["_row"] or 0) for r in rows], pa.int64()), **cells}
        )

    def index(self, name: str, keys: pa.Array) -> None:
        """Remember identifiers."""
        self._index[name] = {key: code for code, key in enumerate(keys.to_pylist())}

    def _coded(self, request: Scan) -> Iterator[tuple[dict[str, int], Cells]]:
        left_out = set(request.without)
        for row in self._tables[request.table]:
            if int(row["_row"] or 0) in left_out:
                continue
            codes: dict[str, int] = {}
            for column, name in request.refs.items():
                cell = row.get(column)
                codes[column] = BLANK if cell is None else self._index[name].get(cell, UNKNOWN)
            for column, meanings in request.choices.items():
                cell = row.get(column)
                codes[column] = BLANK if cell is None else meanings.get(cell, UNKNOWN)
            if all(codes[column] in kept for column, kept in request.keep.items()):
                yield codes, row

    def scan(self, request: Scan) -> Iterator[pa.RecordBatch]:
        """Coded rows, one batch."""
        coded = list(self._coded(request))
        arrays: dict[str, pa.Array] = {}
        if request.grouped:
            arrays = self._grouped(request, coded)
        else:
            for column in (*request.refs, *request.choices):
                size = pa.int32() if column in request.refs else pa.int16()
                arrays[column] = pa.array([codes[column] for codes, _ in coded], size)
            for column in request.numbers:
                cells = [as_number(row.get(column)) for _, row in coded]
                arrays[column] = pa.array(cells, pa.float64(), from_pandas=False)
        if request.rows:
            arrays["_row"] = pa.array([int(row["_row"] or 0) for _, row in coded], pa.int64())
            for column in (*request.refs, *request.choices, *request.numbers):
                raw = [row.get(column) for _, row in coded]
                arrays[f"raw_{column}"] = pa.array(raw, pa.string())
        if coded:
            yield pa.record_batch(arrays)

    def _grouped(
        self, request: Scan, coded: list[tuple[dict[str, int], Cells]]
    ) -> dict[str, pa.Array]:
        groups: dict[tuple[int, ...], list[Cells]] = {}
        for codes, row in coded:
            groups.setdefault(tuple(codes.values()), []).append(row)
        arrays: dict[str, pa.Array] = {}
        for i, column in enumerate((*request.refs, *request.choices)):
            size = pa.int32() if column in request.refs else pa.int16()
            arrays[column] = pa.array([key[i] for key in groups], size)
        for column in request.numbers:
            cells = [[as_number(row.get(column)) for row in rows] for rows in groups.values()]
            arrays[column] = pa.array([sum(group) for group in cells], pa.float64())
            least = [min(group, key=lambda x: (math.isnan(x), x)) for group in cells]
            arrays[f"min_{column}"] = pa.array(least, pa.float64())
        return arrays

    def exact(self, request: Scan, number: str, digits: int) -> pa.Table:
        """Exact sums as decimals."""
        step = Decimal(1).scaleb(-digits)
        sums: dict[tuple[int, ...], list[Decimal]] = {}
        for codes, row in self._coded(request):
            cell = Decimal(row.get(number) or "0").quantize(step)
            sums.setdefault(tuple(codes.values()), []).append(cell)
        names = [*request.refs, *request.choices]
        sizes = [pa.int32()] * len(request.refs) + [pa.int16()] * len(request.choices)
        arrays = {
            name: pa.array([key[i] for key in sums], sizes[i]) for i, name in enumerate(names)
        }
        total = [sum(cells, Decimal(0)) for cells in sums.values()]
        return pa.table(
            {
                **arrays,
                "n": pa.array([len(cells) for cells in sums.values()], pa.int64()),
                "counted": pa.array([len(cells) for cells in sums.values()], pa.int64()),
                "total": pa.array(total, pa.decimal128(38, digits)),
            }
        )
