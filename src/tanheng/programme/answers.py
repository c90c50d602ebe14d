"""What a programme answers to a command, but for a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from tanheng.journal import encode, tagged
from tanheng.registry.decide import Decision
from tanheng.registry.model import Event, Posted, Posting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an accepted command did.

    Attributes:
        seq: number of its entry.
        at: instant of the decision.
        act: what the law calls what happened.
        events: in order.
        repeated: the command had been accepted before; this is what it did then.
    """

    seq: int
    at: str
    act: str
    events: tuple[Event, ...]
    repeated: bool = False

    @property
    def postings(self) -> tuple[Posting, ...]:
        """What moved."""
        return tuple(p for e in self.events if isinstance(e, Posted) for p in e.postings)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a command would do now: the entry it would be, its effect, a digest to pin it, and the
    events behind the effect where they say more."""

    seq: int
    effect: tuple[Posting, ...]
    digest: str
    would: tuple[Event, ...] = ()


def digest_of(decision: Decision) -> str:
    """Digest that pins what a decision would do."""
    if decision.digest:
        return decision.digest
    # Where the events say more than the postings, they are pinned too.
    said = decision.would or decision.effect
    return tagged(b"tanheng/effect/1", encode(said)).hex()
