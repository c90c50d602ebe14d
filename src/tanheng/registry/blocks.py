"""Blocks of serial numbers: splitting, merging and choosing, exact to the unit.

A list of blocks is sorted, without overlaps, and neighbours that are alike are one block. Serials
are inclusive on both sides: 1..100 split at 25 is 1..25 and 26..100.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from tanheng.registry.model import Block

_AFTER = float("inf")


def amount_of(blocks: Iterable[tuple[int, ...]]) -> int:
    """Number of units in blocks or ranges."""
    return sum(block[1] - block[0] + 1 for block in blocks)


def find(blocks: list[Block], first: int, last: int) -> tuple[int, int] | None:
    """Places ``[start, end)`` of the blocks that together contain ``first..last``; None if some of
    it is not there."""
    start = bisect_right(blocks, (first, _AFTER)) - 1
    if start < 0 or blocks[start][1] < first:
        return None
    end = start
    while blocks[end][1] < last:
        end += 1
        if end == len(blocks) or blocks[end][0] != blocks[end - 1][1] + 1:
            return None
    return start, end + 1


def missing(blocks: list[Block], first: int, last: int) -> int:
    """The first serial of ``first..last`` that is not in the blocks (some must not be)."""
    for block in blocks[max(bisect_right(blocks, (first, _AFTER)) - 1, 0) :]:
        if block[0] > first:
            break
        first = max(first, block[1] + 1)
    return min(first, last)


def take(
    blocks: list[Block], first: int, last: int
) -> tuple[list[Block], list[Block], list[Block]]:
    """Cut ``first..last`` out of the list.

    Returns the blocks that were there, those that remain in their place, and the pieces cut out.

    Raises:
        LookupError: when some of it is not there; the list is unchanged.
    """
    place = find(blocks, first, last)
    if place is None:
        raise LookupError(f"{first}..{last} is not there")
    start, end = place
    old = blocks[start:end]
    rest, cut = [], []
    for block in old:
        low, high, restriction, frozen = block
        if low < first:
            rest.append((low, first - 1, restriction, frozen))
            low = first
        if high > last:
            rest.append((last + 1, high, restriction, frozen))
            high = last
        cut.append((low, high, restriction, frozen))
    blocks[start:end] = rest
    return old, rest, cut


def put(blocks: list[Block], block: Block) -> tuple[list[Block], Block]:
    """Add a block; returns the neighbours it merged with, and what stands there now."""
    first, last, restriction, frozen = block
    place = bisect_left(blocks, block)
    start = end = place
    if place:
        before = blocks[place - 1]
        if before[1] == first - 1 and before[2] == restriction and before[3] == frozen:
            first, start = before[0], place - 1
    if place < len(blocks):
        after = blocks[place]
        if after[0] == last + 1 and after[2] == restriction and after[3] == frozen:
            last, end = after[1], place + 1
    old = blocks[start:end]
    new = (first, last, restriction, frozen)
    blocks[start:end] = [new]
    return old, new


def choose(
    blocks: Sequence[Block], amount: int, year: int = 0, order: tuple[str, ...] = ()
) -> list[tuple[int, int]]:
    """Ranges for an amount, from blocks that are free, or restricted to the year's surrender.

    Args:
        order: criteria of the pack: ``restricted_first``, ``unrestricted_first``,
            ``lowest_serial``, ``highest_serial``; others do not concern one kind's blocks.

    Returns fewer units than asked when there are not enough.
    """
    passes: tuple[bool | None, ...] = (None,)
    if year and "restricted_first" in order:
        passes = (True, False)
    elif year and "unrestricted_first" in order:
        passes = (False, True)
    highest = "highest_serial" in order
    found: list[tuple[int, int]] = []
    for wanted in passes:
        for first, last, restriction, frozen in reversed(blocks) if highest else blocks:
            if amount <= 0:
                return found
            if (
                frozen
                or restriction not in (0, year)
                or (wanted is not None and wanted != bool(restriction))
            ):
                continue
            size = min(last - first + 1, amount)
            found.append((last - size + 1, last) if highest else (first, first + size - 1))
            amount -= size
    return found
