"""The registry's moves and holdings as Arrow tables, for CSV and Parquet.

Transactions have the columns of the European Union Transaction Log's public table, one row per
block, so that tools written for it read them; serials and entry numbers come besides.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tanheng.journal import Store
from tanheng.registry import questions

TRANSACTIONS = pa.schema([
    ("id", pa.int64()),
    ("transactionID", pa.string()),
    ("date", pa.string()),
    ("transactionTypeMain_id", pa.string()),
    ("transactionTypeSupplementary_id", pa.string()),
    ("transferringAccount_id", pa.string()),
    ("acquiringAccount_id", pa.string()),
    ("unitType_id", pa.string()),
    ("amount", pa.int64()),
    ("firstSerial", pa.int64()),
    ("lastSerial", pa.int64()),
])  # fmt: skip
"""``date``: UTC instant. The main type is the posting's operation, the supplementary one the act:
the log's own numeric codes are not published with names, so none are invented here."""


def transactions(
    store: Store, programme: str, since: str = "", until: str = questions.END,
    acts: tuple[str, ...] | None = None,
) -> pa.Table:  # fmt: skip
    """One row per posting at instants ``[since, until)``.

    ``transactionID`` is the programme's id and the entry number; rows of one entry share it.
    ``acts``: only these; None: all.
    """
    rows: dict[str, list[Any]] = {name: [] for name in TRANSACTIONS.names}
    for number, row in enumerate(store.stream(
        "SELECT seq, at, op, act, source, target, kind, amount, first, last FROM moves "
        "WHERE at >= ? AND at < ? ORDER BY seq, n", (since, until),
    ), 1):  # fmt: skip
        seq, at, op, act, source, target, kind, amount, first, last = row
        if acts is not None and act not in acts:
            continue
        cells = (
            number, f"{programme}-{seq}", at, op, act, source or None, target, kind, amount,
            first, last,
        )  # fmt: skip
        for name, cell in zip(rows, cells, strict=True):
            rows[name].append(cell)
    return pa.table(rows, schema=TRANSACTIONS)


def holdings(store: Store, before: str = questions.END) -> pa.Table:
    """Units by account and kind just before an instant."""
    found = list(questions.holdings(store, before))
    names = ("account", "type", "holder", "kind", "total")
    columns = [[row[n] for row in found] for n in range(len(names))]
    types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    return pa.table(
        {name: pa.array(c, t) for name, c, t in zip(names, columns, types, strict=True)}
    )
