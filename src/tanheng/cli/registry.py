"""``tanheng registry …``: what persons ask of a registry. Each command is signed with their key."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from tanheng.cli.options import split, wrong
from tanheng.cli.session import asks, instant_of
from tanheng.programme.signing import AskedFor, read
from tanheng.registry import commands as c

app = typer.Typer(no_args_is_help=True, help="Accounts and units. 登记系统：账户与单位。")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account. 账户。")]
Kind = Annotated[str, typer.Argument(metavar="KIND", help="Unit kind of the pack. 单位种类。")]
Amount = Annotated[int, typer.Argument(metavar="AMOUNT", help="Units, a whole number. 数量。")]
Target = Annotated[str, typer.Argument(metavar="TARGET", help="The other account. 对方账户。")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is recorded. 原因。")]
BlockOption = Annotated[
    list[str] | None,
    typer.Option("--block", help="FIRST-LAST, both included; may repeat. 号段。"),
]


def ranges(texts: list[str] | None) -> tuple[tuple[int, int], ...]:
    """Blocks written as ``1-100``, several by repeating the option or by commas."""
    found = []
    for text in split(texts):
        first, sign, last = text.partition("-")
        if not (sign and first.isdecimal() and last.isdecimal()):
            wrong("--block", f"{text!r}: write FIRST-LAST, such as 1-100")
        found.append((int(first), int(last)))
    return tuple(found)


@asks(app, "open")
def open_(
    account: Account,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Account type of the pack. 类型。")],
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="Holder's id. 持有人。")],
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Own limit. 自设限额。")] = None,
) -> AskedFor:  # fmt: skip
    """Open an account. 开户。"""
    return c.OpenAccount(account, type_, holder, limit)


@asks(app, "close")
def close(
    account: Account, reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Close an empty account. 销户。"""
    return c.CloseAccount(account, reason)


@asks(app, "holder")
def holder(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="Holder's id. 持有人。")],
    passed: Annotated[bool, typer.Option("--passed/--failed", help="Outcome. 结果。")] = True,
    until: Annotated[str, typer.Option("--until", help="Good until this instant. 有效至。")] = "",
) -> AskedFor:  # fmt: skip
    """Record a know-your-customer check. 登记身份核查结果。"""
    return c.RegisterHolder(holder, passed, instant_of("--until", until))


@asks(app, "represent")
def represent(
    account: Account,
    who: Annotated[str, typer.Argument(metavar="PERSON", help="Person. 人员。")],
    right: Annotated[
        list[str] | None, typer.Option("--right", help="initiate, approve; none: remove. 权限。")
    ] = None,
) -> AskedFor:  # fmt: skip
    """Give a person rights on an account, or take them away. 指定账户代表。"""
    return c.Represent(account, who, tuple(split(right)))


@asks(app, "trust")
def trust(
    account: Account, target: Target,
    remove: Annotated[bool, typer.Option("--remove", help="Take it off the list. 移除。")] = False,
) -> AskedFor:  # fmt: skip
    """Put an account on the trusted list, or take it off. 信任名单。"""
    return c.Distrust(account, target) if remove else c.Trust(account, target)


@asks(app, "issue")
def issue(
    kind: Kind, amount: Amount,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account of the authority. 政府账户。")] = "issuance",
) -> AskedFor:  # fmt: skip
    """Create units. 发放。"""
    return c.Issue(kind, amount, account)


@asks(app, "allocate")
def allocate(
    account: Account, kind: Kind, amount: Amount,
    source: Annotated[str, typer.Option("--from", help="Account of the authority. 政府账户。")] = "issuance",
    year: Annotated[int, typer.Option("--only-for", help="Usable only for this year. 仅限年度。")] = 0,
) -> AskedFor:  # fmt: skip
    """Give units to a holder. 分配。"""
    return c.Allocate(source, account, kind, amount, year)


@asks(app, "transfer")
def transfer(
    account: Account, target: Target, kind: Kind, amount: Amount,
    block: BlockOption = None,
) -> AskedFor:  # fmt: skip
    """Move units to another account. 划转。"""
    return c.Transfer(account, target, kind, amount, ranges(block))


Pending = Annotated[
    str, typer.Argument(metavar="PENDING", help="What waits, such as P12. 待办编号。")
]


