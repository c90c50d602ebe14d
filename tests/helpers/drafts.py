"""Draft laws laid over packs, and what every test of a compliance year asks of its scheme."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from helpers.compliance import KEY, Scheme, pack_with
from tanheng.errors import Refusal
from tanheng.programme.programme import Programme
from tanheng.rules import Pack, Parameter, Plan
from tanheng.rules.known import KNOWN
from tanheng.rules.source import read_source


def law(name: str, *values: str) -> str:
    """A draft of one parameter; values without their citation, from 2013 on if nothing is said."""
    unit, words = KNOWN[name].unit or "tCO2e/t", f"{{en: {name}, zh: {name}}}"
    text = f"parameters:\n  {name}:\n    title: {words}\n    unit: {unit}\n    values:\n"
    for value in values:
        since = "" if "from:" in value else "from: 2013-01-01, "
        text += f"      - {{{since}{value}, clause: Draft, status: assumed}}\n"
    return text


def choice(**words: str) -> str:
    """A draft of choices of the plan."""
    rows = (f"  {k}: {{value: {w}, clause: Draft, status: assumed}}\n" for k, w in words.items())
    return "plan:\n" + "".join(rows)


_base = cache(pack_with)
_read = cache(lambda text: read_source("-", text).data)


@cache
def shenzhen(*drafts: str) -> Pack:
    """The pack of Shenzhen with drafts over it, and nothing that needs a second person."""
    base, data = _base(), {"plan": {}, "parameters": {}}
    for text in (*base.files.values(), *map(str.encode, drafts)):
        for part in data:
            data[part] |= _read(text).get(part, {})
    plan = Plan.model_validate_json(json.dumps(data["plan"]), strict=True)
    values = {
        name: Parameter.model_validate_json(json.dumps(found), strict=True)
        for name, found in data["parameters"].items()
    }
    return base.model_copy(update={"plan": plan, "parameters": values})


def replayed(scheme: Scheme) -> None:
    """Tables are what a replay gives, and another opening reaches the same state."""
    one = scheme.programme
    assert one.check_tables() == []
    other = Programme.open(
        one.store, "scheme", public_key=KEY.public, clock=lambda: scheme.now, entropy=os.urandom,
        library=scheme.shelf, gate="simulation",
    )  # fmt: skip
    assert other.state.hash() == one.state.hash()


def refused(scheme: Scheme, command: Any, code: str, **details: object) -> Refusal:
    """Refused with the code and these details, in whole sentences, and nothing changed."""
    found = scheme.no(command)
    assert found.code == code, found.message()
    assert {key: found.details[key] for key in details} == details
    assert "{" not in found.message("en") + found.message("zh")
    return found
