"""``tanheng registry …``: what it is asked: accounts, statements, where units are, what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tanheng.cli.options import JsonOption, LangOption, wrong
from tanheng.cli.session import DirArgument, NowOption, Session, instant_of

SinceOption = Annotated[
    str, typer.Option("--since", help="2016, 2016-03, 2016-03-31 or an instant. 自（含）。")
]
UntilOption = Annotated[str, typer.Option("--until", help="Up to but not including. 至（不含）。")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account. 账户。")]
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="Unit kind. 单位种类。")]


def show_rows(
    session: Session, heads: tuple[str, ...], sql: str, spoken: tuple[str, ...] = (),
    params: tuple[object, ...] = (), shown: Mapping[str, Callable[[str], str]] | None = None,
) -> None:  # fmt: skip
    """Rows of the programme's tables.

    ``spoken``: columns whose cells are words or instants; ``shown``: how others are for people.
    """
    from tanheng.cli import ledger, words

    rows: list[tuple[Any, ...]] = session.read().store.query(sql, params)
    if session.as_json:
        ledger.records(heads, rows)
        return
    language = session.spoken
    ways: dict[str, Callable[[str], str]] = {
        **dict.fromkeys(spoken, lambda cell: words.short(words.word(cell, language))),
        "seq": str,
        **(shown or {}),
    }
    ledger.table(
        tuple("at (UTC)" if name == "at" else name for name in heads),
        [
            tuple(
                ways[name](cell) if name in ways else cell
                for name, cell in zip(heads, row, strict=True)
            )
            for row in rows
        ],
        language,
    )


def accounts(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """All accounts with what is in them; with nothing restricted or frozen, no such column. 账户一览。"""
    from tanheng.cli import ledger, words

    heads = ("account", "type", "holder", "status", "kind", "total", "free", "held", "restricted", "frozen")  # fmt: skip
    session = Session(path, now=now, as_json=as_json, lang=lang)
    programme = session.read()
    rows: list[tuple[Any, ...]] = programme.store.query(
        "SELECT a.account, a.type, a.holder, a.status, h.kind, h.total, "
        "h.total - h.held - h.restricted - h.frozen, h.held, h.restricted, h.frozen "
        "FROM accounts a LEFT JOIN holdings h ON h.account = a.account AND h.total > 0 "
        "ORDER BY a.account, h.kind"
    )
    if as_json:
        ledger.records(heads, rows)
        return
    money = ledger.money_of(programme.pack)
    rows = [
        (*row[:5], *(ledger.units(row[4], cell, money) for cell in row[5:7]),
         *(ledger.units(row[4], cell, money) if cell else cell for cell in row[7:]))
        for row in rows
    ]  # fmt: skip
    said = [
        (row[0] if row[3] == "open" else f"{row[0]} ({words.word(row[3], session.spoken)})",
         *row[1:3], *row[4:])
        for row in rows
    ]  # fmt: skip
    kept = [n for n in range(9) if n < 7 or any(row[n] for row in said)]
    names = heads[:3] + heads[4:]
    ledger.table([names[n] for n in kept], [[row[n] for n in kept] for row in said], session.spoken)


def totals(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Units by kind since ever: issued = circulating + surrendered + cancelled. 总量。"""
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang),
        ("kind", "issued", "circulating", "surrendered", "cancelled"),
        "SELECT kind, issued, issued - surrendered - cancelled, surrendered, cancelled "
        "FROM totals ORDER BY kind",
    )


def pending(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """What waits for a second person, or for its instant, and what it would do. 待办。"""
    from tanheng.cli import ledger, words

    session = Session(path, now=now, as_json=as_json, lang=lang)
    waiting = session.read().state.registry.content.pending.values()
    if as_json:
        heads = ("pending", "act", "account", "initiator", "approver", "expires", "due", "command")
        ledger.records(heads, [
            (p.id, p.act, p.account, p.initiator, p.approver, p.expires, p.due, p.command)
            for p in waiting
        ])  # fmt: skip
        return
    language = session.spoken
    ledger.table(
        ("pending", "act", "what", "by", "when"),
        [
            (
                p.id, words.word(p.act, language), words.brief(p.command, language),
                ", ".join(filter(None, (p.initiator, p.approver))),
                words.say("due" if p.due else "by", language, at=words.short(p.due or p.expires)),
            )
            for p in waiting
        ],
        language,
    )  # fmt: skip


def holds(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Reserved units. 占用一览。"""
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang),
        ("hold", "account", "kind", "amount", "reason", "until", "beneficiary", "pending"),
        "SELECT hold, account, kind, amount, reason, until, beneficiary, pending FROM holds "
        "ORDER BY hold", ("reason", "until"),
    )  # fmt: skip


def alarms(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Alarms, newest first. 警报。"""
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang),
        ("seq", "at", "account", "alarm", "kind", "amount"),
        "SELECT seq, at, subject, how, kind, amount FROM notices WHERE event = 'alarm' "
        "ORDER BY seq DESC, n", ("at", "alarm"),
    )  # fmt: skip


