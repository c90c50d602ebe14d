"""An account: who answers for which tonne, under several principles, with proof.

    records ─▶ books ─▶ makers, supply ─▶ benchmarks ─▶ principles ─▶ regions, conservation

Both sides of every conservation statement come by separate paths: what is accounted from the coded
rows, what is emitted (and the net output of a set) from sums the record store makes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from tanheng.accounting.benchmarks import Benchmarks, MeanSystem, estimate, prepare, tabulate
from tanheng.accounting.books import Books, keep_books
from tanheng.accounting.checks import check_mirrors, check_own_use, decide_given, find_cycles
from tanheng.accounting.dimensions import read_exogenous
from tanheng.accounting.income import Enabled
from tanheng.accounting.load import load
from tanheng.accounting.locate import locate
from tanheng.accounting.makers import Makers, find_makers
from tanheng.accounting.method import USUAL, Method, Principle
from tanheng.accounting.named import Supply, find_supply
from tanheng.accounting.passing import Passed
from tanheng.accounting.principles import (
    Conservation,
    Result,
    Workings,
    by_benchmark,
    by_income,
    by_passing,
    by_producer,
    prepare_work,
    responsibility,
    subset_conservation,
)
from tanheng.accounting.records import LINES, Exogenous, Floats, Records
from tanheng.accounting.regions import Region, balance_regions
from tanheng.accounting.schema import EXOGENOUS
from tanheng.accounting.store import RecordStore
from tanheng.accounting.uncertainty import bootstrap, sandwich
from tanheng.errors import Finding, blocking
from tanheng.period import Period

Progress = Callable[[str], None]


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


def account(
    store: RecordStore,
    method: Method | None = None,
    *,
    principles: Sequence[Principle] = USUAL,
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
        table = _published(published, records, findings)
    given = decide_given(store, books, makers, table, findings)
    progress("benchmarks")
    system, solution, part = estimate(prepare(books, makers, method, given.value), method)
    if not solution.proved:
        cycles = find_cycles(store, system)
        findings += cycles or [
            Finding("singular", "flows", None, None, "benchmarks", {"bound": "∞"})
        ]
    findings = locate(store, findings)
    if blocking(findings, method.allow):
        return Stopped(findings, records.period)
    progress("standard errors")
    error = _standard_error(system, solution.x, given.standard_error, method)
    benchmarks = tabulate(system, solution, part, error, given.origin, given.source)
    _report_few_makers(records, benchmarks, findings)
    progress("principles")
    work = prepare_work(books, makers, supply, method, benchmarks.value, findings)
    return _conclude(store, work, system, benchmarks, principles)


def _published(store: RecordStore, records: Records, findings: list[Finding]) -> Exogenous | None:
    """A published table; its faults are told under its own name."""
    name = PurePath(store.label).name
    present = store.columns("exogenous") or frozenset()
    missing = [c.name for c in EXOGENOUS.columns if c.required and c.name not in present]
    if missing:
        reason = f"no column {', '.join(missing)}"
        findings.append(Finding("published_unreadable", name, None, None, name, {"reason": reason}))
        return None
    found = store.findings()
    table = read_exogenous(store, records.period, records.classes, found, lenient=True)
    findings += [replace(finding, table=name) for finding in found]
    return table


def _report_few_makers(records: Records, benchmarks: Benchmarks, findings: list[Finding]) -> None:
    for p in np.flatnonzero(benchmarks.protected).tolist():
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


def check_scopes(records: Records, method: Method, findings: list[Finding]) -> None:
    """Scopes must name regions of the set, and shares its classes."""
    if isinstance(method.alpha, Mapping):
        for name in sorted(set(method.alpha) - set(records.classes.ids)):
            findings.append(Finding("alpha_unknown", "classes", None, "class_id", name))
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
        return bootstrap(system, given, method)
    return sandwich(system, c, given, method)


def _conclude(
    store: RecordStore,
    work: Workings,
    system: MeanSystem,
    benchmarks: Benchmarks,
    principles: Sequence[Principle],
) -> Account | Stopped:
    """Compute the principles and regions, and put everything together."""
    results: dict[Principle, Result] = {}
    passed: dict[Principle, Passed] = {}
    enabled: Enabled | None = None
    for principle in principles:
        if principle == "benchmark":
            results[principle] = by_benchmark(work, proved=benchmarks.proved)
        elif principle == "producer":
            results[principle] = by_producer(work)
        elif principle == "income":
            results[principle], enabled = by_income(work)
        else:
            results[principle], passed[principle] = by_passing(work, principle)
    for result in results.values():
        if not result.proved:
            details = {"bound": "∞"}
            work.findings.append(
                Finding("singular", "flows", None, None, result.principle, details)
            )
    findings = locate(store, work.findings)
    if blocking(findings, work.method.allow):
        return Stopped(findings, work.records.period)
    regions = balance_regions(work.books, work.lines, work.c)
    if work.method.account_scope is not None:
        regions = [region for region in regions if region.name in work.method.account_scope]
    return Account(
        work.records,
        work.method,
        work.books,
        work.makers,
        work.supply,
        system,
        benchmarks,
        work.lines,
        work.listed,
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
