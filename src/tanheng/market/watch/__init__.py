"""Surveillance of a market: pure functions from rows of what happened to alerts.

rows.py       what is looked at, and what comes out; limits.py where each alert begins
watching.py   all alerts over one set of rows; a limit that is missing is said, not guessed
seen.py       rows sorted once, with the party behind each account; merging of alerts
dealings.py   self trades, and pairs that deal back and forth; circles.py trades in a ring
prices.py     marking the close, bursts of volume
shares.py     concentration, one party's share
bands.py      orders and trades at the limit of the price band
transits.py   units that only pass through an account
spoofing.py   large orders cancelled soon, beside trades on the other side
sentences.py  an alert in words

An alert is a reason to look, not a finding: what it misses and how often it cries wolf is measured
in ``docs/surveillance.md``. Rows may come in any order; the same rows give the same alerts.
"""

from tanheng.market.watch.limits import Limits
from tanheng.market.watch.rows import (
    Alert,
    DayRow,
    MoveRow,
    NotRun,
    OrderRow,
    TradeRow,
    Watched,
)
from tanheng.market.watch.sentences import sentence
from tanheng.market.watch.watching import KINDS, watch
from tanheng.rules.watched import PARAMETERS

__all__ = [
    "KINDS",
    "PARAMETERS",
    "Alert",
    "DayRow",
    "Limits",
    "MoveRow",
    "NotRun",
    "OrderRow",
    "TradeRow",
    "Watched",
    "sentence",
    "watch",
]
