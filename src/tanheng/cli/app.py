"""Commands and their options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from tanheng.errors import Fault, Language, catalogue

app = typer.Typer(
    name="tanheng",
    help="碳衡 Tanheng: carbon accounting in which every number can be asked why. 碳核算，每个数都问得出为什么。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Records = Annotated[
    Path, typer.Argument(help="Folder, workbook, CSV/Parquet or DuckDB file. 记录集。")
]
PrincipleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--principle",
        "-p",
        help="producer, consumer, shared, income, benchmark; may repeat. 核算原则。",
    ),
]
PeriodOption = Annotated[
    str | None, typer.Option("--period", help="2016, 2016-Q1, 2016-03. 期间。")
]
WeightsOption = Annotated[
    str, typer.Option("--weights", help="weighted | simple | best:K. 均值方式。")
]
BenchmarksOption = Annotated[
    Path | None,
    typer.Option("--benchmarks", help="Apply this published table. 采用公布的基准值表。"),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write workbook, report, Parquet here. 输出目录。")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Finding codes to accept; may repeat. 接受的检查代码。"),
]
CapitalOption = Annotated[
    str, typer.Option("--capital", help="account_only | in_benchmark. 固定资产。")
]
ServicesOption = Annotated[str, typer.Option("--services", help="consumers | makers. 服务。")]
ScopeOption = Annotated[str, typer.Option("--scope", help="all | fossil_co2. 排放范围。")]
BenchmarkScopeOption = Annotated[
    list[str] | None,
    typer.Option("--benchmark-scope", help="Regions whose makers set benchmarks. 基准值范围。"),
]
AccountScopeOption = Annotated[
    list[str] | None,
    typer.Option("--account-scope", help="Regions whose units are listed. 核算范围。"),
]
AlphaOption = Annotated[
    str,
    typer.Option(
        "--alpha", help="Share passed on under shared: 0.5, value_added, or steel=0.3,coal=0.6."
    ),
]
ErrorsOption = Annotated[str, typer.Option("--errors", help="sandwich | bootstrap | off. 标准误。")]
AudienceOption = Annotated[
    str,
    typer.Option("--audience", help="authority | public (classes of < 3 makers withheld). 读者。"),
]
LangOption = Annotated[str | None, typer.Option("--lang", help="en | zh. 语言。")]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads of the engine. 线程数。")
]
MemoryOption = Annotated[
    str | None, typer.Option("--memory", help="Limit of the engine, e.g. 4GB. 内存上限。")
]

Choice = TypeVar("Choice", bound=str)


def _wrong(option: str, text: str) -> NoReturn:
    raise typer.BadParameter(text, param_hint=option)


def _one_of(option: str, value: str, known: Sequence[Choice]) -> Choice:
    for choice in known:
        if value == choice:
            return choice
    _wrong(option, f"{value!r} is none of {', '.join(known)}")


def _split(values: Sequence[str] | None) -> list[str]:
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]


def language(wanted: str | None) -> Language:
    """The language asked for, else that of the user's locale."""
    if wanted is not None:
        return _one_of("--lang", wanted, ("en", "zh"))
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if locale.lower().startswith("zh") else "en"


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
    from tanheng.accounting import Stopped, settle as settle_account
    from tanheng.cli import output
    from tanheng.cli.opening import opened
    from tanheng.cli.show import Screen

    public = _one_of("--audience", audience, ("authority", "public")) == "public"
    if public and as_json:
        _wrong(
            "--json",
            "is for the authority; write the public's files with --audience public --out DIR",
        )
    spoken = language(lang)
    screen = Screen(spoken)
    request = _request(
        records,
        principle,
        period,
        weights,
        benchmarks,
        allow,
        capital,
        services,
        scope,
        benchmark_scope,
        account_scope,
        alpha,
        errors,
        threads,
        memory,
    )
    with opened(request) as (store, result):
        if isinstance(result, Stopped):
            if as_json:
                output.print_json(output.stopped_json(result, spoken))
            else:
                screen.stopped(result.findings, request.method.allow)
            raise typer.Exit(1)
        settlement = None
        if settle:
            settled = settle_account(
                store, result, benchmark_decimals=benchmark_decimals, decimals=decimals
            )
            if isinstance(settled, list):
                if as_json:
                    output.print_json(
                        output.stopped_json(Stopped(settled, result.records.period), spoken)
                    )
                else:
                    screen.stopped(settled, frozenset())
                raise typer.Exit(1)
            settlement = settled
        if as_json:
            output.print_json(output.account_json(result, spoken, settlement))
        elif not public:
            screen.account(result)
            if settlement is not None:
                screen.settlement(result, settlement)
        if out is not None:
            for path in output.write_all(result, out, spoken, settlement, public=public):
                print(path, file=sys.stderr)
        elif public:
            _wrong("--audience", "public needs --out DIR: the public sees files, not your terminal")


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

    public = _one_of("--audience", audience, ("authority", "public")) == "public"
    spoken = language(lang)
    screen = Screen(spoken)
    request = _request(
        records,
        ["benchmark"],
        period,
        weights,
        None,
        allow,
        capital,
        services,
        scope,
        benchmark_scope,
        None,
        "0.5",
        errors,
        threads,
        memory,
    )
    with opened(request) as (_, result):
        if isinstance(result, Stopped):
            if as_json:
                output.print_json(output.stopped_json(result, spoken))
            else:
                screen.stopped(result.findings, request.method.allow)
            raise typer.Exit(1)
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
    request = _request(
        records,
        principle or ["benchmark"],
        period,
        "weighted",
        None,
        allow,
        "account_only",
        "consumers",
        "all",
        None,
        None,
        "0.5",
        "off",
        threads,
        memory,
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
        str, typer.Argument(help="unit:ID, unit:ID@consumer, class:ID, mix:ID, region:ID, total@P")
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
    from tanheng.cli import output
    from tanheng.cli.opening import opened
    from tanheng.cli.show import Screen
    from tanheng.errors import Refusal

    spoken = language(lang)
    screen = Screen(spoken)
    asked = what.partition("@")[2] or ("consumer" if what.startswith("mix:") else "benchmark")
    known = ("producer", "consumer", "shared", "income", "benchmark")
    needed = [asked] if asked in known else ["benchmark"]
    errors = "sandwich" if what.startswith("class:") else "off"
    request = _request(
        records,
        needed,
        period,
        weights,
        benchmarks,
        allow,
        capital,
        services,
        scope,
        benchmark_scope,
        None,
        alpha,
        errors,
        threads,
        memory,
    )
    with opened(request) as (store, result):
        if isinstance(result, Stopped):
            if as_json:
                output.print_json(output.stopped_json(result, spoken))
            else:
                screen.stopped(result.findings, request.method.allow)
            raise typer.Exit(1)
        answer = explain(result, store, what)
        if isinstance(answer, Refusal):
            print(answer.message(spoken), file=sys.stderr)
            raise typer.Exit(1)
        if as_json:
            output.print_json(answer.as_dict(spoken))
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
    from rich.progress import Progress

    from tanheng.simulate import generate as write

    kind = _one_of("--format", format_, ("csv", "parquet"))
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {}

        def moved(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, bar.add_task(stage, total=total))
            bar.update(task, completed=done, total=total)

        try:
            write(units, seed, out, period=period, format=kind, progress=moved)
        except ValueError as error:
            _wrong("generate", str(error))
    print(out)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the reports. 报告目录。")] = Path(
        "demo-output"
    ),
    lang: LangOption = None,
) -> None:
    """The three examples: accounts, a summary, and reports to open. 三个示例。"""
    from tanheng.cli.demo import run

    run(out, language(lang))


