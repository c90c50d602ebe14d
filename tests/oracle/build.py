"""Small random record sets, built from a seed and a shape, productive by construction.

Every class has a hidden price. The inputs of a maker that can enter a benchmark are worth, at
hidden prices and in absolute value, at most 60 % of `min_p price_p V_pf / a_pf`; so each row of
`A` contracts in the norm of those prices for every mean (weighted, simple, best) and every scope.
Values on flows follow the same prices within narrow bands, so value added is positive.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from .books import MEASURES, Options, total
from .drawing import FINE, OTHER, PERIOD, Class, Pick, Shape, Tables, Writer, decimal, short
from .exact import open_quantities
from .reading import read

AWAY = ["2015", "2015-12", "2017-Q1", "2017-02", "2017"]
BUDGET = Fraction(6, 10)


def build(shape: Shape) -> Tables:
    """The record set of this shape, the same every time."""
    return _Builder(shape).build()


class _Builder(Writer):
    def build(self) -> Tables:
        self.draw_classes()
        self._makers()
        if self.has("imports"):
            self._imports()
        if self.has("exports"):
            self._exports()
        for unit in self.makes:
            self._production(unit)
        self._users()
        self._extras()
        if self.has("internal_trade") and len(self.regions) > 1:
            self._internal_trade()
        if self.has("stocks"):
            self._stocks()
        for unit in self.use:
            self._direct(unit)
        if self.has("other_periods"):
            self._other_periods()
        if self.has("closed"):
            self._close()
        if self.has("no_classes_table"):
            del self.tables["classes"]
        return self.tables

    # ---------------------------------------------------------------- makers

    def _makers(self) -> None:
        made = [k for k in self.classes if k.source == "made"]
        for i in range(max(self.shape.makers, len(made))):
            mine = [made[i % len(made)]]
            if self.chance("joint", 0.7) and len(made) > 1:
                mine = [mine[0], *self.rng.sample(made, self.rng.randint(1, min(2, len(made))))]
            self._maker("producer", list(dict.fromkeys(mine)))
        for kind in self.classes:
            if kind.source == "service":
                for _ in range(self.rng.randint(1, 2)):
                    self._maker("daily_institution", [kind])
        if self.has("prosumer"):
            self._maker("daily_person", [self.rng.choice(made)])
        if self.has("zero_output"):
            self._zero_maker(self.rng.choice(made))

    def _maker(self, use: str, mine: list[Class]) -> None:
        key, explicit = self._key(mine)
        idle = None
        if key == "declared" and explicit and self.chance("zero_output"):
            rest = [k for k in self.classes if k.source == "made" and k not in mine]
            idle = self.rng.choice(rest) if rest else None
        unit = self.unit(use, partition_key=key)
        self.makes[unit] = mine
        weights: dict[str, Fraction] = defaultdict(Fraction)
        for kind in mine:
            price = kind.price * self.between(0.8, 1.5)
            amount = self.between(100_000, 1_000_000) / kind.price
            pieces = self.rng.randint(1, 3)
            for i in range(pieces + self.chance("returns", 0.4)):
                back = i == pieces
                weight = self.between(0.1 if back else 1, 0.9 if back else 9) if explicit else None
                written = self.flow(
                    unit,
                    "out",
                    kind,
                    amount / 10 if back else amount / pieces,
                    price=price,
                    kind="return" if back else self.rng.choice([None, "normal"]),
                    partition_weight=None if weight is None else decimal(weight),
                )
                sign = -1 if back else 1
                self.net[unit, kind.name] += sign * written
                weights[kind.name] += sign * (
                    self._implied(key, kind, written, price) if weight is None else weight
                )
            self.free[unit, kind.name] = self.net[unit, kind.name]
        if idle is not None:
            self.flow(unit, "out", idle, Fraction(0), partition_weight="0")
        whole = total(weights.values())
        worth = min(k.price * self.net[unit, k.name] * whole / weights[k.name] for k in mine)
        self.budget[unit] = BUDGET * worth

    def _key(self, mine: list[Class]) -> tuple[str | None, bool]:
        """A partition key that works for these classes, and whether rows carry weights."""
        if len(mine) == 1:
            return self.rng.choice([(None, False), ("economic", False), ("declared", True)])
        dimensions = {MEASURES[k.measure][0] for k in mine}
        key = self.rng.choice(["mass", "energy", "economic", "declared"])
        implied = key == "economic" or dimensions == {key}
        return key, not implied or self.rng.random() < 0.2

    def _implied(
        self, key: str | None, kind: Class, written: Fraction, price: Fraction
    ) -> Fraction:
        """Partition weight of an output row that states none."""
        if key == "economic":
            return Fraction(round(written * price * 100), 100)
        return written * MEASURES[kind.measure][1]

    def _zero_maker(self, kind: Class) -> None:
        """A maker whose output is nothing, or all taken back."""
        unit = self.unit("producer")
        if self.rng.random() < 0.5:
            self.flow(unit, "out", kind, Fraction(0))
        else:
            row: dict[str, object] = {
                "unit_id": unit,
                "period": PERIOD,
                "direction": "out",
                "product_id": kind.products[0].name,
                "quantity": "2.5",
                "measure": kind.measure,
                "value": "10",
            }
            self.tables["flows"] += [row, {**row, "kind": "return"}]
        self.flow(unit, "in", self.rng.choice(self.classes), self.between(1, 1000))

    # ---------------------------------------------------------------- inputs

    def _production(self, unit: str) -> None:
        """Budgeted inputs of a maker, then its offices and halls, which no budget binds."""
        budget = self.budget[unit] * self.between(0.3, 1)
        kinds = [self.rng.choice(self.classes) for _ in range(self.rng.randint(1, 4))]
        if self.chance("self_use", 0.4):
            kinds.append(self.rng.choice(self.makes[unit]))
        elif not self.has("self_use"):
            kinds = [k for k in kinds if k not in self.makes[unit]]
        others = Fraction(0)
        credit = self.has("credits") and self.rng.random() < 0.4
        for kind in kinds:
            amount = budget / (len(kinds) + credit) / kind.price
            purpose = self._production_purpose(unit)
            written = self._purchase(unit, kind, amount, purpose)
            if purpose != "capital" and kind.source != "service" and kind not in self.makes[unit]:
                others += written * kind.price  # a credit stays below these: no α under zero
        if credit:
            self._credit(unit, min(others / 4, budget / (len(kinds) + 1)))
        if self.has("purposes"):
            for purpose in ("daily", "construction", "maintenance"):
                if self.rng.random() < 0.4:
                    kind = self.rng.choice(self.classes)
                    amount = self.between(0, 50_000) / kind.price
                    self._purchase(unit, kind, amount, purpose)

    def _production_purpose(self, unit: str) -> str | None:
        explicit = ["material", "energy"] + ["capital"] * self.has("capital")
        if self.use[unit] == "daily_person" or self.chance("purposes", 0.4):
            return self.rng.choice(explicit)
        return "capital" if self.chance("capital", 0.2) else None

    def _purchase(self, unit: str, kind: Class, amount: Fraction, purpose: str | None) -> Fraction:
        """One purchase, named where a supplier has enough left; sometimes partly sent back."""
        supplier, ledger = self._supplier(kind, amount)
        price = kind.price * self.between(0.8, 1.1)
        written = self.flow(
            unit, "in", kind, amount, price=price, purpose=purpose, supplier_id=supplier
        )
        if supplier is not None and ledger is not None:
            ledger[supplier, kind.name] -= written
        if self.chance("returns", 0.2):
            back = {"price": price, "purpose": purpose, "supplier_id": supplier}
            self.flow(unit, "in", kind, written / 8, kind="return", **back)
        return written

    def _supplier(
        self, kind: Class, amount: Fraction
    ) -> tuple[str | None, dict[tuple[str, str], Fraction] | None]:
        for feature, ledger in (("named", self.free), ("named_imports", self.abroad)):
            able = [s for (s, p), left in ledger.items() if p == kind.name and left >= amount]
            if able and self.chance(feature):
                return self.rng.choice(able), ledger
        return None, None

    def _credit(self, unit: str, worth: Fraction) -> None:
        """A by-product that replaces somebody else's product, written in one of the two ways."""
        kinds = [k for k in self.classes if k not in self.makes[unit]]
        if not kinds:
            return
        kind = self.rng.choice(kinds)
        outward = self.use[unit] == "producer" and self.rng.random() < 0.5
        self.flow(
            unit,
            "out" if outward else "in",
            kind,
            worth / kind.price,
            kind="byproduct_credit",
            negative=not outward,
            purpose="material" if self.use[unit] == "daily_person" else None,
        )

    def _users(self) -> None:
        """Units that only use."""
        uses = ["daily_person", "daily_institution", "construction", "maintenance"]
        units = [self.unit(self.rng.choice(uses)) for _ in range(self.shape.users)]
        if self.has("idle"):
            units.append(self.unit("producer"))
        purposes = ["material", "energy", "capital", "daily", "construction", "maintenance"]
        for unit in units:
            for _ in range(self.rng.randint(1, 4)):
                kind = self.rng.choice(self.classes)
                amount = self.between(0, 400_000) / kind.price
                purpose = self.rng.choice(purposes) if self.chance("purposes", 0.4) else None
                self._purchase(unit, kind, amount, purpose)

    def _extras(self) -> None:
        """Somebody buys by name all that is left of one maker."""
        if not self.chance("all_named"):
            return
        (supplier, cls), left = self.rng.choice(list(self.free.items()))
        kind = next(k for k in self.classes if k.name == cls)
        pick = Pick(kind.products[0], kind.measure, PERIOD, Fraction(1))
        buyer = self.unit("daily_person")
        row = self.row(pick, left, supplier_id=supplier, value="1000")
        self.tables["flows"].append({"unit_id": buyer, "direction": "in", **row})
        self.free[supplier, cls] = Fraction(0)

    # ------------------------------------------------------ trade and stocks

    def _trade(self, region: str, direction: str, pick: Pick, amount: Fraction) -> Fraction:
        quantity = short(amount / pick.factor)
        self.tables["trade"].append(
            {"region": region, "direction": direction, **self.row(pick, quantity)}
        )
        return quantity * pick.factor

    def _imports(self) -> None:
        """Imports of classes that nobody makes, and of some that are made."""
        for kind in self.classes:
            for _ in range(self.rng.randint(0, 2) if kind.source != "imported" else 2):
                amount = self.between(10_000, 500_000) / kind.price
                region = self.rng.choice(self.regions)
                written = self._trade(region, "import", self.pick(kind), amount)
                if self.rng.random() < 0.5:
                    self.tables["trade"][-1]["partner"] = self.rng.choice(["ROW", "X1"])
                if self.chance("named_imports", 0.6):
                    supplier = self.rng.choice(["F1", "F2"])
                    self.tables["trade"][-1]["supplier_id"] = supplier
                    self.abroad[supplier, kind.name] += written

    def _exports(self) -> None:
        for (unit, cls), left in list(self.free.items()):
            if self.rng.random() < 0.4:
                kind = next(k for k in self.classes if k.name == cls)
                pick = self.pick(kind)
                region = self.rng.choice(self.regions)
                written = self._trade(region, "export", pick, left * self.between(0.05, 0.4))
                self.tables["trade"][-1]["partner"] = self.rng.choice(["ROW", "X1"])
                if self.chance("named_exports"):
                    self.tables["trade"][-1]["supplier_id"] = unit
                    self.free[unit, cls] -= written

    def _internal_trade(self) -> None:
        """The same goods in the books of both regions, not always in the same measure."""
        for _ in range(self.rng.randint(1, 4)):
            seller, buyer = self.rng.sample(self.regions, 2)
            kind = self.rng.choice(self.classes)
            pick = self.pick(kind)
            self._trade(seller, "export", pick, self.between(1_000, 300_000) / kind.price)
            row = self.tables["trade"][-1]
            row["partner"] = buyer
            mirror = {**row, "region": buyer, "direction": "import", "partner": seller}
            other = OTHER[pick.measure]
            if self.chance("measures"):
                scale = MEASURES[pick.measure][1] / MEASURES[other][1]
                mirror["measure"] = other
                mirror["quantity"] = decimal(Fraction(str(row["quantity"])) * scale)
            makers = [u for u, mine in self.makes.items() if kind in mine]
            if makers and self.chance("named"):
                mirror["supplier_id"] = self.rng.choice(makers)
            self.tables["trade"].append(mirror)

    def _stocks(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            kind = self.rng.choice(self.classes)
            pick = self.pick(kind)
            sign = self.rng.choice([-1, 1])
            change = sign * short(self.between(0, 50_000) / kind.price / pick.factor)
            row = self.row(pick, change)
            row["change"] = row.pop("quantity")
            self.tables["stocks"].append({"region": self.rng.choice(self.regions), **row})

    def _close(self) -> None:
        """Stock rows that take up whatever is still open."""
        options = Options(services="makers")
        books = read(self.tables, options)
        for region in books.regions:
            for cls, gap in open_quantities(books, region).items():
                kind = next(k for k in self.classes if k.name == cls)
                if gap != 0:
                    self.tables["stocks"].append(
                        {
                            "region": region,
                            "period": PERIOD,
                            "product_id": kind.products[0].name,
                            "change": decimal(gap),
                            "measure": kind.measure,
                        }
                    )

    # ------------------------------------------------------ direct and noise

    def _direct(self, unit: str) -> None:
        purposes = ["material", "energy", "daily", "construction", "maintenance", "capital"]
        for _ in range(self.rng.randint(0, 3)):
            capture = self.chance("capture", 0.15)
            amount = self.between(0, 60) * -1 if capture else self.between(0, 300)
            gas, source = self.rng.choice([("CO2", "fuel"), ("CO2", "process"), ("CH4", "fuel")])
            row: dict[str, object] = {
                "unit_id": unit,
                "period": self.rng.choice(FINE) if self.has("fine_periods") else PERIOD,
                "emission_tco2e": decimal(amount),
                "source": source,
                "gas": gas,
            }
            if capture:
                row["kind"] = "capture"
            if self.chance("purposes", 0.3):
                row["purpose"] = self.rng.choice(purposes)
            self.tables["direct"].append(row)

    def _other_periods(self) -> None:
        """Rows of other years, which must change nothing."""
        for table in ("direct", "flows", "trade", "stocks", "exogenous"):
            rows = self.tables[table]
            for row in self.rng.sample(rows, min(len(rows), 2)):
                self.tables[table].append({**row, "period": self.rng.choice(AWAY)})
