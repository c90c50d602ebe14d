"""Who may do what: the authority, representatives, four eyes, closed mode."""

from __future__ import annotations

from tanheng.errors import Refusal
from tanheng.registry import commands as c
from tanheng.registry.model import Account, Pending
from tanheng.registry.view import Refused, View

RIGHTS = ("initiate", "approve")


def account_of(command: c.Command) -> str:
    """The account on whose side a command is made; ``""`` when it concerns none."""
    return str(getattr(command, "account", getattr(command, "source", "")))


def _right(view: View, account: Account, person: str, right: str) -> bool:
    roles = view.call.roles.get(person, ())
    if view.type_of(account).government:
        return "authority" in roles
    if "verifier" in roles and view.call.controls.verifier_never_represents.value:
        # Given the rights before becoming one.
        return False
    return right in account.representatives.get(person, ())


def authorise(view: View, command: c.Command, person: str) -> None:
    """Refuse unless the person may initiate the command."""
    roles = view.call.roles.get(person)
    if roles is None:
        raise Refused(Refusal("person_unknown", {"person": person}))
    if command.authority:
        if "authority" not in roles:
            details = {"person": person, "act": command.act}
            raise Refused(Refusal("authority_only", details))
        return
    account = view.account(account_of(command))
    if not _right(view, account, person, "initiate"):
        raise Refused(Refusal("not_representative", {
            "person": person, "account": account.id, "right": "initiate", "act": command.act,
        }))  # fmt: skip
    enough_representatives(view, account)


def enough_representatives(view: View, account: Account) -> None:
    """Refuse an account that has fewer representatives than its type needs in order to act."""
    need = view.type_of(account).minimum_representatives
    count = sum(person in view.call.roles for person in account.representatives)
    if count < need:
        raise Refused(Refusal("representatives_too_few", {
            "account": account.id, "count": count, "need": need,
            "clause": view.call.controls.minimum_representatives.clause,
        }))  # fmt: skip


def second_person(view: View, pending: Pending, authority: bool, person: str) -> None:
    """Refuse unless the person may approve (or reject) what another one proposed."""
    if person not in view.call.roles:
        raise Refused(Refusal("person_unknown", {"person": person}))
    rule = view.call.controls.initiator_is_not_approver
    if rule.value and person == pending.initiator:
        details = {"person": person, "pending": pending.id, "clause": rule.clause}
        raise Refused(Refusal("approver_is_initiator", details))
    if authority:
        if "authority" not in view.call.roles[person]:
            raise Refused(Refusal("authority_only", {"person": person, "act": pending.act}))
        return
    account = view.account(pending.account)
    if not _right(view, account, person, "approve"):
        raise Refused(Refusal("not_representative", {
            "person": person, "account": account.id, "right": "approve", "act": pending.act,
        }))  # fmt: skip


def any_right(view: View, account: str, act: str) -> None:
    """Refuse unless the caller is of the authority or represents the account in any way."""
    if view.call.is_authority:
        return
    if view.call.actor not in view.call.roles:
        raise Refused(Refusal("person_unknown", {"person": view.call.actor}))
    found = view.account(account)
    if not any(_right(view, found, view.call.actor, right) for right in RIGHTS):
        raise Refused(Refusal("not_representative", {
            "person": view.call.actor, "account": account, "right": " / ".join(RIGHTS), "act": act,
        }))  # fmt: skip


def open_mode(view: View, act: str) -> None:
    """Refuse what does not go on while the registry is closed."""
    rule = view.call.controls.closed_registry_allows
    if view.content.mode == "closed" and act != "open_registry" and act not in rule.value:
        raise Refused(Refusal("registry_closed", {"act": act, "clause": rule.clause}))
