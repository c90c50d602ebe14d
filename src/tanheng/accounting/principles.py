"""The principles: what each unit answers for, and both sides of the conservation statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tanheng.accounting.books import Books, entering
from tanheng.accounting.income import Enabled, count_money, hand_back, value_added_alpha
from tanheng.accounting.makers import Makers
from tanheng.accounting.method import Method, Principle
from tanheng.accounting.named import Supply
from tanheng.accounting.passing import Passed, hand_on, passed_share
from tanheng.accounting.records import Floats, Records, add_up
from tanheng.errors import Finding

Mask = npt.NDArray[np.bool_]


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
class Workings:
    """What all principles are computed from.

    Attributes:
        c: benchmarks, tCO2e per class measure.
        lines: R per unit and line under the benchmark principle, tCO2e.
        listed: units in the account's scope.
        enters: input rows whose purpose enters benchmarks and is handed on.
    """

    records: Records
    method: Method
    books: Books
    makers: Makers
    supply: Supply
    c: Floats
    lines: Floats
    listed: Mask
    enters: Mask
    findings: list[Finding]


def prepare_work(
    books: Books,
    makers: Makers,
    supply: Supply,
    method: Method,
    c: Floats,
    findings: list[Finding],
) -> Workings:
    """Bring together what the principles need."""
    records = books.records
    listed = np.ones(len(records.units), dtype=bool)
    if method.account_scope is not None:
        inside = [i for i, name in enumerate(records.regions) if name in method.account_scope]
        listed = np.isin(records.units.region, inside)
    enters = entering(method)[records.inputs.purpose]
    lines = responsibility(books, c)
    return Workings(records, method, books, makers, supply, c, lines, listed, enters, findings)


def subset_conservation(records: Records, lines: Floats, c: Floats, chosen: Mask) -> Conservation:
    """Both sides for a set of units, from rows."""
    taken, made, burnt = (
        chosen[records.inputs.unit],
        chosen[records.outputs.unit],
        chosen[records.direct.unit],
    )
    classes = len(c)
    net = add_up(records.outputs.cls[made], records.outputs.quantity[made], classes)
    net -= add_up(records.inputs.cls[taken], records.inputs.quantity[taken], classes)
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


def by_benchmark(work: Workings, *, proved: bool) -> Result:
    """R = Σ c U + d − Σ c V; the other side from sums the record store makes."""
    totals, c = work.records.totals, work.c
    closed = Conservation(
        totals.direct_tco2e, float(work.lines.sum() + c @ (totals.made - totals.used))
    )
    if not work.listed.all():
        closed = subset_conservation(work.records, work.lines, c, work.listed)
    return Result("benchmark", work.lines.sum(axis=1), {}, np.zeros(len(c)), closed, proved)


def by_producer(work: Workings) -> Result:
    """Direct emissions stay where they are."""
    unit, none = work.books.direct.sum(axis=1), np.zeros(len(work.c))
    closed = Conservation(work.records.totals.direct_tco2e, float(unit.sum()))
    if not work.listed.all():
        closed = subset_conservation(work.records, unit[:, None], none, work.listed)
    return Result("producer", unit, {}, none, closed, True)


def by_income(work: Workings) -> tuple[Result, Enabled]:
    """Emissions by who enabled them."""
    enabled = hand_back(work.books, work.makers, work.supply, work.enters, work.findings)
    closed = Conservation(work.records.totals.direct_tco2e, float(enabled.unit.sum()))
    boundary = {"imports": float(enabled.imports.sum())}
    none = np.zeros(len(work.c))
    return Result("income", enabled.unit, boundary, none, closed, enabled.proved), enabled


def by_passing(work: Workings, principle: Principle) -> tuple[Result, Passed]:
    """Consumer (α = 1) and shared responsibility."""
    books, makers, ids = work.books, work.makers, work.records.classes.ids
    if principle == "shared" and work.method.alpha == "value_added":
        money = count_money(books, makers, work.supply, work.enters)
        by_unit = value_added_alpha(books, makers, money, work.findings)
        share = passed_share(makers, by_unit, ids)
    else:
        alpha = 1.0 if principle == "consumer" else work.method.alpha
        assert not isinstance(alpha, str)
        share = passed_share(makers, alpha, ids)
    found = hand_on(books, makers, work.supply, share, work.c, work.enters)
    closed = Conservation(work.records.totals.direct_tco2e, found.accounted())
    boundary = {"exports": found.exports, "imports": found.imports, "stocks": found.stocks}
    unit = found.kept + found.final
    result = Result(principle, unit, boundary, found.discrepancy, closed, found.proved)
    return result, found
