"""Peer: hand-written SQL for the same aggregation and charging, out of core. Nothing is checked.

    python benchmarks/bare_duckdb.py DIR [--memory 4GB] [--threads 2] [--out FILE]

(maker's class, input class) coefficients are summed by DuckDB, solved with SciPy's BiCGSTAB, and
every unit is charged by a join with the benchmarks and a group by. Integer ids.
"""

from common import Stages

stages = Stages()

import argparse  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import scipy.sparse as sp  # noqa: E402
import scipy.sparse.linalg as spla  # noqa: E402

MADE = """
create table made as select unit_id, product_id as cls, quantity
from read_parquet('{flows}') where direction = 'out'
"""
OUTPUT = "create table output as select cls, sum(quantity) as total from made group by cls"
PAIRS = """
select m.cls::int as p, f.product_id::int as q, sum(f.quantity) as u
from read_parquet('{flows}') f join made m using (unit_id)
where f.direction = 'in' group by all
"""
EMITTED = """
select m.cls::int as p, sum(d.emission_tco2e) as d
from read_parquet('{direct}') d join made m using (unit_id) group by all
"""
CHARGED = """
select unit_id, sum(r) as r from (
  select f.unit_id, sum(case when direction = 'out' then -quantity else quantity end * c) as r
  from read_parquet('{flows}') f join benchmark b on f.product_id = b.cls group by all
  union all select unit_id, emission_tco2e from read_parquet('{direct}')
) group by all
"""


def solved(a: sp.csr_array, e: np.ndarray) -> tuple[np.ndarray, int]:
    """c = e + A c, without a second matrix I − A."""
    operator = spla.LinearOperator(a.shape, matvec=lambda y: y - a @ y, dtype=np.float64)
    c, failed = spla.bicgstab(operator, e, rtol=1e-12)
    return c, int(failed)


def main() -> None:
    """Benchmarks and every unit's R."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    files = {name: str(given.folder / f"{name}.parquet") for name in ("flows", "direct")}
    scratch = tempfile.TemporaryDirectory()
    base = duckdb.connect(config={"temp_directory": scratch.name, "memory_limit": given.memory,
                                  "preserve_insertion_order": False})  # fmt: skip
    if given.threads:
        base.execute(f"set threads = {given.threads}")
    stages.end("import")
    base.execute(MADE.format(**files))
    base.execute(OUTPUT)
    stages.end("makers")
    p, q, u = base.execute(PAIRS.format(**files)).fetchnumpy().values()
    pairs = len(p)
    stages.end("pairs")
    x = np.zeros(int(base.execute("select max(cls) + 1 from output").fetchone()[0]))
    total = base.execute("select cls, total from output").fetchnumpy()
    x[total["cls"]] = total["total"]
    k = len(x)
    e = np.zeros(k)
    own = base.execute(EMITTED.format(**files)).fetchnumpy()
    e[own["p"]] = own["d"] / x[own["p"]]
    u /= x[p]
    a = sp.coo_array((u, (p, q)), shape=(k, k)).tocsr()
    del p, q, u
    stages.end("matrix")
    c, failed = solved(a, e)
    del a
    stages.end("solve")
    base.register("benchmark", pa.table({"cls": np.arange(k), "c": c}))
    charged = base.execute(CHARGED.format(**files)).fetchnumpy()
    r = np.zeros(len(charged["unit_id"]))
    r[charged["unit_id"]] = charged["r"]
    stages.end("charge")
    scratch.cleanup()
    stages.report(given.out, {"c": c, "r": r}, failed=failed, pairs=pairs)


if __name__ == "__main__":
    main()
