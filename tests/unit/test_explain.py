"""Why: every number of an account explained, its parts adding up to it, its rows behind it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from helpers.comparing import Choices, near, ours, settled, turnover
from helpers.plain import PlainStore
from helpers.rows import Tables, clean
from oracle.records import Shape, build
from tanheng.accounting import Account, Method, Principle, account, explain
from tanheng.accounting.store import RecordStore
from tanheng.errors import Refusal
from tanheng.why import Bilingual, Why, number

SETS = [
    (Shape(21, 6, 8, 5, 3), Choices()),
    (Shape(22, 5, 7, 4, 2), Choices("simple", "in_benchmark", "makers", alpha="value_added")),
    (Shape(23, 7, 14, 4, 2), Choices("best:40", scope="fossil_co2")),
]
Case = tuple[Account, RecordStore]


@pytest.fixture(scope="module", params=range(len(SETS)))
def case(request: pytest.FixtureRequest) -> Case:
    """An account of a random set with all principles."""
    shape, chosen = SETS[request.param]
    store = PlainStore(settled(build(shape)))
    return ours(store, chosen.method()), store


def questions(found: Account) -> Iterator[tuple[str, float, float]]:
    """What can be asked, the account's number, and the scale it is known to."""
    scale = turnover(found)
    units, classes = found.records.units.ids, found.records.classes.ids
    for i, name in enumerate(units):
        yield f"unit:{name}", found.lines[i].sum(), scale
        for principle, result in found.results.items():
            yield f"unit:{name}@{principle}", result.unit[i], scale
    for i, name in enumerate(classes):
        value = found.benchmarks.value[i]
        yield f"class:{name}", value, max(abs(value), 1e-6)
        mix = found.passed["consumer"].residual_mix[i]
        yield f"mix:{name}", mix, max(abs(mix), 1e-6)
    for region in found.regions:
        yield f"region:{region.name}", region.balance, scale
    for principle, result in found.results.items():
        yield f"total@{principle}", result.conservation.accounted, scale


def told(found: Account, store: RecordStore, what: str) -> Why:
    """The explanation, which must exist."""
    answer = explain(found, store, what)
    assert isinstance(answer, Why), (what, answer)
    return answer


def test_every_number_is_the_accounts_own(case: Case) -> None:
    found, store = case
    for what, value, scale in questions(found):
        assert near(told(found, store, what).value, value, scale), what


def adds_up(node: Why, scale: float) -> bool:
    """Whether the parts of a node make its value, or its value is a part of theirs."""
    return not node.parts or near(node.total(), node.value, scale)


KEPT = "kept of the production burden"  # a share of its one part, not its sum


def test_parts_add_up(case: Case) -> None:
    """At every node of every tree, but where a maker keeps a share of what stands below."""
    found, store = case
    for what, _, scale in questions(found):
        for node in told(found, store, what).walk():
            if node.name.en != KEPT:
                assert adds_up(node, scale), (what, node.name.en)


def test_every_leaf_says_where_it_is_from(case: Case) -> None:
    """Rows, a further question, or a formula; texts in both languages."""
    found, store = case
    asked = {what for what, *_ in questions(found)}
    for what in sorted(asked):
        for node in told(found, store, what).walk():
            assert node.name.en
            assert node.name.zh
            assert bool(node.formula.en) == bool(node.formula.zh)
            assert bool(node.note.en) == bool(node.note.zh)
            if node.ask:
                assert node.ask in asked | {f"{a}@consumer" for a in asked}, (what, node.ask)


def test_rows_behind_a_figure_are_its_own(case: Case) -> None:
    """Every row named is a row of the unit, and its cells are those of the record."""
    found, store = case
    for unit in found.records.units.ids:
        for node in told(found, store, f"unit:{unit}").walk():
            for row in node.rows:
                assert f"unit_id={unit}" in row.cells
                cells = store.rows_of(row.table, "unit_id", [unit], 10**6).to_pylist()
                assert row.number in {c["_row"] for c in cells}


# ------------------------------------------------------------------- by hand


@pytest.fixture(scope="module")
def plain() -> Case:
    """The clean set, all principles but income."""
    store = PlainStore(clean())
    principles: tuple[Principle, ...] = ("producer", "consumer", "shared", "benchmark")
    found = account(store, principles=principles)
    assert isinstance(found, Account)
    return found, store


def test_a_unit_by_hand(plain: Case) -> None:
    """M1: 800 MWh at 0.64, 1,600 t of ore at 0.05, 2,100 t burnt, 1,000 t of steel put out."""
    answer = told(*plain, "unit:M1")
    (line,) = answer.parts
    parts = {part.name.en: part for part in line.parts}
    steel = (5300 + 1950 * 0.64 + 155) / 3000
    assert parts["takes in: class power"].value == pytest.approx(512)
    assert parts["takes in: class power"].formula.en == "800 MWh × 0.64 tCO2e/MWh"
    assert [row.number for row in parts["takes in: class power"].rows] == [8]
    assert [row.number for row in parts["burns or emits"].rows] == [2]
    assert parts["puts out: class steel"].value == pytest.approx(-1000 * steel)
    assert parts["puts out: class steel"].ask == "class:steel"
    assert answer.name.zh == "unit M1 的承担排放"


