"""Loading the small tables: units, classes, products, exogenous benchmarks, trade and stocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tanheng.accounting import schema
from tanheng.accounting.cells import Cells, exact
from tanheng.accounting.records import (
    FIRST_DAY,
    LAST_DAY,
    Classes,
    Days,
    Exogenous,
    Floats,
    Ints,
    Products,
    Purpose,
    Stocks,
    Trade,
    Units,
    Use,
)
from tanheng.accounting.store import BLANK, RecordStore
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import Measure, UnknownMeasure, measure, rate


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Everything but the big tables."""

    units: Units
    regions: Sequence[str]
    classes: Classes
    products: Products
    keys: Mapping[str, int]


def _labels(cells: Cells, column: str, ids: Sequence[str | None], good: Sequence[int]) -> list[str]:
    names = cells.texts(column)
    return [names[i] or str(ids[i]) for i in good]


def read_units(store: RecordStore, findings: list[Finding]) -> tuple[Units, list[str]]:
    """Units and, in order of appearance, their regions. Rows with faults are left out."""
    cells = Cells(store, schema.UNITS, findings)
    codes, ids = cells.unique("unit_id")
    region, regions = cells.encoded("region")
    cells.need("region", region)
    use = cells.choice("use", list(schema.USES), BLANK)
    key = cells.choice("partition_key", list(schema.PARTITION_KEYS), -1)
    good = np.flatnonzero(~cells.bad)
    all_good = len(good) == len(cells)
    chosen = ids if all_good else [ids[code] for code in codes[good].tolist()]
    names, entities = cells.texts("name"), cells.texts("entity_id")
    rows: Sequence[int] = range(len(cells)) if all_good else good.tolist()
    units = Units(
        chosen,
        [names[i] or chosen[n] for n, i in enumerate(rows)],
        region[good].astype(np.int32),
        use[good].astype(np.int8),
        key[good].astype(np.int8),
        entities if all_good else [entities[i] for i in rows],
    )
    return units, regions


def _declared_classes(store: RecordStore, findings: list[Finding]) -> Classes | None:
    if store.columns("classes") is None or not store.count("classes"):
        return None
    cells = Cells(store, schema.CLASSES, findings)
    codes, ids = cells.unique("class_id")
    cells.measures("measure")
    good = np.flatnonzero(~cells.bad).tolist()
    measures = cells.texts("measure")
    chosen = [ids[codes[i]] for i in good]
    names = cells.texts("name")
    return Classes(
        chosen,
        [names[i] or chosen[n] for n, i in enumerate(good)],
        [measures[i] or "" for i in good],
    )


def _day(text: str | None, otherwise: int) -> int | None:
    if text is None:
        return otherwise
    try:
        return Period.parse(text).start.toordinal()
    except ValueError:
        return None


def _days(cells: Cells, column: str, otherwise: int) -> Days:
    codes, spellings = cells.encoded(column)
    known = [_day(text, otherwise) for text in spellings]
    wrong = np.array([day is None for day in known] or [False], dtype=bool)
    cells.fault("period_invalid", (codes >= 0) & wrong[np.maximum(codes, 0)], column)
    days = np.array([otherwise if day is None else day for day in known] or [0], dtype=np.int64)
    return np.where(codes >= 0, days[np.maximum(codes, 0)], otherwise)


def _scale(conversion: float, own: Measure, target: Measure) -> Fraction | None:
    """Class measures per base measure of the product, or None when they do not convert."""
    if conversion == conversion:  # not NaN: given by the user, class measure per product measure
        return exact(conversion) / own.factor
    return None if own.dimension != target.dimension else 1 / target.factor


_NO_SCALE = -1


def _known_measure(text: str) -> Measure | None:
    try:
        return measure(text)
    except UnknownMeasure:
        return None


