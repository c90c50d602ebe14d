"""An account: who answers for which tonne, under several principles, with proof.

    records ─▶ books ─▶ makers, supply ─▶ benchmarks ─▶ principles ─▶ regions, conservation

Both sides of every conservation statement come by separate paths: what is accounted from the coded
rows, what is emitted (and the net output of a set) from sums the record store makes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tanheng.accounting.benchmarks import Benchmarks, MeanSystem, estimate, prepare, tabulate
from tanheng.accounting.books import Books, entering, keep_books
from tanheng.accounting.checks import check_mirrors, check_own_use, decide_given, find_cycles
from tanheng.accounting.dimensions import read_exogenous
from tanheng.accounting.income import Enabled, count_money, hand_back, value_added_alpha
from tanheng.accounting.load import load
from tanheng.accounting.makers import Makers, find_makers
from tanheng.accounting.method import PRINCIPLES, Method, Principle
from tanheng.accounting.named import Supply, find_supply
from tanheng.accounting.passing import Passed, hand_on, passed_share
from tanheng.accounting.records import LINES, Exogenous, Floats, Records
from tanheng.accounting.regions import Region, balance_regions
from tanheng.accounting.store import RecordStore
from tanheng.accounting.uncertainty import bootstrap, sandwich
from tanheng.errors import Finding, blocking
from tanheng.period import Period

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Conservation:
    """Both sides of a conservation statement, tCO2e."""

    direct: float
    accounted: float

    @property
    def relative_gap(self) -> float:
        """(accounted − direct) / direct; the plain difference where nothing is emitted."""
        gap = self.accounted - self.direct
        return gap / abs(self.direct) if self.direct else gap


@dataclass(frozen=True, slots=True)
class Result:
    """One principle's account.

    Attributes:
        unit: tCO2e per unit.
        boundary: exports, imports, stocks (tCO2e), where the principle has them.
        discrepancy: per class, what does not close; zeros where the principle has none.
        conservation: of the whole set (of the account scope, for producer and benchmark).
        proved: whether the linear system behind it has a proved bound.
    """

    principle: Principle
    unit: Floats
    boundary: Mapping[str, float]
    discrepancy: Floats
    conservation: Conservation
    proved: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that was computed for one period, and what it was computed from.

    ``lines`` is R per unit and line (tCO2e) under the benchmark principle; ``listed`` says which
    units are in the account's scope.
    """

    records: Records
    method: Method
    books: Books
    makers: Makers
    supply: Supply
    system: MeanSystem
    benchmarks: Benchmarks
    lines: Floats
    listed: np.ndarray
    regions: Sequence[Region]
    results: Mapping[Principle, Result]
    passed: Mapping[Principle, Passed]
    enabled: Enabled | None
    findings: Sequence[Finding]

    def conservation_of(self, units: Sequence[int]) -> Conservation:
        """The benchmark principle's statement for any set of units.

        ``Σ R + Σ c · net output`` against ``Σ d``; net output is summed from rows, not from R.
        """
        chosen = np.zeros(len(self.records.units), dtype=bool)
        chosen[list(units)] = True
        return subset_conservation(self.records, self.lines, self.benchmarks.value, chosen)


@dataclass(frozen=True, slots=True)
class Stopped:
    """No account: findings that change numbers and were not allowed."""

    findings: Sequence[Finding]
    period: Period | None


def subset_conservation(
    records: Records, lines: Floats, c: Floats, chosen: np.ndarray
) -> Conservation:
    """Both sides for a set of units, from rows."""
    taken, made, burnt = (
        chosen[records.inputs.unit],
        chosen[records.outputs.unit],
        chosen[records.direct.unit],
    )
    classes = len(c)
    net = np.bincount(records.outputs.cls[made], records.outputs.quantity[made], classes)
    net -= np.bincount(records.inputs.cls[taken], records.inputs.quantity[taken], classes)
    direct = float(records.direct.emission_tco2e[burnt].sum())
    return Conservation(direct, float(lines[chosen].sum() + c @ net))


def responsibility(books: Books, c: Floats) -> Floats:
    """R per unit and line, tCO2e: ``Σ c U + d − Σ c V`` (method.md section 1).

    Args:
        c: benchmarks, tCO2e per class measure; any c conserves.
    """
    lines = books.direct.copy()
    lines[:, 0] += (books.inputs + books.capital) @ c if books.capital.nnz else books.inputs @ c
    lines[:, 0] -= books.outputs @ c
    for i, part in enumerate(books.final, start=1):
        if part.nnz:
            lines[:, i] += part @ c
    return lines


