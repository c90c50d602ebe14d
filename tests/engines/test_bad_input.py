"""Faults of single rows and of records that do not fit together: code, place, value, remedy.

All row faults stand in one record set and are found in one run; each test then looks for its own.
Rows are numbered as a spreadsheet shows them: the first below the header is row 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.cases import Case, check_message, findings, place, placed, serious, spoil
from helpers.faults import ROWS, used
from helpers.rows import Row, Tables, clean, flow, kind, product, trade, unit, value_of
from helpers.writing import write_csv
from tanheng.accounting import Account, Stopped, account
from tanheng.engines import open_records
from tanheng.errors import Finding


@pytest.fixture(scope="module")
def all_found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Finding]]:
    """What is found in the set that holds every row fault."""
    folder = write_csv(spoil(clean(), ROWS), tmp_path_factory.mktemp("faults"))
    with open_records(folder) as store:
        yield findings(store)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ROWS])
def test_fault_of_a_row(case: Case, all_found: list[Finding]) -> None:
    mine = [f for f in all_found if f.code == case.code and place(f) == case.place]
    assert [f.value for f in mine] == [case.value]
    check_message(mine[0], case.remedy, case.remedy_zh)


def test_nothing_else_is_found(all_found: list[Finding]) -> None:
    assert placed(serious(all_found)) == {(case.code, *case.place) for case in ROWS}
    assert len(serious(all_found)) == len(ROWS)


COKE: dict[str, list[Row]] = {"classes": [kind("coke")], "products": [product("coke", "coke")]}
OUTSIDE = ("Add its benchmark to exogenous", "exogenous 中补充")
MIRRORED = ("Both regions must record the same quantity", "两地记录须一致")
JOINT = flow("M1", "out", "grid", "5", measure="MWh")

MEANINGS = [
    Case("used, never made", {**COKE, "flows": [flow(m, "in", "coke", "7") for m in ("M1", "M2")]},
         "class_without_maker", ("flows", 16, "product_id"), "coke", *OUTSIDE),
    Case("traded, never made", {**COKE, "trade": [trade("R1", "import", "coke", "9")]},
         "class_without_maker", ("trade", 6, "product_id"), "coke", *OUTSIDE),
    Case("joint product without key", {"flows": [JOINT]},
         "joint_without_key", ("units", 2, "partition_key"), "M1",
         "Set partition_key", "填写分摊方法"),
    Case("joint product without weight",
         {"units": [unit("M4", partition_key="mass")],
          "flows": [flow("M4", "out", "rebar", "1"), {**JOINT, "unit_id": "M4"}]},
         "joint_without_weight", ("flows", 17, "partition_weight"), "M4",
         "Fill partition_weight", "填写分摊权重"),
    Case("named sales above output", {"flows": [flow("B1", "in", "rebar", "301", supplier_id="M2")]},
         "named_above_output", ("flows", 13, "supplier_id"), "M2",
         "Correct the purchases or the output", "改正采购或产出"),
    Case("supplier makes none", {"flows": [used(supplier_id="P3")]},
         "supplier_not_maker", ("flows", 16, "supplier_id"), "P3",
         "Correct the supplier", "改正供应方"),
    Case("made and tabled", {"exogenous": [value_of("steel", "2")]},
         "made_and_tabled", ("exogenous", 3, "class_id"), "steel", "--benchmarks", "--benchmarks"),
    Case("no mirror", {"trade": [trade("R2", "export", "grid", "7", partner="R1", measure="MWh")]},
         "partner_not_mirrored", ("trade", 6, "partner"), "R1", *MIRRORED),
    Case("mirror that differs", {"trade": [trade("R1", "import", "rebar", "50", partner="R2")]},
         "partner_not_mirrored", ("trade", 4, "partner"), "R2", *MIRRORED),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in MEANINGS])
def test_records_that_do_not_fit(case: Case, opened, spoilt: Tables) -> None:
    outcome = account(opened(spoil(spoilt, [case])), principles=("benchmark",))
    assert isinstance(outcome, Stopped)
    found = serious(outcome.findings)
    assert [(f.code, f.value) for f in found] == [(case.code, case.value)]
    check_message(found[0], case.remedy, case.remedy_zh)
    assert place(found[0]) == case.place


def test_the_clean_set_is_clean(opened, spoilt: Tables) -> None:
    outcome = account(opened(spoilt), principles=("benchmark", "consumer"))
    assert isinstance(outcome, Account)
    assert not outcome.findings


def test_negative_price_is_waste(opened, spoilt: Tables) -> None:
    """Found where money is read at all: value added and income."""
    for row in spoilt["flows"]:
        row["value"] = "100"
    spoilt["flows"][12]["value"] = "-4"
    found = serious(findings(opened(spoilt), principles=("income",)))
    assert [(f.code, *place(f), f.value) for f in found] == [
        ("negative_value", "flows", 14, "value", "-4")
    ]
    check_message(found[0], "Record the treatment as a service", "处理服务")


def test_cycle_names_the_guilty_record(opened, spoilt: Tables) -> None:
    """A plant that books 60 t of rebar as 60,000 t makes steel feed itself more than once over."""
    spoilt["flows"].append(flow("P2", "in", "rebar", "60000"))
    found = serious(findings(opened(spoilt)))
    assert placed(found) == {("cycle_gain", "flows", 16, "quantity")}
    assert set(str(found[0].value).split(", ")) == {"steel", "power"}
    gain = (1950 / 3000 * 60000 / 2500) ** 0.5
    assert float(str(found[0].details["gain"])) == pytest.approx(gain, rel=1e-3)
    first, *others = str(found[0].details["rows"]).split("; ")
    assert first.startswith("flows 16 (P2: steel → power")
    assert any(row.startswith("flows 8 (M1: power → steel") for row in others)
    check_message(found[0], "t for kg", "吨与千克")


def test_cycle_of_one_class(opened, spoilt: Tables) -> None:
    spoilt["flows"].append(flow("P3", "in", "grid", "2600", measure="MWh"))
    found = findings(opened(spoilt))
    cycle = [f for f in found if f.code == "cycle_gain"]
    own = [f for f in found if f.code == "net_use_of_own_product"]
    assert [(place(f), f.value) for f in cycle] == [(("flows", 16, "quantity"), "power")]
    assert [(f.value, f.details["used"], f.details["made"]) for f in own] == [("P3", "2600", "600")]


def test_maker_of_nothing_is_accounted_but_enters_no_mean(opened, spoilt: Tables) -> None:
    spoilt["flows"][2]["quantity"] = "0"
    outcome = account(opened(spoilt), principles=("benchmark",))
    assert isinstance(outcome, Account)
    power = 1600 / 2500
    steel = (2100 + 1500 + 1450 * power + 3100 * 0.05) / 1900
    assert outcome.benchmarks.value.tolist() == pytest.approx([steel, power, 0.05])
    assert outcome.results["benchmark"].unit[2] == pytest.approx(1700 + 500 * power)
    idle = [f for f in outcome.findings if f.code == "maker_without_output"]
    assert [(f.severity, f.value) for f in idle] == [("notice", "M3")]
    check_message(idle[0], "enters no benchmark", "不参与基准值")
    assert place(idle[0]) == ("flows", 4, "quantity")


def test_faults_of_every_kind_in_one_run(opened) -> None:
    """Rows, records that do not fit, and a cycle, together; still each is found."""
    meant = [c for c in MEANINGS if c.name not in ("traded, never made", "no mirror")]
    tables = spoil(clean(), ROWS)
    before = {table: len(rows) for table, rows in tables.items()}
    moved = {table: n - len(clean()[table]) for table, n in before.items()}
    spoil(tables, meant)
    found = serious(findings(opened(tables)))
    expected = {(c.code, *c.place) for c in ROWS}
    for case in meant:
        table, row, column = case.place
        assert row is not None
        appended = row >= len(clean()[table]) + 2
        earlier = sum(len(c.rows.get(table, [])) for c in meant[: meant.index(case)])
        expected.add((case.code, table, row + (moved[table] + earlier) * appended, column))
    assert placed(found) == expected
    assert len({f.code for f in found}) >= 20
    assert all(f.message("en") and f.message("zh") for f in found)


def test_several_faults_in_one_row(opened, spoilt: Tables) -> None:
    spoilt["flows"].append(flow("B9", "up", "bar", "-1", measure="furlong", period=""))
    found = serious(findings(opened(spoilt)))
    assert placed(found) == {
        ("unknown_id", "flows", 16, "unit_id"),
        ("unknown_choice", "flows", 16, "direction"),
        ("unknown_id", "flows", 16, "product_id"),
        ("negative", "flows", 16, "quantity"),
        ("unknown_measure", "flows", 16, "measure"),
        ("period_missing", "flows", 16, "period"),
    }
