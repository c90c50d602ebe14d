"""The natural balance as a picture: one HTML file that needs no network, in Chinese and English.

It draws what it is given (plain numbers) and computes nothing. ``balance.html.j2`` is the template;
styles and script are those of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from tanheng.errors import Language
from tanheng.report.figures import FAINT, GRID, INK, Figure, _layout
from tanheng.report.numbers import LANGUAGES, Bilingual, number
from tanheng.report.page import _embedded, _script, both
from tanheng.report.tables import Table
from tanheng.report.texts import say

_OUTPUT, _DEMAND, _CAPACITY, _MONEY = "#1f6467", "#4a7fb0", "#c9953c", "#8a5a83"
_BAND = "rgba(31,100,103,0.11)"
_ROWS = 13
"""Rows of the table of figures, evenly over the values tried."""


@dataclass(frozen=True, slots=True)
class BalancePicture:
    """What is drawn; sequences have one element per set value, rising.

    Attributes:
        ratio: set values as multiples of the mean.
        output, demand, capacity: parts of the output without a carbon price.
        money: what makers keep, as part of sales before any charge.
        makers: number that stay.
        low, high: ends of the sustainable band, as multiples of the mean.
        low_open, high_open: that end is only the end of the values tried.
        peak: the set value with the most output.
        richest: the set value at which makers keep most.
        share: of the most output that the band keeps, 0 to 1.
        seed, drawn: of the makers, and their number.
        carbon_price: CNY per tCO2e.
        elasticity, pass_through: of the market.
    """

    ratio: Sequence[float]
    output: Sequence[float]
    demand: Sequence[float]
    capacity: Sequence[float]
    money: Sequence[float]
    makers: Sequence[int]
    low: float
    high: float
    low_open: bool
    high_open: bool
    peak: float
    richest: float
    share: float
    seed: int
    drawn: int
    carbon_price: float
    elasticity: float
    pass_through: float


def write_balance(picture: BalancePicture, path: Path) -> None:
    """Write the picture as one self-contained HTML file; replaced if it exists."""
    path.write_text(render_balance(picture), encoding="utf-8")


def render_balance(picture: BalancePicture) -> str:
    """The page as text."""
    # Imported here: reading five megabytes of script is for pages only.
    from plotly.offline import get_plotlyjs

    package = files("tanheng.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["both"] = both
    drawings: dict[str, Callable[[Language], Figure]] = {
        "output": lambda language: output_figure(picture, language),
        "money": lambda language: money_figure(picture, language),
    }
    charts = {name: {lang: draw(lang) for lang in LANGUAGES} for name, draw in drawings.items()}
    template = environment.from_string((package / "balance.html.j2").read_text(encoding="utf-8"))
    return template.render(
        say=say,
        title=_TITLE,
        settings=_settings(picture),
        cards=_cards(picture),
        captions={"output": _output_caption(picture), "money": _money_caption(picture)},
        legends={
            "output": [(_OUTPUT, _WORDS["output"]), (_DEMAND, _WORDS["demand"]),
                       (_CAPACITY, _WORDS["capacity"]), ("#cfdfe0", _WORDS["band"])],
            "money": [],
        },
        headings={"output": _WORDS["output"], "money": _WORDS["money"]},
        assumed=_ASSUMED,
        assumptions=_ASSUMPTIONS,
        figures=_table(picture),
        charts=_embedded(charts),
        plotly=_script(get_plotlyjs()),
        script=_script((package / "page.js").read_text(encoding="utf-8")),
        style=Markup((package / "page.css").read_text(encoding="utf-8")),
    )  # fmt: skip


def output_figure(picture: BalancePicture, language: Language) -> Figure:
    """Output, and the two things it is the lower of, against the set value."""
    top = max(max(picture.output), min(max(picture.capacity), 1.25), min(max(picture.demand), 1.25))
    data = [
        _line(picture.ratio, values, color, _WORDS[key].of(language), **more)
        for key, values, color, more in (
            ("demand", picture.demand, _DEMAND, {"dash": "dash", "width": 1.6}),
            ("capacity", picture.capacity, _CAPACITY, {"dash": "dot", "width": 1.8}),
            ("output", picture.output, _OUTPUT, {"width": 3.2}),
        )
    ]
    layout = _axes(picture, language, top * 1.04, 0.2, 430)
    layout["annotations"] += _sides(picture, language)
    return {"data": data, "layout": layout}


def money_figure(picture: BalancePicture, language: Language) -> Figure:
    """What makers keep, against the set value."""
    word = _WORDS["money"].of(language)
    data = [_line(picture.ratio, picture.money, _MONEY, word, width=2.6)]
    top = max(*picture.money, 0.05)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5, 1e9) if top / step <= 6)
    return {"data": data, "layout": _axes(picture, language, top * 1.08, step, 260)}


def _line(
    x: Sequence[float], y: Sequence[float], color: str, name: str, *,
    width: float, dash: str = "solid",
) -> Figure:  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": list(x),
        "y": [float(f"{100 * value:.5g}") for value in y],
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": f"%{{y:.1f}} %<extra>{name}</extra>",
    }  # fmt: skip


def _axes(
    picture: BalancePicture, language: Language, top: float, step: float, height: int
) -> Figure:
    """Layout with the band shaded and the mean marked. The page's script reads ``ticktext``."""
    ticks = [round(100 * step * i) for i in range(int(top / step) + 1)]
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True}
    edges = [] if picture.low_open else [picture.low]
    edges += [] if picture.high_open else [picture.high]
    shapes = [{"type": "rect", "xref": "x", "yref": "paper", "x0": picture.low, "x1": picture.high,
               "y0": 0, "y1": 1, "fillcolor": _BAND, "line": {"width": 0}, "layer": "below"}]  # fmt: skip
    for x, dash, color in [(1.0, "solid", INK), *((edge, "dot", _OUTPUT) for edge in edges)]:
        shapes.append({"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
                       "line": {"color": color, "width": 1.2, "dash": dash}})  # fmt: skip
    return _layout(
        height,
        hovermode="x unified",
        margin={"l": 60, "r": 16, "t": 30, "b": 48},
        xaxis={**axis, "range": [picture.ratio[0], picture.ratio[-1]], "ticks": "outside",
               "tickcolor": FAINT, "title": {"text": _WORDS["ratio"].of(language)},
               "hoverformat": ".2f"},
        yaxis={**axis, "range": [0, 100 * top], "tickvals": ticks,
               "ticktext": [f"{tick} %" for tick in ticks], "ticks": "outside",
               "tickcolor": "rgba(0,0,0,0)"},
        shapes=shapes,
        annotations=[_note(1.0, 0.03, _WORDS["mean"].of(language), INK, "left", "bottom")],
    )  # fmt: skip