def account(
    store: RecordStore,
    method: Method | None = None,
    *,
    principles: Sequence[Principle] = PRINCIPLES,
    period: Period | None = None,
    published: RecordStore | None = None,
    progress: Progress = lambda _: None,
) -> Account | Stopped:
    """Account for a record set.

    Args:
        store: where the records are.
        method: the choices; defaults are the paper's.
        principles: which to compute.
        period: None takes the only year of the records.
        published: a whole table of benchmarks to apply instead of estimating.
        progress: told the name of each stage.

    Returns:
        The account, or all findings that stand in its way.
    """
    method = method or Method()
    needs_money = "income" in principles or (
        "shared" in principles and method.alpha == "value_added"
    )
    progress("read")
    loaded = load(store, method, period, values=needs_money)
    findings = list(loaded.findings)
    records = loaded.records
    if records is None:
        return Stopped(findings, period)
    check_scopes(records, method, findings)
    progress("books")
    books = keep_books(records, method)
    makers = find_makers(books, method, findings)
    supply = find_supply(books, makers, findings)
    check_mirrors(records, findings)
    check_own_use(books, makers, findings)
    table = None
    if published is not None:
        table = read_exogenous(published, records.period, records.classes, findings, lenient=True)
    given = decide_given(store, books, makers, table, findings)
    progress("benchmarks")
    system, solution, part = estimate(prepare(books, makers, method, given.value), method)
    if not solution.proved:
        cycles = find_cycles(store, system)
        findings += cycles or [
            Finding("singular", "flows", None, None, "benchmarks", {"bound": "∞"})
        ]
    if blocking(findings, method.allow):
        return Stopped(findings, records.period)
    progress("standard errors")
    error = _standard_error(system, solution.x, given.standard_error, method)
    benchmarks = tabulate(system, solution, part, error, given.origin, given.source)
    for p in np.flatnonzero((benchmarks.makers > 0) & (benchmarks.makers < 3)).tolist():
        if given.origin[p] == "estimated":
            findings.append(
                Finding(
                    "few_makers",
                    "classes",
                    None,
                    None,
                    records.classes.ids[p],
                    {"count": int(benchmarks.makers[p])},
                )
            )
    progress("principles")
    return _conclude(
        records, method, books, makers, supply, system, benchmarks, principles, findings
    )


def check_scopes(records: Records, method: Method, findings: list[Finding]) -> None:
    """Scopes must name regions of the set."""
    for scope in (method.benchmark_scope, method.account_scope):
        for name in sorted(scope or ()):
            if name not in records.regions:
                known = ", ".join(records.regions)
                findings.append(
                    Finding("scope_without_region", "units", None, "region", name, {"known": known})
                )


def _standard_error(system: MeanSystem, c: Floats, given: Floats, method: Method) -> Floats:
    if method.standard_errors == "off":
        return np.full(len(c), np.nan)
    if method.standard_errors == "bootstrap":
        return bootstrap(system, method)
    return sandwich(system, c, given, method)


def _conclude(
    records: Records,
    method: Method,
    books: Books,
    makers: Makers,
    supply: Supply,
    system: MeanSystem,
    benchmarks: Benchmarks,
    principles: Sequence[Principle],
    findings: list[Finding],
) -> Account | Stopped:
    c = benchmarks.value
    lines = responsibility(books, c)
    listed = np.ones(len(records.units), dtype=bool)
    if method.account_scope is not None:
        inside = [i for i, name in enumerate(records.regions) if name in method.account_scope]
        listed = np.isin(records.units.region, inside)
    enters = entering(method)[records.inputs.purpose]
    whole = records.totals
    none = np.zeros(len(c))
    results: dict[Principle, Result] = {}
    passed: dict[Principle, Passed] = {}
    enabled: Enabled | None = None
    for principle in principles:
        if principle == "benchmark":
            closed = Conservation(
                whole.direct_tco2e, float(lines.sum() + c @ (whole.made - whole.used))
            )
            if not listed.all():
                closed = subset_conservation(records, lines, c, listed)
            unit = lines.sum(axis=1)
            results[principle] = Result(principle, unit, {}, none, closed, benchmarks.proved)
        elif principle == "producer":
            unit = books.direct.sum(axis=1)
            closed = Conservation(whole.direct_tco2e, float(unit.sum()))
            if not listed.all():
                closed = subset_conservation(records, unit[:, None], none, listed)
            results[principle] = Result(principle, unit, {}, none, closed, True)
        elif principle == "income":
            enabled = hand_back(books, makers, supply, enters, findings)
            closed = Conservation(whole.direct_tco2e, float(enabled.unit.sum()))
            boundary = {"imports": float(enabled.imports.sum())}
            results[principle] = Result(
                principle, enabled.unit, boundary, none, closed, enabled.proved
            )
        else:
            alpha = 1.0 if principle == "consumer" else method.alpha
            if alpha == "value_added":
                money = count_money(books, makers, supply, enters)
                alpha = value_added_alpha(books, makers, money, findings)
            share = passed_share(makers, alpha, records.classes.ids)
            found = hand_on(books, makers, supply, share, c, enters)
            passed[principle] = found
            closed = Conservation(whole.direct_tco2e, found.accounted())
            boundary = {"exports": found.exports, "imports": found.imports, "stocks": found.stocks}
            results[principle] = Result(
                principle,
                found.kept + found.final,
                boundary,
                found.discrepancy,
                closed,
                found.proved,
            )
    for result in results.values():
        if not result.proved:
            findings.append(
                Finding("singular", "flows", None, None, result.principle, {"bound": "∞"})
            )
    if blocking(findings, method.allow):
        return Stopped(findings, records.period)
    regions = balance_regions(books, lines, c)
    if method.account_scope is not None:
        regions = [region for region in regions if region.name in method.account_scope]
    return Account(
        records,
        method,
        books,
        makers,
        supply,
        system,
        benchmarks,
        lines,
        listed,
        regions,
        results,
        passed,
        enabled,
        findings,
    )


__all__ = [
    "LINES",
    "Account",
    "Conservation",
    "Exogenous",
    "Result",
    "Stopped",
    "account",
    "responsibility",
]
