"""Canonical bytes, hashes of parts and entries, signatures: against ADR 0005, written out by hand."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tanheng.errors import Fault
from tanheng.journal import (
    AUDIENCES,
    INSTANT,
    PROGRAMME,
    Broken,
    Checkpoint,
    Key,
    NotCanonical,
    Part,
    encode,
    plain,
    signed_by,
    tagged,
)
from tanheng.journal.checkpoint import make as seal
from tanheng.journal.entry import SALT_BYTES, START, header_hash, make, parts_root


def canonical(value: object) -> bytes:
    """Canonical JSON by the standard library."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(tag: bytes, data: bytes) -> bytes:
    return hashlib.sha256(tag + b"\0" + data).digest()


# Canonical bytes

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
whole = st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | whole | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_form_is_that_of_the_standard_library(value: object) -> None:
    data = encode(value)
    assert json.loads(data) == value
    assert data == canonical(value)
    assert encode(json.loads(data)) == data


@given(values)
def test_plain_is_nfc_all_the_way_down(value: object) -> None:
    try:
        found = plain(value)
    except NotCanonical:  # two keys that are one in NFC
        return
    assert unicodedata.is_normalized("NFC", encode(found).decode())
    assert plain(found) == found


def test_examples_of_canonical_bytes() -> None:
    assert (
        encode({"b": 1, "a": [True, None, "碳"], "A": {}})
        == '{"A":{},"a":[true,null,"碳"],"b":1}'.encode()
    )
    assert encode(-(2**53)) == b"-9007199254740992"
    assert encode('\x00\x1f\x7f"\\/\n\t\b\f\r\u2028é') == canonical(
        '\x00\x1f\x7f"\\/\n\t\b\f\r\u2028é'
    )
    assert encode({"ä": 1, "z": 2, "Z": 3}) == '{"Z":3,"z":2,"ä":1}'.encode()
    assert b"\t" not in encode("\t")
    assert b"\n" not in encode("\n")

    class Example(msgspec.Struct):
        z: int
        a: tuple[int, ...]

    assert encode(Example(1, (2, 3))) == b'{"a":[2,3],"z":1}'


def test_plain_brings_texts_to_nfc() -> None:
    assert plain({"e\u0301": ["A\u030a", "x"]}) == {"é": ["Å", "x"]}
    assert plain("ascii") == "ascii"
    assert plain((1, {"a": (2,)})) == [1, {"a": [2]}]
    assert plain(frozenset({3, 1, 2})) == [1, 2, 3]
    assert plain({"b", "a"}) == ["a", "b"]
    for same in (None, True, False, 0, -5, 2**70):
        assert plain(same) is same


@pytest.mark.parametrize(
    "value, message",
    [
        (1.0, "$: float has no canonical form"),
        ({"a": [1, 2.5]}, "$.a[1]: float has no canonical form"),
        ({"a": {"b": float("nan")}}, "$.a.b: float has no canonical form"),
        ({1: "a"}, "$: key 1 is not a text"),
        ({"a": {None: 1}}, "$.a: key None is not a text"),
        ({"x": b"bytes"}, "$.x: bytes has no canonical form"),
        (["\ud800"], "$[0]: not Unicode text: surrogates not allowed"),
        ({"\udfff": 1}, "$: not Unicode text: surrogates not allowed"),
        ({"a": [{"\udfff": 1}]}, "$.a[0]: not Unicode text: surrogates not allowed"),
    ],
)
def test_what_has_no_canonical_form(value: Any, message: str) -> None:
    with pytest.raises(NotCanonical) as error:
        plain(value)
    assert str(error.value) == message
    assert isinstance(error.value, ValueError)


def test_two_keys_that_are_one_in_nfc() -> None:
    """Neither is lost on the quiet."""
    with pytest.raises(NotCanonical, match=r"^\$: key 'é' stands there twice$"):
        plain({"e\u0301": 1, "é": 2})


def test_tagged() -> None:
    assert tagged(b"tag", b"data") == hashlib.sha256(b"tag\0data").digest()


# Entries

