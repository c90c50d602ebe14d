"""Dated parameters: looking them up, and every way a pack can be wrong about them."""

from __future__ import annotations

import re
import shutil
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tanheng.compliance.cases import RULES, run_cases
from tanheng.errors import Finding
from tanheng.rules import Found, Gap, Pack, Title, Value, load_pack, load_pack_files
from tanheng.rules.parameters import pick

SHORT = b"calendar:\n  years: [2016, 2017]\n  holidays: []\n"  # the real one takes long to read
DAY = date(2016, 6, 1)


@cache
def shenzhen() -> dict[str, bytes]:
    """The files of the pack of Shenzhen, with a calendar without holidays and no cases."""
    found = load_pack("cn-shenzhen-ets")
    assert isinstance(found, Pack)
    kept = {name: text for name, text in found.files.items() if not name.startswith("cases/")}
    return {**kept, "shared/calendar-cn.yaml": SHORT}


def read(**more: str) -> Pack | list[Finding]:
    """The pack with further files ``parameters/NAME.yaml``, or ``pack.yaml``."""
    given = {
        "pack.yaml" if name == "pack" else f"parameters/{name}.yaml": text.encode()
        for name, text in more.items()
    }
    return load_pack_files({**shenzhen(), **given})


def pack(**more: str) -> Pack:
    found = read(**more)
    assert isinstance(found, Pack), [(f.place(), f.message()) for f in found]
    return found


def parameter(name: str, *values: str, unit: str = "share") -> str:
    """The text of one parameter: values from line 6 on, one in each."""
    head = f"parameters:\n  {name}:\n    title: {{en: a, zh: b}}\n    unit: {unit}\n    values:\n"
    return head + "".join(f"      - {{{value}}}\n" for value in values)


CITED = "clause: Draft, status: assumed"


def faults(**more: str) -> list[tuple[str, str, str]]:
    """Code, ``file:line:key`` and reason."""
    found = read(**more)
    assert isinstance(found, list)
    for finding in found:
        assert not re.search(r"\{[a-z_]+\}", finding.message("en") + finding.message("zh"))
    return [(f.code, f.place(), str(f.details.get("reason", ""))) for f in found]


def value(since: str, to: str = "", year: int | None = None, of: str | None = None) -> Value:
    given: dict[str, Any] = {"from": since, "value": "1", "clause": "c", "status": "assumed"}
    return Value.model_validate(given | ({"to": to} if to else {}) | {"year": year, "of": of})


# Looking up


def test_a_value_holds_from_its_day_until_the_next() -> None:
    values = [value("2016-03-01"), value("2014-03-01", "2015-01-01"), value("2016-07-01")]
    for day, wanted in (
        (date(2014, 2, 28), None), (date(2014, 3, 1), 1), (date(2014, 12, 31), 1),
        (date(2015, 1, 1), None),  # it ended, and the next has not begun
        (date(2016, 2, 29), None), (date(2016, 3, 1), 0), (date(2016, 6, 30), 0),
        (date(2016, 7, 1), 2), (date(2030, 1, 1), 2),
    ):  # fmt: skip
        assert pick(values, day, None, None) == wanted, day


GENERAL, YEAR = value("2013-01-01"), value("2013-01-01", year=2016)
SECTOR, BOTH = value("2013-01-01", of="power"), value("2013-01-01", year=2016, of="power")
ALL = (GENERAL, YEAR, SECTOR, BOTH)


@pytest.mark.parametrize(
    "values, year, of, wanted",
    [
        (ALL, 2016, "power", 3),
        ((GENERAL, YEAR, SECTOR), 2016, "power", 1),  # the year comes before the sector
        (ALL, 2016, "cement", 1),
        (ALL, 2016, None, 1),
        (ALL, 2015, "power", 2),
        (ALL, 2015, "cement", 0),
        (ALL, None, "power", 2),
        (ALL, None, None, 0),
        ((YEAR, SECTOR, BOTH), 2015, "cement", None),
        ((YEAR,), None, None, None),
        ((SECTOR,), 2016, None, None),
    ],
)
def test_the_closest_value_is_found(
    values: tuple[Value, ...], year: int | None, of: str | None, wanted: int | None
) -> None:
    assert pick(values, DAY, year, of) == wanted


