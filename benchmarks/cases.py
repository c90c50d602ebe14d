"""The cases: which data, which two scripts, what of them is compared, and what was aimed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Line = Mapping[str, float]
"""What a script prints, with ``wall_s`` and ``cpu_s`` of its whole process."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
SCORES = 1000


def wall(line: Line) -> float:
    """Seconds of the whole process, imports and all."""
    return line["wall_s"]


def called(name: str) -> Callable[[Line], float]:
    """Seconds of one call inside the process."""
    return lambda line: line[name]


def all_scores(line: Line) -> float:
    """Seconds bw2calc needs for all scores, from its first and its median further score."""
    return line["first_s"] + (SCORES - 1) * line["score_s"]


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        title: in the table.
        data: folder under the data folder, and the arguments of ``data.py`` that make it.
        peer, ours: script and arguments; the data folder comes first.
        peer_s, ours_s: seconds to compare.
        most: the aim: ours takes at most this part of the peer's time.
        peak_mib: the aim for our peak, or ``peak_part`` of the peer's.
        same: pairs of result names that must agree, with the relative difference allowed.
        environment: for both.
        runs: fewer than asked for, where a run takes minutes.
        note: how to read it.
    """

    title: str
    data: tuple[str, Sequence[str]]
    peer: Sequence[str]
    ours: Sequence[str]
    peer_s: Callable[[Line], float] = wall
    ours_s: Callable[[Line], float] = wall
    most: float | None = None
    peak_mib: float | None = None
    peak_part: float | None = None
    same: Sequence[str] = ("c", "r")
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: int | None = None
    note: str = ""


TEN_MILLION = ("records", "--flows", "1e7", "--units", "1e6", "--classes", "1e5")
HUNDRED_MILLION = ("records", "--flows", "1e8", "--units", "1e6", "--classes", "5e4")

CASES: dict[str, Case] = {
    "records": Case(
        "10⁷ flows, 10⁶ units, 10⁵ classes, integer ids; peer: PyArrow + NumPy + SciPy, no checks",
        ("records-1e7", TEN_MILLION), ["bare_numpy.py"], ["ours_account.py"],
        most=2.0, peak_mib=4096,
    ),
    "records-strings": Case(
        "the same with string ids",
        ("records-1e7-string", (*TEN_MILLION, "--ids", "string")),
        ["bare_numpy.py"], ["ours_account.py"],
    ),
    "strings-add": Case(
        "what string ids add (peer: ours with integer ids)",
        ("records-1e7-string", (*TEN_MILLION, "--ids", "string")),
        ["ours_account.py", "records-1e7"], ["ours_account.py"],
    ),
    "errors-add": Case(
        "what standard errors add (peer: ours without)",
        ("records-1e7", TEN_MILLION), ["ours_account.py"],
        ["ours_account.py", "--errors", "sandwich"], runs=1, note="one run: 200 solves",
    ),
    "records-1e8": Case(
        "10⁸ flows, 9×10⁷ pairs, out of core; peer: hand-written DuckDB SQL, no checks",
        ("records-1e8", HUNDRED_MILLION), ["bare_duckdb.py"],
        ["ours_account.py", "--memory", "2GB"], most=1.5, peak_mib=6144, runs=2,
        note="two runs, the first one included",
    ),
    "solve": Case(
        "20,000 classes × 12 inputs, all benchmarks with proved bound; peer: one SciPy BiCGSTAB",
        ("system", ("system",)), ["bare_bicgstab.py"], ["ours_system.py"],
        called("solve_s"), called("solve_s"), most=2.0, same=("c",), environment=ONE_THREAD,
        note="one BLAS thread on both sides: on a busy machine threads only wait for each other",
    ),
    "solve-mixed": Case(
        "the same, measures spread over four decades",
        ("system-mixed", ("system", "--mixed")), ["bare_bicgstab.py"], ["ours_system.py"],
        called("solve_s"), called("solve_s"), most=2.0, same=("c",), environment=ONE_THREAD,
    ),
    "solve-hubs": Case(
        "the same, every class may buy from every class",
        ("system-hubs", ("system", "--structure", "hubs")), ["bare_bicgstab.py"],
        ["ours_system.py"], called("solve_s"), called("solve_s"), most=2.0, same=("c",),
        environment=ONE_THREAD,
    ),
    "scores": Case(
        "1,000 product scores, 20,000 classes; peer: bw2calc, one solve a score (its default)",
        ("system", ("system",)), ["peer_bw2calc.py", "--scores", "5"], ["ours_system.py"],
        all_scores, called("scores_s"), most=1 / 200, same=("scores",), environment=ONE_THREAD,
        note="peer extrapolated from 5 scores",
    ),
    "scores-factorized": Case(
        "1,000 product scores, 20,000 classes; peer: bw2calc, factorised once",
        ("system", ("system",)), ["peer_bw2calc.py", "--scores", "50", "--way", "factorize"],
        ["ours_system.py"], all_scores, called("scores_s"), most=1 / 200, same=("scores",),
        environment=ONE_THREAD, note="peer extrapolated from 50 scores, factorisation counted once",
    ),
    "table": Case(
        "9,800 sectors, one stressor, all multipliers; peer: pymrio calc_all",
        ("table", ("table",)), ["peer_pymrio.py"], ["ours_table.py"],
        called("calc_s"), called("calc_s"), most=1 / 50, peak_part=1 / 5, same=("c",), runs=5,
        note="the peer's table is in memory before its time starts; ours is read from the file",
    ),
}  # fmt: skip
