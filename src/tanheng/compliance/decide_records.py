"""Decisions about discharge permits and the credit record."""

from __future__ import annotations

from decimal import Decimal

from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.compliance.decide_entries import evidence, is_number
from tanheng.compliance.desk import Desk
from tanheng.compliance.scope import months_on
from tanheng.errors import Refusal
from tanheng.registry.model import Event, moment
from tanheng.registry.view import Refused

STEPS_FROM = {
    "": ("apply",),
    "applied": ("grant", "refuse"),
    "granted": ("report", "inspect", "fine", "revoke"),
    "refused": ("apply",),
    "revoked": ("apply",),
}
"""The steps that a permit can take from each state."""


def permit(command: c.PermitAct, desk: Desk) -> list[Event]:
    """A step of a permit that its state allows."""
    desk.view.identifier(command.permit)
    evidence(command.evidence)
    if command.entity not in desk.state.content.entities:
        raise Refused(Refusal("entity_unknown", {"entity": command.entity}))
    found = desk.state.content.permits.get(command.permit)
    if found is not None and found.entity != command.entity:
        details = {"permit": command.permit, "entity": found.entity}
        raise Refused(Refusal("permit_of_other", details))
    state = found.state if found else ""
    if command.step not in STEPS_FROM[state]:
        known = ", ".join(STEPS_FROM[state])
        details = {"permit": command.permit, "step": command.step, "state": state or "—"}
        raise Refused(Refusal("permit_step", {**details, "known": known}))
    if command.terms and command.step != "grant":
        raise Refused(Refusal("permit_terms_only", {"step": command.step}))
    if command.step == "grant" and not command.terms:
        raise Refused(Refusal("permit_terms", {"permit": command.permit}))
    for item, amount, _ in command.terms:
        if not is_number(amount) or Decimal(amount) < 0:
            desk.fault("row_number", row=item, value=amount)
    desk.done()
    if command.step in ("refuse", "revoke", "fine"):
        desk.view.reason(command.reason, command.act)
    if command.step == "fine":
        _within(command, desk)
    elif command.amount_fen:
        raise Refused(Refusal("permit_amount", {"step": command.step}))
    return [
        m.PermitStepped(
            command.permit, command.step, command.entity, command.evidence, command.terms,
            command.amount_fen, command.reason,
        )
    ]  # fmt: skip


def _within(command: c.PermitAct, desk: Desk) -> None:
    found = desk.pack.find("permit_fine_range", desk.today)
    low, high = found.range
    if not low <= command.amount_fen <= high:
        raise Refused(Refusal("permit_fine", {
            "amount": command.amount_fen, "low": f"{low:,f}", "high": f"{high:,f}",
            "clause": found.value.clause,
        }))  # fmt: skip


def record_entry(command: c.RecordEntry, desk: Desk) -> list[Event]:
    """An entry of the credit record that ends when the pack says."""
    desk.view.identifier(command.subject)
    desk.view.identifier(command.list)
    desk.view.reason(command.reason, command.act)
    evidence(command.evidence)
    months = desk.pack.says("record_months", desk.today)
    until = ""
    if months is not None:
        local = desk.pack.hours.local(moment(desk.view.call.at))
        until = months_on(local, int(months.number)).isoformat()
    name = f"R{desk.view.call.seq}"
    return [
        m.RecordEntered(
            name, command.subject, command.list, command.reason, command.evidence, until
        )
    ]  # fmt: skip


def _entry(desk: Desk, name: str) -> m.Record:
    found = desk.state.content.records.get(name)
    over = found is not None and found.until and found.until < desk.today.isoformat()
    if found is None or found.state == "removed" or over:
        raise Refused(Refusal("record_unknown", {"entry": name}))
    return found


def object_entry(command: c.ObjectEntry, desk: Desk) -> list[Event]:
    """An objection, one at a time."""
    found = _entry(desk, command.entry)
    evidence(command.evidence)
    if found.state != "in_force":
        raise Refused(Refusal("record_state", {"entry": command.entry, "state": found.state}))
    return [m.RecordObjected(command.entry, command.evidence)]


def end_entry(command: c.EndEntry, desk: Desk) -> list[Event]:
    """An objection is decided; or an entry without one is removed."""
    found = _entry(desk, command.entry)
    desk.view.reason(command.reason, command.act)
    if command.upheld and found.state != "objected":
        raise Refused(Refusal("record_state", {"entry": command.entry, "state": found.state}))
    return [m.RecordEnded(command.entry, command.upheld, command.reason)]
