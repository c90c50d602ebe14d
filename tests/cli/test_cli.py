"""The command line as its users type it: shapes, exit codes, files, refusals."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tanheng.cli import main, output

CARS = Path(__file__).parents[2] / "examples" / "three-car-makers"
GERMANY = Path(__file__).parents[1] / "golden" / "germany-1995"


@pytest.fixture
def run(capsys):
    """Run a command; gives exit code, standard output and standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CARS, tmp_path / "cars"))


def test_json_has_the_documented_shape(run) -> None:
    code, out, _ = run("account", CARS, "--json", "--principle", "benchmark", "-p", "producer")
    found = json.loads(out)
    assert code == 0
    assert found["period"] == "2016"
    assert set(found["principles"]) == {"benchmark", "producer"}
    benchmark = found["principles"]["benchmark"]
    assert benchmark["units"]["M1"] == pytest.approx(-0.3)
    assert benchmark["units"]["B1"] == pytest.approx(7.4)
    assert set(benchmark["conservation"]) == {"direct", "accounted", "relative_gap"}
    car = found["benchmarks"]["car"]
    assert {"value", "measure", "standard_error", "makers", "output", "bound"} <= set(car)
    assert (car["value"], car["makers"], car["measure"]) == (pytest.approx(7.4), 3, "car")
    assert found["benchmarks"]["material"]["standard_error"] is None
    region = found["regions"]["R1"]
    assert {"producers", "daily", "construction", "maintenance", "exports", "imports", "direct",
            "discrepancy"} <= set(region)  # fmt: skip
    assert all({"code", "table", "row", "column", "message"} <= set(f) for f in found["findings"])


@pytest.mark.parametrize(
    "words", [("-p", "producer", "-p", "consumer"), ("--principle", "producer,consumer"),
              ("--principle", "producer", "consumer")]
)  # fmt: skip
def test_principles_may_be_listed_in_every_usual_way(run, words) -> None:
    code, out, _ = run("account", CARS, "--json", *words)
    assert code == 0
    assert set(json.loads(out)["principles"]) == {"producer", "consumer"}


def test_findings_stop_an_account_with_exit_code_1(run) -> None:
    code, out, _ = run("account", GERMANY, "--json")
    found = json.loads(out)
    assert code == 1
    assert found["principles"] == {}
    assert "class_without_maker" in {f["code"] for f in found["findings"]}
    code, out, _ = run("account", GERMANY, "--lang", "en")
    assert code == 1
    assert "--allow" in out


def test_accepted_findings_are_repeated_with_the_account(run) -> None:
    code, out, _ = run("account", GERMANY, "--json", "--allow", "class_without_maker")
    found = json.loads(out)
    assert code == 0
    assert found["benchmarks"]["imports"]["value"] == 0.0
    assert "class_without_maker" in {f["code"] for f in found["findings"]}


@pytest.mark.parametrize(
    "words",
    [
        ("account", CARS, "--weights", "best:0"),
        ("account", CARS, "--weights", "median"),
        ("account", CARS, "--principle", "polluter"),
        ("account", CARS, "--allow", "no_such_code"),
        ("account", CARS, "--allow", "duplicate_id"),
        ("account", CARS, "--period", "last year"),
        ("account", CARS, "--alpha", "1.5"),
        ("account", CARS, "--audience", "public"),
        ("generate", "--units", "1", "--out", "nowhere"),
        ("account",),
        ("no-such-command",),
    ],
)
def test_wrong_use_has_exit_code_2(run, words) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert err.strip()


def test_a_path_that_is_not_there_is_a_fault_with_exit_code_3(run, tmp_path: Path) -> None:
    code, _, err = run("account", tmp_path / "nothing")
    assert code == 3
    assert "no such file or folder" in err
    (tmp_path / "letter.docx").write_bytes(b"PK")
    code, _, err = run("account", tmp_path / "letter.docx")
    assert code == 3


def test_check_says_all_is_well_or_what_is_not(run, cars: Path) -> None:
    assert run("check", cars)[0] == 0
    with (cars / "flows.csv").open("a") as flows:
        flows.write("M9,2016,in,material,-1,furlong,,\n")
    code, out, _ = run("check", cars, "--json")
    found = json.loads(out)["findings"]
    codes = {(f["code"], f["row"], f["column"]) for f in found}
    assert code == 1
    assert {("unknown_id", 12, "unit_id"), ("negative", 12, "quantity"),
            ("unknown_measure", 12, "measure")} <= codes  # fmt: skip


def test_both_languages(run) -> None:
    _, english, _ = run("account", CARS, "--lang", "en")
    _, chinese, _ = run("account", CARS, "--lang", "zh")
    assert "Conservation" in english
    assert "守恒核对" in chinese


