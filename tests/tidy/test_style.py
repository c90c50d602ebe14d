"""The style guide as a test: sizes, docstrings, imports, words, links."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "tanheng").rglob("*.py"))
MODULE_LINES = 500
FUNCTION_LINES = 70


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def public_definitions(tree: ast.Module) -> list[ast.AST]:
    """Public functions and classes, and the public methods of public classes."""
    found: list[ast.AST] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found += [
                    member for member in node.body
                    if isinstance(member, ast.FunctionDef) and not member.name.startswith("_")
                ]  # fmt: skip
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_module_keeps_the_habits(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= MODULE_LINES, "a module over 500 lines is telling you something"
    assert ast.get_docstring(tree), "every module says what lives in it"
    long = [
        f"{f.name} ({f.end_lineno - f.lineno + 1})"
        for f in functions(tree)
        if f.end_lineno - f.lineno + 1 > FUNCTION_LINES
    ]
    assert not long, f"functions over {FUNCTION_LINES} lines: {long}"
    bare = [node.name for node in public_definitions(tree) if not ast.get_docstring(node)]
    assert not bare, f"public and undocumented: {bare}"
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text), "mend it or write an issue"


def test_the_lock_names_only_the_public_index() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert "pypi.org/simple" in lock
    registries = set(re.findall(r'registry = "([^"]+)"', lock))
    assert len(registries) == 1, registries


def test_no_machine_path_is_written_down() -> None:
    wanted = ["README.md", "README.zh-CN.md", "docs", "examples", "benchmarks", "src", "Makefile"]
    for name in wanted:
        place = ROOT / name
        files = [place] if place.is_file() else [p for p in place.rglob("*") if p.suffix in TEXT]
        for file in files:
            if "data" in file.parts:
                continue
            text = file.read_text(encoding="utf-8", errors="ignore")
            assert not re.search(r"(?<![\w.])/(work|root|home)/\w", text), file


TEXT = {".md", ".py", ".toml", ".yaml", ".csv", ".html", ".j2", ".css", ".js"}


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_of_the_readme_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "README.zh-CN.md"):
        for target in re.findall(r"^make (\w+)", (ROOT / page).read_text("utf-8"), flags=re.M):
            assert re.search(rf"^{target}:", makefile, flags=re.M), target


def test_no_dependency_is_copyleft() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    from importlib.metadata import metadata

    for requirement in project["dependencies"]:
        name = re.split(r"[\[<>=!~ ]", requirement)[0]
        about = metadata(name)
        terms = " ".join(
            [about.get("License-Expression") or "", (about.get("License") or "")[:200],
             *(about.get_all("Classifier") or [])]
        )  # fmt: skip
        assert not re.search(r"\b(A|L)?GPL|General Public License", terms), name


def test_reference_names_every_column_choice_and_finding() -> None:
    from tanheng.accounting.schema import TABLES
    from tanheng.errors import catalogue

    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        assert f"`{table.name}`" in text
        for column in table.columns:
            assert f"`{column.name}`" in text, column.name
            assert column.zh in text, column.zh
            for choice in column.choices or {}:
                assert f"`{choice}`" in text, choice
    for code in catalogue():
        assert f"`{code}`" in text, code


def test_chinese_readme_has_the_same_parts() -> None:
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert english.count("\n## ") == chinese.count("\n## ")
    assert english.count("```") == chinese.count("```")
