"""The journal as an outsider reads it: bytes and hashes from ADR 0005, events as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from tanheng.simulate.registry.rules import Fact

COLUMNS = (
    "seq, at, act, header, hash, public_salt, public_body, parties_salt, parties_body, "
    "confidential_salt, confidential_body"
)
AUDIENCES = ("public", "parties", "confidential")
_decode = msgspec.json.Decoder().decode
_FIELDS: dict[str, tuple[tuple[str, Any], ...]] = {
    "account_opened/1": (("account", 0), ("type", 0), ("holder", 0), ("limit", None)),
    "account_closed/1": (("account", 0),),
    "account_frozen/1": (("account", 0), ("frozen", 0)),
    "holder_checked/1": (("holder", 0), ("passed", 0), ("until", "")),
    "represented/1": (("account", 0), ("person", 0), ("rights", 0)),
    "limit_set/1": (("account", 0), ("limit", None)),
    "trusted/1": (("account", 0), ("target", 0), ("effective", 0)),
    "posted/1": (("postings", 0), ("restriction", -1)),
    "imported/1": (("kind", 0), ("origin", 0), ("external_first", 0), ("external_last", 0),
                   ("first", None)),
    "hold_placed/1": (("account", 0), ("kind", 0), ("amount", 0), ("reason", 0), ("until", ""),
                      ("beneficiary", "")),
    "hold_ended/1": (("hold", 0), ("how", 0)),
    "hold_reduced/1": (("hold", 0), ("amount", 0)),
    "proposed/1": (("act", 0), ("account", 0), ("initiator", 0), ("expires", ""), ("due", "")),
    "scheduled/1": (("pending", 0), ("approver", 0), ("due", 0)),
    "settled/1": (("pending", 0), ("how", 0), ("person", "")),
    "blocks_frozen/1": (("account", 0), ("kind", 0), ("blocks", 0), ("frozen", 0)),
    "mode_set/1": (("mode", 0),),
    "export_locked/1": (("account", 0), ("kind", 0), ("amount", 0), ("programme", 0)),
    "export_ended/1": (("export", 0), ("how", 0)),
    "units_imported/1": (("programme", 0), ("export", 0), ("account", 0), ("kind", 0),
                         ("amount", 0)),
    "reversed/1": (("surrender", 0),),
    "alarm/1": (("alarm", 0), ("account", 0), ("kind", 0), ("amount", 0), ("count", 0)),
    "pack_adopted/1": (("pack", 0), ("id", 0)),
    "person_enrolled/1": (("person", 0), ("roles", 0), ("key", "")),
    "key_set/1": (("person", 0), ("key", 0)),
    "person_withdrawn/1": (("person", 0),),
}  # fmt: skip
_NAMES = {"hold_placed/1": "hold", "proposed/1": "pending", "export_locked/1": "export"}
_SECRET = {
    "represented/1", "holder_checked/1", "trusted/1", "limit_set/1", "alarm/1",
    "person_enrolled/1", "key_set/1", "person_withdrawn/1",
}  # fmt: skip
_PARTIES = {
    "hold_placed/1", "hold_ended/1", "hold_reduced/1", "proposed/1", "scheduled/1", "settled/1",
    "export_locked/1", "account_frozen/1", "blocks_frozen/1", "account_closed/1", "reversed/1",
}  # fmt: skip


class Wrong(Exception):
    """The bytes of an entry break a rule; the arguments are the property and the text."""


@dataclass(slots=True)
class Read:
    """An entry.

    Attributes:
        facts: its events, without what is only said to people; ``names``: the ids they give.
        raw: the command it proposes, as plain data.
        envelope: the confidential part.
    """

    seq: int
    at: str
    act: str
    hash: str
    rules: str
    facts: list[Fact]
    names: list[str]
    raw: dict[str, Any]
    envelope: dict[str, Any]


def _hash(tag: bytes, data: bytes) -> bytes:
    return hashlib.sha256(tag + b"\0" + data).digest()


def _need(good: object, prop: str, text: str) -> None:
    if not good:
        raise Wrong(prop, text)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def fact_of(event: dict[str, Any]) -> tuple[Fact, str]:
    """An event as a fact, and the id it gives."""
    tag = event["event"]
    fields = _FIELDS[tag]
    values = [event.get(name, default) for name, default in fields]
    if tag in ("posted/1", "represented/1", "blocks_frozen/1", "person_enrolled/1"):
        values = [_frozen(value) for value in values]
    if tag == "hold_placed/1":
        values.append("pending" in event)
    name = event.get(_NAMES[tag], "") if tag in _NAMES else ""
    return (tag[:-2], *values), name


@dataclass(slots=True)
class Opened:
    """An entry whose bytes are right: its header, hash, events in order, confidential part."""

    head: dict[str, Any]
    act: str
    hash: str
    events: list[dict[str, Any]]
    envelope: dict[str, Any]


def audience_of(event: dict[str, Any]) -> int:
    """Whom the registry's events are for, by number."""
    tag = event["event"]
    if tag == "hold_placed/1" and event["reason"] == "bid":
        return 2
    return 2 if tag in _SECRET else 1 if tag in _PARTIES or tag == "posted/1" else 0


