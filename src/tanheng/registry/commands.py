"""What people may ask of a registry. A command's tag is its *act*, the word a pack's controls use.

Amounts are whole numbers of the kind's unit, at least 1. Accounts, kinds, holders and persons are
ids. Blocks are ``[first, last]``, both included.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

Range = tuple[int, int]


class Command(
    msgspec.Struct, frozen=True, tag_field="command", forbid_unknown_fields=True,
    omit_defaults=True,
):  # fmt: skip
    """A request. ``authority``: only persons of the authority may make it."""

    authority: ClassVar[bool] = False

    @property
    def act(self) -> str:
        """Its act."""
        return str(self.__struct_config__.tag)


class OpenAccount(Command, frozen=True, tag="open_account"):
    """Open an account of a type of the pack for a holder; ``limit``: largest amount of one
    transfer to an account that is not trusted."""

    authority: ClassVar[bool] = True
    account: str
    type: str
    holder: str
    limit: int | None = None


class CloseAccount(Command, frozen=True, tag="close_account"):
    """Close an empty account for good."""

    authority: ClassVar[bool] = True
    account: str
    reason: str


class RegisterHolder(Command, frozen=True, tag="register_holder"):
    """Record the outcome of a know-your-customer check; ``until``: instant it is good for."""

    authority: ClassVar[bool] = True
    holder: str
    passed: bool
    until: str = ""


class Represent(Command, frozen=True, tag="represent"):
    """Give a person the rights ``initiate`` or ``approve`` or both on an account; none: remove."""

    authority: ClassVar[bool] = True
    account: str
    person: str
    rights: tuple[str, ...]


class SetLimit(Command, frozen=True, tag="set_limit"):
    """Set or (None) lift the account's own limit of one transfer to an untrusted account."""

    account: str
    limit: int | None = None


class Trust(Command, frozen=True, tag="trust"):
    """Put an account on the trusted list; it works after the pack's delay."""

    account: str
    target: str


class Distrust(Command, frozen=True, tag="distrust"):
    """Take an account off the trusted list, at once."""

    account: str
    target: str


class Issue(Command, frozen=True, tag="issue"):
    """Create units in an account of the authority."""

    authority: ClassVar[bool] = True
    kind: str
    amount: int
    account: str


class Allocate(Command, frozen=True, tag="allocate"):
    """Give units from an account of the authority to a holder's; ``restriction``: the only year
    for whose surrender they may be used (0: none)."""

    authority: ClassVar[bool] = True
    source: str
    account: str
    kind: str
    amount: int
    restriction: int = 0


class Transfer(Command, frozen=True, tag="transfer"):
    """Move units to another account; ``blocks`` names them, else the pack's order chooses."""

    source: str
    target: str
    kind: str
    amount: int
    blocks: tuple[Range, ...] = ()


class Approve(Command, frozen=True, tag="approve"):
    """Approve what another person proposed."""

    pending: str


class Reject(Command, frozen=True, tag="reject"):
    """Refuse what another person proposed."""

    pending: str
    reason: str


class Abort(Command, frozen=True, tag="abort"):
    """Take back what was proposed or is waiting for its instant."""

    pending: str
    reason: str = ""


class PlaceHold(Command, frozen=True, tag="hold"):
    """Reserve free units for a reason of the pack's list; ``until``: instant, ``""`` for ever."""

    account: str
    kind: str
    amount: int
    reason: str
    until: str = ""
    beneficiary: str = ""


class Release(Command, frozen=True, tag="release"):
    """End a hold."""

    hold: str
    reason: str = ""


class Surrender(Command, frozen=True, tag="surrender"):
    """Give units up for the emissions of a year; kind ``""``: the pack's order chooses."""

    account: str
    amount: int
    year: int
    kind: str = ""


class Cancel(Command, frozen=True, tag="cancel"):
    """Take units out of circulation for ever."""

    account: str
    kind: str
    amount: int
    reason: str
    blocks: tuple[Range, ...] = ()


class ImportCredits(Command, frozen=True, tag="import_credits"):
    """Bring a block of an outside registry in; its serials there are used once and for all."""

    authority: ClassVar[bool] = True
    account: str
    kind: str
    origin: str
    first: int
    last: int


class Convert(Command, frozen=True, tag="convert"):
    """Cancel units of one kind and get another kind's at the pack's ratio."""

    account: str
    kind: str
    target_kind: str
    amount: int


class CarryOver(Command, frozen=True, tag="carry_over"):
    """Carry units over into the kind of the next period, one for one."""

    account: str
    kind: str
    amount: int


class Return(Command, frozen=True, tag="return"):
    """Give units back to an account of the authority."""

    account: str
    target: str
    kind: str
    amount: int


class Deduct(Command, frozen=True, tag="deduct"):
    """Take units by force; holds are voided in the pack's order as far as it needs."""

    authority: ClassVar[bool] = True
    account: str
    target: str
    kind: str
    amount: int
    reason: str


class Reverse(Command, frozen=True, tag="reverse"):
    """Undo the surrender of entry ``surrender``: its units return to the account they came from."""

    authority: ClassVar[bool] = True
    surrender: int
    reason: str


class Freeze(Command, frozen=True, tag="freeze"):
    """Freeze an account; or, with a kind, an amount in it, or (``blocks``) certain units of it."""

    authority: ClassVar[bool] = True
    account: str
    reason: str
    kind: str = ""
    amount: int = 0
    blocks: tuple[Range, ...] = ()


class Unfreeze(Command, frozen=True, tag="unfreeze"):
    """Undo a freeze of the account, or of certain units of it (an amount: release its hold)."""

    authority: ClassVar[bool] = True
    account: str
    reason: str
    kind: str = ""
    blocks: tuple[Range, ...] = ()


class OpenRegistry(Command, frozen=True, tag="open_registry"):
    """End the closed mode."""

    authority: ClassVar[bool] = True
    reason: str


class CloseRegistry(Command, frozen=True, tag="close_registry"):
    """Closed mode: only what the pack lists goes on, such as surrender."""

    authority: ClassVar[bool] = True
    reason: str


class ExportUnits(Command, frozen=True, tag="export_units"):
    """Lock units for another programme (first of three steps)."""

    account: str
    kind: str
    amount: int
    programme: str


class ConfirmExport(Command, frozen=True, tag="confirm_export"):
    """The other programme has imported them (its entry hash): they leave circulation here."""

    authority: ClassVar[bool] = True
    export: str
    receipt: str


class AbortExport(Command, frozen=True, tag="abort_export"):
    """The other programme has not taken them: they are free again."""

    authority: ClassVar[bool] = True
    export: str
    reason: str


class ImportUnits(Command, frozen=True, tag="import_units"):
    """Bring in what another programme has locked as ``export``; each export once."""

    authority: ClassVar[bool] = True
    account: str
    kind: str
    amount: int
    programme: str
    export: str


AnyCommand = (
    OpenAccount | CloseAccount | RegisterHolder | Represent | SetLimit | Trust | Distrust | Issue
    | Allocate | Transfer | Approve | Reject | Abort | PlaceHold | Release | Surrender | Cancel
    | ImportCredits | Convert | CarryOver | Return | Deduct | Reverse | Freeze | Unfreeze
    | OpenRegistry | CloseRegistry | ExportUnits | ConfirmExport | AbortExport | ImportUnits
)  # fmt: skip
"""Every command of the registry."""
