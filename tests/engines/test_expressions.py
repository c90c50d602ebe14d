"""What the engine answers is what the protocol says, and another engine could say it too.

Every expression compiles for Spark, so nothing that only DuckDB knows creeps in; and on small
tables full of odd cells DuckDB gives what a plain loop over the rows gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.config import Config

from helpers.plain import PlainStore
from helpers.rows import Row, Tables, burn, clean, flow
from helpers.writing import write_parquet
from tanheng.accounting.store import BLANK, UNKNOWN, RecordStore, Scan
from tanheng.engines import DuckStore, expressions

MANY = {f"2016-{month:02d}-{day:02d}": 10 + day for month in (1, 2) for day in range(1, 21)}
SCAN = Scan(
    "flows",
    {"unit_id": "units", "product_id": "products", "supplier_id": "suppliers"},
    {
        "direction": {"in": 0, "out": 1},
        "measure": {"t": 0, "kWh": 1, "??": UNKNOWN, "": BLANK},
        "period": {"2016": 10, "2015": 1, "2016-02": 11},
    },
    ("quantity", "value"),
    {"period": [10, 11, BLANK, UNKNOWN]},
)
ODD: list[Row] = [
    flow("M1", "out", "p1", "10.5", value="7", supplier_id="M2"),
    flow("M1", "out", "p1", "0.1"),
    flow("M1", "out", "p1", "0.2", value="1e-3"),
    flow("M2", "in", "p2", "1,5", measure="kWh"),
    flow("nobody", "in", "p2", "inf", measure="??"),
    flow("", "sideways", "", "", period=""),
    flow("M2", "in", "p1", "-3", period="2015"),
    flow("M2", "in", "p1", "nan", period="2016-02"),
    flow("M2", "in", "p1", "4.000000001", period="2016-02"),
    flow("M2", "in", "p1", "123456789012.123456789", period="when", measure=""),
    flow("M1", "in", "p2", "1e3", measure="kWh", period="2016-02", value=""),
]
GOOD = [row for row in ODD if row["quantity"] not in ("1,5", "inf", "", "nan")]
KEYS = {"units": ["M1", "M2"], "products": ["p1", "p2"], "suppliers": ["M1", "M2", "F"]}


def indexed(store: RecordStore) -> RecordStore:
    """The store with the identifiers above."""
    for name, keys in KEYS.items():
        store.index(name, pa.array(keys))
    return store


def pair(opened: Callable[..., DuckStore], rows: list[Row]) -> tuple[RecordStore, RecordStore]:
    """An engine and a plain store with the same flows."""
    tables: Tables = {**clean(), "flows": rows}
    return indexed(opened(tables)), indexed(PlainStore(tables))


def listed(table: pa.Table, *, ordered: bool = False) -> list[str]:
    """Rows as text (NaN compares), each with its columns in order of name."""
    names = sorted(table.column_names)
    rows = [repr([row[name] for name in names]) for row in table.to_pylist()]
    return rows if ordered else sorted(rows)


def scanned(store: RecordStore, request: Scan) -> pa.Table:
    """A scan whole."""
    return pa.Table.from_batches(list(store.scan(request)))


REQUESTS = {
    "plain": SCAN,
    "with rows and cells": replace(SCAN, rows=True),
    "all kept": replace(SCAN, keep={}),
    "some left out": replace(SCAN, without=[2, 5, 12]),
    "nothing but numbers": Scan("flows", {}, {}, ("quantity",), {}),
    "many spellings": replace(SCAN, choices={**SCAN.choices, "period": {**MANY, "2016": 10}}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_scan(name: str, opened) -> None:
    engine, plain = pair(opened, ODD)
    assert listed(scanned(engine, REQUESTS[name])) == listed(scanned(plain, REQUESTS[name]))


def test_types_of_a_scan(opened) -> None:
    """Identifiers as int32, choices as small integers, numbers as float64."""
    engine, _ = pair(opened, ODD)
    request = REQUESTS["with rows and cells"]
    types = {field.name: field.type for field in scanned(engine, request).schema}
    assert {types[name] for name in request.refs} == {pa.int32()}
    assert all(types[name] in (pa.int16(), pa.int32()) for name in request.choices)
    assert {types[name] for name in request.numbers} == {pa.float64()}
    assert types["_row"] == pa.int64()


@pytest.mark.parametrize("name", ["plain", "all kept", "some left out"])
def test_grouped(name: str, opened) -> None:
    """Sums of rows with equal codes, and the least of them beside."""
    engine, plain = pair(opened, ODD)
    request = replace(REQUESTS[name], grouped=True)
    got, wanted = scanned(engine, request), scanned(plain, request)
    assert len(got) < len(scanned(plain, REQUESTS[name]))
    assert listed(got) == listed(wanted)


@pytest.mark.parametrize("without", [(), (2, 12)])
def test_totals(without: tuple[int, ...], opened) -> None:
    engine, plain = pair(opened, GOOD)
    by = ["product_id", "measure", "period"]
    got = engine.totals("flows", by, "quantity", without)
    wanted = plain.totals("flows", by, "quantity", without)
    assert listed(got.drop(["total"])) == listed(wanted.drop(["total"]))
    assert sorted(got["total"].to_pylist()) == pytest.approx(sorted(wanted["total"].to_pylist()))


def test_exact(opened) -> None:
    """Decimals as written: 0.1 + 0.2 is 0.3, and twelve digits do not drown nine places."""
    engine, plain = pair(opened, GOOD)
    request = replace(SCAN, numbers=(), keep={})
    got = engine.exact(request, "quantity", 9)
    assert listed(got) == listed(plain.exact(request, "quantity", 9))
    assert "Decimal('0.300000000')" in "".join(listed(got))


def test_exact_takes_floats_as_they_are_written(opened, tmp_path) -> None:
    """The shortest decimals that mean the float, not its binary expansion."""
    tables: Tables = {**clean(), "direct": [burn("M1", "0.1") for _ in range(10)]}
    types = {"emission_tco2e": pa.float64()}
    store = indexed(opened(write_parquet(tables, tmp_path / "set", types)))
    sums = store.exact(Scan("direct", {"unit_id": "units"}, {}, (), {}), "emission_tco2e", 9)
    assert [str(total) for total in sums["total"].to_pylist()] == ["1.000000000"]


def test_distinct_read_and_rows_of(opened) -> None:
    engine, plain = pair(opened, ODD)
    for columns in (["period"], ["direction", "measure"]):
        assert listed(engine.distinct("flows", columns)) == listed(plain.distinct("flows", columns))
    for table in ("units", "flows", "stocks"):
        assert listed(engine.read(table), ordered=True) == listed(plain.read(table), ordered=True)
    for column, values, limit in (("unit_id", ["M2"], 3), ("product_id", ["p1", "p3"], 99)):
        got = engine.rows_of("flows", column, values, limit)
        wanted = plain.rows_of("flows", column, values, limit)
        assert listed(got, ordered=True) == listed(wanted, ordered=True)
    assert engine.count("flows") == len(ODD)
    assert len(engine.rows_of("flows", "unit_id", ["none"], 9)) == 0


def test_every_row_once_with_threads(opened) -> None:
    """However many threads read, each record comes once with its own number, tables in order."""
    rows = [flow("M1", "in", "p1", str(n), supplier_id="F") for n in range(20_000)]
    for threads in (1, 2):
        store = indexed(opened({**clean(), "flows": rows}, threads=threads))
        got = scanned(store, replace(SCAN, numbers=["quantity"], rows=True)).sort_by("_row")
        assert got["_row"].to_pylist() == list(range(2, 20_002))
        assert got["quantity"].to_pylist() == list(range(20_000))
        assert store.read("flows")["_row"].to_pylist() == list(range(2, 20_002))


# --------------------------------------------------------- the second dialect

TABLE = ibis.table(
    {
        "unit_id": "string",
        "product_id": "int64",
        "supplier_id": "float64",
        "direction": "string",
        "measure": "string",
        "period": "int32",
        "quantity": "string",
        "value": "float64",
        "_row": "int64",
    },
    name="t_flows",
)
INDEX = {
    name: {
        "text": ibis.table({"key": "string", "code": "int32"}, name=f"i_{name}"),
        "integer": ibis.table({"key": "int64", "code": "int32"}, name=f"n_{name}"),
    }
    for name in (*KEYS, expressions.lookup_name("flows", "period"))
}
INDEX[expressions.WITHOUT] = {"rows": ibis.table({"row": "int64"}, name="left_out")}
LEFT_OUT = INDEX[expressions.WITHOUT]["rows"]
WANTED = ibis.table({"key": "string"}, name="wanted")
FULL = replace(SCAN, rows=True, without=[3, 4])
CODED = expressions.coded(TABLE, FULL, INDEX)
EXPRESSIONS: dict[str, ir.Table] = {
    "coded": CODED,
    "coded with many spellings": expressions.coded(TABLE, REQUESTS["many spellings"], INDEX),
    "grouped": expressions.grouped(expressions.coded(TABLE, SCAN, INDEX), SCAN),
    "distinct": expressions.distinct(TABLE, ["unit_id", "period"]),
    "totals": expressions.totals(TABLE, ["product_id", "measure"], "quantity", LEFT_OUT),
    "totals of floats": expressions.totals(TABLE, ["unit_id"], "value", None),
    "exact": expressions.exact(TABLE, SCAN, INDEX, "quantity", 9),
    "exact of floats": expressions.exact(TABLE, FULL, INDEX, "value", 9),
    "without_rows": expressions.without_rows(TABLE, LEFT_OUT),
    "read": expressions.read(TABLE, ["unit_id", "supplier_id", "value"]),
    "rows_of": expressions.rows_of(TABLE, ["unit_id", "value"], "product_id", WANTED, 5),
}


class SparkOptions(Config):
    """What the Spark back end would set if PySpark were here."""

    treat_nan_as_null: bool = False


def test_every_expression_is_among_these() -> None:
    """A new one must be compiled here too."""
    public = {
        name
        for name, thing in vars(expressions).items()
        if callable(thing)
        and getattr(thing, "__module__", "") == expressions.__name__
        and not name.startswith("_")
    }
    parts = {"text", "number", "text_of_number", "lookup_name"}
    assert public - parts == {name.split(" ")[0] for name in EXPRESSIONS}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_compiles_for_spark(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    sql = str(ibis.to_sql(EXPRESSIONS[name], dialect="pyspark"))
    assert sql.count("SELECT") >= 1
    assert "t_flows" in sql
    assert "memtable" not in sql
