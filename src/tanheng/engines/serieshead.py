"""Headers and cells of outside daily series: what they are called, and how they are read.

Headers may be English or Chinese, with a unit in brackets: ``amount``, ``成交额``, ``成交额（万元）``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tanheng.errors import Finding
from tanheng.quantity import normal

_NAMES = {
    "day": "date day tradedate tradeday tradingday tradingdate 日期 交易日期 交易日 时间",
    "series": "series place market product name code symbol instrument 品种 交易品种 产品 产品名称 "
              "配额品种 标的 代码 名称 市场 地区",
    "vintage": "vintage 年度 配额年度 履约年度",
    "open": "open openprice opening openingprice 开盘价 开盘",
    "high": "high highprice highest 最高价 最高",
    "low": "low lowprice lowest 最低价 最低",
    "close": "close closeprice closing closingprice 收盘价 收盘",
    "average": "average avg avgprice averageprice mean meanprice vwap 均价 成交均价 平均价 加权平均价",
    "volume": "volume vol 成交量 成交数量 交易量",
    "turnover": "turnover amount value 成交额 成交金额 交易额",
    "trades": "trades deals 成交笔数 笔数",
    "offline_volume": "offlinevolume offlinevol blockvolume 线下成交量 大宗成交量 协议成交量",
    "offline_turnover": "offlineturnover offlineamount blockturnover 线下成交额 大宗成交额 协议成交额",
    "offline_close": "offlineclose offlineprice 线下收盘价 线下均价 大宗均价 协议均价",
}  # fmt: skip
FIELDS = {form: field for field, forms in _NAMES.items() for form in forms.split()}
"""The field that each form of a header stands for, without blanks, strokes and capitals."""
CHINESE = {"day": "日期", "close": "收盘价", "volume": "成交量", "turnover": "成交额"}
"""Fields that a file must have, and their Chinese headers; an average may stand for the close."""
NAMES = tuple(_NAMES)
"""Fields of a row."""
_MONEY = {"元": 0, "yuan": 0, "rmb": 0, "人民币": 0, "万元": 4, "百万元": 6, "亿元": 8}
_UNITS = {"吨": 0, "t": 0, "tco2": 0, "tco2e": 0, "万吨": 4}
_PRICES = {"元/吨": 0, "元": 0, "yuan/t": 0, "元/t": 0, "yuan": 0}
_TEXTS = ("day", "series", "vintage")

_NUMBER = re.compile(r"-?(\d{1,18}|\d{1,3}(,\d{3}){1,5})(\.\d{1,18})?")
_SCIENTIFIC = re.compile(r"-?\d(\.\d{1,17})?[eE][+-]?\d{1,2}")
_DAY = re.compile(
    r"(?:(\d{4})(\d{2})(\d{2})(?:\.0)?|(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?)"
    r"(?:[T ]00:00(?::00)?)?"
)
_NOTHING = frozenset({"", "-", "--", "–", "—", "——"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands in a row, and by which power of ten its numbers are multiplied."""

    at: int
    power: int = 0


def columns_of(
    header: Sequence[str], table: str, measures: tuple[str, str], meant: Mapping[str, str],
    findings: list[Finding],
) -> dict[str, Place]:  # fmt: skip
    """The place of each field; unknown, repeated and missing columns become findings.

    Args:
        measures: currency and unit.
        meant: what a header stands for instead of what it says; ``""``: it is not to be read.
    """
    found: dict[str, Place] = {}
    for at, cell in enumerate(header):
        said = meant.get(cell.strip())
        if not cell.strip() or said == "":
            continue
        field, power = (said, 0) if said else _field(cell, *measures)
        if field is None:
            known = ", ".join(_NAMES)
            findings.append(Finding("column_unknown", table, None, cell, cell, {"known": known}))
        elif field in found:
            findings.append(Finding("column_twice", table, None, field, cell))
        else:
            found[field] = Place(at, power)
    for field, zh in CHINESE.items():
        if field not in found and not (field == "close" and "average" in found):
            findings.append(Finding("column_missing", table, None, field, None, {"zh": zh}))
    return found


def has_days(header: Sequence[str]) -> bool:
    """Whether a header has a column of days."""
    return any(_field(cell, "", "")[0] == "day" for cell in header)


def _field(header: str, currency: str, unit: str) -> tuple[str | None, int]:
    """Field and power of ten of a header; no field when its name or unit is not known."""
    text = normal(header).lower()
    said = re.fullmatch(r"(.+?)\s*[(\[]\s*(.+?)\s*[)\]]", text)
    name, measure = (said[1], said[2]) if said else (text, "")
    field = FIELDS.get(re.sub(r"[\s_-]+", "", name))
    if field is None or not measure:
        return field, 0
    money, units = currency.lower(), unit.lower()
    if field in _TEXTS or field == "trades":
        return None, 0
    if field.endswith("volume"):
        powers = {units: 0, **_UNITS}
    elif field.endswith("turnover"):
        powers = {money: 0, **_MONEY}
    else:
        powers = {f"{money}/{units}": 0, money: 0, **_PRICES}
    return (field, powers[measure]) if measure in powers else (None, 0)


def is_nothing(cell: str) -> bool:
    """Whether a cell stands for nothing: empty, or a dash."""
    return normal(cell) in _NOTHING


def read_day(cell: str) -> date:
    """A day: 20210831, 2021-08-31, 2021/8/31, 2021.8.31 or 2021年8月31日.

    Raises:
        ValueError: list_day.
    """
    found = _DAY.fullmatch(normal(cell))
    try:
        if found:
            year, month, day = (part for part in found.groups() if part is not None)
            return date(int(year), int(month), int(day))
    except ValueError:
        pass
    raise ValueError("list_day")


def read_number(cell: str, power: int = 0) -> Decimal:
    """A number that is not negative, with or without thousands separators, times ``10**power``.

    Raises:
        ValueError: quote_number, list_negative.
    """
    text = normal(cell)
    if not _NUMBER.fullmatch(text) and not _SCIENTIFIC.fullmatch(text):
        raise ValueError("quote_number")
    value = Decimal(text.replace(",", "")).scaleb(power)
    if value < 0:
        raise ValueError("list_negative")
    return abs(value)


def read_whole(cell: str, power: int = 0) -> int:
    """A whole number that is not negative.

    Raises:
        ValueError: quote_number, list_negative, list_whole.
    """
    value = read_number(cell, power)
    if value != value.to_integral_value():
        raise ValueError("list_whole")
    return int(value)


def as_shown(cell: str) -> str:
    """A workbook's number with the 15 digits that Excel keeps: 39.980000000000004 is 39.98."""
    digits = sum(sign.isdigit() for sign in cell.partition("e")[0])
    if digits > 15 and re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?", cell):
        return f"{float(cell):.15g}"
    return cell
