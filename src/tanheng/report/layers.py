"""Order for the Sankey: classes in layers of making, and no circles.

Supply networks are full of circles (coal needs power, power needs coal), which no diagram of layers
can draw. Classes are ordered so that little runs backwards, and what does is cut open: it ends in
``back`` on the right and starts again at ``again`` on the left. The two are equal, and every other
node keeps what flows in and out. Source of the order: the greedy heuristic of Eades, Lin & Smyth
(1993), Information Processing Letters 47, 319–323.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tanheng.accounting.records import Floats
from tanheng.report.flows import CarbonFlow, Links

LAYERS = 4
_FEEDS = 0.05
"""Part of what flows into a class above which a feeder must stand in an earlier layer."""


def unrolled(flow: CarbonFlow) -> CarbonFlow:
    """The same flow without circles, with the nodes ``back`` and ``again`` where needed."""
    nodes = list(flow.nodes)
    making = [i for i, node in enumerate(nodes) if isinstance(node, int) or node == "other"]
    weight = np.zeros((len(nodes), len(nodes)))
    weight[flow.links.source, flow.links.target] = flow.links.tco2e
    layer = _layers(weight, making, len(nodes))
    source, target, tco2e = flow.links.source, flow.links.target, flow.links.tco2e
    backward = layer[source] >= layer[target]
    if not backward.any():
        return flow
    back, again = len(nodes), len(nodes) + 1
    count = int(backward.sum())
    links = Links(
        np.concatenate([source[~backward], source[backward], np.full(count, again)]),
        np.concatenate([target[~backward], np.full(count, back), target[backward]]),
        np.concatenate([tco2e[~backward], tco2e[backward], tco2e[backward]]),
    )
    key, place = np.unique(links.source * (again + 1) + links.target, return_inverse=True)
    summed = np.bincount(place, links.tco2e, len(key))
    links = Links(key // (again + 1), key % (again + 1), summed.astype(np.float64))
    return replace(flow, nodes=[*nodes, "back", "again"], links=links)


def _layers(weight: Floats, making: list[int], count: int) -> np.ndarray:
    """Layer per node: sources 0, classes 1 … ``LAYERS``, uses after them."""
    layer = np.full(count, LAYERS + 1)
    gives_only = weight.sum(axis=0) == 0
    layer[gives_only] = 0
    layer[making] = 0
    placed: list[int] = []
    for node in _order(weight, making):
        inflow = weight[:, node].sum()
        feeders = [k for k in placed if weight[k, node] > _FEEDS * inflow]
        layer[node] = min(max((layer[k] + 1 for k in feeders), default=1), LAYERS)
        placed.append(node)
    return layer


def _order(weight: Floats, making: list[int]) -> list[int]:
    """Nodes that give more than they take first."""
    left, order = list(making), []
    while left:
        inner = weight[np.ix_(left, left)]
        order.append(left.pop(int(np.argmax(inner.sum(axis=1) - inner.sum(axis=0)))))
    return order
