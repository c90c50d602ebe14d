"""Words of a programme's commands in both languages: sentences, headings, acts, events."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from tanheng.errors import Language

_SENTENCES = {
    "recorded": ("Entry {seq} · {act} · {at}", "第 {seq} 条记录 · {act} · {at}"),
    "repeated": (
        "This command was accepted before, as entry {seq}; nothing was done again.",
        "该命令此前已受理（第 {seq} 条记录），未重复执行。",
    ),
    "preview": (
        "Preview; nothing was recorded. To be sure of just this effect, add\n  --preview {digest}",
        "仅为预览，未作记录。如须锁定这一结果，请加\n  --preview {digest}",
    ),
    "nothing": ("No units would move.", "不发生单位转移。"),
    "effect": ("Once it is done:", "执行后："),
    "pending": ("{pending} {act}: {what}", "{pending} {act}：{what}"),
    "held": ("Held meanwhile: {what}", "期间占用：{what}"),
    "waiting": (
        "A second person may approve it until {at}:\n"
        "  tanheng registry approve {path} {pending} --as PERSON",
        "须由第二人在 {at} 前批准：\n  tanheng registry approve {path} {pending} --as 操作人",
    ),
    "scheduled": (
        "It will be carried out at {at}.\nIt can be taken back until {until}:\n"
        "  tanheng registry abort {path} {pending} --as PERSON",
        "将于 {at} 执行。\n{until} 前可以撤回：\n"
        "  tanheng registry abort {path} {pending} --as 操作人",
    ),
    "known": (
        "Rules of {pack}: {verified} verified, {unverified} unverified, {assumed} assumed",
        "规则包 {pack}：已核对 {verified}、未核对 {unverified}、假定 {assumed}",
    ),
    "none": ("None.", "无。"),
    "not_issued": (
        "None of these serials was issued; {kind} has {issued}.",
        "上述序列号均未发放；{kind} 已发放 {issued} 个。",
    ),
    "by": ("approve by {at}", "{at} 前批准"),
    "due": ("due {at}", "{at} 执行"),
    "made": ("Programme {name} in {path}", "体系 {name}，目录 {path}"),
    "public_key": ("Its public key, to be published: {key}", "公钥（应予公布）：{key}"),
    "secret_keys": (
        "Secret keys in {path}, to be moved to safe places: {names}",
        "私钥在 {path}，请移至安全处：{names}",
    ),
    "next_people": (
        "Next, let people act:  tanheng programme enrol {path} PERSON --as {first}",
        "接着，登记人员：      tanheng programme enrol {path} 人员代号 --as {first}",
    ),
    "next_holder": (
        "and check a holder:    tanheng registry holder {path} HOLDER --as {first}",
        "并登记持有人核查：    tanheng registry holder {path} 持有人 --as {first}",
    ),
    "called": ("{person} is called {name}", "{person}：{name}"),
    "erased": ("The name of {person} is erased", "{person} 的姓名已删除"),
    "no_name": ("No name of {person} was kept", "未保存 {person} 的姓名"),
    "snapshot": ("A snapshot of {size} entries is kept", "已保存前 {size} 条记录的快照"),
    "rebuilt": (
        "The tables were made anew from {size} entries",
        "已由 {size} 条记录重建派生表",
    ),
    "checked": (
        "The tables are what {size} entries make them",
        "派生表与 {size} 条记录一致",
    ),
}
_HEADS = {
    "account": "账户", "type": "类型", "holder": "持有人", "status": "状态", "kind": "单位种类",
    "total": "总量", "free": "可用", "held": "占用", "restricted": "限用", "frozen": "冻结",
    "op": "操作", "from": "转出", "to": "转入", "block": "号段", "blocks": "号段", "amount": "数量",
    "seq": "记录", "at (UTC)": "时刻 (UTC)", "act": "行为", "balance": "余额", "pending": "待办",
    "opening": "期初", "closing": "期末", "initiator": "发起人", "approver": "批准人", "until": "至",
    "hold": "占用号", "reason": "原因", "alarm": "警报", "name": "姓名", "roles": "角色", "key": "公钥",
    "person": "人员", "restriction": "限用年度", "issued": "发放", "circulating": "流通",
    "surrendered": "已清缴", "cancelled": "已注销", "beneficiary": "受益账户", "for": "受益账户",
    "other": "对方", "what": "内容", "by": "经办", "when": "时限", "passed": "通过", "rights": "权限",
    "limit": "限额", "year": "年度", "how": "结果", "mode": "状态", "count": "次数", "pack": "规则包",
    "evidence": "存证", "effective": "生效", "id": "编号", "origin": "来源", "surrender": "清缴记录",
    "export": "转出编号", "programme": "体系", "receipt": "回执", "source": "转出", "target": "转入",
    "first": "首号", "last": "末号", "due": "执行时刻", "entries": "条目", "last entry": "最后条目",
    "root": "树根", "state": "状态哈希", "public key": "公钥", "rules": "规则摘要",
    "simulation": "模拟", "checkpoint": "检查点", "replayed": "重放", "not used": "未用快照",
    "entity": "单位", "sector": "行业", "region": "地区", "since": "起始年度", "closed_on": "关停日期",
    "item": "数据项", "quantity": "数值", "tco2e": "排放量", "day": "日期", "price in fen": "价格（分）",
    "volume": "成交量", "moved": "划转", "owed": "欠", "taken": "抵扣", "by force": "强制",
    "obligation": "应清缴量", "shortfall": "缺口", "net sales": "净卖出", "class": "类别",
    "mean": "均值", "standard error": "标准误", "makers": "生产者", "distribution": "分布",
    "value": "数值", "measure": "计量单位", "difference": "与均值之差", "responsibility": "承担排放",
    "preallocated": "预分配", "allocated": "核定配额", "deducted": "强制扣除",
    "from_next_year": "从下年度扣除", "fine": "罚款", "paid": "已缴", "row": "行", "rows": "行数",
    "step": "步骤", "stage": "阶段", "list": "名单", "series": "价格序列", "note": "说明",
    "version": "版本", "permit": "许可证", "entry": "条目", "subject": "对象", "clause": "依据",
    "parameter": "参数", "unit": "计量单位", "place": "位置", "title": "名称",
    "verified": "已核对", "unverified": "未核对", "assumed": "假定", "cases": "算例",
    "product_class": "产品类别", "association": "协会", "factor": "系数", "digest": "摘要",
    "target_kind": "目标种类", "external_first": "外部首号", "external_last": "外部末号",
    "instrument": "品种", "segment": "板块", "side": "方向", "price": "价格", "orders": "委托数",
    "order": "委托号", "left": "剩余", "trade": "成交号", "buyer": "买方", "seller": "卖方",
    "open": "开盘", "high": "最高", "low": "最低", "close": "收盘", "turnover": "成交额",
    "trades": "成交笔数", "auction": "竞价号", "opens": "开始", "closes": "结束", "reserve": "底价",
    "sold": "卖出", "awarded": "成交", "unsold": "未成交", "bids": "报价数", "winners": "中标数", "notice": "公告",
    "bid": "报价号", "won": "中标数量", "paid per unit": "成交单价", "deal": "业务号", "form": "业务",
    "one": "甲方", "two": "乙方", "paid first": "首期付款", "paid last": "到期付款",
    "deposit": "保证金", "bought": "买入", "received": "收入", "fees": "手续费",
    "not delivered": "待交收", "holder_class": "准入类别",
    "reference": "流水号", "halted": "停牌", "waits": "待交收",

    "ends": "失效时刻", "kept": "保留排序",
    "money": "首期金额", "back": "到期金额",
    "pricing": "定价", "margin": "边际规则", "least_bidders": "最少人数", "admits": "准入类别",
    "average": "均价区间", "floor_share": "均价倍数", "ceiling": "底价上限",
    "bid_limit": "报价限额", "bid_amount": "报价总量",
}  # fmt: skip
_WORDS = {
    "open_account": "开户", "close_account": "销户", "register_holder": "登记身份核查",
    "represent": "指定代表", "set_limit": "设置限额", "trust": "加入信任名单",
    "distrust": "移出信任名单", "issue": "发放", "allocate": "分配", "transfer": "划转",
    "approve": "批准", "reject": "否决", "abort": "撤回", "hold": "占用", "release": "解除占用",
    "surrender": "清缴", "cancel": "注销", "import_credits": "转入减排量", "convert": "转换",
    "carry_over": "结转", "return": "交回", "deduct": "强制扣除", "reverse": "撤销清缴",
    "freeze": "冻结", "unfreeze": "解冻", "open_registry": "开放登记系统",
    "close_registry": "关闭登记系统", "export_units": "转出至其他体系", "confirm_export": "确认转出",
    "abort_export": "中止转出", "import_units": "由其他体系转入", "enrol": "登记人员",
    "set_key": "更换密钥", "withdraw": "注销人员", "adopt_pack": "采用规则包", "propose": "提请",
    "expire": "到期", "void": "失效", "found": "创建", "move": "转移", "open": "正常",
    "frozen": "冻结", "closed": "关闭", "done": "完成", "rejected": "否决", "aborted": "撤回",
    "expired": "到期", "voided": "失效", "released": "解除", "used": "已用", "velocity": "频繁转出",
    "transit": "快进快出", "initiate": "发起", "authority": "主管部门", "auditor": "审计",
    "representative": "代表", "verifier": "核查", "pending": "待办", "order": "委托", "bid": "竞价",
    "repurchase": "回购", "custody": "托管", "pledge": "质押", "passed": "通过", "failed": "未通过",
    "confirmed": "确认", "export": "转出", "enter_entities": "登记单位", "suspend_entity": "暂停",
    "enter_data": "录入活动数据", "enter_emissions": "录入排放", "enter_prices": "录入价格",
    "pre_allocate": "预分配", "true_up": "核定配额", "surrender_year": "年度清缴",
    "close_year": "年度结案", "enforce": "违约处理", "pay_fine": "缴纳罚款",
    "carry_over_year": "年度结转", "publish_year": "公布", "open_class": "开立产品类别",
    "enter_means": "录入均值", "set_benchmark": "拟定基准值", "comment_benchmark": "征求意见",
    "publish_table": "公布年表", "settle_benchmarks": "结算承担排放", "permit": "许可证",
    "admit": "准入", "set_reference": "设定基准价", "halt": "停牌或复牌", "deposit": "入金",
    "withdraw_money": "出金", "pick": "点选成交", "amend": "改单", "cancel_order": "撤单",
    "open_auction": "竞价公告", "call_off": "取消竞价", "annul": "错误成交撤销",
    "propose_deal": "业务申请", "agree_deal": "同意业务", "end_deal": "了结业务",
    "close_day": "收市", "open_window": "竞价开始", "close_auction": "竞价结束",
    "expire_order": "委托到期", "buy": "买", "sell": "卖", "filled": "成交", "cancelled": "撤单",
    "unfilled": "未成交部分撤销", "self_trade": "自成交防范", "beyond_band": "超出涨跌幅",
    "waits": "待交收", "settled": "已交收", "annulled": "已撤销", "announced": "已公告", "bidding": "报价中",
    "sold": "成交", "no_bids": "无报价", "reserve_not_met": "未达底价",
    "too_few_bidders": "人数不足", "called_off": "取消", "won": "中标", "lost": "未中标",
    "proposed": "待同意", "runs": "存续", "fulfilled": "已履行", "defaulted": "违约",
    "declined": "已拒绝", "borrowing": "借碳", "trade": "成交",
    "record_entry": "信用记录", "object_entry": "异议", "end_entry": "信用记录处理",
}  # fmt: skip
_EVENTS = {
    "person_enrolled": ("Enrolled", "已登记人员"),
    "person_withdrawn": ("May no longer act", "已注销人员"),
    "key_set": ("Another key", "已更换密钥"),
    "pack_adopted": ("Pack in force", "已采用规则包"),
    "account_opened": ("Account opened", "已开户"),
    "account_closed": ("Account closed", "已销户"),
    "account_frozen": ("Account", "账户"),
    "holder_checked": ("Holder checked", "已登记身份核查"),
    "represented": ("Represented", "代表"),
    "limit_set": ("Limit", "限额"),
    "trusted": ("Trusted", "信任"),
    "imported": ("From outside", "外部转入"),
    "hold_placed": ("Held", "已占用"),
    "hold_ended": ("Hold ended", "占用结束"),
    "hold_reduced": ("Hold reduced", "占用减少"),
    "proposed": ("Proposed", "已提请"),
    "settled": ("Ended", "已了结"),
    "blocks_frozen": ("Units", "单位"),
    "mode_set": ("Registry", "登记系统"),
    "export_locked": ("Locked for export", "已锁定待转出"),
    "export_ended": ("Export", "转出"),
    "units_imported": ("Taken in", "已转入"),
    "reversed": ("Reversed", "已撤销"),
    "alarm": ("Alarm", "警报"),
    "entities_entered": ("Entities", "单位"),
    "entity_suspended": ("Suspended", "暂停"),
    "data_entered": ("Activity data", "活动数据"),
    "emissions_entered": ("Emissions", "排放"),
    "prices_entered": ("Prices", "价格"),
    "determined": ("Allocation", "配额"),
    "surrendered": ("Surrendered", "清缴"),
    "closed": ("Outcome", "结案"),
    "enforced": ("Enforcement", "违约处理"),
    "relieved": ("Taken back", "冲回"),
    "fine_paid": ("Paid", "缴款"),
    "carried_over": ("Carried over", "结转"),
    "published": ("Published", "公布"),
    "class_opened": ("Class opened", "开立类别"),
    "means_entered": ("Computed means", "计算均值"),
    "benchmark_set": ("Proposed value", "拟定数值"),
    "benchmark_commented": ("Comment", "意见"),
    "table_published": ("Published table", "公布年表"),
    "table_reserved": ("Small classes, not public", "小类别（不公开）"),
    "benchmarks_settled": ("Responsibilities", "承担排放"),
    "permit_stepped": ("Permit", "许可证"),
    "record_entered": ("Credit record", "信用记录"),
    "record_objected": ("Objection", "异议"),
    "record_ended": ("Credit record", "信用记录"),
    "pinned": ("Pinned", "已锁定"),
    "admitted": ("Admitted", "准入"),
    "reference_set": ("Reference price", "基准价"),
    "halted": ("Halt", "停牌"),
    "money_moved": ("Bank", "银行"),
    "day_opened": ("Day opened", "开市"),
    "order_placed": ("Order", "委托"),
    "order_held": ("Waits", "挂单"),
    "order_amended": ("Order changed", "改单"),
    "order_ended": ("Order over", "委托了结"),
    "traded": ("Traded", "成交"),
    "matched": ("Parties", "成交双方"),
    "delivered": ("Delivered", "交收"),
    "day_closed": ("Day closed", "收市"),
    "annulled": ("Annulled", "撤销成交"),
    "auction_opened": ("Auction", "竞价"),
    "reserve_fixed": ("Reserve price", "底价"),
    "bid_placed": ("Bid", "报价"),
    "bid_ended": ("Bid over", "报价结果"),
    "auction_closed": ("Auction over", "竞价结果"),
    "deal_proposed": ("Deal", "业务"),
    "deal_agreed": ("Deal agreed", "业务生效"),
    "deal_ended": ("Deal over", "业务了结"),
}
ROWS = {
    "entities_entered": ("entity", "account", "sector", "region", "since", "closed_on", "row"),
    "data_entered": ("entity", "item", "quantity", "row"),
    "emissions_entered": ("entity", "item", "tco2e", "state", "row"),
    "prices_entered": ("day", "price in fen", "volume", "row"),
    "determined": ("entity", "amount", "moved", "owed", "taken"),
    "surrendered": ("entity", "kind", "amount", "by force"),
    "closed": ("entity", "obligation", "surrendered", "status", "shortfall"),
    "enforced": ("entity", "amount"),
    "relieved": ("entity", "amount", "fen"),
    "carried_over": ("entity", "amount", "net sales"),
    "means_entered": ("class", "mean", "standard error", "makers", "distribution", "row"),
    "table_published": ("class", "value", "measure", "mean", "difference", "standard error",
                        "makers", "distribution"),
    "table_reserved": ("class", "value", "measure", "mean", "makers"),
    "benchmarks_settled": ("entity", "responsibility", "issued", "obligation"),
    "traded": ("trade", "instrument", "segment", "price_fen", "amount"),
    "day_closed": ("instrument", "segment", "open_fen", "high_fen", "low_fen", "close_fen",
                   "volume", "turnover_fen", "trades"),
}  # fmt: skip
"""Headings of the rows of events that have many."""
_HEX = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_PLAIN = ("year", "restriction", "seq", "first", "last")


def say(name: str, language: Language, /, **values: object) -> str:
    """A sentence."""
    return _SENTENCES[name][language == "zh"].format(**values)


def yuan(fen: object) -> str:
    """Money for people, from its hundredth."""
    number = int(str(fen))
    return f"−{yuan(-number)}" if number < 0 else f"{number // 100:,}.{number % 100:02}"


def head(name: str, language: Language) -> str:
    """The heading of a column, or the name of a field; money is shown in the currency's unit."""
    name = name.removesuffix("_fen")
    return _HEADS.get(name, name) if language == "zh" else name.replace("_", " ")


