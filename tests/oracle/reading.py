"""Reading tables into books: classes resolved, measures converted, signs settled (ADR 0002 1-6)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .books import (
    DEFAULT_PURPOSE,
    Books,
    Emission,
    Flow,
    Key,
    Options,
    RecordSet,
    Row,
    Stock,
    Trade,
    Unit,
)


def text(row: Row, column: str) -> str | None:
    """The cell as text; an absent, None or empty cell is None."""
    cell = row.get(column)
    return None if cell is None or cell == "" else str(cell)


def number(row: Row, column: str) -> Fraction | None:
    """The cell as an exact number; floats are refused, they are not what was written."""
    cell = row.get(column)
    if cell is None or cell == "":
        return None
    if isinstance(cell, (int, str, Fraction, Decimal)) and not isinstance(cell, bool):
        return Fraction(cell)
    raise ValueError(f"{column}: {cell!r} is not exact")


def required(row: Row, column: str) -> Fraction:
    """A number that must be there."""
    value = number(row, column)
    if value is None:
        raise ValueError(f"{column} missing in {dict(row)}")
    return value


def named(row: Row, column: str) -> str:
    """A text that must be there."""
    value = text(row, column)
    if value is None:
        raise ValueError(f"{column} missing in {dict(row)}")
    return value


def span(period: str) -> tuple[date, date]:
    """Half-open range of days of `2016`, `2016-Q1`, `2016-03` or `2016-03-05`."""
    parts = period.split("-")
    year = int(parts[0])
    if len(parts) == 1:
        return date(year, 1, 1), date(year + 1, 1, 1)
    if len(parts) == 3:
        day = date.fromisoformat(period)
        return day, day + timedelta(days=1)
    first, length = (3 * int(parts[1][1:]) - 2, 3) if parts[1][0] == "Q" else (int(parts[1]), 1)
    after = first + length
    end = date(year + 1, 1, 1) if after > 12 else date(year, after, 1)
    return date(year, first, 1), end


def inside(period: str, account: str) -> bool:
    """Whether a row of `period` adds up into the account."""
    (start, end), (first, last) = span(period), span(account)
    return first <= start and end <= last


def ratio(opt: Options, measure: str, into: str) -> Fraction:
    """How many `into` one `measure` is."""
    if measure == into:
        return Fraction(1)
    if opt.measures[measure][0] != opt.measures[into][0]:
        raise ValueError(f"{measure} does not convert into {into}")
    return opt.measures[measure][1] / opt.measures[into][1]


class Catalogue:
    """Products and classes: turns (product, period, quantity, measure) into class quantities."""

    def __init__(self, tables: RecordSet, opt: Options) -> None:
        self.opt = opt
        self.products: dict[str, list[dict[str, object]]] = defaultdict(list)
        for row in tables.get("products", []):
            self.products[named(row, "product_id")].append(row)
        self.measure: dict[str, str] = {
            named(row, "class_id"): named(row, "measure") for row in tables.get("classes", [])
        }
        if not self.measure:
            for row in tables.get("products", []):
                self.measure.setdefault(named(row, "class_id"), named(row, "measure"))

    def product(self, product: str, period: str) -> Row:
        """The one row of the product valid on the first day of the period."""
        day = span(period)[0]
        valid = []
        for row in self.products[product]:
            since, until = text(row, "valid_from"), text(row, "valid_to")
            begun = since is None or span(since)[0] <= day
            if begun and (until is None or day < span(until)[0]):
                valid.append(row)
        if len(valid) != 1:
            raise ValueError(f"{product} maps to {len(valid)} classes on {day}")
        return valid[0]

    def resolve(self, row: Row, column: str = "quantity") -> tuple[str, Fraction]:
        """Class and quantity in its measure."""
        product = self.product(named(row, "product_id"), named(row, "period"))
        cls, own = named(product, "class_id"), named(product, "measure")
        recorded = text(row, "measure") or own
        conversion = number(product, "conversion")
        if conversion is None:
            conversion = ratio(self.opt, own, self.measure[cls])
        return cls, required(row, column) * ratio(self.opt, recorded, own) * conversion


def read(tables: RecordSet, opt: Options) -> Books:
    """The record set for the account's period, every row resolved."""
    catalogue = Catalogue(tables, opt)
    units = {
        named(row, "unit_id"): Unit(
            named(row, "region"), named(row, "use"), text(row, "partition_key")
        )
        for row in tables["units"]
    }
    rows = [r for r in tables.get("flows", []) if inside(named(r, "period"), opt.period)]
    outputs = [_flow(r, catalogue, "output") for r in rows if _is_output(r)]
    net = _net_outputs(outputs)
    services = _services(units, net)
    defaults = _default_purposes(units, net, opt)
    inputs = [
        _flow(r, catalogue, defaults[named(r, "unit_id")]["flow"])
        for r in rows
        if not _is_output(r)
    ]
    places = [u.region for u in units.values()]
    for table in ("trade", "stocks"):
        places += [named(r, "region") for r in _in_period(tables, table, opt)]
    regions = tuple(dict.fromkeys(places))
    trade = [_trade(r, catalogue, regions) for r in _in_period(tables, "trade", opt)]
    _check_mirrors(trade)
    return Books(
        units=units,
        measure=catalogue.measure,
        inputs=inputs,
        outputs=outputs,
        direct=_direct(tables, defaults, opt),
        trade=trade,
        stocks=[
            Stock(named(r, "region"), *catalogue.resolve(r, "change"))
            for r in _in_period(tables, "stocks", opt)
        ],
        exogenous=_exogenous(tables, catalogue, opt),
        net=net,
        services=services,
        regions=regions,
    )


