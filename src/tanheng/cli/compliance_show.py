"""What a person or a machine reads of a compliance year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tanheng.cli.options import whole
from tanheng.cli.session import Session

HEADS = (
    "entity", "sector", "preallocated", "allocated", "obligation", "surrendered", "status",
    "shortfall", "deducted", "from_next_year", "fine", "paid",
)  # fmt: skip
_SQL = (
    "SELECT o.entity, e.sector, o.preallocated, o.allocated, o.obligation, o.surrendered, o.status, "
    "o.shortfall, o.deducted, o.from_next_year, o.fine_fen, o.paid_fen "
    "FROM outcomes o LEFT JOIN entities e ON e.entity = o.entity WHERE o.year = ? ORDER BY o.entity"
)


def status(session: Session, year: int, out: Path | None) -> None:
    """The table of a year, on the screen, as JSON, or in a workbook with the rules behind it."""
    from tanheng.cli import ledger

    programme = session.read()
    raw: list[tuple[Any, ...]] = programme.store.query(_SQL, (year,))
    if session.as_json:
        ledger.records((*HEADS[:-2], "fine_fen", "paid_fen"), raw)
    else:
        rows = [(*row[:10], _money(row[10]), _money(row[11] or None)) for row in raw]
        kept = [
            n for n in range(len(HEADS)) if n < 2 or any(row[n] not in (None, "") for row in rows)
        ]
        ledger.table(
            [HEADS[n] for n in kept], [[row[n] for n in kept] for row in rows], session.spoken,
        )  # fmt: skip
        print(_summary(raw, session.spoken == "zh"))
        print(ledger.known(programme.pack, session.spoken))
    if out is not None:
        from tanheng.excel.outcomes import write_outcomes
        from tanheng.rules.words import parameters

        pack, zh = programme.pack, session.spoken == "zh"
        title = f"{pack.title.zh if zh else pack.title.en} {year}"
        note = (
            "状态为“unverified/assumed”的规则未经核对。"
            if zh
            else "Rules that are unverified or assumed have not been checked against the law."
        )
        cells = [(*row[:10], *(None if m is None else m / 100 for m in row[10:])) for row in raw]
        rules = [
            (r[0] + (f" [{r[1]}]" if r[1] else ""), *r[2:])
            for r in parameters(pack, None, session.spoken)
        ]
        names = ("entity", "account", "sector", "region", "since", "closed_on")
        listed = programme.store.query(f"SELECT {', '.join(names)} FROM entities ORDER BY entity")
        with whole(out) as part:
            write_outcomes(part, title, note, cells, HEADS, rules, (names, listed), session.spoken)
        print(out)


def _money(fen: int | None) -> str | None:
    return None if fen is None else f"{fen // 100:,}.{fen % 100:02}"


def _summary(rows: list[tuple[Any, ...]], zh: bool) -> str:
    """How many entities have which status, and what is missing."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[6] or "—"] = counts.get(row[6] or "—", 0) + 1
    parts = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
    missing = sum(row[7] or 0 for row in rows)
    if zh:
        return f"{len(rows):,} 家单位；状态：{parts}；截止时缺口合计 {missing:,} 吨"
    return (
        f"{len(rows):,} entities; status: {parts}; shortfall at the deadline {missing:,} t in all"
    )
