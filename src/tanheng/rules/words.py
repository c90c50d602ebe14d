"""A pack in words: its choices and parameters as rows, and what differs between days or packs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from tanheng.errors import Language
from tanheng.rules.controls import Citation, Rule
from tanheng.rules.pack import Pack
from tanheng.rules.parameters import Content, Value, pick
from tanheng.why import number

Line = tuple[str, str, str, str, str, str, str, str]
"""``(name, for, value, unit, from, clause, status, place)``."""


def shown(content: Content | object) -> str:
    """A value as text."""
    if isinstance(content, Decimal):
        return number(content)
    if isinstance(content, tuple):
        return ", ".join(
            f"{shown(item[0])} → {shown(item[1])}" if isinstance(item, tuple) else shown(item)
            for item in content
        )
    if isinstance(content, BaseModel):
        return ", ".join(f"{key} {shown(value)}" for key, value in content)
    if isinstance(content, dict):
        return "; ".join(f"{key}: {shown(value)}" for key, value in content.items())
    return str(content)


def _value(value: Value) -> str:
    if value.range is not None:
        return f"{shown(value.range[0])} … {shown(value.range[1])}"
    return shown(value.content)


def _scope(value: Value) -> str:
    return " ".join(str(part) for part in value.scope if part is not None)


def choices(pack: Pack) -> list[Line]:
    """The choices of the compliance year, of the market, and the registry's controls."""
    found: list[Line] = []
    if pack.plan is not None:
        for name, rule in pack.plan:
            if isinstance(rule, Rule):
                found.append(_choice(pack, "plan", name, rule, ""))
        for name, sector in pack.plan.sectors.items():
            found.append(_choice(pack, f"plan.sectors.{name}", "method", sector.method, name))
            if sector.items is not None:
                found.append(_choice(pack, f"plan.sectors.{name}", "items", sector.items, name))
    if pack.market is not None:
        for name, rule in pack.market:
            if isinstance(rule, Rule):
                found.append(_choice(pack, "market", name, rule, ""))
        for name, segment in pack.market.segments.items():
            for part, rule in segment:
                if isinstance(rule, Rule):
                    found.append(_choice(pack, f"market.segments.{name}", part, rule, name))
    for name, rule in pack.controls:
        if isinstance(rule, Rule):
            found.append(_choice(pack, "controls", name, rule, ""))
    return found


def _choice(pack: Pack, part: str, name: str, rule: Citation, of: str) -> Line:
    place = pack.place(*part.split("."), name)
    value = shown(getattr(rule, "value", ""))
    return (f"{part}.{name}", of, value, "", "", rule.clause, rule.status, place)


def parameters(pack: Pack, day: date | None, language: Language) -> list[Line]:
    """All parameters; with a day only the values in force on it."""
    found: list[Line] = []
    for name, parameter in pack.parameters.items():
        title = parameter.title.zh if language == "zh" else parameter.title.en
        for index, value in enumerate(parameter.values):
            if day is None or pick(parameter.values, day, value.year, value.of) == index:
                place = pack.place("parameters", name, "values", str(index))
                found.append((
                    f"{name} ({title})", _scope(value), _value(value), parameter.unit,
                    value.since.isoformat(), value.clause, value.status, place,
                ))  # fmt: skip
    return found


def between_days(pack: Pack, first: date, second: date, language: Language) -> list[str]:
    """What the law says otherwise on the second day than on the first, a sentence each."""
    found: list[str] = []
    for name, parameter in pack.parameters.items():
        title = parameter.title.zh if language == "zh" else parameter.title.en
        for scope in dict.fromkeys(value.scope for value in parameter.values):
            old, new = (pick(parameter.values, day, *scope) for day in (first, second))
            if old != new:
                values = [None if i is None else parameter.values[i] for i in (old, new)]
                if (
                    values[0]
                    and values[0].scope != scope
                    and values[1]
                    and values[1].scope != scope
                ):
                    continue
                found.append(_changed(f"{title} ({name})", scope, values[0], values[1], language))
    return found


def between_packs(one: Pack, other: Pack, language: Language) -> list[str]:
    """What the other pack says otherwise: choices, then parameters by their newest values."""
    found: list[str] = []
    mine = {line[0]: line for line in choices(one)}
    theirs = {line[0]: line for line in choices(other)}
    for name in dict.fromkeys([*mine, *theirs]):
        a, b = mine.get(name), theirs.get(name)
        if a is None or b is None or a[2] != b[2]:
            found.append(_otherwise(name, a[2] if a else None, b[2] if b else None, language))
    for name in dict.fromkeys([*one.parameters, *other.parameters]):
        texts = [_newest(pack, name) for pack in (one, other)]
        if texts[0] != texts[1]:
            known = one.parameters.get(name) or other.parameters[name]
            title = known.title.zh if language == "zh" else known.title.en
            found.append(_otherwise(f"{title} ({name})", texts[0], texts[1], language))
    return found


def _newest(pack: Pack, name: str) -> str | None:
    """The last value of each year and sector of a parameter, as one text."""
    parameter = pack.parameters.get(name)
    if parameter is None:
        return None
    last: dict[tuple[int | None, str | None], Value] = {}
    for value in sorted(parameter.values, key=lambda value: value.since):
        last[value.scope] = value
    texts = [f"{_scope(value)} {_value(value)}".strip() for value in last.values()]
    return f"{'; '.join(sorted(texts))} {parameter.unit}"


def _otherwise(name: str, one: str | None, other: str | None, language: Language) -> str:
    if language == "zh":
        return f"{name}：{one or '（无）'} → {other or '（无）'}"
    return f"{name}: {one or '(nothing)'} → {other or '(nothing)'}"


def _changed(
    name: str, scope: tuple[int | None, str | None], old: Value | None, new: Value | None,
    language: Language,
) -> str:  # fmt: skip
    of = " ".join(str(part) for part in scope if part is not None)
    zh = language == "zh"
    about = f"{name}{f'，{of}' if zh and of else f', {of}' if of else ''}"
    if new is None:
        assert old is not None
        return (
            f"{about}：{_value(old)} 失效。"
            if zh
            else f"{about}: {_value(old)} is no longer in force."
        )
    source = f"{new.clause}, {new.status}"
    if old is None:
        if zh:
            return f"{about}：自 {new.since} 起为 {_value(new)}（{source}）。"
        return f"{about}: {_value(new)} from {new.since} on ({source})."
    if zh:
        return f"{about}：由 {_value(old)} 改为 {_value(new)}，自 {new.since} 起（{source}）。"
    return f"{about}: {_value(new)} instead of {_value(old)}, from {new.since} on ({source})."


def statuses(pack: Pack) -> Iterator[str]:
    """The status of every choice, control and value."""
    for line in (*choices(pack), *parameters(pack, None, "en")):
        yield line[6]
