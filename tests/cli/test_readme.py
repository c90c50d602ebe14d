"""The tour in both READMEs shows what the program really prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tanheng.cli import main

ROOT = Path(__file__).parents[2]


def _blocks(page: str) -> list[tuple[str, list[str]]]:
    """Commands of a README that call the program, with the lines shown below them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"```\n(.*?)```", text, flags=re.S):
        command, _, shown = block.partition("\n")
        if command.startswith("$ tanheng "):
            found.append((command.removeprefix("$ tanheng "), shown.rstrip("\n").split("\n")))
    return found


@pytest.mark.parametrize("page, language", [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_tour_is_true(page: str, language: str, tmp_path: Path, monkeypatch, capsys) -> None:
    import shutil

    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    broken = shutil.copytree(ROOT / "examples" / "three-car-makers", tmp_path / "broken")
    with (broken / "flows.csv").open("a") as flows:
        flows.write("M4,2016,in,material,-5,furlong,,\n")
    monkeypatch.chdir(tmp_path)
    blocks = _blocks(page)
    assert [command.split()[0] for command, _ in blocks] == ["account", "why", "check"]
    for command, shown in blocks:
        with pytest.raises(SystemExit):
            main([*command.split(), "--lang", language])
        printed = [line.rstrip() for line in capsys.readouterr().out.split("\n")]
        for line in shown:
            assert line in printed, f"{page}: {command}: {line!r}"
