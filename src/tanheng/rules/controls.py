"""The controls of a registry as data: each a value, the clause it stands in, and what is known.

The words a pack may use (acts, reasons of holds, criteria of choosing blocks) are closed lists, so
that a misspelt act is a fault of the pack and not a control that is silently off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from functools import cached_property
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from tanheng.period import WorkingDays

T = TypeVar("T")

Status = Literal["verified", "unverified", "assumed"]
Proposal = Literal[
    "open_account",
    "close_account",
    "register_holder",
    "enrol",
    "enrol_authority",
    "set_key",
    "withdraw",
    "adopt_pack",
    "represent",
    "trust",
    "distrust",
    "set_limit",
    "issue",
    "allocate",
    "transfer",
    "hold",
    "surrender",
    "cancel",
    "import_credits",
    "convert",
    "carry_over",
    "return",
    "deduct",
    "reverse",
    "freeze",
    "unfreeze",
    "open_registry",
    "close_registry",
    "export_units",
    "confirm_export",
    "abort_export",
    "import_units",
    "pre_allocate",
    "true_up",
    "surrender_year",
    "close_year",
    "enforce",
    "carry_over_year",
    "settle_benchmarks",
    "publish_table",
    "permit",
    "record_entry",
    "admit",
    "set_reference",
    "halt",
    "deposit",
    "withdraw_money",
    "open_auction",
    "call_off",
    "annul",
]
"""Acts that can be made to wait for a second person."""
Act = Proposal | Literal["approve", "abort", "release"]
HoldReason = Literal["order", "bid", "repurchase", "custody", "pledge", "pending", "freeze"]
Criterion = Literal[
    "restricted_first",
    "unrestricted_first",
    "oldest_vintage",
    "newest_vintage",
    "lowest_serial",
    "highest_serial",
]


def _clock(value: object) -> time:
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    raise ValueError("not a time of day such as 09:30")


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    raise ValueError("not a day such as 2016-03-31")


Clock = Annotated[time, PlainValidator(_clock)]
Day = Annotated[date, PlainValidator(_day)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Window = Annotated[int, Field(ge=1, le=168)]
"""Hours that an alarm looks back: a week at most, for so long movements are remembered."""
Year = Annotated[int, Field(ge=1900, le=2999)]


class Part(BaseModel):
    """A part of a pack: nothing unknown, nothing changed, nothing converted on the quiet."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Title(Part):
    """A name in both languages."""

    en: Text
    zh: Text


class Citation(Part):
    """Where a rule stands in law, and whether that was looked up."""

    clause: Text
    status: Status


class Rule(Citation, Generic[T]):
    """A value of the law with its citation."""

    value: T


class Opening(Part):
    """Hours of a working day in local time: from the first, up to but not including the second."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")


class UntrustedDelay(Part):
    """When a transfer to an account that is not trusted is executed.

    Proposed before ``cutoff`` of a working day: at ``execute`` of the ``before_days``-th working
    day after it; later: of the ``after_days``-th.
    """

    cutoff: Clock
    execute: Clock
    before_days: Positive
    after_days: Positive


class ListDelay(Part):
    """An addition to a trusted list works from ``at`` of the ``days``-th working day after it."""

    days: Positive
    at: Clock


class AmountLimit(Part):
    """Largest amount of one transfer to an account that is not trusted; the lowest limit counts.

    The limit of a single account is set by its holder; None: no limit from this side.
    """

    central: Positive | None
    national: Positive | None
    exempt: tuple[Act, ...]


class VelocityAlarm(Part):
    """Alarm at ``count`` outgoing transfers of one account ``within_hours``."""

    count: Positive
    within_hours: Window


class TransitAlarm(Part):
    """Alarm when ``share_percent`` of what came in goes out ``within_hours``."""

    within_hours: Window
    share_percent: Annotated[int, Field(ge=1, le=100)]


class KnowYourCustomer(Part):
    """Account types whose holders must be checked, and for how long a check is good."""

    required_for: tuple[Name, ...]
    valid_days: Positive | None


class Controls(Part):
    """All controls of a registry. Nothing has a default: a pack says what it does without."""

    four_eyes: Rule[tuple[Proposal, ...]]
    initiator_is_not_approver: Rule[bool]
    verifier_never_represents: Rule[bool]
    minimum_representatives: Citation
    opening_hours: Rule[Opening]
    untrusted_delay: Rule[UntrustedDelay]
    trusted_immediate: Rule[bool]
    abort_before_minutes: Rule[Count]
    trusted_list_delay: Rule[ListDelay]
    trusted_removal_immediate: Rule[Literal[True]]
    amount_limit: Rule[AmountLimit]
    velocity_alarm: Rule[VelocityAlarm]
    transit_alarm: Rule[TransitAlarm]
    kyc: Rule[KnowYourCustomer]
    approve_within_hours: Rule[Positive]
    void_order: Rule[tuple[HoldReason, ...]]
    frozen_account_may: Rule[tuple[Act, ...]]
    closed_registry_allows: Rule[tuple[Act, ...]]
    block_order: Rule[Mapping[str, tuple[Criterion, ...]]]
    public_acts: Rule[tuple[Act, ...]]
    reverse_within_days: Rule[Count | None]
    clock_skew_seconds: Rule[Count]

    def blocks_for(self, purpose: str) -> tuple[Criterion, ...]:
        """The order in which blocks are taken for a purpose; the default one when none is named."""
        orders = self.block_order.value
        return orders.get(purpose, orders["default"])


class Calendar(Part):
    """Holidays and worked week-ends of the years it covers, and only of those."""

    holidays: tuple[Day, ...]
    worked: tuple[Day, ...] = ()
    years: tuple[Year, ...]

    @cached_property
    def working_days(self) -> WorkingDays:
        """The working days; asks nothing about the years covered (`Hours` does)."""
        return WorkingDays(frozenset(self.holidays), frozenset(self.worked))
