"""The oracle by itself: hand-computed cases, and identities on random record sets."""

from __future__ import annotations

import csv
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import (
    Options,
    benchmarks,
    consumer,
    income,
    producer,
    regions,
    residual_mix,
    responsibility,
    shared,
)
from .books import RecordSet, total, without_services
from .build import build
from .drawing import UNSETTLED, Shape, Tables
from .reading import read
from .records import record_sets, scopes, write_csv

ONE = Fraction(1)
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Rows = list[dict[str, object]]


def exact(*values: int | str | Fraction) -> tuple[Fraction, ...]:
    return tuple(Fraction(value) for value in values)


def unit(name: str, region: str = "R", use: str = "producer", **more: object) -> dict[str, object]:
    return {"unit_id": name, "name": name, "region": region, "use": use, **more}


def flow(name: str, way: str, product: str, quantity: object, **more: object) -> dict[str, object]:
    row = {"unit_id": name, "period": "2016", "direction": way, "product_id": product}
    return {**row, "quantity": quantity, **more}


def burn(name: str, amount: object, **more: object) -> dict[str, object]:
    return {"unit_id": name, "period": "2016", "emission_tco2e": amount, **more}


def trade(
    region: str, way: str, product: str, quantity: object, **more: object
) -> dict[str, object]:
    row = {"region": region, "period": "2016", "direction": way, "product_id": product}
    return {**row, "quantity": quantity, **more}


def products(**measures: str) -> Rows:
    """One product per class, of the same name."""
    return [
        {"product_id": name, "class_id": name, "name": name, "measure": measure}
        for name, measure in measures.items()
    ]


def three_car_makers() -> Tables:
    materials, direct = ("5000", "5600", "6200"), ("2.1", "1.8", "1.5")
    makers, buyers = ("M1", "M2", "M3"), ("B1", "B2", "B3")
    tables: Tables = {
        "units": [unit("S"), *(unit(m) for m in makers)]
        + [unit(b, use="daily_person") for b in buyers],
        "products": products(material="kg", car="car"),
        "direct": [burn("S", "16.8")],
        "flows": [flow("S", "out", "material", "16.8", measure="t")],
    }
    for i, (maker, buyer) in enumerate(zip(makers, buyers, strict=True)):
        tables["direct"].append(burn(maker, direct[i]))
        tables["flows"] += [
            flow(maker, "in", "material", materials[i]),
            flow(maker, "out", "car", 1),
            flow(buyer, "in", "car", 1, supplier_id=maker),
        ]
    return tables


def test_three_car_makers() -> None:
    """Section 7.1 of the method, tCO2e."""
    tables, opt = three_car_makers(), Options()
    c = benchmarks(tables, opt)
    assert c == {"material": Fraction(1, 1000), "car": Fraction("7.4")}
    account = responsibility(tables, c, opt)
    answers = [account.units[u]["total"] for u in ("S", "M1", "M2", "M3", "B1", "B2", "B3")]
    assert answers == [0, Fraction("-0.3"), 0, Fraction("0.3"), *[Fraction("7.4")] * 3]
    assert account.totals["total"] == Fraction("22.2")
    territorial = producer(tables, opt)
    assert territorial["M1"] > territorial["M2"] > territorial["M3"]
    bought = consumer(tables, c, opt)
    assert [bought.of(b) for b in ("B1", "B2", "B3")] == [
        Fraction("7.1"),
        Fraction("7.4"),
        Fraction("7.7"),
    ]
    assert all(bought.of(m) == 0 for m in ("S", "M1", "M2", "M3"))


def two_regions() -> Tables:
    return {
        "units": [
            unit("A1", "A"),
            unit("B1", "B"),
            unit("HA", "A", "daily_person"),
            unit("HB", "B", "daily_person"),
        ],
        "products": products(steel="t", car="car"),
        "direct": [burn("A1", 200), burn("B1", 50), burn("HA", 10)],
        "flows": [
            flow("A1", "out", "steel", 100),
            flow("B1", "in", "steel", 60),
            flow("B1", "out", "car", 20),
            flow("HA", "in", "car", 5),
            flow("HB", "in", "car", 10),
        ],
        "trade": [
            trade("A", "export", "steel", 60, partner="B"),
            trade("B", "import", "steel", "60000", measure="kg", partner="A"),
            trade("A", "export", "steel", 30, partner="ROW"),
            trade("B", "export", "car", 5, partner="A"),
            trade("A", "import", "car", 5, partner="B"),
        ],
        "stocks": [
            {"region": "B", "period": "2016", "product_id": "car", "change": 5, "measure": "car"}
        ],
    }


