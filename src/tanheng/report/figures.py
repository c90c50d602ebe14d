"""The charts of an account, as Plotly figures (plain dictionaries), one for each language.

Nothing here computes: amounts come from `flows`, `entries` and the account. Texts that people
wrote (ids, names) are escaped, because Plotly reads some HTML in labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from tanheng.accounting.records import LINES
from tanheng.accounting.regions import Region
from tanheng.errors import Language
from tanheng.report.disclosure import View
from tanheng.report.entries import USE_KEYS, Entry
from tanheng.report.flows import CarbonFlow
from tanheng.report.numbers import Scale, scale, significant
from tanheng.report.texts import say

Figure = dict[str, Any]

INK, FAINT, GRID = "#22343c", "#5f7078", "#dfe6e9"
_FONT = (
    "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
)
_COLORS: Mapping[str, str] = {
    "direct": "#b5533c", "imports": "#c08a2e", "again": "#9aa7ad", "back": "#9aa7ad",
    "other": "#7d8b92", "class": "#3d7f86", "households": "#4a7fb0", "institutions": "#7aa6c9",
    "offices": "#a9bccb", "construction": "#c9953c", "maintenance": "#8a5a83",
    "capital": "#6b6fa5", "exports": "#5d7f4e", "stocks": "#9aa77c", "own": "#5b6b73",
    "open": "#c0392b", "captured": "#5d7f4e", "imports_taken": "#c08a2e",
    "given": "#7aa6c9", "stocks_given": "#9aa77c",
    "own_given": "#5b6b73", "open_given": "#c0392b",
}  # fmt: skip
_USE_COLORS = {"use_producer": "#3d7f86", "use_daily_person": "#4a7fb0", "use_others": "#7d8b92",
               "use_daily_institution": "#7aa6c9", "use_construction": "#c9953c",
               "use_maintenance": "#8a5a83"}  # fmt: skip
_PRINCIPLE_COLORS = {"producer": "#b5533c", "consumer": "#4a7fb0", "shared": "#6b6fa5",
                     "income": "#c9953c", "benchmark": "#2f6f68"}  # fmt: skip
_LINE_COLORS = ("#3d7f86", "#4a7fb0", "#c9953c", "#8a5a83")
_LABEL_LIMIT = 26
_ROW = 19
"""Height of a bar with its gap, in pixels."""


def label(text: str, limit: int = _LABEL_LIMIT) -> str:
    """A text as a label: short, and nothing in it is markup."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return escape(cut, quote=False)


def _layout(height: int, **more: object) -> Figure:
    return {
        "height": height, "font": {"family": _FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 16, "t": 26, "b": 44}, "separators": ".,",
        "hoverlabel": {"font": {"family": _FONT, "size": 13}, "bgcolor": "#ffffff",
                       "bordercolor": GRID},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": FAINT, "activecolor": INK},
        # The page has a legend of its own, which wraps, prints and is read aloud.
        "showlegend": False,
        **more,
    }  # fmt: skip


def _bars(height: int, labels: Sequence[str], title: str, **more: object) -> Figure:
    """Layout of horizontal bars: rows by position, so that equal names stay apart."""
    axis = {"gridcolor": GRID, "zeroline": True, "zerolinecolor": FAINT, "title": {"text": title},
            "automargin": True, "tickformat": "~r", "tickangle": 0, "rangemode": "tozero"}  # fmt: skip
    rows = {"tickvals": list(range(len(labels))), "ticktext": list(labels), "range": [len(labels) - 0.4, -0.6],
            "automargin": True, "showgrid": False, "zeroline": False}  # fmt: skip
    return _layout(height, xaxis=axis, yaxis=rows, **more)


def legend(figure: Figure) -> list[tuple[str, str, str]]:
    """Colour, shape and name of each series of a chart with several."""
    return [
        (trace["marker"].get("line", trace["marker"])["color"],
         trace["marker"].get("symbol", "square"), trace["name"])
        for trace in figure["data"] if "name" in trace
    ]  # fmt: skip


def _scaled(values: Sequence[float], size: Scale) -> list[float]:
    """Six significant digits are more than a chart shows, and keep the page small."""
    return [float(f"{value / size.divisor:.6g}") for value in values]


def _rgba(color: str, opacity: float) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def sankey(flow: CarbonFlow, names: Sequence[str], language: Language) -> Figure:
    """Carbon between classes and uses.

    Args:
        flow: without circles.
        names: of all classes, by position.
    """
    kinds = [node if isinstance(node, str) else "class" for node in flow.nodes]
    texts = [
        label(names[node]) if isinstance(node, int) else say(f"node_{node}").of(language)
        for node in flow.nodes
    ]
    size = scale([float(flow.links.tco2e.max(initial=0.0))], language)
    source, target = flow.links.source.tolist(), flow.links.target.tolist()
    # A link takes the colour of the more telling end: where it enters, else where it ends up.
    ends = [kinds[s] if kinds[s] in ("direct", "imports") else kinds[t]
            for s, t in zip(source, target, strict=True)]  # fmt: skip
    trace = {
        "type": "sankey", "valueformat": ",.4~g", "valuesuffix": f" {size.unit}",
        "textfont": {"size": 12, "color": INK},
        "node": {
            "label": texts, "pad": 11, "thickness": 13, "line": {"width": 0},
            "color": [_COLORS[kind] for kind in kinds], "align": "justify",
        },
        "link": {
            "source": source, "target": target,
            "value": _scaled(flow.links.tco2e.tolist(), size),
            "color": [_rgba(_COLORS[kind], 0.32) for kind in ends],
        },
    }  # fmt: skip
    margin = {"l": 8, "r": 8, "t": 30, "b": 10}
    tallest = max(len(flow.nodes) * 24, 320)
    return {"data": [trace], "layout": _layout(min(tallest, 980), margin=margin)}