def test_a_class_by_hand(plain: Case) -> None:
    answer = told(*plain, "class:power")
    assert [part.value for part in answer.parts] == pytest.approx(
        [900 / 2500, 400 / 2500, 300 / 2500]
    )
    assert "3 makers" in answer.note.en
    assert "weighted" in answer.note.en
    given = told(*plain, "class:ore")
    assert given.value == 0.05
    assert "given from outside: table" in given.note.en
    assert [row.number for row in given.rows] == [2]


def test_a_purchase_by_name(plain: Case) -> None:
    """H1 buys 600 t of steel from M2, at what M2's steel carries."""
    answer = told(*plain, "unit:H1@consumer")
    by_name = [part for part in answer.parts if "M2" in part.name.en]
    own = (1500 + 650 * 0.64 + 1500 * 0.05) / 900
    assert [part.value for part in by_name] == pytest.approx([600 * own])


MISSING = {
    "": "why_unknown",
    "steel": "why_unknown",
    "planet:earth": "why_unknown",
    "unit:M9": "why_not_found",
    "class:glue": "why_not_found",
    "mix:glue": "why_not_found",
    "region:R9": "why_not_found",
    "unit:M1@income": "why_principle",
    "unit:M1@nonsense": "why_principle",
    "total@income": "why_principle",
}


@pytest.mark.parametrize("what", MISSING)
def test_what_cannot_be_asked(what: str, plain: Case) -> None:
    """Refused with what can be asked, in both languages."""
    answer = explain(*plain, what)
    assert isinstance(answer, Refusal)
    assert answer.code == MISSING[what]
    named = what.partition("@")[2] or what
    assert named in answer.message("en")
    assert named in answer.message("zh")


def test_a_region_that_is_not_listed(plain: Case) -> None:
    """Under an account scope the other regions have no balance: refused, not a crash."""
    store = PlainStore(clean())
    found = account(store, Method(account_scope=frozenset({"R1"})), principles=("benchmark",))
    assert isinstance(found, Account)
    assert isinstance(explain(found, store, "region:R1"), Why)
    assert isinstance(explain(found, store, "region:R2"), Refusal)


def test_rows_left_out_are_not_shown() -> None:
    tables: Tables = clean()
    tables["flows"] += [{**tables["flows"][6], "quantity": "-1"}]
    store = PlainStore(tables)
    allow = Method(allow=frozenset({"negative"}))
    found = account(store, allow, principles=("benchmark",))
    assert isinstance(found, Account)
    rows = {row.number for node in told(found, store, "unit:M1").walk() for row in node.rows}
    assert 16 not in rows
    assert 8 in rows


def test_more_makers_than_are_shown() -> None:
    """Twelve by name, the rest in one line; still the sum."""
    shape = Shape(4, classes=1, makers=20, users=1, regions=1, features=frozenset())
    store = PlainStore(settled(build(shape)))
    found = ours(store, Choices().method(), principles=["benchmark"])
    answer = told(found, store, "class:C1")
    assert len(answer.parts) == 13
    assert "8 further makers" in answer.parts[-1].name.en
    assert answer.total() == pytest.approx(found.benchmarks.value[0], rel=1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234567.891, "1,234,568"), (0.64, "0.64"), (-7.25, "-7.25"), (1e-7, "1e-07"),
     (999999.5, "1,000,000"), (12.3456789, "12.3457"), (1e20, "1e+20"), (0.2, "0.2"),
     (0.000581234, "0.000581234"), (-0.0123456789, "-0.0123457"), (9.999999, "10")],
)  # fmt: skip
def test_numbers_in_formulas(value: float, text: str) -> None:
    """Six significant digits (a benchmark per kWh has small ones), thousands separated."""
    assert number(value) == text


def test_as_plain_data() -> None:
    leaf = Why(Bilingual("leaf", "叶"), 2.0, "t", ask="class:steel")
    tree = Why(Bilingual("tree", "树"), 4.0, "t", Bilingual("2 + 2", "2 + 2"), [leaf, leaf])
    data = tree.as_dict("zh")
    assert data["name"] == "树"
    assert [part["ask"] for part in data["parts"]] == ["class:steel"] * 2  # type: ignore[index,union-attr]
    assert np.isclose(tree.total(), tree.value)
    assert [node.name("en") for node in tree.walk()] == ["tree", "leaf", "leaf"]
