"""The picture of a series, as a page and as a PNG; the workbook."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from tanheng.errors import Finding
from tanheng.excel.quotes import write_quotes
from tanheng.quotes import Bar, Series, band_table
from tanheng.report import klinepng
from tanheng.report.kline import (
    PALETTE,
    Drawn,
    drawn,
    kline_figure,
    legend,
    place,
    render_kline,
)

D = Decimal
UP, DOWN, FLAT = (PALETTE["china"][way] for way in ("up", "down", "flat"))


def bar(day: int, *prices: str | None, volume: int = 5000) -> Bar:
    known = [None if price is None else D(price) for price in prices]
    return Bar(date(2021, 3, day), *known, volume, D(volume) * 10)


# Up, down, flat, close outside its range, no trade (0 as range), no range.
SERIES = Series("X", "试点 <X>", (
    bar(1, "10", "12", "9", "11"), bar(2, "11", "11.5", "9", "10"), bar(3, "10", "11", "9.5", "10"),
    bar(4, "10", "10.5", "9.5", "10.8"), bar(5, "10.8", "0", "0", "10.8", volume=0),
    bar(8, "10", None, None, "10.2"),
))  # fmt: skip
CLOSES = Series("X", "X", tuple(replace(b, open=None, high=None, low=None) for b in SERIES.bars))


def traces(picture: Drawn, kind: str, language: str = "en") -> list[dict[str, object]]:
    return [t for t in kline_figure(picture, language)["data"] if t["type"] == kind]  # type: ignore[arg-type]


def test_candles_are_drawn_as_they_are() -> None:
    picture = drawn(SERIES, "day", (2,))
    candles = {t["increasing"]["line"]["color"]: t for t in traces(picture, "candlestick")}
    assert {colour: t["x"] for colour, t in candles.items()} == {
        UP: ["2021-03-01", "2021-03-04"], DOWN: ["2021-03-02"], FLAT: ["2021-03-03"],
    }  # fmt: skip
    assert candles[UP]["high"] == [12.0, 10.5]
    assert candles[UP]["close"] == [11.0, 10.8]  # above its high, as it stands
    assert all(t["increasing"] == t["decreasing"] for t in candles.values())
    assert [SERIES.bars[n].day.day for n in picture.odd] == [4, 5]
    assert [SERIES.bars[n].day.day for n in picture.dots] == [5, 8]
    (volume,) = traces(picture, "bar")
    assert volume["marker"]["color"] == [UP, DOWN, FLAT, UP, FLAT, DOWN]
    assert volume["y"] == [5.0, 5.0, 5.0, 5.0, 0.0, 5.0]  # thousand tonnes


def test_the_west_draws_rises_green() -> None:
    picture = drawn(SERIES, "day", (), "west")
    first = traces(picture, "candlestick")[0]
    assert first["increasing"]["line"]["color"] == DOWN
    assert "Green is up" in render_kline(picture)
    assert "Red is up" in render_kline(drawn(SERIES, "day"))
    assert "红涨绿跌" in render_kline(drawn(SERIES, "day"))


def test_closes_alone_are_a_line() -> None:
    picture = drawn(CLOSES, "day", (2,))
    assert picture.line
    assert traces(picture, "candlestick") == []
    assert picture.dots == picture.odd == []
    assert traces(picture, "scatter")[0]["y"] == [11.0, 10.0, 10.0, 10.8, 10.8, 10.2]
    assert legend(picture)[0][1].en == "close"
    with pytest.raises(ValueError, match="no close"):
        drawn(replace(CLOSES, bars=(replace(CLOSES.bars[0], close=None),)), "day")


def test_where_bars_stand_and_what_is_left_out() -> None:
    assert [place(date(2021, 3, n), "week").isoformat() for n in (1, 7, 8)] == [
        "2021-03-03", "2021-03-03", "2021-03-10",
    ]  # fmt: skip
    assert place(date(2021, 2, 28), "month") == date(2021, 2, 15)
    picture = drawn(SERIES, "week", (2, 20))
    assert [count for count, _ in picture.averages] == [2]
    assert len(picture.series.bars) == 2
    assert picture.source is SERIES


def test_the_page_needs_no_network_and_speaks_both_languages() -> None:
    page = render_kline(drawn(SERIES, "day"))
    own = page[: page.index("/**")] + page[page.rindex('<script type="application/json"') :]
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", own)
    assert "试点 &lt;X&gt;" in page
    assert "<X>" not in own
    assert "closes of" not in page
    for text in ("K 线图", "Prices and volume", "By year", "按年", "close outside low–high (2)"):
        assert text in page
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', page, flags=re.S)[1])
    hover = charts["kline"]["en"]["data"][-1]["text"]
    assert hover[3].startswith("<b>2021-03-04</b><br>open 10.00<br>high 10.50")
    assert "◇ close outside low–high" in hover[3]
    assert "成交额 5.00万元" in charts["kline"]["zh"]["data"][-1]["text"][0]


def test_the_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has candles in their colours; without a Chinese font nothing Chinese is written."""
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    klinepng.write_kline_png(drawn(SERIES, "day", (2,)), one, "zh")
    with Image.open(one) as image:
        assert image.size == (1560, 910)
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    assert {(0xC0, 0x39, 0x2B), (0x1E, 0x8A, 0x5A)} <= colours
    monkeypatch.setattr(klinepng, "chinese_font", lambda: None)
    klinepng.write_kline_png(drawn(CLOSES, "week", (2,)), other, "zh")  # a missing sign would warn
    assert other.stat().st_size > 10_000


