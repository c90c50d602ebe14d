"""Why: any figure of an entity's year, by the same functions that decided it, traced.

A question is ``allocation:ENTITY/YEAR`` (also ``obligation``, ``surrendered``, ``shortfall``,
``status``, ``offsets``, ``fine``, ``next_year``, ``owed``) or ``benchmark:CLASS/YEAR``. What was
decided is explained as of the decision: the law of its day, and what had been entered by then.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

from tanheng.compliance import figures
from tanheng.compliance import model as m
from tanheng.compliance.scope import LAST, Scope, Tracing, cited, local_day
from tanheng.compliance.state import Compliance
from tanheng.errors import Refusal
from tanheng.rules import Citation, Gap, Pack
from tanheng.traced import WIDE, Traced
from tanheng.why import Bilingual, Row, Why


class _Asked:
    """A question about an entity's year under the packs that were in force."""

    def __init__(
        self, state: Compliance, pack_at: Callable[[int], Pack], now: str, entity: str, year: int
    ) -> None:
        self.state, self.pack_at, self.now = state, pack_at, now
        self.entity, self.year = entity, year
        self.record = state.of(year, entity)

    def scope(self, seq: int = LAST, at: str = "") -> Scope[Traced]:
        """The year as it stood for the entry: its law, its day, what had been entered."""
        pack = self.pack_at(seq)
        if pack.plan is None:
            raise Gap(Refusal("plan_missing", {"pack": pack.id}))
        day = local_day(pack, at or self.now)
        giver = Tracing(self.state, pack)
        return Scope(pack, pack.plan, self.state, self.year, day, giver, seq)

    def nothing(self, what: str) -> Gap:
        """The refusal of a figure that nobody has determined yet."""
        details = {"what": what, "entity": self.entity, "year": self.year}
        return Gap(Refusal("figure_missing", details))


def why(
    question: str, state: Compliance, pack_at: Callable[[int], Pack], now: str
) -> Why | Refusal:
    """The explanation of a figure.

    Args:
        pack_at: the pack in force at an entry (:data:`LAST`: now).
        now: the instant of the question.
    """
    what, _, rest = question.partition(":")
    name, _, year = rest.rpartition("/")
    if what not in _ANSWERS or not name or not year.isdecimal():
        known = ", ".join(f"{word}:NAME/YEAR" for word in _ANSWERS)
        return Refusal("question_unknown", {"question": question, "known": known})
    if what != "benchmark" and name not in state.content.entities:
        return Refusal("entity_unknown", {"entity": name})
    try:
        with localcontext(WIDE):
            return _ANSWERS[what](_Asked(state, pack_at, now, name, int(year)))
    except Gap as gap:
        return gap.refusal


def _entry(found: Why, seq: int, at: str, *, decided: Decimal | int | None = None) -> Why:
    """The explanation with the entry that decided it; a figure that does not agree says so."""
    note = Bilingual(f"entry {seq}, {at}", f"第 {seq} 条记录，{at}")
    if decided is not None and Decimal(decided) != Decimal(str(found.value)):
        note = Bilingual(
            f"{note.en}; RECORDED AS {decided}, which does not follow from what is shown here",
            f"{note.zh}；记录为 {decided}，与此处推算不符",
        )
    return Why(
        found.name, found.value, found.measure, found.formula, found.parts, found.rows, note, found.ask
    )  # fmt: skip


def _choice(rule: Citation, en: str, zh: str) -> Why:
    """A choice of the plan as a leaf: it has a clause and no number."""
    status = {"verified": "已核对", "unverified": "未核对", "assumed": "假定"}[rule.status]
    note = Bilingual(f"{rule.clause}; {rule.status.upper()}", f"{rule.clause}；{status}")
    return Why(Bilingual(en, zh), Decimal(0), "", note=note, stated=True)


