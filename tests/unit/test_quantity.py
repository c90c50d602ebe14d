"""Measures: exact factors, Chinese names, what must not convert."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tanheng.quantity import UnknownMeasure, measure, normal, rate


@pytest.mark.parametrize(
    ("one", "other", "how_many"),
    [
        ("t", "kg", 1000),
        ("kg", "t", "1/1000"),
        ("万吨", "t", 10_000),
        ("亿千瓦时", "kWh", 100_000_000),
        ("兆瓦时", "度", 1000),
        ("kWh", "MJ", "18/5"),
        ("GJ", "kWh", "2500/9"),
        ("tce", "GJ", "73269/2500"),
        ("吨标准煤", "kgce", 1000),
        ("万吨标准煤", "tce", 10_000),
        ("10^4 Nm3", "Nm3", 10_000),
        ("10⁴Nm³", "标准立方米", 10_000),
        ("万标准立方米", "Nm3", 10_000),
        ("10^8 kWh", "亿千瓦时", 1),
        ("L", "m3", "1/1000"),
        ("亩", "m2", "2000/3"),
        ("公顷", "亩", 15),
        ("万元", "CNY", 10_000),
        ("元", "fen", 100),
        ("辆", "car", 1),
        ("百万-千瓦时".replace("-", ""), "GWh", 1),
        ("kgCO2e", "tCO2e", "1/1000"),
        ("MtCO2e", "tCO2", 1_000_000),
        ("公斤", "克", 1000),
        ("公里", "m", 1000),
        ("天", "小时", 24),
        ("10^4 tkm", "吨公里", 10_000),
    ],
)
def test_conversions_are_exact(one: str, other: str, how_many: int | str) -> None:
    """SI prefixes, the calorie-free tonne of standard coal (GB/T 2589-2020), Chinese multiples."""
    wanted = Fraction(how_many)
    assert measure(one).per(measure(other)) == wanted
    assert measure(other).per(measure(one)) == 1 / wanted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("t", "tCO2e"),
        ("m3", "Nm3"),
        ("t", "kWh"),
        ("CNY", "USD"),
        ("EUR", "USD"),
        ("car", "t"),
        ("tkm", "pkm"),
        ("m", "m2"),
        ("人", "人年"),
        ("J", "W"),
    ],
)
def test_what_must_not_convert(one: str, other: str) -> None:
    with pytest.raises(UnknownMeasure):
        measure(one).per(measure(other))


@pytest.mark.parametrize(
    "text",
    ["", " ", "furlong", "T", "KWH", "吨吨煤", "t/", "1", "t/t", "-t", "kg^", "__import__", "0 t"],
)
def test_what_names_no_measure(text: str) -> None:
    with pytest.raises(UnknownMeasure):
        measure(text)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [("ｋｇ", "kg"), (" t ", "t"), ("m³", "m3"), ("㎥", "m3"), ("ＭＷｈ", "MWh"), ("m²", "m2"),
     ("10^4　Nm3", "10^4 Nm3"), ("kg·km", "kg*km"), ("kg×km", "kg*km")],
)  # fmt: skip
def test_spellings(text: str, same_as: str) -> None:
    assert measure(text).per(measure(same_as)) == 1


def test_measure_keeps_what_was_written() -> None:
    assert measure("10^4 Nm3").text == "10^4 Nm3"
    assert measure("万吨").dimension == measure("g").dimension == "[mass]"


def test_products_and_quotients_of_measures() -> None:
    assert measure("kg/m3").per(measure("t/m3")) == Fraction(1, 1000)
    assert measure("t*km").dimension != measure("tkm").dimension


@pytest.mark.parametrize(
    ("text", "per_tonne"),
    [("t", 1), ("kg", 1000), ("kgCO2e/kg", 1), ("gCO2/kWh", None), ("tCO2e/万吨", "1/10000"),
     ("千克二氧化碳/吨", "1/1000")],
)  # fmt: skip
def test_rates(text: str, per_tonne: int | str | None) -> None:
    """Tonnes of CO2e per tonne of product in one of the written rate."""
    above, below = rate(text)
    assert above.dimension == measure("tCO2e").dimension
    if per_tonne is not None:
        assert (
            above.factor / below.per(measure("t")) == Fraction(per_tonne) * measure("tCO2e").factor
        )


@pytest.mark.parametrize("text", ["kg/t", "t/kgCO2e", "kgCO2e/", "/t", "kgCO2e/furlong", "%"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(UnknownMeasure):
        rate(text)


def test_normal_text() -> None:
    assert normal("　１２ ｔ　") == "12 t"
