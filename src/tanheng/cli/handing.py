"""From an account's result to what a programme takes: means of classes, responsibilities."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tanheng.cli.options import wrong
from tanheng.compliance.commands import ClassRow, ResponsibilityRow


def _account(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, ValueError) as error:
        wrong("FILE", f"{file} is no account.json: {error}")
    if not isinstance(found, dict) or "benchmarks" not in found:
        wrong("FILE", f"{file} is no account.json of tanheng account --out")
    return found


def _decimal(value: object) -> str:
    """A number of an account as a decimal text of at most 12 places."""
    text = f"{Decimal(str(value)).quantize(Decimal('1e-12')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def class_means(file: Path, wanted: Iterable[str]) -> tuple[ClassRow, ...]:
    """Means, standard errors and makers of the classes that are open."""
    chosen = set(wanted)
    rows: list[ClassRow] = []
    for n, found in enumerate(_account(file)["benchmarks"], start=1):
        if found["class_id"] in chosen and found.get("origin") == "estimated":
            error = found.get("standard_error")
            rows.append((
                found["class_id"], _decimal(found["value"]),
                _decimal(error) if error not in (None, "nan", "NaN") else "",
                int(found["makers"]), (), n,
            ))  # fmt: skip
    if not rows:
        wrong("FILE", f"{file} has none of the open classes: {', '.join(sorted(chosen)) or '—'}")
    return tuple(rows)


def responsibilities(file: Path) -> tuple[ResponsibilityRow, ...]:
    """Settled responsibilities per unit; the account must have been settled in whole tCO2e."""
    found = _account(file)
    settled = found.get("settlement")
    if not settled or settled.get("decimals") != 0:
        wrong("FILE", f"{file} is not settled in whole tCO2e: account with --settle --decimals 0")
    return tuple(
        (unit, "", int(amount), n) for n, (unit, amount) in enumerate(settled["units"].items(), 1)
    )
