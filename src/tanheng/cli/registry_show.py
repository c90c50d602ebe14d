"""``tanheng registry …``: what it is asked: accounts, statements, where units are, what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, wrong
from tanheng.cli.session import DirArgument, Session

SinceOption = Annotated[
    str, typer.Option("--since", help="2016, 2016-03, 2016-03-31 or an instant.")
]
UntilOption = Annotated[str, typer.Option("--until", help="Up to but not including. 至（不含）。")]


def instant_of(option: str, text: str) -> str:
    """The instant at which a day, month or year of UTC begins; an instant as it is."""
    from tanheng.journal import INSTANT
    from tanheng.period import Period

    if not text or INSTANT.fullmatch(text):
        return text
    try:
        return f"{Period.parse(text).start.isoformat()}T00:00:00.000000Z"
    except ValueError as error:
        wrong(option, str(error))


def _rows(
    session: Session, heads: tuple[str, ...], sql: str, params: tuple[object, ...] = ()
) -> None:
    """Rows of the programme's tables."""
    from tanheng.cli import ledger

    programme = session.read()
    rows = programme.store.query(sql, params)
    if session.as_json:
        ledger.records(heads, rows)
    else:
        ledger.table(heads, rows, session.spoken)


def accounts(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """All accounts with what is in them. 账户一览。"""
    heads = ("account", "type", "holder", "status", "kind", "total", "free", "held", "restricted", "frozen")  # fmt: skip
    _rows(
        Session(path, as_json=as_json, lang=lang), heads,
        "SELECT a.account, a.type, a.holder, a.status, h.kind, h.total, "
        "h.total - h.held - h.restricted - h.frozen, h.held, h.restricted, h.frozen "
        "FROM accounts a LEFT JOIN holdings h ON h.account = a.account AND h.total > 0 "
        "ORDER BY a.account, h.kind",
    )  # fmt: skip


def totals(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Units by kind since ever: issued = circulating + surrendered + cancelled. 总量。"""
    _rows(
        Session(path, as_json=as_json, lang=lang),
        ("kind", "issued", "circulating", "surrendered", "cancelled"),
        "SELECT kind, issued, issued - surrendered - cancelled, surrendered, cancelled "
        "FROM totals ORDER BY kind",
    )


def pending(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """What waits for a second person, or for its instant. 待办。"""
    _rows(
        Session(path, as_json=as_json, lang=lang),
        ("pending", "act", "account", "initiator", "approver", "expires", "due"),
        "SELECT pending, act, account, initiator, approver, expires, due FROM pending "
        "ORDER BY pending",
    )


def holds(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Reserved units. 占用一览。"""
    _rows(
        Session(path, as_json=as_json, lang=lang),
        ("hold", "account", "kind", "amount", "reason", "until", "beneficiary", "pending"),
        "SELECT hold, account, kind, amount, reason, until, beneficiary, pending FROM holds "
        "ORDER BY hold",
    )


def alarms(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Alarms, newest first. 警报。"""
    _rows(
        Session(path, as_json=as_json, lang=lang),
        ("seq", "at", "account", "alarm", "kind", "amount"),
        "SELECT seq, at, subject, how, kind, amount FROM notices WHERE event = 'alarm' "
        "ORDER BY seq DESC, n",
    )


def statement(
    path: DirArgument, account: Annotated[str, typer.Argument(help="Account. 账户。")],
    since: SinceOption = "", until: UntilOption = "",
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """An account between two instants, naming blocks. 对账单。"""
    from tanheng.cli import ledger
    from tanheng.errors import Refusal
    from tanheng.registry import questions

    session = Session(path, as_json=as_json, lang=lang)
    programme = session.read()
    if account not in programme.state.registry.content.accounts:
        session.refused(Refusal("account_unknown", {"account": account}))
    end = instant_of("--until", until) or questions.END
    found = questions.statement(programme.store, account, instant_of("--since", since), end)
    ledger.print_statement(found, session.spoken, as_json=as_json)


def where(
    path: DirArgument, kind: Annotated[str, typer.Argument(help="Unit kind. 单位种类。")],
    block: Annotated[str, typer.Argument(help="Serial, or FIRST-LAST. 序号或号段。")],
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Where units are and how they got there. 单位去向与来历。"""
    from tanheng.cli import ledger
    from tanheng.cli.registry import ranges
    from tanheng.errors import Refusal
    from tanheng.registry import questions

    session = Session(path, as_json=as_json, lang=lang)
    ((first, last),) = ranges([block if "-" in block else f"{block}-{block}"])
    programme = session.read()
    if kind not in programme.pack.kinds:
        known = ", ".join(programme.pack.kinds)
        session.refused(Refusal("kind_unknown", {"kind": kind, "known": known}))
    found = questions.where(programme.store, kind, first, last)
    ledger.print_provenance(found, session.spoken, as_json=as_json)


def holdings(
    path: DirArgument,
    at: Annotated[str, typer.Option("--at", help="Just before this day or instant. 时点。")] = "",
    by_type: Annotated[bool, typer.Option("--by-type", help="Add up by account type. 按类型。")] = False,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Units at any past instant. 任一时点的持有量。"""
    from tanheng.cli import ledger
    from tanheng.registry import questions

    session = Session(path, as_json=as_json, lang=lang)
    programme = session.read()
    before = instant_of("--at", at) or questions.END
    heads: tuple[str, ...] = ("account", "type", "holder", "kind", "total")
    rows: list[tuple[object, ...]] = list(questions.holdings(programme.store, before))
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
) -> None:  # fmt: skip
    """All postings as a table with the columns of the EU Transaction Log. 导出交易表。"""
    from pyarrow import csv, parquet

    from tanheng.cli.options import one_of
    from tanheng.registry import export as tables
    from tanheng.registry import questions

    kind = one_of("--out", out.suffix, (".csv", ".parquet"))
    public = one_of("--audience", audience, ("public", "all")) == "public"
    programme = Session(path).open()
    acts = programme.pack.controls.public_acts.value if public else None
    end = instant_of("--until", until) or questions.END
    found = tables.transactions(
        programme.store, programme.journal.programme, instant_of("--since", since), end, acts
    )
    part = out.with_name(out.name + ".part")
    if kind == ".csv":
        csv.write_csv(found, part)
    else:
        parquet.write_table(found, part)
    part.replace(out)
    print(out)


def add_to(app: typer.Typer) -> None:
    """Register the questions beside the commands."""
    for question in (
        accounts,
        totals,
        pending,
        holds,
        alarms,
        statement,
        where,
        holdings,
        export,
    ):
        app.command()(question)
