"""What a person or a machine reads of a programme: outcomes, statements, tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.table import Table

from tanheng.cli.emit import print_json
from tanheng.cli.words import ROWS, brief, happened, head, run, say, short, word, yuan
from tanheng.programme.programme import Outcome, Preview
from tanheng.registry.model import Posting, instant, moment
from tanheng.rules.coverage import coverage

if TYPE_CHECKING:
    from tanheng.errors import Language, Refusal
    from tanheng.programme.programme import Programme
    from tanheng.registry.questions import Move, Provenance, Statement
    from tanheng.rules import Pack

Cell = str | int | None


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], language: Language, title: str = ""
) -> None:
    """A table on the terminal; numbers to the right and never broken, empty cells as a dash."""
    console = _console()
    if title:
        console.print(title, markup=False, highlight=False)
    if not rows:
        console.print(say("none", language))
        return
    grid = _grid(heads, rows, language, gap=2)
    wanted = console.measure(grid, options=console.options.update(max_width=1000)).maximum
    if wanted > console.width:
        grid = _grid(heads, rows, language, gap=1)
    with console.capture() as capture:
        console.print(grid, markup=False, highlight=False)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _grid(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], language: Language, gap: int
) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for n, name in enumerate(heads):
        cells = [cell for row in rows if (cell := row[n]) is not None]
        numeric = all(isinstance(cell, int) or _SIGNED.fullmatch(cell) for cell in cells)
        whole = numeric or all(_WHOLE.fullmatch(str(cell)) for cell in cells)
        grid.add_column(
            head(name, language), justify="right" if numeric else "left", overflow="fold",
            no_wrap=whole,
        )  # fmt: skip
    for row in rows:
        grid.add_row(*map(_cell, row))
    return grid


_SIGNED = re.compile(r"[+−][\d,]+(\.\d\d)?|[\d,]+\.\d\d")
_WHOLE = re.compile(r"[\d, :–.Z-]*|[A-Z]\d+(\.\d+)?")


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "—"
    return f"{cell:,}" if isinstance(cell, int) else cell


def records(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The same rows as JSON: a list of objects."""
    print_json([dict(zip(heads, row, strict=True)) for row in rows])


def _console() -> Console:
    """As wide as the terminal; wide enough for whole rows where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def money_of(pack: Pack) -> frozenset[str]:
    """The kinds whose amounts are in the hundredth of the currency."""
    return frozenset(kind.id for kind in pack.kinds.values() if kind.type == "money")


def units(kind: object, amount: object, money: Collection[str]) -> Cell:
    """An amount for people: money in the currency's unit."""
    return yuan(amount) if kind in money and amount is not None else amount  # type: ignore[return-value]


def _effect(postings: Sequence[Posting], language: Language, money: Collection[str]) -> None:
    rows: list[tuple[Cell, ...]] = []
    for posting in postings:
        op, kind, source, target, *tail = posting
        first, last = tail if len(tail) == 2 else (None, None)
        amount = last - first + 1 if first is not None else tail[0]
        shown = units(kind, amount, money)
        rows.append((word(op, language), kind, source, target, run(first, last), shown))
    table(("op", "kind", "from", "to", "block", "amount"), rows, language)


def print_answer(
    answer: Outcome | Preview, programme: Programme, path: Path, language: Language
) -> None:
    """What a command did, or would do."""
    money = money_of(programme.pack)
    if isinstance(answer, Preview):
        print(say("preview", language, digest=answer.digest))
        would = [msgspec.to_builtins(event) for event in answer.would]
        for raw in would:
            if str(raw["event"]).split("/")[0] not in _UNSAID:
                print(happened(raw, language, money))
        many = _having_rows(would)
        for raw in many:
            _many(raw, language)
        if _by_law(many):
            print(known(programme.pack, language))
        elif answer.effect:
            print(say("effect", language))
            _effect(answer.effect, language, money)
        elif not would:
            print(say("nothing", language))
        return
    act = word(answer.act, language)
    print(say("recorded", language, seq=answer.seq, act=act, at=short(answer.at)))
    if answer.repeated:
        print(say("repeated", language, seq=answer.seq))
    raws = [msgspec.to_builtins(event) for event in answer.events]
    names = {str(raw["event"]).split("/")[0] for raw in raws}
    for raw in sorted(raws, key=lambda raw: raw["event"] == "proposed/1"):
        for line in _lines(raw, names, programme, path, language):
            print(line)
    many = _having_rows(raws)
    for raw in many:
        _many(raw, language)
    if _by_law(many):
        print(known(programme.pack, language))
    elif answer.postings:
        _effect(answer.postings, language, money)


def known(pack: Pack, language: Language) -> str:
    """What is known of the rules behind a result: a line for under every output that rests on them."""
    return say("known", language, pack=pack.id, **coverage(pack)._asdict())


