"""An alert in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from tanheng.errors import Language
from tanheng.market.watch.rows import Alert
from tanheng.why import Bilingual

_SHOWN = 12
"""Names and numbers that a sentence lists; the alert itself has all."""

_TEXTS: Mapping[str, Bilingual] = {
    "self_trade": Bilingual(
        "{day}, {instrument}: {holders} traded {measure} units with itself in {trades} trades (from {limit} on it is an alert)",
        "{day}，{instrument}：{holders} 自成交 {measure} 单位，共 {trades} 笔（达到 {limit} 即提示）",
    ),
    "circle": Bilingual(
        "{day}, {instrument}: units went round a ring, {path}, at least {measure} in each trade (from {limit} on it is an alert)",
        "{day}，{instrument}：循环交易 {path}，每笔不少于 {measure} 单位（达到 {limit} 即提示）",
    ),
    "pair": Bilingual(
        "{day}, {instrument}: {holders} dealt back and forth in {trades} trades, {back} units came back; that is {measure_percent} of all the busier one traded (limit {limit_percent})",
        "{day}，{instrument}：{holders} 往返成交 {trades} 笔，回流 {back} 单位，占较活跃一方全部成交的 {measure_percent}（界限 {limit_percent}）",
    ),
    "mark_close": Bilingual(
        "{day}, {instrument} ({segment}): just before the close {holders} {side} {amount} of {volume} units and moved the price from {from_yuan} to {to_yuan} yuan, by {measure_percent} (limit {limit_percent})",
        "{day}，{instrument}（{segment}）：收市前 {holders} {side} {amount} 单位（该时段共 {volume}），价格由 {from_yuan} 元变为 {to_yuan} 元，变动 {measure_percent}（界限 {limit_percent}）",
    ),
    "concentration": Bilingual(
        "{day}, {instrument} ({segment}): over {days} days the {parties} parties that {side} {volume} units had a concentration (HHI) of {measure} (limit {limit}); half of it are {holders}",
        "{day}，{instrument}（{segment}）：{days} 个交易日内 {parties} 个主体{side} {volume} 单位，集中度（HHI）{measure}（界限 {limit}）；占一半的是 {holders}",
    ),
    "dominance": Bilingual(
        "{day}, {instrument} ({segment}): over {days} days {holders} {side} {measure_percent} of {volume} units (limit {limit_percent})",
        "{day}，{instrument}（{segment}）：{days} 个交易日内 {holders} {side}了 {volume} 单位中的 {measure_percent}（界限 {limit_percent}）",
    ),
    "band_cluster": Bilingual(
        "{day}, {instrument} ({segment}): {count} {what} of {amount} units stood at the {bound} limit of the band, {measure_percent} of the day's (limit {limit_percent})",
        "{day}，{instrument}（{segment}）：{count} 笔{what}共 {amount} 单位位于{bound}，占当日 {measure_percent}（界限 {limit_percent}）",
    ),
    "band_holder": Bilingual(
        "{day}, {instrument} ({segment}): {holders} put {count} orders of {amount} units at the {bound} limit of the band, {measure_percent} of all orders of the day (limit {limit_percent})",
        "{day}，{instrument}（{segment}）：{holders} 在{bound}申报 {count} 笔共 {amount} 单位，占当日全部申报的 {measure_percent}（界限 {limit_percent}）",
    ),
    "transit": Bilingual(
        "{day}, {instrument}: {came} units came into {accounts} and {went} of them went out again, {measure_percent} (limit {limit_percent})",
        "{day}，{instrument}：{accounts} 转入 {came} 单位，其中 {went} 随即转出，占 {measure_percent}（界限 {limit_percent}）",
    ),
    "burst": Bilingual(
        "{day}, {instrument} ({segment}): {measure} units changed hands in {trades} trades (from {limit} on it is an alert)",
        "{day}，{instrument}（{segment}）：成交 {measure} 单位，共 {trades} 笔（达到 {limit} 即提示）",
    ),
    "spoof": Bilingual(
        "{day}, {instrument} ({segment}): {holders} placed and soon cancelled {count} orders of {amount} units on the side that {side}, and meanwhile traded {traded} on the other, {measure} to one (limit {limit})",
        "{day}，{instrument}（{segment}）：{holders} 申报{side} {count} 笔共 {amount} 单位后迅即撤单，同时反向成交 {traded} 单位，比值 {measure}（界限 {limit}）",
    ),
}  # fmt: skip

_WORDS: Mapping[tuple[str, str], Bilingual] = {
    ("side", "buy"): Bilingual("bought", "买入"),
    ("side", "sell"): Bilingual("sold", "卖出"),
    ("bound", "high"): Bilingual("upper", "涨停价"),
    ("bound", "low"): Bilingual("lower", "跌停价"),
    ("what", "orders"): Bilingual("orders", "申报"),
    ("what", "trades"): Bilingual("trades", "成交"),
}
_SPOOF_SIDES = {"buy": Bilingual("buys", "买入"), "sell": Bilingual("sells", "卖出")}


def _plain(number: Decimal, places: int) -> str:
    """A number with at most so many places and no zeros at the end."""
    text = format(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _listed(things: tuple[object, ...], language: Language) -> str:
    """The first few, and how many more there are."""
    shown = ("、" if language == "zh" else ", ").join(str(thing) for thing in things[:_SHOWN])
    more = len(things) - _SHOWN
    if more <= 0:
        return shown
    return f"{shown} 等（另有 {more} 项）" if language == "zh" else f"{shown} and {more} more"


def sentence(alert: Alert, language: Language = "en") -> str:
    """What was seen, where, beyond which limit, and in which entries."""
    values = {
        "day": alert.day, "instrument": alert.instrument,
        "holders": _listed(alert.holders, language), "accounts": _listed(alert.accounts, language),
        "measure": _plain(alert.measure, 4), "limit": _plain(alert.limit, 4),
        "measure_percent": _plain(alert.measure * 100, 2) + " %",
        "limit_percent": _plain(alert.limit * 100, 2) + " %",
    }  # fmt: skip
    for name, value in alert.text:
        words = _WORDS.get((name, value))
        if alert.kind == "spoof" and name == "side":
            words = _SPOOF_SIDES[value]
        values[name] = words(language) if words else value
        if name in ("from", "to"):
            values[f"{name}_yuan"] = f"{int(value) // 100}.{int(value) % 100:02}"
    said = _TEXTS[alert.kind](language).format_map(values)
    behind = _listed(alert.entries, language)
    return f"{said}。凭证：{behind}。" if language == "zh" else f"{said}. Entries: {behind}."
