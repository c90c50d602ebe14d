"""The examples, end to end: accounts with their reports, and two compliance years."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tanheng.accounting import Account, Method, Principle, Stopped, account
from tanheng.cli import output
from tanheng.cli.show import Screen
from tanheng.engines import open_records
from tanheng.errors import Fault, Language

if TYPE_CHECKING:
    from tanheng.programme.programme import Programme

_TEXT: dict[str, tuple[str, str]] = {
    "three-car-makers": (
        "The same car from three makers. Producer: maker 1 looks worst. Consumer: three figures for "
        "the same car. Benchmark: maker 1 is better than the mean, maker 3 worse, and every buyer "
        "carries the same.",
        "同一种车，三家工厂。生产者原则下一厂最差；消费者原则下同样的车有三个数；"
        "基准值原则下一厂优于平均、三厂劣于平均，而每个购车者承担相同。",
    ),
    "us-power-2017": (
        "787 American coal and gas plants, one class: electricity. What emits more than the mean "
        "answers for the difference; the sum over all plants is zero.",
        "美国 787 座燃煤燃气电厂，同一类别“电力”。高于平均者承担差额；全部电厂之和为零。",
    ),
    "us-power-2017, by technology": (
        "The same plants with one class per fuel, as allowance benchmarks do: coal is compared with "
        "coal only.",
        "同样的电厂按燃料分类（如配额基准）：煤电只与煤电比。",
    ),
    "useeio": (
        "The economy of the United States in 388 sectors, 93 by-product credits included.",
        "美国经济 388 个部门，含 93 个副产品抵扣系数。",
    ),
}
_PILOTS = (
    ("guangzhou", "GDEA", "广东"), ("hubei", "HBEA", "湖北"), ("beijing", "BEA", "北京"),
    ("tianjin", "TJEA", "天津"),
)  # fmt: skip
"""Files of daily prices, their products, their markets."""
_TOLD = ("(offset_limit_share)", "(fine", "(next_year", "(preallocation_share)")
"""Parameters whose differences between the packs the demonstration tells."""
_INTRO = (
    "Tanheng 碳衡: who answers for which tonne, and proof that none is lost.",
    "碳衡 Tanheng：谁承担哪一吨，并证明一吨不少。",
)
_END = ("Open a report in a browser: {path}", "用浏览器打开报告：{path}")


def examples() -> Path:
    """The folder of examples: shipped inside the wheel, or beside the source."""
    inside = Path(str(files("tanheng"))) / "examples"
    beside = Path(__file__).parents[3] / "examples"
    for folder in (inside, beside):
        if (folder / "three-car-makers").is_dir():
            return folder
    raise Fault("the examples are missing from this installation; install tanheng again")


@contextmanager
def example(name: str) -> Iterator[Path]:
    """The folder of one example; the variant by technology is put together in passing."""
    if name != "us-power-2017, by technology":
        yield examples() / name
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        shutil.copytree(examples() / "us-power-2017", folder)
        shutil.copy(folder / "by-technology" / "products.csv", folder / "products.csv")
        yield folder


def run(out: Path, language: Language) -> None:
    """Account for every example, print a summary and write reports to ``out``."""
    console = Console()
    screen = Screen(language, console)
    pick = 1 if language == "zh" else 0
    console.print(f"[bold]{_INTRO[pick]}[/bold]")
    for name, text in _TEXT.items():
        principles: list[Principle] = ["producer", "consumer", "benchmark"]
        if name == "three-car-makers":
            principles = ["producer", "consumer", "shared", "income", "benchmark"]
        console.print()
        console.rule(f"[bold]{name}[/bold]", align="left")
        console.print(text[pick], style="italic")
        with example(name) as folder, open_records(folder) as store:
            result = account(store, Method(), principles=principles)
            if isinstance(result, Stopped):
                screen.stopped(result.findings, frozenset())
                raise Fault(f"the example {name} does not pass its own checks")
            _summary(screen, result)
            target = out / name.replace(", ", "-").replace(" ", "-")
            output.write_all(result, target, language, None, public=False)
    console.print()
    _years(out, language, console)
    console.print()
    _markets(out, language, console)
    console.print()
    report = out.resolve() / "three-car-makers" / "report.html"
    console.print(_END[pick].format(path=report), soft_wrap=True)


def _years(out: Path, language: Language, console: Console) -> None:
    """Two compliance years; the first also under other rules, with every figure open to why."""
    from tanheng.cli.playing import PROGRAMME, compare, played
    from tanheng.programme.asking import explain
    from tanheng.rules.words import between_packs
    from tanheng.why import Why

    def fresh(name: str) -> Path:
        target = out / name
        if target.exists():
            shutil.rmtree(target)
        return target

    screen, zh = Screen(language, console), language == "zh"
    console.rule("[bold]shenzhen-2016[/bold]", align="left")
    first = fresh("shenzhen-2016")
    programme = played(examples() / "shenzhen-2016", first, "", language)
    for question in ("fine:SZ-05/2016", "shortfall:SZ-05/2016"):
        console.print()
        where = first / PROGRAMME
        console.print(f"$ tanheng why {where} {question}", style="bold", soft_wrap=True)
        answer = explain(programme, question)
        assert isinstance(answer, Why), answer.message(language)
        screen.why(answer)
    console.print()
    text = (
        "同一年，若适用全国规则（假设）："
        if zh
        else "The same year under the national rules (supposed):"
    )
    console.rule(f"[bold]{text}[/bold]", align="left")
    second = fresh("shenzhen-2016-national")
    with redirect_stdout(io.StringIO()):
        other = played(examples() / "shenzhen-2016", second, "national", language)
    for line in between_packs(programme.pack, other.pack, language):
        if line.startswith("plan.") or any(word in line for word in _TOLD):
            console.print(f"  {line}", soft_wrap=True, highlight=False)
    console.print()
    compare(first, second, 2016, language)
    console.print()
    console.rule("[bold]guangdong-2016[/bold]", align="left")
    with redirect_stdout(io.StringIO()):
        programme = played(examples() / "guangdong-2016", fresh("guangdong-2016"), "", language)
    _guangdong(programme, console, zh)
    answer = explain(programme, "status:GD-001/2016")
    assert isinstance(answer, Why), answer.message(language)
    screen.why(answer)


def _markets(out: Path, language: Language, console: Console) -> None:
    """A trading week that ends in the surrender, and the K-lines of four pilots."""
    from tanheng.cli import market_show
    from tanheng.cli.playing import PROGRAMME, played
    from tanheng.engines.series import read_series
    from tanheng.report.kline import drawn, write_kline
    from tanheng.report.klinepng import write_kline_png

    zh = language == "zh"
    console.rule("[bold]shenzhen-week-2017[/bold]", align="left")
    week = out / "shenzhen-week-2017"
    if week.exists():
        shutil.rmtree(week)
    with redirect_stdout(io.StringIO()) as told:
        played(examples() / "shenzhen-week-2017", week, "", language)
    console.print(told.getvalue().split("\n\n")[0], style="italic")
    where = week / PROGRAMME
    console.print(f"$ tanheng market quotes {where}", style="bold", soft_wrap=True)
    market_show.quotes(where, lang=language)
    console.print(f"$ tanheng market chart {where} SZA-2016", style="bold", soft_wrap=True)
    market_show.chart(where, "SZA-2016", week / "week.png", last="2017-06-27", lang=language)
    console.print()
    console.rule("[bold]pilot-prices[/bold]", align="left")
    for name, code, chinese in _PILOTS:
        # Hubei's file has open and close the wrong way round; see SOURCE.md there.
        columns = {"open": "close", "close": "open"} if name == "hubei" else None
        read = read_series(
            examples() / "pilot-prices" / f"{name}_ets.csv", together=name, columns=columns
        )
        series = next(one for one in read.series if one.name == name)
        folder = out / "pilot-prices"
        folder.mkdir(exist_ok=True)
        title = f"{code} {chinese if zh else name.title()}"
        picture = drawn(replace(series, title=title), "week")
        write_kline(picture, folder / f"{name}.html")
        write_kline_png(picture, folder / f"{name}.png", language)
        volume = sum(bar.volume for bar in series.bars)
        turnover = sum(bar.turnover for bar in series.bars)
        first, last = series.bars[0].day, series.bars[-1].day
        console.print(
            f"{name}: {first} – {last}，成交 {volume:,} 吨，{turnover:,.0f} 元，"
            f"{len(read.findings)} 项提示；{folder / name}.html"
            if zh
            else f"{name}: {first} – {last}, {volume:,} t for {turnover:,.0f} yuan, "
            f"{len(read.findings)} findings; {folder / name}.html",
            soft_wrap=True, highlight=False,
        )  # fmt: skip


def _guangdong(programme: Programme, console: Console, zh: bool) -> None:
    """How many comply, and which credits were used."""
    store = programme.store
    met = store.query("SELECT COUNT(*) FROM outcomes WHERE year = 2016 AND status = 'A'")[0][0]
    every = store.query("SELECT COUNT(*) FROM outcomes WHERE year = 2016")[0][0]
    used = store.query(
        "SELECT kind, SUM(amount) FROM moves WHERE op = 'surrender' GROUP BY kind ORDER BY kind"
    )
    console.print(
        f"{every} 家单位，履约 {met} 家" if zh else f"{every} entities, {met} of them compliant"
    )
    for kind, amount in used:
        console.print(f"  {kind}: {amount:,} t")


def _summary(screen: Screen, result: Account) -> None:
    screen.account(result, rows=5)
