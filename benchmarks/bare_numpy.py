"""Peer: what one writes in an afternoon with PyArrow, NumPy and SciPy. Nothing is checked.

    python benchmarks/bare_numpy.py DIR [--out FILE]

Integer ids are taken as positions; text ids are looked up. One output row per unit is assumed.
"""

from common import Stages

stages = Stages()

import argparse  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import scipy.sparse as sp  # noqa: E402
import scipy.sparse.linalg as spla  # noqa: E402


def codes(column: pa.ChunkedArray, keys: pa.ChunkedArray) -> np.ndarray:
    """Positions of identifiers; integers are their own."""
    if pa.types.is_integer(column.type):
        return column.to_numpy()
    return pc.index_in(column, value_set=keys.combine_chunks()).to_numpy()


def main() -> None:
    """Benchmarks and every unit's R."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    stages.end("import")
    units = pq.read_table(given.folder / "units.parquet", columns=["unit_id"])["unit_id"]
    products = pq.read_table(given.folder / "products.parquet", columns=["product_id"])[
        "product_id"
    ]
    n, k = len(units), len(products)
    direct = pq.read_table(given.folder / "direct.parquet", columns=["unit_id", "emission_tco2e"])
    d = np.bincount(codes(direct["unit_id"], units), direct["emission_tco2e"].to_numpy(), n)
    flows = pq.read_table(
        given.folder / "flows.parquet", columns=["unit_id", "direction", "product_id", "quantity"]
    )
    u, p = codes(flows["unit_id"], units), codes(flows["product_id"], products)
    q = flows["quantity"].to_numpy()
    out = pc.equal(flows["direction"], "out").to_numpy()
    stages.end("read")
    made = np.zeros(n, dtype=p.dtype)
    made[u[out]] = p[out]
    x = np.bincount(p[out], q[out], k)
    taken = ~out
    row = made[u[taken]]
    a = sp.coo_array((q[taken] / x[row], (row, p[taken])), shape=(k, k)).tocsr()
    system = (sp.eye_array(k) - a).tocsr()
    stages.end("matrix")
    c, failed = spla.bicgstab(system, np.bincount(made, d, k) / x, rtol=1e-12)
    stages.end("solve")
    r = d + np.bincount(u, c[p] * np.where(out, -q, q), n)
    stages.end("charge")
    stages.report(given.out, {"c": c, "r": r}, failed=int(failed), pairs=int(a.nnz))


if __name__ == "__main__":
    main()
