"""Benchmarks, responsibility and regions, exactly (sections 1, 2 and 4 of the method).

    R_u = Σ_p c_p U_pu + d_u − Σ_p c_p V_pu
    c_p = Σ_f w_pf a_pf (d_f + Σ_q U_qf c_q),   w_pf = 1/X_p, 1/(n V_pf), or the best K percent

Values are tCO2e, benchmarks tCO2e per class measure. `c` may be any table of numbers: the
identities hold for every c and are asserted with `==`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .books import (
    LINES,
    PRODUCTION,
    Books,
    Flow,
    Options,
    RecordSet,
    partition,
    total,
    without_services,
)
from .linear import solve
from .reading import read

Benchmarks = Mapping[str, Fraction]
Policy = dict[str, dict[str, Fraction]]
ROUNDS = 1000


@dataclass(frozen=True)
class Accounts:
    """Lines of every unit (`producers`, `daily`, `construction`, `maintenance`, `total`)."""

    units: dict[str, dict[str, Fraction]]
    totals: dict[str, Fraction]


@dataclass(frozen=True)
class Region:
    """One region's balance: lines + exports − imports + stocks + Σ discrepancy = direct."""

    producers: Fraction
    daily: Fraction
    construction: Fraction
    maintenance: Fraction
    exports: Fraction
    imports: Fraction
    stocks: Fraction
    direct: Fraction
    discrepancy: dict[str, Fraction]

    @property
    def answers_for(self) -> Fraction:
        """What the region answers for, left side of (b)."""
        return self.producers + self.daily + self.construction + self.maintenance


@dataclass(frozen=True)
class Maker:
    """A maker as a benchmark sees it: a_pf and V_pf per class, d_f and the inputs that count."""

    shares: dict[str, Fraction]
    output: dict[str, Fraction]
    direct: Fraction
    inputs: dict[str, Fraction]

    def burden(self, c: Benchmarks) -> Fraction:
        """Direct emissions and inputs at benchmark."""
        return self.direct + total(quantity * c[q] for q, quantity in self.inputs.items())

    def intensity(self, cls: str, c: Benchmarks) -> Fraction:
        """Own embodied emissions per unit of the class, inputs at benchmark."""
        return self.shares[cls] * self.burden(c) / self.output[cls]


# ---------------------------------------------------------------- benchmarks


def benchmarks(tables: RecordSet, opt: Options) -> dict[str, Fraction]:
    """class → c, tCO2e per class measure."""
    books = without_services(read(tables, opt), opt)
    makers = _makers(books, opt)
    if opt.published is not None:
        makers = {}
    fixed, estimated = _sources(books, makers, opt)
    if isinstance(opt.weights, tuple):
        return _best(makers, estimated, fixed, Fraction(opt.weights[1]) / 100)
    return _evaluate(makers, _means(makers, estimated, opt.weights), fixed)


def _makers(books: Books, opt: Options) -> dict[str, Maker]:
    """The makers in the benchmark scope."""
    found = {}
    for name, unit in books.units.items():
        made = books.made(name)
        if not made:
            continue
        if opt.benchmark_scope is not None and unit.region not in opt.benchmark_scope:
            continue
        inputs: dict[str, Fraction] = defaultdict(Fraction)
        for flow in books.inputs:
            if flow.unit == name and flow.purpose in opt.purposes:
                inputs[flow.cls] += flow.quantity
        found[name] = Maker(
            shares=partition(books, name, opt),
            output={p: books.net[name, p] for p in made},
            direct=books.emitted(name, opt.purposes),
            inputs=dict(inputs),
        )
    return found


