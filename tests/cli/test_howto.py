"""The pages about registries, compliance years and markets show what the program really prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import pytest

from helpers.terminal import be_quick, fits, replay
from tanheng.compliance import model as year
from tanheng.compliance.cases import RULES
from tanheng.compliance.commands import ComplianceCommand
from tanheng.compliance.explain import QUESTIONS
from tanheng.compliance.tables import TABLES as YEAR_TABLES
from tanheng.engines.lists import LISTS
from tanheng.market import model as market
from tanheng.market.commands import MarketCommand
from tanheng.market.tables import TABLES as MARKET_TABLES
from tanheng.programme import people
from tanheng.registry import model, tables
from tanheng.registry.commands import AnyCommand
from tanheng.rules import AccountType, Instrument, Market, Pack, Plan, Sector, Segment, UnitKind
from tanheng.rules.controls import Proposal
from tanheng.rules.known import KNOWN

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
WALKS = {
    # The second page checks the journal that the first publishes.
    "registry": (("run-a-registry.md", "check-a-journal.md"), 60),
    "pack": (("make-a-pack.md",), 40),
    "year": (("run-a-compliance-year.md",), 70),
    "market": (("run-a-market.md",), 75),
}
"""Pages that are walked one after the other, and how many commands they have at least."""


@pytest.mark.parametrize("walk", WALKS)
def test_the_walk_is_true(walk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES", "TANHENG_AS", "TANHENG_NOW"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(
        HOWTO.parents[1] / "examples" / "shenzhen-2016", tmp_path / "examples" / "shenzhen-2016"
    )
    monkeypatch.chdir(tmp_path)
    names, least = WALKS[walk]
    pages = [(HOWTO / name).read_text(encoding="utf-8") for name in names]
    assert replay("\n".join(pages), tmp_path, monkeypatch) > least


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_market_of_the_readme_is_that_of_the_walk(page: str) -> None:
    walk = (HOWTO / "run-a-market.md").read_text(encoding="utf-8").splitlines()
    text = (HOWTO.parents[1] / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(\$ tanheng market.*?)```", text, flags=re.S)
    assert blocks
    assert [line for block in blocks for line in block.splitlines() if line not in walk] == []


def test_the_python_of_the_reference_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (HOWTO.parent / "reference.md").read_text(encoding="utf-8")
    section = text.partition("### A programme in Python")[2]
    found = re.search(r"```python\n(.*?)```\n\nprints\n\n```text\n(.*?)```", section, flags=re.S)
    assert found
    exec(found[1], {})
    assert capsys.readouterr().out == found[2]


def test_the_reference_names_every_form_and_table() -> None:
    text = (HOWTO.parent / "reference.md").read_text(encoding="utf-8")
    section = text.partition("## Commands of a programme")[2].partition("## Files of")[0]
    forms = (*AnyCommand.__args__, *people.PeopleCommand.__args__, *model.RegistryEvent.__args__,
             *people.PeopleEvent.__args__, *ComplianceCommand.__args__,
             *year.ComplianceEvent.__args__, *MarketCommand.__args__,
             *market.MarketEvent.__args__)  # fmt: skip
    for form in forms:
        tag = str(form.__struct_config__.tag)
        rows = [
            line for line in section.splitlines() if line.startswith("|") and f"`{tag}`" in line
        ]
        assert rows, tag
        for field in form.__struct_fields__:
            assert any(f"`{field}`" in row for row in rows), (tag, field)
    for table in (*tables.TABLES, *YEAR_TABLES, *MARKET_TABLES):
        assert f"| `{table.name}` |" in section
        for column in table.names:
            assert f"`{column}`" in section, (table.name, column)


def test_the_reference_names_every_question_list_and_key_of_a_pack() -> None:
    text = (HOWTO.parent / "reference.md").read_text(encoding="utf-8")
    asked = text.partition("### Questions of why")[2].partition("\n### ")[0]
    assert re.findall(r"^\| `(\w+)` \|", asked, flags=re.M) == list(QUESTIONS)
    lists = text.partition("## Lists of a compliance year")[2].partition("\n## ")[0]
    for name, fields in LISTS.items():
        rows = lists.partition(f"| `{name}` |")[2].partition("\n| `")[0]
        for field in fields:
            assert f" `{field.name}` | {field.zh} |" in rows, (name, field.name)
    packs = text.partition("## Packs")[2].partition("\n## ")[0]
    for part in (Pack, UnitKind, AccountType, Plan, Market, Segment, Instrument):
        for key, field in part.model_fields.items():
            name = field.alias or key
            assert f"`{name}`" in packs or (key == "id" and part is not Pack), (part, name)
    choices = f"{[part.model_fields for part in (Plan, Sector, Market, Segment)]}"
    for words in re.findall(r"Literal\[([^\]]+)\]", choices):
        for word in re.findall(r"'(\w+)'", words):
            assert f"`{word}`" in packs, word
    for act in get_args(Proposal):
        assert f"`{act}`" in packs, act
    rows = packs.partition("### Parameters")[2]
    for name, known in KNOWN.items():
        unit = known.unit or "as the pack says"
        assert f"| `{name}` | {known.form} | {unit} |" in rows, name
    for name in RULES:
        assert f"| `{name}` |" in packs.partition("### Cases")[2], name


def test_what_is_shown_is_compared() -> None:
    assert fits("a  b\n  c", "a b c\n")
    assert fits("one\n…\nend", "one\ntwo\nthree\nend")
    assert fits("key 12ab…", "key 12abcdef")
    assert fits("key 12ab…", "key 13abcdef")
    assert not fits("key 12ab…", "key none")
    assert not fits("a b", "a b c")
