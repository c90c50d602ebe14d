"""What an allowed finding does: the account goes on as the catalogue says, repeats it, and closes.

Errors cannot be allowed. Rows that are left out are left out of both sides of conservation.
"""

from __future__ import annotations

import numpy as np
import pytest

from helpers.cases import placed, serious, spoil
from helpers.faults import ROWS
from helpers.plain import PlainStore
from helpers.rows import Row, Tables, burn, clean, flow, kind, product, trade, unit, value_of
from tanheng.accounting import PRINCIPLES, Account, Method, Stopped, account
from tanheng.accounting.store import RecordStore
from tanheng.errors import catalogue

EVERYTHING = frozenset(catalogue())
STOPS = [case for case in ROWS if catalogue()[case.code].severity == "stop"]
KEPT = [case for case in STOPS if case.code == "unknown_supplier"]


def allowed(store: RecordStore, **options: object) -> Account:
    """The account with everything allowed that can be; it must exist and close."""
    options.setdefault("principles", ("producer", "consumer", "shared", "benchmark"))
    method = Method(allow=EVERYTHING, **options.pop("method", {}))  # type: ignore[arg-type]
    found = account(store, method, **options)  # type: ignore[arg-type]
    assert isinstance(found, Account), [f.message() for f in found.findings]
    for result in found.results.values():
        turnover = abs(result.unit).sum() + result.conservation.direct
        gap = result.conservation.accounted - result.conservation.direct
        assert abs(gap) <= 1e-12 * turnover, result.principle
    return found


def whole(tables: Tables, **options: object) -> Account:
    """The account of a plain store."""
    return allowed(PlainStore(tables), **options)


def figures(found: Account) -> list[np.ndarray]:
    """Benchmarks and the figures of all principles."""
    return [found.benchmarks.value, *(result.unit for result in found.results.values())]


def same(first: Account, second: Account) -> bool:
    """Whether two accounts give the same figures."""
    pairs = zip(figures(first), figures(second), strict=True)
    return all(np.allclose(a, b, rtol=1e-12, atol=1e-9) for a, b in pairs)


@pytest.mark.parametrize("grouped", [False, True])
def test_bad_rows_are_left_out(grouped: bool, opened) -> None:
    """Also where the engine adds up rows before they are judged, and good rows share the group."""
    tables, good = clean(), clean()
    if grouped:
        for rows in (tables["flows"], good["flows"]):
            rows[12]["period"] = "2016-03"
    spoil(tables, STOPS)
    for case in KEPT:
        for table, rows in case.rows.items():
            good[table] += [{**row, "supplier_id": ""} for row in rows]
    good["classes"].append(kind("gas"))
    found, expected = allowed(opened(tables)), whole(good)
    assert placed(serious(found.findings)) == {(case.code, *case.place) for case in STOPS}
    assert len(serious(found.findings)) == len(STOPS)
    assert same(found, expected)
    assert found.results["producer"].conservation == expected.results["producer"].conservation


def test_only_what_is_allowed_is_allowed(opened) -> None:
    store = opened(spoil(clean(), STOPS))
    every = {case.code for case in STOPS}
    for left in sorted(every)[:2]:
        found = account(store, Method(allow=frozenset(every - {left})), principles=("producer",))
        assert isinstance(found, Stopped)
        assert left in {f.code for f in found.findings}


ERRORS: dict[str, dict[str, list[Row]]] = {
    "duplicate_id": {"units": [unit("M1")]},
    "product_overlap": {"products": [product("lump", "steel")]},
    "exogenous_twice": {"exogenous": [value_of("ore", "0.07")]},
    "made_and_tabled": {"exogenous": [value_of("steel", "2")]},
    "cycle_gain": {"flows": [flow("P2", "in", "rebar", "60000")]},
    "value_missing": {},
}


@pytest.mark.parametrize("code", ERRORS)
def test_errors_cannot_be_allowed(code: str, spoilt: Tables) -> None:
    for table, rows in ERRORS[code].items():
        spoilt[table] += rows
    principles = ("income",) if code == "value_missing" else ("benchmark",)
    found = account(PlainStore(spoilt), Method(allow=EVERYTHING), principles=principles)
    assert isinstance(found, Stopped)
    assert {f.code for f in serious(found.findings)} == {code}


# ------------------------------------------- what the catalogue promises, one by one


def codes(found: Account) -> set[str]:
    """Codes of the findings that an account repeats."""
    return {f.code for f in serious(found.findings)}


def test_class_without_maker_is_taken_as_nothing(spoilt: Tables) -> None:
    expected = whole(spoilt)
    spoilt["classes"].append(kind("coke"))
    spoilt["products"].append(product("coke", "coke"))
    spoilt["flows"].append(flow("M1", "in", "coke", "70"))
    found = whole(spoilt)
    assert codes(found) == {"class_without_maker"}
    assert found.benchmarks.value[3] == 0
    assert np.allclose(found.lines, expected.lines, rtol=1e-14)


@pytest.mark.parametrize("key", [None, "mass"])
def test_joint_maker_without_shares_enters_no_mean(key: str | None, spoilt: Tables) -> None:
    """M1 is accounted, but steel is the mean of M2 and M3, power that of P1, P2, P3."""
    spoilt["flows"].append(flow("M1", "out", "grid", "5", measure="MWh"))
    spoilt["units"][0]["partition_key"] = key or ""
    found = whole(spoilt)
    assert codes(found) == {"joint_without_weight" if key else "joint_without_key"}
    power = 1600 / 2500
    steel = (1500 + 1700 + 1150 * power + 1500 * 0.05) / 2000
    assert found.benchmarks.value.tolist() == pytest.approx([steel, power, 0.05])
    own = 2100 + 800 * power + 1600 * 0.05 - 1000 * steel - 5 * power
    assert found.results["benchmark"].unit[0] == pytest.approx(own)


