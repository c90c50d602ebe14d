"""Measures and exact quantities: one unit registry for the whole of Tanheng.

A *measure* is what a quantity is counted in: ``t``, ``kWh``, ``10^4 Nm3``, ``car``, ``CNY``, ``万吨``.
The registry is Pint's, loaded with a vocabulary of our own instead of its default one: the
quantities of accounting records are few, must have Chinese names, and must not convert where a
physicist would (a tonne of steel is not a tonne of CO2e; a cubic metre of gas is not a normal
cubic metre). Factors are :class:`fractions.Fraction`, so every conversion is exact where the
definition is exact.

Sources of the definitions: SI brochure (2019) for multiples and the joule; GB/T 2589-2020 for the
tonne of standard coal (1 kgce = 29.3076 MJ).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pint import UnitRegistry

# Every kind of quantity is a base dimension of its own unless a definition ties it to another.
# The first name of a line is canonical, the others are aliases.
_DEFINITIONS = """\
kilo- = 1000 = k-
mega- = 1000000 = M- = 兆-
giga- = 1000000000 = G- = 吉-
tera- = 1000000000000 = T- = 太-
thousand- = 1000 = 千-
ten_thousand- = 10000 = 万-
million- = 1000000 = 百万-
hundred_million- = 100000000 = 亿-

gram = [mass] = g = 克
tonne = 1000000 gram = t = 吨 = ton_metric = tonnes = metric_ton
公斤 = 1000 gram
tCO2e = [emission] = _ = tCO2 = 吨二氧化碳 = 吨二氧化碳当量
kgCO2e = tCO2e / 1000 = _ = kgCO2 = 千克二氧化碳 = 公斤二氧化碳 = 千克二氧化碳当量
gCO2e = tCO2e / 1000000 = _ = gCO2
joule = [energy] = J = 焦 = 焦耳
watt_hour = 3600 joule = Wh = 瓦时
千瓦时 = 1000 watt_hour
千焦 = 1000 joule
度 = 3600000 joule
tce = 29307600000 joule = _ = 吨标准煤 = 吨标煤
kgce = tce / 1000 = _ = 千克标准煤 = 公斤标准煤 = 千克标煤
cubic_metre = [volume] = m3 = 立方米 = m³ = 方
litre = cubic_metre / 1000 = L = l = 升
normal_cubic_metre = [normal_volume] = Nm3 = 标准立方米 = 标立方米 = Nm³
metre = [length] = m = 米
公里 = 1000 metre
square_metre = [area] = m2 = 平方米 = m²
hectare = 10000 square_metre = ha = 公顷
亩 = hectare / 15
tonne_kilometre = [freight] = tkm = 吨公里
person_kilometre = [travel] = pkm = 人公里
item = [count] = piece = pieces = car = cars = vehicle = 个 = 件 = 辆 = 台 = 套 = 只 = unit
hour = [time] = h = 小时
day = 24 hour = d = 天
person = [person] = 人
person_year = [person_year] = 人年
CNY = [currency_CNY] = _ = 元 = 人民币 = RMB = yuan
fen = CNY / 100 = _ = 分
USD = [currency_USD] = _ = 美元
EUR = [currency_EUR] = _ = 欧元
"""

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "²": "^2", "³": "^3"})


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[Fraction]:
    from pint import UnitRegistry

    registry: UnitRegistry[Fraction] = UnitRegistry(
        None, non_int_type=Fraction, case_sensitive=True, on_redefinition="raise"
    )
    registry.load_definitions(_DEFINITIONS.splitlines())
    return registry


@dataclass(frozen=True, slots=True)
class Measure:
    """What a quantity is counted in.

    Attributes:
        text: the measure as it was written (``"10^4 Nm3"``).
        dimension: the kind of quantity (``"[normal_volume]"``); equal dimensions convert.
        factor: base measures of the dimension in one of this measure, exact.
    """

    text: str
    dimension: str
    factor: Fraction

    def per(self, other: Measure) -> Fraction:
        """How many *other* make one of this measure, exact.

        >>> measure("kg").per(measure("t"))
        Fraction(1, 1000)

        Raises:
            UnknownMeasure: when the two measures are of different kinds.
        """
        if self.dimension != other.dimension:
            raise UnknownMeasure(
                f"{self.text} ({self.dimension}) and {other.text} ({other.dimension})"
            )
        return self.factor / other.factor


class UnknownMeasure(ValueError):
    """A text that names no measure, or two measures that do not convert into one another."""


def normal(text: str) -> str:
    """Text with full-width signs narrowed and outer blanks removed (``"１２ ｔ"`` → ``"12 t"``)."""
    return unicodedata.normalize("NFKC", text).strip()


@lru_cache(maxsize=4096)
def measure(text: str) -> Measure:
    """The measure a text names, in English or Chinese, products and powers of ten included.

    >>> measure("万吨").per(measure("t"))
    Fraction(10000, 1)
    >>> measure("tce").per(measure("GJ"))
    Fraction(73269, 2500)

    Raises:
        UnknownMeasure: when the text names no measure of the vocabulary.
    """
    # The superscripts of m², m³ must be read before normalisation folds them into plain digits.
    plain = normal(text.translate(_SPELLINGS)).replace("Nm^3", "Nm3").replace("m^3", "m3")
    plain = plain.replace("m^2", "m2")
    # A power of ten directly before a unit: "10^4Nm3", "10⁴ t" written without a blank.
    plain = re.sub(r"^10\^?([46789])\s*(?=[A-Za-z\u4e00-\u9fff])", r"10^\1 ", plain)
    if not plain or plain[0] in "+-":
        raise UnknownMeasure(text)
    registry = _registry()
    try:
        quantity = registry.Quantity(Fraction(1), "") * registry.parse_expression(plain)
        base = quantity.to_base_units()
        dimension = str(base.dimensionality)
        factor = Fraction(base.magnitude)
    except Exception as error:  # Pint raises a dozen kinds on free text; all mean the same here
        raise UnknownMeasure(text) from error
    if dimension == "dimensionless" or factor <= 0:
        raise UnknownMeasure(text)
    return Measure(text, dimension, factor)


def rate(text: str) -> tuple[Measure, Measure]:
    """The two measures of a rate such as ``"kgCO2e/kg"``.

    A text without a stroke is read as tonnes of CO2e per that measure.

    Raises:
        UnknownMeasure: when either side names no measure, or the upper one is not an emission.
    """
    above, stroke, below = text.partition("/")
    if not stroke:
        return measure("tCO2e"), measure(text)
    upper = measure(above)
    if upper.dimension != measure("tCO2e").dimension:
        raise UnknownMeasure(text)
    return upper, measure(below)
