"""Status codes of the European registry, recomputed from what was surrendered against what was emitted.

The figures are those of ``docs/eu-status.md``. A plain recomputation with dictionaries, which uses nothing
of the program, must come to the same codes.
"""

from __future__ import annotations

import csv
import gc
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from tanheng.compliance import history as h
from tanheng.compliance.history import AccountYear, Reason, Rule, Status
from tanheng.errors import Finding, blocking

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "eutl" / "compliance.csv.xz"
PAGE = ROOT / "docs" / "eu-status.md"

ROWS, ACCOUNTS = 194_077, 16_018
SHARES = {
    2005: (10_396, 10_396), 2006: (10_635, 10_633), 2007: (11_242, 11_234), 2008: (10_925, 10_882),
    2009: (10_908, 10_827), 2010: (11_050, 10_981), 2011: (10_652, 10_560), 2012: (10_903, 10_856),
    2013: (11_280, 11_101), 2014: (11_148, 10_967), 2015: (10_894, 10_740), 2016: (10_723, 10_586),
    2017: (10_621, 10_480), 2018: (10_604, 10_494), 2019: (10_518, 10_465),
}  # fmt: skip
REASONS = {
    Reason.REPRODUCED: 161_202,
    Reason.RAISED_LATER: 762, Reason.CARRIED_SHORTFALL: 326,
    Reason.BOOKED_NEXT_YEAR: 20, Reason.SHORT_UNMARKED: 19,
    Reason.SURRENDERED_LATE: 143, Reason.NOTHING_DUE: 16, Reason.SURPLUS_UNUSED: 11,
    Reason.NOT_YET_PUBLISHED: 12_503, Reason.NO_ENTRY: 8_331, Reason.CODE_MISSING: 951,
    Reason.EXCLUDED: 3_094, Reason.NOT_REPORTED: 3_097, Reason.VERIFIED_BLANK: 1_910,
    Reason.REPORTED_LATE: 1_029, Reason.CORRECTED_D: 86, Reason.CORRECTED_E: 563,
    Reason.SUSPENDED: 0, Reason.NO_OBLIGATION: 14, Reason.UNREADABLE: 0,
}  # fmt: skip
DIFFERING = {
    "periods from 2005; Bulgaria anew in 2008": 1_297,
    "periods from 2005, 2008, 2013, shortfalls carried; Bulgaria anew in 2008": 1_368,
    "periods from 2005, 2013; Bulgaria anew in 2008": 1_600,
    "periods from 2005, 2008": 1_828,
    "periods from 2005, 2008; Bulgaria anew in 2008": 1_828,
    "periods from 2005, 2008, 2013": 1_869,
    "periods from 2005, 2013": 1_949,
    "periods from 2005": 2_306,
    "periods from 2005, 2008, 2013, shortfalls carried": 2_379,
    "every year on its own": 3_821,
}


class Read(NamedTuple):
    """The table as text, as read, and recomputed."""

    cells: list[dict[str, str]]
    rows: list[AccountYear]
    findings: list[Finding]
    statuses: list[Status]


@pytest.fixture(scope="module")
def table() -> Iterator[Read]:
    # A million objects that all stay: looking through them for garbage takes longer than the work.
    gc.disable()
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    rows, findings = h.read(cells)
    statuses = h.recompute(rows)
    gc.freeze()
    gc.enable()
    yield Read(cells, rows, findings, statuses)
    gc.unfreeze()


def test_no_row_and_no_account_is_dropped(table: Read) -> None:
    """Every line has exactly one status, and stands where it stood."""
    assert len(table.cells) == len(table.rows) == len(table.statuses) == ROWS
    assert [row.row for row in table.rows] == list(range(2, ROWS + 2))
    assert sorted(s.row.row for s in table.statuses) == list(range(2, ROWS + 2))
    assert len({status.row.account for status in table.statuses}) == ACCOUNTS
    assert len({cell["account_id"] for cell in table.cells}) == ACCOUNTS
    for cell, row in zip(table.cells, table.rows, strict=True):
        assert (cell["account_id"], cell["year"]) == (row.account, str(row.year))
        assert cell["compliance_code"] == row.code + "*" * row.marked
    assert "10" not in {cell["activity"] for cell in table.cells}, "an aircraft operator"


