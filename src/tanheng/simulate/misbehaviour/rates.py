"""What surveillance finds of what was put in, and how often it cries wolf on an honest market."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tanheng.market.watch import KINDS, Alert, Limits, watch
from tanheng.simulate.misbehaviour.episodes import STRENGTHS, make
from tanheng.simulate.misbehaviour.tape import Episode, Tape


@dataclass(slots=True)
class Rates:
    """Counts over some seeds.

    Attributes:
        put, found: episodes by kind and strength.
        false: alerts on the honest markets by kind.
        trades, account_days: of the honest markets.
    """

    put: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    trades: int = 0
    account_days: int = 0

    def recall(self, kind: str, strength: str) -> float:
        """Part of the episodes that was found."""
        return self.found[kind, strength] / max(self.put[kind, strength], 1)

    def per_thousand_trades(self, kind: str) -> float:
        """False alarms for 1,000 honest trades."""
        return 1000 * self.false[kind] / max(self.trades, 1)

    def per_account_year(self, kind: str) -> float:
        """False alarms for 250 honest account-days."""
        return 250 * self.false[kind] / max(self.account_days, 1)

    def table(self) -> str:
        """The counts as a table in Markdown."""
        lines = [
            "| alert | " + " | ".join(f"found, {strength}" for strength in STRENGTHS)
            + " | false alarms | per 1,000 honest trades | per 250 honest account-days |",
            "|---|" + "---:|" * (len(STRENGTHS) + 3),
        ]  # fmt: skip
        for kind in KINDS:
            cells = [
                f"{100 * self.recall(kind, strength):.0f} % of {self.put[kind, strength]}"
                for strength in STRENGTHS
            ]
            rest = f"{self.false[kind]} | {self.per_thousand_trades(kind):.3f}"
            last = f"{self.per_account_year(kind):.4f}"
            lines.append(f"| `{kind}` | {' | '.join(cells)} | {rest} | {last} |")
        return "\n".join(lines)


def is_found(episode: Episode, alerts: Iterable[Alert]) -> bool:
    """Whether an alert of its kind has half of its entries and, if it names any, its accounts."""
    wanted, accounts = set(episode.entries), set(episode.accounts)
    return any(
        alert.kind == episode.kind
        and 2 * len(wanted.intersection(alert.entries)) >= len(wanted)
        and (not alert.accounts or accounts.intersection(alert.accounts))
        for alert in alerts
    )


def _alerts(tape: Tape, limits: Limits) -> tuple[Alert, ...]:
    return watch(tape.trades, tape.orders, tape.moves, tape.days, limits, tape.groups).alerts


def rates(seeds: Iterable[int], limits: Limits, days: int = 60, accounts: int = 200) -> Rates:
    """Counts over the markets of the seeds, each once honest and once with every kind of episode."""
    counts = Rates()
    for seed in seeds:
        honest, tape = make(seed, days, accounts)
        counts.trades += len(honest.trades)
        counts.account_days += honest.account_days
        counts.false.update(alert.kind for alert in _alerts(honest, limits))
        alerts = _alerts(tape, limits)
        for episode in tape.episodes:
            key = (episode.kind, episode.strength)
            counts.put[key] += 1
            counts.found[key] += is_found(episode, alerts)
    return counts
