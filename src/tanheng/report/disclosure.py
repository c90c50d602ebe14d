"""Who may see what.

The authority sees everything. The public sees aggregates: no figure of a single unit, no figure of
a class whose benchmark rests on fewer than ``FEW`` makers, no group or region of fewer than ``FEW``
units. A unit's R would give away the benchmarks of what it takes in to anyone who knows its
purchases, and the books of a lone maker *are* the benchmark of its class. What is left out is
never the only part missing from a sum: the next smallest goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tanheng.accounting.account import Account
from tanheng.accounting.benchmarks import FEW
from tanheng.accounting.regions import Region

Audience = Literal["authority", "public"]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class View:
    """An account as an audience may see it.

    Attributes:
        protected: classes whose benchmark rests on too few makers.
        hidden: the protected ones, for the public; none for the authority.
        regions: those that may be shown.
    """

    account: Account
    public: bool
    protected: Bools
    hidden: Bools
    regions: Sequence[Region]


def view(account: Account, audience: Audience) -> View:
    """What an audience may see of an account."""
    public = audience == "public"
    protected = account.benchmarks.protected
    regions = list(account.regions)
    if public:
        names = account.records.regions
        count = np.bincount(account.records.units.region[account.listed], minlength=len(names))
        size = dict(zip(names, count.tolist(), strict=True))
        closed = left_out([size[region.name] for region in regions])
        regions = [region for i, region in enumerate(regions) if i not in closed]
    return View(account, public, protected, protected & public, regions)


def left_out(sizes: Sequence[int]) -> set[int]:
    """Groups that must not be seen: those of fewer than ``FEW``, and the next smallest with them."""
    order = sorted(range(len(sizes)), key=lambda i: sizes[i])
    small = sum(size < FEW for size in sizes)
    return set(order[: small + (small > 0)])
