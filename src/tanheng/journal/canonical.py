"""Canonical bytes: one form per value, made once and kept.

UTF-8 JSON, keys sorted, no white space, texts in NFC, no floating-point numbers. The bytes that were
hashed are stored and exported as they are; nobody encodes again in order to check.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")

encode = _ENCODER.encode
"""Canonical bytes of a tree of ``msgspec.Struct``, dicts, lists, texts, integers, booleans and None.

Values that people typed pass through :func:`plain` first, which refuses what has no canonical form.
"""


class NotCanonical(ValueError):
    """A value has no canonical form: a float, a text that is not NFC, a key that is not a text."""


def plain(value: object, place: str = "$") -> object:
    """The value as plain dicts, lists, NFC texts and integers.

    Raises:
        NotCanonical: naming the place, for floats, lone surrogates and keys that are not texts.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotCanonical(f"{place}: not Unicode text: {error.reason}") from None
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        out: dict[object, object] = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{place}: key {key!r} is not a text")
            name = plain(key, place)
            if name in out:
                raise NotCanonical(f"{place}: key {name!r} stands there twice")
            out[name] = plain(inner, f"{place}.{key}")
        return out
    if isinstance(value, list | tuple | set | frozenset):
        items: Iterable[object] = sorted(value) if isinstance(value, set | frozenset) else value
        return [plain(inner, f"{place}[{n}]") for n, inner in enumerate(items)]
    raise NotCanonical(f"{place}: {type(value).__name__} has no canonical form")


def tagged(tag: bytes, data: bytes) -> bytes:
    """``SHA-256(tag ‖ 0x00 ‖ data)``: a hash of one kind never passes for another's (32 bytes)."""
    return hashlib.sha256(tag + b"\0" + data).digest()
