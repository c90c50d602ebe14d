"""The tables of the report: texts and numbers ready to be shown, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tanheng.accounting.account import Conservation
from tanheng.accounting.benchmarks import FEW
from tanheng.accounting.records import LINES
from tanheng.accounting.regions import Region
from tanheng.report.disclosure import View
from tanheng.report.entries import USE_KEYS, Entry, figures_of
from tanheng.report.flows import CarbonFlow
from tanheng.report.numbers import (
    DASH,
    Bilingual,
    amount,
    column,
    decimals,
    number,
    power,
    rate,
    significant,
)
from tanheng.report.texts import say

MAX_BENCHMARKS = 500
MAX_REGIONS = 100
MAX_ROWS = 200
"""Rows of the smaller tables (links, discrepancies, trade)."""
MAX_TRADE = 30
_CONSERVED = 1e-9
"""Relative gap up to which two sides of a statement are the same number."""

Cell = str | Bilingual


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is shown.

    Attributes:
        heads: of the columns.
        numeric: whether a column is set as numbers.
        rows: cells; the last ``totals`` rows are sums.
        total: rows there would be without a limit.
    """

    heads: Sequence[Bilingual]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[Cell]]
    total: int
    totals: int = 0
    note: Bilingual | None = None
    flags: Sequence[bool] = field(default_factory=tuple)

    def more(self) -> Bilingual | None:
        """Says that the table was cut, if it was."""
        shown = len(self.rows) - self.totals
        if self.total <= shown:
            return None
        return say("more_rows", total=f"{self.total:,}", shown=f"{shown:,}")


def table(
    heads: str, columns: Sequence[Sequence[Cell]], *, words: int, total: int | None = None,
    totals: int = 0,
) -> Table:  # fmt: skip
    """A table from columns.

    Args:
        heads: keys of the headers, separated by blanks.
        words: how many of the first columns hold words; the others hold numbers.
    """
    keys = heads.split()
    assert len(keys) == len(columns), heads
    rows = list(zip(*columns, strict=True))
    numeric = [i >= words for i in range(len(keys))]
    return Table([say(key) for key in keys], numeric, rows,
                 len(rows) - totals if total is None else total, totals)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """Both sides of one principle's conservation, as shown."""

    principle: Bilingual
    answers: Bilingual
    units: str
    boundary: str
    accounted: str
    direct: str
    gap: str
    holds: bool


def conservation(view: View) -> list[Statement]:
    """The statement of every principle of the account; R is always among them."""
    account = view.account
    known: dict[str, Conservation] = {n: r.conservation for n, r in account.results.items()}
    if "benchmark" not in known:
        known["benchmark"] = account.conservation_of(np.flatnonzero(account.listed).tolist())
    found = []
    for name, values in figures_of(view).items():
        sides = known[name]
        units = float(values[account.listed].sum())
        places = decimals([sides.direct, sides.accounted], 9)
        found.append(Statement(
            say(f"principle_{name}"), say(f"answers_{name}"), number(units, places),
            number(sides.accounted - units, places), number(sides.accounted, places),
            number(sides.direct, places), power(sides.relative_gap),
            abs(sides.relative_gap) <= _CONSERVED,
        ))  # fmt: skip
    return found


def links(flow: CarbonFlow, names: Sequence[str]) -> Table:
    """The links of the Sankey, largest first."""
    order = np.argsort(-flow.links.tco2e, kind="stable")[:MAX_ROWS].tolist()

    def word(position: int) -> Cell:
        node = flow.nodes[position]
        return names[node] if isinstance(node, int) else say(f"node_{node}")

    return table(
        "from to tco2e",
        [[word(int(flow.links.source[i])) for i in order],
         [word(int(flow.links.target[i])) for i in order],
         column(float(flow.links.tco2e[i]) for i in order)],
        words=2, total=len(flow.links.tco2e),
    )  # fmt: skip


def ranking(entries: Sequence[Entry]) -> Table:
    """Units, or groups of units, with d and R."""
    direct = column((entry.direct for entry in entries), 6)
    r = column((entry.figures["benchmark"] for entry in entries), 6)
    uses = [say(USE_KEYS[entry.use]) for entry in entries]
    if any(not entry.key for entry in entries):
        counts = [f"{entry.count:,}" for entry in entries]
        return table("use units_count direct responsibility", [uses, counts, direct, r], words=1)
    texts = [[str(i + 1) for i in range(len(entries))], [entry.key for entry in entries],
             [entry.name for entry in entries], [entry.region for entry in entries]]  # fmt: skip
    return table("rank unit name region use direct responsibility", [*texts, uses, direct, r],
                 words=5)  # fmt: skip


def principles(view: View, entries: Sequence[Entry]) -> Table:
    """The same units under each principle, and all units in scope."""
    figures = figures_of(view)
    names: list[Cell] = [entry.name if entry.key else say(USE_KEYS[entry.use]) for entry in entries]
    columns: list[Sequence[Cell]] = [[*names, say("total_units")]]
    for name, values in figures.items():
        own = [entry.figures[name] for entry in entries]
        columns.append(column([*own, float(values[view.account.listed].sum())], 7))
    heads = " ".join(f"principle_{name}" for name in figures)
    return table(f"unit {heads}", columns, words=1, totals=1)


def by_carbon(view: View) -> list[int]:
    """Classes by the carbon in their makers' output, most first; those without output after."""
    b = view.account.benchmarks
    totals = view.account.records.totals
    size = np.abs(b.value) * np.maximum(b.output, 0.0)
    moved = np.abs(b.value) * (np.abs(totals.made) + np.abs(totals.used))
    # What is hidden comes last, so that its place tells nothing of its size.
    return [int(p) for p in np.lexsort((-moved, -size, view.hidden))]


