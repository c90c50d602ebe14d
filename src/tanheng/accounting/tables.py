"""Multipliers of a whole input–output table: every sector a maker of one class.

    c_j x_j = d_j + Σ_i c_i Z_ij          B_ji = Z_ij / x_j

A table of ten thousand sectors is a dense matrix of 768 MB. It is read in blocks and never held
whole in double precision: a single-precision copy of A does the iterations, and the residual of
each round is taken from the table itself in double precision, so the result is as accurate as a
double-precision solution, with the same proved bound (iterative refinement; Higham 2002, chapter
12).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse.linalg as spla

from tanheng.accounting.records import Floats
from tanheng.accounting.solve import Solution
from tanheng.errors import Fault

_BLOCK_ROWS = 512
_ROUNDS = 12
_UNIT_ROUNDOFF = float(np.finfo(np.float64).eps) / 2


class FlowTable:
    """A square table of flows (row: seller, column: buyer), read block by block.

    Args:
        flows: an array, or the path of a ``.npy`` file in C order, float64.
    """

    def __init__(self, flows: str | Path | npt.NDArray[np.float64]) -> None:
        self._array = (
            None if isinstance(flows, (str, Path)) else np.asarray(flows, dtype=np.float64)
        )
        self._path = Path(flows) if isinstance(flows, (str, Path)) else None
        if self._path is None:
            assert self._array is not None
            shape = self._array.shape
        else:
            with self._path.open("rb") as file:
                version = np.lib.format.read_magic(file)
                reader = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, fortran, kind = reader(file)
                self._start = file.tell()
            if fortran or kind != np.float64:
                raise Fault(f"{self._path}: a table must be float64 in C order")
        if len(shape) != 2 or shape[0] != shape[1]:
            raise Fault(f"a table of flows is square, this one is {shape}")
        self.size = int(shape[0])

    def blocks(self) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
        """First row and rows, in order."""
        if self._array is not None:
            for first in range(0, self.size, _BLOCK_ROWS):
                yield first, self._array[first : first + _BLOCK_ROWS]
            return
        assert self._path is not None
        with self._path.open("rb") as file:
            file.seek(self._start)
            for first in range(0, self.size, _BLOCK_ROWS):
                rows = min(_BLOCK_ROWS, self.size - first)
                block = np.fromfile(file, dtype=np.float64, count=rows * self.size)
                yield first, block.reshape(rows, self.size)

    def left(self, vector: Floats, *, magnitude: bool = False) -> Floats:
        """``vector @ Z`` (or ``@ |Z|``) in double precision."""
        total = np.zeros(self.size)
        for first, rows in self.blocks():
            part = np.abs(rows) if magnitude else rows
            total += vector[first : first + len(rows)] @ part
        return total


def _single(table: FlowTable, per_output: Floats) -> tuple[npt.NDArray[np.float32], bool]:
    """A in single precision, and whether the table has a negative entry."""
    coarse = np.empty((table.size, table.size), dtype=np.float32)
    negative = False
    for first, rows in table.blocks():
        np.multiply(rows, per_output, out=coarse[first : first + len(rows)], casting="same_kind")
        negative = negative or bool(rows.min() < 0)
    return coarse, negative


def _correction(coarse: npt.NDArray[np.float32], target: Floats, scale: Floats) -> Floats:
    """Solve ``δ = target + B δ`` to single precision, in variables of magnitude one."""
    narrow = scale.astype(np.float32)

    def apply(y: Floats) -> Floats:
        carried = (y.astype(np.float32) * narrow) @ coarse
        return np.asarray(y - carried.astype(np.float64) / scale)

    operator = spla.LinearOperator((len(target), len(target)), matvec=apply, dtype=np.float64)
    found, _ = spla.bicgstab(operator, target / scale, rtol=3e-6, atol=0.0, maxiter=100)
    return np.asarray(found * scale)


def multipliers(
    flows: str | Path | npt.NDArray[np.float64], output: Floats, direct: Floats
) -> Solution:
    """Embodied emissions per unit of output of every sector.

    Args:
        flows: Z, n × n, sector i to sector j; an array or the path of a ``.npy`` file.
        output: x, n, > 0, in the measure of the flows.
        direct: d, n, emissions of each sector.

    Returns:
        c in emissions per unit of output, with a proved bound per sector (infinite where the table
        has no proof of being productive).

    Raises:
        Fault: when the table is not square, not float64 in C order, or an output is not positive.
    """
    table = FlowTable(flows)
    if not bool((output > 0).all()):
        raise Fault("every sector needs a positive output; leave empty sectors out of the table")
    per_output = 1.0 / output
    coarse, negative = _single(table, per_output)
    b = direct * per_output
    c = np.zeros(table.size)
    applied = np.zeros(table.size)
    scale = np.maximum(np.abs(b), float(np.abs(b).max(initial=0.0)) * 1e-3 or 1.0)
    residual = b
    best = np.inf
    for _ in range(_ROUNDS):
        step = _correction(coarse, residual, scale)
        after = c + step
        carried = table.left(after) * per_output
        left_over = b - after + carried
        size = float(np.abs(left_over / np.maximum(np.abs(after), scale * 1e-3)).max())
        if not np.isfinite(size) or size >= best / 2:
            break
        c, applied, residual, best = after, carried, left_over, size
        scale = np.maximum(np.abs(c), float(np.abs(c).max()) * 1e-9)
        if best < 4 * _UNIT_ROUNDOFF:
            break
    return Solution(c, _bound(table, per_output, b, c, applied, residual, negative), 0)


def _bound(
    table: FlowTable,
    per_output: Floats,
    b: Floats,
    c: Floats,
    applied: Floats,
    residual: Floats,
    negative: bool,
) -> Floats:
    """Proved error bound with w = |c| (see :mod:`tanheng.accounting.solve`)."""
    terms = table.size + 8
    gamma = terms * _UNIT_ROUNDOFF / (1 - terms * _UNIT_ROUNDOFF)
    w = np.maximum(np.abs(c), float(np.abs(c).max(initial=0.0)) * 1e-9)
    same = not negative and bool((w == c).all())
    carried = applied if same else table.left(w, magnitude=True) * per_output
    s = w - carried * (1 + gamma) - 2 * gamma * w
    if not bool((s > 0).all()):
        return np.full(table.size, np.inf)
    size = np.abs(b) + np.abs(c) + carried
    return np.asarray(w * float(((np.abs(residual) + gamma * size) / s).max()))
