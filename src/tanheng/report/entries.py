"""Whom the report names: the units at both ends of the ranking, or groups of units for the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tanheng.accounting.method import PRINCIPLES, Principle
from tanheng.accounting.records import Floats, Use
from tanheng.report.disclosure import View, left_out

RANKED = 25
"""Units at each end of the ranking."""
COMPARED = 20
"""Units shown under all principles."""
OTHERS = -1
"""In place of a use: what is gathered from groups that are too small to be seen."""

_ROUNDING = 1e-12
"""Part of what passes through a unit below which its figure is rounding, and shown as 0."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit, or a group of units.

    Attributes:
        key, name, region: of a unit; empty for a group.
        use: what it is, ``OTHERS`` for gathered groups.
        count: units in it.
        direct: d, tCO2e.
        figures: tCO2e under each principle of the account, the benchmark principle last.
    """

    key: str
    name: str
    region: str
    use: int
    count: int
    direct: float
    figures: Mapping[Principle, float]


def figures_of(view: View) -> dict[Principle, Floats]:
    """tCO2e per unit under each principle of the account; R is always among them."""
    account = view.account
    known = {name: account.results[name].unit for name in PRINCIPLES if name in account.results}
    known["benchmark"] = account.lines.sum(axis=1)
    noise = _ROUNDING * _turnover(view)
    return {name: np.where(np.abs(unit) <= noise, 0.0, unit) for name, unit in known.items()}


def _turnover(view: View) -> Floats:
    """Carbon that passes through each unit, tCO2e: Σ |c U| + |d| + Σ |c V|."""
    books, c = view.account.books, np.abs(view.account.benchmarks.value)
    parts = (books.inputs, books.capital, *books.final, books.outputs)
    through = np.abs(books.direct).sum(axis=1)
    for part in parts:
        through = through + abs(part) @ c
    return np.asarray(through)


def _added(values: Floats) -> float:
    """A sum; 0 where it is nothing but rounding."""
    total = float(values.sum())
    return total if abs(total) > _ROUNDING * float(np.abs(values).sum()) else 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Both ends of the ranking; ``at_zero`` units stand exactly at their benchmark."""

    most: Sequence[Entry]
    least: Sequence[Entry]
    at_zero: int


def ranked(view: View, count: int = RANKED) -> Ranking:
    """The units that answer for most and for least; none twice, none with R = 0."""
    listed = np.flatnonzero(view.account.listed)
    figures = figures_of(view)
    off = listed[figures["benchmark"][listed] != 0]
    r = figures["benchmark"][off]
    top = min(count, (len(off) + 1) // 2)
    first, last = off[_largest(r, top)], off[_largest(-r, min(count, len(off) - top))]
    at_zero = len(listed) - len(off)
    return Ranking(_units(view, figures, first), _units(view, figures, last), at_zero)


def compared(view: View, count: int = COMPARED) -> list[Entry]:
    """The units with the largest |R|, then those that emit most; all groups for the public."""
    if view.public:
        return groups(view)
    listed = np.flatnonzero(view.account.listed)
    figures = figures_of(view)
    r = np.abs(figures["benchmark"][listed])
    direct = np.abs(view.account.books.direct.sum(axis=1))[listed]
    off = _largest(r, min(count, int((r > 0).sum())))
    rest = np.flatnonzero(r == 0)
    rest = rest[_largest(direct[rest], min(count - len(off), len(rest)))]
    return _units(view, figures, listed[np.concatenate([off, rest])])


def groups(view: View) -> list[Entry]:
    """Units added up by what they are; groups that are too small are gathered."""
    use = np.where(view.account.listed, view.account.records.units.use, OTHERS)
    sizes = [int((use == code).sum()) for code in Use]
    present = [code for code, size in zip(Use, sizes, strict=True) if size]
    closed = left_out([sizes[code] for code in present])
    open_ = [int(code) for i, code in enumerate(present) if i not in closed]
    masks = [(code, use == code) for code in open_]
    if closed:
        masks.append((OTHERS, np.isin(use, [present[i] for i in closed])))
    figures, direct = figures_of(view), view.account.books.direct.sum(axis=1)
    return [
        Entry("", "", "", code, int(mask.sum()), _added(direct[mask]),
              {name: _added(values[mask]) for name, values in figures.items()})
        for code, mask in masks
    ]  # fmt: skip


def _largest(values: Floats, count: int) -> Positions:
    """Positions of the largest values, largest first; linear in their number."""
    if count >= len(values):
        return np.argsort(-values, kind="stable")
    found = np.argpartition(-values, count)[:count]
    found.sort()
    return np.asarray(found[np.argsort(-values[found], kind="stable")])


def _units(
    view: View, figures: Mapping[Principle, Floats], positions: Sequence[int] | Positions
) -> list[Entry]:
    records = view.account.records
    units = records.units
    return [
        Entry(units.ids[u], units.names[u], records.regions[units.region[u]], int(units.use[u]), 1,
              float(view.account.books.direct[u].sum()),
              {name: float(values[u]) for name, values in figures.items()})
        for u in (int(u) for u in positions)
    ]  # fmt: skip


USE_KEYS = {int(code): f"use_{code.name.lower()}" for code in Use} | {OTHERS: "use_others"}
"""Key of the word for a use."""
