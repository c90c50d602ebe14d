"""Daily quotes of markets: series of bars, what is computed from them, and what is odd in them.

    bars       Bar, Series; K-lines of weeks and months, mean prices, years, totals, moving averages
    index      a chain-linked index over several markets
    checks     findings; how often closes go beyond a band
    sentence   what a bulletin says of a day

Pure and exact: files are read by :mod:`tanheng.engines.series`, written by
:mod:`tanheng.excel.quotes` and drawn by :mod:`tanheng.report.kline`.
"""

from tanheng.quotes.bars import (
    EVERY,
    Bar,
    Every,
    Series,
    Total,
    Year,
    candles,
    cumulated,
    joined,
    moving_average,
    rounded,
    vwap,
    years,
)
from tanheng.quotes.checks import BandRow, BandTable, band_table, check_series
from tanheng.quotes.index import Index, Link, Point, chain_index
from tanheng.quotes.sentence import day_sentence

__all__ = [
    "EVERY",
    "BandRow",
    "BandTable",
    "Bar",
    "Every",
    "Index",
    "Link",
    "Point",
    "Series",
    "Total",
    "Year",
    "band_table",
    "candles",
    "chain_index",
    "check_series",
    "cumulated",
    "day_sentence",
    "joined",
    "moving_average",
    "rounded",
    "vwap",
    "years",
]
