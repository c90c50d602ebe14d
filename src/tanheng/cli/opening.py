"""From the words of a command line to an account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tanheng.accounting import Account, Method, Principle, Stopped, account
from tanheng.engines import DuckStore, open_records
from tanheng.period import Period

STAGES = ("read", "books", "benchmarks", "standard errors", "principles")


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line asks for."""

    records: Path
    method: Method
    principles: Sequence[Principle]
    period: Period | None
    benchmarks: Path | None
    threads: int | None
    memory: str | None


@contextmanager
def opened(request: Request) -> Iterator[tuple[DuckStore, Account | Stopped]]:
    """Open the records and account for them, with a progress bar on a terminal."""
    console = Console(stderr=True)
    with (
        open_records(request.records, threads=request.threads, memory=request.memory) as store,
        _stages(console) as progress,
    ):
        published = None
        if request.benchmarks is not None:
            published = open_records(request.benchmarks, only="exogenous")
        try:
            result = account(
                store,
                request.method,
                principles=request.principles,
                period=request.period,
                published=published,
                progress=progress,
            )
        finally:
            if published is not None:
                published.close()
        yield store, result


class _Stages:
    """Told the name of each stage; moves a bar on."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=len(STAGES))
        self._done = -1

    def __call__(self, stage: str) -> None:
        self._done += 1
        self._bar.update(self._task, completed=self._done, description=stage)


@contextmanager
def _stages(console: Console) -> Iterator[_Stages]:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description:16}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield _Stages(bar)
