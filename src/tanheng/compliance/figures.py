"""The figures of an entity's compliance year, each assembled from rules and state.

Works plain and traced alike (:mod:`tanheng.compliance.scope`); the arithmetic itself is in
:mod:`tanheng.compliance.formulas`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tanheng.compliance import formulas
from tanheng.compliance import model as m
from tanheng.compliance.scope import Scope, months_back
from tanheng.errors import Refusal
from tanheng.rules import Gap
from tanheng.traced import N, greatest, least, named, rounded, total
from tanheng.why import Row

DATA = ("output", "intake", "intensity", "factor")
"""Items of activity data that are of a class or have a name: ``output:CLASS``; besides ``baseline``."""
ITEM_NAMES = {
    "direct": ("direct emissions", "直接排放"),
    "electricity": ("from purchased electricity", "外购电力排放"),
    "heat": ("from purchased heat", "外购热力排放"),
    "other_gases": ("other gases", "其他温室气体"),
}


# Allocation


def _data(scope: Scope[N], entity: str, item: str, en: str, zh: str, measure: str = "") -> N:
    """A quantity of activity data that must be there."""
    given = scope.latest(scope.record(entity).data.get(item))
    if given is None:
        details = {"entity": entity, "year": scope.year, "item": item}
        raise Gap(Refusal("data_missing", details))
    return scope.give.entered(given, en, zh, measure)


def _products(scope: Scope[N], entity: str, prefix: str) -> list[tuple[str, N]]:
    """Class and quantity of all items with the prefix, by class."""
    words = {"output": ("output of", "产量"), "intake": ("intake of", "投入量")}[prefix]
    found = []
    for item in sorted(scope.record(entity).data):
        kind, _, name = item.partition(":")
        if kind == prefix and scope.latest(scope.record(entity).data[item]) is not None:
            found.append(
                (name, _data(scope, entity, item, f"{words[0]} {name}", f"{name}{words[1]}"))
            )
    return found


def _outputs(scope: Scope[N], entity: str) -> list[tuple[str, N]]:
    found = _products(scope, entity, "output")
    if not found:
        details = {"entity": entity, "year": scope.year, "item": "output:CLASS"}
        raise Gap(Refusal("data_missing", details))
    return found


def _benchmark_of(scope: Scope[N], product: str) -> N:
    """The benchmark of a class: of the programme's own published table, else of the pack."""
    entries = scope.state.content.published.get(scope.year, [])
    count = sum(entry < scope.upto for entry in entries)
    tables = scope.state.content.tables.get(scope.year, [])[:count]
    if tables and product in tables[-1]:
        value = Decimal(tables[-1][product])
        name = f"benchmark of {product} (table {scope.year}, version {len(tables)})"
        other = f"{product} 基准值（{scope.year} 年表第 {len(tables)} 版）"
        return scope.give.number(value, name, other, ask=f"benchmark:{product}/{scope.year}")
    return scope.find("benchmark", product)


def by_method(scope: Scope[N], entity: m.Entity) -> N:
    """What the sector's method gives, before free share, closure, cap and rounding."""
    sector = scope.plan.sectors[entity.sector]
    name = entity.id
    match sector.method.value:
        case "benchmark":
            products = [(n, _benchmark_of(scope, p)) for p, n in _outputs(scope, name)]
            factors = [
                _data(scope, name, item, f"factor {item[7:]}", f"系数 {item[7:]}")
                for item in sorted(scope.record(name).data)
                if item.startswith("factor:")
            ]
            return formulas.benchmark(products, factors, scope.zero)
        case "historical_intensity":
            own = [
                (
                    n,
                    _data(
                        scope,
                        name,
                        f"intensity:{p}",
                        f"historical intensity of {p}",
                        f"{p}历史强度",
                    ),
                )
                for p, n in _outputs(scope, name)
            ]
            factor = scope.find("reduction_factor", entity.sector)
            return formulas.historical_intensity(own, factor, scope.zero)
        case "grandfathering":
            base = _data(
                scope, name, "baseline", "emissions of the base period", "基期排放", "tCO2e"
            )
            return formulas.grandfathering(base, scope.find("reduction_factor", entity.sector))
        case "benchmark_responsibility":
            made = [(n, _benchmark_of(scope, p)) for p, n in _outputs(scope, name)]
            taken = [(n, _benchmark_of(scope, p)) for p, n in _products(scope, name, "intake")]
            return formulas.benchmark_responsibility(made, taken, scope.zero)
        case "auction":
            return named(scope.zero, "nothing is free: by auction", "无免费配额：有偿分配", "tCO2e")


