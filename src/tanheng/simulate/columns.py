"""Arrow columns and batches, shared by all tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tanheng.simulate.arrays import Floats, Ints
from tanheng.simulate.economy import Economy

Table = tuple[int, Iterator[pa.RecordBatch]]  # rows, and the batches that hold them


def words(every: tuple[str, ...] | list[str], which: NDArray[np.integer]) -> pa.Array:
    """The words at the positions ``which``; null where ``which`` is negative."""
    return pa.array(every, pa.string()).take(pa.array(which, mask=which < 0))


def same(word: str, rows: int) -> pa.Array:
    """One word in every row."""
    return pa.repeat(pa.scalar(word), rows)


def numbers(values: Floats) -> pa.Array:
    """Floats, null where NaN."""
    return pa.array(values, mask=np.isnan(values))


def quantities(economy: Economy, product: Ints, way: Ints, steps: Ints) -> pa.Array:
    """Steps of the class in a product's measure: exact whole numbers, divided once."""
    products = economy.products
    whole = steps * products.times[product, way]
    return pa.array(whole / 10.0 ** products.decimals[product, way])


def measures(economy: Economy, product: Ints, way: Ints) -> pa.Array:
    """The measures in which :func:`quantities` writes."""
    every = [measure for pair in economy.products.measure for measure in pair]
    names = sorted(set(every))
    index = np.array([names.index(measure) for measure in every], dtype=np.int64)
    return words(names, index[2 * product + way])


def batch(columns: dict[str, pa.Array]) -> pa.RecordBatch:
    """A batch of named columns."""
    return pa.RecordBatch.from_pydict(columns)
