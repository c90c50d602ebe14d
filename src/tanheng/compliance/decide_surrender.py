"""Decisions about surrender: which units count for a year, in which order, up to which limits."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from tanheng.compliance import commands as c
from tanheng.compliance import figures, formulas
from tanheng.compliance import model as m
from tanheng.compliance.desk import Desk
from tanheng.compliance.scope import Scope
from tanheng.errors import Refusal
from tanheng.registry import commands as units
from tanheng.registry.decide_units import size_of, usable
from tanheng.registry.model import Event, Posted, Posting
from tanheng.registry.view import LARGEST, Refused
from tanheng.rules import UnitKind
from tanheng.traced import whole

_OWN = ("allowance", "reduction", "energy_saving", "energy_right", "pollutant_right")


def surrender(command: units.Surrender, desk: Desk) -> list[Event]:
    """A holder's own surrender, of a kind or in the pack's order."""
    if not 1 <= command.amount <= LARGEST:
        details = {"value": command.amount, "kind": command.kind or "—", "smallest": 1}
        raise Refused(Refusal("amount_bad", {**details, "largest": LARGEST}))
    entity = desk.state.by_account[command.account]
    scope = desk.known_year(command.year)
    account = desk.view.acting(command.account, command.act)
    desk.view.no_sink(account, command.act)
    plan = _Plan(desk, scope, scope.entity(entity))
    plan.take(command.amount, command.kind)
    return plan.events()


def surrender_year(command: c.SurrenderYear, desk: Desk) -> list[Event]:
    """Surrenders of many entities; one that lacks units is a fault when it was named, and gives
    what it has otherwise."""
    scope = desk.known_year(command.year)
    named = bool(command.rows)
    rows = command.rows or tuple((e.id, "", 0) for e in desk.entities((), command.year))
    plans: dict[str, _Plan] = {}
    for name, kind, amount in rows:
        with desk.row():
            entity = scope.entity(name)
            plan = plans.get(name) or plans.setdefault(name, _Plan(desk, scope, entity))
            if amount:
                plan.take(amount, kind)
                continue
            owes = figures.obligation(scope, entity)
            if owes is None:
                if named:
                    desk.fault("obligation_unknown", entity=name, year=command.year)
                continue
            missing = whole(owes) - plan.surrendered
            if missing > 0:
                plan.take(missing, kind, all_of_it=named)
    desk.done()
    events: list[Event] = []
    postings = tuple(p for plan in plans.values() for p in plan.postings)
    taken = tuple(row for plan in plans.values() for row in plan.rows())
    if not postings:
        raise Refused(Refusal("surrender_nothing", {"year": command.year}))
    events += [Posted(postings), m.Surrendered(command.year, taken)]
    return events


def lacking(desk: Desk, account: str, year: int) -> int | None:
    """Units that an account's entity still lacks for a year, after all it may surrender; negative:
    units of the year's kind that it does not need; None: not obligated, or nothing is determined."""
    name = desk.state.by_account.get(account)
    if name is None or desk.plan.kind_of(year) is None:
        return None
    scope = desk.known_year(year)
    entity = scope.entity(name)
    owes = figures.obligation(scope, entity)
    if owes is None:
        return None
    plan = _Plan(desk, scope, entity)
    missing = max(whole(owes) - plan.surrendered, 0)
    before = plan.surrendered
    plan.take(missing, all_of_it=False)
    left = missing - (plan.surrendered - before)
    if left:
        return left
    view, kind = desk.view, desk.kind(scope.kind)
    every = usable(view, account, kind, view.sink("surrender"), LARGEST, year, "surrender")
    spare = sum(map(size_of, every)) - plan.of_kind(kind.id)
    # Restricted units are good for the surrender alone: of what is spare, only free ones move.
    return -min(spare, view.free(account, kind.id))


