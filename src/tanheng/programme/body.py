"""The body of an entry: events sorted into parts by audience, as canonical bytes, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from tanheng.compliance import model as compliance
from tanheng.journal import Bodies, Broken, Entry, Part, encode
from tanheng.market import model as market
from tanheng.programme import people
from tanheng.registry.model import Event, RegistryEvent, audience
from tanheng.rules import Controls

AnyEvent = (
    RegistryEvent | people.PeopleEvent | compliance.ComplianceEvent | market.MarketEvent
)  # fmt: skip

LIFTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Forms of events that are no longer written, by tag: how to lift one to the next form."""


class _Body(msgspec.Struct):
    events: list[tuple[int, AnyEvent]] = []


class _Loose(msgspec.Struct):
    events: list[tuple[int, dict[str, Any]]] = []


_decode = msgspec.json.Decoder(_Body).decode
_decode_loose = msgspec.json.Decoder(_Loose).decode
_EVENTS, _NO_EVENTS = b'"events":[', b'"events":[]}'


def parts_of(
    act: str, events: Sequence[Event], envelope: dict[str, Any], controls: Controls,
    salts: bytes,
) -> tuple[Part, ...]:  # fmt: skip
    """Parts of an entry: ``salts`` are 96 bytes, a part's own 32 each.

    ``envelope`` says who asked for what: it is confidential. Each event goes to the narrowest
    circle that must know it; its place keeps the order over all parts.
    """
    by: dict[str, list[tuple[int, Event]]] = {}
    for place, event in enumerate(events):
        by.setdefault(_audience(event, act, controls), []).append((place, event))
    parts = [Part("public", salts[:32], encode({"act": act, "events": by.get("public", [])}))]
    if "parties" in by:
        parts.append(Part("parties", salts[32:64], encode({"events": by["parties"]})))
    if "confidential" in by:
        envelope = {**envelope, "events": by["confidential"]}
    parts.append(Part("confidential", salts[64:], encode(envelope)))
    return tuple(parts)


_PEOPLE = frozenset(people.CONFIDENTIAL)
_COMPLIANCE = frozenset(compliance.ComplianceEvent.__args__)
_MARKET = frozenset(market.MarketEvent.__args__)


def _audience(event: Event, act: str, controls: Controls) -> str:
    """The narrowest circle that must know the event."""
    # By type: asking a union of thirty classes for every event would cost more than deciding.
    kind = type(event)
    if kind in _MARKET:
        return market.audience(event)
    if kind in _PEOPLE:
        return "confidential"
    if kind in _COMPLIANCE:
        return compliance.audience(event)
    return audience(event, act, controls)


def events_of(entry: Entry) -> list[Event]:
    """The events of an entry, in their order.

    Raises:
        Broken: a body cannot be read, or has places that do not fit.
    """
    return events_in(entry.seq, [part.body for part in entry.parts])


def events_in(seq: int, bodies: Bodies) -> list[Event]:
    """The events in the bodies of entry ``seq``; see :func:`events_of`."""
    found: list[tuple[int, Event]] = []
    for body in bodies:
        if body is not None and type(body) is not bytes:
            raise Broken(f"entry {seq}: a body is not stored as bytes")
        if body is not None and _EVENTS in body and not body.endswith(_NO_EVENTS):
            try:
                found += _decode(body).events
            except msgspec.DecodeError:
                found += _lifted(seq, body)
    if len(found) > 1:
        found.sort(key=itemgetter(0))
    events: list[Event] = []
    for place, event in found:
        if place != len(events):
            raise Broken(f"entry {seq}: its events are not numbered 0, 1, 2, …")
        events.append(event)
    return events


def _lifted(seq: int, body: bytes) -> list[tuple[int, Event]]:
    """Events of a body that has old forms among them."""
    found: list[tuple[int, Event]] = []
    try:
        for place, raw in _decode_loose(body).events:
            seen: set[str] = set()
            while (tag := str(raw.get("event"))) in LIFTS and tag not in seen:
                seen.add(tag)
                raw = LIFTS[tag](raw)
            event: Event = msgspec.convert(raw, AnyEvent)
            found.append((place, event))
    except msgspec.DecodeError as error:
        raise Broken(f"entry {seq}: {error}") from error
    return found


def envelope_of(entry: Entry) -> dict[str, Any]:
    """Who asked for what: ``actor``, ``id``, ``by``, ``command`` and perhaps ``signature``."""
    for part in entry.parts:
        if part.audience == "confidential":
            found: dict[str, Any] = msgspec.json.decode(part.body)
            return found
    return {}
