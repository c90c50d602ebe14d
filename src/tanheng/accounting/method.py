"""The choices of an account: everything a method leaves to the person who runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Principle = Literal["producer", "consumer", "shared", "income", "benchmark"]
PRINCIPLES: tuple[Principle, ...] = ("producer", "consumer", "shared", "income", "benchmark")
USUAL: tuple[Principle, ...] = ("producer", "consumer", "shared", "benchmark")
"""Income needs money values, which few records have: it runs when asked for."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Which mean of its makers a benchmark is.

    ``weighted`` by output, ``simple`` (every maker once), or ``best``: the output-weighted mean of
    the best ``percent`` % of output.
    """

    kind: Literal["weighted", "simple", "best"] = "weighted"
    percent: float = 100.0

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Read ``weighted``, ``simple`` or ``best:10``.

        Raises:
            ValueError: for anything else, or a percentage outside (0, 100].
        """
        kind, _, percent = text.partition(":")
        if kind in ("weighted", "simple") and not percent:
            return cls("weighted" if kind == "weighted" else "simple")
        if kind == "best":
            try:
                share = float(percent)
            except ValueError:
                share = 0.0
            if 0 < share <= 100:
                return cls("best", share)
        raise ValueError(
            f"{text!r} names no mean: write weighted, simple, or best:K with 0 < K <= 100"
        )

    def __str__(self) -> str:
        return f"best:{self.percent:g}" if self.kind == "best" else self.kind


@dataclass(frozen=True, slots=True)
class Method:
    """How an account is made.

    Attributes:
        weights: mean that defines a benchmark.
        capital: whether fixed assets bought by makers enter benchmarks (``in_benchmark``) or only
            their own account of the year (``account_only``, the paper).
        services: whether institutions that sell are ``consumers`` (the paper) or ``makers``.
        scope: ``all`` direct emissions or ``fossil_co2`` only (the paper's narrower figure).
        benchmark_scope: regions whose makers set the benchmarks; None for all.
        account_scope: regions whose units are listed; None for all.
        alpha: share a maker passes on under ``shared``: one number, a number per class id (others
            0.5), or ``value_added``.
        standard_errors: ``sandwich``, ``bootstrap`` (Poisson weights on makers) or ``off``.
        seed, draws: of random multipliers and resampling.
    """

    weights: Weights = field(default_factory=Weights)
    capital: Literal["account_only", "in_benchmark"] = "account_only"
    services: Literal["consumers", "makers"] = "consumers"
    scope: Literal["all", "fossil_co2"] = "all"
    benchmark_scope: frozenset[str] | None = None
    account_scope: frozenset[str] | None = None
    alpha: float | Mapping[str, float] | Literal["value_added"] = 0.5
    standard_errors: Literal["sandwich", "bootstrap", "off"] = "sandwich"
    seed: int = 0
    draws: int = 200
    allow: frozenset[str] = frozenset()