def benchmarks(view: View) -> Table:
    """Benchmarks with their errors, in the mass that reads best."""
    b, classes = view.account.benchmarks, view.account.records.classes
    order = by_carbon(view)
    columns: list[list[Cell]] = [[] for _ in range(10)]
    few = say("fewer", few=str(FEW))
    for p in order[:MAX_BENCHMARKS]:
        value, error = float(b.value[p]), float(b.standard_error[p])
        shown = rate(value, classes.measures[p])
        relative = error / abs(value) if value else float("nan")
        cells: list[Cell] = [
            classes.ids[p], classes.names[p], say(f"origin_{b.origin[p]}"), shown.unit,
            significant(value * shown.factor), significant(error * shown.factor),
            f"{relative:.1%}" if np.isfinite(relative) else DASH, f"{int(b.makers[p]):,}",
            amount(float(b.output[p])), amount(value * float(b.output[p])),
        ]  # fmt: skip
        if view.hidden[p]:
            cells[3:] = [classes.measures[p], DASH, DASH, DASH, few, DASH, DASH]
        for cell, part in zip(cells, columns, strict=True):
            part.append(cell)
    return table("class name origin measure value standard_error relative_error makers output "
                 "carried", columns, words=4, total=len(order))  # fmt: skip


def balances(shown: Sequence[Region]) -> tuple[Table, Table]:
    """Statements (a) and (b) of the regions, and their sums."""
    listed = shown[:MAX_REGIONS]
    lines = [[getattr(r, line) for r in listed] for line in LINES]
    open_ = [float(r.discrepancy.sum()) for r in listed]
    across = [[r.exports for r in listed], [r.imports for r in listed], [r.stocks for r in listed]]
    answers, direct = [r.answers_for for r in listed], [r.direct for r in listed]
    net = [i - x - s - g for x, i, s, g in zip(*across, open_, strict=True)]
    right = [d + n for d, n in zip(direct, net, strict=True)]
    a = [answers, across[0], across[1], across[2], open_, [r.balance for r in listed], direct]
    without = [r.answers_for - r.construction for r in listed]
    b = [
        *lines,
        answers,
        right,
        [r.recurring for r in listed],
        [r.one_off for r in listed],
        without,
    ]
    names: list[Cell] = [*(r.name for r in listed), say("all_regions")]
    largest = max((abs(v) for part in (*a, *b) for v in part), default=0.0)
    places = decimals([largest], 7)

    def cells(parts: Sequence[Sequence[float]]) -> list[list[Cell]]:
        return [[number(v, places) for v in (*part, sum(part))] for part in parts]

    return (
        table("region answers_for exports imports stocks discrepancy left_side direct_side",
              [names, *cells(a)], words=1, total=len(shown), totals=1),
        table("region line_producers line_daily line_construction line_maintenance answers_for "
              "right_side recurring one_off without_construction",
              [names, *cells(b)], words=1, total=len(shown), totals=1),
    )  # fmt: skip


def discrepancies(view: View) -> Table:
    """Classes whose records do not close, per region, largest first."""
    found: list[tuple[float, str, str]] = []
    for region in view.regions:
        noise = 1e-12 * max(abs(region.direct), region.exports, region.imports, 1.0)
        visible = (np.abs(region.discrepancy) > noise) & ~view.hidden
        for p in np.flatnonzero(visible).tolist():
            name = view.account.records.classes.names[p]
            found.append((float(region.discrepancy[p]), region.name, name))
    found.sort(key=lambda entry: -abs(entry[0]))
    shown = found[:MAX_ROWS]
    columns = [[region for _, region, _ in shown], [name for _, _, name in shown],
               column(value for value, _, _ in shown)]  # fmt: skip
    return table("region class tco2e", columns, words=2, total=len(found))


def trade(view: View) -> Table:
    """Carbon in imports and exports, gross, per class and partner, largest first."""
    records, c = view.account.records, view.account.benchmarks.value
    rows = records.trade
    open_regions = {region.name for region in view.regions}
    inside = np.array([name in open_regions for name in records.regions], dtype=bool)
    visible = inside[rows.region] & ~view.hidden[rows.cls]
    partners, partner = np.unique(np.array(rows.partner_names, dtype=object).astype(str),
                                  return_inverse=True)  # fmt: skip
    key = ((rows.region.astype(np.int64) * 2 + rows.is_export) * len(c) + rows.cls) \
        * max(len(partners), 1) + partner  # fmt: skip
    distinct, place = np.unique(key[visible], return_inverse=True)
    quantity = np.bincount(place, rows.quantity[visible], len(distinct))
    who, rest = distinct % max(len(partners), 1), distinct // max(len(partners), 1)
    cls, ends = rest % max(len(c), 1), rest // max(len(c), 1)
    tco2e = quantity * c[cls]
    order = np.argsort(-np.abs(tco2e), kind="stable")[:MAX_TRADE].tolist()
    direction = (say("import"), say("export"))
    columns: list[Sequence[Cell]] = [
        [records.regions[ends[i] // 2] for i in order], [direction[ends[i] % 2] for i in order],
        [records.classes.names[cls[i]] for i in order], [str(partners[who[i]]) or say("outside") for i in order],
        [f"{amount(float(quantity[i]))} {records.classes.measures[cls[i]]}" for i in order],
        column(float(tco2e[i]) for i in order),
    ]  # fmt: skip
    return table("region direction class partner quantity tco2e", columns, words=4,
                 total=len(distinct))  # fmt: skip
