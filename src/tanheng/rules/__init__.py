"""Law is data: packs of rules with their citations, read strictly, and the hours they keep."""

from tanheng.rules.cases import Case
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
    Proposal,
    Rule,
    Status,
    Title,
    TransitAlarm,
    UntrustedDelay,
    VelocityAlarm,
)
from tanheng.rules.hours import CalendarMissing, Hours
from tanheng.rules.load import load_pack, load_pack_files, pack_names
from tanheng.rules.market import Instrument, Market, Mode, Segment
from tanheng.rules.pack import SINKS, AccountType, Pack, Role, UnitKind, UnitType
from tanheng.rules.parameters import Content, Found, Gap, Parameter, Value
from tanheng.rules.plan import Plan, Sector

__all__ = [
    "SINKS",
    "AccountType",
    "Act",
    "AmountLimit",
    "Calendar",
    "CalendarMissing",
    "Case",
    "Citation",
    "Content",
    "Controls",
    "Criterion",
    "Found",
    "Gap",
    "HoldReason",
    "Hours",
    "Instrument",
    "KnowYourCustomer",
    "ListDelay",
    "Market",
    "Mode",
    "Opening",
    "Pack",
    "Parameter",
    "Plan",
    "Proposal",
    "Role",
    "Rule",
    "Sector",
    "Segment",
    "Status",
    "Title",
    "TransitAlarm",
    "UnitKind",
    "UnitType",
    "UntrustedDelay",
    "Value",
    "VelocityAlarm",
    "load_pack",
    "load_pack_files",
    "pack_names",
]
