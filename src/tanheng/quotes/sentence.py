"""The sentence that a bulletin prints about a day of a market, in English or Chinese."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tanheng.errors import Language
from tanheng.quotes.bars import Bar, Series, Total, cumulated, rounded

_CURRENCIES: Mapping[str, tuple[str, str]] = {
    "CNY": ("yuan", "元"), "EUR": ("euro", "欧元"), "GBP": ("pounds", "英镑"), "USD": ("dollars", "美元"),
}  # fmt: skip
_UNITS = {"t": ("t", "吨")}
_SIZES: Mapping[Language, tuple[tuple[int, str], ...]] = {
    "en": ((10**9, " billion"), (10**6, " million")),
    "zh": ((10**8, "亿"), (10**4, "万")),
}
_FORMS: Mapping[str, tuple[str, str]] = {
    "traded": (
        "On {day} {name} closed at {close} {per}{move}; {volume} {unit} were traded for {turnover}; "
        "{totals}.",
        "{day}，{name}收于{close}{per}{move}；成交{volume}{unit}，成交额{turnover}；{totals}。",
    ),
    "no_close": (
        "On {day} {volume} {unit} of {name} were traded for {turnover}, without a close; {totals}.",
        "{day}，{name}成交{volume}{unit}，成交额{turnover}，无收盘价；{totals}。",
    ),
    "untraded": (
        "On {day} {name} was not traded; its last close was {close} {per} on {last}; {totals}.",
        "{day}，{name}无成交，最近收盘价为{last}的{close}{per}；{totals}。",
    ),
    "never": (
        "On {day} {name} was not traded; it has had no close yet.",
        "{day}，{name}无成交，尚无收盘价。",
    ),
    "totals": (
        "cumulated {volume} {unit} for {turnover}",
        "累计成交{volume}{unit}，累计成交额{turnover}",
    ),
    "up": (", up {size} % on the trading day before", "，较前一交易日上涨{size}%"),
    "down": (", down {size} % on the trading day before", "，较前一交易日下跌{size}%"),
    "same": (", unchanged from the trading day before", "，与前一交易日持平"),
    "first": (" on its first day of trading", "，为首个交易日"),
}


def day_sentence(series: Series, day: date, language: Language) -> str:
    """What happened on a day: close, move on the trading day before, volume, turnover, totals so far.

    A day without a bar, or with one without volume, is one without trade. Moves have one decimal, two
    where one would say 0.0, and "less than 0.01" below that; money and totals are rounded half away
    from zero.

    Example: “On 2017-06-30 HBEA closed at 15.09 yuan/t, up 1.2 % on the trading day before; …”

    Raises:
        ValueError: when the day is before the first of the series.
    """
    if not series.bars or day < series.bars[0].day:
        raise ValueError(f"{series.name} begins after {day}")
    count = bisect_right([bar.day for bar in series.bars], day)
    bars = series.bars[:count]
    bar = bars[-1] if bars[-1].day == day and bars[-1].traded else None
    closed = [b for b in bars if b.traded and b.close is not None and b is not bar]
    before = closed[-1] if closed else None
    words = {"day": _day(day, language), "name": series.name, "per": _per(series, language),
             "unit": unit(series, language), "move": "",
             "totals": _totals(series, cumulated(series)[count - 1], language)}  # fmt: skip
    if bar is None:
        if before is None or before.close is None:
            return _say("never", language, words)
        last = {"close": price(before.close), "last": _day(before.day, language)}
        return _say("untraded", language, {**words, **last})
    words |= {"volume": f"{bar.volume:,}", "turnover": amount(series, bar.turnover, language)}
    if bar.close is None:
        return _say("no_close", language, words)
    words |= {"close": price(bar.close), "move": _move(bar, before, language)}
    return _say("traded", language, words)


def _say(form: str, language: Language, words: Mapping[str, str]) -> str:
    return _FORMS[form][language == "zh"].format_map(words)


def _move(bar: Bar, before: Bar | None, language: Language) -> str:
    if before is None or not before.close or bar.close is None:
        return _say("first", language, {})
    change = Fraction(bar.close) / Fraction(before.close) - 1
    if not change:
        return _say("same", language, {})
    size = abs(change) * 100
    shown = next((text for places in (1, 2) if (text := rounded(size, places))), None)
    least = {"en": "less than 0.01", "zh": "不到0.01"}[language]
    return _say("up" if change > 0 else "down", language,
                {"size": least if shown is None else f"{shown:f}"})  # fmt: skip


def _totals(series: Series, total: Total, language: Language) -> str:
    words = {"volume": f"{total.volume:,}", "unit": unit(series, language),
             "turnover": amount(series, total.turnover, language)}  # fmt: skip
    return _say("totals", language, words)


def amount(series: Series, money: Decimal, language: Language) -> str:
    """Money as it is read: ``0.43 million yuan``, ``42.59万元``; small amounts in full."""
    word = currency(series, language)
    sizes = _SIZES[language]
    least = {"en": 10**5, "zh": 10**4}[language]
    if abs(money) < least:
        text = f"{rounded(money, 2):,f}"
        text = text.rstrip("0").rstrip(".")
        return f"{text}{word}" if language == "zh" else f"{text} {word}"
    size, name = next((one for one in sizes if abs(money) >= one[0]), sizes[-1])
    text = f"{rounded(Fraction(money) / size, 2):,f}{name}"
    return f"{text}{word}" if language == "zh" else f"{text} {word}"


def currency(series: Series, language: Language) -> str:
    """The currency in words; its code where it has none here."""
    return _CURRENCIES.get(series.currency, (series.currency,) * 2)[language == "zh"]


def unit(series: Series, language: Language) -> str:
    """The unit in words."""
    return _UNITS.get(series.unit, (series.unit,) * 2)[language == "zh"]


def _per(series: Series, language: Language) -> str:
    return f"{currency(series, language)}/{unit(series, language)}"


def _day(day: date, language: Language) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else day.isoformat()


def price(value: Decimal) -> str:
    """A price as text: at least two decimals, and no digit less than was given."""
    return f"{value:,.2f}" if Fraction(value) * 100 % 1 == 0 else f"{value.normalize():,f}"
