"""The simulated registry: it finds nothing in the program, and everything that is planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from helpers.plants import forget_ids, lose_a_commit
from tanheng.programme import body, people
from tanheng.programme.programme import Programme
from tanheng.registry import access, controls, decide, decide_units, tables, view
from tanheng.registry import blocks as serials
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry import state as registry_state
from tanheng.simulate.registry import Files, Memory, Place, Result, Schemas, simulate_registry

ACTS = {kind.__struct_config__.tag for kind in (*get_args(c.AnyCommand), *get_args(people.PeopleCommand))}  # fmt: skip


def run(seed: int, ops: int, place: Place | None = None, episode: int = 20_000) -> Result:
    return simulate_registry(
        seed, ops, store=place or Memory(), seconds=lambda: 0.0, episode=episode
    )


def test_nothing_is_found_and_every_command_is_taken_and_refused() -> None:
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    crashes = 0
    for seed in (3, 5):
        found = run(seed, 5000, episode=2500)
        assert not found.violations
        assert found.entries > 2000
        accepted += found.accepted
        refused += found.refused
        crashes += found.crashes
    assert ACTS - accepted.keys() == set()
    assert ACTS - refused.keys() == set()
    assert crashes >= 5


def test_files_and_memory_come_to_the_same(tmp_path: Path) -> None:
    one, other = run(7, 900, episode=600), run(7, 900, Files(tmp_path), episode=600)
    assert one == other
    assert not one.violations
    assert list(one.as_dict()) == [
        "ops", "entries", "refusals", "crashes", "violations", "state_hash", "ops_per_s",
    ]  # fmt: skip
    assert not list(tmp_path.iterdir())
    assert run(8, 300).state_hash != one.state_hash


def test_postgres_comes_to_the_same(postgres: str) -> None:
    assert run(9, 500, Schemas(postgres, "simulated")) == run(9, 500)


Plant = Callable[[pytest.MonkeyPatch], None]


def take_one_too_many(patch: pytest.MonkeyPatch) -> None:
    real = serials.take

    def wrong(blocks: list[m.Block], first: int, last: int) -> Any:
        old, rest, cut = real(blocks, first, last)
        if rest and rest[-1][0] == last + 1 and rest[-1][1] > last + 1:
            place = blocks.index(rest[-1])
            blocks[place] = rest[-1] = (last + 2, *rest[-1][1:])
        return old, rest, cut

    patch.setattr(serials, "take", wrong)


def keep_what_a_hold_held(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Any, event: m.HoldEnded) -> None:
        hold = self.content.holds.pop(event.hold)
        if hold.pending in self.content.pending:
            self.content.pending[hold.pending].holds.remove(hold.id)

    patch.setitem(registry_state._APPLY, m.HoldEnded, wrong)


def reverse_twice(patch: pytest.MonkeyPatch) -> None:
    """The units of the second time are those of another surrender."""
    patch.setitem(registry_state._APPLY, m.Reversed, lambda self, event: None)


def go_on_while_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access, "open_mode", lambda view, act: None)


def approve_oneself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access, "second_person", lambda *args: None)


def spend_what_is_held(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: view.View, account: str, kind: str) -> int:
        balance = self.balance(account, kind)
        return balance.free + balance.held

    patch.setattr(view.View, "free", wrong)


def move_what_is_frozen(patch: pytest.MonkeyPatch) -> None:
    real = serials.choose

    def wrong(blocks: Any, amount: int, year: int = 0, order: tuple[str, ...] = ()) -> Any:
        return real([(a, b, mark, 0) for a, b, mark, _ in blocks], amount, year, order)

    patch.setattr(serials, "choose", wrong)


def surrender_for_any_year(patch: pytest.MonkeyPatch) -> None:
    real = decide_units.usable

    def wrong(view: Any, account: str, kind: Any, sink: str, most: int, year: int, act: str) -> Any:
        years = {b[2] for b in view.balance(account, kind.id).blocks if b[2]}
        return real(view, account, kind, sink, most, min(years) if years else year, act)

    patch.setattr(decide_units, "usable", wrong)


def no_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(controls, "within_limit", lambda *args: None)


def trust_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(controls, "is_trusted", lambda view, source, target: target in source.trusted)


def late_with_what_is_due(patch: pytest.MonkeyPatch) -> None:
    real = Programme._settle_due

    def wrong(self: Programme, at: str) -> None:
        if self.journal.size % 4 == 0:
            real(self, at)

    patch.setattr(Programme, "_settle_due", wrong)


def settle_at_the_wrong_instant(patch: pytest.MonkeyPatch) -> None:
    real = Programme._record

    def wrong(self: Programme, at: str, act: str, events: Any, envelope: Any, answered: Any) -> Any:
        if envelope["actor"] == "system" and act != "found":
            at = max(self._clock(), at)
        return real(self, at, act, events, envelope, answered)

    patch.setattr(Programme, "_record", wrong)


def tell_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(body, "audience", lambda event, act, controls: "public")


def leave_old_rows(patch: pytest.MonkeyPatch) -> None:
    def wrong(store: Any, table: Any, names: Any, rows: Any) -> None:
        if rows:
            store.upsert(table, list(rows.values()))

    patch.setattr(tables, "_keyed", wrong)


def import_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(registry_state._APPLY, m.UnitsImported, lambda self, event: None)


def refuse_for_nothing(patch: pytest.MonkeyPatch) -> None:
    real = decide._CORE[c.PlaceHold]

    def wrong(command: Any, view: Any) -> Any:
        if command.amount == 3:
            raise view.short(command.account, command.kind, 3)
        return real(command, view)

    patch.setitem(decide._CORE, c.PlaceHold, wrong)


PLANTS = [
    take_one_too_many, keep_what_a_hold_held, reverse_twice, lose_a_commit, forget_ids,
    go_on_while_closed, approve_oneself, spend_what_is_held, move_what_is_frozen,
    surrender_for_any_year, no_limit, trust_at_once, late_with_what_is_due,
    settle_at_the_wrong_instant, tell_everybody, leave_old_rows, import_twice, refuse_for_nothing,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(run(seed, 900).violations for seed in (4, 5, 1, 2, 3, 6, 7, 8))
