"""``tanheng compliance …``: the compliance year of a programme, for the authority."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tanheng.cli.options import JsonOption, LangOption, language, one_of, split, whole, wrong
from tanheng.cli.registry import ReasonOption
from tanheng.cli.session import (
    AsOption,
    DirArgument,
    DryOption,
    IdOption,
    KeyOption,
    NowOption,
    PinOption,
    Session,
    asks,
)  # fmt: skip
from tanheng.compliance import commands as c
from tanheng.compliance.prices import in_fen
from tanheng.programme.signing import AskedFor

app = typer.Typer(no_args_is_help=True, help="The compliance year. 履约年度。")

YearOption = Annotated[int, typer.Option("--year", help="Compliance year. 履约年度。")]
EntityOption = Annotated[
    list[str] | None, typer.Option("--entity", help="Only these; may repeat. 单位。")
]
ListArgument = Annotated[
    str, typer.Argument(metavar="LIST", help="entities | data | emissions | prices. 表。")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Workbook or CSV. 文件。")]
SeriesOption = Annotated[str, typer.Option("--series", help="Name of a price series. 价格序列。")]
_ENTERED = ("entities", "data", "emissions", "prices")


@app.command("template")
def template(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="New workbook. 新工作簿。")],
) -> None:
    """An empty workbook with a sheet for every list. 空白表格。"""
    from tanheng.engines.lists import LISTS
    from tanheng.excel.outcomes import write_empty

    with whole(out) as part:
        write_empty(part, [(name, [(f.name, f.zh) for f in LISTS[name]]) for name in LISTS])
    print(out)


def _read(file: Path, name: str, lang: str | None, as_json: bool) -> tuple[tuple[Any, ...], ...]:
    """The rows of a list; its faults end with exit code 1."""
    from tanheng.cli.emit import print_json
    from tanheng.cli.output import finding_json
    from tanheng.engines.lists import read_list

    if not file.is_file():
        wrong("FILE", f"{file} is not there")
    found, spoken = read_list(file, name), language(lang)
    if found.rows:
        return found.rows
    if as_json:
        print_json({"findings": [finding_json(finding, spoken) for finding in found.findings]})
    else:
        for finding in found.findings:
            print(f"{file.name}:{finding.place()}  {finding.message(spoken)}", file=sys.stderr)
    raise typer.Exit(1)


def _handed_in(session: Session, file: Path) -> str:
    """Keep the file as evidence; returns its digest."""
    from tanheng.errors import Refusal

    item = session.folder().evidence.add(file, confidential=False)
    if isinstance(item, Refusal):
        session.refused(item)
    return item.digest


@app.command("enter")
def enter(
    path: DirArgument, name: ListArgument, file: FileArgument,
    year: Annotated[int | None, typer.Option("--year", help="Of data and emissions. 年度。")] = None,
    series: SeriesOption = "",
    note: Annotated[str, typer.Option("--note", help="Where prices come from. 价格来源。")] = "",
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, dry: DryOption = False,
    pin: PinOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Hand in a list: entities, activity data, emissions or prices. 录入。"""
    session = Session(path, person, key, id_, dry, pin, now, as_json, lang)
    kind = one_of("LIST", name, _ENTERED)
    rows = _read(file, kind, lang, as_json)
    if kind in ("data", "emissions") and year is None:
        wrong("--year", "say the compliance year")
    if kind == "prices" and not (series and note):
        wrong("--series", "prices need --series NAME and --note 'where they come from'")
    digest = _handed_in(session, file)
    command: AskedFor
    if kind == "entities":
        command = c.EnterEntities(rows, digest)
    elif kind == "prices":
        command = c.EnterPrices(series, in_fen(rows), digest, note)
    elif kind == "data":
        command = c.EnterData(int(year or 0), rows, digest)
    else:
        command = c.EnterEmissions(int(year or 0), rows, digest)
    session.run(command)


@asks(app, "allocate")
def allocate(
    year: YearOption,
    final: Annotated[bool, typer.Option("--final", help="True-up: final allocations. 核定。")] = False,
    entity: EntityOption = None,
) -> AskedFor:  # fmt: skip
    """Pre-allocate, or (--final) determine final allocations. 配额分配。"""
    names = tuple(split(entity))
    return c.TrueUp(year, names) if final else c.PreAllocate(year, names)


