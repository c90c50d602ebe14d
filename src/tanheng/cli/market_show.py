"""``tanheng market …``: what it is asked: orders, trades, quotes, auctions, deals."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tanheng.cli.options import JsonOption, LangOption, one_of, split, whole, wrong
from tanheng.cli.registry_show import show_rows
from tanheng.cli.session import DirArgument, NowOption, Session
from tanheng.cli.words import yuan

if TYPE_CHECKING:
    from tanheng.quotes.bars import Every, Series

InstrumentOption = Annotated[str, typer.Option("--instrument", help="Only this one. 品种。")]
SegmentOption = Annotated[
    list[str] | None, typer.Option("--segment", help="Else those of the closing price. 板块。")
]
DayOption = Annotated[str, typer.Option("--day", help="Trading day. 交易日。")]
FromOption = Annotated[str, typer.Option("--from", help="First day. 起始日。")]
ToOption = Annotated[str, typer.Option("--to", help="Last day. 截止日。")]


def plain(fen: object) -> str:
    """Money for machines: two decimals, exact, nothing between the digits."""
    return yuan(fen).replace(",", "").replace("−", "-")


def day_of(option: str, text: str) -> str:
    """A day of an option, as it is written in the tables."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        wrong(option, f"{text!r}: write a day such as 2017-06-30")


def many(count: int, what: str) -> str:
    """A number of things in English."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _span(first: str, last: str) -> tuple[date, date]:
    """First and last day of a span."""
    span = (date.fromisoformat(day_of("--from", first)), date.fromisoformat(day_of("--to", last)))
    if span[0] > span[1]:
        wrong("--to", f"{last} is before {first}")
    return span


def book(
    path: DirArgument, instrument: InstrumentOption = "", depth: Annotated[
        int, typer.Option("--depth", min=1, help="Prices of each side. 档数。")
    ] = 5, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Orders that wait, added up by price; nobody's name. 盘口。"""
    from tanheng.cli import ledger

    session = Session(path, now=now, as_json=as_json, lang=lang)
    levels: dict[tuple[str, str, str, int], list[int]] = {}
    for order in session.read().state.market.resting():
        if instrument in ("", order.instrument) and not order.to:
            key = (order.instrument, order.segment, order.side, order.price_fen)
            level = levels.setdefault(key, [0, 0])
            level[0] += order.left
            level[1] += 1
    rows: list[tuple[Any, ...]] = []
    for group in sorted({key[:3] for key in levels}):
        prices = sorted((key[3] for key in levels if key[:3] == group), reverse=group[2] == "buy")
        rows += [(*group, price, *levels[*group, price]) for price in prices[:depth]]
    heads = ("instrument", "segment", "side", "price", "amount", "orders")
    if as_json:
        ledger.records((*heads[:3], "price_fen", *heads[4:]), rows)
    else:
        said = [(*row[:2], _side(row[2], session), yuan(row[3]), *row[4:]) for row in rows]
        ledger.table(heads, said, session.spoken)


def _side(side: str, session: Session) -> str:
    from tanheng.cli import words

    return words.word(side, session.spoken)


def orders(
    path: DirArgument,
    account: Annotated[str, typer.Option("--account", help="Only of this one. 账户。")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that are over. 含已了结。")] = False,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Orders, with whose they are. 委托。"""
    heads = ("order", "at", "account", "instrument", "segment", "side", "price", "amount", "left",
             "status", "until")  # fmt: skip
    where, params = ["1 = 1"], []
    if account:
        where.append("account = ?")
        params.append(account)
    if not every:
        where.append("status = 'open'")
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang), heads,
        "SELECT order_id, at, account, instrument, segment, side, price_fen, amount, open, status, "
        f"until FROM orders WHERE {' AND '.join(where)} ORDER BY at, order_id",
        ("at", "side", "status"), tuple(params), {"price": yuan},
    )  # fmt: skip