def full_allocation(scope: Scope[N], entity: m.Entity) -> N:
    """The method's amount, its free part, for the days of operation; not rounded, never negative
    unless the method's own result is."""
    amount = by_method(scope, entity)
    share = scope.says("free_share", entity.sector)
    if share is not None:
        amount = formulas.free_part(amount, share)
    if entity.closed_on and scope.plan.closure.value == "days":
        last, first = date.fromisoformat(entity.closed_on), date(scope.year, 1, 1)
        after = date(scope.year + 1, 1, 1)
        if first <= last < after:
            days = scope.give.number((last - first).days + 1, "days of operation", "运行天数")
            every = scope.give.number((after - first).days, "days of the year", "全年天数")
            amount = formulas.closed(amount, days, every)
    return amount


def last_allocation(scope: Scope[N], entity: str, stage: str = "") -> m.Allocation | None:
    """The newest determination that counts."""
    for found in reversed(scope.record(entity).allocations):
        if found.seq < scope.upto and stage in ("", found.stage):
            return found
    return None


def allocation(scope: Scope[N], entity: m.Entity, stage: str, factor: N | None = None) -> N:
    """The amount of a determination, in whole units.

    Args:
        stage: ``pre`` or ``final``.
        factor: the cap's, where it binds.
    """
    amount, rounding = full_allocation(scope, entity), scope.plan.rounding.value
    if factor is not None:
        amount = formulas.scaled(amount, factor)
    ask = f"allocation:{entity.id}/{scope.year}"
    if stage == "pre":
        share = scope.says("preallocation_share", entity.sector)
        found = (
            rounded(amount, rounding)
            if share is None
            else formulas.preallocation(amount, share, rounding)
        )
        return named(found, "pre-allocation", "预分配量", "tCO2e", ask)
    before = last_allocation(scope, entity.id, "pre")
    cap = scope.says("true_up_cap_share", entity.sector) if before else None
    pre = scope.give.number(before.amount if before else 0, "pre-allocation", "预分配量", "tCO2e")
    found = formulas.true_up(amount, pre, cap, rounding)
    return named(found, "allocation", "核定配额", "tCO2e", ask)


# Obligation


def _items(scope: Scope[N], entity: m.Entity) -> tuple[str, ...]:
    own = scope.plan.sectors[entity.sector].items
    return (own or scope.plan.items).value


def _reported(scope: Scope[N], entity: m.Entity) -> list[tuple[str, m.Given]]:
    """The newest version of each item of emissions: verified before reported."""
    kept = scope.record(entity.id).emissions
    found = []
    for item in _items(scope, entity):
        given = scope.latest(kept.get(item), "verified") or scope.latest(kept.get(item), "reported")
        if given is not None:
            found.append((item, given))
    return found


def verified(scope: Scope[N], entity: m.Entity) -> bool:
    """Whether all emissions that were entered for the year were verified, and some were."""
    found = _reported(scope, entity)
    return bool(found) and all(given[3] == "verified" for _, given in found)


def emissions(scope: Scope[N], entity: m.Entity) -> N | None:
    """Emissions that count: verified, or what the pack takes in their stead; None: nothing does."""
    found = _reported(scope, entity)
    parts = [
        scope.give.entered(
            given, f"{ITEM_NAMES[item][0]} ({given[3]})", ITEM_NAMES[item][1], "tCO2e"
        )
        for item, given in found
    ]
    if found and all(given[3] == "verified" for _, given in found):
        return named(total(parts, scope.zero), "verified emissions", "经核查的排放", "tCO2e")
    rule = scope.plan.unverified.value
    if rule == "none":
        return None
    amount = total(parts, scope.zero) if found else None
    if rule == "highest":
        amount = _highest(scope, entity, amount)
    if amount is None:
        return None
    return formulas.conservative(amount, scope.find("conservative_uplift", entity.sector))