def word(code: str, language: Language) -> str:
    """An act, a status or another fixed word."""
    return _WORDS.get(code, code) if language == "zh" else code


def short(at: str) -> str:
    """An instant for people: UTC to the minute, or to the second where there are some."""
    if not _INSTANT.fullmatch(at):
        return at
    return f"{at[:16] if at[17:] == '00.000000Z' else at[:19]}Z".replace("T", " ")


def run(first: int | None, last: int | None) -> str:
    """A run of serials."""
    return "" if first is None else str(first) if first == last else f"{first}–{last}"


def _value(name: str, value: object, language: Language) -> str:
    if isinstance(value, bool):
        return ("yes", "no")[not value] if language == "en" else ("是", "否")[not value]
    if isinstance(value, int) and name.endswith("_fen"):
        return yuan(value)
    if isinstance(value, int):
        return str(value) if name in _PLAIN else f"{value:,}"
    if isinstance(value, list | tuple):
        each = [
            run(*one) if isinstance(one, list | tuple) else word(str(one), language)
            for one in value
        ]
        return ", ".join(each) or ("none" if language == "en" else "无")
    text = str(value)
    if _HEX.fullmatch(text):
        return f"{text[:16]}…"
    fixed = name in ("how", "mode", "alarm", "side", "form") or (
        name == "reason" and text in _WORDS
    )
    return word(text, language) if fixed else short(text)


