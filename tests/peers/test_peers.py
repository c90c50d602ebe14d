"""The same figures as the field's own tools, on their own examples or on a small system."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from helpers.accounts import account_of, write_tables


@pytest.fixture(scope="module")
def pymrio_test_table():
    import pymrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        system = pymrio.load_test()
        system.calc_all()
    return system


def _as_records(system, stressor, folder: Path) -> Path:
    """pymrio's test table as a record set: sectors are makers, final demand columns are units."""
    name = lambda key: "-".join(str(part) for part in key)  # noqa: E731
    emission = system.emissions
    flows, units, direct = [], [], []
    sectors = list(system.Z.index)
    for region, sector in sectors:
        units.append({"unit_id": name((region, sector)), "region": region, "use": "producer"})
        flows.append(
            _flow(
                name((region, sector)),
                "out",
                name((region, sector)),
                system.x.loc[(region, sector), "indout"],
            )
        )
        direct.append({"unit_id": name((region, sector)), "period": 2010,
                       "emission_tco2e": repr(float(emission.F.loc[stressor, (region, sector)]))})  # fmt: skip
    for column in system.Z.columns:
        flows += [_flow(name(column), "in", name(row), system.Z.loc[row, column])
                  for row in sectors if system.Z.loc[row, column]]  # fmt: skip
    for column in system.Y.columns:
        user = "Y-" + name(column)
        units.append({"unit_id": user, "region": column[0], "use": "daily_person"})
        flows += [_flow(user, "in", name(row), system.Y.loc[row, column])
                  for row in sectors if system.Y.loc[row, column]]  # fmt: skip
        burnt = float(emission.F_Y.loc[stressor, column])
        direct.append({"unit_id": user, "period": 2010, "emission_tco2e": repr(burnt)})
    products = [{"product_id": name(s), "class_id": name(s), "measure": "EUR"} for s in sectors]
    tables = {"units": units, "products": products, "flows": flows, "direct": direct}
    return write_tables(tables, folder)


def _flow(unit: str, direction: str, product: str, quantity: float) -> dict[str, object]:
    return {"unit_id": unit, "period": 2010, "direction": direction, "product_id": product,
            "quantity": repr(float(quantity)), "measure": "EUR"}  # fmt: skip


@pytest.mark.parametrize("which", [0, 1])
def test_production_and_consumption_accounts_equal_pymrio(
    pymrio_test_table, which: int, tmp_path: Path
) -> None:
    system = pymrio_test_table
    stressor = system.emissions.F.index[which]
    account = account_of(_as_records(system, stressor, tmp_path))
    regions = list(system.get_regions())
    production = {r: float(system.emissions.D_pba_reg.loc[stressor, r]) for r in regions}
    consumption = {r: float(system.emissions.D_cba_reg.loc[stressor, r]) for r in regions}
    region_of = np.array([account.records.regions[i] for i in account.records.units.region])
    producer = account.results["producer"].unit
    consumer = account.results["consumer"].unit
    for region in regions:
        here = region_of == region
        assert producer[here].sum() == pytest.approx(production[region], rel=1e-9)
        assert consumer[here].sum() == pytest.approx(consumption[region], rel=1e-9)


def test_multipliers_equal_pymrio(pymrio_test_table, tmp_path: Path) -> None:
    system = pymrio_test_table
    stressor = system.emissions.F.index[0]
    account = account_of(_as_records(system, stressor, tmp_path))
    expected = {"-".join(key): value for key, value in system.emissions.M.loc[stressor].items()}
    found = dict(zip(account.records.classes.ids, account.benchmarks.value, strict=True))
    for name, value in expected.items():
        assert found[name] == pytest.approx(float(value), rel=1e-9)


def test_scores_equal_bw2calc(tmp_path: Path) -> None:
    """A technosphere of five activities with a loop: embodied emissions of one unit of each."""
    import bw2calc
    import bw_processing as bwp

    inputs = {  # activity → {product: amount per unit of output}
        "coal": {"steel": 0.002, "power": 0.03},
        "power": {"coal": 0.4, "steel": 0.001},
        "steel": {"coal": 0.6, "power": 0.5, "lorry": 0.0001},
        "lorry": {"steel": 9.0, "power": 3.0, "rubber": 0.4},
        "rubber": {"power": 0.8, "lorry": 0.00001},
    }
    emission = {"coal": 0.05, "power": 0.9, "steel": 1.4, "lorry": 0.7, "rubber": 0.2}
    names = list(inputs)
    at = {name: i for i, name in enumerate(names)}
    package = _datapackage(bwp, inputs, emission, at)
    scores = {}
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lca = bw2calc.LCA(demand={at[name]: 1}, data_objs=[package])
            lca.lci()
            lca.lcia()
        scores[name] = float(lca.score)
    makes = 3.0  # any scale: benchmarks are per unit of output
    flows, direct = [], []
    for name, takes in inputs.items():
        flows.append(_record(name, "out", name, makes))
        flows += [_record(name, "in", product, amount * makes) for product, amount in takes.items()]
        direct.append({"unit_id": name, "period": 2020, "emission_tco2e": emission[name] * makes})
    tables = {
        "units": [{"unit_id": n, "region": "X", "use": "producer"} for n in names],
        "products": [{"product_id": n, "class_id": n, "measure": "t"} for n in names],
        "flows": flows,
        "direct": direct,
    }
    account = account_of(write_tables(tables, tmp_path))
    found = dict(zip(account.records.classes.ids, account.benchmarks.value, strict=True))
    for name in names:
        assert found[name] == pytest.approx(scores[name], rel=1e-12)


def _record(unit: str, direction: str, product: str, quantity: float) -> dict[str, object]:
    return {"unit_id": unit, "period": 2020, "direction": direction, "product_id": product,
            "quantity": quantity, "measure": "t"}  # fmt: skip


def _datapackage(bwp, inputs, emission, at):
    """Technosphere, biosphere and characterisation as Brightway's processing package."""
    package = bwp.create_datapackage()
    rows = [(at[n], at[n], 1.0, False) for n in inputs]
    rows += [(at[p], at[n], v, True) for n, takes in inputs.items() for p, v in takes.items()]
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        indices_array=np.array([(r, c) for r, c, *_ in rows], dtype=bwp.INDICES_DTYPE),
        data_array=np.array([v for _, _, v, _ in rows]),
        flip_array=np.array([f for *_, f in rows]),
    )
    co2 = 1000
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        indices_array=np.array([(co2, at[n]) for n in inputs], dtype=bwp.INDICES_DTYPE),
        data_array=np.array([emission[n] for n in inputs]),
    )
    package.add_persistent_vector(
        matrix="characterization_matrix",
        indices_array=np.array([(co2, co2)], dtype=bwp.INDICES_DTYPE),
        data_array=np.array([1.0]),
    )
    return package
