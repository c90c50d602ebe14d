"""What happens in a registry (events) and what it holds (records).

Events are facts: applying one never fails in a sound journal. Every event that moves units carries
``postings``; an auditor needs nothing else to check that units are conserved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from tanheng.rules import Controls, Pack

Posting = tuple[Any, ...]
"""``(op, kind, source, target, first, last)`` or ``(op, kind, source, target, amount)``; op is
``issue`` (source ``""``), ``move``, ``surrender``, ``cancel`` or ``reverse``."""
Block = tuple[int, int, int, int]
"""``(first, last, restriction, frozen)``: both serials included; the year for whose surrender alone
the units may be used (0: none); 1 when frozen by the authority."""

KEEP = -1
"""In :class:`Posted`: every block keeps its restriction."""


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """A fact. The tag carries the version of its form."""


class AccountOpened(Event, frozen=True, tag="account_opened/1"):
    """An account exists."""

    account: str
    type: str
    holder: str
    limit: int | None = None


class AccountClosed(Event, frozen=True, tag="account_closed/1"):
    """An account is closed for good."""

    account: str
    reason: str


class AccountFrozen(Event, frozen=True, tag="account_frozen/1"):
    """An account is frozen, or (``frozen`` false) free again."""

    account: str
    frozen: bool
    reason: str


class HolderChecked(Event, frozen=True, tag="holder_checked/1"):
    """The outcome of a know-your-customer check."""

    holder: str
    passed: bool
    until: str = ""


class Represented(Event, frozen=True, tag="represented/1"):
    """A person's rights on an account; none: removed."""

    account: str
    person: str
    rights: tuple[str, ...]


class LimitSet(Event, frozen=True, tag="limit_set/1"):
    """The account's own limit."""

    account: str
    limit: int | None


class Trusted(Event, frozen=True, tag="trusted/1"):
    """``target`` is trusted from the instant on; ``""``: no longer."""

    account: str
    target: str
    effective: str


class Posted(Event, frozen=True, tag="posted/1"):
    """Units moved. ``restriction``: what the units carry afterwards (:data:`KEEP`: as before)."""

    postings: tuple[Posting, ...]
    restriction: int = KEEP


class Imported(Event, frozen=True, tag="imported/1"):
    """An outside block became units here, ``first`` on; the outside serials are used up."""

    kind: str
    origin: str
    external_first: int
    external_last: int
    first: int | None = None


class HoldPlaced(Event, frozen=True, tag="hold_placed/1"):
    """Units are reserved."""

    hold: str
    account: str
    kind: str
    amount: int
    reason: str
    until: str = ""
    beneficiary: str = ""
    pending: str = ""


class HoldEnded(Event, frozen=True, tag="hold_ended/1"):
    """A hold is over: ``released``, ``used``, ``expired`` or ``voided``."""

    hold: str
    how: str
    reason: str = ""


class HoldReduced(Event, frozen=True, tag="hold_reduced/1"):
    """Part of a hold is voided; so much remains."""

    hold: str
    amount: int
    reason: str


class Proposed(Event, frozen=True, tag="proposed/1"):
    """A command waits: for a second person (``expires``), or for its instant (``due``)."""

    pending: str
    act: str
    account: str
    command: dict[str, Any]
    initiator: str
    expires: str = ""
    due: str = ""


class Scheduled(Event, frozen=True, tag="scheduled/1"):
    """A pending command is approved and waits for its instant."""

    pending: str
    approver: str
    due: str


class Settled(Event, frozen=True, tag="settled/1"):
    """A pending command is over: ``done``, ``rejected``, ``aborted``, ``expired`` or ``voided``."""

    pending: str
    how: str
    reason: str = ""
    person: str = ""


class BlocksFrozen(Event, frozen=True, tag="blocks_frozen/1"):
    """Units of an account are frozen, or (``frozen`` false) free again."""

    account: str
    kind: str
    blocks: tuple[tuple[int, int], ...]
    frozen: bool
    reason: str


class ModeSet(Event, frozen=True, tag="mode_set/1"):
    """The registry is ``open`` or ``closed``."""

    mode: str
    reason: str


class ExportLocked(Event, frozen=True, tag="export_locked/1"):
    """Units are locked for another programme."""

    export: str
    hold: str
    account: str
    kind: str
    amount: int
    programme: str


class ExportEnded(Event, frozen=True, tag="export_ended/1"):
    """The other programme took them (``confirmed``) or not (``aborted``)."""

    export: str
    how: str
    receipt: str = ""


class UnitsImported(Event, frozen=True, tag="units_imported/1"):
    """An export of another programme was taken in, once."""

    programme: str
    export: str
    account: str
    kind: str
    amount: int


class Reversed(Event, frozen=True, tag="reversed/1"):
    """The surrender of an entry was undone."""

    surrender: int
    reason: str


