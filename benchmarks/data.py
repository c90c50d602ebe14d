"""Deterministic data for the benchmarks: record sets, a class-level system, a Leontief table.

    python benchmarks/data.py records DIR --flows 1e7 --units 1e6 --classes 1e5 [--ids string]
    python benchmarks/data.py system DIR [--classes 20000] [--structure hubs] [--mixed]
    python benchmarks/data.py table DIR [--sectors 9800]

All figures are invented. Every generator is seeded, and a record set is written in chunks that are
seeded one by one, so that memory stays bounded and the result does not depend on the chunk before.

A *record set* has one output row per unit followed by its inputs. Classes are bought with hub-like
popularity (density ∝ 1/√rank) and units have Pareto sizes; inputs per unit of output add up to
0.7 on average, so the set is productive. A *system* is the coefficient matrix A (inputs of class i
per unit of its output in row i) with direct intensities e. A *table* is Z, x and one stressor,
column sums of A between 0.3 and 0.7, every entry positive, most of them small.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp

CHUNK_ROWS = 1_000_000
INPUT_PER_OUTPUT = 0.7
POWER_OF_POPULARITY = 2


def random(*key: int) -> np.random.Generator:
    """A generator of its own for every use, so that uses do not depend on each other."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(key))))


def popular(rng: np.random.Generator, classes: int, count: int) -> np.ndarray:
    """Classes drawn with hub-like popularity."""
    drawn: np.ndarray = (classes * rng.random(count) ** POWER_OF_POPULARITY).astype(np.int64)
    return drawn


def identifiers(codes: np.ndarray, prefix: str, ids: str) -> pa.Array:
    """Codes as they are, or as fixed-width text such as ``U0000017``."""
    if ids == "integer":
        return pa.array(codes)
    digits = np.char.zfill(codes.astype("U8"), 8)
    return pa.array(np.char.add(prefix, digits))


def constant(text: str, rows: int) -> pa.Array:
    """One spelling in every row, dictionary encoded."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), [text])


def chosen(mask: np.ndarray, no: str, yes: str) -> pa.Array:
    """One of two spellings, dictionary encoded."""
    return pa.DictionaryArray.from_arrays(pa.array(mask.astype(np.int32)), [no, yes])


def write_chunks(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write tables as row groups of one Parquet file; the file appears only when whole."""
    partial = path.with_suffix(".partial")
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(partial, table.schema)
        writer.write_table(table, row_group_size=CHUNK_ROWS)
    assert writer is not None
    writer.close()
    partial.rename(path)


def flow_chunks(
    rows: int, made: np.ndarray, size: np.ndarray, classes: int, ids: str, seed: int
) -> Iterator[pa.Table]:
    """Flow rows unit by unit: one output, then inputs."""
    per_unit = rows // len(made)
    share = 2 * INPUT_PER_OUTPUT / per_unit
    for number, start in enumerate(range(0, rows, CHUNK_ROWS)):
        rng = random(seed, 1, number)
        row = np.arange(start, min(start + CHUNK_ROWS, rows))
        unit, leaves = row // per_unit, row % per_unit == 0
        product = np.where(leaves, made[unit], popular(rng, classes, len(row)))
        quantity = size[unit] * np.where(leaves, 1.0, rng.random(len(row)) * share)
        yield pa.table(
            {
                "unit_id": identifiers(unit, "U", ids),
                "period": constant("2016", len(row)),
                "direction": chosen(leaves, "in", "out"),
                "product_id": identifiers(product, "P", ids),
                "quantity": quantity,
                "measure": constant("t", len(row)),
            }
        )


def write_records(
    folder: Path, *, flows: int, units: int, classes: int, ids: str = "integer", seed: int = 1
) -> None:
    """A record set in Parquet.

    Args:
        flows: rows of ``flows``; a multiple of ``units``, one of them an output, the others inputs.
        units, classes: counts; every class has at least one maker.
        ids: ``integer`` or ``string``.
    """
    if flows % units or units < classes:
        raise ValueError("flows must be a multiple of units, and units at least classes")
    folder.mkdir(parents=True, exist_ok=True)
    rng = random(seed, 0)
    made = rng.permutation(
        np.concatenate([np.arange(classes), rng.integers(0, classes, units - classes)])
    )
    size = rng.pareto(1.2, units) + 1
    burnt = size * rng.lognormal(0.0, 0.5, units)
    unit, product = np.arange(units), np.arange(classes)
    name, own = identifiers(unit, "U", ids), identifiers(product, "P", ids)
    small = {
        "units": {"unit_id": name, "name": name.cast(pa.string()), "region": constant("R1", units),
                  "use": constant("producer", units)},
        "products": {"product_id": own, "class_id": own, "name": own.cast(pa.string()),
                     "measure": constant("t", classes)},
        "direct": {"unit_id": name, "period": constant("2016", units), "emission_tco2e": burnt},
    }  # fmt: skip
    for table, columns in small.items():
        write_chunks(folder / f"{table}.parquet", iter([pa.table(columns)]))
    chunks = flow_chunks(flows, made, size, classes, ids, seed)
    write_chunks(folder / "flows.parquet", chunks)


