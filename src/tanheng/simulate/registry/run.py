"""A run: episodes until there were so many operations."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tanheng.simulate.registry.check import GivenUp, Violation
from tanheng.simulate.registry.episode import Episode
from tanheng.simulate.registry.stores import Place
from tanheng.simulate.registry.writers import Writers

EPISODE = 20_000
"""Operations after which a new programme begins."""
BROKEN = 3
"""Episodes with violations after which a run stops: enough is known."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Result:
    """What a run found.

    Attributes:
        ops: commands whose outcome somebody was told.
        entries: of all journals.
        refusals: commands refused.
        crashes: writers that died, commits that failed, clocks that were off.
        violations: properties that did not hold.
        state_hash: over the journals and states of all episodes.
        ops_per_s: measured; all else follows from the seed.
        accepted, refused: commands by act.
        codes: refusals by code.
    """

    ops: int
    entries: int
    refusals: int
    crashes: int
    violations: tuple[Violation, ...]
    state_hash: str
    ops_per_s: float
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, object]:
        """For JSON; violations are counted."""
        return {
            "ops": self.ops,
            "entries": self.entries,
            "refusals": self.refusals,
            "crashes": self.crashes,
            "violations": len(self.violations),
            "state_hash": self.state_hash,
            "ops_per_s": round(self.ops_per_s, 1),
        }


def simulate_registry(
    seed: int, ops: int, *, store: Place, seconds: Callable[[], float], writers: int = 4,
    progress: Progress | None = None, check_every: int = 1, episode: int = EPISODE,
) -> Result:  # fmt: skip
    """Let a registry live through so many operations, and check everything about it.

    It stops early when too much is wrong (:data:`BROKEN`).

    Args:
        store: where the databases of the episodes are.
        seconds: a clock for the speed.
        progress: called with operations done and in all.
        check_every: batches after which the live state is compared; entries always are.
        episode: operations after which a new programme begins.
    """
    return simulate(
        lambda number: Episode(seed, number, store, writers, check_every), ops, seconds, progress,
        episode,
    )  # fmt: skip


def simulate(
    make: Callable[[int], Writers], ops: int, seconds: Callable[[], float],
    progress: Progress | None, episode: int,
) -> Result:  # fmt: skip
    """Episodes one after another; ``make`` makes the one of a number. See
    :func:`simulate_registry`."""
    began = seconds()
    done = entries = crashes = number = broken = 0
    violations: list[Violation] = []
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    digest = hashlib.sha256()
    while done < ops and broken < BROKEN:
        one = make(number)
        end = _lived(one, min(episode, ops - done),
                     None if progress is None else _after(progress, done, ops))  # fmt: skip
        checker = one.checker
        violations += [
            Violation(done + v.op, v.seq, v.property, f"episode {number}: {v.text}")
            for v in checker.violations
        ]
        digest.update(end.encode())
        done += max(one.ops, 1)
        entries += checker.size
        crashes += one.crashes
        accepted += checker.accepted
        refused += checker.refused
        codes += checker.codes
        number += 1
        broken += bool(checker.violations)
    spent = max(seconds() - began, 1e-9)
    return Result(
        done, entries, sum(refused.values()), crashes, tuple(violations), digest.hexdigest(),
        done / spent, accepted, refused, codes,
    )  # fmt: skip


def _after(progress: Progress, before: int, ops: int) -> Callable[[int], None]:
    return lambda done: progress(min(before + done, ops), ops)


def _lived(one: Writers, ops: int, progress: Callable[[int], None] | None) -> str:
    """One episode, to its end or until too much is wrong."""
    end = "given up"
    try:
        one.begin()
        turns = 0
        while one.ops < ops:
            one.turn()
            turns += 1
            if progress is not None and turns % 200 == 0:
                progress(one.ops)
        end = one.finish()
    except GivenUp:
        pass
    except Exception as error:
        # The program (or the simulator) failed; the seed leads back to it.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place_ = f"{Path(frame.filename).name}:{frame.lineno}"
        one.checker.violations.append(
            Violation(one.ops, one.checker.size, "fault", f"{place_}: {error!r}")
        )
    finally:
        one.close()
    return end
