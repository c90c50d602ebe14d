"""The rows of a programme's tables that surveillance and quotes look at."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tanheng.journal import Store
from tanheng.market.watch import DayRow, Limits, MoveRow, OrderRow, TradeRow, Watched, watch
from tanheng.quotes.bars import Bar, Series
from tanheng.registry.model import instant
from tanheng.rules import Pack

BEFORE = 30
"""Days before a span that are read too, so that what began earlier is seen whole."""


def series(store: Store, pack: Pack, instrument: str, segments: tuple[str, ...] = ()) -> Series:
    """Daily quotes of an instrument: of one segment, or of several together.

    Of several, open and close are those of the first that traded; high and low are over all.

    Args:
        segments: none: those that make the closing price.
    """
    assert pack.market is not None
    chosen = segments or pack.market.close_from.value
    rows = store.query(
        "SELECT day, segment, open_fen, high_fen, low_fen, close_fen, volume, turnover_fen, trades "
        "FROM quotes WHERE instrument = ? ORDER BY day",
        (instrument,),
    )
    by: dict[str, dict[str, list[int]]] = {}
    for day, segment, *quotes in rows:
        if segment in chosen:
            by.setdefault(str(day), {})[str(segment)] = [int(str(n)) for n in quotes]
    bars = tuple(_bar(day, [some[name] for name in chosen if name in some])
                 for day, some in sorted(by.items()))  # fmt: skip
    found = pack.market.instruments[instrument]
    unit = {"tCO2e": "t"}.get(pack.kinds[found.kind].measure, pack.kinds[found.kind].measure)
    return Series(instrument, found.title.en, bars, pack.currency, unit)


def _bar(day: str, quotes: list[list[int]]) -> Bar:
    volume, turnover = (sum(row[n] for row in quotes) for n in (4, 5))
    # Several segments share one closing price: the mean of all, as the day's rule has it.
    close = quotes[0][3] if len(quotes) == 1 else (2 * turnover + volume) // (2 * volume)
    return Bar(
        date.fromisoformat(day), _money(quotes[0][0]), _money(max(row[1] for row in quotes)),
        _money(min(row[2] for row in quotes)), _money(close), volume, _money(turnover),
        sum(row[6] for row in quotes),
    )  # fmt: skip


def _money(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def surveil(
    store: Store, pack: Pack, since: str, until: str, groups: dict[str, str] | None = None
) -> Watched:
    """Every alert over days, both included (days before are read for comparison).

    Args:
        groups: holder → group with one beneficial owner.
    """
    holders = {str(a): str(h) for a, h in store.query("SELECT account, holder FROM accounts")}
    early = (date.fromisoformat(max(since, "1900-01-31")) - timedelta(days=BEFORE)).isoformat()
    found = watch(
        _trades(store, holders, early, until), _orders(store, holders, early, until),
        _moves(store, pack, early, until), _days(store, pack, until), limits_of(pack, until),
        groups,
    )  # fmt: skip
    alerts = tuple(alert for alert in found.alerts if since <= alert.day <= until)
    return Watched(alerts, found.not_run)


def limits_of(pack: Pack, day: str) -> Limits:
    """Where alerts begin, by the pack, on a day."""
    on = date.fromisoformat(day)
    numbers = {}
    for name in pack.parameters:
        if name.startswith("watch_"):
            found = pack.says(name, on)
            if found is not None:
                numbers[name] = found.number
    return Limits.of(numbers)


def _trades(store: Store, holders: dict[str, str], since: str, until: str) -> list[TradeRow]:
    rows = store.query(
        "SELECT seq, at, trade, instrument, segment, price_fen, amount, buyer, seller, buy_order, "
        "sell_order, taker FROM trades WHERE day >= ? AND day <= ? AND status <> 'annulled'",
        (since, until),
    )
    found = []
    for seq, at, trade, instrument, segment, price, amount, buyer, seller, *rest in rows:
        buy, sell, taker = map(str, rest)
        found.append(TradeRow(
            int(str(seq)), str(at), str(trade), str(instrument), str(segment), int(str(price)),
            int(str(amount)), str(buyer), str(seller), holders[str(buyer)], holders[str(seller)],
            buy, sell, taker,
        ))  # fmt: skip
    return found


def _orders(store: Store, holders: dict[str, str], since: str, until: str) -> list[OrderRow]:
    rows = store.query(
        "SELECT at, order_id, instrument, segment, account, side, price_fen, amount, low_fen, "
        "high_fen, status, ended_at, ended_seq FROM orders WHERE at >= ? AND at < ?",
        (f"{since}T", f"{until}T99"),
    )
    found = []
    for at, order, instrument, segment, account, side, *rest in rows:
        price, amount, low, high, status, ended_at, ended_seq = rest
        waits = status in ("open", "filled")
        found.append(OrderRow(
            int(str(order)[1:]), str(at), str(order), str(instrument), str(segment), str(account),
            holders[str(account)], str(side), int(str(price)), int(str(amount)), int(str(low)),
            int(str(high)), "" if waits else str(status), "" if waits else str(ended_at or ""),
            0 if waits or ended_seq is None else int(str(ended_seq)),
        ))  # fmt: skip
    return found


def _moves(store: Store, pack: Pack, since: str, until: str) -> list[MoveRow]:
    """Transfers between holders; deliveries of trades are left out."""
    traded = {i.kind for i in pack.market.instruments.values()} if pack.market else set()
    rows = store.query(
        "SELECT seq, at, kind, source, target, amount FROM moves WHERE act = 'transfer' "
        "AND at >= ? AND at < ?",
        (f"{since}T", f"{until}T99"),
    )
    found = []
    for seq, at, kind, source, target, amount in rows:
        if kind in traded:
            size = int(str(amount))
            head = (int(str(seq)), str(at))
            found.append(MoveRow(*head, str(source), str(kind), 0, size))
            found.append(MoveRow(*head, str(target), str(kind), size, 0))
    return found


def _days(store: Store, pack: Pack, until: str) -> list[DayRow]:
    """All days up to the last one, with the close before each."""
    assert pack.market is not None
    rows = store.query(
        "SELECT day, instrument, segment, volume, turnover_fen, close_fen FROM quotes "
        "WHERE day <= ? ORDER BY day",
        (until,),
    )
    before: dict[tuple[str, str], int] = {}
    found = []
    for day, instrument, segment, volume, turnover, close in rows:
        key = (str(instrument), str(segment))
        if key[1] not in pack.market.segments:
            continue
        sessions = pack.market.segments[key[1]].sessions.value
        end = sessions[-1].end if sessions else pack.market.day_end.value
        closes_at = instant(pack.hours.at(date.fromisoformat(str(day)), end))
        price = int(str(close))
        found.append(DayRow(
            str(day), *key, int(str(volume)), int(str(turnover)), price, before.get(key, price),
            closes_at,
        ))  # fmt: skip
        before[key] = price
    return found