def test_cells_that_are_no_numbers_become_findings(table: Read) -> None:
    """Each of them one finding, with its place; nothing else is a finding, and none stops."""
    assert Counter(finding.code for finding in table.findings) == {
        "eutl_cell_excluded": 3_485, "eutl_cell_not_reported": 3_097,
        "eutl_cell_footnote": 8_174, "status_cell_mark": 28_245,
    }  # fmt: skip
    plain = {
        (number, column, text)
        for number, cell in enumerate(table.cells, start=2)
        for column, text in cell.items()
        if (column in ("allocated", "verified", "surrendered") and text and not text.isdigit())
        or (column == "compliance_code" and "*" in text)
    }  # fmt: skip
    assert {(f.row, f.column, f.value) for f in table.findings} == plain
    assert len(table.findings) == len(plain) == 43_001
    assert blocking(table.findings) == []


def test_amounts_are_those_of_the_table(table: Read) -> None:
    """Sums of plain cells, and of cells with footnotes: the first number is the amount."""
    for column in ("verified", "surrendered", "allocated"):
        amount = sum(
            int(cell[column].split(" ")[0]) for cell in table.cells if cell[column][:1].isdigit()
        )
        assert sum(getattr(row, column) or 0 for row in table.rows) == amount
    noted = [cell["allocated"] for cell in table.cells if "*" in cell["allocated"]]
    further = [part for text in noted for part in text.split()[1:]]
    added: Counter[str] = Counter()
    for row in table.rows:
        if row.added:
            added.update(row.added)
    assert set(added) == {"****", "*****"}
    assert added.total() == sum(int(part) for part in further if part.isdigit())


def test_shares(table: Read) -> None:
    found = h.shares(table.statuses)
    assert found == SHARES
    compared, same = (sum(pair[n] for pair in found.values()) for n in (0, 1))
    assert (compared, same) == (162_499, 161_202)
    assert h.percent(same, compared) == "99.20"
    assert Counter(
        (s.row.code, s.recomputed) for s in table.statuses if s.reason in h.COMPARED
    ) == {("A", "A"): 157_325, ("B", "B"): 3_877, ("A", "B"): 1_127, ("B", "A"): 170}


def test_every_row_has_one_reason(table: Read) -> None:
    found = h.counts(table.statuses)
    assert found == REASONS
    assert list(found) == list(Reason) == list(h.REASONS)
    assert sum(found.values()) == ROWS
    assert sum(found[reason] for reason in h.EXCEPTIONS) == 1_297
    for status in table.statuses:
        assert (status.recomputed is None) == (status.row.verified is None)
        if status.reason in h.COMPARED:
            same = status.row.code == status.recomputed
            assert same == (status.reason is Reason.REPRODUCED)


def test_a_plain_recomputation_agrees(table: Read) -> None:
    """Dictionaries and running sums only: the same codes, balances and exceptions, row by row."""
    owed: dict[str, int] = defaultdict(int)
    given: dict[str, int] = defaultdict(int)
    found: dict[tuple[str, str], tuple[str, int]] = {}
    differ = set()
    for cell in sorted(table.cells, key=lambda cell: cell["year"]):
        account = cell["account_id"]
        if (cell["country"], cell["year"]) == ("BG", "2008"):
            owed[account] = given[account] = 0
        if cell["verified"].isdigit():
            owed[account] += int(cell["verified"])
        if cell["surrendered"]:
            given[account] += int(cell["surrendered"])
        code = "A" if given[account] >= owed[account] else "B"
        found[account, cell["year"]] = code, given[account] - owed[account]
        published = cell["compliance_code"][:1]
        if cell["verified"].isdigit() and published in ("A", "B") and published != code:
            differ.add((account, cell["year"]))
    assert len(found) == ROWS
    for status in table.statuses:
        code, balance = found[status.row.account, str(status.row.year)]
        assert status.balance == balance
        assert status.recomputed in (None, code)
    assert len(differ) == 1_297
    assert differ == {
        (s.row.account, str(s.row.year)) for s in table.statuses if s.reason in h.EXCEPTIONS
    }


