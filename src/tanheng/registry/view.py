"""What a decision sees: state, call, and the questions every decision asks first.

Inside the registry a refusal travels as an exception, so that a check is one line; at the door
(:func:`tanheng.registry.decide.decide`) it is a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tanheng.errors import Refusal
from tanheng.registry import blocks as serials
from tanheng.registry.model import Account, Balance, Call, Posting, instant, moment
from tanheng.registry.state import Registry
from tanheng.rules import AccountType, UnitKind

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LARGEST = 2**53 - 1
"""Largest amount of a posting: integers every reader of JSON keeps exactly."""
_EMPTY = Balance()


class Refused(Exception):
    """Carries a refusal to the door."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class View:
    """State and call of one decision.

    Attributes:
        own: what the pending command that is being decided holds itself, by account and kind.
        pending: its id.
    """

    def __init__(
        self, state: Registry, call: Call, own: Mapping[tuple[str, str], int] | None = None,
        pending: str = "",
    ) -> None:  # fmt: skip
        self.state = state
        self.call = call
        self.own = own or {}
        self.pending = pending
        self.content = state.content

    def account(self, name: str) -> Account:
        """The account, unless it is unknown or closed."""
        found = self.content.accounts.get(name)
        if found is None:
            raise Refused(Refusal("account_unknown", {"account": name}))
        if found.status == "closed":
            raise Refused(Refusal("account_closed", {"account": name}))
        return found

    def acting(self, name: str, act: str) -> Account:
        """The account as one that acts: not closed, not frozen for the act."""
        found = self.account(name)
        rule = self.call.controls.frozen_account_may
        if found.status == "frozen" and act not in rule.value:
            details = {"account": name, "act": act, "clause": rule.clause}
            raise Refused(Refusal("account_frozen", details))
        return found

    def type_of(self, account: Account) -> AccountType:
        """The account's type."""
        return self.call.rules.accounts[account.type]

    def kind(self, name: str) -> UnitKind:
        """The unit kind."""
        found = self.call.rules.kinds.get(name)
        if found is None:
            known = ", ".join(self.call.rules.kinds)
            raise Refused(Refusal("kind_unknown", {"kind": name, "known": known}))
        return found

    def balance(self, account: str, kind: str) -> Balance:
        """What the account has of the kind."""
        return self.content.accounts[account].balances.get(kind) or _EMPTY

    def free(self, account: str, kind: str) -> int:
        """Units that may be moved: free ones and those the command itself holds."""
        return self.balance(account, kind).free + self.own.get((account, kind), 0)

    def amount(self, kind: UnitKind, amount: int) -> int:
        """The amount, if it is one of the kind."""
        if not 1 <= amount <= LARGEST or amount % kind.smallest:
            details = {
                "value": amount,
                "kind": kind.id,
                "smallest": kind.smallest,
                "largest": LARGEST,
            }
            raise Refused(Refusal("amount_bad", details))
        return amount

    def short(self, account: str, kind: str, amount: int) -> Refused:
        """The refusal of more than there is."""
        balance = self.balance(account, kind)
        return Refused(Refusal("amount_short", {
            "account": account, "kind": kind, "amount": amount, "free": self.free(account, kind),
            "total": balance.total, "held": balance.held, "restricted": balance.restricted,
            "frozen": balance.frozen,
        }))  # fmt: skip

    def may_hold(self, account: Account, kind: UnitKind) -> None:
        """Refuse when an account of its type cannot have the kind."""
        if account.type not in kind.held_by:
            details = {"account": account.id, "type": account.type, "kind": kind.id}
            raise Refused(Refusal("kind_not_held", details))

    def no_sink(self, account: Account, act: str) -> None:
        """Refuse a surrender or cancellation account where units must not end or start."""
        if self.type_of(account).sink:
            details = {"account": account.id, "act": act}
            raise Refused(Refusal("account_is_sink", details))

    def sink(self, role: str) -> str:
        """The first account of the role; for surrenders and cancellations."""
        for kind in self.call.rules.accounts.values():
            if kind.role == role:
                for name in self.state.by_type.get(kind.id, ()):
                    if self.content.accounts[name].status != "closed":
                        return name
        raise Refused(Refusal("account_role_missing", {"role": role}))

    def next_serials(self, kind: UnitKind, amount: int) -> tuple[int, ...]:
        """The tail of an ``issue`` posting: the next serials, or the amount."""
        totals = self.content.totals.get(kind.id)
        issued = totals.issued if totals else 0
        if issued + amount > LARGEST:
            details = {
                "value": amount,
                "kind": kind.id,
                "smallest": kind.smallest,
                "largest": LARGEST - issued,
            }
            raise Refused(Refusal("amount_bad", details))
        return (issued + 1, issued + amount) if kind.serialised else (amount,)

    def units(
        self, op: str, source: str, target: str, kind: UnitKind, amount: int,
        blocks: Sequence[tuple[int, int]] = (), purpose: str = "transfer",
    ) -> tuple[Posting, ...]:  # fmt: skip
        """Postings of free units: the blocks asked for, or those the pack's order takes."""
        self.amount(kind, amount)
        if blocks:
            self.check_blocks(source, kind, amount, blocks)
        if amount > self.free(source, kind.id):
            raise self.short(source, kind.id, amount)
        if not kind.serialised:
            return ((op, kind.id, source, target, amount),)
        ranges = blocks or serials.choose(
            self.balance(source, kind.id).blocks, amount,
            order=self.call.controls.blocks_for(purpose),
        )  # fmt: skip
        return tuple((op, kind.id, source, target, first, last) for first, last in ranges)

    def check_blocks(
        self, account: str, kind: UnitKind, amount: int, blocks: Sequence[tuple[int, int]],
        usable: bool = True,
    ) -> None:  # fmt: skip
        """Refuse blocks that are not the account's own, or (``usable``) not free to move."""
        ordered = sorted(blocks)
        good = kind.serialised and all(1 <= first <= last for first, last in ordered)
        good = good and all(a[1] < b[0] for a, b in pairwise(ordered))
        if not good or serials.amount_of(ordered) != amount:
            text = ", ".join(f"{first}..{last}" for first, last in blocks)
            details = {"blocks": text, "amount": amount, "kind": kind.id}
            raise Refused(Refusal("blocks_bad", details))
        held = self.balance(account, kind.id).blocks
        for first, last in ordered:
            place = serials.find(held, first, last)
            if place is None:
                serial = serials.missing(held, first, last)
                raise Refused(Refusal("block_elsewhere", {
                    "kind": kind.id, "first": first, "last": last, "account": account,
                    "serial": serial, "owner": self.owner(kind.id, serial) or "—",
                }))  # fmt: skip
            for low, high, restriction, frozen in held[place[0] : place[1]]:
                if usable and frozen:
                    raise Refused(Refusal("block_frozen", {
                        "kind": kind.id, "first": low, "last": high, "account": account,
                        "year": restriction,
                    }))  # fmt: skip
                if usable and restriction:
                    raise Refused(Refusal("block_restricted", {
                        "kind": kind.id, "first": low, "last": high, "account": account,
                        "year": restriction,
                    }))  # fmt: skip

    def owner(self, kind: str, serial: int) -> str | None:
        """The account a unit is in."""
        for account in self.content.accounts.values():
            balance = account.balances.get(kind)
            if balance and serials.find(balance.blocks, serial, serial):
                return account.id
        return None

    def reason(self, text: str, act: str) -> str:
        """A reason that says something."""
        if not text.strip():
            raise Refused(Refusal("reason_missing", {"act": act}))
        return text

    def identifier(self, text: str) -> str:
        """An id that may be written into the journal."""
        if not IDENTIFIER.fullmatch(text):
            raise Refused(Refusal("identifier_bad", {"value": text}))
        return text

    def future(self, until: str) -> str:
        """An instant after now, or ``""``."""
        if until:
            try:
                good = instant(moment(until)) == until > self.call.at
            except (ValueError, OverflowError):
                good = False
            if not good:
                raise Refused(Refusal("instant_bad", {"value": until, "now": self.call.at}))
        return until