def _highest(scope: Scope[N], entity: m.Entity, amount: N | None) -> N | None:
    """The larger of what was reported and the last verified year."""
    for year in range(scope.year - 1, entity.since - 1, -1):
        earlier = Scope(
            scope.pack, scope.plan, scope.state, year, scope.day, scope.give, scope.upto
        )
        if verified(earlier, entity):
            last = emissions(earlier, entity)
            assert last is not None
            last = named(last, f"verified emissions of {year}", f"{year} 年经核查的排放", "tCO2e")
            return last if amount is None else greatest(amount, last)
    return amount


def in_scope(scope: Scope[N], entity: m.Entity) -> bool:
    """Whether the entity was obligated in any part of the year."""
    return entity.since <= scope.year and (
        not entity.closed_on or entity.closed_on >= f"{scope.year}-01-01"
    )


def obligation(scope: Scope[N], entity: m.Entity) -> N | None:
    """Units to surrender for the year; None: no emissions count."""
    settled = scope.record(entity.id).responsibility
    ask = f"obligation:{entity.id}/{scope.year}"
    if settled is not None and settled[3] < scope.upto:
        entered = (str(settled[0]), settled[3], 0, "")
        net = scope.give.entered(entered, "responsibility R", "承担排放 R", "tCO2e")
        owes = greatest(net, scope.zero)
        return named(owes, "obligation", "应清缴量", "tCO2e", ask)
    amount = emissions(scope, entity)
    if amount is None:
        return None
    relief = scope.says("relief_shortfall_share", entity.sector)
    had = last_allocation(scope, entity.id)
    given = scope.give.number(
        had.amount if had else 0, "allocation", "核定配额", "tCO2e",
        ask=f"allocation:{entity.id}/{scope.year}",
    )  # fmt: skip
    found = formulas.obligation(amount, given, relief, scope.plan.rounding.value)
    return named(found, "obligation", "应清缴量", "tCO2e", ask)


def in_time(record: m.EntityYear, over: str) -> int:
    """Units surrendered before an instant."""
    return sum(row[2] for row in record.surrendered if row[0] < over)


def earlier(scope: Scope[N], entity: str) -> tuple[int, int]:
    """Obligations and surrenders of the period's earlier years, for a cumulative status."""
    if scope.plan.status.value != "cumulative":
        return 0, 0
    start = max((year for year in scope.plan.periods if year <= scope.year), default=scope.year)
    need = given = 0
    for year in range(start, scope.year):
        record = scope.state.of(year, entity)
        closed = [outcome for outcome in record.outcomes if outcome.seq < scope.upto]
        if closed:
            owed = max(closed[-1].obligation, 0)
            had = sum(row[2] for row in record.surrendered if row[4] < scope.upto)
            # What later allocations pay is not missing any more.
            claimed = any(s.step == "next_year" and s.seq < scope.upto for s in record.steps)
            need, given = need + owed, given + (max(had, owed) if claimed else had)
    return need, given


def shortfall(scope: Scope[N], entity: str, owes: N, given: N) -> N:
    """What is missing at the deadline; where the status is cumulative, over the period's years."""
    need, had = earlier(scope, entity)
    if need or had:
        owes = owes + scope.give.number(
            need, "obligations of earlier years", "以前年度应清缴量", "tCO2e"
        )
        given = given + scope.give.number(had, "surrendered for them", "以前年度已清缴", "tCO2e")
    found = formulas.shortfall(owes, given, scope.zero)
    return named(found, "shortfall", "缺口", "tCO2e", f"shortfall:{entity}/{scope.year}")


# Credits, borrowing, prices, fines


