"""The Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1.

The leaves' data are entry hashes. A tree is kept as its *frontier*: the roots of its complete
subtrees, largest first; appending a leaf completes nodes, which a store keeps so that proofs need
no replay. Node ``(level, index)`` covers the leaves ``[index · 2^level, (index + 1) · 2^level)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

Node = Callable[[int, int], bytes]
"""``(level, index) → hash`` of a complete node; level 0 are the leaves."""

EMPTY = hashlib.sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """Hash of a leaf with the data."""
    return hashlib.sha256(b"\0" + data).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Hash of the node above two nodes."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """The complete subtrees of a tree that grows by one leaf at a time.

    Attributes:
        size: number of leaves.
        peaks: their roots, largest first; one for each bit that is set in ``size``.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(peaks):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")
        self.size = size
        self.peaks = list(peaks)

    def append(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf; returns the nodes above leaves that it completed: level, index, hash."""
        node, index, level = leaf(data), self.size, 0
        made = []
        while index & 1:
            node = parent(self.peaks.pop(), node)
            index >>= 1
            level += 1
            made.append((level, index, node))
        self.peaks.append(node)
        self.size += 1
        return made

    def copy(self) -> Frontier:
        """An independent copy."""
        return Frontier(self.size, self.peaks)

    @property
    def root(self) -> bytes:
        """Root hash of the tree."""
        return _fold(self.peaks) if self.peaks else EMPTY


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = parent(peak, root)
    return root


def peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Complete nodes that cover leaves ``[start, end)``, in order: ``(level, index)``."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def range_root(start: int, end: int, node: Node) -> bytes:
    """Root of the subtree over leaves ``[start, end)`` (``start`` on its tree's boundary)."""
    found = [node(level, index) for level, index in peaks(start, end)]
    return _fold(found) if found else EMPTY


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162, 2.1.3.1).

    Raises:
        ValueError: when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_root(middle, end, node))
            end = middle
        else:
            proof.append(range_root(start, middle, node))
            start = middle
    return proof[::-1]


def included(data: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf's data stand at ``index`` under ``root`` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf(data)
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = parent(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = parent(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """Proof that the tree of ``new`` leaves extends the one of ``old`` (2.1.4.1).

    Raises:
        ValueError: unless ``0 < old <= new``.
    """
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new} leaves")
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(range_root(middle, end, node))
            end = middle
        else:
            proof.append(range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        proof.append(range_root(start, end, node))
    return proof[::-1]


def consistent(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the proof shows that the new tree extends the old one (2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = parent(step, before), parent(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = parent(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