def _distinct_scales(
    cells: Cells,
    classes: Classes,
    cls: Ints,
    own: Sequence[Measure | None],
    conversion: Floats,
) -> tuple[list[Fraction], npt.NDArray[np.int64]]:
    """Distinct exact scales, and which one each row has; ``_NO_SCALE`` where measures differ.

    Rows share few combinations of conversion, own measure and class measure; each is worked out
    once.
    """
    measures = sorted(set(classes.measures))
    targets: list[Measure | None] = []
    for text in measures:
        try:
            targets.append(measure(text))
        except UnknownMeasure:
            targets.append(None)
    number = {text: i for i, text in enumerate(measures)}
    target_of = np.array([number[text] for text in classes.measures] or [0], dtype=np.int64)
    codes, _ = cells.encoded("measure")
    _, given_code = np.unique(conversion, return_inverse=True)  # NaN is one value here
    target_code = np.where(cls >= 0, target_of[np.maximum(cls, 0)], -1)
    combined = np.stack([given_code.ravel(), codes, target_code], axis=1)
    _, example, place = np.unique(combined, axis=0, return_index=True, return_inverse=True)
    scales = [Fraction(0)]
    meaning = []
    for row in example.tolist():
        mine = own[row]
        target = targets[target_code[row]] if target_code[row] >= 0 else None
        if mine is None or target is None:
            meaning.append(0)
            continue
        scale = _scale(float(conversion[row]), mine, target)
        meaning.append(_NO_SCALE if scale is None else len(scales))
        scales += [] if scale is None else [scale]
    return scales, np.array(meaning or [0], dtype=np.int64)[place.ravel()]


def _check_conversions(
    cells: Cells,
    classes: Classes,
    cls: Ints,
    own: Sequence[Measure | None],
    conversion: Floats,
) -> None:
    """A conversion of 1 between kg and t is a slip more often than a statement."""
    for row in np.flatnonzero((conversion == 1.0) & ~cells.bad & (cls >= 0)).tolist():
        mine, class_measure = own[row], classes.measures[cls[row]]
        target = _known_measure(class_measure)
        if mine and target and mine.dimension == target.dimension and mine.factor != target.factor:
            cells.findings.append(
                Finding(
                    "conversion_one",
                    "products",
                    int(cells.rows[row]),
                    "conversion",
                    mine.text,
                    {"expected": class_measure},
                )
            )


def read_products(store: RecordStore, findings: list[Finding]) -> tuple[Products, Classes]:
    """Products with their classes. Rows with faults are left out."""
    cells = Cells(store, schema.PRODUCTS, findings)
    declared = _declared_classes(store, findings)
    codes, ids = cells.encoded("product_id")
    cells.need("product_id", codes)
    start, end = _days(cells, "valid_from", FIRST_DAY), _days(cells, "valid_to", LAST_DAY)
    own = cells.measures("measure")
    measure_codes, spellings = cells.encoded("measure")
    conversion = cells.number("conversion", minimum=0.0)
    if declared is None:
        cls, class_ids = cells.encoded("class_id")
        cells.need("class_id", cls)
        first = np.zeros(len(class_ids), dtype=np.int64)
        backwards = np.flatnonzero(cls >= 0)[::-1]
        first[cls[backwards]] = backwards
        measures = [
            spellings[measure_codes[i]] if measure_codes[i] >= 0 else "" for i in first.tolist()
        ]
        # A class of one product is called what the product is called.
        called = cells.texts("name")
        alone = np.bincount(cls[cls >= 0], minlength=len(class_ids)) == 1
        names = [
            (called[row] if single else None) or class_id
            for row, single, class_id in zip(first, alone, class_ids, strict=True)
        ]
        classes = Classes(class_ids, names, measures)
    else:
        classes = declared
        cls = cells.refer("class_id", {key: i for i, key in enumerate(classes.ids)}, "classes")
    _check_overlap(cells, codes, start, end)
    scales, scale_of = _distinct_scales(cells, classes, cls, own, conversion)
    mismatch = scale_of == _NO_SCALE
    _check_conversions(cells, classes, cls, own, conversion)
    cells.fault(
        "measure_mismatch",
        mismatch,
        "measure",
        lambda i: {"expected": classes.measures[cls[i]], "of": f"class {classes.ids[cls[i]]}"},
    )
    good = np.flatnonzero(~cells.bad)
    kept = np.unique(codes[good])
    renumber = np.full(len(ids), -1, dtype=np.int32)
    renumber[kept] = np.arange(len(kept), dtype=np.int32)
    product = renumber[codes[good]]
    first_row = np.zeros(len(kept), dtype=np.int32)
    first_row[product[::-1]] = np.arange(len(good), dtype=np.int32)[::-1]
    chosen = good.tolist()
    table = Products(
        [ids[i] for i in kept.tolist()],
        cls[good],
        np.array([float(scale) for scale in scales])[scale_of[good]],
        [scales[i] for i in scale_of[good].tolist()],
        [m.dimension if (m := own[i]) else "" for i in chosen],
        [m.text if (m := own[i]) else "" for i in chosen],
        start[good],
        end[good],
        product,
        first_row,
    )
    return table, classes