SALT = bytes(range(32))
BODY = b'{"act":"issue","events":[]}'
RULES = hashlib.sha256(b"rules").hexdigest()
AT = "2016-03-01T02:00:00.000000Z"


@pytest.mark.parametrize("audience", AUDIENCES)
def test_part_hash(audience: str) -> None:
    expected = digest(b"tanheng/part/1", audience.encode() + b"\0" + SALT + BODY)
    assert Part(audience, SALT, BODY).hash == expected


def test_parts_root() -> None:
    a, b = bytes(32), bytes([7]) * 32
    expected = digest(b"tanheng/parts/1", b"public\0" + a + b"confidential\0" + b)
    assert parts_root([("public", a), ("confidential", b)]) == expected


@pytest.mark.parametrize("prev", [None, bytes([9]) * 32])
def test_entry(prev: bytes | None) -> None:
    parts = (Part("public", SALT, BODY), Part("confidential", SALT[::-1], b"{}"))
    entry = make("test-scheme", 7, prev, AT, RULES, "issue", parts)
    header = canonical({
        "at": AT, "format": 1, "parts": parts_root([(p.audience, p.hash) for p in parts]).hex(),
        "prev": "0" * 64 if prev is None else prev.hex(), "programme": "test-scheme",
        "rules": RULES, "seq": 7,
    })  # fmt: skip
    assert entry.header == header
    assert entry.hash == header_hash(header) == digest(b"tanheng/entry/1", header)
    assert (entry.seq, entry.at, entry.act, entry.parts) == (7, AT, "issue", parts)


def test_constants_of_the_format() -> None:
    assert AUDIENCES == ("public", "parties", "confidential")
    assert START == "0" * 64
    assert SALT_BYTES == 32
    assert issubclass(Broken, Fault)
    for good in (AT, "2016-12-31T23:59:59.999999Z"):
        assert INSTANT.fullmatch(good)
    for bad in (
        "2016-03-01T02:00:00Z",
        "2016-03-01T02:00:00.000000",
        "2016-23-01T02:00:00.000000Z",
        "x" + AT,
        AT + "x",
    ):
        assert not INSTANT.fullmatch(bad)
    for good in ("abc", "a-1", "0" * 63):
        assert PROGRAMME.fullmatch(good)
    for bad in ("ab", "-ab", "Abc", "a" * 64, "a_b", ""):
        assert not PROGRAMME.fullmatch(bad)


# Signatures

SECRET = hashlib.sha256(b"secret").digest()


def test_keys_are_ed25519() -> None:
    """RFC 8032, section 7.1, test 2."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = Key(secret)
    assert key.public == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signed_by(key.public, key.sign(b"\x72"), b"\x72")
    assert not signed_by(key.public, key.sign(b"\x72"), b"\x73")
    assert not signed_by(Key(SECRET).public, key.sign(b"\x72"), b"\x72")
    assert not signed_by("not hex", key.sign(b"\x72"), b"\x72")
    assert not signed_by("00", key.sign(b"\x72"), b"\x72")
    assert not signed_by(key.public, b"short", b"\x72")
    with pytest.raises(ValueError):
        Key(b"short")


def test_checkpoint() -> None:
    key, root, state = Key(SECRET), bytes([1]) * 32, bytes([2]) * 32
    made = seal(key, "test-scheme", AT, 12, root, state)
    body = canonical({
        "at": AT, "format": 1, "programme": "test-scheme", "root": root.hex(), "size": 12,
        "state": state.hex(),
    })  # fmt: skip
    assert made.body == body
    private = Ed25519PrivateKey.from_private_bytes(SECRET)
    private.public_key().verify(made.signature, b"tanheng/checkpoint/1\0" + body)
    assert made.good(key.public)
    assert not made.good(Key(bytes(32)).public)
    assert not Checkpoint(body.replace(b"12", b"13"), made.signature).good(key.public)
    assert (made.size, made.fields["root"]) == (12, root.hex())
    assert made.line() == f"C\t{made.signature.hex()}\t{body.decode()}"
