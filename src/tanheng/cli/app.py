"""Commands and their options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tanheng.cli import (
    compliance,
    history,
    market,
    market_close,
    market_show,
    playing,
    programme,
    proof,
    quotes,
    registry,
    registry_show,
    rules,
    simulate,
)  # fmt: skip
from tanheng.cli.options import (
    AccountScopeOption,
    AllowOption,
    AlphaOption,
    AudienceOption,
    BenchmarkScopeOption,
    BenchmarksOption,
    CapitalOption,
    ErrorsOption,
    JsonOption,
    LangOption,
    MemoryOption,
    OutOption,
    PeriodOption,
    PrincipleOption,
    Records,
    ScopeOption,
    ServicesOption,
    ThreadsOption,
    WeightsOption,
    language,
    one_of,
    request_of,
    wrong,
)
from tanheng.errors import Fault, catalogue

if TYPE_CHECKING:
    from tanheng.accounting import Account, Settlement, Stopped
    from tanheng.cli.opening import Request
    from tanheng.cli.show import Screen
    from tanheng.engines import DuckStore
    from tanheng.errors import Refusal
    from tanheng.why import Why

app = typer.Typer(
    name="tanheng",
    help="碳衡 Tanheng: carbon accounting in which every number can be asked why. 每个数都问得出为什么。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(programme.app, name="programme")
app.add_typer(registry.app, name="registry")
app.add_typer(compliance.app, name="compliance")
app.add_typer(market.app, name="market")
app.add_typer(rules.app, name="rules")
app.add_typer(simulate.app, name="simulate")
registry_show.add_to(registry.app)
market_show.add_to(market.app)
market_close.add_to(market.app)
market.app.add_typer(quotes.app)
simulate.app.command("play")(playing.play)
history.add_to(programme.app)
for command in (proof.export, proof.verify, proof.backup, proof.restore):
    app.command()(command)


@app.command()
def account(
    records: Records,
    principle: PrincipleOption = None,
    period: PeriodOption = None,
    weights: WeightsOption = "weighted",
    benchmarks: BenchmarksOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    allow: AllowOption = None,
    capital: CapitalOption = "account_only",
    services: ServicesOption = "consumers",
    scope: ScopeOption = "all",
    benchmark_scope: BenchmarkScopeOption = None,
    account_scope: AccountScopeOption = None,
    alpha: AlphaOption = "0.5",
    errors: ErrorsOption = "sandwich",
    settle: Annotated[
        bool, typer.Option("--settle", help="Settle in exact integers. 整数结算。")
    ] = False,
    benchmark_decimals: Annotated[
        int, typer.Option(min=0, max=9, help="Of published benchmarks.")
    ] = 6,
    decimals: Annotated[int, typer.Option(min=0, max=6, help="Of settled tCO2e.")] = 3,
    audience: AudienceOption = "authority",
    lang: LangOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = None,
) -> None:
    """Who answers for which tonne, with proof that nothing was lost. 谁承担哪一吨排放。"""
    from tanheng.cli.show import Screen

    public = one_of("--audience", audience, ("authority", "public")) == "public"
    if public and as_json:
        wrong(
            "--json",
            "is for the authority; write the public's files with --audience public --out DIR",
        )
    if public and out is None:
        wrong("--audience", "public needs --out DIR: the public sees files, not your terminal")
    spoken = language(lang)
    screen = Screen(spoken)
    request = request_of(
        records,
        principle=principle,
        period=period,
        weights=weights,
        benchmarks=benchmarks,
        allow=allow,
        capital=capital,
        services=services,
        scope=scope,
        benchmark_scope=benchmark_scope,
        account_scope=account_scope,
        alpha=alpha,
        errors=errors,
        threads=threads,
        memory=memory,
    )
    digits = (benchmark_decimals, decimals) if settle else None
    _answer(request, screen, digits, out, public=public, as_json=as_json)


def _answer(
    request: Request,
    screen: Screen,
    digits: tuple[int, int] | None,
    out: Path | None,
    *,
    public: bool,
    as_json: bool,
) -> None:
    """Account, and put the result on the screen, on standard output, and into files."""
    from tanheng.accounting import Stopped
    from tanheng.cli import output
    from tanheng.cli.opening import opened

    with opened(request) as (store, result):
        if isinstance(result, Stopped):
            _stop(result, screen, request.method.allow, as_json=as_json)
        settlement = None
        if digits is not None:
            settlement = _settled(store, result, screen, digits, as_json=as_json)
        if as_json:
            output.print_json(output.account_json(result, screen.language, settlement))
        elif not public:
            screen.account(result)
            if settlement is not None:
                screen.settlement(result, settlement)
        if out is not None:
            written = output.write_all(result, out, screen.language, settlement, public=public)
            for path in written:
                print(path, file=sys.stderr)


def _settled(
    store: DuckStore, result: Account, screen: Screen, digits: tuple[int, int], *, as_json: bool
) -> Settlement:
    """The settlement of an account, or the end of the program with what stands in its way."""
    from tanheng.accounting import Stopped
    from tanheng.accounting import settle as settle_account

    settled = settle_account(store, result, benchmark_decimals=digits[0], decimals=digits[1])
    if isinstance(settled, list):
        _stop(Stopped(settled, result.records.period), screen, frozenset(), as_json=as_json)
    return settled


@app.command()
def benchmarks(
    records: Records,
    period: PeriodOption = None,
    weights: WeightsOption = "weighted",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the table here (.csv or .parquet).")
    ] = None,
    as_json: JsonOption = False,
    allow: AllowOption = None,
    capital: CapitalOption = "account_only",
    services: ServicesOption = "consumers",
    scope: ScopeOption = "all",
    benchmark_scope: BenchmarkScopeOption = None,
    errors: ErrorsOption = "sandwich",
    audience: AudienceOption = "authority",
    lang: LangOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = None,
) -> None:
    """The benchmark of every class, with its errors; --out writes a table to publish. 基准值表。"""
    from tanheng.accounting import Stopped
    from tanheng.cli import output
    from tanheng.cli.opening import opened
    from tanheng.cli.show import Screen

    public = one_of("--audience", audience, ("authority", "public")) == "public"
    spoken = language(lang)
    screen = Screen(spoken)
    request = request_of(
        records,
        principle=["benchmark"],
        period=period,
        weights=weights,
        allow=allow,
        capital=capital,
        services=services,
        scope=scope,
        benchmark_scope=benchmark_scope,
        errors=errors,
        threads=threads,
        memory=memory,
    )
    with opened(request) as (_, result):
        if isinstance(result, Stopped):
            _stop(result, screen, request.method.allow, as_json=as_json)
        if as_json:
            output.print_json(output.benchmarks_json(result, public=public))
        else:
            screen.benchmarks(result, limit=200, public=public)
        if out is not None:
            output.write_benchmarks(result, out, public=public)
            print(out, file=sys.stderr)


@app.command()
def check(
    records: Records,
    period: PeriodOption = None,
    principle: PrincipleOption = None,
    benchmarks: BenchmarksOption = None,
    as_json: JsonOption = False,
    allow: AllowOption = None,
    lang: LangOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = None,
) -> None:
    """Every fault in the records, in one run, each with its place and remedy. 检查记录。"""
    from tanheng.cli import output
    from tanheng.cli.opening import opened
    from tanheng.cli.show import Screen
    from tanheng.errors import blocking

    spoken = language(lang)
    screen = Screen(spoken)
    request = request_of(
        records,
        benchmarks=benchmarks,
        principle=principle or ["benchmark"],
        period=period,
        allow=allow,
        errors="off",
        threads=threads,
        memory=memory,
    )
    with opened(request) as (_, result):
        findings = list(result.findings)
        stops = blocking(findings, request.method.allow)
        if as_json:
            output.print_json({"findings": [output.finding_json(f, spoken) for f in findings]})
        elif findings:
            screen.findings(findings, request.method.allow)
        if not stops and not as_json:
            screen.clean()
        raise typer.Exit(1 if stops else 0)


@app.command()
def why(
    records: Records,
    what: Annotated[
        str,
        typer.Argument(
            help="unit:ID, unit:ID@consumer, class:ID, mix:ID, region:ID, total@P; of a programme "
            "allocation:ENTITY/YEAR, obligation:, status:, shortfall:, offsets:, fine:, …"
        ),
    ],
    period: PeriodOption = None,
    weights: WeightsOption = "weighted",
    benchmarks: BenchmarksOption = None,
    as_json: JsonOption = False,
    allow: AllowOption = None,
    capital: CapitalOption = "account_only",
    services: ServicesOption = "consumers",
    scope: ScopeOption = "all",
    benchmark_scope: BenchmarkScopeOption = None,
    alpha: AlphaOption = "0.5",
    lang: LangOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = None,
) -> None:
    """How a number came about: formula, terms, and the records behind them. 这个数怎么来的。"""
    from tanheng.accounting import Stopped, explain
    from tanheng.cli.opening import opened
    from tanheng.cli.show import Screen

    spoken = language(lang)
    screen = Screen(spoken)
    if (records / "programme.toml").is_file():
        _told(_of_programme(records, what), screen, as_json=as_json)
        return
    asked = what.partition("@")[2] or ("consumer" if what.startswith("mix:") else "benchmark")
    known = ("producer", "consumer", "shared", "income", "benchmark")
    needed = [asked] if asked in known else ["benchmark"]
    errors = "sandwich" if what.startswith("class:") else "off"
    request = request_of(
        records,
        principle=needed,
        period=period,
        weights=weights,
        benchmarks=benchmarks,
        allow=allow,
        capital=capital,
        services=services,
        scope=scope,
        benchmark_scope=benchmark_scope,
        alpha=alpha,
        errors=errors,
        threads=threads,
        memory=memory,
    )
    with opened(request) as (store, result):
        if isinstance(result, Stopped):
            _stop(result, screen, request.method.allow, as_json=as_json)
        _told(explain(result, store, what), screen, as_json=as_json)


def _of_programme(path: Path, what: str) -> Why | Refusal:
    """A figure of a programme's compliance year."""
    from tanheng.cli.session import Session
    from tanheng.programme.asking import explain

    return explain(Session(path).read(), what)