def _sides(picture: BalancePicture, language: Language) -> list[Figure]:
    """Names above the plot: the band in numbers, and who leaves on either side, where there is room."""
    first, last = picture.ratio[0], picture.ratio[-1]
    room = 0.13 * (last - first)
    notes = [_note((picture.low + picture.high) / 2, 1.0, _band_text(picture), _OUTPUT)]
    for start, stop, key in ((first, picture.low, "makers_leave"),
                             (picture.high, last, "consumers_leave")):  # fmt: skip
        if stop - start >= room:
            notes.append(_note((start + stop) / 2, 1.0, _WORDS[key].of(language), FAINT))
    return notes


def _note(
    x: float, y: float, text: str, color: str, xanchor: str = "center", yanchor: str = "bottom"
) -> Figure:
    return {"x": x, "y": y, "xref": "x", "yref": "paper", "xanchor": xanchor, "yanchor": yanchor,
            "xshift": 4 if xanchor == "left" else 0, "text": text, "showarrow": False,
            "font": {"color": color, "size": 13}}  # fmt: skip


def _band_text(picture: BalancePicture) -> str:
    return f"{picture.low:.2f} – {picture.high:.2f}"


def _percent(value: float, places: int = 1) -> str:
    return f"{number(100 * value, places)} %"


def _settings(picture: BalancePicture) -> Bilingual:
    values = {
        "seed": picture.seed, "makers": f"{picture.drawn:,}", "price": f"{picture.carbon_price:g}",
        "elasticity": f"{picture.elasticity:g}", "part": f"{picture.pass_through:g}",
    }  # fmt: skip
    return Bilingual(
        "模拟结果，数据为虚构：随机种子 {seed} · 生产者 {makers} 家 · 碳价 {price} 元/吨 · "
        "需求弹性 {elasticity} · 价格传导 {part}".format(**values),
        "A simulation with invented figures: seed {seed} · {makers} makers · carbon price {price} "
        "CNY/t · elasticity {elasticity} · pass-through {part}".format(**values),
    )


def _cards(picture: BalancePicture) -> list[tuple[Bilingual, str | Bilingual, Bilingual, str]]:
    """(what, figure, unit, class) of the headline."""
    times = Bilingual("× 平均值", "× mean")
    where = "inside" if picture.low <= 1 <= picture.high else "outside"
    ends = "both" if picture.low_open and picture.high_open else (
        "low" if picture.low_open else "high" if picture.high_open else "closed")  # fmt: skip
    return [
        (_WORDS["band"], _band_text(picture), _ENDS[ends], ""),
        (_WORDS["peak"], f"{picture.peak:.2f}", times, ""),
        (_WORDS["mean"], _WHERE[where], Bilingual("", ""), "good" if where == "inside" else "bad"),
        (_WORDS["richest"], f"{picture.richest:.2f}",
         _HIGHEST if picture.richest == picture.ratio[-1] else times, ""),
    ]  # fmt: skip


