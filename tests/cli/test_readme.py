"""The tour in both READMEs shows what the program really prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from helpers.terminal import be_quick, call, replay
from tanheng.cli import main

ROOT = Path(__file__).parents[2]


def _blocks(page: str) -> list[tuple[str, list[str]]]:
    """Commands of a README that call the program, with the lines shown below them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.S | re.M):
        command, _, shown = block.partition("\n")
        if not kind and command.startswith("$ tanheng "):
            found.append((command.removeprefix("$ tanheng "), shown.rstrip("\n").split("\n")))
    return found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme of docs/howto/run-a-registry.md, made as the page says."""
    folder = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as patch:
        be_quick(patch)
        patch.setenv("LANG", "C.UTF-8")
        for name in ("LC_ALL", "LC_MESSAGES"):
            patch.delenv(name, raising=False)
        patch.chdir(folder)
        page = (ROOT / "docs" / "howto" / "run-a-registry.md").read_text(encoding="utf-8")
        replay(page.partition("## 9. ")[0], folder, patch)
    return folder / "demo"


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compliance year of Shenzhen, played as the page says."""
    folder = tmp_path_factory.mktemp("year") / "sz"
    example = ROOT / "examples" / "shenzhen-2016"
    code, _, printed = call("simulate", "play", example, "--out", folder)
    assert code == 0, printed
    return folder


@pytest.mark.parametrize("page, language", [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_tour_is_true(
    page: str, language: str, registry: Path, year: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    shutil.copytree(registry, tmp_path / "demo")
    shutil.copytree(year, tmp_path / "sz")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    broken = shutil.copytree(ROOT / "examples" / "three-car-makers", tmp_path / "broken")
    with (broken / "flows.csv").open("a") as flows:
        flows.write("M4,2016,in,material,-5,furlong,,\n")
    monkeypatch.chdir(tmp_path)
    blocks = _blocks(page)
    asked = [command.split()[0] for command, _ in blocks]
    assert asked == ["account", "why", "check", "registry", "why"]
    for command, shown in blocks:
        with pytest.raises(SystemExit):
            main([*command.split(), "--lang", language])
        printed = [line.rstrip() for line in capsys.readouterr().out.split("\n")]
        for line in shown:
            assert line in printed, f"{page}: {command}: {line!r}"
