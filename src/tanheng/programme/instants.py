"""The instant of a decision: this machine's clock, held against the journal."""

from __future__ import annotations

from tanheng.errors import Fault
from tanheng.registry.model import moment
from tanheng.rules import Rule


class ClockOff(Fault):
    """The clock of this machine is behind the journal by more than the pack allows."""


def no_earlier(now: str, last: str, allowed: Rule[int]) -> str:
    """The later of now and the last entry's instant (``""``: there is none).

    Args:
        allowed: seconds that the clock may be behind, with the clause.

    Raises:
        ClockOff: it is further behind.
    """
    if last and (moment(last) - moment(now)).total_seconds() > allowed.value:
        raise ClockOff(
            f"the clock says {now}, the journal's last entry is of {last}: more than "
            f"{allowed.value} s behind ({allowed.clause}). Set this machine's clock; "
            "nothing was recorded"
        )
    return max(now, last)
