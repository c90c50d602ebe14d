"""Our account against the exact oracle of tests/oracle, over all choices of the method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

import oracle
from oracle.reading import read
from oracle.records import Shape, record_sets, scopes
from tanheng.accounting import LINES, PRINCIPLES, Account, Method, Principle, Weights, account
from tanheng.accounting.store import RecordStore
from tanheng.period import Period

from .plain import PlainStore
from .rows import Tables, unit

YEAR = Period.year(2016)
SMALL = Shape(classes=5, makers=6, users=4, regions=3)


def settled(tables: Tables) -> Tables:
    """The set with a unit in every region: we ask for one, the oracle does not."""
    homes = {str(row["region"]) for row in tables["units"]}
    used = {str(row["region"]) for name in ("trade", "stocks") for row in tables[name]}
    for name in sorted(used - homes):
        tables["units"].append(unit(f"in-{name}", name))
    return tables


def sets(most: Shape = SMALL, **features: list[str]) -> st.SearchStrategy[Tables]:
    """Random record sets for both sides."""
    return record_sets(most, **features).map(settled)


@dataclass(frozen=True)
class Choices:
    """The choices of one account, for both sides."""

    weights: str = "weighted"
    capital: str = "account_only"
    services: str = "consumers"
    scope: str = "all"
    alpha: str | Fraction | Mapping[str, Fraction] = Fraction(1, 2)
    benchmark_scope: frozenset[str] | None = None
    published: Mapping[str, Fraction] | None = None

    def method(self, **more: object) -> Method:
        """For us."""
        alpha: object = self.alpha
        if isinstance(alpha, Mapping):
            alpha = {name: float(share) for name, share in alpha.items()}
        elif isinstance(alpha, Fraction):
            alpha = float(alpha)
        return Method(
            weights=Weights.parse(self.weights),
            capital=self.capital,  # type: ignore[arg-type]
            services=self.services,  # type: ignore[arg-type]
            scope=self.scope,  # type: ignore[arg-type]
            alpha=alpha,  # type: ignore[arg-type]
            benchmark_scope=self.benchmark_scope,
            **more,  # type: ignore[arg-type]
        )

    def options(self) -> oracle.Options:
        """For the oracle."""
        kind, _, percent = self.weights.partition(":")
        return oracle.Options(
            weights=("best", Fraction(percent)) if percent else kind,
            capital=self.capital,
            services=self.services,
            scope=self.scope,
            alpha=self.alpha,
            benchmark_scope=self.benchmark_scope,
            published=self.published,
        )

    def table(self, tables: Tables) -> RecordStore | None:
        """The published table, if one is applied."""
        if self.published is None:
            return None
        measures = read(tables, self.options()).measure
        rows = [
            {"class_id": name, "period": "2016", "benchmark": str(float(value)),
             "measure": measures[name], "source": "set"}
            for name, value in self.published.items()
        ]  # fmt: skip
        return PlainStore({"exogenous": rows})


@st.composite
def choices(draw: st.DrawFn, tables: Tables) -> Choices:
    """Choices that the set supports."""
    classes = sorted(read(tables, oracle.Options()).measure)
    shares = st.fractions(0, 1, max_denominator=8)
    by_class = st.fixed_dictionaries(dict.fromkeys(classes, shares))
    alpha = draw(st.one_of(shares, by_class, st.just("value_added")))
    published = None
    if draw(st.integers(0, 4)) == 0:
        published = {name: Fraction(draw(st.integers(-50, 4000)), 1000) for name in classes}
    possible = scopes(tables)
    return Choices(
        weights=draw(st.sampled_from(["weighted", "simple", "best:40", "best:7.5", "best:100"])),
        capital=draw(st.sampled_from(["account_only", "in_benchmark"])),
        services=draw(st.sampled_from(["consumers", "makers"])),
        scope=draw(st.sampled_from(["all", "fossil_co2"])),
        alpha=alpha,
        benchmark_scope=draw(st.sampled_from([None, *possible])) if possible else None,
        published=published,
    )


def ours(
    store: RecordStore,
    method: Method,
    published: RecordStore | None = None,
    principles: Iterable[Principle] = PRINCIPLES,
) -> Account:
    """The account, which must exist."""
    found = account(store, method, principles=tuple(principles), period=YEAR, published=published)
    told = [f.message() for f in found.findings if f.severity != "notice"]
    assert isinstance(found, Account), told
    return found


def near(got: float, wanted: Fraction | float, scale: float) -> bool:
    """Equal to 1e-9 of a scale."""
    return abs(got - float(wanted)) <= 1e-9 * scale


def turnover(found: Account) -> float:
    """All that is added up in the benchmark principle, without its signs, tCO2e."""
    records, c = found.records, np.abs(found.benchmarks.value)
    moved = np.abs(records.inputs.quantity) @ c[records.inputs.cls]
    moved += np.abs(records.outputs.quantity) @ c[records.outputs.cls]
    moved += records.trade.quantity @ c[records.trade.cls]
    return float(moved + np.abs(records.direct.emission_tco2e).sum()) or 1.0


def differences(found: Account, tables: Tables, chosen: Choices) -> list[tuple[object, ...]]:
    """Every number of ours that is not the oracle's: (what, ours, theirs)."""
    options = chosen.options()
    records = found.records
    c = oracle.benchmarks(tables, options)
    wrong: list[tuple[object, ...]] = []

    def check(what: str, got: float, wanted: Fraction | float, scale: float) -> None:
        if not near(got, wanted, scale):
            wrong.append((what, float(got), float(wanted)))

    for i, name in enumerate(records.classes.ids):
        check(f"c {name}", found.benchmarks.value[i], c[name], max(1e-6, abs(float(c[name]))))
    scale = turnover(found)
    account = oracle.responsibility(tables, c, options)
    territorial, enabled = oracle.producer(tables, options), oracle.income(tables, options)
    handed = {"consumer": oracle.consumer(tables, c, options)}
    handed["shared"] = oracle.shared(tables, c, options)
    for i, name in enumerate(records.units.ids):
        for j, line in enumerate(LINES):
            check(f"R {name} {line}", found.lines[i, j], account.units[name][line], scale)
        check(f"producer {name}", found.results["producer"].unit[i], territorial[name], scale)
        check(f"income {name}", found.results["income"].unit[i], enabled.units[name], scale)
        for principle, theirs in handed.items():
            got = found.results[principle].unit[i]  # type: ignore[index]
            check(f"{principle} {name}", got, theirs.of(name), scale)
    imported = found.results["income"].boundary["imports"]
    check("income imports", imported, sum(enabled.imports.values()), scale)
    for principle, theirs in handed.items():
        result = found.results[principle]  # type: ignore[index]
        for side in ("exports", "imports", "stocks"):
            check(f"{principle} {side}", result.boundary[side], getattr(theirs, side), scale)
        for i, name in enumerate(records.classes.ids):
            mix = found.passed[principle].residual_mix[i]  # type: ignore[index]
            wanted = theirs.residual_mix.get(name, Fraction(0))
            check(f"{principle} mix {name}", mix, wanted, max(1e-6, abs(float(wanted))))
            gap = theirs.discrepancy.get(name, Fraction(0))
            check(f"{principle} discrepancy {name}", result.discrepancy[i], gap, scale)
    balances = oracle.regions(tables, c, options)
    for region in found.regions:
        theirs_of = balances[region.name]
        for side in (*LINES, "exports", "imports", "stocks", "direct", "answers_for"):
            wanted = getattr(theirs_of, side)
            check(f"{region.name} {side}", getattr(region, side), wanted, scale)
        for i, name in enumerate(records.classes.ids):
            gap = theirs_of.discrepancy[name]
            check(f"{region.name} discrepancy {name}", region.discrepancy[i], gap, scale)
    return wrong


def gaps(found: Account) -> dict[str, float]:
    """Conservation gaps of all principles and regions, relative to the turnover."""
    scale = turnover(found)
    result = {
        str(name): (r.conservation.accounted - r.conservation.direct) / scale
        for name, r in found.results.items()
    }
    return result | {r.name: (r.balance - r.direct) / scale for r in found.regions}
