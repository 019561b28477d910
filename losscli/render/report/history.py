"""The history of a loss: its value and interval in each saved result."""

from collections.abc import Sequence

from markupsafe import Markup

from losscli.render.report.blocks import Block, Figure, Figures
from losscli.render.report.charts.lines import Axis, Point, Series, lines
from losscli.render.report.source import Past

_LABELS = 12  # drawings


def history_figures(history: Sequence[Past]) -> list[Block]:
    """A drawing a label with at least two values, the oldest result on the left."""
    labels = list(dict.fromkeys(past.label for past in history))
    figures = []
    for label in labels[:_LABELS]:
        own = [past for past in history if past.label == label and past.value is not None]
        if len(own) > 1:
            figures.append(Figure(label, _drawing(label, own)))
    return [Figures(figures)] if figures else []


def _drawing(label: str, own: Sequence[Past]) -> Markup:
    points = [
        Point(number, past.value or 0.0, past.ci, _words(past), past.status not in ("pass", ""))
        for number, past in enumerate(own)
    ]
    every = max(1, -(-len(own) // 5))
    axis = Axis("commit", text=lambda at: _name(own[int(at)]), ticks=range(0, len(own), every))
    return lines([Series(label, "s0", points)], axis, Axis(label), f"history of {label}")


def _name(past: Past) -> str:
    return past.commit[:7] or past.started[5:10]


def _words(past: Past) -> str:
    return ", ".join(filter(None, (f"{past.value:.6g}", past.started, past.commit, past.status)))
