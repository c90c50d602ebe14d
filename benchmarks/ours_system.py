"""Ours: all benchmarks of a class-level system with their proved bound, and product scores.

    python benchmarks/ours_system.py DIR [--repeat 20] [--scores 1000] [--out FILE]

``solve_s`` is one call of ``solve``: all benchmarks and the bound. ``scores_s`` starts from the
coefficients (matrix assembled as bw2calc assembles its own) and ends with a list of scores.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from common import Stages, median

from tanheng.accounting.solve import Product, Solution, solve


def scored(coo: sp.coo_array, e: np.ndarray, products: np.ndarray) -> list[float]:
    """Scores of products: the adjoint solution serves every one of them."""
    solution: Solution = solve(Product(coo.tocsr()), e)
    assert solution.proved
    return [float(score) for score in solution.x[products]]


def main() -> None:
    """Solve, several times."""
    stages = Stages()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--scores", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    a = sp.csr_array(sp.load_npz(given.folder / "A.npz"))
    e = np.load(given.folder / "e.npy")
    matrix, coo = Product(a), a.tocoo()
    products = np.linspace(0, len(e) - 1, given.scores).astype(int)
    solves, scores = [], []
    for _ in range(given.repeat):
        start = time.perf_counter()
        solution = solve(matrix, e)
        solves.append(time.perf_counter() - start)
        start = time.perf_counter()
        scored(coo, e, products)
        scores.append(time.perf_counter() - start)
    worst = float((solution.bound / np.abs(solution.x)).max())
    stages.report(
        given.out, {"c": solution.x, "bound": solution.bound}, solve_s=median(solves),
        scores_s=median(scores), iterations=solution.iterations, proved=solution.proved,
        worst_bound=worst,
    )  # fmt: skip


if __name__ == "__main__":
    main()
