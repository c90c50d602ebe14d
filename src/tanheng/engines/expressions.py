"""Relational expressions of a record store, over unbound Ibis tables.

Nothing here names a backend: an engine compiles these expressions to its own dialect. ``_row`` is
a column of every table (the number that findings show).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from tanheng.accounting.store import BLANK, UNKNOWN, Scan

# A CASE over the spellings of a choice is faster than a join while there are few.
MAX_CASES = 24


def text(column: ir.Value) -> ir.StringValue:
    """A cell as text; identifiers written as whole floats lose their ``.0``."""
    if column.type().is_string():
        return column
    if column.type().is_floating():
        whole = column.cast("int64")
        return ibis.ifelse(column == whole, whole.cast("string"), column.cast("string"))
    return column.cast("string")


def number(column: ir.Value) -> ir.FloatingValue:
    """A cell as float64: blank is NaN, what is not a number is +inf."""
    nan = ibis.literal(float("nan"), type="float64")
    if not column.type().is_string():
        return ibis.coalesce(column.cast("float64"), nan)
    read = column.try_cast("float64")
    unread = ibis.ifelse(column.isnull(), nan, ibis.literal(float("inf"), type="float64"))
    return ibis.coalesce(read, unread)


def _choice(table: ir.Table, column: str, codes: Mapping[str, int]) -> ir.IntegerValue:
    cell = text(table[column])
    branches = [(cell == spelling, ibis.literal(code, "int16")) for spelling, code in codes.items()]
    blank = [(cell.isnull(), ibis.literal(BLANK, "int16"))]
    return ibis.cases(*branches, *blank, else_=ibis.literal(UNKNOWN, "int16"))


WITHOUT = "without"
"""Name under which an engine keeps row numbers to leave out, as a table (row int64)."""


def without_rows(table: ir.Table, rows: ir.Table | None) -> ir.Table:
    """A table without some of its rows."""
    return table if rows is None else table.anti_join(rows, table["_row"] == rows["row"])


def lookup_name(table: str, column: str) -> str:
    """Name under which an engine keeps the meanings of a choice with many spellings."""
    return f"choice_{table}_{column}"


Index = Mapping[str, Mapping[str, ir.Table]]
"""Name → {"text": table (key string, code), "integer": table (key int64, code) where all are}."""


def coded(table: ir.Table, request: Scan, index: Index, also: Sequence[str] = ()) -> ir.Table:
    """The table with identifiers and choices replaced by codes, before any selection.

    Args:
        table: the unbound table.
        request: what to code.
        index: tables of identifiers and their codes.
        also: columns to carry along as they are.
    """
    result = without_rows(table, index.get(WITHOUT, {}).get("rows") if request.without else None)
    outputs: dict[str, ir.Value] = {}
    for column, name in request.refs.items():
        whole = result[column].type().is_integer() and "integer" in index[name]
        keys = index[name]["integer" if whole else "text"].view()
        keys = keys.select(**{f"key_{column}": keys["key"], f"code_{column}": keys["code"]})
        cell = result[column] if whole else text(result[column])
        result = result.left_join(keys, cell == keys[f"key_{column}"])
    for column in request.refs:
        missing = ibis.ifelse(result[column].isnull(), BLANK, UNKNOWN).cast("int32")
        outputs[column] = ibis.coalesce(result[f"code_{column}"], missing)
    for column, codes in request.choices.items():
        if len(codes) <= MAX_CASES:
            outputs[column] = _choice(result, column, codes)
            continue
        spelled = index[lookup_name(request.table, column)]["text"].view()
        spelled = spelled.select(
            **{f"key_{column}": spelled["key"], f"code_{column}": spelled["code"]}
        )
        result = result.left_join(spelled, text(result[column]) == spelled[f"key_{column}"])
        missing = ibis.ifelse(result[column].isnull(), BLANK, UNKNOWN)
        meaning = ibis.coalesce(result[f"code_{column}"], missing)
        outputs[column] = meaning.cast("int16")
    for column in request.numbers:
        outputs[column] = number(result[column])
    for column in also:
        outputs[column] = result[column]
    if request.rows:
        outputs["_row"] = result["_row"]
        for column in (*request.refs, *request.choices, *request.numbers):
            outputs[f"raw_{column}"] = text(result[column])
    projected = result.select(**outputs)
    for column, kept in request.keep.items():
        projected = projected.filter(projected[column].isin(list(kept)))
    return projected


def grouped(projected: ir.Table, request: Scan) -> ir.Table:
    """Rows with equal codes added up; the least value of each number stands beside its sum."""
    keys = [*request.refs, *request.choices]
    sums = {column: projected[column].sum() for column in request.numbers}
    least = {f"min_{column}": projected[column].min() for column in request.numbers}
    return projected.group_by(keys).aggregate(**sums, **least)


def distinct(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Distinct spellings of some columns, as text, with their number of rows ``n``."""
    counted = table.group_by(list(columns)).aggregate(n=table.count())
    return counted.select(**{column: text(counted[column]) for column in columns}, n=counted["n"])


def totals(table: ir.Table, by: Sequence[str], column: str, without: ir.Table | None) -> ir.Table:
    """Sum of a number per distinct spelling of ``by``."""
    table = without_rows(table, without)
    valued = table.select(**{name: table[name] for name in by}, total_=number(table[column]))
    summed = valued.group_by(list(by)).aggregate(n=valued.count(), total=valued["total_"].sum())
    spelled = {name: text(summed[name]) for name in by}
    return summed.select(**spelled, n=summed["n"], total=summed["total"])


def exact(table: ir.Table, request: Scan, index: Index, column: str, digits: int) -> ir.Table:
    """Exact sums of a number, as decimals of ``digits`` places, per code of the scan.

    A number is taken as it is written in decimals (0.1 is one tenth), rounded to ``digits``.
    """
    written = text_of_number(table[column]).try_cast(f"decimal(38, {digits})")
    projected = coded(table.mutate(exact_=written), request, index, also=("exact_",))
    keys = [*request.refs, *request.choices]
    return projected.group_by(keys).aggregate(
        n=projected.count(), counted=projected["exact_"].count(), total=projected["exact_"].sum()
    )


def text_of_number(column: ir.Value) -> ir.StringValue:
    """A number as the shortest decimals that mean it."""
    return column if column.type().is_string() else column.cast("string")


def read(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Columns as text, with ``_row``, in the order of the records."""
    cells = {column: text(table[column]) for column in columns}
    return table.select(_row=table["_row"], **cells).order_by("_row")


def rows_of(
    table: ir.Table, columns: Sequence[str], column: str, values: ir.Table, limit: int
) -> ir.Table:
    """Rows whose column is one of some values (a table: key string), as text, in order."""
    chosen = table.semi_join(values, text(table[column]) == values["key"])
    return read(chosen, columns).limit(limit)
