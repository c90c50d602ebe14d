"""Run the benchmarks: ours and a peer alternately, each in a process of its own.

    python benchmarks/run.py [CASE ...] [--runs 5] [--report DIR] [--list]

Data are made where they are missing (``benchmarks/data/``, 3 GB). Of each side one run comes first
whose time does not count: it warms the file cache and writes results, which must agree. Figures
are medians; the ratio is the median of the ratios of neighbouring runs, beside the ratio of the
medians. Peak memory is the process's own resident maximum. ``--report`` gets ``results.json`` and
``results.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from cases import CASES, Case, Line
from common import median

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
PACKAGES = ("numpy", "scipy", "pyarrow", "duckdb", "ibis-framework", "pymrio", "bw2calc")
AGREEMENT = 1e-9


def prepare(case: Case) -> Path:
    """The case's data folder, made when missing."""
    name, how = case.data
    folder = DATA / name
    if not (folder / "whole").exists():
        print(f"making {folder.relative_to(HERE.parent)} …", flush=True)
        command = [sys.executable, str(HERE / "data.py"), how[0], str(folder), *how[1:]]
        subprocess.run(command, check=True)
        (folder / "whole").touch()
    return folder


def command(script: Sequence[str], folder: Path) -> list[str]:
    """The command line of one side; a first argument that is no option names another folder."""
    name, *rest = script
    if rest and not rest[0].startswith("-"):
        folder = DATA / rest.pop(0)
    return [sys.executable, "-W", "ignore", str(HERE / name), str(folder), *rest]


def shown(script: Sequence[str], folder: Path) -> str:
    """A command line as one would type it."""
    root = HERE.parent
    parts = [Path(part) for part in command(script, folder)[3:5]]
    names = [str(part.relative_to(root)) for part in parts]
    return " ".join(["python", *names, *command(script, folder)[5:]])


def once(
    case: Case, script: Sequence[str], folder: Path, out: Path | None = None
) -> dict[str, float]:
    """One run; what it printed, with the seconds of the whole process."""
    line = command(script, folder) + (["--out", str(out)] if out else [])
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        line, env={**os.environ, **case.environment}, capture_output=True, text=True, cwd=HERE
    )
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(line)} failed:\n{done.stderr[-3000:]}")
    printed: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**printed, "wall_s": took, "cpu_s": spent, "load_1min": os.getloadavg()[0]}


def differences(case: Case, folder: Path, peer: Path, ours: Path) -> dict[str, float]:
    """Greatest relative difference of each result.

    R may cancel to nearly nothing, so its scale is at least the unit's own direct emissions.
    """
    theirs, own = np.load(peer), np.load(ours)
    found = {}
    for name in case.same:
        if name == "scores":
            a, b = theirs["c"], own["c"][theirs["products"]]
        else:
            a, b = theirs[name], own[name]
        scale = np.abs(a)
        if name == "r":
            emitted = pq.read_table(folder / "direct.parquet", columns=["emission_tco2e"])
            scale = np.maximum(scale, emitted["emission_tco2e"].to_numpy())
        found[name] = float((np.abs(a - b) / scale).max())
    return found


def compare(name: str, case: Case, runs: int) -> dict[str, object]:
    """Run a case."""
    folder = prepare(case)
    for other in CASES.values():
        if case.peer[1:2] == [other.data[0]]:
            prepare(other)
    runs = min(runs, case.runs or runs)
    with tempfile.TemporaryDirectory() as scratch:
        results = [Path(scratch) / "peer.npz", Path(scratch) / "ours.npz"]
        warm = [
            once(case, side, folder, out)
            for side, out in zip((case.peer, case.ours), results, strict=True)
        ]
        gaps = differences(case, folder, *results)
    if max(gaps.values()) > AGREEMENT:
        raise SystemExit(f"{name}: results differ: {gaps}")
    print(f"{name}: results agree to {max(gaps.values()):.1e}", flush=True)
    # Where a run takes minutes, the first one counts too.
    lines: list[list[dict[str, float]]] = [[warm[0]], [warm[1]]] if case.runs else [[], []]
    for number in range(runs - len(lines[0])):
        sides = [(0, case.peer), (1, case.ours)]
        for which, side in sides if number % 2 == 0 else sides[::-1]:
            lines[which].append(once(case, side, folder))
    return summary(name, case, lines, warm, gaps)


