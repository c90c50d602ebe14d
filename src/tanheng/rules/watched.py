"""The parameters of surveillance, by name: ``watch_…``. Every one is a number of a pack; none has a
default.

The suggestions are ours: no statute is known that states them. They were chosen with
``benchmarks/surveillance.py`` on an invented market and must be set anew for a real one.
"""

from __future__ import annotations

from typing import NamedTuple

PREFIX = "watch_"


class Parameter(NamedTuple):
    """A parameter of an alert: the pack's name, its unit, a value to start from, what it means."""

    name: str
    unit: str
    suggested: str
    en: str
    zh: str


def _p(name: str, unit: str, suggested: str, en: str, zh: str) -> Parameter:
    return Parameter(PREFIX + name, unit, suggested, en, zh)


PARAMETERS: tuple[Parameter, ...] = (
    _p("self_trade_amount", "units", "1", "self trades of a party in a day, from", "自成交：单日数量下限"),
    _p("circle_length", "parties", "5", "circular trades: parties in a ring, at most", "循环交易：环中主体数上限"),
    _p("circle_hours", "hours", "24", "circular trades: first to last trade, at most", "循环交易：首末笔间隔上限"),
    _p("circle_amount_tolerance", "share", "0.05", "circular trades: difference of amounts, of the smaller, at most", "循环交易：数量差上限（占较小者）"),
    _p("circle_price_tolerance", "share", "0.01", "circular trades: difference of prices, of the lower, at most", "循环交易：价格差上限（占较低者）"),
    _p("circle_amount", "units", "500", "circular trades: amount of each trade, from", "循环交易：单笔数量下限"),
    _p("pair_days", "days", "5", "pairs: span, in days of 24 hours", "对倒：考察期（每日24小时）"),
    _p("pair_trades", "trades", "4", "pairs: trades between the two in the span, from", "对倒：期内双方成交笔数下限"),
    _p("pair_share", "share", "0.4", "pairs: amount that went back and forth, of all the busier one traded, from", "对倒：往返数量占较活跃一方全部成交的比例下限"),
    _p("pair_amount", "units", "1000", "pairs: amount that came back, from", "对倒：回流数量下限"),
    _p("close_minutes", "minutes", "15", "marking the close: last minutes of the session", "尾市操纵：收市前分钟数"),
    _p("close_move", "share", "0.025", "marking the close: change of the price, of the last one before, from", "尾市操纵：价格变动下限（相对此前成交价）"),
    _p("close_share", "share", "0.5", "marking the close: one party's side, of the volume of those minutes, from", "尾市操纵：一方占该时段成交量比例下限"),
    _p("close_amount", "units", "500", "marking the close: amount of that party, from", "尾市操纵：该方数量下限"),
    _p("concentration_days", "trading days", "10", "concentration: span", "集中度：考察期（交易日）"),
    _p("concentration_volume", "units", "20000", "concentration: volume of the span, from", "集中度：期内成交量下限"),
    _p("concentration_holders", "parties", "5", "concentration: parties on the side, from", "集中度：该侧主体数下限"),
    _p("concentration_hhi", "ratio", "0.2", "concentration: sum of squared shares, from", "集中度：赫芬达尔指数下限（0至1）"),
    _p("concentration_share", "share", "0.35", "one party's share of a side of the span, from", "集中度：单一主体份额下限"),
    _p("band_distance", "fen", "1", "band: an order this near to a limit is at it", "涨跌幅聚集：距限价的距离"),
    _p("band_share", "share", "0.2", "band: orders (or trades) at a limit, of the day's amount, from", "涨跌幅聚集：占当日数量比例下限"),
    _p("band_count", "orders", "10", "band: number of orders (or trades) at a limit, from", "涨跌幅聚集：笔数下限"),
    _p("band_holder_share", "share", "0.05", "band: one party's orders at a limit, of all the day's, from", "涨跌幅聚集：单一主体占当日申报数量比例下限"),
    _p("band_holder_orders", "orders", "3", "band: number of that party's orders at the limit, from", "涨跌幅聚集：该主体申报笔数下限"),
    _p("transit_hours", "hours", "24", "transit: units that go out so soon after they came", "过账：转入至转出的间隔上限"),
    _p("transit_share", "share", "0.9", "transit: part that goes out again, from", "过账：转出比例下限"),
    _p("transit_amount", "units", "3000", "transit: amount that came, from", "过账：转入数量下限"),
    _p("burst_days", "trading days", "20", "burst of volume: days before that are compared", "成交量突增：对比的此前交易日数"),
    _p("burst_multiple", "ratio", "4", "burst of volume: multiple of their median, from", "成交量突增：相对中位数倍数下限"),
    _p("burst_amount", "units", "10000", "burst of volume: volume of the day, from", "成交量突增：当日成交量下限"),
    _p("spoof_minutes", "minutes", "15", "spoofing: life of an order that was cancelled, at most", "虚假申报：撤单前存续时间上限"),
    _p("spoof_amount", "units", "1000", "spoofing: amount of such an order, from", "虚假申报：单笔数量下限"),
    _p("spoof_orders", "orders", "4", "spoofing: such orders of a party in a day, from", "虚假申报：当日此类申报笔数下限"),
    _p("spoof_ratio", "ratio", "5", "spoofing: their amount, of what the party traded on the other side, from", "虚假申报：与反向成交量之比下限"),
)  # fmt: skip
"""Every parameter; all have the form ``number``."""