def notices(
    path: DirArgument, since: SinceOption = "", now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """What ended and how, newest first: what waited, holds, checks; also alarms, imports. 通知。"""
    from tanheng.cli import words

    spoken = Session(path, lang=lang).spoken
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang),
        ("seq", "at", "event", "subject", "how", "kind", "amount", "reason"),
        "SELECT seq, at, event, subject, how, kind, amount, reason FROM notices WHERE at >= ? "
        "ORDER BY seq DESC, n", ("at", "how"), (instant_of("--since", since),),
        {"event": lambda name: words.event(name, spoken)},
    )  # fmt: skip


def statement(
    path: DirArgument, account: AccountArgument, since: SinceOption = "", until: UntilOption = "",
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """An account between two instants, naming blocks. 对账单。"""
    from tanheng.cli import ledger
    from tanheng.errors import Refusal
    from tanheng.registry import questions

    session = Session(path, now=now, as_json=as_json, lang=lang)
    start = instant_of("--since", since)
    end = instant_of("--until", until) or questions.END
    programme = session.read()
    if account not in programme.state.registry.content.accounts:
        session.refused(Refusal("account_unknown", {"account": account}))
    found = questions.statement(programme.store, account, start, end)
    money = ledger.money_of(programme.pack)
    ledger.print_statement(found, session.spoken, money, as_json=as_json)


def where(
    path: DirArgument, kind: KindArgument,
    block: Annotated[
        str, typer.Argument(metavar="BLOCK", help="Serial, or FIRST-LAST. 序号或号段。")
    ],
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Where units are and how they got there. 单位去向与来历。"""
    from tanheng.cli import ledger
    from tanheng.errors import Refusal
    from tanheng.registry import questions

    session = Session(path, now=now, as_json=as_json, lang=lang)
    low, sign, high = block.partition("-")
    if (
        not low.isdecimal()
        or (sign and not high.isdecimal())
        or not 0 < int(low) <= int(high or low)
    ):
        wrong("BLOCK", f"{block!r}: write a serial from 1 up, or FIRST-LAST such as 1-100")
    programme = session.read()
    if kind not in programme.pack.kinds:
        known = ", ".join(programme.pack.kinds)
        session.refused(Refusal("kind_unknown", {"kind": kind, "known": known}))
    if not programme.pack.kinds[kind].serialised:
        wrong("KIND", f"{kind} has no serial numbers; ask for a statement or for holdings")
    found = questions.where(programme.store, kind, int(low), int(high or low))
    totals = programme.state.registry.content.totals.get(kind)
    issued = totals.issued if totals else 0
    ledger.print_provenance(found, kind, issued, session.spoken, as_json=as_json)


def holdings(
    path: DirArgument,
    at: Annotated[str, typer.Option("--at", help="Just before this day or instant. 时点。")] = "",
    by_type: Annotated[bool, typer.Option("--by-type", help="Add up by account type. 按类型。")] = False,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Units at any past instant. 任一时点的持有量。"""
    from tanheng.cli import ledger
    from tanheng.registry import questions

    session = Session(path, now=now, as_json=as_json, lang=lang)
    before = instant_of("--at", at) or questions.END
    programme = session.read()
    heads: tuple[str, ...] = ("account", "type", "holder", "kind", "total")
    rows: list[tuple[str | int, ...]] = list(questions.holdings(programme.store, before))
    if by_type:
        heads = ("kind", "type", "total")
        summed = questions.holdings_by_type(programme.store, before)
        rows = [(*key, total) for key, total in sorted(summed.items())]
    if as_json:
        ledger.records(heads, rows)
    else:
        ledger.table(heads, rows, session.spoken)


def export(
    path: DirArgument,
    out: Annotated[Path, typer.Option("--out", help="FILE.csv or FILE.parquet. 输出文件。")],
    since: SinceOption = "", until: UntilOption = "",
    audience: Annotated[
        str, typer.Option("--audience", help="public (acts the pack publishes) | all. 读者。")
    ] = "public",
    now: NowOption = None,
) -> None:  # fmt: skip
    """All postings as a table with the columns of the EU Transaction Log. 导出交易表。"""
    from pyarrow import csv, parquet

    from tanheng.cli.options import one_of, whole
    from tanheng.registry import export as tables
    from tanheng.registry import questions

    kind = one_of("--out", out.suffix, (".csv", ".parquet"))
    public = one_of("--audience", audience, ("public", "all")) == "public"
    start, end = instant_of("--since", since), instant_of("--until", until) or questions.END
    programme = Session(path, now=now).read()
    acts = programme.pack.controls.public_acts.value if public else None
    found = tables.transactions(programme.store, programme.journal.programme, start, end, acts)
    with whole(out) as part:
        if kind == ".csv":
            csv.write_csv(found, part)
        else:
            parquet.write_table(found, part)
    print(out)


def add_to(app: typer.Typer) -> None:
    """Register the questions beside the commands."""
    for question in (
        accounts,
        totals,
        pending,
        holds,
        alarms,
        notices,
        statement,
        where,
        holdings,
        export,
    ):
        app.command()(question)
