"""The end of the day for people: statements of accounts, and reconciliation with the bank.

Three books must agree: what the bank says came in and went out, what was booked here under its
references, and the balances of the registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tanheng.errors import Finding
from tanheng.journal import Store

BankLine = tuple[str, str, int, int]
"""``(reference, account, amount in fen, row)``; money that went out is negative."""


def reconcile(
    lines: Iterable[BankLine], booked: Iterable[tuple[str, str, int]]
) -> tuple[Finding, ...]:
    """What the bank's file and the book have otherwise, with the row of the file.

    Args:
        booked: reference, account, amount in fen.

    Returns:
        Findings: bank_twice, bank_not_booked, bank_account, bank_amount, bank_missing.
    """
    book = {reference: (account, amount) for reference, account, amount in booked}
    seen: dict[str, int] = {}
    findings: list[Finding] = []

    def fault(code: str, row: int | None, column: str, value: object, **details: object) -> None:
        findings.append(Finding(code, "bank", row, column, str(value), details))

    for reference, account, amount, row in lines:
        if reference in seen:
            fault("bank_twice", row, "reference", reference, first=seen[reference])
            continue
        seen[reference] = row
        if reference not in book:
            fault("bank_not_booked", row, "reference", reference, account=account, amount=amount)
            continue
        other, booked_amount = book[reference]
        if other != account:
            fault("bank_account", row, "account", account, reference=reference, booked=other)
        if booked_amount != amount:
            fault("bank_amount", row, "amount", amount, reference=reference, booked=booked_amount)
    for reference, (account, amount) in sorted(book.items()):
        if reference not in seen:
            fault("bank_missing", None, "reference", reference, account=account, amount=amount)
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class DayLine:
    """An account's day: money in fen, units by instrument in ``bought`` and ``sold``."""

    account: str
    instrument: str
    bought: int
    sold: int
    paid_fen: int
    received_fen: int
    fees_fen: int
    waits: int


def statements(store: Store, day: str) -> list[DayLine]:
    """Who traded what on a day: trades that were annulled are left out; ``waits``: trades that are
    delivered after the close."""
    rows = store.query(
        "SELECT account, instrument, SUM(bought), SUM(sold), SUM(paid), SUM(got), SUM(fees), "
        "SUM(waits) FROM ("
        "SELECT buyer AS account, instrument, amount AS bought, 0 AS sold, "
        "price_fen * amount + buyer_fee_fen AS paid, 0 AS got, buyer_fee_fen AS fees, "
        "CASE status WHEN 'waits' THEN 1 ELSE 0 END AS waits "
        "FROM trades WHERE day = ? AND status <> 'annulled' UNION ALL "
        "SELECT seller, instrument, 0, amount, 0, price_fen * amount - seller_fee_fen, "
        "seller_fee_fen, CASE status WHEN 'waits' THEN 1 ELSE 0 END "
        "FROM trades WHERE day = ? AND status <> 'annulled') AS sides "
        "GROUP BY account, instrument ORDER BY account, instrument",
        (day, day),
    )
    return [DayLine(str(row[0]), str(row[1]), *(int(str(n)) for n in row[2:])) for row in rows]


def booked(store: Store) -> list[tuple[str, str, int]]:
    """All money of the bank that was booked: reference, account, fen."""
    rows = store.query("SELECT reference, account, amount_fen FROM bank ORDER BY reference")
    return [(str(r), str(a), int(str(n))) for r, a, n in rows]


def money_agrees(store: Store, money: str) -> tuple[int, int]:
    """Money that the bank brought in all, and all balances of the registry (sinks left out), in
    fen: the same, unless money was issued or cancelled outside the market."""
    came = store.query("SELECT COALESCE(SUM(amount_fen), 0) FROM bank")[0][0]
    held = store.query(
        "SELECT COALESCE(SUM(issued - surrendered - cancelled), 0) FROM totals WHERE kind = ?",
        (money,),
    )[0][0]
    return int(str(came)), int(str(held))
