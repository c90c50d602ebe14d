"""The workbook of daily series: bars, years, bands and findings, a sheet each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from tanheng.errors import Finding, Language, catalogue
from tanheng.excel.sheets import LOOKS, NO_FORMULAS, Column, Page
from tanheng.quotes.bars import Series, rounded, years
from tanheng.quotes.checks import BandTable
from tanheng.quotes.sentence import currency, unit

MAX_ROWS = 200_000
"""Bars that a workbook takes: about 15 seconds, and well within a sheet."""
_FIRST = 4
_FORMS: Mapping[str, Mapping[str, object]] = {
    "day": {"align": "left", "indent": 1, "num_format": "yyyy-mm-dd"},
    "year": {"align": "left", "indent": 1, "num_format": "0"},
    "price": {"align": "right", "num_format": "#,##0.00##"},
    "percent": {"align": "right", "num_format": "+0.00%;-0.00%"},
}
_EPOCH = date(1899, 12, 30)
_SEVERITY = {"error": "错误", "stop": "阻断", "notice": "提示"}


def write_quotes(
    path: Path, several: Sequence[Series], bands: Sequence[BandTable], findings: Sequence[Finding],
    note: str, language: Language,
) -> None:  # fmt: skip
    """Write series with their years, bands and findings.

    Days are dates and figures are numbers with formats; no formula is needed.

    Args:
        several: in one currency and unit, at most ``MAX_ROWS`` bars together.
        bands: a table for each series.
        note: below the titles, as where the series come from.

    Raises:
        ValueError: more bars than that, or several currencies or units.
    """
    if sum(len(series.bars) for series in several) > MAX_ROWS:
        raise ValueError(f"more than {MAX_ROWS:,} bars; write fewer series")
    if len({(series.currency, series.unit) for series in several}) > 1:
        raise ValueError("series in several currencies or units belong into workbooks of their own")
    looks: dict[str, Mapping[str, object]] = {**LOOKS, **_FORMS}
    with xlsxwriter.Workbook(str(path), NO_FORMULAS) as book:
        forms = {name: book.add_format(dict(look)) for name, look in looks.items()}
        words = _heads(several, language)
        sheets = [
            ("days 日行情", ("Daily series", "日行情"), _days(several, words)),
            ("years 年度", ("By year", "按年"), _years(several, words)),
            ("bands 涨跌幅", ("Days beyond a band", "超出涨跌幅的天数"), _bands(several, bands, words)),
            ("findings 检查结果", ("Findings", "检查结果"), _findings(findings, words, language)),
        ]  # fmt: skip
        for name, title, columns in sheets:
            page = Page(book.add_worksheet(name), forms)
            page.top(title[language == "zh"], note, _FIRST, 2)
            page.table(_FIRST, columns)


def _heads(several: Sequence[Series], language: Language) -> dict[str, str]:
    """Headers, with units."""
    zh = language == "zh"
    money = currency(several[0], language) if several else ""
    measure = unit(several[0], language) if several else ""
    price = f"{money}/{measure}"

    def head(english: str, chinese: str, of: str = "") -> str:
        if not of:
            return chinese if zh else english
        return f"{chinese}（{of}）" if zh else f"{english} ({of})"

    return {
        "series": head("series", "序列"), "day": head("day", "日期"), "year": head("year", "年"),
        "open": head("open", "开盘价", price), "high": head("high", "最高价", price),
        "low": head("low", "最低价", price), "close": head("close", "收盘价", price),
        "volume": head("volume", "成交量", measure), "turnover": head("turnover", "成交额", money),
        "trades": head("trades", "成交笔数"), "mean": head("mean price", "成交均价", price),
        "days": head("days", "天数"), "traded": head("days traded", "成交天数"),
        "highest": head("highest close", "最高收盘价", price),
        "lowest": head("lowest close", "最低收盘价", price),
        "last": head("last close", "年末收盘价", price),
        "band": head("band ±", "涨跌幅 ±"), "all": head("all years", "合计"),
        "largest": head("largest move", "最大变动"), "largest_day": head("its day", "发生日"),
        "code": head("code", "代码"), "severity": head("severity", "级别"),
        "place": head("table", "表"), "row": head("row", "行"), "column": head("column", "列"),
        "value": head("value", "值"), "message": head("message", "说明"),
    }  # fmt: skip


def _days(several: Sequence[Series], words: dict[str, str]) -> list[Column]:
    bars = [(series.name, bar) for series in several for bar in series.bars]
    prices = [
        Column(words[field], 13, [_number(getattr(bar, field)) for _, bar in bars], "price")
        for field in ("open", "high", "low", "close")
    ]
    return [
        Column(words["series"], 18, [name for name, _ in bars]),
        Column(words["day"], 12, [_serial(bar.day) for _, bar in bars], "day"),
        *prices,
        Column(words["mean"], 14, [
            _number(None if bar.mean is None else rounded(bar.mean, 4)) for _, bar in bars
        ], "price"),
        Column(words["volume"], 14, [float(bar.volume) for _, bar in bars], "count"),
        Column(words["turnover"], 18, [float(bar.turnover) for _, bar in bars], "t"),
        Column(words["trades"], 11, [
            float("nan") if bar.trades is None else float(bar.trades) for _, bar in bars
        ], "count"),
    ]  # fmt: skip


def _years(several: Sequence[Series], words: dict[str, str]) -> list[Column]:
    rows = [(series.name, year) for series in several for year in years(series)]
    prices = [("high", "high"), ("low", "low"), ("highest", "highest"), ("lowest", "lowest"),
              ("close", "last")]  # fmt: skip
    return [
        Column(words["series"], 18, [name for name, _ in rows]),
        Column(words["year"], 9, [float(year.year) for _, year in rows], "year"),
        Column(words["days"], 9, [float(year.days) for _, year in rows], "count"),
        Column(words["traded"], 12, [float(year.traded) for _, year in rows], "count"),
        Column(words["volume"], 15, [float(year.volume) for _, year in rows], "count"),
        Column(words["turnover"], 20, [float(year.turnover) for _, year in rows], "t"),
        Column(words["mean"], 14, [
            _number(None if year.vwap is None else rounded(year.vwap, 4)) for _, year in rows
        ], "price"),
        *(Column(words[head], 14, [_number(getattr(year, field)) for _, year in rows], "price")
          for field, head in prices),
    ]  # fmt: skip


def _bands(
    several: Sequence[Series], bands: Sequence[BandTable], words: dict[str, str]
) -> list[Column]:
    """A row per series and band; the largest move stands beside each."""
    rows = [(series.name, table, row)
            for series, table in zip(several, bands, strict=True) for row in table.rows]  # fmt: skip
    known = sorted({year for _, _, row in rows for year in row.days})
    moves = [float("nan") if t.largest is None else float(t.largest) / 100 for _, t, _ in rows]
    days = [float("nan") if t.day is None else _serial(t.day) for _, t, _ in rows]
    return [
        Column(words["series"], 18, [name for name, _, _ in rows]),
        Column(words["band"], 9, [f"{row.band * 100:f}".rstrip("0").rstrip(".") + " %"
                                  for _, _, row in rows]),
        *(Column(str(year), 8, [float(row.days.get(year, 0)) for _, _, row in rows], "count")
          for year in known),
        Column(words["all"], 10, [float(row.total) for _, _, row in rows], "count"),
        Column(words["largest"], 14, moves, "percent"),
        Column(words["largest_day"], 12, days, "day"),
    ]  # fmt: skip


def _findings(
    findings: Sequence[Finding], words: dict[str, str], language: Language
) -> list[Column]:
    def severity(finding: Finding) -> str:
        name = catalogue()[finding.code].severity
        return _SEVERITY[name] if language == "zh" else name

    return [
        Column(words["code"], 24, [finding.code for finding in findings]),
        Column(words["severity"], 10, [severity(finding) for finding in findings]),
        Column(words["place"], 24, [finding.table for finding in findings]),
        Column(words["row"], 9, [
            float("nan") if finding.row is None else float(finding.row) for finding in findings
        ], "count"),
        Column(words["column"], 14, [finding.column or "" for finding in findings]),
        Column(words["value"], 14, [finding.value or "" for finding in findings]),
        Column(words["message"], 90, [finding.message(language) for finding in findings], "wrap"),
    ]  # fmt: skip


def _number(value: Decimal | None) -> float:
    return float("nan") if value is None else float(value)


def _serial(day: date) -> float:
    """A day as a workbook counts it."""
    return float((day - _EPOCH).days)
