"""The units of a synthetic region: what they are, where they stand, how large they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Index, Ints, Small, pareto, stream
from tanheng.simulate.catalogue import OTHERS
from tanheng.simulate.economy import Economy, plan

USES = ("producer", *OTHERS)
PRODUCER = 0  # index into USES
SHARES = {
    "daily_person": 0.17,
    "daily_institution": 0.08,
    "construction": 0.05,
    "maintenance": 0.04,
}
TRADERS = 0.06  # of producers
MEAN_OUTPUT_CNY = 3e8
LEAST_OUTPUT_CNY = 1e6
FEW_MAKERS = 0.08  # of the classes that are not hubs
HUBS = 5
NO_CLASS = -1


@dataclass(frozen=True, slots=True)
class Units:
    """Units in the order of their identifiers, one entry each.

    Attributes:
        use: index into USES.
        region: index into the catalogue's REGIONS.
        cls: class a maker makes or a trader sells, NO_CLASS for others.
        trader: whether a producer buys and sells the same class.
        size_cny: value of output (producers) or of spending (others).
        regions: number of regions.
    """

    use: Small
    region: Small
    cls: Index
    trader: Bools
    size_cny: Floats
    regions: int


def populate(units: int, seed: int) -> tuple[Units, Economy]:
    """Draws the units, and the economy they make up."""
    count = {use: max(2, round(share * units)) for use, share in SHARES.items()}
    producers = units - sum(count.values())
    traders = max(2, round(TRADERS * producers))
    makers = producers - traders
    economy = plan(units, makers, MEAN_OUTPUT_CNY * makers, seed)
    rng = stream(seed, 5)
    regions = 3 + sum(units >= bound for bound in (2_000, 10_000, 50_000, 200_000, 500_000))
    per_class = _makers_per_class(economy, makers, rng)
    cls = np.repeat(np.arange(per_class.size), per_class)
    sold = _traded(economy, per_class, traders, rng)
    size = [_sizes(cls, economy.output_cny, rng), _sizes_of_traders(sold, economy, per_class, rng)]
    for use in OTHERS:
        weight = pareto(rng, count[use], 1.2, 300.0)
        size.append(economy.spending_cny[use] * weight / weight.sum())
    use_of = np.repeat(np.arange(len(USES)), [producers, *count.values()])
    nothing = np.full(units - producers, NO_CLASS)
    classes = np.concatenate([cls, sold, nothing])
    region = _placed(economy, classes, regions, rng)
    trades = (np.arange(units) >= makers) & (np.arange(units) < producers)
    mixed = rng.permutation(units)
    return Units(
        use=use_of[mixed].astype(np.int8),
        region=region[mixed].astype(np.int8),
        cls=classes[mixed].astype(np.int32),
        trader=trades[mixed],
        size_cny=np.concatenate(size)[mixed],
        regions=regions,
    ), economy


def _makers_per_class(economy: Economy, makers: int, rng: np.random.Generator) -> Ints:
    """Three for most classes, one or two for a few, the rest where demand is large."""
    made = int(economy.classes.made.sum())
    count = np.full(made, 3, dtype=np.int64)
    some = min(made, max(1, round(FEW_MAKERS * made))) if made > HUBS else 0
    few = rng.choice(np.arange(HUBS, max(made, HUBS + 1)), size=some, replace=False)
    count[few] = rng.integers(1, 3, size=few.size)
    weight = economy.output_cny[:made] ** 0.6
    weight[few] = 0.0
    return count + rng.multinomial(makers - int(count.sum()), weight / weight.sum())


def _traded(economy: Economy, per_class: Ints, traders: int, rng: np.random.Generator) -> Ints:
    """The class each trader sells: goods only, and at most one trader for three makers."""
    slots = np.where(economy.classes.local[: per_class.size], 0, per_class // 3)
    every = np.repeat(np.arange(per_class.size), slots)
    return np.sort(rng.choice(every, size=traders, replace=False))


def _sizes(cls: Ints, total_cny: Floats, rng: np.random.Generator) -> Floats:
    """Output of each maker: a heavy-tailed part of what its class shall make."""
    weight = pareto(rng, cls.size, 0.9, 3000.0)
    part = weight / np.bincount(cls, weights=weight)[cls]
    return np.maximum(part * total_cny[cls], LEAST_OUTPUT_CNY)


def _sizes_of_traders(
    sold: Ints, economy: Economy, per_class: Ints, rng: np.random.Generator
) -> Floats:
    """Sales of each trader: those of a class sell at most a quarter of what its makers make."""
    slots = per_class[sold] // 3
    return economy.output_cny[sold] * 0.25 / slots * (0.1 + 0.9 * rng.random(sold.size))


def _placed(economy: Economy, cls: Ints, regions: int, rng: np.random.Generator) -> Ints:
    """Regions of unequal size; the makers of local classes take turns so that none lacks them."""
    weight = (1.0 + np.arange(regions)) ** -0.7
    region = rng.choice(regions, size=cls.size, p=weight / weight.sum())
    makers = int((cls != NO_CLASS).sum())  # they come first; traders never sell local classes
    rank = np.zeros(cls.size, dtype=np.int64)
    order = np.argsort(cls[:makers], kind="stable")
    start = np.searchsorted(cls[:makers][order], cls[:makers][order])
    rank[order] = np.arange(makers) - start
    local = np.append(economy.classes.local, False)[cls]  # NO_CLASS reads the last entry
    return np.where(local, rank % regions, region).astype(np.int64)