def summary(
    name: str, case: Case, lines: list[list[dict[str, float]]], warm: list[dict[str, float]],
    gaps: dict[str, float],
) -> dict[str, object]:  # fmt: skip
    """Medians, ranges, ratios and aims of a case."""
    peer, ours = lines
    a, b = [case.peer_s(line) for line in peer], [case.ours_s(line) for line in ours]
    pairs = [y / x for x, y in zip(a, b, strict=True)]
    peaks = [max(line["peak_mib"] for line in side) for side in lines]
    ratio = median(pairs)
    aim = [case.most is None or ratio <= case.most]
    limit = case.peak_mib or (case.peak_part or 0) * peaks[0]
    aim.append(not limit or peaks[1] <= limit)
    cpu = [median(line["cpu_s"] for line in side) for side in lines]
    return {
        "case": name, "title": case.title, "note": case.note, "runs": len(a), "agreement": gaps,
        "peer_s": spread(a), "ours_s": spread(b), "ratio_of_medians": median(b) / median(a),
        "median_of_ratios": ratio, "ratios": pairs, "most": case.most, "cpu_s": cpu,
        "peak_mib": peaks, "peak_limit_mib": limit or None, "met": aim,
        "commands": [shown(side, DATA / case.data[0]) for side in (case.peer, case.ours)],
        "environment": dict(case.environment), "lines": lines, "warm": warm,
    }  # fmt: skip


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def seconds(found: Line) -> str:
    """``1.23 (1.20–1.31) s``, in ms where that reads better."""
    scale, unit = (1000, "ms") if found["median"] < 0.1 else (1, "s")
    low, middle, high = (found[key] * scale for key in ("min", "median", "max"))
    return f"{middle:.4g} ({low:.4g}–{high:.4g}) {unit}"


def times(ratio: float) -> str:
    """A ratio of ours to the peer's."""
    return f"{ratio:.2f} ×" if ratio > 0.1 else f"1/{1 / ratio:.0f}"


def row(found: dict) -> str:
    """One line of the Markdown table."""
    aim = "" if found["most"] is None else f"≤ {times(found['most'])}: {_verdict(found['met'][0])}"
    if found["peak_limit_mib"]:
        aim += f"; peak ≤ {found['peak_limit_mib']:.0f} MiB: {_verdict(found['met'][1])}"
    cells = [
        found["title"], seconds(found["peer_s"]), seconds(found["ours_s"]),
        f"{times(found['median_of_ratios'])} ({times(found['ratio_of_medians'])})",
        " / ".join(f"{peak:.0f}" for peak in found["peak_mib"]), str(found["runs"]), aim,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def markdown(found: list[dict], machine: dict[str, object]) -> str:
    """The table, with machine, versions and commands."""
    head = ["case", "peer", "ours", "ratio (of medians)", "peak MiB peer / ours", "runs", "aim"]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *map(row, found), ""]
    lines += [f"{key}: {value}  " for key, value in machine.items()]
    lines += ["", "```"]
    for case in found:
        prefix = "".join(f"{key}={value} " for key, value in case["environment"].items())
        lines += [f"# {case['case']}" + (f" ({case['note']})" if case["note"] else "")]
        lines += [prefix + text for text in case["commands"]]
    return "\n".join([*lines, "```", ""])


def machine_facts() -> dict[str, object]:
    """Where the figures were measured."""
    cpu = next((line.partition(":")[2].strip() for line in _read("/proc/cpuinfo")
                if line.startswith("model name")), platform.processor())  # fmt: skip
    memory = next((int(line.split()[1]) // 2**20 for line in _read("/proc/meminfo")), 0)
    return {
        "machine": f"{os.cpu_count()} cores ({cpu}), {memory} GiB, {platform.system()}",
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "date": time.strftime("%Y-%m-%d"),
        "load": f"{os.getloadavg()[0]:.1f} at the end (last minute)",
    }


def _read(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def main() -> None:
    """Run the chosen cases and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("case", nargs="*", help=", ".join(CASES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--report", type=Path, default=DATA)
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    given = parser.parse_args()
    if given.list:
        for name, case in CASES.items():
            print(f"{name:18} {case.title}")
        return
    unknown = set(given.case) - set(CASES)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    found = []
    for name in given.case or CASES:
        found.append(compare(name, CASES[name], given.runs))
        print(row(found[-1]), flush=True)
    machine = machine_facts()
    given.report.mkdir(parents=True, exist_ok=True)
    whole = json.dumps({"machine": machine, "cases": found}, ensure_ascii=False, indent=1)
    (given.report / "results.json").write_text(whole + "\n", encoding="utf-8")
    (given.report / "results.md").write_text(markdown(found, machine), encoding="utf-8")


if __name__ == "__main__":
    main()
