"""Tables of a record set onto disk, batch by batch, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyarrow import csv, parquet

Format = Literal["csv", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "parquet")
BATCH = 1 << 17

Slices = Callable[[slice], pa.RecordBatch]


def batches(rows: int, make: Slices) -> Iterator[pa.RecordBatch]:
    """``make`` of one slice of rows after the other; of an empty slice when there are none."""
    for at in range(0, max(1, rows), BATCH):
        yield make(slice(at, min(at + BATCH, rows)))


def write(path: Path, format: Format, parts: Iterator[pa.RecordBatch]) -> Iterator[int]:
    """Writes one table and yields the number of rows after each batch.

    CSV: UTF-8 without a mark, a header, ``\\n`` after each row, nothing quoted (no text of the
    simulator needs it), empty cells for nulls, and the shortest decimals that read back the same.
    """
    first = next(parts)
    if format == "csv":
        with path.with_suffix(".csv").open("wb") as file:
            file.write(",".join(first.schema.names).encode() + b"\n")
            options = csv.WriteOptions(include_header=False, batch_size=BATCH, quoting_style="none")
            with csv.CSVWriter(file, first.schema, write_options=options) as writer:
                yield from _written(writer, first, parts)
    else:
        with parquet.ParquetWriter(path.with_suffix(".parquet"), first.schema) as writer:
            yield from _written(writer, first, parts)


def _written(
    writer: csv.CSVWriter | parquet.ParquetWriter,
    first: pa.RecordBatch,
    parts: Iterator[pa.RecordBatch],
) -> Iterator[int]:
    writer.write_batch(first)
    yield first.num_rows
    for part in parts:
        writer.write_batch(part)
        yield part.num_rows