def offset_limit(scope: Scope[N], entity: m.Entity, of: str | None = None) -> N | None:
    """Credits that the entity may surrender for the year; None: the pack sets no limit."""
    share = scope.says("offset_limit_share", of)
    if share is None:
        return None
    if scope.plan.offset_base.value == "emissions":
        base = emissions(scope, entity)
        if base is None:
            base = named(scope.zero, "emissions, not yet known", "排放（尚未确定）", "tCO2e")
    else:
        had = last_allocation(scope, entity.id)
        base = scope.give.number(
            had.amount if had else 0, "allocation", "核定配额", "tCO2e",
            ask=f"allocation:{entity.id}/{scope.year}",
        )  # fmt: skip
    ask = f"offsets:{entity.id}/{scope.year}"
    return named(formulas.offset_limit(base, share), "offset limit", "抵销上限", "tCO2e", ask)


def price_span(scope: Scope[N]) -> tuple[date, date]:
    """First and last day of the span whose average price a fine uses."""
    if scope.plan.price_span.value == "stated":
        first = scope.pack.find("price_from", scope.day, scope.year).day
        return first, scope.pack.find("price_to", scope.day, scope.year).day
    last, _ = scope.deadline("surrender_deadline")
    months = int(scope.pack.find("price_months", scope.day, scope.year).number)
    return months_back(last, months), date.fromordinal(last.replace(day=1).toordinal() - 1)


def average_price(scope: Scope[N], series: str) -> N:
    """The average of a series over the span, in fen; weighted by volume where all volumes are known.

    Raises:
        Gap: the series has no price in the span.
    """
    first, last = price_span(scope)
    days = scope.state.content.prices.get(series, {})
    kept = {
        on: days[on]
        for on in sorted(days)
        if first.isoformat() <= on <= last.isoformat() and days[on][2] < scope.upto
    }
    rows = list(kept.values())
    if not rows:
        details = {"series": series, "first": first.isoformat(), "last": last.isoformat()}
        raise Gap(Refusal("prices_missing", details))
    weights = [row[1] for row in rows] if all(row[1] for row in rows) else [1] * len(rows)
    value = sum(Decimal(row[0]) * weight for row, weight in zip(rows, weights, strict=True))
    span = f"{first} … {last}"
    shown = tuple(
        Row(f"entry {seq}", row, f"{on}: {price} fen × {volume or 1}")
        for on, (price, volume, seq, row) in kept.items()
    )
    turnover = scope.give.number(
        value, f"turnover of {series}, {span}", f"{series} 成交额，{span}", "fen", rows=shown
    )
    volume = scope.give.number(sum(weights), "volume (or days)", "成交量（或天数）")
    return formulas.average_price(turnover, volume)


def excess(scope: Scope[N], entity: str, outcome: m.Outcome) -> N:
    """The shortfall that a fine is reckoned on."""
    short = scope.give.number(
        outcome.shortfall, "shortfall at the deadline", "清缴截止时缺口", "tCO2e",
        ask=f"shortfall:{entity}/{scope.year}",
    )  # fmt: skip
    if scope.plan.status.value == "cumulative":
        # What an earlier year lacks was fined with that year.
        own = max(outcome.obligation - outcome.surrendered, 0)
        short = least(
            short, scope.give.number(own, "missing of the year itself", "本年度缺口", "tCO2e")
        )
    if scope.plan.excess.value == "at_deadline":
        return short
    _, over = scope.deadline("surrender_deadline")
    _, late = scope.deadline("make_up_deadline")
    made_up = sum(
        row[2] for row in scope.record(entity).surrendered if over <= row[0] < late and not row[3]
    )
    given = scope.give.number(made_up, "made up in time", "限期内补缴", "tCO2e")
    found = formulas.shortfall(short, given, scope.zero)
    return named(found, "excess emissions", "超额排放", "tCO2e")


