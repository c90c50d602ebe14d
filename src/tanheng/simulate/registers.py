"""The registers of a synthetic region as tables: units, classes, products, exogenous."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tanheng.simulate.arrays import Ints
from tanheng.simulate.catalogue import MADE, OTHERS, PLACES, REGIONS, TRADER
from tanheng.simulate.columns import Table, batch, same, words
from tanheng.simulate.economy import Economy
from tanheng.simulate.outputs import KEYS, Outputs
from tanheng.simulate.population import USES, Units
from tanheng.simulate.writing import batches


def unit_ids(units: int) -> pa.Array:
    """``U000001`` and so on, one width for the whole set."""
    digits = max(6, len(str(units)))
    number = pa.array(np.arange(1, units + 1)).cast(pa.string())
    return pc.binary_join_element_wise("U", pc.utf8_lpad(number, digits, "0"), "")


def units_table(
    units: Units, economy: Economy, outputs: Outputs, ids: pa.Array, rng: np.random.Generator
) -> Table:
    """The table ``units``, with a made-up bilingual name for every unit."""
    calls = [(made.maker_zh, made.maker_en, made.slug) for made in MADE] + [(*TRADER, "trade")]
    family = np.append(economy.classes.family, 0)[units.cls]  # NO_CLASS reads the 0
    call = np.where(units.trader, len(MADE), family)
    for use, names in OTHERS.items():
        kind = len(calls) + rng.integers(0, len(names), size=units.use.size)
        call = np.where(units.use == USES.index(use), kind, call)
        calls += [(zh, en, use.removeprefix("daily_")) for zh, en in names]
    place = rng.integers(0, len(PLACES), size=units.use.size)
    entity = _entities(units, rng)
    digits = len(str(units.use.size))

    def rows(some: slice) -> pa.RecordBatch:
        zh = words([c[0] for c in calls], call[some])
        en = words([c[1] for c in calls], call[some])
        at_zh = words([p[0] for p in PLACES], place[some])
        at_en = words([p[1] for p in PLACES], place[some])
        number = pa.array(np.arange(some.start + 1, some.stop + 1)).cast(pa.string())
        name = pc.binary_join_element_wise(
            pc.binary_join_element_wise(at_zh, zh, ""), at_en, en, number, " "
        )
        owner = pa.array(entity[some], mask=entity[some] < 0).cast(pa.string())
        return batch(
            {
                "unit_id": ids[some],
                "name": name,
                "region": words(REGIONS, units.region[some]),
                "use": words(USES, units.use[some]),
                "entity_id": pc.binary_join_element_wise(
                    "E", pc.utf8_lpad(owner, max(6, digits), "0"), ""
                ),
                "sector": words([c[2] for c in calls], call[some]),
                "partition_key": words(KEYS, outputs.key[some]),
            }
        )

    return units.use.size, batches(units.use.size, rows)


def _entities(units: Units, rng: np.random.Generator) -> Ints:
    """Legal entities: one unit in five belongs to that of another one in its region.

    Households have none.
    """
    owned = np.flatnonzero(units.use != USES.index("daily_person"))
    owned = owned[np.argsort(units.region[owned], kind="stable")]
    new = rng.random(owned.size) >= 0.2
    new[1:] |= units.region[owned][1:] != units.region[owned][:-1]
    new[0] = True
    entity = np.full(units.use.size, -1, dtype=np.int64)
    entity[owned] = np.cumsum(new)
    return entity


def classes_table(economy: Economy) -> Table:
    """The table ``classes``."""
    classes = economy.classes
    tail = ["" if number == 1 else str(number) for number in classes.number]
    rows = batch(
        {
            "class_id": pa.array(classes.ids),
            "name": pa.array(
                [
                    f"{base.zh}{n} {base.en} {n}".rstrip()
                    for base, n in zip(classes.base, tail, strict=True)
                ]
            ),
            "measure": pa.array([base.measure for base in classes.base]),
        }
    )
    return len(classes), iter([rows])


def products_table(economy: Economy) -> Table:
    """The table ``products``."""
    products = economy.products
    rows = batch(
        {
            "product_id": pa.array(products.ids),
            "class_id": words(economy.classes.ids, products.cls),
            "name": pa.array(products.names),
            "measure": pa.array([own for own, _ in products.measure]),
            "conversion": pa.array(products.conversion),
        }
    )
    return len(products.ids), iter([rows])


def exogenous_table(economy: Economy, period: str, rng: np.random.Generator) -> Table:
    """Benchmarks (upstream, invented) of the classes that only come from outside."""
    classes = economy.classes
    cls = np.flatnonzero(~classes.made)
    price = classes.price[cls] * 10.0 ** classes.decimals[cls]
    benchmark = price * 1.2e-4 * np.exp(0.4 * rng.standard_normal(cls.size))
    # Four significant digits, as such tables have.
    digits = 10.0 ** (3 - np.floor(np.log10(benchmark)))
    benchmark = np.rint(benchmark * digits) / digits
    rows = batch(
        {
            "class_id": words(classes.ids, cls),
            "period": same(period, cls.size),
            "benchmark": pa.array(benchmark),
            "measure": pa.array([classes.base[i].measure for i in cls.tolist()]),
            "source": same("合成数据 synthetic", cls.size),
            "standard_error": pa.array(np.round(0.1 * benchmark, 9)),
        }
    )
    return cls.size, iter([rows])
