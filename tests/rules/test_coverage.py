"""What is published of the packs is what they give."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from tanheng.rules import Pack, load_pack, pack_names
from tanheng.rules.coverage import coverage
from tanheng.rules.words import statuses

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_packs_give() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "coverage.py"))
    assert made["PAGE"] == ROOT / "docs" / "packs.md"
    kept = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
    assert kept == made["text"](), "run: .venv/bin/python tools/coverage.py"


def test_every_pack_is_counted_once() -> None:
    text = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[`([^`]+)`\]\(#[^)]+\) \|.*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, flags=re.M
    )
    assert [row[0] for row in rows] == pack_names()
    for name, *counts in rows:
        pack = load_pack(name)
        assert isinstance(pack, Pack)
        of = coverage(pack)
        assert [int(n) for n in counts] == [
            of.verified, of.unverified, of.assumed, len(pack.cases),
        ]  # fmt: skip
        assert sum(of) == len(list(statuses(pack)))
        assert f"\n## {name}\n" in text
