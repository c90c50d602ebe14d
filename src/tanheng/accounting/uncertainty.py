"""Standard errors of benchmarks: makers are a sample, the benchmark is their mean.

Sandwich. Maker f misses the defining equation of class p by

    g_pf = W_pf T_f − c_p ω_pf V_pf ,   T_f = d_f + Σ_q U_fq c_q ,   Σ_f g_pf = 0

and ``cov(c) = J⁻¹ (Σ_f g_f g_fᵀ) J⁻ᵀ`` with ``J = I − B``; each ``g_pf`` is enlarged by
``√(n_p / (n_p − 1))`` for the mean having been fitted. A shock to one class travels to all that
use it, which is why the inverse stands on both sides. Source of the form: White (1980),
Econometrica 48, 817–838 (heteroskedasticity-consistent covariance).
"""

from __future__ import annotations

import numpy as np

from tanheng.accounting.benchmarks import MeanSystem, mean_weights
from tanheng.accounting.method import Method
from tanheng.accounting.records import Floats, add_up
from tanheng.accounting.solve import DENSE_LIMIT, Product, solve

# A shock needs no more digits than its spread over the draws leaves standing.
_LOOSE = 1e-4


def _scores(system: MeanSystem, c: Floats) -> Floats:
    """g per maker, enlarged for the fitted mean; 0 for makers outside it."""
    makers = system.makers
    burden = system.books.direct_in_benchmark + system.books.inputs @ c
    share = np.where(system.omega > 0, makers.share, 0.0)
    miss = system.omega * (share * burden[makers.unit] - c[makers.cls] * makers.output)
    count = np.bincount(makers.cls[system.omega > 0], minlength=len(c))[makers.cls]
    return np.asarray(miss * np.sqrt(count / np.maximum(count - 1, 1)))


def sandwich(system: MeanSystem, c: Floats, given_error: Floats, method: Method) -> Floats:
    """Standard error per class, tCO2e per class measure.

    Small systems exactly; large ones by ``method.draws`` random signs on makers, one solve each,
    seeded (relative error of the estimate about 1 / √(2 draws)).

    Args:
        given_error: standard error of classes that are given, NaN where unknown (taken as 0).
    """
    classes, units = len(c), system.books.shape[0]
    scores = _scores(system, c)
    given = np.nan_to_num(given_error) * ~np.isnan(system.given)
    matrix = system.matrix()
    if classes <= DENSE_LIMIT:
        spread = system.makers.scatter(scores, (classes, units))
        middle = np.asarray((spread @ spread.T).toarray()) + np.diag(given**2)
        jacobian = np.eye(classes) - matrix.dense()
        half = np.linalg.solve(jacobian, middle)
        variance = np.diag(np.linalg.solve(jacobian, half.T)).copy()
    else:
        variance = _by_signs(system, matrix, scores, given, method)
    return _where_told(system, np.sqrt(np.maximum(variance, 0.0)), given_error)


def _by_signs(
    system: MeanSystem, matrix: Product, scores: Floats, given: Floats, method: Method
) -> Floats:
    classes, units = len(given), system.books.shape[0]
    random = np.random.Generator(np.random.PCG64(method.seed))
    total = np.zeros(classes)
    for _ in range(method.draws):
        signs = random.integers(0, 2, units) * 2.0 - 1.0
        shock = add_up(system.makers.cls, scores * signs[system.makers.unit], classes)
        shock += given * (random.integers(0, 2, classes) * 2.0 - 1.0)
        total += solve(matrix, shock, prove=False, tolerance=_LOOSE).x ** 2
    return np.asarray(total / method.draws)


def bootstrap(system: MeanSystem, given_error: Floats, method: Method) -> Floats:
    """Standard error per class by resampling makers with Poisson(1) weights, seeded.

    Args:
        given_error: stated error of classes that are given; it is passed through.

    A draw in which a class loses all its makers keeps them at their usual weight.
    """
    classes, units = system.books.shape[1], system.books.shape[0]
    random = np.random.Generator(np.random.PCG64(method.seed))
    inside = system.omega > 0
    values = np.zeros((method.draws, classes))
    for draw in range(method.draws):
        times = random.poisson(1.0, units).astype(np.float64)[system.makers.unit]
        present = add_up(system.makers.cls, times * inside, classes)[system.makers.cls] > 0
        omega = np.where(present, times, 1.0) * system.omega
        output = np.where(inside, system.makers.output, 0.0)
        norm = add_up(system.makers.cls, omega * output, classes)[system.makers.cls]
        omega = np.divide(omega, norm, out=np.zeros_like(omega), where=norm > 0)
        drawn = MeanSystem(system.books, system.makers, omega, system.given)
        values[draw] = solve(drawn.matrix(), drawn.right_side(), prove=False).x
    return _where_told(system, values.std(axis=0, ddof=1), given_error)


def _where_told(system: MeanSystem, error: Floats, given_error: Floats) -> Floats:
    """NaN for classes of fewer than two makers; the stated error for given ones."""
    counted = np.bincount(system.makers.cls[system.omega > 0], minlength=len(error))
    told = np.where(counted >= 2, error, np.nan)
    return np.where(np.isnan(system.given), told, given_error)


__all__ = ["bootstrap", "mean_weights", "sandwich"]
