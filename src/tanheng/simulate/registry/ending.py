"""What must hold when an episode is over: replays, snapshots, tables, the exported journal."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from tanheng.journal import export
from tanheng.programme import state as states
from tanheng.programme.body import events_of
from tanheng.programme.programme import Programme
from tanheng.programme.state import State
from tanheng.registry import tables
from tanheng.simulate.registry.check import Checker
from tanheng.simulate.registry.reading import AUDIENCES
from tanheng.simulate.registry.writers import KEY, Writers
from tanheng.verify import verify


def finish(episode: Writers) -> str:
    """Check the whole of an episode; returns the hash of its journal and state."""
    episode.rest()
    checker = episode.checker
    for programme in episode.writers:
        programme.catch_up()
        checker.compare(programme, whole=True)
    last = episode.writers[0]
    hashes = [programme.state.hash().hex() for programme in episode.writers]
    replays(episode, last, hashes)
    acknowledged(checker, last)
    _tables(checker, last)
    proven(episode, last, episode.number % 8 == 0)
    return hashlib.sha256(f"{hashes[0]}:{checker.prev}".encode()).hexdigest()


def replays(episode: Writers, programme: Programme, hashes: list[str]) -> None:
    """A replay, and the newest snapshot with what came after, lead to the writers' states."""
    checker = episode.checker
    replayed = State()
    for entry in programme.journal.entries():
        replayed.apply(events_of(entry), entry.seq, entry.at, entry.act)
    from_start = replayed.hash().hex()
    state, size, why = states.load(programme.store, KEY.public)
    for entry in programme.journal.entries(size):
        state.apply(events_of(entry), entry.seq, entry.at, entry.act)
    if {*hashes, from_start, state.hash().hex()} != {from_start} or why:
        checker.wrong(
            "replay", f"{from_start[:8]} by replay, {state.hash().hex()[:8]} from the snapshot at "
            f"{size} ({why}), {[one[:8] for one in hashes]} live",
        )  # fmt: skip


def acknowledged(checker: Checker, programme: Programme) -> None:
    """What somebody was told is in the index of commands, and nothing else is."""
    rows = programme.store.query("SELECT actor, id, seq FROM commands")
    there = {(str(actor), str(name)): seq for actor, name, seq in rows}
    if there != {key: seq for key, (_, seq) in checker.known.items()}:
        checker.wrong("acknowledged", "the index of commands is not that of the entries")
    for key, seq in checker.acknowledged.items():
        if there.get(key) != seq:
            checker.wrong("acknowledged", f"{key}: told entry {seq}, there is {there.get(key)}")


def _rows(programme: Programme) -> dict[str, set[Any]]:
    found = {}
    for table in tables.TABLES:
        names = ", ".join(table.names)
        found[table.name] = set(programme.store.query(f"SELECT {names} FROM {table.name}"))
    return found


def _tables(checker: Checker, programme: Programme) -> None:
    live = _rows(programme)
    expected = tables.current(programme.state.registry)
    for name, rows in expected.items():
        if live[name] != rows:
            checker.wrong("tables", f"{name}: {sorted(map(repr, live[name] ^ rows))[:4]}")
    programme.rebuild()
    again = _rows(programme)
    for name, rows in live.items():
        if again[name] != rows:
            checker.wrong("tables", f"{name} rebuilt: {sorted(map(repr, again[name] ^ rows))[:4]}")


def proven(episode: Writers, programme: Programme, every: bool) -> None:
    """The exported journal, read by the independent checker; ``every`` edition, or the whole one."""
    checker, toy = episode.checker, episode.toy
    episode.time.now += 300
    kept = programme.checkpoint()
    audiences = AUDIENCES if every else AUDIENCES[2:]
    for audience in audiences:
        out = io.BytesIO()
        export.write(programme.journal, out, audience, KEY.public)
        out.seek(0)
        report = verify(out, checkpoint=kept.line(), key=KEY.public)
        if report.problems or report.size != checker.size:
            checker.wrong("proof", f"{audience}: {report.problems[:2]}")
        if audience != AUDIENCES[2]:
            continue
        for kind, sums in report.totals.items():
            mine = toy.sums(kind)
            if (sums["issued"], sums["surrendered"], sums["cancelled"]) != mine:
                checker.wrong("proof", f"{kind}: {sums}, not {mine}")
