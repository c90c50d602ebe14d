"""What an event is about, for the journal's index of histories."""

from __future__ import annotations

from collections.abc import Iterable

from tanheng.registry import model as m
from tanheng.registry.state import Registry


def subjects(act: str, events: Iterable[m.Event], state: Registry) -> list[str]:
    """``act:…``, then ``account:…``, ``kind:…`` and ``entity:…`` of the events, each once, before
    they are applied."""
    accounts: dict[str, None] = {}
    kinds: dict[str, None] = {}
    holders: dict[str, None] = {}
    for event in events:
        if type(event) is m.Posted:
            for posting in event.postings:
                kinds[posting[1]] = None
                accounts[posting[2]] = accounts[posting[3]] = None
            continue
        accounts.update(dict.fromkeys(_place(event, state)))
        if kind := getattr(event, "kind", ""):
            kinds[kind] = None
        if holder := getattr(event, "holder", ""):
            holders[holder] = None
    accounts.pop("", None)
    known = state.content.accounts
    holders.update(dict.fromkeys(known[name].holder for name in accounts if name in known))
    return [
        f"act:{act}",
        *(f"account:{name}" for name in accounts),
        *(f"kind:{name}" for name in kinds),
        *(f"entity:{name}" for name in holders),
    ]


def _place(event: m.Event, state: Registry) -> list[str]:
    """The accounts an event other than a posting concerns."""
    content = state.content
    if isinstance(event, m.HoldEnded | m.HoldReduced):
        return [content.holds[event.hold].account] if event.hold in content.holds else []
    if isinstance(event, m.Scheduled | m.Settled):
        pending = content.pending.get(event.pending)
        return [pending.account] if pending and pending.account else []
    if isinstance(event, m.ExportEnded):
        return [content.exports[event.export].account]
    account = getattr(event, "account", "")
    return [account] if account else []
