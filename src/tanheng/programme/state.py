"""The whole state of a programme, and its snapshots."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from tanheng.compliance import model as compliance_model
from tanheng.compliance.state import Compliance
from tanheng.compliance.state import Content as ComplianceContent
from tanheng.journal import Key, Store, Table, encode, signed_by, tagged
from tanheng.market import model as market_model
from tanheng.market.state import Content as MarketContent
from tanheng.market.state import Market
from tanheng.programme.people import People, PeopleEvent
from tanheng.registry.model import Event, Reversed, Settled
from tanheng.registry.state import VERSION, Content, Registry

SNAPSHOTS = Table(
    "snapshots",
    (("size", "int"), ("hash", "bytes"), ("version", "int"), ("data", "bytes"),
     ("signature", "bytes")),
    ("size",), clustered=False,
)  # fmt: skip
_TAG = b"tanheng/snapshot/1\0"
_STATE = b"tanheng/state/1"
_PEOPLE = frozenset(PeopleEvent.__args__)
_COMPLIANCE = frozenset(compliance_model.ComplianceEvent.__args__)
_MARKET = frozenset(market_model.MarketEvent.__args__)


class _Kept(msgspec.Struct, omit_defaults=True):
    people: People
    registry: Content
    compliance: ComplianceContent | None = None
    market: MarketContent | None = None


_EMPTY, _NO_MARKET = ComplianceContent(), MarketContent()


class State:
    """Everything that follows from the journal's entries so far."""

    def __init__(
        self, people: People | None = None, registry: Registry | None = None,
        compliance: Compliance | None = None, market: Market | None = None,
    ) -> None:  # fmt: skip
        self.people = people or People()
        self.registry = registry or Registry()
        self.compliance = compliance or Compliance()
        self.market = market or Market()
        self._roles: dict[str, frozenset[str]] | None = None

    @property
    def roles(self) -> dict[str, frozenset[str]]:
        """Roles by person."""
        if self._roles is None:
            self._roles = self.people.roles()
        return self._roles

    def apply(self, events: Sequence[Event], seq: int, at: str, act: str) -> None:
        """Let an entry's events happen."""
        registry = self.registry
        for n, event in enumerate(events):
            if type(event) in _PEOPLE:
                self.people.apply(event)
                self._roles = None
            elif type(event) in _COMPLIANCE:
                self.compliance.apply(event, seq, at)
            elif type(event) in _MARKET:
                self.market.apply(event, seq, at)
            else:
                registry.apply(event, seq, n, at, act)
                if type(event) is Settled:
                    self.compliance.over(event.pending)
                elif type(event) is Reversed:
                    self.compliance.undone(event.surrender, seq)

    def hash(self) -> bytes:
        """Hash of the state (32 bytes): the same after every replay of the same journal."""
        kept = self.kept()
        if kept.compliance is None and kept.market is None:
            return tagged(_STATE, encode(kept))
        # Canonical bytes have texts as keys; years are numbers.
        return tagged(_STATE, encode(msgspec.to_builtins(kept, str_keys=True, order="sorted")))

    def kept(self) -> _Kept:
        """All of it as plain data; without compliance and market where there is none, as before they
        were built."""
        found, traded = self.compliance.content, self.market.content
        return _Kept(
            self.people, self.registry.content, found if found != _EMPTY else None,
            traded if traded != _NO_MARKET else None,
        )  # fmt: skip


def _signed(size: int, digest: bytes, data: bytes) -> bytes:
    return _TAG + b"%d\0%d\0" % (VERSION, size) + digest + tagged(_TAG, data)


def save(store: Store, state: State, size: int, digest: bytes, key: Key) -> None:
    """Keep a signed snapshot bound to the last entry's hash; older ones but one are dropped."""
    data = zlib.compress(msgspec.msgpack.encode(state.kept()), 1)
    signature = key.sign(_signed(size, digest, data))
    store.upsert(SNAPSHOTS, [(size, digest, VERSION, data, signature)])
    old = store.query("SELECT size FROM snapshots ORDER BY size DESC")
    if len(old) > 2:
        store.delete(SNAPSHOTS, old[2:])


def load(store: Store, public_key: str) -> tuple[State, int, str]:
    """The newest snapshot that fits the journal and is the programme's own.

    Returns the state (empty when there is none), how many entries it covers, and why newer
    snapshots were not used (``""``: none were left out).
    """
    rows = store.query(
        "SELECT s.size, s.hash, s.version, s.data, s.signature, e.hash FROM snapshots s "
        "LEFT JOIN entries e ON e.seq = s.size - 1 ORDER BY s.size DESC"
    )
    why = []
    for size, digest, version, data, signature, real in rows:
        assert isinstance(size, int)
        assert isinstance(data, bytes)
        assert isinstance(digest, bytes)
        assert isinstance(signature, bytes)
        if version != VERSION:
            why.append(f"snapshot at {size} is of version {version}, this program's is {VERSION}")
        elif digest != real:
            why.append(f"snapshot at {size} does not fit the journal's entry {size - 1}")
        elif not signed_by(public_key, signature, _signed(size, digest, data)):
            why.append(f"snapshot at {size} is not signed by the programme's key")
        else:
            kept = msgspec.msgpack.decode(zlib.decompress(data), type=_Kept)
            found = State(
                kept.people, Registry(kept.registry), Compliance(kept.compliance),
                Market(kept.market),
            )  # fmt: skip
            return found, size, "; ".join(why)
    return State(), 0, "; ".join(why)
