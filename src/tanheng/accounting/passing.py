"""Consumer and shared responsibility: emissions are handed on with what is sold.

    t_f = d_f + Σ unnamed U_fq m_q + Σ named q · π_k t_g / V_k + Σ named imports q · c_q
    m_p = ( Σ_k (unnamed_k / V_k) π_k t_g + c_p M_p ) / ( Σ_k unnamed_k + M_p )

with M unnamed imports, maker k = (g, p), ``π_k = α_k a_k`` the part of its burden t_g that goes
into class p. A maker keeps the rest, final users keep all; α = 1 is the consumer principle. Sources: Gallego & Lenzen
(2005), Economic Systems Research 17, 365–391; Lenzen et al. (2007), Ecological Economics 61, 27–42.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tanheng.accounting.books import Books, Sparse
from tanheng.accounting.makers import Makers
from tanheng.accounting.named import FOREIGN, Mask, Supply, unnamed_inputs
from tanheng.accounting.records import Floats, add_up
from tanheng.accounting.solve import Product, solve

DEFAULT_ALPHA = 0.5


@dataclass(frozen=True, slots=True)
class Passed:
    """Who keeps what when burdens are handed on; all in tCO2e.

    Attributes:
        kept: per unit, what a maker keeps of its production burden.
        final: per unit, what it takes in and burns as a final user.
        exports, imports, stocks: values of the boundary, imports at benchmark.
        discrepancy: per class, supply that no use, export or stock accounts for.
        residual_mix: per class, tCO2e per class measure.
        burden: t per unit.
        intensity: per maker, what one unit of its product carries when sold by name.
    """

    kept: Floats
    final: Floats
    exports: float
    imports: float
    stocks: float
    discrepancy: Floats
    residual_mix: Floats
    burden: Floats
    intensity: Floats
    proved: bool

    def accounted(self) -> float:
        """What all of it adds up to; equals direct emissions."""
        own = float(self.kept.sum() + self.final.sum())
        return own + self.exports + self.stocks + float(self.discrepancy.sum()) - self.imports


def passed_share(
    makers: Makers, alpha: float | Mapping[str, float] | Floats, class_ids: Sequence[str]
) -> Floats:
    """π per maker: α times its share of the burden; a maker whose share is unknown keeps all.

    Args:
        alpha: one number, a number per class id (others ``DEFAULT_ALPHA``), or an array per unit.
    """
    share = np.nan_to_num(makers.share)
    if isinstance(alpha, np.ndarray):
        return np.asarray(share * alpha[makers.unit])
    if isinstance(alpha, Mapping):
        by_class = np.array([float(alpha.get(key, DEFAULT_ALPHA)) for key in class_ids])
        return np.asarray(share * by_class[makers.cls])
    return np.asarray(share * alpha)


@dataclass(frozen=True, slots=True)
class _Flows:
    """Purchases of one group of input rows: unnamed by class, named by maker, named imports."""

    unnamed: Sparse
    named: Sparse
    foreign: Sparse

    def received(self, mix: Floats, intensity: Floats, c: Floats) -> Floats:
        """What the purchases carry, per unit."""
        return np.asarray(self.unnamed @ mix + self.named @ intensity + self.foreign @ c)


def _flows(books: Books, makers: Makers, supply: Supply, rows: Mask) -> _Flows:
    inputs = books.records.inputs
    units, classes = books.shape
    chosen = rows & ~books.service[inputs.cls]
    named, foreign = chosen & (supply.of_row >= 0), chosen & (supply.of_row == FOREIGN)
    by_maker = sp.coo_array(
        (inputs.quantity[named], (inputs.unit[named], supply.of_row[named])),
        shape=(units, len(makers)),
    ).tocsr()
    abroad = sp.coo_array(
        (inputs.quantity[foreign], (inputs.unit[foreign], inputs.cls[foreign])),
        shape=(units, classes),
    ).tocsr()
    return _Flows(unnamed_inputs(books, supply, chosen), by_maker, abroad)


def hand_on(
    books: Books, makers: Makers, supply: Supply, share: Floats, c: Floats, enters: Mask
) -> Passed:
    """Solve for burdens and divide them.

    Args:
        share: π per maker.
        c: benchmarks, which imports carry.
        enters: per input row, whether it is handed on (the purposes that enter benchmarks).
    """
    units, classes = books.shape
    product = ~books.service[makers.cls]
    share = np.where(product, share, 0.0)
    is_maker = np.bincount(makers.unit[product], minlength=units) > 0
    total = supply.total(makers)
    inverse = np.divide(1.0, total, out=np.zeros(classes), where=total > 0)
    mix_weight = inverse[makers.cls] * supply.unnamed * share / makers.output
    mixing = makers.scatter(mix_weight, (classes, units))
    mix_given = np.where(total > 0, c * supply.imports_unnamed * inverse, c)
    mix_given = np.where(books.service, 0.0, mix_given)
    production = _flows(books, makers, supply, enters)
    # intensity = carry @ t: what one measure of each maker's product carries.
    carry = sp.csr_array(
        (share / makers.output, (np.arange(len(makers)), makers.unit)), shape=(len(makers), units)
    )
    step = Product(
        sp.hstack([production.unnamed, production.named], format="csr"),
        sp.vstack([mixing, carry], format="csr"),
    )
    known = books.direct_in_benchmark + production.unnamed @ mix_given + production.foreign @ c
    solution = solve(step, np.asarray(known))
    t = solution.x
    mix, intensity = np.asarray(mixing @ t) + mix_given, np.asarray(carry @ t)
    rest = _flows(books, makers, supply, ~enters)
    own_direct = books.direct.sum(axis=1)
    as_final = own_direct - books.direct_in_benchmark + rest.received(mix, intensity, c)
    passed_on = add_up(makers.unit, share, units) * t
    kept = np.where(is_maker, t - passed_on, 0.0)
    final = as_final + np.where(is_maker, 0.0, t)
    used = np.asarray((production.unnamed + rest.unnamed).sum(axis=0)).ravel()
    export_carry = add_up(
        makers.cls[supply.export_maker],
        supply.export_quantity * intensity[supply.export_maker],
        classes,
    )
    boundary = np.where(books.service, 0.0, 1.0)
    gap = boundary * mix * (total - used - supply.exports_unnamed - supply.stocks)
    gap -= add_up(makers.cls, supply.excess * intensity, classes)
    gap -= boundary * c * supply.imports_excess
    return Passed(
        kept,
        final,
        float((boundary * mix) @ supply.exports_unnamed + export_carry.sum()),
        float((boundary * c) @ supply.imports),
        float((boundary * mix) @ supply.stocks),
        gap,
        mix,
        t,
        intensity,
        solution.proved,
    )