def test_out_writes_everything_and_leaves_nothing_half_written(
    run, cars: Path, tmp_path: Path, monkeypatch
) -> None:
    folder = tmp_path / "out"
    code, _, err = run("account", cars, "--out", folder)
    names = {path.name for path in folder.iterdir()}
    assert code == 0
    assert names == {"report.html", "account.xlsx", "units.parquet", "benchmarks.parquet",
                     "regions.parquet", "findings.parquet", "account.json"}  # fmt: skip
    assert "report.html" in err
    units = pq.read_table(folder / "units.parquet").to_pylist()
    assert {u["unit_id"]: round(u["benchmark_tco2e"], 9) for u in units}["M3"] == 0.3
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(output, "regions_table", full_disk)
    code, _, err = run("account", cars, "--out", folder)
    assert code == 3
    assert "no space left" in err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_computed_table_can_be_published_and_applied_again(
    run, cars: Path, tmp_path: Path
) -> None:
    table = tmp_path / "benchmarks-2016.csv"
    assert run("benchmarks", cars, "--out", table)[0] == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (car,) = [row for row in rows if row["class_id"] == "car"]
    assert float(car["benchmark"]) == pytest.approx(7.4)
    car["benchmark"] = "7.0"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(car))
        writer.writeheader()
        writer.writerows(rows)
    code, out, _ = run("account", cars, "--json", "--benchmarks", table, "-p", "benchmark")
    found = json.loads(out)
    assert code == 0
    assert found["benchmarks"]["car"]["origin"] == "published"
    assert found["principles"]["benchmark"]["units"]["B1"] == pytest.approx(7.0)
    assert abs(found["principles"]["benchmark"]["conservation"]["relative_gap"]) < 1e-12


def test_settlement_closes_in_integers(run) -> None:
    code, out, _ = run("account", CARS, "--json", "--settle", "--decimals", "3")
    settled = json.loads(out)["settlement"]
    total = sum(settled["units"].values()) + settled["net_output"] + settled["rounding"]
    assert code == 0
    assert total == settled["direct"] == 22200
    assert settled["units"]["M1"] == -300


def test_the_public_does_not_see_benchmarks_of_one_maker(run, cars: Path, tmp_path: Path) -> None:
    code, out, _ = run("account", cars, "--audience", "public", "--out", tmp_path / "public")
    assert code == 0
    assert out == ""
    names = {path.name for path in (tmp_path / "public").iterdir()}
    assert names == {"report.html", "account.xlsx", "benchmarks.parquet"}
    shown = pq.read_table(tmp_path / "public" / "benchmarks.parquet")["class_id"].to_pylist()
    assert shown == ["car"]


@pytest.mark.parametrize("what", ["unit:M1", "unit:B2@consumer", "class:car", "region:R1", "mix:car",
                                  "unit:M1@shared", "unit:S@income", "unit:S@producer",
                                  "total@benchmark"])  # fmt: skip
def test_why_answers_and_its_parts_add_up(run, what: str) -> None:
    code, out, _ = run("why", CARS, what, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["value"] == pytest.approx(sum(part["value"] for part in answer["parts"]), rel=1e-9) \
        or not answer["parts"]  # fmt: skip
    assert run("why", CARS, what)[1].strip()


@pytest.mark.parametrize("what", ["unit:M7", "class:boat", "planet:earth", "unit:M1@polluter"])
def test_why_refuses_with_what_can_be_asked(run, what: str) -> None:
    code, _, err = run("why", CARS, what, "--lang", "en")
    assert code == 1
    assert "computed" in err or "There are" in err or "Ask" in err


def test_template_is_empty_and_says_so(run, tmp_path: Path) -> None:
    assert run("template", tmp_path)[0] == 0
    code, out, _ = run("check", tmp_path / "records.xlsx", "--json")
    assert code == 1
    assert {f["code"] for f in json.loads(out)["findings"]} == {"table_empty"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_generated_region_passes_its_own_account(run, tmp_path: Path, kind: str) -> None:
    code, _, _ = run(
        "generate", "--units", "200", "--seed", "3", "--out", tmp_path, "--format", kind
    )
    assert code == 0
    code, out, _ = run("account", tmp_path, "--json", "-p", "consumer,benchmark,income")
    found = json.loads(out)
    assert code == 0
    assert all(abs(p["conservation"]["relative_gap"]) < 1e-12 for p in found["principles"].values())
    largest = max(abs(region["direct"]) for region in found["regions"].values())
    for region in found["regions"].values():
        assert all(abs(v) < 1e-9 * largest for v in region["discrepancy"].values())


def test_json_of_public_benchmarks_gives_nothing_of_a_lone_maker_away(run) -> None:
    code, out, _ = run("benchmarks", CARS, "--json", "--audience", "public")
    found = json.loads(out)
    assert code == 0
    hidden = found["material"]
    assert [hidden[k] for k in ("value", "standard_error", "output", "bound")] == [None] * 4
    assert found["car"]["value"] == pytest.approx(7.4)


@pytest.mark.parametrize("words", [("--memory", "lots"), ("--threads", "0")])
def test_limits_of_the_engine_are_checked(run, words) -> None:
    assert run("account", CARS, *words)[0] == 2


def test_a_conversion_of_one_between_kg_and_t_is_questioned(run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CARS, tmp_path / "cars"))
    (folder / "classes.csv").write_text("class_id,measure\nmaterial,t\ncar,car\n")
    text = (folder / "products.csv").read_text()
    (folder / "products.csv").write_text(
        text.replace("measure\n", "measure,conversion\n").replace(",kg\n", ",kg,1\n")
    )
    code, out, _ = run("check", folder, "--json")
    found = {(f["code"], f["row"], f["column"]) for f in json.loads(out)["findings"]}
    assert code == 1
    assert ("conversion_one", 2, "conversion") in found


def test_a_share_for_a_class_that_is_not_there_stops(run) -> None:
    code, out, _ = run("account", CARS, "--json", "--alpha", "boat=0.8")
    assert code == 1
    assert [f["value"] for f in json.loads(out)["findings"] if f["code"] == "alpha_unknown"] == [
        "boat"
    ]
    assert run("account", CARS, "--json", "--alpha", "car=0.8")[0] == 0