def test_two_regions_by_hand() -> None:
    """Steel 2 t/t, cars (50 + 60·2)/20 = 8.5 t; ten tonnes of steel of A are not accounted for."""
    tables, opt = two_regions(), Options()
    c = benchmarks(tables, opt)
    assert c == {"steel": 2, "car": Fraction("8.5")}
    found = regions(tables, c, opt)
    a, b = found["A"], found["B"]
    assert (a.producers, a.daily, a.exports, a.imports) == exact(0, "52.5", 180, "42.5")
    assert (b.producers, b.daily, b.exports, b.imports) == exact(0, 85, "42.5", 120)
    assert (a.stocks, a.direct, a.construction, a.maintenance) == exact(0, 210, 0, 0)
    assert (b.stocks, b.direct) == exact("42.5", 50)
    assert a.discrepancy == {"steel": 20, "car": 0}
    assert b.discrepancy == {"steel": 0, "car": 0}


def test_trade_inside_the_set_must_mirror() -> None:
    tables = two_regions()
    tables["trade"].pop(0)
    with pytest.raises(ValueError, match="mirror"):
        regions(tables, {"steel": ONE, "car": ONE}, Options())


def named_steel() -> Tables:
    return {
        "units": [unit(name) for name in ("M1", "M2", "K")]
        + [unit(name, use="daily_person") for name in ("B", "H")],
        "products": products(steel="t", car="car"),
        "direct": [burn("M1", 100), burn("M2", 300), burn("K", 50)],
        "flows": [
            flow("M1", "out", "steel", 100),
            flow("M2", "out", "steel", 100),
            flow("B", "in", "steel", 40, supplier_id="M1"),
            flow("K", "in", "steel", 60),
            flow("K", "out", "car", 10),
            flow("H", "in", "car", 8),
        ],
        "trade": [
            trade("R", "import", "steel", 50),
            trade("R", "export", "car", 2, supplier_id="K"),
        ],
    }


def test_consumer_and_shared_by_hand() -> None:
    """Residual mix (60·1 + 100·3 + 50·2)/210 = 46/21; with α = ½ it is (30 + 150 + 100)/210."""
    tables, opt = named_steel(), Options()
    c = benchmarks(tables, opt)
    assert c["steel"] == 2
    whole = consumer(tables, c, opt)
    assert whole.residual_mix == {"steel": Fraction(46, 21), "car": Fraction(127, 7)}
    assert whole.final == {"M1": 0, "M2": 0, "K": 0, "B": 40, "H": Fraction(1016, 7)}
    assert (whole.exports, whole.imports) == exact(Fraction(254, 7), 100)
    assert whole.discrepancy == {"steel": Fraction(2300, 7), "car": 0}
    half = shared(tables, c, replace(opt, alpha=Fraction(1, 2)))
    assert half.kept == {"M1": 50, "M2": 150, "K": 65, "B": 0, "H": 0}
    assert (half.final["B"], half.final["H"], half.exports) == exact(20, 52, 13)
    assert residual_mix(tables, c, replace(opt, alpha={"steel": ONE, "car": ONE})) == (
        whole.residual_mix
    )
    tables["flows"][2]["supplier_id"] = "nobody"
    assert consumer(tables, c, opt).residual_mix["steel"] == 2


def test_income_and_value_added_by_hand() -> None:
    """K buys steel for 120, two thirds of it from S (200 against 50 t imported at price 2)."""
    tables: Tables = {
        "units": [unit("S"), unit("K"), unit("H", use="daily_person")],
        "products": products(steel="t", car="car"),
        "direct": [burn("S", 100), burn("K", 60), burn("H", 7), burn("K", 3, purpose="daily")],
        "flows": [
            flow("S", "out", "steel", 100, value=200),
            flow("K", "in", "steel", 60, value=120),
            flow("K", "out", "car", 10, value=300),
            flow("H", "in", "car", 10, value=300),
        ],
        "trade": [trade("R", "import", "steel", 50)],
    }
    found = income(tables, Options())
    assert found.units == {"S": 116, "K": 36 + 8 + 3, "H": 7}
    assert found.imports == {"S": 0, "K": 8, "H": 0}
    c = benchmarks(tables, Options())
    account = shared(tables, c, replace(Options(), alpha="value_added"))
    assert account.kept["S"] == 100  # no purchases: all is value added
    assert account.kept["K"] == Fraction(180, 300) * (60 + 60 * Fraction(50 * 1, 150))


def two_makers() -> Tables:
    return {
        "units": [unit("X"), unit("Y")],
        "products": products(steel="t"),
        "direct": [burn("X", 100), burn("Y", 900)],
        "flows": [flow("X", "out", "steel", 100), flow("Y", "out", "steel", 300)],
    }


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("weighted", Fraction(1000, 400)),
        ("simple", Fraction(2)),
        (("best", Fraction(25)), ONE),
        (("best", Fraction(50)), Fraction(100 + 3 * 100, 200)),
        (("best", Fraction(100)), Fraction(1000, 400)),
    ],
)
def test_means_by_hand(weights: str | tuple[str, Fraction], expected: Fraction) -> None:
    assert benchmarks(two_makers(), Options(weights=weights)) == {"steel": expected}