def test_rules_that_were_tried(table: Read) -> None:
    """One balance for all years is best, once Bulgaria's year 2007 is left out."""
    found = h.compare(table.rows)
    assert {name: compared - same for name, (compared, same) in found.items()} == DIFFERING
    assert {compared for compared, _ in found.values()} == {162_499}
    assert h.CANDIDATES[next(iter(found))] is h.RULE
    before = [r for r in table.rows if (r.country, r.year) == ("BG", 2007) and r.verified]
    assert len(before) == 127
    assert {(row.code, row.surrendered) for row in before} == {("B", None)}
    assert sum(row.verified or 0 for row in before) == 39_181_984


def test_what_the_page_says_of_the_exceptions(table: Read) -> None:
    """The evidence for the explanations, figure by figure."""
    by_account: dict[str, list[Status]] = defaultdict(list)
    for status in table.statuses:
        by_account[status.row.account].append(status)
    differing = [s for s in table.statuses if s.reason in h.EXCEPTIONS]
    assert len({s.row.account for s in differing}) == 568
    assert Counter(s.row.country for s in differing).most_common(2) == [("GB", 491), ("DE", 289)]
    wrong_b = [s for s in differing if s.row.code == "A"]
    assert sum(
        any(t.row.year > s.row.year and t.balance >= 0 for t in by_account[s.row.account])
        for s in wrong_b
    ) == 1_085  # fmt: skip
    short = [s for s in wrong_b if s.row.short]
    assert (len(short), sum(s.row.marked for s in short)) == (801, 769)
    raised = [s.row for s in wrong_b if s.reason is Reason.RAISED_LATER]
    lack = [(row.verified or 0) - (row.surrendered or 0) for row in raised]
    assert median(lack) == 271.5
    assert median(n / (row.verified or 1) for n, row in zip(lack, raised, strict=True)) < 0.0053
    covered = [
        s.reason for s in table.statuses
        if s.reason in h.COMPARED and s.row.code == "A" and s.row.short
    ]  # fmt: skip
    assert (len(covered), covered.count(Reason.REPRODUCED)) == (2_915, 2_114)
    assert all(s.row.marked for s in differing if s.reason is Reason.NOTHING_DUE)
    origins: Counter[str] = Counter()
    for status in differing:
        if status.reason is Reason.CARRIED_SHORTFALL:
            own = by_account[status.row.account]
            place = own.index(status)
            while own[place].before < 0:
                place -= 1
            origins[own[place].row.code + "*" * own[place].row.marked] += 1
    assert origins == {"A*": 290, "": 11, "E*": 9, "D*": 7, "A": 7, "B*": 1, "B": 1}
    for marked, total, less in ((False, 118_165, 1_706), (True, 10_809, 953)):
        later = [
            s.row for s in table.statuses
            if s.row.year >= 2008 and s.row.code == "A" and s.row.marked == marked
            and s.row.verified is not None
        ]  # fmt: skip
        assert (len(later), sum(row.short for row in later)) == (total, less)


