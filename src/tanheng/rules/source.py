"""YAML as plain data with lines: the part of YAML 1.2 that cannot surprise.

Mappings with text keys, lists, texts, whole numbers, booleans and null. Refused, because they
mean something else than they seem to or can blow up: tags, anchors and aliases, merge keys,
several documents, keys said twice, fractional numbers (amounts are integers; a ratio is a pair).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

Data: TypeAlias = "bool | int | str | list[Data] | dict[str, Data] | None"
Lines: TypeAlias = dict[tuple[str, ...], tuple[str, int]]

MAX_BYTES = 4_000_000
MAX_DEPTH = 24
MAX_DIGITS = 18

_INTEGER = re.compile(r"[-+]?[0-9]+$|0o[0-7]+$|0x[0-9a-fA-F]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|[-+]?\.(inf|Inf|INF)$")
_NAN = re.compile(r"\.(nan|NaN|NAN)$")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a pack before it becomes a finding; ``reason`` as its code's text needs it."""

    code: str
    file: str
    row: int | None
    key: str
    value: str
    reason: str


@dataclass(slots=True)
class Source:
    """What one file says: data, the line of every key and item, and what is wrong."""

    name: str
    data: dict[str, Data] = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Unreadable(Exception):
    """The file cannot be followed further."""

    def __init__(self, row: int | None, reason: str) -> None:
        self.row, self.reason = row, reason
        super().__init__(reason)


def read_source(name: str, data: bytes) -> Source:
    """Read one file; never raises for what stands in it."""
    source = Source(name)
    try:
        _Reader(source, data).read()
    except _Unreadable as error:
        source.data = {}
        source.problems.append(Problem("pack_unreadable", name, error.row, "", name, error.reason))
    return source


class _Reader:
    """Builds data from the parser's events, noting lines and faults on the way."""

    def __init__(self, source: Source, data: bytes) -> None:
        self.source = source
        if len(data) > MAX_BYTES:
            raise _Unreadable(None, f"it is larger than {MAX_BYTES:,} bytes")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            row = data[: error.start].count(b"\n") + 1
            raise _Unreadable(row, "it is not UTF-8") from None
        self.events: Iterator[Event] = iter(YAML(typ="safe", pure=True).parse(text))

    def read(self) -> None:
        """Read the one document."""
        documents = 0
        while (event := self._next(last=True)) is not None:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Unreadable(_row(event), "it holds more than one document")
                if event.tags:
                    raise _Unreadable(_row(event), "it has tag directives")
            elif isinstance(event, MappingStartEvent):
                found = self._value(event, ())
                assert isinstance(found, dict)
                self.source.data = found
            elif isinstance(event, (ScalarEvent, SequenceStartEvent, AliasEvent)):
                raise _Unreadable(_row(event), "it is not a mapping of keys")
        if not documents:
            raise _Unreadable(1, "it is empty")

    def _next(self, last: bool = False) -> Event | None:
        try:
            return next(self.events, None)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            row = mark.line + 1 if mark else None
            raise _Unreadable(row, _one_line(error.problem or "not YAML")) from None
        except YAMLError as error:
            raise _Unreadable(getattr(error, "line", None), _one_line(str(error))) from None

    def _value(self, event: Event | None, path: tuple[str, ...]) -> Data:
        if event is None or isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise _Unreadable(_row(event), "anchors and aliases are not used in packs")
        if len(path) > MAX_DEPTH:
            raise _Unreadable(_row(event), f"it is nested more than {MAX_DEPTH} deep")
        if tag := getattr(event, "tag", None):
            self._fault("pack_value", event, path, str(tag), "tags are not used in packs")
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._list(path)
        assert isinstance(event, ScalarEvent)
        return self._scalar(event, path)

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Data]:
        found: dict[str, Data] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor:
                raise _Unreadable(_row(event), "a key is not a plain text")
            key = event.value
            here = (*path, key)
            if key in found:
                first = self.source.lines[here]
                reason = f"{first[0]}:{first[1]}"
                self._fault("pack_duplicate_key", event, here, key, reason)
                kept, self.source.lines = self.source.lines, {}
                self._value(self._next(), here)
                self.source.lines = kept
                continue
            if key == "<<":
                raise _Unreadable(_row(event), "merge keys are not used in packs")
            self.source.lines[here] = (self.source.name, _row(event) or 1)
            found[key] = self._value(self._next(), here)
        return found

    def _list(self, path: tuple[str, ...]) -> list[Data]:
        found: list[Data] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            here = (*path, str(len(found)))
            self.source.lines[here] = (self.source.name, _row(event) or 1)
            found.append(self._value(event, here))
        return found

    def _scalar(self, event: ScalarEvent, path: tuple[str, ...]) -> Data:
        text: str = event.value
        if event.style is not None or not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text):
            if len(text) > MAX_DIGITS:
                reason = f"a whole number of more than {MAX_DIGITS} digits"
                self._fault("pack_value", event, path, text[:80], reason)
                return 0
            return int(text, 0 if text[:2] in ("0o", "0x") else 10)
        if _FLOAT.match(text) or _NAN.match(text):
            reason = (
                "fractional numbers are not exact; write whole numbers of a smaller unit, or a pair"
            )
            self._fault("pack_value", event, path, text[:80], reason)
            return 0
        return text

    def _fault(
        self, code: str, event: Event, path: tuple[str, ...], value: str, reason: str
    ) -> None:
        key = ".".join(path)
        self.source.problems.append(
            Problem(code, self.source.name, _row(event), key, value, reason)
        )


def _row(event: Event | None) -> int | None:
    mark = getattr(event, "start_mark", None)
    return None if mark is None else int(mark.line) + 1


def _one_line(text: str) -> str:
    return " ".join(text.split())
