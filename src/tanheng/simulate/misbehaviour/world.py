"""Who trades on the invented market."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from statistics import NormalDist

from tanheng.simulate.registry.dice import Dice

_NORMAL = NormalDist()
PROVIDERS, SPECULATORS = 6, 40
"""Of 200 accounts; the rest are obliged to surrender, some short of units and some long."""
_SECOND_ACCOUNTS = 0.15
_GROUPS = 8


@dataclass(frozen=True, slots=True)
class Account:
    """An account; ``role``: provider, speculator, short or long; ``weight``: how often it trades."""

    name: str
    holder: str
    role: str
    weight: float


def normal(dice: Dice) -> float:
    """A draw from the standard normal distribution."""
    return _NORMAL.inv_cdf(min(max(dice.roll(), 1e-12), 1 - 1e-12))


class Choice:
    """Accounts, drawn by weight."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = accounts
        self._sums = list(accumulate(account.weight for account in accounts))

    def pick(self, dice: Dice) -> Account:
        """One of the accounts."""
        return self._accounts[bisect_right(self._sums, dice.roll() * self._sums[-1])]


@dataclass(frozen=True, slots=True)
class World:
    """All accounts, those of each role, and the groups of holders that are known."""

    accounts: tuple[Account, ...]
    roles: dict[str, Choice]
    groups: dict[str, str]

    def of(self, *roles: str) -> list[Account]:
        """The accounts of the roles."""
        return [account for account in self.accounts if account.role in roles]


def populate(dice: Dice, count: int) -> World:
    """So many accounts; sizes have heavy tails, some holders have two accounts."""
    accounts: list[Account] = []
    for number in range(count):
        if number < PROVIDERS * count // 200:
            role, weight = "provider", 1.0 / (1 + number)
        elif number < (PROVIDERS + SPECULATORS) * count // 200:
            role, weight = "speculator", exp(normal(dice))
        else:
            role, weight = "short" if dice.chance(0.55) else "long", exp(1.2 * normal(dice))
        holder = f"H{number:03}"
        if accounts and accounts[-1].role == role and dice.chance(_SECOND_ACCOUNTS):
            holder = accounts[-1].holder
        accounts.append(Account(f"A{number:03}", holder, role, weight))
    roles = {
        role: Choice([account for account in accounts if account.role == role])
        for role in ("provider", "speculator", "short", "long")
    }
    groups: dict[str, str] = {}
    while len(groups) < 2 * _GROUPS:
        one, two = roles["short"].pick(dice).holder, roles["long"].pick(dice).holder
        if one not in groups and two not in groups:
            groups[one] = groups[two] = f"G{len(groups) // 2}"
    return World(tuple(accounts), roles, groups)
