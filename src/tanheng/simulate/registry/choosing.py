"""How people choose: accounts, amounts and blocks that mostly fit, and often enough do not."""

from __future__ import annotations

from typing import Any

from tanheng.simulate.registry.dice import Dice
from tanheng.simulate.registry.model import Account, Toy, later

Planned = tuple[Any, str]
"""A command, and the person who asks for it."""
HUGE = (2**53, 2**63, 10**30)
AUTHORITY = ("boss-1", "boss-2", "boss-3")
PEOPLE = tuple(f"rep-{n}" for n in range(1, 17))
VERIFIERS = ("verifier-1", "verifier-2")
EVERYBODY = (*AUTHORITY, *PEOPLE, *VERIFIERS, "auditor-1")
FREE_TYPES = ("operator", "trader", "person", "developer", "clearing", "custody")
SOURCES = ("issuance", "reserve", "auction")
MOST = 6000
"""Units of one serialised kind after which nobody issues more."""


class Chooser:
    """Looks at the toy registry and picks things from it."""

    def __init__(self, dice: Dice, toy: Toy, packs: dict[str, str]) -> None:
        self.dice, self.toy, self.packs = dice, toy, packs
        self._made = 0
        self.now = ""
        self.keys: list[str] = []
        self.alive: list[Account] = []
        self.others: list[Account] = []

    def look(self, now: str) -> None:
        """See what there is."""
        self.now = now
        self.alive = [a for a in self.toy.accounts.values() if a.status != "closed"]
        types = self.toy.pack.accounts
        self.others = [a for a in self.alive if not types[a.type].government]

    # Choosing

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made}"

    def _reason(self) -> str:
        return " " if self.dice.chance(0.01) else "because"

    def _boss(self) -> str:
        dice = self.dice
        if dice.chance(0.04):
            return dice.pick(EVERYBODY)
        return dice.pick([name for name in AUTHORITY if name in self.toy.persons])

    def _any(self) -> Account:
        return self.dice.pick(self.alive)

    def _other(self) -> Account:
        return self.dice.pick(self.others if self.others else self.alive)

    def _fitting(self, kind: str) -> Account:
        """An account that mostly may have the kind."""
        rule, account = self.toy.pack.kinds.get(kind), self._other()
        for _ in range(3):
            passed = self.toy.holders.get(account.holder, (False, ""))[0]
            if passed and (rule is None or account.type in rule.held_by):
                break
            account = self._other()
        return account

    def _name(self, account: Account) -> str:
        roll = self.dice.roll()
        if roll < 0.985:
            return account.id
        return "nowhere" if roll < 0.99 else self.dice.pick(self.toy.names)

    def _person(self, account: Account, right: str = "initiate") -> str:
        dice = self.dice
        if dice.chance(0.05):
            return "stranger" if dice.chance(0.2) else dice.pick(EVERYBODY)
        if self.toy.pack.accounts[account.type].government:
            return dice.pick(AUTHORITY)
        here = self.toy.persons
        able = [who for who, rights in account.rights.items() if right in rights and who in here]
        return dice.pick(able) if able else dice.pick(PEOPLE)

    def _kind(self, account: Account) -> str:
        """A kind, mostly one the account has had."""
        if account.flow and not self.dice.chance(0.03):
            return self.dice.pick(list(account.flow))
        return self.dice.pick([*self.toy.pack.kinds, "NOTHING"])

    def _rich(self, accounts: list[Account]) -> tuple[Account, str, int]:
        """An account with a kind, and what is free of it; mostly something."""
        account, kind, free = self.dice.pick(accounts), "", 0
        for _ in range(4):
            kind = self._kind(account)
            free = self.toy.free(account.id, kind) if kind in self.toy.pack.kinds else 0
            if free > 0:
                break
            account = self.dice.pick(accounts)
        return account, kind, free

    def _amount(self, free: int, most: int = 40) -> int:
        """Mostly what is there; sometimes one too many, nothing, or nonsense."""
        dice, roll = self.dice, self.dice.roll()
        if roll < 0.90:
            found = dice.between(1, max(min(free, most), 1))
            return found - found % 5 if found >= 5 and dice.chance(0.5) else found
        if roll < 0.94:
            return free
        if roll < 0.97:
            return free + dice.between(1, 3)
        if roll < 0.99:
            return dice.pick((0, -1, -5))
        return dice.pick(HUGE)

    def _blocks(self, account: Account, kind: str, frozen: int = 0) -> tuple[tuple[int, int], ...]:
        """Some of the account's own blocks, cut somewhere; now and then somebody else's."""
        dice = self.dice
        if kind not in self.toy.pack.kinds or not self.toy.serialised(kind):
            return ((1, 2),)
        there = [b for b in self.toy.blocks(account.id, kind) if b[3] == frozen]
        if not there:
            return ((dice.between(1, 50), dice.between(20, 60)),)
        found = []
        for _ in range(dice.between(1, 2)):
            first, last = dice.pick(there)[:2]
            start = dice.between(first, min(last, first + 10))
            found.append((start, min(last, start + dice.below(12))))
        if dice.chance(0.04):
            found.append((found[0][1], found[0][1] + dice.between(-1, 3)))
        return tuple(dict.fromkeys(found))

    def _until(self, **span: int) -> str:
        """An instant, mostly to come, mostly in the one right form."""
        found = later(self.now, **span)
        if self.dice.chance(0.03):
            return self.dice.pick(("soon", found.replace("T", " "), found.replace(".", ",")))
        return found
