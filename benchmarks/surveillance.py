"""What market surveillance finds of labelled misbehaviour, its false alarms, and its speed.

    python benchmarks/surveillance.py [--first 1001] [--seeds 150] [--days 60] [--accounts 200]
                                      [--set close_move=0.03 ...] [--trades 100000]

Prints tables in Markdown, for docs/surveillance.md. Each seed gives one invented market, looked at
once as it is (every alert is a false alarm) and once with one episode of each kind. ``--set``
changes a suggested limit. The suggestions were chosen on seeds 100 to 111; measure on others.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from decimal import Decimal

from tanheng.market.watch import KINDS, Limits
from tanheng.market.watch.limits import suggested
from tanheng.market.watch.seen import see
from tanheng.simulate.misbehaviour import make, rates


def speed(trades: int, limits: Limits) -> str:
    """Processor seconds of each alert on one long market of at least so many trades."""
    days = 60
    tape, _ = make(7, days)
    while len(tape.trades) < trades:
        days = round(days * max(1.1, 1.05 * trades / len(tape.trades)))
        tape, _ = make(7, days)
    start = time.process_time()
    seen = see(tape.trades, tape.orders, tape.moves, tape.days, tape.groups)
    lines = [
        "| stage | processor seconds |",
        "|---|---:|",
        f"| sort | {time.process_time() - start:.2f} |",
    ]
    for kind, (_, find) in KINDS.items():
        start = time.process_time()
        find(seen, limits)
        lines.append(f"| `{kind}` | {time.process_time() - start:.2f} |")
    return (
        f"{len(tape.trades):,} trades, {len(tape.orders):,} orders, {days} days.\n\n"
        + "\n".join(lines)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=1001)
    parser.add_argument("--seeds", type=int, default=150, help="0: no rates")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--trades", type=int, default=100_000, help="0: no measurement of speed")
    asked = parser.parse_args()
    changes = dict(change.split("=", 1) for change in asked.set)
    limits = replace(suggested(), **{name: Decimal(value) for name, value in changes.items()})
    if asked.seeds:
        seeds = range(asked.first, asked.first + asked.seeds)
        counts = rates(seeds, limits, asked.days, asked.accounts)
        print(
            f"Seeds {seeds[0]} to {seeds[-1]}; {asked.days} days, {asked.accounts} accounts each; "
            f"{counts.trades:,} honest trades, {counts.account_days:,} honest account-days; "
            f"changed limits: {', '.join(asked.set) or 'none'}.\n"
        )
        print(counts.table())
    if asked.trades:
        print("\n" + speed(asked.trades, limits))


if __name__ == "__main__":
    main()