def _in_period(tables: RecordSet, table: str, opt: Options) -> list[dict[str, object]]:
    return [r for r in tables.get(table, []) if inside(named(r, "period"), opt.period)]


def _is_output(row: Row) -> bool:
    """A by-product credit is an input, whichever way it is written."""
    return text(row, "direction") == "out" and text(row, "kind") != "byproduct_credit"


def _flow(row: Row, catalogue: Catalogue, default: str) -> Flow:
    """One row, signed: a return is negative, a credit is a negative input."""
    cls, quantity = catalogue.resolve(row)
    kind, direction = text(row, "kind") or "normal", named(row, "direction")
    if kind == "byproduct_credit":
        if (quantity > 0) != (direction == "out") and quantity != 0:
            raise ValueError(f"a credit of the wrong sign: {dict(row)}")
        sign, quantity = -1, -abs(quantity)
    else:
        if quantity < 0:
            raise ValueError(f"a negative quantity: {dict(row)}")
        sign = -1 if kind == "return" else 1
        quantity *= sign
    value, weight = number(row, "value"), number(row, "partition_weight")
    output = default == "output"
    return Flow(
        unit=named(row, "unit_id"),
        cls=cls,
        quantity=quantity,
        value=None if value is None else sign * abs(value),
        purpose=default if output else text(row, "purpose") or default,
        supplier=None if output else text(row, "supplier_id"),
        weight=None if weight is None else sign * weight,
    )


def _net_outputs(outputs: list[Flow]) -> dict[Key, Fraction]:
    net: dict[Key, Fraction] = defaultdict(Fraction)
    for flow in outputs:
        net[flow.unit, flow.cls] += flow.quantity
    for key, quantity in net.items():
        if quantity < 0:
            raise ValueError(f"negative net output: {key}")
    return dict(net)


def _services(units: dict[str, Unit], net: dict[Key, Fraction]) -> frozenset[str]:
    """Classes that have makers, all of them institutions."""
    uses: dict[str, set[str]] = defaultdict(set)
    for (unit, cls), quantity in net.items():
        if quantity > 0:
            uses[cls].add(units[unit].use)
    return frozenset(cls for cls, kinds in uses.items() if kinds == {"daily_institution"})


def _default_purposes(
    units: dict[str, Unit], net: dict[Key, Fraction], opt: Options
) -> dict[str, dict[str, str]]:
    making = {unit for (unit, _), quantity in net.items() if quantity > 0}
    defaults = {}
    for name, unit in units.items():
        serving = unit.use == "daily_institution" and name in making
        use = "producer" if serving and opt.services == "makers" else unit.use
        defaults[name] = DEFAULT_PURPOSE[use]
    return defaults


def _direct(tables: RecordSet, defaults: dict[str, dict[str, str]], opt: Options) -> list[Emission]:
    emissions = []
    for row in _in_period(tables, "direct", opt):
        amount, kind = required(row, "emission_tco2e"), text(row, "kind") or "emission"
        if (kind == "capture" and amount > 0) or (kind == "emission" and amount < 0):
            raise ValueError(f"{kind} of the wrong sign: {dict(row)}")
        fossil = text(row, "gas") == "CO2" and text(row, "source") == "fuel"
        if opt.scope == "fossil_co2" and not fossil:
            continue
        unit = named(row, "unit_id")
        emissions.append(Emission(unit, text(row, "purpose") or defaults[unit]["direct"], amount))
    return emissions


def _trade(row: Row, catalogue: Catalogue, regions: tuple[str, ...]) -> Trade:
    cls, quantity = catalogue.resolve(row)
    if quantity < 0:
        raise ValueError(f"negative trade: {dict(row)}")
    partner = text(row, "partner")
    return Trade(
        region=named(row, "region"),
        direction=named(row, "direction"),
        cls=cls,
        quantity=quantity,
        value=number(row, "value"),
        partner=partner,
        supplier=text(row, "supplier_id"),
        internal=partner in regions,
    )


def _check_mirrors(trade: list[Trade]) -> None:
    """Exports of A to B are the imports of B from A, class by class."""
    gap: dict[tuple[str, str | None, str], Fraction] = defaultdict(Fraction)
    for row in trade:
        if row.internal and row.direction == "export":
            gap[row.region, row.partner, row.cls] += row.quantity
        elif row.internal:
            gap[str(row.partner), row.region, row.cls] -= row.quantity
    wrong = {key: value for key, value in gap.items() if value != 0}
    if wrong:
        raise ValueError(f"trade inside the set does not mirror: {wrong}")


def _exogenous(tables: RecordSet, catalogue: Catalogue, opt: Options) -> dict[str, Fraction]:
    """Values for the account's period: the row of the shortest period that contains it."""
    best: dict[str, tuple[timedelta, Fraction]] = {}
    for row in tables.get("exogenous", []):
        period = named(row, "period")
        if not inside(opt.period, period):
            continue
        start, end = span(period)
        cls = named(row, "class_id")
        recorded = text(row, "measure") or catalogue.measure[cls]
        value = required(row, "benchmark") * ratio(opt, catalogue.measure[cls], recorded)
        if cls in best and best[cls][0] == end - start and best[cls][1] != value:
            raise ValueError(f"two exogenous values for {cls} in {period}")
        if cls not in best or end - start < best[cls][0]:
            best[cls] = (end - start, value)
    return {cls: value for cls, (_, value) in best.items()}
