"""Law is data: packs of rules with their citations, read strictly, and the hours they keep."""

from tanheng.rules.controls import (
    Act,
    AmountLimit,
    Calendar,
    Citation,
    Controls,
    Criterion,
    HoldReason,
    KnowYourCustomer,
    ListDelay,
    Opening,
    Rule,
    Status,
    Title,
    TransitAlarm,
    UntrustedDelay,
    VelocityAlarm,
)
from tanheng.rules.hours import CalendarMissing, Hours
from tanheng.rules.load import load_pack, load_pack_files, pack_names
from tanheng.rules.pack import SINKS, AccountType, Pack, Role, UnitKind, UnitType

__all__ = [
    "SINKS",
    "AccountType",
    "Act",
    "AmountLimit",
    "Calendar",
    "CalendarMissing",
    "Citation",
    "Controls",
    "Criterion",
    "HoldReason",
    "Hours",
    "KnowYourCustomer",
    "ListDelay",
    "Opening",
    "Pack",
    "Role",
    "Rule",
    "Status",
    "Title",
    "TransitAlarm",
    "UnitKind",
    "UnitType",
    "UntrustedDelay",
    "VelocityAlarm",
    "load_pack",
    "load_pack_files",
    "pack_names",
]