def _check_overlap(cells: Cells, codes: Ints, start: Days, end: Days) -> None:
    """A product must not belong to two classes on one day."""
    order = np.lexsort((start, codes))
    before, after = order[:-1], order[1:]
    clash = (codes[before] == codes[after]) & (codes[after] >= 0) & (start[after] < end[before])
    mask = np.zeros(len(codes), dtype=bool)
    mask[after[clash]] = True
    other = dict(zip(after[clash].tolist(), before[clash].tolist(), strict=True))
    cells.fault(
        "product_overlap", mask, "product_id", lambda i: {"first": int(cells.rows[other[i]])}
    )


def read_dimensions(store: RecordStore, findings: list[Finding], broken: set[str]) -> Dimensions:
    """Units, classes and products; a table named in ``broken`` counts as empty."""
    regions: list[str] = []
    if "units" in broken:
        none = np.zeros(0, dtype=np.int32)
        units = Units([], [], none, none.astype(np.int8), none.astype(np.int8), [])
    else:
        units, regions = read_units(store, findings)
    if broken & {"products", "classes"}:
        nothing = np.zeros(0, dtype=np.int32)
        days = np.zeros(0, dtype=np.int64)
        products = Products([], nothing, np.zeros(0), [], [], [], days, days, nothing, nothing)
        classes = Classes([], [], [])
    else:
        products, classes = read_products(store, findings)
    keys = {key: i for i, key in enumerate(products.ids)}
    return Dimensions(units, regions, classes, products, keys)


UNDECIDED = 99
"""Code of a default purpose that depends on outputs not yet read."""


def default_purposes(use: npt.NDArray[np.int8], services: str) -> tuple[Ints, Ints]:
    """Default purpose of a unit's flows and of its direct rows, per unit."""
    flows = np.array(
        [Purpose.MATERIAL, Purpose.DAILY, Purpose.DAILY, Purpose.CONSTRUCTION, Purpose.MAINTENANCE],
        dtype=np.int32,
    )
    direct = flows.copy()
    direct[Use.PRODUCER] = Purpose.ENERGY
    if services == "makers":
        # Whether an institution sells anything is known only when its outputs are.
        flows[Use.DAILY_INSTITUTION] = direct[Use.DAILY_INSTITUTION] = UNDECIDED
    return flows[use], direct[use]


def read_exogenous(
    store: RecordStore,
    period: Period,
    classes: Classes,
    findings: list[Finding],
    *,
    lenient: bool = False,
) -> Exogenous:
    """Benchmarks from outside that hold on a day of the period, in tCO2e per class measure.

    Args:
        lenient: pass over classes that the records do not have (a national table holds more).
    """
    value, error = np.full(len(classes), np.nan), np.full(len(classes), np.nan)
    source = [""] * len(classes)
    cells = Cells(store, schema.EXOGENOUS, findings)
    keys = {key: i for i, key in enumerate(classes.ids)}
    cls = cells.lookup("class_id", keys) if lenient else cells.refer("class_id", keys, "classes")
    benchmark, spread = cells.number("benchmark"), cells.number("standard_error", minimum=0.0)
    codes, spellings = cells.encoded("period")
    cells.fault("period_missing", codes == BLANK, "period")
    covers = np.array([_covers(text, period) for text in spellings] or [0], dtype=np.int8)
    cells.fault("period_invalid", (codes >= 0) & (covers[np.maximum(codes, 0)] < 0), "period")
    texts, sources = cells.texts("measure"), cells.texts("source")
    if not lenient:
        cells.need("source", cells.encoded("source")[0])
    cells.fault("missing_value", np.array([t is None for t in texts], dtype=bool), "measure")
    holds = covers[np.maximum(codes, 0)] > 0
    first: dict[int, int] = {}
    for row in np.flatnonzero(~cells.bad & holds & (cls >= 0)).tolist():
        if cls[row] in first:
            other = int(cells.rows[first[cls[row]]])
            cells.fault_at("exogenous_twice", row, "class_id", {"first": other})
            continue
        factor = _rate_factor(cells, row, texts[row] or "", classes.measures[cls[row]])
        if factor is None:
            continue
        first[int(cls[row])] = row
        value[cls[row]] = benchmark[row] * factor
        error[cls[row]] = spread[row] * factor
        source[cls[row]] = sources[row] or ""
    return Exogenous(value, error, source)


def _covers(text: str, period: Period) -> int:
    try:
        return int(Period.parse(text).overlaps(period))
    except ValueError:
        return -1


