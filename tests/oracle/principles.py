"""Shared, consumer and income responsibility, exactly (section 3 of the method, ADR 0002 7-8).

One linear system each: makers' burdens t and residual mixes r together, and intensities h of
primary inputs downstream. Identities are asserted with `==`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from .books import (
    Books,
    Flow,
    Key,
    Options,
    RecordSet,
    Trade,
    partition,
    total,
    without_services,
)
from .linear import solve
from .reading import read

Benchmarks = Mapping[str, Fraction]
Unknown = tuple[str, str]  # ("burden", unit) or ("mix", class)
Term = tuple[Unknown | None, Fraction]  # the unknown and its coefficient; None: a constant


@dataclass(frozen=True)
class Shared:
    """Σ kept + Σ final + exports + stocks + Σ discrepancy − imports = Σ d."""

    kept: dict[str, Fraction]
    final: dict[str, Fraction]
    exports: Fraction
    imports: Fraction
    stocks: Fraction
    discrepancy: dict[str, Fraction]
    residual_mix: dict[str, Fraction]

    def of(self, unit: str) -> Fraction:
        """What the unit answers for."""
        return self.kept[unit] + self.final[unit]


@dataclass(frozen=True)
class Income:
    """unit → what it answers for; `imports` is the part of that figure due to imports."""

    units: dict[str, Fraction]
    imports: dict[str, Fraction]


class Market:
    """Who sold what to whom by name, and what is left without a name."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.imports = [t for t in books.trade if t.direction == "import" and not t.internal]
        self.exports = [t for t in books.trade if t.direction == "export" and not t.internal]
        self.abroad = {(t.supplier, t.cls) for t in self.imports if t.supplier is not None}
        self.imported = _sums((t.cls, t.quantity) for t in self.imports)
        self.sold: dict[Key, Fraction] = defaultdict(Fraction)
        self.claimed: dict[str, Fraction] = defaultdict(Fraction)
        for flow in books.inputs:
            if self.maker(flow):
                self.sold[str(flow.supplier), flow.cls] += flow.quantity
            elif self.foreign(flow):
                self.claimed[flow.cls] += flow.quantity
        for row in self.exports:
            if self.maker(row):
                self.sold[str(row.supplier), row.cls] += row.quantity
        for key, quantity in self.sold.items():
            if not 0 <= quantity <= books.net[key]:
                raise ValueError(f"named sales of {key} outside its output")
        for cls, quantity in self.claimed.items():
            if not 0 <= quantity <= self.imported[cls]:
                raise ValueError(f"named imports of {cls} above the imports")

    def maker(self, row: Flow | Trade) -> bool:
        """Whether the row names a unit that puts out the class."""
        return row.supplier is not None and self.books.net.get((row.supplier, row.cls), 0) > 0

    def foreign(self, row: Flow) -> bool:
        """Whether the row names a supplier of an import row of the class."""
        return not self.maker(row) and (row.supplier, row.cls) in self.abroad

    def unnamed_output(self, unit: str, cls: str) -> Fraction:
        """Output of the class not sold by name."""
        return self.books.net[unit, cls] - self.sold[unit, cls]

    def unnamed_imports(self, cls: str) -> Fraction:
        """Imports of the class not claimed by name."""
        return self.imported[cls] - self.claimed[cls]

    def unnamed_supply(self, cls: str) -> Fraction:
        """Quantity behind the residual mix."""
        domestic = total(self.unnamed_output(f, cls) for f in self.books.makers(cls))
        return domestic + self.unnamed_imports(cls)


# ------------------------------------------------------ shared and consumer


def shared(tables: RecordSet, c: Benchmarks, opt: Options) -> Shared:
    """Makers keep (1 − α) of what they emit and receive and pass on the rest."""
    books = without_services(read(tables, opt), opt)
    market = Market(books)
    passed = _passed(books, opt)
    burden, mix = _contents(market, passed, c, opt)

    def intensity(row: Flow | Trade) -> Fraction:
        if market.maker(row):
            key = (str(row.supplier), row.cls)
            return passed[key] * burden[key[0]] / books.net[key]
        if isinstance(row, Flow) and market.foreign(row):
            return c[row.cls]
        return mix[row.cls]

    kept, final = {}, {}
    for name in books.units:
        rest = 1 - total(passed[name, p] for p in books.made(name))
        kept[name] = rest * burden[name] if books.made(name) else Fraction(0)
        final[name] = total(
            f.quantity * intensity(f)
            for f in books.inputs
            if f.unit == name and not _is_passed_on(books, f.unit, f.purpose, opt)
        ) + total(
            e.amount
            for e in books.direct
            if e.unit == name and not _is_passed_on(books, e.unit, e.purpose, opt)
        )
    result = Shared(
        kept=kept,
        final=final,
        exports=total(t.quantity * intensity(t) for t in market.exports),
        imports=total(t.quantity * c[t.cls] for t in market.imports),
        stocks=total(s.change * mix[s.cls] for s in books.stocks),
        discrepancy={p: mix[p] * _open_quantity(market, p) for p in books.measure},
        residual_mix=mix,
    )
    answered = total(kept.values()) + total(final.values())
    beyond = result.exports + result.stocks + total(result.discrepancy.values())
    assert answered + beyond - result.imports == total(e.amount for e in books.direct)
    return result