def test_a_special_rule_that_ended_does_not_fall_back_on_the_general_one() -> None:
    year = value("2013-01-01", "2016-06-01", 2016)
    sector = value("2013-01-01", "2016-06-01", None, "x")
    for values, of in (((GENERAL, year), None), ((GENERAL, sector), "x")):
        assert pick(values, date(2016, 5, 31), 2016, of) == 1
        assert pick(values, date(2016, 6, 1), 2016, of) is None
    begun = value("2016-06-02", year=2016)  # nor before it begins
    assert pick((GENERAL, begun), DAY, 2016, None) is None
    assert pick((GENERAL, begun), DAY, 2015, None) == 0


def test_a_special_rule_of_another_sector_shuts_nobody_else_out() -> None:
    assert pick((GENERAL, BOTH), DAY, 2016, "power") == 1
    assert pick((GENERAL, BOTH), DAY, 2016, "cement") == 0
    assert pick((SECTOR, value("2013-01-01", year=2016, of="gas")), DAY, 2016, "power") == 0


OFFSETS = parameter(
    "offset_limit_total", f'from: 2014-01-01, to: 2016-01-01, value: "5", {CITED}',
    f'from: 2014-01-01, to: 2016-06-01, year: 2016, value: "7", {CITED}',
    f'from: 2016-01-01, year: 2015, of: power, value: "9", {CITED}', unit="tCO2e",
)  # fmt: skip


def test_what_was_found_says_where_it_stands() -> None:
    found = pack(more=OFFSETS).find("offset_limit_total", date(2016, 5, 31), 2016)
    assert (found.number, found.index, found.unit) == (Decimal("7"), 1, "tCO2e")
    assert (found.place, found.value.clause) == ("parameters/more.yaml:7", "Draft")


@pytest.mark.parametrize(
    "day, year, of", [(date(2016, 6, 1), 2016, None), (date(2016, 1, 1), 2017, None),
                      (date(2013, 12, 31), None, None), (date(2015, 12, 31), 2015, "power")],
)  # fmt: skip
def test_a_gap_is_an_error_with_name_and_day(day: date, year: int | None, of: str | None) -> None:
    law = pack(more=OFFSETS)
    for look in (law.find, law.says):
        with pytest.raises(Gap) as caught:
            look("offset_limit_total", day, year, of)
        refusal = caught.value.refusal
        assert refusal.code == "rule_gap"
        assert dict(refusal.details) == {
            "name": "offset_limit_total", "day": day.isoformat(), "year": year or "—",
            "of": of or "—", "pack": "cn-shenzhen-ets", "place": "parameters/more.yaml:2",
        }  # fmt: skip
        assert "{" not in refusal.message("en") + refusal.message("zh")


def test_what_a_rule_can_do_without() -> None:
    text = parameter("tick", f'from: 2014-01-01, year: 2016, value: "1", {CITED}', unit="fen")
    law = pack(more=text)
    assert (
        law.says("tick", DAY, 2017) is law.says("tick", DAY) is law.says("cap", DAY, 2016) is None
    )
    assert law.says("tick", DAY, 2016) == law.find("tick", DAY, 2016)
    with pytest.raises(Gap) as caught:
        law.find("cap", DAY, 2016)
    assert caught.value.refusal.code == "rule_missing"


def test_a_scale_by_steps() -> None:
    steps = '[["1", "0.5"], ["100", "0.75"], ["100.5", "1"]]'
    given = Value.model_validate_json(
        f'{{"from": "2014-01-01", "steps": {steps}, "clause": "c", "status": "assumed"}}'
    )
    found = Found("x", Title(en="a", zh="b"), "share", 0, given, "f:1")
    amounts = ("1", "99.999", "100", "100.499", "100.5", "9999")
    values = [str(found.step(Decimal(amount))) for amount in amounts]
    assert values == ["0.5", "0.5", "0.75", "0.75", "1", "1"]
    with pytest.raises(Gap) as caught:
        found.step(Decimal("0.999"))
    refusal = caught.value.refusal
    assert (refusal.code, refusal.details["place"]) == ("rule_below_scale", "f:1")


# Faults of values

