"""Regions: what their people and makers answer for, and what crosses their borders.

    (a)  producers + daily + construction + maintenance + Σ c (X − M + ΔS) + Σ discrepancy = Σ d
    (b)  producers + daily + construction + maintenance  =  Σ d + Σ c (M − X − ΔS) − Σ discrepancy

    discrepancy_p = c_p (V + M − X − ΔS − U)

Source: the paper, section 3; the reading on net imports is explained in docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tanheng.accounting.books import Books
from tanheng.accounting.records import LINES, Floats


@dataclass(frozen=True, slots=True)
class Region:
    """The balance of one region, tCO2e; ``discrepancy`` is per class."""

    name: str
    producers: float
    daily: float
    construction: float
    maintenance: float
    exports: float
    imports: float
    stocks: float
    direct: float
    discrepancy: Floats

    @property
    def recurring(self) -> float:
        """What recurs every year: producers, daily, maintenance."""
        return self.producers + self.daily + self.maintenance

    @property
    def one_off(self) -> float:
        """What is built once: construction."""
        return self.construction

    @property
    def answers_for(self) -> float:
        """Left side of (b)."""
        return self.recurring + self.one_off

    @property
    def balance(self) -> float:
        """Left side of (a); equals ``direct``."""
        return (
            self.answers_for + self.exports - self.imports + self.stocks + float(self.discrepancy.sum())
        )


def balance_regions(books: Books, lines: Floats, c: Floats) -> list[Region]:
    """The balance of every region.

    Args:
        lines: R per unit and line, tCO2e.
        c: benchmarks per class.
    """
    records = books.records
    count, classes = len(records.regions), books.shape[1]
    at = records.units.region
    sums = np.stack([np.bincount(at, lines[:, i], count) for i in range(len(LINES))], axis=1)
    direct = np.bincount(records.units.region[records.direct.unit], records.direct.emission_tco2e, count)
    trade, stocks = records.trade, records.stocks
    out = trade.is_export
    valued = c[trade.cls] * trade.quantity
    exports = np.bincount(trade.region[out], valued[out], count)
    imports = np.bincount(trade.region[~out], valued[~out], count)
    stocked = np.bincount(stocks.region, c[stocks.cls] * stocks.change, count)
    gap = books.by_region(books.outputs) - books.by_region(books.used())
    moved = sp.coo_array(
        (np.concatenate([np.where(out, -trade.quantity, trade.quantity), -stocks.change]),
         (np.concatenate([trade.region, stocks.region]), np.concatenate([trade.cls, stocks.cls]))),
        shape=(count, classes),
    ).tocsr()  # fmt: skip
    open_ = (gap + moved).tocsr()
    result = []
    for i, name in enumerate(records.regions):
        row = open_[[i], :].tocoo()
        discrepancy = np.zeros(classes)
        discrepancy[row.col] = row.data * c[row.col]
        result.append(
            Region(name, *(float(value) for value in sums[i]), float(exports[i]), float(imports[i]),
                   float(stocked[i]), float(direct[i]), discrepancy)
        )  # fmt: skip
    return result
