"""What ΣR of the makers is, in each case the method states, and that it is claimed nowhere else.

Method, section 2, "Scope": with equal scopes, the weighted mean, no maker without output, every
domestic class estimated and capital in the benchmark, ΣR of the makers is zero, and per class for
makers of one product; with capital in the account only it is Σ c·capital (and what is burnt for
capital). Otherwise it says how much better or worse than the mean the makers are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers.comparing import Choices, ours, sets, turnover
from helpers.plain import PlainStore
from helpers.rows import Tables, clean, value_of
from oracle.records import scopes
from tanheng.accounting import Account, Method, Weights

SETS = sets(never=["zero_output"])
QUICK = settings(max_examples=25)
CLOSE = 1e-12


def account_of(tables: Tables, method: Method, **options: object) -> Account:
    """The benchmark principle of a set."""
    return ours(PlainStore(tables), method, principles=["benchmark"], **options)  # type: ignore[arg-type]


def makers_of(found: Account) -> np.ndarray:
    """Units of the account's scope that put something out."""
    is_maker = np.isin(np.arange(len(found.records.units)), found.makers.unit)
    return is_maker & found.listed


def capital_of(found: Account) -> float:
    """Σ c · capital goods, and emissions for capital, of the makers; summed from the rows."""
    records, c, makers = found.records, found.benchmarks.value, makers_of(found)
    bought = (records.inputs.purpose == 2) & makers[records.inputs.unit]
    burnt = (records.direct.purpose == 2) & makers[records.direct.unit]
    embodied = float(records.inputs.quantity[bought] @ c[records.inputs.cls[bought]])
    return embodied + float(records.direct.emission_tco2e[burnt].sum())


def sum_of_makers(found: Account) -> float:
    """ΣR of the makers' line `producers`."""
    return float(found.lines[makers_of(found), 0].sum())


@QUICK
@given(SETS)
def test_zero_with_capital_in_the_benchmark(tables: Tables) -> None:
    found = account_of(tables, Choices(services="makers", capital="in_benchmark").method())
    assert abs(sum_of_makers(found)) <= CLOSE * turnover(found)


@QUICK
@given(sets(never=["zero_output", "joint"]))
def test_zero_per_class_for_makers_of_one_product(tables: Tables) -> None:
    found = account_of(tables, Choices(services="makers", capital="in_benchmark").method())
    of_unit = defaultdict(set)
    for unit, cls in zip(found.makers.unit.tolist(), found.makers.cls.tolist(), strict=True):
        of_unit[unit].add(cls)
    assume(all(len(classes) == 1 for classes in of_unit.values()))
    for cls in range(len(found.records.classes)):
        mine = found.makers.unit[found.makers.cls == cls]
        assert abs(found.lines[mine, 0].sum()) <= CLOSE * turnover(found)


@QUICK
@given(sets(never=["zero_output"], always=["capital"]))
def test_capital_with_capital_in_the_account(tables: Tables) -> None:
    found = account_of(tables, Choices(services="makers").method())
    gap = sum_of_makers(found) - capital_of(found)
    assert abs(gap) <= CLOSE * turnover(found)


@QUICK
@given(SETS, st.data())
def test_zero_in_a_part_of_the_regions(tables: Tables, data: st.DataObject) -> None:
    """Equal scopes need not be everywhere: classes made in scope are means of makers in scope."""
    possible = scopes(tables)
    assume(possible)
    part = data.draw(st.sampled_from(possible))
    chosen = Choices(services="makers", capital="in_benchmark", benchmark_scope=part)
    found = account_of(tables, chosen.method(account_scope=part))
    homes = [found.records.regions[r] in part for r in found.records.units.region]
    assert found.listed.tolist() == homes
    assert abs(sum_of_makers(found)) <= CLOSE * turnover(found)


def test_neither_case_is_empty() -> None:
    """The random sets above do hold capital, joint products and several makers of a class."""
    from oracle.records import Shape, build

    tables = build(Shape(1, classes=5, makers=6, users=4, regions=3))
    found = account_of(tables, Choices(services="makers").method())
    assert abs(capital_of(found)) > 1e-3 * turnover(found)
    assert len(found.makers) > len(set(found.makers.unit.tolist()))
    assert (np.bincount(found.makers.cls) > 1).any()


# ---------------------------------------------------------------- and nowhere else

PUBLISHED = [value_of("steel", "2"), value_of("power", "0.7", "MWh"), value_of("ore", "0.05")]
OTHERWISE: dict[str, tuple[Method, list[dict[str, object]] | None]] = {
    "simple": (Method(weights=Weights("simple")), None),
    "best": (Method(weights=Weights("best", 40)), None),
    "makers elsewhere": (
        Method(benchmark_scope=frozenset({"R1"}), account_scope=frozenset({"R2"})),
        None,
    ),
    "a part of the makers": (Method(account_scope=frozenset({"R1"})), None),
    "published": (Method(), PUBLISHED),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_otherwise_it_says_how_far_from_the_mean_the_makers_are(name: str) -> None:
    """ΣR = Σ V (own intensity − c), which is not zero; nothing is found wrong, and it conserves."""
    method, table = OTHERWISE[name]
    published = PlainStore({"exogenous": table}) if table else None
    found = account_of(clean(), method, published=published)
    c, makers = found.benchmarks.value, found.makers
    listed = found.listed[makers.unit]
    own = found.system.intensity(c)
    distance = float((makers.output * (own - c[makers.cls]))[listed].sum())
    total = sum_of_makers(found)
    assert total == pytest.approx(distance, abs=1e-9 * turnover(found))
    assert abs(total) > 1e-3 * turnover(found)
    assert {f.severity for f in found.findings} <= {"notice"}
    assert abs(found.results["benchmark"].conservation.relative_gap) < CLOSE


def test_a_maker_without_output_breaks_it() -> None:
    """It takes in and burns, but no benchmark carries that: ΣR is what it answers for."""
    tables = clean()
    tables["flows"][2]["quantity"] = "0"
    found = account_of(tables, replace(Method(), capital="in_benchmark"))
    idle = found.records.units.ids.index("M3")
    assert abs(sum_of_makers(found)) <= CLOSE * turnover(found)
    assert found.lines[idle, 0] == pytest.approx(1700 + 500 * 1600 / 2500)
    assert [f.code for f in found.findings if f.code == "maker_without_output"]


def test_clean_set_in_its_own_case() -> None:
    """The same set with the weighted mean and equal scopes does sum to zero, class by class."""
    found = account_of(clean(), Method())
    steel, power = found.lines[:3, 0].sum(), found.lines[3:6, 0].sum()
    assert abs(steel) <= CLOSE * turnover(found)
    assert abs(power) <= CLOSE * turnover(found)
    assert (np.abs(found.lines[:6, 0]) > 1).all()
