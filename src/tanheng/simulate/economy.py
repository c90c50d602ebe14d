"""Who needs what: recipes of makers, baskets of users, and the demand for every class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tanheng.simulate import recipes as text
from tanheng.simulate.arrays import Bools, Floats, Index, Ints, pareto, ranges, skewed, stream
from tanheng.simulate.catalogue import ENERGY, IMPORTED, MADE
from tanheng.simulate.classes import Classes, Products, draw_classes, draw_products

MAX_CLASSES = 20_000
MAX_BASKETS = 2_000
EXPORTED = 0.15  # of what final users spend

# Baskets: recipe line, and share in all spending that is not for a recipe of a maker.
BASKETS: dict[str, tuple[str, float]] = {
    "daily_person": (text.HOUSEHOLD, 0.48),
    "daily_institution": (text.INSTITUTION, 0.16),
    "construction": (text.CONSTRUCTION, 0.25),
    "maintenance": (text.MAINTENANCE, 0.07),
    "capital": (text.CAPITAL, 0.02),
    "office": (text.OFFICE, 0.015),
    "hall": (text.HALL, 0.001),
    "handling": (text.HANDLING, 0.004),
}

Line = list[tuple[int, float, bool]]  # family, share, energy


@dataclass(frozen=True, slots=True)
class Recipes:
    """Input lists: recipe r has the rows ``start[r]`` up to ``start[r] + count[r]``.

    Attributes:
        cls, share, energy: class taken in, value per value of output (or of spending), and
            whether it is burnt or otherwise used as energy; one entry per row.
        first, kinds: made class i owns the recipes ``first[i]`` up to ``first[i] + kinds[i]``.
        chance: probability of a recipe among those of its class.
        basket: recipes of users, by name.
    """

    start: Ints
    count: Ints
    cls: Index
    share: Floats
    energy: Bools
    first: Ints
    kinds: Ints
    chance: Floats
    basket: dict[str, range]


@dataclass(frozen=True, slots=True)
class Economy:
    """All of a region that does not depend on single units.

    ``output_cny`` is what the makers of each class shall make together (0 where not made);
    ``spending_cny`` what the users of each kind of basket spend together.
    """

    classes: Classes
    products: Products
    recipes: Recipes
    output_cny: Floats
    spending_cny: dict[str, float]


def plan(units: int, makers: int, total_cny: float, seed: int) -> Economy:
    """The economy of a region.

    The number of classes grows like ``units ** 0.7`` up to MAX_CLASSES, and leaves about three
    makers for each in small regions; one class in twenty, and at least three, comes from outside.

    Args:
        units, makers: number of units, and of makers among them.
        total_cny: value of all outputs of makers together.
        seed: of the random streams.
    """
    wanted = min(round(units**0.7), MAX_CLASSES)
    outside = max(3, round(0.05 * wanted))
    inside = max(4, min(wanted - outside, makers // 3))
    classes = draw_classes(inside, outside, stream(seed, 1))
    recipes = _recipes(classes, stream(seed, 3))
    output, spending = _demand(classes, recipes, total_cny, stream(seed, 4))
    return Economy(classes, draw_products(classes, stream(seed, 2)), recipes, output, spending)


def _parsed(line: str, own: str, present: dict[str, int]) -> Line:
    """A recipe line, with stand-ins for the families that a small region lacks."""
    words = line.split()
    merged: dict[tuple[int, bool], float] = {}
    for word, share in zip(words[::2], words[1::2], strict=True):
        name = word.lstrip("*")
        found: str | None = name
        while found is not None and found not in present:
            found = text.STANDS_IN.get(found)
        # What nothing stands in for is not bought; nor is a class made of itself by standing in.
        if found is None or (found == own and name != own):
            continue
        key = (present[found], found in ENERGY and not word.startswith("*"))
        merged[key] = merged.get(key, 0.0) + float(share)
    return [(family, share, energy) for (family, energy), share in merged.items()]


def _recipes(classes: Classes, rng: np.random.Generator) -> Recipes:
    present = {base.slug: int(f) for base, f in zip(classes.base, classes.family, strict=True)}
    book: list[Line] = []
    chances: list[float] = []
    pages: dict[str, int] = {}
    for slug, technologies in text.RECIPES.items():
        pages[slug] = len(book)
        book += [_parsed(line, slug, present) for _, line in technologies]
        chances += [chance for chance, _ in technologies]
    made = [base.slug for base, inside in zip(classes.base, classes.made, strict=True) if inside]
    kinds = np.array([len(text.RECIPES[slug]) for slug in made], dtype=np.int64)
    page = [ranges(np.array([pages[slug] for slug in made], dtype=np.int64), kinds)]
    each = int(np.clip(len(made) // 8, 3, MAX_BASKETS))
    basket = {}
    for i, (name, (line, _)) in enumerate(BASKETS.items()):
        start = page[0].size + i * each
        basket[name] = range(start, start + each)
        page.append(np.full(each, len(book), dtype=np.int64))
        book.append(_parsed(line, "", present))
        chances.append(1.0 / each)
    page_of = np.concatenate(page)
    count = np.array([len(line) for line in book], dtype=np.int64)
    cls, share, energy = _filled(classes, book, page_of, rng)
    return Recipes(
        start=np.cumsum(count[page_of]) - count[page_of],
        count=count[page_of],
        cls=cls,
        share=share,
        energy=energy,
        first=np.cumsum(kinds) - kinds,
        kinds=kinds,
        chance=np.array(chances)[page_of],
        basket=basket,
    )


def _filled(
    classes: Classes, book: list[Line], page_of: Ints, rng: np.random.Generator
) -> tuple[Index, Floats, Bools]:
    """Recipe rows: a class for each family, low numbers more often, and shares that vary.

    The shares of a recipe keep the sum they have in the book.
    """
    count = np.array([len(line) for line in book], dtype=np.int64)
    rows = ranges((np.cumsum(count) - count)[page_of], count[page_of])
    recipe = np.repeat(np.arange(page_of.size), count[page_of])
    entries = [entry for line in book for entry in line]
    family = np.array([entry[0] for entry in entries], dtype=np.int64)[rows]
    share = np.array([entry[1] for entry in entries])[rows]
    energy = np.array([entry[2] for entry in entries], dtype=np.bool_)[rows]
    members = np.argsort(classes.family, kind="stable")
    size = np.bincount(classes.family, minlength=len(MADE) + len(IMPORTED)).astype(np.int64)
    cls = members[(np.cumsum(size) - size)[family] + skewed(rng, size[family])]
    varied = share * np.exp(0.25 * rng.standard_normal(rows.size))
    before = np.bincount(recipe, weights=share, minlength=page_of.size)
    after = np.bincount(recipe, weights=varied, minlength=page_of.size)
    return cls.astype(np.int32), varied * (before / np.maximum(after, 1e-12))[recipe], energy


def _demand(
    classes: Classes, recipes: Recipes, total_cny: float, rng: np.random.Generator
) -> tuple[Floats, dict[str, float]]:
    """Output per class and spending per basket: ``x = y + A x``, by summing the rounds of supply.

    A x is at most RECIPE_CAP of x in value, so the rounds shrink at least that fast. What makers
    then really make differs from what is needed by a random factor: that is what trade is for.
    """
    size, made = len(classes), int(classes.made.sum())
    recipe = np.repeat(np.arange(recipes.count.size), recipes.count)
    spent = np.zeros(recipes.count.size)
    for name, (_, part) in BASKETS.items():
        spent[recipes.basket[name].start : recipes.basket[name].stop] = part
    weight = recipes.share * recipes.chance[recipe]
    need = np.bincount(recipes.cls, weights=weight * spent[recipe], minlength=size)
    abroad = np.where(classes.made & ~classes.local, pareto(rng, size, 1.3, 50.0), 0.0)
    need += EXPORTED * abroad / abroad.sum()
    owner = np.repeat(np.arange(made), recipes.kinds)
    inner = recipe < owner.size
    supplied, by, chances = recipes.cls[inner], owner[recipe[inner]], weight[inner]
    output: Floats = need.astype(np.float64)
    further = need
    for _ in range(60):
        further = np.bincount(supplied, weights=chances * further[by], minlength=size)
        output += further
    noise = np.where(classes.local, 0.03, 0.22) * rng.standard_normal(size)
    output *= np.where(classes.made, np.exp(noise), 0.0)
    scale = total_cny / float(output.sum())
    return output * scale, {name: part * scale for name, (_, part) in BASKETS.items()}
