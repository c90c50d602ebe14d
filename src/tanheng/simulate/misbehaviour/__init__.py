"""An invented market with labelled misbehaviour, for measuring what surveillance finds and misses.

tape.py      recording trades, orders and moves; numbering them by time
world.py     who trades: obliged buyers and sellers, liquidity providers, speculators
honest.py    a market in which nobody does wrong
episodes.py  misbehaviour put into it, faint, plain or gross
rates.py     what of it is found, and the false alarms of the honest market

One seed gives one market, and the honest part is the same with and without episodes.
"""

from tanheng.simulate.misbehaviour.episodes import STRENGTHS, make
from tanheng.simulate.misbehaviour.rates import Rates, rates
from tanheng.simulate.misbehaviour.tape import Episode, Tape

__all__ = ["STRENGTHS", "Episode", "Rates", "Tape", "make", "rates"]
