"""Peer: one bare SciPy BiCGSTAB solve of c = e + A c. The solve alone is timed, in process.

python benchmarks/bare_bicgstab.py DIR [--repeat 20] [--out FILE]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from common import Stages, median


def main() -> None:
    """Solve, several times."""
    stages = Stages()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    a = sp.csr_array(sp.load_npz(given.folder / "A.npz"))
    e = np.load(given.folder / "e.npy")
    system = (sp.eye_array(len(e)) - a).tocsr()
    times = []
    iterations: list[int] = []
    for _ in range(given.repeat):
        start = time.perf_counter()
        c, failed = spla.bicgstab(system, e, rtol=1e-12)
        times.append(time.perf_counter() - start)
    spla.bicgstab(system, e, rtol=1e-12, callback=lambda _: iterations.append(1))
    stages.report(given.out, {"c": c}, solve_s=median(times), failed=int(failed),
                  iterations=len(iterations))  # fmt: skip


if __name__ == "__main__":
    main()
