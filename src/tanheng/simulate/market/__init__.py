"""The market in simulation: one seed drives clock, traders, refusals, crashes and writers.

How it is put together, one module a line::

    variants    packs that differ in what they allow
    terms       a segment's numbers, with fractions
    naive       matching, sharing out and quotes by plain definitions
    floor       the toy market, on top of the toy registry
    laws        the market's rules once more (``laws_rest``)
    agents      who wants what, well and badly; ``traders``: orders and bids
    entry       the journal's bytes as an outsider reads them
    follow      what every entry must keep; ``results``: auctions and ends of days
    judge       every entry and refusal decided again; the writers' states compared
    episode     a programme, its writers, trading days

Stores, faults, dice, writers and the run of episodes are those of the registry's simulation.
"""

from __future__ import annotations

from collections.abc import Callable

from tanheng.simulate.market.episode import Episode
from tanheng.simulate.registry.run import EPISODE, Progress, Result, simulate
from tanheng.simulate.registry.stores import Place

__all__ = ["simulate_market"]


def simulate_market(
    seed: int, ops: int, *, store: Place, seconds: Callable[[], float], writers: int = 4,
    progress: Progress | None = None, check_every: int = 1, episode: int = EPISODE,
) -> Result:  # fmt: skip
    """Let a market live through so many operations, and check everything about it.

    See :func:`tanheng.simulate.registry.simulate_registry`.
    """
    return simulate(
        lambda number: Episode(seed, number, store, writers, check_every), ops, seconds, progress,
        episode,
    )  # fmt: skip
