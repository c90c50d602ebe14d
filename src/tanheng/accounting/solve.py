"""Solving ``x = b + B x`` for sparse ``B``, with a bound on the error that is proved.

Every linear system of the accounts has this form: ``B`` holds what passes from one benchmark (or
maker) into another. Small systems are factorised densely, large ones go through BiCGSTAB in scaled
variables, with a Neumann series as fallback. No inverse is formed.

**The bound.** Let ``w > 0`` with ``s = w − |B| w > 0``. Then ``I − B`` is non-singular and
``|x − x̂|_p ≤ w_p · max_q |r_q| / s_q`` with ``r = b − x̂ + B x̂``. ``s`` and ``r`` are evaluated
with their own rounding errors added (Higham, *Accuracy and Stability of Numerical Algorithms*,
2nd ed., section 3.1: a sum of k products errs by at most γ_k Σ|terms|, γ_k = k u / (1 − k u)), so
the bound holds in floating point. Method: method.md section 2, "Existence and proof".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from threadpoolctl import ThreadpoolController

from tanheng.accounting.records import Floats

Sparse = Any
"""A SciPy sparse array; its stubs have no common class that supports arithmetic."""

DENSE_LIMIT = 600
_UNIT_ROUNDOFF = float(np.finfo(np.float64).eps) / 2
_TARGET = 1e-13
_SCALE_ROUNDS = 2
# A proved relative bound at which further refinement would only cost time.
_GOOD_ENOUGH = 1e-12
_REFINEMENTS = 4


@dataclass(frozen=True, slots=True)
class Product:
    """The matrix ``B = left @ right`` (``right`` may be absent), applied factor by factor."""

    left: Sparse
    right: Sparse | None = None

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return int(self.left.shape[0])

    def apply(self, x: Floats) -> Floats:
        """``B x``."""
        inner = x if self.right is None else self.right @ x
        return np.asarray(self.left @ inner)

    def magnitude(self) -> Product:
        """A matrix that is nowhere below ``|B|``: the product of the factors' magnitudes."""
        negative = _has_negative(self.left) or (
            self.right is not None and _has_negative(self.right)
        )
        if not negative:
            return self
        return Product(abs(self.left), None if self.right is None else abs(self.right))

    def terms(self) -> int:
        """Most additions behind one element of ``B x``."""
        most = _longest_row(self.left)
        return most + (_longest_row(self.right) if self.right is not None else 0) + 2

    def dense(self) -> Floats:
        """``B`` as a full matrix."""
        whole = self.left if self.right is None else self.left @ self.right
        return np.asarray(whole.toarray(), dtype=np.float64)


def _has_negative(matrix: Sparse) -> bool:
    return bool(matrix.nnz) and float(matrix.data.min()) < 0


