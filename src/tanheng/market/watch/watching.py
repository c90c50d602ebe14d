"""All alerts over one set of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tanheng.market.watch.bands import band_clusters, band_holders
from tanheng.market.watch.circles import circles
from tanheng.market.watch.dealings import pairs, self_trades
from tanheng.market.watch.limits import Limits
from tanheng.market.watch.prices import bursts, closes
from tanheng.market.watch.rows import Alert, DayRow, MoveRow, NotRun, OrderRow, TradeRow, Watched
from tanheng.market.watch.seen import Seen, see
from tanheng.market.watch.shares import concentration, dominance
from tanheng.market.watch.spoofing import spoofs
from tanheng.market.watch.transits import transits


class Kind(NamedTuple):
    """An alert: the limits it needs, and the function that looks for it."""

    needs: tuple[str, ...]
    find: Callable[[Seen, Limits], list[Alert]]


_SPAN = ("concentration_days", "concentration_volume", "concentration_holders")
KINDS: Mapping[str, Kind] = {
    "self_trade": Kind(("self_trade_amount",), self_trades),
    "circle": Kind(
        ("circle_length", "circle_hours", "circle_amount_tolerance", "circle_price_tolerance",
         "circle_amount"), circles,
    ),
    "pair": Kind(("pair_days", "pair_trades", "pair_share", "pair_amount"), pairs),
    "mark_close": Kind(("close_minutes", "close_move", "close_share", "close_amount"), closes),
    "concentration": Kind((*_SPAN, "concentration_hhi"), concentration),
    "dominance": Kind((*_SPAN, "concentration_share"), dominance),
    "band_cluster": Kind(("band_distance", "band_share", "band_count"), band_clusters),
    "band_holder": Kind(
        ("band_distance", "band_holder_share", "band_holder_orders"), band_holders
    ),
    "transit": Kind(("transit_hours", "transit_share", "transit_amount"), transits),
    "burst": Kind(("burst_days", "burst_multiple", "burst_amount"), bursts),
    "spoof": Kind(("spoof_minutes", "spoof_amount", "spoof_orders", "spoof_ratio"), spoofs),
}  # fmt: skip
"""Every alert by its name."""


def watch(
    trades: Sequence[TradeRow], orders: Sequence[OrderRow], moves: Sequence[MoveRow],
    days: Sequence[DayRow], limits: Limits, groups: Mapping[str, str] | None = None,
) -> Watched:  # fmt: skip
    """Every alert that the rows give, and the alerts whose limits the pack does not state.

    ``groups``: holder → group of holders with one beneficial owner; a holder that is not in it stands
    for itself. Rows may come in any order. Marking the close, bursts and concentration look at the
    days of ``days`` alone.

    >>> watch([], [], [], [], Limits()).not_run[0].missing
    ('watch_self_trade_amount',)
    """
    seen = see(trades, orders, moves, days, groups or {})
    alerts: list[Alert] = []
    not_run: list[NotRun] = []
    for kind, (needs, find) in KINDS.items():
        if missing := limits.missing(needs):
            not_run.append(NotRun(kind, missing))
        else:
            alerts += find(seen, limits)
    return Watched(tuple(sorted(alerts, key=_order)), tuple(not_run))


def _order(alert: Alert) -> tuple[object, ...]:
    """By day, instrument and kind, then whatever tells two apart."""
    return (
        alert.day, alert.instrument, alert.kind, alert.accounts, alert.entries, alert.text
    )  # fmt: skip
