"""K-lines as a picture: candles, volume and moving averages, one HTML file that needs no network.

It draws bars as they are. A candle needs trade and all four prices; other closes are dots, and a
series that has only closes is a line. Where the close lies outside [low, high], the candle's body
stands out of its shadow, and a mark says so. ``klinepng`` draws the same as a PNG file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Literal

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from tanheng.errors import Language
from tanheng.quotes.bars import Bar, Every, Series, candles, full, moving_average, rounded, vwap
from tanheng.quotes.bars import years as years_of
from tanheng.quotes.sentence import amount, currency, price, unit
from tanheng.report.figures import FAINT, GRID, Figure, _layout
from tanheng.report.numbers import DASH, LANGUAGES, Bilingual
from tanheng.report.page import _embedded, _script, both
from tanheng.report.tables import Table
from tanheng.report.texts import say

Colours = Literal["china", "west"]
Way = Literal["up", "down", "flat"]
_RED, _GREEN, _GREY = "#c0392b", "#1e8a5a", "#7d8b92"
PALETTE: Mapping[Colours, Mapping[Way, str]] = {
    "china": {"up": _RED, "down": _GREEN, "flat": _GREY},
    "west": {"up": _GREEN, "down": _RED, "flat": _GREY},
}
"""China draws a rise red and a fall green; elsewhere it is the other way round."""
LINE, MARK = "#1f6467", "#e0a100"
AVERAGES = ("#c9953c", "#4a7fb0", "#8a5a83", "#5b6b73")
"""Colours of moving averages, in turn."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series made ready for drawing.

    Attributes:
        series: its bars are those of the period ``every``.
        source: as it was handed in, in days.
        averages: number of bars and values, one per bar.
        ways: of each bar: its close against its open, else against the close before.
    """

    series: Series
    source: Series
    every: Every
    averages: Sequence[tuple[int, Sequence[Decimal | None]]]
    ways: Sequence[Way]
    colours: Colours

    @property
    def line(self) -> bool:
        """Whether there are no candles, only closes."""
        return not self.series.ranged

    def paint(self, way: Way) -> str:
        """The colour of a rise or fall."""
        return PALETTE[self.colours][way]

    def where(self, wanted: Callable[[Bar], bool]) -> list[int]:
        """Positions of bars."""
        return [n for n, bar in enumerate(self.series.bars) if wanted(bar)]

    @property
    def dots(self) -> list[int]:
        """Bars with a close that are no candle, next to candles."""
        if self.line:
            return []
        return self.where(lambda bar: bar.close is not None and not full(bar))

    @property
    def odd(self) -> list[int]:
        """Bars whose close lies outside [low, high]."""
        return self.where(lambda bar: bar.outside)


def drawn(
    series: Series, every: Every, averages: Sequence[int] = (5, 20), colours: Colours = "china"
) -> Drawn:
    """A series made ready.

    Args:
        series: in days.
        averages: moving averages of so many bars; those longer than the series are left out.

    Raises:
        ValueError: without any close, or an average of less than one bar.
    """
    made = candles(series, every)
    if all(bar.close is None for bar in made.bars):
        raise ValueError(f"{series.name} has no close to draw")
    wanted = [count for count in averages if count <= len(made.bars)]
    means = [(count, moving_average(made, count)) for count in wanted]
    return Drawn(made, series, every, means, _ways(made.bars), colours)


def _ways(bars: Sequence[Bar]) -> list[Way]:
    found: list[Way] = []
    before: Decimal | None = None
    for bar in bars:
        reference = bar.open if full(bar) else before
        way: Way = "flat"
        if bar.close is not None and reference is not None and bar.close != reference:
            way = "up" if bar.close > reference else "down"
        found.append(way)
        before = before if bar.close is None else bar.close
    return found


def place(day: date, every: Every) -> date:
    """Where a bar is drawn: a week on its Wednesday, a month on its 15th, a year on 1 July."""
    if every == "week":
        return day + timedelta(days=2 - day.weekday())
    if every == "month":
        return day.replace(day=15)
    return day.replace(month=7, day=1) if every == "year" else day


def write_kline(picture: Drawn, path: Path) -> None:
    """Write the picture as one self-contained HTML file; replaced if it exists."""
    path.write_text(render_kline(picture), encoding="utf-8")


def render_kline(picture: Drawn) -> str:
    """The page as text."""
    # Imported here: reading five megabytes of script is for pages only.
    from plotly.offline import get_plotlyjs

    package = files("tanheng.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["both"] = both
    charts = {"kline": {language: kline_figure(picture, language) for language in LANGUAGES}}
    template = environment.from_string((package / "kline.html.j2").read_text(encoding="utf-8"))
    return template.render(
        say=say,
        title=picture.series.title,
        kind=_WORDS["kind"],
        settings=_settings(picture),
        cards=_cards(picture),
        caption=_caption(picture),
        legend=legend(picture),
        years_title=_WORDS["years"],
        years=_years(picture),
        charts=_embedded(charts),
        plotly=_script(get_plotlyjs()),
        script=_script((package / "page.js").read_text(encoding="utf-8")),
        style=Markup((package / "page.css").read_text(encoding="utf-8")),
    )


def kline_figure(picture: Drawn, language: Language) -> Figure:
    """Prices above, volume below, on one axis of days."""
    days = [place(bar.day, picture.every).isoformat() for bar in picture.series.bars]
    data = _prices(picture, days) + [
        {"type": "scatter", "mode": "lines", "x": days, "y": _floats(values), "hoverinfo": "skip",
         "line": {"color": AVERAGES[n % len(AVERAGES)], "width": 1.3}}
        for n, (_, values) in enumerate(picture.averages)
    ]  # fmt: skip
    bars = picture.series.bars
    divisor, word = volume_scale(picture, language)
    data.append({
        "type": "bar", "x": days, "y": [bar.volume / divisor for bar in bars], "yaxis": "y2",
        "marker": {"color": [picture.paint(way) for way in picture.ways], "opacity": 0.75,
                   "line": {"width": 0}},
        "width": WIDTHS[picture.every] * 86_400_000, "hoverinfo": "skip",
    })  # fmt: skip
    odd = picture.odd
    data.append({
        "type": "scatter", "mode": "markers", "x": [days[n] for n in odd],
        "y": _floats([bars[n].close for n in odd]), "hoverinfo": "skip",
        "marker": {"symbol": "diamond-open", "size": 7, "color": MARK, "line": {"width": 1.6}},
    })  # fmt: skip
    shown = picture.where(lambda bar: bar.close is not None)
    data.append({
        "type": "scatter", "mode": "markers", "x": [days[n] for n in shown],
        "y": _floats([bars[n].close for n in shown]), "marker": {"opacity": 0, "size": 8},
        "text": [_hover(picture, bars[n], language) for n in shown],
        "hovertemplate": "%{text}<extra></extra>",
    })  # fmt: skip
    return {"data": data, "layout": _axes(picture, language, word)}


def _prices(picture: Drawn, days: Sequence[str]) -> list[Figure]:
    """Candles by their way, then dots; or one line."""
    bars = picture.series.bars
    if picture.line:
        return [{"type": "scatter", "mode": "lines", "x": list(days), "hoverinfo": "skip",
                 "y": _floats([bar.close for bar in bars]), "connectgaps": True,
                 "line": {"color": LINE, "width": 1.5}}]  # fmt: skip
    found: list[Figure] = []
    for way in ("up", "down", "flat"):
        chosen = [n for n, bar in enumerate(bars) if full(bar) and picture.ways[n] == way]
        paint = {"line": {"color": picture.paint(way), "width": 1.1},
                 "fillcolor": picture.paint(way)}  # fmt: skip
        if chosen:
            found.append({
                "type": "candlestick", "x": [days[n] for n in chosen], "hoverinfo": "skip",
                **{field: _floats([getattr(bars[n], field) for n in chosen])
                   for field in ("open", "high", "low", "close")},
                "increasing": paint, "decreasing": paint,
            })  # fmt: skip
    found.append({
        "type": "scatter", "mode": "markers", "x": [days[n] for n in picture.dots],
        "y": _floats([bars[n].close for n in picture.dots]), "hoverinfo": "skip",
        "marker": {"symbol": "line-ew-open", "size": 5, "color": FAINT, "line": {"width": 1.4}},
    })  # fmt: skip
    return found


def _axes(picture: Drawn, language: Language, volume: str) -> Figure:
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "ticks": "outside"}
    faint = {**axis, "tickcolor": "rgba(0,0,0,0)"}
    return _layout(
        600,
        hovermode="x",
        bargap=0,
        margin={"l": 64, "r": 16, "t": 14, "b": 40},
        xaxis={**axis, "type": "date", "tickcolor": FAINT, "rangeslider": {"visible": False},
               "anchor": "y2", "tickformat": "%Y-%m-%d" if _short(picture) else "%Y-%m",
               "hoverformat": "%Y-%m-%d"},
        yaxis={**faint, "domain": [0.29, 1], "title": {"text": per(picture.series, language)}},
        yaxis2={**faint, "domain": [0, 0.22], "title": {"text": volume}, "rangemode": "tozero",
                "nticks": 4, "tickformat": ",~r"},
    )  # fmt: skip


def _short(picture: Drawn) -> bool:
    bars = picture.series.bars
    return (bars[-1].day - bars[0].day).days < 120


def _floats(values: Sequence[Decimal | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _hover(picture: Drawn, bar: Bar, language: Language) -> str:
    """What stands beside a bar."""
    words = [("open", bar.open), ("high", bar.high), ("low", bar.low), ("close", bar.close)]
    lines = [f"{_WORDS[key].of(language)} {price(one)}" for key, one in words if one is not None]
    if bar.outside:
        lines.append(f"◇ {_WORDS['outside'].of(language)}")
    sums = f"{bar.volume:,} {unit(picture.series, language)}"
    lines.append(f"{_WORDS['volume'].of(language)} {sums}")
    lines.append(
        f"{_WORDS['turnover'].of(language)} {amount(picture.series, bar.turnover, language)}"
    )
    head = bar.day.isoformat()
    if picture.every != "day":
        head = f"{CANDLES[picture.every].of(language)} · {_WORDS['until'].of(language)} {head}"
    return "<br>".join([f"<b>{head}</b>", *lines])


def volume_scale(picture: Drawn, language: Language) -> tuple[int, str]:
    """The divisor of the volume axis and its title: ``volume (thousand t)``, ``成交量（万吨）``."""
    largest = max(bar.volume for bar in picture.series.bars)
    size, word = {"en": (1000, "thousand "), "zh": (10_000, "万")}[language]
    if largest < 2 * size:
        size, word = 1, ""
    measure = word + unit(picture.series, language)
    name = _WORDS["volume"].of(language)
    return size, f"{name}（{measure}）" if language == "zh" else f"{name} ({measure})"


def per(series: Series, language: Language) -> str:
    """The unit of prices: ``yuan/t``, ``元/吨``."""
    return f"{currency(series, language)}/{unit(series, language)}"


def legend(picture: Drawn) -> list[tuple[str, Bilingual]]:
    """Colours and what they stand for; only of what is drawn."""
    found: list[tuple[str, Bilingual]] = []
    if picture.line:
        found.append((LINE, _WORDS["closes"]))
    for way in ("up", "down"):
        if way in picture.ways:
            found.append((picture.paint(way), _WORDS[way]))
    for n, (count, _) in enumerate(picture.averages):
        found.append(
            (AVERAGES[n % len(AVERAGES)], Bilingual(f"{count} 根均线", f"mean of {count}"))
        )
    if picture.dots:
        dots = f"{len(picture.dots):,}"
        found.append((FAINT, Bilingual(f"无完整四价或无成交（{dots}）",
                                       f"no candle: no trade or not all prices ({dots})")))  # fmt: skip
    if picture.odd:
        odd = f"{len(picture.odd):,}"
        word = _WORDS["outside"]
        found.append((MARK, Bilingual(f"◇ {word.zh}（{odd}）", f"◇ {word.en} ({odd})")))
    return found


def _settings(picture: Drawn) -> Bilingual:
    first, last = picture.source.bars[0].day, picture.source.bars[-1].day
    word = (LINES if picture.line else CANDLES)[picture.every]
    series = picture.series
    return Bilingual(
        f"{first} 至 {last} · {word.zh} · {per(series, 'zh')}",
        f"{first} to {last} · {word.en} · {per(series, 'en')}",
    )


def _caption(picture: Drawn) -> Bilingual:
    china = picture.colours == "china"
    found = Bilingual(
        f"{'红涨绿跌' if china else '绿涨红跌'}。上图为价格，下图为成交量。",
        f"{'Red is up, green is down' if china else 'Green is up, red is down'}. Prices above, "
        "volume below.",
    )
    if picture.odd:
        found = Bilingual(
            found.zh + "收盘价在最低价与最高价之外的照原样画出，并加标记。",
            found.en + " A close outside low to high is drawn as it is, and marked.",
        )
    return Bilingual(
        found.zh + "拖动可放大，双击复原。",
        found.en + " Drag over a part to enlarge it; double click to go back.",
    )


def _cards(picture: Drawn) -> list[tuple[Bilingual, Bilingual, Bilingual]]:
    """(what, figure, unit) of the headline."""
    series = picture.source
    each = Bilingual(per(series, "zh"), per(series, "en"))
    tonnes = Bilingual(unit(series, "zh"), unit(series, "en"))
    closes = [bar for bar in series.bars if bar.close is not None]
    last, whole = closes[-1], vwap(series)
    total = sum((bar.turnover for bar in series.bars), Decimal(0))
    found = [
        (
            Bilingual(f"收盘价 {last.day}", f"Close {last.day}"),
            _same(price(last.close or Decimal(0))),
            each,
        )
    ]
    if whole is not None:
        found.append((_WORDS["vwap"], _same(price(rounded(whole, 2))), each))
    volume = sum(bar.volume for bar in series.bars)
    found.append((_WORDS["volume"], _same(f"{volume:,}"), tonnes))
    zh, en = (_split(amount(series, total, language)) for language in LANGUAGES)
    found.append((_WORDS["turnover"], Bilingual(zh[0], en[0]), Bilingual(zh[1], en[1])))
    return found


def _split(text: str) -> tuple[str, str]:
    """A number and what it is of."""
    number = re.match(r"[\d,.]+", text)
    assert number
    return number[0], text[number.end() :].strip()


def _same(text: str) -> Bilingual:
    return Bilingual(text, text)


def _years(picture: Drawn) -> Table:
    """The yearly table."""
    keys = ["year", "days", "volume", "turnover_money", "vwap", "high", "low", "highest", "lowest"]
    rows = [
        [str(year.year), f"{year.traded:,}", f"{year.volume:,}", f"{year.turnover:,.2f}",
         DASH if year.vwap is None else f"{rounded(year.vwap, 4):,f}",
         *(DASH if one is None else price(one)
           for one in (year.high, year.low, year.highest, year.lowest))]
        for year in years_of(picture.source)
    ]  # fmt: skip
    units = {"zh": per(picture.series, "zh"), "en": per(picture.series, "en")}
    heads = []
    for key in keys:
        word = _WORDS[key]
        if key == "volume":
            word = Bilingual(f"{word.zh}（{unit(picture.series, 'zh')}）",
                             f"{word.en} ({unit(picture.series, 'en')})")  # fmt: skip
        elif key == "turnover_money":
            word = Bilingual(f"{word.zh}（{currency(picture.series, 'zh')}）",
                             f"{word.en} ({currency(picture.series, 'en')})")  # fmt: skip
        elif key not in ("year", "days"):
            word = Bilingual(f"{word.zh}（{units['zh']}）", f"{word.en} ({units['en']})")
        heads.append(word)
    return Table(heads, [True] * len(heads), rows, len(rows))


WIDTHS: Mapping[Every, float] = {"day": 0.9, "week": 5.5, "month": 24, "year": 300}
"""Days that a bar of volume is wide."""
CANDLES: Mapping[Every, Bilingual] = {
    "day": Bilingual("日 K 线", "a candle per day"),
    "week": Bilingual("周 K 线", "a candle per week"),
    "month": Bilingual("月 K 线", "a candle per month"),
    "year": Bilingual("年 K 线", "a candle per year"),
}
LINES: Mapping[Every, Bilingual] = {
    "day": Bilingual("每日收盘价", "closes of days"),
    "week": Bilingual("每周收盘价", "closes of weeks"),
    "month": Bilingual("每月收盘价", "closes of months"),
    "year": Bilingual("每年收盘价", "closes of years"),
}
_WORDS = {
    "kind": Bilingual("K 线图", "Prices and volume"),
    "open": Bilingual("开盘", "open"),
    "high": Bilingual("最高", "high"),
    "low": Bilingual("最低", "low"),
    "close": Bilingual("收盘", "close"),
    "closes": Bilingual("收盘价", "close"),
    "volume": Bilingual("成交量", "volume"),
    "turnover": Bilingual("成交额", "turnover"),
    "turnover_money": Bilingual("成交额", "turnover"),
    "vwap": Bilingual("成交均价", "mean price"),
    "up": Bilingual("涨", "up"),
    "down": Bilingual("跌", "down"),
    "outside": Bilingual("收盘价在最低最高之外", "close outside low–high"),
    "until": Bilingual("至", "to"),
    "years": Bilingual("按年", "By year"),
    "year": Bilingual("年", "year"),
    "days": Bilingual("成交日", "days traded"),
    "highest": Bilingual("最高收盘", "highest close"),
    "lowest": Bilingual("最低收盘", "lowest close"),
}