def _sources(
    books: Books, makers: dict[str, Maker], opt: Options
) -> tuple[dict[str, Fraction], dict[str, list[str]]]:
    """Classes with a stated value, and classes to estimate with their makers."""
    fixed: dict[str, Fraction] = {}
    estimated: dict[str, list[str]] = {}
    used = {f.cls for f in books.inputs}
    for cls in books.measure:
        names = [name for name, maker in makers.items() if cls in maker.output]
        if cls in books.services and opt.services == "consumers":
            fixed[cls] = Fraction(0)
        elif opt.published is not None and cls in opt.published:
            fixed[cls] = Fraction(opt.published[cls])
        elif names and cls in books.exogenous:
            raise ValueError(f"{cls} is made in the benchmark scope and has a table value")
        elif names:
            estimated[cls] = names
        elif cls in books.exogenous:
            fixed[cls] = books.exogenous[cls]
        elif cls in used and not opt.allow_missing:
            raise ValueError(f"{cls} is used, never made in scope, and has no table value")
        else:
            fixed[cls] = Fraction(0)
    return fixed, estimated


def _means(makers: dict[str, Maker], estimated: dict[str, list[str]], weights: str) -> Policy:
    """Weight w_pf of each maker in the mean of its class."""
    policy: Policy = {}
    for cls, names in estimated.items():
        if weights == "simple":
            policy[cls] = {f: 1 / (len(names) * makers[f].output[cls]) for f in names}
        else:
            whole = total(makers[f].output[cls] for f in names)
            policy[cls] = dict.fromkeys(names, 1 / whole)
    return policy


def _evaluate(
    makers: dict[str, Maker], policy: Policy, fixed: dict[str, Fraction]
) -> dict[str, Fraction]:
    """The c that reproduces itself under the weights."""
    classes = list(policy)
    column = {cls: j for j, cls in enumerate(classes)}
    matrix, right = [], []
    for i, cls in enumerate(classes):
        row = [Fraction(int(i == j)) for j in range(len(classes))]
        constant = Fraction(0)
        for name, weight in policy[cls].items():
            part = weight * makers[name].shares[cls]
            constant += part * makers[name].direct
            for q, quantity in makers[name].inputs.items():
                if q in column:
                    row[column[q]] -= part * quantity
                else:
                    constant += part * quantity * fixed[q]
        matrix.append(row)
        right.append(constant)
    return {**fixed, **dict(zip(classes, solve(matrix, right), strict=True))}


def _best(
    makers: dict[str, Maker],
    estimated: dict[str, list[str]],
    fixed: dict[str, Fraction],
    share: Fraction,
) -> dict[str, Fraction]:
    """Policy iteration from the weighted mean until no class finds a better selection."""
    assert 0 < share <= 1, share
    policy = _means(makers, estimated, "weighted")
    c = _evaluate(makers, policy, fixed)
    for _ in range(ROUNDS):
        changed = False
        for cls, names in estimated.items():
            chosen = _select(makers, cls, names, c, share)
            mean = total(w * makers[f].shares[cls] * makers[f].burden(c) for f, w in chosen.items())
            if mean != c[cls]:
                policy[cls], changed = chosen, True
        if not changed:
            return c
        c = _evaluate(makers, policy, fixed)
    raise ArithmeticError("policy iteration does not settle")


def _select(
    makers: dict[str, Maker], cls: str, names: list[str], c: Benchmarks, share: Fraction
) -> dict[str, Fraction]:
    """Weights of the cheapest makers up to the share; the marginal one by its fraction."""
    wanted = share * total(makers[f].output[cls] for f in names)
    left, weights = wanted, {}
    for name in sorted(names, key=lambda f: makers[f].intensity(cls, c)):
        taken = min(left, makers[name].output[cls])
        if taken > 0:
            weights[name] = taken / makers[name].output[cls] / wanted
        left -= taken
    assert left == 0
    return weights


# ------------------------------------------------------------ responsibility


def responsibility(tables: RecordSet, c: Benchmarks, opt: Options) -> Accounts:
    """unit → line → R, tCO2e, at the benchmarks c."""
    books = read(tables, opt)
    units = {name: dict.fromkeys((*LINES, "total"), Fraction(0)) for name in books.units}
    for name, line, value in _lines(books, c):
        units[name][line] += value
        units[name]["total"] += value
    totals = {
        line: total(account[line] for account in units.values()) for line in (*LINES, "total")
    }
    net = _by_class(books.outputs)
    for cls, quantity in _by_class(books.inputs).items():
        net[cls] -= quantity
    embodied = total(c[cls] * quantity for cls, quantity in net.items())
    assert totals["total"] + embodied == total(e.amount for e in books.direct)
    return Accounts(units, totals)


