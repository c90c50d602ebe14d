"""What a person reads on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from tanheng.accounting import Account, Settlement
from tanheng.errors import Finding, Language, catalogue
from tanheng.why import Why, number

_RANKED = 12
_PER_CODE = 8
_NOTICES = 2
_PIPED_WIDTH = 120

_WORDS = {
    "units": (
        "Units (tCO2e), largest responsibility first",
        "核算单元（tCO2e），按承担排放从大到小",
    ),
    "unit": ("unit", "单元"),
    "name": ("name", "名称"),
    "region": ("region", "地区"),
    "lowest": ("… and the smallest", "……及最小者"),
    "producer": ("producer", "生产者"),
    "consumer": ("consumer", "消费者"),
    "shared": ("shared", "共担"),
    "income": ("income", "收入"),
    "benchmark": ("benchmark", "基准值"),
    "conservation": ("Conservation (tCO2e)", "守恒核对（tCO2e）"),
    "principle": ("principle", "原则"),
    "accounted": ("accounted", "核算总量"),
    "direct": ("direct emissions", "直接排放"),
    "gap": ("relative gap", "相对差"),
    "classes": ("Benchmarks (tCO2e per measure)", "基准值（tCO2e/单位）"),
    "class": ("class", "类别"),
    "measure": ("measure", "单位"),
    "value": ("benchmark", "基准值"),
    "error": ("std. error", "标准误"),
    "makers": ("makers", "生产者数"),
    "origin": ("origin", "来源"),
    "balance": ("Regions (tCO2e)", "地区平衡（tCO2e）"),
    "producers": ("of it production", "其中生产"),
    "answers": ("answers for", "承担"),
    "net_exports": ("exports − imports", "净调出"),
    "stocks": ("stocks", "库存"),
    "discrepancy": ("discrepancy", "差额"),
    "more": ("{n} more; --out DIR writes all", "其余 {n} 个；--out 目录 可写出全部"),
    "findings": ("Findings", "检查结果"),
    "stopped": (
        "No account: the findings marked × stop it.",
        "未核算：标 × 的检查结果必须先处理。",
    ),
    "allowable": ("{codes} may be accepted with --allow", "{codes} 可用 --allow 接受"),
    "clean": ("No fault found.", "未发现错误。"),
    "settled": ("Settled", "结算"),
    "figure": ("tCO2e", "tCO2e"),
    "rounding": ("rounding line", "舍入行"),
    "net_output": ("benchmark × net output", "基准值 × 净产出"),
    "allowed": ("accepted: {what}", "已接受：{what}"),
    "head": (
        "{label}: {units} units, {classes} classes, period {period}, {direct} tCO2e of direct emissions",
        "{label}：{units} 个单元，{classes} 个类别，期间 {period}，直接排放 {direct} tCO2e",
    ),
}


class Screen:
    """A terminal in one language."""

    def __init__(self, language: Language, console: Console | None = None) -> None:
        self.language: Language = language
        self.console = console or Console()
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, _PIPED_WIDTH)

    def word(self, key: str, **values: object) -> str:
        """A word of the screen."""
        english, chinese = _WORDS[key]
        return (chinese if self.language == "zh" else english).format(**values)

    def account(self, account: Account, rows: int = _RANKED) -> None:
        """Everything of an account that fits a screen; ``rows`` at either end of a ranking."""
        records = account.records
        self.console.print(
            self.word(
                "head",
                label=escape(Path(records.label).name),
                units=f"{len(records.units):,}",
                classes=f"{len(records.classes):,}",
                period=records.period,
                direct=number(records.totals.direct_tco2e),
            ),
            highlight=False,
            soft_wrap=True,
        )
        self._conservation(account)
        self._units(account, rows)
        self.benchmarks(account, 2 * rows)
        self._regions(account, 2 * rows)
        if account.findings:
            self.findings(account.findings, account.method.allow, min(rows, _PER_CODE))

    def _table(self, title: str, left: Sequence[str], right: Sequence[str]) -> Table:
        table = Table(
            title=self.word(title),
            title_justify="left",
            header_style="bold",
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
        )
        for key in left:
            table.add_column(self.word(key), overflow="fold")
        for key in right:
            table.add_column(self.word(key), justify="right", no_wrap=True)
        return table

    def _print(self, table: Table) -> None:
        self.console.print()
        self.console.print(table)

    def _conservation(self, account: Account) -> None:
        table = self._table("conservation", ["principle"], ["accounted", "direct", "gap"])
        for name, found in account.results.items():
            closed = found.conservation
            table.add_row(
                self.word(name),
                number(closed.accounted),
                number(closed.direct),
                f"{closed.relative_gap:.1e}",
            )
        self._print(table)

    def _units(self, account: Account, rows: int) -> None:
        records, names = account.records, list(account.results)
        if not names:
            return
        whole = records.totals.direct_tco2e
        key = account.results["benchmark" if "benchmark" in names else names[0]].unit
        listed = np.flatnonzero(account.listed)
        order = listed[np.argsort(-key[listed], kind="stable")]
        table = self._table("units", ["unit", "name", "region"], names)
        many = len(order) > 2 * rows
        shown = np.concatenate([order[:rows], order[-rows:]]) if many else order
        for place, u in enumerate(shown.tolist()):
            if many and place == rows:
                table.add_row("", self.word("lowest"), "")
            table.add_row(
                escape(str(records.units.ids[u])),
                escape(str(records.units.names[u])),
                escape(records.regions[records.units.region[u]]),
                *(_quiet(float(account.results[name].unit[u]), whole) for name in names),
            )
        self._print(table)
        if many:
            self.console.print(self.word("more", n=f"{len(order) - len(shown):,}"), style="dim")

    def benchmarks(
        self, account: Account, limit: int = 2 * _RANKED, *, public: bool = False
    ) -> None:
        """The benchmark table, classes of the largest embodied output first."""
        found, classes = account.benchmarks, account.records.classes
        table = self._table(
            "classes", ["class", "name"], ["value", "measure", "error", "makers", "origin"]
        )
        order = np.argsort(-np.abs(found.value * found.output), kind="stable")
        for p in order[:limit].tolist():
            hidden = public and found.protected[p]
            error = found.standard_error[p]
            table.add_row(
                escape(str(classes.ids[p])),
                escape(str(classes.names[p])),
                "–" if hidden else number(float(found.value[p])),
                classes.measures[p],
                "–" if hidden or np.isnan(error) else number(float(error)),
                str(found.makers[p]),
                found.origin[p],
            )
        self._print(table)
        if len(order) > limit:
            self.console.print(self.word("more", n=f"{len(order) - limit:,}"), style="dim")

    def _regions(self, account: Account, rows: int) -> None:
        right = ["answers", "producers", "net_exports", "stocks", "discrepancy", "direct"]
        table = self._table("balance", ["region"], right)
        for region in account.regions[:rows]:
            crossing = region.exports - region.imports
            figures = (region.answers_for, region.producers, crossing, region.stocks,
                       float(region.discrepancy.sum()), region.direct)  # fmt: skip
            whole = abs(region.direct) + abs(crossing)
            table.add_row(escape(region.name), *(_quiet(value, whole) for value in figures))
        self._print(table)
        if len(account.regions) > rows:
            more = f"{len(account.regions) - rows:,}"
            self.console.print(self.word("more", n=more), style="dim")

    def findings(
        self,
        findings: Sequence[Finding],
        allowed: frozenset[str] = frozenset(),
        most: int = _PER_CODE,
    ) -> None:
        """Findings by code, each with its place and what to do."""
        counts = Counter(finding.code for finding in findings)
        self.console.print()
        self.console.print(f"[bold]{self.word('findings')}[/bold] ({len(findings):,})")
        for code, count in counts.items():
            entry = catalogue()[code]
            sign = "·" if entry.severity == "notice" else "✓" if code in allowed else "×"
            self.console.print(f"[bold]{sign} {code}[/bold] ({count:,})", highlight=False)
            if code in allowed:
                self.console.print("   " + self.word("allowed", what=entry.allowed[self.language]))
            shown = min(most, _NOTICES) if entry.severity == "notice" else most
            for finding in [f for f in findings if f.code == code][:shown]:
                place = escape(finding.place())
                text = escape(finding.message(self.language))
                self.console.print(
                    f"   [cyan]{place}[/cyan]  {text}", highlight=False, soft_wrap=True
                )
            if count > shown:
                self.console.print(f"   … +{count - shown:,}", style="dim")

    def stopped(self, findings: Sequence[Finding], allowed: frozenset[str]) -> None:
        """Why there is no account."""
        self.findings(findings, allowed)
        codes = sorted({f.code for f in findings if f.severity == "stop" and f.code not in allowed})
        self.console.print()
        self.console.print(self.word("stopped"), style="bold red")
        if codes:
            self.console.print(self.word("allowable", codes=", ".join(codes)))

    def clean(self) -> None:
        """Nothing was found."""
        self.console.print(self.word("clean"), style="green")

    def settlement(self, account: Account, settled: Settlement) -> None:
        """The closing lines of a settlement."""
        step = 10**settled.decimals
        table = self._table("settled", ["name"], ["figure"])
        places = settled.decimals
        table.add_row("Σ R", f"{sum(settled.units) / step:,.{places}f}")
        table.add_row(self.word("net_output"), f"{settled.net_output / step:,.{places}f}")
        table.add_row(self.word("rounding"), f"{settled.rounding / step:,.{places}f}")
        table.add_row(self.word("direct"), f"{settled.direct / step:,.{places}f}")
        self._print(table)

    def why(self, answer: Why) -> None:
        """An explanation as a tree."""
        tree = Tree(self._node(answer), guide_style="dim")
        self._grow(tree, answer)
        self.console.print(tree, highlight=False)

    def _node(self, node: Why) -> str:
        text = escape(node.name(self.language))
        if not node.stated:
            text += f" = [bold]{number(node.value)}[/bold] {escape(node.measure)}"
        if formula := node.formula(self.language):
            text += f"   [dim]{escape(formula)}[/dim]"
        if note := node.note(self.language):
            text += f"\n[italic]{escape(note)}[/italic]"
        if node.ask:
            text += f"   [cyan]→ {escape(node.ask)}[/cyan]"
        return text

    def _grow(self, tree: Tree, node: Why) -> None:
        for part in node.parts:
            self._grow(tree.add(self._node(part)), part)
        for row in node.rows[:_PER_CODE]:
            tree.add(f"[cyan]{row.table}:{row.number}[/cyan] {escape(row.cells)}")
        if len(node.rows) > _PER_CODE:
            tree.add(f"… +{len(node.rows) - _PER_CODE}")


def _quiet(gap: float, whole: float) -> str:
    """A difference; what is only rounding of floats is shown as 0."""
    return "0" if abs(gap) <= 1e-12 * max(abs(whole), 1.0) else number(gap)