@asks(app, "approve")
def approve(
    pending: Pending,
) -> AskedFor:  # fmt: skip
    """Approve what another person proposed. 批准。"""
    return c.Approve(pending)


@asks(app, "reject")
def reject(
    pending: Pending, reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Refuse what another person proposed. 否决。"""
    return c.Reject(pending, reason)


@asks(app, "abort")
def abort(
    pending: Pending, reason: ReasonOption = "",
) -> AskedFor:  # fmt: skip
    """Take back what waits. 撤回。"""
    return c.Abort(pending, reason)


@asks(app, "hold")
def hold(
    account: Account, kind: Kind, amount: Amount,
    reason: Annotated[str, typer.Option("--reason", help="order, bid, repurchase, custody, pledge. 事由。")],
    until: Annotated[str, typer.Option("--until", help="Ends at this instant. 到期。")] = "",
    beneficiary: Annotated[
        str, typer.Option("--for", help="Account that alone may release it. 受益账户。")
    ] = "",
) -> AskedFor:  # fmt: skip
    """Reserve units. 占用。"""
    return c.PlaceHold(account, kind, amount, reason, instant_of("--until", until), beneficiary)


@asks(app, "release")
def release(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="Such as H12. 占用编号。")],
    reason: ReasonOption = "",
) -> AskedFor:  # fmt: skip
    """End a hold. 解除占用。"""
    return c.Release(hold, reason)


@asks(app, "surrender")
def surrender(
    account: Account, amount: Amount,
    year: Annotated[int, typer.Option("--year", help="Year of the emissions. 履约年度。")],
    kind: Annotated[str, typer.Option("--kind", help="Else in the pack's order. 种类。")] = "",
) -> AskedFor:  # fmt: skip
    """Give units up for a year's emissions. 清缴。"""
    return c.Surrender(account, amount, year, kind)


@asks(app, "cancel")
def cancel(
    account: Account, kind: Kind, amount: Amount, reason: ReasonOption,
    block: BlockOption = None,
) -> AskedFor:  # fmt: skip
    """Take units out of circulation for ever. 注销。"""
    return c.Cancel(account, kind, amount, reason, ranges(block))


@asks(app, "deduct")
def deduct(
    account: Account, target: Target, kind: Kind, amount: Amount,
    reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Take units by force. 强制扣除。"""
    return c.Deduct(account, target, kind, amount, reason)


FreezeKind = Annotated[str, typer.Option("--kind", help="Only units of this kind. 种类。")]


@asks(app, "freeze")
def freeze(
    account: Account, reason: ReasonOption, kind: FreezeKind = "",
    amount: Annotated[int, typer.Option("--amount", min=0, help="So many of them. 数量。")] = 0,
    block: BlockOption = None,
) -> AskedFor:  # fmt: skip
    """Freeze an account, an amount in it, or certain units. 冻结。"""
    return c.Freeze(account, reason, kind, amount, ranges(block))


@asks(app, "unfreeze")
def unfreeze(
    account: Account, reason: ReasonOption, kind: FreezeKind = "",
    block: BlockOption = None,
) -> AskedFor:  # fmt: skip
    """Undo a freeze (of an amount: release its hold). 解冻。"""
    return c.Unfreeze(account, reason, kind, ranges(block))


@asks(app, "reverse")
def reverse(
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="Entry of the surrender. 记录号。")],
    reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Undo a surrender. 撤销清缴。"""
    return c.Reverse(entry, reason)


@asks(app, "mode")
def mode(
    mode: Annotated[str, typer.Argument(metavar="MODE", help="open | closed. 开放或关闭。")],
    reason: ReasonOption,
) -> AskedFor:  # fmt: skip
    """Close the registry, or open it again. 登记系统开关。"""
    if mode not in ("open", "closed"):
        wrong("MODE", f"{mode!r}: write open or closed")
    return c.OpenRegistry(reason) if mode == "open" else c.CloseRegistry(reason)


@asks(app, "do")
def do(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help='JSON, such as {"command": "return", …}. 命令。')],
) -> AskedFor:  # fmt: skip
    """Any command of the reference, as JSON: convert, carry_over, return, import_credits, … 任意命令。"""
    try:
        return read(json.loads(command))
    except ValueError as error:
        wrong("COMMAND", f"{error}; the forms are in docs/reference.md, Commands of a programme")