def test_what_the_page_says_of_rows_not_compared(table: Read) -> None:
    """D and E against the balance; words and blanks against it; the unfinished year 2020."""
    assert Counter((s.row.code, s.recomputed) for s in table.statuses if s.row.code in ("D", "E")) == {
        ("E", "A"): 383, ("E", "B"): 177, ("E", None): 3, ("D", "B"): 49, ("D", "A"): 37,
    }  # fmt: skip
    for word, rows, agreeing in (("Excluded", 2_810, 2_807), ("", 1_910, 1_893)):
        stands = [
            (s.row.code == "A") == (s.balance >= 0) for s in table.statuses
            if s.row.code in ("A", "B") and s.row.verified is None and s.row.word == word
        ]  # fmt: skip
        assert (len(stands), sum(stands)) == (rows, agreeing)
    last = [s for s in table.statuses if s.row.year == 2020]
    assert {s.reason for s in last} == {Reason.NOT_YET_PUBLISHED}
    assert Counter(s.recomputed for s in last) == {"A": 9_648, None: 2_214, "B": 641}
    assert sum(s.recomputed == "B" and s.row.surrendered is None for s in last) == 545


def test_the_page_shows_the_tables_of_this_run(table: Read) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for part in h.summary(table.statuses).split("\n\n"):
        assert part.strip() in page
    for name, count in DIFFERING.items():
        assert f"| {name} | {count:,} | {h.percent(162_499 - count, 162_499)} |" in page


def cells(
    account: str, *years: tuple[int, str, str, str], country: str = "AT"
) -> list[dict[str, str]]:
    """Rows of year, verified, surrendered, code."""
    return [
        {"account_id": account, "country": country, "activity": "20", "year": str(year),
         "allocated": "", "verified": verified, "surrendered": surrendered, "compliance_code": code}
        for year, verified, surrendered, code in years
    ]  # fmt: skip


def reasons(*years: tuple[int, str, str, str], rule: Rule = h.RULE) -> list[str]:
    rows, _ = h.read(cells("1", *years))
    return [str(status.reason) for status in h.recompute(rows, rule)]


def test_by_hand() -> None:
    """The example of the docstring, out of order; one balance, with one unit short after 2005."""
    rows, findings = h.read(cells("1", (2006, "8", "9", "A"), (2005, "10", "9", "B")))
    assert findings == []
    statuses = h.recompute(rows)
    assert [(s.row.year, s.before, s.balance, s.recomputed) for s in statuses] == [
        (2005, 0, -1, "B"), (2006, -1, 0, "A"),
    ]  # fmt: skip
    assert h.shares(statuses) == {2005: (1, 1), 2006: (1, 1)}
    assert "| all | 2 | 2 | 100.00 |" in h.summary(statuses)
    assert h.summary([]).startswith("| year |")
    assert h.percent(199, 200) == "99.50"
    assert h.percent(99_999, 100_000) == "99.99"
    assert h.balances([]) == []


def test_reasons_by_hand() -> None:
    assert reasons((2008, "10", "9", "A*"), (2009, "5", "5", "A"), (2010, "5", "6", "A")) == [
        "raised later", "carried shortfall", "reproduced",
    ]  # fmt: skip
    assert reasons((2009, "10", "", "A"), (2010, "5", "15", "A")) == [
        "booked next year", "reproduced",
    ]  # fmt: skip
    assert reasons((2009, "10", "", "A"), (2010, "5", "14", "A")) == [
        "short, unmarked", "carried shortfall",
    ]  # fmt: skip
    assert reasons((2008, "7", "7", "B"), (2009, "0", "", "B*"), (2010, "1", "3", "A"), (2011, "2", "", "B")) == [
        "surrendered late", "nothing due", "reproduced", "surplus unused",
    ]  # fmt: skip
    assert reasons((2011, "7", "7", "C*"), (2012, "7", "7", "D*"), (2013, "7", "", "E"), (2014, "7", "", "X")) == [
        "reported late", "corrected, D", "corrected, E", "suspended",
    ]  # fmt: skip
    assert reasons((2011, "Excluded", "", "-"), (2012, "Excluded", "", "A"), (2013, "Not Reported", "", "C"),
                   (2014, "", "", "B"), (2015, "4", "4", "A")) == [
        "no obligation", "excluded", "not reported", "verified blank", "reproduced",
    ]  # fmt: skip
    rows, _ = h.read([*cells("1", (2005, "4", "4", ""), (2006, "4", "4", "")),
                      *cells("2", (2005, "", "", ""), (2005, "4", "4", "A")),
                      *cells("3", (2005, "4", "4", "A"))])  # fmt: skip
    assert [str(status.reason) for status in h.recompute(rows)] == [
        "code missing", "not yet published", "no entry", "reproduced",
    ]  # fmt: skip


