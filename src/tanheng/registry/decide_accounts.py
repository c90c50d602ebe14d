"""Decisions about accounts: opening, closing, representatives, lists, limits, the mode."""

from __future__ import annotations

from datetime import timedelta

from tanheng.errors import Refusal
from tanheng.registry import commands as c
from tanheng.registry import controls
from tanheng.registry import model as m
from tanheng.registry.access import RIGHTS
from tanheng.registry.view import LARGEST, Refused, View
from tanheng.rules import AccountType, Pack


def founding(pack: Pack) -> list[m.Event]:
    """The accounts of the authority, one for each such type, named after it."""
    return [
        m.AccountOpened(kind.id, kind.id, "authority")
        for kind in pack.accounts.values()
        if kind.government
    ]


def open_account(command: c.OpenAccount, view: View) -> list[m.Event]:
    """A new account."""
    name = view.identifier(command.account)
    view.identifier(command.holder)
    if name in view.content.accounts:
        raise Refused(Refusal("account_exists", {"account": name}))
    pack = view.call.rules
    kind = pack.accounts.get(command.type)
    if kind is None:
        known = ", ".join(pack.accounts)
        raise Refused(Refusal("account_type_unknown", {"type": command.type, "known": known}))
    _room(view, kind, command.holder)
    if command.limit is not None:
        _limit(command.limit)
    controls.known_customer(view, m.Account(name, kind.id, command.holder))
    return [m.AccountOpened(name, kind.id, command.holder, command.limit)]


def _room(view: View, kind: AccountType, holder: str) -> None:
    """Refuse one account too many of a type."""
    living = view.state.living
    if kind.limit is not None and living[kind.id, ""] >= kind.limit:
        raise Refused(Refusal("account_type_full", {"type": kind.id, "limit": kind.limit}))
    if kind.one_per_holder and living[kind.id, holder]:
        raise Refused(Refusal("account_one_per_holder", {"holder": holder, "type": kind.id}))


def close_account(command: c.CloseAccount, view: View) -> list[m.Event]:
    """An account that is empty and in which nothing waits."""
    account = view.account(command.account)
    view.reason(command.reason, command.act)
    what = [f"{b.total} {kind}" for kind, b in sorted(account.balances.items()) if b.total]
    what += [
        p.id for p in view.content.pending.values()
        if p.account == account.id and p.id != view.pending
    ]  # fmt: skip
    if what or view.type_of(account).government:
        details = {"account": account.id, "what": ", ".join(what) or account.type}
        raise Refused(Refusal("account_not_empty", details))
    return [m.AccountClosed(account.id, command.reason)]


def register_holder(command: c.RegisterHolder, view: View) -> list[m.Event]:
    """A know-your-customer check, good for as long as the pack says at most."""
    view.identifier(command.holder)
    until = view.future(command.until)
    days = view.call.controls.kyc.value.valid_days
    if command.passed and days is not None:
        latest = m.instant(m.moment(view.call.at) + timedelta(days=days))
        until = min(until, latest) if until else latest
    return [m.HolderChecked(command.holder, command.passed, until if command.passed else "")]


def represent(command: c.Represent, view: View) -> list[m.Event]:
    """Rights of a person on an account."""
    account = view.account(command.account)
    strange = [right for right in command.rights if right not in RIGHTS]
    if strange or len(set(command.rights)) < len(command.rights):
        known = ", ".join(RIGHTS)
        raise Refused(Refusal("rights_bad", {"value": ", ".join(command.rights), "known": known}))
    roles = view.call.roles.get(command.person)
    if command.rights:
        if roles is None:
            raise Refused(Refusal("person_unknown", {"person": command.person}))
        rule = view.call.controls.verifier_never_represents
        if rule.value and "verifier" in roles:
            details = {"person": command.person, "clause": rule.clause}
            raise Refused(Refusal("verifier_represents", details))
        if view.type_of(account).government and "authority" not in roles:
            details = {"person": command.person, "act": command.act}
            raise Refused(Refusal("authority_only", details))
    elif command.person not in account.representatives:
        details = {
            "person": command.person,
            "account": account.id,
            "right": "—",
            "act": "represent",
        }
        raise Refused(Refusal("not_representative", details))
    return [m.Represented(account.id, command.person, tuple(sorted(command.rights)))]


def _limit(limit: int) -> None:
    if not 0 <= limit <= LARGEST:
        raise Refused(Refusal("limit_bad", {"value": limit}))


def set_limit(command: c.SetLimit, view: View) -> list[m.Event]:
    """The account's own limit."""
    account = view.acting(command.account, command.act)
    if command.limit is not None:
        _limit(command.limit)
    return [m.LimitSet(account.id, command.limit)]


def trust(command: c.Trust, view: View) -> list[m.Event]:
    """An addition to the trusted list, after the delay."""
    account = view.acting(command.account, command.act)
    target = view.account(command.target)
    if target.id == account.id:
        raise Refused(Refusal("account_same", {"account": account.id}))
    view.no_sink(target, command.act)
    if target.id in account.trusted:
        details = {"account": account.id, "target": target.id, "since": account.trusted[target.id]}
        raise Refused(Refusal("trust_there", details))
    effective = view.call.rules.hours.trusted_effective(m.moment(view.call.at))
    return [m.Trusted(account.id, target.id, m.instant(effective))]


def distrust(command: c.Distrust, view: View) -> list[m.Event]:
    """A removal from the trusted list, at once."""
    account = view.account(command.account)
    if command.target not in account.trusted:
        details = {"account": account.id, "target": command.target}
        raise Refused(Refusal("trust_missing", details))
    return [m.Trusted(account.id, command.target, "")]


def open_registry(command: c.OpenRegistry, view: View) -> list[m.Event]:
    """The end of the closed mode."""
    return _mode("open", command, view)


def close_registry(command: c.CloseRegistry, view: View) -> list[m.Event]:
    """The closed mode."""
    return _mode("closed", command, view)


def _mode(mode: str, command: c.OpenRegistry | c.CloseRegistry, view: View) -> list[m.Event]:
    if view.content.mode == mode:
        raise Refused(Refusal("mode_same", {"mode": mode}))
    return [m.ModeSet(mode, view.reason(command.reason, command.act))]
