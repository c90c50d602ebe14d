"""Decisions that take up what was handed in: entities, activity data, emissions, prices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.compliance.desk import Desk
from tanheng.compliance.figures import DATA, ITEM_NAMES
from tanheng.errors import Refusal
from tanheng.registry.model import Event
from tanheng.registry.view import IDENTIFIER, Refused

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_DIGEST = re.compile(r"([a-z0-9]{1,16}:)?[0-9a-f]{64}")


def is_number(text: str) -> bool:
    """Whether a text is a decimal that may enter the journal."""
    return bool(_NUMBER.fullmatch(text))


def is_day(text: str) -> bool:
    """Whether a text is a day, ``2016-06-30``."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def evidence(digest: str) -> str:
    """The digest of something that was handed in."""
    if not _DIGEST.fullmatch(digest):
        raise Refused(Refusal("evidence_bad", {"value": digest}))
    return digest


def _rows(rows: Sequence[object], act: str) -> None:
    if not rows:
        raise Refused(Refusal("rows_missing", {"act": act}))


def enter_entities(command: c.EnterEntities, desk: Desk) -> list[Event]:
    """Entities with an account each, in sectors of the pack."""
    _rows(command.rows, command.act)
    evidence(command.evidence)
    names: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for name, account, sector, region, since, closed_on, row in command.rows:
        if not IDENTIFIER.fullmatch(name):
            desk.fault("row_identifier", row=row, value=name)
        for seen, value, column in ((names, name, "entity"), (accounts, account, "account")):
            if value in seen:
                desk.fault("row_twice", row=row, column=column, value=value, first=seen[value])
            seen.setdefault(value, row)
        if sector not in desk.plan.sectors:
            known = ", ".join(desk.plan.sectors)
            desk.fault("row_sector", row=row, value=sector, known=known)
        holder = desk.state.by_account.get(account)
        if holder is not None and holder != name:
            desk.fault("row_account_taken", row=row, account=account, entity=holder)
        found = desk.view.content.accounts.get(account)
        if found is None or found.status == "closed" or desk.view.type_of(found).government:
            desk.fault("row_account", row=row, value=account)
        if not 1900 <= since <= 2999:
            desk.fault("row_year", row=row, value=since)
        if closed_on and (not is_day(closed_on) or int(closed_on[:4]) < since):
            desk.fault("row_day", row=row, column="closed_on", value=closed_on)
        if len(region) > 64:
            desk.fault("row_identifier", row=row, value=region[:80])
    desk.done()
    return [m.EntitiesEntered(command.rows, command.evidence)]


def suspend_entity(command: c.SuspendEntity, desk: Desk) -> list[Event]:
    """A suspension, or its end."""
    scope = desk.known_year(command.year)
    entity = scope.entity(command.entity)
    desk.open_year(command.year)
    desk.view.reason(command.reason, command.act)
    if bool(scope.record(entity.id).suspended) != command.ends:
        raise Refused(Refusal("suspension_same", {"entity": entity.id, "year": command.year}))
    return [m.EntitySuspended(entity.id, command.year, command.reason, command.ends)]


def enter_data(command: c.EnterData, desk: Desk) -> list[Event]:
    """Activity data: amounts of known items, none negative, each once."""
    _rows(command.rows, command.act)
    evidence(command.evidence)
    desk.known_year(command.year)
    desk.open_year(command.year)
    seen: dict[tuple[str, str], int] = {}
    for name, item, quantity, row in command.rows:
        _entity(desk, name, command.year, row)
        prefix, _, rest = item.partition(":")
        if item != "baseline" and (prefix not in DATA or not IDENTIFIER.fullmatch(rest)):
            known = ", ".join((*(f"{p}:…" for p in DATA), "baseline"))
            desk.fault("row_item", row=row, value=item, known=known)
        _amount(desk, row, quantity)
        _once(desk, seen, (name, item), row)
    desk.done()
    return [m.DataEntered(command.year, command.rows, command.evidence)]


def enter_emissions(command: c.EnterEmissions, desk: Desk) -> list[Event]:
    """Emissions; after the close it is a correction, which :class:`CloseYear` then judges again."""
    _rows(command.rows, command.act)
    evidence(command.evidence)
    desk.known_year(command.year)
    seen: dict[tuple[str, str], int] = {}
    for name, item, quantity, how, row in command.rows:
        _entity(desk, name, command.year, row)
        if item not in ITEM_NAMES:
            desk.fault("row_item", row=row, value=item, known=", ".join(ITEM_NAMES))
        if how not in ("reported", "verified"):
            desk.fault("row_how", row=row, value=how)
        _amount(desk, row, quantity)
        _once(desk, seen, (name, item), row)
    desk.done()
    corrects = command.year in desk.state.content.closed
    return [m.EmissionsEntered(command.year, command.rows, command.evidence, corrects)]


def enter_prices(command: c.EnterPrices, desk: Desk) -> list[Event]:
    """Prices of days, each once; a day that is there already is a fault, not a correction."""
    _rows(command.rows, command.act)
    evidence(command.evidence)
    desk.view.identifier(command.series)
    desk.view.reason(command.note, command.act)
    before = desk.state.content.prices.get(command.series, {})
    seen: dict[tuple[str, str], int] = {}
    for on, price, volume, row in command.rows:
        if not is_day(on):
            desk.fault("row_day", row=row, column="day", value=on)
        elif on > desk.today.isoformat():
            desk.fault("row_future", row=row, value=on)
        if not is_number(price) or Decimal(price) <= 0:
            desk.fault("row_number", row=row, value=price)
        if not 0 <= volume < 2**53:
            desk.fault("row_number", row=row, value=volume)
        if on in before:
            desk.fault("price_there", row=row, day=on, series=command.series)
        _once(desk, seen, (on, ""), row)
    desk.done()
    return [m.PricesEntered(command.series, command.rows, command.evidence, command.note)]


def _entity(desk: Desk, name: str, year: int, row: int) -> None:
    entity = desk.state.content.entities.get(name)
    if entity is None:
        desk.fault("row_entity", row=row, value=name)
    elif entity.since > year or (entity.closed_on and entity.closed_on < f"{year}-01-01"):
        desk.fault("row_entity_year", row=row, value=name, year=year)


def _amount(desk: Desk, row: int, text: str) -> None:
    try:
        good = is_number(text) and Decimal(text) >= 0
    except InvalidOperation:
        good = False
    if not good:
        desk.fault("row_number", row=row, value=text)


def _once(desk: Desk, seen: dict[tuple[str, str], int], key: tuple[str, str], row: int) -> None:
    if key in seen:
        value = " ".join(part for part in key if part)
        desk.fault("row_twice", row=row, column="row", value=value, first=seen[key])
    seen.setdefault(key, row)