def _longest_row(matrix: Sparse) -> int:
    return int(np.diff(matrix.indptr).max()) if matrix.shape[0] else 0


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution and what is known of it.

    ``bound`` is a proved bound on the absolute error per element; infinite where no proof was
    found. ``iterations`` counts applications of B.
    """

    x: Floats
    bound: Floats
    iterations: int

    @property
    def proved(self) -> bool:
        """Whether the solution is known to exist and to be right within its bound."""
        return bool(np.isfinite(self.bound).all())


@dataclass(frozen=True, slots=True)
class Terms:
    """What a system was added up from, for the rounding of its own elements.

    Attributes:
        rows: most records added up into one element.
        matrix: nowhere below the sums of magnitudes behind B; None where no term is negative.
        b: likewise for the right-hand side.
    """

    rows: int = 1
    matrix: Product | None = None
    b: Floats | None = None


@dataclass(slots=True)
class _Counted:
    """``B`` with a count of its applications."""

    matrix: Product
    count: int = 0

    def __call__(self, x: Floats) -> Floats:
        self.count += 1
        return self.matrix.apply(x)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _scale_of(apply: _Counted, b: Floats) -> Floats:
    """Rough magnitudes of the solution: classes are counted in kWh, t and cars alike."""
    guess = np.abs(b)
    for _ in range(_SCALE_ROUNDS):
        guess = np.abs(b) + np.abs(apply(guess))
    floor = float(guess.max(initial=0.0)) * 1e-12
    return np.maximum(guess, floor if floor > 0 else 1.0)


def _iterate(apply: _Counted, b: Floats, scale: Floats, tolerance: float) -> Floats:
    """BiCGSTAB in variables of magnitude one; the Neumann series where it breaks down."""
    size = len(b)

    def residual_map(y: Floats) -> Floats:
        return np.asarray(y - apply(scale * y) / scale)

    operator = spla.LinearOperator((size, size), matvec=residual_map, dtype=np.float64)
    target = b / scale
    norm = float(np.linalg.norm(target))
    if norm == 0:
        return np.zeros(size)
    y, failed = spla.bicgstab(operator, target, rtol=tolerance, atol=0.0, maxiter=300)
    if failed == 0 and np.isfinite(y).all():
        return np.asarray(y * scale)
    y = target.copy()
    term = target
    for _ in range(2000):
        term = apply(scale * term) / scale
        y = y + term
        size_now = float(np.linalg.norm(term))
        if size_now <= tolerance * norm or not np.isfinite(size_now):
            break
    return np.asarray(y * scale)


def _directly(matrix: Product, b: Floats, scale: Floats) -> Floats | None:
    """A dense solution in variables of magnitude one; None where the matrix is singular."""
    scaled = np.eye(matrix.size) - matrix.dense() * (scale[None, :] / scale[:, None])
    try:
        return np.asarray(np.linalg.solve(scaled, b / scale) * scale)
    except np.linalg.LinAlgError:
        return None


def solve(
    matrix: Product,
    b: Floats,
    *,
    prove: bool = True,
    terms: Terms | None = None,
    tolerance: float = _TARGET,
) -> Solution:
    """Solve ``x = b + B x``.

    Args:
        matrix: ``B``, n × n.
        b: right-hand side, n elements.
        prove: whether to bound the error (otherwise the bound is NaN).
        terms: what the elements of the system were added up from; their rounding then counts
            towards the bound.
        tolerance: relative residual at which iterations stop (small systems are factorised).

    Returns:
        The solution; where ``I − B`` has no proof of being non-singular its bound is infinite.
    """
    # Vectors here are short: threads of the BLAS cost more than they bring, and spin on busy
    # machines; one thread also makes the result independent of their number.
    with _blas().limit(limits=1, user_api="blas"):
        return _solve(matrix, b, prove, terms or Terms(), tolerance)


def _solve(matrix: Product, b: Floats, prove: bool, terms: Terms, tolerance: float) -> Solution:
    apply = _Counted(matrix)
    size = matrix.size
    if size == 0:
        return Solution(np.zeros(0), np.zeros(0), 0)
    if size <= DENSE_LIMIT:
        found = _directly(matrix, b, _scale_of(apply, b))
        if found is None:
            return Solution(np.full(size, np.nan), np.full(size, np.inf), apply.count)
        if not prove:
            return Solution(found, np.full(size, np.nan), apply.count)
        return _proved(matrix, apply, b, found, terms)
    scale = _scale_of(apply, b)
    x = _iterate(apply, b, scale, tolerance)
    if not np.isfinite(x).all():
        return Solution(x, np.full(size, np.inf), apply.count)
    if not prove:
        return Solution(x, np.full(size, np.nan), apply.count)
    return _proved(matrix, apply, b, x, terms)


def _proved(matrix: Product, apply: _Counted, b: Floats, x: Floats, terms: Terms) -> Solution:
    """Attach the bound, refining while that still helps."""
    magnitude = matrix.magnitude() if terms.matrix is None else terms.matrix
    size_of_b = np.abs(b) if terms.b is None else terms.b
    # Eight more for conversions, shares and weights, each rounded once.
    count = magnitude.terms() + terms.rows + 8
    gamma = count * _UNIT_ROUNDOFF / (1 - count * _UNIT_ROUNDOFF)
    applied = apply(x)
    plain = magnitude is matrix and bool((x >= 0).all())
    witness = _witness(magnitude, x, applied if plain else None, gamma)
    if witness is None:
        return Solution(x, np.full(len(x), np.inf), apply.count)
    w, s = witness
    best, best_ratio = x, np.inf
    for _ in range(_REFINEMENTS):
        residual = b - x + applied
        carried = applied if plain else magnitude.apply(np.abs(x))
        unsure = gamma * (size_of_b + np.abs(x) + carried)
        ratio = float(((np.abs(residual) + unsure) / s).max())
        if ratio < best_ratio:
            best, best_ratio = x, ratio
        good = float((w / np.maximum(np.abs(x), w * 1e-6)).max()) * ratio <= _GOOD_ENOUGH
        if good or not ratio > 4 * float((unsure / s).max()):
            break
        scale = np.maximum(np.abs(x), w * ratio)
        x = x + _iterate(apply, residual, scale, 1e-6)
        applied = apply(x)
        plain = plain and bool((x >= 0).all())
    return Solution(best, w * best_ratio * (1 + 4 * _UNIT_ROUNDOFF), apply.count)


def _witness(
    magnitude: Product, x: Floats, applied: Floats | None, gamma: float
) -> tuple[Floats, Floats] | None:
    """``w`` and a proved lower bound of ``w − |B| w``, both positive; None when none is found.

    Args:
        applied: ``|B| x`` where it is known and x is not negative.
    """

    def slack(w: Floats, carried: Floats) -> Floats:
        return np.asarray(w - carried * (1 + gamma) - 2 * gamma * np.abs(w))

    # The solution itself often serves: x − B x = b. It must be positive and not much above b.
    if applied is not None and bool((x > 0).all()):
        s = slack(x, applied)
        if bool((s > 0.02 * x).all()):
            return x, s
    start = np.abs(x)
    floor = float(start.max(initial=0.0)) * 1e-9
    start = np.maximum(start, floor if floor > 0 else 1.0)
    counted = _Counted(magnitude)
    for tolerance in (1e-2, 1e-6, 1e-10):
        if magnitude.size <= DENSE_LIMIT:
            found = _directly(magnitude, start, start)
            w = np.full(magnitude.size, np.nan) if found is None else found
        else:
            w = _iterate(counted, start, start, tolerance)
        if np.isfinite(w).all() and bool((w > 0).all()):
            s = slack(w, magnitude.apply(w))
            if bool((s > 0).all()):
                return w, s
    return None


def spectral_radius(block: Sparse) -> tuple[float, Floats, Floats]:
    """Perron root of a non-negative irreducible matrix, with its right and left vectors."""
    size = block.shape[0]
    if size <= DENSE_LIMIT:
        values, left, right = scipy.linalg.eig(block.toarray(), left=True, right=True)
        top = int(np.argmax(values.real))
        return float(values[top].real), np.abs(right[:, top].real), np.abs(left[:, top].real)
    # Shifting by one makes a periodic matrix primitive without moving its vectors.
    shifted = block + sp.eye_array(size, format="csr")
    right, left = np.ones(size), np.ones(size)
    for _ in range(1000):
        right = shifted @ right
        left = shifted.T @ left
        growth = float(right.sum() / size)
        right, left = right / growth, left / left.sum() * size
    return float((shifted @ right).sum() / right.sum()) - 1.0, right, left
