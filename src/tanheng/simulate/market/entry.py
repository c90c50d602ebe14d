"""An entry with the market's events among the registry's, as an outsider reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tanheng.simulate.registry.reading import Read, audience_of, facts_of, opened

PUBLIC = frozenset({
    "reference_set/1", "halted/1", "day_opened/1", "traded/1", "day_closed/1", "annulled/1",
    "auction_opened/1", "reserve_fixed/1", "auction_closed/1",
})  # fmt: skip
PARTIES = frozenset({
    "admitted/1", "money_moved/1", "order_placed/1", "order_held/1", "order_amended/1",
    "order_ended/1", "matched/1", "delivered/1", "bid_ended/1",
})  # fmt: skip
SECRET = frozenset({"bid_placed/1"})
MARKET = PUBLIC | PARTIES | SECRET


@dataclass(slots=True)
class Entry(Read):
    """An entry; ``market``: its market events, in order, as plain data."""

    market: list[dict[str, Any]] = field(default_factory=list)

    def only(self, tag: str) -> list[dict[str, Any]]:
        """The market events of a tag."""
        return [event for event in self.market if event["event"] == tag]


def audience(event: dict[str, Any]) -> int:
    """Whom an event is for, by number."""
    tag = event["event"]
    if tag in MARKET:
        return 0 if tag in PUBLIC else 1 if tag in PARTIES else 2
    return audience_of(event)


def entry_of(
    row: tuple[Any, ...], prev: str, last_at: str, expected_seq: int, programme: str,
    public_acts: tuple[str, ...],
) -> Entry:  # fmt: skip
    """Check an entry's bytes and read it.

    Raises:
        Wrong: it is not as it must be.
    """
    found = opened(row, prev, last_at, expected_seq, programme, public_acts, audience)
    mine = [event for event in found.events if event["event"] in MARKET]
    rest = [event for event in found.events if event["event"] not in MARKET]
    facts, names, raw = facts_of(rest)
    return Entry(
        expected_seq, found.head["at"], found.act, found.hash, found.head["rules"], facts, names,
        raw, found.envelope, mine,
    )  # fmt: skip
