"""Ours: a record set read, checked and accounted under the benchmark principle.

python benchmarks/ours_account.py DIR [--threads N] [--memory 2GB] [--errors sandwich]
    [--profile FILE] [--out FILE]
"""

from common import Stages

stages = Stages()

import argparse  # noqa: E402
import cProfile  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from tanheng.accounting.account import Account, account  # noqa: E402
from tanheng.accounting.method import Method  # noqa: E402
from tanheng.engines import open_records  # noqa: E402


class Follower:
    """Turns the names of stages into their times."""

    def __init__(self) -> None:
        self.current = "open"

    def __call__(self, name: str) -> None:
        """A stage begins, so the one before ends."""
        stages.end(self.current)
        self.current = name


def ordered(ids: list[str], values: np.ndarray) -> np.ndarray:
    """Values by identifier (which sort as they are numbered in the data)."""
    number = np.array([int(text.lstrip("UP")) for text in ids])
    result = np.empty(len(values))
    result[number] = values
    return result


def main() -> None:
    """Account once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory")
    parser.add_argument("--errors", choices=("off", "sandwich", "bootstrap"), default="off")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    stages.end("import")
    follow = Follower()
    profile = cProfile.Profile() if given.profile else None
    if profile:
        profile.enable()
    with open_records(given.folder, threads=given.threads, memory=given.memory) as store:
        method = Method(standard_errors=given.errors)
        result = account(store, method, principles=("benchmark",), progress=follow)
    if profile:
        profile.disable()
        profile.dump_stats(given.profile)
    stages.end(follow.current)
    if not isinstance(result, Account):
        raise SystemExit(f"no account: {result.findings[:5]}")
    own = result.results["benchmark"]
    facts = {
        "findings": len(result.findings),
        "relative_gap": own.conservation.relative_gap,
        "proved": bool(own.proved),
        "worst_bound": float((result.benchmarks.bound / np.abs(result.benchmarks.value)).max()),
    }
    results = {}
    if given.out is not None:
        records = result.records
        results = {
            "c": ordered(list(records.classes.ids), result.benchmarks.value),
            "r": ordered(list(records.units.ids), own.unit),
        }
    stages.report(given.out, results, **facts)


if __name__ == "__main__":
    main()
