"""``tanheng market import | kline | index``: daily series from outside, checked, drawn, chained."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from tanheng.cli.options import JsonOption, LangOption, language, one_of, split, whole, wrong
from tanheng.errors import Finding, Language

if TYPE_CHECKING:
    from tanheng.engines.series import Imported
    from tanheng.quotes import BandTable, Every, Index, Series
    from tanheng.report.kline import Colours

app = typer.Typer(no_args_is_help=True, help="Daily prices of markets. 日行情。")

BANDS = ("0.05", "0.10", "0.20", "0.30")
_LONG = 400
"""Days from which on weeks are drawn when nothing is said."""

FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="CSV or workbook. 文件。")
]
SeriesOption = Annotated[
    list[str] | None,
    typer.Option("--series", help="Only these; may repeat. 只取这些序列。"),
]
TogetherOption = Annotated[
    str, typer.Option("--together", help="Take a file as one series of this name. 合为一个序列。")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="[FILE:]HEADER=FIELD: what a column is; HEADER= leaves it out; may repeat. 指明列的含义。",
    ),
]


@app.command("import")
def import_(
    files: FilesArgument,
    series: SeriesOption = None,
    together: TogetherOption = "",
    column: ColumnOption = None,
    band: Annotated[
        str, typer.Option("--band", help="Largest move of a day, e.g. 0.10. 涨跌幅限制。")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a workbook here (.xlsx). 输出表格。")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Check daily series from outside: what is odd, years, moves beyond bands. 导入并检查日行情。"""
    from tanheng.cli.emit import print_json
    from tanheng.quotes import band_table

    spoken, limit = language(lang), _share("--band", band) if band else None
    if out is not None and out.suffix.lower() != ".xlsx":
        wrong("--out", f"{out} must end in .xlsx")
    read = [_read(file, together, column, limit) for file in files]
    findings = [finding for one in read for finding in one.findings]
    if any(finding.severity != "notice" for finding in findings):
        _stopped(findings, spoken, as_json)
    chosen = _chosen(read, series)
    steps = [Decimal(text) for text in BANDS]
    bands = [band_table(one, steps) for one in chosen]
    if out is not None:
        from tanheng.excel.quotes import write_quotes

        note = " · ".join(file.name for file in files)
        with whole(out) as part:
            write_quotes(part, chosen, bands, findings, note, spoken)
        print(out, file=sys.stderr)
    if as_json:
        print_json(_as_json(read, chosen, bands, findings, spoken))
        return
    _show_findings(findings, spoken)
    for one, table in zip(chosen, bands, strict=True):
        print()
        _show_series(one, table, spoken)


