"""The books: sparse matrices of a record set, one row per unit and one column per class.

Built once; every principle, mean and check reads them. Which purposes enter a benchmark is the
only choice made here (ADR 0002, points 1 and 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from tanheng.accounting.method import Method
from tanheng.accounting.records import (
    LINE_OF_PURPOSE,
    LINES,
    Floats,
    Ints,
    Purpose,
    Records,
    Use,
    add_up,
)

Sparse = Any


@dataclass(frozen=True, slots=True)
class Books:
    """Matrices in class measures and tCO2e.

    Attributes:
        outputs: net output V, units × classes.
        inputs: inputs that enter benchmarks, units × classes.
        capital: capital inputs that do not enter benchmarks (empty under ``in_benchmark``).
        final: inputs of the lines daily, construction, maintenance, in this order.
        direct: tCO2e, units × lines.
        direct_in_benchmark: tCO2e per unit that enters benchmarks.
        enters: purpose code → whether it enters benchmarks.
        service: classes that are no product under ``services = consumers``.
    """

    records: Records
    outputs: Sparse
    inputs: Sparse
    capital: Sparse
    final: tuple[Sparse, Sparse, Sparse]
    direct: Floats
    direct_in_benchmark: Floats
    enters: npt.NDArray[np.bool_]
    service: npt.NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Units, classes."""
        return len(self.records.units), len(self.records.classes)

    def used(self) -> Sparse:
        """All inputs, units × classes."""
        total = self.inputs
        for part in (self.capital, *self.final):
            if part.nnz:
                total = total + part
        return total


def matrix(unit: Ints, cls: Ints, quantity: Floats, shape: tuple[int, int]) -> Sparse:
    """Rows added up into a compressed matrix."""
    built = sp.coo_array((quantity, (unit, cls)), shape=shape).tocsr()
    built.sum_duplicates()
    return built


def keep_books(records: Records, method: Method) -> Books:
    """Build the matrices of a record set."""
    shape = (len(records.units), len(records.classes))
    inputs, direct = records.inputs, records.direct
    in_benchmark = entering(method)
    enters = in_benchmark[inputs.purpose]
    outputs = matrix(records.outputs.unit, records.outputs.cls, records.outputs.quantity, shape)
    lines = LINE_OF_PURPOSE[inputs.purpose]
    if enters.all():
        main = matrix(inputs.unit, inputs.cls, inputs.quantity, shape)
        empty = sp.csr_array(shape)
        capital, final = empty, (empty, empty, empty)
    else:

        def chosen(mask: npt.NDArray[np.bool_]) -> Sparse:
            return matrix(inputs.unit[mask], inputs.cls[mask], inputs.quantity[mask], shape)

        main = chosen(enters)
        capital = chosen(~enters & (lines == 0))
        final = (chosen(lines == 1), chosen(lines == 2), chosen(lines == 3))
    count = len(LINES)
    at = direct.unit.astype(np.int64) * count + LINE_OF_PURPOSE[direct.purpose]
    by_line = add_up(at, direct.emission_tco2e, shape[0] * count).reshape(shape[0], count)
    burns = in_benchmark[direct.purpose]
    own = add_up(direct.unit[burns], direct.emission_tco2e[burns], shape[0])
    return Books(
        records,
        outputs,
        main,
        capital,
        final,
        by_line,
        own,
        in_benchmark,
        _services(records, outputs, method),
    )


def entering(method: Method) -> npt.NDArray[np.bool_]:
    """Purpose code → whether it enters benchmarks."""
    enters = np.zeros(len(Purpose), dtype=bool)
    enters[[Purpose.MATERIAL, Purpose.ENERGY]] = True
    enters[Purpose.CAPITAL] = method.capital == "in_benchmark"
    return enters


def _services(records: Records, outputs: Sparse, method: Method) -> npt.NDArray[np.bool_]:
    """Classes that only institutions put out, when services are consumers."""
    none = np.zeros(len(records.classes), dtype=bool)
    if method.services == "makers":
        return none
    institution = records.units.use == Use.DAILY_INSTITUTION
    if not institution.any():
        return none
    made = outputs.tocoo()
    positive = made.data > 0
    unit, cls = made.row[positive], made.col[positive]
    by_any = np.bincount(cls, minlength=len(none)) > 0
    by_others = np.bincount(cls[~institution[unit]], minlength=len(none)) > 0
    return np.asarray(by_any & ~by_others)
