"""The worked case of the paper, and figures the bulletin prints. Source: method.md section 7."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.accounts import account_of, write_tables
from tanheng.accounting import Method

EXAMPLES = Path(__file__).parents[2] / "examples"
KG = 1e-3


@pytest.fixture(scope="module")
def cars():
    return account_of(
        EXAMPLES / "three-car-makers",
        principles=("producer", "consumer", "shared", "income", "benchmark"),
    )


def figures(account, principle: str) -> dict[str, float]:
    unit = account.results[principle].unit
    return {name: float(unit[i]) for i, name in enumerate(account.records.units.ids)}


def test_the_benchmark_of_a_car_is_7400_kg(cars) -> None:
    value = dict(zip(cars.records.classes.ids, cars.benchmarks.value, strict=True))
    assert value["car"] == pytest.approx(7400 * KG, rel=1e-12)
    assert value["material"] == pytest.approx(1 * KG, rel=1e-12)


def test_under_producer_the_first_maker_is_the_worst_of_the_three(cars) -> None:
    found = figures(cars, "producer")
    assert [found[m] for m in ("M1", "M2", "M3")] == pytest.approx([2.1, 1.8, 1.5])
    assert found["M1"] > found["M2"] > found["M3"]


def test_under_consumer_the_same_car_has_three_figures(cars) -> None:
    found = figures(cars, "consumer")
    assert [found[b] for b in ("B1", "B2", "B3")] == pytest.approx([7.1, 7.4, 7.7], rel=1e-12)
    assert [found[m] for m in ("S", "M1", "M2", "M3")] == pytest.approx([0, 0, 0, 0], abs=1e-12)


def test_under_benchmark_makers_answer_for_their_distance_from_the_mean(cars) -> None:
    found = figures(cars, "benchmark")
    assert [found[m] for m in ("M1", "M2", "M3")] == pytest.approx([-0.3, 0, 0.3], abs=1e-12)
    assert [found[b] for b in ("B1", "B2", "B3")] == pytest.approx([7.4, 7.4, 7.4], rel=1e-12)
    assert found["S"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("principle", ["producer", "consumer", "shared", "income", "benchmark"])
def test_all_principles_total_22200_kg(cars, principle: str) -> None:
    assert sum(figures(cars, principle).values()) == pytest.approx(22200 * KG, rel=1e-12)
    assert abs(cars.results[principle].conservation.relative_gap) < 1e-12


def test_crops_in_china_2013_are_taken_in_the_measure_they_are_printed_in(tmp_path: Path) -> None:
    """Bulletin no. 112: maize 0.48, wheat 0.75, rice 1.6 kgCO2 per kg."""
    crops = {"maize": 0.48, "wheat": 0.75, "rice": 1.6}
    tables = {
        "units": [{"unit_id": "H", "region": "CN", "use": "daily_person"}],
        "products": [{"product_id": c, "class_id": c, "measure": "t"} for c in crops],
        "flows": [
            {"unit_id": "H", "period": "2013", "direction": "in", "product_id": c,
             "quantity": 1000, "measure": "kg"}
            for c in crops
        ],
        "exogenous": [
            {"class_id": c, "period": "2013", "benchmark": v, "measure": "kgCO2/kg", "source": "no. 112"}
            for c, v in crops.items()
        ],
        "trade": [
            {"region": "CN", "period": "2013", "direction": "import", "product_id": c, "quantity": 1,
             "measure": "t"}
            for c in crops
        ],
    }  # fmt: skip
    write_tables(tables, tmp_path)
    account = account_of(tmp_path)
    assert dict(zip(account.records.classes.ids, account.benchmarks.value, strict=True)) == crops
    assert figures(account, "benchmark")["H"] == pytest.approx(0.48 + 0.75 + 1.6, rel=1e-15)
    assert abs(account.results["benchmark"].conservation.relative_gap) < 1e-12


def test_one_factory_three_purposes_gives_three_lines_that_add_up(tmp_path: Path) -> None:
    folder = tmp_path / "factory"
    shutil.copytree(EXAMPLES / "three-car-makers", folder)
    with (folder / "units.csv").open("a") as units:
        units.write("F,Factory 工厂,R1,producer\n")
    header, *rows = (folder / "flows.csv").read_text().splitlines()
    rows = [row + "," for row in rows]
    for quantity, purpose in ((400, "material"), (60, "daily"), (1000, "construction")):
        rows.append(f"F,2016,in,material,{quantity},kg,,,{purpose}")
    rows.append("F,2016,out,gearbox,10,kg,,,")
    (folder / "flows.csv").write_text("\n".join([header + ",purpose", *rows]) + "\n")
    with (folder / "products.csv").open("a") as products:
        products.write("gearbox,gearbox,gearbox 变速箱,kg\n")
    with (folder / "direct.csv").open("a") as direct:
        direct.write("F,2016,0.1,fuel,CO2\n")
    account = account_of(folder)
    at = account.records.units.ids.index("F")
    lines = dict(
        zip(("producers", "daily", "construction", "maintenance"), account.lines[at], strict=True)
    )
    # Its gearbox is at its own benchmark: nothing is left of production, offices and hall remain.
    assert lines["producers"] == pytest.approx(0, abs=1e-12)
    assert lines["daily"] == pytest.approx(0.06, rel=1e-12)
    assert lines["construction"] == pytest.approx(1.0, rel=1e-12)
    assert sum(lines.values()) == pytest.approx(account.results["benchmark"].unit[at], rel=1e-12)


def test_the_narrower_scope_counts_burnt_fuel_only(tmp_path: Path) -> None:
    folder = tmp_path / "cars"
    shutil.copytree(EXAMPLES / "three-car-makers", folder)
    with (folder / "direct.csv").open("a") as direct:
        direct.write("M1,2016,5,process,CO2\nM1,2016,7,fuel,CH4\n")
    wide, narrow = account_of(folder), account_of(folder, Method(scope="fossil_co2"))
    assert wide.results["producer"].conservation.direct == pytest.approx(34.2)
    assert narrow.results["producer"].conservation.direct == pytest.approx(22.2)