@app.command("kline")
def kline(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or workbook. 文件。")],
    out: Annotated[Path, typer.Option("--out", help="Picture: .html or .png. 图形文件。")],
    series: Annotated[str, typer.Option("--series", help="Which one. 序列。")] = "",
    together: TogetherOption = "",
    column: ColumnOption = None,
    every: Annotated[
        str,
        typer.Option("--every", help="day | week | month; else day, or week if long. 周期。"),
    ] = "",
    first: Annotated[str, typer.Option("--from", help="First day. 起始日。")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day. 截止日。")] = "",
    mean: Annotated[
        list[str] | None,
        typer.Option("--mean", help="Moving average of so many bars; may repeat. 均线。"),
    ] = None,
    colours: Annotated[
        str, typer.Option("--colours", help="china (red is up) | west (green is up). 涨跌颜色。")
    ] = "china",
    title: Annotated[str, typer.Option("--title", help="Of the picture. 标题。")] = "",
    lang: LangOption = None,
) -> None:
    """Draw candles, volume and moving averages as one HTML page or a PNG. K 线图。"""
    from dataclasses import replace

    from tanheng.report.kline import drawn, write_kline

    spoken = language(lang)
    paint: Colours = one_of("--colours", colours, ("china", "west"))
    kind = one_of("--out", out.suffix.lower(), (".html", ".png"))
    read = _read(file, together, column, None)
    if any(finding.severity != "notice" for finding in read.findings):
        _stopped(list(read.findings), spoken, as_json=False)
    wanted = [series] if series else None
    chosen = _listed(_chosen([read], wanted), wanted)
    if len(chosen) > 1:
        wrong("--series", f"say which: {', '.join(one.name for one in chosen)}; or --together NAME")
    shown = chosen[0].between(_day("--from", first), _day("--to", last))
    if title:
        shown = replace(shown, title=title)
    if not shown.bars:
        wrong("--from / --to", f"{shown.name} has no day there")
    period: Every = "week" if len(shown.bars) > _LONG else "day"
    if every:
        period = one_of("--every", every, ("day", "week", "month"))
    try:
        means = [int(text) for text in split(mean)] or [5, 20]
        picture = drawn(shown, period, means, paint)
    except ValueError as error:
        wrong("--mean", str(error))
    with whole(out) as part:
        if kind == ".html":
            write_kline(picture, part)
        else:
            from tanheng.report.klinepng import write_kline_png

            write_kline_png(picture, part, spoken)
    print(out)


@app.command("index")
def index(
    files: FilesArgument,
    base: Annotated[str, typer.Option("--base", help="The day that is 100. 基日。")],
    every: Annotated[
        str, typer.Option("--every", help="Shares anew each month | year. 权重更换周期。")
    ] = "year",
    series: SeriesOption = None,
    joined: Annotated[
        bool, typer.Option("--joined", help="Each file as one market. 每个文件合为一个市场。")
    ] = False,
    column: ColumnOption = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """A chain-linked index over markets, weighted by turnover; without trades off line. 链式指数。"""
    from tanheng.cli.emit import print_json
    from tanheng.quotes import chain_index

    spoken = language(lang)
    often: Literal["month", "year"] = one_of("--every", every, ("month", "year"))
    day = _day("--base", base)
    if day is None:
        wrong("--base", "write a day such as 2016-06-30")
    read = [_read(file, file.stem if joined else "", column, None) for file in files]
    findings = [finding for one in read for finding in one.findings]
    if any(finding.severity != "notice" for finding in findings):
        _stopped(findings, spoken, as_json)
    try:
        found = chain_index(_listed(_chosen(read, series), series), day, every=often)
    except ValueError as error:
        wrong("FILE / --base", str(error))
    if as_json:
        print_json(_index_json(found))
    else:
        print("\n".join(_index_lines(found, spoken)))


def _read(
    file: Path, together: str, column: Sequence[str] | None, band: Decimal | None
) -> Imported:
    from tanheng.engines.series import read_series

    if not file.is_file():
        wrong("FILE", f"{file} is not there")
    meant: dict[str, str] = {}
    for text in column or ():
        header, sign, field = text.partition("=")
        if not sign:
            wrong("--column", f"{text!r}: write HEADER=FIELD or FILE:HEADER=FIELD")
        name, colon, rest = header.rpartition(":")
        if colon and Path(name).name != file.name:
            continue
        meant[rest.strip()] = field.strip()
    try:
        return read_series(file, together=together or None, band=band, columns=meant)
    except ValueError as error:
        wrong("--column", str(error))


def _chosen(read: Sequence[Imported], wanted: Sequence[str] | None) -> list[Series]:
    known = [series for one in read for series in one.series]
    names = split(wanted)
    for name in names:
        if name not in {series.name for series in known}:
            wrong("--series", f"{name!r} is none of {', '.join(series.name for series in known)}")
    return [series for series in known if not names or series.name in names]


def _listed(series: Sequence[Series], wanted: Sequence[str] | None) -> list[Series]:
    """Without trades off line, unless they were asked for by name or there is nothing else."""
    from tanheng.engines.series import OFFLINE

    kept = [one for one in series if wanted or not one.name.endswith(OFFLINE)]
    return kept or list(series)


def _share(option: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and 0 < value < 10):
        wrong(option, f"{text!r}: write a share such as 0.10")
    return value


def _day(option: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong(option, f"{text!r}: write a day such as 2016-06-30")


def _stopped(findings: Sequence[Finding], spoken: Language, as_json: bool) -> NoReturn:
    """Nothing was taken: say why, and end with exit code 1."""
    from tanheng.cli.emit import print_json
    from tanheng.cli.output import finding_json

    if as_json:
        print_json({"findings": [finding_json(finding, spoken) for finding in findings]})
    else:
        _show_findings(findings, spoken)
        print("\n" + _WORDS["stopped"][spoken == "zh"])
    raise typer.Exit(1)


def _show_findings(findings: Sequence[Finding], spoken: Language) -> None:
    """By code, errors first."""
    from tanheng.cli.show import Screen

    screen = Screen(spoken)
    if findings:
        screen.findings(sorted(findings, key=lambda finding: finding.severity == "notice"))
    else:
        screen.clean()


def _show_series(series: Series, bands: BandTable, spoken: Language) -> None:
    from tanheng.quotes import rounded, years

    zh = spoken == "zh"
    rows = [
        [str(year.year), f"{year.traded:,}", f"{year.volume:,}", f"{year.turnover:,.2f}",
         _text(None if year.vwap is None else rounded(year.vwap, 4)), _text(year.high), _text(year.low),
         _text(year.highest), _text(year.lowest)]
        for year in years(series)
    ]  # fmt: skip
    first, last = series.bars[0].day, series.bars[-1].day
    _table(f"{series.name}  {first} – {last}  {series.currency}, {series.unit}", _YEARS[zh], rows)
    known = list(bands.rows[0].days) if bands.rows else []
    counts = [
        [f"±{row.band * 100:.0f} %", *(f"{row.days[year]:,}" for year in known), f"{row.total:,}"]
        for row in bands.rows
    ]
    print()
    heads = [("band", "幅度")[zh], *map(str, known), ("all", "合计")[zh]]
    _table(_WORDS["bands"][zh], heads, counts)
    if bands.day is not None:
        print(_WORDS["largest"][zh].format(move=f"{bands.largest:+f}", day=bands.day))


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of texts, all but the first column to the right."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(heads):
        grid.add_column(head, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    with console.capture() as capture:
        console.print(title, markup=False, highlight=False)
        console.print(grid, markup=False, highlight=False)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _text(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:,f}"


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _as_json(
    read: Sequence[Imported], chosen: Sequence[Series], bands: Sequence[BandTable],
    findings: Sequence[Finding], spoken: Language,
) -> dict[str, object]:  # fmt: skip
    """Figures that are not whole are texts, so that no digit is lost."""
    from tanheng.cli.output import finding_json
    from tanheng.quotes import rounded, years

    return {
        "rows": sum(one.rows for one in read),
        "series": [
            {
                "name": series.name, "currency": series.currency, "unit": series.unit,
                "first": series.bars[0].day.isoformat(), "last": series.bars[-1].day.isoformat(),
                "days": len(series.bars),
                "years": [
                    {"year": year.year, "days": year.days, "traded": year.traded,
                     "volume": year.volume, "turnover": _exact(year.turnover),
                     "vwap": _exact(None if year.vwap is None else rounded(year.vwap, 6)),
                     **{name: _exact(getattr(year, name))
                        for name in ("high", "low", "highest", "lowest", "close")}}
                    for year in years(series)
                ],
                "bands": [
                    {"band": f"{row.band:f}", "total": row.total,
                     "days": {str(year): count for year, count in row.days.items()}}
                    for row in table.rows
                ],
                "largest_move_percent": _exact(table.largest),
                "largest_move_day": table.day.isoformat() if table.day else None,
            }
            for series, table in zip(chosen, bands, strict=True)
        ],
        "findings": [finding_json(finding, spoken) for finding in findings],
    }  # fmt: skip


def _index_json(found: Index) -> dict[str, object]:
    from tanheng.quotes import rounded

    return {
        "base": found.base.isoformat(), "every": found.every,
        "points": [{"day": point.day.isoformat(), "value": f"{point.value:f}"}
                   for point in found.points],
        "links": [
            {"day": link.day.isoformat(), "level": f"{link.level:f}",
             "weights": {name: f"{rounded(part, 6):f}" for name, part in link.weights.items()}}
            for link in found.links
        ],
    }  # fmt: skip


def _index_lines(found: Index, spoken: Language) -> Iterator[str]:
    """The value at each link with the shares from then on, and the last day."""
    from tanheng.quotes import rounded

    zh = spoken == "zh"
    yield _WORDS["index"][zh].format(base=found.base)
    for link in found.links:
        parts = sorted(link.weights.items(), key=lambda item: (-item[1], item[0]))
        shares = "  ".join(f"{name} {rounded(part * 100, 1)} %" for name, part in parts)
        yield f"{link.day}  {rounded(link.level, 2):>9}  {shares}"
    last = found.points[-1]
    yield f"{last.day}  {rounded(last.value, 2):>9}"


_YEARS = (
    ("year", "traded", "volume", "turnover", "mean price", "high", "low", "highest close",
     "lowest close"),
    ("年", "成交日", "成交量", "成交额", "成交均价", "最高价", "最低价", "最高收盘", "最低收盘"),
)  # fmt: skip
_WORDS = {
    "stopped": (
        "Nothing was taken: correct what is marked × first.",
        "未导入：请先更正标 × 之处。",
    ),
    "bands": (
        "Days whose close moved by more, limits rounded to 0.01",
        "收盘价变动超出幅度的天数（界限取到 0.01）",
    ),
    "largest": ("Largest move: {move} % on {day}", "最大变动：{day}，{move}%"),
    "index": ("Index, {base} = 100; shares from each day on", "指数，{base} = 100；自各日起的权重"),
}
