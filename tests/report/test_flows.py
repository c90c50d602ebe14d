"""The Sankey's links: every node balances, every use adds up, nothing is lost by the cut."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.comparing import Choices, choices, ours, sets, settled, turnover
from helpers.plain import PlainStore
from helpers.rows import Tables
from oracle.records import Shape, build
from tanheng.accounting import Account
from tanheng.accounting.records import Use
from tanheng.report import figures
from tanheng.report.flows import (
    FEWEST_GATHERED,
    SPECIAL,
    CarbonFlow,
    all_links,
    carbon_flow,
    detailed_classes,
)
from tanheng.report.layers import unrolled
from tanheng.report.texts import say

CLOSE = 1e-9
ENDS = set(SPECIAL) - {"other"}


def none_hidden(found: Account) -> np.ndarray:
    return np.zeros(len(found.records.classes), dtype=bool)


def sums(flow: CarbonFlow) -> dict[int | str, tuple[float, float]]:
    """What flows in and out of each node, tCO2e."""
    count, links = len(flow.nodes), flow.links
    into = np.bincount(links.target, links.tco2e, count)
    out = np.bincount(links.source, links.tco2e, count)
    return dict(zip(flow.nodes, zip(into.tolist(), out.tolist(), strict=True), strict=True))


def ends(flow: CarbonFlow) -> dict[int | str, float]:
    """What sources give (positive) and uses take (negative)."""
    return {node: out - into for node, (into, out) in sums(flow).items() if node in ENDS}


def nets(found: Account) -> dict[str, float]:
    """Before anything is cut: what each node that is no class gives, less what it takes."""
    chosen = detailed_classes(found, none_hidden(found))
    links, count = all_links(found, chosen), len(chosen) + len(SPECIAL)
    net = np.bincount(links.source, links.tco2e, count)
    net -= np.bincount(links.target, links.tco2e, count)
    return dict(zip(SPECIAL, net[len(chosen) :].tolist(), strict=True))


def balanced(flow: CarbonFlow, size: float) -> bool:
    """Whether classes and `other` give what they take, and ends only one of the two."""
    assert (flow.links.tco2e > 0).all()
    assert (flow.links.source != flow.links.target).all()
    inner = {k: v for k, v in sums(flow).items() if k not in ENDS and k not in ("back", "again")}
    gaps = [abs(into - out) for into, out in inner.values()]
    one_sided = [min(pair) == 0 for k, pair in sums(flow).items() if k not in inner]
    return max(gaps, default=0.0) <= CLOSE * size and all(one_sided)


def same(a: dict[int | str, float], b: dict[int | str, float], size: float) -> bool:
    return all(abs(a.get(k, 0.0) - b.get(k, 0.0)) <= CLOSE * size for k in {*a, *b})


@settings(max_examples=25)
@given(sets(), st.data())
def test_every_node_balances_whatever_is_cut(tables: Tables, data: st.DataObject) -> None:
    chosen: Choices = data.draw(choices(tables))
    found = ours(PlainStore(tables), chosen.method(), chosen.table(tables), ("benchmark",))
    size = turnover(found)
    whole = carbon_flow(found, none_hidden(found), 10**6)
    assert balanced(whole, size)
    for most in (0, 1, 4, 9):
        flow = carbon_flow(found, none_hidden(found), most)
        assert balanced(flow, size)
        assert flow.drawn == min(most, flow.drawn + flow.gathered)
        assert same(ends(flow), ends(whole), size)


@pytest.mark.parametrize("seed", range(5))
def test_sources_and_uses_add_up_to_the_account(seed: int) -> None:
    found = ours(PlainStore(settled(build(Shape(seed, 6, 8, 5, 3)))), Choices().method())
    records, books, c = found.records, found.books, found.benchmarks.value
    size = turnover(found)
    given = nets(found)
    assert given["direct"] == pytest.approx(books.direct.sum(), abs=CLOSE * size)
    use = records.units.use
    # A user's line is what it takes in at benchmark and what it burns itself.
    for name, line, who in (
        ("households", 1, use == Use.DAILY_PERSON),
        ("institutions", 1, use == Use.DAILY_INSTITUTION),
        ("construction", 2, use >= 0),
        ("maintenance", 3, use >= 0),
    ):
        wanted = float(found.lines[who, line].sum())
        assert -given[name] == pytest.approx(wanted, abs=CLOSE * size)
    outside = records.trade.partner < 0
    for name, rows, sign in (
        ("imports", outside & ~records.trade.is_export, 1),
        ("exports", outside & records.trade.is_export, -1),
    ):
        wanted = float(c[records.trade.cls[rows]] @ records.trade.quantity[rows])
        assert given[name] == pytest.approx(sign * wanted, abs=CLOSE * size)
    producers = float(found.lines[:, 0].sum())
    assert -(given["own"] + given["capital"]) == pytest.approx(producers, abs=CLOSE * size)
    assert sum(given.values()) == pytest.approx(0, abs=CLOSE * size)


def test_a_closed_set_leaves_nothing_open() -> None:
    shape = Shape(4, 6, 8, 5, 2, frozenset({"closed", "imports", "exports", "stocks", "joint"}))
    found = ours(PlainStore(settled(build(shape))), Choices().method())
    given = ends(carbon_flow(found, none_hidden(found)))
    assert abs(given.get("open", 0.0)) <= CLOSE * turnover(found)
    assert abs(given.get("open_given", 0.0)) <= CLOSE * turnover(found)


@settings(max_examples=25)
@given(sets())
def test_layers_have_no_circle_and_lose_nothing(tables: Tables) -> None:
    found = ours(PlainStore(tables), Choices().method(), None, ("benchmark",))
    size = turnover(found)
    flow = carbon_flow(found, none_hidden(found))
    drawn = unrolled(flow)
    assert balanced(drawn, size)
    assert same(ends(drawn), ends(flow), size)
    taken = sums(drawn)
    if "back" in taken:
        assert taken["back"][0] == pytest.approx(taken["again"][1])
    assert acyclic(drawn)


def acyclic(flow: CarbonFlow) -> bool:
    """Whether nodes can be taken off one by one, always one that nothing flows into."""
    links = set(zip(flow.links.source.tolist(), flow.links.target.tolist(), strict=True))
    left = set(range(len(flow.nodes)))
    while left:
        free = left - {target for source, target in links if source in left}
        if not free:
            return False
        left -= free
    return True


def test_hidden_classes_stand_behind_others() -> None:
    found = ours(PlainStore(settled(build(Shape(2, 8, 9, 5, 2)))), Choices().method())
    hidden = none_hidden(found)
    biggest = int(detailed_classes(found, hidden)[0])
    hidden[biggest] = True
    flow = carbon_flow(found, hidden)
    drawn = {node for node in flow.nodes if isinstance(node, int)}
    carried = set(detailed_classes(found, none_hidden(found)).tolist())
    assert biggest not in drawn
    assert len(carried - drawn) >= FEWEST_GATHERED
    assert balanced(flow, turnover(found))
    assert sum(ends(flow).values()) == pytest.approx(0, abs=CLOSE * turnover(found))


def test_every_node_has_a_word_and_a_colour() -> None:
    for node in (*SPECIAL, "back", "again"):
        assert say(f"node_{node}").zh
        assert re.fullmatch("#[0-9a-f]{6}", figures._COLORS[node])


def test_the_largest_links_are_drawn() -> None:
    found = ours(PlainStore(settled(build(Shape(5, 8, 9, 5, 2)))), Choices().method())
    flow = carbon_flow(found, none_hidden(found), 6)
    whole = carbon_flow(found, none_hidden(found), 10**6)
    largest = np.sort(whole.links.tco2e)[::-1][:6]
    assert flow.drawn == 6
    assert flow.cut_tco2e == pytest.approx(largest[-1])
    assert flow.gathered == whole.drawn - 6
    assert whole.gathered == 0
    assert flow.gathered_tco2e == pytest.approx(whole.links.tco2e.sum() - largest.sum())
