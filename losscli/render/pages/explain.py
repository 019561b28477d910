"""The page of an explanation: one screen of 80 columns, the curves in its middle."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from losscli.explanation.facts import Explanation, bounds_of
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Param
from losscli.render.canvas import Trace, drawn, frame_of
from losscli.render.layout import fit
from losscli.render.page import Drawing, Page, TextLine
from losscli.results.documents.explain import Tail
from losscli.results.text import escape

_COLUMNS = 78  # of a terminal of 80, without the margin
_SCREEN = 24  # lines
_LABEL = 12  # characters
_CURVE_ROWS = (4, 7)  # at least, and at most
_LEAST = 58  # columns without the margin, below which the curves are left out
_GAP = 4


def page(result: Explanation) -> Page:
    """The facts, the computed shape, the curves, and advice."""
    above = [*_head(result), *_gradient(result)]
    below = list(_advice(result))
    text = sum(1 for _ in fit([*above, *below], _COLUMNS))
    rows = min(max(_SCREEN - text - 3, _CURVE_ROWS[0]), _CURVE_ROWS[1])
    curves = Drawing(lambda columns: list(_curves(result, columns, rows)), _COLUMNS, _LEAST)
    return Page((), (), (), lines=[*above, curves, *below])


def _head(result: Explanation) -> Iterator[TextLine]:
    loss, bound = result.loss, result.bound
    pred, target = loss.domains_of(bound.params)
    facts = [loss.family, "elementwise" if result.numbers else loss.rows_of.words]
    if result.form.convex is not None:
        along = "" if result.numbers else " along the plotted axis"
        facts.append(f"{'convex' if result.form.convex else 'not convex'}{along}")
    named = re.search(rf"\b{re.escape(loss.name)}\b", bound.label)
    name = bound.label if named else f"{bound.label}: {loss.name}"
    yield TextLine(f"{escape(name)}   {'; '.join(facts)}", indent=4)
    yield TextLine(f"  {escape(loss.formula)}", indent=4)
    if bound.statistic:
        words = f"  {bound.statistic} is a function of the mean of {loss.name}, not a loss of a row"
        yield TextLine(words, indent=4)
    yield from labelled("takes", f"{loss.rows_of.describe()}: {_domains(pred, target)}")
    yield from labelled("also", ", ".join(loss.aliases))
    yield from labelled("params", *(_param(p, bound.params[p.name]) for p in loss.params))


def _param(param: Param, value: Any) -> str:
    bounds, meaning = bounds_of(param), f": {param.meaning}" if param.meaning else ""
    return f"{param.name} = {value_text(value)}{', ' if bounds else ''}{bounds}{meaning}"


def _domains(pred: Any, target: Any) -> str:
    if target is None:
        return str(pred.words)
    return str(pred.words if pred.words == target.words else f"{pred.words}; {target.words}")


def value_text(value: Any) -> str:
    """The value of a parameter; of one by columns, their number."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if np.ndim(value) == 0 else f"{len(value)} numbers"


def _gradient(result: Explanation) -> Iterator[TextLine]:
    form = result.form
    if form.convex is None:
        none = not result.loss.differentiable
        yield from labelled("gradient", result.gradient if none else "unknown")
        return
    points = [
        f"{_number(point.gradient)} at {_number(point.at)}"
        for point in form.points
        if point.gradient is not None and not (form.even and point.at < 0)
    ]
    behaviour = "; ".join(_behaviour(result))
    yield from labelled("gradient", result.gradient, behaviour, ", ".join(points))


def _behaviour(result: Explanation) -> Iterator[str]:
    """Where the loss is smooth, and how its gradient grows."""
    form = result.form
    corners = [
        f"a corner at {_number(corner.at)}, from {_number(corner.left)} to {_number(corner.right)}"
        for corner in form.corners[:3]
    ]
    jumps = [f"the loss jumps at {_number(jump.at)}" for jump in form.jumps[:3]]
    yield ", ".join([*jumps, *corners]) or "smooth everywhere"
    if form.largest is not None:
        yield f"at most {_number(form.largest)} in absolute value"
    if result.path.unbounded and form.left.growth == form.right.growth:
        yield _tail("far out", form.left, form.right)
        return
    low, high = (_end(result, side) for side in (0, 1))
    yield _tail(low, form.left)
    yield _tail(high, form.right)


def _end(result: Explanation, side: int) -> str:
    end = (result.path.interval.low, result.path.interval.high)[side]
    return f"at {_number(end)}" if np.isfinite(end) else ("far below", "far above")[side]


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


def _curves(result: Explanation, columns: int, rows: int) -> Iterator[TextLine]:
    curve = result.curve
    sides = [("loss", curve.losses)]
    if curve.gradients is not None:
        sides.append(("gradient", curve.gradients))
    wide = (columns - _GAP * (len(sides) - 1)) // len(sides)
    heads, drawings = [], []
    for name, heights in sides:
        trace = Trace(curve.at, heights)
        frame = frame_of([trace], wide, rows)
        heads.append(f"{name}, {_number(frame.bottom)} to {_number(frame.top)}")
        drawings.append(drawn([trace], frame))
    yield TextLine(_join(heads, wide))
    for lines in zip(*drawings, strict=True):
        braille, plain = (_join(parts, wide) for parts in zip(*lines, strict=True))
        yield TextLine(braille, plain or " ")
    yield from _axis(result, wide, len(sides))


def _axis(result: Explanation, wide: int, sides: int) -> Iterator[TextLine]:
    """The ends of the axis and its name: between the ends where there is room, else below."""
    low, high = _number(result.line.low), _number(result.line.high)
    name = result.line.axis
    room = wide - len(low) - len(high)
    inside = len(name) <= room - 2
    ends = f"{low}{name.center(room) if inside else ' ' * room}{high}"
    yield TextLine(_join([ends] * sides, wide), style="dim")
    if not inside:
        yield TextLine(name.center(wide * sides + _GAP * (sides - 1)).rstrip(), style="dim")


def _join(parts: Sequence[str], wide: int) -> str:
    return (" " * _GAP).join(part.ljust(wide) for part in parts).rstrip()


def _advice(result: Explanation) -> Iterator[TextLine]:
    loss = result.loss
    yield from labelled("use when", loss.use)
    yield from labelled("avoid when", loss.avoid)
    names = {library: f"{library} {LIBRARIES[library]}" for library in loss.like}
    equal = (f"{names.get(name, name)}  {words}" for name, words in loss.equivalents.items())
    yield from labelled("equals", *equal)
    yield from labelled("note", *loss.pitfalls)
    source, next_command = loss.source, result.next[0]
    both = f"{source}{next_command.rjust(_COLUMNS - _LABEL - len(source))}"
    if source and len(source) + 2 + len(next_command) <= _COLUMNS - _LABEL:
        yield from labelled("source", both)  # one line less on the screen
        return
    yield from labelled("source", source)
    yield from labelled("next", next_command)


def labelled(label: str, *texts: str) -> Iterator[TextLine]:
    """The texts that are not empty, the first of them with the label."""
    for text in filter(None, texts):
        yield TextLine(f"{label.ljust(_LABEL)}{escape(text)}", indent=_LABEL)
        label = ""