def ranking(entries: Sequence[Entry], language: Language) -> Figure:
    """Bars of R, coloured by what the unit is."""
    r = [entry.figures["benchmark"] for entry in entries]
    size = scale(r, language)
    data = []
    for code, key in USE_KEYS.items():
        rows = [i for i, entry in enumerate(entries) if entry.use == code]
        if rows:
            word = say(key).of(language)
            data.append({
                "type": "bar", "orientation": "h", "name": word, "y": rows,
                "x": _scaled([r[i] for i in rows], size),
                "text": [entry_label(entries[i], language) for i in rows], "textposition": "none",
                "marker": {"color": _USE_COLORS[key]},
                "width": 0.74,
                "hovertemplate": f"%{{text}}<br>%{{x:,.4~g}} {size.unit}<extra>{word}</extra>",
            })  # fmt: skip
    labels = [entry_label(entry, language) for entry in entries]
    height = max(len(entries), 4) * _ROW + 60
    layout = _bars(height, labels, size.unit, barmode="overlay", bargap=0.25)
    return {"data": data, "layout": layout}


def entry_label(entry: Entry, language: Language) -> str:
    """A unit's name, or the word for a group."""
    return label(entry.name) if entry.key else say(USE_KEYS[entry.use]).of(language)


def principles(entries: Sequence[Entry], language: Language) -> Figure:
    """Grouped bars: the same units under each principle."""
    size = scale([v for entry in entries for v in entry.figures.values()], language)
    labels = [entry_label(entry, language) for entry in entries]
    shown = list(entries[0].figures) if entries else []
    data = []
    for name in shown:
        word = say(f"principle_{name}").of(language)
        data.append({
            "type": "bar", "orientation": "h", "name": word, "y": list(range(len(entries))),
            "x": _scaled([entry.figures[name] for entry in entries], size),
            "text": labels, "textposition": "none", "marker": {"color": _PRINCIPLE_COLORS[name]},
            "hovertemplate": f"%{{text}}<br>%{{x:,.4~g}} {size.unit}<extra>{word}</extra>",
        })  # fmt: skip
    height = len(entries) * (7 * len(shown) + 12) + 70
    layout = _bars(height, labels, size.unit, barmode="group", bargap=0.28, bargroupgap=0)
    return {"data": data, "layout": layout}


def benchmarks(view: View, chosen: Sequence[int], language: Language) -> Figure:
    """Carbon in the output of classes, c·V, with two standard errors on either side."""
    b, classes = view.account.benchmarks, view.account.records.classes
    carried = [float(b.value[p] * b.output[p]) for p in chosen]
    spread = [float(2 * np.nan_to_num(b.standard_error[p]) * b.output[p]) for p in chosen]
    size = scale(carried, language)
    labels = [label(classes.names[p]) for p in chosen]
    hover = [f"{text}<br>{significant(float(b.value[p]))} tCO₂e/{label(classes.measures[p])}"
             for text, p in zip(labels, chosen, strict=True)]  # fmt: skip
    trace = {
        "type": "scatter", "mode": "markers", "x": _scaled(carried, size),
        "y": list(range(len(chosen))), "text": hover,
        "marker": {"color": _COLORS["class"], "size": 9},
        "error_x": {"type": "data", "array": _scaled(spread, size), "color": FAINT, "thickness": 1.4,
                    "width": 4},
        "hovertemplate": f"%{{text}}<br>c·V = %{{x:,.4~g}} {size.unit}<extra></extra>",
    }  # fmt: skip
    layout = _bars(max(len(chosen), 3) * 21 + 60, labels, size.unit)
    layout["yaxis"]["showgrid"] = True
    layout["yaxis"]["gridcolor"] = "#eef2f4"
    return {"data": [trace], "layout": layout}


def regions(shown: Sequence[Region], language: Language) -> Figure:
    """What each region answers for, by line, beside what is emitted there."""
    lines = [[getattr(region, line) for region in shown] for line in LINES]
    direct = [region.direct for region in shown]
    size = scale([region.answers_for for region in shown] + direct, language)
    rows, labels = list(range(len(shown))), [label(region.name) for region in shown]
    data: list[Figure] = []
    for line, color, values in zip(LINES, _LINE_COLORS, lines, strict=True):
        word = say(f"line_{line}").of(language)
        data.append({
            "type": "bar", "orientation": "h", "name": word, "y": rows, "x": _scaled(values, size),
            "text": labels, "textposition": "none", "marker": {"color": color},
            "hovertemplate": f"%{{text}}<br>%{{x:,.4~g}} {size.unit}<extra>{word}</extra>",
        })  # fmt: skip
    word = say("direct_side").of(language)
    data.append({
        "type": "scatter", "mode": "markers", "name": word, "y": rows, "x": _scaled(direct, size),
        "marker": {"symbol": "diamond", "size": 11, "color": "#ffffff",
                   "line": {"color": _COLORS["direct"], "width": 2.5}},
        "text": labels, "hovertemplate": f"%{{text}}<br>%{{x:,.4~g}} {size.unit}<extra>{word}</extra>",
    })  # fmt: skip
    layout = _bars(len(shown) * 44 + 70, labels, size.unit, barmode="relative", bargap=0.35)
    return {"data": data, "layout": layout}