def test_a_title_that_cannot_be_written_gives_way() -> None:
    picture = drawn(SERIES, "day")
    assert klinepng._title(picture, "Some Font") == "试点 <X>"
    assert klinepng._title(picture, None) == "X"
    assert klinepng._title(drawn(replace(SERIES, name="试"), "day"), None) == "K-line"


@pytest.mark.parametrize("language, head", [("en", "close (yuan/t)"), ("zh", "收盘价（元/吨）")])
def test_the_workbook(tmp_path: Path, language: str, head: str) -> None:
    path = tmp_path / "x.xlsx"
    findings = [Finding("quote_weekend", "x.csv", 7, "day", "2021-03-06")]
    bands = [band_table(SERIES, [D("0.05")])]
    write_quotes(path, [SERIES], bands, findings, "=x.csv", language)  # type: ignore[arg-type]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["days 日行情", "years 年度", "bands 涨跌幅", "findings 检查结果"]
    days = book["days 日行情"]
    assert [cell.value for cell in days[4]][5] == head
    assert days.freeze_panes == "C5"
    assert days["A2"].value == "=x.csv"
    assert days["A2"].data_type == "s"
    assert days["B5"].value.date() == date(2021, 3, 1)
    assert (days["F5"].value, days["F5"].number_format) == (11, "#,##0.00##")
    assert days["H8"].value == 5000
    assert days["D10"].value == "–"  # no high
    assert [cell.value for cell in book["years 年度"][5]][:5] == ["X", 2021, 6, 5, 25000]
    assert [cell.value for cell in book["bands 涨跌幅"][5]][:4] == ["X", "5 %", 3, 3]
    assert book["findings 检查结果"]["D5"].value == 7
    with pytest.raises(ValueError, match="several currencies"):
        write_quotes(path, [SERIES, replace(SERIES, currency="EUR")], bands * 2, [], "", "en")


def test_a_long_series_is_quick_to_draw(tmp_path: Path) -> None:
    bars = tuple(
        Bar(date(2014, 1, 1) + timedelta(days=n), D(10), D(12), D(9), D(11), n, D(n * 10))
        for n in range(2500)
    )
    page = render_kline(drawn(Series("X", "X", bars), "day"))
    assert len(page) < 8_000_000
