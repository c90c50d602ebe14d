"""Options of the commands, and the one place where they meet and are checked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar

import typer

from tanheng.errors import Language, catalogue

if TYPE_CHECKING:
    from tanheng.cli.opening import Request

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
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output. 输出 JSON。")
]
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


def wrong(option: str, text: str) -> NoReturn:
    """End with exit code 2 and say which option was used wrongly."""
    raise typer.BadParameter(text, param_hint=option)


def one_of(option: str, value: str, known: Sequence[Choice]) -> Choice:
    """A word that must be one of some."""
    for choice in known:
        if value == choice:
            return choice
    wrong(option, f"{value!r} is none of {', '.join(known)}")


def split(values: Sequence[str] | None) -> list[str]:
    """Words given by repeating an option, by commas, or both."""
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Where to write a file that is moved to its place when it is whole; on a fault, nothing."""
    if not out.parent.is_dir():
        wrong("--out", f"the folder {out.parent} is not there; make it first")
    part = out.with_name(out.name + ".part")
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def language(wanted: str | None) -> Language:
    """The language asked for, else that of the user's locale."""
    if wanted is not None:
        return one_of("--lang", wanted, ("en", "zh"))
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if locale.lower().startswith("zh") else "en"


def request_of(
    records: Path,
    *,
    principle: Sequence[str] | None = None,
    period: str | None = None,
    weights: str = "weighted",
    benchmarks: Path | None = None,
    allow: Sequence[str] | None = None,
    capital: str = "account_only",
    services: str = "consumers",
    scope: str = "all",
    benchmark_scope: Sequence[str] | None = None,
    account_scope: Sequence[str] | None = None,
    alpha: str = "0.5",
    errors: str = "sandwich",
    threads: int | None = None,
    memory: str | None = None,
) -> Request:
    """All options of an account, checked: the one place where they meet."""
    from tanheng.accounting import PRINCIPLES, Method, Weights
    from tanheng.accounting.method import USUAL
    from tanheng.cli.opening import Request
    from tanheng.period import Period

    names = split(principle)
    chosen = [one_of("--principle", name, PRINCIPLES) for name in names] or list(USUAL)
    accepted = split(allow)
    for code in accepted:
        entry = catalogue().get(code)
        if entry is None:
            wrong("--allow", f"{code!r} is no finding code")
        if entry.severity == "error":
            wrong("--allow", f"{code} cannot be accepted: {entry.remedy['en'] or entry.text['en']}")
    try:
        mean = Weights.parse(weights)
        asked = Period.parse(period) if period is not None else None
    except ValueError as error:
        wrong("--weights / --period", str(error))
    method = Method(
        weights=mean,
        capital=one_of("--capital", capital, ("account_only", "in_benchmark")),
        services=one_of("--services", services, ("consumers", "makers")),
        scope=one_of("--scope", scope, ("all", "fossil_co2")),
        benchmark_scope=frozenset(split(benchmark_scope)) or None,
        account_scope=frozenset(split(account_scope)) or None,
        alpha=_alpha(alpha),
        standard_errors=one_of("--errors", errors, ("sandwich", "bootstrap", "off")),
        allow=frozenset(accepted),
    )
    if memory is not None and not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", memory):
        wrong("--memory", f"{memory!r}: write an amount such as 4GB or 800MB")
    return Request(records, method, chosen, asked, benchmarks, threads, memory)


def _alpha(text: str) -> float | dict[str, float] | Literal["value_added"]:
    if text == "value_added":
        return "value_added"
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
    wrong(
        "--alpha", f"{text!r}: write a share from 0 to 1, value_added, or class=share,class=share"
    )
