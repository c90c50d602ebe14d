"""Embodied carbon between classes and uses: the links of the Sankey, with nothing lost by the cut.

Every class balances: what goes into making it and what is imported is what its users take.

    Σ a (d + Σ c U)  +  c M  =  Σ c U  +  c X  +  c ΔS  +  own  +  open
    made of its makers  imports   used     exports  stocks

with ``own`` the distance of its makers from the benchmark (their R) and ``open`` what the records
do not close. Amounts are tCO2e at benchmark; a negative amount is drawn the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from tanheng.accounting.account import Account
from tanheng.accounting.records import Floats, Use

Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]

MAX_LINKS = 60
"""Largest links between two classes, or a class and a use, that are drawn one by one."""
MAX_DETAILED = 1_000
"""Classes with the largest carbon that are told apart at all before the cut."""

SOURCES = ("direct", "imports")
USES = ("households", "institutions", "offices", "construction", "maintenance", "capital",
        "exports", "stocks", "own", "open")  # fmt: skip
SPECIAL = ("other", *SOURCES, *USES)
"""Nodes that are no class, in the order of their numbers; ``other`` gathers the rest."""


@dataclass(frozen=True, slots=True)
class Node:
    """A class (``name`` and ``kind`` ``class``) or one of ``SPECIAL`` (``kind``)."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CarbonFlow:
    """What is drawn.

    Attributes:
        nodes: of the drawing.
        source, target: node per link.
        tco2e: amount per link, > 0.
        cut_tco2e: smallest link drawn by itself.
        gathered: number of smaller links that went through ``other``, and ``gathered_tco2e``.
        own_use_tco2e: classes used by their own makers, not drawn.
    """

    nodes: Sequence[Node]
    source: Positions
    target: Positions
    tco2e: Floats
    cut_tco2e: float
    gathered: int
    gathered_tco2e: float
    own_use_tco2e: float


def carbon_flow(account: Account, hidden: Bools, links: int = MAX_LINKS) -> CarbonFlow:
    """The links between classes and uses for the units in scope.

    Args:
        hidden: classes that must not appear by themselves; they go into ``other``.
        links: how many links are drawn by themselves.
    """
    chosen = _detailed(account, hidden)
    table = all_links(account, chosen)
    return _cut(account, chosen, table, links)


def _detailed(account: Account, hidden: Bools) -> Positions:
    """Classes that are told apart, by size; all of them in most record sets."""
    c = account.benchmarks.value
    totals = account.records.totals
    size = np.abs(c) * (np.abs(totals.made) + np.abs(totals.used))
    order = np.argsort(-size, kind="stable")
    order = order[~hidden[order] & (size[order] > 0)]
    return np.asarray(order[:MAX_DETAILED])


@dataclass(frozen=True, slots=True)
class Links:
    """All links before the cut; nodes are chosen classes, then ``SPECIAL``."""

    source: Positions
    target: Positions
    tco2e: Floats


def all_links(account: Account, chosen: Positions) -> Links:
    """Every link of the balance, one for each pair of nodes and each term.

    Args:
        chosen: classes with a node of their own, the others share ``other``.
    """
    books, c = account.books, account.benchmarks.value
    classes = books.shape[1]
    node = np.full(classes, len(chosen), dtype=np.int64)
    node[chosen] = np.arange(len(chosen))
    at = {name: len(chosen) + i for i, name in enumerate(SPECIAL)}
    listed = account.listed.astype(np.float64)
    parts: list[tuple[Positions, Positions, Floats]] = []

    def add(source: Positions | int, target: Positions | int, value: Floats) -> None:
        value = np.asarray(value, dtype=np.float64)
        parts.append(
            (np.broadcast_to(np.asarray(source), value.shape),
             np.broadcast_to(np.asarray(target), value.shape), value)
        )  # fmt: skip

    made_of = _burden_shares(account, node, at["own"])
    direct = made_of @ (books.direct_in_benchmark * listed)
    add(at["direct"], np.arange(len(direct)), direct)
    into = sp.coo_array(made_of @ _valued(books.inputs, c, listed, node, len(chosen) + 1))
    add(into.col.astype(np.int64), into.row.astype(np.int64), into.data)
    rest = (books.direct[:, 0] - books.direct_in_benchmark) * listed
    add(at["direct"], at["capital"], np.array([rest.sum()]))
    add(node, at["capital"], np.asarray(listed @ books.capital) * c)
    use = account.records.units.use
    persons, institutions = use == Use.DAILY_PERSON, use == Use.DAILY_INSTITUTION
    daily = (("households", persons), ("institutions", institutions),
             ("offices", ~persons & ~institutions))  # fmt: skip
    everyone = np.ones(len(use), dtype=bool)
    finals = [(0, name, who) for name, who in daily]
    finals += [(1, "construction", everyone), (2, "maintenance", everyone)]
    for line, name, who in finals:
        weight = listed * who
        add(node, at[name], np.asarray(weight @ books.final[line]) * c)
        add(at["direct"], at[name], np.array([float(weight @ books.direct[:, line + 1])]))
    imports, exports, stocks = _boundary(account)
    add(at["imports"], node, imports * c)
    add(node, at["exports"], exports * c)
    add(node, at["stocks"], stocks * c)
    output = np.asarray(listed @ books.outputs)
    supplied = sum(_by_node(node, into_node, len(chosen) + 1) for into_node in (-output * c,))
    supplied = supplied + (direct + np.bincount(into.row, into.data, len(direct)))[: len(chosen) + 1]
    add(np.arange(len(chosen) + 1), at["own"], supplied)
    used = np.asarray(listed @ books.used())
    add(node, at["open"], (output + imports - exports - stocks - used) * c)
    source, target, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return Links(source.astype(np.int64), target.astype(np.int64), value)