def _rate_factor(cells: Cells, row: int, text: str, class_measure: str) -> float | None:
    """tCO2e per class measure in one of the written rate."""
    try:
        above, below = rate(text)
    except UnknownMeasure:
        cells.fault_at("unknown_measure", row, "measure")
        return None
    target = measure(class_measure)
    if below.dimension != target.dimension:
        details = {"expected": class_measure, "of": "the class"}
        cells.fault_at("measure_mismatch", row, "measure", details)
        return None
    return float(above.factor / below.per(target))


@dataclass(frozen=True, slots=True)
class Quantities:
    """Quantities of a small table in class measures; rows that are out or faulty are dropped."""

    rows: npt.NDArray[np.int64]
    region: Ints
    cls: Ints
    quantity: Floats


def _quantities(
    cells: Cells,
    inside: npt.NDArray[np.bool_],
    dims: Dimensions,
    column: str,
    minimum: float | None,
) -> Quantities:
    region_code, spellings = cells.encoded("region")
    cells.need("region", region_code)
    known = {name: i for i, name in enumerate(dims.regions)}
    translate = np.array([known.get(name, -1) for name in spellings] or [-1], dtype=np.int32)
    region = np.where(region_code >= 0, translate[np.maximum(region_code, 0)], BLANK)
    cells.fault("region_unknown", region == -1, "region")
    product = cells.refer("product_id", dims.keys, "products")
    number = cells.number(column, minimum=minimum)
    own = cells.measures("measure")
    codes, texts = cells.encoded("period")
    starts = np.array([_day(text, 0) or 0 for text in texts] or [0], dtype=np.int64)
    days = starts[np.maximum(codes, 0)]
    row = dims.products.mapping(product, days)
    stale = (product >= 0) & (row < 0) & inside
    cells.fault(
        "product_not_valid", stale, "product_id", lambda i: {"day": date.fromordinal(int(days[i]))}
    )
    factor, mismatch = np.zeros(len(cells)), np.zeros(len(cells), dtype=bool)
    for i, mine in enumerate(own):
        if mine is None or row[i] < 0:
            continue
        mismatch[i] = mine.dimension != dims.products.dimension[row[i]]
        factor[i] = float(dims.products.factor(int(row[i]), mine))
    cells.fault(
        "measure_mismatch",
        mismatch,
        "measure",
        lambda i: {
            "expected": dims.products.measure[row[i]],
            "of": f"product {dims.products.ids[product[i]]}",
        },
    )
    good = np.flatnonzero(inside & ~cells.bad)
    return Quantities(
        good,
        region[good].astype(np.int32),
        dims.products.cls[row[good]],
        number[good] * factor[good],
    )


def read_trade(
    store: RecordStore, period: Period, dims: Dimensions, findings: list[Finding]
) -> tuple[Trade, list[str]]:
    """Trade rows, and the foreign suppliers that import rows name."""
    cells = Cells(store, schema.TRADE, findings)
    inside = cells.in_period(period)
    direction = cells.choice("direction", list(schema.TRADE_DIRECTIONS), BLANK)
    found = _quantities(cells, inside, dims, "quantity", 0.0)
    known = {name: i for i, name in enumerate(dims.regions)}
    partners, suppliers = cells.texts("partner"), cells.texts("supplier_id")
    unit = {key: i for i, key in enumerate(dims.units.ids)} if any(suppliers) else {}
    is_export = direction[found.rows] == 1
    chosen = found.rows.tolist()
    partner = [partners[i] or "" for i in chosen]
    named: list[int] = []
    foreign: dict[str, None] = {}
    for i, exported in zip(chosen, is_export.tolist(), strict=True):
        who = suppliers[i]
        if who is None:
            named.append(-1)
        elif exported:
            named.append(unit.get(who, -1))
            if who not in unit:
                findings.append(
                    Finding("unknown_supplier", "trade", int(cells.rows[i]), "supplier_id", who)
                )
        else:
            named.append(-2)
            foreign[who] = None
    trade = Trade(
        found.region,
        is_export,
        found.cls,
        found.quantity,
        np.array([known.get(name, -1) for name in partner], dtype=np.int32),
        partner,
        np.array(named, dtype=np.int32),
    )
    return trade, [name for name in foreign if name not in unit]


def read_stocks(
    store: RecordStore, period: Period, dims: Dimensions, findings: list[Finding]
) -> Stocks:
    """Stock changes."""
    cells = Cells(store, schema.STOCKS, findings)
    found = _quantities(cells, cells.in_period(period), dims, "change", None)
    return Stocks(found.region, found.cls, found.quantity)
