"""What the mutation run found: the share of mutants that a test killed, and those that survived.

Fails when less than 85 of 100 were killed in the registry or in the journal.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

AIM = 0.85
KILLED = (1, 3, 24, 36, -24, 152, 255)
"""Exit codes of a test run that noticed: tests failed or broke, or it ran out of time."""


def main() -> int:
    """Print the shares by room, then the survivors."""
    found: dict[str, Counter[str]] = {}
    survivors: list[str] = []
    for path in sorted(Path("mutants/src/tanheng").rglob("*.meta")):
        room = path.relative_to("mutants/src/tanheng").parts[0]
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name, code in codes.items():
            killed = code in KILLED
            found.setdefault(room, Counter())["killed" if killed else "survived"] += 1
            if not killed:
                survivors.append(f"{name} ({'no test' if code == 33 else code})")
    print("\n".join(survivors))
    poor = False
    for room, counts in found.items():
        share = counts["killed"] / max(counts.total(), 1)
        poor |= share < AIM
        print(f"{room}: {counts['killed']} of {counts.total()} mutants killed ({share:.1%})")
    return int(poor or not found)


if __name__ == "__main__":
    sys.exit(main())
