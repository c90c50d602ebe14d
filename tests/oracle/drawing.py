"""What random record sets are written with: shapes, classes, and a writer of rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .books import MEASURES

Tables = dict[str, list[dict[str, object]]]

PERIOD = "2016"
PRICE = {"t": "500", "kg": "0.5", "kWh": "0.5", "MWh": "400", "car": "50000", "CNY": "1"}
OTHER = {"t": "kg", "kg": "t", "kWh": "MWh", "MWh": "kWh", "car": "car", "CNY": "CNY"}
FINE = ["2016-01", "2016-05", "2016-12", "2016-Q1", "2016-Q3", "2016"]
FEATURES = (
    "joint",
    "imports",
    "exports",
    "internal_trade",
    "stocks",
    "purposes",
    "capital",
    "self_use",
    "named",
    "named_imports",
    "named_exports",
    "all_named",
    "returns",
    "credits",
    "capture",
    "services",
    "measures",
    "zero_output",
    "prosumer",
    "idle",
    "fine_periods",
    "other_periods",
    "closed",
    "no_classes_table",
)
# Not drawn unless asked for: their reading is not pinned down by the method.
UNSETTLED = ("dated_products",)


@dataclass(frozen=True)
class Shape:
    """Sizes and features of a record set."""

    seed: int = 0
    classes: int = 3
    makers: int = 4
    users: int = 2
    regions: int = 2
    features: frozenset[str] = frozenset(FEATURES)


@dataclass(frozen=True)
class Product:
    """A product, its measure and how many class measures one of it is."""

    name: str
    measure: str
    conversion: str | None = None
    periods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Class:
    """A class with its hidden price and its products."""

    name: str
    measure: str
    price: Fraction
    source: str  # "made", "service" or "imported"
    products: tuple[Product, ...]


@dataclass(frozen=True)
class Pick:
    """How a row is written: product, measure, period, class measures per row measure."""

    product: Product
    measure: str
    period: str
    factor: Fraction


def decimal(value: Fraction) -> str:
    """The exact decimal string of a number that has one."""
    for places in range(16):
        scaled = value * 10**places
        if scaled.denominator == 1:
            sign, digits = "-" if scaled < 0 else "", str(abs(scaled.numerator))
            digits = digits.rjust(places + 1, "0")
            cut = len(digits) - places
            return sign + digits[:cut] + ("." + digits[cut:] if places else "")
    raise ValueError(f"{value} has no short decimal")


def short(value: Fraction) -> Fraction:
    """Rounded down to a few digits."""
    places = 0 if value >= 1000 else 1 if value >= 10 else 3
    return Fraction(int(value * 10**places), 10**places)


class Writer:
    """Writes rows into tables and keeps the ledger: net outputs, what is left to name."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.rng = Random(shape.seed)
        self.tables: Tables = {
            name: []
            for name in (
                *("units", "classes", "products", "direct"),
                *("flows", "trade", "stocks", "exogenous"),
            )
        }
        self.regions = [f"R{i + 1}" for i in range(shape.regions)]
        self.use: dict[str, str] = {}
        self.makes: dict[str, list[Class]] = {}
        self.net: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.free: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.abroad: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.budget: dict[str, Fraction] = {}
        self.classes: list[Class] = []

    # ------------------------------------------------------------ small help

    def has(self, feature: str) -> bool:
        """Whether the shape asks for the feature."""
        return feature in self.shape.features

    def chance(self, feature: str, probability: float = 0.5) -> bool:
        """A coin that only falls where the feature is on."""
        return self.has(feature) and self.rng.random() < probability

    def between(self, low: float, high: float) -> Fraction:
        """A number with three decimals."""
        return Fraction(round(self.rng.uniform(low, high) * 1000), 1000)

    def pick(self, kind: Class) -> Pick:
        """A random way to write a quantity of the class."""
        product = self.rng.choice(kind.products)
        measure = OTHER[product.measure] if self.chance("measures", 0.3) else product.measure
        period = self.rng.choice(FINE) if self.has("fine_periods") else PERIOD
        if product.periods:
            period = self.rng.choice(product.periods)
        factor = MEASURES[measure][1] / MEASURES[product.measure][1]
        return Pick(product, measure, period, factor * Fraction(product.conversion or 1))

    def row(self, pick: Pick, quantity: Fraction, **more: object) -> dict[str, object]:
        """Columns that flows, trade and stocks share; None is left out."""
        return {
            "period": pick.period,
            "product_id": pick.product.name,
            "quantity": decimal(quantity),
            "measure": pick.measure,
            **{column: cell for column, cell in more.items() if cell is not None},
        }

    def flow(
        self, unit: str, direction: str, kind: Class, amount: Fraction, /, **more: object
    ) -> Fraction:
        """Write one row of about this amount, never more; gives the class quantity written."""
        pick = self.pick(kind)
        sign = -1 if more.pop("negative", False) else 1
        price = more.pop("price", kind.price)
        assert isinstance(price, Fraction)
        quantity = short(amount / pick.factor)
        written = quantity * pick.factor
        value = sign * Fraction(round(written * price * 100), 100)
        self.tables["flows"].append(
            {
                "unit_id": unit,
                "direction": direction,
                **self.row(pick, sign * quantity, value=decimal(value), **more),
            }
        )
        return written

    def unit(self, use: str, **more: object) -> str:
        """A new unit in a random region."""
        name = f"U{len(self.use) + 1}"
        self.use[name] = use
        self.tables["units"].append(
            {
                "unit_id": name,
                "name": f"unit {name}",
                "region": self.rng.choice(self.regions),
                "use": use,
                **{column: cell for column, cell in more.items() if cell is not None},
            }
        )
        return name

    # --------------------------------------------------------------- classes

    def draw_classes(self) -> None:
        """Classes with their products, hidden prices and table values."""
        made = 0
        for i in range(self.shape.classes):
            source = "made"
            if i > 0 and self.chance("services", 0.25):
                source = "service"
            elif i > 0 and (made >= self.shape.makers or self.rng.random() < 0.25):
                source = "imported"
            made += source == "made"
            measure = "CNY" if source == "service" else self.rng.choice(list(PRICE))
            if not self.has("measures"):
                measure = "t"
            price = Fraction(PRICE[measure]) * self.between(0.5, 2)
            kind = Class(f"C{i + 1}", measure, price, source, self._products(f"C{i + 1}", measure))
            self.classes.append(kind)
            if source == "imported":
                self._exogenous(kind)
        if self.has("dated_products") and len(self.classes) > 1:
            self._dated_product()
        for kind in self.classes:
            self.tables["classes"].append(
                {"class_id": kind.name, "name": f"class {kind.name}", "measure": kind.measure}
            )

    def _products(self, cls: str, measure: str) -> tuple[Product, ...]:
        """The first has the measure of the class; the others convert, in every way there is."""
        products = [Product(f"P{cls}a", measure)]
        if self.has("measures"):
            other = OTHER[measure]
            scale = MEASURES[other][1] / MEASURES[measure][1]
            products.append(Product(f"P{cls}b", other, decimal(scale)))
            products.append(Product(f"P{cls}c", measure, self.rng.choice(["1.05", "0.8", "2"])))
            if measure in {"car", "MWh"}:
                products.append(Product(f"P{cls}d", "t", "0.5"))
        for product in products:
            self.tables["products"].append(self._product_row(cls, product))
        return tuple(products)

    def _product_row(self, cls: str, product: Product) -> dict[str, object]:
        row: dict[str, object] = {
            "product_id": product.name,
            "class_id": cls,
            "name": f"product {product.name}",
            "measure": product.measure,
        }
        if product.conversion is not None:
            row["conversion"] = product.conversion
        return row

    def _dated_product(self) -> None:
        """One product that changes its class in the middle of the year."""
        days = [("2016-01-01", "2016-07-01"), ("2016-07-01", "2017-01-01")]
        months = [("2016-02", "2016-06"), ("2016-07", "2016-11")]
        for i in range(2):
            kind = self.classes[i]
            product = Product("PX", "t", "1" if kind.measure == "t" else "2", months[i])
            self.tables["products"].append(
                {
                    **self._product_row(kind.name, product),
                    "valid_from": days[i][0],
                    "valid_to": days[i][1],
                }
            )
            self.classes[i] = Class(
                kind.name, kind.measure, kind.price, kind.source, (*kind.products, product)
            )

    def _exogenous(self, kind: Class) -> None:
        measure = OTHER[kind.measure] if self.chance("measures") else kind.measure
        scale = MEASURES[measure][1] / MEASURES[kind.measure][1]
        value = short(kind.price * self.between(0.1, 2)) / 1000 * scale
        self.tables["exogenous"].append(
            {
                "class_id": kind.name,
                "period": PERIOD,
                "benchmark": decimal(value),
                "measure": measure,
                "source": "table",
            }
        )
