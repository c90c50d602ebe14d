"""Ours: all multipliers of one stressor from a table on disk (``calc_s``: reading included).

python benchmarks/ours_table.py DIR [--out FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import Stages

from tanheng.accounting.tables import multipliers


def main() -> None:
    """Calculate once."""
    stages = Stages()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    output, direct = np.load(given.folder / "x.npy"), np.load(given.folder / "direct.npy")
    stages.end("read")
    solution = multipliers(given.folder / "Z.npy", output, direct)
    took = stages.end("multipliers")
    worst = float((solution.bound / np.abs(solution.x)).max())
    stages.report(
        given.out, {"c": solution.x, "bound": solution.bound}, calc_s=took,
        proved=solution.proved, worst_bound=worst,
    )  # fmt: skip


if __name__ == "__main__":
    main()
