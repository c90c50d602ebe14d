"""A market under a pack: instruments, segments with their sessions and modes, and the named choices.

The *choice* of a rule stands here with its clause; its *numbers* (bands, ticks, limits, fees) are
parameters, dated, per segment or class of holders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from tanheng.rules.controls import Clock, Day, Name, Opening, Part, Rule, Title

Mode = Literal["listed", "continuous", "negotiated", "auction", "one_way", "fixed_price"]
"""How a segment trades: ``listed`` offers that others pick; ``continuous`` bidding by price and
time; ``negotiated`` between two named parties, block trades among them; ``auction``: sealed bids in
a window, announced by the government; ``one_way``: the same, announced by anybody who trades there;
``fixed_price``: sale or buy-back by the government for
compliance."""


class Segment(Part):
    """A part of the market with rules of its own.

    Attributes:
        sessions: hours of a working day in which orders are taken; for auctions each announces its
            window.
        admits: classes of holders that may trade in it.
        settlement: units and money move in the entry of the trade, or once after the close of the
            day, gross.
    """

    title: Title
    mode: Rule[Mode]
    sessions: Rule[tuple[Opening, ...]]
    admits: Rule[Annotated[tuple[Name, ...], Field(min_length=1)]]
    settlement: Rule[Literal["at_once", "after_close"]]


class Instrument(Part):
    """What is traded: a unit kind, in segments, from a day up to (not including) another one."""

    kind: Name
    title: Title
    segments: Annotated[tuple[Name, ...], Field(min_length=1)]
    start: Day | None = Field(default=None, alias="from")
    to: Day | None = None


class Market(Part):
    """Every choice of a market, each with its clause. Nothing has a default.

    Attributes:
        money: the unit kind that is paid with.
        clearing: type of the account that fees go to.
        classes: classes of holders; an account is admitted in one.
        day_end: when a trading day is closed; all sessions and windows of auctions end before.
        close: the closing price: mean of the day's trades weighted by volume, rounded half up, or
            the last one.
        close_from: segments whose trades make the closing price.
        self_trade: what happens when an order would meet one of the same holder: it is refused, the
            one that rests is cancelled, or the rest of the new one is.
        resale: units bought may be sold the same day, or from the next day on.
        annulment: who errs may ask until the close of the day; ``none``: never.
        deals: forms of carbon finance that are allowed; None: none.
    """

    money: Name
    clearing: Name
    classes: Annotated[Mapping[Name, Title], Field(min_length=1)]
    segments: Annotated[Mapping[Name, Segment], Field(min_length=1)]
    instruments: Annotated[Mapping[Name, Instrument], Field(min_length=1)]
    day_end: Rule[Clock]
    close: Rule[Literal["volume_weighted", "last"]]
    close_from: Rule[Annotated[tuple[Name, ...], Field(min_length=1)]]
    self_trade: Rule[Literal["refuse", "cancel_resting", "cancel_incoming"]]
    resale: Rule[Literal["same_day", "next_day"]]
    annulment: Rule[Literal["none", "same_day"]]
    deals: Rule[tuple[Literal["pledge", "repurchase", "custody", "borrowing"], ...]] | None = None
