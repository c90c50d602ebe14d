"""Exact dense linear systems: fraction-free Gaussian elimination (Bareiss 1968)."""

from __future__ import annotations

from fractions import Fraction
from math import lcm


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """x with `matrix · x = right`, exactly. Raises ArithmeticError when singular."""
    size = len(right)
    rows = [_whole([*matrix[i], right[i]]) for i in range(size)]
    previous = 1
    for k in range(size):
        pivot = next((i for i in range(k, size) if rows[i][k]), None)
        if pivot is None:
            raise ArithmeticError("singular system")
        rows[k], rows[pivot] = rows[pivot], rows[k]
        head = rows[k]
        for i in range(k + 1, size):
            row, lead, top = rows[i], rows[i][k], head[k]
            rows[i] = [
                0 if j <= k else (top * row[j] - lead * head[j]) // previous
                for j in range(size + 1)
            ]
        previous = head[k]
    found = [Fraction(0)] * size
    for i in reversed(range(size)):
        rest = rows[i][size] - sum(
            (rows[i][j] * found[j] for j in range(i + 1, size) if rows[i][j]), Fraction(0)
        )
        found[i] = Fraction(rest) / rows[i][i]
    for line, wanted in zip(matrix, right, strict=True):
        pairs = zip(line, found, strict=True)
        assert sum((a * x for a, x in pairs if a), Fraction(0)) == wanted
    return found


def _whole(row: list[Fraction]) -> list[int]:
    """The row times its common denominator."""
    scale = lcm(*(x.denominator for x in row))
    return [x.numerator * (scale // x.denominator) for x in row]
