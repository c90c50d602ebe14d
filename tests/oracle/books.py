"""What the oracle works on: options, and a record set read into exact rows.

Written from the method text alone; it shares nothing with the package it checks. Every quantity
is a Fraction in the measure of its class. Faults raise `ValueError` at once: an oracle reports
nothing, it refuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

Row = Mapping[str, object]
RecordSet = Mapping[str, list[dict[str, object]]]
Key = tuple[str, str]

MEASURES: dict[str, tuple[str, Fraction]] = {
    "t": ("mass", Fraction(1000)),
    "kg": ("mass", Fraction(1)),
    "g": ("mass", Fraction(1, 1000)),
    "kWh": ("energy", Fraction(1)),
    "MWh": ("energy", Fraction(1000)),
    "MJ": ("energy", Fraction(10, 36)),
    "GJ": ("energy", Fraction(10000, 36)),
    "car": ("car", Fraction(1)),
    "CNY": ("money", Fraction(1)),
}

PRODUCTION = frozenset({"material", "energy", "capital"})
LINES = ("producers", "daily", "construction", "maintenance")
DEFAULT_PURPOSE = {
    "producer": {"flow": "material", "direct": "energy"},
    "daily_person": {"flow": "daily", "direct": "daily"},
    "daily_institution": {"flow": "daily", "direct": "daily"},
    "construction": {"flow": "construction", "direct": "construction"},
    "maintenance": {"flow": "maintenance", "direct": "maintenance"},
}


@dataclass(frozen=True)
class Options:
    """The switches of the method. `weights` is "weighted", "simple" or ("best", K percent)."""

    period: str = "2016"
    weights: str | tuple[str, Fraction] = "weighted"
    capital: str = "account_only"
    services: str = "consumers"
    scope: str = "all"
    benchmark_scope: frozenset[str] | None = None
    published: Mapping[str, Fraction] | None = None
    alpha: Fraction | Mapping[str, Fraction] | str = Fraction(1)
    measures: Mapping[str, tuple[str, Fraction]] = field(default_factory=lambda: MEASURES)
    allow_missing: bool = False

    def __post_init__(self) -> None:
        best = isinstance(self.weights, tuple) and self.weights[0] == "best"
        assert best or self.weights in {"weighted", "simple"}, self.weights
        assert self.capital in {"account_only", "in_benchmark"}, self.capital
        assert self.services in {"consumers", "makers"}, self.services
        assert self.scope in {"all", "fossil_co2"}, self.scope

    @property
    def purposes(self) -> frozenset[str]:
        """The purposes that enter a benchmark and are passed on."""
        return PRODUCTION if self.capital == "in_benchmark" else PRODUCTION - {"capital"}


@dataclass(frozen=True)
class Unit:
    """One accounting unit."""

    region: str
    use: str
    key: str | None


@dataclass(frozen=True)
class Flow:
    """One input or output of a unit; quantity, value and weight carry the sign of the effect."""

    unit: str
    cls: str
    quantity: Fraction
    value: Fraction | None
    purpose: str
    supplier: str | None
    weight: Fraction | None


@dataclass(frozen=True)
class Emission:
    """One direct row, tCO2e; a capture is negative."""

    unit: str
    purpose: str
    amount: Fraction


@dataclass(frozen=True)
class Trade:
    """One trade row; `internal` when the partner is a region of the set."""

    region: str
    direction: str
    cls: str
    quantity: Fraction
    value: Fraction | None
    partner: str | None
    supplier: str | None
    internal: bool


@dataclass(frozen=True)
class Stock:
    """One stock change, positive when the stock grows."""

    region: str
    cls: str
    change: Fraction


@dataclass(frozen=True)
class Books:
    """A record set, read for one period under one set of options."""

    units: dict[str, Unit]
    measure: dict[str, str]
    inputs: list[Flow]
    outputs: list[Flow]
    direct: list[Emission]
    trade: list[Trade]
    stocks: list[Stock]
    exogenous: dict[str, Fraction]
    net: dict[Key, Fraction]
    services: frozenset[str]
    regions: tuple[str, ...]

    def makers(self, cls: str) -> list[str]:
        """Units whose net output of the class is positive."""
        return [u for u in self.units if self.net.get((u, cls), Fraction(0)) > 0]

    def made(self, unit: str) -> list[str]:
        """Classes of which the unit has positive net output."""
        return [p for p in self.measure if self.net.get((unit, p), Fraction(0)) > 0]

    def emitted(self, unit: str, purposes: Iterable[str]) -> Fraction:
        """Direct emissions of the unit under these purposes."""
        wanted = set(purposes)
        return total(e.amount for e in self.direct if e.unit == unit and e.purpose in wanted)


def total(values: Iterable[Fraction]) -> Fraction:
    """Exact sum."""
    return sum(values, Fraction(0))


def without_services(books: Books, opt: Options) -> Books:
    """Under `services = consumers` the classes that only institutions make are no products."""
    if opt.services == "makers" or not books.services:
        return books
    gone = books.services
    return replace(
        books,
        inputs=[f for f in books.inputs if f.cls not in gone],
        outputs=[f for f in books.outputs if f.cls not in gone],
        trade=[t for t in books.trade if t.cls not in gone],
        stocks=[s for s in books.stocks if s.cls not in gone],
        net={k: v for k, v in books.net.items() if k[1] not in gone},
    )


def partition(books: Books, unit: str, opt: Options) -> dict[str, Fraction]:
    """Share a_pf of the unit's burden that each class it puts out carries."""
    rows = [f for f in books.outputs if f.unit == unit]
    classes = list(dict.fromkeys(f.cls for f in rows))
    if len(classes) <= 1:
        return dict.fromkeys(classes, Fraction(1))
    if books.units[unit].key is None:
        raise ValueError(f"joint_without_key: {unit}")
    weight: dict[str, Fraction] = defaultdict(Fraction)
    for flow in rows:
        weight[flow.cls] += _weight(books, flow, opt)
    whole = total(weight.values())
    if whole <= 0:
        raise ValueError(f"joint_without_weight: {unit}")
    return {p: w / whole for p, w in weight.items()}


def _weight(books: Books, flow: Flow, opt: Options) -> Fraction:
    """Partition weight of an output row, negative for a return."""
    key = books.units[flow.unit].key
    if flow.weight is not None:
        return flow.weight
    if key == "economic" and flow.value is not None:
        return flow.value
    dimension, factor = opt.measures[books.measure[flow.cls]]
    if key in {"mass", "energy"} and dimension == key:
        return flow.quantity * factor
    raise ValueError(f"joint_without_weight: {flow}")
