"""Every figure of an account equals that of an exact, independent implementation.

Random record sets hold joint products, imports, stocks, capital, cycles, named suppliers, several
regions; all means, capital modes, services, scopes, published tables and shares are drawn. Most
sets come from a store in plain Python; the engine answers for some of them, written as CSV.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
from helpers.comparing import (
    Choices,
    choices,
    differences,
    gaps,
    ours,
    sets,
    settled,
    turnover,
)
from helpers.plain import PlainStore
from helpers.rows import Tables, burn, flow, kind, product, trade, unit, value_of
from oracle.drawing import decimal
from oracle.reading import Catalogue, inside, read
from oracle.records import LARGEST, Shape, build
from tanheng.accounting import Account, Weights, responsibility
from tanheng.accounting.benchmarks import estimate

FEW, MANY = settings(max_examples=60), settings(max_examples=3000)
CLOSE = 1e-12


def check(tables: Tables, chosen: Choices) -> Account:
    """Ours against the oracle's; returns ours."""
    found = ours(PlainStore(tables), chosen.method(), chosen.table(tables))
    assert not differences(found, tables, chosen)
    assert max(map(abs, gaps(found).values())) <= CLOSE
    return found


@FEW
@given(sets(), st.data())
def test_every_figure(tables: Tables, data: st.DataObject) -> None:
    check(tables, data.draw(choices(tables)))


@pytest.mark.long
@MANY
@given(sets(LARGEST), st.data())
def test_every_figure_of_many_sets(tables: Tables, data: st.DataObject) -> None:
    check(tables, data.draw(choices(tables)))


ENGINE = [
    Choices(),
    Choices("simple", "in_benchmark", "makers", alpha="value_added"),
    Choices("best:40", scope="fossil_co2", alpha=Fraction(1, 4)),
    Choices("best:10", "in_benchmark", "consumers"),
    Choices("weighted", services="makers", alpha=Fraction(0)),
    Choices("simple", scope="fossil_co2"),
]


@pytest.mark.parametrize("seed", range(6))
def test_every_figure_through_the_engine(seed: int, opened) -> None:
    """All features at once, read from CSV files by DuckDB."""
    shape = Shape(seed, classes=6, makers=8, users=5, regions=3)
    tables, chosen = settled(build(shape)), ENGINE[seed]
    found = ours(opened(tables), chosen.method())
    assert not differences(found, tables, chosen)
    assert max(map(abs, gaps(found).values())) <= CLOSE


@settings(max_examples=25)
@given(sets(), st.sampled_from(["weighted", "simple", "best:40"]))
def test_the_bound_of_a_benchmark_bounds(tables: Tables, weights: str) -> None:
    """Ours and the exact solution differ by no more than what is proved.

    The oracle adds records exactly, so the rounding of the sums of records counts, too.
    """
    chosen = Choices(weights)
    found = ours(PlainStore(tables), chosen.method(), principles=["benchmark"])
    exact = oracle.benchmarks(tables, chosen.options())
    _, solution, _ = estimate(found.system, found.method)
    for i, name in enumerate(found.records.classes.ids):
        if found.benchmarks.origin[i] == "estimated":
            assert abs(Fraction(solution.x[i]) - exact[name]) <= Fraction(solution.bound[i])
            assert solution.bound[i] <= 1e-9 * max(1.0, solution.x[i])


# -------------------------------------------------------------- conservation


@settings(max_examples=30)
@given(sets(), st.integers(0, 2**32))
def test_any_benchmarks_conserve_for_any_set_of_units(tables: Tables, seed: int) -> None:
    """Σ R + Σ c · net output = Σ d, whatever c and whoever is counted (method, section 1)."""
    random = np.random.default_rng(seed)
    found = ours(PlainStore(tables), Choices().method(), principles=["benchmark"])
    c = random.normal(0, 1, len(found.records.classes)) * 10.0 ** random.integers(-3, 4)
    lines = responsibility(found.books, c)
    other = replace(found, lines=lines, benchmarks=replace(found.benchmarks, value=c))
    scale = turnover(other)
    whole = found.records.totals
    accounted = float(lines.sum() + c @ (whole.made - whole.used))
    assert abs(accounted - whole.direct_tco2e) <= CLOSE * scale
    units = len(found.records.units)
    for _ in range(5):
        chosen = random.permutation(units)[: random.integers(0, units + 1)].tolist()
        both = other.conservation_of(chosen)
        assert abs(both.accounted - both.direct) <= CLOSE * scale
        here = set(chosen)
        burnt = [d for u, d in zip(found.records.direct.unit, found.records.direct.emission_tco2e,
                                   strict=True) if int(u) in here]  # fmt: skip
        assert both.direct == pytest.approx(sum(burnt), abs=CLOSE * scale)


SIGNS = {"in": 1, "out": -1, "import": -1, "export": 1}


def effect(tables: Tables, table: str, at: int) -> tuple[str, str, Fraction]:
    """Region, class, and by how much the class is more open there when a row is deleted."""
    row, options = tables[table][at], oracle.Options()
    homes = {str(u["unit_id"]): str(u["region"]) for u in tables["units"]}
    region = homes[str(row["unit_id"])] if table == "flows" else str(row["region"])
    column = "change" if table == "stocks" else "quantity"
    cls, quantity = Catalogue(tables, options).resolve(row, column)
    sign = 1 if table == "stocks" else SIGNS[str(row["direction"])]
    if row.get("kind") == "return":
        sign = -sign
    elif row.get("kind") == "byproduct_credit":
        quantity, sign = abs(quantity), -1
    counted = inside(str(row["period"]), options.period)
    return region, cls, sign * quantity if counted else Fraction(0)


ALLOWED = frozenset(
    {"named_above_output", "supplier_not_maker", "joint_without_weight", "partner_not_mirrored"}
)