def consumer(tables: RecordSet, c: Benchmarks, opt: Options) -> Shared:
    """`shared` with α = 1: makers keep nothing."""
    return shared(tables, c, replace(opt, alpha=Fraction(1)))


def residual_mix(tables: RecordSet, c: Benchmarks, opt: Options) -> dict[str, Fraction]:
    """class → embodied emissions per measure of what no named sale claims."""
    return shared(tables, c, opt).residual_mix


def _is_passed_on(books: Books, unit: str, purpose: str, opt: Options) -> bool:
    """Only makers pass on, and only production; the rest is final where it stands."""
    return bool(books.made(unit)) and purpose in opt.purposes


def _passed(books: Books, opt: Options) -> dict[Key, Fraction]:
    """α_pf a_pf: the part of the burden of f that goes into class p."""
    own = value_added_alpha(books, opt) if opt.alpha == "value_added" else {}
    passed = {}
    for name in books.units:
        shares = partition(books, name, opt) if books.made(name) else {}
        for cls in books.made(name):
            if isinstance(opt.alpha, Mapping):
                alpha = Fraction(opt.alpha[cls])
            else:
                alpha = own[name] if isinstance(opt.alpha, str) else Fraction(opt.alpha)
            passed[name, cls] = alpha * shares[cls]
    return passed