SINCE = "from: 2014-01-01"
WRONG = [
    (f'{SINCE}, value: "0.1", status: assumed', "missing_key", "clause", ""),
    (f'{SINCE}, value: "0.1", clause: Draft', "missing_key", "status", ""),
    (f'value: "0.1", {CITED}', "missing_key", "from", ""),
    (f'{SINCE}, value: "0.1", clause: "  ", status: assumed', "value", "clause", "string should"),
    (f'{SINCE}, value: "0.1", clause: Draft, status: read', "value", "status", "input should be"),
    (f"{SINCE}, value: 1, {CITED}", "value", "value", "not a quoted decimal"),
    (f'{SINCE}, value: "1e1", {CITED}', "value", "value", "not a quoted decimal"),
    (f'from: 2014-02-30, value: "0.1", {CITED}', "value", "from", "day is out of range"),
    (f'from: 2014-1-1, value: "0.1", {CITED}', "value", "from", "not a day"),
    (f'{SINCE}, year: 99, value: "0.1", {CITED}', "value", "year", "input should be"),
    (f'{SINCE}, on: 2015-01-01, value: "0.1", {CITED}', "unknown_key", "on", ""),
    (f"{SINCE}, {CITED}", "value", "", "give exactly one of value, day, words, steps, range"),
    (f'{SINCE}, value: "1", day: 2016-01-01, {CITED}', "value", "", "give exactly one of"),
    (f'{SINCE}, to: 2014-01-01, value: "1", {CITED}', "value", "", "it ends before it begins"),
    (f'{SINCE}, range: ["2", "1"], {CITED}', "value", "", "the least is larger"),
    (f'{SINCE}, steps: [["2", "1"], ["2", "3"]], {CITED}', "value", "", "the amounts of steps"),
]


def test_all_values_that_cannot_be_at_once_each_on_its_line() -> None:
    good = f'{SINCE}, value: "1", {CITED}'
    found = faults(more=parameter("cap", good, *(row[0] for row in WRONG), unit="tCO2e"))
    for n, ((code, where, reason), row) in enumerate(zip(found, WRONG, strict=True), 1):
        wanted = f"parameters/more.yaml:{n + 6}:parameters.cap.values.{n}{row[2] and '.' + row[2]}"
        assert (code, where) == (f"pack_{row[1]}", wanted)
        assert reason.startswith(row[3])


def test_one_fault_is_one_finding() -> None:
    found = faults(more=parameter("cap", WRONG[0][0], unit="tCO2e"))
    place = "parameters/more.yaml:6:parameters.cap.values.0.clause"
    assert [row[:2] for row in found] == [("pack_missing_key", place)]


ONE = f'{SINCE}, value: "1", {CITED}'


@pytest.mark.parametrize(
    "values, row, reason",
    [
        ((ONE, ONE), 7, "another value of the same year and sector begins that day"),
        (
            (f'{SINCE}, to: 2016-01-01, value: "1", {CITED}', f'from: 2015-12-31, value: "1", {CITED}'),
            7, "it begins before another one ends (2016-01-01)",
        ),
        (
            (f"from: 2015-01-01, day: 2016-01-01, {CITED}", ONE),
            6, "its values have different forms: day, number",
        ),
        ((f"{SINCE}, day: 2016-01-01, {CITED}",), 6, "its rule reads a number"),
    ],
)  # fmt: skip
def test_values_that_contradict_each_other(values: tuple[str, ...], row: int, reason: str) -> None:
    place = f"parameters/more.yaml:{row}:parameters.cap.values.{row - 6}"
    found = faults(more=parameter("cap", *values, unit="tCO2e"))
    assert ("pack_value", place, reason) in found
    assert {where for _, where, _ in found} == {place}


def test_values_that_do_not_contradict() -> None:
    """One after the other, or for other years and sectors; later in the file or earlier."""
    rows = ("from: 2016-01-01", f"{SINCE}, to: 2016-01-01", f"{SINCE}, year: 2016")
    rows += (f"{SINCE}, of: power",)
    given = (f'{row}, value: "{n}", {CITED}' for n, row in enumerate(rows))
    law = pack(more=parameter("cap", *given, unit="tCO2e"))
    assert law.find("cap", date(2015, 12, 31)).number == 1
    assert law.find("cap", date(2016, 1, 1)).number == 0


# Faults of names and words


@pytest.mark.parametrize(
    "name, unit, key, reason",
    [
        ("offset_limit_shares", "share", "",
         "no rule reads a parameter of that name; did you mean offset_limit_share"),
        ("zzz", "share", "", "no rule reads a parameter of that name"),
        ("borrow_limit_share", "percent", ".unit", "its unit is share"),
    ],
)  # fmt: skip
def test_a_parameter_that_no_rule_reads(name: str, unit: str, key: str, reason: str) -> None:
    [(code, place, said)] = faults(more=parameter(name, ONE, unit=unit))
    row = 4 if key else 2
    assert (code, place) == ("pack_value", f"parameters/more.yaml:{row}:parameters.{name}{key}")
    assert said.startswith(reason)
    assert ("did you mean" in said) == (name == "offset_limit_shares")


