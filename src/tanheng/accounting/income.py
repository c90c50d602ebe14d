"""Income responsibility: emissions are handed back to those who enabled them by supplying inputs.

    T_u = x_u h_u = d_u + Σ_k s_uk h_k          s_uk: sales of u to maker k, money
    unit u answers for (v_u + m_u) h_u          primary inputs and imports

Unnamed purchases of a class come from its sellers in proportion to their unnamed output value,
imports at the class's mean price. Source: Marques, Rodrigues, Lenzen & Domingos (2012),
Ecological Economics 84, 57–65.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tanheng.accounting.books import Books, matrix
from tanheng.accounting.makers import Makers
from tanheng.accounting.named import FOREIGN, Mask, Supply, maker_at
from tanheng.accounting.records import Floats, Inputs, Outputs, Records, add_up
from tanheng.accounting.solve import Product, solve
from tanheng.errors import Finding, Search


@dataclass(frozen=True, slots=True)
class Enabled:
    """Emissions by who enabled them, tCO2e.

    ``imports`` is the part of each unit's figure that its imported inputs enabled. ``per_value`` is
    h, tCO2e per money value; 0 for units without output.
    """

    unit: Floats
    imports: Floats
    per_value: Floats
    proved: bool


@dataclass(frozen=True, slots=True)
class Money:
    """Money values of production, per unit or maker; NaN where a value is missing.

    Attributes:
        output: per maker.
        of_unit: output value per unit.
        purchases: production purchases per unit.
        own_use: purchases of what the unit makes itself.
    """

    output: Floats
    of_unit: Floats
    purchases: Floats
    own_use: Floats


def _values(rows: Inputs | Outputs) -> Floats:
    """Money values of rows; they were read, as the principle that asks for them needs them."""
    if rows.value is None:
        assert not len(rows), "values are read before they are used"
        return np.zeros(0)
    return rows.value


def count_money(books: Books, makers: Makers, supply: Supply, enters: Mask) -> Money:
    """Money values of outputs and production purchases."""
    records = books.records
    inputs, outputs = records.inputs, records.outputs
    units, classes = books.shape
    by_class = matrix(outputs.unit, outputs.cls, _values(outputs), (units, classes))
    product = ~books.service[makers.cls]
    value = np.zeros(len(makers))
    if len(makers):
        value = np.where(product, np.asarray(by_class[makers.unit, makers.cls]).ravel(), 0.0)
    buys = enters & ~books.service[inputs.cls]
    bought = add_up(inputs.unit[buys], _values(inputs)[buys], units)
    own = (
        buys
        & _makes_it(books, makers)
        & (
            (supply.of_row == -1)
            if inputs.supplier is None
            else (inputs.supplier == -1) | (inputs.supplier == inputs.unit)
        )
    )
    return Money(
        value,
        add_up(makers.unit, value, units),
        bought,
        add_up(inputs.unit[own], _values(inputs)[own], units),
    )


def _makes_it(books: Books, makers: Makers) -> Mask:
    """Per input row, whether its unit is a maker of the class."""
    inputs = books.records.inputs
    return np.asarray(maker_at(makers, inputs.unit, inputs.cls, books.shape[1]) >= 0)


def value_added_alpha(
    books: Books, makers: Makers, money: Money, findings: list[Finding]
) -> Floats:
    """α per unit: 1 − value added / (output value − own use); 0 where there is no output."""
    _report_value_added(books, makers, money, "shared", findings)
    net = money.of_unit - money.own_use
    added = money.of_unit - money.purchases
    return np.where(
        net > 0, 1.0 - np.divide(added, net, out=np.zeros_like(net), where=net > 0), 0.0
    )


def _report_value_added(
    books: Books, makers: Makers, money: Money, principle: str, findings: list[Finding]
) -> None:
    records = books.records
    is_maker = np.zeros(books.shape[0], dtype=bool)
    is_maker[makers.unit[~books.service[makers.cls]]] = True
    known = {(f.code, f.value) for f in findings}
    for u in np.flatnonzero(is_maker & ~(money.of_unit > 0)).tolist():
        if ("output_value_zero", records.units.ids[u]) not in known:
            findings.append(
                Finding(
                    "output_value_zero",
                    "flows",
                    None,
                    "value",
                    records.units.ids[u],
                    {"principle": principle},
                    _sales_of(records, u),
                )
            )
    short = is_maker & (money.of_unit > 0) & (money.purchases > money.of_unit * (1 + 1e-12))
    for u in np.flatnonzero(short).tolist():
        if ("value_added_negative", records.units.ids[u]) not in known:
            findings.append(
                Finding(
                    "value_added_negative",
                    "flows",
                    None,
                    "value",
                    records.units.ids[u],
                    {"inputs": f"{money.purchases[u]:g}", "output": f"{money.of_unit[u]:g}"},
                    _sales_of(records, u),
                )
            )


def _sales_of(records: Records, unit: int) -> Search:
    return Search("flows", "unit_id", records.units.ids[unit], {"direction": frozenset({"out"})})


def hand_back(
    books: Books, makers: Makers, supply: Supply, enters: Mask, findings: list[Finding]
) -> Enabled:
    """Solve for what each unit enabled."""
    records = books.records
    inputs = records.inputs
    units, classes = books.shape
    money = count_money(books, makers, supply, enters)
    _report_value_added(books, makers, money, "income", findings)
    per_x = np.divide(1.0, money.of_unit, out=np.zeros(units), where=money.of_unit > 0)
    buys = enters & ~books.service[inputs.cls] & (per_x[inputs.unit] > 0)
    unnamed, named = buys & (supply.of_row == -1), buys & (supply.of_row >= 0)
    foreign = buys & (supply.of_row == FOREIGN)
    open_value = matrix(
        inputs.unit[unnamed], inputs.cls[unnamed], _values(inputs)[unnamed], books.shape
    )
    seller = makers.unit[supply.of_row[named]]
    by_name = matrix(seller, inputs.unit[named], _values(inputs)[named], (units, units))
    offered = money.output * supply.unnamed / makers.output
    from_abroad = supply.imports_unnamed * _prices(books, makers, money)
    total = add_up(makers.cls, offered, classes) + from_abroad
    inverse = np.divide(1.0, total, out=np.zeros(classes), where=total > 0)
    selling = sp.csr_array(
        (offered * inverse[makers.cls], (makers.unit, makers.cls)), shape=(units, classes)
    )
    per_value = sp.diags_array(per_x, format="csr")
    step = Product(
        sp.hstack([selling, by_name], format="csr"),
        sp.vstack([open_value.T @ per_value, per_value], format="csr"),
    )
    is_seller = per_x > 0
    own = np.where(is_seller, books.direct_in_benchmark, 0.0)
    solution = solve(step, own)
    h = solution.x * per_x
    domestic_share = add_up(makers.cls, offered, classes) * inverse
    bought_here = open_value @ domestic_share + np.asarray(by_name.sum(axis=0)).ravel()
    abroad = add_up(inputs.unit[foreign], _values(inputs)[foreign], units)
    abroad = abroad + open_value @ (from_abroad * inverse)
    rest = books.direct.sum(axis=1) - own
    return Enabled((money.of_unit - bought_here) * h + rest, abroad * h, h, solution.proved)


def _prices(books: Books, makers: Makers, money: Money) -> Floats:
    """Mean price per class measure: of outputs, else of purchases."""
    inputs = books.records.inputs
    classes = books.shape[1]
    value = add_up(makers.cls, money.output, classes)
    amount = add_up(makers.cls, makers.output, classes)
    bought = add_up(inputs.cls, _values(inputs), classes)
    taken = add_up(inputs.cls, inputs.quantity, classes)
    made = np.divide(value, amount, out=np.zeros(classes), where=amount > 0)
    # Any price serves where nobody has one: the import is then the only seller of its class.
    paid = np.divide(bought, taken, out=np.ones(classes), where=(taken > 0) & (bought > 0))
    return np.where(amount > 0, made, paid)