def _contents(
    market: Market, passed: dict[Key, Fraction], c: Benchmarks, opt: Options
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Burden t of every maker and residual mix r of every class, one system."""
    books = market.books
    makers = [u for u in books.units if books.made(u)]
    mixed = [p for p in books.measure if market.unnamed_supply(p) > 0]
    unknowns: list[Unknown] = [("burden", u) for u in makers] + [("mix", p) for p in mixed]
    place = {unknown: i for i, unknown in enumerate(unknowns)}
    matrix = [[Fraction(0)] * len(unknowns) for _ in unknowns]
    right = [Fraction(0)] * len(unknowns)

    def add(row: int, terms: list[Term]) -> None:
        for unknown, value in terms:
            if unknown is None:
                right[row] += value
            else:
                matrix[row][place[unknown]] -= value

    def embodied(flow: Flow) -> Term:
        key = (str(flow.supplier), flow.cls)
        if market.maker(flow):
            return ("burden", key[0]), flow.quantity * passed[key] / books.net[key]
        if market.foreign(flow) or flow.cls not in mixed:
            return None, flow.quantity * c[flow.cls]
        return ("mix", flow.cls), flow.quantity

    for unit in makers:
        row = place["burden", unit]
        matrix[row][row] += 1
        add(row, [(None, books.emitted(unit, opt.purposes))])
        mine = [f for f in books.inputs if f.unit == unit and f.purpose in opt.purposes]
        add(row, [embodied(f) for f in mine])
    for cls in mixed:
        row = place["mix", cls]
        matrix[row][row] += market.unnamed_supply(cls)
        add(row, [(None, c[cls] * market.unnamed_imports(cls))])
        for maker in books.makers(cls):
            free = market.unnamed_output(maker, cls) / books.net[maker, cls]
            add(row, [(("burden", maker), free * passed[maker, cls])])
    found = dict(zip(unknowns, solve(matrix, right), strict=True))
    mix = {p: found["mix", p] if p in mixed else c[p] for p in books.measure}
    return {u: found["burden", u] for u in makers}, mix


def _open_quantity(market: Market, cls: str) -> Fraction:
    """Unnamed supply less unnamed use."""
    books = market.books
    used = total(
        f.quantity
        for f in books.inputs
        if f.cls == cls and not market.maker(f) and not market.foreign(f)
    )
    sold = total(t.quantity for t in market.exports if t.cls == cls and not market.maker(t))
    stored = total(s.change for s in books.stocks if s.cls == cls)
    return market.unnamed_supply(cls) - used - sold - stored


# --------------------------------------------------- value added and income


def worth(flow: Flow) -> Fraction:
    """The value of a flow; these principles need one on every flow."""
    if flow.value is None:
        raise ValueError(f"value missing: {flow}")
    return flow.value


def value_added_alpha(books: Books, opt: Options) -> dict[str, Fraction]:
    """α_f = 1 − v_f / x_f, x less own use (Gallego and Lenzen 2005)."""
    alpha = {}
    for unit in books.units:
        if not books.made(unit):
            continue
        output = total(worth(f) for f in books.outputs if f.unit == unit)
        bought = [f for f in books.inputs if f.unit == unit and f.purpose in opt.purposes]
        own_use = total(worth(f) for f in bought if _is_own(books, f))
        added = output - total(worth(f) for f in bought)
        if added < 0 or output - own_use <= 0:
            raise ValueError(f"no value added or no output: {unit}")
        alpha[unit] = 1 - added / (output - own_use)
    return alpha


def _is_own(books: Books, flow: Flow) -> bool:
    """A use of a class the unit itself makes, not bought by name from somebody else."""
    makes = books.net.get((flow.unit, flow.cls), Fraction(0)) > 0
    return makes and flow.supplier in {None, flow.unit}


def income(tables: RecordSet, opt: Options) -> Income:
    """Downstream: x_u h_u = d_u + Σ_k s_uk h_k; a maker answers for (v_u + m_u) h_u."""
    books = without_services(read(tables, opt), opt)
    makers = [u for u in books.units if books.made(u)]
    place = {unit: i for i, unit in enumerate(makers)}
    sales, imported, bought = _payments(books, opt)
    matrix = [[Fraction(0)] * len(makers) for _ in makers]
    output = {u: total(worth(f) for f in books.outputs if f.unit == u) for u in makers}
    for unit in makers:
        if output[unit] <= 0 or output[unit] < bought[unit]:
            raise ValueError(f"no value added or no output: {unit}")
        matrix[place[unit]][place[unit]] += output[unit]
    for (seller, buyer), value in sales.items():
        matrix[place[seller]][place[buyer]] -= value
    direct = [books.emitted(u, opt.purposes) for u in makers]
    h = dict(zip(makers, solve(matrix, direct), strict=True))
    units, imports = {}, {}
    for name in books.units:
        purposes = {e.purpose for e in books.direct}
        own = books.emitted(name, purposes - opt.purposes if name in h else purposes)
        paid = total(v for (_, buyer), v in sales.items() if buyer == name)
        units[name] = own + ((output[name] - paid) * h[name] if name in h else 0)
        imports[name] = imported[name] * h[name] if name in h else Fraction(0)
    assert total(units.values()) == total(e.amount for e in books.direct)
    return Income(units, imports)


def _payments(
    books: Books, opt: Options
) -> tuple[dict[Key, Fraction], dict[str, Fraction], dict[str, Fraction]]:
    """(seller, buyer) → s, and per buyer the purchases from abroad and all purchases."""
    market = Market(books)
    supply = {p: _sellers(market, p) for p in books.measure}
    abroad = {p: _unnamed_import_value(market, p) for p in books.measure}
    sales: dict[Key, Fraction] = defaultdict(Fraction)
    imported: dict[str, Fraction] = defaultdict(Fraction)
    bought: dict[str, Fraction] = defaultdict(Fraction)
    for flow in books.inputs:
        if not _is_passed_on(books, flow.unit, flow.purpose, opt):
            continue
        value = worth(flow)
        bought[flow.unit] += value
        whole = total(supply[flow.cls].values()) + abroad[flow.cls]
        if market.maker(flow):
            sales[str(flow.supplier), flow.unit] += value
        elif market.foreign(flow):
            imported[flow.unit] += value
        elif whole > 0:
            for seller, offered in supply[flow.cls].items():
                sales[seller, flow.unit] += value * offered / whole
            imported[flow.unit] += value * abroad[flow.cls] / whole
    return sales, imported, bought


def _sellers(market: Market, cls: str) -> dict[str, Fraction]:
    """maker → value of its output of the class that no named sale claims."""
    books = market.books
    return {
        unit: total(worth(f) for f in books.outputs if (f.unit, f.cls) == (unit, cls))
        * market.unnamed_output(unit, cls)
        / books.net[unit, cls]
        for unit in books.makers(cls)
    }


def _unnamed_import_value(market: Market, cls: str) -> Fraction:
    """Recorded value of the imports, else quantity at the mean price; less the named part."""
    whole = market.imported[cls]
    if whole == 0:
        return Fraction(0)
    value = total(
        t.value if t.value is not None else t.quantity * _mean_price(market.books, cls)
        for t in market.imports
        if t.cls == cls
    )
    return value * market.unnamed_imports(cls) / whole


def _mean_price(books: Books, cls: str) -> Fraction:
    """Value per measure of the outputs of the class, or of its purchases where none is made."""
    for flows in (books.outputs, books.inputs):
        mine = [f for f in flows if f.cls == cls]
        quantity = total(f.quantity for f in mine)
        if quantity > 0:
            return total(worth(f) for f in mine) / quantity
    return Fraction(1)


def _sums(pairs: Iterable[tuple[str, Fraction]]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for key, value in pairs:
        found[key] += value
    return found
