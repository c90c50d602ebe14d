"""Embodied carbon between classes and uses: the links of the Sankey, with nothing lost by the cut.

Every class balances: what goes into making it and what is imported is what its users take.

    Σ_f a_pf (d_f + Σ_q c_q U_qf)  +  c_p M_p   =   c_p (U_p + X_p + ΔS_p)  +  own_p  +  open_p

    own_p  = Σ_f a_pf (d_f + Σ_q c_q U_qf) − c_p V_p      what its makers answer for themselves
    open_p = c_p (V_p + M_p − U_p − X_p − ΔS_p)           what the records do not close

All amounts are tCO2e at benchmark; a negative amount (goods returned, credits, capture, makers
better than the benchmark) is a link the other way round.
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
"""Largest links that are drawn one by one."""
MAX_DETAILED = 1_000
"""Classes, by the carbon in them, that are told apart before the cut."""
FEWEST_GATHERED = 3
"""Classes that stand behind ``other`` at least, if one of them must not be seen."""

_SOURCES = ("direct", "imports")
_USES = ("households", "institutions", "offices", "construction", "maintenance", "capital",
         "exports", "stocks", "own", "open")  # fmt: skip
_REVERSED = {
    "direct": "captured", "imports": "imports_taken", "stocks": "stocks_given",
    "own": "own_given", "open": "open_given", **dict.fromkeys(_USES[:-3], "given"),
}  # fmt: skip
"""Where amounts go or come from that run against the direction of a source or use."""
SPECIAL = ("other", *_SOURCES, *_USES, *dict.fromkeys(_REVERSED.values()))
"""Nodes that are no single class, in the order of their numbers; ``other`` gathers the rest."""


@dataclass(frozen=True, slots=True)
class Links:
    """Links between nodes: positions and tCO2e."""

    source: Positions
    target: Positions
    tco2e: Floats


@dataclass(frozen=True, slots=True)
class CarbonFlow:
    """What is drawn.

    Attributes:
        nodes: a class id's position ≥ 0, or the name of a special node.
        links: between positions of ``nodes``; amounts > 0.
        drawn: number of links drawn by themselves.
        cut_tco2e: the smallest link drawn by itself.
        gathered: number of smaller links that run through ``other`` instead.
        gathered_tco2e: their sum.
        own_use_tco2e: what classes take of themselves; not drawn.
    """

    nodes: Sequence[int | str]
    links: Links
    drawn: int
    cut_tco2e: float
    gathered: int
    gathered_tco2e: float
    own_use_tco2e: float


def carbon_flow(account: Account, hidden: Bools, most: int = MAX_LINKS) -> CarbonFlow:
    """Carbon between classes and uses, for the units in scope.

    Args:
        hidden: per class, whether it must not appear by itself.
        most: links drawn by themselves.
    """
    chosen = detailed_classes(account, hidden)
    return cut(chosen, all_links(account, chosen), most)


def detailed_classes(account: Account, hidden: Bools) -> Positions:
    """Classes with a node of their own, by the carbon that goes into or out of them."""
    books, makers, c = account.books, account.makers, account.benchmarks.value
    totals = account.records.totals
    moved = np.abs(totals.made) + np.abs(totals.used) + sum(np.abs(x) for x in _boundary(account))
    burden = np.abs(books.direct_in_benchmark + books.inputs @ c)[makers.unit] * _shares(account)
    size = np.abs(c) * moved + np.bincount(makers.cls, burden, len(c))
    order = np.argsort(-size, kind="stable")
    order = order[size[order] > 0]
    concealed = int(hidden[order].sum())
    order = order[~hidden[order]]
    if concealed:
        order = order[: max(len(order) - max(FEWEST_GATHERED - concealed, 0), 0)]
    return np.asarray(order[:MAX_DETAILED], dtype=np.int64)


class _Collector:
    """Gathers links term by term."""

    def __init__(self) -> None:
        self.parts: list[tuple[Positions, Positions, Floats]] = []

    def add(self, source: Positions | int, target: Positions | int, tco2e: Floats | float) -> None:
        """Links of one term; a single node stands for all."""
        value = np.atleast_1d(np.asarray(tco2e, dtype=np.float64))
        ends = [np.broadcast_to(np.asarray(end, np.int64), value.shape) for end in (source, target)]
        self.parts.append((ends[0], ends[1], value))

    def links(self) -> Links:
        """All of them."""
        columns = [np.concatenate([part[i] for part in self.parts]) for i in range(3)]
        return Links(columns[0], columns[1], columns[2])


def all_links(account: Account, chosen: Positions) -> Links:
    """Every term of the balance. Nodes are the chosen classes, then ``SPECIAL``."""
    books, c = account.books, account.benchmarks.value
    count = len(chosen)
    node = np.full(books.shape[1], count, dtype=np.int64)
    node[chosen] = np.arange(count)
    at = {name: count + i for i, name in enumerate(SPECIAL)}
    listed = account.listed.astype(np.float64)
    found = _Collector()
    made = _production(account, node, at, found)
    output = np.asarray(listed @ books.outputs)
    own = made[: count + 1] - np.bincount(node, output * c, count + 1)
    found.add(np.arange(count + 1), at["own"], own)
    beside = (books.direct[:, 0] - books.direct_in_benchmark) @ listed
    found.add(at["direct"], at["capital"], float(beside))
    found.add(node, at["capital"], np.asarray(listed @ books.capital) * c)
    _final(account, node, at, found)
    imports, exports, stocks = _boundary(account)
    found.add(at["imports"], node, imports * c)
    found.add(node, at["exports"], exports * c)
    found.add(node, at["stocks"], stocks * c)
    used = np.asarray(listed @ books.used())
    found.add(node, at["open"], (output + imports - exports - stocks - used) * c)
    return found.links()


def _production(account: Account, node: Positions, at: dict[str, int], found: _Collector) -> Floats:
    """Links into making; returns the burden per node. Units without output answer themselves."""
    books, makers, c = account.books, account.makers, account.benchmarks.value
    units, classes = books.shape
    idle = np.flatnonzero(np.bincount(makers.unit, minlength=units) == 0)
    target = np.concatenate([node[makers.cls], np.full(len(idle), at["own"])])
    unit = np.concatenate([makers.unit, idle])
    weight = np.concatenate([_shares(account), np.ones(len(idle))]) * account.listed[unit]
    nodes = at["other"] + len(SPECIAL)
    divide = sp.csr_array((weight, (target, unit)), shape=(nodes, units))
    gather = sp.csr_array((c, (np.arange(classes), node)), shape=(classes, at["other"] + 1))
    direct = np.asarray(divide @ books.direct_in_benchmark)
    found.add(at["direct"], np.arange(nodes), direct)
    # target node × class node, without ever forming class × class
    into = sp.coo_array(divide @ (books.inputs @ gather))
    found.add(into.col.astype(np.int64), into.row.astype(np.int64), into.data)
    return np.asarray(direct + np.bincount(into.row, into.data, nodes))


def _shares(account: Account) -> Floats:
    """Share of its unit's burden per maker; by carbon at benchmark where no key was given."""
    makers = account.makers
    value = np.abs(makers.output * account.benchmarks.value[makers.cls])
    count = np.bincount(makers.unit, minlength=account.books.shape[0])[makers.unit]
    total = np.bincount(makers.unit, value, account.books.shape[0])[makers.unit]
    by_carbon = np.where(total > 0, value / np.where(total > 0, total, 1.0), 1.0 / count)
    return np.where(np.isnan(makers.share), by_carbon, makers.share)


