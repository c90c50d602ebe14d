"""A second implementation of a compliance year, in fractions, written from the rules' descriptions.

Shares no code with the program. One entity at a time; amounts come out as whole units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction as F

Numbers = Mapping[str, str]


def whole(value: F, rule: str) -> int:
    """To whole units by a named rule."""
    low = math.floor(value)
    rest = value - low
    if rule == "down" or rest == 0:
        return low
    if rule == "up":
        return low + 1
    if rest != F(1, 2):
        return low + (rest > F(1, 2))
    if rule == "half_even":
        return low + low % 2
    return low + 1 if value > 0 else low


@dataclass(frozen=True)
class Law:
    """The numbers of a draft law; None: the law says nothing."""

    rounding: str
    reduction: F
    free: F | None
    pre: F | None
    cap: F | None
    relief: F | None
    uplift: F
    multiple: F
    ceiling: F | None
    next_multiple: F
    benchmarks: Mapping[str, F]
    unverified: str
    price: F


@dataclass(frozen=True)
class Year:
    """What is known of an entity's year."""

    first: Numbers
    later: Numbers
    emissions: Sequence[tuple[str, str, str]]
    year_days: int
    days: int | None


def by_method(method: str, law: Law, data: Numbers) -> F:
    """The method's amount, exactly."""
    made = {k.partition(":")[2]: F(v) for k, v in data.items() if k.startswith("output:")}
    taken = {k.partition(":")[2]: F(v) for k, v in data.items() if k.startswith("intake:")}
    amount = F(0)
    if method == "benchmark":
        for name, quantity in made.items():
            amount += quantity * law.benchmarks[name]
        for key, value in data.items():
            if key.startswith("factor:"):
                amount *= F(value)
    elif method == "historical_intensity":
        for name, quantity in made.items():
            amount += quantity * F(data[f"intensity:{name}"])
        amount *= law.reduction
    elif method == "grandfathering":
        amount = F(data["baseline"]) * law.reduction
    elif method == "benchmark_responsibility":
        amount = sum((q * law.benchmarks[n] for n, q in made.items()), F(0))
        amount -= sum((q * law.benchmarks[n] for n, q in taken.items()), F(0))
    return amount


def full(method: str, law: Law, data: Numbers, year: Year) -> F:
    """With the free part, for the days of operation."""
    amount = by_method(method, law, data)
    if law.free is not None:
        amount *= law.free
    if year.days is not None:
        amount = amount * year.days / year.year_days
    return amount


def allocations(method: str, law: Law, year: Year) -> tuple[int, int]:
    """Pre-allocation on the first data, final allocation on the later ones."""
    share = F(1) if law.pre is None else law.pre
    pre = whole(full(method, law, year.first, year) * share, law.rounding)
    final = full(method, law, year.later, year)
    if law.cap is not None:
        slack = pre * law.cap
        final = max(pre - slack, min(pre + slack, final))
    return pre, whole(final, law.rounding)


def obligation(law: Law, year: Year, allocated: int) -> int | None:
    """Units to surrender; None: no emissions count."""
    reported = {item: F(v) for item, v, how in year.emissions if how == "reported"}
    verified = {item: F(v) for item, v, how in year.emissions if how == "verified"}
    best = {**reported, **verified}
    if not best:
        return None
    amount = sum(best.values(), F(0))
    if set(best) != set(verified):
        if law.unverified == "none":
            return None
        amount *= law.uplift
    if law.relief is not None:
        amount = min(amount, allocated + amount * law.relief)
    return whole(amount, law.rounding)


def fine(law: Law, shortfall: int) -> int:
    """In fen, half up."""
    amount = law.multiple * law.price * shortfall
    if law.ceiling is not None:
        amount = min(amount, law.ceiling)
    return whole(amount, "half_up")
