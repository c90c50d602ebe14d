"""Random record sets for Hypothesis, and how to write them as a folder of CSV files.

    @given(record_sets())
    def test_identity(tables): ...

An example is a seed and a few sizes, so drawing is fast and shrinking goes to fewer classes,
makers, users, regions and features. Sets are productive but in general not closed.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from hypothesis import strategies as st

from .books import Options
from .build import build
from .drawing import FEATURES, PERIOD, UNSETTLED, Shape, Tables
from .reading import read

LARGEST = Shape(classes=8, makers=9, users=5, regions=3)

__all__ = [
    "COLUMNS",
    "FEATURES",
    "LARGEST",
    "PERIOD",
    "UNSETTLED",
    "Shape",
    "Tables",
    "build",
    "record_sets",
    "scopes",
    "shapes",
    "write_csv",
]

COLUMNS = {
    "units": "unit_id name region use entity_id sector partition_key",
    "classes": "class_id name measure",
    "products": "product_id class_id name measure conversion valid_from valid_to",
    "direct": "unit_id period emission_tco2e source gas purpose kind evidence",
    "flows": "unit_id period direction product_id quantity measure supplier_id value purpose"
    " partition_weight kind evidence",
    "trade": "region period direction product_id quantity measure partner supplier_id",
    "stocks": "region period product_id change measure",
    "exogenous": "class_id period benchmark measure source version standard_error",
}


@st.composite
def shapes(
    draw: st.DrawFn,
    most: Shape = LARGEST,
    always: Collection[str] = (),
    never: Collection[str] = (),
) -> Shape:
    """Sizes up to `most`, and features; `always` and `never` pin features (see `FEATURES`)."""
    unknown = {*always, *never} - {*FEATURES, *UNSETTLED}
    assert not unknown, unknown
    optional = [f for f in FEATURES if f not in always and f not in never]
    chosen = {f for f in optional if draw(st.booleans())}  # one coin each: fair, and shrinks
    return Shape(
        seed=draw(st.integers(0, 2**32 - 1)),
        classes=draw(st.integers(1, most.classes)),
        makers=draw(st.integers(1, most.makers)),
        users=draw(st.integers(0, most.users)),
        regions=draw(st.integers(1, most.regions)),
        features=frozenset({*chosen, *always}),
    )


@st.composite
def record_sets(
    draw: st.DrawFn,
    most: Shape = LARGEST,
    always: Collection[str] = (),
    never: Collection[str] = (),
) -> Tables:
    """A record set: table → rows, quantities as decimal strings, the account's period `PERIOD`."""
    return build(draw(shapes(most, always, never)))


def scopes(tables: Tables) -> list[frozenset[str]]:
    """Benchmark scopes that leave every class with a maker in scope or a table value."""
    books = read(tables, replace(Options(), services="makers"))
    homes = {
        cls: {books.units[u].region for u in books.makers(cls)}
        for cls in books.measure
        if cls not in books.exogenous
    }
    names = sorted({unit.region for unit in books.units.values()})
    return [
        frozenset(chosen)
        for size in range(1, len(names) + 1)
        for chosen in combinations(names, size)
        if all(home & set(chosen) for home in homes.values())
    ]


def write_csv(tables: Tables, folder: Path) -> None:
    """One CSV file per table that has rows; absent cells are empty."""
    for name, rows in tables.items():
        if not rows and name != "units":
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            columns = [*COLUMNS[name].split(), *(["value"] if name == "trade" else [])]
            used = [c for c in columns if any(c in row for row in rows)]
            writer = csv.DictWriter(file, used, restval="")
            writer.writeheader()
            writer.writerows(rows)