def test_named_sales_above_output_stand_in_the_discrepancy(spoilt: Tables) -> None:
    """M2 makes 900 t and 1,000 t name it: they keep its intensity, 100 t are put aside."""
    spoilt["flows"][11]["quantity"] = "1000"
    found = whole(spoilt)
    assert codes(found) == {"named_above_output"}
    passed = found.passed["consumer"]
    rate = passed.burden[1] / 900
    power = 450 * passed.residual_mix[1]
    assert found.results["consumer"].unit[6] == pytest.approx(1000 * rate + power + 5.5)
    unnamed = 2100 - 900 - 700 + 4
    put_aside = unnamed * passed.residual_mix[0] - 100 * rate
    assert passed.discrepancy[0] == pytest.approx(put_aside)


def test_named_imports_above_what_came_in_stand_in_the_discrepancy(spoilt: Tables) -> None:
    """F1 brought in 10 t and 14 t name it: all carry the benchmark, 4 t are put aside."""
    rebar = trade("R1", "import", "rebar", "10", partner="ROW", supplier_id="F1")
    spoilt["trade"].append(rebar)
    expected = whole(spoilt)
    spoilt["flows"].append(flow("B1", "in", "rebar", "14", supplier_id="F1"))
    found = whole(spoilt)
    c, passed = found.benchmarks.value[0], found.passed["consumer"]
    b1 = found.records.units.ids.index("B1")
    gained = found.results["consumer"].unit[b1] - expected.results["consumer"].unit[b1]
    moved = 900 * (passed.residual_mix[0] - expected.passed["consumer"].residual_mix[0])
    assert gained == pytest.approx(14 * c + moved)
    unnamed = 3000 - 600 - 900 - 700 + 4
    assert passed.discrepancy[0] == pytest.approx(unnamed * passed.residual_mix[0] - 4 * c)


def test_a_supplier_that_makes_none_counts_as_unnamed(spoilt: Tables) -> None:
    expected = whole(spoilt)
    spoilt["flows"][12]["supplier_id"] = "P3"
    found = whole(spoilt)
    assert codes(found) == {"supplier_not_maker"}
    assert same(found, expected)


def test_regions_that_do_not_mirror_keep_their_own_figures(spoilt: Tables) -> None:
    expected = whole(spoilt)
    spoilt["trade"][2]["quantity"] = "150"
    found = whole(spoilt)
    assert codes(found) == {"partner_not_mirrored"}
    assert same(found, expected)
    moved = found.regions[0].discrepancy - expected.regions[0].discrepancy
    assert moved.tolist() == pytest.approx([-50 * found.benchmarks.value[0], 0, 0])
    assert found.regions[1].discrepancy.tolist() == expected.regions[1].discrepancy.tolist()
    assert all(region.balance == pytest.approx(region.direct) for region in found.regions)


def test_class_that_a_published_table_lacks(spoilt: Tables) -> None:
    published = PlainStore({"exogenous": [value_of("steel", "2"), value_of("ore", "0.1")]})
    found = whole(spoilt, published=published)
    assert codes(found) == {"class_not_published"}
    assert found.benchmarks.value.tolist() == [2, 0, 0.1]


def test_money_that_is_negative(spoilt: Tables) -> None:
    """Waste with a price below zero is left out; value added below zero is used as it is."""
    for row in spoilt["flows"]:
        row["value"] = "100"
    spoilt["flows"] += [flow("M1", "in", "grid", "1", measure="MWh", value="900")]
    expected = whole(spoilt, principles=PRINCIPLES, method={"alpha": "value_added"})
    assert codes(expected) == {"value_added_negative"}
    spoilt["flows"] += [flow("B1", "in", "rebar", "1", value="-4")]
    found = whole(spoilt, principles=PRINCIPLES, method={"alpha": "value_added"})
    assert codes(found) == {"value_added_negative", "negative_value"}
    assert same(found, expected)


def test_row_of_unknown_scope_is_left_out(spoilt: Tables) -> None:
    for row in spoilt["direct"]:
        row.update(gas="CO2", source="fuel")
    narrow = {"scope": "fossil_co2"}
    expected = whole(spoilt, method=narrow)
    spoilt["direct"] += [burn("M1", "7"), burn("M2", "5", gas="CH4", source="fuel")]
    spoilt["direct"] += [burn("M3", "3", gas="CH4"), burn("M3", "3", source="process")]
    found = whole(spoilt, method=narrow)
    assert [(f.code, f.row) for f in serious(found.findings)] == [("scope_unknown", 9)]
    assert same(found, expected)
    wide = whole(spoilt)
    assert wide.results["producer"].conservation.direct == pytest.approx(6905.5 + 18)


def test_a_trade_row_with_a_fault_leaves_the_balance_closed(spoilt: Tables) -> None:
    spoilt["trade"].append(trade("R1", "import", "rebar", "-9", partner="ROW"))
    found = whole(spoilt)
    assert codes(found) == {"negative"}
    assert all(region.balance == pytest.approx(region.direct) for region in found.regions)
