"""Units of one account for many others, as parts of one choice of blocks."""

from __future__ import annotations

from collections.abc import Sequence

from tanheng.registry import blocks as serials
from tanheng.registry.decide_units import size_of
from tanheng.registry.model import Posting
from tanheng.registry.view import View
from tanheng.rules import UnitKind


def handed_out(
    view: View, kind: UnitKind, source: str, gives: list[tuple[str, int]], purpose: str,
    back: Sequence[Posting] = (),
) -> list[Posting]:  # fmt: skip
    """Postings that give one account's units to many, each a part of what one choice took.

    Args:
        back: postings before these that bring units into the account.
    """
    every = sum(amount for _, amount in gives)
    if not every:
        return []
    come = [posting for posting in back if posting[3] == source]
    if every > view.free(source, kind.id) + sum(map(size_of, come)):
        raise view.short(source, kind.id, every)
    if not kind.serialised:
        return [("move", kind.id, source, target, amount) for target, amount in gives if amount]
    order = view.call.controls.blocks_for(purpose)
    fresh = [(posting[4], posting[5], 0, 0) for posting in come]
    blocks = sorted([*view.balance(source, kind.id).blocks, *fresh])
    ranges = serials.choose(blocks, every, order=order)
    found: list[Posting] = []
    place, (first, last) = 0, ranges[0]
    for target, amount in gives:
        while amount:
            size = min(amount, last - first + 1)
            found.append(("move", kind.id, source, target, first, first + size - 1))
            amount -= size
            first += size
            if first > last and place + 1 < len(ranges):
                place += 1
                first, last = ranges[place]
    return found
