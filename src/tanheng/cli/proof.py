"""``tanheng export``, ``verify``, ``backup``, ``restore``: a journal outside its programme."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, one_of, whole, wrong
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
    session, console = Session(path, now=now), Console(stderr=True)
    with whole(out) as part:
        programme = session.open()
        signed = programme.journal.checkpoints()
        if not signed or signed[-1].size != programme.journal.size:
            programme = session.signing()
            programme.checkpoint()
        with (
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
            part.open("wb") as stream,
        ):
            task = bar.add_task("export")
            write(
                programme.journal, stream, who, programme.state.people.key,
                lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
    print(out)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported journal. 导出的账本。")],
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
    from tanheng.cli.emit import print_json
    from tanheng.errors import Unreadable

    if not file.is_file():
        raise Unreadable(f"{file} is not a file; give what tanheng export wrote")
    if key is not None and not re.fullmatch("[0-9a-f]{64}", key):
        wrong("--key", f"{key!r} is not a public key of 64 hexadecimal digits")
    kept = checkpoint.read_text(encoding="utf-8").strip() if checkpoint else None
    report = checker.verify(file, key=key, checkpoint=kept)
    if as_json:
        print_json(report.as_dict())
    else:
        print("\n".join(report.lines()))
    raise typer.Exit(int(report.verdict != "proven" if strict else report.verdict == "wrong"))


def backup(
    path: DirArgument,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="New folder. 备份目录。")],
    keys: Annotated[bool, typer.Option("--with-keys", help="Secret keys too. 含私钥。")] = False,
) -> None:  # fmt: skip
    """A whole, consistent copy, while others may write. 备份。

    Where the programme's key is at hand, a checkpoint is signed first: it is what restoring
    checks the copy against.
    """
    from tanheng.programme.folder import PROGRAMME_KEY
    from tanheng.programme.folder import backup as copy

    session = Session(path)
    folder, programme = session.folder(), session.open()
    signed = programme.journal.checkpoints()
    covered = signed[-1].size if signed else 0
    if covered != programme.journal.size and folder.has_key(PROGRAMME_KEY) and not target.exists():
        programme.checkpoint()
    copy(folder, target, keys)
    print(target)


def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A backup. 备份目录。")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="New folder. 新目录。")],
) -> None:
    """A programme from a backup; its journal is checked against its key and tables. 恢复。

    A backup that does not fit is refused with exit code 1, and nothing of it stays.
    """
    import shutil

    from tanheng.errors import Fault
    from tanheng.programme.folder import Folder
    from tanheng.programme.folder import restore as copy

    Folder.read(source)
    copy(source, target)
    try:
        faults = _wrong_in(target)
    except Fault as error:
        faults = [str(error)]
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    if faults:
        shutil.rmtree(target, ignore_errors=True)
        for fault in faults[:10]:
            print(f"{source}: {fault}", file=sys.stderr)
        print(
            f"{source} was not restored: it is not the journal that its key signed. "
            "Take an older backup, and keep this one as evidence",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    print(target)


def _wrong_in(path: Path) -> list[str]:
    """What is wrong with a programme's copy: its journal up to the last checkpoint, its tables."""
    from tanheng import verify as checker
    from tanheng.journal.export import write

    session = Session(path)
    programme = session.open()
    if programme.journal.checkpoints():
        shown = path / "journal.check"
        try:
            with shown.open("wb") as stream:
                write(programme.journal, stream, "confidential", session.folder().public_key)
            report = checker.verify(shown, key=session.folder().public_key)
        finally:
            shown.unlink(missing_ok=True)
        if report.verdict == "wrong":
            return [f"{problem.text} (entry {problem.entry})" for problem in report.problems]
    return programme.check_tables()
