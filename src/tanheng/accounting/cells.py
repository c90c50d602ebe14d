"""Reading a small table: columns of text become arrays, faults become located findings.

Each distinct spelling is looked at once, so a column of a million cells with three choices costs
three look-ups. A row with a fault is marked bad; the caller leaves it out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tanheng.accounting.records import Floats, Ints
from tanheng.accounting.schema import Table, choice_named
from tanheng.accounting.store import BLANK, UNKNOWN, RecordStore
from tanheng.errors import Finding
from tanheng.period import Period
from tanheng.quantity import Measure, UnknownMeasure, measure

Mask = npt.NDArray[np.bool_]


class Cells:
    """One table as text, turned into arrays column by column.

    Attributes:
        rows: row number of each row, as findings show it.
        bad: rows with a fault so far; grows as columns are read.
    """

    def __init__(self, store: RecordStore, table: Table, findings: list[Finding]) -> None:
        self.table = table
        self.findings = findings
        self._data = store.read(table.name)
        self.rows: npt.NDArray[np.int64] = self._data["_row"].to_numpy()
        self.bad: Mask = np.zeros(len(self.rows), dtype=bool)
        self._judged: Mask = np.ones(len(self.rows), dtype=bool)

    def __len__(self) -> int:
        return len(self.rows)

    def encoded(self, column: str) -> tuple[Ints, list[str]]:
        """Codes and distinct spellings, in order of appearance; blank is ``BLANK``."""
        if column not in self._data.column_names:
            return np.full(len(self), BLANK, dtype=np.int32), []
        chunked = self._data[column].cast(pa.string()).dictionary_encode().combine_chunks()
        indices = chunked.indices.fill_null(BLANK).to_numpy(zero_copy_only=False)
        return indices.astype(np.int32), chunked.dictionary.to_pylist()

    def texts(self, column: str) -> list[str | None]:
        """The cells as they stand."""
        if column not in self._data.column_names:
            return [None] * len(self)
        cells: list[str | None] = self._data[column].cast(pa.string()).to_pylist()
        return cells

    def fault(
        self,
        code: str,
        mask: Mask,
        column: str,
        details: Callable[[int], Mapping[str, object]] | None = None,
    ) -> None:
        """Mark the rows of ``mask`` bad and say so, one finding each."""
        mask = mask & self._judged
        where = np.flatnonzero(mask)
        if not len(where):
            return
        self.bad = self.bad | mask
        texts = (
            self._data[column].take(pa.array(where)).cast(pa.string()).to_pylist()
            if column in self._data.column_names
            else [None] * len(where)
        )
        for position, text in zip(where.tolist(), texts, strict=True):
            self.findings.append(
                Finding(
                    code,
                    self.table.name,
                    int(self.rows[position]),
                    column,
                    text,
                    details(position) if details else {},
                )
            )

    def fault_at(
        self, code: str, position: int, column: str, details: Mapping[str, object] | None = None
    ) -> None:
        """Mark one row bad and say so."""
        mask = np.zeros(len(self), dtype=bool)
        mask[position] = True
        self.fault(code, mask, column, lambda _: details or {})

    def need(self, column: str, codes: Ints) -> None:
        """A blank cell of a required column is a fault."""
        self.fault("missing_value", codes == BLANK, column)

    def unique(self, column: str) -> tuple[Ints, list[str]]:
        """Codes of a key column: blanks and repetitions are faults."""
        codes, spellings = self.encoded(column)
        self.need(column, codes)
        first = np.full(len(spellings), -1, dtype=np.int64)
        # Assigning in reverse leaves the first position of every code.
        order = np.flatnonzero(codes >= 0)[::-1]
        first[codes[order]] = order
        again = (
            (codes >= 0) & (first[np.maximum(codes, 0)] != np.arange(len(codes)))
            if len(spellings)
            else np.zeros(len(codes), dtype=bool)
        )
        self.fault(
            "duplicate_id",
            again,
            column,
            lambda row: {"first": int(self.rows[first[codes[row]]])},
        )
        return codes, spellings

    def choice(self, column: str, order: Sequence[str], default: int) -> Ints:
        """Codes of a choice by position in ``order``; blank is ``default``, or a fault."""
        codes, spellings = self.encoded(column)
        declared = self.table.column(column)
        named = [choice_named(declared, text) for text in spellings]
        translate = np.array(
            [UNKNOWN if name is None else order.index(name) for name in named], dtype=np.int32
        )
        if declared.required:
            self.need(column, codes)
        result = _translated(codes, translate, default)
        self.fault(
            "unknown_choice",
            (codes >= 0) & (result == UNKNOWN),
            column,
            lambda _: {"known": ", ".join(order)},
        )
        return result

    def lookup(self, column: str, keys: Mapping[str, int]) -> Ints:
        """Position of the row named in another table; ``UNKNOWN`` where it is not there."""
        codes, spellings = self.encoded(column)
        self.need(column, codes)
        translate = np.array([keys.get(text, UNKNOWN) for text in spellings], dtype=np.int32)
        return _translated(codes, translate, BLANK)

    def refer(self, column: str, keys: Mapping[str, int], to: str) -> Ints:
        """Codes by position of the row named in another table; what is not there is a fault."""
        result = self.lookup(column, keys)
        self.fault("unknown_id", result == UNKNOWN, column, lambda _: {"to": to})
        return result

    def number(self, column: str, *, minimum: float | None = None) -> Floats:
        """Numbers; NaN where an optional cell is blank."""
        texts = self._data[column].cast(pa.string()) if column in self._data.column_names else None
        if texts is None:
            return np.full(len(self), np.nan)
        try:
            values = pc.cast(texts, pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            values = np.array([_number(text) for text in texts.to_pylist()], dtype=np.float64)
        blank = pc.is_null(texts).to_numpy()
        values = np.where(blank, np.nan, values)
        if self.table.column(column).required:
            self.fault("missing_value", blank, column)
        odd = ~blank & ~np.isfinite(values)
        if odd.any():
            written = texts.to_pylist()
            is_word = np.array([_is_word(written[i]) if odd[i] else False for i in range(len(odd))])
            self.fault("not_a_number", is_word, column)
            self.fault("not_finite", odd & ~is_word, column)
        if minimum is not None:
            self.fault("negative", ~blank & ~odd & (values < minimum), column)
        return values

    def measures(self, column: str) -> list[Measure | None]:
        """The measure of each row; what is not known is a fault."""
        codes, spellings = self.encoded(column)
        self.need(column, codes)
        known: list[Measure | None] = [_measure(text) for text in spellings]
        unknown = np.array([m is None for m in known], dtype=bool)
        if unknown.any():
            self.fault("unknown_measure", (codes >= 0) & unknown[np.maximum(codes, 0)], column)
        return [known[code] if code >= 0 else None for code in codes.tolist()]

    def in_period(self, period: Period) -> Mask:
        """Rows that belong to the period; faults for blank, unreadable and too coarse ones.

        Rows of other periods are neither kept nor judged any further.
        """
        codes, spellings = self.encoded("period")
        self.fault("period_missing", codes == BLANK, "period")
        verdict = np.array([judge_period(text, period) for text in spellings], dtype=np.int32)
        of_row = _translated(codes, verdict, PERIOD_INVALID)
        self.fault("period_invalid", (codes >= 0) & (of_row == PERIOD_INVALID), "period")
        self.fault(
            "period_too_coarse", of_row == PERIOD_COARSE, "period", lambda _: {"period": period}
        )
        others = int((of_row == PERIOD_OTHER).sum())
        if others:
            self.findings.append(other_period(self.table.name, others, period))
        self._judged = self._judged & (of_row != PERIOD_OTHER)
        return np.asarray(of_row == PERIOD_INSIDE)


PERIOD_INSIDE, PERIOD_OTHER, PERIOD_INVALID, PERIOD_COARSE = 0, 1, -1, -3


def judge_period(text: str, period: Period) -> int:
    """Where a period as written stands to the period of an account, as one of ``PERIOD_*``."""
    try:
        own = Period.parse(text)
    except ValueError:
        return PERIOD_INVALID
    if own in period:
        return PERIOD_INSIDE
    return PERIOD_COARSE if own.overlaps(period) else PERIOD_OTHER


def other_period(table: str, count: int, period: Period) -> Finding:
    """The notice that rows of other periods were not counted."""
    return Finding("other_period", table, None, "period", None, {"count": count, "period": period})


def _translated(codes: Ints, translate: Ints, blank: int) -> Ints:
    if not len(translate):
        return np.full(len(codes), blank, dtype=np.int32)
    return np.where(codes >= 0, translate[np.maximum(codes, 0)], blank).astype(np.int32)


def _number(text: str | None) -> float:
    try:
        return math.nan if text is None else float(text)
    except ValueError:
        return math.inf


def _is_word(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return True
    return False


def _measure(text: str) -> Measure | None:
    try:
        return measure(text)
    except UnknownMeasure:
        return None


def exact(value: float) -> Fraction:
    """A number as it was written in decimals (0.1 is one tenth)."""
    return Fraction(repr(float(value)))
