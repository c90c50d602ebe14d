"""A synthetic region as the tables of a record set (columns: method.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tanheng.simulate.arrays import Index, Ints, skewed, stream
from tanheng.simulate.catalogue import REGIONS
from tanheng.simulate.closing import OUTSIDE, Stocks, Trade
from tanheng.simulate.columns import Table, batch, measures, numbers, quantities, same, words
from tanheng.simulate.direct import GASES, SOURCES, Direct
from tanheng.simulate.economy import Economy
from tanheng.simulate.inputs import NO_SUPPLIER, PURPOSES, Inputs
from tanheng.simulate.outputs import Outputs
from tanheng.simulate.population import Units
from tanheng.simulate.registers import (
    classes_table,
    exogenous_table,
    products_table,
    unit_ids,
    units_table,
)
from tanheng.simulate.writing import batches

OTHER_MEASURE = 0.15  # of flow rows are written in the other measure of their dimension


@dataclass(frozen=True, slots=True)
class Region:
    """A drawn region: all that its tables say, in arrays."""

    units: Units
    economy: Economy
    outputs: Outputs
    inputs: Inputs
    supplier: Ints
    direct: Direct
    trade: Trade
    stocks: Stocks


def tables(region: Region, period: str, seed: int) -> dict[str, Table]:
    """The eight tables by name, made batch by batch as they are read."""
    ids = unit_ids(region.units.use.size)
    return {
        "units": units_table(region.units, region.economy, region.outputs, ids, stream(seed, 11)),
        "classes": classes_table(region.economy),
        "products": products_table(region.economy),
        "direct": _direct(region.direct, ids, period),
        "flows": _flows(region, ids, period, stream(seed, 12)),
        "trade": _trade(region, period, stream(seed, 13)),
        "stocks": _stocks(region, period),
        "exogenous": exogenous_table(region.economy, period, stream(seed, 14)),
    }


def _direct(direct: Direct, ids: pa.Array, period: str) -> Table:
    def rows(some: slice) -> pa.RecordBatch:
        size = some.stop - some.start
        return batch(
            {
                "unit_id": ids.take(pa.array(direct.unit[some])),
                "period": same(period, size),
                "emission_tco2e": pa.array(direct.emission[some]),
                "source": words(SOURCES, direct.source[some]),
                "gas": words(GASES, direct.gas[some]),
                "purpose": words(("daily",), direct.daily[some].astype(np.int8) - 1),
                "kind": words(("emission", "capture"), direct.captured[some].astype(np.int8)),
            }
        )

    return direct.unit.size, batches(direct.unit.size, rows)


def _flows(region: Region, ids: pa.Array, period: str, rng: np.random.Generator) -> Table:
    economy, out, into = region.economy, region.outputs, region.inputs
    made, size = out.unit.size, out.unit.size + into.unit.size
    product = _flow_products(region, rng)
    way = rng.random(size) < OTHER_MEASURE
    unit = np.concatenate([out.unit, into.unit])
    order = np.argsort(unit, kind="stable")

    def rows(some: slice) -> pa.RecordBatch:
        row = order[some]
        is_in = row >= made
        o, i = np.where(is_in, 0, row), np.where(is_in, row - made, 0)
        what = product[row].astype(np.int64)
        how = way[row].astype(np.int64)
        seller = np.where(is_in, region.supplier[i], NO_SUPPLIER)
        seller = np.where(seller == NO_SUPPLIER, NO_SUPPLIER, out.unit[seller])
        return batch(
            {
                "unit_id": ids.take(pa.array(unit[row])),
                "period": same(period, row.size),
                "direction": words(("out", "in"), is_in.astype(np.int8)),
                "product_id": words(economy.products.ids, what),
                "quantity": quantities(
                    economy, what, how, np.where(is_in, into.steps[i], out.steps[o])
                ),
                "measure": measures(economy, what, how),
                "supplier_id": ids.take(pa.array(seller, mask=seller == NO_SUPPLIER)),
                "value": pa.array(np.where(is_in, into.fen[i], out.fen[o]) / 100.0),
                "purpose": words(PURPOSES, np.where(is_in, into.purpose[i], -1)),
                "partition_weight": numbers(np.where(is_in, np.nan, out.weight[o])),
            }
        )

    return size, batches(size, rows)


def _flow_products(region: Region, rng: np.random.Generator) -> Index:
    """A product of its class for every flow row; what is bought by name is what its maker makes."""
    out = _pick(region.economy, region.outputs.cls, rng)
    into = _pick(region.economy, region.inputs.cls, rng)
    named = region.supplier != NO_SUPPLIER
    into[named] = out[region.supplier[named]]
    return np.concatenate([out, into])


def _pick(economy: Economy, cls: Index, rng: np.random.Generator) -> Index:
    products = economy.products
    return (products.first[cls] + skewed(rng, products.count[cls])).astype(np.int32)


def _trade(region: Region, period: str, rng: np.random.Generator) -> Table:
    trade, economy = region.trade, region.economy
    # One product per pair of regions and class, so that mirrored rows agree.
    pairs = region.units.regions**2
    low = np.minimum(trade.region, trade.partner).astype(np.int64)
    high = np.maximum(trade.region, trade.partner).astype(np.int64)
    inner = trade.partner != OUTSIDE
    chance = rng.random((pairs, len(economy.classes)))
    luck = np.where(inner, chance[low * region.units.regions + high, trade.cls], 0.0)
    count = economy.products.count[trade.cls]
    what = economy.products.first[trade.cls] + (luck**2 * count).astype(np.int64)
    own = np.zeros(what.size, dtype=np.int64)

    def rows(some: slice) -> pa.RecordBatch:
        return batch(
            {
                "region": words(REGIONS, trade.region[some]),
                "period": same(period, some.stop - some.start),
                "direction": words(("export", "import"), trade.imported[some].astype(np.int8)),
                "product_id": words(economy.products.ids, what[some]),
                "quantity": quantities(economy, what[some], own[some], trade.steps[some]),
                "measure": measures(economy, what[some], own[some]),
                "partner": words(REGIONS, trade.partner[some]),
            }
        )

    return what.size, batches(what.size, rows)


def _stocks(region: Region, period: str) -> Table:
    stocks, economy = region.stocks, region.economy
    what = economy.products.first[stocks.cls]
    own = np.zeros(what.size, dtype=np.int64)

    def rows(some: slice) -> pa.RecordBatch:
        return batch(
            {
                "region": words(REGIONS, stocks.region[some]),
                "period": same(period, some.stop - some.start),
                "product_id": words(economy.products.ids, what[some]),
                "change": quantities(economy, what[some], own[some], stocks.steps[some]),
                "measure": measures(economy, what[some], own[some]),
            }
        )

    return what.size, batches(what.size, rows)
