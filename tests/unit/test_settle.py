"""Settlement: rounding, publishing only proved digits, integers that close."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.plain import PlainStore
from helpers.rows import Tables, burn, clean, flow, product
from tanheng.accounting import Account, Method, Settlement, account, settle
from tanheng.accounting.settle import half_even, integers, publish


@pytest.mark.parametrize(
    ("numerator", "denominator", "wanted"),
    [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (0, 7, 0),
     (1, 2, 0), (3, 2, 2), (-1, 2, 0), (10**40 * 2 + 1, 2, 10**40), (6, 3, 2)],
)  # fmt: skip
def test_half_even(numerator: int, denominator: int, wanted: int) -> None:
    """Ties to the even integer (GB/T 8170-2008, 3.2)."""
    assert half_even(numerator, denominator) == wanted


@given(st.integers(), st.integers(1))
def test_half_even_is_what_python_rounds_to(numerator: int, denominator: int) -> None:
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.lists(st.integers(-(10**37), 10**37), min_size=1), st.integers(0, 3))
def test_integers_of_decimals(values: list[int], skipped: int) -> None:
    """Signs, numbers beyond 64 bits, slices and chunks."""
    cells = [Decimal(f"{v}e-9") for v in [1] * skipped + values]
    array = pa.array(cells, pa.decimal128(38, 9)).slice(skipped)
    assert integers(pa.chunked_array([array])) == values
    assert integers(pa.chunked_array([array.slice(0, 1), array.slice(1)])) == values


def test_integers_of_nothing() -> None:
    assert integers(pa.chunked_array([], pa.decimal128(38, 9))) == []


@pytest.mark.parametrize(
    ("value", "bound", "decimals", "wanted"),
    [
        (1.23456, 1e-12, 3, 1235),
        (-1.23456, 1e-12, 3, -1235),
        (0.1234994, 5e-7, 3, 123),
        (0.1234994, 1e-6, 3, None),  # 0.1235004 rounds up
        (0.1235004, 1e-6, 3, None),  # 0.1234994 rounds down
        (0.0625, 0.0, 3, 62),  # a tie that is given exactly goes to the even digit
        (0.1875, 0.0, 3, 188),
        (0.0625, 1e-15, 3, None),  # a tie that is computed stays open
        (0.1, 0.0, 1, 1),
        (1e-9, 1e-12, 3, 0),
        (-1e-9, 1e-8, 3, 0),
        (2.675, 0.0, 2, 268),  # 2.675 as written, though the float is below it
        (1e6, 0.4, 0, 1_000_000),
        (1e6, 0.6, 0, None),
        (1.0, float("inf"), 2, None),
    ],
)
def test_publish(value: float, bound: float, decimals: int, wanted: int | None) -> None:
    """A digit stands only where all numbers within the bound round to it."""
    found, findings = publish(np.array([value]), np.array([bound]), decimals, ["steel"])
    if wanted is None:
        assert [(f.code, f.value, f.severity) for f in findings] == [
            ("digit_open", "steel", "error")
        ]
        assert "fewer (or other) decimals" in findings[0].message("en")
        assert "减少" in findings[0].message("zh")
    else:
        assert not findings
        assert found == [wanted]


def accounted(tables: Tables, method: Method | None = None) -> tuple[PlainStore, Account]:
    """A store and its account under the benchmark principle."""
    store = PlainStore(tables)
    found = account(store, method, principles=("benchmark",))
    assert isinstance(found, Account), [f.message() for f in found.findings]
    return store, found


def settled(tables: Tables, **decimals: int) -> Settlement:
    """The settlement, which must exist."""
    found = settle(*accounted(tables), **decimals)
    assert isinstance(found, Settlement)
    return found


def by_hand(tables: Tables, c: dict[str, Fraction]) -> dict[str, Fraction]:
    """R per unit from the published benchmarks, in fractions."""
    kilo = {"kWh": Fraction(1, 1000), "MWh": Fraction(1), "t": Fraction(1)}
    classes = {"rebar": "steel", "grid": "power", "lump": "ore"}
    found = {str(row["unit_id"]): Fraction(0) for row in tables["units"]}
    for row in tables["direct"]:
        found[str(row["unit_id"])] += Fraction(str(row["emission_tco2e"]))
    for row in tables["flows"]:
        quantity = Fraction(str(row["quantity"])) * kilo[str(row["measure"])]
        sign = 1 if row["direction"] == "in" else -1
        found[str(row["unit_id"])] += sign * quantity * c[classes[str(row["product_id"])]]
    return found


@pytest.mark.parametrize(("benchmark_decimals", "decimals"), [(6, 3), (2, 0), (9, 6), (0, 1)])
def test_settlement_by_hand(benchmark_decimals: int, decimals: int) -> None:
    """Every figure follows from the published benchmarks, and the integers close."""
    tables = clean()
    found = settled(tables, benchmark_decimals=benchmark_decimals, decimals=decimals)
    power = Fraction(1600, 2500)
    steel = (5300 + 1950 * power + Fraction(3100, 20)) / 3000
    step = 10**benchmark_decimals
    published = [round(value * step) for value in (steel, power, Fraction(1, 20))]
    assert list(found.benchmarks) == published
    c = {
        name: Fraction(n, step)
        for name, n in zip(("steel", "power", "ore"), published, strict=True)
    }
    assert list(found.units) == [round(r * 10**decimals) for r in by_hand(tables, c).values()]
    assert found.direct == round(Fraction("6905.5") * 10**decimals)
    assert sum(found.units) + found.net_output + found.rounding == found.direct
    assert abs(found.rounding) <= len(found.units) / 2 + 1


def test_the_rounding_line_is_small_and_there() -> None:
    """Three users of a third each: 0.333 three times leaves 0.001."""
    tables = clean()
    tables["direct"] = [burn("M1", "1")]
    tables["flows"] = [flow("M1", "out", "rebar", "3"), flow("M2", "in", "rebar", "1"),
                       flow("M3", "in", "rebar", "1"), flow("H1", "in", "rebar", "1")]  # fmt: skip
    tables["trade"], tables["stocks"] = [], []
    found = settled(tables, benchmark_decimals=6, decimals=3)
    assert found.benchmarks[0] == 333_333
    assert list(found.units) == [0, 333, 333, 0, 0, 0, 333, 0]
    assert (found.net_output, found.direct, found.rounding) == (0, 1000, 1)


def test_open_digits_stop_the_settlement() -> None:
    """With more decimals than a double holds, nothing is settled and every class is named."""
    store, found = accounted(clean())
    refused = settle(store, found, benchmark_decimals=18)
    assert isinstance(refused, list)
    assert {f.code for f in refused} == {"digit_open"}
    assert "steel" in {f.value for f in refused}
    assert "ore" not in {f.value for f in refused}  # given, so exact


def test_a_narrow_scope_has_no_settlement() -> None:
    tables = clean()
    for row in tables["direct"]:
        row.update(gas="CO2", source="fuel")
    store, found = accounted(tables, Method(scope="fossil_co2"))
    refused = settle(store, found)
    assert isinstance(refused, list)
    assert [(f.code, f.value) for f in refused] == [("settle_scope", "fossil_co2")]
    assert "--scope all" in refused[0].message("en")


def test_conversions_are_exact() -> None:
    """A third of a tonne per item has no decimal, yet three items are a tonne to the last digit."""
    tables = clean()
    tables["products"].append(product("coil", "steel", "kg"))
    tables["flows"] += [flow("B1", "in", "coil", "0.1", measure="kg") for _ in range(10)]
    tables["flows"][12]["quantity"] = "899.999"
    assert settled(tables).units == settled(clean()).units


def test_quantities_beyond_the_grid_are_not_lost(opened) -> None:
    """A figure too large for the exact sums is refused or counted, never left out in silence."""
    tables = clean()
    tables["flows"] += [flow("B1", "in", "rebar", "1e30")]
    store = opened(tables)
    found = account(store, principles=("benchmark",))
    if isinstance(found, Account):
        done = settle(store, found)
        if isinstance(done, Settlement):
            unit = found.records.units.ids.index("B1")
            assert done.units[unit] / 1000 == pytest.approx(found.results["benchmark"].unit[unit])


def test_rows_left_out_are_left_out_here_too(opened) -> None:
    tables = clean()
    tables["flows"] += [
        flow("B1", "in", "rebar", "-7"),
        flow("B1", "in", "rebar", "7", measure="?"),
    ]
    tables["direct"] += [burn("M1", "-7")]
    store = opened(tables)
    allow = Method(allow=frozenset({"negative", "unknown_measure"}))
    found = account(store, allow, principles=("benchmark",))
    assert isinstance(found, Account)
    assert settle(store, found) == settled(clean())
