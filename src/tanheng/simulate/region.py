"""Writes the records of a synthetic industrial region.

Why every region is productive
------------------------------
Let ``p`` be the base prices (CNY per class measure, one positive vector for the whole set). Inputs
are drawn as parts of the value of output *at these prices* and rounded down, so that for every
maker f that is not a trader, and for each of its products i with part ``a_if`` of the inputs,

    a_if Σ_q p_q U_qf  ≤  0.70 p_i V_if          (recipe .62, assets .04, office .02, new hall .02)

For joint products the inputs are measured against the product that would be burdened most (the
*room* of :func:`tanheng.simulate.outputs.draw_outputs`). A trader takes in at most 1.02 of what it
sells and 0.03 for handling: 1.05. A class has at most one trader for three makers, and its traders
sell at most a quarter of what its makers are meant to make, of which joint products may take 0.42:
so at most 0.30 of what is made in all, and a quarter of the number. ``weighted`` and ``simple``
means are averages over makers of ``a_if Σ_q p_q U_qf / V_if``, so column i of the coefficient
matrix satisfies

    Σ_q p_q A_qi  ≤  (0.70 · 0.70 + 0.30 · 1.05) p_i  <  0.81 p_i

and ``pᵀA ≤ 0.81 pᵀ`` with ``p > 0`` bounds the spectral radius: ρ(A) ≤ 0.81. It holds as well where
capital counts as material. ``best:K`` is nowhere above ``weighted``, so its benchmarks exist too.

The prices really paid differ from p by 0.94 … 1.06 for inputs and 0.97 … 1.06 for outputs (0.82 …
0.88 for what traders sell on), so the value added of every producer is positive:
0.97 > 0.70 · 1.06 and 0.97 > 1.02 · 0.88 + 0.03 · 1.06.
"""

from __future__ import annotations

from pathlib import Path

from tanheng.period import Period
from tanheng.simulate.arrays import Progress
from tanheng.simulate.closing import close
from tanheng.simulate.direct import draw_direct
from tanheng.simulate.inputs import draw_inputs, name_suppliers
from tanheng.simulate.outputs import draw_outputs
from tanheng.simulate.population import populate
from tanheng.simulate.records import Region, tables
from tanheng.simulate.writing import Format, write

MIN_UNITS = 30
MAX_UNITS = 5_000_000
STAGES = 5


def generate(
    units: int,
    seed: int,
    out: Path,
    *,
    period: str = "2016",
    format: Format = "csv",
    progress: Progress | None = None,
) -> None:
    """Writes the eight tables of a synthetic region into a folder.

    The same ``units``, ``seed`` and ``period`` give the same bytes (CSV) or the same tables
    (Parquet), with the same versions of NumPy and PyArrow. Every class closes in every region:
    output + imports = uses + exports + stock change. Existing files of the same names are
    replaced.

    Args:
        units: number of accounting units, MIN_UNITS to MAX_UNITS.
        seed: not negative.
        out: folder, made if need be.
        period: written into every row, e.g. ``2016`` or ``2016-Q1``.
        format: of the files, ``csv`` or ``parquet``.
        progress: told (stage, done, total) as the work goes on; stage is ``draw`` (steps) or
            ``write`` (rows).

    Raises:
        ValueError: for arguments out of their range.
        OverflowError: when the total of a class is too large to be added up exactly.
    """
    if not MIN_UNITS <= units <= MAX_UNITS:
        raise ValueError(f"units must be {MIN_UNITS} to {MAX_UNITS}, not {units}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, but is {seed}")
    if format not in ("csv", "parquet"):
        raise ValueError(f"format must be csv or parquet, not {format!r}")
    Period.parse(period)
    report = progress or _silent
    region = draw(units, seed, report)
    out.mkdir(parents=True, exist_ok=True)
    written = tables(region, period, seed)
    total, done = sum(rows for rows, _ in written.values()), 0
    for name, (_, parts) in written.items():
        for rows in write(out / name, format, parts):
            done += rows
            report("write", done, total)


def draw(units: int, seed: int, report: Progress) -> Region:
    """The region in memory, before anything is written."""
    report("draw", 0, STAGES)
    population, economy = populate(units, seed)
    outputs = draw_outputs(population, economy, seed)
    report("draw", 1, STAGES)
    inputs = draw_inputs(population, economy, outputs, seed)
    report("draw", 2, STAGES)
    supplier = name_suppliers(population, economy, inputs, outputs, seed)
    report("draw", 3, STAGES)
    direct = draw_direct(population, economy, inputs, outputs, seed)
    report("draw", 4, STAGES)
    trade, stocks = close(population, economy, inputs, outputs, seed)
    report("draw", 5, STAGES)
    return Region(population, economy, outputs, inputs, supplier, direct, trade, stocks)


def _silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""
