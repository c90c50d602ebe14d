"""Tables as bytes that depend on their content alone.

The form is an Arrow IPC stream: uncompressed, 65,536 rows a batch, every buffer rebuilt. So the
bytes do not depend on chunks, slices, offsets, what stands behind a null, the order of metadata
or the version of a compressor.

The same content, and therefore the same bytes, are: a dictionary or run-end column and the plain
one; string, large_string and string_view (binary likewise; list and large_list); nullable columns
and others; all kinds of NaN. Names, order of columns and rows, other types (int32 is not int64),
metadata and the sign of zero count. Metadata that Parquet adds to fields (``PARQUET:…``) does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

MEDIA = "application/vnd.apache.arrow.stream"
BATCH_ROWS = 65_536
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
LARGEST_OFFSET = 2**31 - 1
_FLOATS = {16: np.float16, 32: np.float32, 64: np.float64}


class Unstorable(Exception):
    """A table has a column that has no bytes of its own.

    Attributes:
        column: its name.
        kind: its Arrow type, as a text.
    """

    def __init__(self, column: str, kind: str) -> None:
        super().__init__(f"{column}: {kind}")
        self.column = column
        self.kind = kind


class TooLong(Exception):
    """A batch of 65,536 rows holds more than 2^31 − 1 bytes (or list members) in one column."""


def canonical_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that a table is stored with.

    Raises:
        Unstorable: when a column is of a type that is not stored (map, union, extension, …).
    """
    fields = []
    for field in schema:
        try:
            fields.append(_field(field))
        except TypeError as error:
            raise Unstorable(field.name, str(field.type)) from error
    return pa.schema(fields, metadata=_metadata(schema.metadata))


