"""Reading CSV as text, row by row, so that every fault keeps the number a spreadsheet shows.

The standard library's reader is slower than an engine's, but it counts blank lines, takes any mix
of line ends, and goes on after a row with too many cells. Tables of ten million rows belong into
Parquet (docs/howto/big-data.md).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from tanheng.errors import Finding, Unreadable

_BATCH_ROWS = 100_000
_FIELD_BYTES = 16 << 20
_HEADER_CHARACTERS = 1 << 16


def opened(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text without its byte-order mark; line ends as they are."""
    file: BinaryIO = path.open("rb")
    # Some programs put a UTF-8 mark before GBK text.
    if file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def first_row(path: Path, encoding: str) -> tuple[list[str], str]:
    """Cells of the first row that holds any, and the delimiter that splits it.

    Raises:
        Unreadable: when the bytes are not in the encoding.
    """
    try:
        with opened(path, encoding) as text:
            start = text.read(_HEADER_CHARACTERS).replace("\ufeff", "")
        first = next((line for line in start.splitlines() if line.strip()), "")
        delimiter = max(",;\t", key=first.count)
        with opened(path, encoding) as text:
            for row in csv.reader(text, delimiter=delimiter):
                cells = [cell.replace("\ufeff", "") for cell in row]
                if any(cell.strip() for cell in cells):
                    return cells, delimiter
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}") from error
    return [], ","


def read_rows(
    path: Path, encoding: str, delimiter: str, columns: list[str], table: str,
    findings: list[Finding],
) -> Iterator[pa.Table]:  # fmt: skip
    """Rows below the header in batches: columns of text, and ``_row``.

    Args:
        columns: a name per cell of the header; cells beyond it must be blank.
        findings: told of rows whose number of cells is not that of the header; these are left out.

    Raises:
        Unreadable: when the bytes are not in the encoding, or a cell has no end.
    """
    expected = len(columns)
    csv.field_size_limit(_FIELD_BYTES)
    numbers: list[int] = []
    rows: list[list[str]] = []
    try:
        with opened(path, encoding) as text:
            seen_header = False
            for number, row in enumerate(csv.reader(text, delimiter=delimiter), start=1):
                if not any(row) or not any(cell.strip("\ufeff \t") for cell in row):
                    continue
                if not seen_header:
                    seen_header = True
                    continue
                if len(row) != expected:
                    if len(row) < expected or any(row[expected:]):
                        details = {"expected": expected}
                        findings.append(
                            Finding("row_ragged", table, number, None, str(len(row)), details)
                        )
                        continue
                    del row[expected:]
                numbers.append(number)
                rows.append(row)
                if len(rows) == _BATCH_ROWS:
                    yield _batch(columns, rows, numbers)
                    rows, numbers = [], []
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}") from error
    yield _batch(columns, rows, numbers)


def _batch(columns: list[str], rows: list[list[str]], numbers: list[int]) -> pa.Table:
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = {
        name: pa.array(column, pa.string()) for name, column in zip(columns, cells, strict=True)
    }
    return pa.table({**arrays, "_row": pa.array(numbers, pa.int64())})