class _Plan:
    """What an entity gives up for the year in one decision."""

    def __init__(self, desk: Desk, scope: Scope[Decimal], entity: m.Entity) -> None:
        self.desk, self.scope, self.entity = desk, scope, entity
        self.postings: list[Posting] = []
        self._taken: dict[str, int] = {}
        self._before: dict[str, int] = {}
        for _, kind, amount, _, _ in scope.record(entity.id).surrendered:
            self._before[kind] = self._before.get(kind, 0) + amount

    @property
    def surrendered(self) -> int:
        """Units given up so far, with those of this decision."""
        return sum(self._before.values()) + sum(self._taken.values())

    def of_kind(self, kind: str) -> int:
        """Units of a kind given up in this decision."""
        return self._taken.get(kind, 0)

    def rows(self) -> list[tuple[str, str, int, bool]]:
        """The rows of the event."""
        return [(self.entity.id, kind, n, False) for kind, n in self._taken.items() if n]

    def events(self) -> list[Event]:
        """The events of one entity's surrender."""
        return [Posted(tuple(self.postings)), m.Surrendered(self.scope.year, tuple(self.rows()))]

    def take(self, amount: int, kind: str = "", all_of_it: bool = True) -> None:
        """Take so many units; less only where ``all_of_it`` is false."""
        if kind:
            found = self.desk.view.kind(kind)
            self._eligible(found)
            self._room(found, asked=amount)
            kinds = [found]
        else:
            kinds = self._in_order()
        left = amount
        for each in kinds:
            # Told now: what was taken of the others changes it.
            room = self._room(each)
            left -= self._post(each, left if room is None else min(left, room))
        if left and all_of_it:
            raise self._short(amount, kinds)

    def _post(self, kind: UnitKind, most: int) -> int:
        """Further units of a kind, at most so many."""
        if most <= 0:
            return 0
        view, before = self.desk.view, self._taken.get(kind.id, 0)
        sink = view.sink("surrender")
        # What was taken of the kind in this decision is chosen anew, with the further ones.
        found = usable(
            view, self.entity.account, kind, sink, before + most, self.scope.year, "surrender"
        )
        every = sum(size_of(posting) for posting in found)
        if every > before:
            self.postings = [p for p in self.postings if p[1] != kind.id] + found
            self._taken[kind.id] = every
            if kind.id in self.desk.plan.credits.value:
                self.desk.credits_taken += every - before
        return every - before

    # Which kinds, and how much of each

    def _in_order(self) -> list[UnitKind]:
        """Kinds that count, in the pack's order."""
        groups: dict[str, list[UnitKind]] = {"allowance": [], "credit": [], "next_vintage": []}
        balances = self.desk.view.content.accounts[self.entity.account].balances
        for kind in self.desk.pack.kinds.values():
            if kind.surrender and kind.id in balances:
                try:
                    self._eligible(kind)
                except Refused:
                    continue
                groups[self._group(kind)].append(kind)
        groups["allowance"].sort(key=lambda kind: kind.vintage or 0)
        # Credits from inside first: the others are limited by them.
        groups["credit"].sort(key=lambda kind: not kind.local)
        return [kind for name in self.desk.plan.order.value for kind in groups[name]]

    def _group(self, kind: UnitKind) -> str:
        if kind.id in self.desk.plan.credits.value:
            return "credit"
        later = (kind.vintage or 0) > self.scope.year and kind.id != self.scope.kind
        return "next_vintage" if later and self.desk.plan.vintages.value != "any" else "allowance"

    def _eligible(self, kind: UnitKind) -> None:
        """Refuse a kind that does not count for the year."""
        plan, year = self.desk.plan, self.scope.year
        details: dict[str, object] = {"kind": kind.id, "year": year}
        if not kind.surrender:
            raise Refused(Refusal("kind_not_surrendered", {"kind": kind.id}))
        if kind.id in plan.credits.value:
            excluded = self.desk.pack.says("excluded_project_types", self.desk.today, year)
            if excluded is not None and kind.project_type in excluded.words:
                clause = excluded.value.clause
                details |= {"type": kind.project_type, "clause": clause}
                raise Refused(Refusal("credit_excluded", details))
            return
        if kind.type not in _OWN or kind.type == "credit":
            raise Refused(Refusal("credit_not_listed", {**details, "clause": plan.credits.clause}))
        vintage, rule = kind.vintage or year, plan.vintages.value
        if vintage == year + 1 and rule != "any" and "next_vintage" in plan.order.value:
            return
        own = kind.id == plan.kind_of(year)
        late = vintage > year and not own
        if rule != "any" and (late or (rule == "same_year" and vintage != year and not own)):
            details |= {"vintage": vintage, "clause": plan.vintages.clause}
            raise Refused(Refusal("vintage_wrong", details))

    def _sum(self, local: bool | None = None, types: Collection[str] = ()) -> int:
        """Credits given up so far; ``local``: only those from inside (or outside); ``types``: only
        those of these project types."""
        found = 0
        for taken in (self._before, self._taken):
            for name, amount in taken.items():
                kind = self.desk.pack.kinds.get(name)
                if name not in self.desk.plan.credits.value or kind is None:
                    continue
                if local in (None, kind.local) and (not types or kind.project_type in types):
                    found += amount
        return found

    def _room(self, kind: UnitKind, asked: int | None = None) -> int | None:
        """How many units of a kind may still be given up; None: any number.

        Raises:
            Refused: fewer than asked, with the clause of the limit.
        """
        group = self._group(kind)
        if group == "next_vintage":
            return self._borrow(kind, asked)
        if group != "credit":
            return None
        rooms = self._share_rooms(kind)
        every = self.desk.pack.says("offset_limit_total", self.desk.today, self.scope.year)
        if every is not None:
            room = int(every.number) - self._everybody()
            rooms.append((room, "offset_limit_total", every.value.clause))
        share = self.desk.pack.says("origin_share", self.desk.today, self.scope.year)
        if share is not None and not kind.local:
            rooms.append((self._outside(share.number), "origin_share", share.value.clause))
        if not rooms:
            return None
        room, name, clause = min(rooms)
        room = max(room, 0)
        if asked is not None and asked > room:
            raise Refused(Refusal("credits_beyond", {
                "entity": self.entity.id, "year": self.scope.year, "kind": kind.id,
                "amount": asked, "room": room, "limit": name, "clause": clause,
            }))  # fmt: skip
        return room

    def _share_rooms(self, kind: UnitKind) -> list[tuple[int, str, str]]:
        """What the limits by share leave: one for all credits without a limit of their own project
        type, and for each type that has one, one over all credits together."""
        parameter = self.desk.pack.parameters.get("offset_limit_share")
        own = {v.of for v in parameter.values if v.of is not None} if parameter else set()
        every = self._sum()
        plain = every - self._sum(types=own) if own else every
        rooms = []
        for of in (
            sorted(own & {kind.project_type}) if kind.project_type in own else [None, *sorted(own)]
        ):
            limit = figures.offset_limit(self.scope, self.entity, of)
            if limit is None:
                continue
            found = self.desk.pack.find("offset_limit_share", self.desk.today, self.scope.year, of)
            used = plain if of is None else every
            rooms.append((whole(limit) - used, "offset_limit", found.value.clause))
        return rooms

    def _outside(self, share: Decimal) -> int:
        """Credits from outside that those from inside still allow: the largest number for which the
        least share from inside is kept."""
        inside, outside = self._sum(local=True), self._sum(local=False)
        if share <= 0:
            return LARGEST
        most = int(inside / share) - inside
        while most > 0 and formulas.origin_minimum(Decimal(inside + most), share) > inside:
            most -= 1
        return most - outside

    def _everybody(self) -> int:
        """Credits of all entities for the year, with those of this decision so far."""
        return self.desk.credits_before(self.scope.year) + self.desk.credits_taken

    def _borrow(self, kind: UnitKind, asked: int | None) -> int:
        found = self.desk.pack.find("borrow_limit_share", self.desk.today, self.scope.year)
        owes = figures.obligation(self.scope, self.entity)
        base = owes if owes is not None else Decimal(0)
        kinds = self.desk.pack.kinds
        used = sum(
            amount
            for taken in (self._before, self._taken)
            for name, amount in taken.items()
            if name in kinds and self._group(kinds[name]) == "next_vintage"
        )
        room = max(whole(formulas.borrow_limit(base, found.number)) - used, 0)
        if asked is not None and asked > room:
            raise Refused(Refusal("borrowing_beyond", {
                "entity": self.entity.id, "year": self.scope.year, "kind": kind.id,
                "amount": asked, "room": room, "clause": found.value.clause,
            }))  # fmt: skip
        return room

    def _short(self, amount: int, kinds: list[UnitKind]) -> Refused:
        """More than there is, or than limits let through."""
        view, account = self.desk.view, self.entity.account
        return Refused(Refusal("surrender_short", {
            "entity": self.entity.id, "account": account, "year": self.scope.year,
            "amount": amount, "got": sum(self._taken.values()),
            "kinds": ", ".join(f"{k.id} {view.free(account, k.id)}" for k in kinds) or "—",
        }))  # fmt: skip
