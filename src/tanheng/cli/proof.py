"""``tanheng export``, ``verify``, ``backup``, ``restore``: a journal outside its programme."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, one_of
from tanheng.cli.session import DirArgument, NowOption, Session


def export(
    path: DirArgument,
    out: Annotated[Path, typer.Option("--out", help="File. 输出文件。")],
    audience: Annotated[
        str, typer.Option("--audience", help="public | parties | confidential. 读者。")
    ] = "public",
    now: NowOption = None,
) -> None:
    """The journal as a file that anybody can check with ``tanheng verify``. 导出账本。"""
    from rich.console import Console
    from rich.progress import Progress

    from tanheng.journal import AUDIENCES
    from tanheng.journal.export import write

    who = one_of("--audience", audience, AUDIENCES)
    programme = Session(path, now=now).open()
    signed = programme.journal.checkpoints()
    if not signed or signed[-1].size != programme.journal.size:
        programme.checkpoint()
    part = out.with_name(out.name + ".part")
    console = Console(stderr=True)
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
        part.open("wb") as stream,
    ):
        task = bar.add_task("export")
        write(
            programme.journal, stream, who, programme.state.people.key,
            lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    part.replace(out)
    print(out)


def verify(
    file: Annotated[Path, typer.Argument(help="An exported journal. 导出的账本。")],
    key: Annotated[
        str | None, typer.Option("--key", help="The programme's public key, as you know it. 公钥。")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="A line published earlier. 先前公布的检查点。"),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Also fail when something is unproven. 未证明亦算失败。"),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a journal: bytes, chain, tree, signatures, units; nothing wrong: exit 0. 验证账本。"""
    from tanheng import verify as checker
    from tanheng.cli.output import print_json
    from tanheng.errors import Unreadable

    if not file.is_file():
        raise Unreadable(f"{file} is not a file; give what tanheng export wrote")
    kept = checkpoint.read_text(encoding="utf-8").strip() if checkpoint else None
    report = checker.verify(file, key=key, checkpoint=kept)
    if as_json:
        print_json(report.as_dict())
    else:
        print("\n".join(report.lines()))
    raise typer.Exit(int(report.verdict != "proven" if strict else report.verdict == "wrong"))


def backup(
    path: DirArgument, target: Annotated[Path, typer.Argument(help="New folder. 备份目录。")],
    keys: Annotated[bool, typer.Option("--with-keys", help="Secret keys too. 含私钥。")] = False,
) -> None:  # fmt: skip
    """A whole, consistent copy, while others may write. 备份。"""
    from tanheng.programme.folder import backup as copy

    copy(Session(path).folder(), target, keys)
    print(target)


def restore(
    source: Annotated[Path, typer.Argument(help="A backup. 备份目录。")],
    target: Annotated[Path, typer.Argument(help="New folder. 新目录。")],
) -> None:
    """A programme from a backup; its journal is checked against its key and tables. 恢复。"""
    from tanheng.errors import Fault
    from tanheng.programme.folder import restore as copy

    copy(source, target)
    faults = Session(target).open().check_tables()
    if faults:
        raise Fault(f"{target}: the backup's tables do not follow from its journal: {faults[0]}")
    print(target)