def _told(answer: Why | Refusal, screen: Screen, *, as_json: bool) -> None:
    """Show an explanation; a refusal ends with exit code 1."""
    from tanheng.cli import output
    from tanheng.why import Why

    if not isinstance(answer, Why):
        print(answer.message(screen.language), file=sys.stderr)
        raise typer.Exit(1)
    if as_json:
        output.print_json(answer.as_dict(screen.language))
    else:
        screen.why(answer)


@app.command()
def template(
    folder: Annotated[Path, typer.Argument(help="Where to write. 目录。")],
) -> None:
    """An empty record set to fill in: workbook and CSV, in both languages. 空白记录表。"""
    from tanheng.excel import write_template

    for path in write_template(folder):
        print(path)


@app.command()
def generate(
    units: Annotated[int, typer.Option("--units", help="How many accounting units. 单元数。")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write. 目录。")],
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Same seed, same region. 随机种子。")
    ] = 0,
    period: Annotated[str, typer.Option("--period")] = "2016",
    format_: Annotated[str, typer.Option("--format", help="csv | parquet")] = "csv",
) -> None:
    """A synthetic, realistic region: for trying things out. Its figures are invented. 虚构地区。"""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from tanheng.simulate import FORMATS, Format
    from tanheng.simulate import generate as write

    kind: Format = one_of("--format", format_, FORMATS)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def moved(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, bar.add_task(stage, total=total))
            bar.update(task, completed=done, total=total)

        try:
            write(units, seed, out, period=period, format=kind, progress=moved)
        except ValueError as error:
            wrong("generate", str(error))
    print(out)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the reports. 报告目录。")] = Path(
        "demo-output"
    ),
    lang: LangOption = None,
) -> None:
    """Three accounts and two compliance years, with reports to open. 示例。"""
    from tanheng.cli.demo import run

    run(out, language(lang))


def _stop(stopped: Stopped, screen: Screen, allowed: frozenset[str], *, as_json: bool) -> NoReturn:
    """Say why there is no account, and end with exit code 1."""
    from tanheng.cli import output

    if as_json:
        output.print_json(output.stopped_json(stopped, screen.language))
    else:
        screen.stopped(stopped.findings, allowed)
    raise typer.Exit(1)


def _gathered(words: Sequence[str]) -> list[str]:
    """``--principle a b`` as ``--principle a --principle b``: both ways of writing are usual."""
    lists: dict[str, Callable[[str], bool]] = {
        "--principle": lambda word: (
            word in ("producer", "consumer", "shared", "income", "benchmark")
        ),
        "--allow": lambda word: word in catalogue(),
    }
    result: list[str] = []
    current: str | None = None
    for word in words:
        if current and result[-1] != current and lists[current](word):
            result += [current, word]
            continue
        if word in lists:
            current = word
        elif word.startswith("-") or (result and result[-1] != current):
            current = None
        result.append(word)
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; faults end with a message and exit code 3."""
    words = _gathered(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=words, prog_name="tanheng")
    except (Fault, OSError) as fault:
        print(f"tanheng: {fault}", file=sys.stderr)
        raise SystemExit(3) from fault
