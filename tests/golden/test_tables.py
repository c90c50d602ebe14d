"""Real data against figures that were worked out elsewhere. Source: method.md section 7."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from helpers.accounts import account_of
from tanheng.accounting import Method, Stopped, Weights, multipliers

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def by_technology(tmp_path_factory):
    folder = tmp_path_factory.mktemp("us") / "plants"
    shutil.copytree(ROOT / "examples" / "us-power-2017", folder)
    shutil.copy(folder / "by-technology" / "products.csv", folder / "products.csv")
    return folder


def test_us_plants_have_one_benchmark_of_0_7235_and_sum_to_zero() -> None:
    account = account_of(ROOT / "examples" / "us-power-2017")
    assert account.records.classes.ids == ["electricity"]
    assert round(float(account.benchmarks.value[0]), 4) == 0.7235
    assert account.benchmarks.makers[0] == 787
    total = account.results["producer"].conservation.direct
    assert abs(account.lines.sum()) < 1e-12 * total
    assert abs(account.results["benchmark"].conservation.relative_gap) < 1e-12


def test_us_plants_by_technology(by_technology: Path) -> None:
    account = account_of(by_technology)
    found = dict(zip(account.records.classes.ids, account.benchmarks.value.round(4), strict=True))
    makers = dict(zip(account.records.classes.ids, account.benchmarks.makers, strict=True))
    assert found == {"electricity-coal": 0.9954, "electricity-gas": 0.4700}
    assert makers == {"electricity-coal": 185, "electricity-gas": 602}


def test_the_simple_mean_of_gas_is_dominated_by_small_plants(by_technology: Path) -> None:
    account = account_of(by_technology, Method(weights=Weights("simple")))
    at = account.records.classes.ids.index("electricity-gas")
    assert round(float(account.benchmarks.value[at]), 4) == 0.5932


@pytest.fixture(scope="module")
def useeio():
    return account_of(ROOT / "examples" / "useeio")


def test_useeio_equals_a_dense_solution(useeio) -> None:
    """c = D (I − A)⁻¹, with A taken from the records by plain loops over their rows."""
    import pyarrow.parquet as pq

    flows = pq.read_table(ROOT / "examples" / "useeio" / "flows.parquet").to_pylist()
    ids = list(useeio.records.classes.ids)
    at = {name: i for i, name in enumerate(ids)}
    output = np.zeros(len(ids))
    use = np.zeros((len(ids), len(ids)))
    negative = 0
    for row in flows:
        if row["unit_id"] == "FINAL":
            continue
        if row["direction"] == "out":
            output[at[row["unit_id"]]] += row["quantity"]
        else:
            use[at[row["product_id"]], at[row["unit_id"]]] += row["quantity"]
            negative += row["quantity"] < 0
    direct = np.zeros(len(ids))
    for line in (ROOT / "examples" / "useeio" / "direct.csv").read_text().splitlines()[1:]:
        unit, _, amount = line.split(",")
        direct[at[unit]] += float(amount)
    a = use / output
    expected = np.linalg.solve(np.eye(len(ids)).T - a.T, direct / output)
    assert negative == 93
    gap = np.abs(useeio.benchmarks.value - expected)
    assert (gap <= 1e-12 * np.abs(expected)).all()
    assert (gap <= useeio.benchmarks.bound + 1e-13 * np.abs(expected)).all()
    table = multipliers(use, output, direct, tolerance=1e-14)
    assert np.allclose(table.x, expected, rtol=1e-12, atol=0)


def test_useeio_final_demand_carries_all_emissions(useeio) -> None:
    """5.55 Gt with all 384 demand rows: d (I − A)⁻¹ y, evaluated by examples/build.py."""
    final = useeio.records.units.ids.index("FINAL")
    for principle in ("consumer", "benchmark"):
        assert useeio.results[principle].unit[final] / 1e9 == pytest.approx(5.554, abs=5e-4)
    assert abs(useeio.results["benchmark"].conservation.relative_gap) < 1e-12


def test_germany_stops_for_the_import_row_until_it_is_accepted() -> None:
    stopped = account_of(HERE / "germany-1995", stopped=True)
    assert isinstance(stopped, Stopped)
    assert {f.code for f in stopped.findings if f.severity != "notice"} == {"class_without_maker"}


def test_germany_1995_is_conserved_with_every_line_in_its_place() -> None:
    account = account_of(HERE / "germany-1995", Method(allow=frozenset({"class_without_maker"})))
    direct = account.results["producer"].conservation.direct
    # The printed total is 904,158 kt; its printed parts add up to one less.
    assert direct == 904_157_000
    households = account.records.units.ids.index("households")
    assert account.results["producer"].unit[households] == 217_137_000
    for result in account.results.values():
        assert abs(result.conservation.relative_gap) < 1e-12
    (region,) = account.regions
    assert region.balance == pytest.approx(direct, rel=1e-12)
    c = dict(zip(account.records.classes.ids, account.benchmarks.value, strict=True))
    assert c["imports"] == 0.0
    assert region.stocks == pytest.approx(
        (-6e6 * c["agriculture_group"] + 7559e6 * c["industry_group"]), rel=1e-12
    )
    # Uses add up to the printed output (the printed row total of industry is 46 million short).
    assert np.abs(region.discrepancy).max() < 1e-12 * direct


def test_a_use_that_is_taken_out_of_germany_comes_out_as_exactly_that_gap(tmp_path: Path) -> None:
    folder = tmp_path / "germany"
    shutil.copytree(HERE / "germany-1995", folder)
    text = (folder / "flows.csv").read_text()
    row = "households,1995,in,industry_group,197792000000,EUR\n"
    assert row in text
    (folder / "flows.csv").write_text(text.replace(row, ""))
    account = account_of(folder, Method(allow=frozenset({"class_without_maker"})))
    at = account.records.classes.ids.index("industry_group")
    (region,) = account.regions
    expected = 197_792e6 * account.benchmarks.value[at]
    assert region.discrepancy[at] == pytest.approx(expected, rel=1e-12)
    assert np.abs(np.delete(region.discrepancy, at)).max() < 1e-12 * region.direct
    assert account.results["consumer"].discrepancy[at] > 0
    assert abs(account.results["consumer"].conservation.relative_gap) < 1e-12


def test_germany_1995_equals_a_dense_solution() -> None:
    import csv

    account = account_of(HERE / "germany-1995", Method(allow=frozenset({"class_without_maker"})))
    with (HERE / "germany-1995" / "flows.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (HERE / "germany-1995" / "direct.csv").open() as file:
        direct = {row["unit_id"]: float(row["emission_tco2e"]) for row in csv.DictReader(file)}
    sectors = [name for name in account.records.classes.ids if name != "imports"]
    at = {name: i for i, name in enumerate(sectors)}
    a, x = np.zeros((6, 6)), np.zeros(6)
    for row in rows:
        if row["unit_id"] in at and row["direction"] == "out":
            x[at[row["unit_id"]]] = float(row["quantity"])
    for row in rows:
        if row["unit_id"] in at and row["direction"] == "in" and row["product_id"] in at:
            j = at[row["unit_id"]]
            a[at[row["product_id"]], j] = float(row["quantity"]) / x[j]
    d = np.array([direct[name] for name in sectors]) / x
    expected = d @ np.linalg.inv(np.eye(6) - a)
    found = [account.benchmarks.value[account.records.classes.ids.index(name)] for name in sectors]
    assert np.allclose(found, expected, rtol=1e-12)