@app.command("surrender")
def surrender(
    path: DirArgument, year: YearOption, entity: EntityOption = None,
    file: Annotated[Path | None, typer.Option("--file", help="List “surrenders”. 清单。")] = None,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, dry: DryOption = False,
    pin: PinOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Surrender what is missing: of all entities, of some, or as a list says. 清缴。"""
    session = Session(path, person, key, id_, dry, pin, now, as_json, lang)
    rows: tuple[tuple[str, str, int], ...] = tuple((name, "", 0) for name in split(entity))
    if file is not None:
        rows = tuple(row[:3] for row in _read(file, "surrenders", lang, as_json))
    session.run(c.SurrenderYear(year, rows))


@asks(app, "close")
def close(
    year: YearOption,
) -> AskedFor:
    """Determine obligation, status and shortfall of every entity, after the deadline. 结案。"""
    return c.CloseYear(year)


@asks(app, "enforce")
def enforce(
    year: YearOption,
    step: Annotated[str, typer.Option("--step", help="make_up | deduct | next_year | fine | publish | record. 步骤。")],
    series: SeriesOption = "",
    choose: Annotated[
        list[str] | None,
        typer.Option("--choose", help="ENTITY=VALUE, where the law leaves a range. 裁量。"),
    ] = None,
) -> AskedFor:  # fmt: skip
    """The next step of enforcement. 违约处理。"""
    rows = []
    for text in split(choose):
        name, sign, value = text.partition("=")
        if not sign:
            wrong("--choose", f"{text!r}: write ENTITY=VALUE")
        rows.append((name, value))
    return c.Enforce(year, step, tuple(rows), series)


@asks(app, "publish")
def publish(
    year: YearOption,
    list_: Annotated[str, typer.Option("--list", help="status | defaulters | fines | enforcement. 名单。")],
) -> AskedFor:  # fmt: skip
    """Publish a list of the pack's. 公布。"""
    return c.PublishYear(year, list_)


@asks(app, "pay")
def pay(
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Entity. 单位。")],
    year: YearOption,
    amount: Annotated[int, typer.Option("--fen", help="In fen. 金额（分）。")],
    evidence: Annotated[str, typer.Option("--evidence", help="Digest of the receipt. 凭证摘要。")],
) -> AskedFor:
    """Record that a fine was paid. 缴纳罚款。"""
    return c.PayFine(entity, year, amount, evidence)


@app.command("carry-over")
def carry_over(
    path: DirArgument, year: YearOption,
    file: Annotated[Path | None, typer.Option("--file", help="List “carry_overs”. 清单。")] = None,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, dry: DryOption = False,
    pin: PinOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Carry units of a closed year over, as far as the pack lets them. 结转。"""
    session = Session(path, person, key, id_, dry, pin, now, as_json, lang)
    rows: tuple[tuple[str, int, int], ...] = ()
    if file is not None:
        rows = tuple(row[:3] for row in _read(file, "carry_overs", lang, as_json))
    session.run(c.CarryOverYear(year, rows))


RecordsArgument = Annotated[
    Path, typer.Argument(metavar="RECORDS", help="Record set of an account. 核算记录集。")
]


@app.command("means")
def means(
    path: DirArgument, records: RecordsArgument, year: YearOption,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, dry: DryOption = False,
    pin: PinOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Account over all makers, and enter the means of the classes that are open. 计算均值。"""
    from tanheng.cli import benchmarking

    session = Session(path, person, key, id_, dry, pin, now, as_json, lang)
    benchmarking.means(session, records, year)


@app.command("settle")
def settle(
    path: DirArgument, records: RecordsArgument, year: YearOption,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, dry: DryOption = False,
    pin: PinOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Account under the published table: responsibilities become units and obligations. 结算承担排放。"""
    from tanheng.cli import benchmarking

    session = Session(path, person, key, id_, dry, pin, now, as_json, lang)
    benchmarking.settle(session, records, year)


@asks(app, "open-class")
def open_class(
    product_class: Annotated[
        str, typer.Argument(metavar="CLASS", help="Product class. 产品类别。")
    ],
    year: YearOption,
    measure: Annotated[str, typer.Option("--measure", help="Such as tCO2e/t. 计量单位。")],
    association: Annotated[str, typer.Option("--association", help="Who sets it. 协会。")],
    until: Annotated[str, typer.Option("--until", help="Last day of the data call. 征集截止日。")],
) -> AskedFor:
    """An association takes up a class. 开立产品类别。"""
    return c.OpenClass(product_class, year, measure, association, until)


@asks(app, "set")
def set_(
    product_class: Annotated[str, typer.Argument(metavar="CLASS", help="Product class. 产品类别。")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Decimal. 数值。")],
    year: YearOption, reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Propose the value of a class, for comments. 确定基准值。"""
    return c.SetBenchmark(product_class, year, value, reason)


@asks(app, "publish-table")
def publish_table(
    year: YearOption, reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Publish all set values as the next version of the year's table. 公布年表。"""
    return c.PublishTable(year, reason)


@app.command("status")
def status(
    path: DirArgument, year: YearOption,
    out: Annotated[Path | None, typer.Option("--out", help="Workbook. 输出工作簿。")] = None,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Every entity's allocation, obligation, surrender, status and what followed. 履约情况。"""
    from tanheng.cli import compliance_show

    compliance_show.status(Session(path, now=now, as_json=as_json, lang=lang), year, out)
