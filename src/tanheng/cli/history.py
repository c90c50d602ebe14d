"""``tanheng programme entry`` and ``history``: what the journal says, entry by entry."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, wrong
from tanheng.cli.registry_show import SinceOption, UntilOption
from tanheng.cli.session import DirArgument, Session, instant_of

AboutOption = Annotated[
    str,
    typer.Option(
        "--about", help="account:ID, kind:ID, entity:HOLDER or act:ACT; else all. 按对象。"
    ),
]
SUBJECTS = ("account", "kind", "entity", "act")


def entry(
    path: DirArgument, seq: Annotated[int, typer.Argument(metavar="ENTRY", help="Number. 记录号。")],
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """One entry of the journal: header, and the body of every part. 查看一条记录。"""
    from tanheng.cli.emit import print_json

    programme = Session(path).open()
    found = programme.journal.entry(seq) if 0 <= seq < 1 << 62 else None
    if found is None:
        wrong("ENTRY", f"{seq}: the journal has entries 0 to {programme.journal.size - 1}")
    shown = {
        "seq": found.seq, "hash": found.hash.hex(), "header": json.loads(found.header),
        "parts": {part.audience: json.loads(part.body) for part in found.parts},
    }  # fmt: skip
    if as_json:
        print_json(shown)
    else:
        print(json.dumps(shown, ensure_ascii=False, indent=2))


def history(
    path: DirArgument, about: AboutOption = "", since: SinceOption = "", until: UntilOption = "",
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Entries about an account, a kind, a holder or an act. 查询历史。"""
    from tanheng.cli import ledger, words
    from tanheng.registry.questions import END

    kind, _, name = about.partition(":")
    if about and (kind not in SUBJECTS or not name):
        wrong("--about", f"{about!r}: write account:ID, kind:ID, entity:HOLDER or act:ACT")
    session = Session(path, as_json=as_json, lang=lang)
    programme = session.open()
    found = programme.journal.history(
        about or None, instant_of("--since", since), instant_of("--until", until) or END
    )
    rows = [(str(entry.seq), entry.at, entry.act) for entry in found]
    heads = ("seq", "at", "act")
    if as_json:
        ledger.records(heads, [(int(seq), at, act) for seq, at, act in rows])
        return
    shown = [
        (seq, at[:19].replace("T", " "), words.word(act, session.spoken)) for seq, at, act in rows
    ]
    ledger.table(heads, shown, session.spoken)


def add_to(app: typer.Typer) -> None:
    """Register the questions beside the commands."""
    for question in (entry, history):
        app.command()(question)
