"""``tanheng simulate play``: a written year on a virtual clock, with its results."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tanheng.cli.options import LangOption, language, wrong

if TYPE_CHECKING:
    from tanheng.errors import Language
    from tanheng.programme.programme import Programme

PROGRAMME, WORKBOOK, JOURNAL = "programme", "outcomes.xlsx", "public.journal"


def play(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="With play.yaml. 剧本目录。")],
    out: Annotated[Path, typer.Option("--out", help="New folder. 输出目录。")],
    variant: Annotated[
        str, typer.Option("--variant", help="Other rules, same acts. 另一规则。")
    ] = "",
    lang: LangOption = None,
) -> None:
    """A written compliance year on a virtual clock: programme, workbook, public journal. 履约年度回放。"""
    if not (folder / "play.yaml").is_file():
        wrong("FOLDER", f"{folder} has no play.yaml")
    if out.exists() and any(out.iterdir()):
        wrong("--out", f"{out} is not empty; give a new folder")
    played(folder, out, variant, language(lang))


def played(folder: Path, out: Path, variant: str, spoken: Language) -> Programme:
    """Play, and write the results; returns the programme as it ended."""
    from tanheng.cli import compliance_show
    from tanheng.cli.session import Session
    from tanheng.journal.export import write
    from tanheng.simulate.play import Player, read_play

    script = read_play(folder, variant)
    print(script.title[spoken])
    print(script.note[spoken])
    print()
    player = Player(script, out / PROGRAMME, secrets.token_bytes, spoken, print)
    player.run()
    programme = player.programme
    programme.checkpoint()
    print()
    years = programme.state.compliance.content
    year = max([*years.closed, *years.years], default=0) if not years.closed else max(years.closed)
    compliance_show.status(Session(out / PROGRAMME, lang=spoken), year, out / WORKBOOK)
    with (out / JOURNAL).open("wb") as stream:
        write(programme.journal, stream, "public", programme.state.people.key)
    print(out / JOURNAL)
    return programme


def compare(one: Path, other: Path, year: int, spoken: Language) -> None:
    """The outcome of each entity under two packs, side by side; entities with the same are left out."""
    from tanheng.cli import ledger

    sql = "SELECT entity, status, shortfall, deducted, from_next_year, fine_fen FROM outcomes WHERE year = ?"
    found: list[dict[str, tuple[object, ...]]] = []
    for place in (one, other):
        with sqlite3.connect(place / PROGRAMME / "journal.db") as store:
            found.append({row[0]: row[1:] for row in store.execute(sql, (year,))})
    rows = []
    for entity, a in found[0].items():
        b = found[1].get(entity, (None,) * 5)
        if a != b:
            rows.append((entity, *_line(a), *_line(b)))
    heads = ("entity", "deducted", "from_next_year", "fine", "deducted", "from_next_year", "fine")
    ledger.table(heads, rows, spoken)


def _line(row: tuple[object, ...]) -> tuple[int | None, int | None, str | None]:
    _, _, deducted, following, fine = row
    money = None if fine is None else f"{int(str(fine)) / 100:,.2f}"
    return (
        None if deducted is None else int(str(deducted)),
        None if following is None else int(str(following)),
        money,
    )
