"""Regions: what their people and makers answer for, and what crosses their borders.

    (a)  producers + daily + construction + maintenance + Σ c (X − M + ΔS) + Σ discrepancy = Σ d
    (b)  producers + daily + construction + maintenance  =  Σ d + Σ c (M − X − ΔS) − Σ discrepancy

    discrepancy_p = c_p (V + M − X − ΔS − U)

Source: the paper, section 3; the reading on net imports is explained in docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tanheng.accounting.books import Books
from tanheng.accounting.records import LINES, Floats, Ints, add_up


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
            self.answers_for
            + self.exports
            - self.imports
            + self.stocks
            + float(self.discrepancy.sum())
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
    sums = np.stack([add_up(at, lines[:, i], count) for i in range(len(LINES))], axis=1)
    direct = add_up(records.units.region[records.direct.unit], records.direct.emission_tco2e, count)
    trade, stocks = records.trade, records.stocks
    out = trade.is_export
    valued = c[trade.cls] * trade.quantity
    exports = add_up(trade.region[out], valued[out], count)
    imports = add_up(trade.region[~out], valued[~out], count)
    stocked = add_up(stocks.region, c[stocks.cls] * stocks.change, count)
    open_ = _open_quantities(books, count, classes)
    result = []
    for i, name in enumerate(records.regions):
        discrepancy = open_[i] * c
        result.append(
            Region(
                name,
                float(sums[i, 0]),
                float(sums[i, 1]),
                float(sums[i, 2]),
                float(sums[i, 3]),
                float(exports[i]),
                float(imports[i]),
                float(stocked[i]),
                float(direct[i]),
                discrepancy,
            )
        )
    return result


def _open_quantities(books: Books, regions: int, classes: int) -> Floats:
    """V + M − X − ΔS − U per region and class, in class measures."""
    records = books.records
    size = regions * classes
    region = records.units.region.astype(np.int64)

    def summed(where: npt.NDArray[np.int64], cls: Ints, quantity: Floats) -> Floats:
        at = cls if regions == 1 else where * classes + cls
        return add_up(at, quantity, size)

    trade, stocks = records.trade, records.stocks
    made, used = records.outputs, records.inputs
    of_maker, of_user = (region[made.unit], region[used.unit]) if regions > 1 else (region, region)
    total = summed(of_maker, made.cls, made.quantity)
    total -= summed(of_user, used.cls, used.quantity)
    signed = np.where(trade.is_export, -trade.quantity, trade.quantity)
    total += summed(trade.region.astype(np.int64), trade.cls, signed)
    total -= summed(stocks.region.astype(np.int64), stocks.cls, stocks.change)
    return total.reshape(regions, classes)
