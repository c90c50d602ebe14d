"""What is known of packs: how much was verified, and a page that says so, generated from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tanheng.rules.pack import Pack
from tanheng.rules.words import choices, parameters, statuses


class Coverage(NamedTuple):
    """Values and choices of a pack by their status."""

    verified: int
    unverified: int
    assumed: int


def coverage(pack: Pack) -> Coverage:
    """Count the statuses of a pack."""
    found = Counter(statuses(pack))
    return Coverage(found["verified"], found["unverified"], found["assumed"])


def page(packs: Iterable[Pack]) -> str:
    """The coverage page in Markdown."""
    lines = [
        "# What the packs cover",
        "",
        "Generated from the packs by `python tools/coverage.py`; a test compares the two.",
        "",
        "*verified*: stands in a source that was read. *unverified*: from a secondary source or from",
        "memory. *assumed*: no source known, a choice of ours. What is not verified says so on every",
        "output.",
        "",
        "| pack | title | verified | unverified | assumed | cases |",
        "|---|---|---:|---:|---:|---:|",
    ]
    every = list(packs)
    for pack in every:
        of = coverage(pack)
        lines.append(
            f"| [`{pack.id}`](#{pack.id}) | {pack.title.en} {pack.title.zh} | {of.verified} "
            f"| {of.unverified} | {of.assumed} | {len(pack.cases)} |"
        )
    for pack in every:
        lines += ["", f"## {pack.id}", "", *_rows(pack)]
    return "\n".join(lines) + "\n"


def _rows(pack: Pack) -> list[str]:
    plan = [line for line in choices(pack) if line[0].startswith("plan")]
    rows = [*plan, *parameters(pack, None, "en")]
    if not rows:
        return ["A registry only: kinds, accounts and controls."]
    head = [
        "| rule or parameter | for | value | unit | from | clause | status |",
        "|---|---|---|---|---|---|---|",
    ]
    return head + [
        "| " + " | ".join(cell.replace("|", "/") for cell in row[:7]) + " |" for row in rows
    ]