def test_a_value_for_a_sector_that_is_not_there() -> None:
    """It would never apply, and nobody would notice."""
    wrong = parameter("free_share", ONE, f'{SINCE}, of: manufactoring, value: "0.5", {CITED}')
    [(code, place, _)] = faults(more=wrong)
    assert (code, place) == (
        "pack_value",
        "parameters/more.yaml:7:parameters.free_share.values.1.of",
    )


PLAN = [
    ('"2015": SZA-2015', '"2015": SZA-1915', "plan.allowance.2015", "no such kind"),
    ("source: issuance", "source: operator", "plan.source", "allocations come from an account of"),
    ("entrants: reserve", "entrants: chest", "plan.entrants", "no such account type"),
    ("method: {value: benchmark,", "method: {value: lottery,", "plan.sectors.power.method.value",
     "input should be 'benchmark'"),
    ("[direct, electricity, heat]", "[direct, steam]", "plan.items.value.1", "input should be"),
    ("[CCER-SZ, CCER-HYDRO]", "[CCER-SZ, CNY]", "plan.credits.value.1", "the kind is not surrendered"),
    ("[allowance, credit]", "[allowance, allowance]", "plan.order.value.1", "it is listed twice"),
    ("[make_up, deduct, next_year, fine,", "[make_up, jail,", "plan.steps.value.1", "input should"),
]  # fmt: skip


def test_words_of_the_plan_that_nothing_answers_to_all_at_once() -> None:
    text = shenzhen()["pack.yaml"].decode()
    for old, new, _, _ in PLAN:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = {place.partition(":")[2]: said for _, place, said in faults(pack=text)}
    for _, new, key, reason in PLAN:
        row = next(n for n, line in enumerate(text.splitlines(), 1) if new in line)
        assert found[f"{row}:{key}"].startswith(reason), key
    assert len(found) == len(PLAN)


def test_what_is_said_twice() -> None:
    again = parameter("offset_limit_share", ONE)
    rows = faults(more=again)
    assert [(code, place) for code, place, _ in rows] == [
        ("pack_duplicate_key", f"parameters/surrender.yaml:{row}:parameters.offset_limit_share.{key}")
        for row, key in ((4, "title.en"), (4, "title.zh"), (5, "unit"), (6, "values"))
    ]  # fmt: skip
    assert rows[3][2] == "parameters/more.yaml:5"
    twice = again.replace("    unit: share", "    unit: share\n    unit: share")
    twice = twice.replace("offset_limit_share", "borrow_limit_share")
    assert faults(more=twice) == [(
        "pack_duplicate_key", "parameters/more.yaml:5:parameters.borrow_limit_share.unit",
        "parameters/more.yaml:4",
    )]  # fmt: skip


# Drafts, shared parts, digests


def test_a_draft_replaces_what_it_says() -> None:
    draft = parameter("offset_limit_share", f'from: 2017-01-01, value: "0.05", {CITED}')
    before, law = pack(), load_pack_files(shenzhen(), {"parameters/draft.yaml": draft.encode()})
    assert isinstance(law, Pack)
    found = law.find("offset_limit_share", date(2017, 1, 1))
    assert (found.number, found.place) == (Decimal("0.05"), "overlay/parameters/draft.yaml:6")
    with pytest.raises(Gap) as caught:  # the values of the pack are gone, all of them
        law.find("offset_limit_share", date(2016, 12, 31))
    assert caught.value.refusal.details["place"] == "parameters/surrender.yaml:3"
    assert law.find("fine_multiple", DAY).number == before.find("fine_multiple", DAY).number
    assert law.digest != before.digest
    again = load_pack_files(law.files)
    assert isinstance(again, Pack)
    assert (again, again.digest) == (law, law.digest)
    assert again.find("offset_limit_share", date(2017, 1, 1)).place == found.place


