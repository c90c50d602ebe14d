"""The packs of a programme: kept as evidence, found by digest, compared with what is in use."""

from __future__ import annotations

import io
from typing import Protocol

import msgspec

from tanheng.errors import Fault, Refusal
from tanheng.evidence import EvidenceStore
from tanheng.market.state import Market
from tanheng.programme.state import State
from tanheng.rules import Pack, load_pack_files

MEDIA = "application/vnd.tanheng.pack+json"


class PackLost(Fault):
    """The files of the pack in force are missing or were changed."""


class Library(Protocol):
    """Where a programme keeps packs."""

    def keep(self, pack: Pack) -> str:
        """Keep a pack's files; returns the digest of the evidence that holds them."""

    def fetch(self, digest: str, evidence: str) -> Pack:
        """The pack with the digest.

        Raises:
            PackLost: it is not there as it was kept.
        """

    def lacks(self, digest: str, evidence: str, state: State) -> dict[str, set[str]]:
        """What is in use and not in the pack, by its digest; nothing when there is no such pack."""


class _Comparing:
    """The comparison, whatever the place."""

    def fetch(self, digest: str, evidence: str) -> Pack:
        raise NotImplementedError

    def lacks(self, digest: str, evidence: str, state: State) -> dict[str, set[str]]:
        """What is in use and not in the pack, by its digest; nothing when there is no such pack."""
        try:
            pack = self.fetch(digest, evidence)
        except PackLost:
            return {}
        return {digest: missing(pack, state)}


def traded_without(pack: Pack, state: Market) -> set[str]:
    """Instruments and segments with orders, auctions or an open day that a pack's market lacks."""
    content, market = state.content, pack.market
    auctions = [auction.announced for auction in content.auctions.values()]
    trades = content.day.trades.values() if content.day is not None else ()
    used = {(row.instrument, row.segment) for row in (*content.orders.values(), *auctions, *trades)}
    if market is None:
        some = used or content.day is not None or content.deals
        return {"market"} if some else set()
    return {
        f"instrument {instrument} in segment {segment}"
        for instrument, segment in used
        if instrument not in market.instruments
        or segment not in market.segments
        or segment not in market.instruments[instrument].segments
    }


def missing(pack: Pack, state: State) -> set[str]:
    """Account types, unit kinds and sectors in use that a pack does not have, or has otherwise."""
    content = state.registry.content
    lacking = {
        f"account type {account.type}"
        for account in content.accounts.values()
        if account.type not in pack.accounts
    }
    for account in content.accounts.values():
        for name, balance in account.balances.items():
            kind = pack.kinds.get(name)
            if kind is None:
                lacking.add(f"kind {name}")
            elif kind.serialised != bool(balance.blocks) and balance.total:
                lacking.add(f"kind {name} as it is held")
    sectors = pack.plan.sectors if pack.plan else {}
    entities = state.compliance.content.entities.values()
    lacking |= {f"sector {e.sector}" for e in entities if e.sector not in sectors}
    return lacking | traded_without(pack, state.market)


class Shelf(_Comparing):
    """Packs in memory, for programmes whose store is."""

    def __init__(self) -> None:
        self._packs: dict[str, Pack] = {}

    def keep(self, pack: Pack) -> str:
        """Keep a pack."""
        self._packs[pack.digest] = pack
        return f"pack:{pack.digest}"

    def fetch(self, digest: str, evidence: str) -> Pack:
        """The pack with the digest."""
        if digest not in self._packs:
            raise PackLost(f"pack {digest} is not here")
        return self._packs[digest]


class EvidenceLibrary(_Comparing):
    """Packs as evidence: one item with all files."""

    def __init__(self, evidence: EvidenceStore) -> None:
        self._evidence = evidence
        self._read: dict[tuple[str, str], Pack] = {}

    def keep(self, pack: Pack) -> str:
        """Keep a pack's files."""
        texts = {name: data.decode("utf-8") for name, data in sorted(pack.files.items())}
        item = self._evidence.add(
            io.BytesIO(msgspec.json.encode(texts, order="sorted")), media=MEDIA
        )
        if isinstance(item, Refusal):
            raise Fault(item.message())
        return item.digest

    def fetch(self, digest: str, evidence: str) -> Pack:
        """The pack with the digest."""
        if (digest, evidence) in self._read:
            return self._read[digest, evidence]
        data = self._evidence.read(evidence)
        if isinstance(data, Refusal):
            raise PackLost(data.message())
        try:
            texts = msgspec.json.decode(data, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise PackLost(f"evidence {evidence} is not a pack: {error}") from error
        pack = load_pack_files({name: text.encode("utf-8") for name, text in texts.items()})
        if not isinstance(pack, Pack):
            raise PackLost("; ".join(finding.message() for finding in pack[:3]))
        if pack.digest != digest:
            raise PackLost(f"evidence {evidence} holds pack {pack.digest}, not {digest}")
        self._read[digest, evidence] = pack
        return pack