def _request(  # one place where all options meet
    records: Path,
    principle: Sequence[str] | None,
    period: str | None,
    weights: str,
    benchmarks: Path | None,
    allow: Sequence[str] | None,
    capital: str,
    services: str,
    scope: str,
    benchmark_scope: Sequence[str] | None,
    account_scope: Sequence[str] | None,
    alpha: str,
    errors: str,
    threads: int | None,
    memory: str | None,
):  # type: ignore[no-untyped-def]
    from tanheng.accounting import PRINCIPLES, Method, Weights
    from tanheng.cli.opening import Request
    from tanheng.period import Period

    names = _split(principle)
    # Income needs money values, which few records have: it runs when asked for.
    chosen = [_one_of("--principle", name, PRINCIPLES) for name in names] or [
        "producer",
        "consumer",
        "shared",
        "benchmark",
    ]
    accepted = _split(allow)
    for code in accepted:
        entry = catalogue().get(code)
        if entry is None:
            _wrong("--allow", f"{code!r} is no finding code")
        if entry.severity == "error":
            _wrong(
                "--allow", f"{code} cannot be accepted: {entry.remedy['en'] or entry.text['en']}"
            )
    try:
        mean = Weights.parse(weights)
        asked = Period.parse(period) if period is not None else None
    except ValueError as error:
        _wrong("--weights / --period", str(error))
    method = Method(
        weights=mean,
        capital=_one_of("--capital", capital, ("account_only", "in_benchmark")),
        services=_one_of("--services", services, ("consumers", "makers")),
        scope=_one_of("--scope", scope, ("all", "fossil_co2")),
        benchmark_scope=frozenset(_split(benchmark_scope)) or None,
        account_scope=frozenset(_split(account_scope)) or None,
        alpha=_alpha(alpha),
        standard_errors=_one_of("--errors", errors, ("sandwich", "bootstrap", "off")),
        allow=frozenset(accepted),
    )
    return Request(records, method, chosen, asked, benchmarks, threads, memory)


def _alpha(text: str):  # type: ignore[no-untyped-def]
    if text == "value_added":
        return text
    try:
        if "=" in text:
            pairs = [part.split("=", 1) for part in text.split(",")]
            shares = {name.strip(): float(value) for name, value in pairs}
            if all(0 <= value <= 1 for value in shares.values()):
                return shares
        elif 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    _wrong(
        "--alpha", f"{text!r}: write a share from 0 to 1, value_added, or class=share,class=share"
    )


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
    except Fault as fault:
        print(f"tanheng: {fault}", file=sys.stderr)
        raise SystemExit(3) from fault