def _allocation(asked: _Asked) -> Why:
    if not asked.record.allocations:
        raise asked.nothing("allocation")
    done = asked.record.allocations[-1]
    scope = asked.scope(done.seq, done.at)
    entity = scope.entity(asked.entity)
    factor = (
        scope.give.number(Decimal(done.factor), "cap factor", "总量调整系数")
        if done.factor
        else None
    )
    found = figures.allocation(scope, entity, done.stage, factor).why()
    method = scope.plan.sectors[entity.sector].method
    rule = _choice(
        method,
        f"method of {entity.sector}: {method.value}",
        f"{entity.sector} 的分配方法：{method.value}",
    )
    found = Why(
        found.name,
        found.value,
        found.measure,
        found.formula,
        [*found.parts, rule],
        found.rows,
        found.note,
        found.ask,
    )
    if done.taken or done.owed:
        moved = [
            ("moved to (or from) the account", "划转", done.moved),
            ("taken for earlier years", "抵扣以前年度所欠", done.taken),
            ("could not be taken back, and is owed", "未能收回，记为所欠", done.owed),
        ]
        where = Bilingual(f"entry {done.seq}", f"第 {done.seq} 条记录")
        more = [Why(Bilingual(en, zh), Decimal(n), "tCO2e", note=where) for en, zh, n in moved if n]
        found = Why(
            found.name, found.value, found.measure, found.formula, [*found.parts, *more], found.rows,
            found.note, found.ask,
        )  # fmt: skip
    return _entry(found, done.seq, done.at, decided=done.amount)


def _obligation(asked: _Asked) -> Why:
    last = asked.record.outcomes[-1] if asked.record.outcomes else None
    scope = asked.scope(last.seq, last.at) if last else asked.scope()
    amount = figures.obligation(scope, scope.entity(asked.entity))
    if amount is None:
        raise asked.nothing("obligation")
    found = amount.why()
    items = scope.plan.items
    rule = _choice(
        items,
        f"emissions that count: {', '.join(items.value)}",
        f"计入的排放：{'、'.join(items.value)}",
    )
    found = Why(
        found.name,
        found.value,
        found.measure,
        found.formula,
        [*found.parts, rule],
        found.rows,
        found.note,
        found.ask,
    )
    return _entry(found, last.seq, last.at, decided=last.obligation) if last else found


def _surrendered(asked: _Asked) -> Why:
    rows = tuple(
        Row("journal", seq, f"{at} {amount} {kind}{' by force' if force else ''}")
        for at, kind, amount, force, seq in asked.record.surrendered
    )
    every = sum(row[2] for row in asked.record.surrendered)
    return Why(
        Bilingual("surrendered", "已清缴"), Decimal(every), "tCO2e", rows=rows,
        formula=Bilingual("sum of the surrenders", "各次清缴之和"),
    )  # fmt: skip


def _shortfall(asked: _Asked) -> Why:
    if not asked.record.outcomes:
        raise asked.nothing("shortfall")
    last = asked.record.outcomes[-1]
    scope = asked.scope(last.seq, last.at)
    day, over = scope.deadline("surrender_deadline")
    give = scope.give
    key = f"{asked.entity}/{asked.year}"
    owes = give.number(last.obligation, "obligation", "应清缴量", "tCO2e", f"obligation:{key}")
    given = give.number(
        figures.in_time(asked.record, over), f"surrendered by {day}", f"{day} 前已清缴", "tCO2e",
        f"surrendered:{key}",
    )  # fmt: skip
    found = figures.shortfall(scope, asked.entity, owes, given).why()
    deadline = scope.pack.find("surrender_deadline", scope.day, scope.year)
    note = cited(deadline, scope.pack.id)
    leaf = Why(
        Bilingual(f"deadline {day}", f"截止日 {day}"), Decimal(0), "", note=note, stated=True
    )
    found = Why(found.name, found.value, found.measure, found.formula, [*found.parts, leaf])
    return _entry(found, last.seq, last.at, decided=last.shortfall)


def _status(asked: _Asked) -> Why:
    found = _shortfall(asked)
    last = asked.record.outcomes[-1]
    name = Bilingual(f"status {last.status}: shortfall", f"状态 {last.status}：缺口")
    whole = [_obligation(asked)] if last.obligation >= 0 else []
    parts = [*whole, *(part for part in found.parts if not part.ask.startswith("obligation:"))]
    return Why(name, found.value, "tCO2e", found.formula, parts, note=found.note)


