"""Playing a written year through a programme on a virtual clock.

A *play* is a folder: ``play.yaml`` names a pack, perhaps an overlay, and a list of acts with local
times; lists beside it (entities, activity data, emissions, prices) are handed in as evidence. It is
a simulation: nobody signs, and what needs a second person is approved at once by one.

An act has ``at`` (``2017-06-30 11:00``; absent: as the one before) and one of

``open``      list of entities: an account for each, checked, with two representatives
``enter``     ``{list, file, year?, series?, note?}``: hand a list in
``command``   any command of a programme, as plain data; ``as``: who (the authority if absent)
``grant``     ``{file, from}``: units of a list “surrenders” from an account of the authority
``surrender_all``  a list “surrenders”, by the holders themselves: ``{file, year}``
``enforce``   ``{year, series, choose?}``: every step of the pack that is left; ``choose`` is what is
              chosen where the pack leaves a range
``pick``      ``{account, of, amount?}``: the newest order of an account, by another one
``say``       nothing but a sentence
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tanheng.compliance import commands as c
from tanheng.compliance.prices import in_fen
from tanheng.engines.lists import read_list
from tanheng.errors import Fault, Language, Refusal
from tanheng.market.commands import Pick
from tanheng.programme import people
from tanheng.programme.folder import create
from tanheng.programme.programme import Entropy, Outcome, Programme
from tanheng.programme.signing import Request, read
from tanheng.registry import commands as r
from tanheng.registry.model import Proposed, instant
from tanheng.rules import Pack, load_pack
from tanheng.rules.source import read_source

AUTHORITY = ("authority-1", "authority-2")
HOLDERS = ("representative-1", "representative-2")


@dataclass
class Play:
    """A play that was read.

    Attributes:
        folder: where its lists are.
        title, note: in English and Chinese; the note says what is assumed.
        names: placeholders of acts, such as ``allowance: SZA-2016``.
        acts: in order.
    """

    folder: Path
    pack: Pack
    title: dict[str, str]
    note: dict[str, str]
    names: dict[str, str]
    acts: list[dict[str, Any]] = field(default_factory=list)


def read_play(folder: Path, variant: str = "") -> Play:
    """Read ``play.yaml``; ``variant``: another pack with the same acts, as ``variants`` names it.

    Raises:
        Fault: it is not what it should be; each reason with file and line.
    """
    file = folder / "play.yaml"
    try:
        source = read_source(file.name, file.read_bytes())
    except OSError as error:
        raise Fault(f"{file} cannot be read: {error.strerror}") from error
    if source.problems:
        lines = [f"{p.file}:{p.row}: {p.key} {p.reason}" for p in source.problems]
        raise Fault("; ".join(lines))
    data: dict[str, Any] = dict(source.data)
    try:
        if variant:
            data |= data["variants"][variant]
        overlay = folder / data["overlay"] if data.get("overlay") else None
        pack = load_pack(data["pack"], overlay)
        if not isinstance(pack, Pack):
            raise Fault("; ".join(f"{f.place()}: {f.message()}" for f in pack))
        return Play(folder, pack, data["title"], data["note"], data.get("names", {}), data["acts"])
    except KeyError as error:
        raise Fault(f"{file}: {error.args[0]} is missing") from None


class Player:
    """Plays acts through a new programme in a folder.

    Attributes:
        programme: the programme, as far as it was played.
        said: called with a sentence for each act.
    """

    def __init__(
        self, play: Play, place: Path, entropy: Entropy, language: Language,
        said: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.play, self.said, self.language = play, said, language
        self._ids = itertools.count(1)
        self._zone = ZoneInfo(play.pack.timezone)
        self.now = self._instant(str(play.acts[0]["at"]))
        roles = dict.fromkeys(AUTHORITY, ("authority",))
        self.programme: Programme = create(
            place, place.name, play.pack, roles, clock=lambda: self.now, entropy=entropy,
            simulation=True,
        )  # fmt: skip
        # In a play nobody has a key at hand: the simulation takes a name for a person.
        self.programme.gate = "simulation"
        self._place = place
        for person in HOLDERS:
            self._do(people.Enrol(person, ("representative",)))

    def _instant(self, local: str) -> str:
        return instant(datetime.fromisoformat(local).replace(tzinfo=self._zone))

    def run(self) -> None:
        """Play all acts.

        Raises:
            Fault: an act was refused, or a list has faults.
        """
        for number, act in enumerate(self.play.acts, start=1):
            if "at" in act:
                self.now = self._instant(str(act["at"]))
            try:
                self._act(act)
            except Fault as fault:
                raise Fault(f"act {number} ({act.get('at', '')}): {fault}") from fault
            if "say" in act:
                local = datetime.fromisoformat(self.now).astimezone(self._zone)
                self.said(f"{local:%Y-%m-%d %H:%M}  {act['say'][self.language]}")

    def _act(self, act: dict[str, Any]) -> None:
        if "open" in act:
            self._open(act["open"])
        if "enter" in act:
            self._enter(act["enter"])
        if "command" in act:
            self._do(read(self._filled(act["command"])), act.get("as", ""))
        if "pick" in act:
            self._pick(act["pick"])
        if "grant" in act:
            self._grant(act["grant"])
        if "surrender_all" in act:
            self._surrender(act["surrender_all"])
        if "enforce" in act:
            self._enforce(act["enforce"])

    def _filled(self, value: Any) -> Any:  # noqa: ANN401
        """Placeholders ``<name>`` replaced, everywhere in plain data."""
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
            return self.play.names[value[1:-1]]
        return value

    def _do(self, command: Any, who: str = "") -> list[Outcome]:  # noqa: ANN401
        """Execute a command; where it waits for a second person, one approves it."""
        person = who or AUTHORITY[0]
        found = self._ask(command, person)
        done = [found]
        for event in found.events:
            if isinstance(event, Proposed) and event.expires:
                pair = HOLDERS if person in HOLDERS else AUTHORITY
                second = next(other for other in pair if other != person)
                done.append(self._ask(r.Approve(event.pending), second))
        return done

    def _ask(self, command: Any, person: str) -> Outcome:  # noqa: ANN401
        found = self.programme.execute(Request(command, person, f"play-{next(self._ids)}"))
        if isinstance(found, Refusal):
            raise Fault(found.message(self.language))
        return found

    def _list(self, file: str, name: str) -> tuple[tuple[Any, ...], ...]:
        found = read_list(self.play.folder / file, name)
        if not found.rows:
            lines = [f"{file}:{f.place()} {f.message(self.language)}" for f in found.findings]
            raise Fault("; ".join(lines))
        return found.rows

    def _open(self, file: str) -> None:
        """An account for every entity of a list."""
        operator = self.play.pack.accounts_of("operator")[0].id
        for row in self._list(file, "entities"):
            account, holder = row[1], f"holder-{row[1]}"
            self._do(r.RegisterHolder(holder, True))
            self._do(r.OpenAccount(account, operator, holder))
            for person in HOLDERS:
                self._do(r.Represent(account, person, ("initiate", "approve")))

    def _enter(self, what: dict[str, Any]) -> None:
        name, file = what["list"], what["file"]
        rows = self._list(file, name)
        item = self._folder_evidence(self.play.folder / file)
        match name:
            case "entities":
                self._do(c.EnterEntities(rows, item))
            case "data":
                self._do(c.EnterData(what["year"], rows, item))
            case "emissions":
                self._do(c.EnterEmissions(what["year"], rows, item))
            case "prices":
                self._do(c.EnterPrices(what["series"], in_fen(rows), item, what["note"]))
            case _:
                raise Fault(f"list {name} cannot be entered")

    def _folder_evidence(self, file: Path) -> str:
        from tanheng.evidence import EvidenceStore

        item = EvidenceStore(self._place / "evidence").add(file)
        if isinstance(item, Refusal):
            raise Fault(item.message(self.language))
        return item.digest

    def _units(self, file: str) -> Iterator[tuple[str, str, int]]:
        """Account, kind and amount of each row of a list of units."""
        entities = self.programme.state.compliance.content.entities
        for entity, kind, amount, _ in self._list(file, "surrenders"):
            yield entities[entity].account, self._filled(kind), amount

    def _grant(self, what: dict[str, Any]) -> None:
        for account, kind, amount in self._units(what["file"]):
            self._do(r.Allocate(what["from"], account, kind, amount))

    def _pick(self, what: dict[str, Any]) -> None:
        """The newest order that waits of an account."""
        waits = self.programme.state.market.by_account.get(what["of"], {})
        if not waits:
            raise Fault(f"{what['of']} has no order that waits")
        newest = max(waits.values(), key=lambda order: order.seq)
        self._do(Pick(what["account"], newest.id, what.get("amount", 0)), HOLDERS[0])

    def _surrender(self, what: dict[str, Any]) -> None:
        for account, kind, amount in self._units(what["file"]):
            self._do(r.Surrender(account, amount, what["year"], kind), HOLDERS[0])

    def _enforce(self, what: dict[str, Any]) -> None:
        """Every step that is left; a fine with a range is chosen as the play says."""
        year, plan = what["year"], self.play.pack.plan
        assert plan is not None
        done = self.programme.state.compliance.content.steps.get(year, [])
        for step in [step for step in plan.steps.value if step not in done]:
            command = c.Enforce(year, step, (), what.get("series", ""))
            try:
                self._do(command)
            except Fault:
                if step != "fine" or "choose" not in what:
                    raise
                rows = tuple((name, str(what["choose"])) for name in self._defaulters(year))
                self._do(c.Enforce(year, step, rows, what.get("series", "")))

    def _defaulters(self, year: int) -> Iterator[str]:
        for name, record in self.programme.state.compliance.content.years[year].items():
            if record.outcomes and record.outcomes[-1].shortfall:
                yield name
