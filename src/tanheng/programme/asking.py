"""Asking a programme why: a figure of a compliance year under the pack that was in force then."""

from __future__ import annotations

from tanheng.compliance.explain import why
from tanheng.errors import Refusal
from tanheng.programme.body import events_of
from tanheng.programme.people import PackAdopted
from tanheng.programme.programme import Programme
from tanheng.rules import Pack
from tanheng.why import Why


def explain(programme: Programme, question: str) -> Why | Refusal:
    """The explanation of a figure, as ``fine:ENT-7/2016``.

    Raises:
        PackLost: the pack of the decision is not kept as it was.
    """
    programme.catch_up()
    adopted = _adoptions(programme)
    packs: dict[str, Pack] = {programme.pack.digest: programme.pack}

    def pack_at(seq: int) -> Pack:
        _, digest, evidence = [row for row in adopted if row[0] <= seq][-1]
        if digest not in packs:
            packs[digest] = programme.pack_of(digest, evidence)
        return packs[digest]

    now = programme.instant()
    return why(question, programme.state.compliance, pack_at, now)


def _adoptions(programme: Programme) -> list[tuple[int, str, str]]:
    """Entry, digest and evidence of every pack that was put in force, in order."""
    first = programme.journal.entry(0)
    entries = [*([first] if first else []), *programme.journal.history("act:adopt_pack")]
    return [
        (entry.seq, event.pack, event.evidence)
        for entry in entries
        for event in events_of(entry)
        if isinstance(event, PackAdopted)
    ]
