"""What the makers of a synthetic region put out, and how joint products are partitioned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Index, Ints, Small, stream
from tanheng.simulate.economy import Economy
from tanheng.simulate.population import NO_CLASS, Units

KEYS = ("mass", "energy", "economic", "declared")
JOINT = 0.05  # of makers
NO_KEY = -1


@dataclass(frozen=True, slots=True)
class Outputs:
    """Output rows, and two figures for every unit.

    Attributes:
        unit, cls, steps, fen: unit, class, quantity and value of each row.
        weight: partition weight of each row; NaN for units with one product.
        key: partition key of each unit, NO_KEY for most.
        room_cny: what the inputs of each unit are measured against: the value of its output, or
            less for joint products, so that *each* product's part of the inputs stays in
            proportion to that product's value. 0 for units without output.
    """

    unit: Index
    cls: Index
    steps: Ints
    fen: Ints
    weight: Floats
    key: Small
    room_cny: Floats


def draw_outputs(units: Units, economy: Economy, seed: int) -> Outputs:
    """Output rows of all makers and traders, joint products included."""
    rng = stream(seed, 6)
    price = economy.classes.price
    unit = np.flatnonzero(units.cls != NO_CLASS)
    main = units.cls[unit].astype(np.int64)
    second, key, part = _joint(units, economy, unit, rng)
    joint = second != NO_CLASS
    worth = units.size_cny[unit]
    unit = np.concatenate([unit, unit[joint]])
    cls = np.concatenate([main, second[joint]])
    worth = np.concatenate([worth * (1 - part), (worth * part)[joint]])
    steps = np.maximum(1, np.rint(worth / price[cls])).astype(np.int64)
    worth = steps * price[cls]
    noise = np.where(economy.classes.money[cls], 1.0, 0.97 + 0.09 * rng.random(unit.size))
    fen = np.maximum(1, np.rint(100 * worth * noise)).astype(np.int64)
    key_of = np.full(units.use.size, NO_KEY, dtype=np.int8)
    key_of[unit[: joint.size][joint]] = key[joint]
    unknown = np.full(unit.size, np.nan)
    rows = Outputs(
        unit.astype(np.int32), cls.astype(np.int32), steps, fen, unknown, key_of, unknown
    )
    weight = _weights(rows, economy, rng)
    return replace(rows, weight=weight, room_cny=_room(units.use.size, unit, worth, weight))


def _joint(
    units: Units, economy: Economy, unit: Ints, rng: np.random.Generator
) -> tuple[Ints, Small, Floats]:
    """Second class, key and second share of value, for some of the makers that can have one."""
    partner, key, part = _partners(economy, rng)
    cls = units.cls[unit]
    able = np.flatnonzero((partner[cls] != NO_CLASS) & ~units.trader[unit])
    wanted = min(max(2, round(JOINT * unit.size)), (able.size + 1) // 2)
    chosen = rng.choice(able, size=wanted, replace=False)
    is_joint = np.zeros(unit.size, dtype=np.bool_)
    is_joint[chosen] = True
    return (
        np.where(is_joint, partner[cls], NO_CLASS),
        np.where(is_joint, key[cls], NO_KEY).astype(np.int8),
        np.where(is_joint, part[cls] * (0.8 + 0.4 * rng.random(unit.size)), 0.0),
    )


def _partners(economy: Economy, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """For each class the class that is made with it (NO_CLASS if none), key and share of value."""
    classes = economy.classes
    made = np.flatnonzero(classes.made)
    first = {classes.base[i].slug: i for i in made.tolist()[::-1]}
    family: dict[int, list[int]] = {}
    for i in made.tolist():
        family.setdefault(int(classes.family[i]), []).append(i)
    partner = np.full(len(classes), NO_CLASS, dtype=np.int64)
    key = np.full(len(classes), NO_KEY, dtype=np.int64)
    part = np.zeros(len(classes))
    pick = rng.random(len(classes))
    for i in made.tolist():
        if (joint := classes.base[i].joint) is None:
            continue
        slug, name, share = joint
        others = [k for k in family[int(classes.family[i])] if k != i]
        if slug != "=":
            others = [first[slug]] if slug in first else []
        if others:
            partner[i] = others[int(pick[i] * len(others))]
            key[i], part[i] = KEYS.index(name), share
    return partner, key, part


def _weights(rows: Outputs, economy: Economy, rng: np.random.Generator) -> Floats:
    """Partition weights by the key of the unit: t, GJ, CNY, or points declared near the value."""
    key = rows.key[rows.unit]
    mass = rows.steps * 10.0 ** -economy.classes.decimals[rows.cls]
    energy = rows.steps * economy.classes.energy_gj[rows.cls]
    value = rows.fen / 100
    declared = value / 1e4 * (0.8 + 0.4 * rng.random(value.size))
    weights = np.select(
        [key == i for i in range(len(KEYS))], [mass, energy, value, declared], np.nan
    )
    return np.maximum(np.round(weights, 6), 1e-6)


def _room(units: int, unit: Ints, worth: Floats, weight: Floats) -> Floats:
    """``min over products of (worth of the product / its part a)``, a from the weights."""
    room: Floats = np.bincount(unit, weights=worth, minlength=units).astype(np.float64)
    heavy = np.bincount(unit, weights=np.nan_to_num(weight), minlength=units)
    joint: Bools = ~np.isnan(weight)
    a = weight[joint] / heavy[unit[joint]]
    np.minimum.at(room, unit[joint], worth[joint] / a)
    return room