def fine(scope: Scope[N], entity: str, outcome: m.Outcome, series: str, chosen: str) -> N:
    """The fine of an entity in fen, beyond earlier ones of the year; ``chosen``: what was chosen
    where the law leaves a range."""
    found = whole_fine(scope, entity, outcome, series, chosen)
    ask = f"fine:{entity}/{scope.year}"
    return named(_further(scope, entity, "fine", found, "fen"), "fine", "罚款", "fen", ask)


def whole_fine(
    scope: Scope[N], entity: str, outcome: m.Outcome, series: str, chosen: str
) -> N:  # fmt: skip
    """The fine for all that a closing found."""
    if _form(scope) == "range":
        low, high = scope.pack.find("fine_range", scope.day, scope.year).range
        value = _chosen(chosen, low, high, entity, whole=True)
        return scope.give.number(value, "as chosen", "裁量", "fen")
    limits = scope.pack.says("fine_multiple_range", scope.day, scope.year)
    if limits is not None:
        value = _chosen(chosen, *limits.range, entity)
        multiple = scope.give.number(value, "multiple chosen", "裁量倍数")
    else:
        multiple = scope.find("fine_multiple")
    short = excess(scope, entity, outcome)
    price = average_price(scope, series)
    found = formulas.fine(short, price, multiple, scope.says("fine_cap"))
    return named(found, "by the average price", "按平均价格", "fen")


def _further(scope: Scope[N], entity: str, step: str, found: N, measure: str) -> N:
    """What a step comes to beyond what it came to before, after an earlier closing."""
    steps = scope.record(entity).steps
    before = sum(done.amount for done in steps if done.step == step and done.seq < scope.upto)
    if not before:
        return found
    had = scope.give.number(before, "of an earlier closing", "此前已计", measure)
    return greatest(found - had, scope.zero)


def next_year(scope: Scope[N], entity: str, outcome: m.Outcome) -> N:
    """What is taken from later allocations for a shortfall that is still there."""
    record = scope.record(entity)
    late = sum(row[2] for row in record.surrendered if row[4] < scope.upto) - outcome.surrendered
    key = f"{entity}/{scope.year}"
    short = scope.give.number(
        outcome.shortfall, "shortfall", "缺口", "tCO2e", f"shortfall:{key}"
    )  # fmt: skip
    since = scope.give.number(
        late, "made up or deducted since", "此后补缴或扣除", "tCO2e", f"surrendered:{key}"
    )  # fmt: skip
    still = formulas.shortfall(short, since, scope.zero)
    still = named(still, "still missing", "仍缺", "tCO2e")
    found = formulas.next_year(still, scope.find("next_year_multiple"))
    found = _further(scope, entity, "next_year", found, "tCO2e")
    return named(
        found, "from the next allocation", "从下一年度配额扣除", "tCO2e", f"next_year:{key}"
    )  # fmt: skip


_FORMS = (
    ("fine_multiple", "average_price"), ("fine_multiple_range", "average_price"),
    ("fine_range", "range"),
)  # fmt: skip


def _form(scope: Scope[N]) -> str:
    """How a fine is reckoned on the day."""
    if scope.plan.fine.value != "dated":
        return scope.plan.fine.value
    gaps = []
    for name, form in _FORMS:
        try:
            if scope.pack.says(name, scope.day, scope.year) is not None:
                return form
        except Gap as gap:
            gaps.append(gap)
    if gaps:
        raise gaps[0]
    details = {"name": "fine_multiple", "day": scope.day.isoformat(), "year": scope.year}
    raise Gap(Refusal("rule_missing", {**details, "of": "—", "pack": scope.pack.id}))


_CHOICE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


def _chosen(text: str, low: Decimal, high: Decimal, entity: str, whole: bool = False) -> Decimal:
    """What was chosen, within the range; the range of one value needs no choice."""
    if not text and low == high:
        return low
    value = Decimal(text) if _CHOICE.fullmatch(text) else Decimal(-1)
    if not low <= value <= high or (whole and value != value.to_integral_value()):
        details = {"entity": entity, "value": text or "—", "low": str(low), "high": str(high)}
        raise Gap(Refusal("fine_out_of_range", details))
    return value
