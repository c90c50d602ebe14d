"""The natural balance of a benchmark: one product class whose set value is moved up and down.

An association sets the benchmark b of its class. Consumers answer for what they use at b, makers
for what they emit beyond b. If b is high, consumers leave; if it is low, makers leave. This module
computes how much the industry still makes at each b, and for which b that stays near its most.

The model, for one period
-------------------------
Maker i has a capacity k_i (units), an intensity e_i (tCO2e per unit, upstream materials at
benchmark), a contribution g_i (CNY per unit sold: price less what a unit costs, before carbon) and
fixed costs f_i (CNY per unit of capacity, saved by leaving). The mean is c = Σ k e / Σ k over all
makers; the product sells at p, a tonne at P.

    price       p(b) = p − φ P (b − c)                  φ: part of b that the product price undoes
    demand      D(b) = D₀ · ( (p(b) + P b) / p )^(−ε)   a consumer pays the product and its carbon
    load        u    = min(1, D(b) / Σ_staying k)       those who stay sell in proportion to k
    answers     R_i  = u k_i (e_i − b)                  own − benchmark per unit × output
    margin      M_i  = k_i ( u (g_i − φ P (b − c)) − f_i )
    exit        if  P R_i > M_i
    output      Q    = u Σ_staying k = min(D(b), Σ_staying k)

Equilibrium
-----------
All makers start. As long as somebody loses, the *weakest* leaves: the one that needs the highest
load, ``u_i* = f_i / h_i`` with ``h_i = g_i − φ P (b − c) − P (e_i − b)`` the money kept per unit
sold (0 if f_i = 0 and h_i ≥ 0, ∞ if no load is enough). The others then sell what it sold, so one
exit can save the rest. After at most N rounds nobody loses.

The rounds need not be played. Order makers by u*, let u_n be the load if the first n stay. As n
grows u_n never rises and u_n* never falls, so ``u_n* ≤ u_n`` holds for the first makers and for no
later one; exits from the end stop at the last n for which it holds. With ``entry``, those who left
may come back, the hardiest first, where it pays them at the load they would find; whoever is inside
needs less load, so nobody leaves again. One pass is enough, because each return lowers the load.

What is assumed
---------------
* The product price does not answer to scarcity. It is set elsewhere: imports, contracts, the state.
  φ is the exception, and it matters: b with φ gives the same output and money as
  ``c + (1 − φ)(b − c)`` without. At φ = 1 the set value moves no output at all.
* What makers who left do not make comes from elsewhere or not at all; it is not this industry's.
* A negative R is sold at P in full. Makers do not abate. No new makers are founded.
* b is a number that stays when makers leave; c is not computed anew.
* Each maker is one unit of one class. Upstream benchmarks do not move.

Nothing fixes where the most output lies, that there is a lower or upper end, or that the mean lies
between them: all come out. Source of the idea: the paper, section 4 (docs/method.md); the model and
its figures are ours and illustrative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from tanheng.simulate.arrays import Bools, Floats, Ints, stream

MAX_MAKERS = 10_000
PRODUCT_PRICE = 1000.0
"""CNY per unit of the invented class, whose mean is 1 tCO2e per unit."""
LOAD = 0.9
"""Part of all capacity that consumers take before any charge."""
RATIOS: Floats = np.arange(301) / 100
"""Set values that are tried, as multiples of the mean: 0 to 3."""
_HALVINGS = 40
_STREAM = 101


@dataclass(frozen=True, slots=True)
class Makers:
    """Makers of one class; one element each.

    Attributes:
        capacity: class measures in the period, > 0.
        intensity: tCO2e per class measure, ≥ 0.
        contribution: CNY per class measure sold, before carbon and fixed costs.
        fixed: CNY per class measure of capacity, ≥ 0; saved by leaving.

    Raises:
        ValueError: for arrays of unequal or no length, or numbers out of their range.
    """

    capacity: Floats
    intensity: Floats
    contribution: Floats
    fixed: Floats

    def __post_init__(self) -> None:
        columns = [getattr(self, field.name) for field in fields(self)]
        if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
            raise ValueError("capacity, intensity, contribution and fixed must be of one length")
        if not 1 <= self.capacity.size <= MAX_MAKERS:
            raise ValueError(f"makers must be 1 to {MAX_MAKERS}, not {self.capacity.size}")
        if not all(np.isfinite(column).all() for column in columns):
            raise ValueError("figures of makers must be finite")
        if (self.capacity <= 0).any() or (self.intensity < 0).any() or (self.fixed < 0).any():
            raise ValueError("capacity must be positive, intensity and fixed not negative")
        if not self.mean > 0:
            raise ValueError("the mean intensity must be positive, for set values are ratios to it")

    @property
    def mean(self) -> float:
        """Their benchmark, weighted by capacity: tCO2e per class measure."""
        return float(self.capacity @ self.intensity / self.capacity.sum())


@dataclass(frozen=True, slots=True)
class Market:
    """What makers and consumers meet.

    Attributes:
        demand: class measures that consumers take before any charge, > 0.
        carbon_price: CNY per tCO2e, ≥ 0.
        elasticity: of demand to what a consumer pays, as a positive number; 0 is no answer.
        product_price: CNY per class measure, > 0.
        pass_through: φ, 0 to 1.

    Raises:
        ValueError: for numbers out of their range.
    """

    demand: float
    carbon_price: float = 100.0
    elasticity: float = 0.5
    product_price: float = PRODUCT_PRICE
    pass_through: float = 0.0

    def __post_init__(self) -> None:
        if not all(np.isfinite(getattr(self, field.name)) for field in fields(self)):
            raise ValueError("figures of a market must be finite")
        if self.demand <= 0 or self.product_price <= 0:
            raise ValueError("demand and product_price must be positive")
        if self.carbon_price < 0 or self.elasticity < 0:
            raise ValueError("carbon_price and elasticity must not be negative")
        if not 0 <= self.pass_through <= 1:
            raise ValueError(f"pass_through must be 0 to 1, not {self.pass_through}")


@dataclass(frozen=True, slots=True)
class State:
    """The industry at one set value, after exits.

    Attributes:
        staying: per maker.
        load: part of the staying capacity that sells, 0 to 1.
        output, demand, capacity: class measures; capacity is that of makers who stay.
        money_cny: what makers keep after fixed costs and carbon.
        responsibility_tco2e: Σ R of makers.
        emission_tco2e: embodied in the output; responsibility + set value × output.
    """

    staying: Bools
    load: float
    output: float
    demand: float
    capacity: float
    money_cny: float
    responsibility_tco2e: float
    emission_tco2e: float


@dataclass(frozen=True, slots=True)
class Band:
    """The sustainable band: the run of set values around the most output that keep a share of it.

    Attributes:
        share: of the most output, 0 to 1.
        low, high: ends, as multiples of the mean.
        low_open, high_open: that end is only the end of the values tried.
        peak: the value tried that makes most; the first of several.
    """

    share: float
    low: float
    high: float
    low_open: bool
    high_open: bool
    peak: float

    def holds(self, ratio: float) -> bool:
        """Whether a set value, as a multiple of the mean, lies in it."""
        return self.low <= ratio <= self.high


@dataclass(frozen=True, slots=True)
class Balance:
    """A class over a range of set values; arrays have one element per value tried.

    Attributes:
        ratio: set values as multiples of the mean.
        output, demand, capacity: parts of ``reference``.
        money: what makers keep, as part of sales before any charge.
        makers: number that stay.
        drawn: number there were.
        reference: output without a carbon price, class measures.
        mean: tCO2e per class measure.
        band: of the set values.
        richest: the value tried at which makers keep most; the first of several.
    """

    ratio: Floats
    output: Floats
    demand: Floats
    capacity: Floats
    money: Floats
    makers: Ints
    drawn: int
    reference: float
    mean: float
    band: Band
    richest: float

    def as_dict(self) -> dict[str, object]:
        """Plain data."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in columns.items()
        }
        return {**plain, "band": asdict(self.band)}


