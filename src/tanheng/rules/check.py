"""What no single value of a pack can get wrong: names that lead nowhere, days that contradict.

Works on the plain data, so that it speaks even when other parts of the pack are faulty; what has
the wrong shape is left to Pydantic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from tanheng.rules.known import KNOWN, Known
from tanheng.rules.pack import SINKS, Pack
from tanheng.rules.parameters import overlapping
from tanheng.rules.source import Data, Lines, Problem

Path = tuple[str, ...]
Fault = tuple[Path, str]


def crossed(data: Mapping[str, Data], lines: Lines, pack: Pack | None) -> list[Problem]:
    """All contradictions and dead references, on their lines; dates of parameters only where the
    pack has the right shape."""
    faults = [*_zone(data), *_kinds(data), *_accounts(data), *_calendar(data), *_controls(data)]
    faults += [*_plan(data), *_market(data), *_parameters(data)]
    if pack is not None:
        faults += _dates(pack)
    problems = []
    for path, reason in faults:
        if path in lines:
            file, row = lines[path]
            value = _shown(_at(data, path))
            problems.append(Problem("pack_value", file, row, ".".join(path), value, reason))
    return problems


def _zone(data: Mapping[str, Data]) -> Iterator[Fault]:
    name = data.get("timezone")
    if isinstance(name, str) and name:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            yield ("timezone",), "not a time zone of the IANA database, such as Asia/Shanghai"


def _kinds(data: Mapping[str, Data]) -> Iterator[Fault]:
    kinds, accounts = _mapping(data.get("kinds")), _mapping(data.get("accounts"))
    for name, kind in _mappings(kinds):
        here = ("kinds", name)
        for place, account in enumerate(_list(kind.get("held_by"))):
            if isinstance(account, str) and account not in accounts:
                yield (*here, "held_by", str(place)), "no such account type"
        yield from _twice(kind.get("held_by"), (*here, "held_by"))
        for other in _mapping(kind.get("convertible_to")):
            if other not in kinds:
                yield (*here, "convertible_to", other), "no such kind"
            elif other == name:
                yield (*here, "convertible_to", other), "a kind is not converted to itself"
        yield from _bank(kinds, name, kind)
        if kind.get("type") == "money" and kind.get("surrender") is True:
            yield (*here, "surrender"), "money is not surrendered"
        if kind.get("type") == "money" and kind.get("serialised") is True:
            yield (*here, "serialised"), "money has no serial numbers"
        if kind.get("serialised") is True and kind.get("smallest", 1) != 1:
            yield (*here, "smallest"), "a serialised kind moves in single units"


def _bank(kinds: Mapping[str, Data], name: str, kind: Mapping[str, Data]) -> Iterator[Fault]:
    here, target = ("kinds", name, "bankable_to"), kind.get("bankable_to")
    if not isinstance(target, str):
        return
    if target not in kinds:
        yield here, "no such kind"
        return
    other = _mapping(kinds[target])
    if target == name:
        yield here, "a kind is not carried over to itself"
    elif other.get("measure") != kind.get("measure"):
        yield here, "its measure differs"
    else:
        old, new = kind.get("vintage"), other.get("vintage")
        if isinstance(old, int) and isinstance(new, int) and new <= old:
            yield here, "its vintage is not later"


def _accounts(data: Mapping[str, Data]) -> Iterator[Fault]:
    for name, account in _mappings(_mapping(data.get("accounts"))):
        role, sink = account.get("role"), account.get("sink", False)
        if isinstance(role, str) and isinstance(sink, bool) and sink != (role in SINKS):
            key = "sink" if "sink" in account else "role"
            yield (
                ("accounts", name, key),
                "surrender and cancellation accounts are sinks, no others",
            )


def _calendar(data: Mapping[str, Data]) -> Iterator[Fault]:
    calendar = _mapping(data.get("calendar"))
    years = _list(calendar.get("years"))
    yield from _twice(calendar.get("years"), ("calendar", "years"))
    holidays = {d for _, d in _days(calendar, "holidays")}
    for part in ("holidays", "worked"):
        yield from _twice(calendar.get(part), ("calendar", part))
        for place, day in _days(calendar, part):
            here = ("calendar", part, str(place))
            if day.year not in years:
                yield here, "its year is not among calendar.years"
            elif part == "worked" and day in holidays:
                yield here, "the day is also a holiday"
            elif part == "worked" and day.weekday() < 5:
                yield here, "the day is no Saturday or Sunday"


def _controls(data: Mapping[str, Data]) -> Iterator[Fault]:
    controls = _mapping(data.get("controls"))
    accounts = _mapping(data.get("accounts"))
    for name, rule in _mappings(controls):
        yield from _twice(rule.get("value"), ("controls", name, "value"))
    hours = _mapping(_value(controls, "opening_hours"))
    start, end = hours.get("from"), hours.get("to")
    if isinstance(start, str) and isinstance(end, str) and start.zfill(8) >= end.zfill(8):
        yield ("controls", "opening_hours", "value", "to"), "the hours end before they begin"
    delay = _mapping(_value(controls, "untrusted_delay"))
    before, after = delay.get("before_days"), delay.get("after_days")
    if isinstance(before, int) and isinstance(after, int) and after < before:
        here = ("controls", "untrusted_delay", "value", "after_days")
        yield here, "what is proposed later would be executed sooner"
    here = ("controls", "kyc", "value", "required_for")
    required = _mapping(_value(controls, "kyc")).get("required_for")
    for place, account in enumerate(_list(required)):
        if isinstance(account, str) and account not in accounts:
            yield (*here, str(place)), "no such account type"
    yield from _twice(required, here)
    exempt = _mapping(_value(controls, "amount_limit")).get("exempt")
    yield from _twice(exempt, ("controls", "amount_limit", "value", "exempt"))
    yield from _orders(_value(controls, "block_order"))


def _orders(value: Data) -> Iterator[Fault]:
    here = ("controls", "block_order", "value")
    orders = _mapping(value)
    if isinstance(value, dict) and "default" not in orders:
        yield here, "there is no order called default"
    for purpose, order in orders.items():
        steps = _list(order)
        yield from _twice(order, (*here, purpose))
        if isinstance(order, list) and (not steps or steps[-1] not in _LAST):
            yield (*here, purpose), "an order ends with lowest_serial or highest_serial"


_LAST = ("lowest_serial", "highest_serial")


def _plan(data: Mapping[str, Data]) -> Iterator[Fault]:
    """Kinds and accounts of the compliance year that are not there."""
    plan = _mapping(data.get("plan"))
    kinds, accounts = _mapping(data.get("kinds")), _mapping(data.get("accounts"))
    for year, kind in _mapping(plan.get("allowance")).items():
        if isinstance(kind, str) and kind not in kinds:
            yield ("plan", "allowance", year), "no such kind"
    yield from _units_of(plan, kinds)
    credits = _list(_mapping(plan.get("credits")).get("value"))
    for place, kind in enumerate(credits):
        if isinstance(kind, str) and kind not in kinds:
            yield ("plan", "credits", "value", str(place)), "no such kind"
        elif isinstance(kind, str) and _mapping(kinds[kind]).get("surrender") is not True:
            yield ("plan", "credits", "value", str(place)), "the kind is not surrendered"
    for key in ("source", "entrants"):
        account = plan.get(key)
        if isinstance(account, str) and account not in accounts:
            yield ("plan", key), "no such account type"
        elif isinstance(account, str) and _mapping(accounts[account]).get("government") is not True:
            yield ("plan", key), "allocations come from an account of the government"
    for name, choice in _mappings(plan):
        if name not in ("allowance", "sectors"):
            yield from _twice(choice.get("value"), ("plan", name, "value"))


def _market(data: Mapping[str, Data]) -> Iterator[Fault]:
    """Kinds, accounts, segments and classes of the market that are not there."""
    market = _mapping(data.get("market"))
    kinds, accounts = _mapping(data.get("kinds")), _mapping(data.get("accounts"))
    segments, classes = _mapping(market.get("segments")), _mapping(market.get("classes"))
    money = market.get("money")
    if isinstance(money, str) and _mapping(kinds.get(money)).get("type") != "money":
        yield ("market", "money"), "no kind of money"
    clearing = market.get("clearing")
    if isinstance(clearing, str) and clearing not in accounts:
        yield ("market", "clearing"), "no such account type"
    for name, instrument in _mappings(_mapping(market.get("instruments"))):
        here, kind = ("market", "instruments", name), instrument.get("kind")
        if isinstance(kind, str) and kind not in kinds:
            yield (*here, "kind"), "no such kind"
        elif isinstance(kind, str) and _mapping(kinds[kind]).get("type") == "money":
            yield (*here, "kind"), "money is not traded"
        yield from _among(instrument.get("segments"), segments, (*here, "segments"), "segment")
    for name, segment in _mappings(segments):
        here = ("market", "segments", name)
        admits = _mapping(segment.get("admits")).get("value")
        yield from _among(admits, classes, (*here, "admits", "value"), "class")
        yield from _sessions(segment, market, here)
    close_from = _mapping(market.get("close_from")).get("value")
    yield from _among(close_from, segments, ("market", "close_from", "value"), "segment")


def _among(names: Data, known: Mapping[str, Data], here: Path, what: str) -> Iterator[Fault]:
    """Names of a list that are not known, or there twice."""
    for place, name in enumerate(_list(names)):
        if isinstance(name, str) and name not in known:
            yield (*here, str(place)), f"no such {what}"
    yield from _twice(names, here)


def _sessions(
    segment: Mapping[str, Data], market: Mapping[str, Data], here: Path
) -> Iterator[Fault]:
    """Sessions that end before they begin, overlap, or outlast the day."""
    end = _mapping(market.get("day_end")).get("value")
    last = ""
    for place, session in enumerate(_list(_mapping(segment.get("sessions")).get("value"))):
        start, stop = (_mapping(session).get(key) for key in ("from", "to"))
        path = (*here, "sessions", "value", str(place))
        if not isinstance(start, str) or not isinstance(stop, str):
            continue
        if start >= stop:
            yield path, "the session ends before it begins"
        elif start < last:
            yield path, "it begins before the one before it ends"
        elif isinstance(end, str) and stop > end:
            yield path, f"it ends after the day ({end})"
        last = stop


def _units_of(plan: Mapping[str, Data], kinds: Mapping[str, Data]) -> Iterator[Fault]:
    """What would be added up though it is not of one sort."""
    allowances = [
        _mapping(kinds.get(str(kind))) for kind in _mapping(plan.get("allowance")).values()
    ]
    measures = {str(kind.get("measure")) for kind in allowances if kind}
    for name, kind in _mappings(kinds):
        other = str(kind.get("measure"))
        if plan and kind.get("surrender") is True and measures and other not in measures:
            yield ("kinds", name, "measure"), f"what is surrendered is counted in {min(measures)}"
    general = _mapping(plan.get("items"))
    for name, sector in _mappings(_mapping(plan.get("sectors"))):
        if _mapping(sector.get("method")).get("value") != "benchmark_responsibility":
            continue
        own = _mapping(sector.get("items"))
        here = ("plan", "sectors", name, "items", "value") if own else ("plan", "items", "value")
        items = _list((own or general).get("value"))
        if {"electricity", "heat"} & {item for item in items if isinstance(item, str)}:
            yield (
                here,
                "the benchmark method charges inputs already: electricity and heat count twice",
            )


def _parameters(data: Mapping[str, Data]) -> Iterator[Fault]:
    """Names and units that no rule reads."""
    for name, parameter in _mapping(data.get("parameters")).items():
        known = KNOWN.get(name)
        if known is None:
            close = get_close_matches(name, KNOWN, 3, 0.5)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            yield ("parameters", name), f"no rule reads a parameter of that name{hint}"
        elif known.unit and _mapping(parameter).get("unit", known.unit) != known.unit:
            yield ("parameters", name, "unit"), f"its unit is {known.unit}"


def _dates(pack: Pack) -> Iterator[Fault]:
    """Values of one parameter that contradict each other, or have another form than its rule."""
    for name, parameter in pack.parameters.items():
        here = ("parameters", name, "values")
        for index, reason in overlapping(parameter.values):
            yield (*here, str(index)), reason
        known = KNOWN.get(name)
        if known is None:
            continue
        if parameter.values[0].form != known.form:
            yield (*here, "0"), f"its rule reads a {known.form}"
        for index, value in enumerate(parameter.values):
            if value.value is not None and (reason := _bounds(known, value.value)):
                yield (*here, str(index), "value"), reason
            if value.of is not None and not _there(pack, known.of, value.of):
                yield (*here, str(index), "of"), f"there is no such {known.of.replace('_', ' ')}"


def _bounds(known: Known, value: Decimal) -> str:
    """Why a number cannot be one of its parameter; ``""``: it can."""
    if known.least and value < Decimal(known.least):
        return f"it is at least {known.least}"
    if known.most and value > Decimal(known.most):
        return f"it is at most {known.most}"
    return "it is a whole number" if known.whole and value % 1 else ""


def _there(pack: Pack, what: str, name: str) -> bool:
    """Whether a value's sector or project type is one of the pack; classes come with the data."""
    if what == "sector":
        return pack.plan is not None and name in pack.plan.sectors
    if what == "segment":
        return pack.market is not None and name in pack.market.segments
    if what == "holder_class":
        return pack.market is not None and name in pack.market.classes
    if what == "project_type":
        return any(kind.project_type == name for kind in pack.kinds.values())
    return True


def _twice(value: Data, path: Path) -> Iterator[Fault]:
    """Items of a list that stand there before."""
    seen: set[str | int] = set()
    for place, item in enumerate(_list(value)):
        if isinstance(item, str | int):
            if item in seen:
                yield (*path, str(place)), "it is listed twice"
            seen.add(item)


def _days(calendar: Mapping[str, Data], part: str) -> Iterator[tuple[int, date]]:
    for place, text in enumerate(_list(calendar.get(part))):
        if isinstance(text, str):
            try:
                yield place, date.fromisoformat(text)
            except ValueError:
                continue


def _value(controls: Mapping[str, Data], name: str) -> Data:
    return _mapping(controls.get(name)).get("value")


def _mapping(value: Data) -> Mapping[str, Data]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Mapping[str, Data]) -> Iterator[tuple[str, Mapping[str, Data]]]:
    return ((name, item) for name, item in value.items() if isinstance(item, dict))


def _list(value: Data) -> Sequence[Data]:
    return value if isinstance(value, list) else ()


def _at(data: Mapping[str, Data], path: Path) -> Data:
    found: Data = dict(data)
    for step in path:
        found = found[int(step)] if isinstance(found, list) else _mapping(found).get(step)
    return found


def _shown(value: Data) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