def trades(
    path: DirArgument, day: DayOption = "", instrument: InstrumentOption = "",
    account: Annotated[str, typer.Option("--account", help="Only with this one. 账户。")] = "",
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Trades with their parties, newest first. 成交。"""
    heads = ("trade", "at", "instrument", "segment", "price", "amount", "buyer", "seller", "status")
    where, params = ["1 = 1"], []
    for name, value in (("day", day_of("--day", day) if day else ""), ("instrument", instrument)):
        if value:
            where.append(f"{name} = ?")
            params.append(value)
    if account:
        where.append("(buyer = ? OR seller = ?)")
        params += [account, account]
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang), heads,
        "SELECT trade, at, instrument, segment, price_fen, amount, buyer, seller, status "
        f"FROM trades WHERE {' AND '.join(where)} ORDER BY seq DESC, trade",
        ("at", "status"), tuple(params), {"price": yuan},
    )  # fmt: skip


def quotes(
    path: DirArgument, first: FromOption = "", last: ToOption = "",
    instrument: InstrumentOption = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="FILE.csv for outside use. 输出文件。")
    ] = None,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Daily quotes by segment. 每日行情。"""
    heads = ("day", "instrument", "segment", "open", "high", "low", "close", "volume", "turnover",
             "trades")  # fmt: skip
    session = Session(path, now=now, as_json=as_json, lang=lang)
    sql = (
        "SELECT day, instrument, segment, open_fen, high_fen, low_fen, close_fen, volume, "
        "turnover_fen, trades FROM quotes WHERE day >= ? AND day <= ?"
    )
    params = [day_of("--from", first) if first else "", day_of("--to", last) if last else "9999"]
    if instrument:
        sql += " AND instrument = ?"
        params.append(instrument)
    sql += " ORDER BY day, instrument, segment"
    if out is not None:
        _quotes_csv(session, sql, tuple(params), out)
        return
    shown = dict.fromkeys(("open", "high", "low", "close", "turnover"), yuan)
    show_rows(session, heads, sql, (), tuple(params), shown)


def _quotes_csv(session: Session, sql: str, params: tuple[str, ...], out: Path) -> None:
    import csv

    names = ("date", "place", "segment", "open", "high", "low", "close", "vol", "amount", "trades")
    rows = session.read().store.query(sql, params)
    with whole(out) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            writer.writerow([*row[:3], *map(plain, row[3:7]), row[7], plain(row[8]), row[9]])
    print(out)


def average(
    path: DirArgument,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="品种。")],
    first: FromOption, last: ToOption, segment: SegmentOption = None,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """The mean price of a span, weighted by volume, as reserve prices and fines use it. 区间均价。"""
    from fractions import Fraction

    from tanheng.cli.emit import print_json
    from tanheng.quotes.bars import rounded, vwap

    session = Session(path, now=now, as_json=as_json, lang=lang)
    found = series_of(session, instrument, segment)
    span = _span(first, last)
    bars = found.between(*span).bars
    mean = vwap(found, *span)
    volume, turnover = sum(bar.volume for bar in bars), sum(bar.turnover for bar in bars)
    text = "" if mean is None else str(rounded(Fraction(mean), 4))
    if as_json:
        print_json({"average": text, "volume": volume, "turnover": str(turnover),
                    "days": len(bars)})  # fmt: skip
    elif session.spoken == "zh":
        print(f"{instrument} {span[0]} 至 {span[1]}：均价 {text or '—'}（成交量 {volume:,}，"
              f"成交额 {turnover:,}，{len(bars)} 个交易日）")  # fmt: skip
    else:
        print(f"{instrument} {span[0]} to {span[1]}: mean {text or '—'} (volume {volume:,}, "
              f"turnover {turnover:,}, {many(len(bars), 'day')})")  # fmt: skip


def chart(
    path: DirArgument,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="品种。")],
    out: Annotated[Path, typer.Option("--out", help="Picture: .html or .png. 图形文件。")],
    segment: SegmentOption = None,
    every: Annotated[str, typer.Option("--every", help="day | week | month. 周期。")] = "day",
    first: FromOption = "", last: ToOption = "", now: NowOption = None, lang: LangOption = None,
) -> None:  # fmt: skip
    """The programme's own quotes as a K-line, and the sentence of the last day. K 线与行情语句。"""
    from tanheng.quotes.sentence import day_sentence
    from tanheng.report.kline import drawn, write_kline
    from tanheng.report.klinepng import write_kline_png

    kind = one_of("--out", out.suffix.lower(), (".html", ".png"))
    period: Every = one_of("--every", every, ("day", "week", "month"))
    session = Session(path, now=now, lang=lang)
    found = series_of(session, instrument, segment)
    found = found.between(*(date.fromisoformat(day_of("--from", d)) if d else None
                            for d in (first, last)))  # fmt: skip
    if not found.bars:
        wrong("INSTRUMENT", f"{instrument} has no quotes there")
    picture = drawn(found, period)
    with whole(out) as part:
        if kind == ".html":
            write_kline(picture, part)
        else:
            write_kline_png(picture, part, session.spoken)
    print(day_sentence(found, found.bars[-1].day, session.spoken))
    print(out)


def series_of(session: Session, instrument: str, segment: list[str] | None) -> Series:
    """Quotes of an instrument of the programme."""
    from tanheng.market.surveying import series

    programme = session.read()
    market = programme.pack.market
    if market is None or instrument not in market.instruments:
        known = ", ".join(market.instruments) if market else "—"
        wrong("INSTRUMENT", f"{instrument!r}: one of {known}")
    return series(programme.store, programme.pack, instrument, tuple(split(segment)))