@settings(max_examples=30)
@given(sets(always=["closed"]), st.data())
def test_an_injected_gap_comes_out_exactly(tables: Tables, data: st.DataObject) -> None:
    """A lost or mistyped row is the discrepancy of its class in its region, and of no other."""
    names = list(read(tables, oracle.Options()).measure)
    c = {name: Fraction(data.draw(st.integers(1, 5000)), 1000) for name in names}
    chosen = Choices(services="makers", published=c)
    published = chosen.table(tables)

    def discrepancies() -> np.ndarray:
        method = chosen.method(allow=ALLOWED)
        found = ours(PlainStore(tables), method, published, ["benchmark"])
        assert max(map(abs, gaps(found).values())) <= CLOSE
        return np.array([region.discrepancy for region in found.regions])

    table = data.draw(st.sampled_from([t for t in ("flows", "trade", "stocks") if tables[t]]))
    at = data.draw(st.integers(0, len(tables[table]) - 1))
    region, cls, opened = effect(tables, table, at)
    before = discrepancies()
    if data.draw(st.booleans()):
        del tables[table][at]
    else:
        column = "change" if table == "stocks" else "quantity"
        tables[table][at][column] = decimal(3 * Fraction(str(tables[table][at][column])))
        opened *= -2
    homes = list(dict.fromkeys(str(row["region"]) for row in tables["units"]))
    wanted = np.zeros_like(before)
    wanted[homes.index(region), names.index(cls)] = float(opened * c[cls])
    scale = float(sum(c[p] * q for p, q in moved_quantities(tables).items()))
    np.testing.assert_allclose(before, 0, atol=CLOSE * scale)
    np.testing.assert_allclose(discrepancies() - before, wanted, rtol=0, atol=CLOSE * scale)


def moved_quantities(tables: Tables) -> dict[str, Fraction]:
    """All that is moved of each class, without signs."""
    catalogue, found = Catalogue(tables, oracle.Options()), dict[str, Fraction]()
    for table in ("flows", "trade", "stocks"):
        for row in tables[table]:
            cls, quantity = catalogue.resolve(row, "change" if table == "stocks" else "quantity")
            found[cls] = found.get(cls, Fraction(0)) + abs(quantity)
    return found


def test_a_maker_that_sells_all_by_name() -> None:
    """84,770 + 80,733 × 1.05 is 169,539.65, but not in floats: what is left over is nothing.

    A sliver of unnamed supply would carry the whole mix; nothing carries the benchmark.
    """
    tables: Tables = {
        "units": [unit("U1"), unit("U2", use="daily_person")],
        "classes": [kind("C", "CNY")],
        "products": [product("a", "C", "CNY"), product("b", "C", "CNY", conversion="1.05")],
        "direct": [burn("U1", "99.46"), burn("U2", "5")],
        "flows": [
            flow("U1", "out", "a", "84770", measure="CNY", value="168886.76"),
            flow("U1", "out", "b", "80733", measure="CNY", value="168886.07"),
            flow("U1", "in", "a", "86058", measure="CNY", value="113292.6"),
            flow("U2", "in", "a", "169539.65", measure="CNY", value="1000", supplier_id="U1"),
        ],
        "trade": [],
        "stocks": [],
    }
    check(tables, Choices())
    check(tables, Choices(alpha="value_added"))


def test_imports_of_a_class_that_nobody_prices() -> None:
    """Only a credit has a value: the imports have no mean price, yet are the only supply."""
    tables: Tables = {
        "units": [unit("U1")],
        "classes": [kind("steel"), kind("slag")],
        "products": [product("steel", "steel"), product("slag", "slag")],
        "direct": [burn("U1", "100")],
        "flows": [
            flow("U1", "out", "steel", "10", value="1000"),
            flow("U1", "in", "slag", "-3", value="-30", kind="byproduct_credit"),
        ],
        "trade": [trade("R1", "import", "slag", "5")],
        "stocks": [],
        "exogenous": [value_of("slag", "0.5")],
    }
    check(tables, Choices())


def test_an_institution_that_takes_all_back_sells_nothing() -> None:
    """Under services = makers only those with net output buy for production."""
    tables: Tables = {
        "units": [unit("U1"), unit("S", use="daily_institution")],
        "classes": [kind("steel")],
        "products": [product("steel", "steel")],
        "direct": [burn("U1", "100"), burn("S", "7")],
        "flows": [
            flow("U1", "out", "steel", "10", value="1000"),
            flow("S", "out", "steel", "5", value="500"),
            flow("S", "out", "steel", "5", value="500", kind="return"),
            flow("S", "in", "steel", "2", value="200"),
        ],
        "trade": [],
        "stocks": [],
    }
    found = check(tables, Choices(services="makers"))
    assert found.lines[1].tolist() == [0, 27, 0, 0]


def test_best_of_everything_is_the_mean() -> None:
    """best:100 is weighted, and smaller shares of the best are never worse."""
    tables = settled(build(Shape(3, classes=5, makers=9, users=2, regions=2)))
    tables["direct"] = [row for row in tables["direct"] if row.get("kind") != "capture"]
    tables["flows"] = [row for row in tables["flows"] if row.get("kind") != "byproduct_credit"]
    values = [
        ours(PlainStore(tables), replace(Choices().method(), weights=Weights.parse(text)),
             principles=["benchmark"]).benchmarks.value
        for text in ("weighted", "best:100", "best:60", "best:20", "best:1")
    ]  # fmt: skip
    np.testing.assert_allclose(values[0], values[1], rtol=1e-12)
    for more, fewer in pairwise(values[1:]):
        assert (fewer <= more * (1 + 1e-12)).all()
    assert (values[-1] < values[0] * (1 - 1e-6)).any()
