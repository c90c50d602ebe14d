"""Published status codes of the European registry, recomputed from what was surrendered.

The public table of the European Union Transaction Log has a row per operator account and year with
verified emissions, surrendered units and a status code. It is messy: amounts are mixed with words
(``Excluded``, ``Not Reported``) and footnote marks. ``read`` turns cells into whole numbers or
findings; ``recompute`` holds an account's balance against its code and gives every row a reason.

**The rule.** With ``v`` verified emissions (tCO2e) and ``s`` surrendered units (one per tCO2e)::

    balance(y) = Σ s − Σ v   over the account's years up to y
    code(y)    = A if balance(y) ≥ 0, else B

What the codes say (European Commission, EU Transaction Log; as kept in jabrell/eutl_scraper,
eutl_scraper/mappings.py, commit 203cc2aca5f6d339db9600df4b9b0d002c9be4fc): A surrendered by 30 April
at least the verified emissions; B less; C emissions not entered by 30 April; D, E emissions corrected
by the authority after 30 April, which then decided not in compliance (D) or in compliance (E); X the
registry was suspended; − no obligation. What the mark ``*`` says is not documented there.

Nothing here opens a file. A table of 194,000 rows takes a few seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from tanheng.errors import Finding

Code = Literal["A", "B"]
Word = Literal["", "Excluded", "Not Reported", "unreadable"]

_FOOTNOTE = re.compile(r"([0-9]+)((?:\s+[0-9]+\s+\*+)+)")
_ADDED = re.compile(r"([0-9]+)\s+(\*+)")
_NONE: Mapping[str, int] = MappingProxyType({})
_CODES = frozenset(["", "-", *"ABCDEX", *(code + "*" for code in "ABCDEX")])


@dataclass(frozen=True, slots=True)
class AccountYear:
    """A row of the published table, read.

    Attributes:
        row: its place, counted as a spreadsheet shows it (the header is row 1).
        account, country, year: whose and which.
        verified: verified emissions, tCO2e; None when the cell is no number.
        word: what stands there instead (blank, a word of the registry, or something unreadable; the
            last also when the surrender is unreadable).
        surrendered: units (one per tCO2e); None when the cell is blank.
        allocated: units given free of charge; None when the cell is blank.
        added: further free units by footnote mark, such as ``{"*****": 129360}``.
        code: published code without its mark: A, B, C, D, E, X, "-", "" (none) or "?" (unreadable).
        marked: whether the code carried ``*``.
    """

    row: int
    account: str
    country: str
    year: int
    verified: int | None
    word: Word
    surrendered: int | None
    allocated: int | None
    added: Mapping[str, int]
    code: str
    marked: bool

    @property
    def short(self) -> bool:
        """Whether less was surrendered for the year than was emitted in it."""
        return (self.surrendered or 0) < (self.verified or 0)


class Reason(StrEnum):
    """Why a row is as it is: exactly one for every row. The first is the rule; see REASONS."""

    REPRODUCED = "reproduced"
    RAISED_LATER = "raised later"
    CARRIED_SHORTFALL = "carried shortfall"
    BOOKED_NEXT_YEAR = "booked next year"
    SHORT_UNMARKED = "short, unmarked"
    SURRENDERED_LATE = "surrendered late"
    NOTHING_DUE = "nothing due"
    SURPLUS_UNUSED = "surplus unused"
    NOT_YET_PUBLISHED = "not yet published"
    NO_ENTRY = "no entry"
    CODE_MISSING = "code missing"
    EXCLUDED = "excluded"
    NOT_REPORTED = "not reported"
    VERIFIED_BLANK = "verified blank"
    REPORTED_LATE = "reported late"
    CORRECTED_D = "corrected, D"
    CORRECTED_E = "corrected, E"
    SUSPENDED = "suspended"
    NO_OBLIGATION = "no obligation"
    UNREADABLE = "unreadable"


REASONS: Mapping[Reason, str] = {
    Reason.REPRODUCED: "The code follows from the balance.",
    Reason.RAISED_LATER: "A published, B recomputed. Short in the year itself, and the code carries *: "
    "verified emissions seem to have been raised after the deadline.",
    Reason.CARRIED_SHORTFALL: "A published, B recomputed. The year itself is covered; the balance was "
    "below zero from an earlier year.",
    Reason.BOOKED_NEXT_YEAR: "A published, B recomputed. The surrendered cell is blank, and the next "
    "row's surrender covers both years.",
    Reason.SHORT_UNMARKED: "A published, B recomputed. Short in the year itself, without a mark.",
    Reason.SURRENDERED_LATE: "B published, A recomputed. Units of the year cover it: they seem to have "
    "come after the deadline.",
    Reason.NOTHING_DUE: "B published, A recomputed. Verified emissions are zero.",
    Reason.SURPLUS_UNUSED: "B published, A recomputed. Only a surplus of earlier years covers the year.",
    Reason.NOT_YET_PUBLISHED: "No account has a code for the year yet.",
    Reason.NO_ENTRY: "Neither code nor emissions nor surrender.",
    Reason.CODE_MISSING: "Figures, but no code.",
    Reason.EXCLUDED: "Verified emissions read 'Excluded'.",
    Reason.NOT_REPORTED: "Verified emissions read 'Not Reported'.",
    Reason.VERIFIED_BLANK: "A or B published, but verified emissions are blank.",
    Reason.REPORTED_LATE: "C: emissions were not entered by the deadline; they are there now.",
    Reason.CORRECTED_D: "D: corrected by the authority after the deadline, not in compliance.",
    Reason.CORRECTED_E: "E: corrected by the authority after the deadline, in compliance.",
    Reason.SUSPENDED: "X: the registry was suspended.",
    Reason.NO_OBLIGATION: "-: no obligation in the year.",
    Reason.UNREADABLE: "A cell is neither a number nor a word of the registry: see the findings.",
}

EXCEPTIONS = tuple(Reason)[1:8]
"""Reasons of rows that were compared and differ."""

COMPARED = (Reason.REPRODUCED, *EXCEPTIONS)
"""Reasons of rows with a published A or B and a number of verified emissions."""

_BY_CODE = {
    "D": Reason.CORRECTED_D, "E": Reason.CORRECTED_E, "X": Reason.SUSPENDED,
    "-": Reason.NO_OBLIGATION, "?": Reason.UNREADABLE,
}  # fmt: skip
_BY_WORD: Mapping[Word, Reason] = {
    "Excluded": Reason.EXCLUDED, "Not Reported": Reason.NOT_REPORTED,
    "": Reason.VERIFIED_BLANK, "unreadable": Reason.UNREADABLE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """When an account's balance starts anew.

    Attributes:
        first_years: first years of periods, ascending. Between two periods only ``carried`` passes.
        carried: what of a balance passes into the next period.
        restarts: by country, further years in which the balance starts at zero, ascending.
    """

    first_years: tuple[int, ...] = (2005,)
    carried: Literal["nothing", "shortfall", "surplus"] = "nothing"
    restarts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def passed(self, balance: int) -> int:
        """What of a balance passes into the next period (tCO2e)."""
        if self.carried == "nothing":
            return 0
        return min(0, balance) if self.carried == "shortfall" else max(0, balance)


_BULGARIA = {"BG": (2008,)}

CANDIDATES: Mapping[str, Rule] = {
    "every year on its own": Rule(tuple(range(2005, 2021))),
    "periods from 2005": Rule((2005,)),
    "periods from 2005, 2008": Rule((2005, 2008)),
    "periods from 2005, 2008, 2013": Rule((2005, 2008, 2013)),
    "periods from 2005, 2013": Rule((2005, 2013)),
    "periods from 2005, 2008, 2013, shortfalls carried": Rule((2005, 2008, 2013), "shortfall"),
    "periods from 2005; Bulgaria anew in 2008": Rule((2005,), restarts=_BULGARIA),
    "periods from 2005, 2008; Bulgaria anew in 2008": Rule((2005, 2008), restarts=_BULGARIA),
    "periods from 2005, 2013; Bulgaria anew in 2008": Rule((2005, 2013), restarts=_BULGARIA),
    "periods from 2005, 2008, 2013, shortfalls carried; Bulgaria anew in 2008": Rule(
        (2005, 2008, 2013), "shortfall", _BULGARIA
    ),
}
"""Rules that were tried on the table of 2021, by name."""

RULE = CANDIDATES["periods from 2005; Bulgaria anew in 2008"]
"""The rule that reproduces most codes. The data chose it, not a clause.

