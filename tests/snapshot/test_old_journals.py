"""A journal of every released layout still replays to the state that its checkpoint names.

``journal-1*.txt.xz``: confidential exports of a simulated registry and of a small one made by hand,
written when format 1 was first released; their checkpoints sign the hash of the state. Our own past
output, not outside truth.
"""

from __future__ import annotations

import io
import json
import lzma
from pathlib import Path
from typing import Any, get_args

import pytest

from tanheng.journal import Broken
from tanheng.programme import body
from tanheng.programme.state import State
from tanheng.verify import verify

JOURNALS = sorted(Path(__file__).parent.glob("journal-*.txt.xz"))


def entries(text: str) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Headers and bodies of an exported journal."""
    found: list[tuple[dict[str, Any], list[bytes]]] = []
    for line in text.splitlines():
        mark, *cells = line.split("\t")
        if mark == "E":
            found.append((json.loads(cells[1]), []))
        elif mark == "P":
            found[-1][1].append(cells[2].encode())
    return found


def replayed(text: str) -> State:
    """The state that the journal's events lead to."""
    state = State()
    for header, bodies in entries(text):
        act = json.loads(bodies[0])["act"]
        state.apply(body.events_in(header["seq"], bodies), header["seq"], header["at"], act)
    return state


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.name)
def test_an_old_journal_replays(path: Path) -> None:
    """It is proven by the checker, and leads to the state it was signed with."""
    data = lzma.decompress(path.read_bytes())
    first, last = data.splitlines()[0].decode(), data.splitlines()[-1].decode()
    report = verify(io.BytesIO(data), key=first.split("\t")[-1])
    assert report.verdict == "proven", report.lines()
    signed = json.loads(last.split("\t")[2])
    assert replayed(data.decode()).hash().hex() == signed["state"]


def test_the_journal_has_every_event() -> None:
    """Each form of event that is written today occurs in some journal kept here."""
    text = "".join(lzma.decompress(path.read_bytes()).decode() for path in JOURNALS)
    tags = {kind.__struct_config__.tag for kind in get_args(body.AnyEvent)}
    assert {tag for tag in tags if f'"event":"{tag}"' not in text} == set()


def test_an_old_form_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event of a form that is no longer written is read through its lift."""
    old = b'{"act":"close_registry","events":[[0,{"event":"mode_set/0","state":"closed"}]]}'
    with pytest.raises(Broken, match="entry 7"):
        body.events_in(7, [old])

    def lift(raw: dict[str, Any]) -> dict[str, Any]:
        return {"event": "mode_set/1", "mode": raw["state"], "reason": "—"}

    monkeypatch.setitem(body.LIFTS, "mode_set/0", lift)
    (event,) = body.events_in(7, [old])
    assert (event.mode, event.reason) == ("closed", "—")  # type: ignore[union-attr]
