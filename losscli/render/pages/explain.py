"""The page of an explanation: one screen of 80 columns, the picture in its middle."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from losscli.explanation.facts import Explanation, bounds_of
from losscli.explanation.form import Corner, Tail
from losscli.render.canvas import Trace, drawn, frame_of
from losscli.render.page import Page, TextLine
from losscli.results.text import escape

WIDTH = 78  # of 80 columns, two of which stand before every line
_SCREEN = 24
_LABEL = 10
_PICTURE = (5, 7)  # lines at least, and at most
_GAP = 4
_SIGNS = {
    "²": "^2", "³": "^3", "·": "*", "Σ": "sum ", "√": "sqrt", "−": "-", "≥": ">=", "≤": "<=",
    "…": "...", "×": "x", "π": "pi", "∞": "inf", "ε": "eps", "σ": "sigma", "Δ": "D", "‖": "|",
    "≠": "!=", "₊": "+", "½": "1/2", "–": "-", "→": "->", "∈": "in", "ᵢ": "_i", "ö": "o", "é": "e",
}  # fmt: skip


def page(result: Explanation) -> Page:
    """The facts, what was computed, the picture, and what a person should know."""
    above = [*_head(result), *_gradient(result)]
    below = list(_advice(result))
    room = _SCREEN - len(above) - len(below) - 2
    rows = max(_PICTURE[0], min(_PICTURE[1], room))
    body = [*map(_prose, above), *_picture(result, rows)]
    return Page((), (), (), lines=[*body, *map(_prose, below)])


def _head(result: Explanation) -> Iterator[str]:
    loss, bound = result.loss, result.bound
    pred, target = loss.domains_of(bound.params)
    facts = [loss.family, "a number" if result.numbers else loss.rows_of.words]
    if result.form.convex is not None:
        along = "" if result.numbers else " along its line"
        facts.append(f"{'convex' if result.form.convex else 'not convex'}{along}")
    named = re.search(rf"\b{re.escape(loss.name)}\b", bound.label)
    name = bound.label if named else f"{bound.label}: {loss.name}"
    yield from _wrapped(f"{escape(name)}   {'; '.join(facts)}", 4)
    yield from _wrapped(escape(loss.formula), 4, 2)
    if bound.statistic:
        yield f"  {bound.statistic} is a function of the mean of {loss.name}, not a loss of a row"
    yield from _labelled("takes", f"{loss.rows_of.describe()}: {_domains(pred, target)}")
    if loss.aliases:
        yield from _labelled("also", ", ".join(loss.aliases))
    for param in loss.params:
        words = f"{param.name} = {_value(bound.params[param.name])}"
        words += "".join([f", {bounds}" if (bounds := bounds_of(param)) else "",
                          f": {param.meaning}" if param.meaning else ""])  # fmt: skip
        yield from _labelled("params" if param is loss.params[0] else "", words)


def _domains(pred: Any, target: Any) -> str:
    if target is None:
        return str(pred.words)
    return str(pred.words if pred.words == target.words else f"{pred.words}; {target.words}")


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if np.ndim(value) == 0 else f"{len(value)} numbers"


def _gradient(result: Explanation) -> Iterator[str]:
    form = result.form
    if form.convex is None:
        none = not result.loss.differentiable
        yield from _labelled("gradient", result.gradient if none else "nothing is known of it")
        return
    points = [
        f"{_number(point.gradient)} at {_number(point.at)}"
        for point in form.points
        if point.gradient is not None and not (form.even and point.at < 0)
    ]
    told = filter(None, [result.gradient, "; ".join(_behaviour(result)), ", ".join(points)])
    for number, words in enumerate(told):
        yield from _labelled("" if number else "gradient", words)


def _behaviour(result: Explanation) -> Iterator[str]:
    """The founding questions: is it smooth, and how does its gradient grow."""
    form = result.form
    corners = [_corner(corner) for corner in form.corners[:3]]
    jumps = [f"the loss jumps at {_number(jump.at)}" for jump in form.jumps[:3]]
    yield ", ".join([*jumps, *corners]) or "smooth everywhere"
    if form.largest is not None:
        yield f"never above {_number(form.largest)} in size"
    if result.line.unbounded and form.left.growth == form.right.growth:
        yield _tail("far out", form.left, form.right)
        return
    low, high = (_end(result, side) for side in (0, 1))
    yield _tail(low, form.left)
    yield _tail(high, form.right)


def _end(result: Explanation, side: int) -> str:
    end = (result.line.ends.low, result.line.ends.high)[side]
    return f"at {_number(end)}" if np.isfinite(end) else ("far below", "far above")[side]


def _corner(corner: Corner) -> str:
    ends = f"from {_number(corner.left)} to {_number(corner.right)}"
    return f"a corner at {_number(corner.at)}, {ends}"


def _tail(where: str, tail: Tail, other: Tail | None = None) -> str:
    if tail.growth == "bounded":
        limits = dict.fromkeys(_number(t.limit or 0.0) for t in (tail, other or tail))
        return f"{' and '.join(limits)} {where}"
    if tail.growth == "grows":
        power = tail.power or 1.0
        return f"{where} it grows {'linearly' if power == 1.0 else f'as the power {power:g}'}"
    return f"{where} it {tail.growth}"


def _number(value: float) -> str:
    return f"{value:.4g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _picture(result: Explanation, rows: int) -> Iterator[TextLine]:
    curve = result.curve
    sides = [("loss", curve.losses)]
    if curve.gradients is not None:
        sides.append(("gradient", curve.gradients))
    wide = (WIDTH - _GAP * (len(sides) - 1)) // len(sides)
    pictures, plain, heads = [], [], []
    for name, heights in sides:
        trace = Trace(curve.at, heights)
        frame = frame_of([trace], wide, rows)
        pictures.append(drawn([trace], frame, braille=True))
        plain.append(drawn([trace], frame, braille=False))
        heads.append(f"{name}, {_number(frame.bottom)} to {_number(frame.top)}")
    yield TextLine(_beside(heads, wide))
    for lines in zip(zip(*pictures, strict=True), zip(*plain, strict=True), strict=True):
        yield TextLine(*(_beside(line, wide).rstrip() for line in lines))
    low, high = _number(result.line.low), _number(result.line.high)
    ends = f"{low}{high.rjust(wide - len(low))}"
    axis = result.line.axis
    if len(axis) <= wide - len(low) - len(high) - 2:
        ends = f"{low}{axis.center(wide - len(low) - len(high))}{high}"
        axis = ""
    yield TextLine(_beside([ends] * len(sides), wide), style="dim")
    if axis:
        yield TextLine(axis.center(WIDTH).rstrip(), style="dim")


def _beside(parts: Sequence[str], wide: int) -> str:
    return (" " * _GAP).join(part.ljust(wide) for part in parts)


def _advice(result: Explanation) -> Iterator[str]:
    loss = result.loss
    yield from _labelled("take when", loss.use)
    yield from _labelled("not when", loss.avoid)
    for number, (library, words) in enumerate(loss.equivalents.items()):
        yield from _labelled("" if number else "equals", f"{library}  {words}")
    for number, words in enumerate(loss.pitfalls):
        yield from _labelled("" if number else "mind", words)
    source, following = _labelled("source", loss.source), result.next[0]
    room = WIDTH - len(source[0]) - 2 if len(source) == 1 else 0
    if len(following) <= room:  # one line of the screen is worth more than its label
        yield source[0] + following.rjust(room + 2)
        return
    yield from source
    yield from _labelled("next", following)


def _labelled(label: str, text: str) -> list[str]:
    """A text beside its label, in as many lines as it takes."""
    if not text:
        return []
    lines = textwrap.wrap(escape(text), WIDTH - _LABEL, break_on_hyphens=False)
    return [f"{(label if not at else '').ljust(_LABEL)}{line}" for at, line in enumerate(lines)]


def _wrapped(text: str, further: int, first: int = 0) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * first, subsequent_indent=" " * further,
        break_on_hyphens=False,
    )  # fmt: skip


def _prose(line: str) -> TextLine:
    return TextLine(line, "".join(_SIGNS.get(sign, sign) for sign in line))
