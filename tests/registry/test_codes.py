"""Every refusal of the registry and the programme has its message, and a test that brings it about."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tanheng
from tanheng.errors import catalogue

SOURCE = Path(tanheng.__file__).parent
TESTS = Path(__file__).parents[1]


def texts(node: ast.AST) -> set[str]:
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def codes(room: str) -> set[str]:
    """First arguments of every ``Refusal(…)`` of a room, and what is assigned to ``code``."""
    found: set[str] = set()
    for path in sorted((SOURCE / room).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                found |= texts(node.args[0])
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                found |= texts(node.value)
    return found


def triggered(*folders: str) -> set[str]:
    """Codes that tests expect: in a call that checks a refusal, or in a table of such calls."""
    found: set[str] = set()
    for folder in folders:
        for path in sorted((TESTS / folder).glob("test_*.py")):
            if path.name == Path(__file__).name:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                name = (
                    getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if isinstance(node, ast.Call)
                    else ""
                )
                if name in ("refused", "same"):
                    for argument in node.args[:2]:
                        found |= texts(argument)
                elif isinstance(node, ast.Call) and name == "parametrize":
                    found |= texts(node)
    return found


@pytest.mark.parametrize("room, folders", [
    ("registry", ["registry"]), ("programme", ["registry", "programme"]),
])  # fmt: skip
def test_every_code_is_brought_about(room: str, folders: list[str]) -> None:
    assert len(codes(room)) > 10
    assert codes(room) - triggered(*folders) == set()


@pytest.mark.parametrize("room", ["registry", "programme"])
def test_every_code_has_a_message(room: str) -> None:
    assert codes(room) - set(catalogue()) == set()
