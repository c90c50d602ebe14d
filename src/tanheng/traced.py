"""Traced numbers: statute arithmetic that can be asked why.

A statute function is written once. Given decimals it gives a decimal; given :class:`Traced` numbers
(same operators) it gives one whose tree says how it came about. Choosing and rounding go through
:func:`least`, :func:`greatest`, :func:`within` and :func:`rounded`, which trace; the builtins would
lose the trace and are not used in statute functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal, TypeVar

from tanheng.errors import Language
from tanheng.why import Bilingual, Row, Why
from tanheng.why import number as shown

Rounding = Literal["half_up", "half_even", "down", "up"]
_MODES = {
    "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING,
}  # fmt: skip
_RULES = {
    "half_up": Bilingual("rounded, halves away from zero", "四舍五入"),
    "half_even": Bilingual("rounded, halves to even", "四舍六入五成双"),
    "down": Bilingual("rounded down", "向下取整"),
    "up": Bilingual("rounded up", "向上取整"),
}
WIDE = Context(prec=60)
"""Digits of statute arithmetic: products of entered quantities and of law are exact in it."""
_GUARD = Decimal(1).scaleb(-30)
_NOTHING = Bilingual("", "")
_LOOSE, _TIGHT = 1, 2
_STRENGTH = {"round": 0, "+": _LOOSE, "−": _LOOSE, "×": _TIGHT, "÷": _TIGHT}


@dataclass(frozen=True, slots=True)
class Traced:
    """A number with the way it came about.

    Attributes:
        value: the number.
        op: what made it of ``parts``: ``+ − × ÷``, ``min``, ``max``, ``round``; ``""`` for what was
            given.
        name: what it is; nameless ones are shown inside the formula of the next named one.
        measure, note, rows, ask: as in :class:`tanheng.why.Why`.
    """

    value: Decimal
    op: str = ""
    parts: tuple[Traced, ...] = ()
    name: Bilingual = _NOTHING
    measure: str = ""
    note: Bilingual = _NOTHING
    rows: tuple[Row, ...] = ()
    ask: str = ""
    rule: Bilingual = field(default=_NOTHING)

    def __add__(self, other: Traced) -> Traced:
        return Traced(self.value + other.value, "+", (self, other))

    def __sub__(self, other: Traced) -> Traced:
        return Traced(self.value - other.value, "−", (self, other))

    def __mul__(self, other: Traced) -> Traced:
        return Traced(self.value * other.value, "×", (self, other))

    def __truediv__(self, other: Traced) -> Traced:
        return Traced(self.value / other.value, "÷", (self, other))

    def why(self) -> Why:
        """The explanation: this number, its formula with numbers, and the named ones below it."""
        below = _named(self)
        formula = _NOTHING
        if self.op:
            words, numbers = (
                Bilingual(_said(self, "en", by_name), _said(self, "zh", by_name))
                for by_name in (True, False)
            )
            formula = Bilingual(f"{words.en} = {numbers.en}", f"{words.zh} = {numbers.zh}")
        return Why(
            self.name, self.value, self.measure, formula, [part.why() for part in below],
            self.rows, self.note, self.ask,
        )  # fmt: skip


N = TypeVar("N", Decimal, Traced)
"""A plain or a traced number: a statute function works on either."""


def _named(number: Traced) -> list[Traced]:
    """The named numbers of a formula, in its order, each once."""
    found: list[Traced] = []
    for part in number.parts:
        for one in [part] if part.name.en else _named(part):
            if one not in found:
                found.append(one)
    return found


def _said(number: Traced, language: Language, by_name: bool) -> str:
    """The formula of a number, with the names of its parts or with their values."""
    if number.op == "round":
        inner = _part(number.parts[0], language, by_name)
        return f"{inner}, {number.rule(language)}" if by_name else inner
    if number.op in ("min", "max"):
        inside = ", ".join(_part(part, language, by_name) for part in number.parts)
        words = {
            "min": Bilingual("the least of", "取小"),
            "max": Bilingual("the largest of", "取大"),
        }
        return f"{words[number.op](language)} ({inside})"
    strength = _STRENGTH[number.op]
    texts = []
    for place, part in enumerate(number.parts):
        text = _part(part, language, by_name)
        weak = _STRENGTH.get(part.op, 3) < strength or (
            place > 0 and number.op in "−÷" and _STRENGTH.get(part.op, 3) == strength
        )
        one = _shut(part) or (part.op == "round" and not by_name)
        negative = (not by_name or not part.name.en) and part.value < 0 and place > 0 and one
        if (weak and not one) or negative:
            text = f"({text})"
        texts.append(text)
    return f" {number.op} ".join(texts)


def _shut(part: Traced) -> bool:
    """Whether a part is shown as one thing."""
    return bool(part.name.en) or not part.parts


def _part(part: Traced, language: Language, by_name: bool) -> str:
    if part.name.en:
        return part.name(language) if by_name else shown(part.value)
    if not part.parts or (part.op == "round" and not by_name):
        # What was rounded on the way is the number it came to.
        return shown(part.value)
    return _said(part, language, by_name)


def named(number: N, en: str, zh: str, measure: str = "", ask: str = "") -> N:
    """Give a traced number its name; a plain one stays as it is."""
    if isinstance(number, Traced):
        return replace(number, name=Bilingual(en, zh), measure=measure, ask=ask)
    return number


def least(*numbers: N) -> N:
    """The smallest."""
    first = numbers[0]
    if isinstance(first, Traced):
        return Traced(min(n.value for n in numbers), "min", numbers)
    return min(numbers)


def greatest(*numbers: N) -> N:
    """The largest."""
    first = numbers[0]
    if isinstance(first, Traced):
        return Traced(max(n.value for n in numbers), "max", numbers)
    return max(numbers)


def within(number: N, low: N, high: N) -> N:
    """The number, but not below ``low`` and not above ``high``."""
    return least(greatest(number, low), high)


def rounded(number: N, rule: Rounding, places: int = 0) -> N:
    """The number to so many decimal places by a named rule; ``down`` and ``up`` are towards −∞, +∞."""
    if isinstance(number, Traced):
        value = rounded(number.value, rule, places)
        return Traced(value, "round", (number,), rule=_RULES[rule])
    # A quotient without end is cut after 60 digits; what is left of that must not decide a half.
    exact = WIDE.quantize(number, _GUARD) if number.adjusted() < 25 else number
    return exact.quantize(Decimal(1).scaleb(-places), _MODES[rule], WIDE)


def total(numbers: Sequence[N], zero: N) -> N:
    """The sum; ``zero`` when there are none."""
    found = zero
    for place, number in enumerate(numbers):
        found = number if place == 0 else found + number
    return found


def whole(number: Decimal | Traced) -> int:
    """A number that has been rounded to whole units, as an integer.

    Raises:
        ValueError: it has a fraction.
    """
    value = number.value if isinstance(number, Traced) else number
    if value != value.to_integral_value():
        raise ValueError(f"{value} was not rounded to whole units")
    return int(value)
