"""``tanheng market …``: the end of the day: who owes what, the bank's file, surveillance."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tanheng.cli.market_show import DayOption, FromOption, ToOption, day_of, many, plain
from tanheng.cli.options import JsonOption, LangOption, split, whole, wrong
from tanheng.cli.session import DirArgument, NowOption, Session
from tanheng.cli.words import yuan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tanheng.market.banking import DayLine


def settlement(
    path: DirArgument, day: DayOption,
    out: Annotated[
        Path | None, typer.Option("--out", help="FILE.csv: each account's money. 资金文件。")
    ] = None,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """The end of a day: who bought and sold what, money, fees, and what is not delivered yet. 日终结算。"""
    from dataclasses import astuple

    from tanheng.cli import ledger
    from tanheng.market.banking import money_agrees, statements

    session = Session(path, now=now, as_json=as_json, lang=lang)
    programme = session.read()
    if programme.pack.market is None:
        wrong("DIR", f"pack {programme.pack.id} has no market")
    lines = statements(programme.store, day_of("--day", day))
    heads = ("account", "instrument", "bought", "sold", "paid", "received", "fees", "not delivered")
    rows: list[tuple[Any, ...]] = [astuple(line) for line in lines]
    if out is not None:
        _money_file(lines, day, out)
        return
    came, held = money_agrees(programme.store, programme.pack.market.money)
    if as_json:
        ledger.records(tuple(name.replace(" ", "_") for name in heads), rows)
        return
    ledger.table(
        heads, [(*row[:4], *map(yuan, row[4:7]), row[7] or None) for row in rows], session.spoken
    )
    zh = session.spoken == "zh"
    agrees = came == held
    said = (
        f"银行净入金 {yuan(came)}，登记系统资金余额 {yuan(held)}："
        + ("一致" if agrees else f"相差 {yuan(held - came)}，系在市场之外发放或注销")
        if zh
        else f"The bank brought {yuan(came)}, the registry holds {yuan(held)}: "
        + ("they agree" if agrees else f"{yuan(held - came)} apart, issued or cancelled elsewhere")
    )
    print(said)


def _money_file(lines: Sequence[DayLine], day: str, out: Path) -> None:
    """What each account paid and got in trades on a day: what a bank is told."""
    import csv

    sums: dict[str, list[int]] = {}
    for line in lines:
        row = sums.setdefault(line.account, [0, 0, 0])
        for n, fen in enumerate((line.paid_fen, line.received_fen, line.fees_fen)):
            row[n] += fen
    with whole(out) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("day", "account", "paid", "received", "of it fees", "net"))
        for account, (paid, got, fees) in sums.items():
            cells = map(plain, (paid, got, fees, got - paid))
            writer.writerow((day, account, *cells))
    print(out)


def reconcile(
    path: DirArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="List “bank”. 银行流水表。")],
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Compare the bank's file with what is booked: reference, account, amount. 银行对账。"""
    from tanheng.cli.emit import print_json
    from tanheng.cli.output import finding_json
    from tanheng.engines.lists import read_list
    from tanheng.market.banking import booked
    from tanheng.market.banking import reconcile as compare

    if not file.is_file():
        wrong("FILE", f"{file} is not there")
    session = Session(path, now=now, as_json=as_json, lang=lang)
    spoken, found = session.spoken, read_list(file, "bank")
    findings, lines = list(found.findings), []
    if found.rows:
        from decimal import Decimal

        lines = [(r[0], r[1], int(Decimal(r[2]).scaleb(2)), r[3]) for r in found.rows]
        findings += compare(lines, booked(session.read().store))
    if as_json:
        print_json({"findings": [finding_json(one, spoken) for one in findings],
                    "lines": len(lines)})  # fmt: skip
    else:
        for one in findings:
            print(f"{file.name}:{one.place()}  {one.message(spoken)}", file=sys.stderr)
        print(f"{len(lines)} 行，{len(findings)} 项不符" if spoken == "zh"
              else f"{many(len(lines), 'line')}, {many(len(findings), 'finding')}")  # fmt: skip
    if findings:
        raise typer.Exit(1)


def surveil(
    path: DirArgument, first: FromOption = "", last: ToOption = "",
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="HOLDER=GROUP, one beneficial owner. 实际控制人。"),
    ] = None,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Alerts over a span of days, each with the entries behind it. 监控预警。"""
    from dataclasses import asdict

    from tanheng.cli.emit import print_json
    from tanheng.market.surveying import surveil as look
    from tanheng.market.watch import sentence

    session = Session(path, now=now, as_json=as_json, lang=lang)
    programme = session.read()
    if programme.pack.market is None:
        wrong("DIR", f"pack {programme.pack.id} has no market")
    until = day_of("--to", last) if last else programme.journal.last_at[:10]
    groups = dict(_pair("--group", text) for text in split(group))
    since = day_of("--from", first) if first else "0001-01-01"
    found = look(programme.store, programme.pack, since, until, groups)
    zh = session.spoken == "zh"
    if as_json:
        print_json({
            "alerts": [asdict(alert) for alert in found.alerts],
            "not_run": [{"alert": one.kind, "missing": list(one.missing)} for one in found.not_run],
        })  # fmt: skip
        return
    for alert in found.alerts:
        print(sentence(alert, session.spoken))
    print(f"{len(found.alerts)} 项预警" if zh else many(len(found.alerts), "alert"))
    for one in found.not_run:
        names = ", ".join(one.missing)
        print(f"未运行 {one.kind}：规则包缺少 {names}" if zh
              else f"not run: {one.kind}; the pack lacks {names}")  # fmt: skip


def _pair(option: str, text: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not (sign and left and right):
        wrong(option, f"{text!r}: write HOLDER=GROUP")
    return left, right


def add_to(app: typer.Typer) -> None:
    """Register the questions beside the commands."""
    for question in (settlement, reconcile, surveil):
        app.command()(question)
