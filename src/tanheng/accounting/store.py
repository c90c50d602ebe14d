"""The protocol between accounting and an engine: where records are, and how they come back.

Accounting never opens a file. It asks a :class:`RecordStore` for small tables whole, for the
distinct spellings of a few columns, and for the big tables *coded*: identifiers replaced by
integers, choices by small integers, numbers as float64. Everything an engine must do is relational
(left join, cast, group, sum), so the same requests run on DuckDB, Spark or a test's plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from tanheng.errors import Finding

BLANK = -2
"""Code of an empty cell."""
UNKNOWN = -1
"""Code of a cell that names nothing."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A request for coded rows of one table.

    Attributes:
        table: canonical table name.
        refs: column → name of an index (:meth:`RecordStore.index`); comes back as int32 code.
        choices: column → (spelling as it stands in the records → code); comes back as a small integer.
        numbers: columns that come back as float64; blank is NaN, what is not a finite number is
            ±inf.
        keep: column → codes; rows whose choice code is not among them are left out.
        without: row numbers to leave out (findings that the caller accepted).
        rows: also return ``_row`` and, as ``raw_<column>`` text, the cells as written.
        grouped: add up the numbers of rows with equal codes, and return ``min_<column>`` beside.
    """

    table: str
    refs: Mapping[str, str]
    choices: Mapping[str, Mapping[str, int]]
    numbers: Sequence[str]
    keep: Mapping[str, Sequence[int]]
    without: Sequence[int] = ()
    rows: bool = False
    grouped: bool = False


class RecordStore(Protocol):
    """Where the records of one set are. Implemented by engines."""

    @property
    def label(self) -> str:
        """What the user called it (a path)."""

    def findings(self) -> list[Finding]:
        """What was wrong on opening: headers that mean nothing, columns given twice, …"""

    def columns(self, table: str) -> frozenset[str] | None:
        """Canonical names of the columns present; None when the table is absent."""

    def count(self, table: str) -> int:
        """Number of rows; 0 when absent."""

    def distinct(self, table: str, columns: Sequence[str]) -> pa.Table:
        """The distinct spellings of some columns as text, with their number of rows ``n``."""

    def totals(
        self, table: str, by: Sequence[str], number: str, without: Sequence[int]
    ) -> pa.Table:
        """Sum of a number column per distinct spelling of ``by``: (by…, ``n``, ``total``)."""

    def exact(self, request: Scan, number: str, digits: int) -> pa.Table:
        """Exact sums of a number column per code of the scan: (codes…, ``n``, ``counted``, ``total``).

        ``counted`` is below ``n`` where a number was too large for 38 digits. Each number is taken as written, rounded to ``digits`` decimals; totals are decimal128.
        """

    def read(self, table: str) -> pa.Table:
        """A small table whole: every canonical column as text, and ``_row``."""

    def index(self, name: str, keys: pa.Array) -> None:
        """Remember a list of distinct identifiers under a name; their code is their position."""

    def scan(self, request: Scan) -> Iterator[pa.RecordBatch]:
        """Coded rows, in no particular order."""

    def rows_of(self, table: str, column: str, values: Sequence[str], limit: int) -> pa.Table:
        """Rows (all columns as text, and ``_row``) whose column is one of the values."""
