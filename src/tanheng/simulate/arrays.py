"""Array types, random streams and the two or three array idioms used all over this package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Index = NDArray[np.int32]
Small = NDArray[np.int8]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Progress = Callable[[str, int, int], None]

# Sums of whole numbers in float64 are exact below this; larger regions are refused, not rounded.
EXACT = 2**53


def stream(seed: int, purpose: int) -> np.random.Generator:
    """A random stream of its own for each purpose, so that one stage never shifts another."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose])))


def ranges(start: Ints, count: Ints) -> Ints:
    """``start[0], start[0] + 1, …`` (``count[0]`` of them), then those of ``start[1]``, …

    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    before = np.cumsum(count) - count
    shift: Ints = np.repeat(start - before, count)
    return np.arange(shift.size, dtype=np.int64) + shift


def total(index: NDArray[np.integer], amount: NDArray[np.integer], length: int) -> Ints:
    """Sum of whole amounts by index, exact.

    Raises:
        OverflowError: when a sum reaches 2^53 and could have been rounded.
    """
    sums = np.bincount(index, weights=amount, minlength=length)
    if sums.size and sums.max() >= EXACT:
        raise OverflowError("a class total of the synthetic region exceeds exact arithmetic")
    return sums.astype(np.int64)


def skewed(rng: np.random.Generator, count: Ints) -> Ints:
    """For each ``n`` of ``count`` a number below n, low ones more often than high ones."""
    return np.minimum((rng.random(count.size) ** 2 * count).astype(np.int64), count - 1)


def pareto(rng: np.random.Generator, size: int, shape: float, longest: float) -> Floats:
    """Heavy-tailed weights from 1 up to ``longest``: P(w > z) = z^-shape below the cut."""
    return np.minimum((1.0 - rng.random(size)) ** (-1.0 / shape), longest)
