"""Product classes and products of a synthetic region, and how their quantities are written."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Ints
from tanheng.simulate.catalogue import IMPORTED, MADE, SCALES, Base


@dataclass(frozen=True, slots=True)
class Classes:
    """Product classes, one entry each; quantities are whole numbers of *steps*.

    Attributes:
        base: what the class is derived from; ``family`` is its index in the catalogue and
            ``number`` counts the classes of a family from 1.
        ids: class_id.
        made: false for classes that only come from outside.
        decimals: one step is ``10 ** -decimals`` of the class measure.
        price: CNY per step, base price before the noise of single deals.
        burn, process: tCO2e per step burnt, per step made.
        energy_gj: GJ per step.
        local: neither stocked nor traded on.
        money: measured in money, so that quantity and value are the same.
    """

    base: list[Base]
    family: Ints
    number: list[int]
    ids: list[str]
    made: Bools
    decimals: Ints
    price: Floats
    burn: Floats
    process: Floats
    energy_gj: Floats
    local: Bools
    money: Bools

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Products:
    """Products, sorted by class, and the two ways in which their quantities are written.

    *k* steps of the class are ``k * times[product, way] / 10 ** decimals[product, way]`` of
    ``measure[product][way]``: whole numbers up to one last division, so that the float is the one
    nearest to the decimal. Class i has products ``first[i]`` up to ``first[i] + count[i]``.
    """

    ids: list[str]
    names: list[str]
    cls: Ints
    conversion: Floats
    first: Ints
    count: Ints
    measure: list[tuple[str, str]]
    times: Ints
    decimals: Ints


Written = tuple[str, int, int]  # measure, times, decimals


def draw_classes(inside: int, outside: int, rng: np.random.Generator) -> Classes:
    """So many classes made inside, so many that only come from outside."""
    every = MADE + IMPORTED
    family = np.concatenate(
        [_derive(MADE, inside, rng), len(MADE) + _derive(IMPORTED, outside, rng)]
    )
    base = [every[i] for i in family]
    number = _numbered(family)
    decimals = np.array([SCALES[b.measure].decimals for b in base], dtype=np.int64)
    step = 10.0**-decimals
    money = np.array([b.measure == "CNY" for b in base])
    drift = np.where(
        (np.array(number) > 1) & ~money, np.exp(0.4 * rng.standard_normal(family.size)), 1.0
    )
    return Classes(
        base=base,
        family=family,
        number=number,
        ids=[b.slug if n == 1 else f"{b.slug}-{n}" for b, n in zip(base, number, strict=True)],
        made=np.arange(family.size) < inside,
        decimals=decimals,
        price=np.array([b.price_cny for b in base]) * drift * step,
        burn=np.array([b.burn_tco2 for b in base]) * step,
        process=np.array([b.process_tco2e for b in base]) * step,
        energy_gj=np.array([b.energy_gj for b in base]) * step,
        local=np.array([b.local for b in base]),
        money=money,
    )


def _derive(bases: tuple[Base, ...], wanted: int, rng: np.random.Generator) -> Ints:
    """Indices into ``bases``: the first of them once, then as many derived ones as needed."""
    once = np.arange(min(wanted, len(bases)), dtype=np.int64)
    if wanted <= len(bases):
        return once
    weight = np.array([base.variants for base in bases])
    further = rng.choice(len(bases), size=wanted - len(bases), p=weight / weight.sum())
    return np.concatenate([once, further.astype(np.int64)])


def _numbered(family: Ints) -> list[int]:
    seen: dict[int, int] = {}
    number = []
    for i in family.tolist():
        seen[i] = seen.get(i, 0) + 1
        number.append(seen[i])
    return number


def draw_products(classes: Classes, rng: np.random.Generator) -> Products:
    """One or two products for every class, some in another measure or worth more of the class."""
    ids: list[str] = []
    names: list[str] = []
    owner: list[int] = []
    conversions: list[Fraction] = []
    written: list[tuple[Written, Written]] = []
    twice = rng.random(len(classes)) < 0.25
    for i, base in enumerate(classes.base):
        tail = "" if classes.number[i] == 1 else f" {classes.number[i]}"
        for letter, (zh, en, measure, per_product) in zip(
            "ab", _kinds(base, bool(tail), bool(twice[i])), strict=False
        ):
            ids.append(f"P-{classes.ids[i]}-{letter}")
            names.append(f"{zh}{tail.strip()} {en}{tail}")
            owner.append(i)
            conversions.append(per_product)
            written.append(_written(base.measure, measure, per_product))
    cls = np.array(owner, dtype=np.int64)
    return Products(
        ids=ids,
        names=names,
        cls=cls,
        conversion=np.array([float(conversion) for conversion in conversions]),
        first=np.searchsorted(cls, np.arange(len(classes))).astype(np.int64),
        count=np.bincount(cls, minlength=len(classes)).astype(np.int64),
        measure=[(own[0], other[0]) for own, other in written],
        times=np.array([(own[1], other[1]) for own, other in written], dtype=np.int64),
        decimals=np.array([(own[2], other[2]) for own, other in written], dtype=np.int64),
    )


def _kinds(base: Base, derived: bool, twice: bool) -> list[tuple[str, str, str, Fraction]]:
    """(zh, en, measure, conversion) of the products of one class."""
    kinds = [(base.zh, base.en, base.measure, Fraction(1))]
    if derived and twice:
        kinds.append((f"{base.zh}乙", f"{base.en} B", base.measure, Fraction(1)))
    elif base.further and not derived:
        zh, en, measure, conversion = base.further
        kinds.append((zh, en, measure, Fraction(str(conversion))))
    return kinds


def _written(class_measure: str, measure: str, conversion: Fraction) -> tuple[Written, Written]:
    """How steps of a class are written in a product's own measure, and in its other measure."""
    per_class = 1 / conversion  # terminates: conversions of the catalogue are 2^a 5^b
    shift = 0
    while (per_class * 10**shift).denominator != 1:
        shift += 1
    own = (measure, int(per_class * 10**shift), SCALES[class_measure].decimals + shift)
    scale = SCALES[measure]
    if not scale.other:
        return own, own
    decimals = own[2] + scale.other_decimals - scale.decimals
    return own, (scale.other, own[1] * 10 ** max(0, -decimals), max(0, decimals))