def _final(account: Account, node: Positions, at: dict[str, int], found: _Collector) -> None:
    """Links into daily use, construction and maintenance."""
    books, c, use = account.books, account.benchmarks.value, account.records.units.use
    persons, institutions = use == Use.DAILY_PERSON, use == Use.DAILY_INSTITUTION
    everyone = np.ones(len(use), dtype=bool)
    for name, line, who in (
        ("households", 1, persons), ("institutions", 1, institutions),
        ("offices", 1, ~persons & ~institutions),
        ("construction", 2, everyone), ("maintenance", 3, everyone),
    ):  # fmt: skip
        weight = (account.listed & who).astype(np.float64)
        found.add(node, at[name], np.asarray(weight @ books.final[line - 1]) * c)
        found.add(at["direct"], at[name], float(weight @ books.direct[:, line]))


def _boundary(account: Account) -> tuple[Floats, Floats, Floats]:
    """Imports, exports and stock changes per class (class measures) of the regions in scope."""
    records, scope = account.records, account.method.account_scope
    inside = np.array([scope is None or name in scope for name in records.regions], dtype=bool)
    trade, stocks, classes = records.trade, records.stocks, len(records.classes)
    at_home = (trade.partner >= 0) & inside[np.maximum(trade.partner, 0)]
    crosses = inside[trade.region] & ~at_home
    sums = []
    for rows in (crosses & ~trade.is_export, crosses & trade.is_export):
        sums.append(np.bincount(trade.cls[rows], trade.quantity[rows], classes))
    kept = inside[stocks.region]
    change = np.bincount(stocks.cls[kept], stocks.change[kept], classes)
    return sums[0].astype(np.float64), sums[1].astype(np.float64), change.astype(np.float64)