def pieces(table: pa.Table, schema: pa.Schema) -> Iterator[memoryview]:
    """The bytes of a table, message by message; ``schema`` is its `canonical_schema`.

    Raises:
        TooLong: when a batch does not fit 32-bit offsets.
    """
    yield memoryview(schema.serialize())
    for start in range(0, table.num_rows, BATCH_ROWS):
        part = table.slice(start, BATCH_ROWS)
        arrays = [
            _joined(column, field.type) for column, field in zip(part.columns, schema, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        yield memoryview(batch.serialize())
    yield memoryview(_END)


def read(file: BinaryIO) -> pa.Table:
    """The table of a file that `pieces` wrote; fully validated.

    Raises:
        pyarrow.ArrowInvalid: when the bytes are no such table (or another error of Arrow).
    """
    with pa.ipc.open_stream(file) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return table


def _metadata(metadata: dict[bytes, bytes] | None) -> dict[bytes, bytes] | None:
    kept = {k: v for k, v in sorted((metadata or {}).items()) if not k.startswith(b"PARQUET:")}
    return kept or None


def _field(field: pa.Field) -> pa.Field:
    return pa.field(field.name, _type(field.type), metadata=_metadata(field.metadata))


def _is_flat(kind: pa.DataType) -> bool:
    return bool(
        pt.is_integer(kind)
        or pt.is_floating(kind)
        or pt.is_decimal(kind)
        or pt.is_temporal(kind)
        or pt.is_fixed_size_binary(kind)
    )


def _type(kind: pa.DataType) -> pa.DataType:
    """The type that stands for a type; `TypeError` when there is none."""
    if pt.is_dictionary(kind) or pt.is_run_end_encoded(kind):
        return _type(kind.value_type)
    if pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind):
        return pa.string()
    if pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_binary_view(kind):
        return pa.binary()
    if pt.is_list(kind) or pt.is_large_list(kind):
        metadata = _metadata(kind.value_field.metadata)
        return pa.list_(pa.field("item", _type(kind.value_type), metadata=metadata))
    if pt.is_struct(kind):
        return pa.struct([_field(kind.field(i)) for i in range(kind.num_fields)])
    if pt.is_null(kind) or pt.is_boolean(kind) or _is_flat(kind):
        return kind
    raise TypeError(str(kind))


def _joined(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    parts = [_rebuilt(chunk, kind) for chunk in column.chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0]
    try:
        return _rebuilt(pa.concat_arrays(parts), kind)
    except (pa.ArrowInvalid, pa.ArrowCapacityError) as error:
        raise TooLong from error


def _rebuilt(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The same values in buffers that only they decide; ``kind`` is the type of `_type`."""
    if pt.is_dictionary(array.type):
        return _rebuilt(array.dictionary_decode(), kind)
    if pt.is_run_end_encoded(array.type):
        return _rebuilt(pc.run_end_decode(array), kind)
    if pt.is_string_view(array.type) or pt.is_binary_view(array.type):
        wide = pa.large_string() if pt.is_string_view(array.type) else pa.large_binary()
        return _rebuilt(array.cast(wide), kind)
    count = len(array)
    if pt.is_null(kind):
        return pa.nulls(count)
    valid = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    nulls = count - int(valid.sum())
    bits = pa.py_buffer(np.packbits(valid, bitorder="little")) if nulls else None
    if pt.is_struct(kind):
        parts = [_rebuilt(a, f.type) for a, f in zip(array.flatten(), kind, strict=True)]
        return pa.Array.from_buffers(kind, count, [bits], nulls, children=parts)
    dense = array.drop_null() if nulls else array
    if pt.is_list(kind) or pt.is_string(kind) or pt.is_binary(kind):
        offsets, lengths = _offsets(dense, valid)
        if pt.is_list(kind):
            members = _rebuilt(dense.flatten(), kind.value_type)
            return pa.Array.from_buffers(kind, count, [bits, offsets], nulls, children=[members])
        return pa.Array.from_buffers(kind, count, [bits, offsets, _text(dense, lengths)], nulls)
    data = _bools(dense, valid) if pt.is_boolean(kind) else _numbers(dense, valid)
    return pa.Array.from_buffers(kind, count, [bits, data], nulls)


def _offsets(dense: pa.Array, valid: np.ndarray[Any, Any]) -> tuple[pa.Buffer, int]:
    """Offsets from zero, nulls taking no room, and the last of them."""
    nested = pt.is_list(dense.type) or pt.is_large_list(dense.type)
    lengths = pc.list_value_length(dense) if nested else pc.binary_length(dense)
    offsets = np.zeros(len(valid) + 1, dtype=np.int64)
    offsets[1:][valid] = lengths.to_numpy(zero_copy_only=False)
    np.cumsum(offsets, out=offsets)
    if offsets[-1] > LARGEST_OFFSET:
        raise TooLong
    return pa.py_buffer(offsets.astype("<i4")), int(offsets[-1])


def _text(dense: pa.Array, length: int) -> pa.Buffer:
    """The bytes of texts without nulls, which stand one after another."""
    if not length:
        return pa.py_buffer(b"")
    wide = pt.is_large_string(dense.type) or pt.is_large_binary(dense.type)
    _, offsets, data = dense.buffers()
    start = int(np.frombuffer(offsets, dtype="<i8" if wide else "<i4")[dense.offset])
    return data.slice(start, length)


def _bools(dense: pa.Array, valid: np.ndarray[Any, Any]) -> pa.Buffer:
    values = np.zeros(len(valid), dtype=bool)
    values[valid] = dense.to_numpy(zero_copy_only=False)
    return pa.py_buffer(np.packbits(values, bitorder="little"))


def _numbers(dense: pa.Array, valid: np.ndarray[Any, Any]) -> pa.Buffer:
    """Values of one width; zero behind nulls, one bit pattern for all NaN."""
    width = dense.type.byte_width
    values = np.zeros((len(valid), width), dtype=np.uint8)
    if len(dense) and width:
        raw = np.frombuffer(dense.buffers()[1], dtype=np.uint8)
        start = dense.offset * width
        values[valid] = raw[start : start + len(dense) * width].reshape(-1, width)
    if pt.is_floating(dense.type):
        numbers = values.view(_FLOATS[width * 8])
        numbers[np.isnan(numbers)] = np.nan
    return pa.py_buffer(values)
