"""The catalogue of messages: every code is used and exists, every place of a text is filled in."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

import tanheng
from tanheng.errors import Finding, Refusal, blocking, catalogue

SOURCE = Path(tanheng.__file__).parent
ALWAYS = {"value", "column", "table"}
MAKERS = {"Finding", "Fault", "Refusal", "fault", "fault_at"}


def places(text: str) -> set[str]:
    """Names of the places of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@dataclass(frozen=True)
class Call:
    """A place in the source where a message is made; ``details`` None when they are computed."""

    where: str
    kind: str
    codes: frozenset[str]
    details: frozenset[str] | None


def constants(node: ast.AST) -> set[str]:
    """Text constants below a node."""
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def dictionaries(node: ast.AST, function: ast.AST, tree: ast.Module) -> list[ast.Dict]:
    """Dictionary displays that a node is, is given in its function, or gets from another one."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    sources = [node]
    for other in (*ast.walk(function), *ast.walk(tree)):
        if isinstance(other, ast.FunctionDef) and other.name in names and other is not function:
            sources.append(other)
    for statement in ast.walk(function):
        kinds = ast.Assign | ast.AnnAssign | ast.AugAssign
        if isinstance(statement, kinds) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(t, ast.Name) and t.id in names for t in targets):
                sources.append(statement.value)
    return [n for source in sources for n in ast.walk(source) if isinstance(n, ast.Dict)]


def calls() -> Iterator[Call]:
    """Every call in the source that makes a message from a code written there."""
    known = catalogue()
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            codes = constants(node.args[0])
            if name not in MAKERS or (name == "Fault" and not codes & set(known)):
                continue
            inside = [f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
            around = inside[-1] if inside else tree
            given = [
                d for a in (*node.args[1:], *(k.value for k in node.keywords))
                for d in dictionaries(a, around, tree)
            ]  # fmt: skip
            keys = {k.value for d in given for k in d.keys if isinstance(k, ast.Constant)}
            if name == "fault":
                keys |= {word.arg for word in node.keywords if word.arg}
            where = f"{path.relative_to(SOURCE)}:{node.lineno}"
            yield Call(where, name, frozenset(codes), frozenset(map(str, keys)))


CALLS = list(calls())


def test_the_scan_sees_the_source() -> None:
    assert len(CALLS) > 40
    assert {call.kind for call in CALLS} == MAKERS


def test_every_code_that_is_used_exists() -> None:
    strangers = {(call.where, code) for call in CALLS for code in call.codes} - {
        (call.where, code) for call in CALLS for code in call.codes & set(catalogue())
    }
    assert not strangers


def test_every_code_of_the_catalogue_is_used() -> None:
    """Some are chosen by an expression, so every text constant of the source counts."""
    written = set()
    for path in SOURCE.rglob("*.py"):
        written |= constants(ast.parse(path.read_text(encoding="utf-8")))
    assert not set(catalogue()) - written


@pytest.mark.parametrize("call", [pytest.param(c, id=c.where) for c in CALLS])
def test_every_place_is_filled_in(call: Call) -> None:
    """The details of a call name all places of its message, in both languages."""
    for code in call.codes:
        message = catalogue()[code]
        always = {"value"} if call.kind == "Refusal" else ALWAYS
        given = (call.details or frozenset()) | (set() if call.kind == "Refusal" else always)
        for text in (*message.text.values(), *message.remedy.values(), *message.allowed.values()):
            assert places(text) <= given, (code, places(text) - given)


@pytest.mark.parametrize("code", list(catalogue()))
def test_entry(code: str) -> None:
    """Both languages say the same about the same things; stops say what being allowed means."""
    message = catalogue()[code]
    assert message.severity in ("error", "stop", "notice")
    for texts in (message.text, message.remedy, message.allowed):
        assert bool(texts["en"]) == bool(texts["zh"])
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in texts["en"].replace("退回", ""))
        assert not texts["zh"] or any("\u4e00" <= sign <= "\u9fff" for sign in texts["zh"])
    assert message.text["en"].endswith(".")
    assert message.text["zh"].endswith("。")
    assert bool(message.allowed["en"]) == (message.severity == "stop")
    if message.severity != "notice":
        assert message.remedy["en"].endswith(".")
        assert message.remedy["zh"].endswith("。")
    assert places(message.text["en"]) >= places(message.text["zh"]) - {"table", "column"}


def test_the_catalogue_is_read_whole() -> None:
    raw = (files("tanheng") / "messages.toml").read_text(encoding="utf-8")
    assert raw.count("\n[") == len(catalogue())


def test_blocking() -> None:
    """Errors always, stops unless allowed, notices never."""
    error, stop, notice = (Finding(c, "flows") for c in ("table_twice", "negative", "few_makers"))
    assert blocking([error, stop, notice]) == [error, stop]
    assert blocking([error, stop, notice], ["negative", "table_twice"]) == [error]
    assert blocking([], ["negative"]) == []


def test_place_and_refusal() -> None:
    assert Finding("negative", "flows", 7, "quantity").place() == "flows:7:quantity"
    assert Finding("table_missing", "units").place() == "units"
    refusal = Refusal("why_not_found", {"value": "unit:X", "known": "M1, M2"})
    assert "“unit:X”" in refusal.message("en")
    assert "M1, M2" in refusal.message("zh")
