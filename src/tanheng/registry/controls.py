"""The pack's controls on moving units: limits, delays, know-your-customer, alarms."""

from __future__ import annotations

from tanheng.errors import Refusal
from tanheng.registry import model as m
from tanheng.registry.state import window
from tanheng.registry.view import Refused, View


def known_customer(view: View, account: m.Account) -> None:
    """Refuse when the holder of such an account was not checked, or not lately enough."""
    rule = view.call.controls.kyc
    if account.type not in rule.value.required_for:
        return
    passed, until = view.content.holders.get(account.holder, (False, ""))
    if not passed or (until and until <= view.call.at):
        details = {"holder": account.holder, "account": account.id, "clause": rule.clause}
        raise Refused(Refusal("holder_unchecked", details))


def is_trusted(view: View, source: m.Account, target: str) -> bool:
    """Whether the target is on the source's trusted list, and the entry works by now."""
    effective = source.trusted.get(target)
    return effective is not None and effective <= view.call.at


def within_limit(view: View, act: str, source: m.Account, target: str, amount: int) -> None:
    """Refuse more than the lowest of the central, national and account limits, to strangers."""
    rule = view.call.controls.amount_limit
    if act in rule.value.exempt or is_trusted(view, source, target):
        return
    limits = {
        "central": rule.value.central, "national": rule.value.national, "account": source.limit,
    }  # fmt: skip
    known = {name: limit for name, limit in limits.items() if limit is not None}
    if known:
        which = min(known, key=lambda name: known[name])
        if amount > known[which]:
            raise Refused(Refusal("limit_exceeded", {
                "account": source.id, "target": target,
                "amount": amount, "limit": known[which], "which": which, "clause": rule.clause,
            }))  # fmt: skip


def transfer_due(view: View, source: m.Account, target: str) -> str:
    """The instant a transfer that is complete now is executed; ``""``: at once."""
    hours, now = view.call.rules.hours, m.moment(view.call.at)
    if is_trusted(view, source, target) and view.call.controls.trusted_immediate.value:
        return "" if hours.is_open(now) else m.instant(hours.next_opening(now))
    return m.instant(hours.untrusted_due(now))


def alarms(view: View, account: m.Account, kind: str, amount: int) -> list[m.Event]:
    """Alarms that a transfer of the amount out of the account raises."""
    found: list[m.Event] = []
    velocity = view.call.controls.velocity_alarm.value
    count = window(account.sent, m.hours_before(view.call.at, velocity.within_hours))[1] + 1
    if count >= velocity.count:
        found.append(m.Alarm("velocity", account.id, kind, amount, count))
    transit = view.call.controls.transit_alarm.value
    balance = view.balance(account.id, kind)
    came, went = window(balance.flow, m.hours_before(view.call.at, transit.within_hours))
    # In whole numbers: went / came >= share / 100.
    if came and (went + amount) * 100 >= came * transit.share_percent:
        found.append(m.Alarm("transit", account.id, kind, amount))
    return found