def test_a_draft_is_read_as_strictly() -> None:
    bad = parameter("offset_limit_shares", f'{SINCE}, value: "0.05"')
    found = load_pack_files(shenzhen(), {"parameters/draft.yaml": bad.encode()})
    assert isinstance(found, list)
    rows = {(f.code, f.table, f.row) for f in found}
    assert ("pack_missing_key", "overlay/parameters/draft.yaml", 6) in rows
    assert ("pack_value", "overlay/parameters/draft.yaml", 2) in rows
    found = load_pack_files(shenzhen(), {"law.yaml": b"a: 1\n"})
    assert isinstance(found, list)
    assert [(f.code, f.place()) for f in found] == [("pack_unreadable", "overlay/law.yaml")]


def folder(place: Path, include: str) -> Path:
    """The pack of Shenzhen as a folder that includes other shared parts."""
    source = files("tanheng") / "packs" / "cn-shenzhen-ets"
    shutil.copytree(str(source), place / "law")
    main = (place / "law" / "pack.yaml").read_text("utf-8")
    kept = "include: [calendar-cn, accounts-cn, controls-cn, market-cn, market-local-cn, watch]"
    assert kept in main
    (place / "law" / "pack.yaml").write_text(main.replace(kept, include), "utf-8")
    return place / "law"


def test_shared_parts_belong_to_the_pack(tmp_path: Path) -> None:
    names = ["market-local", "controls", "calendar", "market", "accounts"]
    include = ", ".join(f"{name}-cn" for name in names)
    law = load_pack(folder(tmp_path, f"include: [{include}]"))
    assert isinstance(law, Pack)
    parts = {f"shared/{name}-cn.yaml" for name in names}
    assert parts == {name for name in law.files if name.startswith("shared/")}
    for part in parts:
        other = load_pack_files({**law.files, part: law.files[part] + b"# read again\n"})
        assert isinstance(other, Pack)
        assert other.digest != law.digest
        assert other.kinds == law.kinds


def test_a_shared_part_that_is_not_there(tmp_path: Path) -> None:
    found = load_pack(folder(tmp_path, "include: [calendar-cn, moon-cn,\n  controls-cn, ../pack]"))
    assert isinstance(found, list)
    assert [(f.code, f.place(), f.value) for f in found] == [
        ("pack_value", "pack.yaml:5:include", "moon-cn"),
        ("pack_value", "pack.yaml:6:include", "../pack"),
    ]
    assert "accounts-cn, calendar-cn, controls-cn" in found[0].message("en")


@pytest.mark.parametrize("text", ["include: [[calendar-cn]]", "include: [{a: b}]", "include: 5"])
def test_an_include_that_names_no_parts(tmp_path: Path, text: str) -> None:
    found = load_pack(folder(tmp_path, text))
    assert isinstance(found, list)
    assert ("pack.yaml", 5) in [(f.table, f.row) for f in found]


# Worked examples

NUMBERS = "parameters:\n" + "".join(
    parameter(name, f'{SINCE}, {more}value: "{number}", {CITED}', unit=unit).partition("\n")[2]
    for name, unit, number, more in (
        ("benchmark", "tCO2e/t", "1.9", "of: steel, "), ("free_share", "share", "0.95", ""),
        ("preallocation_share", "share", "0.7", ""), ("true_up_cap_share", "share", "0.2", ""),
        ("conservative_uplift", "ratio", "1.1", ""), ("origin_share", "share", "0.7", ""),
        ("relief_shortfall_share", "share", "0.2", ""), ("borrow_limit_share", "share", "0.05", ""),
        ("carry_over_share", "share", "0.5", ""),
        ("carry_over_base", "tCO2e", "10", ""), ("carry_over_sales_multiple", "ratio", "1.5", ""),
        ("fine_cap", "fen", "300", "year: 2015, "),
    )
)  # fmt: skip
GOOD = [
    ("benchmark", 'output: "100", factor: "0.5"', "95"),  # 100 × 1.9 × 0.5
    ("benchmark", 'output: "100"', "190"),
    ("historical_intensity", 'output: "10", intensity: "2.5"', "25"),  # × 1
    ("grandfathering", 'baseline_tco2e: "180"', "180"),
    ("free_part", 'amount_tco2e: "100"', "95"),
    ("closed", 'amount_tco2e: "732", days: "91", year_days: "366"', "182"),
    ("preallocation", 'amount_tco2e: "101"', "71"),  # 70.7
    ("true_up", 'amount_tco2e: "130", pre_tco2e: "100"', "120"),
    ("true_up", 'amount_tco2e: "119.5", pre_tco2e: "100"', "120"),
    ("conservative", 'emissions_tco2e: "100"', "110"),
    ("obligation", 'emissions_tco2e: "100", allocation_tco2e: "70"', "90"),  # 70 + 20
    ("obligation", 'emissions_tco2e: "100", allocation_tco2e: "81"', "100"),
    ("offset_limit", 'base_tco2e: "1009"', "100"),  # 100.9
    ("origin_minimum", 'credits_tco2e: "11"', "8"),  # 7.7
    ("borrow_limit", 'obligation_tco2e: "219"', "10"),  # 10.95
    ("next_year", 'shortfall_tco2e: "33"', "33"),
    ("fine", 'shortfall_tco2e: "1", average_price_fen: "3452.5"', "10358"),  # 10,357.5
    ("carry_over_share", 'holding_tco2e: "33"', "16"),  # 16.5
    ("carry_over_sales", 'holding_tco2e: "33", net_sales_tco2e: "5"', "17"),  # 10 + 7.5
    ("carry_over_sales", 'holding_tco2e: "12", net_sales_tco2e: "5"', "12"),
]
CASE = "  - title: {{en: a, zh: b}}\n    rule: {}\n    day: {}\n    year: {}\n    of: steel\n"
CASE += '    given: {{{}}}\n    expect: "{}"\n    source: by hand\n'