def auctions(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Auctions and their results; bids stay sealed until one is over. 竞价。"""
    heads = ("auction", "instrument", "amount", "opens", "closes", "reserve", "status", "price",
             "awarded", "unsold", "bids", "winners", "notice")  # fmt: skip
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang), heads,
        "SELECT auction, instrument, amount, opens, closes, reserve_fen, status, price_fen, sold, "
        "unsold, bids, winners, notice FROM auctions ORDER BY at, auction",
        ("opens", "closes", "status"), (), {"reserve": yuan, "price": yuan},
    )  # fmt: skip


def bids(
    path: DirArgument,
    auction: Annotated[str, typer.Argument(metavar="AUCTION", help="Such as A12. 竞价号。")],
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """The bids of an auction that is over, best first. 竞价报价明细。"""
    from tanheng.errors import Refusal

    heads = ("bid", "account", "price", "amount", "status", "won", "paid per unit")
    session = Session(path, now=now, as_json=as_json, lang=lang)
    programme = session.read()
    if not programme.store.query("SELECT auction FROM auctions WHERE auction = ?", (auction,)):
        wrong("AUCTION", f"there is no auction {auction}; see tanheng market auctions")
    if auction in programme.state.market.content.auctions:
        session.refused(Refusal("bids_sealed", {"auction": auction}))
    show_rows(
        session, heads,
        "SELECT bid, account, price_fen, amount, status, won, won_price_fen FROM bids "
        "WHERE auction = ? ORDER BY price_fen DESC, seq",
        ("status",), (auction,), {"price": yuan, "paid per unit": yuan},
    )  # fmt: skip


def deals(
    path: DirArgument, now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Pledge loans, repurchases, custody, lending. 碳金融业务。"""
    heads = ("deal", "form", "one", "two", "kind", "amount", "paid first", "paid last", "deposit",
             "due", "status")  # fmt: skip
    show_rows(
        Session(path, now=now, as_json=as_json, lang=lang), heads,
        "SELECT deal, form, one, two, kind, amount, money_fen, back_fen, deposit_fen, due, status "
        "FROM deals ORDER BY at, deal",
        ("due", "status", "form"), (),
        {"paid first": yuan, "paid last": yuan, "deposit": yuan},
    )  # fmt: skip


def payoff(
    path: DirArgument,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="品种。")],
    first: FromOption, last: ToOption,
    principal: Annotated[str, typer.Option("--principal", help="Sum lent. 本金。")],
    strike: Annotated[str, typer.Option("--strike", help="Price per unit. 基准价格。")],
    days: Annotated[int, typer.Option("--days", min=1, help="Of the period. 计息天数。")],
    base: Annotated[str, typer.Option("--base", help="Rate a year, 0.02. 基本利率。")] = "0",
    part: Annotated[
        str, typer.Option("--participation", help="Part of the move, 0.5. 参与率。")
    ] = "1",
    floor: Annotated[str, typer.Option("--floor", help="Least rate. 最低利率。")] = "0",
    cap: Annotated[str, typer.Option("--cap", help="Largest rate. 最高利率。")] = "1",
    segment: SegmentOption = None, now: NowOption = None, as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Interest of a bond or deposit linked to the mean price of a span. 挂钩均价的债券或存款收益。"""
    from decimal import Decimal, InvalidOperation

    from tanheng.cli.emit import print_json
    from tanheng.cli.market import fen
    from tanheng.market.linked import Linked
    from tanheng.quotes.bars import vwap

    session = Session(path, now=now, as_json=as_json, lang=lang)
    mean = vwap(series_of(session, instrument, segment), *_span(first, last))
    if mean is None:
        wrong("--from / --to", f"{instrument} was not traded there, so there is no mean")
    try:
        rates = [Decimal(text) for text in (base, part, floor, cap)]
        terms = Linked(
            fen("--principal", principal), rates[0], rates[1], Decimal(fen("--strike", strike)),
            rates[2], rates[3], days,
        )  # fmt: skip
    except InvalidOperation:
        wrong("--base", "rates are numbers such as 0.02")
    except ValueError as error:
        wrong("--floor", str(error))
    average = Decimal(mean.numerator) * 100 / Decimal(mean.denominator)
    rate, interest = terms.rate(average), terms.interest_fen(average)
    if as_json:
        print_json({"average_fen": f"{average:.6f}", "rate": f"{rate:.8f}",
                    "interest_fen": interest})  # fmt: skip
    elif session.spoken == "zh":
        print(f"均价 {average / 100:.4f}，年利率 {rate:.4%}，利息 {yuan(interest)}")
    else:
        print(f"mean price {average / 100:.4f}, rate {rate:.4%} a year, interest {yuan(interest)}")


def add_to(app: typer.Typer) -> None:
    """Register the questions beside the commands."""
    for question in (
        book, orders, trades, quotes, average, chart, payoff, auctions, bids, deals,
    ):  # fmt: skip
        app.command()(question)
