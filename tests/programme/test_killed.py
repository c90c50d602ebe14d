"""Writers killed with SIGKILL, and journals whose last bytes did not reach the disk."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import killing
from tanheng.journal import Store
from tanheng.programme.body import events_of
from tanheng.programme.programme import Outcome, Programme

SCRIPT = Path(killing.__file__)


def killed(place: str, kills: int, seed: int) -> dict:
    """Run the script in a process of its own, which forks the writers."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), place, str(kills), str(seed)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def sound(found: dict, kills: int) -> None:
    """Nothing lost, nothing doubled, nothing out of nowhere."""
    assert found["kills"] == kills
    assert found["acknowledged"] > kills
    assert (found["lost"], found["doubled"], found["unknown"], found["faults"]) == (0, 0, 0, [])


def test_killed_writers_on_sqlite(tmp_path: Path) -> None:
    sound(killed(str(tmp_path / "j.db"), 100, 1), 100)


def test_killed_writers_on_postgresql(postgres: str) -> None:
    sound(killed(postgres, 40, 2), 40)


@pytest.mark.long
def test_two_thousand_kills(tmp_path: Path) -> None:
    sound(killed(str(tmp_path / "j.db"), 2000, 3), 2000)


def reopened(place: str) -> Programme | None:
    """The programme; None when it was cut before its first entry was durable, and it says so."""
    try:
        return killing.opened(place)
    except ValueError as error:
        if "no programme" in str(error):
            return None
        raise


def test_torn_writes(tmp_path: Path) -> None:
    """The write-ahead log is cut at any byte: what opens is a prefix, whole in journal and tables."""
    place = tmp_path / "j.db"
    killing.founded(str(place))
    programme = killing.opened(str(place))
    for n in range(30):
        names = [f"c{n}.{k}" for k in range(1 + n % 4)]
        for answer in programme.execute_many([killing.request(name) for name in names]):
            assert isinstance(answer, Outcome)
    hashes = [entry.hash for entry in programme.journal.entries()]
    log = Path(f"{place}-wal").read_bytes()
    assert len(log) > 100_000
    chance = random.Random(4)
    sizes = set()
    for turn in range(40):
        copy = tmp_path / f"torn{turn}"
        copy.mkdir()
        shutil.copy(place, copy / "j.db")
        cut = bytearray(log[: chance.randrange(len(log))])
        if turn % 3 == 0 and cut:
            # A sector that was being written holds anything.
            cut[-min(len(cut), 512) :] = chance.randbytes(min(len(cut), 512))
        (copy / "j.db-wal").write_bytes(cut)
        torn = reopened(str(copy / "j.db"))
        if torn is None:
            continue
        found = list(torn.journal.entries())
        assert [entry.hash for entry in found] == hashes[: len(found)]
        assert all(events_of(entry) for entry in found)
        assert torn.check_tables() == []
        answer = torn.execute(killing.request("after"))
        assert isinstance(answer, Outcome)
        sizes.add(len(found))
        torn.store.close()
    assert len(sizes) > 8


def test_the_script_would_see_a_lost_command(tmp_path: Path) -> None:
    """Its checks are not blind: a command taken out of the store is missed."""
    place = str(tmp_path / "j.db")
    killing.founded(place)
    programme = killing.opened(place)
    assert isinstance(programme.execute(killing.request("c1")), Outcome)
    store: Store = killing.store_at(place)
    store.begin()
    store.run("DELETE FROM moves WHERE seq = (SELECT MAX(seq) FROM moves)")
    store.commit()
    assert programme.check_tables()
