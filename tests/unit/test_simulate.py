"""The synthetic region: everything its docstrings promise, read back from the files it writes.

Conversions, balances and matrices are computed here from the cells, in exact fractions, with none
of the simulator's own code.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from tanheng.quantity import measure
from tanheng.simulate import MIN_UNITS, generate

Rows = list[dict[str, str]]

COLUMNS = {
    "units": "unit_id name region use entity_id sector partition_key",
    "classes": "class_id name measure",
    "products": "product_id class_id name measure conversion",
    "direct": "unit_id period emission_tco2e source gas purpose kind",
    "flows": "unit_id period direction product_id quantity measure supplier_id value purpose"
    " partition_weight",
    "trade": "region period direction product_id quantity measure partner",
    "stocks": "region period product_id change measure",
    "exogenous": "class_id period benchmark measure source standard_error",
}
# One of the first measure in the second.
IN = {
    ("kg", "t"): Fraction(1, 1000),
    ("t", "kg"): Fraction(1000),
    ("MWh", "kWh"): Fraction(1000),
    ("MJ", "GJ"): Fraction(1, 1000),
    ("Nm3", "10^4 Nm3"): Fraction(1, 10_000),
    ("10^4 tkm", "tkm"): Fraction(10_000),
    ("10^4 CNY", "CNY"): Fraction(10_000),
}


class Flow(NamedTuple):
    """A flow row in class measures."""

    unit: str
    is_out: bool
    cls: str
    quantity: Fraction
    value: Fraction
    supplier: str
    purpose: str
    weight: str


class Books:
    """A record set read back."""

    def __init__(self, folder: Path) -> None:
        self.tables: dict[str, Rows] = {}
        for name in COLUMNS:
            with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                self.tables[name] = list(csv.DictReader(file))
        self.units = {row["unit_id"]: row for row in self.tables["units"]}
        self.products = {row["product_id"]: row for row in self.tables["products"]}
        self.flows = [self._flow(row) for row in self.tables["flows"]]
        self.output: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for flow in self.flows:
            if flow.is_out:
                self.output[flow.unit][flow.cls] = flow.quantity
        self.makers = Counter(cls for made in self.output.values() for cls in made)

    def quantity(self, row: dict[str, str], column: str = "quantity") -> tuple[str, Fraction]:
        """Class and quantity in its measure."""
        product = self.products[row["product_id"]]
        written = Fraction(row[column])
        assert (written * 10**6).denominator == 1, f"more than six decimals: {row}"
        if row["measure"] != product["measure"]:
            written *= IN[row["measure"], product["measure"]]
        return product["class_id"], written * Fraction(product["conversion"])

    def _flow(self, row: dict[str, str]) -> Flow:
        cls, quantity = self.quantity(row)
        return Flow(
            row["unit_id"],
            row["direction"] == "out",
            cls,
            quantity,
            Fraction(row["value"]),
            row["supplier_id"],
            row["purpose"],
            row["partition_weight"],
        )


@pytest.fixture(scope="module", params=[(50, 1), (300, 1), (300, 8), (2100, 3)], ids=str)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    units, seed = request.param
    folder = tmp_path_factory.mktemp("region")
    generate(units, seed, folder)
    return Books(folder)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Books:
    folder = tmp_path_factory.mktemp("many")
    generate(2000, 5, folder)
    return Books(folder)


def test_tables_have_the_columns_of_the_record_set_and_nothing_is_quoted(tmp_path: Path) -> None:
    generate(50, 0, tmp_path)
    for name, columns in COLUMNS.items():
        raw = (tmp_path / f"{name}.csv").read_bytes()
        assert raw.decode("utf-8").split("\n", 1)[0] == columns.replace(" ", ",")
        assert raw.endswith(b"\n")
        assert b'"' not in raw
        assert b"\r" not in raw


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(300, seed, tmp_path / name)
    for table in COLUMNS:
        first, again, other = ((tmp_path / x / f"{table}.csv").read_bytes() for x in "abc")
        assert first == again
        assert table in ("classes", "products") or first != other


def test_parquet_holds_what_csv_holds_and_is_the_same_every_time(tmp_path: Path) -> None:
    generate(60, 2, tmp_path)
    for folder in (tmp_path, tmp_path / "again"):
        generate(60, 2, folder, format="parquet")
    for name in COLUMNS:
        table = pq.read_table(tmp_path / f"{name}.parquet")
        assert table.equals(pq.read_table(tmp_path / "again" / f"{name}.parquet"))
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert table.num_rows == len(rows)
        for row, cells in zip(rows, table.to_pylist(), strict=True):
            for column, text in row.items():
                value = cells[column]
                assert (value is None) == (text == "")
                assert value in (None, text) or float(text) == value


def test_every_class_closes_in_every_region_exactly(books: Books) -> None:
    balance: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for flow in books.flows:
        region = books.units[flow.unit]["region"]
        balance[region, flow.cls] += flow.quantity if flow.is_out else -flow.quantity
    for row in books.tables["trade"]:
        cls, quantity = books.quantity(row)
        balance[row["region"], cls] += quantity if row["direction"] == "import" else -quantity
    for row in books.tables["stocks"]:
        cls, change = books.quantity(row, "change")
        balance[row["region"], cls] -= change
    assert len({region for region, _ in balance}) >= 3
    assert {key: rest for key, rest in balance.items() if rest} == {}


def test_quantities_are_positive_and_stocks_move_both_ways(books: Books) -> None:
    assert all(flow.quantity > 0 and flow.value > 0 for flow in books.flows)
    assert all(books.quantity(row)[1] > 0 for row in books.tables["trade"])
    changes = [books.quantity(row, "change")[1] for row in books.tables["stocks"]]
    assert min(changes) < 0 < max(changes)


def test_trade_between_regions_is_mirrored(books: Books) -> None:
    sides: dict[str, Counter[tuple[str, ...]]] = {"export": Counter(), "import": Counter()}
    for row in books.tables["trade"]:
        if row["partner"]:
            pair = [row["region"], row["partner"]]
            pair = pair if row["direction"] == "export" else pair[::-1]
            what = (row["product_id"], row["quantity"], row["measure"])
            sides[row["direction"]][(*pair, *what)] += 1
    assert sides["export"] == sides["import"]
    assert set(sides["export"].values()) == {1}
    outside = Counter(row["direction"] for row in books.tables["trade"] if not row["partner"])
    assert outside["import"] > 0
    assert outside["export"] > 0


def test_nobody_sells_more_by_name_than_it_makes(books: Books) -> None:
    sold: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for flow in books.flows:
        if flow.supplier:
            assert not flow.is_out
            assert flow.supplier != flow.unit
            assert books.units[flow.supplier]["region"] == books.units[flow.unit]["region"]
            sold[flow.supplier, flow.cls] += flow.quantity
    assert len(sold) > 5
    assert all(sale < books.output[unit][cls] for (unit, cls), sale in sold.items())


def test_every_producer_adds_value_and_only_producers_make(books: Books) -> None:
    added: dict[str, Fraction] = defaultdict(Fraction)
    for flow in books.flows:
        added[flow.unit] += flow.value if flow.is_out else -flow.value
    producers = {unit for unit, row in books.units.items() if row["use"] == "producer"}
    assert set(books.output) == producers
    assert min(added[unit] for unit in producers) > 0


@pytest.mark.parametrize("mean", ["weighted", "simple"])
@pytest.mark.parametrize("with_capital", [False, True])
def test_the_region_is_productive(books: Books, mean: str, with_capital: bool) -> None:
    index = {cls: i for i, cls in enumerate(books.makers)}
    total: dict[str, Fraction] = defaultdict(Fraction)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for flow in books.flows:
        if flow.is_out:
            total[flow.cls] += flow.quantity
            weights[flow.unit][flow.cls] = float(flow.weight or 1)
    read = {"material", "energy"} | ({"capital"} if with_capital else set())
    matrix = np.zeros((len(index), len(index)))
    for flow in books.flows:
        if flow.is_out or flow.purpose not in read or flow.cls not in index:
            continue
        for cls, made in books.output[flow.unit].items():
            part = weights[flow.unit][cls] / sum(weights[flow.unit].values())
            share = 1 / total[cls] if mean == "weighted" else 1 / made / books.makers[cls]
            matrix[index[flow.cls], index[cls]] += part * float(flow.quantity * share)
    assert 0.1 < np.abs(np.linalg.eigvals(matrix)).max() < 0.81
    # Steel is needed for power and power for steel: the network has cycles.
    to_steel = matrix[index["electricity"], index["steel"]]
    assert to_steel > 0
    assert matrix[index["coal"], index["electricity"]] * matrix[index["steel"], index["coal"]] > 0


def test_all_kinds_of_units_and_records_are_there(books: Books) -> None:
    units, tables = books.tables["units"], books.tables
    assert {row["use"] for row in units} == {
        "producer",
        "daily_person",
        "daily_institution",
        "construction",
        "maintenance",
    }
    assert any(row["sector"] == "trade" for row in units)
    purposes = {flow.purpose for flow in books.flows}
    assert purposes >= {"", "material", "energy", "capital", "daily"}
    kinds = Counter(row["kind"] for row in tables["direct"])
    assert kinds["capture"] == 2
    for row in tables["direct"]:
        assert (float(row["emission_tco2e"]) < 0) == (row["kind"] == "capture")
    assert {row["source"] for row in tables["direct"]} == {"fuel", "process"}
    assert {row["gas"] for row in tables["direct"]} >= {"CO2", "CH4"}
    measures = {row["measure"] for row in tables["flows"]}
    assert measures >= {"t", "kg", "kWh", "MWh", "GJ", "10^4 Nm3", "car", "CNY"}


def test_all_measures_are_known_and_written_ones_convert(many: Books) -> None:
    for table in ("flows", "trade", "stocks"):
        for row in many.tables[table]:
            own = many.products[row["product_id"]]["measure"]
            assert measure(row["measure"]).per(measure(own)) == IN.get(
                (row["measure"], own), Fraction(1)
            )


def test_traders_sell_what_they_buy(books: Books) -> None:
    taken: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for flow in books.flows:
        if not flow.is_out:
            taken[flow.unit, flow.cls] += flow.quantity
    for unit, row in books.units.items():
        if row["sector"] == "trade":
            [(cls, sold)] = books.output[unit].items()
            assert sold <= taken[unit, cls] <= sold * Fraction(105, 100)


def test_joint_products_have_key_and_weights_and_single_products_neither(books: Books) -> None:
    weighted = {flow.unit for flow in books.flows if flow.weight}
    keyed = {unit for unit, row in books.units.items() if row["partition_key"]}
    assert weighted == keyed == {unit for unit, made in books.output.items() if len(made) > 1}
    assert len(keyed) >= 2
    assert all(flow.is_out and float(flow.weight) > 0 for flow in books.flows if flow.weight)


def test_classes_are_made_or_come_from_outside_never_both(books: Books) -> None:
    outside = {row["class_id"] for row in books.tables["exogenous"]}
    assert len(outside) >= 3
    assert not outside & set(books.makers)
    assert outside | set(books.makers) == {row["class_id"] for row in books.tables["classes"]}
    assert all(float(row["benchmark"]) > 0 for row in books.tables["exogenous"])


def test_most_classes_have_three_makers_and_a_few_have_less(many: Books) -> None:
    few = sum(count < 3 for count in many.makers.values())
    assert 0 < few < 0.15 * len(many.makers)


def test_outputs_are_heavy_tailed_and_hubs_serve_nearly_everyone(many: Books) -> None:
    output: dict[str, Fraction] = defaultdict(Fraction)
    users: dict[str, set[str]] = defaultdict(set)
    for flow in many.flows:
        if flow.is_out:
            output[flow.unit] += flow.value
        else:
            users[flow.cls].add(flow.unit)
    sizes = sorted((float(value) for value in output.values()), reverse=True)
    assert sum(sizes[:10]) > 0.1 * sum(sizes)  # 10 of 1,320
    assert sum(sizes[: len(sizes) // 10]) > 0.5 * sum(sizes)
    served = {cls: len(unit) / len(many.units) for cls, unit in users.items()}
    assert served["electricity"] > 0.7
    assert served["transport"] > 0.5
    assert np.median(list(served.values())) < 0.05


def test_makers_of_a_class_differ(many: Books) -> None:
    makes_steel = {u for u, made in many.output.items() if list(made) == ["steel"]}
    makes_steel -= {u for u, row in many.units.items() if row["sector"] == "trade"}
    power = {
        flow.unit: flow.quantity / many.output[flow.unit]["steel"]
        for flow in many.flows
        if flow.unit in makes_steel and flow.cls == "electricity" and flow.purpose == "energy"
    }
    assert len(power) >= 3
    assert max(power.values()) > Fraction(6, 5) * min(power.values())


def test_names_are_bilingual_and_unique(many: Books) -> None:
    names = [row["name"] for row in many.tables["units"]]
    assert len(set(names)) == len(names)
    assert all(not name.isascii() and name.split()[-1].isdigit() for name in names)


def test_period_and_progress(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    generate(50, 0, tmp_path, period="2017-Q1", progress=lambda *stage: told.append(stage))
    books = Books(tmp_path)
    assert {row["period"] for row in books.tables["flows"]} == {"2017-Q1"}
    rows = sum(len(table) for table in books.tables.values())
    assert told[0] == ("draw", 0, 5)
    assert told[-1] == ("write", rows, rows)


def test_every_small_number_of_units_works(tmp_path: Path) -> None:
    for units in range(MIN_UNITS, 130, 7):
        generate(units, units, tmp_path)
        assert len(Books(tmp_path).units) == units


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"units": MIN_UNITS - 1}, "units must be"),
        ({"units": 10**9}, "units must be"),
        ({"seed": -1}, "seed"),
        ({"period": "next year"}, "period"),
        ({"format": "xlsx"}, "format"),
    ],
)
def test_arguments_out_of_range_write_nothing(
    tmp_path: Path, arguments: dict[str, object], reason: str
) -> None:
    out = tmp_path / "new"
    with pytest.raises(ValueError, match=reason):
        generate(**{"units": 50, "seed": 0, "out": out, **arguments})  # type: ignore[arg-type]
    assert not out.exists()
