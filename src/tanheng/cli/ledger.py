"""What a person or a machine reads of a programme: outcomes, statements, tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.table import Table

from tanheng.cli.output import print_json
from tanheng.programme.programme import Outcome, Preview
from tanheng.registry.model import Posting

if TYPE_CHECKING:
    from tanheng.errors import Language, Refusal
    from tanheng.programme.programme import Programme
    from tanheng.registry.questions import Move, Provenance, Statement

_TEXT = {
    "recorded": ("Entry {seq} · {act} · {at}", "第 {seq} 条记录 · {act} · {at}"),
    "repeated": (
        "This command was accepted before, as entry {seq}; nothing was done again.",
        "该命令此前已受理（第 {seq} 条记录），未重复执行。",
    ),
    "preview": (
        "Preview; nothing was recorded. Pin it with --preview {digest}",
        "仅为预览，未作记录。可用 --preview {digest} 锁定",
    ),
    "nothing": ("No units would move now.", "目前不发生单位转移。"),
    "waiting": (
        "Waits for a second person until {at}: tanheng registry approve DIR {pending} --as PERSON",
        "等待第二人在 {at} 前批准：tanheng registry approve 目录 {pending} --as 操作人",
    ),
    "scheduled": ("Will be carried out at {at} ({pending})", "将于 {at} 执行（{pending}）"),
    "none": ("None.", "无。"),
}
_HEADS = {
    "account": "账户", "type": "类型", "holder": "持有人", "status": "状态", "kind": "单位种类",
    "total": "总量", "free": "可用", "held": "占用", "restricted": "限用", "frozen": "冻结",
    "op": "操作", "from": "转出", "to": "转入", "block": "号段", "amount": "数量",
    "seq": "记录", "at": "时刻", "act": "行为", "balance": "余额", "pending": "待办", "opening": "期初",
    "closing": "期末", "initiator": "发起人", "approver": "批准人", "until": "至", "hold": "占用号",
    "reason": "原因", "alarm": "警报", "name": "名称", "roles": "角色", "key": "公钥", "person": "人员",
    "representatives": "代表", "trusted": "信任名单", "restriction": "限用年度", "issued": "发放",
    "circulating": "流通", "surrendered": "已清缴", "cancelled": "已注销", "beneficiary": "受益人",
    "event": "事件", "subject": "对象", "how": "结果",
}  # fmt: skip


def say(name: str, language: Language, **values: object) -> str:
    """A sentence of this module."""
    return _TEXT[name][language == "zh"].format(**values)


def table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], language: Language, title: str = ""
) -> None:
    """A table on the terminal; numbers to the right, empty ones as a dash."""
    console = _console()
    if title:
        console.print(title, markup=False, highlight=False)
    if not rows:
        console.print(say("none", language))
        return
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for n, head in enumerate(heads):
        numeric = all(isinstance(row[n], int | None) for row in rows)
        label = _HEADS.get(head, head) if language == "zh" else head
        grid.add_column(label, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(
            "—" if cell is None or cell == "" else f"{cell:,}" if isinstance(cell, int) else str(cell)
            for cell in row
        ))  # fmt: skip
    console.print(grid, markup=False, highlight=False)


def records(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The same rows as JSON: a list of objects."""
    print_json([dict(zip(heads, row, strict=True)) for row in rows])


def _console() -> Console:
    """As wide as the terminal; wide enough for whole rows where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _block(first: int | None, last: int | None) -> str:
    return "" if first is None else str(first) if first == last else f"{first}–{last}"


def _effect(postings: Sequence[Posting], language: Language) -> None:
    rows = []
    for posting in postings:
        op, kind, source, target, *tail = posting
        first, last = tail if len(tail) == 2 else (None, None)
        amount = last - first + 1 if first is not None else tail[0]
        rows.append((op, kind, source, target, _block(first, last), amount))
    table(("op", "kind", "from", "to", "block", "amount"), rows, language)


def print_answer(answer: Outcome | Preview, programme: Programme, language: Language) -> None:
    """What a command did, or would do."""
    console = _console()
    if isinstance(answer, Preview):
        console.print(say("preview", language, digest=answer.digest), highlight=False)
        if answer.effect:
            _effect(answer.effect, language)
        else:
            console.print(say("nothing", language))
        return
    line = say("recorded", language, seq=answer.seq, act=answer.act, at=answer.at)
    console.print(line, highlight=False, markup=False)
    if answer.repeated:
        console.print(say("repeated", language, seq=answer.seq), highlight=False)
    for event in answer.events:
        raw = msgspec.to_builtins(event)
        if raw.get("due"):
            line = say("scheduled", language, at=raw["due"], pending=raw["pending"])
            console.print(line, highlight=False, markup=False)
        elif raw.get("expires"):
            line = say("waiting", language, at=raw["expires"], pending=raw["pending"])
            console.print(line, highlight=False, markup=False)
        elif "postings" not in raw and raw["event"].split("/")[0] not in ("settled", "hold_ended"):
            name = raw.pop("event").split("/")[0]
            details = ", ".join(f"{k} {v}" for k, v in raw.items() if v not in ("", None))
            console.print(f"{name}: {details}", highlight=False, markup=False)
    if answer.postings:
        _effect(answer.postings, language)


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


def _moves(moves: Sequence[Move]) -> list[tuple[object, ...]]:
    return [
        (str(m.seq), m.at[:16].replace("T", " "), m.act, m.kind, m.source, m.target,
         _block(m.first, m.last), m.amount)
        for m in moves
    ]  # fmt: skip


_MOVE_HEADS = ("seq", "at", "act", "kind", "from", "to", "block", "amount")


def print_statement(found: Statement, language: Language, *, as_json: bool) -> None:
    """An account's statement."""
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    kinds = sorted({*found.opening, *found.closing})
    rows = [(kind, found.opening.get(kind, 0), found.closing.get(kind, 0)) for kind in kinds]
    table(("kind", "opening", "closing"), rows, language, f"{found.account}")
    print()
    table(_MOVE_HEADS, _moves(found.moves), language)


def print_provenance(found: Provenance, language: Language, *, as_json: bool) -> None:
    """Where units are and how they got there."""
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    rows = [
        (_block(p.first, p.last), p.last - p.first + 1, p.account, p.restriction or "",
         "yes" if p.frozen else "")
        for p in found.places
    ]  # fmt: skip
    table(("block", "amount", "account", "restriction", "frozen"), rows, language)
    print()
    table(_MOVE_HEADS, _moves(found.moves), language)
