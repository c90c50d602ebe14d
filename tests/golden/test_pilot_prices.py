"""Daily prices of four Chinese pilot markets: what the importer says of them, and figures computed
from the rows a second time, with nothing but the standard library.

Source: examples/pilot-prices/SOURCE.md.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tanheng.engines.series import Imported, read_series
from tanheng.quotes import band_table, candles, chain_index, vwap, years

FOLDER = Path(__file__).parents[2] / "examples" / "pilot-prices"
SWAPPED = {"open": "close", "close": "open"}
NAMES = {"guangzhou": "GDEA", "hubei": "HBEA", "beijing": "BEA", "tianjin": "TJEA"}


def path(market: str) -> Path:
    return FOLDER / f"{market}_ets.csv"


def plain(market: str) -> Iterator[tuple[str, dict[str, str]]]:
    with path(market).open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            cells = {name: cell.strip() for name, cell in row.items()}
            yield cells["date"], cells


@pytest.fixture(scope="module")
def imported() -> dict[str, Imported]:
    return {name: read_series(path(name), together=NAMES[name]) for name in NAMES}


@pytest.mark.parametrize("market, days", [
    ("guangzhou", 1600), ("hubei", 1024), ("beijing", 1122), ("tianjin", 672),
])  # fmt: skip
def test_years_come_out_the_same_from_the_rows(
    imported: dict[str, Imported], market: str, days: int
) -> None:
    volume: defaultdict[int, int] = defaultdict(int)
    turnover: defaultdict[int, Fraction] = defaultdict(Fraction)
    count: Counter[int] = Counter()
    for day, cells in plain(market):
        year = int(day[:4])
        volume[year] += int(cells["vol"])
        turnover[year] += Fraction(cells["amount"])
        count[year] += 1
    assert imported[market].rows == days == sum(count.values())
    series = imported[market].series[0]
    assert {y.year: (y.days, y.volume, y.turnover, y.vwap) for y in years(series)} == {
        year: (count[year], volume[year], turnover[year], turnover[year] / volume[year])
        for year in count
    }
    assert vwap(series) == sum(turnover.values()) / sum(volume.values())
    for every in ("week", "month"):
        assert vwap(candles(series, every)) == vwap(series)


def test_figures_in_print(imported: dict[str, Imported]) -> None:
    """Whole series, in tonnes and yuan; they move only if the files do."""
    sums = {name: (sum(b.volume for b in one.series[0].bars),
                   sum((b.turnover for b in one.series[0].bars), Decimal(0)))
            for name, one in imported.items()}  # fmt: skip
    assert sums == {
        "guangzhou": (179_178_824, Decimal("3660336647.52")),
        "hubei": (41_098_355, Decimal("965237782.58")),
        "beijing": (15_076_330, Decimal("929793278.80")),
        "tianjin": (9_353_406, Decimal("260052735")),
    }


def test_closes_outside_low_and_high(imported: dict[str, Imported]) -> None:
    found = {name: Counter(f.code for f in one.findings) for name, one in imported.items()}
    assert found["hubei"]["quote_close_outside"] == 164
    assert found["guangzhou"]["quote_close_outside"] == 10
    for market, column in (("hubei", 164), ("guangzhou", 10)):
        rows = [n for n, (_, c) in enumerate(plain(market), start=2)
                if c["high"] and not Fraction(c["low"]) <= Fraction(c["close"]) <= Fraction(c["high"])]  # fmt: skip
        assert len(rows) == column
        said = [f.row for f in imported[market].findings if f.code == "quote_close_outside"]
        assert sorted(said) == rows
    rows = [cells for _, cells in sorted(plain("guangzhou"))]
    assert sum(Fraction(b["open"]) == Fraction(a["close"]) for a, b in pairwise(rows)) == 1597
    assert found["guangzhou"]["quote_open_is_before"] == 1
    assert found["guangzhou"]["quote_mean_outside"] == 305
    assert found["guangzhou"]["quote_weekend"] == 22
    assert sum(not cells["high"] for _, cells in plain("guangzhou")) == 18
    assert set(found["beijing"]) == {"quote_unordered", "quote_weekend"}
    assert set(found["tianjin"]) == {"quote_unordered"}


def test_why_the_file_of_hubei_has_more_lines_than_days(imported: dict[str, Imported]) -> None:
    """1,108 lines below the header, 1,024 rows, each a day of its own: 84 line breaks inside cells."""
    assert path("hubei").read_bytes().count(b"\n") == 1109
    (finding,) = [f for f in imported["hubei"].findings if f.code == "quote_line_breaks"]
    assert finding.value == "84"
    assert finding.details == {"cells": "84", "broken": "12", "rows": "1,024"}
    assert len({bar.day for bar in imported["hubei"].series[0].bars}) == 1024


def test_the_close_of_hubei_is_that_of_the_day_before(imported: dict[str, Imported]) -> None:
    """Counted a second time; read as it is meant, only the three days without trade lie outside."""
    (finding,) = [f for f in imported["hubei"].findings if f.code == "quote_close_is_before"]
    assert (finding.details["same"], finding.details["days"]) == ("952", "955")
    rows = [cells for _, cells in sorted(plain("hubei"))]
    assert sum(Fraction(b["close"]) == Fraction(a["open"]) for a, b in pairwise(rows)) == 1020
    change = [(Fraction(c["change"].rstrip("%")) / (100 if "%" in c["change"] else 1),
               Fraction(c["open"]) / Fraction(c["close"]) - 1) for c in rows]  # fmt: skip
    assert sum(abs(said - real) < Fraction(1, 10_000) for said, real in change) == 1020
    meant = read_series(path("hubei"), columns=SWAPPED)
    outside = [f for f in meant.findings if f.code == "quote_close_outside"]
    assert [f.row for f in outside] == [f.row for f in meant.findings
                                        if f.code == "quote_zero_price" and f.column == "high"]  # fmt: skip
    assert len(outside) == 3
    assert not [f for f in meant.findings if f.code == "quote_close_is_before"]
    assert meant.series[0].bars[-1].close == Decimal("40.26")


def test_amounts_of_beijing_as_they_were_found(tmp_path: Path) -> None:
    """The file as published cannot be read in three cells; it is then not read at all."""
    text = path("beijing").read_bytes()
    for now, was in (
        (b"70074.00", b"70.074.00"),
        (b"5850.00", b"5.850.00"),
        (b"133416.00", b"133.416.00"),
    ):
        assert text.count(now) == 1
        text = text.replace(now, was)
    (tmp_path / "b.csv").write_bytes(text)
    found = read_series(tmp_path / "b.csv")
    assert found.series == ()
    assert [(f.row, f.column, f.value) for f in found.findings if f.severity == "error"] == [
        (537, "turnover", "70.074.00"), (691, "turnover", "5.850.00"), (780, "turnover", "133.416.00"),
    ]  # fmt: skip


def test_vintages_of_tianjin_apart() -> None:
    found = read_series(path("tianjin"))
    counts = Counter(cells["place"] for _, cells in plain("tianjin"))
    listed = {s.name: len(s.bars) for s in found.series if not s.name.endswith("-offline")}
    assert listed == dict(counts)
    offline = [s for s in found.series if s.name.endswith("-offline")]
    assert sum(len(s.bars) for s in offline) == 45
    assert sum(b.volume for s in offline for b in s.bars) == sum(
        int(cells["offline_vol"]) for _, cells in plain("tianjin") if cells["offline_vol"] != "-"
    )


def test_moves_beyond_bands(imported: dict[str, Imported]) -> None:
    bands = [Decimal(text) for text in ("0.05", "0.10", "0.20", "0.30")]
    tables = {name: band_table(one.series[0], bands) for name, one in imported.items()}
    for name, table in tables.items():
        rows = sorted((day, Fraction(c["close"])) for day, c in plain(name))
        volumes = {day: int(c["vol"]) for day, c in plain(name)}
        for row in table.rows:
            days: Counter[int] = Counter()
            for (_, before), (day, close) in pairwise(rows):
                limit = Fraction(int(before * Fraction(row.band) * 100 + Fraction(1, 2)), 100)
                days[int(day[:4])] += bool(volumes[day]) and abs(close - before) > limit
            assert dict(row.days) == dict(days)
    assert [[row.total for row in tables[name].rows] for name in NAMES] == [
        [366, 0, 0, 0], [121, 1, 0, 0], [339, 192, 22, 1], [102, 0, 0, 0],
    ]  # fmt: skip
    assert (tables["guangzhou"].largest, tables["guangzhou"].day) == (
        Decimal("10.05"),
        date(2017, 8, 4),
    )


def test_an_index_over_the_four(imported: dict[str, Imported]) -> None:
    """The year 2015 a second time: one link, shares of 2014."""
    several = [one.series[0] for one in imported.values()]
    base = date(2015, 1, 5)
    found = chain_index(several, base)
    turnover = {name: sum(Fraction(c["amount"]) for day, c in plain(name) if day[:4] == "2014")
                for name in NAMES}  # fmt: skip
    whole = sum(turnover.values())
    assert turnover["hubei"] == 0
    closes = {name: sorted((day, Fraction(c["close"])) for day, c in plain(name)) for name in NAMES}

    def last(name: str, day: str) -> Fraction:
        return [close for when, close in closes[name] if when <= day][-1]

    value = 100 * sum(
        part / whole * last(name, "20151231") / last(name, "20150105")
        for name, part in turnover.items() if part
    )  # fmt: skip
    assert abs(Fraction(found.links[1].level) - value) <= Fraction(1, 2 * 10**12)
    assert [sorted(link.weights) for link in found.links][2:4] == [
        ["BEA", "GDEA", "TJEA"], ["BEA", "GDEA", "HBEA", "TJEA"],
    ]  # fmt: skip