def _having_rows(raws: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [raw for raw in raws if str(raw["event"]).split("/")[0] in ROWS or "heads" in raw]


def _by_law(many: Sequence[dict[str, Any]]) -> bool:
    """Whether rows rest on rules whose standing is to be told, and are no trades."""
    return any(str(raw["event"]).split("/")[0] not in ("traded", "day_closed") for raw in many)


_UNSAID = ("posted", "pinned", "matched")
"""Events whose content is told otherwise."""
_MANY = 20
"""Rows of one event that are shown."""


def _many(raw: dict[str, Any], language: Language) -> None:
    """The first rows of an event that has many, and their number."""
    heads = raw.get("heads") or ROWS[str(raw["event"]).split("/")[0]]
    rows = [
        tuple(" ".join(cell) if isinstance(cell, tuple | list) else cell for cell in row)
        for row in raw["rows"]
    ]
    shown = [
        tuple(
            str(cell) if head == "since" else yuan(cell) if head.endswith("_fen") else _plain(cell)
            for head, cell in zip(heads, row, strict=True)
        )
        for row in rows[:_MANY]
    ]
    table(heads, shown, language)
    if len(rows) > _MANY:
        print(f"… +{len(rows) - _MANY:,}")


def _plain(cell: object) -> Cell:
    return ("yes" if cell else "") if isinstance(cell, bool) else cell  # type: ignore[return-value]


def _lines(
    raw: dict[str, Any], names: set[str], programme: Programme, path: Path, language: Language
) -> list[str]:
    """What is said about an event of an entry that has events of these names."""
    money = money_of(programme.pack)
    name = str(raw["event"]).split("/")[0]
    if name in _UNSAID or (name == "settled" and raw["how"] == "done"):
        return []
    if name == "hold_ended" and "settled" in names and raw["how"] in ("used", "released"):
        return []
    if name == "hold_placed" and raw.get("pending"):
        what = brief({k: raw[k] for k in ("amount", "kind", "account")}, language, money)
        return [say("held", language, what=what)]
    if name == "proposed":
        return _waiting(raw, raw, programme, path, language)
    if name == "scheduled":
        found = programme.state.registry.content.pending.get(raw["pending"])
        about = {"act": found.act, "command": found.command} if found else {}
        return _waiting(about, raw, programme, path, language)
    return [happened(raw, language, money)]


def _waiting(
    about: dict[str, Any], raw: dict[str, Any], programme: Programme, path: Path, language: Language
) -> list[str]:
    """What waits (``about``: its act and command), until when or for what, and what to type."""
    said = []
    name, hours = raw["pending"], programme.pack.hours
    if about:
        money = money_of(programme.pack)
        act, what = word(about["act"], language), brief(about["command"], language, money)
        said.append(say("pending", language, pending=name, act=act, what=what))
    if raw.get("expires"):
        at = local(raw["expires"], programme)
        said.append(say("waiting", language, at=at, pending=name, path=path))
    if raw.get("due"):
        until = local(instant(hours.abort_until(moment(raw["due"]))), programme)
        at = local(raw["due"], programme)
        said.append(say("scheduled", language, at=at, until=until, pending=name, path=path))
    return said


def local(at: str, programme: Programme) -> str:
    """An instant for people: UTC, and on the clocks of the pack's zone."""
    there = programme.pack.hours.local(moment(at))
    return f"{short(at)} ({there:%m-%d %H:%M} {programme.pack.timezone})"


def print_answer_json(answer: Outcome | Preview, name: str) -> None:
    """The same for a machine."""
    if isinstance(answer, Preview):
        print_json({
            "preview": answer.digest, "seq": answer.seq, "effect": [list(p) for p in answer.effect],
        })  # fmt: skip
        return
    print_json({
        "seq": answer.seq, "at": answer.at, "act": answer.act, "id": name,
        "repeated": answer.repeated,
        "events": [msgspec.to_builtins(event) for event in answer.events],
    })  # fmt: skip


def print_refusal(refusal: Refusal, language: Language, *, as_json: bool) -> None:
    """Why a command was refused."""
    if as_json:
        print_json({
            "refused": refusal.code, "details": dict(refusal.details),
            "message": refusal.message(language),
        })  # fmt: skip
    else:
        print(refusal.message(language), file=sys.stderr)


def _moves(moves: Sequence[Move], language: Language) -> list[tuple[Cell, ...]]:
    return [
        (str(m.seq), _minute(m.at), word(m.act, language), m.source, m.target,
         run(m.first, m.last), m.amount)
        for m in moves
    ]  # fmt: skip


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def print_statement(
    found: Statement, language: Language, money: Collection[str] = (), *, as_json: bool
) -> None:
    """An account's statement: what came in (+) and went out (−), and what was left."""
    if as_json:
        print_json(asdict(found))
        return
    kinds = sorted({*found.opening, *found.closing})
    sums: list[tuple[Cell, ...]] = [
        (
            kind,
            units(kind, found.opening.get(kind, 0), money),
            units(kind, found.closing.get(kind, 0), money),
        )
        for kind in kinds
    ]
    table(("kind", "opening", "closing"), sums, language, found.account)
    print()
    rows: list[tuple[Cell, ...]] = []
    for m in found.moves:
        came = m.target == found.account
        rows.append((
            str(m.seq), _minute(m.at), word(m.act, language), m.kind,
            m.source if came else m.target, run(m.first, m.last),
            f"{'+' if came else '−'}{_said(m.kind, m.amount, money)}",
            units(m.kind, m.target_balance if came else m.source_balance, money),
        ))  # fmt: skip
    heads = ("seq", "at (UTC)", "act", "kind", "other", "block", "amount", "balance")
    table(heads, rows, language)


def _said(kind: str, amount: int, money: Collection[str]) -> str:
    return yuan(amount) if kind in money else f"{amount:,}"


def print_provenance(
    found: Provenance, kind: str, issued: int, language: Language, *, as_json: bool
) -> None:
    """Where units are and how they got there."""
    if as_json:
        print_json(asdict(found))
        return
    if not found.places:
        print(say("not_issued", language, kind=kind, issued=f"{issued:,}"))
        return
    yes = "yes" if language == "en" else "是"
    rows: list[tuple[Cell, ...]] = [
        (run(p.first, p.last), p.last - p.first + 1, p.account, str(p.restriction or ""),
         yes if p.frozen else "")
        for p in found.places
    ]  # fmt: skip
    table(("block", "amount", "account", "restriction", "frozen"), rows, language, kind)
    print()
    heads = ("seq", "at (UTC)", "act", "from", "to", "block", "amount")
    table(heads, _moves(found.moves, language), language)