@pytest.mark.parametrize(
    ("key", "rows", "share"),
    [
        ("mass", [{"measure": "t"}, {"measure": "kg"}], Fraction(3, 4)),
        ("economic", [{"value": 10}, {"value": 30}], Fraction(1, 4)),
        ("declared", [{"partition_weight": 1}, {"partition_weight": 1}], Fraction(1, 2)),
    ],
)
def test_partition_by_hand(key: str, rows: Rows, share: Fraction) -> None:
    tables: Tables = {
        "units": [unit("X", partition_key=key)],
        "products": products(cake="t", oil="kg"),
        "direct": [burn("X", 100)],
        "flows": [
            flow("X", "out", "cake", 3, **rows[0]),
            flow("X", "out", "oil", 1000, **rows[1]),
        ],
    }
    assert benchmarks(tables, Options()) == {
        "cake": share * 100 / 3,
        "oil": (1 - share) / 10,
    }


def test_services_scope_and_capital_by_hand() -> None:
    """A school serves a plant that also buys a machine; the narrow scope counts fuel CO2."""
    tables: Tables = {
        "units": [unit("S", use="daily_institution"), unit("P"), unit("Q")],
        "products": products(lesson="CNY", steel="t", machine="car"),
        "direct": [
            burn("S", 10, gas="CO2", source="fuel"),
            burn("P", 90, gas="CO2", source="fuel"),
            burn("P", 10, gas="CO2", source="process"),
            burn("Q", 20, gas="CO2", source="fuel"),
        ],
        "flows": [
            flow("S", "out", "lesson", 100),
            flow("P", "in", "lesson", 100),
            flow("P", "in", "machine", 1, purpose="capital"),
            flow("P", "out", "steel", 100),
            flow("Q", "out", "machine", 1),
        ],
    }
    opt = Options()
    assert benchmarks(tables, opt) == {"lesson": 0, "steel": 1, "machine": 20}
    assert benchmarks(tables, replace(opt, scope="fossil_co2"))["steel"] == Fraction("0.9")
    serving = benchmarks(tables, replace(opt, services="makers"))
    assert serving == {"lesson": Fraction("0.1"), "steel": Fraction("1.1"), "machine": 20}
    assert benchmarks(tables, replace(opt, capital="in_benchmark"))["steel"] == Fraction("1.2")
    account = responsibility(tables, benchmarks(tables, opt), opt)
    assert (account.units["P"]["producers"], account.units["S"]["daily"]) == exact(20, 10)
    assert consumer(tables, benchmarks(tables, opt), opt).final == {"S": 10, "P": 20, "Q": 0}


# ------------------------------------------------------------- random sets


def variants(tables: RecordSet, draw: Random) -> Options:
    """Options that the record set supports."""
    chosen = Options(
        weights=draw.choice(["weighted", "simple"]),
        capital=draw.choice(["account_only", "in_benchmark"]),
        services=draw.choice(["consumers", "makers"]),
        scope=draw.choice(["all", "fossil_co2"]),
    )
    possible = scopes(dict(tables))
    if possible and draw.random() < 0.5:
        chosen = replace(chosen, benchmark_scope=draw.choice(possible))
    return chosen


@QUICK
@given(record_sets(), st.integers(0, 2**16))
def test_identities(tables: Tables, seed: int) -> None:
    """Every principle conserves, at its own benchmarks and at any others (asserted inside)."""
    draw = Random(seed)
    opt = variants(tables, draw)
    c = benchmarks(tables, opt)
    other = {cls: Fraction(draw.randint(-50, 500), 10) for cls in c}
    for table in (c, other):
        regions(tables, table, opt)
        shared(tables, table, replace(opt, alpha=Fraction(draw.randint(0, 10), 10)))
        shared(tables, table, replace(opt, alpha="value_added"))
    income(tables, opt)
    producer(tables, opt)


@QUICK
@given(record_sets(), st.integers(0, 2**16))
def test_limits_of_alpha_and_of_best(tables: Tables, seed: int) -> None:
    opt = variants(tables, Random(seed))
    weighted = benchmarks(tables, replace(opt, weights="weighted"))
    assert benchmarks(tables, replace(opt, weights=("best", Fraction(100)))) == weighted
    all_passed = shared(tables, weighted, replace(opt, alpha=Fraction(1)))
    assert all_passed == consumer(tables, weighted, opt)
    nothing_passed = shared(tables, weighted, replace(opt, alpha=Fraction(0)))
    books = without_services(read(tables, opt), opt)
    for name in books.units:
        if len(books.made(name)) == len({f.cls for f in books.outputs if f.unit == name}) > 0:
            assert all_passed.kept[name] == 0
    if not books.trade and not any(nothing_passed.residual_mix.values()):
        own = producer(tables, opt)  # nothing from abroad: all stays where it is burnt
        assert {name: nothing_passed.of(name) for name in own} == own


