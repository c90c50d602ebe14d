"""Multipliers of a whole input–output table: every sector a maker of one class.

    c_j x_j = d_j + Σ_i c_i Z_ij          B_ji = Z_ij / x_j

A table of ten thousand sectors is a dense matrix of 768 MB. It is read in blocks and never held
whole in double precision: a single-precision copy of A does the iterations, and the residual of
each round is taken from the table itself in double precision, so the result is as accurate as a
double-precision solution, with the same proved bound (iterative refinement; Higham 2002, chapter
12).
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse.linalg as spla

from tanheng.accounting.records import Floats
from tanheng.accounting.solve import Solution
from tanheng.errors import Fault

_BLOCK_ROWS = 512
_ROUNDS = 8
_ROUND_TOLERANCE = 3e-6
# Without a proof there is nothing to watch; three rounds bring double precision.
_UNPROVED_ROUNDS = 4
_UNIT_ROUNDOFF = float(np.finfo(np.float64).eps) / 2


class FlowTable:
    """A square table of flows (row: seller, column: buyer), read block by block.

    Args:
        flows: an array, or the path of a ``.npy`` file in C order, float64.
    """

    def __init__(self, flows: str | Path | npt.NDArray[np.float64]) -> None:
        self._mapped: mmap.mmap | None = None
        self._start = 0
        if isinstance(flows, (str, Path)):
            array = self._map(Path(flows))
        else:
            array = np.ascontiguousarray(flows, dtype=np.float64)
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise Fault(f"a table of flows is square, this one is {array.shape}")
        self._array = array
        self.size = int(array.shape[0])

    def _map(self, path: Path) -> npt.NDArray[np.float64]:
        """The file as an array; the operating system reads what is touched."""
        try:
            with path.open("rb") as file:
                version = np.lib.format.read_magic(file)
                header = np.lib.format.read_array_header_1_0
                if version != (1, 0):
                    header = np.lib.format.read_array_header_2_0
                shape, fortran, kind = header(file)
                self._start = file.tell()
                self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise Fault(f"{path}: {error}") from error
        if fortran or kind != np.float64:
            raise Fault(f"{path}: a table must be float64 in C order")
        if len(self._mapped) < self._start + 8 * math.prod(shape):
            raise Fault(f"{path}: the file ends before the table does")
        whole = (len(self._mapped) - self._start) // 8
        flat = np.frombuffer(self._mapped, dtype=np.float64, count=whole, offset=self._start)
        return flat[: math.prod(shape)].reshape(shape)

    def blocks(self) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
        """First row and rows, in order; pages of a file are given back once passed."""
        for first in range(0, self.size, _BLOCK_ROWS):
            yield first, self._array[first : first + _BLOCK_ROWS]
            if self._mapped is not None and hasattr(self._mapped, "madvise"):
                row = 8 * self.size
                start = (self._start + first * row) // mmap.PAGESIZE * mmap.PAGESIZE
                end = min(self._start + (first + _BLOCK_ROWS) * row, len(self._mapped))
                pages = (end - start) // mmap.PAGESIZE * mmap.PAGESIZE
                if pages:
                    self._mapped.madvise(mmap.MADV_DONTNEED, start, pages)

    def left(self, vectors: Floats) -> Floats:
        """``vectors @ Z`` in double precision, for one vector or several rows of them."""
        total = np.zeros_like(vectors, dtype=np.float64)
        for first, rows in self.blocks():
            total += vectors[..., first : first + len(rows)] @ rows
        return total

    def left_magnitude(self, vector: Floats) -> Floats:
        """``vector @ |Z|`` in double precision."""
        total = np.zeros(self.size)
        for first, rows in self.blocks():
            total += vector[first : first + len(rows)] @ np.abs(rows)
        return total


def _single(table: FlowTable, per_output: Floats) -> tuple[npt.NDArray[np.float32], bool]:
    """A in single precision, and whether the table has a negative entry."""
    coarse = np.empty((table.size, table.size), dtype=np.float32)
    negative = False
    for first, rows in table.blocks():
        np.multiply(rows, per_output, out=coarse[first : first + len(rows)], casting="same_kind")
        negative = negative or bool(rows.min() < 0)
    return coarse, negative


def _correction(
    coarse: npt.NDArray[np.float32], target: Floats, scale: Floats, tolerance: float
) -> Floats:
    """Solve ``δ = target + B δ`` in single precision, in variables of magnitude one."""
    narrow = scale.astype(np.float32)

    def apply(y: Floats) -> Floats:
        carried = (y.astype(np.float32) * narrow) @ coarse
        return np.asarray(y - carried.astype(np.float64) / scale)

    operator = spla.LinearOperator((len(target), len(target)), matvec=apply, dtype=np.float64)
    found, _ = spla.gmres(operator, target / scale, rtol=tolerance, restart=40, maxiter=3)
    return np.asarray(found * scale)


def multipliers(
    flows: str | Path | npt.NDArray[np.float64],
    output: Floats,
    direct: Floats,
    *,
    tolerance: float = 1e-10,
) -> Solution:
    """Embodied emissions per unit of output of every sector.

    Args:
        flows: Z, n × n, sector i to sector j; an array or the path of a ``.npy`` file.
        output: x, n, > 0, in the measure of the flows.
        direct: d, n, emissions of each sector.
        tolerance: refine until the proved bound, relative to c, is below it or cannot be lowered.

    Returns:
        c in emissions per unit of output, with a proved bound per sector (infinite where the table
        has no proof of being productive). ``iterations`` counts rounds of refinement.

    Raises:
        Fault: when the table is not square, not float64 in C order, or an output is not positive.
    """
    table = FlowTable(flows)
    for name, vector in (("output", output), ("direct", direct)):
        if np.shape(vector) != (table.size,):
            raise Fault(f"{name} has {np.shape(vector)} elements, the table {table.size} sectors")
    if not bool((output > 0).all()):
        raise Fault("every sector needs a positive output; leave empty sectors out of the table")
    per_output = 1.0 / output
    coarse, negative = _single(table, per_output)
    b = direct * per_output
    c, residual = np.zeros(table.size), b
    scale = np.maximum(np.abs(b), float(np.abs(b).max(initial=0.0)) * 1e-3 or 1.0)
    best = Solution(c, np.full(table.size, np.inf), 0)
    witness: _Witness | None = None
    for done in range(1, _ROUNDS + 1):
        c = c + _correction(coarse, residual, scale, _ROUND_TOLERANCE)
        if not np.isfinite(c).all():
            break
        scale = np.maximum(np.abs(c), float(np.abs(c).max()) * 1e-9 or 1.0)
        if witness is None:
            # w ≈ (I − |B|)⁻¹ |c|; its product with the table shares the pass of the residual.
            magnitude = np.abs(coarse) if negative else coarse
            w = _correction(magnitude, scale, scale, 1e-5 if negative else 1e-2)
            both = table.left(np.stack([c, w])) * per_output
            applied = both[0]
            carried = table.left_magnitude(w) * per_output if negative else both[1]
            witness = _Witness(w, carried, table.size)
        else:
            applied = table.left(c) * per_output
        residual = b - c + applied
        signed = negative or bool((c < 0).any())
        size = table.left_magnitude(np.abs(c)) * per_output if signed else applied
        bound, settled = witness.bound(residual, np.abs(b) + np.abs(c) + size)
        worst = float((bound / scale).max())
        if done > 1 and not worst < float((best.bound / scale).max()):
            if not np.isfinite(worst) and done < _UNPROVED_ROUNDS:
                best = Solution(c, bound, done)
                continue
            break
        best = Solution(c, bound, done)
        if settled or worst <= tolerance:
            break
    return best


class _Witness:
    """A vector w > 0 with w − |B| w > 0, from which bounds are proved (see ``solve``)."""

    def __init__(self, w: Floats, carried: Floats, size: int) -> None:
        # Sums run over blocks, then over the blocks' sums; eight more for scaling, differences.
        terms = _BLOCK_ROWS + math.ceil(size / _BLOCK_ROWS) + 8
        self._gamma = terms * _UNIT_ROUNDOFF / (1 - terms * _UNIT_ROUNDOFF)
        self._w = w
        self._s = w - carried * (1 + self._gamma) - 2 * self._gamma * np.abs(w)
        self._proves = bool((w > 0).all()) and bool((self._s > 0).all())

    def bound(self, residual: Floats, magnitude: Floats) -> tuple[Floats, bool]:
        """The bound for a residual whose terms have some magnitude; infinite without a proof.

        Also tells whether the residual is below what its own rounding leaves open, so that a
        further round would gain nothing.
        """
        if not self._proves:
            return np.full(len(residual), np.inf), False
        unsure = self._gamma * magnitude
        missed = float((np.abs(residual) / self._s).max())
        rounding = float((unsure / self._s).max())
        worst = float(((np.abs(residual) + unsure) / self._s).max())
        return self._w * worst, missed <= rounding