class Alarm(Event, frozen=True, tag="alarm/1"):
    """Something to be looked at: ``velocity`` or ``transit``. It stops nothing."""

    alarm: str
    account: str
    kind: str
    amount: int
    count: int = 0


RegistryEvent = (
    AccountOpened | AccountClosed | AccountFrozen | HolderChecked | Represented | LimitSet | Trusted
    | Posted | Imported | HoldPlaced | HoldEnded | HoldReduced | Proposed | Scheduled | Settled
    | BlocksFrozen | ModeSet | ExportLocked | ExportEnded | UnitsImported | Reversed | Alarm
)  # fmt: skip
"""Every event of the registry."""

CONFIDENTIAL = frozenset({Represented, HolderChecked, Trusted, LimitSet, Alarm})
PARTIES = frozenset({
    HoldPlaced, HoldEnded, HoldReduced, Proposed, Scheduled, Settled, ExportLocked,
    # Their reasons are nobody else's business.
    AccountFrozen, BlocksFrozen, AccountClosed, Reversed,
})  # fmt: skip


def audience(event: Event, act: str, controls: Controls) -> str:
    """Who may read the event: the postings of an act are public when the pack says so."""
    kind = type(event)
    if kind in CONFIDENTIAL:
        return "confidential"
    if kind is HoldPlaced and event.reason == "bid":  # type: ignore[attr-defined]
        # What is held for a sealed bid would tell it.
        return "confidential"
    if kind in PARTIES:
        return "parties"
    if kind is Posted:
        return "public" if act in controls.public_acts.value else "parties"
    return "public"


class Balance(msgspec.Struct):
    """What an account has of a kind, in units: of ``total``, so many ``held``, ``restricted`` (and
    not frozen), ``frozen``. ``flow``: all that came in and went out up to an instant, ``[instant, in,
    out]``, for the last days."""

    total: int = 0
    held: int = 0
    restricted: int = 0
    frozen: int = 0
    blocks: list[Block] = msgspec.field(default_factory=list)
    flow: list[tuple[str, int, int]] = msgspec.field(default_factory=list)

    @property
    def free(self) -> int:
        """Units that may be moved or held."""
        return self.total - self.held - self.restricted - self.frozen


class Account(msgspec.Struct):
    """An account. ``status``: ``open``, ``frozen`` or ``closed``; ``trusted``: account → instant
    from which; ``sent``: as ``flow``, in outgoing transfers instead of units."""

    id: str
    type: str
    holder: str
    status: str = "open"
    limit: int | None = None
    representatives: dict[str, list[str]] = msgspec.field(default_factory=dict)
    trusted: dict[str, str] = msgspec.field(default_factory=dict)
    balances: dict[str, Balance] = msgspec.field(default_factory=dict)
    sent: list[tuple[str, int, int]] = msgspec.field(default_factory=list)


class Hold(msgspec.Struct):
    """A reservation of units."""

    id: str
    account: str
    kind: str
    amount: int
    reason: str
    until: str = ""
    beneficiary: str = ""
    pending: str = ""


class Pending(msgspec.Struct):
    """A command that waits. ``expires`` while it needs a second person, then ``due``."""

    id: str
    act: str
    account: str
    command: dict[str, Any]
    initiator: str
    expires: str = ""
    due: str = ""
    approver: str = ""
    holds: list[str] = msgspec.field(default_factory=list)


class KindTotals(msgspec.Struct):
    """Units of a kind, since ever: conserved as ``issued = circulating + surrendered + cancelled``."""

    issued: int = 0
    surrendered: int = 0
    cancelled: int = 0


FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


@lru_cache(maxsize=4096)
def moment(at: str) -> datetime:
    """The instant of a text ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, in UTC."""
    return datetime.fromisoformat(at)


def instant(when: datetime) -> str:
    """The text of an aware instant."""
    return when.astimezone(UTC).strftime(FORMAT)


@lru_cache(maxsize=4096)
def hours_before(at: str, hours: int) -> str:
    """The instant so many hours before."""
    return instant(moment(at) - timedelta(hours=hours))


@dataclass(frozen=True)
class Call:
    """Who asks, when, under which law.

    Attributes:
        actor: the person's id.
        at: instant of the decision.
        seq: number of the entry it would become; ids are made from it.
        rules: the pack in force.
        roles: roles of every person that may act (``authority``, ``verifier``, ``holder``).
        earlier: for a reversal, the entry it names: instant, act and postings, by its number.
    """

    actor: str
    at: str
    seq: int
    rules: Pack
    roles: Mapping[str, frozenset[str]]
    earlier: Mapping[int, tuple[str, str, tuple[Posting, ...]]]

    @property
    def controls(self) -> Controls:
        """The pack's controls."""
        return self.rules.controls

    @cached_property
    def is_authority(self) -> bool:
        """Whether the actor is a person of the authority."""
        return "authority" in self.roles.get(self.actor, ())
