"""Peer: product scores by bw2calc on the class-level system, through bw_processing datapackages.

    python benchmarks/peer_bw2calc.py DIR [--scores 5] [--way factorize] [--out FILE]

``first_s`` is the first score, from building the matrices on (and factorising, if asked for);
``score_s`` the median of each further one. Without PARDISO or UMFPACK bw2calc uses SciPy's SuperLU.
``--way adjoint`` is its class for many scores at once, which needs PARDISO (``pip install
pypardiso``) or UMFPACK.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import bw2calc
import bw_processing as bwp
import numpy as np
import scipy.sparse as sp
from common import Stages, median

_GLOBAL = 0  # the location every characterisation factor stands for
_METHOD = ("carbon",)


def package(a: sp.csr_array, e: np.ndarray) -> bwp.Datapackage:
    """Technosphere I − Aᵀ, one biosphere flow, characterised by one."""
    classes = len(e)
    coo = a.tocoo()
    own = np.arange(classes)
    row, column = np.concatenate([own, coo.col]), np.concatenate([own, coo.row])
    technosphere = np.empty(len(row), dtype=bwp.INDICES_DTYPE)
    technosphere["row"], technosphere["col"] = row, column
    biosphere = np.empty(classes, dtype=bwp.INDICES_DTYPE)
    biosphere["row"], biosphere["col"] = classes, own
    characterized = np.array([(classes, _GLOBAL)], dtype=bwp.INDICES_DTYPE)
    result = bwp.create_datapackage()
    result.add_persistent_vector(
        matrix="technosphere_matrix", name="technosphere", indices_array=technosphere,
        data_array=np.concatenate([np.ones(classes), coo.data]),
        flip_array=np.arange(len(row)) >= classes,
    )  # fmt: skip
    result.add_persistent_vector(
        matrix="biosphere_matrix", name="biosphere", indices_array=biosphere, data_array=e
    )
    result.add_persistent_vector(
        matrix="characterization_matrix", name="characterization", indices_array=characterized,
        data_array=np.ones(1), global_index=_GLOBAL, identifier=list(_METHOD),
    )  # fmt: skip
    return result


def one_by_one(
    data: bwp.Datapackage, products: list[int], factorize: bool
) -> tuple[list[float], float, float]:
    """Scores, seconds of the first one, median seconds of a further one."""
    start = time.perf_counter()
    lca = bw2calc.LCA({products[0]: 1}, data_objs=[data])
    lca.lci(factorize=factorize)
    lca.lcia()
    scores = [float(lca.score)]
    first = time.perf_counter() - start
    times = []
    for product in products[1:]:
        start = time.perf_counter()
        lca.lcia(demand={product: 1})
        scores.append(float(lca.score))
        times.append(time.perf_counter() - start)
    return scores, first, median(times)


def at_once(data: bwp.Datapackage, products: list[int]) -> tuple[list[float], float, float]:
    """All scores by one transposed solve; the whole time counts as the first one's."""
    start = time.perf_counter()
    demands = {str(product): {product: 1} for product in products}
    config = {"impact_categories": [_METHOD]}
    lca = bw2calc.FastScoresOnlyMultiLCA(demands, config, data_objs=[data], direction="adjoint")
    found = lca.calculate().to_numpy()[0]
    return found.tolist(), time.perf_counter() - start, 0.0


def main() -> None:
    """Score some products spread over all classes."""
    stages = Stages()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scores", type=int, default=5)
    parser.add_argument("--way", choices=("default", "factorize", "adjoint"), default="default")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    e = np.load(given.folder / "e.npy")
    products = np.linspace(0, len(e) - 1, given.scores).astype(int)
    data = package(sp.csr_array(sp.load_npz(given.folder / "A.npz")), e)
    stages.end("package")
    if given.way == "adjoint":
        scores, first, further = at_once(data, products.tolist())
    else:
        scores, first, further = one_by_one(data, products.tolist(), given.way == "factorize")
    stages.end("scores")
    stages.report(
        given.out,
        {"products": products, "c": np.array(scores)},
        first_s=first,
        score_s=further,
        scores=len(scores),
        pardiso=bool(bw2calc.PYPARDISO),
    )


if __name__ == "__main__":
    main()