def draw_makers(count: int, seed: int) -> Makers:
    """Invented makers around a mean of 1 tCO2e per unit; the same seed gives the same makers.

    Capacities and intensities are log-normal (σ = 0.8 and 0.15). What a maker keeps at the usual
    load is a gamma variate (shape 2) with a mean of 10 % of the product price; fixed costs are 15 %.
    All are drawn independently: in truth dirty makers may be the poor ones.

    Args:
        count: 1 to MAX_MAKERS.
        seed: not negative.

    Raises:
        ValueError: for arguments out of their range.
    """
    if not 1 <= count <= MAX_MAKERS:
        raise ValueError(f"makers must be 1 to {MAX_MAKERS}, not {count}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, but is {seed}")
    rng = stream(seed, _STREAM)
    capacity = rng.lognormal(np.log(1e4), 0.8, count)
    intensity = rng.lognormal(0.0, 0.15, count)
    kept = rng.gamma(2.0, 0.05 * PRODUCT_PRICE, count)
    fixed = np.full(count, 0.15 * PRODUCT_PRICE)
    intensity *= capacity.sum() / (capacity @ intensity)
    return Makers(capacity, intensity, kept + fixed / LOAD, fixed)


def equilibrium(makers: Makers, market: Market, benchmark: float, *, entry: bool = False) -> State:
    """Who stays at one set value, and what they make.

    Args:
        benchmark: the set value, tCO2e per class measure.
        entry: whether makers who left may come back.

    Two makers of capacity 10 with intensities 1 and 3, which keep 8 CNY per unit sold. At 10 CNY
    per tonne and the mean of 2 the second would pay 10 for a unit, and leaves:

    >>> two = Makers(*(np.array(x) for x in ([10., 10.], [1., 3.], [8., 8.], [0., 0.])))
    >>> state = equilibrium(two, Market(demand=18.0, carbon_price=10.0, elasticity=0.0), 2.0)
    >>> state.staying.tolist(), state.output
    ([True, False], 10.0)
    """
    price = market.carbon_price
    undone = market.pass_through * price * (benchmark - makers.mean)
    paid = market.product_price - undone + price * benchmark
    demand = market.demand * (paid / market.product_price) ** -market.elasticity
    kept = makers.contribution - undone - price * (makers.intensity - benchmark)
    staying = _staying(_needed_load(kept, makers.fixed), makers.capacity, demand, entry)
    capacity = float(makers.capacity[staying].sum())
    output = min(demand, capacity)
    load = output / capacity if capacity else 0.0
    sold = load * makers.capacity * staying
    return State(
        staying=staying,
        load=load,
        output=output,
        demand=demand,
        capacity=capacity,
        money_cny=float(sold @ kept - (makers.capacity * staying) @ makers.fixed),
        responsibility_tco2e=float(sold @ (makers.intensity - benchmark)),
        emission_tco2e=float(sold @ makers.intensity),
    )


