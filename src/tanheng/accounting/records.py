"""The records of one period, coded: what every computation of an account starts from.

Identifiers are positions in the lists held here; quantities are float64 in the measure of the
class; signs of returns and credits are already applied. Arrays are never changed after loading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from tanheng.period import Period
from tanheng.quantity import Measure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]
Days = npt.NDArray[np.int64]
FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()


def add_up(at: npt.NDArray[Any], values: npt.NDArray[Any], size: int) -> Floats:
    """Sums of ``values`` by position ``at``; ``size`` sums in all."""
    return np.bincount(at, values, size).astype(np.float64, copy=False)


class Purpose(IntEnum):
    """What a flow or an emission is for; codes of ``purpose`` arrays, in the schema's order."""

    MATERIAL = 0
    ENERGY = 1
    CAPITAL = 2
    DAILY = 3
    CONSTRUCTION = 4
    MAINTENANCE = 5


class Use(IntEnum):
    """What a unit is; codes of ``use`` arrays, in the schema's order."""

    PRODUCER = 0
    DAILY_PERSON = 1
    DAILY_INSTITUTION = 2
    CONSTRUCTION = 3
    MAINTENANCE = 4


class PartitionKey(IntEnum):
    """How a unit shares its burden over joint products; NONE when it does not say."""

    NONE = -1
    MASS = 0
    ENERGY = 1
    ECONOMIC = 2
    DECLARED = 3


LINES = ("producers", "daily", "construction", "maintenance")
"""Lines of an account, in order of ``line`` codes."""

LINE_OF_PURPOSE: Codes = np.array([0, 0, 0, 1, 2, 3], dtype=np.int8)
"""Purpose code → line code."""


@dataclass(frozen=True, slots=True)
class Units:
    """Accounting units; all arrays have one element per unit."""

    ids: Sequence[str]
    names: Sequence[str]
    region: Ints
    use: Codes
    partition_key: Codes
    entities: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Classes:
    """Product classes and the measure each is counted in."""

    ids: Sequence[str]
    names: Sequence[str]
    measures: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Products:
    """Products and the class each belongs to, day by day.

    ``ids`` are distinct product ids. A *mapping* is a row of the table; ``cls``, ``scale`` and
    the days have one element per mapping. ``scale`` is class measures per base measure of the
    product's dimension; ``first`` is, per product, its first mapping.
    """

    ids: Sequence[str]
    cls: Ints
    scale: Floats
    exact_scale: Sequence[Fraction]
    dimension: Sequence[str]
    measure: Sequence[str]
    valid_from: Days
    valid_to: Days
    product: Ints
    first: Ints

    @property
    def dated(self) -> bool:
        """Whether some product has more than one mapping, or one that is bounded."""
        return bool(
            len(self.product) != len(self.ids)
            or (self.valid_from > FIRST_DAY).any()
            or (self.valid_to < LAST_DAY).any()
        )

    def mapping(self, codes: Ints, days: Days | int) -> Ints:
        """Position of the mapping valid on a day, ``-1`` where there is none."""
        if not len(self.ids):
            return np.full(len(codes), -1, dtype=np.int32)
        safe = np.maximum(codes, 0)
        if not self.dated:
            return np.where(codes >= 0, self.first[safe], -1).astype(np.int32)
        found = np.full(len(codes), -1, dtype=np.int32)
        for row in range(len(self.product)):  # few rows have dates, and products are few
            hit = (
                (codes == self.product[row])
                & (self.valid_from[row] <= days)
                & (days < self.valid_to[row])
            )
            found[hit] = row
        return found

    def factor(self, row: int, recorded: Measure) -> Fraction:
        """Class measures in one recorded measure, exact."""
        return recorded.factor * self.exact_scale[row]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Input rows, one element per row (rows may repeat a unit and class).

    ``quantity`` is in class measures, negative for returns and credits; ``supplier`` is a unit
    position, ``-1`` for unnamed, ``-2`` for a named foreign supplier. ``value`` is NaN where blank.
    """

    unit: Ints
    cls: Ints
    quantity: Floats
    purpose: Codes
    supplier: Ints | None = None
    value: Floats | None = None

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Output rows; ``quantity`` in class measures, negative for goods taken back."""

    unit: Ints
    cls: Ints
    quantity: Floats
    weight: Floats | None = None
    value: Floats | None = None

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True, slots=True)
class Direct:
    """Direct emissions in tCO2e, captures negative."""

    unit: Ints
    purpose: Codes
    emission_tco2e: Floats

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True, slots=True)
class Trade:
    """Trade rows: quantity in class measures; ``partner`` is a region position or ``-1`` (outside).

    ``supplier`` of an export is the position of the unit it comes from, ``-1`` when unnamed; of an
    import it is ``-2`` when a foreign supplier is named.
    """

    region: Ints
    is_export: npt.NDArray[np.bool_]
    cls: Ints
    quantity: Floats
    partner: Ints
    partner_names: Sequence[str]
    supplier: Ints

    def __len__(self) -> int:
        return len(self.region)


@dataclass(frozen=True, slots=True)
class Stocks:
    """Stock changes in class measures, growth positive."""

    region: Ints
    cls: Ints
    change: Floats

    def __len__(self) -> int:
        return len(self.region)


@dataclass(frozen=True, slots=True)
class Exogenous:
    """Benchmarks from outside; NaN where the class has none."""

    value: Floats
    standard_error: Floats
    source: Sequence[str]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums taken in the store, by another path than the coded rows; the check on conservation.

    ``made`` and ``used`` are class quantities, ``used_rows`` the number of rows behind the latter;
    ``direct_tco2e`` is the sum over all units. ``most_rows`` is a bound on the rows that any one
    quantity of a unit is added up from: their rounding counts towards error bounds.
    """

    made: Floats
    used: Floats
    used_rows: npt.NDArray[np.int64]
    direct_tco2e: float
    most_rows: int


@dataclass(frozen=True, slots=True)
class Records:
    """A record set of one period, coded.

    ``left_out`` and ``left_out_direct`` are numbers of rows of flows and direct that had faults.
    """

    label: str
    period: Period
    regions: Sequence[str]
    units: Units
    classes: Classes
    products: Products
    inputs: Inputs
    outputs: Outputs
    direct: Direct
    trade: Trade
    stocks: Stocks
    exogenous: Exogenous
    totals: Totals
    left_out: Sequence[int]
    left_out_direct: Sequence[int]