def _lines(books: Books, c: Benchmarks) -> list[tuple[str, str, Fraction]]:
    """(unit, line, value) of every row of the books."""
    rows = [(f.unit, line_of(f.purpose), c[f.cls] * f.quantity) for f in books.inputs]
    rows += [(f.unit, "producers", -c[f.cls] * f.quantity) for f in books.outputs]
    rows += [(e.unit, line_of(e.purpose), e.amount) for e in books.direct]
    return rows


def line_of(purpose: str) -> str:
    """The line of the account a purpose belongs to."""
    line = "producers" if purpose in PRODUCTION else purpose
    assert line in LINES, purpose
    return line


def _by_class(flows: list[Flow]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for flow in flows:
        found[flow.cls] += flow.quantity
    return found


# ------------------------------------------------------------------- regions


def regions(tables: RecordSet, c: Benchmarks, opt: Options) -> dict[str, Region]:
    """region → its balance (a); (b) is asserted from the raw rows."""
    books = read(tables, opt)
    accounts = responsibility(tables, c, opt)
    found = {}
    for name in books.regions:
        inside = {u for u, unit in books.units.items() if unit.region == name}
        lines = {line: total(accounts.units[u][line] for u in inside) for line in LINES}
        gross = {
            way: total(
                c[t.cls] * t.quantity
                for t in books.trade
                if t.region == name and t.direction == way
            )
            for way in ("export", "import")
        }
        found[name] = Region(
            **lines,
            exports=gross["export"],
            imports=gross["import"],
            stocks=total(c[s.cls] * s.change for s in books.stocks if s.region == name),
            direct=total(e.amount for e in books.direct if e.unit in inside),
            discrepancy={p: c[p] * q for p, q in open_quantities(books, name).items()},
        )
        _check_region(found[name])
    _check_set(books, c, found)
    return found


def open_quantities(books: Books, region: str) -> dict[str, Fraction]:
    """V + M − X − ΔS − U per class: what the records of the region leave open."""
    gap = dict.fromkeys(books.measure, Fraction(0))
    for flow in books.outputs:
        if books.units[flow.unit].region == region:
            gap[flow.cls] += flow.quantity
    for flow in books.inputs:
        if books.units[flow.unit].region == region:
            gap[flow.cls] -= flow.quantity
    for row in books.trade:
        if row.region == region:
            gap[row.cls] += row.quantity if row.direction == "import" else -row.quantity
    for stock in books.stocks:
        if stock.region == region:
            gap[stock.cls] -= stock.change
    return gap


def _check_region(r: Region) -> None:
    unclosed = total(r.discrepancy.values())
    assert r.answers_for + r.exports - r.imports + r.stocks + unclosed == r.direct
    assert r.answers_for == r.direct + r.imports - r.exports - r.stocks - unclosed


def _check_set(books: Books, c: Benchmarks, found: dict[str, Region]) -> None:
    """For the whole set, trade inside cancels."""
    outside = {
        way: total(
            c[t.cls] * t.quantity for t in books.trade if not t.internal and t.direction == way
        )
        for way in ("export", "import")
    }
    answered = total(r.answers_for for r in found.values())
    held = total(r.stocks + total(r.discrepancy.values()) for r in found.values())
    direct = total(e.amount for e in books.direct)
    assert answered + outside["export"] - outside["import"] + held == direct


# ------------------------------------------------------------------ producer


def producer(tables: RecordSet, opt: Options) -> dict[str, Fraction]:
    """unit → d_u: the territorial principle."""
    books = read(tables, opt)
    found = {name: total(e.amount for e in books.direct if e.unit == name) for name in books.units}
    assert total(found.values()) == total(e.amount for e in books.direct)
    return found
