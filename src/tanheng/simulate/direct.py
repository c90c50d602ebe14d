"""Direct emissions of a synthetic region: fuel burnt, process gases, some capture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Index, Ints, Small, stream
from tanheng.simulate.economy import Economy
from tanheng.simulate.inputs import PURPOSES, Inputs
from tanheng.simulate.outputs import Outputs
from tanheng.simulate.population import PRODUCER, Units

SOURCES = ("fuel", "process")
GASES = ("CO2", "CH4", "N2O")
CAPTURING = 2  # makers
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Direct:
    """Rows of direct emissions, in tCO2e; ``captured`` rows are negative.

    ``source`` and ``gas`` are indices into SOURCES and GASES; ``daily`` marks what the offices
    and cars of a maker burn.
    """

    unit: Index
    emission: Floats
    source: Small
    gas: Small
    daily: Bools
    captured: Bools


def draw_direct(
    units: Units, economy: Economy, inputs: Inputs, outputs: Outputs, seed: int
) -> Direct:
    """What every unit emits itself: burnt fuel by its own purchases, process gases by output."""
    rng = stream(seed, 10)
    size = units.use.size
    noise = 1.0 + 0.04 * rng.standard_normal(size)
    burnt = inputs.steps * economy.classes.burn[inputs.cls] * inputs.energy
    for_office = inputs.purpose == PURPOSES.index("daily")
    fuel = noise * np.bincount(inputs.unit, weights=burnt * ~for_office, minlength=size)
    office = noise * np.bincount(inputs.unit, weights=burnt * for_office, minlength=size)
    rows = np.flatnonzero((economy.classes.process[outputs.cls] > 0) & ~units.trader[outputs.unit])
    process = outputs.steps[rows] * economy.classes.process[outputs.cls[rows]]
    process *= np.exp(0.15 * rng.standard_normal(rows.size))
    gas = np.array([GASES.index(base.gas) for base in economy.classes.base])[outputs.cls[rows]]
    captures = _capturing(units, fuel, rng)
    caught = -fuel[captures] * (0.1 + 0.2 * rng.random(captures.size))
    every = np.arange(size)
    return _rows(
        [
            (every, fuel, 0, np.zeros(size, dtype=np.int64), False, False),
            (every, office, 0, np.zeros(size, dtype=np.int64), True, False),
            (outputs.unit[rows].astype(np.int64), process, 1, gas, False, False),
            (captures, caught, 0, np.zeros(captures.size, dtype=np.int64), False, True),
        ]
    )


def _capturing(units: Units, fuel: Floats, rng: np.random.Generator) -> Ints:
    """A few makers among the largest burners."""
    maker = np.flatnonzero((units.use == PRODUCER) & ~units.trader & (fuel > 0))
    largest = maker[np.argsort(-fuel[maker], kind="stable")][: max(CAPTURING, maker.size // 10)]
    return np.sort(rng.choice(largest, size=min(CAPTURING, largest.size), replace=False))


def _rows(parts: list[tuple[Ints, Floats, int, Ints, bool, bool]]) -> Direct:
    """Rows of all parts (unit, emission, source, gas, daily, captured), nothings left out."""
    size = [part[0].size for part in parts]
    unit = np.concatenate([part[0] for part in parts])
    emission = np.round(np.concatenate([part[1] for part in parts]), DECIMALS)
    source = np.repeat([part[2] for part in parts], size)
    gas = np.concatenate([part[3] for part in parts])
    daily = np.repeat([part[4] for part in parts], size)
    captured = np.repeat([part[5] for part in parts], size)
    order = np.argsort(unit, kind="stable")
    order = order[emission[order] != 0]
    return Direct(
        unit=unit[order].astype(np.int32),
        emission=emission[order],
        source=source[order].astype(np.int8),
        gas=gas[order].astype(np.int8),
        daily=daily[order],
        captured=captured[order],
    )
