"""How numbers and sentences read, in both languages."""

from __future__ import annotations

import math
import re

import pytest

from tanheng.report.numbers import (
    Bilingual,
    amount,
    column,
    decimals,
    headline,
    number,
    power,
    rate,
    scale,
    significant,
)
from tanheng.report.texts import say, sentences

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (16_675_539.331, "1,668 万", "16.7 M"),
        (906_420_442.5, "9.06 亿", "906 M"),
        (5_554_197_801.0, "55.5 亿", "5.55 G"),
        (300, "300", "300"),
        (22.2, "22.2", "22.2"),
        (12_345, "1.23 万", "12.3 k"),
        (0, "0", "0"),
        (-2_500_000, "−250 万", "−2.5 M"),
        (0.5, "0.5", "0.5"),
    ],
)
def test_headlines(value: float, zh: str, en: str) -> None:
    assert headline(value) == Bilingual(zh, en)


def test_a_headline_takes_its_unit() -> None:
    assert headline(16.7e6, say("tonne")) == Bilingual("1,670 万吨", "16.7 Mt")


@pytest.mark.parametrize(
    ("largest", "zh", "en"),
    [(3e8, (1e8, "亿吨 CO₂e"), (1e6, "Mt CO₂e")), (5e4, (1e4, "万吨 CO₂e"), (1e3, "kt CO₂e")),
     (12.0, (1.0, "吨 CO₂e"), (1.0, "t CO₂e")), (0.0, (1.0, "吨 CO₂e"), (1.0, "t CO₂e"))],
)  # fmt: skip
def test_axes(largest: float, zh: tuple[float, str], en: tuple[float, str]) -> None:
    for language, wanted in (("zh", zh), ("en", en)):
        found = scale([-largest, largest / 7], language)  # type: ignore[arg-type]
        assert (found.divisor, found.unit) == wanted


def test_a_column_has_one_number_of_decimals_and_no_idle_zeros() -> None:
    assert column([1234.5, -0.25, NAN]) == ["1,234.5", "−0.2", "–"]
    assert column([22.2, 7.4, 0.0]) == ["22.2", "7.4", "0"]
    assert column([16_675_539.33, 12.0], 9) == ["16,675,539.3", "12.0"]
    assert column([]) == []
    assert decimals([5.0, 3.0]) == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0009363917, "0.0009364"), (8.68e-5, "8.680×10⁻⁵"), (2.008211, "2.008"), (0, "0"),
     (NAN, "–"), (math.inf, "–"), (123456.7, "123,457"), (-0.25, "−0.25")],
)  # fmt: skip
def test_single_numbers(value: float, text: str) -> None:
    assert significant(value) == text


def test_amounts_are_whole_from_a_thousand_on() -> None:
    assert [amount(v) for v in (1234.56, 999.94, 0.5, NAN)] == ["1,235", "999.9", "0.5", "–"]


def test_zero_has_no_sign() -> None:
    assert number(-1e-9, 2) == "0"
    assert number(-0.0, 0) == "0"


def test_small_gaps() -> None:
    assert power(5.58e-16) == "5.6×10⁻¹⁶"
    assert power(-1.0e-3) == "−1.0×10⁻³"
    assert power(0) == "0"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(2.0, "tCO₂e/t", 2.0), (9.364e-4, "kgCO₂e/kWh", 0.9364), (8.68e-5, "gCO₂e/CNY", 86.8),
     (0.0, "tCO₂e/t", 0.0), (-0.5, "tCO₂e/t", -0.5)],
)  # fmt: skip
def test_rates_read_without_many_zeros(value: float, unit: str, shown: float) -> None:
    found = rate(value, unit.split("/")[1])
    assert found.unit == unit
    assert value * found.factor == pytest.approx(shown)


def test_every_sentence_has_both_languages_and_the_same_places() -> None:
    for key, (zh, en) in sentences().items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


def test_a_bilingual_value_goes_into_its_own_language() -> None:
    said = say("accepted", what=Bilingual("该行不计入", "the row is left out"))
    assert said == Bilingual("已接受：该行不计入", "Accepted: the row is left out")
