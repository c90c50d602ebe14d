"""The rules once more, written from the design and not from the program: who may, and what then.

A decision is a list of *facts*, plain tuples that begin with the name of an event. The checker
compares them with the events of the journal, in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tanheng.registry import commands as c
from tanheng.rules import Pack
from tanheng.simulate.registry.model import (
    LARGEST,
    Account,
    Calendarless,
    Days,
    No,
    Posting,
    Toy,
    later,
)

Fact = tuple[Any, ...]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(slots=True)
class Effect:
    """What a command does: its act, the facts, and the postings a preview would show."""

    act: str
    facts: list[Fact]
    shown: list[Posting] = field(default_factory=list)


@dataclass(slots=True)
class Ask:
    """One decision: who asks, when, and what the waiting command that is decided holds itself."""

    actor: str
    at: str
    own: dict[tuple[str, str], int] = field(default_factory=dict)
    pending: str = ""


def needs(good: object, why: str) -> None:
    """Refuse unless it is so."""
    if not good:
        raise No(why)


class Book:
    """The questions every rule asks of the toy registry."""

    def __init__(self, toy: Toy) -> None:
        self.toy = toy
        self._days: dict[str, Days] = {}

    @property
    def pack(self) -> Pack:
        """The pack in force."""
        return self.toy.pack

    @property
    def days(self) -> Days:
        """Its working days."""
        digest = self.toy.rules
        if digest not in self._days:
            self._days[digest] = Days(self.pack)
        return self._days[digest]

    def roles(self, person: str) -> tuple[str, ...]:
        """Roles of a person who must be there."""
        needs(person in self.toy.persons, "nobody of that name")
        return self.toy.persons[person][0]

    def is_authority(self, person: str) -> bool:
        """Whether somebody is of the authority."""
        return person in self.toy.persons and "authority" in self.toy.persons[person][0]

    def account(self, name: str) -> Account:
        """An account that is not closed."""
        needs(name in self.toy.accounts, "no such account")
        found = self.toy.accounts[name]
        needs(found.status != "closed", "closed account")
        return found

    def acting(self, name: str, act: str) -> Account:
        """An account that may do something of its own."""
        found = self.account(name)
        may = self.pack.controls.frozen_account_may.value
        needs(found.status == "open" or act in may, "frozen account")
        return found

    def role(self, account: Account) -> str:
        """What the account is for."""
        return self.pack.accounts[account.type].role

    def government(self, account: Account) -> bool:
        """Whether it is the authority's."""
        return self.pack.accounts[account.type].government

    def no_sink(self, account: Account) -> None:
        """Refuse the surrender and cancellation accounts."""
        needs(self.role(account) not in ("surrender", "cancellation"), "a sink")

    def fits(self, account: Account, kind: str) -> None:
        """Refuse a kind that an account of the type may not have."""
        needs(account.type in self.pack.kinds[kind].held_by, "kind not for this type")

    def amount(self, kind: str, amount: int) -> None:
        """Refuse an amount that is none of the kind."""
        needs(kind in self.pack.kinds, "no such kind")
        needs(0 < amount <= LARGEST, "no amount")
        needs(amount % self.pack.kinds[kind].smallest == 0, "not a multiple of the smallest")

    def name(self, text: str) -> None:
        """Refuse what is no id."""
        needs(_NAME.fullmatch(text), "no id")

    def reason(self, text: str) -> None:
        """Refuse an empty reason."""
        needs(text.strip(), "no reason")

    def future(self, until: str, at: str) -> None:
        """Refuse an instant that is over."""
        needs(not until or (_INSTANT.fullmatch(until) and until > at), "not in the future")

    def checked(self, type_: str, holder: str, at: str) -> None:
        """Refuse an unchecked customer."""
        if type_ in self.pack.controls.kyc.value.required_for:
            passed, until = self.toy.holders.get(holder, (False, ""))
            needs(passed and (not until or until > at), "unchecked holder")

    def free(self, account: str, kind: str, ask: Ask) -> int:
        """Free units and those the waiting command holds itself."""
        return self.toy.free(account, kind) + ask.own.get((account, kind), 0)

    # Who may

    def _right(self, account: Account, person: str, right: str) -> None:
        if self.government(account):
            needs(self.is_authority(person), "not of the authority")
            return
        needs(right in account.rights.get(person, ()), f"may not {right}")
        self._no_verifier(person)

    def _no_verifier(self, person: str) -> None:
        barred = self.pack.controls.verifier_never_represents.value
        needs(not (barred and "verifier" in self.roles(person)), "a verifier represents")

    def may_initiate(self, command: c.Command, person: str) -> None:
        """Refuse who may not ask for it."""
        roles = self.roles(person)
        if command.authority:
            needs("authority" in roles, "not of the authority")
            return
        account = self.account(side(command))
        self._right(account, person, "initiate")
        least = self.pack.accounts[account.type].minimum_representatives
        able = [name for name in account.rights if name in self.toy.persons]
        needs(len(able) >= least, "too few representatives")

    def may_approve(self, command: c.Command, initiator: str, person: str) -> None:
        """Refuse who may not be the second person."""
        roles = self.roles(person)
        if self.pack.controls.initiator_is_not_approver.value:
            needs(person != initiator, "the same person")
        if command.authority:
            needs("authority" in roles, "not of the authority")
            return
        self._right(self.account(side(command)), person, "approve")

    def concerned(self, account: str, person: str) -> None:
        """Refuse who has nothing to do with the account."""
        self.roles(person)
        if not self.is_authority(person):
            found = self.account(account)
            needs(not self.government(found), "not of the authority")
            needs(person in found.rights, "a stranger")
            self._no_verifier(person)

    def goes_on(self, act: str) -> None:
        """Refuse what does not go on while the registry is closed."""
        if self.toy.mode == "closed":
            listed = self.pack.controls.closed_registry_allows.value
            needs(act == "open_registry" or act in listed, "the registry is closed")

    # Ends of holds

    def end_waiting(self, name: str, how: str, person: str = "") -> list[Fact]:
        """The end of a waiting command and of what it holds."""
        said = "used" if how == "done" else how
        mine = [hold for hold in self.toy.holds.values() if hold.pending == name]
        return [*(("hold_ended", hold.id, said) for hold in mine), ("settled", name, how, person)]

    def make_room(self, account: str, kind: str, amount: int, ask: Ask) -> list[Fact]:
        """End holds in the pack's order until the amount is free."""
        room = self.toy.free(account, kind)
        facts: list[Fact] = []
        over: set[str] = set()
        mine = list(self.toy.held.get((account, kind), {}).values())
        for reason in self.pack.controls.void_order.value:
            for hold in mine:
                if hold.reason != reason or room >= amount or hold.pending in over:
                    continue
                if hold.pending:
                    if hold.pending != ask.pending:
                        over.add(hold.pending)
                        facts += self.end_waiting(hold.pending, "voided")
                        room += sum(h.amount for h in mine if h.pending == hold.pending)
                elif room + hold.amount > amount:
                    facts.append(("hold_reduced", hold.id, hold.amount - (amount - room)))
                    room = amount
                else:
                    facts.append(("hold_ended", hold.id, "voided"))
                    room += hold.amount
        needs(room >= amount, "not even by force")
        return facts


def side(command: c.Command) -> str:
    """The account on whose side a command is made."""
    return str(getattr(command, "account", getattr(command, "source", "")))


__all__ = ["Ask", "Book", "Calendarless", "Effect", "Fact", "No", "later", "needs", "side"]
