"""Peer: all multipliers of one stressor by pymrio's ``calc_all`` (the call alone is ``calc_s``).

python benchmarks/peer_pymrio.py DIR [--regions 49] [--out FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pymrio
from common import Stages, peak_mib


def main() -> None:
    """Build the system from the same arrays, and calculate."""
    stages = Stages()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--regions", type=int, default=49)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    flows = np.load(given.folder / "Z.npy")
    output = np.load(given.folder / "x.npy")
    direct = np.load(given.folder / "direct.npy")
    regions = [f"R{i}" for i in range(given.regions)]
    sectors = [f"S{i}" for i in range(len(output) // given.regions)]
    index = pd.MultiIndex.from_product([regions, sectors], names=["region", "sector"])
    final = np.zeros((len(output), given.regions))
    final[:, 0] = output - flows.sum(axis=1)
    columns = pd.MultiIndex.from_product([regions, ["final"]], names=["region", "category"])
    emissions = pd.DataFrame(
        direct[None, :], index=pd.Index(["CO2e"], name="stressor"), columns=index
    )
    system = pymrio.IOSystem(
        Z=pd.DataFrame(flows, index=index, columns=index, copy=False),
        Y=pd.DataFrame(final, index=index, columns=columns),
        emissions={"name": "emissions", "F": emissions},
    )
    before = peak_mib()
    stages.end("read")
    system.calc_all()
    took = stages.end("calc_all")
    stages.report(given.out, {"c": system.emissions.M.to_numpy()[0]}, calc_s=took,
                  peak_before_mib=round(before, 1))  # fmt: skip


if __name__ == "__main__":
    main()
