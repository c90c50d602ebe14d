"""Benchmarks: the social mean of emissions embodied in one unit of each class.

    c_p X_p = Σ_f a_pf (d_f + Σ_q U_fq c_q)            weighted mean, X_p = Σ_f V_pf

    in matrices:  c = W (d + U c) + c_exogenous,  so  B = W U  and  b = W d + c_exogenous

    W_pf = ω_pf a_pf, with ω_pf = 1 / X_p            weighted
                                  1 / (N_p V_pf)     simple
                                  φ_pf / (K X_p)     best:K, φ the part of f's output that counts

Source: the paper in 《节能减排信息动态》 no. 112, section 2; method.md section 2 for the means and
the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from tanheng.accounting.books import Books, Sparse, matrix
from tanheng.accounting.makers import Makers
from tanheng.accounting.method import Method, Weights
from tanheng.accounting.records import Floats, add_up
from tanheng.accounting.solve import Product, Solution, Terms, solve

Origin = Literal["estimated", "exogenous", "published", "service", "none"]
_MAX_ROUNDS = 60
FEW = 3
"""What rests on fewer makers (or units) is shown to the authority only (method.md section 2)."""


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """One value per class, in tCO2e per class measure.

    Attributes:
        value: c.
        bound: proved bound on the numerical error of c; 0 for given values.
        standard_error: sampling error of the mean; NaN where there is none to tell.
        makers: number of makers behind the value.
        output: their output, class measures.
        origin: where each value comes from.
        source: citation of given values.
        part: φ of each maker: the part of its output that enters the mean.
    """

    value: Floats
    bound: Floats
    standard_error: Floats
    makers: npt.NDArray[np.int64]
    output: Floats
    origin: Sequence[Origin]
    source: Sequence[str]
    part: Floats
    proved: bool

    @property
    def protected(self) -> npt.NDArray[np.bool_]:
        """Classes whose mean rests on too few makers to be shown to the public."""
        own = np.array([origin == "estimated" for origin in self.origin], dtype=bool)
        return np.asarray(own & (self.makers < FEW))


@dataclass(frozen=True, slots=True)
class MeanSystem:
    """The defining equations of the benchmarks, ready to solve or to resample.

    ``omega`` holds ω per maker; 0 for makers outside the mean.
    """

    books: Books
    makers: Makers
    omega: Floats
    given: Floats

    def weights(self) -> Sparse:
        """W, classes × units."""
        units, classes = self.books.shape
        share = np.where(self.omega > 0, self.makers.share, 0.0)
        return self.makers.scatter(self.omega * share, (classes, units))

    def matrix(self) -> Product:
        """B = W U."""
        return Product(self.weights(), self.books.inputs)

    def right_side(self) -> Floats:
        """b = W d + c of classes that are given."""
        own = np.asarray(self.weights() @ self.books.direct_in_benchmark)
        return own + np.nan_to_num(self.given)

    def terms(self) -> Terms:
        """What the system was added up from; magnitudes only where terms may cancel."""
        records = self.books.records
        rows = records.totals.most_rows
        enters = self.books.enters[records.inputs.purpose]
        burns = self.books.enters[records.direct.purpose]
        cancels = (records.inputs.quantity < 0).any() or (records.direct.emission_tco2e < 0).any()
        if not cancels:
            return Terms(rows)
        inputs, direct = records.inputs, records.direct
        units, classes = self.books.shape
        gross = matrix(
            inputs.unit[enters],
            inputs.cls[enters],
            np.abs(inputs.quantity[enters]),
            (units, classes),
        )
        burnt = add_up(direct.unit[burns], np.abs(direct.emission_tco2e[burns]), units)
        weights = abs(self.weights())
        right = np.asarray(weights @ burnt) + np.abs(np.nan_to_num(self.given))
        return Terms(rows, Product(weights, gross), right)

    def intensity(self, c: Floats) -> Floats:
        """Embodied emissions of each maker's own product, tCO2e per class measure."""
        burden = self.books.direct_in_benchmark + self.books.inputs @ c
        return np.asarray(self.makers.share * burden[self.makers.unit] / self.makers.output)


def mean_weights(makers: Makers, weights: Weights, classes: int, part: Floats) -> Floats:
    """ω per maker for the parts φ of its output that count."""
    inside = makers.estimates
    output = np.where(inside, makers.output * part, 0.0)
    if weights.kind == "simple":
        counted = makers.count(classes)[makers.cls]
        return np.where(inside, 1.0 / (np.maximum(counted, 1) * makers.output), 0.0)
    total = add_up(makers.cls, output, classes)[makers.cls]
    return np.divide(part * inside, total, out=np.zeros(len(makers)), where=total > 0)


def best_parts(makers: Makers, intensity: Floats, percent: float, classes: int) -> Floats:
    """φ: the best ``percent`` % of each class's output, the marginal maker in part."""
    part = np.zeros(len(makers))
    inside = np.flatnonzero(makers.estimates)
    order = inside[np.lexsort((makers.unit[inside], intensity[inside], makers.cls[inside]))]
    cls, output = makers.cls[order], makers.output[order]
    total = add_up(cls, output, classes)
    running = np.cumsum(output)
    first = np.searchsorted(cls, cls, side="left")
    before = running - output - (running[first] - output[first])
    room = total[cls] * (percent / 100.0) - before
    part[order] = np.clip(room / output, 0.0, 1.0)
    return part


def prepare(books: Books, makers: Makers, method: Method, given: Floats) -> MeanSystem:
    """The mean system with every maker's whole output counted.

    Args:
        given: c of classes that are not estimated, NaN elsewhere.
    """
    classes = books.shape[1]
    inside = makers.estimates & np.isnan(given[makers.cls])
    counted = replace(makers, estimates=inside)
    omega = mean_weights(counted, method.weights, classes, np.ones(len(makers)))
    return MeanSystem(books, counted, omega, given)


def estimate(system: MeanSystem, method: Method) -> tuple[MeanSystem, Solution, Floats]:
    """Solve for the benchmarks; for ``best:K`` choose the counted makers by policy iteration.

    The best-K mean is a minimum over selections, so each round lowers c and the rounds end.

    Returns:
        The system with the final weights, its solution, and φ per maker.
    """
    classes = system.books.shape[1]
    part = np.ones(len(system.makers))
    solution = solve(system.matrix(), system.right_side(), terms=system.terms())
    if method.weights.kind != "best" or not solution.proved:
        return system, solution, np.where(system.makers.estimates, part, 0.0)
    for _ in range(_MAX_ROUNDS):
        chosen = best_parts(
            system.makers, system.intensity(solution.x), method.weights.percent, classes
        )
        if np.array_equal(chosen, part):
            break
        part = chosen
        omega = mean_weights(system.makers, method.weights, classes, part)
        system = replace(system, omega=omega)
        solution = solve(system.matrix(), system.right_side(), terms=system.terms())
        if not solution.proved:
            break
    return system, solution, part


def tabulate(
    system: MeanSystem,
    solution: Solution,
    part: Floats,
    standard_error: Floats,
    origin: Sequence[Origin],
    source: Sequence[str],
) -> Benchmarks:
    """Put values, errors and counts together; given values stay exactly as given."""
    classes = system.books.shape[1]
    given = ~np.isnan(system.given)
    inside = system.makers.estimates
    output = add_up(system.makers.cls[inside], system.makers.output[inside], classes)
    return Benchmarks(
        np.where(given, system.given, solution.x),
        np.where(given, 0.0, solution.bound),
        standard_error,
        system.makers.count(classes),
        output,
        origin,
        source,
        part,
        solution.proved,
    )
