"""Faults of the program that simulations of both the registry and the market must find."""

from __future__ import annotations

import pytest

from tanheng.journal.journal import Journal
from tanheng.journal.sqlite import SQLiteStore


def lose_a_commit(patch: pytest.MonkeyPatch) -> None:
    """Every thirtieth commit is acknowledged and not kept."""
    real, count = SQLiteStore.commit, [0]

    def wrong(self: SQLiteStore) -> None:
        count[0] += 1
        if count[0] % 30 == 0:
            self.rollback()
        else:
            real(self)

    patch.setattr(SQLiteStore, "commit", wrong)


def forget_ids(patch: pytest.MonkeyPatch) -> None:
    """Nobody knows which commands were accepted before."""
    real = Journal.begin
    patch.setattr(Journal, "begin", lambda self, keys=(): (real(self, keys)[0], {}))