def _offsets(asked: _Asked) -> Why:
    scope = asked.scope()
    limit = figures.offset_limit(scope, scope.entity(asked.entity))
    if limit is None:
        raise asked.nothing("offsets")
    return limit.why()


def _step(asked: _Asked, name: str) -> m.StepDone:
    found = [step for step in asked.record.steps if step.step == name and step.amount >= 0]
    if not found:
        raise asked.nothing(name)
    return found[-1]


def _fine(asked: _Asked) -> Why:
    done = _step(asked, "fine")
    scope = asked.scope(done.seq, done.at)
    outcome = [o for o in asked.record.outcomes if o.seq < done.seq][-1]
    found = figures.fine(scope, asked.entity, outcome, done.series, done.chosen).why()
    text = asked.state.content.notes.get(done.series, "")
    leaf = Why(
        Bilingual(f"prices: {done.series}", f"价格：{done.series}"),
        Decimal(0),
        "",
        note=Bilingual(text, text),
        stated=True,
    )
    rule = _choice(scope.plan.price_span, "span of the average price", "平均价格区间")
    parts = [*found.parts, leaf, rule]
    every = sum(step.amount for step in asked.record.steps if step.step == "fine")
    if every != done.amount:
        # Other closings of the year fined more, or took some back.
        name = Bilingual("fined for the year in all", "本年度罚款合计")
        entries = ", ".join(str(x.seq) for x in asked.record.steps if x.step == "fine")
        note = Bilingual(f"entries {entries}", f"第 {entries} 条记录")
        parts.append(Why(name, Decimal(every), "fen", note=note))
    found = Why(found.name, found.value, found.measure, found.formula, parts, ask=found.ask)
    return _entry(found, done.seq, done.at, decided=done.amount)


def _next_year(asked: _Asked) -> Why:
    done = _step(asked, "next_year")
    scope = asked.scope(done.seq, done.at)
    outcome = [o for o in asked.record.outcomes if o.seq < done.seq][-1]
    found = figures.next_year(scope, asked.entity, outcome).why()
    return _entry(found, done.seq, done.at, decided=done.amount)


def _owed(asked: _Asked) -> Why:
    owed = [row for row in asked.state.content.owed.get(asked.entity, []) if row[0] <= asked.year]
    rows = tuple(Row("owed", year, f"{left} of {year}") for year, left in owed)
    name = Bilingual("still to be taken from allocations", "尚待从配额中扣除")
    return Why(name, Decimal(sum(left for _, left in owed)), "tCO2e", rows=rows)


def _benchmark(asked: _Asked) -> Why:
    tables = asked.state.content.tables.get(asked.year, [])
    if not tables or asked.entity not in tables[-1]:
        raise asked.nothing("benchmark")
    found = asked.state.content.classes[asked.year][asked.entity]
    mean = Why(
        Bilingual(f"computed mean of {found.makers} makers", f"{found.makers} 家生产者的计算均值"),
        Decimal(found.mean), found.measure,
    )  # fmt: skip
    note = Bilingual(
        f"set {found.set_at}: {found.reason}; {len(found.comments)} comments",
        f"确定于 {found.set_at}：{found.reason}；意见 {len(found.comments)} 条",
    )
    name = Bilingual(f"benchmark of {asked.entity}", f"{asked.entity} 的基准值")
    return Why(name, Decimal(tables[-1][asked.entity]), found.measure, parts=[mean], note=note)


_ANSWERS: dict[str, Callable[[_Asked], Why]] = {
    "allocation": _allocation,
    "obligation": _obligation,
    "surrendered": _surrendered,
    "shortfall": _shortfall,
    "status": _status,
    "offsets": _offsets,
    "fine": _fine,
    "next_year": _next_year,
    "owed": _owed,
    "benchmark": _benchmark,
}
QUESTIONS: Any = tuple(_ANSWERS)
"""What can be asked."""
