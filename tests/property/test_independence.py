"""Figures do not depend on how the same records are written or read.

Settled integers are the same to the last digit, floats to 1e-12, under another order of rows,
other measures, a record split in two, another number of threads, another file format.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.comparing import YEAR, settled
from helpers.plain import PlainStore
from helpers.rows import Tables, clean
from helpers.writing import as_arrow, write_csv, write_duckdb, write_parquet, write_workbook
from oracle.drawing import decimal
from oracle.records import FEATURES, Shape, build
from tanheng.accounting import Account, Method, Settlement, Weights, account, settle
from tanheng.accounting.store import RecordStore

OTHER = {"t": ("kg", 1000), "kg": ("t", Fraction(1, 1000)), "kWh": ("MWh", Fraction(1, 1000)),
         "MWh": ("kWh", 1000)}  # fmt: skip
# Without a table of classes, a class takes the measure of its first product: there order matters.
_ALL = frozenset(FEATURES) - {"no_classes_table"}
SHAPES = [
    Shape(5, 6, 9, 6, 3, _ALL),
    Shape(11, 6, 9, 6, 2, _ALL - {"fine_periods", "other_periods"}),
]
METHODS = [Method(), Method(weights=Weights("simple"), capital="in_benchmark", services="makers")]


def figures(store: RecordStore, method: Method) -> tuple[Settlement, Account]:
    """Settled and floating figures of a set."""
    found = account(store, method, principles=("producer", "benchmark", "consumer"), period=YEAR)
    assert isinstance(found, Account), [f.message() for f in found.findings]
    done = settle(store, found, benchmark_decimals=4, decimals=3)
    assert isinstance(done, Settlement), [f.message() for f in done]
    return done, found


def by_name(done: Settlement, found: Account) -> tuple[dict[str, int], dict[str, int], list[int]]:
    """Settled figures under the names of units and classes, whatever their order."""
    units = dict(zip(found.records.units.ids, done.units, strict=True))
    classes = dict(zip(found.records.classes.ids, done.benchmarks, strict=True))
    return units, classes, [done.net_output, done.direct, done.rounding]


def check_same(first: tuple[Settlement, Account], second: tuple[Settlement, Account]) -> None:
    """Integers are identical, floats equal to 1e-12."""
    assert by_name(*first) == by_name(*second)
    one, other = first[1], second[1]
    order = [other.records.units.ids.index(name) for name in one.records.units.ids]
    classes = [other.records.classes.ids.index(name) for name in one.records.classes.ids]
    scale = np.abs(one.lines).sum()
    np.testing.assert_allclose(
        one.benchmarks.value, other.benchmarks.value[classes], rtol=1e-12, atol=1e-15
    )
    for principle, result in one.results.items():
        theirs = other.results[principle].unit[order]
        np.testing.assert_allclose(result.unit, theirs, rtol=0, atol=1e-12 * scale)


@pytest.fixture(scope="module", params=[0, 1], ids=["mixed periods", "one period"])
def case(request: pytest.FixtureRequest) -> tuple[Tables, Method, tuple[Settlement, Account]]:
    """A set, a method, and its figures without an engine."""
    tables, method = settled(build(SHAPES[request.param])), METHODS[request.param]
    return tables, method, figures(PlainStore(tables), method)


def copied(tables: Tables) -> Tables:
    """Rows that may be changed."""
    return {name: [dict(row) for row in rows] for name, rows in tables.items()}


def shuffled(tables: Tables) -> Tables:
    """Rows of every table in another order."""
    for seed, rows in enumerate(tables.values()):
        Random(seed).shuffle(rows)
    return tables


def measured_otherwise(tables: Tables) -> Tables:
    """Every quantity that can be in another measure is: t in kg, kWh in MWh, and back."""
    for name, column in (("flows", "quantity"), ("trade", "quantity"), ("stocks", "change")):
        for row in tables[name]:
            if str(row["measure"]) in OTHER:
                measure, factor = OTHER[str(row["measure"])]
                row["measure"] = measure
                row[column] = decimal(Fraction(str(row[column])) * factor)
    return tables


def split(tables: Tables) -> Tables:
    """Every flow, emission, trade and stock record in two of unequal size."""
    for name in ("flows", "direct", "trade", "stocks"):
        parts = []
        for row in tables[name]:
            smaller, rest = dict(row), dict(row)
            for column in ("quantity", "emission_tco2e", "change", "value", "partition_weight"):
                if row.get(column) not in (None, ""):
                    whole = Fraction(str(row[column]))
                    piece = Fraction(int(whole * 300), 1000)
                    smaller[column], rest[column] = decimal(piece), decimal(whole - piece)
            parts += [smaller, rest]
        tables[name] = parts
    return tables


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "order": shuffled,
    "measure": measured_otherwise,
    "split": split,
    "all of these": lambda tables: shuffled(measured_otherwise(split(tables))),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("engine", [False, True], ids=["plain", "engine"])
def test_how_it_is_written(change: str, engine: bool, case, opened) -> None:
    tables, method, expected = case
    changed = CHANGES[change](copied(tables))
    assert changed != tables
    store = opened(changed) if engine else PlainStore(changed)
    check_same(expected, figures(store, method))


ROWS = 130_000


def big(folder: Path, seed: int) -> Path:
    """The clean set with its flows in so many rows that threads share them, in a random order."""
    tables = clean()
    write_csv({name: rows for name, rows in tables.items() if name != "flows"}, folder)
    random = np.random.default_rng(0)
    which = random.integers(0, len(tables["flows"]), ROWS)
    thousandths = random.integers(1, 10_000, ROWS)
    order = np.random.default_rng(seed).permutation(ROWS)
    flows = as_arrow(tables["flows"]).take(pa.array(which[order]))
    cells = [f"{n / 1000:.3f}" for n in thousandths[order].tolist()]
    at = flows.column_names.index("quantity")
    flows = flows.set_column(at, "quantity", pa.array(cells))
    pq.write_table(flows, folder / "flows.parquet", row_group_size=20_000)
    return folder


def test_threads_and_order_of_many_rows(opened, tmp_path: Path) -> None:
    allow = frozenset({"named_above_output"})
    folders = [big(tmp_path / str(seed), seed) for seed in (1, 2)]
    runs = [
        figures(opened(folder, threads=threads), Method(allow=allow))
        for folder, threads in ((folders[0], 1), (folders[0], 2), (folders[1], 2))
    ]
    check_same(runs[0], runs[1])
    check_same(runs[0], runs[2])


NUMBERS = ("quantity", "emission_tco2e", "change", "benchmark", "conversion", "value")
TYPES = {name: pa.float64() for name in NUMBERS}
FORMATS = {
    "parquet": lambda tables, path: write_parquet(tables, path, TYPES),
    "workbook": lambda tables, path: write_workbook(tables, path.with_suffix(".xlsx"), numbers=NUMBERS),
    "duckdb": lambda tables, path: write_duckdb(tables, path.with_suffix(".duckdb"), TYPES),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_format(name: str, case, opened, tmp_path: Path) -> None:
    tables, method, expected = case
    kept = {table: rows for table, rows in tables.items() if rows}
    check_same(expected, figures(opened(FORMATS[name](kept, tmp_path / "set")), method))