def _needed_load(kept: Floats, fixed: Floats) -> Floats:
    """The load below which a maker loses; infinite where no load is enough."""
    gains = kept > 0
    needed = np.where(gains, fixed / np.where(gains, kept, 1.0), np.inf)
    needed[(kept == 0) & (fixed == 0)] = 0.0
    return needed


def _staying(needed: Floats, capacity: Floats, demand: float, entry: bool) -> Bools:
    """Who is left when nobody loses; of equals the later ones leave first."""
    order = np.argsort(needed, kind="stable")
    load = np.minimum(1.0, demand / np.cumsum(capacity[order]))
    staying = np.zeros(needed.size, dtype=bool)
    staying[order[needed[order] <= load]] = True
    if entry:
        inside = float(capacity[staying].sum())
        for maker in order[~staying[order] & (needed[order] <= 1.0)].tolist():
            grown = inside + float(capacity[maker])
            if needed[maker] <= min(1.0, demand / grown):
                staying[maker], inside = True, grown
    return staying


def simulate_balance(
    makers: Makers,
    market: Market,
    *,
    ratios: Floats = RATIOS,
    share: float = 0.95,
    entry: bool = False,
) -> Balance:
    """The industry over a range of set values, and its sustainable band.

    The most output is the most at the values tried. The ends of the band are found between them by
    halving, to 10⁻¹² of their distance.

    Args:
        ratios: set values as multiples of the mean, not negative, rising; two or more.
        share: of the most output that the band keeps, above 0 and up to 1.
        entry: whether makers who left may come back.

    Raises:
        ValueError: for arguments out of their range, or if no set value keeps a maker.
    """
    if ratios.ndim != 1 or ratios.size < 2 or ratios[0] < 0 or not (np.diff(ratios) > 0).all():
        raise ValueError("ratios must be two or more numbers, not negative, rising")
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and up to 1, not {share}")
    mean = makers.mean

    def at(ratio: float) -> State:
        return equilibrium(makers, market, ratio * mean, entry=entry)

    states = [at(float(ratio)) for ratio in ratios]
    output = np.array([state.output for state in states])
    free = equilibrium(makers, replace(market, carbon_price=0.0), mean, entry=entry)
    if not output.max() or not free.output:
        raise ValueError("no maker stays at any set value, or none even without a carbon price")
    money = np.array([state.money_cny for state in states])
    return Balance(
        ratio=ratios,
        output=output / free.output,
        demand=np.array([state.demand for state in states]) / free.output,
        capacity=np.array([state.capacity for state in states]) / free.output,
        money=money / (market.product_price * free.output),
        makers=np.array([state.staying.sum() for state in states], dtype=np.int64),
        drawn=makers.capacity.size,
        reference=free.output,
        mean=mean,
        band=_band(ratios, output, share, lambda ratio: at(ratio).output),
        richest=float(ratios[_most(money)]),
    )


def _most(values: Floats) -> int:
    """Place of the largest, the first of those that only rounding tells apart."""
    top = values.max()
    return int((values >= top - 1e-12 * abs(top)).argmax())


def _band(ratios: Floats, output: Floats, share: float, at: Callable[[float], float]) -> Band:
    """The run of values around the most output, its ends sharpened."""
    peak = _most(output)
    least = share * output[peak]
    below = np.flatnonzero(output < least)
    before, after = below[below < peak], below[below > peak]

    def end(outside: int, inside: int) -> float:
        out, kept = float(ratios[outside]), float(ratios[inside])
        for _ in range(_HALVINGS):
            middle = (out + kept) / 2
            if at(middle) >= least:
                kept = middle
            else:
                out = middle
        return kept

    return Band(
        share=share,
        low=end(before[-1], before[-1] + 1) if before.size else float(ratios[0]),
        high=end(after[0], after[0] - 1) if after.size else float(ratios[-1]),
        low_open=not before.size,
        high_open=not after.size,
        peak=float(ratios[peak]),
    )
