"""What every measured script shares: stages, peak memory, one line of JSON, a file of results."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np


class Stages:
    """Seconds at the end of each stage since the script's first line.

    The interpreter's own start (about 0.02 s) is in the wall time that ``run.py`` measures.
    """

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._last = self._start
        self.seconds: dict[str, float] = {}

    def end(self, name: str) -> float:
        """End a stage; returns its seconds."""
        now = time.perf_counter()
        took, self._last = now - self._last, now
        self.seconds[name] = round(took, 6)
        return took

    def report(self, out: Path | None, results: dict[str, np.ndarray], **facts: object) -> None:
        """Print one JSON line, and write the results where they are wanted for comparison."""
        line: dict[str, object] = {
            "total_s": round(time.perf_counter() - self._start, 6),
            "peak_mib": round(peak_mib(), 1),
            "stages_s": self.seconds,
            **facts,
        }
        if out is not None:
            np.savez(out, **results)  # type: ignore[arg-type]
        print(json.dumps(line), flush=True)


def peak_mib() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median(values: Iterable[float]) -> float:
    """The median."""
    return float(np.median(list(values)))