def write_system(
    folder: Path, *, classes: int = 20_000, inputs: int = 12, structure: str = "sectors",
    mixed: bool = False, seed: int = 2,
) -> None:  # fmt: skip
    """Coefficients ``A`` (CSR, ``A.npz``) and direct intensities ``e`` (``e.npy``): c = e + A c.

    Args:
        structure: ``sectors``: four inputs in ten come from 200 hubs (energy, transport), the
            others from classes close by, as in life-cycle databases; SciPy's LU takes about 2 s,
            and bw2calc documents 1.7 s for ecoinvent 3.9 (21,255 processes). ``hubs``: every class
            may buy from every class, by popularity; its LU factors fill in almost wholly.
        mixed: classes are counted in measures of very different size (kWh, t, cars): the same
            system after a diagonal change of measure spread over four decades.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random(seed)
    row = np.repeat(np.arange(classes), inputs)
    column = popular(rng, classes, classes * inputs)
    if structure == "sectors":
        hub = popular(rng, min(200, classes), classes * inputs)
        near = np.clip(row + rng.integers(-50, 51, classes * inputs), 0, classes - 1)
        column = np.where(rng.random(classes * inputs) < 0.4, hub, near)
    value = rng.random(classes * inputs) * (2 * INPUT_PER_OUTPUT / inputs)
    matrix = sp.csr_array((value, (row, column)), shape=(classes, classes))
    direct = rng.lognormal(0.0, 1.0, classes)
    if mixed:
        measure = 10.0 ** rng.uniform(-2.0, 2.0, classes)
        matrix = (sp.diags_array(measure) @ matrix @ sp.diags_array(1 / measure)).tocsr()
        direct = direct * measure
    np.save(folder / "e.npy", direct)
    sp.save_npz(folder / "A.npz", matrix, compressed=False)


def write_table(folder: Path, *, sectors: int = 9_800, regions: int = 49, seed: int = 3) -> None:
    """Flows ``Z``, outputs ``x`` and one stressor ``direct`` (per sector, totals), as ``.npy``.

    About nine tenths of the inputs are domestic: regions have blocks on the diagonal.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seller = random(seed, 0).lognormal(0.0, 1.5, sectors)
    home = np.arange(sectors) * regions // sectors
    table = np.empty((sectors, sectors))
    for i in range(sectors):
        table[i] = random(seed, 1, i).lognormal(0.0, 2.0, sectors) * seller[i]
        table[i, home == home[i]] *= 500.0
    rng = random(seed, 2)
    table *= rng.uniform(0.3, 0.7, sectors) / table.sum(axis=0)
    final = rng.lognormal(3.0, 1.5, sectors)
    output = final.copy()
    for _ in range(200):
        output = final + table @ output
    table *= output
    np.save(folder / "x.npy", output)
    np.save(folder / "direct.npy", output * rng.lognormal(-1.0, 1.0, sectors))
    np.save(folder / "Z.npy", table)


def main() -> None:
    """Write one data set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in ("records", "system", "table"):
        kinds.add_parser(kind).add_argument("folder", type=Path)
    number = {"type": lambda text: int(float(text))}
    records, system, table = (kinds.choices[kind] for kind in ("records", "system", "table"))
    records.add_argument("--flows", default=10_000_000, **number)
    records.add_argument("--units", default=1_000_000, **number)
    records.add_argument("--classes", default=100_000, **number)
    records.add_argument("--ids", choices=("integer", "string"), default="integer")
    system.add_argument("--classes", default=20_000, **number)
    system.add_argument("--inputs", default=12, **number)
    system.add_argument("--structure", choices=("sectors", "hubs"), default="sectors")
    system.add_argument("--mixed", action="store_true")
    table.add_argument("--sectors", default=9_800, **number)
    given = vars(parser.parse_args())
    write = {"records": write_records, "system": write_system, "table": write_table}
    write[given.pop("kind")](given.pop("folder"), **given)


if __name__ == "__main__":
    main()