def cases(*rows: tuple[str, str, str], day: str = "2016-06-01", year: int = 2016) -> str:
    return "cases:\n" + "".join(CASE.format(n, day, year, g, e) for n, g, e in rows)


def with_cases(**more: str) -> Pack | list[Finding]:
    """The pack with the numbers, and files of cases."""
    given = {f"cases/{name}.yaml": text.encode() for name, text in more.items()}
    return load_pack_files({**shenzhen(), "parameters/more.yaml": NUMBERS.encode(), **given})


def test_examples_of_every_rule() -> None:
    law = with_cases(one=cases(*GOOD))
    assert isinstance(law, Pack), [(f.place(), f.message()) for f in law]
    assert {name for name, _, _ in GOOD} == set(RULES)
    runs = run_cases(law)
    assert [(run.case.rule, run.got) for run in runs] == [(n, Decimal(e)) for n, _, e in GOOD]
    assert all(run.good for run in runs)
    assert [run.place for run in runs[:2]] == ["cases/one.yaml:2", "cases/one.yaml:10"]


def test_examples_that_do_not_come_out() -> None:
    fine = 'shortfall_tco2e: "1", average_price_fen: "3452"'
    rows = (
        ("fine", fine, "10355"), ("fine", 'shortfall_tco2e: "1"', "0"), ("lottery", "", "0"),
        ("benchmark", 'output: "1"', "1.90"), ("fine", fine, "10356.0"),
    )  # fmt: skip
    law = with_cases(
        a=cases(*rows), b=cases(("fine", fine, "300"), year=2015),
        c=cases(("fine", fine, "0"), day="2014-03-18"),
    )  # fmt: skip
    assert isinstance(law, Pack)
    runs = run_cases(law)
    assert [run.good for run in runs] == [False, False, False, True, True, True, False]
    assert [run.got for run in runs[:3]] == [Decimal("10356"), None, None]
    assert runs[1].why_not[0] == "the case does not give average_price_fen"
    assert runs[2].why_not[0].startswith("there is no rule “lottery”; the rules are benchmark, ")
    assert [run.place for run in runs[5:]] == ["cases/b.yaml:2", "cases/c.yaml:2"]
    assert "fine_multiple" in runs[6].why_not[0]  # in force from 2014-03-19
    assert "2014-03-18" in runs[6].why_not[0]
    assert all(run.why_not[1] for run in runs if run.got is None)


def test_a_pack_without_a_plan_runs_no_examples() -> None:
    main = load_pack("demo-ets")
    assert isinstance(main, Pack)
    law = load_pack_files({**main.files, "cases/a.yaml": cases(("fine", "", "0")).encode()})
    assert isinstance(law, Pack)
    [run] = run_cases(law)
    assert (run.good, run.got, run.why_not[0]) == (False, None, "the pack has no plan")


@pytest.mark.parametrize("text", ["parameters: {}\n", "{}\n", "cases: []\n"])
def test_another_file_of_cases_does_not_take_the_others_away(text: str) -> None:
    law = with_cases(a=cases(GOOD[0]), z=text)
    if isinstance(law, Pack):  # or it is refused, but not on the quiet
        assert len(law.cases) == 1
