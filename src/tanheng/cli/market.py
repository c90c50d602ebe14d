"""``tanheng market …``: what persons ask of a market. Each command is signed with their key.

Prices and money are written in the currency's unit (34.50), amounts in units.
"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tanheng.cli.options import one_of, split, wrong
from tanheng.cli.registry import ReasonOption
from tanheng.cli.session import asks, instant_of
from tanheng.market import commands as c
from tanheng.programme.signing import AskedFor

app = typer.Typer(no_args_is_help=True, help="Trading, auctions, quotes. 交易、竞价与行情。")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account. 账户。")]
Instrument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Instrument. 交易品种。")]
Side = Annotated[str, typer.Argument(metavar="SIDE", help="buy | sell. 方向。")]
Amount = Annotated[int, typer.Argument(metavar="AMOUNT", help="Units, a whole number. 数量。")]
Price = Annotated[str, typer.Argument(metavar="PRICE", help="Per unit, as 34.50. 单价。")]
Money = Annotated[str, typer.Argument(metavar="MONEY", help="As 1000000.00. 金额。")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="Order, such as O12. 委托号。")]
Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help="Of the bank. 银行流水号。")]
UntilOption = Annotated[
    str, typer.Option("--until", help="Last day; else today only. 有效期至（日期）。")
]
GtcOption = Annotated[
    bool, typer.Option("--good-till-cancelled", help="Until it is taken back. 撤销前有效。")
]
_MONEY = re.compile(r"\d{1,15}(\.\d{1,2})?")


def fen(option: str, text: str) -> int:
    """Money in its hundredth, from ``34.5`` or ``34.50``."""
    if not _MONEY.fullmatch(text):
        wrong(option, f"{text!r}: write a number with at most two decimals, such as 34.50")
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def _until(until: str, gtc: bool) -> str:
    if until and gtc:
        wrong("--until", "say either a last day or --good-till-cancelled")
    return c.GOOD_TILL_CANCELLED if gtc else until


@asks(app, "admit")
def admit(
    account: Account,
    class_: Annotated[str, typer.Argument(metavar="CLASS", help="Of the pack; - for none. 类别。")],
    reason: Annotated[str, typer.Option("--reason", help="Why. 原因。")] = "",
) -> AskedFor:
    """Admit an account to the market in a class of holders. 准入。"""
    return c.Admit(account, "" if class_ == "-" else class_, reason)


@asks(app, "reference")
def reference(instrument: Instrument, price: Price, reason: ReasonOption) -> AskedFor:
    """Give an instrument its reference price. 设定基准价。"""
    return c.SetReference(instrument, fen("PRICE", price), reason)


@asks(app, "halt")
def halt(
    reason: ReasonOption,
    instrument: Annotated[str, typer.Option("--instrument", help="Else all. 品种。")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on. 恢复。")] = False,
) -> AskedFor:
    """Halt trading, or let it go on. 停牌、复牌。"""
    return c.Halt(instrument, not resume, reason)


@asks(app, "deposit")
def deposit(account: Account, money: Money, reference: Reference) -> AskedFor:
    """Book money that came in at the bank. 入金。"""
    return c.Deposit(account, fen("MONEY", money), reference)


@asks(app, "withdraw")
def withdraw(account: Account, money: Money, reference: Reference) -> AskedFor:
    """Book money that goes out at the bank. 出金。"""
    return c.WithdrawMoney(account, fen("MONEY", money), reference)


@asks(app, "order")
def order(
    account: Account, instrument: Instrument, side: Side, amount: Amount,
    price: Annotated[str, typer.Option("--price", help="Limit; none: at market. 限价。")] = "",
    segment: Annotated[str, typer.Option("--segment", help="Of the pack. 板块。")] = "bidding",
    until: UntilOption = "", gtc: GtcOption = False,
) -> AskedFor:  # fmt: skip
    """Bid or offer in continuous bidding. 连续竞价委托。"""
    limit = fen("--price", price) if price else 0
    return c.PlaceOrder(account, instrument, segment, side, amount, limit, _until(until, gtc))


@asks(app, "list")
def list_(
    account: Account, instrument: Instrument, side: Side, amount: Amount, price: Price,
    segment: Annotated[str, typer.Option("--segment", help="Of the pack. 板块。")] = "listed",
    until: UntilOption = "", gtc: GtcOption = False,
) -> AskedFor:  # fmt: skip
    """List an offer that others pick. 挂牌。"""
    return c.PlaceOrder(
        account, instrument, segment, side, amount, fen("PRICE", price), _until(until, gtc)
    )


@asks(app, "negotiate")
def negotiate(
    account: Account, instrument: Instrument, side: Side, amount: Amount, price: Price,
    to: Annotated[str, typer.Option("--to", help="The other account. 对手方。")],
    segment: Annotated[str, typer.Option("--segment", help="Of the pack. 板块。")] = "block",
    until: UntilOption = "",
) -> AskedFor:  # fmt: skip
    """Offer a negotiated trade to one account, which picks it whole. 协议转让。"""
    return c.PlaceOrder(
        account, instrument, segment, side, amount, fen("PRICE", price), until, to
    )  # fmt: skip


@asks(app, "fixed")
def fixed(
    account: Account, instrument: Instrument, side: Side, amount: Amount, price: Price,
    year: Annotated[int, typer.Option("--year", help="Compliance year. 履约年度。")],
    segment: Annotated[str, typer.Option("--segment", help="Of the pack. 板块。")] = "compliance",
    until: UntilOption = "",
) -> AskedFor:  # fmt: skip
    """The government sells or buys back at a fixed price, for compliance. 固定价格出售或回购。"""
    return c.PlaceOrder(
        account, instrument, segment, side, amount, fen("PRICE", price), until, "", year
    )  # fmt: skip


@asks(app, "pick")
def pick(
    account: Account, order: Order,
    amount: Annotated[int, typer.Option("--amount", help="Else all of it. 数量。")] = 0,
) -> AskedFor:  # fmt: skip
    """Take a listed, negotiated or fixed-price offer. 点选成交。"""
    return c.Pick(account, order, amount)


@asks(app, "amend")
def amend(
    account: Account, order: Order, amount: Amount,
    price: Annotated[str, typer.Option("--price", help="Another price. 价格。")] = "",
) -> AskedFor:  # fmt: skip
    """Change what is left of an order: less keeps its place. 改单。"""
    return c.Amend(account, order, amount, fen("--price", price) if price else 0)


@asks(app, "cancel")
def cancel(account: Account, order: Order) -> AskedFor:
    """Take back an order or a bid. 撤单。"""
    return c.CancelOrder(account, order)


@asks(app, "auction")
def auction(
    account: Account, instrument: Instrument, amount: Amount,
    opens: Annotated[str, typer.Option("--opens", help="Instant. 开始时刻。")],
    closes: Annotated[str, typer.Option("--closes", help="Instant. 结束时刻。")],
    notice: Annotated[str, typer.Option("--notice", help="The notice it is by. 公告。")],
    segment: Annotated[str, typer.Option("--segment", help="Of the pack. 板块。")] = "auction",
    side: Annotated[str, typer.Option("--side", help="sell | buy. 方向。")] = "sell",
    reserve: Annotated[str, typer.Option("--reserve", help="Reserve price. 底价。")] = "",
    average: Annotated[
        str, typer.Option("--average", help="SEGMENT:DAY:DAY, mean of a span. 均价区间。")
    ] = "",
    multiple: Annotated[str, typer.Option("--multiple", help="Of the mean. 均价倍数。")] = "",
    ceiling: Annotated[str, typer.Option("--ceiling", help="Of the reserve. 底价上限。")] = "",
    pay_as_bid: Annotated[bool, typer.Option("--pay-as-bid", help="Else uniform. 各付报价。")] = False,
    pro_rata: Annotated[bool, typer.Option("--pro-rata", help="Else by time. 边际按比例。")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Most of one bidder. 单个上限。")] = 0,
    bidders: Annotated[int, typer.Option("--bidders", help="Least number. 最少人数。")] = 1,
    admit: Annotated[
        list[str] | None, typer.Option("--admit", help="Classes; may repeat. 准入类别。")
    ] = None,
    year: Annotated[int, typer.Option("--only-for", help="Surrender of a year. 限用年度。")] = 0,
    cancel_unsold: Annotated[bool, typer.Option("--cancel-unsold", help="流拍注销。")] = False,
) -> AskedFor:  # fmt: skip
    """Announce an auction or one-way bidding. 竞价公告。"""
    span = tuple(average.split(":")) if average else ()
    if span and len(span) != 3:
        wrong("--average", "write SEGMENT:FIRST:LAST, such as listed:2016-11-18:2017-06-29")
    return c.OpenAuction(
        account, instrument, segment, amount, instant_of("--opens", opens),
        instant_of("--closes", closes), notice, one_of("--side", side, ("sell", "buy")),
        fen("--reserve", reserve) if reserve else 0,
        (span[0], span[1], span[2]) if span else None, multiple,
        fen("--ceiling", ceiling) if ceiling else 0, "pay_as_bid" if pay_as_bid else "uniform",
        "pro_rata" if pro_rata else "time", limit, bidders, tuple(split(admit)), year,
        "cancel" if cancel_unsold else "return",
    )  # fmt: skip


@asks(app, "bid")
def bid(
    account: Account,
    auction: Annotated[str, typer.Argument(metavar="AUCTION", help="Such as A12. 竞价号。")],
    price: Price, amount: Amount,
) -> AskedFor:  # fmt: skip
    """A sealed bid. 竞价报价。"""
    return c.Bid(account, auction, fen("PRICE", price), amount)


@asks(app, "call-off")
def call_off(
    account: Account,
    auction: Annotated[str, typer.Argument(metavar="AUCTION", help="Such as A12. 竞价号。")],
    reason: ReasonOption,
) -> AskedFor:
    """Call off an auction before it is over. 取消竞价。"""
    return c.CallOff(account, auction, reason)


@asks(app, "annul")
def annul(
    trade: Annotated[str, typer.Argument(metavar="TRADE", help="Such as T12.0. 成交号。")],
    reason: ReasonOption,
) -> AskedFor:
    """Undo a trade made in error, on its day. 错误成交撤销。"""
    return c.Annul(trade, reason)


@asks(app, "deal")
def deal(
    account: Account,
    form: Annotated[
        str,
        typer.Argument(metavar="FORM", help="pledge | repurchase | custody | borrowing. 业务。"),
    ],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Unit kind. 单位种类。")],
    amount: Amount,
    to: Annotated[str, typer.Option("--to", help="The other account. 对方账户。")],
    due: Annotated[str, typer.Option("--due", help="Day of the last leg. 到期日。")],
    money: Annotated[str, typer.Option("--money", help="Paid first. 首期金额。")] = "0",
    back: Annotated[str, typer.Option("--back", help="Paid last. 到期金额。")] = "0",
    deposit: Annotated[str, typer.Option("--deposit", help="Held meanwhile. 保证金。")] = "0",
) -> AskedFor:
    """Propose carbon finance to another account. 碳金融业务申请。"""
    return c.ProposeDeal(
        account, to, form, kind, amount, due, fen("--money", money), fen("--back", back),
        fen("--deposit", deposit),
    )  # fmt: skip


Deal = Annotated[str, typer.Argument(metavar="DEAL", help="Such as L12. 业务号。")]


@asks(app, "agree")
def agree(account: Account, deal: Deal) -> AskedFor:
    """Agree to a deal: its first leg moves. 同意业务。"""
    return c.AgreeDeal(account, deal)


@asks(app, "end-deal")
def end_deal(account: Account, deal: Deal) -> AskedFor:
    """Fulfil a deal before its day, or decline a proposal. 提前了结或拒绝。"""
    return c.EndDeal(account, deal)