@QUICK
@given(record_sets(never=["credits", "capture"]), st.integers(1, 99))
def test_productive(tables: Tables, percent: int) -> None:
    """Benchmarks are non-negative, and the best makers are no worse than the mean."""
    opt = Options(services="makers", capital="in_benchmark")
    weighted = benchmarks(tables, opt)
    best = benchmarks(tables, replace(opt, weights=("best", Fraction(percent))))
    assert all(0 <= best[cls] <= weighted[cls] for cls in weighted)
    assert min(benchmarks(tables, replace(opt, weights="simple")).values()) >= 0


@QUICK
@given(record_sets(never=["zero_output"]))
def test_sum_of_responsibility_of_makers(tables: Tables) -> None:
    """Section 2: zero with capital in the benchmark, Σ c·capital (and capital burnt) without."""
    for capital in ("in_benchmark", "account_only"):
        opt = Options(services="makers", capital=capital)
        books, c = read(tables, opt), benchmarks(tables, opt)
        account = responsibility(tables, c, opt)
        makers = {u for u in books.units if books.made(u)}
        outside = total(
            c[f.cls] * f.quantity
            for f in books.inputs
            if f.unit in makers and f.purpose == "capital"
        ) + total(e.amount for e in books.direct if e.unit in makers and e.purpose == "capital")
        expected = outside if capital == "account_only" else 0
        assert total(account.units[u]["producers"] for u in makers) == expected
        if capital == "in_benchmark" and all(len(books.made(u)) == 1 for u in makers):
            for cls in books.measure:
                mine = books.makers(cls)
                assert total(account.units[u]["producers"] for u in mine) == 0


@QUICK
@given(record_sets(never=["closed"]), st.data())
def test_an_unclosed_row_is_exactly_that_discrepancy(tables: Tables, data: st.DataObject) -> None:
    opt = Options()
    product = data.draw(st.sampled_from(tables["products"]))
    c = {cls: Fraction(7, 3) for cls in read(tables, opt).measure}
    before = regions(tables, c, opt)
    region = data.draw(st.sampled_from(sorted(before)))
    lost = {
        "region": region,
        "period": "2016",
        "product_id": product["product_id"],
        "change": "12.5",
        "measure": product["measure"],
    }
    tables["stocks"].append(lost)
    after = regions(tables, c, opt)
    scale = Fraction(str(product.get("conversion", 1)))
    for name, cls in ((r, p) for r in before for p in c):
        moved = after[name].discrepancy[cls] - before[name].discrepancy[cls]
        hit = (name, cls) == (region, product["class_id"])
        assert moved == (-Fraction("12.5") * scale * c[cls] if hit else 0)


@QUICK
@given(record_sets(always=["closed"]))
def test_closed_records_have_no_discrepancy(tables: Tables) -> None:
    opt = Options()
    c = dict.fromkeys(read(tables, opt).measure, Fraction(3, 7))
    for region in regions(tables, c, opt).values():
        assert not any(region.discrepancy.values())
    assert not any(consumer(tables, c, replace(opt, services="makers")).discrepancy.values())


@QUICK
@given(record_sets(always=["other_periods", "fine_periods", "named"]))
def test_rows_of_other_periods_change_nothing(tables: Tables) -> None:
    opt = Options()
    kept = {
        name: [row for row in rows if str(row.get("period", "2016")).startswith("2016")]
        for name, rows in tables.items()
    }
    c = benchmarks(tables, opt)
    assert c == benchmarks(kept, opt)
    assert consumer(tables, c, opt) == consumer(kept, c, opt)
    assert income(tables, opt) == income(kept, opt)


def test_shapes_are_reproducible_and_survive_csv(tmp_path: Path) -> None:
    tables = build(Shape(seed=7))
    assert tables == build(Shape(seed=7))
    write_csv(tables, tmp_path)
    again: Tables = {}
    for path in tmp_path.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            again[path.stem] = [dict(row) for row in csv.DictReader(file)]
    opt = Options(services="makers")
    assert benchmarks(again, opt) == benchmarks(tables, opt)
    assert income(again, opt) == income(tables, opt)


def test_products_that_change_class() -> None:
    for seed in range(10):
        tables = build(Shape(seed=seed, features=frozenset({*UNSETTLED, "fine_periods"})))
        regions(tables, benchmarks(tables, Options()), Options())
