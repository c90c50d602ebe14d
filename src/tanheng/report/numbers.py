"""Numbers and words as people read them, in Chinese and English at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import NamedTuple

from tanheng.errors import Language

LANGUAGES: tuple[Language, Language] = ("zh", "en")
DASH = "–"
_MINUS = "−"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SIZES: Mapping[Language, tuple[tuple[float, str], ...]] = {
    "zh": ((1e8, "亿"), (1e4, "万"), (1.0, "")),
    "en": ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")),
}


class Bilingual(NamedTuple):
    """The same thing said in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Scale:
    """How tCO2e are shown on an axis: divided by ``divisor``, followed by ``unit``."""

    divisor: float
    unit: str


def scale(values: Iterable[float], language: Language) -> Scale:
    """The scale that suits the largest of some amounts in tCO2e (万吨 and 亿吨; kt and Mt)."""
    largest = max((abs(value) for value in values), default=0.0)
    chosen = next((size for size in _SIZES[language] if largest >= size[0]), (1.0, ""))
    tonne = "吨 CO₂e" if language == "zh" else "t CO₂e"
    return Scale(chosen[0], chosen[1] + tonne)


def signed(text: str) -> str:
    """A number's text with a typographic minus."""
    return text.replace("-", _MINUS)


def headline(value: float, unit: Bilingual | None = None) -> Bilingual:
    """Three or four digits and a word: ``1,668 万吨`` and ``16.7 Mt``."""
    texts = []
    for language in LANGUAGES:
        size, word = next(
            (entry for entry in _SIZES[language] if abs(value) >= entry[0]), (1.0, "")
        )
        scaled = value / size
        digits = 0 if abs(scaled) >= 1000 or not scaled else 2 - floor(log10(abs(scaled)))
        text = f"{scaled:,.{min(max(digits, 0), 4)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        texts.append(signed(f"{text} {word}{unit.of(language) if unit else ''}".strip()))
    return Bilingual(*texts)


def decimals(values: Iterable[float], digits: int = 5) -> int:
    """Decimals that give the largest of some numbers up to so many significant digits."""
    known = [value for value in values if isfinite(value)]
    largest = max((abs(value) for value in known), default=0.0)
    if not largest:
        return 0
    places = min(max(digits - 1 - floor(log10(largest)), 0), 9)
    # Zeros that all of them end in say nothing.
    while places and all(abs(v - round(v, places - 1)) <= 1e-9 * largest for v in known):
        places -= 1
    return places


def number(value: float, places: int) -> str:
    """A number with thousands separators: ``−1,234.5``; a dash where there is none."""
    if not isfinite(value):
        return DASH
    text = f"{value:,.{places}f}"
    return signed("0" if not text.strip("-0.,") else text)


def column(values: Iterable[float], digits: int = 5) -> list[str]:
    """A column of numbers, all with the same decimals."""
    known = list(values)
    places = decimals(known, digits)
    return [number(value, places) for value in known]


def significant(value: float, digits: int = 4) -> str:
    """A single number with so many significant digits, never in powers of ten above 10⁻⁴."""
    if not isfinite(value):
        return DASH
    if value and abs(value) < 1e-4:
        return power(value, digits)
    return number(value, decimals([value], digits))


def amount(value: float) -> str:
    """A single quantity: whole from a thousand on, else four significant digits."""
    return number(value, 0) if abs(value) >= 1000 else significant(value)


def power(value: float, digits: int = 2) -> str:
    """A very small number: ``5.6×10⁻¹⁶``."""
    if not isfinite(value):
        return DASH
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return signed(mantissa) + "×10" + str(int(exponent)).translate(_SUPERSCRIPTS)


@dataclass(frozen=True, slots=True)
class Rate:
    """Emissions per measure in the mass that reads best: ``0.9364 kgCO2e/kWh``."""

    factor: float
    unit: str


def rate(tco2e_per_measure: float, measure: str) -> Rate:
    """Tonnes, kilograms or grams per measure, so that the figure is not tiny."""
    size = abs(tco2e_per_measure)
    for factor, mass in ((1.0, "t"), (1e3, "kg")):
        if size * factor >= 0.1 or not size:
            return Rate(factor, f"{mass}CO₂e/{measure}")
    return Rate(1e6, f"gCO₂e/{measure}")