def _added_up(links: Links, nodes: int) -> Links:
    """One link per pair of nodes, all amounts positive, noise of rounding left out."""
    for _ in range(2):  # the second round adds up links that the first turned round
        key, place = np.unique(links.source * nodes + links.target, return_inverse=True)
        value = np.bincount(place, links.tco2e, len(key)).astype(np.float64)
        source, target = key // nodes, key % nodes
        back = value < 0
        links = Links(np.where(back, target, source), np.where(back, source, target), np.abs(value))
    largest = links.tco2e.max(initial=0.0)
    heavy = links.tco2e > 1e-13 * largest
    return Links(links.source[heavy], links.target[heavy], links.tco2e[heavy])


def _one_way(links: Links, other: int) -> Links:
    """Sources only give and uses only take: what runs the other way gets a node of its own."""
    gives, takes = (np.arange(other + len(SPECIAL)) for _ in range(2))
    for name in (*_SOURCES, *_USES):
        side = takes if name in _SOURCES else gives
        side[other + SPECIAL.index(name)] = other + SPECIAL.index(_REVERSED[name])
    return Links(gives[links.source], takes[links.target], links.tco2e)


def cut(chosen: Positions, links: Links, most: int) -> CarbonFlow:
    """Draw the largest links; all others run through ``other``, so every node still balances."""
    other, nodes = len(chosen), len(chosen) + len(SPECIAL)
    links = _one_way(_added_up(links, nodes), other)
    loop = links.source == links.target
    own_use = float(links.tco2e[loop & (links.source != other)].sum())
    source, target, value = links.source[~loop], links.target[~loop], links.tco2e[~loop]
    named = (source != other) & (target != other)
    order = np.argsort(-np.where(named, value, -1.0), kind="stable")[: min(most, int(named.sum()))]
    drawn = np.zeros(len(value), dtype=bool)
    drawn[order] = True
    own_node = np.zeros(nodes, dtype=bool)
    own_node[other:] = True
    own_node[source[drawn]] = own_node[target[drawn]] = True
    moved = np.where(own_node, np.arange(nodes), other)
    s, t, v = moved[source[~drawn]], moved[target[~drawn]], value[~drawn]
    gathered = Links(
        np.concatenate([source[drawn], s, np.full(len(t), other)]),
        np.concatenate([target[drawn], np.full(len(s), other), t]),
        np.concatenate([value[drawn], v, v]),
    )
    final = _added_up(gathered, nodes)
    apart = final.source != final.target
    final = Links(final.source[apart], final.target[apart], final.tco2e[apart])
    seen = np.unique(np.concatenate([final.source, final.target]))
    names: list[int | str] = [
        int(chosen[i]) if i < other else SPECIAL[i - other] for i in seen.tolist()
    ]
    place = np.full(nodes, -1, dtype=np.int64)
    place[seen] = np.arange(len(seen))
    return CarbonFlow(
        names, Links(place[final.source], place[final.target], final.tco2e),
        int(drawn.sum()), float(value[drawn].min()) if drawn.any() else 0.0, int((~drawn).sum()), float(v.sum()), own_use,
    )  # fmt: skip