def test_rules_by_hand() -> None:
    """A period begins for an account that has no row in its first year, too."""
    years = (2007, "10", "8", "B"), (2009, "5", "5", "A")
    rows, _ = h.read(cells("1", *years))
    assert h.balances(rows, Rule((2005,))) == [(0, -2), (-2, -2)]
    assert h.balances(rows, Rule((2005, 2008))) == [(0, -2), (0, 0)]
    assert h.balances(rows, Rule((2005, 2008), "shortfall")) == [(0, -2), (-2, -2)]
    assert h.balances(rows, Rule((2005, 2008), "surplus")) == [(0, -2), (0, 0)]
    assert h.balances(rows, Rule((2005, 2009))) == [(0, -2), (0, 0)]
    assert h.balances(rows, h.RULE) == [(0, -2), (-2, -2)]
    bulgarian, _ = h.read(cells("2", *years, country="BG"))
    assert h.balances(bulgarian, h.RULE) == [(0, -2), (0, 0)]
    over, _ = h.read(cells("3", (2007, "1", "3", "A"), (2008, "5", "4", "B")))
    assert h.balances(over, Rule((2005, 2008), "surplus")) == [(0, 2), (2, 1)]
    assert h.balances(over, Rule((2005, 2008), "shortfall")) == [(0, 2), (0, -1)]


@pytest.mark.parametrize("column, value, code", [
    ("account_id", "", "eutl_cell_text"), ("year", "20x5", "eutl_cell_text"),
    ("year", "²⁰⁰⁵", "eutl_cell_text"), ("verified", "12.5", "eutl_cell_text"),
    ("verified", "-3", "eutl_cell_text"), ("surrendered", "1 000", "eutl_cell_text"),
    ("surrendered", "Excluded", "eutl_cell_text"), ("allocated", "7 *****", "eutl_cell_text"),
    ("compliance_code", "F", "status_cell_unknown"), ("compliance_code", "A**", "status_cell_unknown"),
    ("compliance_code", "-*", "status_cell_unknown"),
])  # fmt: skip
def test_faults_in_cells(column: str, value: str, code: str) -> None:
    """An unreadable cell is an error with its place, and never a number."""
    (row,) = cells("1", (2005, "4", "4", "A"))
    rows, findings = h.read([row | {column: value}])
    assert [(f.code, f.place(), f.value) for f in findings] == [
        (code, f"compliance:2:{column}", value)
    ]
    assert blocking(findings) == findings
    assert value in findings[0].message("en")
    assert value in findings[0].message("zh")
    if column in ("account_id", "year"):
        assert rows == []
    elif column != "allocated":
        whole = [*rows, *h.read(cells("2", (2005, "4", "4", "A")))[0]]
        assert h.recompute(whole)[0].reason is Reason.UNREADABLE


def test_a_missing_cell_and_a_row_twice() -> None:
    (row,) = cells("1", (2005, "4", "4", "A"))
    short = {key: cell for key, cell in row.items() if key in ("account_id", "year")}
    rows, findings = h.read([short, row | {"allocated": "5  7  ****  2  *****"}])
    assert [finding.code for finding in findings] == [
        *["eutl_cell_text"] * 3, "status_cell_unknown", "eutl_cell_twice",
    ]  # fmt: skip
    assert (rows[0].verified, rows[0].word, rows[0].code) == (None, "unreadable", "?")
    assert "second row for 2005" in findings[-1].message()
    rows, findings = h.read([row | {"allocated": "5  7  ****  2  *****"}])
    assert (rows[0].allocated, dict(rows[0].added)) == (5, {"****": 7, "*****": 2})
    assert "9 in all" in findings[0].message()