def _output_caption(picture: BalancePicture) -> Bilingual:
    part = f"{100 * picture.share:g} %"
    return Bilingual(
        "以没有碳价时的产量为 100 %。设定值高，消费者承担多，需求减少；设定值低，高于设定值的生产者"
        f"支付的碳成本超过利润而退出。产量取需求与留存产能中较小者。阴影内产量不低于最大值的 {part}。",
        "Output without a carbon price is 100 %. Where the set value is high, consumers carry more "
        "and leave; where it is low, makers above it pay more than they earn and leave. Output is "
        f"the lower of demand and remaining capacity. Shaded: at least {part} of the most.",
    )


def _money_caption(picture: BalancePicture) -> Bilingual:
    lead = Bilingual(
        "扣除固定成本和碳成本之后，占未计碳价时销售额的比例。",
        "After fixed costs and carbon, as a share of sales before any charge.",
    )
    richest = picture.richest
    if picture.high_open and richest == picture.ratio[-1]:
        return Bilingual(
            f"{lead.zh}所试最高的设定值下生产者所得最多，而产量没有降到区间之下：这里没有什么约束偏高的设定值。",
            f"{lead.en} Makers keep most at the highest value tried, and output does not fall out of "
            "the band before it: nothing here holds back a high set value.",
        )
    if richest <= picture.high:
        return Bilingual(
            f"{lead.zh}设定值为平均值的 {richest:.2f} 倍时生产者所得最多，在区间上端之内。",
            f"{lead.en} Makers keep most at {richest:.2f} × the mean, not above the band.",
        )
    return Bilingual(
        f"{lead.zh}设定值为平均值的 {richest:.2f} 倍时所得最多，高于区间上端：这里的平衡约束产量，"
        "不约束所得。看重所得的协会仍有理由偏高设定，须靠公开与平均值的差距来约束。",
        f"{lead.en} Makers keep most at {richest:.2f} × the mean, above the band: the balance holds "
        "output here, not money. An association that counts money still has a reason to set high; "
        "what holds it is that its distance from the mean is public.",
    )


def _table(picture: BalancePicture) -> Table:
    """Some of the set values, evenly."""
    last = len(picture.ratio) - 1
    chosen = sorted({round(last * i / (_ROWS - 1)) for i in range(_ROWS)})
    rows = [
        [f"{picture.ratio[i]:.2f}", _percent(picture.output[i]), _percent(picture.demand[i]),
         _percent(picture.capacity[i]), f"{picture.makers[i]:,}", _percent(picture.money[i])]
        for i in chosen
    ]  # fmt: skip
    heads = [_WORDS[k] for k in ("ratio", "output", "demand", "capacity", "makers", "money")]
    return Table(heads, [True] * len(heads), rows, len(rows))


_TITLE = Bilingual("自然平衡", "Natural balance")
_ASSUMED = Bilingual("假设", "What is assumed")
_WORDS = {
    "ratio": Bilingual("设定值 ÷ 平均值", "set value ÷ mean"),
    "output": Bilingual("产量", "Output"),
    "demand": Bilingual("需求", "Demand"),
    "capacity": Bilingual("留存产能", "Capacity of makers who stay"),
    "makers": Bilingual("留存生产者", "Makers who stay"),
    "money": Bilingual("生产者所得", "What makers keep"),
    "band": Bilingual("可持续区间", "Sustainable band"),
    "peak": Bilingual("产量最大的设定值", "Most output at"),
    "mean": Bilingual("平均值", "Mean"),
    "richest": Bilingual("生产者所得最多的设定值", "Makers keep most at"),
    "makers_leave": Bilingual("生产者退出", "makers leave"),
    "consumers_leave": Bilingual("消费者减少", "consumers leave"),
}
_WHERE = {
    "inside": Bilingual("在区间内", "in the band"),
    "outside": Bilingual("在区间外", "outside the band"),
}
_ENDS = {
    "closed": Bilingual("× 平均值", "× mean"),
    "low": Bilingual("× 平均值（下端未见）", "× mean (no lower end)"),
    "high": Bilingual("× 平均值（上端未见）", "× mean (no upper end)"),
    "both": Bilingual("× 平均值（两端未见）", "× mean (no ends)"),
}
_HIGHEST = Bilingual("× 平均值（所试最高）", "× mean (highest tried)")
_ASSUMPTIONS = [
    Bilingual(
        "产品价格由外部决定，只有“价格传导”部分随设定值变化。若完全传导，设定值只决定由谁承担，不影响产量。",
        "The product price is set elsewhere, but for the part called pass-through. With full "
        "pass-through the set value decides who answers, and moves no output.",
    ),
    Bilingual(
        "生产者的承担排放乘以碳价超过利润时退出，最弱者先退出，其余生产者接替其销量。",
        "A maker leaves when responsibility × carbon price exceeds its margin: the weakest first; "
        "the others take over what it sold.",
    ),
    Bilingual(
        "负的承担排放可按碳价全部出售。生产者不减排，也没有新建企业。",
        "A negative responsibility is sold in full. Makers do not abate, and no new ones are founded.",
    ),
    Bilingual(
        "生产者由随机种子生成，不代表任何真实行业。",
        "The makers are drawn from the seed and stand for no real industry.",
    ),
]
