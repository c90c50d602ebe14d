"""What a decision about a compliance year sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from tanheng.compliance import model as m
from tanheng.compliance.figures import in_scope
from tanheng.compliance.scope import PLAIN, Scope, local_day
from tanheng.compliance.state import Compliance
from tanheng.errors import Refusal
from tanheng.registry.model import Account
from tanheng.registry.view import Refused, View
from tanheng.rules import Gap, Pack, Plan, UnitKind


class Desk:
    """State, call and rules of one decision; faults of many rows are collected here.

    Attributes:
        view: the registry's view: accounts, units, call.
        state: compliance so far.
        today: local day of the decision.
        credits_taken: credits that this decision surrenders so far, of all entities.
    """

    def __init__(self, state: Compliance, view: View) -> None:
        self.state, self.view = state, view
        self.pack: Pack = view.call.rules
        if self.pack.plan is None:
            raise Refused(Refusal("plan_missing", {"pack": self.pack.id}))
        self.plan: Plan = self.pack.plan
        self.today: date = local_day(self.pack, view.call.at)
        self.credits_taken = 0
        self._credits: dict[int, int] = {}
        self._faults: list[Refusal] = []

    def scope(self, year: int) -> Scope[Decimal]:
        """The year, under the law of today."""
        return Scope(self.pack, self.plan, self.state, year, self.today, PLAIN)

    def known_year(self, year: int) -> Scope[Decimal]:
        """As :meth:`scope`, for a year that the pack has an allowance for."""
        found = self.scope(year)
        _ = found.kind
        return found

    def credits_before(self, year: int) -> int:
        """Credits that all entities have surrendered for a year before this decision."""
        if year not in self._credits:
            kinds = self.plan.credits.value
            records = self.state.content.years.get(year, {}).values()
            self._credits[year] = sum(
                row[2] for record in records for row in record.surrendered if row[1] in kinds
            )
        return self._credits[year]

    def fault(self, code: str, **details: object) -> None:
        """Note a fault of a row; :meth:`done` refuses with all of them."""
        self._faults.append(Refusal(code, details))

    @contextmanager
    def row(self) -> Iterator[None]:
        """Note what is refused inside as a fault of the row, and go on."""
        try:
            yield
        except Gap as gap:
            self._faults.append(gap.refusal)
        except Refused as refused:
            self._faults.append(refused.refusal)

    def done(self) -> None:
        """Refuse when there were faults: all at once, each different one once."""
        distinct: list[Refusal] = []
        for refusal in self._faults:
            if refusal not in distinct[:50]:
                distinct.append(refusal)
        if len(distinct) == 1:
            raise Refused(distinct[0])
        if distinct:
            details = {"count": len(self._faults), "faults": tuple(distinct)}
            raise Refused(Refusal("many_faults", details))

    def entities(self, names: Iterable[str], year: int) -> list[m.Entity]:
        """The named entities, or all that are obligated in the year; unknown ones are faults."""
        chosen, scope = list(names), self.scope(year)
        if not chosen:
            every = self.state.content.entities.values()
            return [entity for entity in every if in_scope(scope, entity)]
        found = []
        for name in dict.fromkeys(chosen):
            entity = self.state.content.entities.get(name)
            if entity is None:
                self.fault("entity_unknown", entity=name)
            elif not in_scope(scope, entity):
                self.fault("entity_not_in_year", entity=name, year=year)
            else:
                found.append(entity)
        return found

    def open_year(self, year: int) -> None:
        """Refuse a year that is closed."""
        if year in self.state.content.closed:
            raise Refused(Refusal("year_closed", {"year": year}))

    def closed_year(self, year: int) -> None:
        """Refuse a year that is not closed."""
        if year not in self.state.content.closed:
            raise Refused(Refusal("year_open", {"year": year}))

    def account_of_type(self, name: str) -> Account:
        """The first account of a type that is open."""
        for account in self.view.state.by_type.get(name, ()):
            if self.view.content.accounts[account].status != "closed":
                return self.view.account(account)
        raise Refused(Refusal("account_role_missing", {"role": name}))

    def kind(self, name: str) -> UnitKind:
        """The unit kind."""
        return self.view.kind(name)
