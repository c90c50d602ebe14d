"""The bulletin's sentence, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tanheng.quotes import Bar, Series, day_sentence
from tanheng.quotes.sentence import amount, price

D = Decimal


def bar(day: int, close: str | None, volume: int, turnover: str) -> Bar:
    return Bar(
        date(2017, 6, day), None, None, None, D(close) if close else None, volume, D(turnover)
    )


SHEA = Series("SHEA", "上海", (
    bar(27, "34.1", 1000, "34100"), bar(28, "34.1", 10, "341"), bar(29, "34.1", 0, "0"),
    bar(30, "34.50", 12345, "425902.5"),
))  # fmt: skip


@pytest.mark.parametrize(
    "day, en, zh",
    [
        (
            30,
            "On 2017-06-30 SHEA closed at 34.50 yuan/t, up 1.2 % on the trading day before; 12,345 t were "
            "traded for 0.43 million yuan; cumulated 13,355 t for 0.46 million yuan.",
            "2017年6月30日，SHEA收于34.50元/吨，较前一交易日上涨1.2%；成交12,345吨，成交额42.59万元；"
            "累计成交13,355吨，累计成交额46.03万元。",
        ),
        (
            29,
            "On 2017-06-29 SHEA was not traded; its last close was 34.10 yuan/t on 2017-06-28; cumulated "
            "1,010 t for 34,441 yuan.",
            "2017年6月29日，SHEA无成交，最近收盘价为2017年6月28日的34.10元/吨；累计成交1,010吨，"
            "累计成交额3.44万元。",
        ),
        (
            28,
            "On 2017-06-28 SHEA closed at 34.10 yuan/t, unchanged from the trading day before; 10 t were "
            "traded for 341 yuan; cumulated 1,010 t for 34,441 yuan.",
            "2017年6月28日，SHEA收于34.10元/吨，与前一交易日持平；成交10吨，成交额341元；"
            "累计成交1,010吨，累计成交额3.44万元。",
        ),
        (
            27,
            "On 2017-06-27 SHEA closed at 34.10 yuan/t on its first day of trading; 1,000 t were traded for "
            "34,100 yuan; cumulated 1,000 t for 34,100 yuan.",
            "2017年6月27日，SHEA收于34.10元/吨，为首个交易日；成交1,000吨，成交额3.41万元；"
            "累计成交1,000吨，累计成交额3.41万元。",
        ),
    ],
)  # fmt: skip
def test_a_day(day: int, en: str, zh: str) -> None:
    assert day_sentence(SHEA, date(2017, 6, day), "en") == en
    assert day_sentence(SHEA, date(2017, 6, day), "zh") == zh


def test_a_day_without_a_row_is_one_without_trade() -> None:
    said = day_sentence(SHEA, date(2017, 7, 3), "en")
    assert said.startswith(
        "On 2017-07-03 SHEA was not traded; its last close was 34.50 yuan/t on 2017-06-30;"
    )
    assert "13,355 t" in said
    with pytest.raises(ValueError, match="begins after"):
        day_sentence(SHEA, date(2017, 6, 26), "en")


@pytest.mark.parametrize(
    "close, en, zh",
    [
        ("33.00", "down 3.2 %", "下跌3.2%"), ("34.11", "up 0.03 %", "上涨0.03%"),
        ("34.101", "up less than 0.01 %", "上涨不到0.01%"),
        ("34.09", "down 0.03 %", "下跌0.03%"), ("68.20", "up 100.0 %", "上涨100.0%"),
    ],
)  # fmt: skip
def test_moves(close: str, en: str, zh: str) -> None:
    """On the last traded close, not that of a row without trade."""
    rows = (SHEA.bars[0], bar(28, "40", 0, "0"), bar(30, close, 1, "34"))
    series = Series("SHEA", "SHEA", rows)
    assert f", {en} on" in day_sentence(series, date(2017, 6, 30), "en")
    assert zh in day_sentence(series, date(2017, 6, 30), "zh")


def test_days_without_close_or_trade_so_far() -> None:
    series = Series("X", "X", (bar(27, None, 0, "0"), bar(28, None, 5, "100")))
    assert day_sentence(series, date(2017, 6, 27), "en") == (
        "On 2017-06-27 X was not traded; it has had no close yet."
    )
    assert day_sentence(series, date(2017, 6, 27), "zh") == "2017年6月27日，X无成交，尚无收盘价。"
    assert "without a close" in day_sentence(series, date(2017, 6, 28), "en")
    assert "无收盘价" in day_sentence(series, date(2017, 6, 28), "zh")


@pytest.mark.parametrize(
    "money, en, zh",
    [
        ("0", "0 yuan", "0元"), ("9999.99", "9,999.99 yuan", "9,999.99元"),
        ("10000", "10,000 yuan", "1.00万元"), ("99999", "99,999 yuan", "10.00万元"),
        ("100000", "0.10 million yuan", "10.00万元"), ("100000000", "100.00 million yuan", "1.00亿元"),
        ("1500000000", "1.50 billion yuan", "15.00亿元"),
    ],
)  # fmt: skip
def test_amounts(money: str, en: str, zh: str) -> None:
    assert amount(SHEA, D(money), "en") == en
    assert amount(SHEA, D(money), "zh") == zh


def test_other_currencies_units_and_prices() -> None:
    euro = replace(SHEA, currency="EUR", unit="EUA")
    assert "34.50 euro/EUA" in day_sentence(euro, date(2017, 6, 30), "en")
    assert "34.50欧元/EUA" in day_sentence(euro, date(2017, 6, 30), "zh")
    assert "PLN" in day_sentence(replace(SHEA, currency="PLN"), date(2017, 6, 30), "zh")
    assert [price(D(text)) for text in ("70", "1234.5", "0.1250")] == ["70.00", "1,234.50", "0.125"]
