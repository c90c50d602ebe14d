"""Tables as evidence: the same content is the same digest, other content another."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.errors import Refusal
from tanheng.evidence import EvidenceStore, Item, Tampered, tables


def digest(table: pa.Table) -> bytes:
    """The bytes of a table, which decide its digest."""
    return b"".join(tables.pieces(table, tables.canonical_schema(table.schema)))


def sample() -> pa.Table:
    """Every kind of column, with nulls."""
    stamp = datetime(2031, 7, 1, 8, tzinfo=UTC)
    return pa.table(
        {
            "id": pa.array(["a", None, "碳", "", "e"]),
            "raw": pa.array([b"\0", b"", None, b"xy", b"z"]),
            "code": pa.array([b"ab", None, b"cd", b"ef", b"gh"], pa.binary(2)),
            "n": pa.array([1, -2, None, 4, 5], pa.int16()),
            "x": pa.array([1.5, None, float("nan"), -0.0, 1e300]),
            "half": pa.array([None, *np.array([1.5, 2, np.nan, 0], np.float16)], pa.float16()),
            "yes": pa.array([True, None, False, True, True]),
            "day": pa.array([date(2031, 1, 2), None, date(1999, 1, 1)] + [None] * 2),
            "at": pa.array([stamp, None, stamp, stamp, None], pa.timestamp("us", "UTC")),
            "money": pa.array(
                [Decimal("1.20"), None] + [Decimal("-3.00")] * 3, pa.decimal128(9, 2)
            ),
            "many": pa.array([[1, None], None, [], [2, 3], [4]], pa.list_(pa.int32())),
            "both": pa.array(
                [{"p": "q", "r": [1.0]}, None, {"p": None, "r": None}, {"p": "s", "r": []}, None]
            ),
            "none": pa.nulls(5),
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def put(store: EvidenceStore, table: pa.Table) -> Item:
    """Add a table that is accepted."""
    item = store.add_table(table)
    assert isinstance(item, Item)
    return item


def test_a_table_goes_in_and_comes_out(store: EvidenceStore) -> None:
    table = sample().drop_columns(["x", "half"])
    item = put(store, table)
    assert item.media == tables.MEDIA
    assert store.table(item.digest) == table
    assert put(store, table) == item
    back = store.table(put(store, sample()).digest)
    assert isinstance(back, pa.Table)
    assert str(back.to_pylist()) == str(sample().to_pylist())
    assert put(store, back).digest == put(store, sample()).digest


def test_the_digest_is_the_same_on_every_machine(store: EvidenceStore) -> None:
    """A snapshot: if a new Arrow writes other bytes, old tables get new digests; see to it."""
    table = pa.table({"id": ["a", None], "x": [1.0, 2.0]}, metadata={"b": "1", "a": "2"})
    assert put(store, table).digest == SNAPSHOT


SNAPSHOT = "sha256:40e20c4140b678bbfb58f0b627be8cc2da88fa1ec1b1bc2ab766ed069254bc48"


def variants(table: pa.Table) -> dict[str, pa.Table]:
    """The same content, otherwise laid out."""
    padded = pa.concat_tables([table.slice(1, 2), table, table.slice(0, 3)])
    names = table.column_names
    words = table.column("id")
    at = names.index("id")
    taken = table.take(list(range(len(table))))
    return {
        "chunks of one": pa.concat_tables([table.slice(i, 1) for i in range(len(table))]),
        "uneven chunks": pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2)]),
        "slice": padded.slice(2, len(table)),
        "slice of one chunk": padded.combine_chunks().slice(2, len(table)),
        "copied": taken,
        "dictionary": table.set_column(at, "id", words.dictionary_encode()),
        "dictionary by chunk": table.set_column(
            at, "id",
            pa.chunked_array([words.slice(0, 2).combine_chunks().dictionary_encode(),
                              words.slice(2).combine_chunks().dictionary_encode()]),
        ),
        "large text": table.set_column(at, "id", words.cast(pa.large_string())),
        "text view": table.set_column(at, "id", words.cast(pa.string_view())),
        "not null": table.cast(pa.schema(
            [f if table.column(f.name).null_count else f.with_nullable(False)
             for f in table.schema])),
    }  # fmt: skip


def test_layout_does_not_count() -> None:
    wanted = digest(sample())
    for name, variant in variants(sample()).items():
        assert digest(variant) == wanted, name
    assert len(variants(sample())) == 10


def test_what_stands_behind_a_null_does_not_count() -> None:
    bits = pa.py_buffer(b"\x05")
    for noise in (0, 7, 255):
        data = pa.py_buffer(bytes([1, noise, 3]))
        array = pa.Array.from_buffers(
            pa.uint8(), 3, [pa.py_buffer(bytes([5 | noise & 0xF8])), data]
        )
        assert array.to_pylist() == [1, None, 3]
        assert digest(pa.table({"x": array})) == digest(
            pa.table({"x": pa.array([1, None, 3], "u1")})
        )
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 6, 7)))
    text = pa.Array.from_buffers(pa.string(), 3, [bits, offsets, pa.py_buffer(b"aNOISEb")])
    assert text.to_pylist() == ["a", None, "b"]
    assert digest(pa.table({"x": text})) == digest(pa.table({"x": ["a", None, "b"]}))


def test_every_nan_is_one() -> None:
    odd = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(b"\1\2\0\0\0\0\xf8\xff")])
    assert digest(pa.table({"x": odd})) == digest(pa.table({"x": [float("nan")]}))


def test_metadata_is_sorted_and_counts() -> None:
    one = sample().replace_schema_metadata({"b": "1", "a": "2"})
    two = sample().replace_schema_metadata({"a": "2", "b": "1"})
    assert digest(one) == digest(two) != digest(sample())
    assert digest(sample().replace_schema_metadata({})) == digest(sample())
    field = pa.field("x", pa.int64())
    marked = [
        pa.table([[1]], schema=pa.schema([field.with_metadata(m)]))
        for m in ({"b": "1", "a": "2"}, {"a": "2", "b": "1"}, {"PARQUET:field_id": "1"}, None)
    ]
    assert digest(marked[0]) == digest(marked[1]) != digest(marked[2])
    assert digest(marked[2]) == digest(marked[3])


def test_what_counts() -> None:
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    others = [
        table.select(["b", "a"]),
        table.rename_columns(["a", "c"]),
        table.slice(0, 1),
        table.take([1, 0]),
        table.cast(pa.schema([("a", pa.int32()), ("b", pa.int64())])),
        pa.table({"a": [1, None], "b": [3, 4]}),
        table.slice(0, 0),
    ]
    assert len({digest(t) for t in [table, *others]}) == 8
    assert digest(pa.table({"x": [0.0]})) != digest(pa.table({"x": [-0.0]}))
    assert digest(pa.table({"x": [""]})) != digest(pa.table({"x": pa.array([None], pa.string())}))


def test_through_parquet(tmp_path: Path) -> None:
    table = sample().drop_columns(["half", "none"])
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    assert digest(pq.read_table(tmp_path / "t.parquet")) == digest(table)


def test_many_batches(store: EvidenceStore) -> None:
    rows = 2 * tables.BATCH_ROWS + 7
    table = pa.table(
        {"n": pa.array(range(rows)), "t": pa.array([str(n % 97) for n in range(rows)])}
    )
    item = put(store, table)
    assert store.table(item.digest) == table
    pieces = [table.slice(s, 50_000) for s in range(0, rows, 50_000)]
    assert put(store, pa.concat_tables(pieces)) == item


@pytest.mark.parametrize(
    "table", [pa.table({}), sample().slice(0, 0), sample().schema.empty_table()]
)
def test_empty_tables(store: EvidenceStore, table: pa.Table) -> None:
    assert store.table(put(store, table).digest) == table


CELLS = st.one_of(st.none(), st.text(max_size=5))
ROWS = st.lists(
    st.tuples(
        CELLS,
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.floats()),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.lists(CELLS, max_size=3)),
    ),
    max_size=20,
)
KINDS = [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.list_(pa.string())]


@given(ROWS, st.lists(st.integers(0, 20), max_size=4), st.integers(0, 5))
@settings(max_examples=100)
def test_any_table(rows: list[tuple[object, ...]], cuts: list[int], before: int) -> None:
    """However it is cut and sliced, the bytes are the same, and the values come back."""

    def made(wanted: list[tuple[object, ...]]) -> pa.Table:
        columns = list(zip(*wanted, strict=True)) if wanted else [[]] * len(KINDS)
        arrays = [pa.array(list(c), k) for c, k in zip(columns, KINDS, strict=True)]
        return pa.table(arrays, names=list("abcde"))

    table = made(rows)
    edges = sorted({0, len(rows), *(min(c, len(rows)) for c in cuts)})
    parts = [table.slice(a, b - a) for a, b in pairwise(edges)]
    cut = pa.concat_tables([table.slice(0, 0), *parts])
    sliced = made(rows[:before] + rows).slice(min(before, len(rows)))
    data = digest(table)
    assert digest(cut) == data
    assert digest(sliced) == data
    back = tables.read(io.BytesIO(data))
    assert str(back.to_pylist()) == str(table.to_pylist())
    assert digest(back) == data


# -- refusals ------------------------------------------------------------------------------------


def code(outcome: object) -> str:
    """The code of a refusal, whose text must be complete in both languages."""
    assert isinstance(outcome, Refusal), outcome
    assert outcome.message("en")
    assert outcome.message("zh")
    return outcome.code


def test_types_that_are_not_stored(store: EvidenceStore) -> None:
    column = pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))
    refusal = store.add_table(pa.table({"a": [1], "odd": column}))
    assert code(refusal) == "evidence_column"
    assert isinstance(refusal, Refusal)
    assert "odd" in refusal.message()
    assert "map<" in refusal.message()
    nested = pa.array([[[("k", 1)]]], pa.list_(column.type))
    assert code(store.add_table(pa.table({"deep": nested}))) == "evidence_column"
    assert list(store.digests()) == []


def test_limit(tmp_path: Path) -> None:
    size = len(digest(sample()))
    assert isinstance(EvidenceStore(tmp_path / "a", size).add_table(sample()), Item)
    tight = EvidenceStore(tmp_path / "b", size - 1)
    assert code(tight.add_table(sample())) == "evidence_too_large"
    assert not list((tight.root / "incoming").iterdir())


def test_a_batch_beyond_32_bits(store: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_OFFSET", 10)
    assert isinstance(store.add_table(pa.table({"t": ["x" * 10]})), Item)
    assert code(store.add_table(pa.table({"t": ["x" * 11]}))) == "evidence_too_large"


def test_a_broken_table_is_the_callers_fault(store: EvidenceStore) -> None:
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1)))
    bad = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff")])
    with pytest.raises(ValueError):
        store.add_table(pa.table({"t": bad}))


def test_files_are_not_tables(store: EvidenceStore) -> None:
    plain = store.add(io.BytesIO(b"hello"))
    liar = store.add(io.BytesIO(b"not arrow"), media=tables.MEDIA)
    short = store.add(io.BytesIO(digest(sample())[:-30]), media=tables.MEDIA)
    for item in (plain, liar, short):
        assert isinstance(item, Item)
        assert code(store.table(item.digest)) == "evidence_not_table"


def test_an_altered_table_is_not_parsed(store: EvidenceStore) -> None:
    item = put(store, sample())
    path = store.path(item.digest)
    assert isinstance(path, Path)
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    with pytest.raises(Tampered):
        store.table(item.digest)


def test_confidential_tables(store: EvidenceStore) -> None:
    item = store.add_table(sample(), confidential=True, salt=bytes(32))
    assert isinstance(item, Item)
    assert item.digest.startswith("salted:")
    back = store.table(item.digest)
    assert isinstance(back, pa.Table)
    assert digest(back) == digest(sample())
