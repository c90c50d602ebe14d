"""What the units of a synthetic region take in, and from whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Index, Ints, Small, ranges, stream
from tanheng.simulate.catalogue import RECIPE_CAP
from tanheng.simulate.economy import Economy, Recipes
from tanheng.simulate.outputs import Outputs
from tanheng.simulate.population import PRODUCER, USES, Units

PURPOSES = ("material", "energy", "capital", "daily", "construction")
BY_USE = -1  # purpose left to the default of the unit's use
NO_SUPPLIER = -1
MINOR = 0.1  # inputs of at most this share are left out at times
CHUNK = 100_000  # units expanded at a time, to bound memory

# Caps of the four kinds of purchases of a maker, in parts of its room: together 0.70.
CAPITAL_CAP, OFFICE_CAP, HALL_CAP = 0.04, 0.02, 0.02
HANDLING_CAP = 0.03  # of a trader
LOSS = 0.02  # of a trader, at most
NAMED = 0.22  # of purchases are tried with a named supplier,
NAMED_BY_TRADERS = 0.7
SOLD_BY_NAME = 0.9  # and stand if its output suffices


@dataclass(frozen=True, slots=True)
class Inputs:
    """Input rows: unit, class, quantity, value, purpose (index into PURPOSES), whether energy."""

    unit: Index
    cls: Index
    steps: Ints
    fen: Ints
    purpose: Small
    energy: Bools

    @staticmethod
    def joined(parts: list[Inputs]) -> Inputs:
        """All rows of several parts."""
        return Inputs(
            np.concatenate([part.unit for part in parts]),
            np.concatenate([part.cls for part in parts]),
            np.concatenate([part.steps for part in parts]),
            np.concatenate([part.fen for part in parts]),
            np.concatenate([part.purpose for part in parts]),
            np.concatenate([part.energy for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class _Buying:
    """One kind of purchases: who buys from which recipes, how much in all, how varied.

    ``worth`` is what the shares of the recipe refer to; ``cap`` the most a unit may spend, in
    parts of worth; ``kept`` the probability that a minor input is bought at all.
    """

    unit: Ints
    recipe: Ints
    worth: Floats
    cap: float
    kept: float
    purpose: int | None  # None: material, or energy where the recipe says so


def draw_inputs(units: Units, economy: Economy, outputs: Outputs, seed: int) -> Inputs:
    """Input rows of all units, in order of unit within each kind of purchases."""
    rng = stream(seed, 7)
    recipes = economy.recipes
    producer = units.use == PRODUCER
    maker = np.flatnonzero(producer & ~units.trader)
    room = outputs.room_cny
    thrift = np.exp(0.12 * rng.standard_normal(units.use.size))  # fuel efficiency of each unit
    buyings = [_Buying(maker, _technology(units.cls[maker], recipes, rng), room[maker],
                       RECIPE_CAP, 0.85, None)]  # fmt: skip
    for name, cap, chance, purpose in (
        ("capital", CAPITAL_CAP, 0.3, "capital"),
        ("office", OFFICE_CAP, 0.55, "daily"),
        ("hall", HALL_CAP, 0.04, "construction"),
    ):
        some = maker[rng.random(maker.size) < chance]
        worth = room[some] * cap * (0.3 + 0.7 * rng.random(some.size))
        buyings.append(_Buying(some, _any(recipes.basket[name], some.size, rng), worth, 1.0,
                               0.6, PURPOSES.index(purpose)))  # fmt: skip
    trader = np.flatnonzero(units.trader)
    buyings.append(_Buying(trader, _any(recipes.basket["handling"], trader.size, rng),
                           room[trader] * HANDLING_CAP, 1.0, 0.9, None))  # fmt: skip
    for use in USES[1:]:
        some = np.flatnonzero(units.use == USES.index(use))
        buyings.append(_Buying(some, _any(recipes.basket[use], some.size, rng),
                               units.size_cny[some], 1.5, 0.6, BY_USE))  # fmt: skip
    parts = [_bought(buying, economy, thrift, rng) for buying in buyings]
    parts.append(_goods_of_traders(units, economy, outputs, rng))
    return Inputs.joined(parts)


def _technology(cls: Index, recipes: Recipes, rng: np.random.Generator) -> Ints:
    """One recipe of its class for each maker, by the chances of the recipes (at most two)."""
    first = recipes.first[cls]
    other = (recipes.kinds[cls] == 2) & (rng.random(cls.size) >= recipes.chance[first])
    return np.where(other, first + 1, first)


def _any(some: range, size: int, rng: np.random.Generator) -> Ints:
    return rng.integers(some.start, some.stop, size=size)


def _bought(buying: _Buying, economy: Economy, thrift: Floats, rng: np.random.Generator) -> Inputs:
    parts = [
        _bought_by(buying, slice(at, at + CHUNK), economy, thrift, rng)
        for at in range(0, max(1, buying.unit.size), CHUNK)
    ]
    return Inputs.joined(parts)


def _bought_by(
    buying: _Buying, some: slice, economy: Economy, thrift: Floats, rng: np.random.Generator
) -> Inputs:
    """Rows of some of the units: shares with noise, minor inputs left out at times, capped."""
    recipes, price = economy.recipes, economy.classes.price
    unit, recipe, worth = buying.unit[some], buying.recipe[some], buying.worth[some]
    count = recipes.count[recipe]
    row = ranges(recipes.start[recipe], count)
    who = np.repeat(np.arange(unit.size), count)
    share = recipes.share[row]
    minor = share <= MINOR
    share = np.where(minor, share / buying.kept, share)
    bought = (rng.random(row.size, dtype=np.float32) < buying.kept) | ~minor
    row, who, share = row[bought], who[bought], share[bought]
    energy = recipes.energy[row]
    share *= np.exp(np.float32(0.2) * rng.standard_normal(row.size, dtype=np.float32))
    share *= np.where(energy, thrift[unit[who]], 1.0)
    spent = np.bincount(who, weights=share, minlength=unit.size)
    share *= np.minimum(1.0, buying.cap / np.maximum(spent, 1e-12))[who]
    cls = recipes.cls[row]
    # Rounded down, so that the cap holds for what is recorded.
    steps = np.floor(share * worth[who] / price[cls]).astype(np.int64)
    some_at_all = steps > 0
    unit, cls, steps = unit[who][some_at_all], cls[some_at_all], steps[some_at_all]
    energy = energy[some_at_all]
    purpose = np.full(unit.size, BY_USE if buying.purpose is None else buying.purpose, np.int8)
    if buying.purpose is None:
        purpose = np.where(energy, PURPOSES.index("energy"), PURPOSES.index("material"))
    noise = np.where(economy.classes.money[cls], 1.0, 0.94 + 0.12 * rng.random(unit.size))
    return Inputs(
        unit.astype(np.int32),
        cls,
        steps,
        _fen(steps, price[cls], noise),
        purpose.astype(np.int8),
        energy,
    )


def _goods_of_traders(
    units: Units, economy: Economy, outputs: Outputs, rng: np.random.Generator
) -> Inputs:
    """What traders buy to sell: their sales and some loss, at a wholesale price."""
    row = np.flatnonzero(units.trader[outputs.unit])
    cls, sold = outputs.cls[row], outputs.steps[row]
    steps = sold + np.floor(sold * (LOSS * rng.random(row.size))).astype(np.int64)
    material = np.full(row.size, PURPOSES.index("material"), dtype=np.int8)
    price = economy.classes.price[cls]
    return Inputs(
        outputs.unit[row],
        cls,
        steps,
        _fen(steps, price, 0.82 + 0.06 * rng.random(row.size)),
        material,
        np.zeros(row.size, dtype=np.bool_),
    )


def _fen(steps: Ints, price: Floats, noise: Floats) -> Ints:
    return np.maximum(1, np.rint(100 * steps * price * noise)).astype(np.int64)


def name_suppliers(
    units: Units, economy: Economy, inputs: Inputs, outputs: Outputs, seed: int
) -> Ints:
    """For each input row the output row it is bought from by name, NO_SUPPLIER for most.

    Suppliers are makers (never traders, never the buyer) of the same class and region; nobody
    sells more by name than SOLD_BY_NAME of its output.
    """
    rng = stream(seed, 8)
    size = len(economy.classes)
    own_goods = units.trader[inputs.unit] & (units.cls[inputs.unit] == inputs.cls)
    tried = np.flatnonzero(
        economy.classes.made[inputs.cls]
        & (units.use[inputs.unit] != USES.index("daily_person"))
        & (rng.random(own_goods.size) < np.where(own_goods, NAMED_BY_TRADERS, NAMED))
    )
    seller = np.flatnonzero(~units.trader[outputs.unit])
    place = units.region[outputs.unit[seller]].astype(np.int64) * size + outputs.cls[seller]
    order = np.argsort(place, kind="stable")
    seller, place = seller[order], place[order]
    wanted = units.region[inputs.unit[tried]].astype(np.int64) * size + inputs.cls[tried]
    count = np.bincount(place, minlength=units.regions * size)
    first = (np.cumsum(count) - count)[wanted]
    pick = first + (rng.random(tried.size) * count[wanted]).astype(np.int64)
    found = count[wanted] > 0
    tried, pick = tried[found], seller[pick[found]]
    others = outputs.unit[pick] != inputs.unit[tried]
    tried, pick = tried[others], pick[others]
    stands = _within(pick, inputs.steps[tried], outputs.steps)
    supplier = np.full(inputs.unit.size, NO_SUPPLIER, dtype=np.int64)
    supplier[tried[stands]] = pick[stands]
    return supplier


def _within(row: Ints, steps: Ints, made: Ints) -> Bools:
    """Which sales stand when each output row is sold in the order asked, up to its limit."""
    order = np.argsort(row, kind="stable")
    running = np.cumsum(steps[order])
    start = np.searchsorted(row[order], row[order])
    before = running[start] - steps[order][start]
    stands = np.zeros(row.size, dtype=np.bool_)
    stands[order] = running - before <= np.floor(SOLD_BY_NAME * made[row[order]])
    return stands
