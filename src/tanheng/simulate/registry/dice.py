"""Chance and time of a run: everything that is not decided by the rules follows from one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tanheng.simulate.arrays import stream

T = TypeVar("T")
START = datetime(2015, 1, 5, tzinfo=UTC)
_BUFFER = 16384


class Dice:
    """Random choices from a seed, drawn many at a time because single draws are slow."""

    def __init__(self, seed: int, purpose: int) -> None:
        self._stream = stream(seed, purpose)
        self._salt = f"{seed}:{purpose}:".encode()
        self._drawn = 0
        self._left: list[float] = []

    def roll(self) -> float:
        """A number in [0, 1)."""
        if not self._left:
            self._left = self._stream.random(_BUFFER).tolist()
        return self._left.pop()

    def below(self, count: int) -> int:
        """A whole number in [0, count)."""
        return int(self.roll() * count)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + int(self.roll() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in so many cases of one."""
        return self.roll() < share

    def pick(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[int(self.roll() * len(things))]

    def entropy(self, count: int) -> bytes:
        """So many bytes nobody could have guessed, had the seed been secret."""
        self._drawn += 1
        return hashlib.shake_128(self._salt + b"%d" % self._drawn).digest(count)


def text(seconds: int) -> str:
    """The instant so many seconds after the start, as the journal writes it."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


class Time:
    """The true time of a run, in seconds after :data:`START`, and what the writers' clocks show."""

    def __init__(self, dice: Dice, writers: int, allowed: int) -> None:
        self._dice = dice
        self.now = dice.below(11 * 365 * 86400)
        half = max(allowed // 2 - 1, 0)
        self.skew = [dice.between(-half, half) for _ in range(writers)]
        self.shown = ["" for _ in range(writers)]
        """What each clock said when it was last read."""

    def pass_on(self) -> None:
        """Let time pass: seconds mostly, then hours, nights, week-ends and holidays."""
        dice, roll = self._dice, self._dice.roll()
        if roll < 0.20:
            return
        if roll < 0.80:
            self.now += dice.below(240)
        elif roll < 0.95:
            self.now += dice.below(3 * 3600)
        elif roll < 0.99:
            self.now += dice.between(3600, 26 * 3600)
        else:
            self.now += dice.between(1, 9 * 24) * 3600

    def read(self, writer: int) -> str:
        """What a writer's clock shows."""
        self.shown[writer] = text(self.now + self.skew[writer])
        return self.shown[writer]
