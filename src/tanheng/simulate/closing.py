"""Trade and stocks that close the balance of every class in every region of a synthetic region.

All in whole steps of the class, so the balance closes exactly:
``made + imports = used + exports + stock change``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tanheng.simulate.arrays import Bools, Index, Ints, Small, stream, total
from tanheng.simulate.economy import Economy
from tanheng.simulate.inputs import Inputs
from tanheng.simulate.outputs import Outputs
from tanheng.simulate.population import Units

OUTSIDE = -1
STOCKED = 0.5  # of (region, class) pairs that can keep stocks
STOCK_CHANGE = 0.03  # of turnover, at most
SHIPPED = 0.8  # of what surplus and deficit regions could settle among themselves
TWO_WAY = 0.25  # of outside trade pairs have imports and exports at once
LEAST_CNY = 20_000.0  # no shipments between regions below this


@dataclass(frozen=True, slots=True)
class Trade:
    """Trade rows; ``partner`` is OUTSIDE or a region. Rows between regions come in mirrors."""

    region: Small
    partner: Small
    imported: Bools
    cls: Index
    steps: Ints


@dataclass(frozen=True, slots=True)
class Stocks:
    """Changes of stocks, of both signs."""

    region: Small
    cls: Index
    steps: Ints


def close(
    units: Units, economy: Economy, inputs: Inputs, outputs: Outputs, seed: int
) -> tuple[Trade, Stocks]:
    """Trade and stock rows for what is made and used."""
    rng = stream(seed, 9)
    size = len(economy.classes)
    made = _by_region(units, outputs.unit, outputs.cls, outputs.steps, size)
    used = _by_region(units, inputs.unit, inputs.cls, inputs.steps, size)
    turnover = np.maximum(made, used)
    changes = (rng.random(made.shape) < STOCKED) & ~economy.classes.local
    swing = STOCK_CHANGE * (2 * rng.random(made.shape) - 1)
    stock = np.where(changes, np.rint(turnover * swing), 0).astype(np.int64)
    surplus = made - used - stock
    shipped = _shipments(surplus, economy)
    outside = surplus - shipped.sum(axis=1) + shipped.sum(axis=0)
    both = (rng.random(made.shape) < TWO_WAY) & economy.classes.made & ~economy.classes.local
    extra = np.where(both, np.floor(0.1 * rng.random(made.shape) * turnover), 0).astype(np.int64)
    trade = _trade(shipped, np.maximum(outside, 0) + extra, np.maximum(-outside, 0) + extra)
    region, cls = np.nonzero(stock)
    return trade, Stocks(region.astype(np.int8), cls.astype(np.int32), stock[region, cls])


def _by_region(units: Units, unit: Index, cls: Index, steps: Ints, size: int) -> Ints:
    place = units.region[unit].astype(np.int64) * size + cls
    return total(place, steps, units.regions * size).reshape(units.regions, size)


def _shipments(surplus: Ints, economy: Economy) -> Ints:
    """Steps of each class from region r to region s: surpluses meet deficits in proportion."""
    over, under = np.maximum(surplus, 0), np.maximum(-surplus, 0)
    most = np.maximum(1, np.maximum(over.sum(axis=0), under.sum(axis=0)))
    share = SHIPPED * over / most
    steps: Ints = np.floor(share[:, None, :] * under[None, :, :]).astype(np.int64)
    steps[steps * economy.classes.price < LEAST_CNY] = 0
    return steps


def _trade(shipped: Ints, exports: Ints, imports: Ints) -> Trade:
    """Rows from shipments (region × region × class) and outside trade (region × class)."""
    source, target, cls = np.nonzero(shipped)
    steps = shipped[source, target, cls]
    out_region, out_cls = np.nonzero(exports)
    in_region, in_cls = np.nonzero(imports)
    region = np.concatenate([source, target, out_region, in_region])
    partner = np.concatenate(
        [target, source, np.full(out_region.size + in_region.size, OUTSIDE, dtype=np.int64)]
    )
    imported = np.repeat(
        [False, True, False, True], [source.size, target.size, out_region.size, in_region.size]
    )
    every_cls = np.concatenate([cls, cls, out_cls, in_cls])
    every = np.concatenate([steps, steps, exports[out_region, out_cls], imports[in_region, in_cls]])
    order = np.lexsort((partner, imported, every_cls, region))
    return Trade(
        region=region[order].astype(np.int8),
        partner=partner[order].astype(np.int8),
        imported=imported[order],
        cls=every_cls[order].astype(np.int32),
        steps=every[order],
    )
