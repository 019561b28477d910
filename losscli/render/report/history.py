"""The history of a loss: its value and interval in each saved result, failed ones marked."""

import math
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from losscli.render.report.blocks import Block, Figure, Figures, Text
from losscli.render.report.charts.lines import Axis, Point, Series, lines
from losscli.results.history import Past

_LABELS = 12  # drawings
_TICKS = 4


def history_figures(
    history: Sequence[Past], limits: Mapping[str, Sequence[float]] | None = None
) -> list[Block]:
    """A drawing a label with at least two values, the oldest result on the left.

    limits: of the gates on a label. A result without values, where the step failed, is a cross at
    the bottom of each drawing.
    """
    labels = list(dict.fromkeys(past.label for past in history if past.label))
    figures = []
    for label in labels:
        own = [past for past in history if past.label in (label, "")]
        if sum(past.value is not None for past in own) > 1:
            shown = list((limits or {}).get(label, ()))
            figures.append(Figure(label, *_drawing(label, own, shown)))
    if not figures:
        return []
    more = len(figures) - _LABELS
    words = [f"{more:,} more losses and metrics are not drawn"] if more > 0 else []
    return [Figures(figures[:_LABELS]), *([Text(words, "quiet")] if words else [])]


def _drawing(
    label: str, own: Sequence[Past], limits: Sequence[float]
) -> tuple[Markup, list[tuple[str, str]]]:
    """The drawing and its legend."""
    ends = [end for past in own for end in (past.value, *(past.ci or ())) if end is not None]
    lowest = min([*filter(math.isfinite, ends), *limits], default=0.0)
    points, crosses = [], []
    for number, past in enumerate(own):
        if past.value is None:
            words = ", ".join(filter(None, ("no result", past.started, past.commit, past.problem)))
            crosses.append(Point(number, lowest, words=words, failed=True))
        else:
            failed = past.status not in ("pass", "")
            points.append(Point(number, past.value, past.ci, _words(past), failed))
    shown = [Series(label, "s0", points)]
    last = len(own) - 1
    shown += [Series("limit", "limit", [Point(0, each), Point(last, each)]) for each in limits]
    shown += [Series("no result", "s0", crosses, joined=False)] if crosses else []
    every = max(1, -(-last // _TICKS))
    axis = Axis(_axis_name(own), text=_names(own), ticks=range(0, len(own), every))
    picture = lines(shown, axis, Axis(label), f"history of {label}")
    return picture, list(_legend(points, crosses, limits))


def _legend(
    points: Sequence[Point], crosses: Sequence[Point], limits: Sequence[float]
) -> list[tuple[str, str]]:
    found = [("limit", "limit of a gate")] if limits else []
    if any(point.failed for point in points):
        found.append(("cross", "run that did not pass"))
    if crosses:
        found.append(("cross", "at the bottom: run without a result"))
    return found


def _axis_name(own: Sequence[Past]) -> str:
    return "commit" if all(past.commit for past in own) else "time, UTC"


def _names(own: Sequence[Past]) -> Callable[[float], str]:
    """The text of a tick: the commit, or day and minute where not all results have one."""
    of_commits = all(past.commit for past in own)

    def name(at: float) -> str:
        past = own[int(at)]
        return past.commit[:7] if of_commits else past.started[5:16].replace("T", " ")

    return name


def _words(past: Past) -> str:
    return ", ".join(filter(None, (f"{past.value:.6g}", past.started, past.commit, past.status)))