def brief(raw: Mapping[str, Any], language: Language, money: Collection[str] = ()) -> str:
    """A command or an event in one line: amount, whose units, where to; then all else.

    ``money``: kinds whose amounts are in the hundredth of the currency.
    """
    rest = {k: v for k, v in raw.items() if k not in ("command", "event") and v not in ("", None)}
    for name in ("rows", "heads", "terms", "chosen"):
        if isinstance(rest.get(name), list | tuple):
            rest[name] = len(rest[name])
    parts = []
    kind = str(rest.pop("kind", ""))
    if rest.get("amount"):
        amount = rest.pop("amount")
        shown = yuan(amount) if kind in money else f"{amount:,}".replace("-", "−")
        parts.append(f"{shown} {kind}".strip())
    elif kind:
        parts.append(kind)
    places = [str(rest.pop(name)) for name in ("source", "account", "target") if name in rest]
    if places:
        parts.append(" → ".join(places))
    parts += [f"{head(k, language)} {_value(k, v, language)}" for k, v in rest.items()]
    return ", ".join(parts)


def event(name: str, language: Language) -> str:
    """What an event is called."""
    return _EVENTS.get(name, (name, name))[language == "zh"]


def happened(raw: Mapping[str, Any], language: Language, money: Collection[str] = ()) -> str:
    """An event in one line."""
    name = str(raw["event"]).split("/")[0]
    if name == "money_moved":
        raw = {
            "account": raw["account"],
            "amount_fen": raw["amount"],
            "reference": raw["reference"],
        }
    label, text = event(name, language), brief(raw, language, money)
    if name == "traded":
        # The rows that follow say all.
        return label
    return f"{label}: {text}" if language == "en" else f"{label}：{text}"