One balance since 2005, which neither 2008 nor 2013 resets. Bulgaria alone starts anew in 2008: none of
its accounts that emitted in 2007 surrendered anything for it (all B), and their later codes do not
count it.
"""


@dataclass(frozen=True, slots=True)
class Status:
    """A row, its balance, its code as recomputed, and the reason it is as it is.

    Attributes:
        row: the row of the table.
        before, balance: Σ surrendered − Σ verified before and after the year (tCO2e).
        recomputed: A or B; None where verified emissions are no number, ``row.word`` says why.
        reason: exactly one of the reasons.
    """

    row: AccountYear
    before: int
    balance: int
    recomputed: Code | None
    reason: Reason


def read(
    cells: Iterable[Mapping[str, str]], table: str = "compliance"
) -> tuple[list[AccountYear], list[Finding]]:
    """Rows and findings of the published table.

    Args:
        cells: rows by column name: account_id, country, year, allocated, verified, surrendered,
            compliance_code. Cells are text as published.
        table: its name in findings.

    A row without account or year, or the second of an account and year, is not among the rows: it is
    a finding of severity error. Later balances of an account with an unreadable amount are not to be
    relied on; that, too, is an error. Codes of findings: eutl_cell_excluded, eutl_cell_not_reported,
    eutl_cell_footnote, eutl_cell_text, eutl_cell_twice, status_cell_mark, status_cell_unknown.
    """
    rows: list[AccountYear] = []
    findings: list[Finding] = []
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(cells, start=2):
        account, year = row.get("account_id") or "", row.get("year") or ""
        if not account or not (len(year) == 4 and year.isdecimal() and year.isascii()):
            column, value = ("account_id", account) if not account else ("year", year)
            findings.append(Finding("eutl_cell_text", table, number, column, value))
            continue
        if (account, int(year)) in seen:
            details = {"year": year}
            findings.append(
                Finding("eutl_cell_twice", table, number, "account_id", account, details)
            )
            continue
        seen.add((account, int(year)))
        verified, word = _verified(row.get("verified"), table, number, findings)
        units = row.get("surrendered")
        surrendered = _amount(units, table, number, "surrendered", findings)
        if surrendered is None and units != "":
            # Counting it as none would make a B of a slip of the pen.
            verified, word = None, "unreadable"
        allocated, added = _allocated(row.get("allocated"), table, number, findings)
        code, marked = _code(row.get("compliance_code"), table, number, findings)
        rows.append(
            AccountYear(
                number, account, row.get("country") or "", int(year), verified, word,
                surrendered, allocated, added, code, marked,
            )
        )  # fmt: skip
    return rows, findings


def _amount(
    cell: str | None, table: str, row: int, column: str, findings: list[Finding]
) -> int | None:
    """A whole number, or None for a blank cell or one that is a finding."""
    if cell and cell.isdecimal() and cell.isascii():
        return int(cell)
    if cell != "":
        findings.append(Finding("eutl_cell_text", table, row, column, cell or ""))
    return None


def _verified(
    cell: str | None, table: str, row: int, findings: list[Finding]
) -> tuple[int | None, Word]:
    if cell == "Excluded":
        findings.append(Finding("eutl_cell_excluded", table, row, "verified", cell))
        return None, "Excluded"
    if cell == "Not Reported":
        findings.append(Finding("eutl_cell_not_reported", table, row, "verified", cell))
        return None, "Not Reported"
    amount = _amount(cell, table, row, "verified", findings)
    return amount, "" if amount is not None or cell == "" else "unreadable"


def _allocated(
    cell: str | None, table: str, row: int, findings: list[Finding]
) -> tuple[int | None, Mapping[str, int]]:
    """Amount, and further amounts by their mark: ``"647834  127109  *****"``."""
    found = _FOOTNOTE.fullmatch(cell) if cell and "*" in cell else None
    if cell is None or not found:
        return _amount(cell, table, row, "allocated", findings), _NONE
    added: Counter[str] = Counter()
    for amount, mark in _ADDED.findall(found[2]):
        added[mark] += int(amount)
    findings.append(
        Finding("eutl_cell_footnote", table, row, "allocated", cell, {"added": added.total()})
    )
    return int(found[1]), dict(added)


def _code(cell: str | None, table: str, row: int, findings: list[Finding]) -> tuple[str, bool]:
    if cell is None or cell not in _CODES:
        findings.append(Finding("status_cell_unknown", table, row, "compliance_code", cell or ""))
        return "?", False
    marked = cell.endswith("*")
    if marked:
        findings.append(Finding("status_cell_mark", table, row, "compliance_code", cell))
    return cell.removesuffix("*"), marked


def histories(rows: Iterable[AccountYear]) -> dict[str, list[AccountYear]]:
    """Rows by account, years ascending. Every row is in one of them."""
    found: dict[str, list[AccountYear]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    for history in found.values():
        history.sort(key=lambda row: row.year)
    return dict(found)


def balances(history: Sequence[AccountYear], rule: Rule = RULE) -> list[tuple[int, int]]:
    """Balance before and after each row of one account, years ascending (tCO2e).

    A blank surrender counts as none, and a year without a number of verified emissions as zero:
    the balance then stands as it stood, plus what was surrendered.

    Example: emissions 10 and 8, surrendered 9 and 9 give (0, −1) and (−1, 0): B, then A.
    """
    found: list[tuple[int, int]] = []
    restarts = rule.restarts.get(history[0].country, ()) if history else ()
    period = restarted = balance = 0
    for row in history:
        # Counted, not looked up by year: an account may have no row for the first year itself.
        now, anew = bisect_right(rule.first_years, row.year), bisect_right(restarts, row.year)
        opening = balance
        if now != period:
            opening = rule.passed(balance)
        if anew != restarted:
            opening = 0
        balance = opening + (row.surrendered or 0) - (row.verified or 0)
        found.append((opening, balance))
        period, restarted = now, anew
    return found


def recompute(rows: Sequence[AccountYear], rule: Rule = RULE) -> list[Status]:
    """A status for every row: accounts as they first appear, years ascending.

    Args:
        rows: of the whole table; a year in which no row has a code counts as not yet published.
        rule: when balances start anew.
    """
    coded = {row.year for row in rows if row.code}
    found: list[Status] = []
    for history in histories(rows).values():
        sums = balances(history, rule)
        # What the next row leaves: a blank surrender may have been booked there.
        left = [after for _, (_, after) in pairwise(sums)]
        for row, (before, after), following in zip(history, sums, [*left, None], strict=True):
            recomputed: Code | None = None if row.verified is None else "A" if after >= 0 else "B"
            reason = _apart(row, row.year in coded) or _compared(row, before, after, following)
            found.append(Status(row, before, after, recomputed, reason))
    return found


def _apart(row: AccountYear, published: bool) -> Reason | None:
    """Why a row cannot be compared; None when it can."""
    if not published:
        return Reason.NOT_YET_PUBLISHED
    if row.code in _BY_CODE:
        return _BY_CODE[row.code]
    if row.word in ("Excluded", "Not Reported", "unreadable"):
        return _BY_WORD[row.word]
    if not row.code:
        figures = row.verified is not None or row.surrendered is not None
        return Reason.CODE_MISSING if figures else Reason.NO_ENTRY
    if row.verified is None:
        return _BY_WORD[row.word]
    return Reason.REPORTED_LATE if row.code == "C" else None


def _compared(row: AccountYear, before: int, balance: int, following: int | None) -> Reason:
    """The reason of a row with a code A or B and a number of verified emissions."""
    if (row.code == "A") == (balance >= 0):
        return Reason.REPRODUCED
    if row.code == "B":
        if row.short:
            return Reason.SURPLUS_UNUSED
        return Reason.SURRENDERED_LATE if row.verified else Reason.NOTHING_DUE
    if not row.short:
        return Reason.CARRIED_SHORTFALL
    if row.surrendered is None and following is not None and following >= min(0, before):
        return Reason.BOOKED_NEXT_YEAR
    return Reason.RAISED_LATER if row.marked else Reason.SHORT_UNMARKED


def counts(statuses: Iterable[Status]) -> dict[Reason, int]:
    """Rows by reason, all reasons in their order; they add up to the number of rows."""
    found = Counter(status.reason for status in statuses)
    return {reason: found[reason] for reason in Reason}


def shares(statuses: Iterable[Status]) -> dict[int, tuple[int, int]]:
    """Rows compared and rows reproduced, by year, ascending; years with none are left out."""
    compared: Counter[int] = Counter()
    same: Counter[int] = Counter()
    for status in statuses:
        compared[status.row.year] += status.reason in COMPARED
        same[status.row.year] += status.reason is Reason.REPRODUCED
    return {year: (compared[year], same[year]) for year in sorted(compared) if compared[year]}


def compare(
    rows: Sequence[AccountYear], rules: Mapping[str, Rule] = CANDIDATES
) -> dict[str, tuple[int, int]]:
    """Rows compared and rows reproduced, by name of rule, best first."""
    grouped = list(histories(rows).values())
    found: dict[str, tuple[int, int]] = {}
    for name, rule in rules.items():
        compared = same = 0
        for history in grouped:
            for row, (_, after) in zip(history, balances(history, rule), strict=True):
                if row.code in ("A", "B") and row.verified is not None:
                    compared += 1
                    same += (row.code == "A") == (after >= 0)
        found[name] = compared, same
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))


def percent(part: int, whole: int) -> str:
    """A share in per cent, two places, rounded down: 100.00 means all of them."""
    return f"{part * 10_000 // whole / 100:.2f}"


def summary(statuses: Sequence[Status]) -> str:
    """The share reproduced by year and overall, and all rows by reason, as two Markdown tables."""
    by_year, by_reason = shares(statuses), counts(statuses)
    lines = ["| year | compared | reproduced | share, % |", "| --- | --- | --- | --- |"]
    for year, (compared, same) in by_year.items():
        lines.append(f"| {year} | {compared:,} | {same:,} | {percent(same, compared)} |")
    compared = sum(pair[0] for pair in by_year.values())
    if compared:
        same = by_reason[Reason.REPRODUCED]
        lines.append(f"| all | {compared:,} | {same:,} | {percent(same, compared)} |")
    lines += ["", "| reason | rows | what it says |", "| --- | --- | --- |"]
    lines += [f"| {reason} | {n:,} | {REASONS[reason]} |" for reason, n in by_reason.items()]
    lines.append(f"| all | {len(statuses):,} | |")
    return "\n".join(lines) + "\n"
