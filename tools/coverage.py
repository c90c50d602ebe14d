"""Writes docs/packs.md, what is known of every built-in pack: ``python tools/coverage.py``."""

from __future__ import annotations

from pathlib import Path

from tanheng.rules import Pack, load_pack, pack_names
from tanheng.rules.coverage import page

PAGE = Path(__file__).parents[1] / "docs" / "packs.md"


def text() -> str:
    """The page, from the packs as they are."""
    packs = [found for name in pack_names() if isinstance(found := load_pack(name), Pack)]
    assert len(packs) == len(pack_names()), "a pack does not load; see: tanheng rules check"
    return page(packs)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE)
