"""K-lines as a PNG file, drawn without a browser or screen: what ``kline`` shows, for printing.

Chinese is written only where a font with Chinese signs is installed; else labels are English, and a
title that cannot be written gives way to the series' name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tanheng.errors import Language
from tanheng.quotes.bars import full
from tanheng.report.figures import FAINT, GRID, INK
from tanheng.report.kline import (
    AVERAGES,
    CANDLES,
    LINE,
    LINES,
    MARK,
    WIDTHS,
    Drawn,
    legend,
    per,
    place,
    volume_scale,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_FONTS = (
    "NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "NotoSansSC", "SourceHanSansSC-Regular",
    "SourceHanSansCN-Regular", "PingFang", "msyh", "simhei", "wqy-microhei", "wqy-zenhei", "STHeiti Light",
    "DroidSansFallbackFull", "Arial Unicode",
)  # fmt: skip
"""Files of fonts with Chinese signs, the best first."""
_SIGNS = "涨跌均线收盘价"
_INCHES, _DPI = (12.0, 7.0), 130
_EPOCH = date(1970, 1, 1)
"""Where matplotlib counts days from."""


FEWEST = 12
"""Bars for which there is room at least."""


@cache
def chinese_font() -> str | None:
    """The name of an installed font with Chinese signs; None when there is none."""
    from matplotlib import font_manager

    # Files, because the list of names that matplotlib keeps may be older than the fonts.
    files = {Path(file).stem.lower(): file for file in sorted(font_manager.findSystemFonts())}
    for stem in _FONTS:
        file = files.get(stem.lower())
        if file is None:
            continue
        font = font_manager.get_font(file)
        if all(font.get_char_index(ord(sign)) for sign in _SIGNS):
            font_manager.fontManager.addfont(file)
            return font.family_name
    return None


def write_kline_png(picture: Drawn, path: Path, language: Language = "en") -> None:
    """Write the picture, 1560 × 910 points; replaced if it exists.

    Args:
        language: of the labels; English where no font can write Chinese.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = chinese_font()
    spoken: Language = language if font else "en"
    with _fonts(font):
        figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
        days = [(place(bar.day, picture.every) - _EPOCH).days for bar in picture.series.bars]
        _prices(upper, picture, days)
        _volume(lower, picture, days, spoken)
        _labels(upper, lower, picture, spoken, _title(picture, font))
        handles = _handles(picture, spoken)
        figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), frameon=False,
                      fontsize=9.5, handletextpad=0.2, columnspacing=1.4)  # fmt: skip
        figure.savefig(path, format="png", metadata={"Software": None})


@contextmanager
def _fonts(font: str | None) -> Iterator[None]:
    import matplotlib as mpl

    family = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    with mpl.rc_context({"font.family": family, "font.size": 10.5}):
        yield


def _title(picture: Drawn, font: str | None) -> str:
    series = picture.series
    if font or series.title.isascii():
        return series.title
    return series.name if series.name.isascii() else "K-line"


def _prices(axes: Axes, picture: Drawn, days: Sequence[float]) -> None:
    """Candles with their shadows, dots, averages and marks; or a line."""
    from matplotlib.collections import LineCollection, PolyCollection

    bars, half = picture.series.bars, WIDTHS[picture.every] * 0.4
    if picture.line:
        known = picture.where(lambda bar: bar.close is not None)
        axes.plot([days[n] for n in known], [float(bars[n].close or 0) for n in known],
                  color=LINE, linewidth=1.2)  # fmt: skip
    shadows, bodies, colours = [], [], []
    for n, bar in enumerate(bars):
        if full(bar):
            low, high = float(bar.low or 0), float(bar.high or 0)
            one, other = float(bar.open or 0), float(bar.close or 0)
            x = days[n]
            shadows.append([(x, low), (x, high)])
            bodies.append([(x - half, one), (x + half, one), (x + half, other), (x - half, other)])
            colours.append(picture.paint(picture.ways[n]))
    # An edge keeps a body without height visible.
    axes.add_collection(LineCollection(shadows, colors=colours, linewidths=0.8))
    axes.add_collection(
        PolyCollection(bodies, facecolors=colours, edgecolors=colours, linewidths=0.8)
    )
    for n, (_, values) in enumerate(picture.averages):
        shown = [(day, float(value)) for day, value in zip(days, values, strict=True)
                 if value is not None]  # fmt: skip
        axes.plot(*zip(*shown, strict=True), color=AVERAGES[n % len(AVERAGES)], linewidth=1.1)
    axes.scatter([days[n] for n in picture.dots],
                 [float(bars[n].close or 0) for n in picture.dots],
                 marker="_", s=16, color=FAINT, linewidths=1.2, zorder=3)  # fmt: skip
    axes.scatter([days[n] for n in picture.odd], [float(bars[n].close or 0) for n in picture.odd],
                 marker="D", s=18, facecolors="none", edgecolors=MARK, linewidths=1.1,
                 zorder=4)  # fmt: skip
    axes.autoscale_view()


def _volume(axes: Axes, picture: Drawn, days: Sequence[float], language: Language) -> None:
    divisor, word = volume_scale(picture, language)
    axes.bar(
        days, [bar.volume / divisor for bar in picture.series.bars],
        width=WIDTHS[picture.every] * 0.8,
        color=[picture.paint(way) for way in picture.ways], linewidth=0,
    )  # fmt: skip
    axes.set_ylabel(word)


def _labels(upper: Axes, lower: Axes, picture: Drawn, language: Language, title: str) -> None:
    """Axes, grid and title."""
    from matplotlib import dates
    from matplotlib.ticker import FuncFormatter, Locator

    for axes in (upper, lower):
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(colors=FAINT, labelcolor=INK, length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(GRID)
    bars = picture.series.bars
    span = (bars[-1].day - bars[0].day).days
    short = span < 120
    locator: Locator = dates.AutoDateLocator(minticks=5, maxticks=12)  # type: ignore[no-untyped-call]
    if span < 14:
        # Else parts of days get ticks, and one day's label stands there twice.
        locator = dates.DayLocator()  # type: ignore[no-untyped-call]
    lower.xaxis.set_major_locator(locator)
    least = FEWEST * WIDTHS[picture.every]
    if span < least:
        # A handful of candles would fill the picture.
        left, right = lower.get_xlim()
        more = max(least - (right - left), 0) / 2
        lower.set_xlim(left - more, right + more)
    form = "%Y-%m-%d" if short else "%Y-%m"
    lower.xaxis.set_major_formatter(dates.DateFormatter(form))  # type: ignore[no-untyped-call]
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    upper.set_ylabel(per(picture.series, language))
    word = (LINES if picture.line else CANDLES)[picture.every].of(language)
    first, last = picture.source.bars[0].day, picture.source.bars[-1].day
    upper.set_title(title, loc="left", fontsize=16, color=INK, pad=28)
    upper.text(0, 1.02, f"{first} – {last} · {word}", transform=upper.transAxes, color=FAINT)


def _handles(picture: Drawn, language: Language) -> list[Line2D]:
    """The legend's entries: those of the page."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=color, marker="D" if text.en.startswith("◇") else "s", linestyle="",
               markersize=6, fillstyle="none" if text.en.startswith("◇") else "full",
               label=text.of(language).removeprefix("◇ "))
        for color, text in legend(picture)
    ]  # fmt: skip
