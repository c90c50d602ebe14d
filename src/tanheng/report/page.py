"""The page: what it shows of an account, put into the template as one file that needs no network."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePath

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from tanheng.accounting.account import Account
from tanheng.accounting.benchmarks import FEW
from tanheng.errors import Finding, Language, catalogue
from tanheng.report import figures, tables
from tanheng.report.disclosure import Audience, View, view
from tanheng.report.entries import Entry, compared, groups, ranked
from tanheng.report.figures import Figure
from tanheng.report.flows import CarbonFlow, carbon_flow
from tanheng.report.layers import unrolled
from tanheng.report.numbers import LANGUAGES, Bilingual, amount, headline
from tanheng.report.texts import say

MAX_FINDINGS = 200
"""Findings of each code that are listed."""
CHARTED_BENCHMARKS = 30
CHARTED_REGIONS = 40
SECTIONS = (
    "summary",
    "flow",
    "ranking",
    "principles",
    "benchmarks",
    "regions",
    "findings",
    "method",
)
SYMBOLS = ("R", "d", "U", "V", "c")


def write_report(account: Account, path: Path, *, audience: Audience = "authority") -> None:
    """Write an account as one self-contained HTML file, in Chinese and English.

    The page holds its charts (Plotly's script inlined), styles and data, and loads nothing. The
    *authority* sees everything; the *public* sees aggregates only (`tanheng.report.disclosure`).

    Args:
        account: amounts in tCO2e.
        path: of the .html file; replaced if it exists.
    """
    path.write_text(render(account, audience=audience), encoding="utf-8")


def render(account: Account, *, audience: Audience = "authority") -> str:
    """The page as text."""
    # Imported here: reading five megabytes of script is for pages only.
    from plotly.offline import get_plotlyjs

    shown = view(account, audience)
    charts: dict[str, dict[Language, Figure]] = {}
    context = _context(shown, charts)
    package = files("tanheng.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["both"] = both
    page = environment.from_string((package / "page.html.j2").read_text(encoding="utf-8"))
    return page.render(
        **context,
        say=say,
        sections=SECTIONS,
        charts=_embedded(charts),
        plotly=_script(get_plotlyjs()),
        script=_script((package / "page.js").read_text(encoding="utf-8")),
        style=Markup((package / "page.css").read_text(encoding="utf-8")),
    )


def both(text: str | Bilingual) -> Markup:
    """A text in both languages, of which the page shows one; other texts as they are."""
    if isinstance(text, str):
        return escape(text)
    if text.zh == text.en:
        return escape(text.zh)
    return Markup(
        '<span class="zh" lang="zh">{}</span><span class="en" lang="en">{}</span>'
    ).format(text.zh, text.en)


def _script(text: str) -> Markup:
    """Script that cannot end its element."""
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def _embedded(data: object) -> Markup:
    """JSON inside a script element: nothing in it can be read as markup."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


Charts = dict[str, dict[Language, Figure]]


def _draw(charts: Charts, name: str, figure: Callable[[Language], Figure]) -> None:
    charts[name] = {language: figure(language) for language in LANGUAGES}


def _legend(drawings: dict[Language, Figure]) -> list[tuple[str, str, Bilingual]]:
    """Colour, shape and name of each series."""
    series = zip(*(figures.legend(drawings[language]) for language in LANGUAGES), strict=True)
    return [(color, shape, Bilingual(zh, en)) for (color, shape, zh), (_, _, en) in series]


def _context(shown: View, charts: Charts) -> dict[str, object]:
    """Everything the template says."""
    account = shown.account
    names = account.records.classes.names
    flow = carbon_flow(account, shown.hidden)
    drawn = unrolled(flow)
    _draw(charts, "flow", lambda language: figures.sankey(drawn, names, language))
    direct = float(account.books.direct[account.listed].sum())
    order = [p for p in tables.by_carbon(shown) if not shown.hidden[p]]
    charted = [p for p in order[:CHARTED_BENCHMARKS] if account.benchmarks.output[p] > 0]
    _draw(charts, "benchmarks", lambda language: figures.benchmarks(shown, charted, language))
    closed = sorted(shown.regions, key=lambda region: -abs(region.answers_for))[:CHARTED_REGIONS]
    _draw(charts, "regions", lambda language: figures.regions(closed, language))
    statements = tables.conservation(shown)
    units = _units(shown, charts)
    return {
        "legends": {name: _legend(drawings) for name, drawings in charts.items()},
        "public": shown.public,
        "period": str(account.records.period),
        "label": PurePath(account.records.label).name,
        "edition": say("edition_public" if shown.public else "edition_authority", few=str(FEW)),
        "cards": _cards(shown, direct),
        "statements": statements,
        "all_hold": all(statement.holds for statement in statements),
        "flow_notes": _flow_notes(flow, drawn),
        "links": tables.links(drawn, names),
        **units,
        "benchmarks_lead": say(
            "benchmarks_lead", count=f"{len(charted)}", total=f"{len(names):,}"
        ),
        "benchmarks_protected": say(
            "benchmarks_protected", count=f"{int(shown.hidden.sum()):,}", few=str(FEW)
        ) if shown.hidden.any() else None,
        "benchmarks": tables.benchmarks(shown),
        "regions_small": say("regions_small", few=str(FEW))
        if len(shown.regions) < len(account.regions) else None,
        "regions_charted": say(
            "regions_charted", count=f"{len(closed):,}", total=f"{len(shown.regions):,}"
        ) if len(closed) < len(shown.regions) else None,
        "balances": tables.balances(shown.regions),
        "discrepancies": tables.discrepancies(shown),
        "trade": tables.trade(shown),
        "finding_groups": finding_groups(shown),
        "findings_lead": say("findings_lead", count=f"{len(account.findings):,}"),
        "choices": _choices(account),
        "symbols": [(symbol, say(f"symbol_{symbol}")) for symbol in SYMBOLS],
        "citations": sorted({text for text in account.benchmarks.source if text})[:MAX_FINDINGS],
    }  # fmt: skip


def _flow_notes(flow: CarbonFlow, drawn: CarbonFlow) -> list[Bilingual]:
    """What was cut, and how; nothing is lost."""
    if flow.gathered:
        notes = [say("flow_cut", drawn=f"{flow.drawn:,}", cut=amount(flow.cut_tco2e),
                     gathered=f"{flow.gathered:,}", sum=amount(flow.gathered_tco2e))]  # fmt: skip
    else:
        notes = [say("flow_all", drawn=f"{flow.drawn:,}")]
    if flow.own_use_tco2e:
        notes.append(say("flow_own", own=amount(flow.own_use_tco2e)))
    if "back" in drawn.nodes:
        notes.append(say("flow_back"))
    return notes


def _cards(shown: View, direct: float) -> list[tuple[Bilingual, Bilingual, str]]:
    """(what, figure, unit) of the headline."""
    account = shown.account
    units = int(account.listed.sum())
    return [
        (say("card_direct"), headline(direct, say("tonne")), "CO₂e"),
        (say("card_units"), headline(units), ""),
        (say("card_classes"), headline(len(account.records.classes)), ""),
        (say("card_regions"), headline(len(account.regions)), ""),
    ]


def _units(shown: View, charts: Charts) -> dict[str, object]:
    """Ranking and comparison of units, or of groups for the public."""
    lists: list[tuple[str, Bilingual, Sequence[Entry]]]
    at_zero = 0
    if shown.public:
        lists = [("ranking-groups", say("ranking_groups"), groups(shown))]
        lead = say("ranking_lead_public", few=str(FEW))
    else:
        both_ends = ranked(shown)
        at_zero = both_ends.at_zero
        ends = (("top", both_ends.most), ("bottom", both_ends.least))
        lists = [(f"ranking-{end}", say(f"ranking_{end}", count=str(len(entries))), entries)
                 for end, entries in ends if entries]  # fmt: skip
        lead = say("ranking_lead")
    for name, _, entries in lists:
        _draw(charts, name, lambda language, e=entries: figures.ranking(e, language))  # type: ignore[misc]
    beside = compared(shown)
    _draw(charts, "principles", lambda language: figures.principles(beside, language))
    key = "principles_lead_public" if shown.public else "principles_lead"
    return {
        "ranking_lead": lead,
        "at_zero": say("ranking_at_zero", count=f"{at_zero:,}") if at_zero else None,
        "rankings": [(name, said, tables.ranking(entries)) for name, said, entries in lists],
        "principles_lead": say(key, count=str(len(beside))),
        "principles": tables.principles(shown, beside),
    }


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one code; the public sees how many, not what they quote."""

    code: str
    severity: str
    word: Bilingual
    count: str
    gist: Bilingual
    accepted: Bilingual | None
    table: tables.Table | None


class _Blank(dict[str, str]):
    """Stands for details that are not shown."""

    def __missing__(self, key: str) -> str:
        return "…"


def finding_groups(shown: View) -> list[FindingGroup]:
    """Findings by code: errors and accepted stops first, then the most frequent."""
    account = shown.account
    by_code: dict[str, list[Finding]] = {}
    for finding in account.findings:
        by_code.setdefault(finding.code, []).append(finding)
    rank = {"error": 0, "stop": 1, "notice": 2}
    count = Counter({code: len(found) for code, found in by_code.items()})
    order = sorted(by_code, key=lambda c: (rank[catalogue()[c].severity], -count[c], c))
    return [_group(shown, code, by_code[code]) for code in order]


def _group(shown: View, code: str, found: Sequence[Finding]) -> FindingGroup:
    entry = catalogue()[code]
    gist = Bilingual(*(entry.text[language].format_map(_Blank()) for language in LANGUAGES))
    accepted = None
    if entry.severity == "stop" and code in shown.account.method.allow:
        accepted = say("accepted", what=Bilingual(entry.allowed["zh"], entry.allowed["en"]))
    listed = None
    if not shown.public:
        first = found[:MAX_FINDINGS]
        messages = [Bilingual(*(f.message(language) for language in LANGUAGES)) for f in first]
        columns: list[Sequence[tables.Cell]] = [[f.place() for f in first], messages]
        listed = tables.table("place message", columns, words=2, total=len(found))
    word = say(f"severity_{entry.severity}")
    return FindingGroup(code, entry.severity, word, f"{len(found):,}", gist, accepted, listed)


def _choices(account: Account) -> list[tuple[Bilingual, str | Bilingual]]:
    """The method's choices, as set."""
    method = account.method
    alpha: str | Bilingual = str(method.alpha)
    if method.alpha == "value_added":
        alpha = say("set_value_added")
    elif isinstance(method.alpha, Mapping):
        alpha = ", ".join(f"{key} {part:g}" for key, part in sorted(method.alpha.items())[:20])
    percent = f"{method.weights.percent:g}"
    scopes = [", ".join(sorted(scope)) if scope else say("all")
              for scope in (method.benchmark_scope, method.account_scope)]  # fmt: skip
    return [
        (say("choice_records"), PurePath(account.records.label).name),
        (say("card_period"), str(account.records.period)),
        (say("choice_weights"), say(f"set_{method.weights.kind}", percent=percent)),
        (say("choice_capital"), say(f"set_{method.capital}")),
        (say("choice_services"), say(f"set_{method.services}")),
        (say("choice_scope"), say(f"set_{method.scope}")),
        (say("choice_benchmark_scope"), scopes[0]),
        (say("choice_account_scope"), scopes[1]),
        (say("choice_alpha"), alpha),
        (say("choice_standard_errors"), say(f"set_{method.standard_errors}")),
    ]