def opened(
    row: tuple[Any, ...], prev: str, last_at: str, expected_seq: int, programme: str,
    public_acts: tuple[str, ...], audience: Callable[[dict[str, Any]], int] = audience_of,
) -> Opened:  # fmt: skip
    """Check an entry's bytes.

    Args:
        audience: whom an event is for, by number.

    Raises:
        Wrong: it is not as it must be.
    """
    seq, at, act, header, digest = row[:5]
    head = _decode(header)
    _need(seq == expected_seq == head["seq"], "chain", f"number {seq}, not {expected_seq}")
    _need(_hash(b"tanheng/entry/1", header) == digest, "chain", "hash of the header")
    _need(head["prev"] == prev, "chain", "not after the entry before")
    _need(head["at"] == at >= last_at, "instants", f"{at} after {last_at}")
    _need(head["programme"] == programme and head["format"] == 1, "chain", "another's entry")
    root = b""
    events: list[tuple[int, dict[str, Any]]] = []
    envelope: dict[str, Any] = {}
    for n, name in enumerate(AUDIENCES):
        salt, body = row[5 + 2 * n], row[6 + 2 * n]
        if salt is None:
            continue
        named = name.encode() + b"\0"
        root += named + _hash(b"tanheng/part/1", named + salt + body)
        data = _decode(body)
        if n == 0:
            _need(data["act"] == act, "audience", "the act is not the public one")
        elif n == 2:
            envelope = data
        for place, event in data.get("events", ()):
            tag = event["event"]
            wanted = 0 if tag == "posted/1" and act in public_acts else audience(event)
            _need(wanted == n, "audience", f"{tag} is for {AUDIENCES[wanted]}, not {name}")
            events.append((place, event))
    _need(_hash(b"tanheng/parts/1", root).hex() == head["parts"], "chain", "root of the parts")
    events.sort(key=lambda pair: pair[0])
    _need([place for place, _ in events] == [*range(len(events))], "chain", "places of events")
    return Opened(head, act, digest.hex(), [event for _, event in events], envelope)


def read(
    row: tuple[Any, ...], prev: str, last_at: str, expected_seq: int, programme: str,
    public_acts: tuple[str, ...],
) -> Read:  # fmt: skip
    """Check an entry's bytes and read it.

    Raises:
        Wrong: it is not as it must be.
    """
    found = opened(row, prev, last_at, expected_seq, programme, public_acts)
    facts, names, raw = facts_of(found.events)
    head = found.head
    return Read(expected_seq, head["at"], found.act, found.hash, head["rules"], facts, names, raw,
                found.envelope)  # fmt: skip


def facts_of(events: list[dict[str, Any]]) -> tuple[list[Fact], list[str], dict[str, Any]]:
    """The registry's events as facts, the ids they give, and the command they propose."""
    facts: list[Fact] = []
    names: list[str] = []
    raw: dict[str, Any] = {}
    for event in events:
        if event["event"] == "founded/1":
            continue
        fact, name = fact_of(event)
        facts.append(fact)
        names.append(name)
        if fact[0] == "proposed":
            raw = event["command"]
    return facts, names, raw
