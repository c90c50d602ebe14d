"""Packs are read strictly: every fault at once, each with its file, line and key."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.compliance.cases import run_cases
from tanheng.errors import Finding
from tanheng.rules import Pack, load_pack, load_pack_files, pack_names

NAMES = [
    "benchmark-credit", "cn-beijing-ets", "cn-chongqing-ets", "cn-fujian-ets", "cn-guangdong-ets",
    "cn-hubei-ets", "cn-jiangsu-discharge-rights", "cn-jiangsu-energy-saving", "cn-national-ets",
    "cn-shanghai-ets", "cn-shenzhen-ets", "cn-tianjin-ets", "demo-ets", "eu-ets", "uk-ets",
]  # fmt: skip
PACKS = files("tanheng") / "packs"
CALENDAR = (PACKS / "shared" / "calendar-cn.yaml").read_text(encoding="utf-8")
# The demonstration pack with its shared account types written out, and without a market.
MAIN = (PACKS / "demo-ets" / "pack.yaml").read_text(encoding="utf-8").replace(
    "include: [calendar-cn, accounts-cn, watch]\n",
    (PACKS / "shared" / "accounts-cn.yaml").read_text(encoding="utf-8").partition("\n")[2],
)  # fmt: skip
DEMO = {"pack.yaml": MAIN.encode(), "parameters/calendar.yaml": CALENDAR.encode()}


def read(main: str = MAIN, calendar: str = CALENDAR, **more: str) -> Pack | list[Finding]:
    given = {"pack.yaml": main, "parameters/calendar.yaml": calendar}
    given |= {f"parameters/{name}.yaml": text for name, text in more.items()}
    return load_pack_files({name: text.encode() for name, text in given.items()})


def faults(main: str = MAIN, calendar: str = CALENDAR, **more: str) -> list[Finding]:
    found = read(main, calendar, **more)
    assert isinstance(found, list)
    assert found
    for finding in found:
        assert finding.message("en")
        assert finding.message("zh")
        assert finding.severity == "error"
    return found


def brief(found: list[Finding]) -> list[tuple[str, int | None, str | None]]:
    return [(f.code, f.row, f.column) for f in found]


def line(text: str, part: str) -> int:
    assert text.count(part) == 1, (part, text.count(part))
    return text[: text.index(part)].count("\n") + 1


def changed(old: str, new: str, text: str = MAIN) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def pack(name: str = "demo-ets") -> Pack:
    found = load_pack(name)
    assert isinstance(found, Pack), [f"{f.place()} {f.message()}" for f in found]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_built_in_packs_load(name: str) -> None:
    found = pack(name)
    assert found.id == name
    # Everything in the folder and what it includes, and nothing else.
    own = {f"{part}/{file.name}" for part in ("parameters", "cases") if (PACKS / name / part).is_dir()
           for file in (PACKS / name / part).iterdir()}  # fmt: skip
    shared = {file for file in found.files if file.startswith("shared/")}
    assert set(found.files) == {"pack.yaml"} | own | shared
    assert all((PACKS / file).is_file() for file in shared)
    assert all(run.good for run in run_cases(found)), [
        run for run in run_cases(found) if not run.good
    ]
    for rule in found.controls.__class__.model_fields:
        assert getattr(found.controls, rule).clause
    for role in ("issuance", "surrender", "cancellation", "operator"):
        assert found.accounts_of(role), role  # type: ignore[arg-type]
    for kind in found.kinds.values():
        roles = {found.accounts[a].role for a in kind.held_by}
        assert not kind.surrender or "surrender" in roles, kind.id
        assert "cancellation" in roles


def test_names_and_sources() -> None:
    assert pack_names() == NAMES
    for name in NAMES:
        assert (files("tanheng") / "packs" / name / "SOURCES.md").is_file()


def test_values_arrive_with_their_types() -> None:
    eu, demo = pack("eu-ets"), pack()
    assert eu.controls.amount_limit.value.central == 2_000_000
    assert eu.controls.amount_limit.value.national is None
    assert eu.controls.opening_hours.value.start.isoformat() == "10:00:00"
    assert eu.controls.trusted_list_delay.value.days == 4
    assert eu.controls.opening_hours.clause.endswith("Art. 35(2)")
    assert eu.kinds["EUA-2008"].bankable_to == "EUA-2013"
    assert eu.kinds["CER"].convertible_to == {"EUA-2013": (1, 1)}
    assert demo.kinds["CNY"].measure == "fen"
    assert not demo.kinds["CNY"].serialised
    assert demo.kinds["DMA-2015"].id == "DMA-2015"
    assert demo.accounts["operator"].one_per_holder
    assert demo.controls.blocks_for("surrender")[0] == "restricted_first"
    assert demo.controls.blocks_for("transfer") == ("oldest_vintage", "lowest_serial")


def test_a_pack_cannot_be_changed() -> None:
    found = pack()
    with pytest.raises(ValueError):
        found.id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.files["pack.yaml"] = b""  # type: ignore[index]


def test_digest_is_what_it_says() -> None:
    found = pack()
    told = b"".join(
        name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data
        for name, data in sorted(found.files.items())
    )
    assert found.digest == hashlib.sha256(told).hexdigest()


@pytest.mark.parametrize("name", list(DEMO))
def test_digest_changes_with_any_byte(name: str) -> None:
    """Even with a blank or a comment that means nothing."""
    same = load_pack_files(dict(reversed(DEMO.items())))
    assert isinstance(same, Pack)
    written = read()
    assert isinstance(written, Pack)
    assert same.digest == written.digest
    for more in (b"\n", b"# note\n"):
        other = load_pack_files({**DEMO, name: DEMO[name] + more})
        assert isinstance(other, Pack)
        assert other.digest != same.digest
        assert other.kinds == same.kinds


def test_moving_a_line_between_files_changes_the_digest() -> None:
    moved = read(changed("currency: CNY\n", ""), more="currency: CNY\n")
    assert isinstance(moved, Pack)
    assert moved.digest != pack().digest


def test_the_files_of_a_pack_are_the_pack() -> None:
    found = pack()
    again = load_pack_files(found.files)
    assert isinstance(again, Pack)
    assert again.digest == found.digest
    assert again == found


def test_a_folder_is_a_pack(tmp_path: Path) -> None:
    for name, data in DEMO.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "SOURCES.md").write_text("not part of the rules")
    (tmp_path / "parameters" / ".hidden").write_text("neither is this")
    found = load_pack(tmp_path)
    written = read()
    assert isinstance(found, Pack)
    assert isinstance(written, Pack)
    assert found.digest == written.digest
    assert isinstance(load_pack(str(tmp_path)), Pack)


def test_nothing_in_the_folder_of_parameters_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "parameters" / "deep.yaml").mkdir(parents=True)
    (tmp_path / "pack.yaml").write_text(MAIN + CALENDAR)
    found = load_pack(tmp_path)
    assert isinstance(found, list)
    assert [(f.code, f.table) for f in found] == [("pack_unreadable", "parameters/deep.yaml")]
    (tmp_path / "parameters" / "deep.yaml").rmdir()
    (tmp_path / "parameters" / "late.yml").write_text("currency: CNY\n")
    found = load_pack(tmp_path)
    assert isinstance(found, list)
    assert [(f.code, f.table) for f in found] == [("pack_unreadable", "parameters/late.yml")]


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    for name in ("no-such-pack", tmp_path, ""):
        found = load_pack(name)
        assert isinstance(found, list)
        assert [f.code for f in found] == ["pack_unreadable"]
        assert "demo-ets, eu-ets" in found[0].message()


@pytest.mark.parametrize("name", ["../pack.yaml", "PACK.yaml", "parameters/a/b.yaml", "x.yaml"])
def test_a_file_that_no_pack_has(name: str) -> None:
    found = load_pack_files({**DEMO, name: b"a: 1\n"})
    assert isinstance(found, list)
    assert [(f.code, f.table, f.row) for f in found] == [("pack_unreadable", name, None)]


def test_without_the_main_file() -> None:
    found = load_pack_files({"parameters/calendar.yaml": CALENDAR.encode()})
    assert isinstance(found, list)
    assert [(f.code, f.table) for f in found] == [("pack_unreadable", "pack.yaml")]


@pytest.mark.parametrize(
    "text, row",
    [
        ("", 1),
        ("# nothing\n", 1),
        ("- a\n- b\n", 1),
        ("\nwords\n", 2),
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: &x [1]\nb: *x\n", 1),
        ("a: 1\nb: *x\n", 2),
        ("a: {b: 1}\nc:\n  <<: {d: 2}\n", 3),
        ("? [a]\n: 1\n", 1),
        ("? {a: 1}\n: 1\n", 1),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", None),
        ("a: '\n", None),
        ("a: \x01\n", None),
        ("a: " + "[" * 40 + "]" * 40 + "\n", 1),
    ],
)
def test_not_yaml_that_a_pack_may_use(text: str, row: int | None) -> None:
    found = faults(extra=text)
    assert {f.code for f in found} == {"pack_unreadable"}
    assert found[0].table == "parameters/extra.yaml"
    if row is not None:
        assert found[0].row == row, found[0].message()


def test_not_utf8() -> None:
    found = load_pack_files({**DEMO, "pack.yaml": b"id: x\ntitle: \xff\n"})
    assert isinstance(found, list)
    assert [(f.code, f.table, f.row) for f in found] == [("pack_unreadable", "pack.yaml", 2)]


def test_too_large() -> None:
    found = load_pack_files({**DEMO, "parameters/x.yaml": b"#" * 4_000_001})
    assert isinstance(found, list)
    assert [(f.code, f.table) for f in found] == [("pack_unreadable", "parameters/x.yaml")]


def test_a_broken_file_does_not_hide_faults_of_others() -> None:
    main = changed("currency: CNY", "currency: yuan")
    assert [f.code for f in faults(main, extra="a: [")] == ["pack_value", "pack_unreadable"]


def test_all_faults_at_once() -> None:
    """One of every kind, in two files; in the order of files and lines."""
    text = changed("timezone: Asia/Shanghai", "timezone: Asia/Nowhere")
    text = changed("currency: CNY\n", "currency: CNY\ncurrency: EUR\ncolour: red\n", text)
    text = changed("    role: reserve\n", "", text)
    text = changed("    limit: 1\n", "    limit: 1.5\n", text)
    text = changed("bankable_to: DMA-2016", "bankable_to: DMA-2061", text)
    text = changed("value: 120", "value: '120'", text)
    calendar = changed("2015-02-18", "2015-02-30", CALENDAR)
    found = faults(text, calendar)
    assert brief(found) == [
        ("pack_value", line(text, "timezone:"), "timezone"),
        ("pack_duplicate_key", line(text, "currency: EUR"), "currency"),
        ("pack_unknown_key", line(text, "colour"), "colour"),
        ("pack_value", line(text, "limit: 1.5"), "accounts.issuance.limit"),
        ("pack_missing_key", line(text, "  reserve:\n"), "accounts.reserve.role"),
        ("pack_value", line(text, "DMA-2061"), "kinds.DMA-2015.bankable_to"),
        ("pack_value", line(text, "'120'"), "controls.abort_before_minutes.value"),
        ("pack_value", line(calendar, "2015-02-30"), "calendar.holidays.3"),
    ]
    assert {f.table for f in found} == set(DEMO)
    assert found[5].value == "DMA-2061"
    assert "no such kind" in found[5].message()
    assert "pack.yaml:4" in found[1].message()


def test_lines_are_counted_from_one() -> None:
    found = faults("id: demo-ets\n\n# note\ncolour: red\n")
    assert ("pack_unknown_key", 4, "colour") in brief(found)
    missing = [f for f in found if f.code == "pack_missing_key"]
    assert [f.column for f in missing] == [
        "accounts", "controls", "currency", "kinds", "timezone", "title"
    ]  # fmt: skip
    assert {f.row for f in missing} == {1}


def test_the_same_key_in_two_files() -> None:
    more = "\ncurrency: CNY\nkinds:\n  CNY:\n    measure: fen\n  NEW: 3\n"
    found = faults(more=more)
    assert brief(found) == [
        ("pack_duplicate_key", 2, "currency"),
        ("pack_duplicate_key", 5, "kinds.CNY.measure"),
        ("pack_value", 6, "kinds.NEW"),
    ]
    assert {f.table for f in found} == {"parameters/more.yaml"}
    assert "pack.yaml:4" in found[0].message()


def test_a_mapping_may_be_spread_over_files() -> None:
    text = changed("  clock_skew_seconds:\n", "  unused:\n")
    start = text.index("  unused:\n")
    rest = text[start:].replace("unused", "clock_skew_seconds")
    spread = read(text[:start], skew="controls:\n" + rest)
    assert isinstance(spread, Pack)
    assert spread.controls == pack().controls


def test_a_key_given_twice_inside() -> None:
    text = changed(
        "    type: money\n",
        "    type: money\n    title: {en: A, zh: 甲, en: B}\n    type: credit\n",
    )
    found = faults(text)
    at = line(text, "    type: money\n")
    assert brief(found) == [
        ("pack_duplicate_key", at + 1, "kinds.CNY.title"),
        ("pack_duplicate_key", at + 1, "kinds.CNY.title.en"),
        ("pack_duplicate_key", at + 2, "kinds.CNY.type"),
    ]


@pytest.mark.parametrize(
    "number", ["1.0", "120.", "1e2", ".5", "-0.1", ".inf", "-.Inf", ".nan", "1" * 19]
)
def test_amounts_are_whole_numbers(number: str) -> None:
    text = changed("value: 120", f"value: {number}")
    found = faults(text)
    where = "controls.abort_before_minutes.value"
    assert brief(found) == [("pack_value", line(text, f"value: {number}\n"), where)]
    assert found[0].value == number


@pytest.mark.parametrize("value", ["'120'", "true", "no", "null", "-1", "[120]", "1_000", "2:00"])
def test_nothing_is_converted_on_the_quiet(value: str) -> None:
    text = changed("value: 120", f"value: {value}")
    row = line(text, "abort_before_minutes:\n") + 1
    assert brief(faults(text)) == [("pack_value", row, "controls.abort_before_minutes.value")]


def test_tags_are_refused() -> None:
    text = changed("value: 120", "value: !!python/object:os.system 120")
    assert [f.code for f in faults(text)] == ["pack_value"]


def test_yaml_is_version_1_2() -> None:
    """In 1.1 ``no`` is false and ``10:00`` is 600."""
    text = changed("value: 120", "value: 0x78").replace("en: Money in fen", "en: no")
    found = read(text)
    assert isinstance(found, Pack)
    assert found.controls.abort_before_minutes.value == 120
    assert found.kinds["CNY"].title.en == "no"


@pytest.mark.parametrize(
    "old, new, column, reason",
    [
        ("bankable_to: DMA-2016", "bankable_to: DMA-2015", "kinds.DMA-2015.bankable_to", "itself"),
        ("bankable_to: DMA-2017", "bankable_to: DMA-2015", "kinds.DMA-2016.bankable_to", "later"),
        ("bankable_to: DMA-2017", "bankable_to: CNY", "kinds.DMA-2016.bankable_to", "measure"),
        ("type: money", "type: coin", "kinds.CNY.type", "money"),
        ("type: money", "type: money\n    surrender: true", "kinds.CNY.surrender", "money"),
        ("measure: tce", "measure: ''", "kinds.ESQ.measure", "1 character"),
        ("measure: tce", "measure: tce\n    smallest: 0", "kinds.ESQ.smallest", "1"),
        ("measure: tce", "measure: tce\n    id: ESQ", "kinds.ESQ.id", "not one a pack can have"),
        ("measure: tce", "measure: tce\n    convertible_to: {XXX: [1, 2]}",
         "kinds.ESQ.convertible_to.XXX", "no such kind"),
        ("measure: tce", "measure: tce\n    convertible_to: {ESQ: [1, 2]}",
         "kinds.ESQ.convertible_to.ESQ", "itself"),
        ("measure: tce", "measure: tce\n    convertible_to: {CNY: [1, 0]}",
         "kinds.ESQ.convertible_to.CNY.1", "greater"),
        ("developer, clearing]", "farmer, clearing]", "kinds.ESQ.held_by.6", "account type"),
        ("developer, clearing]", "trader, clearing]", "kinds.ESQ.held_by.6", "twice"),
        ("role: trader", "role: farmer", "accounts.trader.role", "developer"),
        ("role: trader", "role: surrender", "accounts.trader.role", "sinks"),
        ("    government: true\n    sink: true\n", "    sink: false\n",
         "accounts.surrender.sink", "sinks"),
        ("id: demo-ets", "id: Demo ETS", "id", "pattern"),
        ("{from: 10:00, to: 16:00}", "{from: 10:00, to: 9:00}",
         "controls.opening_hours.value.to", "time of day"),
        ("{from: 10:00, to: 16:00}", "{from: 10:00, to: 10:00}",
         "controls.opening_hours.value.to", "before they begin"),
        ("{from: 10:00, to: 16:00}", "{from: 10:00, to: 24:00}",
         "controls.opening_hours.value.to", "time of day"),
        ("after_days: 2", "after_days: 0", "controls.untrusted_delay.value.after_days", "greater"),
        ("before_days: 1", "before_days: 3", "controls.untrusted_delay.value.after_days", "sooner"),
        ("[transfer, surrender", "[transfer, surender",
         "controls.four_eyes.value.1", "surrender"),
        ("[transfer, surrender", "[transfer, transfer", "controls.four_eyes.value.1", "twice"),
        ("required_for: [operator", "required_for: [nobody",
         "controls.kyc.value.required_for.0", "account type"),
        ("exempt: [surrender, cancel]", "exempt: [cancel, cancel]",
         "controls.amount_limit.value.exempt.1", "twice"),
        ("      default: [", "      other: [", "controls.block_order.value", "default"),
        ("default: [oldest_vintage, lowest_serial]", "default: [oldest_vintage]",
         "controls.block_order.value.default", "ends with"),
        ("status: assumed", "status: sure", "controls.four_eyes.status", "verified"),
        ("[order, bid", "[order, order", "controls.void_order.value.1", "twice"),
    ],
)  # fmt: skip
def test_values_that_cannot_be(old: str, new: str, column: str, reason: str) -> None:
    found = faults(changed(old, new))
    assert [f.column for f in found] == [column]
    assert reason in found[0].message()
    text = changed(old, new).split("\n")
    assert found[0].row is not None
    key = next(step for step in reversed(column.split(".")) if not step.isdigit())
    assert key in text[found[0].row - 1] or found[0].value in text[found[0].row - 1]  # type: ignore[operator]


@pytest.mark.parametrize(
    "old, new, column, reason",
    [
        ("2015-01-01,", "2014-01-01,", "calendar.holidays.0", "calendar.years"),
        ("2015-01-02,", "2015-01-01,", "calendar.holidays.1", "twice"),
        ("2015-01-04,", "2015-01-03,", "calendar.worked.0", "also a holiday"),
        ("2015-01-04,", "2015-01-05,", "calendar.worked.0", "Saturday"),
        ("2015-01-02,", "20150102,", "calendar.holidays.1", "not a day"),
        ("2015-01-02,", "2015-01-02T00:00:00,", "calendar.holidays.1", "not a day"),
        ("[2015, 2016", "[2015, 2015, 2016", "calendar.years.1", "twice"),
    ],
)
def test_calendars_that_cannot_be(old: str, new: str, column: str, reason: str) -> None:
    calendar = changed(old, new, CALENDAR)
    found = faults(calendar=calendar)
    assert [f.column for f in found] == [column]
    assert reason in found[0].message()
    assert found[0].table == "parameters/calendar.yaml"
    assert new.split()[-1].rstrip(",") in calendar.split("\n")[(found[0].row or 0) - 1]


def test_leaving_out_a_year_is_seen() -> None:
    """Its days stand there without the year."""
    found = faults(calendar=changed("2026, 2027]", "2027]", CALENDAR))
    assert {f.code for f in found} == {"pack_value"}
    assert all((f.value or "").startswith("2026-") for f in found)


@settings(max_examples=40)
@given(
    st.integers(0, len(MAIN) - 1),
    st.integers(0, 12),
    st.text(alphabet=" \n\t:-[]{},#&*!|>'\"%@?a0.~é\ud7ff\U0001f600", max_size=4),
)
def test_no_damage_raises(at: int, cut: int, put: str) -> None:
    """Any change gives a pack or findings with texts, never an exception."""
    found = read(MAIN[:at] + put + MAIN[at + cut :])
    if isinstance(found, list):
        assert found
        assert all(f.message("en") and f.message("zh") for f in found)
